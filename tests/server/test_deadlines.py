from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from twisted_auction.server.deadlines import Deadlines


class DeadlineTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.clock = Clock()
        self.deadlines = Deadlines(self.clock, 10)
        self.called: list[str] = []

    def first(self) -> None:
        self.called.append("first")

    def second(self) -> None:
        self.called.append("second")

    def fails(self) -> None:
        raise RuntimeError("a bug")

    def test_each_at_its_time(self) -> None:
        self.deadlines.start(self.first)
        self.clock.advance(4)
        self.deadlines.start(self.second)
        self.assertEqual(len(self.clock.getDelayedCalls()), 1)
        self.clock.advance(5.9)
        self.assertEqual(self.called, [])
        self.clock.advance(0.1)
        self.assertEqual(self.called, ["first"])
        self.clock.advance(3.9)
        self.assertEqual(self.called, ["first"])
        self.clock.advance(0.1)
        self.assertEqual(self.called, ["first", "second"])
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_ended(self) -> None:
        self.deadlines.start(self.first)
        self.deadlines.start(self.second)
        self.deadlines.cancel(self.first)
        self.deadlines.cancel(self.first)
        self.clock.advance(10)
        self.assertEqual(self.called, ["second"])
        self.deadlines.start(self.first)
        self.deadlines.cancel(self.first)
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_again(self) -> None:
        """A restart gives the whole time again, and moves the callback behind the others."""
        self.deadlines.start(self.first)
        self.clock.advance(5)
        self.deadlines.start(self.second)
        self.deadlines.start(self.first)
        self.clock.advance(9.9)
        self.assertEqual(self.called, [])
        self.clock.advance(0.1)
        self.assertEqual(self.called, ["second", "first"])

    def test_one_ends_another(self) -> None:
        self.deadlines.start(lambda: self.deadlines.cancel(self.first))
        self.deadlines.start(self.first)
        self.clock.advance(10)
        self.assertEqual(self.called, [])

    def test_one_begins_again(self) -> None:
        """A callback can restart itself, with a single timer."""

        def again() -> None:
            self.called.append("again")
            self.deadlines.start(again)

        self.deadlines.start(again)
        self.clock.advance(5)
        self.deadlines.start(self.first)
        self.clock.advance(5)
        self.assertEqual(len(self.clock.getDelayedCalls()), 1)
        for _ in range(4):
            self.clock.advance(5)
        self.assertEqual(self.called, ["again", "first", "again", "again"])

    def test_one_fails(self) -> None:
        self.deadlines.start(self.fails)
        self.deadlines.start(self.first)
        self.clock.advance(10)
        self.assertEqual(self.called, ["first"])
        self.assertEqual(len(self.flushLoggedErrors(RuntimeError)), 1)

    def test_no_deadline(self) -> None:
        deadlines = Deadlines(self.clock, 0)
        deadlines.start(self.first)
        self.assertEqual(self.clock.getDelayedCalls(), [])
        deadlines.expire()
        self.assertEqual(self.called, ["first"])
        self.successResultOf(deadlines.wait_until_idle())

    def test_all_now(self) -> None:
        self.deadlines.start(self.first)
        self.deadlines.start(self.second)
        over = self.deadlines.wait_until_idle()
        self.assertNoResult(over)
        self.deadlines.expire()
        self.assertEqual(self.called, ["first", "second"])
        self.successResultOf(over)
        self.assertEqual(self.clock.getDelayedCalls(), [])
