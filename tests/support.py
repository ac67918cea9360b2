"""A house without a network: the server's own classes over fake connections and a fake clock."""

import json
import sys
import time
from collections.abc import Callable, Iterator
from io import StringIO
from itertools import count
from pathlib import Path
from typing import Any, Protocol, TextIO

from twisted.internet.address import IPv4Address
from twisted.internet.error import ConnectionLost
from twisted.internet.interfaces import IAddress, IDelayedCall
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from twisted_auction.cli.base import Command, execute
from twisted_auction.cli.main import Auction
from twisted_auction.house.peers import MAX_SEATS_PER_PEER
from twisted_auction.house.rooms import MAX_ROOMS, Rooms, Watch
from twisted_auction.ledger.journal import Ledger
from twisted_auction.ledger.row import SECOND
from twisted_auction.ledger.sqlite import SQLiteStore
from twisted_auction.rules.grammar import parse_catalogue
from twisted_auction.rules.terms import STANDARD_TERMS, Terms
from twisted_auction.server.console import transcript
from twisted_auction.server.factory import AuctionFactory
from twisted_auction.server.limits import ConnectionLimits, Limits
from twisted_auction.server.lobby import LobbyFactory
from twisted_auction.server.protocol import AuctionProtocol
from twisted_auction.wire import messages
from twisted_auction.wire.letter import Letter


def storage(ledger: Ledger) -> SQLiteStore:
    """The SQLite file under a ledger."""
    assert isinstance(ledger._store, SQLiteStore)
    return ledger._store


MIDNIGHT = 1_800_000_000 * SECOND
"""The time of day at which every test's house opens, in nanoseconds since 1970."""

OPENING = 1e6
"""What its clock shows then: no clock starts at 0."""


class Visitor:
    """One connection to the saleroom, seen from outside."""

    def __init__(self, factory: AuctionFactory | LobbyFactory, address: IAddress) -> None:
        self.transport = StringTransport(peerAddress=address)
        self.protocol: AuctionProtocol = factory.buildProtocol(address)
        self.protocol.makeConnection(self.transport)

    def types(self, *lines: str) -> None:
        """Send lines, all in one segment."""
        self.sends("".join(f"{line}\n" for line in lines).encode())

    def sends(self, data: bytes) -> None:
        """Send bytes in one segment."""
        self.protocol.dataReceived(data)

    def goes(self) -> None:
        """Lose the connection."""
        self.protocol.connectionLost(Failure(ConnectionLost()))

    def reads(self) -> list[str]:
        """Everything since the last time, as lines; every one must have its proper end."""
        text: str = self.transport.value().decode()
        self.transport.clear()
        lines = text.split("\r\n")
        assert lines.pop() == "", f"an unfinished line: {text!r}"
        assert not any("\n" in line or "\r" in line for line in lines), text
        return lines

    def reads_json(self) -> list[list[dict[str, int | str]]]:
        """Everything since the last time, as letters in JSON, one a line."""
        return [json.loads(line) for line in self.reads()]

    def chokes(self) -> None:
        """Read nothing for so long that what is sent waits in the server."""
        assert self.transport.producer is not None
        self.transport.producer.pauseProducing()

    def breathes(self) -> None:
        """Read everything that waits."""
        assert self.transport.producer is not None
        self.transport.producer.resumeProducing()

    @property
    def dismissed(self) -> bool:
        """Whether the server has closed the connection."""
        return self.transport.disconnecting


class StrictClock(Clock):
    """A clock that refuses a delay below zero, as reactors do."""

    def callLater(
        self, delay: float, callable: Callable[..., object], *args: object, **kw: object
    ) -> IDelayedCall:
        assert delay >= 0, delay
        return super().callLater(delay, callable, *args, **kw)


class Exchange(Protocol):
    """A client whose words are carried to the saleroom and back."""

    def exchange(self) -> bool:
        """Carry what has been said, if there was anything."""


