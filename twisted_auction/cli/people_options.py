"""The common parts of the ``auction people`` commands."""

import re
import sys
from abc import abstractmethod
from collections.abc import Sequence
from getopt import GetoptError, gnu_getopt
from pathlib import Path
from typing import Any

from twisted.python import usage

from twisted_auction.cli.base import Complaint, Report
from twisted_auction.house.people import MAX_PADDLE, PeopleError

DEFAULT_LIST = "people.csv"
"""The list, where the user names none."""

LIST_HELP = f"FILE is the list of people. Default: {DEFAULT_LIST}."

ALL_PADDLES = "all"

AFTERWARDS = "A running server takes the new list after: auction control people"
"""The last line of every command that has changed a list."""

_RANGE = re.compile(r"([0-9]{1,4})(?:-([0-9]{1,4}))?")


class PeopleReport(Report):
    """A command with a list of people as its argument.

    :ivar path: the file of the list.
    """

    synopsis = "[FILE] [options]"

    def parseOptions(self, options: Sequence[str] | None = None) -> None:
        """Read the command line. Options may also stand after the arguments."""
        words = list(sys.argv[1:] if options is None else options)
        try:
            found, arguments = gnu_getopt(words, self.shortOpt, self.longOpt)
        except GetoptError as error:
            raise usage.UsageError(str(error)) from None
        super().parseOptions([*(self._joined(*option) for option in found), "--", *arguments])

    def _joined(self, option: str, value: str) -> str:
        takes_value = f"{option.removeprefix('--')}=" in self.longOpt
        return f"{option}={value}" if takes_value else f"{option}{value}"

    def parseArgs(self, *files: str) -> None:
        """Read the name of the list."""
        if len(files) > 1:
            raise usage.UsageError("name one list of people")
        self.path = Path(*files or [DEFAULT_LIST])
        if not self.path.name:
            raise usage.UsageError(f"{str(self.path)!r} is no list of people")

    @abstractmethod
    def carry_out(self) -> int:
        """Do the work of the command.

        :return: the exit status.
        :raises Complaint: as :meth:`report`.
        :raises PeopleError: if the list cannot be read or written, or is wrong.
        """

    def report(self, reactor: Any) -> int:
        """Do the work of the command, and complain of a list that is wrong."""
        try:
            return self.carry_out()
        except PeopleError as error:
            raise Complaint(str(error)) from None


def parse_paddles(text: str | None) -> list[int] | None:
    """Parse the option ``--paddles``.

    :return: each paddle once, in the order of the text; None for all.
    :raises UsageError: if a part of it is no range of paddles.
    """
    if text is None or text == ALL_PADDLES:
        return None
    paddles: dict[int, None] = {}
    for part in text.split(","):
        found = _RANGE.fullmatch(part.strip())
        first, last = (int(found[1]), int(found[2] or found[1])) if found else (0, 0)
        if not 1 <= first <= last <= MAX_PADDLE:
            raise usage.UsageError(
                f"--paddles are numbers from 1 to {MAX_PADDLE}, such as 1-40 or 3,17,20-25, "
                f"not {text!r}"
            )
        paddles |= dict.fromkeys(range(first, last + 1))
    return [*paddles]


def required_paddles(text: str | None) -> list[int] | None:
    """Parse the option ``--paddles``, where it may not be left out.

    :return: as :func:`parse_paddles`, which also raises.
    """
    if text is None:
        raise usage.UsageError(f"name the --paddles, such as 17 or 3,20-25, or {ALL_PADDLES}")
    return parse_paddles(text)


def people(number: int) -> str:
    """A number of people, in words."""
    return "1 person" if number == 1 else f"{number} people"
