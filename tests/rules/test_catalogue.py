import csv
from io import StringIO

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from twisted_auction.ledger.check import check_event
from twisted_auction.rules.auction import Auction
from twisted_auction.rules.catalogue import check_catalogue, parse_catalogue
from twisted_auction.rules.commands import Arrive
from twisted_auction.rules.dutch import Dutch
from twisted_auction.rules.events import RequestAccepted
from twisted_auction.rules.formats import format_of
from twisted_auction.rules.grammar import parse_recorded_request, parse_request
from twisted_auction.rules.open import English
from twisted_auction.rules.request import AuctionRequest, Lot
from twisted_auction.rules.sealed import FirstPrice
from twisted_auction.rules.terms import STANDARD_TERMS

NO_COUNT = "number_of_bids must be 1 to 9; 0 needs a list of people or doors (--people, --starts)."
TYPE = "type_of_auction must be 1 (first-price), 2 (second-price), 3 (english) or 4 (dutch)"
HEADER = "lot,item,type,lowest_price,reserve,description,seller,picture"


def lot(text: str, label: str | None = None) -> Lot:
    """A lot with this request."""
    return Lot(parse_request(text.encode(), 9), label)


class LineTests(SynchronousTestCase):
    def test_lots(self) -> None:
        lots = parse_catalogue(
            b"\xef\xbb\xbf# Saturday\r\n\r\n1 100 2 Sword\r\n  english 50 1 Item # 5\n"
            b"   # the last one\n4:start=9 5 1 Compass",
            max_bidders=9,
        )
        self.assertEqual([lot.request.item_name for lot in lots], ["Sword", "Item # 5", "Compass"])
        self.assertEqual(
            [format_of(lot.request) for lot in lots], [FirstPrice(), English(), Dutch(9, 1, 5)]
        )

    def test_byte_order_marks(self) -> None:
        """Concatenated files may each begin with one."""
        lots = parse_catalogue(
            b"%b1 100 2 Sword\n%b# more\n %b 1 9 1 Cup\n%b\n" % ((b"\xef\xbb\xbf",) * 4),
            max_bidders=9,
        )
        self.assertEqual([lot.request.text for lot in lots], ["1 100 2 Sword", "1 9 1 Cup"])

    def test_refused(self) -> None:
        for text, complaint in [
            (b"", "there is no lot in it."),
            (b"# nothing\n\n", "there is no lot in it."),
            (b"1 100 2 Sword\n\n7 100 2 Shield\n", f"line 3: {TYPE}."),
            (b"1 100 10 Sword", "line 1: number_of_bids must be 1 to 9."),
            (b"1 100 0 Sword", f"line 1: {NO_COUNT}"),
            (b"item,type,lowest_price,number_of_bids\nCup,1,5,0\n", f"row 2: {NO_COUNT}"),
            (b"8 100 0 Sword", f"line 1: {TYPE}."),
            (
                b"Sword\n",
                "line 1: a lot is: type_of_auction lowest_price number_of_bids item_name.",
            ),
            (b"1 100 1 Sw\xffrd\n", "line 1: item_name must be UTF-8 text."),
        ]:
            with self.assertRaises(ValueError) as caught:
                parse_catalogue(text, max_bidders=9)
            self.assertEqual(str(caught.exception), complaint)


