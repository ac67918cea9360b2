"""Connections by way of a proxy. The proxy names the client in a header (the PROXY protocol).

The header comes first, before a TLS handshake. Any client can write one, so the server believes it
on ``haproxy:`` endpoints only.

A proxy also connects for itself, as a health check. Such a connection takes no seat: the server
accepts it, sends nothing, and ends it when the proxy closes it or after ``handshake_timeout``.
Beneath TLS it gets its handshake, which a proxy may require before it sends clients.

Health checks, and connections without their header, count towards ``max_connections``, because each
has a descriptor.
"""

from ipaddress import IPv4Address as IPv4
from ipaddress import IPv6Address as IPv6
from typing import TYPE_CHECKING, Any

from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.interfaces import IAddress, IProtocolFactory, ITransport
from twisted.internet.protocol import Factory, Protocol, connectionDone
from twisted.protocols.policies import ProtocolWrapper, WrappingFactory
from twisted.python.failure import Failure

from twisted_auction.server.limits import ConnectionLimits, peer_of, unmapped
from twisted_auction.twisted_internals import parse_proxy_header

ENDPOINT_PREFIX = "haproxy:"
"""Beginning of the endpoint strings."""

V1_PREFIX = b"PROXY "
"""Beginning of a header of version 1, which is one line."""

MAX_V1_HEADER = 107
"""Largest length of such a header by the specification, in bytes, with its CRLF."""

V2_PREFIX = b"\r\n\r\n\x00\r\nQUIT\n"
"""Beginning of a header of version 2, which is binary."""

MAX_V2_HEADER = 4096
"""Largest length of such a header that the server accepts, in bytes. Addresses take up to 232. The
server skips the rest, such as the name in a client's certificate."""


