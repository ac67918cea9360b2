"""The settings of the page."""

from pathlib import Path
from tempfile import TemporaryDirectory

from twisted.trial.unittest import SynchronousTestCase

from twisted_auction.web.settings import (
    CLEAR_CODES,
    NO_FOLDER,
    SiteSettings,
    address_of,
    greetings,
)


class SettingsTests(SynchronousTestCase):
    def test_address(self) -> None:
        for address in (
            "",
            "https://example.org",
            "http://example.org:8080",
            "http://192.0.2.1",
            "https://[2001:db8::1]:8443",
        ):
            SiteSettings(address=address)
        for address in (
            "example.org",
            "ftp://example.org",
            "https://example.org/",
            "https://example.org/sale",
            "https://example.org?x",
            "https://user@example.org",
            "https://",
            "https://a b",
            "https://example.org:0",
            "https://example.org:99999",
            "https://[::1",
            'https://a"b',
        ):
            with self.assertRaises(ValueError, msg=address) as caught:
                SiteSettings(address=address)
            self.assertIn("address must be such as https://example.org", str(caught.exception))

    def test_proxy(self) -> None:
        SiteSettings(proxy="127.0.0.1")
        SiteSettings(proxy="::1")
        with self.assertRaisesRegex(ValueError, "proxy must be an IP address.*'localhost'"):
            SiteSettings(proxy="localhost")


class AddressTests(SynchronousTestCase):
    def test_address(self) -> None:
        for description, address in [
            ("tcp:8080", "http://127.0.0.1:8080"),
            ("tcp:port=80", "http://127.0.0.1"),
            ("tcp:8080:interface=192.0.2.1", "http://192.0.2.1:8080"),
            ("tcp:8080:backlog=5:interface=0.0.0.0", "http://127.0.0.1:8080"),
            ("tcp6:8080", "http://[::1]:8080"),
            ("tcp6:8080:interface=2001\\:db8\\:\\:1", "http://[2001:db8::1]:8080"),
            ("ssl:443:privateKey=k:certKey=c", "https://127.0.0.1"),
            ("haproxy:tcp:8080:interface=127.0.0.1", "http://127.0.0.1:8080"),
            ("unix:web.socket", ""),
            ("systemd:domain=INET:index=0", ""),
        ]:
            self.assertEqual(address_of(description), address)

    def test_greetings(self) -> None:
        here = "The page is at http://127.0.0.1:8080/"
        self.assertEqual(greetings("tcp:8080", SiteSettings(), False), [here])
        clear = CLEAR_CODES.format(address="http://127.0.0.1:8080")
        self.assertEqual(greetings("tcp:8080", SiteSettings(), True), [here, clear])
        behind = SiteSettings(address="https://example.org")
        self.assertEqual(
            greetings("tcp:8080", behind, True), ["The page is at https://example.org/"]
        )
        unix = ["The page is at unix:web.socket"]
        self.assertEqual(greetings("unix:web.socket", SiteSettings(), True), unix)
        tls = ["The page is at https://127.0.0.1:8443/"]
        self.assertEqual(greetings("ssl:8443:privateKey=k", SiteSettings(), True), tls)

    def test_missing_pictures(self) -> None:
        """An organiser hears of a picture that nobody will see before the sale."""
        named = ["desk.jpg", "lamp.jpg"]
        told = greetings("tcp:8080", SiteSettings(), False, named)
        self.assertEqual(told[1:], [NO_FOLDER])
        with TemporaryDirectory() as name:
            folder = Path(name)
            settings = SiteSettings(pictures=folder)
            (folder / "desk.jpg").touch()
            told = greetings("tcp:8080", settings, False, named)
            self.assertEqual(
                told[1:], [f"Pictures of the catalogue that are not in {folder}: lamp.jpg."]
            )
            (folder / "lamp.jpg").touch()
            self.assertEqual(greetings("tcp:8080", settings, False, named)[1:], [])
            many = [f"{number}.png" for number in range(7)]
            (line,) = greetings("tcp:8080", settings, False, many)[1:]
            self.assertTrue(line.endswith(": 0.png, 1.png, 2.png, 3.png, 4.png, and 2 more."), line)
