"""Draw the pictures that the documents show, from real runs: ``python -m docs.pictures``.

Every console is what a shell at a pseudo-terminal showed while the commands on it were run, with
nothing left out, and nothing added but numbered steps, in another colour, to the right. The drawing
is Rich's. The pages are what a browser showed in a test. The names of functions below draw only
their pictures: ``python -m docs.pictures auction experiment``.
"""

import io
import os
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pexpect
from PIL import Image
from rich.console import Console
from rich.text import Text

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "docs" / "pictures"
PORT = "12345"
LOBBY = "12346"

HOME, REST, REST_OF_ROW = "\x1b[H", "\x1b[J", "\x1b[K"
"""What a program writes before a screen, after it, and after each of its rows."""

# Rich's own template asks the reader's browser for a font from elsewhere.
TEMPLATE = """\
<svg class="rich-terminal" viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg">
  <style>
    .{unique_id}-matrix {{
      font-family: "DejaVu Sans Mono", Menlo, Consolas, monospace;
      font-size: {char_height}px; line-height: {line_height}px; white-space: pre;
    }}
    .{unique_id}-title {{ font-size: 18px; font-weight: bold; font-family: sans-serif; }}
    {styles}
  </style>
  <defs>
    <clipPath id="{unique_id}-clip-terminal">
      <rect x="0" y="0" width="{terminal_width}" height="{terminal_height}" />
    </clipPath>
    {lines}
  </defs>
  {chrome}
  <g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
    {backgrounds}
    <g class="{unique_id}-matrix" xml:space="preserve">
      {matrix}
    </g>
  </g>
</svg>
"""


class Shell:
    """A shell at a terminal of its own."""

    def __init__(
        self,
        title: str,
        folder: str | None = None,
        width: int = 84,
        height: int = 60,
        kind: str = "dumb",
    ) -> None:
        self.title = title
        self._width = width
        self._steps: list[tuple[str, str, str]] = []
        self._shown = io.StringIO()
        commands = Path(sys.executable).parent
        environment = {
            **{name: text for name, text in os.environ.items() if name != "PYTHONUNBUFFERED"},
            "PATH": f"{commands}{os.pathsep}{os.environ['PATH']}",
            "PS1": "$ ",
            "TERM": kind,
        }
        self._child = pexpect.spawn(
            "bash",
            ["--norc", "--noprofile"],
            env=environment,
            encoding="utf-8",
            timeout=600,
            cwd=folder,
            dimensions=(height, width),
        )
        self._child.logfile_read = self._shown
        self.reads("$ ")

    def types(self, line: str) -> None:
        """Type a line."""
        self._child.sendline(line)

    def reads(self, text: str) -> None:
        """Wait for a text."""
        self._child.expect_exact(text)

    def interrupts(self) -> None:
        """Press Ctrl-C."""
        self._child.sendintr()

    def orders(self, *orders: str) -> None:
        """Give orders of the operator, each after the answer to the one before."""
        for order in orders:
            self.types(f"auction control {order}")
            self.reads("\n")
            self.reads("$ ")

    def step(self, number: str, line: str, note: str) -> None:
        """Number a step of what the picture shows.

        :param line: a text on the line that shows it, the first below the step before.
        :param note: what happens there.
        """
        self._steps.append((number, line, note))

    def draw(self, name: str) -> None:
        """Draw what the shell has shown, or the last screen of a program that draws whole ones,
        and end the shell."""
        shown = self._shown.getvalue().replace("\r", "")
        self._child.close(force=True)
        _, begin, screen = shown.rpartition(HOME)
        if begin:
            screen = screen.partition(REST)[0].replace(REST_OF_ROW, "")
            text, width = Text.from_ansi(screen), self._width
        else:
            text, width = self._annotated(shown.rstrip().split("\n"))
        console = Console(record=True, width=width, file=io.StringIO())
        console.print(text)
        svg = console.export_svg(title=self.title, code_format=TEMPLATE, unique_id=name)
        text = "".join(f"{line.rstrip()}\n" for line in svg.splitlines())
        (FOLDER / f"{name}.svg").write_text(text)
        print(f"{name}.svg")

    def _annotated(self, lines: list[str]) -> tuple[Text, int]:
        """The lines with their steps, and the width of all that."""
        places = {}
        place = -1
        for number, line, note in self._steps:
            place = next(at for at in range(place + 1, len(lines)) if line in lines[at])
            places[place] = (number, note)
        column = max((len(lines[place]) for place in places), default=0) + 2
        text, width = Text(), self._width
        for place, line in enumerate(lines):
            text.append(line)
            if place in places:
                number, note = places[place]
                text.append(" " * (column - len(line)))
                text.append(f" {number:<2} ", style="bold #1c1c1c on #ffc66d")
                text.append(f" {note}", style="italic #ffc66d")
                width = max(width, column + len(note) + 5)
            text.append("\n")
        text.rstrip()
        return text, width


