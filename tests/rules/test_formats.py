from dataclasses import MISSING, fields

from twisted.trial.unittest import SynchronousTestCase

from twisted_auction.rules.dutch import Dutch
from twisted_auction.rules.formats import FORMATS, format_named, format_of, is_registered
from twisted_auction.rules.open import English
from twisted_auction.rules.refusals import InvalidRequest
from twisted_auction.rules.request import AuctionRequest
from twisted_auction.rules.rule import Rule
from twisted_auction.rules.sealed import SecondPrice


class RegistryTests(SynchronousTestCase):
    def test_names(self) -> None:
        self.assertEqual(
            {number: (kind.name, kind.is_open) for number, kind in FORMATS.items()},
            {
                1: ("first-price", False),
                2: ("second-price", False),
                3: ("english", True),
                4: ("dutch", True),
            },
        )

    def test_rules_are_fields(self) -> None:
        for kind in FORMATS.values():
            self.assertEqual([field.name for field in fields(kind)], list(kind.rules))

    def test_meanings_tell_defaults(self) -> None:
        for kind in FORMATS.values():
            for field in fields(kind):
                if field.default is not MISSING:
                    rule = kind.rules[field.name]
                    # A default that a Seller cannot set is no value at all.
                    is_value = not isinstance(rule, Rule) or field.default in rule.allowed
                    default = field.default if is_value and field.default is not None else "none"
                    self.assertTrue(rule.meaning.endswith(f"; {default}"), rule.meaning)

    def test_by_number_or_name(self) -> None:
        for name, kind in [("2", SecondPrice), ("Second-Price", SecondPrice), ("dutch", Dutch)]:
            self.assertIs(format_named(name), kind)
        for name in ["", "0", "5", "02", "vickrey"]:
            with self.assertRaises(InvalidRequest) as caught:
                format_named(name)
            self.assertEqual(
                caught.exception.reason,
                "type_of_auction must be 1 (first-price), 2 (second-price), 3 (english) or "
                "4 (dutch).",
            )

    def test_format_of_request(self) -> None:
        """A request made by a program, not parsed from a line."""
        request = AuctionRequest("dutch", (("start", 500),), 100, 1, "Sword", "")
        self.assertEqual(format_of(request), Dutch(500, 40, 5))
        request = AuctionRequest("english", (), 100, 1, "Sword", "")
        self.assertEqual(format_of(request), English())

    def test_registered(self) -> None:
        """A request has the name in lower case."""
        for name in ["english", "first-price"]:
            self.assertTrue(is_registered(name))
        for name in ["English", "3", "all-pay"]:
            self.assertFalse(is_registered(name))
