"""``auction ledger export``: all bids and results, for other programs."""

import json
from collections.abc import Callable
from dataclasses import asdict, fields

from twisted.python import usage

from twisted_auction.cli.base import STATUSES
from twisted_auction.cli.ledger_export_records import (
    DETAILS,
    PersonRecord,
    PersonRecords,
    Record,
)
from twisted_auction.cli.ledger_options import PEOPLE_OPTION, LedgerReport, read_people
from twisted_auction.cli.spreadsheet import EXCEL_FLAG, csv_writer
from twisted_auction.ledger.history import History
from twisted_auction.ledger.store import View
from twisted_auction.rules.events import LotAnnounced
from twisted_auction.wire.json import MAX_JSON_NUMBER, json_number


class Export(LedgerReport):
    """Writes all bids and results for other programs."""

    example = "--format json auction.sqlite3"

    longdesc = (
        "Writes a record of each bid and each result to standard output, with the amounts of all "
        "sealed bids, also in auctions that have not ended. In CSV, an apostrophe stands before "
        "whatever a spreadsheet could take for a formula. In JSON, texts are unchanged, and "
        f"amounts above {MAX_JSON_NUMBER} are strings. With a list of people, a record also has "
        "the name of the Buyer, the valuation of the item from the list, and with the last bid on "
        "an item the payoff: the valuation minus the payment of the winner, and 0 for the others. "
        f"{STATUSES}"
    )
    optParameters = [
        ["format", "f", "csv", "The form of the output: csv, or json (one object a line)."],
        PEOPLE_OPTION,
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
        if self["people"] is None:
            write = self._writer(view, Record)
            for row in view.rows():
                recorded, event = history.read(row)
                if (record := Record.of(row, recorded, event)) is not None:
                    write(record)
            return
        records = PersonRecords(read_people(self["people"]), self._writer(view, PersonRecord))
        try:
            for row in view.rows():
                records.follow(row, *history.read(row))
        finally:  # the rows before a wrong row are right
            records.flush()

    def _writer(self, view: View, kind: type[Record]) -> Callable[[Record], object]:
        """Begin the output.

        :return: a function that writes a record.
        """
        if self["format"] == "json":
            return _write_json
        names = [field.name for field in fields(kind)]
        if not _has_details(view):
            names = [name for name in names if name not in DETAILS]
        write = csv_writer(names, bool(self["excel"]))
        return lambda entry: write([getattr(entry, name) for name in names])


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
