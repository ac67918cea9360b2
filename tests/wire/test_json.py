import json

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from tests.wire.support import JSON_ALONE, LINES, messages_of
from twisted_auction.rules.sentences import Sentence
from twisted_auction.wire import messages
from twisted_auction.wire.json import MAX_JSON_NUMBER, as_object, join, json_number, parse, render
from twisted_auction.wire.letter import Letter

LARGEST = 2 * (10**18 - 1)
"""Whole dollars, the largest amount in a message: a least bid above the largest bid."""

ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.just("type"), inner),
)


class JsonTests(SynchronousTestCase):
    def test_letter(self) -> None:
        array = render(
            messages.TimeExtended(), messages.HighestBid(150, 3, 155, 42), messages.OnSale("Épée")
        )
        self.assertEqual(
            array.decode("utf-8"),
            '[{"type": "time_extended"}, {"type": "highest_bid", "amount": 150, "buyer": 3, '
            '"asking_price": 155, "seconds": 42}, {"type": "on_sale", "item_name": "Épée"}]',
        )
        self.assertEqual(render(), b"[]")
        self.assertEqual(parse(b"[]"), ())

    def test_sentences_for_pages(self) -> None:
        """Pages get the parts of a sentence beside its text. Other clients get the text alone."""
        words = messages.BidTooLow(MAX_JSON_NUMBER + 1)
        who = Sentence("Buyer {buyer}", buyer=4)
        refusal = messages.NotDone(Sentence("{who} would read: {words}", who=who, words=words))
        letter = Letter(messages.Goodbye(), refusal, messages.NotDone("no."))
        text = "Buyer 4 would read: Bid too low! The least acceptable bid is $9007199254740992."
        plain: list[dict[str, object]] = [
            {"type": "goodbye"},
            {"type": "not_done", "text": text},
            {"type": "not_done", "text": "no."},
        ]
        self.assertEqual(json.loads(letter.json), plain)
        plain[1]["sentence"] = {
            "pattern": "{who} would read: {words}",
            "values": {
                "who": {"pattern": "Buyer {buyer}", "values": {"buyer": 4}},
                "words": {"type": "bid_too_low", "least": "9007199254740992"},
            },
        }
        self.assertEqual(json.loads(letter.page), plain)
        self.assertEqual(parse(letter.page), letter.messages)
        constant = Letter(messages.NotDone("no."))
        self.assertEqual(constant.page, constant.json)

    def test_every_message(self) -> None:
        for message in [*JSON_ALONE, *(message for message, _ in LINES)]:
            array = render(message)
            self.assertNotIn(b"\n", array)
            self.assertEqual(parse(array + b"\r\n"), (message,))

    def test_types(self) -> None:
        """Each message has its own type, and no field has the same key."""
        types = [cls.type_name for cls in messages.MESSAGES]
        self.assertEqual(len(set(types)), len(types))
        for cls in messages.MESSAGES:
            self.assertRegex(cls.type_name, r"\A[a-z]+(_[a-z]+)*\Z")
            self.assertNotIn("type", cls.field_types)

    def test_large_numbers(self) -> None:
        """Every JSON number is exact as a double."""
        for amount, written in [
            (0, 0),
            (MAX_JSON_NUMBER, 9007199254740991),
            (MAX_JSON_NUMBER + 1, "9007199254740992"),
            (LARGEST, "1999999999999999998"),
        ]:
            self.assertEqual(json_number(amount), written)
            message = messages.BidTooLow(amount)
            self.assertEqual(as_object(message), {"type": "bid_too_low", "least": written})
            self.assertEqual(parse(render(message)), (message,))

    def test_refused(self) -> None:
        for text in [
            "",
            "[",
            "{}",
            '{"type": "goodbye"}',
            "[1]",
            "[[]]",
            "[{}]",
            '[{"type": ["goodbye"]}]',
            '[{"type": "good_bye"}]',
            '[{"type": "Goodbye"}]',
            '[{"type": "goodbye", "text": "x"}]',
            '[{"type": "goodbye"}, null]',
            '[{"type": "pong"}]',
            '[{"type": "pong", "text": 1}]',
            '[{"type": "pong", "text": null}]',
            '[{"type": "pong", "text": "\\ud800"}]',
            '[{"type": "you_are", "buyer": true}]',
            '[{"type": "you_are", "buyer": 3.0}]',
            '[{"type": "you_are", "buyer": -3}]',
            '[{"type": "you_are", "buyer": "3"}]',
            '[{"type": "you_are", "buyer": NaN}]',
            '[{"type": "you_are", "buyer": 9007199254740992}]',
            '[{"type": "you_are", "buyer": "9007199254740991"}]',
            '[{"type": "you_are", "buyer": "09007199254740992"}]',
            '[{"type": "you_are", "buyer": "٩007199254740992"}]',
            '[{"type": "you_are", "buyer": "90071992547409920000"}]',
            f'[{{"type": "you_are", "buyer": {"9" * 5000}}}]',
            "[" * 100_000,
        ]:
            self.assertRaises(ValueError, parse, text.encode("utf-8"))
        self.assertRaises(ValueError, parse, '[{"type": "goodbye"}]'.encode("utf-16"))

    @given(st.lists(st.sampled_from(messages.MESSAGES).flatmap(messages_of)))
    def test_round_trip(self, letter: list[messages.Message]) -> None:
        array = render(*letter)
        self.assertEqual(parse(array), tuple(letter))
        self.assertEqual(json.loads(array), [as_object(message) for message in letter])

    @given(st.lists(st.sampled_from([message for message, _ in LINES]), min_size=1))
    def test_join(self, letter: list[messages.Message]) -> None:
        self.assertEqual(join([render(message) for message in letter]), render(*letter))

    @given(
        st.binary()
        | st.text().map(str.encode)
        | ANY_JSON.map(lambda value: json.dumps(value).encode())
        | st.sampled_from(messages.MESSAGES).flatmap(
            lambda cls: st.fixed_dictionaries(
                {"type": st.just(cls.type_name), **dict.fromkeys(cls.field_types, ANY_JSON)}
            ).map(lambda facts: json.dumps([facts]).encode())
        )
    )
    def test_any_bytes(self, array: bytes) -> None:
        """They are a letter that renders to the same JSON, or raise ValueError."""
        try:
            letter = parse(array)
        except ValueError:
            return
        self.assertEqual(json.loads(render(*letter)), json.loads(array))
