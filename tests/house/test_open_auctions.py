import contextlib

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from tests.support import Saleroom, Visitor
from twisted_auction.house.auctioneer import NEWS_INTERVAL
from twisted_auction.rules.refusals import Refusal
from twisted_auction.rules.terms import Terms
from twisted_auction.rules.transitions import Phase
from twisted_auction.server.limits import Limits
from twisted_auction.wire.letter import Letter

ENGLISH = [
    "On sale: Sword",
    "Format: english, from $100. Each bid is at least $5 above the highest. "
    "There are 60 seconds, and 10 more after a late bid.",
]
DUTCH = [
    "On sale: Sword",
    "Format: dutch, from $130. The price falls by $20 every 5 seconds; the first to take it buys.",
]
WAITING = "The Auctioneer is still waiting for other Buyer to connect..."
START = ["Bidding start!", "At any time: type an amount to bid."]
START_DUTCH = [
    "Bidding start!",
    "At any time: type accept, or an amount that is at least the price, to buy.",
]
START_SELLER = ["Bidding start!", "At any time: type close to end the auction."]
FINISHED = "Auction finished!"
LOST = "Unfortunately you did not win in the last round."


def buyer(number: int) -> list[str]:
    return ["Your role is: [Buyer]", f"You are Buyer {number}."]


def asking(price: int, seconds: int) -> str:
    return f"Asking price: ${price}. Seconds left: {seconds}."


def highest(amount: int, who: int, seconds: int, increment: int = 5) -> str:
    return (
        f"Highest bid: ${amount} by Buyer {who}. "
        f"Asking price: ${amount + increment}. Seconds left: {seconds}."
    )


def sold(who: int, price: int) -> list[str]:
    return [FINISHED, f"Sold: Sword to Buyer {who} for ${price}"]


def won(who: int, price: int) -> list[str]:
    return [*sold(who, price), f"You won this item Sword! Your payment due is ${price}"]


def success(who: int, price: int) -> list[str]:
    return [*sold(who, price), f"Success! Your item Sword has been sold for ${price}"]


class AbsurdBidTests(SynchronousTestCase):
    """A bid that nobody would outbid must not become the highest by mistake."""

    def test_ceiling(self) -> None:
        room = Saleroom(Terms(max_bid=10**12))
        _, (buyer,) = room.opened("3 100 1 Sword", 1)
        room.passes(1)
        buyer.reads()
        buyer.types("9" * 18, "1" + "0" * 18, "1000000000000")
        too_high = "Bid too high! The greatest acceptable bid is $1000000000000."
        self.assertEqual(
            buyer.reads()[:-1], [too_high, too_high, "You hold the highest bid: $1000000000000."]
        )

    def test_sealed(self) -> None:
        """Sealed bids harm nobody but their Buyers."""
        room = Saleroom(Terms(max_bid=10**12))
        _, (buyer, _) = room.opened("1 100 2 Sword", 2)
        buyer.types("9" * 18)
        self.assertEqual(buyer.reads(), ["Bid received. Please wait..."])

    def test_jump(self) -> None:
        room = Saleroom()
        _, (first, second) = room.opened("3:increment=5:jump=10 100 2 Sword", 2)
        room.passes(1)
        first.reads()
        second.reads()
        first.types("6000")
        self.assertEqual(first.reads(), ["Please repeat your bid to confirm: $6000"])
        for other in ["500", "60000", "nonsense", ""]:  # another line, and it is forgotten
            first.types(other, "6000")
            self.assertEqual(first.reads()[-1], "Please repeat your bid to confirm: $6000")
        second.types("6000")  # nobody confirms for another
        self.assertEqual(second.reads()[-1], "Please repeat your bid to confirm: $6000")
        first.types(" 6000\r")
        self.assertIn("You hold the highest bid: $6000.", first.reads())
        second.reads()
        second.types("6000")
        self.assertEqual(second.reads(), ["Bid too low! The least acceptable bid is $6005."])
        self.assertEqual(room.console[-2:], [">> Buyer 1 bid $500", ">> Buyer 1 bid $6000"])

    def test_another_lot(self) -> None:
        room = Saleroom(Terms(lot_pause=0), catalogue=b"3:jump=10 1 1 A\n3:jump=10 1 1 B")
        buyer = room.enters()
        buyer.types("50")
        room.passes(60)
        buyer.reads()
        buyer.types("50")
        self.assertEqual(buyer.reads(), ["Please repeat your bid to confirm: $50"])

    def test_back_after_a_cut(self) -> None:
        """The seat remembers, and a new one knows nothing."""
        room = Saleroom()
        room.enters_lobby("JOIN main").types("3:jump=10 1 1 Sword")
        buyer = room.enters_lobby("JOIN main")
        buyer.types("50")
        buyer.goes()
        again = room.enters_lobby("RESUME ticket-2")
        again.reads()
        again.types("50", "50")
        self.assertEqual(
            again.reads(),
            ["Please repeat your bid to confirm: $50", "You hold the highest bid: $50."],
        )


