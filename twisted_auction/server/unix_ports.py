"""Unix sockets. The file of a socket outlives a killed server."""

import os
import socket
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from time import sleep
from typing import Any

from twisted.internet.error import CannotListenError
from twisted.internet.interfaces import IListeningPort, IProtocolFactory

from twisted_auction.server.endpoints import BACKLOG, CannotStart

LOCK_RETRIES = 10
"""Number of further attempts to lock the folder of a Unix socket. Another server that starts keeps
the lock until it has bound its socket."""

LOCK_RETRY_DELAY = 0.1
"""Seconds before each of these attempts. The server that starts blocks for that time."""


class UnixPorts:
    """Listens on Unix sockets as a reactor does, but replaces a stale socket. A socket is stale if
    its server was killed, so no server answers.

    Twisted's own lock takes a server to be alive if any process has the server's process id. In a
    container that is always true, because the next server has the same id, usually 1.
    """

    def __init__(self, reactor: Any) -> None:
        self._reactor = reactor

    def listenUNIX(
        self,
        address: str,
        factory: IProtocolFactory,
        backlog: int = BACKLOG,
        mode: int = 0o666,
        wantPID: bool = False,
    ) -> IListeningPort:
        """Listen on a Unix socket, without Twisted's lock file beside it.

        :param address: the path of the socket.
        :raises CannotStart: if another server answers there, or a program keeps the folder locked.
        :raises OSError: if the socket cannot be made.
        """
        with _folder_locked(os.path.dirname(os.path.abspath(address))):
            _remove_stale(address)
            try:
                port: IListeningPort = self._reactor.listenUNIX(address, factory, backlog, mode)
            except CannotListenError as error:
                if isinstance(error.socketError, OSError):  # its text has the path as bytes
                    raise error.socketError from None
                raise
        return port


@contextmanager
def _folder_locked(folder: str) -> Iterator[None]:
    """Lock a folder while a server replaces a stale socket in it. Without the lock, two servers
    could start at the same time, and each could remove the other's new socket.

    :raises CannotStart: if another program keeps the folder locked.
    """
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        retries = 0
        while not _try_lock(descriptor):
            if retries == LOCK_RETRIES:
                raise CannotStart(
                    f"another program has the folder {folder} locked: end it, or name a socket in "
                    "another folder."
                )
            retries += 1
            sleep(LOCK_RETRY_DELAY)
        yield
    finally:
        os.close(descriptor)  # releases the lock


def _try_lock(folder: int) -> bool:
    """Lock a folder, unless another program has locked it.

    :param folder: its descriptor.
    :return: True if it is locked for this server now.
    """
    import fcntl  # systems without Unix sockets do not have it

    try:
        fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _remove_stale(address: str) -> None:
    """Remove the socket at this path if no server answers there.

    :raises CannotStart: if a server answers.
    """
    with socket.socket(socket.AF_UNIX) as probe:
        probe.setblocking(False)
        try:
            probe.connect(address)
        except ConnectionRefusedError:
            if stat.S_ISSOCK(os.lstat(address).st_mode):  # files of other kinds refuse as well
                os.unlink(address)
            return
        except BlockingIOError:  # the server's backlog is full
            pass
        except OSError:  # nothing is there; any other trouble comes back when the socket is bound
            return
    raise CannotStart(f"another server listens on {address}.")
