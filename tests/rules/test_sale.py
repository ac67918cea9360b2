"""The lots of a sale: the orders about them by tables, and the queue against a short oracle."""

from dataclasses import dataclass, field, replace

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from twisted_auction.ledger.check import check_event
from twisted_auction.rules import events as ev
from twisted_auction.rules.auction import Auction
from twisted_auction.rules.catalogue import parse_catalogue
from twisted_auction.rules.commands import (
    Action,
    Add,
    Again,
    Arrive,
    Bid,
    Cancel,
    Close,
    Command,
    Expel,
    GoOn,
    Leave,
    Move,
    MoveStart,
    Open,
    Order,
    Pause,
    Say,
    Schedule,
    Skip,
    Start,
    VoidSale,
    Wake,
)
from twisted_auction.rules.events import Event
from twisted_auction.rules.grammar import parse_request
from twisted_auction.rules.refusals import BiddingNotOpen, OrderRefused
from twisted_auction.rules.terms import STANDARD_TERMS, Terms
from twisted_auction.rules.transitions import Phase

PLAIN = b"1 5 1 A\n1 5 1 B\n1 5 1 C"
LABELLED = b"lot,item,type,lowest_price\n12,A,1,5\n12a,B,1,5\n4,C,1,5"


class Record:
    """An auction, the events so far, and a replay that only has the events."""

    def __init__(self, catalogue: bytes, terms: Terms = STANDARD_TERMS) -> None:
        self.auction = Auction(terms, parse_catalogue(catalogue, 9))
        self.replay = Auction(terms)
        self.events: list[Event] = []

    def do(self, command: Command, when: float = 0.0) -> list[Event]:
        """Decide a command, and apply its events to both, checked as a ledger checks them."""
        events = list(self.auction.decide(command, when))
        for event in events:
            check_event(self.replay, event, when, self.events[-1] if self.events else None)
            self.auction.apply(event)
            self.replay.apply(event)
            self.events.append(event)
        return events

    def give(self, action: Action, when: float = 0.0, reason: str = "") -> list[Event]:
        """Give an order.

        :return: the events of its effect.
        """
        ordered, *effect = self.do(Order(action, reason=reason), when)
        assert ordered == ev.Ordered(action.word, "operator", reason)
        return effect

    @property
    def queue(self) -> list[int]:
        assert self.auction.sale is not None
        return list(self.auction.sale.to_come)


