"""The page: its web socket beside a bare Twisted WebSocket server, its weight, and its delays.

*Handshakes*: pages open web sockets, and nothing else. *Fan-out*: one page bids, and all pages are
sent the price. The bare server sends the same texts, by ``sendTextMessage`` to each page. The
clients are sockets with canned handshakes, in the process of the benchmark. *Load*: many pages bid
many times a second, and the time to each acknowledgement is taken; connections with lines do the
same on another server. *Desks*: a person bids, without a desk and with two that follow the room.
*Weight*: the bytes of a first visit to each page.

With ``--browser``, Chromium shows pages of a real auction. *Price*: the time from a bid in one
browser to the price in another. *First price*: the time from the end of the HTML to the first
price, behind a relay that delays everything.
"""

import gzip
import json
import re
import socket
from collections.abc import Sequence
from itertools import count

from benchmarks import fanout
from benchmarks.connections import ratio
from benchmarks.fanout import Crowd, add_options, cost_of_bids, fan_out, print_load
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
from twisted_auction.testing import pass_code
from twisted_auction.web.files import FOLDER
from twisted_auction.web.settings import missing_extra

ACKNOWLEDGEMENT = '{"type": "you_hold", "amount": %s}'
NEWS = '{"type": "highest_bid", "amount": %s, "buyer": %d, "asking_price": %d, "seconds": 600000}'
LETTER = '{"room": "main", "letter": [%s]}'

SITE = """
import time
from twisted.internet import reactor
from twisted_auction.house.people import People, Person, Role
from twisted_auction.house.rooms import Rooms
from twisted_auction.rules.terms import Terms
from twisted_auction.server.desk import DeskOffice
from twisted_auction.server.limits import ConnectionLimits, Limits
from twisted_auction.server.passes import Passes
from twisted_auction.testing import with_codes
from twisted_auction.web.cookies import code_of
from twisted_auction.web.site import AuctionSite
from twisted_auction.web.socket import LiveResource
from twisted_auction.web.sockets import Sockets

reactor.seconds = time.monotonic
people = passes = office = None
if {bidders}:
    persons = [Person(paddle) for paddle in range(1, {bidders} + 1)]
    people = with_codes(People([*persons, Person(9999, role=Role.AUCTIONEER)]))
rooms = Rooms(reactor, Terms(max_bidders=100000, raise_rate=0), people=people)
rooms.open()
connections = ConnectionLimits(reactor, Limits(max_new_per_minute=0, max_per_peer=0))
if people is not None:
    passes, office = Passes(rooms), DeskOffice(rooms, connections)
live = LiveResource(Sockets(rooms, connections, passes, office), code_of)
site = AuctionSite(rooms, connections, live=live)
reactor.listenTCP({port}, site, backlog=4096, interface="127.0.0.1")
reactor.run()
"""

SERVERS = {
    "bare": ["-m", "benchmarks.web_bare", "{port}"],
    "page": ["-c", SITE.replace("{bidders}", "0")],
}

ADDRESSES = {
    "bid.html": "/room/main",
    "desk.html": "/desk",
    "lots_wall.html": "/wall",
    "rooms.html": "/",
    "wall.html": "/room/main/wall",
}
"""The addresses of the pages, by their files."""

AUCTIONEER = 9999
"""The paddle of the auctioneer in :data:`SITE`."""

DESKS = 2
"""Number of desks beside the pages."""

WINDOW = 50
"""Number of pages that wait for the answer to their handshakes at any time."""

HANDSHAKE = """\
GET /live HTTP/1.1\r
Host: 127.0.0.1:{port}\r
Connection: Upgrade\r
Pragma: no-cache\r
Cache-Control: no-cache\r
User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0\r
Upgrade: websocket\r
Origin: http://127.0.0.1:{port}\r
Sec-WebSocket-Version: 13\r
Accept-Encoding: gzip, deflate, br, zstd\r
Accept-Language: en-US,en;q=0.9\r
Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r
\r
"""
"""What a browser says to open a web socket."""

LINKED = re.compile(r'(?:src|href)="(/[^"]+)"')
IMPORTED = re.compile(r'^import .* from "\./([^"]+)";$', re.MULTILINE)


