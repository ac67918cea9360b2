"""What an input means, and the connection that it is played over.

An input is a byte of choices and then steps. A step begins with the byte FF, which no UTF-8 text
has; the low six bits of the byte behind it say what happens (the upper three) and to whom or how
(the lower three); what follows, up to the next FF, are its bytes. Any input means something, and
what the dictionary has in it can stand anywhere.
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
"""So many steps are played; an input that has more is cut off."""

SEGMENT = 1024
"""The most bytes that one step brings."""

SECONDS = (0.0, 0.05, 0.25, 1.0, 5.0, 20.0, 31.0, 61.0)
"""How long a step may last."""

TIMES = (2, 41, 3, 70, 8, 100, 21, 50)
"""How often a step may repeat its bytes."""


class Wrong(AssertionError):
    """What must never be; the text says what it is."""


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happens.

    :param what: 0 to 7.
    :param which: 0 to 7.
    :param data: its bytes.
    """

    what: int
    which: int
    data: bytes

    @property
    def repeated(self) -> bytes:
        """Its bytes, as often as it says, as far as one segment goes."""
        times = min(TIMES[self.which], SEGMENT // max(1, len(self.data)))
        return self.data * max(1, times)


def steps(data: bytes) -> tuple[int, list[Step]]:
    """Read an input: its choices, and its steps."""
    first, *rest = data.split(STEP)[: MOST_STEPS + 1]
    return (
        first[0] if first else 0,
        [Step(step[0] >> 3 & 7, step[0] & 7, step[1:][:SEGMENT]) for step in rest if step],
    )


def written(choices: int, *steps: tuple[int, int, bytes]) -> bytes:
    """The input that means these steps."""
    parts = [bytes([0x40 | what << 3 | which]) + data for what, which, data in steps]
    return STEP.join([bytes([choices]), *parts])


@contextmanager
def nothing_logged() -> Iterator[None]:
    """See that no error is logged meanwhile.

    :raises Wrong: where one is.
    """
    errors: list[LogEvent] = []

    @implementer(ILogObserver)
    def observe(event: LogEvent) -> None:
        if event.get("isError") or event["log_level"].name in ("error", "critical"):
            errors.append(event)

    globalLogPublisher.addObserver(observe)
    try:
        yield
        gc.collect(1)  # a Deferred that has failed unseen says so when it is forgotten
    finally:
        globalLogPublisher.removeObserver(observe)
    told = [
        failure.getTraceback() if (failure := event.get("log_failure")) else formatEvent(event)
        for event in errors
    ]
    if told:
        raise Wrong("\n".join(["logged:", *told]))


class Stage(Protocol):
    """Where a script is played."""

    def play(self, step: Step) -> None:
        """Let a step happen."""

    def end(self) -> None:
        """Let everybody go."""


def play(data: bytes, build: Callable[[int], Stage]) -> None:
    """Play an input, on the stage that its first byte asks for.

    :raises Wrong: where something happens that never must.
    :raises Exception: what was not handled.
    """
    choices, script = steps(data)
    with nothing_logged():
        stage = build(choices)
        for step in script:
            stage.play(step)
        stage.end()
        del stage  # for nothing_logged to see that it goes in peace


class FuzzClock(StrictClock):
    """A clock that lets every timer have its turn at its own instant."""

    def advance_each(self, seconds: float, then: Callable[[], None]) -> None:
        """Let time pass.

        :param then: follows every instant at which something was due.
        """
        end = self.seconds() + seconds
        while self.calls and self.calls[0].getTime() <= end:
            self.advance(max(0.0, self.calls[0].getTime() - self.seconds()))
            then()
        self.advance(end - self.seconds())
        then()


@implementer(ITransport)
class Line:
    """A connection to somebody who may stop reading, as a protocol sees it.

    :param protocol: whose transport it is.
    :param heard: is given what has arrived at the other end.
    :ivar waiting: what has come for the protocol while it did not read.
    :ivar unsent: what the other end has not taken.
    :ivar is_secure: whether bytes are still delivered after the protocol has closed it.
    :ivar longest: the most bytes that were delivered at once.
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
        """Bring bytes to the protocol, or let them wait until it reads."""
        for segment in segments:
            if self._is_paused or self.waiting:
                self.waiting += segment
            else:
                self._deliver(segment)

    def set_reading(self, is_reading: bool) -> None:
        """Let the other end take everything, or nothing from here on."""
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
        """Whether there may be something to do in the next turn."""
        return bool(self.waiting or self.disconnecting) and not self.is_lost

    def end_turn(self) -> bool:
        """Do what a reactor does in its next turn.

        :return: whether there was anything.
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
        """See that the protocol keeps no more of what came than it must.

        :raises Wrong: where it does.
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
    """A connection with TLS, whose handshake is over when the first bytes come."""

    is_secure = True
    _is_ready = False

    def receive(self, *segments: bytes) -> None:
        if not self._is_ready:
            self._is_ready = True
            if IHandshakeListener.providedBy(self.protocol) and not self.is_lost:
                self.protocol.handshakeCompleted()
        super().receive(*segments)


classImplements(SecureLine, INegotiated)  # type: ignore[misc]  # nobody asks for the rest of it


def no_timer_left(clock: Clock) -> None:
    """See that nothing is due any more.

    :raises Wrong: where something is.
    """
    if clock.getDelayedCalls():
        raise Wrong(f"timers are left: {clock.getDelayedCalls()}")
