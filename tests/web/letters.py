"""Real letters for the pages: what a house sends to participants in all its states."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from twisted_auction.house.doors import Doors
from twisted_auction.memory_clients import MemoryClient
from twisted_auction.rules.terms import Terms
from twisted_auction.testing import MemoryHouse

Frame = dict[str, Any]

SALE = b"""\
english:increment=5:duration=60 100 1 Oak chest
second-price 50 1 Brass lamp
dutch:start=90:step=10:interval=5 50 1 Silver spoon
"""


@dataclass
class Story:
    """The frames of one browser, each with its instant in ms, as the page would see them."""

    house: MemoryHouse
    client: MemoryClient
    frames: list[tuple[float, Frame]] = field(default_factory=list)

    def hear(self) -> None:
        """Take all letters since the last call."""
        self.house.advance()
        now = 1000 * (self.house.clock.seconds() - 1e6)
        if not self.client.transport.value():
            return
        letters = self.client.read_json()
        for letter in letters:
            frame: Frame = {"room": "main", "letter": letter}
            if self.client.is_closed and letter is letters[-1]:
                frame["ended"] = True
            self.frames.append((now, frame))

    def say(self, line: str) -> None:
        """Say a line in the room, and take the answer."""
        self.hear()
        now = 1000 * (self.house.clock.seconds() - 1e6)
        self.frames.append((now, {"room": "main", "say": line}))
        self.client.send_lines(line)
        self.hear()


def enter(house: MemoryHouse, words: str = "JOIN main") -> Story:
    """A browser that has entered the room."""
    client = house.connect_to_lobby("JSON", words)
    story = Story(house, client)
    story.hear()
    del story.frames[0]  # "what follows is JSON": a socket has nothing else
    return story


@contextmanager
def opened(*args: Any, **kwargs: Any) -> Iterator[MemoryHouse]:
    """A house, closed at the end."""
    house = MemoryHouse(*args, **kwargs)
    try:
        yield house
    finally:
        house.close()


def stories() -> dict[str, list[tuple[float, Frame]]]:
    """Stories by their names."""
    return {**_sealed(), **_english(), **_dutch(), **_sale()}


def _frames(**told: Story) -> dict[str, list[tuple[float, Frame]]]:
    for story in told.values():
        story.hear()
    return {name.replace("_", " "): story.frames for name, story in told.items()}


def _sealed() -> dict[str, list[tuple[float, Frame]]]:
    with opened(Terms(settle=0)) as house:
        watcher = enter(house, "WATCH main")
        seller = enter(house)
        seller.say("x")
        seller.say("second-price 100 2 Sword")
        first, second = enter(house), enter(house)
        first.say("0150")
        first.say("150")
        first.say("160")
        second.say("120")
        return _frames(
            sealed_watcher=watcher, sealed_seller=seller, sealed_winner=first, sealed_loser=second
        )


def _english() -> dict[str, list[tuple[float, Frame]]]:
    with opened(Terms(settle=0)) as house:
        watcher, seller = enter(house, "WATCH main"), enter(house)
        seller.say("english:increment=5:duration=60:jump=3 100 2 Sword")
        first, second = enter(house), enter(house)
        for story in (seller, first, second):
            story.hear()
        first.say("100")
        house.advance(1)
        second.say("100")
        second.say("900")
        second.say("105")
        house.advance(55)
        for story in (first, second, watcher, seller):
            story.hear()
        house.advance(2)
        first.say("pint")
        first.say("110")
        house.advance(20)
        return _frames(
            english_watcher=watcher,
            english_seller=seller,
            english_winner=first,
            english_loser=second,
        )


def _dutch() -> dict[str, list[tuple[float, Frame]]]:
    with opened(Terms(settle=0)) as house:
        seller = enter(house)
        seller.say("dutch:start=90:step=10:interval=5 50 2 Spoon")
        first, second = enter(house), enter(house)
        house.advance(6)
        second.hear()
        first.hear()
        second.say("80")
        return _frames(dutch_seller=seller, dutch_loser=first, dutch_winner=second)


def _sale() -> dict[str, list[tuple[float, Frame]]]:
    with opened(Terms(settle=0, lot_pause=2, lot_time=30), catalogue=SALE) as house:
        first, second = enter(house), enter(house)
        watcher = enter(house, "WATCH main")
        house.advance(3)
        first.say("100")
        second.say("105")
        house.advance(70)
        for story in (first, second, watcher):
            story.hear()
        first.say("pass")
        second.say("70")
        house.advance(2)
        first.hear()
        house.advance(6)
        first.say("accept")
        return _frames(sale_first=first, sale_second=second, sale_watcher=watcher)


def snapshots() -> list[list[Frame]]:
    """Letters that show everything from the start: the answers to JOIN, WATCH and RESUME."""
    found: list[list[Frame]] = []

    def take(house: MemoryHouse, tickets: int) -> None:
        house.advance()
        for words in ["WATCH main", *(f"RESUME ticket-{n}" for n in range(1, tickets + 1))]:
            frames = [frame for _, frame in enter(house, words).frames]
            if any(message["type"].startswith("role_") for message in frames[0]["letter"]):
                found.append(frames)

    timed = "second-price:end=2027-01-16T08:00"
    for kind in ("first-price", "english:increment=5", "english:buy=900", "dutch", timed):
        with opened(Terms(settle=0)) as house:
            seller = enter(house)
            take(house, 1)
            seller = enter(house, "RESUME ticket-1")
            seller.say(f"{kind} 100 3 Sword")
            buyers = [enter(house), enter(house)]
            take(house, 2)
            buyers = [enter(house, f"RESUME ticket-{n}") for n in (2, 3)]
            buyers.append(enter(house))
            take(house, 3)
            if kind != "dutch":
                for number, amount in ((2, 100), (3, 150)):
                    enter(house, f"RESUME ticket-{number}").say(str(amount))
                take(house, 4)
    for starts in (None, Doors("order")):
        with opened(
            Terms(settle=0, lot_pause=2, lot_time=30), catalogue=SALE, doors=starts
        ) as house:
            enter(house), enter(house)
            take(house, 2)
            for seconds in (3, 70, 3, 40, 3):
                house.advance(seconds)
                take(house, 2)
    return found


if __name__ == "__main__":
    print(json.dumps({"stories": stories(), "snapshots": snapshots()}, indent=1))
