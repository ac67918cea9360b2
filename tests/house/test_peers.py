"""Seats in one auction are counted by address."""

from twisted.internet.address import IPv4Address, UNIXAddress
from twisted.trial.unittest import SynchronousTestCase

from tests.support import Saleroom, Visitor
from twisted_auction.house.peers import SeatsByPeer
from twisted_auction.rules.terms import Terms

BUSY = ["Server busy!"]
ELSEWHERE = IPv4Address("TCP", "10.0.0.2", 1)


class SeatsByPeerTests(SynchronousTestCase):
    def test_counts(self) -> None:
        seats = SeatsByPeer(2)
        for who, peer in enumerate(["a", "a", "b", ""]):
            self.assertTrue(seats.has_room(peer))
            seats.take(who, peer)
        self.assertEqual([seats.has_room(peer) for peer in ("a", "b", "")], [False, True, True])
        seats.take(0, "b")  # comes back from elsewhere
        self.assertTrue(seats.has_room("b"))
        seats.free(0)
        seats.free(0)
        self.assertTrue(seats.has_room("a"))
        self.assertEqual((seats.has_seat(1), seats.has_seat(0)), (True, False))
        self.assertEqual(seats.all_but({1}), [2])
        seats.free(2)
        self.assertEqual(seats._seated.peers, {1: "a"})
        self.assertEqual(seats._seated._members, {"a": {1: None}})

    def test_absent(self) -> None:
        """They take no seat, but of one address there are as many as there are seats."""
        seats = SeatsByPeer(2)
        let_go = []
        for who in range(5):
            self.assertTrue(seats.has_room("a"))
            seats.take(who, "a")
            let_go.append(seats.set_aside(who))
            if who == 2:
                seats.take(1, "b")  # comes back from elsewhere
        seats.take(5, "b")
        let_go += [seats.set_aside(who) for who in (5, 6)]
        self.assertEqual(let_go, [None, None, 0, None, 2, None, None])
        self.assertEqual(seats._seated.peers, {1: "b"})
        self.assertEqual(seats._absent.peers, {3: "a", 4: "a", 5: "b"})

    def test_no_limit(self) -> None:
        seats = SeatsByPeer(0)
        for who in range(1000):
            seats.take(who, "a")
        self.assertTrue(seats.has_room("a"))
        self.assertEqual({seats.set_aside(who) for who in range(1000)}, {None})


