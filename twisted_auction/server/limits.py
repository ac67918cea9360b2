"""What a stranger may cost.

A client that can reach a port may send anything, in any number, and read nothing. These limits keep
what that costs all others small and known beforehand; few honest participants ever meet one.
"""

from dataclasses import dataclass, field
from ipaddress import IPv6Address as IPv6
from typing import Any

from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.interfaces import IAddress, IReactorTime
from twisted.logger import Logger

from twisted_auction.house.rooms import Listener
from twisted_auction.server.deadlines import Deadlines

CLOSE_TIMEOUT = 5.0
"""Seconds that the last words to a participant may take before its connection is cut: one that is
merely closed stays open for as long as its other end reads nothing."""

RESERVED_DESCRIPTORS = 128
"""File descriptors that connections leave to the ledger, the log, the ports, the operator, and to
those who are just being turned away."""

REFUSAL_DELAY = 1.0
"""Seconds after which a connection is refused whose address has made too many within a minute. It
is counted meanwhile as any other, so a client that comes again at once comes seldom."""

RATE_WINDOW = 60.0
"""Seconds over which newcomers are counted."""

MAX_COUNTED_PEERS = 10_000
"""Largest number of addresses whose newcomers are counted in one minute. The addresses that came
first are forgotten first: a stranger with more of them than that is stopped by no ceiling of this
kind, and must not fill the memory."""

REPORT_INTERVAL = 60.0
"""The least seconds between two lines in the log about those who were turned away."""

_log = Logger(namespace="auction")


