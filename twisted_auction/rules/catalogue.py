"""The catalogue of a sale: its lots, in a file that people write.

It has one auction request a line, with comments after ``#``; or it is a table, CSV with a header::

    lot,item,type,lowest_price,number_of_bids,reserve,description,seller,picture
    12a,Walnut desk,english:increment=5,20,,,One leg is new.,17,desk.jpg

Only ``item``, ``type`` and ``lowest_price`` are needed. Each is written as in a request.
"""

import re
from codecs import BOM_UTF8
from collections.abc import Callable, Container, Mapping, Sequence
from datetime import datetime

from twisted_auction.rules.amounts import MAX_AMOUNT
from twisted_auction.rules.format import MAX_TEXT_LENGTH
from twisted_auction.rules.grammar import (
    check_request,
    numbered_lines,
    parse_request,
    split_rules,
)
from twisted_auction.rules.names import check_printable, check_visible
from twisted_auction.rules.refusals import InvalidRequest
from twisted_auction.rules.request import AuctionRequest, Lot
from twisted_auction.rules.tables import RowError, Table, TableError

COLUMNS = (
    "lot",
    "item",
    "type",
    "lowest_price",
    "number_of_bids",
    "reserve",
    "description",
    "seller",
    "picture",
)
"""The columns of a table. Others are the organiser's own."""

REQUIRED_COLUMNS = ("item", "type", "lowest_price")

LABEL = re.compile(r"[0-9A-Za-z](?:[0-9A-Za-z./-]{0,14}[0-9A-Za-z])?")
"""A lot's own number: one word, which an operator can type."""

_PADDLE = re.compile("[1-9][0-9]{0,3}")
_PICTURE = re.compile(r"[^./\\:][^/\\:]{0,99}")
ZERO_NEEDS = "0 needs a list of people or doors (--people, --starts)"
"""Added to the refusal of a lot whose number of bids is left open."""

NO_END = "it cannot have the end of all lots (--ends)"
"""The beginning of the refusal of a lot that cannot be timed."""

LOT_SYNTAX = "a lot is: type_of_auction lowest_price number_of_bids item_name."
"""What a lot must be, for a line that is none."""


def parse_catalogue(
    text: bytes,
    max_bidders: int,
    max_bid: int = MAX_AMOUNT,
    min_bidders: int = 1,
    sellers: Container[int] | None = None,
    end: datetime | None = None,
) -> tuple[Lot, ...]:
    """Parse the lots of a sale, in its order.

    :param text: lines, or a table.
    :param max_bidders: as for :func:`~twisted_auction.rules.grammar.parse_request`, and so are
        ``max_bid`` and ``min_bidders``.
    :param sellers: the paddles of the persons who may be sellers; None for any.
    :param end: the end of every lot that has none of its own, a time of day without a time zone;
        None to leave such lots as they are. The request of a lot says its end.
    :raises ValueError: if a line or a row is no lot (the text has its number and the reason), or if
        there is no lot at all.
    """

    def parse(line: bytes) -> AuctionRequest:
        return parse_request(line, max_bidders, max_bid, min_bidders)

    def parse_lot(line: bytes) -> AuctionRequest:
        timed = line if end is None else _with_end(line, end)
        try:
            return parse(timed)
        except InvalidRequest as refusal:
            if timed != line and _is_request(line, parse):
                raise InvalidRequest(f"{NO_END}: {refusal.reason}") from None
            if (
                min_bidders > 0
                and line.split()[2:3] == [b"0"]
                and "number_of_bids" in refusal.reason
            ):
                allowed = refusal.reason.removesuffix(".")
                raise InvalidRequest(f"{allowed}; {ZERO_NEEDS}.") from None
            raise

    if _is_table(text):
        lots = _parse_table(text, parse_lot, sellers)
    else:
        lots = _parse_lines(text, parse_lot)
    if not lots:
        raise ValueError("there is no lot in it.")
    return tuple(lots)


def check_catalogue(lots: Sequence[Lot | AuctionRequest], min_bidders: int = 1) -> tuple[Lot, ...]:
    """Check the lots of a program. A request alone is a lot, too.

    :param min_bidders: as for :func:`parse_catalogue`.
    :raises ValueError: if there is none, or one is not as :func:`parse_catalogue` makes it.
    """
    checked = [Lot(lot) if isinstance(lot, AuctionRequest) else lot for lot in lots]
    if not checked or not all(isinstance(lot, Lot) for lot in checked):
        raise ValueError("a catalogue is a sequence of Lots, at least one")
    labels: dict[str, None] = {}  # an ordered set
    for number, lot in enumerate(checked, 1):
        check_request(lot.request)
        if lot.request.number_of_bids < min_bidders and lot.request.end is None:
            raise ValueError(
                f"number_of_bids of lot {number} must be at least {min_bidders}: only with a list "
                "of people, or with doors, can it be 0"
            )
        _check_cells(lot)
        _check_label(lot.label, labels, number)
    return tuple(checked)


Parse = Callable[[bytes], AuctionRequest]
"""A function that parses a request within the limits of the house."""


