"""The options of a sale of all lots together."""

from datetime import datetime
from pathlib import Path

from twisted.python import usage

from tests.support import LedgerFolderTestCase
from twisted_auction.cli.server_options import Options

TABLE = """lot,item,type,lowest_price
12/a,Desk,english:increment=5,20
12b,Lamp,2,40
13,Cup,english:end=2099-12-06T10:30:15,5
"""


class TogetherTests(LedgerFolderTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.catalogue = Path(self.path.parent, "lots.csv")
        self.catalogue.write_text(TABLE)

    def parsed(self, *argv: str) -> Options:
        options = Options()
        options.parseOptions(
            ["--ledger", str(self.path), "--catalogue", str(self.catalogue), *argv]
        )
        return options

    def refusal(self, *argv: str) -> str:
        with self.assertRaises(usage.UsageError) as caught:
            self.parsed(*argv)
        return str(caught.exception)

    def test_one_end_for_all(self) -> None:
        """It is put into the request of each lot without an end of its own."""
        options = self.parsed("--together", "--ends", "2099-12-05T21:00", "--lobby", "4001")
        self.assertEqual(
            [(lot.label, lot.request.text) for lot in options["catalogue"]],
            [
                ("12/a", "english:increment=5:end=2099-12-05T21:00:00 20 1 Desk"),
                ("12b", "2:end=2099-12-05T21:00:00 40 1 Lamp"),
                ("13", "english:end=2099-12-06T10:30:15 5 1 Cup"),
            ],
        )
        self.assertEqual(options["catalogue"][1].request.end, datetime(2099, 12, 5, 21))
        self.assertEqual(options["ports"], [])

    def test_own_ends(self) -> None:
        """Without a common end, every lot needs one. Lots without numbers are counted."""
        self.catalogue.write_text("1:end=2099-12-05T21:00 5 0 Cup\n1 6 0 Jug\n")
        self.assertEqual(
            self.refusal("--together", "--lobby", "4001"),
            "--together: lot 2 has no end: give it one, such as english:end=2026-12-05T21:00, or "
            "all of them one by --ends",
        )
        self.catalogue.write_text("1:end=2099-12-05T21:00 5 0 Cup\n")
        (lot,) = self.parsed("--together", "--lobby", "4001")["catalogue"]
        self.assertEqual((lot.label, lot.request.text), ("1", "1:end=2099-12-05T21:00 5 0 Cup"))

    def test_lots_without_a_time(self) -> None:
        self.catalogue.write_text("english 5 0 Cup\n4 6 0 Jug\n")
        refusal = self.refusal("--together", "--ends", "2099-12-05T21:00", "--lobby", "4001")
        self.assertTrue(
            refusal.startswith(
                f"--catalogue: {self.catalogue}: line 2: it cannot have the end of all lots "
                "(--ends): dutch has no rule end; its rules are: "
            ),
            refusal,
        )

    def test_latest(self) -> None:
        """The common end is the end for the rule ``latest``, too."""
        late = ("--together", "--ends", "2099-12-05T21:00", "--lobby", "4001")
        self.catalogue.write_text("3:latest=2099-12-05T21:10 5 0 Cup\n")
        (lot,) = self.parsed(*late)["catalogue"]
        self.assertEqual(
            (lot.request.end, lot.request.latest),
            (datetime(2099, 12, 5, 21), datetime(2099, 12, 5, 21, 10)),
        )
        for rules, argv, complaint in [
            ("latest=2099-12-05T20:59", late, "latest must not be before end"),
            ("LATEST=2099-12-05T21:10", ("--lobby", "4001"), "latest needs end"),
            ("duration=9", late, "it cannot have the end of all lots (--ends): duration and end "
             "cannot both be given"),
            ("duration=soon", late, "duration must be a whole number from 1 to 604800"),
        ]:  # fmt: skip
            self.catalogue.write_text(f"3:{rules} 5 1 Cup\n")
            self.assertEqual(
                self.refusal(*argv), f"--catalogue: {self.catalogue}: line 1: {complaint}.", rules
            )

    def test_contradictions(self) -> None:
        late = ("--ends", "2099-12-05T21:00")
        for argv, complaint in [
            (late, "--ends needs --together: it is the end of all lots"),
            (
                ("--together", *late),
                "--together needs --lobby or --web, for clients to choose a lot",
            ),
            (
                ("--together", *late, "--lobby", "4001", "--port", "4000"),
                "--port leads to one room, and with --together there are many: use --lobby",
            ),
            (
                ("--together", *late, "--lobby", "4001", "--room", "hall"),
                "--room has no meaning with --together: lots name their rooms",
            ),
            (
                ("--together", *late, "--lobby", "4001", "--max-rooms", "2"),
                "--together: 3 lots need as many rooms, and --max-rooms is 2",
            ),
            (
                ("--together", "--ends", "soon", "--lobby", "4001"),
                "--ends must be a time, such as 2026-12-05T19:00, or 19:00 for today, not 'soon'",
            ),
            (
                ("--together", "--ends", "2020-12-05T21:00", "--lobby", "4001"),
                "--ends: 2020-12-05T21:00 is past",
            ),
            (
                ("--together", *late, "--lobby", "4001", "--starts", "2099-12-05T21:00"),
                "--ends must be later than --starts",
            ),
            (
                ("--together", "--ends", "2099-03-29T02:30", "--lobby", "4001"),
                "--ends: 2099-03-29T02:30 does not exist",
            ),
        ]:
            zone = ("--timezone", "Europe/Berlin")
            self.assertTrue(self.refusal(*argv, *zone).startswith(complaint), (argv, complaint))
        options = Options()
        with self.assertRaises(usage.UsageError) as caught:
            options.parseOptions(["--together", "--lobby", "4001"])
        self.assertEqual(
            str(caught.exception), "--together needs --catalogue, the lots of the sale"
        )
        self.catalogue.write_text("lot,item,type,lowest_price\n1.2,Cup,1,5\n1/2,Jug,1,5\n")
        self.assertEqual(
            self.refusal("--together", *late, "--lobby", "4001"),
            "--together: lots 1.2 and 1/2 would both be in room 1_2",
        )

    def test_after_the_end(self) -> None:
        """A server with a ledger may have held the sale until its end."""
        self.path.touch()
        options = self.parsed("--together", "--ends", "2020-12-05T21:00", "--lobby", "4001")
        self.assertEqual(options["catalogue"][0].request.end, datetime(2020, 12, 5, 21))
