"""A participant's side of the talk: what the server says becomes what a person reads."""

from enum import Enum

from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectionDone
from twisted.internet.interfaces import (
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

from twisted_auction.client.person import (
    INPUT_ENDED,
    NO_RESULT,
    NO_RESULT_OF_BID,
    NOT_A_BUYER,
    NOT_THE_SELLER,
    RESULT_READ,
    TURNED_AWAY,
    Ending,
    Person,
    Role,
    display_text,
)
from twisted_auction.client.transports import OutgoingProducer, Timer, tls_failure_reason
from twisted_auction.client.wording import Meaning, meaning_of, parse_lenient, role_in
from twisted_auction.text import printable
from twisted_auction.wire import messages
from twisted_auction.wire.lines import DELIMITER, MAX_LINE

MAX_UNANSWERED = 1000
"""Largest number of lines that a client sends without an answer: a participant that always answers
at once would otherwise fill the memory."""


UNTERMINATED_TIMEOUT = 0.2
"""Seconds of silence after which bytes without a line end count as a line."""


CLOSE_TIMEOUT = 5.0
"""Seconds for which another server may leave the connection open after a result or a refusal."""


class State(Enum):
    """How far the talk with the server has come."""

    SECURING = "the TLS handshake is not over"
    SILENT = "nothing has been said"
    LISTENING = "only the server has said something"
    TALKING = "the person has said something, too"


class QuestionKind(Enum):
    """What the last question wants."""

    REQUIRED = "an answer, without which nothing goes on"
    ANYTIME = "a line at any time, or none"
    GUESSED = "perhaps an answer: another server's words are not understood"


@implementer(IHandshakeListener, IPushProducer)
class AuctionClient(LineReceiver):
    """Shows the assignment's transcript to a person and sends what the person answers.

    It also works with other servers of the assignment, which have their own words and line ends
    (:mod:`~twisted_auction.client.wording`). Bytes without a line end count as a prompt after
    :data:`UNTERMINATED_TIMEOUT`; later bytes continue it, unless both together are one of our
    lines.

    :param role: the role that the person came for; None if either will do.
    :param clock: counts the seconds of silence; None if the server is ours, which ends its lines.
    :param end: the bytes that end each line that is sent.
    :ivar ended: fires with an :class:`~twisted_auction.client.person.Ending` when the connection is
        closed. Cancelling it closes the connection.
    """

    delimiter = DELIMITER
    transport: ITCPTransport
    MAX_LENGTH = 16384  # of other servers; ours sends back at most 512 bytes after a few words

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
        self._timer = Timer(clock)
        self._prompt = b""  # bytes without a line end that were handled already
        self._is_after_cr = False  # a CR was taken for a line end
        self._pending_meaning: Meaning | None = None  # the meaning of a last line in unknown words
        self._state = State.SILENT
        self._has_lots = False
        self._question_text = ""
        self._question_kind = QuestionKind.REQUIRED
        self._has_result = False  # of this auction, or of an earlier lot
        self._is_bound = False  # a bid of this participant may still win
        self._ending: Ending | None = None
        self._is_asking = False
        self._is_to_ask = False
        self._sent_since_reply = 0  # lines sent since the server has said something
        self.ended: Deferred[Ending] = Deferred(lambda _: self.disconnect())

    def connectionMade(self) -> None:
        """Begin, with TLS only after the handshake."""
        self._outgoing = OutgoingProducer(self.transport, self._ask_if_wanted)
        self._person.connection_changed(self)
        if INegotiated.providedBy(self.transport):
            self._state = State.SECURING
        else:
            self.connection_ready()

    def handshakeCompleted(self) -> None:
        """Begin, since TLS has verified the server."""
        if getattr(self.transport, "disconnecting", False):
            return  # Twisted 24 calls this, too, if the certificate is for another name
        self._state = State.SILENT
        self.connection_ready()

    def connection_ready(self) -> None:
        """Tell the person that the connection is made."""
        self._person.show("Connected to the Auctioneer server.")

    def explain_silence(self) -> None:
        """Tell the person why the server may have said nothing, if it has not."""
        if self._state is State.SILENT:
            self._person.show("Nothing is said there. If it is a lobby, name a room with --room.")

    def dataReceived(self, data: bytes) -> None:
        """Handle bytes, in pieces of any size."""
        super().dataReceived(data)
        is_heard = self._pending_meaning is None and self._ending is None
        is_waiting = len(self._buffer) > len(self._prompt) or not is_heard
        if is_waiting and not self.ended.called:
            self._timer.start(UNTERMINATED_TIMEOUT, self._silence_ended)

    def lineReceived(self, line: bytes) -> None:
        """Handle one line of the server, in our words or in its own."""
        prompt, self._prompt = self._prompt, b""
        is_rest_of_cr, self._is_after_cr = self._is_after_cr and not line, False
        if is_rest_of_cr:
            return
        if prompt and (parse_lenient(line) is None or line.strip() == prompt.strip()):
            line = line[len(prompt) :]
            if not line.strip():
                return
        self._line_received(line)

    def _line_received(self, line: bytes) -> None:
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
        """Show a line in unknown words, and guess what it asks for."""
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

    def _silence_ended(self) -> None:
        """Handle a silence: bytes without an end are a line, and a server that waits is answered.
        Close after a result if the server does not."""
        if self.paused:
            return
        *lines, rest = self.clearLineBuffer().split(b"\r")
        for line in lines:
            self.lineReceived(line)
        self._is_after_cr = bool(lines) and not rest
        if len(rest) > len(self._prompt):
            self._line_received(rest[len(self._prompt) :])
        self._buffer = self._prompt = rest
        meaning, self._pending_meaning = self._pending_meaning, None
        match meaning:
            case Meaning.REQUEST_WANTED | Meaning.BID_WANTED | Meaning.ANSWER_WANTED:
                self._ending = None  # what seemed to be the end was none
                is_guess = meaning is Meaning.ANSWER_WANTED  # perhaps it is no question
                self._question_kind = QuestionKind.GUESSED if is_guess else QuestionKind.REQUIRED
                self._ask()
                if meaning is Meaning.REQUEST_WANTED:
                    self._person.message_received(messages.AskRequest())
                elif meaning is Meaning.BID_WANTED:
                    self._person.message_received(messages.AskBid())
            case Meaning.NEWS if self._ending is None:
                self._person.ask_optional(self._send_optional)
            case _ if self._ending is not None and not self._has_lots:
                self._timer.start(CLOSE_TIMEOUT, self.disconnect)

    def _send_optional(self, line: bytes | None) -> None:
        """Send the answer to an optional question."""
        if line is not None:
            self._send_answer(line[:MAX_LINE])

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Fire ``ended``, in most cases with what the last messages said."""
        self._person.connection_changed(None)
        self._timer.cancel()
        if self._clock is not None and self._ending is None and reason.check(ConnectionDone):
            # Last words without an end are whole where the server has closed in good order.
            for line in filter(None, self.clearLineBuffer()[len(self._prompt) :].split(b"\r")):
                self._line_received(line)
            self._timer.cancel()
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
        text = display_text(message)
        self._person.show(text)
        match message:
            case messages.AskRequest() | messages.AskBid() | messages.AskAnytime():
                self._ending = None  # what seemed to be the end was none
                is_open = isinstance(message, messages.AskAnytime)
                self._question_kind = QuestionKind.ANYTIME if is_open else QuestionKind.REQUIRED
                self._question_text = text
                self._ask()
            case messages.RoleSeller() | messages.RoleBuyer():
                if self._role is not None and not isinstance(message, self._role):
                    is_seller = isinstance(message, messages.RoleSeller)
                    self._leave(NOT_A_BUYER if is_seller else NOT_THE_SELLER)
            case messages.BidReceived() | messages.YouHold() | messages.BidStands():
                self._is_bound = True
            case messages.Outbid():
                self._is_bound = False
            case messages.ServerBusy() | messages.BiddingOngoing():
                self._ending = TURNED_AWAY
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
            case messages.LotUp():
                self._has_lots = True
                self._timer.cancel()
                self._ending = None  # the last lot's result was not the end
        self._person.message_received(message)

    def _without_result(self, ending: Ending) -> Ending:
        """The ending if no result will follow. The results of earlier lots count."""
        if not self._has_result:
            return ending
        return NO_RESULT_OF_BID if self._is_bound else RESULT_READ

    def _leave(self, ending: Ending) -> None:
        """End the visit before the auction ends."""
        self._ending = ending
        self.disconnect()

    def disconnect(self) -> None:
        """Close the connection when everything sent has left."""
        self._outgoing.unregister()
        self.transport.loseConnection()

    def _finish(self, ending: Ending) -> None:
        """Ask nothing more, unless another lot follows."""
        self._is_to_ask = False
        self._ending = ending
        self._person.withdraw_question()

    def _ask(self) -> None:
        """Ask the person, and again for as long as it answers at once: each answer may lead to the
        next question, and must not do so ever deeper in the stack. After :data:`MAX_UNANSWERED`
        lines, the next question waits until the server has said something, and while the server
        reads too slowly, until what was said has left."""
        self._is_to_ask = True
        if self._is_asking:
            return
        self._is_asking = True
        try:
            while (
                self._is_to_ask
                and self._sent_since_reply < MAX_UNANSWERED
                and not self._outgoing.is_paused
            ):
                self._is_to_ask = False
                self._person.ask(self._answer_received)
        finally:
            self._is_asking = False

    def _ask_if_wanted(self) -> None:
        if self._is_to_ask:
            self._ask()

    def _send_answer(self, line: bytes) -> None:
        self._state = State.TALKING
        self._sent_since_reply += 1
        # What was asked without a line end is answered: nothing goes on behind it.
        self._buffer, self._prompt = self._buffer[len(self._prompt) :], b""
        self.transport.write(line + self._end)

    def _answer_received(self, line: bytes | None) -> None:
        if line is None:
            # In open bidding there is nothing to say, but a result to hear.
            if self._question_kind is QuestionKind.REQUIRED:
                self._leave(self._without_result(INPUT_ENDED))
        elif len(line) > MAX_LINE:
            self._person.show(f"That line is too long: {MAX_LINE} bytes is the most.")
            self._person.show(self._question_text)
            self._ask()
        else:
            self._send_answer(line)
            if self._question_kind is QuestionKind.ANYTIME:
                self._ask()
