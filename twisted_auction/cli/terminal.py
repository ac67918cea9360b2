"""A person at standard input and standard output."""

from collections.abc import Callable

from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectionDone
from twisted.internet.interfaces import IHalfCloseableProtocol, IPushProducer
from twisted.internet.protocol import Protocol, connectionDone
from twisted.internet.stdio import StandardIO
from twisted.python.failure import Failure
from zope.interface import implementer

from twisted_auction.wire import messages
from twisted_auction.wire.lines import MAX_LINE


@implementer(IHalfCloseableProtocol)
class Terminal(Protocol):
    """Reads typed lines only while one is asked for; lines typed ahead wait their turn.

    Standard input may end without ending the visit.

    :param is_interactive: whether somebody is typing, who may do so at the wrong moment. From one
        lot of a sale to the next, what is typed before the question is not sent: it may have been
        meant for the last lot.
    :ivar lost: fires where what is shown cannot be written: the disk is full, the reader gone.
    :ivar closed: fires once the terminal is let go, and says whether everything shown is written.
    """

    transport: StandardIO

    def __init__(self, is_interactive: bool = False) -> None:
        self._is_interactive = is_interactive
        self._is_deaf = False
        self.lost: Deferred[None] = Deferred()
        self.closed: Deferred[bool] = Deferred()
        self._typed = b""
        self._input_ended = False
        self._answer: Callable[[bytes | None], None] | None = None
        self._delivering = False
        self._output_closed = False
        self._is_attending = False

    def connectionMade(self) -> None:
        """Read nothing until somebody asks."""
        self.transport.pauseProducing()

    def attend(self, talk: IPushProducer | None) -> None:
        """Hold the connection while what it has brought is not written."""
        if self._is_attending:
            self._is_attending = False
            self.transport.unregisterProducer()
        if talk is not None and not self._output_closed:
            self._is_attending = True
            self.transport.registerProducer(talk, True)

    def show(self, text: str) -> None:
        """Write one line."""
        self.transport.write(f"{text}\n".encode())

    def hear(self, message: messages.Message) -> None:
        """When a lot comes up, expect that something is typed too late for the last one."""
        if isinstance(message, messages.LotUp) and self._is_interactive:
            self._is_deaf = True
            self._typed = b""
            self.transport.resumeProducing()

    def ask(self, answer: Callable[[bytes | None], None]) -> None:
        """Read one line and give it to ``answer``, or None where the input has ended.

        Of a line longer than the wire allows, enough is given to show that it is too long.
        """
        self._answer = answer
        self._is_deaf = False
        self.transport.resumeProducing()
        self._deliver()

    def offer(self, answer: Callable[[bytes | None], None]) -> None:
        """Let somebody who types say something; lines from a pipe are answers to questions."""
        if self._is_interactive:
            self.ask(answer)

    def withdraw(self) -> None:
        """Read nothing until somebody asks again."""
        self._answer = None
        self.transport.pauseProducing()

    def close(self) -> None:
        """Let go of the terminal once everything is written."""
        self.transport.loseConnection()
        if self._output_closed:  # then nothing is left whose end StandardIO would wait for
            self.closed.callback(False)

    def dataReceived(self, data: bytes) -> None:
        """Take what was typed."""
        if self._is_deaf:
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
        self._is_attending = False
        if not self._output_closed:
            self._output_closed = True
            self.lost.callback(None)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Be done with the terminal."""
        self.closed.callback(reason.check(ConnectionDone) is not None)

    def _deliver(self) -> None:
        """Give typed lines to whoever asks, for as long as somebody does."""
        if self._delivering:  # an answer led to the next question: the loop below goes on
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