SELLER_STEPS = [
    ("2", "Connected", "The client is connected."),
    ("4", "Your role", "It came first, so it is the Seller."),
    ("5", "some wrong input", "A request that is none is refused."),
    ("5", "2 100 3", "Second price, from $100, three Buyers."),
    ("7", "Auction start.", "The request was taken."),
    ("19", "Success!", "The result."),
    ("20", "Disconnecting", "The server has closed the connection."),
]

BUYER_STEPS = [
    ("8", "auc_client", "A client comes after the request."),
    ("10", "Your role", "It is a Buyer."),
    ("14", "The bidding has started!", "All Buyers are there."),
    ("15", "{bid}", "Its bid."),
    ("17", "Bid received.", "The bid is recorded; no other is taken."),
    ("19", "{result}", "The result."),
    ("20", "Disconnecting", "The server has closed the connection."),
]

SERVER_STEPS = [
    ("1", "ready for hosting", "The service is started, in status 0."),
    ("3", "Seller is connected", "The first client is the Seller."),
    ("6", "request received", "A valid request: status 1."),
    ("9", "Buyer 1 is connected", "Buyers come, as many as were asked for."),
    ("12", "Let's start bidding!", "All are there."),
    ("13", "New Bidding Thread", "Their bids are awaited."),
    ("16", "Buyer 1 bid", "Each bid as it comes."),
    ("18", "Item sold!", "The highest bid wins, and pays the second highest."),
    ("3", "Seller is connected", "Status 0 again: the next client is a Seller."),
    ("18", "Item sold!", "First price: the winner pays its own bid."),
]
"""The steps are numbered as the assignment numbers them."""


def auction() -> None:
    """The assignment's example at six terminals, and a second round with the other format."""
    server = Shell("Terminal 1: the Auctioneer")
    server.types(f"auc_server {PORT}")
    server.reads("ready for hosting auctions!")
    join = f"auc_client 127.0.0.1 {PORT}"

    seller = Shell("Terminal 2: the Seller")
    seller.types(join)
    seller.reads("request:")
    early = Shell("Another client, before the request is in")
    early.types(join)
    early.reads("again later.")
    early.reads("$ ")
    early.types("echo $?")
    early.reads("$ ")
    early.draw("busy")
    seller.types("some wrong input")
    seller.reads("request:")
    seller.types("2 100 3 WolfPackSword")
    seller.reads("Auction start.")

    buyers = [Shell(f"Terminal {number + 2}: Buyer {number}") for number in (1, 2, 3)]
    for buyer, sign in zip(buyers, ["connect...", "connect...", "bid:"], strict=True):
        buyer.types(join)
        buyer.reads(sign)
    for buyer, bids in zip(buyers, [["150"], ["some wrong bid", "120"], ["180"]], strict=True):
        for bid in bids:
            if buyer is not buyers[2]:
                buyer.reads("submit your bid:")
            buyer.types(bid)
        buyer.reads("Bid received.")
    for step in SELLER_STEPS:
        seller.step(*step)
    for buyer, bid, result in ((buyers[1], "120", "did not win"), (buyers[2], "180", "You won")):
        for number, line, note in BUYER_STEPS:
            if number == "14" and bid == "120":
                buyer.step("11", "still waiting", "Other Buyers are awaited.")
            if number == "15" and bid == "120":
                buyer.step("15", "some wrong bid", "A bid that is none is refused.")
            buyer.step(number, line.format(bid=bid, result=result), note)
    for name, shell in [("seller", seller), ("buyer-2", buyers[1]), ("buyer-3", buyers[2])]:
        shell.reads("Auction is over!")
        shell.reads("$ ")
        shell.draw(name)

    second = Shell("Terminal 2: the next Seller, with piped input")
    second.types(f"printf '1 100 1 Compass\\n' | {join}")
    second.reads("Auction start.")
    last = Shell("Terminal 3")
    last.types(f"printf '130\\n' | {join}")
    last.reads("Auction is over!")
    second.reads("Auction is over!")
    second.reads("$ ")
    second.draw("second-round")
    server.interrupts()
    server.reads("$ ")
    for step in SERVER_STEPS:
        server.step(*step)
    server.draw("server")