class OrderTests(SynchronousTestCase):
    """Orders about other lots, while the first one of three is up."""

    def setUp(self) -> None:
        self.record = Record(PLAIN)
        self.record.do(Arrive("b"))

    def refused(self, action: Action, why: str, when: float = 0.0, reason: str = "") -> None:
        before = list(self.record.queue)
        with self.assertRaises(OrderRefused) as caught:
            self.record.give(action, when, reason)
        self.assertEqual(caught.exception.why, why)
        self.assertEqual(self.record.queue, before)

    def sell(self) -> None:
        """Sell lot 1; lot 2 comes up."""
        self.record.do(Wake(), 5.0)
        self.record.do(Say(1, b"7"), 5.0)

    def test_move(self) -> None:
        give = self.record.give
        self.assertEqual(give(Move("3")), [ev.LotMoved(3, 2)])
        self.assertEqual(self.record.queue, [3, 2])
        self.assertEqual(give(Move("2", "3")), [ev.LotMoved(2, 3)])
        self.assertEqual(self.record.queue, [2, 3])
        self.refused(Move("2"), "lot 2 comes next.")
        self.refused(Move("2", "2"), "name two lots.")
        self.refused(Move("2", "3"), "lot 2 comes right before it.")
        self.refused(Expel(0), "the house sells: there is no Seller.")
        self.refused(Move("1"), "lot 1 has been up, or is withdrawn.")
        self.refused(Move("2", "1"), "lot 1 has been up, or is withdrawn.")
        self.refused(Move("4"), "there is no such lot.")
        self.refused(Move(""), "there is no such lot.")

    def test_skip(self) -> None:
        self.assertEqual(self.record.give(Skip("2")), [ev.LotSkipped(2)])
        self.assertEqual(self.record.queue, [3])
        self.refused(Skip("2"), "lot 2 has been up, or is withdrawn.")
        lots = self.record.auction.catalogue
        assert lots is not None
        self.assertEqual(
            self.record.give(Skip(), reason="The box is empty."),
            [
                ev.Cancelled("The lot is withdrawn."),
                ev.LotAnnounced(3, 3, lots[2].request, 5.0),
            ],
        )
        self.record.do(Wake(), 5.0)
        self.refused(Skip(), "bidding on lot 3 is open: cancel it.", 5.0)
        self.refused(Skip("3"), "bidding on lot 3 is open: cancel it.", 5.0)

    def test_again(self) -> None:
        """A lot that was skipped, cancelled, not sold or voided comes last."""
        for why, lot in [("lot 1 is up.", "1"), ("lot 2 is still to come.", "2")]:
            self.refused(Again(lot), why)
        self.record.give(Skip("2"))
        self.assertEqual(self.record.give(Again("2")), [ev.LotOffered(2)])
        self.assertEqual(self.record.queue, [3, 2])
        self.sell()
        self.refused(Again("1"), "lot 1 is sold: void its sale first.", 5.0)
        voided, order = ev.SaleVoided(1, 1, 7), ev.Ordered("void", "operator", "")
        for wrong in (replace(voided, dues=((2, 7),)), replace(voided, label="12a")):
            with self.assertRaises(ValueError):
                check_event(self.record.replay, wrong, 5.0, order)
        self.assertEqual(self.record.give(VoidSale("1"), 5.0), [voided])
        self.refused(VoidSale("1"), "lot 1 is not sold.", 5.0)
        self.record.give(Again("1"), 5.0)
        self.assertEqual(self.record.queue, [2, 1])
        self.record.give(Cancel(), 5.0, "It is broken.")
        self.record.give(Again("3"), 5.0)
        self.assertEqual((self.record.auction.lot, self.record.queue), (2, [1, 3]))

    def test_add(self) -> None:
        added = parse_request(b"english:increment=5 20 1 Chest", 9)
        self.assertEqual(
            self.record.give(Add(b" english:increment=5 20 1 Chest ")), [ev.LotAdded(4, added)]
        )
        self.assertEqual((self.record.auction.lots, self.record.queue), (4, [2, 3, 4]))
        self.refused(
            Add(b"Chest"),
            "a lot is: type_of_auction lowest_price number_of_bids item_name.",
        )
        self.refused(Add(b"1 5 10 Chest"), "number_of_bids must be 1 to 9.")
        self.record.give(Skip("2"))
        self.record.give(Skip("3"))
        self.record.give(Skip())
        self.assertEqual(self.record.auction.request, added)

    def test_own_numbers(self) -> None:
        """They are the names of the lots, in any case; an added lot gets the next free one."""
        self.record = Record(LABELLED)
        self.record.do(Arrive("b"))
        self.assertEqual(self.record.give(Move("4")), [ev.LotMoved(3, 2, "4", "12a")])
        self.refused(Skip("3"), "there is no such lot.")
        self.assertEqual(self.record.give(Skip("12A")), [ev.LotSkipped(2, "12a")])
        request = parse_request(b"1 5 1 D", 9)
        self.assertEqual(self.record.give(Add(b"1 5 1 D")), [ev.LotAdded(4, request, "5")])
        self.assertEqual(self.record.give(Again("12a")), [ev.LotOffered(2, "12a")])
        self.assertEqual(self.record.queue, [3, 4, 2])

    def test_last_lot(self) -> None:
        """A sale without doors is over after the last lot, whatever it was."""
        self.record.give(Move("3"))
        self.record.give(Skip("2"))
        self.sell()
        self.record.do(Wake(), 10.0)
        self.record.do(Say(1, b"pass"), 10.0)
        self.assertIs(self.record.auction.phase, Phase.ENDED)
        self.refused(Again("2"), "the sale is over.", 10.0)

    def test_no_doors(self) -> None:
        for action in (Start(), MoveStart(None), MoveStart(9.0)):
            self.refused(action, "the sale has begun.")

    def test_no_sale(self) -> None:
        auction = Auction(STANDARD_TERMS)
        for event in auction.decide(Arrive("s"), 0.0):
            auction.apply(event)
        for action in (Start(), Again("1"), Skip(), Move("1"), Add(b"1 5 1 A"), VoidSale("1")):
            with self.assertRaises(OrderRefused) as caught:
                auction.decide(Order(action), 0.0)
            self.assertEqual(caught.exception.why, "it is no sale of a catalogue.")

    def test_void_too_late(self) -> None:
        """After a sale, or after a Seller's auction, the answer says why."""
        with self.assertRaises(OrderRefused) as caught:
            Auction(STANDARD_TERMS).decide(Order(VoidSale("3")), 0.0)
        self.assertEqual(
            caught.exception.why,
            "there is no sale: a sold lot can be voided only until its sale is over. "
            "Leave it out of the bill by hand.",
        )


