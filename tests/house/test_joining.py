"""Persons with paddles take their seats, and come back to them."""

import sqlite3
from contextlib import closing
from typing import Any

from twisted.internet.task import Clock

from tests.house.support import FINISHED, PEOPLE, PERSONS, Guest, PeopleTestCase
from twisted_auction.house.pass_codes import HashedCode
from twisted_auction.house.people import People, Person, Role
from twisted_auction.house.rooms import Rooms
from twisted_auction.house.sale_rooms import NoRoom
from twisted_auction.ledger.row import LedgerError
from twisted_auction.ledger.storage import open_view
from twisted_auction.rules.catalogue import parse_catalogue
from twisted_auction.rules.commands import Bid
from twisted_auction.rules.terms import Terms
from twisted_auction.testing import MemoryHouse
from twisted_auction.wire import messages

SELLER = ["Your role is: [Seller]", "Please submit auction request:"]
BUYER = "Your role is: [Buyer]"
WAITING = "The Auctioneer is still waiting for other Buyer to connect..."
START = ["Bidding start!", "Please submit your bid:"]
RECEIVED = "Bid received. Please wait..."
LOST = "Unfortunately you did not win in the last round."
WON = "You won this item Sword! Your payment due is $150"
CAME_BACK = "You have come back by another connection."
BUSY = "Server busy!"
WITHDRAWN = "Your pass code is not valid any more."
CODE = HashedCode.of("K7QM2X9TP4HC", b"salt")
CATALOGUE = b"2 100 1 Sword\nenglish 100 1 Vase\n"


