from itertools import product
from typing import Any

from twisted.logger import LogEvent, Logger, LogLevel, formatEvent, globalLogPublisher
from twisted.trial.unittest import SynchronousTestCase

from twisted_auction.rules import events as ev
from twisted_auction.rules.events import SELLER, Event
from twisted_auction.rules.formats import FORMATS
from twisted_auction.rules.grammar import parse_request
from twisted_auction.server.console import assignment_console, log_events, news
from twisted_auction.testing import MemoryHouse

REQUEST = parse_request("2 100 2 Wolf № 5 {x}".encode(), max_bidders=9)
EVENTS: list[Event] = [
    ev.Arrived(SELLER, "127.0.0.1:55741", 300.0),
    ev.RequestAccepted(REQUEST),
    ev.Arrived(1, "127.0.0.1:55758"),
    ev.Arrived(2, "[::1]:55770"),
    ev.BiddingOpened(300.0),
    ev.BidTaken(1, 150),
    ev.Left(1),
    ev.Left(SELLER),
    ev.Left(2, 300),
    ev.Sold(1, 150, 100),
    ev.Unsold(80),
    ev.Unsold(None),
    ev.LotAnnounced(2, 5, REQUEST, 5.0),
    ev.Raised(2, 105, outbid=1),
    ev.Extended(70.0, 10),
    ev.Called(1),
    ev.Called(2),
    ev.PriceFell(490, 10.0),
    ev.BiddingClosed(SELLER),
    ev.BiddingClosed(None),
    ev.Arrived(SELLER, "", 300.0, paddle=5),
    ev.Arrived(17, "", paddle=17),
    ev.Cancelled("The Seller has left."),
    ev.Reopened(70.0),
    ev.Ordered("pause", "operator", ""),
    ev.Ordered("go on", "paddle 7", "Tea is over."),
    ev.Paused(70.0),
    ev.Resumed(80.0),
    ev.Voided(3, 500, 2, 105),
    ev.Voided(2, 105, None, None),
    ev.Expelled(SELLER),
    ev.Readmitted(3),
    ev.Announced("Tea is served."),
]
TRANSCRIPT = [
    "Seller is connected from 127.0.0.1:55741",
    ">> New Seller Thread spawned",
    "Auction request received. Now waiting for Buyer.",
    "Buyer 1 is connected from 127.0.0.1:55758",
    "Buyer 2 is connected from [::1]:55770",
    "Requested number of bidders arrived. Let's start bidding!",
    ">> New Bidding Thread spawned",
    ">> Buyer 1 bid $150",
    ">> Item sold! The highest bid is $150. The actual payment is $100",
    ">> Item not sold! The highest bid is $80",
    ">> Item not sold! There was no bid.",
    "Lot 2 of 5: Wolf \\u2116 5 {x}",
    ">> Buyer 2 bid $105",
    ">> Time extended to 10 seconds",
    ">> Going once!",
    ">> Going twice!",
    ">> The price is $490",
    ">> The Seller has closed the bidding.",
    ">> The Auctioneer has closed the bidding.",
    "Seller is connected with paddle 5.",
    ">> New Seller Thread spawned",
    "Buyer 17 is connected.",
]
REMARKS = [
    "Buyer 1 has left.",
    "Seller has left.",
    "Buyer 2 gave no valid answer within 300 seconds.",
    "Auction cancelled! The Seller has left.",
    "The auction that was on goes on.",
    "Order of operator, pause.",
    "Order of paddle 7, go on: Tea is over.",
    "The auction is paused.",
    "The auction goes on after the pause.",
    ">> $500 by Buyer 3 is voided. Buyer 2 bids $105.",
    ">> $105 by Buyer 2 is voided. There is no bid now.",
    "Seller is expelled.",
    "Buyer 3 is readmitted.",
    "The Auctioneer says: Tea is served.",
]


def log_of(events: list[Event]) -> list[LogEvent]:
    logged: list[LogEvent] = []
    observer: Any = logged.append
    log_events(Logger(namespace="auction", observer=observer))(events)
    return logged


