"""``auction ledger export``: all bids and results, for other programs."""

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
from twisted_auction.cli.ledger_options import (
    RESULT_NAMES,
    LedgerReport,
    utc_time,
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

EXPORTED_KINDS: dict[type[Event], str] = {BidTaken: "bid", Raised: "bid", **RESULT_NAMES}
"""The events in an export, and their names there."""


FORMULA = re.compile("((?:^|[,;|\\t\\r\\n])[\\s\"]*)(?=['=+\\-@\uff1d\uff0b\uff0d\uff20])")
"""The start of a formula in some spreadsheet: one of these signs, at the start of the text or after
a separator. The last four signs are full-width."""


class Export(LedgerReport):
    """Writes all bids and results for other programs."""

    example = "--format json auction.sqlite3"

    longdesc = (
        "Writes a record of each bid and each result to standard output, with the amounts of all "
        "sealed bids, also in auctions that have not ended. In CSV, an apostrophe stands before "
        "whatever a spreadsheet could take for a formula. In JSON, texts are unchanged, and "
        f"amounts above {MAX_JSON_NUMBER} are strings. {STATUSES}"
    )
    optParameters = [
        ["format", "f", "csv", "The form of the output: csv, or json (one object a line)."]
    ]
    optFlags = [["excel", None, "Begin CSV so that Excel reads it as UTF-8."]]

    def postOptions(self) -> None:
        """Check the options."""
        if self["format"] not in ("csv", "json"):
            raise usage.UsageError(f"--format must be csv or json, not {self['format']!r}")
        if self["excel"] and self["format"] != "csv":
            raise usage.UsageError("--excel is for CSV alone")

    def report_on(self, view: View) -> None:
        """Write one record at a time, room after room."""
        history = History(view.start, is_lenient=True)
        write = _csv_writer(bool(self["excel"])) if self["format"] == "csv" else _write_json
        for row in view.rows():
            recorded, event = history.read(row)
            # A Seller that left without a request: this auction has a result, but no item.
            if type(event) in EXPORTED_KINDS and recorded.auction.request is not None:
                write(Record.of(row, recorded.auction.request, recorded.auction.lot, event))


@dataclass(frozen=True, slots=True)
class Record:
    """A bid or a result in an export. None is an empty cell.

    :param lot: number of the lot; None outside a sale.
    :param lowest_price: whole dollars, as all amounts here.
    :param kind: ``bid``, ``sold``, ``not sold`` or ``cancelled``.
    :param buyer: number of the bidding Buyer, or of the winner.
    :param amount: the bid, or the highest bid of a result.
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
        """Make the record of an event of the :data:`EXPORTED_KINDS`."""
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
            kind=EXPORTED_KINDS[type(event)],
            buyer=buyer,
            amount=amount,
            payment=payment,
            at=f"{utc_time(row.at):%Y-%m-%dT%H:%M:%S.%fZ}",
        )


def _write_json(entry: Record) -> None:
    facts = asdict(entry).items()
    print(
        json.dumps(
            {name: json_number(fact) if isinstance(fact, int) else fact for name, fact in facts}
        )
    )


def _csv_writer(is_for_excel: bool) -> Callable[[Record], object]:
    """Write the header of the CSV file.

    :return: a function that writes a record.
    """
    if is_for_excel:
        if isinstance(sys.stdout, TextIOWrapper):
            sys.stdout.reconfigure(encoding="utf-8")  # as the byte order mark says
        sys.stdout.write("\ufeff")
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(field.name for field in fields(Record))
    return lambda entry: writer.writerow(map(_escape_formulas, astuple(entry)))


def _escape_formulas(fact: int | str | None) -> int | str | None:
    """Protect a text from being read as a formula by a spreadsheet. Numbers stay unchanged.

    Sellers choose the names of items, and people open CSV in a spreadsheet, which runs
    ``=HYPERLINK(...)`` as a formula, quoted or not. The spreadsheet may also take another character
    for the separator of cells, so a formula may start after any of them. An apostrophe goes before
    each such place, and before each apostrophe in such a place. To restore the text, remove one
    apostrophe there.
    """
    return FORMULA.sub(r"\1'", printable(fact)) if isinstance(fact, str) else fact
