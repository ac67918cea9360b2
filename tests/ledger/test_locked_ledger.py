"""While another program has the ledger locked, the house waits and nothing is lost."""

import sqlite3
from collections.abc import Callable
from functools import partial
from typing import Any

from twisted.internet.testing import MemoryReactorClock, StringTransport

from tests.support import FailingConnection, LedgerFolderTestCase, RecordingConnection
from twisted_auction.house.rooms import Rooms
from twisted_auction.ledger.journal import Ledger
from twisted_auction.ledger.lock_wait import HALT_AFTER, LOCK_RETRY_DELAY, REMIND_INTERVAL
from twisted_auction.ledger.row import LedgerError
from twisted_auction.rules.events import Arrived
from twisted_auction.rules.terms import Terms
from twisted_auction.server.control import ControlFactory
from twisted_auction.server.endpoints import CannotStart
from twisted_auction.server.limits import ConnectionLimits
from twisted_auction.server.protocol import TYPED_TIMEOUT
from twisted_auction.server.service import SHUTDOWN_TIMEOUT, AuctionService
from twisted_auction.testing import MemoryClient, MemoryHouse


class LockedTestCase(LedgerFolderTestCase):
    """A test with another program that locks the ledger."""

    def open_house(self, **arguments: Any) -> MemoryHouse:
        house = MemoryHouse(ledger=self.path, **arguments)
        self.addCleanup(house.rooms.close_ledger)
        return house

    def lock(self) -> Callable[[], None]:
        """Lock the ledger like a program that writes it.

        :return: a function that unlocks it.
        """
        database = sqlite3.connect(self.path, isolation_level=None)
        self.addCleanup(database.close)
        database.execute("BEGIN IMMEDIATE")
        return database.close


