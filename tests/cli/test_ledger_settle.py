"""``auction ledger settle`` with ledgers of whole houses."""

import csv
import io
import xml.etree.ElementTree as ET
from io import TextIOWrapper

from tests.cli.support import LedgerTestCase
from twisted_auction.testing import MemoryHouse

CATALOGUE = b"1 100 3 Hat <b>\n2 100 3 =Cap\n3 50 1 Vase\n1 900 1 Car\n"

RATES = ("--premium", "12.5", "--tax", "7.7", "--commission", "5")


class SettleTestCase(LedgerTestCase):
    def hold_sale(self, house: MemoryHouse) -> None:
        """Four lots, of which Buyer 2 wins two, and Buyer 3 one."""
        buyers = [house.connect() for _ in range(3)]
        house.advance(5.25)
        for lines in (("120", "130", "105"), ("1201", "1333", "pass")):
            for buyer, line in zip(buyers, lines, strict=True):
                buyer.send_lines(line)
            house.advance(6)
        buyers[2].send_lines("77")
        house.advance(70)
        for buyer in buyers:
            buyer.send_lines("5")
        house.advance(3)

    def sell_shield(self, house: MemoryHouse) -> None:
        """In another room, a Seller and two Buyers, of whom the second wins."""
        house.connect_to_lobby("JOIN hall", "2 100 2 Round Shield")
        buyers = [house.connect_to_lobby("JOIN hall") for _ in range(2)]
        for buyer, amount in zip(buyers, ("133", "155"), strict=True):
            buyer.send_lines(amount)
        house.advance(3)

    def sell_everything(self) -> None:
        house = self.open_house(CATALOGUE)
        self.hold_sale(house)
        self.sell_shield(house)
        house.connect_to_lobby("JOIN hall", "1 100 2 Helm")
        self.close_house(house)

    def refusal(self, *argv: str) -> str:
        """The complaint of a command that fails."""
        status, lines, errors = self.ledger("settle", *argv)
        self.assertEqual((status, lines), (1, []))
        return errors.removeprefix("auction ledger settle: ").removesuffix("\n")


class TableTests(SettleTestCase):
    def test_table(self) -> None:
        """A bill for each account, and the sums of all."""
        self.sell_everything()
        self.assertEqual(
            self.output_of("settle", *RATES),
            """\
Seller of hall/1
auction  lot  item          result  payment  commission   to get
hall/1        Round Shield  sold    $133.00       $6.65  $126.35
sum                                 $133.00       $6.65  $126.35
To get: $126.35.

Buyer 2 of hall/1
auction  lot  item          payment  premium     tax   to pay
hall/1        Round Shield  $133.00   $16.63  $11.52  $161.15
sum                         $133.00   $16.63  $11.52  $161.15
To pay: $161.15.

Seller of hall/2
auction  lot  item  result  payment  commission  to get
hall/2        Helm  open      $0.00       $0.00
sum                           $0.00       $0.00   $0.00
Nothing to pay.

Buyer 2 of main/1
auction  lot  item      payment  premium      tax    to pay
main/1     1  Hat <b>   $130.00   $16.25   $11.26   $157.51
main/1     2  =Cap     $1201.00  $150.13  $104.04  $1455.17
sum                    $1331.00  $166.38  $115.30  $1612.68
To pay: $1612.68.

Buyer 3 of main/1
auction  lot  item  payment  premium    tax  to pay
main/1     3  Vase   $77.00    $9.63  $6.67  $93.30
sum                  $77.00    $9.63  $6.67  $93.30
To pay: $93.30.

The house
auction  lot  item     result      to get
main/1     1  Hat <b>  sold       $130.00
main/1     2  =Cap     sold      $1201.00
main/1     3  Vase     sold        $77.00
main/1     4  Car      not sold
sum                              $1408.00

account            won  sold      owes     gets    to pay   to get
Seller of hall/1           1            $126.35            $126.35
Buyer 2 of hall/1    1         $161.15            $161.15
Seller of hall/2
Buyer 2 of main/1    2        $1612.68           $1612.68
Buyer 3 of main/1    1          $93.30             $93.30
sum                  4     1  $1867.13  $126.35  $1867.13  $126.35

in all             amount
payments         $1541.00
premium, 12.5 %   $192.64
tax, 7.7 %        $133.49
Buyers owe       $1867.13
commission, 5 %     $6.65
Sellers get       $126.35
the house keeps  $1607.29
Still open: 1 item. Settle again afterwards.
""".splitlines(),
        )

    def test_no_rates(self) -> None:
        """Without rates, an amount is the payment alone."""
        house = self.open_house()
        self.sell_shield(house)
        self.close_house(house)
        self.assertEqual(
            self.output_of("settle"),
            """\
Seller of hall/1
auction  lot  item          result   to get
hall/1        Round Shield  sold    $133.00
sum                                 $133.00
To get: $133.00.

Buyer 2 of hall/1
auction  lot  item           to pay
hall/1        Round Shield  $133.00
sum                         $133.00
To pay: $133.00.

account            won  sold     owes     gets   to pay   to get
Seller of hall/1           1           $133.00           $133.00
Buyer 2 of hall/1    1        $133.00           $133.00
sum                  1     1  $133.00  $133.00  $133.00  $133.00

in all            amount
payments         $133.00
Buyers owe       $133.00
Sellers get      $133.00
the house keeps    $0.00
""".splitlines(),
        )

    def test_nothing_yet(self) -> None:
        """An empty ledger, and one in which nothing was sold."""
        house = self.open_house()
        self.assertEqual(self.output_of("settle"), ["No item has been offered yet."])
        house.connect().disconnect()
        house.advance()
        self.assertEqual(self.output_of("settle"), ["No item has been offered yet."])
        self.close_house(house)

    def test_running_server(self) -> None:
        """What has a result is settled while the server runs, and the rest later."""
        house = self.open_house(b"1 100 1 Hat\n1 50 1 Cap\n")
        buyer = house.connect()
        house.advance(5.25)
        buyer.send_lines("120")
        house.advance(0.25)
        self.assertIn("Still open: 1 item. Settle again afterwards.", self.output_of("settle"))
        self.assertIn("To pay: $120.00.", self.output_of("settle"))
        house.advance(5.25)
        buyer.send_lines("60")
        house.advance(0.25)
        self.assertIn("To pay: $180.00.", self.output_of("settle"))
        self.close_house(house)

    def test_since(self) -> None:
        """Earlier results are left out, such as those of a rehearsal."""
        self.sell_everything()
        lines = self.output_of("settle", "--since", "2027-01-15T08:01:00")
        self.assertNotIn("Buyer 2 of main/1", lines)
        self.assertIn("Buyer 3 of main/1", lines)
        self.assertIn("Buyers owe       $210.00", lines)


