"""One Buyer's choice: the outcome of each possible bid."""

from collections.abc import Iterable, Sequence

from twisted_auction.lab.engine import Series
from twisted_auction.lab.theory import Outcome
from twisted_auction.rules.request import AuctionRequest


def try_bids(
    request: AuctionRequest, rivals: Sequence[int], bids: Iterable[int]
) -> dict[int, Outcome]:
    """Hold an auction for each of these bids, in the pure engine.

    The choosing Buyer arrives last, so it loses every tie; in English bidding, a tie goes to the
    Buyer with the turn.

    :param request: for the rivals and one more Buyer.
    :param rivals: their bids, or in open formats their limits, in whole dollars.
    :param bids: of the choosing Buyer, in the same way.
    :return: the outcome for the choosing Buyer, by bid.
    """
    series = Series(request)
    return {bid: Outcome.of(request.number_of_bids, series.hold((*rivals, bid))) for bid in bids}
