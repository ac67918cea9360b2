"""A settlement in words: the common part of its forms, the table, the page and the CSV."""

from collections.abc import Mapping
from dataclasses import dataclass

from twisted_auction.ledger.items import Account, Item
from twisted_auction.ledger.settlement import (
    Purchase,
    Rate,
    Settlement,
    Statement,
    dollars,
)
from twisted_auction.text import counted, printable

Lines = list[dict[str, str]]
"""The lines of a table, each with its cells by heading. The last line may be the sum."""

TEXT_COLUMNS = {"auction", "item", "result", "account", "name"}
"""The columns aligned to the left."""

NO_RATE = Rate()

SUM = "sum"
"""The first cell of a line of sums."""

ROUNDING = "Each amount is rounded to the cent, half a cent up; a total is the sum of its lines."
"""The rule of rounding, for a bill."""


@dataclass(frozen=True, slots=True)
class Bills:
    """A settlement to be shown.

    :param title: the heading of each bill; may be empty.
    :param names: the names of persons, by paddle.
    :param at: the instant of the latest row, as text.
    :param missing: number of rows in unread archives.
    """

    settlement: Settlement
    title: str
    names: Mapping[int, str]
    at: str
    missing: int

    def name(self, account: Account) -> str:
        """The name of the person behind an account; empty if it is not known."""
        return "" if account.paddle is None else self.names.get(account.paddle, "")

    def label(self, account: Account) -> str:
        """The account, with the name of the person."""
        name = self.name(account)
        return printable(f"{account}, {name}" if name else str(account))

    def purchases(self, statement: Statement) -> Lines:
        """The lines of a bill, and their sum."""
        rates = self.settlement.rates
        lines = [
            {
                **_item_cells(line.item),
                "item": _purchased(line),
                **_rated("payment", rates.premium, line.payment, rates.tax),
                **_rated("premium", rates.premium, line.premium),
                **_rated("tax", rates.tax, line.tax),
                "to pay": money(line.total),
            }
            for line in statement.purchases
        ]
        if lines:
            lines.append(
                _sum_cells(
                    lines[0],
                    payment=sum(line.payment for line in statement.purchases),
                    premium=sum(line.premium for line in statement.purchases),
                    tax=sum(line.tax for line in statement.purchases),
                    to_pay=statement.owed,
                )
            )
        return lines

    def offers(self, statement: Statement, rate: Rate) -> Lines:
        """The lines for the seller of items, and their sum.

        :param rate: the commission; 0 for the house.
        """
        lines = [
            {
                **_item_cells(line.item),
                "result": line.item.outcome,
                **_rated("payment", rate, line.payment),
                **_rated("commission", rate, line.commission),
                "to get": money(line.proceeds) if line.payment else "",
            }
            for line in statement.offers
        ]
        if lines:
            lines.append(
                _sum_cells(
                    lines[0],
                    payment=sum(line.payment for line in statement.offers),
                    commission=sum(line.commission for line in statement.offers),
                    to_get=statement.proceeds,
                )
            )
        return lines

    def overview(self) -> Lines:
        """One line for each account, and the sums."""
        statements = self.settlement.statements
        is_paid = any(each.paid for each in statements.values())
        lines = []
        for account, each in statements.items():
            cells = {"account": printable(str(account))}
            if self.names:
                cells["name"] = printable(self.name(account))
            lines.append({**cells, **_standing(each, is_paid)})
        if lines:
            everything = Statement(
                [line for each in statements.values() for line in each.purchases],
                [line for each in statements.values() for line in each.offers],
                sum(each.paid for each in statements.values()),
            )
            to_pay = sum(max(each.balance, 0) for each in statements.values())
            to_get = sum(max(-each.balance, 0) for each in statements.values())
            sums = {**dict.fromkeys(lines[0], ""), **_standing(everything, is_paid)}
            sums |= {"account": SUM, "to pay": money(to_pay), "to get": money(to_get)}
            lines.append(sums)
        return lines

    def totals(self) -> list[tuple[str, str]]:
        """The sums of the whole settlement, each with its name."""
        rates, totals = self.settlement.rates, self.settlement.totals
        sums = [
            ("payments", totals.payments),
            (f"premium, {rates.premium}" if rates.premium.parts else "", totals.premiums),
            (f"tax, {rates.tax}" if rates.tax.parts else "", totals.taxes),
            ("Buyers owe", totals.owed),
            (
                f"commission, {rates.commission}" if rates.commission.parts else "",
                totals.commissions,
            ),
            ("Sellers get", totals.proceeds),
            ("the house keeps", totals.kept),
        ]
        return [(name, money(cents)) for name, cents in sums if name]

    def not_sold(self) -> Lines:
        """The items without a sale: not sold, voided, cancelled, or still open."""
        return [
            {**_item_cells(line.item), "result": line.item.outcome}
            for line in self.settlement.offers
            if not line.payment
        ]

    def terms(self) -> str:
        """The rates, for a bill; empty if there is none."""
        rates = self.settlement.rates
        terms = [
            (rates.premium, "premium of {} of each payment"),
            (rates.tax, "tax of {} of payment and premium"),
            (rates.commission, "commission of {} of each payment for an item of yours"),
        ]
        told = [text.format(rate) for rate, text in terms if rate.parts]
        return f"With a {', a '.join(told)}. {ROUNDING}" if told else ""

    def remarks(self) -> list[str]:
        """Sentences about the gaps of the settlement."""
        remarks = []
        is_open = sum(line.item.result is None for line in self.settlement.offers)
        if is_open:
            remarks.append(f"Still open: {counted(is_open, 'item')}. Settle again afterwards.")
        if self.missing:
            rows = counted(self.missing, "row")
            remarks.append(f"In archives that were not named: {rows} before.")
        return remarks


