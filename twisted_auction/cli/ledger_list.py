"""``auction ledger list``: all items, with their results."""

from dataclasses import dataclass

from twisted_auction.cli.base import STATUSES
from twisted_auction.cli.ledger_options import (
    RESULT_NAMES,
    REVEAL_FLAG,
    LedgerReport,
    to_the_second,
)
from twisted_auction.ledger.history import History, RecordedAuction
from twisted_auction.ledger.row import Row
from twisted_auction.ledger.store import View
from twisted_auction.rules.events import (
    BidTaken,
    Cancelled,
    Event,
    LotAnnounced,
    Raised,
    RequestAccepted,
    Sold,
    Unsold,
)
from twisted_auction.rules.request import AuctionRequest
from twisted_auction.text import print_table, printable


@dataclass(slots=True)
class Item:
    """An item, or a lot of a sale, after the rows read so far.

    :param auction: the number of its auction in the room.
    :param lot: number of the lot; 0 outside a sale.
    :param began: nanoseconds since 1970; when the item came up.
    :param at: the same, and after the result the instant of the result.
    :param bids: number of bids.
    :param highest_bid: whole dollars.
    """

    room: str
    auction: int
    lot: int
    request: AuctionRequest
    began: int
    at: int
    bids: int = 0
    highest_bid: int = 0
    result: Sold | Unsold | Cancelled | None = None

    def cells(self, reveal: bool) -> dict[str, str]:
        """The cells of the item's line, by heading."""
        cells = {
            "auction": f"{printable(self.room)}/{self.auction}",
            "lot": str(self.lot or ""),
            "item": printable(self.request.item_name),
            "format": printable(self.request.format),
            "bids": str(self.bids),
            "result": "open" if self.result is None else RESULT_NAMES[type(self.result)],
            "winner": "",
            "payment": "",
        }
        if isinstance(self.result, Sold):
            cells["winner"] = f"Buyer {self.result.winner}"
            cells["payment"] = f"${self.result.payment}"
        if reveal:
            cells["highest bid"] = f"${self.highest_bid}" if self.bids else ""
        cells["ended (open: began)"] = to_the_second(self.at)
        return cells


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
        items: dict[tuple[str, int, int], Item] = {}
        history = History(view.start, is_lenient=True)
        try:
            for row in view.rows():
                recorded, event = history.read(row)
                _update_items(items, row, recorded, event)
        finally:  # the rows before a wrong row are right
            self._print(items)
        if not items:
            print("No item has been offered yet.")

    def _print(self, items: dict[tuple[str, int, int], Item]) -> None:
        order = sorted(items, key=lambda key: (items[key].began, key))
        lines = [items[key].cells(bool(self["reveal"])) for key in order]
        if lines:
            print_table([list(lines[0]), *(list(line.values()) for line in lines)], NUMBER_COLUMNS)


def _update_items(
    items: dict[tuple[str, int, int], Item], row: Row, recorded: RecordedAuction, event: Event
) -> None:
    """Update the items with one row."""
    key = (recorded.room, recorded.number, recorded.auction.lot)
    match event:
        case RequestAccepted() | LotAnnounced():
            items[key] = Item(*key, event.request, row.at, row.at)
        case BidTaken() | Raised():
            items[key].bids += 1
            items[key].highest_bid = max(items[key].highest_bid, event.amount)
        # An auction that ended before its request has no item.
        case Sold() | Unsold() | Cancelled() if key in items:
            items[key].result = event
            items[key].at = row.at


NUMBER_COLUMNS = {"lot", "bids", "payment", "highest bid"}
"""The columns with numbers, aligned to the right."""
