"""Decisions due to time alone: openings, calls, results, and timeouts of participants."""

from twisted_auction.rules.amounts import in_seconds
from twisted_auction.rules.arrivals import depart
from twisted_auction.rules.events import RESULTS, SELLER, Cancelled, Event, Left, Missed, SaleEnded
from twisted_auction.rules.format import check_event_classes
from twisted_auction.rules.stages import has_next_lot, next_lot_announced, opening, sealed_timeout
from twisted_auction.rules.state import AuctionState
from twisted_auction.rules.transitions import Phase


def wake(state: AuctionState, when: float) -> tuple[Event, ...]:
    """Decide the events at the auction's ``wake_at``.

    :raises Exception: an exception of the format.
    """
    if state.phase is Phase.REQUESTING:
        return depart(state, Left(SELLER, state.terms.request_timeout))
    if state.phase is Phase.GATHERING:
        if state.missing_buyers > 0:
            time = in_seconds(state.terms.gathering_timeout)
            return (Cancelled(f"Not enough Buyers came within {time}."),)
        return opening(state, when)
    if state.phase is Phase.WAITING:
        return (next_lot_announced(state, when),) if has_next_lot(state) else (SaleEnded(),)
    # The caller cancels the auction, as after any exception of the format.
    if state.fault is not None:
        raise state.fault
    events = check_event_classes(state.format.pass_time(state))
    if not events or type(events[-1]) not in RESULTS:
        return events
    # After the time for a sealed bid, a Buyer without a bid loses its seat, except in a sale.
    timed_out = Left if state.lots is None else Missed
    timeout = sealed_timeout(state)
    # Before the result, which ends bidding: after it, neither event is possible.
    return (*(timed_out(who, timeout) for who in state.awaited), *events)
