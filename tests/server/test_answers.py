"""Receivers of notifications that answer anything, in memory."""

from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any, NamedTuple

from hypothesis import given
from hypothesis import strategies as st
from twisted.internet.defer import Deferred, succeed
from twisted.internet.error import ConnectionDone
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from tests.support import logged_lines
from twisted_auction.ledger.row import SECOND
from twisted_auction.ledger.store import Notification
from twisted_auction.server import webhook
from twisted_auction.server.notifier import FIRST_DELAY, MAX_RETRY_AFTER, Notifier
from twisted_auction.server.notify_settings import NotifySettings
from twisted_auction.server.webhook import FAREWELL, MAX_ANSWER, TIMEOUT, make_agent

SETTINGS = NotifySettings("http://192.0.2.1/token", bytes(32))
BEGIN = 1_800_000_000

Field = tuple[bytes, bytes]
"""The name and the value of a header field."""

TEXT = st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=40)
NUMBERS = st.integers(-10, 9999) | st.integers(0, 10**40)
RETRY_AFTER = st.one_of(
    TEXT,
    NUMBERS.map(str),
    st.datetimes(datetime(1000, 1, 1), timezones=st.sampled_from((None, UTC))).map(format_datetime),
    st.builds("Fri, 01 Jan {} 08:{}:{} {:+05}".format, NUMBERS, NUMBERS, NUMBERS, NUMBERS),
    st.builds("Fri, {:02} Jan 2027 08:00:00 {:+05}".format, NUMBERS, NUMBERS),
)
FIELDS = st.one_of(
    st.tuples(st.just(b"Retry-After"), RETRY_AFTER.map(lambda text: text.encode("latin-1"))),
    st.tuples(st.sampled_from((b"Location", b"Server")), TEXT.map(str.encode)),
)
"""Fields that change nothing in the length of an answer."""

FRAMES: list[list[Field]] = [
    [(b"Content-Length", b"3")],
    [(b"Content-Length", b"0")],
    [(b"Content-Length", b"-1")],
    [(b"Content-Length", b"9" * 5000)],
    [(b"Content-Length", b"3"), (b"Content-Length", b"4")],
    [(b"Transfer-Encoding", b"chunked")],
    [(b"Transfer-Encoding", b"gzip")],
    [(b"X", b"y" * MAX_ANSWER)],
    [(b"", b"")],
]
PARTS = st.sampled_from((b"ok!", b"3\r\nok!\r\n0\r\n\r\n", b"-1\r\n", b"z" * (MAX_ANSWER + 1)))


class Connection(NamedTuple):
    """A connection to the receiver."""

    transport: StringTransport
    protocol: Any


class Receiver:
    """Makes connections in memory, in place of an endpoint.

    :ivar connections: all of them.
    """

    def __init__(self) -> None:
        self.connections: list[Connection] = []

    def connect(self, factory: Any) -> Deferred[Any]:
        """Connect at once."""
        protocol = factory.buildProtocol(None)
        self.connections.append(Connection(StringTransport(), protocol))
        protocol.makeConnection(self.connections[-1].transport)
        return succeed(protocol)


class AnswerTests(SynchronousTestCase):
    """A notification is done, or exactly one later attempt waits for its time."""

    def setUp(self) -> None:
        self.receiver = Receiver()
        self.patch(webhook, "HostnameEndpoint", lambda *address, timeout: self.receiver)
        self.logged = logged_lines(self)

    def play(self, answer: bytes, size: int, stays: bool) -> float | None:
        """Answer one notification, and then stop.

        :param answer: all bytes that arrive.
        :param size: number of bytes that arrive at once.
        :param stays: True if the receiver says nothing more, False if it closes the connection.
        :return: the seconds to the next attempt; None if the notification is done.
        """
        self.receiver.connections.clear()
        self.logged.clear()
        clock, done = Clock(), []
        agent, pool = make_agent(clock, 4)
        notifier = Notifier(
            clock,
            agent,
            SETTINGS,
            now=lambda: BEGIN + clock.seconds(),
            jitter=lambda: 1.0,
            close=pool.closeCachedConnections,
        )
        notification = Notification("aa", "art", 1, 0, 17, "won", BEGIN * SECOND, "[]")
        notifier.carry(notification, lambda: done.append(clock.seconds()))
        (connection,) = self.receiver.connections
        for at in range(0, len(answer), size):
            if connection.transport.disconnecting:
                break
            connection.protocol.dataReceived(answer[at : at + size])

        def attempts() -> list[Any]:
            return [call for call in clock.getDelayedCalls() if "_end_pause" in str(call)]

        if stays and not done and not attempts():
            clock.advance(TIMEOUT)
        if not stays or connection.transport.disconnecting:
            connection.protocol.connectionLost(Failure(ConnectionDone()))
        self.assertEqual(len(done) + len(attempts()), 1)
        delay = None if done else attempts()[0].getTime() - clock.seconds()
        notifier.stop()
        clock.advance(FAREWELL)
        self.assertEqual(clock.getDelayedCalls(), [])
        self.assertEqual(len(self.receiver.connections), 1)
        return delay

    @given(
        st.integers(200, 599),
        st.lists(FIELDS, max_size=3),
        st.sampled_from([[], *FRAMES[:2]]),
        st.booleans(),
    )
    def test_status(
        self, status: int, fields: list[Field], frame: list[Field], stays: bool
    ) -> None:
        """The status decides, whether the body ends or not. A wish to wait is within bounds."""
        delay = self.play(written(status, [*fields, *frame]), 1000, stays)
        if 200 <= status < 300:
            self.assertEqual((delay, self.logged), (None, []))
        elif 400 <= status < 500 and status not in (408, 429):
            self.assertIsNone(delay)
            self.assertIn(f"given up: the answer has status {status}.", self.logged[0])
        else:
            assert delay is not None
            self.assertTrue(FIRST_DELAY <= delay <= MAX_RETRY_AFTER, delay)
            self.assertIn(f"notifications: the answer has status {status}.", self.logged[0])
        self.assertTrue(all(line.isprintable() for line in self.logged))

    @given(
        st.one_of(
            st.binary(max_size=80).filter(lambda data: b" 1" not in data),
            st.builds(
                lambda status, fields, frame, body, end: (
                    written(status, [*fields, *frame]) + b"".join(body)
                )[:end],
                st.integers(200, 999),
                st.lists(FIELDS, max_size=3),
                st.sampled_from(FRAMES),
                st.lists(PARTS, max_size=3),
                st.none() | st.integers(0, 200),
            ),
        ),
        st.sampled_from((1, 7, 1000, 10**6)),
        st.booleans(),
    )
    def test_anything(self, answer: bytes, size: int, stays: bool) -> None:
        """Nothing but a whole head with a final status ends the attempts, and nothing is logged but
        lines for the operator."""
        delay = self.play(answer, size, stays)
        if b"\r\n\r\n" not in answer:
            self.assertIsNotNone(delay)
        self.assertLessEqual(len(self.logged), 1)
        self.assertTrue(all(line.isprintable() for line in self.logged))


def written(status: int, fields: list[Field]) -> bytes:
    """The head of an answer."""
    lines = [b"HTTP/1.1 %d Oh" % status, *(b"%s: %s" % field for field in fields)]
    return b"".join(line + b"\r\n" for line in (*lines, b""))
