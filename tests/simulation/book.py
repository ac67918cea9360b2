"""The story of a run, read from its ledger and its transcript without the server's code."""

import json
import re
from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from tests.rules.oracle import Prices, settle
from twisted_auction.ledger.row import SECOND
from twisted_auction.rules.events import SELLER

if TYPE_CHECKING:
    from tests.simulation.actors import Actor
    from tests.simulation.network import Link
    from tests.simulation.world import Note, World

Place = tuple[int, int]
"""An auction, and a participant's number in it."""

ROUNDING = 0.001
"""Largest error of an instant in seconds, because the ledger rounds instants."""

HARMLESS = {"close", "cancel", "say", "start", "again", "skip", "move", "add"}
"""Orders that change nothing about the time of a lot, but perhaps end it."""

RULE = re.compile(r":([a-z]+)=(.*?)(?=:[a-z]|$)")
"""A rule in the first word of a request. A time of day has colons, too."""

VERBS = ("JOIN", "WATCH", "RESUME")
"""Verbs of the lobby that lead into a room."""


class Broken(Exception):
    """An invariant does not hold; the text begins with its name."""


@dataclass(frozen=True, slots=True)
class Fact:
    """A row of the ledger. ``number`` and ``auction`` are unique in the house, ``at`` is an instant
    of the clock, and ``epoch`` is second 0 of the clock, as the server of the row has it."""

    number: int
    at: float
    room: str
    auction: int
    kind: str
    body: dict[str, Any]
    epoch: int

    def instant(self, name: str) -> float:
        """An instant in the body, on the clock."""
        return float(self.body[name] - self.epoch) / SECOND


