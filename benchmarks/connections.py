"""As many connections as there are descriptors: this server beside a bare Twisted script.

Each client joins a room of nine Buyers and a Seller by the lobby. The clients share loopback
addresses within the server's limit for each. Once all are there, all bid, and each must receive
exactly its lines. *Arrival*: a fixed number of clients is connecting at any time. *Storm*: all
Buyers connect at once, before any is accepted. Each round has new servers, so that their growth is
the memory of the connections. With ``--passes``, the clients of one more server say pass codes.
"""

import errno
import re
import select
import socket
import struct
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.auctions import (
    BID,
    BUYER,
    LOST,
    RECEIVED,
    SELLER,
    SOLD,
    START,
    WAIT,
    WON,
    bid,
    request,
)
from benchmarks.bids import HOUSE
from benchmarks.codes import make_list
from benchmarks.measuring import (
    LOBBY,
    cpu_seconds,
    memory,
    running,
    source,
    spread,
    take_all_descriptors,
)
from tests.command_line import Parser, at_least
from twisted_auction.house.pass_codes import new_code
from twisted_auction.house.people import MAX_PADDLE
from twisted_auction.rules.terms import Terms
from twisted_auction.server.limits import affordable_connections

BUYERS = 9
PEOPLE = BUYERS + 1
"""Number of participants in a room."""

WINDOW = 200
"""Number of clients that are connecting at any time, except in a storm."""

PATIENCE = 60
"""Seconds without a line on any connection after which the benchmark gives up."""

TOTAL_RETRANSMISSIONS = 100
"""Offset of the total retransmissions in Linux's ``struct tcp_info``."""

SERVERS = {
    "script": ["-m", "benchmarks.script", "{port}", str(BUYERS), "lobby"],
    "no ledger": ["-c", HOUSE, *map(str, (Terms().max_bidders, Terms().resume_grace))],
    "twistd": [*LOBBY, "--ledger", "{folder}/auction.sqlite3"],
}

PASSES = "passes"
"""The name of ``twistd`` with a list of people in the tables."""

GREETING = re.compile(rb"Ticket: [0-9a-f]{32}\r\n|You are paddle [0-9]+, Person [0-9]+\.\r\n")
"""The first line for a client."""


