"""What can be asked of an auction (commands) and what can happen in one (events).

A participant is a number: :data:`SELLER`, or a Buyer's 1, 2, 3 … in order of arrival. Amounts are
whole dollars. Instants are seconds on the clock of whoever drives the auction; the rules compare
them and add durations, nothing else.
"""

from dataclasses import dataclass

from twisted_auction.rules.request import AuctionRequest

SELLER = 0
"""The Seller's participant number."""


@dataclass(frozen=True, slots=True)
class Arrive:
    """Somebody connects from ``address`` and takes whatever role is free."""

    address: str


@dataclass(frozen=True, slots=True)
class Say:
    """A participant sends one line: a request, a bid, or something that is neither."""

    who: int
    line: bytes


@dataclass(frozen=True, slots=True)
class Leave:
    """A participant's connection has ended."""

    who: int


@dataclass(frozen=True, slots=True)
class Wake:
    """Time passes: the instant that ``Auction.wake_at`` names may have come."""


Command = Arrive | Say | Leave | Wake


@dataclass(frozen=True, slots=True)
class Arrived:
    """A participant takes its seat; a Seller has until ``deadline`` to submit its request."""

    who: int
    address: str
    deadline: float | None = None


@dataclass(frozen=True, slots=True)
class RequestAccepted:
    """The Seller's request stands: Buyers may come."""

    request: AuctionRequest


@dataclass(frozen=True, slots=True)
class BiddingOpened:
    """All Buyers are there; each has until ``deadline`` to bid."""

    deadline: float | None


@dataclass(frozen=True, slots=True)
class BidTaken:
    """A Buyer's bid stands, whether the Buyer stays or not."""

    who: int
    amount: int


@dataclass(frozen=True, slots=True)
class Left:
    """A participant is gone; ``silent_for`` is the time in seconds after which it was sent away,
    None where it went by itself."""

    who: int
    silent_for: int | None = None


@dataclass(frozen=True, slots=True)
class Sold:
    """The auction is over and the item has a new owner."""

    winner: int
    highest_bid: int
    payment: int


@dataclass(frozen=True, slots=True)
class Unsold:
    """The auction is over without a sale; ``highest_bid`` is None where nobody bid."""

    highest_bid: int | None


@dataclass(frozen=True, slots=True)
class Cancelled:
    """The auction ends before bidding opened; ``reason`` is one sentence."""

    reason: str


Event = Arrived | RequestAccepted | BiddingOpened | BidTaken | Left | Sold | Unsold | Cancelled