class DoorsTests(SynchronousTestCase):
    """A sale with doors, before its first lot and after its last one."""

    def setUp(self) -> None:
        self.record = Record(PLAIN)
        self.assertEqual(self.record.do(Schedule(100.0)), [ev.SaleScheduled(3, 100.0)])

    def refused(self, action: Action, why: str, when: float = 0.0, reason: str = "") -> None:
        with self.assertRaises(OrderRefused) as caught:
            self.record.give(action, when, reason)
        self.assertEqual(caught.exception.why, why)

    def test_start(self) -> None:
        self.refused(Cancel(), "no lot is up.", reason="Fire.")
        self.refused(Open(), "no lot is up.")
        self.refused(Close(), "bidding is not open.")
        request = parse_request(b"1 5 1 A", 9)
        self.assertEqual(self.record.give(Start(), 50.0), [ev.LotAnnounced(1, 3, request, 55.0)])
        self.refused(Start(), "the sale has begun.", 50.0)
        self.refused(MoveStart(90.0), "the sale has begun.", 50.0)

    def test_move_start(self) -> None:
        self.assertEqual(self.record.give(MoveStart(200.0)), [ev.StartMoved(200.0)])
        self.assertEqual(self.record.auction.wake_at, 200.0)
        self.assertEqual(self.record.give(MoveStart(None)), [ev.StartMoved(None)])
        self.assertIsNone(self.record.auction.wake_at)
        self.refused(MoveStart(50.0), "this time is past.", 50.0)

    def test_move_start_in_a_pause(self) -> None:
        """A start by order can be asked for at any time. One at a time is no promise in a pause,
        whose end is unknown."""
        self.record.give(Pause())
        for start in (MoveStart(900.0), Start()):
            self.refused(start, "it is paused: let it go on first.", 60.0)
        self.assertEqual(self.record.give(MoveStart(None), 60.0), [ev.StartMoved(None)])
        with self.assertRaisesRegex(ValueError, "it is paused"):
            check_event(
                self.record.auction,
                ev.StartMoved(900.0),
                60.0,
                ev.Ordered("start", "operator", ""),
            )
        self.record.give(GoOn(), 60.0)
        self.record.give(MoveStart(900.0), 60.0)
        self.assertEqual(self.record.auction.wake_at, 900.0)

    def test_before_the_start(self) -> None:
        """The lots are arranged, and none of them comes up."""
        self.record.give(Move("3", "1"))
        self.record.give(Skip())
        self.record.give(Add(b"1 5 1 D"))
        self.record.give(Again("3"))
        self.assertEqual(self.record.queue, [1, 2, 4, 3])
        self.assertIs(self.record.auction.phase, Phase.WAITING)
        self.record.give(Add(b"1 5 0 E"))  # counts of Buyers are ignored
        for lot in ("1", "2", "4", "3", "5"):
            self.record.give(Skip(lot))
        self.refused(Start(), "there is no lot to come.")
        self.refused(Skip(), "there is no lot to come.")
        self.assertEqual(self.record.do(Wake(), 100.0), [ev.SaleEnded()])

    def test_sealed_lot_without_buyers(self) -> None:
        """It is open for its time, and the operator can bid for persons who are away."""
        self.record.give(Start())
        self.assertEqual(self.record.do(Wake(), 5.0), [ev.BiddingOpened(65.0)])
        self.record.do(Arrive("b"), 10.0)
        with self.assertRaises(BiddingNotOpen):
            self.record.do(Say(1, b"9"), 10.0)
        for who in (17, 18):
            bid = Bid(who, b"%d" % who, may_be_away=True)
            self.assertEqual(self.record.give(bid, 20.0), [ev.BidTaken(who, who)])
        # Nothing ends the lot but its time: not even the departure of a Buyer who only waits.
        self.assertEqual(self.record.do(Leave(1), 30.0), [ev.Left(1)])
        self.assertEqual(self.record.do(Wake(), 65.0)[0], ev.Sold(18, 18, 18))

    def test_sealed_lot_without_buyers_and_bids(self) -> None:
        self.record.give(Start())
        self.record.do(Wake(), 5.0)
        self.record.do(Arrive("b"), 10.0)
        self.assertEqual(self.record.do(Leave(1), 30.0), [ev.Left(1)])
        self.assertEqual(self.record.do(Wake(), 65.0)[0], ev.Unsold(None))

    def test_sealed_lot_without_buyers_and_end(self) -> None:
        """Without a time for lots, it would be open for ever: it has its result at once."""
        record = self.record = Record(PLAIN, Terms(lot_time=0))
        record.do(Schedule(None))
        record.give(Start())
        self.refused(Open(), "no Buyer is there.")
        opened, unsold, _ = record.do(Wake(), 5.0)
        self.assertEqual((opened, unsold), (ev.BiddingOpened(None), ev.Unsold(None)))

    def test_open_a_sealed_lot_without_buyers(self) -> None:
        self.record.give(Start())
        self.assertEqual(self.record.give(Open(), 1.0), [ev.BiddingOpened(61.0)])

    def test_after_the_last_lot(self) -> None:
        """A lot that is offered or added then comes up at once."""
        self.record.give(Start())
        for _ in range(6):  # each lot opens, and its time ends
            when = self.record.auction.wake_at
            assert when is not None
            self.record.do(Wake(), when)
        self.assertEqual(self.record.events[-1], ev.LotsDone(795.0))
        self.assertEqual(
            [type(event) for event in self.record.give(Again("2"), 200.0)],
            [ev.LotOffered, ev.LotAnnounced],
        )
        self.assertEqual(self.record.auction.lot, 2)
        self.record.give(Skip(), 200.0)
        self.assertEqual(self.record.events[-1], ev.LotsDone(800.0))
        self.assertEqual(
            [type(event) for event in self.record.give(Add(b"1 5 1 D"), 200.0)],
            [ev.LotAdded, ev.LotAnnounced],
        )
        self.record.give(Skip(), 200.0)
        self.assertEqual(self.record.give(Close(), 210.0), [ev.SaleEnded()])
        self.refused(Again("2"), "the sale is over.", 210.0)
        late = "a sold lot can be voided only until its sale is over. "
        by_hand = "Leave it out of the bill by hand."
        self.refused(VoidSale("2"), f"the sale is over: {late}{by_hand}", 210.0)


