from datetime import datetime

from twisted.trial.unittest import SynchronousTestCase

from twisted_auction.rules.amounts import MAX_AMOUNT
from twisted_auction.rules.dutch import Dutch
from twisted_auction.rules.events import SELLER
from twisted_auction.rules.format import Format
from twisted_auction.rules.open import English
from twisted_auction.rules.rule import Rule, StepsRule


class OpenTests(SynchronousTestCase):
    def test_how(self) -> None:
        take = "type accept, or an amount that is at least the price, to buy."
        leave = "type an amount to bid, or max 180 to let the Auctioneer bid up to $180."
        for ruled, how_to_bid in [
            (English(), "type an amount to bid."),
            (English(end=datetime(2027, 1, 15, 9)), leave),
            (Dutch(9, 1), take),
        ]:
            self.assertEqual(ruled.how(SELLER), "type close to end the auction.")
            self.assertEqual(ruled.how(1), how_to_bid)

    def test_rules(self) -> None:
        rules: list[tuple[type[Format], str, int, int, str]] = [
            (
                English,
                "increment",
                1,
                MAX_AMOUNT,
                "dollars that a bid must be above the highest, also 1,10@100,50@1000; 1",
            ),
            (English, "duration", 1, 604800, "seconds from the opening to the end; 60"),
            (
                English,
                "extension",
                0,
                604800,
                "seconds that are left at least after a late bid; 10",
            ),
            (
                English,
                "jump",
                0,
                1_000_000,
                "a bid above so many times the asking price must be said twice, 0: none; 0",
            ),
            (
                English,
                "reserve",
                1,
                MAX_AMOUNT,
                "a least price for the sale above the lowest, told only as met or not; none",
            ),
            (English, "buy", 1, MAX_AMOUNT, "the price to buy at once; none"),
            (Dutch, "start", 1, MAX_AMOUNT, "the first price; twice the lowest price"),
            (Dutch, "step", 1, MAX_AMOUNT, "dollars by which the price falls; a tenth of the way"),
            (Dutch, "interval", 1, 604800, "seconds for which each price stands; 5"),
        ]
        for kind, name, least, most, meaning in rules:
            rule = kind.rules[name]
            assert isinstance(rule, Rule | StepsRule)
            found = (rule.allowed.start, rule.allowed.stop - 1, rule.meaning)
            self.assertEqual(found, (least, most, meaning))

    def test_defaults(self) -> None:
        cases: list[tuple[type[Format], dict[str, int], Format]] = [
            (English, {}, English(increment=1, duration=60, extension=10)),
            (English, {"duration": 5}, English(increment=1, duration=5, extension=5)),
            (English, {"extension": 0}, English(increment=1, duration=60, extension=0)),
            (Dutch, {}, Dutch(start=200, step=10, interval=5)),
            (Dutch, {"start": 500}, Dutch(start=500, step=40, interval=5)),
            (Dutch, {"start": 505}, Dutch(start=505, step=40, interval=5)),
            (Dutch, {"start": 101}, Dutch(start=101, step=1, interval=5)),
        ]
        for kind, values, ruled in cases:
            self.assertEqual(kind.with_rules(100, values), ruled)
        self.assertEqual(Dutch.with_rules(MAX_AMOUNT - 1, {}), Dutch(MAX_AMOUNT, 1, 5))

    def test_descriptions(self) -> None:
        """Whole sentences, with everything a Buyer needs to know."""
        for ruled, description in [
            (
                English(5, 60, 10),
                "Each bid is at least $5 above the highest. There are 60 seconds, and 10 more "
                "after a late bid.",
            ),
            (
                English(5, 60, 10, 20),
                "Each bid is at least $5 above the highest. There are 60 seconds, and 10 more "
                "after a late bid. A bid above 20 times the asking price must be said twice.",
            ),
            (
                English(((0, 1), (100, 10), (1000, 50)), reserve=150, buy=300),
                "Each bid is at least $1 above the highest, $10 from $100, $50 from $1000. There "
                "are 60 seconds, and 10 more after a late bid. The price to buy at once is $300: "
                "type buy.",
            ),
            (
                English(1, 30, 0),
                "Each bid is at least $1 above the highest. There are 30 seconds.",
            ),
            (
                English(1, 1, 1),
                "Each bid is at least $1 above the highest. There is 1 second, and 1 more after a "
                "late bid.",
            ),
            (
                Dutch(500, 10, 5),
                "The price falls by $10 every 5 seconds; the first to take it buys.",
            ),
            (
                Dutch(500, 10, 1),
                "The price falls by $10 every second; the first to take it buys.",
            ),
        ]:
            self.assertEqual(ruled.description, description)
