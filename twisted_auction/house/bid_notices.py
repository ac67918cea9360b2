"""Letters about bids and maxima, each to its own Buyer, and about the reserve.

One command can lead to several bids, if maxima answer it. The Buyer with the highest bid in the end
is not told of outbidding before.
"""

from collections.abc import Collection

from twisted_auction.rules.auction import Auction
from twisted_auction.rules.events import MaximumSet, Raised
from twisted_auction.rules.open import Open
from twisted_auction.wire import messages
from twisted_auction.wire.letter import EMPTY, Letter

NO_MAXIMUM = Letter(messages.NoMaximum())
RESERVE_MET = Letter(messages.ReserveMet())
RESERVE_NOT_MET = Letter(messages.ReserveNotMet())


def bid_updates(bid: Raised, last: Raised) -> Collection[tuple[int, Letter]]:
    """The letters about an open bid.

    :param last: the last bid of the same command.
    """
    letters = []
    taken = messages.YouHold if bid.cause is None else messages.BidForYou
    letters.append((bid.who, Letter(taken(bid.amount))))
    if bid.outbid is not None and (bid is last or bid.outbid != last.who):
        letters.append((bid.outbid, Letter(messages.Outbid(bid.who, bid.amount))))
    return letters


def maximum_update(event: MaximumSet) -> Collection[tuple[int, Letter]]:
    """The letter about a maximum."""
    letter = Letter(messages.MaximumIs(event.amount)) if event.amount else NO_MAXIMUM
    return ((event.who, letter),)


def own_maximum(who: int, auction: Auction) -> Letter:
    """The maximum of a Buyer, for its snapshot."""
    maximum = auction.maxima.get(who)
    return EMPTY if maximum is None else Letter(messages.MaximumIs(maximum.amount))


def reserve_notice(auction: Auction) -> Letter:
    """Whether the hidden reserve is met, if there is one. It tells no amount."""
    if not isinstance(auction.format, Open) or not auction.format.reserve:
        return EMPTY
    highest = 0 if auction.holder is None else auction.bids[auction.holder]
    return RESERVE_MET if highest >= auction.format.reserve else RESERVE_NOT_MET


MAX_LISTED = 20
"""Largest number of bids in an answer: the latest ones."""


def bid_history(auction: Auction) -> Letter:
    """The latest bids on the item, and the voided ones in their places."""
    # There may be many thousands of bids: only the latest ones are looked at.
    first = max(len(auction.open_bids) - MAX_LISTED, 0)
    bids: list[tuple[int, int, messages.Message]] = [
        (first + index, 1, messages.BidWas(*bid))
        for index, bid in enumerate(auction.open_bids[first:])
    ]
    for place, who, amount in auction.voided_bids:
        if place >= first:
            bids.append((place, 0, messages.VoidedBidWas(who, amount)))
    # A sort is stable: of the bids voided at one place, the order is kept.
    listed = [message for _, _, message in sorted(bids, key=lambda bid: bid[:2])][-MAX_LISTED:]
    total = len(auction.open_bids) + len(auction.voided_bids)
    return Letter(*listed, messages.BidsListed(len(listed), total))
