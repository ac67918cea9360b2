"""Pass codes are random, are read as people type them, and stand in a list only as hashes."""

import re
from hashlib import blake2b
from string import ascii_uppercase, digits

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from twisted_auction.house.pass_codes import ALPHABET, HashedCode, new_code, new_salt, read_code


class CodeTests(SynchronousTestCase):
    def test_alphabet(self) -> None:
        self.assertEqual({*digits + ascii_uppercase} - {*ALPHABET}, {*"ILOU"})
        self.assertEqual(len(ALPHABET), 32)

    def test_new_codes(self) -> None:
        """Each character takes every value, and no code comes twice."""
        codes = {new_code() for _ in range(2000)}
        self.assertEqual(len(codes), 2000)
        for code in codes:
            self.assertRegex(code, r"\A(?:[0-9A-Z]{4}-){2}[0-9A-Z]{4}\Z")
            self.assertEqual(read_code(code), code.replace("-", ""))
        for column in zip(*(code.replace("-", "") for code in codes), strict=True):
            self.assertEqual({*column}, {*ALPHABET})

    def test_typed(self) -> None:
        for text in (
            "K0QM-1X9T-P1HC",
            "k0qm-1x9t-p1hc",
            "KOQM-IX9T-PLHC",
            "koqmix9tplhc",
            "  K0 QM 1X 9T  P1HC ",
            "k0qm\u20131x9t\u2014p1hc",
            "k0qm\u00a01x9t\u2011p1hc",
        ):
            self.assertEqual(read_code(text), "K0QM1X9TP1HC", text)

    def test_no_code(self) -> None:
        for text in (
            *("", "-", "K0QM-1X9T-P1H", "K0QM-1X9T-P1HC0", "K0QM-1X9T-P1HU", "K0QM_1X9T_P1HC"),
            *("K0QM-1X9T-P1H\uff23", "K0QM-1X9T-P1H\u0130", "K0QM-1X9T-P1H\u0661", "K0QM1X9TP1H\n"),
            "\u00df" * 6,
        ):
            self.assertIsNone(read_code(text), text)

    @given(st.text(st.sampled_from(ALPHABET), min_size=12, max_size=12), st.data())
    def test_any_typing(self, code: str, data: st.DataObject) -> None:
        """Each character of a code may be typed as it is read, with anything between."""
        typed = ""
        for character in code:
            also = {"0": "0oO", "1": "1iIlL"}.get(character, character + character.lower())
            typed += data.draw(st.sampled_from(also)) + data.draw(st.sampled_from(["", " ", "-"]))
        self.assertEqual(read_code(typed), code)


class HashTests(SynchronousTestCase):
    def test_hash(self) -> None:
        """A keyed hash of the code without its hyphens."""
        salt = bytes(range(16))
        digest = blake2b(b"K0QM1X9TP1HC", key=salt, digest_size=16).hexdigest()
        hashed = HashedCode.of("K0QM-1X9T-P1HC", salt)
        self.assertEqual(str(hashed), f"b2:000102030405060708090a0b0c0d0e0f:{digest}")
        self.assertEqual(HashedCode.parse(str(hashed)), hashed)
        self.assertEqual(HashedCode.of("K0QM1X9TP1HC", salt), hashed)
        self.assertNotEqual(HashedCode.of("K0QM1X9TP1HC", new_salt()), hashed)

    def test_wrong_cells(self) -> None:
        good = str(HashedCode.of(new_code(), new_salt()))
        for cell in ("", new_code(), good[:-1], good + "0", good.upper(), good.replace("b2", "b3")):
            with self.assertRaises(ValueError, msg=cell):
                HashedCode.parse(cell)

    def test_private(self) -> None:
        """Errors that show objects show no hash."""
        hashed = HashedCode.of(new_code(), new_salt())
        self.assertEqual(repr(hashed), "HashedCode()")
        self.assertIsNone(re.search(hashed.digest.hex(), repr([hashed])))
