"""The house that this package gives to other people's tests."""

from twisted.internet.defer import CancelledError, ensureDeferred
from twisted.internet.error import ConnectionRefusedError
from twisted.trial.unittest import SynchronousTestCase

from tests.persons import SlowTypist
from tests.support import LedgerFolderTestCase
from twisted_auction.client.join import join
from twisted_auction.client.person import Ending
from twisted_auction.client.robots import BidRobot
from twisted_auction.client.room import RoomVisit
from twisted_auction.client.session import join_room
from twisted_auction.rules.terms import Terms
from twisted_auction.server.limits import Limits
from twisted_auction.testing import MemoryEndpoint, MemoryHouse, StrictClock

BUYER = "Your role is: [Buyer]"
START = ["Bidding start!", "Please submit your bid:"]
WON = ["Auction finished!", "You won this item Sword! Your payment due is $100"]


class ClockTests(SynchronousTestCase):
    def test_negative_delay(self) -> None:
        clock = StrictClock()
        self.assertRaises(AssertionError, clock.callLater, -0.001, lambda: None)
        self.assertGreater(clock.seconds(), 0)


class HouseTests(SynchronousTestCase):
    """A house and its connections, line by line."""

    def test_auction(self) -> None:
        house = MemoryHouse()
        seller, (buyer,) = house.open_auction("2 100 1 Sword", buyers=1)
        self.assertEqual((seller.read_lines(), buyer.read_lines()), ([], []))
        buyer.send_lines("no", "150")
        self.assertEqual(
            buyer.read_lines(),
            [
                "Invalid bid. Please submit a positive integer!",
                "Please submit your bid:",
                "Bid received. Please wait...",
                *WON,
            ],
        )
        self.assertTrue(buyer.is_closed)
        self.assertEqual(
            house.console[0],
            "Seller is connected from 127.0.0.1:50001",
        )
        self.assertIn("Buyer 1 is connected from 127.0.0.1:50002", house.console)

    def test_time(self) -> None:
        """Each timer fires at its own instant."""
        house = MemoryHouse()
        _, (buyer,) = house.open_auction("english:duration=30:extension=0 100 1 Sword", buyers=1)
        start, instants = house.clock.seconds(), []
        for seconds in (7, 29.5, 29.5):
            house.clock.callLater(seconds, lambda: instants.append(house.clock.seconds() - start))
        buyer.send_lines("100")
        house.advance(29.9)
        self.assertEqual((instants, buyer.is_closed), ([7, 29.5, 29.5], False))
        house.advance(0.1)
        self.assertEqual(buyer.read_lines()[-1], WON[1])

    def test_disconnect(self) -> None:
        house = MemoryHouse()
        seller, buyers = house.open_auction("1 100 2 Sword", buyers=1)
        seller.disconnect()
        self.assertEqual(buyers[0].read_lines(), ["Auction cancelled! The Seller has left."])

    def test_reading_paused(self) -> None:
        """Unsent letters are sent once the client reads again; too many close the connection."""
        house = MemoryHouse(limits=Limits(max_unsent=100))
        _, (buyer, *_) = house.open_auction("1 100 3 Sword", buyers=2)
        buyer.pause_reading()
        buyer.send_lines("x")
        waiting = buyer.read_lines()
        buyer.send_lines("x")
        buyer.resume_reading()
        waiting += buyer.read_lines()
        self.assertEqual(waiting, ["Bidding has not started. Please wait..."] * 2)
        buyer.pause_reading()
        buyer.send_lines(*"xxxx")
        self.assertTrue(buyer.is_closed)

    def test_unfinished_line(self) -> None:
        house = MemoryHouse()
        client = house.connect()
        client.transport.write(b"no end")
        self.assertRaises(AssertionError, client.read_lines)
        client.transport.write(b"LF\n\r\n")
        self.assertRaises(AssertionError, client.read_lines)

    def test_unterminated(self) -> None:
        house = MemoryHouse(accept_unterminated=True)
        seller = house.connect()
        seller.read_lines()
        seller.send(b"1 100 1 Sword")
        self.assertEqual(seller.read_lines(), [])
        house.advance(1)
        self.assertEqual(seller.read_lines(), ["Auction request received: 1 100 1 Sword"])

    def test_lobby(self) -> None:
        """Seats, a Watcher, JSON, and coming back."""
        house = MemoryHouse()
        house.connect_to_lobby("JOIN art").send_lines("1 100 2 Sword")
        buyer = house.connect_to_lobby("JOIN art")
        self.assertEqual(buyer.read_lines()[:2], ["Ticket: ticket-2", BUYER])
        watcher = house.connect_to_lobby("WATCH art")
        self.assertEqual(watcher.read_lines()[0], "Your role is: [Watcher]")
        program = house.connect_to_lobby("JSON", "JOIN art")
        switched, (ticket, *_) = program.read_json()
        self.assertEqual(switched, [{"type": "json_follows"}])
        self.assertEqual(ticket, {"type": "ticket_is", "ticket": "ticket-3"})
        buyer.disconnect()
        self.assertEqual(house.connect_to_lobby("RESUME ticket-2").read_lines(), [BUYER, *START])
        self.assertEqual(sorted(house.rooms), ["art", "main"])

    def test_catalogue(self) -> None:
        house = MemoryHouse(Terms(lot_pause=5), catalogue=b"1 100 1 Sword\n1 50 1 Shield")
        buyer = house.connect()
        house.advance(5)
        self.assertIn("Lot 1 of 2.", buyer.read_lines())

    def test_options(self) -> None:
        """Those of Rooms, and who watches."""
        events: list[object] = []
        house = MemoryHouse(watch=lambda room: events.extend, max_rooms=1)
        house.connect()
        self.assertEqual((len(events), house.console), (1, []))
        answer = house.connect_to_lobby("JOIN art").read_lines()
        self.assertEqual(answer, ["Not done: every room is in use, and there may not be more."])
        self.assertRaises(TypeError, MemoryHouse, max_room=1)


