from dataclasses import replace
from datetime import datetime

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from twisted_auction.rules.catalogue import parse_catalogue
from twisted_auction.rules.dutch import Dutch
from twisted_auction.rules.format import Format
from twisted_auction.rules.formats import Unregistered, format_of
from twisted_auction.rules.grammar import (
    check_request,
    parse_recorded_request,
    parse_request,
)
from twisted_auction.rules.open import English
from twisted_auction.rules.refusals import InvalidRequest
from twisted_auction.rules.request import AuctionRequest
from twisted_auction.rules.sealed import FirstPrice, SecondPrice

TYPE = "type_of_auction must be 1 (first-price), 2 (second-price), 3 (english) or 4 (dutch)."
PRICE = "lowest_price must be a whole number from 1 to 999999999999999999."
AMOUNT = "must be a whole number from 1 to 999999999999999999."
ENGLISH = "increment, duration, extension, jump, end, latest, reserve, buy."
TIME = "must be a date and a time of day, such as 2026-12-05T21:00."
TABLE = "an amount, or a table such as 1,10@100,50@1000"
RISING = "a table of rising amounts at rising prices"
STEPS = "a table of at most 10 steps"
COUNT = "number_of_bids must be 1 to 9."
LONG = "item_name must be at most 255 bytes."
PRINTABLE = "item_name must be printable characters only."
UTF8 = "item_name must be UTF-8 text."
INVISIBLE = "item_name must have no invisible characters."
LONE = "item_name must have no accent, joiner or variation selector without its character."

