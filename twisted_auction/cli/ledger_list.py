"""``auction ledger list``: all items, with their results."""

from twisted_auction.cli.base import STATUSES
from twisted_auction.cli.ledger_options import REVEAL_FLAG, LedgerReport, to_the_second
from twisted_auction.ledger.history import History
from twisted_auction.ledger.items import Item, Items
from twisted_auction.ledger.store import View
from twisted_auction.rules.events import Sold
from twisted_auction.text import print_table, printable


class List(LedgerReport):
    """Lists all items, with their results."""

    example = "auction.sqlite3"

    longdesc = (
        "Shows a table of every item that was offered, with its result, its winner and the "
        "payment. Sealed bids are only counted; see --reveal. Times are in UTC. "
        f"{STATUSES}"
    )
    optFlags = [REVEAL_FLAG]

    def report_on(self, view: View) -> None:
        """Print the table, ordered by the start of each item."""
        items = Items()
        history = History(view.start, is_lenient=True)
        try:
            for row in view.rows():
                items.read(*history.read(row))
        finally:  # the rows before a wrong row are right
            lines = [_cells(item, bool(self["reveal"])) for item in items.in_order()]
            if not any(line[DESCRIPTION] for line in lines):
                for line in lines:
                    del line[DESCRIPTION]
            if lines:
                print_table(
                    [list(lines[0]), *(list(line.values()) for line in lines)], NUMBER_COLUMNS
                )
        if not lines:
            print("No item has been offered yet.")


def _cells(item: Item, reveal: bool) -> dict[str, str]:
    """The cells of an item's line, by heading."""
    cells = {
        "auction": f"{printable(item.room)}/{item.auction}",
        "lot": printable(item.label or str(item.lot or "")),
        "item": printable(item.request.item_name),
        "format": printable(item.request.format),
        "bids": str(item.bids),
        "result": item.outcome,
        "winner": "",
        "payment": "",
    }
    if isinstance(item.result, Sold):
        cells["winner"] = f"Buyer {item.result.winner}"
        cells["payment"] = f"${item.result.payment}"
    if reveal:
        cells["highest bid"] = f"${item.highest_bid}" if item.bids else ""
    cells["ended (open: began)"] = to_the_second(item.at)
    cells[DESCRIPTION] = printable(item.description or "")
    return cells


DESCRIPTION = "description"
"""The last column, if a catalogue has descriptions."""

NUMBER_COLUMNS = {"lot", "bids", "payment", "highest bid"}
"""The columns with numbers, aligned to the right."""
