"""A client's stay in a room of a lobby, from its first connection to its last one.

A :class:`RoomVisit` lasts that long, and makes a :class:`RoomClient` for each connection. When a
connection is cut, the ticket leads back to the seat on the next one, and
:mod:`~twisted_auction.client.resend` decides what becomes of a line whose answer the cut may have
swallowed.
"""

from enum import Enum

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import (
    IAddress,
    IDelayedCall,
    IReactorTime,
)
from twisted.internet.protocol import Factory, connectionDone
from twisted.python.failure import Failure

from twisted_auction.client.person import (
    NO_RESULT,
    NOT_A_BUYER,
    NOT_THE_SELLER,
    RESULT_READ,
    TURNED_AWAY,
    Ending,
    Person,
    Role,
)
from twisted_auction.client.protocol import AuctionClient, QuestionKind
from twisted_auction.client.resend import ANSWERS, Fate, PendingLine, fate_of
from twisted_auction.sockets import enable_keepalive, socket_of
from twisted_auction.text import printable
from twisted_auction.wire import messages, verbs

NO_LOBBY = Ending(1, "that is no lobby; name the port of one, or leave out --room")


STALE_INPUT_WINDOW = 0.1
"""Seconds in which a terminal drops what was typed for a lot that is over."""


KEEPALIVE_TIMEOUT = 30
"""Seconds after which a silent network counts as a lost connection."""


class Presence(Enum):
    """Where the person is, as far as this visit knows."""

    CONNECTED = "a connection is there, or the first one is being made"
    RECONNECTING = "the connection is lost, which the person has read, and another one is tried"
    LEAVING = "the person leaves before the end, and for good"


class RoomVisit(Factory):
    """What lasts from one connection to the next.

    :param clock: counts the seconds.
    :param role: the role that the person came for; None if either will do.
    :ivar ticket: leads back to the seat; None as long as there is no seat.
    :ivar unconfirmed: the last line before a cut, while it is not known whether the server took it.
    :ivar asked_lot: the lot in which the person was asked last.
    :ivar ended: fires with an :class:`~twisted_auction.client.person.Ending` when the visit is
        over, or with the failure of the first connection.
    :ivar seat_released: fires when the seat has also been released on the server.
    """

    noisy = False

    def __init__(
        self, clock: IReactorTime, room: str, person: Person, role: type[Role] | None
    ) -> None:
        self.clock = clock
        self.room = room
        self.person = person
        self.role = role
        self.ticket: str | None = None
        self.unconfirmed: PendingLine | None = None
        self.asked_lot: messages.LotUp | None = None
        self.presence = Presence.CONNECTED
        self.ended: Deferred[Ending] = Deferred()
        self.seat_released: Deferred[None] = Deferred()
        self._client: RoomClient | None = None

    def buildProtocol(self, addr: IAddress | None) -> "RoomClient":
        """Make the protocol for the next connection."""
        self._client = RoomClient(self)
        return self._client

    def connection_failed(self, failure: Failure) -> None:
        """End the visit, since the first connection cannot be made."""
        if not self.ended.called:
            self.ended.errback(failure)

    def leave(self) -> Deferred[None]:
        """Leave before the end.

        :return: fires when the seat has also been released on the server.
        """
        self.presence = Presence.LEAVING
        if not self.ended.called:
            self.ended.callback(NO_RESULT)
        return self.seat_released

    def disconnect(self) -> None:
        """Close the connection, if there is one."""
        if self._client is not None and self._client.connected:
            self._client.disconnect()

    def connection_lost(self) -> None:
        """Ask the person nothing until the lost connection is replaced."""
        self.person.withdraw_question()
        if self.presence is Presence.CONNECTED:
            self.presence = Presence.RECONNECTING
            self.person.show("Connection lost. Trying to come back...")

    def connection_restored(self) -> None:
        """Tell the person that the seat is taken again, or that there is a result."""
        if self.presence is Presence.RECONNECTING:
            self.presence = Presence.CONNECTED
            self.person.show("Connected again.")

    def drop_unconfirmed(self) -> None:
        """Tell the person that the unconfirmed line, if there is one, is not sent again."""
        if self.unconfirmed is not None:
            self.person.show(f"Not sent again: {self.unconfirmed}")
            self.unconfirmed = None


