"""Sending notifications: order, attempts, and their end."""

import json
from functools import partial
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectionRefusedError
from twisted.internet.task import Clock
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase
from twisted.web.http_headers import Headers
from twisted.web.iweb import IAgent, IBodyProducer, IResponse
from zope.interface import implementer

from tests.support import logged_lines
from twisted_auction.ledger.row import SECOND
from twisted_auction.ledger.store import Notification
from twisted_auction.server import notifier as notifier_module
from twisted_auction.server.notifier import (
    FIRST_DELAY,
    LIFETIME,
    MAX_AT_ONCE,
    MAX_DELAY,
    MAX_RETRY_AFTER,
    Notifier,
)
from twisted_auction.server.notify_settings import NotifySettings
from twisted_auction.server.webhook import TIMEOUT, sign

SECRET = bytes(range(32))
SETTINGS = NotifySettings("https://example.org/hook/token", SECRET)
BEGIN = 1_800_000_000.0


class Request:
    """A request that waits for its answer."""

    def __init__(self, headers: Headers, body: bytes) -> None:
        self.headers = headers
        self.body = body
        self.is_cancelled = False
        self.answer: Deferred[IResponse] = Deferred(self._cancel)

    def _cancel(self, _: Deferred[IResponse]) -> None:
        self.is_cancelled = True

    @property
    def id(self) -> str:
        (id,) = self.headers.getRawHeaders("webhook-id") or []
        return id

    def respond(self, code: int, has_end: bool = True, **headers: str) -> None:
        self.answer.callback(Response(code, headers, has_end))  # type: ignore[arg-type]


class Response:
    """An answer, whose body ends at once, or never."""

    def __init__(self, code: int, headers: dict[str, str], has_end: bool) -> None:
        self.code = code
        fields = [(key.replace("_", "-"), text) for key, text in headers.items()]
        self.headers = Headers({key.encode(): [text.encode("latin-1")] for key, text in fields})
        self._has_end = has_end
        self.is_cut = False

    def deliverBody(self, protocol: Any) -> None:  # noqa: N802
        protocol.makeConnection(self)
        if self._has_end:
            protocol.dataReceived(b"ok")
            protocol.connectionLost(Failure(ConnectionRefusedError()))

    def stopProducing(self) -> None:
        self.is_cut = True


class Consumer:
    def __init__(self) -> None:
        self.data = b""

    def write(self, data: bytes) -> None:
        self.data += data


@implementer(IAgent)
class FakeAgent:
    """Keeps requests until a test answers them."""

    def __init__(self) -> None:
        self.requests: list[Request] = []

    def request(
        self,
        method: bytes,
        uri: bytes,
        headers: Headers | None = None,
        bodyProducer: IBodyProducer | None = None,
    ) -> Deferred[IResponse]:
        assert (method, uri) == (b"POST", b"https://example.org/hook/token")
        assert headers is not None and bodyProducer is not None
        consumer = Consumer()
        bodyProducer.startProducing(consumer)
        assert bodyProducer.length == len(consumer.data)
        request = Request(headers, consumer.data)
        self.requests.append(request)
        return request.answer


class NotifierTestCase(SynchronousTestCase):
    def setUp(self) -> None:
        self.clock = Clock()
        self.agent = FakeAgent()
        self.done: list[str] = []
        self.closings = 0
        self.notifier = Notifier(
            self.clock,
            self.agent,
            SETTINGS,
            now=lambda: BEGIN + self.clock.seconds(),
            jitter=lambda: 1.0,
            close=self.note_closing,
        )
        self.logged = logged_lines(self)

    def note_closing(self) -> None:
        self.closings += 1

    def carry(self, id: str, paddle: int = 17, kind: str = "won") -> None:
        at = round((BEGIN + self.clock.seconds()) * SECOND)
        notification = Notification(id, "art", 1, 0, paddle, kind, at, '[{"type": "you_lost"}]')
        self.notifier.carry(notification, lambda: self.done.append(id))

    @property
    def ids(self) -> list[str]:
        """The ids of all requests until now."""
        return [request.id for request in self.agent.requests]

    @property
    def last(self) -> Request:
        return self.agent.requests[-1]


