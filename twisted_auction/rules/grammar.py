"""The grammar of auction requests and catalogues.

::

    request   = type_of_auction SP lowest_price SP number_of_bids SP item_name
    type_of_auction = ( number / name ) *( ":" rule "=" value )
    catalogue = one request a line, empty lines and lines that start with "#" aside

SP is one or more spaces. Names of formats and rules may be written in any case.
"""

import re
import unicodedata
from codecs import BOM_UTF8
from collections.abc import Callable, Iterator, Mapping

from twisted_auction.rules.amounts import MAX_AMOUNT, parse_amount
from twisted_auction.rules.format import Format
from twisted_auction.rules.formats import format_named
from twisted_auction.rules.refusals import InvalidRequest
from twisted_auction.rules.request import AuctionRequest

MAX_ITEM_NAME = 255
"""The longest item name, in bytes of UTF-8 (the assignment's ``char array of size <= 255``)."""

_FOUR_FIELDS = re.compile(rb"(\S+) +(\S+) +(\S+) +(.+)", re.DOTALL)
_RULE_NAME = re.compile(r"[A-Za-z]{1,20}")
_NUMBER = re.compile(r"0|[1-9][0-9]{0,17}")

_INVISIBLE = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180d\u180f\u2800\u3164\ufe00-\ufe0e\uffa0"
    "\U00016fe4\U0001d159\U000e0100-\U000e01ef]"
)
"""Characters that show nothing although :meth:`str.isprintable` lets them pass: fillers, blanks of
other scripts, and the variation selectors but U+FE0F."""

JOINERS = "\u200c\u200d"
"""What emoji and some scripts are written with and :meth:`str.isprintable` refuses; it disturbs no
terminal."""

_VARIATION = "\ufe0f"

_SHAPE = re.compile(r" *(?:cv?(?:mv?|j(?=[cm]))* *)+")
"""What an item name is made of, by the letters of :func:`_letter`: characters, each with its marks,
and blanks."""


def parse_request(line: bytes, max_bidders: int, max_bid: int = MAX_AMOUNT) -> AuctionRequest:
    """Read a Seller's line.

    The type of auction may carry rules, in the grammar of Twisted's endpoint strings:
    ``3:increment=5:duration=60``. Its name, and theirs, may be written in any case.

    :param line: the line without its end, and without white space around it.
    :param max_bidders: the largest ``number_of_bids`` that this house allows.
    :param max_bid: the greatest open bid that it takes, in whole dollars.
    :raises InvalidRequest: without a reason where there are not four fields, with one where a field
        is out of range.
    """
    return _understood(line, max_bidders, max_bid, _item_name)


def read_request(text: str) -> AuctionRequest:
    """Read a request that a house has accepted, whatever its limits were, and whatever was known of
    invisible characters then. A format that this program does not know is
    :class:`~twisted_auction.rules.formats.Unregistered`.

    :raises InvalidRequest: where it can be none.
    """
    return _understood(text.encode(), MAX_AMOUNT, MAX_AMOUNT, _printable, is_recorded=True)


def _understood(
    line: bytes,
    max_bidders: int,
    max_bid: int,
    item_name: Callable[[bytes], str],
    is_recorded: bool = False,
) -> AuctionRequest:
    fields = _FOUR_FIELDS.fullmatch(line)
    if fields is None:
        raise InvalidRequest
    format, *texts = fields[1].decode("utf-8", "replace").split(":")
    rules: dict[str, int] = {}
    try:
        kind = format_named(format)
    except InvalidRequest:
        if not is_recorded:
            raise
        lowest_price = _lowest_price(fields[2])
    else:
        format, rules = kind.name, _rules(kind, texts)
        lowest_price = _lowest_price(fields[2])
        _check_rules(kind, rules, lowest_price, max_bid)
    return AuctionRequest(
        format=format,
        rules=tuple(rules.items()),
        lowest_price=lowest_price,
        number_of_bids=_number_of_bids(fields[3], max_bidders),
        item_name=item_name(fields[4]),
        text=line.decode("utf-8"),
    )


