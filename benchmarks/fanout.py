"""Price updates to many: this server beside a bare Twisted loop with the same bytes.

Two measurements. *Fan-out*: one Buyer bids, a little less often than the real server sends price
updates. The CPU time of the server's process is divided by the number of delivered lines. *Load*:
many Buyers bid many times a second, and the time to each acknowledgement is taken. The loop sends
every bid to all clients; the real server conflates.
"""

import select
import socket
import time
from argparse import Namespace
from collections import deque
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from itertools import pairwise

from benchmarks.measuring import (
    connect,
    cpu_seconds,
    memory,
    running,
    source,
    spread,
    take_all_descriptors,
)
from tests.command_line import Parser, at_least
from twisted_auction.house.price_feed import UPDATE_INTERVAL

ACKNOWLEDGEMENT = b"You hold the highest bid: $%s.\r\n"
NEWS = b"Highest bid: $%s by Buyer %d. Asking price: $%d. Seconds left: 600000.\r\n"
PACE = 1.2 * UPDATE_INTERVAL
"""Seconds between two bids in the fan-out."""

REQUEST = b"english:duration=600000 1 %d Sword\n"

FACTORY = """
from twisted.internet import reactor
from twisted_auction.house.auctioneer import Auctioneer
from twisted_auction.rules.terms import Terms
from twisted_auction.server.factory import AuctionFactory

terms = Terms(max_bidders=100000, raise_rate=0)
factory = AuctionFactory(Auctioneer(reactor, terms, max_seats_per_peer=0))
reactor.listenTCP({port}, factory, backlog=4096, interface="127.0.0.1")
reactor.run()
"""

SERVERS = {
    "loop": ["-m", "benchmarks.loop", "{port}"],
    "factory": ["-c", FACTORY],
}


def main(argv: list[str]) -> None:
    """Measure, and print the tables."""
    parser = Parser("python -m benchmarks fanout", description=__doc__)
    add_options(parser, "Buyers")
    options = parser.parse_args(argv)
    take_all_descriptors(parser, 1 + max([*options.listeners, options.buyers]))
    print(f"Fan-out: {options.rounds} rounds of {options.bids} bids on each server, in turn.")
    print("Medians, with the lowest and the highest round in brackets.\n")
    fan_out(SERVERS, Crowd, options.listeners, options.rounds, options.bids)
    print_load(options, {name: (SERVERS[name], Crowd) for name in ("factory", "loop")})


def add_options(parser: Parser, who: str) -> None:
    """Add the options of the fan-out and of the load.

    :param who: the connections that are measured, in the plural.
    """
    parser.add_argument("--rounds", type=at_least(1), default=7, help="rounds on each server")
    parser.add_argument("--bids", type=at_least(1), default=20, help="bids in a round")
    parser.add_argument(
        "--listeners",
        type=at_least(1),
        nargs="*",
        default=[10, 100, 1000, 5000],
        help=f"numbers of {who} in the fan-out",
    )
    parser.add_argument(
        "--seconds", type=at_least(0), default=60, help="seconds of load; 0: no load"
    )
    parser.add_argument("--buyers", type=at_least(1), default=1000, help=f"{who} in the load")
    parser.add_argument("--rate", type=at_least(1), default=1000, help="bids a second in the load")