def deployed() -> None:
    """The plugin as a daemon, and what its log says of an auction."""
    with tempfile.TemporaryDirectory() as folder:
        server = Shell("twistd auction", folder, width=112)
        server.types(f"twistd --logfile=auction.log auction --log-events --port {PORT}")
        server.reads("$ ")
        join = f"auction join 127.0.0.1 {PORT}"
        seller = Shell("Seller")
        seller.types(f"printf '2 100 2 Compass\\n' | {join}")
        seller.reads("Auction start.")
        buyers = [Shell("Buyer") for _ in range(2)]
        for buyer, bid in zip(buyers, ["130", "110"], strict=True):
            buyer.types(f"printf '{bid}\\n' | {join}")
            buyer.reads("[Buyer]")
        seller.reads("Auction is over!")
        server.types("grep auction.main# auction.log")
        server.reads("Item sold to")
        server.reads("$ ")
        server.types("kill $(cat twistd.pid)")
        server.reads("$ ")
        server.draw("twistd")


def live() -> None:
    """An English auction with a person against a robot, and a Dutch one."""
    with tempfile.TemporaryDirectory() as folder:
        server = Shell("Server", folder)
        server.types("twistd --nodaemon auction")
        server.reads("ready for hosting auctions!")

        seller = Shell("The Seller of an English auction")
        seller.types("auction sell --lowest 100 --bidders 2 --increment 5 --duration 20 Compass")
        seller.reads("Auction start.")
        buyer = Shell("A Buyer", width=120)
        buyer.types("auction bid")
        buyer.reads("connect...")
        robot = Shell("A robot")
        robot.types("auction bid --max 130")
        robot.reads("Seconds left:")
        for bid, answer in [
            ("110", "You have been outbid: Buyer 2 bids $115."),
            ("116", "Bid too low!"),
            ("125", "You have been outbid: Buyer 2 bids $130."),
            ("140", "Highest bid: $140"),
        ]:
            time.sleep(1.5)
            buyer.types(bid)
            buyer.reads(answer)
        for name, shell in [("english-seller", seller), ("english-buyer", buyer)]:
            shell.reads("Auction is over!")
            shell.reads("$ ")
            shell.draw(name)
        robot.reads("Auction is over!")

        seller = Shell("Seller")
        seller.types("auction sell -f dutch -l 100 --start 160 --step 20 --interval 2 Map")
        seller.reads("Auction start.")
        buyer = Shell("A Buyer in a Dutch auction", width=100)
        buyer.types("auction bid")
        buyer.reads("$120")
        buyer.types("accept")
        buyer.reads("Auction is over!")
        buyer.reads("$ ")
        buyer.draw("dutch-buyer")


def sale() -> None:
    """A catalogue, and the log of its sale."""
    with tempfile.TemporaryDirectory() as folder:
        server = Shell("A sale of three lots", folder, width=112)
        Path(folder, "saturday.txt").write_text(
            "# Saturday's sale\n"
            "second-price 100 2 Compass\n"
            "english:increment=40:duration=3:extension=0 50 2 Old map\n"
            "dutch:start=300:step=50:interval=1 100 2 Telescope\n"
        )
        server.types("cat saturday.txt")
        server.reads("$ ")
        server.types(
            "twistd --logfile=sale.log auction --log-events --catalogue saturday.txt --lot-pause 1"
        )
        server.reads("$ ")
        robots = []
        for maximum in ("160", "220"):
            robot = Shell("Robot")
            robot.types(f"auction bid --max {maximum}")
            robot.reads("Format:")
            robots.append(robot)
        for robot in robots:
            robot.reads("Auction is over!")
        server.types("grep -o 'auction.main#.*' sale.log")
        server.reads("Item sold to")
        server.reads("$ ")
        server.types("kill $(cat twistd.pid)")
        server.reads("$ ")
        server.draw("sale")