class EnglishTests(SynchronousTestCase):
    """Whole talks of English auctions, as every participant and the operator read them."""

    def setUp(self) -> None:
        self.room = Saleroom()

    def opened(self, request: str = "3:increment=5 100 2 Sword") -> tuple[Visitor, list[Visitor]]:
        seller, buyers = self.room.opened(request, 2)
        self.room.passes(1)
        for visitor in (seller, *buyers):
            visitor.reads()
        return seller, buyers

    def test_whole(self) -> None:
        seller = self.room.enters()
        seller.types("english:increment=5 100 2 Sword")
        first = self.room.enters()
        self.room.passes(20)
        second = self.room.enters()
        self.room.passes(8)
        first.types("100")
        self.room.passes(2)
        second.types("104", "105")
        late = self.room.enters()
        self.room.passes(43.5)
        first.types("200")
        self.room.passes(10)
        self.assertEqual(
            seller.reads(),
            [
                "Your role is: [Seller]",
                "Please submit auction request:",
                "Auction request received: english:increment=5 100 2 Sword",
                *START_SELLER,
                asking(100, 60),
                highest(100, 1, 52),
                highest(105, 2, 50),
                "Time extended!",
                highest(200, 1, 10),
                "Going once!",
                highest(200, 1, 6),
                "Going twice!",
                highest(200, 1, 3),
                *success(1, 200),
            ],
        )
        going = ["Going once!", highest(200, 1, 6), "Going twice!", highest(200, 1, 3)]
        self.assertEqual(
            first.reads(),
            [
                *buyer(1),
                *ENGLISH,
                WAITING,
                *START,
                asking(100, 60),
                "You hold the highest bid: $100.",
                highest(100, 1, 52),
                "You have been outbid: Buyer 2 bids $105.",
                highest(105, 2, 50),
                "You hold the highest bid: $200.",
                "Time extended!",
                highest(200, 1, 10),
                *going,
                *won(1, 200),
            ],
        )
        self.assertEqual(
            second.reads(),
            [
                *buyer(2),
                *ENGLISH,
                *START,
                asking(100, 60),
                highest(100, 1, 52),
                "Bid too low! The least acceptable bid is $105.",
                "You hold the highest bid: $105.",
                highest(105, 2, 50),
                "You have been outbid: Buyer 1 bids $200.",
                "Time extended!",
                highest(200, 1, 10),
                *going,
                *sold(1, 200),
                LOST,
            ],
        )
        self.assertEqual(
            late.reads(),
            [
                *buyer(3),
                *ENGLISH,
                *START,
                highest(105, 2, 50),
                "Time extended!",
                highest(200, 1, 10),
                *going,
                *sold(1, 200),
                LOST,
            ],
        )
        self.assertTrue(all(one.dismissed for one in (seller, first, second, late)))
        self.assertEqual(
            self.room.console[5:],
            [
                "Requested number of bidders arrived. Let's start bidding!",
                ">> New Bidding Thread spawned",
                ">> Buyer 1 bid $100",
                ">> Buyer 2 bid $105",
                "Buyer 3 is connected from 127.0.0.1:50004",
                ">> Buyer 1 bid $200",
                ">> Time extended to 10 seconds",
                ">> Going once!",
                ">> Going twice!",
                ">> Item sold! The highest bid is $200. The actual payment is $200",
            ],
        )
        self.assertEqual(self.room.auctioneer.status, 0)

    def test_nobody_bids(self) -> None:
        seller, buyers = self.opened()
        self.room.passes(59)
        going = ["Going once!", asking(100, 6), "Going twice!", asking(100, 3)]
        self.assertEqual(
            seller.reads(),
            [
                *going,
                FINISHED,
                "Not sold: Sword",
                "Unfortunately your item Sword was not sold in the auction.",
            ],
        )
        for visitor in buyers:
            self.assertEqual(visitor.reads(), [*going, FINISHED, "Not sold: Sword", LOST])

    def test_seller_closes(self) -> None:
        seller, buyers = self.opened()
        seller.types("when?", "close", "close")
        self.assertEqual(
            seller.reads(),
            [
                "Not understood.",
                "At any time: type close to end the auction.",
                "The Seller has closed the bidding.",
                FINISHED,
                "Not sold: Sword",
                "Unfortunately your item Sword was not sold in the auction.",
            ],
        )
        self.assertEqual(
            buyers[0].reads(),
            ["The Seller has closed the bidding.", FINISHED, "Not sold: Sword", LOST],
        )

    def test_not_understood(self) -> None:
        _, buyers = self.opened()
        buyers[0].types("some wrong bid", "accept", "0", "")
        self.assertEqual(
            buyers[0].reads(), ["Not understood.", "At any time: type an amount to bid."] * 4
        )
        self.assertEqual(buyers[1].reads(), [])

    def test_holder_leaves(self) -> None:
        """It stays bound: the item is sold to it."""
        seller, buyers = self.opened()
        buyers[0].types("100")
        buyers[0].goes()
        self.room.passes(60)
        self.assertEqual(seller.reads()[-3:], success(1, 100))
        self.assertEqual(buyers[1].reads()[-3:], [*sold(1, 100), LOST])
        self.assertEqual(
            buyers[0].reads(), ["You hold the highest bid: $100.", highest(100, 1, 59)]
        )

    def test_everybody_leaves(self) -> None:
        """Time goes on, a latecomer finds the auction where it stands, and it ends."""
        seller, buyers = self.opened()
        buyers[1].types("150")
        for visitor in (seller, *buyers):
            visitor.goes()
        self.room.passes(20)
        late = self.room.enters()
        self.assertEqual(late.reads(), [*buyer(3), *ENGLISH, *START, highest(150, 2, 39)])
        late.goes()
        self.room.passes(39)
        self.assertEqual(
            self.room.console[-1],
            ">> Item sold! The highest bid is $150. The actual payment is $150",
        )
        self.assertEqual(self.room.auctioneer.status, 0)
        self.assertEqual(self.room.clock.getDelayedCalls(), [])

    def test_seller_leaves_before_the_opening(self) -> None:
        seller = self.room.enters()
        seller.types("3 100 2 Sword")
        waiting = self.room.enters()
        waiting.reads()
        seller.goes()
        self.assertEqual(waiting.reads(), ["Auction cancelled! The Seller has left."])
        self.assertTrue(waiting.dismissed)

    def test_buyer_leaves_before_the_opening(self) -> None:
        seller = self.room.enters()
        seller.types("3 100 2 Sword")
        self.room.enters().goes()
        second = self.room.enters()
        self.assertEqual(second.reads()[-1], WAITING)
        self.assertEqual(self.room.enters().reads()[-3:], [*START, asking(100, 60)])

    def test_a_bid_at_the_last_instant(self) -> None:
        """What counts is the server's order: time comes first, however late it is woken."""
        seller, buyers = self.opened()
        buyers[0].types("100")
        self.room.clock.rightNow += 59  # and no timer has fired yet
        buyers[1].types("500")
        self.assertEqual(seller.reads()[-3:], success(1, 100))
        self.assertEqual(
            buyers[1].reads(),
            [
                highest(100, 1, 59),
                "Going once!",
                highest(100, 1, 0),
                *sold(1, 100),
                LOST,
            ],
        )

    def test_a_leave_at_the_last_instant(self) -> None:
        seller, buyers = self.opened()
        self.room.clock.rightNow += 59  # and no timer has fired yet
        buyers[1].goes()
        self.assertEqual(seller.reads()[-1][:13], "Unfortunately")
        self.assertTrue(buyers[0].dismissed)

    def test_an_arrival_at_the_last_instant(self) -> None:
        """It finds the next auction."""
        self.opened()
        self.room.clock.rightNow += 59  # and no timer has fired yet
        self.assertEqual(self.room.enters().reads()[0], "Your role is: [Seller]")


class DutchTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.room = Saleroom()

    def test_whole(self) -> None:
        seller = self.room.enters()
        seller.types("4:start=130:step=20:interval=5 100 2 Sword")
        buyers = [self.room.enters() for _ in range(2)]
        self.room.passes(6)
        late = self.room.enters()
        late.types("109", "why?")
        self.room.passes(5)
        buyers[1].types("accept")
        buyers[0].types("accept")
        prices = [asking(130, 5), asking(110, 5), asking(100, 5)]
        self.assertEqual(
            seller.reads(),
            [
                "Your role is: [Seller]",
                "Please submit auction request:",
                "Auction request received: 4:start=130:step=20:interval=5 100 2 Sword",
                *START_SELLER,
                *prices,
                *success(2, 100),
            ],
        )
        self.assertEqual(
            buyers[0].reads(),
            [*buyer(1), *DUTCH, WAITING, *START_DUTCH, *prices, *sold(2, 100), LOST],
        )
        self.assertEqual(
            buyers[1].reads(),
            [
                *buyer(2),
                *DUTCH,
                *START_DUTCH,
                *prices,
                "Bid received. Please wait...",
                *won(2, 100),
            ],
        )
        self.assertEqual(
            late.reads(),
            [
                *buyer(3),
                *DUTCH,
                *START_DUTCH,
                asking(110, 4),
                "Bid too low! The least acceptable bid is $110.",
                "Not understood.",
                START_DUTCH[1],
                asking(100, 5),
                *sold(2, 100),
                LOST,
            ],
        )
        self.assertEqual(
            self.room.console[7:],
            [
                ">> The price is $110",
                "Buyer 3 is connected from 127.0.0.1:50004",
                ">> The price is $100",
                ">> Buyer 2 bid $100",
                ">> Item sold! The highest bid is $100. The actual payment is $100",
            ],
        )

    def test_run_down(self) -> None:
        seller, buyers = self.room.opened("4:start=130:step=20:interval=5 100 2 Sword", 2)
        buyers[0].goes()
        self.room.passes(15)
        self.assertEqual(
            buyers[1].reads(),
            [asking(110, 5), asking(100, 5), FINISHED, "Not sold: Sword", LOST],
        )
        self.assertEqual(
            seller.reads()[-1], "Unfortunately your item Sword was not sold in the auction."
        )

    def test_everybody_leaves(self) -> None:
        seller, buyers = self.room.opened("4:start=130:step=20:interval=5 100 2 Sword", 2)
        for visitor in (seller, *buyers):
            visitor.goes()
        self.room.passes(6)
        late = self.room.enters()
        late.types("accept")
        self.assertEqual(late.reads()[-3:], won(3, 110))


