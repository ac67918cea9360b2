"""The events that change an auction.

A participant has a number: :data:`SELLER`, or for Buyers 1, 2, 3 … in the order of arrival.
Amounts are in whole dollars. Instants are in seconds on the caller's clock; the rules only compare
them and add durations.

The names of the event classes and their fields are stored in ledgers, and must not change.
"""

from dataclasses import dataclass

from twisted_auction.rules.maxima_events import MaximumLimited as MaximumLimited
from twisted_auction.rules.maxima_events import MaximumSet as MaximumSet
from twisted_auction.rules.request import AuctionRequest
from twisted_auction.rules.sale_events import LotAdded as LotAdded
from twisted_auction.rules.sale_events import LotAnnounced as LotAnnounced
from twisted_auction.rules.sale_events import LotMoved as LotMoved
from twisted_auction.rules.sale_events import LotOffered as LotOffered
from twisted_auction.rules.sale_events import LotsDone as LotsDone
from twisted_auction.rules.sale_events import LotSkipped as LotSkipped
from twisted_auction.rules.sale_events import SaleEnded as SaleEnded
from twisted_auction.rules.sale_events import SaleScheduled as SaleScheduled
from twisted_auction.rules.sale_events import SaleVoided as SaleVoided
from twisted_auction.rules.sale_events import StartMoved as StartMoved
from twisted_auction.rules.timed_events import EndMoved as EndMoved
from twisted_auction.rules.timed_events import EndPostponed as EndPostponed
from twisted_auction.rules.timed_events import Withdrawn as Withdrawn

SELLER = 0
"""The Seller's participant number."""

BY_MAXIMUM = "maximum"
"""The cause of a bid of the server for a Buyer's maximum."""

TIMED = "timed"
"""The cause of an opening that waits for no Buyer, because the end is a time of day."""


@dataclass(frozen=True, slots=True)
class Arrived:
    """A participant takes a seat, or a Buyer who had left takes its seat again.

    :param deadline: for a Seller, the end of the time for its request. For the last Buyer needed,
        the instant at which bidding opens if enough Buyers are still present; None if it opens at
        once.
    :param ticket_digest: as in :class:`~twisted_auction.rules.commands.Arrive`. Its JSON key in
        ledgers is ``ticket``.
    :param paddle: the paddle of a person. It is the number of a Buyer; for the Seller, it tells
        which person sells. The address is then empty: a ledger has nothing else about a person.
    """

    who: int
    address: str
    deadline: float | None = None
    ticket_digest: str | None = None
    paddle: int | None = None


@dataclass(frozen=True, slots=True)
class RequestAccepted:
    """The Seller's request is valid, and Buyers can come. The auction is cancelled if not enough of
    them are present at ``deadline``.

    :param ends_at: the end of a timed auction; None for others.
    :param latest_at: the instant beyond which no late bid moves that end; None if there is none.
    :param ahead: seconds by which the clock on the wall has been set ahead of the times in the
        ledger since the house opened; None if it has not been set.
    """

    request: AuctionRequest
    deadline: float | None = None
    ends_at: float | None = None
    latest_at: float | None = None
    ahead: int | None = None


@dataclass(frozen=True, slots=True)
class BiddingOpened:
    """Enough Buyers are present, and bidding opens. ``deadline`` is the end of the time for sealed
    bids, of the whole bidding, or of the first price, as the format decides. ``cause`` is
    :data:`TIMED` if the auction is timed and needs no Buyer, otherwise None."""

    deadline: float | None
    cause: str | None = None


@dataclass(frozen=True, slots=True)
class BidTaken:
    """A Buyer's sealed bid is taken. It binds the Buyer, even one who leaves.

    :param limit: whole dollars, the person's limit in all rooms; None for no limit.
    :param bound: whole dollars, its commitments elsewhere; None without a limit.
    :param lots: the largest number of lots for the person; None for any number.
    :param won: the number of its lots elsewhere; None without a limit.
    :param replaced: whole dollars, the bid that this one replaces in a timed auction; 0 if the
        Buyer has withdrawn it, and None if this is its first one.
    """

    who: int
    amount: int
    limit: int | None = None
    bound: int | None = None
    lots: int | None = None
    won: int | None = None
    replaced: int | None = None


@dataclass(frozen=True, slots=True)
class Passed:
    """In a sale, a Buyer declines the lot. In open bidding it can still bid later."""

    who: int


@dataclass(frozen=True, slots=True)
class Missed:
    """In a sale, a Buyer has sent no bid on a sealed lot in its time of ``seconds``. It keeps its
    seat and is asked for bids on later lots, but their results do not wait for it."""

    who: int
    seconds: int


@dataclass(frozen=True, slots=True)
class Spoke:
    """A Buyer who had missed a lot has sent a line. Results wait for it again."""

    who: int


