"""The lobby: where one says which room one wants, and comes back to one's seat after a cut.

The client speaks first, one of the verbs of :class:`~twisted_auction.wire.Help`, and is answered.
With ``JOIN`` it gets a ticket and takes its seat; from there on the talk is the room's own.
"""

from collections.abc import Callable

from twisted.internet.interfaces import IAddress
from twisted.internet.protocol import ServerFactory

from twisted_auction.house.recall import TooMany
from twisted_auction.house.rooms import NoRoom, Rooms, UnknownTicket
from twisted_auction.house.seats import WATCHER
from twisted_auction.house.snapshots import CLOSING
from twisted_auction.house.tickets import new_ticket
from twisted_auction.server.codings import as_json
from twisted_auction.server.limits import ConnectionLimits
from twisted_auction.server.protocol import AuctionProtocol
from twisted_auction.server.session import SERVER_BUSY, Session, State, contain_failures
from twisted_auction.wire import messages, verbs
from twisted_auction.wire.letter import Letter

GOODBYE = Letter(messages.Goodbye())
JSON_FOLLOWS = Letter(messages.JsonFollows())

COSTS = {
    verbs.JOIN.name: 10,
    verbs.RESUME.name: 10,
    verbs.QUIT.name: 10,
    verbs.WATCH.name: 3,
}
"""What a verb costs, in lines, where it is not one. To take a seat or to give it up takes the
server 10 to 30 times as long as a ``PING``, most of it for the log and the ledger."""

LISTED_FOR_A_LINE = 3
"""Number of rooms that can be reported on in the time of one line."""

ROOMS_FOR_A_LINE = 30
"""Number of rooms that can be looked at, to see whether they are in use, in the time of one line:
by ``LIST``, and for a client that wants a new room in a house that is full."""

MAX_TICKET_DELAY = 32
"""Seconds for which a client waits that has shown a wrong ticket for the last time."""


class LobbySession(Session):
    """A client in the lobby, and later in a room.

    :param rooms: the house.
    :param visitors: the sessions of all clients that came by the lobby.
    :param draw_ticket: makes a new ticket.
    """

    def __init__(
        self,
        rooms: Rooms,
        visitors: "dict[LobbySession, None]",
        connections: ConnectionLimits,
        draw_ticket: Callable[[], str],
    ) -> None:
        super().__init__(connections, rooms.journal)
        self._rooms = rooms
        self._visitors = visitors
        self._draw_ticket = draw_ticket
        self._delay = 1

    def begin(self) -> None:
        """Wait for a word."""
        self._visitors[self] = None
        self._await_word()

    def handle(self, line: bytes) -> None:
        """Do what is asked, or pass the line on to the room."""
        if self._rooms.is_closed:
            return
        if self.seat is not None and self.seat.who != WATCHER:
            super().handle(line)
            return
        self._do(line)
        self._await_word()

    # What a client may say here. White space around the words does not count, and the case of a
    # verb does not either. Anything else is answered with the list of verbs.
    #
    #     line     =  verb [" " argument]
    #     verb     =  LIST | JOIN | WATCH | RESUME | PING | JSON | HELP | QUIT
    #     argument =  a room's name after JOIN and WATCH, a ticket after RESUME and (if the client
    #                 has one) QUIT, any text after PING; ignored after the others
    #
    # After JOIN, and after RESUME of a seat, the connection is in the room, and its lines are the
    # room's. A Watcher's lines are still the lobby's.

    def _do(self, line: bytes) -> None:
        word, _, rest = line.decode("utf-8", "replace").strip().partition(" ")
        verb, rest = word.upper(), rest.strip()
        match verb:
            case verbs.LIST.name:
                listed, rooms = self._rooms.reports()
                self._answer(
                    *(messages.RoomIs(*room) for room in listed), messages.RoomsInUse(rooms)
                )
                self.charge(len(listed) // LISTED_FOR_A_LINE + rooms // ROOMS_FOR_A_LINE)
            case verbs.JOIN.name:
                if self._is_to_be_had(rest):
                    self._join(rest)
            case verbs.WATCH.name:
                if self._is_to_be_had(rest):
                    self._go_to(rest)
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
        self.charge(COSTS.get(verb, 1) - 1)  # last of all: the connection may end here

    def lost(self) -> None:
        """Leave the lobby, too."""
        self.connections.idle.cancel(self._wait_no_more)
        self._visitors.pop(self, None)
        super().lost()

    def _answer(self, *messages: messages.Message) -> None:
        """Say this in its turn: an answer may tell what is not on the disk yet."""
        letter = Letter(*messages)
        self._journal.after_commit(lambda: self.send(letter))

    def _switch_to_json(self) -> None:
        """Code letters as JSON from now on. Answers to earlier lines have left by now."""
        self.code = as_json
        self.send(JSON_FOLLOWS)

    def _is_to_be_had(self, name: str) -> bool:
        """Whether there is a room of this name, or can be; if not, the client is told why."""
        if name not in self._rooms and len(self._rooms) >= self._rooms.max_rooms:
            self.charge(len(self._rooms) // ROOMS_FOR_A_LINE)
        try:
            self._rooms.check(name)
        except NoRoom as refusal:
            self._answer(messages.NotDone(str(refusal)))
            return False
        return True

    def _go_to(self, name: str) -> None:
        """Go to a room, and leave the one that was watched so far."""
        room = self._rooms.enter(name)
        self.leave()
        self.auctioneer = room

    def _join(self, name: str) -> None:
        """Take a seat in a room, unless too many were asked for from here within a minute."""
        assert self._peer is not None  # who is turned away says nothing
        if not self.connections.admit_seat(self._peer):
            self.close_after(SERVER_BUSY)
            return
        self._go_to(name)
        self.seat = self.auctioneer.arrive(self, self._draw_ticket())
        if self.seat is None:
            self.state = max(self.state, State.ENDING)

    def _resume(self, ticket: str) -> None:
        try:
            place = self._rooms.resume(ticket, self)
        except UnknownTicket:
            # Guessing is hopeless, and should be dull besides. Nothing else is heard meanwhile.
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
            self._await_word()

    def _await_word(self) -> None:
        """Limit how long a client that is in no room may say nothing."""
        if self.seat is None and self.state < State.ENDING:
            self.connections.idle.start(self._wait_no_more)
        else:
            self.connections.idle.cancel(self._wait_no_more)

    @contain_failures
    def _wait_no_more(self) -> None:
        self.close_after(Letter(messages.LobbyTimeUp(self.connections.limits.lobby_timeout)))


class LobbyFactory(ServerFactory):
    """Brings every connection to the lobby of a house.

    :param connections: as for an :class:`~twisted_auction.server.factory.AuctionFactory`.
    :param draw_ticket: makes a new ticket.
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
        rooms.add_listener(self.connections)
        self._visitors: dict[LobbySession, None] = {}

    def buildProtocol(self, addr: IAddress | None) -> AuctionProtocol:
        """Make the protocol for a new connection."""
        session = LobbySession(self.rooms, self._visitors, self.connections, self.draw_ticket)
        protocol = AuctionProtocol(session)
        protocol.factory = self
        return protocol

    def stopFactory(self) -> None:
        """Close the house, and let those go who are in no room: the last listening port has
        closed."""
        self.rooms.close()
        self.rooms.journal.after_commit(self._empty)

    def _empty(self) -> None:
        for visitor in list(self._visitors):
            visitor.dismiss(CLOSING)  # who was in a room has heard it there
