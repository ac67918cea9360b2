"""Where a server listens."""

import os
import re
import socket
import stat
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from time import sleep
from typing import Any

from twisted.application.internet import StreamServerEndpointService
from twisted.application.service import MultiService
from twisted.application.strports import service
from twisted.internet.defer import Deferred, DeferredList, succeed
from twisted.internet.endpoints import serverFromString
from twisted.internet.error import CannotListenError
from twisted.internet.interfaces import (
    IListeningPort,
    IProtocolFactory,
    IStreamServerEndpoint,
)
from zope.interface import implementer

from twisted_auction.house.rooms import Rooms
from twisted_auction.ledger.row import LedgerError
from twisted_auction.server.console import READY
from twisted_auction.server.limits import ConnectionLimits
from twisted_auction.server.proxied import ENDPOINT_PREFIX, ProxiedFactory
from twisted_auction.sockets import enable_keepalive, inline_urgent_data, set_unsent_lowat

BACKLOG = 4096
"""So many may wait to be let in. Of 2,000 who come at once, a backlog of 511 keeps hundreds waiting
until they try again, a second later (``benchmarks/connections.py``). Linux takes no more than its
own limit."""

UNIX = "unix:"
"""How the endpoint string of a unix socket begins."""

RETRIES = 10
"""How often a server tries again to lock the folder of its unix socket. Another server that starts
has it locked for as long as it takes to look and bind."""

RETRY_AFTER = 0.1
"""Seconds before each such try, in which a server that starts does nothing else."""

SHUTDOWN_TIMEOUT = 4.0
"""Seconds that connections may take to close when the server stops."""

SETTLE_HELP = (
    "Seconds from the last Buyer's arrival to the opening of the bidding, if it is still there, so "
    "that a port scan opens nothing; 0: at once."
)

_SECONDS = re.compile(r"[0-9]{1,2}(\.[0-9]{1,9})?")


def endpoint_description(port: str, reactor: Any) -> str:
    """The endpoint string for what a person gives as a port.

    :param port: a number, for TCP on every IPv4 interface, or any Twisted endpoint string.
    :raises ValueError: where it is neither.
    """
    if port.isascii() and port.isdigit():
        if len(port) > 5 or not 0 < int(port) < 65536:
            raise ValueError(f"a port is a number from 1 to 65535, not {port!r}")
        return checked(f"tcp:{port}", reactor)
    return checked(port, reactor)


def settling_time(text: object) -> float:
    """The seconds that ``--settle`` gives.

    :raises ValueError: where it gives no number, or one above a minute, naming the option.
    """
    if _SECONDS.fullmatch(str(text)) is None or float(str(text)) > 60:
        raise ValueError(f"--settle must be seconds from 0 to 60, such as 0.05, not {str(text)!r}")
    return float(str(text))


def control_description(control: str, reactor: Any) -> str:
    """The endpoint string for where the operator's orders are taken.

    A ``unix:`` socket of which no mode is said can be opened by its owner alone.

    :raises ValueError: where it is no endpoint string.
    """
    if control.isdigit() or (
        control.startswith(("tcp:", "tcp6:")) and ":interface=" not in control
    ):
        raise ValueError(
            f"{control!r} would let the whole network give orders; say unix:auction.control, which "
            "only this user can open"
        )
    if control.startswith(ENDPOINT_PREFIX):
        raise ValueError(f"{control!r}: orders come by no proxy; leave out {ENDPOINT_PREFIX}")
    if control.startswith(UNIX):
        if control.partition(":")[2].partition(":")[0] == "":
            raise ValueError("name the socket, for example unix:auction.control")
        if ":mode=" not in control:
            control += ":mode=600"
    return checked(control, reactor)


def checked(description: str, reactor: Any) -> str:
    """An endpoint string, once it is known to be one.

    :raises ValueError: where it is none.
    """
    try:
        serverFromString(reactor, description)
    except (ImportError, NameError):  # Twisted's parts for TLS are not installed
        problem = "TLS needs: pip install 'twisted-auction[tls]'"
    except (LookupError, TypeError, ValueError):  # their texts are for programmers
        problem = "it is neither a port nor an endpoint string such as tcp6:4000"
    except Exception as error:  # each kind of endpoint has errors of its own
        problem = str(error)
    else:
        return description
    raise ValueError(f"cannot listen on {description!r}: {problem}")


