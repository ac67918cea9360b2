"""What a program under test says, on a connection or on its console."""

import os
import pty
import re
import termios
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from twisted.internet.defer import Deferred, DeferredQueue
from twisted.internet.defer import TimeoutError as DeferredTimeoutError
from twisted.internet.error import ConnectionRefusedError, ProcessExitedAlready
from twisted.internet.interfaces import IAddress, IProcessTransport, ITCPTransport
from twisted.internet.protocol import Factory, ProcessProtocol, Protocol, connectionDone
from twisted.internet.task import deferLater
from twisted.python.failure import Failure

from twisted_auction.check.card import MAX_QUOTED, Transcript, Unmet

QUIET = 0.3
"""Seconds without another byte after which what was said is taken as a whole. Programs for the
assignment seldom mark where a message ends."""

RETRY = 0.1
"""Seconds between two attempts to come in, at a server that does not listen yet, or is busy."""

MAX_HEARD = 100_000
"""Characters that are kept of what a program says without being answered; what follows them is
dropped."""


class Talk:
    """What one end says, and whether it is over.

    :param name: who is at the other end of it, for the transcript.
    :param clock: counts the seconds.
    :param limit: seconds that the program under test has for each step.
    :ivar heard: what was said since the last call of :meth:`turn`.
    :ivar is_over: whether the connection, or the program, has ended.
    """

    def __init__(self, name: str, clock: Any, transcript: Transcript, limit: float) -> None:
        self.name = name
        self.heard = ""
        self.is_over = False
        self._clock = clock
        self._transcript = transcript
        self._limit = limit
        self._news: Deferred[None] | None = None

    def take(self, data: bytes) -> None:
        """Take in what was said."""
        text = data.decode("utf-8", "replace")
        self._transcript.add(self.name, "hears", text)
        self.heard = (self.heard + text)[:MAX_HEARD]
        self._tell()

    def end(self, how: str) -> None:
        """Nothing more will be said."""
        self._transcript.add(self.name, how)
        self.is_over = True
        self._tell()

    def turn(self) -> None:
        """Forget what was heard so far: only what follows counts."""
        self.heard = ""

    async def hears(self, pattern: str, what: str) -> str:
        """Wait for text in which this pattern is found, in any case.

        :param what: the text in words, for the report.
        :return: everything that was heard until nothing more came for a moment.
        :raises Unmet: where it does not come in time.
        """
        if not await self.until(lambda: says(self.heard, pattern)):
            words = self.heard.strip()[:MAX_QUOTED]
            heard = f"only {words!r}" if words else "nothing"
            raise Unmet(f"{self.name} should hear {what}, and heard {heard}.")
        await self.settle()
        return self.heard

    async def closes(self) -> None:
        """Wait for the end.

        :raises Unmet: where it does not come in time.
        """
        if not await self.until(lambda: self.is_over):
            raise Unmet(f"{self.name}'s connection should be closed, and is not.")

    async def settle(self) -> None:
        """Wait until nothing has been said for a moment."""
        length = -1
        while length != len(self.heard) and not self.is_over:
            length = len(self.heard)
            await deferLater(self._clock, QUIET)

    async def until(self, is_met: Callable[[], bool]) -> bool:
        """Wait until something is so.

        :return: whether it was so in time, and before the end.
        """
        end = self._clock.seconds() + self._limit
        while not is_met():
            left = end - self._clock.seconds()
            if left <= 0 or self.is_over:
                return False
            self._news = Deferred()
            with suppress(DeferredTimeoutError):
                await self._news.addTimeout(left, self._clock)
        return True

    def _tell(self) -> None:
        news, self._news = self._news, None
        if news is not None and not news.called:
            news.callback(None)


def says(text: str, pattern: str) -> bool:
    """Whether a pattern is found in a text, in any case."""
    return re.search(pattern, text, re.IGNORECASE) is not None


