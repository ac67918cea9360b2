"""The example programs of the documents, as a reader would run them."""

import signal
import sqlite3
from contextlib import closing
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from tests.processes import AUCTION, READY, Piped, ProcessTestCase, free_port
from twisted_auction.rules.catalogue import parse_catalogue
from twisted_auction.rules.terms import STANDARD_TERMS

FOLDER = Path(__file__).parent.parent / "docs" / "examples"

WON = "You won this item Compass! Your payment due is ${}\n"
LOST = "Unfortunately you did not win in the last round.\n"


class ExampleTestCase(ProcessTestCase):
    def setUp(self) -> None:
        self.port = str(free_port())

    def example(self, name: str, *arguments: str) -> Piped:
        """Run an example program."""
        return self.piped(str(FOLDER / name), *arguments)

    def join(self, typed: str, *where: str) -> Piped:
        """A client that types this."""
        return self.piped(*AUCTION, "join", *(where or ("127.0.0.1", self.port)), typed=typed)

    def sells(self, request: str, bids: list[int], *where: str) -> str:
        """Sell an item; the highest bid comes last.

        :return: the result that the winner reads.
        """
        seller = self.join(f"{request}\n", *where)
        seller.read_until("Auction start.")
        buyers = []
        for bid in bids:
            buyers.append(self.join(f"{bid}\n", *where))
            buyers[-1].read_until("[Buyer]")
        results = [buyer.wait() for buyer in buyers]
        self.assertEqual(seller.wait()[0], 0)
        for status, text, errors in results:
            self.assertEqual((status, errors), (0, ""), text)
        for _, text, _ in results[:-1]:
            self.assertIn(LOST, text)
        return results[-1][1].splitlines()[-2]


class ServerTests(ExampleTestCase):
    def test_full_house(self) -> None:
        """Two rooms, everything recorded, and a seat that survives the house's restart."""
        lobby, ledger = str(free_port()), str(self.folder / "auction.sqlite3")
        house = self.example("full_house.py", self.port, lobby, ledger)
        house.read_until(READY)
        self.assertEqual(self.sells("2 100 2 Compass", [120, 150]), WON.format(120).strip())
        antiques = ("--room", "antiques", "127.0.0.1", lobby)
        self.assertEqual(self.sells("1 100 1 Compass", [130], *antiques), WON.format(130).strip())
        status, text, errors = house.send_signal(signal.SIGINT)
        self.assertEqual((status, errors), (0, ""))
        for line in (
            "main: >> Item sold! The highest bid is $150. The actual payment is $120",
            "antiques: >> Buyer 1 bid $130",
        ):
            self.assertIn(f"{line}\n", text)
        self.asks(ledger)

    def asks(self, ledger: str) -> None:
        """Three questions to the ledger, in SQL."""
        with closing(sqlite3.connect(f"file:{ledger}?mode=ro", uri=True)) as connection:
            ((day,),) = connection.execute(
                "SELECT DISTINCT date(at / 1000000000, 'unixepoch') FROM event WHERE kind = 'Sold'"
            )
        status, text, errors = self.example("queries.py", ledger).wait()
        self.assertEqual((status, errors), (0, ""))
        results, bids, days = text.removesuffix("\n\n").split("\n\n")
        self.assertEqual(results, "main 1 Sold 2 120\nantiques 1 Sold 1 130")
        # Two Buyers bid at the opening, and the server may hear either first.
        self.assertEqual(
            sorted(bids.split("\n")), ["antiques 1 1 130", "main 1 1 120", "main 1 2 150"]
        )
        self.assertEqual(days, f"antiques {day} 130\nmain {day} 120")

    def test_unwritable_ledger(self) -> None:
        """One line and no traceback."""
        missing = str(self.folder / "missing" / "auction.sqlite3")
        house = self.example("full_house.py", self.port, str(free_port()), missing)
        status, text, errors = house.wait()
        self.assertEqual((status, text), (1, ""))
        self.assertEqual(errors.count("\n"), 1, errors)
        self.assertIn(missing, errors)

    def test_tac(self) -> None:
        """The file that twistd runs."""
        command = (
            "import os, sys; os.environ['AUCTION_PORT'] = sys.argv.pop(1); "
            "os.chdir(sys.argv.pop(1)); from twisted.scripts.twistd import run; run()"
        )
        options = ("--nodaemon", "--pidfile=", "--python", str(FOLDER / "auction.tac"))
        server = self.ready("-c", command, self.port, str(self.folder), *options)
        self.assertEqual(self.sells("1 100 1 Compass", [130]), WON.format(130).strip())
        self.assertEqual(server.send_signal(signal.SIGTERM)[0], -signal.SIGTERM)
        ledger = self.folder / "auction.sqlite3"
        self.assertEqual(ledger.stat().st_mode & 0o777, 0o600)

    def test_asyncio(self) -> None:
        """Those who are there hear that the loop ends."""
        server = self.example("in_asyncio.py", self.port)
        server.read_until(READY)
        self.assertEqual(self.sells("1 100 1 Compass", [130]), WON.format(130).strip())
        late = self.piped(*AUCTION, "join", "127.0.0.1", self.port)
        late.read_until("request:")
        status, text, errors = server.send_signal(signal.SIGINT)
        self.assertEqual((status, errors), (0, ""))
        self.assertIn(">> Item sold! The highest bid is $130.", text)
        self.assertIn("The Auctioneer is closing.", late.wait()[1])

    def test_own_format(self) -> None:
        """A server that knows a format more."""
        server = self.example("third_price.py", self.port)
        server.read_until(READY)
        bids = [150, 120, 180]
        self.assertEqual(self.sells("third-price 100 3 Compass", bids), WON.format(120).strip())
        server.kill()

    def test_test(self) -> None:
        """The test of it passes, with either program."""
        for runner in (["-m", "pytest", "-q"], ["-m", "twisted.trial"]):
            cache = ["-p", "no:cacheprovider"] if "pytest" in runner else []
            process = self.piped(
                "-c",
                f"""
import os, subprocess, sys
os.chdir({str(self.folder)!r})
environment = {{**os.environ, "PYTHONPATH": {str(FOLDER)!r}, "PYTHONDONTWRITEBYTECODE": "1"}}
sys.exit(subprocess.call([sys.executable, *{runner + cache!r}, *sys.argv[1:]], env=environment))
""",
                str(FOLDER / "test_third_price.py"),
            )
            status, text, errors = process.wait()
            self.assertEqual(status, 0, text + errors)
            self.assertRegex(text + errors, "2 passed|Ran 2 tests")


