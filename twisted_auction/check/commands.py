"""``auction check server`` and ``auction check client``."""

import shlex
import shutil
import socket
from abc import abstractmethod
from collections.abc import Callable, Sequence
from contextlib import closing
from typing import Any, ClassVar

from twisted.internet.interfaces import IStreamClientEndpoint
from twisted.python import usage

from twisted_auction.check import client, server
from twisted_auction.check.card import Card, Result, Row, as_json, as_junit, as_text, summary
from twisted_auction.check.client import ClientCheck
from twisted_auction.check.server import ServerCheck
from twisted_auction.client.join import endpoint_of
from twisted_auction.command import Command, Commands, print_line, refuse_options, run_reactor
from twisted_auction.rules.amounts import parse_amount

STATUSES = "Exit status: 0 no row failed, 1 one did, 2 wrong usage, 130 Ctrl-C."

PARAMETERS = [
    ["seconds", "s", 5, "Seconds that the program has for each step."],
    ["format", "f", "text", "How the report is written: text, json, or junit for JUnit XML."],
]


REPORTS: dict[str, Callable[[str, Sequence[Result]], str]] = {
    "text": summary,
    "json": as_json,
    "junit": as_junit,
}
"""What is printed at the end, by what ``--format`` calls it."""


class Check(Command):
    """A check, from its options to its report.

    :cvar rows: the rows of its rubric.
    """

    rows: ClassVar[Sequence[Row]]

    def postOptions(self) -> None:
        """Read the options.

        :raises UsageError: where one is out of range.
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
        """What is checked."""

    @abstractmethod
    def check(self, reactor: Any, card: Card) -> ServerCheck | ClientCheck:
        """What fills the scorecard.

        :raises UsageError: where the options turn out to be impossible.
        """

    def run(self, reactor: Any) -> int:
        """Check the program, and print the report; for a person, row by row as they are known."""
        is_for_person = self["format"] == "text"

        def tell(number: int, result: Result) -> None:
            if is_for_person:
                print_line(as_text(number, result))

        card = Card(self.rows, reactor, tell)
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


class CheckServer(Check):
    """A server, to which this check connects as Seller and Buyers do."""

    synopsis = "[options] HOST PORT | ENDPOINT | --run COMMAND"
    longdesc = (
        "Plays the assignment against a server that waits for its first client: as Seller, as "
        "Buyers, and as clients that it must turn away, vanish, or say something wrong. A line for "
        "each row of the rubric says whether the server did what it must, whatever its words; "
        "beneath a row that failed is what was sent and heard. With --run, the check starts the "
        f"server itself and reads its console, too. {STATUSES}"
    )
    optParameters = [
        *PARAMETERS,
        [
            "run",
            "r",
            None,
            "Start the server with this command, for example 'python auc_server.py'. {port} in it "
            "is replaced by a free port; otherwise the port is added at its end.",
        ],
    ]
    rows = server.ROWS
    optFlags = [["no-newline", None, "Send lines without an end, for servers that choke on one."]]

    def parseArgs(self, *where: str) -> None:
        """Take the arguments that say where the server is."""
        refuse_options(where, "-")
        self["where"] = where

    def postOptions(self) -> None:
        """Read the options.

        :raises UsageError: where one is out of range, or nothing says where the server is.
        """
        super().postOptions()
        if (self["run"] is None) == (not self["where"]) or len(self["where"]) > 2:
            raise usage.UsageError(
                "give a host and a port, or one endpoint string, or a command with --run"
            )
        self["command"] = [] if self["run"] is None else parsed(self["run"])

    @property
    def title(self) -> str:
        """What is checked."""
        return f"Server {self['run'] or ' '.join(self['where'])}"

    def check(self, reactor: Any, card: Card) -> ServerCheck:
        """What fills the scorecard."""
        line_end = b"" if self["no-newline"] else b"\n"

        def starting() -> tuple[list[str], IStreamClientEndpoint]:
            with closing(socket.socket()) as probe:
                probe.bind(("127.0.0.1", 0))
                port = str(probe.getsockname()[1])
            command = [word.replace("{port}", port) for word in self["command"]]
            if command == self["command"]:
                command.append(port)
            return command, endpoint_of(reactor, "127.0.0.1", port)

        if self["command"]:
            endpoint = starting()[1]  # of no use but until the first start
            return ServerCheck(reactor, card, endpoint, self["seconds"], line_end, starting)
        endpoint = endpoint_of(reactor, *self["where"])
        return ServerCheck(reactor, card, endpoint, self["seconds"], line_end)


class CheckClient(Check):
    """A client, which this check starts, types to, and serves."""

    synopsis = "[options] COMMAND"
    longdesc = (
        "Plays the assignment with a client: starts it at a terminal of its own, serves it with "
        "the assignment's words, and types what a Seller and Buyers type. COMMAND is one argument, "
        "such as 'python auc_client.py'; {host} and {port} in it are replaced, or else both are "
        "added at its end. A line for each row of the rubric says whether the client did what it "
        f"must; beneath a row that failed is what was sent, typed and shown. {STATUSES}"
    )
    rows = client.ROWS
    optParameters = PARAMETERS

    def parseArgs(self, *words: str) -> None:
        """Take the command."""
        if len(words) != 1:
            raise usage.UsageError(
                "give one command, in quotes if it has blanks, after the options"
            )
        self["command"] = parsed(words[0])
        self["text"] = words[0]

    @property
    def title(self) -> str:
        """What is checked."""
        return f"Client {self['text']}"

    def check(self, reactor: Any, card: Card) -> ClientCheck:
        """What fills the scorecard."""
        return ClientCheck(reactor, card, self["command"], self["seconds"])


def parsed(command: str) -> list[str]:
    """The words of a command, as a shell reads them.

    :raises UsageError: where it is none, or there is no such program.
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


class CheckCommands(Commands):
    """The checks."""

    synopsis = "COMMAND [options]"
    longdesc = (
        "Plays the assignment against a server or a client from anywhere, and reports a line for "
        "each row of the rubric. For graders, and for students at home."
    )
    subCommands = [
        ("server", None, CheckServer, "Check a server: as its Seller, its Buyers, and others."),
        ("client", None, CheckClient, "Check a client: start it, type to it, and serve it."),
    ]
