"""The events that concern a whole sale, or one of its lots beside its bidding.

:mod:`twisted_auction.rules.events` has them, too. A lot has a number: its place in the catalogue,
from 1, also after it has been moved. Its ``label`` is its own number there, by which people and
orders name it; None if the catalogue gives it none.
"""

from dataclasses import dataclass

from twisted_auction.rules.request import AuctionRequest, Lot


@dataclass(frozen=True, slots=True)
class SaleScheduled:
    """A sale of this many lots opens its doors. Its first lot is announced at ``starts_at``; if it
    is None, by order. Every lot then opens after its pause, for the Buyers who are there."""

    lots: int
    starts_at: float | None


@dataclass(frozen=True, slots=True)
class StartMoved:
    """A sale begins at another instant; if it is None, by order."""

    starts_at: float | None


@dataclass(frozen=True, slots=True)
class LotsDone:
    """A sale that has opened its doors has no lot to come. It stays open until ``closes_at``, so
    that the operator can offer a lot again, or add one."""

    closes_at: float


@dataclass(frozen=True, slots=True)
class SaleEnded:
    """A sale that has opened its doors is over."""


@dataclass(frozen=True, slots=True)
class LotAnnounced:
    """In a sale, the next lot is announced: number ``lot`` of ``lots``, from 1.

    Bidding on it opens at ``opens_at``, or later, once enough Buyers are present. A timed lot ends
    at ``ends_at``, and no late bid moves its end beyond ``latest_at``; ``ahead`` is as in
    :class:`~twisted_auction.rules.events.RequestAccepted`. The other fields are those of a
    :class:`~twisted_auction.rules.request.Lot`.
    """

    lot: int
    lots: int
    request: AuctionRequest
    opens_at: float
    label: str | None = None
    description: str | None = None
    seller: int | None = None
    picture: str | None = None
    ends_at: float | None = None
    latest_at: float | None = None
    ahead: int | None = None

    @property
    def details(self) -> Lot:
        """The lot, as the catalogue has it."""
        return Lot(self.request, self.label, self.description, self.seller, self.picture)


@dataclass(frozen=True, slots=True)
class LotSkipped:
    """In a sale, a lot that was to come is not offered."""

    lot: int
    label: str | None = None


@dataclass(frozen=True, slots=True)
class LotMoved:
    """In a sale, a lot that is to come moves right before another one, of the label
    ``before_label``."""

    lot: int
    before: int
    label: str | None = None
    before_label: str | None = None


@dataclass(frozen=True, slots=True)
class LotAdded:
    """In a sale, a lot is added to the end. Its number follows that of the last one."""

    lot: int
    request: AuctionRequest
    label: str | None = None


@dataclass(frozen=True, slots=True)
class LotOffered:
    """In a sale, a lot that is not sold will be offered again, after the lots that are to come."""

    lot: int
    label: str | None = None


@dataclass(frozen=True, slots=True)
class SaleVoided:
    """In a sale, the result of a lot does not count: its winner ``who`` does not get it, and does
    not owe ``payment``, in whole dollars. Nor do losing Buyers owe the ``dues`` of the result; None
    if it has none."""

    lot: int
    who: int
    payment: int
    dues: tuple[tuple[int, int], ...] | None = None
    label: str | None = None
