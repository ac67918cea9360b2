"""The lock on a ledger's file, and checks that the file is safe to use.

SQLite's locks are POSIX locks. They belong to the process, and closing *any* descriptor of the file
releases all of them. Another program that reads the file then takes itself for the only user, and
deletes the ``-wal`` with every acknowledged event in it. Therefore the process that writes a ledger
opens the file itself only once, before SQLite, closes it after SQLite, and otherwise uses ``stat``.
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
"""True if ``flock`` and POSIX locks do not conflict. On BSD and macOS they do: a ``flock`` on the
file would lock out SQLite, so a file beside it, ``-lock``, is locked instead."""

FLOCK_RETRY_DELAY = 0.05
"""Seconds before the second, last attempt to lock a file. A reader holds the lock for microseconds,
a server until it stops. Only a start waits, and only if the first attempt fails."""

_FIXED_IN = {(3, 44): 6, (3, 50): 7}
"""First release without the WAL-reset fault, by maintained branch of SQLite."""

_locked_inodes: set[tuple[int, int]] = set()
"""Device and inode of each file that this process writes."""


class FileLock:
    """An exclusive lock on a ledger's file, for writing.

    The lock is on the file, not on its name: a hard link, a bind mount, and the new name of a moved
    file all lead to the same lock. It lasts until :meth:`release`, or until the process ends.

    Lock the file before SQLite opens it, and release it after SQLite has closed it.

    :param path: an existing file. The path must be free of symbolic links.
    :raises LedgerError: if the file is locked already, by any process, or cannot be written safely.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        found = check_file(path)
        self._inode = _inode_of(found)
        if self._inode in _locked_inodes:
            raise _lock_error(path)
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

    def note_inodes(self) -> None:
        """Note the inodes of the file and, once SQLite has created them, of the files beside it."""
        ends = ["", "-wal", "-shm"]
        if not FLOCK_IS_INDEPENDENT:
            ends.append("-lock")  # if it is gone, another server can create and lock a new one
        names = [f"{self._path}{end}" for end in ends]
        self._names = {name: _inode_at(name) for name in names}

    def check(self) -> None:
        """Check that every name still has the inode noted by :meth:`note_inodes`.

        These calls of ``stat`` take less than a hundredth of the time of a commit.

        :raises LedgerError: if a file was moved, deleted or replaced.
        """
        for name, inode in self._names.items():
            if _inode_at(name) != inode:
                raise LedgerError(
                    f"the ledger {self._path} cannot be written: {name} was moved, deleted or "
                    "replaced; put it back before you start again."
                )

    def release(self) -> None:
        """Release the lock."""
        _locked_inodes.discard(self._inode)
        os.close(self._descriptor)


def has_wal_reset_fault(version: tuple[int, int, int]) -> bool:
    """True if a version of SQLite, such as (3, 40, 1), can corrupt a database when two programs
    checkpoint its ``-wal`` at the same time.

    The fault is in 3.7.0, the first version with a ``-wal``, to 3.51.2. It is fixed in 3.51.3, and
    in the maintenance releases 3.44.6 and 3.50.7.
    """
    if version[:2] in _FIXED_IN:
        return version[2] < _FIXED_IN[version[:2]]
    return (3, 7, 0) <= version < (3, 51, 3)


def is_locked_here(path: Path) -> bool:
    """True if this process writes the file, under any name."""
    return _inode_at(path) in _locked_inodes


def check_file(path: Path) -> os.stat_result:
    """Check that a file may be a ledger, without opening it.

    If the database is missing or empty, SQLite deletes its ``-wal``. So both are refused while the
    ``-wal`` has content.

    :raises LedgerError: if the file cannot be a ledger.
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
    """Check that a missing or empty ledger has left no ``-wal`` with content.

    :raises LedgerError: if it has.
    """
    with suppress(OSError):
        if os.stat(f"{path}-wal").st_size:
            raise LedgerError(
                f"the file {path} is missing, but {path}-wal has what was recorded last: put the "
                "file back beside it, or move it away to begin a new one."
            )


def check_reader_path(path: Path) -> None:
    """Check that all rows of a ledger can be found under this path.

    If there is no ``-wal`` beside the file but a server has it locked, then the server opened it
    under another name, and the ``-wal`` is beside that one.

    :raises LedgerError: if a server writes the file under another name.
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
        if os.path.exists(f"{path}-wal"):  # a server has just started
            return
        raise LedgerError(
            f"a server is writing the file {path} under another name: read it under that one."
        ) from None
    finally:
        os.close(file)


