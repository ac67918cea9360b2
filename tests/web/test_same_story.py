"""Lines, JSON over TCP, and the web socket tell the same story."""

from collections.abc import Sequence
from json import dumps

from twisted.trial.unittest import SynchronousTestCase

from tests.web.live_support import PageHouse
from tests.web.support import needs_web
from twisted_auction.rules.terms import Terms
from twisted_auction.wire import json, lines
from twisted_auction.wire.messages import JsonFollows, Message

CATALOGUE = (
    b"english:duration=30:extension=5 100 2 Oak chest\n"
    b"2 50 2 Silver watch\n"
    b"dutch:start=90:step=10:interval=2 20 2 Bicycle\n"
    b"english:increment=10:jump=3:duration=20 10 2 \xf0\x9f\xaa\x91 Chair, red\n"
)

STEPS: Sequence[tuple[float, str, str]] = (
    (6, "first", "50"),  # seconds, who, word
    (0, "first", "120"),
    (0.5, "second", "nothing"),
    (0, "second", "150"),
    (1, "first", "120"),
    (28, "first", "160"),
    (20, "second", "70"),
    (0, "first", "PASS x"),
    (0, "first", "60"),
    (0, "second", "80"),
    (12, "second", "pass"),
    (1, "first", "accept"),
    (10, "second", "1000"),
    (0, "second", "1000"),
    (0, "first", ""),
    (1, "first", "2000"),
    (0, "first", "1010"),
    (30, "first", "LIST"),
    (400, "second", "x"),
)
"""The script: after these seconds, this participant says this word to the room."""

CUTS = {5: "first", 11: "second"}
"""Numbers of steps after which a participant loses its connection, and comes back by its ticket."""

TERMS = Terms(lot_pause=5, lot_time=30, max_bid=10**12, raise_rate=0)

Letters = list[tuple[Message, ...]]


class LinesClient:
    """A participant over TCP, with lines.

    :param verb: takes its place in the main room.
    """

    first: tuple[str, ...] = ()

    def __init__(self, house: PageHouse, verb: str) -> None:
        self.house = house
        self.told = b""
        self.connect(verb)

    def connect(self, verb: str) -> None:
        """Take a place, or come back to it."""
        self.client = self.house.connect_to_lobby(*self.first, verb)

    def say(self, word: str) -> None:
        """Say a word to the room."""
        self.client.send_lines(word)

    def read(self) -> None:
        """Take what was told."""
        self.told += self.client.transport.value()
        self.client.transport.clear()

    def cut(self) -> None:
        """Lose the connection."""
        self.client.disconnect()

    def lines(self) -> list[bytes]:
        """All lines so far."""
        return self.told.split(b"\r\n")


class JsonClient(LinesClient):
    """A participant over TCP, with JSON."""

    first = ("JSON",)

    def letters(self) -> Letters:
        """All letters so far, without the first answers."""
        letters = [json.parse(line) for line in self.told.splitlines()]
        return [letter for letter in letters if letter != (JsonFollows(),)]

    def lines(self) -> list[bytes]:
        """The messages as lines."""
        return as_lines(self.letters())


class PageClient(JsonClient):
    """A participant with a page, which also watches another room."""

    first = ("WATCH other",)

    def __init__(self, house: PageHouse, verb: str) -> None:
        self._letters: Letters = []
        self._ends: list[bool] = []
        super().__init__(house, verb)

    def connect(self, verb: str) -> None:
        """Open a socket."""
        self.page = self.house.open_page(*self.first, verb)

    def say(self, word: str) -> None:
        """Say a word to the room."""
        self.page.say(word, "main")

    def read(self) -> None:
        """Take the frames of the room."""
        for frame in self.page.read():
            if frame.get("room") == "main":
                letter = dumps(frame["letter"], ensure_ascii=False).encode()
                self._letters.append(json.parse(letter))
                self._ends.append(frame.get("ended", False))

    def cut(self) -> None:
        """Lose the socket."""
        self.page.disconnect()

    def letters(self) -> Letters:
        """All letters of the room so far. Only the last one ends the place."""
        assert not any(self._ends[:-1]), self._ends
        return self._letters


def as_lines(letters: Letters) -> list[bytes]:
    """Messages as lines."""
    return b"".join(lines.render(*letter) for letter in letters).split(b"\r\n")


def play(kind: type[LinesClient]) -> dict[str, LinesClient]:
    """Play the script in a house of its own, with participants of one kind."""
    house = PageHouse(terms=TERMS, catalogue=CATALOGUE)
    house.advance(3)
    clients = {
        name: kind(house, verb)
        for name, verb in (
            ("first", "JOIN main"),
            ("second", "JOIN main"),
            ("watcher", "WATCH main"),
        )
    }
    tickets = {"first": "ticket-1", "second": "ticket-2"}
    for number, (seconds, who, word) in enumerate(STEPS):
        house.advance(seconds)
        clients[who].say(word)
        for client in clients.values():
            client.read()
        if number in CUTS:
            name = CUTS[number]
            clients[name].cut()
            house.advance(1)
            clients[name].connect(f"RESUME {tickets[name]}")
    for client in clients.values():
        client.read()
    return clients


@needs_web
class SameStoryTests(SynchronousTestCase):
    """A sale of four lots, played to participants of each kind in turn."""

    def test_all_kinds(self) -> None:
        plain, typed, page = play(LinesClient), play(JsonClient), play(PageClient)
        for name in plain:
            seen, coded = page[name], typed[name]
            assert isinstance(seen, PageClient) and isinstance(coded, JsonClient)
            self.assertEqual(seen.letters(), coded.letters(), name)
            self.assertEqual(seen.lines(), plain[name].lines(), name)
            self.assertEqual(seen._ends[-1], name != "watcher")
            self.assertGreater(len(seen.letters()), 20, name)
        types = {
            message.type_name
            for client in page.values()
            if isinstance(client, PageClient)
            for letter in client.letters()
            for message in letter
        }
        expected = {
            *("ticket_is", "highest_bid", "outbid", "you_hold", "bid_too_low", "going_twice"),
            *("you_won", "you_lost", "sold_to", "have_passed", "bid_received", "repeat_bid"),
            *("role_watcher", "sale_over", "not_understood"),
        }
        self.assertEqual(expected - types, set())