@dataclass(slots=True)
class Lot:
    """One item. Instants are seconds of bidding, without the time between two servers.

    :ivar number: the number of a lot of a catalogue; 0 for a Seller's item.
    :ivar has_doors: True in a sale with doors, in which bidding waits for no Buyers.
    :ivar full: the arrival of the last Buyer needed.
    :ivar due: the instant at which bidding should open because of it.
    :ivar opening: the event that opened the bidding.
    :ivar opened: the clock's instant at second 0 of the bidding.
    :ivar buyers: the number of Buyers then.
    :ivar asked: the Buyers that have neither answered nor left.
    :ivar awaited: the Buyers among them for whom the lot waits.
    :ivar is_answered: True if there was a bid or a pass.
    :ivar bids: (instant, Buyer, amount). A sealed bid that was changed has the place of its change.
    :ivar replaced: (Buyer, amount) of sealed bids that were changed or withdrawn.
    :ivar outbid: each higher bid, with a holder before it. Of the bids after one command, it is the
        last one.
    :ivar maxima: (Buyer, amount) of the maximum bids.
    :ivar by_maximum: (Buyer, amount) of the bids of the server.
    :ivar raised_for: the last bid of the server after each command, with its Buyer.
    :ivar command: the number of the first bid after the last command, and of the last row.
    :ivar news: the events after which all must hear the price.
    :ivar result: the last event; ``ended`` is its instant.
    :ivar is_closed: True if the Seller or the operator ended the bidding.
    :ivar orders: the numbers of the operator's orders to it, by their words.
    :ivar is_voided: True if the operator has voided its sale.
    """

    auction: int
    request: str
    number: int = 0
    has_doors: bool = False
    full: Fact | None = None
    due: float = 0
    opening: Fact | None = None
    opened: float | None = None
    buyers: int = 0
    asked: set[int] = field(default_factory=set)
    awaited: set[int] = field(default_factory=set)
    is_answered: bool = False
    bids: list[tuple[float, int, int]] = field(default_factory=list)
    replaced: list[tuple[int, int]] = field(default_factory=list)
    outbid: list[tuple[Fact, int]] = field(default_factory=list)
    maxima: list[tuple[int, int]] = field(default_factory=list)
    by_maximum: list[tuple[int, int]] = field(default_factory=list)
    raised_for: list[tuple[Fact, int]] = field(default_factory=list)
    command: tuple[int, int] = (0, 0)
    news: list[Fact] = field(default_factory=list)
    result: Fact | None = None
    ended: float = 0
    is_closed: bool = False
    orders: Counter[str] = field(default_factory=Counter)
    is_voided: bool = False
    late: list[Fact] = field(default_factory=list)

    @property
    def kind(self) -> int:
        """The type of the auction."""
        return int(self.request[0])

    @property
    def rules(self) -> dict[str, str]:
        """The rules of the request by their names."""
        return dict(RULE.findall(self.request.split(" ")[0]))

    def rule(self, name: str, default: int = 0) -> int:
        """The number of a rule."""
        return int(self.rules.get(name, default))

    @property
    def times(self) -> dict[str, datetime]:
        """The times of day of a timed auction by their names, in UTC."""
        named = [(name, self.rules.get(name)) for name in ("end", "latest")]
        return {name: datetime.fromisoformat(f"{time}+00:00") for name, time in named if time}

    @property
    def is_timed(self) -> bool:
        """True if its end is a time of day."""
        return "end" in self.rules

    @property
    def prices(self) -> Prices:
        """The prices of an English auction."""
        table = [step.partition("@") for step in self.rules.get("increment", "1").split(",")]
        steps = [(int(price or 0), int(increment)) for increment, _, price in table]
        return Prices(self.low, steps, self.rule("reserve"), self.rule("buy"))

    @property
    def extension(self) -> int:
        """Seconds that are left at least after a late bid."""
        return self.rule("extension", 10)

    @property
    def low(self) -> int:
        """The lowest price."""
        return int(self.request.split(" ")[1])

    @property
    def needed(self) -> int:
        """The number of Buyers for whom the bidding waits."""
        return 0 if self.has_doors else int(self.request.split(" ")[2])

    @property
    def is_of_sale(self) -> bool:
        """True for a lot of a catalogue."""
        return self.number > 0

    @property
    def award(self) -> tuple[int, int] | None:
        """The winner and its payment, if the result is a sale."""
        if self.result is None or self.result.kind != "Sold":
            return None
        return self.result.body["winner"], self.result.body["payment"]

    @property
    def right_award(self) -> tuple[int, int] | None:
        """The winner and its payment, by the oracle; None if the bids do not buy the item."""
        bids = [(who, amount) for _, who, amount in self.bids]
        if self.kind in (1, 2):
            return settle(self.kind, self.low, bids)
        return bids[-1] if bids and bids[-1][1] >= self.prices.reserve else None

    @property
    def is_bought(self) -> bool:
        """True if it ended with a bid of the price to buy at once."""
        return self.award is not None and self.award[1] == self.rule("buy")

    @property
    def is_steered(self) -> bool:
        """True if an order has changed its course, so that the oracles of time do not hold."""
        return bool((+self.orders).keys() - HARMLESS)

    @property
    def is_decided(self) -> bool:
        """True if the bids have decided the result."""
        return self.result is not None and self.result.kind != "Cancelled"


@dataclass(slots=True)
class Stay:
    """The time of one client in a room, over one link, from its welcome to the next one or the end.

    :ivar room: the room, if known.
    :ivar place: auction and number; None for a Watcher.
    """

    link: "Link"
    actor: "Actor"
    room: str | None
    place: Place | None
    since: float
    until: float


class Facts:
    """Reads rows as facts.

    :ivar read: number of rows that were read.
    """

    def __init__(self) -> None:
        self.read = 0
        # Numbers are per room in a ledger, and per house here.
        self._auctions: dict[tuple[str, int], int] = {}

    def fact(self, row: Sequence[Any], epoch: int) -> Fact:
        """The fact of the next row.

        :param epoch: nanoseconds since 1970 at second 0 of the clock.
        """
        self.read += 1
        _, at, room, number, kind, body, _ = row
        auction = self._auctions.setdefault((room, number), len(self._auctions) + 1)
        seconds = (at - epoch) / SECOND
        return Fact(self.read, seconds, room, auction, kind, json.loads(body), epoch)


