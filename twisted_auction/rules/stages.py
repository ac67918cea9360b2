"""The events that begin the next stage of an auction: a lot, the bidding, the result."""

from twisted_auction.rules.events import BiddingOpened, LotAnnounced, Sold, Unsold
from twisted_auction.rules.format import check_event_classes
from twisted_auction.rules.state import AuctionState


def lot_announced(state: AuctionState, number: int, when: float) -> LotAnnounced:
    """The announcement of a lot.

    :param number: from 1.
    """
    assert state.catalogue is not None
    lot = state.catalogue[number - 1]
    return LotAnnounced(
        number,
        len(state.catalogue),
        lot.request,
        when + state.terms.lot_pause,
        lot.label,
        lot.description,
        lot.seller,
        lot.picture,
    )


def has_next_lot(state: AuctionState) -> bool:
    """True if another lot of the sale follows."""
    return state.lots is not None and state.lot < state.lots


def bidding_opened(state: AuctionState, when: float) -> BiddingOpened:
    """The opening of the bidding."""
    return BiddingOpened(state.format.first_deadline(when, sealed_timeout(state)))


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
