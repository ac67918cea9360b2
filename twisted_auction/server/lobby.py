"""The lobby: clients choose a room here, and come back to their seats after a lost connection.

The client speaks first, with one of the verbs of :class:`~twisted_auction.wire.messages.Help`.
``JOIN`` gives it a ticket and a seat; all further lines belong to the room.
"""

from collections.abc import Callable

from twisted.internet.interfaces import IAddress
from twisted.internet.protocol import ServerFactory

from twisted_auction.house.closing import CLOSING
from twisted_auction.house.recall import TooMany, UnknownTicket
from twisted_auction.house.rooms import NoRoom, Rooms
from twisted_auction.house.seats import WATCHER
from twisted_auction.house.tickets import new_ticket
from twisted_auction.server.codings import as_json
from twisted_auction.server.limits import ConnectionLimits
from twisted_auction.server.protocol import AuctionProtocol
from twisted_auction.server.session import SERVER_BUSY, Session, State, contain_failures
from twisted_auction.wire import messages, verbs
from twisted_auction.wire.letter import Letter

GOODBYE = Letter(messages.Goodbye())
JSON_FOLLOWS = Letter(messages.JsonFollows())

VERB_COSTS = {
    verbs.JOIN.name: 10,
    verbs.RESUME.name: 10,
    verbs.QUIT.name: 10,
    verbs.WATCH.name: 3,
}
"""Cost of a verb in lines; 1 for the others. Taking or giving up a seat takes the server 10 to 30
times as long as a ``PING``, mostly for the log and the ledger."""

REPORTS_PER_LINE = 3
"""Number of rooms that the server reports on in the time of one line."""

ROOMS_PER_LINE = 30
"""Number of rooms whose use the server checks in the time of one line: for ``LIST``, and for a
client that wants a new room in a full house."""

MAX_TICKET_DELAY = 32
"""Longest delay before refusing a wrong ticket, in seconds; after it the connection is closed."""


