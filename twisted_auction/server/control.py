"""The operator's orders to a running server.

A client of the control port can end any auction, so the port belongs on a local socket that only
the operator can open. Each line is one order, and is answered with one line:
:class:`~twisted_auction.wire.messages.Done` or
:class:`~twisted_auction.wire.messages.NotDone`, which name the room.

Any other line ends the connection. A web page can make a browser send a form to any port of the
operator's machine; its first line is no order, so the lines after it are not read.
"""

import re
from itertools import islice
from math import ceil

from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.interfaces import IAddress, ITCPTransport
from twisted.internet.protocol import ServerFactory, connectionDone
from twisted.protocols.basic import LineReceiver
from twisted.python.failure import Failure

from twisted_auction.house.auctioneer import Auctioneer
from twisted_auction.house.rooms import MAX_LISTED_ROOMS, Rooms
from twisted_auction.rules.refusals import OrderRefused
from twisted_auction.server.follower import Follower
from twisted_auction.server.limits import ConnectionLimits, peer_of
from twisted_auction.server.outbox import Outbox
from twisted_auction.server.people_file import PeopleFile
from twisted_auction.server.telnet import Telnet
from twisted_auction.text import counted
from twisted_auction.wire import messages
from twisted_auction.wire.lines import DELIMITER, MAX_LINE, render
from twisted_auction.wire.orders import (
    ORDERS,
    ROOM_OPTION,
    Ban,
    Follow,
    HouseAction,
    HouseOrder,
    ReadPeople,
    RoomOrder,
    Status,
    Unban,
    find_order,
)
from twisted_auction.wire.verbs import listed

MAX_UNSENT = 1 << 20
"""Bytes of answers that may wait for an operator who does not read them. If more would wait, the
connection is aborted."""

_HTTP = re.compile(r"\S+ \S+ HTTP/\d(\.\d)?")
"""The first line of a browser, whose first word may be that of an order."""

_ORDERS = f"orders are: {listed(ORDERS)}."


class NotAnOrder(ValueError):
    """A line is no order; the text lists the orders."""


