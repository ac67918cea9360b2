"""``auction ledger list``: every item, and what became of it."""

from dataclasses import dataclass

from twisted_auction.cli.base import STATUSES
from twisted_auction.cli.reader import OUTCOMES, REVEAL, Reader, second
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
    """An item, or a lot of a sale, as far as the rows read so far tell.

    :param auction: the number of its auction in the room.
    :param lot: the number of the lot; 0 if this is not a sale.
    :param began: nanoseconds since 1970 when it came up.
    :param at: the same; after the result, when that was.
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
        """The cells of its line of the table, by heading."""
        cells = {
            "auction": f"{printable(self.room)}/{self.auction}",
            "lot": str(self.lot or ""),
            "item": printable(self.request.item_name),
            "format": printable(self.request.format),
            "bids": str(self.bids),
            "result": "open" if self.result is None else OUTCOMES[type(self.result)],
            "winner": "",
            "payment": "",
        }
        if isinstance(self.result, Sold):
            cells["winner"] = f"Buyer {self.result.winner}"
            cells["payment"] = f"${self.result.payment}"
        if reveal:
            cells["highest bid"] = f"${self.highest_bid}" if self.bids else ""
        cells["ended (open: began)"] = second(self.at)
        return cells


class List(Reader):
    """Every item, and what became of it."""

    example = "auction.sqlite3"

    longdesc = (
        "Shows a table of every item that was offered, with its result, its winner and the "
        "payment. Of sealed bids it shows how many there are; see --reveal. Times are UTC. "
        f"{STATUSES}"
    )
    optFlags = [REVEAL]

    def tell(self, view: View) -> None:
        """Print the table, in the order in which the items came up."""
        items: dict[tuple[str, int, int], Item] = {}
        history = History(view.start, is_lenient=True)
        try:
            for row in view.rows():
                recorded, event = history.read(row)
                _note(items, row, recorded, event)
        finally:  # the rows before a wrong one are right
            self._print(items)
        if not items:
            print("No item has been offered yet.")

    def _print(self, items: dict[tuple[str, int, int], Item]) -> None:
        order = sorted(items, key=lambda key: (items[key].began, key))
        lines = [items[key].cells(bool(self["reveal"])) for key in order]
        if lines:
            print_table([list(lines[0]), *(list(line.values()) for line in lines)], RIGHT)


def _note(
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
        case Sold() | Unsold() | Cancelled() if key in items:  # not a Seller without a request
            items[key].result = event
            items[key].at = row.at


RIGHT = {"lot", "bids", "payment", "highest bid"}
"""The columns of the table that hold numbers."""
