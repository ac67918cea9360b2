from collections.abc import Iterator, Sequence
from itertools import count
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from tests.formats import AllPay
from tests.rules import oracle
from twisted_auction.lab import engine
from twisted_auction.lab.engine import TERMS, Move, Series, max_moves, moves
from twisted_auction.rules.auction import Auction
from twisted_auction.rules.commands import Arrive, Say, Wake
from twisted_auction.rules.events import Called, Extended, Sold, Unsold
from twisted_auction.rules.formats import FORMATS
from twisted_auction.rules.grammar import parse_request
from twisted_auction.rules.request import AuctionRequest, Lot

LIMITS = st.lists(st.integers(1, 40), min_size=1, max_size=9)
LOWEST = st.integers(1, 40)
INCREMENTS = st.integers(1, 15)


def asked(kind: str, lowest_price: int, buyers: int) -> AuctionRequest:
    return parse_request(f"{kind} {lowest_price} {buyers} item".encode(), 9)


def held(
    kind: str, lowest_price: int, limits: Sequence[int], late: Sequence[int] = ()
) -> Sold | Unsold:
    return Series(asked(kind, lowest_price, len(limits))).hold(limits, late)


def transcript(
    kind: str, lowest_price: int, limits: Sequence[int], late: Sequence[int] = ()
) -> list[Move | Called | Extended | Sold | Unsold]:
    """The moves of an auction opened at 0, and its result; in a sealed format only the result.
    Instants are rounded to a tenth of a millisecond.
    """
    auction = Auction(TERMS, [Lot(asked(kind, lowest_price, len(limits)))])
    log: list[Move | Called | Extended | Sold | Unsold] = []
    for _ in limits:
        for event in auction.decide(Arrive("here"), 0.0):
            auction.apply(event)
    for event in auction.decide(Wake(), 0.0):
        auction.apply(event)
    for when, command in moves(auction, limits, late, 0.0):
        log.append((round(when, 4), command))
        for event in auction.decide(command, when):
            auction.apply(event)
            if isinstance(event, Called | Sold | Unsold):
                log.append(event)
            elif isinstance(event, Extended):
                log.append(Extended(round(event.deadline, 4), event.seconds))
    return log


class TranscriptTests(SynchronousTestCase):
    def test_sealed(self) -> None:
        """One bid each, in the order of arrival, all at once."""
        bids = [(0.0, Say(1, b"150")), (0.0, Say(2, b"120")), (0.0, Say(3, b"180"))]
        self.assertEqual(
            transcript("first-price", 100, (150, 120, 180)), [*bids, Sold(3, 180, 180)]
        )
        self.assertEqual(
            transcript("second-price", 100, (150, 120, 180)), [*bids, Sold(3, 180, 150)]
        )

    def test_english(self) -> None:
        """In turn, as far as the limits go; then it takes its time to the end."""
        self.assertEqual(
            transcript("english:increment=10", 100, (125, 150, 99)),
            [
                (0.001, Say(1, b"100")),
                (0.002, Say(2, b"110")),
                (0.003, Say(1, b"120")),
                (0.004, Say(2, b"130")),
                (54.0, Wake()),
                Called(1),
                (57.0, Wake()),
                Called(2),
                (60.0, Wake()),
                Sold(2, 130, 130),
            ],
        )

    def test_english_takes_turns(self) -> None:
        said = transcript("english:increment=10", 100, (130, 150, 150))[:6]
        self.assertEqual(
            said,
            [
                (0.001, Say(1, b"100")),
                (0.002, Say(2, b"110")),
                (0.003, Say(3, b"120")),
                (0.004, Say(1, b"130")),
                (0.005, Say(2, b"140")),
                (0.006, Say(3, b"150")),
            ],
        )

    def test_dutch(self) -> None:
        """The clock falls until a Buyer takes its price."""
        self.assertEqual(
            transcript("dutch:start=200:step=30:interval=5", 100, (115, 150)),
            [(5.0, Wake()), (10.0, Wake()), (10.001, Say(2, b"140")), Sold(2, 140, 140)],
        )

    def test_dutch_runs_down(self) -> None:
        """The lowest price stands as long as the others."""
        clock = [(5.0, Wake()), (10.0, Wake()), (15.0, Wake()), (20.0, Wake())]
        kind = "dutch:start=200:step=40:interval=5"
        self.assertEqual(transcript(kind, 100, (99, 98)), [*clock, Unsold(None)])
        self.assertEqual(
            transcript(kind, 100, (99, 100)),
            [*clock[:3], (15.001, Say(2, b"100")), Sold(2, 100, 100)],
        )

    def test_nobody_starts(self) -> None:
        self.assertEqual(
            transcript("english", 100, (99, 98)),
            [
                (54.0, Wake()),
                Called(1),
                (57.0, Wake()),
                Called(2),
                (60.0, Wake()),
                Unsold(None),
            ],
        )