def main(argv: list[str]) -> None:
    """Measure, and print tables. Without the extra of the page, say what is missing."""
    parser = Parser("python -m benchmarks web", description=__doc__)
    add_options(parser, "pages")
    parser.add_argument("--pages", type=at_least(1), default=2000, help="pages in the handshakes")
    parser.add_argument(
        "--seats",
        type=at_least(1),
        nargs="*",
        default=[40, 400],
        help="numbers of pages beside desks",
    )
    parser.add_argument("--browser", action="store_true", help="measure in Chromium, too")
    parser.add_argument("--prices", type=at_least(1), default=200, help="bids in Chromium")
    parser.add_argument(
        "--delay", type=at_least(1), default=100, help="ms of a round trip to the first price"
    )
    options = parser.parse_args(argv)
    if missing_extra():
        print(f"Nothing is measured: {missing_extra()}")
        return
    pages = [*options.listeners, *options.seats, options.buyers, options.pages]
    take_all_descriptors(parser, 1 + DESKS + max(pages))
    check_texts()
    weigh()
    print(f"\n{options.rounds} rounds on each server, in turn.")
    print("Medians, with the lowest and the highest round in brackets.\n")
    handshakes(options.pages, options.rounds)
    print(f"\nFan-out: {options.bids} bids in a round; a line is a message to a page.\n")
    fan_out(SERVERS, Pages, options.listeners, options.rounds, options.bids)
    print(f"\nDesks: {options.bids} English bids in a round, with and without two desks.\n")
    desks(options.seats, options.rounds, options.bids)
    print_load(
        options, {"page": (SERVERS["page"], Pages), "lines": (fanout.SERVERS["factory"], Crowd)}
    )
    if options.browser:
        from benchmarks.web_browser import measure  # not above: it needs Playwright

        measure(options.prices, options.rounds, options.delay)


class Pages(Crowd):
    """A Seller and many Buyers with web sockets in the main room of one server."""

    NEWS = b'"type": "highest_bid"'
    ANSWERS = (b'"type": "you_hold"', b'"type": "bid_too_low"')
    OTHERS = 1  # the acknowledgement comes with the price

    def enter(self, port: int, source: str) -> socket.socket:
        """Open a web socket, and take a seat."""
        sock = connect(port, source)
        sock.sendall(HANDSHAKE.format(port=port).encode())
        await_handshake(sock)
        sock.sendall(frame({"say": "JOIN main"}))
        return sock

    def say(self, line: bytes) -> bytes:
        """The frame that says a line in the room."""
        return frame({"room": "main", "say": line.decode().rstrip("\n")})


class Hall(Pages):
    """The same in a house with a list of people, and with desks.

    The paddle of the Seller is 1.
    """

    def __init__(self, port: int, buyers: int) -> None:
        self._port = port
        self._paddles = count(1)
        super().__init__(port, buyers)

    def enter(self, port: int, source: str) -> socket.socket:
        """Open a web socket, say a pass code, and take a seat."""
        return self._open(source, next(self._paddles), "JOIN main")

    def open_desks(self, desks: int) -> list[socket.socket]:
        """Open desks, and wait until they show the room."""
        opened = [self._open("127.0.0.1", AUCTIONEER, "DESK main") for _ in range(desks)]
        for sock in opened:
            heard = b""
            while b'"desk_auction"' not in heard:
                heard += sock.recv(1 << 20)
        self.settle()
        return opened

    def _open(self, source: str, paddle: int, line: str) -> socket.socket:
        sock = connect(self._port, source)
        sock.sendall(HANDSHAKE.format(port=self._port).encode())
        await_handshake(sock)
        sock.sendall(frame({"say": f"PASS {pass_code(paddle)}"}) + frame({"say": line}))
        return sock


def frame(said: dict[str, str]) -> bytes:
    """A short frame of a client. Its mask is zero, so the text stays as it is."""
    text = json.dumps(said).encode()
    assert len(text) < 126  # a longer one would have a longer header
    return bytes([0x81, 0x80 | len(text), 0, 0, 0, 0]) + text


def await_handshake(sock: socket.socket) -> None:
    """Read the answer to a handshake."""
    answer = b""
    while not answer.endswith(b"\r\n\r\n"):
        data = sock.recv(1 << 16)
        if not data or not (answer + data).startswith(b"HTTP/1.1 101 "):
            raise SystemExit(f"no web socket: {answer + data!r}")
        answer += data


def check_texts() -> None:
    """Check that the bare server sends what the real one sends."""
    news = NEWS % (7, 1, 8)
    with running(SERVERS["page"]) as (_, port):
        pages = Pages(port, 1)
        pages.buyers[0].sendall(pages.say(b"7\n"))
        told = dict.fromkeys(pages.sockets, b"")
        while heard := pages.read(1):
            for number, data in heard:
                told[number] += data
        for sock, text in (
            (pages.buyers[0], LETTER % f"{ACKNOWLEDGEMENT % 7}, {news}"),
            (pages.seller, LETTER % news),
        ):
            if text.encode() not in told[sock.fileno()]:
                raise SystemExit(f"{text!r} is not in {told[sock.fileno()]!r}")
        pages.close()


