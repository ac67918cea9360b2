import os
import pwd
import stat
import tempfile
from pathlib import Path
from typing import Any
from unittest import skipUnless

from twisted.trial.unittest import SynchronousTestCase

from twisted_auction.server.operator_log import OperatorLog, open_log

LINE = "x" * 999 + "\n"


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


class OperatorLogTests(SynchronousTestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = Path(folder.name, "twistd.log")
        self.addCleanup(os.umask, os.umask(0))

    def opened(self, path: Path | None = None, owner: tuple[int, int] = (-1, -1)) -> OperatorLog:
        log = OperatorLog(path or self.path, owner)
        self.addCleanup(log.close)
        return log

    def test_private(self) -> None:
        """The file is for its owner alone, also if it was not before."""
        self.path.write_text("before\n")
        self.path.chmod(0o644)
        log = self.opened()
        log.write("now\n")
        self.assertEqual(self.path.read_text(), "before\nnow\n")
        self.assertEqual(mode(self.path), 0o600)

    def test_rotation(self) -> None:
        """A full file gets a number, and so does the one before. All of them are private."""
        log = self.opened()
        for _ in range(2001):
            log.write(LINE)
        names = sorted(path.name for path in self.path.parent.iterdir())
        self.assertEqual(names, ["twistd.log", "twistd.log.1", "twistd.log.2"])
        for name in names:
            self.assertEqual(mode(self.path.with_name(name)), 0o600)
        self.assertEqual(self.path.read_text(), LINE)

    def test_copied_and_truncated(self) -> None:
        """After a truncation, as by copytruncate of logrotate, there is no gap."""
        log = self.opened()
        for _ in range(999):
            log.write(LINE)
        os.truncate(self.path, 0)
        for _ in range(10):
            log.write(LINE)
        self.assertEqual(self.path.read_text(), LINE * 10)
        self.assertEqual(len(list(self.path.parent.iterdir())), 1)

    def test_device(self) -> None:
        """A device keeps its name and its mode at any length."""
        null = Path("/dev/null")
        before = null.stat()
        log = self.opened(null, (1, 1))
        self.assertTrue(log.can_rotate)  # nothing to complain of
        for _ in range(2001):
            log.write(LINE)
        self.assertEqual(
            (null.stat().st_ino, null.stat().st_mode, null.stat().st_uid),
            (before.st_ino, before.st_mode, before.st_uid),
        )

    @skipUnless(os.geteuid() == 0, "only root can give a file away")
    def test_owner(self) -> None:
        nobody = pwd.getpwnam("nobody")
        log = open_log(self.twistd(logfile=str(self.path), uid=nobody.pw_uid))
        assert log is not None
        self.addCleanup(log.close)
        found = self.path.stat()
        self.assertEqual((found.st_uid, found.st_gid), (nobody.pw_uid, nobody.pw_gid))

    @skipUnless(os.geteuid() == 0, "only root can give a file away")
    def test_link(self) -> None:
        """A link in place of the log does not give a file of root to the server's user."""
        secret = self.path.with_name("secret")
        for link in (os.symlink, os.link):
            secret.write_text("before\n")
            secret.chmod(0o640)
            link(secret, self.path)
            self.opened(owner=(pwd.getpwnam("nobody").pw_uid, -1))
            self.assertEqual((secret.stat().st_uid, mode(secret)), (0, 0o640))
            self.path.unlink()

    def twistd(self, **changes: object) -> dict[str, Any]:
        options: dict[str, Any] = dict.fromkeys(["logfile", "logger", "syslog", "uid", "gid"])
        return {**options, "nodaemon": 1, **changes}

    def test_no_file(self) -> None:
        """No file is opened if twistd logs to none, or in a way of the operator's own."""
        file = str(self.path)
        cases: list[dict[str, Any]] = [
            {},
            {"logfile": "-"},
            {"logfile": file, "syslog": 1},
            {"logfile": file, "logger": print},
        ]
        for changes in cases:
            self.assertIsNone(open_log(self.twistd(**changes)))
        self.assertFalse(self.path.exists())
