"""Guests of timed sales: each bids up to what a lot is worth to it, is often away, and remembers
everything that it is told."""

import json
import random
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, Protocol

from twisted_auction.ledger.store import Notification
from twisted_auction.testing import MemoryClient, MemoryHouse, pass_code

Told = dict[str, Any]
"""A message as JSON has it."""

LOBBY = ""
"""Stands for the lobby in place of a room."""


class Device(Protocol):
    """A guest's connection to the house: a page, or a program."""

    def say(self, words: str, room: str = LOBBY) -> None:
        """Say words to a room, in which the guest has a seat, or to the lobby."""

    def read(self) -> Iterable[tuple[str, Told]]:
        """The messages since the last call, each with its room."""

    def close(self) -> None:
        """Lose the connection, without a word."""


class Laptop:
    """Lines of JSON, over a connection to each room and one to the lobby.

    :param rooms: the rooms to enter.
    """

    def __init__(self, house: MemoryHouse, paddle: int, rooms: Iterable[str]) -> None:
        said = ("JSON", f"PASS {pass_code(paddle)}")
        host = f"10.0.{paddle // 256}.{paddle % 256}"
        self._clients: dict[str, MemoryClient] = {LOBBY: house.connect_to_lobby(*said, host=host)}
        for room in rooms:
            self._clients[room] = house.connect_to_lobby(*said, f"JOIN {room}", host=host)

    def say(self, words: str, room: str = LOBBY) -> None:
        """Say words to a room or to the lobby."""
        self._clients[room].send_lines(words)

    def read(self) -> Iterator[tuple[str, Told]]:
        """The messages since the last call, each with its room."""
        for room, client in self._clients.items():
            for line in client.read_lines():
                for message in json.loads(line) if line.startswith("[") else ():
                    yield room, message

    def close(self) -> None:
        """Lose all connections."""
        for client in self._clients.values():
            client.disconnect()
        self._clients = {}


