"""Having a ledger's file to oneself, and noticing when it goes away.

SQLite's locks are POSIX locks. They belong to the process, and closing *any* descriptor of the file
gives all of them up. An outside program that reads the file then takes itself for the only one, and
deletes the ``-wal`` with everything in it that was acknowledged. So the process that writes a
ledger opens the file itself only once, before SQLite does, closes it after SQLite has, and learns
everything else from ``stat``.
"""

import errno
import os
import re
import sqlite3
import stat
import sys
from collections.abc import Callable
from contextlib import ExitStack, closing, suppress
from pathlib import Path
from time import sleep

from twisted_auction.ledger.row import LedgerError

FLOCK_IS_INDEPENDENT = sys.platform == "linux"
"""Whether ``flock`` and POSIX locks do not see one another. Where they do, as on BSD and macOS, a
``flock`` on the file would lock SQLite out, and a file beside it is locked instead."""

FLOCK_RETRY_DELAY = 0.05
"""Seconds after which a lock that another process has is asked for once more. A reader has it for
microseconds, a server for good. Only a start waits, and only where it would be refused."""

_FIXED_IN = {(3, 44): 6, (3, 50): 7}
"""The first release without the fault, in lines of SQLite's that go on beside the newest."""

_locked_inodes: set[tuple[int, int]] = set()
"""The files that this process is writing, by device and inode."""


