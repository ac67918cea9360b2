"""A calendar for tests of timed auctions without a house."""

from datetime import UTC, datetime

START = datetime(2026, 12, 1)
"""The time of day at second 0."""


class FixedCalendar:
    """A calendar without changes of the clock. Every time is still to come.

    :ivar ahead: seconds by which the clock on the wall has been set ahead.
    :ivar drift: seconds by which it is set whenever an instant has been asked for.
    """

    def __init__(self, drift: int = 0) -> None:
        self.ahead = 0
        self.drift = drift

    def instant(self, time: datetime) -> float:
        self.ahead += self.drift
        return (time - START).total_seconds() - self.ahead

    def check(self, time: datetime) -> None:
        if time < START:
            raise ValueError(f"{time:%Y-%m-%dT%H:%M} is past")


def utc(second: float) -> datetime:
    """The time of day at a second, in UTC."""
    return datetime.fromtimestamp(START.replace(tzinfo=UTC).timestamp() + second, UTC)
