"""Timed auctions in a house: transcripts, restarts, and a clock on the wall that is set."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from zoneinfo import ZoneInfo

from twisted.trial.unittest import SynchronousTestCase

from twisted_auction.house.doors import Doors, TimeIsPast
from twisted_auction.house.end_watch import LOOK_INTERVAL
from twisted_auction.rules.commands import Bid, Cancel, Close, Extend, GoOn, Pause
from twisted_auction.rules.terms import Terms
from twisted_auction.testing import MemoryClient, MemoryHouse

DAY = 24 * 3600

# The clock on the wall shows 2027-01-15T08:00 at first.
ENGLISH = "english:end=2027-01-17T21:00:increment=5 100 0 Vase"
ANYTIME = "At any time: type an amount to bid, or max 180 to let the Auctioneer bid up to $180."
SEALED = "second-price:end=2027-01-17T21:00 100 0 Vase"

SEALED_ARRIVAL = [
    "Your role is: [Buyer]",
    "You are Buyer {buyer}.",
    "On sale: Vase",
    "Format: second-price, from $100. One sealed bid each; the highest wins and pays the second "
    "highest. Bidding ends on 2027-01-17 at 21:00. Until then, a bid can be changed or withdrawn.",
    "Bidding ends in 2 days 13 hours.",
    "Bidding start!",
    "Please submit your bid:",
]
RECEIVED = [
    "Bid received. Please wait...",
    "At any time: type another amount to change your bid, or withdraw to take it back.",
]


def arrival(buyer: int) -> list[str]:
    return [line.format(buyer=buyer) for line in SEALED_ARRIVAL]


class TimedTestCase(SynchronousTestCase):
    def setUp(self) -> None:
        folder = TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.ledger = Path(folder.name) / "auction.sqlite3"
        self.houses: list[MemoryHouse] = []

    def house(self, **arguments: Any) -> MemoryHouse:
        house = MemoryHouse(**arguments)
        self.houses.append(house)
        return house

    def again(self, house: MemoryHouse, after: float, **changes: Any) -> MemoryHouse:
        """Kill a house, and start it again."""
        self.houses.remove(house)
        self.houses.append(house.restart(after, **changes))
        return self.houses[-1]

    def tearDown(self) -> None:
        for house in self.houses:
            house.close()

    def left(self, house: MemoryHouse) -> float:
        """Seconds to the end."""
        deadline = house.auctioneer.auction.deadline
        assert deadline is not None
        return round(deadline - house.clock.seconds(), 3)


class OpenTests(TimedTestCase):
    def test_transcript(self) -> None:
        house = self.house()
        seller = house.connect()
        seller.send_lines(ENGLISH)
        self.assertEqual(
            seller.read_lines()[2:],
            [
                f"Auction request received: {ENGLISH}",
                "Bidding start!",
                "At any time: type close to end the auction.",
                "Asking price: $100. Seconds left: 219600.",
                "Bidding ends in 2 days 13 hours.",
            ],
        )
        seller.disconnect()
        house.advance(2 * DAY)
        buyer = house.connect()
        self.assertEqual(
            buyer.read_lines(),
            [
                "Your role is: [Buyer]",
                "You are Buyer 1.",
                "On sale: Vase",
                "Format: english, from $100. Each bid is at least $5 above the highest. "
                "Bidding ends on 2027-01-17 at 21:00, or 10 seconds after a late bid.",
                "Bidding start!",
                ANYTIME,
                "Asking price: $100. Seconds left: 46800.",
                "Bidding ends in 13 hours.",
            ],
        )
        buyer.send_lines("150")
        buyer.disconnect()
        house.advance(13 * 3600 - 8)
        late = house.connect()
        self.assertEqual(
            late.read_lines()[-1],
            "Highest bid: $150 by Buyer 1. Asking price: $155. Seconds left: 8.",
        )
        late.send_lines("160")
        house.advance(9.9)
        self.assertNotIn("Auction finished!", late.read_lines())
        house.advance(0.2)
        self.assertEqual(
            late.read_lines(),
            [
                "Auction finished!",
                "Sold: Vase to Buyer 2 for $160",
                "You won this item Vase! Your payment due is $160",
            ],
        )
        house.advance(LOOK_INTERVAL)
        self.assertEqual(house.clock.getDelayedCalls(), [])

    def test_latest(self) -> None:
        """A late bid moves the end up to this time, and not beyond."""
        request = "3:end=2027-01-15T08:01:latest=2027-01-15T08:01:15 5 0 Cup"
        house = self.house()
        _, (buyer, rival) = house.open_auction(request, 2)
        house.advance(58)
        buyer.send_lines("5")
        self.assertEqual(self.left(house), 10)
        house.advance(9)
        rival.send_lines("6")
        self.assertEqual(self.left(house), 8)
        house.advance(7.5)
        buyer.send_lines("7")
        self.assertEqual(self.left(house), 0.5)
        buyer.read_lines()
        house.advance(0.5)
        self.assertIn("Sold: Cup to Buyer 1 for $7", buyer.read_lines())

    def test_refused(self) -> None:
        house = self.house(zone=ZoneInfo("Europe/Berlin"))
        seller = house.connect()
        seller.read_lines()
        for rules, reason in [
            ("end=2027-01-15T09:00", "end 2027-01-15T09:00 is past; it is 2027-01-15T09:00."),
            ("end=0001-01-01T00:00", "end 0001-01-01T00:00 is no time of the calendar."),
            ("end=2027-01-14T20:00", "end 2027-01-14T20:00 is past; it is 2027-01-15T09:00."),
            (
                "end=2028-01-17T09:00",
                "end 2028-01-17T09:00 is more than a year ahead; it is 2027-01-15T09:00.",
            ),
            (
                "end=2027-03-28T02:30",
                "end 2027-03-28T02:30 does not exist: the clocks are put forward over it in "
                "Europe/Berlin.",
            ),
            (
                "end=2027-10-31T02:30",
                "end 2027-10-31T02:30 exists twice: the clocks are put back over it in "
                "Europe/Berlin.",
            ),
            (
                "end=2027-03-27T12:00:latest=2027-03-28T02:30",
                "latest 2027-03-28T02:30 does not exist: the clocks are put forward over it in "
                "Europe/Berlin.",
            ),
        ]:
            seller.send_lines(f"english:{rules} 5 0 Cup")
            self.assertEqual(seller.read_lines()[0], f"Invalid auction request! {reason}")
        # Over the change of the clock, the week has an hour less.
        seller.send_lines("english:end=2027-04-15T09:00 5 0 Cup")
        self.assertEqual(self.left(house), 90 * DAY - 3600)

    def test_orders(self) -> None:
        """A pause and an extension are part of the promise."""
        house = self.house()
        seller, (buyer,) = house.open_auction(ENGLISH, 1)
        buyer.read_lines()
        orders = house.auctioneer.orders
        self.assertEqual(orders.give(Extend(3600)), "the time left is 2 days 14 hours.")
        house.advance(1)
        self.assertEqual(
            buyer.read_lines(),
            [
                "Time extended!",
                "Asking price: $100. Seconds left: 223200.",
                "Bidding ends in 2 days 14 hours.",
            ],
        )
        orders.give(Pause())
        house.advance(100)
        orders.give(GoOn())
        self.assertEqual(self.left(house), 2 * DAY + 14 * 3600 - 1)
        house.wall_ahead = 30
        house.advance(LOOK_INTERVAL)
        self.assertEqual(self.left(house), 2 * DAY + 14 * 3600 - 1 - 30 - LOOK_INTERVAL)
        orders.give(Close())
        self.assertIn("Not sold: Vase", seller.read_lines())


class SealedTests(TimedTestCase):
    def test_changes(self) -> None:
        house = self.house()
        seller = house.connect()
        seller.send_lines(SEALED)
        self.assertEqual(seller.read_lines()[-1], "Bidding ends in 2 days 13 hours.")
        first, second = house.connect(), house.connect()
        self.assertEqual(first.read_lines(), arrival(1))
        self.assertEqual(second.read_lines(), arrival(2))
        first.send_lines("withdraw", "x", "120", "130")
        self.assertEqual(
            first.read_lines(),
            [
                *("You have no bid to withdraw.", "Please submit your bid:"),
                "Invalid bid. Please submit a positive integer!",
                "Please submit your bid:",
                *RECEIVED,
                "Your bid is changed.",
            ],
        )
        second.send_lines("150", "WITHDRAW", "withdraw", "130", "130")
        self.assertEqual(
            second.read_lines(),
            [
                *RECEIVED,
                *("Your bid is withdrawn.", "Please submit your bid:"),
                *("You have no bid to withdraw.", "Please submit your bid:"),
                *RECEIVED,
                "Your bid is already in. Please wait...",
            ],
        )
        # Its place in the tie is that of the change.
        first.send_lines("140", "130")
        self.assertEqual(first.read_lines(), ["Your bid is changed."] * 2)
        house.advance(2 * DAY + 13 * 3600)
        self.assertEqual(
            second.read_lines(),
            ["Auction finished!", "You won this item Vase! Your payment due is $130"],
        )
        self.assertEqual(
            first.read_lines(),
            ["Auction finished!", "Unfortunately you did not win in the last round."],
        )

    def test_come_and_go(self) -> None:
        """A bid binds a Buyer who leaves. Its ticket brings it back, and it can change the bid."""
        house = self.house()
        seller = house.connect_to_lobby("JOIN main")
        seller.send_lines(SEALED)
        buyer = house.connect_to_lobby("JOIN main")
        self.assertEqual(buyer.read_lines(), ["Ticket: ticket-2", *arrival(1)])
        buyer.send_lines("120")
        buyer.disconnect()
        house.advance(DAY)
        rival = house.connect_to_lobby("JOIN main")
        rival.send_lines("125")
        back = house.connect_to_lobby("RESUME ticket-2")
        self.assertEqual(
            back.read_lines()[-3:],
            ["Bidding ends in 1 day 13 hours.", "Your bid of $120 stands.", RECEIVED[1]],
        )
        back.disconnect()
        # Before its seat is given up, it reads the same.
        back = house.connect_to_lobby("RESUME ticket-2")
        self.assertEqual(
            back.read_lines()[-3:],
            ["Bidding ends in 1 day 13 hours.", "Your bid of $120 stands.", RECEIVED[1]],
        )
        back.send_lines("130")
        back.disconnect()
        house.advance(2 * DAY)
        back = house.connect_to_lobby("RESUME ticket-2")
        self.assertEqual(
            back.read_lines(),
            ["Auction finished!", "You won this item Vase! Your payment due is $125"],
        )

    def test_seller_that_has_left_hears_of_a_cancellation(self) -> None:
        house = self.house()
        seller = house.connect_to_lobby("JOIN main")
        seller.send_lines(SEALED)
        seller.disconnect()
        house.advance(DAY)  # longer than its seat is kept
        back = house.connect_to_lobby("RESUME ticket-1")
        self.assertIn("Your role is: [Seller]", back.read_lines())
        house.auctioneer.orders.give(Cancel(), reason="Fire.")
        house.advance(1)
        self.assertEqual(back.read_lines(), ["Auction cancelled! Fire."])
        again = house.connect_to_lobby("JOIN main")
        again.send_lines(SEALED)
        again.disconnect()
        house.advance(DAY)
        house.auctioneer.orders.give(Cancel(), reason="Fire.")
        back = house.connect_to_lobby("RESUME ticket-2")
        self.assertEqual(back.read_lines(), ["Auction cancelled! Fire."])

    def test_nothing_is_told(self) -> None:
        """Of a change or a withdrawal, others read nothing, and the house tells no difference."""

        def told(*lines: str) -> list[object]:
            house = self.house()
            watcher = house.connect_to_lobby("WATCH main")
            seller, (buyer, rival) = house.open_auction(SEALED, 2)
            rival.send_lines("125")
            buyer.send_lines("120")
            house.advance(1)
            buyer.send_lines(*lines)
            house.advance(1)
            lobby = house.connect_to_lobby("LIST", "WATCH main")
            clients: list[MemoryClient] = [watcher, seller, rival, lobby]
            return [house.auctioneer.report(), *(client.read_lines() for client in clients)]

        silent = told()
        for lines in [("130",), ("withdraw",), ("withdraw", "110", "140")]:
            self.assertEqual(told(*lines), silent)
        self.assertIn("Bids: 2.", str(silent))
        self.assertEqual(
            silent[0], "Vase, second-price, bids: 2, ends in 2 days 12 hours 59 minutes 58 seconds"
        )

    def test_operator_bids(self) -> None:
        house = self.house()
        house.open_auction(SEALED, 1)
        orders = house.auctioneer.orders
        for line in (b"120", b"130"):
            self.assertEqual(orders.give(Bid(1, line)), "the bid of Buyer 1 is taken.")
        self.assertEqual(house.auctioneer.auction.bids, {1: 130})


class SaleTests(TimedTestCase):
    CATALOGUE = (
        b"1:end=2027-01-15T09:00 5 0 Cup\n"
        b"english:end=2027-01-15T09:00:30 5 0 Bowl\n"
        b"1:end=2027-01-15T09:00 5 0 Dish\n"
    )

    def test_lots(self) -> None:
        """The sale begins by itself. A lot whose end came while another one was up has the time of
        the grace."""
        house = self.house(catalogue=self.CATALOGUE)
        watcher = house.connect_to_lobby("WATCH main")
        house.advance(5)
        self.assertEqual(
            watcher.read_lines()[-3:],
            ["Bidding start!", "Bids: 0.", "Bidding ends in 59 minutes 55 seconds."],
        )
        buyer = house.connect()
        buyer.send_lines("pass", "6")
        self.assertEqual(
            buyer.read_lines()[-3:], ["You have passed this lot. Please wait...", *RECEIVED]
        )
        house.advance(3595)
        self.assertIn("You won this item Cup! Your payment due is $6", buyer.read_lines())
        house.advance(5)
        self.assertIn("Asking price: $5. Seconds left: 25.", buyer.read_lines())
        house.advance(25)
        house.advance(5)
        self.assertEqual(self.left(house), 60)
        self.assertIn("Time extended! Seconds left: 60.", buyer.read_lines())
        house.advance(60)
        self.assertIn("All lots have been up.", str(buyer.read_lines()))

    def test_past(self) -> None:
        """At the start of a new sale an end must be to come, but not when the sale goes on."""
        with self.assertRaises(TimeIsPast) as caught:
            self.house(catalogue=b"1 5 1 Cup\n1:end=2027-01-15T07:00 5 0 Bowl")
        self.assertEqual(
            str(caught.exception),
            "lot 2: end 2027-01-15T07:00 is past; it is 2027-01-15T08:00.",
        )
        house = self.house(catalogue=self.CATALOGUE, ledger=self.ledger, doors=Doors("now"))
        house.advance(10)
        house = self.again(house, DAY)
        self.assertEqual(self.left(house), 60)
        house.advance(1000)
        self.assertEqual(house.auctioneer.auction.lot, 3)


class RestartTests(TimedTestCase):
    def begin(self, request: str = ENGLISH, **terms: Any) -> MemoryHouse:
        house = self.house(ledger=self.ledger, terms=Terms(**terms))
        client = house.connect_to_lobby("JOIN main")
        client.send_lines(request)
        house.advance(10)
        return house

    def test_outage(self) -> None:
        """Outages do not move the end: a server that is restarted each night ends on time."""
        house = self.begin()
        for _ in range(2):
            house.clock.advance(DAY - 3600)
            house = self.again(house, 3600)
        self.assertEqual(self.left(house), 13 * 3600 - 10)

    def test_over_the_end(self) -> None:
        """After the return, participants have the time of the grace."""
        house = self.begin()
        buyer = house.connect_to_lobby("JOIN main")
        buyer.send_lines("150")
        house.advance(1)
        house = self.again(house, 3 * DAY)
        self.assertEqual(self.left(house), 60)
        buyer = house.connect_to_lobby("RESUME ticket-2")
        self.assertIn(
            "Highest bid: $150 by Buyer 1. Asking price: $155. Seconds left: 60.",
            buyer.read_lines(),
        )
        house = self.again(house, 5)  # killed once more within the grace
        self.assertEqual(self.left(house), 60)
        house.advance(60)
        self.assertEqual(house.console[-1].split("!")[0], ">> Item sold")

    def test_shortly_before(self) -> None:
        house = self.begin(resume_grace=20)
        house.clock.advance(2 * DAY + 13 * 3600 - 40)
        self.assertEqual(self.left(self.again(house, 5)), 25)

    def test_late_bid(self) -> None:
        """A late bid ends the promise: then the time since the last row does not count."""
        house = self.begin()
        buyer = house.connect_to_lobby("JOIN main")
        house.clock.advance(2 * DAY + 13 * 3600 - 10 - 4)
        buyer.send_lines("150")
        house.advance(2)
        self.assertEqual(self.left(self.again(house, 500)), 10)

    def test_bid_at_the_return(self) -> None:
        """With exactly the extension left, sums of floats decide whether the bid moves the end. The
        ledger holds in any case."""
        for tenths in range(1, 5):
            self.ledger = self.ledger.with_name(f"{tenths}.sqlite3")
            house = self.begin("english:duration=30 100 1 Vase")
            house.connect_to_lobby("JOIN main", "150")
            house.advance(25 + tenths / 7)
            house.connect_to_lobby("JOIN main", "160")
            house.advance(0)
            house = self.again(house, 0)
            house.connect_to_lobby("JOIN main", "170")
            house.advance(0)
            house = self.again(house, 0)
            self.assertEqual(self.left(house), 10)

    def test_pause_before_the_opening(self) -> None:
        """It moves the end by a part of a second. The ledger holds."""
        for tenths in range(1, 5):
            self.ledger = self.ledger.with_name(f"{tenths}.sqlite3")
            catalogue = b"english:end=2027-01-15T09:00 100 0 Vase\n"
            house = self.house(ledger=self.ledger, catalogue=catalogue, doors=Doors("now"))
            house.advance(tenths / 7)
            house.auctioneer.orders.give(Pause())
            house.advance(tenths / 3)
            house.auctioneer.orders.give(GoOn())
            house.advance(6)
            house = self.again(house, 0)
            self.assertEqual(self.left(house), round(3600 - 6 - tenths / 7, 3))

    def test_pause(self) -> None:
        """A pause goes on over a restart, and moves the end by its whole length."""
        house = self.begin(SEALED)
        house.auctioneer.orders.give(Pause())
        house.advance(100)
        house = self.again(house, 1000)
        house.auctioneer.orders.give(GoOn())
        house.advance(LOOK_INTERVAL)
        self.assertEqual(self.left(house), 2 * DAY + 13 * 3600 - 10 - LOOK_INTERVAL)

    def test_clock_set_in_a_pause(self) -> None:
        """The end moves with it after the pause."""
        house = self.begin()
        house.auctioneer.orders.give(Pause())
        house.wall_ahead += 600
        house.advance(LOOK_INTERVAL)
        house.auctioneer.orders.give(GoOn())
        self.assertEqual(self.left(house), 2 * DAY + 13 * 3600 - 10 - 600)

    def test_clock_set_after_a_pause(self) -> None:
        """A house that was restarted in the pause looks at the clock again."""
        house = self.begin()
        house.auctioneer.orders.give(Pause())
        house.advance(1)
        house = self.again(house, 0)
        house.auctioneer.orders.give(GoOn())
        house.wall_ahead += 600
        house.advance(LOOK_INTERVAL)
        self.assertEqual(self.left(house), 2 * DAY + 13 * 3600 - 10 - 600 - LOOK_INTERVAL)

    def test_other_zone(self) -> None:
        """The end is a time of day in the house's present time zone."""
        house = self.again(self.begin(), 0, zone=ZoneInfo("America/New_York"))
        self.assertEqual(self.left(house), 2 * DAY + 18 * 3600 - 10)

    def test_clock_set(self) -> None:
        """With a ledger, too: its rows keep their order, and a later start reads the wall again."""
        for ahead in (1800, -1800):
            house = self.begin()
            house.wall_ahead += ahead
            house.advance(LOOK_INTERVAL)
            left = 2 * DAY + 13 * 3600 - 10 - LOOK_INTERVAL - ahead
            self.assertEqual(self.left(house), left)
            house = self.again(house, 100)
            self.assertEqual(self.left(house), left - 100)
            house.clock.advance(left)
            self.ledger = self.ledger.with_name(f"{ahead}.sqlite3")


