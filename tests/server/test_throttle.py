from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from twisted_auction.server.throttle import MAX_THROTTLED_SECONDS, Throttle, ThrottledTooLong


class ThrottleTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.clock = Clock()
        self.throttle = Throttle(self.clock, 10)

    def test_initial_credit(self) -> None:
        """One second's worth of lines is free; the next line then waits for its turn."""
        self.assertEqual([self.throttle.charge(1) for _ in range(9)], [0.0] * 9)
        self.assertAlmostEqual(self.throttle.charge(1), 0.1)

    def test_burst(self) -> None:
        """A client that was silent may send two seconds' worth."""
        self.clock.advance(5)
        self.assertEqual(self.throttle.charge(19), 0.0)
        self.assertAlmostEqual(self.throttle.charge(1), 0.1)

    def test_debt_is_bounded(self) -> None:
        self.assertAlmostEqual(self.throttle.charge(1e6), 8.1)

    def test_too_long(self) -> None:
        self.throttle.charge(100)
        self.clock.advance(MAX_THROTTLED_SECONDS)
        self.throttle.charge(100)
        self.assertEqual(self.clock.seconds(), MAX_THROTTLED_SECONDS)
        self.clock.advance(0.01)
        self.assertRaises(ThrottledTooLong, self.throttle.charge, 100)

    def test_pause_forgives(self) -> None:
        """After a second's worth of credit, the seconds are counted anew."""
        for _ in range(10):
            self.assertGreater(self.throttle.charge(20), 0)
            self.clock.advance(MAX_THROTTLED_SECONDS)
            self.assertEqual(self.throttle.charge(1), 0.0)

    def test_no_limit(self) -> None:
        self.assertEqual(Throttle(self.clock, 0).charge(1e9), 0.0)
