"""The handshake of the web socket, and its limits."""

import re
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from tests.support import logged_lines
from tests.web.live_support import HOST, MemoryPage, PageHouse
from tests.web.support import Browser, needs_web
from twisted_auction.server.limits import Limits
from twisted_auction.web.settings import missing_extra

if not missing_extra():
    from twisted_auction.web import close_codes

RIGHT = {
    "Upgrade": "websocket",
    "Connection": "keep-alive, Upgrade",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
    "Origin": f"http://{HOST}",
}
"""The header fields of a handshake."""


@needs_web
class HandshakeTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.house = PageHouse()

    def status(self, line: str = "GET /live", host: str = HOST, **changed: str | None) -> int:
        """The status of a handshake with other fields; None for none."""
        fields = RIGHT | {name.replace("_", "-"): text for name, text in changed.items()}
        lines = [f"{name}: {text}" for name, text in fields.items() if text is not None]
        return Browser(self.house.site).ask(line, *lines, host=host).status

    def test_right_one(self) -> None:
        self.assertEqual(self.status(), 101)
        self.assertEqual(self.status(Connection="Upgrade", Upgrade="WebSocket"), 101)
        self.assertEqual(
            self.status(host="EXAMPLE.org:8080", Origin="http://example.org:8080"), 101
        )
        self.assertEqual(self.status(Sec_WebSocket_Protocol="chat"), 101)
        self.assertEqual(self.status(Sec_WebSocket_Extensions="permessage-deflate"), 101)

    def test_answer(self) -> None:
        """No subprotocol and no extension is agreed."""
        page = Browser(self.house.site)
        answer = page.ask(
            "GET /live",
            *(f"{name}: {text}" for name, text in RIGHT.items()),
            "Sec-WebSocket-Extensions: permessage-deflate",
            "Sec-WebSocket-Protocol: chat",
        )
        self.assertEqual(
            answer.fields,
            {
                "upgrade": "websocket",
                "connection": "Upgrade",
                "sec-websocket-accept": "ICX+Yqv66kxgM0FcWaLWlFLwTAI=",
            },
        )

    def test_other_origins(self) -> None:
        """Another site, another scheme, another port, a file, none, and two."""
        for origin in (
            "http://evil.example",
            f"https://{HOST}",
            f"http://{HOST}:8080",
            f"http://{HOST}.evil.example",
            "null",
            "",
            None,
        ):
            self.assertEqual(self.status(Origin=origin), 403, origin)
        self.assertEqual(self.status(Origin=f"http://{HOST}\r\nOrigin: http://{HOST}"), 403)

    def test_hosts(self) -> None:
        for host in ("", "a b", f"{HOST}, {HOST}", "\xff"):
            self.assertEqual(self.status(host=host), 400, host)

    def test_no_handshake(self) -> None:
        """A person who opens the address, and programs with half a handshake. None is an error in
        the log."""
        logged = logged_lines(self)
        self.assertEqual(Browser(self.house.site).ask("GET /live").status, 426)
        self.assertEqual(self.status(Upgrade=None), 426)
        self.assertEqual(self.status(Upgrade="h2c"), 426)
        self.assertEqual(self.status(Sec_WebSocket_Version="8"), 426)
        self.assertEqual(self.status(Sec_WebSocket_Version=None), 426)
        self.assertEqual(self.status(Connection="close"), 400)
        self.assertEqual(self.status(Connection=None), 400)
        self.assertEqual(self.status(Sec_WebSocket_Key=None), 400)
        self.assertEqual(self.status(Transfer_Encoding="identity"), 400)
        self.assertEqual(self.status(host="xn--9999999999", Origin="http://xn--9999999999"), 400)
        self.assertEqual(logged, [])
        self.assertEqual(self.house.connections.count, 10)  # of browsers that may ask again

    def test_other_methods(self) -> None:
        self.assertEqual(self.status("HEAD /live"), 405)
        self.assertEqual(self.status("POST /live"), 405)
        self.assertEqual(self.house.sockets.sessions, {})

    def test_bytes_with_the_handshake(self) -> None:
        """A client must not send frames before the answer: they could be half a frame."""
        page = Browser(self.house.site)
        fields = "\r\n".join(f"{name}: {text}" for name, text in RIGHT.items())
        request = f"GET /live HTTP/1.1\r\nHost: {HOST}\r\n{fields}\r\n\r\n"
        answer = page.send(request.encode() + b"\x81\x80\0\0\0\0")
        self.assertTrue(answer.startswith(b"HTTP/1.1 400 "), answer)

    def test_full_server(self) -> None:
        """The sockets count with all other connections."""
        house = PageHouse(limits=Limits(max_connections=4))
        self.assertIsNone(house.open_page().answer)
        house.connect()
        house.connect()
        page = MemoryPage(house.site)
        assert page.answer is not None
        self.assertEqual(page.answer.status, 503)
        page.disconnect()
        house.connect()
        self.assertEqual(house.connections.count, 4)
        self.assertEqual(house.connect().read_lines(), ["Server busy!"])

    def test_share_of_an_address(self) -> None:
        """No address may take all connections. Many browsers of a hall have one address."""
        house = PageHouse(limits=Limits(max_connections=600, max_per_peer=100))
        pages = [house.open_page(client="198.51.100.1") for _ in range(301)]
        self.assertEqual([page.answer is None for page in pages], [True] * 300 + [False])
        self.assertIsNone(house.open_page(client="198.51.100.2").answer)
        pages[0].disconnect()
        self.assertIsNone(house.open_page(client="198.51.100.1").answer)

    def test_ban(self) -> None:
        """A ban closes the sockets of an address, and refuses others."""
        page = self.house.open_page("WATCH main")
        page.read()
        self.assertEqual(self.house.connections.ban("192.0.2.1", 60), 1)
        self.assertEqual(page.read_types(), ["address_banned"])
        self.assertEqual(page.code, 4003)
        again = Browser(self.house.site)
        self.assertEqual(again.transport.value(), b"")
        self.assertTrue(again.transport.disconnected)

    def test_closing_of_the_site(self) -> None:
        """Each room says why it ends, and then the house says goodbye."""
        page = self.house.open_page("JOIN art", "WATCH main")
        page.read()
        self.house.rooms.close()
        self.house.site.stopFactory()
        frames = page.read()
        self.assertEqual(
            [(each.get("room"), each.get("ended")) for each in frames],
            [("main", True), ("art", True), (None, None)],
        )
        self.assertEqual({each["letter"][0]["type"] for each in frames}, {"auctioneer_closes"})
        self.assertEqual(page.code, 4001)

    def test_documented_codes(self) -> None:
        """The page for programs has all codes with which a session ends."""
        text = Path(__file__).parents[2].joinpath("docs", "web.rst").read_text()
        documented = {int(code) for code in re.findall(r"^(4\d{3})   ", text, re.MULTILINE)}
        self.assertEqual(documented, {close_codes.TALK_OVER, *close_codes.CLOSE_CODES.values()})

    def test_signs_of_life(self) -> None:
        """The server says something every 20 s, but not to a client that does not read."""
        page = self.house.open_page()
        deaf = self.house.open_page()
        deaf.pause_reading()
        self.house.advance(60)
        word = {"letter": [{"type": "pong", "text": ""}]}
        self.assertEqual(page.read(), [word] * 3)
        self.assertEqual(deaf.read(), [])
        deaf.resume_reading()
        self.house.advance(20)
        self.assertEqual(deaf.read(), [word])
        page.disconnect()
        deaf.disconnect()
        self.assertEqual(self.house.clock.getDelayedCalls(), [])

    def test_silence(self) -> None:
        """A page may be silent for as long as it is open."""
        page = self.house.open_page("LIST")
        self.house.advance(3600)
        page.read()
        page.say("PING x")
        self.assertEqual(page.read_types(), ["pong"])

    def test_locked_ledger(self) -> None:
        """Nothing is read while nothing can be recorded; the signs go on."""
        page = self.house.open_page()
        self.house.connections.halt()
        late = self.house.open_page()
        page.say("PING x")
        late.say("PING y")
        self.house.advance(20)
        self.assertEqual([each["letter"][0]["text"] for each in page.read()], [""])
        self.house.connections.go_on()
        self.assertEqual([each["letter"][0]["text"] for each in page.read()], ["x"])
        self.assertEqual([each["letter"][0]["text"] for each in late.read()], ["y"])
