"""A settlement as a page to print: an overview for the organiser, and a page for each person."""

import sys

from twisted.python.failure import Failure
from twisted.web.template import Tag, flattenString, tags

from twisted_auction.cli.ledger_bills import NO_RATE, SUM, TEXT_COLUMNS, Bills, Lines, balance
from twisted_auction.cli.spreadsheet import write_utf8
from twisted_auction.ledger.items import Account
from twisted_auction.ledger.settlement import Statement
from twisted_auction.text import printable

# No angle brackets and ampersands: they would be escaped.
STYLE = """
@page { margin: 18mm 16mm; }
:root { color-scheme: light; --ink: #1a1a1a; --quiet: #5c5c5c; --line: #c9c9c9; }
* { box-sizing: border-box; }
body { margin: 0; background: #ececec; color: var(--ink);
  font: 15px/1.45 system-ui, "Liberation Sans", Arial, sans-serif; }
section { background: #fff; max-width: 52rem; margin: 1.5rem auto; padding: 2.5rem 2.75rem;
  box-shadow: 0 1px 4px #0003; }
header { border-bottom: 2px solid var(--ink); margin-bottom: 1.25rem; padding-bottom: .6rem; }
header p { margin: 0; color: var(--quiet); }
h1 { font-size: 1.7rem; line-height: 1.2; margin: .1rem 0; }
h2 { font-size: 1.05rem; margin: 1.6rem 0 .3rem; break-after: avoid; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
thead { display: table-header-group; }
tr { break-inside: avoid; }
th { text-align: left; font-weight: 600; color: var(--quiet); font-size: .85em; }
th, td { padding: .35rem .5rem; border-bottom: 1px solid var(--line); vertical-align: top; }
th:first-child, td:first-child { padding-left: 0; }
th:last-child, td:last-child { padding-right: 0; }
td { overflow-wrap: anywhere; }
.amount { text-align: right; white-space: nowrap; overflow-wrap: normal; }
.sum td { font-weight: 600; border-bottom: 0; border-top: 1.5px solid var(--ink); }
.totals { width: auto; min-width: 20rem; }
.balance { font-size: 1.35rem; font-weight: 700; margin: 1.6rem 0 .4rem; text-align: right; }
.settled { color: #14612b; }
.quiet { color: var(--quiet); font-size: .85em; }
@media print {
  body { background: none; font-size: 10.5pt; }
  section { box-shadow: none; max-width: none; margin: 0; padding: 0; break-after: page; }
  section:last-child { break-after: auto; }
  .scroll { overflow: visible; }
}
"""


def write_page(bills: Bills) -> None:
    """Write the page to standard output."""
    write_utf8()
    title = printable(bills.title) or "Settlement"
    settlement = bills.settlement
    page = tags.html(
        tags.head(
            tags.meta(charset="utf-8"),
            tags.meta(name="viewport", content="width=device-width, initial-scale=1"),
            tags.title(title),
            tags.style(STYLE),
        ),
        tags.body(
            _overview(bills),
            [_bill(bills, *entry) for entry in settlement.statements.items()],
        ),
        lang="en",
    )
    sys.stdout.write(f"<!DOCTYPE html>\n{_flatten(page)}\n")


def _overview(bills: Bills) -> Tag:
    """The first page, for the organiser."""
    house = bills.settlement.house
    section = _section(bills, "Settlement")
    section(_table("Persons", bills.overview()))
    section(
        tags.h2("In all"),
        tags.table(
            (
                tags.tr(tags.td(name), tags.td(amount, class_="amount"))
                for name, amount in bills.totals()
            ),
            class_="totals",
        ),
    )
    section(_table("Lots of the house", bills.offers(house, NO_RATE)))
    section(_table("Not sold", bills.not_sold()))
    section(tags.p(remark) for remark in bills.remarks())
    return section(tags.p(bills.terms(), class_="quiet") if bills.terms() else "")


def _bill(bills: Bills, account: Account, statement: Statement) -> Tag:
    """The page of one account."""
    section = _section(bills, bills.label(account))
    section(_table("Bought", bills.purchases(statement)))
    section(_table("Offered", bills.offers(statement, bills.settlement.rates.commission)))
    settled = " settled" if statement.is_settled else ""
    section(tags.p(balance(statement), class_=f"balance{settled}"))
    return section(tags.p(bills.terms(), class_="quiet") if bills.terms() else "")


def _section(bills: Bills, heading: str) -> Tag:
    """An empty page with its heading."""
    return tags.section(
        tags.header(
            tags.p(printable(bills.title)) if bills.title else "",
            tags.h1(heading),
            tags.p(f"Results until {bills.at}") if bills.at else "",
        )
    )


def _table(heading: str, lines: Lines) -> list[Tag]:
    """A table with its heading; nothing if it has no line."""
    if not lines:
        return []
    classes = {name: "" if name in TEXT_COLUMNS else "amount" for name in lines[0]}
    head = tags.tr(tags.th(name, scope="col", class_=classes[name]) for name in lines[0])
    body = [
        tags.tr(
            (tags.td(cell, class_=classes[name]) for name, cell in line.items()),
            class_="sum" if next(iter(line.values())) == SUM else "",
        )
        for line in lines
    ]
    table = tags.table(tags.thead(head), tags.tbody(body))
    return [tags.h2(heading), tags.div(table, class_="scroll")]


def _flatten(tag: Tag) -> str:
    """The text of a tag without parts to wait for."""
    results: list[bytes | Failure] = []
    flattenString(None, tag).addBoth(results.append)
    (result,) = results
    if isinstance(result, Failure):
        result.raiseException()
    assert isinstance(result, bytes)
    return result.decode("utf-8")
