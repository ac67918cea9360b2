"""The page: its web socket beside a bare Twisted WebSocket server, its weight, and its delays.

*Handshakes*: pages open web sockets, and nothing else. *Fan-out*: one page bids, and all pages are
sent the price. The bare server sends the same texts, by ``sendTextMessage`` to each page. The
clients are sockets with canned handshakes, in the process of the benchmark. *Load*: many pages bid
many times a second, and the time to each acknowledgement is taken; connections with lines do the
same on another server. *Weight*: the bytes of a first visit to each page.

With ``--browser``, Chromium shows pages of a real auction. *Price*: the time from a bid in one
browser to the price in another. *First price*: the time from the end of the HTML to the first
price, behind a relay that delays everything.
"""

import gzip
import json
import re
import socket
from collections.abc import Sequence

from benchmarks import fanout
from benchmarks.connections import ratio
from benchmarks.fanout import LOAD_HEADING, Crowd, fan_out, load
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
from twisted_auction.web.files import FOLDER
from twisted_auction.web.settings import missing_extra

ACKNOWLEDGEMENT = '{"type": "you_hold", "amount": %s}'
NEWS = '{"type": "highest_bid", "amount": %s, "buyer": %d, "asking_price": %d, "seconds": 600000}'
LETTER = '{"room": "main", "letter": [%s]}'

SITE = """
import time
from twisted.internet import reactor
from twisted_auction.house.rooms import Rooms
from twisted_auction.rules.terms import Terms
from twisted_auction.server.limits import ConnectionLimits, Limits
from twisted_auction.web.cookies import code_of
from twisted_auction.web.site import AuctionSite
from twisted_auction.web.socket import LiveResource
from twisted_auction.web.sockets import Sockets

reactor.seconds = time.monotonic
rooms = Rooms(reactor, Terms(max_bidders=100000, raise_rate=0))
rooms.open()
connections = ConnectionLimits(reactor, Limits(max_new_per_minute=0, max_per_peer=0))
live = LiveResource(Sockets(rooms, connections), code_of)
site = AuctionSite(rooms, connections, live=live)
reactor.listenTCP({port}, site, backlog=4096, interface="127.0.0.1")
reactor.run()
"""

SERVERS = {
    "bare": ["-m", "benchmarks.web_bare", "{port}"],
    "page": ["-c", SITE],
}

ADDRESSES = {
    "bid.html": "/room/main",
    "desk.html": "/desk",
    "rooms.html": "/",
    "wall.html": "/room/main/wall",
}
"""The addresses of the pages, by their files."""

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
    parser.add_argument("--rounds", type=at_least(1), default=7, help="rounds on each server")
    parser.add_argument("--bids", type=at_least(1), default=20, help="bids in a round")
    parser.add_argument(
        "--listeners",
        type=at_least(1),
        nargs="*",
        default=[10, 100, 1000, 5000],
        help="numbers of pages in the fan-out",
    )
    parser.add_argument("--pages", type=at_least(1), default=2000, help="pages in the handshakes")
    parser.add_argument(
        "--seconds", type=at_least(0), default=60, help="seconds of load; 0: no load"
    )
    parser.add_argument("--buyers", type=at_least(1), default=1000, help="pages in the load")
    parser.add_argument("--rate", type=at_least(1), default=1000, help="bids a second in the load")
    parser.add_argument("--browser", action="store_true", help="measure in Chromium, too")
    parser.add_argument("--prices", type=at_least(1), default=200, help="bids in Chromium")
    parser.add_argument(
        "--delay", type=at_least(1), default=100, help="ms of a round trip to the first price"
    )
    options = parser.parse_args(argv)
    if missing_extra():
        print(f"Nothing is measured: {missing_extra()}")
        return
    take_all_descriptors(parser, 1 + max([*options.listeners, options.buyers, options.pages]))
    check_texts()
    weigh()
    print(f"\n{options.rounds} rounds on each server, in turn.")
    print("Medians, with the lowest and the highest round in brackets.\n")
    handshakes(options.pages, options.rounds)
    print(f"\nFan-out: {options.bids} bids in a round; a line is a message to a page.\n")
    fan_out(SERVERS, Pages, options.listeners, options.rounds, options.bids)
    if options.seconds:
        print(
            f"\nLoad: {options.rate} bids a second from {options.buyers} Buyers; "
            "milliseconds from a bid to its acknowledgement.\n"
        )
        print(LOAD_HEADING)
        amounts = options.buyers, options.rate, options.seconds
        load("page", SERVERS["page"], Pages, *amounts)
        load("lines", fanout.SERVERS["factory"], Crowd, *amounts)
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
