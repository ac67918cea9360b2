"""A network with chunks, latency, full windows, cuts, resets and silence."""

import errno
import math
import os
import random
import socket
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from twisted.internet.address import IPv4Address
from twisted.internet.protocol import ServerFactory
from twisted.internet.tcp import Server

from tests.simulation.reactor import Reactor
from twisted_auction.server.limits import Limits

LIMITS = Limits(max_connections=30, max_per_peer=10)
"""Limits of connections, the same on every machine."""


WIDE = 65536
"""Window in bytes of a link that takes every update."""


class Client(Protocol):
    """The client at the other end of a link."""

    is_reading: bool

    def received(self, link: "Link", data: bytes, mark: int) -> None:
        """Take bytes from the server. ``mark`` is the number of rows on the disk when they were
        sent."""

    def ended(self, link: "Link", how: str) -> None:
        """Learn the end of the link: closed (by the server), cut, reset, vanished or refused."""


class Socket:
    """The server's end of a link, as a socket for Twisted's own transport."""

    def __init__(self, link: "Link") -> None:
        self.link = link
        self.inbox = bytearray()
        self.is_finished = False
        self.error = 0
        self.options: dict[tuple[int, int], Any] = {}

    @property
    def is_readable(self) -> bool:
        return bool(self.inbox or self.is_finished or self.error)

    @property
    def is_writable(self) -> bool:
        return bool(self.link.unread < self.link.window or self.error)

    def recv(self, size: int) -> bytes:
        self._check()
        if not self.inbox and not self.is_finished:
            raise BlockingIOError(errno.EWOULDBLOCK, "nothing is there")
        data = bytes(self.inbox[:size])
        del self.inbox[:size]
        return data

    def send(self, data: bytes | memoryview) -> int:
        self._check()
        taken = bytes(data[: max(0, self.link.window - self.link.unread)])
        if not taken:
            raise BlockingIOError(errno.EWOULDBLOCK, "the window is full")
        self.link.carry(taken)
        return len(taken)

    def _check(self) -> None:
        if self.error:
            raise OSError(self.error, os.strerror(self.error))

    def close(self) -> None:
        network = self.link.network
        if self.link.is_open:
            network.closed(network.links[self.link].protocol)
        is_abort = (socket.SOL_SOCKET, socket.SO_LINGER) in self.options
        network.counts["links aborted"] += is_abort
        self.link.close("reset" if is_abort else "closed")

    def shutdown(self, how: int) -> None:
        """Do nothing, because close follows."""

    def fileno(self) -> int:
        return self.link.number

    def setblocking(self, flag: bool) -> None:
        assert not flag

    def setsockopt(self, level: int, option: int, value: Any) -> None:
        self.options[level, option] = value

    def getsockopt(self, level: int, option: int) -> Any:
        return self.options.get((level, option), 0)

    def getpeername(self) -> tuple[str, int]:
        return self.link.address

    def getsockname(self) -> tuple[str, int]:
        return ("10.0.0.1", 4000)


