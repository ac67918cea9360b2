"""The common parts of the ``auction check`` commands."""

import shlex
import shutil
from abc import abstractmethod
from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from twisted.python import usage

from twisted_auction.check.client import ClientCheck
from twisted_auction.check.scorecard import (
    Result,
    RubricRow,
    Scorecard,
    as_json,
    as_junit,
    as_text,
    summary,
)
from twisted_auction.check.server import ServerCheck
from twisted_auction.cli.base import Command, run_reactor
from twisted_auction.cli.output import print_line
from twisted_auction.rules.amounts import parse_amount

CHECK_STATUSES = "Exit status: 0 no row failed, 1 one did, 2 wrong usage, 130 Ctrl-C."


CHECK_OPTIONS = [
    ["seconds", "s", 5, "Seconds for each step of the program."],
    ["format", "f", "text", "The form of the report: text, json, or junit (JUnit XML)."],
]


REPORTS: dict[str, Callable[[str, Sequence[Result]], str]] = {
    "text": summary,
    "json": as_json,
    "junit": as_junit,
}
"""The end of the report, by value of ``--format``."""


class Check(Command):
    """A command that checks a program.

    :cvar rows: the rows of the rubric.
    """

    rows: ClassVar[Sequence[RubricRow]]

    def postOptions(self) -> None:
        """Read the options.

        :raises UsageError: if one is out of range.
        """
        try:
            self["seconds"] = parse_amount(str(self["seconds"]).encode())
        except ValueError:
            raise usage.UsageError(
                f"--seconds must be a whole number from 1, not {self['seconds']!r}"
            ) from None
        if self["format"] not in REPORTS:
            raise usage.UsageError(f"--format must be text, json or junit, not {self['format']!r}")

    @property
    @abstractmethod
    def title(self) -> str:
        """The program under test in the heading of the report."""

    @abstractmethod
    def check(self, reactor: Any, card: Scorecard) -> ServerCheck | ClientCheck:
        """Make the check that fills the scorecard.

        :raises UsageError: if the options turn out to be impossible.
        """

    def run(self, reactor: Any) -> int:
        """Check the program, and print the report; as text, each row as soon as it is known."""
        is_for_person = self["format"] == "text"

        def tell(number: int, result: Result) -> None:
            if is_for_person:
                print_line(as_text(number, result))

        card = Scorecard(self.rows, reactor, tell)
        check = self.check(reactor, card)

        async def play() -> int:
            try:
                await check.run()
            except OSError as error:
                self.complain(f"the program cannot be started: {error.strerror}")
                return 1
            card.finish()
            print_line(REPORTS[self["format"]](self.title, card.results))
            return 0 if card.has_passed else 1

        return run_reactor(reactor, play)


def split_command(command: str) -> list[str]:
    """Split a command into words, as a shell does.

    :return: the path of the program, and its arguments.
    :raises UsageError: if the text cannot be split, or if there is no such program.
    """
    try:
        words = shlex.split(command)
    except ValueError as error:
        raise usage.UsageError(f"the command cannot be read: {error}") from None
    if not words:
        raise usage.UsageError("the command is empty")
    program = shutil.which(words[0])
    if program is None:
        raise usage.UsageError(f"there is no program {words[0]!r}")
    return [program, *words[1:]]
