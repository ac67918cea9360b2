"""One Buyer's choice: what every bid that it could make would come to."""

from collections.abc import Iterable, Sequence

from twisted_auction.lab.engine import Series
from twisted_auction.lab.theory import Outcome
from twisted_auction.rules.request import AuctionRequest


def try_bids(
    request: AuctionRequest, rivals: Sequence[int], bids: Iterable[int]
) -> dict[int, Outcome]:
    """Hold an auction for each of these bids, in the pure engine.

    The Buyer that has the choice comes last, and so loses every tie; in English bidding, a tie goes
    to the Buyer whose turn it is.

    :param request: wants one Buyer more than there are rivals.
    :param rivals: their bids, or in open formats their limits, in whole dollars.
    :param bids: the same of the one who has the choice.
    :return: the outcome of each bid.
    """
    series = Series(request)
    return {bid: Outcome.of(request.number_of_bids, series.hold((*rivals, bid))) for bid in bids}
