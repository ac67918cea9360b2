"""The person at a terminal: standard input and standard output."""

from collections.abc import Callable
from contextlib import suppress
from types import ModuleType
from typing import Any

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

termios: ModuleType | None
try:
    import termios
except ImportError:  # Windows, where a typed secret is shown
    termios = None


class Echo:
    """The echo of the terminal at standard input. It is off while a person types a secret."""

    def __init__(self) -> None:
        self._modes: list[Any] | None = None  # of the terminal while the echo is off

    def hide(self) -> None:
        """Switch the echo off."""
        if termios is None or self._modes is not None:
            return
        with suppress(termios.error):
            modes = termios.tcgetattr(0)
            self._modes = [*modes]
            modes[3] &= ~termios.ECHO
            # Not TCSADRAIN: it would wait while the person has stopped the output.
            termios.tcsetattr(0, termios.TCSANOW, modes)

    def restore(self) -> None:
        """Switch the echo on again."""
        if termios is not None and self._modes is not None:
            modes, self._modes = self._modes, None
            with suppress(termios.error):
                termios.tcsetattr(0, termios.TCSANOW, modes)


@implementer(IHalfCloseableProtocol)
class Terminal(Protocol):
    """A participant that shows lines on standard output and reads answers from standard input.

    The terminal reads input only while a question is open; lines typed ahead wait. The end of
    standard input does not end the visit.

    :param is_interactive: True if a person is typing. Lines typed between two lots of a sale,
        before the question, are then dropped: the person may have meant them for the last lot.
    :param echo: of the terminal; None if standard input is none.
    :ivar lost: fires if standard output fails, because the disk is full, or the reader of the pipe
        has closed it.
    :ivar closed: fires when both streams are closed, with True if all lines shown were written.
    """

    transport: StandardIO

    def __init__(self, is_interactive: bool = False, echo: Echo | None = None) -> None:
        self._is_interactive = is_interactive
        self._echo = echo
        self._is_dropping = False
        self.lost: Deferred[None] = Deferred()
        self.closed: Deferred[bool] = Deferred()
        self._typed = b""
        self._input_ended = False
        self._answer: Callable[[bytes | None], None] | None = None
        self._is_delivering = False
        self._output_closed = False
        self._is_registered = False

    def connectionMade(self) -> None:
        """Read nothing until there is a question."""
        self.transport.pauseProducing()

    # StandardIO pauses its producer while standard output is full. With the server's connection as
    # this producer, a full screen stops the reading from the server, and memory stays bounded.
    def connection_changed(self, connection: IPushProducer | None) -> None:
        """Let StandardIO pause the connection while standard output is full."""
        if self._is_registered:
            self._is_registered = False
            self.transport.unregisterProducer()
        if connection is not None and not self._output_closed:
            self._is_registered = True
            self.transport.registerProducer(connection, True)

    def show(self, text: str) -> None:
        """Write one line."""
        self.write(f"{text}\n")

    def write(self, text: str) -> None:
        """Write text without a line end."""
        self.transport.write(text.encode())

    def hide_echo(self) -> None:
        """Show nothing that the person types, until a question is answered or the program ends."""
        if self._echo is not None:
            self._echo.hide()

    def message_received(self, message: messages.Message) -> None:
        """When a lot comes up, drop the lines typed for the last lot."""
        # A pipe has typed its lines ahead for all lots; a person reacts to what the screen shows.
        if isinstance(message, messages.LotUp) and self._is_interactive:
            self._is_dropping = True
            self._typed = b""
            self.transport.resumeProducing()

    def ask(self, message: Question | None, answer: Callable[[bytes | None], None]) -> None:
        """Read one line and pass it to ``answer``, or None if standard input has ended. A pass code
        is read without an echo.

        A line too long for the wire is cut to one byte over the limit: the client refuses it.
        """
        self._answer = answer
        self._is_dropping = False
        if isinstance(message, messages.AskPass):
            self.hide_echo()
        self.transport.resumeProducing()
        self._deliver()

    def ask_optional(self, answer: Callable[[bytes | None], None]) -> None:
        """Read a line if a person is typing. Lines from a pipe answer only required questions."""
        if self._is_interactive:
            self.ask(None, answer)

    def withdraw_question(self) -> None:
        """Read nothing until the next question."""
        self._answer = None
        self._restore_echo()
        self.transport.pauseProducing()

    def close(self) -> None:
        """Close both streams once all lines are written."""
        self.transport.loseConnection()
        if self._output_closed:  # StandardIO has no stream left to wait for
            self.closed.callback(False)

    def dataReceived(self, data: bytes) -> None:
        """Keep typed bytes, and answer the open question with the first line."""
        if self._is_dropping:
            self.show("Not sent: wait for the question.")
            return
        self._typed += data
        if b"\n" not in self._typed:
            self._typed = self._typed[: MAX_LINE + 1]  # a file without line ends must fit in memory
        self._deliver()

    def readConnectionLost(self) -> None:
        """Note the end of standard input."""
        self._input_ended = True
        self._deliver()

    def writeConnectionLost(self) -> None:
        """Fire ``lost``: standard output cannot be written any more."""
        self._is_registered = False
        if not self._output_closed:
            self._output_closed = True
            self.lost.callback(None)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Fire ``closed``."""
        self.closed.callback(reason.check(ConnectionDone) is not None)

    def _restore_echo(self) -> None:
        if self._echo is not None:
            self._echo.restore()

    def _deliver(self) -> None:
        """Answer the open question, and those after it, while there are typed lines."""
        if self._is_delivering:  # called from within an answer: the loop below continues
            return
        self._is_delivering = True
        while self._answer is not None:
            line, end, rest = self._typed.partition(b"\n")
            if not end and not self._input_ended:
                break
            answer, self._answer, self._typed = self._answer, None, rest
            self._restore_echo()
            # Paused before the answer, which may ask the next question and so resume.
            self.transport.pauseProducing()
            answer(line.removesuffix(b"\r") if line or end else None)
        self._is_delivering = False
