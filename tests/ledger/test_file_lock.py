"""The lock on a ledger's file, and changes of the file by other programs.

Locks are tested from other processes.
"""

import contextlib
import fcntl
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import twisted_auction
from tests.ledger.support import HOLDER, LedgerTestCase
from tests.support import storage
from twisted_auction.ledger import file_lock
from twisted_auction.ledger.journal import Ledger
from twisted_auction.ledger.row import LedgerError
from twisted_auction.ledger.storage import open_view
from twisted_auction.rules.events import Arrived

ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(twisted_auction.__file__).parent.parent)}

LOCKED = """
import fcntl, struct, sys
for path in sys.stdin:
    with open(path.rstrip("\\n"), "rb+") as file:
        question = struct.pack("hhqqi", fcntl.F_WRLCK, 0, int(sys.argv[1]), int(sys.argv[2]), 0)
        answer = fcntl.fcntl(file, fcntl.F_GETLK, question)
        print(struct.unpack("hhqqi", answer)[4], flush=True)
"""
"""Prints the process with a lock on some bytes of a file."""

SHARED = ("1073741826", "510")
"""The bytes locked by SQLite in an open database."""

SELECT = """
import sqlite3, sys
print(sqlite3.connect(sys.argv[1]).execute("SELECT count(*) FROM event").fetchone()[0])
"""

LOSER = """
import os, sys
from pathlib import Path
from twisted.internet.task import Clock
from twisted_auction.ledger.journal import Ledger
from twisted_auction.ledger.storage import open_view
from twisted_auction.rules.events import Arrived
path, clock = Path(sys.argv[1]), Clock()
ledger = Ledger(path, clock, print)
ledger.open()
for half in range(2):
    for who in range(5 * half, 5 * half + 5):
        ledger.record("main", [Arrived(who, "a")], 0.0)
        ledger.after_commit(lambda: None)
        clock.advance(0)
    with open_view(path) as view:
        print(len(list(view.rows())), flush=True)
    sys.stdin.readline()
os._exit(0)
"""
"""Acknowledges five events, reads its own ledger, acknowledges five more on request, and is
killed."""

MAKER = """
import os, signal, sqlite3, sys
from functools import partial
from itertools import count
from pathlib import Path
from twisted.internet.task import Clock
from twisted_auction.ledger.journal import Ledger
def step():
    global steps
    steps -= 1
    if not steps:
        os.kill(os.getpid(), signal.SIGKILL)
class Connection(sqlite3.Connection):
    def execute(self, *arguments):
        step()
        return super().execute(*arguments)
    def executescript(self, *arguments):
        step()
        return super().executescript(*arguments)
    def close(self):
        step()
        super().close()
sqlite3.connect = partial(sqlite3.connect, factory=Connection)
for name in ("open", "close", "fsync", "link", "unlink"):
    def call(*arguments, real=getattr(os, name), **keywords):
        step()
        return real(*arguments, **keywords)
    setattr(os, name, call)
for number in count(1):
    child = os.fork()
    if not child:
        os.mkdir(f"{sys.argv[1]}/{number}")
        steps = number
        Ledger(Path(sys.argv[1], f"{number}", "ledger"), Clock(), print).open()
        os._exit(0)
    steps = 0
    _, status = os.waitpid(child, 0)
    if not os.WIFSIGNALED(status):
        sys.exit(os.waitstatus_to_exitcode(status))
"""
"""Creates a ledger in each of the folders 1, 2, 3 ..., and is killed at that step of the creation,
until there are no more steps. Each attempt is a separate process."""


def raises(error: Exception) -> Callable[..., None]:
    """Make a function that raises this error."""

    def fail(*arguments: object) -> None:
        raise error

    return fail


def python(script: str, *arguments: str | Path) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", script, *map(str, arguments)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=ENVIRONMENT,
        text=True,
    )


def runs(script: str, *arguments: str | Path) -> tuple[int, str]:
    """Run a program to its end; return its exit status and output."""
    process = python(script, *arguments)
    output, errors = process.communicate(timeout=60)
    return process.returncode, output + errors


