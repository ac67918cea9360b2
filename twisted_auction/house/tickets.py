"""What participants come back with: tickets, secrets for resuming a seat, or passes.

A *ticket* is the secret itself. The house keeps its *digest*. With a list of people there are no
tickets: a person's pass is good for its seat in every room. The house finds a seat by its *key*.
"""

import secrets
from collections.abc import Callable, Collection, Container, Iterable, Sequence
from functools import partial
from hashlib import sha256
from typing import Any, Generic, NamedTuple, TypeVar

from twisted_auction.house.classroom import Classroom
from twisted_auction.house.notices import (
    SEAT_GIVEN_UP,
    participant_updates,
    with_lot_heading,
)
from twisted_auction.house.people import People
from twisted_auction.house.sale_notices import voided_sale
from twisted_auction.house.snapshots import sale_over
from twisted_auction.ledger.history import History
from twisted_auction.ledger.journal import Ledger
from twisted_auction.ledger.row import Row
from twisted_auction.rules.auction import Auction
from twisted_auction.rules.commands import Arrive
from twisted_auction.rules.events import (
    BIDS,
    KEPT_EVENTS,
    SELLER,
    Arrived,
    Event,
    Left,
    SaleVoided,
)
from twisted_auction.rules.transitions import Phase
from twisted_auction.wire.letter import EMPTY, Letter

Room = TypeVar("Room")

MAX_RESULTS = 10_000
"""Largest number of results kept for ticket holders without a seat. The oldest go first."""

MAX_GIVEN_UP = 1_000
"""Largest number of tickets remembered without a seat and without a result. They are counted apart,
so clients coming and going displace no result."""


def new_ticket() -> str:
    """A new ticket: 128 random bits as 32 hexadecimal digits."""
    return secrets.token_hex(16)


def digest_of(ticket: str) -> str:
    """The SHA-256 of a ticket, in hexadecimal. The house keeps digests and no tickets, so a reader
    of its memory or its ledger finds nothing with which to take a seat."""
    return sha256(ticket.encode()).hexdigest()


class PassKey(NamedTuple):
    """The key of a person's seat in a room."""

    room: str
    paddle: int


Key = PassKey | str
"""The key of a seat: of a person, or the digest of a ticket."""


def key_of(arrival: Arrive | Arrived, room: str) -> Key | None:
    """The key of the seat that a participant takes; None if it cannot come back to it."""
    if arrival.paddle is not None:
        return PassKey(room, arrival.paddle)
    return arrival.ticket_digest


class TicketRegistry(Generic[Room]):
    """The seats of a house to which participants can come back, by their keys.

    :param ledger: keeps in mind which results persons have not been told; None without a ledger.
    :ivar seats: the room and the participant of each key with a seat.
    :ivar rooms: the rooms in which a person has a seat, by paddle.
    :ivar results: the results of keys without a seat; the latest :data:`MAX_RESULTS`. A person is
        told its result once. A ticket is good for its result again and again.
    :ivar given_up: the digests of tickets without a seat and a result; the latest
        :data:`MAX_GIVEN_UP`.
    """

    def __init__(self, ledger: Ledger | None = None) -> None:
        self._ledger = ledger
        self.seats: dict[Key, tuple[Room, int]] = {}
        self.rooms: dict[int, dict[Room, None]] = {}
        self.results: dict[Key, Letter] = {}
        self.given_up: dict[Key, None] = {}  # an ordered set

    def begin(self, key: Key, room: Room, who: int) -> None:
        """Add the key of a participant's seat in a room."""
        self.seats[key] = (room, who)
        if isinstance(key, PassKey):
            self.rooms.setdefault(key.paddle, {})[room] = None

    def withdraw(self, keys: Iterable[Key]) -> None:
        """Remove keys, because the house closes. A ledger may add them again when it opens."""
        # A person for whom only the operator has bid has a key, and no seat yet.
        for key in filter(self.seats.__contains__, keys):
            self._free(key)

    def end(self, key: Key, letter: Letter) -> None:
        """Free the seat of a key, and remember its result.

        :param letter: the result; empty if there is none, or the person was there to read it.
        """
        if key in self.seats:
            self._free(key)
        if letter:
            if isinstance(key, PassKey):
                # The operator may bid for a person that has not heard of the auction before.
                letter = self.results.get(key, EMPTY) + letter
                if self._ledger is not None:
                    self._ledger.chains.mark_untold(*key)
            self.results[key] = letter
            _keep_latest(self.results, MAX_RESULTS)
        elif not isinstance(key, PassKey):
            self.given_up[key] = None
            _keep_latest(self.given_up, MAX_GIVEN_UP)

    def last_words(self, key: Key) -> Letter | None:
        """The letter for a participant without a seat; None if its key is not remembered."""
        if key in self.given_up:
            return SEAT_GIVEN_UP
        if not isinstance(key, PassKey):
            return self.results.get(key)
        letter = self.results.pop(key, None)
        if letter is not None and self._ledger is not None:
            self._ledger.after_commit(partial(self._ledger.chains.mark_told, *key))
        return letter

    def _free(self, key: Key) -> None:
        room, _ = self.seats.pop(key)
        if isinstance(key, PassKey):
            rooms = self.rooms[key.paddle]
            del rooms[room]
            if not rooms:
                del self.rooms[key.paddle]


