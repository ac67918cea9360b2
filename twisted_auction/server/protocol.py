"""Bytes to lines: what a connection sends, read as text lines with the habits of terminals."""

from codecs import BOM_UTF8

from twisted.internet.interfaces import (
    IDelayedCall,
    IHandshakeListener,
    IPushProducer,
    ITCPTransport,
)
from twisted.internet.protocol import connectionDone
from twisted.protocols.basic import LineReceiver
from twisted.python.failure import Failure
from zope.interface import implementer

from twisted_auction.server.session import Session, State, contain_failures
from twisted_auction.server.telnet import Telnet
from twisted_auction.wire import messages
from twisted_auction.wire.letter import Letter
from twisted_auction.wire.lines import DELIMITER, MAX_LINE

LINE_TOO_LONG = Letter(messages.LineTooLong())

UNTERMINATED_TIMEOUT = 0.2
"""Seconds after which bytes that came together without a line end are taken as a line, where that
is wanted."""

TYPED_TIMEOUT = 3.0
"""The same for bytes that come one by one, as from a person whose terminal sends each key at once:
half an amount is a wrong amount."""

STRAY_BYTES_PER_LINE = 32
"""Bytes outside lines that cost as much as one line. A terminal sends twenty when it connects."""


@implementer(IHandshakeListener, IPushProducer)
class AuctionProtocol(LineReceiver):
    """Turns bytes into lines, and tells a session of them.

    :param session: handles the lines, and sends the answers.
    :param accept_unterminated: True to take bytes as a line after
        :data:`UNTERMINATED_TIMEOUT`, or :data:`TYPED_TIMEOUT` if they come one by one,
        until the client has ended a line.
    :ivar is_within_line: True if a line has begun and its end has not come.
    """

    delimiter = DELIMITER
    MAX_LENGTH = MAX_LINE
    transport: ITCPTransport

    is_within_line = False
    _has_partial_line = False  # the last byte received did not end a line
    _silence: IDelayedCall | None = None
    _is_typed = False  # the line has pieces of one byte
    _ends_lines = False

    def __init__(self, session: Session, accept_unterminated: bool = False) -> None:
        self.session = session
        self._connections = session.connections
        self._telnet = Telnet()
        self._accept_unterminated = accept_unterminated

    @property
    def address(self) -> str:
        """Where the connection comes from, for the operator to read."""
        return self.session.address

    def abort(self) -> None:
        """End the connection without a word."""
        self.session.abort()

    @contain_failures
    def connectionMade(self) -> None:
        """Begin the session."""
        self.session.connected(self.transport, self)

    @contain_failures
    def handshakeCompleted(self) -> None:
        """Begin the session beneath TLS."""
        self.session.handshake_completed()

    @contain_failures
    def dataReceived(self, data: bytes) -> None:
        """Take bytes, in whatever pieces they come."""
        session = self.session
        if session.is_closing:
            if session.is_secured:  # TLS would go on reading until its last word is answered
                self.pauseProducing()
            return
        text = self._telnet.feed(data)
        if text or not data:  # with none, the LineReceiver goes on after a pause
            if text:
                self._has_partial_line = not text.endswith(DELIMITER)
            super().dataReceived(text)
            is_heard = session.state < State.ENDING and not self.paused
            if self._has_partial_line and is_heard and not self.is_within_line:
                self.is_within_line = True
                self._connections.lines.start(self._line_timed_out)
        if self._telnet.stray:
            self._take_stray()
        if self._accept_unterminated and not self._ends_lines:
            self._await_line_end(len(text))

    def lineReceived(self, line: bytes) -> None:
        """Take a line that the client has ended; such a client ends the next one, too."""
        self._ends_lines = True
        self._stop_waiting()
        self._take_line(line)

    def lineLengthExceeded(self, line: bytes) -> None:
        """Close the connection of a client that sends a line that is too long."""
        self._end_line()
        self.session.close_after(LINE_TOO_LONG)

    def pauseProducing(self) -> None:
        """Read nothing for now, so that no silence means anything: the rest of a line may have
        come."""
        self._stop_waiting()
        super().pauseProducing()

    @contain_failures
    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """End the session, and every wait for the rest of a line."""
        self._stop_waiting()
        self._end_line()
        self.session.lost()

    def _take_line(self, line: bytes) -> None:
        self._end_line()
        self.session.line_received(line.removeprefix(BOM_UTF8))  # some editors begin a file so

    def _take_stray(self) -> None:
        """Answer what has come outside lines, which is not free either."""
        stray, replies = self._telnet.stray, self._telnet.take_replies()
        if self.session.state >= State.ENDING:
            return
        if replies:
            self.session.outbox.send(replies)
        if self._telnet.is_broken:
            self.session.close_after(LINE_TOO_LONG)
        self.session.charge(stray / STRAY_BYTES_PER_LINE)

    def _end_line(self) -> None:
        """Stop the timeout of a line that has begun."""
        if self.is_within_line:
            self.is_within_line = False
            self._connections.lines.cancel(self._line_timed_out)

    @contain_failures
    def _line_timed_out(self) -> None:
        """Close the connection of a client that does not end its line."""
        self.is_within_line = False
        self.session.close_after(Letter(messages.LineTimeUp(self._connections.limits.line_timeout)))

    def _await_line_end(self, piece: int) -> None:
        """Give the client of a line that has no end yet the time to go on with it.

        :param piece: how many bytes of the line have come just now.
        """
        if piece > 0:
            self._is_typed = self._is_typed or piece == 1
            self._stop_waiting()
        if self.paused or not self.is_within_line:
            self._stop_waiting()
        elif self._silence is None:
            seconds = TYPED_TIMEOUT if self._is_typed else UNTERMINATED_TIMEOUT
            self._silence = self._connections.clock.callLater(seconds, self._take_unterminated)

    def _stop_waiting(self) -> None:
        if self._silence is not None:
            self._silence.cancel()
            self._silence = None

    @contain_failures
    def _take_unterminated(self) -> None:
        self._silence = None
        self._is_typed = self._has_partial_line = False
        self._take_line(self.clearLineBuffer())
