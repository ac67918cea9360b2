"""Many timed auctions open at once, with many maximum bids of persons who are away.

One process holds them, without a network: it writes a ledger. Then another process starts on this
ledger, as after a kill. In between, two persons in one room raise in turn; in another room, each of
them sets a maximum above that of the other instead, so the server bids for both. After the restart,
all auctions end at the same instant, and one client watches all lots.
"""

import gc
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.measuring import memory
from tests.command_line import Parser, at_least
from twisted_auction.house.auctioneer import Auctioneer
from twisted_auction.house.calendar import HouseCalendar
from twisted_auction.house.people import People, Person
from twisted_auction.house.rooms import Rooms
from twisted_auction.house.seats import Seat
from twisted_auction.ledger.journal import Ledger
from twisted_auction.rules.auction import Auction
from twisted_auction.rules.catalogue import parse_catalogue
from twisted_auction.rules.terms import Terms
from twisted_auction.rules.transitions import Phase
from twisted_auction.testing import with_codes
from twisted_auction.wire.letter import Letter
from twisted_auction.wire.messages import SaleLot

RAISES = 40
"""Raises of one kind in one round."""

INCREMENT = 5
"""Whole dollars between a bid and the next."""


class Nobody:
    """A connection that reads nothing."""

    address = network_address = peer = "127.0.0.1"

    def takes_price_updates(self) -> bool:
        """True: nothing waits."""
        return True

    def send(self, letter: Letter) -> None:
        """Drop a letter."""

    def dismiss(self, letter: Letter) -> None:
        """Drop a last letter."""


class Watcher:
    """A client that watches all lots.

    :ivar letters: number of letters.
    :ivar size: their size as JSON, in bytes.
    :ivar results: number of lots that it knows to be sold, or not.
    """

    own_rooms: Mapping[str, int] = {}
    paddle = None
    is_welcome = True

    def __init__(self) -> None:
        self.letters = self.size = self.results = 0

    def takes_price_updates(self) -> bool:
        """True: it reads at once."""
        return True

    def tell_lots(self, letter: Letter) -> None:
        """Read a letter."""
        self.letters += 1
        self.size += len(letter.json)
        self.results += sum(
            isinstance(each, SaleLot) and each.state in ("sold", "unsold")
            for each in letter.messages
        )

    def withdraw(self) -> None:
        """Unused: the watcher is always welcome."""


class House:
    """A house with one timed auction in each room.

    :param lots: number of rooms.
    :param persons: number of persons.
    :param end: the time of day at which all auctions end.
    """

    def __init__(self, path: Path, lots: int, persons: int, end: str) -> None:
        from twisted.internet import reactor

        self.reactor: Any = reactor
        self.skipped = 0.0  # seconds, on both clocks
        self.reactor.seconds = (  # type: ignore[method-assign]  # both clocks can skip time
            lambda: time.monotonic() + self.skipped
        )
        calendar = HouseCalendar(self.reactor, now=lambda: time.time_ns() + int(self.skipped * 1e9))
        self.ledger = Ledger(path, reactor, sys.exit)
        self.people = with_codes(People(Person(paddle) for paddle in range(1, persons + 1)))
        text = f"english:end={end}:increment={INCREMENT} 10 0 Laptop\n" * lots
        self.rooms = Rooms(
            reactor,
            Terms(lot_pause=0, raise_rate=0),
            catalogue=parse_catalogue(text.encode(), 9, min_bidders=0),
            max_rooms=lots + 1,
            ledger=self.ledger,
            people=self.people,
            together=True,
            calendar=calendar,
        )

    def turn(self) -> None:
        """Let all that is due happen, and commit."""
        self.reactor.runUntilCurrent()

    def run(self, is_done: Callable[[], bool]) -> float:
        """Run turns until this is true.

        :return: the CPU time of the longest turn, in seconds.
        """
        longest = 0.0
        while not is_done():
            began = time.process_time()
            self.turn()
            longest = max(longest, time.process_time() - began)
        return longest

    def enter(self, room: str, paddle: int) -> tuple[Auctioneer, Seat]:
        """Let a person take its seat."""
        place = self.rooms.join(room, self.people.persons[paddle], Nobody())
        assert place is not None
        return place


def main(argv: list[str]) -> None:
    """Measure, and print what was found."""
    parser = Parser("python -m benchmarks timed", description=__doc__)
    parser.add_argument("--rooms", type=at_least(3), default=10_000, help="auctions at a time")
    parser.add_argument(
        "--maxima", type=at_least(1), default=100_000, help="maximum bids, shared by the rooms"
    )
    parser.add_argument("--rounds", type=at_least(1), default=11, help="rounds of raises")
    parser.add_argument("--restart", metavar="LEDGER", help="only start on this ledger")
    next_week = f"{datetime.now() + timedelta(days=7):%Y-%m-%dT%H:%M}"
    parser.add_argument("--end", default=next_week, help="the end of all auctions; in a week")
    options = parser.parse_args(argv)
    each = -(-options.maxima // options.rooms)
    if options.restart:
        restart(House(Path(options.restart), options.rooms, each + 2, options.end))
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "auction.sqlite3")
        house = House(path, options.rooms, each + 2, options.end)
        hold(house, options.rooms, options.maxima, each, options.rounds)
        size = path.stat().st_size / 2**20
        print(f"A ledger of {size:.0f} MiB.", flush=True)
        command = [sys.executable, "-m", "benchmarks", "timed", "--restart", str(path)]
        sizes = ["--rooms", str(options.rooms), "--maxima", str(options.maxima)]
        subprocess.run([*command, *sizes, "--end", options.end], check=True)


