"""Checks of maximum bids, and of the bids of the server for them."""

from twisted_auction.rules.allowance import allowance_of, limited_to, without_limits
from twisted_auction.rules.auction import Auction
from twisted_auction.rules.duels import check_maximum
from twisted_auction.rules.events import (
    BY_MAXIMUM,
    Cancelled,
    Event,
    MaximumLimited,
    MaximumSet,
    Raised,
    Sold,
)
from twisted_auction.rules.maxima import raises
from twisted_auction.rules.open import Open
from twisted_auction.rules.refusals import Refusal


def check_answer(auction: Auction, event: Event, previous: Event | None) -> None:
    """Check an answer of a maximum, or the absence of one.

    The texts of errors have no amount, because servers log them.

    :param auction: the auction before the event, with its bidding on.
    :param previous: the event right before; None if there is none.
    :raises ValueError: if it is not.
    """
    due: tuple[Raised, ...] = ()
    if auction.maxima and auction.paused_at is None:
        assert isinstance(auction.format, Open)
        due = raises(auction.standing, auction.format, auction.lowest_price)
    match event:
        case Raised(cause=str()):
            if event.cause != BY_MAXIMUM or without_limits(event) not in due[:1]:
                raise ValueError(f"no maximum of Buyer {event.who} makes this bid")
            if not allowance_of(event).allows(event.amount):
                raise ValueError(f"Buyer {event.who} has bid above its limit")
        case MaximumLimited():
            if due and isinstance(previous, Raised) and previous.cause is not None:
                raise ValueError("limits come before the bids of the server")
            _check_limited(auction, event, due)
        case Cancelled():
            pass  # after a failure of the format
        case _ if due:
            raise ValueError(f"the maximum of Buyer {due[0].who} bids first")
        case _ if not isinstance(event, Sold) and is_bought(auction):
            raise ValueError("the item is bought")


def is_bought(auction: Auction) -> bool:
    """True if the highest bid is the price to buy at once."""
    holder, format = auction.holder, auction.format
    if holder is None or not isinstance(format, Open) or not format.buy:
        return False
    return auction.bids[holder] == format.buy


def check_set(auction: Auction, event: MaximumSet) -> None:
    """Check a Buyer's maximum.

    :raises ValueError: if it is not possible.
    """
    format, who = auction.format, event.who
    if not isinstance(format, Open) or format.increment_at(1) is None or event.amount < 0:
        raise ValueError(f"Buyer {who} can have no maximum here")
    try:
        check_maximum(auction, format, who, event.amount)
    except Refusal:
        raise ValueError(f"Buyer {who} cannot have this maximum") from None
    if event.amount and not allowance_of(event).allows(event.amount):
        raise ValueError(f"the maximum of Buyer {who} is above its limit")


def _check_limited(auction: Auction, event: MaximumLimited, due: tuple[Raised, ...]) -> None:
    """Check the limits against a maximum, or the end of them.

    :raises ValueError: if they change nothing.
    """
    who = event.who
    known = auction.maxima.get(who)
    if known is None or known.most == event.most:
        raise ValueError(f"Buyer {who} has no maximum to stop")
    if event != limited_to(who, allowance_of(event)):
        raise ValueError(f"the limits of Buyer {who} leave something else")
    is_stopped = any(
        each.who == who and event.most is not None and each.amount > event.most for each in due
    )
    if known.most is None and not is_stopped:
        raise ValueError(f"no limit stops the maximum of Buyer {who} now")