class LateTests(SynchronousTestCase):
    """Late bidders (A. E. Roth and A. Ockenfels)."""

    def test_hard_end(self) -> None:
        """No rival can answer, so the highest limit does not win; each late Buyer has one bid."""
        self.assertEqual(
            transcript("english:increment=10:extension=0", 100, (150, 130, 140), (2, 3)),
            [
                (0.001, Say(1, b"100")),
                (54.0, Wake()),
                Called(1),
                (57.0, Wake()),
                Called(2),
                (59.9995, Say(2, b"110")),
                (59.9995, Say(3, b"120")),
                (60.0, Wake()),
                Sold(3, 120, 120),
            ],
        )

    def test_order(self) -> None:
        """The late Buyers bid in the given order: here the third is before the second."""
        self.assertEqual(
            transcript("english:increment=10:extension=0", 100, (150, 130, 140), (3, 2)),
            [
                (0.001, Say(1, b"100")),
                (54.0, Wake()),
                Called(1),
                (57.0, Wake()),
                Called(2),
                (59.9995, Say(3, b"110")),
                (59.9995, Say(2, b"120")),
                (60.0, Wake()),
                Sold(2, 120, 120),
            ],
        )

    def test_moving_end(self) -> None:
        """An extension lets all Buyers answer, so late bids gain nothing."""
        self.assertEqual(
            transcript("english:increment=10", 100, (150, 130, 140), (2, 3)),
            [
                (0.001, Say(1, b"100")),
                (54.0, Wake()),
                Called(1),
                (57.0, Wake()),
                Called(2),
                (59.9995, Say(2, b"110")),
                Extended(69.9995, 10),
                (60.0005, Say(1, b"120")),
                Extended(70.0005, 10),
                (64.0005, Wake()),
                Called(1),
                (67.0005, Wake()),
                Called(2),
                (70.0, Say(2, b"130")),
                Extended(80.0, 10),
                (70.001, Say(1, b"140")),
                Extended(80.001, 10),
                (74.001, Wake()),
                Called(1),
                (77.001, Wake()),
                Called(2),
                (80.001, Wake()),
                Sold(1, 140, 140),
            ],
        )

    def test_late_alone(self) -> None:
        """Without a prompt Buyer, the late ones start at the lowest price."""
        hard, moving = "english:increment=10:extension=0", "english:increment=10"
        self.assertEqual(held(hard, 100, (300, 300, 300), (1, 2, 3)), Sold(3, 120, 120))
        self.assertEqual(held(hard, 100, (300, 300, 109), (1, 2, 3)), Sold(2, 110, 110))
        self.assertEqual(held(moving, 100, (300, 200, 99), (1, 2, 3)), Sold(1, 200, 200))
        self.assertEqual(held(hard, 100, (99, 98), (1, 2)), Unsold(None))

    def test_only_in_english(self) -> None:
        for kind in ("first-price", "second-price"):
            self.assertEqual(held(kind, 1, (5, 6), (1, 2)), held(kind, 1, (5, 6)))

    @given(LOWEST, LIMITS, INCREMENTS, st.data())
    @settings(max_examples=40)
    def test_moving_end_is_no_different(
        self, lowest_price: int, limits: list[int], increment: int, data: st.DataObject
    ) -> None:
        """The price stops near the second highest limit, for any late Buyers."""
        late = data.draw(st.lists(st.sampled_from(range(1, len(limits) + 1)), unique=True))
        sold = oracle.settle(2, lowest_price, [*enumerate(limits, 1)])
        result = held(f"english:increment={increment}", lowest_price, limits, late)
        if sold is None:
            self.assertEqual(result, Unsold(None))
        else:
            assert isinstance(result, Sold)
            self.assertLessEqual(abs(result.payment - sold[1]), increment)


