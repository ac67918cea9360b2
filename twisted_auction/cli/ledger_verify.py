"""``auction ledger verify``: checks all hashes, events and results of a ledger."""

import re
from contextlib import ExitStack
from typing import Any

from twisted.python import usage

from twisted_auction.cli.base import STATUSES, Complaint, refuse_options
from twisted_auction.cli.ledger_options import LedgerFiles
from twisted_auction.ledger.history import describe_unknown_formats
from twisted_auction.ledger.row import LedgerError
from twisted_auction.ledger.storage import open_view
from twisted_auction.ledger.verification import Verdict, verify
from twisted_auction.text import counted

HASH = re.compile("[0-9a-f]{64}")
"""The form of a hash: 64 hexadecimal digits."""


class Verify(LedgerFiles):
    """Checks all hashes, events and results of a ledger."""

    synopsis = "[options] [FILE [ARCHIVE...]]"
    example = "auction.sqlite3"
    longdesc = (
        "Checks the whole ledger: the hash of each row, the order of events under the rules, and "
        "every winner and payment, computed again from the bids. Names the first row that is "
        "wrong. Archives can be verified with the ledger, or alone. Keep the house hash somewhere "
        "else: while --expect finds it, nothing that it covers has been changed or removed. "
        f"{STATUSES}"
    )
    optParameters = [
        ["expect", None, None, "A hash noted earlier: of the house at any time, or of a row."]
    ]

    def parseArgs(self, *files: str) -> None:
        """Read the names of the ledger and of its archives."""
        refuse_options(files)
        self.set_files(*files)

    def postOptions(self) -> None:
        """Check the form of the hash."""
        if self["expect"] is not None and HASH.fullmatch(self["expect"]) is None:
            raise usage.UsageError(f"--expect takes 64 hex digits, not {self['expect']!r}")

    def report(self, reactor: Any) -> int:
        """Verify all files."""
        try:
            with ExitStack() as stack:
                views = [stack.enter_context(open_view(name)) for name in self.locations]
                self._print(verify(views, self["expect"]))
        except LedgerError as error:
            raise Complaint(str(error)) from None
        return 0

    def _print(self, verdict: Verdict) -> None:
        """Print one line for a right ledger, and one for each further fact.

        :raises LedgerError: if the hash is not found, or results could not be verified.
        """
        if self["expect"] is not None and not verdict.is_found:
            raise LedgerError(
                f"everything holds, but {self['expect']} is not found: it is of another ledger, or "
                "what it covers was changed or taken away."
            )
        if verdict.unknown:
            items = counted(sum(verdict.unknown.values()), "item")
            raise LedgerError(
                f"{describe_unknown_formats(verdict.unknown)}, so {items} cannot be verified; "
                f"everything else holds. House hash: {verdict.house_hash}"
            )
        read = f"{counted(verdict.rows, 'row')}, {counted(verdict.auctions, 'auction')}"
        print(f"{read}: everything holds. House hash: {verdict.house_hash}")
        if verdict.old_rows:
            print(f"The chain of schema 1 holds, too: {counted(verdict.old_rows, 'row')}.")
        if verdict.missing:
            print(f"In archives that were not named: {counted(verdict.missing, 'row')} before.")
        if self["expect"] is not None:
            print("The expected hash is found.")
