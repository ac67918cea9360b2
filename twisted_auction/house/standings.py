"""The state of a lot for everyone, and the standing of one Buyer."""

from collections.abc import Iterator

from twisted_auction.house.facts import Fact, asking_price, stage
from twisted_auction.rules.auction import Auction
from twisted_auction.rules.events import Cancelled, SaleVoided, Sold
from twisted_auction.rules.request import Lot
from twisted_auction.rules.sale import Outcome
from twisted_auction.rules.stages import lot_of
from twisted_auction.rules.transitions import Phase
from twisted_auction.wire.messages import LotNow, MyLot

_RUNNING = (Phase.GATHERING, Phase.BIDDING)


def lot_now(auction: Auction, number: int, room: str, when: float) -> Fact:
    """The state of the lot of a room, without a sealed amount.

    :param number: the lot's place in the catalogue.
    :param when: this instant, in seconds.
    """
    amount, holder = 0, 0
    if auction.phase is Phase.BIDDING and auction.is_open and auction.holder is not None:
        holder = auction.holder
        amount = auction.bids[holder]
    is_timed = auction.phase in _RUNNING or auction.awaits_start
    at = auction.deadline if is_timed else None
    is_paused = auction.paused_at is not None and auction.phase is not Phase.ENDED
    left = auction.seconds_left(when) if at is not None and is_paused else 0
    message = LotNow(
        number,
        room,
        stage(auction),
        amount,
        holder,
        asking_price(auction),
        int(is_paused),
        left,
    )
    return Fact(message, None if is_paused else at)


def own_lots(auction: Auction, room: str, who: int, number: int | None = None) -> Iterator[MyLot]:
    """The lots of a room with a bid of a participant, and its standing on each.

    :param number: the place in the catalogue of a lot alone in its room; None to count the lots of
        the room.
    """
    sale = auction.sale
    if sale is not None:
        for lot, outcome in sale.outcomes.items():
            told = _result(outcome, who, sale.bids.get(lot, {}).get(who))
            if told is not None:
                yield _my_lot(number or lot, room, *told, 0, lot_of(auction, lot))
    told = _standing(auction, who)
    if told is not None:
        assert auction.request is not None
        lot_up = auction.details or Lot(auction.request)
        maximum = auction.maxima[who].amount if who in auction.maxima else 0
        yield _my_lot(number or auction.lot or 1, room, *told, maximum, lot_up)


def bidders(auction: Auction) -> set[int]:
    """The Buyers with a standing in a room: with a bid on its lot, a voided one, or a maximum."""
    sale = auction.sale
    assert sale is not None
    earlier = (who for bids in sale.bids.values() for who in bids)
    return {*auction.bids, *auction.voided, *auction.maxima, *earlier}


def _my_lot(number: int, room: str, standing: str, amount: int, maximum: int, lot: Lot) -> MyLot:
    label, item_name = lot.label or "", lot.request.item_name
    return MyLot(number, room, standing, amount, maximum, label, item_name)


def _result(outcome: Outcome, who: int, bid: int | None) -> tuple[str, int] | None:
    """The standing of a participant after the end of a lot, in a word of the protocol, and its
    amount in whole dollars; None if it has none.

    :param bid: its last bid.
    """
    match outcome:
        case Sold() if outcome.winner == who:
            return "won", outcome.payment
        case SaleVoided() if outcome.who == who:
            return "voided", 0
        case Cancelled() if bid is not None:
            return "cancelled", bid
    return None if bid is None else ("lost", bid)


def _standing(auction: Auction, who: int) -> tuple[str, int] | None:
    """The same during the bidding."""
    if auction.phase is not Phase.BIDDING:
        return None
    bid = auction.bids.get(who)
    if bid is None:
        # Its bids may have been voided with another Buyer's, and its maximum stays.
        has_had_one = who in auction.voided or who in auction.maxima
        return ("voided", 0) if has_had_one else None
    if not auction.is_open:
        return "sealed", bid
    return ("highest" if who == auction.holder else "outbid"), bid