def orders() -> None:
    """A sale run by orders, and the screen of a projector meanwhile."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "lots.csv").write_text(
            "lot,item,type,lowest_price,description\n"
            "1,Compass,english:duration=60,100,with its case\n"
            "2,Old map,english:duration=60,50,of the coast\n"
        )
        operator = Shell("The operator", folder, width=100)
        operator.types(
            f"twistd auction --control unix:auction.control --lobby {LOBBY} \\\n"
            "    --catalogue lots.csv --starts order --lot-pause 1"
        )
        operator.reads("starts order")
        operator.reads("$ ")
        wait_for(LOBBY)
        buyers = []
        for _ in range(2):
            buyers.append(Shell("A Buyer"))
            buyers[-1].types("auction bid")
            buyers[-1].reads("The sale begins")
        operator.orders("start", "status")
        projector = Shell("auction watch", folder, width=84, height=26, kind="xterm")
        projector.types(f"auction watch main 127.0.0.1 {LOBBY}")
        projector.reads("Compass")
        for buyer, amount in zip(buyers, ("120", "500"), strict=True):
            buyer.reads("Seconds left:")
            buyer.types(amount)
            buyer.reads("Highest bid")
        operator.orders("void because a child has bid.", "pause because lunch is served.", "go on")
        buyers[1].types("150")
        projector.reads("Asking price: $151")
        time.sleep(1.5)  # for a whole screen with it
        projector.draw("watch")
        operator.orders("close", "skip because the map is torn.", "who", "status")
        operator.types("kill $(cat twistd.pid)")
        operator.reads("$ ")
        operator.draw("control")


def wait_for(port: str) -> None:
    """Wait until a server listens, whose shell shows the next prompt at once."""
    while True:
        try:
            socket.create_connection(("127.0.0.1", int(port))).close()
        except ConnectionRefusedError:
            time.sleep(0.1)
        else:
            return


def kept() -> None:
    """A server that is killed in the middle of an auction, and what its ledger has."""
    with tempfile.TemporaryDirectory() as folder:
        server = Shell("A server that is killed and started again", folder, width=116)
        start = f"twistd --nodaemon --pidfile= --logfile=auction.log auction --lobby {LOBBY} &"
        server.types(start)
        server.reads("$ ")
        wait_for(LOBBY)
        room = f"--room antiques 127.0.0.1 {LOBBY}"
        seller = Shell("The Seller")
        seller.types(f"auction sell -f second-price -l 100 -b 2 {room} Compass")
        seller.reads("Auction start.")
        buyer = Shell("A Buyer")
        buyer.types(f"auction join {room}")
        buyer.reads("connect...")
        other = Shell("Another Buyer")
        other.types(f"auction join {room}")
        other.reads("bid:")
        buyer.types("150")
        buyer.reads("received")
        server.types("kill -9 %1")
        server.reads("$ ")
        other.reads("Connection lost")
        server.types(start)
        server.reads("$ ")
        wait_for(LOBBY)
        for shell in (buyer, seller, other):
            shell.reads("Connected again.")
        other.reads("bid:")
        other.types("120")
        for shell in (buyer, seller, other):
            shell.reads("Auction is over!")
            shell.reads("$ ")
        for order in ("list", "show antiques/1", "verify"):
            server.types(f"auction ledger {order}")
            server.reads("$ ")
        server.types("kill %2")
        server.reads("$ ")
        reader = Shell("What the recorded bids would have brought", folder, width=116)
        reader.types("auction lab replay")
        reader.reads("in all")
        reader.reads("$ ")
        buyer.draw("antiques-buyer")
        server.draw("ledger")
        reader.draw("replay")


EXPERIMENT = [
    (2, 180, "Second price, the truth: it pays $150 and keeps $30."),
    (1, 180, "First price, the truth: it pays $180 and keeps $0."),
    (1, 151, "First price, a dollar above the others: it keeps $29."),
]
"""What the Buyer does to whom the item is worth $180."""

LOSING = [
    (2, 180, "Second price, the truth: it loses and keeps $0."),
    (2, 210, "Second price, more than the truth: it pays $200 and keeps -$20."),
    (1, 210, "First price, more than the truth: it pays $210 and keeps -$30."),
]


def rounds(name: str, title: str, highest_rival: int, bids: list[tuple[int, int, str]]) -> None:
    """Sell an item several times to three Buyers. The third one's bids are given, with notes."""
    server = Shell(title)
    server.types(f"auc_server {PORT}")
    server.reads("ready for hosting auctions!")
    join = f"auc_client 127.0.0.1 {PORT}"
    for number, (kind, last, note) in enumerate(bids, 1):
        seller = Shell("Seller")
        seller.types(f"printf '{kind} 100 3 WolfPackSword\\n' | {join}")
        seller.reads("Auction start.")
        buyers = [Shell("Buyer") for _ in range(3)]
        for buyer in buyers:
            buyer.types(join)
            buyer.reads("[Buyer]")
        for buyer, bid in zip(buyers, (highest_rival, 120, last), strict=True):
            buyer.reads("submit your bid:")
            buyer.types(str(bid))
            buyer.reads("Bid received.")
        seller.reads("Auction is over!")
        server.step(f"{number}a", f"Buyer 3 bid ${last}", note.partition(":")[0] + ".")
        server.step(f"{number}b", "Item sold!", f"Buyer 3{note.partition(':')[2][3:]}")
    server.interrupts()
    server.reads("$ ")
    server.draw(name)


