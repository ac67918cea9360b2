import fcntl
import os
import socket
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from twisted.internet.address import IPv4Address
from twisted.internet.error import CannotListenError
from twisted.internet.protocol import Factory
from twisted.internet.testing import MemoryReactorClock, RaisingMemoryReactor, StringTransport
from twisted.trial.unittest import SynchronousTestCase

from tests.support import Visitor
from twisted_auction.house.rooms import Rooms
from twisted_auction.ledger.journal import Ledger
from twisted_auction.server import listening
from twisted_auction.server.console import READY
from twisted_auction.server.factory import AuctionFactory
from twisted_auction.server.limits import ConnectionLimits
from twisted_auction.server.listening import (
    SHUTDOWN_TIMEOUT,
    AuctionService,
    CannotStart,
    endpoint_description,
)
from twisted_auction.server.lobby import LobbyFactory
from twisted_auction.server.proxied import ProxiedFactory

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

            self.patch(listening, "serverFromString", fail)
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
    """A socket that keeps how many connections it was told to let wait."""

    backlog = 0

    def listen(self, backlog: int = 0) -> None:
        super().listen(backlog)
        self.backlog = backlog


class SocketReactor(MemoryReactorClock):
    """A reactor whose ports have sockets, which listen as Twisted's do at first."""

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
        """The sockets of a service that has taken these ports."""
        connections, rooms = ConnectionLimits(self.reactor), Rooms(self.reactor)
        described = [(port, AuctionFactory(rooms.main, connections=connections)) for port in ports]
        service = AuctionService(described, self.reactor, lambda text: None, connections, rooms)
        service.startService()
        for handle in self.reactor.handles:
            self.addCleanup(handle.close)
        self.assertEqual(len(self.reactor.handles), len(ports))
        return self.reactor.handles

    def test_backlog(self) -> None:
        """So many may wait at each kind of port, whatever Twisted has asked for before."""
        unix = f"unix:{self.folder / 'port'}"
        handles = self.handles("tcp:4000", "haproxy:tcp:4001", unix, f"haproxy:{unix}2")
        self.assertEqual([handle.backlog for handle in handles], [4096] * 4)

    def test_options(self) -> None:
        """Connections inherit them: cuts are noticed, little is held, urgent bytes stay."""
        tcp = socket.IPPROTO_TCP
        for handle in self.handles("tcp:4000", "haproxy:tcp:4001"):
            self.assertEqual(
                [
                    handle.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE),
                    handle.getsockopt(tcp, socket.TCP_KEEPIDLE),
                    handle.getsockopt(tcp, socket.TCP_USER_TIMEOUT),
                    handle.getsockopt(tcp, socket.TCP_NOTSENT_LOWAT),
                    handle.getsockopt(socket.SOL_SOCKET, socket.SO_OOBINLINE),
                ],
                [1, 30, 60_000, 4096, 1],
            )