def hold(house: House, lots: int, maxima: int, each: int, rounds: int) -> None:
    """Open the rooms, set the maxima, and measure raises.

    :param each: number of maxima in one room; the last rooms can have fewer.
    """
    before = _memory()
    began = time.process_time()
    house.rooms.open()
    names = [*house.rooms.sale.lots]
    longest = house.run(
        lambda: all(house.rooms[name].auction.ends_at is not None for name in names)
    )
    opened = _memory()
    cpu = time.process_time() - began
    print(
        f"{lots:,} rooms opened: {cpu:.1f} s of CPU; {before:.0f} MiB before, {opened:.0f} after: "
        f"{1024 * (opened - before) / lots:.1f} KiB a room. The longest turn of the reactor: "
        f"{longest:.2f} s."
    )
    began = time.process_time()
    done = 0
    for name in names:
        for paddle in range(1, each + 1):
            if done == maxima:
                break
            room, seat = house.enter(name, paddle)
            room.line_received(seat, b"max %d" % (100 + 10 * paddle))
            room.leave(seat)
            done += 1
        house.turn()
    kept = sum(len(house.rooms[name].auction.maxima) for name in names)
    # A maximum below the asking price is refused, and none is here.
    assert kept == maxima, f"{kept} maxima are kept"
    full = _memory()
    cpu = time.process_time() - began
    print(
        f"{maxima:,} maxima of absent persons: {cpu:.1f} s of CPU with their arrivals, "
        f"{1e6 * cpu / maxima:.0f} us each; {full:.0f} MiB: "
        f"{1024 * (full - opened) / maxima:.2f} KiB a maximum."
    )
    print(f"Delayed calls of the reactor: {len(house.reactor.getDelayedCalls()):,}.")
    measure_raises(house, names[:2], (each + 1, each + 2), rounds)
    house.ledger.store.close()


def measure_raises(house: House, rooms: list[str], rivals: tuple[int, int], rounds: int) -> None:
    """Measure plain raises and duels of two maxima, in turn."""
    costs: dict[str, list[float]] = {}
    amount = 100_000
    kinds = {"plain": (rooms[0], b"%d"), "duel": (rooms[1], b"max %d")}
    places = {kind: [house.enter(room, who) for who in rivals] for kind, (room, _) in kinds.items()}
    for _ in range(rounds):
        for kind, (name, words) in kinds.items():
            auction = house.rooms[name].auction
            began = time.process_time()
            for number in range(RAISES):
                room, seat = places[kind][number % 2]
                amount += 2 * INCREMENT
                room.line_received(seat, words % amount)
                house.turn()
                assert auction.holder == rivals[number % 2], "the raise was refused"
            costs.setdefault(kind, []).append((time.process_time() - began) / RAISES)
    for kind, seconds in costs.items():
        middle, low, high = (
            1e6 * each for each in (statistics.median(seconds), min(seconds), max(seconds))
        )
        print(f"CPU of a raise with its commit, {kind}: {middle:.0f} ({low:.0f}-{high:.0f}) us.")
    pairs = zip(costs["duel"], costs["plain"], strict=True)
    print(f"A duel, plain raise = 1: {statistics.median(duel / one for duel, one in pairs):.2f}.")


def restart(house: House) -> None:
    """Start on the ledger of a house, and tell how long it took."""
    began, busy = time.perf_counter(), time.process_time()
    resumed = house.rooms.open()
    took, cpu = time.perf_counter() - began, time.process_time() - busy
    kept = sum(len(room.auction.maxima) for room in house.rooms.values())
    print(
        f"Restart: {took:.1f} s, {cpu:.1f} s of them CPU; {resumed:,} auctions with {kept:,} "
        f"maxima go on; {_memory():.0f} MiB."
    )
    end_all(house)
    house.ledger.store.close()


def end_all(house: House) -> None:
    """Let all auctions end at the same instant, after their calls."""
    auctions = [room.auction for room in house.rooms.values()]
    watcher = Watcher()
    house.rooms.board.open(watcher)
    house.turn()
    letters, size = watcher.letters, watcher.size
    print(f"A list of all lots: {letters} letters, {size / 2**20:.1f} MiB of JSON.")
    while any(auction.phase is Phase.BIDDING for auction in auctions):
        # The same instant but for nanoseconds.
        due = max(auction.wake_at for auction in auctions if auction.wake_at is not None)
        house.skipped += max(due - house.reactor.seconds(), 0)
        began = time.process_time()
        longest = house.run(partial(_are_past, auctions, due))
        cpu = time.process_time() - began
    print(f"All ends: {cpu:.1f} s of CPU. The longest turn of the reactor: {longest:.2f} s.")
    longest = house.run(lambda: watcher.results >= len(auctions))
    letters, size = watcher.letters - letters, watcher.size - size
    print(
        f"The watching client was told by then: {letters} letters, {size / 2**20:.1f} MiB. "
        f"The longest turn after it: {longest:.2f} s."
    )


def _are_past(auctions: list[Auction], when: float) -> bool:
    """True if no auction has anything more to do by this instant."""
    wakes = (auction.wake_at for auction in auctions)
    return all(wake_at is None or wake_at > when for wake_at in wakes)


def _memory() -> float:
    """Resident memory of this process, in MiB."""
    gc.collect()
    return memory(os.getpid())