def parse_catalogue(
    text: bytes, max_bidders: int, max_bid: int = MAX_AMOUNT
) -> tuple[AuctionRequest, ...]:
    """Read the lots of a sale: an auction request a line, in the order of the sale.

    :param max_bidders: as for :func:`parse_request`, and so is ``max_bid``.
    :raises ValueError: where a line is no request, with its number and the reason, or where there
        is none at all.
    """
    lots = []
    for number, line in entries(text):
        try:
            lots.append(parse_request(line, max_bidders, max_bid))
        except InvalidRequest as refusal:
            reason = refusal.reason or (
                "a lot is: type_of_auction lowest_price number_of_bids item_name."
            )
            raise ValueError(f"line {number}: {reason}") from None
    if not lots:
        raise ValueError("there is no lot in it.")
    return tuple(lots)


def entries(text: bytes) -> Iterator[tuple[int, bytes]]:
    """The lines of a file that somebody has written by hand, each with its number from 1.

    Empty lines are skipped, and lines that start with ``#``. A byte order mark may stand before any
    line: where files were put together, each has brought its own.
    """
    for number, line in enumerate(text.split(b"\n"), 1):
        line = line.strip().removeprefix(BOM_UTF8).strip()
        if line and not line.startswith(b"#"):
            yield number, line


def _rules(kind: type[Format], texts: list[str]) -> dict[str, int]:
    """Read ``increment=5`` and so on."""
    values: dict[str, int] = {}
    for text in texts:
        typed, _, value = text.partition("=")
        name = typed.lower()
        if name not in kind.rules:
            known = ", ".join(kind.rules) or "none"
            stated = f" {typed}" if _RULE_NAME.fullmatch(typed) else ""
            raise InvalidRequest(f"{kind.name} has no rule{stated}; its rules are: {known}.")
        if name in values:
            raise InvalidRequest(f"{name} is given twice.")
        allowed = kind.rules[name].allowed
        if _NUMBER.fullmatch(value) is None or int(value) not in allowed:
            raise InvalidRequest(
                f"{name} must be a whole number from {allowed.start} to {allowed.stop - 1}."
            )
        values[name] = int(value)
    return values


def _check_rules(
    kind: type[Format], rules: Mapping[str, int], lowest_price: int, max_bid: int
) -> None:
    """Check that the rules agree with one another, the lowest price and the house's limit."""
    try:
        format = kind.ruled(lowest_price, rules)
    except ValueError as contradiction:
        raise InvalidRequest(f"{contradiction}.") from None
    if kind.is_open and format.opening_price(lowest_price) > max_bid:
        raise InvalidRequest(f"the first price must be at most {max_bid}.")


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


def _printable(field: bytes) -> str:
    """Take an item name of which no character disturbs a terminal.

    :meth:`str.isprintable` refuses control characters, the ones that change the direction of the
    text, and every blank but the ordinary space. Of the others that have no shape of their own, it
    refuses the two joiners, which emoji and some scripts are written with.
    """
    if len(field) > MAX_ITEM_NAME:
        raise InvalidRequest(f"item_name must be at most {MAX_ITEM_NAME} bytes.")
    try:
        name = field.decode("utf-8")
    except UnicodeDecodeError:
        raise InvalidRequest("item_name must be UTF-8 text.") from None
    if not name.translate(dict.fromkeys(map(ord, JOINERS))).isprintable():
        raise InvalidRequest("item_name must be printable characters only.")
    return name


def _item_name(field: bytes) -> str:
    """Take an item name that shows as what it is, and is not nothing.

    A mark, such as an accent, belongs to the character before it; so does U+FE0F, once, which
    makes an emoji of it. A joiner stands between two characters, or before a mark.
    """
    name = _printable(field)
    if name.isascii() and name.strip():  # no ASCII character is any of what follows
        return name
    if _INVISIBLE.search(name):
        raise InvalidRequest("item_name must have no invisible characters.")
    if not _SHAPE.fullmatch("".join(map(_letter, name))):
        raise InvalidRequest(
            "item_name must have no accent, joiner or variation selector without its character."
        )
    return name


def _letter(character: str) -> str:
    """Of which kind a character is: one that can be seen by itself, a mark, U+FE0F, a joiner, or
    the blank."""
    if character == " ":
        return " "
    if character == _VARIATION:
        return "v"
    if character in JOINERS:
        return "j"
    return "m" if unicodedata.category(character).startswith("M") else "c"
