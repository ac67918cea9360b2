"""A proxy in front of the server names its client in a header."""

from twisted.internet.address import IPv4Address, IPv6Address, UNIXAddress
from twisted.trial.unittest import SynchronousTestCase

from tests.support import logged_lines
from twisted_auction.server.limits import Limits
from twisted_auction.server.lobby import LobbyFactory
from twisted_auction.server.proxied import ProxiedFactory
from twisted_auction.testing import MemoryClient, MemoryHouse

V1 = b"PROXY TCP4 192.0.2.7 198.51.100.1 1234 4000\r\n"
V2 = (
    b"\r\n\r\n\x00\r\nQUIT\n\x21\x11\x00\x0c"
    + bytes([192, 0, 2, 7, 198, 51, 100, 1])
    + (1234).to_bytes(2, "big")
    + (4000).to_bytes(2, "big")
)
V2_WITH_MORE = V2[:14] + b"\x00\x13" + V2[16:] + b"\x04\x00\x04abcd"
SELLER = ["Your role is: [Seller]", "Please submit auction request:"]
REFUSED = ["Invalid auction request!", "Please submit auction request:"]


class ProxiedTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.house = MemoryHouse(limits=Limits(max_per_peer=2))
        self.proxy = IPv4Address("TCP", "10.0.0.1", 1)

    def enters(self, to: LobbyFactory | None = None) -> MemoryClient:
        factory = ProxiedFactory(to or self.house.factory, self.house.connections)
        return MemoryClient(factory, self.proxy)

    def test_header(self) -> None:
        """No client is there before the header; then its client is."""
        for header in (V1, V2, V2_WITH_MORE):
            for length in (1, 5, len(header) - 1):
                self.setUp()
                visitor = self.enters()
                for start in range(0, len(header) - 1, length):
                    visitor.send(header[: len(header) - 1][start : start + length])
                self.assertEqual((visitor.read_lines(), self.house.console), ([], []))
                visitor.send(header[-1:])
                self.assertEqual(visitor.read_lines(), SELLER)
                self.assertEqual(self.house.console[0], "Seller is connected from 192.0.2.7:1234")
                visitor.send(b"no\n")
                self.assertEqual(visitor.read_lines(), REFUSED)
                self.house.advance(11)
                self.assertFalse(visitor.transport.disconnected)
                visitor.disconnect()
                self.assertEqual(self.house.console[1:], [">> New Seller Thread spawned"])
                self.assertEqual(self.house.clock.getDelayedCalls(), [])

    def test_other_families(self) -> None:
        for header, name in [
            (b"PROXY TCP6 2001:db8::7 2001:db8::1 1234 4000\r\n", "[2001:db8::7]:1234"),
            (b"PROXY TCP6 ::ffff:192.0.2.7 ::1 1234 4000\r\n", "192.0.2.7:1234"),
            (V2[:12] + b"\x21\x31\x00\xd8" + b"a".ljust(108, b"\0") * 2, "a local socket"),
        ]:
            self.setUp()
            self.enters().send(header)
            self.assertEqual(self.house.console[0], f"Seller is connected from {name}")

    def test_words_behind_it(self) -> None:
        visitor = self.enters()
        visitor.send(V1 + b"no\n1 100 1 Sw")
        visitor.send(b"ord\n")
        self.assertEqual(
            visitor.read_lines(), [*SELLER, *REFUSED, "Auction request received: 1 100 1 Sword"]
        )

    def test_own(self) -> None:
        """A health check takes no seat, keeps no client out, and is sent nothing."""
        mapped = IPv6Address("TCP", "::ffff:10.0.0.1", 1)
        logged = logged_lines(self)
        for address, header in [
            (self.proxy, V2[:12] + b"\x20\x00\x00\x00"),  # LOCAL
            (self.proxy, V2[:12] + b"\x20\x11\x00\x0c" + b"\x00" * 12),  # the same, with addresses
            (self.proxy, V2[:12] + b"\x21\x00\x00\x00"),  # PROXY of an unknown family
            (self.proxy, b"PROXY UNKNOWN\r\n"),
            (self.proxy, b"PROXY UNKNOWN ::1 ::1 1 2\r\n"),
            (self.proxy, b"PROXY TCP4 10.0.0.1 10.0.0.2 1 4000\r\n"),
            (mapped, b"PROXY TCP4 10.0.0.1 10.0.0.2 1 4000\r\n"),
            (mapped, b"PROXY TCP6 ::ffff:10.0.0.1 ::1 1 4000\r\n"),
            (IPv6Address("TCP", "2001:db8::1", 1), b"PROXY TCP6 2001:db8:0::1 ::1 1 4000\r\n"),
            (UNIXAddress(None), b"PROXY UNKNOWN\r\n"),
        ]:
            for cut in (len(header), 9):
                self.setUp()
                self.proxy = address  # type: ignore[assignment]
                gone = self.enters()
                gone.send(header[:cut])
                gone.send(header[cut:] + b"2 100 3 Sword\n")
                gone.disconnect()
                lobby = self.enters(self.house.lobby)
                lobby.send(header + b"JOIN main\n")
                stays = self.enters()
                stays.send(header)
                connections = self.house.connections
                self.assertEqual((connections.count, connections.by_peer), (2, {"": 2}))
                self.house.advance(9.9)
                stays.send(b"1 100 1 Sword\n")
                self.assertFalse(stays.transport.disconnected)
                self.house.advance(0.1)
                self.assertTrue(stays.transport.disconnected)
                for visitor in (lobby, stays):
                    visitor.disconnect()
                    self.assertEqual(visitor.read_lines(), [])
                self.assertEqual((gone.read_lines(), self.house.console, logged), ([], [], []))
                self.assertEqual((connections.count, connections.by_peer), (0, {}))
                self.assertEqual(self.house.clock.getDelayedCalls(), [])

    def test_neighbour_of_the_proxy(self) -> None:
        """A client on the machine of the proxy has another port, so it is no health check."""
        visitor = self.enters()
        visitor.send(b"PROXY TCP4 10.0.0.1 10.0.0.2 2 4000\r\n")
        self.assertEqual(visitor.read_lines(), SELLER)

    def test_no_header(self) -> None:
        for data in [
            b"1 100 1 Sword\n",
            b"PROXY TCP4 nonsense\r\n",
            b"PROXY \r\n",
            b"PROXY " + b"x" * 200,
            b"PROXX",
            V2[:11] + b"x",
            V2[:12] + b"\x21\x11\xff\xff",
            V2[:12] + b"\x21\x11\x00\x04" + b"\x00" * 4,
            V2[:12] + b"\x31\x11\x00\x00",
            V2[:12] + b"\x22\x11\x00\x00",
            V2[:12] + b"\x21\x71\x00\x00",
        ]:
            visitor = self.enters()
            visitor.send(data)
            self.assertTrue(visitor.transport.disconnected, data)
            visitor.disconnect()
        self.assertEqual(self.house.console, [])
        self.assertEqual(self.house.clock.getDelayedCalls(), [])

    def test_impossible_address(self) -> None:
        """Such a text would reach the operator's terminal."""
        for header in [
            b"PROXY TCP4 \x1b[31m 10.0.0.2 1234 4000\r\n",
            b"PROXY TCP4 \xff 10.0.0.2 1234 4000\r\n",
            b"PROXY TCP4 10.0.0.1 10.0.0.2 12x4 4000\r\n",
            b"PROXY TCP4 10.0.0.1 10.0.0.2 -5 4000\r\n",
            b"PROXY TCP4 10.0.0.1 10.0.0.2 65536 4000\r\n",
            b"PROXY TCP4 2001:db8::1 ::1 1234 4000\r\n",
            b"PROXY TCP6 fe80::1%\x1b[2J\x07\nforged ::1 1 2\r\n",
        ]:
            visitor = self.enters()
            visitor.send(header)
            self.assertTrue(visitor.transport.disconnected)
            visitor.disconnect()
            self.assertEqual(self.house.console, [])
            self.assertEqual(self.house.clock.getDelayedCalls(), [])

    def test_too_slow(self) -> None:
        visitor = self.enters()
        visitor.send(b"PROXY TCP")
        self.house.advance(9.9)
        self.assertFalse(visitor.transport.disconnected)
        self.house.advance(0.1)
        self.assertTrue(visitor.transport.disconnected)

    def test_ceiling(self) -> None:
        """The limit per peer counts the clients, not the proxy."""
        visitors = [self.enters() for _ in range(3)]
        for visitor in visitors:
            visitor.send(V1)
        self.assertEqual(visitors[1].read_lines(), ["Server busy!"])  # by the Auctioneer
        self.assertEqual(visitors[2].read_lines(), ["Server busy!"])
        other = self.enters()
        other.send(V1.replace(b"0.2.7", b"0.2.8"))
        self.assertEqual(len(self.house.connections.by_peer), 2)

    def test_ceiling_in_all(self) -> None:
        """Connections without a header count, too, so they cannot take all descriptors. Over the
        limit, a connection is refused without a header."""
        self.house = MemoryHouse(limits=Limits(max_connections=2))
        waiting, broken = self.enters(), self.enters()
        for header in (b"", V1[:-1], V1):
            busy = self.enters()
            busy.send(header)
            self.assertEqual(busy.read_lines(), ["Server busy!"])
            self.assertTrue(busy.is_closed)
            busy.disconnect()
        broken.send(b"nonsense")
        broken.disconnect()
        seller = self.enters()
        seller.send(V1)
        self.assertEqual(seller.read_lines(), SELLER)
        self.house.advance(10)
        self.assertTrue(waiting.transport.disconnected)
        waiting.disconnect()
        other = self.enters()
        other.send(V1.replace(b"0.2.7", b"0.2.8"))
        self.assertEqual(self.house.connections.by_peer, {"192.0.2.7": 1, "192.0.2.8": 1})
        for visitor in (seller, other):
            visitor.disconnect()
        self.assertEqual((self.house.connections.count, self.house.connections.by_peer), (0, {}))
        self.assertEqual(self.house.clock.getDelayedCalls(), [])

    def test_log(self) -> None:
        """The log has one line a minute, for any number of malformed headers."""
        logged = logged_lines(self)
        for seconds in (0, 60):
            self.house.advance(seconds)
            for _ in range(1000):
                visitor = self.enters()
                visitor.send(b"nonsense\n")
                visitor.disconnect()
        why = "no PROXY header that makes sense came from '10.0.0.1'."
        self.assertEqual(
            logged,
            [
                f"Connections turned away: {count}. The last one, because {why}"
                for count in (1, 1000)
            ],
        )

    def test_elsewhere(self) -> None:
        """On another port, a header is a line like any other."""
        visitor = self.house.connect()
        visitor.send(V1)
        self.assertTrue(
            visitor.read_lines()[2].startswith("Invalid auction request! type_of_auction ")
        )
        self.assertEqual(self.house.console[0], "Seller is connected from 127.0.0.1:50001")
