"""What follows from a line that a participant types: a request, a bid, a pass."""

from twisted_auction.rules.events import (
    SELLER,
    BidTaken,
    Event,
    Passed,
    Raised,
    RequestAccepted,
    Say,
)
from twisted_auction.rules.format import check_answers
from twisted_auction.rules.grammar import parse_request
from twisted_auction.rules.open import Open
from twisted_auction.rules.refusals import (
    BidAlreadyIn,
    BiddingNotOpen,
    BidTooHigh,
    HasPassed,
    RepeatBid,
    RequestAlreadyIn,
)
from twisted_auction.rules.stages import deadline, result
from twisted_auction.rules.state import AuctionState
from twisted_auction.rules.transitions import Phase

PASS = b"pass"
"""What a Buyer types, in any case, to decline a lot of a sale."""


def say(state: AuctionState, words: Say, when: float) -> tuple[Event, ...]:
    """What follows from a line: the request before Buyers gather, bids after that.

    :raises Refusal: if the line has no effect.
    """
    line = words.line.strip()
    if state.phase is Phase.BIDDING:
        if state.lots is not None and line.lower() == PASS:
            return decline(state, words.who)
        if isinstance(state.format, Open):
            return _bid_openly(state, state.format, words.who, line, words.repeats, when)
        if words.who in state.passed:
            raise HasPassed
        if words.who != SELLER and words.who not in state.present:
            raise BidAlreadyIn  # a Buyer bound by its bid, who came back only to hear the result
        return check_answers(state.format.decide(state, words.who, line, when))
    if words.who != SELLER:
        raise BiddingNotOpen
    if state.phase is not Phase.REQUESTING:
        raise RequestAlreadyIn
    terms = state.terms
    request = parse_request(line, terms.max_bidders, terms.max_bid)
    return (RequestAccepted(request, deadline(when, terms.gathering_timeout)),)


def decline(state: AuctionState, who: int) -> tuple[Event, ...]:
    """What follows when a Buyer declines the lot during its bidding.

    :raises Refusal: if a bid binds the Buyer, or it has declined the lot before.
    """
    if who in state.passed:
        raise HasPassed
    if state.is_open:
        if who == state.holder or who not in state.present:
            raise BidAlreadyIn
        return (Passed(who),)
    if who not in state.asked:
        raise BidAlreadyIn if who in state.bids else BiddingNotOpen
    if any(other != who for other in state.awaited):
        return (Passed(who),)
    return (Passed(who), result(state))


def _bid_openly(
    state: AuctionState, format: Open, who: int, line: bytes, repeats: int | None, when: float
) -> tuple[Event, ...]:
    """Take an open bid within the limits of the house.

    They keep an absurd bid, which no rival could outbid, from being the highest by mistake. The
    format does not know them, so that a ledger stays valid when a house changes its terms.
    """
    most = state.terms.max_bid
    try:
        events = check_answers(format.decide(state, who, line, when))
    except BidTooHigh as refusal:
        raise BidTooHigh(min(refusal.most, most)) from None
    for event in events:
        if isinstance(event, Raised | BidTaken):
            if event.amount > most:
                raise BidTooHigh(most)
            if event.amount != repeats and format.is_jump(state, event.amount):
                raise RepeatBid(event.amount)
    return events