def _with_end(line: bytes, end: datetime) -> bytes:
    """A lot's line, with this end unless it has one of its own."""
    kind, blank, rest = line.partition(b" ")
    _, *rules = split_rules(kind.decode("utf-8", "replace"))
    if any(rule.partition("=")[0].lower() == "end" for rule in rules):
        return line
    return b"%b:end=%b%b%b" % (kind, end.isoformat().encode(), blank, rest)


def _is_request(line: bytes, parse: Parse) -> bool:
    try:
        parse(line)
    except InvalidRequest:
        return False
    return True


def _parse_lines(text: bytes, parse: Parse) -> list[Lot]:
    lots: list[Lot] = []
    for number, line in numbered_lines(text):
        try:
            lots.append(Lot(parse(line)))
        except InvalidRequest as refusal:
            raise ValueError(f"line {number}: {refusal.reason or LOT_SYNTAX}") from None
    return lots


def _parse_table(text: bytes, parse: Parse, sellers: Container[int] | None) -> list[Lot]:
    lots: list[Lot] = []
    labels: dict[str, None] = {}  # an ordered set
    try:
        for row, cells in Table.parse(text).records(COLUMNS, REQUIRED_COLUMNS):
            try:
                lot = _lot_of(cells, parse)
                _check_cells(lot)
                _check_label(lot.label, labels, len(lots) + 1)
                if sellers is not None and lot.seller is not None and lot.seller not in sellers:
                    name = lot.label or len(lots) + 1
                    raise ValueError(
                        f"lot {name} has seller {lot.seller}, who is not on the list of people"
                    )
            except InvalidRequest as refusal:
                raise RowError(row, refusal.reason.removesuffix(".")) from None
            except ValueError as error:
                raise RowError(row, error) from None
            lots.append(lot)
    except TableError as error:
        raise ValueError(f"{error}.") from None
    return lots


def _is_table(text: bytes) -> bool:
    """True if the first line has names of columns."""
    line = text.removeprefix(BOM_UTF8).partition(b"\n")[0].decode("utf-8", "replace")
    names = {cell.strip(' "\r').lower() for cell in re.split("[,;\t]", line)}
    return not names.isdisjoint(COLUMNS)


def _lot_of(cells: Mapping[str, str], parse: Parse) -> Lot:
    """The lot in the cells of a row.

    :raises InvalidRequest: if the cells of the request are wrong, as a sentence.
    :raises ValueError: if another cell is wrong, as the beginning of one.
    """
    for name in REQUIRED_COLUMNS:
        if not cells[name]:
            raise ValueError(f"{name} is empty")
    if cells["seller"] and _PADDLE.fullmatch(cells["seller"]) is None:
        raise ValueError("seller must be a paddle from 1 to 9999")
    fields = (cells["type"], cells["lowest_price"], cells["number_of_bids"] or "1")
    for name, field in zip(("type", "lowest_price", "number_of_bids"), fields, strict=True):
        if len(field.split()) != 1:  # the rest would count as another field of the request
            raise ValueError(f"{name} must be one word")
    if cells["reserve"]:
        if len(cells["reserve"].split()) != 1 or ":" in cells["reserve"]:
            raise ValueError("reserve must be one amount")
        fields = (f"{cells['type']}:reserve={cells['reserve']}", *fields[1:])
    line = " ".join((*fields, cells["item"])).encode()
    return Lot(
        parse(line),
        cells["lot"] or None,
        " ".join(cells["description"].split()) or None,  # a cell may have several lines
        int(cells["seller"]) if cells["seller"] else None,
        cells["picture"] or None,
    )


def _check_cells(lot: Lot) -> None:
    """Check the texts of a lot, for people and for terminals.

    :raises ValueError: if one is wrong, as the beginning of a sentence.
    """
    if lot.label is not None and LABEL.fullmatch(lot.label) is None:
        raise ValueError("lot must be up to 16 letters, digits, dots, slashes or hyphens")
    if lot.seller is not None and not (type(lot.seller) is int and 1 <= lot.seller <= 9999):
        raise ValueError("seller must be a paddle from 1 to 9999")
    if lot.picture is not None and _PICTURE.fullmatch(lot.picture) is None:
        raise ValueError(
            "picture must be the name of a file, up to 100 characters, without a folder"
        )
    if lot.description is not None and not 0 < len(lot.description) <= MAX_TEXT_LENGTH:
        raise ValueError(f"description must be at most {MAX_TEXT_LENGTH} characters")
    for name in ("description", "picture"):
        text = getattr(lot, name)
        if text is not None:
            try:
                check_printable(text)
                check_visible(text)
            except ValueError as error:
                raise ValueError(f"{name} must {error}") from None


def _check_label(label: str | None, labels: dict[str, None], number: int) -> None:
    """Check that an operator can tell this lot from the earlier ones by its own number.

    :param labels: the own numbers of earlier lots, in small letters; this one is added.
    :param number: the number of this lot, from 1.
    :raises ValueError: if it cannot, as the beginning of a sentence.
    """
    if number > 1 and (label is not None) != bool(labels):
        raise ValueError("either every lot has its own number, or none")
    if label is None:
        return
    if label.lower() in labels:
        raise ValueError(f"lot {label} is there twice")
    labels[label.lower()] = None