TOLD = [
    (2, (150, 120, 180), "Second price: The Seller is told what it is worth to each Buyer."),
    (1, (100, 80, 120), "First price: The Seller is told two thirds of that."),
]
"""What three Buyers bid to whom the item is worth $150, $120 and $180."""


def told() -> None:
    """Sell an item in a house that tells the Seller all bids."""
    with tempfile.TemporaryDirectory() as folder:
        server = Shell("Server", folder)
        server.types(f"twistd --nodaemon auction --ledger none --port {PORT} --tell-seller-bids")
        server.reads("ready for hosting auctions!")
        seller = Shell("The Seller, in a house that tells it the bids")
        join = f"auc_client 127.0.0.1 {PORT}"
        for number, (kind, bids, note) in enumerate(TOLD, 1):
            seller.types(join)
            seller.reads("auction request:")
            seller.types(f"{kind} 1 3 WolfPackSword")
            seller.reads("Auction start.")
            buyers = [Shell("Buyer") for _ in bids]
            for buyer in buyers:
                buyer.types(join)
                buyer.reads("[Buyer]")
            for buyer, bid in zip(buyers, bids, strict=True):
                buyer.reads("submit your bid:")
                buyer.types(str(bid))
                buyer.reads("Bid received.")
            seller.reads("Auction is over!")
            seller.reads("$ ")
            seller.step(f"{number}a", f"{kind} 1 3", f"{note.partition(':')[0]}.")
            seller.step(f"{number}b", f"Buyer 1 bid ${bids[0]}", note.partition(": ")[2])
        seller.draw("told")
        server.interrupts()
        server.reads("$ ")


def experiment() -> None:
    """One item sold three times, and what the laboratory says of such choices."""
    rounds("experiment", "The same item, to the same three Buyers", 150, EXPERIMENT)
    rounds("losing", "The same item, and a rival who bids more", 200, LOSING)
    told()

    with tempfile.TemporaryDirectory() as folder:
        for name, width, orders in [
            ("truth", 104, ["truth -l 10 --format first-price", "truth -l 10 --live"]),
            ("overbid", 104, ["truth -l 10 -r 20,12 --live"]),
            ("prove", 100, ["prove --max 12"]),
            ("play", 92, ["play --auctions 10000 --seed 1961 --plot play-plot.svg"]),
            (
                "lowest-price",
                92,
                [
                    "play --buyers 2 first-price second-price",
                    "play --buyers 2 --lowest-price 500 first-price second-price",
                ],
            ),
            (
                "sniping",
                120,
                ["play english/sniping,straightforward 3:extension=0/sniping,straightforward"],
            ),
        ]:
            shell = Shell(f"auction lab {orders[0].split()[0]}", folder, width)
            for order in orders:
                shell.types(f"auction lab {order}")
                shell.reads("$ ")
            shell.draw(name)
        shell = Shell("Plots", folder, 120)
        for plot, rivals in [("truth-plot", ""), ("overbid-plot", "-r 20,12 ")]:
            shell.types(f"auction lab truth -l 10 {rivals}--plot {plot}.svg")
            shell.reads("no bid brings more.")
            shell.reads("$ ")
        for plot in ("truth-plot.svg", "overbid-plot.svg", "play-plot.svg"):
            lines = Path(folder, plot).read_text().splitlines()
            (FOLDER / plot).write_text("".join(f"{line.rstrip()}\n" for line in lines))
            print(plot)


def pages() -> None:
    """A phone, the rooms, a wall and a desk in one sale: what Chromium shows in its test."""
    test = ROOT / "tests" / "browser" / "test_sale.py"
    drawn = {**os.environ, "PICTURES": str(FOLDER)}
    subprocess.run([sys.executable, "-m", "pytest", "-q", test], env=drawn, cwd=ROOT, check=True)
    for name in ("bid", "rooms", "wall", "desk"):
        path = FOLDER / f"page-{name}.png"
        few = Image.open(path).convert("RGB").quantize(64, dither=Image.Dither.NONE)
        few.save(path, optimize=True)
        print(path.name)


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    every = (auction, deployed, live, sale, orders, kept, experiment, pages)
    for draw in every:
        if draw.__name__ in (sys.argv[1:] or [one.__name__ for one in every]):
            draw()
