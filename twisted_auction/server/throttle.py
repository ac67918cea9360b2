"""The rate limit of one connection."""

from twisted.internet.interfaces import IReactorTime

BURST = 2
"""Largest allowance of a connection, in seconds' worth of lines."""

INITIAL_CREDIT = 1.0
"""Initial allowance of a new connection, in seconds' worth of lines. Below :data:`BURST` so that
reconnecting gains nothing; enough to watch a room, take a seat there
(``server.lobby.VERB_COSTS``), and say something at once."""

MAX_DEBT = 10
"""Largest debt of a connection, in seconds' worth of lines. A single expensive question in a house
of many thousand rooms must not silence its client for minutes."""

MAX_THROTTLED_SECONDS = 60.0
"""Seconds for which a client may keep sending more than is read. While nothing is read from a
connection, its end goes unnoticed: a client that floods and disconnects would keep its place for
days."""


class ThrottledTooLong(Exception):
    """A client has sent too much for more than :data:`MAX_THROTTLED_SECONDS`."""


class Throttle:
    """Tells how long to pause a connection.

    :param rate: lines a second; 0: no limit.
    """

    # A token bucket of BURST seconds' worth of lines, counted as a debt instead of a balance: no
    # debt is a full bucket. Each line adds to the debt, and each second pays off `rate` lines. A
    # debt may exceed the size of the bucket, so an expensive request is charged after it was
    # answered: in full, up to MAX_DEBT.

    __slots__ = ("_clock", "_excess_since", "_owed", "_owed_at", "_rate")

    def __init__(self, clock: IReactorTime, rate: float) -> None:
        self._clock = clock
        self._rate = rate
        self._owed = (BURST - INITIAL_CREDIT) * rate  # in lines, at the time _owed_at
        self._owed_at = clock.seconds()
        self._excess_since: float | None = None  # since when more lines come than are allowed

    def charge(self, lines: float) -> float:
        """Charge for input.

        :param lines: the cost of the input, in lines.
        :return: seconds to pause, until the next line is allowed.
        :raises ThrottledTooLong: if the connection must end.
        """
        rate = self._rate
        if not rate:
            return 0.0
        now = self._clock.seconds()
        owed = max(self._owed - (now - self._owed_at) * rate, 0) + lines
        self._owed, self._owed_at = min(owed, MAX_DEBT * rate), now
        excess = self._owed + 1 - BURST * rate
        if excess <= -rate:  # a second's worth: less may be the server's own delay
            self._excess_since = None
        if excess <= 0:
            return 0.0
        if self._excess_since is None:
            self._excess_since = now
        if now > self._excess_since + MAX_THROTTLED_SECONDS:
            raise ThrottledTooLong
        return excess / rate
