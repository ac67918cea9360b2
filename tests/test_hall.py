"""A hall, end to end: 40 persons with pass codes buy 60 lots from a real server. Connections are
cut, the server is killed, the operator gives orders, and the settlement is what each person was
told."""

import csv
import json
import re
import signal
import socket
import subprocess
import sys
from io import StringIO

from tests.hall import crowd
from tests.hall.crowd import EVERYONE_IS_IN, ITEM
from tests.processes import (
    AUCTION,
    ENVIRONMENT,
    PATIENCE,
    TWISTD,
    Piped,
    ProcessTestCase,
    free_port,
)
from twisted_auction.ledger.storage import open_view
from twisted_auction.rules.events import Arrived

PERSONS = 40
LOTS = 60
LIMITED = range(1, 11)
LIMIT = 150
"""Whole dollars for which each of these paddles may be bound."""

LIMITED_IN_LOTS = range(11, 16)
MAX_WON = 2
"""The number of lots that each of these paddles may win."""

KILLS = (8, 45)
"""Lots after whose announcement the server is killed. It is also killed in a pause."""

BROKEN = 21
"""The lot that the operator cancels."""

SKIPPED = 58
"""The lot that the operator withdraws."""

MOVED = 50
"""The lot that comes right after the long one."""

LONG = 26
"""The lot that lasts until the operator closes it."""


def catalogue() -> str:
    """Lots of all formats, each with a name of its own."""
    kinds = [
        "first-price 10",
        "second-price 20",
        "english:increment=10:duration=1:extension=1 10",
        "first-price 99",
        "dutch:start=90:step=30:interval=1 10",
        "second-price 1",
    ]
    lines = [f"{kinds[lot % len(kinds)]} 1" for lot in range(1, LOTS + 1)]
    lines[BROKEN - 1] = lines[LONG - 1] = "english:increment=5:duration=600 10 1"
    return "".join(f"{line} {ITEM.format(lot)}\n" for lot, line in enumerate(lines, 1))


