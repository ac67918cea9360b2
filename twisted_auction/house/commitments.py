"""The bids and payments of the persons of a house, in all rooms together, for their limits."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol

from twisted_auction.house.people import People, Role
from twisted_auction.rules.allowance import Allowance
from twisted_auction.rules.auction import Auction
from twisted_auction.rules.events import (
    BIDS,
    RESULTS,
    Event,
    MaximumLimited,
    Raised,
    SaleVoided,
    Sold,
    Voided,
    Withdrawn,
)


class Room(Protocol):
    """A room, as far as it binds persons."""

    @property
    def name(self) -> str:
        """The name of the room."""

    @property
    def auction(self) -> Auction:
        """The current auction."""

    def reconsider(self) -> None:
        """Let the maxima bid for which the limits of their persons leave more now."""


@dataclass(slots=True)
class Won:
    """A person's payments for finished lots.

    :param payments: their sum, in whole dollars. Losing Buyers can owe something, too.
    :param lots: the number of lots won.
    """

    payments: int = 0
    lots: int = 0


class Commitments:
    """The commitments of persons: their binding bids, and their payments.

    Bids are looked up in the auctions themselves, so an outbid or voided bid is free at once. A
    limit is exact while several auctions are on, because the house decides one command after the
    other.

    :param people: the current list of people; None in a house without one. Then there are no
        limits.
    :param freed: is called with a room whose auction has a maximum of a person that a limit has
        stopped, once the person is bound for less.
    """

    def __init__(
        self, people: People | None = None, freed: Callable[[Room], object] = lambda room: None
    ) -> None:
        self.people = people
        self._freed = freed
        self._won: dict[int, Won] = {}
        # The rooms in whose current auctions a person has bid, for allowance() to look there.
        self._rooms: defaultdict[int, set[Room]] = defaultdict(set)
        self._bidders: defaultdict[Room, set[int]] = defaultdict(set)
        # By person. A room stays until its next look: the maximum may be gone since.
        self._stopped: dict[int, dict[Room, None]] = {}

    def begin(self, results: Iterable[Event]) -> None:
        """Begin with the results in the ledger, and with no bids.

        :param results: the results until now.
        """
        self._won = {}
        self._rooms.clear()
        self._bidders.clear()
        self._stopped.clear()
        for event in results:
            self._note_result(event)

    def add_bids(self, room: Room) -> None:
        """Add the bids of an auction from before a restart. The limits may leave more now."""
        if self.people is None:
            return
        for who in room.auction.bids:
            self._add_bid(who, room)
        for who, maximum in room.auction.maxima.items():
            if maximum.most is not None:
                self._stopped.setdefault(who, {})[room] = None
                self._freed(room)

    def replace_people(self, people: People) -> None:
        """Use another list of people. Its limits may leave more."""
        self.people = people
        for who in [*self._stopped]:
            self._free(who)

    def follow(self, event: Event, room: Room) -> None:
        """Follow an event of a room, right after it."""
        if self.people is None:
            return
        freed: Iterable[int] = ()
        by: Room | None = room
        if isinstance(event, BIDS):
            self._add_bid(event.who, room)
            # An outbid Buyer, or a sealed bid that may be lower than the one before.
            freed = (event.outbid or 0,) if isinstance(event, Raised) else (event.who,)
        elif type(event) in RESULTS:
            freed = self._bidders.pop(room, ())
            for who in freed:
                self._rooms[who].discard(room)
                if not self._rooms[who]:
                    del self._rooms[who]
            self._note_result(event)
        elif isinstance(event, SaleVoided):
            self._note_result(event)
            freed = (event.who, *(who for who, _ in event.dues or ()))
            by = None  # the limits leave more for the present lot, too
        elif isinstance(event, Voided | Withdrawn):
            freed = (event.who,)
        elif isinstance(event, MaximumLimited) and event.most is not None:
            self._stopped.setdefault(event.who, {})[room] = None
        if self._stopped:
            for who in freed:
                self._free(who, by)

    def allowance(self, who: int, room: Room) -> Allowance | None:
        """The limits of a Buyer in a room; None if it has none.

        :param who: its number, which is its paddle.
        """
        person = None if self.people is None else self.people.persons.get(who)
        if person is None or (person.limit is None and person.lots is None):
            return None
        won = self._won.get(who)
        bound, lots = (won.payments, won.lots) if won is not None else (0, 0)
        for other in self._rooms.get(who, ()):
            bid = None if other is room else other.auction.binding_bid(who)
            if bid is not None:
                bound += bid
                lots += 1
        return Allowance(person.limit, bound, person.lots, lots)

    def may_bid(self, who: int, room: str) -> bool:
        """True if a person with this paddle may come to a room, by its name, and bid."""
        person = None if self.people is None else self.people.persons.get(who)
        return person is not None and person.role is Role.BIDDER and person.may_enter(room)

    def limits(self, room: Room) -> "RoomLimits | None":
        """The limits of all Buyers in a room; None in a house without people."""
        return None if self.people is None else RoomLimits(self, room)

    def won(self, who: int) -> Won:
        """The lots that a person has won, and its payments, in all rooms."""
        return self._won.get(who) or Won()

    def bound(self, who: int, counts: Callable[[Room], bool]) -> Won:
        """What a person has won, as if it had also won with its binding bids.

        :param counts: True for the rooms whose bids count.
        """
        won = self.won(who)
        payments, lots = won.payments, won.lots
        for room in self._rooms.get(who, ()):
            bid = room.auction.binding_bid(who) if counts(room) else None
            if bid is not None:
                payments += bid
                lots += 1
        return Won(payments, lots)

    def _free(self, who: int, by: Room | None = None) -> None:
        """Note that a person may be bound for less.

        :param by: the room with the bid that binds it less, where the limits are the same as
            before; None for all rooms.
        """
        for room in self._stopped.pop(who, ()):
            maximum = room.auction.maxima.get(who)
            if maximum is not None and maximum.most is not None:
                self._stopped.setdefault(who, {})[room] = None
                if room is not by:
                    self._freed(room)

    def _add_bid(self, who: int, room: Room) -> None:
        self._rooms[who].add(room)
        self._bidders[room].add(who)

    def _note_result(self, event: Event) -> None:
        if isinstance(event, Sold):
            self._owe(event.winner, event.payment, 1)
            for who, due in event.dues:
                self._owe(who, due, 0)
        elif isinstance(event, SaleVoided):
            self._owe(event.who, -event.payment, -1)
            for who, due in event.dues or ():
                self._owe(who, -due, 0)

    def _owe(self, who: int, payment: int, lots: int) -> None:
        won = self._won.setdefault(who, Won())
        won.payments += payment
        won.lots += lots


@dataclass(frozen=True, slots=True)
class RoomLimits:
    """The limits of the persons in a room, for bids of the server, and for bids to count again."""

    commitments: Commitments
    room: Room

    def get(self, who: int, /) -> Allowance | None:
        """The limits of a Buyer; None if it has none. A person taken off the list can bid nothing
        more."""
        if not self.commitments.may_bid(who, self.room.name):
            return Allowance(0)
        return self.commitments.allowance(who, self.room)
