import json
from typing import Any

from twisted.internet.address import IPv4Address
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from tests.house.support import FINISHED, HouseTestCase
from tests.support import storage
from twisted_auction import testing
from twisted_auction.house.rooms import Rooms
from twisted_auction.ledger.journal import Ledger
from twisted_auction.ledger.row import SECOND, LedgerError
from twisted_auction.rules.request import AuctionRequest
from twisted_auction.rules.terms import Terms
from twisted_auction.rules.transitions import Phase
from twisted_auction.server.factory import AuctionFactory
from twisted_auction.server.limits import Limits
from twisted_auction.server.service import AuctionService
from twisted_auction.testing import MemoryClient, MemoryHouse
from twisted_auction.wire.verbs import ROOM_NAME_RULE

SELLER = ["Your role is: [Seller]", "Please submit auction request:"]
BUYER = "Your role is: [Buyer]"
WATCHER = "Your role is: [Watcher]"
START = ["Bidding start!", "Please submit your bid:"]
RECEIVED = "Bid received. Please wait..."
STANDS = "Your bid of $150 stands."
MAY_PASS = "Type an amount, or pass."
WON = "You won this item Sword! Your payment due is $100"
LOST = "Unfortunately you did not win in the last round."
GIVEN_UP = "Your seat was given up while you were away."