class LobbySession(Session):
    """A client in the lobby, and later in a room.

    :param rooms: the rooms of the house.
    :param sessions: all open sessions of this lobby.
    :param draw_ticket: makes a new ticket.
    """

    def __init__(
        self,
        rooms: Rooms,
        sessions: "dict[LobbySession, None]",
        connections: ConnectionLimits,
        draw_ticket: Callable[[], str],
    ) -> None:
        super().__init__(connections, rooms.journal)
        self._rooms = rooms
        self._sessions = sessions
        self._draw_ticket = draw_ticket
        self._delay = 1

    def begin(self) -> None:
        """Wait for the first line."""
        self._sessions[self] = None
        self._set_idle_timeout()

    def handle(self, line: bytes) -> None:
        """Run the verb of a line, or pass the line to the room."""
        if self._rooms.is_closed:
            return
        if self.seat is not None and self.seat.who != WATCHER:
            super().handle(line)
            return
        self._run(line)
        self._set_idle_timeout()

    # The grammar of the lobby. White space around words is ignored, and so is the case of a verb.
    # Any other line is answered with the list of verbs.
    #
    #     line     =  verb [" " argument]
    #     verb     =  LIST | JOIN | WATCH | RESUME | PING | JSON | HELP | QUIT
    #     argument =  a room's name after JOIN and WATCH, a ticket after RESUME and (if the client
    #                 has one) QUIT, any text after PING; ignored after the others
    #
    # After JOIN, and after RESUME of a seat, all lines belong to the room. A Watcher's lines still
    # belong to the lobby.

    def _run(self, line: bytes) -> None:
        word, _, rest = line.decode("utf-8", "replace").strip().partition(" ")
        verb, rest = word.upper(), rest.strip()
        match verb:
            case verbs.LIST.name:
                listed, rooms = self._rooms.reports()
                self._answer(
                    *(messages.RoomIs(*room) for room in listed), messages.RoomsInUse(rooms)
                )
                self.charge(len(listed) // REPORTS_PER_LINE + rooms // ROOMS_PER_LINE)
            case verbs.JOIN.name:
                if self._can_enter(rest):
                    self._join(rest)
            case verbs.WATCH.name:
                if self._can_enter(rest):
                    self._enter(rest)
                    self.seat = self.auctioneer.admit_watcher(self)
            case verbs.RESUME.name:
                self._resume(rest)
            case verbs.PING.name:
                self._answer(messages.Pong(rest))
            case verbs.JSON.name:
                self._journal.after_commit(self._switch_to_json)
            case verbs.QUIT.name:
                self._rooms.give_up(rest)
                self.close_after(GOODBYE)
            case _:
                self._answer(messages.Help())
        self.charge(VERB_COSTS.get(verb, 1) - 1)  # last, because it may close the connection

    def lost(self) -> None:
        """Leave the lobby as well as the room."""
        self.connections.idle.cancel(self._idle_timed_out)
        self._sessions.pop(self, None)
        super().lost()

    def _answer(self, *messages: messages.Message) -> None:
        """Send an answer after the commit of all earlier events, which it may report."""
        letter = Letter(*messages)
        self._journal.after_commit(lambda: self.send(letter))

    def _switch_to_json(self) -> None:
        """Code letters as JSON from now on. The answers to earlier lines have been sent."""
        self.code = as_json
        self.send(JSON_FOLLOWS)

    def _can_enter(self, name: str) -> bool:
        """True if the room exists or can be made. Otherwise, the client is told the reason."""
        if name not in self._rooms and len(self._rooms) >= self._rooms.max_rooms:
            self.charge(len(self._rooms) // ROOMS_PER_LINE)
        try:
            self._rooms.check(name)
        except NoRoom as refusal:
            self._answer(messages.NotDone(str(refusal)))
            return False
        return True

    def _enter(self, name: str) -> None:
        """Enter a room, and leave the room that the client watched before."""
        room = self._rooms.enter(name)
        self.leave()
        self.auctioneer = room

    def _join(self, name: str) -> None:
        """Take a seat in a room, unless the peer has asked for too many within a minute."""
        assert self._peer is not None  # a connection that was turned away is not read
        if not self.connections.admit_seat(self._peer):
            self.close_after(SERVER_BUSY)
            return
        self._enter(name)
        self.seat = self.auctioneer.arrive(self, self._draw_ticket())
        if self.seat is None:
            self.state = max(self.state, State.ENDING)

    def _resume(self, ticket: str) -> None:
        try:
            place = self._rooms.resume(ticket, self)
        except UnknownTicket:
            # A growing delay stops guessing. The connection is not read during it.
            self.pause_for(self._delay, self._refuse_ticket)
            self._delay *= 2
            return
        except TooMany:
            self.close_after(SERVER_BUSY)
            return
        self.leave()
        if place is None:
            self.state = max(self.state, State.ENDING)
        else:
            self.auctioneer, self.seat = place

    def _refuse_ticket(self) -> None:
        refusal = messages.NotDone("there is no such ticket.")
        if self._delay > MAX_TICKET_DELAY:
            self.close_after(Letter(refusal))
        elif not self.is_closing:
            self._answer(refusal)
            self._set_idle_timeout()

    def _set_idle_timeout(self) -> None:
        """Limit the silence of a client that is in no room."""
        if self.seat is None and self.state < State.ENDING:
            self.connections.idle.start(self._idle_timed_out)
        else:
            self.connections.idle.cancel(self._idle_timed_out)

    @contain_failures
    def _idle_timed_out(self) -> None:
        self.close_after(Letter(messages.LobbyTimeUp(self.connections.limits.lobby_timeout)))


class LobbyFactory(ServerFactory):
    """Makes the protocol of each connection to the lobby of a house.

    :param rooms: the rooms of the house.
    :param connections: as for an :class:`~twisted_auction.server.factory.AuctionFactory`.
    :param draw_ticket: makes a new ticket.
    :ivar sessions: all open sessions.
    """

    noisy = False

    def __init__(
        self,
        rooms: Rooms,
        connections: ConnectionLimits | None = None,
        draw_ticket: Callable[[], str] = new_ticket,
    ) -> None:
        self.rooms = rooms
        self.draw_ticket = draw_ticket
        self.connections = connections or ConnectionLimits(rooms.clock)
        rooms.add_haltable(self.connections)
        self.sessions: dict[LobbySession, None] = {}

    def buildProtocol(self, addr: IAddress | None) -> AuctionProtocol:
        """Make the protocol for a new connection."""
        session = LobbySession(self.rooms, self.sessions, self.connections, self.draw_ticket)
        protocol = AuctionProtocol(session)
        protocol.factory = self
        return protocol

    def stopFactory(self) -> None:
        """Close the house once the last port of the lobby is closed."""
        self.rooms.close()
        self.rooms.journal.after_commit(self._dismiss)

    def _dismiss(self) -> None:
        for session in list(self.sessions):
            session.dismiss(CLOSING)  # without effect if its room has dismissed it
