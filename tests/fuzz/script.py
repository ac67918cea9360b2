"""The format of inputs, and the connection over which they are played.

An input is a byte of choices and then steps. A step begins with the byte FF, which is never in
UTF-8. Of the next byte, the upper three of the low six bits are the kind of the step, and the lower
three its target or variant. The bytes up to the next FF are its data. Every input is valid, and a
word of the dictionary can stand anywhere.
"""

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

from twisted.internet.address import IPv4Address
from twisted.internet.error import ConnectionAborted, ConnectionDone
from twisted.internet.interfaces import IHandshakeListener, INegotiated, ITransport
from twisted.internet.task import Clock
from twisted.logger import ILogObserver, LogEvent, formatEvent, globalLogPublisher
from twisted.protocols.basic import LineReceiver
from twisted.python.failure import Failure
from zope.interface import classImplements, implementer

from twisted_auction.testing import StrictClock

STEP = b"\xff"
MOST_STEPS = 32
"""Largest number of steps; the rest of an input is ignored."""

SEGMENT = 1024
"""Largest number of bytes that one step sends."""

SECONDS = (0.0, 0.05, 0.25, 1.0, 5.0, 20.0, 31.0, 61.0)
"""Seconds that a step can let pass."""

TIMES = (2, 41, 3, 70, 8, 100, 21, 50)
"""Number of times that a step can repeat its bytes."""


