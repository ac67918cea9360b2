"""A client's visit to a room of a lobby, from the first connection to the last one.

A :class:`RoomVisit` lasts for the whole visit, and makes a :class:`RoomClient` for each connection.
After a cut, the next connection resumes the seat with the ticket. If the cut may have lost a line
or its answer, :mod:`~twisted_auction.client.resend` concludes whether the server took the line.
"""

from enum import Enum

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IAddress, IDelayedCall, IReactorTime
from twisted.internet.protocol import Factory, connectionDone
from twisted.python.failure import Failure

from twisted_auction.client.entrance import Entrance, Key
from twisted_auction.client.person import (
    NO_RESULT,
    RESULT_READ,
    TURNED_AWAY,
    Ending,
    Person,
    Role,
)
from twisted_auction.client.protocol import AuctionClient
from twisted_auction.client.resend import PendingLine, PendingLines
from twisted_auction.sockets import enable_keepalive, socket_of
from twisted_auction.text import printable
from twisted_auction.wire import messages

STALE_INPUT_WINDOW = 0.1
"""Seconds, after the client comes back to another lot, in which a terminal drops typed lines.

The person meant them for the lot before."""

KEEPALIVE_TIMEOUT = 30
"""Seconds without an acknowledgement after which the connection counts as lost."""


class Presence(Enum):
    """The person's connection to the room."""

    CONNECTED = "there is a connection, or the first one is being made"
    RECONNECTING = "the connection is lost, the person has read so, and the client reconnects"
    LEAVING = "the person leaves before the end, for good"


class RoomVisit(Factory):
    """The state that outlives a connection.

    :param role: the role that the person wants; None for either.
    :ivar key: comes back to the seat.
    :ivar lines: the person's lines without an answer.
    :ivar asked_lot: the lot of the last question to the person.
    :ivar has_result: True once an earlier connection has shown a result.
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
        self.key = Key()
        self.lines = PendingLines(person.show)
        self.asked_lot: messages.LotUp | None = None
        self.has_result = False
        self.presence = Presence.CONNECTED
        self.ended: Deferred[Ending] = Deferred()
        self.seat_released: Deferred[None] = Deferred()
        self._client: RoomClient | None = None

    def buildProtocol(self, addr: IAddress | None) -> "RoomClient":
        """Make the protocol for the next connection."""
        self._client = self.make_client()
        return self._client

    def make_client(self) -> "RoomClient":
        """Make the protocol of one connection."""
        return RoomClient(self)

    def connection_failed(self, failure: Failure) -> None:
        """End the visit, because the first connection cannot be made."""
        if not self.ended.called:
            self.ended.errback(failure)

    def leave(self) -> Deferred[None]:
        """Leave before the end.

        :return: ``seat_released``.
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
        """Tell the person once, and ask nothing until the client has reconnected."""
        self.person.withdraw_question()
        if self.presence is Presence.CONNECTED:
            self.presence = Presence.RECONNECTING
            self.person.show("Connection lost. Trying to come back...")

    def connection_restored(self) -> None:
        """Tell the person that the seat is resumed, or that the room has a result."""
        if self.presence is Presence.RECONNECTING:
            self.presence = Presence.CONNECTED
            self.person.show("Connected again.")


