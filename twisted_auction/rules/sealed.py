"""Formats with sealed bids: first-price and second-price."""

from abc import abstractmethod
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar

from twisted_auction.rules.amounts import MAX_AMOUNT, TooLarge, parse_amount, time_in_words
from twisted_auction.rules.events import SELLER, BidTaken, Event, Sold
from twisted_auction.rules.format import END, Bidding, Format
from twisted_auction.rules.refusals import (
    BidAlreadyIn,
    BiddingNotOpen,
    InvalidBid,
    RequestAlreadyIn,
)
from twisted_auction.rules.rule import AnyRule
from twisted_auction.rules.sentences import Sentence


@dataclass(frozen=True)
class Sealed(Format):
    """Each Buyer makes one bid, unknown to the other participants. The highest bid wins; a subclass
    decides the payment.

    A tie goes to the earlier bid. (The assignment does not mention ties. With this rule, every
    Buyer can check the result against the order of the acknowledgements.)

    In a timed auction, a Buyer can change its bid until the end. The last one counts, and has the
    place of the change in a tie.

    :param end: the end of a timed auction, as a time of day.
    """

    is_open = False

    end: datetime | None = field(default=None, kw_only=True, repr=False)

    @property
    def time_limit(self) -> str:
        """The end of a timed auction, as the last sentences of a description; empty without one."""
        if self.end is None:
            return ""
        end = time_in_words(self.end)
        return f" Bidding ends {end}. Until then, a bid can be changed or withdrawn."

    def first_deadline(self, when: float, bid_timeout: int) -> float | None:
        """The end of the house's time for a bid."""
        return when + bid_timeout if bid_timeout else None

    def decide(self, bidding: Bidding, who: int, line: bytes, when: float) -> tuple[Event, ...]:
        """Decide a Buyer's bid. The last bid awaited ends the auction, unless it is timed."""
        if who == SELLER:
            raise RequestAlreadyIn
        if self.end is None and who not in bidding.asked:
            raise BidAlreadyIn if who in bidding.bids else BiddingNotOpen
        try:
            amount = parse_amount(line)
        except TooLarge:
            # The usual refusal asks for a positive integer, and this line is one.
            raise InvalidBid(
                Sentence("A bid is a whole number from 1 to {most}.", most=MAX_AMOUNT)
            ) from None
        except ValueError:
            raise InvalidBid from None
        if self.end is not None:
            replaced = bidding.bids.get(who, 0 if who in bidding.has_bid else None)
            if replaced == amount:  # a bid that is said again keeps its place in a tie
                raise BidAlreadyIn
            return (BidTaken(who, amount, replaced=replaced),)
        taken = BidTaken(who, amount)
        if any(other != who for other in bidding.awaited):
            return (taken,)
        # This bid is not in the state yet: its event is applied later.
        return (taken, self.result({**bidding.bids, who: amount}, bidding.lowest_price))

    def award(self, bids: Mapping[int, int], lowest_price: int) -> Sold | None:
        """The highest bid wins, unless it is below the lowest price."""
        if not bids:
            return None
        winner = max(bids, key=bids.__getitem__)  # the earliest of equal bids
        highest_bid = bids[winner]
        if highest_bid < lowest_price:
            return None
        # An equal bid of a rival stays in: after a tie, a second-price winner pays its own bid.
        rivals = {buyer: amount for buyer, amount in bids.items() if buyer != winner}
        payment = self.payment(highest_bid, rivals.values(), lowest_price)
        return Sold(winner, highest_bid, payment, self.dues(rivals))

    @abstractmethod
    def payment(self, highest_bid: int, rivals: Collection[int], lowest_price: int) -> int:
        """The winner's payment, in whole dollars.

        :param rivals: all other bids.
        """

    def dues(self, rivals: Mapping[int, int]) -> tuple[tuple[int, int], ...]:
        """Payments due from losing Buyers, as (Buyer, amount). By default there are none.

        :param rivals: the bids of the losing Buyers, by Buyer.
        """
        return ()


@dataclass(frozen=True)
class FirstPrice(Sealed):
    """The winner pays its own bid: the assignment, step 7(a)i."""

    name = "first-price"
    rules: ClassVar[Mapping[str, AnyRule]] = {"end": END}

    @property
    def description(self) -> str:
        """The rules for Buyers to read."""
        return f"One sealed bid each; the highest wins and pays what it bid.{self.time_limit}"

    def payment(self, highest_bid: int, rivals: Collection[int], lowest_price: int) -> int:
        """The highest bid itself."""
        return highest_bid


@dataclass(frozen=True)
class SecondPrice(Sealed):
    """The winner pays the second highest of all bids and the lowest price.

    The assignment, step 7(a)ii. The rule is W. Vickrey's ("Counterspeculation, Auctions, and
    Competitive Sealed Tenders", Journal of Finance 16, 1961). The Seller's lowest price counts as a
    bid.
    """

    name = "second-price"
    rules: ClassVar[Mapping[str, AnyRule]] = {"end": END}

    @property
    def description(self) -> str:
        """The rules for Buyers to read."""
        return (
            f"One sealed bid each; the highest wins and pays the second highest.{self.time_limit}"
        )

    def payment(self, highest_bid: int, rivals: Collection[int], lowest_price: int) -> int:
        """The best of the other bids and the lowest price."""
        return max([lowest_price, *rivals])
