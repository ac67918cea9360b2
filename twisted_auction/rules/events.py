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
    """Somebody connects from ``address`` and takes whatever role is free; ``ticket`` is the hash of
    the secret with which this participant may come back after a cut.

    ``who`` is the number of a Buyer that had left and takes its seat again; None for a newcomer.

    A client without a ticket has not said anything yet. It may be a port scan, so bidding that it
    completes the number for opens after the settling time only.
    """

    address: str
    ticket: str | None = None
    who: int | None = None


@dataclass(frozen=True, slots=True)
class Say:
    """A participant sends one line: a request, a bid, or something that is neither.

    ``repeats`` is the bid that it was asked to repeat right before, in whole dollars, if it was.
    """

    who: int
    line: bytes
    repeats: int | None = None


@dataclass(frozen=True, slots=True)
class Speak:
    """In a sale, a Buyer that has let a lot go by in silence says something, whatever that is:
    :class:`Say` follows."""

    who: int


@dataclass(frozen=True, slots=True)
class Leave:
    """A participant's connection has ended."""

    who: int


@dataclass(frozen=True, slots=True)
class Wake:
    """Time passes: the instant that ``Auction.wake_at`` names may have come."""


@dataclass(frozen=True, slots=True)
class Close:
    """The operator ends the bidding at once; the bids that are in decide."""


@dataclass(frozen=True, slots=True)
class Cancel:
    """The operator calls the auction off; ``reason`` is one sentence."""

    reason: str


@dataclass(frozen=True, slots=True)
class Stop:
    """The house closes in good order."""


@dataclass(frozen=True, slots=True)
class Reopen:
    """The house opens again. Its clock stood still since ``closed_at``: its server was stopped or
    killed then, or has not been able to record anything since."""

    closed_at: float


Command = Arrive | Say | Speak | Leave | Wake | Close | Cancel | Stop | Reopen


@dataclass(frozen=True, slots=True)
class LotAnnounced:
    """In a sale of many lots, the next one comes up: number ``lot`` of ``lots``, from 1.

    Bidding on it opens at ``opens_at``, or once enough Buyers are there where that is later.
    """

    lot: int
    lots: int
    request: AuctionRequest
    opens_at: float


@dataclass(frozen=True, slots=True)
class Arrived:
    """A participant takes its seat, a Buyer that had left perhaps once more; ``ticket`` is as in
    :class:`Arrive`.

    A Seller has until ``deadline`` to submit its request. The arrival of the last Buyer needed has
    a ``deadline`` where bidding does not open at once: that is when it opens, if enough Buyers are
    still there.
    """

    who: int
    address: str
    deadline: float | None = None
    ticket: str | None = None


@dataclass(frozen=True, slots=True)
class RequestAccepted:
    """The Seller's request stands: Buyers may come. If not enough of them are there by
    ``deadline``, the auction is cancelled."""

    request: AuctionRequest
    deadline: float | None = None


@dataclass(frozen=True, slots=True)
class BiddingOpened:
    """All Buyers are there. ``deadline`` is when the time of whatever the format asks first is up:
    the sealed bids, the bidding as a whole, or the price that is called."""

    deadline: float | None


@dataclass(frozen=True, slots=True)
class BidTaken:
    """A Buyer's one bid stands, whether the Buyer stays or not."""

    who: int
    amount: int


@dataclass(frozen=True, slots=True)
class Passed:
    """In a sale, a Buyer declines the lot. In open bidding it may change its mind."""

    who: int


@dataclass(frozen=True, slots=True)
class Missed:
    """In a sale, a Buyer lets a sealed lot go by in silence, in ``seconds``. It keeps its seat, and
    is asked for bids on the lots that follow, but others are not kept waiting for it."""

    who: int
    seconds: int


@dataclass(frozen=True, slots=True)
class Spoke:
    """A Buyer that has missed a lot has said something: it is waited for again."""

    who: int


@dataclass(frozen=True, slots=True)
class Raised:
    """A Buyer's open bid is the highest now; ``outbid`` is another Buyer who held it before."""

    who: int
    amount: int
    outbid: int | None


@dataclass(frozen=True, slots=True)
class Extended:
    """A late bid moves the end of the bidding to ``deadline``, ``seconds`` from now."""

    deadline: float
    seconds: int


@dataclass(frozen=True, slots=True)
class Called:
    """The Auctioneer calls the highest bid "going once" (``times`` 1) or "going twice" (2)."""

    times: int


@dataclass(frozen=True, slots=True)
class PriceFell:
    """The clock of a Dutch auction shows ``price`` until ``deadline``."""

    price: int
    deadline: float


@dataclass(frozen=True, slots=True)
class BiddingClosed:
    """Somebody ends the bidding before its time: the Seller, or the operator (None)."""

    who: int | None

    @property
    def closer(self) -> str:
        """The role that did so."""
        return "Auctioneer" if self.who is None else "Seller"


@dataclass(frozen=True, slots=True)
class Left:
    """A participant is gone; ``silent_for`` is the time in seconds after which it was sent away,
    None where it went by itself."""

    who: int
    silent_for: int | None = None


@dataclass(frozen=True, slots=True)
class Sold:
    """The auction is over and the item has a new owner.

    ``dues`` is what Buyers who did not win owe all the same, as (Buyer, amount), where the format
    has such a rule.
    """

    winner: int
    highest_bid: int
    payment: int
    dues: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Unsold:
    """The auction is over without a sale; ``highest_bid`` is None where nobody bid."""

    highest_bid: int | None


@dataclass(frozen=True, slots=True)
class Cancelled:
    """The auction ends without a result; ``reason`` is one sentence."""

    reason: str


@dataclass(frozen=True, slots=True)
class Stopped:
    """The house closes in good order. The clock of the auction stands until it is
    :class:`Reopened`, and nothing else happens before."""


@dataclass(frozen=True, slots=True)
class Reopened:
    """The auction goes on, as much time being left as when its clock began to stand still. What is
    asked now has until ``deadline``."""

    deadline: float | None


Event = (
    LotAnnounced
    | Arrived
    | RequestAccepted
    | BiddingOpened
    | BidTaken
    | Passed
    | Missed
    | Spoke
    | Raised
    | Extended
    | Called
    | PriceFell
    | BiddingClosed
    | Left
    | Sold
    | Unsold
    | Cancelled
    | Stopped
    | Reopened
)

RESULTS = frozenset({Sold, Unsold, Cancelled})
"""The events that end an auction, or a lot of a sale. Everybody concerned must hear of them,
however late."""
