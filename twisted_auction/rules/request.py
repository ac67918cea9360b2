"""The auction request: the one line with which a Seller describes the sale."""

import re
from dataclasses import dataclass

from twisted_auction.rules.amounts import MAX_AMOUNT, parse_amount
from twisted_auction.rules.formats import FORMATS, Format
from twisted_auction.rules.refusals import InvalidRequest

MAX_ITEM_NAME = 255
"""The longest item name, in bytes of UTF-8 (the assignment's ``char array of size <= 255``)."""

_TYPES = {b"%d" % number: number for number in FORMATS}
_FOUR_FIELDS = re.compile(rb"(\S+) +(\S+) +(\S+) +(.+)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class AuctionRequest:
    """``<type_of_auction> <lowest_price> <number_of_bids> <item_name>``, understood.

    ``text`` is the line itself; ``lowest_price`` is in whole dollars.
    """

    text: str
    type_of_auction: int
    lowest_price: int
    number_of_bids: int
    item_name: str

    @property
    def format(self) -> Format:
        """Who wins and what they pay."""
        return FORMATS[self.type_of_auction]


def parse_request(line: bytes, max_bidders: int) -> AuctionRequest:
    """Read a Seller's line.

    :param line: the line without its end, and without white space around it.
    :param max_bidders: the largest ``number_of_bids`` that this house allows.
    :raises InvalidRequest: without a reason where there are not four fields, with one where a field
        is out of range.
    """
    fields = _FOUR_FIELDS.fullmatch(line)
    if fields is None:
        raise InvalidRequest
    type_of_auction, lowest_price, number_of_bids, item_name = fields.groups()
    return AuctionRequest(
        type_of_auction=_type_of_auction(type_of_auction),
        lowest_price=_lowest_price(lowest_price),
        number_of_bids=_number_of_bids(number_of_bids, max_bidders),
        item_name=_item_name(item_name),
        text=line.decode("utf-8"),
    )


def _type_of_auction(field: bytes) -> int:
    if field in _TYPES:
        return _TYPES[field]
    choices = " or ".join(f"{number} ({form.name})" for number, form in FORMATS.items())
    raise InvalidRequest(f"type_of_auction must be {choices}.")


def _lowest_price(field: bytes) -> int:
    try:
        return parse_amount(field)
    except ValueError:
        raise InvalidRequest(
            f"lowest_price must be a whole number from 1 to {MAX_AMOUNT}."
        ) from None


def _number_of_bids(field: bytes, max_bidders: int) -> int:
    try:
        number = parse_amount(field)
    except ValueError:
        number = None
    if number is None or number > max_bidders:
        raise InvalidRequest(f"number_of_bids must be 1 to {max_bidders}.")
    return number


def _item_name(field: bytes) -> str:
    """Take an item name that shows on any terminal as what it is.

    :meth:`str.isprintable` refuses control characters, the ones that change the direction of the
    text, and every blank but the ordinary space.
    """
    if len(field) > MAX_ITEM_NAME:
        raise InvalidRequest(f"item_name must be at most {MAX_ITEM_NAME} bytes.")
    try:
        name = field.decode("utf-8")
    except UnicodeDecodeError:
        raise InvalidRequest("item_name must be UTF-8 text.") from None
    if not name.isprintable():
        raise InvalidRequest("item_name must be printable characters only.")
    return name
