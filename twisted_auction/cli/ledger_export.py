"""``auction ledger export``: all bids and results, for other programs."""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields
from typing import Self

from twisted.python import usage

from twisted_auction.cli.base import STATUSES
from twisted_auction.cli.ledger_options import LedgerReport, utc_time
from twisted_auction.cli.spreadsheet import EXCEL_FLAG, csv_writer
from twisted_auction.ledger.history import History
from twisted_auction.ledger.items import RESULT_NAMES
from twisted_auction.ledger.row import Row
from twisted_auction.ledger.store import View
from twisted_auction.rules.auction import Auction
from twisted_auction.rules.events import (
    BidTaken,
    Event,
    LotAnnounced,
    Raised,
    Sold,
    Unsold,
)
from twisted_auction.rules.request import AuctionRequest
from twisted_auction.wire.json import MAX_JSON_NUMBER, json_number

EXPORTED_KINDS: dict[type[Event], str] = {BidTaken: "bid", Raised: "bid", **RESULT_NAMES}
"""The events in an export, and their names there."""


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
    optFlags = [EXCEL_FLAG]

    def postOptions(self) -> None:
        """Check the options."""
        if self["format"] not in ("csv", "json"):
            raise usage.UsageError(f"--format must be csv or json, not {self['format']!r}")
        if self["excel"] and self["format"] != "csv":
            raise usage.UsageError("--excel is for CSV alone")

    def report_on(self, view: View) -> None:
        """Write one record at a time, room after room."""
        history = History(view.start, is_lenient=True)
        write: Callable[[Record], object] = _write_json
        if self["format"] == "csv":
            write = _csv_writer(_has_details(view), bool(self["excel"]))
        for row in view.rows():
            recorded, event = history.read(row)
            # A Seller that left without a request: this auction has a result, but no item.
            if type(event) in EXPORTED_KINDS and recorded.auction.request is not None:
                write(Record.of(row, recorded.auction, recorded.auction.request, event))


@dataclass(frozen=True, slots=True)
class Record:
    """A bid or a result in an export. None is an empty cell.

    :param lot: number of the lot; None outside a sale.
    :param lowest_price: whole dollars, as all amounts here.
    :param kind: ``bid``, ``sold``, ``not sold`` or ``cancelled``.
    :param buyer: number of the bidding Buyer, or of the winner.
    :param amount: the bid, or the highest bid of a result.
    :param at: the instant, in ISO 8601.
    :param label: the lot's own number in the catalogue, and so is its ``description``.
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
    label: str | None
    description: str | None

    @classmethod
    def of(cls, row: Row, auction: Auction, request: AuctionRequest, event: Event) -> Self:
        """Make the record of an event of the :data:`EXPORTED_KINDS`."""
        buyer = amount = payment = None
        details = auction.details
        match event:
            case BidTaken() | Raised():
                buyer, amount = event.who, event.amount
            case Sold():
                buyer, amount, payment = event.winner, event.highest_bid, event.payment
            case Unsold():
                amount = event.highest_bid
        return cls(
            auction=row.auction,
            lot=auction.lot or None,
            room=row.room,
            item=request.item_name,
            format=request.format,
            lowest_price=request.lowest_price,
            kind=EXPORTED_KINDS[type(event)],
            buyer=buyer,
            amount=amount,
            payment=payment,
            at=f"{utc_time(row.at):%Y-%m-%dT%H:%M:%S.%fZ}",
            label=None if details is None else details.label,
            description=None if details is None else details.description,
        )


DETAILS = ("label", "description")
"""The fields of a record that are left out if no lot has them."""


def _has_details(view: View) -> bool:
    return any(
        row.kind == LotAnnounced.__name__ and any(f'"{name}":' in row.body for name in DETAILS)
        for row in view.rows()
    )


def _write_json(entry: Record) -> None:
    facts = asdict(entry).items()
    print(
        json.dumps(
            {
                name: json_number(fact) if isinstance(fact, int) else fact
                for name, fact in facts
                if fact is not None or name not in DETAILS
            }
        )
    )


def _csv_writer(has_details: bool, is_for_excel: bool) -> Callable[[Record], object]:
    names = [field.name for field in fields(Record)]
    if not has_details:
        names = [name for name in names if name not in DETAILS]
    write = csv_writer(names, is_for_excel)
    return lambda entry: write([getattr(entry, name) for name in names])
