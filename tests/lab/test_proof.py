from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from itertools import product

from twisted.trial.unittest import SynchronousTestCase

from tests.formats import AllPay
from tests.rules import oracle
from twisted_auction.lab.proof import (
    BetterBid,
    Situation,
    Verdict,
    count_situations,
    never_worse,
    prove,
    situations,
)
from twisted_auction.rules.events import Sold, Unsold
from twisted_auction.rules.sealed import FirstPrice, Sealed, SecondPrice


class OverchargesAtThree(SecondPrice):
    """A mistake at one amount only."""

    def payment(self, highest_bid: int, rivals: Collection[int], lowest_price: int) -> int:
        return 2 if highest_bid == 3 else super().payment(highest_bid, rivals, lowest_price)


class OneMore(SecondPrice):
    """The winner pays a dollar too much."""

    def payment(self, highest_bid: int, rivals: Collection[int], lowest_price: int) -> int:
        return super().payment(highest_bid, rivals, lowest_price) + 1


class LosersPay(SecondPrice):
    """All other Buyers pay so, too."""

    def dues(self, rivals: Mapping[int, int]) -> tuple[tuple[int, int], ...]:
        return tuple((who, 1) for who in rivals)


class OverchargesWithTwoRivals(SecondPrice):
    """A mistake only with three bids or more."""

    def payment(self, highest_bid: int, rivals: Collection[int], lowest_price: int) -> int:
        paid = super().payment(highest_bid, rivals, lowest_price)
        return paid + 1 if len(rivals) > 1 else paid


class OthersPayTheirBid(SecondPrice):
    """A mistake that never affects the first bid."""

    def award(self, bids: Mapping[int, int], lowest_price: int) -> Sold | None:
        sold = super().award(bids, lowest_price)
        if sold is None or sold.winner == 1:
            return sold
        return replace(sold, payment=sold.highest_bid)


def proven(format: Sealed, bound: int, buyers: int) -> Verdict:
    return prove(format, situations(bound, buyers), bound)


def worth(who: int, valuation: int, result: Sold | Unsold) -> int:
    if isinstance(result, Unsold):
        return 0
    if result.winner == who:
        return valuation - result.payment
    return -dict(result.dues).get(who, 0)


def gains(type_of_auction: int, bound: int, buyers: int) -> Iterator[tuple[int, ...]]:
    """The oracle's gain of each bid over the truthful one: (lowest price, place, valuation, bid,
    gain).
    """
    amounts = range(1, bound + 1)

    def gained(lowest_price: int, place: int, rivals: tuple[int, ...], value: int, bid: int) -> int:
        numbered = [*enumerate((*rivals[: place - 1], bid, *rivals[place - 1 :]), 1)]
        sold = oracle.settle(type_of_auction, lowest_price, [one for one in numbered if one[1]])
        return value - sold[1] if sold is not None and sold[0] == place else 0

    for lowest_price, place in product(amounts, range(1, buyers + 1)):
        for rivals in product(amounts, repeat=buyers - 1):
            for value, bid in product(amounts, range(bound + 1)):
                if bid != value:
                    case = (lowest_price, place, rivals, value)
                    gain = gained(*case, bid) - gained(*case, value)
                    yield (lowest_price, place, value, bid, gain)


class SituationTests(SynchronousTestCase):
    def test_all(self) -> None:
        self.assertEqual(
            list(situations(2, 2)),
            [
                Situation(lowest_price, place, (rival,))
                for lowest_price in (1, 2)
                for place in (1, 2)
                for rival in (1, 2)
            ],
        )

    def test_count(self) -> None:
        for bound, buyers in [(1, 1), (5, 1), (1, 4), (6, 2), (5, 3), (3, 4)]:
            cases = list(situations(bound, buyers))
            self.assertEqual(len(cases), count_situations(bound, buyers))
            self.assertEqual(len(set(cases)), len(cases))

    def test_result(self) -> None:
        """A tie goes to the earlier bid, and a bid of 0 is none."""
        for place, bid, first, second in [
            (1, 5, Sold(1, 5, 5), Sold(1, 5, 5)),
            (2, 5, Sold(2, 5, 5), Sold(2, 5, 5)),
            (3, 5, Sold(2, 5, 5), Sold(2, 5, 5)),
            (3, 6, Sold(3, 6, 6), Sold(3, 6, 5)),
            (1, 0, Sold(3, 5, 5), Sold(3, 5, 4)),
        ]:
            situation = Situation(2, place, (4, 5))
            self.assertEqual(situation.result(FirstPrice(), bid), first)
            self.assertEqual(situation.result(SecondPrice(), bid), second)
        self.assertEqual(Situation(6, 1, (4, 5)).result(FirstPrice(), 0), Unsold(5))
        self.assertEqual(Situation(6, 1, ()).result(FirstPrice(), 0), Unsold(None))


