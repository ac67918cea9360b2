"""Bytes on their way to a client."""

import socket
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from twisted.internet import tcp
from twisted.internet.interfaces import IPushProducer
from zope.interface import implementer

from twisted_auction.sockets import lowest_transport, set_unsent_lowat, socket_of

BUFFER_SIZE = 4096
"""Bytes of one read, which stay in memory while a client over its rate is paused; and waiting bytes
from which on a transport that buffers on its own counts as full. Twisted has one attribute for
both."""


@implementer(IPushProducer)
class Outbox:
    """Sends bytes over a transport, and knows whether they have left.

    A plain TCP connection is written to directly, as long as its socket takes everything; the
    transport gets the rest. Beneath TLS, everything goes through the transport. It buffers on its
    own, and counts as full from :data:`BUFFER_SIZE` bytes on.

    A client that does not read is cut off. Once bytes have to wait, all that is sent counts, until
    everything has left. A single letter larger than the limit does not close the connection.

    :param transport: the connection.
    :param on_drained: called when everything has left after :attr:`is_full`.
    :param max_unsent: bytes that may wait; 0: any number.
    :param on_overflow: called when more would have to wait; ends the connection.
    :ivar is_full: True if bytes wait in the transport.
    """

    __slots__ = (
        "_has_lowat",
        "_max_unsent",
        "_on_drained",
        "_on_overflow",
        "_socket",
        "_transport",
        "_unsent",
        "is_full",
    )

    def __init__(
        self,
        transport: Any,
        on_drained: Callable[[], None],
        max_unsent: int,
        on_overflow: Callable[[], None],
    ) -> None:
        self._transport = transport
        self._on_drained = on_drained
        self._max_unsent = max_unsent
        self._on_overflow = on_overflow
        self._unsent = 0
        self._socket: socket.socket | None = None  # None unless it is written to directly
        self._has_lowat = False
        self.is_full = False
        if isinstance(transport, tcp.Server) and not transport.TLS:
            self._socket = transport.getHandle()
        else:
            transport.registerProducer(self, True)
        lowest_transport(transport).bufferSize = BUFFER_SIZE

    @property
    def unsent(self) -> int:
        """Bytes sent since the first one that waits."""
        return self._unsent

    def takes_price_updates(self) -> bool:
        """True if a price update can be sent now, with nothing older in its way."""
        # A port sets the option for its connections; other ways to a connection do not. It costs a
        # system call, and most auctions have no price updates.
        if not self._has_lowat:
            self._has_lowat = True
            set_unsent_lowat(socket_of(self._transport))
        return not self.is_full

    def send(self, data: bytes) -> None:
        """Send these bytes in one piece, if nothing waits before them."""
        if self.is_full:
            self._write_buffered(data)
            return
        if self._socket is None:
            self._transport.write(data)
            return
        # Why not transport.write: it asks the reactor to watch the socket, waits for it, sends, and
        # asks the reactor to stop. Writing to the socket costs half as much for each line
        # (benchmarks/fanout.py), and an auction of nine Buyers 0.02 to 0.2 times the bare script
        # less. It never overtakes other bytes: they would be in the transport, and is_full is set.
        sent = 0
        with suppress(OSError):  # the transport meets the same error, and handles it
            sent = self._socket.send(data)
        if sent < len(data):
            # A pull producer is asked for more whenever the transport's buffer is empty: once all
            # of this has left, and also during this call, when is_full is not set yet.
            self._transport.registerProducer(self, False)
            self.is_full = True
            self._write_buffered(data[sent:])

    def wait_for_earlier(self) -> None:
        """Let all bytes that others have written to the transport leave first."""
        if self._socket is not None:
            self._transport.registerProducer(self, False)
            self.is_full = True

    def finish(self, data: bytes) -> None:
        """Send the last bytes, before the connection is closed."""
        self._socket = None
        self._transport.unregisterProducer()  # a transport does not close before its producer ends
        self._transport.write(data)

    def close(self) -> None:
        """Drop all references to the owner, because the connection has ended."""
        self._on_drained = self._on_overflow = _nothing

    def pauseProducing(self) -> None:
        """Called by a transport that buffers on its own, when its buffer is large."""
        self.is_full = True

    def resumeProducing(self) -> None:
        """Called by the transport when its buffer is empty."""
        if self.is_full:
            self.is_full = False
            self._unsent = 0
            if self._socket is not None:
                self._transport.unregisterProducer()
            self._on_drained()

    def stopProducing(self) -> None:
        """Called by the transport when the connection has ended."""

    def _write_buffered(self, data: bytes) -> None:
        """Let the transport send these bytes after the waiting ones."""
        unsent = self._unsent + len(data)
        if self._unsent and 0 < self._max_unsent < unsent:
            self._on_overflow()
        else:
            self._unsent = unsent
            self._transport.write(data)


def _nothing() -> None:
    """Do nothing."""