class Crowd:
    """A Seller and many Buyers of one server, who read everything that they are sent.

    :param expected: number of Buyers for whom the Seller waits besides these.
    :cvar NEWS: part of every price update.
    :cvar ANSWERS: parts of the answers to a bid; each answer has one of them.
    :cvar OTHERS: number of lines for each bid, besides the price updates of all Buyers.
    """

    NEWS = b"Seconds left"
    ANSWERS: tuple[bytes, ...] = (b"You hold", b"Bid too low!")
    OTHERS = 2  # the Seller's update, and the acknowledgement

    def __init__(self, port: int, buyers: int, expected: int = 0) -> None:
        self._next_bid = 0.0
        self.epoll = select.epoll()
        self.seller = self.enter(port, "127.0.0.1")
        self.seller.sendall(self.say(REQUEST % (buyers + expected)))
        time.sleep(0.05)  # for the loop, which does not answer a request
        self.sockets: dict[int, socket.socket] = {}
        self.buyers: list[socket.socket] = []
        for number in range(buyers):
            self.buyers.append(self.enter(port, source(number)))
        for sock in (self.seller, *self.buyers):
            sock.setblocking(False)
            self.sockets[sock.fileno()] = sock
            self.epoll.register(sock.fileno(), select.EPOLLIN)
        self.settle()

    def enter(self, port: int, source: str) -> socket.socket:
        """Open a connection for the next participant."""
        return connect(port, source)

    def say(self, line: bytes) -> bytes:
        """The bytes that say a line."""
        return line

    def settle(self) -> None:
        """Read until nothing has come for a while."""
        while self.read(0.3):
            pass

    def read(self, timeout: float) -> list[tuple[int, bytes]]:
        """The bytes received since the last call, by file descriptor."""
        return [
            (number, self.sockets[number].recv(1 << 20))
            for number, _ in self.epoll.poll(timeout, 1 << 16)
        ]

    def bid(self, amount: int) -> None:
        """Let the first Buyer bid in its time, and wait for the update on all connections.

        :raises TimeoutError: if one has not received it within ten seconds.
        """
        time.sleep(max(0, self._next_bid - time.perf_counter()))
        self._next_bid = time.perf_counter() + PACE
        self.buyers[0].sendall(self.say(b"%d\n" % amount))
        unheard = set(self.sockets)
        while unheard:
            heard = self.read(10)
            if not heard:
                raise TimeoutError(f"{len(unheard)} Buyers did not hear of a bid")
            unheard.difference_update(number for number, data in heard if self.NEWS in data)

    def close(self) -> None:
        """Close all connections."""
        for sock in self.sockets.values():
            sock.close()
        self.epoll.close()


def fan_out(
    servers: Mapping[str, list[str]],
    crowd: type[Crowd],
    listeners: Iterable[int],
    rounds: int,
    bids: int,
) -> None:
    """Measure all servers with these numbers of Buyers, and print two tables: the cost of a bid,
    shared by all its lines; and that of one more line, from this number of Buyers and the one
    before. The first has the work on the bid itself in it, the second has not.

    :param servers: the arguments of Python for each server; the first one is the measure of all.
    """
    bare, *_ = servers
    measured: dict[int, dict[str, list[float]]] = {}
    print(f"| Buyers | server  | CPU a line, us      | {f'CPU, {bare} = 1':16} |")
    print("|--------|---------|---------------------|------------------|")
    for number in sorted(set(listeners)):
        measured[number] = _fan_out(servers, crowd, number, rounds, bids)
        lines = number + crowd.OTHERS
        cpu = {
            name: [seconds / lines for seconds in costs] for name, costs in measured[number].items()
        }
        _print_costs(f"{number:6}", cpu, bare)
    if len(measured) == 1:
        return
    print("\nCPU of one more line for each bid.\n")
    print(f"| Buyers         | server  | CPU a line, us      | {f'CPU, {bare} = 1':16} |")
    print("|----------------|---------|---------------------|------------------|")
    for (few, before), (many, after) in pairwise(measured.items()):
        cpu = {
            name: [
                (high - low) / (many - few) for low, high in zip(before[name], costs, strict=True)
            ]
            for name, costs in after.items()
        }
        _print_costs(f"{few:4} to {many:6}", cpu, bare)


def _print_costs(what: str, cpu: Mapping[str, list[float]], bare: str) -> None:
    """Print a row for each server.

    :param cpu: by server, the seconds of CPU time for a line, one value a round.
    """
    for name, costs in cpu.items():
        cost = spread([1e6 * seconds for seconds in costs], "{:.1f}")
        pairs = zip(costs, cpu[bare], strict=True)
        ratio = spread([mine / its for mine, its in pairs], "{:.2f}")
        print(f"| {what} | {name:7} | {cost:19} | {ratio:16} |", flush=True)


