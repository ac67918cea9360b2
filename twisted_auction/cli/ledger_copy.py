"""``auction ledger copy``: copies a ledger to a new place, also from one engine to the other."""

from typing import Any

from twisted.python import usage

from twisted_auction.cli.base import STATUSES, Complaint
from twisted_auction.cli.ledger_options import LedgerTransfer
from twisted_auction.ledger.copying import copy
from twisted_auction.ledger.row import LedgerError
from twisted_auction.ledger.storage import public_name
from twisted_auction.text import counted, printable


class Copy(LedgerTransfer):
    """Copies a ledger to a new place."""

    source = "FROM"
    place = "a place for its copy"

    synopsis = "[options] [FROM] TO"
    example = "auction.sqlite3 postgresql:///auction"
    longdesc = (
        "Copies the ledger FROM to TO: a file that is not there yet, or a database of PostgreSQL "
        "without a ledger. Rows, results that persons have yet to be told, and hashes stay as they "
        "are, so a server can go on with a copied file. No server may have FROM open. If this "
        f"command is interrupted, there is no copy: run it again. {STATUSES}"
    )

    def postOptions(self) -> None:
        """Check the place."""
        if self["place"] in ("", "none"):  # for a server, this is no ledger
            raise usage.UsageError(f"name a place for the copy, not {self['place']!r}")

    def report(self, reactor: Any) -> int:
        """Copy the ledger, and print the number of rows and the house hash."""
        try:
            (source,) = self.locations
            rows, hash = copy(source, self["place"])
        except LedgerError as error:
            raise Complaint(str(error)) from None
        print(
            f"Copied {counted(rows, 'row')} to {printable(public_name(self['place']))}. "
            f"House hash: {hash}"
        )
        return 0
