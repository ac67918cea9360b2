"""Limits on what one client, and all clients together, may cost.

Anyone on the network may send anything to a port, open any number of connections, and read nothing.
These limits bound the cost to all others. Few honest participants ever reach one.
"""

from collections import Counter
from dataclasses import dataclass, field
from ipaddress import IPv6Address as IPv6
from typing import Any, Protocol

from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.interfaces import IAddress, IReactorTime
from twisted.logger import Logger

from twisted_auction.house.room_clock import Haltable
from twisted_auction.server.bans import Bans
from twisted_auction.server.deadlines import Deadlines
from twisted_auction.wire.letter import Letter
from twisted_auction.wire.messages import AddressBanned

CLOSE_TIMEOUT = 5.0
"""Seconds that the last letter may take to leave before the connection is aborted. Closing alone
would wait for as long as the peer reads nothing."""

RESERVED_DESCRIPTORS = 128
"""Number of file descriptors that connections leave to the ledger, the log, the ports, the
operator, and connections being refused."""

REFUSAL_DELAY = 1.0
"""Seconds before a connection over ``max_new_per_minute`` is refused. It counts as open until then,
so a client that reconnects after each refusal does so slowly."""

RATE_WINDOW = 60.0
"""Seconds over which new connections and seats are counted."""

MAX_COUNTED_PEERS = 10_000
"""Largest number of peers whose new connections are counted. The earliest are forgotten first. A
client with more addresses escapes a limit per peer in any case, and must not fill the memory."""

REPORT_INTERVAL = 60.0
"""Least seconds between two lines in the log about refused connections."""

BANNED = Letter(AddressBanned())

_log = Logger(namespace="auction")


class Client(Haltable, Protocol):
    """A client's connection, which can be halted and closed."""

    @property
    def peer(self) -> str:
        """The peer that the connection counts for."""

    @property
    def unsent(self) -> int:
        """Bytes that wait for the client to read."""

    def close_after(self, letter: Letter) -> None:
        """Send a last letter, and close."""


