"""Events and refusals as messages: the one place to decide about secrets.

The letters about a sealed bid go to its Buyer alone, and with the result to the Seller if the terms
of the house say so. After sealed bidding, the payment goes to the Seller and the winner alone.
Open bids go to everyone, in price updates.
"""

from collections.abc import Collection

from twisted_auction.house.bid_notices import bid_updates, maximum_update
from twisted_auction.house.order_notices import (
    more_time,
    order_updates,
    order_watcher_update,
)
from twisted_auction.house.result_notices import (
    concerned,
    item_name,
    nobody_bought,
    public_result,
    sold_updates,
    unsold_updates,
)
from twisted_auction.house.sale_notices import sale_updates, sale_watcher_update
from twisted_auction.house.snapshots import (
    PASSED,
    SEALED_START,
    WELCOME_SELLER,
    buyer_welcome,
    item,
    open_start,
    progress,
    time_left,
    time_to_opening,
)
from twisted_auction.house.timed_notices import (
    RECEIVED,
    bid_taken,
    opened,
    timed_updates,
    timed_watcher_update,
)
from twisted_auction.rules.auction import Auction
from twisted_auction.rules.events import (
    SELLER,
    Announced,
    Arrived,
    BiddingClosed,
    BiddingOpened,
    BidTaken,
    Called,
    Cancelled,
    EndMoved,
    EndPostponed,
    Event,
    Expelled,
    Extended,
    Left,
    LotAnnounced,
    MaximumLimited,
    MaximumSet,
    Missed,
    Ordered,
    Passed,
    Paused,
    PriceFell,
    Raised,
    Readmitted,
    Reopened,
    RequestAccepted,
    Resumed,
    Sold,
    Spoke,
    Stopped,
    Unsold,
    Voided,
    Withdrawn,
)
from twisted_auction.rules.transitions import Phase
from twisted_auction.wire import messages
from twisted_auction.wire.letter import EMPTY, Letter

SEAT_GIVEN_UP = Letter(messages.SeatGivenUp())
CAME_BACK = Letter(messages.CameBack())
TIME_EXTENDED = Letter(messages.TimeExtended())
GOING = {1: Letter(messages.GoingOnce()), 2: Letter(messages.GoingTwice())}

PRICE_EVENTS = frozenset(
    {BiddingOpened, Raised, Extended, EndMoved, EndPostponed, Called, PriceFell}
)
"""The events of open bidding behind price updates."""


def participant_updates(
    event: Event, auction: Auction, when: float, last_bid: Raised | None = None
) -> Collection[tuple[int, Letter]]:
    """The letters about an event for participants, apart from price updates.

    :param auction: the auction right after the event.
    :param when: the instant of the event, in seconds.
    :param last_bid: the last open bid of the same command; None for the event itself.
    :return: the letters in order, each with its participant.
    """
    match event:
        case BidTaken():
            letter = bid_taken(event, auction) if auction.is_timed else RECEIVED
            return ((event.who, letter),)
        case Withdrawn() | EndMoved() | EndPostponed():
            return timed_updates(event, auction, when)
        case Passed():
            return ((event.who, PASSED),)
        case Arrived():
            if event.who == SELLER:
                return ((SELLER, WELCOME_SELLER),)
            welcome = (event.who, buyer_welcome(event.who, auction, when))
            # In a sale, the last Buyer that a lot needs starts the countdown for the others, too.
            is_last = auction.phase is Phase.GATHERING and auction.missing_buyers == 0
            if auction.lots is None or not is_last:
                return (welcome,)
            return (welcome, *_new_opening_time(auction, when, newcomer=event.who))
        case BiddingOpened():
            if not auction.is_open:
                if auction.is_timed:
                    return opened(auction, when)
                time = time_left(auction, when)
                start = SEALED_START + time
                return [(who, start if who in auction.asked else time) for who in auction.present]
            return [
                (who, open_start(who, auction)) for who in auction.present if who != auction.owner
            ]
        case RequestAccepted():
            return ((SELLER, Letter(messages.RequestReceived(event.request.text))),)
        case Raised():
            return bid_updates(event, last_bid or event)
        case MaximumSet():
            return maximum_update(event)
        case Ordered() | Paused() | Resumed() | Voided() | Expelled() | Readmitted() | Announced():
            return order_updates(event, auction, when)
        case Extended() if not auction.is_open:
            letter = more_time(auction, when)
            return [(who, letter) for who in auction.present]
        case Reopened():
            time = time_left(auction, when)
            return [(who, time) for who in auction.present]
        case MaximumLimited():
            return ()  # its Buyer reads of the higher bid
        case Extended() | Called() | PriceFell() | Stopped() | Missed() | Spoke():
            return ()
        case BiddingClosed():
            closed = Letter(messages.BiddingClosed(event.closer))
            return [(who, closed) for who in concerned(auction)]
        case Sold():
            return sold_updates(event, auction)
        case Unsold():
            return unsold_updates(auction)
        case Cancelled():
            cancelled = Letter(messages.AuctionCancelled(event.reason))
            return [(who, cancelled) for who in concerned(auction)]
        case Left():
            if event.silent_for is None:
                # The other Buyers know an opening time only if this Buyer was the last one needed.
                was_last = auction.phase is Phase.GATHERING and auction.missing_buyers == 1
                if event.who == SELLER or not was_last:
                    return ()
                return _new_opening_time(auction, when)
            time_up = messages.RequestTimeUp if event.who == SELLER else messages.BidTimeUp
            return ((event.who, Letter(time_up(event.silent_for))),)
    return sale_updates(event, auction, when)


