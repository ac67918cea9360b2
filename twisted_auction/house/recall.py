"""Results of past auctions, read from the ledger."""

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import takewhile
from typing import Any

from twisted.internet.interfaces import IDelayedCall, IReactorTime

from twisted_auction.house.notices import CAME_BACK, SEAT_GIVEN_UP
from twisted_auction.house.seats import Connection
from twisted_auction.house.tickets import Key, TicketRegistry, TicketReplay
from twisted_auction.ledger.history import History
from twisted_auction.ledger.journal import Journal
from twisted_auction.ledger.row import LedgerError
from twisted_auction.ledger.store import View
from twisted_auction.wire.letter import EMPTY, Letter
from twisted_auction.wire.messages import NotDone

STEP = 200
"""Number of rows read at once, in about 5 ms."""

MAX_AUCTIONS = 100
"""Largest number of auctions waiting to be read."""

Connect = Callable[[str], Connection]
"""Returns the connection for a ticket holder, given the name of its room. The name is empty if it
is not known any more."""

UNREADABLE = Letter(NotDone("what the ledger has of your auction cannot be read."))
"""The answer to a ticket whose auction is wrong in the ledger, or cannot be read."""


class UnknownTicket(Exception):
    """No participant of this house has the ticket."""


class TooMany(Exception):
    """:data:`MAX_AUCTIONS` are waiting to be read."""


@dataclass(slots=True)
class _Reading:
    """An auction being read.

    :ivar next: the number of the next row.
    :ivar results: the results found so far, by the digests of their tickets.
    :ivar waiting: the connections to tell, by the digests of their tickets.
    """

    next: int
    replay: TicketReplay
    results: dict[Key, Letter]
    waiting: dict[str, Connection] = field(default_factory=dict)


class Recall:
    """Reads one auction after another, for ticket holders who come back after a restart.

    Clients decide how much there is to read. So reading takes at most half of the time, in steps of
    a few milliseconds, and an auction is read once for all its tickets.

    :param view: the ledger.
    :param registry: remembers the results.
    :param journal: must be committed before a result is told.
    """

    def __init__(
        self, clock: IReactorTime, view: View, registry: TicketRegistry[Any], journal: Journal
    ) -> None:
        self._clock = clock
        self._view = view
        self._registry = registry
        self._journal = journal
        self._readings: dict[tuple[str, int], _Reading] = {}
        self._call: IDelayedCall | None = None

    def ask(self, digest: str, connect: Connect) -> None:
        """Look for the result of a ticket, tell it later, and close the connection.

        :param digest: the digest of the ticket. An earlier connection with the same ticket waits no
            longer.
        :param connect: gives the connection to tell.
        :raises UnknownTicket: if the ledger has no such ticket.
        :raises TooMany: if :data:`MAX_AUCTIONS` are waiting.
        """
        try:
            room, reading = self._reading_of(digest)
        except LedgerError:
            self._tell(digest, connect(""), None)
            return
        before = reading.waiting.pop(digest, None)
        reading.waiting[digest] = connect(room)
        if self._call is None:
            self._call = self._clock.callLater(0, self._read_on)
        if before is not None:
            self._journal.after_commit(lambda: before.dismiss(CAME_BACK))

    def stop(self) -> None:
        """Stop reading, and forget all waiting connections."""
        self._readings = {}
        if self._call is not None:
            self._call.cancel()
            self._call = None

    def _reading_of(self, digest: str) -> tuple[str, _Reading]:
        """The room of a ticket, and the reading of its auction, which is begun if it has not begun.

        :raises UnknownTicket: if the ledger has no such ticket.
        :raises TooMany: if :data:`MAX_AUCTIONS` are waiting.
        :raises LedgerError: if the ledger cannot be read.
        """
        arrival = self._view.find_arrival(digest)
        if arrival is None:
            raise UnknownTicket
        place = (arrival.room, arrival.auction)
        reading = self._readings.get(place)
        if reading is None:
            if len(self._readings) >= MAX_AUCTIONS:
                raise TooMany
            first = self._view.first_row(*place)
            reading = self._readings[place] = self._reading(arrival.room, first)
        return arrival.room, reading

    def _reading(self, room: str, first: int) -> _Reading:
        results: dict[Key, Letter] = {}

        def keep(key: Key, letter: Letter) -> None:
            if letter:  # most visitors have none
                results[key] = letter

        history = History(lambda _: self._view.head_before(room, first))
        return _Reading(first, TicketReplay(history, keep), results)

    def _tell(self, digest: str, connection: Connection, letter: Letter | None) -> None:
        """Tell a result from the ledger, and remember it.

        :param letter: the result; empty if there is none, None if the ledger cannot be read.
        """
        if letter is not None:
            self._registry.end(digest, letter)
        last = UNREADABLE if letter is None else letter or SEAT_GIVEN_UP
        self._journal.after_commit(lambda: connection.dismiss(last))

    def _read_on(self) -> None:
        """Read a step, then pause as long as it took."""
        self._call = None
        began = self._clock.seconds()
        place, reading = next(iter(self._readings.items()))
        try:
            is_over = self._read(*place, reading)
        except LedgerError:
            is_over = True
            for digest, connection in reading.waiting.items():
                self._tell(digest, connection, None)
        else:
            if is_over:
                for digest, connection in reading.waiting.items():
                    self._tell(digest, connection, reading.results.get(digest, EMPTY))
        if is_over:
            self._readings.pop(place, None)
        if self._readings:
            # As long as the step took: the other half of the time is for everything else.
            pause = max(0, self._clock.seconds() - began)
            self._call = self._clock.callLater(pause, self._read_on)

    def _read(self, room: str, auction: int, reading: _Reading) -> bool:
        """Read the next rows of an auction.

        :return: True if these were its last ones.
        :raises LedgerError: if they are wrong, or cannot be read.
        """
        rows = list(self._view.rows(room, reading.next, STEP))
        those = list(takewhile(lambda row: row.auction == auction, rows))
        reading.replay.follow(those)
        # The next rows of the room belong to a later auction.
        if len(those) < len(rows):
            return True
        reading.next += STEP
        return len(rows) < STEP
