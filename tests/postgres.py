"""A PostgreSQL server for the tests of one process, with a database for each test."""

import atexit
import glob
import os
import pwd
import shutil
import subprocess
import tempfile
from functools import cache
from itertools import count
from pathlib import Path
from unittest import SkipTest

USER = "auction"
"""The database user; no password is needed on the socket."""

_numbers = count(1)


def new_database() -> str:
    """The address of a new empty database.

    :raises SkipTest: if no PostgreSQL is installed, or psycopg is not.
    """
    server = _server()
    import psycopg

    name = f"house{next(_numbers)}"
    with psycopg.connect(server.address("postgres"), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return server.address(name)


class Server:
    """A server in a folder of its own, which is removed when this process ends.

    :param programs: the folder of ``initdb`` and ``postgres``.
    """

    def __init__(self, programs: Path) -> None:
        self._programs = programs
        self.folder = Path(tempfile.mkdtemp(prefix="pg", dir="/tmp"))  # sockets need short names
        atexit.register(shutil.rmtree, self.folder, ignore_errors=True)
        # PostgreSQL refuses to run as root.
        self._user = None
        if os.geteuid() == 0:
            account = pwd.getpwnam("nobody")
            self._user = account.pw_uid
            os.chown(self.folder, account.pw_uid, account.pw_gid)
        data = self.folder / "data"
        self._run("initdb", "-D", data, "-U", USER, "-A", "trust", "--no-sync", "-E", "UTF8")
        self._run(
            *("pg_ctl", "-D", data, "-w", "-l", self.folder / "log", "-o"),
            f"-c fsync=off -c listen_addresses='' -c unix_socket_directories={self.folder}",
            "start",
        )
        atexit.register(self._run, "pg_ctl", "-D", data, "-m", "immediate", "stop")

    def address(self, database: str) -> str:
        """The address of a database."""
        return f"postgresql://{USER}@/{database}?host={self.folder}"

    def _run(self, program: str, *arguments: object) -> None:
        subprocess.run(
            [self._programs / program, *map(str, arguments)],
            check=True,
            cwd="/",
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            stdin=subprocess.DEVNULL,
            user=self._user,
        )


@cache
def _server() -> Server:
    try:
        import psycopg  # noqa: F401
    except ImportError:
        raise SkipTest("needs the extra postgres") from None
    # Debian keeps the programs of each version in a folder of their own.
    found = shutil.which("initdb") or max(glob.glob("/usr/lib/postgresql/*/bin/initdb"), default="")
    if not found:
        raise SkipTest("needs PostgreSQL")
    return Server(Path(os.path.realpath(found)).parent)
