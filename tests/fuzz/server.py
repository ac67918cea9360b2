"""The server's side: a house, and clients that send any bytes."""

import re
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from functools import lru_cache
from itertools import count
from pathlib import Path
from typing import Any

from twisted.cred.checkers import ICredentialsChecker
from twisted.cred.credentials import IUsernamePassword
from twisted.cred.error import UnauthorizedLogin
from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectionDone, ConnectionLost
from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import deferLater
from zope.interface import implementer

from tests.fuzz.script import (
    SECONDS,
    FuzzClock,
    Line,
    SecureLine,
    Step,
    Wrong,
    no_timer_left,
    play,
)
from twisted_auction.house.alarms import Alarms
from twisted_auction.house.calendar import HouseCalendar
from twisted_auction.house.end_watch import LOOK_INTERVAL, EndWatch
from twisted_auction.house.people import People, Person, Role
from twisted_auction.house.rooms import Rooms
from twisted_auction.ledger.journal import Ledger
from twisted_auction.ledger.row import SECOND, LedgerError
from twisted_auction.ledger.schema import create_tables
from twisted_auction.ledger.sqlite import SQLiteStore
from twisted_auction.ledger.sqlite_view import SQLiteView
from twisted_auction.ledger.store import Batch
from twisted_auction.rules.catalogue import parse_catalogue
from twisted_auction.rules.commands import Cancel
from twisted_auction.rules.terms import Terms
from twisted_auction.rules.transitions import Phase
from twisted_auction.server.console import assignment_console
from twisted_auction.server.control import ControlFactory
from twisted_auction.server.desk import DeskOffice
from twisted_auction.server.factory import AuctionFactory
from twisted_auction.server.limits import ConnectionLimits, Limits
from twisted_auction.server.lobby import LobbyFactory
from twisted_auction.server.passes import Passes
from twisted_auction.server.protocol import AuctionProtocol
from twisted_auction.sockets import UNSENT_LOWAT
from twisted_auction.testing import with_codes
from twisted_auction.wire import json
from twisted_auction.wire.lines import parse, render

CATALOGUE = parse_catalogue(
    b"1 5 1 Cup\n3:increment=5:duration=9 5 1 Vase\n4:start=9:step=2:interval=2 5 1 Rug\n2 5 2 Urn",
    max_bidders=9,
)
TOGETHER = parse_catalogue(
    b"1:end=2026-12-01T00:01 5 0 Cup\n"
    b"3:end=2026-12-01T00:00:40:latest=2026-12-01T00:01:reserve=7 5 0 Vase\n"
    b"3:end=2026-12-01T00:01:buy=9:increment=1,2@7 5 0 Rug\n"
    b"2:end=2026-12-01T00:01:30 5 0 Urn",
    max_bidders=9,
    min_bidders=0,
)
"""The lots of a sale of all lots together."""

TERMS = Terms(request_timeout=20, bid_timeout=20, lot_pause=1, resume_grace=15, after_sale=5)

BEGIN = datetime(2026, 12, 1, tzinfo=UTC).timestamp()
"""The time of day at the beginning of every input, in seconds since 1970."""

SETTINGS = {1: 90, 3: -90, 5: 5}
"""Seconds by which a step sets the clock on the wall, by the step's target."""

LIMITS = Limits(max_connections=100, max_per_peer=6, max_unsent=2048)
"""Limits that seven participants exceed, and a few unread lines, too."""

LETTER = 2048
"""Largest letter in bytes. Lists of rooms are short here."""

OPERATOR = 7
"""Number of the connection to the control port. Other odd numbers are connections to the lobby."""

IAC, STEP_IAC = b"\xff", b"\xfe"
"""The first byte of Telnet commands, and the byte in its place in a step. Neither is in UTF-8."""

WONT = re.compile(rb"\xff\xfc.", re.DOTALL)
"""The server's answers to Telnet's DO, between its lines."""


PEOPLE = with_codes(
    People(
        [
            Person(1, "Ada"),
            Person(2),
            Person(3, "Bob", Role.SELLER),
            Person(5, "Eve", Role.AUCTIONEER),
        ]
    )
)


