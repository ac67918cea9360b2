"""Checks that an event is possible in an auction by the rules.

Each event read from a ledger is checked (:func:`check_event`), and so is each answer of a format
before it is applied (:func:`check_format_event`): an event that could not be read back must not be
written.
"""

from collections.abc import Iterable
from dataclasses import replace

from twisted_auction.ledger.check_maxima import check_answer, check_set
from twisted_auction.ledger.check_sale import check_rearrangement, check_stage
from twisted_auction.ledger.check_timed import check_over, check_timed
from twisted_auction.ledger.records import check_fields
from twisted_auction.rules.allowance import allowance_of, without_limits
from twisted_auction.rules.amounts import MAX_AMOUNT
from twisted_auction.rules.auction import Auction
from twisted_auction.rules.commands import (
    Add,
    Again,
    Bid,
    Expel,
    GoOn,
    Move,
    Pause,
    Readmit,
    Skip,
    Start,
    Tell,
    Void,
    VoidSale,
)
from twisted_auction.rules.events import (
    SELLER,
    Announced,
    Arrived,
    BiddingClosed,
    BiddingOpened,
    BidTaken,
    Called,
    EndMoved,
    EndPostponed,
    Event,
    Expelled,
    Extended,
    Left,
    LotAdded,
    LotAnnounced,
    LotMoved,
    LotOffered,
    LotsDone,
    LotSkipped,
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
    SaleEnded,
    SaleVoided,
    Sold,
    Spoke,
    StartMoved,
    Unsold,
    Voided,
    Withdrawn,
)
from twisted_auction.rules.refusals import Refusal
from twisted_auction.rules.state import AuctionState
from twisted_auction.rules.transitions import TRANSITIONS, Phase
from twisted_auction.rules.words import asking, decline

ORDERED: dict[type[Event], str] = {
    Paused: Pause.word,
    Resumed: GoOn.word,
    Voided: Void.word,
    Expelled: Expel.word,
    Readmitted: Readmit.word,
    Announced: Tell.word,
    StartMoved: Start.word,
    LotSkipped: Skip.word,
    LotMoved: Move.word,
    LotAdded: Add.word,
    LotOffered: Again.word,
    SaleVoided: VoidSale.word,
}
"""Events with no other cause than an order, and the word of the order right before them."""

NOT_IN_A_PAUSE = frozenset(
    {
        RequestAccepted,
        BiddingOpened,
        BidTaken,
        Withdrawn,
        Raised,
        MaximumSet,
        MaximumLimited,
        Passed,
        Missed,
        EndMoved,
        Called,
        PriceFell,
        Paused,
    }
)
"""The events of time or of a line, and a second pause."""


CHECKED_TIMES = (
    RequestAccepted,
    LotAnnounced,
    BiddingOpened,
    Extended,
    EndMoved,
    EndPostponed,
    Withdrawn,
)
"""The events that :func:`~twisted_auction.ledger.check_timed.check_timed` checks."""