class OperatorTests(SynchronousTestCase):
    """What the operator decides, everyone concerned hears."""

    def setUp(self) -> None:
        self.room = Saleroom()

    def test_close_sealed_bidding(self) -> None:
        seller, buyers = self.room.opened("2 100 3 Sword", 3)
        buyers[0].types("150")
        self.room.auctioneer.close_bidding()
        closed = "The Auctioneer has closed the bidding."
        self.assertEqual(
            seller.reads(),
            [closed, FINISHED, "Success! Your item Sword has been sold for $100"],
        )
        self.assertEqual(
            buyers[0].reads()[1:],
            [closed, FINISHED, "You won this item Sword! Your payment due is $100"],
        )
        self.assertEqual(buyers[1].reads(), [closed, FINISHED, LOST])
        self.assertEqual(self.room.clock.getDelayedCalls()[1:], [])  # the farewells' own remains

    def test_close_open_bidding(self) -> None:
        _, buyers = self.room.opened("3 100 2 Sword", 2)
        buyers[0].types("150")
        self.room.auctioneer.close_bidding()
        self.assertEqual(
            buyers[1].reads(),
            ["The Auctioneer has closed the bidding.", *sold(1, 150), LOST],
        )

    def test_cancel(self) -> None:
        for request, number in [("", 0), ("1 1 2 Sword", 1), ("1 1 2 Sword", 2), ("3 1 2 x", 2)]:
            self.room = Saleroom()
            seller = self.room.enters()
            if request:
                seller.types(request)
            buyers = [self.room.enters() for _ in range(number)]
            for visitor in (seller, *buyers):
                visitor.reads()
            self.room.auctioneer.cancel("There is a fire.")
            for visitor in (seller, *buyers):
                self.assertEqual(visitor.reads(), ["Auction cancelled! There is a fire."])
                self.assertTrue(visitor.dismissed)
            self.assertEqual(self.room.auctioneer.status, 0)

    def test_refused(self) -> None:
        self.assertRaises(Refusal, self.room.auctioneer.close_bidding)
        self.assertRaises(Refusal, self.room.auctioneer.cancel, "Why not.")


