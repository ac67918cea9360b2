"""One client's talk with the house over a web socket: the lobby, and a place in each of several
rooms."""

import re
from codecs import BOM_UTF8
from collections.abc import Callable, Mapping
from functools import partial

from twisted.internet.interfaces import IAddress, INegotiated, IPushProducer, ITCPTransport

from twisted_auction.house.auctioneer import Auctioneer
from twisted_auction.house.people import Person
from twisted_auction.house.seats import WATCHER, Connection, Seat
from twisted_auction.server.faults import contain_failures
from twisted_auction.server.lobby import GOODBYE, LobbySession
from twisted_auction.server.outbox import Outbox
from twisted_auction.server.protocol import LINE_TOO_LONG
from twisted_auction.server.session import State, readable
from twisted_auction.server.visitor import CODE_IN_ROOM
from twisted_auction.web.close_codes import code_after
from twisted_auction.web.frames import LineTooLong, read_text
from twisted_auction.web.sockets import Sockets
from twisted_auction.wire import messages, verbs
from twisted_auction.wire.letter import Letter
from twisted_auction.wire.messages import Message

NOT_A_FRAME = messages.NotDone('send an object such as {"say": "HELP"}, with one line.')

_RESUME = re.compile(rb"\s*RESUME(\s|$)", re.IGNORECASE)


CloseFrame = Callable[[int], bytes]
"""Returns the frame that closes the socket with a code. Nothing may be sent after it."""


class Place:
    """A client's place in one room. To the room, it is the client's connection.

    :param session: the client.
    :param room: the name of the room; empty if it is not known any more.
    :ivar paddle: the paddle of the client when it came; None if it had none.
    :ivar auctioneer: the room; None before the seat is taken.
    :ivar seat: the seat, or that of a Watcher.
    :ivar is_over: True after the last letter.
    """

    __slots__ = ("_session", "auctioneer", "is_over", "paddle", "room", "seat")

    def __init__(self, session: "LiveSession", room: str) -> None:
        self._session = session
        self.room = room
        self.paddle = None if session.person is None else session.person.paddle
        self.auctioneer: Auctioneer | None = None
        self.seat: Seat | None = None
        self.is_over = False

    @property
    def address(self) -> str:
        """The name of the client in the ledger and the log."""
        return self._session.address

    @property
    def network_address(self) -> str:
        """The client's network address."""
        return self._session.network_address

    @property
    def peer(self) -> str:
        """The peer to count the seat for."""
        return self._session.peer

    @property
    def is_watching(self) -> bool:
        """True if the client only watches."""
        return self.seat is not None and self.seat.who == WATCHER

    def takes_price_updates(self) -> bool:
        """True if a price update can be sent now."""
        return self._session.takes_price_updates()

    def send(self, letter: Letter) -> None:
        """Send a letter from the room."""
        self._session.tell(letter, self.room)

    def dismiss(self, letter: Letter) -> None:
        """Send the last letter from the room. The client keeps its socket and its other places."""
        self._session.end_place(self, letter)

    def line_received(self, line: bytes) -> None:
        """Pass a line to the room."""
        if self.auctioneer is not None and self.seat is not None:
            self.auctioneer.line_received(self.seat, line)

    def catch_up(self) -> None:
        """Catch up with the price, because all earlier letters have left."""
        if self.auctioneer is not None and self.seat is not None:
            self.auctioneer.catch_up(self.seat)

    def leave(self) -> None:
        """Give up the seat, as if its connection had ended."""
        if self.auctioneer is not None and self.seat is not None:
            self.auctioneer.leave(self.seat)
            self.auctioneer = self.seat = None