class Line(Protocol):
    """A connection to, or from, the program under test.

    :ivar talk: what is heard on it.
    :cvar line_end: what ends the lines that are sent.
    """

    transport: ITCPTransport

    def __init__(self, talk: Talk, transcript: Transcript, line_end: bytes) -> None:
        self.talk = talk
        self._transcript = transcript
        self._line_end = line_end

    def dataReceived(self, data: bytes) -> None:
        """Pass it on."""
        self.talk.take(data)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Pass it on."""
        if not self.talk.is_over:
            self.talk.end("is disconnected")

    def say(self, text: str) -> None:
        """Send one line; what was heard before it is forgotten."""
        self.talk.turn()
        self._transcript.add(self.talk.name, "says", text)
        self.transport.write(text.encode() + self._line_end)

    def send(self, text: str) -> None:
        """Send this as it is."""
        self._transcript.add(self.talk.name, "is sent", text)
        self.transport.write(text.encode())

    def vanish(self) -> None:
        """Close the connection without a word."""
        self._transcript.add(self.talk.name, "vanishes")
        self.talk.is_over = True
        self.transport.abortConnection()

    def close(self) -> None:
        """Close the connection once everything is sent."""
        self.talk.is_over = True
        self.transport.loseConnection()


class Console(ProcessProtocol):
    """A program under test, at a terminal: most languages hold back what they print to a pipe.

    :ivar talk: what is read on it.
    :ivar ended: fires when the program has ended.
    """

    transport: IProcessTransport

    def __init__(self, talk: Talk, transcript: Transcript) -> None:
        self.talk = talk
        self.ended: Deferred[None] = Deferred()
        self._transcript = transcript

    def outReceived(self, data: bytes) -> None:
        """Pass it on."""
        self.talk.take(data)

    def processEnded(self, reason: Failure) -> None:
        """Take down how it ended."""
        if not self.talk.is_over:
            self.talk.end(f"ends: {reason.getErrorMessage()}")
        self.ended.callback(None)

    def type(self, text: str) -> None:
        """Type one line; what was read before it is forgotten."""
        self.talk.turn()
        self._transcript.add(self.talk.name, "types", text)
        self.transport.write(text.encode() + b"\n")

    async def ends(self) -> None:
        """Wait until the program has ended by itself.

        :raises Unmet: where it does not, or ends with a traceback.
        """
        if not await self.talk.until(lambda: self.talk.is_over):
            raise Unmet(f"{self.talk.name} should end by itself, and goes on.")
        if "Traceback (most recent call last)" in self.talk.heard:
            raise Unmet(f"{self.talk.name} ends with a traceback.")

    async def kill(self) -> None:
        """End it, whatever it is doing."""
        self.talk.is_over = True
        with suppress(ProcessExitedAlready):
            self.transport.signalProcess("KILL")
        await self.ended


def run_program(reactor: Any, command: list[str], console: Console) -> None:
    """Start a program at a terminal of its own, which does not echo what is typed.

    :raises OSError: where the system starts no more programs.
    """
    master, slave = pty.openpty()
    attributes = termios.tcgetattr(slave)
    attributes[1] &= ~termios.OPOST
    attributes[3] &= ~termios.ECHO
    termios.tcsetattr(slave, termios.TCSANOW, attributes)
    try:
        reactor.spawnProcess(
            console, command[0], command, env=os.environ, usePTY=(master, slave, os.ttyname(slave))
        )
    except OSError:
        os.close(master)
        os.close(slave)
        raise


class Visitors(Factory):
    """Accepts what the program under test connects.

    :ivar accepted: the connections, in their order.
    """

    noisy = False

    def __init__(self, make: Callable[[], Line]) -> None:
        self._make = make
        self.accepted: DeferredQueue[Line] = DeferredQueue()

    def buildProtocol(self, addr: IAddress | None) -> Line:
        """Make the protocol for the next connection."""
        line = self._make()
        made = line.makeConnection

        def announce(transport: Any) -> None:
            made(transport)
            self.accepted.put(line)

        line.makeConnection = announce  # type: ignore[method-assign]
        return line


async def connect(endpoint: Any, line: Line, clock: Any, limit: float) -> Line:
    """Connect to the program under test, which may need a moment until it listens.

    :raises Unmet: where it cannot be reached in time.
    """
    end = clock.seconds() + limit
    while True:
        try:
            await endpoint.connect(Factory.forProtocol(lambda: line))
            return line
        except ConnectionRefusedError as error:
            if clock.seconds() >= end:
                raise Unmet(f"{line.talk.name} cannot connect: {error}") from None
        except Exception as error:  # each kind of endpoint has errors of its own
            raise Unmet(f"{line.talk.name} cannot connect: {error}") from None
        await deferLater(clock, RETRY)
