"""The framing of a client's bytes: lines, with the habits of terminals."""

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

from twisted_auction.server.faults import contain_failures
from twisted_auction.server.session import Session, State
from twisted_auction.server.telnet import Telnet
from twisted_auction.wire import messages
from twisted_auction.wire.letter import Letter
from twisted_auction.wire.lines import DELIMITER, MAX_LINE

LINE_TOO_LONG = Letter(messages.LineTooLong())

UNTERMINATED_TIMEOUT = 0.2
"""Seconds of silence after which bytes without a line end count as a line, if the server accepts
such lines."""

TYPED_TIMEOUT = 3.0
"""The same for bytes that come one by one. A terminal may send each key at once, and half an amount
is a wrong amount."""

STRAY_BYTES_PER_LINE = 32
"""Bytes outside lines that cost as much as one line. A terminal sends twenty when it connects."""


@implementer(IHandshakeListener, IPushProducer)
class AuctionProtocol(LineReceiver):
    """Turns bytes into lines, and passes them to a session.

    :param session: handles the lines, and sends the answers.
    :param accept_unterminated: True to take bytes as a line after :data:`UNTERMINATED_TIMEOUT`, or
        :data:`TYPED_TIMEOUT` if they come one by one, until the client has ended a line.
    :ivar is_within_line: True if a line has begun and its end has not come.
    """

    delimiter = DELIMITER
    MAX_LENGTH = MAX_LINE
    transport: ITCPTransport

    is_within_line = False
    _has_partial_line = False  # the last byte received did not end a line
    _silence: IDelayedCall | None = None  # ends an unterminated line
    _is_typed = False  # a byte of the line came alone
    _ends_lines = False  # the client has ended a line

    def __init__(self, session: Session, accept_unterminated: bool = False) -> None:
        self.session = session
        self._connections = session.connections
        self._telnet = Telnet()
        self._accept_unterminated = accept_unterminated

    @property
    def address(self) -> str:
        """The client's address, for the operator to read."""
        return self.session.address

    def abort(self) -> None:
        """Abort the connection."""
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
        """Handle bytes, in pieces of any size."""
        session = self.session
        if session.is_closing:
            if session.is_secured:  # TLS would go on reading until its last word is answered
                self.pauseProducing()
            return
        text = self._telnet.feed(data)
        if text or not data:  # LineReceiver passes no data when it goes on after a pause
            if text:
                self._has_partial_line = not text.endswith(DELIMITER)
            super().dataReceived(text)
            # While the protocol is paused, the rest of the line may be in its buffer or in the
            # kernel, so the client is not late.
            is_heard = session.state < State.ENDING and not self.paused
            if self._has_partial_line and is_heard and not self.is_within_line:
                self.is_within_line = True
                self._connections.lines.start(self._line_timed_out)
        if self._telnet.stray:
            self._handle_stray()
        if self._accept_unterminated and not self._ends_lines:
            self._await_line_end(len(text))

    def lineReceived(self, line: bytes) -> None:
        """Handle a line with an end. From now on, every line of this client must have one."""
        self._ends_lines = True
        self._stop_waiting()
        self._handle_line(line)

    def lineLengthExceeded(self, line: bytes) -> None:
        """Close the connection of a client whose line is too long."""
        self._end_line()
        self.session.close_after(LINE_TOO_LONG)

    def pauseProducing(self) -> None:
        """Read nothing for now. A silence then ends no line: its rest may be in the kernel."""
        self._stop_waiting()
        super().pauseProducing()

    @contain_failures
    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """End the session and all timers."""
        self._stop_waiting()
        self._end_line()
        self.session.lost()

    def _handle_line(self, line: bytes) -> None:
        self._end_line()
        self.session.line_received(line.removeprefix(BOM_UTF8))  # some editors begin a file with it

    def _handle_stray(self) -> None:
        """Answer the bytes outside lines, and charge for them."""
        stray, replies = self._telnet.stray, self._telnet.take_replies()
        if self.session.state >= State.ENDING:
            return
        if replies:
            self.session.outbox.send(replies)
        if self._telnet.is_broken:
            self.session.close_after(LINE_TOO_LONG)
        self.session.charge(stray / STRAY_BYTES_PER_LINE)

    def _end_line(self) -> None:
        """Cancel the timeout of an unfinished line."""
        if self.is_within_line:
            self.is_within_line = False
            self._connections.lines.cancel(self._line_timed_out)

    @contain_failures
    def _line_timed_out(self) -> None:
        """Close the connection of a client that does not end its line."""
        self.is_within_line = False
        self.session.close_after(Letter(messages.LineTimeUp(self._connections.limits.line_timeout)))

    def _await_line_end(self, piece: int) -> None:
        """Give the client time to go on with an unfinished line.

        :param piece: number of bytes of the line in the last piece of data.
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
        """Cancel the end of an unterminated line."""
        if self._silence is not None:
            self._silence.cancel()
            self._silence = None

    @contain_failures
    def _take_unterminated(self) -> None:
        """Handle the bytes without a line end as a line."""
        self._silence = None
        self._is_typed = self._has_partial_line = False
        self._handle_line(self.clearLineBuffer())
