"""Checks that an event is possible in an auction by the rules.

Each event read from a ledger is checked (:func:`check_event`), and so is each answer of a format
before it is applied (:func:`check_format_event`): an event that could not be read back must not be
written.
"""

from collections.abc import Iterable
from dataclasses import replace

from twisted_auction.ledger.records import check_fields
from twisted_auction.rules.allowance import allowance_of, without_limits
from twisted_auction.rules.amounts import MAX_AMOUNT
from twisted_auction.rules.auction import Auction
from twisted_auction.rules.events import (
    SELLER,
    Arrived,
    BiddingOpened,
    BidTaken,
    Called,
    Event,
    Left,
    LotAnnounced,
    Missed,
    Passed,
    PriceFell,
    Raised,
    Reopened,
    Sold,
    Spoke,
    Unsold,
)
from twisted_auction.rules.refusals import Refusal
from twisted_auction.rules.sale import Sale
from twisted_auction.rules.transitions import TRANSITIONS, Phase
from twisted_auction.rules.words import decline


def check_event(auction: Auction, event: Event, when: float, is_closed: bool) -> None:
    """Check that an event is possible next.

    :param auction: the auction before the event.
    :param when: the event's instant, in seconds.
    :param is_closed: True right after ``BiddingClosed``: the Seller or the operator has ended the
        bidding.
    :raises ValueError: if the event is not possible; the text gives the reason.
    """
    if (auction.phase, type(event)) not in TRANSITIONS:
        raise ValueError(f"{type(event).__name__} cannot happen while {auction.phase.value}")
    if auction.is_stopped and not isinstance(event, Reopened):
        raise ValueError("the house is closed")
    match event:
        case BiddingOpened(None) | Reopened(None) if auction.is_open and (
            TRANSITIONS[auction.phase, type(event)] is Phase.BIDDING
        ):
            raise ValueError("open bidding always has an end")
        case LotAnnounced():
            sale = Sale.of(event.lots) if auction.sale is None else auction.sale
            if event.lots != (auction.lots or event.lots) or event.lot not in sale.to_come[:1]:
                raise ValueError("another lot comes next")
        case Left() | BidTaken() | Raised() | Passed() if event.who not in auction.present:
            raise ValueError(f"participant {event.who} is not there")
        case BidTaken() | Raised() | Passed() if event.who == auction.owner:
            raise ValueError(f"Buyer {event.who} is the seller of the lot")
        case Arrived() if event.who in auction.present:
            raise ValueError(f"participant {event.who} is there already")
        case Arrived(paddle=int(paddle)) if event.who not in (SELLER, paddle) or event.address:
            raise ValueError(f"the person with paddle {paddle} has no other number, and no address")
        case BidTaken() | Raised():
            # The format decides again, with the amount as the line.
            try:
                decided = auction.format.decide(auction, event.who, b"%d" % event.amount, when)
            except Refusal:
                decided = ()
            if decided[:1] != (without_limits(event),):
                # Servers log this text, so it must not contain the amount, which may be sealed.
                raise ValueError(f"Buyer {event.who} cannot bid this amount here")
            if not allowance_of(event).allows(event.amount):
                raise ValueError(f"Buyer {event.who} has bid above its limit")
        case Passed():
            try:
                decline(auction, event.who)
                can_pass = auction.lots is not None
            except Refusal:
                can_pass = False
            if not can_pass:
                raise ValueError(f"Buyer {event.who} cannot pass here")
        case Missed() if auction.lots is None or event.who not in auction.awaited:
            raise ValueError(f"Buyer {event.who} cannot miss what it is not asked for")
        case Spoke() if event.who not in auction.silent:
            raise ValueError(f"Buyer {event.who} has missed nothing")
        case Called() | PriceFell():
            (decided_next, *_) = auction.format.pass_time(auction)
            # The ledger rounds instants to nanoseconds, so a deadline may differ slightly.
            if isinstance(event, PriceFell) and isinstance(decided_next, PriceFell):
                event = replace(event, deadline=decided_next.deadline)
            if decided_next != event:
                raise ValueError("by the rules of the format, something else comes next")
        case Sold() | Unsold():
            right = auction.format.result(auction.bids, auction.lowest_price)
            if event != right:
                # Nor must this text contain a sealed bid.
                raise ValueError("the bids have another result")
            if auction.awaited and not is_closed:
                raise ValueError("bids are awaited")


def check_format_event(
    auction: Auction,
    event: Event,
    when: float,
    is_closed: bool,
    said: tuple[int, bytes] | None = None,
) -> None:
    """Check that an event from a format is possible next, and can be read back from a ledger.

    :param said: the participant and the line, without white space around it, that the event
        answers; None if no line led to it. If the line is the bid itself, the format has just
        decided it and is not asked again.
    :raises ValueError: if the event is not possible; the text gives the reason.
    """
    check_fields(event)
    match event:
        case BidTaken() | Raised():
            _check_amounts([event.amount])
            if said == (event.who, b"%d" % event.amount) and event.who in auction.present:
                return
        case PriceFell():
            _check_amounts([event.price])
        case Unsold():
            _check_amounts([] if event.highest_bid is None else [event.highest_bid])
        case Sold():
            _check_amounts([event.highest_bid, event.payment, *(due for _, due in event.dues)])
            owing = [event.winner, *(who for who, _ in event.dues)]
            if len(set(owing)) < len(owing) or not auction.bids.keys() >= set(owing):
                raise ValueError("a Buyer owes twice, or without a bid")
    check_event(auction, event, when, is_closed)


def _check_amounts(amounts: Iterable[int]) -> None:
    for amount in amounts:
        if not 1 <= amount <= MAX_AMOUNT:
            raise ValueError(f"an amount is a whole number from 1 to {MAX_AMOUNT}")
