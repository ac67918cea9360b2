"""The helper for tests with pages sees what it must see; its server here is no auction."""

from pathlib import Path

from tests.browser.pages import BrowserTestCase
from tests.processes import free_port

SERVER = """
import functools, http.server, sys

class Handler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *arguments):
        pass

handler = functools.partial(Handler, directory=sys.argv[2])
server = http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), handler)
print("Serving", flush=True)
server.serve_forever()
"""

GOOD = """<!DOCTYPE html>
<html lang="en"><title>Good</title><meta name="viewport" content="width=device-width">
<link rel="icon" href="data:,"><main><h1>Good</h1></main>
"""


class WatchedTests(BrowserTestCase):
    def setUp(self) -> None:
        super().setUp()
        server = self.piped("-c", SERVER, self.web, str(self.folder))
        server.read_until("Serving\n")

    def seen(self, html: str) -> list[str]:
        """What a page with this text is seen to do."""
        Path(self.folder, "page.html").write_text(GOOD + html)
        self.page = self.phone()
        (watched,) = self.watched
        self.watched.clear()  # its faults are no faults of this test
        self.page.goto(f"{self.origin}/page.html", wait_until="networkidle")
        return [line.replace(self.origin, "") for line in watched.seen]

    def test_nothing(self) -> None:
        self.assertEqual(self.seen(""), [])

    def test_console(self) -> None:
        self.assertEqual(
            self.seen("<script>console.debug('Here.'); undefined.x;</script>"),
            [
                "console: debug: Here.",
                "error: Cannot read properties of undefined (reading 'x')",
            ],
        )

    def test_requests(self) -> None:
        elsewhere = f"http://127.0.0.1:{free_port()}/"
        seen = self.seen(f"<img src=/none.png alt><img src={elsewhere} alt>")
        self.assertEqual(
            sorted(line for line in seen if not line.startswith("console: ")),
            [
                f"elsewhere: {elsewhere}",
                f"failed: {elsewhere}: net::ERR_CONNECTION_REFUSED",
                "refused: /none.png: 404",
            ],
        )

    def test_access(self) -> None:
        self.seen("")
        self.check_access(self.page, "at first")
        self.page.evaluate("document.querySelector('main').append(new Image())")
        with self.assertRaisesRegex(AssertionError, "^then: image-alt: <img>: "):
            self.check_access(self.page, "then")

    def test_width(self) -> None:
        self.seen("")
        self.check_width(self.page, "at first")
        self.page.evaluate("document.body.style.width = '3000px'")
        with self.assertRaisesRegex(AssertionError, "then: wider than the screen"):
            self.check_width(self.page, "then")
