"""A person that was away at a result is told it when it comes back, also after restarts."""

import random
import sqlite3
from contextlib import closing
from typing import Any

from tests.house.support import FINISHED, PEOPLE, Guest, PeopleTestCase
from twisted_auction.house import reopening
from twisted_auction.house.people import People
from twisted_auction.ledger.archive import move
from twisted_auction.ledger.sqlite import SQLiteStore
from twisted_auction.ledger.store import Batch, LockedError
from twisted_auction.rules.commands import Bid, VoidSale
from twisted_auction.rules.terms import Terms
from twisted_auction.testing import MemoryHouse

BUYER = "Your role is: [Buyer]"
BUSY = "Server busy!"
LOST = "Unfortunately you did not win in the last round."
SALE_OVER = "The sale is over."
CATALOGUE = b"2 100 2 Sword\n2 100 1 Vase\n"


def won(item: str, payment: int) -> str:
    """The line for the winner."""
    return f"You won this item {item}! Your payment due is ${payment}"


class UntoldTestCase(PeopleTestCase):
    def missed(self, item: str, *paddles: int, room: str = "art") -> None:
        """Persons bid $150 in an auction, and are away at its result."""
        guests = self.opened(f"1 100 {len(paddles) + 1} {item}", *paddles, 41, room=room)
        for guest in guests[:-1]:
            guest.say("150")
            guest.cut()
        guests[-1].say("120")

    def pass_time(self) -> None:
        """Later, something happens in another room, so the last result is not recent any more."""
        self.houses[0].advance(60)
        self.seated(5, "hall").cut()

    def restarted(self, **changes: object) -> None:
        """The house is killed long after its last result, and starts again."""
        self.pass_time()
        self.crash(self.houses[0], 1000, **changes)

    def heard(self, paddle: int, room: str = "art") -> list[str]:
        """The letter to a person that joins a room; empty if it gets a seat, or could get one."""
        guest = self.guest(paddle).join(room)
        lines = guest.read()
        if guest.is_closed:
            return [] if lines == [BUSY] else lines
        guest.cut()
        return []

    def marks(self) -> list[tuple[object, ...]] | None:
        """What the table has; None without the table."""
        with closing(sqlite3.connect(self.path)) as database:
            if not database.execute("SELECT 1 FROM sqlite_master WHERE name = 'untold'").fetchall():
                return None
            return database.execute("SELECT room, auction, paddle FROM untold").fetchall()


