"""The desks of auctioneers: what they do, and what they must be shown.

A desk is a connection to the lobby or a browser. It keeps what it is shown, as the page does. The
oracle is a :class:`Record` of each room: it reads the rows of the ledger alone. Only a cut
connection, whose seat is kept, has no row, and neither has a Watcher.
"""

import math
import random
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.simulation.actors import Actor, Holder, room_order, sale_order
from tests.simulation.book import Book, Broken, Fact, Facts
from tests.simulation.network import WIDE
from tests.simulation.persons import Commitments
from twisted_auction.house.auctioneer import Auctioneer
from twisted_auction.house.desk_log import MAX_BIDS, MAX_ORDERS
from twisted_auction.house.people import Person, Role
from twisted_auction.rules.sale_orders import SKIPPED
from twisted_auction.server.desk import NOT_AN_AUCTIONEER, POLL_INTERVAL
from twisted_auction.testing import pass_code
from twisted_auction.wire import messages
from twisted_auction.wire.lines import parse

if TYPE_CHECKING:
    from tests.simulation.world import House, World

AUCTIONEERS = (201, 202)
"""The paddles of the auctioneers, above those of all others."""

IN_STEP = 5
"""Seconds after which a desk must show a state that has not changed since."""

WITHDRAWN_AFTER = POLL_INTERVAL + 3
"""Seconds after which a desk shows nothing more to a person that was removed from the list."""

SHOWN = ("Desk", "Sale: ", "Pass code of ", "Not done: ")
"""The beginnings of lines that a desk reads."""


def auctioneers(chance: random.Random) -> Iterator[Person]:
    """The auctioneers of a list. The second one may be for the main room only."""
    for paddle, room in zip(AUCTIONEERS, ["", chance.choice(["", "", "main"])], strict=True):
        yield Person(paddle, f"Auctioneer {paddle}", Role.AUCTIONEER, room)


