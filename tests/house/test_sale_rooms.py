"""A sale of all lots together: each has a room of its own, and all open at once."""

from datetime import UTC, datetime

from twisted.trial.unittest import SynchronousTestCase

from tests.house.support import FINISHED, HouseTestCase
from twisted_auction.house.doors import Doors, TimeIsPast
from twisted_auction.house.rooms import Rooms
from twisted_auction.house.sale_rooms import lots_by_room
from twisted_auction.ledger.row import LedgerError
from twisted_auction.rules.catalogue import parse_catalogue
from twisted_auction.rules.commands import Start
from twisted_auction.rules.request import Lot
from twisted_auction.rules.terms import Terms
from twisted_auction.testing import MemoryClient, MemoryHouse, StrictClock

CATALOGUE = b"""\
lot,item,type,lowest_price,seller
12/a,Desk,english:duration=20:extension=0,20,
12b,Lamp,english:duration=30:extension=0,40,
13,Cup,first-price,5,
"""

EIGHT = datetime(2027, 1, 15, 8, tzinfo=UTC)
"""The time of day at which the clock of a test house starts."""

BUYER_1 = ["Your role is: [Buyer]", "You are Buyer 1."]
DESK = [
    "Lot 1 of 1.",
    "Catalogue number: 12/a.",
    "On sale: Desk",
    "Format: english, from $20. Each bid is at least $1 above the highest. There are 20 seconds.",
]
LAMP = [
    "Lot 1 of 1.",
    "Catalogue number: 12b.",
    "On sale: Lamp",
    "Format: english, from $40. Each bid is at least $1 above the highest. There are 30 seconds.",
]
OPENS = "Bidding opens in 5 seconds."
STARTED = ["Bidding start!", "At any time: type an amount to bid."]
LAST = "All lots have been up. The sale ends in 10 minutes."
BY_ORDER = "The sale begins when the Auctioneer starts it."
OVER = "The sale is over."


def catalogue(text: bytes) -> tuple[Lot, ...]:
    return parse_catalogue(text, 9, min_bidders=0)


class RoomNameTests(SynchronousTestCase):
    """The rooms of lots, by their own numbers or their places."""

    def test_own_numbers(self) -> None:
        rooms = lots_by_room(catalogue(CATALOGUE))
        self.assertEqual([*rooms], ["12_a", "12b", "13"])
        self.assertEqual([lot.label for (lot,) in rooms.values()], ["12/a", "12b", "13"])

    def test_places(self) -> None:
        rooms = lots_by_room(catalogue(b"1 5 0 Cup\n1 6 0 Jug\n"))
        self.assertEqual(
            [(name, lot.label, lot.request.item_name) for name, (lot,) in rooms.items()],
            [("1", "1", "Cup"), ("2", "2", "Jug")],
        )

    def test_one_room_for_two(self) -> None:
        with self.assertRaises(ValueError) as caught:
            lots_by_room(catalogue(b"lot,item,type,lowest_price\n1.2,Cup,1,5\n1/2,Jug,1,5\n"))
        self.assertEqual(str(caught.exception), "lots 1.2 and 1/2 would both be in room 1_2")

    def test_impossible(self) -> None:
        clock = StrictClock()
        with self.assertRaises(ValueError) as caught:
            Rooms(clock, together=True)
        self.assertEqual(str(caught.exception), "only the sale of a catalogue is held together")
        lots = catalogue(CATALOGUE)
        with self.assertRaises(ValueError) as caught:
            Rooms(clock, catalogue=lots, together=True, max_rooms=2)
        self.assertEqual(str(caught.exception), "max_rooms must be a whole number from 3, not 2")
        self.assertEqual(len(Rooms(clock, catalogue=lots, together=True, max_rooms=3)), 3)


