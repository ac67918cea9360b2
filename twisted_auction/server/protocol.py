"""One connection to the Auctioneer."""

from abc import ABC, abstractmethod
from codecs import BOM_UTF8
from collections.abc import Callable
from contextlib import suppress
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar

from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.interfaces import (
    IAddress,
    IDelayedCall,
    IHandshakeListener,
    INegotiated,
    ITCPTransport,
)
from twisted.internet.protocol import connectionDone
from twisted.logger import Logger
from twisted.protocols.basic import LineReceiver
from twisted.python.failure import Failure
from zope.interface import implementer

from twisted_auction.house.auctioneer import Auctioneer, Seat
from twisted_auction.server.codings import Coding, as_lines
from twisted_auction.server.limits import (
    BURST,
    MAX_DEBT,
    REFUSAL,
    STAMINA,
    WELCOME,
    Gate,
    unmapped,
)
from twisted_auction.server.outbox import Outbox
from twisted_auction.server.telnet import Telnet
from twisted_auction.wire import messages
from twisted_auction.wire.letter import Letter
from twisted_auction.wire.lines import DELIMITER, MAX_LINE

LINE_TOO_LONG = Letter(messages.LineTooLong())
TOO_MANY_LINES = Letter(messages.TooManyLines())
SERVER_BUSY = Letter(messages.ServerBusy())

SILENCE = 0.2
"""Seconds after which bytes that came together without a line end are taken as a line, where that
is wanted."""

TYPING_SILENCE = 3.0
"""The same for bytes that come one by one, as from a person whose terminal sends each key at once:
half an amount is a wrong amount."""

STRAY_FOR_A_LINE = 32
"""Bytes outside lines that cost as much as one line. A terminal sends twenty when it connects."""

_log = Logger(namespace="auction")

Talk = TypeVar("Talk", bound="Conversation")
Arguments = ParamSpec("Arguments")


def alone(
    method: Callable[Concatenate[Talk, Arguments], None],
) -> Callable[Concatenate[Talk, Arguments], None]:
    """Let what a method raises, which is a bug, end its own connection and nothing else."""

    @wraps(method)
    def guarded(self: Talk, /, *args: Arguments.args, **kwargs: Arguments.kwargs) -> None:
        try:
            method(self, *args, **kwargs)
        except Exception:
            _log.failure("The talk with {address} has failed.", address=self.address)
            with suppress(Exception):  # it may have ended already
                self.cut()

    return guarded