class CommitTests(HouseTestCase):
    def test_commit_then_publish(self) -> None:
        """No client is told of an event before the end of the turn that commits it."""
        house = self.house()
        seller = house.connect()
        self.assertEqual((seller.read_lines(), self.rows(), house.console), ([], [], []))
        house.advance()
        self.assertEqual(seller.read_lines()[0], "Your role is: [Seller]")
        self.assertEqual(self.kinds(), ["Arrived"])
        self.assertEqual(house.console[0], "Seller is connected from 127.0.0.1:50001")
        seller.send_lines("2 100 1 Sword")
        buyer = house.connect()
        buyer.send_lines("150", "160")
        refused = house.connect()
        self.assertEqual(
            (seller.read_lines(), buyer.read_lines(), refused.read_lines()), ([], [], [])
        )
        self.assertFalse(buyer.is_closed)
        house.advance()
        self.assertEqual(
            self.kinds(),
            [
                "Arrived",
                "RequestAccepted",
                "Arrived",
                "BiddingOpened",
                "BidTaken",
                "Sold",
                "Arrived",
            ],
        )
        self.assertEqual(
            buyer.read_lines(),
            [
                BUYER,
                *START,
                RECEIVED,
                FINISHED,
                "You won this item Sword! Your payment due is $100",
            ],
        )
        self.assertTrue(buyer.is_closed)
        self.verify()

    def test_refusals_wait_too(self) -> None:
        """Otherwise they would overtake earlier messages."""
        house = self.house()
        seller = house.connect()
        house.advance()
        seller.read_lines()
        seller.send_lines("nonsense")
        self.assertEqual(seller.read_lines()[0], "Invalid auction request!")
        seller.send_lines("2 100 1 Sword", "2 100 1 Sword")
        self.assertEqual(seller.read_lines(), [])
        house.advance()
        self.assertEqual(
            seller.read_lines(),
            [
                "Auction request received: 2 100 1 Sword",
                "Your auction request is already in. Please wait...",
            ],
        )

    def test_news_waits(self) -> None:
        house = self.house()
        house.connect().send_lines("3 100 1 Sword")
        buyer = house.connect()
        house.advance()
        buyer.read_lines()
        house.advance(1)
        buyer.send_lines("150")
        self.assertEqual(buyer.read_lines(), [])
        house.advance()
        update = "Highest bid: $150 by Buyer 1. Asking price: $151. Seconds left: 59."
        self.assertEqual(buyer.read_lines(), ["You hold the highest bid: $150.", update])

    def test_failure(self) -> None:
        """No acknowledgement without a commit."""
        house = self.house()
        seller = house.connect()
        house.advance()
        seller.read_lines()
        assert house.ledger is not None
        storage(house.ledger)._database.execute("PRAGMA query_only = ON")
        seller.send_lines("2 100 1 Sword")
        house.advance()
        self.assertEqual(
            house.failures,
            [
                f"the ledger {self.path.resolve()} cannot be written: attempt to write a readonly "
                "database."
            ],
        )
        seller.send_lines("nonsense", "2 100 1 Sword")
        house.rooms.close()
        house.advance()
        self.assertEqual(seller.read_lines(), [])
        self.assertFalse(seller.is_closed)
        self.assertEqual(self.kinds(), ["Arrived"])
        self.assertEqual(len(house.failures), 1)

    def test_line_too_long(self) -> None:
        """It comes in its turn, and drops no earlier message."""
        for bidders, heard in [(1, [RECEIVED, FINISHED, WON]), (2, [RECEIVED, "Line too long."])]:
            house = self.house()
            house.connect().send_lines(f"1 100 {bidders} Sword")
            visitors = [house.connect() for _ in range(bidders)]
            house.advance()
            visitors[0].read_lines()
            visitors[0].send(b"100\n" + b"x" * 513)
            visitors[0].send_lines("more")
            house.advance()
            self.assertEqual(visitors[0].read_lines(), heard)
            self.assertTrue(visitors[0].is_closed)
            self.forget()

    def test_gone_before_the_last_word(self) -> None:
        """The house does not wait for a connection that has ended."""
        house = self.house()
        seller = house.connect()
        seller.send_lines("1 100 1 Sword")
        buyer = house.connect()
        house.advance()
        buyer.send_lines("150")
        buyer.disconnect()
        house.advance()
        self.assertFalse(house.connections.closing.is_idle)
        seller.disconnect()
        self.assertTrue(house.connections.closing.is_idle)

    def test_after_the_goodbye(self) -> None:
        """Later lines are ignored, though the refusal has not been sent."""
        house = self.house()
        visitor = house.connect_to_lobby()
        house.connect()
        visitor.send_lines("QUIT", "JOIN art", "LIST")
        house.advance()
        self.assertEqual(visitor.read_lines(), ["Goodbye."])
        self.assertEqual(set(house.rooms), {"main"})

    def test_stopped_while_something_waits(self) -> None:
        """All clients have time to read the last letter, also if a bid came in the same turn."""
        house = self.house()
        idle, seller = house.connect_to_lobby("JOIN art"), house.connect()
        house.advance()
        for visitor in (idle, seller):
            visitor.read_lines()
        seller.send_lines("1 100 1 Sword")
        reactor: Any = house.clock
        stopped = AuctionService(
            [], reactor, print, house.factory.connections, house.rooms
        ).stopService()
        self.houses = []
        self.assertNoResult(stopped)
        self.assertEqual(
            seller.read_lines(),
            [
                "Auction request received: 1 100 1 Sword",
                "The Auctioneer is closing. This auction has no result.",
            ],
        )
        self.assertEqual(
            idle.read_lines(),
            ["The Auctioneer is closing. When it opens again, your ticket is good for your seat."],
        )
        seller.disconnect()
        idle.disconnect()
        self.successResultOf(stopped)
        self.assertEqual(
            self.kinds(), ["Arrived", "Stopped", "Arrived", "RequestAccepted", "Stopped"]
        )

    def test_lobby_of_a_closed_house(self) -> None:
        """A client still in the lobby can take no seat, and changes nothing."""
        house = self.house()
        house.connect_to_lobby("JOIN art")
        visitor = house.connect_to_lobby()
        house.rooms.close()
        visitor.send_lines("JOIN art", "2 50 1 Cup", "RESUME ticket-1")
        house.advance(2)
        self.assertEqual(visitor.read_lines(), [])
        house.rooms.close_ledger()
        house = self.house()
        self.assertEqual(self.kinds(), ["Arrived", "Stopped"])
        self.assertEqual(
            house.connect_to_lobby("RESUME ticket-1").read_lines()[:1], ["Your role is: [Seller]"]
        )


