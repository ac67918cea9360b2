"""The scorecard of a check, with a result for each row of the rubric, and its reports."""

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


class RowFailed(Exception):
    """The program under test fails a row. The text names the expected behaviour."""


class ActAborted(Exception):
    """A required row has failed, so the rest of the act cannot be played."""


class Outcome(Enum):
    """The outcome of a row; the values are printed."""

    PASSED = "passed"
    FAILED = "FAILED"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class RubricRow:
    """One row of the rubric.

    :param name: for programs that read the report.
    :param text: the requirement, for people.
    """

    name: str
    text: str


@dataclass(slots=True)
class Result:
    """The result of a row.

    :param reason: one sentence; empty if the row has passed.
    :param transcript: of the act, if the row has failed: one line for each event.
    :param seconds: duration of the row.
    """

    row: RubricRow
    outcome: Outcome
    reason: str = ""
    transcript: tuple[str, ...] = ()
    seconds: float = 0.0


MAX_QUOTED = 300
"""Largest number of characters quoted of one message in a transcript."""


MAX_LINES = 200
"""Largest number of lines kept of a transcript: one half from its start, the other from its end."""


@dataclass(slots=True)
class Transcript:
    """The lines sent and received in an act, in order.

    A program under test may send without end, so the middle of a long transcript is left out.
    """

    clock: IReactorTime
    _first: list[str] = field(default_factory=list)
    _last: deque[str] = field(default_factory=partial(deque, maxlen=MAX_LINES // 2))
    _left_out: int = 0
    _began: float = 0.0

    @property
    def lines(self) -> list[str]:
        """The lines, with a note in place of those left out."""
        gap = [f"... {counted(self._left_out, 'line')} left out ..."] if self._left_out else []
        return [*self._first, *gap, *self._last]

    def clear(self) -> None:
        """Start with the transcript of a new act."""
        self._first.clear()
        self._last.clear()
        self._left_out = 0
        self._began = self.clock.seconds()

    def add(self, name: str, verb: str, text: str = "") -> None:
        """Add a line: the actor, the verb, and the text on the connection or the console."""
        quoted = f" {text[:MAX_QUOTED]!r}" if text else ""
        if len(text) > MAX_QUOTED:
            quoted += f" and {len(text) - MAX_QUOTED} more characters"
        line = f"{self.clock.seconds() - self._began:6.2f} s  {name} {verb}{quoted}"
        # The start shows how the act began, and the end why the row failed.
        if len(self._first) < MAX_LINES // 2:
            self._first.append(line)
            return
        self._left_out += len(self._last) == self._last.maxlen
        self._last.append(line)


class Scorecard:
    """Records the result of each row.

    :param rows: every row of the check, in the order of the report.
    :param clock: times the rows.
    :param on_result: called with the number of the row, from 1, and its result, as soon as the
        result is known.
    """

    def __init__(
        self,
        rows: Sequence[RubricRow],
        clock: IReactorTime,
        on_result: Callable[[int, Result], object] = lambda number, result: None,
    ) -> None:
        self._rows = {row.name: row for row in rows}
        self._clock = clock
        self._on_result = on_result
        self._results: dict[str, Result] = {}
        self.transcript = Transcript(clock)

    @property
    def results(self) -> list[Result]:
        """The results so far, in the order of the report."""
        return [self._results[name] for name in self._rows if name in self._results]

    @property
    def has_passed(self) -> bool:
        """True if no row has failed."""
        return all(result.outcome is not Outcome.FAILED for result in self.results)

    @property
    def has_first_row_failed(self) -> bool:
        """True if the first row has failed: without a connection, no other row can pass."""
        first = self._results.get(next(iter(self._rows)))
        return first is not None and first.outcome is Outcome.FAILED

    @contextmanager
    def row(self, name: str, is_required: bool = False) -> Iterator[None]:
        """Record the result of a row from this block: it fails if the block raises
        :exc:`RowFailed`.

        :param is_required: True if the rest of the act needs this row.
        :raises ActAborted: if a required row fails.
        """
        began = self._clock.seconds()
        try:
            yield
        except RowFailed as failure:
            transcript = tuple(self.transcript.lines)
            seconds = self._clock.seconds() - began
            self._record(name, Outcome.FAILED, str(failure), transcript, seconds)
            if is_required:
                raise ActAborted from None
        else:
            self._record(name, Outcome.PASSED, seconds=self._clock.seconds() - began)

    def skip(self, name: str, reason: str) -> None:
        """Record that a row is skipped."""
        self._record(name, Outcome.SKIPPED, reason)

    def finish(self) -> None:
        """Record all rows without a result as failed."""
        # An aborted act leaves rows without a result: they count as failed.
        for name in self._rows:
            if name not in self._results:
                self._record(name, Outcome.FAILED, "It was not reached.")

    def _record(
        self,
        name: str,
        outcome: Outcome,
        reason: str = "",
        transcript: tuple[str, ...] = (),
        seconds: float = 0.0,
    ) -> None:
        result = Result(self._rows[name], outcome, reason, transcript, seconds)
        self._results[name] = result
        self._on_result(list(self._rows).index(name) + 1, result)


def as_text(number: int, result: Result) -> str:
    """A result as text: one line, and below a failed row the reason and the transcript."""
    lines = [f"{number:2}  {result.outcome.value:7}  {result.row.text}"]
    if result.reason:
        lines.append(f"{'':13}{printable(result.reason)}")
    lines += [f"{'':13}| {printable(line)}" for line in result.transcript]
    return "\n".join(lines)


def summary(title: str, results: Sequence[Result]) -> str:
    """The number of rows that have passed, failed and been skipped, in one line."""
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
    """The report as JUnit XML, the format of graders and CI servers."""
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
        # XML 1.0 cannot have control characters, not even escaped.
        reason = printable(result.reason)
        if result.outcome is Outcome.FAILED:
            failure = ET.SubElement(case, "failure", message=reason)
            failure.text = "\n".join(map(printable, result.transcript))
        elif result.outcome is Outcome.SKIPPED:
            ET.SubElement(case, "skipped", message=reason)
    ET.indent(suite)
    return ET.tostring(suite, encoding="unicode", xml_declaration=True)