class Book:
    """The whole story of a finished run.

    :ivar rooms: the room of each auction.
    :ivar lots: the lots in the order of their announcement.
    :ivar waits: the seconds that the house waited for a client up to an event, and the limit.
    :ivar people: the actor in each seat.
    :ivar seats: the seats of each actor, by its name.
    :ivar holders: the seats with a ticket.
    :ivar said: the lines sent over each link.
    :ivar heard: the lines received by each actor, by its name; ``heard_over``: over each link.
    :ivar stays: the stays in rooms over each link.
    :ivar ordered: the verb and the words of each order about a sale, by its reason.
    :ivar added: the lots that the operator has tried to add.
    :ivar told: all lines received, each with the stay of the receiver.
    """

    def __init__(self, world: "World") -> None:
        self.world = world
        facts = Facts()
        self.facts = [facts.fact(*row) for row in zip(world.rows, world.epochs, strict=True)]
        self.rooms = {fact.auction: fact.room for fact in self.facts}
        self.lots: list[Lot] = []
        self.waits: list[tuple[Fact, float, int]] = []
        self.people: dict[Place, Actor] = {}
        self.seats: defaultdict[str, list[Place]] = defaultdict(list)
        self.holders: set[Place] = set()
        self.said: defaultdict[int, list[Note]] = defaultdict(list)
        self.heard: defaultdict[str, list[Note]] = defaultdict(list)
        self.heard_over: defaultdict[int, list[Note]] = defaultdict(list)
        self.stays: defaultdict[int, list[Stay]] = defaultdict(list)
        self.ordered: dict[str, tuple[str, list[str]]] = {}
        self.added: set[str] = set()
        self.told: list[tuple[Note, Stay | None]] = []
        self._arrivals: dict[int, Place] = {}
        self._entrances: defaultdict[str, list[tuple[float, Place]]] = defaultdict(list)
        self._read_ledger()
        self._read_transcript()

    def was_heard(self, link: int, words: str, start: float, end: float) -> bool:
        """True if these words were received over a link between two instants."""
        notes = self.heard_over[link]
        first = bisect_left(notes, start, key=attrgetter("when"))
        last = bisect_right(notes, end, key=attrgetter("when"))
        return any(words in note.text for note in notes[first:last])

    def _read_ledger(self) -> None:
        terms = self.world.terms
        on: dict[int, Lot] = {}
        present: defaultdict[int, set[int]] = defaultdict(set)
        silent: defaultdict[int, set[int]] = defaultdict(set)
        asked: dict[int, float] = {}
        last: dict[int, float] = {}
        stopped: set[int] = set()
        with_doors: set[int] = set()
        paused: set[int] = set()
        for fact in self.facts:
            lot = on.get(fact.auction)
            here = present[fact.auction]
            who = fact.body.get("who")
            if fact.auction in asked and (
                fact.kind in ("RequestAccepted", "Cancelled")
                or (fact.kind, who) == ("Left", SELLER)
            ):
                seconds = fact.at - asked.pop(fact.auction)
                self.waits.append((fact, seconds, terms.request_timeout))
            match fact.kind:
                case "Arrived":
                    assert who is not None
                    here.add(who)
                    self._seat(fact)
                    if who == SELLER:
                        asked[fact.auction] = fact.at
                    if lot and not lot.opening and len(here - {SELLER}) == lot.needed:
                        lot.full = fact
                        has_settled = fact.body["deadline"] is None
                        lot.due = fact.at if has_settled else fact.instant("deadline")
                case "Left":
                    assert who is not None
                    here.remove(who)
                    if lot and not lot.opening and len(here - {SELLER}) < lot.needed:
                        lot.full = None
                    silent[fact.auction].discard(who)
                    if lot and lot.opened is not None:
                        lot.asked.discard(who)
                        lot.awaited.discard(who)
                        if not (lot.awaited or lot.is_answered):
                            lot.awaited = set(lot.asked)
                        if fact.body["silent_for"] is not None and not lot.is_steered:
                            self.waits.append((fact, fact.at - lot.opened, terms.bid_timeout))
                case "RequestAccepted" | "LotAnnounced":
                    on[fact.auction] = lot = Lot(
                        fact.auction,
                        fact.body["request"],
                        fact.body.get("lot", 0),
                        fact.auction in with_doors,
                    )
                    self.lots.append(lot)
                    lot.due = fact.at + (terms.lot_pause if lot.has_doors else 0)
                    if fact.auction in paused:
                        lot.orders["pause"] += 1
                case "SaleScheduled":
                    with_doors.add(fact.auction)
                case "SaleVoided":
                    assert lot is not None
                    lot.orders["void"] -= 1  # it concerns another lot
                    sold = [lot for lot in self.lots if _is_same(lot, fact)]
                    sold[-1].is_voided = True
                case "Reopened":
                    known = last[fact.auction]
                    if fact.auction not in stopped:
                        seen = bisect_left(self.world.presents, fact.at)  # not by this server
                        known = max([known, *self.world.presents[:seen][-1:]])
                    for halted_at, went_on in self.world.halts:
                        if abs(fact.at - went_on) < ROUNDING:
                            known = halted_at
                    gap = fact.at - known
                    if lot and lot.opened is not None:
                        lot.opened += gap
                    elif lot:
                        lot.due += gap
                    if fact.auction in asked:
                        asked[fact.auction] += gap
                case "BiddingOpened":
                    assert lot is not None
                    lot.opening, lot.opened = fact, fact.at
                    lot.asked = here - {SELLER}
                    lot.awaited = lot.asked - silent[fact.auction] or set(lot.asked)
                    lot.buyers = len(lot.asked)
                    lot.news.append(fact)
                case "Missed":
                    assert lot is not None and lot.opened is not None and who is not None
                    silent[fact.auction].add(who)
                    lot.awaited.discard(who)
                    if not lot.is_steered:
                        self.waits.append((fact, fact.at - lot.opened, terms.lot_time))
                case "Ordered":
                    if lot:
                        lot.orders[fact.body["order"]] += 1
                    if fact.body["order"] == "pause":  # the Seller's time for its request stands
                        asked.pop(fact.auction, None)
                case "Paused":
                    paused.add(fact.auction)
                case "Resumed":
                    paused.discard(fact.auction)
                case "Spoke":
                    assert lot is not None and who is not None
                    silent[fact.auction].discard(who)
                    if who in lot.asked:
                        lot.awaited.add(who)
                case _ if lot:
                    _bid_or_end(fact, lot)
            last[fact.auction] = fact.at
            stopped.discard(fact.auction)
            if fact.kind == "Stopped":
                stopped.add(fact.auction)

    def _seat(self, fact: Fact) -> None:
        place = (fact.auction, fact.body["who"])
        paddle = fact.body.get("paddle")
        if paddle is None:
            number = int(fact.body["address"].rpartition(":")[2]) - 40000
            _, client = self.world.links[number]
            if client.in_room(fact.room) is client:
                self._arrivals[number] = place
        else:
            client = self.world.walk_ins.get(paddle) or self.world.actors[paddle - 1]
        actor = client.in_room(fact.room)
        if paddle is not None or actor is not client:
            self._entrances[actor.name].append((fact.at, place))
        self.people[place] = actor
        self.seats[actor.name].append(place)
        if fact.body["ticket"] is not None or paddle is not None:
            self.holders.add(place)

    def _read_transcript(self) -> None:
        asked: defaultdict[int, list[str]] = defaultdict(list)
        for note in self.world.notes:
            if note.way == ">":
                self.said[note.link].append(note)
                if note.text.startswith(VERBS):
                    asked[note.link].append(note.text)
                if " room=main " in note.text:
                    self._read_order(note.text)
            elif note.way == "<":
                self.heard[note.who].append(note)
                self.heard_over[note.link].append(note)
                if note.text.startswith("Your role is"):
                    self._welcome(note, asked[note.link])
                elif note.text.startswith("Not done"):
                    del asked[note.link][:1]
                stays = self.stays[note.link]
                self.told.append((note, stays[-1] if stays else None))

    def _read_order(self, line: str) -> None:
        words, _, reason = line.removeprefix("ORDER ").partition(" because order ")
        verb, _, *rest = words.split(" ")
        if verb == "add":
            self.added.add(" ".join(rest))
        elif reason:
            self.ordered[f"Order {reason}"] = (verb, rest)

    def _welcome(self, note: "Note", asked: list[str]) -> None:
        link, actor = self.world.links[note.link]
        words = asked.pop(0) if asked else ""
        place, room = None, words.partition(" ")[2].strip() or None
        if not note.text.endswith("[Watcher]"):
            places = self.seats[actor.name]
            before = [at for at in self._entrances[actor.name] if at[0] <= note.when + ROUNDING]
            place = self._arrivals.get(note.link, places[0] if places else None)
            if before:
                place = before[-1][1]
            room = self.rooms.get(place[0]) if place else None
        stays = self.stays[note.link]
        if stays:
            stays[-1].until = note.when
        stays.append(Stay(link, actor, room, place, note.when, link.over))


