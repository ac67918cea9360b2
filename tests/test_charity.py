"""A charity's silent auction, rehearsed in memory: thirty lots are open together for an hour, and
sixty persons bid with phones that sleep.

The house is killed once and stopped once. It is away at the end of the sale, too.
"""

import random
from collections.abc import Iterator
from unittest import skipIf

from tests.silent.guests import LOBBY, Guest, Mailbox, Told
from tests.silent.rehearsal import RehearsalTestCase
from tests.web.live_support import PageHouse
from twisted_auction.house.people import People, Person
from twisted_auction.ledger.row import SECOND
from twisted_auction.rules.commands import Action, Bid, Void, VoidSale
from twisted_auction.rules.terms import Terms
from twisted_auction.rules.transitions import Phase
from twisted_auction.testing import pass_code, with_codes
from twisted_auction.web.settings import missing_extra

EIGHT = 1_800_000_000
"""Seconds since 1970 at the start: 2027-01-15T08:00 in UTC."""

PERSONS = 60
LOTS = 30
TURN = 15.0
"""Seconds between two looks of a person at its phone."""

END = 3600.0
"""Seconds from the start to the end of all lots: 2027-01-15T09:00."""

AFTER_SALE = 1200
"""Seconds from the last result to the end of the sale."""

LIMIT = 300
"""Whole dollars for which paddles 1 to 10 may be bound."""

MAX_WON = 2
"""The number of lots that paddles 11 to 20 may win."""

WITHOUT_PHONE = PERSONS
"""The paddle of a person who bids by the auctioneer alone."""

VOIDED = "1"
"""The room with voided bids, and at last a voided sale."""


RESERVE, BUY = 250, 300
"""Whole dollars: the hidden reserve of some lots, and the price of some to buy at once."""

ENGLISH = "english:end=2027-01-15T09:00:latest=2027-01-15T09:10"

TYPES = [
    "second-price:end=2027-01-15T09:00",
    f"{ENGLISH}:increment=5",
    f"{ENGLISH}:increment=1,5@50,20@200",
    f"{ENGLISH}:increment=5:buy={BUY}",
    f"{ENGLISH}:increment=5:reserve={RESERVE}",
    f"{ENGLISH}:increment=1,10@100:reserve={RESERVE}:buy={BUY}:jump=9",
]
"""The types of lots 6, 1, 2, 3, 4 and 5, and so on. All end at nine."""


def catalogue() -> bytes:
    rows = ["lot,item,type,lowest_price"]
    rows += [
        f'{lot},Item {lot:02},"{TYPES[lot % 6]}",{1 + lot % 4 * 10}' for lot in range(1, LOTS + 1)
    ]
    return "\n".join(rows).encode()


def with_rule(word: str) -> set[str]:
    """The rooms of the lots whose types have this word."""
    return {str(lot) for lot in range(1, LOTS + 1) if word in TYPES[lot % 6]}


def prices_to_buy() -> dict[str, int]:
    return dict.fromkeys(with_rule("buy="), BUY)


ROOMS = with_rule("")
SEALED = with_rule("second-price")


def people() -> People:
    persons = [
        Person(
            paddle,
            f"Person {paddle}",
            limit=LIMIT if paddle <= 10 else None,
            lots=MAX_WON if 10 < paddle <= 20 else None,
        )
        for paddle in range(1, PERSONS + 1)
    ]
    return with_codes(People(persons))


class Phone:
    """A page with one socket for all lots.

    :param rooms: the rooms to enter.
    """

    def __init__(self, house: PageHouse, paddle: int, rooms: Iterator[str]) -> None:
        self._page = house.open_page(
            "WATCH *",
            *(f"JOIN {room}" for room in rooms),
            fields=[f"Cookie: auction={pass_code(paddle)}"],
            client=f"10.0.0.{paddle}",
        )

    def say(self, words: str, room: str = LOBBY) -> None:
        self._page.say(words, room)

    def read(self) -> Iterator[tuple[str, Told]]:
        for frame in self._page.read():
            for message in frame["letter"]:
                yield frame.get("room", LOBBY), message

    def close(self) -> None:
        self._page.disconnect()


