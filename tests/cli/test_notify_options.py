"""The options for notifications."""

import base64
import tempfile
from pathlib import Path

from twisted.python.usage import UsageError
from twisted.trial.unittest import SynchronousTestCase

from twisted_auction.cli.server_options import Options
from twisted_auction.server.notify_settings import NotifySettings

SECRET = bytes(range(32))
URL = "https://example.org/token"


class NotifyTests(SynchronousTestCase):
    def setUp(self) -> None:
        folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.people, self.secret = folder / "people.csv", folder / "notify.secret"
        self.people.write_text("paddle,name,pass\n17,Ada,\n")
        self.secret.write_bytes(base64.b64encode(SECRET) + b"\n")
        self.secret.chmod(0o600)

    def parsed(self, *arguments: str) -> Options:
        options = Options()
        options.parseOptions(["--people", str(self.people), *arguments])
        return options

    def assert_refused(self, reason: str, *arguments: str) -> None:
        with self.assertRaises(UsageError) as caught:
            self.parsed(*arguments)
        self.assertEqual(str(caught.exception), reason)

    def test_right(self) -> None:
        options = self.parsed("--notify", URL, "--notify-secret", str(self.secret))
        self.assertEqual(options["notify"], NotifySettings(URL, SECRET))
        self.assertIsNone(self.parsed()["notify"])

    def test_contradictions(self) -> None:
        secret = ["--notify-secret", str(self.secret)]
        self.assert_refused("--notify-secret needs --notify, the URL of the receiver", *secret)
        self.assert_refused(
            "--notify needs --notify-secret, the file with the secret to sign", "--notify", URL
        )
        self.assert_refused(
            "--notify needs a --ledger, which keeps what is not sent yet",
            *("--notify", URL, "--ledger", "none", *secret),
        )
        with self.assertRaises(UsageError) as caught:
            Options().parseOptions(["--notify", URL, *secret])
        self.assertEqual(str(caught.exception), "--notify needs --people, the list of the people")
        self.assert_refused(
            "--notify: the address must be a URL such as https://example.org/auction",
            *("--notify", "example.org", *secret),
        )

    def test_secret(self) -> None:
        arguments = ["--notify", URL, "--notify-secret", str(self.secret)]
        self.secret.chmod(0o640)
        self.assert_refused(
            f"--notify-secret: other users can read {self.secret}; to prevent it: chmod 600 "
            f"{self.secret}",
            *arguments,
        )
        self.secret.chmod(0o600)
        self.secret.write_text("too short")
        self.assert_refused(
            f"--notify-secret: {self.secret}: it must have 24 to 64 random bytes in base64, as "
            "from: openssl rand -base64 32",
            *arguments,
        )
        missing = Path(f"{self.secret}.missing")
        self.assert_refused(
            f"--notify-secret: {missing}: No such file or directory",
            *("--notify", URL, "--notify-secret", str(missing)),
        )
        self.assert_refused(
            f"--notify-secret: {self.secret.parent}: Is a directory",
            *("--notify", URL, "--notify-secret", str(self.secret.parent)),
        )