def _is_same(lot: Lot, fact: Fact) -> bool:
    """True if an event is about this lot."""
    return (lot.auction, lot.number) == (fact.auction, fact.body["lot"])


def _bid_or_end(fact: Fact, lot: Lot) -> None:
    when = fact.at - (lot.opened or fact.at)
    if fact.kind in ("BidTaken", "Raised", "Sold", "Unsold", "Cancelled") and lot.result:
        lot.late.append(fact)
    elif fact.kind in ("BidTaken", "Raised"):
        who = fact.body["who"]
        if fact.kind == "Raised":
            _outbid(lot, fact)
        if fact.body.get("replaced"):
            _replace(lot, who)
        lot.bids.append((when, who, fact.body["amount"]))
        _answers(lot, who)
        lot.news.append(fact)
    elif fact.kind == "Voided":
        while lot.bids and lot.bids[-1][1:] != (fact.body["holder"], fact.body["bid"]):
            lot.bids.pop()
        lot.news.append(fact)
    elif fact.kind in ("MaximumSet", "MaximumLimited"):
        if fact.kind == "MaximumSet":
            lot.maxima.append((fact.body["who"], fact.body["amount"]))
        is_within = fact.kind == "MaximumLimited" and lot.command[1] == fact.number - 1
        lot.command = (lot.command[0] if is_within else fact.number, fact.number)
    elif fact.kind == "Withdrawn":
        _replace(lot, fact.body["who"])
    elif fact.kind == "Passed":
        _answers(lot, fact.body["who"])
    elif fact.kind in ("Extended", "Called", "PriceFell", "EndMoved", "EndPostponed"):
        lot.news.append(fact)
    elif fact.kind == "BiddingClosed":
        lot.is_closed = True
    elif fact.kind in ("Sold", "Unsold", "Cancelled"):
        lot.result, lot.ended = fact, when


def _outbid(lot: Lot, fact: Fact) -> None:
    """Note whom a raise outbids, before it counts."""
    who, is_by_maximum = fact.body["who"], "cause" in fact.body
    first, last = lot.command
    first = first if is_by_maximum and last == fact.number - 1 else fact.number
    lot.command = (first, fact.number)
    losers = [loser for raised, loser in lot.outbid if raised.number >= first]
    if lot.bids:
        losers.append(lot.bids[-1][1])
    lot.outbid = [entry for entry in lot.outbid if entry[0].number < first]
    lot.outbid += [(fact, loser) for loser in dict.fromkeys(losers) if loser != who]
    if is_by_maximum:
        lot.by_maximum.append((who, fact.body["amount"]))
        lot.raised_for = [entry for entry in lot.raised_for if entry[0].number < first]
        lot.raised_for.append((fact, who))


def _replace(lot: Lot, who: int) -> None:
    """Take a sealed bid out of the bids."""
    lot.replaced += [(buyer, amount) for _, buyer, amount in lot.bids if buyer == who]
    lot.bids = [bid for bid in lot.bids if bid[1] != who]


def _answers(lot: Lot, who: int) -> None:
    lot.asked.discard(who)
    lot.awaited.discard(who)
    lot.is_answered = True