class SeatTests(SynchronousTestCase):
    """The Seller and all Buyers but those who say so come from one address."""

    def test_one_auction(self) -> None:
        """Who is there counts, who has left without a bid does not, and each room counts alone."""
        room = Saleroom(max_seats_per_peer=3)
        room.enters_lobby("JOIN art", "3 100 9 Sword")
        first, second = room.enters_lobby("JOIN art"), room.enters()
        self.assertEqual(second.reads()[0], "Your role is: [Seller]")
        second = room.enters_lobby("JOIN art")
        refused = room.enters_lobby("JOIN art")
        self.assertEqual(refused.reads(), BUSY)
        self.assertTrue(refused.dismissed)
        other = Visitor(room.lobby, ELSEWHERE)
        other.types("JOIN art")
        self.assertIn("You are Buyer 3.", other.reads())
        room.enters_lobby("QUIT ticket-2")
        self.assertTrue(first.dismissed)
        self.assertIn("You are Buyer 4.", room.enters_lobby("JOIN art").reads())
        self.assertEqual(room.enters_lobby("JOIN art").reads(), BUSY)

    def test_on_the_other_port(self) -> None:
        room = Saleroom(max_seats_per_peer=2)
        room.opened("1 100 9 Sword", 1)
        self.assertEqual(room.enters().reads(), BUSY)
        local = Visitor(room.factory, UNIXAddress(None))
        self.assertEqual(local.reads()[0], "Your role is: [Buyer]")

    def test_who_is_away_counts(self) -> None:
        """Until its grace is over; and it can come back to its seat, from anywhere."""
        room = Saleroom(max_seats_per_peer=2)
        room.enters_lobby("JOIN art", "1 100 9 Sword")
        room.enters_lobby("JOIN art").goes()
        self.assertEqual(room.enters_lobby("JOIN art").reads(), BUSY)
        back = Visitor(room.lobby, ELSEWHERE)
        back.types("RESUME ticket-2")
        self.assertEqual(back.reads()[0], "Your role is: [Buyer]")
        self.assertEqual(room.enters_lobby("JOIN art").reads(), BUSY)
        back.goes()
        room.passes(60)
        self.assertEqual(room.enters_lobby("JOIN art").reads()[1], "Your role is: [Buyer]")

    def test_who_has_bid_counts(self) -> None:
        """Its bid is kept until the result, with or without a ticket; then all is free again."""
        room = Saleroom(Terms(resume_grace=0), max_seats_per_peer=3)
        seller = Visitor(room.factory, ELSEWHERE)
        seller.types("3 100 1 Sword")
        for amount in (100, 110, 120):
            buyer = room.enters()
            buyer.types(str(amount))
            buyer.goes()
        self.assertEqual(room.enters().reads(), BUSY)
        self.assertEqual(room.enters_lobby("JOIN main").reads(), BUSY)
        seller.types("close")
        self.assertEqual(room.enters().reads()[0], "Your role is: [Seller]")
        self.assertEqual(len(room.auctioneer._peers._seated.of("127.0.0.1")), 1)

    def test_a_sale(self) -> None:
        """The next lot forgets bids; who has left with a ticket and a result holds no seat."""
        room = Saleroom(catalogue=b"3 100 1 Sword\n3 50 1 Shield", max_seats_per_peer=2)
        holder = room.enters_lobby("JOIN main")
        room.passes(5)
        holder.types("100")
        bidder = room.enters()
        bidder.types("110")
        for visitor in (holder, bidder):
            visitor.goes()
        room.passes(60)
        self.assertEqual(room.auctioneer.auction.lot, 2)
        self.assertEqual(room.auctioneer._peers._seated.peers, {})
        self.assertEqual(room.auctioneer._peers._absent.peers, {1: "127.0.0.1"})
        first, second = room.enters(), room.enters()
        for visitor in (first, second):
            self.assertEqual(visitor.reads()[0], "Your role is: [Buyer]")
        self.assertEqual(room.enters().reads(), BUSY)
        lost = [
            "Result of lot 1 of 2:",
            "Auction finished!",
            "Sold: Sword to Buyer 2 for $110",
            "Unfortunately you did not win in the last round.",
        ]
        refused = room.enters_lobby("RESUME ticket-1")
        self.assertEqual(refused.reads(), [*lost, "Your seat was given up while you were away."])
        self.assertTrue(refused.dismissed)
        second.goes()
        back = room.enters_lobby("RESUME ticket-1").reads()
        self.assertEqual(back[: len(lost) + 1], [*lost, "Your role is: [Buyer]"])
        self.assertEqual(room.auctioneer._peers._absent.peers, {})
        self.assertEqual(room.enters().reads(), BUSY)

    def test_a_binding_bid_in_a_sale(self) -> None:
        """A Buyer whose bid binds it keeps its seat, and comes back to it in a full house."""
        room = Saleroom(catalogue=b"3:duration=500 100 1 Sword", max_seats_per_peer=2)
        bidder = room.enters_lobby("JOIN main")
        room.passes(5)
        bidder.types("100")
        bidder.goes()
        room.passes(61)
        self.assertEqual(room.enters().reads()[0], "Your role is: [Buyer]")
        self.assertEqual(room.enters().reads(), BUSY)
        self.assertEqual(room.enters_lobby("RESUME ticket-1").reads()[0], "Your role is: [Buyer]")

    def test_a_long_sale(self) -> None:
        """Of those who come for a result and go, one address leaves no more than its seats; the
        tickets of the others are still good for their results."""
        room = Saleroom(
            Terms(resume_grace=1), catalogue=b"3:duration=9 100 1 Sword\n" * 6, max_seats_per_peer=2
        )
        for _ in range(5):
            visitors = [room.enters_lobby("JOIN main") for _ in range(2)]
            room.passes(15)
            for visitor in visitors:
                visitor.goes()
            room.passes(1)
        self.assertEqual(list(room.auctioneer._tickets.digests), [9, 10])
        self.assertEqual(list(room.auctioneer._tickets.results), [9, 10])
        self.assertEqual(
            room.enters_lobby("RESUME ticket-1").reads(),
            [
                "Result of lot 1 of 6:",
                "Auction finished!",
                "Not sold: Sword",
                "Unfortunately you did not win in the last round.",
                "Your seat was given up while you were away.",
            ],
        )

    def test_nothing_is_kept(self) -> None:
        room = Saleroom()
        _, buyers = room.opened("1 100 3 Sword", 3)
        for amount, buyer in enumerate(buyers, 100):
            buyer.types(str(amount))
        self.assertEqual(room.auctioneer._peers._seated.peers, {})
