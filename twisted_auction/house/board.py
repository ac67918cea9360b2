"""All lots of a sale held together, for clients to watch at once.

A :class:`Reader` is told the state of every lot, and then each change: at most once a second, and
only after its earlier letters have left. Letters about the lots are made once for all readers, and
have no sealed amount. Each reader is also told its own standing.

Theory of operation
-------------------

The board numbers the changes. For each lot it keeps the number of the last change alone, so a
lagging reader is told the present state, however much has happened. Readers at the same number are
sent the same letter.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Protocol

from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger

from twisted_auction.house.auctioneer import Auctioneer
from twisted_auction.house.facts import Fact
from twisted_auction.house.lots import sale_lots
from twisted_auction.house.news import News
from twisted_auction.house.sale_rooms import SaleRooms
from twisted_auction.house.snapshots import SALE_OVER
from twisted_auction.house.standings import bidders, lot_now, own_lots
from twisted_auction.ledger.journal import Journal
from twisted_auction.rules.events import Event
from twisted_auction.wire.letter import EMPTY, Letter
from twisted_auction.wire.messages import AllLots, MyLot, SaleLot

UPDATE_INTERVAL = 1.0
"""Shortest time between two updates, in seconds."""

MAX_LOTS = 100
"""Largest number of lots in one letter."""

_log = Logger(namespace="auction")


class Client(Protocol):
    """A client of the board."""

    @property
    def own_rooms(self) -> Mapping[str, int]:
        """The rooms with a seat of the client, each with its number there."""

    @property
    def paddle(self) -> int | None:
        """The client's number in every room; None if it has none."""

    def takes_price_updates(self) -> bool:
        """True if all earlier letters have left."""

    @property
    def is_welcome(self) -> bool:
        """False if the list of people does not let the client watch any more."""

    def tell_lots(self, letter: Letter) -> None:
        """Send a letter about the lots."""

    def withdraw(self) -> None:
        """Send the last letter, to a client that is not welcome any more."""


class Reader:
    """The news of one client about the lots.

    :ivar told_to: the number of the last change in its letters.
    :ivar first: the place of the first lot not yet in its letters; None after the last one.
    :ivar own: its own standings, by the rooms of the lots.
    :ivar news: the changed standings not yet in its letters.
    :ivar unsure: the rooms with a possible change of its standing.
    :ivar is_told_the_end: True after the letter about the end of the sale.
    """

    __slots__ = ("client", "first", "is_told_the_end", "news", "own", "told_to", "unsure")

    def __init__(self, client: Client, told_to: int, own: Iterable[MyLot]) -> None:
        self.client = client
        self.told_to = told_to
        self.first: int | None = 0
        self.own = {lot.room: lot for lot in own}
        self.news: dict[str, MyLot] = {}
        self.unsure: dict[str, None] = {}  # an ordered set
        self.is_told_the_end = False


