"""A participant's side of the talk: what the server says becomes what a person reads."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectionDone
from twisted.internet.interfaces import (
    IDelayedCall,
    IHandshakeListener,
    INegotiated,
    IPushProducer,
    IReactorTime,
    ITCPTransport,
)
from twisted.internet.protocol import connectionDone
from twisted.protocols.basic import LineReceiver
from twisted.python.failure import Failure
from zope.interface import implementer

from twisted_auction.client.wording import Meaning, meaning_of, role_in, understood
from twisted_auction.text import printable
from twisted_auction.wire import messages
from twisted_auction.wire.lines import DELIMITER, MAX_LINE


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

    def hear(self, message: messages.Message) -> None:
        """Take in what the server says, in the form that a program understands."""
        return

    def ask(self, answer: Callable[[bytes | None], None]) -> None:
        """Give one line, without its end, to ``answer``, now or later; None where there will never
        be another.

        A question that is still open when the next one comes is over. In open bidding, each answer
        leads to the next question.
        """

    def offer(self, answer: Callable[[bytes | None], None]) -> None:
        """Give one line to ``answer``, as for :meth:`ask`, where the person wants to: the server
        has said something that its client does not know, and waits."""
        return

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


Role = messages.RoleSeller | messages.RoleBuyer

MAX_UNHEARD = 1000
"""Largest number of lines that a program may send before the server has said anything: one that
always answers at once would otherwise fill the memory."""

SILENCE = 0.2
"""Seconds after which what a server has sent without a line end is shown, and may be answered."""

LINGER = 5.0
"""Seconds after a result, or after it has turned a client away, for which a server may leave the
connection open."""

RESULT_READ = Ending(0)
TURNED_AWAY = Ending(1)
NO_RESULT = Ending(1, "the auction ended without a result for you")
NO_RESULT_OF_BID = Ending(1, "the lot that you bid on last ended without a result for you")
NOT_A_BUYER = Ending(1, "nobody sells anything there yet; to be the Seller: auction sell")
NOT_THE_SELLER = Ending(1, "something is on sale there already; to bid: auction bid")
INPUT_ENDED = Ending(1, "the input ended while the Auctioneer was waiting for an answer")


def insecurity(reason: Failure) -> str:
    """Say why a connection that was to be secured is not."""
    value = reason.value
    if type(value).__name__ == "VerificationError":  # of a package that may be missing
        return "the server's certificate is for another name"
    if value is not None and type(value).__module__ == "OpenSSL.SSL":
        problems = [words for error in value.args for *_, words in error]
        if "certificate verify failed" in problems:
            return (
                "the server's certificate is not trusted. To trust your own, add "
                ":trustRoots=FOLDER, where the folder has it as a .pem file"
            )
        if problems:
            return ", ".join(problems)
    return reason.getErrorMessage().removesuffix(".")


@implementer(IPushProducer)
class Speech:
    """What a client says, as its transport sees it: too much waits where the server reads slowly.

    :param go_on: is called once all that waited has left.
    :ivar is_held: whether so much waits that nothing more should be said.
    """

    def __init__(self, transport: Any, go_on: Callable[[], object]) -> None:
        self._transport = transport
        self._go_on = go_on
        self._has_ended = False
        self.is_held = False
        transport.registerProducer(self, True)

    def end(self) -> None:
        """Say no more. A transport does not close before its producer has ended."""
        if not self._has_ended:
            self._has_ended = True
            self._transport.unregisterProducer()

    def pauseProducing(self) -> None:
        """Much waits in the transport."""
        self.is_held = True

    def resumeProducing(self) -> None:
        """Everything has left."""
        self.is_held = False
        self._go_on()

    def stopProducing(self) -> None:
        """The connection has ended."""
        self._has_ended = True


@implementer(IHandshakeListener, IPushProducer)
class AuctionClient(LineReceiver):
    """Shows the assignment's transcript to a person and sends what the person answers.

    It also plays with other servers of the assignment, which use words, and line ends, of their
    own (:mod:`~twisted_auction.client.wording`). What comes and does not end within :data:`SILENCE`
    is a prompt then, and what comes later goes on behind it, unless both together are one of our
    lines.

    :param role: the one that the person came for, where no other will do.
    :param clock: counts the seconds of silence; None where the server is one of ours, which ends
        its lines.
    :param end: what ends a line that is sent.
    :ivar ended: fires with an :class:`Ending` once the connection is gone. To cancel it is to hang
        up.
    """

    delimiter = DELIMITER
    transport: ITCPTransport
    MAX_LENGTH = 16384  # of other servers; the Auctioneer repeats 512 bytes behind a few words

    def __init__(
        self,
        person: Person,
        role: type[Role] | None = None,
        clock: IReactorTime | None = None,
        end: bytes = DELIMITER,
    ) -> None:
        self._person = person
        self._role = role
        self._clock = clock
        self._end = end
        self._timer: IDelayedCall | None = None
        self._prompt = b""  # what has no line end yet, and was taken
        self._is_after_cr = False  # which was taken for a line end
        self._unanswered: Meaning | None = None  # of the last line, where its words are unknown
        self._is_secured = True  # as far as that is wanted
        self._has_said = False
        self._has_lots = False
        self._question = ""
        self._is_open = False
        self._is_guess = False
        self._has_heard = False
        self._has_result = False  # of this auction, or of an earlier lot
        self._is_bound = False  # by a bid whose result is to come
        self._ending: Ending | None = None
        self._is_asking = False
        self._is_to_ask = False
        self._unheard = 0  # lines sent since the server has said something
        self.ended: Deferred[Ending] = Deferred(lambda _: self.hang_up())

    def connectionMade(self) -> None:
        """Begin, unless it must be seen first whether the server is the right one."""
        self._speech = Speech(self.transport, self._ask_if_wanted)
        self._person.attend(self)
        if INegotiated.providedBy(self.transport):
            self._is_secured = False
        else:
            self.begin()

    def handshakeCompleted(self) -> None:
        """Begin beneath TLS."""
        self._is_secured = True
        self.begin()

    def begin(self) -> None:
        """Tell the person that somebody is there."""
        self._person.show("Connected to the Auctioneer server.")

    def wonder(self) -> None:
        """Tell the person, to whom nothing has been said yet, why that may be."""
        if not self._has_heard:
            self._person.show("Nothing is said there. If it is a lobby, name a room with --room.")

    def dataReceived(self, data: bytes) -> None:
        """Take bytes, in whatever pieces they come."""
        super().dataReceived(data)
        is_heard = self._unanswered is None and self._ending is None
        is_waiting = len(self._buffer) > len(self._prompt) or not is_heard
        if is_waiting and not self.ended.called:
            self._start(SILENCE, self._end_silence)

    def lineReceived(self, line: bytes) -> None:
        """Take one line from the server, even from one that words it in its own way."""
        prompt, self._prompt = self._prompt, b""
        is_rest_of_cr, self._is_after_cr = self._is_after_cr and not line, False
        if is_rest_of_cr:
            return
        if prompt and (understood(line) is None or line.strip() == prompt.strip()):
            line = line[len(prompt) :]
            if not line.strip():
                return
        self._hear(line)

    def _hear(self, line: bytes) -> None:
        self._has_heard = True
        self._unheard = 0
        self._unanswered = None
        message = understood(line)
        if message is None:
            self._guess(line.decode("utf-8", "replace").rstrip())
        else:
            self._take(message)
        self._ask_if_wanted()

    def _guess(self, text: str) -> None:
        """Show a line of unknown wording, and see what it seems to ask for."""
        shown = printable(text)
        self._person.show(shown)
        role = role_in(text)
        if role is not None and self._role not in (None, role):
            self._leave(NOT_A_BUYER if role is messages.RoleSeller else NOT_THE_SELLER)
            return
        meaning = meaning_of(text, self._has_said)
        match meaning:
            case Meaning.RESULT:
                self._finish(RESULT_READ)
            case Meaning.TURNED_AWAY:
                self._ending = TURNED_AWAY
            case _:
                self._question = shown
                self._unanswered = meaning

    def _end_silence(self) -> None:
        """Nothing has come for a while: a line without an end is one, and who waits is answered. A
        server that has no more to say may forget to close."""
        self._timer = None
        if self.paused:
            return
        *lines, rest = self.clearLineBuffer().split(b"\r")
        for line in lines:
            self.lineReceived(line)
        self._is_after_cr = bool(lines) and not rest
        if len(rest) > len(self._prompt):
            self._hear(rest[len(self._prompt) :])
        self._buffer = self._prompt = rest
        meaning, self._unanswered = self._unanswered, None
        match meaning:
            case Meaning.REQUEST_WANTED | Meaning.BID_WANTED | Meaning.ANSWER_WANTED:
                self._ending = None  # what seemed to be the end was none
                self._is_open = False
                self._is_guess = meaning is Meaning.ANSWER_WANTED  # perhaps it is no question
                self._ask()
                if meaning is Meaning.REQUEST_WANTED:
                    self._person.hear(messages.AskRequest())
                elif meaning is Meaning.BID_WANTED:
                    self._person.hear(messages.AskBid())
            case Meaning.NEWS if self._ending is None:
                self._person.offer(self._remark)
            case _ if self._ending is not None and not self._has_lots:
                self._start(LINGER, self.hang_up)

    def _remark(self, line: bytes | None) -> None:
        """Send what the person says although it was asked nothing that is known."""
        if line is not None:
            self._say(line[:MAX_LINE])

    def _start(self, seconds: float, call: Callable[[], object]) -> None:
        """Call this once that time has passed, unless something else is to be called by then."""
        self._stop()
        if self._clock is not None:
            self._timer = self._clock.callLater(seconds, call)

    def _stop(self) -> None:
        if self._timer is not None and self._timer.active():
            self._timer.cancel()
        self._timer = None

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Say how the visit ended."""
        self._person.attend(None)
        self._stop()
        if self._clock is not None and self._ending is None and reason.check(ConnectionDone):
            # Last words without an end are whole where the server has closed in good order.
            for line in filter(None, self.clearLineBuffer()[len(self._prompt) :].split(b"\r")):
                self._hear(line)
            self._stop()
        if self.ended.called:
            return
        if self._ending is RESULT_READ:
            self._person.show("Disconnecting from the Auctioneer server. Auction is over!")
        if not self._is_secured:
            self._ending = Ending(1, f"there is no secure connection: {insecurity(reason)}")
        if self._ending is None:
            why = "" if reason.check(ConnectionDone) else f": {reason.getErrorMessage()}"
            self._ending = Ending(1, f"the connection was lost before the result{why}")
        self.ended.callback(self._ending)

    def _take(self, message: messages.Message) -> None:
        text = printable(str(message))
        match message:
            case messages.AskRequest() | messages.AskBid() | messages.AskAnytime():
                self._ending = None  # what seemed to be the end was none
                self._is_open = isinstance(message, messages.AskAnytime)
                self._is_guess = False
                self._question = text
                self._person.show(text)
                self._ask()
            case messages.RoleSeller() | messages.RoleBuyer():
                self._person.show(text)
                if self._role is not None and not isinstance(message, self._role):
                    is_seller = isinstance(message, messages.RoleSeller)
                    self._leave(NOT_A_BUYER if is_seller else NOT_THE_SELLER)
            case messages.BiddingStart():
                self._person.show("The bidding has started!")
            case messages.RequestReceived():
                self._person.show("Server: Auction start.")
            case messages.BidReceived() | messages.YouHold():
                self._is_bound = True
                self._person.show(f"Server: {text}")
            case (
                messages.RequestRefused()
                | messages.RequestAlreadyIn()
                | messages.BidRefused()
                | messages.HavePassed()
                | messages.BiddingNotOpen()
                | messages.BidAlreadyIn()
                | messages.BidTooLow()
                | messages.BidTooSoon()
                | messages.BidTooHigh()
                | messages.RepeatBid()
                | messages.NotUnderstood()
                | messages.NotAccepted()
                | messages.LineTooLong()
            ):
                self._person.show(f"Server: {text}")
            case messages.ServerBusy() | messages.BiddingOngoing():
                self._person.show("Server is busy. Try to connect again later.")
                self._ending = TURNED_AWAY
            case messages.SaleOver():
                self._person.show(text)
                if self._ending is None:
                    self._ending = RESULT_READ if self._has_result else TURNED_AWAY
            case messages.AuctionCancelled():
                self._person.show(text)
                self._is_bound = False
                self._finish(self._without_result(NO_RESULT))
            case messages.AuctioneerCloses() | messages.RequestTimeUp() | messages.BidTimeUp():
                self._person.show(text)
                self._finish(self._without_result(NO_RESULT))
            case messages.SoldFor() | messages.NotSold() | messages.YouWon() | messages.YouLost():
                self._person.show(text)
                self._has_result, self._is_bound = True, False
                self._finish(RESULT_READ)
            case messages.LotUp():
                self._person.show(text)
                self._has_lots = True
                self._stop()
                self._ending = None  # the last lot's result was not the end
            case messages.BidStands() | messages.Outbid():
                self._is_bound = isinstance(message, messages.BidStands)
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
        self.hang_up()

    def hang_up(self) -> None:
        """Close the connection, once what was said has left."""
        self._speech.end()
        self.transport.loseConnection()

    def _finish(self, ending: Ending) -> None:
        """No answer is wanted any more, unless another lot follows."""
        self._is_to_ask = False
        self._ending = ending
        self._person.withdraw()

    def _ask(self) -> None:
        """Ask the person, and again for as long as it answers at once: each answer may lead to the
        next question, and must not do so ever deeper in the stack. After :data:`MAX_UNHEARD`
        lines, the next question waits until the server has said something, and while the server
        reads too slowly, until what was said has left."""
        self._is_to_ask = True
        if self._is_asking:
            return
        self._is_asking = True
        try:
            while self._is_to_ask and self._unheard < MAX_UNHEARD and not self._speech.is_held:
                self._is_to_ask = False
                self._person.ask(self._answer)
        finally:
            self._is_asking = False

    def _ask_if_wanted(self) -> None:
        if self._is_to_ask:
            self._ask()

    def _say(self, line: bytes) -> None:
        self._has_said = True
        self._unheard += 1
        # What was asked without a line end is answered: nothing goes on behind it.
        self._buffer, self._prompt = self._buffer[len(self._prompt) :], b""
        self.transport.write(line + self._end)

    def _answer(self, line: bytes | None) -> None:
        if line is None:
            # In open bidding there is nothing to say, but a result to hear.
            if not (self._is_open or self._is_guess):
                self._leave(self._without_result(INPUT_ENDED))
        elif len(line) > MAX_LINE:
            self._person.show(f"That line is too long: {MAX_LINE} bytes is the most.")
            self._person.show(self._question)
            self._ask()
        else:
            self._say(line)
            if self._is_open:
                self._ask()