class ConflationTests(SynchronousTestCase):
    """Where bidding stands is told at most twenty times a second, and never out of date."""

    def setUp(self) -> None:
        self.meet(Saleroom())

    def meet(self, room: Saleroom) -> None:
        self.room = room
        self.seller, self.buyers = self.room.opened("3:increment=1:duration=600 1 3 Sword", 3)
        self.room.passes(1)
        for visitor in (self.seller, *self.buyers):
            visitor.reads()

    def test_many_bids(self) -> None:
        """Acknowledgements come at once and all of them; the price comes twenty times a second."""
        self.meet(Saleroom(Terms(raise_rate=0), limits=Limits(line_rate=0)))
        heard: list[str] = []
        for number in range(2000):
            bidder = self.buyers[number % 2]
            bidder.reads()
            bidder.types(str(number + 1))
            own = bidder.reads()
            self.assertEqual(own[0], f"You hold the highest bid: ${number + 1}.")
            self.assertLessEqual(len(own), 2)
            self.room.passes(0.001)
            heard += self.buyers[2].reads()
        self.room.passes(NEWS_INTERVAL)
        heard += self.buyers[2].reads()
        self.assertGreaterEqual(len(heard), 35)
        self.assertLessEqual(len(heard), 40)  # two seconds of it
        self.assertEqual(heard[0], highest(1, 1, 599, increment=1))
        self.assertEqual(heard[-1], highest(2000, 2, 597, increment=1))

    def test_held_back(self) -> None:
        """The second bid's news waits for its time, and is the third's by then."""
        first, second, listener = self.buyers
        first.types("10")
        second.types("20")
        first.types("30")
        self.assertEqual(listener.reads(), [highest(10, 1, 599, increment=1)])
        self.assertEqual(
            second.reads(),
            [
                highest(10, 1, 599, increment=1),
                "You hold the highest bid: $20.",
                "You have been outbid: Buyer 1 bids $30.",
            ],
        )
        self.room.passes(NEWS_INTERVAL)
        self.assertEqual(listener.reads(), [highest(30, 1, 599, increment=1)])
        self.room.passes(1)
        self.assertEqual(listener.reads(), [])

    def test_full(self) -> None:
        """Whoever does not read gets the newest standing when it does, and no old ones."""
        first, second, slow = self.buyers
        slow.chokes()
        for amount in range(1, 40):
            (first if amount % 2 else second).types(str(amount))
            self.room.passes(1)
        self.assertEqual(slow.reads(), [])
        slow.breathes()
        self.assertEqual(slow.reads(), [highest(39, 1, 560, increment=1)])
        slow.breathes()
        self.assertEqual(slow.reads(), [])
        first.types("50")
        self.assertEqual(slow.reads(), [highest(50, 1, 560, increment=1)])

    def test_full_but_spoken_to(self) -> None:
        """What concerns one Buyer alone is sent all the same, and so is the result."""
        first, second, _ = self.buyers
        first.chokes()
        first.types("5", "5", "what?")
        second.types("6")
        self.assertEqual(
            first.reads(),
            [
                "You hold the highest bid: $5.",
                "Bid too low! The least acceptable bid is $6.",
                "Not understood.",
                "At any time: type an amount to bid.",
                "You have been outbid: Buyer 2 bids $6.",
            ],
        )
        self.seller.types("close")
        self.assertEqual(first.reads(), ["The Seller has closed the bidding.", *sold(2, 6), LOST])
        first.goes()

    def test_full_to_the_end(self) -> None:
        """After the result there is nothing to catch up with."""
        first, _, slow = self.buyers
        slow.chokes()
        first.types("5")
        self.seller.types("close")
        slow.reads()
        slow.protocol.session._catch_up()
        self.assertEqual(slow.reads(), [])

    def test_full_from_one_lot_to_the_next(self) -> None:
        """What was missed of one lot is nothing to catch up with in the next."""
        self.room = Saleroom(catalogue=b"3:duration=20:extension=0 10 2 A\n1 10 1 B")
        slow, quick = self.room.enters(), self.room.enters()
        self.room.passes(6)
        slow.chokes()
        quick.types("10")
        self.room.passes(25)
        self.assertEqual(slow.reads()[-2:], ["Bidding start!", "Please submit your bid:"])
        slow.breathes()
        self.assertEqual(slow.reads(), [])

    def test_full_once(self) -> None:
        """One catching up is enough."""
        first, _, slow = self.buyers
        slow.chokes()
        first.types("5")
        slow.breathes()
        self.assertEqual(len(slow.reads()), 1)
        slow.protocol.session._catch_up()
        self.assertEqual(slow.reads(), [])

    def test_gone_while_full(self) -> None:
        first, _, slow = self.buyers
        slow.chokes()
        first.types("5")
        slow.goes()
        self.assertEqual(self.room.auctioneer._behind, {})
        slow.protocol.session._catch_up()
        first.types("6")
        self.assertEqual(slow.reads(), [])

    def test_result_instead_of_news(self) -> None:
        first, second, listener = self.buyers
        first.types("10")
        second.types("20")
        self.seller.types("close")
        self.assertEqual(
            listener.reads(),
            [
                highest(10, 1, 599, increment=1),
                "The Seller has closed the bidding.",
                *sold(2, 20),
                LOST,
            ],
        )
        self.room.passes(1)
        self.assertEqual(listener.reads(), [])

    def test_headline_is_kept(self) -> None:
        """A bid that comes right after "going once" does not hide the call."""
        self.room = Saleroom()
        _, (first, second) = self.room.opened("3:duration=9:extension=0 1 2 Sword", 2)
        self.room.passes(2.98)
        first.types("5")
        self.assertEqual(second.reads()[-1], highest(5, 1, 7, increment=1))
        self.room.passes(0.03)  # "going once" falls into the time in which news is held back
        first.types("6")
        self.assertEqual(second.reads(), [])
        self.room.passes(NEWS_INTERVAL)
        self.assertEqual(second.reads(), ["Going once!", highest(6, 1, 6, increment=1)])

    def test_telling_takes_long(self) -> None:
        """Then it is done less often, so that half of the time remains for listening."""
        clock = self.room.clock
        first, second, listener = self.buyers
        send = listener.protocol.session.send

        def slowly(letter: Letter) -> None:
            clock.rightNow += 0.2
            send(letter)

        self.patch(listener.protocol.session, "send", slowly)
        first.types("10")
        second.types("20")
        listener.reads()
        self.room.passes(0.19)
        self.assertEqual(listener.reads(), [])
        self.room.passes(0.02)
        self.assertEqual(listener.reads(), [highest(20, 2, 599, increment=1)])