class Link:
    """One TCP connection. Bytes arrive in order, at some time, in any pieces.

    :param window: bytes that the server can send before the client has read them.
    :param pace: longest latency in seconds.
    :param pieces: largest number of pieces of one write of the client.
    :ivar unread: bytes sent by the server and not read by the client.
    :ivar line_began: the instant at which the unfinished line began.
    :ivar line_ended: the instant at which the last line ended, or the server accepted the link.
    :ivar let_go: the instant at which the server closed the link or learned of its end.
    :ivar is_open: True while the server has the link open.
    :ivar is_whole: True if no fault has happened to the link.
    :ivar end: how and when the link ended for the client.
    """

    def __init__(
        self,
        network: "Network",
        client: Client,
        host: str,
        port: str,
        window: int,
        pace: float,
        pieces: int,
    ) -> None:
        self.network, self.client, self.port = network, client, port
        self.window, self.pace, self.pieces = window, pace, pieces
        self.number = network.number()
        self.address = (host, 40000 + self.number)
        self.socket = Socket(self)
        self.unread = 0
        self.rest = b""  # the unfinished line at the client
        self.is_open = False
        self.is_whole = True
        self.is_silent = False
        self.has_finished = False
        self.end: tuple[str, float] | None = None
        self.line_began = math.inf
        self.line_ended = self.let_go = math.inf
        self._over = math.inf
        self._hoard: list[tuple[bytes, int]] = []
        self._up = self._down = 0.0

    @property
    def is_taken_anyway(self) -> bool:
        """True if the server accepts unterminated lines on this link."""
        return getattr(self.network.ports.get(self.port), "accept_unterminated", False)

    @property
    def over(self) -> float:
        """The instant until which an answer is possible."""
        return self._over if self.end is None else min(self._over, self.end[1])

    @property
    def is_clear(self) -> bool:
        """True if everything arrives soon, up to now."""
        return self.is_open and self.is_whole and not self.has_finished and self.window >= WIDE

    @property
    def ended_well(self) -> bool:
        """True if the server closed the link and the client received everything."""
        is_fine = self.is_whole and not self.has_finished
        return is_fine and self.end is not None and self.end[0] == "closed"

    def write(self, data: bytes) -> None:
        """Send from the client."""
        chance = self.network.chance
        cuts = sorted(chance.randint(0, len(data)) for _ in range(chance.randrange(self.pieces)))
        for start, end in zip([0, *cuts], [*cuts, len(data)], strict=True):
            if start < end:
                self._later("_up", self._arrive, data[start:end])

    def finish(self) -> None:
        """End the client's output."""
        self.has_finished = True
        self._over = self.network.reactor.now
        self._later("_up", self._finish)

    def _arrive(self, data: bytes) -> None:
        if self.is_open and not self.is_silent and not self.socket.is_finished:
            self.socket.inbox += data
            if self.port == "page":  # its client says where a frame begins
                return
            *lines, rest = data.split(b"\n")
            if lines:
                self.line_ended = self.network.reactor.now
            if not rest or rest.endswith(b"\r"):  # to the server, this is an end, too
                self.line_began = math.inf
            elif lines or self.line_began == math.inf:
                self.line_began = self.network.reactor.now

    def begin_line(self) -> None:
        """Note that what was sent last, over a web socket, is not complete."""
        self._later("_up", self._begin_line)

    def _begin_line(self) -> None:
        if self.is_open and not self.is_silent:
            self.line_began = self.network.reactor.now

    def _finish(self) -> None:
        if not self.is_silent:
            self.socket.is_finished = True
            if not self.is_open:
                self._hear_end("closed")

    def carry(self, data: bytes) -> None:
        """Bring bytes from the server to the client."""
        self.unread += len(data)
        self._later("_down", self._hear, data, self.network.mark())

    def _hear(self, data: bytes, mark: int) -> None:
        if self.end is None and not self.is_silent:
            self._hoard.append((data, mark))
            if self.client.is_reading:
                self.read()

    def read(self) -> None:
        """Let the client read all bytes that have arrived."""
        hoard, self._hoard = self._hoard, []
        for data, mark in hoard:
            self.unread -= len(data)
            self.client.received(self, data, mark)

    def close(self, how: str) -> None:
        """End the link from the server's side, or because the server has died."""
        if self.is_open:
            self.is_open = False
            self.let_go = self.network.reactor.now
            self.socket.error = errno.EBADF
            del self.network.links[self]
            self._later("_down", self._hear_end, how)

    def _hear_end(self, how: str) -> None:
        if self.end is None and not self.is_silent:
            self._end(how)

    def _end(self, how: str) -> None:
        self.end = (how, self.network.reactor.now)
        self.client.ended(self, how)

    def strike(self, how: str) -> None:
        """Let a fault happen to the link."""
        if self.end is not None or not self.is_open or not self.is_whole:
            return
        self.is_whole = False
        self._over = self.network.reactor.now
        self.network.counts[f"links {how}"] += 1
        if how == "cut":
            self.socket.is_finished = True
        elif how == "reset":
            self.socket.inbox.clear()
            self.socket.error = errno.ECONNRESET
        else:
            self.is_silent = True
            self.network.reactor.happen(LIMITS.peer_timeout, self._time_out)
            delay = self.network.chance.uniform(0.1, 90)
            self.network.reactor.happen(delay, self._end, how)
            return
        self._end(how)

    def _time_out(self) -> None:
        self.socket.error = self.socket.error or errno.ETIMEDOUT

    def _later(self, way: str, happening: Callable[..., object], *args: Any) -> None:
        """Do this at the other end, after the arrival of everything sent before."""
        reactor = self.network.reactor
        at = max(getattr(self, way), reactor.now + self.network.chance.random() * self.pace)
        setattr(self, way, at)
        reactor.happen(at - reactor.now, happening, *args)


