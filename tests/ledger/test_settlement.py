"""Sums to the cent, against an oracle with fractions."""

from collections import defaultdict
from fractions import Fraction
from math import floor

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from twisted_auction.ledger.items import Account, Item
from twisted_auction.ledger.settlement import (
    Rate,
    Rates,
    Settlement,
    dollars,
    parse_cents,
    settle,
)
from twisted_auction.rules.amounts import MAX_AMOUNT
from twisted_auction.rules.events import Cancelled, Sold, Unsold
from twisted_auction.rules.grammar import parse_request

REQUEST = parse_request(b"1 1 1 Hat", 9)

SELLERS = [None, Account("main", 1, 0), Account.of(7)]


def item(
    result: Sold | Unsold | Cancelled | None,
    seller: Account | None = None,
    by_paddle: bool = True,
    room: str = "main",
) -> Item:
    return Item(room, 1, 1, REQUEST, seller, 0, 0, result=result, by_paddle=by_paddle)


amounts = st.integers(1, MAX_AMOUNT)
sales = st.builds(
    lambda payments: Sold(payments[0][0], MAX_AMOUNT, payments[0][1], tuple(payments[1:])),
    st.lists(
        st.tuples(st.integers(1, 9), amounts), min_size=1, max_size=4, unique_by=lambda p: p[0]
    ),
)
results = sales | st.sampled_from([None, Unsold(None), Unsold(3), Cancelled("No.")])
items = st.builds(
    item,
    results,
    st.sampled_from(SELLERS),
    st.booleans(),
    st.sampled_from(["main", "hall"]),
)
rates = st.builds(Rate, st.integers(0, 1_000_000))


def rounded(exact: Fraction) -> int:
    """Half a cent up."""
    return floor(exact + Fraction(1, 2))


class SettleTests(SynchronousTestCase):
    @given(st.lists(items, max_size=8), rates, rates, rates)
    def test_oracle(self, offered: list[Item], premium: Rate, commission: Rate, tax: Rate) -> None:
        """Every account has the sum of its rounded lines, and all money that comes in goes out."""
        owed: dict[Account, int] = defaultdict(int)
        proceeds: dict[Account | None, int] = defaultdict(int)
        for each in offered:
            paid = 0
            if isinstance(each.result, Sold):
                for who, amount in ((each.result.winner, each.result.payment), *each.result.dues):
                    account = Account("", 0, who) if each.by_paddle else Account(each.room, 1, who)
                    payment = 100 * amount
                    extra = rounded(Fraction(payment * premium.parts, 10**6))
                    paid += payment
                    owed[account] += payment + extra
                    owed[account] += rounded(Fraction((payment + extra) * tax.parts, 10**6))
            kept = 0 if each.seller is None else rounded(Fraction(paid * commission.parts, 10**6))
            proceeds[each.seller] += paid - kept
        settlement = settle(offered, Rates(premium, commission, tax))
        house = proceeds.pop(None, 0)
        self.assertEqual(list(settlement.statements), sorted(owed.keys() | proceeds.keys()))
        for account, statement in settlement.statements.items():
            self.assertEqual(statement.owed, owed[account])
            self.assertEqual(statement.proceeds, proceeds[account])
            self.assertEqual(statement.balance, owed[account] - proceeds[account])
        totals = settlement.totals
        self.assertEqual(totals.owed, sum(owed.values()))
        self.assertEqual(totals.proceeds, sum(proceeds.values()))
        self.assertEqual(totals.owed, totals.proceeds + totals.kept + totals.taxes)
        self.assertEqual(totals.kept, house + totals.premiums + totals.commissions)
        self.assertEqual(len(settlement.offers), len(offered))

    def test_who_owes_without_winning(self) -> None:
        """An amount of a format such as all-pay is a line of its own, with all rates."""
        sold = item(Sold(1, 100, 100, ((2, 50),)), Account.of(7))
        settlement = settle([sold], Rates(Rate.parse("10"), Rate.parse("5"), Rate.parse("20")))
        lines = {
            account: [
                (line.is_won, line.payment, line.premium, line.tax) for line in each.purchases
            ]
            for account, each in settlement.statements.items()
        }
        self.assertEqual(
            lines,
            {
                Account.of(1): [(True, 10000, 1000, 2200)],
                Account.of(2): [(False, 5000, 500, 1100)],
                Account.of(7): [],
            },
        )
        self.assertEqual(settlement.statements[Account.of(7)].proceeds, 14250)

    def test_half_a_cent(self) -> None:
        """It is rounded up in each line, so that a bill adds up as it is printed."""
        bought = [item(Sold(1, 1, 1)), item(Sold(1, 1, 1))]
        settlement = settle(bought, Rates(premium=Rate.parse("0.5")))
        (statement,) = settlement.statements.values()
        self.assertEqual([line.premium for line in statement.purchases], [1, 1])
        self.assertEqual(statement.owed, 202)

    def test_seller_who_buys(self) -> None:
        """One person has one statement, with the difference as its balance."""
        traded = [item(Sold(7, 30, 30)), item(Sold(1, 100, 100), Account.of(7))]
        settlement = settle(traded, Rates())
        self.assertEqual(settlement.statements[Account.of(7)].balance, -7000)
        self.assertEqual(settlement.statements[Account.of(1)].balance, 10000)
        self.assertEqual(settlement.house.proceeds, 3000)


