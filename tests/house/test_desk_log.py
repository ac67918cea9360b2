"""What was done in a room, as an auctioneer reads it."""

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from twisted_auction.house.desk_log import MAX_BIDS, MAX_ORDERS, MAX_ROOMS, DeskLog, RoomLog
from twisted_auction.rules.events import (
    Announced,
    BidTaken,
    Cancelled,
    Event,
    Expelled,
    Extended,
    LotAdded,
    LotAnnounced,
    LotMoved,
    LotSkipped,
    Ordered,
    Raised,
    Readmitted,
    SaleVoided,
    Sold,
    Voided,
)
from twisted_auction.rules.grammar import parse_request

REQUEST = parse_request(b"english 10 1 Chest", 9)
UP = LotAnnounced(3, 9, REQUEST, 5.0, "12a")


def log_of(*events: Event) -> RoomLog:
    log = RoomLog()
    for instant, event in enumerate(events):
        log.follow(event, float(instant))
    return log


class RoomLogTests(SynchronousTestCase):
    def entry(self, order: str, effect: Event) -> tuple[int, int, str, str, str]:
        """What is noted about an order on lot 12a: Buyer, amount, lot, other lot, text."""
        log = log_of(UP, Ordered(order, "paddle 100", "Why."), effect)
        (entry,) = log.orders
        self.assertEqual((entry.order, entry.actor, entry.at), (order, "paddle 100", 2.0))
        return entry.buyer, entry.amount, entry.lot, entry.other, entry.text

    def test_orders(self) -> None:
        """Each with the Buyer, the open bid and the lots that it concerns."""
        cases: list[tuple[str, Event, tuple[int, int, str, str, str]]] = [
            ("void", Voided(4, 50, None, None), (4, 50, "12a", "", "Why.")),
            ("void", SaleVoided(2, 7, 80), (7, 0, "2", "", "Why.")),
            ("bid", Raised(4, 50, None), (4, 50, "12a", "", "Why.")),
            ("bid", BidTaken(4, 50), (4, 0, "12a", "", "Why.")),
            ("expel", Expelled(4), (4, 0, "", "", "Why.")),
            ("readmit", Readmitted(4), (4, 0, "", "", "Why.")),
            ("extend", Extended(90.0, 60), (0, 0, "12a", "", "Why.")),
            ("cancel", Cancelled("Why."), (0, 0, "12a", "", "Why.")),
            ("say", Announced("Tea."), (0, 0, "", "", "Tea.")),
            ("skip", LotSkipped(5, "14"), (0, 0, "14", "", "Why.")),
            ("move", LotMoved(5, 6, "14", None), (0, 0, "14", "6", "Why.")),
            ("add", LotAdded(10, REQUEST), (0, 0, "10", "", "Chest")),
        ]
        for order, effect, entry in cases:
            self.assertEqual(self.entry(order, effect), entry)

    def test_sealed_amount(self) -> None:
        """Nothing of the log has it."""
        log = log_of(UP, BidTaken(4, 31415), Ordered("bid", "operator", ""), BidTaken(5, 31415))
        self.assertNotIn("31415", repr(log))

    def test_limits(self) -> None:
        bids = [Raised(1, 10 + number, None) for number in range(MAX_BIDS + 5)]
        log = log_of(UP, *bids)
        self.assertEqual([bid.amount for bid in log.bids], [15 + each for each in range(MAX_BIDS)])
        order: list[Event] = [Ordered("say", "operator", ""), Announced("Tea.")]
        self.assertEqual(len(log_of(*order * (MAX_ORDERS + 5)).orders), MAX_ORDERS)

    def test_end_of_a_lot(self) -> None:
        for end in (Sold(1, 50, 50), Cancelled("Fire."), UP):
            self.assertEqual(list(log_of(UP, Raised(1, 50, None), end).bids), [])

    @given(st.lists(st.tuples(st.integers(1, 3), st.integers(1, 9)), max_size=15), st.data())
    def test_bids(self, raises: list[tuple[int, int]], data: st.DataObject) -> None:
        """They are those of a list from which a void takes the last ones."""
        log, price = log_of(UP), 10
        expected: list[tuple[int, int]] = []
        for who, step in raises:
            price += step
            log.follow(Raised(who, price, None), 0.0)
            expected.append((who, price))
            if data.draw(st.booleans()):
                others = [bid for bid in expected if bid[0] != who]
                if others:
                    expected = expected[: expected.index(others[-1]) + 1]
                    log.follow(Voided(who, price, *others[-1]), 0.0)
                else:
                    expected = []
                    log.follow(Voided(who, price, None, None), 0.0)
            self.assertEqual([(bid.buyer, bid.amount) for bid in log.bids], expected)
        numbers = [bid.number for bid in log.bids]
        self.assertEqual(numbers, sorted(set(numbers)))


class DeskLogTests(SynchronousTestCase):
    def test_rooms(self) -> None:
        """Those with events, up to a number; another room has an empty log."""
        log = DeskLog()
        for number in range(MAX_ROOMS + 1):
            log.follow(f"room{number}", [UP, Raised(1, 50, None)], 1.0)
        self.assertEqual(len(log["room1"].bids), 1)
        self.assertEqual(len(log["room0"].bids), 0)
        self.assertEqual(len(log["elsewhere"].bids), 0)