class UntoldTests(UntoldTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.house()

    def test_long_before_a_kill(self) -> None:
        """It is told once; others get their seats at once."""
        self.missed("Sword", 17)
        self.assertEqual(self.marks(), [("art", 1, 17)])
        self.restarted()
        self.assertEqual(self.heard(41), [])
        self.assertEqual(self.heard(17), [FINISHED, won("Sword", 150)])
        self.assertEqual(self.heard(17), [])
        self.restarted()
        self.assertEqual(self.heard(17), [])
        self.assertEqual(self.marks(), [])
        self.verify()

    def test_many_restarts(self) -> None:
        """Of a person that comes late, and with other auctions in the meantime."""
        self.missed("Sword", 17)
        for item in ("Vase", "Bowl"):
            self.restarted()
            (guest,) = self.opened(f"1 100 1 {item}", 40)
            guest.say("110")
        self.houses[0].rooms.close()
        self.crash(self.houses[0], 1000)
        self.assertEqual(self.heard(17), [FINISHED, won("Sword", 150)])

    def test_two_kills_right_after_the_result(self) -> None:
        """The result may have reached nobody, and the persons come after the second one."""
        guests = self.opened("1 100 2 Sword", 17, 40)
        for guest in guests:
            guest.say("150")
        self.assertIsNone(self.marks())
        self.crash(self.houses[0])
        self.restarted()
        self.assertEqual(self.marks(), [("art", 1, 5), ("art", 1, 17), ("art", 1, 40)])
        self.assertEqual(self.heard(17), [FINISHED, won("Sword", 150)])
        self.assertEqual(self.heard(40), [FINISHED, LOST])
        self.assertEqual(
            self.heard(5), [FINISHED, "Success! Your item Sword has been sold for $150"]
        )
        self.assertEqual(self.heard(40), [])

    def test_killed_after_telling(self) -> None:
        """The telling may have got lost, so the person is told again."""
        self.missed("Sword", 17)
        self.restarted()
        for _ in range(2):
            self.assertEqual(self.heard(17), [FINISHED, won("Sword", 150)])
            self.crash(self.houses[0])
        self.houses[0].rooms.close()
        self.crash(self.houses[0])
        self.assertEqual(self.heard(17), [FINISHED, won("Sword", 150)])
        self.houses[0].rooms.close()
        self.crash(self.houses[0])
        self.assertEqual(self.heard(17), [])

    def test_several_rooms(self) -> None:
        self.missed("Sword", 17, 40)
        self.missed("Vase", 17, room="attic")
        self.restarted()
        self.assertEqual(self.heard(17, "attic"), [FINISHED, won("Vase", 150)])
        self.assertEqual(self.heard(17), [FINISHED, won("Sword", 150)])
        self.assertEqual(self.heard(40), [FINISHED, LOST])

    def test_bids_by_order(self) -> None:
        """A person that has never come missed several auctions: it hears of them in their order,
        with and without a restart."""
        for is_restarted in (False, True):
            for item in ("Sword", "Vase"):
                (other,) = self.opened(f"1 100 1 {item}", 40)
                self.houses[0].rooms["art"].orders.give(Bid(17, b"150"))
                other.say("140")
            if is_restarted:
                self.restarted()
            lines = [FINISHED, won("Sword", 150), FINISHED, won("Vase", 150)]
            self.assertEqual(self.heard(17), lines)
            self.assertEqual(self.heard(17), [])

    def test_next_auction_is_on(self) -> None:
        """Without the person, which hears the earlier result first, and takes its seat then."""
        self.missed("Sword", 17)
        self.opened("english 100 2 Vase", 40, 41)[0].say("110")
        self.crash(self.houses[0], 1000)
        self.assertEqual(self.heard(17), [FINISHED, won("Sword", 150)])
        back = self.guest(17).join()
        self.assertEqual(back.read()[0], BUYER)
        self.houses[0].advance(61)
        self.assertEqual(back.read()[-1], LOST)
        self.assertEqual(self.heard(40)[-1], won("Vase", 110))

    def test_not_on_the_list_for_a_while(self) -> None:
        self.missed("Sword", 17)
        self.restarted(people=People(each for each in PEOPLE.persons.values() if each.paddle != 17))
        self.restarted(people=PEOPLE)
        self.assertEqual(self.heard(17), [FINISHED, won("Sword", 150)])

    def test_cannot_be_read(self) -> None:
        """A result whose rows are wrong is left out, and the others are told."""
        self.missed("Sword", 17)
        self.missed("Vase", 17, room="attic")
        self.shut()
        with closing(sqlite3.connect(self.path)) as database, database:
            database.execute("UPDATE event SET hash = '' WHERE room = 'art' AND number = 3")
        self.begin()
        self.assertEqual(self.heard(17), [])
        self.assertEqual(self.heard(17, "attic"), [FINISHED, won("Vase", 150)])

    def test_bounded(self) -> None:
        """A large ledger does not delay the start: the latest auctions are read."""
        self.missed("Sword", 17)
        self.missed("Vase", 17, room="attic")
        self.patch(reopening, "MAX_ROWS", 1)
        self.restarted()
        self.assertEqual(self.heard(17), [])
        self.assertEqual(self.heard(17, "attic"), [FINISHED, won("Vase", 150)])
        self.assertEqual(self.marks(), [("art", 1, 17), ("attic", 1, 17)])

    def test_archive(self) -> None:
        """The results of archived auctions are not told any more."""
        self.missed("Sword", 17)
        self.missed("Vase", 40)
        self.missed("Bowl", 17, room="attic")
        self.shut()
        move(self.path, self.path.with_suffix(".archive"), keep=1)
        self.begin()
        self.assertEqual(self.marks(), [("art", 2, 40), ("attic", 1, 17)])
        self.assertEqual(self.heard(17), [])
        self.assertEqual(self.heard(40), [FINISHED, won("Vase", 150)])
        self.assertEqual(self.heard(17, "attic"), [FINISHED, won("Bowl", 150)])
        self.shut()
        self.houses = []
        move(self.path, self.path.with_suffix(".archive"))
        self.verify()
        self.assertEqual(self.marks(), [])

    def test_locked_ledger(self) -> None:
        """The marks are written with the result, as soon as another program lets go of the file."""
        write, attempts = SQLiteStore.write, []

        def locked(store: SQLiteStore, batch: Batch, written: Any, failed: Any) -> None:
            attempts.append(batch)
            failed(LockedError("the ledger is locked."))

        guests = self.opened("1 100 2 Sword", 17, 41)
        guests[0].say("150")
        guests[0].cut()
        self.patch(SQLiteStore, "write", locked)
        guests[1].say("120")
        self.assertIsNone(self.marks())
        self.patch(SQLiteStore, "write", write)
        self.houses[0].advance(0.1)
        self.assertTrue(attempts)
        self.assertEqual(self.marks(), [("art", 1, 17)])

    def test_strangers(self) -> None:
        """Their tickets fetch results from the rows, and their ledger has no more tables."""
        self.forget()
        house = MemoryHouse(ledger=self.path)
        self.houses = [house]
        house.connect_to_lobby("JOIN art", "1 100 1 Sword")
        house.connect_to_lobby("JOIN art").disconnect()
        house.advance(600)
        self.assertEqual(self.verify().unfinished, {})
        self.assertIsNone(self.marks())


class SaleTests(UntoldTestCase):
    def test_whole(self) -> None:
        """The results of all lots, a voided one included, and the end of the sale."""
        house = self.begin(terms=Terms(lot_pause=0), catalogue=CATALOGUE)
        guest, other = (self.guest(paddle).join("main") for paddle in (17, 40))
        house.advance(0)
        guest.say("150")
        guest.cut()
        other.say("120")
        house.advance(0)
        house.auctioneer.orders.give(VoidSale("1"))
        house.auctioneer.orders.give(Bid(17, b"150"))
        other.say("130")
        house.advance(0)
        self.assertEqual(self.marks(), [("main", 1, 17)])
        lines = [
            *("Result of lot 1 of 2:", FINISHED, won("Sword", 120)),
            "The sale of lot 1 is voided.",
            "You do not owe $120 for lot 1.",
            *("Result of lot 2 of 2:", FINISHED, won("Vase", 130), SALE_OVER),
        ]
        self.restarted(catalogue=CATALOGUE)
        self.assertEqual(self.heard(17, "main"), lines)
        self.assertEqual(self.marks(), [("main", 1, 17)])  # until the next event
        self.verify()


class AnyOrderTests(UntoldTestCase):
    """Auctions, cuts, returns and restarts in any order, with an oracle that counts results."""

    def test_any_order(self) -> None:
        for seed in range(12):
            with self.subTest(seed=seed):
                self.play(random.Random(seed))
                self.forget()

    def play(self, chance: random.Random) -> None:
        self.house()
        self.due = dict.fromkeys((5, 17, 40, 41), 0)
        self.told = dict.fromkeys(self.due, 0)
        self.again = dict.fromkeys(self.due, 0)
        for _ in range(25):
            match chance.choice(["auction", "auction", "join", "restart"]):
                case "auction":
                    self.hold(chance)
                case "join":
                    self.visit(chance.choice([*self.due]))
                case "restart":
                    if chance.random() < 0.5:
                        # Later events: what has been told will not be told again.
                        self.pass_time()
                        self.told = dict.fromkeys(self.due, 0)
                    if chance.random() < 0.5:
                        self.houses[0].rooms.close()
                    self.crash(self.houses[0], chance.choice([0, 1000]))
                    # What has been told right before may be told again, but not more often.
                    for paddle in self.due:
                        self.again[paddle] += self.told[paddle]
                        self.told[paddle] = 0
        for paddle in self.due:
            self.visit(paddle)
        self.assertEqual(set(self.due.values()), {0})
        self.verify()

    def hold(self, chance: random.Random) -> None:
        """An auction, at whose result its Seller or its winner may be away."""
        seller = self.enter(5)
        seller.say("1 100 2 Sword")
        paddles = chance.sample([17, 40, 41], 2)
        winner, loser = (self.enter(paddle) for paddle in paddles)
        winner.say("150")
        for guest, paddle in ((seller, 5), (winner, paddles[0])):
            is_away = chance.random() < 0.4
            if is_away:
                guest.cut()
            (self.due if is_away else self.told)[paddle] += 1
        loser.say("120")
        self.told[paddles[1]] += 1

    def visit(self, paddle: int) -> None:
        """A person comes between two auctions, and goes again."""
        guest = self.enter(paddle)
        if not guest.is_closed:
            guest.cut()
            self.houses[0].advance(600)  # a Seller without a request leaves

    def enter(self, paddle: int) -> Guest:
        """A person takes its seat. It is told first what it has missed, and nothing else twice."""
        guest = self.guest(paddle).join()
        if guest.is_closed and (lines := guest.read()) != [BUSY]:
            results = lines.count(FINISHED)
            self.assertGreaterEqual(results, self.due[paddle])
            self.assertLessEqual(results, self.due[paddle] + self.again[paddle])
            self.told[paddle] += results
            self.due[paddle] = self.again[paddle] = 0
            guest = self.guest(paddle).join()
        self.assertEqual(self.due[paddle], 0)
        return guest
