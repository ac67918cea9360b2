"""Sends notifications to the receiver of the operator, again and again until it takes them.

A notification is sent at least once, always with the same id. The notifications of one person keep
their order. Each person has attempts of its own: a receiver that fails for one person does not
delay the news of another.
"""

import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime
from random import uniform
from typing import Any

from twisted.internet.defer import CancelledError, Deferred, TimeoutError
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger
from twisted.python.failure import Failure
from twisted.web.client import ResponseFailed
from twisted.web.iweb import IAgent, IResponse

from twisted_auction.house.personal_news import ENDING, HOLDS, OUTBID, STARTED
from twisted_auction.ledger.row import SECOND
from twisted_auction.ledger.store import Notification
from twisted_auction.server.notify_settings import NotifySettings
from twisted_auction.server.webhook import TIMEOUT, discard, make_agent, signed_request

MAX_AT_ONCE = 4
"""Number of requests at once."""

FIRST_DELAY = 5.0
"""Seconds until the second attempt, which double with each further attempt."""

MAX_DELAY = 600.0
"""Maximum seconds between two attempts."""

MAX_RETRY_AFTER = 3600.0
"""Maximum seconds between two attempts, if the receiver asks for so many."""

LIFETIME = 24 * 3600.0
"""Seconds after an event in which its notification is tried again."""

LIFETIMES = {ENDING: 600.0, OUTBID: 3600.0, HOLDS: 3600.0, STARTED: 3600.0}
"""The same for news of the moment. They are not sent later than this."""

TRY_AGAIN = frozenset({408, 429})
"""The statuses 4xx after which a notification is sent again. Another one will not change."""

_log = Logger(namespace="auction")


@dataclass(slots=True)
class _Task:
    """A notification to send.

    :ivar attempts: number of attempts that have failed.
    """

    notification: Notification
    done: Callable[[], object]
    attempts: int = 0


@dataclass(frozen=True, slots=True)
class _Failed(Exception):
    """An attempt has failed, for this reason.

    :param is_final: True if another attempt is useless.
    :param delay: seconds for which the receiver asks to wait; None if it does not.
    """

    reason: str
    is_final: bool = False
    delay: float | None = None


