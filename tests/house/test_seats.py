"""Seats of participants that disconnect, come back or give up."""

from tests.support import SeatTestCase
from twisted_auction.house import tickets
from twisted_auction.house.seats import Occupancy
from twisted_auction.rules.commands import Cancel
from twisted_auction.rules.events import SELLER as SELLER_NUMBER
from twisted_auction.rules.terms import Terms
from twisted_auction.testing import MemoryHouse

SELLER = ["Your role is: [Seller]", "Please submit auction request:"]
BUYER = "Your role is: [Buyer]"
WAITING = "The Auctioneer is still waiting for other Buyer to connect..."
START = ["Bidding start!", "Please submit your bid:"]
RECEIVED = "Bid received. Please wait..."
FINISHED = "Auction finished!"
LOST = "Unfortunately you did not win in the last round."
ENGLISH = [
    "On sale: Sword",
    "Format: english, from $100. Each bid is at least $1 above the highest. There are 60 seconds, "
    "and 10 more after a late bid.",
]
FLOOR = ["Bidding start!", "At any time: type an amount to bid."]
GIVEN_UP = "Your seat was given up while you were away."
CAME_BACK = "You have come back by another connection."


def highest(amount: int, buyer: int, seconds: int) -> str:
    """The price update of an English auction with bids."""
    return (
        f"Highest bid: ${amount} by Buyer {buyer}. Asking price: ${amount + 1}. "
        f"Seconds left: {seconds}."
    )


