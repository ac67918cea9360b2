from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from twisted_auction.rules.terms import STANDARD_TERMS, Terms


class TermsTests(SynchronousTestCase):
    def test_impossible(self) -> None:
        """The complaint names the term, before any client has a seat."""
        cases: list[tuple[dict[str, Any], str]] = [
            ({"bid_timeout": -1}, "bid_timeout must be a whole number from 0, not -1"),
            ({"request_timeout": 0.5}, "request_timeout must be a whole number from 0, not 0.5"),
            ({"resume_grace": None}, "resume_grace must be a whole number from 0, not None"),
            ({"lot_pause": True}, "lot_pause must be a whole number from 0, not True"),
            ({"max_bidders": 0}, "max_bidders must be a whole number from 1, not 0"),
            ({"settle": float("nan")}, "settle must be a number from 0, not nan"),
            ({"settle": float("inf")}, "settle must be at most 999999999999999999"),
            ({"bid_timeout": 10**400}, "bid_timeout must be at most 999999999999999999"),
            ({"max_bid": "9"}, "max_bid must be a whole number from 1, not '9'"),
        ]
        for terms, complaint in cases:
            with self.assertRaises(ValueError) as caught:
                Terms(**terms)
            self.assertEqual(str(caught.exception), complaint)

    def test_standard(self) -> None:
        self.assertEqual(
            STANDARD_TERMS,
            Terms(
                request_timeout=300,
                bid_timeout=300,
                max_bidders=9,
                max_bid=10**18 - 1,
                lot_time=60,
                lot_pause=5,
                resume_grace=60,
            ),
        )
