"""The doors of a sale: the time at which it begins.

A time of day is read in a time zone. When its clocks change, some times do not exist, and others
exist twice. Both are refused.
"""

import re
import time
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from twisted.internet.interfaces import IReactorTime

from twisted_auction.ledger.journal import Ledger
from twisted_auction.ledger.row import SECOND
from twisted_auction.rules.commands import MoveStart
from twisted_auction.rules.sentences import Sentence

_TIME = re.compile(r"(?:(\d{4}-\d\d-\d\d)[Tt ])?(\d\d:\d\d(?::\d\d)?)", re.ASCII)


class TimeIsPast(Exception):
    """A time of day in the settings of a house is past; the text is a sentence."""


@dataclass(frozen=True, slots=True)
class Doors:
    """When a sale begins.

    :param starts: a time with a time zone, or ``now`` (when its house opens), or ``order``.
    :param zone: the time zone for times in orders; None is that of the system.
    :raises ValueError: if ``starts`` is neither.
    """

    starts: datetime | Literal["now", "order"]
    zone: tzinfo | None = None

    def __post_init__(self) -> None:
        if isinstance(self.starts, datetime):
            if self.starts.utcoffset() is None:
                raise ValueError(f"starts must have a time zone, not {self.starts.isoformat()!r}")
        elif self.starts not in ("now", "order"):
            raise ValueError(f"starts must be a time, 'now' or 'order', not {self.starts!r}")

    def starts_at(self, wall_clock: "WallClock", when: float) -> float | None:
        """The instant at which a sale begins that opens its doors now; None if it is by order.

        :param when: this instant, on the clock of the rooms.
        :raises TimeIsPast: if the time is past.
        """
        if isinstance(self.starts, datetime):
            return wall_clock.instant(self.starts)
        return when if self.starts == "now" else None

    def check(self, now: datetime) -> None:
        """Check that the time of the start is not past.

        :raises TimeIsPast: if it is.
        """
        if isinstance(self.starts, datetime):
            _check_future(self.starts, now)

    def move(self, text: str, wall_clock: "WallClock") -> MoveStart:
        """The order to move the start to a time, as an operator writes it, or to ``order``.

        :raises ValueError: as :func:`parse_time`.
        :raises TimeIsPast: if the time is past.
        """
        if text.lower() == "order":
            return MoveStart(None)
        return MoveStart(wall_clock.instant(parse_time(text, self.zone, wall_clock.now)))

    @classmethod
    def parse(cls, text: str, zone: tzinfo | None, now: datetime) -> "Doors":
        """Read the doors of a sale as an operator writes them.

        :raises ValueError: as :func:`parse_time`.
        """
        match text.lower():
            case "now":
                return cls("now", zone)
            case "order":
                return cls("order", zone)
        try:
            return cls(parse_time(text, zone, now), zone)
        except NotATime as error:
            raise NotATime(f"now, order or {error}") from None


class NotATime(ValueError):
    """The text is no time; it must be this."""


def parse_zone(name: str) -> tzinfo:
    """Find a time zone by its name.

    :raises ValueError: if there is none.
    """
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(
            f"no time zone is called {name!r}; one is called Europe/Berlin, for example"
        ) from None


def parse_time(text: str, zone: tzinfo | None, now: datetime) -> datetime:
    """Read a time, such as ``2026-12-05T19:00``, or ``19:00`` for today.

    :param zone: its time zone; None is that of the system.
    :raises NotATime: if the text is no time.
    :raises ValueError: if there is no such time, or two; the text says so.
    """
    found = _TIME.fullmatch(text)
    if found is None:
        raise NotATime("a time, such as 2026-12-05T19:00, or 19:00 for today")
    day, time_of_day = found.groups()
    local = now.astimezone(zone)
    try:
        today = local.date() if day is None else date.fromisoformat(day)
        naive = datetime.fromisoformat(f"{today}T{time_of_day}")
    except ValueError:
        raise ValueError(f"there is no time {text}") from None
    return local_time(naive, zone, text)


def local_time(naive: datetime, zone: tzinfo | None, text: str) -> datetime:
    """The time that a clock on the wall shows once.

    :param naive: what the clock shows.
    :param text: the same, as it was written.
    :raises ValueError: if there is no such time, or two; the text says so.
    """
    try:
        # Before a change of the clock, fold 0 counts on with the old offset, and fold 1 with the
        # new one. Without a change, both are the same instant.
        first, second = (naive.replace(tzinfo=zone, fold=fold).timestamp() for fold in (0, 1))
        found = datetime.fromtimestamp(first, UTC).astimezone(zone)
    except (OverflowError, ValueError, OSError):
        raise ValueError(Sentence("{time} is no time of the calendar", time=text)) from None
    place = "" if zone is None else Sentence(" in {zone}", zone=str(zone))
    if first > second:
        raise ValueError(
            Sentence(
                "{time} does not exist: the clocks are put forward over it{place}",
                time=text,
                place=place,
            )
        )
    if first < second:
        raise ValueError(
            Sentence(
                "{time} exists twice: the clocks are put back over it{place}",
                time=text,
                place=place,
            )
        )
    return found


class WallClock:
    """The time of day of a house, beside the clock of its rooms.

    :param clock: the clock of the rooms.
    :param ledger: has read the time of day once, for all rows; None for a house without one.
    """

    def __init__(self, clock: IReactorTime, ledger: Ledger | None) -> None:
        self._clock = clock
        self._ledger = ledger

    @property
    def now(self) -> datetime:
        """The time of day."""
        seconds = time.time()
        if self._ledger is not None:
            seconds = self._ledger.stamp(self._clock.seconds()) / SECOND
        return datetime.fromtimestamp(seconds, UTC)

    def instant(self, when: datetime) -> float:
        """The instant of a time on the clock of the rooms, in seconds.

        :raises TimeIsPast: if it is past.
        """
        now = self.now
        _check_future(when, now)
        return self._clock.seconds() + (when - now).total_seconds()


def _check_future(when: datetime, now: datetime) -> None:
    if when <= now:
        local = now.astimezone(when.tzinfo)
        raise TimeIsPast(f"{when:%Y-%m-%dT%H:%M:%S} is past; it is {local:%Y-%m-%dT%H:%M:%S}.")
