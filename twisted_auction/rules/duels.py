"""Decisions on maximum bids: setting one, and the bids of the server after a command.

:mod:`~twisted_auction.rules.maxima` has the rule.
"""

from dataclasses import replace

from twisted_auction.rules.allowance import (
    Allowances,
    bid_within,
    limited_to,
    limits_of,
    maximum_within,
)
from twisted_auction.rules.amounts import MAX_AMOUNT, TooLarge, parse_amount
from twisted_auction.rules.commands import Say
from twisted_auction.rules.events import (
    RESULTS,
    Event,
    Extended,
    MaximumSet,
    Paused,
    Raised,
    Resumed,
)
from twisted_auction.rules.format import check_event_classes
from twisted_auction.rules.maxima import Standing, raises
from twisted_auction.rules.open import Open
from twisted_auction.rules.refusals import (
    BidTooHigh,
    BidTooLow,
    MaximumTooLow,
    NoMaximum,
    NotUnderstood,
    RepeatMaximum,
)
from twisted_auction.rules.state import AuctionState
from twisted_auction.rules.transitions import Phase

MAXIMUM = b"max"
"""A Buyer's word, in any case, before the amount of its maximum."""


def maximum_set(state: AuctionState, format: Open, command: Say, words: bytes) -> MaximumSet:
    """Decide a Buyer's line with a maximum.

    :param words: the rest of the line after :data:`MAXIMUM`.
    :raises Refusal: if it cannot be the maximum.
    """
    most = state.terms.max_bid
    try:
        amount = 0 if words == b"0" else parse_amount(words)
    except TooLarge:
        raise BidTooHigh(min(MAX_AMOUNT, most)) from None
    except ValueError:
        raise NotUnderstood("type max and an amount to let the Auctioneer bid for you.") from None
    check_maximum(state, format, command.who, amount)
    decided = MaximumSet(command.who, amount)
    if not amount:
        return decided
    allowance = limits_of(command.who, command.allowances)
    if allowance is not None:
        decided = maximum_within(decided, allowance, state.binding_bid(command.who))
    if amount > most:
        raise BidTooHigh(most)
    # As with a bid, checked after the limits.
    if amount != command.repeats_maximum and format.is_jump(state, amount):
        raise RepeatMaximum(amount)
    return decided


def check_maximum(state: AuctionState, format: Open, who: int, amount: int) -> None:
    """Check an amount as a Buyer's maximum, apart from limits. A new one must allow a bid at once.

    :raises Refusal: if it cannot be.
    """
    if not amount and who not in state.maxima:
        raise NoMaximum
    if who == state.holder:
        if amount < state.bids[who]:
            raise MaximumTooLow(state.bids[who])
    elif amount and amount < (least := format.asking_price(state)):
        raise BidTooLow(least)


def contend(
    state: AuctionState, events: tuple[Event, ...], allowances: Allowances | None, when: float
) -> tuple[Event, ...]:
    """Let the maxima answer to a command.

    :param events: the events of the command.
    :param allowances: the limits of Buyers.
    :return: the events, with the bids for maxima, and the limits against others.
    """
    # Most auctions have no maxima, so this comes first.
    if not events or not (state.maxima or type(events[0]) is MaximumSet):
        return events
    format = state.format
    if not isinstance(format, Open) or type(events[-1]) in RESULTS:
        return events
    last = type(events[-1])
    if last is Paused or (state.paused_at is not None and last is not Resumed):
        return events
    decided, moved = (events[:-1], events[-1:]) if last is Extended else (events, ())
    return _answered(state, format, decided, moved, allowances, when)


def reconsider(
    state: AuctionState, allowances: Allowances | None, when: float
) -> tuple[Event, ...]:
    """Let the maxima bid that limits have stopped, because the limits leave more now.

    :param allowances: the limits of Buyers.
    :return: empty if none of them bids.
    """
    format, is_on = state.format, state.phase is Phase.BIDDING and not state.is_stopped
    if not (is_on and isinstance(format, Open) and state.maxima and state.paused_at is None):
        return ()
    events = _answered(state, format, (), (), allowances, when)
    return events if any(isinstance(event, Raised) for event in events) else ()


def _answered(
    state: AuctionState,
    format: Open,
    decided: tuple[Event, ...],
    moved: tuple[Event, ...],
    allowances: Allowances | None,
    when: float,
) -> tuple[Event, ...]:
    """The events of a command, and the answers of the maxima to it.

    :param moved: the last of the events, if it moves the end; else empty.
    """
    standing = state.standing
    for event in decided:
        standing.apply(event)
    answers = _answers(standing, format, state.lowest_price, allowances)
    bid = answers[-1] if answers else None
    if isinstance(bid, Raised) and bid.amount == format.buy:
        result = format.result({bid.who: bid.amount}, state.lowest_price)
        return (*decided, *answers, *check_event_classes((result,)))
    if not moved and isinstance(bid, Raised):
        clock = state.clock(when)
        moved = tuple(
            # The end of a pause moves all times.
            replace(event, deadline=event.deadline + (when - clock))
            for event in check_event_classes(format.more_time(state, clock))
            if isinstance(event, Extended)
        )
    return (*decided, *answers, *moved)


def _answers(
    standing: Standing, format: Open, lowest_price: int, allowances: Allowances | None
) -> list[Event]:
    """The bids for maxima, after the limits against others."""
    limits: list[Event] = []

    def limit(who: int) -> None:
        limited = limited_to(who, limits_of(who, allowances))
        if limited.most != standing.maxima[who].most:
            standing.apply(limited)
            limits.append(limited)

    # A maximum stopped by a limit may be free again.
    for who in [who for who, maximum in standing.maxima.items() if maximum.most is not None]:
        limit(who)
    while True:
        raised = raises(standing, format, lowest_price)
        within = [(each, limits_of(each.who, allowances)) for each in raised]
        above = [each for each, own in within if own is not None and not own.allows(each.amount)]
        if not above:
            break
        # One at a time: with this limit, the other bid may be lower, or not be needed.
        limit(above[0].who)
    return [
        *limits,
        *(each if own is None else bid_within(each, own, None) for each, own in within),
    ]
