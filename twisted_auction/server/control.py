"""What the operator says to a running server.

A client that reaches the control port may end any auction, so the port belongs on a local socket
that only the operator can open. One line is one order, and is answered with one line:
:class:`~twisted_auction.wire.messages.Done` or
:class:`~twisted_auction.wire.messages.NotDone`, which name the room.

Anything else ends the talk. A web page can make a browser send a form to any port of the operator's
machine: its first line is no order, and no line after it is read.
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
"""What a browser says first, whatever its first word is."""


class NoOrder(ValueError):
    """A line is no order; the text says what orders there are."""


class ControlProtocol(LineReceiver):
    """Carries out the operator's orders.

    :param talks: all open talks.
    :param rooms: the house. An order may leave out the name of the room where only one is in use.
    """

    delimiter = DELIMITER
    MAX_LENGTH = MAX_LINE
    transport: ITransport
    _is_over = False

    def __init__(self, rooms: Rooms, talks: "dict[ControlProtocol, None]") -> None:
        self._rooms = rooms
        self._talks = talks
        self._telnet = Telnet()

    def connectionMade(self) -> None:
        """Take orders, unless everything is halted."""
        self._talks[self] = None
        if self._rooms.is_halted:
            self.pauseProducing()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Be forgotten."""
        self._talks.pop(self, None)

    def dataReceived(self, data: bytes) -> None:
        """Take bytes, in whatever pieces they come."""
        if self._is_over:
            return
        text = self._telnet.feed(data)
        super().dataReceived(text)
        if self._telnet.stray:
            self.transport.write(self._telnet.take_replies())
            if self._telnet.is_broken:
                self.lineLengthExceeded(text)

    def lineReceived(self, line: bytes) -> None:
        """Carry out one order."""
        if self._is_over:
            return
        try:
            answer: messages.Message = messages.Done(self._carry_out(line))
        except NoOrder as error:
            self._end(messages.NotDone(str(error)))
            return
        except ValueError as error:
            answer = messages.NotDone(str(error))
        # An answer is a promise, too: what is done must be on the disk.
        self._rooms.journal.after_commit(lambda: self.transport.write(render(answer)))

    def lineLengthExceeded(self, line: bytes) -> None:
        """End the talk with a client that sends no orders."""
        self._end(messages.LineTooLong())

    def _end(self, last: messages.Message) -> None:
        """Answer once more, and hear nothing after it."""
        self._is_over = True
        self._rooms.journal.after_commit(lambda: self.transport.write(render(last)))
        self._rooms.journal.after_commit(self.transport.loseConnection)

    def _carry_out(self, line: bytes) -> str:
        """Do what a line says.

        :return: what there is to say about it.
        :raises NoOrder: where it is no order.
        :raises ValueError: where it cannot be done, saying why.
        """
        try:
            text = line.decode("utf-8").strip()
        except UnicodeDecodeError:
            raise NoOrder("an order is UTF-8 text.") from None
        order, _, words = text.partition(" ")
        match order.lower():
            case _ if _HTTP.fullmatch(text):
                pass
            case verbs.STATUS.name if not words:
                return self._status()
            case verbs.CLOSE.name:
                return self._close(words.strip())
            case verbs.CANCEL.name:
                return self._cancel(words.strip())
        raise NoOrder(f"orders are: {verbs.listed(verbs.ORDERS)}.")

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
        """The room that is meant, its name first, and the words that do not name it.

        :raises ValueError: where there is no such room, or where there are several, and none is
            named.
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
        """The rooms in use; of many, the first ones."""
        rooms = self._rooms.in_use
        names = ", ".join(islice(rooms, MAX_LISTED_ROOMS))
        more = len(rooms) - MAX_LISTED_ROOMS
        return f"{names} and {more} more" if more > 0 else names


class ControlFactory(ServerFactory):
    """Lets the operator speak to these rooms."""

    noisy = False

    def __init__(self, rooms: Rooms) -> None:
        self.rooms = rooms
        self._talks: dict[ControlProtocol, None] = {}
        rooms.add_listener(self)

    def halt(self) -> None:
        """Take no orders for now."""
        for talk in self._talks:
            talk.pauseProducing()

    def go_on(self) -> None:
        """Take orders again."""
        for talk in list(self._talks):
            talk.resumeProducing()

    def buildProtocol(self, addr: IAddress | None) -> ControlProtocol:
        """Make the protocol for one talk."""
        protocol = ControlProtocol(self.rooms, self._talks)
        protocol.factory = self
        return protocol
