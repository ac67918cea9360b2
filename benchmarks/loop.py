"""A bare Twisted server that sends every bid to all: ``python -m benchmarks.loop PORT``.

Every line of digits counts as a bid. The sender gets an acknowledgement, and every connection a
line about the bid, by one ``transport.write`` each. The bytes are the real server's.
"""

import sys
from typing import Any

from twisted.internet import reactor
from twisted.internet.protocol import ServerFactory, connectionDone
from twisted.protocols.basic import LineReceiver
from twisted.python.failure import Failure

from benchmarks.fanout import ACKNOWLEDGEMENT, NEWS


class Loop(LineReceiver):
    """One connection, with a number in the order of arrival."""

    delimiter = b"\n"
    factory: Any
    transport: Any

    def connectionMade(self) -> None:
        """Take the next number."""
        self.number = self.factory.arrivals
        self.factory.arrivals += 1
        self.factory.connections[self.number] = self

    def lineReceived(self, line: bytes) -> None:
        """Acknowledge a bid, and send it to all connections."""
        if not line.isdigit():
            return
        self.transport.write(ACKNOWLEDGEMENT % line)
        news = NEWS % (line, self.number, int(line) + 1)
        for connection in self.factory.connections.values():
            connection.transport.write(news)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Get no more lines."""
        del self.factory.connections[self.number]


class LoopFactory(ServerFactory):
    """All connections."""

    protocol = Loop
    noisy = False

    def __init__(self) -> None:
        self.connections: dict[int, Loop] = {}
        self.arrivals = 0


if __name__ == "__main__":
    reactor.listenTCP(int(sys.argv[1]), LoopFactory(), backlog=4096, interface="127.0.0.1")
    reactor.run()
