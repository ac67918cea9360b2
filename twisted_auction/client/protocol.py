"""The client protocol: the server's messages become the lines that a person reads."""

from enum import Enum

from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectionDone
from twisted.internet.interfaces import (
    IHandshakeListener,
    INegotiated,
    IPushProducer,
    IReactorTime,
)
from twisted.internet.protocol import connectionDone
from twisted.python.failure import Failure
from zope.interface import implementer

from twisted_auction.client.framing import PromptReceiver
from twisted_auction.client.person import (
    INPUT_ENDED,
    NO_PASS,
    NO_RESULT,
    NO_RESULT_OF_BID,
    NOT_A_BUYER,
    NOT_THE_SELLER,
    ONLY_WATCHES,
    RESULT_READ,
    TURNED_AWAY,
    Ending,
    Person,
    Question,
    Role,
)
from twisted_auction.client.resend import ANSWER_MESSAGES
from twisted_auction.client.transports import OutgoingProducer, tls_failure_reason
from twisted_auction.client.wording import Meaning, meaning_of, parse_lenient, role_in
from twisted_auction.text import printable
from twisted_auction.wire import messages
from twisted_auction.wire.lines import DELIMITER, MAX_LINE

MAX_UNANSWERED = 1000
"""Largest number of lines that a client sends without an answer.

A participant that always answers at once would otherwise fill the memory.
"""

CLOSE_TIMEOUT = 5.0
"""Seconds for which another server may leave the connection open after a result or a refusal."""


class State(Enum):
    """How far the exchange with the server has come."""

    SECURING = "the TLS handshake is not over"
    SILENT = "neither side has sent a line"
    LISTENING = "only the server has sent lines"
    TALKING = "the person has sent a line, too"


QUESTIONS: dict[Meaning, Question | None] = {
    Meaning.PASS_WANTED: messages.AskPass(),
    Meaning.REQUEST_WANTED: messages.AskRequest(),
    Meaning.BID_WANTED: messages.AskBid(),
    Meaning.ANSWER_WANTED: None,
}
"""The questions that other servers ask in words of their own."""


