"""The auction request as plain data: what is for sale, and how it is sold."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AuctionRequest:
    """``<type_of_auction> <lowest_price> <number_of_bids> <item_name>``, parsed.

    :func:`~twisted_auction.rules.grammar.parse_request` makes it from a line, and
    :func:`~twisted_auction.rules.formats.format_of` builds the format that it names.

    :param format: the registered name of the format.
    :param rules: the rules that the line sets, as (name, value); all others keep their defaults.
    :param lowest_price: in whole dollars.
    :param number_of_bids: the number of Buyers that must be present before bidding opens.
    :param text: the line itself, which is what a ledger stores.
    """

    format: str
    rules: tuple[tuple[str, int], ...]
    lowest_price: int
    number_of_bids: int
    item_name: str
    text: str
