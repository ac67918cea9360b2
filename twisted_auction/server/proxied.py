"""Connections that come by a proxy, which says in a header which client it speaks for.

The header is believed on a ``haproxy:`` endpoint, and only there: any client can write one. It
comes first, before a TLS handshake.

A connection that the proxy has for itself, to see whether the server is well, takes no seat: it is
accepted, hears nothing, and ends when the proxy closes it or its time is up. Beneath TLS it gets
its handshake, which a proxy may ask for before it sends clients here.

Such connections, and those whose header has not come, count against the ceiling on all connections:
each has a descriptor.
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
"""How the endpoint strings begin."""

V1_PREFIX = b"PROXY "
"""What a header of version 1 begins with; it is one line."""

MAX_V1_HEADER = 107
"""Bytes of the longest one that there can be, its CRLF included."""

V2_PREFIX = b"\r\n\r\n\x00\r\nQUIT\n"
"""What a header of version 2 begins with."""

MAX_V2_HEADER = 4096
"""Bytes of the longest one that is read. Addresses take 232; the rest, such as the name in a
client's certificate, is not looked at."""


class ProxiedProtocol(ProtocolWrapper):
    """Waits for the header, and only then lets another protocol know of the connection: by then,
    the transport tells from whom it really comes."""

    factory: "ProxiedFactory"
    transport: ITransport
    _source: IAddress | None = None

    def __init__(self, factory: "ProxiedFactory") -> None:
        super().__init__(factory, Protocol())  # which hears nothing
        self._header: bytes | None = b""  # as far as it has come; None once it needs no more
        self._is_counted = False  # for nobody

    def makeConnection(self, transport: Any) -> None:
        """Give the proxy a moment for the header; without room, none is waited for."""
        super().makeConnection(transport)
        connections = self.factory.connections
        if connections.is_full:
            self._header = None
            self._bring_to(self.factory.wrappedFactory)  # which turns the connection away
        else:
            self._is_counted = connections.acquire(None) is not None
            connections.handshakes.start(self.abortConnection)

    def getPeer(self) -> IAddress:
        """The client for which the proxy speaks."""
        return self._source or self.transport.getPeer()

    def dataReceived(self, data: bytes) -> None:
        """Read the header, or pass on what follows it."""
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
            self._bring_to(self.factory.silent)
        else:
            self._stop_waiting()
            self._bring_to(self.factory.wrappedFactory)
        if data:
            self.wrappedProtocol.dataReceived(data)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Do not wait any longer."""
        self._stop_waiting()
        super().connectionLost(reason)

    def _bring_to(self, factory: IProtocolFactory) -> None:
        guest: Any = factory.buildProtocol(self.getPeer())
        self.wrappedProtocol = guest
        guest.makeConnection(self)

    def _stop_waiting(self) -> None:
        """Wait for no header any more, and count for nobody."""
        self.factory.connections.handshakes.cancel(self.abortConnection)
        if self._is_counted:
            self._is_counted = False
            self.factory.connections.release("")


def header_length(data: bytes) -> int:
    """How long the header is that the first bytes of a connection begin with.

    :return: its length in bytes, or 0 as long as not all of it is there.
    :raises ValueError: where there is no header, or one that is too long.
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
    """The client for which a proxy speaks.

    :param proxy: where the connection itself comes from.
    :return: None where the proxy speaks for itself alone: by LOCAL in version 2, by UNKNOWN in
        version 1, and by its own address and port in version 1, which is how HAProxy's checks come.
    :raises ValueError: where the header makes no sense.
    """
    source = parse_proxy_header(header)
    _check(source)
    if source is None or (header.startswith(V1_PREFIX) and _end(source) == _end(proxy)):
        return None
    return source


def _end(address: IAddress) -> object:
    """One end of a connection, such that the same is equal however it is written."""
    match unmapped(address):
        case IPv4Address() as ipv4:
            return IPv4(ipv4.host), ipv4.port
        case IPv6Address() as ipv6:
            return IPv6(ipv6.host.partition("%")[0]), ipv6.port
    return address


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


if TYPE_CHECKING:
    _Wrapping = WrappingFactory[ProxiedProtocol]
else:  # the oldest Twisted that will do has no type parameter there
    _Wrapping = WrappingFactory


class ProxiedFactory(_Wrapping):
    """Brings a proxy's connections to another factory.

    :param connections: says how long a header may take.
    :param silent: the factory for the proxy's own connections.
    """

    noisy = False

    def __init__(
        self,
        factory: IProtocolFactory,
        connections: ConnectionLimits,
        silent: IProtocolFactory | None = None,
    ) -> None:
        super().__init__(factory)
        self.connections = connections
        self.silent: IProtocolFactory = silent or Factory.forProtocol(Protocol)

    def buildProtocol(self, addr: IAddress | None) -> ProxiedProtocol:
        """Make the protocol that waits for the header."""
        return ProxiedProtocol(self)

    def secured(self, context: Any) -> "ProxiedFactory":
        """The same with TLS, which begins after the header.

        :param context: the server's side of TLS, as ``reactor.listenSSL`` takes it.
        """
        from twisted.protocols.tls import TLSMemoryBIOFactory  # needs an extra

        factories = (self.wrappedFactory, self.silent)
        guests, silent = (TLSMemoryBIOFactory(context, False, each) for each in factories)
        return ProxiedFactory(guests, self.connections, silent)
