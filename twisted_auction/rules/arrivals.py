"""Decisions on arrivals and departures."""

from dataclasses import replace

from twisted_auction.rules.commands import Arrive
from twisted_auction.rules.events import SELLER, Arrived, Cancelled, Event, Left
from twisted_auction.rules.refusals import Busy, IsExpelled, Ongoing, SaleOver
from twisted_auction.rules.stages import (
    bidding_opened,
    deadline,
    has_next_lot,
    next_lot_announced,
    result,
)
from twisted_auction.rules.state import AuctionState
from twisted_auction.rules.transitions import Phase


def arrive(state: AuctionState, command: Arrive, when: float) -> tuple[Event, ...]:
    """Decide which seat a client takes: the Seller's if it is free, otherwise a Buyer's.

    The arrival of the last Buyer needed opens the bidding: at once, after the settling time, or in
    a sale after the pause before the lot.

    :raises Busy: if the Seller has not made its request yet, or the seat that the client could take
        is not free.
    :raises IsExpelled: if the operator has expelled the participant.
    :raises Ongoing: if sealed bidding is open or about to open, and no other lot follows.
    :raises ~twisted_auction.rules.refusals.SaleOver: after the last lot of a sale.
    """
    number = state.last_arrival + 1 if command.who is None else command.who
    if number in state.expelled:
        raise IsExpelled
    arrival = Arrived(number, command.address, None, command.ticket_digest, command.paddle)
    if state.phase is Phase.EMPTY and state.catalogue is None:
        if not command.may_sell:
            raise Busy
        until = deadline(when, state.terms.request_timeout)
        return (replace(arrival, who=SELLER, deadline=until),)
    if number == SELLER:
        raise Busy
    match state.phase:
        case Phase.EMPTY:
            lot = next_lot_announced(state, when)
            is_needed = lot.request.number_of_bids == 1 and lot.ends_at is None
            if is_needed and number != lot.seller:
                arrival = _last_needed(state, arrival, when, lot.opens_at)
            # The lot comes first: from EMPTY, an arrival leads to a Seller's request.
            return (lot, arrival)
        case Phase.REQUESTING:
            raise Busy
        case Phase.WAITING:
            return (arrival,)
        case Phase.GATHERING:
            if state.missing_buyers > 1 or number == state.owner:
                return (arrival,)
            if state.missing_buyers < 1:  # bidding opens at the deadline
                # Sealed bidding opens for the Buyers who are there. Open bidding admits others at
                # any time.
                if state.is_settling and not state.is_open:
                    raise Ongoing
                return (arrival,)
            paused_until = None if state.lots is None else state.deadline
            arrival = _last_needed(state, arrival, when, paused_until)
            is_paused = paused_until is not None and when < paused_until
            if state.paused_at is not None and state.lots is None:
                arrival = replace(arrival, deadline=arrival.deadline or when)
            # Then the next wake opens the bidding.
            if is_paused or arrival.deadline is not None or state.paused_at is not None:
                return (arrival,)
            return (arrival, bidding_opened(state, when))
        case Phase.BIDDING:
            stays = has_next_lot(state) or (state.sale is not None and state.sale.has_doors)
            if not (state.is_open or state.is_timed or stays):
                raise Ongoing
            return (arrival,)
        case Phase.ENDED:
            raise SaleOver


def _last_needed(
    state: AuctionState, arrival: Arrived, when: float, paused_until: float | None
) -> Arrived:
    """The arrival of the last Buyer needed.

    Its deadline is the end of the settling time, or None if bidding opens at once, or at the end of
    the pause before a lot.
    """
    # With a ticket or a paddle, the client has spoken, so it is no port scan and need not settle.
    has_spoken = arrival.ticket_digest is not None or arrival.paddle is not None
    settled = when if has_spoken else when + state.terms.settle
    if settled > when and (paused_until is None or settled > paused_until):
        return replace(arrival, deadline=settled)
    return arrival


def depart(state: AuctionState, *departures: Left) -> tuple[Event, ...]:
    """Decide the departure of participants.

    Before bidding opens, a Buyer frees its seat, and the Seller ends the auction. During bidding,
    every bid stands, and the result does not wait for a Buyer who has left.
    """
    gone = {departure.who for departure in departures}
    if state.phase is not Phase.BIDDING:
        cancelled = (Cancelled("The Seller has left."),) if SELLER in gone else ()
        return (*departures, *cancelled)
    # Bidding that began without Buyers awaits none, and lasts for its time.
    if state.is_open or not state.awaited or not gone.issuperset(state.awaited):
        return departures
    # If all awaited Buyers have left without any answer, the silent Buyers of a sale are awaited.
    if state.bids or state.passed or gone.issuperset(state.asked):
        return (*departures, result(state))
    return departures
