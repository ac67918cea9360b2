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

from twisted.internet.interfaces import IAddress, ITransport
from twisted.internet.protocol import ServerFactory, connectionDone
from twisted.protocols.basic import LineReceiver
from twisted.python.failure import Failure

from twisted_auction.house.auctioneer import Auctioneer
from twisted_auction.house.rooms import MAX_LISTED_ROOMS, Rooms
from twisted_auction.rules.refusals import Refusal
from twisted_auction.server.telnet import Telnet
from twisted_auction.wire import messages, verbs
from twisted_auction.wire.lines import DELIMITER, MAX_LINE, render
from twisted_auction.wire.verbs import ROOM_OPTION

_HTTP = re.compile(r"\S+ \S+ HTTP/\d(\.\d)?")
"""The first line of a browser, whose first word may be that of an order."""


class NotAnOrder(ValueError):
    """A line is no order; the text lists the orders."""


class ControlProtocol(LineReceiver):
    """Carries out the operator's orders.

    :param rooms: the rooms of the house. If only one is in use, an order need not name it.
    :param protocols: all open connections to this port.
    """

    delimiter = DELIMITER
    MAX_LENGTH = MAX_LINE
    transport: ITransport
    _is_over = False

    def __init__(self, rooms: Rooms, protocols: "dict[ControlProtocol, None]") -> None:
        self._rooms = rooms
        self._protocols = protocols
        self._telnet = Telnet()

    def connectionMade(self) -> None:
        """Read orders, unless the house is halted."""
        self._protocols[self] = None
        if self._rooms.is_halted:
            self.pauseProducing()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Forget this connection."""
        self._protocols.pop(self, None)

    def dataReceived(self, data: bytes) -> None:
        """Handle bytes, in pieces of any size."""
        if self._is_over:
            return
        text = self._telnet.feed(data)
        super().dataReceived(text)
        if self._telnet.stray:  # an operator may use telnet, which waits for replies
            self.transport.write(self._telnet.take_replies())
            if self._telnet.is_broken:
                self.lineLengthExceeded(text)

    def lineReceived(self, line: bytes) -> None:
        """Carry out one order."""
        if self._is_over:
            return
        try:
            answer: messages.Message = messages.Done(self._carry_out(line))
        except NotAnOrder as error:
            self._close_with(messages.NotDone(str(error)))
            return
        except ValueError as error:
            answer = messages.NotDone(str(error))
        # An answer says that the order is carried out, so it waits for the commit.
        self._rooms.journal.after_commit(lambda: self.transport.write(render(answer)))

    def lineLengthExceeded(self, line: bytes) -> None:
        """Close the connection of a client that sends no orders."""
        self._close_with(messages.LineTooLong())

    def _close_with(self, last: messages.Message) -> None:
        """Send a last answer, and close the connection."""
        self._is_over = True
        self._rooms.journal.after_commit(lambda: self.transport.write(render(last)))
        self._rooms.journal.after_commit(self.transport.loseConnection)

    def _carry_out(self, line: bytes) -> str:
        """Carry out the order of a line.

        :return: the result, for the operator to read.
        :raises NotAnOrder: if it is no order.
        :raises ValueError: if it cannot be carried out; the text says why.
        """
        try:
            text = line.decode("utf-8").strip()
        except UnicodeDecodeError:
            raise NotAnOrder("an order is UTF-8 text.") from None
        order, _, words = text.partition(" ")
        match order.lower():
            case _ if _HTTP.fullmatch(text):  # "CANCEL / HTTP/1.1" must cancel nothing
                pass
            case verbs.STATUS.name if not words:
                return self._status()
            case verbs.CLOSE.name:
                return self._close(words.strip())
            case verbs.CANCEL.name:
                return self._cancel(words.strip())
        raise NotAnOrder(f"orders are: {verbs.listed(verbs.ORDERS)}.")

    def _status(self) -> str:
        listed, rooms = self._rooms.reports()
        reports = [f"{name}: {words}" for name, words in listed]
        if rooms > len(reports):
            reports.append(f"and {rooms - len(reports)} more rooms")
        return "; ".join(reports)

    def _close(self, words: str) -> str:
        if words and not words.startswith(ROOM_OPTION):
            words = ROOM_OPTION + words
        name, auctioneer, rest = self._room(words)
        if rest:
            raise ValueError(f"room {name}: close takes no reason.")
        try:
            auctioneer.close_bidding()
        except Refusal:
            raise ValueError(f"room {name}: bidding is not open.") from None
        return f"room {name}: the bidding is closed."

    def _cancel(self, words: str) -> str:
        name, auctioneer, reason = self._room(words)
        if not reason or not reason.isprintable():
            raise ValueError(f"say why, in printable characters: {verbs.CANCEL}.")
        try:
            auctioneer.cancel(reason)
        except Refusal:
            raise ValueError(f"room {name}: there is no auction to cancel.") from None
        return f"room {name}: it is cancelled."

    def _room(self, words: str) -> tuple[str, Auctioneer, str]:
        """The name of the room that an order is for, its Auctioneer, and the other words.

        :raises ValueError: if there is no such room, or if several are in use and none is named.
        """
        if words.startswith(ROOM_OPTION):
            option, _, rest = words.partition(" ")
            name = option.removeprefix(ROOM_OPTION)
            if name not in self._rooms:
                raise ValueError(f"there is no such room; rooms are: {self._names()}.")
            return name, self._rooms[name], rest.strip()
        names = list(self._rooms.in_use)
        if len(names) > 1:
            raise ValueError(f"name the room, as in room={names[0]}; rooms are: {self._names()}.")
        return names[0], self._rooms.main, words

    def _names(self) -> str:
        """The names of the rooms in use, or of the first ones."""
        rooms = self._rooms.in_use
        names = ", ".join(islice(rooms, MAX_LISTED_ROOMS))
        more = len(rooms) - MAX_LISTED_ROOMS
        return f"{names} and {more} more" if more > 0 else names


class ControlFactory(ServerFactory):
    """Makes the protocol of each connection of the operator.

    :param rooms: the rooms of the house.
    """

    noisy = False

    def __init__(self, rooms: Rooms) -> None:
        self.rooms = rooms
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

    def buildProtocol(self, addr: IAddress | None) -> ControlProtocol:
        """Make the protocol for a new connection."""
        protocol = ControlProtocol(self.rooms, self._protocols)
        protocol.factory = self
        return protocol
