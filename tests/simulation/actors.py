"""The clients of a run: honest ones, confused ones and attackers, as a seed decides."""

import math
import random
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from tests.simulation import timed
from tests.simulation.network import Link
from tests.simulation.prices import priced
from twisted_auction.house.tickets import PassKey
from twisted_auction.testing import pass_code

if TYPE_CHECKING:
    from tests.simulation.world import World

REQUESTS = [
    "1 {low} {n} Sword",
    "1 {low} {n} Sword",
    "2 {low} {n} Schwert №5",
    "2 {low} {n} Shield",
    "3:increment=5:duration=30:extension=10 {low} {n} Cup",
    "3:increment=50:duration=15:extension=0 {low} {n} Cup",
    "4:start=900:step=70:interval=3 {low} {n} Vase",
    "4:start=700:step=300:interval=7 {low} {n} Vase",
]
AMOUNTS = range(100, 1000, 150)
"""Sealed bids: of the same length, so that bytes are cut alike, and few enough for ties."""

NONSENSE = [
    "some wrong input",
    "0",
    "+5",
    "1 2 3",
    "",
    "9 100 2 x",
    "²",
    "LIST",
    "accept",
    "-1",
    "x" * 500,
]
ROOMS = ["main", "a", "b"]
WRONG_ROOMS = ["", "no such room", "x" * 33, "c", "d", "e"]


class Actor:
    """A client with one link after another.

    :ivar name: the name in the transcript.
    :ivar code: its pass code, in a house with a list of people.
    :ivar links: its links. Lines are sent over the last one.
    :ivar is_honest: True if it keeps to the protocol, so that every line must be answered.
    :ivar keeps_its_seat: True if it never gives its seat up.
    """

    is_honest = False
    keeps_its_seat = False
    is_reading = True
    window: int | None = None

    def __init__(self, world: "World", kind: str = "") -> None:
        self.world = world
        self.chance = world.chance
        self.name = f"{kind or type(self).__name__} {len(world.actors) + 1}"
        self.host = f"10.1.0.{len(world.actors) + 1}"
        self.paddle = len(world.actors) + 1
        self.code = pass_code(self.paddle)
        self.links: list[Link] = []
        self.sent = bytearray()
        self.has_left = False
        world.actors.append(self)

    def in_room(self, room: str) -> "Actor":
        """The actor of this person in a room."""
        return self

    def after(self, seconds: float, happening: object, *args: object) -> None:
        """Do something later, unless the actor has left by then."""

        def happen() -> None:
            if not self.has_left:
                happening(*args)  # type: ignore[operator]

        self.world.reactor.happen(seconds, happen)

    def connect(self, port: str) -> None:
        """Connect to a port."""
        in_pieces = not self.world.is_patient  # in pieces, it would be several lines
        link = self.world.network.connect(self, self.host, port, self.window, in_pieces)
        self.links.append(link)
        self.world.met(self, self.links[-1])

    def send_line(self, line: str) -> None:
        """Send a line, if the link is open."""
        link = self.links[-1]
        if link.end is None and not link.has_finished:
            self.world.note(self.name, ">", line, link.number)
            self._write(line.encode() + self.chance.choice([b"\n", b"\r\n"]))

    def send(self, data: bytes) -> None:
        """Send bytes, of which the transcript has the beginning."""
        link = self.links[-1]
        if link.end is None and not link.has_finished:
            self.world.note(self.name, ">", f"({len(data)} bytes, {data[:20]!r} ...)", link.number)
            self._write(data)

    def _write(self, data: bytes) -> None:
        self.sent += data
        self.links[-1].write(data)

    def received(self, link: Link, data: bytes, mark: int) -> None:
        *lines, link.rest = (link.rest + data).split(b"\r\n")
        for line in lines:
            # Random bytes may hold Telnet commands, to which the server answers with others.
            text = line.decode(errors="strict" if self.is_honest else "backslashreplace")
            self.world.note(self.name, "<", text, link.number, mark)
            if link is self.links[-1] and not self.has_left:
                self.line_received(text)

    def ended(self, link: Link, how: str) -> None:
        self.world.note(self.name, "|", how, link.number)
        if link is self.links[-1] and not self.has_left:
            self.connection_lost(how)

    def leave(self) -> None:
        """Leave the run."""
        self.has_left = True
        for link in self.links:
            if link.end is None and not link.has_finished:
                link.finish()

    def start(self) -> None:
        """Begin."""

    def line_received(self, text: str) -> None:
        """Answer a line."""

    def connection_lost(self, how: str) -> None:
        """Handle the loss of the last link."""