class FileTestCase(LedgerTestCase):
    """A test that records events one at a time."""

    def record(self, ledger: Ledger, who: int) -> None:
        ledger.record("main", [Arrived(who, "a")], 0.0)
        ledger.after_commit(lambda: self.said.append(f"told {who}"))
        self.clock.advance(0)

    def process(self, script: str, *arguments: str | Path) -> "subprocess.Popen[str]":
        process = python(script, *arguments)
        self.addCleanup(process.communicate)
        self.addCleanup(process.kill)
        return process

    def next_line(self, process: "subprocess.Popen[str]", line: str = "") -> str:
        assert process.stdin is not None and process.stdout is not None
        if line:
            process.stdin.write(f"{line}\n")
            process.stdin.flush()
        return process.stdout.readline().rstrip("\n")

    def refused(self, script: str, *arguments: str | Path) -> str:
        """The error of another process that opens a ledger: the last line of its traceback."""
        status, output = runs(script, *arguments)
        self.assertEqual(status, 1, output)
        return output.splitlines()[-1].replace(str(self.folder), "FOLDER").partition(": ")[2]


class LockTests(FileTestCase):
    """SQLite's locks last from the opening of a ledger to its closing, whatever this process does
    with the file."""

    def test_after_each_function(self) -> None:
        asked = self.process(LOCKED, *SHARED)

        def is_locked() -> bool:
            return self.next_line(asked, str(self.path)) == str(os.getpid())

        def suppressed(function: Callable[[], object]) -> Callable[[], object]:
            def call() -> None:
                self.assertRaises(LedgerError, function)

            return call

        def read() -> None:
            with open_view(self.path) as view:
                self.assertEqual(len(list(view.rows())), 1)
                self.assertTrue(is_locked())

        def abandon_reading() -> None:
            with contextlib.suppress(ZeroDivisionError), open_view(self.path):
                raise ZeroDivisionError

        other_name = self.folder / "other"
        ledger = Ledger(self.path, self.clock, self.failures.append)
        ledger.open()
        os.symlink(self.path, other_name)
        again = Ledger(self.path, self.clock, self.failures.append)
        through = Ledger(other_name, self.clock, self.failures.append)
        for function in (
            lambda: None,
            lambda: self.record(ledger, 0),
            ledger.commit,
            lambda: list(ledger.store.view.rows()),
            read,
            abandon_reading,
            suppressed(again.open),
            suppressed(through.open),
            again.close,
            lambda: file_lock.check_file(self.path),
            suppressed(lambda: file_lock.check_orphaned_wal(self.path)),
            lambda: file_lock.check_reader_path(self.path),
            lambda: file_lock.is_mounted(self.path),
            lambda: file_lock.is_locked_here(self.path),
            suppressed(lambda: file_lock.FileLock(self.path)),
            lambda: file_lock.create_database(self.path, lambda database: None),
            storage(ledger)._lock.note_inodes,
            storage(ledger)._lock.check,
        ):
            function()
            self.assertTrue(is_locked(), function)
        ledger.close()
        self.assertFalse(is_locked())

    def test_outsider_reads(self) -> None:
        """Another program can read and close the file without removing the ``-wal``."""
        loser = self.process(LOSER, self.path)
        self.assertEqual(self.next_line(loser), "5")
        self.assertEqual(runs(SELECT, self.path), (0, "5\n"))
        self.assertEqual(self.next_line(loser, "go on"), "10")
        loser.kill()
        loser.wait()
        self.assertEqual(len(self.rows()), 10)

    def test_reading_fails_here(self) -> None:
        """The writing process does not fall back to reading without locks."""
        self.opened()
        connect = sqlite3.connect

        def fail(path: str, **keywords: object) -> sqlite3.Connection:
            self.assertNotIn("immutable", path)
            database = connect(path, factory=Failing, uri=True)
            assert isinstance(database, Failing)
            return database

        class Failing(sqlite3.Connection):
            def execute(self, *arguments: object) -> sqlite3.Cursor:
                raise sqlite3.OperationalError("unable to open database file")

        self.patch(sqlite3, "connect", fail)
        error = self.assertRaises(LedgerError, self.rows)
        self.assertIn("unable to open database file", str(error))


