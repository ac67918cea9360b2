"""A sale in a hall: the bills are the sums of what each person was told."""

import csv
import re
from collections import Counter
from random import Random

from tests.house.support import Guest, HouseTestCase
from tests.support import CommandTestCase
from twisted_auction.house.people import People, Person
from twisted_auction.rules.commands import Action, Bid, Cancel, Close, Expel, GoOn, Pause, Void
from twisted_auction.rules.refusals import OrderRefused
from twisted_auction.rules.terms import Terms
from twisted_auction.testing import MemoryHouse

PADDLES = range(101, 141)

ABSENT = PADDLES[-2:]
"""The persons who never come. The operator bids for them on open lots."""

PEOPLE = People([Person(paddle, f"N{paddle}") for paddle in PADDLES])

LOTS = 16

TYPES = ("first-price", "second-price", "english:duration=20:extension=5", "dutch:interval=2")


def catalogue(chance: Random) -> bytes:
    """Lots of all formats. Every second one is the lot of a person."""
    rows = ["lot,item,type,lowest_price,seller,number_of_bids"]
    for place in range(LOTS):
        seller = chance.choice(PADDLES[:-2]) if place % 2 else ""
        low = chance.randint(10, 60)
        rows.append(f"{place + 1}a,Item {place + 1},{TYPES[place % 4]},{low},{seller},1")
    return "\n".join(rows).encode()


class HallTests(CommandTestCase, HouseTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.told: dict[int, list[str]] = {paddle: [] for paddle in PADDLES}

    def begin(self, chance: Random) -> MemoryHouse:
        house = MemoryHouse(
            Terms(lot_pause=5, lot_time=20),
            ledger=self.path,
            people=PEOPLE,
            catalogue=catalogue(chance),
        )
        self.houses = [house]
        self.guests: dict[int, Guest] = {}
        for paddle in PADDLES[:-2]:
            self.join(paddle)
        return house

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
        house = self.begin(chance)
        for _ in range(2000):
            if self.is_over:
                break
            self.act(chance)
            house = self.houses[0]
            house.advance(chance.choice((0, 0, 0.5, 2)))
            self.hear()
        self.assertTrue(self.is_over)
        for paddle in PADDLES[:-2]:
            self.join(paddle)
        self.hear()
        house.close()
        self.houses = []

    @property
    def is_over(self) -> bool:
        return all(guest.is_closed for guest in self.guests.values())

    def act(self, chance: Random) -> None:
        """Anything that can happen in a hall."""
        paddle = chance.choice(PADDLES)
        what = chance.random()
        if what < 0.85:
            guest = self.guests.get(paddle)
            if guest is not None and not guest.is_closed:
                line = chance.choice([str(chance.randint(1, 120)), "accept", "pass"])
                self.told[paddle] += guest.say(line)
        elif what < 0.9:
            guest = self.guests.pop(paddle, None)
            if guest is not None and not guest.is_closed:
                self.told[paddle] += guest.read()
                guest.cut()
                self.join(paddle)
        elif what < 0.91:
            self.hear()
            self.crash(self.houses[0], 1)
            self.guests = {}
            for each in PADDLES[:-2]:
                self.join(each)
        elif paddle not in ABSENT or self.houses[0].auctioneer.auction.is_open:
            actions: list[Action] = [
                *(Bid(paddle, b"%d" % chance.randint(50, 120), may_be_away=True),) * 5,
                *(Void(),) * 3,
                *(Pause(), GoOn()),
                Close(),
                Cancel(),
                Expel(chance.choice(PADDLES[5:10]), may_be_away=True),
            ]
            action = chance.choice(actions)
            orders = self.houses[0].auctioneer.orders
            try:
                orders.give(action, reason="It must be so.")
                if isinstance(action, Pause):
                    orders.give(GoOn())
            except OrderRefused:
                pass

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
        """The same, as each person was told it; a result may have been told again. The others were
        told what the absent have won."""
        sums = {}
        everything = _t([line for lines in self.told.values() for line in lines])
        for paddle in ABSENT:
            won = {*re.findall(rf"Sold: (.+) to Buyer {paddle} for \$(\d+)", everything)}
            self.told[paddle] = [
                f"You won this item {item}! Your payment due is ${amount}" for item, amount in won
            ]
        for paddle, lines in self.told.items():
            won = {*re.findall(r"You won this item (.+)! Your payment due is \$(\d+)", _t(lines))}
            sold = {*re.findall(r"Your item (.+) has been sold for \$(\d+)", _t(lines))}
            sums[paddle] = (100 * _sum(won), 100 * _sum(sold))
        return sums

    def test_bills(self) -> None:
        """No difference, for forty paddles."""
        events: set[str] = set()
        for seed in range(3):
            with self.subTest(seed=seed):
                self.forget()
                self.told = {paddle: [] for paddle in PADDLES}
                self.play(Random(seed))
                bills = self.bills()
                self.assertEqual(bills, self.sums())
                events |= {*self.kinds()}
        self.assertLess({"Voided", "Reopened", "Cancelled", "Expelled", "Unsold"}, events)


def _t(lines: list[str]) -> str:
    return "\n".join(lines)


def _sum(results: set[tuple[str, str]]) -> int:
    return sum(int(amount) for _, amount in results)
