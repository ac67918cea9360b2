"""The grammar of auction requests.

::

    request   = type_of_auction SP lowest_price SP number_of_bids SP item_name
    type_of_auction = ( number / name ) *( ":" rule "=" value )
    value     = number / time / table       ; a time has colons of its own

SP is one or more spaces. Names of formats and rules may be written in any case.
"""

import re
from codecs import BOM_UTF8
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime

from twisted_auction.rules.amounts import MAX_AMOUNT, parse_amount
from twisted_auction.rules.format import Format
from twisted_auction.rules.formats import format_named, is_registered
from twisted_auction.rules.names import check_printable, check_visible
from twisted_auction.rules.refusals import InvalidRequest
from twisted_auction.rules.request import AuctionRequest
from twisted_auction.rules.rule import RuleValue
from twisted_auction.rules.sentences import Sentence, reason_of

MAX_ITEM_NAME = 255
"""Maximum bytes of an item name in UTF-8 (the assignment's ``char array of size <= 255``)."""

_FOUR_FIELDS = re.compile(rb"(\S+) +(\S+) +(\S+) +(.+)", re.DOTALL)
_RULE_NAME = re.compile(r"[A-Za-z]{1,20}")
# The colons of a time, such as 2026-12-05T21:00:30, separate no rules.
_COLON = re.compile(
    r":(?!(?<=\d{4}-\d\d-\d\dT\d\d:)\d\d)(?!(?<=\d{4}-\d\d-\d\dT\d\d:\d\d:)\d\d)",
    re.ASCII | re.IGNORECASE,
)


def parse_request(
    line: bytes, max_bidders: int, max_bid: int = MAX_AMOUNT, min_bidders: int = 1
) -> AuctionRequest:
    """Parse a Seller's line.

    The type of auction may carry rules, in the grammar of Twisted's endpoint strings:
    ``3:increment=5:duration=60``.

    :param line: the line without its end, and without white space around it.
    :param max_bidders: the largest ``number_of_bids`` allowed by the house.
    :param max_bid: whole dollars, the highest open bid allowed by the house.
    :param min_bidders: the smallest ``number_of_bids``; 0 for a lot of a sale whose bidding may
        open without a count of Buyers. That of a timed auction may be 0 in any case.
    :raises InvalidRequest: without a reason if the line does not have four fields; with a reason if
        a field is invalid.
    """
    return _parse(line, range(min_bidders, max_bidders + 1), max_bid, _item_name)


def parse_recorded_request(text: str) -> AuctionRequest:
    """Parse a request that a house once accepted.

    Other limits may have held then, its format may be unknown to this program, and its item name
    may be refused today.

    :raises InvalidRequest: if no house can have accepted it.
    """
    bidders = range(MAX_AMOUNT + 1)
    return _parse(text.encode(), bidders, None, _recorded_item_name)


def check_request(request: AuctionRequest) -> None:
    """Check a request made by a program without :func:`parse_request`.

    A ledger stores only the text of a request, so the text must agree with the fields.

    :raises ValueError: if they disagree, or if the format is not registered.
    """
    if not is_registered(request.format):
        raise ValueError(f"no format is called {request.format!r}")
    try:
        is_same = parse_recorded_request(request.text) == request
    except InvalidRequest:
        is_same = False
    if not is_same:
        raise ValueError(f"the text {request.text!r} does not say what the request's fields say")


def _parse(
    line: bytes,
    bidders: range,
    max_bid: int | None,
    item_name: Callable[[bytes], str],
) -> AuctionRequest:
    """Parse a request.

    :param max_bid: None for a recorded one.
    """
    fields = _FOUR_FIELDS.fullmatch(line)
    if fields is None:
        raise InvalidRequest
    # Bytes that are not UTF-8 are replaced, and then refused as the name of a format.
    format, *texts = split_rules(fields[1].decode("utf-8", "replace"))
    rules: dict[str, RuleValue] = {}
    try:
        kind = format_named(format)
    except InvalidRequest:
        if max_bid is not None:
            raise
        # The rules of an unknown format are dropped, because their meaning is unknown.
        lowest_price = _lowest_price(fields[2])
    else:
        format, rules = kind.name, _rules(kind, texts)
        lowest_price = _lowest_price(fields[2])
        _check_rules(kind, rules, lowest_price, max_bid)
    if isinstance(rules.get("end"), datetime):  # a timed auction waits for no Buyer
        bidders = range(bidders.stop)
    return AuctionRequest(
        format=format,
        rules=tuple(rules.items()),
        lowest_price=lowest_price,
        number_of_bids=_number_of_bids(fields[3], bidders),
        item_name=item_name(fields[4]),
        text=line.decode("utf-8"),
    )


