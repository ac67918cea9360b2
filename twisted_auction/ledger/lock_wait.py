"""Waiting for another program to unlock the ledger."""

from collections.abc import Callable

from twisted.internet.interfaces import IDelayedCall, IReactorTime

from twisted_auction.ledger.store import Store

LOCK_RETRY_DELAY = 0.05
"""Seconds between attempts to write a ledger locked by another program."""

HALT_AFTER = 0.25
"""Seconds after which a locked ledger halts the house. A shorter lock is like a slow disk."""

REMIND_INTERVAL = 60.0
"""Seconds between reminders to the operator while the ledger stays locked."""


class LockWait:
    """The wait of a commit for a locked ledger.

    :param store: the storage, for its name in messages.
    :param clock: schedules the attempts.
    :param try_again: is called for each attempt.
    :param notify: called with one line of text for the operator.
    :ivar is_scheduled: True while an attempt is scheduled.
    """

    def __init__(
        self,
        store: Store,
        clock: IReactorTime,
        try_again: Callable[[], object],
        notify: Callable[[str], object],
    ) -> None:
        self._store = store
        self._clock = clock
        self._try_again = try_again
        self._notify = notify
        self._since: float | None = None
        self._remind_at: float | None = None  # set while the house is halted
        self._retry: IDelayedCall | None = None

    @property
    def is_on(self) -> bool:
        """True from the first attempt on."""
        return self._since is not None

    @property
    def is_scheduled(self) -> bool:
        """True while an attempt is scheduled."""
        return self._retry is not None

    def go_on(self) -> bool:
        """Schedule another attempt. Notify the operator from time to time.

        :return: True if the house must halt now.
        """
        now = self._clock.seconds()
        if self._since is None:
            self._since = now
        seconds = now - self._since
        is_halt = self._remind_at is None and seconds >= HALT_AFTER
        if is_halt:
            self._notify(
                f"the ledger {self._store.name} is locked by another program; until that ends, "
                "everybody waits and nothing is lost."
            )
            self._remind_at = now + REMIND_INTERVAL
        elif self._remind_at is not None and now >= self._remind_at:
            name = self._store.name
            self._notify(f"the ledger {name} is still locked, for {seconds:.0f} seconds now.")
            self._remind_at = now + REMIND_INTERVAL
        self._retry = self._clock.callLater(LOCK_RETRY_DELAY, self._attempt)
        return is_halt

    def end(self) -> bool:
        """The ledger is written.

        :return: True if the house was halted, and may go on.
        """
        since, self._since = self._since, None
        if since is None or self._remind_at is None:
            return False
        self._remind_at = None
        seconds = self._clock.seconds() - since
        name = self._store.name
        self._notify(f"the ledger {name} can be written again, after {seconds:.1f} seconds.")
        return True

    def cancel(self) -> None:
        """Schedule no further attempt."""
        if self._retry is not None:
            self._retry.cancel()
            self._retry = None

    def _attempt(self) -> None:
        self._retry = None
        self._try_again()
