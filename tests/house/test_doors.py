"""A sale with doors: it begins at a time or by order, and stays open after its last lot."""

from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from tests.house.support import FINISHED, HouseTestCase
from twisted_auction.house.doors import Doors, NotATime, TimeIsPast, parse_time, parse_zone
from twisted_auction.rules.commands import Close, Start, Tell
from twisted_auction.rules.refusals import OrderRefused
from twisted_auction.rules.terms import Terms
from twisted_auction.rules.transitions import Phase
from twisted_auction.testing import MemoryHouse

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 12, 5, 18, 30, tzinfo=UTC)

CATALOGUE = b"1 100 3 Sword\n3:duration=20:extension=0 10 9 Cup\n"
OPENED = datetime(2027, 1, 15, 8, 0, tzinfo=UTC)
"""The time of day at which the clock of a test house starts."""

SEALED = "One sealed bid each; the highest wins and pays what it bid."
SWORD = ["Lot 1 of 2.", "On sale: Sword", f"Format: first-price, from $100. {SEALED}"]
CUP = [
    "Lot 2 of 2.",
    "On sale: Cup",
    "Format: english, from $10. Each bid is at least $1 above the highest. There are 20 seconds.",
]
MAY_PASS = "Type an amount, or pass."
OPENS = "Bidding opens in 5 seconds."
ASKED = ["Bidding start!", "Please submit your bid:"]
BUYER_1 = ["Your role is: [Buyer]", "You are Buyer 1."]
LAST = "All lots have been up. The sale ends in 10 minutes."
OVER = "The sale is over."
CUP_UNSOLD = [FINISHED, "Not sold: Cup", "Unfortunately you did not win in the last round."]


