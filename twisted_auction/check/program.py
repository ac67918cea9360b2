"""The program under test: its connections, its console, and the text received from them."""

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

from twisted_auction.check.scorecard import MAX_QUOTED, RowFailed, Transcript

QUIET_SECONDS = 0.3
"""Seconds without another byte after which a message counts as complete.

Programs for the assignment seldom mark the end of a message.
"""

RETRY_DELAY = 0.1
"""Seconds between two attempts to connect to a server that does not listen yet, or is busy."""

MAX_RECEIVED = 100_000
"""Largest number of characters kept of a program's output until the next answer to it."""


class Listener:
    """Receives the text of one connection or console, and waits for expected text.

    :param name: of the participant at this end, for the transcript.
    :param clock: an ``IReactorTime``.
    :param limit: seconds for each step of the program under test.
    :ivar received: text since the last call of :meth:`clear`.
    :ivar has_ended: True once the connection, or the program, has ended.
    """

    def __init__(self, name: str, clock: Any, transcript: Transcript, limit: float) -> None:
        self.name = name
        self.received = ""
        self.has_ended = False
        self._clock = clock
        self._transcript = transcript
        self._limit = limit
        self._waiting: Deferred[None] | None = None

    def note_text(self, data: bytes) -> None:
        """Keep text from the program, in the transcript as well."""
        text = data.decode("utf-8", "replace")
        self._transcript.add(self.name, "hears", text)
        self.received = (self.received + text)[:MAX_RECEIVED]
        self._wake()

    def note_end(self, how: str) -> None:
        """Note that no more text will come."""
        self._transcript.add(self.name, how)
        self.has_ended = True
        self._wake()

    def clear(self) -> None:
        """Forget the text so far: only later text counts."""
        self.received = ""

    async def expect(self, pattern: str, what: str) -> str:
        """Wait for text that matches a pattern, in any case.

        :param what: the expected text in words, for the report.
        :return: all text up to a silence of :data:`QUIET_SECONDS`.
        :raises RowFailed: if it does not come in time.
        """
        if not await self.wait_until(lambda: matches(self.received, pattern)):
            words = self.received.strip()[:MAX_QUOTED]
            heard = f"only {words!r}" if words else "nothing"
            raise RowFailed(f"{self.name} should hear {what}, and heard {heard}.")
        # The rest of the message may still be under way.
        await self.wait_for_quiet()
        return self.received

    async def expect_close(self) -> None:
        """Wait for the end of the connection.

        :raises RowFailed: if it does not end in time.
        """
        if not await self.wait_until(lambda: self.has_ended):
            raise RowFailed(f"{self.name}'s connection should be closed, and is not.")

    async def wait_for_quiet(self) -> None:
        """Wait for a silence of :data:`QUIET_SECONDS`."""
        length = -1
        while length != len(self.received) and not self.has_ended:
            length = len(self.received)
            await deferLater(self._clock, QUIET_SECONDS)

    async def wait_until(self, is_met: Callable[[], bool]) -> bool:
        """Wait until a condition is met.

        :return: True if it was met in time, and before the end.
        """
        end = self._clock.seconds() + self._limit
        while not is_met():
            left = end - self._clock.seconds()
            if left <= 0 or self.has_ended:
                return False
            # Woken by each text and by the end: the condition may hold from then on.
            self._waiting = Deferred()
            with suppress(DeferredTimeoutError):
                await self._waiting.addTimeout(left, self._clock)
        return True

    def _wake(self) -> None:
        waiting, self._waiting = self._waiting, None
        # The timeout may have come first.
        if waiting is not None and not waiting.called:
            waiting.callback(None)


def matches(text: str, pattern: str) -> bool:
    """True if a pattern matches somewhere in a text, in any case."""
    return re.search(pattern, text, re.IGNORECASE) is not None


