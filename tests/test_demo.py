from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from twisted_auction import demo


class DemoTests(SynchronousTestCase):
    """Where the play goes wrong. The whole play is in ``test_processes``."""

    def run_demo(self, clock: Clock) -> tuple[list[int], list[str]]:
        statuses: list[int] = []
        complaints: list[str] = []

        def run_reactor(reactor: object, task: Any) -> int:
            coroutine = task()
            Deferred.fromCoroutine(coroutine).addCallback(statuses.append)
            return 0

        self.patch(demo, "run_reactor", run_reactor)
        command = demo.Demo()
        self.patch(demo.Demo, "complain", lambda self, text: complaints.append(text))
        command.run(clock)
        return statuses, complaints

    def test_wrong_price(self) -> None:
        async def play(reactor: object) -> bool:
            return False

        self.patch(demo, "play", play)
        statuses, complaints = self.run_demo(Clock())
        self.assertEqual(statuses, [1])
        self.assertEqual(complaints, ["the item was not sold for $150"])

    def test_stuck(self) -> None:
        async def play(reactor: object) -> bool:
            await Deferred()
            return True

        self.patch(demo, "play", play)
        clock = Clock()
        statuses, complaints = self.run_demo(clock)
        clock.advance(demo.TIME_LIMIT)
        self.assertEqual(statuses, [1])
        self.assertEqual(complaints, ["the auction did not end within 30 seconds"])
