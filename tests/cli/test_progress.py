import importlib.util
import os
import sys
from io import StringIO
from unittest import mock

from twisted.trial.unittest import SynchronousTestCase

from twisted_auction.cli.progress import progress, rough_duration


class Screen(StringIO):
    def isatty(self) -> bool:
        return True


class ProgressTests(SynchronousTestCase):
    def shown(self, stderr: StringIO, has_rich: bool = True, **environment: str) -> str:
        """The output of a loop over a few items."""
        self.patch(sys, "stderr", stderr)
        if not has_rich:
            self.patch(importlib.util, "find_spec", lambda name: None)
        environment = {"TERM": "xterm", **environment}
        with (
            mock.patch.dict(os.environ, environment),
            progress(range(5), 5, "auctions") as things,
        ):
            self.assertEqual(list(things), [0, 1, 2, 3, 4])
        return stderr.getvalue()

    def test_bar(self) -> None:
        """At a terminal there is a bar for as long as it goes on."""
        shown = self.shown(Screen())
        self.assertIn("auctions", shown)
        self.assertTrue(shown.endswith("\x1b[2K"), shown)  # the line is empty again

    def test_interrupted(self) -> None:
        """The bar ends with the block, also if the loop is not finished: at the end of the process,
        its thread would hang since Python 3.13.
        """
        self.patch(sys, "stderr", Screen())
        with (
            mock.patch.dict(os.environ, {"TERM": "xterm"}),
            progress(range(5), 5, "auctions") as auctions,
        ):
            things = iter(auctions)
            self.assertEqual(next(things), 0)
        self.assertEqual(list(things), [])

    def test_no_bar(self) -> None:
        self.assertEqual(self.shown(StringIO(), FORCE_COLOR="1"), "")
        self.assertEqual(self.shown(Screen(), TERM="dumb"), "")
        self.assertEqual(self.shown(Screen(), has_rich=False), "")


class RoughDurationTests(SynchronousTestCase):
    def test_units(self) -> None:
        for seconds, text in [
            (601, "10 minutes"),
            (7199, "120 minutes"),
            (3 * 3600, "3 hours"),
            (5 * 86400, "5 days"),
            (365 * 86400 * 40_000, "40,000 years"),
        ]:
            self.assertEqual(rough_duration(seconds), text)