def main(argv: list[str]) -> None:
    """Measure, and print tables. Exit with status 1 if a client receives a wrong line."""
    parser = Parser("python -m benchmarks connections", description=__doc__)
    parser.add_argument("--rounds", type=at_least(1), default=5, help="rounds on each server")
    parser.add_argument(
        "--connections",
        type=at_least(PEOPLE),
        help="number of connections [as many as there are descriptors]",
    )
    parser.add_argument(
        "--storm", type=at_least(1), default=2000, help="Buyers that connect at once"
    )
    parser.add_argument("--storms", type=at_least(1), default=11, help="storms on each server")
    parser.add_argument(
        "--passes",
        action="store_true",
        help=f"add a server with a list of {MAX_PADDLE:,} people, whose clients say pass codes",
    )
    options = parser.parse_args(argv)
    take_all_descriptors(parser, max(options.connections or 0, options.storm + 2 * PEOPLE))
    wanted = options.connections or affordable_connections()
    codes = [new_code() for _ in range(MAX_PADDLE)] if options.passes else []
    with tempfile.TemporaryDirectory() as folder:
        servers = dict(SERVERS)
        if codes:
            people = Path(folder, "people.csv")
            people.write_bytes(make_list(codes))
            servers[PASSES] = [*SERVERS["twistd"], "--people", str(people)]
        measure("Arrival", servers, codes, options.rounds, wanted // PEOPLE, WINDOW)
        print()
        rooms = -(-options.storm // BUYERS)
        measure("Storm", servers, codes, options.storms, rooms, options.storm + PEOPLE)


@dataclass
class Cost:
    """The costs of connections, one value a round: µs and KiB for each, or seconds for all."""

    coming: list[float] = field(default_factory=list)
    bidding: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    memory: list[float] = field(default_factory=list)
    retried: int = 0
    wrong: int = 0


def measure(
    name: str,
    servers: dict[str, list[str]],
    codes: Sequence[str],
    rounds: int,
    rooms: int,
    window: int,
) -> None:
    """Fill this many rooms on each server in turn, and print a table.

    :param codes: the pass codes of all people on the server :data:`PASSES`.
    :param window: largest number of Buyers that are connecting at any time.
    """
    costs = {server: Cost() for server in servers}
    for _ in range(rounds):
        for server, command in servers.items():
            with running(command) as (pid, port):
                play(pid, port, rooms, window, costs[server], codes if server == PASSES else ())
    everybody = rooms * PEOPLE
    print(
        f"{name}: {everybody} connections, {rooms * BUYERS} of them Buyers, up to "
        f"{min(window, rooms * BUYERS)} of whom are on their way in at any time."
    )
    print(f"{rounds} rounds. Medians, with the lowest and the highest round in brackets.\n")
    print(
        "| Server    | to first words, s   | bids to results, s  | CPU a connection, us "
        "| CPU, script = 1  | KiB each            | script = 1       | retried | wrong |"
    )
    print(
        "|-----------|---------------------|---------------------|----------------------"
        "|------------------|---------------------|------------------|---------|-------|"
    )
    bare = costs["script"]
    for server, cost in costs.items():
        print(
            f"| {server:9} | {spread(cost.coming, '{:.2f}'):19} "
            f"| {spread(cost.bidding, '{:.2f}'):19} | {spread(cost.cpu, '{:.0f}'):20} "
            f"| {ratio(cost.cpu, bare.cpu):16} | {spread(cost.memory, '{:.2f}'):19} "
            f"| {ratio(cost.memory, bare.memory):16} | {cost.retried:7} | {cost.wrong:5} |",
            flush=True,
        )
    if any(cost.wrong for cost in costs.values()):
        sys.exit("not everybody was told what is right")


def ratio(values: list[float], bare: list[float]) -> str:
    """The ratios of these values to the script's, round by round."""
    return spread([mine / its for mine, its in zip(values, bare, strict=True)], "{:.2f}")


def play(
    pid: int, port: int, rooms: int, window: int, cost: Cost, codes: Sequence[str] = ()
) -> None:
    """Hold an auction in each room, all at once.

    :param codes: the pass codes of the participants; empty if they need none. People of different
        rooms may be the same.
    """

    def join(room: int, place: int) -> bytes:
        line = b"JOIN room%d\n" % room
        if not codes:
            return line
        code = codes[(room * PEOPLE + place) % len(codes)]
        return b"PASS %s\n%s" % (code.encode(), line)

    cpu_before, memory_before = cpu_seconds(pid), memory(pid)
    crowd = Crowd(port)
    lines = [b"%s%s\n" % (join(room, 0), request(BUYERS)) for room in range(rooms)]
    sellers = crowd.come(lines, WINDOW)
    crowd.await_all(sellers, RECEIVED % request(BUYERS))

    start = time.perf_counter()
    # Room by room: the clients of one room connect together.
    places = ((room, place) for room in range(rooms) for place in range(1, PEOPLE))
    buyers = crowd.come((join(*place) for place in places), window)
    cost.coming.append(time.perf_counter() - start)
    cost.retried += sum(buyer.retries() for buyer in buyers)
    crowd.await_all(buyers, START)
    cost.memory.append((memory(pid) - memory_before) * 1024 / len(crowd.guests))

    start = time.perf_counter()
    for number, buyer in enumerate(buyers):
        buyer.sock.send(b"%d\n" % bid(number % BUYERS + 1))
    crowd.await_all(crowd.guests.values(), b"")
    cost.bidding.append(time.perf_counter() - start)
    cost.cpu.append((cpu_seconds(pid) - cpu_before) / len(crowd.guests) * 1e6)
    payment = bid(BUYERS - 1)
    told = SELLER + RECEIVED % request(BUYERS) + SOLD % payment
    cost.wrong += sum(not seller.was_told(told) for seller in sellers)
    for number, buyer in enumerate(buyers):
        is_winner = number % BUYERS + 1 == BUYERS
        told = BUYER + START + BID + (WON % payment if is_winner else LOST)
        cost.wrong += not buyer.was_told(told)
    waited = sum(WAIT in buyer.text for buyer in buyers)
    cost.wrong += abs(waited - rooms * (BUYERS - 1))  # all but the last one in each room
    crowd.close()


class Guest:
    """One connection, and everything that it has read."""

    __slots__ = ("line", "sock", "text")

    def __init__(self, port: int, number: int, line: bytes) -> None:
        self.text = b""
        self.line = line
        self.sock = socket.socket()
        self.sock.setblocking(False)
        self.sock.bind((source(number), 0))
        status = self.sock.connect_ex(("127.0.0.1", port))
        if status not in (0, errno.EINPROGRESS):
            sys.exit(f"cannot connect: {errno.errorcode[status]}")

    def retries(self) -> int:
        """Number of retransmitted packets. Here they are requests to connect."""
        told = self.sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 256)
        (count,) = struct.unpack_from("I", told, TOTAL_RETRANSMISSIONS)
        return int(count)

    def was_told(self, text: bytes) -> bool:
        """True if this is the text after the first line. The last Buyer is not told to wait."""
        greeting = GREETING.match(self.text)
        if greeting is None:
            return False
        return self.text[greeting.end() :].replace(BUYER + WAIT, BUYER) == text


class Crowd:
    """Many connections to one server."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._epoll = select.epoll()
        self.guests: dict[int, Guest] = {}

    def come(self, lines: Iterable[bytes], window: int) -> list[Guest]:
        """Connect once for each of these lines, send it, and wait for a first line.

        :param window: largest number of connections that wait at any time.
        """
        came: list[Guest] = []
        waiting: set[int] = set()
        left = iter(lines)
        line = next(left, None)
        while waiting or line is not None:
            while line is not None and len(waiting) < window:
                guest = Guest(self._port, len(self.guests), line)
                number = guest.sock.fileno()
                self.guests[number] = guest
                self._epoll.register(number, select.EPOLLOUT)
                came.append(guest)
                waiting.add(number)
                line = next(left, None)
            waiting.difference_update(self._turn())
        return came

    def await_all(self, guests: Iterable[Guest], end: bytes) -> None:
        """Wait until all connections have read up to these bytes, or to the end of the stream if
        there are none."""
        waiting = {
            guest.sock.fileno() for guest in guests if not end or not guest.text.endswith(end)
        }
        while waiting:
            for number, is_over in self._turn().items():
                if is_over and end:
                    sys.exit(f"{self.guests[number].text!r} ended before {end!r}")
                if is_over or (end and self.guests[number].text.endswith(end)):
                    waiting.discard(number)

    def _turn(self) -> dict[int, bool]:
        """Wait for the next events.

        :return: the connections with new bytes, and True for each that has ended.
        """
        events = self._epoll.poll(PATIENCE, 1 << 10)
        if not events:
            sys.exit(f"nobody has heard anything for {PATIENCE} seconds")
        heard = {}
        for number, event in events:
            guest = self.guests[number]
            try:
                if event & select.EPOLLOUT and not event & (select.EPOLLERR | select.EPOLLHUP):
                    guest.sock.send(guest.line)
                    self._epoll.modify(number, select.EPOLLIN)
                    continue
                data = guest.sock.recv(1 << 16)
            except OSError as error:
                sys.exit(f"{guest.text!r} ended with {error}")
            guest.text += data
            heard[number] = not data
            if not data:
                self._epoll.unregister(number)
        return heard

    def close(self) -> None:
        """Close all connections."""
        for guest in self.guests.values():
            guest.sock.close()
        self._epoll.close()