def _keep_latest(keys: dict[Key, Any], number: int) -> None:
    if len(keys) > number:
        del keys[next(iter(keys))]


class AuctionTickets:
    """The tickets and passes of one auction, or one sale, and the results for their holders.

    :param ended: is called with the key and the result of a participant without a seat, such as
        :meth:`TicketRegistry.end`.
    :param room: the name of the room.
    :param has_people: True if the participants are persons. The operator can bid for one that has
        never come: it has a key from then on.
    :ivar keys: the keys of the seats, by participant.
    :ivar results: the results so far, by participant, those of earlier lots included.
    """

    __slots__ = ("_ended", "_has_people", "_room", "keys", "results")

    def __init__(self, ended: Callable[[Key, Letter], object], room: str, has_people: bool) -> None:
        self._ended = ended
        self._room = room
        self._has_people = has_people
        self.keys: dict[int, Key] = {}
        self.results: dict[int, Letter] = {}

    def follow(self, event: Event, auction: Auction, told: Iterable[tuple[int, Letter]]) -> None:
        """Follow an event.

        :param auction: the auction right after the event.
        :param told: the letters about the event. They are needed for a result only.
        """
        if isinstance(event, Arrived):
            key = key_of(event, self._room)
            if key is not None:
                self.keys[event.who] = key
        elif self._has_people and isinstance(event, BIDS):
            if event.who not in self.keys:
                self.keys[event.who] = PassKey(self._room, event.who)
        elif not self.keys:  # in rooms without a lobby, always
            return
        elif isinstance(event, Left):
            is_bound = event.who == SELLER or event.who in auction.bids
            if event.who in self.results or (auction.phase is Phase.BIDDING and is_bound):
                return  # it may come back for its result or, in a sale, for the next lots
            key = self.keys.pop(event.who, None)
            if key is not None:
                self._ended(key, EMPTY)
        elif isinstance(event, SaleVoided):  # its letter names the lot, whose result was told
            letters = dict(told)
            # All who have read a result, the Buyers who are away included.
            for who in self.results:
                self.results[who] += letters.get(who) or voided_sale(event, auction)
        elif type(event) in KEPT_EVENTS:
            for who, letter in told:
                if who in self.keys:
                    result = with_lot_heading(letter, auction)
                    self.results[who] = self.results.get(who, EMPTY) + result

    def let_go(self, who: int) -> None:
        """End the ticket of a departed participant. It is still good for the results so far."""
        key = self.keys.pop(who)
        self._ended(key, self.results.pop(who, EMPTY) + SEAT_GIVEN_UP)

    def end(self, auction: Auction, seated: Container[int] = ()) -> None:
        """End all tickets, because the auction or the last lot is over.

        :param seated: the connected participants. A person among them is told the result now, and
            not again when it joins the next auction.
        """
        for who, key in self.keys.items():
            results = self.results.get(who, EMPTY)
            if auction.lots is not None:
                results += sale_over(auction)
            self._ended(key, EMPTY if isinstance(key, PassKey) and who in seated else results)
        self.keys = {}
        self.results = {}


class TicketReplay:
    """Follows the tickets of auctions read from a ledger.

    :param history: replays the rows.
    :param ended: as for :class:`AuctionTickets`.
    :param people: the list of people; None without one.
    :param tell: as for a :class:`~twisted_auction.house.reopening.Reopening`.
    :ivar tickets: the tickets of unfinished auctions, by room.
    """

    def __init__(
        self,
        history: History,
        ended: Callable[[Key, Letter], object],
        people: People | None = None,
        tell: Callable[[str, Sequence[Event], float], object] = lambda room, events, at: None,
    ) -> None:
        self._tell = tell
        self.tickets: dict[str, AuctionTickets] = {}
        self._people = people
        self._history = history
        self._ended = ended

    def follow(self, rows: Iterable[Row]) -> None:
        """Replay rows.

        :raises LedgerError: if a row is wrong, or cannot be read.
        """
        for row in rows:
            recorded, event = self._history.read(row)
            self._tell(row.room, (event,), recorded.when)
            tickets = self.tickets.get(row.room)
            if tickets is None:
                has_people = self._people is not None
                tickets = AuctionTickets(self._ended, row.room, has_people)
                self.tickets[row.room] = tickets
            told: Collection[tuple[int, Letter]] = ()
            # Only results are kept. Other letters would be made for nothing.
            if type(event) in KEPT_EVENTS:
                told = participant_updates(event, recorded.auction, recorded.when)
                classroom = Classroom(lambda: self._people, partial(int, recorded.number))
                told = classroom.add_to(told, event, recorded.auction)
            tickets.follow(event, recorded.auction, told)
            if recorded.is_over:
                del self.tickets[row.room]
                tickets.end(recorded.auction)