@dataclass(frozen=True, slots=True)
class Raised:
    """A Buyer's open bid is the highest now. ``outbid`` is the Buyer with the highest bid before;
    None if there was none, or the same Buyer. The limits are as in :class:`BidTaken`. ``cause`` is
    :data:`BY_MAXIMUM` if the server has made the bid for the Buyer's maximum, otherwise None."""

    who: int
    amount: int
    outbid: int | None
    limit: int | None = None
    bound: int | None = None
    lots: int | None = None
    won: int | None = None
    cause: str | None = None


@dataclass(frozen=True, slots=True)
class Extended:
    """A late bid moves the end of the bidding to ``deadline``, ``seconds`` from now."""

    deadline: float
    seconds: int


@dataclass(frozen=True, slots=True)
class Called:
    """The Auctioneer calls "going once" (``times`` 1) or "going twice" (2)."""

    times: int


@dataclass(frozen=True, slots=True)
class PriceFell:
    """The clock of a Dutch auction shows ``price`` until ``deadline``."""

    price: int
    deadline: float


@dataclass(frozen=True, slots=True)
class Ordered:
    """The operator has given an order. The events of its effect follow.

    :param order: the word of the order.
    :param actor: the giver: ``operator`` on the control port, or a person by its paddle.
    :param reason: one sentence, or empty if the order needs none.
    """

    order: str
    actor: str
    reason: str


@dataclass(frozen=True, slots=True)
class Paused:
    """By order, the auction's clock stands still from the instant ``at``, and no line counts."""

    at: float


@dataclass(frozen=True, slots=True)
class Resumed:
    """By order, the auction goes on at the instant ``at``, with as much time left as when it was
    paused."""

    at: float


@dataclass(frozen=True, slots=True)
class Voided:
    """By order, the highest open bid does not count: ``amount`` whole dollars by Buyer ``who``.

    ``bid``, an earlier bid by Buyer ``holder``, is the highest now. Without one, both are None, and
    the price starts again.
    """

    who: int
    amount: int
    holder: int | None
    bid: int | None


@dataclass(frozen=True, slots=True)
class Expelled:
    """By order, a participant may not be in the auction any more. Its bid stands."""

    who: int


@dataclass(frozen=True, slots=True)
class Readmitted:
    """By order, an expelled participant may come again."""

    who: int


@dataclass(frozen=True, slots=True)
class Announced:
    """By order, everyone in the room reads a text of one line."""

    text: str


@dataclass(frozen=True, slots=True)
class BiddingClosed:
    """The Seller, or the operator (``who`` None), ends the bidding early."""

    who: int | None

    @property
    def closer(self) -> str:
        """The role that ended the bidding."""
        return "Auctioneer" if self.who is None else "Seller"


@dataclass(frozen=True, slots=True)
class Left:
    """A participant has left. ``silent_for`` is the time in seconds after which the server closed
    its connection; None if it left by itself."""

    who: int
    silent_for: int | None = None


@dataclass(frozen=True, slots=True)
class Sold:
    """The auction is over and the item has a new owner.

    ``dues`` is what losing Buyers owe, as (Buyer, amount), if the format has such a rule.
    """

    winner: int
    highest_bid: int
    payment: int
    dues: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Unsold:
    """The auction is over without a sale; ``highest_bid`` is None if there was no bid."""

    highest_bid: int | None


@dataclass(frozen=True, slots=True)
class Cancelled:
    """The auction ends without a result; ``reason`` is one sentence."""

    reason: str


@dataclass(frozen=True, slots=True)
class Stopped:
    """The server stops in an orderly way. The auction's clock stands still, and nothing else
    happens, until it is :class:`Reopened`."""


@dataclass(frozen=True, slots=True)
class Reopened:
    """The auction goes on with as much time left as when its clock stopped: until ``deadline``."""

    deadline: float | None


Event = (
    SaleScheduled
    | StartMoved
    | LotsDone
    | SaleEnded
    | LotAnnounced
    | LotSkipped
    | LotMoved
    | LotAdded
    | LotOffered
    | SaleVoided
    | Arrived
    | RequestAccepted
    | BiddingOpened
    | BidTaken
    | Withdrawn
    | Passed
    | Missed
    | Spoke
    | Raised
    | MaximumSet
    | MaximumLimited
    | Extended
    | EndMoved
    | EndPostponed
    | Called
    | PriceFell
    | Ordered
    | Paused
    | Resumed
    | Voided
    | Expelled
    | Readmitted
    | Announced
    | BiddingClosed
    | Left
    | Sold
    | Unsold
    | Cancelled
    | Stopped
    | Reopened
)

BIDS = (BidTaken, Raised)
"""The events of bids, for ``isinstance``: a tuple that is made once is checked faster than a union
of types."""

RESULTS = frozenset({Sold, Unsold, Cancelled})
"""The events that end an auction, or a lot of a sale. Their messages are kept for ticket holders
who are away."""

LAST_EVENTS = RESULTS | {SaleEnded}
"""The events after which an auction or a sale may be over."""

KEPT_EVENTS = RESULTS | {SaleVoided}
"""The events whose messages are kept for participants who are away."""
