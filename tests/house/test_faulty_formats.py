"""A format's mistake ends its own auction, and nothing else."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from math import inf, nan
from typing import Any, ClassVar

from tests.support import LedgerFolderTestCase
from twisted_auction.ledger.history import History
from twisted_auction.ledger.storage import open_view
from twisted_auction.rules.amounts import MAX_AMOUNT
from twisted_auction.rules.commands import (
    Action,
    Bid,
    Cancel,
    Close,
    Extend,
    GoOn,
    Open,
    Pause,
    Void,
)
from twisted_auction.rules.events import (
    BidTaken,
    Called,
    Event,
    Extended,
    Left,
    PriceFell,
    Raised,
    Sold,
    Unsold,
)
from twisted_auction.rules.formats import FORMATS
from twisted_auction.rules.open import English
from twisted_auction.rules.refusals import OrderRefused
from twisted_auction.rules.sealed import Sealed
from twisted_auction.rules.terms import Terms
from twisted_auction.testing import MemoryClient, MemoryHouse

CANCELLED = "Auction cancelled! There is a fault in the format of the auction."


class Mistake(Exception):
    """The error of a faulty format."""


def raises(*args: Any, **kwargs: Any) -> Any:
    raise Mistake


@dataclass(frozen=True)
class FaultySealed(Sealed):
    """A sealed format with one mistake."""

    name = "faulty"
    description = "Something will go wrong."
    mistakes: ClassVar[Mapping[str, Any]] = {}

    def payment(self, highest_bid: int, rivals: Collection[int], lowest_price: int) -> int:
        return highest_bid

    def __getattribute__(self, name: str) -> Any:
        mistakes = type(self).mistakes
        return mistakes[name] if name in mistakes else object.__getattribute__(self, name)


@dataclass(frozen=True)
class FaultyOpen(English):
    """The same with open bids."""

    name = "faulty-open"
    mistakes: ClassVar[Mapping[str, Any]] = {}

    def __getattribute__(self, name: str) -> Any:
        mistakes = type(self).mistakes
        return mistakes[name] if name in mistakes else object.__getattribute__(self, name)


class Uncountable:
    """A number that differs at each conversion."""

    def __init__(self) -> None:
        self.number = 100

    def __call__(self, *args: Any) -> int:
        self.number += 1
        return self.number


TOO_MUCH = MAX_AMOUNT + 1
"""An impossible sealed bid, which must not appear in a log either."""

SEALED: list[dict[str, Any]] = [
    {"payment": raises},
    {"payment": lambda *args: 150.5},
    {"payment": lambda *args: 150.0},
    {"payment": lambda *args: True},
    {"payment": lambda *args: None},
    {"payment": lambda *args: "150"},
    {"payment": lambda *args: 0},
    {"payment": lambda *args: -5},
    {"payment": lambda *args: 10**18},
    {"payment": lambda *args: 10**40},
    {"payment": Uncountable()},
    {"dues": raises},
    {"dues": lambda rivals: [(2, 5)]},
    {"dues": lambda rivals: ((2, 5.5),)},
    {"dues": lambda rivals: ((2, 5), (2, 5))},
    {"dues": lambda rivals: ((1, 5),)},
    {"dues": lambda rivals: ((7, 5),)},
    {"award": raises},
    {"award": lambda *args: "Buyer 1"},
    {"award": lambda *args: Sold(7, 150, 150)},
    {"award": lambda *args: Sold(0, 150, 150)},
    {"result": raises},
    {"result": lambda *args: None},
    {"result": lambda *args: Unsold(1.5)},  # type: ignore[arg-type]
    {"result": lambda *args: Left(1)},
    {"decide": raises},
    {"decide": lambda *args: None},
    {"decide": lambda *args: 5},
    {"decide": lambda *args: ("bid",)},
    {"decide": lambda *args: (BidTaken(1, 7.5),)},  # type: ignore[arg-type]
    {"decide": lambda *args: (BidTaken(7, 150),)},
    {"decide": lambda *args: (BidTaken(1, TOO_MUCH),)},
    {"decide": lambda *args: (Raised(1, 150, None), Sold(1, 150, 150))},
    {"decide": lambda *args: (Sold(1, 150, 150),)},
    {"first_deadline": raises},
    {"first_deadline": lambda *args: nan},
    {"first_deadline": lambda *args: inf},
    {"first_deadline": lambda *args: "soon"},
    {"wake_at": raises},
    {"wake_at": lambda *args: nan},
    {"wake_at": lambda *args: "soon"},
]

OPEN: list[dict[str, Any]] = [
    {"decide": raises},
    {"decide": lambda *args: (Raised(1, 150.5, None),)},  # type: ignore[arg-type]
    {"bid": raises},
    {"bid": lambda *args: (Raised(1, 150, None), Extended(nan, 5))},
    {"bid": lambda *args: (Raised(1, 150, None), Extended(1e9, 5.5))},  # type: ignore[arg-type]
    {"amount": raises},
    {"amount": Uncountable()},
    {"is_jump": raises},
    {"asking_price": raises},
    {"pass_time": raises},
    {"pass_time": lambda *args: ()},
    {"wake_at": lambda *args: 5.0, "pass_time": lambda *args: (Extended(1e7, 5),)},
    {"pass_time": lambda *args: None},
    {"pass_time": lambda *args: (Called(1),)},
    {"pass_time": lambda *args: (Called(1), Called(1))},
    {"pass_time": lambda *args: (PriceFell(50, 1e7), PriceFell(40, 2e7))},
    {"pass_time": lambda *args: (PriceFell(50.5, 1e7),)},  # type: ignore[arg-type]
    {"first_deadline": lambda *args: None},
    {"wake_at": raises},
    {"result": lambda *args: Sold(2, 150, 150)},
    {"how": raises},
    {"how": lambda who: "half a pair: \ud800"},
    {"asking_price": lambda *args: "\ud800"},
    {"asking_price": lambda *args: 150.5},
]


class FaultTests(LedgerFolderTestCase):
    def setUp(self) -> None:
        kinds: list[Any] = [FaultySealed, FaultyOpen]
        for number, kind in enumerate(kinds, 5):
            FORMATS[number] = kind
            self.addCleanup(FORMATS.pop, number)
            self.addCleanup(setattr, kind, "mistakes", {})
        super().setUp()

    def house(self, **changes: Any) -> MemoryHouse:
        terms = Terms(lot_pause=0, bid_timeout=100, lot_time=100)
        return MemoryHouse(terms, ledger=self.path, **changes)

    def events(self) -> list[Event]:
        """The events of a ledger that verifies."""
        told = []
        with open_view(self.path) as view:
            history = History(view.start)
            told += [history.read(row)[1] for row in view.rows()]
        return told

    def play(self, request: str, kind: type[Any], mistakes: Mapping[str, Any]) -> None:
        """Hold an auction with a mistake beside another one, which is not disturbed, and one after
        it."""
        self.path.unlink(missing_ok=True)
        house = self.house()
        beside = house.connect_to_lobby("JOIN beside")
        beside.send_lines("1 100 1 Cup")
        kind.mistakes = mistakes
        watcher = house.connect_to_lobby("WATCH main")
        people = [house.connect_to_lobby("JOIN main")]
        people[0].send_lines(request)
        house.advance()
        for _ in range(2):
            people.append(house.connect_to_lobby("JOIN main"))
        for place, line in enumerate(["150", "120"], 1):
            people[place].send_lines(line)
            house.advance()
        house.connect_to_lobby("LIST").disconnect()
        house.advance(200)
        for failure in self.flushLoggedErrors():
            self.assertNotIn(str(TOO_MUCH), str(failure.value))
        told = watcher.read_lines()
        self.assertIn(CANCELLED, told, mistakes)
        self.assertEqual([line for line in told if line.startswith("Sold")], [])
        for person in people:
            self.assertTrue(person.is_closed, mistakes)
            self.assertEqual(person.read_lines()[-1][-25:], CANCELLED[-25:], mistakes)
        self.assertEqual(house.rooms.main.status, 0)
        self.whole(house)
        beside.read_lines()
        buyer = house.connect_to_lobby("JOIN beside")
        buyer.send_lines("150")
        house.advance()
        self.assertEqual(buyer.read_lines()[-1], "You won this item Cup! Your payment due is $150")
        self.events()
        kind.mistakes = {}
        house.close()
        again = self.house(clock=house.clock)
        self.whole(again)
        again.close()

    def whole(self, house: MemoryHouse) -> None:
        """A whole auction in the same room, undisturbed by the last one."""
        seller, buyer = self.pair(house, "1 100 1 Sword")
        buyer.send_lines("150")
        house.advance()
        self.assertEqual(seller.read_lines()[-1], "Success! Your item Sword has been sold for $150")

    def pair(self, house: MemoryHouse, request: str) -> tuple[MemoryClient, MemoryClient]:
        seller = house.connect()
        seller.send_lines(request)
        house.advance()
        buyer = house.connect()
        house.advance()
        return seller, buyer

    def test_sealed(self) -> None:
        for mistakes in SEALED:
            self.play("5 100 2 Sword", FaultySealed, mistakes)

    def test_open(self) -> None:
        for mistakes in OPEN:
            self.play("6 100 2 Sword", FaultyOpen, mistakes)

    def test_what_was_acknowledged_stands(self) -> None:
        """The bids are in the ledger; the impossible result is sent to no client."""
        house = self.house()
        FaultySealed.mistakes = {"payment": lambda *args: 150.5}
        seller, buyer = self.pair(house, "5 100 1 Sword")
        buyer.send_lines("150")
        house.advance()
        self.assertEqual(buyer.read_lines()[-2:], ["Bid received. Please wait...", CANCELLED])
        self.assertEqual(seller.read_lines()[-1], CANCELLED)
        self.flushLoggedErrors()
        kinds = [type(event).__name__ for event in self.events()]
        self.assertEqual(kinds[-2:], ["BidTaken", "Cancelled"])

    def test_bound_and_back(self) -> None:
        """A format handles lines of participants only, not of a Buyer back for its result."""
        house = self.house()
        FaultySealed.mistakes = {
            "decide": lambda bidding, who, line, when: (BidTaken(who, int(line)),)
        }
        house.connect().send_lines("5 100 2 Sword")
        house.advance()
        buyer = house.connect_to_lobby("JOIN main")
        house.connect_to_lobby("JOIN main")
        buyer.send_lines("150")
        house.advance()
        ticket = buyer.read_lines()[0].removeprefix("Ticket: ")
        buyer.disconnect()
        house.advance(61)
        buyer = house.connect_to_lobby(f"RESUME {ticket}")
        buyer.send_lines("160")
        house.advance()
        self.assertEqual(
            buyer.read_lines()[-2:],
            ["Your bid of $150 stands.", "Your bid is already in. Please wait..."],
        )
        self.assertEqual(self.events()[-1], Left(1))

    def test_on_coming_back(self) -> None:
        """If the snapshot fails, both connections of the participant are closed."""
        house = self.house()
        seller = house.connect()
        seller.send_lines("6 100 2 Sword")
        house.advance()
        before = house.connect_to_lobby("JOIN main")
        house.connect_to_lobby("JOIN main")
        house.advance()
        ticket = before.read_lines()[0].removeprefix("Ticket: ")
        FaultyOpen.mistakes = {"asking_price": raises}
        after = house.connect_to_lobby(f"RESUME {ticket}")
        house.advance()
        self.flushLoggedErrors(Mistake)
        self.assertEqual(after.read_lines(), [CANCELLED])
        self.assertEqual(before.read_lines()[-1], "You have come back by another connection.")
        self.assertTrue(before.is_closed)

    def test_sale(self) -> None:
        """The lot is cancelled, and the sale goes on with the Buyers present."""
        house = self.house(catalogue=b"5 100 1 Sword\n6 50 1 Cup\n1 10 1 Bowl")
        buyer, leaver = house.connect(), house.connect()
        FaultySealed.mistakes = {"decide": raises, "award": raises}
        house.advance()
        buyer.send_lines("150")
        house.advance(1)
        self.assertEqual(buyer.read_lines()[-2:-1], ["At any time: type an amount to bid."])
        FaultyOpen.mistakes = {"pass_time": raises}
        leaver.disconnect()
        house.advance(100)
        buyer.send_lines("20")
        house.advance()
        self.assertEqual(
            buyer.read_lines()[-2:-1], ["You won this item Bowl! Your payment due is $20"]
        )
        self.flushLoggedErrors()
        self.events()

    def test_leave(self) -> None:
        """A departure counts even if the format fails on it."""
        house = self.house(catalogue=b"5 100 2 Sword\n1 10 1 Bowl")
        stays, leaves = house.connect(), house.connect()
        stays.send_lines("150")
        FaultySealed.mistakes = {"award": raises}
        leaves.disconnect()
        house.advance(1)
        self.assertEqual(list(house.rooms.main.auction.present), [1])
        self.assertEqual(house.rooms.main.auction.lot, 2)
        self.flushLoggedErrors(Mistake)
        self.events()

    def test_operator(self) -> None:
        """Neither close nor cancel runs into the mistake."""
        house = self.house()
        seller, _ = self.pair(house, "5 100 1 Sword")
        FaultySealed.mistakes = {"award": raises, "result": raises}
        self.assertRaises(OrderRefused, house.rooms.main.orders.give, Close())
        house.advance()
        self.assertEqual(seller.read_lines()[-1], CANCELLED)
        self.assertEqual(len(self.flushLoggedErrors(Mistake)), 1)
        self.pair(house, "6 100 1 Sword")
        FaultyOpen.mistakes = {"pass_time": raises, "wake_at": raises}
        house.rooms.main.orders.give(Cancel(), reason="There is a fire.")
        self.assertEqual(house.rooms.main.status, 0)

    def test_order(self) -> None:
        """The operator learns that the lot was cancelled, also if its order was possible."""
        effects: list[tuple[Action, Mapping[str, Any]]] = [
            (Open(), {"wake_at": raises}),
            (Extend(5), {"wake_at": raises}),
            (Bid(1, b"100"), {"bid": lambda *args: (Raised(1, 100, None), Extended(nan, 5))}),
            (Void(), {"asking_price": raises}),
            (GoOn(), {"asking_price": raises}),
        ]
        for action, mistakes in effects:
            self.path.unlink(missing_ok=True)
            house = self.house()
            buyers = 2 if isinstance(action, Open) else 1
            _, buyer = self.pair(house, f"6 100 {buyers} Sword")
            if isinstance(action, Void):
                buyer.send_lines("100")
            orders = house.rooms.main.orders
            if isinstance(action, GoOn):
                orders.give(Pause())
            house.advance(5)
            FaultyOpen.mistakes = mistakes
            with self.assertRaises(OrderRefused, msg=action) as caught:
                orders.give(action)
            self.assertEqual(caught.exception.why, "its format fails, and it is cancelled.")
            house.advance()
            self.assertEqual(buyer.read_lines()[-1], CANCELLED)
            self.flushLoggedErrors()
            FaultyOpen.mistakes = {}
            self.whole(house)
            self.events()
            house.close()

    def test_restart(self) -> None:
        """The house opens even if the format of a replayed auction fails."""
        house = self.house()
        self.pair(house, "6 100 1 Sword")
        FaultyOpen.mistakes = {"wake_at": raises, "asking_price": raises}
        house = house.restart()
        house.advance()
        self.flushLoggedErrors()
        FaultyOpen.mistakes = {}
        self.assertEqual(type(self.events()[-1]).__name__, "Cancelled")
        self.whole(house)

    def test_first_price(self) -> None:
        """The price is computed where no refusal is possible, and before that for Watchers."""
        house = self.house()
        for answer in (raises, lambda price: 1.5, lambda price: None, lambda price: 0):
            FaultySealed.mistakes = {"opening_price": answer}
            seller, buyer = self.pair(house, "5 100 1 Sword")
            self.assertEqual(
                [seller.read_lines()[-1], buyer.read_lines()[-1]], [CANCELLED, CANCELLED]
            )
            self.whole(house)
        watcher = house.connect_to_lobby("WATCH main")
        FaultySealed.mistakes = {"opening_price": raises}
        house.connect().send_lines("5 100 1 Sword")
        house.advance()
        self.assertEqual(watcher.read_lines()[-1], CANCELLED)
        self.flushLoggedErrors()
        self.events()

    def test_request(self) -> None:
        """Even a mistake in the rules disturbs no other room."""
        house = self.house()
        self.patch(FaultySealed, "with_rules", raises)
        seller = house.connect()
        seller.send_lines("5 100 1 Sword")
        house.advance()
        self.assertEqual(seller.read_lines()[-1], CANCELLED)
        self.assertEqual(len(self.flushLoggedErrors(Mistake)), 1)
        self.whole(house)
