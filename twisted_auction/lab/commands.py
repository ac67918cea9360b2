"""``auction lab``: the experiments, at a terminal."""

import codecs
import csv
import importlib.util
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import cycle, groupby, islice
from pathlib import Path
from random import Random
from typing import IO, Any

from twisted.internet.defer import TimeoutError as DeferredTimeoutError
from twisted.internet.error import CannotListenError, ConnectError
from twisted.python import usage

from twisted_auction.command import (
    STATUSES,
    Command,
    Commands,
    Complaint,
    Report,
    counted,
    print_table,
    printable,
    refuse_options,
    run_reactor,
)
from twisted_auction.lab import live
from twisted_auction.lab.bidders import EQUILIBRIUM, Listed, parse_strategy, parse_valuations
from twisted_auction.lab.engine import MOVE, most_moves, request_for
from twisted_auction.lab.experiment import (
    COLUMNS,
    FEWEST,
    Difference,
    Mean,
    Summary,
    Treatment,
    counterparts,
    expected,
    facts,
    trials,
)
from twisted_auction.lab.files import whole_file
from twisted_auction.lab.progress import duration, progress
from twisted_auction.lab.proof import Situation, Verdict, count, never_worse, prove, situations
from twisted_auction.lab.replay import Replay
from twisted_auction.lab.theory import Outcome, sealed_counterpart
from twisted_auction.lab.truth import choices
from twisted_auction.rules.amounts import MAX_AMOUNT, parse_amount
from twisted_auction.rules.formats import FirstPrice, Sealed, SecondPrice
from twisted_auction.rules.refusals import InvalidRequest
from twisted_auction.rules.request import AuctionRequest

PATIENCE = 600
"""Seconds that nobody needs to be asked about."""

LOWEST_PRICE = ["lowest-price", "l", "1", "The Seller's lowest price, in whole dollars."]

PLOT = ["plot", None, None, "Draw a picture into this file; its name ends with .svg or .png."]

YES = ["yes", "y", "Do it, however long it takes."]


def number(text: str, what: str, least: int = 1, most: int = MAX_AMOUNT) -> int:
    """Read a whole number, such as one of dollars.

    :raises UsageError: where it is none, or out of range.
    """
    try:
        value = 0 if text == "0" else parse_amount(text.encode())
    except ValueError:
        value = -1
    if not least <= value <= most:
        raise usage.UsageError(
            f"{what} must be a whole number from {least} to {most:,}, not {text!r}"
        )
    return value


def asked(type_of_auction: str, lowest_price: int, buyers: int, highest: int) -> AuctionRequest:
    """Make an auction request from what a person has typed.

    The arguments are those of :func:`~twisted_auction.lab.engine.request_for`.

    :raises UsageError: where there is no such auction.
    """
    try:
        return request_for(type_of_auction, lowest_price, buyers, highest)
    except InvalidRequest as refusal:
        reason = refusal.reason or "that is no type of auction"
        raise usage.UsageError(f"{type_of_auction}: {reason}") from None


def picture(name: str | None) -> Path | None:
    """Where a picture is to go, if there shall be one.

    :raises UsageError: where none can be drawn, with what to do.
    """
    if name is None:
        return None
    path = Path(name)
    if path.suffix.lower() not in (".svg", ".png"):
        raise usage.UsageError(f"--plot draws files that end with .svg or .png, not {name!r}")
    if not path.parent.is_dir():
        raise usage.UsageError(f"--plot: there is no folder {str(path.parent)!r}")
    if importlib.util.find_spec("matplotlib") is None:
        raise usage.UsageError("--plot needs: pip install 'twisted-auction[lab]'")
    return path


@contextmanager
def writing(path: str | Path) -> Iterator[IO[bytes]]:
    """Write a file in this block, which is whole afterwards, or what it was before.

    :raises Complaint: where that is not possible.
    """
    try:
        with whole_file(path) as file:
            yield file
    except OSError as error:
        raise Complaint(f"cannot write {path}: {error.strerror}") from None


def forewarn(command: Command, seconds: float, what: str) -> None:
    """See that nobody waits for hours without having been told.

    :raises UsageError: where it will take long, and the person has not said that it may.
    """
    if seconds > PATIENCE and not command["yes"]:
        raise usage.UsageError(f"{what} would take about {duration(seconds)}; add --yes to do it")


def money(dollars: int) -> str:
    """An amount that may be below 0, for a person to read."""
    return f"-${-dollars}" if dollars < 0 else f"${dollars}"


