"""In the lobby: the lots of a sale, those of all rooms together, and a client's own lots."""

from collections.abc import Mapping
from typing import Protocol
from weakref import proxy

from twisted_auction.house.joining import WITHDRAWN
from twisted_auction.house.people import Person
from twisted_auction.house.rooms import Rooms
from twisted_auction.house.standings import own_lots
from twisted_auction.rules.sentences import reason_of
from twisted_auction.server.sale_list import (
    LOTS_PER_LINE,
    ROOMS_PER_LINE,
    account_of,
    list_sale,
    page_of,
)
from twisted_auction.wire import messages, verbs
from twisted_auction.wire.letter import Letter
from twisted_auction.wire.messages import Message

NOTHING_YOURS = "you have bid on nothing here."
"""Answers ``MINE`` of a client without seats and without a pass code."""


class Client(Protocol):
    """The session of a client in the lobby, as this module needs it."""

    @property
    def person(self) -> Person | None:
        """The person, if the client has said a pass code."""

    @property
    def own_rooms(self) -> Mapping[str, int]:
        """The rooms with a seat of the client, each with its number there."""

    def who_in(self, room: str) -> int | None:
        """The number of the client as a participant of a room; None if it has none."""

    def may_watch(self, name: str) -> bool:
        """True if the client may watch a room. Otherwise, it is told the reason."""

    def answer(self, *messages: Message) -> None:
        """Send an answer after the commit of all earlier events."""

    def charge(self, lines: int) -> None:
        """Count so many lines of the client."""

    def takes_price_updates(self) -> bool:
        """True if all earlier letters have left."""

    def is_welcome(self, room: str) -> bool:
        """False if the list of people does not let the client watch a room any more."""

    def tell_lots(self, letter: Letter) -> None:
        """Send a letter about all lots."""

    def end_lots(self, letter: Letter) -> None:
        """Send the last letter about all lots."""


class LotsForClient:
    """The answers to one client about lots.

    :param rooms: the rooms of the house.
    :ivar is_open: True while the client watches all lots.
    """

    def __init__(self, rooms: Rooms, client: Client) -> None:
        self._rooms = rooms
        # The client's session owns this object. A cycle of the two would wait for the garbage
        # collector after the session has ended.
        self._client: Client = proxy(client)
        self.is_open = False

    def run(self, verb: str, words: str) -> bool:
        """Run a verb about lots, and answer it.

        :param words: the words after it.
        :return: False if it is none, or none in this house.
        """
        rooms, client = self._rooms, self._client
        is_about_all = rooms.sale.together and words.partition(" ")[0] == verbs.ALL_LOTS
        match verb:
            case verbs.SALE.name:
                try:
                    listed = self._list_all(words) if is_about_all else self._list(words)
                except ValueError as error:
                    client.answer(messages.NotDone(reason_of(error)))
                else:
                    client.answer(*listed)
                    client.charge(len(listed) // LOTS_PER_LINE)
            case verbs.WATCH.name if is_about_all:
                if client.may_watch(verbs.ALL_LOTS):
                    self._watch()
                    client.charge(len(rooms.sale.lots) // LOTS_PER_LINE)
            case verbs.MINE.name if rooms.sale.together or rooms.people is not None:
                listed = self._mine()
                client.answer(*listed or [messages.NotDone(NOTHING_YOURS)])
                client.charge(len(rooms) // ROOMS_PER_LINE + len(listed) // LOTS_PER_LINE)
            case _:
                return False
        return True

    @property
    def paddle(self) -> int | None:
        """The client's number in every room; None if it has none."""
        return None if self._client.person is None else self._client.person.paddle

    @property
    def own_rooms(self) -> Mapping[str, int]:
        """The rooms with a seat of the client, each with its number there."""
        return self._client.own_rooms

    def takes_price_updates(self) -> bool:
        """True if all earlier letters have left."""
        return self._client.takes_price_updates()

    def tell_lots(self, letter: Letter) -> None:
        """Send a letter about the lots."""
        self._client.tell_lots(letter)

    @property
    def is_welcome(self) -> bool:
        """False if the list of people does not let the client watch any more."""
        return self._client.is_welcome(verbs.ALL_LOTS)

    def withdraw(self) -> None:
        """Send the last letter, unless the connection has ended before."""
        if self.is_open:
            self.is_open = False
            self._client.end_lots(WITHDRAWN)

    def _watch(self) -> None:
        """Tell the client all lots, and from then on every change."""
        self.close()
        self.is_open = True
        self._rooms.board.open(self)

    def begin_again(self) -> None:
        """Tell all lots again if the client watches them, because it is another person now."""
        if self.is_open:
            self._watch()

    def look_again(self, room: str) -> None:
        """Note the return of the client to its seat in a room."""
        if self.is_open:
            self._rooms.board.look_again(self, room)

    def close(self) -> None:
        """Tell the client nothing more."""
        if self.is_open:
            self.is_open = False
            self._rooms.board.close(self)

    def catch_up(self) -> None:
        """Go on after all earlier letters have left."""
        if self.is_open:
            self._rooms.board.catch_up(self)

    def _list(self, words: str) -> list[Message]:
        """List the lots of one room.

        :raises ValueError: if the words are wrong; the text says why.
        """
        name, _, first = words.partition(" ")
        person = self._client.person
        return list_sale(self._rooms, name, first, self._client.who_in(name), person)

    def _list_all(self, words: str) -> list[Message]:
        """List all lots, as the client may know them.

        :raises ValueError: if the words are wrong; the text says why.
        """
        _, _, first = words.partition(" ")
        names = [*self._rooms.sale.lots]
        places = page_of(first, len(names))
        now, board = self._rooms.clock.seconds(), self._rooms.board
        answer: list[Message] = []
        for place in places:
            lot, fact = board.describe(place)
            answer += [lot, fact.told(now), *board.own(self, [names[place]])]
        answer.append(messages.SaleListed(len(places), places.start + 1, len(names)))
        return [*answer, *self._account()]

    def _mine(self) -> list[Message]:
        """The lots with a bid of the client, and its account."""
        rooms = self._rooms
        if rooms.sale.together:
            return [*rooms.board.own(self), *self._account()]
        seats = self.own_rooms if self.paddle is None else dict.fromkeys(rooms, self.paddle)
        lots = [
            lot
            for name, who in seats.items()
            if name in rooms
            for lot in own_lots(rooms[name].auction, name, who)
        ]
        return [*lots, *self._account()]

    def _account(self) -> list[Message]:
        return [*account_of(self._rooms, self._client.person, self.own_rooms)]