class TableTests(SynchronousTestCase):
    """A catalogue as a table."""

    def test_lots(self) -> None:
        """As the design has the header, with every cell filled, and with as few as possible."""
        text = (
            f"{HEADER}\n"
            '12a,"Walnut desk, large",english:increment=5,20,,"One leg\nis new.",17,desk.jpg\n'
            "\n"
            "12b,Brass lamp,2,40\n"
            ",,,,,,,\n"
            "13, Épée ,Dutch:start=90,45,,,9999,\n"
        )
        self.assertEqual(
            parse_catalogue(text.encode(), 9),
            (
                Lot(
                    parse_request(b"english:increment=5 20 1 Walnut desk, large", 9),
                    label="12a",
                    description="One leg is new.",
                    seller=17,
                    picture="desk.jpg",
                ),
                lot("2 40 1 Brass lamp", "12b"),
                Lot(parse_request("Dutch:start=90 45 1 Épée".encode(), 9), "13", seller=9999),
            ),
        )

    def test_columns(self) -> None:
        """In any order, in any case, with columns of the organiser's own, and without most."""
        header = b"Item;LOWEST_PRICE;estimate; type ;number_of_bids\r\n"
        text = header + b"Sword;100;$500;1;3\r\nCup;5;;2;\r\n"
        self.assertEqual(
            parse_catalogue(b"\xef\xbb\xbf" + text, 9), (lot("1 100 3 Sword"), lot("2 5 1 Cup"))
        )
        self.assertEqual(
            parse_catalogue(b"type\tlowest_price\titem\n1\t5\tCup", 9), (lot("1 5 1 Cup"),)
        )

    def test_bad_rows(self) -> None:
        """Each is refused with its number, as a spreadsheet shows it, and the reason."""
        for row, complaint in [
            ("1,,1,5", "item is empty"),
            ("1,Cup,,5", "type is empty"),
            ("1,Cup,1,", "lowest_price is empty"),
            ("1,Cup,7,5", TYPE),
            ("1,Cup,1 5,5", "type must be one word"),
            ("1,Cup,english:step=4,5", "english has no rule step; its rules are: increment, "
             "duration, extension, jump, end, latest, reserve, buy"),
            ("1,Cup,1,1 000", "lowest_price must be one word"),
            ("1,Cup,1,5.00", "lowest_price must be a whole number from 1 to 999999999999999999"),
            ("1,Cup,3,1001", "the first price must be at most 1000"),
            ("1,Cup,1,5,20", "first-price has no rule reserve; its rules are: end"),
            ("1,Cup,3,5,5", "reserve must be above lowest_price"),
            ("1,Cup,3,5,2 0", "reserve must be one amount"),
            ("1,Cup,3,5,20:jump=3", "reserve must be one amount"),
            ("1,Cup,3:reserve=9,5,20", "reserve is given twice"),
            ("12 a,Cup,1,5", "lot must be up to 16 letters, digits, dots, slashes or hyphens"),
            ("-1,Cup,1,5", "lot must be up to 16 letters, digits, dots, slashes or hyphens"),
            (",Cup,1,5", "either every lot has its own number, or none"),
            ("A0,Cup,1,5", "lot A0 is there twice"),
            ("1,Cup,1,5,,,0", "seller must be a paddle from 1 to 9999"),
            ("1,Cup,1,5,,,Ada", "seller must be a paddle from 1 to 9999"),
            ("1,Cup,1,5,,,17,../cup.jpg", "picture must be the name of a file, up to 100 "
             "characters, without a folder"),
            ("1,Cup,1,5,,,17,https://cups", "picture must be the name of a file, up to 100 "
             "characters, without a folder"),
            ("1,Cup,1,5,,,17,c\u202eup.jpg", "picture must be printable characters only"),
            ("1,Cup,1,5,,a\x07b", "description must be printable characters only"),
            ("1,Cup,1,5,,\u115f", "description must have no invisible characters"),
            (f"1,Cup,1,5,,{'x' * 401}", "description must be at most 400 characters"),
            (f"1,{'x' * 256},1,5", "item_name must be at most 255 bytes"),
            ("1,C\u202eup,1,5", "item_name must be printable characters only"),
            ("1,Cup,1,5,,,,,6", "it has more cells than the header; a quote may be missing"),
            ('1,"Cup,1,5', "a quote is missing, or does not belong there"),
        ]:  # fmt: skip
            text = f"{HEADER}\na0,Sword,1,100\n\n{row}\n"
            with self.assertRaises(ValueError) as caught:
                parse_catalogue(text.encode(), max_bidders=9, max_bid=1000)
            self.assertEqual(str(caught.exception), f"row 4: {complaint}.", row)

    def test_no_table(self) -> None:
        for text, complaint in [
            (b"lot,item,type\n", "row 1: there is no column lowest_price."),
            (b"item,type,lowest_price,item\n", "row 1: the column item is there twice."),
            (
                b"item,type,lowest_price,descripton\n",
                "row 1: the column 'descripton' must be called description.",
            ),
            (b"item,type,lowest_price\n", "there is no lot in it."),
            (
                b"item,type,lowest_price\nSw\xf6rd,1,5\n",
                'the file is not UTF-8 text; save it as "CSV UTF-8".',
            ),
            (
                b"item,type,lowest_price,number_of_bids\nCup,1,5,10\n",
                "row 2: number_of_bids must be 1 to 9.",
            ),
            (
                b"item,type,lowest_price,lot\nCup,1,5,\nSword,1,5,2\n",
                "row 3: either every lot has its own number, or none.",
            ),
        ]:
            with self.assertRaises(ValueError) as caught:
                parse_catalogue(text, max_bidders=9)
            self.assertEqual(str(caught.exception), complaint)

    @given(
        st.lists(
            st.tuples(
                st.sampled_from(["Cup", "Wax, red", 'a "mint" coin', "Épée"]),
                st.sampled_from(["1", "english:increment=5", "Dutch"]),
                st.integers(1, 10**6),
                st.sampled_from([None, "One leg is new.", "a, b; c\td"]),
            ),
            min_size=1,
            max_size=5,
        ),
        st.sampled_from(",;\t"),
        st.booleans(),
        st.permutations(["item", "type", "lowest_price", "description"]),
    )
    def test_any_spreadsheet(
        self,
        rows: list[tuple[str, str, int, str | None]],
        separator: str,
        has_mark: bool,
        columns: list[str],
    ) -> None:
        """What a spreadsheet writes is read, whatever its separator and the order of columns."""
        file = StringIO(newline="")
        writer = csv.writer(file, delimiter=separator)
        writer.writerow(columns)
        for row in rows:
            cells = dict(zip(("item", "type", "lowest_price", "description"), row, strict=True))
            writer.writerow([cells[column] for column in columns])
        lots = parse_catalogue(("\ufeff" * has_mark + file.getvalue()).encode(), 9)
        self.assertEqual(
            lots,
            tuple(
                Lot(
                    parse_request(f"{kind} {price} 1 {item}".encode(), 9),
                    description=description and " ".join(description.split()),
                )
                for item, kind, price, description in rows
            ),
        )

    @given(st.binary(max_size=60), st.sampled_from([b"", f"{HEADER}\n".encode()]))
    def test_any_bytes(self, text: bytes, header: bytes) -> None:
        """Any bytes are a catalogue, or refused with a sentence."""
        try:
            lots = parse_catalogue(header + text, 9)
        except ValueError as error:
            self.assertTrue(str(error).endswith("."), str(error))
            self.assertNotIn("\n", str(error))
        else:
            self.assertEqual(check_catalogue(lots), lots)