def affordable_connections() -> int:
    """Number of connections for which this process has descriptors, from its limit of open files
    (``RLIMIT_NOFILE``, ``ulimit -n``); 0 if it has no such limit."""
    try:
        import resource
    except ImportError:  # not on Windows
        return 0
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return 0 if files == resource.RLIM_INFINITY else max(files - RESERVED_DESCRIPTORS, files // 2)


@dataclass(frozen=True, slots=True)
class Limits:
    """The numbers, as an operator sets them. 0 is no limit.

    :ivar line_rate: lines a second read from one connection, averaged by a
        :class:`~twisted_auction.server.throttle.Throttle`.
    :ivar line_timeout: seconds from the first byte of a line to its end.
    :ivar max_unsent: bytes that may wait for a client that does not read. If more would wait, the
        connection is aborted.
    :ivar max_connections: connections in all.
    :ivar max_per_peer: connections from one IPv4 address, or from one IPv6 network of 64 bits (one
        customer usually gets a whole one).
    :ivar max_new_per_minute: new connections a minute from one peer, counted as in
        ``max_per_peer``, and as many new seats by way of the lobby.
    :ivar handshake_timeout: seconds for the handshake of TLS, and for a proxy's header.
    :ivar peer_timeout: seconds of silence on the network, as after a pulled cable, until a
        connection counts as lost.
    :ivar lobby_timeout: seconds of silence of a client in the lobby.
    """

    line_rate: int = 20
    line_timeout: int = 30
    max_unsent: int = 65536
    max_connections: int = field(default_factory=affordable_connections)
    max_per_peer: int = 100
    max_new_per_minute: int = 600
    handshake_timeout: int = 10
    peer_timeout: int = 60
    lobby_timeout: int = 60


class PeerCounts(Counter[str]):
    """The number of connections of each peer that has any."""

    def release(self, peer: str) -> None:
        """Count one connection less."""
        self[peer] -= 1
        if not self[peer]:
            del self[peer]


class PeerRateLimit:
    """Counts arrivals from each peer over a minute, in bounded memory and constant time.

    :param limit: arrivals allowed in :data:`RATE_WINDOW` seconds; 0: any number.
    """

    # A sliding window would have to remember each arrival. Two fixed windows do: the current one,
    # and the last one in proportion to its overlap with a sliding window, as if the arrivals in it
    # had been evenly spread.

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._began = 0.0
        self._last_window: dict[str, int] = {}
        self._window: dict[str, int] = {}

    def admit(self, peer: str, when: float) -> bool:
        """Count one more arrival from this peer, if the limit allows it.

        :param peer: as from :func:`peer_of`. The empty string, for a local socket, is not counted.
        :param when: the time, in seconds.
        :return: True if the arrival is allowed.
        """
        if not self._limit or not peer:
            return True
        if when - self._began >= RATE_WINDOW:
            self._last_window = self._window if when - self._began < 2 * RATE_WINDOW else {}
            self._window = {}
            self._began = when - (when - self._began) % RATE_WINDOW
        count = self._window.get(peer, 0)
        share = 1 - (when - self._began) / RATE_WINDOW
        if count + self._last_window.get(peer, 0) * share >= self._limit:
            return False
        if not count and len(self._window) >= MAX_COUNTED_PEERS:
            del self._window[next(iter(self._window))]
        self._window[peer] = count + 1
        return True


class ConnectionLimits:
    """What all connections of a server share: their number, their deadlines, and whether they are
    halted.

    :ivar count: number of connections.
    :ivar by_peer: number of connections of each peer that has any, such as an IP address.
    :ivar closing: deadlines of connections that are being closed.
    :ivar handshakes: deadlines of connections that are not ready for lines.
    :ivar lines: deadlines of unfinished lines.
    :ivar idle: deadlines of silent clients in the lobby.
    :ivar bans: the peers whose connections are refused.
    :ivar wrong_codes: number of wrong pass codes from all clients, for the operator.
    :ivar turned_away: number of refused connections so far.
    :ivar is_halted: True while all connections are halted, because nothing can be recorded.
    """

    def __init__(self, clock: IReactorTime, limits: Limits | None = None) -> None:
        self.clock = clock
        self.limits = limits or Limits()
        self.closing = Deadlines(clock, CLOSE_TIMEOUT)
        self.handshakes = Deadlines(clock, self.limits.handshake_timeout)
        self.lines = Deadlines(clock, self.limits.line_timeout)
        self.idle = Deadlines(clock, self.limits.lobby_timeout)
        self._new_connections = PeerRateLimit(self.limits.max_new_per_minute)
        self._new_seats = PeerRateLimit(self.limits.max_new_per_minute)
        self.is_halted = False
        self._clients: dict[Client, None] = {}
        self.bans = Bans(clock)
        self.count = self.wrong_codes = self.turned_away = 0
        self.by_peer = PeerCounts()
        self._refused = 0  # since the last line in the log
        self._report_at = 0.0

    @property
    def is_full(self) -> bool:
        """True if the server has as many connections as it may have in all."""
        return 0 < self.limits.max_connections <= self.count

    @property
    def unsent(self) -> int:
        """Bytes that wait for all clients to read. It can be read in another thread."""
        return sum(client.unsent for client in list(self._clients))

    def acquire(self, address: IAddress | None) -> str | None:
        """Count one more connection, if the limits allow it.

        :param address: of the client; None if it is not known yet.
        :return: the peer of the connection, to be given to :meth:`release`; None if the connection
            is refused.
        """
        peer = "" if address is None else peer_of(address)
        if peer in self.bans:
            self.log_refusal("{peer!r} is banned", peer=peer)
            return None
        from_there = self.by_peer[peer]
        if self.is_full:
            self.log_refusal("there are {connections} already", connections=self.count)
            return None
        if peer and 0 < self.limits.max_per_peer <= from_there:
            why = "{peer!r} has {connections} already"
            self.log_refusal(why, peer=peer, connections=from_there)
            return None
        self.count += 1
        self.by_peer[peer] += 1
        return peer

    def release(self, peer: str) -> None:
        """Stop counting a connection.

        :param peer: as from :meth:`acquire`.
        """
        self.count -= 1
        self.by_peer.release(peer)

    def admit(self, peer: str) -> bool:
        """Count one more new connection from this peer, if ``max_new_per_minute`` allows it.

        :param peer: as from :meth:`acquire`.
        """
        is_admitted = self._new_connections.admit(peer, self.clock.seconds())
        if not is_admitted:
            self.log_refusal("{peer!r} has come too often within a minute", peer=peer)
        return is_admitted

    def admit_seat(self, peer: str) -> bool:
        """Count one more seat by way of the lobby for this peer, if ``max_new_per_minute`` allows
        it.

        :param peer: as from :meth:`acquire`.
        """
        return self._new_seats.admit(peer, self.clock.seconds())

    def add(self, client: Client) -> None:
        """Halt this connection whenever all connections are halted, and close it if its peer is
        banned."""
        self._clients[client] = None

    def remove(self, client: Client) -> None:
        """Forget a connection."""
        self._clients.pop(client, None)

    def ban(self, peer: str, seconds: float) -> int:
        """Refuse connections from a peer for a while, and close the present ones with a last
        letter.

        :param peer: as from :func:`peer_of`, not empty.
        :return: the number of connections that were closed.
        """
        self.bans.add(peer, seconds)
        banned = [client for client in self._clients if client.peer == peer]
        for client in banned:
            client.close_after(BANNED)
        return len(banned)

    def halt(self) -> None:
        """Pause all connections and all deadlines but those of closing connections."""
        self.is_halted = True
        for deadlines in (self.handshakes, self.lines, self.idle):
            deadlines.halt()
        for client in self._clients:
            client.halt()

    def go_on(self) -> None:
        """Resume all connections and their deadlines."""
        self.is_halted = False
        for deadlines in (self.handshakes, self.lines, self.idle):
            deadlines.go_on()
        for client in list(self._clients):
            client.go_on()

    def log_refusal(self, why: str, **facts: Any) -> None:
        """Log a refused connection, at most once in :data:`REPORT_INTERVAL`: a client can cause
        thousands of refusals a second.

        :param why: the reason, with the names of facts in braces.
        """
        self.turned_away += 1
        self._refused += 1
        now = self.clock.seconds()
        if now >= self._report_at:
            self._report_at = now + REPORT_INTERVAL
            wording = "Connections turned away: {turned_away}. The last one, because " + why + "."
            _log.warn(wording, turned_away=self._refused, **facts)
            self._refused = 0


def peer_of(address: IAddress) -> str:
    """The peer that a connection counts for: its IPv4 address, or the first 64 bits of its IPv6
    address.

    :return: the empty string for a local socket.
    """
    match unmapped(address):
        case IPv4Address() as ipv4:
            return ipv4.host
        case IPv6Address() as ipv6:
            return f"{IPv6(int(IPv6(ipv6.host)) >> 64 << 64)}/64"
    return ""


def unmapped(address: IAddress) -> IAddress:
    """Convert an IPv4-mapped IPv6 address to IPv4; return any other as it is. On a port for IPv6, a
    client by IPv4 has a mapped address."""
    if isinstance(address, IPv6Address):
        ipv4 = IPv6(address.host).ipv4_mapped
        if ipv4 is not None:
            return IPv4Address("TCP", str(ipv4), address.port)
    return address
