"""Sealed bids in many rooms: this server, with and without its ledger, beside a bare Twisted echo.

The CPU time of a bid and the time to its acknowledgement are measured in two ways. *Burst*: all
Buyers bid at once, as fast as one process can send. *Paced*: one bid a millisecond. The echo is a
``LineReceiver`` with the acknowledgement as its answer to every line.

With ``--people``, the bids of two more servers are checked against the limits of persons.

Then memory: of a seated Buyer, beside a connection of the echo, and of an idle room.
"""

import select
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from benchmarks.codes import make_list
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
from twisted_auction.house.pass_codes import new_code
from twisted_auction.house.people import MAX_PADDLE

ACKNOWLEDGEMENT = b"Bid received. Please wait...\r\n"
BIDDING = 10
"""Number of Buyers in each room that bid. One more is silent, so that no auction ends."""

PAUSE = 0.001
"""Seconds between two paced bids."""

ECHO = """
from twisted.internet import reactor
from twisted.internet.protocol import Factory
from twisted.protocols.basic import LineReceiver

class Echo(LineReceiver):
    delimiter = b"\\n"

    def lineReceived(self, line):
        self.transport.write(b"Bid received. Please wait...\\r\\n")

reactor.listenTCP({port}, Factory.forProtocol(Echo), backlog=4096, interface="127.0.0.1")
reactor.run()
"""

HOUSE = """
import sys, time
from pathlib import Path
from twisted.internet import reactor
from twisted_auction.ledger.journal import Ledger
from twisted_auction.house.people import People
from twisted_auction.house.rooms import Rooms
from twisted_auction.rules.terms import Terms
from twisted_auction.server.limits import ConnectionLimits, Limits
from twisted_auction.server.lobby import LobbyFactory
from twisted_auction.server.passes import Passes

reactor.seconds = time.monotonic
max_bidders, resume_grace, *files = sys.argv[1:]
path, list_of_people = [*files, "", ""][:2]
terms = Terms(max_bidders=int(max_bidders), resume_grace=int(resume_grace))
ledger = Ledger(Path(path), reactor, sys.exit) if path else None
people = People.parse(Path(list_of_people).read_bytes()) if list_of_people else None
rooms = Rooms(reactor, terms, max_rooms=100000, ledger=ledger, people=people)
passes = Passes(rooms) if people else None
rooms.open()
connections = ConnectionLimits(reactor, Limits(max_new_per_minute=0))
factory = LobbyFactory(rooms, connections, passes=passes)
reactor.listenTCP({port}, factory, backlog=4096, interface="127.0.0.1")
reactor.run()
"""

PEOPLE = "people"
"""In the name of a server with a list of people."""

TERMS = ["100", "0"]
"""Options for more than ten Buyers in a room, and for rooms that are empty without connections."""

IDLE = """
import resource, sys
from twisted.internet import reactor
from twisted_auction.house.rooms import Rooms

def kib():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * resource.getpagesize() / 1024

rooms = Rooms(reactor, max_rooms=int(sys.argv[1]) + 1)
before = kib()
for number in range(int(sys.argv[1])):
    rooms.enter(str(number))
print(len(reactor.getDelayedCalls()), (kib() - before) / int(sys.argv[1]))
"""


@dataclass
class Cost:
    """The costs of bids: CPU time of the server in µs for each, and milliseconds to
    acknowledgements."""

    cpu: list[float] = field(default_factory=list)
    median: list[float] = field(default_factory=list)
    slow: list[float] = field(default_factory=list)