class ConsoleTests(SynchronousTestCase):
    def test_transcript(self) -> None:
        written: list[str] = []
        watch = assignment_console(written.append)
        for event in EVENTS:
            watch([event])
        self.assertEqual("\n".join(written).split("\n"), TRANSCRIPT)

    def test_one_write(self) -> None:
        """Events of one moment are written in one call."""
        written: list[str] = []
        assignment_console(written.append)(EVENTS)
        self.assertEqual(written, ["\n".join(TRANSCRIPT)])

    def test_news(self) -> None:
        """An operator who follows all rooms reads the log's lines, with the items as they are."""
        lines = [line for event in EVENTS for line in news(event)]
        logged = [formatEvent(event).removeprefix(">> ") for event in log_of(EVENTS)]
        logged = [line for line in logged if "Thread spawned" not in line]
        logged[1] = "Auction request received: 2 100 2 Wolf № 5 {x}"
        logged[logged.index("Lot 2 of 5: Wolf \\u2116 5 {x}")] = "Lot 2 of 5: Wolf № 5 {x}"
        self.assertEqual(lines, logged)

    def test_timed(self) -> None:
        """A timed auction waits for no Buyer."""
        house = MemoryHouse()
        house.connect().send_lines("english:end=2027-01-15T09:00 20 1 Lamp")
        self.assertEqual(
            house.console,
            [
                "Seller is connected from 127.0.0.1:50001",
                ">> New Seller Thread spawned",
                "Auction request received.",
                "Timed bidding has begun. Buyers may come at any time.",
            ],
        )
        lines = news(ev.BiddingOpened(60.0, ev.TIMED))
        self.assertEqual(lines, ["Timed bidding has begun. Buyers may come at any time."])

    def test_own_numbers_of_lots(self) -> None:
        """Lots have the names by which orders know them: their own numbers, or their places."""
        happened: list[Event] = [
            ev.LotAnnounced(2, 5, REQUEST, 5.0, label="12a"),
            ev.LotSkipped(3),
            ev.LotSkipped(3, "13"),
            ev.LotMoved(3, 2),
            ev.LotMoved(3, 2, "13", "12a"),
            ev.LotAdded(6, REQUEST, "16"),
            ev.LotOffered(3, "13"),
            ev.SaleVoided(3, 1, 70),
            ev.SaleVoided(3, 1, 70, label="13"),
        ]
        self.assertEqual(
            [news(event) for event in happened],
            [
                ["Lot 2 of 5, catalogue number 12a: Wolf № 5 {x}"],
                ["Lot 3 is withdrawn."],
                ["Lot 13 is withdrawn."],
                ["Lot 3 comes before lot 2."],
                ["Lot 13 comes before lot 12a."],
                ["Lot 16 is added: Wolf \\u2116 5 {x}"],
                ["Lot 13 will be offered again."],
                ["The sale of lot 3 to Buyer 1 is voided."],
                ["The sale of lot 13 to Buyer 1 is voided."],
            ],
        )

    def test_journal(self) -> None:
        """The log has one line for each event, at debug, without sealed amounts."""
        logged = log_of(EVENTS)
        lines = [formatEvent(event) for event in logged]
        self.assertEqual(
            lines,
            [
                *TRANSCRIPT[:7],
                ">> Buyer 1 has made its bid.",
                *REMARKS[:3],
                ">> Item sold to Buyer 1!",
                ">> Item not sold!",
                ">> Item not sold!",
                *TRANSCRIPT[11:],
                *REMARKS[3:],
            ],
        )
        self.assertEqual({event["log_level"] for event in logged}, {LogLevel.debug})

    def test_one_second(self) -> None:
        events: list[Event] = [ev.Extended(70.0, 1), ev.Left(2, 1), ev.Missed(2, 1)]
        self.assertEqual(
            [formatEvent(event) for event in log_of(events)],
            [
                ">> Time extended to 1 second",
                "Buyer 2 gave no valid answer within 1 second.",
                "Buyer 2 said nothing within 1 second.",
            ],
        )

    def test_facts(self) -> None:
        """The log has every fact as a field, with the characters of clients escaped."""
        logged = log_of(EVENTS)
        facts = {
            formatEvent(event): {
                name: value for name, value in event.items() if not name.startswith("log_")
            }
            for event in logged
        }
        self.assertEqual(facts[TRANSCRIPT[0]], {"address": "127.0.0.1:55741"})
        self.assertEqual(facts[TRANSCRIPT[2]], {"request": "2 100 2 Wolf \\u2116 5 {x}"})
        self.assertEqual(facts[">> Buyer 1 has made its bid."], {"buyer": 1})
        self.assertEqual(facts[">> Item sold to Buyer 1!"], {"buyer": 1})
        self.assertEqual(facts[">> Item not sold!"], {})
        self.assertEqual(facts[TRANSCRIPT[12]], {"buyer": 2, "amount": 105})
        self.assertEqual(
            facts[REMARKS[2]], {"name": "Buyer 2", "seconds": 300, "time": "300 seconds"}
        )
        self.assertEqual(
            facts[TRANSCRIPT[11]],
            {
                "lot": 2,
                "lots": 5,
                "request": "2 100 2 Wolf \\u2116 5 {x}",
                "item": "Wolf \\u2116 5 {x}",
            },
        )


class SecrecyTests(SynchronousTestCase):
    def test_sealed_amounts(self) -> None:
        """No field of any logged event has a sealed amount, in any sealed format and with any end,
        the result included. The test reads everything that is logged."""
        amounts = (70_017, 70_019, 70_023)
        sealed = [number for number, form in FORMATS.items() if not form.is_open]
        self.assertEqual(sealed, [1, 2])
        for number, lowest_price in product(sealed, (70_011, 70_021, 70_099)):
            logged: list[LogEvent] = []
            observer: Any = logged.append
            globalLogPublisher.addObserver(observer)
            self.addCleanup(globalLogPublisher.removeObserver, observer)
            house = MemoryHouse(watch=lambda name: log_events(Logger(namespace=name)))
            seller, buyers = house.open_auction(f"{number} {lowest_price} 3 Sword", 3)
            for buyer, amount in zip(buyers, amounts, strict=True):
                buyer.send_lines("no amount", str(amount), str(amount))
            house.advance()
            globalLogPublisher.removeObserver(observer)
            self.assertTrue(seller.is_closed)
            self.assertEqual(len([e for e in logged if e["log_level"] is LogLevel.debug]), 12)
            text = repr(logged)
            for amount in amounts:
                self.assertNotIn(str(amount), text)