class RestartTests(HouseTestCase):
    def meet(
        self, request: str, buyers: int = 2
    ) -> tuple[MemoryHouse, MemoryClient, list[MemoryClient]]:
        """A Seller and Buyers with tickets 1, 2, 3 …, without unread lines."""
        house = self.house()
        seller = house.connect_to_lobby("JOIN art", request)
        visitors = [house.connect_to_lobby("JOIN art") for _ in range(buyers)]
        for visitor in (seller, *visitors):
            visitor.read_lines()
        return house, seller, visitors

    def back(self, house: MemoryHouse, number: int) -> MemoryClient:
        return house.connect_to_lobby(f"RESUME ticket-{number}")

    def test_sealed_bidding(self) -> None:
        house, _, buyers = self.meet("2 100 2 Sword")
        buyers[0].send_lines("150")
        house.advance()
        house = self.crash(house)
        self.assertEqual(house.console, [])
        self.assertEqual(self.back(house, 2).read_lines(), [BUYER, STANDS])
        second = self.back(house, 3)
        self.assertEqual(second.read_lines(), [BUYER, *START])
        seller = self.back(house, 1)
        self.assertEqual(
            seller.read_lines(),
            ["Your role is: [Seller]", "Auction request received: 2 100 2 Sword"],
        )
        second.send_lines("120")
        house.advance()
        self.assertEqual(second.read_lines(), [RECEIVED, FINISHED, LOST])
        self.assertEqual(
            seller.read_lines(), [FINISHED, "Success! Your item Sword has been sold for $120"]
        )
        self.verify()

    def test_what_was_not_committed_has_not_happened(self) -> None:
        house, _, buyers = self.meet("2 100 2 Sword")
        buyers[0].send_lines("150")
        self.assertEqual(buyers[0].read_lines(), [])
        house = self.crash(house)
        self.assertEqual(self.back(house, 2).read_lines(), [BUYER, *START])

    def test_request(self) -> None:
        house = self.house()
        house.connect_to_lobby("JOIN art")
        house.advance(100)
        house = self.crash(house)
        house.advance(59)
        seller = self.back(house, 1)
        self.assertEqual(
            seller.read_lines(), ["Your role is: [Seller]", "Please submit auction request:"]
        )
        house.advance(201 - 59 - 0.5)  # the present was written down after 99 seconds
        self.assertEqual(seller.read_lines(), [])
        house.advance(1)
        self.assertEqual(
            seller.read_lines(), ["Time is up! No valid auction request came within 300 seconds."]
        )
        self.verify()

    def test_gathering(self) -> None:
        house, _, _ = self.meet("2 100 2 Sword", 1)
        house = self.crash(house)
        first = self.back(house, 2)
        self.assertEqual(
            first.read_lines(),
            [BUYER, "The Auctioneer is still waiting for other Buyer to connect..."],
        )
        second = house.connect_to_lobby("JOIN art")
        self.assertEqual(second.read_lines()[1:], [BUYER, *START])
        self.assertEqual(first.read_lines(), START)

    def test_grace(self) -> None:
        """A participant that does not come back has left."""
        house, _, buyers = self.meet("2 100 2 Sword")
        buyers[0].send_lines("150")
        house.advance()
        house = self.crash(house)
        house.advance(60)
        self.assertEqual(
            house.console,
            [">> Item sold! The highest bid is $150. The actual payment is $100"],
        )
        self.assertEqual(self.kinds()[-4:], ["Left", "Left", "Left", "Sold"])
        self.assertEqual(
            self.back(house, 2).read_lines(),
            [FINISHED, "You won this item Sword! Your payment due is $100"],
        )
        self.assertEqual(self.back(house, 3).read_lines(), [GIVEN_UP])

    def test_without_tickets(self) -> None:
        """Every participant counts as disconnected at that instant."""
        for lines, kinds in [
            ([], ["Arrived", "Reopened", "Left", "Cancelled"]),
            (
                ["2 100 2 Sword", "", ""],
                [
                    *("Arrived", "RequestAccepted", "Arrived", "Arrived", "BiddingOpened"),
                    *("Reopened", "Left", "Left", "Left", "Unsold"),
                ],
            ),
            (
                ["2 100 2 Sword", "150", ""],
                [
                    *("Arrived", "RequestAccepted", "Arrived", "Arrived", "BiddingOpened"),
                    *("BidTaken", "Reopened", "Left", "Left", "Left", "Sold"),
                ],
            ),
            (
                ["2 100 3 Sword", "", ""],
                [
                    *("Arrived", "RequestAccepted", "Arrived", "Arrived"),
                    *("Reopened", "Left", "Cancelled"),
                ],
            ),
        ]:
            house = self.house()
            visitors = [house.connect()]
            visitors[0].send_lines(*lines[:1])
            visitors += [house.connect() for _ in lines[1:]]
            for visitor, line in zip(visitors[1:], lines[1:], strict=True):
                if line:
                    visitor.send_lines(line)
            house.advance()
            house = self.crash(house)
            house.advance()
            self.assertEqual(self.kinds(), kinds)
            self.assertEqual(house.auctioneer.status, 0)
            self.assertEqual(house.clock.getDelayedCalls(), [])
            self.verify()
            self.forget()

    def test_last_lot_without_tickets(self) -> None:
        """The first departure ends the sale; no Buyer can leave it after that."""
        house = self.house(Terms(lot_pause=5), b"1 100 2 Sword")
        buyers = [house.connect() for _ in range(2)]
        house.advance(5)
        buyers[1].send_lines("150")
        house.advance()
        house = self.crash(house)
        house.advance()
        self.assertEqual(self.kinds()[-3:], ["Reopened", "Left", "Sold"])
        self.assertIs(house.auctioneer.auction.phase, Phase.ENDED)
        self.verify()

    def test_without_grace(self) -> None:
        """Ticket holders, too, have left at once."""
        house = self.house(Terms(resume_grace=0))
        house.connect_to_lobby("JOIN main", "1 100 2 Sword")
        house.connect()
        house.advance()
        house = self.crash(house)
        house.advance()
        self.assertEqual(self.kinds()[-3:], ["Reopened", "Left", "Cancelled"])
        self.verify()

    def test_newcomer_after_closing(self) -> None:
        """One of several ports is still open when the house closes: nothing more is recorded."""
        house = self.house()
        seller = house.connect()
        house.advance()
        house.lobby.stopFactory()
        kinds = self.kinds()
        newcomer = house.connect()
        house.advance()
        self.assertEqual(newcomer.read_lines(), ["The Auctioneer is closing."])
        self.assertTrue(newcomer.is_closed and seller.is_closed)
        self.assertEqual((kinds, self.kinds()), (["Arrived", "Stopped"], kinds))
        self.shut()
        self.verify()

    def test_closing_without_grace(self) -> None:
        """The message promises only what the house keeps."""
        house = self.house(Terms(resume_grace=0))
        seller = house.connect_to_lobby("JOIN main")
        seller.read_lines()
        house.rooms.close()
        self.assertEqual(
            seller.read_lines(), ["The Auctioneer is closing. This auction has no result."]
        )

    def test_other_main_room(self) -> None:
        house = self.house(catalogue=b"1 100 1 Sword\n1 50 1 Cup")
        house.connect()
        house.advance()
        house.rooms.close_ledger()
        self.houses = []
        ledger = Ledger(self.path, house.clock, print)
        with self.assertRaises(LedgerError) as caught:
            Rooms(house.clock, main="hall", ledger=ledger).open()
        self.assertEqual(
            str(caught.exception),
            "a sale in room main has not ended: start with --room main and the same --catalogue, "
            "or with another --ledger.",
        )

    def test_clock_set_back(self) -> None:
        """An auction with forty seconds left has forty seconds left, at any time of day."""
        house, _, buyers = self.meet("3:duration=60 100 2 Sword")
        house.advance(20)
        buyers[0].send_lines("150")
        house.advance()
        self.patch(testing, "EPOCH", testing.EPOCH - 7200 * SECOND)
        house = self.crash(house)
        self.assertIn("Seconds left: 40.", self.back(house, 2).read_lines()[-2])
        house.advance(40)
        self.assertEqual(self.kinds()[-1], "Sold")
        self.verify()

    def test_english(self) -> None:
        """The clock of the auction stands still while the house is closed."""
        house, _, buyers = self.meet("3:duration=60:extension=10 100 2 Sword")
        house.advance(20)
        buyers[0].send_lines("150")
        house.advance()
        house = self.crash(house, after=3600)
        first = self.back(house, 2)
        self.assertEqual(
            first.read_lines()[-2:],
            [
                "Highest bid: $150 by Buyer 1. Asking price: $151. Seconds left: 40.",
                STANDS,
            ],
        )
        house.advance(40)
        self.assertEqual(
            first.read_lines()[-3:],
            [
                FINISHED,
                "Sold: Sword to Buyer 1 for $150",
                "You won this item Sword! Your payment due is $150",
            ],
        )
        self.verify()

    def test_dutch(self) -> None:
        house, _, _ = self.meet("4:start=200:step=50:interval=10 100 2 Sword")
        house.advance(13)
        house = self.crash(house, after=100)
        first = self.back(house, 2)
        self.assertEqual(first.read_lines()[-1], "Asking price: $150. Seconds left: 8.")
        first.send_lines("accept")
        house.advance()
        self.assertEqual(
            first.read_lines()[-1], "You won this item Sword! Your payment due is $150"
        )
        self.verify()

    def test_twice(self) -> None:
        house, _, buyers = self.meet("2 100 2 Sword")
        buyers[0].send_lines("150")
        house.advance()
        house = self.crash(self.crash(house))
        second = self.back(house, 3)
        second.send_lines("120")
        house.advance()
        self.assertEqual(second.read_lines()[-1], LOST)
        house = self.crash(house)
        self.assertEqual(self.back(house, 3).read_lines(), [FINISHED, LOST])
        self.verify()

    def test_stopped(self) -> None:
        """The last letter of each participant, and that it is true."""
        house, seller, buyers = self.meet("2 100 3 Sword")
        watcher = house.connect_to_lobby("WATCH art")
        walkers = [house.connect()]
        walkers[0].send_lines("1 50 1 Cup")
        walkers.append(house.connect())
        house.advance()
        for visitor in (watcher, *walkers):
            visitor.read_lines()
        walkers[1].send_lines("60")
        house.advance()
        walkers = [house.connect()]
        walkers[0].send_lines("1 50 2 Cup")
        walkers.append(house.connect())
        house.advance()
        for visitor in walkers:
            visitor.read_lines()
        house.rooms.close()
        closing = "The Auctioneer is closing."
        for visitor, prospect in [
            (seller, "When it opens again, your ticket is good for your seat."),
            (buyers[0], "When it opens again, your ticket is good for your seat."),
            (watcher, ""),
            (walkers[0], "This auction has no result."),
            (walkers[1], "Your seat is given up."),
        ]:
            self.assertEqual(visitor.read_lines(), [f"{closing} {prospect}".rstrip()])
            self.assertTrue(visitor.is_closed)
        house.rooms.close_ledger()
        self.houses = []
        house = self.house()
        self.assertEqual(self.back(house, 3).read_lines()[0], BUYER)

    def test_bound_for_longer_than_the_grace(self) -> None:
        """A binding bid is told to its Buyer also by a later server."""
        house, _, buyers = self.meet("2 100 2 Sword")
        buyers[0].send_lines("150")
        house.advance()
        buyers[0].disconnect()
        house.advance(61)
        house = self.crash(house)
        self.assertEqual(self.back(house, 2).read_lines(), [BUYER, STANDS])
        house.advance()
        house = self.crash(house)
        first, second = self.back(house, 2), self.back(house, 3)
        self.assertEqual(first.read_lines(), [BUYER, STANDS])
        second.send_lines("120")
        house.advance()
        won = [FINISHED, "You won this item Sword! Your payment due is $120"]
        self.assertEqual(first.read_lines(), won)
        house = self.crash(house)
        self.assertEqual(self.back(house, 2).read_lines(), won)
        self.verify()

    def test_bound_without_a_grace(self) -> None:
        """The ticket is good for the result, and an orderly stop says so."""
        house = self.house(Terms(resume_grace=0))
        house.connect_to_lobby("JOIN art", "1 100 2 Sword")
        first, second = (house.connect_to_lobby("JOIN art") for _ in range(2))
        first.send_lines("150")
        house.advance()
        for visitor in (first, second):
            visitor.read_lines()
        house.rooms.close()
        for visitor, prospect in [
            (first, "When it opens again, your ticket is good for your seat."),
            (second, "Bids that are in count."),
        ]:
            self.assertEqual(visitor.read_lines(), [f"The Auctioneer is closing. {prospect}"])
        house.rooms.close_ledger()
        self.houses = []
        house = self.house(Terms(resume_grace=0))
        won = [FINISHED, "You won this item Sword! Your payment due is $150"]
        self.assertEqual(self.back(house, 2).read_lines(), won)

    def test_back_in_a_sale(self) -> None:
        """A Buyer that has taken part comes back for the next lots, with its number, at any time
        and to a server that was started since."""
        catalogue = b"1 100 2 Sword\n1 50 2 Shield\n2 10 1 Cup"
        sword = ["Result of lot 1 of 3:", FINISHED]
        won = [*sword, "You won this item Sword! Your payment due is $150"]
        welcome = [BUYER, "You are Buyer 1."]

        def lot(number: int, name: str, price: int, pays: str) -> list[str]:
            rules = f"One sealed bid each; the highest wins and pays {pays}."
            form = "second-price" if number == 3 else "first-price"
            return [
                f"Lot {number} of 3.",
                f"On sale: {name}",
                f"Format: {form}, from ${price}. {rules}",
            ]

        sword_lot = lot(1, "Sword", 100, "what it bid")
        shield_lot = lot(2, "Shield", 50, "what it bid")
        cup_lot = lot(3, "Cup", 10, "the second highest")
        house = self.house(Terms(lot_pause=5, lot_time=0), catalogue)
        first, second = (house.connect_to_lobby("JOIN main") for _ in range(2))
        house.advance(5)
        first.send_lines("150")
        house.advance()
        first.disconnect()
        house.advance(61)
        for _ in range(2):  # while its bid binds it
            first = self.back(house, 1)
            house.advance()
            self.assertEqual(first.read_lines(), [*welcome, *sword_lot, STANDS])
        first.disconnect()
        house.advance(61)
        house = self.crash(house)
        second = self.back(house, 2)
        second.send_lines("120")
        house.advance()
        house.advance(1)
        first = self.back(house, 1)  # while the next lot waits for Buyers
        house.advance()
        self.assertEqual(
            first.read_lines(),
            [*won, *welcome, *shield_lot, MAY_PASS, "Bidding opens in 4 seconds."],
        )
        first.disconnect()
        house.advance(61)
        first = self.back(house, 1)  # while others bid, it having made no bid
        house.advance()
        self.assertEqual(
            first.read_lines(), [*won, *welcome, *shield_lot, "Please wait for the next lot."]
        )
        second.send_lines("60")
        house.advance()
        self.assertEqual(first.read_lines(), [*cup_lot, MAY_PASS, "Bidding opens in 5 seconds."])
        house.advance(5)
        first.send_lines("70")
        house.advance()
        first.disconnect()
        house.advance(61)
        first = self.back(house, 1)  # in the last lot, without newcomers
        house.advance()
        self.assertEqual(first.read_lines()[-1], "Your bid of $70 stands.")
        second.send_lines("30")
        house.advance()
        self.assertEqual(
            first.read_lines(),
            [FINISHED, "You won this item Cup! Your payment due is $30", "The sale is over."],
        )
        self.assertTrue(first.is_closed)
        self.assertEqual(self.back(house, 1).read_lines()[-1], "The sale is over.")
        arrivals = [json.loads(row.body)["who"] for row in self.rows() if row.kind == "Arrived"]
        self.assertEqual(arrivals, [1, 2, 1, 1, 1])
        self.verify()

    def test_passes_and_silence_are_on_record(self) -> None:
        """A pass or a missed lot counts for the next server, too."""
        catalogue = b"\n".join([b"1 100 3 Sword"] * 3)
        house = self.house(Terms(lot_pause=0, lot_time=30), catalogue)
        first, second, _ = (house.connect_to_lobby("JOIN main") for _ in range(3))
        first.send_lines("150")
        second.send_lines("pass")
        house.advance(31)  # the third has missed the first lot
        house.connect_to_lobby("RESUME ticket-2").send_lines("pass")
        house.advance()
        house = self.crash(house)
        auction = house.auctioneer.auction
        self.assertEqual((auction.lot, list(auction.asked)), (2, [1, 3]))
        self.assertEqual(
            (list(auction.awaited), list(auction.passed), list(auction.silent)), ([1], [2], [3])
        )
        second = self.back(house, 2)
        house.advance()
        self.assertEqual(second.read_lines()[-1], "You have passed this lot. Please wait...")
        self.back(house, 1).send_lines("pass")
        house.advance(1)
        self.assertEqual(second.read_lines()[-2:], ["Bidding start!", "Please submit your bid:"])
        self.back(house, 3).send_lines("what?")
        house.advance()
        self.assertEqual(list(house.auctioneer.auction.silent), [])
        house = self.crash(house)
        self.assertEqual(list(house.auctioneer.auction.awaited), [1, 2, 3])
        self.verify()

    def test_too_late_for_the_last_lot(self) -> None:
        """Missed results are told, with or without the seat."""
        house = self.house(Terms(lot_time=0), b"1 100 2 Sword\n1 50 2 Shield")
        first, second = (house.connect_to_lobby("JOIN main") for _ in range(2))
        house.advance(5)
        first.send_lines("150")
        second.send_lines("120")
        house.advance()
        house.advance(5)
        first.disconnect()
        house.advance(61)
        first = self.back(house, 1)
        house.advance()
        self.assertEqual(
            first.read_lines(),
            [
                *("Result of lot 1 of 2:", FINISHED),
                "You won this item Sword! Your payment due is $150",
                "Your seat was given up while you were away.",
            ],
        )
        self.assertTrue(first.is_closed)

    def test_sale(self) -> None:
        catalogue = b"1 100 2 Sword\n3 50 2 Shield\n2 10 1 Cup"
        house = self.house(Terms(lot_pause=5), catalogue)
        buyers = [house.connect_to_lobby("JOIN main") for _ in range(2)]
        house.advance(5)
        for visitor, amount in zip(buyers, ("150", "120"), strict=True):
            visitor.send_lines(amount)
        house.advance(2)
        house = self.crash(house)
        first, second = (self.back(house, number) for number in (1, 2))
        self.assertEqual(
            first.read_lines()[:3],
            [
                "Result of lot 1 of 3:",
                *(FINISHED, "You won this item Sword! Your payment due is $150"),
            ],
        )
        self.assertEqual(second.read_lines()[-1], "Bidding opens in 4 seconds.")
        house.advance(5)
        second.send_lines("60")
        house.advance(62)
        house = self.crash(house)
        second = self.back(house, 2)
        self.assertEqual(
            second.read_lines()[:7],
            [
                *("Result of lot 1 of 3:", FINISHED, LOST),
                *("Result of lot 2 of 3:", FINISHED, "Sold: Shield to Buyer 2 for $60"),
                "You won this item Shield! Your payment due is $60",
            ],
        )
        house.advance(5)
        second.send_lines("20")
        house.advance(60)
        self.assertEqual(house.auctioneer.auction.lot, 3)
        self.assertEqual(self.kinds()[-1], "Sold")
        self.verify()

    def test_other_catalogue(self) -> None:
        """An unfinished sale cannot go on with other lots."""
        same = (
            "a sale in room main has not ended: start with --room main and the same --catalogue, "
            "or with "
        )
        sold = b"1 100 1 Sword\n1 50 1 Cup"
        house = self.house(catalogue=sold)
        house.connect()
        house.advance()
        house.rooms.close_ledger()
        self.houses = []
        for catalogue in (b"1 100 1 Shield\n1 50 1 Cup", b"1 100 1 Sword", None):
            with self.assertRaises(LedgerError) as caught:
                self.house(catalogue=catalogue)
            self.assertEqual(str(caught.exception), f"{same}another --ledger.")
        self.house(catalogue=sold).advance()
        self.assertEqual(self.kinds(), ["LotAnnounced", "Arrived", "Reopened", "Left"])

    def test_catalogue_instead_of_a_seller(self) -> None:
        house = self.house()
        house.connect()
        house.advance()
        self.houses = []
        with self.assertRaises(LedgerError) as caught:
            house.restart(catalogue=b"1 100 1 Sword")
        self.assertEqual(
            str(caught.exception),
            "a Seller's auction in room main has not ended: start without --catalogue, or with "
            "another --ledger.",
        )

    def test_sale_after_auctions(self) -> None:
        house = self.house()
        house.connect().disconnect()
        house.advance()
        house = self.crash(house, catalogue=b"1 100 1 Sword")
        house.connect()
        house.advance()
        self.assertEqual(self.kinds(), ["Arrived", "Left", "Cancelled", "LotAnnounced", "Arrived"])
        self.verify()

    def test_broken_ledger(self) -> None:
        house = self.house()
        house.connect().send_lines("2 100 1 Sword")
        house.advance()
        assert house.ledger is not None
        storage(house.ledger)._database.execute(
            "UPDATE event SET body = replace(body, '100', '10') WHERE number = 2"
        )
        self.houses = []
        with self.assertRaises(LedgerError) as caught:
            house.restart()
        self.assertEqual(
            str(caught.exception),
            "row 2 of room main does not hold: its hash is not that of the row before and this "
            "one.",
        )

    def test_more_rooms_than_allowed(self) -> None:
        """Unfinished auctions go on; there is no room for more."""
        house = self.house()
        for name in ("a", "b", "c"):
            house.connect_to_lobby(f"JOIN {name}")
        house = self.crash(house, max_rooms=2)
        self.assertEqual(set(house.rooms), {"main", "a", "b", "c"})
        newcomer = house.connect_to_lobby("JOIN d")
        self.assertEqual(
            newcomer.read_lines(), ["Not done: every room is in use, and there may not be more."]
        )

    def test_nothing_to_go_on_with(self) -> None:
        house = self.house()
        house = self.crash(house)
        self.assertEqual(self.rows(), [])
        self.assertEqual(house.clock.getDelayedCalls(), [])


