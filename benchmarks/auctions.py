"""Back-to-back auctions: this server beside a bare Twisted script with the same lines.

One driver process plays whole auctions, with new connections each time, against long-lived servers,
a round on each in turn. A server's cost is the CPU time of its process in a round. Ratios are taken
round by round, so that a drift of the machine's speed does not matter.

The script opens bidding with the last Buyer's arrival, so the servers run with ``--settle 0``. One
row has the default: bidding settles first, so there are fewer auctions a second.

With ``--people``, the clients of two more servers say pass codes, and bid within limits: one has a
list of just these people, the other a long list. An auction then also has the question for a code,
and its answer. Two further servers have a lobby, for a comparison by the same number of lines: the
clients say ``PASS code`` to one, ``PING x.`` to the other, and read an answer before they join.
"""

import re
import socket
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path

from benchmarks.codes import make_list
from benchmarks.measuring import LOBBY as LOBBY_TWISTD
from benchmarks.measuring import TWISTD, connect, cpu_seconds, running, spread
from tests.command_line import Parser, at_least
from twisted_auction.house.pass_codes import new_code
from twisted_auction.house.people import MAX_PADDLE

ITEM = b"WolfPackSword"
LOWEST_PRICE = 100
SETTLING = "twistd settling"
"""The server with the default of ``--settle``."""

PEOPLE = ("short list", "long list")
"""The servers with lists of people."""

LOBBY, LOBBY_PEOPLE = "lobby", "lobby, long list"
"""The servers with a lobby, without and with a list of people."""

Opening = Callable[[socket.socket, int], object]
"""What the client with a place says on a new connection until it gets its role."""

SLOWER = 10
"""Factor by which its rounds have fewer auctions."""

RAISE = 10
"""Dollars between the bids of one Buyer and the next. The last Buyer wins."""


EMBEDDED = """
from twisted.internet import reactor
from twisted_auction.house.auctioneer import Auctioneer
from twisted_auction.server.factory import AuctionFactory
from twisted_auction.server.limits import ConnectionLimits, Limits

connections = ConnectionLimits(reactor, Limits(max_new_per_minute=0))
factory = AuctionFactory(Auctioneer(reactor), connections=connections)
reactor.listenTCP({port}, factory, backlog=4096, interface="127.0.0.1")
reactor.run()
"""
"""The server without a console, embedded in a program."""


TICKET = b"Ticket: 4f0c9a7be2d3415c8a6b0d1e2f334455\r\n"
"""The lobby's first line on joining a room. The real server's digits are random."""

SELLER = b"Your role is: [Seller]\r\nPlease submit auction request:\r\n"
RECEIVED = b"Auction request received: %s\r\n"
BUYER = b"Your role is: [Buyer]\r\n"
WAIT = b"The Auctioneer is still waiting for other Buyer to connect...\r\n"
START = b"Bidding start!\r\nPlease submit your bid:\r\n"
BID = b"Bid received. Please wait...\r\n"
SOLD = b"Auction finished!\r\nSuccess! Your item WolfPackSword has been sold for $%d\r\n"
WON = b"Auction finished!\r\nYou won this item WolfPackSword! Your payment due is $%d\r\n"
LOST = b"Auction finished!\r\nUnfortunately you did not win in the last round.\r\n"
"""The lines of a server, in order."""


def request(buyers: int) -> bytes:
    """The Seller's line."""
    return b"2 %d %d %s" % (LOWEST_PRICE, buyers, ITEM)


def bid(place: int) -> int:
    """The bid of this Buyer, counted from 1. The last Buyer wins and pays the bid before."""
    return LOWEST_PRICE + RAISE * place


def main(argv: list[str]) -> None:
    """Measure, and print a table."""
    parser = Parser("python -m benchmarks auctions", description=__doc__)
    parser.add_argument("--rounds", type=at_least(1), default=11, help="rounds on each server")
    parser.add_argument("--auctions", type=at_least(1), default=300, help="auctions in a round")
    parser.add_argument(
        "--people",
        action="store_true",
        help=f"add servers with lists of people, one of {MAX_PADDLE:,}",
    )
    options = parser.parse_args(argv)
    print(f"{options.rounds} rounds of {options.auctions} auctions on each server, in turn.")
    print(f"All servers run with --settle 0, except {SETTLING!r}, which has the default.")
    print("Medians, with the lowest and the highest round in brackets.\n")
    print(
        "| Buyers | server           | CPU an auction, ms   | auctions a second "
        "| CPU, script = 1  |"
    )
    print(
        "|--------|------------------|----------------------|-------------------|------------------|"
    )
    codes = [new_code() for _ in range(MAX_PADDLE)] if options.people else []
    for buyers in (3, 9):
        measure(buyers, options.rounds, options.auctions, codes)


