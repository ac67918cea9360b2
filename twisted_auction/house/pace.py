"""How fast a Buyer may raise in open bidding."""

from math import ceil

from twisted_auction.rules.refusals import BidTooSoon

RAISES_AT_ONCE = 10
"""How many times a Buyer that has been quiet may raise without a pause."""


class Pace:
    """The raises of one lot: each Buyer has a token bucket of :data:`RAISES_AT_ONCE`.

    It follows from the instants of the raises alone. Memory is needed for Buyers who have raised,
    of whom the auction keeps a bid as well.

    :param rate: raises a second that one Buyer may go on with; 0 is any number.
    """

    __slots__ = ("_due", "_rate")

    def __init__(self, rate: int) -> None:
        self._rate = rate
        self._due: dict[int, float] = {}  # the instant at which each bucket is full again

    def count(self, who: int, when: float) -> None:
        """Count a raise.

        :param when: this instant, in seconds.
        :raises twisted_auction.rules.refusals.BidTooSoon: where it comes too soon after others; it
            is not counted then.
        """
        if not self._rate:
            return
        due = max(self._due.get(who, when), when)
        wait = round(due - when - (RAISES_AT_ONCE - 1) / self._rate, 3)
        if wait > 0:
            raise BidTooSoon(ceil(wait))
        self._due[who] = due + 1 / self._rate

    def clear(self) -> None:
        """Another lot comes up."""
        self._due.clear()
