"""The letters of timed auctions: a changed or withdrawn sealed bid, another end.

A change of a sealed bid, or its withdrawal, is a secret of its Buyer.
"""

from collections.abc import Collection

from twisted_auction.house.order_notices import more_time
from twisted_auction.house.snapshots import change_of_bid, sealed_question, time_to_end
from twisted_auction.rules.auction import Auction
from twisted_auction.rules.events import BidTaken, EndMoved, EndPostponed, Withdrawn
from twisted_auction.wire import messages
from twisted_auction.wire.letter import EMPTY, Letter

RECEIVED = Letter(messages.BidReceived())
CHANGED = Letter(messages.BidChanged())
WITHDRAWN = Letter(messages.BidWithdrawn(), messages.AskBid())


def bid_taken(event: BidTaken, auction: Auction) -> Letter:
    """The answer to a bid, for its Buyer alone."""
    if event.replaced:
        return CHANGED
    return RECEIVED + change_of_bid(event.who, auction)


def opened(auction: Auction, when: float) -> Collection[tuple[int, Letter]]:
    """The letters about the opening of timed sealed bidding."""
    return [(who, sealed_question(who, auction, when)) for who in auction.present]


def timed_updates(
    event: Withdrawn | EndMoved | EndPostponed, auction: Auction, when: float
) -> Collection[tuple[int, Letter]]:
    """The letters about an event of a timed auction for participants.

    :param auction: the auction right after the event.
    :param when: the instant of the event, in seconds.
    """
    if isinstance(event, Withdrawn):
        return ((event.who, WITHDRAWN),)
    letter = timed_watcher_update(event, auction, when)
    return [(who, letter) for who in auction.present] if letter else ()


def timed_watcher_update(
    event: Withdrawn | EndMoved | EndPostponed, auction: Auction, when: float
) -> Letter:
    """The letter about an event of a timed auction for Watchers, apart from price updates."""
    if isinstance(event, Withdrawn) or auction.is_open:
        return EMPTY
    letter = more_time(auction, when) if isinstance(event, EndPostponed) else EMPTY
    return letter + time_to_end(auction, when)