class Guest(Actor):
    """Takes the role that it is given, and bids or sells.

    :ivar daring: how likely it answers a price with a maximum.
    """

    is_honest = keeps_its_seat = True
    role = ""
    daring = 0.15
    is_bound = False
    has_withdrawn = False

    def start(self) -> None:
        self.connect("main")

    def line_received(self, text: str) -> None:
        if text == "Please submit your pass code:":
            self.send_line(self.code)
            return
        chance = self.chance
        think = chance.choice([0.01, 1, 5]) * chance.random()
        if text == "Please submit auction request:":
            self.after(think, self.send_line, self._request())
        elif text == "Please submit your bid:" and self.has_withdrawn:
            self.has_withdrawn = False
        elif text == "Please submit your bid:":
            if chance.random() < (0.5 if self.is_bound else 0.9):
                self.after(think, self._bid_sealed)
        elif text.startswith("At any time: type another amount"):
            if chance.random() < 0.6:
                self.after(think * 5, self._change_bid)
        elif text.startswith("At any time: "):
            self.role = "closer" if "close" in text else "clerk" if "accept" in text else "bidder"
            if self.role == "closer" and chance.random() < 0.3:
                self.after(chance.random() * 20, self.send_line, "close")
        elif price := re.search(r"Asking price: \$(\d+)\.", text):
            self._consider(int(price[1]), think)
        elif text.startswith("Above your limit"):
            self.is_bound = True
        elif re.match(r"Lot \d+ of |Auction finished", text):
            self.role = ""

    def _request(self) -> str:
        chance = self.chance
        if chance.random() < 0.15:
            return chance.choice(NONSENSE)
        if self.world.is_timed and chance.random() < 0.6:
            return priced(self.world, timed.request(self.world))
        low = chance.choice([100, 300, 500])
        request = chance.choice(REQUESTS).format(low=low, n=chance.choice([1, 2, 3, 3, 4]))
        return priced(self.world, request)

    def _bid_sealed(self) -> None:
        amount = self.chance.choice(AMOUNTS)
        if self.world.lots and amount == AMOUNTS[0]:
            self.send_line("pass")
        else:
            self.send_line(str(self.world.swaps.get((self.name, amount), amount)))
        if self.chance.random() < 0.2:
            self.send_line(self.chance.choice(NONSENSE))

    def _set_maximum(self, price: int) -> None:
        # In a silent auction, one for more than its limit leaves once it is bound on other lots.
        more = [100, 150, 250] if self.world.is_silent else [-5, 0, 40, 100, 350]
        amount = price + self.chance.choice(more)
        if self.chance.random() < 0.1:
            amount = 0
        self.send_line(f"max {self.world.swaps.get((self.name, amount), amount)}")

    def _change_bid(self) -> None:
        if self.chance.random() < 0.3:
            self.has_withdrawn = self.chance.random() < 0.5
            self.send_line("withdraw")
        else:
            self._bid_sealed()

    def _consider(self, price: int, think: float) -> None:
        chance, of_prices = self.chance, self.world.of_prices
        if of_prices.random() < 0.06:
            words = of_prices.choice(["bids", "buy"] if self.role == "bidder" else ["bids"])
            self.after(think * of_prices.choice([1, 3]), self.send_line, words)
        if self.role == "clerk" and chance.random() < 0.15:
            self.after(think, self.send_line, chance.choice(["accept", str(price), "1"]))
        elif self.role == "bidder" and self.world.has_maxima and chance.random() < self.daring:
            self.after(think * 3, self._set_maximum, price)
        elif self.role == "bidder" and chance.random() < 0.3 and price < 2000:
            bid = price + chance.choice([-3, 0, 0, 1, 40])
            self.after(think * 3, self.send_line, str(bid))