class RoomClient(AuctionClient):
    """One connection of a visit to a room."""

    def __init__(self, visit: RoomVisit) -> None:
        super().__init__(visit.person, visit.role)
        self.ended = visit.ended
        self._visit = visit
        self._has_result = visit.has_result
        self._entrance = Entrance(
            visit.room, visit.role, visit.key, self.sendLine, self._leave, visit.person.show
        )
        self._number = 0
        self._lot: messages.LotUp | None = None
        self._is_in_sale = False  # lots may follow
        self._asking_price = 0
        self._pause: IDelayedCall | None = None
        self._is_paused_by_person = False

    def connection_ready(self) -> None:
        """Ask for a seat, or come back to one."""
        # A dead network must end the connection: otherwise the client would wait for ever.
        enable_keepalive(socket_of(self.transport), KEEPALIVE_TIMEOUT)
        if not self._entrance.resumes:
            super().connection_ready()
        self._entrance.begin()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """End the visit if it is over; otherwise prepare to reconnect."""
        self._person.connection_changed(None)
        if self._pause is not None:
            self._pause.cancel()
        if self._visit.ended.called:
            return
        if self._is_over():
            super().connectionLost(reason)
            return
        # A cut is not the end of a visit: the ClientService makes the next connection.
        self._visit.has_result = self._has_result
        self._visit.lines.connection_lost()
        self._visit.connection_lost()

    def _is_over(self) -> bool:
        if not self._visit.key.is_good or self._visit.presence is Presence.LEAVING:
            return True
        if self._is_in_sale:
            # More lots may follow, also after the last one, until the server says that the sale is
            # over. So a result, or a lot without one, does not end the visit.
            return self._ending not in (None, RESULT_READ, NO_RESULT)
        return self._ending is not None

    def _message_received(self, message: messages.Message) -> None:
        visit = self._visit
        if isinstance(message, messages.AddressBanned):  # coming back is no use
            self._end_turned_away(message)
            return
        if not self._entrance.is_passed:
            for_person = self._entrance.message_received(message)
            if for_person is None:
                return
            message = for_person
            if self._entrance.is_passed:
                self._ending = None  # of the auction seen while looking
        visit.connection_restored()
        visit.lines.message_received(message, self._number)
        match message:
            case messages.YouAre():
                self._number = message.buyer
            case messages.HighestBid() | messages.Asking():
                self._asking_price = message.asking_price
            case messages.ResultOf():
                self._is_in_sale = True
                self._ending = None  # the result before was not the last one
            case messages.SaleOver() if self._entrance.resumes or self._entrance.is_passed:
                self._tell(message)
                self._is_in_sale = False
                self._finish(self._ending or self._without_result(NO_RESULT))
                return
            case messages.LotUp():
                self._is_in_sale = True
                self._asking_price = 0
                is_snapshot = self._entrance.resumes and self._lot is None
                self._lot = message
                if message == visit.asked_lot:  # the person may be typing for this very lot
                    self._ending = None
                    self._person.show(str(message))  # and no more: it would drop what is typed
                    return
                # The client has come back to another lot. The pause lets the terminal read, and
                # drop, the lines typed for the lot before.
                if is_snapshot:
                    super().pauseProducing()
                    self._pause = visit.clock.callLater(STALE_INPUT_WINDOW, self._end_pause)
            case messages.AuctioneerCloses(messages.TICKET_IS_GOOD | messages.PASS_IS_GOOD):
                self._tell(message)
                self._person.withdraw_question()
                return
            case messages.AuctioneerCloses() | messages.BidTimeUp():
                self._is_in_sale = False  # the next lot is not for this participant
            case messages.SeatGivenUp() | messages.YouAreExpelled():
                self._end_turned_away(message)
                return
        super()._message_received(message)
        self._send_again()  # after the person has seen the price that the line pays

    def _tell(self, message: messages.Message) -> None:
        self._person.show(printable(str(message)))
        self._person.message_received(message)

    def _end_turned_away(self, message: messages.Message) -> None:
        """Show the last message of a server that has no seat for this client any more."""
        self._tell(message)
        self._is_in_sale = False  # no lot follows for this client
        self._finish(self._ending or TURNED_AWAY)

    def _leave(self, ending: Ending) -> None:
        """End the visit before the auction ends, for good."""
        self._visit.presence = Presence.LEAVING
        super()._leave(ending)

    def pauseProducing(self) -> None:
        """Read nothing from the server while the person's screen is full."""
        self._is_paused_by_person = True
        super().pauseProducing()

    def resumeProducing(self) -> None:
        """Read again, unless lines typed for the last lot are still being dropped."""
        self._is_paused_by_person = False
        if self._pause is None:
            super().resumeProducing()

    def _end_pause(self) -> None:
        self._pause = None
        if not self._is_paused_by_person:
            super().resumeProducing()

    def _ask(self) -> None:
        self._visit.asked_lot = self._lot
        resend = self._visit.lines.resend
        if resend is not None and not resend.is_open:
            self._send_again()  # it answers the question in place of the person
        else:
            super()._ask()

    def _send_again(self) -> None:
        line = self._visit.lines.take_resend()
        if line is not None:
            self._send_answer(line)

    def _send_answer(self, line: bytes) -> None:
        if isinstance(self._question, messages.AskPass):
            self._entrance.say_pass(line)
            return
        is_anytime = isinstance(self._question, messages.AskAnytime)
        is_open = is_anytime and self._asking_price > 0  # a sealed bid may be changed, too
        pending = PendingLine(line, self._lot, is_open, self._asking_price, is_anytime != is_open)
        self._visit.lines.add(pending)
        super()._send_answer(line)
