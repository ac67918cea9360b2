"""Letters about the lots of a sale, and about its beginning and end."""

from collections.abc import Collection

from twisted_auction.house.order_notices import reason_of
from twisted_auction.house.snapshots import (
    YOUR_LOT,
    how_to_pass,
    item,
    time_of_sale,
    time_to_opening,
)
from twisted_auction.rules.auction import Auction
from twisted_auction.rules.events import (
    Event,
    LotAdded,
    LotAnnounced,
    LotMoved,
    LotOffered,
    LotsDone,
    LotSkipped,
    SaleEnded,
    SaleScheduled,
    SaleVoided,
    StartMoved,
)
from twisted_auction.rules.stages import lot_name
from twisted_auction.wire import messages
from twisted_auction.wire.letter import EMPTY, Letter


def sale_updates(
    event: SaleScheduled
    | StartMoved
    | LotAnnounced
    | LotsDone
    | SaleEnded
    | LotSkipped
    | LotMoved
    | LotAdded
    | LotOffered
    | SaleVoided,
    auction: Auction,
    when: float,
) -> Collection[tuple[int, Letter]]:
    """The letters about an event of a sale for participants.

    :param auction: the auction right after the event.
    :param when: the instant of the event, in seconds.
    """
    if isinstance(event, LotAnnounced):
        lot, opening = item(auction), time_to_opening(auction, when)
        letters = dict.fromkeys(auction.present, lot + how_to_pass(auction) + opening)
        if auction.owner in letters:
            letters[auction.owner] = lot + YOUR_LOT + opening
        return letters.items()
    letters = dict.fromkeys(auction.present, sale_watcher_update(event, auction, when))
    if isinstance(event, SaleVoided):
        # Also if these Buyers are away: they have been told their payments.
        for who, amount in ((event.who, event.payment), *(event.dues or ())):
            nothing_due = messages.NothingDue(amount, lot_name(auction, event.lot))
            letters[who] = voided_sale(event, auction) + Letter(nothing_due)
    return letters.items()


def sale_watcher_update(event: Event, auction: Auction, when: float) -> Letter:
    """The letter about an event of a sale for Watchers; to most events, everyone's letter. It has
    no payment, which may be that of a sealed lot."""
    match event:
        case StartMoved() | LotsDone():
            return time_of_sale(auction, when)
        case LotSkipped(lot):
            return Letter(messages.LotWithdrawn(lot_name(auction, lot)))
        case LotMoved(lot, before):
            names = (lot_name(auction, lot), lot_name(auction, before))
            return Letter(messages.LotComesBefore(*names))
        case LotAdded(lot, request):
            return Letter(messages.LotIsAdded(lot_name(auction, lot), request.item_name))
        case LotOffered(lot):
            return Letter(messages.LotComesAgain(lot_name(auction, lot)))
        case SaleVoided():
            return voided_sale(event, auction)
    return EMPTY


def voided_sale(event: SaleVoided, auction: Auction) -> Letter:
    """The letter about a voided sale to those who owed nothing for it."""
    return Letter(messages.SaleIsVoided(lot_name(auction, event.lot), reason_of(auction)))
