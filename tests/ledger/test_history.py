"""Any events of a house can be replayed from its ledger, and verify."""

import contextlib
import random
import tempfile
from dataclasses import replace
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from tests.support import RecordingConnection, state
from twisted_auction.house.doors import Doors
from twisted_auction.house.notices import SEAT_GIVEN_UP
from twisted_auction.house.tickets import TicketRegistry, TicketReplay
from twisted_auction.ledger import journal
from twisted_auction.ledger.history import History, verify_view
from twisted_auction.ledger.storage import open_view
from twisted_auction.rules.commands import (
    Action,
    Add,
    Again,
    Cancel,
    Close,
    Move,
    MoveStart,
    Skip,
    Start,
    VoidSale,
)
from twisted_auction.rules.refusals import Refusal
from twisted_auction.rules.terms import Terms
from twisted_auction.rules.transitions import Phase
from twisted_auction.testing import MemoryClient, MemoryHouse

REQUESTS = [
    "1 100 3 Sword",
    '2 100 2 Schwert №5 "x" \\n to Buyer 1 for $5',
    "3 100 2 Sword",
    "3:increment=5:duration=30:extension=10 50 1 Cup",
    "english:duration=7:extension=0 50 1 Cup",
    "English:jump=2:duration=20 20 1 Cup",
    "4:start=200:step=30:interval=4 100 2 Vase",
    "dutch 7 1 Vase",
]
TIMED = [
    "1:end=2027-01-15T08:02 5 0 Cup",
    "2:end=2027-01-15T08:10 5 0 Cup",
    "english:end=2027-01-15T08:04:latest=2027-01-15T08:05:extension=30 5 0 Cup",
    "english:end=2027-01-15T09:00:extension=0 5 0 Cup",
]
"""Requests of Sellers; the first of these ends pass while a house is open."""

WORDS = [
    "withdraw",
    "withdraw",
    "accept",
    "pass",
    "pass",
    "close",
    "nonsense",
    "LIST",
    "JOIN a",
    "WATCH b",
    "QUIT",
]