class RequestTests(NotifierTestCase):
    def test_signed(self) -> None:
        self.clock.advance(0.25)
        self.carry("aa")
        headers = self.last.headers
        body = (
            b'{"id": "aa", "kind": "won", "room": "art", "paddle": 17, '
            b'"at": "2027-01-15T08:00:00.250+00:00", "letter": [{"type": "you_lost"}], '
            b'"lines": ["Unfortunately you did not win in the last round."]}'
        )
        self.assertEqual(self.last.body, body)
        self.assertEqual(headers.getRawHeaders("webhook-timestamp"), ["1800000000"])
        self.assertEqual(headers.getRawHeaders("content-type"), ["application/json"])
        signature = sign(SECRET, "aa", 1_800_000_000, body)
        self.assertEqual(headers.getRawHeaders("webhook-signature"), [signature])
        self.assertEqual(self.done, [])
        self.last.respond(204)
        self.assertEqual(self.done, ["aa"])
        self.assertEqual(self.logged, [])

    def test_each_attempt_is_signed(self) -> None:
        """Its timestamp is new, and its id is not."""
        self.carry("aa")
        self.last.respond(500)
        self.clock.advance(FIRST_DELAY)
        self.assertEqual(self.ids, ["aa", "aa"])
        self.assertEqual(self.last.headers.getRawHeaders("webhook-timestamp"), ["1800000005"])
        signature = sign(SECRET, "aa", 1_800_000_005, self.last.body)
        self.assertEqual(self.last.headers.getRawHeaders("webhook-signature"), [signature])


class OrderTests(NotifierTestCase):
    def test_one_after_the_other(self) -> None:
        """For one person."""
        self.carry("aa")
        self.carry("bb")
        self.assertEqual(self.ids, ["aa"])
        self.last.respond(503)
        self.assertEqual(self.ids, ["aa"])
        self.clock.advance(FIRST_DELAY)
        self.last.respond(200)
        self.assertEqual(self.ids, ["aa", "aa", "bb"])
        self.last.respond(200)
        self.assertEqual(self.done, ["aa", "bb"])
        self.carry("cc")
        self.assertEqual(self.last.id, "cc")

    def test_few_at_once(self) -> None:
        for paddle in range(1, 8):
            self.carry(f"id-{paddle}", paddle)
        self.assertEqual(len(self.agent.requests), MAX_AT_ONCE)
        self.agent.requests[2].respond(200)
        self.assertEqual(len(self.agent.requests), MAX_AT_ONCE + 1)
        self.assertEqual(self.last.id, "id-5")

    def test_one_person_delays_no_other(self) -> None:
        self.carry("aa", 17)
        self.last.respond(500)
        self.carry("bb", 40)
        self.last.respond(200)
        self.assertEqual(self.done, ["bb"])