def affordable_connections() -> int:
    """How many connections this process can have open at a time, from the limit of its open files
    (``RLIMIT_NOFILE``, ``ulimit -n``); 0 where there is none."""
    try:
        import resource
    except ImportError:  # POSIX alone has it
        return 0
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return 0 if files == resource.RLIM_INFINITY else max(files - RESERVED_DESCRIPTORS, files // 2)


@dataclass(frozen=True, slots=True)
class Limits:
    """What one stranger, and all of them together, may cost. 0 is no limit.

    :ivar line_rate: lines a second that are read from one connection, as far as its
        :class:`~twisted_auction.server.throttle.Throttle` allows.
    :ivar line_timeout: seconds from the first byte of a line to its end.
    :ivar max_unsent: bytes that may wait for a client that does not read. A client for which more
        would wait is cut off.
    :ivar max_connections: connections in all.
    :ivar max_per_peer: connections from one address; of IPv6, from one network of 64 bits, which is
        what one customer usually gets.
    :ivar max_new_per_minute: new connections a minute from one address, counted as in
        ``max_per_peer``, and as many new seats by way of the lobby.
    :ivar handshake_timeout: seconds for the handshake of TLS, and for a proxy's header.
    :ivar peer_timeout: seconds for which a connection's other end may be silent on the network, as
        it is when a cable was pulled.
    :ivar lobby_timeout: seconds for which a client in the lobby may say nothing.
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


class PeerRateLimit:
    """Counts what comes from each address in a minute, in bounded memory and constant time.

    Two fixed minutes are counted: this one, and the part of the last one that still lies within
    :data:`RATE_WINDOW` seconds, as if what came in it had come evenly.

    :param most: how many are let in; 0 is any number.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._began = 0.0
        self._before: dict[str, int] = {}
        self._now: dict[str, int] = {}

    def admit(self, peer: str, when: float) -> bool:
        """Count one more from this address, if that is not too many.

        :param peer: as from :func:`peer_of`; the empty text, for a local socket, is not counted.
        :param when: this instant, in seconds.
        :return: whether it may come in.
        """
        if not self._most or not peer:
            return True
        if when - self._began >= RATE_WINDOW:
            self._before = self._now if when - self._began < 2 * RATE_WINDOW else {}
            self._now = {}
            self._began = when - (when - self._began) % RATE_WINDOW
        count = self._now.get(peer, 0)
        lasting = 1 - (when - self._began) / RATE_WINDOW
        if count + self._before.get(peer, 0) * lasting >= self._most:
            return False
        if not count and len(self._now) >= MAX_COUNTED_PEERS:
            del self._now[next(iter(self._now))]
        self._now[peer] = count + 1
        return True


class ConnectionLimits:
    """Where connections come in and go out: what all connections of a server have in common.

    :ivar closing: connections that are being closed.
    :ivar handshakes: connections that are not ready to be spoken on.
    :ivar lines: lines that have begun.
    :ivar idle: people in the lobby.
    :ivar is_halted: whether all connections are halted, because nothing can be written down.
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
        self._listeners: dict[Listener, None] = {}
        self._count = 0
        self._by_peer: dict[str, int] = {}
        self._turned_away = 0
        self._report_at = 0.0

    @property
    def is_full(self) -> bool:
        """Whether there are as many connections as there may be in all."""
        return 0 < self.limits.max_connections <= self._count

    def acquire(self, address: IAddress | None) -> str | None:
        """Let one more connection in, if there is room for it.

        :param address: where it comes from; None where that is not known yet.
        :return: the peer that it is counted for, to be given to :meth:`release`; None if there is
            no room.
        """
        peer = "" if address is None else peer_of(address)
        from_there = self._by_peer.get(peer, 0)
        if self.is_full:
            self.log_refusal("there are {connections} already", connections=self._count)
            return None
        if peer and 0 < self.limits.max_per_peer <= from_there:
            self.log_refusal(
                "{peer!r} has {connections} already", peer=peer, connections=from_there
            )
            return None
        self._count += 1
        self._by_peer[peer] = from_there + 1
        return peer

    def add_listener(self, connection: Listener) -> None:
        """Have a connection that was let in brought to a halt with all others."""
        self._listeners[connection] = None

    def remove_listener(self, connection: Listener) -> None:
        """Forget a connection."""
        self._listeners.pop(connection, None)

    def halt(self) -> None:
        """Pause all connections and their deadlines, except for the one of the last words."""
        self.is_halted = True
        for deadlines in (self.handshakes, self.lines, self.idle):
            deadlines.halt()
        for connection in self._listeners:
            connection.halt()

    def go_on(self) -> None:
        """Resume all connections and their deadlines."""
        self.is_halted = False
        for deadlines in (self.handshakes, self.lines, self.idle):
            deadlines.go_on()
        for connection in list(self._listeners):
            connection.go_on()

    def admit(self, peer: str) -> bool:
        """Count one more new connection from this address, if that is not too many within a minute.

        :param peer: as from :meth:`acquire`.
        """
        is_admitted = self._new_connections.admit(peer, self.clock.seconds())
        if not is_admitted:
            self.log_refusal("{peer!r} has come too often within a minute", peer=peer)
        return is_admitted

    def admit_seat(self, peer: str) -> bool:
        """Count one more connection from this address that wants a seat, if that is not too many.

        :param peer: as from :meth:`acquire`.
        """
        return self._new_seats.admit(peer, self.clock.seconds())

    def release(self, peer: str) -> None:
        """Make room again."""
        self._count -= 1
        self._by_peer[peer] -= 1
        if not self._by_peer[peer]:
            del self._by_peer[peer]

    def log_refusal(self, why: str, **facts: Any) -> None:
        """Log, now and then, that a connection was turned away: who wants to, can have that happen
        thousands of times a second.

        :param why: the reason, with the names of facts in braces.
        """
        self._turned_away += 1
        now = self.clock.seconds()
        if now >= self._report_at:
            self._report_at = now + REPORT_INTERVAL
            wording = "Connections turned away: {turned_away}. The last one, because " + why + "."
            _log.warn(wording, turned_away=self._turned_away, **facts)
            self._turned_away = 0


def peer_of(address: IAddress) -> str:
    """Whom a connection is counted for: its IPv4 address, or the first 64 bits of its IPv6 address.

    :return: the empty text for a connection that does not come over a network.
    """
    match unmapped(address):
        case IPv4Address() as ipv4:
            return ipv4.host
        case IPv6Address() as ipv6:
            return f"{IPv6(int(IPv6(ipv6.host)) >> 64 << 64)}/64"
    return ""


def unmapped(address: IAddress) -> IAddress:
    """The IPv4 address of a client that came by IPv4 to a port for IPv6; any other as it is."""
    if isinstance(address, IPv6Address):
        ipv4 = IPv6(address.host).ipv4_mapped
        if ipv4 is not None:
            return IPv4Address("TCP", str(ipv4), address.port)
    return address
