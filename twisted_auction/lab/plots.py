"""Pictures of the laboratory's results. Only this module needs matplotlib."""

from collections.abc import Callable, Mapping, Sequence
from typing import IO, Any

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from twisted_auction.lab.classroom import ClassRound
from twisted_auction.lab.experiment import Summary
from twisted_auction.lab.theory import Outcome
from twisted_auction.text import counted, printable

BLUE, ORANGE, GREY = "#0072b2", "#d55e00", "#666666"
"""Colours safe for colour-blind readers (M. Okabe and K. Ito, "Color Universal Design", 2008)."""

SETTINGS: dict[Any, Any] = {
    "axes.spines.right": False,
    "axes.spines.top": False,
    "figure.constrained_layout.use": True,
    "font.size": 9.0,
    "svg.fonttype": "none",
    "svg.hashsalt": "twisted-auction",  # for the same element names in every run
    "text.parse_math": False,  # two dollar signs delimit no formula
}


def draw_truth(
    tables: Mapping[str, Mapping[int, Outcome]], valuation: int, file: IO[bytes], kind: str
) -> None:
    """Draw a Buyer's utility against its bid, with the truthful bid marked; one panel per format.

    :param tables: the outcome of each bid, by the name of the format.
    :param valuation: the value of the item to the Buyer, in whole dollars.
    :param kind: ``.svg`` or ``.png``.
    :raises OSError: if the file cannot be written.
    """
    with matplotlib.rc_context(SETTINGS):
        figure = Figure(figsize=(4 * len(tables), 3.2))
        panels = figure.subplots(1, len(tables), sharex=True, sharey=True, squeeze=False)[0]
        for axes, (name, table) in zip(panels, tables.items(), strict=True):
            utilities = {bid: outcome.utility(valuation) for bid, outcome in table.items()}
            best = max(utilities.values())
            axes.axhline(0, color=GREY, linewidth=0.6)
            axes.plot(
                list(utilities),
                list(utilities.values()),
                ".-",
                color=BLUE,
                linewidth=0.8,
                markersize=4,
            )
            axes.axvline(valuation, color=ORANGE, linestyle="--", linewidth=1)
            axes.plot(
                valuation,
                utilities[valuation],
                "o",
                color=ORANGE,
                label=f"truthful: bid ${valuation}",
            )
            axes.set_title(f"{name}: the best is ${best}")
            axes.set_xlabel("bid, dollars")
            axes.xaxis.set_major_locator(MaxNLocator(integer=True))
            axes.legend(frameon=False, loc="lower left")
        panels[0].set_ylabel("utility, dollars")
        _save(figure, file, kind)


def draw_play(summaries: Sequence[Summary], file: IO[bytes], kind: str) -> None:
    """Draw the revenue of each treatment, and below it the bids against the valuations.

    :param kind: ``.svg`` or ``.png``.
    :raises OSError: if the file cannot be written.
    """
    with matplotlib.rc_context(SETTINGS):
        figure = Figure(figsize=(max(7, 2.6 * len(summaries)), 6))
        above, below = figure.subfigures(2, 1, squeeze=False)[:, 0]
        _draw_revenues(above.subplots(), summaries)
        panels = below.subplots(1, len(summaries), sharex=True, sharey=True, squeeze=False)[0]
        for axes, summary in zip(panels, summaries, strict=True):
            _draw_bids(axes, summary)
        panels[0].set_ylabel("last bid, dollars")
        _save(figure, file, kind)


def _draw_revenues(axes: Axes, summaries: Sequence[Summary]) -> None:
    for place, summary in enumerate(summaries):
        mean, margin = summary.revenue.mean, summary.revenue.margin
        axes.errorbar(place, mean, margin, fmt="o", color=BLUE, capsize=4)
        if summary.theory is not None:
            ends = (place - 0.3, place + 0.3)
            axes.hlines(summary.theory.revenue, *ends, color=ORANGE, linestyle="--")
    axes.errorbar([], [], [], fmt="o", color=BLUE, capsize=4, label="mean, 95 % interval")
    if any(summary.theory is not None for summary in summaries):
        axes.plot([], [], color=ORANGE, linestyle="--", label="theory")
    axes.set_xticks(range(len(summaries)), [_title(summary) for summary in summaries])
    axes.set_xlim(-0.5, len(summaries) - 0.5)
    axes.set_ylabel("revenue, dollars")
    axes.legend(frameon=False, loc="lower right", bbox_to_anchor=(1, 1), ncols=2)