MAY_PASS = "Type an amount, or pass."
SEALED = ["Bidding start!", "Please submit your bid:"]
SWORD = b"2 100 2 Sword"


def sword(lot: int, lots: int = 4) -> list[str]:
    """The announcement of :data:`SWORD`."""
    form = "second-price, from $100. One sealed bid each; the highest wins and pays the second"
    return [f"Lot {lot} of {lots}.", "On sale: Sword", f"Format: {form} highest.", MAY_PASS]


CATALOGUE = b"""\
# Saturday
2 100 2 Sword
english:duration=20:extension=0 10 1 Shield
dutch:start=50 20 1 Compass
"""


class SaleTests(SynchronousTestCase):
    """A sale of three lots, in which the house is the Seller."""

    def setUp(self) -> None:
        self.room = Saleroom(catalogue=CATALOGUE)

    def test_whole(self) -> None:
        self.assertEqual(self.room.auctioneer.status, 1)
        first, second = self.room.enters(), self.room.enters()
        self.room.passes(5)
        late = self.room.enters()
        late.types("500")
        first.types("150")
        second.types("120")
        first.types("1")
        self.room.passes(5)
        later = self.room.enters()
        later.types("10")
        self.room.passes(20)
        second.goes()
        self.room.passes(6)
        late.types("accept")
        self.room.passes(30)
        after = self.room.enters()
        sword = [
            "Lot 1 of 3.",
            "On sale: Sword",
            "Format: second-price, from $100. One sealed bid each; the highest wins and pays the "
            "second highest.",
        ]
        shield = [
            "Lot 2 of 3.",
            "On sale: Shield",
            "Format: english, from $10. Each bid is at least $1 above the highest. "
            "There are 20 seconds.",
        ]
        shield_bids = [
            highest(10, 4, 20, increment=1),
            "Going once!",
            highest(10, 4, 6, increment=1),
            "Going twice!",
            highest(10, 4, 3, increment=1),
            FINISHED,
            "Sold: Shield to Buyer 4 for $10",
        ]
        compass = [
            "Lot 3 of 3.",
            "On sale: Compass",
            "Format: dutch, from $50. The price falls by $3 every 5 seconds; the first to take it "
            "buys.",
        ]
        opens = "Bidding opens in 5 seconds."
        compass_sold = [FINISHED, "Sold: Compass to Buyer 3 for $50"]
        self.assertEqual(
            first.reads(),
            [
                *buyer(1),
                *sword,
                MAY_PASS,
                WAITING,
                opens,
                "Bidding start!",
                "Please submit your bid:",
                "Bid received. Please wait...",
                FINISHED,
                "You won this item Sword! Your payment due is $120",
                *shield,
                opens,
                "Bidding has not started. Please wait...",
                *START,
                asking(10, 20),
                *shield_bids,
                LOST,
                *compass,
                opens,
                *START_DUTCH,
                asking(50, 5),
                *compass_sold,
                LOST,
                "The sale is over.",
            ],
        )
        self.assertEqual(
            second.reads(),
            [
                *buyer(2),
                *sword,
                MAY_PASS,
                opens,
                "Bidding start!",
                "Please submit your bid:",
                "Bid received. Please wait...",
                FINISHED,
                LOST,
                *shield,
                opens,
                *START,
                asking(10, 20),
                *shield_bids,
                LOST,
                *compass,
                opens,
            ],
        )
        self.assertEqual(
            late.reads(),
            [
                *buyer(3),
                *sword,
                "Please wait for the next lot.",
                "Bidding has not started. Please wait...",
                *shield,
                opens,
                *START,
                asking(10, 20),
                *shield_bids,
                LOST,
                *compass,
                opens,
                *START_DUTCH,
                asking(50, 5),
                "Bid received. Please wait...",
                *compass_sold,
                "You won this item Compass! Your payment due is $50",
                "The sale is over.",
            ],
        )
        self.assertEqual(
            later.reads(),
            [
                *buyer(4),
                *shield,
                *START,
                asking(10, 20),
                "You hold the highest bid: $10.",
                *shield_bids,
                "You won this item Shield! Your payment due is $10",
                *compass,
                opens,
                *START_DUTCH,
                asking(50, 5),
                *compass_sold,
                LOST,
                "The sale is over.",
            ],
        )
        self.assertEqual(after.reads(), ["The sale is over."])
        self.assertTrue(
            all(visitor.dismissed for visitor in (first, late, later, after)),
        )
        self.assertFalse(second.dismissed)
        self.assertEqual(
            [line for line in self.room.console if line.startswith("Lot")],
            ["Lot 1 of 3: Sword", "Lot 2 of 3: Shield", "Lot 3 of 3: Compass"],
        )

    def test_cancelled_lot(self) -> None:
        first = self.room.enters()
        first.reads()
        self.room.auctioneer.cancel("It is broken.")
        self.assertEqual(
            first.reads(),
            [
                "Auction cancelled! It is broken.",
                "Lot 2 of 3.",
                "On sale: Shield",
                "Format: english, from $10. Each bid is at least $1 above the highest. "
                "There are 20 seconds.",
                "Bidding opens in 5 seconds.",
            ],
        )
        self.assertFalse(first.dismissed)

    def test_a_visitor_for_the_next_lot_takes_no_part(self) -> None:
        """Whoever waits for the next lot hears no result of this one, and may leave."""
        first, second = self.room.enters(), self.room.enters()
        self.room.passes(5)
        waiting = self.room.enters()
        waiting.reads()
        self.room.auctioneer.close_bidding()
        self.assertEqual(
            waiting.reads()[:2], ["The Auctioneer has closed the bidding.", "Lot 2 of 3."]
        )
        self.assertEqual(
            second.reads()[-7:-4], ["The Auctioneer has closed the bidding.", FINISHED, LOST]
        )
        waiting.goes()
        self.assertFalse(first.dismissed)

    def test_silent_buyer(self) -> None:
        """Silence costs the lot, not the seat; the next lots do not wait for it."""
        self.room = Saleroom(Terms(lot_time=30, lot_pause=0), catalogue=b"\n".join([SWORD] * 4))
        first, second = self.room.enters(), self.room.enters()
        first.types("150")
        first.reads()
        self.room.passes(31)
        won = [FINISHED, "You won this item Sword! Your payment due is $100"]
        lost = [FINISHED, LOST]
        self.assertEqual(first.reads(), [*won, *sword(2), *SEALED])
        self.assertEqual(second.reads()[-10:], [*SEALED, *lost, *sword(2), *SEALED])
        first.types("pass")
        self.room.passes(1)
        self.assertEqual(
            first.reads(),
            ["You have passed this lot. Please wait...", *lost, *sword(3), *SEALED],
        )
        self.assertEqual(second.reads(), [*lost, *sword(3), *SEALED])
        second.types("180")  # its bid counts while the lot is open, and it is waited for again
        self.assertEqual(second.reads(), ["Bid received. Please wait..."])
        first.types("160")
        self.room.passes(1)
        self.assertEqual(first.reads(), ["Bid received. Please wait...", *lost, *sword(4), *SEALED])
        self.assertEqual(
            second.reads()[:2], [FINISHED, "You won this item Sword! Your payment due is $160"]
        )
        first.types("150")
        self.assertEqual(first.reads(), ["Bid received. Please wait..."])
        self.room.passes(30)
        self.assertEqual(first.reads(), [*won, "The sale is over."])
        self.assertTrue(first.dismissed and second.dismissed)

    def test_everyone_passes(self) -> None:
        self.room = Saleroom(Terms(lot_pause=0), catalogue=b"\n".join([SWORD] * 2))
        first, second = self.room.enters(), self.room.enters()
        first.types("PASS", "150", "pass")
        passed = "You have passed this lot. Please wait..."
        self.assertEqual(first.reads()[-5:], [*SEALED, passed, passed, passed])
        second.types("pass")
        self.room.passes(1)
        self.assertEqual(second.reads()[-8:], [FINISHED, LOST, *sword(2, 2), *SEALED])
        self.assertIn(">> Item not sold! There was no bid.", self.room.console)

    def test_a_word_of_any_kind(self) -> None:
        """Even a line that is refused shows that somebody is there again."""
        self.room = Saleroom(Terms(lot_pause=5), catalogue=b"\n".join([SWORD] * 2))
        first, second = self.room.enters(), self.room.enters()
        self.room.passes(5)
        first.types("150")
        self.room.passes(60)
        second.types("hello?")
        self.assertEqual(second.reads()[-1], "Bidding has not started. Please wait...")
        self.room.passes(5)
        first.types("150")
        self.assertEqual(first.reads()[-1], "Bid received. Please wait...")

    def test_watcher(self) -> None:
        self.room = Saleroom(Terms(lot_pause=0), catalogue=SWORD)
        watcher = self.room.enters_lobby("WATCH main")
        first, second = self.room.enters(), self.room.enters()
        self.assertNotIn(MAY_PASS, watcher.reads())
        first.types("pass")
        self.assertEqual(watcher.reads(), ["Bids: 0 of 1."])
        second.types("150")
        self.assertEqual(watcher.reads()[:2], ["Bids: 1 of 1.", FINISHED])

    def test_no_next_lot_to_wait_for(self) -> None:
        """During sealed bidding on the last lot, a newcomer is turned away."""
        self.room = Saleroom(catalogue=b"1 100 1 Sword")
        self.room.enters()
        self.room.passes(5)
        late = self.room.enters()
        self.assertEqual(late.reads(), ["Bidding on-going!"])
        self.assertTrue(late.dismissed)

    def test_prospects_change(self) -> None:
        """Those who wait hear it when the last Buyer comes, and when one of them leaves."""
        first = self.room.enters()
        self.assertEqual(first.reads()[-1], WAITING)
        self.room.passes(1)
        second = self.room.enters()
        self.assertEqual(first.reads(), ["Bidding opens in 4 seconds."])
        self.room.passes(1)
        third = self.room.enters()
        self.assertEqual(first.reads(), [])
        third.goes()
        self.assertEqual(first.reads(), [])
        second.goes()
        self.assertEqual(first.reads(), [WAITING])
        self.room.passes(10)
        self.room.enters()
        self.assertEqual(first.reads(), ["Bidding start!", "Please submit your bid:"])

    def test_prospects_of_a_large_lot(self) -> None:
        """Only the arrival or departure that makes the difference is told."""
        self.room = Saleroom(catalogue=b"1 10 3 Sword")
        people = [self.room.enters() for _ in range(3)]
        people[0].reads()
        people[1].goes()
        self.assertEqual(people[0].reads(), [WAITING])
        people[2].goes()
        self.assertEqual(people[0].reads(), [])
        self.room.enters()
        self.assertEqual(people[0].reads(), [])
        self.room.enters()
        self.assertEqual(people[0].reads(), ["Bidding opens in 5 seconds."])

    def test_no_pause(self) -> None:
        self.room = Saleroom(Terms(lot_pause=0), catalogue=CATALOGUE)
        buyers = [self.room.enters(), self.room.enters()]
        self.assertEqual(buyers[1].reads()[-2:], ["Bidding start!", "Please submit your bid:"])
        buyers[0].types("150")
        buyers[1].types("150")
        self.room.passes(0)
        self.assertEqual(buyers[0].reads()[-3:], [*START, asking(10, 20)])

    def test_close(self) -> None:
        """A server that stops and starts again begins the sale again."""
        self.room.enters()
        self.room.auctioneer.close()
        self.room.auctioneer.open()
        self.assertIn("Lot 1 of 3.", self.room.enters().reads())