class Notifier:
    """Sends notifications; see :class:`~twisted_auction.house.notifications.Carrier`.

    :param agent: sends a request.
    :param now: returns the seconds since 1970.
    :param jitter: returns a random factor for a delay, so that several houses do not come together.
    :param close: closes the idle connections of the agent.
    """

    def __init__(
        self,
        clock: IReactorTime,
        agent: IAgent,
        settings: NotifySettings,
        now: Callable[[], float] = time.time,
        jitter: Callable[[], float] = lambda: uniform(0.5, 1),
        close: Callable[[], object] = lambda: None,
    ) -> None:
        self._clock = clock
        self._agent = agent
        self._settings = settings
        self._now = now
        self._jitter = jitter
        self._close = close
        # By paddle. A paddle with tasks is ready, has a request, or waits for its next attempt.
        self._tasks: dict[int, deque[_Task]] = {}
        self._ready: deque[int] = deque()
        self._requests: dict[int, Deferred[None]] = {}
        self._pauses: dict[int, IDelayedCall] = {}
        self._is_failing = False
        self._given_up: set[int] = set()  # the paddles for which this was logged

    def carry(self, notification: Notification, done: Callable[[], object]) -> None:
        """Send a notification, after all earlier ones of the same person.

        :param done: is called once it was sent, or given up.
        """
        paddle = notification.paddle
        if paddle not in self._tasks:
            self._tasks[paddle] = deque()
            self._ready.append(paddle)
        self._tasks[paddle].append(_Task(notification, done))
        self._send_ready()

    def stop(self) -> None:
        """Send nothing more, and call no ``done``. Cut the connections."""
        requests, self._requests = self._requests, {}
        for pause in self._pauses.values():
            pause.cancel()
        self._pauses = {}
        self._tasks = {}
        self._ready.clear()
        for request in requests.values():
            request.cancel()
        self._close()

    def _send_ready(self) -> None:
        """Begin as many requests as may be."""
        while self._ready and len(self._requests) < MAX_AT_ONCE:
            paddle = self._ready.popleft()
            task = self._tasks[paddle][0]
            notification = task.notification
            if notification.kind in LIFETIMES and self._is_late(notification):
                self._give_up(task, "it is too late for this news")
                continue
            request = Deferred.fromCoroutine(self._post(notification))
            self._requests[paddle] = request
            request.addTimeout(TIMEOUT, self._clock)
            request.addBoth(self._answered, paddle, request)

    async def _post(self, notification: Notification) -> None:
        """Send a notification.

        :raises _Failed: if the receiver has not taken it.
        """
        now = self._now()
        request = signed_request(self._settings.secret, notification, int(now))
        response = await self._agent.request(b"POST", self._settings.url.encode("ascii"), *request)
        # The status decides: an answer without an end takes nothing back.
        with suppress(CancelledError):
            await discard(response)
        if not 200 <= response.code < 300:
            raise _Failed(
                f"the answer has status {response.code}",
                400 <= response.code < 500 and response.code not in TRY_AGAIN,
                _retry_after(response, now),
            )

    def _answered(self, result: Failure | None, paddle: int, request: Deferred[None]) -> None:
        """Go on after a request."""
        if self._requests.get(paddle) is not request:
            return  # stopped
        del self._requests[paddle]
        task = self._tasks[paddle][0]
        if result is None:
            self._note_success(paddle)
            self._end(task)
        else:
            self._note_failure(task, _explained(result), paddle)
        self._send_ready()

    def _note_success(self, paddle: int) -> None:
        self._given_up.discard(paddle)
        if self._is_failing:
            self._is_failing = False
            _log.info("{place} takes notifications again.", place=self._settings.place)

    def _note_failure(self, task: _Task, failed: _Failed, paddle: int) -> None:
        task.attempts += 1
        if failed.is_final or self._is_late(task.notification):
            self._give_up(task, failed.reason)
            return
        if not self._is_failing:
            self._is_failing = True
            _log.warn(
                "{place} does not take notifications: {reason}. They are sent again later.",
                place=self._settings.place,
                reason=failed.reason,
            )
        delay = min(FIRST_DELAY * 2.0 ** min(task.attempts - 1, 30), MAX_DELAY) * self._jitter()
        if failed.delay is not None:
            delay = max(delay, min(failed.delay, MAX_RETRY_AFTER))
        self._pauses[paddle] = self._clock.callLater(delay, self._end_pause, paddle)

    def _end_pause(self, paddle: int) -> None:
        del self._pauses[paddle]
        self._ready.append(paddle)
        self._send_ready()

    def _end(self, task: _Task) -> None:
        """Go on with the next notification of the same person."""
        paddle = task.notification.paddle
        tasks = self._tasks[paddle]
        tasks.popleft()
        if tasks:
            self._ready.append(paddle)
        else:
            del self._tasks[paddle]
        task.done()  # which may stop everything

    def _give_up(self, task: _Task, reason: str) -> None:
        paddle = task.notification.paddle
        if paddle not in self._given_up:
            self._given_up.add(paddle)
            _log.warn(
                "A notification for paddle {paddle} is given up: {reason}. Further ones that are "
                "given up are not logged, until one arrives.",
                paddle=paddle,
                reason=reason,
            )
        self._end(task)

    def _is_late(self, notification: Notification) -> bool:
        lifetime = LIFETIMES.get(notification.kind, LIFETIME)
        return self._now() - notification.at / SECOND > lifetime


def make_notifier(reactor: Any, settings: NotifySettings) -> Notifier:
    """Make a notifier that sends over the network."""
    agent, pool = make_agent(reactor, MAX_AT_ONCE)
    return Notifier(reactor, agent, settings, close=pool.closeCachedConnections)


def _retry_after(response: IResponse, now: float) -> float | None:
    """The seconds for which a receiver asks to wait; None if it does not."""
    values = response.headers.getRawHeaders(b"Retry-After") or [b""]
    text = values[-1].decode("latin-1").strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        at = parsedate_to_datetime(text)
    except (ValueError, OverflowError):  # no date, or a number beyond any
        return None
    return max((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp() - now, 0)


def _explained(failure: Failure) -> _Failed:
    """The failure of an attempt, in one line for the operator."""
    error = failure.value
    if isinstance(error, _Failed):
        return error
    if isinstance(error, TimeoutError | CancelledError):
        return _Failed(f"no answer in {TIMEOUT:.0f} seconds")
    if isinstance(error, ResponseFailed) and error.reasons:
        error = error.reasons[-1].value
    text = "".join(filter(str.isprintable, str(error)))[:200].rstrip(".")
    return _Failed(text or type(error).__name__)