def main(argv: list[str]) -> None:
    """Measure, and print tables."""
    parser = Parser("python -m benchmarks bids", description=__doc__)
    parser.add_argument("--rounds", type=at_least(1), default=11, help="rounds on each server")
    parser.add_argument(
        "--rooms", type=at_least(1), default=100, help="rooms, each with ten bidding Buyers"
    )
    parser.add_argument(
        "--seats", type=at_least(BIDDING), default=5000, help="Buyers in the measurement of memory"
    )
    parser.add_argument(
        "--people",
        action="store_true",
        help=f"add servers with a list of {MAX_PADDLE:,} people, whose bids have limits",
    )
    parser.add_argument("--idle", type=at_least(1), default=10000, help="idle rooms")
    options = parser.parse_args(argv)
    people = (BIDDING + 2) * max(options.rooms, options.seats // BIDDING)
    take_all_descriptors(parser, people)
    folder = tempfile.TemporaryDirectory()
    servers = {
        "echo": ["-c", ECHO],
        "no ledger": ["-c", HOUSE, *TERMS],
        "ledger": ["-c", HOUSE, *TERMS, f"{folder.name}/auction.sqlite3"],
    }
    codes = [new_code() for _ in range(MAX_PADDLE)] if options.people else []
    if codes:
        people_file = Path(folder.name, "people.csv")
        people_file.write_bytes(make_list(codes, limit=10**17))
        servers[f"no ledger, {PEOPLE}"] = [*servers["no ledger"], "", str(people_file)]
        file = f"{folder.name}/{PEOPLE}.sqlite3"
        servers[f"ledger, {PEOPLE}"] = [*servers["no ledger"], file, str(people_file)]
    costs = {(name, pattern): Cost() for name in servers for pattern in ("burst", "paced")}
    with ExitStack() as stack:
        running_servers = {
            name: stack.enter_context(running(command)) for name, command in servers.items()
        }
        for _ in range(options.rounds):
            for pattern, pause in (("burst", 0.0), ("paced", PAUSE)):
                for name, (pid, port) in running_servers.items():
                    is_echo = name == "echo"
                    known = codes if PEOPLE in name else ()
                    with crowd(port, options.rooms, is_echo, known) as buyers:
                        bid(pid, buyers, pause, costs[name, pattern])
    print(f"{options.rounds} rounds of {options.rooms * BIDDING} bids on each server, in turn.")
    print("Medians, with the lowest and the highest round in brackets.\n")
    print(
        "| Bids  | Server            | CPU a bid, us       | CPU, echo = 1    "
        "| ms, median          | ms, 99 %            |"
    )
    print(
        "|-------|-------------------|---------------------|------------------|---------------------"
        "|---------------------|"
    )
    for (name, pattern), cost in sorted(costs.items(), key=lambda item: item[0][1]):
        pairs = zip(cost.cpu, costs["echo", pattern].cpu, strict=True)
        ratio = spread([mine / bare for mine, bare in pairs], "{:.2f}")
        print(
            f"| {pattern} | {name:17} | {spread(cost.cpu, '{:.1f}'):19} | {ratio:16} "
            f"| {spread(cost.median, '{:.2f}'):19} | {spread(cost.slow, '{:.2f}'):19} |"
        )
    seats(options.seats, servers, codes)
    idle(options.idle)
    folder.cleanup()


_crowds = count(1)


@contextmanager
def crowd(
    port: int, rooms: int, is_echo: bool, codes: Sequence[str] = ()
) -> Iterator[list[socket.socket]]:
    """Fill this many rooms with Sellers and Buyers, until bidding is open in all of them.

    :param codes: the pass codes of the participants; empty if they need none.
    :return: the connections of the Buyers that bid.
    """
    # New rooms each time: in an old one, a person is told the result that it has missed there.
    number = next(_crowds)
    sockets: list[socket.socket] = []
    bidding: list[socket.socket] = []
    for room in range(rooms):
        for place in range(BIDDING + 2):
            sock = connect(port, source(len(sockets)))
            sockets.append(sock)
            if codes:
                sock.sendall(b"PASS %b\n" % codes[len(sockets) % len(codes)].encode())
            if not is_echo:
                request = b"2 100 %d Sword\n" % (BIDDING + 1) if place == 0 else b""
                sock.sendall(b"JOIN room%d-%d\n%s" % (number, room, request))
                read_until(sock, b"Sword" if place == 0 else b"Your role is: [Buyer]")
            if 0 < place <= BIDDING:
                bidding.append(sock)
    if not is_echo:
        for sock in bidding:
            read_until(sock, b"your bid:\r\n")
    yield bidding
    for sock in sockets:
        sock.close()
    while not is_echo:
        with connect(port) as sock:
            sock.sendall(b"LIST\n")
            if b"Rooms: 1." in read_until(sock, b"Rooms: "):
                break
        time.sleep(0.05)
    time.sleep(0.2)


def read_until(sock: socket.socket, end: bytes) -> bytes:
    """Read until these bytes have come. More may follow them."""
    text = b""
    while end not in text:
        data = sock.recv(1 << 16)
        if not data:
            sys.exit(f"{text!r} ended before {end!r}")
        text += data
    return text


def bid(pid: int, buyers: list[socket.socket], pause: float, cost: Cost) -> None:
    """Let every Buyer bid, and wait for all acknowledgements."""
    poll = select.epoll()
    for sock in buyers:
        poll.register(sock.fileno(), select.EPOLLIN)
    sockets = {sock.fileno(): sock for sock in buyers}
    sent: dict[int, float] = {}
    taken: list[float] = []

    def read(timeout: float) -> None:
        for number, _ in poll.poll(max(0, timeout), 1 << 14):
            if sockets[number].recv(4096) != ACKNOWLEDGEMENT:
                sys.exit("not every bid was acknowledged")
            taken.append(time.perf_counter() - sent[number])

    before = cpu_seconds(pid)
    start = time.perf_counter()
    for place, sock in enumerate(buyers):
        while pause and (left := start + place * pause - time.perf_counter()) > 0:
            read(left)
        sent[sock.fileno()] = time.perf_counter()
        sock.sendall(b"%d\n" % (100 + place))
    while len(taken) < len(buyers):
        read(5)
    cost.cpu.append((cpu_seconds(pid) - before) / len(buyers) * 1e6)
    taken.sort()
    cost.median.append(taken[len(taken) // 2] * 1e3)
    cost.slow.append(taken[int(len(taken) * 0.99)] * 1e3)


def seats(buyers: int, servers: dict[str, list[str]], codes: Sequence[str]) -> None:
    """Measure the server's memory for a Buyer with a seat and a bid."""
    print(f"\nMemory of {buyers} Buyers who have bid, in their rooms with their Sellers:\n")
    print("| Server            | KiB each | echo = 1 |")
    print("|-------------------|----------|----------|")
    bare = 0.0
    for name, command in servers.items():
        with running(command) as (pid, port):
            before = memory(pid)
            known = codes if PEOPLE in name else ()
            with crowd(port, buyers // BIDDING, name == "echo", known) as bidding:
                bid(pid, bidding, 0, Cost())
                connections = buyers // BIDDING * (BIDDING + 2)
                each = (memory(pid) - before) * 1024 / connections
        bare = bare or each
        print(f"| {name:17} | {each:8.2f} | {each / bare:8.2f} |")


def idle(count: int) -> None:
    """Measure the memory and the timers of empty rooms."""
    command = [sys.executable, "-c", IDLE, str(count)]
    told = subprocess.run(command, capture_output=True, check=True, text=True).stdout
    timers, each = told.split()
    print(f"\n{count} idle rooms: {timers} timers, {float(each):.2f} KiB each.")