class CatalogueTests(SynchronousTestCase):
    def test_lots(self) -> None:
        """A live lot, a sealed one, and one whose price falls."""
        lots = parse_catalogue((FOLDER / "lots.txt").read_bytes(), STANDARD_TERMS.max_bidders)
        self.assertEqual([lot.request.format for lot in lots], ["english", "second-price", "dutch"])


class RobotTests(ExampleTestCase):
    def robot(self, limit: int) -> Piped:
        return self.example("robot.py", "127.0.0.1", self.port, str(limit))

    def test_english(self) -> None:
        """Two of them bid against one another until one has reached its limit."""
        self.ready("-m", "twisted_auction.auc_server", self.port)
        seller = self.join("english:increment=10:duration=2:extension=1 100 2 Compass\n")
        seller.read_until("Auction start.")
        robots = [self.robot(limit) for limit in (140, 175)]
        ends = [robot.wait() for robot in robots]
        self.assertEqual([(status, errors) for status, _, errors in ends], [(0, "")] * 2)
        self.assertIn(LOST, ends[0][1])
        self.assertRegex(ends[1][1], r"Your payment due is \$1[45]0\n")

    def test_sealed(self) -> None:
        self.ready("-m", "twisted_auction.auc_server", self.port)
        seller = self.join("2 100 1 Compass\n")
        seller.read_until("Auction start.")
        status, text, errors = self.robot(140).wait()
        self.assertEqual((status, errors), (0, ""))
        self.assertIn(WON.format(100), text)

    def test_nobody_there(self) -> None:
        """One line, and no traceback."""
        status, text, errors = self.robot(140).wait()
        self.assertEqual((status, text, errors.count("\n")), (1, "", 1), errors)


class CleanTests(ExampleTestCase):
    def test_plain(self) -> None:
        """Each is shown by the documents, and asks for nothing from the future."""
        pages = "".join(page.read_text() for page in FOLDER.parent.glob("*.rst"))
        for path in FOLDER.iterdir():
            if path.is_file():
                self.assertIn(f".. literalinclude:: examples/{path.name}\n", pages)
                self.assertNotIn("__future__", path.read_text())
