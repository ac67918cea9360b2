"""``auction lab``, as a person at a terminal meets it."""

import csv
import importlib.util
import signal
import statistics
import tempfile
from collections.abc import Callable, Collection
from io import StringIO
from pathlib import Path

from twisted.internet.defer import TimeoutError as DeferredTimeoutError
from twisted.internet.error import CannotListenError, ConnectionRefusedError

from tests.formats import AllPay
from tests.processes import AUCTION, ProcessTestCase
from tests.support import CommandTestCase, StartingReactor
from twisted_auction.cli import lab_options, lab_prove
from twisted_auction.lab import live
from twisted_auction.lab.proof import BetterBid, Situation, Verdict
from twisted_auction.lab.theory import Outcome
from twisted_auction.rules.formats import FORMATS
from twisted_auction.rules.sealed import SecondPrice

FIRST_PRICE = """\
first-price, lowest price $1. The others bid $15 and $12; to the last Buyer, the item is worth $18.

      bid  result  payment  utility
$1 to $15  loses                 $0
      $16  wins        $16       $2
      $17  wins        $17       $1
      $18  wins        $18       $0  truthful
      $19  wins        $19      -$1
      $20  wins        $20      -$2
      $21  wins        $21      -$3

The truthful bid brings $0; $16 would bring $2.
"""

SECOND_PRICE = """\
second-price, lowest price $1. The others bid $15 and $12; to the last Buyer, the item is worth $18.

       bid  result  payment  utility
 $1 to $15  loses                 $0
$16 to $17  wins        $15       $3
       $18  wins        $15       $3  truthful
$19 to $21  wins        $15       $3

The truthful bid brings $3, and no bid brings more.
"""

ENGLISH = """\
english, lowest price $1. The others bid $15 and $12; to the last Buyer, the item is worth $18.

       bid  result  payment  utility
 $1 to $15  loses                 $0
$16 to $17  wins        $16       $2
       $18  wins        $16       $2  truthful
$19 to $21  wins        $16       $2

The truthful bid brings $2, and no bid brings more.
"""

DUTCH = FIRST_PRICE.replace("first-price", "dutch")
"""A Buyer takes the price at its would-be sealed bid."""

ALL_FORMATS = """\
30 auctions of each type, 3 Buyers, valuations uniform:100,
lowest price $1, seed 1. Means with 95 % confidence intervals, in dollars;
efficiency in per cent; where the item is not sold, all three are 0.
In the theory, all formats bring the same, but for whole dollars, increments and steps;
its figures count these.

treatment          revenue  theory  winner keeps  theory   efficiency  theory
first-price   49.50 ± 4.77   50.00  24.77 ± 2.39   24.99  100.0 ± 0.0   100.0
second-price  51.77 ± 6.96   50.00  22.50 ± 6.05   25.00  100.0 ± 0.0   100.0
english       52.17 ± 6.90   50.50  22.10 ± 6.00   24.51  100.0 ± 0.0   100.0
dutch         49.50 ± 4.77   50.00  24.77 ± 2.39   24.99  100.0 ± 0.0   100.0

english less second-price, auction by auction: 0.400 ± 0.178; never more than $1 apart.
dutch less first-price, auction by auction: 0.000 ± 0.000; never more than $0 apart.
"""

STRATEGIES = """\
treatment                                   revenue  theory  winner keeps  theory   efficiency  theory
1/truthful,shading:0.5                 33.50 ± 1.64           0.00 ± 0.00           95.7 ± 4.7
3:extension=0/sniping,straightforward   3.00 ± 0.00          28.00 ± 2.41           88.6 ± 6.9
2                                      32.00 ± 2.18   31.11   3.00 ± 2.18    3.33  100.0 ± 0.0   100.0

1/truthful,shading:0.5: a Buyer keeps 0.00 ± 0.00 by truthful, 0.00 ± 0.00 by shading:0.5.
3:extension=0/sniping,straightforward: a Buyer keeps 14.00 ± 1.21 by sniping, 0.00 ± 0.00 by straightforward.
"""  # noqa: E501

