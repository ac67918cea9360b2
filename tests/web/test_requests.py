"""Requests of browsers, and their limits."""

from tests.web.support import Answer, Browser, SiteTestCase, needs_web
from twisted_auction.server.limits import CLOSE_TIMEOUT, REFUSAL_DELAY, Limits
from twisted_auction.web.browsers import BROWSER_CONNECTIONS, PAGE_REQUESTS, REQUEST_TIMEOUT


@needs_web
class HeaderTests(SiteTestCase):
    def test_every_answer(self) -> None:
        """It has the fields that keep others out, and does not name the program's version."""
        for line in ("GET /", "GET /nowhere", "HEAD /robots.txt", "DELETE /", "GET /join/x"):
            fields = self.ask(line).fields
            self.assertIn("default-src 'none'", fields["content-security-policy"])
            self.assertIn("frame-ancestors 'none'", fields["content-security-policy"])
            self.assertEqual(fields["referrer-policy"], "no-referrer")
            self.assertEqual(fields["x-content-type-options"], "nosniff")
            self.assertIn("camera=()", fields["permissions-policy"])
            self.assertNotIn("strict-transport-security", fields)
            self.assertEqual(fields["server"], "auction")

    def test_parts(self) -> None:
        """Scripts and styles have only the fields that browsers obey there."""
        for name in ("bid.js", "style.css"):
            fields = self.ask(f"GET /static/{name}").fields
            self.assertEqual(fields["x-content-type-options"], "nosniff")
            self.assertEqual(fields["cross-origin-resource-policy"], "same-origin")
            self.assertNotIn("content-security-policy", fields)

    def test_tls_of_a_proxy(self) -> None:
        self.site = self.make_site(address="https://example.org")
        self.assertIn("max-age=", self.ask("GET /robots.txt").fields["strict-transport-security"])


@needs_web
class MalformedTests(SiteTestCase):
    def test_host(self) -> None:
        for host in ("a b", "a/b", "a,b", "", "a:b", "[::1", "a\tb", "é"):
            self.assertEqual(self.ask("GET /health", host=host).status, 400, host)
        for host in ("Example.org:8080", "[::1]:8080", "127.0.0.1"):
            self.assertEqual(self.ask("GET /health", host=host).status, 200, host)

    def test_no_host(self) -> None:
        browser = Browser(self.site)
        answer = browser.send(b"GET /health HTTP/1.1\r\n\r\n")
        self.assertTrue(answer.startswith(b"HTTP/1.1 400 Bad Request\r\n"))
        self.assertTrue(browser.transport.disconnecting)

    def test_check_of_a_proxy(self) -> None:
        """Proxies check the health by HTTP/1.0, without a host. Such a request has no origin."""
        answer = Answer(Browser(self.site).send(b"GET /health HTTP/1.0\r\n\r\n"))
        self.assertEqual((answer.status, answer.text), (200, "ok\n"))
        for origin in (b"http://", b"http://none", b"null"):
            request = b"POST /forget HTTP/1.0\r\nOrigin: " + origin + b"\r\n\r\n"
            self.assertEqual(Answer(Browser(self.site).send(request)).status, 403)

    def test_two_hosts(self) -> None:
        self.assertEqual(self.ask("GET /health", "Host: other").status, 400)

    def test_body(self) -> None:
        for field in ("Content-Length: 10000000", "Transfer-Encoding: chunked"):
            browser = Browser(self.site)
            self.assertEqual(browser.ask("POST /forget", field).status, 413)
            self.assertTrue(browser.transport.disconnecting)
            self.assertEqual(browser.send(b"x" * 65536), b"")

    def test_long_line(self) -> None:
        for data in (b"GET /" + b"x" * 9000, b"GET /" + b"x" * 9000 + b" HTTP/1.1\r\n\r\n"):
            browser = Browser(self.site)
            self.assertIn(b" 431 ", browser.send(data))
            self.assertTrue(browser.transport.disconnecting)

    def test_long_header(self) -> None:
        browser = Browser(self.site)
        field = b"X: " + b"y" * 4000 + b"\r\n"
        self.assertIn(b" 400 ", browser.send(b"GET / HTTP/1.1\r\n" + field * 3))
        self.assertTrue(browser.transport.disconnecting)

    def test_many_fields(self) -> None:
        browser = Browser(self.site)
        self.assertIn(b" 400 ", browser.send(b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 100 + b"\r\n"))
        self.assertTrue(browser.transport.disconnecting)

    def test_folded_field(self) -> None:
        for blank in (b" ", b"\t"):
            browser = Browser(self.site)
            request = b"GET /health HTTP/1.1\r\nHost: a\r\nX: y\r\n" + blank + b"z\r\n\r\n"
            self.assertIn(b" 400 ", browser.send(request))
            self.assertTrue(browser.transport.disconnecting)

    def test_no_http(self) -> None:
        browser = Browser(self.site)
        self.assertIn(b" 400 ", browser.send(b"LIST\r\n"))
        self.assertTrue(browser.transport.disconnecting)


