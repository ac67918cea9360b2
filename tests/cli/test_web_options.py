"""The options for the page."""

import tempfile
from pathlib import Path
from unittest import skipIf

from twisted.python.usage import UsageError
from twisted.trial.unittest import SynchronousTestCase

from twisted_auction.cli import web_options
from twisted_auction.cli.server_options import Options
from twisted_auction.web.settings import EXTRA, SiteSettings, missing_extra


def parsed(*arguments: str) -> Options:
    options = Options()
    options.parseOptions(arguments)
    return options


class MissingTests(SynchronousTestCase):
    def test_no_page(self) -> None:
        options = parsed()
        self.assertEqual((options["web"], options["site"]), (None, SiteSettings()))

    def test_needs_web(self) -> None:
        for arguments in (
            ["--web-address", "https://example.org"],
            ["--web-proxy", "127.0.0.1"],
            ["--pictures", "."],
            ["--log-requests"],
        ):
            with self.assertRaises(UsageError) as caught:
                parsed(*arguments)
            reason = f"{arguments[0]} needs --web, the port of the page"
            self.assertEqual(str(caught.exception), reason)

    def test_extra(self) -> None:
        self.patch(web_options, "missing_extra", lambda: EXTRA)
        with self.assertRaises(UsageError) as caught:
            parsed("--web", "8080")
        self.assertEqual(str(caught.exception), f"--web: {EXTRA}")


@skipIf(missing_extra(), missing_extra())
class WebOptionsTests(SynchronousTestCase):
    def test_all(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        options = parsed(
            *("--web", "8080", "--web-address", "https://example.org/"),
            *("--web-proxy", "127.0.0.1", "--pictures", folder.name, "--log-requests"),
        )
        self.assertEqual(options["web"], "tcp:8080")
        settings = SiteSettings(
            "https://example.org", "127.0.0.1", Path(folder.name).absolute(), log_requests=True
        )
        self.assertEqual(options["site"], settings)

    def test_wrong(self) -> None:
        for arguments, reason in [
            (["--web", "0"], "--web: a port is a number from 1 to 65535, not '0'"),
            (["--web", "x"], "--web: cannot listen on 'x'"),
            (
                ["--web", "1", "--web-address", "example.org"],
                "--web-address must be such as https://example.org, without a path, "
                "not 'example.org'",
            ),
            (
                ["--web", "1", "--web-proxy", "nginx"],
                "--web-proxy must be an IP address, such as 127.0.0.1, not 'nginx'",
            ),
            (["--web", "1", "--pictures", "nowhere"], "--pictures: nowhere is no folder"),
        ]:
            with self.assertRaises(UsageError) as caught:
                parsed(*arguments)
            self.assertTrue(str(caught.exception).startswith(reason), str(caught.exception))
