"""The rules of English auctions, as participants read them: a hidden reserve, a price to buy at
once, a table of increments."""

from twisted.internet.testing import StringTransport
from twisted.logger import Logger

from tests.house.support import HouseTestCase
from tests.support import logged_lines
from twisted_auction.cli.ledger_show import sentence
from twisted_auction.house.bid_notices import bid_history
from twisted_auction.ledger.history import History
from twisted_auction.ledger.storage import open_view
from twisted_auction.rules.commands import Close, Pause, Void
from twisted_auction.rules.terms import Terms
from twisted_auction.server.console import log_events
from twisted_auction.server.control import ControlFactory
from twisted_auction.testing import MemoryClient, MemoryHouse
from twisted_auction.wire.messages import BidsListed, BidWas, Message, VoidedBidWas

MET, NOT_MET = "The reserve is met.", "The reserve is not met."


class ReserveTests(HouseTestCase):
    def test_transcript(self) -> None:
        house = self.house(Terms())
        seller, (one, two) = house.open_auction("english:reserve=150:duration=600 100 2 Sword", 2)
        house.advance(1)
        watcher = house.connect_to_lobby()
        watcher.send_lines("WATCH main")
        house.advance(1)
        everyone = (seller, one, two, watcher)
        first = [client.read_lines() for client in everyone]
        asking = "Asking price: $100. Seconds left: {}."
        self.assertEqual(
            first[0][2:],
            [
                "Auction request received: english:reserve=150:duration=600 100 2 Sword",
                "Bidding start!",
                "At any time: type close to end the auction.",
                asking.format(600),
                NOT_MET,
            ],
        )
        for lines in first[1:]:
            self.assertEqual(lines[-1], NOT_MET)
            self.assertNotIn("150", " ".join(lines))

        def told(amount: int, who: int, notice: str) -> None:
            house.advance(1)
            for client in everyone:
                told = [line for line in client.read_lines() if "$" in line or "reserve" in line]
                place = told.index(notice)
                self.assertIn(f"Highest bid: ${amount} by Buyer {who}.", told[place - 1])

        one.send_lines("149")
        told(149, 1, NOT_MET)
        two.send_lines("150")
        told(150, 2, MET)
        house.auctioneer.orders.give(Void())
        told(149, 1, NOT_MET)
        house.auctioneer.orders.give(Close())
        house.advance(1)
        closed = ["The Auctioneer has closed the bidding.", "Auction finished!", "Not sold: Sword"]
        lost = "Unfortunately you did not win in the last round."
        self.assertEqual(one.read_lines(), [*closed, NOT_MET, lost])
        self.assertEqual(watcher.read_lines()[:4], [*closed, NOT_MET])
        self.assertEqual(seller.read_lines()[:4], [*closed, NOT_MET])

    def test_without_a_bid(self) -> None:
        """Without a bid, the reserve is not the reason."""
        house = self.house()
        _, (one,) = house.open_auction("english:reserve=150 100 1 Sword", 1)
        house.advance(1)
        one.read_lines()
        house.auctioneer.orders.give(Close())
        house.advance(1)
        self.assertNotIn(NOT_MET, one.read_lines())

    def play(self, reserve: int) -> tuple[list[str], list[str]]:
        """An auction whose reserve is not met.

        :return: everything that others than the Seller can read, and what the ledger shows.
        """
        self.forget()
        logged = logged_lines(self)
        house = MemoryHouse(ledger=self.path, watch=lambda room: log_events(Logger()))
        self.houses = [house]
        operator = ControlFactory(house.rooms, house.connections).buildProtocol(None)
        transport = StringTransport()
        operator.makeConnection(transport)
        operator.dataReceived(b"follow\n")
        lobby = house.connect_to_lobby()
        _, (one, two) = house.open_auction(f"english:Reserve={reserve} 100 2 Sword", 2)
        lobby.send_lines("LIST", "SALE main", "JSON", "WATCH main")
        one.send_lines("max 140")
        two.send_lines("130")
        house.advance(1)
        operator.dataReceived(b"status\nclose\n")
        house.advance(1)
        house.rooms.close_ledger()
        told = [transport.value().decode(), *logged]
        for client in (lobby, one, two):
            told += client.read_lines()
        with open_view(self.path) as view:
            history = History(view.start)
            shown = []
            for row in view.rows():
                recorded, event = history.read(row)
                shown.append(sentence(event, recorded, reveal=False))
        return told, shown

    def test_hidden(self) -> None:
        """Nobody but the Seller can tell one reserve from another one."""
        low, high = self.play(4321), self.play(8765)
        self.assertEqual(low, high)
        self.assertIn(
            "Request: english:reserve=hidden 100 2 Sword",
            " ".join(low[1]).replace("Reserve", "reserve"),
        )
        self.assertNotIn("4321", f"{low}")