class JoiningTests(PeopleTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.house()

    def test_whole(self) -> None:
        """The paddle is the number of a Buyer, in whatever order the persons come."""
        seller = self.guest(5).join()
        self.assertEqual(seller.read(), SELLER)
        seller.say("english 100 2 Sword")
        buyers = [self.guest(paddle).join() for paddle in (40, 17)]
        self.assertIn("You are Buyer 40.", buyers[0].read())
        self.assertIn("You are Buyer 17.", buyers[1].read())
        buyers[1].say("150")
        buyers[0].say("160")
        self.assertIn("You have been outbid: Buyer 40 bids $160.", buyers[1].read())
        seller.say("close")
        self.assertIn("Sold: Sword to Buyer 40 for $160", buyers[1].read())

    def test_reserved_seller(self) -> None:
        """Others are turned away until the Seller has made its request."""
        early = self.guest(17).join()
        self.assertEqual((early.read(), early.is_closed), ([BUSY], True))
        seller = self.guest(5).join()
        self.assertEqual(self.guest(17).join().read(), [BUSY])
        seller.say("2 100 1 Sword")
        self.assertEqual(self.guest(17).join().read(), [BUYER, *START])

    def test_seller_of_another_room(self) -> None:
        """A seat is kept only in the room of the seller. Elsewhere the first person is the
        Seller, under its own paddle."""
        people = People([Person(5, role=Role.SELLER, room="attic"), Person(17), Person(40)])
        self.houses[0].rooms.replace_people(people)
        self.assertEqual(self.guest(17).join().read(), SELLER)
        self.assertEqual(self.guest(40).join("attic").read(), [BUSY])
        self.assertRaises(NoRoom, self.guest(5).join, "art")
        room = self.houses[0].rooms["art"]
        again = self.guest(17).join()
        again.say("2 100 1 Sword")
        self.assertEqual((room.auction.present, again.seat.who), ({0: None}, 0))

    def test_seller_who_cannot_sell(self) -> None:
        """A second seller is turned away, and does not become a Buyer."""
        self.houses[0].rooms.replace_people(People([*PERSONS, Person(6, role=Role.SELLER)]))
        other = Person(6, role=Role.SELLER)
        self.opened("2 100 2 Sword", 17)
        guest = Guest(self.houses[0], other).join()
        self.assertEqual((guest.read(), guest.is_closed), ([BUSY], True))

    def test_watchers(self) -> None:
        """Auctioneers and watchers watch every room that they join."""
        self.opened("2 100 2 Sword", 17)
        for paddle in (70, 71):
            guest = self.guest(paddle).join()
            self.assertEqual(guest.read()[0], "Your role is: [Watcher]")
            self.assertEqual(guest.say("150"), [])
        self.assertEqual(self.houses[0].rooms["art"].occupancy.watchers, 2)
        self.assertEqual(list(self.houses[0].rooms["art"].auction.present), [0, 17])

    def test_room(self) -> None:
        """A person with a room enters no other."""
        with self.assertRaises(NoRoom) as caught:
            self.guest(80).join("art")
        self.assertEqual(str(caught.exception), "your pass code is for room attic.")
        self.assertNotIn("art", self.houses[0].rooms)
        self.assertEqual(self.guest(80).join("attic").read(), [BUSY])

    def test_several_rooms(self) -> None:
        """A person can have a seat in each of several rooms, with one number."""
        for room in ("art", "books"):
            self.guest(5).join(room).say("2 100 1 Sword")
        seats = [self.guest(17).join(room) for room in ("art", "books")]
        self.assertEqual([guest.seat.who for guest in seats], [17, 17])
        self.assertIn(RECEIVED, seats[0].say("150"))
        self.assertFalse(seats[1].is_closed)

    def test_seats_of_one_address(self) -> None:
        """A person has one seat, so the limit of an address does not count it."""
        self.shut()
        house = self.begin(max_seats_per_peer=1)
        self.opened("2 100 3 Sword", 17, 40)
        self.assertEqual(list(house.rooms["art"].auction.present), [0, 17, 40])


class ReturnTests(PeopleTestCase):
    """A person joins a room in which it has a seat."""

    def setUp(self) -> None:
        super().setUp()
        self.house()

    def test_in_any_phase(self) -> None:
        for guest in self.opened("2 100 2 Sword", 17):
            guest.cut()
        back = self.guest(17).join()
        self.assertEqual(back.read(), [BUYER, WAITING])
        self.guest(40).join()
        self.assertEqual(back.read(), START)
        back.cut()
        back = self.guest(17).join()
        self.assertEqual(back.read(), [BUYER, *START])
        self.assertEqual(back.say("150"), [RECEIVED])
        back.cut()
        back = self.guest(17).join()
        self.assertEqual(back.read(), [BUYER, "Your bid of $150 stands."])
        self.guest(40).join().say("90")
        self.assertEqual(back.read(), [FINISHED, WON.replace("150", "100")])
        self.assertTrue(back.is_closed)

    def test_two_devices(self) -> None:
        """The newest connection has the seat. The old one is told, closed, and not heard."""
        (first,) = self.opened("2 100 1 Sword", 17)
        second = self.guest(17).join()
        self.assertEqual((first.read(), first.is_closed), ([CAME_BACK], True))
        self.assertEqual(first.say("120"), [])
        self.assertEqual(second.read(), [BUYER, *START])
        first.cut()
        self.assertEqual(second.say("150"), [RECEIVED, FINISHED, WON.replace("150", "100")])

    def test_seller(self) -> None:
        self.opened("2 100 2 Sword", 17)
        self.seller.cut()
        back = self.guest(5).join()
        self.assertEqual(
            back.read(), ["Your role is: [Seller]", "Auction request received: 2 100 2 Sword"]
        )

    def test_after_grace(self) -> None:
        """A Buyer without a bid has left, and comes again under its number. One with a bid hears
        of it, and of the result."""
        guests = self.opened("2 100 3 Sword", 17, 40)
        guests[0].cut()
        self.houses[0].advance(100)
        self.assertEqual(list(self.houses[0].rooms["art"].auction.present), [0, 40])
        again = self.guest(17).join()
        self.assertEqual((again.read(), again.seat.who), ([BUYER, WAITING], 17))
        self.guest(41).join().say("150")
        guests[1].say("90")
        guests[1].cut()
        self.houses[0].advance(100)
        back = self.guest(40).join()
        self.assertEqual(back.read(), [BUYER, "Your bid of $90 stands."])
        again.say("80")
        self.assertEqual(back.read(), [FINISHED, LOST])

    def test_late_without_a_bid(self) -> None:
        guests = self.opened("2 100 2 Sword", 17, 40)
        guests[0].cut()
        self.houses[0].advance(100)
        late = self.guest(17).join()
        self.assertEqual((late.read(), late.is_closed), (["Bidding on-going!"], True))

    def test_missed_result(self) -> None:
        """It is told once. Who was there to read it joins the next auction at once."""
        guests = self.opened("1 100 2 Sword", 17, 40)
        guests[0].say("150")
        guests[0].cut()
        guests[1].say("140")
        self.opened("2 100 2 Shield")
        other = self.guest(40).join()
        self.assertEqual(other.read(), [BUYER, WAITING])
        back = self.guest(17).join()
        self.assertEqual((back.read(), back.is_closed), ([FINISHED, WON], True))
        self.assertEqual(self.guest(17).join().read(), [BUYER, *START])

    def test_auction_over_while_time_passes(self) -> None:
        """The auction ends by itself just before its Buyer comes back."""
        (guest,) = self.opened("english 100 1 Sword", 17)
        guest.say("150")
        guest.cut()
        self.houses[0].clock.rightNow += 70
        back = self.guest(17).join()
        self.assertEqual(back.read()[-1], WON)
        self.assertTrue(back.is_closed)

    def test_sale(self) -> None:
        """In a sale, a person is told the results of the lots that are over, and keeps its seat."""
        self.shut()
        self.path.unlink()
        self.house(Terms(lot_pause=0), CATALOGUE)
        guest = self.guest(17).join("main")
        other = self.guest(40).join("main")
        self.houses[0].advance(0)
        guest.say("150")
        guest.cut()
        other.say("90")
        self.houses[0].advance(1)
        back = self.guest(17).join("main")
        lines = back.read()
        self.assertEqual(lines[:3], ["Result of lot 1 of 2:", FINISHED, WON.replace("150", "100")])
        self.assertIn("You are Buyer 17.", lines)
        self.assertIn("You hold the highest bid: $120.", back.say("120"))
        self.assertEqual(self.guest(5).join("main").read()[0], "Your role is: [Watcher]")


class BidByOrderTests(PeopleTestCase):
    """A person that has never come, and for whom the operator has bid."""

    def setUp(self) -> None:
        super().setUp()
        self.house()

    def bid(self, request: str) -> Guest:
        """A bid of $150 for the person with paddle 17.

        :return: the connection of another Buyer.
        """
        (other,) = self.opened(request, 40)
        self.houses[0].rooms["art"].orders.give(Bid(17, b"150"))
        other.read()
        return other

    def test_sealed(self) -> None:
        """It gets its seat, and hears that its bid stands, and the result."""
        other = self.bid("1 100 1 Sword")
        guest = self.guest(17).join()
        self.assertEqual(guest.read(), [BUYER, "Your bid of $150 stands."])
        self.assertEqual(guest.say("160"), ["Your bid is already in. Please wait..."])
        other.say("140")
        self.assertEqual(guest.read(), [FINISHED, WON])
        self.assertEqual(self.guest(17).join().read(), [BUSY])

    def test_after_the_result(self) -> None:
        """It hears the result at once, and only once."""
        self.bid("1 100 1 Sword").say("140")
        for lines in ([FINISHED, WON], [BUSY]):
            guest = self.guest(17).join()
            self.assertEqual((guest.read(), guest.is_closed), (lines, True))

    def test_after_restarts(self) -> None:
        self.bid("1 100 1 Sword")
        self.crash(self.houses[0])
        self.assertEqual(self.guest(17).join().read(), [BUYER, "Your bid of $150 stands."])
        self.houses[0].rooms.close()
        self.crash(self.houses[0])
        self.guest(40).join().say("140")
        self.crash(self.houses[0])
        self.assertEqual(self.guest(17).join().read(), [FINISHED, WON])

    def test_kill_right_after_the_result(self) -> None:
        self.bid("1 100 1 Sword").say("140")
        self.crash(self.houses[0], 100)
        self.assertEqual(self.guest(17).join().read(), [FINISHED, WON])

    def test_open(self) -> None:
        self.bid("english 100 1 Sword")
        lines = self.guest(17).join().read()
        self.assertEqual(lines[:2], [BUYER, "You are Buyer 17."])
        self.assertIn("Your bid of $150 stands.", lines)

    def test_sale(self) -> None:
        """It hears the results of earlier lots, and takes part in the lot that is up."""
        self.shut()
        self.path.unlink()
        house = self.house(Terms(lot_pause=0), CATALOGUE)
        other = self.guest(40).join("main")
        house.advance(0)
        house.auctioneer.orders.give(Bid(17, b"150"))
        other.say("140")
        house.advance(0)
        lines = self.guest(17).join("main").read()
        won = WON.replace("150", "140")
        self.assertEqual(lines[:4], ["Result of lot 1 of 2:", FINISHED, won, BUYER])

    def test_closed_without_a_seat(self) -> None:
        """The house closes and opens again, and the person has never come."""
        self.bid("1 100 1 Sword")
        self.houses[0].rooms.close()
        self.crash(self.houses[0])
        self.houses[0].advance(100)
        self.assertEqual(self.guest(17).join().read(), [FINISHED, WON])


class NoCountTests(PeopleTestCase):
    """A sale whose lots open without a count of Buyers."""

    def setUp(self) -> None:
        super().setUp()
        self.house(catalogue=b"1 100 0 Sword\nenglish:duration=10 100 0 Vase\n")

    def test_opens_after_the_pause(self) -> None:
        guest = self.guest(17).join("main")
        self.assertEqual(guest.read()[-1], "Bidding opens in 5 seconds.")
        self.assertEqual(guest.say("150"), ["Bidding has not started. Please wait..."])
        other = self.guest(40).join("main")
        other.read()
        self.houses[0].advance(5)
        self.assertEqual(guest.read(), START)
        other.say("120")
        self.assertIn(WON, guest.say("150"))

    def test_nobody_is_there(self) -> None:
        """The lots go by, and are not sold."""
        guest = self.guest(17).join("main")
        self.houses[0].advance(1)
        guest.cut()
        self.houses[0].advance(4 + 60 + 5 + 10)
        self.assertEqual(self.guest(40).join("main").read(), ["The sale is over."])
        self.assertEqual(
            [line for line in self.houses[0].console if "sold" in line],
            [">> Item not sold! There was no bid."] * 2,
        )
        self.shut()
        self.verify()

    def test_refused_without_a_list(self) -> None:
        self.assertRaises(ValueError, MemoryHouse, catalogue=b"1 100 0 Sword")
        lots = parse_catalogue(b"1 100 0 Sword", 9, min_bidders=0)
        self.assertRaises(ValueError, Rooms, Clock(), catalogue=lots)


class RestartTests(PeopleTestCase):
    def restarted(self, after: float = 0, **changes: Any) -> MemoryHouse:
        return self.crash(self.houses[0], after, **changes)

    def test_in_the_middle(self) -> None:
        """Seats are found again by the paddles in the ledger."""
        self.house()
        self.opened("english 100 2 Sword", 17, 40)[0].say("120")
        self.restarted(5)
        room = self.houses[0].rooms["art"]
        self.assertEqual(set(room.occupancy.away), {0, 17, 40})
        back = self.guest(17).join()
        self.assertIn("Your bid of $120 stands.", back.read())
        seller = self.guest(5).join()
        self.assertIn("Auction request received: english 100 2 Sword", seller.read())
        self.houses[0].advance(61)
        self.assertEqual(back.read()[-1], WON.replace("150", "120"))
        missed = [FINISHED, "Sold: Sword to Buyer 17 for $120", LOST]
        self.assertEqual(self.guest(40).join().read(), missed)

    def test_result_right_before_a_kill(self) -> None:
        """It may not have reached the persons. They are told it, once, when they join again."""
        self.house()
        for guest in self.opened("2 100 2 Sword", 17, 40):
            guest.say("150")
        self.restarted(1000)
        self.assertEqual(self.guest(17).join().read(), [FINISHED, WON])
        self.assertEqual(self.guest(17).join().read(), [BUSY])
        seller = self.guest(5).join()
        self.assertEqual(seller.read()[-1], "Success! Your item Sword has been sold for $150")
        self.assertEqual(self.guest(5).join().read(), SELLER)

    def test_next_auction_right_before_a_kill(self) -> None:
        """The result is told to those who have not come to the next auction."""
        self.house()
        for guest in self.opened("2 100 2 Sword", 17, 40):
            guest.say("150")
        self.opened("2 100 2 Vase", 40)
        self.restarted(1)
        self.assertEqual(self.guest(17).join().read(), [FINISHED, WON])
        self.assertEqual(self.guest(40).join().read(), [BUYER, WAITING])
        self.assertEqual(self.guest(17).join().read(), [BUYER, *START])

    def test_older_result(self) -> None:
        """A result from long before a kill is not told again. Nor is one that cannot be read."""
        self.house()
        self.opened("2 100 1 Sword", 17)[0].say("150")
        self.houses[0].advance(10)
        self.guest(5).join("hall").say("2 100 1 Vase")
        self.guest(40).join("hall").say("150")
        self.shut()
        with closing(sqlite3.connect(self.path)) as database, database:
            database.execute("UPDATE event SET hash = '' WHERE room = 'hall' AND number = 3")
        self.begin()
        self.assertEqual(self.guest(5).join().read(), SELLER)
        self.assertEqual(self.guest(5).join("hall").read(), SELLER)

    def test_closed_in_order(self) -> None:
        """A person needs no ticket, and is told so."""
        self.house()
        (buyer,) = self.opened("2 100 2 Sword", 17)
        self.houses[0].rooms.close()
        self.assertEqual(buyer.read(), [str(messages.AuctioneerCloses(messages.PASS_IS_GOOD))])
        self.restarted(1000)
        self.assertEqual(self.guest(17).join().read(), [BUYER, WAITING])

    def test_no_name_and_no_address(self) -> None:
        """A row has a paddle, and nothing else about a person."""
        self.house()
        self.opened("2 100 2 Sword", 17, 40)[0].say("150")
        self.shut()
        with open_view(self.path) as view:
            bodies = [row.body for row in view.rows()]
        self.assertEqual(
            bodies[2], '{"who":17,"address":"","deadline":null,"ticket":null,"paddle":17}'
        )
        for body in bodies:
            for secret in ("10.0.0.1", "Ada", "Bob", "Vera"):
                self.assertNotIn(secret, body)
        self.assertEqual(self.verify().auctions, 1)

    def test_another_kind_of_participants(self) -> None:
        """A stranger may have the number of a person, so an auction goes on with its own kind."""
        self.house()
        self.opened("2 100 2 Sword", 17)
        with self.assertRaises(LedgerError) as caught:
            self.restarted(people=None)
        self.assertEqual(
            str(caught.exception),
            "an auction in room art was begun with --people, and has not ended: start with "
            "--people, or with another --ledger.",
        )
        self.forget()
        house = MemoryHouse(ledger=self.path)
        self.houses = [house]
        house.connect_to_lobby("JOIN art", "2 100 2 Sword")
        with self.assertRaises(LedgerError) as caught:
            self.restarted(people=PEOPLE)
        self.assertIn("was begun without --people", str(caught.exception))


class ReplaceTests(PeopleTestCase):
    """The list of people is replaced."""

    def setUp(self) -> None:
        super().setUp()
        self.house()

    def replace(self, *changed: Person, without: int = 0) -> None:
        persons = {**PEOPLE.persons, **{person.paddle: person for person in changed}}
        persons.pop(without, None)
        self.houses[0].rooms.replace_people(People(persons.values()))
        self.houses[0].clock.advance(0)

    def test_removed_before_bidding(self) -> None:
        (guest,) = self.opened("2 100 2 Sword", 17)
        self.replace(without=17)
        self.assertEqual((guest.read(), guest.is_closed), ([WITHDRAWN], True))
        self.assertEqual(list(self.houses[0].rooms["art"].auction.present), [0])
        with self.assertRaises(NoRoom) as caught:
            self.guest(17).join()
        self.assertEqual(str(caught.exception), "your pass code is not valid any more.")

    def test_removed_with_the_highest_bid(self) -> None:
        """The bid stands."""
        guests = self.opened("english 100 2 Sword", 17, 40)
        guests[0].say("150")
        self.replace(without=17)
        self.assertEqual(guests[0].read()[-1], WITHDRAWN)
        self.assertEqual(guests[0].say("160"), [])
        self.assertEqual(self.seller.say("close")[-1][-4:], "$150")

    def test_removed_while_away(self) -> None:
        guests = self.opened("2 100 2 Sword", 17, 40)
        guests[0].cut()
        self.replace(without=17)
        self.assertEqual(self.houses[0].rooms["art"].occupancy.away, {})
        self.assertEqual(guests[1].say("150")[-1], WON.replace("150", "100"))

    def test_put_back(self) -> None:
        guests = self.opened("2 100 2 Sword", 17, 40)
        guests[0].say("150")
        self.replace(without=17)
        self.replace()
        self.assertEqual(self.guest(17).join().read(), [BUYER, "Your bid of $150 stands."])

    def test_removed_seller(self) -> None:
        (guest,) = self.opened("2 100 2 Sword", 17)
        self.replace(without=5)
        self.assertEqual(self.seller.read(), [WITHDRAWN])
        self.assertEqual(guest.read(), ["Auction cancelled! The Seller has left."])

    def test_another_role_or_room(self) -> None:
        guests = self.opened("2 100 3 Sword", 17, 40)
        watcher = self.guest(71).join()
        watcher.read()
        self.replace(
            Person(17, role=Role.WATCHER), Person(40, room="attic"), Person(71, room="attic")
        )
        for guest in (*guests, watcher):
            self.assertEqual((guest.read(), guest.is_closed), ([WITHDRAWN], True))
        self.assertEqual(self.guest(17).join().read()[0], "Your role is: [Watcher]")
        self.assertEqual(self.houses[0].rooms["art"].occupancy.watchers, 1)

    def test_new_code(self) -> None:
        """The connection ends, and the seat is kept as after a cut, also without a bid."""
        guests = self.opened("2 100 2 Sword", 17, 40)
        watcher = self.guest(71).join()
        watcher.read()
        buyers = [Person(paddle, code=CODE) for paddle in (17, 40)]
        self.replace(*buyers, Person(71, role=Role.WATCHER, code=CODE))
        for guest in (*guests, watcher):
            self.assertEqual((guest.read(), guest.is_closed), ([WITHDRAWN], True))
            guest.cut()
        self.assertEqual(set(self.houses[0].rooms["art"].occupancy.away), {17, 40})
        self.assertEqual(guests[0].say("150"), [])
        back = self.guest(17).join()
        self.assertEqual(back.read(), [BUYER, *START])
        self.guest(40).join().say("120")
        self.assertIn(WON.replace("150", "120"), back.say("150"))

    def test_new_code_of_the_seller(self) -> None:
        """Buyers gather on."""
        (guest,) = self.opened("2 100 2 Sword", 17)
        self.replace(Person(5, "Vera", Role.SELLER, code=CODE))
        self.assertEqual((self.seller.read(), self.seller.is_closed), ([WITHDRAWN], True))
        self.assertEqual(guest.read(), [])
        self.assertEqual(
            self.guest(5).join().read(),
            ["Your role is: [Seller]", "Auction request received: 2 100 2 Sword"],
        )

    def test_new_code_and_another_room(self) -> None:
        guests = self.opened("2 100 2 Sword", 17, 40)
        self.replace(Person(17, room="attic", code=CODE))
        self.assertEqual(guests[0].read(), [WITHDRAWN])
        self.assertEqual(self.houses[0].rooms["art"].occupancy.away, {})

    def test_seat_kept_for_another_seller(self) -> None:
        """Who has the Seller's seat has it until its auction is over."""
        self.replace(without=5)
        first = self.guest(17).join()
        self.assertEqual(first.read(), SELLER)
        self.replace()
        self.assertEqual(self.guest(5).join().read(), [BUSY])
        self.assertEqual(first.say("2 100 1 Sword"), ["Auction request received: 2 100 1 Sword"])
        self.guest(40).join().say("150")
        self.assertEqual(self.guest(5).join().read(), SELLER)

    def test_nothing_changed_for_others(self) -> None:
        """Another name, or another limit, ends no seat."""
        (guest,) = self.opened("2 100 1 Sword", 17)
        watcher = self.guest(71).join()
        watcher.read()
        self.replace(Person(17, "Ada Jones", limit=500), without=40)
        self.assertEqual((guest.read(), watcher.read()), ([], []))
        self.assertEqual(guest.say("150")[0], RECEIVED)
