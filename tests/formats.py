"""Two formats of our own."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from twisted_auction.rules.formats import English, Sealed


class AllPay(Sealed):
    """Every Buyer pays its own bid, whether it wins or not. (M. Shubik, "The Dollar Auction Game",
    Journal of Conflict Resolution 15, 1971, has a relative of it.)"""

    name = "all-pay"
    description = "One sealed bid each; the highest wins, and everyone pays what they bid."

    def payment(self, highest_bid: int, rivals: Collection[int], lowest_price: int) -> int:
        return highest_bid

    def dues(self, rivals: Mapping[int, int]) -> tuple[tuple[int, int], ...]:
        return tuple(rivals.items())


@dataclass(frozen=True)
class Candle(English):
    """An English auction by another name, which ends when the candle goes out."""

    name = "candle"
    how_to_bid = "call an amount while the candle burns."
    description = "The last to call before the candle goes out buys."