@implementer(IHandshakeListener)
class Conversation(LineReceiver, ABC):
    """Turns bytes into lines for an Auctioneer, and its messages into bytes.

    Whatever a stranger does, and whatever fails, ends this connection and no other. A subclass says
    how a seat is had.

    :param gate: lets this connection in, and holds it to the limits.
    """

    delimiter = DELIMITER
    MAX_LENGTH = MAX_LINE
    transport: ITCPTransport

    auctioneer: Auctioneer
    seat: Seat | None = None
    is_closing = False
    is_deaf = False  # the last words are decided, though they may not have been sent
    code: Coding = staticmethod(as_lines)
    _outbox: Outbox
    is_within_line = False  # one has begun, and its end has not come
    _is_secured = False
    _peer: str | None = None  # whom it is counted for, once it is let in
    _rest: IDelayedCall | None = None
    _is_late = False  # it came while all connections are halted, and has not begun
    _excess_since: float | None = None  # since when more lines come than it may say

    def __init__(self, gate: Gate) -> None:
        self._gate = gate
        self._telnet = Telnet()
        # What lines have cost, in lines, as far as it is not paid, and when that was worked out.
        self._owed = (BURST - WELCOME) * gate.limits.line_rate
        self._owed_at = gate.clock.seconds()

    @property
    def address(self) -> str:
        """Where the participant comes from, for the operator to read."""
        return _readable(self.transport.getPeer())

    @property
    def peer(self) -> str:
        """The address that this connection and its seats are counted for."""
        return self._peer or ""

    def takes_news(self) -> bool:
        """Whether news should be sent now, or caught up with later."""
        return self._outbox.takes_news()

    @alone
    def send(self, letter: Letter) -> None:
        """Send this letter in one piece."""
        self._outbox.send(self.code(letter))

    @alone
    def dismiss(self, letter: Letter) -> None:
        """Send this letter and end the connection."""
        if not self.is_closing:
            self.is_closing = self.is_deaf = True
            self._gate.farewells.begin(self.transport.abortConnection)
            self._outbox.finish(self.code(letter))
            self.transport.loseConnection()

    @alone
    def connectionMade(self) -> None:
        """Come in, if there is room; speak once that can be done."""
        self._is_secured = INegotiated.providedBy(self.transport)
        self._peer = self._gate.enter(self.transport.getPeer())
        if self._peer is None:
            self._turn_away()
            return
        self._outbox = Outbox(
            self.transport, self._catch_up, self._gate.limits.max_unsent, self._overflow
        )
        if not self._gate.admit(self._peer):
            self.is_deaf = True
            self.rest(REFUSAL, self._refuse)
            return
        self._gate.hold(self)
        if self._gate.is_halted:
            self.halt()
        if self._is_secured:
            self._gate.handshakes.begin(self.cut)
        else:
            self._begin_in_time()

    def _refuse(self) -> None:
        """Say to a connection that came too soon after others that it is not served."""
        if self._is_secured:  # before its handshake
            self.cut()
        else:
            self.dismiss(SERVER_BUSY)

    def _turn_away(self) -> None:
        """Refuse a connection for which there is no room, with as little work as possible."""
        if self._is_secured:  # nothing can be said before a handshake, which is dear
            self.cut()
            return
        self.is_closing = self.is_deaf = True
        self._gate.farewells.begin(self.transport.abortConnection)
        self.transport.write(self.code(SERVER_BUSY))
        self.transport.loseConnection()

    @alone
    def handshakeCompleted(self) -> None:
        """Begin the talk beneath TLS."""
        self._gate.handshakes.end(self.cut)
        if not self.is_deaf:
            self._begin_in_time()

    def _begin_in_time(self) -> None:
        """Begin now, or once the connections are no longer halted."""
        self._is_late = self._gate.is_halted
        if not self._is_late:
            self.begin()

    @alone
    def halt(self) -> None:
        """Hear nothing, because nothing can be written down."""
        if not self.is_closing:
            self.pauseProducing()

    @alone
    def go_on(self) -> None:
        """Hear what has come meanwhile, unless the connection rests."""
        if self._is_late and not self.is_closing:
            self._begin_in_time()
        if self._rest is None and not self.is_closing:
            self.resumeProducing()

    @abstractmethod
    def begin(self) -> None:
        """Say or do what comes first."""

    @alone
    def dataReceived(self, data: bytes) -> None:
        """Take bytes, in whatever pieces they come."""
        if self.is_closing:
            if self._is_secured:  # TLS would go on reading until its last word is answered
                self.pauseProducing()
            return
        text = self._telnet.feed(data)
        if text or not data:  # with none, the LineReceiver goes on after a rest
            super().dataReceived(text)
            if self._buffer and not (self.paused or self.is_within_line or self.is_deaf):
                self.is_within_line = True
                self._gate.lines.begin(self._take_no_more)
        if self._telnet.stray:
            self._heed_telnet()

    def lineReceived(self, line: bytes) -> None:
        """Take a line, and a rest if there were too many."""
        self._end_line()
        if not self.is_deaf:
            self.hear(line.removeprefix(BOM_UTF8))  # which some editors put before a file
        self.pay(1)

    def hear(self, line: bytes) -> None:
        """Pass a line on."""
        if self.seat is not None:
            self.auctioneer.hear(self.seat, line)

    def lineLengthExceeded(self, line: bytes) -> None:
        """Have no patience with a line that is too long: its sender is out."""
        self._end_line()
        self.part(LINE_TOO_LONG)

    @alone
    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Let go of everything: deadlines, the place at the gate, the seat."""
        if self._peer is not None:
            self._gate.leave(self._peer)
            self._gate.release(self)
            self._outbox.close()
        self._gate.handshakes.end(self.cut)
        self._gate.farewells.end(self.transport.abortConnection)
        self._end_line()
        if self._rest is not None:
            self._rest.cancel()
        self.is_closing = self.is_deaf = True
        self.leave()

    def part(self, letter: Letter) -> None:
        """Say these last words after everything that was said before, and leave."""
        if not self.is_deaf:  # a transport with TLS still delivers
            self.is_deaf = True
            self.then(lambda: self.dismiss(letter))
            self.leave()

    def cut(self) -> None:
        """End the connection without a word."""
        self.is_closing = self.is_deaf = True
        self.transport.abortConnection()

    def then(self, publish: Callable[[], object]) -> None:
        """Do this once everything that has happened so far is on the disk."""
        self.auctioneer.then(publish)

    def leave(self) -> None:
        """Give up the seat, if there is one."""
        if self.seat is not None:
            self.auctioneer.leave(self.seat)
            self.seat = None

    def rest(self, seconds: float, then: Callable[[], object] = lambda: None) -> None:
        """Hear nothing for a while.

        :param then: is called before anything is heard again.
        """
        self.pauseProducing()
        self._rest = self._gate.clock.callLater(seconds, self._wake, then)

    def pay(self, lines: float) -> None:
        """Owe something for lines that were heard. ``line_rate`` of them are paid each second, and
        :data:`~twisted_auction.server.limits.BURST` seconds' worth may be owed. While there is no
        room for the next line, the connection rests. (This is a token bucket, seen from below.)

        :param lines: how many lines what was asked for is worth.
        """
        rate = self._gate.limits.line_rate
        if not rate:
            return
        now = self._gate.clock.seconds()
        owed = max(self._owed - (now - self._owed_at) * rate, 0) + lines
        self._owed, self._owed_at = min(owed, MAX_DEBT * rate), now
        excess = self._owed + 1 - BURST * rate
        if excess <= -rate:  # a second's worth: less may be the server's own delay
            self._excess_since = None
        if excess <= 0:
            return
        if self._excess_since is None:
            self._excess_since = now
        if now > self._excess_since + STAMINA:
            self.part(TOO_MANY_LINES)
        elif self._rest is None and not self.is_closing:
            self.rest(excess / rate)

    def _heed_telnet(self) -> None:
        """Answer what has come outside lines, which is not free either."""
        stray, replies = self._telnet.stray, self._telnet.take_replies()
        if self.is_deaf:
            return
        if replies:
            self._outbox.send(replies)
        if self._telnet.is_broken:
            self.part(LINE_TOO_LONG)
        self.pay(stray / STRAY_FOR_A_LINE)

    def _end_line(self) -> None:
        """A line that has begun is over."""
        if self.is_within_line:
            self.is_within_line = False
            self._gate.lines.end(self._take_no_more)

    @alone
    def _wake(self, then: Callable[[], object]) -> None:
        self._rest = None
        then()
        if not (self.is_closing or self._gate.is_halted):
            self.resumeProducing()

    @alone
    def _take_no_more(self) -> None:
        """Have no patience with a line that does not end, either."""
        self.is_within_line = False
        self.part(Letter(messages.LineTimeUp(self._gate.limits.line_timeout)))

    def _overflow(self) -> None:
        if not self.is_closing:
            _log.info("{address} is cut off: it does not read.", address=self.address)
            self.cut()

    @alone
    def _catch_up(self) -> None:
        if self.seat is not None:
            self.auctioneer.catch_up(self.seat)


class AuctionProtocol(Conversation):
    """Somebody who is brought to one Auctioneer, which speaks first.

    :param auctioneer: gives this connection its seat.
    :param gate: lets it in.
    :param accept_unterminated: whether bytes followed by :data:`SILENCE`, or :data:`TYPING_SILENCE`
        where they come one by one, count as a line, as long as the connection has ended none.
    """

    _silence: IDelayedCall | None = None
    _is_typed = False  # the line has pieces of one byte
    _ends_lines = False

    def __init__(self, auctioneer: Auctioneer, gate: Gate, accept_unterminated: bool) -> None:
        super().__init__(gate)
        self.auctioneer = auctioneer
        self._accept_unterminated = accept_unterminated

    def begin(self) -> None:
        """Take a seat, or hear why there is none."""
        self.seat = self.auctioneer.arrive(self)

    def dataReceived(self, data: bytes) -> None:
        """Take bytes, in whatever pieces they come."""
        before = len(self._buffer)
        super().dataReceived(data)
        if self._accept_unterminated and not self._ends_lines:
            self._await_line_end(len(self._buffer) - before)

    def lineReceived(self, line: bytes) -> None:
        """Take a line that its sender has ended; such a sender ends the next one, too."""
        self._ends_lines = True
        self._stop_waiting()
        super().lineReceived(line)

    def pauseProducing(self) -> None:
        """Hear nothing for now, so that no silence means anything: the rest of a line may have
        come."""
        self._stop_waiting()
        super().pauseProducing()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Wait for no line end, either."""
        self._stop_waiting()
        super().connectionLost(reason)

    def _await_line_end(self, piece: int) -> None:
        """Give the sender of a line that has no end yet the time to go on with it.

        :param piece: how many bytes of the line have come just now.
        """
        if piece > 0:
            self._is_typed = self._is_typed or piece == 1
            self._stop_waiting()
        if self.paused or not self.is_within_line:
            self._stop_waiting()
        elif self._silence is None:
            seconds = TYPING_SILENCE if self._is_typed else SILENCE
            self._silence = self._gate.clock.callLater(seconds, self._take_unterminated)

    def _stop_waiting(self) -> None:
        if self._silence is not None:
            self._silence.cancel()
            self._silence = None

    @alone
    def _take_unterminated(self) -> None:
        self._silence = None
        self._is_typed = False
        super().lineReceived(self.clearLineBuffer())


def _readable(address: IAddress) -> str:
    match unmapped(address):
        case IPv4Address() as ipv4:
            return f"{ipv4.host}:{ipv4.port}"
        case IPv6Address() as ipv6:
            return f"[{ipv6.host}]:{ipv6.port}"
    return "a local socket"
