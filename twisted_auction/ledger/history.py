"""Replay of a ledger, with every row checked against its chain of hashes and the rules."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from twisted_auction.ledger.check import check_event
from twisted_auction.ledger.check_timed import check_time_of_day
from twisted_auction.ledger.records import decode_event
from twisted_auction.ledger.row import SECOND, Head, LedgerError, RoomEntry, Row, row_hash
from twisted_auction.ledger.store import View
from twisted_auction.rules.auction import Auction
from twisted_auction.rules.events import (
    LAST_EVENTS,
    EndMoved,
    Event,
    LotAnnounced,
    Reopened,
    RequestAccepted,
    SaleEnded,
)
from twisted_auction.rules.formats import FORMATS, is_registered
from twisted_auction.rules.terms import STANDARD_TERMS
from twisted_auction.rules.transitions import Phase

_REQUESTS = (RequestAccepted, LotAnnounced)
"""The events with a request, for ``isinstance``, as a tuple that is made once."""

_CLOCKS = (*_REQUESTS, EndMoved, Reopened)
"""The events that tell of the clock on the wall, as such a tuple."""


class Discrepancy(LedgerError):
    """A row of a ledger is wrong; the text gives its number, its room and the reason."""

    @classmethod
    def of(cls, row: Row, why: object) -> "Discrepancy":
        """Make the exception for a row."""
        return cls(f"row {row.number} of {room_label(row.room)} does not hold: {why}.")


class UnknownFormat(LedgerError):
    """A row belongs to an auction in a format that this program does not know, so the row cannot be
    checked."""


def room_label(room: object) -> str:
    """Name a room in an error. The name is escaped, because the file may have any text there."""
    return f"room {str(room).encode('unicode_escape').decode()}"


@dataclass(slots=True)
class RecordedAuction:
    """An auction, or a sale, replayed from the rows read so far.

    :ivar number: its number in its room.
    :ivar first: number of its first row.
    :ivar auction: its state.
    :ivar at: the instant of the last row, in nanoseconds since 1970.
    :ivar when: the same, in seconds.
    :ivar previous: the last event.
    :ivar is_over: True after its last result.
    :ivar ahead: seconds by which the clock on the wall was ahead of the rows, as far as a timed
        auction tells it: the server reads the time of day once, when it starts.
    """

    number: int
    room: str
    first: int
    auction: Auction
    at: int = 0
    when: float = 0.0
    previous: Event | None = None
    is_over: bool = False
    ahead: int = 0
    _promise: float = 0  # the end of a timed auction, as the clock on the wall shows it

    @property
    def time_of_day(self) -> int:
        """What the clock on the wall showed at the last row, in nanoseconds since 1970."""
        return self.at + self.ahead * SECOND

    def note_clock(self, event: RequestAccepted | LotAnnounced | EndMoved | Reopened) -> None:
        """Note how far the clock on the wall is ahead after an event, which has been applied."""
        auction = self.auction
        match event:
            case RequestAccepted() | LotAnnounced() if event.ends_at is not None:
                self.ahead = event.ahead or 0
                self._promise = event.ends_at + self.ahead
            case EndMoved():
                self.ahead = event.ahead or 0
            case Reopened():
                # Another server has read the time of day. The promised end tells if it is the same
                # one, after a halt.
                self.ahead = 0
                runs = auction.phase is Phase.BIDDING and auction.paused_at is None
                if runs and auction.ends_at is not None:
                    self.ahead = round(self._promise + auction.end_shift - auction.ends_at)


class History:
    """Replays the rows of a ledger, each room from a given row.

    Every row is checked against the rows before it: its hash, its number, the order of events, each
    bid, and each result, which is computed again from the bids.

    :param start: returns the head before the first row of a room, such as
        :meth:`~twisted_auction.ledger.store.View.start`.
    :param begin: returns an empty auction, given its first row.
    :param is_lenient: True to accept auctions in formats that this program does not know. Only
        their hashes and numbers are checked.
    :ivar instant: converts nanoseconds since 1970 to an instant in seconds.
    :ivar unknown: names of unknown formats, by the room and the number of the row with the request.
    :ivar unfinished: the auctions that have not ended, by room.
    :ivar auctions: number of auctions begun.
    :ivar rows: number of rows read.
    :ivar heads: the last row read of each room, by name.
    """

    def __init__(
        self,
        start: Callable[[str], Head],
        begin: Callable[[Row], Auction] = lambda row: Auction(STANDARD_TERMS),
        instant: Callable[[int], float] = lambda at: at / SECOND,
        is_lenient: bool = False,
    ) -> None:
        self._start = start
        self._begin = begin
        self.instant = instant
        self._is_lenient = is_lenient
        self.auctions = 0
        self.rows = 0
        self.unknown: dict[tuple[str, int], str] = {}
        self.unfinished: dict[str, RecordedAuction] = {}
        self.heads: dict[str, Head] = {}

    def read(self, row: Row) -> tuple[RecordedAuction, Event]:
        """Read one row, and apply its event to its auction.

        :return: the auction and the event.
        :raises Discrepancy: if the row is wrong.
        :raises UnknownFormat: if the row cannot be checked, unless ``is_lenient``.
        """
        try:
            # Auction.apply never refuses, so everything is checked before it.
            recorded = self._find_auction(row)
            event = decode_event(row.kind, row.body, self.instant)
            when = self.instant(row.at)
            unknown = _unknown_format(recorded.auction, event)
            if unknown is None:
                _check(recorded, event, when)
                check_time_of_day(event, row.at - round(when * SECOND))
        except ValueError as error:
            raise Discrepancy.of(row, error) from None
        if unknown is not None:
            self._apply_unknown(row, unknown, recorded, event)
        else:
            recorded.auction.apply(event)
        self.rows += 1
        self.heads[row.room] = Head(row.number, row.auction, row.hash)
        recorded.at, recorded.when = row.at, when
        if isinstance(event, _CLOCKS):
            recorded.note_clock(event)
        self._note_end(recorded, event)
        return recorded, event

    def _apply_unknown(
        self, row: Row, format: str, recorded: RecordedAuction, event: Event
    ) -> None:
        """Apply an event of an auction in an unknown format.

        :raises Discrepancy: if the event is not possible in any format.
        :raises UnknownFormat: unless ``is_lenient``.
        """
        if not self._is_lenient:
            raise UnknownFormat(
                f"row {row.number} of {room_label(row.room)} cannot be verified: "
                f"{describe_unknown_formats([format])}."
            )
        try:
            recorded.auction.apply(event)
        except (AssertionError, LookupError):
            raise Discrepancy.of(row, "it cannot happen there") from None
        if isinstance(event, _REQUESTS):
            self.unknown[row.room, row.number] = format

    def _find_auction(self, row: Row) -> RecordedAuction:
        """Find or begin the auction of a row, after checking the row's place in the chain.

        :raises ValueError: if the row does not fit in the chain.
        """
        if type(row.at) is not int or type(row.room) is not str:
            raise ValueError("its columns are not of their types")
        head = self.heads.get(row.room) or self._start(row.room)
        if row.number != head.number + 1:
            raise ValueError(f"it follows row {head.number}")
        columns = (row.number, row.at, row.room, row.auction, row.kind, row.body)
        # The hash covers the previous row's hash, and so all rows of the room up to this one.
        if row_hash(head.hash, *columns) != row.hash:
            raise ValueError("its hash is not that of the row before and this one")
        recorded = self.unfinished.get(row.room)
        if recorded is None:
            if row.auction != head.auction + 1:
                raise ValueError(f"auction {head.auction + 1} is the next one to begin")
            self.auctions += 1
            recorded = RecordedAuction(row.auction, row.room, row.number, self._begin(row))
            self.unfinished[row.room] = recorded
        elif row.auction != recorded.number:
            raise ValueError(f"auction {recorded.number} is on in room {row.room}")
        return recorded

    def _note_end(self, recorded: RecordedAuction, event: Event) -> None:
        recorded.previous = event
        if type(event) not in LAST_EVENTS:
            return
        sale = recorded.auction.sale
        is_last = sale is None or not (sale.to_come or sale.has_doors)
        if is_last or isinstance(event, SaleEnded):
            recorded.is_over = True
            del self.unfinished[recorded.room]


def _check(recorded: RecordedAuction, event: Event, when: float) -> None:
    """Check that an event is possible next. An exception of the format is an error of the row.

    :raises ValueError: if the event is not possible; the text gives the reason.
    """
    try:
        check_event(recorded.auction, event, when, recorded.previous)
    except ValueError:
        raise
    except Exception as error:
        raise ValueError(f"the format fails on it: {type(error).__name__}: {error}") from None


def _unknown_format(auction: Auction, event: Event) -> str | None:
    """The format of the auction after an event, if this program does not know it."""
    if isinstance(event, _REQUESTS):
        return None if is_registered(event.request.format) else event.request.format
    if auction.request is None or type(auction.format) in FORMATS.values():
        return None
    return auction.request.format


def describe_unknown_formats(names: Iterable[str]) -> str:
    """Name formats in an error. The names are escaped, because the file may have any text there."""
    called = " or ".join(name.encode("unicode_escape").decode() for name in sorted(set(names)))
    return f"no format called {called} is known here (install the package that has it)"


def verify_view(view: View, on_hash: Callable[[str], object] = lambda hash: None) -> History:
    """Verify a whole ledger or archive.

    :param on_hash: called with each verified hash.
    :return: the replayed history.
    :raises Discrepancy: at the first row or room that is wrong.
    """
    history = History(view.start, is_lenient=True)
    for row in view.rows():
        history.read(row)
        on_hash(row.hash)
    known = {entry.name: entry for entry in view.rooms()}
    for name in sorted(known.keys() | history.heads.keys()):
        head = history.heads.get(name) or view.start(name)
        check_room(name, known.get(name), head, history.unfinished.get(name))
    _check_old_chain(view, history.heads, on_hash)
    return history


def check_room(
    name: str, entry: RoomEntry | None, head: Head, recorded: RecordedAuction | None
) -> None:
    """Check that the table of rooms agrees with the rows of a room.

    :param head: the room's last row.
    :param recorded: the room's unfinished auction, or None.
    :raises Discrepancy: if they disagree.
    """
    # A server finds its unfinished auctions in this table, so it must agree with the rows.
    expected = (head.auction, None if recorded is None else recorded.first)
    if entry is None or (entry.auction, entry.first) != expected or not head.number:
        raise Discrepancy(f"{room_label(name)} does not hold: its rows tell of another auction.")


def _check_old_chain(
    view: View, heads: Mapping[str, Head], on_hash: Callable[[str], object]
) -> None:
    """Check the chain of schema 1, from its first hash to the anchor.

    Every file of the house has all numbers and hashes of this chain. The rows in this file must
    match them. The other rows must be in another file.

    :param heads: the last row of each room with rows in this file.
    :raises Discrepancy: if the chain is wrong.
    """
    starts = {entry.name: entry.archived for entry in view.rooms()}
    counts: Counter[str] = Counter()
    last, expected = "", 1
    for old in view.old_chain():
        counts[old.room] += 1
        holds = (old.number, old.room_number) == (expected, counts[old.room])
        if old.row is not None:
            row = old.row
            columns = (row.number, row.at, row.room, row.auction, row.kind, row.body)
            holds = holds and old.hash == row_hash(last, *columns)
            on_hash(old.hash)
        elif old.room_number > starts.get(old.room, 0):
            holds = holds and view.is_archive
            holds = holds and (old.room not in heads or old.room_number > heads[old.room].number)
        if not holds:
            raise Discrepancy(
                f"row {expected} of schema 1 does not hold: its hash or its place is another one."
            )
        last, expected = old.hash, expected + 1
    if last not in ("", view.anchor):
        raise Discrepancy("the anchor does not hold: it is not the last hash of schema 1.")
