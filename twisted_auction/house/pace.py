"""The rate limit on raises in open bidding."""

from math import ceil

from twisted_auction.rules.refusals import BidTooSoon

RAISES_AT_ONCE = 10
"""Number of raises that a Buyer can make without a pause after it has made none for a while."""


class Pace:
    """A token bucket of :data:`RAISES_AT_ONCE` for each Buyer of a lot.

    The state of a bucket follows from the instants of the raises, so no timer is needed. Only
    Buyers who have raised take memory, and the auction keeps a bid of each of them anyway.

    :param rate: raises a second of one Buyer in the long run; 0 for any number.
    """

    __slots__ = ("_due", "_rate")

    def __init__(self, rate: int) -> None:
        self._rate = rate
        self._due: dict[int, float] = {}  # when each bucket is full again

    def count(self, who: int, when: float) -> None:
        """Count a raise.

        :param when: this instant, in seconds.
        :raises twisted_auction.rules.refusals.BidTooSoon: if the bucket is empty. The raise is not
            counted then.
        """
        if not self._rate:
            return
        due = max(self._due.get(who, when), when)
        # Rounded, because sums of floats are off by tiny amounts, which must not refuse a raise.
        wait = round(due - when - (RAISES_AT_ONCE - 1) / self._rate, 3)
        if wait > 0:
            raise BidTooSoon(ceil(wait))
        self._due[who] = due + 1 / self._rate

    def clear(self) -> None:
        """Fill all buckets, for the next lot."""
        self._due.clear()
