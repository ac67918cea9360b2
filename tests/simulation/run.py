"""One run from its seed, and the invariant that it breaks."""

import os
import random
import re
import signal
import tempfile
import traceback
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from unittest.mock import patch

from twisted.logger import ILogObserver, LogEvent, globalLogPublisher
from zope.interface import implementer

from tests.rules.oracle import settle
from tests.simulation.actors import AMOUNTS, Actor
from tests.simulation.book import Book, Broken, Lot
from tests.simulation.invariants import check
from tests.simulation.world import World
from twisted_auction.house import pass_codes
from twisted_auction.ledger import journal

FOLDER = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
"""Folder of the ledgers, in memory if possible. A crash here is a crash of the program, not of the
machine."""

RUN_TIMEOUT = 30
"""Seconds of the processor's time after which a run is stopped. Usually it takes less than one."""


BATCHES = (journal.MAX_BATCH, journal.MAX_BATCH, 1, journal.MAX_BATCH, 3)
"""Rows that the ledger may hold back: sometimes so few that it commits within a turn."""

KINDS = (
    *("Sold", "Unsold", "Cancelled", "BidTaken", "Raised", "Extended", "Reopened"),
    *("Withdrawn", "EndMoved", "EndPostponed", "MaximumSet", "MaximumLimited"),
    *("SaleScheduled", "StartMoved", "LotsDone", "SaleEnded"),
    *("LotSkipped", "LotMoved", "LotAdded", "LotOffered", "SaleVoided"),
)
"""Kinds of events to count."""

LINES = (
    *("Line too long.", "Too many lines.", "Server busy!", "Time is up! You"),
    *("Your seat was given up", "Your bid of", "Above your limit", "Your bid is changed"),
    "The reserve is ",
)
"""The beginnings of lines to count."""


OWN_SECRET = re.compile(
    r"(Your bid of |Your maximum is |Auction request received: \S*:reserve=|, maximum | due, "
    r"|, sealed, )\$?\d+"
)
"""A secret that its owner is told."""


@dataclass(slots=True)
class Report:
    """The outcome of a run.

    :ivar problem: the broken invariant, with the reason; empty if all hold.
    :ivar counts: the number of events and lines of each kind.
    """

    seed: int
    problem: str = ""
    transcript: list[str] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)


def _give_up(number: int, frame: object) -> None:
    raise RuntimeError(f"it has not ended after {RUN_TIMEOUT} seconds")


def play(seed: int, swaps: Mapping[tuple[str, int], int] | None = None) -> tuple[World, str]:
    """Run the world of a seed.

    :return: the world at its end, and the broken invariant or an empty text.
    """
    errors: list[str] = []

    @implementer(ILogObserver)
    def observe(event: LogEvent) -> None:
        if "log_failure" in event:
            errors.append(event["log_failure"].getTraceback())

    globalLogPublisher.addObserver(observe)
    before = signal.signal(signal.SIGPROF, _give_up)
    signal.setitimer(signal.ITIMER_PROF, RUN_TIMEOUT)
    problem = ""
    try:
        batch = BATCHES[seed % len(BATCHES)]
        with (
            tempfile.TemporaryDirectory(prefix="simulation-", dir=FOLDER) as folder,
            patch.object(journal, "MAX_BATCH", batch),
            patch.object(pass_codes, "randbelow", random.Random(f"codes {seed}").randrange),
        ):
            world = World(seed, folder, swaps)
            try:
                world.run()
                check(Book(world))
            except Broken as broken:
                problem = str(broken)
            except Exception:
                errors.append(traceback.format_exc())
            finally:
                world.end()
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)
        globalLogPublisher.removeObserver(observe)
    if errors:
        problem = f"nothing fails: {errors[0].rstrip()}"
    return world, problem


def run(seed: int, with_transcript: bool = False) -> Report:
    """Run a seed. Every other one runs a second time, from nothing, with another sealed amount, if
    there is one with the same result. Every eighth one runs again without a change."""
    world, problem = play(seed)
    swaps = {} if problem or seed % 2 else _harmless_swaps(Book(world))
    if not problem and (swaps or seed % 8 == 1):
        world.counts["pairs with another secret" if swaps else "pairs"] += 1
        again, problem = play(seed, swaps)
        if not problem:
            problem = _difference(world, again, bool(swaps))
    transcript = [str(note) for note in world.notes] if problem or with_transcript else []
    return Report(seed, problem, transcript, world.counts + _counts(world))