class ControlProtocol(LineReceiver):
    """Carries out the operator's orders.

    :param rooms: the rooms of the house. If only one is in use, an order need not name it.
    :param connections: the connections of clients, which the operator can ban.
    :param protocols: all open connections to this port.
    :param people_file: the list of people; None if the house has none in a file.
    """

    delimiter = DELIMITER
    MAX_LENGTH = MAX_LINE
    transport: ITCPTransport
    _outbox: Outbox
    _follower: Follower | None = None
    _is_over = False

    def __init__(
        self,
        rooms: Rooms,
        connections: ConnectionLimits,
        protocols: "dict[ControlProtocol, None]",
        people_file: PeopleFile | None,
    ) -> None:
        self._rooms = rooms
        self._connections = connections
        self._protocols = protocols
        self._people_file = people_file
        self._telnet = Telnet()

    def connectionMade(self) -> None:
        """Read orders, unless the house is halted."""
        self._protocols[self] = None
        self._outbox = Outbox(
            self.transport, self._catch_up, MAX_UNSENT, self.transport.abortConnection
        )
        if self._rooms.is_halted:
            self.pauseProducing()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Forget this connection."""
        self._protocols.pop(self, None)
        self._outbox.close()
        if self._follower is not None:
            self._rooms.news.followers.pop(self._follower.tell, None)

    def dataReceived(self, data: bytes) -> None:
        """Handle bytes, in pieces of any size."""
        if self._is_over:
            return
        text = self._telnet.feed(data)
        super().dataReceived(text)
        if self._telnet.stray:  # an operator may use telnet, which waits for replies
            self._outbox.send(self._telnet.take_replies())
            if self._telnet.is_broken:
                self.lineLengthExceeded(text)

    def lineReceived(self, line: bytes) -> None:
        """Carry out one order."""
        if self._is_over:
            return
        try:
            answer = self._carry_out(line)
        except NotAnOrder as error:
            self.close(render(messages.NotDone(str(error))))
            return
        except ValueError as error:
            answer = [messages.NotDone(str(error))]
        # An answer says that the order is carried out, so it waits for the commit.
        self._rooms.journal.after_commit(lambda: self._outbox.send(render(*answer)))

    def lineLengthExceeded(self, line: bytes) -> None:
        """Close the connection of a client that sends no orders."""
        self.close(render(messages.LineTooLong()))

    def close(self, last: bytes = b"") -> None:
        """Send a last answer, and close the connection, after the commit of all earlier events."""

        def finish() -> None:
            if self in self._protocols:
                self._outbox.finish(last)
                self.transport.loseConnection()

        if not self._is_over:
            self._is_over = True
            self._rooms.journal.after_commit(finish)

    def _carry_out(self, line: bytes) -> list[messages.Message]:
        """Carry out the order of a line.

        :return: the answer, for the operator to read.
        :raises NotAnOrder: if it is no order.
        :raises ValueError: if it cannot be carried out; the text says why.
        """
        try:
            text = line.decode("utf-8").strip()
        except UnicodeDecodeError:
            raise NotAnOrder("an order is UTF-8 text.") from None
        # "CANCEL / HTTP/1.1" must cancel nothing.
        found = None if _HTTP.fullmatch(text) else find_order(text)
        match found:
            case (HouseOrder() as order, words):
                return self._give_house(order, words)
            case (RoomOrder() as order, words):
                return [messages.Done(self._give_room(order, words))]
        raise NotAnOrder(_ORDERS)

    def _give_house(self, order: HouseOrder, words: str) -> list[messages.Message]:
        """Carry out an order to the house."""
        try:
            action: HouseAction = order.read(words)
        except ValueError as error:
            # A word too many may be a browser's: the line is no order.
            problem = (
                NotAnOrder(_ORDERS) if not order.argument else ValueError(f"{error}: {order}.")
            )
            raise problem from None
        match action:
            case Status():
                return [messages.Done(self._status())]
            case Follow():
                return self._follow()
            case ReadPeople():
                if self._people_file is None:
                    raise ValueError("this house has no file with a list of people.")
                return [messages.Done(self._people_file.read())]
            case Ban():
                return [messages.Done(self._ban(action))]
            case Unban():
                return [messages.Done(self._unban(action))]

    def _give_room(self, order: RoomOrder, words: str) -> str:
        """Carry out an order to a room."""
        named, words = order.split_room(words)
        name, auctioneer = self._room(named)
        try:
            action, reason = order.read(words)
        except ValueError as error:
            problem = f"{error}: {order}." if order.argument else f"room {name}: {error}."
            raise ValueError(problem) from None
        try:
            effect = auctioneer.orders.give(action, reason=reason)
        except OrderRefused as refusal:
            raise ValueError(f"room {name}: {refusal.why}") from None
        return f"room {name}: {effect}"

    def _status(self) -> str:
        listed, rooms = self._rooms.reports()
        reports = [f"{name}: {words}" for name, words in listed]
        if rooms > len(reports):
            reports.append(f"and {rooms - len(reports)} more rooms")
        return "; ".join(filter(None, [*reports, self._banned()]))

    def _follow(self) -> list[messages.Message]:
        """Follow all rooms: tell how far they are, and from then on each event."""
        reports = [messages.NewsOf(*room) for room in self._rooms.reports()[0]]

        def begin() -> None:
            if self in self._protocols and self._follower is None:
                self._follower = Follower(self._outbox)
                self._rooms.news.followers[self._follower.tell] = None

        # The events until now are in the reports, so only those that are committed later are told.
        self._rooms.journal.after_commit(begin)
        return [messages.Done("following all rooms."), *reports]

    def _ban(self, ban: Ban) -> str:
        peer = _peer(ban.host)
        closed = self._connections.ban(peer, 60 * ban.minutes)
        return (
            f"{peer} is banned for {counted(ban.minutes, 'minute')}; "
            f"{counted(closed, 'connection')} closed."
        )

    def _unban(self, unban: Unban) -> str:
        peer = _peer(unban.host)
        if not self._connections.bans.lift(peer):
            raise ValueError(f"{peer} is not banned; {self._banned() or 'no address is'}.")
        return f"{peer} is no longer banned."

    def _banned(self) -> str:
        """The banned addresses in words; empty if there are none."""
        banned = ", ".join(
            f"{peer} for {counted(ceil(seconds / 60), 'minute')}"
            for peer, seconds in self._connections.bans.seconds_left.items()
        )
        return f"banned: {banned}" if banned else ""

    def _catch_up(self) -> None:
        """Called when all bytes have left, after some had to wait."""
        if self._follower is not None:
            self._follower.catch_up()

    def _room(self, name: str | None) -> tuple[str, Auctioneer]:
        """The room that an order is for: its name, and its Auctioneer.

        :param name: as the order has it; None if it names no room.
        :raises ValueError: if there is no such room, or if several are in use and none is named.
        """
        if name is not None:
            if name not in self._rooms:
                raise ValueError(f"there is no such room; rooms are: {self._names()}.")
            return name, self._rooms[name]
        names = list(self._rooms.in_use)
        if len(names) > 1:
            example = f"{ROOM_OPTION}{names[0]}"
            raise ValueError(f"name the room, as in {example}; rooms are: {self._names()}.")
        return names[0], self._rooms.main

    def _names(self) -> str:
        """The names of the rooms in use, or of the first ones."""
        rooms = self._rooms.in_use
        names = ", ".join(islice(rooms, MAX_LISTED_ROOMS))
        more = len(rooms) - MAX_LISTED_ROOMS
        return f"{names} and {more} more" if more > 0 else names


def _peer(host: str) -> str:
    """The peer that connections from an address count for."""
    kind = IPv6Address if ":" in host else IPv4Address
    return peer_of(kind("TCP", host, 0))


class ControlFactory(ServerFactory):
    """Makes the protocol of each connection of the operator.

    :param rooms: the rooms of the house.
    :param connections: the connections of clients to all ports of the house.
    :param people_file: the list of people; None if the house has none in a file.
    """

    noisy = False

    def __init__(
        self,
        rooms: Rooms,
        connections: ConnectionLimits,
        people_file: PeopleFile | None = None,
    ) -> None:
        self.rooms = rooms
        self._connections = connections
        self._people_file = people_file
        self._protocols: dict[ControlProtocol, None] = {}
        rooms.add_haltable(self)

    def halt(self) -> None:
        """Read no orders while the ledger cannot be written."""
        for protocol in self._protocols:
            protocol.pauseProducing()

    def go_on(self) -> None:
        """Read orders again."""
        for protocol in list(self._protocols):
            protocol.resumeProducing()

    def stopFactory(self) -> None:
        """Close all connections once the port is closed."""
        for protocol in list(self._protocols):
            protocol.close()

    def buildProtocol(self, addr: IAddress | None) -> ControlProtocol:
        """Make the protocol for a new connection."""
        protocol = ControlProtocol(
            self.rooms, self._connections, self._protocols, self._people_file
        )
        protocol.factory = self
        return protocol