class Saleroom:
    """A house with an Auctioneer behind its factory, a lobby, a console and a clock.

    :param ledger: the file of its ledger; None where it keeps none.
    :param limits: what strangers may cost; the usual if None is given.
    :param clock: goes on where another house's has stopped.
    :param tickets: the numbers of the tickets that it gives out.
    :param watch: as for :class:`~twisted_auction.house.rooms.Rooms`; the console if None is given.
    :param max_seats_per_peer: as for :class:`~twisted_auction.house.rooms.Rooms`.
    """

    def __init__(
        self,
        terms: Terms = STANDARD_TERMS,
        accept_unterminated: bool = False,
        catalogue: bytes | None = None,
        max_rooms: int = MAX_ROOMS,
        ledger: Path | None = None,
        limits: Limits | None = None,
        clock: Clock | None = None,
        tickets: Iterator[int] | None = None,
        watch: Callable[[str], Watch] | None = None,
        max_seats_per_peer: int = MAX_SEATS_PER_PEER,
        check_ledger: bool = False,
    ) -> None:
        tickets = tickets or count(1)
        self._arguments: dict[str, Any] = {
            "terms": terms,
            "catalogue": catalogue,
            "max_rooms": max_rooms,
            "ledger": ledger,
            "limits": limits,
            "tickets": tickets,
            "check_ledger": check_ledger,
            "watch": watch,
            "max_seats_per_peer": max_seats_per_peer,
        }
        self.clock = clock or StrictClock()
        if clock is None:
            self.clock.advance(OPENING)
        self.console: list[str] = []
        self.failures: list[str] = []
        self.notices: list[str] = []
        lots = None if catalogue is None else parse_catalogue(catalogue, terms.max_bidders)
        self.ledger = None
        if ledger is not None:
            self.ledger = Ledger(
                ledger,
                self.clock,
                self.failures.append,
                now=self._time_of_day,
                notify=self.notices.append,
            )
        self.rooms = Rooms(
            self.clock,
            terms,
            watch or (lambda name: transcript(self._note)),
            catalogue=lots,
            max_rooms=max_rooms,
            ledger=self.ledger,
            max_seats_per_peer=max_seats_per_peer,
            check_ledger=check_ledger,
        )
        self.rooms.open()
        self.notices.clear()  # what depends on the version of SQLite
        self.auctioneer = self.rooms.main
        self.connections = ConnectionLimits(self.clock, limits)
        self.factory = AuctionFactory(self.auctioneer, accept_unterminated, self.connections)
        self.lobby = LobbyFactory(self.rooms, self.connections, lambda: f"ticket-{next(tickets)}")
        self._arrivals = 0
        self.visits: list[Exchange] = []

    def _time_of_day(self) -> int:
        return MIDNIGHT + round((self.clock.seconds() - OPENING) * SECOND)

    def _note(self, text: str) -> None:
        self.console += text.split("\n")

    def enters(self) -> Visitor:
        """A newcomer, from port 50001 on."""
        return Visitor(self.factory, self._address())

    def enters_lobby(self, *lines: str) -> Visitor:
        """A newcomer to the lobby, who says this, has read the answers, and took no time."""
        visitor = Visitor(self.lobby, self._address())
        visitor.types(*lines)
        self.turns()
        return visitor

    def _address(self) -> IPv4Address:
        self._arrivals += 1
        return IPv4Address("TCP", "127.0.0.1", 50000 + self._arrivals)

    def crashes(self, after: float = 0, **changes: Any) -> "Saleroom":
        """Kill the server, and start another one on the same ledger. Nothing is said any more, and
        what was not committed is lost.

        :param after: for how many seconds there is none.
        :param changes: what is different about the new one, as the constructor takes it.
        """
        assert self.ledger is not None
        storage(self.ledger).close()
        for call in list(self.clock.getDelayedCalls()):
            call.cancel()
        self.clock.advance(after)
        return Saleroom(**{**self._arguments, "clock": self.clock, **changes})

    def turns(self) -> None:
        """End the turn of the reactor, in which the ledger commits."""
        self.clock.advance(0)

    def talk(self) -> None:
        """Let the clients that are here and the server say and hear everything."""
        while any(visit.exchange() for visit in self.visits):
            pass

    def passes(self, seconds: float) -> None:
        """Let time pass, and every timer have its turn at its own instant."""
        end = self.clock.seconds() + seconds
        while True:
            due = [call.getTime() for call in self.clock.getDelayedCalls()]
            if not due or min(due) > end:
                break
            self.clock.advance(max(0, min(due) - self.clock.seconds()))
            self.talk()
        self.clock.advance(end - self.clock.seconds())
        self.talk()

    def opened(self, request: str, buyers: int) -> tuple[Visitor, list[Visitor]]:
        """A Seller with its request in and this many Buyers, all of them having read so far."""
        seller = self.enters()
        seller.types(request)
        visitors = [self.enters() for _ in range(buyers)]
        for visitor in (seller, *visitors):
            visitor.reads()
        return seller, visitors


class Turn:
    """A reactor that does what it is told to do at its start, and stops when it is told to."""

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
        """Run it: exit status, lines of standard output, standard error.

        :param output: takes the standard output instead, of which no lines are given then.
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
    """A letter that is sent as these bytes, whatever they are."""
    letter = Letter(messages.Pong(""))
    letter._lines = lines
    return letter


class Caller:
    """A connection that asks for a result."""

    address = "127.0.0.1:1"
    peer = ""

    def __init__(self) -> None:
        self.heard = b""

    def takes_news(self) -> bool:
        return False

    def send(self, letter: Letter) -> None:
        raise AssertionError(letter)

    def dismiss(self, letter: Letter) -> None:
        self.heard += letter.lines