class Truth(Report):
    """What every bid of one Buyer would be worth to it."""

    longdesc = (
        "Shows what each possible bid would bring one Buyer, who knows what the item is worth to "
        "it, while its rivals' bids are what they are: nothing if it loses, and valuation less "
        "payment if it wins. It bids last, so a sealed bid loses a tie. In English and Dutch "
        "auctions, a bid is the price up to which a Buyer goes. The picture has the first-price "
        f"and the second-price auction side by side. {STATUSES}"
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
        LOWEST_PRICE,
        PLOT,
    ]
    optFlags = [
        ["live", None, "Hold the auctions on a real server too, over TCP, and compare."],
        YES,
    ]

    MOST = 1000
    """A table of more bids is for nobody to read."""

    MOST_RIVALS = 99

    def postOptions(self) -> None:
        """Understand the options."""
        self.valuation = number(self["valuation"], "--valuation", most=self.MOST)
        self.lowest_price = number(self["lowest-price"], "--lowest-price", most=self.MOST)
        texts = [] if self["rivals"] == "none" else self["rivals"].split(",")
        if len(texts) > self.MOST_RIVALS:
            raise usage.UsageError(f"--rivals may be up to {self.MOST_RIVALS} bids")
        self.rivals = [
            number(text.strip(), "each of the --rivals", most=self.MOST) for text in texts
        ]
        top = max(self.valuation, self.lowest_price, *self.rivals, 1)
        self.bids = range(1, top + max(1, top // 5) + 1)
        self.request = self._request(self["format"])
        self.path = picture(self["plot"])
        each = MOVE + live.MOVE if self["live"] else MOVE
        seconds = each * most_moves(self.request, top) * len(self.bids)
        forewarn(self, seconds, f"{len(self.bids):,} auctions")

    def _request(self, type_of_auction: str) -> AuctionRequest:
        buyers = len(self.rivals) + 1
        return asked(type_of_auction, self.lowest_price, buyers, self.bids[-1])

    def report(self, reactor: Any) -> int:
        """Print the table, and draw the picture."""
        rivals = " and ".join(f"${bid}" for bid in self.rivals) or "nothing"
        print(
            f"{self.request.format.name}, lowest price ${self.lowest_price}. The others bid "
            f"{rivals}; to the last Buyer, the item is worth ${self.valuation}.\n"
        )
        with progress(self.bids, len(self.bids), "auctions") as bids:
            pure = choices(self.request, self.rivals, bids)
        self._print(pure)
        if self["live"] and (status := self._compare(pure, reactor)):
            return status
        if self.path is not None:
            from twisted_auction.lab.plots import draw_truth

            own = self.request.format.name
            tables = {
                name: pure if name == own else choices(self._request(name), self.rivals, self.bids)
                for name in dict.fromkeys((FirstPrice.name, SecondPrice.name, own))
            }
            with writing(self.path) as file:
                draw_truth(tables, self.valuation, file, self.path.suffix)
        return 0

    def _compare(self, pure: Mapping[int, Outcome], reactor: Any) -> int:
        """Print the table from real auctions.

        :return: the exit status.
        :raises Complaint: where there is no such table, or another one.
        """
        table: dict[int, Outcome] = {}
        trouble = ""

        async def play() -> int:
            nonlocal trouble
            try:
                table.update(await live.choices(reactor, self.request, self.rivals, bids))
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
        """Print a table of choices, those that come to the same on one line."""
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


class Prove(Report):
    """The theorem, by trying everything."""

    longdesc = (
        "Tries every valuation, every bid (and staying away), every bid of one rival and then of "
        "two, and every lowest price, all up to a bound, with the Buyer in every place of the "
        "order in which bids arrive; and whether there is a case against each bid but the truthful "
        "one. Exit status: 0 the truthful bid was never worse in the "
        "second-price auction, 1 it was, or nothing could be printed, 2 wrong usage."
    )
    optParameters = [["max", "m", "12", "The bound, in whole dollars."]]
    optFlags = [YES]

    FORMATS = (SecondPrice(), FirstPrice())
    BUYERS = (2, 3)
    MOST = 10_000

    def postOptions(self) -> None:
        """Read the bound."""
        self.bound = number(self["max"], "--max", most=self.MOST)

    def report(self, reactor: Any) -> int:
        """Try everything, and print what came of it."""
        forewarn(self, self._seconds(), f"--max {self.bound}")
        print(
            f"All amounts from $1 to ${self.bound}: what the item is worth to a Buyer, its bid, "
            "its rivals' bids,\nthe lowest price; and every order of the bids, because a tie goes "
            "to the earlier one.\n"
        )
        status = 0
        for format in self.FORMATS:
            for buyers in self.BUYERS:
                what = f"{format.name}, {buyers} Buyers"
                every = situations(self.bound, buyers)
                with progress(every, count(self.bound, buyers), what) as cases:
                    verdict = prove(format, cases, self.bound)
                print(
                    f"{what}: {verdict.tried:,} bids held against the truthful one; "
                    f"{verdict.worse:,} are worse;"
                )
                self._print(format, verdict)
                if isinstance(format, SecondPrice) and verdict.better:
                    status = 1
        if not status:
            self._print_dominance()
        return status

    def _print_dominance(self) -> None:
        """Say that there is a reason against every bid but the truthful one."""
        spared = never_worse(SecondPrice(), situations(self.bound, 2), self.bound)
        but = ""
        if spared == {1: {0}}:
            but = "\n(but where the item is worth $1, it is all the same to stay away)"
        elif spared:
            but = f", but for {sum(map(len, spared.values())):,}"
        print(
            "\nIn the second-price auction, no bid is ever better than the truth, and each is "
            f"worse in some case{but}:\nthe truth is weakly dominant."
        )

    def _seconds(self) -> float:
        """About how long it will take, by a few situations drawn from all."""
        bound = min(self.bound, 200)
        draw = partial(Random(0).randint, 1)
        cases = [Situation(draw(bound), draw(3), (draw(bound), draw(bound))) for _ in range(20)]
        start = time.perf_counter()
        for format in self.FORMATS:
            prove(format, cases, bound)
        each = (time.perf_counter() - start) / len(cases) * (self.bound / bound) ** 2
        return each * sum(count(self.bound, buyers) for buyers in self.BUYERS)

    def _print(self, format: Sealed, verdict: Verdict) -> None:
        found = verdict.greatest
        if found is None:
            print("    none is better.")
            return
        case = found.situation
        order = [f"${bid}" for bid in case.rivals]
        order.insert(case.place - 1, "its own")
        print(
            f"    {verdict.better:,} are better, such as this one. The item is worth "
            f"${found.valuation}, the lowest price is ${case.lowest_price},\n"
            f"    and the bids come in this order: {', '.join(order)}."
        )
        for bid in (found.valuation, found.bid):
            outcome = Outcome.of(case.place, case.result(format, bid))
            does = f"wins, costs ${outcome.payment}" if outcome.has_won else "loses"
            left = money(outcome.utility(found.valuation))
            print(f"        To bid ${bid} {does} and leaves {left}.")


class Play(Report):
    """Many auctions among robots."""

    synopsis = "[options] [TYPE[/STRATEGY,...] ...]"
    longdesc = (
        "Holds auctions among robot Buyers, each of whom knows what the item is worth to it "
        "alone, and tells what they come to on average. TYPE is a type of auction as in an auction "
        "request, rules included; all Buyers follow the STRATEGY, or take turns with several. "
        "Sealed: truthful, shading:FACTOR (bid that part of the valuation). English: "
        "straightforward (bid the asking price up to the valuation), sniping (only at the last "
        "moment). Dutch: threshold:FACTOR (take the first price that is at most that part of the "
        "valuation). All: equilibrium, which is what they do if nothing is said: what nobody would "
        "rather change where all do it, and all know the lowest price. Without a TYPE: all four. "
        f"{STATUSES}"
    )
    optParameters = [
        ["buyers", "b", "5", "How many Buyers there are in each auction."],
        ["auctions", "n", "2000", "How many auctions of each type."],
        [
            "valuations",
            "v",
            "uniform:1000",
            "uniform:TOP (from 0 to TOP dollars), normal:MEAN:DEVIATION (none below 0), or "
            "file:PATH, a valuation a line, of which each Buyer draws one.",
        ],
        LOWEST_PRICE,
        ["seed", "s", "1", "What the draws begin with: the same seed gives the same auctions."],
        ["csv", None, None, "Write what each Buyer did in each auction into this file."],
        PLOT,
    ]
    optFlags = [YES]

    MOST_BUYERS = 100
    MOST_AUCTIONS = 10_000_000
    USUAL = ("first-price", "second-price", "english", "dutch")

    def parseArgs(self, *names: str) -> None:
        """Take the auctions' types."""
        refuse_options(names, "-")
        self.names = names
        for name in names:
            if names.count(name) > 1:
                raise usage.UsageError(f"{name} is named twice")

    def postOptions(self) -> None:
        """Understand the options."""
        self.buyers = number(self["buyers"], "--buyers", most=self.MOST_BUYERS)
        self.auctions = number(self["auctions"], "--auctions", FEWEST, self.MOST_AUCTIONS)
        self.lowest_price = number(self["lowest-price"], "--lowest-price")
        self.seed = number(self["seed"], "--seed", 0)
        self.path = picture(self["plot"])
        read = self["valuations"].removeprefix("file:")
        if self["csv"] is not None and self["csv"] in (read, self["plot"]):
            raise usage.UsageError(f"--csv needs a file of its own, not {self['csv']!r}")
        try:
            self.valuations = parse_valuations(
                self["valuations"], lambda name: Path(name).read_bytes()
            )
        except ValueError as error:
            raise usage.UsageError(f"--valuations: {error}") from None
        except OSError as error:
            raise usage.UsageError(
                f"--valuations: cannot read {error.filename}: {error.strerror}"
            ) from None
        self.treatments = [self._treatment(name) for name in self.names or self.USUAL]
        moves = sum(
            most_moves(treatment.request, self.valuations.highest) for treatment in self.treatments
        )
        forewarn(self, MOVE * moves * self.auctions, f"{self.auctions:,} auctions of each type")

    def _treatment(self, name: str) -> Treatment:
        type_of_auction, slash, texts = name.partition("/")
        highest = self.valuations.highest
        request = asked(type_of_auction, self.lowest_price, self.buyers, highest)
        try:
            strategies = [
                parse_strategy(
                    text, request.format, self.buyers, self.lowest_price, self.valuations
                )
                for text in (texts if slash else EQUILIBRIUM).split(",")
            ]
        except ValueError as error:
            raise usage.UsageError(f"{name}: {error}") from None
        if len(strategies) > self.buyers:
            raise usage.UsageError(f"{name}: there are more strategies than Buyers")
        return Treatment(name, request, tuple(islice(cycle(strategies), self.buyers)))

    def report(self, reactor: Any) -> int:
        """Hold the auctions, and print what they come to."""
        summaries = [
            Summary(treatment, expected(treatment, self.valuations))
            for treatment in self.treatments
        ]
        differences = {pair: Difference() for pair in counterparts(self.treatments)}
        held = trials(self.treatments, self.valuations, self.auctions, self.seed)
        with (
            self._file() as write,
            progress(held, self.auctions, "auctions") as tracked,
        ):
            for place, together in enumerate(tracked, 1):
                for summary, trial in zip(summaries, together, strict=True):
                    summary.take(trial)
                    write(facts(place, summary.treatment, trial))
                for (one, other), difference in differences.items():
                    difference.take(together[one], together[other])
        self._print(summaries, differences)
        if self.path is not None:
            from twisted_auction.lab.plots import draw_play

            with writing(self.path) as file:
                draw_play(summaries, file, self.path.suffix)
        return 0

    @contextmanager
    def _file(self) -> Iterator[Callable[[Iterable[Sequence[object]]], object]]:
        """Give what writes rows of the file, if there is one."""
        if self["csv"] is None:
            yield lambda rows: None
            return
        with writing(self["csv"]) as file:
            writer = csv.writer(codecs.getwriter("utf-8")(file), lineterminator="\n")
            writer.writerow(COLUMNS)
            yield writer.writerows  # whose texts are names that were understood: no formulas

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
        """Say what the theory's figures, and bids that come of it, take for granted."""
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
    """Whether a Buyer bids less than the truth because that is the equilibrium."""
    format = type(treatment.request.format)
    return sealed_counterpart(format) is FirstPrice and any(
        strategy.is_equilibrium for strategy in treatment.strategies
    )


def interval(mean: Mean, places: int, scale: int = 1) -> str:
    """A mean and how far its confidence interval reaches, for a person to read."""
    return f"{scale * mean.mean:.{places}f} ± {scale * mean.margin:.{places}f}"


class Lab(Commands):
    """The experiments."""

    synopsis = "COMMAND [options]"
    longdesc = (
        "Which auction tells a Seller what the item is truly worth to its Buyers? Four ways to "
        "find out."
    )
    subCommands = [
        ("truth", None, Truth, "What would each bid of one Buyer be worth to it?"),
        ("prove", None, Prove, "Is it never worse to bid the truth? Try every case."),
        ("play", None, Play, "What do many auctions among robots come to?"),
        ("replay", None, Replay, "What would recorded bids have brought under other rules?"),
    ]