class LedgerTests(LedgerFolderTestCase):
    """A house with a ledger."""

    def test_restart(self) -> None:
        """Committed events are there again, and nothing else."""
        house = MemoryHouse(ledger=self.path)
        seller = house.connect_to_lobby("JOIN main")
        seller.read_lines()
        seller.send_lines("1 100 1 Sword")
        house.clock.callLater(1, self.fail, "a timer of the killed house")
        again = house.restart(after=60)
        self.assertEqual(seller.read_lines(), [])
        back = again.connect_to_lobby("RESUME ticket-1")
        self.assertEqual(
            back.read_lines(), ["Your role is: [Seller]", "Please submit auction request:"]
        )
        back.send_lines("1 100 1 Sword")
        again.advance()
        self.assertEqual(self.kinds()[-1], "RequestAccepted")
        changed = again.restart(terms=Terms(resume_grace=1))
        self.addCleanup(changed.close)
        changed.advance(2)
        self.assertEqual(self.kinds()[-2:], ["Left", "Cancelled"])

    def test_close(self) -> None:
        house = MemoryHouse(ledger=self.path)
        seller, (buyer,) = house.open_auction("1 100 2 Sword", buyers=1)
        house.advance()
        buyer.read_lines()
        house.close()
        self.assertEqual(
            buyer.read_lines(),
            ["The Auctioneer is closing. Your seat is given up."],
        )
        for client in (seller, buyer):
            client.disconnect()
        self.assertEqual(house.clock.getDelayedCalls(), [])
        self.assertEqual((house.failures, house.notices), ([], []))
        self.assertEqual(self.kinds(), ["Arrived", "RequestAccepted", "Arrived", "Stopped"])


class EndpointTests(LedgerFolderTestCase):
    """Clients of this package, connected to a house."""

    def test_robot(self) -> None:
        house = MemoryHouse()
        seller, _ = house.open_auction("english:duration=30 100 1 Sword", buyers=0)
        person = SlowTypist()
        robot = BidRobot(person, 140, house.clock)
        visit = ensureDeferred(join(MemoryEndpoint(house), robot))
        house.advance(29)
        self.assertNoResult(visit)
        house.advance(1)
        self.assertEqual(self.successResultOf(visit), Ending(0))
        self.assertIn(WON[1], person.screen)
        self.assertEqual(seller.read_lines()[-1], "Success! Your item Sword has been sold for $100")

    def test_refused(self) -> None:
        endpoint = MemoryEndpoint(MemoryHouse())
        endpoint.is_open = False
        self.failureResultOf(ensureDeferred(join(endpoint, SlowTypist())), ConnectionRefusedError)

    def test_cut_after_the_last_bytes(self) -> None:
        """The bid arrives, and its answer does not."""
        house = MemoryHouse()
        seller, _ = house.open_auction("1 100 1 Sword", buyers=0)
        endpoint, person = MemoryEndpoint(house), SlowTypist()
        visit = ensureDeferred(join(endpoint, person))
        house.advance()
        person.type_line(b"150")
        endpoint.link.cut(arrives=True)
        self.assertEqual(seller.read_lines()[-1], "Success! Your item Sword has been sold for $150")
        self.assertEqual(person.screen[-2:], ["The bidding has started!", START[1]])
        self.assertEqual(self.successResultOf(visit).status, 1)

    def test_coming_back(self) -> None:
        """Another connection follows, after a cut and after a restart."""
        house = MemoryHouse(ledger=self.path)
        house.connect_to_lobby("JOIN art").send_lines("1 100 1 Sword")
        house.advance()
        endpoint, person = MemoryEndpoint(house, to_lobby=True), SlowTypist()
        visit = ensureDeferred(join_room(endpoint, RoomVisit(house.clock, "art", person, None)))
        house.advance(1)
        endpoint.link.cut()
        house.advance(2)
        endpoint.house = house.restart()
        self.addCleanup(endpoint.house.close)
        self.assertTrue(endpoint.link.is_cut)
        endpoint.house.advance(2)
        self.assertEqual(person.screen.count("Connected again."), 2)
        self.assertEqual(person.screen[-3:], [BUYER, "The bidding has started!", START[1]])
        visit.cancel()
        endpoint.house.advance(1)
        self.failureResultOf(visit, CancelledError)