def numbered_lines(text: bytes) -> Iterator[tuple[int, bytes]]:
    """The lines of a file written by hand, each with its number, from 1.

    Empty lines and lines starting with ``#`` are skipped. A byte order mark may begin any line,
    because files may have been concatenated.
    """
    for number, line in enumerate(text.split(b"\n"), 1):
        line = line.strip().removeprefix(BOM_UTF8).strip()
        if line and not line.startswith(b"#"):
            yield number, line


def split_rules(type_of_auction: str) -> list[str]:
    """Split a type of auction into the format and its rules."""
    return _COLON.split(type_of_auction)


def _rules(kind: type[Format], texts: list[str]) -> dict[str, RuleValue]:
    """Parse rules such as ``increment=5``."""
    values: dict[str, RuleValue] = {}
    for text in texts:
        typed, _, value = text.partition("=")
        name = typed.lower()
        if name not in kind.rules:
            known = ", ".join(kind.rules) or "none"
            # Repeated to the Seller only if it cannot disturb a terminal.
            if _RULE_NAME.fullmatch(typed):
                raise InvalidRequest(
                    Sentence(
                        "{format} has no rule {rule}; its rules are: {rules}.",
                        format=kind.name,
                        rule=typed,
                        rules=known,
                    )
                )
            raise InvalidRequest(
                Sentence(
                    "{format} has no rule; its rules are: {rules}.", format=kind.name, rules=known
                )
            )
        if name in values:
            raise InvalidRequest(Sentence("{rule} is given twice.", rule=name))
        try:
            values[name] = kind.rules[name].parse(value)
        except ValueError as error:
            problem = reason_of(error)
            raise InvalidRequest(
                Sentence("{rule} must be {problem}.", rule=name, problem=problem)
            ) from None
    return values


def _check_rules(
    kind: type[Format], rules: Mapping[str, RuleValue], lowest_price: int, max_bid: int | None
) -> None:
    """Check rules against one another, the lowest price and the house's limit.

    :param max_bid: None for a request that a house accepted under a limit of its own.
    """
    try:
        format = kind.with_rules(lowest_price, rules)
        if max_bid is None:
            return
        format.check_limit(max_bid)
    except ValueError as contradiction:
        raise InvalidRequest(Sentence("{problem}.", problem=reason_of(contradiction))) from None
    if kind.is_open and format.opening_price(lowest_price) > max_bid:
        raise InvalidRequest(Sentence("the first price must be at most {most}.", most=max_bid))


def _lowest_price(field: bytes) -> int:
    try:
        return parse_amount(field)
    except ValueError:
        raise InvalidRequest(
            Sentence("lowest_price must be a whole number from 1 to {most}.", most=MAX_AMOUNT)
        ) from None


def _number_of_bids(field: bytes, allowed: range) -> int:
    try:
        number = 0 if field == b"0" else parse_amount(field)
    except ValueError:
        number = None
    if number is None or number not in allowed:
        least, most = allowed[0], allowed[-1]
        raise InvalidRequest(
            Sentence("number_of_bids must be {least} to {most}.", least=least, most=most)
        )
    return number


def _recorded_item_name(field: bytes) -> str:
    """Parse an item name that a house may have accepted under other rules than today's."""
    if len(field) > MAX_ITEM_NAME:
        raise InvalidRequest(
            Sentence("item_name must be at most {most} bytes.", most=MAX_ITEM_NAME)
        )
    try:
        name = field.decode("utf-8")
    except UnicodeDecodeError:
        raise InvalidRequest(Sentence("item_name must be UTF-8 text.")) from None
    _check_name(check_printable, name)
    return name


def _item_name(field: bytes) -> str:
    """Parse an item name without invisible or misleading characters."""
    name = _recorded_item_name(field)
    _check_name(check_visible, name)
    return name


def _check_name(check: Callable[[str], None], name: str) -> None:
    try:
        check(name)
    except ValueError as error:
        raise InvalidRequest(
            Sentence("item_name must {problem}.", problem=reason_of(error))
        ) from None