class LiveSession(LobbySession):
    """A client's talk over a web socket.

    The client stays in the lobby, and has at most one place in each room. Its words to a room carry
    the name of the room; so do the room's letters.

    :param sockets: what the web sockets of the house have in common.
    :param client: the address of the client, which can be behind a proxy.
    :param code: the pass code of the browser's cookie; None without one.
    """

    def __init__(self, sockets: Sockets, client: IAddress, code: str | None) -> None:
        super().__init__(
            sockets.rooms,
            sockets.sessions,
            sockets.connections,
            sockets.draw_ticket,
            sockets.passes,
            sockets.office,
        )
        self._sockets = sockets
        self._client = client
        self._code = code
        self._places: dict[str, Place] = {}
        self._addressed = ""  # the room that the client has named with its present words

    @property
    def network_address(self) -> str:
        """The client's address and port."""
        return readable(self._client)

    def opened(
        self, transport: ITCPTransport, framing: IPushProducer, close_frame: CloseFrame
    ) -> None:
        """Begin: the handshake is complete.

        :param framing: passes no message while it is paused.
        """
        self.transport = transport
        self.is_secured = INegotiated.providedBy(transport)
        self._framing = framing
        self._close_frame = close_frame
        self._peer = self._sockets.acquire(self._client)
        self.outbox = Outbox(
            transport, self._catch_up, self.connections.limits.max_unsent, self._overflow
        )
        self.outbox.wait_for_earlier()  # the answer to the handshake is on its way
        self.connections.add(self)
        if self.connections.is_halted:
            self.halt()
        self._begin_unless_halted()

    def begin(self) -> None:
        """Check the pass code of the browser, and say something from time to time."""
        super().begin()
        self._sockets.words.start(self._say_word)
        if self._code is not None and self._passes is not None:
            self.check_pass(self._code)

    def text_received(self, text: str) -> None:
        """Handle a message, and charge for it."""
        if self.state is State.OPEN:
            self._read(text)
        self.charge(1)

    @contain_failures
    def tell(self, letter: Letter, room: str, is_last: bool = False) -> None:
        """Send a letter from a room."""
        if not self.is_closing:
            self.outbox.send(self._sockets.frames.encode(self.named(letter), room, is_last))

    def encode(self, letter: Letter) -> bytes:
        """The frame of a letter from the lobby."""
        return self._sockets.frames.encode(self.named(letter), "")

    def finish(self, letter: Letter) -> None:
        """Send the last letter, and close the socket. The client answers, and then the connection
        ends. Closing it at once could destroy the letter on its way."""
        self.outbox.finish(self.encode(letter) + self._close_frame(code_after(letter)))

    def hang_up(self) -> None:
        """End the connection: the client has closed the socket, or has answered its closing."""
        if not self.is_closing:
            self.state = State.CLOSING
            self.connections.closing.start(self.transport.abortConnection)
            self.outbox.finish(b"")
        self.transport.loseConnection()

    def release(self, peer: str) -> None:
        """Stop counting this socket."""
        self._sockets.release(peer)

    def lost(self) -> None:
        """Release everything, because the connection has ended."""
        self._sockets.words.cancel(self._say_word)
        super().lost()
        self._close_frame = bytes  # of the framing, which would keep this session in memory

    def leave(self) -> None:
        """Leave all rooms."""
        places, self._places = self._places, {}
        for place in places.values():
            place.leave()

    def set_idle_timeout(self) -> None:
        """Do nothing: a page may be silent for as long as it is open."""

    def connection_to(self, room: str) -> Connection:
        """A new place in a room. The client leaves its earlier one there."""
        room = room or self._addressed
        earlier = self._places.pop(room, None)
        if earlier is not None:
            earlier.leave()
        return Place(self, room)

    def take(self, place: tuple[Auctioneer, Seat] | None) -> None:
        """Keep a new place, unless its last letter was sent already."""
        if place is None:
            return
        auctioneer, seat = place
        taken = seat.connection
        assert isinstance(taken, Place)
        if not taken.is_over:
            taken.auctioneer, taken.seat = auctioneer, seat
            self._places[taken.room] = taken
            self._lots.look_again(taken.room)

    def end_place(self, place: Place, letter: Letter) -> None:
        """Send the last letter from a room, and forget the place."""
        if place.is_over:  # the room has ended it since the client left
            return
        place.is_over = True
        if self._places.get(place.room) is place:
            del self._places[place.room]
        place.leave()
        self.tell(letter, place.room, is_last=True)

    def admitted(self, person: Person) -> None:
        """Tell the client who it is. It leaves the places of another person."""
        for place in [*self._places.values()]:
            if place.paddle != person.paddle:
                self._journal.after_commit(partial(place.dismiss, GOODBYE))
        super().admitted(person)

    @property
    def own_rooms(self) -> Mapping[str, int]:
        """The rooms with a seat of the client, each with its number there."""
        return {
            name: place.seat.who
            for name, place in self._places.items()
            if place.seat is not None and not place.is_watching
        }

    def tell_lots(self, letter: Letter) -> None:
        """Send a letter about all lots, as from a room."""
        self.tell(letter, verbs.ALL_LOTS)

    def end_lots(self, letter: Letter) -> None:
        """Send the last letter about all lots. The client keeps its socket and its places."""
        self.person = None
        self.tell(letter, verbs.ALL_LOTS, is_last=True)

    def who_in(self, room: str) -> int | None:
        """The number of the client as a participant of a room; None if it has none."""
        place = self._places.get(room)
        if place is not None and place.seat is not None and not place.is_watching:
            return place.seat.who
        return super().who_in(room)

    def _may_sit(self) -> bool:
        """True: many people in a hall have one address. The throttle limits each session."""
        return True

    def _can_enter(self, name: str) -> bool:
        """True if the client can take a place in a room. Otherwise, it is told the reason."""
        place = self._places.get(name)
        if place is not None and not place.is_watching:
            self.answer(messages.NotDone(f"you have a seat in room {name} already."))
            return False
        return super()._can_enter(name)

    def _read(self, text: str) -> None:
        try:
            room, line = read_text(text)
        except LineTooLong:
            self.close_after(LINE_TOO_LONG)
            return
        except ValueError:
            self.answer(NOT_A_FRAME)
            return
        line = line.removeprefix(BOM_UTF8)
        place = self._places.get(room)
        self._addressed = room
        if not room or (_RESUME.match(line) and (place is None or place.is_watching)):
            self.handle(line)
        elif place is None:
            self.answer(messages.NotDone(f"you have no place in room {room}: say JOIN {room}."))
        elif not self._rooms.is_closed:
            self._say_in(place, line)

    def _say_in(self, place: Place, line: bytes) -> None:
        """Pass a line to a room, unless it is about the place itself."""
        if line.strip().upper() == verbs.QUIT.name.encode():
            self._quit(place)
        elif place.is_watching:
            self._answer_in(place, messages.NotDone(f"you only watch room {place.room}."))
        elif self.may_have_code(line):
            self._answer_in(place, messages.NotDone(CODE_IN_ROOM))
        else:
            place.line_received(line)
            self.charge_for_answer(line)

    def _answer_in(self, place: Place, message: Message) -> None:
        self._journal.after_commit(lambda: place.send(Letter(message)))

    def _quit(self, place: Place) -> None:
        """Leave a room for good."""
        seat, room = place.seat, place.auctioneer
        assert seat is not None and room is not None
        key = room.seats.tickets.keys.get(seat.who)
        if key is not None:
            self._rooms.give_up(key)
        else:
            self._journal.after_commit(lambda: place.dismiss(GOODBYE))

    @contain_failures
    def _say_word(self) -> None:
        self._sockets.words.start(self._say_word)
        if not self.is_closing and not self.outbox.is_full:
            self.outbox.send(self._sockets.frames.word)

    @contain_failures
    def _catch_up(self) -> None:
        super()._catch_up()
        for place in [*self._places.values()]:
            place.catch_up()
