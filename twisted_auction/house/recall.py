"""Results of auctions that are over and out of memory, found again in the ledger."""

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
"""Rows that are read in one go: about 5 ms."""

MAX_AUCTIONS = 100
"""Largest number of auctions that wait to be read."""


class TooMany(Exception):
    """So many auctions wait to be read that there is no room for another one."""


@dataclass(slots=True)
class _Reading:
    """An auction that is being read.

    :ivar next: the number of the next row.
    :ivar results: what was found so far, by the digests of tickets that have a result.
    :ivar waiting: the connections that wait for it, by the digests of their tickets.
    """

    next: int
    replay: TicketReplay
    results: dict[str, Letter]
    waiting: dict[str, Connection] = field(default_factory=dict)


class Recall:
    """Reads one auction after another, for ticket holders who come back after a restart.

    Strangers decide how much there is to read, so at most half of the time is spent on it, a few
    milliseconds in one go, and an auction is read once for all who wait for it.

    :param view: the ledger.
    :param tell: is given the digest of a ticket, the connection that showed it and the result: an
        empty letter if there is none, None if the ledger cannot be read.
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
        """Look a result up, and tell it later.

        :param digest: the digest of a ticket.
        :return: another connection that was waiting with the same ticket, and is not told any more.
        :raises KeyError: where the ledger knows no such ticket.
        :raises LedgerError: where it cannot be read.
        :raises TooMany: where too many wait.
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
        """Tell nobody anything any more."""
        self._readings = {}
        if self._call is not None:
            self._call.cancel()
            self._call = None

    def _reading(self, room: str, first: int) -> _Reading:
        results: dict[str, Letter] = {}

        def keep(digest: str, letter: Letter) -> None:
            if letter:  # strangers who came and went are none of those who wait
                results[digest] = letter

        history = History(lambda _: self._view.head_before(room, first))
        return _Reading(first, TicketReplay(history, keep), results)

    def _read_on(self) -> None:
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
            pause = max(0, self._clock.seconds() - began)
            self._call = self._clock.callLater(pause, self._read_on)

    def _read(self, room: str, auction: int, reading: _Reading) -> bool:
        """Read a few rows.

        :return: whether these were the auction's last ones.
        :raises LedgerError: where that is not possible.
        """
        rows = list(self._view.rows(room, reading.next, STEP))
        those = list(takewhile(lambda row: row.auction == auction, rows))
        reading.replay.follow(those)
        if len(those) < len(rows):
            return True
        reading.next += STEP
        return len(rows) < STEP