class SeatProperties(SynchronousTestCase):
    """Whatever people do, and whenever, everybody is either in the auction or let go."""

    @given(st.data())
    def test_any_order(self, data: st.DataObject) -> None:
        catalogue = data.draw(
            st.sampled_from([None, CATALOGUE, b"1 5 1 A\n2 5 1 C\n3:duration=9 5 2 B"])
        )
        room = Saleroom(Terms(request_timeout=40, bid_timeout=40, lot_time=30), catalogue=catalogue)
        requests = ["1 100 2 Sword", "3:duration=20 5 1 Sword", "4:interval=1 5 2 Sword"]
        there: list[Visitor] = []
        for _ in range(40):
            step = data.draw(
                st.sampled_from(["enters", "types", "types", "passes", "goes", "order"])
            )
            if step == "enters":
                there.append(room.enters())
            elif step == "passes":
                room.passes(data.draw(st.sampled_from([0.01, 1, 5, 21, 41])))
            elif step == "order":
                order = data.draw(st.sampled_from(["close", "cancel"]))
                with contextlib.suppress(Refusal):
                    if order == "close":
                        room.auctioneer.close_bidding()
                    else:
                        room.auctioneer.cancel("There is a fire.")
            elif there:
                place = data.draw(st.integers(0, len(there) - 1))
                if step == "goes":
                    there.pop(place).goes()
                else:
                    words = [
                        "close",
                        "accept",
                        "pass",
                        "what?",
                        *requests,
                        *map(str, range(1, 200, 7)),
                    ]
                    there[place].types(data.draw(st.sampled_from(words)))
            auctioneer = room.auctioneer
            is_over = auctioneer.auction.phase is Phase.ENDED  # a sale of many lots, for ever
            present = set() if is_over else set(auctioneer.auction.present)
            self.assertEqual(set(auctioneer._seats), present)
            seated = [seat.connection for seat in auctioneer._seats.values()]
            self.assertEqual(
                {id(one.protocol.session) for one in there if not one.dismissed},
                {id(connection) for connection in seated},
            )
        for visitor in there:
            visitor.goes()
        room.passes(4000)
        self.assertEqual(room.clock.getDelayedCalls(), [])
        self.assertEqual(room.auctioneer._seats, {})
