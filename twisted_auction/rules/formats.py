"""The auction formats: who wins and what they pay."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class Award:
    """The item goes to a Buyer. Amounts are whole dollars."""

    winner: int
    highest_bid: int
    payment: int


class Format(ABC):
    """A sealed-bid format: the highest bid wins, and a subclass says what it pays.

    A tie goes to the earlier bid. (The assignment is silent on ties; every Buyer can check this
    rule against the order in which bids were acknowledged.)
    """

    name: ClassVar[str]

    def award(self, bids: Mapping[int, int], lowest_price: int) -> Award | None:
        """Decide an auction.

        :param bids: each Buyer's bid in whole dollars, in the order in which the bids arrived.
        :param lowest_price: in whole dollars; a bid equal to it sells.
        :return: the award, or None where the item is not sold.
        """
        if not bids:
            return None
        winner = max(bids, key=bids.__getitem__)  # the first of equals, so the earlier bid
        highest_bid = bids[winner]
        if highest_bid < lowest_price:
            return None
        rivals = [amount for buyer, amount in bids.items() if buyer != winner]
        return Award(winner, highest_bid, self.payment(highest_bid, rivals, lowest_price))

    @abstractmethod
    def payment(self, highest_bid: int, rivals: list[int], lowest_price: int) -> int:
        """What the winner owes, in whole dollars.

        :param rivals: every other bid.
        """


class FirstPrice(Format):
    """The winner pays its own bid: the assignment, step 7(a)i."""

    name = "first-price"

    def payment(self, highest_bid: int, rivals: list[int], lowest_price: int) -> int:
        """The highest bid itself."""
        return highest_bid


class SecondPrice(Format):
    """The winner pays the second highest of all bids and the lowest price.

    The assignment, step 7(a)ii. The rule is W. Vickrey's ("Counterspeculation, Auctions, and
    Competitive Sealed Tenders", Journal of Finance 16, 1961), with the Seller's lowest price taking
    part as if it were a bid.
    """

    name = "second-price"

    def payment(self, highest_bid: int, rivals: list[int], lowest_price: int) -> int:
        """The best of the other bids, or the lowest price where that is higher or stands alone."""
        return max([lowest_price, *rivals])


FORMATS: dict[int, Format] = {1: FirstPrice(), 2: SecondPrice()}
"""Every format by the number that a Seller types as ``type_of_auction``."""