class Desk(Actor):
    """Follows rooms, gives orders, and adds people, over a connection to the lobby.

    :ivar room: the room that it is shown; empty if there is none.
    :ivar shown: the messages that hold, by their types and numbers.
    """

    is_honest = True

    def __init__(self, world: "World") -> None:
        super().__init__(world, "Desk")
        self.paddle = AUCTIONEERS[len(world.desks) % 2]
        self.code = pass_code(self.paddle)
        if self.chance.random() < 0.8:
            self.window = WIDE
        self.room = ""
        self.shown: dict[tuple[str, int], Any] = {}
        self._is_barred = False
        self._expected: object = None  # at the last check
        self._wrong_for = 0  # checks
        if any(desk.name in world.removed for desk in world.desks if desk.paddle == self.paddle):
            world.removed[self.name] = world.reactor.now
        world.desks.append(self)

    def start(self) -> None:
        for _ in range(self.chance.choice([3, 6, 12])):
            self.after(self.chance.random() * 100, self._act)
        self.enter()

    def connect(self, port: str) -> None:
        super().connect(port)
        self.room, self.shown = "", {}  # those of the link before

    def enter(self) -> None:
        """Connect, say the pass code, and follow a room."""
        self.connect("lobby")
        self.send_line(f"PASS {self.code}")
        self.send_line(f"DESK {self.chance.choice(self.world.rooms)}")

    def _act(self) -> None:
        chance, world = self.chance, self.world
        room = chance.choice(world.rooms)
        words = {
            "order": f"ORDER {room_order(chance, f'room={room}')}",
            "here": f"ORDER {room_order(chance, '')}",
            "sale": f"ORDER {sale_order(world)}" if world.lots else f"ORDER who room={room}",
            "admit": self._admission(),
            "desk": f"DESK {room}",
            "follow": "ORDER follow",
            "help": chance.choice(
                ["HELP", "LIST", f"PING {self.name}", "ORDER", "ADMIT 7", "DESK"]
            ),
        }
        self.send_line(chance.choices([*words.values()], [4, 2, 4, 3, 2, 1, 1])[0])
        if chance.random() < 0.1:
            self.enter()

    def _admission(self) -> str:
        limit = self.chance.choice([None, None, 400])
        name = f"Visitor {len(self.world.admissions) + 1} of the house"
        self.world.admissions[name] = limit
        paddle = self.chance.choice(["next", "next", "next", "x", "203"])
        return f"ADMIT {paddle} {'' if limit is None else f'limit={limit} '}{name}"

    def line_received(self, text: str) -> None:
        if not text.startswith(SHOWN):
            return
        match parse(text.encode()):
            case messages.DeskOf(room):
                self.room, self.shown = room, {}
                self.world.counts["desks"] += 1
            case messages.DeskGone(what, number):
                if self.shown.pop((what, number), None) is None:
                    raise Broken(f"desks show the room: {self.name} was not shown: {text}")
            case messages.DeskAuction() as told:
                self.shown[told.type_name, 0] = told
            case messages.DeskSeat() as told:
                self.shown[told.type_name, told.paddle] = told
            case (messages.DeskBid() | messages.DeskOrder() | messages.SaleLot()) as told:
                self.shown[told.type_name, told.number] = told
            case messages.PassCodeIs(paddle, name, code):
                self.world.counts["walk-ins"] += 1
                walk_in = WalkIn(self.world, paddle, code)
                self.world.walk_ins[paddle] = walk_in
                limit = self.world.admissions[name]
                self.world.persons[paddle] = Person(paddle, name, limit=limit)
                self.after(self.chance.random() * 5, walk_in.start)
            case messages.NotDone(reason):
                if reason == NOT_AN_AUCTIONEER:
                    self.room, self.shown = "", {}
                self._is_barred |= reason == messages.NO_SUCH_PASS
                if reason.startswith(("there is no such room", "your pass code is for")):
                    self.after(1 + self.chance.random() * 10, self.send_line, "DESK main")

    def connection_lost(self, how: str) -> None:
        self.room, self.shown = "", {}
        if not self._is_barred:
            self.after(0.5 + 5 * self.chance.random(), self.enter_again)

    def enter_again(self) -> None:
        """Come back, unless it has by now."""
        if self.links[-1].end is not None:
            self.enter()

    def check(self, house: "House", records: "Records") -> None:
        """Compare what is shown with the ledger.

        :raises Broken: if it has been wrong since the last few checks, and nothing has changed.
        """
        link, room = self.links[-1], house.rooms.get(self.room)
        is_idle = room is not None and link.is_clear and not house.rooms.is_closed
        if not is_idle or self.name in self.world.removed:
            self._expected = None
            return
        assert room is not None
        expected = records.picture(room)
        seen = _as_seen(self.shown)
        # Bound for payments and open bids, in all rooms; of a person that is not in the ledger any
        # more, what is shown holds until there is something new.
        problem = _difference(expected, seen)
        is_same, self._expected = expected == self._expected, expected
        self._wrong_for = self._wrong_for + 1 if problem and is_same else 0
        if self._wrong_for >= IN_STEP:
            raise Broken(f"desks show the room: {self.name} in {self.room}: {problem}")
        if not problem:
            self.world.counts["desks in step"] += 1


class WalkIn(Holder):
    """A person that an auctioneer has added to the list."""

    def __init__(self, world: "World", paddle: int, code: str) -> None:
        super().__init__(world)
        self.paddle, self.code = paddle, code


Picture = dict[str, Any]
"""What a desk must show, by subject."""