def _fan_out(
    servers: Mapping[str, list[str]], crowd: type[Crowd], listeners: int, rounds: int, bids: int
) -> dict[str, list[float]]:
    """Measure all servers with this many Buyers.

    :return: by server, the seconds of CPU time for a bid, one value a round.
    """
    cpu: dict[str, list[float]] = {name: [] for name in servers}
    with ExitStack() as stack:
        pids: dict[str, int] = {}
        crowds: dict[str, Crowd] = {}
        for name, command in servers.items():
            pids[name], port = stack.enter_context(running(command))
            crowds[name] = crowd(port, listeners)
            stack.callback(crowds[name].close)
            crowds[name].bid(1)
        amount = 1
        for _ in range(rounds):
            for name, there in crowds.items():
                cpu[name].append(cost_of_bids(pids[name], there, amount, bids))
            amount += bids
    return cpu


def cost_of_bids(pid: int, crowd: Crowd, amount: int, bids: int) -> float:
    """The seconds of CPU time for one bid.

    :param amount: the highest bid until now.
    """
    before = cpu_seconds(pid)
    for number in range(1, bids + 1):
        crowd.bid(amount + number)
    return (cpu_seconds(pid) - before) / bids


LOAD_HEADING = """\
| server  | seconds | bids    | acknowledged | median  | 99 %    | CPU, % \
| news to a Buyer | MiB, 1st third to last |
|---------|---------|---------|--------------|---------|---------|--------\
|-----------------|------------------------|"""
"""The heading of the rows of :func:`_load`."""


def print_load(options: Namespace, servers: Mapping[str, tuple[list[str], type[Crowd]]]) -> None:
    """Print the table of the load, if it is wished.

    :param servers: the arguments of Python for each server, and its crowd.
    """
    if not options.seconds:
        return
    print(
        f"\nLoad: {options.rate} bids a second from {options.buyers} Buyers; "
        "milliseconds from a bid to its acknowledgement.\n"
    )
    print(LOAD_HEADING)
    for name, (server, crowd) in servers.items():
        _load(name, server, crowd, options.buyers, options.rate, options.seconds)


def _load(
    name: str, server: list[str], crowd: type[Crowd], buyers: int, rate: int, seconds: int
) -> None:
    """Let many Buyers bid at a fixed rate, without waiting for answers, and print a row.

    :param server: the arguments of Python.
    """
    with running(server) as (pid, port):
        there = crowd(port, buyers)
        waiting: dict[int, deque[float]] = {number: deque() for number in there.sockets}
        delays: list[float] = []
        samples: list[float] = []
        news = sent = 0
        cpu_before, began = cpu_seconds(pid), time.perf_counter()
        while (now := time.perf_counter()) < began + seconds:
            while sent < (now - began) * rate:
                sock = there.buyers[sent * 7919 % buyers]
                try:
                    sock.send(there.say(b"%d\n" % (sent + 1)))
                except BlockingIOError:
                    break  # the server has stopped reading
                waiting[sock.fileno()].append(time.perf_counter())
                sent += 1
            for number, data in there.read(0.001):
                heard = time.perf_counter()
                answers = sum(map(data.count, there.ANSWERS))
                for _ in range(min(answers, len(waiting[number]))):
                    delays.append(heard - waiting[number].popleft())
                if number == there.seller.fileno():
                    news += data.count(there.NEWS)
            if len(samples) < (now - began):
                samples.append(memory(pid))
        took = time.perf_counter() - began
        busy = 100 * (cpu_seconds(pid) - cpu_before) / took
        there.close()
    delays.sort()
    middle = 1000 * delays[len(delays) // 2]
    late = 1000 * delays[len(delays) * 99 // 100]
    third = max(1, len(samples) // 3)
    growth = f"{max(samples[:third]):.0f} to {max(samples[-third:]):.0f}"
    print(
        f"| {name:7} | {took:7.0f} | {sent:7} | {len(delays):12} | {middle:7.1f} | {late:7.1f} "
        f"| {busy:6.0f} | {news / took:12.1f}/s  | {growth:22} |",
        flush=True,
    )
