"""The log of a test."""

from twisted.logger import LogEvent, formatEvent, globalLogPublisher
from twisted.trial.unittest import SynchronousTestCase


def logged_lines(test: SynchronousTestCase) -> list[str]:
    """A list that grows by each line that is logged during this test."""
    lines: list[str] = []

    def note(event: LogEvent) -> None:
        lines.append(formatEvent(event))

    globalLogPublisher.addObserver(note)  # type: ignore[arg-type]  # a function will do
    test.addCleanup(lambda: globalLogPublisher.removeObserver(note))  # type: ignore[arg-type]
    return lines
