"""Tests of the alarms of a house: their order, their portions, and their one timer."""

from functools import partial

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from twisted_auction.house.alarms import PORTION, STALE, Alarm, Alarms
from twisted_auction.testing import StrictClock


class AlarmTests(SynchronousTestCase):
    """Alarms call functions at their instants."""

    def setUp(self) -> None:
        self.clock = StrictClock()
        self.start = self.clock.seconds()
        self.alarms = Alarms(self.clock)
        self.calls: list[object] = []

    def alarm(self, after: float, what: object) -> Alarm:
        """Set a new alarm."""
        alarm = Alarm(self.alarms)
        self.set(alarm, after, what)
        return alarm

    def set(self, alarm: Alarm, after: float, what: object) -> None:
        """Set an alarm, seconds after the start of the test."""
        alarm.set(self.start + after, partial(self.calls.append, what))

    def heard(self, seconds: float) -> list[object]:
        """What was called in the next seconds."""
        self.calls.clear()
        self.clock.advance(seconds)
        return [*self.calls]

    def test_order(self) -> None:
        """Those of one instant are called in the order in which they were set."""
        for after, what in [(2, "a"), (1, "b"), (2, "c"), (1, "d")]:
            self.alarm(after, what)
        self.assertEqual(len(self.clock.getDelayedCalls()), 1)
        self.assertEqual(self.heard(0.5), [])
        self.assertEqual(self.heard(0.5), ["b", "d"])
        self.assertEqual(self.heard(1), ["a", "c"])
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_set_again(self) -> None:
        """An alarm is called at its last instant, in the place of that."""
        first, second, third = (self.alarm(5, what) for what in "abc")
        self.set(first, 5, "a again")
        self.set(second, 7, "later")
        self.set(third, 3, "earlier")
        self.assertEqual(third.when, self.start + 3)
        self.assertEqual(self.heard(3), ["earlier"])
        self.assertEqual(self.heard(2), ["a again"])
        self.assertIsNone(first.when)
        self.assertEqual(self.heard(2), ["later"])
        self.set(first, 8, "once more")
        self.assertEqual(self.heard(1), ["once more"])

    def test_past(self) -> None:
        """An instant that has passed is due at once, but never within the call."""
        self.alarm(-3, "late")
        self.assertEqual(self.calls, [])
        self.assertEqual(self.heard(0), ["late"])

    def test_cancel(self) -> None:
        """A cancelled alarm is not called, and the last one takes the timer with it."""
        first, second = self.alarm(1, "a"), self.alarm(2, "b")
        first.cancel()
        first.cancel()
        self.assertIsNone(first.when)
        self.assertEqual(self.heard(1), [])
        second.cancel()
        self.assertEqual(self.clock.getDelayedCalls(), [])
        self.set(first, 3, "a")
        self.assertEqual(self.heard(2), ["a"])

    def test_a_call_sets_and_cancels(self) -> None:
        """A call may set its own alarm, and cancel one that is due."""
        first, second, third = (Alarm(self.alarms) for _ in range(3))

        def act() -> None:
            self.set(first, 1, "again")
            second.cancel()
            self.set(third, 9, "c")

        first.set(self.start + 1, act)
        self.set(second, 1, "b")
        self.set(third, 1, "too early")
        self.assertEqual(self.heard(1), ["again"])
        self.assertEqual(self.heard(8), ["c"])
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_last_alarm_cancelled_in_a_call(self) -> None:
        second = Alarm(self.alarms)
        Alarm(self.alarms).set(self.start + 1, second.cancel)
        self.set(second, 2, "never")
        self.assertEqual(self.heard(1), [])
        self.assertEqual(self.clock.getDelayedCalls(), [])
        self.set(second, 3, "yes")
        self.assertEqual(self.heard(2), ["yes"])

    def test_failure(self) -> None:
        """A call that raises keeps no other from being called."""
        Alarm(self.alarms).set(self.start + 1, partial(self.fail, "a fault of a room"))
        self.alarm(1, "b")
        self.alarm(2, "c")
        self.assertRaises(self.failureException, self.clock.advance, 1)
        self.assertEqual(self.heard(0), ["b"])
        self.assertEqual(self.heard(1), ["c"])

    def test_portions(self) -> None:
        """Due alarms make room for the other work of the reactor."""

        def work(what: int) -> None:
            self.clock.rightNow += PORTION * 0.4
            self.calls.append(what)

        def do_other_work(times: int) -> None:
            self.calls.append("|")
            if times > 1:
                self.clock.callLater(0, do_other_work, times - 1)

        for what in range(7):
            Alarm(self.alarms).set(self.start + 1, partial(work, what))
        self.clock.callLater(1, do_other_work, 3)
        self.assertEqual(self.heard(1), [0, 1, 2, "|", 3, 4, 5, "|", 6, "|"])

    def test_stale_entries(self) -> None:
        """An alarm that is moved on and on takes no more and more memory."""
        alarms = [self.alarm(1e6, number) for number in range(10)]
        for after in range(1000):
            for number, alarm in enumerate(alarms):
                self.set(alarm, 1e6 + after, number)
        self.assertLessEqual(len(self.alarms._queue), len(alarms) + STALE)
        self.assertEqual(self.heard(1e6 + 999), [*range(10)])

    def test_timer_is_left_alone(self) -> None:
        """The timer does not follow an alarm that is moved to a later instant."""
        alarm = self.alarm(5, "a")
        (timer,) = self.clock.getDelayedCalls()
        self.set(alarm, 6, "b")
        self.alarm(7, "c")
        self.assertEqual(self.clock.getDelayedCalls(), [timer])
        self.assertEqual(self.heard(5), [])
        self.assertEqual(self.heard(1), ["b"])
        self.assertEqual(self.heard(1), ["c"])


ACTIONS = st.one_of(
    st.tuples(st.just("set"), st.integers(0, 5), st.integers(0, 9)),
    st.tuples(st.just("cancel"), st.integers(0, 5), st.just(0)),
    st.tuples(st.just("advance"), st.just(0), st.integers(1, 4)),
)


class OracleTests(SynchronousTestCase):
    """All alarms together, against a plain list."""

    @given(st.lists(ACTIONS, max_size=40))
    def test_calls(self, actions: list[tuple[str, int, int]]) -> None:
        clock = StrictClock()
        alarms = Alarms(clock)
        own = [Alarm(alarms) for _ in range(6)]
        called: list[tuple[float, int]] = []
        expected: list[tuple[float, int]] = []
        waiting: list[tuple[float, int, int]] = []
        for order, (action, who, seconds) in enumerate(actions):
            when = clock.seconds() + seconds
            if action == "advance":
                for _ in range(seconds):
                    clock.advance(1)
                expected += [(at, number) for at, _, number in waiting if at <= when]
                waiting = [entry for entry in waiting if entry[0] > when]
                continue
            waiting = [entry for entry in waiting if entry[2] != who]
            if action == "set":
                waiting = sorted([*waiting, (when, order, who)])
                own[who].set(when, partial(called.append, (when, who)))
            else:
                own[who].cancel()
        self.assertEqual(called, expected)
        self.assertEqual(len(clock.getDelayedCalls()), bool(waiting))