class NoCountTests(SynchronousTestCase):
    """Lots whose bidding opens without a count of Buyers, in a house with a list of people."""

    def test_taken(self) -> None:
        for text in (b"1 100 0 Cup", b"item,type,lowest_price,number_of_bids\nCup,1,100,0\n"):
            (lot,) = parse_catalogue(text, 9, min_bidders=0)
            self.assertEqual(lot.request.number_of_bids, 0)
            self.assertEqual(check_catalogue([lot], min_bidders=0), (lot,))
            error = self.assertRaises(ValueError, check_catalogue, [lot])
            self.assertIn("number_of_bids of lot 1 must be at least 1", str(error))
            self.assertEqual(parse_recorded_request(lot.request.text), lot.request)

    def test_refused(self) -> None:
        for number in (b"00", b"-0", b"10"):
            with self.assertRaisesRegex(ValueError, "number_of_bids must be 0 to 9."):
                parse_catalogue(b"1 100 %b Cup" % number, 9, min_bidders=0)

    def test_request_of_a_seller(self) -> None:
        """A ledger with a Seller's request for no Buyers does not verify."""
        auction = Auction(STANDARD_TERMS)
        for event in auction.decide(Arrive("s"), 0.0):
            auction.apply(event)
        accepted = RequestAccepted(parse_recorded_request("1 100 0 Cup"))
        error = self.assertRaises(ValueError, check_event, auction, accepted, 0.0, None)
        self.assertEqual(str(error), "only a lot of the house itself waits for no Buyer")


class ProgramTests(SynchronousTestCase):
    """The lots of a program."""

    SWORD = parse_request(b"1 100 1 Sword", 9)

    def test_taken(self) -> None:
        """A request alone is a lot, too."""
        full = Lot(self.SWORD, "12a", "It is sharp.", 17, "sword.jpg")
        self.assertEqual(check_catalogue([full]), (full,))
        self.assertEqual(check_catalogue([self.SWORD]), (Lot(self.SWORD),))

    def test_refused(self) -> None:
        for lots, complaint in [
            ([], "a catalogue is a sequence of Lots, at least one"),
            (["1 100 1 Sword"], "a catalogue is a sequence of Lots, at least one"),
            ([Lot(self.SWORD, "a b")], "lot must be up to 16 letters, digits, dots, slashes or "
             "hyphens"),
            ([Lot(self.SWORD, "1"), Lot(self.SWORD)], "either every lot has its own number, or "
             "none"),
            ([Lot(self.SWORD, seller=True)], "seller must be a paddle from 1 to 9999"),
            ([Lot(self.SWORD, description="")], "description must be at most 400 characters"),
            ([Lot(self.SWORD, picture="a/b")], "picture must be the name of a file, up to 100 "
             "characters, without a folder"),
            ([Lot(AuctionRequest("raffle", (), 1, 1, "Cup", "9 1 1 Cup"))], "no format is called "
             "'raffle'"),
        ]:  # fmt: skip
            with self.assertRaises(ValueError) as caught:
                check_catalogue(lots)  # type: ignore[arg-type]
            self.assertEqual(str(caught.exception), complaint)