def measure(buyers: int, rounds: int, auctions: int, codes: Sequence[str] = ()) -> None:
    """Measure every server with this many Buyers, and print its row.

    :param codes: the pass codes of a long list of people; empty to measure no server with a list.
    """
    twistd = [*TWISTD, "--port", "{port}", "--ledger", "none"]
    commands = {
        "script": ["-m", "benchmarks.script", "{port}", str(buyers)],
        "factory alone": ["-c", EMBEDDED],
        "auc_server": ["-m", "twisted_auction.auc_server", "--settle", "0", "{port}"],
        "twistd auction": [*twistd, "--settle", "0"],
        SETTLING: twistd,
    }
    openings: dict[str, Opening] = {}
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        for name, listed in zip(PEOPLE, (codes[-buyers - 1 :], codes), strict=True):
            if listed:
                people = folder / f"{len(listed)}.csv"
                people.write_bytes(make_list(listed, limit=10**17))
                commands[name] = [*twistd, "--settle", "0", "--people", str(people)]
                openings[name] = answer_with(codes)
        if codes:
            lobby = [*LOBBY_TWISTD, "--ledger", "none"]
            commands[LOBBY] = lobby
            openings[LOBBY] = join_after(lambda place: b"PING x.")
            commands[LOBBY_PEOPLE] = [*lobby, "--people", str(people)]
            openings[LOBBY_PEOPLE] = join_after(
                lambda place: b"PASS %b" % codes[-1 - place].encode()
            )
        servers = {
            name: stack.enter_context(running(command)) for name, command in commands.items()
        }
        expected = play(servers["script"][1], buyers)
        for name, (_, port) in servers.items():
            if play(port, buyers, openings.get(name)) != expected:
                sys.exit(f"{name} does not say what the script says")
        cpu: dict[str, list[float]] = {name: [] for name in servers}
        wall: dict[str, list[float]] = {name: [] for name in servers}
        for _ in range(rounds):
            for name, (pid, port) in servers.items():
                count = max(1, auctions // SLOWER) if name == SETTLING else auctions
                cpu_before, wall_before = cpu_seconds(pid), time.perf_counter()
                for _ in range(count):
                    play(port, buyers, openings.get(name))
                wall[name].append((time.perf_counter() - wall_before) / count)
                cpu[name].append((cpu_seconds(pid) - cpu_before) / count)
    for name in servers:
        cost = spread([1000 * seconds for seconds in cpu[name]], "{:.2f}")
        rate = spread([1 / seconds for seconds in wall[name]], "{:.0f}")
        pairs = zip(cpu[name], cpu["script"], strict=True)
        ratio = spread([mine / bare for mine, bare in pairs], "{:.2f}")
        print(f"| {buyers:6} | {name:16} | {cost:20} | {rate:17} | {ratio:16} |", flush=True)


def play(port: int, buyers: int, opening: Opening | None = None) -> list[bytes]:
    """Play one auction.

    :param opening: the beginning of each client's talk; None if the server speaks first.
    :return: the whole text received by the Seller and by each Buyer, from the role on.
    """
    seller = connect_as(port, 0, opening)
    texts = [read_until(seller, b"request:")]
    seller.sendall(request(buyers) + b"\n")
    texts[0] += read_until(seller, ITEM)
    sockets = [connect_as(port, place, opening) for place in range(1, buyers + 1)]
    texts += [read_until(sock, b"bid:") for sock in sockets]
    for place, sock in enumerate(sockets, 1):
        sock.sendall(b"%d\n" % bid(place))
    for place, sock in enumerate([seller, *sockets]):
        texts[place] += read_until(sock, b"")
        sock.close()
    return [re.sub(rb"\ATicket: \w+\n", b"", text) for text in texts]


def connect_as(port: int, place: int, opening: Opening | None) -> socket.socket:
    """Connect, and say what comes before the role."""
    sock = connect(port)
    if opening is not None:
        opening(sock, place)
    return sock


def answer_with(codes: Sequence[str]) -> Opening:
    """Answer the question for a pass code with one of the last codes."""

    def say(sock: socket.socket, place: int) -> None:
        read_until(sock, b"code:")
        sock.sendall(codes[-1 - place].encode() + b"\n")

    return say


def join_after(first: Callable[[int], bytes]) -> Opening:
    """Say a first line in the lobby, read the answer, and join the room of the port.

    :param first: makes the line for a place. Its answer ends with a full stop.
    """

    def say(sock: socket.socket, place: int) -> None:
        sock.sendall(first(place) + b"\n")
        read_until(sock, b".")
        sock.sendall(b"JOIN main\n")

    return say


def read_until(sock: socket.socket, end: bytes) -> bytes:
    """Read up to a line with this end, or to the end of the stream if ``end`` is empty.

    :return: the text, with LF at the ends of lines, as ``auc_server`` sends them.
    """
    text = b""
    while not (end and text.endswith((end + b"\n", end + b"\r\n"))):
        data = sock.recv(4096)
        if not data:
            if end:
                raise ConnectionError(f"{text!r} ended before {end!r}")
            break
        text += data
    return text.replace(b"\r\n", b"\n")
