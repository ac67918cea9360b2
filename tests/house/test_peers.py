"""Seats in one auction are counted by address."""

from twisted.internet.address import IPv4Address, UNIXAddress
from twisted.trial.unittest import SynchronousTestCase

from twisted_auction.house.peers import SeatsByPeer
from twisted_auction.rules.terms import Terms
from twisted_auction.testing import MemoryClient, MemoryHouse

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
        """Watchers take no seat; one address may have as many of them as seats."""
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
    """The Seller and all Buyers come from one address, unless the test says otherwise."""

    def test_one_auction(self) -> None:
        """A connected Buyer counts, one that left without a bid does not, and rooms count apart."""
        house = MemoryHouse(max_seats_per_peer=3)
        house.connect_to_lobby("JOIN art", "3 100 9 Sword")
        first, second = house.connect_to_lobby("JOIN art"), house.connect()
        self.assertEqual(second.read_lines()[0], "Your role is: [Seller]")
        second = house.connect_to_lobby("JOIN art")
        refused = house.connect_to_lobby("JOIN art")
        self.assertEqual(refused.read_lines(), BUSY)
        self.assertTrue(refused.is_closed)
        other = MemoryClient(house.lobby, ELSEWHERE)
        other.send_lines("JOIN art")
        self.assertIn("You are Buyer 3.", other.read_lines())
        house.connect_to_lobby("QUIT ticket-2")
        self.assertTrue(first.is_closed)
        self.assertIn("You are Buyer 4.", house.connect_to_lobby("JOIN art").read_lines())
        self.assertEqual(house.connect_to_lobby("JOIN art").read_lines(), BUSY)

    def test_on_the_other_port(self) -> None:
        house = MemoryHouse(max_seats_per_peer=2)
        house.open_auction("1 100 9 Sword", 1)
        self.assertEqual(house.connect().read_lines(), BUSY)
        local = MemoryClient(house.factory, UNIXAddress(None))
        self.assertEqual(local.read_lines()[0], "Your role is: [Buyer]")

    def test_who_is_away_counts(self) -> None:
        """The seat counts until its grace is over; its holder can return from any address."""
        house = MemoryHouse(max_seats_per_peer=2)
        house.connect_to_lobby("JOIN art", "1 100 9 Sword")
        house.connect_to_lobby("JOIN art").disconnect()
        self.assertEqual(house.connect_to_lobby("JOIN art").read_lines(), BUSY)
        back = MemoryClient(house.lobby, ELSEWHERE)
        back.send_lines("RESUME ticket-2")
        self.assertEqual(back.read_lines()[0], "Your role is: [Buyer]")
        self.assertEqual(house.connect_to_lobby("JOIN art").read_lines(), BUSY)
        back.disconnect()
        house.advance(60)
        self.assertEqual(
            house.connect_to_lobby("JOIN art").read_lines()[1], "Your role is: [Buyer]"
        )

    def test_who_has_bid_counts(self) -> None:
        """Its bid is kept until the result, with or without a ticket; then all is free again."""
        house = MemoryHouse(Terms(resume_grace=0), max_seats_per_peer=3)
        seller = MemoryClient(house.factory, ELSEWHERE)
        seller.send_lines("3 100 1 Sword")
        for amount in (100, 110, 120):
            buyer = house.connect()
            buyer.send_lines(str(amount))
            buyer.disconnect()
        self.assertEqual(house.connect().read_lines(), BUSY)
        self.assertEqual(house.connect_to_lobby("JOIN main").read_lines(), BUSY)
        seller.send_lines("close")
        self.assertEqual(house.connect().read_lines()[0], "Your role is: [Seller]")
        self.assertEqual(len(house.auctioneer.seats.peers._seated.of("127.0.0.1")), 1)

    def test_a_sale(self) -> None:
        """The next lot forgets bids; a ticket holder that left with a result has no seat."""
        house = MemoryHouse(catalogue=b"3 100 1 Sword\n3 50 1 Shield", max_seats_per_peer=2)
        holder = house.connect_to_lobby("JOIN main")
        house.advance(5)
        holder.send_lines("100")
        bidder = house.connect()
        bidder.send_lines("110")
        for visitor in (holder, bidder):
            visitor.disconnect()
        house.advance(60)
        self.assertEqual(house.auctioneer.auction.lot, 2)
        self.assertEqual(house.auctioneer.seats.peers._seated.peers, {})
        self.assertEqual(house.auctioneer.seats.peers._absent.peers, {1: "127.0.0.1"})
        first, second = house.connect(), house.connect()
        for visitor in (first, second):
            self.assertEqual(visitor.read_lines()[0], "Your role is: [Buyer]")
        self.assertEqual(house.connect().read_lines(), BUSY)
        lost = [
            "Result of lot 1 of 2:",
            "Auction finished!",
            "Sold: Sword to Buyer 2 for $110",
            "Unfortunately you did not win in the last round.",
        ]
        refused = house.connect_to_lobby("RESUME ticket-1")
        self.assertEqual(
            refused.read_lines(), [*lost, "Your seat was given up while you were away."]
        )
        self.assertTrue(refused.is_closed)
        second.disconnect()
        back = house.connect_to_lobby("RESUME ticket-1").read_lines()
        self.assertEqual(back[: len(lost) + 1], [*lost, "Your role is: [Buyer]"])
        self.assertEqual(house.auctioneer.seats.peers._absent.peers, {})
        self.assertEqual(house.connect().read_lines(), BUSY)

    def test_a_binding_bid_in_a_sale(self) -> None:
        """A Buyer whose bid binds it keeps its seat, and comes back to it in a full house."""
        house = MemoryHouse(catalogue=b"3:duration=500 100 1 Sword", max_seats_per_peer=2)
        bidder = house.connect_to_lobby("JOIN main")
        house.advance(5)
        bidder.send_lines("100")
        bidder.disconnect()
        house.advance(61)
        self.assertEqual(house.connect().read_lines()[0], "Your role is: [Buyer]")
        self.assertEqual(house.connect().read_lines(), BUSY)
        self.assertEqual(
            house.connect_to_lobby("RESUME ticket-1").read_lines()[0], "Your role is: [Buyer]"
        )

    def test_a_long_sale(self) -> None:
        """Among Buyers that left with a result, an address keeps no more than its seats; the
        other tickets still get their results."""
        house = MemoryHouse(
            Terms(resume_grace=1), catalogue=b"3:duration=9 100 1 Sword\n" * 6, max_seats_per_peer=2
        )
        for _ in range(5):
            visitors = [house.connect_to_lobby("JOIN main") for _ in range(2)]
            house.advance(15)
            for visitor in visitors:
                visitor.disconnect()
            house.advance(1)
        self.assertEqual(list(house.auctioneer.seats.tickets.keys), [9, 10])
        self.assertEqual(list(house.auctioneer.seats.tickets.results), [9, 10])
        self.assertEqual(
            house.connect_to_lobby("RESUME ticket-1").read_lines(),
            [
                "Result of lot 1 of 6:",
                "Auction finished!",
                "Not sold: Sword",
                "Unfortunately you did not win in the last round.",
                "Your seat was given up while you were away.",
            ],
        )

    def test_nothing_is_kept(self) -> None:
        house = MemoryHouse()
        _, buyers = house.open_auction("1 100 3 Sword", 3)
        for amount, buyer in enumerate(buyers, 100):
            buyer.send_lines(str(amount))
        self.assertEqual(house.auctioneer.seats.peers._seated.peers, {})
