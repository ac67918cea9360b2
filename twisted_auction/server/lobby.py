"""The lobby: clients choose a room here, and come back to their seats after a lost connection.

The client speaks first, with one of the verbs of :class:`~twisted_auction.wire.messages.Help`.
``JOIN`` gives it a ticket and a seat; all further lines belong to the room.
"""

from collections.abc import Callable, Iterator, Mapping

from twisted.internet.interfaces import IAddress
from twisted.internet.protocol import ServerFactory

from twisted_auction.house.people import Person
from twisted_auction.house.recall import TooMany, UnknownTicket
from twisted_auction.house.rooms import Rooms
from twisted_auction.house.sale_rooms import NoRoom
from twisted_auction.house.seats import WATCHER
from twisted_auction.house.tickets import Key, PassKey, digest_of, new_ticket
from twisted_auction.rules.sentences import reason_of
from twisted_auction.server.codings import as_json
from twisted_auction.server.desk import Desk, DeskOffice, as_auctioneer
from twisted_auction.server.limits import ConnectionLimits
from twisted_auction.server.lots import LotsForClient
from twisted_auction.server.passes import Passes
from twisted_auction.server.protocol import AuctionProtocol
from twisted_auction.server.sale_list import ROOMS_PER_LINE, place_of
from twisted_auction.server.session import SERVER_BUSY
from twisted_auction.server.visitor import VisitorSession, dismiss_all
from twisted_auction.wire import messages, verbs
from twisted_auction.wire.letter import Letter
from twisted_auction.wire.messages import Message

GOODBYE = Letter(messages.Goodbye())
NO_PASS_YET = messages.NotDone(messages.NO_PASS_YET)
NO_TICKETS = messages.NotDone("JOIN and the room bring you back, without a ticket.")

NO_NAME = "name unknown"
"""Stands for the name of a person whose name is not in the list."""
JSON_FOLLOWS = Letter(messages.JsonFollows())

VERB_COSTS = {
    verbs.JOIN.name: 10,
    verbs.RESUME.name: 10,
    verbs.QUIT.name: 10,
    verbs.WATCH.name: 3,
    verbs.PASS.name: 3,
    verbs.ORDER.name: 3,
    verbs.DESK.name: 10,
    verbs.ADMIT.name: 10,
}
"""Cost of a verb in lines; 1 for the others. Taking or giving up a seat takes the server 10 to 30
times as long as a ``PING``, mostly for the log and the ledger."""

REPORTS_PER_LINE = 3
"""Number of rooms that the server reports on in the time of one line."""

MAX_TICKET_DELAY = 32
"""Longest delay before refusing a wrong ticket, in seconds; after it the connection is closed."""


