"""Decisions on the operator's orders."""

from typing import assert_never

from twisted_auction.rules.allowance import Allowances, limits_of
from twisted_auction.rules.amounts import MAX_AMOUNT, parse_amount
from twisted_auction.rules.arrivals import depart
from twisted_auction.rules.commands import (
    Add,
    Again,
    Bid,
    Cancel,
    Close,
    Expel,
    Extend,
    GoOn,
    Move,
    MoveStart,
    Open,
    Order,
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
    BiddingClosed,
    Cancelled,
    EndPostponed,
    Event,
    Expelled,
    Extended,
    Left,
    Ordered,
    Paused,
    Readmitted,
    Resumed,
    SaleEnded,
    Voided,
)
from twisted_auction.rules.format import SECONDS, check_event_classes
from twisted_auction.rules.open import Open as OpenFormat
from twisted_auction.rules.refusals import OrderRefused
from twisted_auction.rules.sale_orders import carry_out_on_sale
from twisted_auction.rules.sentences import Sentence
from twisted_auction.rules.stages import bidding_opened, can_wait, result
from twisted_auction.rules.state import AuctionState
from twisted_auction.rules.transitions import Phase
from twisted_auction.rules.words import bid_for

NOT_OPEN = "bidding is not open."
NO_LOT = "no lot is up."
PAUSED = "it is paused: let it go on first."


def carry_out(state: AuctionState, order: Order, when: float) -> tuple[Event, ...]:
    """Decide an order: :class:`~twisted_auction.rules.events.Ordered`, then the events of its
    effect.

    :raises OrderRefused: if the order is not possible now; the text says why.
    :raises Refusal: for a bid beyond the Buyer's own possibilities.
    """
    _check_text(order.actor)
    if order.reason:
        _check_text(order.reason)
    effect = _effect(state, order, when)
    return (Ordered(order.action.word, order.actor, order.reason), *effect)


_TOO_LATE = (
    "a sold lot can be voided only until its sale is over. Leave it out of the bill by hand."
)
OVER_TOO_LATE = f"the sale is over: {_TOO_LATE}"
NO_SALE_TOO_LATE = f"there is no sale: {_TOO_LATE}"


def _check_text(text: str) -> None:
    """Check a text for participants or the operator to read.

    :raises OrderRefused: if it could break a line, or a terminal.
    """
    if not text or not text.isprintable():
        raise OrderRefused("an order has printable characters.")


def _effect(state: AuctionState, order: Order, when: float) -> tuple[Event, ...]:
    is_late = isinstance(order.action, VoidSale)
    if state.phase is Phase.ENDED and state.sale is not None:
        raise OrderRefused(OVER_TOO_LATE if is_late else "the sale is over.")
    if state.phase in (Phase.EMPTY, Phase.ENDED) and not isinstance(order.action, Close):
        if is_late:
            raise OrderRefused(NO_SALE_TOO_LATE)
        if isinstance(order.action, Cancel):
            raise OrderRefused("there is no auction to cancel.")
        raise OrderRefused("there is no auction.")
    match order.action:
        case Open():
            return _open(state, when)
        case Pause():
            if state.paused_at is not None:
                raise OrderRefused("it is paused already.")
            return (Paused(when),)
        case GoOn():
            if state.paused_at is None:
                raise OrderRefused("it is not paused.")
            return (Resumed(when),)
        case Extend(seconds):
            return _extend(state, seconds, when)
        case Close():
            if state.phase is Phase.WAITING and not state.awaits_start:
                return (SaleEnded(),)
            if state.phase is not Phase.BIDDING:
                raise OrderRefused(NOT_OPEN)
            return (BiddingClosed(None), result(state))
        case Cancel():
            if state.phase is Phase.WAITING:
                raise OrderRefused(NO_LOT)
            if not order.reason:
                raise OrderRefused("say why.")
            return (Cancelled(order.reason),)
        case Void():
            return _void(state, order.allowances, when)
        case Bid():
            return _bid(state, order.action, order.allowances, when)
        case Expel():
            return _expel(state, order.action)
        case Readmit(who):
            if who not in state.expelled:
                raise OrderRefused("{who} is not expelled.", who=name_of(who))
            return (Readmitted(who),)
        case Start() | MoveStart() | Again() | Skip() | Move() | Add() | VoidSale():
            return carry_out_on_sale(state, order.action, state.clock(when))
        case Tell(text):
            _check_text(text)
            return (Announced(text),)
        case _:
            assert_never(order.action)