class TimeTests(SynchronousTestCase):
    """Times as people write them."""

    def test_times(self) -> None:
        for text, zone, expected in [
            ("2026-12-05T19:45", BERLIN, "2026-12-05T19:45:00+01:00"),
            ("2026-12-05 19:45:30", BERLIN, "2026-12-05T19:45:30+01:00"),
            ("19:45", BERLIN, "2026-12-05T19:45:00+01:00"),
            ("2026-07-01t00:00", BERLIN, "2026-07-01T00:00:00+02:00"),
            ("19:45", UTC, "2026-12-05T19:45:00+00:00"),
            ("01:00", ZoneInfo("Asia/Tokyo"), "2026-12-06T01:00:00+09:00"),
        ]:
            self.assertEqual(parse_time(text, zone, NOW).isoformat(), expected, text)

    def test_no_times(self) -> None:
        what = "a time, such as 2026-12-05T19:00, or 19:00 for today"
        for text in [
            "",
            "soon",
            "7pm",
            "19",
            "2026-12-05",
            "2026-12-05T19:00Z",
            "19:00\n",
            "١٩:٠٠",
        ]:
            with self.assertRaises(NotATime) as caught:
                parse_time(text, BERLIN, NOW)
            self.assertEqual(str(caught.exception), what)
        for text in ["2026-02-30T19:00", "2026-12-05T25:00", "0000-01-01T00:00", "24:00"]:
            with self.assertRaises(ValueError) as caught_value:
                parse_time(text, BERLIN, NOW)
            self.assertEqual(str(caught_value.exception), f"there is no time {text}")

    def test_changes_of_the_clock(self) -> None:
        """In the gap there is no such time, in the doubled hour there are two."""
        for text, complaint in [
            ("2026-03-29T01:59", ""),
            ("2026-03-29T02:00", "does not exist: the clocks are put forward over it"),
            ("2026-03-29T02:59:59", "does not exist: the clocks are put forward over it"),
            ("2026-03-29T03:00", ""),
            ("2026-10-25T01:59:59", ""),
            ("2026-10-25T02:00", "exists twice: the clocks are put back over it"),
            ("2026-10-25T02:59", "exists twice: the clocks are put back over it"),
            ("2026-10-25T03:00", ""),
        ]:
            if complaint:
                with self.assertRaises(ValueError) as caught:
                    parse_time(text, BERLIN, NOW)
                self.assertEqual(str(caught.exception), f"{text} {complaint} in Europe/Berlin")
            else:
                parse_time(text, BERLIN, NOW)

    @given(
        st.datetimes(datetime(1990, 1, 1), datetime(2037, 1, 1)),
        st.sampled_from(["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "UTC"]),
    )
    def test_any_time(self, time: datetime, zone: str) -> None:
        """A time is refused exactly if not one instant has it."""
        text = f"{time:%Y-%m-%dT%H:%M:%S}"
        wanted = datetime.fromisoformat(text)
        # Every offset of these zones is a whole number of half hours from -12 to 14 hours.
        offsets = (timedelta(minutes=minutes) for minutes in range(-720, 841, 30))
        instants = [(wanted - offset).replace(tzinfo=UTC) for offset in offsets]
        local = [instant.astimezone(ZoneInfo(zone)) for instant in instants]
        those = [instant for instant in local if instant.replace(tzinfo=None) == wanted]
        try:
            parsed = [parse_time(text, ZoneInfo(zone), NOW)]
        except ValueError as error:
            self.assertIn("twice" if those else "not exist", str(error))
            self.assertNotEqual(len(those), 1)
        else:
            self.assertEqual(parsed, those)

    def test_zones(self) -> None:
        self.assertEqual(parse_zone("Europe/Berlin"), BERLIN)
        for name in ["", "Mars/Olympus", "../etc/passwd", "Europe", "/etc/passwd", "\0"]:
            with self.assertRaises(ValueError) as caught:
                parse_zone(name)
            self.assertEqual(
                str(caught.exception),
                f"no time zone is called {name!r}; one is called Europe/Berlin, for example",
            )

    def test_doors(self) -> None:
        zone: tzinfo | None
        for zone in (None, BERLIN):
            self.assertEqual(Doors.parse("NOW", zone, NOW), Doors("now", zone))
            self.assertEqual(Doors.parse("order", zone, NOW), Doors("order", zone))
        doors = Doors.parse("19:45", BERLIN, NOW)
        self.assertEqual(doors.starts, NOW + timedelta(minutes=15))
        doors.check(NOW)
        with self.assertRaises(TimeIsPast) as caught:
            doors.check(NOW + timedelta(minutes=15))
        self.assertEqual(
            str(caught.exception), "2026-12-05T19:45:00 is past; it is 2026-12-05T19:45:00."
        )
        with self.assertRaises(NotATime) as caught_text:
            Doors.parse("later", BERLIN, NOW)
        self.assertEqual(
            str(caught_text.exception),
            "now, order or a time, such as 2026-12-05T19:00, or 19:00 for today",
        )
        for starts in (NOW.replace(tzinfo=None), "soon"):
            self.assertRaises(ValueError, Doors, starts)


def minutes(number: float) -> Doors:
    """The doors of a sale that begins so many minutes after the clock of the house starts."""
    return Doors(OPENED + timedelta(minutes=number))


class SaleTests(HouseTestCase):
    """Sales with doors, in memory."""

    def opened(self, doors: Doors, terms: Terms | None = None) -> MemoryHouse:
        house = MemoryHouse(terms or Terms(), catalogue=CATALOGUE, ledger=self.path, doors=doors)
        self.houses = [house]
        return house

    def test_at_a_time(self) -> None:
        """One Buyer waits, and hears the whole sale; the counts of the catalogue are ignored."""
        house = self.opened(minutes(12))
        watcher = house.connect_to_lobby("WATCH main")
        buyer = house.connect()
        house.advance()
        buyer.send_lines("100")
        house.advance(60 * 12)
        self.assertEqual(
            buyer.read_lines(),
            [
                *[*BUYER_1, "The sale begins in 12 minutes."],
                "Bidding has not started. Please wait...",
                *[*SWORD, MAY_PASS, OPENS],
            ],
        )
        house.advance(5)
        buyer.send_lines("120")
        house.advance()
        house.advance(4)
        late = house.connect()
        house.advance(1)
        buyer.send_lines("15")
        house.advance(20)
        asking = "Asking price: $10. Seconds left: 20."
        highest = "Highest bid: $15 by Buyer 1. Asking price: $16. Seconds left:"
        self.assertEqual(
            buyer.read_lines(),
            [
                *[*ASKED, "Bid received. Please wait..."],
                *[FINISHED, "You won this item Sword! Your payment due is $120", *CUP, OPENS],
                *["Bidding start!", "At any time: type an amount to bid.", asking],
                *["You hold the highest bid: $15.", f"{highest} 20."],
                *["Going once!", f"{highest} 6.", "Going twice!", f"{highest} 3."],
                *[FINISHED, "Sold: Cup to Buyer 1 for $15"],
                *["You won this item Cup! Your payment due is $15", LAST],
            ],
        )  # fmt: skip
        self.assertEqual(late.read_lines()[-1], LAST)
        newcomer = house.connect()
        house.advance(599)
        self.assertEqual(newcomer.read_lines(), ["Your role is: [Buyer]", "You are Buyer 3.", LAST])
        self.assertFalse(newcomer.is_closed)
        house.advance(1)
        for client in (newcomer, buyer, late):
            self.assertEqual(client.read_lines(), [OVER])
            self.assertTrue(client.is_closed)
        self.assertEqual(
            [line for line in watcher.read_lines() if not line.startswith(("Highest", "Going"))],
            [
                *["Your role is: [Watcher]", "The sale begins in 12 minutes.", "Buyers: 0."],
                *["Buyers: 1.", *SWORD, "Buyers: 1.", "Bidding start!", "Bids: 0 of 1."],
                *["Bids: 1 of 1.", FINISHED, *CUP, "Buyers: 1.", "Buyers: 2.", "Bidding start!"],
                *[asking, FINISHED, "Sold: Cup to Buyer 1 for $15", LAST, "Buyers: 3.", OVER],
            ],
        )
        self.assertIs(house.auctioneer.auction.phase, Phase.ENDED)
        house.close()
        self.houses = []
        self.assertEqual(self.verify().unfinished, {})

    def test_nobody_comes(self) -> None:
        """Each lot opens after its pause, and none is sold."""
        house = self.opened(Doors("now"), Terms(lot_time=0))
        house.advance()
        self.assertEqual(house.auctioneer.auction.lot, 1)
        house.advance(5)
        self.assertEqual(house.auctioneer.auction.lot, 2)
        house.advance(25)
        self.assertIs(house.auctioneer.auction.phase, Phase.WAITING)
        house.advance(600)
        self.assertIs(house.auctioneer.auction.phase, Phase.ENDED)

    def test_ends_at_once(self) -> None:
        house = self.opened(Doors("now"), Terms(after_sale=0))
        buyer = house.connect()
        house.advance(5)
        buyer.send_lines("pass")
        house.advance()
        house.advance(25)
        self.assertEqual(buyer.read_lines()[-4:], [*CUP_UNSOLD, OVER])
        self.assertTrue(buyer.is_closed)

    def test_by_order(self) -> None:
        """It waits, and the reports say so."""
        house = self.opened(Doors("order"))
        house.advance(86400)
        buyer = house.connect()
        house.advance()
        self.assertEqual(
            buyer.read_lines(), [*BUYER_1, "The sale begins when the Auctioneer starts it."]
        )
        self.assertEqual(house.auctioneer.report(), "the sale begins by order, Buyers: 1")

    def test_reports(self) -> None:
        house = self.opened(minutes(65))
        self.assertEqual(
            house.auctioneer.report(), "the sale begins in 1 hour 5 minutes, Buyers: 0"
        )
        house.advance(60 * 65)
        self.assertEqual(house.auctioneer.report(), "lot 1 of 2, Sword, first-price, Buyers: 0")
        house.advance(5)
        report = "lot 1 of 2, Sword, first-price, bids: 0, awaited: 0, seconds left: 60"
        self.assertEqual(house.auctioneer.report(), report)
        house.advance(85)
        self.assertEqual(
            house.auctioneer.report(), "all lots have been up, seconds left: 600, Buyers: 0"
        )

    def test_restart_before_the_start(self) -> None:
        """The start is a promise by the clock on the wall: time without a server counts."""
        house = self.opened(minutes(12))
        buyer = house.connect_to_lobby("JOIN main")
        house.advance(120)
        self.assertEqual(buyer.read_lines()[1:], [*BUYER_1, "The sale begins in 12 minutes."])
        house = self.crash(house, after=180)
        buyer = house.connect_to_lobby("RESUME ticket-1")
        self.assertEqual(buyer.read_lines(), [*BUYER_1, "The sale begins in 7 minutes."])
        house.advance(60)
        house.rooms.close()
        house = self.crash(house, after=60)
        buyer = house.connect_to_lobby("RESUME ticket-1")
        self.assertEqual(buyer.read_lines(), [*BUYER_1, "The sale begins in 5 minutes."])
        house.advance(300)
        self.assertEqual(buyer.read_lines(), [*SWORD, MAY_PASS, OPENS])

    def test_restart_after_the_start(self) -> None:
        """A server that was away at the time of the start begins the sale when it is back."""
        house = self.opened(minutes(12))
        house.connect_to_lobby("JOIN main")
        house.advance(60)
        house = self.crash(house, after=3600)
        buyer = house.connect_to_lobby("RESUME ticket-1")
        house.advance()
        self.assertEqual(buyer.read_lines(), [*BUYER_1, *SWORD, MAY_PASS, OPENS])

    def test_restart_during_the_sale(self) -> None:
        """The start is past then, and the sale goes on with the time that was left."""
        house = self.opened(minutes(12), Terms(lot_time=60))
        house.connect_to_lobby("JOIN main")
        house.advance(60 * 12 + 5 + 20)
        house.rooms.close()
        house = self.crash(house, after=3600)
        buyer = house.connect_to_lobby("RESUME ticket-1", "130")
        house.advance(39)
        self.assertEqual(house.auctioneer.auction.lot, 2)
        self.assertIn("You won this item Sword! Your payment due is $130", buyer.read_lines())

    def test_restart_after_the_lots(self) -> None:
        """The time without a server does not count."""
        house = self.opened(Doors("now"))
        house.connect_to_lobby("JOIN main")
        house.advance(5)
        house.advance(60 + 25 + 300)
        house.rooms.close()
        house = self.crash(house, after=3600)
        buyer = house.connect_to_lobby("RESUME ticket-1")
        self.assertEqual(
            buyer.read_lines()[-3:],
            [*BUYER_1, "All lots have been up. The sale ends in 5 minutes."],
        )
        house.advance(300)
        self.assertEqual(buyer.read_lines(), [OVER])

    def test_restart_after_the_sale(self) -> None:
        """The room is over; nothing is sold again. Another catalogue is another sale."""
        house = self.opened(Doors("now"))
        house.connect_to_lobby("JOIN main")
        house.advance(5)
        house.advance(60 + 25 + 600)
        self.assertTrue(house.rooms.main.is_over)
        for _ in range(2):
            house.rooms.close()
            self.assertFalse(house.rooms.main.is_over)
            house = self.crash(house, after=3600)
            self.assertTrue(house.rooms.main.is_over)
            buyer = house.connect_to_lobby("JOIN main")
            self.assertEqual(buyer.read_lines(), [OVER])
            watcher = house.connect_to_lobby("LIST", "WATCH main")
            self.assertEqual(
                watcher.read_lines(),
                ["Room main: the sale is over.", "Rooms: 1.", "Your role is: [Watcher]", OVER],
            )
            for action in (Start(), Close(), Tell("Good night!")):
                with self.assertRaises(OrderRefused) as caught:
                    house.auctioneer.orders.give(action)
                self.assertEqual(caught.exception.why, "the sale is over.")
        house.rooms.close()
        house = self.crash(house, catalogue=b"1 5 1 A\n1 5 1 B")
        self.assertFalse(house.rooms.main.is_over)

    def test_past(self) -> None:
        """A sale that should have begun before is refused, and the ledger is free again."""
        self.shut()
        with self.assertRaises(TimeIsPast) as caught:
            self.opened(minutes(-1))
        self.assertEqual(
            str(caught.exception), "2027-01-15T07:59:00 is past; it is 2027-01-15T08:00:00."
        )
        self.opened(minutes(1))

    def test_other_catalogue(self) -> None:
        """Before the first lot, only the number of lots must be the same."""
        house = self.opened(minutes(12))
        house.rooms.close()
        house = self.crash(house, catalogue=b"1 5 1 A\n1 5 1 B")
        house.rooms.close()
        with self.assertRaises(Exception) as caught:
            self.crash(house, catalogue=b"1 5 1 A")
        self.assertEqual(
            str(caught.exception),
            "a sale in room main has not ended: start with --room main and the same --catalogue, "
            "or with another --ledger.",
        )

    def test_without_a_catalogue(self) -> None:
        with self.assertRaises(ValueError) as caught:
            MemoryHouse(doors=Doors("now"))
        self.assertEqual(str(caught.exception), "only the sale of a catalogue has doors")
