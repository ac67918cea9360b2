"""The watch over the ends of timed auctions, alone. ``test_timed`` has it in a house."""

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any
from unittest.mock import Mock

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from twisted_auction.house.calendar import HouseCalendar
from twisted_auction.house.end_watch import LOOK_INTERVAL, EndWatch
from twisted_auction.ledger.row import SECOND


class EndWatchTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.clock = Clock()
        self.ahead = 0.0
        self.calendar = HouseCalendar(self.clock, UTC, self.now)
        self.room = SimpleNamespace(
            is_over=False, auction=SimpleNamespace(ends_at=1e6), orders=Mock()
        )
        rooms: Any = {"main": self.room}
        self.watch = EndWatch(self.clock, self.calendar, rooms)

    def now(self) -> int:
        return round((self.clock.seconds() + self.ahead) * SECOND)

    def ask(self) -> None:
        self.calendar.instant(datetime(2026, 12, 5))

    def test_when_rooms_are_asked(self) -> None:
        """Only if the clock was set by more than a second since the last time."""
        self.ask()
        for ahead, asked in [(0, 0), (1, 0), (1.5, 1), (1.5, 1), (2.5, 1), (3, 2), (-9, 3)]:
            self.ahead = ahead
            self.clock.advance(LOOK_INTERVAL)
            self.assertEqual(self.room.orders.check_end.call_count, asked, ahead)

    def test_stop(self) -> None:
        """It begins again when another end is asked for."""
        for _ in range(2):
            self.watch.stop()
            self.assertEqual(self.clock.getDelayedCalls(), [])
            self.ask()
            self.ask()
            self.assertEqual(len(self.clock.getDelayedCalls()), 1)

    def test_no_timed_auction(self) -> None:
        self.ask()
        self.room.auction.ends_at = None
        self.ahead = 100.0
        self.clock.advance(LOOK_INTERVAL)
        self.room.orders.check_end.assert_not_called()
        self.assertEqual(self.clock.getDelayedCalls(), [])
