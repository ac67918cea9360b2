"""One line in the log for each request, without secrets."""

from urllib.parse import unquote_to_bytes

from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger
from twisted.web.server import Request

LINES_PER_SECOND = 20
"""Largest number of lines a second. Further requests are counted only."""

MAX_PATH = 100
"""Characters of a path in the log."""

SECRET = b"/join/"
"""The text before a pass code in a path."""

_log = Logger(namespace="auction.web")


class AccessLog:
    """Logs requests at level debug, with no address of a client, no cookie and no pass code.

    :param clock: counts the lines of a second.
    """

    def __init__(self, clock: IReactorTime) -> None:
        self._clock = clock
        self._second = -1
        self._lines = 0
        self._missing = 0

    def write(self, request: Request) -> None:
        """Log a request, unless there were too many in this second."""
        second = int(self._clock.seconds())
        if second != self._second:
            self._second, self._lines = second, 0
            if self._missing:
                _log.debug("Requests that are not logged: {missing}", missing=self._missing)
                self._missing = 0
        if self._lines >= LINES_PER_SECOND:
            self._missing += 1
            return
        self._lines += 1
        _log.debug(
            "{method} {path}: {status}, {sent} bytes",
            method=_shown(request.method),
            path=masked(request.path),
            status=request.code,
            sent=request.sentLength,
        )


def masked(path: bytes) -> str:
    """A path for the log: without the text after ``/join/``, also in a mistyped address."""
    is_secret = SECRET in unquote_to_bytes(path).lower()
    return _shown(SECRET + b"...") if is_secret else _shown(path)


def _shown(text: bytes) -> str:
    return ascii(text[:MAX_PATH].decode("latin-1"))[1:-1]
