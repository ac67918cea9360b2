"""What is on its way to a participant."""

import socket
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from twisted.internet import tcp
from twisted.internet.interfaces import IPushProducer
from zope.interface import implementer

UNSENT = 4096
"""Bytes that may wait here, or in the kernel, without a chance to leave."""


@implementer(IPushProducer)
class Outbox:
    """Sends lines over a transport, and knows whether they have left.

    As long as the socket of a plain TCP connection takes everything, it gets it directly:
    ``transport.write`` asks the reactor to watch the socket, waits for it and asks the reactor to
    stop. Sending directly costs half as much for each line (``benchmarks/fanout.py``) and 0.02 to
    0.2 times the bare script less for an auction of nine Buyers. What does not fit is the
    transport's, and so is everything after it until it has left.

    Beneath TLS there is another transport, which buffers on its own; something waits there from
    :data:`UNSENT` bytes on.

    From the first news on, only as much of the kernel's buffer is used as the other end can take at
    once, and :data:`UNSENT` bytes: the kernel's own limit is megabytes, half an hour of old prices
    to somebody who stalls.

    :param transport: the connection.
    :param emptied: is called whenever everything has left after :attr:`is_full`.
    :ivar is_full: whether something waits in the transport.
    """

    __slots__ = ("_emptied", "_is_limited", "_socket", "_transport", "is_full")

    def __init__(self, transport: Any, emptied: Callable[[], None]) -> None:
        self._transport = transport
        self._emptied = emptied
        self._socket: socket.socket | None = None
        self._is_limited = False
        self.is_full = False
        if isinstance(transport, tcp.Server) and not transport.TLS:
            self._socket = transport.getHandle()
        else:
            _carrier(transport).bufferSize = UNSENT
            transport.registerProducer(self, True)

    def takes_news(self) -> bool:
        """Whether what is told to everyone should be sent now, nothing older being in its way."""
        if not self._is_limited:  # most auctions have no news, and the option costs a system call
            self._is_limited = True
            carrier = _carrier(self._transport)
            if isinstance(carrier, tcp.Server):
                with suppress(AttributeError, OSError):  # not every system and socket has it
                    handle: socket.socket = carrier.getHandle()
                    handle.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, UNSENT)
        return not self.is_full

    def send(self, lines: bytes) -> None:
        """Send these lines together."""
        if self._socket is None or self.is_full:
            self._transport.write(lines)
            return
        sent = 0
        with suppress(OSError):  # the transport meets the same trouble, and knows what to do
            sent = self._socket.send(lines)
        if sent < len(lines):
            # As a pull producer, it is asked for more once all of this has left; also right now,
            # when that means nothing.
            self._transport.registerProducer(self, False)
            self.is_full = True
            self._transport.write(lines[sent:])

    def finish(self, lines: bytes) -> None:
        """Send the last lines; the connection is going to be closed."""
        self._socket = None
        self._transport.unregisterProducer()  # a transport does not close before its producer ends
        self._transport.write(lines)

    def close(self) -> None:
        """The connection has ended: hold on to nothing."""
        self._emptied = _nothing

    def pauseProducing(self) -> None:
        """Much waits in a transport that buffers on its own."""
        self.is_full = True

    def resumeProducing(self) -> None:
        """Everything has left."""
        if self.is_full:
            self.is_full = False
            if self._socket is not None:
                self._transport.unregisterProducer()
            self._emptied()

    def stopProducing(self) -> None:
        """The connection has ended."""


def _carrier(transport: Any) -> Any:
    """The transport that writes to the socket: beneath TLS it is not the protocol's own."""
    return getattr(transport, "transport", transport)


def _nothing() -> None:
    """Do nothing."""
