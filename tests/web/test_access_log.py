"""The log of requests."""

from typing import Any

from twisted.logger import LogEvent, formatEvent, globalLogPublisher

from tests.web.support import SiteTestCase, needs_web, paddles
from twisted_auction.web.access_log import LINES_PER_SECOND, masked


@needs_web
class AccessLogTests(SiteTestCase):
    people = paddles(17)

    def setUp(self) -> None:
        super().setUp()
        self.events: list[LogEvent] = []
        observer: Any = self.events.append
        globalLogPublisher.addObserver(observer)
        self.addCleanup(globalLogPublisher.removeObserver, observer)
        self.site = self.make_site(log_requests=True)

    def lines(self) -> list[str]:
        return [
            formatEvent(event) for event in self.events if event["log_namespace"] == "auction.web"
        ]

    def test_line(self) -> None:
        self.ask("GET /health?x=K7QM-2X9T-P4HC", "Cookie: auction=K7QM-2X9T-P4HC")
        self.assertEqual(self.lines(), ["GET /health: 200, 3 bytes"])

    def test_no_code(self) -> None:
        for path in ("/join/K7QM", "/%6aoin/K7QM", "//Join/K7QM", "/x/join/K7QM"):
            self.ask(f"GET {path}")
        self.assertEqual({line.partition(":")[0] for line in self.lines()}, {"GET /join/..."})
        self.assertEqual(len(self.lines()), 4)

    def test_odd_path(self) -> None:
        self.assertEqual(masked(b"/\x1b[31m\xe9"), "/\\x1b[31m\\xe9")
        self.assertEqual(len(masked(b"/" + b"x" * 5000)), 100)

    def test_flood(self) -> None:
        for _ in range(LINES_PER_SECOND + 7):
            self.ask("GET /health")
        self.assertEqual(len(self.lines()), LINES_PER_SECOND)
        self.clock.advance(1)
        self.ask("GET /health")
        more = self.lines()[LINES_PER_SECOND:]
        self.assertEqual(more, ["Requests that are not logged: 7", "GET /health: 200, 3 bytes"])

    def test_off(self) -> None:
        """Without the option there is no line at all, also none of Twisted's own."""
        self.site = self.make_site()
        before = len(self.events)
        for line in ("GET /health", "HEAD /protocol.json", "GET /join/K7QM", "POST /"):
            self.ask(line)
        self.assertEqual(self.events[before:], [])
