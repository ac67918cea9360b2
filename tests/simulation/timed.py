"""Timed auctions of a run: their requests, a clock on the wall that is set, and their invariants.

The oracle follows the promised end from the settings of the clock and the ledger's events, by the
words of the documents alone.
"""

import math
import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from tests.simulation.book import ROUNDING, Book, Fact, Lot

if TYPE_CHECKING:
    from tests.simulation.world import World

REQUESTS = [
    "1:end={end} {low} 0 Sword",
    "2:end={end} {low} 0 Schwert №5",
    "3:increment=5:end={end}:extension=10 {low} 0 Cup",
    "3:end={end}:latest={latest}:extension=15 {low} 0 Cup",
]
SETTINGS = [-90, -20, 20, 200]
"""Seconds by which the clock on the wall is set."""

LOOK = 60
"""Seconds between two looks of the house at the clock on the wall."""

LAST_MINUTE = 60
"""Seconds before an end in which the clock on the wall does not count."""

LATE = 3
"""Longest delay of a timer in seconds, while the disk is busy."""

PATIENCE = 4
"""Seconds in which a told end reaches a client, over the slowest link."""

SECONDS_LEFT = re.compile(r"Asking price: .* Seconds left: (\d+)\.|.*\. Seconds left: (\d+)\.$")


def request(world: "World") -> str:
    """A request for a timed auction that ends soon."""
    chance = world.of_timed
    end = wall_time(world) + timedelta(seconds=chance.randint(15, 240))
    latest = end + timedelta(seconds=chance.randint(0, 30))
    times = {"end": f"{end:%Y-%m-%dT%H:%M:%S}", "latest": f"{latest:%Y-%m-%dT%H:%M:%S}"}
    return chance.choice(REQUESTS).format(low=chance.choice([100, 300, 500]), **times)


def silent_auction(world: "World", lots: int) -> list[str]:
    """The lots of a silent auction, open for most of a run."""
    chance = world.of_timed
    ends = [wall_time(world) + timedelta(seconds=chance.randint(100, 200)) for _ in range(lots)]
    return [f"3:increment=10:end={end:%Y-%m-%dT%H:%M:%S}:extension=10 100 0 Cup" for end in ends]


def wall_time(world: "World") -> datetime:
    """The full second that the clock on the wall shows."""
    _, ahead = world.settings[-1]
    return world.local_time(math.floor(world.reactor.now) + ahead)


def set_clock_sometimes(world: "World") -> None:
    """Let the operator set the clock on the wall."""
    for _ in range(world.of_timed.choice([0, 1, 2])):
        when = world.of_timed.random() * (world.span + 60)
        world.reactor.happen(when, world.set_clock, world.of_timed.choice(SETTINGS))


@dataclass(slots=True)
class Promise:
    """The end of a timed auction, as its participants may rely on it.

    :ivar end: its instant.
    :ivar latest: the instant beyond which no late bid moves it; None if there is none.
    :ivar shift: seconds by which orders, pauses and late returns have moved the time of day.
    :ivar is_promise: False once a late bid has moved the end: then seconds count.
    :ivar since: from this instant on, the house has looked at its clock again and again.
    :ivar paused_at: the beginning of a pause; None without one.
    :ivar ends: each end that held, with the instant since which it did.
    """

    lot: Lot
    end: float
    latest: float | None
    shift: float = 0
    is_promise: bool = True
    since: float = 0
    paused_at: float | None = None
    ends: list[tuple[float, float]] = field(default_factory=list)

    def move(self, at: float, end: float) -> None:
        """Move the end, and the latest one with it."""
        if self.latest is not None:
            self.latest += end - self.end
        self.end = end
        self.ends.append((at, end))


class Wall:
    """The clock on the wall, by its settings."""

    def __init__(self, world: "World") -> None:
        self._opening, _ = world.settings[0]
        self._start = world.local_time(self._opening)
        self._instants = [at for at, _ in world.settings]
        self._aheads = [ahead for _, ahead in world.settings]

    def instant(self, time: datetime, at: float) -> float:
        """The instant of a time of day, as the clock is set at an instant."""
        ahead = self._aheads[bisect_right(self._instants, at) - 1]
        return self._opening + (time - self._start).total_seconds() - ahead

    def was_set(self, since: float, until: float) -> bool:
        """True if the clock was set between two instants, or a moment before them."""
        return any(since - ROUNDING <= at <= until for at in self._instants[1:])


