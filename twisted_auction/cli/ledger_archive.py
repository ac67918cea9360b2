"""``auction ledger archive``: moves finished auctions to another file."""

from pathlib import Path
from typing import Any

from twisted.python import usage

from twisted_auction.cli.base import STATUSES, Complaint
from twisted_auction.cli.ledger_options import LedgerTransfer, parse_instant
from twisted_auction.ledger.archive import move
from twisted_auction.ledger.row import LedgerError
from twisted_auction.ledger.storage import is_address
from twisted_auction.rules.amounts import parse_amount
from twisted_auction.text import counted, printable


class Archive(LedgerTransfer):
    """Moves finished auctions to another file."""

    source = "FILE"
    place = "an archive"

    synopsis = "[options] [FILE] ARCHIVE"
    example = "--keep 10 auction.sqlite3 archive.sqlite3"
    longdesc = (
        "Moves auctions that are over, the oldest of each room first, from the ledger FILE to the "
        "file ARCHIVE, which is made if it does not exist. No server may have FILE open. Both "
        "files can be read and verified, each alone or together. If this command is interrupted, "
        f"nothing is lost: run it again. {STATUSES}"
    )
    optParameters = [
        ["keep", "k", "0", "Number of auctions that are over to keep in each room."],
        [
            "before",
            "b",
            None,
            "Move only auctions that were over before this day or instant in UTC, such as "
            "2026-12-05 or 2026-12-05T19:00.",
        ],
    ]

    def postOptions(self) -> None:
        """Check the files, and read the number and the day."""
        # An address may have a password, which no complaint about a missing file must repeat.
        if any(map(is_address, (*self["files"], *self.named_by_option, self["place"]))):
            raise usage.UsageError("the ledger and the archive must be files, not databases")
        try:
            self["keep"] = 0 if self["keep"] == "0" else parse_amount(self["keep"].encode())
        except ValueError:
            raise usage.UsageError(f"--keep must be a whole number, not {self['keep']!r}") from None
        if self["before"] is not None:
            self["before"] = parse_instant(self["before"], "--before")

    def report(self, reactor: Any) -> int:
        """Move the auctions, and print their number."""
        archive = Path(self["place"])
        try:
            (name,) = self.locations
            rows, auctions, rooms = move(Path(name), archive, self["keep"], self["before"])
        except LedgerError as error:
            raise Complaint(str(error)) from None
        if not rows:
            print("There is nothing to move.")
        else:
            moved = f"{counted(auctions, 'auction')} with {counted(rows, 'row')}"
            print(f"Moved {moved} in {counted(rooms, 'room')} to {printable(str(archive))}.")
        return 0