class Guest:
    """A person who bids for some lots, each in a room of its own.

    :param paddle: its number in every room.
    :param chance: makes its decisions.
    :param worth: the most that it bids, in whole dollars, by the room of each lot that it wants.
    :param sealed: the rooms of sealed lots.
    :param buy: the price to buy at once, by room.
    :ivar worth: the same as the parameter.
    :ivar device: its connection; None while it is away.
    :ivar won: the payment for each lot won, by room, as that has told it.
    :ivar lost: the rooms in which it has read that it has not won.
    :ivar bids: its highest acknowledged bid in open bidding, by room.
    :ivar maxima: its maximum, as last told, by room; no entry if it may have changed since.
    :ivar own: its standing on each lot, as the answer to ``MINE`` has told it last, by room.
    :ivar account: its account, as last told.
    :ivar listed: the highest bid in the last list of bids, by room.
    :ivar sent: the number of bids and maxima.
    """

    def __init__(
        self,
        paddle: int,
        chance: random.Random,
        worth: Mapping[str, int],
        sealed: Collection[str] = (),
        buy: Mapping[str, int] = MappingProxyType({}),
    ) -> None:
        self.paddle = paddle
        self.device: Device | None = None
        self.won: dict[str, int] = {}
        self.lost: set[str] = set()
        self.bids: dict[str, int] = {}
        self.maxima: dict[str, int] = {}
        self.own: dict[str, Told] = {}
        self.account: Told = {}
        self.listed: dict[str, int] = {}
        self.sent = 0
        self._chance = chance
        self.worth = worth
        self._sealed = sealed
        self._buy = buy
        self._asking: dict[str, int] = {}
        self._holds: set[str] = set()

    def come(self, device: Device) -> None:
        """Come to the sale, or come back, and ask for what is its own."""
        self.device = device
        self._asking.clear()
        self._holds.clear()
        self.own.clear()
        device.say("MINE")
        self.read()

    def go(self) -> None:
        """Fall asleep, with answers unread."""
        if self.device is not None:
            self.device.close()
            self.device = None

    def read(self) -> None:
        """Note all messages since the last call."""
        if self.device is not None:
            for room, message in self.device.read():
                self._note(room, message)

    def act(self) -> None:
        """Perhaps bid for one of its lots that is open."""
        self.read()
        open_rooms = [room for room in self.worth if room in self._asking]
        if self.device is None or not open_rooms:
            return
        room = self._chance.choice(open_rooms)
        words = self._sealed_bid(room) if room in self._sealed else self._open_bid(room)
        if words:
            self.sent += 1
            self.device.say(words, room)
            # A maximum is for those who do not stay.
            if words.startswith("max ") and self._chance.random() < 0.2:
                self.go()

    def _sealed_bid(self, room: str) -> str:
        """A first bid, a changed one, or a withdrawal."""
        if self._chance.random() < 0.1:
            return "withdraw"
        return str(self._chance.randint(1, self.worth[room]))

    def _open_bid(self, room: str) -> str:
        """The asking price, more than that, or a maximum; nothing if it is too much."""
        asking, worth = self._asking[room], self.worth[room]
        kind = self._chance.random()
        if kind < 0.05 and room in self.maxima:
            del self.maxima[room]  # until the answer, it may be any
            return "max 0" if kind < 0.025 else f"max {asking}"
        if kind > 0.95:
            return "bids"
        if asking > worth or room in self._holds:
            return ""
        price = self._buy.get(room, 0)
        if kind > 0.9 and asking <= price <= worth:
            return "buy"
        if kind < 0.4:
            self.maxima.pop(room, None)
            return f"max {self._chance.randint(asking, worth)}"
        return str(asking if kind < 0.8 else self._chance.randint(asking, worth))

    def _note(self, room: str, message: Told) -> None:
        match message["type"]:
            case "asking":
                self._asking[room] = message["asking_price"]
            case "ask_bid":
                self._asking[room] = 1
            case "highest_bid":
                self._asking[room] = message["asking_price"]
                if message["buyer"] == self.paddle:
                    self._holds.add(room)
                else:
                    self._holds.discard(room)
            case "you_hold" | "bid_for_you" | "bid_stands" if room not in self._sealed:
                self.bids[room] = max(self.bids.get(room, 0), message["amount"])
            case "bid_was":
                self.listed[room] = message["amount"]
            case "maximum_is":
                self.maxima[room] = message["amount"]
            case "no_maximum":
                self.maxima.pop(room, None)
            case "repeat_maximum" | "repeat_bid":
                words = "max " if message["type"] == "repeat_maximum" else ""
                if self.device is not None:
                    self.device.say(f"{words}{message['amount']}", room)
            case "auction_finished":
                self._asking.pop(room, None)
            case "you_won":
                self.won[room] = message["payment"]
            case "nothing_due":
                self.won.pop(room, None)
            case "you_lost":
                self.lost.add(room)
            case "my_lot":
                self.own[message["room"]] = message
            case "account_is":
                self.account = message


class Mailbox:
    """The operator's receiver of notifications. It takes them late, and some only later.

    :param chance: decides what it takes.
    :ivar taken: what it has taken, by the notification's id.
    """

    def __init__(self, chance: random.Random) -> None:
        self.taken: dict[str, Notification] = {}
        self._chance = chance
        self._waiting: deque[tuple[Notification, Callable[[], object]]] = deque()

    def carry(self, notification: Notification, done: Callable[[], object]) -> None:
        """Let a notification wait."""
        self._waiting.append((notification, done))

    def stop(self) -> None:
        """Take nothing more of what waits: the house will send it again."""
        self._waiting.clear()

    def take(self, reliable: bool = False) -> None:
        """Take some of what waits, in order; all of it if ``reliable``. Of some, the house does not
        hear that they are taken."""
        for _ in range(len(self._waiting)):
            if not reliable and self._chance.random() < 0.3:
                return
            notification, done = self._waiting[0]
            known = self.taken.setdefault(notification.id, notification)
            assert known == notification, "two notifications with one id"
            if not reliable and self._chance.random() < 0.1:
                return
            self._waiting.popleft()
            done()

    def letters(self, paddle: int, kind: str) -> Iterator[tuple[str, list[Told]]]:
        """The letters of one kind to a person, each with its room."""
        for notification in self.taken.values():
            if (notification.paddle, notification.kind) == (paddle, kind):
                yield notification.room, json.loads(notification.letter)
