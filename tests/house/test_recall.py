"""A restart reads unfinished auctions only. Finished ones are read when a ticket holder asks."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any
from unittest.mock import patch

from twisted.internet.task import Clock

from tests.house.support import FINISHED, HouseTestCase
from tests.support import RecordingConnection
from twisted_auction.house import recall
from twisted_auction.house.recall import Recall, TooMany, UnknownTicket
from twisted_auction.house.tickets import TicketRegistry, digest_of
from twisted_auction.ledger.history import History
from twisted_auction.ledger.journal import ImmediateJournal
from twisted_auction.ledger.row import LedgerError, Row
from twisted_auction.ledger.sqlite_view import SQLiteView
from twisted_auction.ledger.storage import open_view
from twisted_auction.ledger.store import View
from twisted_auction.testing import MemoryHouse

WON = "You won this item Sword! Your payment due is $150"
SOLD = "Success! Your item Sword has been sold for $150"
UNREADABLE = "Not done: what the ledger has of your auction cannot be read."


def slow(view: View, clock: Clock) -> None:
    """Let reading take five milliseconds."""
    rows = view.rows

    def slowly(room: str, first: int, most: int) -> Iterator[Row]:
        clock.rightNow += 0.005
        return rows(room, first, most)

    view.rows = slowly  # type: ignore[assignment,method-assign]


class RecallTestCase(HouseTestCase):
    def sold(self, house: MemoryHouse, room: str = "art") -> None:
        """An auction that is over; its Seller and its Buyer have the next two tickets."""
        seller = house.connect_to_lobby(f"JOIN {room}", "1 100 1 Sword")
        house.connect_to_lobby(f"JOIN {room}", "150")
        self.assertTrue(seller.is_closed)

    def refusal(self, **changes: Any) -> str:
        """Why the house does not open."""
        self.houses = []
        with self.assertRaises(LedgerError) as caught:
            MemoryHouse(ledger=self.path, **changes)
        return str(caught.exception)

    def resumed(self, house: MemoryHouse, ticket: int) -> list[str]:
        """The last answer to a ticket; the connection is closed then."""
        visitor = house.connect_to_lobby(f"RESUME ticket-{ticket}")
        house.advance()
        self.assertTrue(visitor.is_closed)
        return visitor.read_lines()


class RestartTests(RecallTestCase):
    def test_reads_what_has_not_ended(self) -> None:
        """Only unfinished auctions are read, after any number of finished ones."""
        house = self.house()
        for number in range(30):
            self.sold(house, f"room{number % 3}")
        house.connect_to_lobby("JOIN room1", "1 100 2 Shield")
        house.connect_to_lobby("JOIN attic", "2 100 2 Bow")
        house.connect_to_lobby("JOIN attic")
        with patch.object(History, "read", autospec=True, side_effect=History.read) as read:
            house = self.crash(house)
        taken = [(row.room, row.kind) for _, (_, row), _ in read.mock_calls]
        self.assertEqual(
            taken,
            [
                *(("attic", kind) for kind in ("Arrived", "RequestAccepted", "Arrived")),
                *(("room1", kind) for kind in ("Arrived", "RequestAccepted")),
            ],
        )
        self.assertEqual(set(house.rooms), {"main", "attic", "room1"})
        self.assertEqual(self.resumed(house, 1), [FINISHED, SOLD])
        self.assertEqual(self.resumed(house, 60), [FINISHED, WON])
        self.verify()

    def test_first_row(self) -> None:
        """The first row of every row's auction is found without reading them all."""
        house = self.house()
        for number in range(5):
            self.sold(house)
            house.connect_to_lobby("JOIN art").disconnect()
            house.connect_to_lobby("JOIN hall", f"1 100 {1 + number % 2} Sword")
            house.connect_to_lobby("JOIN hall", "150")
            house.advance(400)
        firsts: dict[tuple[str, int], int] = {}
        with open_view(self.path) as view:
            for row in view.rows():
                first = firsts.setdefault((row.room, row.auction), row.number)
                self.assertEqual(view.first_row(row.room, row.auction), first)
        self.assertGreater(len(firsts), 10)

    def test_indexes(self) -> None:
        """Neither a restart nor a wrong ticket searches all rows."""
        self.house()
        questions: list[Callable[[View], object]] = [
            lambda view: view.find_arrival("x"),
            lambda view: list(view.unfinished()),
            lambda view: view.head("main"),
            lambda view: list(view.rows("main", 7, 9)),
        ]
        plans = []
        with closing(sqlite3.connect(self.path)) as database:
            view = SQLiteView(self.path, database)
            for ask in questions:
                statements: list[str] = []
                database.set_trace_callback(statements.append)
                ask(view)
                database.set_trace_callback(None)
                plan = database.execute(f"EXPLAIN QUERY PLAN {statements[0]}").fetchall()
                plans.append("; ".join(step[-1] for step in plan))
        self.assertEqual(
            plans,
            [
                "SEARCH event USING INDEX ticket (<expr>=?)",
                "SCAN room USING INDEX unfinished",
                "SEARCH event USING PRIMARY KEY (room=?)",
                "SEARCH event USING PRIMARY KEY (room=? AND number>?)",
            ],
        )

    def test_changed_row_of_an_auction_that_is_over(self) -> None:
        """A start finds the changed row only if told to check; a ticket gets no wrong result."""
        house = self.house()
        self.sold(house)
        self.sold(house, "hall")
        house.advance()
        with closing(sqlite3.connect(self.path)) as database, database:
            database.execute(
                "UPDATE event SET body = replace(body, '150', '190') WHERE room = 'art'"
            )
        house = self.crash(house)
        self.assertEqual(self.resumed(house, 2), [UNREADABLE])
        self.assertEqual(self.resumed(house, 4), [FINISHED, WON])
        self.shut()
        self.assertEqual(
            self.refusal(check_ledger=True),
            "row 5 of room art does not hold: its hash is not that of the row before and this one.",
        )

    def test_checked(self) -> None:
        """A ledger that verifies opens."""
        house = self.house()
        self.sold(house)
        house.connect_to_lobby("JOIN art", "1 100 2 Shield")
        house = self.crash(house, check_ledger=True)
        self.assertEqual(set(house.rooms), {"main", "art"})

    def test_table_of_rooms_that_does_not_hold(self) -> None:
        """A house does not open if its table of rooms contradicts its rows."""
        house = self.house()
        self.sold(house)
        house.connect_to_lobby("JOIN art", "1 100 2 Shield")
        house.advance()
        self.shut()
        for first, why in [
            (1, "room art does not hold: its rows tell of another auction."),
            (8, "row 8 of room art does not hold: auction 3 is the next one to begin."),
            (99, "room art does not hold: its rows tell of another auction."),
        ]:
            with closing(sqlite3.connect(self.path)) as database, database:
                database.execute("UPDATE room SET first = ?", (first,))
            self.assertEqual(self.refusal(), why)