@dataclass
class Weather:
    """The faults of a run and their probabilities, which a seed decides. Instants and durations are
    in seconds.

    :ivar fates: faults of links, with the probability of each.
    :ivar until: the instant after which there are no faults.
    :ivar commits: faults of commits, with the probability of each.
    :ivar latency: longest duration of a commit.
    """

    fates: dict[str, float]
    until: float
    commits: dict[str, float]
    latency: float


class Network:
    """All links, and the open ports.

    :param mark: returns the number of rows on the disk.
    :ivar links: the links that the server has open.
    :ivar ports: the factory of each open port.
    """

    def __init__(
        self, reactor: Reactor, chance: random.Random, weather: Weather, mark: Callable[[], int]
    ) -> None:
        self.reactor, self.chance, self.weather, self.mark = reactor, chance, weather, mark
        self.ports: dict[str, ServerFactory] = {}
        self.links: dict[Link, Server] = {}
        self.counts: Counter[str] = Counter()
        self.closed: Callable[[Any], object] = lambda protocol: None
        self._links = 0

    def number(self) -> int:
        """The next number for a link."""
        self._links += 1
        return self._links

    def connect(
        self,
        client: Client,
        host: str,
        port: str,
        window: int | None = None,
        in_pieces: bool = True,
    ) -> Link:
        """Begin a link.

        :param in_pieces: True if the client's writes may arrive in pieces.
        """
        chance = self.chance
        window = window or chance.choice([100, 2000, 65536, 65536])
        pace = chance.choice([0.001, 0.03, 0.3])
        pieces = chance.choice([1, 2, 5]) if in_pieces else 1
        link = Link(self, client, host, port, window, pace, pieces)
        link._later("_up", self._accept, link)
        for fate, likelihood in self.weather.fates.items():
            if chance.random() < likelihood:
                delay = chance.choice([0.1, 3, 40]) * chance.random()
                self.reactor.happen(delay, self._strike, link, fate)
        return link

    def at_once(self, client: Client, host: str, port: str) -> Link:
        """Begin a link without latency and faults."""
        link = Link(self, client, host, port, 10**6, 0, 1)
        self._accept(link)
        return link

    def _strike(self, link: Link, fate: str) -> None:
        if self.reactor.now < self.weather.until:
            link.strike(fate)

    def _accept(self, link: Link) -> None:
        factory = self.ports.get(link.port)
        if factory is None:
            link._hear_end("refused")
            return
        link.is_open = True
        link.line_ended = self.reactor.now
        protocol = factory.buildProtocol(IPv4Address("TCP", *link.address))
        if protocol is None:
            link.is_open = False
            link._later("_down", link._hear_end, "closed")
            return
        transport = Server(
            link.socket,  # type: ignore[arg-type]
            protocol,
            link.address,
            None,  # type: ignore[arg-type]
            link.number,
            self.reactor,  # type: ignore[arg-type]
        )
        transport.repstr = f"<link {link.number}>"
        self.links[link] = transport
        protocol.makeConnection(transport)
