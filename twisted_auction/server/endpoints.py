"""The endpoint strings of a server, the endpoints that they describe, and the error of every start
that fails."""

import socket
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.endpoints import serverFromString
from twisted.internet.interfaces import IListeningPort, IProtocolFactory, IStreamServerEndpoint
from zope.interface import implementer

from twisted_auction.server.proxied import ENDPOINT_PREFIX, ProxiedFactory
from twisted_auction.sockets import (
    enable_keepalive,
    inline_urgent_data,
    send_at_once,
    set_unsent_lowat,
)

BACKLOG = 4096
"""Connections that the kernel queues until the server accepts them. When 2,000 clients connect at
once, a backlog of 511 leaves hundreds of them waiting for their next attempt, a second later
(``benchmarks/connections.py``). Linux lowers this number to its own limit."""

UNIX = "unix:"
"""The prefix of a Unix socket's endpoint string."""


class CannotStart(SystemExit, Exception):
    """A port or the ledger is not available. If nothing catches this error, it ends the process
    with one line and status 1.

    It is also an :exc:`Exception`, so that ``twistd`` cleans up and reports it to the user who
    started a daemon.
    """

    __module__ = "auction"  # twistd shows a daemon's starter the first 98 characters, name included


def endpoint_description(port: str, reactor: Any) -> str:
    """Turn a user's port into an endpoint string.

    :param port: a number, for TCP on every IPv4 interface, or any Twisted endpoint string.
    :raises ValueError: if it is neither.
    """
    if port.isascii() and port.isdigit():
        if len(port) > 5 or not 0 < int(port) < 65536:
            raise ValueError(f"a port is a number from 1 to 65535, not {port!r}")
        return checked(f"tcp:{port}", reactor)
    return checked(port, reactor)


def metrics_description(port: str, reactor: Any) -> str:
    """Turn a user's port for metrics into an endpoint string.

    :param port: a number, for clients on this machine alone, or any Twisted endpoint string.
    :raises ValueError: if it is neither.
    """
    description = endpoint_description(port, reactor)
    return f"{description}:interface=127.0.0.1" if port.isdigit() else description


def control_description(control: str, reactor: Any) -> str:
    """Turn a user's control endpoint into an endpoint string.

    A ``unix:`` socket without a mode gets mode 600: only its owner can connect.

    :raises ValueError: if it is no endpoint string, or the whole network could give orders there.
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
    """Check that Twisted can parse an endpoint string.

    :return: the same string.
    :raises ValueError: if it cannot; the text says why.
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


@implementer(IStreamServerEndpoint)
class TunedEndpoint:
    """An endpoint whose port has a long backlog, and whose connections detect a dead network,
    buffer little for a client that does not read, and send each letter at once.

    :param endpoint: opens the port.
    :param peer_timeout: seconds without a sign of the peer after which a connection ends; 0: never.
    """

    def __init__(self, endpoint: IStreamServerEndpoint, peer_timeout: int) -> None:
        self._endpoint = endpoint
        self._peer_timeout = peer_timeout

    def listen(self, protocolFactory: IProtocolFactory) -> "Deferred[IListeningPort]":
        """Listen. Connections inherit the socket options of the port."""
        return self._endpoint.listen(protocolFactory).addCallback(self._tune)

    def _tune(self, port: IListeningPort) -> IListeningPort:
        handle: socket.socket | None = getattr(port, "socket", None)
        if handle is not None:
            handle.listen(BACKLOG)
            enable_keepalive(handle, self._peer_timeout)
            set_unsent_lowat(handle)
            inline_urgent_data(handle)
            send_at_once(handle)
        return port


class TlsAfterHeader:
    """A reactor for ``haproxy:ssl:`` endpoints: TLS begins after the proxy's header.

    Twisted puts TLS beneath the factory that it is given, so it would expect the header inside TLS.
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

        :raises CannotListenError: if the port is not available.
        """
        listening: IListeningPort = self._reactor.listenTCP(
            port, factory.secured(contextFactory), backlog, interface
        )
        return listening
