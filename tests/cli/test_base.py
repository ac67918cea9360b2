import signal
import sys
import time
from collections.abc import Callable
from io import StringIO
from typing import Any

from twisted.internet.base import ReactorBase
from twisted.internet.error import ReactorNotRunning
from twisted.internet.testing import MemoryReactorClock
from twisted.trial.unittest import SynchronousTestCase

from tests.support import Turn
from twisted_auction.cli import base


class RunReactorTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.handlers: dict[int, Callable[[int, Any], object]] = {}
        self.patch(signal, "signal", self.handlers.__setitem__)
        self.reactor = Turn()

    def test_status(self) -> None:
        async def task() -> int:
            return 3

        self.assertEqual(base.run_reactor(self.reactor, task), 3)
        self.assertEqual(self.reactor.stops, 1)

    def test_signal_comes_first(self) -> None:
        """What the task says after Ctrl-C no longer counts."""
        for number, status in [(signal.SIGINT, 130), (signal.SIGTERM, 143)]:

            async def task(number: int = number) -> int:
                self.handlers[number](number, None)
                return 0

            self.reactor = Turn()
            self.assertEqual(base.run_reactor(self.reactor, task), status)
            self.assertEqual(self.reactor.stops, 1)

    def test_closed_terminal(self) -> None:
        """It ends the task as SIGTERM does, unless the program was told to outlive it."""

        async def task() -> int:
            if signal.SIGHUP in self.handlers:
                self.handlers[signal.SIGHUP](signal.SIGHUP, None)
            return 0

        for handler, status in [(signal.SIG_DFL, 129), (signal.SIG_IGN, 0)]:  # the latter: nohup
            self.handlers.clear()
            self.patch(signal, "getsignal", lambda number, handler=handler: handler)
            self.reactor = Turn()
            self.assertEqual(base.run_reactor(self.reactor, task), status)

    def test_bug(self) -> None:
        """A fault of the program's own ends it, and shows where it is."""
        errors = StringIO()
        self.patch(sys, "stderr", errors)

        async def task() -> int:
            raise ZeroDivisionError("a bug")

        self.assertEqual(base.run_reactor(self.reactor, task), 1)
        self.assertIn("ZeroDivisionError: a bug", errors.getvalue())


class CountMonotonicallyTests(SynchronousTestCase):
    def test_timers_of_the_host(self) -> None:
        """What a host program has scheduled goes off when it should, in its order."""
        clock, heard = [1e9], list[str]()
        self.patch(time, "monotonic", lambda: clock[0])
        reactor = MemoryReactorClock()
        reactor.advance(50)
        reactor.callLater(3, heard.append, "late")
        early = reactor.callLater(2, heard.append, "early")
        base.count_monotonically(reactor)
        base.count_monotonically(reactor)  # once is enough
        self.assertEqual(
            sorted(call.getTime() for call in reactor.getDelayedCalls()), [1e9 + 2, 1e9 + 3]
        )
        clock[0] += 1
        early.reset(1.5)
        reactor.callLater(1.75, heard.append, "our own")
        for seconds in (1.5, 0.25, 0.25):
            clock[0] += seconds
            reactor.advance(0)
        self.assertEqual(heard, ["early", "our own", "late"])

    def test_cancelled_timer_of_the_host(self) -> None:
        """A reactor that runs keeps it for a while, before all others: it holds none of them up."""
        clock, heard = [1e6], list[str]()
        self.patch(time, "monotonic", lambda: clock[0])
        self.patch(ReactorBase, "installWaker", lambda reactor: None)
        reactor = ReactorBase()
        cancelled = reactor.callLater(2, heard.append, "cancelled")
        reactor.callLater(3, heard.append, "late")
        reactor.runUntilCurrent()
        cancelled.cancel()
        base.count_monotonically(reactor)
        for seconds, is_due in ((2, False), (1, True)):
            clock[0] += seconds
            reactor.runUntilCurrent()
            self.assertEqual(heard, ["late"] * is_due)


class StopOnTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.handlers: dict[int, Any] = {signal.SIGHUP: signal.SIG_DFL}
        self.patch(signal, "signal", self.handlers.__setitem__)
        self.patch(signal, "getsignal", lambda number: self.handlers.get(number))

    def test_again_and_again(self) -> None:
        """The first signal stops the reactor; another one says nothing of a reactor that is
        stopping."""
        reactor = StoppingReactor()
        base.stop_on(reactor, "SIGHUP", "SIGINT", "SIGNONE")
        self.assertEqual(self.handlers, {signal.SIGHUP: signal.SIG_DFL})
        reactor.run()
        self.assertEqual(set(self.handlers), {signal.SIGHUP, signal.SIGINT})
        for number in (signal.SIGHUP, signal.SIGINT, signal.SIGHUP):
            self.handlers[number](number, None)
        self.assertEqual(reactor.stops, 1)

    def test_ignored(self) -> None:
        """What nohup ignores stays ignored."""
        self.handlers[signal.SIGHUP] = signal.SIG_IGN
        reactor = StoppingReactor()
        base.stop_on(reactor, "SIGHUP", "SIGTERM")
        reactor.run()
        self.assertIs(self.handlers[signal.SIGHUP], signal.SIG_IGN)
        self.assertIn(signal.SIGTERM, self.handlers)


class StoppingReactor(Turn):
    """A reactor that can be stopped once, as Twisted's."""

    def stop(self) -> None:
        if self.stops:
            raise ReactorNotRunning
        super().stop()