class ProveTests(SynchronousTestCase):
    def test_second_price(self) -> None:
        for buyers in (1, 2, 3):
            tried = count_situations(6, buyers) * 6 * 6
            verdict = proven(SecondPrice(), 6, buyers)
            self.assertEqual((verdict.tried, verdict.better, verdict.greatest), (tried, 0, None))
            self.assertGreater(verdict.worse, 0)

    def test_first_price(self) -> None:
        """The largest gain: alone above the lowest price of 1, to bid that price."""
        verdict = proven(FirstPrice(), 4, 2)
        self.assertEqual(verdict.greatest, BetterBid(Situation(1, 1, (1,)), 4, 1, 3))

    def test_oracle(self) -> None:
        formats: list[tuple[int, Sealed]] = [(1, FirstPrice()), (2, SecondPrice())]
        for (type_of_auction, format), buyers in product(formats, (1, 2, 3)):
            tried = list(gains(type_of_auction, 4, buyers))
            better = [one for one in tried if one[-1] > 0]
            verdict = proven(format, 4, buyers)
            worse = sum(one[-1] < 0 for one in tried)
            self.assertEqual(
                (verdict.tried, verdict.better, verdict.worse), (len(tried), len(better), worse)
            )
            if type_of_auction == 2:
                self.assertIsNone(verdict.greatest)
                continue
            found = verdict.greatest
            assert found is not None
            first = max(better, key=lambda one: one[-1])
            self.assertEqual(
                (found.situation.lowest_price, found.situation.place, found.valuation), first[:3]
            )
            self.assertEqual((found.bid, found.gain), first[3:])

    def test_mistakes_are_found(self) -> None:
        """A format with one wrong place has a bid better than the truthful one, and its description
        is right.
        """
        formats: list[Sealed] = [OverchargesAtThree(), OneMore(), LosersPay(), AllPay()]
        for format in formats:
            verdict = proven(format, 5, 2)
            self.assertGreater(verdict.better, 0)
            found = verdict.greatest
            assert found is not None
            tempting, truthful = (
                worth(found.situation.place, found.valuation, found.situation.result(format, bid))
                for bid in (found.bid, found.valuation)
            )
            self.assertEqual(tempting - truthful, found.gain)

    def test_three_bids(self) -> None:
        """A mistake only with three bids is found with three Buyers, and not with two."""
        verdict = proven(OverchargesWithTwoRivals(), 4, 2)
        self.assertEqual((verdict.tried, verdict.better), (count_situations(4, 2) * 4 * 4, 0))
        found = proven(OverchargesWithTwoRivals(), 4, 3).greatest
        self.assertEqual(found, BetterBid(Situation(1, 1, (1, 1)), 1, 0, 1))

    def test_place(self) -> None:
        """A counter-example need not be the first Buyer's."""
        found = proven(OthersPayTheirBid(), 4, 2).greatest
        self.assertEqual(found, BetterBid(Situation(1, 2, (1,)), 4, 2, 2))

    def test_staying_away(self) -> None:
        """If losers pay, too, it is best not to bid against a higher bid."""
        case = Situation(1, 2, (5,))
        self.assertEqual(
            prove(AllPay(), [case], 5),
            Verdict(25, 1 + 2 + 3 + 4 + 5, 4 + 3 + 2 + 1, BetterBid(case, 5, 0, 5)),
        )

    def test_every_better_bid_counts(self) -> None:
        """Here all losing bids are better than winning for a dollar too much."""
        case = Situation(1, 1, (4,))
        self.assertEqual(
            prove(OneMore(), [case], 5), Verdict(25, 4, 2 + 2 + 2, BetterBid(case, 4, 0, 1))
        )

    def test_first_of_equals(self) -> None:
        cases = [Situation(1, 1, (1,)), Situation(1, 1, (1, 1))]
        for order in (cases, cases[::-1]):
            verdict = prove(FirstPrice(), order, 4)
            self.assertEqual(verdict.greatest, BetterBid(order[0], 4, 1, 3))

    def test_nothing_to_try(self) -> None:
        self.assertEqual(prove(SecondPrice(), [], 5), Verdict())


class NeverWorseTests(SynchronousTestCase):
    def test_oracle(self) -> None:
        """There is a case against each bid, except those without one in the oracle."""
        for type_of_auction, format in [(1, FirstPrice()), (2, SecondPrice())]:
            for buyers in (1, 2):
                bids = {(value, bid) for value, bid in product(range(1, 5), range(5))}
                left = {(value, bid) for value, bid in bids if value != bid}
                left -= {
                    (value, bid)
                    for _, _, value, bid, gain in gains(type_of_auction, 4, buyers)
                    if gain < 0
                }
                found = never_worse(format, situations(4, buyers), 4)
                self.assertEqual({(value, bid) for value in found for bid in found[value]}, left)

    def test_weak_dominance(self) -> None:
        """At a valuation of $1 the gain is always 0, so staying away is no worse; every other bid
        is.
        """
        self.assertEqual(never_worse(SecondPrice(), situations(5, 2), 5), {1: {0}})

    def test_nothing_to_try(self) -> None:
        self.assertEqual(never_worse(SecondPrice(), [], 2), {1: {0, 2}, 2: {0, 1}})