class ProxiedProtocol(ProtocolWrapper):
    """Reads the header, and then connects another protocol. As the transport of that protocol, it
    has the client's address."""

    factory: "ProxiedFactory"
    transport: ITransport
    _source: IAddress | None = None

    def __init__(self, factory: "ProxiedFactory") -> None:
        super().__init__(factory, Protocol())  # a placeholder until the header is there
        self._header: bytes | None = b""  # the part received so far; None when none is awaited
        self._is_counted = False  # under no peer, until the client is known

    def makeConnection(self, transport: Any) -> None:
        """Wait for the header, for ``handshake_timeout`` at most. If the server is full, let the
        factory refuse the connection without one."""
        super().makeConnection(transport)
        connections = self.factory.connections
        if connections.is_full:
            self._header = None
            self._connect_to(self.factory.wrappedFactory)
        else:
            self._is_counted = connections.acquire(None) is not None
            connections.handshakes.start(self.abortConnection)

    def getPeer(self) -> IAddress:
        """The client's address, or the proxy's until the header is there."""
        return self._source or self.transport.getPeer()

    def dataReceived(self, data: bytes) -> None:
        """Read the header, and pass on the data after it."""
        if self._header is None:
            super().dataReceived(data)
            return
        self._header += data
        try:
            length = header_length(self._header)
            if not length:
                return
            header, data = self._header[:length], self._header[length:]
            source = source_of(header, self.transport.getPeer())
        except ValueError:
            peer = peer_of(self.transport.getPeer())
            why = "no PROXY header that makes sense came from {peer!r}"
            self.factory.connections.log_refusal(why, peer=peer)
            self.abortConnection()
            return
        self._header, self._source = None, source
        if source is None:
            # The timeout goes on: it ends a health check if the proxy does not.
            self._connect_to(self.factory.health_check_factory)
        else:
            self._stop_waiting()
            self._connect_to(self.factory.wrappedFactory)
        if data:
            self.wrappedProtocol.dataReceived(data)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Stop waiting, and end the other protocol."""
        self._stop_waiting()
        super().connectionLost(reason)

    def _connect_to(self, factory: IProtocolFactory) -> None:
        protocol: Any = factory.buildProtocol(self.getPeer())
        self.wrappedProtocol = protocol
        protocol.makeConnection(self)

    def _stop_waiting(self) -> None:
        """Cancel the timeout, and stop counting the connection: the other factory counts it now."""
        self.factory.connections.handshakes.cancel(self.abortConnection)
        if self._is_counted:
            self._is_counted = False
            self.factory.connections.release("")


def header_length(data: bytes) -> int:
    """Find the end of the header.

    :param data: the first bytes of a connection.
    :return: the length of the header in bytes; 0 if it is not complete.
    :raises ValueError: if there is no header, or it is too long.
    """
    if V2_PREFIX.startswith(data[: len(V2_PREFIX)]):
        if len(data) < 16:
            return 0
        length = 16 + int.from_bytes(data[14:16], "big")
        if length > MAX_V2_HEADER:
            raise ValueError("too long")
        return length if length <= len(data) else 0
    if not V1_PREFIX.startswith(data[: len(V1_PREFIX)]):
        raise ValueError("no header")
    end = data.find(b"\r\n", 0, MAX_V1_HEADER)
    if end < 0 and len(data) >= MAX_V1_HEADER:
        raise ValueError("too long")
    return end + 2 if end >= 0 else 0


def source_of(header: bytes, proxy: IAddress) -> IAddress | None:
    """Find out for which client a proxy connects.

    :param proxy: the address of the connection itself.
    :return: the client; None if the proxy connects for itself. It says so by LOCAL in version 2, by
        UNKNOWN in version 1, and by its own address and port in version 1, as HAProxy's checks do.
    :raises ValueError: if the header is malformed.
    """
    source = parse_proxy_header(header)
    _check_address(source)
    if source is None or (
        header.startswith(V1_PREFIX) and _endpoint_of(source) == _endpoint_of(proxy)
    ):
        return None
    return source


def _endpoint_of(address: IAddress) -> object:
    """An address and port that compare equal in all their spellings."""
    match unmapped(address):
        case IPv4Address() as ipv4:
            return IPv4(ipv4.host), ipv4.port
        case IPv6Address() as ipv6:
            return IPv6(ipv6.host.partition("%")[0]), ipv6.port
    return address


def _check_address(source: IAddress | None) -> None:
    """Check the address in a header: Twisted's parser accepts any text.

    :raises ValueError: if it is no address.
    """
    match source:
        case IPv4Address():
            IPv4(source.host)
        case IPv6Address():
            if IPv6(source.host).scope_id is not None:  # valid on the proxy's own machine only
                raise ValueError("a scope in an address")
        case _:
            return
    if not 0 <= source.port < 65536:
        raise ValueError("no port")


if TYPE_CHECKING:
    _Wrapping = WrappingFactory[ProxiedProtocol]
else:  # the class has no type parameter in Twisted 24.11
    _Wrapping = WrappingFactory


class ProxiedFactory(_Wrapping):
    """Connects the clients of a proxy to another factory.

    :param connections: shared with the other factory.
    :param health_check_factory: for the proxy's own connections; None: one that sends nothing.
    """

    noisy = False

    def __init__(
        self,
        factory: IProtocolFactory,
        connections: ConnectionLimits,
        health_check_factory: IProtocolFactory | None = None,
    ) -> None:
        super().__init__(factory)
        self.connections = connections
        if health_check_factory is None:
            health_check_factory = Factory.forProtocol(Protocol)
        self.health_check_factory: IProtocolFactory = health_check_factory

    def buildProtocol(self, addr: IAddress | None) -> ProxiedProtocol:
        """Make a protocol waiting for the header."""
        return ProxiedProtocol(self)

    def secured(self, context: Any) -> "ProxiedFactory":
        """Make the same factory with TLS after the header.

        :param context: the server's side of TLS, as for ``reactor.listenSSL``.
        """
        from twisted.protocols.tls import TLSMemoryBIOFactory  # needs an extra

        factories = (self.wrappedFactory, self.health_check_factory)
        clients, health_checks = (TLSMemoryBIOFactory(context, False, each) for each in factories)
        return ProxiedFactory(clients, self.connections, health_checks)
