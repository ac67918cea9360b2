"""Checks of the ends of timed auctions.

A ledger has instants, and a request has times of day. They differ by the time zone of the house,
which the ledger does not have.
"""

from datetime import UTC, datetime

from twisted_auction.ledger.row import SECOND
from twisted_auction.rules.auction import Auction
from twisted_auction.rules.events import (
    TIMED,
    BiddingOpened,
    EndMoved,
    EndPostponed,
    Extended,
    LotAnnounced,
    RequestAccepted,
    Withdrawn,
)

QUARTER = 15 * 60
"""Seconds of which every difference between a time zone and UTC is a multiple."""

OFFSETS = range(-12 * 3600, 14 * 3600 + 1)
"""Seconds by which the times of a time zone can be ahead of UTC."""

PRECISION = 1.5
"""Seconds by which an instant may differ from its time of day: the clock on the wall is ahead by
whole seconds in the ledger, and runs at its own rate."""

Timed = RequestAccepted | LotAnnounced | BiddingOpened | Extended | EndMoved | EndPostponed


def check_timed(auction: Auction, event: Timed | Withdrawn, when: float, by_order: bool) -> None:
    """Check the end of a timed auction, and that other auctions have none.

    :param auction: the auction before the event.
    :param when: the event's instant, in seconds.
    :param by_order: True if an order comes right before it.
    :raises ValueError: if the event is not possible; the text gives the reason.
    """
    match event:
        case RequestAccepted() | LotAnnounced():
            _check_times(event)
        case BiddingOpened() if auction.ends_at is not None and event.deadline != auction.ends_at:
            raise ValueError("bidding ends at another time than the request says")
        case BiddingOpened(cause=str()) if event.cause != TIMED or auction.ends_at is None:
            raise ValueError("bidding opens as in another auction")
        case Extended() if auction.latest_at is not None and not by_order:
            # Instants are rounded to nanoseconds.
            if event.deadline > auction.latest_at + 1e-6:
                raise ValueError("a late bid moves the end beyond the latest one")
        case EndMoved() | EndPostponed() if auction.ends_at is None:
            raise ValueError("the auction has no promised end")
        case EndMoved() if event.ends_at < when:
            raise ValueError("the end has moved into the past")
        case EndPostponed() if auction.ends_at is not None and event.ends_at <= auction.ends_at:
            raise ValueError("the end is not postponed")
        case Withdrawn() if not auction.takes_sealed_bid(event.who):
            raise ValueError(f"Buyer {event.who} cannot withdraw a bid here")
        case Withdrawn() if event.who not in auction.bids:
            raise ValueError(f"Buyer {event.who} has no bid to withdraw")


def _check_times(event: RequestAccepted | LotAnnounced) -> None:
    times = (event.request.end, event.request.latest)
    instants = (event.ends_at, event.latest_at)
    if [time is None for time in times] != [instant is None for instant in instants]:
        raise ValueError("its end is no instant, or an instant is no end of the request")
    (end, latest), (ends_at, latest_at) = times, instants
    if end is None or latest is None or ends_at is None or latest_at is None:
        return
    if latest_at < ends_at:
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
    if not isinstance(event, RequestAccepted | LotAnnounced):
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