def handshakes(pages: int, rounds: int) -> None:
    """Open this many web sockets on new servers, and print a table."""
    cpu: dict[str, list[float]] = {name: [] for name in SERVERS}
    kib: dict[str, list[float]] = {name: [] for name in SERVERS}
    seated: list[float] = []
    for _ in range(rounds):
        for name, command in SERVERS.items():
            with running(command) as (pid, port):
                cpu_before, memory_before = cpu_seconds(pid), memory(pid)
                sockets = _open(port, pages)
                cpu[name].append((cpu_seconds(pid) - cpu_before) / pages * 1e6)
                kib[name].append((memory(pid) - memory_before) * 1024 / pages)
                if name == "page":
                    for sock in sockets:
                        sock.sendall(frame({"say": "JOIN main"}))
                    for sock in sockets:
                        sock.recv(1 << 16)
                    seated.append((memory(pid) - memory_before) * 1024 / pages)
                for sock in sockets:
                    sock.close()
    print(f"Handshakes of {pages} pages.\n")
    print("| Server | CPU a handshake, us | CPU, bare = 1    | KiB a page          | bare = 1 |")
    print("|--------|---------------------|------------------|---------------------|----------|")
    for name in SERVERS:
        print(
            f"| {name:6} | {spread(cpu[name], '{:.0f}'):19} | {ratio(cpu[name], cpu['bare']):16} "
            f"| {spread(kib[name], '{:.2f}'):19} | {ratio(kib[name], kib['bare'])} |"
        )
    print(f"\nWith a seat in a room, a page has {spread(seated, '{:.2f}')} KiB.", flush=True)


def _open(port: int, pages: int) -> list[socket.socket]:
    """Open web sockets, a few at a time."""
    words = HANDSHAKE.format(port=port).encode()
    sockets: list[socket.socket] = []
    for begin in range(0, pages, WINDOW):
        window = [connect(port, source(n)) for n in range(begin, min(pages, begin + WINDOW))]
        for sock in window:
            sock.sendall(words)
        for sock in window:
            await_handshake(sock)
        sockets += window
    return sockets


def desks(seats: Sequence[int], rounds: int, bids: int) -> None:
    """Measure the CPU time of a bid with these numbers of pages, without a desk and with two in
    turn on one server, and print a table."""
    print("| Pages | desks | CPU a bid, us          | CPU, no desk = 1 |")
    print("|-------|-------|------------------------|------------------|")
    for number in seats:
        server = ["-c", SITE.replace("{bidders}", str(number + 1))]
        cpu: dict[int, list[float]] = {0: [], DESKS: []}
        with running(server) as (pid, port):
            hall = Hall(port, number)
            hall.bid(1)
            amount = 1
            for _ in range(rounds):
                for open_desks, costs in cpu.items():
                    opened = hall.open_desks(open_desks)
                    costs.append(1e6 * cost_of_bids(pid, hall, amount, bids))
                    amount += bids
                    for sock in opened:
                        sock.close()
            hall.close()
        for open_desks, costs in cpu.items():
            print(
                f"| {number:5} | {open_desks:5} | {spread(costs, '{:.0f}'):22} "
                f"| {ratio(costs, cpu[0]):16} |",
                flush=True,
            )


def weigh() -> None:
    """Print the bytes of a first visit to each page, with all headers, compressed as for a browser.
    The second language is loaded at a person's wish, and is not among them."""
    print("Bytes of a first visit, on the wire:\n")
    print("| Page             | files | KB    |")
    print("|------------------|-------|-------|")
    with running(SERVERS["page"]) as (_, port):
        for page in sorted(ADDRESSES[file.name] for file in FOLDER.glob("*.html")):
            sizes = visit(port, page)
            print(f"| {page:16} | {len(sizes):5} | {sum(sizes.values()) / 1000:5.1f} |", flush=True)


def visit(port: int, page: str) -> dict[str, int]:
    """The answers to a first visit: their sizes in bytes, by path."""
    sizes: dict[str, int] = {}
    wanted = [page]
    while wanted:
        path = wanted.pop()
        if path in sizes:
            continue
        answer = _get(port, path)
        sizes[path] = len(answer)
        header, _, body = answer.partition(b"\r\n\r\n")
        if not header.startswith(b"HTTP/1.1 200 "):
            raise SystemExit(f"{path}: {header.decode()}")
        if b"\r\nContent-Encoding: gzip" in header:
            body = gzip.decompress(body)
        wanted += _needed(path, body, is_page=path == page)
    return sizes


def _needed(path: str, body: bytes, is_page: bool) -> Sequence[str]:
    """The paths of the files that a browser wants next."""
    if is_page:
        # A link to another page of the site is no part of this one.
        return [to for to in LINKED.findall(body.decode()) if "." in to]
    if path.endswith(".js"):
        folder = path.rpartition("/")[0]
        return [f"{folder}/{name}" for name in IMPORTED.findall(body.decode())]
    return []


def _get(port: int, path: str) -> bytes:
    """The whole answer to a request, with its header."""
    request = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAccept-Encoding: gzip\r\n"
    with connect(port) as sock:
        sock.sendall(f"{request}Connection: close\r\n\r\n".encode())
        answer = b""
        while data := sock.recv(1 << 16):
            answer += data
    return answer
