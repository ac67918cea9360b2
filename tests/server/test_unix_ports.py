import fcntl
import os
import socket
import tempfile
from contextlib import ExitStack
from pathlib import Path

from twisted.internet.protocol import Factory
from twisted.internet.testing import MemoryReactorClock
from twisted.trial.unittest import SynchronousTestCase

from tests.server.unix_reactor import UnixReactor
from twisted_auction.house.rooms import Rooms
from twisted_auction.server import unix_ports
from twisted_auction.server.endpoints import CannotStart
from twisted_auction.server.limits import ConnectionLimits
from twisted_auction.server.service import AuctionService


class UnixPortTests(SynchronousTestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = Path(folder.name, "socket")
        self.reactor = UnixReactor(MemoryReactorClock())

    def start(self) -> None:
        """Start a service on the socket, and leave the socket behind, as a killed server does."""
        connections, rooms = ConnectionLimits(self.reactor._reactor), Rooms(self.reactor._reactor)
        port = f"unix:{self.path}:mode=600"
        AuctionService([(port, Factory())], self.reactor, print, connections, rooms).startService()

    def test_stale(self) -> None:
        """A socket without a server is replaced, also if Twisted's lock file is beside it."""
        self.start()
        self.assertTrue(self.path.is_socket())
        old = self.path.stat().st_ino
        keeper = self.path.with_name("keeper")
        os.link(self.path, keeper)  # so that its inode is not used again
        os.symlink(str(os.getpid()), f"{self.path}.lock")
        self.start()
        self.assertNotEqual(self.path.stat().st_ino, old)
        self.assertEqual(self.reactor.modes, [0o600, 0o600])

    def test_answered(self) -> None:
        """A running server keeps its socket, also when it is busy or stopped."""
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
        """Files of other kinds are not removed."""
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
        """The second server waits until the first one has bound, and then finds that it answers."""
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
        """A program that keeps the folder locked delays the start for one second, not for ever."""
        slept: list[float] = []
        self.patch(unix_ports, "sleep", slept.append)
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
        """A server that waits for the folder starts once the lock is released."""
        folder = os.open(self.path.parent, os.O_RDONLY)
        fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        self.patch(unix_ports, "sleep", lambda seconds: os.close(folder))
        self.start()
        self.assertTrue(self.path.is_socket())

    def test_unprivileged(self) -> None:
        """The socket is made after the change of the user, so it belongs to the server's user."""
        connections, rooms = ConnectionLimits(self.reactor._reactor), Rooms(self.reactor._reactor)
        ports = [("tcp:1", Factory()), (f"haproxy:unix:{self.path}", Factory())]
        service = AuctionService(ports, self.reactor, print, connections, rooms)
        service.privilegedStartService()
        self.assertEqual(len(self.reactor.tcpServers), 1)
        self.assertFalse(self.path.exists())
        service.startService()
        self.assertEqual(len(self.reactor.tcpServers), 1)
        self.assertTrue(self.path.is_socket())
