"""The auction request as plain data."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AuctionRequest:
    """``<type_of_auction> <lowest_price> <number_of_bids> <item_name>``, parsed.

    :func:`~twisted_auction.rules.grammar.parse_request` makes it from a line, and
    :func:`~twisted_auction.rules.formats.format_of` builds its format.

    :param format: the name of the format.
    :param rules: the rules set in the line, as (name, value). All others have their defaults.
    :param lowest_price: in whole dollars.
    :param number_of_bids: number of Buyers who must be present before bidding opens.
    :param text: the line itself. A ledger stores only this.
    """

    format: str
    rules: tuple[tuple[str, int], ...]
    lowest_price: int
    number_of_bids: int
    item_name: str
    text: str