@skipIf(missing_extra(), missing_extra())
class CharityTests(RehearsalTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.house: PageHouse | None = None

    def tearDown(self) -> None:
        if self.house is not None:
            self.house.close()

    def begin(self, seed: int) -> None:
        """Open the house, and invite the guests."""
        self.chance = random.Random(seed)
        self.people = people()
        self.mailbox = Mailbox(random.Random(f"mailbox {seed}"))
        self.house = PageHouse(
            terms=Terms(after_sale=AFTER_SALE),
            people=self.people,
            catalogue=catalogue(),
            ledger=self.path,
            together=True,
            carrier=self.mailbox,
        )
        self.guests = []
        for paddle in range(1, PERSONS):
            wanted = self.chance.sample(sorted(ROOMS), self.chance.randint(1, 6))
            worth = {room: self.chance.randint(20, 400) for room in wanted}
            chance = random.Random(f"{paddle} {seed}")
            self.guests.append(Guest(paddle, chance, worth, SEALED, prices_to_buy()))

    def wake(self, guest: Guest) -> None:
        assert self.house is not None
        guest.come(Phone(self.house, guest.paddle, iter(guest.worth)))

    def play(self, seconds: float) -> None:
        """Let the guests bid, sleep and come back."""
        assert self.house is not None
        until = self.house.clock.seconds() + seconds
        while self.house.clock.seconds() < until:
            for guest in self.guests:
                kind = self.chance.random()
                if guest.device is None:
                    if kind < 0.05:
                        self.wake(guest)
                elif kind < 0.02:
                    guest.go()
                elif kind < 0.3:
                    guest.act()
                else:
                    guest.read()
            self.mailbox.take()
            self.house.advance(min(TURN, until - self.house.clock.seconds()))

    def restart(self, after: float, in_order: bool = False) -> None:
        """Kill or stop the house, and start it again. All phones lose their connections."""
        assert self.house is not None
        for guest in self.guests:
            guest.read()
            guest.device = None
        if in_order:
            self.house.close()
        self.mailbox.stop()
        self.house = self.house.restart(after)

    def order(self, room: str, action: Action, reason: str = "") -> None:
        """Give an order as the auctioneer."""
        assert self.house is not None
        self.house.rooms[room].orders.give(action, reason=reason)

    @property
    def seconds(self) -> float:
        """Seconds since eight o'clock."""
        assert self.house is not None
        return self.house.time_of_day() / SECOND - EIGHT

    def rehearse(self, seed: int) -> None:
        self.begin(seed)
        for guest in self.guests[::2]:
            self.wake(guest)
        self.play(900)
        self.order(VOIDED, Void(), "A slip.")
        self.play(120)
        self.restart(30)
        self.play(600)
        for room in ("2", "6"):
            self.order(room, Bid(WITHOUT_PHONE, b"500"))
        self.play(420)
        self.restart(90, in_order=True)
        self.play(END - 20 - self.seconds)
        self.restart(100)
        # All lots end a minute after the return.
        self.play(50)
        assert self.house is not None
        open_rooms = ROOMS - with_rule("buy=")  # others may have been bought
        phases = {self.house.rooms[room].auction.phase for room in open_rooms}
        self.assertEqual(phases, {Phase.BIDDING})
        self.play(900)
        self.order(VOIDED, VoidSale("1"))
        self.play(60)
        for guest in self.guests:
            guest.go()
            self.wake(guest)
        self.play(2 * TURN)
        self.house.advance(AFTER_SALE)
        self.check()

    def check(self) -> None:
        """Compare what the ledger settles with what each person was told."""
        assert self.house is not None
        self.mailbox.take(reliable=True)
        bills = self.settlement(self.people)
        self.check_told(bills, self.guests)
        self.check_notified(bills, self.mailbox)
        rooms, sold = ROOMS - {VOIDED}, {room for bill in bills.values() for room in bill}
        self.check_bids(bills, sold, self.guests)
        self.check_maxima(bills, sold, self.guests[20:], prices_to_buy())
        # A lot is not sold only below its reserve.
        unsold = rooms - sold
        self.assertEqual(unsold - with_rule("reserve="), set())
        for guest in self.guests:
            for room in unsold:
                self.assertLess(guest.bids.get(room, 0), RESERVE, (guest.paddle, room))
                if guest.paddle > 20:
                    self.assertLess(guest.maxima.get(room, 0), RESERVE, (guest.paddle, room))
        payments = {room: payment for bill in bills.values() for room, payment in bill.items()}
        for room in sold:
            least = RESERVE if room in with_rule("reserve=") else 1
            self.assertGreaterEqual(payments[room], least, room)
        # Everyone could read the bids up to the last one, and who had made them.
        listed = {room: max(each.listed.get(room, 0) for each in self.guests) for room in sold}
        self.assertGreater(sum(map(bool, listed.values())), LOTS // 2)
        for room, amount in listed.items():
            self.assertLessEqual(amount, payments[room], room)
        for paddle in range(1, 11):
            self.assertLessEqual(sum(bills[paddle].values()), LIMIT)
        for paddle in range(11, 21):
            self.assertLessEqual(len(bills[paddle]), MAX_WON)
        self.check_ledger()

    def test_evening(self) -> None:
        self.rehearse(1)

    def test_another(self) -> None:
        self.rehearse(2)
