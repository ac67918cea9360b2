"""Letters about the operator's orders inside an auction.

The price after a voided bid has fallen. It is told with the bid, and not as a conflated price
update: every client learns the cause.
"""

from collections.abc import Collection

from twisted_auction.house.snapshots import PAUSED, goes_on, price_update
from twisted_auction.rules.auction import Auction
from twisted_auction.rules.commands import Bid, Cancel, Expel, Readmit, Void
from twisted_auction.rules.events import (
    Announced,
    Expelled,
    Ordered,
    Paused,
    Readmitted,
    Resumed,
    Voided,
)
from twisted_auction.wire import messages
from twisted_auction.wire.letter import EMPTY, Letter

EXPELLED = Letter(messages.YouAreExpelled(""))

_REASON_NOT_TOLD = frozenset({Cancel.word, Void.word, Expel.word, Bid.word, Readmit.word})
"""The orders whose reason is part of another message, or concerns one Buyer alone."""


def order_updates(
    event: Ordered | Paused | Resumed | Voided | Expelled | Readmitted | Announced,
    auction: Auction,
    when: float,
) -> Collection[tuple[int, Letter]]:
    """The letters about an event of an order for participants.

    :param auction: the auction right after the event.
    :param when: the instant of the event, in seconds.
    """
    match event:
        case Expelled():
            return ((event.who, Letter(messages.YouAreExpelled(reason_of(auction)))),)
        case Readmitted():
            return ()
        case Resumed():
            return [(who, goes_on(who, auction, when)) for who in auction.present]
    letter = order_watcher_update(event, auction, when)
    letters = dict.fromkeys(auction.present, letter)
    if isinstance(event, Voided) and event.bid is not None and event.holder in letters:
        letters[event.holder] = letter + Letter(messages.YouHold(event.bid))
    return letters.items() if letter else ()


def order_watcher_update(
    event: Ordered | Paused | Resumed | Voided | Announced, auction: Auction, when: float
) -> Letter:
    """The letter about an event of an order for Watchers; to most events, everyone's letter."""
    match event:
        case Ordered(order, _, reason):
            is_told = reason and order not in _REASON_NOT_TOLD
            return Letter(messages.AuctioneerSays(reason)) if is_told else EMPTY
        case Paused():
            return PAUSED
        case Resumed():
            return goes_on(None, auction, when)
        case Voided():
            voided = messages.Voided(event.amount, event.who, reason_of(auction))
            return Letter(voided) + price_update(auction, when)
        case Announced(text):
            return Letter(messages.AuctioneerSays(text))


def more_time(auction: Auction, when: float) -> Letter:
    """The new end of sealed bidding. In open bidding, a price update has it."""
    return Letter(messages.MoreTime(auction.seconds_left(when)))


def reason_of(auction: Auction) -> str:
    """The reason of the order behind an event."""
    return "" if auction.order is None else auction.order.reason