class CannotStart(SystemExit, Exception):
    """A port or the ledger cannot be had. Left alone, it ends the process with one line and
    status 1.

    It is an :exc:`Exception` as well, so that ``twistd`` tidies up and tells the person who started
    a daemon.
    """

    __module__ = "auction"  # twistd shows a daemon's starter the first 98 characters, name included


@implementer(IStreamServerEndpoint)
class _Tuned:
    """An endpoint at which many may wait, and whose connections end where the network goes without
    a word, and hold little for those who do not read."""

    def __init__(self, endpoint: IStreamServerEndpoint, seconds: int) -> None:
        self._endpoint = endpoint
        self._seconds = seconds

    def listen(self, protocolFactory: IProtocolFactory) -> "Deferred[IListeningPort]":
        """Listen; connections inherit the options of their port."""
        return self._endpoint.listen(protocolFactory).addCallback(self._tune)

    def _tune(self, port: IListeningPort) -> IListeningPort:
        handle: socket.socket | None = getattr(port, "socket", None)
        if handle is not None:
            handle.listen(BACKLOG)
            enable_keepalive(handle, self._seconds)
            set_unsent_lowat(handle)
            inline_urgent_data(handle)
        return port


class _UnixPorts:
    """Listens on unix sockets as a reactor does, but replaces a socket at which no server answers,
    such as a server that was killed leaves behind.

    Twisted has a lock for that, which takes a server to be alive as long as a process has its
    number. In a container that is always so: the next server has the same number, mostly 1.
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
        """Listen on a unix socket, with no lock beside it.

        :param address: the file.
        :raises CannotStart: where another server answers there.
        :raises OSError: where the socket cannot be made.
        """
        with _alone_in(os.path.dirname(os.path.abspath(address))):
            _remove_stale(address)
            try:
                port: IListeningPort = self._reactor.listenUNIX(address, factory, backlog, mode)
            except CannotListenError as error:
                if isinstance(error.socketError, OSError):  # its text has the file as bytes
                    raise error.socketError from None
                raise
        return port


class _HeaderFirst:
    """Listens for a proxy's connections with TLS, which begins after the header.

    Twisted puts TLS beneath the factory that it is given, so it would look for the header inside.
    """

    def __init__(self, reactor: Any) -> None:
        self._reactor = reactor

    def listenSSL(
        self,
        port: int,
        factory: ProxiedFactory,
        contextFactory: Any,
        backlog: int = BACKLOG,
        interface: str = "",
    ) -> IListeningPort:
        """Listen, as a reactor does.

        :raises CannotListenError: where the port cannot be had.
        """
        listening: IListeningPort = self._reactor.listenTCP(
            port, factory.secured(contextFactory), backlog, interface
        )
        return listening


@contextmanager
def _alone_in(folder: str) -> Iterator[None]:
    """Keep other servers from looking for stale sockets in this folder. Of two servers that start
    at the same time, one would remove the socket that the other has just made.

    :raises CannotStart: where another program keeps the folder locked.
    """
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        retries = 0
        while not _locks(descriptor):
            if retries == RETRIES:
                raise CannotStart(
                    f"another program has the folder {folder} locked: end it, or name a socket in "
                    "another folder."
                )
            retries += 1
            sleep(RETRY_AFTER)
        yield
    finally:
        os.close(descriptor)


def _locks(folder: int) -> bool:
    """Lock a folder for this server, unless another program has it locked.

    :return: whether it is locked for this server now.
    """
    import fcntl  # not where there are no unix sockets

    try:
        fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _remove_stale(address: str) -> None:
    """Remove a unix socket that no server answers at.

    :raises CannotStart: where one does.
    """
    with socket.socket(socket.AF_UNIX) as probe:
        probe.setblocking(False)
        try:
            probe.connect(address)
        except ConnectionRefusedError:
            if stat.S_ISSOCK(os.lstat(address).st_mode):  # a file of another kind refuses, too
                os.unlink(address)
            return
        except BlockingIOError:  # more are waiting to be let in than there is room for
            pass
        except OSError:  # there is none; or binding will meet the same trouble, and say so
            return
    raise CannotStart(f"another server listens on {address}.")


def _explained(error: Exception) -> str:
    """What an error says to a person: as for a file that is missing, which one."""
    reason = getattr(error, "strerror", None) or str(error)
    file = getattr(error, "filename", None)
    return f"{reason}: {file}" if isinstance(file, str) else reason


class AuctionService(MultiService):
    """A house that is open for as long as this service runs. It may be started again.

    :param ports: endpoint strings, each with the factory that serves it.
    :param announce: is told, once everything is open, what the operator is to read.
    :param connections: what all connections have in common.
    :param rooms: the house.
    """

    def __init__(
        self,
        ports: Iterable[tuple[str, IProtocolFactory]],
        reactor: Any,
        announce: Callable[[str], object],
        connections: ConnectionLimits,
        rooms: Rooms,
    ) -> None:
        super().__init__()
        self._reactor = reactor
        self._announce = announce
        self._connections = connections
        self._rooms = rooms
        rooms.listen(connections)
        self._described = list(ports)
        self._ports: list[tuple[str, StreamServerEndpointService]] = []
        self._listening: list[StreamServerEndpointService] = []
        self._make_ports()

    def privilegedStartService(self) -> None:
        """Take the ports that may need privileges. Unix sockets do not, and belong to the user who
        makes them, so they wait until ``twistd --uid`` has become that user.

        :raises CannotStart: where one cannot be had.
        """
        self._listen([each for each in self._ports if not each[0].startswith(UNIX)])

    def startService(self) -> None:
        """Take the ports that are not taken yet, and open the ledger, by now with the rights of the
        user that the server runs as. Say that auctions can be held, and how many go on that were on
        before.

        :raises CannotStart: where a port or the ledger cannot be had.
        """
        self._listen(self._ports)
        try:
            self._rooms.open()
        except LedgerError as error:
            self._stop_listening()
            raise CannotStart(str(error)) from None
        super().startService()
        self._announce(READY)
        resumed = sum(not room.is_idle for room in self._rooms.values())
        if resumed:
            self._announce(f"Auctions that go on: {resumed}.")

    def stopService(self) -> Deferred[None]:
        """Close the ports, give everyone who is there a moment to hear of it, and then close the
        ledger."""
        self.running = False
        stopped: Deferred[Any] = succeed(None)
        # All rooms in one turn: nothing must come to one that has closed by way of another's port.
        stopped.addCallback(lambda _: self._rooms.close())
        stopped.addCallback(lambda _: self._stop_listening())
        stopped.addCallback(lambda _: self._connections.handshakes.expire())
        stopped.addCallback(lambda _: self._recorded())
        stopped.addCallback(lambda _: self._connections.closing.wait_until_idle())
        stopped.addTimeout(SHUTDOWN_TIMEOUT, self._reactor, lambda _, __: None)
        return stopped.addBoth(self._close_ledger)

    def _make_ports(self) -> None:
        """Make a service for each port; one of Twisted's listens only once."""
        for _, port in self._ports:
            port.disownServiceParent()
        self._ports = []
        for description, factory in self._described:
            endpoint = description.removeprefix(ENDPOINT_PREFIX)
            reactor: Any = self._reactor
            if endpoint.startswith(UNIX):
                reactor = _UnixPorts(reactor)
            elif description.startswith(f"{ENDPOINT_PREFIX}ssl:"):
                reactor = _HeaderFirst(reactor)
            port = service(endpoint, factory, reactor)
            if description.startswith(ENDPOINT_PREFIX):
                port.factory = ProxiedFactory(factory, self._connections)
            port.endpoint = _Tuned(port.endpoint, self._connections.limits.peer_timeout)
            port.setServiceParent(self)
            self._ports.append((endpoint, port))

    def _listen(self, ports: Iterable[tuple[str, StreamServerEndpointService]]) -> None:
        """Take these ports, as far as they are not taken.

        :raises CannotStart: where one cannot be had; then none is.
        """
        for description, port in ports:
            if port in self._listening:
                continue
            try:
                port.privilegedStartService()
            except CannotListenError as error:
                problem = str(error)
            except (OSError, OverflowError) as error:
                problem = f"cannot listen on {description}: {_explained(error)}"
            except CannotStart as error:
                problem = str(error)
            else:
                self._listening.append(port)
                continue
            self._stop_listening()
            raise CannotStart(problem)

    def _stop_listening(self) -> Deferred[Any]:
        """Close the ports that were taken, and be ready to take them again."""
        stopped = [port.stopService() for port in self._listening]
        self._listening = []
        self._make_ports()
        return DeferredList(stopped)

    def _recorded(self) -> Deferred[None]:
        """Wait until what has happened is on the disk, where another program has delayed that."""
        recorded: Deferred[None] = Deferred()
        if self._rooms.is_waiting:
            self._rooms.journal.after_commit(lambda: recorded.callback(None))
        else:
            recorded.callback(None)
        return recorded

    def _close_ledger(self, result: None) -> None:
        self._rooms.close_ledger()
        return result
