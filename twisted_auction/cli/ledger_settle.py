"""``auction ledger settle``: the bills of a sale."""

from collections.abc import Mapping
from contextlib import ExitStack
from typing import Any

from twisted.python import usage

from twisted_auction.cli.base import STATUSES, Complaint, refuse_options
from twisted_auction.cli.ledger_bills import (
    NO_RATE,
    TEXT_COLUMNS,
    Bills,
    Lines,
    balance,
)
from twisted_auction.cli.ledger_options import (
    PEOPLE_OPTION,
    LedgerFiles,
    parse_instant,
    read_file,
    read_people,
    to_the_second,
)
from twisted_auction.cli.spreadsheet import EXCEL_FLAG
from twisted_auction.ledger.history import History
from twisted_auction.ledger.items import Account, Items
from twisted_auction.ledger.row import LedgerError
from twisted_auction.ledger.settlement import (
    Rate,
    Rates,
    parse_cents,
    settle,
)
from twisted_auction.ledger.storage import open_view
from twisted_auction.ledger.verification import join
from twisted_auction.rules.grammar import numbered_lines
from twisted_auction.text import print_table

FORMATS = ("table", "csv", "html")


class Settle(LedgerFiles):
    """Writes the bills of Buyers and the proceeds of Sellers."""

    synopsis = "[options] [FILE [ARCHIVE...]]"
    example = "--people people.csv --premium 10 --format html auction.sqlite3 > bills.html"
    longdesc = (
        "Adds up the payments of each person, the proceeds of each seller, and the sums of the "
        "sale, also while the server is running. Lots that were not sold, voided ones included, "
        "are listed and cost nothing. Amounts are exact to the cent; half a cent is rounded up, "
        "in each line. "
        f"{STATUSES}"
    )
    optParameters = [
        [
            "format",
            "f",
            "table",
            "The form of the output: table, csv, or html (a page for each person).",
        ],
        PEOPLE_OPTION,
        ["premium", None, "0", "Percent of each payment that a Buyer pays to the house on top."],
        ["commission", None, "0", "Percent of each payment that the house keeps from a Seller."],
        ["tax", None, "0", "Percent of payment and premium that a Buyer pays on top."],
        [
            "paid",
            None,
            None,
            "A file of those who have paid: in each line a paddle, and an amount if it is not all.",
        ],
        [
            "since",
            None,
            None,
            "Settle only results since this day or instant in UTC, such as 2026-12-05 or "
            "2026-12-05T19:00.",
        ],
        ["title", "t", None, "The heading of each bill."],
    ]
    optFlags = [EXCEL_FLAG]

    def parseArgs(self, *files: str) -> None:
        """Read the names of the ledger and of its archives."""
        refuse_options(files)
        self.set_files(*files)

    def postOptions(self) -> None:
        """Check the options."""
        if self["format"] not in FORMATS:
            raise usage.UsageError(f"--format must be table, csv or html, not {self['format']!r}")
        if self["excel"] and self["format"] != "csv":
            raise usage.UsageError("--excel is for CSV alone")
        if self["since"] is not None:
            self["since"] = parse_instant(self["since"], "--since")
        for name in ("premium", "commission", "tax"):
            try:
                self[name] = Rate.parse(self[name])
            except ValueError:
                raise usage.UsageError(
                    f"--{name} takes percent from 0 to 100, such as 12.5, not {self[name]!r}"
                ) from None

    def report(self, reactor: Any) -> int:
        """Read all files, and write the settlement."""
        persons = {} if self["people"] is None else read_people(self["people"]).persons
        names = {paddle: person.name for paddle, person in persons.items()}
        try:
            with ExitStack() as stack:
                views = [stack.enter_context(open_view(name)) for name in self.locations]
                items = Items()
                histories = []
                for view in views:
                    histories.append(history := History(view.start, is_lenient=True))
                    for row in view.rows():
                        items.read(*history.read(row))
                missing = sum(room.missing for room in join(views, histories).values())
        except LedgerError as error:
            raise Complaint(str(error)) from None
        rates = Rates(self["premium"], self["commission"], self["tax"])
        accounts = {each.key: each for each in items.accounts | {*map(Account.of, persons)}}
        payments = [] if self["paid"] is None else _read_payments(self["paid"], accounts)
        payers = [account for account, _ in payments]
        settlement = settle(items.since(self["since"] or 0), rates, payers)
        for account, cents in payments:
            settlement.pay(account, cents)
        at = to_the_second(items.at) if items.at else ""
        self._write(Bills(settlement, self["title"] or "", names, at, missing))
        return 0

    def _write(self, bills: Bills) -> None:
        if self["format"] == "html":
            from twisted_auction.cli.ledger_bills_html import write_page

            write_page(bills)
        elif self["format"] == "csv":
            from twisted_auction.cli.ledger_bills_csv import write_csv

            write_csv(bills, bool(self["excel"]))
        else:
            _print_tables(bills)


def _read_payments(name: str, accounts: Mapping[str, Account]) -> list[tuple[Account, int | None]]:
    """Read a file of payments: accounts and cents, or None for all that is to be paid.

    :param accounts: those that may be named, by their keys.
    :raises Complaint: if a line is wrong.
    """
    payments = []
    for number, line in numbered_lines(read_file(name, "--paid")):
        key, *rest = line.decode("utf-8", "backslashreplace").split()
        try:
            (amount,) = rest or [""]
            cents = parse_cents(amount.removeprefix("$")) if amount else None
        except ValueError:
            raise Complaint(
                f"{name}, line {number}: write a paddle, and an amount such as 67.50 if not all is "
                "paid."
            ) from None
        if key not in accounts:
            raise Complaint(f"{name}, line {number}: there is no account {key}.")
        payments.append((accounts[key], cents))
    return payments


def _print_tables(bills: Bills) -> None:
    """Print the settlement for a terminal."""
    settlement = bills.settlement
    for account, statement in settlement.statements.items():
        print(bills.label(account))
        _print_lines(bills.purchases(statement))
        _print_lines(bills.offers(statement, settlement.rates.commission))
        print(balance(statement))
        print()
    if settlement.house.offers:
        print("The house")
        _print_lines(bills.offers(settlement.house, NO_RATE))
        print()
    if settlement.statements:
        _print_lines(bills.overview())
        print()
    if settlement.offers:
        print_table([("in all", "amount"), *bills.totals()], {"amount"})
    else:
        print("No item has been offered yet.")
    for remark in bills.remarks():
        print(remark)


def _print_lines(lines: Lines) -> None:
    if lines:
        rows = [list(lines[0]), *(list(line.values()) for line in lines)]
        print_table(rows, {*lines[0]} - TEXT_COLUMNS)