class HallTests(ProcessTestCase):
    def setUp(self) -> None:
        self.port, self.lobby = str(free_port()), str(free_port())
        self.ledger = self.folder / "ledger"
        self.people = self.folder / "people.csv"
        self.sheet = self.folder / "cards.csv"
        self.control = str(self.folder / "control")
        self.logs: list[str] = []

    def run_auction(self, *arguments: str) -> str:
        """Run ``auction`` to its end: its output."""
        done = subprocess.run(
            [sys.executable, *AUCTION, *arguments],
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            env=ENVIRONMENT,
        )
        self.assertEqual((done.returncode, done.stderr), (0, ""), arguments)
        return done.stdout

    def order(self, line: str) -> None:
        """Give an order on the control port."""
        with socket.socket(socket.AF_UNIX) as port:
            port.settimeout(PATIENCE)
            port.connect(self.control)
            port.sendall(f"{line}\n".encode())
            with port.makefile("rb") as answers:
                self.assertRegex(answers.readline().decode(), "^Done: ", line)

    def serve(self) -> None:
        lots = self.folder / "lots.txt"
        lots.write_text(catalogue())
        self.house = self.ready(
            *(
                *TWISTD,
                "--port",
                self.port,
                "--lobby",
                self.lobby,
                "--control",
                f"unix:{self.control}",
            ),
            *("--people", str(self.people), "--catalogue", str(lots), "--max-bidders", "99"),
            *("--ledger", str(self.ledger), "--lot-pause", "0", "--lot-time", "5"),
            *("--public-view", "--log-events", "--starts", "order", "--after-sale", "1"),
        )

    def kill(self) -> None:
        """Kill the server, and start it again."""
        self.stop(signal.SIGKILL)
        self.serve()

    def stop(self, number: signal.Signals) -> None:
        _, log, errors = self.house.send_signal(number)
        self.assertEqual(errors, "")
        self.logs.append(log)

    def settlement(self) -> dict[int, dict[str, int]]:
        """The payments in the settlement, by paddle and item."""
        text = self.run_auction("ledger", "--ledger", str(self.ledger), "settle", "--format", "csv")
        payments: dict[int, dict[str, int]] = {paddle: {} for paddle in range(1, PERSONS + 1)}
        for row in csv.DictReader(StringIO(text)):
            if row["kind"] == "bought":
                dollars, cents = row["payment"].split(".")
                self.assertEqual(cents, "00")
                payments[int(row["account"])][row["item"]] = int(dollars)
        return payments

    def buyers(self) -> set[int]:
        """All numbers of Buyers in the ledger."""
        with open_view(self.ledger) as view:
            return {
                json.loads(row.body)["who"] for row in view.rows() if row.kind == Arrived.__name__
            }

    def make_list(self) -> None:
        """A list of people with names, and some limits, as from a spreadsheet."""
        self.run_auction(
            *("people", "add", str(self.people), "--paddles", f"1-{PERSONS}"),
            *("--sheet", str(self.sheet)),
        )
        with self.people.open(newline="") as file:
            rows = list(csv.DictReader(file))
        for row in rows:
            paddle = int(row["paddle"])
            row["name"] = f"Person {paddle}"
            row["limit"] = str(LIMIT) if paddle in LIMITED else ""
            row["lots"] = str(MAX_WON) if paddle in LIMITED_IN_LOTS else ""
        with self.people.open("w", newline="") as file:
            writer = csv.DictWriter(file, rows[0])
            writer.writeheader()
            writer.writerows(rows)

    def check_privacy(self, *outputs: str) -> None:
        """No name and no pass code is in the ledger, in a log or in a Watcher's stream."""
        with self.sheet.open(newline="") as file:
            secrets = [row["pass"] for row in csv.DictReader(file)]
        secrets += [secret.replace("-", "") for secret in secrets]
        files = [path.read_bytes().decode("latin-1") for path in self.folder.glob("ledger*")]
        for text in (*outputs, *files, *self.logs):
            self.assertNotIn("Person ", text)
            for secret in secrets:
                self.assertNotIn(secret, text)

    def run_the_sale(self, watch: Piped) -> None:
        """Give orders, and kill the server, where the Watcher shows that it is time."""

        def is_up(lot: int) -> None:
            watch.read_until(f"Lot {lot} of ")

        self.run_auction("control", "--at", f"unix:{self.control}", "start")
        is_up(KILLS[0])
        self.kill()
        is_up(BROKEN)
        watch.read_until("Highest bid: ")
        self.order("cancel The vase is broken.")
        watch.read_until("Auction cancelled! The vase is broken.\n")
        is_up(LONG)
        watch.read_until("Highest bid: ")
        self.order("say Tea is served.")
        watch.read_until("The Auctioneer says: Tea is served.\n")
        self.order("pause")
        watch.read_until("The auction is paused.\n")
        self.kill()
        watch.read_until("Connected again.\n")
        self.order("go on")
        watch.read_until("The auction goes on.\n")
        self.order("extend 5")
        self.order("void because It was a slip.")
        watch.read_until("Voided: $")
        self.order("bid 40 500")
        watch.read_until("Highest bid: $500 by Buyer 40.")
        self.order("expel 39 because Please be quiet.")
        self.order("readmit 39")
        sold = int(re.findall(r"Sold: Item (\d+) to ", watch.text)[-1])
        self.order(f"void {sold}")
        watch.read_until(f"The sale of lot {sold} is voided.\n")
        self.order(f"again {sold}")
        self.order(f"again {BROKEN}")
        self.order(f"skip {SKIPPED}")
        self.order(f"move {MOVED} before {LONG + 1}")
        self.order(f"add first-price 1 1 {ITEM.format(LOTS + 1)}")
        self.order("close")
        watch.read_until(f"Sold: {ITEM.format(LONG)} to Buyer 40 for $500\n")
        is_up(MOVED)
        is_up(LONG + 1)
        is_up(KILLS[1])
        self.kill()
        is_up(sold)
        is_up(BROKEN)
        watch.read_until("Highest bid: ")
        self.order("close")
        is_up(LOTS + 1)

    def test_hall(self) -> None:
        self.make_list()
        self.serve()
        watch = self.piped(*AUCTION, "watch", "main", "127.0.0.1", self.lobby)
        watch.read_until("The sale begins when the Auctioneer starts it.\n")
        hall = self.piped(crowd.__file__, self.lobby, str(self.sheet), "1")
        hall.read_until(EVERYONE_IS_IN)
        self.run_the_sale(watch)
        hall.read_until("]\n")
        status, shown, errors = hall.wait()
        self.assertEqual((status, errors), (0, ""))
        told = json.loads(shown.splitlines()[-1])
        self.assertEqual(sorted(each["paddle"] for each in told), [*range(1, PERSONS + 1)])
        bills = self.settlement()
        self.assertEqual({each["paddle"]: each["won"] for each in told}, bills)
        self.assertEqual(bills[40][ITEM.format(LONG)], 500)
        for paddle in LIMITED:
            self.assertLessEqual(sum(bills[paddle].values()), LIMIT)
        for paddle in LIMITED_IN_LOTS:
            self.assertLessEqual(len(bills[paddle]), MAX_WON)
        self.run_auction("ledger", "--ledger", str(self.ledger), "verify")
        self.assertEqual(self.buyers(), {*range(1, PERSONS + 1)})
        self.stop(signal.SIGTERM)
        self.assertEqual(len(self.logs), 4)
        self.check_privacy(watch.wait()[1])