class AttemptsTests(NotifierTestCase):
    def delays(self, count: int, code: int = 500, **headers: Any) -> list[float]:
        """The seconds from so many failures to the next attempts."""
        delays = []
        for _ in range(count):
            self.last.respond(code, **headers)
            before, began = len(self.agent.requests), self.clock.seconds()
            while len(self.agent.requests) == before:
                self.clock.advance(1)
            delays.append(self.clock.seconds() - began)
        return delays

    def test_backoff(self) -> None:
        self.carry("aa")
        self.assertEqual(self.delays(9), [5, 10, 20, 40, 80, 160, 320, MAX_DELAY, MAX_DELAY])
        self.last.respond(200)
        self.assertEqual(self.done, ["aa"])
        self.assertEqual(
            self.logged,
            [
                "https://example.org does not take notifications: the answer has status 500. They "
                "are sent again later.",
                "https://example.org takes notifications again.",
            ],
        )

    def test_jitter(self) -> None:
        self.notifier = Notifier(self.clock, self.agent, SETTINGS, jitter=lambda: 0.5)
        self.carry("aa")
        self.last.answer.errback(ConnectionRefusedError())
        self.clock.advance(FIRST_DELAY / 2)
        self.assertEqual(self.ids, ["aa", "aa"])

    def test_retry_after(self) -> None:
        """Seconds or a date, within bounds, and never less than the usual delay."""
        date = "Fri, 15 Jan 2027 08:01:00 GMT"
        for text, delay in [
            ("60", 60),
            ("1", 5),
            ("9" * 40, MAX_RETRY_AFTER),
            ("soon", 5),
            ("-5", 5),
            ("Thu, 01 Jan 1970 00:00:00 GMT", 5),
            (date, 60),
        ]:
            for code in (429, 503):
                self.setUp()
                self.carry("aa")
                self.assertEqual(self.delays(1, code, retry_after=text), [delay], text)

    def test_no_answer(self) -> None:
        self.carry("aa")
        self.clock.advance(TIMEOUT)
        self.assertTrue(self.last.is_cancelled)
        self.clock.advance(FIRST_DELAY)
        self.assertEqual(self.ids, ["aa", "aa"])
        self.assertIn("no answer in 10 seconds", self.logged[0])

    def test_answer_without_an_end(self) -> None:
        """The status counts, and the connection is cut."""
        for code, done in ((200, ["aa"]), (500, [])):
            self.setUp()
            self.carry("aa")
            self.last.respond(code, has_end=False)
            self.assertEqual(self.done, [])
            self.clock.advance(TIMEOUT)
            self.assertEqual(self.done, done)

    def test_refused_for_good(self) -> None:
        for code in (400, 401, 404, 410, 422):
            self.setUp()
            self.carry("aa")
            self.carry("bb")
            self.last.respond(code)
            self.assertEqual(self.done, ["aa"])
            self.assertEqual(self.last.id, "bb")
            self.last.respond(code)
            self.assertEqual(len(self.logged), 1)
            self.assertEqual(
                self.logged[0],
                f"A notification for paddle 17 is given up: the answer has status {code}. Further "
                "ones that are given up are not logged, until one arrives.",
            )

    def test_logged_again(self) -> None:
        """Each time after the receiver has taken a notification."""
        for _ in range(2):
            for id in ("aa", "bb", "cc"):
                self.carry(id)
            self.delays(1)
            self.last.respond(200)
            for code in (410, 200):
                self.last.respond(code)
        self.assertEqual(
            [line.partition(" ")[0] for line in self.logged],
            [*("https://example.org", "https://example.org", "A")] * 2,
        )

    def test_refused_with_a_wish(self) -> None:
        """Whatever the receiver wishes, in any bytes, a final answer is final."""
        for text in ("60", "\xff", f"Thu, 01 Jan {'9' * 20} 00:00:00 GMT"):
            self.setUp()
            self.carry("aa")
            self.last.respond(410, retry_after=text)
            self.assertEqual(self.done, ["aa"], text)

    def test_tried_again(self) -> None:
        """Redirects are not followed."""
        for code in (199, 300, 302, 307, 408, 429, 500, 503):
            self.setUp()
            self.carry("aa")
            self.assertEqual(self.delays(1, code, location="https://example.com"), [FIRST_DELAY])

    def test_a_day(self) -> None:
        """After it, the notification is given up; later ones of the person are not."""
        self.carry("aa")
        while self.clock.seconds() < LIFETIME:
            self.assertEqual(self.done, [])
            self.delays(1)
        self.carry("bb")
        self.last.respond(500)
        self.assertEqual(self.done, ["aa"])
        self.assertEqual(self.last.id, "bb")
        self.assertIn("given up: the answer has status 500", self.logged[-1])

    def test_news_of_the_moment(self) -> None:
        """It is not sent when it is too late."""
        for kind, seconds in (("ending", 600), ("outbid", 3600), ("started", 3600)):
            self.setUp()
            self.carry("aa")
            self.carry("bb", kind=kind)
            self.carry("cc")
            while self.clock.seconds() <= seconds:
                self.delays(1)
            self.last.respond(200)
            self.assertEqual(self.done, ["aa", "bb"])
            self.assertNotIn("bb", self.ids)
            self.assertEqual(self.last.id, "cc")
            self.assertEqual(
                self.logged[-1],
                "A notification for paddle 17 is given up: it is too late for this news. Further "
                "ones that are given up are not logged, until one arrives.",
            )

    def test_age_of_another_run(self) -> None:
        """After a long stop, a result is tried once."""
        old = Notification("aa", "art", 1, 0, 17, "won", round((BEGIN - 1e6) * SECOND), "[]")
        self.notifier.carry(old, lambda: self.done.append("aa"))
        self.assertEqual(self.ids, ["aa"])
        self.last.respond(500)
        self.assertEqual(self.done, ["aa"])


