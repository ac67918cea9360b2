"""The cost of a client to the others stays within the limits."""

import resource
from typing import Any

from twisted.internet.address import IPv4Address, IPv6Address, UNIXAddress
from twisted.internet.interfaces import IAddress, INegotiated
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase
from zope.interface import directlyProvides

from tests.support import logged_lines, raw
from twisted_auction.rules.commands import Cancel
from twisted_auction.rules.terms import Terms
from twisted_auction.server import limits
from twisted_auction.server.limits import (
    ConnectionLimits,
    Limits,
    PeerRateLimit,
    affordable_connections,
    peer_of,
)
from twisted_auction.server.outbox import Outbox
from twisted_auction.server.protocol import AuctionProtocol
from twisted_auction.server.service import AuctionService
from twisted_auction.testing import MemoryClient, MemoryHouse

SELLER = ["Your role is: [Seller]", "Please submit auction request:"]
REFUSED = ["Invalid auction request!", "Please submit auction request:"]
BUSY = ["Server busy!"]


class LineRateTests(SynchronousTestCase):
    """Forty lines at once, and then twenty a second."""

    def setUp(self) -> None:
        self.house = MemoryHouse(Terms(request_timeout=0))
        self.flooder = self.house.connect()
        self.flooder.read_lines()
        self.house.advance(2)

    def answers(self) -> int:
        lines = self.flooder.read_lines()
        self.assertEqual(lines, REFUSED * (len(lines) // 2))
        return len(lines) // 2

    def test_newcomer(self) -> None:
        """Reconnecting gains nothing: a new connection may send half as much at once."""
        self.flooder.disconnect()
        self.flooder = self.house.connect()
        self.flooder.read_lines()
        self.flooder.send(b"\n" * 100)
        self.assertEqual(self.answers(), 20)
        self.house.advance(1)
        self.assertEqual(self.answers(), 20)

    def test_flood(self) -> None:
        """A paused connection is not read, and no line is lost."""
        self.flooder.send(b"\n" * 65536)
        self.assertEqual(self.answers(), 40)
        self.assertEqual(self.flooder.transport.producerState, "paused")
        self.house.advance(0.04)
        self.assertEqual(self.answers(), 0)
        self.house.advance(0.01)
        self.assertEqual(self.answers(), 1)
        self.house.advance(10)
        self.assertEqual(self.answers(), 200)

    def test_it_goes_on(self) -> None:
        """After a minute of flooding, the server closes the connection."""
        self.flooder.send(b"\n" * 65536)
        self.house.advance(60)
        self.assertEqual(self.answers(), 40 + 1200)
        self.house.advance(0.05)
        self.assertEqual(self.flooder.read_lines(), [*REFUSED, "Too many lines."])
        self.assertTrue(self.flooder.is_closed)
        self.flooder.disconnect()
        self.assertEqual(self.house.clock.getDelayedCalls(), [])
        self.assertEqual(self.house.auctioneer.status, 0)

    def test_it_goes_on_while_the_server_is_late(self) -> None:
        """A delay of the server does not count as a pause of the client."""
        self.flooder.send(b"\n" * 65536)
        for _ in range(305):
            self.house.clock.advance(0.2)
        self.assertEqual(self.flooder.read_lines()[-1], "Too many lines.")

    def test_last_word(self) -> None:
        """Nothing follows the last letter, not even the answer to the line before it."""
        visitor = self.house.connect_to_lobby(*["LIST"] * 2000)
        self.house.advance(70)
        self.assertEqual(
            visitor.read_lines()[-3:],
            ["Room main: waiting for the Seller's request.", "Rooms: 1.", "Too many lines."],
        )

    def test_much_at_once(self) -> None:
        """Lines that are all handled within a minute are not too many."""
        self.flooder.send(b"\n" * 1200)
        self.house.advance(60)
        self.assertEqual(self.answers(), 1200)
        self.assertEqual(self.flooder.transport.producerState, "producing")
        self.assertEqual(self.house.clock.getDelayedCalls(), [])
        self.house.advance(1)
        self.flooder.send(b"\n" * 1200)
        self.house.advance(60)
        self.assertEqual(self.answers(), 1200)
        self.assertFalse(self.flooder.is_closed)

    def test_haste(self) -> None:
        """A person never has to wait, and neither does a robot that answers each price update."""
        for _ in range(200):
            self.flooder.send_lines("")
            self.assertEqual(self.answers(), 1)
            self.house.advance(0.051)
        for _ in range(39):
            self.flooder.send_lines("")
        self.assertEqual(self.answers(), 39)

    def test_long_lists(self) -> None:
        """A long answer costs the client more lines than a short one."""
        house = MemoryHouse(limits=Limits(max_per_peer=0))
        for number in range(100):
            house.connect_to_lobby(f"JOIN r{number}")
        visitor = house.connect_to_lobby()
        house.advance(2)
        visitor.send_lines(*["LIST"] * 40)
        self.assertEqual(visitor.read_lines().count("Rooms: 101."), 2)
        house.advance(1.6)
        self.assertEqual(visitor.read_lines(), [])
        house.advance(18.4)
        self.assertEqual(visitor.read_lines().count("Rooms: 101."), 10)

    def test_full_house(self) -> None:
        """The search for an unused room costs as much as a long list, and the verb a line."""
        full = "Not done: every room is in use, and there may not be more."
        house = MemoryHouse(limits=Limits(max_per_peer=0), max_rooms=100)
        for number in range(99):
            house.connect_to_lobby(f"JOIN r{number}")
        for verb, at_once, in_a_second in [("JOIN", 4, 2), ("WATCH", 7, 4)]:
            visitor = house.connect_to_lobby()
            house.advance(2)
            visitor.send_lines(*[f"{verb} another"] * 40)
            self.assertEqual(visitor.read_lines(), [full] * at_once)
            house.advance(1)
            self.assertEqual(visitor.read_lines(), [full] * in_a_second)

    def test_rooms_that_are_watched(self) -> None:
        watcher = self.house.connect_to_lobby()
        self.house.advance(2)
        watcher.send_lines(*["WATCH a", "WATCH b"] * 20)
        self.assertEqual(watcher.read_lines().count("Your role is: [Watcher]"), 14)
        self.house.advance(1)
        self.assertEqual(watcher.read_lines().count("Your role is: [Watcher]"), 7)

    def test_seats(self) -> None:
        """A new connection can take a seat, or come back to one, and send ten lines."""
        self.flooder = self.house.connect_to_lobby("JOIN art", *["x"] * 40)
        self.assertEqual(self.flooder.read_lines()[:3], ["Ticket: ticket-1", *SELLER])
        self.house.advance(0.05)
        self.flooder.disconnect()
        self.flooder = self.house.connect_to_lobby("RESUME ticket-1", *["x"] * 40)
        self.assertEqual(self.flooder.read_lines(), [*SELLER, *REFUSED * 10])
        self.house.advance(1)
        self.assertEqual(self.answers(), 20)

    def test_credit_is_bounded(self) -> None:
        self.house.advance(200)
        self.flooder.send(b"\n" * 100)
        self.assertEqual(self.answers(), 40)

    def test_gone_while_it_rests(self) -> None:
        self.flooder.send(b"\n" * 100)
        self.flooder.disconnect()
        self.assertEqual(self.house.clock.getDelayedCalls(), [])

    def test_dismissed_while_it_rests(self) -> None:
        self.flooder.send(b"\n" * 39 + b"1 100 1 Sword\n" + b"\n" * 100)
        self.assertEqual(self.flooder.transport.producerState, "paused")
        self.house.auctioneer.orders.give(Cancel(), reason="Fire.")
        self.house.advance(1)
        self.assertEqual(self.flooder.read_lines()[-1], "Auction cancelled! Fire.")
        self.assertTrue(self.flooder.is_closed)

    def test_the_rest_may_be_half_a_line(self) -> None:
        self.flooder.send(b"\n" * 40 + b"1 100 1 ")
        self.house.advance(1)
        self.flooder.send(b"Sword\n")
        self.assertEqual(self.flooder.read_lines()[-1], "Auction request received: 1 100 1 Sword")

    def test_no_line_ends(self) -> None:
        """After a flood of lines with ends, silence ends no line."""
        house = MemoryHouse(accept_unterminated=True)
        flooder = house.connect()
        house.advance(2)
        flooder.send(b"\n" * 60 + b"1 100 1 Sword")
        house.advance(0.9)
        self.assertEqual(flooder.read_lines(), [*SELLER, *REFUSED * 58])
        house.advance(0.2)
        self.assertEqual(flooder.read_lines(), [*REFUSED * 2])
        house.advance(10)
        self.assertEqual(flooder.read_lines(), [])
        flooder.send(b"fish\n")
        self.assertEqual(flooder.read_lines(), ["Auction request received: 1 100 1 Swordfish"])

    def test_no_limit(self) -> None:
        self.house = MemoryHouse(limits=Limits(line_rate=0))
        self.flooder = self.house.connect()
        self.flooder.read_lines()
        self.flooder.send(b"\n" * 1000)
        self.assertEqual(self.answers(), 1000)


class LineTimeTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.house = MemoryHouse()
        self.late = ["Time is up! Your line did not end within 30 seconds."]

    def test_drop_by_drop(self) -> None:
        seller, (buyer,) = self.house.open_auction("1 100 2 Sword", 1)
        seller.send(b"1")
        for _ in range(2):
            self.house.advance(10)
            seller.send(b"1")
        self.house.advance(9.9)
        self.assertEqual(seller.read_lines(), [])
        self.house.advance(0.1)
        self.assertEqual(seller.read_lines(), self.late)
        self.assertTrue(seller.is_closed)
        self.assertEqual(buyer.read_lines(), ["Auction cancelled! The Seller has left."])

    def test_each_line_has_its_time(self) -> None:
        seller = self.house.connect()
        seller.send(b"1 100 ")
        self.house.advance(20)
        seller.send(b"\n1")
        self.house.advance(29)
        seller.send(b" 100 1 Sword\n")
        self.house.advance(29)
        self.assertEqual(
            seller.read_lines(), [*SELLER, *REFUSED, "Auction request received: 1 100 1 Sword"]
        )
        self.assertEqual(self.house.clock.getDelayedCalls(), [])

    def test_too_long_and_too_late(self) -> None:
        seller = self.house.connect()
        seller.send(b"x")
        seller.send(b"x" * 600)
        self.house.advance(31)
        self.assertEqual(seller.read_lines(), [*SELLER, "Line too long."])

    def test_gone(self) -> None:
        seller = self.house.connect()
        seller.send(b"x")
        seller.disconnect()
        self.assertEqual(self.house.clock.getDelayedCalls(), [])

    def test_behind_a_rest(self) -> None:
        """While a connection is paused, its line may stay unfinished."""
        visitor = self.house.connect_to_lobby(*["RESUME x"] * 5)
        self.house.advance(31)
        visitor.send(b"RESUME x\nPIN")
        self.house.advance(31.9)
        self.assertFalse(visitor.is_closed)

    def test_in_the_lobby(self) -> None:
        visitor = self.house.connect_to_lobby()
        visitor.send(b"LIS")
        self.house.advance(30)
        self.assertEqual(visitor.read_lines(), self.late)
        self.assertTrue(visitor.is_closed)

    def test_no_limit(self) -> None:
        house = MemoryHouse(limits=Limits(line_timeout=0))
        seller = house.connect()
        seller.send(b"x")
        self.assertEqual(
            [call.getTime() - house.clock.seconds() for call in house.clock.getDelayedCalls()],
            [300],
        )


class SilenceTests(SynchronousTestCase):
    """The lobby asks nothing, so a silent client is closed."""

    def setUp(self) -> None:
        self.house = MemoryHouse()
        self.silent = ["Time is up! You said nothing for 60 seconds."]

    def test_nothing_is_said(self) -> None:
        visitor = self.house.connect_to_lobby()
        self.house.advance(59)
        visitor.send_lines("PING")
        self.house.advance(59)
        self.assertEqual(visitor.read_lines(), ["Pong:"])
        self.house.advance(1)
        self.assertEqual(visitor.read_lines(), self.silent)
        self.assertTrue(visitor.is_closed)
        visitor.disconnect()
        self.assertEqual(self.house.clock.getDelayedCalls(), [])

    def test_after_a_rest(self) -> None:
        """After a pause for its rate, a client has its whole time again."""
        visitor = self.house.connect_to_lobby(*["LIST"] * 50)
        self.house.advance(61)
        self.assertFalse(visitor.is_closed)
        self.house.advance(1)
        self.assertEqual(visitor.read_lines()[-1:], self.silent)

    def test_after_a_wrong_ticket(self) -> None:
        visitor = self.house.connect_to_lobby("RESUME x")
        self.house.advance(60.9)
        self.assertFalse(visitor.is_closed)
        self.house.advance(0.1)
        self.assertEqual(visitor.read_lines()[1:], self.silent)

    def test_nobody_is_kept(self) -> None:
        visitor = self.house.connect_to_lobby("QUIT")
        visitor.disconnect()
        self.assertEqual(self.house.lobby.sessions, {})
        self.assertEqual(self.house.clock.getDelayedCalls(), [])

    def test_elsewhere_silence_is_free(self) -> None:
        watcher = self.house.connect_to_lobby("PING", "WATCH art")
        seller = self.house.connect_to_lobby("JOIN art", "3 100 2 Sword")
        self.house.advance(3600)
        self.assertEqual(watcher.read_lines()[-1], "Buyers: 0 of 2.")
        self.assertEqual(seller.read_lines()[-1], "Auction request received: 3 100 2 Sword")

    def test_no_limit(self) -> None:
        house = MemoryHouse(limits=Limits(lobby_timeout=0))
        house.connect_to_lobby("PING")
        self.assertEqual(house.clock.getDelayedCalls(), [])


class UnsentTests(SynchronousTestCase):
    """Clients that send lines and do not read the answers."""

    def setUp(self) -> None:
        self.house = MemoryHouse(limits=Limits(line_rate=0, max_unsent=1000))
        self.logged = logged_lines(self)

    def test_cut(self) -> None:
        seller, (buyer,) = self.house.open_auction("1 100 2 Sword", 1)
        buyer.pause_reading()
        answer = "Bidding has not started. Please wait..."
        fits = 1000 // len(f"{answer}\r\n")
        buyer.send_lines(*[""] * fits)
        self.assertFalse(buyer.transport.disconnected)
        buyer.send_lines("", "")
        buyer.protocol.session.send(raw(b"x" * 100))
        self.assertEqual(buyer.read_lines(), [answer] * fits)
        self.assertTrue(buyer.transport.disconnected)
        self.assertEqual(self.logged, ["127.0.0.1:50002 is cut off: it does not read."])
        buyer.disconnect()
        self.house.connect()
        self.assertEqual(
            self.house.connect().read_lines()[1:], ["Bidding start!", "Please submit your bid:"]
        )
        self.assertEqual(seller.read_lines(), [])

    def test_reading_makes_room(self) -> None:
        _, (buyer,) = self.house.open_auction("1 100 2 Sword", 1)
        for _ in range(10):
            buyer.pause_reading()
            buyer.send_lines(*[""] * 20)
            buyer.resume_reading()
        self.assertFalse(buyer.transport.disconnected)
        self.assertEqual(len(buyer.read_lines()), 200)

    def test_one_long_letter(self) -> None:
        """A client that comes back can read its results, even if they are longer than the limit."""
        visitor = self.house.connect_to_lobby()
        visitor.pause_reading()
        visitor.protocol.session.send(raw(b"x" * 2000 + b"\r\n"))
        self.assertFalse(visitor.transport.disconnected)
        visitor.protocol.session.send(raw(b"x\r\n"))
        self.assertTrue(visitor.transport.disconnected)

    def test_no_limit(self) -> None:
        house = MemoryHouse(limits=Limits(line_rate=0, max_unsent=0))
        seller = house.connect()
        seller.pause_reading()
        seller.send(b"\n" * 5000)
        self.assertEqual(seller.read_lines(), [*SELLER, *REFUSED * 5000])


class CeilingTests(SynchronousTestCase):
    def test_in_all(self) -> None:
        house = MemoryHouse(limits=Limits(max_connections=3))
        seller, visitor, buyer = house.connect(), house.connect_to_lobby(), house.connect()
        self.assertEqual(buyer.read_lines(), BUSY)  # by the Auctioneer
        buyer.disconnect()
        visitor.send_lines("PING")
        buyer = house.connect()
        for refused in (house.connect(), house.connect_to_lobby("LIST")):
            self.assertEqual(refused.read_lines(), BUSY)
            self.assertTrue(refused.is_closed)
            refused.disconnect()
        self.assertEqual(visitor.read_lines(), ["Pong:"])
        visitor.disconnect()
        seller.send_lines("1 100 2 Sword")
        self.assertEqual(house.connect().read_lines()[0], "Your role is: [Buyer]")

    def test_from_one_peer(self) -> None:
        house = MemoryHouse(limits=Limits(max_per_peer=2))
        for here, there in [
            (IPv4Address("TCP", "10.0.0.1", 1), IPv4Address("TCP", "10.0.0.2", 1)),
            (IPv6Address("TCP", "2001:db8::1", 1), IPv6Address("TCP", "2001:db8:0:1::1", 1)),
        ]:
            visitors = [MemoryClient(house.lobby, here) for _ in range(3)]
            self.assertEqual([visitor.is_closed for visitor in visitors], [False, False, True])
            self.assertEqual(visitors[2].read_lines(), BUSY)
            visitors[2].disconnect()
            self.assertFalse(MemoryClient(house.lobby, there).is_closed)
            self.assertTrue(MemoryClient(house.lobby, here).is_closed)
            visitors[0].disconnect()
            self.assertFalse(MemoryClient(house.lobby, here).is_closed)

    def test_newcomers_in_a_minute(self) -> None:
        """Each address has its own limit of new connections a minute."""
        house = MemoryHouse(limits=Limits(max_new_per_minute=3))
        there = IPv4Address("TCP", "10.0.0.2", 1)
        for here in [
            IPv4Address("TCP", "10.0.0.1", 1),
            IPv6Address("TCP", "2001:db8::1", 1),
            IPv6Address("TCP", "::ffff:10.0.0.3", 1),
        ]:
            house.advance(120)
            heard = []
            for _ in range(4):
                visitor = MemoryClient(house.lobby, here)
                visitor.send_lines("PING")
                house.advance(1)
                heard.append(visitor.read_lines())
                self.assertEqual(visitor.is_closed, heard[-1] == BUSY)
                visitor.disconnect()
            self.assertEqual(heard, [["Pong:"]] * 3 + [BUSY])
            other = MemoryClient(house.lobby, there)
            self.assertFalse(other.is_closed)
            other.disconnect()
        self.assertEqual((house.connections.count, house.connections.by_peer), (0, {}))
        self.assertEqual(house.clock.getDelayedCalls(), [])

    def test_newcomers_in_any_minute(self) -> None:
        """The window slides: connections of the last minute count in proportion to its overlap."""
        house = MemoryHouse(limits=Limits(max_new_per_minute=60))

        def let_in() -> int:
            visitors = [house.connect_to_lobby("PING") for _ in range(100)]
            for visitor in visitors:
                visitor.disconnect()
            return sum(visitor.read_lines() == ["Pong:"] for visitor in visitors)

        house.advance(60 - house.clock.seconds() % 60)
        self.assertEqual(let_in(), 60)
        house.advance(59)
        self.assertEqual(let_in(), 0)
        house.advance(1)
        self.assertEqual(let_in(), 0)
        house.advance(30)
        self.assertEqual(let_in(), 30)
        house.advance(60)
        self.assertEqual(let_in(), 45)
        house.advance(120)
        self.assertEqual(let_in(), 60)

    def test_refusal_is_late(self) -> None:
        """A connection about to be refused is not read, and counts as open."""
        house = MemoryHouse(limits=Limits(max_new_per_minute=1, max_per_peer=3))
        house.connect()
        held, gone = house.connect_to_lobby("LIST", "PING"), house.connect()
        self.assertEqual(house.connect().read_lines(), BUSY)  # at once: there are three already
        gone.disconnect()
        house.advance(0.9)
        self.assertEqual((held.read_lines(), held.is_closed), ([], False))
        self.assertEqual(held.transport.producerState, "paused")
        house.advance(0.1)
        self.assertEqual((held.read_lines(), held.is_closed), (BUSY, True))
        held.disconnect()
        self.assertEqual(house.connections.count, 1)
        house.advance(400)
        self.assertEqual(house.clock.getDelayedCalls(), [])

    def test_refusal_beneath_tls(self) -> None:
        """Without a handshake, the server can send nothing, so it aborts the connection."""
        house = MemoryHouse(limits=Limits(max_new_per_minute=1))
        here = IPv4Address("TCP", "127.0.0.1", 1)
        visitors = [Secured(house.factory, here) for _ in range(2)]
        for visitor in visitors:
            visitor.protocol.handshakeCompleted()
        self.assertEqual([visitor.read_lines() for visitor in visitors], [SELLER, []])
        house.advance(1)
        self.assertEqual([v.transport.disconnected for v in visitors], [False, True])

    def test_newcomers_fill_no_memory(self) -> None:
        self.patch(limits, "MAX_COUNTED_PEERS", 3)
        arrivals = PeerRateLimit(1)
        self.assertTrue(all(arrivals.admit(str(peer), 0) for peer in range(10)))
        self.assertEqual(
            [arrivals.admit(peer, 1) for peer in ("9", "7", "0")], [False, False, True]
        )
        arrivals.admit("0", 61)
        self.assertEqual((len(arrivals._last_window), len(arrivals._window)), (3, 1))
        arrivals.admit("0", 1000)
        self.assertEqual((len(arrivals._last_window), len(arrivals._window)), (0, 1))

    def test_seats_in_a_minute(self) -> None:
        """Seats have a count of their own, even if one connection takes several. A room that is not
        available costs no seat, but as many lines."""
        house = MemoryHouse(limits=Limits(max_new_per_minute=3), max_rooms=100)
        house.connections._new_connections = PeerRateLimit(0)
        watcher = house.connect_to_lobby("WATCH art")
        house.advance(1)
        watcher.read_lines()
        watcher.send_lines(*["JOIN !"] * 3)
        self.assertEqual(len(watcher.read_lines()), 3)
        house.advance(1)
        for number in range(3):
            seller = house.connect_to_lobby(f"JOIN r{number}")
            self.assertEqual(seller.read_lines()[1:], SELLER)
            seller.disconnect()
        watcher.send_lines("JOIN !", *["JOIN r3"] * 2)
        self.assertEqual(
            watcher.read_lines(),
            ["Not done: a room's name is 1 to 32 letters, digits, hyphens and underscores.", *BUSY],
        )
        self.assertTrue(watcher.is_closed)
        self.assertNotIn("r3", house.rooms)
        self.assertTrue(house.rooms["art"].is_idle)

    def test_local_sockets(self) -> None:
        """Local sockets have no peer, and count towards the sum only."""
        house = MemoryHouse(limits=Limits(max_per_peer=1, max_connections=3, max_new_per_minute=1))
        visitors = [MemoryClient(house.lobby, UNIXAddress(None)) for _ in range(4)]
        self.assertEqual([visitor.is_closed for visitor in visitors], [False, False, False, True])

    def test_nothing_is_kept(self) -> None:
        house = MemoryHouse(limits=Limits(max_per_peer=2))
        for visitor in [house.connect() for _ in range(5)]:
            visitor.disconnect()
        self.assertEqual((house.connections.count, house.connections.by_peer), (0, {}))

    def test_no_limit(self) -> None:
        house = MemoryHouse(limits=Limits(max_per_peer=0, max_connections=0, max_new_per_minute=0))
        self.assertFalse(any(house.connect_to_lobby().is_closed for _ in range(700)))

    def test_log(self) -> None:
        """The log has one line a minute, for any number of refusals."""
        logged = logged_lines(self)
        house = MemoryHouse(limits=Limits(max_per_peer=1, max_connections=2))
        house.connect()
        for _ in range(10):
            house.connect()
        house.advance(60)
        MemoryClient(house.lobby, IPv4Address("TCP", "10.0.0.1", 1))
        MemoryClient(house.lobby, IPv4Address("TCP", "10.0.0.2", 1))
        house.advance(60)
        MemoryClient(house.lobby, IPv4Address("TCP", "10.0.0.2", 1))
        turned_away = "Connections turned away: {}. The last one, because {}."
        self.assertEqual(
            logged,
            [
                turned_away.format(1, "'127.0.0.1' has 1 already"),
                turned_away.format(10, "there are 2 already"),
                turned_away.format(1, "there are 2 already"),
            ],
        )

    def test_peers(self) -> None:
        for address, peer in [
            (IPv4Address("TCP", "10.0.0.1", 1), "10.0.0.1"),
            (IPv6Address("TCP", "::ffff:10.0.0.1", 1), "10.0.0.1"),
            (IPv6Address("TCP", "2001:db8:1:2:3::4", 1), "2001:db8:1:2::/64"),
            (IPv6Address("TCP", "fe80::1%eth0", 1), "fe80::/64"),
            (UNIXAddress(None), ""),
        ]:
            self.assertEqual(peer_of(address), peer)

    def test_open_files(self) -> None:
        for files, connections in [
            ((1024, 4096), 896),
            ((200, 200), 100),
            ((resource.RLIM_INFINITY, resource.RLIM_INFINITY), 0),
        ]:
            self.patch(resource, "getrlimit", lambda which, files=files: files)
            self.assertEqual(affordable_connections(), connections)
            self.assertEqual(Limits().max_connections, connections)


class Secured(MemoryClient):
    """A connection beneath TLS, before its handshake."""

    def __init__(self, factory: Any, address: IAddress) -> None:
        self.transport = StringTransport(peerAddress=address)
        directlyProvides(self.transport, INegotiated)
        self.protocol: AuctionProtocol = factory.buildProtocol(address)
        self.protocol.makeConnection(self.transport)


class HandshakeTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.house = MemoryHouse(limits=Limits(max_per_peer=2))
        self.here = IPv4Address("TCP", "10.0.0.1", 1)

    def test_no_seat_before(self) -> None:
        slow, quick = (Secured(self.house.factory, self.here) for _ in range(2))
        self.assertEqual(slow.read_lines(), [])
        quick.protocol.handshakeCompleted()
        self.assertEqual(quick.read_lines(), SELLER)
        slow.protocol.handshakeCompleted()
        self.assertEqual(slow.read_lines(), BUSY)
        self.house.advance(11)
        self.assertFalse(quick.transport.disconnected)

    def test_too_slow(self) -> None:
        visitor = Secured(self.house.lobby, self.here)
        self.house.advance(9.9)
        self.assertFalse(visitor.transport.disconnected)
        self.house.advance(0.1)
        self.assertTrue(visitor.transport.disconnected)
        visitor.disconnect()
        self.assertEqual(self.house.clock.getDelayedCalls(), [])
        self.assertEqual(visitor.read_lines(), [])

    def test_gone(self) -> None:
        Secured(self.house.factory, self.here).disconnect()
        self.assertEqual(self.house.clock.getDelayedCalls(), [])
        self.assertEqual(self.house.console, [])

    def test_dismissed(self) -> None:
        """The server stops reading. TLS alone would read until its peer ends the connection."""
        visitor = Secured(self.house.factory, self.here)
        visitor.protocol.handshakeCompleted()
        paused: list[bool] = []
        self.patch(visitor.transport, "pauseProducing", lambda: paused.append(True))
        visitor.send(b"x" * 600)
        self.assertEqual(paused, [])
        for _ in range(100):
            visitor.send(b"x" * 600 + b"\n")
        self.assertEqual((set(paused), visitor.protocol._buffer), ({True}, b""))
        self.assertEqual(visitor.read_lines(), [*SELLER, "Line too long."])

    def test_house_is_closed(self) -> None:
        """A connection without a handshake has no seat, and is aborted even without a deadline."""
        for timeout in (10, 0):
            house = MemoryHouse(limits=Limits(handshake_timeout=timeout))
            visitor = Secured(house.factory, self.here)
            reactor: Any = house.clock
            stopped = AuctionService(
                [], reactor, print, house.connections, house.rooms
            ).stopService()
            self.assertTrue(visitor.transport.disconnected)
            visitor.protocol.handshakeCompleted()
            self.assertEqual(visitor.read_lines(), [])
            self.successResultOf(stopped)

    def test_too_many(self) -> None:
        """A connection over the limit is aborted at once, without its handshake."""
        visitors = [Secured(self.house.factory, self.here) for _ in range(3)]
        self.assertEqual([v.transport.disconnected for v in visitors], [False, False, True])
        visitors[2].protocol.handshakeCompleted()
        self.assertEqual(visitors[2].read_lines(), [])


class FailureTests(SynchronousTestCase):
    """A bug aborts its own connection; the others go on."""

    def setUp(self) -> None:
        self.house = MemoryHouse()
        self.seller, (self.first,) = self.house.open_auction("2 100 2 Sword", 1)

    def breaks(self, *args: object) -> Any:
        raise ZeroDivisionError

    def check(self, broken: MemoryClient) -> None:
        """Assert that this connection is aborted, and that the auction ends without it."""
        self.assertTrue(broken.transport.disconnected)
        (failure,) = self.flushLoggedErrors(ZeroDivisionError)
        self.assertIsInstance(failure, Failure)
        broken.disconnect()
        self.first.send_lines("150")
        self.house.advance(300)
        self.assertEqual(
            self.seller.read_lines(),
            ["Auction finished!", "Success! Your item Sword has been sold for $100"],
        )

    def test_on_arrival(self) -> None:
        arrive = self.patch(type(self.house.auctioneer), "arrive", self.breaks)
        broken = self.house.connect()
        arrive.restore()
        self.house.connect()
        self.check(broken)

    def test_on_a_line(self) -> None:
        broken = self.house.connect()
        line_received = self.patch(type(self.house.auctioneer), "line_received", self.breaks)
        broken.send_lines("120")
        line_received.restore()
        self.check(broken)

    def test_on_being_told(self) -> None:
        """The bid of another Buyer ends the auction, so this one is told the result."""
        broken = self.house.connect()
        broken.send_lines("120")
        works, outbox = Outbox.finish, broken.protocol.session.outbox

        def finish(self: Outbox, lines: bytes) -> None:
            if self is outbox:
                raise ZeroDivisionError
            works(self, lines)

        self.patch(Outbox, "finish", finish)
        self.first.send_lines("150")
        self.assertTrue(broken.transport.disconnected)
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)
        self.assertEqual(
            self.seller.read_lines()[-1], "Success! Your item Sword has been sold for $120"
        )

    def test_later(self) -> None:
        """The same holds for the timers of a pause and of an unfinished line."""
        for sends, method, wait in [
            (b"1\n" * 41, "line_received", 1),
            (b"x", "close_after", 30),
        ]:
            broken = self.house.connect_to_lobby()
            broken.send(sends)
            self.patch(broken.protocol.session, method, self.breaks)
            self.house.advance(wait)
            self.assertTrue(broken.transport.disconnected, method)
            self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)
            broken.disconnect()

    def test_on_leaving(self) -> None:
        leave = self.patch(type(self.house.auctioneer), "leave", self.breaks)
        self.house.connect().disconnect()
        leave.restore()
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)
        self.first.send_lines("150")
        self.assertEqual(self.first.read_lines()[-1], "Bid received. Please wait...")


class ConnectionLimitsTests(SynchronousTestCase):
    def test_usual_limits(self) -> None:
        self.assertEqual(ConnectionLimits(Clock()).limits, Limits())
