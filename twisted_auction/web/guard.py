"""The bytes of a web socket, bounded.

Twisted's web socket takes messages of any length, in any number of pieces, answers every ping, and
lets unsent bytes grow. The :class:`Guard` stands on both of its sides: it counts the bytes that the
socket receives, and the socket sends by way of the session's
:class:`~twisted_auction.server.outbox.Outbox`.
"""

from collections import deque
from typing import Any

from twisted.internet.interfaces import IPushProducer
from twisted.python.failure import Failure
from twisted.web.http import HTTPChannel
from wsproto.utilities import LocalProtocolError
from zope.interface import implementer

from twisted_auction.server.faults import contain_failures
from twisted_auction.server.protocol import LINE_TOO_LONG
from twisted_auction.server.session import State
from twisted_auction.twisted_internals import close_frame, take_over_bytes
from twisted_auction.web.frames import MAX_TEXT
from twisted_auction.web.live import LiveSession
from twisted_auction.wire.letter import Letter
from twisted_auction.wire.messages import LineTimeUp

MAX_MESSAGE = 3072
"""Bytes that may come for one message, in any number of pieces, their headers included."""

SLICE = 1024
"""Bytes that the socket reads at once. Hundreds of tiny pieces fit in one read of a connection, and
each has its cost."""

BYTES_PER_LINE = 128
"""Bytes that cost as much as one line, besides the line itself. So 400 pings a second are the most
that a client can have answered."""

MAX_AFTER_END = 65536
"""Bytes read from a client after the server has closed the socket. They may be on their way when
the client reads the last letter; the answer to the closing comes after them."""

CLIENT_HEADER = 6
"""Bytes before the payload of a client's ping or pong."""

SERVER_HEADER = 2
"""The same for a pong of the server."""


@implementer(IPushProducer)
class Guard:
    """Between a session and Twisted's web socket, and between the socket and its connection.

    Twisted calls the methods of its ``WebSocketProtocol`` on it. From the end of the handshake, it
    gets the bytes that come, instead of the HTTP channel; and to the socket, it is the transport.

    :param session: handles the messages.
    :param channel: the connection of the handshake.
    """

    _wire: Any  # Twisted's side of the socket
    _transport: Any  # the connection

    def __init__(self, session: LiveSession, channel: HTTPChannel) -> None:
        self._session = session
        self._channel: HTTPChannel | None = channel
        self._texts: deque[str] = deque()  # messages that came in a pause
        self._is_paused = False
        self._is_over = False  # both ends have closed the socket
        self._is_too_long = False
        self._unfinished = 0  # bytes since the last whole message
        self._after_end = 0  # bytes since the end of the session

    @property
    def address(self) -> str:
        """The client's address, for the operator to read."""
        return self._session.address

    def abort(self) -> None:
        """Abort the connection."""
        self._session.abort()

    # Called by Twisted's web socket, as by its protocol.

    def negotiationStarted(self, transport: Any) -> None:
        """Keep the socket. Nothing can be sent before the end of the handshake."""
        self._wire = transport
        self._transport = transport.transport

    @contain_failures
    def negotiationFinished(self) -> None:
        """Stand on both sides of the socket, and begin the session."""
        assert self._channel is not None
        self._session.transport = self._transport
        self._wire.detachProducer()  # the HTTP channel, which would pause and resume reading
        self._wire.transport = self
        take_over_bytes(self._channel, self.dataReceived)
        self._session.opened(self._transport, self, self.close_frame)

    def textMessageReceived(self, message: str) -> None:
        """Pass a message on, unless the session has paused."""
        self._message_received()
        if len(message) > MAX_TEXT:
            self._session.close_after(LINE_TOO_LONG)
        else:
            self._texts.append(message)
            self._pass_on()

    def bytesMessageReceived(self, data: bytes | bytearray) -> None:
        """Treat a message that is no text as one that makes no sense."""
        self.textMessageReceived(data.decode("latin-1"))

    def pongReceived(self, payload: bytes) -> None:
        """Ignore a pong. Nobody has asked for one."""
        self._unfinished -= CLIENT_HEADER + len(payload)

    @contain_failures
    def connectionLost(self, reason: Failure) -> None:
        """End the session and the timeout, and drop all references."""
        self._message_received()
        self._session.lost()
        # Otherwise all would keep each other in memory. The channel's own method has been replaced
        # by that of the socket.
        channel, self._channel, self._wire = self._channel, None, None
        if channel is not None:
            type(channel).connectionLost(channel, reason)

    # Called by the connection.

    @contain_failures
    def dataReceived(self, data: bytes) -> None:
        """Handle bytes, in pieces of any size."""
        session = self._session
        if self._is_over:
            if session.is_secured:  # TLS would go on reading until its last word is answered
                self._transport.pauseProducing()
            return
        if session.state >= State.ENDING:
            self._after_end += len(data)
            if self._after_end > MAX_AFTER_END:
                session.abort()
                return
        is_within_message = self._unfinished > 0
        for start in range(0, len(data), SLICE):
            if self._is_too_long:  # what follows makes no sense without the part left out
                return
            self._feed(data[start : start + SLICE])
        if self._unfinished and not is_within_message and session.state < State.ENDING:
            session.connections.lines.start(self._message_timed_out)
        session.charge(len(data) / BYTES_PER_LINE)

    # Called by the socket, as by its transport.

    def write(self, data: bytes) -> None:
        """Send a pong, or the answer to a closing."""
        self._unfinished -= CLIENT_HEADER - SERVER_HEADER + len(data)
        if not self._session.is_closing:
            self._session.outbox.send(data)

    def loseConnection(self) -> None:
        """End the connection: the closing of the socket is answered, or its bytes make no sense."""
        self._is_over = True
        self._session.hang_up()

    # Called by the session.

    def pauseProducing(self) -> None:
        """Pass on nothing until :meth:`resumeProducing`."""
        self._is_paused = True
        self._transport.pauseProducing()

    def resumeProducing(self) -> None:
        """Pass on messages again."""
        self._is_paused = False
        self._pass_on()
        if not self._is_paused:
            self._transport.resumeProducing()

    def stopProducing(self) -> None:
        """End the connection."""
        self._transport.stopProducing()

    def close_frame(self, code: int) -> bytes:
        """The frame that closes the socket. From now on, everything but the client's answer is
        ignored."""
        self._texts.clear()
        return close_frame(self._wire, code)

    def _feed(self, data: bytes) -> None:
        """Let the socket read bytes, and count them."""
        self._unfinished += len(data)
        self._read(data)
        self._unfinished = max(self._unfinished, 0)
        if self._unfinished > MAX_MESSAGE:
            self._is_too_long = True
            self._session.close_after(LINE_TOO_LONG)

    def _read(self, data: bytes) -> None:
        while self._wire is not None and not self._is_over:
            try:
                self._wire.dataReceived(data)
            except LocalProtocolError:
                if not self._session.is_closing:
                    raise
                # A ping after the server's closing, which nothing can answer. The client's answer
                # to the closing may come after it.
                data = b""
            else:
                break

    def _pass_on(self) -> None:
        while self._texts and not self._is_paused:
            self._session.text_received(self._texts.popleft())

    def _message_received(self) -> None:
        """Cancel the timeout of an unfinished message."""
        self._unfinished = 0
        self._session.connections.lines.cancel(self._message_timed_out)

    @contain_failures
    def _message_timed_out(self) -> None:
        """Close the socket of a client that does not finish its message."""
        seconds = self._session.connections.limits.line_timeout
        self._session.close_after(Letter(LineTimeUp(seconds)))
