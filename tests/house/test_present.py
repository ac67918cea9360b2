"""A restart after a stop or a kill puts no clock back."""

import sqlite3
from contextlib import closing
from itertools import pairwise

from tests.support import LedgerFolderTestCase
from twisted_auction.ledger.history import Discrepancy, verify_view
from twisted_auction.ledger.journal import HEARTBEAT_INTERVAL
from twisted_auction.ledger.lock_wait import HALT_AFTER, LOCK_RETRY_DELAY
from twisted_auction.ledger.storage import open_view
from twisted_auction.rules.commands import Cancel
from twisted_auction.rules.events import Raised
from twisted_auction.testing import MemoryHouse


class PresentTestCase(LedgerFolderTestCase):
    """Tests with a ledger of one server after another."""

    def setUp(self) -> None:
        super().setUp()
        self.house = MemoryHouse(ledger=self.path)
        self.addCleanup(lambda: self.house.rooms.close_ledger())

    def quiet(self, request: str) -> None:
        """An open auction with one bid, and nothing more."""
        _, (buyer, *_) = self.house.open_auction(request, 1)
        self.house.advance()
        buyer.send_lines("100")
        self.house.advance()

    def killed(self, after: float) -> None:
        self.house = self.house.restart(after=after)
        self.house.advance()

    def stopped(self, after: float) -> None:
        self.house.rooms.close()
        self.killed(after)

    def kinds(self) -> list[str]:
        with open_view(self.path) as view:
            verify_view(view)
            return [row.kind for row in view.rows()]

    def seen(self) -> float:
        """The recorded present, in seconds on the clock."""
        with closing(sqlite3.connect(self.path)) as database:
            (seen,) = database.execute("SELECT seen FROM node").fetchone()
        assert self.house.ledger is not None
        return self.house.ledger.instant(seen)


