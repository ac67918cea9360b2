"""``auction lab replay``: recorded auctions under other rules."""

from dataclasses import dataclass, replace
from typing import Self

from twisted_auction.cli.base import STATUSES
from twisted_auction.cli.ledger_options import LedgerReport
from twisted_auction.lab.theory import reveals_limits, revenue, settle
from twisted_auction.ledger.history import History, describe_unknown_formats
from twisted_auction.ledger.store import View
from twisted_auction.rules.events import Cancelled, Sold, Unsold
from twisted_auction.rules.formats import FORMATS, is_registered
from twisted_auction.text import print_table, printable


@dataclass(frozen=True, slots=True)
class Revenue:
    """The Seller's revenue, real or hypothetical.

    :param dollars: whole dollars.
    :param is_least: True if this is a lower bound.
    """

    dollars: int = 0
    is_least: bool = False

    def __add__(self, other: Self) -> Self:
        return replace(
            self, dollars=self.dollars + other.dollars, is_least=self.is_least or other.is_least
        )

    def __str__(self) -> str:
        return f"≥ ${self.dollars}" if self.is_least else f"${self.dollars}"


class Replay(LedgerReport):
    """Settles recorded bids under other rules."""

    example = "auction.sqlite3"

    longdesc = (
        "Settles the bids of every auction in a ledger under every format, as if each Buyer's last "
        "bid were its limit, and shows the Seller's revenue. If open bidding ended before the "
        "Buyers reached their limits, the revenue is a lower bound. (Under other rules, people "
        f"would also bid differently.) The table gives away the highest sealed bids. {STATUSES}"
    )

    def report_on(self, view: View) -> None:
        """Print a line for each result, room after room, and the sums."""
        formats = list(FORMATS.values())
        headings = ["auction", "lot", "item", "format", "bids", "brought"]
        lines = [[*headings, *(format.name for format in formats)]]
        sums = [Revenue()] * (1 + len(formats))
        history = History(view.start, is_lenient=True)
        cancelled = 0
        try:
            for row in view.rows():
                recorded, event = history.read(row)
                auction = recorded.auction
                if auction.request is None:
                    continue
                cancelled += isinstance(event, Cancelled)
                if not isinstance(event, Sold | Unsold):
                    continue
                # Without its format's rules, an auction cannot be settled, not even under others.
                if not is_registered(auction.request.format):
                    continue
                cells = [
                    f"{printable(recorded.room)}/{recorded.number}",
                    str(auction.lot or ""),
                    printable(auction.request.item_name),
                    auction.request.format,
                    str(len(auction.bids)),
                ]
                own = type(auction.format)
                for place, format in enumerate((own, *formats)):
                    other = settle(format, auction.bids, auction.lowest_price)
                    # Under its own format the recorded result counts, with its increments or steps.
                    result = event if format is own else other
                    brought = Revenue(
                        revenue(result),
                        isinstance(result, Sold) and not reveals_limits(own, format),
                    )
                    sums[place] += brought
                    cells.append(str(brought) if isinstance(result, Sold) else "")
                lines.append(cells)
        finally:  # the rows before a wrong row are right
            if len(lines) > 1:
                lines.append(["in all", "", "", "", "", *map(str, sums)])
                print_table(lines, {*lines[0]} - {"auction", "item", "format"})
                print(
                    "English: as if the price had stopped at the second highest bid. Dutch: as if "
                    "it had started\nat the highest bid or above, and fallen by a dollar at a time."
                )
        if len(lines) == 1:
            print("No auction has a result yet.")
        unfinished = sum(
            recorded.auction.request is not None for recorded in history.unfinished.values()
        )
        if cancelled or unfinished:
            print(f"Left out: {cancelled} cancelled, {unfinished} not ended.")
        if history.unknown:
            print(f"Left out as well: {describe_unknown_formats(history.unknown.values())}.")
