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

    Of the kernel's buffer only what the other end can take at once is used, and :data:`UNSENT`
    bytes: the kernel's own limit is megabytes, half an hour of old prices to somebody who stalls.

    :param transport: the connection.
    :param emptied: is called whenever everything has left after :attr:`is_full`.
    :ivar is_full: whether something waits in the transport.
    """

    def __init__(self, transport: Any, emptied: Callable[[], None]) -> None:
        self._transport = transport
        self._emptied = emptied
        self._socket: socket.socket | None = None
        self.is_full = False
        carrier = getattr(transport, "transport", transport)
        if isinstance(carrier, tcp.Server):
            with suppress(AttributeError, OSError):  # not every system and kind of socket has it
                carrier.getHandle().setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, UNSENT)
        if isinstance(transport, tcp.Server) and not transport.TLS:
            self._socket = transport.getHandle()
        else:
            carrier.bufferSize = UNSENT
            transport.registerProducer(self, True)

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
