"""A sale in a hall: the bills are the sums of what each person was told."""

import csv
import re
from collections import Counter
from random import Random

from tests.house.support import Guest, HouseTestCase
from tests.support import CommandTestCase
from twisted_auction.house.doors import Doors
from twisted_auction.house.people import People, Person
from twisted_auction.rules.commands import (
    Action,
    Again,
    Bid,
    Cancel,
    Close,
    Expel,
    GoOn,
    Move,
    Pause,
    Skip,
    Start,
    Void,
    VoidSale,
)
from twisted_auction.rules.refusals import OrderRefused
from twisted_auction.rules.terms import Terms
from twisted_auction.testing import MemoryHouse

PADDLES = range(101, 141)

PEOPLE = People([Person(paddle, f"N{paddle}") for paddle in PADDLES])

LOTS = 16

TYPES = ("first-price", "second-price", "english:duration=20:extension=5", "dutch:interval=2")

AFTER_SALE = 20
"""Seconds for orders after the last lot."""

RESULTS = re.compile(
    r"You won this item (?P<won>.+)! Your payment due is \$(?P<payment>\d+)"
    r"|You do not owe \$\d+ for lot (?P<free>\d+)a\."
    r"|Success! Your item (?P<sold>.+) has been sold for \$(?P<price>\d+)"
    r"|The sale of lot (?P<voided>\d+)a is voided\."
)
"""The lines about what a person owes and gets."""


def catalogue(chance: Random) -> bytes:
    """Lots of all formats. Every second one is the lot of a person."""
    rows = ["lot,item,type,lowest_price,seller"]
    for place in range(LOTS):
        seller = chance.choice(PADDLES[10:]) if place % 2 else ""
        low = chance.randint(10, 60)
        rows.append(f"{place + 1}a,Item {place + 1},{TYPES[place % 4]},{low},{seller}")
    return "\n".join(rows).encode()


class HallTests(CommandTestCase, HouseTestCase):
    def begin(self, chance: Random) -> None:
        house = MemoryHouse(
            Terms(lot_pause=5, lot_time=20, after_sale=AFTER_SALE),
            ledger=self.path,
            people=PEOPLE,
            catalogue=catalogue(chance),
            doors=Doors("order"),
        )
        self.houses = [house]
        self.told: dict[int, list[str]] = {paddle: [] for paddle in PADDLES}
        self.guests: dict[int, Guest] = {}
        for paddle in PADDLES:
            self.join(paddle)
        house.rooms.main.orders.give(Start())

    def join(self, paddle: int) -> None:
        """A person comes, or comes back."""
        self.hear()
        guest = Guest(self.houses[0], PEOPLE.persons[paddle])
        guest.join("main")
        self.guests[paddle] = guest

    def hear(self) -> None:
        """Note what everyone has been told."""
        for paddle, guest in self.guests.items():
            self.told[paddle] += guest.read()

    def play(self, chance: Random) -> None:
        """Hold the sale, with cuts, kills and orders."""
        self.begin(chance)
        for _ in range(3000):
            if all(guest.is_closed for guest in self.guests.values()):
                break
            self.act(chance)
            self.houses[0].advance(chance.choice((0, 0, 0.5, 2)))
            self.hear()
        else:
            self.fail("the sale does not end")
        for paddle in PADDLES:
            self.join(paddle)
        self.hear()
        self.houses.pop().close()

    def act(self, chance: Random) -> None:
        """Anything that can happen in a hall."""
        paddle = chance.choice(PADDLES)
        guest = self.guests[paddle]
        what = chance.random()
        if what < 0.85:
            if not guest.is_closed:
                line = chance.choice([str(chance.randint(1, 120)), "accept", "pass"])
                self.told[paddle] += guest.say(line)
        elif what < 0.9:
            self.told[paddle] += guest.read()
            if not guest.is_closed:
                guest.cut()
                self.join(paddle)
        elif what < 0.91:
            self.hear()
            self.crash(self.houses[0], 1)
            self.guests = {}
            for each in PADDLES:
                self.join(each)
        else:
            self.order(chance, paddle)

    def order(self, chance: Random, paddle: int) -> None:
        """Give an order. Many are not possible now."""
        lot = f"{chance.randint(1, LOTS)}a"
        actions: list[Action] = [
            *(Bid(paddle, b"%d" % chance.randint(50, 120), may_be_away=True),) * 5,
            *(Void(),) * 3,
            *(Pause(), Close(), Cancel()),
            *(VoidSale(lot), Again(lot), Again(lot), Move(lot), Skip(lot)),
            Expel(chance.choice(PADDLES[5:10]), may_be_away=True),
        ]
        action = chance.choice(actions)
        orders = self.houses[0].rooms.main.orders
        try:
            orders.give(action, reason="It must be so.")
        except OrderRefused:
            return
        if isinstance(action, Pause):
            orders.give(GoOn())

    def bills(self) -> dict[int, tuple[int, int]]:
        """What each paddle owes and gets, in cents, as the settlement has it."""
        status, lines, errors = self.auction(
            "ledger", "settle", "--format", "csv", "--ledger", str(self.path)
        )
        self.assertEqual((status, errors), (0, ""))
        owed, got = Counter[int](), Counter[int]()
        for row in csv.DictReader(lines):
            if row["account"] != "house" and row["kind"] != "balance":
                owed[int(row["account"])] += round(100 * float(row["to_pay"] or 0))
                got[int(row["account"])] += round(100 * float(row["to_get"] or 0))
        return {paddle: (owed[paddle], got[paddle]) for paddle in PADDLES}

    def sums(self) -> dict[int, tuple[int, int]]:
        """The same, as each person was told it. Later lines correct earlier ones."""
        return {paddle: _sums("\n".join(lines)) for paddle, lines in self.told.items()}

    def test_bills(self) -> None:
        """No difference, for forty paddles."""
        events: set[str] = set()
        for seed in range(4):
            with self.subTest(seed=seed):
                self.forget()
                self.play(Random(seed))
                self.assertEqual(self.bills(), self.sums())
                events |= {*self.kinds()}
        self.assertLess(
            {"Voided", "SaleVoided", "LotOffered", "Reopened", "Cancelled", "Expelled", "Unsold"},
            events,
        )


def _sums(told: str) -> tuple[int, int]:
    """The cents that a person owes and gets, by the lines that it was told."""
    owed: dict[str, int] = {}
    got: dict[str, int] = {}
    for found in RESULTS.finditer(told):
        if found["won"]:
            owed[found["won"]] = int(found["payment"])
        elif found["free"]:
            owed.pop(f"Item {found['free']}", None)
        elif found["sold"]:
            got[found["sold"]] = int(found["price"])
        else:
            got.pop(f"Item {found['voided']}", None)
    return 100 * sum(owed.values()), 100 * sum(got.values())
