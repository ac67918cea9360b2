"""Seats in one auction are counted by address."""

from twisted.internet.address import IPv4Address, UNIXAddress
from twisted.trial.unittest import SynchronousTestCase

from tests.support import Saleroom, Visitor
from twisted_auction.house.peers import SeatsByPeer
from twisted_auction.rules.auction import Terms

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
        seats.free_all_but({1}, {3})
        self.assertEqual((seats._peers, seats._seats), ({1: "a"}, {"a": 1}))

    def test_no_limit(self) -> None:
        seats = SeatsByPeer(0)
        for who in range(1000):
            seats.take(who, "a")
        self.assertTrue(seats.has_room("a"))


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
        self.assertEqual(room.auctioneer._peers._seats, {"127.0.0.1": 1})

    def test_a_sale(self) -> None:
        """The next lot forgets bids; who has left with a ticket and a result counts to the end."""
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
        self.assertEqual(room.auctioneer._peers._peers, {1: "127.0.0.1"})
        self.assertEqual(room.enters().reads()[0], "Your role is: [Buyer]")
        self.assertEqual(room.enters().reads(), BUSY)

    def test_nothing_is_kept(self) -> None:
        room = Saleroom()
        _, buyers = room.opened("1 100 3 Sword", 3)
        for amount, buyer in enumerate(buyers, 100):
            buyer.types(str(amount))
        self.assertEqual((room.auctioneer._peers._peers, room.auctioneer._peers._seats), ({}, {}))
