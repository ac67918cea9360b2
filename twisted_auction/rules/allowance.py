"""The limits of a person, on money and on lots, in all rooms together.

The house knows the commitments of a person in other rooms, and hands them to the rules as data. A
bid keeps the limit of its instant, so a ledger can be verified room by room.
"""

from dataclasses import replace
from typing import NamedTuple

from twisted_auction.rules.events import BidTaken, Raised
from twisted_auction.rules.refusals import AboveLimit, TooManyLots


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


def bid_within(bid: BidTaken | Raised, allowance: Allowance, own: int | None) -> BidTaken | Raised:
    """Check a bid against the limits of its Buyer, and keep the limits in it.

    :param own: whole dollars, the Buyer's binding bid here until now; None if it has none.
    :raises ~twisted_auction.rules.refusals.AboveLimit: if the bid is above the limit of money.
    :raises ~twisted_auction.rules.refusals.TooManyLots: if it is above the limit of lots.
    """
    # Every bid of a person comes here, and a property or dataclasses.replace() would cost more than
    # all the rest.
    limit, bound, lots, won = allowance
    if limit is not None and bound + bid.amount > limit:
        raise AboveLimit(bound + (own or 0), limit)
    if lots is not None and won >= lots:
        raise TooManyLots(won + (own is not None), lots)
    kept_bound = None if limit is None else bound
    kept_won = None if lots is None else won
    if isinstance(bid, BidTaken):
        return BidTaken(bid.who, bid.amount, limit, kept_bound, lots, kept_won)
    return Raised(bid.who, bid.amount, bid.outbid, limit, kept_bound, lots, kept_won)


def allowance_of(bid: BidTaken | Raised) -> Allowance:
    """The limits kept in a bid.

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
