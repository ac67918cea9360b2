"""The events that begin the next stage of an auction: a lot, the bidding, the result."""

from twisted_auction.rules.events import BiddingOpened, LotAnnounced, Sold, Unsold
from twisted_auction.rules.format import check_event_classes
from twisted_auction.rules.request import Lot
from twisted_auction.rules.state import AuctionState


def next_lot_announced(state: AuctionState, when: float) -> LotAnnounced:
    """The announcement of the next lot of a sale. There must be one."""
    assert state.sale is not None and state.lots is not None
    number = state.sale.to_come[0]
    lot = lot_of(state, number)
    return LotAnnounced(
        number,
        state.lots,
        lot.request,
        when + state.terms.lot_pause,
        lot.label,
        lot.description,
        lot.seller,
        lot.picture,
    )


def has_next_lot(state: AuctionState) -> bool:
    """True if another lot of the sale follows."""
    return state.sale is not None and len(state.sale.to_come) > 0


def lot_of(state: AuctionState, number: int) -> Lot:
    """A lot of the sale.

    :param number: of a lot that has been up, or is to come.
    """
    assert state.sale is not None
    known = state.sale.known.get(number)
    if known is not None:
        return known
    assert state.catalogue is not None
    return state.catalogue[number - 1]


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