@dataclass
class Oracle:
    """The lots of a sale with one-bid formats, as a person would keep them on a slip of paper."""

    lots: int
    queue: list[int]
    up: int | None = None
    sold: dict[int, tuple[int, int]] = field(default_factory=dict)

    def next_up(self) -> None:
        self.up = self.queue.pop(0) if self.queue else None


class QueueProperties(SynchronousTestCase):
    """Any orders, at any stage, against the oracle."""

    ACTIONS = ("move", "skip", "again", "add", "void", "cancel", "open", "bid", "pass")

    @settings(deadline=None)
    @given(st.data(), st.integers(1, 4))
    def test_queue(self, data: st.DataObject, lots: int) -> None:
        record = Record(b"\n".join([b"1 5 1 A"] * lots))
        oracle = Oracle(lots, list(range(1, lots + 1)))
        record.do(Schedule(None))
        record.do(Arrive("b"))
        if data.draw(st.booleans()):
            record.give(Start())
            oracle.next_up()
        for _ in range(data.draw(st.integers(1, 14))):
            what = data.draw(st.sampled_from(self.ACTIONS))
            lot = data.draw(st.integers(0, oracle.lots + 1))
            other = data.draw(st.none() | st.integers(1, oracle.lots))
            self.step(record, oracle, what, lot, other)
            auction = record.auction
            self.assertEqual(record.queue, oracle.queue)
            self.assertEqual(auction.lots, oracle.lots)
            is_up = auction.phase in (Phase.GATHERING, Phase.BIDDING)
            self.assertEqual(auction.lot if is_up else None, oracle.up)
            assert auction.sale is not None and record.replay.sale is not None
            sold = {n: (each.winner, each.payment) for n, each in auction.sale.sold.items()}
            self.assertEqual(sold, oracle.sold)
            self.assertEqual(record.replay.sale, auction.sale)
            self.assertEqual(record.replay.wake_at, auction.wake_at)

    def step(self, record: Record, oracle: Oracle, what: str, lot: int, other: int | None) -> None:
        """One order or line, in the auction and in the oracle."""
        auction, queue = record.auction, oracle.queue
        is_bidding = auction.phase is Phase.BIDDING
        has_begun = not auction.awaits_start
        match what:
            case "move":
                target = other if other is not None else (queue[0] if queue else None)
                action = Move(str(lot), None if other is None else str(other))
                can = lot in queue and target in queue and lot != target
                if can and target is not None:
                    can = queue.index(lot) + 1 != queue.index(target)
                if self.gives(record, action, can):
                    assert target is not None
                    queue.remove(lot)
                    queue.insert(queue.index(target), lot)
            case "skip":
                is_up = lot == oracle.up and lot != 0
                if self.gives(record, Skip(str(lot)), lot in queue or (is_up and not is_bidding)):
                    if is_up:
                        oracle.next_up()
                    else:
                        queue.remove(lot)
            case "again":
                can = 0 < lot <= oracle.lots and lot not in (*queue, oracle.up, *oracle.sold)
                if self.gives(record, Again(str(lot)), can):
                    queue.append(lot)
            case "add":
                if self.gives(record, Add(b"2 9 1 B"), True):
                    oracle.lots += 1
                    queue.append(oracle.lots)
            case "void":
                if self.gives(record, VoidSale(str(lot)), lot in oracle.sold):
                    del oracle.sold[lot]
            case "cancel":
                if self.gives(record, Cancel(), oracle.up is not None, "It is broken."):
                    oracle.next_up()
            case "open" if auction.phase is Phase.GATHERING:
                assert auction.wake_at is not None
                record.do(Wake(), auction.wake_at)
            case "bid" | "pass" if is_bidding:
                amount = 10 + lot
                record.do(Say(1, b"%d" % amount if what == "bid" else b"pass"))
                if what == "bid":
                    assert oracle.up is not None
                    oracle.sold[oracle.up] = (1, self.payment(record, oracle.up, amount))
                oracle.next_up()
        if has_begun and oracle.up is None and auction.phase is not Phase.ENDED and queue:
            oracle.next_up()  # after the last lot, an order brings a lot up at once

    def payment(self, record: Record, lot: int, amount: int) -> int:
        """What one Buyer pays alone: its bid, or the lowest price of an added lot."""
        assert record.auction.catalogue is not None
        return amount if lot <= len(record.auction.catalogue) else 9

    def gives(self, record: Record, action: Action, is_possible: bool, reason: str = "") -> bool:
        """Give an order, which must be refused exactly if it is not possible."""
        try:
            record.give(action, reason=reason)
        except OrderRefused:
            self.assertFalse(is_possible, action)
            return False
        self.assertTrue(is_possible, action)
        return True
