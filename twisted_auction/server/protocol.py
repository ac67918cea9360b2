"""One connection to the Auctioneer."""

from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.interfaces import IAddress, IDelayedCall, ITCPTransport
from twisted.internet.protocol import connectionDone
from twisted.protocols.basic import LineReceiver
from twisted.python.failure import Failure

from twisted_auction import wire
from twisted_auction.house.auctioneer import Auctioneer, Seat
from twisted_auction.server.farewells import Farewells
from twisted_auction.server.outbox import Outbox

SILENCE = 0.2
"""Seconds after which bytes without a line end are taken as a line, where that is wanted."""


class AuctionProtocol(LineReceiver):
    """Turns bytes into lines for the Auctioneer, and its messages into bytes.

    :param auctioneer: gives this connection its seat.
    :param farewells: closes it.
    :param accept_unterminated: whether bytes followed by :data:`SILENCE` count as a line.
    """

    delimiter = wire.DELIMITER
    MAX_LENGTH = wire.MAX_LINE
    transport: ITCPTransport

    _seat: Seat | None = None
    _outbox: Outbox
    _silence: IDelayedCall | None = None
    _closing = False

    def __init__(
        self, auctioneer: Auctioneer, farewells: Farewells, accept_unterminated: bool
    ) -> None:
        self._auctioneer = auctioneer
        self._farewells = farewells
        self._accept_unterminated = accept_unterminated

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
        self._closing = True
        self._outbox.finish(lines)
        self._farewells.begin(self.transport)

    def connectionMade(self) -> None:
        """Take a seat, or hear why there is none."""
        self._outbox = Outbox(self.transport, emptied=self._catch_up)
        self._seat = self._auctioneer.arrive(self)

    def dataReceived(self, data: bytes) -> None:
        """Take bytes, in whatever pieces they come."""
        super().dataReceived(data)
        if self._accept_unterminated:
            self._await_line_end(data)

    def lineReceived(self, line: bytes) -> None:
        """Pass a line on."""
        if self._seat is not None:
            self._auctioneer.hear(self._seat, line)

    def lineLengthExceeded(self, line: bytes) -> None:
        """Have no patience with a line that is too long: its sender is out."""
        if self._closing:  # a transport with TLS still delivers
            return
        self.dismiss(wire.render(wire.LineTooLong()))
        self._leave()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Free the seat."""
        self._outbox.close()
        self._stop_waiting()
        if self._closing:
            self._farewells.end(self.transport)
        self._leave()

    def _catch_up(self) -> None:
        if self._seat is not None:
            self._auctioneer.catch_up(self._seat)

    def _leave(self) -> None:
        if self._seat is not None:
            self._auctioneer.leave(self._seat)
            self._seat = None

    def _await_line_end(self, data: bytes) -> None:
        """Give the sender of a line that has no end yet :data:`SILENCE` seconds to end it."""
        self._stop_waiting()
        if not data.endswith(self.delimiter) and not self._closing:
            clock = self._auctioneer.clock
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