class ClockTests(TimedTestCase):
    def test_set(self) -> None:
        house = self.house()
        _, (buyer,) = house.open_auction(SEALED, 1)
        for ahead, seconds in [(0.9, 0), (1.1, 1.1), (2, 1.1), (3600, 3600), (-DAY, -DAY), (0, 0)]:
            house.wall_ahead = ahead
            house.advance(LOOK_INTERVAL)
            left = 2 * DAY + 13 * 3600 - seconds - (house.clock.seconds() - 1e6)
            self.assertAlmostEqual(self.left(house), left, 2, msg=str(ahead))
        self.assertEqual(buyer.read_lines()[-1], "Bidding ends in 2 days 12 hours 54 minutes.")

    def test_past_the_end(self) -> None:
        """A clock that is set beyond the end leaves a last minute, and then moves nothing."""
        house = self.house()
        house.open_auction(SEALED, 1)
        house.wall_ahead = 5 * DAY
        house.advance(LOOK_INTERVAL)
        self.assertEqual(self.left(house), 60)
        house.wall_ahead = 0
        house.advance(59)
        self.assertEqual(self.left(house), 1)

    def test_one_timer(self) -> None:
        """One timer looks at the clock for all rooms, and only while an auction is timed."""
        house = self.house()
        sellers = [house.connect_to_lobby(f"JOIN room-{number}") for number in range(5)]
        for seller in sellers:
            seller.send_lines("english:end=2027-01-16T08:00:extension=0 5 0 Cup")
        house.advance(1)
        self.assertEqual(str(house.clock.getDelayedCalls()).count("EndWatch"), 1)
        house.wall_ahead = 600
        house.advance(LOOK_INTERVAL)
        for number in range(5):
            auction = house.rooms[f"room-{number}"].auction
            self.assertEqual(auction.ends_at, 1e6 + DAY - 600)
        house.advance(DAY)
        self.assertNotIn("EndWatch", str(house.clock.getDelayedCalls()))

    def test_sale_is_over(self) -> None:
        """Nothing looks at the clock for a sale that is over."""
        house = self.house(catalogue=b"1:end=2027-01-15T09:00 5 0 Cup", terms=Terms(after_sale=0))
        house.advance(3600)
        self.assertTrue(house.auctioneer.is_over)
        house.advance(LOOK_INTERVAL)
        self.assertNotIn("EndWatch", str(house.clock.getDelayedCalls()))
