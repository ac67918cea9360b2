"""What the operator says to a running server.

Whoever reaches the control port may end any auction, so it belongs on a local socket that only the
operator can open. One line is one order, and is answered with one line:
:class:`~twisted_auction.wire.Done` or :class:`~twisted_auction.wire.NotDone`.
"""

from twisted.internet.interfaces import IAddress, ITransport
from twisted.internet.protocol import ServerFactory
from twisted.protocols.basic import LineReceiver

from twisted_auction import wire
from twisted_auction.house.auctioneer import Auctioneer
from twisted_auction.house.rooms import Rooms
from twisted_auction.rules.refusals import Refusal

ORDERS = "status, close [room], cancel [room] reason"


class ControlProtocol(LineReceiver):
    """Carries out the operator's orders.

    :param rooms: the house. An order may leave out the name of the room where only one is in use.
    """

    delimiter = wire.DELIMITER
    MAX_LENGTH = wire.MAX_LINE
    transport: ITransport

    def __init__(self, rooms: Rooms) -> None:
        self._rooms = rooms

    def lineReceived(self, line: bytes) -> None:
        """Carry out one order."""
        try:
            answer: wire.Message = wire.Done(self._carry_out(line.decode("utf-8").strip()))
        except UnicodeDecodeError:
            answer = wire.NotDone("an order is UTF-8 text.")
        except ValueError as error:
            answer = wire.NotDone(str(error))
        # An answer is a promise, too: what is done must be on the disk.
        self._rooms.then(lambda: self.transport.write(wire.render(answer)))

    def lineLengthExceeded(self, line: bytes) -> None:
        """End the talk with somebody who sends no orders."""
        self._rooms.then(lambda: self.transport.write(wire.render(wire.LineTooLong())))
        self._rooms.then(self.transport.loseConnection)

    def _carry_out(self, line: str) -> str:
        """Do what a line says.

        :return: what there is to say about it.
        :raises ValueError: where it cannot be done, saying why.
        """
        word, _, rest = line.partition(" ")
        order = word.lower()
        rest = rest.strip()
        if order == "status" and not rest:
            listed, rooms = self._rooms.reports()
            reports = [f"{name}: {words}" for name, words in listed]
            if rooms > len(reports):
                reports.append(f"and {rooms - len(reports)} more rooms")
            return "; ".join(reports)
        if order == "close":
            self._close(rest)
            return "the bidding is closed."
        if order == "cancel":
            self._cancel(rest)
            return "it is cancelled."
        raise ValueError(f"orders are: {ORDERS}.")

    def _close(self, words: str) -> None:
        auctioneer, rest = self._room(words)
        if rest:
            raise ValueError(f"there is no such room; rooms are: {', '.join(self._rooms.in_use)}.")
        try:
            auctioneer.close_bidding()
        except Refusal:
            raise ValueError("bidding is not open.") from None

    def _cancel(self, words: str) -> None:
        auctioneer, reason = self._room(words)
        if not reason or not reason.isprintable():
            raise ValueError("say why, in printable characters: cancel [room] reason.")
        try:
            auctioneer.cancel(reason)
        except Refusal:
            raise ValueError("there is no auction to cancel.") from None

    def _room(self, words: str) -> tuple[Auctioneer, str]:
        """The room that is meant, and the words that do not name it.

        :raises ValueError: where there are several, and none is named.
        """
        name, _, rest = words.partition(" ")
        if name in self._rooms:
            return self._rooms[name], rest.strip()
        if len(self._rooms) > 1:
            raise ValueError(f"name the room; rooms are: {', '.join(self._rooms.in_use)}.")
        return self._rooms.main, words


class ControlFactory(ServerFactory):
    """Lets the operator speak to these rooms."""

    noisy = False

    def __init__(self, rooms: Rooms) -> None:
        self.rooms = rooms

    def buildProtocol(self, addr: IAddress | None) -> ControlProtocol:
        """Make the protocol for one talk."""
        protocol = ControlProtocol(self.rooms)
        protocol.factory = self
        return protocol
