"""The house: many rooms, one ledger, and the tickets of all rooms."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Protocol

from twisted.internet.interfaces import IReactorTime

from twisted_auction.house.auctioneer import MAIN, Auctioneer
from twisted_auction.house.notices import CAME_BACK, SEAT_GIVEN_UP
from twisted_auction.house.peers import MAX_SEATS_PER_PEER
from twisted_auction.house.recall import Recall
from twisted_auction.house.seats import Connection, Seat
from twisted_auction.house.tickets import AuctionTickets, TicketRegistry, TicketReplay, digest_of
from twisted_auction.ledger.history import (
    History,
    RecordedAuction,
    check_room,
    describe_unknown_formats,
    verify_view,
)
from twisted_auction.ledger.journal import ImmediateJournal, Journal, Ledger
from twisted_auction.ledger.row import LedgerError, Row
from twisted_auction.rules.auction import Auction
from twisted_auction.rules.events import Event, LotAnnounced
from twisted_auction.rules.grammar import check_request
from twisted_auction.rules.request import AuctionRequest
from twisted_auction.rules.terms import STANDARD_TERMS, Terms
from twisted_auction.wire.letter import Letter
from twisted_auction.wire.messages import NotDone
from twisted_auction.wire.verbs import ROOM_NAME, ROOM_NAME_RULE

MAX_ROOMS = 1000
"""How many rooms there may be, where nobody says otherwise."""

LISTED = 100
"""Number of rooms that are listed; a client that wants another one knows its name."""


UNREADABLE = Letter(NotDone("what the ledger has of your auction cannot be read."))
"""The answer to a ticket whose auction does not hold."""


class NoRoom(Exception):
    """There is no such room, and there will be none; the text says why."""


class UnknownTicket(Exception):
    """No seat belongs to the ticket."""


Watch = Callable[[Sequence[Event]], None]


class Listener(Protocol):
    """What brings the house something to do, such as the connections of a port."""

    def halt(self) -> None:
        """Bring nothing more for now."""

    def go_on(self) -> None:
        """Bring what has come meanwhile, and go on."""


def unwatched(room: str) -> Watch:
    """What is told of the events of a room that nobody watches."""
    return lambda events: None


def _check_whole(name: str, value: int, least: int) -> None:
    """See that an argument is a whole number.

    :raises ValueError: where it is none, or less than the least one.
    """
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise ValueError(f"{name} must be a whole number from {least}, not {value!r}")


class Rooms(Mapping[str, Auctioneer]):
    """The Auctioneers of one house, by the names of their rooms.

    One room is always there. The others are made when a client comes, and forgotten when they are
    idle and their place is wanted, or the rooms are listed.

    :param clock: as for an :class:`~twisted_auction.house.auctioneer.Auctioneer`, like the terms.
    :param watch: makes what is told what has happened in a room, from its name.
    :param main: the name of the room that is always there.
    :param catalogue: the lots of a sale in that room.
    :param max_rooms: how many rooms there may be, that one included.
    :param ledger: where everything is written down; None where nothing is.
    :param max_seats_per_peer: as for an :class:`~twisted_auction.house.auctioneer.Auctioneer`.
    :param check_ledger: whether the whole ledger is verified before the house opens; otherwise the
        auctions are that have not ended.
    :ivar main: the Auctioneer of the room that is always there.
    :ivar journal: where everything is written down, before any participant hears of it.
    :ivar is_halted: whether everything waits for a ledger that cannot be written.
    :ivar is_closed: whether nobody may come in any more.
    :raises ValueError: where ``main`` cannot be a room's name, the catalogue has no lots, or a
        ceiling is no ceiling.
    """

    def __init__(
        self,
        clock: IReactorTime,
        terms: Terms = STANDARD_TERMS,
        watch: Callable[[str], Watch] = unwatched,
        main: str = MAIN,
        catalogue: Sequence[AuctionRequest] | None = None,
        max_rooms: int = MAX_ROOMS,
        ledger: Ledger | None = None,
        max_seats_per_peer: int = MAX_SEATS_PER_PEER,
        check_ledger: bool = False,
    ) -> None:
        if not isinstance(main, str) or ROOM_NAME.fullmatch(main) is None:
            raise ValueError(f"a room's name is {ROOM_NAME_RULE}, not {main!r}")
        if catalogue is not None and not (
            catalogue and all(isinstance(lot, AuctionRequest) for lot in catalogue)
        ):
            raise ValueError("a catalogue is a sequence of AuctionRequests, at least one")
        for lot in catalogue or ():
            check_request(lot)
        _check_whole("max_rooms", max_rooms, 1)
        _check_whole("max_seats_per_peer", max_seats_per_peer, 0)
        self.clock = clock
        self.terms = terms
        self.max_rooms = max_rooms
        self.max_seats_per_peer = max_seats_per_peer
        self._watch = watch
        self._ledger = ledger
        self.journal: Journal = ImmediateJournal() if ledger is None else ledger
        self._check_ledger = check_ledger
        self._recall: Recall | None = None
        self._registry: TicketRegistry[Auctioneer] = TicketRegistry()
        self.is_closed = False
        self._listeners: dict[Listener, None] = {}
        self.is_halted = False
        if ledger is not None:
            ledger.on_locked, ledger.on_unlocked = self._halt, self._go_on
        self._rooms: dict[str, Auctioneer] = {}
        self.main = self._make(main, catalogue)

    def __getitem__(self, name: str) -> Auctioneer:
        return self._rooms[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._rooms)

    def __len__(self) -> int:
        return len(self._rooms)

    @property
    def in_use(self) -> dict[str, Auctioneer]:
        """The room that is always there, and those that are not idle."""
        return {
            name: room
            for name, room in self._rooms.items()
            if room is self.main or not room.is_idle
        }

    def reports(self) -> tuple[list[tuple[str, str]], int]:
        """How far the auctions are. Rooms that nobody uses are forgotten.

        :return: the names of the first :data:`LISTED` rooms in use, each with a few words; and how
            many rooms are in use.
        """
        self._rooms = self.in_use
        listed = islice(self._rooms.items(), LISTED)
        return [(name, room.report()) for name, room in listed], len(self._rooms)

    def enter(self, name: str) -> Auctioneer:
        """The room of this name, which is made if there is none.

        :raises NoRoom: where that cannot be.
        """
        self.check(name)
        return self._rooms.get(name) or self._make(name)

    def check(self, name: str) -> None:
        """Check that a client can :meth:`enter` the room of this name.

        :raises NoRoom: where that cannot be.
        """
        if name in self._rooms:
            return
        if ROOM_NAME.fullmatch(name) is None:
            raise NoRoom(f"a room's name is {ROOM_NAME_RULE}.")
        if len(self._rooms) >= self.max_rooms:
            self._rooms = self.in_use
        if len(self._rooms) >= self.max_rooms:
            raise NoRoom("every room is in use, and there may not be more.")

    def resume(self, ticket: str, connection: Connection) -> tuple[Auctioneer, Seat] | None:
        """Bring a participant that comes back to its seat.

        :return: the room and the seat, or None where it is told its result, or that it has no seat
            any more, and its connection is closed: at once, or when the ledger has been read.
        :raises UnknownTicket: where there is no such ticket.
        :raises TooMany: where too many wait for the ledger to be read.
        """
        digest = digest_of(ticket)
        place = self._registry.seats.get(digest)
        if place is not None:
            room, who = place
            seat = room.returns.resume(who, digest, connection)
            return None if seat is None else (room, seat)
        letter = self._registry.last_words(digest)
        if letter is None:
            self._look_up(digest, connection)
        else:
            self.journal.after_commit(lambda: connection.dismiss(letter))
        return None

    def give_up(self, ticket: str) -> None:
        """Let a ticket holder leave its seat for good, if it has one."""
        digest = digest_of(ticket)
        place = self._registry.seats.get(digest)
        if place is not None:
            room, who = place
            room.returns.give_up(who, digest)

    def listen(self, listener: Listener) -> None:
        """Have this brought to a halt while the ledger cannot be written."""
        self._listeners[listener] = None

    @property
    def is_waiting(self) -> bool:
        """Whether something waits to be written that another program keeps from the ledger."""
        return self._ledger is not None and self._ledger.is_locked

    def open(self) -> None:
        """Open the ledger, and go on with the auctions that have not ended.

        :raises LedgerError: where the ledger cannot be had, a row of it does not hold, or an
            auction cannot go on in this house.
        """
        self.is_closed = False
        for room in self._rooms.values():
            room.open()
        if self._ledger is None:
            return
        self._ledger.open()
        try:
            if self._check_ledger and (unknown := verify_view(self._ledger.view).unknown):
                why = describe_unknown_formats(unknown.values())
                raise LedgerError(f"the ledger {self._ledger.path} cannot be verified: {why}.")
            stories, tickets = self._read(self._ledger)
        except LedgerError:
            self._ledger.close()
            raise
        self._recall = Recall(self.clock, self._ledger.view, self._tell_result)
        for name, recorded in stories.items():
            room = self._rooms.get(name) or self._make(name)
            is_stopped = recorded.auction.is_stopped
            closed_at = recorded.at if is_stopped else max(recorded.at, self._ledger.last_heartbeat)
            room.reopen(recorded.auction, self._ledger.instant(closed_at), tickets[name])
        self._ledger.request_heartbeat()

    def close(self) -> None:
        """Tell all participants that the house closes, and let them go. What happened before is on
        the disk then."""
        self.is_closed = True
        if self._recall is not None:
            self._recall.stop()
            self._recall = None
        for room in self._rooms.values():
            room.close()
        if self._ledger is not None:
            self._ledger.write_heartbeat()

    def close_ledger(self) -> None:
        """Let go of the ledger."""
        if self._ledger is not None:
            self._ledger.close()

    def _make(self, name: str, catalogue: Sequence[AuctionRequest] | None = None) -> Auctioneer:
        room = Auctioneer(
            self.clock,
            self.terms,
            self._watch(name),
            catalogue,
            self.journal,
            self._registry,
            self.max_seats_per_peer,
            name,
        )
        if self.is_halted:
            room.halt()
        self._rooms[name] = room
        return room

    def _halt(self) -> None:
        self.is_halted = True
        for room in self._rooms.values():
            room.halt()
        for listener in self._listeners:
            listener.halt()

    def _go_on(self) -> None:
        """Start the clocks, and only then hear what has come meanwhile."""
        self.is_halted = False
        for room in list(self._rooms.values()):
            room.go_on()
        for listener in self._listeners:
            listener.go_on()

    def _read(self, ledger: Ledger) -> tuple[dict[str, RecordedAuction], dict[str, AuctionTickets]]:
        """What the ledger tells of auctions that have not ended, and of their ticket holders, by
        room.

        :raises LedgerError: as :meth:`open`.
        """
        view = ledger.view
        unfinished = {record.name: record for record in view.unfinished()}
        firsts = {name: record.first or 1 for name, record in unfinished.items()}
        history = History(
            lambda name: view.head_before(name, firsts[name]), self._auction, ledger.instant
        )
        replay = TicketReplay(history, self._registry.end)
        for name, record in unfinished.items():
            replay.follow(view.rows(name, firsts[name]))
            recorded = history.unfinished.get(name)
            check_room(name, record, history.heads.get(name) or view.start(name), recorded)
            assert recorded is not None  # or the check would have failed
            self._check_sale(name, recorded.auction)
        return history.unfinished, replay.tickets

    def _look_up(self, digest: str, connection: Connection) -> None:
        """Find a result in the ledger, and tell it then.

        :raises UnknownTicket: where there is no such ticket.
        :raises TooMany: where too many wait.
        """
        if self._recall is None:
            raise UnknownTicket
        try:
            before = self._recall.ask(digest, connection)
        except KeyError:
            raise UnknownTicket from None
        except LedgerError:
            self._tell_result(digest, connection, None)
            return
        if before is not None:
            self.journal.after_commit(lambda: before.dismiss(CAME_BACK))

    def _tell_result(self, digest: str, connection: Connection, letter: Letter | None) -> None:
        """Tell a result that was found in the ledger, and keep it for the next time."""
        if letter is not None:
            self._registry.end(digest, letter)
        last = UNREADABLE if letter is None else letter or SEAT_GIVEN_UP
        self.journal.after_commit(lambda: connection.dismiss(last))

    def _auction(self, first: Row) -> Auction:
        """The empty auction that a row begins."""
        is_sale = first.kind == LotAnnounced.__name__ and self._is_main(first.room)
        return Auction(self.terms, self.main.catalogue if is_sale else None)

    def _is_main(self, name: str) -> bool:
        return self._rooms.get(name) is self.main

    def _check_sale(self, name: str, auction: Auction) -> None:
        """See that an auction can go on in its room.

        :raises LedgerError: where it cannot.
        """
        catalogue = self.main.catalogue if self._is_main(name) else None
        if auction.lot == 0:
            if catalogue is not None:
                raise LedgerError(
                    f"a Seller's auction in room {name} has not ended: start without --catalogue, "
                    "or with another --ledger."
                )
            return
        assert auction.request is not None
        lots = [] if catalogue is None else [lot.text for lot in catalogue]
        if len(lots) != auction.lots or lots[auction.lot - 1] != auction.request.text:
            raise LedgerError(
                f"a sale in room {name} has not ended: start with --room {name} and the same "
                "--catalogue, or with another --ledger."
            )