class StopTests(NotifierTestCase):
    def test_stop(self) -> None:
        """Nothing is done or sent after it, and the notifier can begin again."""
        for paddle in (17, 40, 41):
            self.carry(f"id-{paddle}", paddle)
        self.agent.requests[0].respond(500)
        self.agent.requests[1].respond(200, has_end=False)
        self.notifier.stop()
        self.assertTrue(self.agent.requests[2].is_cancelled)
        self.assertEqual(self.closings, 1)
        self.assertEqual(self.clock.getDelayedCalls(), [])
        self.assertEqual(self.done, [])
        self.carry("again")
        self.last.respond(200)
        self.assertEqual(self.done, ["again"])


class PropertyTests(SynchronousTestCase):
    @given(
        st.lists(
            st.one_of(
                st.tuples(st.just("carry"), st.integers(1, 6)),
                st.tuples(st.just("answer"), st.sampled_from((200, 204, 302, 404, 429, 500))),
                st.tuples(st.just("wait"), st.sampled_from((1, 11, 700))),
            ),
            max_size=60,
        )
    )
    def test_each_once_and_in_order(self, steps: list[tuple[str, int]]) -> None:
        """Whatever a receiver answers: few requests at once, one for each person, in the order of
        the news, and each is done once at last."""
        clock, agent = Clock(), FakeAgent()
        notifier = Notifier(clock, agent, SETTINGS, now=lambda: BEGIN + clock.seconds())
        wanted: dict[int, list[str]] = {}
        done: dict[int, list[str]] = {}

        def is_open(request: Request) -> bool:
            return not request.answer.called

        def check() -> None:
            paddles = [json.loads(each.body)["paddle"] for each in agent.requests if is_open(each)]
            self.assertLessEqual(len(paddles), MAX_AT_ONCE)
            self.assertEqual(len(set(paddles)), len(paddles))

        for number, (step, value) in enumerate(steps):
            waiting = [each for each in agent.requests if is_open(each)]
            if step == "carry":
                id = f"id-{number}"
                at = round((BEGIN + clock.seconds()) * SECOND)
                wanted.setdefault(value, []).append(id)
                notifier.carry(
                    Notification(id, "art", 1, 0, value, "won", at, "[]"),
                    partial(done.setdefault(value, []).append, id),
                )
            elif step == "wait":
                clock.advance(value)
            elif waiting:
                waiting[0].respond(value)
            check()
        for _ in range(1000):
            if done == wanted:
                break
            for request in agent.requests:
                if is_open(request):
                    request.respond(200)
            clock.advance(MAX_DELAY)
            check()
        self.assertEqual(done, wanted)
        self.assertEqual(clock.getDelayedCalls(), [])

    @given(st.text(st.characters(max_codepoint=255)), st.floats(0, 2e9))
    def test_retry_after(self, text: str, now: float) -> None:
        """Any header gives no delay, or one that is not negative."""
        response = Response(503, {"retry_after": text.replace("\r", "").replace("\n", "")}, True)
        delay = notifier_module._retry_after(response, now)  # type: ignore[arg-type]
        self.assertTrue(delay is None or delay >= 0)