class SealedTests(SynchronousTestCase):
    @given(st.sampled_from([1, 2]), LOWEST, LIMITS)
    @settings(max_examples=80)
    def test_oracle(self, type_of_auction: int, lowest_price: int, bids: list[int]) -> None:
        series = Series(asked(str(type_of_auction), lowest_price, len(bids)))
        result = series.hold(bids)
        sold = oracle.settle(type_of_auction, lowest_price, [*enumerate(bids, 1)])
        expected = Unsold(max(bids)) if sold is None else Sold(sold[0], max(bids), sold[1])
        self.assertEqual(result, expected)
        self.assertEqual(list(series.bids.items()), [*enumerate(bids, 1)])

    def test_fifth_format(self) -> None:
        FORMATS[5] = AllPay
        self.addCleanup(FORMATS.pop, 5)
        request = parse_request(b"5 100 3 item", 9)
        self.assertEqual(
            Series(request).hold((150, 120, 180)), Sold(3, 180, 180, ((1, 150), (2, 120)))
        )


class EnglishTests(SynchronousTestCase):
    @given(LOWEST, LIMITS, INCREMENTS)
    @settings(max_examples=80)
    def test_second_price(self, lowest_price: int, limits: list[int], increment: int) -> None:
        """The price stops within an increment of the second highest limit, and the winner's limit
        is within an increment of the highest, or is the highest.
        """
        sold = oracle.settle(2, lowest_price, [*enumerate(limits, 1)])
        result = held(f"english:increment={increment}", lowest_price, limits)
        if sold is None:
            self.assertEqual(result, Unsold(None))
            return
        assert isinstance(result, Sold)
        winner, payment = sold
        self.assertLessEqual(abs(result.payment - payment), increment)
        self.assertLessEqual(result.payment, limits[result.winner - 1])
        self.assertGreater(limits[result.winner - 1], max(limits) - increment)
        if max(limits) - sorted([0, *limits])[-2] >= increment:
            self.assertEqual(result.winner, winner)


class DutchTests(SynchronousTestCase):
    @given(LOWEST, LIMITS)
    @settings(max_examples=80)
    def test_first_price(self, lowest_price: int, limits: list[int]) -> None:
        """With steps of a dollar from above all limits, the two are the same, ties included."""
        sold = oracle.settle(1, lowest_price, [*enumerate(limits, 1)])
        expected = Unsold(None) if sold is None else Sold(sold[0], sold[1], sold[1])
        self.assertEqual(held("dutch:start=41:step=1", lowest_price, limits), expected)

    @given(st.integers(0, 39), st.integers(1, 20), LOWEST, LIMITS)
    @settings(max_examples=80)
    def test_steps(self, above: int, step: int, lowest_price: int, limits: list[int]) -> None:
        """The clock stops at the first accepted price: less than a step below the highest limit, if
        it starts above that limit.
        """
        start = lowest_price + 1 + above
        price: int | None = start
        for seconds in count():
            price = oracle.dutch(start, step, 1, lowest_price, seconds)
            if price is None or price <= max(limits):
                break
        result = held(f"dutch:start={start}:step={step}:interval=1", lowest_price, limits)
        if price is None:
            self.assertEqual(result, Unsold(None))
            return
        winner = next(who for who, limit in enumerate(limits, 1) if limit >= price)
        self.assertEqual(result, Sold(winner, price, price))
        if start >= max(limits):
            self.assertGreater(price, max(limits) - step)