class SaleBoard:
    """Tells readers about all lots of a sale.

    :param rooms: all rooms of the house.
    :param sale: the rooms of the sale.
    :param news: the events of all rooms.
    :param journal: letters leave after the commit of their events.
    """

    def __init__(
        self,
        rooms: Mapping[str, Auctioneer],
        sale: SaleRooms,
        news: News,
        journal: Journal,
        clock: IReactorTime,
    ) -> None:
        self._rooms = rooms
        self._sale = sale
        self._news = news
        self._journal = journal
        self._clock = clock
        self._names = [*sale.lots]
        self._places = {name: place for place, name in enumerate(self._names)}
        self._readers: dict[Client, Reader] = {}
        self._facts: list[tuple[SaleLot, Fact]] = []
        self._changes: dict[int, int] = {}  # the last change of a lot, by its place, in order
        self._last_change = 0
        self._unread: dict[str, None] = {}  # the rooms with events since the last update
        self._letters: dict[int, tuple[Letter, int]] = {}  # of this update, by the first change
        self._pages: dict[int, tuple[float, Letter]] = {}
        # Without it, a list of ten thousand lots would be searched for each reader.
        self._rooms_of: dict[int, dict[str, None]] = {}
        self._timer: IDelayedCall | None = None
        self._updated_at = 0.0
        self._is_over = False

    def describe(self, place: int) -> tuple[SaleLot, Fact]:
        """A lot as everyone may know it, and its state now.

        :param place: its place in the catalogue, from 0.
        """
        name = self._names[place]
        auction = self._rooms[name].auction
        (lot,) = sale_lots(auction, [(1, 1)], None)
        when = self._clock.seconds()
        now = lot_now(auction, place + 1, name, when)
        return replace(lot, place=place + 1, number=place + 1), now

    def own(self, client: Client, rooms: Iterable[str] | None = None) -> list[MyLot]:
        """The lots with a bid of a client, and its standing on each.

        :param rooms: the rooms to look at; None for all of the sale.
        """
        if client.paddle is not None:
            paddle = client.paddle
            found = ((name, paddle) for name in (self._names if rooms is None else rooms))
        else:
            seats = client.own_rooms
            found = (
                (name, who)
                for name, who in seats.items()
                if name in self._places and (rooms is None or name in rooms)
            )
        return [
            lot
            for name, who in found
            for lot in own_lots(self._rooms[name].auction, name, who, self._places[name] + 1)
        ]

    def open(self, client: Client) -> None:
        """Tell a client all lots, and from then on every change."""
        if not self._readers:
            self._facts = [self.describe(place) for place in range(len(self._names))]
            self._pages.clear()
            self._unread.clear()
            self._news.followers[self._follow] = None
            self._is_over = self._sale.is_over(self._rooms)
            self._rooms_of = {}
            self._note_bidders(self._names)
        known = [*self._rooms_of.get(client.paddle, ())] if client.paddle is not None else None
        own = self.own(client, known)
        self._readers[client] = Reader(client, self._last_change, own)
        first = Letter(AllLots(len(self._names)), *own)
        self._journal.after_commit(lambda: client.tell_lots(first))
        self.catch_up(client)

    def close(self, client: Client) -> None:
        """Tell a client nothing more."""
        if self._readers.pop(client, None) is not None and not self._readers:
            self._news.followers.pop(self._follow, None)
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None

    def stop(self) -> None:
        """Tell nothing more, because the house closes. Its rooms will be empty, which would read as
        if all bids were withdrawn."""
        for client in [*self._readers]:
            self.close(client)

    def let_go(self) -> None:
        """Tell nothing more to those whom a new list of people does not let watch."""
        for client in [client for client in self._readers if not client.is_welcome]:
            self.close(client)
            self._journal.after_commit(client.withdraw)

    def catch_up(self, client: Client) -> None:
        """Tell a client all further news, because its earlier letters have left."""
        if client in self._readers:
            self._journal.after_commit(lambda: self._tell(client))

    def look_again(self, client: Client, room: str) -> None:
        """Note a new seat of a client in a room."""
        reader = self._readers.get(client)
        if reader is not None and room in self._places:
            reader.unsure[room] = None
            self._schedule()

    def _follow(self, room: str, events: Sequence[Event]) -> None:
        if room in self._places:
            self._unread[room] = None
            self._schedule()

    def _schedule(self) -> None:
        if self._timer is None:
            delay = max(self._updated_at + UPDATE_INTERVAL - self._clock.seconds(), 0.0)
            self._timer = self._clock.callLater(delay, self._update)

    def _update(self) -> None:
        """Tell all readers the changes."""
        self._timer = None
        self._updated_at = self._clock.seconds()
        self._letters.clear()
        rooms, self._unread = self._unread, {}
        for name in rooms:
            with _log.failureHandler("A lot cannot be described."):
                self._note(self._places[name])
            if self._rooms[name].is_over:
                self._is_over = self._is_over or self._sale.is_over(self._rooms)
        self._look_at_standings(rooms)
        self._journal.after_commit(self._tell_all)

    def _look_at_standings(self, rooms: Mapping[str, None]) -> None:
        """Find the changed standings of all readers.

        :param rooms: the rooms with new events.
        """
        rooms_of = self._note_bidders(rooms)
        for reader in self._readers.values():
            client = reader.client
            own = client.own_rooms if client.paddle is None else rooms_of.get(client.paddle, {})
            unsure, reader.unsure = reader.unsure, {}
            unsure.update(dict.fromkeys(name for name in (*own, *reader.own) if name in rooms))
            standings = {lot.room: lot for lot in (self.own(client, unsure) if unsure else ())}
            for name in unsure:
                before = reader.own.get(name)
                lot = standings.get(name) or _without_bid(before)
                if lot is not None and lot != before:
                    reader.own[name] = reader.news[name] = lot

    def _note_bidders(self, rooms: Iterable[str]) -> dict[int, dict[str, None]]:
        """Note the Buyers with a standing in these rooms.

        :return: the rooms of each.
        """
        rooms_of: dict[int, dict[str, None]] = {}
        for name in rooms:
            for who in bidders(self._rooms[name].auction):
                rooms_of.setdefault(who, {})[name] = None
                self._rooms_of.setdefault(who, {})[name] = None
        return rooms_of

    def _tell_all(self) -> None:
        for client in [*self._readers]:
            self._tell(client)

    def _tell(self, client: Client) -> None:
        reader = self._readers.get(client)
        while reader is not None and client.takes_price_updates():
            letter = self._next_letter(reader)
            if not letter:
                break
            client.tell_lots(letter)
            reader = self._readers.get(client)  # the letter may have ended the connection

    def _note(self, place: int) -> None:
        """Note the change of a lot, if there is one."""
        fact = self.describe(place)
        if fact != self._facts[place]:
            self._facts[place] = fact
            self._pages.pop(place // MAX_LOTS, None)
            self._last_change += 1
            self._changes.pop(place, None)
            self._changes[place] = self._last_change

    def _next_letter(self, reader: Reader) -> Letter:
        """The next letter to a reader; empty if there is no news."""
        if reader.first is not None:
            return self._next_page(reader)
        letter = EMPTY
        if reader.told_to < self._last_change:
            letter, reader.told_to = self._letter_of_changes(reader.told_to)
        if reader.news:
            letter += Letter(*reader.news.values())
            reader.news = {}
        if self._is_over and reader.told_to == self._last_change and not reader.is_told_the_end:
            reader.is_told_the_end = True
            letter += SALE_OVER
        return letter

    def _next_page(self, reader: Reader) -> Letter:
        """The next lots of the first list for a reader. A page is the same for all readers,
        and kept for as long as its seconds are right."""
        assert reader.first is not None
        page, now = reader.first // MAX_LOTS, self._clock.seconds()
        places = range(reader.first, min(reader.first + MAX_LOTS, len(self._names)))
        reader.first = None if places.stop == len(self._names) else places.stop
        made_at, letter = self._pages.get(page, (0.0, EMPTY))
        if not letter or now >= made_at + UPDATE_INTERVAL:
            letter = self._letter_about(places, now)
            self._pages[page] = now, letter
        return letter

    def _letter_of_changes(self, told_to: int) -> tuple[Letter, int]:
        """The first lots with a later change than this one.

        :return: the letter, and the number of the last change in it.
        """
        known = self._letters.get(told_to)
        if known is None:
            changed: list[int] = []
            for place, number in reversed(self._changes.items()):
                if number <= told_to:
                    break
                changed.append(place)
            changed = changed[::-1][:MAX_LOTS]
            letter = self._letter_about(changed, self._clock.seconds())
            known = self._letters[told_to] = letter, self._changes[changed[-1]]
        return known

    def _letter_about(self, places: Iterable[int], now: float) -> Letter:
        facts = [self._facts[place] for place in places]
        return Letter(*[told for lot, fact in facts for told in (lot, fact.told(now))])


def _without_bid(before: MyLot | None) -> MyLot | None:
    """The standing after the end of an earlier one: a sealed bid was withdrawn, or an open one was
    voided together with another Buyer's."""
    if before is None:
        return None
    standing = "withdrawn" if before.standing in ("sealed", "withdrawn") else "voided"
    return replace(before, standing=standing, amount=0, maximum=0)
