"""A ledger and its archives, held against themselves, one another and the rules."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from heapq import merge
from itertools import zip_longest
from operator import itemgetter

from twisted_auction.ledger.history import Discrepancy, History, room_label, verify_view
from twisted_auction.ledger.row import Head, HouseHash, LedgerError, house_hash
from twisted_auction.ledger.store import View


@dataclass(frozen=True, slots=True)
class Verdict:
    """What holds.

    :param rows: how many rows were verified, each counted once.
    :param auctions: how many auctions these are.
    :param missing: how many rows come before them, which are in other archives.
    :param old_rows: how many rows the chain of schema 1 has.
    :param house_hash: the hash of all that is written.
    :param is_found: whether the hash that was looked for is in there.
    :param unknown: how many auctions, or lots, could only be verified in part, by the names of
        their formats, which this program does not know.
    """

    rows: int
    auctions: int
    missing: int
    old_rows: int
    house_hash: str
    is_found: bool
    unknown: Mapping[str, int]


def verify(views: Sequence[View], sought: str | None = None) -> Verdict:
    """Verify files of one house, each by itself and all of them together.

    :param views: a ledger and any number of archives, in any order.
    :param sought: a hash that was noted: of a row, of a row of schema 1, or of the house, as it is
        now or was at any instant.
    :raises LedgerError: where something does not hold.
    """
    for view in views[1:]:
        if view.anchor != views[0].anchor:
            raise LedgerError(f"{view.path} is of another house than {views[0].path}.")
    search = _Search(sought)
    histories = [verify_view(view, search) for view in views]
    joined = {
        room: _joined(room, views, histories)
        for room in sorted({record.name for view in views for record in view.rooms()})
    }
    now = house_hash(views[0].anchor, {room: part.end for room, part in joined.items()})
    unknown: dict[tuple[str, int], str] = {}  # what two files have counts once
    for history in histories:
        unknown.update(history.unknown)
    return Verdict(
        rows=sum(part.rows for part in joined.values()),
        auctions=sum(part.auctions for part in joined.values()),
        missing=sum(part.missing for part in joined.values()),
        old_rows=_check_old_chains(views),
        house_hash=now,
        is_found=search.is_found
        or sought == now
        or (sought is not None and _was_house_hash(sought, views)),
        unknown=Counter(unknown.values()),
    )


@dataclass(slots=True)
class _Joined:
    """What all files together have of a room.

    :param end: the last row.
    :param missing: how many rows before or between are in none of them.
    """

    end: Head
    rows: int
    auctions: int
    missing: int


class _Search:
    """Looks for one hash among many."""

    def __init__(self, sought: str | None) -> None:
        self._sought = sought
        self.is_found = False

    def __call__(self, hash: str) -> None:
        if hash == self._sought:
            self.is_found = True


def _joined(room: str, views: Sequence[View], histories: Sequence[History]) -> _Joined:
    """See that each file goes on with a room where another one ends, or has the same rows.

    :raises Discrepancy: where files differ.
    """
    parts = []
    for view, history in zip(views, histories, strict=True):
        if view.room(room) is not None:
            start = view.start(room)
            parts.append((start, history.heads.get(room, start), view))
    parts.sort(key=lambda part: part[0].number)
    start, _, last = parts[0]
    joined = _Joined(start, 0, 0, start.number)
    for start, head, view in parts:
        end = joined.end
        common = min(head.number, end.number)
        if start.number > end.number:
            joined.missing += start.number - end.number
        elif last.head_before(room, common + 1).hash != view.head_before(room, common + 1).hash:
            raise Discrepancy(
                f"row {common} of {room_label(room)} is another one in {last.path} than in "
                f"{view.path}."
            )
        if head.number > end.number:
            joined.rows += head.number - max(start.number, end.number)
            joined.auctions += head.auction - max(start.auction, end.auction)
            joined.end, last = head, view
    return joined


def _check_old_chains(views: Sequence[View]) -> int:
    """See that all files have the same chain of schema 1: each holds only its own rows against it.

    :return: how many rows that chain has.
    :raises Discrepancy: where files differ.
    """
    length = 0
    for length, olds in enumerate(zip_longest(*(view.old_chain() for view in views)), 1):
        if len({None if old is None else (old.room, old.hash) for old in olds}) > 1:
            raise Discrepancy(f"row {length} of schema 1 is another one in one of these files.")
    return length


def _was_house_hash(sought: str, views: Sequence[View]) -> bool:
    """Whether a hash was the house's at some instant.

    That takes a hash of all rooms for each instant. Rows of one instant were written together, as
    far as the files tell; if the time of day was set back between two starts of the server,
    some states cannot be told any more.
    """
    heads: dict[str, Head] = {}
    for view in views:
        for record in view.rooms():
            start = view.start(record.name)
            heads[record.name] = min(start, heads.get(record.name, start))
    house = HouseHash(views[0].anchor, {room: head for room, head in heads.items() if head.number})
    instant = None
    for at, room, head in _in_time(views):
        if at != instant and house.hexdigest() == sought:
            return True
        instant = at
        house.update(room, head)
    return False


def _in_time(views: Sequence[View]) -> Iterator[tuple[int, str, Head]]:
    """The rows of all files, in the order of their instants."""
    return merge(*(view.in_time() for view in views), key=itemgetter(0))
