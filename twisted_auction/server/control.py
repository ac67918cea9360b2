"""The operator's orders to a running server.

A client of the control port can end any auction, so the port belongs on a local socket that only
the operator can open. Each line is one order, and is answered with one line:
:class:`~twisted_auction.wire.messages.Done` or
:class:`~twisted_auction.wire.messages.NotDone`, which name the room.

Any other line ends the connection. A web page can make a browser send a form to any port of the
operator's machine; its first line is no order, so the lines after it are not read.
"""

import re

from twisted.internet.interfaces import IAddress, ITCPTransport
from twisted.internet.protocol import ServerFactory, connectionDone
from twisted.protocols.basic import LineReceiver
from twisted.python.failure import Failure

from twisted_auction.house.rooms import Rooms
from twisted_auction.server.follower import Follower
from twisted_auction.server.limits import ConnectionLimits
from twisted_auction.server.orders import OrderHandler
from twisted_auction.server.outbox import Outbox
from twisted_auction.server.people_file import PeopleFile
from twisted_auction.server.telnet import Telnet
from twisted_auction.wire import messages
from twisted_auction.wire.lines import DELIMITER, MAX_LINE, render
from twisted_auction.wire.order import HouseOrder
from twisted_auction.wire.orders import FOLLOW, ORDERS, find_order
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

    :param rooms: the rooms of the house.
    :param handler: carries out orders.
    :param protocols: all open connections to this port.
    """

    delimiter = DELIMITER
    MAX_LENGTH = MAX_LINE
    transport: ITCPTransport
    _outbox: Outbox
    _follower: Follower | None = None
    _is_over = False

    def __init__(
        self, rooms: Rooms, handler: OrderHandler, protocols: "dict[ControlProtocol, None]"
    ) -> None:
        self._rooms = rooms
        self._handler = handler
        self._protocols = protocols
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
        if found is None:
            raise NotAnOrder(_ORDERS)
        order, words = found
        # A word too many may be a browser's: the line is no order.
        if isinstance(order, HouseOrder) and words and not order.argument:
            raise NotAnOrder(_ORDERS)
        if order is FOLLOW:
            return self._follow()
        return [messages.Done(self._handler.carry_out(order, words))]

    def _follow(self) -> list[messages.Message]:
        """Follow all rooms: tell how far they are, and from then on each event."""
        reports = [messages.NewsOf(*room) for room in self._rooms.reports()[0]]

        def begin() -> None:
            if self in self._protocols and self._follower is None:
                outbox = self._outbox
                self._follower = Follower(
                    lambda letter: outbox.send(letter.lines), lambda: not outbox.is_full
                )
                self._rooms.news.followers[self._follower.tell] = None

        # The events until now are in the reports, so only those that are committed later are told.
        self._rooms.journal.after_commit(begin)
        return [messages.Done("following all rooms."), *reports]

    def _catch_up(self) -> None:
        """Called when all bytes have left, after some had to wait."""
        if self._follower is not None:
            self._follower.catch_up()


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
        self._handler = OrderHandler(rooms, connections, people_file)
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
        protocol = ControlProtocol(self.rooms, self._handler, self._protocols)
        protocol.factory = self
        return protocol