def balance(statement: Statement) -> str:
    """The last sentence of a bill."""
    if statement.is_settled:
        return "Paid."
    before = f" {money(abs(statement.paid))} paid before." if statement.paid else ""
    if statement.balance > 0:
        return f"To pay: {money(statement.balance)}.{before}"
    if statement.balance < 0:
        return f"To get: {money(-statement.balance)}.{before}"
    return "Nothing to pay."


def money(cents: int) -> str:
    """Format an amount in cents, such as ``$67.50``."""
    return f"-${dollars(-cents)}" if cents < 0 else f"${dollars(cents)}"


def _item_cells(item: Item) -> dict[str, str]:
    return {
        "auction": f"{printable(item.room)}/{item.auction}",
        "lot": printable(item.label or str(item.lot or "")),
        "item": printable(item.request.item_name),
    }


def _purchased(line: Purchase) -> str:
    """The name of an item in a bill."""
    name = printable(line.item.request.item_name)
    return name if line.is_won else f"{name} (not won)"


def _rated(name: str, rate: Rate, cents: int, other: Rate = NO_RATE) -> dict[str, str]:
    """The cell of an amount for bills with a rate; none if both rates are 0."""
    return {name: money(cents)} if rate.parts or other.parts else {}


def _sum_cells(line: Mapping[str, str], **sums: int) -> dict[str, str]:
    """The line of sums below other lines.

    :param line: one of them.
    :param sums: cents by heading, with ``_`` for a blank.
    """
    cells = {name.replace("_", " "): money(cents) for name, cents in sums.items()}
    cells["auction"] = SUM
    return {heading: cells.get(heading, "") for heading in line}


def _standing(statement: Statement, is_paid: bool) -> dict[str, str]:
    """The cells about an account in the overview.

    :param is_paid: True to show the payments so far.
    """
    amounts = {
        "owes": statement.owed,
        "gets": statement.proceeds,
        **({"paid": statement.paid} if is_paid else {}),
        "to pay": max(statement.balance, 0),
        "to get": max(-statement.balance, 0),
    }
    return {
        "won": str(sum(line.is_won for line in statement.purchases) or ""),
        "sold": str(sum(bool(line.payment) for line in statement.offers) or ""),
        **{name: money(cents) if cents else "" for name, cents in amounts.items()},
    }
