"""A running server behind a proxy: the PROXY header, TLS, and a real HAProxy."""

import contextlib
import re
import shutil
import socket
import ssl
import subprocess
import time
from pathlib import Path
from unittest import skipUnless

from tests.processes import PATIENCE, TWISTD, Piped, StrangerTestCase, certify, free_port

SELLER = b"Your role is: [Seller]\r\nPlease submit auction request:\r\n"
BUSY = b"Server busy!\r\n"
SIGNATURE = b"\r\n\r\n\x00\r\nQUIT\n"
LOCAL = SIGNATURE + b"\x20\x00\x00\x00"


def v2(host: str, port: int) -> bytes:
    """The header of a client, in version 2."""
    ends = socket.inet_aton(host) + socket.inet_aton("198.51.100.1")
    ends += port.to_bytes(2, "big") + (4000).to_bytes(2, "big")
    return SIGNATURE + b"\x21\x11" + len(ends).to_bytes(2, "big") + ends


class ProxyTestCase(StrangerTestCase):
    def setUp(self) -> None:
        super().setUp()
        certify(self.folder)
        self.keys = f"privateKey={self.folder / 'key.pem'}:certKey={self.folder / 'cert.pem'}"
        self.trust = ssl.create_default_context(cafile=str(self.folder / "cert.pem"))

    def serve(self, *options: str) -> Piped:
        return self.ready(*TWISTD, "--log-events", *options)

    def secured(self, connection: socket.socket) -> ssl.SSLSocket:
        # Made before its handshake, which may fail, so that it is closed then as well.
        connection = self.trust.wrap_socket(
            connection, server_hostname="localhost", do_handshake_on_connect=False
        )
        self.addCleanup(connection.close)
        connection.do_handshake()
        return connection


class SecuredTests(ProxyTestCase):
    """On a ``haproxy:ssl:`` endpoint the header comes first, and then TLS."""

    def listen(self, *options: str, option: str = "--port") -> Piped:
        endpoint = f"haproxy:ssl:{self.port}:interface=127.0.0.1:{self.keys}"
        return self.serve(option, endpoint, *options)

    def enters(self, header: bytes) -> ssl.SSLSocket:
        connection = self.connect()
        connection.sendall(header)
        return self.secured(connection)

    def test_auction(self) -> None:
        server = self.listen("--settle", "0")
        seller = self.enters(v2("192.0.2.7", 1234))
        self.assertEqual(self.read(seller, len(SELLER)), SELLER)
        server.read_until("Seller is connected from 192.0.2.7:1234\n")
        self.assertEqual(self.read(self.enters(v2("192.0.2.8", 1))), BUSY)
        seller.sendall(b"1 100 1 Sword\n")
        self.assertEqual(self.read(seller, 41), b"Auction request received: 1 100 1 Sword\r\n")
        header = b"PROXY TCP6 2001:db8::9 ::1 99 4000\r\n"
        buyer = self.enters(header)
        server.read_until("Buyer 1 is connected from [2001:db8::9]:99\n")
        buyer.sendall(b"150\n")
        self.assertIn(b"You won this item Sword! Your payment due is $150", self.read(buyer))

    def test_full(self) -> None:
        """A connection without a header counts; further ones are closed without a message."""
        self.listen("--max-connections", "1")
        self.connect()
        busy = self.connect()
        with contextlib.suppress(ConnectionResetError):
            self.assertEqual(busy.recv(1), b"")

    def test_header_and_hello_in_one_segment(self) -> None:
        """They may come together, or in any pieces."""
        self.listen()
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        client = self.trust.wrap_bio(incoming, outgoing, server_hostname="localhost")
        with self.assertRaises(ssl.SSLWantReadError):
            client.do_handshake()
        connection = self.connect()
        connection.sendall(v2("192.0.2.7", 1234) + outgoing.read())
        while True:
            incoming.write(connection.recv(65536))
            try:
                heard = client.read()
                break
            except ssl.SSLWantReadError:
                with contextlib.suppress(ssl.SSLWantReadError):
                    client.do_handshake()
                connection.sendall(outgoing.read())
        self.assertEqual(heard, SELLER)

    def test_own_connection(self) -> None:
        """It gets its handshake, and nothing else."""
        server = self.listen("--handshake-timeout", "1")
        own = self.enters(LOCAL)
        seller = self.enters(v2("192.0.2.7", 1234))
        self.assertEqual(self.read(seller, len(SELLER)), SELLER)
        server.read_until("Seller is connected from 192.0.2.7:1234\n")
        self.assertEqual(self.read(own), b"")
        self.assertEqual(server.text.count("connected"), 1)

    def test_handshake(self) -> None:
        """It must arrive in time; until then, the connection is no participant."""
        server = self.listen("--handshake-timeout", "1")
        strangers = [self.connect() for _ in range(4)]
        header = v2("192.0.2.7", 1234)
        for stranger, data in zip(
            strangers,
            (b"", header, header + b"\x16\x03\x01\x02\x00", b"\x16\x03\x01\x02\x00"),
            strict=True,
        ):
            stranger.sendall(data)
        for stranger in strangers:
            self.assertEqual(self.read(stranger), b"")
        self.assertEqual(self.read(self.enters(header), len(SELLER)), SELLER)
        server.read_until("Seller is connected from 192.0.2.7:1234\n")
        self.assertEqual(server.text.count("connected"), 1)

    def test_too_many(self) -> None:
        """Those behind the proxy are counted; nothing can be said before a handshake."""
        self.listen("--max-per-peer", "1")
        seller = self.enters(v2("192.0.2.7", 1))
        self.assertEqual(self.read(seller, len(SELLER)), SELLER)
        with self.assertRaises((ssl.SSLError, ConnectionError)):
            self.enters(v2("192.0.2.7", 2))
        self.assertEqual(self.read(self.enters(v2("192.0.2.8", 1))), BUSY)

    def test_deaf(self) -> None:
        """Unsent bytes beneath TLS are limited, too, for a client that does not read."""
        options = ["--port", str(free_port()), "--line-rate", "0"]
        server = self.listen(*options, option="--lobby")
        deaf = self.enters(v2("192.0.2.7", 1))
        with contextlib.suppress(OSError):
            deaf.sendall(b"HELP\n" * 100_000)
        server.read_until("is cut off: it does not read.\n")
        polite = self.enters(v2("192.0.2.7", 2))
        polite.sendall(b"PING x\n")
        self.assertEqual(self.read(polite, 9), b"Pong: x\r\n")