class RetryTests(FileTestCase):
    """A start waits for a short lock of another process, and is refused during a long one."""

    def setUp(self) -> None:
        super().setUp()
        self.filled()
        self.opened().close()  # left by the reader
        self.waits: list[float] = []
        self.meanwhile: list[Callable[[], object]] = []
        self.patch(file_lock, "sleep", self.sleep)

    def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        for call in self.meanwhile:
            call()

    def flocked(self, operation: int) -> Callable[[], None]:
        """Lock the file like another process.

        :return: a function that releases the lock.
        """
        file = os.open(self.path, os.O_RDONLY)
        fcntl.flock(file, operation)
        closed = contextlib.ExitStack()
        closed.callback(os.close, file)
        self.addCleanup(closed.close)
        return closed.close

    def test_reader(self) -> None:
        """A server starts while a reader holds the lock for a moment."""
        self.meanwhile = [self.flocked(fcntl.LOCK_SH)]
        self.opened()
        self.assertEqual(self.waits, [file_lock.FLOCK_RETRY_DELAY])

    def test_no_contention(self) -> None:
        self.opened().close()
        self.rows()
        self.assertEqual(self.waits, [])

    def test_server(self) -> None:
        """A server keeps the lock."""
        self.flocked(fcntl.LOCK_EX)
        self.assertEqual(self.refusal(), "another server or command is writing the file PATH.")
        self.assertEqual(self.waits, [file_lock.FLOCK_RETRY_DELAY])

    def test_server_that_starts(self) -> None:
        """A starting server has the lock before the ``-wal`` exists. A reader waits for it."""
        self.flocked(fcntl.LOCK_EX)
        self.meanwhile = [Path(f"{self.path}-wal").touch]
        self.assertEqual(len(self.rows()), 8)
        self.assertEqual(self.waits, [file_lock.FLOCK_RETRY_DELAY])

    def test_server_that_stops(self) -> None:
        """A stopping server has the lock for a moment after the ``-wal`` is gone."""
        self.meanwhile = [self.flocked(fcntl.LOCK_EX)]
        self.assertEqual(len(self.rows()), 8)
        self.assertEqual(self.waits, [file_lock.FLOCK_RETRY_DELAY])


class OtherNameTests(FileTestCase):
    """One file is one ledger, under any name."""

    def test_hard_link(self) -> None:
        """A file with two names is refused, because the second name has no ``-wal``."""
        self.filled()
        other = self.folder / "other"
        os.link(self.path, other)
        for path in (self.path, other):
            self.assertEqual(
                self.refused(HOLDER, path),
                f"the file FOLDER/{path.name} has another name (a hard link), under which its "
                "-wal would be missed: remove that name, or make a copy.",
            )
        other.unlink()
        self.opened()

    def test_hard_link_to_a_running_server(self) -> None:
        holder = self.process(HOLDER, self.path)
        self.assertEqual(self.next_line(holder), "open")
        other = self.folder / "other"
        os.link(self.path, other)
        self.assertIn("has another name (a hard link)", self.refused(HOLDER, other))
        self.path = other
        self.assertEqual(
            str(self.assertRaises(LedgerError, self.rows)),
            f"a server is writing the file {other} under another name: read it under that one.",
        )

    def test_moved_while_running(self) -> None:
        holder = self.process(HOLDER, self.path)
        self.assertEqual(self.next_line(holder), "open")
        os.rename(self.path, self.folder / "moved")
        self.assertEqual(
            self.refused(HOLDER, self.folder / "moved"),
            "another server or command is writing the file FOLDER/moved.",
        )

    def test_files_beside_it_deleted(self) -> None:
        """The lock is on the file itself."""
        holder = self.process(HOLDER, self.path)
        self.assertEqual(self.next_line(holder), "open")
        for file in self.folder.iterdir():
            if file != self.path:
                file.unlink()
        self.assertEqual(
            self.refused(HOLDER, self.path),
            "another server or command is writing the file FOLDER/ledger.",
        )

    def test_mounted_as_a_single_file(self) -> None:
        """It is refused, also while a server has the file open."""
        self.filled()
        mounted = self.folder / "with a blank" / "ledger"
        mounted.parent.mkdir()
        mounted.touch()
        (self.folder / "holder.py").write_text(HOLDER)

        def started() -> "subprocess.CompletedProcess[str]":
            command = 'mount --bind "$1" "$2" && exec "$3" "$4" "$2"'
            names = [str(self.path), str(mounted), sys.executable, str(self.folder / "holder.py")]
            return subprocess.run(
                ["unshare", "--mount", "--map-root-user", "sh", "-c", command, "sh", *names],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                env=ENVIRONMENT,
                text=True,
                timeout=60,
                check=False,
            )

        if shutil.which("unshare") is None or "mount:" in started().stderr:
            raise self.skipTest("this machine lets nobody mount a file here")
        line = (
            f"the file {mounted} is mounted as a single file, and its -wal would be elsewhere: "
            "mount its folder instead."
        )
        self.assertIn(line, started().stderr)
        self.opened()
        self.assertIn(line, started().stderr)


