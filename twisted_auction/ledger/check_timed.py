"""Checks of the ends of auctions.

A ledger has instants, and the request of a timed auction has times of day. They differ by the time
zone of the house, which the ledger does not have.
"""

from datetime import UTC, datetime

from twisted_auction.ledger.check_maxima import is_bought
from twisted_auction.ledger.row import SECOND
from twisted_auction.rules.auction import Auction
from twisted_auction.rules.commands import Extend
from twisted_auction.rules.events import (
    TIMED,
    BiddingOpened,
    EndMoved,
    EndPostponed,
    Event,
    Extended,
    LotAnnounced,
    MaximumLimited,
    Ordered,
    Raised,
    Reopened,
    RequestAccepted,
    Voided,
    Withdrawn,
)
from twisted_auction.rules.open import English
from twisted_auction.rules.timed import LAST_MINUTE

MAX_AHEAD = 100 * 366 * 86400
"""Seconds by which the clock on the wall can be ahead of the rows, or behind them. A machine
without a battery may have started in 1970."""

QUARTER = 15 * 60
"""Seconds of which every difference between a time zone and UTC is a multiple."""

OFFSETS = range(-12 * 3600, 14 * 3600 + 1)
"""Seconds by which the times of a time zone can be ahead of UTC."""

PRECISION = 1.5
"""Seconds by which an instant may differ from its time of day: the clock on the wall is ahead by
whole seconds in the ledger, and runs at its own rate."""

ROUNDING = 1e-6
"""Seconds by which the instants of a ledger may be rounded."""

Timed = RequestAccepted | LotAnnounced | BiddingOpened | Extended | EndMoved | EndPostponed


def check_timed(
    auction: Auction, event: Timed | Withdrawn, when: float, previous: Event | None
) -> None:
    """Check an end, or another one.

    :param auction: the auction before the event.
    :param when: the event's instant, in seconds.
    :param previous: the event right before; None at the start of an auction.
    :raises ValueError: if the event is not possible; the text gives the reason.
    """
    match event:
        case RequestAccepted() | LotAnnounced():
            _check_times(event)
        case BiddingOpened() if auction.ends_at is not None and (
            event.deadline is None or abs(event.deadline - auction.ends_at) > ROUNDING
        ):
            raise ValueError("bidding ends at another time than the request says")
        case BiddingOpened(cause=str()) if event.cause != TIMED or auction.ends_at is None:
            raise ValueError("bidding opens as in another auction")
        case Extended():
            _check_extended(auction, event, when, previous)
        case EndMoved() | EndPostponed() if auction.ends_at is None:
            raise ValueError("the auction has no promised end")
        case EndMoved():
            assert auction.ends_at is not None
            if min(event.ends_at, auction.ends_at) < when + LAST_MINUTE - ROUNDING:
                raise ValueError("the clock moves no end in the last minute, or into it")
        case EndPostponed():
            is_ordered = _is_order(previous, Extend.word)
            if not (is_ordered or isinstance(previous, BiddingOpened | Reopened)):
                raise ValueError("nothing has postponed the end")
            if auction.ends_at is not None and event.ends_at <= auction.ends_at:
                raise ValueError("the end is not postponed")
        case Withdrawn() if not auction.takes_sealed_bid(event.who):
            raise ValueError(f"Buyer {event.who} cannot withdraw a bid here")
        case Withdrawn() if event.who not in auction.bids:
            raise ValueError(f"Buyer {event.who} has no bid to withdraw")


def check_over(auction: Auction, when: float) -> None:
    """Check that the bidding is over without an order, and without bids that are awaited.

    :raises ValueError: if it is not.
    """
    if is_bought(auction):
        return
    if type(auction.format) is English and auction.calls < 2:
        raise ValueError("the end was not called twice")
    if auction.is_timed and auction.deadline is not None and when < auction.deadline - ROUNDING:
        raise ValueError("it is before the end")


def _check_extended(auction: Auction, event: Extended, when: float, previous: Event | None) -> None:
    """Check more time, by order or after a late bid.

    :raises ValueError: if there is no reason for it.
    """
    if isinstance(previous, Ordered):
        is_later = auction.deadline is not None and event.deadline > auction.deadline
        if not (is_later and _is_order(previous, Extend.word)):
            raise ValueError("the order gives no more time")
        return
    if type(auction.format) is English:
        # The format itself would decide something else on a bid right at the limit.
        end = auction.clock(when) + auction.format.extension
        if auction.latest_at is not None:
            end = min(end, auction.latest_at)
        is_late = auction.deadline is not None and auction.deadline <= end + ROUNDING
        is_due = is_late and isinstance(previous, Raised | MaximumLimited | Voided)
        if not is_due or abs(end - event.deadline) > ROUNDING:
            raise ValueError("no late bid moves the end to this instant")


def _is_order(event: Event | None, word: str) -> bool:
    return isinstance(event, Ordered) and event.order == word


def _check_times(event: RequestAccepted | LotAnnounced) -> None:
    times = (event.request.end, event.request.latest)
    instants = (event.ends_at, event.latest_at)
    if [time is None for time in times] != [instant is None for instant in instants]:
        raise ValueError("its end is no instant, or an instant is no end of the request")
    (end, latest), (ends_at, latest_at) = times, instants
    if end is None or latest is None or ends_at is None or latest_at is None:
        return
    if latest_at < ends_at - PRECISION:
        raise ValueError("the latest end is before the end")
    # The clocks may be changed between the two.
    moved = latest_at - ends_at - (latest - end).total_seconds()
    if abs(moved) > OFFSETS[-1] or not _is_multiple(moved):
        raise ValueError("the latest end is at another time than the request says")


def check_time_of_day(event: object, epoch: int) -> None:
    """Check that an instant can be the end of a request in some time zone.

    :param epoch: the instant 0 of the event's clock, in nanoseconds since 1970.
    :raises ValueError: if it cannot.
    """
    if not isinstance(event, RequestAccepted | LotAnnounced | EndMoved):
        return
    if abs(event.ahead or 0) > MAX_AHEAD:
        raise ValueError("the clock on the wall is too far ahead")
    if isinstance(event, EndMoved):
        return
    if event.request.end is None or event.ends_at is None:
        return
    time: datetime = event.request.end
    read = time.replace(tzinfo=UTC).timestamp()
    offset = read - (event.ends_at + epoch / SECOND + (event.ahead or 0))
    if not OFFSETS[0] - PRECISION <= offset <= OFFSETS[-1] + PRECISION or not _is_multiple(offset):
        raise ValueError("the end is at another time than the request says, in every time zone")


def _is_multiple(seconds: float) -> bool:
    """True if this can be a difference of time zones."""
    return abs((seconds + QUARTER / 2) % QUARTER - QUARTER / 2) <= PRECISION