class EmbeddedTests(HouseTestCase):
    """The errors of an embedding program's mistakes."""

    def test_impossible_rooms(self) -> None:
        cases: list[tuple[dict[str, Any], str]] = [
            (
                {"catalogue": [AuctionRequest("raffle", (), 100, 2, "Sword", "9 100 2 Sword")]},
                "no format is called 'raffle'",
            ),
            ({"main": "the hall"}, f"a room's name is {ROOM_NAME_RULE}, not 'the hall'"),
            ({"main": ""}, f"a room's name is {ROOM_NAME_RULE}, not ''"),
            ({"main": 5}, f"a room's name is {ROOM_NAME_RULE}, not 5"),
            ({"main": b"main"}, f"a room's name is {ROOM_NAME_RULE}, not b'main'"),
            ({"max_rooms": 0}, "max_rooms must be a whole number from 1, not 0"),
            ({"max_rooms": "9"}, "max_rooms must be a whole number from 1, not '9'"),
            ({"max_rooms": True}, "max_rooms must be a whole number from 1, not True"),
            (
                {"max_seats_per_peer": -1},
                "max_seats_per_peer must be a whole number from 0, not -1",
            ),
            (
                {"max_seats_per_peer": None},
                "max_seats_per_peer must be a whole number from 0, not None",
            ),
            ({"catalogue": []}, "a catalogue is a sequence of Lots, at least one"),
            (
                {"catalogue": "1 100 1 Sword"},
                "a catalogue is a sequence of Lots, at least one",
            ),
        ]
        for arguments, complaint in cases:
            with self.assertRaises(ValueError) as caught:
                Rooms(Clock(), **arguments)
            self.assertEqual(str(caught.exception), complaint)

    def test_not_opened(self) -> None:
        """No client is told of an event before its commit."""
        clock = Clock()
        ledger = Ledger(self.path, clock, self.fail)
        factory = AuctionFactory(Rooms(clock, ledger=ledger).main)
        visitor = MemoryClient(factory, IPv4Address("TCP", "127.0.0.1", 50001))
        (failure,) = self.flushLoggedErrors(LedgerError)
        self.assertEqual(
            str(failure.value),
            f"the ledger {self.path} is not open: call open() of its Rooms first.",
        )
        self.assertEqual(visitor.transport.value(), b"")
        self.assertTrue(visitor.transport.disconnected)


