"""``twistd auction`` with a mishap: ``python -m tests.crashes.launcher MISHAP NUMBER OPTIONS...``.

A mishap has the name of a point of :data:`POINTS`: the process is killed there, at its first visit
or a later one. With ``begin-error`` and the like, SQLite reports a disk error from that point on.
With ``file-size``, no file may grow beyond a number of pages of 4096 bytes. With ``none``, the
points are written to the file ``points``.

The ledger's log is moved into its database every 50 pages, so that a short run includes that too.
"""

import os
import resource
import signal
import sqlite3
import sys
from collections import Counter
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from twisted.scripts.twistd import run

from twisted_auction.ledger.journal import Ledger

POINTS = ("begin", "insert", "commit", "committed", "publish")
ERRORS = ("begin-error", "insert-error", "commit-error")
FILE_SIZE = "file-size"
NONE = "none"


class Mishap:
    """The mishap and its time."""

    def __init__(self, name: str, number: int) -> None:
        self._name = name
        self._number = number
        self._met: Counter[str] = Counter()

    def meet(self, point: str) -> None:
        """Reach a point.

        :raises sqlite3.OperationalError: if the disk is to fail here.
        """
        self._met[point] += 1
        if self._name == NONE:
            with open("points", "a") as file:
                file.write(f"{point}\n")
        elif self._name == point and self._met[point] == self._number:
            os.kill(os.getpid(), signal.SIGKILL)
        elif self._name == f"{point}-error" and self._met[point] >= self._number:
            raise sqlite3.OperationalError("disk I/O error")


def main() -> None:
    """Start ``twistd auction``."""
    name, number, *options = sys.argv[1:]
    mishap = Mishap(name, int(number))
    if name == FILE_SIZE:
        size = int(number) * 4096
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    after_commit = Ledger.after_commit

    class Connection(sqlite3.Connection):
        def __init__(self, *arguments: Any, **keywords: Any) -> None:
            super().__init__(*arguments, **keywords)
            super().execute("PRAGMA wal_autocheckpoint = 50")

        def execute(self, sql: str, parameters: Any = (), /) -> sqlite3.Cursor:
            if sql.startswith("BEGIN"):
                mishap.meet("begin")
            if sql != "COMMIT":
                return super().execute(sql, parameters)
            mishap.meet("commit")
            cursor = super().execute(sql, parameters)
            mishap.meet("committed")
            return cursor

        def executemany(self, sql: str, parameters: Iterable[Any], /) -> sqlite3.Cursor:
            mishap.meet("insert")
            return super().executemany(sql, parameters)

    def watched_after_commit(ledger: Ledger, publish: Callable[[], object]) -> None:
        def watched_publish() -> None:
            mishap.meet("publish")
            publish()

        after_commit(ledger, watched_publish)

    sqlite3.connect = partial(sqlite3.connect, factory=Connection)  # type: ignore[assignment]
    setattr(Ledger, "after_commit", watched_after_commit)  # noqa: B010  # mypy takes no assignment to a method
    sys.argv = ["twistd", "--nodaemon", "--pidfile=pid", "auction", *options]
    run()


if __name__ == "__main__":
    main()
