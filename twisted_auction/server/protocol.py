"""One connection to the Auctioneer."""

from collections.abc import Callable

from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.interfaces import IAddress, IDelayedCall, ITCPTransport
from twisted.internet.protocol import connectionDone
from twisted.protocols.basic import LineReceiver
from twisted.python.failure import Failure

from twisted_auction import wire
from twisted_auction.house.auctioneer import Auctioneer, Seat
from twisted_auction.server.farewells import Farewells
from twisted_auction.server.outbox import Outbox

LINE_TOO_LONG = wire.render(wire.LineTooLong())

SILENCE = 0.2
"""Seconds after which bytes without a line end are taken as a line, where that is wanted."""


class Conversation(LineReceiver):
    """Turns bytes into lines for an Auctioneer, and its messages into bytes.

    A subclass says how a seat is had.

    :param farewells: closes the connection.
    """

    delimiter = wire.DELIMITER
    MAX_LENGTH = wire.MAX_LINE
    transport: ITCPTransport

    auctioneer: Auctioneer
    seat: Seat | None = None
    is_closing = False
    is_deaf = False  # the last words are decided, though they may not have been sent
    _outbox: Outbox

    def __init__(self, farewells: Farewells) -> None:
        self._farewells = farewells

    @property
    def address(self) -> str:
        """Where the participant comes from, for the operator to read."""
        return _readable(self.transport.getPeer())

    def takes_news(self) -> bool:
        """Whether news should be sent now, or caught up with later."""
        return self._outbox.takes_news()

    def send(self, lines: bytes) -> None:
        """Send these lines together."""
        self._outbox.send(lines)

    def dismiss(self, lines: bytes) -> None:
        """Send these lines and end the connection."""
        if not self.is_closing:
            self.is_closing = self.is_deaf = True
            self._outbox.finish(lines)
            self._farewells.begin(self.transport)

    def connectionMade(self) -> None:
        """Be ready to send."""
        self._outbox = Outbox(self.transport, emptied=self._catch_up)

    def lineReceived(self, line: bytes) -> None:
        """Pass a line on."""
        if self.seat is not None and not self.is_deaf:
            self.auctioneer.hear(self.seat, line)

    def lineLengthExceeded(self, line: bytes) -> None:
        """Have no patience with a line that is too long: its sender is out."""
        self.part(LINE_TOO_LONG)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Free the seat."""
        self._outbox.close()
        if self.is_closing:
            self._farewells.end(self.transport)
        self.is_closing = self.is_deaf = True
        self.leave()

    def part(self, lines: bytes) -> None:
        """Say these last words after everything that was said before, and leave."""
        if not self.is_deaf:  # a transport with TLS still delivers
            self.is_deaf = True
            self.then(lambda: self.dismiss(lines))
            self.leave()

    def then(self, publish: Callable[[], object]) -> None:
        """Do this once everything that has happened so far is on the disk."""
        self.auctioneer.then(publish)

    def leave(self) -> None:
        """Give up the seat, if there is one."""
        if self.seat is not None:
            self.auctioneer.leave(self.seat)
            self.seat = None

    def _catch_up(self) -> None:
        if self.seat is not None:
            self.auctioneer.catch_up(self.seat)


class AuctionProtocol(Conversation):
    """Somebody who is brought to one Auctioneer, which speaks first.

    :param auctioneer: gives this connection its seat.
    :param farewells: closes it.
    :param accept_unterminated: whether bytes followed by :data:`SILENCE` count as a line.
    """

    _silence: IDelayedCall | None = None

    def __init__(
        self, auctioneer: Auctioneer, farewells: Farewells, accept_unterminated: bool
    ) -> None:
        super().__init__(farewells)
        self.auctioneer = auctioneer
        self._accept_unterminated = accept_unterminated

    def connectionMade(self) -> None:
        """Take a seat, or hear why there is none."""
        super().connectionMade()
        self.seat = self.auctioneer.arrive(self)

    def dataReceived(self, data: bytes) -> None:
        """Take bytes, in whatever pieces they come."""
        super().dataReceived(data)
        if self._accept_unterminated:
            self._await_line_end(data)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Free the seat."""
        self._stop_waiting()
        super().connectionLost(reason)

    def _await_line_end(self, data: bytes) -> None:
        """Give the sender of a line that has no end yet :data:`SILENCE` seconds to end it."""
        self._stop_waiting()
        if not data.endswith(self.delimiter) and not self.is_closing:
            clock = self.auctioneer.clock
            self._silence = clock.callLater(SILENCE, self._take_unterminated)

    def _stop_waiting(self) -> None:
        if self._silence is not None:
            self._silence.cancel()
            self._silence = None

    def _take_unterminated(self) -> None:
        self._silence = None
        self.lineReceived(self.clearLineBuffer())


def _readable(address: IAddress) -> str:
    if isinstance(address, IPv4Address):
        return f"{address.host}:{address.port}"
    if isinstance(address, IPv6Address):
        if address.host.startswith("::ffff:") and "." in address.host:
            return f"{address.host.removeprefix('::ffff:')}:{address.port}"  # IPv4 over tcp6:
        return f"[{address.host}]:{address.port}"
    return "a local socket"
