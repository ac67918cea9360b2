"""Checks that an event about the lots of a sale is possible by the rules."""

from twisted_auction.rules.auction import Auction
from twisted_auction.rules.events import (
    LotAdded,
    LotAnnounced,
    LotMoved,
    LotOffered,
    LotsDone,
    LotSkipped,
    SaleEnded,
    SaleVoided,
    StartMoved,
)
from twisted_auction.rules.sale import Sale
from twisted_auction.rules.transitions import Phase


def check_stage(auction: Auction, event: LotAnnounced | LotsDone | SaleEnded | StartMoved) -> None:
    """Check the beginning or end of a sale, or of a lot.

    :param auction: the auction before the event.
    :raises ValueError: if the event is not possible.
    """
    match event:
        case LotAnnounced(lot, lots):
            sale = Sale.of(lots) if auction.sale is None else auction.sale
            if lots != (auction.lots or lots) or lot not in sale.to_come[:1]:
                raise ValueError("another lot comes next")
        case StartMoved(at):
            if not auction.awaits_start:
                raise ValueError("the sale has begun")
            if at is not None and auction.paused_at is not None:
                raise ValueError("it is paused")
        case LotsDone() | SaleEnded():
            sale_now = auction.sale
            if sale_now is None or not sale_now.has_doors or sale_now.to_come:
                raise ValueError("lots are to come, or the sale has no doors")


def check_rearrangement(
    auction: Auction, event: LotSkipped | LotMoved | LotAdded | LotOffered | SaleVoided
) -> None:
    """Check the effect of an order on another lot than the one that is up.

    :param auction: the auction before the event.
    :raises ValueError: if the event is not possible.
    """
    sale = auction.sale
    if sale is None or auction.lots is None:
        raise ValueError("it is no sale")
    match event:
        case LotSkipped(lot):
            is_possible = lot in sale.to_come
        case LotMoved(lot, before):
            is_possible = lot != before and lot in sale.to_come and before in sale.to_come
        case LotAdded(lot):
            is_possible = lot == auction.lots + 1
        case LotOffered(lot):
            is_up = lot == auction.lot and auction.phase in (Phase.GATHERING, Phase.BIDDING)
            is_free = lot not in sale.to_come and lot not in sale.sold
            is_possible = 1 <= lot <= auction.lots and is_free and not is_up
        case SaleVoided(lot, who, payment, dues):
            sold = sale.sold.get(lot)
            voided = (who, payment, dues)
            is_possible = sold is not None and (
                (sold.winner, sold.payment, sold.dues or None) == voided
            )
    # The label of a lot that has not been up yet is in its announcement.
    if not isinstance(event, LotAdded) and event.lot in sale.known:
        is_possible = is_possible and event.label == sale.known[event.lot].label
    if not is_possible:
        raise ValueError(f"{type(event).__name__} cannot concern this lot now")
