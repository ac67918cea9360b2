"""Attacks on the web socket over real connections: each ends with its own, and others are served
meanwhile."""

import ssl
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from resource import getpagesize
from unittest import skipUnless

from tests.processes import TWISTD, Piped, StrangerTestCase, certify, free_port
from tests.web import strangers
from tests.web.strangers import ATTACKS, Stranger
from tests.web.support import needs_web

CODES = {
    "huge_length": 4002,
    "huge_message": 4002,
    "endless_fragments": 4002,
    "empty_fragments": 4002,
    "after_the_end": 4000,
}
"""The codes with which the server closes the socket. Other attackers are slowed down."""

LONGEST = 1.0
"""Seconds for an answer to a neighbour. The server takes milliseconds, but the machine may have
other work."""

GROWTH = 8
"""MiB by which the server may grow under all attacks together."""

PAUSE = 0.06
"""Seconds between two words of a neighbour, which the rate of a connection allows."""


@needs_web
class StrangerTests(StrangerTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.web = free_port()
        self.patch(strangers, "ATTACK_TIMEOUT", 1)

    def serve(self, *options: str, endpoint: str = "tcp:{}") -> Piped:
        return self.ready(
            *(*TWISTD, "--port", str(self.port), "--web", endpoint.format(self.web)), *options
        )

    def page(self) -> Stranger:
        """A page with an open socket."""
        page = Stranger(self.web)
        self.addCleanup(page.close)
        return page.open()

    def longest_answer(self, attack: Callable[[], None]) -> float:
        """Seconds for the slowest answer to a neighbour while an attack is on."""
        neighbour = self.page()
        thread = threading.Thread(target=attack)
        thread.start()
        longest = 0.0
        while thread.is_alive():
            began_at = time.monotonic()
            neighbour.say("PING x")
            self.assertEqual(neighbour.read(), {"letter": [{"type": "pong", "text": "x"}]})
            longest = max(longest, time.monotonic() - began_at)
            thread.join(PAUSE)
        return longest

    def test_attacks(self) -> None:
        server = self.serve()
        self.page().close()
        statm = Path(f"/proc/{server.process.pid}/statm")

        def memory() -> float:
            return int(statm.read_text().split()[1]) * getpagesize() / 2**20

        if has_memory := statm.exists():
            before = memory()
        codes: dict[str, int | None] = {}
        for name, attack in ATTACKS.items():

            def play(name: str = name, attack: Callable[[int], int | None] = attack) -> None:
                # An attack that the server ends may take long on a busy machine.
                seconds = strangers.PATIENCE if name in CODES else 1
                self.patch(strangers, "ATTACK_TIMEOUT", seconds)
                codes[name] = attack(self.web)

            self.assertLess(self.longest_answer(play), LONGEST, name)
        self.assertEqual({name: code for name, code in codes.items() if code}, CODES)
        self.assertEqual(codes.keys(), ATTACKS.keys())
        if has_memory:
            self.assertLess(memory() - before, GROWTH)

    def test_order_of_the_first_bytes(self) -> None:
        """No letter overtakes the answer to the handshake, however many come at once."""
        self.serve()
        pages = [Stranger(self.web) for _ in range(50)]
        for page in pages:
            self.addCleanup(page.close)
            page.send_request("GET /live HTTP/1.1", *page.fields())
        for page in pages:
            self.assertEqual(page.read_answer(), "HTTP/1.1 101 Switching Protocols")
            page.say("PING x")
            self.assertEqual(page.read()["letter"][0]["text"], "x")

    def test_stop(self) -> None:
        """Each page is told that the server stops, with a code, and no connection is cut."""
        server = self.serve()
        pages = [self.page() for _ in range(3)]
        pages[0].say("JOIN main")
        pages[0].read()
        server.process.terminate()
        self.assertEqual(pages[0].read()["ended"], True)
        for page in pages:
            self.assertEqual(page.read()["letter"][0]["type"], "auctioneer_closes")
            self.assertEqual(page.read_end(), 4001)
            page.socket.sendall(strangers.frame(strangers.CLOSE, b"\x0f\xa1"))
            self.assertEqual(page.socket.recv(1), b"")
        _, _, errors = server.wait()
        self.assertEqual(errors, "")

    def test_behind_a_proxy(self) -> None:
        """The PROXY header comes before the handshake."""
        self.serve(endpoint="haproxy:tcp:{}")
        page = Stranger(self.web)
        self.addCleanup(page.close)
        page.socket.sendall(b"PROXY TCP4 198.51.100.1 127.0.0.1 1234 80\r\n")
        page.open().say("JOIN main")
        self.assertEqual(page.read()["room"], "main")
        page.say("QUIT")
        self.assertEqual(page.read()["letter"][0]["type"], "goodbye")
        self.assertEqual(page.read_end(), 4000)

    @skipUnless(ssl.HAS_TLSv1_3, "needs TLS")
    def test_beneath_tls(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        certify(Path(folder.name))
        key, certificate = f"{folder.name}/key.pem", f"{folder.name}/cert.pem"
        self.serve(endpoint=f"ssl:{{}}:privateKey={key}:certKey={certificate}")
        context = ssl.create_default_context(cafile=certificate)
        codes = []
        for attack in (b"", strangers.frame(strangers.TEXT, b"x" * 100_000)):
            page = Stranger(self.web)
            self.addCleanup(page.close)
            page.socket = context.wrap_socket(page.socket, server_hostname="localhost")
            fields = page.fields(origin=f"https://{page.host}")
            self.assertEqual(page.ask(*fields), "HTTP/1.1 101 Switching Protocols")
            page.say("JOIN main")
            self.assertEqual(page.read()["room"], "main")
            page.socket.sendall(attack or strangers.said("QUIT"))
            codes.append(page.read_end())
        self.assertEqual(codes, [4000, 4002])
