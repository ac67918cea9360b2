import contextlib

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from twisted_auction.house.price_feed import UPDATE_INTERVAL
from twisted_auction.rules.commands import Cancel, Close
from twisted_auction.rules.refusals import Refusal
from twisted_auction.rules.terms import Terms
from twisted_auction.rules.transitions import Phase
from twisted_auction.server.limits import Limits
from twisted_auction.testing import MemoryClient, MemoryHouse
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
    """A bid that no Buyer would outbid must not become the highest by mistake."""

    def test_ceiling(self) -> None:
        house = MemoryHouse(Terms(max_bid=10**12))
        _, (buyer,) = house.open_auction("3 100 1 Sword", 1)
        house.advance(1)
        buyer.read_lines()
        buyer.send_lines("9" * 18, "1" + "0" * 18, "1000000000000")
        too_high = "Bid too high! The greatest acceptable bid is $1000000000000."
        self.assertEqual(
            buyer.read_lines()[:-1],
            [too_high, too_high, "You hold the highest bid: $1000000000000."],
        )

    def test_sealed(self) -> None:
        """A sealed bid harms its own Buyer only."""
        house = MemoryHouse(Terms(max_bid=10**12))
        _, (buyer, _) = house.open_auction("1 100 2 Sword", 2)
        buyer.send_lines("9" * 18)
        self.assertEqual(buyer.read_lines(), ["Bid received. Please wait..."])

    def test_jump(self) -> None:
        house = MemoryHouse()
        _, (first, second) = house.open_auction("3:increment=5:jump=10 100 2 Sword", 2)
        house.advance(1)
        first.read_lines()
        second.read_lines()
        first.send_lines("6000")
        self.assertEqual(first.read_lines(), ["Please repeat your bid to confirm: $6000"])
        for other in ["500", "60000", "nonsense", ""]:  # another line, and it is forgotten
            first.send_lines(other, "6000")
            self.assertEqual(first.read_lines()[-1], "Please repeat your bid to confirm: $6000")
        second.send_lines("6000")  # a Buyer confirms its own bid only
        self.assertEqual(second.read_lines()[-1], "Please repeat your bid to confirm: $6000")
        first.send_lines(" 6000\r")
        self.assertIn("You hold the highest bid: $6000.", first.read_lines())
        second.read_lines()
        second.send_lines("6000")
        self.assertEqual(second.read_lines(), ["Bid too low! The least acceptable bid is $6005."])
        self.assertEqual(house.console[-2:], [">> Buyer 1 bid $500", ">> Buyer 1 bid $6000"])

    def test_another_lot(self) -> None:
        house = MemoryHouse(Terms(lot_pause=0), catalogue=b"3:jump=10 1 1 A\n3:jump=10 1 1 B")
        buyer = house.connect()
        buyer.send_lines("50")
        house.advance(60)
        buyer.read_lines()
        buyer.send_lines("50")
        self.assertEqual(buyer.read_lines(), ["Please repeat your bid to confirm: $50"])

    def test_back_after_a_cut(self) -> None:
        """A seat keeps the question; a new seat has none."""
        house = MemoryHouse()
        house.connect_to_lobby("JOIN main").send_lines("3:jump=10 1 1 Sword")
        buyer = house.connect_to_lobby("JOIN main")
        buyer.send_lines("50")
        buyer.disconnect()
        again = house.connect_to_lobby("RESUME ticket-2")
        again.read_lines()
        again.send_lines("50", "50")
        self.assertEqual(
            again.read_lines(),
            ["Please repeat your bid to confirm: $50", "You hold the highest bid: $50."],
        )