@needs_web
class PipelineTests(SiteTestCase):
    def test_one_answer(self) -> None:
        """Requests that come in one piece are not all answered in one turn of the reactor."""
        browser = Browser(self.site)
        request = b"GET /health HTTP/1.1\r\nHost: a\r\n\r\n"
        answer = browser.send(request * 1000)
        self.assertEqual(answer.count(b"HTTP/1.1 200 OK"), 1)
        self.assertIn(b"Connection: close\r\n", answer)
        self.assertTrue(browser.transport.disconnecting)

    def test_one_after_another(self) -> None:
        browser = Browser(self.site)
        for _ in range(3):
            self.assertEqual(browser.ask("GET /health").status, 200)
        self.assertFalse(browser.transport.disconnecting)


@needs_web
class DeadlineTests(SiteTestCase):
    def test_slow_header(self) -> None:
        """Single bytes do not restart the deadline, and a client that does not read is cut."""
        browser = Browser(self.site)
        for letter in b"GET / HTTP/1.1\r\nHost:"[: int(REQUEST_TIMEOUT)]:
            self.assertFalse(browser.transport.disconnecting)
            browser.send(bytes([letter]))
            self.clock.advance(1)
        self.assertTrue(browser.transport.disconnecting)
        self.assertFalse(browser.transport.disconnected)
        self.clock.advance(CLOSE_TIMEOUT)
        self.assertTrue(browser.transport.disconnected)

    def test_idle(self) -> None:
        """The deadline begins anew with each answer."""
        browser = Browser(self.site)
        for _ in range(3):
            self.clock.advance(REQUEST_TIMEOUT - 1)
            browser.ask("GET /health")
        self.assertFalse(browser.transport.disconnecting)
        self.clock.advance(REQUEST_TIMEOUT)
        self.assertTrue(browser.transport.disconnecting)

    def test_end(self) -> None:
        """Nothing is left of a connection."""
        browser = Browser(self.site)
        browser.ask("GET /health")
        browser.lose()
        self.assertEqual(self.clock.getDelayedCalls(), [])
        self.assertEqual(self.connections.count, 0)

    def test_stop(self) -> None:
        """Idle connections are closed with the port."""
        browser = Browser(self.site)
        self.site.stopFactory()
        self.assertTrue(browser.transport.disconnecting)


@needs_web
class PeerTests(SiteTestCase):
    limits = Limits(max_connections=0, max_per_peer=1, max_new_per_minute=1)

    def test_connections(self) -> None:
        """A browser has six connections to a host."""
        for _ in range(BROWSER_CONNECTIONS):
            self.assertFalse(Browser(self.site).transport.disconnected)
        self.assertTrue(Browser(self.site).transport.disconnected)
        self.assertFalse(Browser(self.site, "192.0.2.2").transport.disconnected)
        self.assertEqual(self.connections.count, BROWSER_CONNECTIONS + 1)

    def test_requests(self) -> None:
        browser = Browser(self.site)
        for _ in range(PAGE_REQUESTS):
            self.assertEqual(browser.ask("GET /health").status, 200)
        self.assertEqual(browser.send(b"GET /health HTTP/1.1\r\nHost: a\r\n\r\n"), b"")
        self.assertEqual(browser.transport.producerState, "paused")
        self.clock.advance(REFUSAL_DELAY)
        answer = Answer(bytes(browser.transport.value()))
        self.assertEqual(answer.status, 429)
        self.assertTrue(browser.transport.disconnecting)

    def test_ban(self) -> None:
        browser = Browser(self.site)
        self.connections.ban("192.0.2.1", 60)
        self.assertEqual(browser.send(b"GET /health HTTP/1.1\r\nHost: a\r\n\r\n"), b"")
        self.assertTrue(Browser(self.site).transport.disconnected)

    def test_proxy(self) -> None:
        """Behind a proxy, each client counts for itself; only the proxy is believed."""
        self.site = self.make_site(proxy="192.0.2.9")
        for number in range(BROWSER_CONNECTIONS + 1):
            browser = Browser(self.site, "192.0.2.9")
            field = f"X-Forwarded-For: 192.0.2.1, 198.51.100.{number}"
            self.assertEqual(browser.ask("GET /health", field).status, 200)
        browser = Browser(self.site, "192.0.2.3")
        for number in range(PAGE_REQUESTS):
            browser.ask("GET /health", f"X-Forwarded-For: 198.51.100.{number}")
        request = b"GET /health HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 203.0.113.1\r\n\r\n"
        self.assertEqual(browser.send(request), b"")


@needs_web
class FullTests(SiteTestCase):
    limits = Limits(max_connections=1)

    def test_full(self) -> None:
        """All ports of a server share its descriptors."""
        Browser(self.site)
        self.assertTrue(Browser(self.site, "192.0.2.2").transport.disconnected)
