"""The log file of a server under ``twistd``."""

import os
import pwd
import signal
import stat
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

from twisted_auction.twisted_internals import LogFileBase


class OperatorLog(LogFileBase):
    """The log file of a server under ``twistd``, for its own user alone.

    It has the name and the rotation of ``twistd``'s own log file, with these differences:

    * It is opened for appending, so a program that copies and truncates it leaves no gap of NUL
      bytes.
    * It belongs to the user that the server runs as later, who can then rotate it.
    * Its mode is 0600, whatever the umask.
    * A device or a pipe is not rotated. As root, ``twistd`` would rename ``/dev/null``.

    A file with several names, or behind a symbolic link, keeps its owner and its mode. Otherwise
    the server's user, who may write to the folder, could make root give it any file of the machine.

    :param path: the file.
    :param owner: user id and group id of the future owner; -1 for the present one.
    """

    def __init__(self, path: Path, owner: tuple[int, int] = (-1, -1)) -> None:
        self._owner = owner
        super().__init__(path.name, str(path.parent))

    def shouldRotate(self) -> bool:
        """True if the file has reached the limit. Another program may truncate the file, so the
        length comes from the system each time."""
        return self._is_regular and os.fstat(self.file.fileno()).st_size >= self.rotateLength

    @property
    def can_rotate(self) -> bool:
        """True if this process may rename the file, or need not."""
        return not self._is_regular or os.access(self.directory, os.W_OK)

    def open_file(self) -> BinaryIO:
        """Open the file, and give it to the server's user."""
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
        file = open(  # noqa: SIM115  # LogFile closes it
            self.path, "ab", 0, opener=lambda path, _: os.open(path, flags, 0o600)
        )
        found = os.fstat(file.fileno())
        self._is_regular = stat.S_ISREG(found.st_mode)
        if self._is_regular and self._has_one_name(found):
            with suppress(PermissionError):  # the file of another user stays as it is
                os.fchmod(file.fileno(), 0o600)
                if os.geteuid() == 0:
                    os.fchown(file.fileno(), *self._owner)
        return file

    def _has_one_name(self, found: os.stat_result) -> bool:
        """True if this path is the only name of the open file."""
        return found.st_nlink == 1 and os.path.samestat(found, os.lstat(self.path))


def open_log(twistd: Mapping[str, Any]) -> OperatorLog | None:
    """Open the file that ``twistd`` would log to.

    :param twistd: its options.
    :return: None if it logs to no file, or in a way of the operator's own.
    :raises OSError: if the file cannot be opened.
    """
    name = twistd["logfile"] or ("" if twistd["nodaemon"] else "twistd.log")
    if name in ("", "-") or twistd["logger"] or twistd["syslog"]:
        return None
    uid, gid = twistd["uid"], twistd["gid"]
    if gid is None and uid is not None:
        with suppress(KeyError):  # twistd refuses such a user itself
            gid = pwd.getpwuid(uid).pw_gid
    owner = (-1 if uid is None else uid, -1 if gid is None else gid)
    return OperatorLog(Path(name).absolute(), owner)


def rotate_on_signal(log: OperatorLog, reactor: Any) -> None:
    """Rotate a log on SIGUSR1, as ``twistd`` does, unless the signal has another use."""
    if not signal.getsignal(signal.SIGUSR1):
        signal.signal(signal.SIGUSR1, lambda *_: reactor.callFromThread(log.rotate))
