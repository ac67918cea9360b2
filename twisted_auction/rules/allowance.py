"""The limits of a person, on money and on lots, in all rooms together.

The house knows the commitments of a person in other rooms, and hands them to the rules as data. A
bid keeps the limit of its instant, so a ledger can be verified room by room.
"""

from dataclasses import replace
from typing import NamedTuple, Protocol

from twisted_auction.rules.events import BidTaken, MaximumLimited, MaximumSet, Raised
from twisted_auction.rules.refusals import AboveLimit, TooManyLots

Limited = BidTaken | Raised | MaximumSet | MaximumLimited
"""The events with the limits of their Buyer."""

Kept = tuple[int | None, int | None, int | None, int | None]
"""The limits in an event: the limit, the amount bound, the lots, and those won."""


class Allowance(NamedTuple):
    """The limits and the present commitments of a person, apart from its bid in this auction.

    :param limit: whole dollars; None for no limit.
    :param bound: whole dollars: the person's binding bids in other rooms, and its payments.
    :param lots: the largest number of lots to win; None for any number.
    :param won: the number of other lots with a binding bid of the person, and of the lots won.
    """

    limit: int | None = None
    bound: int = 0
    lots: int | None = None
    won: int = 0

    def allows(self, amount: int) -> bool:
        """True if the person may be bound for this amount here, in whole dollars."""
        return self.has_money_for(amount) and self.has_a_lot_left

    def has_money_for(self, amount: int) -> bool:
        """True if this amount is within the limit of money."""
        return self.limit is None or self.bound + amount <= self.limit

    @property
    def has_a_lot_left(self) -> bool:
        """True if one more lot is within the limit of lots."""
        return self.lots is None or self.won < self.lots


class Allowances(Protocol):
    """The limits of Buyers, looked up as needed."""

    def get(self, who: int, /) -> Allowance | None:
        """The limits of a Buyer; None if it has none."""


def limits_of(who: int, allowances: Allowances | None) -> Allowance | None:
    """The limits of a Buyer; None if it has none."""
    return None if allowances is None else allowances.get(who)


def bid_within(bid: BidTaken | Raised, allowance: Allowance, own: int | None) -> BidTaken | Raised:
    """Check a bid against the limits of its Buyer, and keep the limits in it.

    :param own: whole dollars, the Buyer's binding bid here until now; None if it has none.
    :raises ~twisted_auction.rules.refusals.AboveLimit: if the bid is above the limit of money.
    :raises ~twisted_auction.rules.refusals.TooManyLots: if it is above the limit of lots.
    """
    # Every bid of a person comes here, and dataclasses.replace() would cost more than all the rest.
    kept = _within(bid.amount, allowance, own)
    if isinstance(bid, BidTaken):
        return BidTaken(bid.who, bid.amount, *kept, bid.replaced)
    return Raised(bid.who, bid.amount, bid.outbid, *kept, bid.cause)


def maximum_within(maximum: MaximumSet, allowance: Allowance, own: int | None) -> MaximumSet:
    """Check a maximum like a bid of its amount, and keep the limits in it."""
    return MaximumSet(maximum.who, maximum.amount, *_within(maximum.amount, allowance, own))


def _within(amount: int, allowance: Allowance, own: int | None) -> Kept:
    limit, bound, lots, won = allowance
    if limit is not None and bound + amount > limit:
        raise AboveLimit(bound + (own or 0), limit)
    if lots is not None and won >= lots:
        raise TooManyLots(won + (own is not None), lots)
    return _kept(allowance)


def _kept(allowance: Allowance) -> Kept:
    limit, bound, lots, won = allowance
    return limit, None if limit is None else bound, lots, None if lots is None else won


def limited_to(who: int, allowance: Allowance | None) -> MaximumLimited:
    """The largest bid of a Buyer within its limits, as an event with the limits."""
    if allowance is None:
        return MaximumLimited(who, None)
    most = None if allowance.limit is None else max(allowance.limit - allowance.bound, 0)
    return MaximumLimited(who, most if allowance.has_a_lot_left else 0, *_kept(allowance))


def allowance_of(bid: Limited) -> Allowance:
    """The limits kept in an event.

    :raises ValueError: if they are incomplete.
    """
    if (bid.limit is None, bid.lots is None) != (bid.bound is None, bid.won is None):
        raise ValueError("a limit needs what its Buyer is bound for")
    return Allowance(bid.limit, bid.bound or 0, bid.lots, bid.won or 0)


def without_limits(bid: BidTaken | Raised) -> BidTaken | Raised:
    """A bid as its format decides it."""
    if bid.limit is bid.bound is bid.lots is bid.won is None:
        return bid
    return replace(bid, limit=None, bound=None, lots=None, won=None)
