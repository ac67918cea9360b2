"""Results of past auctions, read from the ledger."""

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import takewhile

from twisted.internet.interfaces import IDelayedCall, IReactorTime

from twisted_auction.house.seats import Connection
from twisted_auction.house.tickets import TicketReplay
from twisted_auction.ledger.history import History
from twisted_auction.ledger.row import LedgerError
from twisted_auction.ledger.store import View
from twisted_auction.wire.letter import EMPTY, Letter

STEP = 200
"""Number of rows read at once, in about 5 ms."""

MAX_AUCTIONS = 100
"""Largest number of auctions waiting to be read."""


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
    results: dict[str, Letter]
    waiting: dict[str, Connection] = field(default_factory=dict)


class Recall:
    """Reads one auction after another, for ticket holders who come back after a restart.

    Clients decide how much there is to read. So reading takes at most half of the time, in steps of
    a few milliseconds, and an auction is read once for all its tickets.

    :param view: the ledger.
    :param tell: is called with the digest of a ticket, the connection that waits and the result:
        an empty letter if there is none, None if the ledger cannot be read.
    """

    def __init__(
        self,
        clock: IReactorTime,
        view: View,
        tell: Callable[[str, Connection, Letter | None], object],
    ) -> None:
        self._clock = clock
        self._view = view
        self._tell = tell
        self._readings: dict[tuple[str, int], _Reading] = {}
        self._call: IDelayedCall | None = None

    def ask(self, digest: str, connection: Connection) -> Connection | None:
        """Look for the result of a ticket, and tell it later.

        :param digest: the digest of the ticket.
        :return: an earlier connection with the same ticket, no longer waiting; None if there was
            none.
        :raises KeyError: if the ledger has no such ticket.
        :raises LedgerError: if it cannot be read.
        :raises TooMany: if :data:`MAX_AUCTIONS` are waiting.
        """
        arrival = self._view.find_arrival(digest)
        if arrival is None:
            raise KeyError(digest)
        place = (arrival.room, arrival.auction)
        reading = self._readings.get(place)
        if reading is None:
            if len(self._readings) >= MAX_AUCTIONS:
                raise TooMany
            reading = self._readings[place] = self._reading(
                arrival.room, self._view.first_row(arrival)
            )
        before = reading.waiting.pop(digest, None)
        reading.waiting[digest] = connection
        if self._call is None:
            self._call = self._clock.callLater(0, self._read_on)
        return before

    def stop(self) -> None:
        """Stop reading, and forget all waiting connections."""
        self._readings = {}
        if self._call is not None:
            self._call.cancel()
            self._call = None

    def _reading(self, room: str, first: int) -> _Reading:
        results: dict[str, Letter] = {}

        def keep(digest: str, letter: Letter) -> None:
            if letter:  # most visitors have none
                results[digest] = letter

        history = History(lambda _: self._view.head_before(room, first))
        return _Reading(first, TicketReplay(history, keep), results)

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
