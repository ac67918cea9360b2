"""``auction lab plot-class``, as a teacher at a terminal meets it."""

import tempfile
from pathlib import Path

from tests.support import CommandTestCase

HEADER = "auction,lot,room,item,format,lowest_price,kind,buyer,amount,payment,at,name,valuation"

EXPORT = f"""\
{HEADER}
1,1,main,Hat,first-price,1,bid,1,65,,,Ann,80
1,1,main,Hat,first-price,1,bid,2,45,,,Bob,50
1,1,main,Hat,first-price,1,bid,3,10,,,Eve,30
1,1,main,Hat,first-price,1,sold,1,65,65,,Ann,80
1,2,main,Cap,all-pay,10,bid,1,15,,,Ann,20
1,2,main,Cap,all-pay,10,not sold,,15,,,,
"""


class PlotClassTests(CommandTestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.export = self.folder / "class.csv"
        self.export.write_text(EXPORT)
        self.picture = self.folder / "class.svg"

    def plot(self, *argv: str) -> tuple[int, list[str], str]:
        """Run the command."""
        return self.auction(
            "lab", "plot-class", "--plot", str(self.picture), *argv, str(self.export)
        )

    def test_means(self) -> None:
        """The table, and the picture."""
        self.assertEqual(
            self.plot("--valuations", "uniform:100"),
            (
                0,
                """\
format       from  items  bids  mean payment  bid/valuation  theory
first-price    $1      1     3        $65.00         75.0 %  66.2 %
all-pay       $10      1     1                       75.0 %
Theory: 3 Buyers for each item. The winner of an English auction stops when the
others stop, so its last bid is left out of bid/valuation.
""".splitlines(),
                "",
            ),
        )
        self.assertIn("theory, 3 Buyers", self.picture.read_text())

    def test_buyers(self) -> None:
        """Persons who have not bid count, too."""
        _, lines, _ = self.plot("--valuations", "uniform:100", "--buyers", "10")
        self.assertEqual(lines[1].split()[-2:], ["90.0", "%"])
        self.assertIn("theory, 10 Buyers", self.picture.read_text())

    def test_valuations_of_the_export(self) -> None:
        """Without an option, they are the distribution."""
        status, lines, errors = self.plot()
        self.assertEqual((status, errors), (0, ""))
        self.assertEqual(lines[1].split()[-2:], ["70.6", "%"])

    def test_complaints(self) -> None:
        """One line each, and no picture."""
        for argv, text, reason in [
            (
                ("--valuations", "uniform:50"),
                EXPORT,
                "the export has a valuation of $80, above all of uniform:50.",
            ),
            ((), f"{HEADER}\n", f"{self.export}: no bid has a valuation, or no item has a result."),
            ((), "a,b\n", f"{self.export}: row 1: there is no column auction."),
        ]:
            self.export.write_text(text)
            status, lines, errors = self.plot(*argv)
            self.assertEqual((status, lines), (1, []))
            self.assertEqual(errors, f"auction lab plot-class: {reason}\n")
            self.assertFalse(self.picture.exists())
        self.export.unlink()
        self.assertEqual(
            self.plot(),
            (
                1,
                [],
                f"auction lab plot-class: cannot read {self.export}: No such file or directory.\n",
            ),
        )

    def test_wrong_usage(self) -> None:
        for argv, reason in [
            (("--plot", "class.pdf"), "--plot draws files that end with .svg or .png"),
            (("--buyers", "0"), "--buyers must be a whole number from 1 to 1,000, not '0'"),
            (("--valuations", "all"), "--valuations: valuations are uniform:TOP"),
            ((), "name one export"),
        ]:
            status, lines, errors = self.auction("lab", "plot-class", *argv)
            if argv:
                status, lines, errors = self.auction("lab", "plot-class", *argv, "class.csv")
            self.assertEqual((status, lines), (2, []))
            self.assertIn(reason, errors)
