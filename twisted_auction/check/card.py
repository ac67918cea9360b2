"""The scorecard of a check: a line for each row of the rubric, and how it is written out."""

import json
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum
from functools import partial
from xml.etree import ElementTree as ET

from twisted.internet.interfaces import IReactorTime

from twisted_auction.text import counted, printable


class Unmet(Exception):
    """The program under test did not do what a row asks; the text says what was expected."""


class ActOver(Exception):
    """The rest of an act makes no sense, because a row that it stands on has failed."""


class Outcome(Enum):
    """What became of a row."""

    PASSED = "passed"
    FAILED = "FAILED"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the rubric.

    :param name: its name in reports for programs.
    :param text: what the program under test must do, for a person to read.
    """

    name: str
    text: str


@dataclass(slots=True)
class Result:
    """What became of a row.

    :param reason: one sentence where it did not pass.
    :param transcript: where it failed, what was sent and heard in that act, a line each.
    :param seconds: how long the row took.
    """

    row: Row
    outcome: Outcome
    reason: str = ""
    transcript: tuple[str, ...] = ()
    seconds: float = 0.0


MAX_QUOTED = 300
"""Largest number of characters of one message that a transcript quotes."""


MAX_LINES = 200
"""Largest number of lines of a transcript: half of them its first ones, half its last ones."""


@dataclass(slots=True)
class Transcript:
    """What was sent and heard in an act, in order.

    A program under test may send without end, so the middle of a long transcript is left out.
    """

    clock: IReactorTime
    _first: list[str] = field(default_factory=list)
    _last: deque[str] = field(default_factory=partial(deque, maxlen=MAX_LINES // 2))
    _left_out: int = 0
    _began: float = 0.0

    @property
    def lines(self) -> list[str]:
        """The lines, and how many are left out."""
        gap = [f"... {counted(self._left_out, 'line')} left out ..."] if self._left_out else []
        return [*self._first, *gap, *self._last]

    def clear(self) -> None:
        """Begin a new act."""
        self._first.clear()
        self._last.clear()
        self._left_out = 0
        self._began = self.clock.seconds()

    def add(self, name: str, verb: str, text: str = "") -> None:
        """Add a line: who did what, with the text as it crossed the connection or the console."""
        quoted = f" {text[:MAX_QUOTED]!r}" if text else ""
        if len(text) > MAX_QUOTED:
            quoted += f" and {len(text) - MAX_QUOTED} more characters"
        line = f"{self.clock.seconds() - self._began:6.2f} s  {name} {verb}{quoted}"
        if len(self._first) < MAX_LINES // 2:
            self._first.append(line)
            return
        self._left_out += len(self._last) == self._last.maxlen
        self._last.append(line)


class Card:
    """Takes down what becomes of each row.

    :param rows: every row of the check, in the order of the report.
    :param clock: tells how long rows take.
    :param told: is told each result, with the number of its row from 1, as soon as it is known.
    """

    def __init__(
        self,
        rows: Sequence[Row],
        clock: IReactorTime,
        told: Callable[[int, Result], object] = lambda number, result: None,
    ) -> None:
        self._rows = {row.name: row for row in rows}
        self._clock = clock
        self._told = told
        self._results: dict[str, Result] = {}
        self.transcript = Transcript(clock)

    @property
    def results(self) -> list[Result]:
        """The results so far, in the order of the report."""
        return [self._results[name] for name in self._rows if name in self._results]

    @property
    def has_passed(self) -> bool:
        """Whether no row has failed."""
        return all(result.outcome is not Outcome.FAILED for result in self.results)

    @property
    def is_hopeless(self) -> bool:
        """Whether the first row, on which all others stand, has failed."""
        first = self._results.get(next(iter(self._rows)))
        return first is not None and first.outcome is Outcome.FAILED

    @contextmanager
    def row(self, name: str, is_vital: bool = False) -> Iterator[None]:
        """Do what belongs to a row.

        :param is_vital: whether the act is over where the row fails.
        :raises ActOver: where it is.
        """
        began = self._clock.seconds()
        try:
            yield
        except Unmet as unmet:
            transcript = tuple(self.transcript.lines)
            seconds = self._clock.seconds() - began
            self._take(name, Outcome.FAILED, str(unmet), transcript, seconds)
            if is_vital:
                raise ActOver from None
        else:
            self._take(name, Outcome.PASSED, seconds=self._clock.seconds() - began)

    def skip(self, name: str, reason: str) -> None:
        """Leave a row out."""
        self._take(name, Outcome.SKIPPED, reason)

    def finish(self) -> None:
        """Let the rows that were not reached have failed."""
        for name in self._rows:
            if name not in self._results:
                self._take(name, Outcome.FAILED, "It was not reached.")

    def _take(
        self,
        name: str,
        outcome: Outcome,
        reason: str = "",
        transcript: tuple[str, ...] = (),
        seconds: float = 0.0,
    ) -> None:
        result = Result(self._rows[name], outcome, reason, transcript, seconds)
        self._results[name] = result
        self._told(list(self._rows).index(name) + 1, result)


def as_text(number: int, result: Result) -> str:
    """A row for a person to read: one line, and beneath a failed one what was sent and heard."""
    lines = [f"{number:2}  {result.outcome.value:7}  {result.row.text}"]
    if result.reason:
        lines.append(f"{'':13}{printable(result.reason)}")
    lines += [f"{'':13}| {printable(line)}" for line in result.transcript]
    return "\n".join(lines)


def summary(title: str, results: Sequence[Result]) -> str:
    """How many rows have passed, failed, and been skipped, in one line."""
    counts = ", ".join(
        f"{sum(result.outcome is outcome for result in results)} {outcome.value.lower()}"
        for outcome in Outcome
    )
    return f"{title}: {counted(len(results), 'row')}, {counts}."


def as_json(title: str, results: Sequence[Result]) -> str:
    """The report as one JSON object."""
    rows = [
        {
            "name": result.row.name,
            "text": result.row.text,
            "outcome": result.outcome.value.lower(),
            "reason": result.reason,
            "transcript": list(result.transcript),
            "seconds": round(result.seconds, 3),
        }
        for result in results
    ]
    return json.dumps({"title": title, "rows": rows}, indent=2)


def as_junit(title: str, results: Sequence[Result]) -> str:
    """The report as JUnit XML, which graders and CI servers read."""
    suite = ET.Element(
        "testsuite",
        name=printable(title),
        tests=str(len(results)),
        failures=str(sum(result.outcome is Outcome.FAILED for result in results)),
        skipped=str(sum(result.outcome is Outcome.SKIPPED for result in results)),
        time=f"{sum(result.seconds for result in results):.3f}",
    )
    for result in results:
        case = ET.SubElement(
            suite,
            "testcase",
            classname="auction.check",
            name=f"{result.row.name}: {result.row.text}",
            time=f"{result.seconds:.3f}",
        )
        reason = printable(result.reason)
        if result.outcome is Outcome.FAILED:
            failure = ET.SubElement(case, "failure", message=reason)
            failure.text = "\n".join(map(printable, result.transcript))
        elif result.outcome is Outcome.SKIPPED:
            ET.SubElement(case, "skipped", message=reason)
    ET.indent(suite)
    return ET.tostring(suite, encoding="unicode", xml_declaration=True)