class Holder(Guest):
    """Joins by the lobby, and comes back with its ticket or its pass code until it has a result.

    :ivar way_back: the lines with which it comes back, once it has a seat.
    """

    ticket = ""
    way_back: Sequence[str] = ()
    is_done = False
    room = ""

    def start(self) -> None:
        self.connect("lobby")
        if self.chance.random() < 0.2:
            self.send_line(f"PING {self.name}")
        self.room = self.chance.choice(self.world.rooms)
        if self.world.people is not None:
            self.send_line(f"PASS {self.code}")
        self.send_line(f"JOIN {self.room}")

    def line_received(self, text: str) -> None:
        is_seat = self.world.people is not None and text.startswith("Your role is")
        if text.startswith("Ticket: ") or (is_seat and not self.way_back):
            self.ticket = text.removeprefix("Ticket: ")
            self.way_back = [f"RESUME {self.ticket}"]
            if is_seat:
                self.way_back = [f"PASS {self.code}", f"JOIN {self.room}"]
            if self.chance.random() < 0.2:
                self.after(self.chance.random() * 30, self.come_back)
            if self.chance.random() < 0.2:
                self.after(self.chance.random() * 60, self.probe)
        elif text.startswith(("Success!", "You won", "Unfortunately", "Auction cancelled")):
            self.is_done = not self.world.lots or self.chance.random() < 0.3
        elif text.startswith(
            (
                *("Your seat was", "The sale is", "Your pass code is not valid"),
                *("Not done: there is no such", "Server busy", "Bidding on-going"),
            )
        ):
            self.is_done = True
        super().line_received(text)

    def connection_lost(self, how: str) -> None:
        if self.way_back and not self.is_done:
            self.after(self.chance.choice([0.1, 3, 20]) * self.chance.random(), self.come_back)

    def come_back(self) -> None:
        """Come back, with or without the old link."""
        if self.is_done:
            return
        self.world.counts["returns"] += 1
        self.connect("lobby")
        if self.chance.random() < 0.1:
            self.send_line(f"WATCH {self.chance.choice(self.world.rooms)}")
        for line in self.way_back:
            if line.startswith("JOIN ") and self.world.of_prices.random() < 0.2:
                self.send_line("MINE")
            self.send_line(line)

    def probe(self) -> None:
        """Come back twice at one instant."""
        house = self.world.house
        if not self.is_done and house is not None:
            # A person that has no seat any more hears its result once, and arrives the next time.
            key = PassKey(self.room, self.paddle)
            if self.world.people is None or key in house.rooms.tickets.seats:
                self.world.probe(self, self.way_back)


class Quitter(Holder):
    """Gives its seat up."""

    keeps_its_seat = False

    def line_received(self, text: str) -> None:
        super().line_received(text)
        if text.startswith("Ticket: "):
            self.after(self.chance.random() * 20, self._quit)

    def _quit(self) -> None:
        self.is_done = True
        self.connect("lobby")
        self.send_line(f"QUIT {self.ticket}")


class Watcher(Actor):
    """Watches, and asks for the list of rooms."""

    is_honest = True

    def start(self) -> None:
        self.connect("lobby")
        if self.world.people is not None and self.chance.random() < 0.7:
            self.send_line(f"PASS {self.code}")
        for _ in range(self.chance.randint(1, 4)):
            words = [
                "LIST",
                "HELP",
                f"WATCH {self.chance.choice(self.world.rooms)}",
                f"PING {self.name}",
            ]
            self.after(self.chance.random() * 60, self.send_line, self.chance.choice(words))


def room_order(chance: random.Random, room: str) -> str:
    """An order to a room.

    :param room: the option that names it; empty to leave it out.
    """
    buyer = chance.randint(1, 4)
    orders = {
        "status": 2,
        "nonsense": 1,
        f"who {room}": 1,
        f"close {room}": 2,
        f"cancel {room} Fire.": 2,
        f"open {room} because it is late.": 2,
        f"pause {room}": 2,
        f"extend {room} {chance.randint(1, 40)}": 1,
        f"say {room} Tea is served.": 1,
        f"void {room}": 2,
        f"bid {room} {buyer} {chance.randint(1, 800)}": 2,
        f"expel {room} {buyer}": 1,
        f"readmit {room} {buyer}": 1,
    }
    return chance.choices([*orders], [*orders.values()])[0]