class WaitTests(LockedTestCase):
    """While the ledger is locked, nothing is sent or read, and no clock runs."""

    def test_open_bidding(self) -> None:
        house = self.open_house()
        seller, (ann, bob) = house.open_auction("english:duration=60:extension=10 100 2 Sword", 2)
        house.advance(2)
        for visitor in (seller, ann, bob):
            visitor.read_lines()
        unlock = self.lock()
        ann.send_lines("100")
        house.advance(HALT_AFTER - LOCK_RETRY_DELAY)
        self.assertEqual(house.notices, [])
        self.assertEqual(ann.transport.producerState, "producing")
        house.advance(2 * LOCK_RETRY_DELAY)
        self.assertEqual(
            [visitor.transport.producerState for visitor in (seller, ann, bob)], ["paused"] * 3
        )
        house.advance(1000)
        self.assertEqual([visitor.read_lines() for visitor in (seller, ann, bob)], [[]] * 3)
        self.assertEqual(house.notices[0].count("is locked by another program"), 1)
        self.assertEqual(len(house.notices), 1 + int(1000 / REMIND_INTERVAL))
        bob.send_lines("150")  # data still in the transport
        unlock()
        house.advance(2 * LOCK_RETRY_DELAY)
        self.assertIn("can be written again, after 1000.", house.notices[-1])
        self.assertEqual(ann.transport.producerState, "producing")
        self.assertEqual(ann.read_lines()[0], "You hold the highest bid: $100.")
        standing = "Highest bid: $100 by Buyer 1. Asking price: $101. Seconds left: 58."
        self.assertEqual(bob.read_lines(), [standing, standing, "You hold the highest bid: $150."])
        house.advance(57.5)
        self.assertNotIn("Auction finished!", bob.read_lines())
        house.advance(1)
        self.assertIn("Auction finished!", bob.read_lines())
        self.assertEqual(
            self.kinds()[-6:], ["Raised", "Reopened", "Raised", "Called", "Called", "Sold"]
        )
        self.assertEqual(house.failures, [])

    def test_short_wait(self) -> None:
        """A short lock is like a slow disk: no halt, and no message to the operator."""
        house = self.open_house()
        unlock = self.lock()
        seller = house.connect()
        house.advance(2 * LOCK_RETRY_DELAY)
        self.assertEqual(seller.read_lines(), [])
        unlock()
        house.advance(LOCK_RETRY_DELAY)
        self.assertEqual(seller.read_lines()[0], "Your role is: [Seller]")
        self.assertEqual((self.kinds(), house.notices), (["Arrived"], []))

    def test_newcomers(self) -> None:
        """Newcomers are accepted, and get a seat once it can be recorded."""
        house = self.open_house()
        unlock = self.lock()
        seller = house.connect()
        house.advance(HALT_AFTER + LOCK_RETRY_DELAY)
        others = [house.connect() for _ in range(3)]
        joiner = MemoryClient(house.lobby, others[0].transport.getPeer())
        joiner.send_lines("JOIN hall")
        house.advance(500)
        self.assertEqual([each.read_lines() for each in (seller, *others, joiner)], [[]] * 5)
        others.pop().disconnect()
        unlock()
        house.advance(1)
        self.assertEqual(seller.read_lines()[0], "Your role is: [Seller]")
        self.assertEqual([each.read_lines() for each in others], [["Server busy!"]] * 2)
        self.assertEqual(joiner.read_lines()[1], "Your role is: [Seller]")
        house.advance(298)
        self.assertEqual((seller.read_lines(), joiner.read_lines()), ([], []))
        house.advance(2)
        self.assertTrue(seller.is_closed and joiner.is_closed)

    def test_all_clocks_stand_still(self) -> None:
        """The clocks of an unfinished line, of silence in the lobby, and of a kept seat."""
        house = self.open_house()
        lingerer = house.connect_to_lobby()
        seller = house.connect_to_lobby("JOIN hall", "1 100 1 Sword")
        slow = house.connect_to_lobby()
        slow.send(b"JOI")
        house.advance(1)
        seller.disconnect()
        unlock = self.lock()
        guest = house.connect()
        house.advance(1000)
        self.assertEqual((lingerer.is_closed, slow.is_closed), (False, False))
        unlock()
        house.advance(1)
        guest.read_lines()
        slow.send(b"N other\n")
        house.advance(1)
        self.assertEqual(slow.read_lines()[1], "Your role is: [Seller]")
        house.advance(50)
        again = house.connect_to_lobby("RESUME ticket-1")
        self.assertEqual(again.read_lines()[0], "Your role is: [Seller]")
        house.advance(20)
        self.assertTrue(lingerer.is_closed)

    def test_newcomer_in_a_closing_house(self) -> None:
        """A newcomer during the lock gets no seat in a stopped auction. No server could start with
        such a row."""
        house = MemoryHouse(ledger=self.path)
        house.open_auction("1 100 1 Sword", 1)
        house.advance()
        unlock = self.lock()
        house.connect()
        house.connect_to_lobby("JOIN hall")
        house.advance(HALT_AFTER + LOCK_RETRY_DELAY)
        late = house.connect()
        house.factory.stopFactory()
        house.rooms.close()
        unlock()
        house.advance(1)
        self.assertEqual(late.read_lines(), ["The Auctioneer is closing."])
        self.assertTrue(late.is_closed)
        again = house.restart()  # this reads the ledger
        self.addCleanup(again.rooms.close_ledger)

    def test_silence_during_a_lock(self) -> None:
        """The beginning of a line does not count as a line, because the rest may be unread."""
        house = self.open_house(accept_unterminated=True)
        seller, (ann, bob) = house.open_auction("1 100 2 Sword", 2)
        house.advance()
        for visitor in (seller, ann, bob):
            visitor.read_lines()
        unlock = self.lock()
        bob.send_lines("120")
        house.advance(HALT_AFTER - LOCK_RETRY_DELAY)
        ann.send(b"1")
        house.advance(1000)
        unlock()
        house.advance(2 * LOCK_RETRY_DELAY)
        ann.send(b"50")  # it was in the network all the time
        house.advance(TYPED_TIMEOUT * 0.9)
        self.assertEqual(ann.read_lines(), [])
        house.advance(TYPED_TIMEOUT * 0.2)
        self.assertEqual(ann.read_lines()[-1], "You won this item Sword! Your payment due is $150")

    def test_ended_and_throttled_connections(self) -> None:
        """The end of a connection during the lock is handled, and a throttled connection stays
        throttled."""
        house = self.open_house()
        seller = house.connect()
        chatter = house.connect_to_lobby()
        chatter.send_lines(*["PING x"] * 100)
        house.advance()
        unlock = self.lock()
        seller.send_lines("1 100 1 Sword")
        house.advance(HALT_AFTER + LOCK_RETRY_DELAY)
        seller.disconnect()
        house.advance(100)
        self.assertEqual(chatter.transport.producerState, "paused")
        unlock()
        house.advance(1)
        self.assertEqual(self.kinds(), ["Arrived", "RequestAccepted", "Left", "Cancelled"])
        house.advance(100)
        self.assertEqual(chatter.read_lines().count("Pong: x"), 100)

    def test_orders(self) -> None:
        house = self.open_house()
        house.open_auction("1 100 1 Sword", 1)
        house.advance()
        factory = ControlFactory(house.rooms, house.connections)
        transports = [StringTransport(), StringTransport()]
        talk = factory.buildProtocol(None)
        talk.makeConnection(transports[0])
        unlock = self.lock()
        talk.dataReceived(b"cancel Fire.\n")
        house.advance(HALT_AFTER + LOCK_RETRY_DELAY)
        other = factory.buildProtocol(None)
        other.makeConnection(transports[1])
        other.dataReceived(b"status\n")
        self.assertEqual([each.producerState for each in transports], ["paused", "paused"])
        house.advance(10)
        self.assertEqual([each.value() for each in transports], [b"", b""])
        unlock()
        house.advance(1)
        self.assertIn(b"Done", transports[0].value())
        self.assertIn(b"Done", transports[1].value())
        for each in (talk, other):
            each.connectionLost()
        self.assertEqual(factory._protocols, {})

    def test_locked_when_it_starts(self) -> None:
        """An unfinished auction waits as well."""
        house = MemoryHouse(ledger=self.path)
        house.open_auction("3:duration=60 100 1 Sword", 1)
        house.advance(20)
        again = house.restart()
        again.advance(1)
        unlock = self.lock()
        last = again.restart()
        self.addCleanup(last.rooms.close_ledger)
        last.advance(200)
        unlock()
        last.advance(1)
        assert last.auctioneer.auction.deadline is not None
        self.assertEqual(self.kinds().count("Reopened"), 3)
        self.assertEqual(last.failures, [])

    def test_each_statement(self) -> None:
        """After a lock at any statement, all rows are written once, in order."""
        self.fail_on_demand()
        house = self.open_house()
        codes = [sqlite3.SQLITE_BUSY, sqlite3.SQLITE_BUSY | 2 << 8, sqlite3.SQLITE_LOCKED]
        seats = 0
        for statement in ("BEGIN", "INSERT", "COMMIT"):
            for code in codes:
                FailingConnection.failing, FailingConnection.code = statement, code
                joiner = house.connect_to_lobby(f"JOIN room-{seats}")
                house.advance(3)
                self.assertEqual(joiner.read_lines(), [])
                FailingConnection.failing = ""
                house.advance(1)
                self.assertEqual(joiner.read_lines()[1], "Your role is: [Seller]")
                seats += 1
                self.assertEqual(self.kinds().count("Arrived"), seats)
        self.assertEqual(house.failures, [])

    def test_disk_that_fails_after_a_wait(self) -> None:
        self.fail_on_demand()
        house = self.open_house()
        unlock = self.lock()
        seller = house.connect()
        house.advance(1)
        FailingConnection.failing = "COMMIT"
        unlock()
        house.advance(100)
        self.assertEqual((seller.read_lines(), len(house.failures)), ([], 1))
        self.assertIn("database or disk is full", house.failures[0])