class FileLock:
    """The right of this process, and of no other, to write a ledger.

    The lock is on the file and not on its name: a hard link, a bind mount or the new name of a file
    that was moved leads to the same lock. It lasts until :meth:`release`, or the process's end.

    Take it before SQLite opens the file, and release it once SQLite has closed it.

    :param path: the file, which exists, without symbolic links in its name.
    :raises LedgerError: where another server has it, or it is no file that can be written safely.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        found = check_file(path)
        self._inode = _inode_of(found)
        if self._inode in _locked_inodes:
            raise _locked_elsewhere(path)
        _check_names(path, found)
        try:
            if FLOCK_IS_INDEPENDENT:
                self._descriptor = _open_flocked(path, path)
            else:
                self._descriptor = _open_flocked(path, f"{path}-lock", os.O_CREAT)
        except OSError as error:
            raise LedgerError(f"the file {path} cannot be opened: {error.strerror}.") from None
        _locked_inodes.add(self._inode)
        self._names: dict[str, tuple[int, int] | None] = {}

    def watch(self) -> None:
        """Remember which files the names lead to, now that SQLite has made those beside it."""
        ends = ["", "-wal", "-shm"]
        if not FLOCK_IS_INDEPENDENT:
            ends.append("-lock")  # another server would make it anew, and lock that one
        names = [f"{self._path}{end}" for end in ends]
        self._names = {name: _inode_at(name) for name in names}

    def check(self) -> None:
        """See that every name still leads to the file that it led to in :meth:`watch`.

        These few calls of ``stat`` cost less than a hundredth of a commit.

        :raises LedgerError: where a file was moved, deleted or replaced.
        """
        for name, inode in self._names.items():
            if _inode_at(name) != inode:
                raise LedgerError(
                    f"the ledger {self._path} cannot be written: {name} was moved, deleted or "
                    "replaced; put it back before you start again."
                )

    def release(self) -> None:
        """Let another server have it."""
        _locked_inodes.discard(self._inode)
        os.close(self._descriptor)


def has_wal_reset_fault(version: tuple[int, int, int]) -> bool:
    """Whether a version of SQLite, such as (3, 40, 1), can spoil a database when two programs
    checkpoint its ``-wal`` at the same time.

    From 3.7.0, the first with a ``-wal``, to 3.51.2; mended in 3.51.3, and before that in 3.44.6
    and 3.50.7 for those who stay with these.
    """
    if version[:2] in _FIXED_IN:
        return version[2] < _FIXED_IN[version[:2]]
    return (3, 7, 0) <= version < (3, 51, 3)


def is_locked_here(path: Path) -> bool:
    """Whether this process is writing the file, under whatever name."""
    return _inode_at(path) in _locked_inodes


def check_file(path: Path) -> os.stat_result:
    """See that a file could be a ledger, without opening it.

    SQLite deletes the ``-wal`` of a database that is empty; an empty one is refused while there is
    something in it, as a missing one is.

    :raises LedgerError: where it could not.
    """
    try:
        found = os.stat(path)
    except OSError as error:
        check_orphaned_wal(path)
        raise LedgerError(f"the file {path} cannot be opened: {error.strerror}.") from None
    if stat.S_ISDIR(found.st_mode):
        raise LedgerError(f"the file {path} cannot be opened: Is a directory.")
    if not stat.S_ISREG(found.st_mode):
        raise LedgerError(f"{path} is no ledger and no archive.")
    if not found.st_size:
        check_orphaned_wal(path)
    return found


def check_orphaned_wal(path: Path) -> None:
    """See that nothing has been left behind of a ledger that is missing or empty.

    :raises LedgerError: where its ``-wal`` has something in it.
    """
    with suppress(OSError):
        if os.stat(f"{path}-wal").st_size:
            raise LedgerError(
                f"the file {path} is missing, but {path}-wal has what was recorded last: put the "
                "file back beside it, or move it away to begin a new one."
            )


def check_reader_path(path: Path) -> None:
    """See that a reader would find all of a ledger under this name.

    Without a ``-wal`` beside it, a database is at rest; if a server is writing it nevertheless, it
    does so under another name, with the ``-wal`` there.

    :raises LedgerError: where it would not.
    """
    if not FLOCK_IS_INDEPENDENT or os.path.exists(f"{path}-wal") or is_locked_here(path):
        return
    try:
        file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError as error:
        raise LedgerError(f"the file {path} cannot be opened: {error.strerror}.") from None
    try:
        _flock(file, is_shared=True)
    except BlockingIOError:
        if os.path.exists(f"{path}-wal"):  # of a server that has just started
            return
        raise LedgerError(
            f"a server is writing the file {path} under another name: read it under that one."
        ) from None
    finally:
        os.close(file)


def create_database(path: Path, fill: Callable[[sqlite3.Connection], object]) -> None:
    """Make a file for its owner alone, which has its name only once it is complete.

    It is made under a name of its own, with ``-new`` at the end. Only a server that is killed
    meanwhile leaves that behind, and the next one begins it anew.

    :param fill: makes the database.
    :raises LedgerError: where it cannot be made.
    """
    fresh = Path(f"{path}-new")
    try:
        with ExitStack() as stack:
            lock = _open_flocked(
                path, fresh if FLOCK_IS_INDEPENDENT else f"{path}-lock", os.O_CREAT
            )
            stack.callback(os.close, lock)
            if FLOCK_IS_INDEPENDENT and _inode_of(os.fstat(lock)) != _inode_at(fresh):
                raise _locked_elsewhere(
                    path
                )  # by a server that has removed it since it was opened here
            stack.callback(fresh.unlink, missing_ok=True)
            if os.path.lexists(path):  # another server was faster
                return
            os.close(os.open(fresh, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600))
            os.chmod(fresh, 0o600)  # one that was left behind may have another mode
            for end in ("-wal", "-shm"):
                Path(f"{fresh}{end}").unlink(missing_ok=True)
            with closing(sqlite3.connect(fresh, isolation_level=None)) as database:
                database.execute("PRAGMA journal_mode = MEMORY")  # nothing beside it
                fill(database)
                database.execute("PRAGMA journal_mode = WAL")
            _sync(fresh)
            _link_into_place(fresh, path)
            _sync(path.parent)
    except OSError as error:
        raise LedgerError(f"the file {path} cannot be made: {error.strerror}.") from None
    except sqlite3.Error as error:
        raise LedgerError(f"the file {path} cannot be made: {error}.") from None


def _link_into_place(fresh: Path, path: Path) -> None:
    """Give a file that is complete its name, unless another file has that by now."""
    try:
        os.link(fresh, path)
    except FileExistsError:
        pass
    except OSError as error:
        if error.errno not in (errno.EPERM, errno.EOPNOTSUPP, errno.EMLINK):
            raise
        os.rename(fresh, path)  # a file system without hard links


def _sync(path: Path) -> None:
    """Have a file, or the names in a folder, on the disk."""
    file = os.open(path, os.O_RDONLY)
    try:
        os.fsync(file)
    finally:
        os.close(file)


def _check_names(path: Path, found: os.stat_result) -> None:
    """See that no other name leads to a file: under that one, nobody would find its ``-wal``.

    :raises LedgerError: where one does.
    """
    if found.st_nlink > 1 and _inode_at(f"{path}-new") == _inode_of(found):
        with suppress(OSError):  # of a server that was killed before it could remove it
            os.unlink(f"{path}-new")
        found = os.stat(path)
    if found.st_nlink > 1:
        raise LedgerError(
            f"the file {path} has another name (a hard link), under which its -wal would be "
            "missed: remove that name, or make a copy."
        )
    if is_mounted(path):
        raise LedgerError(
            f"the file {path} is mounted as a single file, and its -wal would be elsewhere: "
            "mount its folder instead."
        )


def is_mounted(path: Path) -> bool:
    """Whether a file system, or a single file of one, is mounted right there.

    ``os.path.ismount`` does not know a file that is mounted from the same file system.
    """
    try:
        mounts = Path("/proc/self/mountinfo").read_bytes()
    except OSError:
        return os.path.ismount(path)
    points = (line.split(b" ")[4] for line in mounts.splitlines())
    return os.fsencode(path) in {re.sub(rb"\\(\d{3})", _octal, point) for point in points}


def _octal(match: re.Match[bytes]) -> bytes:
    return bytes([int(match[1], 8)])


def _open_flocked(path: Path, name: str | Path, flags: int = 0) -> int:
    """Lock every other server out of a ledger.

    :param name: the file that has the lock; this process has it not open.
    :return: the descriptor that keeps the lock for as long as it is open.
    :raises LedgerError: where another server has the lock.
    :raises OSError: where the file cannot be opened or locked.
    """
    file = os.open(name, flags | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        _flock(file)
    except BlockingIOError:
        os.close(file)
        raise _locked_elsewhere(path) from None
    except OSError:
        os.close(file)
        raise
    return file


def _flock(file: int, is_shared: bool = False) -> None:
    """Lock a file that is open.

    :param is_shared: False for a server, True for a reader.
    :raises BlockingIOError: where another process has a lock on it, and still has it a moment
        later.
    """
    import fcntl  # POSIX alone; the assignment's server, which keeps no ledger, runs without it

    operation = fcntl.LOCK_NB | (fcntl.LOCK_SH if is_shared else fcntl.LOCK_EX)
    try:
        fcntl.flock(file, operation)
    except BlockingIOError:
        sleep(FLOCK_RETRY_DELAY)
        fcntl.flock(file, operation)


def _locked_elsewhere(path: Path) -> LedgerError:
    return LedgerError(f"another server or command is writing the file {path}.")


def _inode_of(found: os.stat_result) -> tuple[int, int]:
    return found.st_dev, found.st_ino


def _inode_at(name: str | Path) -> tuple[int, int] | None:
    """The file that a name leads to, if there is one."""
    try:
        return _inode_of(os.stat(name))
    except OSError:
        return None
