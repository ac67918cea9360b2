"""What is on its way to a participant."""

import socket
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from twisted.internet import tcp
from twisted.internet.interfaces import IPushProducer
from zope.interface import implementer

from twisted_auction.sockets import UNSENT_LOWAT, lowest_transport, set_unsent_lowat, socket_of


@implementer(IPushProducer)
class Outbox:
    """Sends lines over a transport, and knows whether they have left.

    As long as the socket of a plain TCP connection takes everything, it gets it directly:
    ``transport.write`` asks the reactor to watch the socket, waits for it and asks the reactor to
    stop. Sending directly costs half as much for each line (``benchmarks/fanout.py``) and 0.02 to
    0.2 times the bare script less for an auction of nine Buyers. What does not fit is the
    transport's, and so is everything after it until it has left.

    Beneath TLS there is another transport, which buffers on its own; something waits there from
    :data:`~twisted_auction.sockets.UNSENT_LOWAT` bytes on.

    A client that takes nothing is cut off. What waits is counted from the moment at which something
    began to wait until all of it has left; one letter that is longer than the limit is no reason.

    From the first news on at the latest, where its port has not seen to it, the kernel holds little
    (:func:`~twisted_auction.sockets.set_unsent_lowat`).

    :param transport: the connection.
    :param emptied: is called whenever everything has left after :attr:`is_full`.
    :param max_unsent: so many bytes may wait; 0: any number.
    :param overflows: is called where more would have to; it ends the connection.
    :ivar is_full: whether something waits in the transport.
    """

    __slots__ = (
        "_emptied",
        "_is_limited",
        "_max_unsent",
        "_overflows",
        "_socket",
        "_transport",
        "_unsent",
        "is_full",
    )

    def __init__(
        self,
        transport: Any,
        emptied: Callable[[], None],
        max_unsent: int,
        overflows: Callable[[], None],
    ) -> None:
        self._transport = transport
        self._emptied = emptied
        self._max_unsent = max_unsent
        self._overflows = overflows
        self._unsent = 0
        self._socket: socket.socket | None = None
        self._is_limited = False
        self.is_full = False
        if isinstance(transport, tcp.Server) and not transport.TLS:
            self._socket = transport.getHandle()
        else:
            transport.registerProducer(self, True)
        # Also what is read at once, and kept while a client that sends too much is not heard.
        lowest_transport(transport).bufferSize = UNSENT_LOWAT

    def takes_news(self) -> bool:
        """Whether what is told to everyone should be sent now, nothing older being in its way."""
        if not self._is_limited:  # most auctions have no news, and the option costs a system call
            self._is_limited = True
            set_unsent_lowat(socket_of(self._transport))
        return not self.is_full

    def send(self, lines: bytes) -> None:
        """Send these lines together."""
        if self.is_full:
            self._wait(lines)
            return
        if self._socket is None:
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
            self._wait(lines[sent:])

    def finish(self, lines: bytes) -> None:
        """Send the last lines; the connection is going to be closed."""
        self._socket = None
        self._transport.unregisterProducer()  # a transport does not close before its producer ends
        self._transport.write(lines)

    def close(self) -> None:
        """The connection has ended: hold on to nothing."""
        self._emptied = self._overflows = _nothing

    def pauseProducing(self) -> None:
        """Much waits in a transport that buffers on its own."""
        self.is_full = True

    def resumeProducing(self) -> None:
        """Everything has left."""
        if self.is_full:
            self.is_full = False
            self._unsent = 0
            if self._socket is not None:
                self._transport.unregisterProducer()
            self._emptied()

    def stopProducing(self) -> None:
        """The connection has ended."""

    def _wait(self, lines: bytes) -> None:
        waiting = self._unsent + len(lines)
        if self._unsent and 0 < self._max_unsent < waiting:
            self._overflows()
        else:
            self._unsent = waiting
            self._transport.write(lines)


def _nothing() -> None:
    """Do nothing."""