class MovedFileTests(FileTestCase):
    """After its file was moved, deleted or replaced, a ledger acknowledges nothing and fails, as
    after a fault of the disk."""

    def changes_file(self, name: str, happens: Callable[[Path], object]) -> None:
        ledger = self.opened()
        self.record(ledger, 0)
        path = self.folder / name
        happens(path)
        self.record(ledger, 1)
        self.record(ledger, 2)
        self.assertEqual(self.said, ["told 0"])
        self.assertEqual(
            self.failures,
            [
                f"the ledger {self.path} cannot be written: {path} was moved, deleted or replaced; "
                "put it back before you start again."
            ],
        )
        ledger.close()

    def test_moved(self) -> None:
        """Every row is in the file at its new place."""
        moved = self.folder / "moved"
        self.changes_file("ledger", lambda path: os.rename(path, moved))
        (self.folder / "ledger-wal").unlink(missing_ok=True)
        self.path = moved
        self.assertEqual(len(self.rows()), 2)

    def test_deleted(self) -> None:
        self.changes_file("ledger", os.unlink)

    def test_replaced(self) -> None:
        """The file in its place is not changed."""

        def replace(path: Path) -> None:
            os.rename(path, self.folder / "old")
            shutil.copy(self.folder / "old", path)

        self.changes_file("ledger", replace)
        self.assertEqual(self.rows(), [])
        self.path = self.folder / "old"
        self.assertEqual(len(self.rows()), 2)

    def test_log_deleted(self) -> None:
        """Every row is in the file."""
        self.changes_file("ledger-wal", os.unlink)
        self.assertEqual(len(self.rows()), 2)

    def test_index_deleted(self) -> None:
        self.changes_file("ledger-shm", os.unlink)
        self.assertEqual(len(self.rows()), 2)

    def test_lock_deleted(self) -> None:
        """The lock file of systems with conflicting locks."""
        self.patch(file_lock, "FLOCK_IS_INDEPENDENT", False)
        self.changes_file("ledger-lock", os.unlink)
        self.assertEqual(len(self.rows()), 2)


class MissingTests(FileTestCase):
    """The ``-wal`` of a missing file is not destroyed."""

    def setUp(self) -> None:
        super().setUp()
        status, output = runs(LOSER.replace("sys.stdin.readline()", ""), self.path)
        self.assertEqual((status, output), (0, "5\n10\n"))
        self.log = Path(f"{self.path}-wal")
        self.before = self.log.read_bytes()
        self.kept = self.path.read_bytes()

    def check_orphaned_wal(self) -> None:
        self.assertEqual(
            self.refusal(),
            "the file PATH is missing, but PATH-wal has what was recorded last: put the file "
            "back beside it, or move it away to begin a new one.",
        )
        self.assertRaises(LedgerError, self.rows)
        self.assertEqual(self.log.read_bytes(), self.before)
        self.path.write_bytes(self.kept)
        self.assertEqual(len(self.rows()), 10)
        self.opened()

    def test_missing(self) -> None:
        self.path.unlink()
        self.check_orphaned_wal()

    def test_empty(self) -> None:
        """SQLite deletes the ``-wal`` of an empty database, even if it only reads."""
        self.path.write_bytes(b"")
        self.check_orphaned_wal()

    def test_empty_log(self) -> None:
        """An empty ``-wal`` does not prevent a new ledger."""
        self.path.unlink()
        self.log.write_bytes(b"")
        self.opened()


class WarningTests(FileTestCase):
    """The warning about versions of SQLite with the WAL-reset fault."""

    def test_versions(self) -> None:
        for text, has_fault in [
            ("3.6.23", False),
            ("3.7.0", True),
            ("3.7.17", True),
            ("3.40.1", True),
            ("3.44.0", True),
            ("3.44.5", True),
            ("3.44.6", False),
            ("3.44.7", False),
            ("3.45.0", True),
            ("3.49.2", True),
            ("3.50.6", True),
            ("3.50.7", False),
            ("3.51.0", True),
            ("3.51.2", True),
            ("3.51.3", False),
            ("3.52.0", False),
            ("4.0.0", False),
        ]:
            major, minor, patch = map(int, text.split("."))
            self.assertEqual(file_lock.has_wal_reset_fault((major, minor, patch)), has_fault, text)

    def test_logged_at_the_start(self) -> None:
        for version, lines in [((3, 40, 1), 1), ((3, 51, 3), 0)]:
            self.patch(sqlite3, "sqlite_version_info", version)
            self.patch(sqlite3, "sqlite_version", "{}.{}.{}".format(*version))
            said: list[str] = []
            ledger = Ledger(self.path, self.clock, self.failures.append, notify=said.append)
            ledger.open()
            ledger.close()
            self.assertEqual(len(said), lines)
            for line in said:
                self.assertTrue(line.startswith("SQLite 3.40.1 is in use, which can"), line)
                self.assertIn("no PRAGMA wal_checkpoint", line)
                self.assertNotIn("\n", line)


