"""Where a server listens."""

import socket
from collections.abc import Callable, Iterable
from typing import Any

from twisted.application.internet import StreamServerEndpointService
from twisted.application.service import MultiService
from twisted.application.strports import service
from twisted.internet.defer import Deferred, succeed
from twisted.internet.endpoints import serverFromString
from twisted.internet.error import CannotListenError
from twisted.internet.interfaces import (
    IListeningPort,
    IProtocolFactory,
    IStreamServerEndpoint,
)
from zope.interface import implementer

from twisted_auction.house.ledger import LedgerError
from twisted_auction.house.rooms import Rooms
from twisted_auction.server.console import READY
from twisted_auction.server.limits import Gate
from twisted_auction.server.proxied import PREFIX, ProxiedFactory
from twisted_auction.sockets import hold_little, notice_cuts

BACKLOG = 4096
"""So many may wait to be let in. Of 2,000 who come at once, a backlog of 511 keeps hundreds waiting
until they try again, a second later (``benchmarks/connections.py``). Linux takes no more than its
own limit."""

PATIENCE = 4.0
"""Seconds that connections may take to close when the server stops."""


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


def control_description(control: str, reactor: Any) -> str:
    """The endpoint string for where the operator's orders are taken.

    A ``unix:`` socket of which no mode is said can be opened by its owner alone.

    :raises ValueError: where it is no endpoint string.
    """
    if control.isdigit():
        raise ValueError(
            f"{control!r} would let the whole network give orders; say unix:auction.control, or "
            f"tcp:{control}:interface=127.0.0.1"
        )
    if control.startswith(PREFIX):
        raise ValueError(f"{control!r}: orders come by no proxy; leave out {PREFIX}")
    if control.startswith("unix:"):
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
            notice_cuts(handle, self._seconds)
            hold_little(handle)
        return port


class AuctionService(MultiService):
    """A house that is open for as long as this service runs.

    :param ports: endpoint strings, each with the factory that serves it.
    :param announce: is told, once everything is open, what the operator is to read.
    :param gate: what all connections have in common.
    :param rooms: the house.
    """

    def __init__(
        self,
        ports: Iterable[tuple[str, IProtocolFactory]],
        reactor: Any,
        announce: Callable[[str], object],
        gate: Gate,
        rooms: Rooms,
    ) -> None:
        super().__init__()
        self._reactor = reactor
        self._announce = announce
        self._gate = gate
        self._rooms = rooms
        self._ports: list[tuple[str, StreamServerEndpointService]] = []
        for description, factory in ports:
            port = service(description.removeprefix(PREFIX), factory, reactor)
            if description.startswith(PREFIX):
                port.factory = ProxiedFactory(factory, gate)
            port.endpoint = _Tuned(port.endpoint, gate.limits.peer_timeout)
            port.setServiceParent(self)
            self._ports.append((description, port))

    def privilegedStartService(self) -> None:
        """Take the ports.

        :raises CannotStart: where one cannot be had.
        """
        for description, port in self._ports:
            try:
                port.privilegedStartService()
            except CannotListenError as error:
                raise CannotStart(str(error)) from None
            except (OSError, OverflowError) as error:
                why = getattr(error, "strerror", None) or error
                raise CannotStart(f"cannot listen on {description}: {why}") from None

    def startService(self) -> None:
        """Open the ledger, by now with the rights of whoever the server runs as, and say that
        auctions can be held, and how many go on that were on before.

        :raises CannotStart: where the ledger cannot be had.
        """
        try:
            self._rooms.open()
        except LedgerError as error:
            raise CannotStart(str(error)) from None
        super().startService()
        self._announce(READY)
        resumed = sum(not room.is_idle for room in self._rooms.values())
        if resumed:
            self._announce(f"Auctions that go on: {resumed}.")

    def stopService(self) -> Deferred[None]:
        """Close the ports, give everyone who is there a moment to hear of it, and then close the
        ledger."""
        stop = super().stopService
        stopped: Deferred[Any] = succeed(None)
        stopped.addCallback(lambda _: stop())
        stopped.addCallback(lambda _: self._gate.handshakes.expire())
        stopped.addCallback(lambda _: self._rooms.close())
        stopped.addCallback(lambda _: self._gate.farewells.over())
        stopped.addTimeout(PATIENCE, self._reactor, lambda _, __: None)
        return stopped.addBoth(self._close_ledger)

    def _close_ledger(self, result: None) -> None:
        self._rooms.close_ledger()
        return result