@skipUnless(shutil.which("haproxy"), "HAProxy is not installed")
class HAProxyTests(ProxyTestCase):
    """Behind a real HAProxy, its health checks are no participants, and clients connect."""

    def proxy(self, server: str, address: object = None) -> int:
        """Run HAProxy.

        :param server: what follows the server's address in its configuration.
        :return: its port, once it has seen by a check, if it makes any, that the server is well.
        """
        port = free_port()
        stats = self.folder / f"stats-{port}"
        (self.folder / "haproxy.cfg").write_text(
            f"global\n  stats socket {stats}\n"
            "defaults\n  mode tcp\n"
            "  timeout connect 10s\n  timeout check 5s\n"
            "  timeout client 60s\n  timeout server 60s\n"
            f"listen hall\n  bind 127.0.0.1:{port}\n"
            f"  server house {address or f'127.0.0.1:{self.port}'} {server}\n"
        )
        self.run_proxy(self.folder / "haproxy.cfg")
        deadline = time.monotonic() + PATIENCE
        while True:
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.05)
            with socket.socket(socket.AF_UNIX) as asks:
                try:
                    asks.connect(str(stats))
                except OSError:
                    continue
                asks.sendall(b"show stat -1 4 -1\n")
                rows = [row.split(",") for row in self.read(asks).decode().splitlines()]
            house = dict(zip(rows[0], rows[1], strict=False))
            # A check that is under way has a star.
            if "check" not in server or house["check_status"].strip("* ") in ("L4OK", "L6OK"):
                break
        return port

    def run_proxy(self, configuration: Path) -> None:
        """Run HAProxy until the test is over."""
        process = subprocess.Popen(
            ["haproxy", "-db", "-f", str(configuration)], stderr=subprocess.PIPE
        )

        def end() -> None:
            process.kill()
            process.communicate()

        self.addCleanup(end)

    def check_seller(self, server: Piped, connection: socket.socket) -> None:
        """See that this is the first participant whom the server knows of, by its own address."""
        host, port = connection.getsockname()
        self.assertEqual(self.read(connection, len(SELLER)), SELLER)
        server.read_until(f"Seller is connected from {host}:{port}\n")
        connection.sendall(b"1 100 1 Sword\n")
        self.assertTrue(self.read(connection, 41).startswith(b"Auction request received"))
        time.sleep(0.2)  # for several checks more
        self.assertEqual(server.text.count("connected"), 1)
        connection.close()
        server.read_until("Auction cancelled!")
        self.assertNotIn("PROXY header", server.text)

    def test_checks(self) -> None:
        server = self.serve("--port", f"haproxy:tcp:{self.port}:interface=127.0.0.1")
        for how in (
            "send-proxy check inter 50ms fall 1000",
            "send-proxy-v2 check inter 50ms fall 1000",
            "send-proxy-v2 check check-send-proxy inter 50ms fall 1000",
            # This one comes without a header.
            f"send-proxy check port {self.port} inter 50ms fall 1000",
        ):
            server.text, server._seen = "", 0
            self.check_seller(server, self.connect(self.proxy(how)))

    def test_example(self) -> None:
        """The configuration in the documents is sound, and works with the command above it."""
        text = (Path(__file__).parent.parent / "docs" / "examples" / "haproxy.cfg").read_text()
        (pem,), (front,) = re.findall(r" crt (\S+)", text), re.findall(r"bind :(\d+) ", text)
        (told,) = re.findall(r"auction --port (\S+)\n", text)
        keys = "".join((self.folder / name).read_text() for name in ("cert.pem", "key.pem"))
        (self.folder / "both.pem").write_text(keys)
        port = free_port()
        for old, new in (
            (f":{front} ssl", f"127.0.0.1:{port} ssl"),
            (pem, str(self.folder / "both.pem")),
            ("127.0.0.1:4000 ", f"127.0.0.1:{self.port} "),
        ):
            self.assertEqual(text.count(old), 1, old)
            text = text.replace(old, new)
        checked = self.folder / "checked.cfg"
        checked.write_text(text)
        check = subprocess.run(
            ["haproxy", "-c", "-f", str(checked)], capture_output=True, text=True
        )
        self.assertEqual((check.returncode, "ALERT" in check.stderr), (0, False), check.stderr)
        self.assertNotIn("WARNING", check.stderr)
        server = self.serve("--port", told.replace("4000", str(self.port)))
        self.run_proxy(checked)
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                connection = self.connect(port)
            except ConnectionRefusedError:
                self.assertLess(time.monotonic(), deadline)
                time.sleep(0.05)
            else:
                break
        self.check_seller(server, self.secured(connection))

    def test_checks_of_a_lobby(self) -> None:
        endpoint = f"haproxy:tcp:{self.port}:interface=127.0.0.1"
        self.serve("--port", str(free_port()), "--lobby", endpoint)
        client = self.connect(self.proxy("send-proxy-v2 check inter 50ms fall 1000"))
        client.sendall(b"LIST\n")
        self.assertTrue(self.read(client, 10).startswith(b"Room main:"))

    def test_unix_socket(self) -> None:
        path = self.folder / "house"
        server = self.serve("--port", f"haproxy:unix:{path}")
        self.check_seller(
            server, self.connect(self.proxy("send-proxy check inter 50ms fall 1000", path))
        )

    def test_passing_tls_through(self) -> None:
        server = self.serve("--port", f"haproxy:ssl:{self.port}:interface=127.0.0.1:{self.keys}")
        for how in ("send-proxy-v2", "send-proxy", "send-proxy-v2 check inter 50ms fall 1000"):
            server.text, server._seen = "", 0
            self.check_seller(server, self.secured(self.connect(self.proxy(how))))

    def test_tls_to_the_server(self) -> None:
        """HAProxy's own TLS, also in its checks: without a handshake the server would be down."""
        server = self.serve("--port", f"haproxy:ssl:{self.port}:interface=127.0.0.1:{self.keys}")
        for how in (
            "ssl verify none send-proxy",
            "ssl verify none send-proxy check inter 50ms fall 1000",
            "ssl verify none send-proxy-v2 check inter 50ms fall 1000",
        ):
            server.text, server._seen = "", 0
            self.check_seller(server, self.connect(self.proxy(how)))