@dataclass
class Record:
    """One room, as its rows tell it.

    :ivar over: the lots that are over: the state, the Buyer and the payment of each.
    :ivar is_over: True after the end of the auction, or of the sale.
    :ivar bids: the open bids on the item, without voided ones.
    :ivar received: the Buyers of sealed bids.
    :ivar present: the paddle of each participant; ``gone``: of those that have left.
    :ivar orders: the orders that the server has read or carried out: the auction of each, its name
        and its giver.
    """

    auction: int = 0
    is_sale: bool = False
    has_doors: bool = False
    is_over: bool = False
    over: dict[int, tuple[str, int, int]] = field(default_factory=dict)
    up: int = 0
    to_come: list[int] = field(default_factory=list)
    bids: list[tuple[int, int]] = field(default_factory=list)
    received: set[int] = field(default_factory=set)
    present: dict[int, int | None] = field(default_factory=dict)
    gone: dict[int, int | None] = field(default_factory=dict)
    expelled: set[int] = field(default_factory=set)
    is_paused: bool = False
    orders: list[tuple[int, str, str]] = field(default_factory=list)

    def follow(self, fact: Fact) -> None:
        """Follow a row."""
        if fact.auction != self.auction:
            self.__init__(fact.auction, orders=self.orders)  # type: ignore[misc]
        body = fact.body
        lot = body.get("lot", 0)
        match fact.kind:
            case "Arrived":
                self.present[body["who"]] = body.get("paddle")
            case "Left":
                self.gone[body["who"]] = self.present.pop(body["who"], None)
            case "Expelled":
                self.expelled.add(body["who"])
            case "Readmitted":
                self.expelled.discard(body["who"])
            case "Paused" | "Resumed":
                self.is_paused = fact.kind == "Paused"
            case "Ordered":
                self.orders.append((self.auction, body["order"], body["actor"]))
            case "BidTaken":
                self.received.add(body["who"])
            case "Raised":
                self.bids.append((body["who"], body["amount"]))
            case "Voided":
                while self.bids and self.bids[-1] != (body["holder"], body["bid"]):
                    self.bids.pop()
            case "RequestAccepted":
                self._clear()
            case "Sold" | "Unsold" | "Cancelled":
                self._end(fact)
            case "SaleScheduled" | "LotAnnounced" if not self.is_sale:
                self.is_sale, self.to_come = True, [*range(1, body["lots"] + 1)]
                self.has_doors = fact.kind == "SaleScheduled"
            case "SaleEnded":
                self._leave()
        match fact.kind:
            case "LotAnnounced":
                self._clear()
                self.up = self.to_come.pop(0)
            case "LotSkipped":
                self.to_come.remove(lot)
                self.over[lot] = ("skipped", 0, 0)
            case "LotMoved":
                self.to_come.remove(lot)
                self.to_come.insert(self.to_come.index(body["before"]), lot)
            case "LotAdded" | "LotOffered":
                self.over.pop(lot, None)
                self.to_come.append(lot)
            case "SaleVoided":
                self.over[lot] = ("voided", 0, 0)

    def _clear(self) -> None:
        self.bids, self.received = [], set()

    def _end(self, fact: Fact) -> None:
        body, outcome = fact.body, (fact.kind.lower(), 0, 0)
        if fact.kind == "Sold":
            outcome = ("sold", body["winner"], body["payment"])
        elif body.get("reason") == SKIPPED:
            outcome = ("skipped", 0, 0)
        if self.up:
            self.over[self.up], self.up = outcome, 0
        self._clear()
        if not (self.to_come or self.has_doors):
            self._leave()

    def _leave(self) -> None:
        self.is_over, self.present, self.is_paused = True, {}, False

    def forget_orders(self) -> None:
        """Forget all orders but those in the auction that goes on."""
        self.orders = [
            order
            for order in self.orders
            if order[0] == self.auction and (self.has_doors or not self.is_over)
        ]

    @property
    def lots(self) -> list[tuple[int, str, int, int]]:
        """All lots of a sale in their order, each with its number, state, Buyer and payment."""
        over = [(number, *outcome) for number, outcome in self.over.items()]
        up = [(self.up, "on", 0, 0)] if self.up else []
        return [*over, *up, *((number, "to_come", 0, 0) for number in self.to_come)]


class Records:
    """The rooms of a house, as the ledger tells them."""

    def __init__(self) -> None:
        self.rooms: defaultdict[str, Record] = defaultdict(Record)
        self.commitments = Commitments()
        self._facts = Facts()

    def follow(self, world: "World") -> None:
        """Read the rows that are new."""
        read = self._facts.read
        for row, epoch in zip(world.rows[read:], world.epochs[read:], strict=True):
            fact = self._facts.fact(row, epoch)
            self.rooms[fact.room].follow(fact)
            self.commitments.follow(fact)

    def forget_logs(self) -> None:
        """Forget what a new server does not know."""
        for record in self.rooms.values():
            # A server reads the rows of auctions that go on, and of a sale with doors.
            record.forget_orders()

    def picture(self, room: Auctioneer) -> Picture:
        """What a desk must show of a room."""
        record = self.rooms[room.name]
        bound = self.commitments.binding(with_sealed=False)
        here = {
            paddle: "away" if who in room.seats.away else "here"
            for who, paddle in record.present.items()
        }
        # A Buyer may come back for its result alone, which no row tells.
        here |= {paddle: "here" for who, paddle in record.gone.items() if who in room.seats.seated}
        return {
            "bids": record.bids[-MAX_BIDS:],
            "orders": [order[1:] for order in record.orders[-MAX_ORDERS:]],
            "lots": record.lots if record.is_sale and not record.is_over else None,
            "here": here,
            "bound": {who: (sum(amounts), len(amounts)) for who, amounts in bound.items()},
            "highest": record.bids[-1] if record.bids else (0, 0),
            "received": len(record.received),
            "watchers": len(room.seats.watchers),
            "is_paused": record.is_paused,
        }