class ArchiveTests(SettleTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.sell_everything()
        self.whole = self.output_of("settle", *RATES)
        self.archive = self.folder / "2027.sqlite3"
        self.output_of("archive", str(self.archive))

    def test_missing(self) -> None:
        """A ledger without its archive says so."""
        lines = self.output_of("settle")
        self.assertEqual(lines[0], "Seller of hall/2")
        self.assertRegex(lines[-1], r"\AIn archives that were not named: \d+ rows before\.\Z")

    def test_together(self) -> None:
        """A ledger and its archives, in any order, are one settlement."""
        for files in ([self.path, self.archive], [self.archive, self.path]):
            status, lines, errors = self.auction("ledger", "settle", *RATES, *map(str, files))
            self.assertEqual((status, errors), (0, ""))
            self.assertEqual(lines, self.whole)

    def test_another_house(self) -> None:
        other = self.folder / "other.sqlite3"
        MemoryHouse(ledger=other).close()
        status, lines, errors = self.auction("ledger", "settle", str(self.path), str(other))
        self.assertEqual((status, lines), (1, []))
        self.assertIn(f"{other} is of another house than {self.path}.", errors)


class PaidTests(SettleTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.sell_everything()
        self.paid = self.folder / "paid.txt"

    def test_marks(self) -> None:
        """All of an account, a part, and a Seller who has its money."""
        self.paid.write_text("# cash\nmain/1/3\n\nhall/1/2 $33.50\nhall/1/seller\n")
        lines = self.output_of("settle", "--paid", str(self.paid))
        self.assertEqual(
            [line for line in lines if line.endswith((".", "before."))],
            [
                "Paid.",
                "To pay: $99.50. $33.50 paid before.",
                "Nothing to pay.",
                "To pay: $1331.00.",
                "Paid.",
                "Still open: 1 item. Settle again afterwards.",
            ],
        )
        start = lines.index(next(line for line in lines if line.startswith("account")))
        self.assertEqual(
            lines[start : start + 7],
            """\
account            won  sold      owes     gets      paid    to pay  to get
Seller of hall/1           1            $133.00  -$133.00
Buyer 2 of hall/1    1         $133.00             $33.50    $99.50
Seller of hall/2
Buyer 2 of main/1    2        $1331.00                     $1331.00
Buyer 3 of main/1    1          $77.00             $77.00
sum                  4     1  $1541.00  $133.00   -$22.50  $1430.50   $0.00
""".splitlines(),
        )

    def test_sale_that_cannot_be_voided(self) -> None:
        """As documented: the amount in the file settles the bill, and the sums still have it."""
        self.paid.write_text("main/1/3 93.30\n")
        argv = ("settle", *RATES, "--paid", str(self.paid))
        lines = self.output_of(*argv)
        (bill,) = (row for row in lines if row.startswith("Buyer 3 of main/1  "))
        self.assertEqual(bill.split()[4:], ["1", "$93.30", "$93.30"])
        self.assertEqual(lines[lines.index("Buyer 3 of main/1") + 4], "Paid.")
        self.assertIn("main/1     3  Vase     sold        $77.00", lines)
        self.assertIn("payments         $1541.00", lines)
        self.paid.write_text("main/1/3 93.30\nmain/1/3 93.30\n")  # it had paid before
        lines = self.output_of(*argv)
        self.assertEqual(
            lines[lines.index("Buyer 3 of main/1") + 4], "To get: $93.30. $186.60 paid before."
        )

    def test_wrong_lines(self) -> None:
        """Each is refused with its number."""
        for text, reason in [
            ("main/1/3\n17\n", "line 2: there is no account 17."),
            (
                "main/1/3 12,50\n",
                "line 1: write a paddle, and an amount such as 67.50 if not all is paid.",
            ),
            (
                "main/1/3 12.50 cash\n",
                "line 1: write a paddle, and an amount such as 67.50 if not all is paid.",
            ),
            ("\x1b[2J\n", "line 1: there is no account \\x1b[2J."),
        ]:
            self.paid.write_text(text)
            self.assertEqual(self.refusal("--paid", str(self.paid)), f"{self.paid}, {reason}")
        self.paid.write_bytes(b"\xff\n")
        self.assertEqual(
            self.refusal("--paid", str(self.paid)),
            f"{self.paid}, line 1: there is no account \\xff.",
        )

    def test_nothing_owed(self) -> None:
        """Who has paid and owes nothing any more gets its money back; known people may be named."""
        people = self.folder / "people.csv"
        people.write_text("paddle,name\n17,Ada\n")
        self.paid.write_text("main/1/1 12.50\n17 100\n")
        argv = ("settle", "--people", str(people), "--paid", str(self.paid))
        lines = self.output_of(*argv)
        self.assertEqual(lines[:3], ["Paddle 17, Ada", "To get: $100.00. $100.00 paid before.", ""])
        start = lines.index("Buyer 1 of main/1")
        self.assertEqual(lines[start + 1], "To get: $12.50. $12.50 paid before.")
        self.assertIn(
            "17,Ada,balance,,,,,,,,,0.00,100.00,100.00", self.output_of(*argv, "-f", "csv")
        )
        page = "\n".join(self.output_of(*argv, "-f", "html"))
        self.assertEqual(page.count("To get: $100.00. $100.00 paid before."), 1)

    def test_no_file(self) -> None:
        self.assertEqual(
            self.refusal("--paid", str(self.paid)),
            f"--paid: cannot read {self.paid}: No such file or directory.",
        )


class CSVTests(SettleTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.sell_everything()

    def test_csv(self) -> None:
        """Nothing in it is a formula, and amounts are numbers, the negative ones, too."""
        paid = self.folder / "paid.txt"
        paid.write_text("hall/1/seller\n")
        self.assertEqual(
            self.output_of("settle", *RATES, "--format", "csv", "--paid", str(paid)),
            """\
account,name,kind,room,auction,lot,item,payment,premium,tax,commission,to_pay,to_get,paid
hall/1/seller,,sold,hall,1,,Round Shield,133.00,,,6.65,,126.35,
hall/1/seller,,balance,,,,,,,,,0.00,0.00,-126.35
hall/1/2,,bought,hall,1,,Round Shield,133.00,16.63,11.52,,161.15,,
hall/1/2,,balance,,,,,,,,,161.15,0.00,0.00
hall/2/seller,,open,hall,2,,Helm,0.00,,,0.00,,0.00,
hall/2/seller,,balance,,,,,,,,,0.00,0.00,0.00
main/1/2,,bought,main,1,1,Hat <b>,130.00,16.25,11.26,,157.51,,
main/1/2,,bought,main,1,2,'=Cap,1201.00,150.13,104.04,,1455.17,,
main/1/2,,balance,,,,,,,,,1612.68,0.00,0.00
main/1/3,,bought,main,1,3,Vase,77.00,9.63,6.67,,93.30,,
main/1/3,,balance,,,,,,,,,93.30,0.00,0.00
house,,sold,main,1,1,Hat <b>,130.00,,,0.00,,130.00,
house,,sold,main,1,2,'=Cap,1201.00,,,0.00,,1201.00,
house,,sold,main,1,3,Vase,77.00,,,0.00,,77.00,
house,,not sold,main,1,4,Car,0.00,,,0.00,,0.00,
""".splitlines(),
        )

    def test_lines_add_up(self) -> None:
        """The lines of each account add up to its balance."""
        sums: dict[str, int] = {}
        balances = {}
        for line in csv.DictReader(self.output_of("settle", *RATES, "-f", "csv")):
            cents = round(100 * (float(line["to_pay"] or 0) - float(line["to_get"] or 0)))
            if line["kind"] == "balance":
                balances[line["account"]] = cents
            else:
                sums[line["account"]] = sums.get(line["account"], 0) + cents
        self.assertEqual(sums.pop("house"), -140800)
        self.assertEqual(sums, balances)

    def test_excel(self) -> None:
        """A byte order mark, once, and else the same."""
        plain = self.output_of("settle", "-f", "csv")
        lines = self.output_of("settle", "-f", "csv", "--excel")
        self.assertEqual(lines, [f"\ufeff{plain[0]}", *plain[1:]])


class PageTests(SettleTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.sell_everything()

    def page(self, *argv: str) -> tuple[str, ET.Element]:
        """The page as text, and parsed."""
        text = "\n".join(self.output_of("settle", *RATES, "--format", "html", *argv))
        self.assertTrue(text.startswith("<!DOCTYPE html>\n"))
        return text, ET.fromstring(text.partition("\n")[2])

    def test_pages(self) -> None:
        """One for the organiser, and one for each account, with the sums of the table."""
        _, page = self.page("--title", "Tom & Co")
        headings = [element.text for element in page.iter("h1")]
        self.assertEqual(
            headings,
            [
                "Settlement",
                "Seller of hall/1",
                "Buyer 2 of hall/1",
                "Seller of hall/2",
                "Buyer 2 of main/1",
                "Buyer 3 of main/1",
            ],
        )
        sections = list(page.iter("section"))
        self.assertEqual(len(sections), len(headings))
        for section in sections:
            text = " ".join(section.itertext())
            self.assertIn("Tom & Co", text)
            self.assertIn("Results until 2027-01-15 08:01:", text)
        own = " ".join(sections[4].itertext())
        self.assertIn("Hat <b>", own)
        self.assertIn("To pay: $1612.68.", own)
        self.assertIn("With a premium of 12.5 % of each payment, a tax of 7.7 %", own)
        for other in ("Vase", "Round Shield", "Buyer 3", "$1867.13"):
            self.assertNotIn(other, own)

    def test_print(self) -> None:
        """The browser begins a page at each section, and asks nothing of the network."""
        text, _ = self.page()
        self.assertIn("break-after: page", text)
        self.assertNotRegex(text, r"https?:|src=|url\(|<script")

    def test_escaping(self) -> None:
        """The name of an item, or a title, is no markup."""
        text, _ = self.page("--title", "</title><script>")
        self.assertIn("Hat &lt;b&gt;", text)
        self.assertNotIn("<b>", text)
        self.assertNotIn("<script", text)

    def test_encoding(self) -> None:
        """The page is UTF-8 in any locale, as it says itself."""
        output = TextIOWrapper(io.BytesIO(), encoding="ascii", errors="backslashreplace")
        status, _, errors = self.auction(
            *("ledger", "settle", "-f", "html", "--title", "Œuvres", str(self.path)), output=output
        )
        self.assertEqual((status, errors), (0, ""))
        output.flush()
        assert isinstance(output.buffer, io.BytesIO)
        written = output.buffer.getvalue()
        self.assertIn("<title>Œuvres</title>".encode(), written)
        self.assertIn(b'<meta charset="utf-8"', written)


class UsageTests(SettleTestCase):
    def test_wrong_usage(self) -> None:
        for argv, reason in [
            (("--format", "pdf"), "--format must be table, csv or html, not 'pdf'"),
            (("--excel",), "--excel is for CSV alone"),
            (("--premium", "-1"), "--premium takes percent from 0 to 100, such as 12.5, not '-1'"),
            (("--tax", "7,7"), "--tax takes percent from 0 to 100, such as 12.5, not '7,7'"),
            (
                ("--commission", "101"),
                "--commission takes percent from 0 to 100, such as 12.5, not '101'",
            ),
            (
                ("--since", "today"),
                "--since takes a day or an instant, such as 2026-12-05T19:00, not 'today'",
            ),
        ]:
            status, lines, errors = self.ledger("settle", *argv)
            self.assertEqual((status, lines), (2, []))
            self.assertEqual(
                errors,
                f"auction ledger settle: {reason}. Try 'auction ledger settle --help'.\n",
            )

    def test_title_has_no_default(self) -> None:
        self.assertNotIn("[default: ]", "\n".join(self.output_of("settle", "--help")))

    def test_no_ledger(self) -> None:
        self.assertIn("ledger", self.refusal())