class Wrong(AssertionError):
    """A rule is broken; the text says which."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step of an input.

    :param what: the kind, 0 to 7.
    :param which: the target or variant, 0 to 7.
    :param data: the bytes.
    """

    what: int
    which: int
    data: bytes

    @property
    def repeated(self) -> bytes:
        """The bytes, repeated as the step says, up to one segment."""
        times = min(TIMES[self.which], SEGMENT // max(1, len(self.data)))
        return self.data * max(1, times)


def steps(data: bytes) -> tuple[int, list[Step]]:
    """Parse an input: its choices, and its steps."""
    first, *rest = data.split(STEP)[: MOST_STEPS + 1]
    return (
        first[0] if first else 0,
        [Step(step[0] >> 3 & 7, step[0] & 7, step[1:][:SEGMENT]) for step in rest if step],
    )


def written(choices: int, *steps: tuple[int, int, bytes]) -> bytes:
    """The input with these steps."""
    parts = [bytes([0x40 | what << 3 | which]) + data for what, which, data in steps]
    return STEP.join([bytes([choices]), *parts])


@contextmanager
def nothing_logged() -> Iterator[None]:
    """Check that no error is logged in this context.

    :raises Wrong: if one is.
    """
    errors: list[LogEvent] = []

    @implementer(ILogObserver)
    def observe(event: LogEvent) -> None:
        if event.get("isError") or event["log_level"].name in ("error", "critical"):
            errors.append(event)

    globalLogPublisher.addObserver(observe)
    try:
        yield
        gc.collect(1)  # a Deferred logs an unhandled failure when it is collected
    finally:
        globalLogPublisher.removeObserver(observe)
    told = [
        failure.getTraceback() if (failure := event.get("log_failure")) else formatEvent(event)
        for event in errors
    ]
    if told:
        raise Wrong("\n".join(["logged:", *told]))


class Stage(Protocol):
    """The program under test, as a script needs it."""

    def play(self, step: Step) -> None:
        """Play one step."""

    def end(self) -> None:
        """End all connections."""


def play(data: bytes, build: Callable[[int], Stage]) -> None:
    """Play an input, on the stage chosen by its first byte.

    :raises Wrong: if a rule is broken.
    :raises Exception: an unhandled error.
    """
    choices, script = steps(data)
    with nothing_logged():
        stage = build(choices)
        for step in script:
            stage.play(step)
        stage.end()
        del stage  # so that nothing_logged sees errors of its collection


class FuzzClock(StrictClock):
    """A clock that fires each timer at its own instant."""

    def advance_each(self, seconds: float, then: Callable[[], None]) -> None:
        """Let time pass.

        :param then: called after every instant with a due timer.
        """
        end = self.seconds() + seconds
        while self.calls and self.calls[0].getTime() <= end:
            self.advance(max(0.0, self.calls[0].getTime() - self.seconds()))
            then()
        self.advance(end - self.seconds())
        then()


@implementer(ITransport)
class Line:
    """The transport of a protocol. The other end may stop reading.

    :param protocol: the protocol.
    :param heard: called with bytes that arrive at the other end.
    :ivar waiting: bytes for the protocol, received while it was paused.
    :ivar unsent: bytes that the other end has not read.
    :ivar is_secure: True if bytes are still delivered after the protocol has closed, as with TLS.
    :ivar longest: the largest number of bytes delivered at once.
    """

    is_secure = False

    def __init__(self, protocol: Any, heard: Callable[[bytes], object]) -> None:
        self.protocol = protocol
        self.bufferSize = 65536
        self.disconnecting = False
        self.waiting = b""
        self.unsent = b""
        self.longest = 0
        self.is_lost = False
        self.is_reading = True
        self._heard = heard
        self._is_paused = False
        self._is_aborted = False
        self._producer: Any = None
        self._is_producer_paused = False

    def getPeer(self) -> IPv4Address:
        return IPv4Address("TCP", "192.0.2.1", 50001)

    def getHost(self) -> IPv4Address:
        return IPv4Address("TCP", "192.0.2.2", 4000)

    def write(self, data: bytes) -> None:
        if self.is_lost or self._is_aborted:
            return
        if self.is_reading and not self.unsent:
            self._heard(data)
            return
        self.unsent += data
        if self._producer is not None and len(self.unsent) > self.bufferSize:
            self._is_producer_paused = True
            self._producer.pauseProducing()

    def writeSequence(self, data: Any) -> None:
        self.write(b"".join(data))

    def loseConnection(self) -> None:
        self.disconnecting = True

    def abortConnection(self) -> None:
        self.disconnecting = self._is_aborted = True

    def pauseProducing(self) -> None:
        self._is_paused = True

    def resumeProducing(self) -> None:
        self._is_paused = False

    def stopProducing(self) -> None:
        self.loseConnection()

    def registerProducer(self, producer: Any, streaming: bool) -> None:
        self._producer = producer

    def unregisterProducer(self) -> None:
        self._producer = None

    def receive(self, *segments: bytes) -> None:
        """Deliver bytes to the protocol, or keep them until it reads."""
        for segment in segments:
            if self._is_paused or self.waiting:
                self.waiting += segment
            else:
                self._deliver(segment)

    def set_reading(self, is_reading: bool) -> None:
        """Let the other end read everything, or nothing from here on."""
        self.is_reading = is_reading
        if not is_reading or self.is_lost or self._is_aborted:
            return
        unsent, self.unsent = self.unsent, b""
        if unsent:
            self._heard(unsent)
        if self._producer is not None and self._is_producer_paused:
            self._is_producer_paused = False
            self._producer.resumeProducing()

    @property
    def is_busy(self) -> bool:
        """True if there may be work in the next turn."""
        return bool(self.waiting or self.disconnecting) and not self.is_lost

    def end_turn(self) -> bool:
        """Do the work of the reactor's next turn.

        :return: True if there was any.
        """
        if self.is_lost:
            return False
        if self.disconnecting and (self._is_aborted or not self.unsent):
            self.cut(ConnectionAborted() if self._is_aborted else ConnectionDone())
            return True
        if self.waiting and not self._is_paused:
            waiting, self.waiting = self.waiting, b""
            self._deliver(waiting)
            return True
        return False

    def cut(self, why: Exception) -> None:
        """End the connection, if it has not ended."""
        if not self.is_lost:
            self.is_lost = True
            self.protocol.connectionLost(Failure(why))

    def check(self) -> None:
        """Check the size of the protocol's input buffer.

        :raises Wrong: if it is too large.
        """
        kept = len(self.protocol._buffer) if isinstance(self.protocol, LineReceiver) else 0
        most = getattr(self.protocol, "MAX_LENGTH", 0)
        if self._is_paused or self.disconnecting:
            most += self.longest
        if kept > most and not self.is_lost:
            raise Wrong(f"{kept} bytes of a line are kept, and {most} are the most")

    def _deliver(self, data: bytes) -> None:
        if self.is_lost or self._is_aborted or (self.disconnecting and not self.is_secure):
            return
        self.longest = max(self.longest, len(data))
        self.protocol.dataReceived(data)
        self.check()


class SecureLine(Line):
    """A connection with TLS. Its handshake ends with the first bytes."""

    is_secure = True
    _is_ready = False

    def receive(self, *segments: bytes) -> None:
        if not self._is_ready:
            self._is_ready = True
            if IHandshakeListener.providedBy(self.protocol) and not self.is_lost:
                self.protocol.handshakeCompleted()
        super().receive(*segments)


classImplements(SecureLine, INegotiated)  # type: ignore[misc]  # the rest of it is not used


def no_timer_left(clock: Clock) -> None:
    """Check that no timer is left.

    :raises Wrong: if there is one.
    """
    if clock.getDelayedCalls():
        raise Wrong(f"timers are left: {clock.getDelayedCalls()}")
