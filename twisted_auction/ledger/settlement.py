"""Settlement: the debts of Buyers and the proceeds of Sellers, from the results in a ledger.

All sums are in cents, computed with integers. A rate applies to each line of a bill, and the result
is rounded to the cent, half a cent up. A total is the sum of its rounded lines, so each bill adds
up, and all bills together add up to the totals of the house.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Self

from twisted_auction.ledger.items import Account, Item
from twisted_auction.rules.events import Sold

CENTS = 100
"""Cents in a dollar."""

_PERCENT = re.compile(r"([0-9]{1,3})(?:\.([0-9]{1,4}))?")
_AMOUNT = re.compile(r"([0-9]{1,18})(?:\.([0-9]{2}))?")


@dataclass(frozen=True, slots=True)
class Rate:
    """A part of an amount.

    :param parts: the rate in parts of a million: 10,000 for each percent.
    """

    parts: int = 0

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parse a rate in percent, from 0 to 100, with up to four decimals, such as ``12.5``.

        :raises ValueError: if it is not one.
        """
        found = _PERCENT.fullmatch(text)
        if found is None:
            raise ValueError
        parts = int(found[1]) * 10_000 + int((found[2] or "").ljust(4, "0"))
        if parts > 1_000_000:
            raise ValueError
        return cls(parts)

    def of(self, cents: int) -> int:
        """This part of an amount, in cents, rounded half up."""
        return (cents * self.parts + 500_000) // 1_000_000

    def __str__(self) -> str:
        """The rate in percent, such as ``12.5 %``."""
        whole, rest = divmod(self.parts, 10_000)
        return f"{whole}.{rest:04}".rstrip("0").rstrip(".") + " %"


@dataclass(frozen=True, slots=True)
class Rates:
    """The rates of a sale.

    :param premium: part of each payment, paid by the Buyer to the house on top.
    :param commission: part of each payment for a Seller's item, kept by the house.
    :param tax: part of payment and premium, paid by the Buyer on top.
    """

    premium: Rate = Rate()
    commission: Rate = Rate()
    tax: Rate = Rate()


def parse_cents(text: str) -> int:
    """Parse an amount in dollars, such as ``60`` or ``67.50``, into cents.

    :raises ValueError: if it is not one.
    """
    found = _AMOUNT.fullmatch(text)
    if found is None:
        raise ValueError
    return int(found[1]) * CENTS + int(found[2] or "0")


def dollars(cents: int) -> str:
    """Format an amount in cents as dollars, always with two decimals and without a sign for the
    currency: ``67.50``."""
    whole, rest = divmod(abs(cents), CENTS)
    return f"{'-' if cents < 0 else ''}{whole}.{rest:02}"


@dataclass(frozen=True, slots=True)
class Purchase:
    """A line in the bill of a Buyer, in cents."""

    item: Item
    is_won: bool
    payment: int
    premium: int
    tax: int

    @property
    def total(self) -> int:
        """The debt of the Buyer for this line."""
        return self.payment + self.premium + self.tax


@dataclass(frozen=True, slots=True)
class Offer:
    """A line for the seller of an item, in cents. Without a sale, all amounts are 0.

    :param payment: the payment of the winner, and all other amounts charged by the result.
    """

    item: Item
    payment: int
    commission: int

    @property
    def proceeds(self) -> int:
        """The amount for the seller."""
        return self.payment - self.commission


@dataclass(slots=True)
class Statement:
    """The lines of one account, or those of the house itself, in cents.

    :param paid: the amount paid so far, by the account to the house; negative if the house has paid
        the account.
    """

    purchases: list[Purchase] = field(default_factory=list)
    offers: list[Offer] = field(default_factory=list)
    paid: int = 0

    @property
    def owed(self) -> int:
        """The sum of the purchases."""
        return sum(line.total for line in self.purchases)

    @property
    def proceeds(self) -> int:
        """The sum of the offers."""
        return sum(line.proceeds for line in self.offers)

    @property
    def balance(self) -> int:
        """The amount still to be paid by the account; negative if the house is to pay it."""
        return self.owed - self.proceeds - self.paid

    @property
    def is_settled(self) -> bool:
        """True if there was something to pay, and it is paid."""
        return self.balance == 0 and self.paid != 0


@dataclass(frozen=True, slots=True)
class Settlement:
    """The statements of all accounts.

    :param statements: of each account with a line, and of those that have paid, in order.
    :param house: the house's own lots. They pay no commission.
    """

    rates: Rates
    statements: Mapping[Account, Statement]
    house: Statement

    @property
    def offers(self) -> list[Offer]:
        """All lines of sellers, those of the house last."""
        return [line for each in (*self.statements.values(), self.house) for line in each.offers]

    @property
    def totals(self) -> "Totals":
        """The sums of all lines."""
        purchases = [line for each in self.statements.values() for line in each.purchases]
        return Totals(
            payments=sum(line.payment for line in purchases),
            premiums=sum(line.premium for line in purchases),
            taxes=sum(line.tax for line in purchases),
            commissions=sum(line.commission for line in self.offers),
            own_lots=self.house.proceeds,
        )

    def pay(self, account: Account, cents: int | None) -> None:
        """Note a payment.

        :param cents: the amount; None for the whole balance, in either direction.
        :raises LookupError: if the account has no statement.
        """
        statement = self.statements[account]
        statement.paid += statement.balance if cents is None else cents


@dataclass(frozen=True, slots=True)
class Totals:
    """The sums of a settlement, in cents.

    :param own_lots: payments for the house's own lots.
    """

    payments: int
    premiums: int
    taxes: int
    commissions: int
    own_lots: int

    @property
    def owed(self) -> int:
        """The sum of the debts of all Buyers."""
        return self.payments + self.premiums + self.taxes

    @property
    def proceeds(self) -> int:
        """The sum of the proceeds of all Sellers."""
        return self.payments - self.own_lots - self.commissions

    @property
    def kept(self) -> int:
        """The sum kept by the house, without the tax."""
        return self.own_lots + self.premiums + self.commissions


def settle(items: Iterable[Item], rates: Rates, payers: Iterable[Account] = ()) -> Settlement:
    """Settle items. Open ones, and those not sold, have a line for their seller alone.

    :param payers: accounts with a statement in any case: they get their money back if they have
        paid for a sale that was voided.
    """
    statements = {account: Statement() for account in payers}
    house = Statement()
    for item in items:
        charges = _charges(item)
        for who, amount in charges:
            payment = amount * CENTS
            premium = rates.premium.of(payment)
            tax = rates.tax.of(payment + premium)
            is_won = who == charges[0][0]
            statement = statements.setdefault(item.account(who), Statement())
            statement.purchases.append(Purchase(item, is_won, payment, premium, tax))
        payment = sum(amount for _, amount in charges) * CENTS
        if item.seller is None:
            house.offers.append(Offer(item, payment, 0))
        else:
            offer = Offer(item, payment, rates.commission.of(payment))
            statements.setdefault(item.seller, Statement()).offers.append(offer)
    return Settlement(rates, dict(sorted(statements.items())), house)


def _charges(item: Item) -> list[tuple[int, int]]:
    """The amounts charged by an item's result, as (Buyer, whole dollars), the winner first."""
    result = item.result
    return [(result.winner, result.payment), *result.dues] if isinstance(result, Sold) else []
