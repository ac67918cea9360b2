"""Times of day as instants. The rules know no time zone and read no clock: the house does."""

from datetime import datetime
from typing import Protocol


class Calendar(Protocol):
    """The time zone of a house, and its clock on the wall."""

    @property
    def ahead(self) -> int:
        """Whole seconds by which the clock on the wall has been set ahead of the times in the
        ledger of the house, since the house opened; negative if it was set back."""

    def instant(self, time: datetime) -> float:
        """The instant of a time of day, in seconds on the caller's clock.

        Of a time that exists twice, it is the first. A time that does not exist counts on from
        before the change of the clocks.

        :param time: a time without a time zone.
        """

    def check(self, time: datetime) -> None:
        """Check that a time of day can be the end of an auction.

        :raises ValueError: if it is past or far ahead, does not exist, or exists twice; the text
            begins with the time, and has no full stop.
        """
