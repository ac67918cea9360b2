"""The operator's orders in a room: the letters, the ledger, and a restart."""

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from twisted_auction.house.people import People, Person, Role
from twisted_auction.ledger.history import verify_view
from twisted_auction.rules.commands import (
    Action,
    Bid,
    Cancel,
    Close,
    Expel,
    Extend,
    GoOn,
    Open,
    Pause,
    Readmit,
    Tell,
    Void,
)
from twisted_auction.rules.events import SELLER
from twisted_auction.rules.refusals import OrderRefused
from twisted_auction.rules.terms import Terms
from twisted_auction.testing import MemoryClient, MemoryHouse, pass_code, with_codes

ENGLISH = "3:increment=5:duration=60:extension=10 100 2 Cup"


class OrderTests(SynchronousTestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = Path(folder.name, "ledger")
        self.house = self.open_house()

    def tearDown(self) -> None:
        """Everything that the orders did can be verified."""
        self.house.advance()
        assert self.house.ledger is not None
        verify_view(self.house.ledger.store.view)
        self.assertEqual(self.house.failures, [])
        self.house.close()

    def open_house(self, **changes: Any) -> MemoryHouse:
        return MemoryHouse(ledger=self.path, **changes)

    def meet(self, **changes: Any) -> None:
        """Another house, without a past."""
        self.house.close()
        self.path = self.path.with_name(f"{self.path.name}-next")
        self.house = self.open_house(**changes)

    def order(self, action: Action, reason: str = "", room: str = "main") -> str:
        """Give an order: its effect, or the reason why it is refused."""
        try:
            effect = self.house.rooms[room].orders.give(action, reason=reason)
        except OrderRefused as refusal:
            effect = f"Refused: {refusal.why}"
        self.house.advance()
        return effect

    def join(self, buyers: int = 2, request: str = ENGLISH) -> tuple[MemoryClient, ...]:
        """A Seller, its Buyers and a Watcher in the lobby's main room. All have read their
        lines."""
        seller = self.house.connect_to_lobby("JOIN main", request)
        clients = [self.house.connect_to_lobby("JOIN main") for _ in range(buyers)]
        watcher = self.house.connect_to_lobby("WATCH main")
        self.house.advance(1)
        everyone = (seller, *clients, watcher)
        for client in everyone:
            client.read_lines()
        return everyone

    def told(self, *clients: MemoryClient) -> list[list[str]]:
        return [client.read_lines() for client in clients]

    def test_open(self) -> None:
        everyone = self.join(1)
        self.assertEqual(self.order(Open(), "Nobody else comes."), "bidding is open.")
        reason, start = "The Auctioneer says: Nobody else comes.", "Bidding start!"
        seller, buyer, watcher = self.told(*everyone)
        price = "Asking price: $100. Seconds left: 60."
        self.assertEqual(buyer, [reason, start, "At any time: type an amount to bid.", price])
        self.assertEqual(
            seller, [reason, start, "At any time: type close to end the auction.", price]
        )
        self.assertEqual(watcher, [reason, start, price])
        self.assertEqual(self.order(Open()), "Refused: bidding is open already.")

    def test_pause(self) -> None:
        everyone = self.join()
        _, first, second, _ = everyone
        self.house.advance(19)
        self.told(*everyone)
        self.assertEqual(self.order(Pause(), "The bell rings."), "it is paused.")
        paused = ["The Auctioneer says: The bell rings.", "The auction is paused."]
        self.assertEqual(self.told(*everyone), [paused] * 4)
        first.send_lines("100")
        second.send_lines("accept", "pass")
        self.house.advance(1000)
        wait = "Paused. Please wait..."
        self.assertEqual(self.told(*everyone), [[], [wait], [wait] * 2, []])
        self.assertEqual(
            self.house.auctioneer.report(),
            "Cup, english, Buyers: 2, no bid, asking price $100, paused, seconds left: 40",
        )
        self.assertEqual(self.order(GoOn()), "it goes on.")
        goes_on = ["The auction goes on.", "Asking price: $100. Seconds left: 40."]
        self.assertEqual(self.told(*everyone), [goes_on] * 4)
        self.house.advance(39)
        self.assertFalse(first.is_closed)
        self.house.advance(1)
        self.assertTrue(first.is_closed)

    def test_question_after_a_pause(self) -> None:
        """A participant with an open question is asked again."""
        seller = self.house.connect()
        self.order(Pause())
        seller.send_lines("1 100 2 Sword")
        self.order(GoOn())
        self.assertEqual(
            seller.read_lines()[2:],
            [
                "The auction is paused.",
                "Paused. Please wait...",
                "The auction goes on.",
                "Please submit auction request:",
            ],
        )
        seller.send_lines("1 100 2 Sword")
        done, asked = self.house.connect(), self.house.connect()
        done.send_lines("150")
        self.house.advance()
        self.told(seller, done, asked)
        self.order(Pause())
        self.order(GoOn())
        news = ["The auction is paused.", "The auction goes on."]
        self.assertEqual(
            self.told(seller, done, asked), [news, news, [*news, "Please submit your bid:"]]
        )

    def test_arrivals_in_a_pause(self) -> None:
        """All are told that it is paused. The last Buyer needed opens nothing yet."""
        for request, lines in [
            ("1 100 2 Sword", ["Your role is: [Buyer]"]),
            ("3 100 1 Cup", ["Your role is: [Buyer]", "You are Buyer 2."]),
        ]:
            self.meet()
            self.join(1, request)
            self.order(Pause())
            late = self.house.connect_to_lobby("JOIN main")
            watcher = self.house.connect_to_lobby("WATCH main")
            self.house.advance(100)
            read = late.read_lines()[1:]
            self.assertEqual((read[: len(lines)], read[-1]), (lines, "The auction is paused."))
            self.assertEqual(watcher.read_lines()[-1], "The auction is paused.")
            self.order(GoOn())
            self.house.advance()
            self.assertEqual(self.house.auctioneer.auction.phase.name, "BIDDING")

    def test_return_in_a_pause(self) -> None:
        _, buyer, _, _ = self.join()
        buyer.send_lines("100")
        self.order(Pause())
        buyer.disconnect()
        back = self.house.connect_to_lobby("RESUME ticket-2")
        self.assertEqual(
            back.read_lines()[-3:],
            [
                "Highest bid: $100 by Buyer 1. Asking price: $105. Seconds left: 59.",
                "Your bid of $100 stands.",
                "The auction is paused.",
            ],
        )

    def test_seat_is_kept_in_a_pause(self) -> None:
        """Neither a seat empty before the pause nor one empty since is given up."""
        for leaves_first in (True, False):
            self.meet(terms=Terms(resume_grace=10))
            _, buyer, _, _ = self.join(2, "3:duration=600 100 2 Cup")
            if leaves_first:
                buyer.disconnect()
                self.house.advance(4)
            self.order(Pause())
            self.house.advance(1000)
            buyer.disconnect()
            self.house.advance(1000)
            left = 6 if leaves_first else 10
            self.assertEqual(self.house.auctioneer.occupancy.away, {1: left})
            self.order(GoOn())
            self.house.advance(left - 1)
            self.assertEqual(self.house.auctioneer.occupancy.away, {1: 1})
            self.assertIn(1, self.house.auctioneer.auction.present)
            self.house.advance(1)
            self.assertNotIn(1, self.house.auctioneer.auction.present)

    def test_pause_survives_a_restart(self) -> None:
        self.join()
        self.house.advance(19)
        self.order(Pause())
        self.house = self.house.restart(after=500)
        back = self.house.connect_to_lobby("RESUME ticket-2")
        self.house.advance(500)
        self.assertEqual(back.read_lines()[-2:], [
            "Asking price: $100. Seconds left: 40.", "The auction is paused."
        ])  # fmt: skip
        self.order(GoOn())
        self.assertEqual(back.read_lines()[-1], "Asking price: $100. Seconds left: 40.")
        self.house.advance(39)
        self.assertFalse(back.is_closed)
        self.house.advance(1)
        self.assertTrue(back.is_closed)

    def test_seat_is_kept_after_a_restart_in_a_pause(self) -> None:
        self.join()
        self.order(Pause())
        self.house = self.house.restart(after=500)
        self.house.advance(500)
        self.assertEqual(list(self.house.auctioneer.auction.present), [0, 1, 2])
        self.order(GoOn())
        self.assertEqual(self.house.auctioneer.occupancy.away, {0: 60, 1: 60, 2: 60})

    def test_ledger_is_locked_in_a_pause(self) -> None:
        """Another program holds up the house, and the pause, and no second is lost."""
        _, _, away, _ = self.join()
        self.house.advance(19)
        self.order(Pause())
        away.disconnect()
        self.house.advance(100)
        self.house.auctioneer.halt()
        self.house.advance(100)
        self.house.auctioneer.go_on()
        self.house.advance(100)
        self.order(GoOn())
        self.assertEqual(self.house.auctioneer.occupancy.away, {2: 60})
        self.assertEqual(self.house.auctioneer.report().rpartition(", ")[2], "seconds left: 40")

    def test_extend(self) -> None:
        everyone = self.join()
        self.assertEqual(self.order(Extend(30)), "the time left is 89 seconds.")
        self.house.advance(1)
        extended = ["Time extended!", "Asking price: $100. Seconds left: 89."]
        self.assertEqual(self.told(*everyone), [extended] * 4)
        self.meet()
        everyone = self.join(2, "1 100 2 Sword")
        self.assertEqual(self.order(Extend(30)), "the time left is 329 seconds.")
        self.assertEqual(self.told(*everyone), [["Time extended! Seconds left: 329."]] * 4)

    def test_void(self) -> None:
        """All are told at once, also between two price updates."""
        everyone = self.join()
        _, first, second, _ = everyone
        first.send_lines("100")
        self.house.advance(1)
        second.send_lines("5000")
        self.house.advance()
        self.told(*everyone)
        self.assertEqual(
            self.order(Void(), "It was a slip."),
            "$5000 by Buyer 2 is voided, and Buyer 1 holds it at $100.",
        )
        voided = [
            "Voided: $5000 by Buyer 2. It was a slip.",
            "Highest bid: $100 by Buyer 1. Asking price: $105. Seconds left: 58.",
        ]
        holder = [*voided, "You hold the highest bid: $100."]
        self.assertEqual(self.told(*everyone), [voided, holder, voided, voided])
        self.assertEqual(self.order(Void()), "$100 by Buyer 1 is voided, and there is no bid.")
        voided = ["Voided: $100 by Buyer 1.", "Asking price: $100. Seconds left: 58."]
        self.assertEqual(self.told(*everyone), [voided] * 4)
        self.assertEqual(self.order(Void()), "Refused: there is no bid.")
        self.house.advance(70)
        self.assertIn("Not sold: Cup", second.read_lines())

    def test_seat_of_a_voided_bid(self) -> None:
        """The seat of a Buyer who has left counts for as long as its bid does."""
        self.meet(max_seats_per_peer=3)
        _, (first, second) = self.house.open_auction(ENGLISH, 2)
        first.send_lines("100")
        first.disconnect()
        second.send_lines("110")
        self.house.advance()
        self.assertEqual(self.house.connect().read_lines(), ["Server busy!"])
        self.order(Void())
        self.assertEqual(self.house.connect().read_lines(), ["Server busy!"])
        self.order(Void())
        third = self.house.connect()
        self.house.advance()
        self.assertIn("You are Buyer 3.", third.read_lines())

    def test_confirmation_after_a_void(self) -> None:
        """A bid for the Buyer to repeat was far above a price that has fallen."""
        self.meet()
        _, (first, second) = self.house.open_auction("3:increment=5:jump=2 100 2 Cup", 2)
        first.send_lines("100")
        second.send_lines("300")
        self.house.advance()
        self.order(Void())
        second.read_lines()
        second.send_lines("300")
        self.house.advance()
        self.assertEqual(second.read_lines()[0], "Please repeat your bid to confirm: $300")

    def test_return_after_a_void(self) -> None:
        """The Buyer is told before the price that its bid was voided, until it bids again."""
        _, buyer, _, _ = self.join()
        buyer.send_lines("100")
        self.order(Void())
        buyer.disconnect()
        back = self.house.connect_to_lobby("RESUME ticket-2")
        price = "Asking price: $100. Seconds left: 59."
        self.assertEqual(back.read_lines()[-2:], ["Voided: $100 by Buyer 1.", price])
        back.send_lines("100")
        back.disconnect()
        again = self.house.connect_to_lobby("RESUME ticket-2")
        self.assertNotIn("Voided: $100 by Buyer 1.", again.read_lines())

    def test_void_after_a_restart(self) -> None:
        """The bids before are in the ledger."""
        _, first, second, _ = self.join()
        first.send_lines("100")
        second.send_lines("110")
        first.send_lines("120")
        self.house.advance()
        self.house = self.house.restart()
        self.house.connect_to_lobby("RESUME ticket-2")
        self.assertEqual(
            self.order(Void()), "$120 by Buyer 1 is voided, and Buyer 2 holds it at $110."
        )
        self.house = self.house.restart()
        self.house.connect_to_lobby("RESUME ticket-2")
        self.assertEqual(
            self.order(Void()), "$110 by Buyer 2 is voided, and Buyer 1 holds it at $100."
        )

    def test_bid(self) -> None:
        everyone = self.join()
        self.assertEqual(self.order(Bid(1, b"150"), "By telephone."), "Buyer 1 bids $150.")
        seller, first, second, _ = self.told(*everyone)
        price = "Highest bid: $150 by Buyer 1. Asking price: $155. Seconds left: 59."
        self.assertEqual(first, ["You hold the highest bid: $150.", price])
        self.assertEqual((seller, second), ([price], [price]))
        self.assertEqual(
            self.order(Bid(2, b"150")),
            "Refused: Buyer 2 would read: Bid too low! The least acceptable bid is $155.",
        )

    def test_sealed_bid(self) -> None:
        """The amount is in no answer, and told to no other participant."""
        everyone = self.join(2, "1 100 2 Sword")
        self.assertEqual(self.order(Bid(1, b"777")), "the bid of Buyer 1 is taken.")
        seller, first, second, watcher = self.told(*everyone)
        self.assertEqual(first, ["Bid received. Please wait..."])
        self.assertEqual((seller, second, watcher), ([], [], ["Bids: 1 of 2."]))
        self.assertEqual(
            self.order(Bid(1, b"778")),
            "Refused: Buyer 1 would read: Your bid is already in. Please wait...",
        )

    def test_expel(self) -> None:
        everyone = self.join()
        _, first, second, _ = everyone
        first.send_lines("100")
        second.send_lines("110")
        self.house.advance(1)
        self.told(*everyone)
        self.assertEqual(self.order(Expel(2), "You are too loud."), "Buyer 2 is expelled.")
        told = self.told(*everyone)
        self.assertEqual(told, [[], [], ["You have been expelled. You are too loud."], []])
        self.assertTrue(second.is_closed)
        back = self.house.connect_to_lobby("RESUME ticket-3")
        self.assertEqual(back.read_lines(), ["You have been expelled."])
        self.assertTrue(back.is_closed)
        self.assertEqual(
            self.order(Void()), "$110 by Buyer 2 is voided, and Buyer 1 holds it at $100."
        )
        self.assertEqual(self.order(Readmit(2)), "Buyer 2 is readmitted.")
        back = self.house.connect_to_lobby("RESUME ticket-3")
        self.assertEqual(back.read_lines()[:2], ["Your role is: [Buyer]", "You are Buyer 2."])

    def test_expelled_after_a_restart(self) -> None:
        _, _, second, _ = self.join()
        second.send_lines("100")
        self.order(Expel(2))
        self.house = self.house.restart()
        back = self.house.connect_to_lobby("RESUME ticket-3")
        self.assertEqual(back.read_lines(), ["You have been expelled."])

    def test_expelled_while_away(self) -> None:
        """Its seat is not kept any more."""
        _, _, second, _ = self.join()
        second.disconnect()
        self.order(Expel(2))
        self.assertEqual(self.house.auctioneer.occupancy.away, {})
        self.assertEqual(self.order(Expel(2)), "Refused: Buyer 2 is expelled already.")

    def test_result_of_an_expelled_buyer(self) -> None:
        """Its bid stands, and its ticket still fetches the result."""
        _, first, second, _ = self.join(2, "1 100 2 Sword")
        second.send_lines("150")
        self.order(Expel(2))
        first.send_lines("120")
        self.house.advance()
        back = self.house.connect_to_lobby("RESUME ticket-3")
        self.assertEqual(back.read_lines()[-1], "You won this item Sword! Your payment due is $150")

    def test_say(self) -> None:
        everyone = self.join()
        self.assertEqual(self.order(Tell("Tea is served."), "An answer."), "everyone is told.")
        both = ["The Auctioneer says: An answer.", "The Auctioneer says: Tea is served."]
        self.assertEqual(self.told(*everyone), [both] * 4)

    def test_reason_of_close_and_cancel(self) -> None:
        """A cancellation has its reason once."""
        everyone = self.join()
        self.order(Close(), "It is late.")
        self.assertEqual(everyone[1].read_lines()[0], "The Auctioneer says: It is late.")
        everyone = self.join()
        self.order(Cancel(), "It is broken.")
        self.assertEqual(self.told(*everyone), [["Auction cancelled! It is broken."]] * 4)

    def test_next_auction_is_not_paused(self) -> None:
        """A pause and an expulsion belong to their auction."""
        self.join()
        self.order(Pause())
        self.order(Expel(1))
        self.order(Close())
        self.assertEqual(self.order(GoOn()), "Refused: there is no auction.")
        _, first, _, _ = self.join()
        first.send_lines("100")
        self.house.advance()
        self.assertEqual(first.read_lines()[0], "You hold the highest bid: $100.")

    def test_nothing_is_told_before_the_commit(self) -> None:
        _, first, _, _ = self.join()
        self.house.auctioneer.orders.give(Pause())
        self.assertEqual(first.read_lines(), [])
        self.house.advance()
        self.assertEqual(first.read_lines(), ["The auction is paused."])


class SellerOrderTests(SynchronousTestCase):
    """Orders about the person who is the Seller."""

    def setUp(self) -> None:
        ada, bob = Person(1, "Ada", Role.BIDDER), Person(2, "Bob", Role.BIDDER)
        self.house = MemoryHouse(people=with_codes(People([ada, bob])))
        request = ENGLISH.replace(" 2 ", " 1 ")
        self.house.connect_to_lobby(f"PASS {pass_code(1)}", "JOIN main", request)
        self.house.connect_to_lobby(f"PASS {pass_code(2)}", "JOIN main")
        self.house.advance(1)

    def refused(self, action: Action) -> str:
        with self.assertRaises(OrderRefused) as caught:
            self.house.auctioneer.orders.give(action)
        return str(caught.exception.why)

    def test_bid(self) -> None:
        """The Seller cannot buy its own item."""
        why = "the item is that of Buyer 1, who cannot bid on it."
        self.assertEqual(self.refused(Bid(1, b"150")), why)
        self.assertIsNone(self.house.auctioneer.auction.holder)

    def test_expel(self) -> None:
        """The Seller is expelled as the Seller, and cannot come again as a Buyer."""
        why = "Buyer 1 is the Seller here: say expel seller."
        self.assertEqual(self.refused(Expel(1)), why)
        self.assertEqual(
            self.house.auctioneer.orders.give(Expel(SELLER)), "the Seller is expelled."
        )
        again = self.house.connect_to_lobby(f"PASS {pass_code(1)}", "JOIN main")
        self.house.advance()
        self.assertEqual(again.read_lines()[-1], "You have been expelled.")


class PeopleOrderTests(SynchronousTestCase):
    """Orders in a house with a list of people."""

    def setUp(self) -> None:
        self.people = with_codes(
            People(
                [
                    Person(3, "Ada", Role.BIDDER, limit=200),
                    Person(5, "Bob", Role.BIDDER),
                    Person(7, "Cyd", Role.BIDDER, room="other"),
                    Person(9, "Dan", Role.SELLER),
                ]
            )
        )
        self.house = MemoryHouse(people=self.people, catalogue=b"3:increment=5 100 1 Cup")
        self.join(5)
        self.house.advance(10)

    def join(self, paddle: int) -> MemoryClient:
        return self.house.connect_to_lobby(f"PASS {pass_code(paddle)}", "JOIN main")

    def order(self, action: Action) -> str:
        try:
            return self.house.auctioneer.orders.give(action)
        except OrderRefused as refusal:
            return refusal.why

    def test_bid(self) -> None:
        """A person needs no connection, and keeps its limit."""
        self.assertEqual(self.order(Bid(3, b"150")), "Buyer 3 bids $150.")
        for paddle, why in [
            (3, "Buyer 3 would be above its limit of $200."),
            (4, "Buyer 4 is not there."),
            (7, "Buyer 7 is not there."),
            (9, "Buyer 9 is not there."),
        ]:
            self.assertEqual(self.order(Bid(paddle, b"300")), why)
        self.house.advance(70)
        self.assertEqual(
            self.house.console[-1],
            ">> Item sold! The highest bid is $150. The actual payment is $150",
        )

    def test_void(self) -> None:
        """An earlier bid holds if its person is on the list, and its limit allows it."""
        ada, bob = self.people.persons[3], self.people.persons[5]
        for persons, effect in [
            ([ada, bob], "Buyer 3 holds it at $150"),
            ([replace(ada, limit=100), bob], "there is no bid"),
            ([bob], "there is no bid"),
        ]:
            self.setUp()
            self.order(Bid(3, b"150"))
            self.order(Bid(5, b"500"))
            self.house.rooms.replace_people(People(persons))
            self.assertEqual(self.order(Void()), f"$500 by Buyer 5 is voided, and {effect}.")

    def test_person_removed_with_the_highest_bid(self) -> None:
        """Its bid stands until it is voided, and it cannot bid again."""
        self.order(Bid(3, b"150"))
        self.house.rooms.replace_people(
            People(person for person in self.people.persons.values() if person.paddle != 3)
        )
        self.assertEqual(self.order(Bid(3, b"160")), "Buyer 3 is not there.")
        self.assertEqual(self.house.auctioneer.auction.holder, 3)
        self.assertEqual(self.order(Void()), "$150 by Buyer 3 is voided, and there is no bid.")

    def test_expel(self) -> None:
        """Also a person who has not come yet; not one who is on no list."""
        self.assertEqual(self.order(Expel(3)), "Buyer 3 is expelled.")
        self.assertEqual(self.join(3).read_lines()[-1], "You have been expelled.")
        self.assertEqual(self.order(Expel(77)), "Buyer 77 is not there.")
        self.assertEqual(self.order(Readmit(3)), "Buyer 3 is readmitted.")
        self.assertIn("You are Buyer 3.", self.join(3).read_lines())
