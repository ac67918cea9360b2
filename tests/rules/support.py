"""The state of an auction, for comparisons."""

from typing import Any

from twisted_auction.rules.auction import Auction
from twisted_auction.rules.state import AuctionState


def state(auction: Auction) -> dict[str, Any]:
    """Everything about an auction, in its order; instants to the tenth of a millisecond."""
    facts = {name: getattr(auction, name) for name in AuctionState.__slots__ if name != "catalogue"}
    for name, value in facts.items():
        if isinstance(value, dict):
            facts[name] = list(value.items())
        elif isinstance(value, float):
            facts[name] = round(value, 4)
    return facts