def check_event(auction: Auction, event: Event, when: float, previous: Event | None) -> None:
    """Check that an event is possible next.

    :param auction: the auction before the event.
    :param when: the event's instant, in seconds.
    :param previous: the event right before; None at the start of an auction.
    :raises ValueError: if the event is not possible; the text gives the reason.
    """
    if (auction.phase, type(event)) not in TRANSITIONS:
        raise ValueError(f"{type(event).__name__} cannot happen while {auction.phase.value}")
    if auction.is_stopped and not isinstance(event, Reopened):
        raise ValueError("the house is closed")
    if auction.paused_at is not None and type(event) in NOT_IN_A_PAUSE:
        raise ValueError("it is paused")
    order = previous.order if isinstance(previous, Ordered) else None
    if order != ORDERED.get(type(event), order):
        raise ValueError(f"{type(event).__name__} does not follow its order")
    if auction.phase is Phase.BIDDING:
        check_answer(auction, event, previous)
    if isinstance(event, CHECKED_TIMES):
        check_timed(auction, event, when, previous)
    match event:
        case Raised(cause=str()) | MaximumLimited():
            pass  # checked as an answer
        case BiddingOpened(None) | Reopened(None) if auction.is_open and (
            TRANSITIONS[auction.phase, type(event)] is Phase.BIDDING
        ):
            raise ValueError("open bidding always has an end")
        case LotAnnounced() | LotsDone() | SaleEnded() | StartMoved():
            check_stage(auction, event)
        case LotSkipped() | LotMoved() | LotAdded() | LotOffered() | SaleVoided():
            check_rearrangement(auction, event)
        case BidTaken() | Raised() | MaximumSet() | Passed() if auction.sells(event.who):
            raise ValueError(f"Buyer {event.who} is the seller of the lot")
        case BidTaken() | Raised() if order == Bid.word and event.who not in auction.expelled:
            _check_bid(auction, event, when, by_order=True)
        case RequestAccepted() if not event.request.number_of_bids and event.ends_at is None:
            raise ValueError("only a lot of the house itself waits for no Buyer")
        case Left() | BidTaken() | Raised() | MaximumSet() | Passed() if (
            event.who not in auction.present
        ):
            raise ValueError(f"participant {event.who} is not there")
        case Arrived() if event.who in auction.present:
            raise ValueError(f"participant {event.who} is there already")
        case Arrived(paddle=int(paddle)) if event.who not in (SELLER, paddle) or event.address:
            raise ValueError(f"the person with paddle {paddle} has no other number, and no address")
        case Arrived() if event.who in auction.expelled:
            raise ValueError(f"participant {event.who} is expelled")
        case BidTaken() | Raised():
            _check_bid(auction, event, when)
        case MaximumSet():
            check_set(auction, event)
        case Resumed() if auction.paused_at is None:
            raise ValueError("it is not paused")
        case Voided():
            _check_voided(auction, event)
        case Expelled() if event.who in auction.expelled:
            raise ValueError(f"participant {event.who} is expelled already")
        case Readmitted() if event.who not in auction.expelled:
            raise ValueError(f"participant {event.who} is not expelled")
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
            if not isinstance(previous, BiddingClosed):
                if auction.awaited:
                    raise ValueError("bids are awaited")
                check_over(auction, when)


def _check_bid(
    auction: Auction, event: BidTaken | Raised, when: float, by_order: bool = False
) -> None:
    """Let the format decide a bid again, with the amount as the line.

    :param by_order: True for a bid of the operator, whose Buyer may be away.
    :raises ValueError: if it decides something else.
    """
    bidding: AuctionState = auction
    if by_order and event.who not in auction.asked and event.who not in auction.bids:
        bidding = asking(auction, event.who)
    try:
        decided = auction.format.decide(bidding, event.who, b"%d" % event.amount, when)
    except Refusal:
        decided = ()
    if decided[:1] != (without_limits(event),):
        # Servers log this text, so it must not contain the amount, which may be sealed.
        raise ValueError(f"Buyer {event.who} cannot bid this amount here")
    if not allowance_of(event).allows(event.amount):
        raise ValueError(f"Buyer {event.who} has bid above its limit")


def _check_voided(auction: Auction, event: Voided) -> None:
    """Check the amount of a voided bid, and the next highest bid.

    :raises ValueError: if they are not.
    """
    if (event.who, event.amount) != (auction.holder, auction.bids.get(event.who)):
        raise ValueError(f"Buyer {event.who} has no such highest bid")
    if auction.has_strangers:  # limits, or a new list of people, exclude no earlier bid
        right = next(
            (
                bid
                for bid in reversed(auction.open_bids)
                if bid[0] != event.who and bid[0] not in auction.expelled
            ),
            (None, None),
        )
        if (event.holder, event.bid) != right:
            raise ValueError("another bid is the highest now")
    if (event.holder, event.bid) == (None, None):
        return
    can_hold = event.holder != event.who and event.holder not in auction.expelled
    if not can_hold or (event.holder, event.bid) not in auction.open_bids:
        raise ValueError(f"Buyer {event.holder} has made no such bid")


def check_format_event(
    auction: Auction,
    event: Event,
    when: float,
    previous: Event | None,
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
    check_event(auction, event, when, previous)


def _check_amounts(amounts: Iterable[int]) -> None:
    for amount in amounts:
        if not 1 <= amount <= MAX_AMOUNT:
            raise ValueError(f"an amount is a whole number from 1 to {MAX_AMOUNT}")
