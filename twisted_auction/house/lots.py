"""The lots of a sale with their results, as one participant may know them."""

from collections.abc import Iterable
from functools import lru_cache

from twisted_auction.rules.auction import Auction
from twisted_auction.rules.events import Cancelled, LotSkipped, SaleVoided, Sold, Unsold
from twisted_auction.rules.formats import FORMATS, format_of
from twisted_auction.rules.request import AuctionRequest, Lot
from twisted_auction.rules.sale import Outcome
from twisted_auction.rules.sale_orders import SKIPPED
from twisted_auction.rules.stages import lot_of
from twisted_auction.rules.transitions import Phase
from twisted_auction.wire.messages import SaleLot

MAX_KEPT = 4096
"""Number of descriptions of lots to keep. One has some 400 bytes."""


def lots_in_order(auction: Auction) -> list[int]:
    """The numbers of all lots of a sale: those that are over in the order of their ends, the one
    that is up, and those to come. An item of a Seller is number 1."""
    sale = auction.sale
    if sale is None:
        return [] if auction.request is None else [1]
    up = [auction.lot] if _is_up(auction) else []
    return [*sale.outcomes, *up, *sale.to_come]


def sale_lots(
    auction: Auction, places: Iterable[tuple[int, int]], who: int | None, knows_all: bool = False
) -> list[SaleLot]:
    """Describe lots of a sale, or the item of a Seller.

    The result of a sealed lot is known to its winner and its seller. Everyone else reads that it
    has ended.

    :param places: the place in the order of the sale, and the number, of each lot.
    :param who: the reader, if it is a participant.
    :param knows_all: True for an auctioneer, who knows all results.
    """
    return [_describe(auction, place, number, who, knows_all) for place, number in places]


def account(auction: Auction, who: int) -> tuple[int, int]:
    """What a participant has won and owes in one sale.

    :return: the number of lots, and the sum in whole dollars.
    """
    lots = due = 0
    for sold in () if auction.sale is None else auction.sale.sold.values():
        if sold.winner == who:
            lots, due = lots + 1, due + sold.payment
        due += sum(amount for buyer, amount in sold.dues if buyer == who)
    return lots, due


def _describe(
    auction: Auction, place: int, number: int, who: int | None, knows_all: bool
) -> SaleLot:
    if auction.sale is None:
        assert auction.request is not None
        lot, outcome = Lot(auction.request), None
    else:
        lot, outcome = lot_of(auction, number), auction.sale.outcomes.get(number)
    is_open, _ = _format_facts(lot.request, len(FORMATS))
    is_known = knows_all or is_open or (who is not None and who == lot.seller)
    state, buyer, payment = "to_come", 0, 0
    if auction.sale is None or (number == auction.lot and _is_up(auction)):
        state = "on"
    elif outcome is not None:
        state = _state(outcome, who, is_known)
        if isinstance(outcome, Sold) and state == "sold":
            # The seller of a sealed lot is told the payment alone.
            buyer = outcome.winner if is_open or knows_all or who == outcome.winner else 0
            payment = outcome.payment
    return _message(place, number, lot, state, buyer, payment)


@lru_cache(MAX_KEPT)  # a sale may have a thousand lots, and few of them change
def _message(place: int, number: int, lot: Lot, state: str, buyer: int, payment: int) -> SaleLot:
    _, opening_price = _format_facts(lot.request, len(FORMATS))
    return SaleLot(
        place,
        number,
        lot.label or "",
        state,
        buyer,
        payment,
        lot.request.format,
        opening_price,
        lot.request.item_name,
        lot.description or "",
        lot.picture or "",
    )


def _state(outcome: Outcome, who: int | None, is_known: bool) -> str:
    """The state of a lot that is over, in a word of the protocol."""
    match outcome:
        case Cancelled(reason):
            return "skipped" if reason == SKIPPED else "cancelled"
        case LotSkipped():
            return "skipped"
        case SaleVoided():
            return "voided"
        case Sold(winner):
            return "sold" if is_known or who == winner else "ended"
        case Unsold():
            return "unsold" if is_known else "ended"


def _is_up(auction: Auction) -> bool:
    return auction.phase in (Phase.GATHERING, Phase.BIDDING)


@lru_cache(MAX_KEPT)
def _format_facts(request: AuctionRequest, formats: int) -> tuple[bool, int]:
    """Whether everyone knows the result of a request, and its first price in whole dollars.

    :param formats: the number of formats known now; one more may be that of the request.
    """
    try:
        format = format_of(request)
        price = format.opening_price(request.lowest_price)
        return format.is_open, price if isinstance(price, int) and price > 0 else 0
    except Exception:  # a format of another package; its lot is cancelled when it is up
        return False, request.lowest_price
