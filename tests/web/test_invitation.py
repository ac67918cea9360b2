"""The address of the page, for everyone in the hall."""

import json
from unittest import skipUnless
from xml.etree import ElementTree

from tests.web.support import SiteTestCase, needs_web
from twisted_auction.web import invitation
from twisted_auction.web.invitation import HAS_QR_CODES, INTERVAL, MAX_KEPT, can_be_scanned


@needs_web
class AddressTests(SiteTestCase):
    def told(self, host: str) -> dict[str, str]:
        answer = self.ask("GET /join.json", host=host)
        self.assertEqual(answer.fields["cache-control"], "no-store")
        told: dict[str, str] = json.loads(answer.body)
        return told

    def test_own(self) -> None:
        self.patch(invitation, "HAS_QR_CODES", True)
        told = {"address": "http://192.0.2.1:8080/", "qr_code": "/join.svg"}
        self.assertEqual(self.told("192.0.2.1:8080"), told)

    def test_of_the_operator(self) -> None:
        """The name in the request does not count then."""
        self.site = self.make_site(address="https://example.org")
        self.assertEqual(self.told("127.0.0.1:8080")["address"], "https://example.org/")

    def test_without_a_code(self) -> None:
        for host in ("localhost:8080", "127.0.0.2", "[::1]:8080", "a.localhost", "a" * 100):
            self.assertEqual(self.told(host)["qr_code"], "", host)
            answer = self.ask("GET /join.svg", host=host)
            self.assertEqual(answer.status, 404)
        self.patch(invitation, "HAS_QR_CODES", False)
        self.assertEqual(self.told("example.org")["qr_code"], "")
        self.assertIn("twisted-auction[people]", self.ask("GET /join.svg").text)

    def test_can_be_scanned(self) -> None:
        self.assertTrue(can_be_scanned("https://localhost.example.org"))
        self.assertTrue(can_be_scanned("http://[2001:db8::1]:8080"))


@needs_web
@skipUnless(HAS_QR_CODES, "QR codes need the extra people")
class CodeTests(SiteTestCase):
    def test_svg(self) -> None:
        answer = self.ask("GET /join.svg")
        self.assertEqual(answer.status, 200)
        self.assertEqual(answer.fields["content-type"], "image/svg+xml; charset=utf-8")
        root = ElementTree.fromstring(answer.body)
        self.assertEqual(root.tag, "{http://www.w3.org/2000/svg}svg")
        self.assertNotIn(b"style", answer.body)

    def test_rate(self) -> None:
        """A client that invents names does not keep the server busy with drawing."""
        self.assertEqual(self.ask("GET /join.svg", host="a").status, 200)
        answer = self.ask("GET /join.svg", host="b")
        self.assertEqual((answer.status, answer.fields["retry-after"]), (503, "1"))
        self.assertEqual(self.ask("GET /join.svg", host="a").status, 200)
        for number in range(MAX_KEPT):
            self.clock.advance(INTERVAL)
            self.assertEqual(self.ask("GET /join.svg", host=f"c{number}").status, 200)
        self.assertEqual(self.ask("GET /join.svg", host="a").status, 503)