LISTED = """\
Each value in the file stands for all amounts that round to it, evenly, which makes F continuous.
In a first-price or Dutch equilibrium, a Buyer bids the mean of what wins for these amounts.
In the theory, all formats bring the same, but for whole dollars, increments and steps;
its figures count these.

treatment          revenue  theory  winner keeps  theory   efficiency  theory
first-price   32.00 ± 0.00   31.56   3.00 ± 0.00    2.89  100.0 ± 0.0   100.0
second-price  32.00 ± 2.18   31.11   3.00 ± 2.18    3.33  100.0 ± 0.0   100.0
english       32.10 ± 2.11   31.26   2.90 ± 2.11    3.19  100.0 ± 0.0   100.0
dutch         32.00 ± 0.00   31.56   3.00 ± 0.00    2.89  100.0 ± 0.0   100.0

english less second-price, auction by auction: 0.100 ± 0.109; never more than $1 apart.
dutch less first-price, auction by auction: 0.000 ± 0.000; never more than $0 apart.
"""

TYPES = "type_of_auction must be 1 (first-price), 2 (second-price), 3 (english) or 4 (dutch)"
KINDS = "uniform:TOP, normal:MEAN:DEVIATION or file:PATH"
TO_THOUSAND = "must be a whole number from 1 to 1,000"
TO_MAX = "must be a whole number from 1 to 999,999,999,999,999,999"

WRONG = [
    ("", "name a command"),
    ("lie", "Unknown command: lie"),
    ("truth --valuation 0", f"--valuation {TO_THOUSAND}, not '0'"),
    ("truth --valuation -5", f"--valuation {TO_THOUSAND}, not '-5'"),
    ("truth --valuation much", f"--valuation {TO_THOUSAND}, not 'much'"),
    ("truth --valuation 1001", f"--valuation {TO_THOUSAND}, not '1001'"),
    ("truth --rivals 5,,7", f"each of the --rivals {TO_THOUSAND}, not ''"),
    ("truth --rivals " + 99 * "1," + "1", "--rivals may be up to 99 bids"),
    ("truth --lowest-price 1.5", f"--lowest-price {TO_THOUSAND}, not '1.5'"),
    ("truth --format 5", f"5: {TYPES}"),
    ("truth --format first-price:", "first-price:: first-price has no rule; its rules are: end"),
    (
        "truth --format 3:speed=1",
        "3:speed=1: english has no rule speed; its rules are: increment, duration, extension, "
        "jump, end, latest, reserve, buy",
    ),
    (
        "truth --format 3:increment=1,10@100",
        "3:increment=1,10@100: in the laboratory, increment is one amount",
    ),
    (
        "truth --format 1:end=2030-01-01T00:00",
        "1:end=2030-01-01T00:00: the laboratory has no clock on the wall: give no end",
    ),
    (
        "truth --format english:increment=0",
        "english:increment=0: increment must be a whole number from 1 to 999999999999999999",
    ),
    ("truth --plot table.pdf", "--plot draws files that end with .svg or .png, not 'table.pdf'"),
    ("truth 18", "Wrong number of arguments"),
    (
        "truth -f english -v 1000 -r 1000,1000 --live",
        "1,200 auctions would take about 10 minutes; add --yes to do it",
    ),
    ("truth --plot /missing/truth.svg", "--plot: there is no folder '/missing'"),
    ("prove --max 0", "--max must be a whole number from 1 to 10,000, not '0'"),
    ("prove --max 10001", "--max must be a whole number from 1 to 10,000, not '10001'"),
    ("play vickrey", f"vickrey: {TYPES}"),
    ("play dutch --lowest-price 5", "options come before everything else, also --lowest-price"),
    ("play 1 -n 30", "options come before everything else, also -n"),
    (
        "play 1/",
        "1/: first-price has no strategy ''; its strategies are: truthful, "
        "shading:FACTOR, equilibrium",
    ),
    (
        "play --buyers 1 1/truthful,shading:0.5",
        "1/truthful,shading:0.5: there are more strategies than Buyers",
    ),
    (
        "play --auctions 2000000 2 english",
        "2,000,000 auctions of each type would take about 2 hours; add --yes to do it",
    ),
    ("play --csv a.svg --plot a.svg", "--csv needs a file of its own, not 'a.svg'"),
    ("play --valuations file:a.txt --csv a.txt", "--csv needs a file of its own, not 'a.txt'"),
    ("play --plot /missing/play.svg", "--plot: there is no folder '/missing'"),
    ("play first-price first-price", "first-price is named twice"),
    ("play first-price --seed 2", "options come before everything else, also --seed"),
    (
        "play first-price/bluffing",
        "first-price/bluffing: first-price has no strategy 'bluffing'; "
        "its strategies are: truthful, shading:FACTOR, equilibrium",
    ),
    (
        "play dutch/sniping",
        "dutch/sniping: dutch has no strategy 'sniping'; its strategies are: "
        "threshold:FACTOR, equilibrium",
    ),
    ("play --buyers 0", "--buyers must be a whole number from 1 to 100, not '0'"),
    ("play --auctions 29", "--auctions must be a whole number from 30 to 10,000,000, not '29'"),
    ("play --seed x", "--seed must be a whole number from 0 to 999,999,999,999,999,999, not 'x'"),
    ("play --lowest-price 0", f"--lowest-price {TO_MAX}, not '0'"),
    ("play --valuations high", f"--valuations: valuations are {KINDS}, not 'high'"),
    (
        "play --valuations uniform:0",
        "--valuations: the top of uniform valuations must be a whole "
        "number of dollars from 1, not '0'",
    ),
    (
        "play --valuations normal:500:nan",
        "--valuations: the deviation of normal valuations must "
        "be a number of dollars above 0, not 'nan'",
    ),
    (
        "play --valuations file:/missing",
        "--valuations: cannot read /missing: No such file or directory",
    ),
    ("replay one two", "name one ledger"),
]
"""The arguments after ``auction lab``, and the error for each."""