class StopTests(LockedTestCase):
    """A server stopped during a lock ends in time, and acknowledges nothing."""

    def setUp(self) -> None:
        super().setUp()
        self.clock = MemoryReactorClock()
        self.failures: list[str] = []
        ledger = Ledger(self.path, self.clock, self.failures.append)
        self.rooms = Rooms(self.clock, Terms(), ledger=ledger)
        self.connections = ConnectionLimits(self.clock)
        self.service = AuctionService([], self.clock, print, self.connections, self.rooms)
        self.service.startService()
        self.seller = RecordingConnection()
        self.unlock = self.lock()
        self.rooms.main.arrive(self.seller)

    def test_to_the_end(self) -> None:
        self.clock.pump([LOCK_RETRY_DELAY] * 10)
        stopped = self.service.stopService()
        self.clock.pump([LOCK_RETRY_DELAY] * int(SHUTDOWN_TIMEOUT / LOCK_RETRY_DELAY - 1))
        self.assertNoResult(stopped)
        self.clock.advance(2 * LOCK_RETRY_DELAY)
        self.successResultOf(stopped)
        self.assertEqual(self.seller.lines, b"")
        self.assertEqual(
            self.failures,
            [f"the ledger {self.path} cannot be written: database is locked."],
        )
        self.assertEqual(self.clock.getDelayedCalls(), [])
        self.unlock()
        self.assertEqual(self.kinds(), [])
        with self.assertRaises(
            CannotStart
        ) as caught:  # otherwise everything would be lost silently
            self.service.startService()
        self.assertEqual(
            str(caught.exception),
            f"the ledger {self.path} could not be written before; start the program again.",
        )

    def test_for_a_moment(self) -> None:
        self.clock.pump([LOCK_RETRY_DELAY] * 10)
        stopped = self.service.stopService()
        self.clock.pump([LOCK_RETRY_DELAY] * 10)
        self.assertNoResult(stopped)
        self.unlock()
        self.clock.pump([LOCK_RETRY_DELAY] * 2)
        self.successResultOf(stopped)
        self.assertEqual(
            self.seller.lines.decode().splitlines(),
            [
                "Your role is: [Seller]",
                "Please submit auction request:",
                "The Auctioneer is closing. This auction has no result.",
            ],
        )
        self.assertEqual(self.failures, [])
        self.assertEqual(self.clock.getDelayedCalls(), [])


class OpeningTests(LockedTestCase):
    """A ledger in exclusive use by another program is refused."""

    def test_exclusive(self) -> None:
        self.open_house().rooms.close_ledger()
        database = sqlite3.connect(self.path, isolation_level=None)
        self.addCleanup(database.close)
        database.execute("PRAGMA locking_mode = EXCLUSIVE")
        database.execute("BEGIN IMMEDIATE")
        database.execute("UPDATE node SET beat = 0")
        self.patch(sqlite3, "connect", partial(sqlite3.connect, timeout=0))
        ledger = Ledger(self.path, MemoryReactorClock(), print)
        line = f"the file {self.path} is locked by another program: end that one, and start again."
        self.assertEqual(str(self.assertRaises(LedgerError, ledger.open)), line)
        database.close()
        ledger.open()
        ledger.record("main", [Arrived(0, "a")], 0.0)
        ledger.close()
        self.assertEqual(self.kinds(), ["Arrived"])
