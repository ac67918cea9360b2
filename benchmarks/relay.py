"""A relay that puts a slow network before a server.

Run it as ``python -m benchmarks.relay PORT SERVER_PORT MS``. Bytes take half a round trip of this
many milliseconds in each direction. The first bytes of a connection wait for a round trip more, as
for the handshake of TCP.
"""

import sys
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Any

from twisted.internet import reactor
from twisted.internet.protocol import connectionDone
from twisted.protocols.portforward import (
    Proxy,
    ProxyClient,
    ProxyClientFactory,
    ProxyFactory,
    ProxyServer,
)
from twisted.python.failure import Failure


class Slow(Proxy):
    """One direction: bytes, and the end, leave later, in the order in which they came.

    :cvar ROUND_TRIP: seconds of a round trip.
    :cvar HANDSHAKE: seconds from the beginning until bytes can leave, besides their own time.
    """

    ROUND_TRIP = 0.0
    HANDSHAKE = 0.0

    def connectionMade(self) -> None:
        """Begin the handshake."""
        self._opens_at = reactor.seconds() + self.HANDSHAKE
        self._calls: deque[Callable[[], object]] = deque()
        super().connectionMade()

    def dataReceived(self, data: bytes) -> None:
        """Pass bytes on, later."""
        self._later(partial(super().dataReceived, data))

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Pass the end on, later."""
        self._later(partial(super().connectionLost, reason))

    def _later(self, call: Callable[[], object]) -> None:
        self._calls.append(call)
        now = reactor.seconds()
        reactor.callLater(max(self._opens_at, now) + self.ROUND_TRIP / 2 - now, self._call)

    def _call(self) -> None:
        self._calls.popleft()()


class Downward(Slow, ProxyClient):
    """From the server to the browser."""


class DownwardFactory(ProxyClientFactory):
    """Makes the connections to the server."""

    protocol = Downward
    noisy = False


class Upward(Slow, ProxyServer):
    """From the browser to the server."""

    clientProtocolFactory = DownwardFactory


class UpwardFactory(ProxyFactory):
    """Takes the connections of browsers."""

    protocol = Upward
    noisy = False


if __name__ == "__main__":
    Slow.ROUND_TRIP = Upward.HANDSHAKE = float(sys.argv[3]) / 1000
    factory: Any = UpwardFactory("127.0.0.1", int(sys.argv[2]))
    reactor.listenTCP(int(sys.argv[1]), factory, interface="127.0.0.1")
    reactor.run()