class QuietTests(PresentTestCase):
    """An auction of an hour without bids ends after an hour, despite any restarts of its
    server."""

    def test_stopped_every_minute(self) -> None:
        self.quiet("english:duration=3600 100 1 Sword")
        for _ in range(59):
            self.house.advance(60)
            self.stopped(after=600)
        self.house.advance(59)
        self.assertEqual(self.kinds()[-1], "Called")
        self.house.advance(1)
        kinds = self.kinds()
        self.assertEqual(kinds[-1], "Sold")
        self.assertEqual((kinds.count("Stopped"), kinds.count("Reopened")), (59, 59))

    def test_killed_every_minute(self) -> None:
        """The clock is put back by no more than the interval for which the present is unknown."""
        self.quiet("english:duration=3600 100 1 Sword")
        self.house.advance(1)
        kills = 0
        while "Sold" not in self.kinds():
            auction = self.house.auctioneer.auction
            assert auction.deadline is not None
            left = auction.deadline - self.house.clock.seconds()
            self.house.advance(min(60, left))
            if self.house.auctioneer.auction is auction:
                self.killed(after=600)
                kills += 1
                again = self.house.auctioneer.auction
                assert again.deadline is not None
                put_back = again.deadline - self.house.clock.seconds() - (left - 60)
                self.assertTrue(-0.001 <= put_back <= HEARTBEAT_INTERVAL, put_back)
        self.assertTrue(59 <= kills <= 63, kills)

    def test_killed_right_after_a_stop(self) -> None:
        """The stop counts, not the seconds in which clients are told."""
        self.quiet("english:duration=60 100 1 Sword")
        self.house.advance(20)
        self.house.rooms.close()
        self.house.advance(4)
        assert self.house.ledger is not None
        self.house.ledger.write_heartbeat()
        self.killed(after=100)
        auction = self.house.auctioneer.auction
        assert auction.deadline is not None
        self.assertAlmostEqual(auction.deadline - self.house.clock.seconds(), 40)

    def test_start_that_fails(self) -> None:
        """A server that refuses to continue records no present."""
        self.quiet("english:duration=60 100 1 Sword")
        self.house.advance(20)
        self.house.close()
        self.house.clock.advance(500)
        for _ in range(2):
            with self.assertRaisesRegex(Exception, "has not ended"):
                MemoryHouse(ledger=self.path, catalogue=b"1 5 1 x", clock=self.house.clock)
            self.house.clock.advance(500)
        self.house = MemoryHouse(ledger=self.path, clock=self.house.clock)
        self.house.advance()
        auction = self.house.auctioneer.auction
        assert auction.deadline is not None
        self.assertAlmostEqual(auction.deadline - self.house.clock.seconds(), 40)

    def test_time_of_day_set_back(self) -> None:
        """The present of an earlier server is not that of a killed one."""
        assert self.house.ledger is not None
        ahead = self.house.ledger.stamp(self.house.clock.seconds() + 9000)
        with closing(sqlite3.connect(self.path)) as database, database:
            database.execute("UPDATE node SET seen = ?", (ahead,))
        self.quiet("english:duration=60 100 1 Sword")
        self.house.advance(1)
        self.killed(after=100)
        auction = self.house.auctioneer.auction
        assert auction.deadline is not None
        left = auction.deadline - self.house.clock.seconds()
        self.assertTrue(59 <= left <= 60, left)

    def test_killed_while_the_ledger_is_locked(self) -> None:
        """The clock stood still by then."""
        self.quiet("english:duration=60 100 1 Sword")
        self.house.advance(20)
        other = sqlite3.connect(self.path, isolation_level=None)
        self.addCleanup(other.close)
        other.execute("BEGIN IMMEDIATE")
        self.house.advance(500)
        other.close()
        self.killed(after=100)
        auction = self.house.auctioneer.auction
        assert auction.deadline is not None
        left = auction.deadline - self.house.clock.seconds()
        self.assertTrue(40 <= left <= 40 + HEARTBEAT_INTERVAL, left)
        other = sqlite3.connect(self.path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        self.house.advance(500)
        other.close()
        self.house.advance(LOCK_RETRY_DELAY)
        assert auction.deadline is not None
        again = auction.deadline - self.house.clock.seconds()
        self.assertTrue(
            left - HEARTBEAT_INTERVAL - HALT_AFTER - 2 * LOCK_RETRY_DELAY <= again <= left, again
        )
        self.kinds()


class BeatTests(PresentTestCase):
    """The present is recorded while a clock runs, and never otherwise."""

    def test_interval(self) -> None:
        self.quiet("english:duration=60 100 1 Sword")
        start = self.house.clock.seconds()
        seen = []
        for _ in range(12):
            self.house.advance(HEARTBEAT_INTERVAL)
            seen.append(round(self.seen() - start, 3))
        self.assertEqual(seen, [HEARTBEAT_INTERVAL * n for n in range(1, 13)])
        self.assertEqual({round(b - a, 3) for a, b in pairwise(seen)}, {HEARTBEAT_INTERVAL})

    def test_no_timer_without_a_clock(self) -> None:
        house = self.house
        self.assertEqual(house.clock.getDelayedCalls(), [])
        seller, _ = house.open_auction("1 100 2 Sword", 1)
        house.advance()
        self.assertEqual(house.clock.getDelayedCalls(), [])
        other = house.connect_to_lobby("JOIN art")
        self.assertEqual(len(house.clock.getDelayedCalls()), 2)
        other.send_lines("1 100 2 Cup")
        house.advance()
        self.assertEqual(house.clock.getDelayedCalls(), [])
        house.connect()
        house.advance()
        self.assertEqual(len(house.clock.getDelayedCalls()), 2)
        seller.disconnect()
        house.auctioneer.orders.give(Cancel(), reason="Fire.")
        house.advance()
        self.assertEqual(len(house.clock.getDelayedCalls()), 1)  # for the last messages to clients

    def test_nothing_is_on_when_it_stops(self) -> None:
        self.house.rooms.close()
        self.assertEqual(self.kinds(), [])
        self.assertEqual(self.seen(), self.house.clock.seconds())


class OldLedgerTests(PresentTestCase):
    """A ledger in which neither a stop nor the present was written goes on from its last row."""

    def test_goes_on(self) -> None:
        self.quiet("english:duration=60 100 1 Sword")
        self.house.advance(20)
        with closing(sqlite3.connect(self.path)) as database:
            database.execute("UPDATE node SET seen = 0")
            database.commit()
        self.killed(after=100)
        auction = self.house.auctioneer.auction
        assert auction.deadline is not None
        self.assertAlmostEqual(auction.deadline - self.house.clock.seconds(), 60)
        self.assertNotIn("Stopped", self.kinds())


class HistoryTests(PresentTestCase):
    """Between a stop and the next start, nothing can have happened."""

    def test_nothing_follows_a_stop(self) -> None:
        ledger = self.house.ledger
        assert ledger is not None
        self.quiet("english:duration=60 100 1 Sword")
        self.house.rooms.close()
        ledger.close()  # as long as it is open, it refuses
        ledger.open()
        ledger.record("main", [Raised(1, 500, None)], self.house.clock.seconds())
        ledger.commit()
        with self.assertRaisesRegex(Discrepancy, "the house is closed"):
            self.kinds()
