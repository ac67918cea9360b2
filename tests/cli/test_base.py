import signal
import sys
from collections.abc import Callable
from io import StringIO
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from tests.support import StartingReactor
from twisted_auction.cli import base


class RunReactorTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.handlers: dict[int, Callable[[int, Any], object]] = {}
        self.patch(signal, "signal", self.handlers.__setitem__)
        self.reactor = StartingReactor()

    def test_status(self) -> None:
        async def task() -> int:
            return 3

        self.assertEqual(base.run_reactor(self.reactor, task), 3)
        self.assertEqual(self.reactor.stops, 1)

    def test_signal_comes_first(self) -> None:
        """After Ctrl-C, the status of the task no longer counts."""
        for number, status in [(signal.SIGINT, 130), (signal.SIGTERM, 143)]:

            async def task(number: int = number) -> int:
                self.handlers[number](number, None)
                return 0

            self.reactor = StartingReactor()
            self.assertEqual(base.run_reactor(self.reactor, task), status)
            self.assertEqual(self.reactor.stops, 1)

    def test_closed_terminal(self) -> None:
        """SIGHUP ends the task as SIGTERM does, unless nohup ignores it."""

        async def task() -> int:
            if signal.SIGHUP in self.handlers:
                self.handlers[signal.SIGHUP](signal.SIGHUP, None)
            return 0

        for handler, status in [(signal.SIG_DFL, 129), (signal.SIG_IGN, 0)]:  # the latter: nohup
            self.handlers.clear()
            self.patch(signal, "getsignal", lambda number, handler=handler: handler)
            self.reactor = StartingReactor()
            self.assertEqual(base.run_reactor(self.reactor, task), status)

    def test_bug(self) -> None:
        """A bug ends the program with a traceback."""
        errors = StringIO()
        self.patch(sys, "stderr", errors)

        async def task() -> int:
            raise ZeroDivisionError("a bug")

        self.assertEqual(base.run_reactor(self.reactor, task), 1)
        self.assertIn("ZeroDivisionError: a bug", errors.getvalue())