def sale_order(world: "World") -> str:
    """An order about the lots of the sale, or about its beginning."""
    chance = world.chance
    lot, other = chance.randint(1, world.lots + 1), chance.randint(1, world.lots)
    time = world.local_time(math.floor(world.reactor.now) + chance.randint(-5, 60))
    request = priced(world, chance.choice(REQUESTS).format(low=chance.choice([100, 300]), n=1))
    orders = {
        "start": 3,
        f"start {time:%Y-%m-%dT%H:%M:%S}": 3,
        "start order": 1,
        f"again {lot}": 4,
        "skip": 1,
        f"skip {lot}": 2,
        f"move {lot}": 2,
        f"move {lot} before {other}": 3,
        f"void {lot}": 6,
        f"add {request}": 2,
    }
    verb, _, words = chance.choices([*orders], [*orders.values()])[0].partition(" ")
    # The oracle knows an order by its reason, and an added lot by its item.
    world.counts["orders about lots"] += 1
    name = f"order {world.counts['orders about lots']}."
    name = name if verb == "add" else f"because {name}"
    return " ".join(filter(None, [verb, "room=main", words, name]))


class Operator(Actor):
    """Gives orders by the control port."""

    is_honest = True

    def start(self) -> None:
        self.connect("control")
        room = f"room={self.chance.choice(self.world.rooms)}"
        order = room_order(self.chance, room)
        self.send_line(order)
        if order.startswith("pause"):
            self.after(self.chance.random() * 60, self.send_line, f"go on {room}")


class SaleOperator(Actor):
    """Gives orders about the lots of a sale and about its beginning."""

    is_honest = True

    def start(self) -> None:
        self.connect("control")
        for _ in range(self.chance.randint(1, 6)):
            self.after(self.chance.random() * 90, self._give_order)

    def _give_order(self) -> None:
        if self.links[-1].end is not None:
            self.connect("control")
        self.send_line(sale_order(self.world))


class Fool(Guest):
    """Sends wrong lines, lines at the wrong moment, and halves of lines."""

    is_honest = keeps_its_seat = False

    def start(self) -> None:
        self.connect(self.chance.choice(["main", "lobby"]))
        for _ in range(self.chance.randint(1, 5)):
            self.after(self.chance.random() * 10, self._send_wrong_line)

    def _send_wrong_line(self) -> None:
        chance = self.chance
        if chance.random() < 0.1:
            self.send(b"15")
            self.links[-1].finish()
            return
        verb = chance.choice(["JOIN ", "WATCH ", "RESUME ", "QUIT ", ""])
        self.send_line(verb + chance.choice([*NONSENSE, *WRONG_ROOMS, *self.world.rooms]))


class Attacker(Actor):
    """Attacks in one of several ways."""

    def __init__(self, world: "World") -> None:
        self.attack = world.chance.choice(
            [
                self._floods,
                self._rambles,
                self._drips,
                self._dozes,
                self._stares,
                self._swarms,
                self._guesses,
                self._babbles,
            ]
        )
        super().__init__(world, self.attack.__name__.removeprefix("_"))
        world.counts[f"attack: {self.attack.__name__.removeprefix('_')}"] += 1

    def start(self) -> None:
        if self.attack == self._stares:
            self.is_reading, self.window = False, 100
        self.connect(self.chance.choice(["main", "lobby", "lobby"]))
        self.attack()

    def _floods(self) -> None:
        self.send(self.chance.choice([b"\n", b"\r\n", b"1\n", b"PING x\n"]) * 20_000)

    def _rambles(self) -> None:
        self.send(b"JOIN a\n" + b"x" * self.chance.choice([513, 514, 70000]))

    def _drips(self) -> None:
        self.send(b"J")
        self.after(10, self._drips)

    def _dozes(self) -> None:
        """Say nothing."""

    def _stares(self) -> None:
        self.send_line(self.chance.choice(["JOIN a", "WATCH main", "WATCH a"]))
        if self.chance.random() < 0.5:
            self.send(b"HELP\n" * 3000)
            self.after(20, self._stares)

    def _swarms(self) -> None:
        for _ in range(20):
            self.connect(self.chance.choice(["main", "lobby"]))

    def _guesses(self) -> None:
        # Each answer takes twice as long as the one before.
        for _ in range(self.chance.choice([1, 60])):
            verb = "RESUME" if self.world.people is None else "PASS"
            self.send_line(f"{verb} {self.chance.getrandbits(128):032x}")

    def _babbles(self) -> None:
        self.send(self.chance.randbytes(self.chance.choice([10, 400, 3000])))
        self.after(self.chance.random() * 10, self._babbles)
