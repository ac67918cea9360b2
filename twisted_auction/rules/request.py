"""The auction request, and the lot of a sale, as plain data."""

import re
from dataclasses import dataclass
from datetime import datetime

from twisted_auction.rules.rule import RuleValue

_SECRET = re.compile(r":reserve=[^:\s]*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class AuctionRequest:
    """``<type_of_auction> <lowest_price> <number_of_bids> <item_name>``, parsed.

    :func:`~twisted_auction.rules.grammar.parse_request` makes it from a line, and
    :func:`~twisted_auction.rules.formats.format_of` builds its format.

    :param format: the name of the format.
    :param rules: the rules set in the line, as (name, value). All others have their defaults.
    :param lowest_price: in whole dollars.
    :param number_of_bids: number of Buyers who must be present before bidding opens; 0 in a sale
        whose lots open after their pauses, for the Buyers who are there.
    :param text: the line itself. A ledger stores only this.
    """

    format: str
    rules: tuple[tuple[str, RuleValue], ...]
    lowest_price: int
    number_of_bids: int
    item_name: str
    text: str

    @property
    def public_text(self) -> str:
        """The line without a hidden reserve."""
        type_of_auction, blank, rest = self.text.partition(" ")
        return _SECRET.sub(":reserve=hidden", type_of_auction) + blank + rest

    @property
    def end(self) -> datetime | None:
        """The end of a timed auction, a time of day without a time zone; None for other auctions.
        A timed auction opens at once, and ignores :attr:`number_of_bids`."""
        return self._time("end")

    @property
    def latest(self) -> datetime | None:
        """The time of day beyond which no late bid moves the end; None if there is none."""
        return self._time("latest")

    def _time(self, name: str) -> datetime | None:
        for rule, value in self.rules:
            if rule == name and isinstance(value, datetime):
                return value
        return None


@dataclass(frozen=True, slots=True)
class Lot:
    """A lot of a sale: its auction request, and what a catalogue says about it.

    :param label: the lot's own number in the catalogue, such as ``12a``; None if the lots are
        counted from 1.
    :param description: one line for Buyers to read.
    :param seller: the paddle of the person whose item it is, who cannot bid on it.
    :param picture: the name of a file with a picture.
    """

    request: AuctionRequest
    label: str | None = None
    description: str | None = None
    seller: int | None = None
    picture: str | None = None