class TogetherTests(HouseTestCase):
    """A sale of three lots, over the lobby."""

    def together(
        self, text: bytes = CATALOGUE, terms: Terms | None = None, doors: Doors | None = None
    ) -> MemoryHouse:
        house = MemoryHouse(
            terms or Terms(lot_pause=5, lot_time=25),
            catalogue=text,
            ledger=self.path,
            doors=doors,
            together=True,
        )
        self.houses = [house]
        return house

    def again(self, catalogue: bytes = CATALOGUE, together: bool = True) -> None:
        """Start a house on the ledger of one that was killed."""
        MemoryHouse(catalogue=catalogue, ledger=self.path, doors=Doors("now"), together=together)

    def said(self, client: MemoryClient) -> list[str]:
        """The lines of a client without its ticket, which comes first."""
        lines = client.read_lines()
        return lines[1:] if lines[:1] and lines[0].startswith("Ticket: ") else lines

    def test_whole(self) -> None:
        """One client takes part in two rooms, another wins the third lot by a sealed bid."""
        house = self.together()
        desk, lamp = house.connect_to_lobby("JOIN 12_a"), house.connect_to_lobby("JOIN 12b")
        other, cup = house.connect_to_lobby("JOIN 12b"), house.connect_to_lobby("JOIN 13")
        house.advance(5)
        desk.send_lines("20")
        lamp.send_lines("50")
        house.advance(1)
        other.send_lines("60")
        cup.send_lines("7")
        house.advance(19)
        self.assertEqual(
            self.said(desk),
            [
                *[*BUYER_1, *DESK, OPENS, *STARTED, "Asking price: $20. Seconds left: 20."],
                "You hold the highest bid: $20.",
                "Highest bid: $20 by Buyer 1. Asking price: $21. Seconds left: 20.",
                "Going once!",
                "Highest bid: $20 by Buyer 1. Asking price: $21. Seconds left: 6.",
                "Going twice!",
                "Highest bid: $20 by Buyer 1. Asking price: $21. Seconds left: 3.",
                *[FINISHED, "Sold: Desk to Buyer 1 for $20"],
                *["You won this item Desk! Your payment due is $20", LAST],
            ],
        )  # fmt: skip
        watcher = house.connect_to_lobby("LIST")
        self.assertEqual(
            watcher.read_lines(),
            [
                "Room 12_a: all lots have been up, seconds left: 600, Buyers: 1.",
                "Room 12b: lot 1 of 1, catalogue number 12b, Lamp, english, Buyers: 2, "
                "highest bid $60 by Buyer 2, seconds left: 10.",
                "Room 13: all lots have been up, seconds left: 581, Buyers: 1.",
                "Rooms: 3.",
            ],
        )
        house.advance(10)
        self.assertEqual(
            [line for line in other.read_lines() if "Lamp" in line],
            [
                "On sale: Lamp",
                "Sold: Lamp to Buyer 2 for $60",
                "You won this item Lamp! Your payment due is $60",
            ],
        )
        self.assertEqual(
            lamp.read_lines()[-2:], ["Unfortunately you did not win in the last round.", LAST]
        )
        self.assertFalse(house.rooms.sale.is_over(house.rooms))
        house.advance(600)
        for client in (desk, lamp, other, cup):
            self.assertEqual(client.read_lines()[-1:], [OVER])
            self.assertTrue(client.is_closed)
        self.assertTrue(house.rooms.sale.is_over(house.rooms))
        self.verify()

    def test_restart(self) -> None:
        """Each room goes on where it was: one with bids, one that is over, one that has not had a
        Buyer."""
        house = self.together(terms=Terms(lot_pause=5, lot_time=15, after_sale=0))
        lamp, cup = house.connect_to_lobby("JOIN 12b"), house.connect_to_lobby("JOIN 13")
        house.advance(5)
        lamp.send_lines("50")
        cup.send_lines("7")
        house.advance(19)
        self.assertEqual(cup.read_lines()[-1:], [OVER])
        house = self.crash(house, after=1000)
        self.assertEqual(
            house.connect_to_lobby("LIST").read_lines(),
            [
                "Room 12_a: lot 1 of 1, catalogue number 12/a, Desk, english, Buyers: 0, no bid, "
                "asking price $20, seconds left: 1.",
                "Room 12b: lot 1 of 1, catalogue number 12b, Lamp, english, Buyers: 1, highest bid "
                "$50 by Buyer 1, seconds left: 11.",
                "Room 13: the sale is over.",
                "Rooms: 3.",
            ],
        )
        back = house.connect_to_lobby("RESUME ticket-1")
        house.advance(11)
        self.assertEqual(
            back.read_lines()[-3:],
            [
                "Sold: Lamp to Buyer 1 for $50",
                "You won this item Lamp! Your payment due is $50",
                OVER,
            ],
        )
        house = self.crash(house)
        self.assertTrue(house.rooms.sale.is_over(house.rooms))
        self.assertEqual(house.connect_to_lobby("JOIN 13").read_lines()[-1:], [OVER])
        self.verify()

    def test_a_stop_before_the_start(self) -> None:
        house = self.together(doors=Doors("order"))
        early = house.connect_to_lobby("JOIN 13")
        self.assertEqual(self.said(early), [*BUYER_1, BY_ORDER])
        house.rooms.close()
        house = self.crash(house)
        house.rooms["13"].orders.give(Start())
        house.advance(5)
        self.assertEqual(
            house.connect_to_lobby("LIST").read_lines(),
            [
                "Room 12_a: the sale begins by order, Buyers: 0.",
                "Room 12b: the sale begins by order, Buyers: 0.",
                "Room 13: lot 1 of 1, catalogue number 13, Cup, first-price, bids: 0, awaited: 1, "
                "seconds left: 25.",
                "Rooms: 3.",
            ],
        )

    def test_a_lot_added_to_the_catalogue(self) -> None:
        """The new lot begins at once if the start is past: the others have begun in time."""
        house = self.together()
        house.advance(5)
        more = CATALOGUE + b"14,Jug,english:duration=20,3,\n"
        house = self.crash(house, after=60, catalogue=more)
        house.advance(5)
        self.assertEqual(
            house.connect_to_lobby("LIST").read_lines()[-2:],
            [
                "Room 14: lot 1 of 1, catalogue number 14, Jug, english, Buyers: 0, no bid, "
                "asking price $3, seconds left: 20.",
                "Rooms: 4.",
            ],
        )

    def test_other_catalogues(self) -> None:
        """An unfinished lot must be in the catalogue, as it was."""
        house = self.together()
        house.advance(5)
        assert house.ledger is not None
        house.ledger.store.close()
        self.houses = []
        for text, room in [
            (CATALOGUE.replace(b"Desk", b"Table"), "12_a"),
            (CATALOGUE.replace(b"12b,Lamp,english:duration=30:extension=0,40,\n", b""), "12b"),
            (CATALOGUE.replace(b"first-price,5", b"first-price,6"), "13"),
        ]:
            with self.assertRaises(LedgerError) as caught:
                self.again(catalogue=text)
            self.assertEqual(
                str(caught.exception),
                f"a sale in room {room} has not ended: start with the same --catalogue, --together "
                "and --ends, or with another --ledger.",
            )
        with self.assertRaises(LedgerError) as caught:
            self.again(together=False)
        self.assertIn("room 12_a has not ended", str(caught.exception))

    def test_past(self) -> None:
        """A sale of which no lot has begun in time does not begin."""
        with self.assertRaises(TimeIsPast):
            self.together(doors=Doors.parse("2027-01-15T07:59", UTC, EIGHT))