class Connection(Listener, Protocol):
    """A connection to, or from, the program under test.

    :param line_end: the bytes after each line sent.
    """

    transport: ITCPTransport

    def __init__(
        self, name: str, clock: Any, transcript: Transcript, limit: float, line_end: bytes
    ) -> None:
        super().__init__(name, clock, transcript, limit)
        self._line_end = line_end

    def dataReceived(self, data: bytes) -> None:
        """Pass the text on."""
        self.note_text(data)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Note the end, unless this side has closed the connection."""
        if not self.has_ended:
            self.note_end("is disconnected")

    def send_line(self, text: str) -> None:
        """Send one line. Only text after it counts from now on."""
        self.clear()
        self._transcript.add(self.name, "says", text)
        self.transport.write(text.encode() + self._line_end)

    def send(self, text: str) -> None:
        """Send text as it is, without a line end."""
        self._transcript.add(self.name, "is sent", text)
        self.transport.write(text.encode())

    def abort(self) -> None:
        """Close the connection at once, as a program that crashes does."""
        self._transcript.add(self.name, "vanishes")
        # Set first: connectionLost() reports an end only if the program under test has caused it.
        self.has_ended = True
        self.transport.abortConnection()

    def close(self) -> None:
        """Close the connection once all text is sent."""
        self.has_ended = True
        self.transport.loseConnection()


class Console(Listener, ProcessProtocol):
    """A program under test at a terminal: most languages buffer their output to a pipe.

    :ivar ended: fires when the program has ended.
    """

    transport: IProcessTransport

    def __init__(self, name: str, clock: Any, transcript: Transcript, limit: float) -> None:
        super().__init__(name, clock, transcript, limit)
        self.ended: Deferred[None] = Deferred()

    def outReceived(self, data: bytes) -> None:
        """Pass the output on."""
        self.note_text(data)

    def processEnded(self, reason: Failure) -> None:
        """Note how the program ended."""
        if not self.has_ended:
            self.note_end(f"ends: {reason.getErrorMessage()}")
        self.ended.callback(None)

    def type(self, text: str) -> None:
        """Type one line. Only output after it counts from now on."""
        self.clear()
        self._transcript.add(self.name, "types", text)
        self.transport.write(text.encode() + b"\n")

    async def expect_end(self) -> None:
        """Wait until the program has ended by itself.

        :raises RowFailed: if it does not end in time, or prints a traceback.
        """
        if not await self.wait_until(lambda: self.has_ended):
            raise RowFailed(f"{self.name} should end by itself, and goes on.")
        if "Traceback (most recent call last)" in self.received:
            raise RowFailed(f"{self.name} ends with a traceback.")

    async def kill(self) -> None:
        """Kill the program, and wait for its end."""
        self.has_ended = True
        with suppress(ProcessExitedAlready):
            self.transport.signalProcess("KILL")
        await self.ended


def spawn(reactor: Any, command: list[str], console: Console) -> None:
    """Start a program at a terminal of its own.

    :raises OSError: if the system cannot start the program.
    """
    # No echo and no translation of line ends: the check reads only the program's own bytes.
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


class AcceptingFactory(Factory):
    """Accepts the connections of the program under test.

    :param make: makes the protocol of each connection.
    :ivar accepted: the connections, in the order of their arrival.
    """

    noisy = False

    def __init__(self, make: Callable[[], Connection]) -> None:
        self._make = make
        self.accepted: DeferredQueue[Connection] = DeferredQueue()

    def buildProtocol(self, addr: IAddress | None) -> Connection:
        """Make the protocol for the next connection."""
        connection = self._make()
        make_connection = connection.makeConnection

        # Queued only once it has a transport: the act that takes it may write at once.
        def announce(transport: Any) -> None:
            make_connection(transport)
            self.accepted.put(connection)

        connection.makeConnection = announce  # type: ignore[method-assign]
        return connection


async def connect(endpoint: Any, connection: Connection, clock: Any, limit: float) -> None:
    """Connect to the program under test. A program just started may not listen yet, so a refused
    attempt is repeated.

    :param limit: seconds for all attempts.
    :raises RowFailed: if no attempt succeeds in time.
    """
    end = clock.seconds() + limit
    while True:
        try:
            await endpoint.connect(Factory.forProtocol(lambda: connection))
            return
        except ConnectionRefusedError as error:  # the server may be starting
            if clock.seconds() >= end:
                raise RowFailed(f"{connection.name} cannot connect: {error}") from None
        except Exception as error:  # each kind of endpoint has its own errors
            raise RowFailed(f"{connection.name} cannot connect: {error}") from None
        await deferLater(clock, RETRY_DELAY)
