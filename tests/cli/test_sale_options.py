"""The options of a sale with doors."""

from pathlib import Path
from zoneinfo import ZoneInfo

from twisted.python import usage

from tests.support import LedgerFolderTestCase
from twisted_auction.cli.server_options import Options
from twisted_auction.house.doors import Doors


class SellerTests(LedgerFolderTestCase):
    def test_needs_people(self) -> None:
        """A paddle means a person of the list."""
        catalogue = Path(self.path.parent, "lots.csv")
        catalogue.write_text("lot,item,type,lowest_price,seller\n1,Cup,1,5,\n1a,Sword,1,5,17\n")
        with self.assertRaises(usage.UsageError) as caught:
            Options().parseOptions(["--catalogue", str(catalogue)])
        self.assertEqual(
            str(caught.exception),
            "--catalogue: lot 1a has a seller by paddle: this needs --people, the list of the "
            "people",
        )
        people = Path(self.path.parent, "people.csv")
        people.write_text("paddle,name,pass\n17,Ada,\n")
        options = Options()
        options.parseOptions(["--catalogue", str(catalogue), "--people", str(people)])
        self.assertEqual([lot.seller for lot in options["catalogue"]], [None, 17])
        people.write_text("paddle,name,pass\n18,Ada,\n")
        with self.assertRaises(usage.UsageError) as caught:
            Options().parseOptions(["--catalogue", str(catalogue), "--people", str(people)])
        self.assertEqual(
            str(caught.exception),
            f"--catalogue: {catalogue}: row 3: lot 1a has seller 17, who is not on the list of "
            "people.",
        )
        # A server may have begun the sale before the person was taken off the list.
        ledger = Path(self.path.parent, "begun.sqlite3")
        ledger.touch()
        options = Options()
        options.parseOptions(
            ["--catalogue", str(catalogue), "--people", str(people), "--ledger", str(ledger)]
        )
        self.assertEqual([lot.seller for lot in options["catalogue"]], [None, 17])


class DoorsTests(LedgerFolderTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.catalogue = Path(self.path.parent, "lots.txt")
        self.catalogue.write_text("1 100 1 Sword\n")

    def parsed(self, *argv: str) -> Doors | None:
        options = Options()
        options.parseOptions(["--ledger", str(self.path), *argv])
        doors: Doors | None = options["doors"]
        return doors

    def test_taken(self) -> None:
        sale = ("--catalogue", str(self.catalogue))
        berlin = ("--timezone", "Europe/Berlin")
        zone = ZoneInfo("Europe/Berlin")
        self.assertIsNone(self.parsed(*sale))
        self.assertEqual(self.parsed(*sale, "--starts", "now"), Doors("now"))
        self.assertEqual(self.parsed(*sale, "--starts", "Order", *berlin), Doors("order", zone))
        doors = self.parsed(*sale, "--starts", "2999-07-01T19:00", *berlin)
        assert doors is not None and not isinstance(doors.starts, str)
        self.assertEqual(doors.starts.isoformat(), "2999-07-01T19:00:00+02:00")
        self.assertEqual(doors.zone, zone)

    def test_past(self) -> None:
        """It is refused here unless a ledger may have the sale."""
        argv = ("--catalogue", str(self.catalogue), "--starts", "2026-01-01T19:00")
        with self.assertRaises(usage.UsageError) as caught:
            self.parsed(*argv)
        self.assertRegex(str(caught.exception), "^--starts: 2026-01-01T19:00:00 is past; it is ")
        self.path.touch()
        self.assertIsNotNone(self.parsed(*argv))

    def test_refused(self) -> None:
        sale = ("--catalogue", str(self.catalogue))
        for argv, complaint in [
            (("--starts", "now"), "--starts needs --catalogue: only a sale begins at a time"),
            (
                (*sale, "--timezone", "Mars"),
                "--timezone: no time zone is called 'Mars'; one is "
                "called Europe/Berlin, for example",
            ),
            (
                (*sale, "--starts", "soon"),
                "--starts must be now, order or a time, such as 2026-12-05T19:00, or 19:00 for "
                "today, not 'soon'",
            ),
            (
                (*sale, "--starts", "now", "--timezone", "Mars"),
                "--timezone: no time zone is called 'Mars'; one is called Europe/Berlin, for "
                "example",
            ),
            (
                (*sale, "--starts", "2999-02-29T19:00", "--timezone", "UTC"),
                "--starts: there is no time 2999-02-29T19:00",
            ),
            (
                (*sale, "--starts", "2035-03-25T02:30", "--timezone", "Europe/Berlin"),
                "--starts: 2035-03-25T02:30 does not exist: the clocks are put forward over it in "
                "Europe/Berlin",
            ),
            (
                (*sale, "--starts", "2035-10-28T02:30", "--timezone", "Europe/Berlin"),
                "--starts: 2035-10-28T02:30 exists twice: the clocks are put back over it in "
                "Europe/Berlin",
            ),
            (
                (*sale, "--starts", "now", "--after-sale", "-5"),
                "--after-sale must be a whole number of seconds, not '-5'",
            ),
        ]:
            with self.assertRaises(usage.UsageError) as caught:
                self.parsed(*argv)
            self.assertEqual(str(caught.exception), complaint)
