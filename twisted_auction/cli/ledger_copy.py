"""``auction ledger copy``: copies a ledger to a new place, also from one engine to the other."""

from typing import Any

from twisted.python import usage

from twisted_auction.cli.base import STATUSES, Complaint, refuse_options
from twisted_auction.cli.ledger_options import LedgerFiles
from twisted_auction.ledger.copying import copy
from twisted_auction.ledger.row import LedgerError
from twisted_auction.ledger.storage import public_name
from twisted_auction.text import counted, printable


class Copy(LedgerFiles):
    """Copies a ledger to a new place."""

    synopsis = "[options] [FROM] TO"
    example = "auction.sqlite3 postgresql:///auction"
    longdesc = (
        "Copies the ledger FROM to TO: a file that is not there yet, or a database of PostgreSQL "
        "without a ledger. Rows, results that persons have yet to be told, and hashes stay as they "
        "are, so a server can go on with the copy. No server may have FROM open. If this command "
        f"is interrupted, there is no copy: run it again. {STATUSES}"
    )

    def __init__(self) -> None:
        super().__init__()
        self.docs["ledger"] = "The ledger, in place of FROM. There is no default."

    def parseArgs(self, *names: str) -> None:
        """Read the names of the ledger and of its copy."""
        refuse_options(names)
        self.set_files(*names[:-1])
        if len(names) not in (1, 2) or not (self["files"] or self.named_by_option):
            raise usage.UsageError("name a ledger and a place for its copy")
        if names[-1] in ("", "none"):  # for a server, this is no ledger
            raise usage.UsageError(f"name a place for the copy, not {names[-1]!r}")
        self["copy"] = names[-1]

    def report(self, reactor: Any) -> int:
        """Copy the ledger, and print the number of rows and the house hash."""
        try:
            (source,) = self.locations
            rows, hash = copy(source, self["copy"])
        except LedgerError as error:
            raise Complaint(str(error)) from None
        print(
            f"Copied {counted(rows, 'row')} to {printable(public_name(self['copy']))}. "
            f"House hash: {hash}"
        )
        return 0
