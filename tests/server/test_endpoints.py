import socket
import tempfile
from pathlib import Path
from typing import Any

from twisted.internet.testing import MemoryReactorClock
from twisted.trial.unittest import SynchronousTestCase

from twisted_auction.house.rooms import Rooms
from twisted_auction.server import endpoints
from twisted_auction.server.endpoints import endpoint_description
from twisted_auction.server.factory import AuctionFactory
from twisted_auction.server.limits import ConnectionLimits
from twisted_auction.server.service import AuctionService

NEITHER = "it is neither a port nor an endpoint string such as tcp6:4000"


class EndpointDescriptionTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.reactor = MemoryReactorClock()

    def test_understood(self) -> None:
        for port, description in [
            ("4000", "tcp:4000"),
            ("1", "tcp:1"),
            ("65535", "tcp:65535"),
            ("tcp6:4000", "tcp6:4000"),
            ("tcp:4000:interface=127.0.0.1", "tcp:4000:interface=127.0.0.1"),
            ("unix:auction.socket", "unix:auction.socket"),
        ]:
            self.assertEqual(endpoint_description(port, self.reactor), description)

    def test_refused(self) -> None:
        for port, complaint in [
            ("0", "a port is a number from 1 to 65535, not '0'"),
            ("65536", "a port is a number from 1 to 65535, not '65536'"),
            ("9" * 5000, f"a port is a number from 1 to 65535, not '{'9' * 5000}'"),
            *[
                (port, f"cannot listen on {port!r}: {NEITHER}")
                for port in [
                    "",
                    "x",
                    "-1",
                    "²",
                    "tcp",
                    "tcp:x",
                    "tcp:1:interfaze=::1",
                    "tcp:1:2:3:4",
                ]
            ],
        ]:
            with self.assertRaises(ValueError) as caught:
                endpoint_description(port, self.reactor)
            self.assertEqual(str(caught.exception), complaint)

    def test_tls_is_not_installed(self) -> None:
        for trouble in [NameError("name"), ImportError("module")]:

            def fail(reactor: object, description: str, trouble: Exception = trouble) -> None:
                raise trouble

            self.patch(endpoints, "serverFromString", fail)
            with self.assertRaises(ValueError) as caught:
                endpoint_description("ssl:4000", self.reactor)
            self.assertEqual(
                str(caught.exception),
                "cannot listen on 'ssl:4000': TLS needs: pip install 'twisted-auction[tls]'",
            )

    def test_missing_key(self) -> None:
        with self.assertRaises(ValueError) as caught:
            endpoint_description("ssl:4000:privateKey=/nowhere.pem", self.reactor)
        self.assertEqual(
            str(caught.exception),
            "cannot listen on 'ssl:4000:privateKey=/nowhere.pem': "
            "[Errno 2] No such file or directory: '/nowhere.pem'",
        )


class RecordedSocket(socket.socket):
    """A socket that remembers its backlog."""

    backlog = 0

    def listen(self, backlog: int = 0) -> None:
        super().listen(backlog)
        self.backlog = backlog


class SocketReactor(MemoryReactorClock):
    """A reactor whose ports have real sockets with Twisted's backlog."""

    def __init__(self) -> None:
        super().__init__()
        self.handles: list[RecordedSocket] = []

    def listenTCP(self, port: int, factory: Any, backlog: int = 50, interface: str = "") -> Any:
        handle = RecordedSocket()
        handle.bind(("127.0.0.1", 0))
        return self._listening(handle, super().listenTCP(port, factory, backlog, interface))

    def listenUNIX(self, address: Any, factory: Any, backlog: int = 50, *rest: Any) -> Any:
        handle = RecordedSocket(socket.AF_UNIX)
        handle.bind(address)
        return self._listening(handle, super().listenUNIX(address, factory, backlog, *rest))

    def _listening(self, handle: RecordedSocket, port: Any) -> Any:
        handle.listen(50)
        port.socket = handle
        self.handles.append(handle)
        return port


class TunedPortTests(SynchronousTestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.reactor = SocketReactor()

    def handles(self, *ports: str) -> list[RecordedSocket]:
        """The sockets of a service that listens on these ports."""
        connections, rooms = ConnectionLimits(self.reactor), Rooms(self.reactor)
        described = [(port, AuctionFactory(rooms.main, connections=connections)) for port in ports]
        service = AuctionService(described, self.reactor, lambda text: None, connections, rooms)
        service.startService()
        for handle in self.reactor.handles:
            self.addCleanup(handle.close)
        self.assertEqual(len(self.reactor.handles), len(ports))
        return self.reactor.handles

    def test_backlog(self) -> None:
        """Each kind of port has the long backlog, not Twisted's."""
        unix = f"unix:{self.folder / 'port'}"
        handles = self.handles("tcp:4000", "haproxy:tcp:4001", unix, f"haproxy:{unix}2")
        self.assertEqual([handle.backlog for handle in handles], [4096] * 4)

    def test_options(self) -> None:
        """Connections inherit keep-alive, a small unsent buffer, inline urgent data and letters
        that leave at once."""
        tcp = socket.IPPROTO_TCP
        for handle in self.handles("tcp:4000", "haproxy:tcp:4001"):
            self.assertEqual(
                [
                    handle.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE),
                    handle.getsockopt(tcp, socket.TCP_KEEPIDLE),
                    handle.getsockopt(tcp, socket.TCP_USER_TIMEOUT),
                    handle.getsockopt(tcp, socket.TCP_NOTSENT_LOWAT),
                    handle.getsockopt(socket.SOL_SOCKET, socket.SO_OOBINLINE),
                    handle.getsockopt(tcp, socket.TCP_NODELAY),
                ],
                [1, 30, 60_000, 4096, 1, 1],
            )
