from typing import Any

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from twisted_auction.client.watch_board import Board, Stage
from twisted_auction.wire import messages

FACTS = ("stage", "lot", "item", "count", "price", "holder", "asking_price", "call", "notice")
ENGLISH = messages.FormatIs("english", 100, "Each bid is at least $5 above the highest.")


class BoardTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.clock = Clock()
        self.board = Board(self.clock.seconds)

    def follow(self, *news: messages.Message) -> None:
        for message in news:
            self.board.follow(message)

    def check(self, **facts: Any) -> None:
        """The facts are these; the others are empty, or unknown."""
        empty: dict[str, Any] = dict.fromkeys(FACTS, "")
        empty |= {"stage": Stage.CLOSED, "price": None, "holder": None, "asking_price": None}
        self.assertEqual({name: getattr(self.board, name) for name in FACTS}, empty | facts)

    def results(self) -> list[str]:
        return [str(result) for result in self.board.results]

    def test_nothing_yet(self) -> None:
        self.check()
        self.assertIsNone(self.board.seconds_left)
        self.follow(messages.RoleWatcher(), messages.SaleNotBegun())
        self.check(notice="The sale has not begun.")

    def test_open_lot(self) -> None:
        self.follow(messages.LotUp(2, 60), messages.OnSale("Sword"), ENGLISH)
        self.follow(messages.BuyersThere(1, 2))
        lot = {"lot": "Lot 2 of 60", "item": "Sword"}
        self.check(**lot, stage=Stage.GATHERING, count="Buyers: 1 of 2.")
        self.assertEqual(
            self.board.format, "english, from $100. Each bid is at least $5 above the highest."
        )
        self.follow(messages.BiddingStart(), messages.Asking(100, 60))
        self.check(**lot, stage=Stage.BIDDING, price=100, asking_price=100)
        self.follow(messages.HighestBid(120, 17, 125, 58))
        self.check(**lot, stage=Stage.BIDDING, price=120, holder=17, asking_price=125)
        self.assertEqual(self.board.seconds_left, 58)
        self.follow(messages.AuctionFinished(), messages.SoldTo("Sword", 17, 120))
        self.check(**lot, stage=Stage.ENDED)
        self.assertEqual(self.results(), ["Lot 2 of 60, Sword: sold to Buyer 17 for $120"])

    def test_countdown(self) -> None:
        """The seconds count down without further news, and not below 0."""
        self.follow(messages.HighestBid(120, 17, 125, 10))
        seen = []
        for _ in range(4):
            seen.append(self.board.seconds_left)
            self.clock.advance(3.5)
        self.assertEqual(seen, [10, 7, 3, 0])

    def test_calls(self) -> None:
        """A call stays until the next price that comes without one."""
        calls = []
        updates: list[list[messages.Message]] = [
            [messages.GoingOnce(), messages.HighestBid(120, 17, 125, 5)],
            [messages.GoingTwice(), messages.HighestBid(120, 17, 125, 3)],
            [messages.HighestBid(125, 4, 130, 2)],
            [messages.TimeExtended(), messages.HighestBid(130, 4, 135, 10)],
        ]
        for news in updates:
            self.follow(*news)
            calls.append(self.board.call)
        self.assertEqual(calls, ["Going once!", "Going twice!", "", "Time extended!"])

    def test_pause(self) -> None:
        """The seconds left stand still, also for a Watcher who comes in the pause."""
        self.follow(messages.HighestBid(120, 17, 125, 10), messages.AuctionPaused())
        self.clock.advance(30)
        self.assertEqual(self.board.seconds_left, 10)
        self.assertEqual(self.board.notice, "The auction is paused.")
        self.follow(messages.RoleWatcher(), messages.OnSale("Vase"), messages.AuctionPaused())
        self.follow(messages.HighestBid(120, 17, 125, 8))
        self.clock.advance(30)
        self.assertEqual(self.board.seconds_left, 8)
        self.follow(messages.AuctionResumed(), messages.HighestBid(120, 17, 125, 8))
        self.clock.advance(3)
        self.assertEqual((self.board.seconds_left, self.board.notice), (5, ""))

    def test_doors(self) -> None:
        """The time to the beginning, and to the end, counts down."""
        self.follow(messages.RoleWatcher(), messages.SaleBeginsByOrder())
        self.assertEqual(self.board.notice, "The sale begins when the Auctioneer starts it.")
        self.follow(messages.SaleBegins(120))
        self.assertEqual(self.board.notice, "The sale begins in 2 minutes.")
        self.clock.advance(60)
        self.follow(messages.AuctioneerSays("Tea is served."))
        self.assertEqual(
            self.board.notice, "The sale begins in 1 minute. The Auctioneer says: Tea is served."
        )
        self.follow(messages.LotUp(1, 1), messages.OnSale("Vase"), messages.BuyersPresent(7))
        self.check(lot="Lot 1 of 1", item="Vase", stage=Stage.GATHERING, count="Buyers: 7.")
        self.follow(messages.AuctionFinished(), messages.LotsAreDone(600))
        self.clock.advance(540)
        self.assertEqual(self.board.notice, "All lots have been up. The sale ends in 1 minute.")

    def test_catalogue(self) -> None:
        """The organiser's own number, and what the catalogue says."""
        self.follow(messages.LotUp(3, 60), messages.CatalogueNumber("12a"))
        self.follow(messages.OnSale("Vase"), messages.DescriptionIs("Slightly cracked."))
        self.follow(messages.PictureIs("vase.jpg"), ENGLISH)
        self.check(lot="Lot 12a (3 of 60)", item="Vase", stage=Stage.GATHERING)
        self.assertEqual(self.board.description, "Slightly cracked.")
        self.follow(messages.LotUp(4, 60), messages.OnSale("Bowl"), ENGLISH)
        self.assertEqual((self.board.lot, self.board.description), ("Lot 4 of 60", ""))

    def test_voided_sale(self) -> None:
        self.follow(messages.LotUp(1, 2), messages.OnSale("Vase"), messages.AuctionFinished())
        self.follow(messages.SoldTo("Vase", 17, 120), messages.SaleIsVoided("1", ""))
        self.assertEqual(
            self.results(),
            ["Lot 1 of 2, Vase: sold to Buyer 17 for $120", "Lot 1: the sale is voided"],
        )

    def test_more_time(self) -> None:
        self.follow(messages.OnSale("Vase"), messages.BiddingStart(), messages.MoreTime(90))
        self.clock.advance(30)
        self.assertEqual((self.board.seconds_left, self.board.price), (60, None))

    def test_falling_price(self) -> None:
        """Of a Dutch lot, or after the highest bid is voided."""
        self.follow(messages.HighestBid(500, 3, 505, 9), messages.HighestBid(80, 9, 85, 9))
        self.assertEqual((self.board.price, self.board.holder), (80, 9))
        self.follow(messages.Asking(50, 9))
        self.assertEqual((self.board.price, self.board.holder), (50, None))

    def test_sealed_lot(self) -> None:
        self.follow(messages.LotUp(1, 2), messages.OnSale("Vase"), ENGLISH)
        self.follow(messages.BiddingStart(), messages.BidsIn(1, 3))
        self.check(lot="Lot 1 of 2", item="Vase", stage=Stage.BIDDING, count="Bids: 1 of 3.")
        self.follow(messages.AuctionFinished())
        self.assertEqual(self.results(), ["Lot 1 of 2, Vase: bidding is over"])

    def test_other_results(self) -> None:
        self.follow(messages.OnSale("Vase"), ENGLISH, messages.AuctionFinished())
        self.follow(messages.NobodyBought("Vase"))
        self.follow(messages.OnSale("Bowl"), ENGLISH)
        self.check(stage=Stage.GATHERING, item="Bowl")
        self.follow(messages.AuctionCancelled("There is a fire."))
        self.assertEqual(self.results(), ["Vase: not sold", "Bowl: cancelled. There is a fire"])

    def test_other_messages(self) -> None:
        """A message without a place of its own is shown until the next item comes up."""
        self.follow(messages.OnSale("Vase"), messages.BiddingClosed("Seller"))
        self.assertEqual(self.board.notice, "The Seller has closed the bidding.")
        self.follow(messages.OnSale("Bowl"))
        self.assertEqual(self.board.notice, "")

    def test_comes_back(self) -> None:
        """The present state follows; the results of before stay."""
        self.follow(messages.OnSale("Vase"), messages.HighestBid(120, 17, 125, 10))
        self.follow(messages.AuctionFinished(), messages.SoldTo("Vase", 17, 120))
        self.follow(messages.RoleWatcher(), messages.NothingOnSale())
        self.check(notice="Nothing is on sale.")
        self.assertEqual(self.results(), ["Vase: sold to Buyer 17 for $120"])