def announcement(event: Event) -> Letter:
    """The heading of the price update after an event: an extension, a call, or nothing."""
    match event:
        case Extended() | EndPostponed():
            return TIME_EXTENDED
        case Called():
            return GOING[event.times]
    return EMPTY


def watcher_update(event: Event, auction: Auction, when: float) -> Letter:
    """The letter about an event for Watchers, apart from price updates.

    :param auction: the auction right after the event.
    :param when: the instant of the event, in seconds.
    """
    match event:
        case Ordered() | Paused() | Resumed() | Voided() | Announced():
            return order_watcher_update(event, auction, when)
        case Extended() if not auction.is_open:
            return more_time(auction, when)
        case RequestAccepted() | LotAnnounced():
            return item(auction) + progress(auction) + time_left(auction, when)
        case Withdrawn() | EndMoved() | EndPostponed():
            return timed_watcher_update(event, auction, when)
        case BidTaken() if event.replaced is not None:
            return EMPTY
        case Arrived() | Left() if auction.phase is Phase.GATHERING:
            # The last Buyer needed sets the time of the opening.
            return progress(auction) + time_left(auction, when)
        case Arrived() | Left() | Passed() if auction.is_timed:
            return EMPTY  # Buyers come and go, and only a first bid changes the number
        case Arrived() | Left() | BidTaken() | Passed():
            return progress(auction)
        case BiddingOpened():
            return Letter(messages.BiddingStart()) + progress(auction) + time_left(auction, when)
        case Reopened():
            return time_left(auction, when)
        case BiddingClosed():
            return Letter(messages.BiddingClosed(event.closer))
        case Sold():
            return public_result(
                messages.SoldTo(item_name(auction), event.winner, event.payment), auction
            )
        case Unsold():
            return nobody_bought(auction)
        case Cancelled():
            return Letter(messages.AuctionCancelled(event.reason))
    return sale_watcher_update(event, auction, when)


def with_lot_heading(letter: Letter, auction: Auction) -> Letter:
    """The result of a lot, for a letter with the results of several lots."""
    if auction.lots is None:
        return letter
    return Letter(messages.ResultOf(auction.lot, auction.lots)) + letter


def _new_opening_time(
    auction: Auction, when: float, newcomer: int | None = None
) -> Collection[tuple[int, Letter]]:
    """Correct the opening time for the other Buyers: the last Buyer of a lot has come, or a Buyer
    has left in the settling time."""
    if auction.phase is not Phase.GATHERING:
        return ()
    letter = time_to_opening(auction, when)
    return [(who, letter) for who in auction.present if who not in (SELLER, newcomer)]
