"""``auction lab truth``: the utility of each possible bid to one Buyer."""

from collections.abc import Mapping
from itertools import groupby
from typing import Any

from twisted.internet.defer import TimeoutError as DeferredTimeoutError
from twisted.internet.error import CannotListenError, ConnectError
from twisted.python import usage

from twisted_auction.cli.base import STATUSES, Complaint, Report, run_reactor
from twisted_auction.cli.files import output_file
from twisted_auction.cli.lab_options import (
    LOWEST_PRICE_OPTION,
    PLOT_OPTION,
    YES_FLAG,
    money,
    picture_path,
    request_from,
    require_confirmation,
    whole_number,
)
from twisted_auction.cli.progress import progress
from twisted_auction.lab import live
from twisted_auction.lab.engine import MOVE_SECONDS, max_moves
from twisted_auction.lab.theory import Outcome
from twisted_auction.lab.truth import try_bids
from twisted_auction.rules.request import AuctionRequest
from twisted_auction.rules.sealed import FirstPrice, SecondPrice
from twisted_auction.text import print_table


class Truth(Report):
    """Tabulates the utility of each possible bid to one Buyer."""

    example = "--format first-price --valuation 18 --rivals 15,12"

    longdesc = (
        "Shows the utility of each possible bid to one Buyer, against fixed bids of its rivals: "
        "the valuation less the payment if it wins, and nothing if it loses. The Buyer bids last, "
        "so a sealed bid loses a tie. In English and Dutch auctions, a bid is the highest price "
        "that a Buyer accepts. The picture has the first-price and the second-price auction side "
        f"by side. {STATUSES}"
    )
    optParameters = [
        ["format", "f", "second-price", "The type of auction, as in an auction request."],
        ["valuation", "v", "18", "What the item is worth to the Buyer, in whole dollars."],
        [
            "rivals",
            "r",
            "15,12",
            "The other Buyers' bids, in the order in which they come, or none.",
        ],
        LOWEST_PRICE_OPTION,
        PLOT_OPTION,
    ]
    optFlags = [
        ["live", None, "Hold the auctions on a real server too, over TCP, and compare."],
        YES_FLAG,
    ]

    MAX_DOLLARS = 1000
    """Largest amount, in whole dollars: a longer table is unreadable."""

    MAX_RIVALS = 99

    def postOptions(self) -> None:
        """Read the options."""
        self.valuation = whole_number(self["valuation"], "--valuation", most=self.MAX_DOLLARS)
        self.lowest_price = whole_number(
            self["lowest-price"], "--lowest-price", most=self.MAX_DOLLARS
        )
        texts = [] if self["rivals"] == "none" else self["rivals"].split(",")
        if len(texts) > self.MAX_RIVALS:
            raise usage.UsageError(f"--rivals may be up to {self.MAX_RIVALS} bids")
        self.rivals = [
            whole_number(text.strip(), "each of the --rivals", most=self.MAX_DOLLARS)
            for text in texts
        ]
        top = max(self.valuation, self.lowest_price, *self.rivals, 1)
        self.bids = range(1, top + max(1, top // 5) + 1)
        self.request = self._request(self["format"])
        self.path = picture_path(self["plot"])
        each = MOVE_SECONDS + live.LIVE_MOVE_SECONDS if self["live"] else MOVE_SECONDS
        seconds = each * max_moves(self.request, top) * len(self.bids)
        require_confirmation(self, seconds, f"{len(self.bids):,} auctions")

    def _request(self, type_of_auction: str) -> AuctionRequest:
        buyers = len(self.rivals) + 1
        return request_from(type_of_auction, self.lowest_price, buyers, self.bids[-1])

    def report(self, reactor: Any) -> int:
        """Print the table, and draw the picture."""
        rivals = " and ".join(f"${bid}" for bid in self.rivals) or "nothing"
        print(
            f"{self.request.format}, lowest price ${self.lowest_price}. The others bid "
            f"{rivals}; to the last Buyer, the item is worth ${self.valuation}.\n"
        )
        with progress(self.bids, len(self.bids), "auctions") as bids:
            pure = try_bids(self.request, self.rivals, bids)
        self._print(pure)
        if self["live"] and (status := self._compare(pure, reactor)):
            return status
        if self.path is not None:
            from twisted_auction.lab.plots import draw_truth

            own = self.request.format
            tables = {
                name: pure if name == own else try_bids(self._request(name), self.rivals, self.bids)
                for name in dict.fromkeys((FirstPrice.name, SecondPrice.name, own))
            }
            with output_file(self.path) as file:
                draw_truth(tables, self.valuation, file, self.path.suffix)
        return 0

    def _compare(self, pure: Mapping[int, Outcome], reactor: Any) -> int:
        """Print the table from auctions on a real server.

        :return: the exit status.
        :raises Complaint: if the auctions fail, or if the table differs from the pure one.
        """
        table: dict[int, Outcome] = {}
        trouble = ""

        async def play() -> int:
            nonlocal trouble
            try:
                table.update(await live.try_bids(reactor, self.request, self.rivals, bids))
            except DeferredTimeoutError:
                trouble = "an auction did not end in time"
            except (CannotListenError, ConnectError) as error:
                trouble = str(error)
            return 1 if trouble else 0

        with progress(self.bids, len(self.bids), "auctions on a real server") as bids:
            status = run_reactor(reactor, play)
        if status == 1:
            raise Complaint(f"the real server failed: {trouble}")
        if status:
            return status
        print("\nFrom auctions on a real server:\n")
        self._print(table)
        if table != pure:
            raise Complaint("the two tables are not equal")
        print("\nThe two tables are equal.")
        return 0

    def _print(self, tried: Mapping[int, Outcome]) -> None:
        """Print a table of bids. Neighbouring bids with the same outcome share a line."""
        rows = [["bid", "result", "payment", "utility", ""]]
        for (is_truthful, outcome), group in groupby(
            tried, lambda bid: (bid == self.valuation, tried[bid])
        ):
            first, *others = group
            rows.append(
                [
                    f"${first} to ${others[-1]}" if others else f"${first}",
                    "wins" if outcome.has_won else "loses",
                    f"${outcome.payment}" if outcome.has_won or outcome.payment else "",
                    money(outcome.utility(self.valuation)),
                    "truthful" if is_truthful else "",
                ]
            )
        print_table(rows, {"bid", "payment", "utility"})
        utilities = {bid: outcome.utility(self.valuation) for bid, outcome in tried.items()}
        best = max(utilities, key=utilities.__getitem__)
        verdict = f"\nThe truthful bid brings {money(utilities[self.valuation])}"
        if utilities[best] == utilities[self.valuation]:
            print(f"{verdict}, and no bid brings more.")
        else:
            print(f"{verdict}; ${best} would bring {money(utilities[best])}.")