class SeatTests(SeatTestCase):
    """A connection ends in any phase, and the participant comes back."""

    def test_occupancy(self) -> None:
        """The occupancy of a room, for a page of the operator."""
        room = self.house.rooms["art"]
        buyers = self.opened("english 100 2 Sword")
        watchers = [self.house.connect_to_lobby("WATCH art") for _ in range(3)]
        self.assertEqual(room.occupancy, Occupancy((SELLER_NUMBER, 1, 2), {}, 3, 0))
        buyers[0].disconnect()
        watchers[0].disconnect()
        watchers[1].pause_reading()
        buyers[1].send_lines("100", "101")
        self.house.advance(20)
        self.assertEqual(room.occupancy, Occupancy((SELLER_NUMBER, 2), {1: 40}, 2, 1))
        self.resumes(2)
        watchers[1].resume_reading()
        self.assertEqual(room.occupancy, Occupancy((SELLER_NUMBER, 2, 1), {}, 2, 0))
        self.house.advance(100)
        self.assertEqual(room.occupancy, Occupancy((), {}, 2, 0))

    def test_seller_before_its_request(self) -> None:
        self.seller.disconnect()
        self.seller = self.resumes(1)
        self.assertEqual(self.seller.read_lines(), SELLER)
        self.seller.send_lines("2 100 1 Sword")
        self.assertEqual(self.seller.read_lines(), ["Auction request received: 2 100 1 Sword"])

    def test_seller_after_its_request(self) -> None:
        buyers = self.opened("2 100 2 Sword", 1)
        self.seller.disconnect()
        back = ["Your role is: [Seller]", "Auction request received: 2 100 2 Sword"]
        self.seller = self.resumes(1)
        self.assertEqual(self.seller.read_lines(), back)
        self.assertEqual(buyers[0].read_lines(), [])
        buyers.append(self.house.connect_to_lobby("JOIN art"))
        self.seller.disconnect()
        self.seller = self.resumes(1)
        self.assertEqual(self.seller.read_lines(), back)

    def test_seller_of_an_open_auction(self) -> None:
        self.opened("3 100 1 Sword", 1)
        self.house.advance(7)
        self.seller.disconnect()
        self.seller = self.resumes(1)
        self.assertEqual(
            self.seller.read_lines(),
            [
                "Your role is: [Seller]",
                "Auction request received: 3 100 1 Sword",
                "Bidding start!",
                "At any time: type close to end the auction.",
                "Asking price: $100. Seconds left: 53.",
            ],
        )
        self.seller.send_lines("close")
        self.assertEqual(self.seller.read_lines()[0], "The Seller has closed the bidding.")

    def test_buyer_before_bidding(self) -> None:
        (buyer,) = self.opened("2 100 2 Sword", 1)
        buyer.disconnect()
        buyer = self.resumes(2)
        self.assertEqual(buyer.read_lines(), [BUYER, WAITING])
        other = self.house.connect_to_lobby("JOIN art")
        self.assertEqual(other.read_lines(), ["Ticket: ticket-3", BUYER, *START])
        self.assertEqual(buyer.read_lines(), START)

    def test_buyer_away_when_bidding_opens(self) -> None:
        """The seat of an absent Buyer counts, so bidding opens."""
        (buyer,) = self.opened("2 100 2 Sword", 1)
        buyer.disconnect()
        self.house.connect_to_lobby("JOIN art")
        buyer = self.resumes(2)
        self.assertEqual(buyer.read_lines(), [BUYER, *START])

    def test_sealed_bid(self) -> None:
        buyers = self.opened("2 100 2 Sword")
        buyers[0].disconnect()
        back = self.resumes(2)
        self.assertEqual(back.read_lines(), [BUYER, *START])
        back.send_lines("150")
        self.assertEqual(back.read_lines(), [RECEIVED])
        back.disconnect()
        back = self.resumes(2)
        self.assertEqual(back.read_lines(), [BUYER, "Your bid of $150 stands."])
        buyers[1].send_lines("120")
        self.assertEqual(
            back.read_lines(), [FINISHED, "You won this item Sword! Your payment due is $120"]
        )

    def test_english(self) -> None:
        buyers = self.opened("3 100 2 Sword")
        buyers[0].send_lines("110")
        buyers[0].disconnect()
        update = "Highest bid: $110 by Buyer 1. Asking price: $111. Seconds left: 60."
        welcome = [BUYER, "You are Buyer 1.", *ENGLISH, *FLOOR]
        back = self.resumes(2)
        self.assertEqual(back.read_lines(), [*welcome, update, "Your bid of $110 stands."])
        buyers[1].send_lines("120")
        back.disconnect()
        back = self.resumes(2)
        update = "Highest bid: $120 by Buyer 2. Asking price: $121. Seconds left: 60."
        outbid = "You have been outbid: Buyer 2 bids $120."
        self.assertEqual(back.read_lines(), [*welcome, update, outbid])
        late = self.house.connect_to_lobby("JOIN art")
        late.disconnect()
        late = self.resumes(4)
        self.assertEqual(late.read_lines(), [BUYER, "You are Buyer 3.", *ENGLISH, *FLOOR, update])

    def test_results_while_away(self) -> None:
        """A returning participant gets the lines that it missed, at each return."""
        buyers = self.opened("2 100 2 Sword")
        buyers[0].send_lines("150")
        for visitor in (self.seller, *buyers):
            visitor.disconnect()
        buyers[1] = self.resumes(3)
        buyers[1].send_lines("120")
        sold = [FINISHED, "Success! Your item Sword has been sold for $120"]
        won = [FINISHED, "You won this item Sword! Your payment due is $120"]
        for number, result in [(1, sold), (2, won), (2, won), (3, [FINISHED, LOST])]:
            back = self.resumes(number)
            self.assertEqual(back.read_lines(), result)
            self.assertTrue(back.is_closed)
            back.disconnect()
        self.assertTrue(self.house.rooms["art"].is_idle)

    def test_too_late(self) -> None:
        """After the grace, the seat of a Buyer that has not bid is given up; a bid that was taken
        stands."""
        buyers = self.opened("1 100 3 Sword", 3)
        buyers[0].send_lines("150")
        for visitor in buyers[:2]:
            visitor.disconnect()
        self.house.advance(59.9)
        self.assertEqual(self.house.console[-1], ">> Buyer 1 bid $150")
        self.house.advance(0.1)
        for _ in range(2):
            back = self.resumes(3)
            self.assertEqual(back.read_lines(), [GIVEN_UP])
            self.assertTrue(back.is_closed)
        buyers[2].send_lines("120")
        self.assertEqual(
            self.seller.read_lines(), [FINISHED, "Success! Your item Sword has been sold for $150"]
        )
        for number, result in [
            (2, [FINISHED, "You won this item Sword! Your payment due is $150"]),
            (3, [GIVEN_UP]),
        ]:
            self.assertEqual(self.resumes(number).read_lines(), result)

    def test_too_late_and_bound(self) -> None:
        """A bound Buyer is told its bid, at any delay, and then the result."""
        buyers = self.opened("2 100 3 Sword", 3)
        buyers[0].send_lines("150")
        buyers[1].send_lines("160")
        for visitor in buyers[:2]:
            visitor.disconnect()
        self.house.advance(61)
        for _ in range(2):
            back = self.resumes(2)
            self.assertEqual(back.read_lines(), [BUYER, "Your bid of $150 stands."])
            back.send_lines("999")
            self.assertEqual(back.read_lines(), ["Your bid is already in. Please wait..."])
            back.disconnect()
            self.house.advance(61)
        back = self.resumes(2)
        again = self.resumes(2)
        self.assertEqual(back.read_lines()[2:], [CAME_BACK])
        self.assertTrue(back.is_closed)
        other = self.resumes(3)
        self.assertEqual(other.read_lines(), [BUYER, "Your bid of $160 stands."])
        buyers[2].send_lines("120")
        self.assertEqual(again.read_lines(), [BUYER, "Your bid of $150 stands.", FINISHED, LOST])
        won = [FINISHED, "You won this item Sword! Your payment due is $150"]
        self.assertEqual(other.read_lines(), won)
        for visitor in (again, other):
            self.assertTrue(visitor.is_closed)
            visitor.disconnect()
        self.assertEqual(self.resumes(3).read_lines(), won)
        self.assertTrue(self.house.rooms["art"].is_idle)

    def test_too_late_and_cancelled(self) -> None:
        """A bid no longer binds once the auction is cancelled, whether or not its Buyer is back."""
        for comes_back in (True, False):
            self.meet(MemoryHouse())
            buyers = self.opened("1 100 2 Sword")
            buyers[0].send_lines("150")
            buyers[0].disconnect()
            self.house.advance(61)
            if comes_back:
                buyers[0] = self.resumes(2)
                buyers[0].read_lines()
            self.house.rooms["art"].orders.give(Cancel(), reason="There is a fire.")
            if not comes_back:
                buyers[0] = self.resumes(2)
            self.assertEqual(buyers[0].read_lines(), ["Auction cancelled! There is a fire."])
            self.assertTrue(buyers[0].is_closed)

    def test_seller_too_late_after_the_opening(self) -> None:
        """The item is sold without its Seller, which hears the price later."""
        back = ["Your role is: [Seller]", "Auction request received: 1 100 1 Sword"]
        buyers = self.opened("1 100 1 Sword", 1)
        self.seller.disconnect()
        self.house.advance(61)
        for _ in range(2):
            self.seller = self.resumes(1)
            self.assertEqual(self.seller.read_lines(), back)
            self.seller.disconnect()
            self.house.advance(61)
        self.seller = self.resumes(1)
        buyers[0].send_lines("150")
        self.assertEqual(
            self.seller.read_lines(),
            [*back, FINISHED, "Success! Your item Sword has been sold for $150"],
        )
        self.assertTrue(self.seller.is_closed)

    def test_too_late_in_open_bidding(self) -> None:
        """A Buyer takes its seat again, with its number, if a newcomer would be admitted."""
        buyers = self.opened("3:duration=600 100 2 Sword")
        buyers[0].send_lines("110")
        buyers[0].disconnect()
        self.house.advance(61)
        self.assertEqual(buyers[1].read_lines()[-1], highest(110, 1, 600))
        welcome = [BUYER, "You are Buyer 1.", ENGLISH[0], ENGLISH[1].replace("60", "600"), *FLOOR]
        for _ in range(2):
            back = self.resumes(2)
            told = [*welcome, highest(110, 1, 539), "Your bid of $110 stands."]
            self.assertEqual(back.read_lines(), told)
        buyers[1].send_lines("120")
        self.assertEqual(back.read_lines()[0], "You have been outbid: Buyer 2 bids $120.")
        back.disconnect()
        self.house.advance(61)
        back = self.resumes(2)
        outbid = "You have been outbid: Buyer 2 bids $120."
        self.assertEqual(back.read_lines(), [*welcome, highest(120, 2, 478), outbid])
        back.send_lines("130")
        self.assertEqual(back.read_lines()[0], "You hold the highest bid: $130.")
        arrivals = [line for line in self.house.console if "Buyer 1 is connected" in line]
        self.assertEqual(len(arrivals), 3)

    def test_seller_too_late(self) -> None:
        buyers = self.opened("1 100 2 Sword", 1)
        self.seller.disconnect()
        self.house.advance(60)
        self.assertEqual(buyers[0].read_lines(), ["Auction cancelled! The Seller has left."])
        self.assertEqual(self.resumes(1).read_lines(), [GIVEN_UP])
        cancelled = ["Auction cancelled! The Seller has left."]
        self.assertEqual(self.resumes(2).read_lines(), cancelled)

    def test_silent_for_too_long(self) -> None:
        """A silent Buyer loses its seat by the bid timeout, with or without a ticket."""
        buyers = self.opened("1 100 2 Sword")
        buyers[0].send_lines("150")
        buyers[0].disconnect()
        self.house.advance(300)
        self.assertEqual(
            buyers[1].read_lines()[:1], ["Time is up! No valid bid came within 300 seconds."]
        )

    def test_gives_up_its_seat(self) -> None:
        """The auction does not wait for a Buyer that has given its seat up."""
        buyers = self.opened("1 100 2 Sword")
        for number, visitor in [(2, buyers[0]), (3, None)]:
            if visitor is None:
                buyers[1].disconnect()
            quitter = self.house.connect_to_lobby(f"QUIT ticket-{number}", "QUIT ticket-1")
            self.assertEqual(quitter.read_lines(), ["Goodbye."])
            self.assertTrue(quitter.is_closed)
            if visitor is not None:
                self.assertEqual(visitor.read_lines(), [GIVEN_UP])
                self.assertTrue(visitor.is_closed)
                visitor.disconnect()
        self.assertEqual(
            self.seller.read_lines(),
            [FINISHED, "Unfortunately your item Sword was not sold in the auction."],
        )
        self.assertTrue(self.house.rooms["art"].is_idle)

    def test_gives_up_and_is_bound(self) -> None:
        """A Buyer that gives its seat up is told its binding bid."""
        buyers = self.opened("1 100 2 Sword")
        buyers[0].send_lines("150")
        buyers[0].read_lines()
        self.house.connect_to_lobby("QUIT ticket-2")
        self.assertEqual(buyers[0].read_lines(), ["Your bid of $150 stands.", GIVEN_UP])
        self.assertTrue(buyers[0].is_closed)
        self.house.connect_to_lobby("QUIT ticket-3")
        self.assertEqual(buyers[1].read_lines(), [GIVEN_UP])
        won = [FINISHED, "You won this item Sword! Your payment due is $150"]
        self.assertEqual(self.resumes(2).read_lines(), won)

    def test_gives_up_too_late(self) -> None:
        """The Buyer has left already, and its bid stands."""
        buyers = self.opened("1 100 2 Sword")
        buyers[0].send_lines("150")
        buyers[0].disconnect()
        self.house.advance(60)
        self.house.connect_to_lobby("QUIT ticket-2")
        buyers[1].send_lines("120")
        self.assertEqual(
            self.seller.read_lines()[-1], "Success! Your item Sword has been sold for $150"
        )

    def test_seller_gives_up(self) -> None:
        self.seller.disconnect()
        self.house.connect_to_lobby("QUIT ticket-1")
        self.assertEqual(self.house.connect_to_lobby("JOIN art").read_lines()[1:], SELLER)

    def test_no_grace(self) -> None:
        self.meet(MemoryHouse(Terms(resume_grace=0)))
        self.seller.disconnect()
        self.assertEqual(self.resumes(1).read_lines(), [GIVEN_UP])

    def test_lingering_connection(self) -> None:
        """Lines of the old connection are ignored until it ends."""
        buyers = self.opened("1 100 2 Sword")
        back = self.resumes(2)
        self.assertEqual(back.read_lines(), [BUYER, *START])
        self.assertEqual(buyers[0].read_lines(), [CAME_BACK])
        self.assertTrue(buyers[0].is_closed)
        buyers[0].send_lines("1000")
        buyers[0].disconnect()
        self.house.advance(100)
        back.send_lines("150")
        self.assertEqual(back.read_lines(), [RECEIVED])
        again = self.resumes(2)
        self.assertEqual(back.read_lines(), [CAME_BACK])
        self.assertEqual(again.read_lines(), [BUYER, "Your bid of $150 stands."])
        buyers[1].send_lines("120")
        self.assertEqual(
            again.read_lines()[1:], ["You won this item Sword! Your payment due is $150"]
        )

    def test_sale(self) -> None:
        """The results of earlier lots come first."""
        house = MemoryHouse(
            Terms(lot_pause=5), catalogue=b"1 100 2 Sword\n1 50 2 Shield\n2 10 1 Cup"
        )
        buyers = [house.connect_to_lobby("JOIN main") for _ in range(2)]
        house.advance(5)
        buyers[0].send_lines("150")
        buyers[0].disconnect()
        buyers[1].send_lines("120")
        shield = [
            "Lot 2 of 3.",
            "On sale: Shield",
            "Format: first-price, from $50. One sealed bid each; the highest wins and pays what it "
            "bid.",
        ]
        won = [FINISHED, "You won this item Sword! Your payment due is $150"]
        welcome = [BUYER, "You are Buyer 1.", *shield]
        buyers[0] = house.connect_to_lobby("RESUME ticket-1")
        won = ["Result of lot 1 of 3:", *won]
        may_pass = "Type an amount, or pass."
        self.assertEqual(
            buyers[0].read_lines(), [*won, *welcome, may_pass, "Bidding opens in 5 seconds."]
        )
        house.advance(5)
        late = house.connect_to_lobby("JOIN main")
        self.assertEqual(late.read_lines()[-1], "Please wait for the next lot.")
        late = house.connect_to_lobby("RESUME ticket-3")
        self.assertEqual(
            late.read_lines(),
            [BUYER, "You are Buyer 3.", *shield, "Please wait for the next lot."],
        )
        buyers[0] = house.connect_to_lobby("RESUME ticket-1")
        self.assertEqual(buyers[0].read_lines(), [*won, *welcome, may_pass, *START])
        buyers[0].send_lines("60")
        buyers[0] = house.connect_to_lobby("RESUME ticket-1")
        self.assertEqual(buyers[0].read_lines(), [*won, *welcome, "Your bid of $60 stands."])
        buyers[1].send_lines("70")
        house.advance(5)
        for visitor in (*buyers, late):
            visitor.read_lines()
            visitor.send_lines("20")
        buyers[0].disconnect()
        again = house.connect_to_lobby("RESUME ticket-1")
        self.assertEqual(
            again.read_lines(),
            [
                *won,
                *("Result of lot 2 of 3:", FINISHED, LOST),
                *("Result of lot 3 of 3:", FINISHED),
                "You won this item Cup! Your payment due is $20",
                "The sale is over.",
            ],
        )

    def test_many_come_and_go(self) -> None:
        """Of the Buyers that left before bidding, only the latest are remembered."""
        self.seller.send_lines("1 100 2 Sword")
        for _ in range(50):
            self.house.connect_to_lobby("JOIN art").disconnect()
            self.house.advance(60)
        self.assertEqual(len(self.house.rooms.tickets.seats), 1)
        self.assertEqual(self.resumes(51).read_lines(), [GIVEN_UP])

    def test_results_are_pushed_out_by_no_leavers(self) -> None:
        """Participants that come and go without a bid do not push out a result."""
        self.patch(tickets, "MAX_RESULTS", 3)
        buyers = self.opened("1 100 1 Sword", 1)
        buyers[0].disconnect()
        buyers[0] = self.resumes(2)
        buyers[0].send_lines("150")
        crowd = self.house.connect_to_lobby("JOIN other", "3:duration=500 100 1 Shield")
        for _ in range(20):
            leaver = self.house.connect_to_lobby("JOIN other")
            leaver.disconnect()
        self.house.advance(60)
        crowd.send_lines("close")
        self.assertEqual(
            self.resumes(2).read_lines(),
            [FINISHED, "You won this item Sword! Your payment due is $150"],
        )

    def test_leavers_without_a_bid_leave_nothing(self) -> None:
        """The tickets of Buyers without a bid are freed when they leave, not at the end of the
        auction."""
        self.opened("3:duration=500 100 1 Sword", 0)
        bidder, *others = [self.house.connect_to_lobby("JOIN art") for _ in range(20)]
        bidder.send_lines("100")
        for visitor in (bidder, *others):
            visitor.disconnect()
        self.house.advance(60)
        room = self.house.rooms["art"]
        self.assertEqual(list(room.seats.tickets.keys), [SELLER_NUMBER, 1])
        self.assertEqual(len(self.house.rooms.tickets.seats), 2)
        self.assertEqual(self.house.rooms.tickets.results, {})
        self.assertEqual(self.resumes(3).read_lines(), [GIVEN_UP])