def create_database(path: Path, fill: Callable[[sqlite3.Connection], object]) -> None:
    """Create a database with mode 0600. It gets its name only when it is complete.

    Until then its name ends with ``-new``. A server that is killed in between leaves that file
    behind, and the next start overwrites it.

    :param fill: creates the tables and rows.
    :raises LedgerError: if the database cannot be created.
    """
    fresh = Path(f"{path}-new")
    try:
        with ExitStack() as stack:
            lock = _open_flocked(
                path, fresh if FLOCK_IS_INDEPENDENT else f"{path}-lock", os.O_CREAT
            )
            stack.callback(os.close, lock)
            if FLOCK_IS_INDEPENDENT and _inode_of(os.fstat(lock)) != _inode_at(fresh):
                # Another server has renamed the file since it was opened here.
                raise _lock_error(path)
            stack.callback(fresh.unlink, missing_ok=True)
            if os.path.lexists(path):  # another server has created it
                return
            os.close(os.open(fresh, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600))
            os.chmod(fresh, 0o600)  # a file left behind may have another mode
            for end in ("-wal", "-shm"):
                Path(f"{fresh}{end}").unlink(missing_ok=True)
            with closing(sqlite3.connect(fresh, isolation_level=None)) as database:
                database.execute("PRAGMA journal_mode = MEMORY")  # no journal file
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
    """Give a complete file its name, unless another file has that name by now."""
    try:
        os.link(fresh, path)
    except FileExistsError:
        pass
    except OSError as error:
        if error.errno not in (errno.EPERM, errno.EOPNOTSUPP, errno.EMLINK):
            raise
        os.rename(fresh, path)  # a file system without hard links


def _sync(path: Path) -> None:
    """Flush a file, or the entries of a folder, to the disk."""
    file = os.open(path, os.O_RDONLY)
    try:
        os.fsync(file)
    finally:
        os.close(file)


def _check_names(path: Path, found: os.stat_result) -> None:
    """Check that a file has no other name, under which its ``-wal`` would not be found.

    :raises LedgerError: if it has one.
    """
    if found.st_nlink > 1 and _inode_at(f"{path}-new") == _inode_of(found):
        with suppress(OSError):  # a server was killed between link and unlink
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
    """True if a file system, or a single file, is mounted at this path.

    ``os.path.ismount`` misses a file mounted from the same file system.
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
    """Open a file with an exclusive lock, against other servers.

    :param path: the ledger, for error messages.
    :param name: the file to lock. This process must not have it open.
    :return: the descriptor, which holds the lock while it is open.
    :raises LedgerError: if another process has the lock.
    :raises OSError: if the file cannot be opened or locked.
    """
    file = os.open(name, flags | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        _flock(file)
    except BlockingIOError:
        os.close(file)
        raise _lock_error(path) from None
    except OSError:
        os.close(file)
        raise
    return file


def _flock(file: int, is_shared: bool = False) -> None:
    """Lock an open file.

    :param is_shared: False for a server, True for a reader.
    :raises BlockingIOError: if another process has it locked, also after
        :data:`FLOCK_RETRY_DELAY`.
    """
    # Only on POSIX. The assignment's server has no ledger and must run without this module.
    import fcntl

    operation = fcntl.LOCK_NB | (fcntl.LOCK_SH if is_shared else fcntl.LOCK_EX)
    try:
        fcntl.flock(file, operation)
    except BlockingIOError:
        sleep(FLOCK_RETRY_DELAY)
        fcntl.flock(file, operation)


def _lock_error(path: Path) -> LedgerError:
    return LedgerError(f"another server or command is writing the file {path}.")


def _inode_of(found: os.stat_result) -> tuple[int, int]:
    return found.st_dev, found.st_ino


def _inode_at(name: str | Path) -> tuple[int, int] | None:
    """Device and inode of the file with this name, or None."""
    try:
        return _inode_of(os.stat(name))
    except OSError:
        return None