class WrongUsageTests(CommandTestCase):
    def test_one_line(self) -> None:
        for typed, complaint in WRONG:
            words = typed.split()
            named = words[:1] if words[:1] != ["lie"] else []
            command = " ".join(["auction lab", *named])
            told = f"{command}: {complaint}. Try '{command} --help'.\n"
            self.assertEqual(self.auction("lab", *words), (2, [], told))

    def test_valuations_file(self) -> None:
        with tempfile.NamedTemporaryFile() as file:
            file.write(b"# asked in class\n20\n\n35\nabout 30\n")
            file.flush()
            status, _, told = self.auction("lab", "play", "--valuations", f"file:{file.name}")
        complaint = "--valuations: line 5: a valuation is a whole number of dollars from 1"
        self.assertEqual(
            (status, told),
            (2, f"auction lab play: {complaint}. Try 'auction lab play --help'.\n"),
        )

    def test_without_matplotlib(self) -> None:
        self.patch(importlib.util, "find_spec", lambda name: None)
        complaint = "--plot needs: pip install 'twisted-auction[lab]'"
        for command in ("truth", "play"):
            told = f"auction lab {command}: {complaint}. Try 'auction lab {command} --help'.\n"
            self.assertEqual(self.auction("lab", command, "--plot", "x.svg"), (2, [], told))

    def test_long_proof(self) -> None:
        """It is said how long it would take."""
        status, lines, told = self.auction("lab", "prove", "--max", "10000")
        self.assertEqual((status, lines), (2, []))
        self.assertRegex(
            told,
            r"\Aauction lab prove: --max 10000 would take about [\d,]+ years; "
            r"add --yes to do it\. Try 'auction lab prove --help'\.\n\Z",
        )

    def test_terminal(self) -> None:
        """Errors quote the user's text on one line, without its control characters."""
        _, _, told = self.auction("lab", "play", "1/\x1b[31m\nx")
        self.assertEqual(told.count("\n"), 1)
        self.assertIn("1/\\x1b[31m\\nx: ", told)


