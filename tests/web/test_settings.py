"""The settings of the page."""

from twisted.trial.unittest import SynchronousTestCase

from twisted_auction.web.settings import CLEAR_CODES, SiteSettings, address_of, greetings


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