class AuctionServiceTests(SynchronousTestCase):
    def test_listens(self) -> None:
        reactor = MemoryReactorClock()
        announced: list[str] = []
        connections = ConnectionLimits(reactor)
        service = AuctionService(
            [("tcp:4000", Factory()), ("tcp:4001:interface=127.0.0.1", Factory())],
            reactor,
            announced.append,
            connections,
            Rooms(reactor),
        )
        service.privilegedStartService()
        self.assertEqual(
            [(port[0], port[3]) for port in reactor.tcpServers], [(4000, ""), (4001, "127.0.0.1")]
        )
        self.assertEqual(announced, [])
        service.startService()
        self.assertEqual(announced, ["Auctioneer is ready for hosting auctions!"])
        self.assertEqual(len(reactor.tcpServers), 2)
        last: Any = StringTransport()
        connections.closing.start(last.abortConnection)
        stopped = service.stopService()
        self.assertNoResult(stopped)
        connections.closing.cancel(last.abortConnection)
        self.successResultOf(stopped)

    def test_stops_in_time(self) -> None:
        """Somebody who does not take the last words holds up nobody for long."""
        clock = MemoryReactorClock()
        connections = ConnectionLimits(clock)
        rooms = Rooms(clock)
        service = AuctionService([("tcp:4000", Factory())], clock, print, connections, rooms)
        service.privilegedStartService()
        last: Any = StringTransport()
        connections.closing.start(last.abortConnection)
        stopped = service.stopService()
        clock.advance(SHUTDOWN_TIMEOUT * 0.9)
        self.assertNoResult(stopped)
        clock.advance(SHUTDOWN_TIMEOUT * 0.2)
        self.successResultOf(stopped)

    def test_no_ledger_to_be_had(self) -> None:
        reactor: Any = MemoryReactorClock()
        announced: list[str] = []
        ledger = Ledger(Path("/nowhere/auction.sqlite3"), reactor, print)
        rooms = Rooms(reactor, ledger=ledger)
        service = AuctionService([], reactor, announced.append, ConnectionLimits(reactor), rooms)
        with self.assertRaises(CannotStart) as caught:
            service.startService()
        self.assertEqual(
            str(caught.exception),
            "the file /nowhere/auction.sqlite3 cannot be made: No such file or directory.",
        )
        self.assertEqual(announced, [])
        self.successResultOf(service.stopService())

    def test_cannot_listen(self) -> None:
        for trouble, complaint in [
            (
                CannotListenError("", 4000, OSError(98, "Address already in use")),
                "Couldn't listen on any:4000: [Errno 98] Address already in use.",
            ),
            (
                OverflowError("bind(): port must be 0-65535."),
                "cannot listen on tcp:4000: bind(): port must be 0-65535.",
            ),
            (
                FileNotFoundError(2, "No such file or directory", "/dev/null"),
                "cannot listen on tcp:4000: No such file or directory: /dev/null",
            ),
        ]:
            reactor: Any = RaisingMemoryReactor(listenException=trouble)
            service = AuctionService(
                [("tcp:4000", Factory())], reactor, print, ConnectionLimits(reactor), Rooms(reactor)
            )
            # twistd calls the one and then the other, twist only the other.
            for start in (service.privilegedStartService, service.startService):
                with self.assertRaises(CannotStart) as caught:
                    start()
                self.assertEqual(str(caught.exception), complaint)
                self.assertIsInstance(caught.exception, SystemExit)
                self.assertIsInstance(caught.exception, Exception)

    def test_the_first_of_two_is_given_back(self) -> None:
        """A service that cannot start keeps no port, and can be started once it can."""
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        path = Path(folder.name, "socket")
        path.write_text("no socket")
        reactor = MemoryReactorClock()
        service = AuctionService(
            [("tcp:4000", Factory()), (f"unix:{path}", Factory())],
            UnixReactor(reactor),
            print,
            ConnectionLimits(reactor),
            Rooms(reactor),
        )
        service.privilegedStartService()
        with self.assertRaises(CannotStart) as caught:
            service.startService()
        self.assertEqual(
            str(caught.exception), f"cannot listen on unix:{path}: Address already in use"
        )
        self.assertEqual(path.read_text(), "no socket")
        path.unlink()
        service.startService()
        self.assertEqual([port[0] for port in reactor.tcpServers], [4000, 4000])
        self.successResultOf(service.stopService())

    def test_starts_again(self) -> None:
        """A service that was stopped listens when it is started again, and its house is open."""
        clock = MemoryReactorClock()
        announced: list[str] = []
        connections, rooms = ConnectionLimits(clock), Rooms(clock)
        factory = AuctionFactory(rooms.main, connections=connections)
        ports = [("tcp:4000", factory), ("haproxy:tcp:4001", factory)]
        service = AuctionService(ports, clock, announced.append, connections, rooms)
        for starts in (1, 2, 3):
            if starts != 2:  # as twistd does it, and as twist does
                service.privilegedStartService()
            service.startService()
            self.assertEqual(announced, [READY] * starts)
            self.assertEqual([port[0] for port in clock.tcpServers], [4000, 4001] * starts)
            public: Any
            public, proxied = (port[1] for port in clock.tcpServers[-2:])
            self.assertIs(public, factory)
            self.assertIsInstance(proxied, ProxiedFactory)
            visitor = Visitor(public, IPv4Address("TCP", "127.0.0.1", 50001))
            self.assertEqual(
                visitor.reads(), ["Your role is: [Seller]", "Please submit auction request:"]
            )
            stopped = service.stopService()
            self.assertEqual(
                visitor.reads(), ["The Auctioneer is closing. This auction has no result."]
            )
            visitor.goes()
            self.successResultOf(stopped)
            self.assertEqual(service.running, 0)

    def test_goes_on_after_a_restart(self) -> None:
        """The operator reads how many auctions were on before."""
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        clock = MemoryReactorClock()
        announced: list[str] = []
        connections = ConnectionLimits(clock)
        rooms = Rooms(clock, ledger=Ledger(Path(folder.name, "ledger"), clock, self.fail))
        service = AuctionService([], clock, announced.append, connections, rooms)
        service.startService()
        house = LobbyFactory(rooms, connections)
        visitors = [Visitor(house, IPv4Address("TCP", "127.0.0.1", 50001)) for _ in range(2)]
        for visitor, room in zip(visitors, ("red", "green"), strict=True):
            visitor.types(f"JOIN {room}")
        clock.advance(0)
        stopped = service.stopService()
        for visitor in visitors:
            visitor.goes()
        self.successResultOf(stopped)
        service.startService()
        self.assertEqual(announced, [READY, READY, "Auctions that go on: 2."])
        self.successResultOf(service.stopService())