class TruthTests(CommandTestCase):
    def test_tables(self) -> None:
        for argv, table in [((), SECOND_PRICE), (("--format", "1"), FIRST_PRICE)]:
            self.assertEqual(self.auction("lab", "truth", *argv), (0, table.splitlines(), ""))

    def test_alone(self) -> None:
        """No other Buyer bids, and the item is not worth the lowest price."""
        argv = ("--rivals", "none", "--lowest-price", "5", "--valuation", "3")
        self.assertEqual(
            self.auction("lab", "truth", *argv),
            (
                0,
                [
                    "second-price, lowest price $5. The others bid nothing; to the last Buyer, the "
                    "item is worth $3.",
                    "",
                    "     bid  result  payment  utility",
                    "$1 to $2  loses                 $0",
                    "      $3  loses                 $0  truthful",
                    "      $4  loses                 $0",
                    "$5 to $6  wins         $5      -$2",
                    "",
                    "The truthful bid brings $0, and no bid brings more.",
                ],
                "",
            ),
        )

    def test_losing(self) -> None:
        """If a rival bids more than the valuation, losing is best: the winner overpays."""
        for kind, utilities in [("1", ["-$3", "-$4", "-$5", "-$6"]), ("2", ["-$2"])]:
            argv = ("--rivals", "20,12", "--lowest-price", "10", "--format", kind)
            status, lines, _ = self.auction("lab", "truth", *argv)
            self.assertEqual((status, lines[-1][:24]), (0, "The truthful bid brings "))
            self.assertTrue(lines[-1].endswith("brings $0, and no bid brings more."))
            rows = [line.split() for line in lines[3:-2]]
            self.assertEqual([row[-1] for row in rows if "wins" in row], utilities)
            self.assertEqual([row[-1] for row in rows if "loses" in row], ["$0", "truthful", "$0"])

    def test_open_formats(self) -> None:
        """Up to a dollar, the outcomes of the sealed formats."""
        for argv, table in [(("-f", "english"), ENGLISH), (("-f", "4"), DUTCH)]:
            self.assertEqual(self.auction("lab", "truth", *argv), (0, table.splitlines(), ""))

    def test_losing_may_cost(self) -> None:
        FORMATS[5] = AllPay
        self.addCleanup(FORMATS.pop, 5)
        argv = ("--format", "all-pay", "--rivals", "2", "--valuation", "3")
        _, printed, _ = self.auction("lab", "truth", *argv)
        self.assertEqual(
            printed[2:6],
            [
                "bid  result  payment  utility",
                " $1  loses        $1      -$1",
                " $2  loses        $2      -$2",
                " $3  wins         $3       $0  truthful",
            ],
        )

    def test_plot(self) -> None:
        """Both sealed formats, and the open format of the option."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "truth.svg")
            status, _, _ = self.auction("lab", "truth", "--format", "dutch", "--plot", str(path))
            self.assertEqual(status, 0)
            text = path.read_text()
        for title in (
            "first-price: the best is $2",
            "second-price: the best is $3",
            "dutch: the best is $2",
        ):
            self.assertIn(title, text)

    def test_unwritable_plot(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "truth.PNG")
            path.mkdir()
            status, lines, told = self.auction("lab", "truth", "--plot", str(path))
        self.assertEqual((status, lines), (1, SECOND_PRICE.splitlines()))
        self.assertEqual(told, f"auction lab truth: cannot write {path}: Is a directory\n")

    def live(
        self, played: dict[int, Outcome] | Exception, signalled: bool = False
    ) -> tuple[int, list[str], str]:
        """The output if the real auctions end like this, perhaps by Ctrl-C."""
        handlers: dict[int, Callable[[int, None], object]] = {}

        async def try_bids(*_: object) -> dict[int, Outcome]:
            if signalled:
                handlers[signal.SIGINT](signal.SIGINT, None)
            if isinstance(played, Exception):
                raise played
            return played

        self.patch(live, "try_bids", try_bids)
        self.patch(signal, "signal", handlers.__setitem__)
        return self.auction("lab", "truth", "--live", reactor=StartingReactor())

    def test_different_tables(self) -> None:
        wrong = {bid: Outcome(bid > 15, 14 if bid > 15 else 0) for bid in range(1, 22)}
        status, lines, told = self.live(wrong)
        self.assertEqual((status, told), (1, "auction lab truth: the two tables are not equal\n"))
        self.assertIn("$16 to $17  wins        $14       $4", lines)

    def test_trouble(self) -> None:
        for trouble, why in [
            (DeferredTimeoutError(), "an auction did not end in time"),
            (
                ConnectionRefusedError("nobody there"),
                "Connection was refused by other side: nobody there.",
            ),
            (
                CannotListenError("127.0.0.1", 0, OSError("none left")),
                "Couldn't listen on 127.0.0.1:0: none left.",
            ),
        ]:
            status, lines, told = self.live(trouble)
            self.assertEqual((status, lines), (1, SECOND_PRICE.splitlines()))
            self.assertEqual(told, f"auction lab truth: the real server failed: {why}\n")

    def test_interrupted(self) -> None:
        """After Ctrl-C, no failure is reported."""
        for played in (ConnectionRefusedError(), dict.fromkeys(range(1, 22), Outcome(False, 0))):
            end = self.live(played, signalled=True)
            self.assertEqual(end, (130, SECOND_PRICE.splitlines(), ""))


class LiveTests(ProcessTestCase):
    def test_equal_tables(self) -> None:
        """The whole command in a process, with its own reactor, server, clients and connections."""
        status, output, errors = self.piped(*AUCTION, "lab", "truth", "--live").wait()
        self.assertEqual((status, errors), (0, ""))
        again = "\nFrom auctions on a real server:\n\n" + SECOND_PRICE.split("\n\n", 1)[1]
        self.assertEqual(output, f"{SECOND_PRICE}{again}\nThe two tables are equal.\n")

    def test_interrupted(self) -> None:
        """Ctrl-C ends it in the middle of an auction, with the bar cleared and no more words."""
        command = ("lab", "truth", "--live", "--valuation", "900", "--rivals", "800,700")
        terminal = self.at_terminal(*AUCTION, *command)
        for _ in range(5):  # it is drawn again and again
            terminal.read_until("auctions on a real server")
        terminal.interrupt()
        status, shown = terminal.wait()
        self.assertEqual(status, 130)
        self.assertTrue(shown.endswith("\x1b[2K"), shown[-300:])
        self.assertNotIn("Traceback", shown)


class ProveTests(CommandTestCase):
    def test_theorem(self) -> None:
        self.assertEqual(
            self.auction("lab", "prove", "--max", "4"),
            (
                0,
                [
                    "All amounts from $1 to $4: what the item is worth to a Buyer, its bid, its "
                    "rivals' bids,",
                    "the lowest price; and every order of the bids, because a tie goes to the "
                    "earlier one.",
                    "",
                    "second-price, 2 Buyers: 512 bids held against "
                    "the truthful one; 150 are worse;",
                    "    none is better.",
                    "second-price, 3 Buyers: 3,072 bids held against "
                    "the truthful one; 748 are worse;",
                    "    none is better.",
                    "first-price, 2 Buyers: 512 bids held against the truthful one; 120 are worse;",
                    "    30 are better, such as this one. The item is worth $4, "
                    "the lowest price is $1,",
                    "    and the bids come in this order: its own, $1.",
                    "        To bid $4 wins, costs $4 and leaves $0.",
                    "        To bid $1 wins, costs $1 and leaves $3.",
                    "first-price, 3 Buyers: 3,072 bids held against "
                    "the truthful one; 572 are worse;",
                    "    88 are better, such as this one. The item is worth $4, "
                    "the lowest price is $1,",
                    "    and the bids come in this order: its own, $1, $1.",
                    "        To bid $4 wins, costs $4 and leaves $0.",
                    "        To bid $1 wins, costs $1 and leaves $3.",
                    "",
                    "In the second-price auction, no bid is ever better than the truth, and each "
                    "is worse in some case",
                    "(but where the item is worth $1, it is all the same to stay away):",
                    "the truth is weakly dominant.",
                ],
                "",
            ),
        )

    def test_bids_that_are_never_worse(self) -> None:
        """Against such a bid there would be no case."""
        self.patch(lab_prove, "never_worse", lambda *_: {1: {0}, 3: {0, 4}})
        _, lines, _ = self.auction("lab", "prove", "--max", "2")
        self.assertEqual(
            lines[-2:],
            [
                "In the second-price auction, no bid is ever better than the truth, and each is "
                "worse in some case, but for 3:",
                "the truth is weakly dominant.",
            ],
        )

    def test_broken_rule(self) -> None:
        """If the second-price auction charges a dollar more, the command finds a better bid."""

        def payment(self: SecondPrice, highest: int, rivals: Collection[int], lowest: int) -> int:
            return max([lowest, *rivals]) + 1

        self.patch(SecondPrice, "payment", payment)
        status, lines, _ = self.auction("lab", "prove", "--max", "2")
        self.assertEqual(status, 1)
        self.assertIn("        To bid $0 loses and leaves $0.", lines)
        self.assertNotIn("the truth is weakly dominant.", lines)

    def test_rule_broken_for_three(self) -> None:
        """The example shows the order of the bids."""

        def payment(self: SecondPrice, highest: int, rivals: Collection[int], lowest: int) -> int:
            return max([lowest, *rivals]) + (sorted(rivals) == [1, 2] and lowest == 2)

        self.patch(SecondPrice, "payment", payment)
        status, lines, _ = self.auction("lab", "prove", "--max", "2")
        self.assertEqual(status, 1)
        self.assertEqual(
            lines[4:10],
            [
                "    none is better.",
                "second-price, 3 Buyers: 96 bids held against the truthful one; 16 are worse;",
                "    6 are better, such as this one. The item is worth $2, the lowest price is $2,",
                "    and the bids come in this order: its own, $1, $2.",
                "        To bid $2 wins, costs $3 and leaves -$1.",
                "        To bid $0 loses and leaves $0.",
            ],
        )

    def test_order(self) -> None:
        """The example says when the Buyer bids."""
        example = BetterBid(Situation(1, 2, (3, 5)), valuation=9, bid=6, gain=3)
        self.patch(lab_prove, "prove", lambda *_: Verdict(7, 5, 1, example))
        _, lines, _ = self.auction("lab", "prove", "--max", "3")
        self.assertEqual(
            lines[-4:],
            [
                "    5 are better, such as this one. The item is worth $9, the lowest price is $1,",
                "    and the bids come in this order: $3, its own, $5.",
                "        To bid $9 wins, costs $9 and leaves $0.",
                "        To bid $6 wins, costs $6 and leaves $3.",
            ],
        )

    def test_patience(self) -> None:
        self.patch(lab_options, "MAX_UNCONFIRMED_SECONDS", 0)
        self.assertEqual(self.auction("lab", "prove", "--max", "2")[0], 2)
        self.assertEqual(self.auction("lab", "prove", "--max", "2", "--yes")[0], 0)


class PlayTests(CommandTestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def test_all_formats(self) -> None:
        argv = ("--auctions", "30", "--valuations", "uniform:100", "--buyers", "3")
        self.assertEqual(self.auction("lab", "play", *argv), (0, ALL_FORMATS.splitlines(), ""))

    def test_strategies(self) -> None:
        """Several at once, valuations from a file, and theory for one."""
        path = self.folder / "asked.txt"
        path.write_bytes(b"# asked in class\r\n20\r\n35\r\n\r\n35\r\n")
        argv = ("--auctions", "30", "--valuations", f"file:{path}", "--buyers", "3")
        kinds = ("1/truthful,shading:0.5", "3:extension=0/sniping,straightforward", "2")
        status, lines, _ = self.auction("lab", "play", *argv, *kinds)
        self.assertEqual(status, 0)
        self.assertEqual(lines[6:], STRATEGIES.splitlines())

    def test_file(self) -> None:
        """The same seed gives the same file, to the byte, and its rows make the means."""
        files = []
        for seed in ("7", "7", "8"):
            path = self.folder / "results.csv"
            argv = f"--auctions 50 --buyers 3 --valuations uniform:100 --seed {seed} --csv {path}"
            status, lines, _ = self.auction("lab", "play", *argv.split(), "first-price", "dutch")
            self.assertEqual(status, 0)
            files.append(path.read_text())
            rows = list(csv.DictReader(StringIO(files[-1])))
            self.assertEqual(len(rows), 2 * 50 * 3)
            self.assertEqual(
                [row["number"] for row in rows], [str(n) for n in range(1, 51) for _ in range(6)]
            )
            for name, line in zip(("first-price", "dutch"), lines[7:], strict=False):
                paid = [
                    int(row["payment"])
                    for row in rows
                    if row["treatment"] == name and row["won"] == "1"
                ]
                self.assertEqual(line.split()[:2], [name, f"{statistics.mean(paid):.2f}"])
        self.assertEqual(files[0], files[1])
        self.assertNotEqual(files[0], files[2])
        self.assertEqual(
            files[0].splitlines()[:4],
            [
                "number,treatment,buyer,strategy,valuation,bid,won,payment,utility",
                "1,first-price,1,equilibrium,32,21,0,0,0",
                "1,first-price,2,equilibrium,15,10,0,0,0",
                "1,first-price,3,equilibrium,65,43,1,43,22",
            ],
        )

    def test_unwritable_file(self) -> None:
        for name, why in (
            ("/missing/rows.csv", "No such file or directory"),
            ("/dev/full", "No space left on device"),
        ):
            status, lines, told = self.auction(
                "lab", "play", "--auctions", "30", "--csv", name, "1"
            )
            self.assertEqual((status, lines), (1, []))
            self.assertEqual(told, f"auction lab play: cannot write {name}: {why}\n")

    def test_plot(self) -> None:
        path = self.folder / "play.svg"
        argv = ("--auctions", "30", "--plot", str(path), "first-price/truthful", "2")
        self.assertEqual(self.auction("lab", "play", *argv)[0], 0)
        self.assertIn("first-price/truthful", path.read_text())

    def test_unlike_treatments(self) -> None:
        """Formats with different limits are not compared."""
        argv = ("--auctions", "30", "dutch/threshold:0.5", "first-price/truthful")
        _, lines, _ = self.auction("lab", "play", *argv)
        self.assertEqual([line for line in lines if "auction by auction" in line], [])

    def test_valuations(self) -> None:
        """All four formats bring the same, for all valuations, and the output names the F."""
        path = self.folder / "asked.txt"
        path.write_bytes(b"20\n35\n35\n")
        argv = ("--auctions", "30", "--valuations", f"file:{path}", "--buyers", "3")
        status, lines, _ = self.auction("lab", "play", *argv)
        self.assertEqual((status, lines[3:]), (0, LISTED.splitlines()))
        argv = ("--auctions", "30", "--valuations", "normal:500:150", "--buyers", "2")
        status, lines, _ = self.auction("lab", "play", *argv)
        self.assertEqual(status, 0)
        self.assertEqual(
            [(line.split()[0], line.split()[4]) for line in lines[7:11]],
            [
                ("first-price", "415.7"),
                ("second-price", "415.8"),
                ("english", "416.3"),
                ("dutch", "415.7"),
            ],
        )

    def test_steps(self) -> None:
        """The expected values include the effect of a Dutch price's steps."""
        argv = ("--auctions", "30", "--valuations", "uniform:5000", "dutch")
        _, lines, _ = self.auction("lab", "play", *argv)
        self.assertEqual(lines[7].split()[4], "3331.3")

    def test_lowest_price(self) -> None:
        """The expected values include rounding: the textbook's value is 416.7."""
        argv = ("--auctions", "30", "--buyers", "2", "--lowest-price", "500", "second-price")
        _, lines, _ = self.auction("lab", "play", *argv)
        self.assertEqual(lines[7].split()[4], "416.9")

    def test_one_buyer(self) -> None:
        """It pays the lowest price."""
        argv = ("--auctions", "30", "--buyers", "1", "english", "first-price")
        _, lines, _ = self.auction("lab", "play", *argv)
        self.assertIn(", 1 Buyer, ", lines[0])
        for line in lines[7:9]:
            self.assertEqual(line.split()[1:5], ["1.0", "±", "0.0", "1.0"])