class RecallTests(RecallTestCase):
    """Results of auctions that are over."""

    def test_everyone(self) -> None:
        """Every ticket holder gets its result: a loser, a Buyer that left, a Buyer of a sale."""
        catalogue = b"1 100 2 Hat\n2 100 2 Cap\n"
        house = self.house(catalogue=catalogue)
        first, second = house.connect_to_lobby("JOIN main"), house.connect_to_lobby("JOIN main")
        house.advance(5)
        for amounts in (("120", "150"), ("90", "80")):
            for buyer, amount in zip((first, second), amounts, strict=True):
                buyer.send_lines(amount)
            house.advance(5)
        seller = house.connect_to_lobby("JOIN art", "2 100 2 Sword")
        house.connect_to_lobby("JOIN art").send_lines("QUIT ticket-4")
        house.connect_to_lobby("QUIT ticket-4")
        bidders = [house.connect_to_lobby("JOIN art", amount) for amount in ("150", "120")]
        house.advance(1)
        for amount, bidder in zip(("150", "120"), bidders, strict=True):
            bidder.send_lines(amount)
        house.advance()
        heard = {number: self.resumed(house, number) for number in range(1, 7)}
        self.assertIn("You won this item Hat! Your payment due is $150", heard[2])
        self.assertIn("Success! Your item Sword has been sold for $120", seller.read_lines())
        house = self.crash(house, after=1000)
        self.assertEqual(house.rooms.tickets.results, {})
        self.assertEqual({number: self.resumed(house, number) for number in range(1, 7)}, heard)
        self.assertEqual(len(house.rooms.tickets.results), 5)

    def test_no_such_ticket(self) -> None:
        """It is refused, also with an empty ledger."""
        house = self.crash(self.house())
        visitor = house.connect_to_lobby("RESUME ticket-1")
        house.advance(1)
        self.assertEqual(visitor.read_lines(), ["Not done: there is no such ticket."])

    def test_long_auction(self) -> None:
        """It is read in small parts, and other clients are served in between."""
        self.patch(recall, "STEP", 3)
        house = self.house()
        self.sold(house)  # six rows
        house.advance()
        house = self.crash(house)
        assert house.ledger is not None
        slow(house.ledger.store.view, house.clock)
        self.assertEqual(house.rooms.tickets.results, {})
        visitors = [house.connect_to_lobby() for _ in range(2)]
        other = house.connect_to_lobby()
        for visitor, ticket in zip(visitors, (1, 2), strict=True):
            visitor.send_lines(f"RESUME ticket-{ticket}", "LIST")
        house.advance()
        other.send_lines("PING x")
        self.assertEqual(other.read_lines(), ["Pong: x"])
        self.assertEqual([visitor.read_lines() for visitor in visitors], [[], []])
        house.advance(1)
        self.assertEqual(
            [visitor.read_lines() for visitor in visitors], [[FINISHED, SOLD], [FINISHED, WON]]
        )

    def test_twice_with_one_ticket(self) -> None:
        """The newest connection is told, as everywhere."""
        house = self.house()
        self.sold(house)
        house = self.crash(house)
        first, second = house.connect_to_lobby(), house.connect_to_lobby()
        for visitor in (first, second):
            visitor.send_lines("RESUME ticket-2")
        house.advance()
        house.advance()
        self.assertEqual(first.read_lines(), ["You have come back by another connection."])
        self.assertEqual(second.read_lines(), [FINISHED, WON])

    def test_gone_meanwhile(self) -> None:
        """A client that hung up does not block the others."""
        house = self.house()
        self.sold(house)
        house = self.crash(house)
        visitor, other = house.connect_to_lobby(), house.connect_to_lobby()
        visitor.send_lines("RESUME ticket-2")
        visitor.disconnect()
        other.send_lines("RESUME ticket-1")
        house.advance()
        house.advance()
        self.assertEqual(other.read_lines(), [FINISHED, SOLD])

    def test_too_many(self) -> None:
        """Wrong tickets do not lengthen the queue of results to read."""
        self.patch(recall, "MAX_AUCTIONS", 2)
        house = self.house()
        for room in ("a", "b", "c"):
            self.sold(house, room)
        house = self.crash(house)
        visitors = [house.connect_to_lobby() for _ in range(4)]
        for visitor, ticket in zip(visitors, (1, 3, 5, 2), strict=True):
            visitor.send_lines(f"RESUME ticket-{ticket}")
        for _ in range(4):
            house.advance()
        self.assertEqual(
            [visitor.read_lines() for visitor in visitors],
            [[FINISHED, SOLD], [FINISHED, SOLD], ["Server busy!"], [FINISHED, WON]],
        )
        self.assertTrue(visitors[2].is_closed)
        self.assertEqual(self.resumed(house, 5), [FINISHED, SOLD])

    def test_closed_meanwhile(self) -> None:
        """Closing the house does not wait for it."""
        house = self.house()
        self.sold(house)
        house = self.crash(house)
        visitor = house.connect_to_lobby()
        visitor.send_lines("RESUME ticket-2")
        house.lobby.stopFactory()
        house.advance()
        (told,) = visitor.read_lines()
        self.assertIn("The Auctioneer is closing.", told)
        self.assertIsNone(house.rooms._recall)

    def test_half_of_the_time(self) -> None:
        """After each part, reading pauses for as long as the part took."""
        house = self.house()
        self.sold(house)
        self.sold(house, "hall")
        self.shut()
        self.houses = []
        clock = Clock()
        registry: TicketRegistry[None] = TicketRegistry()
        told = registry.results
        with open_view(self.path) as view:
            slow(view, clock)
            asked = Recall(clock, view, registry, ImmediateJournal())
            for ticket in (1, 3):
                asked.ask(digest_of(f"ticket-{ticket}"), lambda room: RecordingConnection())
            self.assertRaises(
                UnknownTicket,
                asked.ask,
                digest_of("ticket-9"),
                lambda room: self.fail("a connection is given away"),
            )
            clock.advance(0)
            (call,) = clock.getDelayedCalls()
            self.assertEqual((len(told), call.getTime() - clock.seconds()), (1, 0.005))
            clock.advance(0.005)
            self.assertEqual((len(told), clock.getDelayedCalls()), (2, []))
            self.patch(recall, "MAX_AUCTIONS", 0)
            self.assertRaises(TooMany, asked.ask, digest_of("ticket-1"), RecordingConnection())