class UnixReactor:
    """A reactor in memory whose unix sockets are real.

    :ivar modes: those of the sockets that it has made.
    :ivar during: is called while it makes one.
    """

    def __init__(self, reactor: Any, during: Callable[[], object] = lambda: None) -> None:
        self._reactor = reactor
        self._during = during
        self.modes: list[int] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._reactor, name)

    def listenUNIX(
        self,
        address: str,
        factory: Factory,
        backlog: int = 50,
        mode: int = 0,
        wantPID: bool = False,
    ) -> Any:
        assert not wantPID
        self._during()
        with socket.socket(socket.AF_UNIX) as listening:
            try:
                listening.bind(address)
            except OSError as error:
                raise CannotListenError(None, address, error) from None
        self.modes.append(mode)
        return self._reactor.listenUNIX(address, factory, backlog, mode)


class UnixPortTests(SynchronousTestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = Path(folder.name, "socket")
        self.reactor = UnixReactor(MemoryReactorClock())

    def start(self) -> None:
        """Start a service that listens on the socket; it is left behind, as by a kill."""
        connections, rooms = ConnectionLimits(self.reactor._reactor), Rooms(self.reactor._reactor)
        port = f"unix:{self.path}:mode=600"
        AuctionService([(port, Factory())], self.reactor, print, connections, rooms).startService()

    def test_stale(self) -> None:
        """A socket that nobody answers is replaced, whatever lock stands beside it."""
        self.start()
        self.assertTrue(self.path.is_socket())
        old = self.path.stat().st_ino
        keeper = self.path.with_name("keeper")
        os.link(self.path, keeper)  # so that its number is not used again
        os.symlink(str(os.getpid()), f"{self.path}.lock")
        self.start()
        self.assertNotEqual(self.path.stat().st_ino, old)
        self.assertEqual(self.reactor.modes, [0o600, 0o600])

    def test_answered(self) -> None:
        """A server that is alive keeps its socket, also when it is busy or stopped."""
        with socket.socket(socket.AF_UNIX) as other, ExitStack() as clients:
            other.bind(str(self.path))
            other.listen(0)
            for _ in range(3):  # the later ones find no room
                with self.assertRaises(CannotStart) as caught:
                    self.start()
                self.assertEqual(str(caught.exception), f"another server listens on {self.path}.")
                client = clients.enter_context(socket.socket(socket.AF_UNIX))
                client.setblocking(False)
                client.connect_ex(str(self.path))
            self.assertTrue(self.path.is_socket())
        self.assertEqual(self.reactor.modes, [])

    def test_other_files(self) -> None:
        """Nothing else is removed."""
        for make in (self.path.touch, self.path.mkdir, lambda: self.path.symlink_to("nowhere")):
            make()
            with self.assertRaises(CannotStart) as caught:
                self.start()
            self.assertEqual(
                str(caught.exception),
                f"cannot listen on unix:{self.path}:mode=600: Address already in use",
            )
            self.assertTrue(os.path.lexists(self.path))
            self.path.rmdir() if self.path.is_dir() else self.path.unlink()

    def test_two_servers_at_a_time(self) -> None:
        """While one looks and binds, the other waits, and then finds that the first one answers."""
        met: list[bool] = []

        def during() -> None:
            folder = os.open(self.path.parent, os.O_RDONLY)
            try:
                fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                met.append(True)
            finally:
                os.close(folder)

        self.reactor = UnixReactor(MemoryReactorClock(), during)
        self.start()
        self.assertEqual(met, [True])

    def test_locked_folder(self) -> None:
        """A program that keeps the folder locked holds the start up for a moment, not for ever."""
        slept: list[float] = []
        self.patch(listening, "sleep", slept.append)
        folder = os.open(self.path.parent, os.O_RDONLY)
        try:
            fcntl.flock(folder, fcntl.LOCK_SH | fcntl.LOCK_NB)
            with self.assertRaises(CannotStart) as caught:
                self.start()
        finally:
            os.close(folder)
        self.assertEqual(
            str(caught.exception),
            f"another program has the folder {self.path.parent} locked: end it, or name a socket "
            "in another folder.",
        )
        self.assertEqual(slept, [0.1] * 10)
        self.assertFalse(self.path.exists())

    def test_briefly_locked_folder(self) -> None:
        """A server that has looked and bound lets the next one look."""
        folder = os.open(self.path.parent, os.O_RDONLY)
        fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        self.patch(listening, "sleep", lambda seconds: os.close(folder))
        self.start()
        self.assertTrue(self.path.is_socket())

    def test_unprivileged(self) -> None:
        """A socket is made by the user who the server becomes, and so belongs to it."""
        connections, rooms = ConnectionLimits(self.reactor._reactor), Rooms(self.reactor._reactor)
        ports = [("tcp:1", Factory()), (f"haproxy:unix:{self.path}", Factory())]
        service = AuctionService(ports, self.reactor, print, connections, rooms)
        service.privilegedStartService()
        self.assertEqual(len(self.reactor.tcpServers), 1)
        self.assertFalse(self.path.exists())
        service.startService()
        self.assertEqual(len(self.reactor.tcpServers), 1)
        self.assertTrue(self.path.is_socket())
