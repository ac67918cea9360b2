from datetime import datetime

from twisted.trial.unittest import SynchronousTestCase

from twisted_auction.rules.grammar import split_rules
from twisted_auction.rules.rule import Rule, TimeRule


class RuleTests(SynchronousTestCase):
    def test_number(self) -> None:
        rule = Rule(range(10), "beats; 5")
        self.assertEqual([rule.parse(text) for text in ("0", "9")], [0, 9])
        for text in ["", "10", "-1", "+1", "01", "1.0", " 1", "٥", "9" * 5000]:
            with self.assertRaises(ValueError, msg=text) as caught:
                rule.parse(text)
            self.assertEqual(str(caught.exception), "a whole number from 0 to 9")

    def test_time(self) -> None:
        rule = TimeRule("the end")
        for text, expected in [
            ("2026-12-05T21:00", datetime(2026, 12, 5, 21)),
            ("2026-12-05t21:00:30", datetime(2026, 12, 5, 21, 0, 30)),
            ("2028-02-29T00:00", datetime(2028, 2, 29)),
        ]:
            self.assertEqual(rule.parse(text), expected)
        for text in [
            "",
            "21:00",
            "2026-12-05",
            "2026-12-05T21",
            "2026-12-05 21:00",
            "2026-12-5T21:00",
            "2026-12-05T24:00",
            "2026-12-05T21:60",
            "2027-02-29T12:00",
            "2026-12-05T21:00Z",
            "2026-12-05T21:00+01:00",
            "2026-12-05T21:00:30.5",
            "20261205T2100",
            "٢٠٢٦-12-05T21:00",
        ]:
            with self.assertRaises(ValueError, msg=text) as caught:
                rule.parse(text)
            self.assertEqual(
                str(caught.exception), "a date and a time of day, such as 2026-12-05T21:00"
            )


class SplitTests(SynchronousTestCase):
    def test_colons(self) -> None:
        """A colon separates rules, but not the parts of a time."""
        for text, parts in [
            ("3", ["3"]),
            ("3:", ["3", ""]),
            ("3:a=1:b=2", ["3", "a=1", "b=2"]),
            ("3:end=2026-12-05T21:00", ["3", "end=2026-12-05T21:00"]),
            ("3:end=2026-12-05t21:00:30:a=1", ["3", "end=2026-12-05t21:00:30", "a=1"]),
            ("3:a=1:end=2026-12-05T21:00:b=2", ["3", "a=1", "end=2026-12-05T21:00", "b=2"]),
            ("3:end=2026-12-05T21:0", ["3", "end=2026-12-05T21", "0"]),
            ("3:end=2026-12-05T21:00:3", ["3", "end=2026-12-05T21:00", "3"]),
            ("3:end=2026-12-05T21:00:30:15", ["3", "end=2026-12-05T21:00:30", "15"]),
            ("3:end=2026-12-5T21:00", ["3", "end=2026-12-5T21", "00"]),
            ("3:T21:00", ["3", "T21", "00"]),
            ("3:x=21:00", ["3", "x=21", "00"]),
        ]:
            self.assertEqual(split_rules(text), parts, text)
