"""Connections that are being closed."""

from twisted.internet.defer import Deferred, succeed
from twisted.internet.interfaces import IDelayedCall, IReactorTime, ITCPTransport

FAREWELL = 5.0
"""Seconds that the last words to a participant may take before its connection is cut."""


class Farewells:
    """Closes connections, and cuts those whose last words are not taken in time.

    A connection that is merely closed stays open for as long as its other end reads nothing. One
    timer serves all: a timer for each connection was a measurable part of a short auction's cost.
    """

    def __init__(self, clock: IReactorTime) -> None:
        self._clock = clock
        self._deadlines: dict[ITCPTransport, float] = {}  # the oldest first
        self._timer: IDelayedCall | None = None
        self._waiting: list[Deferred[None]] = []

    def begin(self, transport: ITCPTransport) -> None:
        """Close a connection once everything is sent."""
        transport.loseConnection()
        self._deadlines[transport] = self._clock.seconds() + FAREWELL
        if self._timer is None:
            self._timer = self._clock.callLater(FAREWELL, self._cut)

    def end(self, transport: ITCPTransport) -> None:
        """Forget a connection that is closed."""
        if self._deadlines.pop(transport, None) and not self._deadlines:
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None
            waiting, self._waiting = self._waiting, []
            for deferred in waiting:
                deferred.callback(None)

    def over(self) -> Deferred[None]:
        """Wait until no connection is being closed."""
        if not self._deadlines:
            return succeed(None)
        deferred: Deferred[None] = Deferred()
        self._waiting.append(deferred)
        return deferred

    def _cut(self) -> None:
        now = self._clock.seconds()
        self._timer = None
        for transport, deadline in list(self._deadlines.items()):
            if deadline > now:
                self._timer = self._clock.callLater(deadline - now, self._cut)
                break
            self.end(transport)
            transport.abortConnection()
