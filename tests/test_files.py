"""A file is complete or unchanged after any failure during its writing."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from errno import ENOSPC, EXDEV
from pathlib import Path
from typing import IO, Any

from matplotlib.figure import Figure

from tests.processes import AUCTION
from tests.support import CommandTestCase
from twisted_auction.files import PRIVATE, atomic_file


def refuse(*_: object, **__: object) -> None:
    raise OSError(EXDEV, "no such link")


class FolderTestCase(CommandTestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.path = self.folder / "play.csv"

    def assert_old(self) -> None:
        """The old file is there as it was, and nothing else."""
        self.assertEqual(os.listdir(self.folder), [self.path.name])
        self.assertEqual(self.path.read_text(), "old")


class AtomicFileTests(FolderTestCase):
    def test_new(self) -> None:
        """It is there when it is whole, with the permissions of any new file."""
        with atomic_file(self.path) as file:
            file.write(b"new")
            file.flush()
            self.assertEqual(os.listdir(self.folder), [])
        self.assertEqual(os.listdir(self.folder), [self.path.name])
        self.assertEqual(self.path.read_text(), "new")
        other = self.folder / "other"
        other.touch()
        self.assertEqual(self.path.stat().st_mode, other.stat().st_mode)

    def test_old(self) -> None:
        """Another one takes its place and has its permissions; a symbolic link stays one."""
        self.path.write_text("old")
        self.path.chmod(0o640)
        link = self.folder / "link"
        link.symlink_to(self.path.name)
        with atomic_file(str(link)) as file:
            file.write(b"new")
        self.assertTrue(link.is_symlink())
        self.assertEqual(sorted(os.listdir(self.folder)), ["link", self.path.name])
        self.assertEqual((self.path.read_text(), self.path.stat().st_mode & 0o777), ("new", 0o640))

    def test_private(self) -> None:
        """At no time can others read the file, also where a copy takes its place."""
        modes = []

        def chmod(name: Path, mode: int) -> None:
            modes.append(os.stat(name).st_mode & 0o777)
            was_chmod(name, mode)

        was_chmod = os.chmod
        self.patch(os, "chmod", chmod)
        for link in (os.link, refuse):
            self.patch(os, "link", link)
            path = self.folder / f"{len(modes)}.txt"
            with atomic_file(path, PRIVATE) as file:
                file.write(b"secret")
            self.assertEqual(path.stat().st_mode & 0o777, 0o600)
        self.assertEqual(modes, [0o600, 0o600])

    def test_long_name(self) -> None:
        path = self.folder / ("x" * 255)
        with atomic_file(path) as file:
            file.write(b"new")
        self.assertEqual(path.read_text(), "new")

    def test_failure(self) -> None:
        """After any end of the block."""
        self.path.write_text("old")
        for failure in (KeyboardInterrupt(), OSError(ENOSPC, "full"), SystemExit(1)):
            with self.assertRaises(type(failure)), atomic_file(self.path) as file:
                file.write(b"new" * 100_000)
                raise failure
            self.assert_old()

    def test_no_rename(self) -> None:
        self.path.write_text("old")
        self.patch(os, "replace", refuse)
        with self.assertRaises(OSError), atomic_file(self.path) as file:
            file.write(b"new")
        self.assert_old()

    def test_without_links(self) -> None:
        """If the system cannot name a nameless file, a copy takes its place."""
        self.patch(os, "link", refuse)
        with atomic_file(self.path) as file:
            file.write(b"old")
        self.assert_old()
        self.patch(os, "fsync", refuse)
        with self.assertRaises(OSError), atomic_file(self.path) as file:
            file.write(b"new")
        self.assert_old()

    def test_pipe(self) -> None:
        """There is nothing to take the place of."""
        reading, writing = os.pipe()
        with atomic_file(f"/dev/fd/{writing}") as file:
            file.write(b"new")
        os.close(writing)
        with open(reading, "rb") as pipe:
            self.assertEqual(pipe.read(), b"new")
        fifo = self.folder / "fifo"
        os.mkfifo(fifo)
        reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
        with atomic_file(fifo) as file:
            file.write(b"new")
        self.assertEqual(os.read(reader, 9), b"new")
        os.close(reader)


class WriterTests(FolderTestCase):
    """Every file of the commands."""

    def test_full_disk(self) -> None:
        """In the middle of a picture."""

        def savefig(self: Figure, file: IO[bytes], **_: object) -> None:
            file.write(b"half of a picture")
            raise OSError(ENOSPC, os.strerror(ENOSPC))

        self.patch(Figure, "savefig", savefig)
        for name in ("plot.svg", "plot.png"):
            for command in (["truth"], ["play", "--auctions", "30"]):
                self.path = self.folder / name
                self.path.write_text("old")
                status, _, told = self.auction("lab", *command, "--plot", str(self.path))
                complaint = f"cannot write {self.path}: No space left on device\n"
                self.assertEqual((status, told), (1, f"auction lab {command[0]}: {complaint}"))
                self.assert_old()
                self.path.unlink()


class KilledTests(FolderTestCase):
    def play(self, *shell: str) -> "subprocess.Popen[bytes]":
        """A command with a long write, without line counts by coverage.

        At its end, coverage would write a file of its own, which the limit refuses as well.
        """
        environment = {
            name: text for name, text in os.environ.items() if not name.startswith("COVERAGE_")
        }
        self.path.write_text("old")
        command = ["lab", "play", "--yes", "-n", "9999999", "--csv", str(self.path), "1", "2"]
        return subprocess.Popen(
            [*shell, sys.executable, *AUCTION, *command],
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )

    def has_begun(self, process: "subprocess.Popen[Any]") -> bool:
        """True if a nameless file has content."""
        for link in Path(f"/proc/{process.pid}/fd").iterdir():
            try:
                if os.readlink(link).startswith(str(self.folder)) and link.stat().st_size > 10**5:
                    return True
            except FileNotFoundError:
                continue
        return False

    def test_signals(self) -> None:
        """SIGINT, SIGTERM and SIGKILL."""
        if not Path("/proc").exists():
            self.skipTest("looks into /proc")
        for number, status in [
            (signal.SIGINT, 130),
            (signal.SIGTERM, -signal.SIGTERM),
            (signal.SIGKILL, -signal.SIGKILL),
        ]:
            process = self.play()
            try:
                deadline = time.monotonic() + 60
                while not self.has_begun(process):
                    self.assertIs(process.poll(), None)
                    self.assertLess(time.monotonic(), deadline)
                    time.sleep(0.05)
                process.send_signal(number)
                _, told = process.communicate(timeout=30)
            finally:
                process.kill()
            self.assertEqual((process.returncode, told), (status, b""))
            self.assert_old()

    def test_limit(self) -> None:
        """A real disk without free space."""
        limited = (
            "import os, resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (9999, 9999))"
        )
        process = self.play(sys.executable, "-c", f"{limited}; os.execv(sys.argv[1], sys.argv[1:])")
        _, told = process.communicate(timeout=60)
        complaint = f"cli lab play: cannot write {self.path}: File too large\n"
        self.assertEqual((process.returncode, told.decode()), (1, complaint))
        self.assert_old()