class EnglishTests(SynchronousTestCase):
    """Whole talks of English auctions, as every participant and the operator read them."""

    def setUp(self) -> None:
        self.house = MemoryHouse()

    def opened(
        self, request: str = "3:increment=5 100 2 Sword"
    ) -> tuple[MemoryClient, list[MemoryClient]]:
        seller, buyers = self.house.open_auction(request, 2)
        self.house.advance(1)
        for visitor in (seller, *buyers):
            visitor.read_lines()
        return seller, buyers

    def test_whole(self) -> None:
        seller = self.house.connect()
        seller.send_lines("english:increment=5 100 2 Sword")
        first = self.house.connect()
        self.house.advance(20)
        second = self.house.connect()
        self.house.advance(8)
        first.send_lines("100")
        self.house.advance(2)
        second.send_lines("104", "105")
        late = self.house.connect()
        self.house.advance(43.5)
        first.send_lines("200")
        self.house.advance(10)
        self.assertEqual(
            seller.read_lines(),
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
            first.read_lines(),
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
            second.read_lines(),
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
            late.read_lines(),
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
        self.assertTrue(all(one.is_closed for one in (seller, first, second, late)))
        self.assertEqual(
            self.house.console[5:],
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
        self.assertEqual(self.house.auctioneer.status, 0)

    def test_nobody_bids(self) -> None:
        seller, buyers = self.opened()
        self.house.advance(59)
        going = ["Going once!", asking(100, 6), "Going twice!", asking(100, 3)]
        self.assertEqual(
            seller.read_lines(),
            [
                *going,
                FINISHED,
                "Not sold: Sword",
                "Unfortunately your item Sword was not sold in the auction.",
            ],
        )
        for visitor in buyers:
            self.assertEqual(visitor.read_lines(), [*going, FINISHED, "Not sold: Sword", LOST])

    def test_seller_closes(self) -> None:
        seller, buyers = self.opened()
        seller.send_lines("when?", "close", "close")
        self.assertEqual(
            seller.read_lines(),
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
            buyers[0].read_lines(),
            ["The Seller has closed the bidding.", FINISHED, "Not sold: Sword", LOST],
        )

    def test_not_understood(self) -> None:
        _, buyers = self.opened()
        buyers[0].send_lines("some wrong bid", "accept", "0", "")
        self.assertEqual(
            buyers[0].read_lines(), ["Not understood.", "At any time: type an amount to bid."] * 4
        )
        self.assertEqual(buyers[1].read_lines(), [])

    def test_holder_leaves(self) -> None:
        """The Buyer stays bound: the item is sold to it."""
        seller, buyers = self.opened()
        buyers[0].send_lines("100")
        buyers[0].disconnect()
        self.house.advance(60)
        self.assertEqual(seller.read_lines()[-3:], success(1, 100))
        self.assertEqual(buyers[1].read_lines()[-3:], [*sold(1, 100), LOST])
        self.assertEqual(
            buyers[0].read_lines(), ["You hold the highest bid: $100.", highest(100, 1, 59)]
        )

    def test_everybody_leaves(self) -> None:
        """Time goes on, a late Buyer gets the current state, and the auction ends."""
        seller, buyers = self.opened()
        buyers[1].send_lines("150")
        for visitor in (seller, *buyers):
            visitor.disconnect()
        self.house.advance(20)
        late = self.house.connect()
        self.assertEqual(late.read_lines(), [*buyer(3), *ENGLISH, *START, highest(150, 2, 39)])
        late.disconnect()
        self.house.advance(39)
        self.assertEqual(
            self.house.console[-1],
            ">> Item sold! The highest bid is $150. The actual payment is $150",
        )
        self.assertEqual(self.house.auctioneer.status, 0)
        self.assertEqual(self.house.clock.getDelayedCalls(), [])

    def test_seller_leaves_before_the_opening(self) -> None:
        seller = self.house.connect()
        seller.send_lines("3 100 2 Sword")
        waiting = self.house.connect()
        waiting.read_lines()
        seller.disconnect()
        self.assertEqual(waiting.read_lines(), ["Auction cancelled! The Seller has left."])
        self.assertTrue(waiting.is_closed)

    def test_buyer_leaves_before_the_opening(self) -> None:
        seller = self.house.connect()
        seller.send_lines("3 100 2 Sword")
        self.house.connect().disconnect()
        second = self.house.connect()
        self.assertEqual(second.read_lines()[-1], WAITING)
        self.assertEqual(self.house.connect().read_lines()[-3:], [*START, asking(100, 60)])

    def test_a_bid_at_the_last_instant(self) -> None:
        """The server's order counts: time comes first, even if the timer fires late."""
        seller, buyers = self.opened()
        buyers[0].send_lines("100")
        self.house.clock.rightNow += 59  # and no timer has fired yet
        buyers[1].send_lines("500")
        self.assertEqual(seller.read_lines()[-3:], success(1, 100))
        self.assertEqual(
            buyers[1].read_lines(),
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
        self.house.clock.rightNow += 59  # and no timer has fired yet
        buyers[1].disconnect()
        self.assertEqual(seller.read_lines()[-1][:13], "Unfortunately")
        self.assertTrue(buyers[0].is_closed)

    def test_an_arrival_at_the_last_instant(self) -> None:
        """It finds the next auction."""
        self.opened()
        self.house.clock.rightNow += 59  # and no timer has fired yet
        self.assertEqual(self.house.connect().read_lines()[0], "Your role is: [Seller]")


class DutchTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.house = MemoryHouse()

    def test_whole(self) -> None:
        seller = self.house.connect()
        seller.send_lines("4:start=130:step=20:interval=5 100 2 Sword")
        buyers = [self.house.connect() for _ in range(2)]
        self.house.advance(6)
        late = self.house.connect()
        late.send_lines("109", "why?")
        self.house.advance(5)
        buyers[1].send_lines("accept")
        buyers[0].send_lines("accept")
        prices = [asking(130, 5), asking(110, 5), asking(100, 5)]
        self.assertEqual(
            seller.read_lines(),
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
            buyers[0].read_lines(),
            [*buyer(1), *DUTCH, WAITING, *START_DUTCH, *prices, *sold(2, 100), LOST],
        )
        self.assertEqual(
            buyers[1].read_lines(),
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
            late.read_lines(),
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
            self.house.console[7:],
            [
                ">> The price is $110",
                "Buyer 3 is connected from 127.0.0.1:50004",
                ">> The price is $100",
                ">> Buyer 2 bid $100",
                ">> Item sold! The highest bid is $100. The actual payment is $100",
            ],
        )

    def test_run_down(self) -> None:
        seller, buyers = self.house.open_auction("4:start=130:step=20:interval=5 100 2 Sword", 2)
        buyers[0].disconnect()
        self.house.advance(15)
        self.assertEqual(
            buyers[1].read_lines(),
            [asking(110, 5), asking(100, 5), FINISHED, "Not sold: Sword", LOST],
        )
        self.assertEqual(
            seller.read_lines()[-1], "Unfortunately your item Sword was not sold in the auction."
        )

    def test_everybody_leaves(self) -> None:
        seller, buyers = self.house.open_auction("4:start=130:step=20:interval=5 100 2 Sword", 2)
        for visitor in (seller, *buyers):
            visitor.disconnect()
        self.house.advance(6)
        late = self.house.connect()
        late.send_lines("accept")
        self.assertEqual(late.read_lines()[-3:], won(3, 110))


class OperatorTests(SynchronousTestCase):
    """Decisions of the operator are told to all clients concerned."""

    def setUp(self) -> None:
        self.house = MemoryHouse()

    def test_close_sealed_bidding(self) -> None:
        seller, buyers = self.house.open_auction("2 100 3 Sword", 3)
        buyers[0].send_lines("150")
        self.house.auctioneer.orders.give(Close())
        closed = "The Auctioneer has closed the bidding."
        self.assertEqual(
            seller.read_lines(),
            [closed, FINISHED, "Success! Your item Sword has been sold for $100"],
        )
        self.assertEqual(
            buyers[0].read_lines()[1:],
            [closed, FINISHED, "You won this item Sword! Your payment due is $100"],
        )
        self.assertEqual(buyers[1].read_lines(), [closed, FINISHED, LOST])
        self.assertEqual(self.house.clock.getDelayedCalls()[1:], [])  # of closing connections

    def test_close_open_bidding(self) -> None:
        _, buyers = self.house.open_auction("3 100 2 Sword", 2)
        buyers[0].send_lines("150")
        self.house.auctioneer.orders.give(Close())
        self.assertEqual(
            buyers[1].read_lines(),
            ["The Auctioneer has closed the bidding.", *sold(1, 150), LOST],
        )

    def test_cancel(self) -> None:
        for request, number in [("", 0), ("1 1 2 Sword", 1), ("1 1 2 Sword", 2), ("3 1 2 x", 2)]:
            self.house = MemoryHouse()
            seller = self.house.connect()
            if request:
                seller.send_lines(request)
            buyers = [self.house.connect() for _ in range(number)]
            for visitor in (seller, *buyers):
                visitor.read_lines()
            self.house.auctioneer.orders.give(Cancel(), reason="There is a fire.")
            for visitor in (seller, *buyers):
                self.assertEqual(visitor.read_lines(), ["Auction cancelled! There is a fire."])
                self.assertTrue(visitor.is_closed)
            self.assertEqual(self.house.auctioneer.status, 0)

    def test_refused(self) -> None:
        self.assertRaises(Refusal, self.house.auctioneer.orders.give, Close())
        self.assertRaises(Refusal, self.house.auctioneer.orders.give, Cancel(), reason="Why not.")


class ConflationTests(SynchronousTestCase):
    """The state of bidding is sent at most twenty times a second, and is never out of date."""

    def setUp(self) -> None:
        self.meet(MemoryHouse())

    def meet(self, house: MemoryHouse) -> None:
        self.house = house
        self.seller, self.buyers = self.house.open_auction(
            "3:increment=1:duration=600 1 3 Sword", 3
        )
        self.house.advance(1)
        for visitor in (self.seller, *self.buyers):
            visitor.read_lines()

    def test_many_bids(self) -> None:
        """Every acknowledgement comes at once; the price comes twenty times a second."""
        self.meet(MemoryHouse(Terms(raise_rate=0), limits=Limits(line_rate=0)))
        heard: list[str] = []
        for number in range(2000):
            bidder = self.buyers[number % 2]
            bidder.read_lines()
            bidder.send_lines(str(number + 1))
            own = bidder.read_lines()
            self.assertEqual(own[0], f"You hold the highest bid: ${number + 1}.")
            self.assertLessEqual(len(own), 2)
            self.house.advance(0.001)
            heard += self.buyers[2].read_lines()
        self.house.advance(UPDATE_INTERVAL)
        heard += self.buyers[2].read_lines()
        self.assertGreaterEqual(len(heard), 35)
        self.assertLessEqual(len(heard), 40)  # two seconds of it
        self.assertEqual(heard[0], highest(1, 1, 599, increment=1))
        self.assertEqual(heard[-1], highest(2000, 2, 597, increment=1))

    def test_held_back(self) -> None:
        """The price update after the second bid waits, and tells the third bid by then."""
        first, second, listener = self.buyers
        first.send_lines("10")
        second.send_lines("20")
        first.send_lines("30")
        self.assertEqual(listener.read_lines(), [highest(10, 1, 599, increment=1)])
        self.assertEqual(
            second.read_lines(),
            [
                highest(10, 1, 599, increment=1),
                "You hold the highest bid: $20.",
                "You have been outbid: Buyer 1 bids $30.",
            ],
        )
        self.house.advance(UPDATE_INTERVAL)
        self.assertEqual(listener.read_lines(), [highest(30, 1, 599, increment=1)])
        self.house.advance(1)
        self.assertEqual(listener.read_lines(), [])

    def test_full(self) -> None:
        """A client that does not read gets the newest price when it reads again, and no old one."""
        first, second, slow = self.buyers
        slow.pause_reading()
        for amount in range(1, 40):
            (first if amount % 2 else second).send_lines(str(amount))
            self.house.advance(1)
        self.assertEqual(slow.read_lines(), [])
        slow.resume_reading()
        self.assertEqual(slow.read_lines(), [highest(39, 1, 560, increment=1)])
        slow.resume_reading()
        self.assertEqual(slow.read_lines(), [])
        first.send_lines("50")
        self.assertEqual(slow.read_lines(), [highest(50, 1, 560, increment=1)])

    def test_full_but_spoken_to(self) -> None:
        """Letters to one Buyer alone are sent to a full connection, and so is the result."""
        first, second, _ = self.buyers
        first.pause_reading()
        first.send_lines("5", "5", "what?")
        second.send_lines("6")
        self.assertEqual(
            first.read_lines(),
            [
                "You hold the highest bid: $5.",
                "Bid too low! The least acceptable bid is $6.",
                "Not understood.",
                "At any time: type an amount to bid.",
                "You have been outbid: Buyer 2 bids $6.",
            ],
        )
        self.seller.send_lines("close")
        self.assertEqual(
            first.read_lines(), ["The Seller has closed the bidding.", *sold(2, 6), LOST]
        )
        first.disconnect()

    def test_full_to_the_end(self) -> None:
        """After the result, no price update is sent."""
        first, _, slow = self.buyers
        slow.pause_reading()
        first.send_lines("5")
        self.seller.send_lines("close")
        slow.read_lines()
        slow.protocol.session._catch_up()
        self.assertEqual(slow.read_lines(), [])

    def test_full_from_one_lot_to_the_next(self) -> None:
        """A price update missed in one lot is not sent in the next."""
        self.house = MemoryHouse(catalogue=b"3:duration=20:extension=0 10 2 A\n1 10 1 B")
        slow, quick = self.house.connect(), self.house.connect()
        self.house.advance(6)
        slow.pause_reading()
        quick.send_lines("10")
        self.house.advance(25)
        self.assertEqual(slow.read_lines()[-2:], ["Bidding start!", "Please submit your bid:"])
        slow.resume_reading()
        self.assertEqual(slow.read_lines(), [])

    def test_full_once(self) -> None:
        """One price update is sent, not two."""
        first, _, slow = self.buyers
        slow.pause_reading()
        first.send_lines("5")
        slow.resume_reading()
        self.assertEqual(len(slow.read_lines()), 1)
        slow.protocol.session._catch_up()
        self.assertEqual(slow.read_lines(), [])

    def test_gone_while_full(self) -> None:
        first, _, slow = self.buyers
        slow.pause_reading()
        first.send_lines("5")
        slow.disconnect()
        self.assertEqual(self.house.auctioneer.price_feed.lagging, {})
        slow.protocol.session._catch_up()
        first.send_lines("6")
        self.assertEqual(slow.read_lines(), [])

    def test_result_instead_of_update(self) -> None:
        first, second, listener = self.buyers
        first.send_lines("10")
        second.send_lines("20")
        self.seller.send_lines("close")
        self.assertEqual(
            listener.read_lines(),
            [
                highest(10, 1, 599, increment=1),
                "The Seller has closed the bidding.",
                *sold(2, 20),
                LOST,
            ],
        )
        self.house.advance(1)
        self.assertEqual(listener.read_lines(), [])

    def test_announcement_is_kept(self) -> None:
        """A bid that comes right after "going once" does not hide the call."""
        self.house = MemoryHouse()
        _, (first, second) = self.house.open_auction("3:duration=9:extension=0 1 2 Sword", 2)
        self.house.advance(2.98)
        first.send_lines("5")
        self.assertEqual(second.read_lines()[-1], highest(5, 1, 7, increment=1))
        self.house.advance(0.03)  # "going once" falls into the time in which price updates wait
        first.send_lines("6")
        self.assertEqual(second.read_lines(), [])
        self.house.advance(UPDATE_INTERVAL)
        self.assertEqual(second.read_lines(), ["Going once!", highest(6, 1, 6, increment=1)])

    def test_telling_takes_long(self) -> None:
        """Prices are then sent less often; half of the time remains for reading."""
        clock = self.house.clock
        first, second, listener = self.buyers
        send = listener.protocol.session.send

        def slowly(letter: Letter) -> None:
            clock.rightNow += 0.2
            send(letter)

        self.patch(listener.protocol.session, "send", slowly)
        first.send_lines("10")
        second.send_lines("20")
        listener.read_lines()
        self.house.advance(0.19)
        self.assertEqual(listener.read_lines(), [])
        self.house.advance(0.02)
        self.assertEqual(listener.read_lines(), [highest(20, 2, 599, increment=1)])


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
        self.house = MemoryHouse(catalogue=CATALOGUE)

    def test_whole(self) -> None:
        self.assertEqual(self.house.auctioneer.status, 1)
        first, second = self.house.connect(), self.house.connect()
        self.house.advance(5)
        late = self.house.connect()
        late.send_lines("500")
        first.send_lines("150")
        second.send_lines("120")
        first.send_lines("1")
        self.house.advance(5)
        later = self.house.connect()
        later.send_lines("10")
        self.house.advance(20)
        second.disconnect()
        self.house.advance(6)
        late.send_lines("accept")
        self.house.advance(30)
        after = self.house.connect()
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
            first.read_lines(),
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
            second.read_lines(),
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
            late.read_lines(),
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
            later.read_lines(),
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
        self.assertEqual(after.read_lines(), ["The sale is over."])
        self.assertTrue(
            all(visitor.is_closed for visitor in (first, late, later, after)),
        )
        self.assertFalse(second.is_closed)
        self.assertEqual(
            [line for line in self.house.console if line.startswith("Lot")],
            ["Lot 1 of 3: Sword", "Lot 2 of 3: Shield", "Lot 3 of 3: Compass"],
        )

    def test_cancelled_lot(self) -> None:
        first = self.house.connect()
        first.read_lines()
        self.house.auctioneer.orders.give(Cancel(), reason="It is broken.")
        self.assertEqual(
            first.read_lines(),
            [
                "Auction cancelled! It is broken.",
                "Lot 2 of 3.",
                "On sale: Shield",
                "Format: english, from $10. Each bid is at least $1 above the highest. "
                "There are 20 seconds.",
                "Bidding opens in 5 seconds.",
            ],
        )
        self.assertFalse(first.is_closed)

    def test_a_visitor_for_the_next_lot_takes_no_part(self) -> None:
        """A Buyer waiting for the next lot gets no result of this one, and may leave."""
        first, second = self.house.connect(), self.house.connect()
        self.house.advance(5)
        waiting = self.house.connect()
        waiting.read_lines()
        self.house.auctioneer.orders.give(Close())
        self.assertEqual(
            waiting.read_lines()[:2], ["The Auctioneer has closed the bidding.", "Lot 2 of 3."]
        )
        self.assertEqual(
            second.read_lines()[-7:-4], ["The Auctioneer has closed the bidding.", FINISHED, LOST]
        )
        waiting.disconnect()
        self.assertFalse(first.is_closed)

    def test_silent_buyer(self) -> None:
        """Silence costs the lot, not the seat; the next lots do not wait for it."""
        self.house = MemoryHouse(Terms(lot_time=30, lot_pause=0), catalogue=b"\n".join([SWORD] * 4))
        first, second = self.house.connect(), self.house.connect()
        first.send_lines("150")
        first.read_lines()
        self.house.advance(31)
        won = [FINISHED, "You won this item Sword! Your payment due is $100"]
        lost = [FINISHED, LOST]
        self.assertEqual(first.read_lines(), [*won, *sword(2), *SEALED])
        self.assertEqual(second.read_lines()[-10:], [*SEALED, *lost, *sword(2), *SEALED])
        first.send_lines("pass")
        self.house.advance(1)
        self.assertEqual(
            first.read_lines(),
            ["You have passed this lot. Please wait...", *lost, *sword(3), *SEALED],
        )
        self.assertEqual(second.read_lines(), [*lost, *sword(3), *SEALED])
        second.send_lines("180")  # its bid counts while the lot is open, and it is waited for again
        self.assertEqual(second.read_lines(), ["Bid received. Please wait..."])
        first.send_lines("160")
        self.house.advance(1)
        self.assertEqual(
            first.read_lines(), ["Bid received. Please wait...", *lost, *sword(4), *SEALED]
        )
        self.assertEqual(
            second.read_lines()[:2], [FINISHED, "You won this item Sword! Your payment due is $160"]
        )
        first.send_lines("150")
        self.assertEqual(first.read_lines(), ["Bid received. Please wait..."])
        self.house.advance(30)
        self.assertEqual(first.read_lines(), [*won, "The sale is over."])
        self.assertTrue(first.is_closed and second.is_closed)

    def test_everyone_passes(self) -> None:
        self.house = MemoryHouse(Terms(lot_pause=0), catalogue=b"\n".join([SWORD] * 2))
        first, second = self.house.connect(), self.house.connect()
        first.send_lines("PASS", "150", "pass")
        passed = "You have passed this lot. Please wait..."
        self.assertEqual(first.read_lines()[-5:], [*SEALED, passed, passed, passed])
        second.send_lines("pass")
        self.house.advance(1)
        self.assertEqual(second.read_lines()[-8:], [FINISHED, LOST, *sword(2, 2), *SEALED])
        self.assertIn(">> Item not sold! There was no bid.", self.house.console)

    def test_a_word_of_any_kind(self) -> None:
        """Even a refused line shows that a Buyer is no longer silent."""
        self.house = MemoryHouse(Terms(lot_pause=5), catalogue=b"\n".join([SWORD] * 2))
        first, second = self.house.connect(), self.house.connect()
        self.house.advance(5)
        first.send_lines("150")
        self.house.advance(60)
        second.send_lines("hello?")
        self.assertEqual(second.read_lines()[-1], "Bidding has not started. Please wait...")
        self.house.advance(5)
        first.send_lines("150")
        self.assertEqual(first.read_lines()[-1], "Bid received. Please wait...")

    def test_watcher(self) -> None:
        self.house = MemoryHouse(Terms(lot_pause=0), catalogue=SWORD)
        watcher = self.house.connect_to_lobby("WATCH main")
        first, second = self.house.connect(), self.house.connect()
        self.assertNotIn(MAY_PASS, watcher.read_lines())
        first.send_lines("pass")
        self.assertEqual(watcher.read_lines(), ["Bids: 0 of 1."])
        second.send_lines("150")
        self.assertEqual(watcher.read_lines()[:2], ["Bids: 1 of 1.", FINISHED])

    def test_no_next_lot_to_wait_for(self) -> None:
        """During sealed bidding on the last lot, a newcomer is turned away."""
        self.house = MemoryHouse(catalogue=b"1 100 1 Sword")
        self.house.connect()
        self.house.advance(5)
        late = self.house.connect()
        self.assertEqual(late.read_lines(), ["Bidding on-going!"])
        self.assertTrue(late.is_closed)

    def test_prospects_change(self) -> None:
        """Waiting Buyers are told when the last Buyer comes, and when one of them leaves."""
        first = self.house.connect()
        self.assertEqual(first.read_lines()[-1], WAITING)
        self.house.advance(1)
        second = self.house.connect()
        self.assertEqual(first.read_lines(), ["Bidding opens in 4 seconds."])
        self.house.advance(1)
        third = self.house.connect()
        self.assertEqual(first.read_lines(), [])
        third.disconnect()
        self.assertEqual(first.read_lines(), [])
        second.disconnect()
        self.assertEqual(first.read_lines(), [WAITING])
        self.house.advance(10)
        self.house.connect()
        self.assertEqual(first.read_lines(), ["Bidding start!", "Please submit your bid:"])

    def test_prospects_of_a_large_lot(self) -> None:
        """Only an arrival or departure that changes the missing number to or from 0 is told."""
        self.house = MemoryHouse(catalogue=b"1 10 3 Sword")
        people = [self.house.connect() for _ in range(3)]
        people[0].read_lines()
        people[1].disconnect()
        self.assertEqual(people[0].read_lines(), [WAITING])
        people[2].disconnect()
        self.assertEqual(people[0].read_lines(), [])
        self.house.connect()
        self.assertEqual(people[0].read_lines(), [])
        self.house.connect()
        self.assertEqual(people[0].read_lines(), ["Bidding opens in 5 seconds."])

    def test_no_pause(self) -> None:
        self.house = MemoryHouse(Terms(lot_pause=0), catalogue=CATALOGUE)
        buyers = [self.house.connect(), self.house.connect()]
        self.assertEqual(buyers[1].read_lines()[-2:], ["Bidding start!", "Please submit your bid:"])
        buyers[0].send_lines("150")
        buyers[1].send_lines("150")
        self.house.advance(0)
        self.assertEqual(buyers[0].read_lines()[-3:], [*START, asking(10, 20)])

    def test_close(self) -> None:
        """A server that stops and starts again begins the sale again."""
        self.house.connect()
        self.house.auctioneer.close()
        self.house.auctioneer.open()
        self.assertIn("Lot 1 of 3.", self.house.connect().read_lines())


class SeatProperties(SynchronousTestCase):
    """In any order of actions, each client is either in the auction or disconnected."""

    @given(st.data())
    def test_any_order(self, data: st.DataObject) -> None:
        catalogue = data.draw(
            st.sampled_from([None, CATALOGUE, b"1 5 1 A\n2 5 1 C\n3:duration=9 5 2 B"])
        )
        house = MemoryHouse(
            Terms(request_timeout=40, bid_timeout=40, lot_time=30), catalogue=catalogue
        )
        requests = ["1 100 2 Sword", "3:duration=20 5 1 Sword", "4:interval=1 5 2 Sword"]
        there: list[MemoryClient] = []
        for _ in range(40):
            step = data.draw(
                st.sampled_from(["enters", "types", "types", "passes", "goes", "order"])
            )
            if step == "enters":
                there.append(house.connect())
            elif step == "passes":
                house.advance(data.draw(st.sampled_from([0.01, 1, 5, 21, 41])))
            elif step == "order":
                order = data.draw(st.sampled_from(["close", "cancel"]))
                with contextlib.suppress(Refusal):
                    if order == "close":
                        house.auctioneer.orders.give(Close())
                    else:
                        house.auctioneer.orders.give(Cancel(), reason="There is a fire.")
            elif there:
                place = data.draw(st.integers(0, len(there) - 1))
                if step == "goes":
                    there.pop(place).disconnect()
                else:
                    words = [
                        "close",
                        "accept",
                        "pass",
                        "what?",
                        *requests,
                        *map(str, range(1, 200, 7)),
                    ]
                    there[place].send_lines(data.draw(st.sampled_from(words)))
            auctioneer = house.auctioneer
            is_over = auctioneer.auction.phase is Phase.ENDED  # a sale of many lots, for ever
            present = set() if is_over else set(auctioneer.auction.present)
            self.assertEqual(set(auctioneer.seats.seated), present)
            seated = [seat.connection for seat in auctioneer.seats.seated.values()]
            self.assertEqual(
                {id(one.protocol.session) for one in there if not one.is_closed},
                {id(connection) for connection in seated},
            )
        for visitor in there:
            visitor.disconnect()
        house.advance(4000)
        self.assertEqual(house.clock.getDelayedCalls(), [])
        self.assertEqual(house.auctioneer.seats.seated, {})
