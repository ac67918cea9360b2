"""The common parts of the commands that read a ledger."""

from abc import abstractmethod
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from twisted.python import usage

from twisted_auction.cli.base import Complaint, Report, refuse_options
from twisted_auction.house.people import People, PeopleError
from twisted_auction.ledger.journal import DEFAULT_LEDGER
from twisted_auction.ledger.row import LedgerError
from twisted_auction.ledger.storage import open_view
from twisted_auction.ledger.store import View

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


PEOPLE_OPTION = ["people", None, None, "The list of people, for their names and valuations."]


REVEAL_FLAG = ["reveal", None, "Show the amounts of sealed bids as well."]


LEDGER_OPTION = [
    "ledger",
    None,
    None,
    f"The ledger's file, as in the server's --ledger. [default: {DEFAULT_LEDGER}]",
]


class LedgerFiles(Report):
    """A command with a ledger as its argument, or as the option ``--ledger``."""

    synopsis = "[options] [FILE]"
    optParameters = [LEDGER_OPTION]

    def parseArgs(self, *files: str) -> None:
        """Read the name of the ledger."""
        refuse_options(files)
        if len(files) > 1:
            raise usage.UsageError("name one ledger")
        self.set_files(*files)

    def set_files(self, *files: str) -> None:
        """Set the files named as arguments, if any.

        :raises UsageError: if the user gave --ledger, too.
        """
        if files and self["ledger"] is not None:
            raise usage.UsageError("name one ledger")
        self["files"] = files

    @property
    def named_by_option(self) -> list[str]:
        """The file of --ledger after the command, or else before it; at most one."""
        assert self.parent is not None
        options = (self["ledger"], self.parent.get("ledger"))  # "auction lab" has no --ledger
        return [name for name in options if name is not None][:1]

    @property
    def locations(self) -> list[str]:
        """The ledgers named by arguments or options, or else the default.

        :raises LedgerError: if a name is empty or ``none``: that server keeps no ledger.
        """
        named = self["files"] or self.named_by_option
        for name in named:
            if name in ("", "none"):
                raise LedgerError(f"there is no ledger to read; name it, not {name!r}.")
        return list(named or [DEFAULT_LEDGER])


class LedgerTransfer(LedgerFiles):
    """A command with a ledger, and another place for its rows, as its arguments.

    :cvar source: the ledger in the synopsis.
    :cvar place: the other place, for the complaint if it is missing.
    """

    source: str
    place: str

    def __init__(self) -> None:
        super().__init__()
        self.docs["ledger"] = f"The ledger, in place of {self.source}. There is no default."

    def parseArgs(self, *names: str) -> None:
        """Read the names of both. The ledger has no default: a default is for reading."""
        refuse_options(names)
        self.set_files(*names[:-1])
        if len(names) not in (1, 2) or not (self["files"] or self.named_by_option):
            raise usage.UsageError(f"name a ledger and {self.place}")
        self["place"] = names[-1]


class LedgerReport(LedgerFiles):
    """A command that prints a report on one ledger."""

    @abstractmethod
    def report_on(self, view: View) -> None:
        """Read the ledger, and print the report.

        :raises LedgerError: if the ledger cannot be read, or is wrong.
        """

    def report(self, reactor: Any) -> int:
        """Read the ledger to its end, or to the first wrong row."""
        try:
            (location,) = self.locations
            with open_view(location) as view:
                self.report_on(view)
        except LedgerError as error:
            raise Complaint(str(error)) from None
        return 0


def read_file(name: str, option: str) -> bytes:
    """Read a file named by an option.

    :raises Complaint: if it cannot be read.
    """
    try:
        return Path(name).read_bytes()
    except OSError as error:
        raise Complaint(f"{option}: cannot read {name}: {error.strerror}.") from None


def read_people(name: str) -> People:
    """Read the list of people.

    :raises Complaint: if it cannot be read, or is wrong.
    """
    try:
        return People.parse(read_file(name, "--people"))
    except PeopleError as error:
        raise Complaint(f"{name}: {error}.") from None


def to_the_second(at: int) -> str:
    """Format the instant of a row, to the second.

    :param at: nanoseconds since 1970.
    """
    return f"{utc_time(at):%Y-%m-%d %H:%M:%SZ}"


def utc_time(at: int) -> datetime:
    """The instant of a row in UTC.

    :param at: nanoseconds since 1970.
    """
    return EPOCH + timedelta(microseconds=at // 1000)


def parse_instant(text: str, option: str) -> int:
    """Parse a day or an instant, into nanoseconds since 1970.

    :param option: the name of the option, for the error.
    :raises UsageError: if the text is neither.
    """
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        raise usage.UsageError(
            f"{option} takes a day or an instant, such as 2026-12-05T19:00, not {text!r}"
        ) from None
    if when.tzinfo is None:
        when = when.replace(tzinfo=UTC)
    return (when - EPOCH) // timedelta(microseconds=1) * 1000