@implementer(ICredentialsChecker)
class SlowChecker:
    """Answers after two seconds, and refuses a password of digits."""

    credentialInterfaces = (IUsernamePassword,)

    def __init__(self, clock: IReactorTime) -> None:
        self._clock = clock

    def requestAvatarId(self, credentials: Any) -> Deferred[bytes | tuple[()]]:
        """The user's name."""
        return deferLater(self._clock, 2, self._answer, credentials)

    def _answer(self, credentials: Any) -> bytes:
        if credentials.password.isdigit():
            raise UnauthorizedLogin
        user: bytes = credentials.username
        return user


class Unwritten(SQLiteStore):
    """A store in memory."""

    def open(self) -> None:
        """There are no earlier rows."""
        self._database = sqlite3.connect(":memory:", isolation_level=None)
        create_tables(self._database, anchor="")
        self.view = SQLiteView(self.path, self._database)

    def write(
        self,
        batch: Batch,
        written: Callable[[], object],
        failed: Callable[[LedgerError], object],
    ) -> None:
        """Forget it."""
        written()

    def close(self) -> None:
        """Close the database in memory."""
        self._database.close()


def fail(text: str) -> None:
    """Let the run fail, because a commit has failed."""
    raise Wrong(text)


class House:
    """A server, and its clients.

    :param choices: the sum of 1 for a catalogue, 2 for a ledger, 4 for unterminated lines, 8 for
        TLS, 16 for seats that are not kept, 32 for a settling time, 64 for a list of people, with a
        second checker that takes its time, and 128 for a catalogue whose lots are up together.
    """

    def __init__(self, choices: int) -> None:
        self.clock = FuzzClock()
        self._is_tls = bool(choices & 8)
        self._begin = BEGIN - self.clock.seconds()
        together = bool(choices & 1 and choices & 128)
        catalogue = TOGETHER if together else CATALOGUE
        terms = Terms(20, 20, lot_pause=0, resume_grace=0, after_sale=0) if choices & 16 else TERMS
        terms = replace(terms, settle=0.2 if choices & 32 else 0)
        self.rooms = Rooms(
            self.clock,
            terms,
            lambda name: assignment_console(self._note),
            catalogue=catalogue if choices & 1 else None,
            max_rooms=len(TOGETHER) + 2 if together else 4,
            ledger=Ledger(Unwritten(Path("unwritten")), self.clock, fail, now=self._now)
            if choices & 2
            else None,
            people=PEOPLE if choices & 64 else None,
            together=together,
            calendar=HouseCalendar(self.clock, UTC, self._now),
        )
        passes = Passes(self.rooms, SlowChecker(self.clock)) if choices & 64 else None
        self.rooms.open()
        tickets = count(1)
        self.connections = ConnectionLimits(self.clock, LIMITS)
        office = None if passes is None else DeskOffice(self.rooms, self.connections)
        self.lobby = LobbyFactory(
            self.rooms, self.connections, lambda: f"ticket-{next(tickets)}", passes, office
        )
        self.factory = AuctionFactory(
            self.rooms.main, bool(choices & 4), self.connections, passes=passes
        )
        self.control = ControlFactory(self.rooms, self.connections)
        self.lines: dict[int, Line] = {}

    def line(self, number: int) -> Line:
        """The connection of this number. It is made if there is none."""
        line = self.lines.get(number)
        if line is None or line.is_lost:
            factories: list[Any] = [self.factory, self.lobby]
            factory = self.control if number == OPERATOR else factories[number % 2]
            protocol = factory.buildProtocol(None)
            kind = SecureLine if self._is_tls and number != OPERATOR else Line
            line = self.lines[number] = kind(protocol, _understand)
            protocol.makeConnection(line)
        return line

    def play(self, step: Step) -> None:
        """Play one step."""
        step = replace(step, data=step.data.replace(STEP_IAC, IAC))
        match step.what:
            case 0:
                self.line(step.which).receive(step.data + b"\n")
            case 1:
                pieces = [step.data[at : at + 1] for at in range(len(step.data))]
                self.line(step.which).receive(*pieces, b"\r\n")
            case 2:
                self.line(step.which).receive(step.data)
            case 3:
                self.line(step.which).cut(ConnectionLost() if step.data else ConnectionDone())
            case 4:
                line = self.line(step.which)
                line.set_reading(not line.is_reading)
            case 5:
                self.clock.advance_each(SECONDS[step.which], self.turn)
            case 6:
                self.line(step.which).receive(step.repeated)
            case 7 if step.which == OPERATOR:
                self.lobby.stopFactory()
            case 7:
                self._begin += SETTINGS.get(step.which, 0)
                self.clock.advance(0)
        self.turn()

    def turn(self) -> None:
        """Run the reactor until it has no more work.

        :raises Wrong: if too much is kept for a client that does not read.
        """
        while sum(line.end_turn() for line in self.lines.values() if line.is_busy):
            pass
        most = UNSENT_LOWAT + LIMITS.max_unsent + 2 * LETTER
        for line in self.lines.values():
            if not isinstance(line.protocol, AuctionProtocol):
                continue  # the operator has no limit
            if len(line.unsent) > most:
                raise Wrong(f"{len(line.unsent)} bytes wait for somebody, and {most} are the most")
            if line.protocol.session.is_closing and not (line.disconnecting or line.is_lost):
                raise Wrong("a connection is said to be closing, and is not")

    def end(self) -> None:
        """End all connections, and check that nothing is left of them.

        :raises Wrong: if something is.
        """
        for line in self.lines.values():
            line.cut(ConnectionLost())
        for call in self.clock.calls:
            if not isinstance(getattr(call.func, "__self__", None), Alarms | Ledger | EndWatch):
                raise Wrong(f"a connection has left a timer: {call}")
        self.clock.advance_each(30, self.turn)
        for room in self.rooms.values():
            while room.auction.phase is Phase.BIDDING:  # it runs to its end without clients
                room.orders.give(Cancel(), reason="Nobody is left.")
                self.clock.advance_each(2, self.turn)
            for left in (
                room.seats.seated,
                room.seats.away,
                room.seats.watchers,
                room.price_feed.lagging,
                room.early_lines.lines,
            ):
                if left:
                    raise Wrong(f"somebody is left in a room: {left}")
        self.clock.advance_each(LOOK_INTERVAL, self.turn)  # each sale is over
        connections = self.connections
        for deadlines in (
            connections.closing,
            connections.handshakes,
            connections.lines,
            connections.idle,
        ):
            if not deadlines.is_idle:
                raise Wrong("a timeout is running")
        if connections.count or connections.by_peer or self.lobby.sessions or self.factory.visitors:
            raise Wrong(f"somebody is not let go: {connections.by_peer}, {self.lobby.sessions}")
        no_timer_left(self.clock)

    def _now(self) -> int:
        """The time of day, in nanoseconds since 1970."""
        return round((self._begin + self.clock.seconds()) * SECOND)

    def _note(self, text: str) -> None:
        if not text.replace("\n", "").isprintable():
            raise Wrong(f"the console is not printable: {text!r}")


def server(data: bytes) -> None:
    """Play an input to a server.

    :raises Wrong: if the server breaks one of its rules.
    :raises Exception: an error that the server does not handle.
    """
    play(data, House)


def _understand(data: bytes) -> None:
    """Check that the server sends whole lines of the wire."""
    lines = WONT.sub(b"", data).split(b"\r\n")
    if lines.pop():
        raise Wrong(f"an unfinished line: {data!r}")
    for line in lines:
        _parse(line)


@lru_cache(10_000)
def _parse(line: bytes) -> None:
    if line.startswith(b"["):
        again = json.render(*json.parse(line)) + b"\r\n"
    else:
        again = render(parse(line))
    if b"\n" in line or again != line + b"\r\n":
        raise Wrong(f"another line than was meant: {line!r}")
