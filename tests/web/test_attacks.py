"""Attacks on the site: the time of the reactor that each can take, and over real connections."""

import contextlib
import time

from tests.processes import PATIENCE, TWISTD, StrangerTestCase, free_port
from tests.web.support import Browser, SiteTestCase, needs_web

PIECE = 65536
"""Bytes that a transport reads at once."""

MOST = 0.02
"""Seconds of the processor that a piece may take."""

GET = b"GET /health HTTP/1.1\r\nHost: example.org\r\n"

ATTACKS = {
    "a body": b"POST /forget HTTP/1.1\r\nHost: a\r\nContent-Length: 10000000\r\n"
    b"Content-Type: application/x-www-form-urlencoded\r\n\r\n" + b"a=b&" * 2_500_000,
    "chunks": b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
    + b"1\r\na\r\n" * 99999,
    "pipelining": (GET + b"\r\n") * 10_000,
    "pipelining of short requests": b"GET / HTTP/1.1\r\n\r\n" * 10_000,
    "empty lines": b"\r\n" * 100_000,
    "a long address": b"GET /" + b"a" * 1_000_000 + b" HTTP/1.1\r\n\r\n",
    "a long query": b"GET /?" + b"a=&" * 2_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n",
    "percent signs": b"GET /" + b"%25" * 2_500 + b" HTTP/1.1\r\nHost: a\r\n\r\n",
    "many fields": GET + b"a: b\r\n" * 100_000,
    "a long field": GET + b"a: " + b"b" * 1_000_000,
    "a field of many lines": GET + b"a: b\r\n" + b" c\r\n" * 100_000,
    "many cookies": GET + b"Cookie: " + b"a=b;" * 1_900 + b"\r\n\r\n",
    "many tags": GET + b"If-None-Match: " + b'"a",' * 1_900 + b"\r\n\r\n",
    "NUL": b"GET /static/%00 HTTP/1.1\r\nHost: a\r\n\r\n" + b"\0" * 100_000,
    "no HTTP": b"\xff" * 1_000_000,
}


@needs_web
class CostTests(SiteTestCase):
    def test_each_piece(self) -> None:
        for name, data in ATTACKS.items():
            browser = Browser(self.site)
            longest = 0.0
            for at in range(0, len(data), PIECE):
                if browser.transport.disconnecting:
                    break
                began_at = time.thread_time()
                browser.send(data[at : at + PIECE])
                longest = max(longest, time.thread_time() - began_at)
            self.assertLess(longest, MOST, name)
            self.assertLess(len(browser.channel.requests), 2, name)

    def test_byte_by_byte(self) -> None:
        """Small pieces are no way around the limits."""
        browser = Browser(self.site)
        field = b"a: " + b"b" * 100 + b"\r\n"
        began_at = time.thread_time()
        for byte in GET + field * 100:
            if browser.transport.disconnecting:
                break
            browser.send(bytes([byte]))
        self.assertTrue(browser.transport.disconnecting)
        self.assertLess((time.thread_time() - began_at) / 8192, MOST / 100)


@needs_web
class RealTests(StrangerTestCase):
    """Each attack ends with its own connection, and others are served meanwhile."""

    def setUp(self) -> None:
        super().setUp()
        self.web = free_port()
        server = self.ready(
            *TWISTD, "--port", str(free_port()), "--lobby", str(self.port), "--web", str(self.web)
        )
        server.read_until(f"The page is at http://127.0.0.1:{self.web}/\n")
        self.twistd = server

    def attack(self, data: bytes) -> bytes:
        """Send this on a new connection, and return all answers until the server closes it."""
        stranger = self.connect(self.web)
        stranger.settimeout(PATIENCE)
        with contextlib.suppress(ConnectionError):
            stranger.sendall(data)
        return self.read(stranger)

    def test_all(self) -> None:
        for name, data in ATTACKS.items():
            if name == "a long query" or (data.endswith(b"\r\n\r\n") and "pipelining" not in name):
                continue  # one answer, and then the connection waits for the next request
            answer = self.attack(data)
            self.assertLess(answer.count(b"HTTP/1.1 "), 2, name)
        self.assertEqual(self.ping(), b"Pong: x\r\n")
        answer = self.attack(GET + b"Connection: close\r\n\r\n")
        self.assertTrue(answer.startswith(b"HTTP/1.1 200 OK\r\n"), answer)
        self.assertNotIn("Traceback", self.twistd.text)

    def test_idle(self) -> None:
        """A hundred silent connections and a hundred slow ones hold nobody up."""
        for _ in range(100):
            self.connect(self.web)
        slow = [self.connect(self.web) for _ in range(100)]
        for byte in GET[:20]:
            for connection in slow:
                connection.sendall(bytes([byte]))
        self.assertEqual(self.ping(), b"Pong: x\r\n")
        self.assertTrue(self.attack(GET + b"Connection: close\r\n\r\n").startswith(b"HTTP/1.1 200"))

    def test_single_requests(self) -> None:
        for request, status in [
            (b"GET /static/%00 HTTP/1.1\r\nHost: a", 404),
            (b"GET /static/../../etc/passwd HTTP/1.1\r\nHost: a", 404),
            (b"GET /%2e%2e/%2e%2e/etc/passwd HTTP/1.1\r\nHost: a", 404),
            (b"HEAD /health HTTP/1.1\r\nHost: a", 200),
            (b"GET /health HTTP/1.1", 400),
            (b"GET /health HTTP/1.1\r\nHost: a\r\nHost: b", 400),
            (b"GET /health HTTP/1.1\r\nHost: a/b", 400),
            (b"GET /health HTTP/1.1\r\nHost: a\r\nContent-Length: -1", 400),
            (b"GET /health HTTP/1.1\r\nHost: a\r\nContent-Length: 0, 5", 400),
            (b"GET /health HTTP/1.1\r\nHost: a\r\nContent-Length: 5", 413),
            (b"OPTIONS * HTTP/1.1\r\nHost: a", 200),
            (b"CONNECT example.org:443 HTTP/1.1\r\nHost: a", 405),
            (b"GET http://example.org/health HTTP/1.1\r\nHost: a", 404),
            (b"PRI * HTTP/2.0\r\nHost: a", 400),
        ]:
            answer = self.attack(request + b"\r\nConnection: close\r\n\r\n")
            self.assertEqual(answer.split()[1:2], [b"%d" % status], request)
        self.assertNotIn("Traceback", self.twistd.text)

    def ping(self) -> bytes:
        """Say something in the lobby."""
        polite = self.connect()
        polite.sendall(b"PING x\r\n")
        return self.read(polite, 9)
