"""The events of timed auctions alone.

:mod:`twisted_auction.rules.events` has them, too.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """In a timed auction, a Buyer takes its sealed bid back. It can bid again."""

    who: int


@dataclass(frozen=True, slots=True)
class EndMoved:
    """The clock on the wall was set, so the end of a timed auction, which is a time of day, is at
    another instant ``ends_at``.

    :param ahead: as in :class:`~twisted_auction.rules.events.RequestAccepted`.
    """

    ends_at: float
    ahead: int | None = None


@dataclass(frozen=True, slots=True)
class EndPostponed:
    """The end of a timed auction is at a later time of day, the instant ``ends_at``: by order, or
    because the house was closed, or another lot was up, shortly before."""

    ends_at: float
