"""A participant's side of the talk: what the server says becomes what a person reads."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectionDone
from twisted.internet.interfaces import IPushProducer, ITCPTransport
from twisted.internet.protocol import connectionDone
from twisted.protocols.basic import LineReceiver
from twisted.python.failure import Failure
from zope.interface import implementer

from twisted_auction import wire
from twisted_auction.command import printable


class Person(Protocol):
    """Whoever takes part through a client: somebody at a terminal, or a program.

    Those who inherit from this class may leave out what they do not care for.
    """

    def attend(self, talk: IPushProducer | None) -> None:
        """Be shown what this connection brings, or None once it has ended. A person that cannot
        keep up may pause it, and resume it later."""
        return

    def show(self, text: str) -> None:
        """Read one line."""

    def hear(self, message: wire.Message) -> None:
        """Take in what the server says, in the form that a program understands."""
        return

    def ask(self, answer: Callable[[bytes | None], None]) -> None:
        """Give one line, without its end, to ``answer``, now or later; None where there will never
        be another.

        A question that is still open when the next one comes is over. In open bidding, each answer
        leads to the next question.
        """

    def withdraw(self) -> None:
        """The question that is open is over: nobody waits for a line any more."""
        return


@dataclass(frozen=True, slots=True)
class Ending:
    """How a client's visit ended.

    :param status: the exit status: 0 where the result was read, or in a sale of many lots at least
        one, and none is missing of a lot that the person has bid on; otherwise 1.
    :param complaint: what went wrong, where the person has not read it already.
    """

    status: int
    complaint: str = ""


Role = wire.RoleSeller | wire.RoleBuyer

RESULT_READ = Ending(0)
TURNED_AWAY = Ending(1)
NO_RESULT = Ending(1, "the auction ended without a result for you")
NO_RESULT_OF_BID = Ending(1, "the lot that you bid on last ended without a result for you")
NOT_A_BUYER = Ending(1, "nobody sells anything there yet; to be the Seller: auction sell")
NOT_THE_SELLER = Ending(1, "something is on sale there already; to bid: auction bid")
INPUT_ENDED = Ending(1, "the input ended while the Auctioneer was waiting for an answer")


@implementer(IPushProducer)
class AuctionClient(LineReceiver):
    """Shows the assignment's transcript to a person and sends what the person answers.

    :param role: the one that the person came for, where no other will do.
    :ivar ended: fires with an :class:`Ending` once the connection is gone. To cancel it is to hang
        up.
    """

    delimiter = wire.DELIMITER
    transport: ITCPTransport
    MAX_LENGTH = 2 * wire.MAX_LINE  # the Auctioneer repeats a whole line behind a few words

    def __init__(self, person: Person, role: type[Role] | None = None) -> None:
        self._person = person
        self._role = role
        self._question = ""
        self._is_open = False
        self._has_heard = False
        self._has_result = False  # of this auction, or of an earlier lot
        self._is_bound = False  # by a bid whose result is to come
        self._ending: Ending | None = None
        self._is_asking = False
        self._is_to_ask = False
        self.ended: Deferred[Ending] = Deferred(lambda _: self.transport.loseConnection())

    def connectionMade(self) -> None:
        """Tell the person that somebody is there."""
        self._person.attend(self)
        self._person.show("Connected to the Auctioneer server.")

    def wonder(self) -> None:
        """Tell the person, to whom nothing has been said yet, why that may be."""
        if not self._has_heard:
            self._person.show("Nothing is said there. If it is a lobby, name a room with --room.")

    def lineReceived(self, line: bytes) -> None:
        """Take one line from the server, even from one that words it in its own way."""
        self._has_heard = True
        try:
            message = wire.parse(line)
        except ValueError:
            self._person.show(printable(line.decode("utf-8", "replace").rstrip()))
        else:
            self._take(message)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Say how the visit ended."""
        self._person.attend(None)
        if self.ended.called:
            return
        if self._ending is RESULT_READ:
            self._person.show("Disconnecting from the Auctioneer server. Auction is over!")
        if self._ending is None:
            why = "" if reason.check(ConnectionDone) else f": {reason.getErrorMessage()}"
            self._ending = Ending(1, f"the connection was lost before the result{why}")
        self.ended.callback(self._ending)

    def _take(self, message: wire.Message) -> None:
        text = printable(str(message))
        match message:
            case wire.AskRequest() | wire.AskBid() | wire.AskAnytime():
                self._is_open = isinstance(message, wire.AskAnytime)
                self._question = text
                self._person.show(text)
                self._ask()
            case wire.RoleSeller() | wire.RoleBuyer():
                self._person.show(text)
                if self._role is not None and not isinstance(message, self._role):
                    is_seller = isinstance(message, wire.RoleSeller)
                    self._leave(NOT_A_BUYER if is_seller else NOT_THE_SELLER)
            case wire.BiddingStart():
                self._person.show("The bidding has started!")
            case wire.RequestReceived():
                self._person.show("Server: Auction start.")
            case wire.BidReceived() | wire.YouHold():
                self._is_bound = True
                self._person.show(f"Server: {text}")
            case (
                wire.RequestRefused()
                | wire.RequestAlreadyIn()
                | wire.BidRefused()
                | wire.HavePassed()
                | wire.BiddingNotOpen()
                | wire.BidAlreadyIn()
                | wire.BidTooLow()
                | wire.BidTooSoon()
                | wire.BidTooHigh()
                | wire.NotUnderstood()
                | wire.LineTooLong()
            ):
                self._person.show(f"Server: {text}")
            case wire.ServerBusy() | wire.BiddingOngoing():
                self._person.show("Server is busy. Try to connect again later.")
                self._ending = TURNED_AWAY
            case wire.SaleOver():
                self._person.show(text)
                if self._ending is None:
                    self._ending = RESULT_READ if self._has_result else TURNED_AWAY
            case wire.AuctionCancelled():
                self._person.show(text)
                self._is_bound = False
                self._finish(self._without_result(NO_RESULT))
            case wire.AuctioneerCloses() | wire.RequestTimeUp() | wire.BidTimeUp():
                self._person.show(text)
                self._finish(self._without_result(NO_RESULT))
            case wire.SoldFor() | wire.NotSold() | wire.YouWon() | wire.YouLost():
                self._person.show(text)
                self._has_result, self._is_bound = True, False
                self._finish(RESULT_READ)
            case wire.LotUp():
                self._person.show(text)
                self._ending = None  # the last lot's result was not the end
            case wire.BidStands() | wire.Outbid():
                self._is_bound = isinstance(message, wire.BidStands)
                self._person.show(text)
            case _:
                self._person.show(text)
        self._person.hear(message)

    def _without_result(self, ending: Ending) -> Ending:
        """How the visit ends where nothing more will be heard: by the results of earlier lots, if
        there were any."""
        if not self._has_result:
            return ending
        return NO_RESULT_OF_BID if self._is_bound else RESULT_READ

    def _leave(self, ending: Ending) -> None:
        """End the visit before its time."""
        self._ending = ending
        self.transport.loseConnection()

    def _finish(self, ending: Ending) -> None:
        """No answer is wanted any more, unless another lot follows."""
        self._ending = ending
        self._person.withdraw()

    def _ask(self) -> None:
        """Ask the person, and again for as long as it answers at once: each answer may lead to the
        next question, and must not do so ever deeper in the stack."""
        self._is_to_ask = True
        if self._is_asking:
            return
        self._is_asking = True
        try:
            while self._is_to_ask:
                self._is_to_ask = False
                self._person.ask(self._answer)
        finally:
            self._is_asking = False

    def _say(self, line: bytes) -> None:
        self.sendLine(line)

    def _answer(self, line: bytes | None) -> None:
        if line is None:
            if not self._is_open:  # otherwise there is nothing to say, but a result to hear
                self._leave(self._without_result(INPUT_ENDED))
        elif len(line) > wire.MAX_LINE:
            self._person.show(f"That line is too long: {wire.MAX_LINE} bytes is the most.")
            self._person.show(self._question)
            self._ask()
        else:
            self._say(line)
            if self._is_open:
                self._ask()
