import tempfile
from pathlib import Path
from typing import Any

from twisted.internet.address import IPv4Address
from twisted.internet.error import CannotListenError
from twisted.internet.protocol import Factory
from twisted.internet.testing import MemoryReactorClock, RaisingMemoryReactor, StringTransport
from twisted.trial.unittest import SynchronousTestCase

from tests.server.unix_reactor import UnixReactor
from twisted_auction.house.doors import Doors
from twisted_auction.house.people import People
from twisted_auction.house.rooms import Rooms
from twisted_auction.ledger.journal import Ledger
from twisted_auction.rules.catalogue import parse_catalogue
from twisted_auction.rules.terms import Terms
from twisted_auction.server.console import READY
from twisted_auction.server.endpoints import CannotStart
from twisted_auction.server.factory import AuctionFactory
from twisted_auction.server.limits import ConnectionLimits
from twisted_auction.server.lobby import LobbyFactory
from twisted_auction.server.proxied import ProxiedFactory
from twisted_auction.server.service import SHUTDOWN_TIMEOUT, AuctionService
from twisted_auction.testing import MemoryClient


class AuctionServiceTests(SynchronousTestCase):
    def test_listens(self) -> None:
        reactor = MemoryReactorClock()
        announced: list[str] = []
        connections = ConnectionLimits(reactor)
        service = AuctionService(
            [("tcp:4000", Factory()), ("tcp:4001:interface=127.0.0.1", Factory())],
            reactor,
            announced.append,
            connections,
            Rooms(reactor),
        )
        service.privilegedStartService()
        self.assertEqual(
            [(port[0], port[3]) for port in reactor.tcpServers], [(4000, ""), (4001, "127.0.0.1")]
        )
        self.assertEqual(announced, [])
        service.startService()
        self.assertEqual(announced, ["Auctioneer is ready for hosting auctions!"])
        self.assertEqual(len(reactor.tcpServers), 2)
        last: Any = StringTransport()
        connections.closing.start(last.abortConnection)
        stopped = service.stopService()
        self.assertNoResult(stopped)
        connections.closing.cancel(last.abortConnection)
        self.successResultOf(stopped)

    def test_stops_in_time(self) -> None:
        """A client that does not read its last lines delays the stop by a few seconds at most."""
        clock = MemoryReactorClock()
        connections = ConnectionLimits(clock)
        rooms = Rooms(clock)
        service = AuctionService([("tcp:4000", Factory())], clock, print, connections, rooms)
        service.privilegedStartService()
        last: Any = StringTransport()
        connections.closing.start(last.abortConnection)
        stopped = service.stopService()
        clock.advance(SHUTDOWN_TIMEOUT * 0.9)
        self.assertNoResult(stopped)
        clock.advance(SHUTDOWN_TIMEOUT * 0.2)
        self.successResultOf(stopped)

    def test_no_ledger_to_be_had(self) -> None:
        reactor: Any = MemoryReactorClock()
        announced: list[str] = []
        ledger = Ledger(Path("/nowhere/auction.sqlite3"), reactor, print)
        rooms = Rooms(reactor, ledger=ledger)
        service = AuctionService([], reactor, announced.append, ConnectionLimits(reactor), rooms)
        with self.assertRaises(CannotStart) as caught:
            service.startService()
        self.assertEqual(
            str(caught.exception),
            "the file /nowhere/auction.sqlite3 cannot be made: No such file or directory.",
        )
        self.assertEqual(announced, [])
        self.successResultOf(service.stopService())

    def test_cannot_listen(self) -> None:
        for trouble, complaint in [
            (
                CannotListenError("", 4000, OSError(98, "Address already in use")),
                "Couldn't listen on any:4000: [Errno 98] Address already in use.",
            ),
            (
                OverflowError("bind(): port must be 0-65535."),
                "cannot listen on tcp:4000: bind(): port must be 0-65535.",
            ),
            (
                FileNotFoundError(2, "No such file or directory", "/dev/null"),
                "cannot listen on tcp:4000: No such file or directory: /dev/null",
            ),
        ]:
            reactor: Any = RaisingMemoryReactor(listenException=trouble)
            service = AuctionService(
                [("tcp:4000", Factory())], reactor, print, ConnectionLimits(reactor), Rooms(reactor)
            )
            # twistd calls the one and then the other, twist only the other.
            for start in (service.privilegedStartService, service.startService):
                with self.assertRaises(CannotStart) as caught:
                    start()
                self.assertEqual(str(caught.exception), complaint)
                self.assertIsInstance(caught.exception, SystemExit)
                self.assertIsInstance(caught.exception, Exception)

    def test_the_first_of_two_is_given_back(self) -> None:
        """A service that cannot start keeps no port, and can be started later."""
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        path = Path(folder.name, "socket")
        path.write_text("no socket")
        reactor = MemoryReactorClock()
        service = AuctionService(
            [("tcp:4000", Factory()), (f"unix:{path}", Factory())],
            UnixReactor(reactor),
            print,
            ConnectionLimits(reactor),
            Rooms(reactor),
        )
        service.privilegedStartService()
        with self.assertRaises(CannotStart) as caught:
            service.startService()
        self.assertEqual(
            str(caught.exception), f"cannot listen on unix:{path}: Address already in use"
        )
        self.assertEqual(path.read_text(), "no socket")
        path.unlink()
        service.startService()
        self.assertEqual([port[0] for port in reactor.tcpServers], [4000, 4000])
        self.successResultOf(service.stopService())

    def test_starts_again(self) -> None:
        """A stopped service can be started again: it listens, and its house is open."""
        clock = MemoryReactorClock()
        announced: list[str] = []
        connections, rooms = ConnectionLimits(clock), Rooms(clock)
        factory = AuctionFactory(rooms.main, connections=connections)
        ports = [("tcp:4000", factory), ("haproxy:tcp:4001", factory)]
        service = AuctionService(ports, clock, announced.append, connections, rooms)
        for starts in (1, 2, 3):
            if starts != 2:  # as twistd does it, and as twist does
                service.privilegedStartService()
            service.startService()
            self.assertEqual(announced, [READY] * starts)
            self.assertEqual([port[0] for port in clock.tcpServers], [4000, 4001] * starts)
            public: Any
            public, proxied = (port[1] for port in clock.tcpServers[-2:])
            self.assertIs(public, factory)
            self.assertIsInstance(proxied, ProxiedFactory)
            visitor = MemoryClient(public, IPv4Address("TCP", "127.0.0.1", 50001))
            self.assertEqual(
                visitor.read_lines(), ["Your role is: [Seller]", "Please submit auction request:"]
            )
            stopped = service.stopService()
            self.assertEqual(
                visitor.read_lines(), ["The Auctioneer is closing. This auction has no result."]
            )
            visitor.disconnect()
            self.successResultOf(stopped)
            self.assertEqual(service.running, 0)

    def test_restart_after_the_sale(self) -> None:
        """The operator reads how to begin a new one."""
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        clock = MemoryReactorClock()
        announced: list[str] = []
        rooms = Rooms(
            clock,
            Terms(lot_time=0, after_sale=0),
            catalogue=parse_catalogue(b"1 5 1 Cup", 9),
            ledger=Ledger(Path(folder.name, "ledger"), clock, self.fail),
            doors=Doors("now"),
        )
        service = AuctionService([], clock, announced.append, ConnectionLimits(clock), rooms)
        service.startService()
        for _ in range(10):
            clock.advance(1)
        self.successResultOf(service.stopService())
        service.startService()
        over = (
            "The sale of this catalogue is over. For a new one, start with another --ledger, "
            "or move the old one out with: auction ledger archive"
        )
        self.assertEqual(announced, [READY, READY, over])
        self.successResultOf(service.stopService())

    def test_end_of_all_lots_together(self) -> None:
        """The operator reads it once, after the last one, and not at the next start."""
        clock = MemoryReactorClock()
        announced: list[str] = []
        lots = parse_catalogue(b"english:duration=9 5 1 Cup\nenglish:duration=5 5 1 Jug", 9)
        terms = Terms(lot_pause=0, after_sale=3)
        rooms = Rooms(clock, terms, catalogue=lots, together=True)
        service = AuctionService([], clock, announced.append, ConnectionLimits(clock), rooms)
        service.startService()
        for _ in range(11):
            clock.advance(1)
        self.assertEqual(announced, [READY])
        for _ in range(5):
            clock.advance(1)
        self.assertEqual(announced, [READY, "The sale is over in all rooms."])
        self.successResultOf(service.stopService())
        self.assertFalse(rooms.news.followers)

    def test_restart_before_the_sale(self) -> None:
        """The operator reads that the recorded start counts, and not the new one."""
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        clock = MemoryReactorClock()
        announced: list[str] = []
        for doors in (Doors("order"), Doors("now")):
            rooms = Rooms(
                clock,
                catalogue=parse_catalogue(b"1 5 1 Cup", 9),
                ledger=Ledger(Path(folder.name, "ledger"), clock, self.fail),
                doors=doors,
            )
            service = AuctionService([], clock, announced.append, ConnectionLimits(clock), rooms)
            service.startService()
            clock.advance(1)
            self.successResultOf(service.stopService())
        waits = (
            "A sale of an earlier run waits: the sale begins by order, Buyers: 0. "
            "--starts does not move it. To move it: auction control start TIME"
        )
        self.assertEqual(announced, [READY, READY, "Auctions that go on: 1.", waits])

    def test_seller_taken_off_the_list(self) -> None:
        """A sale goes on without the seller of a lot, and the operator is warned at the start."""
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        clock = MemoryReactorClock()
        announced: list[str] = []
        table = b"lot,item,type,lowest_price,seller\n1a,Cup,2,5,17\n1b,Hat,2,5,\n"
        for persons, seconds, lot in ((b"17,Ada\n18,Bob\n", 0, 1), (b"18,Bob\n", 11, 2)):
            rooms = Rooms(
                clock,
                Terms(lot_time=10, lot_pause=0),
                catalogue=parse_catalogue(table, 9),
                ledger=Ledger(Path(folder.name, "ledger"), clock, self.fail),
                doors=Doors("now"),
                people=People.parse(b"paddle,name\n" + persons),
            )
            service = AuctionService([], clock, announced.append, ConnectionLimits(clock), rooms)
            service.startService()
            clock.advance(1)
            self.assertEqual(rooms.main.auction.lot, 1)
            clock.advance(seconds)
            self.assertEqual(rooms.main.auction.lot, lot)
            self.successResultOf(service.stopService())
        warning = "Paddle 17, the seller of lot 1a, is not on the list."
        self.assertEqual(announced, [READY, READY, "Auctions that go on: 1.", warning])

    def test_goes_on_after_a_restart(self) -> None:
        """The operator reads the number of auctions from the earlier run."""
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        clock = MemoryReactorClock()
        announced: list[str] = []
        connections = ConnectionLimits(clock)
        rooms = Rooms(clock, ledger=Ledger(Path(folder.name, "ledger"), clock, self.fail))
        service = AuctionService([], clock, announced.append, connections, rooms)
        service.startService()
        house = LobbyFactory(rooms, connections)
        visitors = [MemoryClient(house, IPv4Address("TCP", "127.0.0.1", 50001)) for _ in range(2)]
        for visitor, room in zip(visitors, ("red", "green"), strict=True):
            visitor.send_lines(f"JOIN {room}")
        clock.advance(0)
        stopped = service.stopService()
        for visitor in visitors:
            visitor.disconnect()
        self.successResultOf(stopped)
        service.startService()
        self.assertEqual(announced, [READY, READY, "Auctions that go on: 2."])
        self.successResultOf(service.stopService())