class CreationTests(FileTestCase):
    """A new ledger gets its name when it is complete."""

    def test_killed(self) -> None:
        """After any step there is no ledger or a complete one, and the next start succeeds."""
        self.assertEqual(runs(MAKER, self.folder), (0, ""))
        outcomes: list[bool] = []
        while (folder := self.folder / str(len(outcomes) + 1)).exists():
            self.path = folder / "ledger"
            is_made = self.path.exists()
            outcomes.append(is_made)
            if is_made:
                self.assertEqual(self.rows(), [])
            ledger = Ledger(self.path, self.clock, self.failures.append)
            ledger.open()
            ledger.close()
            self.assertEqual(list(folder.iterdir()), [self.path])
        self.assertEqual(outcomes, sorted(outcomes))
        self.assertEqual(set(outcomes), {False, True})

    def test_created_by_another_server(self) -> None:
        """The file of the other server is not replaced."""
        link = os.link

        def late(fresh: Path, path: Path) -> None:
            path.write_text("somebody else's")
            link(fresh, path)

        self.patch(os, "link", late)
        self.assertEqual(self.refusal(), "PATH is no ledger and no archive.")
        self.assertEqual(self.path.read_text(), "somebody else's")

    def test_nothing_left_behind(self) -> None:
        """Neither after an error, nor if another server was faster."""

        def full(database: sqlite3.Connection) -> None:
            database.execute("CREATE TABLE event (room TEXT)")
            raise sqlite3.OperationalError("database or disk is full")

        with self.assertRaises(LedgerError) as caught:
            file_lock.create_database(self.path, full)
        self.assertEqual(
            str(caught.exception),
            f"the file {self.path} cannot be made: database or disk is full.",
        )
        self.assertEqual(list(self.folder.iterdir()), [])
        self.patch(file_lock, "_sync", raises(OSError(5, "Input/output error")))
        self.assertEqual(self.refusal(), "the file PATH cannot be made: Input/output error.")
        self.assertEqual(list(self.folder.iterdir()), [])
        self.path.write_text("somebody else's")
        file_lock.create_database(self.path, full)
        self.assertEqual(list(self.folder.iterdir()), [self.path])
        self.assertEqual(self.path.read_text(), "somebody else's")

    def test_renamed_by_another_server(self) -> None:
        """A lock on a file without a name is not taken for the ledger's lock."""
        flock = fcntl.flock

        def late(file: int, operation: int) -> None:
            flock(file, operation)
            os.unlink(f"{self.path}-new")

        self.patch(fcntl, "flock", late)
        self.assertEqual(self.refusal(), "another server or command is writing the file PATH.")
        self.assertEqual(list(self.folder.iterdir()), [])

    def test_two_at_once(self) -> None:
        fresh = os.open(f"{self.path}-new", os.O_CREAT | os.O_RDWR)
        try:
            fcntl.flock(fresh, fcntl.LOCK_EX)
            self.assertEqual(self.refusal(), "another server or command is writing the file PATH.")
        finally:
            os.close(fresh)
        self.opened()

    def test_without_hard_links(self) -> None:
        """On such a file system, the file is renamed."""

        def fail(fresh: Path, path: Path) -> None:
            raise PermissionError(1, "Operation not permitted")

        self.patch(os, "link", fail)
        self.opened()
        self.assertEqual(self.rows(), [])

    def test_where_flock_locks_out_sqlite(self) -> None:
        """On such a system, the lock is on a file beside the ledger."""
        self.patch(file_lock, "FLOCK_IS_INDEPENDENT", False)
        ledger = self.opened()
        self.record(ledger, 0)
        self.assertTrue(Path(f"{self.path}-lock").exists())
        self.assertEqual(len(self.rows()), 1)
        with closing(sqlite3.connect(self.path)) as database:
            database.execute("BEGIN IMMEDIATE")
