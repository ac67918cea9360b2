"""The file that the operator reads afterwards."""

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

    It is ``twistd``'s own log file in everything, its name and its rotation included, with these
    differences. It is opened for appending, so a program that copies and truncates it leaves no
    gap of NUL bytes. It belongs to the user that the server is going to become, who may then rotate
    it. It is 0600 whatever the umask. A device or a pipe is not rotated: as root, ``twistd`` would
    rename ``/dev/null``.

    A file that has other names, or that a symbolic link leads to, keeps its owner and its mode: the
    server's user may write to the folder, and could have root give it any file of the machine.

    :param path: the file.
    :param owner: the ids of the user and of the group that it is to belong to, -1 for the present
        one.
    """

    def __init__(self, path: Path, owner: tuple[int, int] = (-1, -1)) -> None:
        self._owner = owner
        super().__init__(path.name, str(path.parent))

    def shouldRotate(self) -> bool:
        """Rotate a file whose length has reached the limit; another program may have cut it."""
        return self._is_regular and os.fstat(self.file.fileno()).st_size >= self.rotateLength

    @property
    def can_rotate(self) -> bool:
        """Whether this process may rename the file, where that is wanted at all."""
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
        """True if the open file is found under this path alone."""
        return found.st_nlink == 1 and os.path.samestat(found, os.lstat(self.path))


def opened_for(twistd: Mapping[str, Any]) -> OperatorLog | None:
    """Open the file that ``twistd`` would log to.

    :param twistd: its options.
    :return: None where it logs to no file, or in a way of the operator's own.
    :raises OSError: where the file cannot be opened.
    """
    name = twistd["logfile"] or ("" if twistd["nodaemon"] else "twistd.log")
    if name in ("", "-") or twistd["logger"] or twistd["syslog"]:
        return None
    uid, gid = twistd["uid"], twistd["gid"]
    if gid is None and uid is not None:
        with suppress(KeyError):  # twistd will complain
            gid = pwd.getpwuid(uid).pw_gid
    owner = (-1 if uid is None else uid, -1 if gid is None else gid)
    return OperatorLog(Path(name).absolute(), owner)


def rotate_on_signal(log: OperatorLog, reactor: Any) -> None:
    """Rotate a log on SIGUSR1, as ``twistd`` does, where the signal is not used for anything."""
    if not signal.getsignal(signal.SIGUSR1):
        signal.signal(signal.SIGUSR1, lambda *_: reactor.callFromThread(log.rotate))
