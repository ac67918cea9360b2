"""The content of a picture; only a person can tell if it is good."""

import io
import re
import struct
import xml.etree.ElementTree as ET
from collections.abc import Callable, Sequence
from typing import IO, Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from twisted.trial.unittest import SynchronousTestCase

from twisted_auction.lab import plots
from twisted_auction.lab.bidders import Uniform, parse_strategy
from twisted_auction.lab.classroom import ClassBid, ClassRound
from twisted_auction.lab.engine import request_for
from twisted_auction.lab.experiment import Summary, Treatment, Trial, theory_for, trials
from twisted_auction.lab.plots import draw_class, draw_play, draw_truth
from twisted_auction.lab.theory import Expectation, Outcome
from twisted_auction.rules.events import Sold
from twisted_auction.rules.formats import format_of

VALUATIONS = Uniform(100)


def summaries(*names: str) -> list[Summary]:
    """Forty auctions in each of these formats, with a strategy behind a slash or in equilibrium."""
    treatments = []
    for name in names:
        kind, _, strategy = name.partition("/")
        request = request_for(kind, 1, 3, VALUATIONS.highest)
        followed = parse_strategy(strategy or "equilibrium", format_of(request), 3, 1, VALUATIONS)
        treatments.append(Treatment(name, request, (followed,) * 3))
    rows = [Summary(treatment, theory_for(treatment, VALUATIONS)) for treatment in treatments]
    for together in trials(treatments, VALUATIONS, 40, 1):
        for summary, trial in zip(rows, together, strict=True):
            summary.add(trial)
    return rows


class PlotTestCase(SynchronousTestCase):
    def drawn(self, draw: Callable[[IO[bytes]], None]) -> bytes:
        """A picture."""
        file = io.BytesIO()
        draw(file)
        return file.getvalue()


def texts(picture: bytes) -> list[str]:
    """Every text in a picture except numbers, in any order."""
    found = [
        "".join(element.itertext())
        for element in ET.fromstring(picture).iter()
        if element.tag.endswith("}text")
    ]
    return sorted(text for text in found if not re.fullmatch(r"[−\d.]+", text))


def points(line: Any) -> list[tuple[float, float]]:
    """The coordinates of a line's points."""
    return [(float(x), float(y)) for x, y in line.get_xydata()]


TABLES = {
    "first-price": {
        3: Outcome(True, 3),
        1: Outcome(False, 0),
        4: Outcome(True, 4),
        2: Outcome(True, 2),
    },
    "second-price": {
        3: Outcome(True, 1),
        1: Outcome(False, 0),
        4: Outcome(True, 1),
        2: Outcome(True, 1),
    },
}


class TruthTests(PlotTestCase):
    def test_texts(self) -> None:
        self.assertEqual(
            texts(self.drawn(lambda file: draw_truth(TABLES, 3, file, ".svg"))),
            sorted(
                [
                    *("bid, dollars", "bid, dollars", "utility, dollars"),
                    *("first-price: the best is $1", "truthful: bid $3"),
                    *("second-price: the best is $2", "truthful: bid $3"),
                ]
            ),
        )

    def test_data(self) -> None:
        """The utility of each bid, and of the truthful bid at any place in the table."""
        figures: list[Figure] = []
        self.patch(plots, "_save", lambda figure, *_: figures.append(figure))
        draw_truth(TABLES, 3, io.BytesIO(), ".svg")
        panels = figures[0].axes
        curves = [
            [(3, 0), (1, 0), (4, -1), (2, 1)],
            [(3, 2), (1, 0), (4, 2), (2, 2)],
        ]
        for axes, curve in zip(panels, curves, strict=True):
            drawn = [points(line) for line in axes.lines]
            self.assertIn(curve, drawn)
            self.assertIn(curve[:1], drawn)


class PlayTests(PlotTestCase):
    def test_texts(self) -> None:
        names = ["first-price", "second-price", "english", "dutch"]
        rows = summaries(*names)
        self.assertEqual(
            texts(self.drawn(lambda file: draw_play(rows, file, ".svg"))),
            sorted(
                [
                    *(*names, *names, *["valuation, dollars"] * 4),
                    *("revenue, dollars", "last bid, dollars", "theory", "mean, 95 % interval"),
                ]
            ),
        )

    def test_files(self) -> None:
        """The same auctions give the same file, with the points as an image; a PNG starts with its
        size.
        """
        rows = summaries("first-price")
        picture = self.drawn(lambda file: draw_play(rows, file, ".svg"))
        self.assertEqual(self.drawn(lambda file: draw_play(rows, file, ".svg")), picture)
        self.assertIn(b"<image", picture)
        png = self.drawn(lambda file: draw_play(rows, file, ".PNG"))
        self.assertTrue(png.startswith(b"\x89PNG\r\n"))
        self.assertEqual(struct.unpack(">2I", png[16:24]), (7 * 150, 6 * 150))

    def test_no_bid_and_no_theory(self) -> None:
        """Without bids there is nothing to draw, and no error."""
        treatment = Treatment(
            "english",
            request_for("english", 110, 3, 100),
            summaries("english/sniping")[0].treatment.strategies,
        )
        summary = Summary(treatment, None)
        for (trial,) in trials([treatment], VALUATIONS, 40, 1):
            summary.add(trial)
        self.assertEqual(summary.revenue.mean, 0)
        self.assertIn("english", texts(self.drawn(lambda file: draw_play([summary], file, ".svg"))))