class FullHouseTests(SynchronousTestCase):
    """As many rooms as there may be, or as are listed."""

    def setUp(self) -> None:
        self.house = MemoryHouse(max_rooms=3)

    def test_many_rooms(self) -> None:
        full = "Not done: every room is in use, and there may not be more."
        first, second = (
            self.house.connect_to_lobby("JOIN a"),
            self.house.connect_to_lobby("WATCH b"),
        )
        third = self.house.connect_to_lobby("JOIN c")
        self.assertEqual(third.read_lines(), [full])
        third.send_lines("JOIN a")
        self.assertEqual(third.read_lines(), ["Server busy!"])
        second.send_lines("QUIT")  # and its room can go
        fourth = self.house.connect_to_lobby("JOIN c")
        self.assertEqual(fourth.read_lines()[1:], SELLER)
        fifth = self.house.connect_to_lobby("WATCH b")
        self.assertEqual(fifth.read_lines(), [full])
        self.assertEqual(set(self.house.rooms), {"main", "a", "c"})
        first.disconnect()
        self.house.advance(59)
        fifth.send_lines("PING")
        self.house.advance(1)
        fifth.send_lines("WATCH b")
        self.assertEqual(fifth.read_lines(), ["Pong:", WATCHER, "Nothing is on sale."])

    def test_long_list(self) -> None:
        self.house = MemoryHouse(max_rooms=200, limits=Limits(max_per_peer=0))
        for number in range(150):
            self.house.connect_to_lobby(f"JOIN r{number}")
        lines = self.house.connect_to_lobby("LIST").read_lines()
        self.assertEqual(len(lines), 101)
        self.assertEqual(lines[-2:], ["Room r98: waiting for the Seller's request.", "Rooms: 151."])