def _title(summary: Summary) -> str:
    """The name of the treatment; a long one takes several lines."""
    name = summary.treatment.name
    return name if len(name) <= 20 else name.replace("/", "/\n").replace(",", ",\n")


def _draw_bids(axes: Axes, summary: Summary) -> None:
    made = [
        (trial.valuations[who - 1], bid)
        for trial in summary.sample
        for who, bid in trial.bids.items()
    ]
    axes.axline((0, 0), slope=1, color=ORANGE, linestyle="--", linewidth=0.8)
    axes.plot(
        [valuation for valuation, _ in made],
        [bid for _, bid in made],
        ".",
        color=BLUE,
        markersize=2,
        rasterized=True,  # thousands of vector points would make a large file
    )
    axes.set_title(_title(summary))
    axes.set_xlabel("valuation, dollars")


def draw_class(
    rounds: Sequence[ClassRound],
    theories: Sequence[Callable[[int], int] | None],
    buyers: int,
    file: IO[bytes],
    kind: str,
) -> None:
    """Draw the bids of a class against its valuations; one panel for each round.

    :param theories: for each round the bid in equilibrium, as a function of the valuation.
    :param buyers: number of Buyers of each item in the theory.
    :param kind: ``.svg`` or ``.png``.
    :raises OSError: if the file cannot be written.
    """
    columns = min(len(rounds), 4)
    lines = -(-len(rounds) // columns)
    bids = [bid for each in rounds for bid in each.bids]
    valuations = sorted({bid.valuation for bid in bids})
    highest = max(valuations[-1], *(bid.amount for bid in bids))
    with matplotlib.rc_context(SETTINGS):
        figure = Figure(figsize=(max(5, 3.1 * columns), 3.1 * lines + 0.5))
        panels = figure.subplots(lines, columns, sharex=True, sharey=True, squeeze=False)
        for axes, each, theory in zip(panels.flat, rounds, theories, strict=False):
            if theory is not None:
                line = [theory(valuation) for valuation in valuations]
                axes.plot(valuations, line, color=ORANGE, linestyle="--", linewidth=1.2)
            _draw_class_bids(axes, each)
            axes.set_xlim(0, 1.06 * valuations[-1])
            axes.set_ylim(0, 1.06 * highest)
            axes.set_xlabel("valuation, dollars")
        for axes in panels.flat[len(rounds) :]:
            axes.set_axis_off()
        for axes in panels[:, 0]:
            axes.set_ylabel("last bid, dollars")
        marks: dict[str, dict[str, Any]] = {
            "bid": {"marker": ".", "linestyle": "", "color": BLUE},
            "winning bid": {
                "marker": "o",
                "linestyle": "",
                "color": BLUE,
                "markerfacecolor": "none",
            },
            "bid = valuation": {"color": GREY, "linestyle": ":"},
            f"theory, {counted(buyers, 'Buyer')}": {"color": ORANGE, "linestyle": "--"},
        }
        handles = [Line2D([], [], label=label, **style) for label, style in marks.items()]
        figure.legend(handles=handles, frameon=False, loc="outside lower center", ncols=4)
        _save(figure, file, kind)


def _draw_class_bids(axes: Axes, each: ClassRound) -> None:
    axes.axline((0, 0), slope=1, color=GREY, linestyle=":", linewidth=0.8)
    for has_won, marker, size in ((False, ".", 5), (True, "o", 6)):
        made = [bid for bid in each.bids if bid.has_won is has_won]
        axes.plot(
            [bid.valuation for bid in made],
            [bid.amount for bid in made],
            marker,
            color=BLUE,
            markersize=size,
            markerfacecolor="none" if has_won else BLUE,
            alpha=0.75,
        )
    start = f", from ${each.lowest_price}" if each.lowest_price > 1 else ""
    axes.set_title(f"{printable(each.format)}{start}")


def _save(figure: Figure, file: IO[bytes], kind: str) -> None:
    form = kind.lower().removeprefix(".")
    # Without a date, the same numbers give the same file.
    metadata = {"Date": None} if form == "svg" else None
    figure.savefig(file, format=form, dpi=150, metadata=metadata)
