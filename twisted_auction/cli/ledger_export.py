"""``auction ledger export``: every bid and every result, for other programs."""

import csv
import json
import re
import sys
from collections.abc import Callable
from dataclasses import asdict, astuple, dataclass, fields
from io import TextIOWrapper
from typing import Self

from twisted.python import usage

from twisted_auction.cli.base import STATUSES
from twisted_auction.cli.reader import (
    OUTCOMES,
    Reader,
    moment,
)
from twisted_auction.ledger.history import History
from twisted_auction.ledger.row import Row
from twisted_auction.ledger.store import View
from twisted_auction.rules.events import (
    BidTaken,
    Event,
    Raised,
    Sold,
    Unsold,
)
from twisted_auction.rules.request import AuctionRequest
from twisted_auction.text import printable
from twisted_auction.wire.json import MAX_JSON_NUMBER, json_number

EXPORTED: dict[type[Event], str] = {BidTaken: "bid", Raised: "bid", **OUTCOMES}
"""The events that :class:`Export` writes, and what it calls them."""


FORMULA = re.compile("((?:^|[,;|\\t\\r\\n])[\\s\"]*)(?=['=+\\-@\uff1d\uff0b\uff0d\uff20])")
"""Where a formula begins in one spreadsheet or another: at the start, or behind a separator, and
there with one of these signs; the last four are full-width."""


class Export(Reader):
    """Every bid and every result, for other programs."""

    example = "--format json auction.sqlite3"

    longdesc = (
        "Writes a record of each bid and each result to standard output. It is the full record: "
        "the amounts of sealed bids are in it, those of auctions that have not ended too. In CSV, "
        "an apostrophe is put before whatever a spreadsheet could take for a formula; JSON has "
        f"every text as it is, and amounts above {MAX_JSON_NUMBER} as texts. {STATUSES}"
    )
    optParameters = [["format", "f", "csv", "csv, or json: one JSON object a line."]]
    optFlags = [["excel", None, "Begin CSV so that Excel takes it for UTF-8."]]

    def postOptions(self) -> None:
        """Check the options."""
        if self["format"] not in ("csv", "json"):
            raise usage.UsageError(f"--format must be csv or json, not {self['format']!r}")
        if self["excel"] and self["format"] != "csv":
            raise usage.UsageError("--excel is for CSV alone")

    def tell(self, view: View) -> None:
        """Write one record at a time, room after room."""
        history = History(view.start, is_lenient=True)
        write = _csv(bool(self["excel"])) if self["format"] == "csv" else _write_json
        for row in view.rows():
            recorded, event = history.read(row)
            # A Seller who left without a request has a result, but of nothing.
            if type(event) in EXPORTED and recorded.auction.request is not None:
                write(Record.of(row, recorded.auction.request, recorded.auction.lot, event))


@dataclass(frozen=True, slots=True)
class Record:
    """A bid or a result, as it is exported. None is an empty cell.

    :param lot: None if this is not a sale.
    :param lowest_price: whole dollars, as every amount.
    :param kind: ``bid``, ``sold``, ``not sold`` or ``cancelled``.
    :param buyer: number of the Buyer who bid, or won.
    :param amount: the bid; of a result, the highest bid.
    :param at: the instant, in ISO 8601.
    """

    auction: int
    lot: int | None
    room: str
    item: str
    format: str
    lowest_price: int
    kind: str
    buyer: int | None
    amount: int | None
    payment: int | None
    at: str

    @classmethod
    def of(cls, row: Row, request: AuctionRequest, lot: int, event: Event) -> Self:
        """The record of one of the :data:`EXPORTED` events."""
        buyer = amount = payment = None
        match event:
            case BidTaken() | Raised():
                buyer, amount = event.who, event.amount
            case Sold():
                buyer, amount, payment = event.winner, event.highest_bid, event.payment
            case Unsold():
                amount = event.highest_bid
        return cls(
            auction=row.auction,
            lot=lot or None,
            room=row.room,
            item=request.item_name,
            format=request.format,
            lowest_price=request.lowest_price,
            kind=EXPORTED[type(event)],
            buyer=buyer,
            amount=amount,
            payment=payment,
            at=f"{moment(row.at):%Y-%m-%dT%H:%M:%S.%fZ}",
        )


def _write_json(entry: Record) -> None:
    facts = asdict(entry).items()
    print(
        json.dumps(
            {name: json_number(fact) if isinstance(fact, int) else fact for name, fact in facts}
        )
    )


def _csv(is_for_excel: bool) -> Callable[[Record], object]:
    """Write the header.

    :return: a function that writes a record.
    """
    if is_for_excel:
        if isinstance(sys.stdout, TextIOWrapper):
            sys.stdout.reconfigure(encoding="utf-8")  # as the byte order mark says
        sys.stdout.write("\ufeff")
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(field.name for field in fields(Record))
    return lambda entry: writer.writerow(map(_harmless, astuple(entry)))


def _harmless(fact: int | str | None) -> int | str | None:
    """A fact that no spreadsheet takes for a formula.

    Sellers choose the names of their items, and CSV is what people open in a spreadsheet, which
    runs ``=HYPERLINK(...)`` as a formula, quoted or not. It may also guess that another character
    separates the cells, so a formula may begin anywhere behind one. An apostrophe goes before each
    such place, and before each apostrophe in such a place: to have the text as it was, take one
    apostrophe away there. Numbers are left as they are.
    """
    return FORMULA.sub(r"\1'", printable(fact)) if isinstance(fact, str) else fact