class LobbySession(VisitorSession):
    """A client in the lobby, and later in a room.

    :param rooms: the rooms of the house.
    :param sessions: all open sessions of this lobby.
    :param draw_ticket: makes a new ticket.
    :param passes: the pass codes of the house; None without a list of people.
    :param office: for the desks of auctioneers; None without a list of people.
    """

    def __init__(
        self,
        rooms: Rooms,
        sessions: dict[VisitorSession, None],
        connections: ConnectionLimits,
        draw_ticket: Callable[[], str],
        passes: Passes | None = None,
        office: DeskOffice | None = None,
    ) -> None:
        super().__init__(connections, rooms.journal, sessions, passes)
        self._rooms = rooms
        self._draw_ticket = draw_ticket
        self._desk = None if office is None else Desk(office, self)
        self._lots = LotsForClient(rooms, self)

    def handle(self, line: bytes) -> None:
        """Run the verb of a line, or pass the line to the room."""
        if self._rooms.is_closed:
            return
        if self.seat is not None and self.seat.who != WATCHER:
            super().handle(line)
            return
        self._run(line)
        self.set_idle_timeout()

    # The grammar of the lobby. White space around words is ignored, and so is the case of a verb.
    # Any other line is answered with the list of verbs.
    #
    #     line     =  verb [" " argument]
    #     verb     =  LIST | SALE | JOIN | WATCH | RESUME | PASS | PING | TIME | JSON | HELP | QUIT
    #                 | ORDER | DESK | ADMIT
    #     argument =  a room's name after JOIN, WATCH, SALE (then perhaps a number) and DESK, a
    #                 number (perhaps) after LIST, a ticket after RESUME and (perhaps) QUIT, a pass
    #                 code after PASS, any text after PING, an order after ORDER, a person after
    #                 ADMIT; ignored after the others
    #
    # PASS and the verbs of the last line are verbs only in a house with a list of people.
    #
    # After JOIN, and after RESUME of a seat, all lines belong to the room. A Watcher's lines still
    # belong to the lobby.

    def _run(self, line: bytes) -> None:
        word, _, rest = line.decode("utf-8", "replace").strip().partition(" ")
        verb, rest = word.upper(), rest.strip()
        match verb:
            case _ if self._lots.run(verb, rest):
                pass
            case verbs.LIST.name:
                # Other words are ignored, as after a verb without an argument.
                listed, rooms = self._rooms.reports(place_of(rest) or 1)
                self.answer(
                    *(messages.RoomIs(*room) for room in listed), messages.RoomsInUse(rooms)
                )
                self.charge(len(listed) // REPORTS_PER_LINE + rooms // ROOMS_PER_LINE)
            case verbs.ORDER.name | verbs.DESK.name | verbs.ADMIT.name if self._desk is not None:
                self._desk.run(verb, rest)
            case verbs.JOIN.name:
                if self._is_admitted() and self._is_for(rest) and self._can_enter(rest):
                    self._join(rest)
            case verbs.WATCH.name:
                if self.may_watch(rest) and self._can_enter(rest):
                    self._watch(rest)
            case verbs.RESUME.name:
                self._resume(rest)
            case verbs.PASS.name if self._passes is not None:
                self.check_pass(rest)
            case verbs.PING.name:
                self.answer(messages.Pong(rest))
            case verbs.TIME.name:
                self.answer(messages.TimeIs(*self._rooms.calendar.here))
            case verbs.JSON.name:
                self._journal.after_commit(self._switch_to_json)
            case verbs.QUIT.name:
                self._rooms.give_up(self._key(rest))
                self.close_after(GOODBYE)
            case _:
                self.answer(*self._help())
        self.charge(VERB_COSTS.get(verb, 1) - 1)  # last, because it may close the connection

    def _help(self) -> Iterator[Message]:
        yield messages.Help()
        if self._passes is not None:
            yield messages.HelpPass()
        if self._rooms.sale.together:
            yield messages.HelpLots()
        if self.auctioneer_person is not None:
            yield messages.HelpDesk()

    def _switch_to_json(self) -> None:
        """Code letters as JSON from now on. The answers to earlier lines have been sent."""
        self.code = as_json
        self.send(JSON_FOLLOWS)

    @property
    def auctioneer_person(self) -> Person | None:
        """The person, as the list has it now, if it has the role auctioneer."""
        return as_auctioneer(self.person, self._passes)

    def lost(self) -> None:
        """Close the desk, and tell no more about all lots."""
        self._lots.close()
        if self._desk is not None:
            self._desk.close()
        super().lost()

    def set_idle_timeout(self) -> None:
        """Limit the silence of a client without a seat, a desk, and the list of all lots."""
        if self._lots.is_open or (self._desk is not None and self._desk.is_open):
            self.connections.idle.cancel(self._idle_timed_out)
        else:
            super().set_idle_timeout()

    def _catch_up(self) -> None:
        super()._catch_up()
        if self._desk is not None:
            self._desk.catch_up()
        self._lots.catch_up()

    @property
    def own_rooms(self) -> Mapping[str, int]:
        """The rooms with a seat of the client: none, because its lines would belong to the room."""
        return {}

    def tell_lots(self, letter: Letter) -> None:
        """Send a letter about all lots."""
        self.send(letter)

    def end_lots(self, letter: Letter) -> None:
        """Send the last letter about all lots."""
        self.dismiss(letter)

    def who_in(self, room: str) -> int | None:
        """The number of the client as a participant of a room; None if it has none."""
        return None if self.person is None else self.person.paddle

    def admitted(self, person: Person) -> None:
        """Tell the client who it is."""
        self.answer(messages.YouArePaddle(person.paddle, person.name or NO_NAME))
        self._lots.begin_again()

    def refused(self, reason: str) -> None:
        """Refuse a pass code."""
        self.answer(messages.NotDone(reason))

    def _is_admitted(self) -> bool:
        """True if the client may take part. Otherwise, it is told to say its pass code.

        The list may have been replaced since it has said one.
        """
        if self._passes is None:
            return True
        if self.person is not None:
            self.person = self._passes.current(self.person)
        if self.person is None:
            self.answer(NO_PASS_YET)
        return self.person is not None

    def _key(self, text: str) -> Key:
        """The key of a seat: of a ticket, or of a person in a room."""
        return digest_of(text) if self.person is None else PassKey(text, self.person.paddle)

    def may_watch(self, name: str) -> bool:
        """True if the client may watch a room. Otherwise, it is told the reason."""
        if self._passes is None or self._passes.public_view:
            return True
        return self._is_admitted() and self._is_for(name)

    def _is_for(self, name: str) -> bool:
        """True unless the client's pass code is for another room. Then it is told so."""
        if self.person is None or self.person.may_enter(name):
            return True
        self.answer(messages.NotDone(self.person.other_room))
        return False

    def _can_enter(self, name: str) -> bool:
        """True if the room exists or can be made. Otherwise, the client is told the reason."""
        if name not in self._rooms and len(self._rooms) >= self._rooms.max_rooms:
            self.charge(len(self._rooms) // ROOMS_PER_LINE)
        try:
            self._rooms.check(name)
        except NoRoom as refusal:
            self.answer(messages.NotDone(reason_of(refusal)))
            return False
        return True

    def _may_sit(self) -> bool:
        """True unless the peer has asked for too many seats within a minute."""
        assert self._peer is not None  # a connection that was turned away is not read
        return self.connections.admit_seat(self._peer)

    def _watch(self, name: str) -> None:
        """Watch a room."""
        room = self._rooms.enter(name)
        connection = self.connection_to(name)
        paddle = None if self.person is None else self.person.paddle
        self.take((room, room.admit_watcher(connection, paddle)))

    def _join(self, name: str) -> None:
        """Take a seat in a room."""
        if not self._may_sit():
            self.close_after(SERVER_BUSY)
            return
        if self.person is not None:
            self.take(self._rooms.join(name, self.person, self.connection_to(name)))
            return
        room = self._rooms.enter(name)
        seat = room.arrive(self.connection_to(name), self._draw_ticket())
        self.take(None if seat is None else (room, seat))

    def _resume(self, ticket: str) -> None:
        if self._passes is not None:
            if self._is_admitted():
                self.answer(NO_TICKETS)
            return
        try:
            self.take(self._rooms.resume(ticket, self.connection_to))
        except UnknownTicket:
            # A growing delay stops guessing. The connection is not read during it.
            self.pause_for(self._delay, self._refuse_ticket)
            self._delay *= 2
            return
        except TooMany:
            self.close_after(SERVER_BUSY)

    def _refuse_ticket(self) -> None:
        refusal = messages.NotDone("there is no such ticket.")
        if self._delay > MAX_TICKET_DELAY:
            self.close_after(Letter(refusal))
        elif not self.is_closing:
            self.answer(refusal)
            self.set_idle_timeout()


class LobbyFactory(ServerFactory):
    """Makes the protocol of each connection to the lobby of a house.

    :param rooms: the rooms of the house.
    :param connections: as for an :class:`~twisted_auction.server.factory.AuctionFactory`.
    :param draw_ticket: makes a new ticket.
    :param passes: the pass codes of the house; None without a list of people.
    :param office: for the desks of auctioneers; None without a list of people.
    :ivar sessions: all open sessions.
    """

    noisy = False

    def __init__(
        self,
        rooms: Rooms,
        connections: ConnectionLimits | None = None,
        draw_ticket: Callable[[], str] = new_ticket,
        passes: Passes | None = None,
        office: DeskOffice | None = None,
    ) -> None:
        self.rooms = rooms
        self.passes = passes
        self.draw_ticket = draw_ticket
        self.connections = connections or ConnectionLimits(rooms.clock)
        rooms.add_haltable(self.connections)
        self.sessions: dict[VisitorSession, None] = {}
        self.office = office

    def buildProtocol(self, addr: IAddress | None) -> AuctionProtocol:
        """Make the protocol for a new connection."""
        session = LobbySession(
            self.rooms,
            self.sessions,
            self.connections,
            self.draw_ticket,
            self.passes,
            self.office,
        )
        protocol = AuctionProtocol(session)
        protocol.factory = self
        return protocol

    def stopFactory(self) -> None:
        """Close the house once the last port of the lobby is closed."""
        self.rooms.close()
        self.rooms.journal.after_commit(lambda: dismiss_all(self.sessions))
