"""The bills of a sale, as a page for auctioneers."""

from collections.abc import Sequence
from pathlib import Path

from twisted.internet.defer import Deferred, fail, succeed

from tests.processes import TWISTD, StrangerTestCase, free_port
from tests.support import LedgerFolderTestCase
from tests.web.support import Answer, Browser, needs_web
from twisted_auction.house.people import People, Person, Role
from twisted_auction.server.limits import ConnectionLimits, Limits
from twisted_auction.server.passes import Passes
from twisted_auction.testing import MemoryHouse, pass_code, with_codes
from twisted_auction.web.settlement import Settlement
from twisted_auction.web.site import AuctionSite

PEOPLE = People(
    [
        Person(1, "Ada", Role.AUCTIONEER),
        Person(2, "Bob", Role.AUCTIONEER, "hall"),
        Person(3, "Cy"),
    ]
)

PAGE = b"<!DOCTYPE html>\n<style>body { margin: 0 }</style><p>Bills</p>\n"


@needs_web
class SettlementTests(LedgerFolderTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.commands: list[list[str]] = []
        self.results: list[Deferred[tuple[bytes, str]]] = []
        self.open_site(with_codes(PEOPLE), self.path)

    def open_site(self, people: People | None, ledger: Path | None) -> None:
        self.house = MemoryHouse(people=people, ledger=ledger)
        self.addCleanup(self.house.rooms.close_ledger)
        self.connections = ConnectionLimits(self.house.clock, Limits(max_connections=0))
        passes = None if people is None else Passes(self.house.rooms)
        listed = Path("people.csv")

        def command(arguments: Sequence[str]) -> Deferred[tuple[bytes, str]]:
            self.commands.append([*arguments])
            return self.results.pop()

        bills = Settlement(self.house.rooms, self.connections, passes, listed, command)
        self.site = AuctionSite(self.house.rooms, self.connections, passes, settlement=bills)

    def ask(self, paddle: int | None = 1, query: str = "") -> Answer:
        code = [] if paddle is None else [f"Cookie: auction={pass_code(paddle)}"]
        return Browser(self.site).ask(f"GET /desk/settlement{query}", *code)

    def test_page(self) -> None:
        """It has its own style, and may load nothing."""
        self.results.append(succeed((PAGE, "")))
        answer = self.ask()
        self.assertEqual((answer.status, answer.body), (200, PAGE))
        self.assertEqual(answer.fields["cache-control"], "no-store")
        policy = answer.fields["content-security-policy"]
        digest = "mX+s7KJgWpgxJola85xdpAFPBQaV091gzM2oPjgTW2w="
        self.assertIn(f"default-src 'none'; style-src 'sha256-{digest}'", policy)
        arguments = ["ledger", "settle", "--format=html", "--people=people.csv", "--"]
        self.assertEqual(self.commands, [[*arguments, str(self.path)]])

    def test_options(self) -> None:
        """Each is one argument of the command, which checks it."""
        complaint = "cli ledger settle: --premium takes <percent>. Try 'cli ledger settle --help'."
        self.results.append(succeed((b"", complaint)))
        answer = self.ask(query="?premium=a%20--b&title=&format=csv&people=/etc/passwd&tax=19")
        self.assertEqual(answer.status, 403)
        self.assertIn(">--premium takes &lt;percent&gt;.<", answer.text)
        options = self.commands[0][3:-3]
        self.assertEqual(options, ["--premium=a --b", "--tax=19"])

    def test_others(self) -> None:
        """Nobody else reads a bill, and no command runs."""
        for paddle in (None, 2, 3):
            answer = self.ask(paddle)
            self.assertEqual(answer.status, 403)
            self.assertIn("for auctioneers of every room", answer.text)
        self.assertEqual(self.commands, [])

    def test_wrong_code(self) -> None:
        """The answer is late, as in the lobby, and the code counts for the operator."""
        browser = Browser(self.site)
        request = b"GET /desk/settlement HTTP/1.1\r\nHost: a\r\nCookie: auction=wrong\r\n\r\n"
        self.assertEqual(browser.send(request), b"")
        self.house.clock.advance(0.99)
        self.assertEqual(browser.transport.value(), b"")
        self.house.clock.advance(0.01)
        self.assertEqual(Answer(bytes(browser.transport.value())).status, 403)
        self.assertEqual(self.connections.wrong_codes, 1)

    def test_client_is_gone(self) -> None:
        """The command ends with the request, and another one may follow."""
        cancelled: list[object] = []
        self.results.append(Deferred(cancelled.append))
        browser = Browser(self.site)
        cookie = f"Cookie: auction={pass_code(1)}"
        request = f"GET /desk/settlement HTTP/1.1\r\nHost: a\r\n{cookie}\r\n\r\n".encode()
        self.assertEqual(browser.send(request), b"")
        self.assertIn("Another settlement", self.ask().text)
        browser.lose()
        self.assertEqual(len(cancelled), 1)
        self.results.append(succeed((PAGE, "")))
        self.assertEqual(self.ask().status, 200)

    def test_failing(self) -> None:
        self.results.append(fail(ZeroDivisionError()))
        self.assertEqual(self.ask().status, 500)
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)
        self.results.append(succeed((PAGE, "")))
        self.assertEqual(self.ask().status, 200)

    def test_without_people(self) -> None:
        self.open_site(None, None)
        answer = self.ask(None)
        self.assertEqual(answer.status, 403)
        self.assertIn("The desk is closed.", answer.text)

    def test_without_ledger(self) -> None:
        self.open_site(with_codes(PEOPLE), None)
        self.assertIn("keeps no ledger", self.ask().text)


@needs_web
class RealTests(StrangerTestCase):
    def test_page(self) -> None:
        """The command of this installation writes it."""
        people = self.folder / "people.csv"
        rows = [
            f"{person.paddle},{person.name},{person.role.value},{person.code}"
            for person in with_codes(PEOPLE).persons.values()
        ]
        people.write_text("\n".join(["paddle,name,role,pass", *rows, ""]))
        web = free_port()
        server = self.ready(
            *(*TWISTD[:-2], "--ledger", str(self.folder / "ledger"), "--port", str(self.port)),
            *("--people", str(people), "--web", str(web)),
        )
        server.read_until(f"The page is at http://127.0.0.1:{web}/\n")
        for query, found in (("?title=Fair", b"<p>Fair</p>"), ("?tax=x", b"--tax takes percent")):
            browser = self.connect(web)
            cookie = f"Cookie: auction={pass_code(1)}\r\nConnection: close"
            browser.sendall(
                f"GET /desk/settlement{query} HTTP/1.1\r\nHost: a\r\n{cookie}\r\n\r\n".encode()
            )
            self.assertIn(found, self.read(browser))