@implementer(IHandshakeListener, IPushProducer)
class AuctionClient(PromptReceiver):
    """Shows the assignment's transcript to a person, and sends the person's answers.

    The client also works with other servers of the assignment, which have their own words
    (:mod:`~twisted_auction.client.wording`) and line ends (:mod:`~twisted_auction.client.framing`).

    :param role: the role that the person wants; None for either.
    :param clock: times the silences of other servers; None if the server is ours.
    :param end: the bytes after each line sent.
    :ivar ended: fires with an :class:`~twisted_auction.client.person.Ending` when the connection is
        closed. Cancelling it closes the connection.
    """

    def __init__(
        self,
        person: Person,
        role: type[Role] | None = None,
        clock: IReactorTime | None = None,
        end: bytes = DELIMITER,
    ) -> None:
        super().__init__(clock)
        self._person = person
        self._role = role
        self._clock = clock
        self._end = end
        self._pending_meaning: Meaning | None = None  # of the last line, if its words were unknown
        self._state = State.SILENT
        self._has_lots = False
        self._question_text = ""
        self._question: Question | None = None  # the last one; None if its words were unknown
        self._has_result = False  # of this auction, or of an earlier lot
        self._is_bound = False  # a bid of this participant may still win
        self._ending: Ending | None = None
        self._is_asking = False
        self._is_to_ask = False
        self._sent_since_reply = 0  # lines
        self.ended: Deferred[Ending] = Deferred(lambda _: self._cancelled())

    def _cancelled(self) -> None:
        # Otherwise the person could be asked once more, before the connection is closed.
        self._timer.close()
        self.disconnect()

    def connectionMade(self) -> None:
        """Watch the outgoing bytes. Start now, or with TLS after the handshake."""
        self._outgoing = OutgoingProducer(self.transport, self._ask_if_wanted)
        self._person.connection_changed(self)
        if INegotiated.providedBy(self.transport):
            self._state = State.SECURING
        else:
            self.connection_ready()

    def handshakeCompleted(self) -> None:
        """Start, now that TLS has verified the server."""
        if getattr(self.transport, "disconnecting", False):
            return  # Twisted 24 calls this for a wrong certificate, too, while it disconnects
        self._state = State.SILENT
        self.connection_ready()

    def connection_ready(self) -> None:
        """Tell the person that the connection is made, and with TLS secure."""
        self._person.show("Connected to the Auctioneer server.")

    def explain_silence(self) -> None:
        """Tell the person the possible reason, if the server has sent nothing yet."""
        if self._state is State.SILENT:
            self._person.show("Nothing is said there. If it is a lobby, name a room with --room.")

    def dataReceived(self, data: bytes) -> None:
        """Handle bytes, in pieces of any size."""
        super().dataReceived(data)
        # A guess stands only if nothing follows: another line may be the answer, or the next lot.
        if self._pending_meaning is not None or self._ending is not None:
            self.await_silence()

    def line_completed(self, line: bytes) -> None:
        """Handle one line of the server, in our words or in its own."""
        if self._state is not State.TALKING:
            self._state = State.LISTENING
        self._sent_since_reply = 0
        self._pending_meaning = None
        message = parse_lenient(line)
        if message is None:
            self._unknown_line_received(line.decode("utf-8", "replace").rstrip())
        else:
            self._message_received(message)
        self._ask_if_wanted()

    def _unknown_line_received(self, text: str) -> None:
        """Show a line in unknown words, and guess its meaning."""
        shown = printable(text)
        self._person.show(shown)
        role = role_in(text)
        if role is not None and self._role not in (None, role):
            self._leave(NOT_A_BUYER if role is messages.RoleSeller else NOT_THE_SELLER)
            return
        meaning = meaning_of(text, self._state is State.TALKING)
        match meaning:
            case Meaning.RESULT:
                self._finish(RESULT_READ)
            case Meaning.TURNED_AWAY:
                self._ending = TURNED_AWAY
            case _:
                self._question_text = shown
                self._pending_meaning = meaning

    def silence_passed(self) -> None:
        """Ask the person what the server seems to ask. After a result, close if the server does
        not."""
        meaning, self._pending_meaning = self._pending_meaning, None
        if meaning in QUESTIONS:
            self._ending = None  # a question proves that the auction goes on
            question = self._question = QUESTIONS[meaning]
            self._ask()
            if question is not None:
                self._person.message_received(question)
        elif meaning is Meaning.NEWS and self._ending is None:
            self._person.ask_optional(self._send_optional)
        elif self._ending is not None and not self._has_lots:
            self._timer.start(CLOSE_TIMEOUT, self.disconnect)

    def _send_optional(self, line: bytes | None) -> None:
        """Send the answer to an optional question."""
        if line is not None:
            self._send_answer(line[:MAX_LINE])

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Fire ``ended``, in most cases with the result in the last messages."""
        super().connectionLost(reason)
        self._person.connection_changed(None)
        if self._clock is not None and self._ending is None and reason.check(ConnectionDone):
            # The server has closed in good order, so its last line is whole even without an end.
            self.flush()
        if self.ended.called:
            return
        if self._ending is RESULT_READ:
            self._person.show("Disconnecting from the Auctioneer server. Auction is over!")
        if self._state is State.SECURING:
            self._ending = Ending(1, f"there is no secure connection: {tls_failure_reason(reason)}")
        if self._ending is None:
            why = "" if reason.check(ConnectionDone) else f": {reason.getErrorMessage()}"
            self._ending = Ending(1, f"the connection was lost before the result{why}")
        self.ended.callback(self._ending)

    def _message_received(self, message: messages.Message) -> None:
        text = _display_text(message)
        self._person.show(text)
        match message:
            case _ if isinstance(message, Question):
                self._ending = None  # a question proves that the auction goes on
                self._question = message
                self._question_text = text
                self._ask()
            case messages.RoleSeller() | messages.RoleBuyer():
                if self._role is not None and not isinstance(message, self._role):
                    is_seller = isinstance(message, messages.RoleSeller)
                    self._leave(NOT_A_BUYER if is_seller else NOT_THE_SELLER)
            case (
                messages.BidReceived()
                | messages.YouHold()
                | messages.BidForYou()
                | messages.BidStands()
            ):
                self._is_bound = True
            case messages.Outbid() | messages.Voided():  # whose bid holds now is told after it
                self._is_bound = False
            case messages.ServerBusy() | messages.BiddingOngoing() | messages.AddressBanned():
                self._ending = TURNED_AWAY
            case messages.RoleWatcher() if self._role is not messages.RoleWatcher:
                self._leave(ONLY_WATCHES)
            case messages.CameBack() | messages.PassWithdrawn() | messages.YouAreExpelled():
                self._finish(TURNED_AWAY)
            case messages.SaleOver():
                if self._ending is None:
                    self._ending = RESULT_READ if self._has_result else TURNED_AWAY
            case messages.AuctionCancelled():
                self._is_bound = False
                self._finish(self._without_result(NO_RESULT))
            case messages.AuctioneerCloses() | messages.RequestTimeUp() | messages.BidTimeUp():
                self._finish(self._without_result(NO_RESULT))
            case messages.SoldFor() | messages.NotSold() | messages.YouWon() | messages.YouLost():
                self._has_result, self._is_bound = True, False
                self._finish(RESULT_READ)
            case messages.LotsAreDone():
                self._has_lots = True  # the server closes the connection, or offers another lot
                self._timer.cancel()
            case messages.LotUp():
                self._has_lots = True
                self._timer.cancel()
                self._ending = None  # the last lot's result was not the end
        self._person.message_received(message)

    def _without_result(self, ending: Ending) -> Ending:
        """The ending if no result will follow: the results of earlier lots count."""
        if not self._has_result:
            return ending
        return NO_RESULT_OF_BID if self._is_bound else RESULT_READ

    def _leave(self, ending: Ending) -> None:
        """End the visit before the auction ends."""
        self._ending = ending
        self.disconnect()

    def lineLengthExceeded(self, line: bytes) -> None:
        """Close the connection: no server of the assignment sends such a line."""
        self.disconnect()

    def disconnect(self) -> None:
        """Close the connection once all lines are sent."""
        self._outgoing.unregister()
        self.transport.loseConnection()

    def _finish(self, ending: Ending) -> None:
        """Note the ending, and ask nothing more unless another lot follows."""
        self._is_to_ask = False
        self._ending = ending
        self._person.withdraw_question()

    def _ask(self) -> None:
        """Ask the person, and repeat while the person answers at once.

        After :data:`MAX_UNANSWERED` lines, the next question waits for a line from the server; if
        the server reads too slowly, until the lines sent have left.
        """
        self._is_to_ask = True
        if self._is_asking:
            return
        self._is_asking = True
        # A loop, not recursion: each answer leads to the next question, without a limit.
        try:
            while (
                self._is_to_ask
                and self._sent_since_reply < MAX_UNANSWERED
                and not self._outgoing.is_paused
            ):
                self._is_to_ask = False
                self._person.ask(self._question, self._answer_received)
        finally:
            self._is_asking = False

    def _ask_if_wanted(self) -> None:
        if self._is_to_ask:
            self._ask()

    def _send_answer(self, line: bytes) -> None:
        self._state = State.TALKING
        self._sent_since_reply += 1
        self.forget_prompt()
        self.transport.write(line + self._end)

    def _answer_received(self, line: bytes | None) -> None:
        if line is None:
            # In open bidding, a Buyer without input still waits for the result.
            if isinstance(self._question, messages.AskPass):
                self._leave(NO_PASS)
            elif isinstance(self._question, messages.AskRequest | messages.AskBid):
                self._leave(self._without_result(INPUT_ENDED))
        elif len(line) > MAX_LINE:
            self._person.show(f"That line is too long: {MAX_LINE} bytes is the most.")
            self._person.show(self._question_text)
            self._ask()
        else:
            self._send_answer(line)
            if isinstance(self._question, messages.AskAnytime):
                self._ask()


def _display_text(message: messages.Message) -> str:
    """The line shown to a person for a message from the server.

    Some of these differ from the wire: the assignment's transcripts show them in other words."""
    text = printable(str(message))
    match message:
        case messages.BiddingStart():
            return "The bidding has started!"
        case messages.RequestReceived():
            return "Server: Auction start."
        case messages.ServerBusy() | messages.BiddingOngoing():
            return "Server is busy. Try to connect again later."
    if isinstance(message, (*ANSWER_MESSAGES, messages.LineTooLong)):
        return f"Server: {text}"
    return text
