"""Connections that come by a proxy, which says in a header whom it speaks for.

The header is believed on a ``haproxy:`` endpoint, and only there: anybody can write one.
"""

from ipaddress import IPv4Address as IPv4
from ipaddress import IPv6Address as IPv6
from typing import Any

from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.interfaces import IAddress, INegotiated, IProtocolFactory
from twisted.internet.protocol import Protocol, connectionDone
from twisted.logger import Logger
from twisted.protocols.haproxy import _wrapper as haproxy  # its classes have no public names
from twisted.python.failure import Failure

from twisted_auction.server.limits import Gate

PREFIX = "haproxy:"
"""How the endpoint strings begin."""

_log = Logger(namespace="auction")


class Held(Protocol):
    """Keeps what follows the header until somebody is there to take it."""

    data = b""

    def dataReceived(self, data: bytes) -> None:
        """Keep this."""
        self.data = data


class ProxiedProtocol(haproxy.HAProxyProtocolWrapper):
    """Waits for the header, and only then lets the other protocol know of the connection: by then,
    the transport tells from whom it really comes."""

    def __init__(self, factory: Any, protocol: Any) -> None:
        self._held = Held()
        super().__init__(factory, self._held)
        self._gate: Gate = factory.gate
        self._guest = protocol  # as long as it waits

    def makeConnection(self, transport: Any) -> None:
        """Give the proxy a moment for the header."""
        super().makeConnection(transport)
        self._gate.handshakes.begin(self.abortConnection)

    def dataReceived(self, data: bytes) -> None:
        """Read the header, or pass on what follows it."""
        if self._guest is None:
            super().dataReceived(data)
            return
        try:
            super().dataReceived(data)
            if self._proxyInfo is None:
                return
            _check(self._proxyInfo.source)
        except ValueError:  # the header is of the right form, and no more
            self.loseConnection()
            return
        self._gate.handshakes.end(self.abortConnection)
        guest, self._guest, self.wrappedProtocol = self._guest, None, self._guest
        guest.makeConnection(self)
        if INegotiated.providedBy(self):
            guest.handshakeCompleted()  # it is: the header came through it
        if self._held.data:
            guest.dataReceived(self._held.data)

    def loseConnection(self) -> None:
        """Close the connection; where it makes no sense as far as it has come, at once."""
        if self._guest is None:
            super().loseConnection()
        else:
            _log.warn("A proxy sends no PROXY header that makes sense.")
            self.abortConnection()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Do not wait any longer."""
        self._gate.handshakes.end(self.abortConnection)
        super().connectionLost(reason)


def _check(source: IAddress | None) -> None:
    """See that what a header says is an address: Twisted takes any text for one.

    :raises ValueError: where it is none.
    """
    match source:
        case IPv4Address():
            IPv4(source.host)
        case IPv6Address():
            if IPv6(source.host).scope_id is not None:
                raise ValueError("a scope means nothing to others")
        case _:
            return
    if not 0 <= source.port < 65536:
        raise ValueError("no port")


class ProxiedFactory(haproxy.HAProxyWrappingFactory):
    """Brings a proxy's connections to another factory.

    :param gate: says how long a header may take.
    """

    protocol: Any = ProxiedProtocol
    noisy = False

    def __init__(self, factory: IProtocolFactory, gate: Gate) -> None:
        super().__init__(factory)
        self.gate = gate
