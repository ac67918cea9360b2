"""Verification of a ledger together with its archives."""

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
    """The result of a verification without a discrepancy.

    :param rows: number of verified rows; a row in two files counts once.
    :param auctions: number of auctions with these rows.
    :param missing: number of earlier rows, in archives that were not given.
    :param old_rows: number of rows in the chain of schema 1.
    :param house_hash: the hash of the whole house.
    :param is_found: True if the sought hash was found.
    :param unknown: number of auctions, or lots, of which only the hashes were verified, by the name
        of their format, which this program does not know.
    """

    rows: int
    auctions: int
    missing: int
    old_rows: int
    house_hash: str
    is_found: bool
    unknown: Mapping[str, int]


def verify(views: Sequence[View], sought: str | None = None) -> Verdict:
    """Verify files of one house, each alone and all of them together.

    :param views: a ledger and any number of archives, in any order.
    :param sought: a hash to look for: of a row, of a row in schema 1, or of the house, now or at
        any earlier instant.
    :raises LedgerError: if a file is wrong.
    """
    search = _Search(sought)
    histories = [verify_view(view, search) for view in views]
    joined = join(views, histories)
    now = house_hash(views[0].anchor, {room: part.end for room, part in joined.items()})
    # An auction in two files counts once.
    unknown: dict[tuple[str, int], str] = {}
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


def join(views: Sequence[View], histories: Sequence[History]) -> dict[str, "Joined"]:
    """Join the rows of each room from several files of one house.

    :param histories: the replay of each file.
    :raises LedgerError: if a file is of another house, or if files with the same rows differ.
    """
    for view in views[1:]:
        if view.anchor != views[0].anchor:
            raise LedgerError(f"{view.name} is of another house than {views[0].name}.")
    rooms = sorted({entry.name for view in views for entry in view.rooms()})
    return {room: _joined(room, views, histories) for room in rooms}


@dataclass(slots=True)
class Joined:
    """The rows of one room in all files together.

    :param end: the last row.
    :param missing: number of rows, before or between them, in none of the files.
    """

    end: Head
    rows: int
    auctions: int
    missing: int


class _Search:
    """Looks for one hash among those it is called with."""

    def __init__(self, sought: str | None) -> None:
        self._sought = sought
        self.is_found = False

    def __call__(self, hash: str) -> None:
        if hash == self._sought:
            self.is_found = True


def _joined(room: str, views: Sequence[View], histories: Sequence[History]) -> Joined:
    """Join a room's rows from all files. Files that overlap must have the same rows.

    :raises Discrepancy: if files differ.
    """
    parts = []
    for view, history in zip(views, histories, strict=True):
        if view.room(room) is not None:
            start = view.start(room)
            parts.append((start, history.heads.get(room, start), view))
    # In the order of their first rows, each file continues or overlaps the ones before it.
    parts.sort(key=lambda part: part[0].number)
    start, _, last = parts[0]
    joined = Joined(start, 0, 0, start.number)
    for start, head, view in parts:
        end = joined.end
        # If the last common row has the same hash in both files, so do all rows before it.
        common = min(head.number, end.number)
        if start.number > end.number:
            joined.missing += start.number - end.number
        elif last.head_before(room, common + 1).hash != view.head_before(room, common + 1).hash:
            raise Discrepancy(
                f"row {common} of {room_label(room)} is another one in {last.name} than in "
                f"{view.name}."
            )
        if head.number > end.number:
            joined.rows += head.number - max(start.number, end.number)
            joined.auctions += head.auction - max(start.auction, end.auction)
            joined.end, last = head, view
    return joined


def _check_old_chains(views: Sequence[View]) -> int:
    """Check that all files have the same chain of schema 1, because each was verified only against
    its own.

    :return: number of rows in that chain.
    :raises Discrepancy: if files differ.
    """
    length = 0
    for length, olds in enumerate(zip_longest(*(view.old_chain() for view in views)), 1):
        if len({None if old is None else (old.room, old.hash) for old in olds}) > 1:
            raise Discrepancy(f"row {length} of schema 1 is another one in one of these files.")
    return length


def _was_house_hash(sought: str, views: Sequence[View]) -> bool:
    """True if the house had this hash at some instant.

    Every instant takes one hash of all rooms. Rows of one instant are taken as one commit. If the
    time of day was set back between two starts of the server, some hashes cannot be found.
    """
    heads: dict[str, Head] = {}
    for view in views:
        for entry in view.rooms():
            start = view.start(entry.name)
            heads[entry.name] = min(start, heads.get(entry.name, start))
    house = HouseHash(views[0].anchor, {room: head for room, head in heads.items() if head.number})
    instant = None
    for at, room, head in _heads_by_instant(views):
        if at != instant and house.hexdigest() == sought:
            return True
        instant = at
        house.update(room, head)
    return False


def _heads_by_instant(views: Sequence[View]) -> Iterator[tuple[int, str, Head]]:
    """The rows of all files in the order of their instants."""
    return merge(*(view.heads_by_instant() for view in views), key=itemgetter(0))
