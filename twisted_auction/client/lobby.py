"""A visit to a room, by way of the lobby: it outlives the connections that it is made of.

When a connection is cut, another one is made, on which the ticket leads back to the seat. By what
the Auctioneer says there, a line is judged whose answer the cut may have swallowed:

=======================================================  ===========================================
What comes in answer to the ticket                       What becomes of the line
=======================================================  ===========================================
the request is received, or this bid stands              it was taken
the same question again, in the same lot                 it was not taken: it is sent again, at once
in open bidding, a price that is asked which the line    it was not taken: it is sent again, at once
pays, and which is not below the one of then
in open bidding, anything else                           it is not sent again; the person is told
another lot                                              it is not sent again; the person is told
the result, or that there is no seat                     the visit is over
=======================================================  ===========================================

Of several lines without an answer, which only open bidding has, the last one is judged. No line can
count twice: once the Auctioneer has taken the ticket, it hears nothing from the connection before.
"""

from contextlib import suppress
from dataclasses import dataclass

from twisted.application.internet import ClientService, backoffPolicy
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.interfaces import (
    IAddress,
    IDelayedCall,
    IReactorTime,
    IStreamClientEndpoint,
    ITransport,
)
from twisted.internet.protocol import Factory, Protocol, connectionDone
from twisted.python.failure import Failure

from twisted_auction.client.protocol import (
    NO_RESULT,
    NOT_A_BUYER,
    NOT_THE_SELLER,
    RESULT_READ,
    TURNED_AWAY,
    AuctionClient,
    Ending,
    Person,
    Role,
)
from twisted_auction.rules.amounts import parse_amount
from twisted_auction.rules.auction import PASS
from twisted_auction.sockets import notice_cuts, socket_of
from twisted_auction.text import printable
from twisted_auction.wire import messages

NO_LOBBY = Ending(1, "that is no lobby; name the port of one, or leave out --room")

RETRIES = backoffPolicy(initialDelay=0.5, factor=1.5, maxDelay=10)
"""The seconds before each attempt to come back."""

HASTE = 1.0
"""Seconds that somebody who leaves has for saying so."""

MOMENT = 0.1
"""Seconds in which a terminal drops what was typed for a lot that is over."""

CUT = 30
"""Seconds after which silence on the network is a cut."""


async def join_room(endpoint: IStreamClientEndpoint, visit: "RoomVisit") -> Ending:
    """Take a person through one auction, or one sale, in a room, over as many connections as that
    takes.

    :param endpoint: leads to a lobby.
    :return: how it ended, once the last connection is closed. Cancelling it hangs up, and gives the
        seat up.
    :raises Exception: whatever the endpoint fails with where there is no connection at first.
    """
    service = ClientService(endpoint, visit, RETRIES, visit.clock)
    # Not at once: the service is in the middle of failing, and would be stopped by it.
    service.whenConnected(failAfterFailures=1).addErrback(
        lambda failure: visit.clock.callLater(0, visit.fail, failure)
    )
    service.startService()
    try:
        ending = await visit.ended
    except Exception as error:
        visit.is_leaving = isinstance(error, CancelledError)
        await _hang_up(service, endpoint, visit)
        raise
    await _hang_up(service, endpoint, visit)
    return ending


async def _hang_up(
    service: ClientService, endpoint: IStreamClientEndpoint, visit: "RoomVisit"
) -> None:
    """Make no more connections; and where the person leaves before its time, give the seat up."""
    visit.hang_up()
    await service.stopService()
    if visit.is_leaving and visit.ticket is not None:
        await _stand_up(endpoint, visit.ticket, visit.clock)
    visit.gone.callback(None)


async def _stand_up(endpoint: IStreamClientEndpoint, ticket: str, clock: IReactorTime) -> None:
    """Give a seat up at once. Where that cannot be done soon, it is kept for a while."""
    quitter = Quitter(ticket)
    quitting = endpoint.connect(Factory.forProtocol(lambda: quitter))
    with suppress(Exception):  # each kind of endpoint has errors of its own
        await quitting.addCallback(lambda _: quitter.done).addTimeout(HASTE, clock)


