"""A maximum that a limit has stopped bids again once its person is bound for less elsewhere."""

from collections import Counter
from dataclasses import replace
from typing import Any

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from tests.house.support import PERSONS, Guest, PeopleTestCase
from twisted_auction.house.people import People
from twisted_auction.house.second_looks import SecondLooks
from twisted_auction.rules.commands import Close, GoOn, Pause, Void, VoidSale
from twisted_auction.testing import MemoryHouse

ART = "english:increment=5:duration=600 100 2 Sword"
HATS = "english:increment=5:duration=600 100 1 Hat"


def limited(**limits: Any) -> People:
    """The list of people, with limits for person 17."""
    return People([replace(each, **limits) if each.paddle == 17 else each for each in PERSONS])


class FreeAgainTests(PeopleTestCase):
    """Person 17 has a maximum in the room for art. A limit has stopped it, because the person is
    bound in the room for hats. From then on, nobody says a word in the room for art."""

    def stopped(self, hats: str, bid: str, *others: int, **limits: int) -> list[Guest]:
        """Let person 17 be bound for a bid on a hat, and person 40 hold the highest bid on art.

        :param others: more Buyers for the hat.
        :return: the Buyers in the room for hats.
        """
        self.begin(limited(**limits))
        ada, self.bob = self.opened(ART, 17, 40)
        ada.say("max 400")
        guests = self.opened(hats, 17, *others, room="hats")
        guests[0].say(bid)
        self.assertEqual(self.bob.say("120")[0], "You hold the highest bid: $120.")
        self.assertEqual(self.bids(), {17: 100, 40: 120})
        return guests

    def bids(self) -> dict[int, int]:
        """The bids on art, after all looks."""
        house = self.houses[0]
        house.clock.advance(0)
        return house.rooms["art"].auction.bids

    def check_free(self) -> None:
        """The maximum bids the asking price, and the ledger holds."""
        self.assertEqual(self.bids(), {40: 120, 17: 125})
        self.assertIn("You have been outbid: Buyer 17 bids $125.", self.bob.read())
        self.houses[0].rooms.close()
        self.verify()

    def test_outbid(self) -> None:
        self.stopped(HATS, "350", limit=450)
        self.seated(41, "hats").say("355")
        self.check_free()

    def test_void(self) -> None:
        self.stopped(HATS, "350", limit=450)
        self.houses[0].rooms["hats"].orders.give(Void())
        self.check_free()

    def test_changed_sealed_bid(self) -> None:
        for line in ("withdraw", "150"):
            guest, *_ = self.stopped("1:end=2027-01-15T09:00 100 0 Hat", "400", limit=500)
            guest.say(line)
            self.check_free()
            self.forget()

    def test_result(self) -> None:
        """The person has not won the hat, or pays less for it than its bid."""
        for rival in ("450", "110"):
            _, other = self.stopped("2 100 2 Hat", "400", 41, limit=500)
            other.say(rival)
            self.check_free()
            self.forget()

    def test_another_list(self) -> None:
        self.stopped(HATS, "350", limit=450)
        self.houses[0].rooms.replace_people(limited(limit=1000))
        self.check_free()

    def test_restart(self) -> None:
        """The list has another limit then."""
        self.stopped(HATS, "350", limit=450)
        clock = self.houses[0].clock
        self.houses[0].close()
        house = MemoryHouse(ledger=self.path, people=limited(limit=1000), clock=clock)
        self.houses = [house]
        self.bob = self.guest(40).join("art")
        self.assertEqual(self.bids(), {40: 120, 17: 125})
        self.houses[0].rooms.close()
        self.verify()

    def test_free_after_a_restart(self) -> None:
        """At the restart, the person is still bound for as much."""
        self.stopped(HATS, "350", limit=450)
        clock = self.houses[0].clock
        self.houses[0].close()
        house = MemoryHouse(ledger=self.path, people=limited(limit=450), clock=clock)
        self.houses = [house]
        self.bob = self.guest(40).join("art")
        self.assertEqual(self.bids(), {17: 100, 40: 120})
        house.rooms["hats"].orders.give(Void())
        self.check_free()

    def test_voided_sale(self) -> None:
        """The maximum is for the next lot of the same sale."""
        lots = b"english:increment=5 100 2 Hat\nenglish:increment=5:duration=600 100 2 Sword\n"
        house = self.begin(limited(limit=800), catalogue=lots)
        main = house.rooms["main"]
        ada, bob = (self.seated(paddle, "main") for paddle in (17, 40))
        house.advance(6)
        ada.say("350")
        main.orders.give(Close())
        house.advance(6)
        ada.say("max 250")
        house.rooms.replace_people(limited(limit=480))
        bob.say("140")
        house.advance(1)
        self.assertEqual(main.auction.bids, {17: 100, 40: 140})
        main.orders.give(VoidSale("1"))
        house.advance(0)
        self.assertEqual(main.auction.bids, {40: 140, 17: 145})
        house.rooms.close()
        self.verify()

    def test_still_bound(self) -> None:
        """Nothing is written if the maximum still cannot bid."""
        self.stopped(HATS, "350", limit=450)
        rows = self.kinds()
        self.houses[0].rooms.replace_people(limited(limit=460))
        self.assertEqual(self.bids(), {17: 100, 40: 120})
        self.assertEqual(self.kinds(), rows)

    def test_pause(self) -> None:
        self.stopped(HATS, "350", limit=450)
        art = self.houses[0].rooms["art"].orders
        art.give(Pause())
        self.seated(41, "hats").say("355")
        self.assertEqual(self.bids(), {17: 100, 40: 120})
        art.give(GoOn())
        self.check_free()

    def test_over(self) -> None:
        """The lot is over, or the maximum taken back."""
        for line in ("max 0", "close"):
            self.stopped(HATS, "350", limit=450)
            if line == "close":
                self.houses[0].rooms["art"].orders.give(Close())
            else:
                self.seated(17, "art").say(line)
            self.houses[0].clock.advance(0)
            rows = Counter(self.kinds())
            self.houses[0].rooms["hats"].orders.give(Void())
            self.houses[0].clock.advance(0)
            self.assertEqual(Counter(self.kinds()) - rows, Counter(["Ordered", "Voided"]))
            self.forget()


class LookedAt:
    """Notes the looks at a room."""

    def __init__(self) -> None:
        self.looks = 0

    def reconsider(self) -> None:
        self.looks += 1


class SecondLookTests(SynchronousTestCase):
    def test_halted(self) -> None:
        """While the ledger is locked, nothing is looked at."""
        clock, room = Clock(), LookedAt()
        looks = SecondLooks(clock)
        looks.at(room)
        looks.halt()
        looks.at(room)
        clock.advance(1)
        self.assertEqual((room.looks, clock.getDelayedCalls()), (0, []))
        looks.go_on()
        clock.advance(0)
        self.assertEqual((room.looks, clock.getDelayedCalls()), (1, []))
        looks.halt()
        looks.go_on()
        self.assertEqual(clock.getDelayedCalls(), [])
