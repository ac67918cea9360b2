"""A settlement as CSV: a line for each purchase, each item, and the balance of each account."""

from collections.abc import Iterator
from decimal import Decimal

from twisted_auction.cli.ledger_bills import Bills
from twisted_auction.cli.spreadsheet import Cell, csv_writer
from twisted_auction.ledger.items import Item
from twisted_auction.ledger.settlement import Statement

HEADINGS = (
    "account",
    "name",
    "kind",
    "room",
    "auction",
    "lot",
    "item",
    "payment",
    "premium",
    "tax",
    "commission",
    "to_pay",
    "to_get",
    "paid",
)
"""The columns. Amounts are dollars with two decimals."""

HOUSE = "house"
"""The account of the house's own lots."""

BOUGHT, OWED, BALANCE = "bought", "owed", "balance"
"""The kinds of lines: a purchase; a debt of a Buyer without a win; the sum of an
account. The kind of a seller's line is the outcome of the item."""


def write_csv(bills: Bills, is_for_excel: bool) -> None:
    """Write the settlement to standard output."""
    write = csv_writer(HEADINGS, is_for_excel)
    settlement = bills.settlement
    for account, statement in settlement.statements.items():
        to_whom = {"account": account.key, "name": bills.name(account)}
        sums: dict[str, Cell] = {
            "kind": BALANCE,
            "to_pay": _amount(max(statement.balance, 0)),
            "to_get": _amount(max(-statement.balance, 0)),
            "paid": _amount(statement.paid),
        }
        for cells in (*_lines(statement), sums):
            write({**to_whom, **cells}.get(heading) for heading in HEADINGS)
    for cells in _lines(settlement.house):
        write({"account": HOUSE, **cells}.get(heading) for heading in HEADINGS)


def _lines(statement: Statement) -> Iterator[dict[str, Cell]]:
    """The lines of an account, each with its cells by heading."""
    for purchase in statement.purchases:
        yield {
            "kind": BOUGHT if purchase.is_won else OWED,
            **_item_cells(purchase.item),
            "payment": _amount(purchase.payment),
            "premium": _amount(purchase.premium),
            "tax": _amount(purchase.tax),
            "to_pay": _amount(purchase.total),
        }
    for offer in statement.offers:
        yield {
            "kind": offer.item.outcome,
            **_item_cells(offer.item),
            "payment": _amount(offer.payment),
            "commission": _amount(offer.commission),
            "to_get": _amount(offer.proceeds),
        }


def _item_cells(item: Item) -> dict[str, Cell]:
    return {
        "room": item.room,
        "auction": item.auction,
        "lot": item.label or item.lot or None,
        "item": item.request.item_name,
    }


def _amount(cents: int) -> Decimal:
    """An amount in dollars with two decimals: a number, also if it is negative."""
    return Decimal(cents).scaleb(-2)
