from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from twisted_auction.rules.amounts import MAX_AMOUNT, TooLarge, in_seconds, parse_amount

NOT_AMOUNTS = [
    b"",
    b"0",
    b"-1",
    b"+5",
    b"007",
    b"1_000",
    b"1,000",
    b"5.0",
    b"1e3",
    b"0x10",
    b" 5",
    b"5 ",
    b"5\n",
    b"5\r",
    b"1 2",
    b"$5",
    b"five",
    "²".encode(),
    "١٢".encode(),
    b"\xff",
    b"1\x000",
    b"1" + b"0" * 18,
    b"9" * 5000,
]


class ParseAmountTests(SynchronousTestCase):
    def test_largest(self) -> None:
        self.assertEqual(parse_amount(b"9" * 18), MAX_AMOUNT)
        self.assertLess(MAX_AMOUNT, 2**63)

    def test_refused(self) -> None:
        for text in NOT_AMOUNTS:
            with self.assertRaises(ValueError, msg=repr(text)) as caught:
                parse_amount(text)
            self.assertEqual(
                str(caught.exception), "not a whole number from 1 to 999999999999999999"
            )

    def test_too_large(self) -> None:
        """Too many digits raise an error of their own, with its own complaint."""
        for text in [b"1" + b"0" * 18, b"9" * 5000]:
            self.assertRaises(TooLarge, parse_amount, text)
        for text in [b"0" + b"9" * 18, b"-" + b"9" * 19, b"9" * 19 + b"\n", "١".encode() * 19]:
            with self.assertRaises(ValueError) as caught:
                parse_amount(text)
            self.assertNotIsInstance(caught.exception, TooLarge)

    @given(st.integers(1, MAX_AMOUNT))
    def test_every_amount(self, amount: int) -> None:
        self.assertEqual(parse_amount(b"%d" % amount), amount)

    @given(st.binary(max_size=20) | st.text(max_size=8).map(str.encode))
    def test_nothing_else(self, text: bytes) -> None:
        try:
            amount = parse_amount(text)
        except ValueError:
            canonical = text.isdigit() and not text.startswith(b"0") and len(text) <= 18
            self.assertFalse(canonical)
        else:
            self.assertEqual(b"%d" % amount, text)

    def test_seconds(self) -> None:
        self.assertEqual(
            [in_seconds(seconds) for seconds in (0, 1, 2, 11)],
            ["0 seconds", "1 second", "2 seconds", "11 seconds"],
        )
