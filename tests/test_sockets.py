import socket

from twisted.internet.testing import StringTransport
from twisted.trial.unittest import SynchronousTestCase

from twisted_auction.sockets import (
    UNSENT_LOWAT,
    enable_keepalive,
    inline_urgent_data,
    lowest_transport,
    send_at_once,
    set_unsent_lowat,
    socket_of,
)


class Layer:
    """A transport on top of another."""

    def __init__(self, transport: object) -> None:
        self.transport = transport


class Bottom:
    """A transport with a socket."""

    def __init__(self, handle: object) -> None:
        self.socket = handle


class SocketTests(SynchronousTestCase):
    def options(self, handle: socket.socket) -> list[int]:
        names = [socket.TCP_KEEPIDLE, socket.TCP_KEEPINTVL, socket.TCP_KEEPCNT]
        tcp = [*names, socket.TCP_USER_TIMEOUT]
        alive = handle.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
        return [alive, *(handle.getsockopt(socket.IPPROTO_TCP, name) for name in tcp)]

    def test_inline_urgent_data(self) -> None:
        """The connections of a port inherit the option."""
        with socket.socket() as port, socket.socket() as theirs:
            port.bind(("127.0.0.1", 0))
            inline_urgent_data(port)
            port.listen()
            theirs.connect(port.getsockname())
            ours, _ = port.accept()
            with ours:
                theirs.sendall(b"\xff")
                theirs.send(b"\xf2", socket.MSG_OOB)
                theirs.sendall(b"150\n")
                theirs.shutdown(socket.SHUT_WR)
                heard = b""
                while data := ours.recv(100):
                    heard += data
                self.assertEqual(heard, b"\xff\xf2150\n")

    def test_enable_keepalive(self) -> None:
        """The connections of a port inherit the options."""
        with socket.socket() as port, socket.socket() as theirs:
            port.bind(("127.0.0.1", 0))
            enable_keepalive(port, 60)
            port.listen()
            theirs.connect(port.getsockname())
            ours, _ = port.accept()
            with ours:
                self.assertEqual(self.options(ours), [1, 30, 10, 3, 60_000])
                enable_keepalive(ours, 1)
                self.assertEqual(self.options(ours), [1, 1, 1, 3, 1000])
                enable_keepalive(ours, 10**18)
                self.assertEqual(self.options(ours), [1, 32767, 10922, 3, 65_534_000])

    def test_set_unsent_lowat(self) -> None:
        with socket.socket() as port, socket.socket() as theirs:
            port.bind(("127.0.0.1", 0))
            set_unsent_lowat(port)
            port.listen()
            theirs.connect(port.getsockname())
            ours, _ = port.accept()
            with ours:
                unsent = ours.getsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT)
            self.assertEqual(unsent, UNSENT_LOWAT)
        with socket.socket(socket.AF_UNIX) as local:
            set_unsent_lowat(local)
        set_unsent_lowat(None)

    def test_send_at_once(self) -> None:
        """The connections of a port inherit the option."""
        with socket.socket() as port, socket.socket() as theirs:
            port.bind(("127.0.0.1", 0))
            send_at_once(port)
            port.listen()
            theirs.connect(port.getsockname())
            ours, _ = port.accept()
            with ours:
                self.assertTrue(ours.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
        with socket.socket(socket.AF_UNIX) as local:
            send_at_once(local)

    def test_never(self) -> None:
        with socket.socket() as handle:
            before = self.options(handle)
            enable_keepalive(handle, 0)
            self.assertEqual(self.options(handle), before)
        with socket.socket(socket.AF_UNIX) as local:
            enable_keepalive(local, 60)
            self.assertEqual(local.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE), 0)
        enable_keepalive(None, 60)

    def test_lowest_transport(self) -> None:
        with socket.socket() as handle:
            bottom = Bottom(handle)
            self.assertIs(lowest_transport(Layer(Layer(bottom))), bottom)
            self.assertIs(socket_of(Layer(bottom)), handle)
        self.assertIsNone(socket_of(StringTransport()))
        self.assertIsNone(socket_of(Layer(Bottom(object()))))
