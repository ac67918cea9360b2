"""The times of day of a house, for the ends of timed auctions.

The rooms count seconds on a clock of their own. The clock on the wall can be set, and an end is a
time on it. Once a minute, :mod:`~twisted_auction.house.end_watch` compares the two.
"""

import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta, tzinfo

from twisted.internet.interfaces import IReactorTime

from twisted_auction.house.doors import TimeIsPast, local_time
from twisted_auction.ledger.journal import Ledger
from twisted_auction.ledger.row import SECOND
from twisted_auction.rules.refusals import InvalidRequest
from twisted_auction.rules.request import Lot
from twisted_auction.rules.sentences import Sentence
from twisted_auction.rules.terms import Terms
from twisted_auction.rules.timed import check_times

FARTHEST_END = timedelta(days=366)
"""An end farther ahead is taken for a mistyped year."""


class HouseCalendar:
    """The :class:`~twisted_auction.rules.calendar.Calendar` of a house.

    :param clock: the clock of the rooms.
    :param zone: the time zone of the house; None for that of the system.
    :param now: returns the time of day, in nanoseconds since 1970.
    :ivar ledger: has read the time of day once, for all rows; None in a house without one.
    :ivar on_asked: is called when the instant of an end is asked for: from then on, it matters
        whether the clock on the wall is set.
    """

    def __init__(
        self,
        clock: IReactorTime,
        zone: tzinfo | None = None,
        now: Callable[[], int] = time.time_ns,
    ) -> None:
        self.ledger: Ledger | None = None
        self.on_asked: Callable[[], object] = lambda: None
        self._clock = clock
        self._zone = zone
        self._now = now

    def of(self, ledger: Ledger | None) -> "HouseCalendar":
        """This calendar, for a house with this ledger."""
        self.ledger = ledger
        return self

    @property
    def offset(self) -> float:
        """Seconds to add to an instant on the clock of the rooms, for the seconds since 1970. It
        changes only if one of the two clocks is set."""
        return self._now() / SECOND - self._clock.seconds()

    @property
    def here(self) -> tuple[str, str]:
        """The time of day, as a request may have it, and the name of the time zone."""
        now = datetime.fromtimestamp(self._now() // SECOND, UTC).astimezone(self._zone)
        return _written(now.replace(second=0)), str(self._zone or now.tzname())

    @property
    def ahead(self) -> int:
        """Seconds that the clock on the wall was set ahead since the ledger was opened."""
        if self.ledger is None:
            return 0
        return round(self.offset - self.ledger.stamp(0) / SECOND)

    def instant(self, time: datetime) -> float:
        """The instant of a time of day, on the clock of the rooms."""
        self.on_asked()
        return time.replace(tzinfo=self._zone, fold=0).timestamp() - self.offset

    def check(self, time: datetime) -> None:
        """Check that a time of day can be the end of an auction.

        :raises ValueError: if it cannot.
        """
        text = _written(time)
        end = local_time(time, self._zone, text)
        now = datetime.fromtimestamp(self._clock.seconds() + self.offset, UTC)
        here = _written(now.astimezone(self._zone))
        if end <= now:
            raise ValueError(Sentence("{time} is past; it is {now}", time=text, now=here))
        if end > now + FARTHEST_END:
            raise ValueError(
                Sentence("{time} is more than a year ahead; it is {now}", time=text, now=here)
            )


def check_ends(lots: Iterable[Lot], terms: Terms) -> None:
    """Check the ends of the lots of a new sale.

    :raises TimeIsPast: if one is past, or no time of the calendar; the text is a sentence.
    """
    for number, lot in enumerate(lots, 1):
        try:
            check_times(terms, lot.request)
        except InvalidRequest as refusal:
            raise TimeIsPast(f"lot {lot.label or number}: {refusal.reason}") from None


def _written(time: datetime) -> str:
    """A time of day as a request has it."""
    return time.replace(tzinfo=None).isoformat(timespec="seconds" if time.second else "minutes")
