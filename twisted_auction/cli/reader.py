"""What the commands that read a ledger have in common."""

from abc import abstractmethod
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from twisted.python import usage

from twisted_auction.cli.base import Complaint, Report, refuse_options
from twisted_auction.ledger.journal import DEFAULT_LEDGER
from twisted_auction.ledger.row import LedgerError
from twisted_auction.ledger.sqlite_view import open_view
from twisted_auction.ledger.store import View
from twisted_auction.rules.events import (
    Cancelled,
    Event,
    Sold,
    Unsold,
)

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


OUTCOMES: dict[type[Event], str] = {Sold: "sold", Unsold: "not sold", Cancelled: "cancelled"}


REVEAL = ["reveal", None, "Show the amounts of sealed bids as well."]


LEDGER = ["ledger", None, None, f"The server's --ledger. [default: {DEFAULT_LEDGER}]"]


class Files(Report):
    """A command that takes a ledger, as an argument or with ``--ledger``."""

    synopsis = "[options] [FILE]"
    optParameters = [LEDGER]

    def parseArgs(self, *files: str) -> None:
        """Read the name of the ledger."""
        refuse_options(files)
        if len(files) > 1:
            raise usage.UsageError("name one ledger")
        self.name(*files)

    def name(self, *files: str) -> None:
        """Keep the names of files, if there are any.

        :raises UsageError: if there is --ledger as well.
        """
        if files and self["ledger"] is not None:
            raise usage.UsageError("name one ledger")
        self["files"] = files

    @property
    def named_by_option(self) -> list[str]:
        """The file that --ledger names here, or else before the command; at most one."""
        assert self.parent is not None
        options = (self["ledger"], self.parent.get("ledger"))  # "auction lab" takes none
        return [name for name in options if name is not None][:1]

    @property
    def paths(self) -> list[Path]:
        """The files that are named here, or before the command.

        :raises LedgerError: if a name is empty or ``none``.
        """
        named = self["files"] or self.named_by_option
        for name in named:
            if name in ("", "none"):
                raise LedgerError(f"there is no ledger to read; name the file, not {name!r}.")
        return [Path(name) for name in named or [DEFAULT_LEDGER]]


class Reader(Files):
    """A command that reads one ledger."""

    @abstractmethod
    def tell(self, view: View) -> None:
        """Read the ledger, and print the report.

        :raises LedgerError: if that is not possible.
        """

    def report(self, reactor: Any) -> int:
        """Read the ledger to its end, or to the first row that does not hold."""
        try:
            (path,) = self.paths
            with open_view(path) as view:
                self.tell(view)
        except LedgerError as error:
            raise Complaint(str(error)) from None
        return 0


def second(at: int) -> str:
    """A text for a row's instant, to the second."""
    return f"{moment(at):%Y-%m-%d %H:%M:%SZ}"


def moment(at: int) -> datetime:
    """A row's instant in UTC.

    :param at: nanoseconds since 1970.
    """
    return EPOCH + timedelta(microseconds=at // 1000)