def promises(book: Book) -> Iterator[tuple[Promise, Fact, str]]:
    """Follow the end of each timed auction.

    :return: the promise after each event that may move it, and a complaint or an empty text.
    """
    wall, grace = Wall(book.world), book.world.terms.resume_grace
    lots = iter(book.lots)
    on: dict[int, Promise] = {}
    paused: dict[int, float] = {}
    halts = [went_on for _, went_on in book.world.halts]
    for fact in book.facts:
        if fact.kind == "Paused":
            paused[fact.auction] = fact.at
        if fact.kind in ("RequestAccepted", "LotAnnounced"):
            on.pop(fact.auction, None)
            lot = next(lots)
            if lot.is_timed:
                times = {name: wall.instant(time, fact.at) for name, time in lot.times.items()}
                promise = Promise(lot, times["end"], times.get("latest"), since=fact.at)
                promise.ends.append((fact.at, promise.end))
                on[fact.auction] = promise
                if abs(fact.instant("ends_at") - promise.end) > ROUNDING:
                    yield promise, fact, "it has another end than the wall"
        promise_or_none = on.get(fact.auction)
        if promise_or_none is None:
            if fact.kind == "Resumed":
                paused.pop(fact.auction, None)
            continue
        promise, lot = promise_or_none, promise_or_none.lot
        complaint = ""
        promised = wall.instant(lot.times["end"], fact.at) + promise.shift
        match fact.kind:
            case "Extended":
                end, extension = fact.instant("deadline"), lot.extension
                right = fact.at + extension
                if promise.latest is not None:
                    right = max(promise.end, min(right, promise.latest))
                if abs(end - right) > 2 * ROUNDING or promise.end - fact.at > extension:
                    complaint = f"a late bid moves it to {right}"
                promise.is_promise = False
                promise.end = end
                promise.ends.append((fact.at, end))
            case "EndMoved":
                right = max(promised, fact.at + LAST_MINUTE)
                if abs(fact.instant("ends_at") - right) > 2 * ROUNDING:
                    complaint = f"the clock moves it to {right}"
                if promise.end - fact.at < LAST_MINUTE - ROUNDING or not promise.is_promise:
                    complaint = "the clock does not count any more"
                promise.move(fact.at, fact.instant("ends_at"))
            case "EndPostponed":
                end = fact.instant("ends_at")
                promise.shift += end - promise.end
                promise.move(fact.at, end)
            case "Reopened" if fact.auction in paused:
                promise.since = fact.at
            case "Reopened" if lot.opening is not None and lot.opening.at <= fact.at:
                promise.since = fact.at
                end = fact.instant("deadline")
                if promise.is_promise:
                    if abs(end - promised) > 2 * ROUNDING:
                        complaint = f"the wall has it at {promised}"
                    promise.move(fact.at, end)
                    is_late = promise.end < fact.at + grace - ROUNDING
                    is_halt = any(abs(at - fact.at) < ROUNDING for at in halts)
                    if is_late and not is_halt and not _is_postponed(book, fact):
                        complaint = f"participants need {grace} s to come back"
                else:
                    promise.move(fact.at, end)
            case "Resumed":
                seconds = fact.at - paused.pop(fact.auction)
                promise.shift += seconds
                promise.since = fact.at
                promise.move(fact.at, promise.end + seconds)
            case "Sold" | "Unsold":
                complaint = _complaint(promise, fact)
                del on[fact.auction]
            case "Cancelled":
                del on[fact.auction]
        # The house has looked by now, if it was up and the auction was not paused.
        is_up = fact.auction not in paused and fact.kind not in ("Reopened", "Resumed", "EndMoved")
        if promise.is_promise and is_up and not complaint and lot.opening is not None:
            complaint = _overlooked(promise, wall, fact)
        yield promise, fact, complaint


def _is_postponed(book: Book, fact: Fact) -> bool:
    """True if the end is postponed together with the opening of the house."""
    return any(
        (other.auction, other.kind) == (fact.auction, "EndPostponed")
        and other.at < fact.at + ROUNDING
        for other in book.facts[fact.number : fact.number + 3]
    )


def _complaint(promise: Promise, fact: Fact) -> str:
    """What is wrong with the instant of a result."""
    lot = promise.lot
    if lot.is_closed or lot.is_bought or lot.result is not fact:
        return ""
    # A lot that is offered again after its end is over at once.
    end = promise.end if lot.opening is None else max(promise.end, lot.opening.at)
    return "" if -2 * ROUNDING < fact.at - end < LATE else f"it should end at {end}"


def _overlooked(promise: Promise, wall: Wall, fact: Fact) -> str:
    """Complain of a setting of the clock that the house has overlooked."""
    since = max(promise.since, promise.ends[-1][0])
    looked = fact.at - LOOK - LATE
    if (
        since > looked
        or wall.was_set(looked, fact.at)
        or promise.end - looked <= LAST_MINUTE + LOOK
    ):
        return ""
    promised = wall.instant(promise.lot.times["end"], fact.at) + promise.shift
    if abs(promised - promise.end) > 1 + ROUNDING and promised > looked + LAST_MINUTE + LATE:
        return f"the wall has it at {promised}"
    return ""


def timed_auctions_end_as_promised(book: Book) -> Iterator[str]:
    """A timed auction ends at its time on the clock on the wall, however that is set, and after a
    late bid, a pause, an order or a return of the house when they say."""
    for promise, fact, complaint in promises(book):
        if complaint:
            yield f"{complaint}: {fact}, {promise}"
    for lot in book.lots:
        ends = lot.opening is not None and lot.is_timed and lot.result is None
        if ends and "pause" not in lot.orders and book.world.reactor.now > lot.due + 5000:
            yield f"it has not ended: {lot}"


def the_end_told_is_the_end(book: Book) -> Iterator[str]:
    """The seconds that a client is told to be left are those until the end of the ledger."""
    ends = {id(promise.lot): promise for promise, _, _ in promises(book)}
    by_auction: dict[int, list[Promise]] = {}
    for promise in ends.values():
        by_auction.setdefault(promise.lot.auction, []).append(promise)
    for note, stay in book.told:
        told = SECONDS_LEFT.search(note.text)
        if told is None or stay is None or stay.place is None or not stay.actor.is_honest:
            continue
        its = by_auction.get(stay.place[0], [])
        its = [promise for promise in its if promise.ends[0][0] <= note.when]
        if (
            not its
            or its[-1].lot.orders["pause"]
            or (its[-1].lot.result and its[-1].lot.result.at <= note.when + ROUNDING)
        ):
            continue
        left = int(told[1] or told[2])
        changes = its[-1].ends
        first = max(bisect_right(changes, (note.when - PATIENCE, 0.0)) - 1, 0)
        last = bisect_right(changes, (note.when + ROUNDING, math.inf))
        if not any(
            -1 - ROUNDING <= left - (end - note.when) <= PATIENCE + 1
            for _, end in changes[first:last]
        ):
            yield f"{changes[first:last]}: {note}"
