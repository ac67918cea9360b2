"""A sample of the crash matrix; all of it is ``python -m tests.crashes``."""

import tempfile
from pathlib import Path

from twisted.trial.unittest import SkipTest, SynchronousTestCase

from tests.crashes.matrix import Point, attempt, can_trace


class CrashTests(SynchronousTestCase):
    """The server is killed, or its disk fails, and nothing acknowledged is lost."""

    def attempt(self, *points: Point) -> None:
        for point in points:
            with tempfile.TemporaryDirectory() as folder:
                self.assertTrue(attempt(point, Path(folder)), f"{point} is not met")

    def attempt_traced(self, *points: Point) -> None:
        if not can_trace():
            raise SkipTest("strace is missing, or not allowed here")
        self.attempt(*points)

    def test_killed_around_a_commit(self) -> None:
        self.attempt(Point("begin", 1), Point("commit", 20), Point("committed", 38))

    def test_killed_before_an_acknowledgement(self) -> None:
        self.attempt(Point("publish", 30))

    def test_disk_fails(self) -> None:
        self.attempt(Point("commit-error", 25), Point("file-size", 30))

    def test_killed_in_a_system_call(self) -> None:
        self.attempt_traced(Point("pwrite64", 100), Point("fdatasync", 20), Point("sendto", 40))

    def test_system_call_fails(self) -> None:
        self.attempt_traced(Point("pwrite64-ENOSPC", 60), Point("fdatasync-EIO", 30))
