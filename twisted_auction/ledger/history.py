"""What a ledger tells, held against the rules."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from twisted_auction.ledger.check import check_event
from twisted_auction.ledger.records import decode_event
from twisted_auction.ledger.row import SECOND, Head, LedgerError, RoomEntry, Row, row_hash
from twisted_auction.ledger.store import View
from twisted_auction.rules.auction import Auction
from twisted_auction.rules.events import (
    RESULTS,
    BiddingClosed,
    Event,
    LotAnnounced,
    RequestAccepted,
)
from twisted_auction.rules.formats import is_registered
from twisted_auction.rules.terms import STANDARD_TERMS


class Discrepancy(LedgerError):
    """A row of a ledger does not hold; the text names it and says why."""

    @classmethod
    def of(cls, row: Row, why: object) -> "Discrepancy":
        """A discrepancy in a row."""
        return cls(f"row {row.number} of {room_label(row.room)} does not hold: {why}.")


class UnknownFormat(LedgerError):
    """A row is about an auction in a format that this program does not know, so nobody can say
    whether it holds."""


def room_label(room: object) -> str:
    """A room, as an error names it: what the file has may be anything."""
    return f"room {str(room).encode('unicode_escape').decode()}"


@dataclass(slots=True)
class RecordedAuction:
    """An auction, or a sale, as far as the ledger has told it.

    :ivar number: its number in its room.
    :ivar first: the number of its first row.
    :ivar auction: its state.
    :ivar at: the instant of the last row, in nanoseconds since 1970.
    :ivar is_closed: whether the Seller or the operator has ended the bidding before its time.
    :ivar is_over: whether its last result is in.
    """

    number: int
    room: str
    first: int
    auction: Auction
    at: int = 0
    is_closed: bool = False
    is_over: bool = False


class History:
    """Reads a ledger, each room from one row on, and believes no row that does not follow from the
    ones before it: the chain of hashes, the order of events, each bid, and each result, which it
    works out again from the bids.

    :param start: what the first row of a room must follow, such as
        :meth:`~twisted_auction.ledger.store.View.start`.
    :param begin: makes the empty auction that a row is the first of.
    :param is_lenient: whether auctions in formats that this program does not know are taken as they
        are written; their hashes and numbers are verified.
    :ivar instant: the seconds that the rules count in, for an instant of the ledger's.
    :ivar unknown: the names of the formats of such auctions, or lots, by the room and the number of
        the row that has the request.
    :ivar stories: the auctions that have not ended, by room.
    :ivar auctions: how many auctions have begun.
    :ivar rows: how many rows were read.
    :ivar heads: the last row of each room of which some were read.
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

    def read_all(self, rows: Iterable[Row]) -> None:
        """Read all these rows.

        :raises Discrepancy: at the first one that does not hold.
        """
        for row in rows:
            self.read(row)

    def read(self, row: Row) -> tuple[RecordedAuction, Event]:
        """Read one row.

        :return: the recorded that it belongs to, and what it tells.
        :raises Discrepancy: where it does not hold.
        :raises UnknownFormat: where that cannot be said.
        """
        try:
            recorded = self._find_auction(row)
            event = decode_event(row.kind, row.body, self.instant)
            unknown = _unknown_format(recorded.auction, event)
            if unknown is None:
                _check(recorded, event, self.instant(row.at))
        except ValueError as error:
            raise Discrepancy.of(row, error) from None
        if unknown is not None:
            self._apply_unknown(row, unknown, recorded, event)
        else:
            recorded.auction.apply(event)
        self.rows += 1
        self.heads[row.room] = Head(row.number, row.auction, row.hash)
        recorded.at = row.at
        self._note_end(recorded, event)
        return recorded, event

    def _apply_unknown(
        self, row: Row, format: str, recorded: RecordedAuction, event: Event
    ) -> None:
        """Let an event happen that no rules can be held against.

        :raises Discrepancy: where it makes no sense in any format.
        :raises UnknownFormat: where it is not to be taken as it is written.
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
        if isinstance(event, RequestAccepted | LotAnnounced):
            self.unknown[row.room, row.number] = format

    def _find_auction(self, row: Row) -> RecordedAuction:
        """The recorded that a row goes on with, or begins."""
        if type(row.at) is not int or type(row.room) is not str:
            raise ValueError("its columns are not of their types")
        head = self.heads.get(row.room) or self._start(row.room)
        if row.number != head.number + 1:
            raise ValueError(f"it follows row {head.number}")
        rest = (row.number, row.at, row.room, row.auction, row.kind, row.body)
        if row_hash(head.hash, *rest) != row.hash:
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
        auction = recorded.auction
        recorded.is_closed = isinstance(event, BiddingClosed)
        if type(event) in RESULTS and (auction.lots is None or auction.lot == auction.lots):
            recorded.is_over = True
            del self.unfinished[recorded.room]


def _check(recorded: RecordedAuction, event: Event, when: float) -> None:
    """See that an event can follow in a recorded.

    :raises ValueError: where it cannot, saying why.
    """
    try:
        check_event(recorded.auction, event, when, recorded.is_closed)
    except ValueError:
        raise
    except Exception as error:
        raise ValueError(f"the format fails on it: {type(error).__name__}: {error}") from None


def _unknown_format(auction: Auction, event: Event) -> str | None:
    """The name of the format that an event belongs to, if this program does not know it."""
    request = auction.request
    if isinstance(event, RequestAccepted | LotAnnounced):
        request = event.request
    if request is None or is_registered(request.format):
        return None
    return request.format


def describe_unknown_formats(names: Iterable[str]) -> str:
    """Say which formats are not known; any program may have written them."""
    called = " or ".join(name.encode("unicode_escape").decode() for name in sorted(set(names)))
    return f"no format called {called} is known here (install the package that has it)"


def verify_view(view: View, see: Callable[[str], object] = lambda hash: None) -> History:
    """Hold a whole ledger against itself and the rules.

    :param see: is given each hash that is verified.
    :return: what it tells.
    :raises Discrepancy: at the first row, or room, that does not hold.
    """
    history = History(view.start, is_lenient=True)
    for row in view.rows():
        history.read(row)
        see(row.hash)
    known = {record.name: record for record in view.rooms()}
    for name in sorted(known.keys() | history.heads.keys()):
        head = history.heads.get(name) or view.start(name)
        check_room(name, known.get(name), head, history.unfinished.get(name))
    _check_old_chain(view, history.heads, see)
    return history


def check_room(
    name: str, record: RoomEntry | None, head: Head, recorded: RecordedAuction | None
) -> None:
    """See that the table of rooms says of a room what its rows say.

    :param head: its last row.
    :param recorded: its auction that has not ended.
    :raises Discrepancy: where it does not.
    """
    told = (head.auction, None if recorded is None else recorded.first)
    if record is None or (record.auction, record.first) != told or not head.number:
        raise Discrepancy(f"{room_label(name)} does not hold: its rows tell of another auction.")


def _check_old_chain(view: View, heads: Mapping[str, Head], see: Callable[[str], object]) -> None:
    """See that the chain of a ledger that was begun with schema 1 holds, up to the anchor.

    Every file has all of its numbers and hashes. Each row that is in this file is held against
    them; a row that is not must be one that another file has.

    :param heads: the last row of each room, where some of its rows are in this file.
    """
    starts = {record.name: record.archived for record in view.rooms()}
    counts: Counter[str] = Counter()
    last, expected = "", 1
    for old in view.old_chain():
        counts[old.room] += 1
        holds = (old.number, old.room_number) == (expected, counts[old.room])
        if old.row is not None:
            row = old.row
            rest = (row.number, row.at, row.room, row.auction, row.kind, row.body)
            holds = holds and old.hash == row_hash(last, *rest)
            see(old.hash)
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
