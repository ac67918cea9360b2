"""Unfinished auctions, read from the ledger when a house opens."""

from collections.abc import Callable, Container, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice, takewhile
from typing import Any

from twisted_auction.house.people import People
from twisted_auction.house.sale_rooms import SaleRooms
from twisted_auction.house.tickets import (
    MAX_RESULTS,
    AuctionTickets,
    Key,
    PassKey,
    TicketRegistry,
    TicketReplay,
)
from twisted_auction.ledger.history import (
    History,
    RecordedAuction,
    check_room,
    describe_unknown_formats,
    verify_view,
)
from twisted_auction.ledger.journal import Ledger
from twisted_auction.ledger.row import SECOND, LedgerError, Row
from twisted_auction.ledger.store import View
from twisted_auction.rules.auction import Auction
from twisted_auction.rules.events import Event, LotAnnounced, SaleScheduled
from twisted_auction.rules.request import Lot
from twisted_auction.rules.terms import Terms
from twisted_auction.wire.letter import EMPTY, Letter

LAST_RESULTS = 5 * SECOND
"""Nanoseconds before the end of a house. Results in this time may not have reached all persons."""

MAX_ROWS = 20_000
"""Rows read for untold results, in about half a second. No further auction is begun after them, so
the oldest results of a large ledger are not told."""


@dataclass(frozen=True, slots=True)
class UnfinishedAuction:
    """An auction, or a sale, without its last result at the end of the last house.

    :ivar room: the name of its room.
    :ivar closed_at: the last instant at which the house is known to have been open, in seconds on
        its clock.
    """

    room: str
    auction: Auction
    closed_at: float
    tickets: AuctionTickets


class Reopening:
    """Reads unfinished auctions from a ledger, and checks them against this house.

    :param sale: the rooms of a sale.
    :param registry: has the results of participants without a seat.
    :param tell: is called with each event of an unfinished auction: the name of its room, the
        event, and its instant in seconds.
    """

    def __init__(
        self,
        terms: Terms,
        sale: SaleRooms,
        registry: TicketRegistry[Any],
        tell: Callable[[str, Sequence[Event], float], object],
    ) -> None:
        self._tell = tell
        self._terms = terms
        self._sale = sale
        self._registry = registry

    def verify(self, ledger: Ledger) -> None:
        """Verify all rows of an open ledger.

        :raises LedgerError: if a row is wrong, or the format of an auction is unknown.
        """
        if unknown := verify_view(ledger.store.view).unknown:
            why = describe_unknown_formats(unknown.values())
            raise LedgerError(f"the ledger {ledger.store.name} cannot be verified: {why}.")

    def read(self, ledger: Ledger, people: People | None) -> list[UnfinishedAuction]:
        """Read the unfinished auctions of an open ledger, and no other rows.

        :param people: the list of people of this house; None without one.
        :raises LedgerError: if one of their rows is wrong, or one of them cannot go on in this
            house.
        """
        view = ledger.store.view
        rooms = {entry.name: entry for entry in view.unfinished()}
        firsts = {name: entry.first or 1 for name, entry in rooms.items()}
        history = History(
            lambda name: view.head_before(name, firsts[name]), self.empty_auction, ledger.instant
        )
        replay = TicketReplay(history, self._registry.end, people, self._tell)
        for name, entry in rooms.items():
            replay.follow(view.rows(name, firsts[name]))
            recorded = history.unfinished.get(name)
            check_room(name, entry, history.heads.get(name) or view.start(name), recorded)
            assert recorded is not None  # check_room raises otherwise
            self._continue_catalogue(name, recorded.auction)
            _check_people(name, recorded.auction, replay.tickets[name], people is not None)
        if people is not None:
            has_heard = {
                key for tickets in replay.tickets.values() for key in tickets.keys.values()
            }
            self._registry.results |= self._untold_results(ledger, people, has_heard)
        return [
            UnfinishedAuction(
                name, recorded.auction, _closed_at(ledger, recorded), replay.tickets[name]
            )
            for name, recorded in history.unfinished.items()
        ]

    def _untold_results(
        self, ledger: Ledger, people: People, has_heard: Container[Key]
    ) -> dict[Key, Letter]:
        """Read the results that persons have not been told, as the ledger has marked them.

        The results right before the end of the last house are marked now: it may have been killed
        before they reached the persons, and a person shows no ticket to ask for one later.

        :param has_heard: the keys of persons that have come to the next auction since.
        """
        view = ledger.store.view
        marks = dict.fromkeys(islice(view.untold(), MAX_RESULTS))
        last = _last_auctions(view, ledger.last_heartbeat)
        results: dict[Key, Letter] = {}
        rows_left = MAX_ROWS
        for place in dict.fromkeys([*last, *((room, auction) for room, auction, _ in marks)]):
            if rows_left <= 0:
                break
            ended: dict[Key, Letter] = {}
            rows_left -= self._read_ended(ledger, people, *place, ended)
            for key, letter in ended.items():
                if not letter or not isinstance(key, PassKey):
                    continue
                mark = (*place, key.paddle)
                if place in last and key not in has_heard and mark not in marks:
                    marks[mark] = None
                    ledger.chains.untold.marks.append(mark)
                if mark in marks:
                    results[key] = letter + results.get(key, EMPTY)  # the latest was read first
        return results

    def _read_ended(
        self,
        ledger: Ledger,
        people: People,
        room: str,
        auction: int,
        ended: dict[Key, Letter],
    ) -> int:
        """Read an auction that has ended. One that cannot be read is left out: it is over.

        :param ended: gets the results, by the keys of the seats.
        :return: number of its rows.
        """
        view = ledger.store.view
        first = view.first_row(room, auction)
        history = History(
            lambda name: view.head_before(name, first), self.empty_auction, ledger.instant
        )
        rows = list(takewhile(lambda row: row.auction == auction, view.rows(room, first)))
        with suppress(LedgerError):
            TicketReplay(history, ended.__setitem__, people).follow(rows)
        return len(rows)

    def ended_sales(self, ledger: Ledger | None, rooms: Iterable[str]) -> dict[str, Auction]:
        """The last auctions of rooms of the sale, if they are sales of their catalogues with doors.
        They have ended, if they are none of the unfinished ones.

        :param rooms: the names of the rooms.
        :return: their last states, by their rooms. A room is left out if its last auction is
            another one, or there is none.
        :raises LedgerError: if one of their rows cannot be read.
        """
        if ledger is None:
            return {}
        found = {room: self._ended_sale(ledger, room, self._sale.lots[room]) for room in rooms}
        return {room: auction for room, auction in found.items() if auction is not None}

    def _ended_sale(self, ledger: Ledger, room: str, lots: Sequence[Lot]) -> Auction | None:
        view = ledger.store.view
        last = _row(view, room, view.head(room).number)
        if last is None:
            return None
        first = view.first_row(last.room, last.auction)
        history = History(
            lambda name: view.head_before(name, first),
            self.empty_auction,
            ledger.instant,
            is_lenient=True,
        )
        scheduled, is_same = None, True
        for row in view.rows(room, first, last.number - first + 1):
            recorded, event = history.read(row)
            self._tell(row.room, (event,), ledger.instant(row.at))
            if isinstance(event, SaleScheduled):
                scheduled = event
            elif isinstance(event, LotAnnounced) and event.lot <= len(lots):
                is_same = is_same and _name(lots[event.lot - 1]) == _name(event.details)
        if not is_same or scheduled is None or scheduled.lots != len(lots):
            return None
        recorded.auction.catalogue = lots
        return recorded.auction

    def empty_auction(self, first: Row) -> Auction:
        """A new auction, or a new sale, given its first row."""
        return Auction(self._terms)

    def _continue_catalogue(self, room: str, auction: Auction) -> None:
        """Give an auction the catalogue of its room. Its rows have only the lots that were up.

        :raises LedgerError: if the catalogue is not that of the auction.
        """
        catalogue = self._sale.lots.get(room)
        sale = auction.sale
        if sale is None or auction.lots is None:
            if catalogue is not None:
                raise LedgerError(
                    f"a Seller's auction in room {room} has not ended: start without --catalogue, "
                    "or with another --ledger."
                )
            return
        # Only the lot in progress must be the same: earlier lots have results, and clients have not
        # seen later ones.
        lots = catalogue or ()
        now = auction.details if 0 < auction.lot <= len(lots) else None
        if len(lots) != auction.lots - sale.added or (
            now is not None and _name(lots[auction.lot - 1]) != _name(now)
        ):
            what = "the same --catalogue"
            if self._sale.together:
                what += ", --together and --ends"
            else:
                what = f"--room {room} and {what}"
            raise LedgerError(
                f"a sale in room {room} has not ended: start with {what}, or with another --ledger."
            )
        auction.catalogue = lots


