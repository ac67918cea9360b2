"""A house without a network and without waiting, for tests.

:class:`MemoryHouse` is the server's own classes with fake connections and a fake clock. To test a
format, or a program with a house in it, send and read lines by a :class:`MemoryClient`. To test a
client or a robot, connect it by a :class:`MemoryEndpoint`. Nothing happens by itself: bytes travel
and timers fire in :meth:`MemoryHouse.advance`.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, tzinfo
from itertools import count
from pathlib import Path
from typing import Any, Self

from twisted.cred.checkers import ICredentialsChecker
from twisted.internet.address import IPv4Address
from twisted.internet.defer import Deferred, fail, succeed
from twisted.internet.error import ConnectionLost, ConnectionRefusedError
from twisted.internet.interfaces import IProtocol, IProtocolFactory, IStreamClientEndpoint
from twisted.internet.task import Clock
from zope.interface import implementer

from twisted_auction.house.auctioneer import MAIN
from twisted_auction.house.calendar import HouseCalendar
from twisted_auction.house.doors import Doors
from twisted_auction.house.notifications import Carrier, Notifications
from twisted_auction.house.pass_codes import HashedCode
from twisted_auction.house.peers import MAX_SEATS_PER_PEER
from twisted_auction.house.people import People
from twisted_auction.house.rooms import MAX_ROOMS, Rooms
from twisted_auction.house.runner import Watch
from twisted_auction.ledger.journal import Ledger
from twisted_auction.ledger.row import SECOND
from twisted_auction.memory_clients import MemoryClient, MemoryLink, StrictClock
from twisted_auction.rules.catalogue import parse_catalogue
from twisted_auction.rules.terms import STANDARD_TERMS, Terms
from twisted_auction.server.console import assignment_console
from twisted_auction.server.desk import DeskOffice
from twisted_auction.server.factory import AuctionFactory
from twisted_auction.server.limits import ConnectionLimits, Limits
from twisted_auction.server.lobby import LobbyFactory
from twisted_auction.server.passes import Passes
from twisted_auction.server.people_file import PeopleFile

__all__ = [
    "MemoryClient",
    "MemoryEndpoint",
    "MemoryHouse",
    "MemoryLink",
    "StrictClock",
    "pass_code",
    "with_codes",
]

EPOCH = 1_799_000_000 * SECOND
"""Nanoseconds between 1970 and second 0 of the clock, in the ledger of a house."""


_SALT = bytes(16)


def pass_code(paddle: int) -> str:
    """The pass code that :func:`with_codes` gives a person: its paddle, as twelve digits in
    groups."""
    digits = f"{paddle:012}"
    return f"{digits[:4]}-{digits[4:8]}-{digits[8:]}"


def with_codes(people: People) -> People:
    """The same list, in which each person without a pass code has :func:`pass_code`."""
    return People(
        person
        if person.code is not None
        else replace(person, code=HashedCode.of(pass_code(person.paddle), _SALT))
        for person in people.persons.values()
    )


@implementer(IStreamClientEndpoint)
class MemoryEndpoint:
    """Connects clients to a house.

    :param to_lobby: True for the lobby, False for the port of the main room.
    :ivar house: the destination of the next connection.
    :ivar is_open: False if attempts to connect are refused.
    :ivar link: the last connection.
    """

    link: MemoryLink

    def __init__(self, house: "MemoryHouse", to_lobby: bool = False) -> None:
        self.house = house
        self.is_open = True
        self._to_lobby = to_lobby

    def connect(self, protocolFactory: IProtocolFactory) -> Deferred[IProtocol]:
        """Make one connection, as ``IStreamClientEndpoint`` describes."""
        if not self.is_open:
            return fail(ConnectionRefusedError())
        server = self.house.connect_to_lobby() if self._to_lobby else self.house.connect()
        client = protocolFactory.buildProtocol(server.transport.getPeer())
        assert client is not None
        self.link = MemoryLink(client, server)
        self.house.links.append(self.link)
        return succeed(client)


class MemoryHouse:
    """A house with a port for its main room, a lobby, a console and a clock.

    :param terms: the limits and times of the auctions.
    :param catalogue: the text of a catalogue, to be sold in the main room.
    :param ledger: the file of the ledger; None for a house without one.
    :param limits: limits of connections; None for the default ones.
    :param accept_unterminated: as for :class:`~twisted_auction.server.factory.AuctionFactory`.
    :param clock: the clock of an earlier house, to continue from there.
    :param tickets: numbers of the lobby's tickets, such as ``ticket-1``.
    :param people: the list of people, as from :func:`with_codes`; None to let everyone take part.
    :param checker: as for :class:`~twisted_auction.server.passes.Passes`, like the next two.
    :param people_file: the file of the list, which an auctioneer can change; None without a file.
    :param carrier: takes notifications to a receiver; None to make none. It needs a ledger.
    :param zone: the time zone for the ends of timed auctions.
    :param wall_ahead: seconds by which the clock on the wall is ahead of the fake clock.
    :param watch: returns the watch of a room, given its name; None for the console. This and the
        remaining parameters are those of :class:`~twisted_auction.house.rooms.Rooms`.
    :ivar clock: the fake clock.
    :ivar wall_ahead: as the parameter. Changing it sets the clock on the wall.
    :ivar rooms: all rooms.
    :ivar auctioneer: the Auctioneer of the main room.
    :ivar ledger: None without a file.
    :ivar notifications: None without a carrier.
    :ivar connections: the limits of connections.
    :ivar factory: the factory of the port.
    :ivar lobby: the factory of the lobby.
    :ivar console: the lines of ``auc_server``'s console.
    :ivar failures: one line for each reason not to write the ledger any more.
    :ivar notices: the ledger's other lines for the operator.
    :ivar links: the connections of :class:`MemoryEndpoint`.
    """

    def __init__(
        self,
        terms: Terms = STANDARD_TERMS,
        *,
        catalogue: bytes | None = None,
        ledger: Path | None = None,
        limits: Limits | None = None,
        accept_unterminated: bool = False,
        clock: Clock | None = None,
        tickets: Iterator[int] | None = None,
        people: People | None = None,
        checker: ICredentialsChecker | None = None,
        public_view: bool = False,
        show_names: bool = False,
        people_file: Path | None = None,
        watch: Callable[[str], Watch] | None = None,
        main: str = MAIN,
        max_rooms: int = MAX_ROOMS,
        max_seats_per_peer: int = MAX_SEATS_PER_PEER,
        check_ledger: bool = False,
        doors: Doors | None = None,
        carrier: Carrier | None = None,
        together: bool = False,
        zone: tzinfo = UTC,
        wall_ahead: float = 0,
    ) -> None:
        tickets = tickets or count(1)
        self.clock = clock = clock or StrictClock()
        self._arguments = {k: v for k, v in locals().items() if k != "self"}  # for restart()
        self.console: list[str] = []
        self.failures: list[str] = []
        self.notices: list[str] = []
        self.wall_ahead = wall_ahead
        self.ledger = None
        if ledger is not None:
            self.ledger = Ledger(
                ledger,
                clock,
                self.failures.append,
                now=self.time_of_day,
                notify=self.notices.append,
            )
        self.notifications = None
        if carrier is not None:
            assert self.ledger is not None
            self.notifications = Notifications(clock, self.ledger, carrier)
        lots = None
        if catalogue is not None:
            needs_count = people is None and doors is None and not together
            lots = parse_catalogue(catalogue, terms.max_bidders, min_bidders=int(needs_count))
        self.rooms = Rooms(
            clock,
            terms,
            watch or (lambda room: assignment_console(self._print)),
            main,
            lots,
            max_rooms,
            self.ledger,
            max_seats_per_peer,
            check_ledger,
            people,
            doors,
            self.notifications,
            together,
            HouseCalendar(clock, zone, self.time_of_day),
        )
        if self.notifications is not None:
            self.notifications.house = self.rooms
        self.rooms.open()
        if self.notifications is not None:
            self.notifications.open()
        self.notices.clear()  # of a warning that depends on the version of SQLite
        self.auctioneer = self.rooms.main
        self.connections = ConnectionLimits(clock, limits)
        passes = None if people is None else Passes(self.rooms, checker, public_view, show_names)
        self.factory = AuctionFactory(
            self.auctioneer, accept_unterminated, self.connections, passes=passes
        )
        self.lobby = LobbyFactory(
            self.rooms,
            self.connections,
            lambda: f"ticket-{next(tickets)}",
            passes,
            self._office(people_file),
        )
        self._ports = count(50001)
        self.links: list[MemoryLink] = []

    def connect(self, host: str = "127.0.0.1") -> MemoryClient:
        """A new connection to the main room, from the next port of an IPv4 address, 50001 at
        first."""
        return MemoryClient(self.factory, self._address(host))

    def connect_to_lobby(self, *lines: str, host: str = "127.0.0.1") -> MemoryClient:
        """A new connection to the lobby. The lines are sent, and the ledger commits.

        ``"JOIN art"`` takes a seat in a room, ``"WATCH art"`` watches it, ``"RESUME ticket-1"``
        comes back to a seat, and ``"JSON"`` before them makes the answers JSON. In a house with a
        list of people, ``f"PASS {pass_code(17)}"`` comes first.
        """
        client = MemoryClient(self.lobby, self._address(host))
        client.send_lines(*lines)
        self.clock.advance(0)
        return client

    def open_auction(self, request: str, buyers: int) -> tuple[MemoryClient, list[MemoryClient]]:
        """A Seller after its request, and this many Buyers. All have read their lines."""
        seller = self.connect()
        seller.send_lines(request)
        clients = [self.connect() for _ in range(buyers)]
        for client in (seller, *clients):
            client.read_lines()
        return seller, clients

    def advance(self, seconds: float = 0) -> None:
        """Let time pass. Each timer fires at its own instant, and bytes on links arrive at once.
        Without seconds, the reactor's turn ends, and the ledger commits."""
        self.deliver()
        end = self.clock.seconds() + seconds
        while True:
            due = [call.getTime() for call in self.clock.getDelayedCalls()]
            if not due or min(due) > end:
                break
            self.clock.advance(max(0, min(due) - self.clock.seconds()))
            self.deliver()
        self.clock.advance(end - self.clock.seconds())
        self.deliver()

    def time_of_day(self) -> int:
        """The clock on the wall, in nanoseconds since 1970."""
        return EPOCH + round((self.clock.seconds() + self.wall_ahead) * SECOND)

    def deliver(self) -> None:
        """Carry bytes between linked clients and the house until nothing is in flight."""
        while any(link.carry() for link in self.links):
            pass

    def restart(self, after: float = 0, **changes: Any) -> Self:
        """Kill this house, unless it is closed, and start another one on its ledger. Uncommitted
        events are lost. Linked clients lose their connections. All timers of the clock are
        cancelled.

        :param after: seconds between the two.
        :param changes: arguments for the new house, if they differ.
        """
        assert self.ledger is not None
        if self.ledger.is_open:
            self.ledger.store.close()
        for call in list(self.clock.getDelayedCalls()):
            call.cancel()
        for link in self.links:
            if not link.is_cut:
                link.lose(ConnectionLost())
        self.clock.advance(after)
        arguments = {**self._arguments, "wall_ahead": self.wall_ahead, **changes}
        return type(self)(**arguments)

    def close(self) -> None:
        """Close the house and its ledger, as an operator's stop does."""
        self.rooms.close()
        if self.notifications is not None:
            self.notifications.close()
        self.rooms.close_ledger()

    def _office(self, people_file: Path | None) -> DeskOffice | None:
        if self.rooms.people is None:
            return None
        file = None if people_file is None else PeopleFile(people_file, self.rooms)
        return DeskOffice(self.rooms, self.connections, file)

    def _print(self, text: str) -> None:
        self.console += text.split("\n")

    def _address(self, host: str) -> IPv4Address:
        return IPv4Address("TCP", host, next(self._ports))
