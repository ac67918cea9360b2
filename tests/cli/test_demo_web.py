"""The sale of ``auction demo --web``."""

import re
import signal
import socket
from typing import Any
from unittest import skipIf

from twisted.internet import reactor
from twisted.internet.defer import CancelledError, Deferred, ensureDeferred
from twisted.internet.endpoints import (
    TCP4ClientEndpoint,
    TCP4ServerEndpoint,
    connectProtocol,
)
from twisted.internet.protocol import Protocol
from twisted.trial.unittest import SynchronousTestCase, TestCase

from tests.processes import PATIENCE, ProcessTestCase, free_port
from tests.web.live_support import SocketBytes
from twisted_auction.cli import demo, demo_web
from twisted_auction.cli.demo_web import DESK, ROBOTS, YOU, Companion, WebDemo, available_port
from twisted_auction.client.join import join
from twisted_auction.server.factory import AuctionFactory
from twisted_auction.server.passes import Passes
from twisted_auction.web.settings import EXTRA, missing_extra
from twisted_auction.wire import messages


class Bidder(Companion):
    """Waits for the bid of a robot.

    :ivar outbid: fires with the first bid.
    """

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.outbid: Deferred[messages.HighestBid] = Deferred()

    def message_received(self, message: messages.Message) -> None:
        if isinstance(message, messages.HighestBid) and not self.outbid.called:
            self.outbid.callback(message)


class Wall(Protocol):
    """A browser without a pass code that opens the wall.

    :param address: the host and port of the page.
    :ivar told: fires with the first frame from the server.
    :ivar gone: fires at the end of the connection.
    """

    def __init__(self, address: str) -> None:
        self.gone: Deferred[None] = Deferred()
        self._address = address
        self._socket = SocketBytes()
        self.told: Deferred[dict[str, Any]] = Deferred()

    def connectionMade(self) -> None:
        assert self.transport is not None
        asked = self._socket.handshake(origin=f"http://{self._address}", host=self._address)
        self.transport.write(asked)

    def dataReceived(self, data: bytes) -> None:
        assert self.transport is not None
        was_open = self._socket.is_open
        self._socket.received(data)
        if self._socket.is_open and not was_open:
            self.transport.write(self._socket.encode("WATCH main"))
        frames = self._socket.take()
        if frames and not self.told.called:
            self.told.callback(frames[0])

    def connectionLost(self, reason: object = None) -> None:
        self.gone.callback(None)


@skipIf(missing_extra(), missing_extra())
class WebDemoTests(TestCase):
    timeout = 60

    async def test_sale(self) -> None:
        """Robots bid once the person has a seat; the addresses for it are told."""
        lines: list[str] = []
        port = free_port()
        shown = WebDemo(reactor, port, lines.append)
        shown.start()
        self.addCleanup(self.stop, shown)
        text = "\n".join(lines)
        for found in (
            f"http://127.0.0.1:{port}/join/{shown.codes[YOU]}",
            f"http://127.0.0.1:{port}/join/{shown.codes[DESK]}",
            f"http://127.0.0.1:{port}/room/main/wall",
        ):
            self.assertIn(found, text)
        factory = AuctionFactory(shown.service.rooms.main, passes=Passes(shown.service.rooms))
        entrance = await TCP4ServerEndpoint(reactor, 0, interface="127.0.0.1").listen(factory)
        bidder = Bidder(shown.codes[YOU])
        endpoint = TCP4ClientEndpoint(reactor, "127.0.0.1", entrance.getHost().port)
        visit = ensureDeferred(join(endpoint, bidder))
        bid = await bidder.outbid
        self.assertIn(bid.buyer, ROBOTS)
        visit.addErrback(lambda failure: failure.trap(CancelledError))
        visit.cancel()
        await visit
        await entrance.stopListening()
        del lines[:]
        await shown.stop()
        self.assertEqual(lines, [])  # the robots have left, but the sale is not over

    async def test_wall(self) -> None:
        """The address of the wall is good in any window: it needs no pass code."""
        port = free_port()
        shown = WebDemo(reactor, port, str)
        shown.start()
        self.addCleanup(self.stop, shown)
        wall = Wall(f"127.0.0.1:{port}")
        await connectProtocol(TCP4ClientEndpoint(reactor, "127.0.0.1", port), wall)
        frame = await wall.told
        self.assertEqual(frame["room"], "main")
        self.assertEqual(frame["letter"][0], {"type": "role_watcher"})
        assert wall.transport is not None
        wall.transport.loseConnection()
        await wall.gone

    def stop(self, shown: WebDemo) -> "Deferred[None]":
        return ensureDeferred(shown.stop())


@skipIf(missing_extra(), missing_extra())
class EndTests(ProcessTestCase):
    def test_interrupted(self) -> None:
        """Ctrl-C ends a sale with robots in it without a further word."""
        command = self.piped("-m", "twisted_auction.cli", "demo", "--web")
        command.read_until("Ctrl-C ends it.\n")
        address = re.search(r"http://(127\.0\.0\.1:([0-9]+))/join/(\S+)", command.text)
        assert address is not None
        host, port, code = address.groups()
        with socket.create_connection(("127.0.0.1", int(port)), timeout=PATIENCE) as stream:
            page = SocketBytes()
            cookie = f"Cookie: auction={code}"
            stream.sendall(page.handshake(cookie, origin=f"http://{host}", host=host))
            while not page.is_open:
                page.received(stream.recv(65536))
            stream.sendall(page.encode("JOIN main"))
            told: set[str] = set()
            while "highest_bid" not in told:  # a robot's
                page.received(stream.recv(65536))
                told.update(message["type"] for frame in page.take() for message in frame["letter"])
            self.assertEqual(command.send_signal(signal.SIGINT), (130, command.text, ""))


class PortTests(SynchronousTestCase):
    def test_free(self) -> None:
        self.patch(demo_web, "PORT", free_port())
        self.assertEqual(available_port(), demo_web.PORT)

    def test_taken(self) -> None:
        """Another program has the usual port, so the page is on another one."""
        with socket.create_server(("127.0.0.1", 0)) as other:
            self.patch(demo_web, "PORT", other.getsockname()[1])
            port = available_port()
            self.assertNotEqual(port, demo_web.PORT)
            socket.create_server(("127.0.0.1", port)).close()


class CommandTests(SynchronousTestCase):
    def test_extra(self) -> None:
        complaints: list[str] = []
        self.patch(demo, "missing_extra", lambda: EXTRA)
        command = demo.Demo()
        self.patch(command, "complain", complaints.append)
        command.parseOptions(["--web"])
        self.assertEqual((command.run(None), complaints), (1, [EXTRA]))