class BuyTests(HouseTestCase):
    def test_price_in_json(self) -> None:
        """Its own message follows the format, for Buyers and Watchers; lines leave it out."""
        house = self.house()
        watcher = house.connect_to_lobby("JSON", "WATCH main")
        house.open_auction("english:buy=300 100 2 Sword", 1)
        buyer = house.connect_to_lobby("JSON", "JOIN main")
        for client in (watcher, buyer):
            told = [message for letter in client.read_json() for message in letter]
            types = [message["type"] for message in told]
            place = types.index("format_is") + 1
            self.assertEqual(told[place], {"type": "buy_price", "amount": 300})
            self.assertEqual(types.count("buy_price"), 1)

    def test_without_a_price_in_json(self) -> None:
        house = self.house()
        house.open_auction("english 100 2 Sword", 1)
        buyer = house.connect_to_lobby("JSON", "JOIN main")
        types = [message["type"] for letter in buyer.read_json() for message in letter]
        self.assertNotIn("buy_price", types)

    def test_transcript(self) -> None:
        house = self.house()
        _, (one, two) = house.open_auction("english:buy=300 100 2 Sword", 2)
        house.advance(1)
        self.assertIn(
            "Format: english, from $100. Each bid is at least $1 above the highest. There are 60 "
            "seconds, and 10 more after a late bid. The price to buy at once is $300: type buy.",
            two.read_lines(),
        )
        one.send_lines("max 500")
        house.advance(1)
        one.read_lines()
        two.send_lines("BUY")
        house.advance(1)
        sold = ["Auction finished!", "Sold: Sword to Buyer 2 for $300"]
        self.assertEqual(
            two.read_lines()[-4:],
            [
                "You hold the highest bid: $300.",
                *sold,
                "You won this item Sword! Your payment due is $300",
            ],
        )
        self.assertEqual(
            one.read_lines(),
            [
                "You have been outbid: Buyer 2 bids $300.",
                *sold,
                "Unfortunately you did not win in the last round.",
            ],
        )


class BidsTests(HouseTestCase):
    def test_history(self) -> None:
        house = self.house(Terms(raise_rate=0))
        seller, (one, two) = house.open_auction("english:duration=600 100 2 Sword", 2)
        house.advance(1)

        def bids(client: MemoryClient) -> list[str]:
            house.advance(1)
            client.read_lines()
            client.send_lines("Bids")
            house.advance(1)
            return client.read_lines()

        self.assertEqual(bids(one), ["Bids listed: 0 of 0."])
        one.send_lines("max 130")
        two.send_lines("120", "500")
        house.advance(1)
        house.auctioneer.orders.give(Void())
        two.send_lines("125")
        expected = [
            *("Bid: $100 by Buyer 1.", "Bid: $120 by Buyer 2.", "Bid: $121 by Buyer 1."),
            *("Voided bid: $500 by Buyer 2.", "Bid: $125 by Buyer 2.", "Bid: $126 by Buyer 1."),
            "Bids listed: 6 of 6.",
        ]
        for client in (one, two, seller):
            self.assertEqual(bids(client), expected)
        one.send_lines(*(str(amount) for amount in range(200, 220)))
        listed = bids(two)
        self.assertEqual((len(listed), listed[-1]), (21, "Bids listed: 20 of 26."))

    def test_voided_together(self) -> None:
        """Bids that were voided together stay before the later ones, in their order."""
        house = self.house(Terms(raise_rate=0))
        _, (one, two) = house.open_auction("english:duration=600 100 2 Sword", 2)
        one.send_lines("100")
        two.send_lines("110", "120", "130")
        house.advance(1)
        house.auctioneer.orders.give(Void())
        one.send_lines("105")
        two.send_lines("107")
        house.auctioneer.orders.give(Void())
        two.send_lines("109")
        house.advance(1)
        one.read_lines()
        one.send_lines("bids")
        house.advance(1)
        self.assertEqual(
            one.read_lines(),
            [
                "Bid: $100 by Buyer 1.",
                *(f"Voided bid: ${amount} by Buyer 2." for amount in (110, 120, 130)),
                "Bid: $105 by Buyer 1.",
                "Voided bid: $107 by Buyer 2.",
                "Bid: $109 by Buyer 2.",
                "Bids listed: 7 of 7.",
            ],
        )

    def test_pause(self) -> None:
        """It is a question, and no bid."""
        house = self.house()
        seller, (one,) = house.open_auction("english:duration=600 100 1 Sword", 1)
        one.send_lines("120")
        house.advance(1)
        house.auctioneer.orders.give(Pause())
        house.advance(1)
        for client in (seller, one):
            client.read_lines()
            client.send_lines("bids", "130")
            house.advance(1)
            self.assertEqual(
                client.read_lines(),
                ["Bid: $120 by Buyer 1.", "Bids listed: 1 of 1.", "Paused. Please wait..."],
            )

    def test_many(self) -> None:
        """The latest twenty in their order, among the voided ones, also after the bids before them
        were voided."""
        auction = self.house().auctioneer.auction
        auction.open_bids = [(1, amount) for amount in range(100, 125)]
        auction.voided_bids = [(25, 2, 900), (25, 2, 800), (4, 2, 700), (10, 2, 600), (5, 3, 500)]
        listed = bid_history(auction).messages
        self.assertEqual(listed[-1], BidsListed(20, 30))
        latest: list[Message] = [BidWas(1, amount) for amount in range(108, 125)]
        latest.insert(2, VoidedBidWas(2, 600))
        voided = [VoidedBidWas(2, 900), VoidedBidWas(2, 800)]
        self.assertEqual([*listed[:-1]], [*latest, *voided])
        auction.open_bids = []
        auction.voided_bids = [(0, 2, 100 + place) for place in range(25)]
        self.assertEqual(
            [*bid_history(auction).messages],
            [*(VoidedBidWas(2, 100 + place) for place in range(5, 25)), BidsListed(20, 25)],
        )
