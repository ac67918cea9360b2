"""Helpers for the tests of several packages. Public ones are in ``twisted_auction.testing``."""

import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from functools import partial
from io import StringIO
from pathlib import Path
from typing import Any, TextIO

from twisted.internet.task import Clock
from twisted.logger import LogEvent, formatEvent, globalLogPublisher
from twisted.trial.unittest import SynchronousTestCase

from twisted_auction.cli.base import Command, execute
from twisted_auction.cli.main import Auction
from twisted_auction.ledger.journal import Ledger
from twisted_auction.ledger.row import Row
from twisted_auction.ledger.sqlite import SQLiteStore
from twisted_auction.ledger.storage import open_view
from twisted_auction.rules.state import AuctionState
from twisted_auction.testing import MemoryClient, MemoryHouse
from twisted_auction.wire import messages
from twisted_auction.wire.letter import Letter


def storage(ledger: Ledger) -> SQLiteStore:
    """The SQLite file under a ledger."""
    assert isinstance(ledger.store, SQLiteStore)
    return ledger.store


def state(auction: AuctionState) -> dict[str, Any]:
    """Everything about an auction, in its order; instants to the tenth of a millisecond."""
    facts = {name: getattr(auction, name) for name in AuctionState.__slots__ if name != "catalogue"}
    for name, value in facts.items():
        if isinstance(value, dict):
            facts[name] = list(value.items())
        elif isinstance(value, float):
            facts[name] = round(value, 4)
    return facts


class FailingConnection(sqlite3.Connection):
    """A connection that can be told to fail at one statement."""

    failing = ""
    code = sqlite3.SQLITE_FULL

    def execute(self, sql: str, parameters: Any = (), /) -> sqlite3.Cursor:
        self._check(sql)
        return super().execute(sql, parameters)

    def executemany(self, sql: str, parameters: Iterable[Any], /) -> sqlite3.Cursor:
        self._check(sql)
        return super().executemany(sql, parameters)

    def _check(self, sql: str) -> None:
        if self.failing and sql.startswith(self.failing):
            error = sqlite3.OperationalError("database or disk is full")
            error.sqlite_errorcode = self.code
            raise error


class LedgerFolderTestCase(SynchronousTestCase):
    """A test with a temporary folder for a ledger."""

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name).resolve()
        self.path = self.folder / "ledger"

    def fail_on_demand(self) -> None:
        """Let :class:`FailingConnection` write the ledger."""
        self.patch(sqlite3, "connect", partial(sqlite3.connect, factory=FailingConnection))
        self.patch(FailingConnection, "failing", "")
        self.patch(FailingConnection, "code", sqlite3.SQLITE_FULL)

    def rows(self) -> list[Row]:
        """The committed rows."""
        with open_view(self.path) as view:
            return list(view.rows())

    def kinds(self) -> list[str]:
        """The kinds of the committed rows."""
        return [row.kind for row in self.rows()]


class StartingReactor:
    """A reactor that makes its startup calls at once, and counts calls of ``stop``."""

    def __init__(self) -> None:
        self.stops = 0
        self.seconds = time.monotonic
        self._calls: list[Callable[[], object]] = []

    def callWhenRunning(self, call: Callable[[], object]) -> None:
        self._calls.append(call)

    def callFromThread(self, call: Callable[..., object], *args: object) -> None:
        call(*args)

    def run(self) -> None:
        for call in self._calls:
            call()

    def stop(self) -> None:
        self.stops += 1


class CommandTestCase(SynchronousTestCase):
    """The ``auction`` command, without a process of its own."""

    def auction(
        self, *argv: str, reactor: object = None, output: TextIO | None = None
    ) -> tuple[int, list[str], str]:
        """Run the command: exit status, lines of standard output, standard error.

        :param output: a replacement for standard output, of which no lines are returned then.
        """
        return self.runs(Auction(), "auction", *argv, reactor=reactor, output=output)

    def runs(
        self, command: Command, *argv: str, reactor: object = None, output: TextIO | None = None
    ) -> tuple[int, list[str], str]:
        """Run any command, as :meth:`auction`.

        :param argv: the program's name, and the arguments.
        """
        shown, errors = StringIO(), StringIO()
        self.patch(sys, "argv", [*argv])
        self.patch(sys, "stdout", output or shown)
        self.patch(sys, "stderr", errors)
        with self.assertRaises(SystemExit) as caught:
            execute(command, reactor or Clock())
        assert isinstance(caught.exception.code, int)
        return caught.exception.code, shown.getvalue().splitlines(), errors.getvalue()


def raw(lines: bytes) -> Letter:
    """A letter with these bytes as its lines."""
    letter = Letter(messages.Pong(""))
    letter._lines = lines
    return letter


class RecordingConnection:
    """A connection as a room sees it.

    :ivar lines: all bytes sent to it.
    """

    address = "somewhere"
    peer = ""

    def __init__(self) -> None:
        self.lines = b""

    def takes_price_updates(self) -> bool:
        return True

    def send(self, letter: Letter) -> None:
        self.lines += letter.lines

    def dismiss(self, letter: Letter) -> None:
        self.lines += letter.lines


class SeatTestCase(SynchronousTestCase):
    """A Seller in room art, with ticket 1."""

    def setUp(self) -> None:
        self.meet(MemoryHouse())

    def meet(self, house: MemoryHouse) -> None:
        self.house = house
        self.seller = house.connect_to_lobby("JOIN art")
        self.seller.read_lines()

    def opened(self, request: str, buyers: int = 2) -> list[MemoryClient]:
        self.seller.send_lines(request)
        visitors = [self.house.connect_to_lobby("JOIN art") for _ in range(buyers)]
        for visitor in (self.seller, *visitors):
            visitor.read_lines()
        return visitors

    def resumes(self, number: int) -> MemoryClient:
        return self.house.connect_to_lobby(f"RESUME ticket-{number}")


def logged_lines(test: SynchronousTestCase) -> list[str]:
    """A list that grows by each line that is logged during this test."""
    lines: list[str] = []

    def note(event: LogEvent) -> None:
        lines.append(formatEvent(event))

    globalLogPublisher.addObserver(note)  # type: ignore[arg-type]  # a function will do
    test.addCleanup(lambda: globalLogPublisher.removeObserver(note))  # type: ignore[arg-type]
    return lines