class Quitter(Protocol):
    """Tells the lobby that a seat is given up.

    :ivar done: fires when the connection has ended.
    """

    transport: ITransport

    def __init__(self, ticket: str) -> None:
        self._ticket = ticket
        self.done: Deferred[None] = Deferred()

    def connectionMade(self) -> None:
        """Say so."""
        self.transport.write(f"QUIT {self._ticket}\n".encode())

    def dataReceived(self, data: bytes) -> None:
        """Take any answer for a goodbye."""
        self.transport.loseConnection()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """It is done, or cannot be done."""
        self.done.callback(None)


@dataclass(frozen=True, slots=True)
class Said:
    """A line that was sent.

    :param lot: the lot that was up, in a sale.
    :param is_open: whether bidding was open.
    :param asking_price: what was asked then, in whole dollars.
    """

    line: bytes
    lot: messages.LotUp | None
    is_open: bool
    asking_price: int

    def pays(self, asking_price: int) -> bool:
        """Whether somebody who said this wants to pay this price, which is no bargain since, or
        passes at any price."""
        if self.line.strip().lower() == PASS:
            return True
        if asking_price < self.asking_price:
            return False
        try:
            return parse_amount(self.line.strip()) >= asking_price
        except ValueError:
            return self.line.strip().lower() == b"accept" and asking_price == self.asking_price

    def __str__(self) -> str:
        return printable(self.line.decode("utf-8", "replace"))