def _difference(world: World, again: World, has_another_secret: bool) -> str:
    """The invariant that the second run of a seed breaks; empty if there is none."""
    if not has_another_secret and world.digest != again.digest:
        return "a seed determines its run: the second run differs"
    heard = [
        # A returning Buyer is told its own bid: "messages follow their commit" checks this.
        [OWN_SECRET.sub(r"\1…", str(note)) for note in run.notes if note.way in "<|@"]
        for run in (world, again)
    ]
    if heard[0] == heard[1]:
        return ""
    there = next((pair for pair in zip(*heard, strict=False) if pair[0] != pair[1]), heard)
    return f"sealed amounts are secret: {there[0]} and {there[1]}"


def _harmless_swaps(book: Book) -> dict[tuple[str, int], int]:
    """Another amount for a secret with the same result, if there is one: for a hidden reserve, for
    the winner's maximum, or for a sealed bid."""
    reserves = {lot.prices.reserve for lot in book.lots} - {0}
    for reserve in reserves if book.world.seed % 4 == 2 else ():
        if _is_reserve_idle(book, reserve):
            return {("reserve", reserve): reserve + 10}
    for lot in book.lots:
        maximum = _winning_maximum(book, lot)
        if maximum:
            return maximum
        bids = [(who, amount) for _, who, amount in lot.bids]
        for place, (who, amount) in enumerate([*bids, *lot.replaced] if lot.kind <= 2 else []):
            actor = _who_said_once(book, lot, who, amount)
            if actor is not None:
                lines = bytes(actor.sent).split()
                for other in AMOUNTS:
                    swapped = [*bids[:place], (who, other), *bids[place + 1 :]]
                    if place >= len(bids):  # it does not count any more
                        swapped = bids
                    results = [settle(lot.kind, lot.low, these) for these in (bids, swapped)]
                    if results[0] == results[1] and b"%d" % other not in lines:
                        return {(actor.name, amount): other}
    return {}


def _is_reserve_idle(book: Book, reserve: int) -> bool:
    """True if a reserve of a few dollars more leads to the same bids and results."""
    lots = {lot.auction: lot for lot in book.lots if lot.prices.reserve == reserve}
    return not any(lot.maxima for lot in lots.values()) and not any(
        fact.kind == "Raised" and reserve <= fact.body["amount"] < reserve + 10
        for fact in book.facts
        if fact.auction in lots
    )


def _who_said_once(book: Book, lot: Lot, who: int, amount: int) -> Actor | None:
    """The honest actor that has sent an amount once. None if there is none."""
    actor = book.people.get((lot.auction, who))
    if actor is None:  # the operator has bid for a person that never came
        return None
    # Another amount could bring its Buyer above its limit elsewhere.
    person = book.world.persons.get(actor.paddle)
    has_limit = person is not None and person.limit is not None
    is_said_once = bytes(actor.sent).split().count(b"%d" % amount) == 1
    return actor if actor.is_honest and is_said_once and not has_limit else None


def _winning_maximum(book: Book, lot: Lot) -> dict[tuple[str, int], int]:
    """A higher maximum for the winner, if it has not reached the one that it has."""
    if lot.kind != 3 or lot.award is None or lot.orders["void"] or lot.orders["expel"]:
        return {}
    winner, payment = lot.award
    amounts = [amount for who, amount in lot.maxima if who == winner]
    if len(amounts) != 1 or lot.prices.asking(payment) > amounts[0]:
        return {}
    other = amounts[0] + 30
    actor = _who_said_once(book, lot, winner, amounts[0])
    is_other = actor is not None and b"%d" % other not in bytes(actor.sent).split()
    if actor is None or not is_other or len(str(other)) > len(str(amounts[0])):
        return {}
    return {(actor.name, amounts[0]): other}


def _counts(world: World) -> Counter[str]:
    kinds = [note.text.split()[2] for note in world.notes if note.way == "+"]
    lines = [note.text for note in world.notes if note.way == "<"]
    counts = Counter(kind for kind in kinds if kind in KINDS)
    counts.update(line for line in lines if line.startswith(LINES))
    sizes = {"links": len(world.links), "rows": len(kinds)}
    auctions = kinds.count("RequestAccepted") + kinds.count("LotAnnounced")
    return counts + Counter(sizes | {"auctions": auctions})