WORTHLESS_NAMES = [
    # invisible
    ("\u115f", INVISIBLE),
    ("\u3164", INVISIBLE),
    ("\uffa0 \u1160", INVISIBLE),
    ("\u2800\u2800", INVISIBLE),
    ("\U0001d159", INVISIBLE),
    ("\u034f", INVISIBLE),
    ("\ufe0f", LONE),
    ("\u200d", LONE),
    ("\u0301", LONE),
    ("\u20dd", LONE),
    # invisible, beside visible characters
    ("Sw\u3164ord", INVISIBLE),
    ("Sword\u2800", INVISIBLE),
    ("Sw\u034ford", INVISIBLE),
    ("Sw\u17b4ord", INVISIBLE),
    ("Sw\u180bord", INVISIBLE),
    ("Sw\ufe00ord", INVISIBLE),
    ("Sw\ufe0eord", INVISIBLE),
    ("Sw\U000e0101ord", INVISIBLE),
    ("\u0301Sword", LONE),
    ("Sword \u0301", LONE),
    ("Sword \ufe0f", LONE),
    ("Sword\ufe0f\ufe0f", LONE),
    ("Sword\u200d", LONE),
    ("Sword\u200c Shield", LONE),
    ("\u200cSword", LONE),
    ("Sw\u200d\u200dord", LONE),
    # changes of the direction, and no text
    ("Sw\u202eord", PRINTABLE),
    ("Sw\u2066ord", PRINTABLE),
    ("Sw\u200ford", PRINTABLE),
    ("Sw\u061cord", PRINTABLE),
    ("Sw\u00adord", PRINTABLE),
    ("Sw\u2060ord", PRINTABLE),
    ("Sw\ufefford", PRINTABLE),
    ("Sw\U000e0041ord", PRINTABLE),
    ("Sw\u00a0ord", PRINTABLE),
]
"""Item names that look empty, or like another name."""

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
    (b"1 100 3 Sw\nord", PRINTABLE),
    ("1 100 3 Sword\u202egnp.exe".encode(), PRINTABLE),
    ("1 100 3 Sw\u2066ord".encode(), PRINTABLE),
    ("1 100 3 Sw\u200bord".encode(), PRINTABLE),
    ("1 100 3 Sw\u0085ord".encode(), PRINTABLE),
    ("1 100 3 Sw\u2028ord".encode(), PRINTABLE),
    (b"1 100 3 Sw\xff\xfeord", UTF8),
    (b"1 100 3 \xed\xa0\x80", UTF8),
    # rules
    (b"1:increment=5 100 3 Sword", "first-price has no rule increment; its rules are: end."),
    (
        b"3:colour=5 100 3 Sword",
        "english has no rule colour; its rules are: " + ENGLISH,
    ),
    (
        b"3:Colour=5 100 3 Sword",
        "english has no rule Colour; its rules are: " + ENGLISH,
    ),
    (
        b"dutch:increment=5 100 3 Sword",
        "dutch has no rule increment; its rules are: start, step, interval.",
    ),
    (
        b"3:" + b"x" * 21 + b"=1 100 3 Sword",
        "english has no rule; its rules are: " + ENGLISH,
    ),
    (
        b"3: 100 3 Sword",
        "english has no rule; its rules are: " + ENGLISH,
    ),
    (
        b"3:\x1b[2J\xff=1 100 3 Sword",
        "english has no rule; its rules are: " + ENGLISH,
    ),
    (b"3:increment 100 3 Sword", f"increment {AMOUNT}"),
    (b"3:increment= 100 3 Sword", f"increment {AMOUNT}"),
    (b"3:increment=0 100 3 Sword", f"increment {AMOUNT}"),
    (b"3:increment=05 100 3 Sword", f"increment {AMOUNT}"),
    (b"3:increment=+5 100 3 Sword", f"increment {AMOUNT}"),
    (b"3:increment=5=6 100 3 Sword", f"increment {AMOUNT}"),
    ("3:increment=٥ 100 3 Sword".encode(), f"increment {AMOUNT}"),
    (b"3:increment=1" + b"0" * 18 + b" 100 3 Sword", f"increment {AMOUNT}"),
    *(
        (b"3:increment=" + table + b" 100 3 Sword", f"increment must be {problem}.")
        for table, problem in (
            *((bad, TABLE) for bad in (b"1,", b",1", b"1,10", b"1,10@", b"1,@100", b"1,10@x")),
            *((bad, TABLE) for bad in (b"0,10@100", b"1,10@100@5", b"1@5,10@100", b"1,+10@100")),
            *((bad, RISING) for bad in (b"1,10@100,50@100", b"1,10@100,50@99")),
            *((bad, RISING) for bad in (b"10,10@100", b"10,1@100", b"1,10@100,5@1000")),
            (b"1" + b"".join(b",%d@%d" % (n, n) for n in range(2, 12)), STEPS),
        )
    ),
    (b"3:reserve=0 100 3 Sword", f"reserve {AMOUNT}"),
    (b"3:reserve=100 100 3 Sword", "reserve must be above lowest_price."),
    (b"3:reserve=99 100 3 Sword", "reserve must be above lowest_price."),
    (b"3:buy=99 100 3 Sword", "buy must be at least lowest_price."),
    (b"3:reserve=150:buy=149 100 3 Sword", "buy must be at least reserve."),
    (
        b"4:reserve=150 100 3 Sword",
        "dutch has no rule reserve; its rules are: start, step, interval.",
    ),
    (b"1:reserve=150 100 3 Sword", "first-price has no rule reserve; its rules are: end."),
    (b"3:duration=0 100 3 Sword", "duration must be a whole number from 1 to 604800."),
    (b"3:duration=604801 100 3 Sword", "duration must be a whole number from 1 to 604800."),
    (b"3:extension=-1 100 3 Sword", "extension must be a whole number from 0 to 604800."),
    (b"3:increment=5:increment=5 100 3 Sword", "increment is given twice."),
    (b"3:duration=30:extension=31 100 3 Sword", "extension must be at most duration."),
    (b"4:start=100 100 3 Sword", "start must be above lowest_price."),
    (b"4 999999999999999999 3 Sword", "start must be above lowest_price."),
    (b"4:step=0 100 3 Sword", f"step {AMOUNT}"),
    *(
        (request, "lowest_price must be reached, and stand, within a week.")
        for request in (
            b"4:start=101:step=1:interval=302401 100 3 Sword",
            b"4:start=105:step=3:interval=201601 100 3 Sword",
            b"4:start=1000000:step=1:interval=1 1 3 Sword",
        )
    ),
    *(
        (f"{kind}:end={end} 100 3 Sword".encode(), f"end {TIME}")
        for kind in ("1", "2", "3")
        for end in ("", "21:00", "2026-12-05", "2026-02-30T21:00", "2026-12-05T21:00Z")
    ),
    (
        b"4:end=2026-12-05T21:00 100 3 Sword",
        "dutch has no rule end; its rules are: start, step, interval.",
    ),
    (b"3:latest=2026-12-05T21:00 100 3 Sword", "latest needs end."),
    (
        b"3:end=2026-12-05T21:00:latest=2026-12-05T20:59 100 3 Sword",
        "latest must not be before end.",
    ),
    (
        b"3:end=2026-12-05T21:00:duration=60 100 3 Sword",
        "duration and end cannot both be given.",
    ),
    (b"3:end=2026-12-05T21:00 100 10 Sword", "number_of_bids must be 0 to 9."),
    (b"4:interval=0 100 3 Sword", "interval must be a whole number from 1 to 604800."),
    # the first of several
    (
        b"3:colour=1 0 0 \x00",
        "english has no rule colour; its rules are: " + ENGLISH,
    ),
    (b"4:start=5 0 0 \x00", PRICE),
    (b"4:start=5 5 0 \x00", "start must be above lowest_price."),
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
                format="second-price",
                rules=(),
                lowest_price=100,
                number_of_bids=3,
                item_name="WolfPackSword",
                text="2 100 3 WolfPackSword",
            ),
        )

    def test_formats(self) -> None:
        formats: list[tuple[bytes, Format]] = [
            (b"1", FirstPrice()),
            (b"second-price", SecondPrice()),
            (b"3", English()),
            (b"english", English()),
            (b"3:increment=5:duration=60:extension=10", English(5, 60, 10)),
            (b"english:extension=0:duration=1", English(1, 1, 0)),
            (b"english:increment=1,10@100", English(((0, 1), (100, 10)), 60, 10)),
            (b"english:reserve=150:buy=150", English(reserve=150, buy=150)),
            (b"english:buy=100", English(buy=100)),
            (b"4:start=500:step=10:interval=5", Dutch(500, 10, 5)),
            (b"dutch", Dutch(200, 10, 5)),
            (b"4:start=101:step=1:interval=302400", Dutch(101, 1, 302400)),
            (b"4:start=105:step=3:interval=201600", Dutch(105, 3, 201600)),
        ]
        for text, expected in formats:
            request = parse_request(text + b" 100 3 Sword", max_bidders=9)
            self.assertEqual(format_of(request), expected)

    def test_rules_as_typed(self) -> None:
        """The request has the rules of its line, in their order, and no defaults."""
        request = parse_request(b"English:DURATION=30:increment=5 100 3 Sword", max_bidders=9)
        self.assertEqual(
            (request.format, request.rules), ("english", (("duration", 30), ("increment", 5)))
        )

    def test_timed(self) -> None:
        """Its end may be given in any place, and the number of Buyers may be left open."""
        end, latest = datetime(2026, 12, 5, 21), datetime(2026, 12, 5, 21, 5, 30)
        for text, ruled in [
            (b"1:end=2026-12-05T21:00", FirstPrice(end=end)),
            (b"second-price:END=2026-12-05t21:00:00", SecondPrice(end=end)),
            (b"english:end=2026-12-05T21:00:increment=5", English(5, end=end)),
            (
                b"3:latest=2026-12-05T21:05:30:extension=604800:end=2026-12-05T21:00",
                English(extension=604800, end=end, latest=latest),
            ),
        ]:
            for buyers in (0, 9):
                request = parse_request(text + b" 100 %d Sword" % buyers, max_bidders=9)
                self.assertEqual(format_of(request), ruled)
                self.assertEqual((request.end, request.number_of_bids), (end, buyers))
                self.assertEqual(request.latest, getattr(ruled, "latest", None))
                self.assertEqual(parse_recorded_request(request.text), request)
        self.assertIsNone(parse_request(b"3 100 3 Sword", max_bidders=9).end)

    def test_format_unknown_on_record(self) -> None:
        """The name is kept unchanged. The rules are dropped, because they have no known meaning."""
        request = parse_recorded_request("All-Pay:fee=5 100 3 Sword")
        self.assertEqual((request.format, request.rules), ("All-Pay", ()))
        self.assertIsInstance(format_of(request), Unregistered)
        self.assertEqual(format_of(request).name, "All-Pay")
        self.assertRaises(InvalidRequest, parse_request, request.text.encode(), 9)

    def test_item_names(self) -> None:
        for name in [
            *("x", "Wolf  Pack Sword", "Schild № 5 – «grün»", "狼の剣", "🗡", "y" * 255),
            *("❤\ufe0f", "Vase ❤\ufe0f\u200d🔥 1\ufe0f\u20e3", "👩\u200d👩\u200d👧", "👍🏽"),
            *("می\u200cخواهم", "क\u094d\u200dष", "র\u200c\u09cdয", "e\u0301te\u0301", "ภาษาไทย"),
        ]:
            line = f"1 5 9 {name}".encode()
            self.assertEqual(parse_request(line, max_bidders=9).item_name, name)

    def test_worthless_item_names(self) -> None:
        for name, reason in WORTHLESS_NAMES:
            with self.assertRaises(InvalidRequest, msg=ascii(name)) as caught:
                parse_request(f"1 5 9 {name}".encode(), max_bidders=9)
            self.assertEqual(caught.exception.reason, reason, ascii(name))

    def test_item_names_on_record(self) -> None:
        """A ledger may have names that were valid once."""
        for name in ["\u3164", "\u2800", "\u0301Sword", "Sword\ufe0f\ufe0f"]:
            request = parse_recorded_request(f"1 5 9 {name}")
            self.assertEqual(request.item_name, name)
            self.assertEqual(request.text, f"1 5 9 {name}")
        for name in ["", "Sw\x1bord", "Sw\u202eord", "y" * 256]:
            self.assertRaises(InvalidRequest, parse_recorded_request, f"1 5 9 {name}")

    def test_words_in_any_case(self) -> None:
        for line, ruled in [
            (b"Second-Price 100 3 Sword", SecondPrice()),
            (b"ENGLISH:Increment=5:EXTENSION=0 100 3 Sword", English(5, 60, 0)),
            (b"Dutch:Start=500:steP=10 100 3 Sword", Dutch(500, 10)),
        ]:
            request = parse_request(line, max_bidders=9)
            self.assertEqual((format_of(request), request.text), (ruled, line.decode()))
        with self.assertRaises(InvalidRequest) as caught:
            parse_request(b"3:increment=5:Increment=5 100 3 Sword", max_bidders=9)
        self.assertEqual(caught.exception.reason, "increment is given twice.")

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

    def test_greatest_bid(self) -> None:
        """No first price is above the highest bid allowed."""
        for line in [b"3 1000 2 Sword", b"4:start=1000 9 2 Sword", b"1 1001 2 Sword"]:
            parse_request(line, 9, max_bid=1000)
        for line in [b"3 1001 2 Sword", b"4:start=1001 9 2 Sword", b"4 501 2 Sword"]:
            with self.assertRaises(InvalidRequest) as caught:
                parse_request(line, 9, max_bid=1000)
            self.assertEqual(caught.exception.reason, "the first price must be at most 1000.")
        with self.assertRaises(ValueError) as complaint:
            parse_catalogue(b"3 1001 2 Sword", 9, max_bid=1000)
        self.assertEqual(str(complaint.exception), "line 1: the first price must be at most 1000.")

    def test_rules_above_the_greatest_bid(self) -> None:
        """A rule that no bid could reach is refused, in a catalogue, too, and not in a ledger."""
        for rules, reason in [
            ("reserve=1000", ""),
            ("buy=1000", ""),
            ("increment=1,10@100,50@950", ""),
            ("increment=2000", ""),  # one bid is possible
            ("reserve=1001", "reserve is 1001, but the greatest bid is 1000."),
            ("reserve=900:buy=1001", "buy is 1001, but the greatest bid is 1000."),
            (
                "increment=1,10@100,50@951",
                "increment is 50 from 951, but the greatest bid is 1000.",
            ),
        ]:
            line = f"3:{rules} 100 2 Sword"
            self.assertEqual(parse_recorded_request(line).text, line)
            if not reason:
                parse_request(line.encode(), 9, max_bid=1000)
                continue
            with self.assertRaises(InvalidRequest) as caught:
                parse_request(line.encode(), 9, max_bid=1000)
            self.assertEqual(caught.exception.reason, reason)
            with self.assertRaises(ValueError) as complaint:
                parse_catalogue(line.encode(), 9, max_bid=1000)
            self.assertEqual(str(complaint.exception), f"line 1: {reason}")
        with self.assertRaises(ValueError) as complaint:
            parse_catalogue(b"item,type,lowest_price,reserve\nCup,3,5,2000", 9, max_bid=1000)
        self.assertEqual(
            str(complaint.exception), "row 2: reserve is 2000, but the greatest bid is 1000."
        )

    def test_made_by_a_program(self) -> None:
        """The text must agree with the fields, and the format must be registered."""
        good = AuctionRequest(
            "english", (("increment", 5),), 100, 2, "Sword", "3:increment=5 100 2 Sword"
        )
        check_request(good)
        check_request(replace(good, text="English:Increment=5  100 2 Sword"))
        for text in ["", "3 100 2 Sword", "3:increment=5 100 2 Vase", "3:increment=0 100 2 Sword"]:
            with self.assertRaises(ValueError) as caught:
                check_request(replace(good, text=text))
            self.assertEqual(
                str(caught.exception),
                f"the text {text!r} does not say what the request's fields say",
            )
        with self.assertRaises(ValueError) as caught:
            check_request(replace(good, format="raffle", rules=(), text="raffle 100 2 Sword"))
        self.assertEqual(str(caught.exception), "no format is called 'raffle'")

    @given(st.binary(max_size=40) | st.text(max_size=30).map(str.encode))
    def test_any_bytes(self, line: bytes) -> None:
        """Any bytes are a request or an invalid request."""
        try:
            request = parse_request(line, max_bidders=9)
        except InvalidRequest:
            return
        self.assertEqual(request.text.encode(), line)
        self.assertTrue(request.item_name.replace("\u200c", "").replace("\u200d", "").isprintable())
        self.assertEqual(parse_recorded_request(request.text), request)