class RoomVisit(Factory):
    """What lasts from one connection to the next.

    :param clock: counts the seconds.
    :param role: the one that the person came for, where no other will do.
    :ivar ticket: leads back to the seat, once there is one.
    :ivar doubtful: what was sent last before a cut, where it is not known whether it was taken.
    :ivar asked_in: the lot in which the person was asked last.
    :ivar is_leaving: whether the person leaves before its time, and for good.
    :ivar is_away: whether the person has read that the connection is lost.
    :ivar ended: fires with an :class:`~twisted_auction.client.protocol.Ending` when the visit is
        over, or with the failure of the first connection.
    :ivar gone: fires when that, too, is over which follows.
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
        self.doubtful: Said | None = None
        self.asked_in: messages.LotUp | None = None
        self.is_leaving = False
        self.is_away = False
        self.ended: Deferred[Ending] = Deferred()
        self.gone: Deferred[None] = Deferred()
        self._client: RoomClient | None = None

    def buildProtocol(self, addr: IAddress | None) -> "RoomClient":
        """Make the protocol for the next connection."""
        self._client = RoomClient(self)
        return self._client

    def fail(self, failure: Failure) -> None:
        """There is no connection at first."""
        if not self.ended.called:
            self.ended.errback(failure)

    def depart(self) -> Deferred[None]:
        """Leave before the end.

        :return: fires once nobody waits for this one any more.
        """
        self.is_leaving = True
        if not self.ended.called:
            self.ended.callback(NO_RESULT)
        return self.gone

    def hang_up(self) -> None:
        """Close the connection, if there is one."""
        if self._client is not None and self._client.connected:
            self._client.hang_up()

    def leave(self) -> None:
        """The connection is cut: ask the person nothing until it is back."""
        self.person.withdraw()
        if not self.is_away:
            self.is_away = True
            self.person.show("Connection lost. Trying to come back...")

    def come_back(self) -> None:
        """The seat is taken again, or there is a result."""
        if self.is_away:
            self.is_away = False
            self.person.show("Connected again.")

    def give_up(self) -> None:
        """Let the doubtful line be, if there is one."""
        if self.doubtful is not None:
            self.person.show(f"Not sent again: {self.doubtful}")
            self.doubtful = None


class RoomClient(AuctionClient):
    """One connection of a visit to a room."""

    def __init__(self, visit: RoomVisit) -> None:
        super().__init__(visit.person, visit.role)
        self.ended = visit.ended
        self._visit = visit
        self._is_new = visit.ticket is None
        self._is_looking = False
        self._is_on_sale = True
        self._is_seated = False
        self._number = 0
        self._lot: messages.LotUp | None = None
        self._heading: messages.LotUp | messages.ResultOf | None = None  # whose results are heard
        self._asking_price = 0
        self._is_to_repeat = False
        self._unsettled: list[Said] = []  # what has no answer yet, the oldest first
        self._pause: IDelayedCall | None = None
        self._is_held = False  # by the person

    def begin(self) -> None:
        """Ask for a seat, or for the one that was had before."""
        notice_cuts(socket_of(self.transport), CUT)
        if self._visit.ticket is not None:
            self.sendLine(f"RESUME {self._visit.ticket}".encode())
            return
        super().begin()
        if self._visit.role is None:
            self._join()
        else:  # look first: a seat that is left again stays empty for a while
            self._is_looking = True
            self.sendLine(f"WATCH {self._visit.room}".encode())
            self.sendLine(b"PING")

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Say how the visit ended, where it has."""
        self._person.attend(None)
        if self._pause is not None:
            self._pause.cancel()
        if self._visit.ended.called:
            return
        if self._is_over():
            super().connectionLost(reason)
            return
        if self._unsettled:
            self._visit.give_up()
            self._visit.doubtful = self._unsettled[-1]
        self._visit.leave()

    def _is_over(self) -> bool:
        if self._visit.ticket is None or self._visit.is_leaving:
            return True
        if self._heading is not None and self._heading.lot < self._heading.lots:
            return self._ending not in (None, RESULT_READ, NO_RESULT)  # another lot follows
        return self._ending is not None

    def _join(self) -> None:
        self.sendLine(f"JOIN {self._visit.room}".encode())

    def _look(self, message: messages.Message) -> None:
        """See whether the role that the person came for is to be had."""
        match message:
            case messages.NothingOnSale():
                self._is_on_sale = False
            case messages.Pong():
                self._is_looking = False
                if self._is_on_sale and self._visit.role is messages.RoleSeller:
                    self._leave(NOT_THE_SELLER)
                elif not self._is_on_sale and self._visit.role is messages.RoleBuyer:
                    self._leave(NOT_A_BUYER)
                else:
                    self._join()
            case messages.NotDone() | messages.RoleSeller() | messages.RoleBuyer():
                self._is_looking = False
                self._take_from_lobby(message)
            case messages.ServerBusy() | messages.BiddingOngoing():
                super()._take(message)  # of a room, which is no lobby

    def _take(self, message: messages.Message) -> None:
        if self._is_looking:
            self._look(message)
            return
        visit = self._visit
        if not self._is_seated and self._take_from_lobby(message):
            return
        visit.come_back()
        if self._unsettled and _is_answer(message, self._unsettled[0]):
            del self._unsettled[0]
        if visit.doubtful is not None:
            self._judge(message, visit.doubtful)
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
                is_where_things_stand = not self._is_new and self._lot is None
                self._lot = message
                if message == visit.asked_in:  # what is being typed is meant for it
                    self._ending = None
                    self._person.show(str(message))
                    return
                if is_where_things_stand:
                    super().pauseProducing()
                    self._pause = visit.clock.callLater(MOMENT, self._go_on)
            case messages.AuctioneerCloses(messages.TICKET_IS_GOOD):
                self._person.show(printable(str(message)))
                self._person.withdraw()
                return
            case messages.AuctioneerCloses() | messages.BidTimeUp():
                self._heading = None  # the next lot is for others, or for nobody
            case messages.CameBack():
                self._person.show(printable(str(message)))
                self._finish(TURNED_AWAY)
                return
            case messages.SeatGivenUp():
                self._person.show(printable(str(message)))
                self._heading = None  # no lot follows for this seat
                self._finish(self._ending or TURNED_AWAY)
                return
        super()._take(message)
        if self._is_to_repeat:
            self._is_to_repeat = False
            self._repeat()

    def _take_from_lobby(self, message: messages.Message) -> bool:
        """Take what is said before the seat is taken.

        :return: whether that was all about it.
        """
        visit = self._visit
        match message:
            case messages.TicketIs():
                visit.ticket = message.ticket
            case messages.NotDone():
                what = "join" if self._is_new else "come back to"
                visit.ticket = None
                why = printable(message.text).removesuffix(".")
                self._leave(Ending(1, f"cannot {what} room {visit.room}: {why}"))
            case messages.ServerBusy() if not self._is_new:
                pass  # the seat is kept: try again
            case messages.RoleSeller() | messages.RoleBuyer():
                if visit.ticket is not None:
                    self._is_seated = True
                    self._ending = None  # of an auction that was only looked at
                    return False
                self._leave(NO_LOBBY)
            case _:
                return False
        return True

    def _leave(self, ending: Ending) -> None:
        """End the visit before its time, and for good."""
        self._visit.is_leaving = True
        super()._leave(ending)

    def _judge(self, message: messages.Message, said: Said) -> None:
        """See what has become of the doubtful line. The question that asks for it again is in
        :meth:`_ask`."""
        visit = self._visit
        match message:
            case messages.LotUp() if message != said.lot:
                visit.give_up()
            case messages.RequestReceived() | messages.HavePassed() if not said.is_open:
                visit.doubtful = None
            case messages.BidStands() if not said.is_open or _is_amount(said, message.amount):
                visit.doubtful = None
            case messages.HighestBid() if message.buyer == self._number and _is_amount(
                said, message.amount
            ):
                visit.doubtful = None
            case messages.HighestBid() | messages.Asking() if said.pays(message.asking_price):
                self._is_to_repeat = True  # behind the price
            case messages.HighestBid() | messages.Asking():
                visit.give_up()

    def pauseProducing(self) -> None:
        """Bring nothing while the person's screen is full."""
        self._is_held = True
        super().pauseProducing()

    def resumeProducing(self) -> None:
        """Go on, unless what is typed for the last lot is being dropped."""
        self._is_held = False
        if self._pause is None:
            super().resumeProducing()

    def _go_on(self) -> None:
        self._pause = None
        if not self._is_held:
            super().resumeProducing()

    def _ask(self) -> None:
        self._visit.asked_in = self._lot
        said = self._visit.doubtful
        if said is None or said.is_open:
            super()._ask()
        else:
            self._repeat()

    def _repeat(self) -> None:
        """Send the doubtful line again, unless something was said in its place."""
        said = self._visit.doubtful
        assert said is not None
        if self._unsettled and self._unsettled[-1].line != said.line:
            self._visit.give_up()
            return
        self._visit.doubtful = None
        if not self._unsettled:
            self._person.show(f"Sent again: {said}")
            self._say(said.line)

    def _say(self, line: bytes) -> None:
        self._unsettled.append(Said(line, self._lot, self._is_open, self._asking_price))
        super()._say(line)


def _is_answer(message: messages.Message, said: Said) -> bool:
    match message:
        case (
            messages.YouHold()
            | messages.RequestReceived()
            | messages.RequestRefused()
            | messages.RequestAlreadyIn()
            | messages.BidReceived()
            | messages.BidRefused()
            | messages.BidTooLow()
            | messages.BidTooSoon()
            | messages.BidTooHigh()
            | messages.HavePassed()
            | messages.RepeatBid()
            | messages.BidAlreadyIn()
            | messages.BiddingNotOpen()
            | messages.NotUnderstood()
            | messages.NotAccepted()
        ):
            return True
    return False


def _is_amount(said: Said, amount: int) -> bool:
    return said.line.strip() == b"%d" % amount
