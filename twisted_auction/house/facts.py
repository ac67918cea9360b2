"""Facts about an auction, each of which is one message to those who follow it."""

from dataclasses import dataclass, replace
from math import ceil
from typing import Any

from twisted_auction.rules.auction import Auction
from twisted_auction.rules.open import Open
from twisted_auction.rules.transitions import Phase
from twisted_auction.wire.messages import Message


@dataclass(frozen=True, slots=True)
class Fact:
    """A message, with its seconds as an instant: they change, and the fact does not.

    :param message: with zero seconds, if ``at`` is not None.
    :param at: the instant from which, or to which, the seconds count.
    """

    message: Message
    at: float | None = None

    def told(self, now: float) -> Message:
        """The message at an instant."""
        if self.at is None:
            return self.message
        seconds = ceil(round(self.at - now, 3)) if self.at > now else int(now - self.at)
        # Every message with an instant has the field.
        message: Any = self.message
        changed: Message = replace(message, seconds=seconds)
        return changed


def stage(auction: Auction) -> str:
    """How far an auction is, in a word of the protocol."""
    match auction.phase:
        case Phase.EMPTY:
            return "empty"
        case Phase.REQUESTING:
            return "request"
        case Phase.WAITING:
            return "doors" if auction.awaits_start else "done"
        case Phase.GATHERING:
            return "gathering"
        case Phase.BIDDING:
            return "open" if auction.is_open else "sealed"
        case Phase.ENDED:
            return "over"


def asking_price(auction: Auction) -> int:
    """The asking price of open bidding, in whole dollars; 0 if there is none."""
    if auction.phase is not Phase.BIDDING or not isinstance(auction.format, Open):
        return 0
    try:
        price = auction.format.asking_price(auction)
    except Exception:  # a format of another package; its auction ends with its next update
        return 0
    return price if isinstance(price, int) and price > 0 else 0
