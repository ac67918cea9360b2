import signal
import sys
from collections.abc import Callable
from io import StringIO
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from twisted_auction import command


class Turn:
    """A reactor that does what it is told to do at its start, and stops when it is told to."""

    def __init__(self) -> None:
        self.stops = 0
        self._calls: list[Callable[[], object]] = []

    def callWhenRunning(self, call: Callable[[], object]) -> None:
        self._calls.append(call)

    def callFromThread(self, call: Callable[..., object], *args: object) -> None:
        call(*args)

    def run(self) -> None:
        for call in self._calls:
            call()

    def stop(self) -> None:
        self.stops += 1


class RunReactorTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.handlers: dict[int, Callable[[int, Any], object]] = {}
        self.patch(signal, "signal", self.handlers.__setitem__)
        self.reactor = Turn()

    def test_status(self) -> None:
        async def task() -> int:
            return 3

        self.assertEqual(command.run_reactor(self.reactor, task), 3)
        self.assertEqual(self.reactor.stops, 1)

    def test_signal_comes_first(self) -> None:
        """What the task says after Ctrl-C no longer counts."""
        for number, status in [(signal.SIGINT, 130), (signal.SIGTERM, 143)]:

            async def task(number: int = number) -> int:
                self.handlers[number](number, None)
                return 0

            self.reactor = Turn()
            self.assertEqual(command.run_reactor(self.reactor, task), status)
            self.assertEqual(self.reactor.stops, 1)

    def test_bug(self) -> None:
        """A fault of the program's own ends it, and shows where it is."""
        errors = StringIO()
        self.patch(sys, "stderr", errors)

        async def task() -> int:
            raise ZeroDivisionError("a bug")

        self.assertEqual(command.run_reactor(self.reactor, task), 1)
        self.assertIn("ZeroDivisionError: a bug", errors.getvalue())