class RandomHouse:
    """A house with random events from a seed."""

    def __init__(self, seed: int, path: Path) -> None:
        self.chance = chance = random.Random(seed)
        self.path = path
        terms = Terms(
            request_timeout=chance.choice([0, 20, 300]),
            gathering_timeout=chance.choice([0, 30, 300]),
            bid_timeout=chance.choice([0, 15, 300]),
            lot_time=chance.choice([0, 15, 60]),
            lot_pause=chance.choice([0, 5]),
            resume_grace=chance.choice([0, 10, 15, 60]),
            settle=chance.choice([0, 0.05, 3]),
        )
        catalogue = None
        if chance.random() < 0.5:
            catalogue = "\n".join(chance.choices(REQUESTS, k=chance.randint(1, 4))).encode()
        rooms = chance.choice([2, 3, 50])
        doors = None
        if catalogue is not None and chance.random() < 0.6:
            terms = replace(terms, after_sale=chance.choice([0, 60, 600]))
            doors = Doors(chance.choice(["now", "order"]))
        self.house = MemoryHouse(
            terms, catalogue=catalogue, ledger=path, max_rooms=rooms, doors=doors
        )
        self.is_sale = catalogue is not None
        self.people: list[MemoryClient] = []
        self.tickets: list[str] = []

    def step(self) -> None:
        """Do one random thing."""
        chance, house = self.chance, self.house
        happening = chance.choices(
            [self.come, self.speak, self.go, self.wait, self.operate, self.choke, self.crash],
            [35, 30, 8, 9, 12 if self.is_sale else 2, 3, 2],
        )[0]
        happening()
        if chance.random() < 0.5:
            house = self.house
            house.advance()
            for visitor in self.people:
                self.tickets += [
                    line.removeprefix("Ticket: ")
                    for line in visitor.read_lines()
                    if line.startswith("Ticket: ")
                ]

    def come(self) -> None:
        chance = self.chance
        if chance.random() < 0.35:
            self.people.append(self.house.connect())
            return
        words = [f"JOIN {chance.choice('abc')}", "JOIN main", "WATCH main", "WATCH a", "LIST"]
        words += [f"RESUME {chance.choice(self.tickets)}"] * 3 if self.tickets else []
        self.people.append(self.house.connect_to_lobby())
        self.people[-1].send_lines(chance.choice(words))

    def speak(self) -> None:
        chance = self.chance
        if not self.people:
            return
        visitor = chance.choice(self.people)
        amounts = [str(chance.randint(1, 300)), str(chance.randint(90, 130))]
        lines = chance.choices(
            [*REQUESTS, *TIMED, *WORDS, *(3 * amounts)], k=chance.choice([1, 1, 2])
        )
        if len(lines) == 1 and chance.random() < 0.3:
            lines *= 2  # a bid may need confirmation
        if not visitor.is_closed:
            visitor.send_lines(*lines)

    def go(self) -> None:
        if self.people:
            self.people.pop(self.chance.randrange(len(self.people))).disconnect()

    def wait(self) -> None:
        self.house.advance(self.chance.choice([0, 0.02, 1, 3, 5, 10, 15, 60]))
        if self.chance.random() < 0.05:
            self.house.wall_ahead += self.chance.choice([-3600, -20, 20, 600])

    def operate(self) -> None:
        if self.is_sale and self.chance.random() < 0.8:
            self.rearrange()
            return
        room = self.house.rooms[self.chance.choice(list(self.house.rooms))]
        with contextlib.suppress(Refusal):
            if self.chance.random() < 0.5:
                room.orders.give(Cancel(), reason="Fire.")
            else:
                room.orders.give(Close())

    def rearrange(self) -> None:
        """Give an order about the lots of the sale."""
        chance, orders = self.chance, self.house.auctioneer.orders
        lot, other = str(chance.randint(1, 5)), str(chance.randint(1, 5))
        start = self.house.clock.seconds() + chance.choice([-1, 5, 60])
        actions: list[Action] = [
            *(Start(), MoveStart(None), MoveStart(start), VoidSale(lot), Again(lot)),
            *(Again(lot), Skip(lot), Skip(), Move(lot), Move(lot, other)),
            Add(chance.choice(REQUESTS).encode()),
        ]
        with contextlib.suppress(Refusal):
            orders.give(chance.choice(actions))

    def choke(self) -> None:
        if self.people:
            visitor = self.chance.choice(self.people)
            if not visitor.is_closed:
                self.chance.choice([visitor.pause_reading, visitor.resume_reading])()

    def crash(self) -> None:
        if self.chance.random() < 0.5:
            self.house.rooms.close()
        self.people.clear()
        self.house = self.house.restart(after=self.chance.choice([0, 1, 500]))

    def check(self, test: SynchronousTestCase) -> None:
        """Compare the replayed ledger with the house."""
        house = self.house
        house.advance()
        assert house.ledger is not None
        kept: TicketRegistry[None] = TicketRegistry()
        with open_view(self.path) as view:
            verify_view(view)
            history = History(view.start, house.rooms.reopening.empty_auction, house.ledger.instant)
            replay = TicketReplay(history, kept.end)
            replay.follow(view.rows())
        unfinished = history.unfinished
        test.assertLessEqual(set(unfinished), set(house.rooms))
        for name, room in house.rooms.items():
            if name not in unfinished:
                test.assertIn(room.auction.phase, (Phase.EMPTY, Phase.ENDED))
                continue
            story = unfinished[name]
            test.assertEqual(state(story.auction), state(room.auction))
            test.assertEqual(room.seats.tickets.keys, replay.tickets[name].keys)
            test.assertEqual(room.seats.tickets.results, replay.tickets[name].results)
            there = {*room.seats.seated, *room.seats.away}
            test.assertLessEqual(set(room.auction.present), there)
            # A participant who has left may still need the result.
            test.assertLessEqual(there - set(room.auction.present), set(room.seats.tickets.keys))
            test.assertFalse(set(room.seats.seated) & set(room.seats.away))
        for digest, (room, who) in house.rooms.tickets.seats.items():
            test.assertEqual(room.seats.tickets.keys[who], digest)
        ended = {digest: (letter or SEAT_GIVEN_UP).lines for digest, letter in kept.results.items()}
        ended |= dict.fromkeys(kept.given_up, SEAT_GIVEN_UP.lines)
        tickets = house.rooms.tickets
        test.assertLessEqual({*tickets.results, *tickets.given_up}, set(ended))
        assert house.rooms._recall is not None
        asked = {digest: RecordingConnection() for digest in ended}
        for digest, caller in asked.items():
            letter = tickets.last_words(digest)
            if letter is None:
                assert isinstance(digest, str)
                house.rooms._recall.ask(digest, lambda room, caller=caller: caller)  # type: ignore[misc]
            else:
                caller.dismiss(letter)
        while house.rooms._recall._readings:
            house.advance()
        test.assertEqual({digest: caller.lines for digest, caller in asked.items()}, ended)
        test.assertEqual(house.failures, [])


class HistoryTests(SynchronousTestCase):
    def test_anything(self) -> None:
        for seed in range(60):
            self.patch(journal, "MAX_BATCH", random.Random(seed).choice([1, 2, 3, 1000]))
            with tempfile.TemporaryDirectory() as folder:
                riot = RandomHouse(seed, Path(folder, "auction.sqlite3"))
                for number in range(100):
                    riot.step()
                    if number % 20 == 0:
                        riot.check(self)
                riot.house.advance(1000)
                riot.check(self)
                riot.house.rooms.close_ledger()
