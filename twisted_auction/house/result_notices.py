"""The letters about the result of an auction or a lot."""

from collections.abc import Collection, Iterable

from twisted_auction.house.bid_notices import reserve_notice
from twisted_auction.rules.auction import Auction
from twisted_auction.rules.events import SELLER, Sold
from twisted_auction.wire import messages
from twisted_auction.wire.letter import EMPTY, Letter

FINISHED = Letter(messages.AuctionFinished())
LOST = Letter(messages.YouLost())


def sold_updates(sold: Sold, auction: Auction) -> Collection[tuple[int, Letter]]:
    """The result for participants: a sale."""
    name = item_name(auction)
    public = public_result(messages.SoldTo(name, sold.winner, sold.payment), auction)
    letters = dict.fromkeys(_bidders(auction), public + LOST)
    for who, amount in sold.dues:
        letters[who] = public + Letter(messages.PaymentDue(amount)) + LOST
    # The winner is one of the bidders: this replaces the letter of a loser.
    letters[sold.winner] = public + Letter(messages.YouWon(name, sold.payment))
    sold_for = Letter(messages.SoldFor(name, sold.payment))
    letters[_seller(auction)] = public + _all_bids(auction) + sold_for
    return letters.items()


def unsold_updates(auction: Auction) -> Collection[tuple[int, Letter]]:
    """The result for participants: no sale. These messages name no amount: a sealed highest bid
    below the reserve stays secret."""
    public = nobody_bought(auction)
    not_sold = Letter(messages.NotSold(item_name(auction)))
    return [
        (_seller(auction), public + _all_bids(auction) + not_sold),
        *((who, public + LOST) for who in _bidders(auction)),
    ]


def _all_bids(auction: Auction) -> Letter:
    """All bids in their order, for the Seller, if this house tells them."""
    if not auction.terms.tell_seller_bids:
        return EMPTY
    return Letter(*(messages.BuyerBid(*bid) for bid in auction.bids.items()))


def public_result(result: messages.Message, auction: Auction) -> Letter:
    """The beginning of a result for all participants; after open bidding, the whole result."""
    return FINISHED + Letter(result) if auction.is_open else FINISHED


def nobody_bought(auction: Auction) -> Letter:
    """The beginning of a result without a sale."""
    nobody = public_result(messages.NobodyBought(item_name(auction)), auction)
    return nobody if auction.holder is None else nobody + reserve_notice(auction)


def concerned(auction: Auction) -> Iterable[int]:
    """The participants present, the Seller and Buyers with a bid also if they have left."""
    return {**auction.present, _seller(auction): None, **auction.bids}


def _bidders(auction: Auction) -> Iterable[int]:
    """The Buyers of the lot, also if they have left since. In a sale, other Buyers may be present,
    waiting for the next lot."""
    can_all_bid = auction.is_open or auction.is_timed
    were_asked = {**auction.bids, **auction.passed, **auction.asked}
    return [
        who
        for who in concerned(auction)
        if who not in (SELLER, auction.owner) and (can_all_bid or who in were_asked)
    ]


def _seller(auction: Auction) -> int:
    """The participant whose item it is."""
    return SELLER if auction.owner is None else auction.owner


def item_name(auction: Auction) -> str:
    """The name of the item on sale."""
    assert auction.request is not None
    return auction.request.item_name
