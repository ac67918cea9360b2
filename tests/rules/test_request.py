from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from twisted_auction.rules.formats import FORMATS
from twisted_auction.rules.refusals import InvalidRequest
from twisted_auction.rules.request import AuctionRequest, parse_request

TYPE = "type_of_auction must be 1 (first-price) or 2 (second-price)."
PRICE = "lowest_price must be a whole number from 1 to 999999999999999999."
COUNT = "number_of_bids must be 1 to 9."
LONG = "item_name must be at most 255 bytes."
PRINTABLE = "item_name must be printable characters only."
UTF8 = "item_name must be UTF-8 text."

REFUSED = [
    # not four fields
    (b"", ""),
    (b"some wrong input", ""),
    (b"2 100 3", ""),
    (b"2,100,3,WolfPackSword", ""),
    (b"2\t100\t3\tWolfPackSword", ""),
    # four fields, one out of range
    (b"0 100 3 Sword", TYPE),
    (b"5 100 3 Sword", TYPE),
    (b"01 100 3 Sword", TYPE),
    (b"first 100 3 Sword", TYPE),
    (b"some very wrong input", TYPE),
    (b"1 0 3 Sword", PRICE),
    (b"1 -1 3 Sword", PRICE),
    (b"1 1.5 3 Sword", PRICE),
    (b"1 +5 3 Sword", PRICE),
    (b"1 1_000 3 Sword", PRICE),
    (b"1 007 3 Sword", PRICE),
    ("1 ² 3 Sword".encode(), PRICE),
    ("1 ١٢ 3 Sword".encode(), PRICE),
    (b"1 1" + b"0" * 18 + b" 3 Sword", PRICE),
    (b"1 100 0 Sword", COUNT),
    (b"1 100 10 Sword", COUNT),
    (b"1 100 -3 Sword", COUNT),
    (b"1 100 three Sword", COUNT),
    (b"1 100 3 " + b"x" * 256, LONG),
    (b"1 100 3 " + "é".encode() * 128, LONG),
    (b"1 100 3 Sword\x1b[31m", PRINTABLE),
    (b"1 100 3 Sw\x00ord", PRINTABLE),
    (b"1 100 3 Sw\tord", PRINTABLE),
    (b"1 100 3 Sw\rord", PRINTABLE),
    ("1 100 3 Sword\u202egnp.exe".encode(), PRINTABLE),
    ("1 100 3 Sw\u2066ord".encode(), PRINTABLE),
    ("1 100 3 Sw\u200bord".encode(), PRINTABLE),
    ("1 100 3 Sw\u0085ord".encode(), PRINTABLE),
    ("1 100 3 Sw\u2028ord".encode(), PRINTABLE),
    (b"1 100 3 Sw\xff\xfeord", UTF8),
    (b"1 100 3 \xed\xa0\x80", UTF8),
    # the first of several
    (b"0 0 0 \x00", TYPE),
    (b"1 0 0 \x00", PRICE),
    (b"1 1 0 \x00", COUNT),
]


class ParseRequestTests(SynchronousTestCase):
    def test_assignment(self) -> None:
        request = parse_request(b"2 100 3 WolfPackSword", max_bidders=9)
        self.assertEqual(
            request,
            AuctionRequest(
                text="2 100 3 WolfPackSword",
                type_of_auction=2,
                lowest_price=100,
                number_of_bids=3,
                item_name="WolfPackSword",
            ),
        )
        self.assertIs(request.format, FORMATS[2])

    def test_item_names(self) -> None:
        for name in ["x", "Wolf  Pack Sword", "Schild № 5 – «grün»", "狼の剣", "🗡", "y" * 255]:
            line = f"1 5 9 {name}".encode()
            self.assertEqual(parse_request(line, max_bidders=9).item_name, name)

    def test_several_blanks_between_fields(self) -> None:
        request = parse_request(b"1  5   9    Wolf  Pack", max_bidders=9)
        self.assertEqual(request.item_name, "Wolf  Pack")
        self.assertEqual(request.text, "1  5   9    Wolf  Pack")

    def test_refused(self) -> None:
        for line, reason in REFUSED:
            with self.assertRaises(InvalidRequest, msg=repr(line)) as caught:
                parse_request(line, max_bidders=9)
            self.assertEqual(caught.exception.reason, reason, line)

    def test_more_bidders(self) -> None:
        self.assertEqual(parse_request(b"1 5 40 Sword", max_bidders=40).number_of_bids, 40)
        with self.assertRaises(InvalidRequest) as caught:
            parse_request(b"1 5 41 Sword", max_bidders=40)
        self.assertEqual(caught.exception.reason, "number_of_bids must be 1 to 40.")

    @given(st.binary(max_size=40) | st.text(max_size=30).map(str.encode))
    def test_any_bytes(self, line: bytes) -> None:
        """Whatever arrives is a request, or is refused as none."""
        try:
            request = parse_request(line, max_bidders=9)
        except InvalidRequest:
            return
        self.assertEqual(request.text.encode(), line)
        self.assertTrue(request.item_name.isprintable())