class PaymentTests(SynchronousTestCase):
    def settlement(self) -> Settlement:
        return settle([item(Sold(1, 80, 80)), item(Sold(2, 90, 90), Account.of(7))], Rates())

    def test_all_is_paid(self) -> None:
        """By the person, or to a seller."""
        settlement = self.settlement()
        for paddle, paid in ((1, 8000), (7, -9000)):
            statement = settlement.statements[Account.of(paddle)]
            self.assertFalse(statement.is_settled)
            settlement.pay(Account.of(paddle), None)
            self.assertEqual((statement.paid, statement.balance), (paid, 0))
            self.assertTrue(statement.is_settled)
        self.assertFalse(settlement.statements[Account.of(2)].is_settled)

    def test_part_is_paid(self) -> None:
        settlement = self.settlement()
        settlement.pay(Account.of(1), 5050)
        settlement.pay(Account.of(1), 50)
        statement = settlement.statements[Account.of(1)]
        self.assertEqual((statement.paid, statement.balance), (5100, 2900))
        self.assertFalse(statement.is_settled)
        settlement.pay(Account.of(1), 3000)
        self.assertEqual(statement.balance, -100)

    def test_nothing_to_pay(self) -> None:
        with self.assertRaises(LookupError):
            self.settlement().pay(Account.of(3), None)


class AmountTests(SynchronousTestCase):
    def test_rates(self) -> None:
        for text, parts, again in [
            ("0", 0, "0 %"),
            ("100", 1_000_000, "100 %"),
            ("100.0000", 1_000_000, "100 %"),
            ("12.5", 125_000, "12.5 %"),
            ("7.7001", 77_001, "7.7001 %"),
            ("10", 100_000, "10 %"),
            ("0.0001", 1, "0.0001 %"),
        ]:
            self.assertEqual(Rate.parse(text), Rate(parts))
            self.assertEqual(str(Rate(parts)), again)

    def test_what_is_no_rate(self) -> None:
        for text in ("", "-1", "+1", "100.0001", "101", "1000", "1.", ".5", "1.00001", "5%", "٥"):
            with self.assertRaises(ValueError, msg=text):
                Rate.parse(text)

    def test_cents(self) -> None:
        for text, cents, again in [
            ("60", 6000, "60.00"),
            ("67.50", 6750, "67.50"),
            ("0.05", 5, "0.05"),
        ]:
            self.assertEqual(parse_cents(text), cents)
            self.assertEqual(dollars(cents), again)
        self.assertEqual(dollars(-5), "-0.05")
        for text in ("", "-1", "1.5", "1.", "1.555", "1,50", "x", "1" * 19):
            with self.assertRaises(ValueError, msg=text):
                parse_cents(text)
