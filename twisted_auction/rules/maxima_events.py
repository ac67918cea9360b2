"""The events of maximum bids. They are as secret as a sealed bid: only the ledger has them, and
only their Buyer is told."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class MaximumSet:
    """A Buyer tells the server its maximum for the item, ``amount`` whole dollars; 0 takes it back.
    The limits are as in :class:`~twisted_auction.rules.events.BidTaken`."""

    who: int
    amount: int
    limit: int | None = None
    bound: int | None = None
    lots: int | None = None
    won: int | None = None


@dataclass(frozen=True, slots=True)
class MaximumLimited:
    """The limits of a person stop the raises for its maximum at ``most`` whole dollars, or do not
    stop them any more, if ``most`` is None. The limits are as in
    :class:`~twisted_auction.rules.events.BidTaken`."""

    who: int
    most: int | None
    limit: int | None = None
    bound: int | None = None
    lots: int | None = None
    won: int | None = None