def _open(state: AuctionState, when: float) -> tuple[Event, ...]:
    if state.phase is Phase.BIDDING:
        raise OrderRefused("bidding is open already.")
    if state.phase is Phase.WAITING:
        raise OrderRefused(NO_LOT)
    if state.phase is not Phase.GATHERING:
        raise OrderRefused("there is no auction request yet.")
    if state.paused_at is not None:
        raise OrderRefused(PAUSED)
    opened = bidding_opened(state, when)
    # Others may join open bidding at any time. Sealed bidding asks only the Buyers present. A lot
    # that needs none is open for its time.
    needs_none = state.needed_buyers == 0 and can_wait(state, opened)
    if not (state.is_open or state.bidders or needs_none):
        raise OrderRefused("no Buyer is there.")
    return (opened,)


def _extend(state: AuctionState, seconds: int, when: float) -> tuple[Event, ...]:
    if seconds not in SECONDS:
        raise OrderRefused("seconds are a whole number from 1 to {most}.", most=SECONDS[-1])
    if state.phase is not Phase.BIDDING:
        raise OrderRefused(NOT_OPEN)
    if state.deadline is None:
        raise OrderRefused("the bidding has no end to move.")
    if state.ends_at is not None:  # the end stays a promise, for a later time of day
        return (EndPostponed(state.ends_at + seconds),)
    return (Extended(state.deadline + seconds, state.seconds_left(when) + seconds),)


def _void(state: AuctionState, allowances: Allowances | None, when: float) -> tuple[Event, ...]:
    if state.phase is not Phase.BIDDING:
        raise OrderRefused(NOT_OPEN)
    if not state.is_open:
        raise OrderRefused("sealed bids cannot be voided.")
    who = state.holder
    if who is None:
        raise OrderRefused("there is no bid.")
    voided = Voided(who, state.bids[who], None, None)
    for holder, amount in reversed(state.open_bids):
        allowance = limits_of(holder, allowances)
        can_hold = allowance is None or allowance.allows(amount)
        if holder != who and holder not in state.expelled and can_hold:
            voided = Voided(who, state.bids[who], holder, amount)
            break
    if not isinstance(state.format, OpenFormat):
        return (voided,)
    # Others need the time to bid again.
    more_time = state.format.more_time(state, state.clock(when))
    return (voided, *check_event_classes(more_time))


def _bid(
    state: AuctionState, action: Bid, allowances: Allowances | None, when: float
) -> tuple[Event, ...]:
    who = action.who
    if state.phase is not Phase.BIDDING:
        raise OrderRefused(NOT_OPEN)
    if state.paused_at is not None:
        raise OrderRefused(PAUSED)
    if who in state.expelled:
        raise OrderRefused("{who} is expelled.", who=name_of(who))
    if state.sells(who):
        raise OrderRefused("the item is that of Buyer {buyer}, who cannot bid on it.", buyer=who)
    is_known = action.may_be_away or who in state.present or who in state.bids
    if who <= SELLER or not is_known:
        raise not_there(action)
    if not _is_amount(action.line):
        raise OrderRefused("a bid is a whole number from 1 to {most}.", most=MAX_AMOUNT)
    return bid_for(state, who, action.line, allowances, when)


def not_there(action: Bid) -> OrderRefused:
    """The refusal of a bid for a Buyer who is not there. It tells of a wrong amount, too."""
    who = name_of(action.who)
    if _is_amount(action.line):
        return OrderRefused("{who} is not there.", who=who)
    return OrderRefused(
        "{who} is not there, and a bid is a whole number from 1 to {most}.",
        who=who,
        most=MAX_AMOUNT,
    )


def _is_amount(line: bytes) -> bool:
    try:
        parse_amount(line)
    except ValueError:
        return False
    return True


def _expel(state: AuctionState, action: Expel) -> tuple[Event, ...]:
    who = action.who
    if who in state.expelled:
        raise OrderRefused("{who} is expelled already.", who=name_of(who))
    if who == state.seller_paddle:
        raise OrderRefused("Buyer {buyer} is the Seller here: say expel seller.", buyer=who)
    if who == SELLER and state.lots is not None:
        raise OrderRefused("the house sells: there is no Seller.")
    if not action.may_be_away and not SELLER <= who <= state.last_arrival:
        raise OrderRefused("{who} is not there.", who=name_of(who))
    if who not in state.present:
        return (Expelled(who),)
    return (Expelled(who), *depart(state, Left(who)))


def name_of(who: int) -> Sentence:
    """A participant, for the operator."""
    return Sentence("the Seller") if who == SELLER else Sentence("Buyer {buyer}", buyer=who)
