"""Many deadlines of one length, with one timer."""

from collections.abc import Callable, Iterable
from itertools import takewhile

from twisted.internet.defer import Deferred, succeed
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger

_log = Logger(namespace="auction")


class Deadlines:
    """Calls each callback when its time is up, all after the same number of seconds.

    One timer serves all. A timer for each connection was a measurable part of the cost of a short
    auction.

    :param seconds: from :meth:`start` to the call; 0: never.
    """

    def __init__(self, clock: IReactorTime, seconds: float) -> None:
        self._clock = clock
        self._seconds = seconds
        # In the order of their ends, since all take equally long and a restart moves to the back.
        self._ends: dict[Callable[[], object], float] = {}
        self._timer: IDelayedCall | None = None
        self._waiting: list[Deferred[None]] = []
        self._halted_at: float | None = None

    def start(self, on_timeout: Callable[[], object]) -> None:
        """Start the timeout for this callback, restarting it if it is already running."""
        self._ends.pop(on_timeout, None)
        self._ends[on_timeout] = self._clock.seconds() + self._seconds
        self._set_timer()

    def cancel(self, on_timeout: Callable[[], object]) -> None:
        """Cancel the timeout for this callback, if it is running."""
        if self._ends.pop(on_timeout, None) is not None and not self._ends:
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None
            waiting, self._waiting = self._waiting, []
            for deferred in waiting:
                deferred.callback(None)

    def expire(self) -> None:
        """Call all callbacks now."""
        self._call(list(self._ends))

    @property
    def is_idle(self) -> bool:
        """True if no timeout is running."""
        return not self._ends

    def wait_until_idle(self) -> Deferred[None]:
        """Wait until no timeout is running.

        :return: fires with None.
        """
        if self.is_idle:
            return succeed(None)
        deferred: Deferred[None] = Deferred()
        self._waiting.append(deferred)
        return deferred

    def halt(self) -> None:
        """Stop the time for all callbacks, until :meth:`go_on`."""
        if self._halted_at is None:
            self._halted_at = self._clock.seconds()
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None

    def go_on(self) -> None:
        """Let the time run again. Every callback still has the seconds that it had."""
        if self._halted_at is not None:
            halt = self._clock.seconds() - self._halted_at
            self._halted_at = None
            self._ends = {on_timeout: end + halt for on_timeout, end in self._ends.items()}
            self._set_timer()

    def _set_timer(self) -> None:
        """Set the timer for the first callback, unless it is set for an earlier one."""
        if self._ends and self._timer is None and self._seconds and self._halted_at is None:
            end = next(iter(self._ends.values()))
            self._timer = self._clock.callLater(
                max(0, end - self._clock.seconds()), self._timed_out
            )

    def _timed_out(self) -> None:
        now = self._clock.seconds()
        self._timer = None
        due = takewhile(lambda item: item[1] <= now, self._ends.items())
        self._call([on_timeout for on_timeout, _ in due])
        self._set_timer()

    def _call(self, callbacks: Iterable[Callable[[], object]]) -> None:
        for on_timeout in callbacks:
            if on_timeout in self._ends:  # a callback before it may have cancelled it
                self.cancel(on_timeout)
                with _log.failuresHandled("What was late could not be ended."):  # others go on
                    on_timeout()
