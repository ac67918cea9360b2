"""A person at standard input and standard output."""

from collections.abc import Callable

from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectionDone
from twisted.internet.interfaces import IHalfCloseableProtocol, IPushProducer
from twisted.internet.protocol import Protocol, connectionDone
from twisted.internet.stdio import StandardIO
from twisted.python.failure import Failure
from zope.interface import implementer

from twisted_auction.client.person import Question
from twisted_auction.wire import messages
from twisted_auction.wire.lines import MAX_LINE


@implementer(IHalfCloseableProtocol)
class Terminal(Protocol):
    """A participant that shows lines on standard output and reads answers from standard input.

    Input is read only while a question is open; lines typed ahead wait. The end of standard input
    does not end the visit.

    :param is_interactive: True if a person is typing. Then a line typed between two lots of a sale,
        before the question, is not sent: it may have been meant for the last lot.
    :ivar lost: fires when standard output fails: the disk is full, the reader of the pipe is gone.
    :ivar closed: fires when both streams are closed, with True if everything shown was written.
    """

    transport: StandardIO

    def __init__(self, is_interactive: bool = False) -> None:
        self._is_interactive = is_interactive
        self._is_dropping = False
        self.lost: Deferred[None] = Deferred()
        self.closed: Deferred[bool] = Deferred()
        self._typed = b""
        self._input_ended = False
        self._answer: Callable[[bytes | None], None] | None = None
        self._delivering = False
        self._output_closed = False
        self._is_registered = False

    def connectionMade(self) -> None:
        """Read nothing until there is a question."""
        self.transport.pauseProducing()

    def connection_changed(self, talk: IPushProducer | None) -> None:
        """Pause this connection while standard output is full."""
        if self._is_registered:
            self._is_registered = False
            self.transport.unregisterProducer()
        if talk is not None and not self._output_closed:
            self._is_registered = True
            self.transport.registerProducer(talk, True)

    def show(self, text: str) -> None:
        """Write one line."""
        self.transport.write(f"{text}\n".encode())

    def message_received(self, message: messages.Message) -> None:
        """When a lot comes up, drop what was typed for the last one."""
        if isinstance(message, messages.LotUp) and self._is_interactive:
            self._is_dropping = True
            self._typed = b""
            self.transport.resumeProducing()

    def ask(self, message: Question | None, answer: Callable[[bytes | None], None]) -> None:
        """Read one line and pass it to ``answer``, or None if standard input has ended.

        Of a line longer than the wire allows, enough is passed to show that it is too long.
        """
        self._answer = answer
        self._is_dropping = False
        self.transport.resumeProducing()
        self._deliver()

    def ask_optional(self, answer: Callable[[bytes | None], None]) -> None:
        """Read a line if a person is typing; lines from a pipe only answer questions."""
        if self._is_interactive:
            self.ask(None, answer)

    def withdraw_question(self) -> None:
        """Read nothing until the next question."""
        self._answer = None
        self.transport.pauseProducing()

    def close(self) -> None:
        """Close both streams once everything is written."""
        self.transport.loseConnection()
        if self._output_closed:  # then nothing is left whose end StandardIO would wait for
            self.closed.callback(False)

    def dataReceived(self, data: bytes) -> None:
        """Take what was typed."""
        if self._is_dropping:
            self.show("Not sent: wait for the question.")
            return
        self._typed += data
        if b"\n" not in self._typed:
            self._typed = self._typed[: MAX_LINE + 1]
        self._deliver()

    def readConnectionLost(self) -> None:
        """Standard input has ended."""
        self._input_ended = True
        self._deliver()

    def writeConnectionLost(self) -> None:
        """Standard output cannot be written any more."""
        self._is_registered = False
        if not self._output_closed:
            self._output_closed = True
            self.lost.callback(None)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Tell that both streams are closed."""
        self.closed.callback(reason.check(ConnectionDone) is not None)

    def _deliver(self) -> None:
        """Pass typed lines to the open question, and to those that follow from the answers."""
        if self._delivering:  # called from an answer: the loop below goes on
            return
        self._delivering = True
        while self._answer is not None:
            line, end, rest = self._typed.partition(b"\n")
            if not end and not self._input_ended:
                break
            answer, self._answer, self._typed = self._answer, None, rest
            self.transport.pauseProducing()
            answer(line.removesuffix(b"\r") if line or end else None)
        self._delivering = False