class SeatState(Enum):
    """How far a connection has come."""

    LOOKING = "the lobby is asked whether something is on sale in the room"
    ENTERING = "the lobby is asked for a seat, or for the one that the ticket leads to"
    SEATED = "the connection has the seat"


class RoomClient(AuctionClient):
    """One connection of a visit to a room."""

    def __init__(self, visit: RoomVisit) -> None:
        super().__init__(visit.person, visit.role)
        self.ended = visit.ended
        self._visit = visit
        self._resumes = visit.ticket is not None
        self._seat_state = SeatState.ENTERING
        self._is_on_sale = True  # unless the lobby says otherwise
        self._number = 0
        self._lot: messages.LotUp | None = None
        self._heading: messages.LotUp | messages.ResultOf | None = None  # of the coming results
        self._asking_price = 0
        self._resend: PendingLine | None = None  # the unconfirmed line, where it makes sense again
        self._unanswered_lines: list[PendingLine] = []  # the oldest first
        self._pause: IDelayedCall | None = None
        self._is_paused_by_person = False  # the person has paused the connection

    def connection_ready(self) -> None:
        """Ask for a seat, or for the one that the ticket leads to."""
        enable_keepalive(socket_of(self.transport), KEEPALIVE_TIMEOUT)
        if self._visit.ticket is not None:
            self.sendLine(verbs.RESUME.line(self._visit.ticket))
            return
        super().connection_ready()
        if self._visit.role is None:
            self._join()
        else:  # look first: a seat that is given up again stays empty for a while
            self._seat_state = SeatState.LOOKING
            self.sendLine(verbs.WATCH.line(self._visit.room))
            self.sendLine(verbs.PING.line())

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """End the visit if it is over; otherwise remember the line that has no answer."""
        self._person.connection_changed(None)
        if self._pause is not None:
            self._pause.cancel()
        if self._visit.ended.called:
            return
        if self._is_over():
            super().connectionLost(reason)
            return
        if self._unanswered_lines:
            self._visit.drop_unconfirmed()
            self._visit.unconfirmed = self._unanswered_lines[-1]
        self._visit.connection_lost()

    def _is_over(self) -> bool:
        if self._visit.ticket is None or self._visit.presence is Presence.LEAVING:
            return True
        if self._heading is not None and self._heading.lot < self._heading.lots:
            return self._ending not in (None, RESULT_READ, NO_RESULT)  # another lot follows
        return self._ending is not None

    def _join(self) -> None:
        self.sendLine(verbs.JOIN.line(self._visit.room))

    def _join_if_role_is_free(self, message: messages.Message) -> None:
        """Join the room if the role that the person came for is free there."""
        match message:
            case messages.NothingOnSale():
                self._is_on_sale = False
            case messages.Pong():
                self._seat_state = SeatState.ENTERING
                free = messages.RoleBuyer if self._is_on_sale else messages.RoleSeller
                if self._visit.role is free:
                    self._join()
                else:
                    self._leave(NOT_THE_SELLER if self._is_on_sale else NOT_A_BUYER)
            case messages.NotDone() | messages.RoleSeller() | messages.RoleBuyer():
                self._seat_state = SeatState.ENTERING
                self._lobby_message_received(message)
            case messages.ServerBusy() | messages.BiddingOngoing():
                super()._message_received(message)  # of a room, which is no lobby

    def _message_received(self, message: messages.Message) -> None:
        if self._seat_state is SeatState.LOOKING:
            self._join_if_role_is_free(message)
            return
        visit = self._visit
        if self._seat_state is not SeatState.SEATED and self._lobby_message_received(message):
            return
        visit.connection_restored()
        if self._unanswered_lines and isinstance(message, ANSWERS):
            del self._unanswered_lines[0]
        self._decide_unconfirmed(message)
        match message:
            case messages.YouAre():
                self._number = message.buyer
            case messages.HighestBid() | messages.Asking():
                self._asking_price = message.asking_price
            case messages.ResultOf():
                self._heading = message
                self._ending = None  # the result before it was not the last
            case messages.SaleOver() if visit.ticket is not None:
                self._person.show(str(message))
                self._heading = None
                self._finish(self._ending or NO_RESULT)
                return
            case messages.LotUp():
                self._heading = message
                is_where_things_stand = self._resumes and self._lot is None
                self._lot = message
                if message == visit.asked_lot:  # what is being typed is meant for it
                    self._ending = None
                    self._person.show(str(message))
                    return
                if is_where_things_stand:
                    super().pauseProducing()
                    self._pause = visit.clock.callLater(STALE_INPUT_WINDOW, self._end_pause)
            case messages.AuctioneerCloses(messages.TICKET_IS_GOOD):
                self._person.show(printable(str(message)))
                self._person.withdraw_question()
                return
            case messages.AuctioneerCloses() | messages.BidTimeUp():
                self._heading = None  # the next lot is not for this participant
            case messages.CameBack():
                self._person.show(printable(str(message)))
                self._finish(TURNED_AWAY)
                return
            case messages.SeatGivenUp():
                self._person.show(printable(str(message)))
                self._heading = None  # no lot follows for this seat
                self._finish(self._ending or TURNED_AWAY)
                return
        super()._message_received(message)
        if self._resend is not None:  # an open bid goes out after the price that it pays is shown
            self._send_again(self._resend)

    def _lobby_message_received(self, message: messages.Message) -> bool:
        """Handle a message that may come before this connection has the seat.

        :return: True if the message was fully handled here.
        """
        visit = self._visit
        match message:
            case messages.TicketIs():
                visit.ticket = message.ticket
            case messages.NotDone():
                what = "come back to" if self._resumes else "join"
                visit.ticket = None
                why = printable(message.text).removesuffix(".")
                self._leave(Ending(1, f"cannot {what} room {visit.room}: {why}"))
            case messages.ServerBusy() if self._resumes:
                pass  # the seat is kept: try again
            case messages.RoleSeller() | messages.RoleBuyer():
                if visit.ticket is not None:
                    self._seat_state = SeatState.SEATED
                    self._ending = None  # of an auction that was only looked at
                    return False
                self._leave(NO_LOBBY)
            case _:
                return False
        return True

    def _leave(self, ending: Ending) -> None:
        """End the visit before the auction ends, and for good."""
        self._visit.presence = Presence.LEAVING
        super()._leave(ending)

    def _decide_unconfirmed(self, message: messages.Message) -> None:
        """Decide what becomes of the unconfirmed line, if there is one."""
        visit = self._visit
        if visit.unconfirmed is None:
            return
        match fate_of(visit.unconfirmed, message, self._number):
            case Fate.TAKEN:
                visit.unconfirmed = None
            case Fate.DROP:
                visit.drop_unconfirmed()
            case Fate.SEND_AGAIN:
                self._resend = visit.unconfirmed

    def pauseProducing(self) -> None:
        """Read nothing from the server while the person's screen is full."""
        self._is_paused_by_person = True
        super().pauseProducing()

    def resumeProducing(self) -> None:
        """Read again, unless what was typed for the last lot is being dropped."""
        self._is_paused_by_person = False
        if self._pause is None:
            super().resumeProducing()

    def _end_pause(self) -> None:
        self._pause = None
        if not self._is_paused_by_person:
            super().resumeProducing()

    def _ask(self) -> None:
        self._visit.asked_lot = self._lot
        if self._resend is not None and not self._resend.is_open:
            self._send_again(self._resend)  # it answers the question in the person's place
        else:
            super()._ask()

    def _send_again(self, pending: PendingLine) -> None:
        """Send a unconfirmed line again, unless the person has said something else since."""
        self._resend = None
        lines = self._unanswered_lines
        if lines and lines[-1].line != pending.line:
            self._visit.drop_unconfirmed()
            return
        self._visit.unconfirmed = None
        if not lines:
            self._person.show(f"Sent again: {pending}")
            self._send_answer(pending.line)

    def _send_answer(self, line: bytes) -> None:
        pending = PendingLine(
            line, self._lot, self._question_kind is QuestionKind.ANYTIME, self._asking_price
        )
        self._unanswered_lines.append(pending)
        super()._send_answer(line)
