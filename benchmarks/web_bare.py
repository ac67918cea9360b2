"""A bare Twisted WebSocket server that sends every bid to all.

Run it as ``python -m benchmarks.web_bare PORT``. It is ``twisted.web.websocket`` alone, with one
``sendTextMessage`` for each page. Every message with digits counts as a bid. The texts are the real
server's.
"""

import json
import sys
from typing import Any

from twisted.internet import reactor
from twisted.python.failure import Failure
from twisted.web.resource import Resource
from twisted.web.server import Request, Site
from twisted.web.websocket import WebSocketResource

from benchmarks.web import ACKNOWLEDGEMENT, LETTER, NEWS


class Loop:
    """One page, with a number in the order of arrival."""

    def __init__(self, pages: dict[int, "Loop"], number: int) -> None:
        self._pages = pages
        self._number = number

    def negotiationStarted(self, transport: Any) -> None:
        """Keep the socket."""
        self.wire = transport

    def negotiationFinished(self) -> None:
        """Take part."""
        self._pages[self._number] = self

    def textMessageReceived(self, message: str) -> None:
        """Acknowledge a bid, and send it to all pages."""
        line = json.loads(message)["say"]
        if not line.isdigit():
            return
        price = NEWS % (line, self._number, int(line) + 1)
        news = LETTER % price
        for page in self._pages.values():
            if page is self:
                self.wire.sendTextMessage(LETTER % f"{ACKNOWLEDGEMENT % line}, {price}")
            else:
                page.wire.sendTextMessage(news)

    def bytesMessageReceived(self, data: bytes | bytearray) -> None:
        """Ignore a message that is no text."""

    def pongReceived(self, payload: bytes) -> None:
        """Ignore a pong."""

    def connectionLost(self, reason: Failure) -> None:
        """Get no more messages."""
        self._pages.pop(self._number, None)


class LoopFactory:
    """All pages."""

    def __init__(self) -> None:
        self._pages: dict[int, Loop] = {}
        self._arrivals = 0

    def buildProtocol(self, request: Request) -> Loop:
        """Make the next page's end."""
        loop = Loop(self._pages, self._arrivals)
        self._arrivals += 1
        return loop


if __name__ == "__main__":
    root = Resource()
    root.putChild(b"live", WebSocketResource(LoopFactory()))
    site: Any = Site(root)
    site.noisy = False
    reactor.listenTCP(int(sys.argv[1]), site, backlog=4096, interface="127.0.0.1")
    reactor.run()
