"""The terms of a house: limits and times for all of its auctions."""

from dataclasses import dataclass, field, fields

from twisted_auction.rules.amounts import MAX_AMOUNT
from twisted_auction.rules.calendar import Calendar

_AT_LEAST_ONE = frozenset({"max_bidders", "max_bid"})
"""The terms with a minimum of 1."""


def check_whole_number(name: str, value: int, least: int) -> None:
    """Check a number of a program, such as a limit.

    :raises ValueError: if it is no whole number, or too small.
    """
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise ValueError(f"{name} must be a whole number from {least}, not {value!r}")


@dataclass(frozen=True, slots=True)
class Terms:
    """The limits and times of a house's auctions. A time of 0 is no limit.

    :param request_timeout: seconds for a Seller's valid request.
    :param gathering_timeout: seconds from a Seller's request for enough Buyers to arrive.
    :param bid_timeout: seconds for a Buyer's valid sealed bid in a Seller's auction.
    :param max_bidders: the largest ``number_of_bids`` (below 10 in the assignment).
    :param max_bid: whole dollars, the highest open bid.
    :param lot_time: seconds for the sealed bids on a lot of a sale.
    :param lot_pause: seconds from the announcement of a lot to the opening of its bidding. A late
        bid for the last lot then does not count for the next.
    :param after_sale: seconds for which a sale with doors stays open after its last lot; 0 ends it
        at once.
    :param resume_grace: seconds for which a ticket holder's seat is kept after a cut.
    :param settle: seconds from the arrival of the last Buyer needed to the opening of the bidding,
        if that Buyer has no ticket; 0 opens bidding at once.
    :param raise_rate: sustained raises per second of a Buyer in open bidding; 0 is no limit. The
        house counts them, not the rules, so a ledger is valid under any rate.
    :param tell_seller_bids: True to tell the Seller, and no other participant, all bids with the
        result.
    :param calendar: reads the ends of timed auctions. A house has one; without one, no auction can
        be timed.
    :raises ValueError: if a term is impossible; the text names it.
    """

    request_timeout: int = 300
    bid_timeout: int = 300
    gathering_timeout: int = 0
    max_bidders: int = 9
    max_bid: int = MAX_AMOUNT
    lot_time: int = 60
    lot_pause: int = 5
    after_sale: int = 600
    resume_grace: int = 60
    settle: float = 0
    raise_rate: int = 2
    tell_seller_bids: bool = False
    calendar: Calendar | None = field(default=None, compare=False, repr=False)

    def __post_init__(self) -> None:
        for term in fields(self):
            value = getattr(self, term.name)
            kinds, kind = ((int, float), "number") if term.type is float else (int, "whole number")
            if term.type is bool:
                if not isinstance(value, bool):
                    raise ValueError(f"{term.name} must be True or False, not {value!r}")
                continue
            if term.name == "calendar":
                continue
            least = 1 if term.name in _AT_LEAST_ONE else 0
            if isinstance(value, bool) or not isinstance(value, kinds) or not value >= least:
                raise ValueError(f"{term.name} must be a {kind} from {least}, not {value!r}")
            if value > MAX_AMOUNT:  # a larger time could not be added to an instant, a float
                raise ValueError(f"{term.name} must be at most {MAX_AMOUNT}")


STANDARD_TERMS = Terms()

PUBLIC_SETTLE = 0.05
"""Seconds of settling on public ports: longer than a port scan stays connected, and too short for a
person to notice."""
