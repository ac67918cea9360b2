"""The pictures of lots."""

import os
import tempfile
from pathlib import Path
from typing import Any

from tests.web.support import Answer, Browser, SiteTestCase, needs_web
from twisted_auction.web.browsers import REQUEST_TIMEOUT
from twisted_auction.web.pictures import PART

PICTURE = bytes(range(256)) * 1024


@needs_web
class PictureTests(SiteTestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name) / "pictures"
        self.folder.mkdir()
        (self.folder / "vase.JPG").write_bytes(PICTURE)
        super().setUp()
        self.site = self.make_site(pictures=self.folder)

    def test_picture(self) -> None:
        answer = self.ask("GET /pictures/vase.JPG")
        self.assertEqual((answer.status, answer.body), (200, PICTURE))
        self.assertEqual(answer.fields["content-type"], "image/jpeg")
        self.assertEqual(answer.fields["content-length"], str(len(PICTURE)))

    def test_name(self) -> None:
        for name in ("alte Vase.png", "Väse.webp"):
            (self.folder / name).write_bytes(b"picture")
        self.assertEqual(self.ask("GET /pictures/alte%20Vase.png").body, b"picture")
        self.assertEqual(self.ask("GET /pictures/V%C3%A4se.webp").body, b"picture")

    def test_head(self) -> None:
        answer = self.ask("HEAD /pictures/vase.JPG")
        self.assertEqual((answer.status, answer.body), (200, b""))
        self.assertEqual(answer.fields["content-length"], str(len(PICTURE)))

    def test_not_modified(self) -> None:
        tag = self.ask("HEAD /pictures/vase.JPG").fields["etag"]
        answer = self.ask("GET /pictures/vase.JPG", f"If-None-Match: {tag}")
        self.assertEqual((answer.status, answer.body), (304, b""))
        (self.folder / "vase.JPG").write_bytes(b"another")
        answer = self.ask("GET /pictures/vase.JPG", f"If-None-Match: {tag}")
        self.assertEqual((answer.status, answer.body), (200, b"another"))

    def test_nothing_else(self) -> None:
        """Only plain files in the folder itself are served, and only as images."""
        secret = self.folder.parent / "secret.png"
        secret.write_bytes(b"secret")
        (self.folder / "link.png").symlink_to(secret)
        (self.folder / "folder.png").mkdir()
        (self.folder / "folder.png" / "a.png").write_bytes(b"secret")
        (self.folder / ".hidden.png").write_bytes(b"secret")
        (self.folder / "drawing.svg").write_bytes(b"secret")
        (self.folder / "list.html").write_bytes(b"secret")
        os.mkfifo(self.folder / "pipe.png")
        for name in (
            "",
            "link.png",
            "folder.png",
            "folder.png/a.png",
            ".hidden.png",
            "drawing.svg",
            "list.html",
            "pipe.png",
            "../secret.png",
            "%2e%2e/secret.png",
            "%2e%2e%2fsecret.png",
            "vase.JPG%00",
            "vase.JPG%00.png",
            "vase.JPG/",
            "missing.png",
            "a" * 300 + ".png",
            "%ff.png",
        ):
            answer = self.ask(f"GET /pictures/{name}")
            self.assertEqual(answer.status, 404, name)
            self.assertNotIn("secret", answer.text)

    def test_no_folder(self) -> None:
        self.site = self.make_site()
        self.assertEqual(self.ask("GET /pictures/vase.JPG").status, 404)

    def test_slow(self) -> None:
        """Nothing more is read from the file until the client has read, in time for each part."""
        browser = Browser(self.site)
        sent = self.slow(browser)
        self.assertEqual(len(sent.body), PART)
        for _ in range(3):
            self.clock.advance(REQUEST_TIMEOUT - 1)
            self.read(browser)
        self.assertFalse(browser.transport.disconnecting)
        self.clock.advance(REQUEST_TIMEOUT)
        self.assertTrue(browser.transport.disconnecting)
        browser.lose()

    def test_lost(self) -> None:
        """The file is closed when the connection ends."""
        browser = Browser(self.site)
        self.slow(browser)
        browser.lose()
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_cut_file(self) -> None:
        """A client does not take a shorter file for the whole one."""
        browser = Browser(self.site)
        self.slow(browser)
        os.truncate(self.folder / "vase.JPG", PART + 1)
        for _ in range(2):  # the last bytes, and the end
            self.read(browser)
        answer = Answer(bytes(browser.transport.value()))
        self.assertEqual(len(answer.body), PART + 1)
        self.assertTrue(browser.transport.disconnecting)

    def read(self, browser: Browser) -> None:
        """The client reads what there is."""
        producer: Any = browser.transport.producer
        producer.resumeProducing()

    def slow(self, browser: Browser) -> Answer:
        """Ask for the picture on a connection that takes one part at a time."""
        write = browser.transport.write

        def write_and_fill(data: bytes) -> None:
            write(data)
            producer: Any = browser.transport.producer
            producer.pauseProducing()

        self.patch(browser.transport, "write", write_and_fill)
        return browser.ask("GET /pictures/vase.JPG")
