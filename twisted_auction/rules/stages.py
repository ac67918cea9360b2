"""The events that begin the next stage of an auction: a lot, the bidding, the result."""

from twisted_auction.rules.events import (
    TIMED,
    BiddingOpened,
    EndPostponed,
    Event,
    LotAnnounced,
    LotsDone,
    SaleEnded,
    Sold,
    Unsold,
)
from twisted_auction.rules.format import check_event_classes
from twisted_auction.rules.request import Lot
from twisted_auction.rules.state import AuctionState
from twisted_auction.rules.timed import end_times


def next_lot_announced(state: AuctionState, when: float) -> LotAnnounced:
    """The announcement of the next lot of a sale. There must be one."""
    assert state.sale is not None and state.lots is not None
    number = state.sale.to_come[0]
    return announce(state, number, lot_of(state, number), state.lots, when)


def announce(state: AuctionState, number: int, lot: Lot, lots: int, when: float) -> LotAnnounced:
    """The announcement of a lot.

    :param lots: the number of lots of the sale.
    """
    return LotAnnounced(
        number,
        lots,
        lot.request,
        when + state.terms.lot_pause,
        lot.label,
        lot.description,
        lot.seller,
        lot.picture,
        *end_times(state.terms, lot.request),
    )


def has_next_lot(state: AuctionState) -> bool:
    """True if another lot of the sale follows."""
    return state.sale is not None and len(state.sale.to_come) > 0


def after_lot(state: AuctionState, when: float) -> tuple[LotAnnounced | LotsDone | SaleEnded, ...]:
    """The event right after the result of a lot, so that a sale is never between lots."""
    assert state.sale is not None
    if has_next_lot(state):
        return (next_lot_announced(state, when),)
    if not state.sale.has_doors:
        return ()
    if not state.terms.after_sale:
        return (SaleEnded(),)
    return (LotsDone(when + state.terms.after_sale),)


def lot_of(state: AuctionState, number: int) -> Lot:
    """A lot of the sale, by its number."""
    assert state.sale is not None
    known = state.sale.known.get(number)
    if known is not None:
        return known
    assert state.catalogue is not None
    return state.catalogue[number - 1]


def lot_name(state: AuctionState, number: int) -> str:
    """The name of a lot for people: its own number in the catalogue, or else its place there."""
    return lot_of(state, number).label or str(number)


def bidding_opened(state: AuctionState, when: float) -> BiddingOpened:
    """The opening of the bidding."""
    if state.ends_at is not None:
        return BiddingOpened(state.ends_at, TIMED)
    return BiddingOpened(state.format.first_deadline(when, sealed_timeout(state)))


def opening(state: AuctionState, when: float) -> tuple[Event, ...]:
    """The opening of the bidding for the Buyers who are there. A sealed lot without any is open for
    its time, because the operator can bid for persons; without a time, it has its result at
    once. If the end of a timed lot came while another lot was up, it is postponed."""
    opened = bidding_opened(state, when)
    grace = state.terms.resume_grace
    if state.ends_at is not None and state.ends_at <= when and grace:
        return (opened, EndPostponed(when + grace))
    return (opened,) if can_wait(state, opened) else (opened, result(state))


def can_wait(state: AuctionState, opened: BiddingOpened) -> bool:
    """True if a bid or the time can end the bidding, and not the operator alone."""
    return state.is_open or state.bidders > 0 or opened.deadline is not None


def sealed_timeout(state: AuctionState) -> int:
    """Seconds for sealed bids; 0 is no limit."""
    return state.terms.bid_timeout if state.lots is None else state.terms.lot_time


def result(state: AuctionState) -> Sold | Unsold:
    """The result with the bids so far."""
    decided = state.format.result(state.bids, state.lowest_price)
    # A format of another package may return anything.
    check_event_classes((decided,))
    return decided


def deadline(when: float, timeout: int) -> float | None:
    """The end of a time in seconds; None if the time is 0, for no limit."""
    return when + timeout if timeout else None
