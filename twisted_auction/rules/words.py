"""Decisions on a participant's line: a request, a bid, a pass."""

from copy import copy

from twisted_auction.rules.allowance import Allowances, bid_within, limits_of
from twisted_auction.rules.amounts import parse_amount
from twisted_auction.rules.commands import Say
from twisted_auction.rules.duels import MAXIMUM, maximum_set
from twisted_auction.rules.events import (
    BIDS,
    SELLER,
    TIMED,
    BiddingOpened,
    Event,
    Passed,
    RequestAccepted,
    Withdrawn,
)
from twisted_auction.rules.format import check_event_classes
from twisted_auction.rules.grammar import parse_request
from twisted_auction.rules.open import Open
from twisted_auction.rules.refusals import (
    AskedForBids,
    BidAlreadyIn,
    BiddingNotOpen,
    BidTooHigh,
    HasPassed,
    IsPaused,
    NoBidYet,
    OwnLot,
    RepeatBid,
    RequestAlreadyIn,
)
from twisted_auction.rules.stages import deadline, result
from twisted_auction.rules.state import AuctionState
from twisted_auction.rules.timed import check_times, end_times
from twisted_auction.rules.transitions import Phase

BIDS_SO_FAR = b"bids"
"""The word, in any case, to read the bids on an item in open bidding."""

PASS = b"pass"
"""A Buyer's word, in any case, to decline a lot of a sale."""

WITHDRAW = b"withdraw"
"""A Buyer's word, in any case, to take back its sealed bid in a timed auction."""


def say(state: AuctionState, command: Say, when: float) -> tuple[Event, ...]:
    """Decide a line: the Seller's request before Buyers gather, bids after that.

    :raises Refusal: if the line has no effect.
    """
    line = command.line.strip()
    is_open = state.phase is Phase.BIDDING and isinstance(state.format, Open)
    if is_open and line.lower() == BIDS_SO_FAR:
        raise AskedForBids  # a question: also in a pause, and of the Buyer whose item it is
    if state.paused_at is not None:
        raise IsPaused
    if state.phase is Phase.BIDDING:
        if state.sells(command.who):
            raise OwnLot
        # Before the format, which need not know that there are sales.
        if state.lots is not None and line.lower() == PASS:
            return decline(state, command.who)
        if state.is_open and isinstance(state.format, Open):
            return _bid_openly(state, state.format, command, line, when)
        if command.who in state.passed and not state.is_timed:
            raise HasPassed
        if command.who != SELLER and command.who not in state.present:
            raise BidAlreadyIn  # the Buyer is bound by its bid and came back only for the result
        if state.is_timed and line.lower() == WITHDRAW and state.takes_sealed_bid(command.who):
            if command.who not in state.bids:
                raise NoBidYet
            return (Withdrawn(command.who),)
        events = check_event_classes(state.format.decide(state, command.who, line, when))
        return _within_limits(state, events, command)
    if command.who != SELLER:
        raise BiddingNotOpen
    if state.phase is not Phase.REQUESTING:
        raise RequestAlreadyIn
    terms = state.terms
    request = parse_request(line, terms.max_bidders, terms.max_bid)
    if request.end is not None:
        check_times(terms, request)
        times = end_times(terms, request)
        return (RequestAccepted(request, None, *times), BiddingOpened(times.ends_at, TIMED))
    return (RequestAccepted(request, deadline(when, terms.gathering_timeout)),)


def bid_for(
    state: AuctionState, who: int, line: bytes, allowances: Allowances | None, when: float
) -> tuple[Event, ...]:
    """Decide a bid of the operator for a Buyer, also for one away.

    A sealed bid of a Buyer not asked for one never ends the bidding.

    :raises Refusal: if the Buyer could not make this bid either.
    """
    # The operator needs no second look at a jump: its bid can be voided.
    command = Say(who, line, parse_amount(line), None, allowances)
    if state.is_open or who in state.asked:
        return say(state, command, when)
    if not state.is_timed and who in state.passed:
        raise HasPassed
    if not state.is_timed and who in state.bids:
        raise BidAlreadyIn
    events = check_event_classes(state.format.decide(asking(state, who), who, line, when))
    return _within_limits(state, events[:1], command)


def asking(state: AuctionState, who: int) -> AuctionState:
    """The state as it would be if a Buyer were also asked for a sealed bid."""
    asked = copy(state)
    asked.asked = {**state.asked, who: None}
    return asked


def decline(state: AuctionState, who: int) -> tuple[Event, ...]:
    """Decide that a Buyer declines the lot during its bidding.

    :raises Refusal: if a bid binds the Buyer, or it has declined the lot before.
    """
    if who in state.passed:
        raise HasPassed
    if state.is_open or state.is_timed:
        # An outbid Buyer may decline: its bid does not bind it any more.
        if state.binding_bid(who) is not None or who not in state.present:
            raise BidAlreadyIn
        return (Passed(who),)
    if who not in state.asked:
        raise BidAlreadyIn if who in state.bids else BiddingNotOpen
    if any(other != who for other in state.awaited):
        return (Passed(who),)
    return (Passed(who), result(state))


def _within_limits(
    state: AuctionState, events: tuple[Event, ...], command: Say
) -> tuple[Event, ...]:
    """Keep the limits of a person in its bid.

    :raises Refusal: if the bid is above them.
    """
    who = command.who
    allowance = limits_of(who, command.allowances)
    if allowance is None:
        return events
    own = state.binding_bid(who)
    return tuple(
        [
            bid_within(event, allowance, own)
            if isinstance(event, BIDS) and event.who == who
            else event
            for event in events
        ]
    )


def _bid_openly(
    state: AuctionState, format: Open, command: Say, line: bytes, when: float
) -> tuple[Event, ...]:
    """Decide an open bid within the limits of the house and of the person.

    The limits prevent a mistyped bid that no rival could outbid. The format does not know them, so
    a ledger stays valid if a house changes its terms.
    """
    word, _, amount = line.partition(b" ")
    if command.who != SELLER and word.lower() == MAXIMUM and format.increment_at(1) is not None:
        return (maximum_set(state, format, command, amount.lstrip()),)
    most = state.terms.max_bid
    try:
        events = check_event_classes(format.decide(state, command.who, line, when))
    except BidTooHigh as refusal:
        raise BidTooHigh(min(refusal.most, most)) from None
    events = _within_limits(state, events, command)
    for event in events:
        if isinstance(event, BIDS):
            if event.amount > most:
                raise BidTooHigh(most)
            # Checked after the limits: a bid that cannot count must not be repeated.
            if event.amount != command.repeats and format.is_jump(state, event.amount):
                raise RepeatBid(event.amount)
    return events