class MaxMovesTests(SynchronousTestCase):
    def made(self, request: AuctionRequest, limits: Sequence[int]) -> int:
        series, asked_for = Series(request), 0

        def counted(*args: Any) -> Iterator[Move]:
            nonlocal asked_for
            for move in moves(*args):
                asked_for += 1
                yield move

        self.patch(engine, "moves", counted)
        series.hold(limits)
        return asked_for

    @given(
        st.sampled_from(["1", "2", "3:increment=1", "3:increment=7", "3:increment=7:extension=0"])
        | st.builds("4:start={}:step={}".format, st.integers(41, 60), st.integers(1, 20)),
        LOWEST,
        LIMITS,
    )
    @settings(max_examples=100)
    def test_never_more(self, kind: str, lowest_price: int, limits: list[int]) -> None:
        request = asked(kind, lowest_price, len(limits))
        self.assertLessEqual(self.made(request, limits), max_moves(request, max(limits)))

    def test_alone(self) -> None:
        """Two calls and the end are moves, and so is a shorter last step."""
        for kind, limit, number in [
            ("english", 39, 3),
            ("english", 40, 4),
            ("dutch:start=49:step=5", 39, 3),
            ("dutch:start=49:step=5", 40, 3),
        ]:
            request = asked(kind, 40, 1)
            self.assertEqual(self.made(request, (limit,)), number)
            self.assertGreaterEqual(max_moves(request, limit), number)

    def test_not_far_off(self) -> None:
        """Two Buyers with the same highest limit, and a price that no Buyer takes."""
        for kind, limits in [
            ("first-price", (999, 1000)),
            ("second-price", (999, 1000)),
            ("english:increment=1", (999, 1000)),
            ("english:increment=10", (5, 990, 1000, 500)),
            ("dutch:start=1000:step=1", (1, 1)),
            ("dutch:start=1000:step=30", (1, 1)),
        ]:
            request = asked(kind, 1, len(limits))
            self.assertLess(max_moves(request, 1000), 3 * self.made(request, limits))


class SeriesTests(SynchronousTestCase):
    @given(
        st.sampled_from(
            ["1", "2", "3:increment=3", "3:increment=3:extension=0", "4:start=41:step=3"]
        ),
        LOWEST,
        st.lists(st.tuples(*[st.integers(1, 40)] * 3), min_size=1, max_size=5),
        st.sampled_from([(), (2,), (1, 3), (3, 1)]),
    )
    @settings(max_examples=80)
    def test_independent(
        self,
        kind: str,
        lowest_price: int,
        rounds: list[tuple[int, int, int]],
        late: tuple[int, ...],
    ) -> None:
        """Each auction of a series ends as if it were the only one."""
        request = asked(kind, lowest_price, 3)
        series = Series(request)
        for limits in rounds:
            alone = Series(request)
            self.assertEqual(series.hold(limits, late), alone.hold(limits, late))
            self.assertEqual(list(series.bids.items()), list(alone.bids.items()))

    def test_bids(self) -> None:
        """The latest of each Buyer, in the order of arrival."""
        for kind, bids in [
            ("first-price", [(1, 125), (2, 150), (3, 99)]),
            ("english:increment=10", [(1, 120), (2, 130)]),
            ("dutch:start=200:step=30", [(2, 140)]),
        ]:
            series = Series(asked(kind, 100, 3))
            self.assertEqual(series.bids, {})
            series.hold((125, 150, 99))
            first = series.bids
            self.assertEqual(list(first.items()), bids)
            series.hold((9, 9, 9))
            self.assertEqual(series.bids, {1: 9, 2: 9, 3: 9} if kind == "first-price" else {})
            self.assertEqual(list(first.items()), bids)

    def test_most(self) -> None:
        """Nine Buyers, and any amount."""
        limits = [10**18 - 1 - who for who in range(9)]
        for kind, payment in [
            ("first-price", 10**18 - 1),
            ("second-price", 10**18 - 2),
            ("english:increment=900000000000000000", 10**17),
            ("dutch:start=999999999999999999:step=1000000000000000", 10**18 - 1),
        ]:
            result = held(kind, 10**17, limits)
            assert isinstance(result, Sold)
            self.assertEqual((result.winner, result.payment), (1, payment))