class DataTests(SynchronousTestCase):
    """Positions, read from the drawing itself."""

    def summary(self, theory: Expectation | None, trials: Sequence[Trial]) -> Summary:
        summary = Summary(summaries("english")[0].treatment, theory)
        for trial in trials:
            summary.add(trial)
        return summary

    def axes(self) -> Axes:
        return Figure().subplots()

    def test_bids(self) -> None:
        """The bids made, not the limits, against the valuations."""
        rows = [
            Trial((90, 60, 20), (91, 61, 21), {2: 60, 1: 70}, Sold(1, 70, 70)),
            Trial((10, 80, 40), (11, 81, 41), {3: 30, 2: 50}, Sold(2, 50, 50)),
        ]
        axes = self.axes()
        plots._draw_bids(axes, self.summary(None, rows))
        self.assertIn(
            [(60, 60), (90, 70), (40, 30), (80, 50)], [points(line) for line in axes.lines]
        )

    def test_revenues(self) -> None:
        """Each mean in its place, and the expected value, if there is one, across it."""
        rows = [
            Trial((90, 60, 20), (90, 60, 20), {}, Sold(1, price, price)) for price in (60, 70, 80)
        ]
        theory = Expectation(revenue=66.0, utility=11.0, efficiency=1.0)
        axes = self.axes()
        plots._draw_revenues(axes, [self.summary(None, rows), self.summary(theory, rows[:2])])
        drawn = [points(line) for line in axes.lines]
        self.assertIn([(0, 70)], drawn)
        self.assertIn([(1, 65)], drawn)
        segments: list[Any] = []
        for collection in axes.collections:
            segments += collection.get_segments()  # type: ignore[attr-defined]
        across = [[(float(x), float(y)) for x, y in segment] for segment in segments]
        self.assertEqual(
            [one for one in across if one[0][0] != one[1][0]], [[(0.7, 66), (1.3, 66)]]
        )
        margin = self.summary(None, rows).revenue.margin
        self.assertIn([(0, 70 - margin), (0, 70 + margin)], across)


class ClassTests(PlotTestCase):
    ROUNDS = (
        ClassRound("first-price", 1, 1, [ClassBid(100, 80, True), ClassBid(50, 45, False)], [80]),
        ClassRound("all-pay", 10, 1, [ClassBid(40, 30, False)]),
    )

    THEORIES = (lambda valuation: valuation // 2, None)

    def test_texts(self) -> None:
        self.assertEqual(
            texts(self.drawn(lambda file: draw_class(self.ROUNDS, self.THEORIES, 5, file, ".svg"))),
            sorted(
                [
                    *("valuation, dollars", "valuation, dollars", "last bid, dollars"),
                    *("first-price", "all-pay, from $10"),
                    *("bid", "winning bid", "bid = valuation", "theory, 5 Buyers"),
                ]
            ),
        )

    def test_data(self) -> None:
        """The bids of losers, of winners, and of the theory, over all valuations of the class."""
        figures: list[Figure] = []
        self.patch(plots, "_save", lambda figure, *_: figures.append(figure))
        draw_class(self.ROUNDS, self.THEORIES, 5, io.BytesIO(), ".svg")
        first, second = [[points(line) for line in axes.lines] for axes in figures[0].axes]
        for curve in ([(40, 20), (50, 25), (100, 50)], [(50, 45)], [(100, 80)]):
            self.assertIn(curve, first)
        self.assertIn([(40, 30)], second)
        self.assertNotIn([(40, 20), (50, 25), (100, 50)], second)

    def test_many_rounds(self) -> None:
        """Four panels a line; no panel is lost."""
        figures: list[Figure] = []
        self.patch(plots, "_save", lambda figure, *_: figures.append(figure))
        draw_class(self.ROUNDS * 3, self.THEORIES * 3, 5, io.BytesIO(), ".svg")
        titles = [axes.get_title() for axes in figures[0].axes]
        self.assertEqual(titles, ["first-price", "all-pay, from $10"] * 3 + ["", ""])
