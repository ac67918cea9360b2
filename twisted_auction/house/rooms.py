"""The house: many rooms, one ledger, and the tickets of all rooms."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import islice

from twisted.internet.interfaces import IReactorTime

from twisted_auction.house.alarms import Alarms
from twisted_auction.house.auctioneer import MAIN, Auctioneer
from twisted_auction.house.board import SaleBoard
from twisted_auction.house.calendar import HouseCalendar
from twisted_auction.house.classroom import Classroom, auction_number
from twisted_auction.house.commitments import Commitments
from twisted_auction.house.doors import Doors, TimeIsPast, WallClock
from twisted_auction.house.end_watch import EndWatch
from twisted_auction.house.joining import arrival_of, let_go, take_seat
from twisted_auction.house.news import News, unwatched
from twisted_auction.house.notifications import Notifications
from twisted_auction.house.peers import MAX_SEATS_PER_PEER
from twisted_auction.house.people import People, Person
from twisted_auction.house.persons import Persons
from twisted_auction.house.recall import Connect, Recall, UnknownTicket
from twisted_auction.house.reopening import Reopening
from twisted_auction.house.room_clock import Haltable
from twisted_auction.house.runner import Watch
from twisted_auction.house.sale_rooms import NoRoom, SaleRooms
from twisted_auction.house.seats import Connection, Seat
from twisted_auction.house.second_looks import SecondLooks
from twisted_auction.house.tickets import Key, TicketRegistry, digest_of
from twisted_auction.ledger.items import results_of_persons
from twisted_auction.ledger.journal import ImmediateJournal, Journal, Ledger
from twisted_auction.ledger.row import LedgerError
from twisted_auction.rules.commands import Arrive
from twisted_auction.rules.request import AuctionRequest, Lot
from twisted_auction.rules.terms import STANDARD_TERMS, Terms, check_whole_number
from twisted_auction.wire.verbs import ROOM_NAME, ROOM_NAME_RULE

MAX_ROOMS = 1000
"""Default of the largest number of rooms."""

MAX_LISTED_ROOMS = 100
"""Largest number of rooms in a list. A client can enter an unlisted room by its name."""


class Rooms(Mapping[str, Auctioneer]):
    """The Auctioneers of one house, by the names of their rooms.

    The main room always exists. Another room is made when a client enters it. An idle room is
    forgotten when the rooms are listed, or when a client needs its place. A sale of all lots
    together has the rooms of its lots alone: a mistyped name opens none.

    :param clock: as for an :class:`~twisted_auction.house.auctioneer.Auctioneer`, like the terms.
    :param watch: returns the watch of a room, given its name.
    :param main: the name of the main room.
    :param catalogue: the lots of a sale in the main room; None for auctions of Sellers.
    :param max_rooms: largest number of rooms, those of a sale included.
    :param ledger: records all events; None to record nothing.
    :param max_seats_per_peer: as for an :class:`~twisted_auction.house.auctioneer.Auctioneer`.
    :param check_ledger: True to verify the whole ledger before the house opens; False to check
        unfinished auctions only.
    :param people: the persons who may take part; None if everyone may.
    :param doors: when the sale begins; if None, with its first Buyers, or at once if it is timed.
    :param notifications: makes news of events for persons who are away; None to make none.
    :param together: as for :class:`~twisted_auction.house.sale_rooms.SaleRooms`.
    :param calendar: reads the ends of timed auctions; by default, in the system's time zone.
    :ivar calendar: as given, or the one by default.
    :ivar main: the Auctioneer of the main room.
    :ivar sale: the rooms of the sale.
    :ivar tickets: the tickets and passes of all rooms.
    :ivar journal: the ledger, or a journal without storage.
    :ivar news: the events of all rooms, for followers.
    :ivar board: all lots of a sale held together, for clients to watch at once.
    :ivar commitments: what the persons of the house are bound for.
    :ivar reopening: reads unfinished auctions from the ledger.
    :ivar is_halted: True while another program keeps the ledger locked.
    :ivar is_closed: True after :meth:`close`, when no room can be entered.
    :raises ValueError: if an argument is impossible; the text names it.
    """

    def __init__(
        self,
        clock: IReactorTime,
        terms: Terms = STANDARD_TERMS,
        watch: Callable[[str], Watch] = unwatched,
        main: str = MAIN,
        catalogue: Sequence[Lot | AuctionRequest] | None = None,
        max_rooms: int = MAX_ROOMS,
        ledger: Ledger | None = None,
        max_seats_per_peer: int = MAX_SEATS_PER_PEER,
        check_ledger: bool = False,
        people: People | None = None,
        doors: Doors | None = None,
        notifications: Notifications | None = None,
        together: bool = False,
        calendar: HouseCalendar | None = None,
    ) -> None:
        if not isinstance(main, str) or ROOM_NAME.fullmatch(main) is None:
            raise ValueError(f"a room's name is {ROOM_NAME_RULE}, not {main!r}")
        self.sale = SaleRooms(main, catalogue, together, doors, people is None)
        check_whole_number("max_rooms", max_rooms, max(len(self.sale.lots), 1))
        check_whole_number("max_seats_per_peer", max_seats_per_peer, 0)
        self.clock, self.calendar = clock, (calendar or HouseCalendar(clock)).of(ledger)
        self._end_watch = EndWatch(clock, self.calendar, self)
        self.terms = terms = replace(terms, calendar=self.calendar)
        self.max_rooms, self.max_seats_per_peer = max_rooms, max_seats_per_peer
        self.news, self.wall_clock = News(watch, clock), WallClock(clock, ledger)
        self._ledger, self._notifications, self.check_ledger = ledger, notifications, check_ledger
        self.journal: Journal = ImmediateJournal() if ledger is None else ledger
        self._alarms, second_looks = Alarms(clock), SecondLooks(clock)
        self.commitments = Commitments(people, second_looks.at)
        self._recall: Recall | None = None
        self.tickets: TicketRegistry[Auctioneer] = TicketRegistry(ledger)
        self.reopening = Reopening(terms, self.sale, self.tickets, self.news.log.follow)
        self.is_closed = self.is_halted = False
        self._haltables: dict[Haltable, None] = {second_looks: None}
        if ledger is not None:
            ledger.on_locked, ledger.on_unlocked = self._halt, self._go_on
        self._rooms: dict[str, Auctioneer] = {}
        for name, lots in self.sale.lots.items():
            self._make(name, lots)
        self.board = SaleBoard(self, self.sale, self.news, self.journal, clock)
        self.main = next(iter(self._rooms.values()), None) or self._make(main)

    def __getitem__(self, name: str) -> Auctioneer:
        return self._rooms[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._rooms)

    def __len__(self) -> int:
        return len(self._rooms)

    @property
    def people(self) -> People | None:
        """The current list of people; None if everyone may take part."""
        return self.commitments.people

    @property
    def in_use(self) -> dict[str, Auctioneer]:
        """The main room, and all rooms that are not idle."""
        rooms = self._rooms.items()
        return {name: room for name, room in rooms if room is self.main or not room.is_idle}

    def reports(self, first: int = 1) -> tuple[list[tuple[str, str]], int]:
        """How far the auctions are. Idle rooms are forgotten.

        :param first: the place of the first room to report on.
        :return: the names of at most :data:`MAX_LISTED_ROOMS` rooms in use, each with a few words
            about its auction; and the number of all rooms in use.
        """
        self._rooms = self.in_use
        listed = islice(self._rooms.items(), first - 1, first - 1 + MAX_LISTED_ROOMS)
        return [(name, room.report()) for name, room in listed], len(self._rooms)

    def enter(self, name: str) -> Auctioneer:
        """The room of this name, which is made if it does not exist.

        :raises NoRoom: if it cannot be made.
        """
        self.check(name)
        return self._rooms.get(name) or self._make(name)

    def check(self, name: str) -> None:
        """Check that a client can :meth:`enter` the room of this name.

        :raises NoRoom: if it cannot.
        """
        if name in self._rooms:
            return
        self.sale.check_other(name)
        if len(self._rooms) >= self.max_rooms:
            self._rooms = self.in_use
        if len(self._rooms) >= self.max_rooms:
            raise NoRoom("every room is in use, and there may not be more.")

    def resume(self, ticket: str, connect: Connect) -> tuple[Auctioneer, Seat] | None:
        """Give a ticket holder its seat again.

        :param connect: gives the connection for the seat.
        :return: the room and the seat; None if the participant has no seat any more. It is told so,
            with its result, and its connection is closed: at once, or when the ledger has been
            read.
        :raises UnknownTicket: if no participant has this ticket.
        :raises TooMany: if too many auctions are waiting to be read from the ledger.
        """
        digest = digest_of(ticket)
        place = self._find_seat(digest)
        if place is not None:
            room, who = place
            connection = connect(room.name)
            seat = room.returns.resume(who, Arrive(connection.address, digest, who), connection)
            return None if seat is None else (room, seat)
        letter = self.tickets.last_words(digest)
        if letter is None:
            if self._recall is None:
                raise UnknownTicket
            self._recall.ask(digest, connect)
        else:
            connection = connect("")
            # The events of this result may not be committed yet.
            self.journal.after_commit(lambda: connection.dismiss(letter))
        return None

    def join(
        self, name: str, person: Person, connection: Connection
    ) -> tuple[Auctioneer, Seat] | None:
        """Give a person its seat in a room, the same one every time. Its newest connection has the
        seat; an older one is told so and closed.

        :return: the room and the seat; None if the person was refused, or told a result that it had
            missed, and its connection closed.
        :raises NoRoom: if the person may not enter the room, or the room cannot be had.
        """
        people = self.people
        assert people is not None
        now = people.persons.get(person.paddle)
        if now is None:
            raise NoRoom("your pass code is not valid any more.")
        if not now.may_enter(name):
            raise NoRoom(now.other_room)
        room = self.enter(name)
        arrival = arrival_of(now, room, people)
        if arrival is None:
            return room, room.admit_watcher(connection, now.paddle)
        seat = take_seat(arrival, room, connection, self.tickets)
        return None if seat is None else (room, seat)

    def replace_people(self, people: People) -> None:
        """Use another list of people, and let go of those who may not stay. Their bids stand.

        :raises ValueError: if the house was made without a list.
        """
        before = self.people
        if before is None:
            raise ValueError("this house was made without a list of people")
        self.commitments.replace_people(people)
        for room in list(self._rooms.values()):
            let_go(room, before, people)
        self.board.let_go()

    def give_up(self, key: Key) -> None:
        """Let a participant leave its seat for good, if it has one."""
        place = self._find_seat(key)
        if place is not None:
            room, who = place
            room.returns.give_up(who)

    def add_haltable(self, haltable: Haltable) -> None:
        """Halt this source of commands while the ledger is locked."""
        self._haltables[haltable] = None

    @property
    def is_ledger_locked(self) -> bool:
        """True if events wait to be written, because another program has locked the ledger."""
        return self._ledger is not None and self._ledger.is_locked

    def open(self) -> int:
        """Open the ledger, go on with its unfinished auctions, and open the doors of a new sale.

        :return: the number of auctions that go on.
        :raises LedgerError: if the ledger cannot be opened, a row of it is wrong, or an auction
            cannot go on in this house.
        :raises TimeIsPast: if the sale should have begun before, or a lot have ended.
        """
        self.is_closed = False
        for room in self._rooms.values():
            room.open()
        ledger = self._ledger
        if ledger is None:
            self.commitments.begin(())
            self._open_doors(())
            return 0
        ledger.open()
        try:
            if self.check_ledger:
                self.reopening.verify(ledger)
            if self.people is not None:
                self.commitments.begin(results_of_persons(ledger.store.view))
            unfinished_auctions = self.reopening.read(ledger, self.people)
            self._open_doors({unfinished.room for unfinished in unfinished_auctions})
        except (LedgerError, TimeIsPast):
            ledger.close()
            raise
        self._recall = Recall(self.clock, ledger.store.view, self.tickets, self.journal)
        for unfinished in unfinished_auctions:
            room = self._rooms.get(unfinished.room) or self._make(unfinished.room)
            room.reopen(unfinished.auction, unfinished.closed_at, unfinished.tickets)
        ledger.request_heartbeat()
        return len(unfinished_auctions)

    def close(self) -> None:
        """Close all connections, with a last letter, after the commit of all events."""
        self.is_closed = True
        self.board.stop()
        if self._recall is not None:
            self._recall.stop()
            self._recall = None
        for room in self._rooms.values():
            room.close()
        self._end_watch.stop()
        if self._ledger is not None:
            self._ledger.write_heartbeat()

    def close_ledger(self) -> None:
        """Close the ledger."""
        if self._ledger is not None:
            self._ledger.close()

    def _open_doors(self, unfinished: Collection[str]) -> None:
        ended = partial(self.reopening.ended_sales, self._ledger)
        self.sale.open(self._rooms, unfinished, ended, self.wall_clock, self.clock.seconds())

    def _find_seat(self, key: Key) -> tuple[Auctioneer, int] | None:
        """The room and the participant of a key; None if it has no seat, or none any more."""
        if (place := self.tickets.seats.get(key)) is not None:
            place[0].pass_time()  # one of the events due by now may end the seat
        return self.tickets.seats.get(key)

    def _make(self, name: str, catalogue: Sequence[Lot] | None = None) -> Auctioneer:
        classroom = Classroom(lambda: self.people, partial(auction_number, self._ledger, name))
        room = Auctioneer(
            self.clock,
            self.terms,
            self.news.watch(name),
            catalogue,
            self.journal,
            self.tickets,
            self.max_seats_per_peer,
            name,
            Persons(classroom, self.commitments, self._notifications),
            self.news.count_refusal,
            self._alarms,
        )
        if self.is_halted:
            room.halt()
        self._rooms[name] = room
        return room

    def _halt(self) -> None:
        self.is_halted = True
        for haltable in (*self._rooms.values(), *self._haltables):
            haltable.halt()

    def _go_on(self) -> None:
        self.is_halted = False
        # The clocks first: they must not stand still while the commands received since are decided.
        for haltable in (*self._rooms.values(), *self._haltables):
            haltable.go_on()