def _last_auctions(view: View, last_heartbeat: int) -> list[tuple[str, int]]:
    """The auctions with a result in the last :data:`LAST_RESULTS` of a house, each by its room and
    number.

    :param last_heartbeat: nanoseconds since 1970.
    """
    entries = list(view.rooms())
    last_rows = [_row(view, entry.name, view.head(entry.name).number) for entry in entries]
    instants = [row.at for row in last_rows if row is not None]
    since = max([last_heartbeat, *instants]) - LAST_RESULTS
    ends = [  # in a room with an unfinished auction, of the one before it
        _row(view, entry.name, entry.first - 1) if entry.first else row
        for entry, row in zip(entries, last_rows, strict=True)
    ]
    return [(row.room, row.auction) for row in ends if row is not None and row.at >= since]


def _row(view: View, room: str, number: int) -> Row | None:
    """One row; None if it is not in this file."""
    row = next(view.rows(room, number, 1), None)
    return row if row is not None and row.number == number else None


def _name(lot: Lot) -> tuple[str | None, str]:
    return lot.label, lot.request.text


def _check_people(room: str, auction: Auction, tickets: AuctionTickets, has_people: bool) -> None:
    """Check that the participants of an auction are persons if this house has a list of people, and
    strangers otherwise. A stranger may have the number of a person's paddle.

    :raises LedgerError: if they are not.
    """
    # The operator may have bid for a person who has never come.
    keys = [tickets.keys.get(who) for who in auction.present] + [*tickets.keys.values()]
    if any(isinstance(key, PassKey) != has_people for key in keys):
        how = "without" if has_people else "with"
        raise LedgerError(
            f"an auction in room {room} was begun {how} --people, and has not ended: start {how} "
            "--people, or with another --ledger."
        )


def _closed_at(ledger: Ledger, recorded: RecordedAuction) -> float:
    """The last instant at which the house is known to have been open, in seconds on its clock."""
    if recorded.auction.is_stopped:
        return ledger.instant(recorded.at)
    # The server was killed. Its last heartbeat may be later than the last row.
    return ledger.instant(max(recorded.at, ledger.last_heartbeat))
