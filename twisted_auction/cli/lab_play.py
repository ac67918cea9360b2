"""``auction lab play``: many auctions among robots, and their averages."""

import codecs
import csv
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import cycle, islice
from typing import Any

from twisted.python import usage

from twisted_auction.cli.base import STATUSES, Report, refuse_options
from twisted_auction.cli.files import output_file
from twisted_auction.cli.lab_options import (
    LOWEST_PRICE_OPTION,
    PLOT_OPTION,
    YES_FLAG,
    picture_path,
    request_from,
    require_confirmation,
    valuations_option,
    whole_number,
)
from twisted_auction.cli.progress import progress
from twisted_auction.lab.bidders import EQUILIBRIUM, Listed, parse_strategy
from twisted_auction.lab.engine import MOVE_SECONDS, max_moves
from twisted_auction.lab.experiment import (
    COLUMNS,
    MIN_AUCTIONS,
    Difference,
    Mean,
    Summary,
    Treatment,
    counterpart_pairs,
    csv_rows,
    theory_for,
    trials,
)
from twisted_auction.lab.theory import sealed_counterpart
from twisted_auction.rules.formats import format_of
from twisted_auction.rules.sealed import FirstPrice
from twisted_auction.text import counted, print_table, printable


class Play(Report):
    """Holds many auctions among robots."""

    synopsis = "[options] [TYPE[/STRATEGY,...] ...]"
    example = "--buyers 3 first-price english/sniping"
    longdesc = (
        "Holds auctions among robot Buyers, and prints the averages. Each robot knows only its own "
        "valuation of the item. TYPE is a type of auction as in an auction request, with rules; "
        "the default is all four. All Buyers follow the STRATEGY, or take turns with several. "
        "Sealed: truthful, shading:FACTOR (bid that part of the valuation). English: "
        "straightforward (bid the asking price up to the valuation), sniping (only at the last "
        "moment). Dutch: threshold:FACTOR (take the first price that is at most that part of the "
        "valuation). All: equilibrium (the default; no Buyer gains by another strategy while the "
        "others keep to this one, and all know the lowest price). "
        f"{STATUSES}"
    )
    optParameters = [
        ["buyers", "b", "5", "Number of Buyers in each auction."],
        ["auctions", "n", "2000", "Number of auctions of each type."],
        [
            "valuations",
            "v",
            "uniform:1000",
            "What the item is worth to each Buyer: uniform:TOP (from 0 to TOP dollars), "
            "normal:MEAN:DEVIATION (none below 0), or file:PATH (drawn from a file with a "
            "valuation a line).",
        ],
        LOWEST_PRICE_OPTION,
        ["seed", "s", "1", "Seed of the random draws: the same seed gives the same auctions."],
        ["csv", None, None, "Write a row for each Buyer in each auction into this file."],
        PLOT_OPTION,
    ]
    optFlags = [YES_FLAG]

    MAX_BUYERS = 100
    MAX_AUCTIONS = 10_000_000
    DEFAULT_TYPES = ("first-price", "second-price", "english", "dutch")

    def parseArgs(self, *names: str) -> None:
        """Read the types of auction."""
        refuse_options(names, "-")
        self.names = names
        for name in names:
            if names.count(name) > 1:
                raise usage.UsageError(f"{name} is named twice")

    def postOptions(self) -> None:
        """Read the options."""
        self.buyers = whole_number(self["buyers"], "--buyers", most=self.MAX_BUYERS)
        self.auctions = whole_number(
            self["auctions"], "--auctions", MIN_AUCTIONS, self.MAX_AUCTIONS
        )
        self.lowest_price = whole_number(self["lowest-price"], "--lowest-price")
        self.seed = whole_number(self["seed"], "--seed", 0)
        self.path = picture_path(self["plot"])
        read = self["valuations"].removeprefix("file:")
        # The output must not overwrite the valuations, nor the picture.
        if self["csv"] is not None and self["csv"] in (read, self["plot"]):
            raise usage.UsageError(f"--csv needs a file of its own, not {self['csv']!r}")
        self.valuations = valuations_option(self["valuations"])
        self.treatments = [self._treatment(name) for name in self.names or self.DEFAULT_TYPES]
        moves = sum(
            max_moves(treatment.request, self.valuations.highest) for treatment in self.treatments
        )
        require_confirmation(
            self, MOVE_SECONDS * moves * self.auctions, f"{self.auctions:,} auctions of each type"
        )

    def _treatment(self, name: str) -> Treatment:
        type_of_auction, slash, texts = name.partition("/")
        highest = self.valuations.highest
        request = request_from(type_of_auction, self.lowest_price, self.buyers, highest)
        format = format_of(request)
        try:
            strategies = [
                parse_strategy(text, format, self.buyers, self.lowest_price, self.valuations)
                for text in (texts if slash else EQUILIBRIUM).split(",")
            ]
        except ValueError as error:
            raise usage.UsageError(f"{name}: {error}") from None
        if len(strategies) > self.buyers:
            raise usage.UsageError(f"{name}: there are more strategies than Buyers")
        return Treatment(name, request, tuple(islice(cycle(strategies), self.buyers)))

    def report(self, reactor: Any) -> int:
        """Hold the auctions, and print the means."""
        summaries = [
            Summary(treatment, theory_for(treatment, self.valuations))
            for treatment in self.treatments
        ]
        differences = {pair: Difference() for pair in counterpart_pairs(self.treatments)}
        held = trials(self.treatments, self.valuations, self.auctions, self.seed)
        with (
            self._file() as write,
            progress(held, self.auctions, "auctions") as tracked,
        ):
            for place, together in enumerate(tracked, 1):
                for summary, trial in zip(summaries, together, strict=True):
                    summary.add(trial)
                    write(csv_rows(place, summary.treatment, trial))
                for (one, other), difference in differences.items():
                    difference.add(together[one], together[other])
        self._print(summaries, differences)
        if self.path is not None:
            from twisted_auction.lab.plots import draw_play

            with output_file(self.path) as file:
                draw_play(summaries, file, self.path.suffix)
        return 0

    @contextmanager
    def _file(self) -> Iterator[Callable[[Iterable[Sequence[object]]], object]]:
        """Open the CSV file, if there is one.

        :return: a function that writes rows to it.
        """
        if self["csv"] is None:
            yield lambda rows: None
            return
        with output_file(self["csv"]) as file:
            writer = csv.writer(codecs.getwriter("utf-8")(file), lineterminator="\n")
            writer.writerow(COLUMNS)
            yield writer.writerows  # the texts are names of ours, so none is a formula

    def _print(
        self, summaries: Sequence[Summary], differences: Mapping[tuple[int, int], Difference]
    ) -> None:
        has_theory = any(summary.theory is not None for summary in summaries)
        print(
            f"{self.auctions:,} auctions of each type, {counted(self.buyers, 'Buyer')}, valuations "
            f"{printable(self['valuations'])},\nlowest price ${self.lowest_price}, "
            f"seed {self.seed}. Means with 95 % confidence intervals, in dollars;\n"
            "efficiency in per cent; where the item is not sold, all three are 0."
        )
        self._print_theory(summaries)
        print()
        # Five significant digits are enough for amounts of this size.
        digits = min(2, max(0, 5 - len(str(self.valuations.highest))))
        measures = {
            "revenue": ("revenue", 1, digits),
            "winner keeps": ("utility", 1, digits),
            "efficiency": ("efficiency", 100, 1),
        }
        theory = ["theory"] if has_theory else []
        rows = [["treatment", *(cell for heading in measures for cell in (heading, *theory))]]
        for summary in summaries:
            row = [summary.treatment.name]
            for name, scale, places in measures.values():
                row.append(interval(getattr(summary, name), places, scale))
                if summary.theory is not None:
                    row.append(f"{scale * getattr(summary.theory, name):.{places}f}")
                elif has_theory:
                    row.append("")
            rows.append(row)
        print_table(rows, {*rows[0]} - {"treatment"})
        notes = [
            f"{self.treatments[one].name} less {self.treatments[other].name}, auction by auction: "
            f"{interval(difference.revenue, digits + 1)}; never more than ${difference.greatest} "
            "apart."
            for (one, other), difference in differences.items()
            if difference.is_fair
        ]
        for summary in summaries:
            if len(summary.utilities) > 1:
                kept = [
                    f"{interval(mean, digits)} by {text}"
                    for text, mean in summary.utilities.items()
                ]
                notes.append(f"{summary.treatment.name}: a Buyer keeps {', '.join(kept)}.")
        if notes:
            print()
        for note in notes:
            print(note)

    def _print_theory(self, summaries: Sequence[Summary]) -> None:
        """Print the assumptions behind the expected values and the equilibrium bids."""
        if isinstance(self.valuations, Listed) and any(map(is_shaded, self.treatments)):
            print(
                "Each value in the file stands for all amounts that round to it, evenly, which "
                "makes F continuous.\nIn a first-price or Dutch equilibrium, a Buyer bids the "
                "mean of what wins for these amounts."
            )
        if any(summary.theory is not None for summary in summaries):
            print(
                "In the theory, all formats bring the same, but for whole dollars, increments and "
                "steps;\nits figures count these."
            )


def is_shaded(treatment: Treatment) -> bool:
    """True if a Buyer bids less than its valuation in this equilibrium."""
    format = type(treatment.format)
    return sealed_counterpart(format) is FirstPrice and any(
        strategy.is_equilibrium for strategy in treatment.strategies
    )


def interval(mean: Mean, places: int, scale: int = 1) -> str:
    """Format a mean and the half width of its confidence interval."""
    return f"{scale * mean.mean:.{places}f} ± {scale * mean.margin:.{places}f}"
