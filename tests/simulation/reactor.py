"""A reactor with a clock of its own, which advances when all work is done."""

import heapq
from collections.abc import Callable
from itertools import count
from typing import Any

from twisted.internet.base import DelayedCall
from twisted.internet.interfaces import IReactorTime
from twisted.internet.posixbase import _DisconnectSelectableMixin, _PollLikeMixin
from twisted.python import log
from zope.interface import implementer

STALE = 64
"""Number of cancelled calls allowed on the heap, or the number of active ones if larger."""


@implementer(IReactorTime)
class Reactor(_PollLikeMixin, _DisconnectSelectableMixin):
    """Timers on a heap, and sockets with their readiness.

    Reading, writing and their errors are Twisted's own. A turn is like Twisted's: first the due
    calls, then the sockets, both in the order of their registration.

    :ivar now: this instant, in seconds. Slow work adds to it.
    :ivar calls: the server's timers, without the events of the world around it.
    """

    _POLL_DISCONNECTED, _POLL_IN, _POLL_OUT = 0, 1, 2

    def __init__(self, now: float) -> None:
        self.now = now
        self.calls: dict[DelayedCall, None] = {}
        self.readers: dict[Any, None] = {}
        self.writers: dict[Any, None] = {}
        self._heap: list[tuple[float, int, Callable[..., object] | DelayedCall, Any]] = []
        self._numbers = count()
        self._stale = 0

    def seconds(self) -> float:
        return self.now

    def callLater(
        self, delay: float, callable: Callable[..., object], *args: object, **kw: object
    ) -> DelayedCall:
        assert delay >= 0, f"a delay of {delay} seconds"
        at = self.now + delay
        call = DelayedCall(at, callable, args, kw, self._cancelled, self._push, self.seconds)
        self.calls[call] = None
        self._push(call)
        return call

    def getDelayedCalls(self) -> list[DelayedCall]:  # noqa: N802
        return list(self.calls)

    def happen(self, delay: float, happening: Callable[..., object], *args: Any) -> None:
        """Schedule an event of the world. It is never cancelled."""
        entry = (self.now + delay, next(self._numbers), happening, args)
        heapq.heappush(self._heap, entry)

    def _push(self, call: DelayedCall) -> None:
        heapq.heappush(self._heap, (call.time, next(self._numbers), call, None))

    def _cancelled(self, call: DelayedCall) -> None:
        del self.calls[call]
        self._stale += 1
        if self._stale > max(STALE, len(self._heap) // 2):
            self._heap = [
                entry for entry in self._heap if entry[3] is not None or entry[2] in self.calls
            ]
            heapq.heapify(self._heap)
            self._stale = 0

    def addReader(self, reader: Any) -> None:  # noqa: N802
        self.readers[reader] = None

    def addWriter(self, writer: Any) -> None:  # noqa: N802
        self.writers[writer] = None

    def removeReader(self, reader: Any) -> None:  # noqa: N802
        self.readers.pop(reader, None)

    def removeWriter(self, writer: Any) -> None:  # noqa: N802
        self.writers.pop(writer, None)

    def forget(self) -> None:
        """Forget all timers and all sockets, as the death of a process does."""
        for call in list(self.calls):
            call.cancel()
        self.readers.clear()
        self.writers.clear()

    def run(self, until: float) -> None:
        """Run until an instant."""
        while True:
            if not self._is_busy():
                if not self._heap or self._heap[0][0] > until:
                    break
                self.now = max(self.now, self._heap[0][0])
            self.turn()
        self.now = max(self.now, until)

    def rest(self) -> None:
        """Run all work of this instant."""
        while self._is_busy() or (self._heap and self._heap[0][0] <= self.now):
            self.turn()

    def turn(self) -> None:
        """Make the due calls, then read and write."""
        due = []
        while self._heap and self._heap[0][0] <= self.now:
            due.append(heapq.heappop(self._heap))
        for _, _, call, args in due:
            if not isinstance(call, DelayedCall):
                call(*args)
            elif not call.active():
                self._stale -= 1
            elif call.delayed_time > 0:
                call.activate_delay()
                self._push(call)
            else:
                del self.calls[call]
                call.called = 1
                try:
                    call.func(*call.args, **call.kw)
                except Exception:
                    log.err()
        for reader in list(self.readers):
            if reader in self.readers and reader.socket.is_readable:
                self._doReadOrWrite(reader, reader, self._POLL_IN)
        for writer in list(self.writers):
            if writer in self.writers and writer.socket.is_writable:
                self._doReadOrWrite(writer, writer, self._POLL_OUT)

    def _is_busy(self) -> bool:
        return any(reader.socket.is_readable for reader in self.readers) or any(
            writer.socket.is_writable for writer in self.writers
        )