def _as_seen(shown: dict[tuple[str, int], Any]) -> Picture:
    """What a desk shows, in the form of :meth:`Records.picture`."""
    kinds: defaultdict[str, list[Any]] = defaultdict(list)
    for (kind, _), told in sorted(shown.items()):
        kinds[kind].append(told)
    (auction,) = kinds["desk_auction"] or [None]
    lots = sorted(kinds["sale_lot"], key=lambda lot: lot.place)
    return {
        "bids": [(bid.buyer, bid.amount) for bid in kinds["desk_bid"]],
        "orders": [(order.order, order.actor) for order in kinds["desk_order"]],
        "lots": [(lot.number, lot.state, lot.buyer, lot.payment) for lot in lots],
        "here": {s.paddle: s.state for s in kinds["desk_seat"] if s.state in ("here", "away")},
        "bound": {seat.paddle: (seat.bound, seat.lots) for seat in kinds["desk_seat"]},
        "highest": auction and (auction.buyer, auction.amount),
        "received": auction and auction.received,
        "watchers": auction and auction.watchers,
        "is_paused": auction and bool(auction.paused),
    }


def _difference(expected: Picture, seen: Picture) -> str:
    """What is shown wrong, in words; empty if there is nothing."""
    for subject, right in expected.items():
        told = seen[subject]
        if subject == "bound":  # all persons of the house are expected, those of the room seen
            right = {who: right.get(who, (0, 0)) for who in told}
        if right is not None and told != right:
            return f"{subject}: {told}, not {right}"
    return ""


def desks_tell_what_has_happened(book: Book) -> Iterator[str]:
    """Every open bid and every order at a desk was on the disk before. No other amount than that of
    an open bid is told with them."""
    for desk in book.world.desks:
        for link in desk.links:
            for note in book.heard_over[link.number]:
                if not note.text.startswith("Desk: "):
                    continue
                told = parse(note.text.encode())
                before = book.facts[: note.mark]
                match told:
                    case messages.DeskBid() if not _is_open_bid(before, told):
                        yield f"there is no such bid: {note}"
                    case messages.DeskOrder():
                        given = (told.order, told.actor)
                        if given not in [
                            (fact.body["order"], fact.body["actor"])
                            for fact in before
                            if fact.kind == "Ordered"
                        ]:
                            yield f"there is no such order: {note}"
                        if told.amount and not _is_open_bid(before, told):
                            yield f"its amount is no open bid: {note}"


def _is_open_bid(facts: list[Fact], told: messages.DeskBid | messages.DeskOrder) -> bool:
    return any(
        fact.kind in ("Raised", "Voided")
        and (fact.body["who"], fact.body["amount"]) == (told.buyer, told.amount)
        for fact in facts
    )


def only_auctioneers_have_desks(book: Book) -> Iterator[str]:
    """A person that was removed from the list is shown nothing more."""
    for desk in book.world.desks:
        removed_at = book.world.removed.get(desk.name, math.inf)
        for note in book.heard[desk.name]:
            is_late = note.when > removed_at + WITHDRAWN_AFTER
            if is_late and note.text.startswith(("Desk", "News of", "Pass code", "Done")):
                yield f"it was removed at {removed_at}: {note}"


def visitors_are_known_to_desks_only(book: Book) -> Iterator[str]:
    """The name of a person that was added at a desk is told to desks and to itself only, its pass
    code once."""
    visitors = book.world.walk_ins.values()
    desks = {desk.name for desk in book.world.desks}
    told: defaultdict[str, int] = defaultdict(int)
    for note in book.world.notes:
        if note.way == ">":
            continue
        for visitor in visitors:
            told[visitor.code] += visitor.code in note.text
            if told[visitor.code] > 1:
                yield f"a pass code is told again: {note}"
        if "Visitor " in note.text and note.who not in desks:
            itself = [visitor.name for visitor in visitors if note.text.startswith("You are")]
            if note.who not in itself:
                yield f"a name is told: {note}"


def add_desks(world: "World", chance: random.Random, kinds: list[type[Actor]]) -> None:
    """Let some auctioneers come.

    :param kinds: of their connections.
    """
    for _ in range(chance.choice([1, 2, 2, 3])):
        kind: Any = chance.choice(kinds)
        world.reactor.happen(
            chance.random() * world.span / 2, lambda kind=kind: kind(world).start()
        )
