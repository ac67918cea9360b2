"""The requests of notifications, and receivers that answer wrongly, on real sockets."""

import base64
import hashlib
import hmac
import json
import os
import tempfile
from pathlib import Path
from typing import Any
from unittest.mock import Mock, patch

from twisted.internet import reactor as _reactor
from twisted.internet.defer import Deferred
from twisted.internet.endpoints import serverFromString
from twisted.internet.protocol import Factory, Protocol
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase, TestCase
from twisted.web.client import ResponseFailed

from tests.processes import certify
from twisted_auction.ledger.store import Notification
from twisted_auction.server import notifier as notifier_module
from twisted_auction.server import notify_settings
from twisted_auction.server.notifier import Notifier, make_notifier
from twisted_auction.server.notify_settings import NotifySettings, parse_secret
from twisted_auction.server.webhook import MAX_ANSWER, sign, signed_request

reactor: Any = _reactor
SECRET = bytes(range(32))
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
NOTIFICATION = Notification(
    "0a" * 16, "art", 3, 0, 17, "won", 1_800_000_000_250_000_000, '[{"type": "you_lost"}]'
)


class SecretTests(SynchronousTestCase):
    def test_parse(self) -> None:
        text = base64.b64encode(SECRET)
        for data in (text, text + b"\n", b"whsec_" + text, b" " + text + b"\r\n"):
            self.assertEqual(parse_secret(data), SECRET)

    def test_lengths(self) -> None:
        for length, is_right in ((23, False), (24, True), (64, True), (65, False)):
            secret = bytes(length)
            if is_right:
                self.assertEqual(parse_secret(base64.b64encode(secret)), secret)
                self.assertEqual(NotifySettings("http://localhost/", secret).secret, secret)
            else:
                self.assertRaises(ValueError, parse_secret, base64.b64encode(secret))
                self.assertRaises(ValueError, NotifySettings, "http://localhost/", secret)

    def test_wrong(self) -> None:
        for data in (
            b"",
            b"hello",
            b"!" * 40,
            base64.b64encode(bytes(23)),
            b"A" * 1000,
            b"\xff" * 40,
            base64.b64encode(SECRET)[:20] + b"!" + base64.b64encode(SECRET)[20:],
        ):
            with self.assertRaises(ValueError) as caught:
                parse_secret(data)
            self.assertEqual(
                str(caught.exception),
                "it must have 24 to 64 random bytes in base64, as from: openssl rand -base64 32",
            )
            self.assertNotIn("hello", str(caught.exception))

    def test_signature(self) -> None:
        """As a receiver computes it, in its own way."""
        signed = hmac.new(SECRET, b'ab.1800000000.{"a": 1}', hashlib.sha256).digest()
        expected = "v1," + base64.b64encode(signed).decode()
        self.assertEqual(sign(SECRET, "ab", 1_800_000_000, b'{"a": 1}'), expected)

    def test_letter_of_another_version(self) -> None:
        """It has no lines."""
        _, body = signed_request(SECRET, NOTIFICATION._replace(letter='[{"type": "new"}]'), 1)
        consumer: Any = Mock()
        body.startProducing(consumer)
        fields = json.loads(consumer.write.call_args.args[0])
        self.assertEqual((fields["letter"], fields["lines"]), ([{"type": "new"}], []))

    def test_names_in_any_script(self) -> None:
        letter = json.dumps([{"type": "on_sale", "item_name": "Größe 剣"}])
        headers, body = signed_request(SECRET, NOTIFICATION._replace(letter=letter), 1)
        consumer: Any = Mock()
        body.startProducing(consumer)
        (data,) = consumer.write.call_args.args
        self.assertEqual(len(data), body.length)
        self.assertIn("Größe 剣".encode(), data)
        signature = sign(SECRET, NOTIFICATION.id, 1, data)
        self.assertEqual(headers.getRawHeaders("webhook-signature"), [signature])


class SettingsTests(SynchronousTestCase):
    def test_wrong(self) -> None:
        a_url = "the address must be a URL such as https://example.org/auction"
        for url, reason in [
            ("", a_url),
            ("example.org", a_url),
            ("ftp://example.org", a_url),
            ("http://", a_url),
            ("http://:80/", a_url),
            ("http://a:99999/", a_url),
            ("http://a:0/", a_url),
            ("http://[::1/", a_url),
            (
                "https://u:p@example.org/",
                "the address must have no user and no password: the secret signs",
            ),
            (
                "https://@example.org/",
                "the address must have no user and no password: the secret signs",
            ),
            (
                "https://example.org/#a",
                "the address must have no part after #, which no server is sent",
            ),
            ("https://example.org/a b", "the address must be a URL of printable ASCII characters"),
            (
                "https://example.org/\r\nX: y",
                "the address must be a URL of printable ASCII characters",
            ),
            ("https://exämple.org/", "the address must be a URL of printable ASCII characters"),
        ]:
            with self.assertRaises(ValueError) as caught:
                NotifySettings(url, SECRET)
            self.assertEqual(str(caught.exception), reason, url)
        with self.assertRaises(ValueError) as caught:
            NotifySettings("https://example.org/", b"short")
        self.assertEqual(str(caught.exception), "the secret must be 24 to 64 bytes")

    def test_without_tls(self) -> None:
        self.patch(notify_settings, "find_spec", lambda name: None)
        NotifySettings("http://example.org/", SECRET)
        with self.assertRaises(ValueError) as caught:
            NotifySettings("https://example.org/", SECRET)
        self.assertEqual(str(caught.exception), "TLS needs: pip install 'twisted-auction[tls]'")

    def test_greetings(self) -> None:
        clear = "They travel in the clear. On a network that others can read, use https://"
        for url, place, is_clear in [
            ("https://example.org/token", "https://example.org", False),
            ("http://127.0.0.1:8000/token", "http://127.0.0.1:8000", False),
            ("http://localhost/token?a=b", "http://localhost", False),
            ("http://[::1]:80/token", "http://[::1]:80", False),
            ("http://10.0.0.1/token", "http://10.0.0.1", True),
            ("http://example.org/token", "http://example.org", True),
        ]:
            settings = NotifySettings(url, SECRET)
            expected = [f"Notifications go to {place}.", *([clear] if is_clear else [])]
            self.assertEqual(settings.greetings, expected)
            self.assertNotIn("token", repr(settings))
            self.assertNotIn(repr(SECRET), repr(settings))


class Hostile(Protocol):
    """A receiver that writes something after each request."""

    factory: "Receiver"

    def connectionMade(self) -> None:
        self.factory.connections.append(self)

    def dataReceived(self, data: bytes) -> None:
        self.factory.received.append(data)
        self.factory.answer(self)

    def connectionLost(self, reason: Any = None) -> None:
        self.factory.connections.remove(self)
        self.factory.lost.append(reason.type.__name__)
        if self.factory.all_lost is not None and not self.factory.connections:
            self.factory.all_lost.callback(None)


class Receiver(Factory):
    protocol = Hostile  # type: ignore[assignment]  # as Twisted has it
    noisy = False

    def __init__(self, answer: Any) -> None:
        self.answer = answer
        self.received: list[bytes] = []
        self.connections: list[Hostile] = []
        self.lost: list[str] = []
        self.all_lost: Deferred[None] | None = None


class NetworkTestCase(TestCase):
    timeout = 60

    def setUp(self) -> None:
        self.patch(notifier_module, "TIMEOUT", 0.3)
        self.patch(notifier_module, "FIRST_DELAY", 0.01)

    async def begin(self, answer: Any, port: str = "tcp:0:interface=127.0.0.1") -> Receiver:
        """Start a receiver.

        :param answer: is called with the protocol after each piece of a request.
        """
        receiver = Receiver(answer)
        listening = await serverFromString(reactor, port).listen(receiver)
        self.addCleanup(self.end, receiver)
        self.addCleanup(listening.stopListening)
        self.port = listening.getHost().port
        return receiver

    def end(self, receiver: Receiver) -> Deferred[None] | None:
        if not receiver.connections:
            return None
        receiver.all_lost = Deferred()
        for connection in receiver.connections:
            transport: Any = connection.transport
            transport.abortConnection()
        return receiver.all_lost

    def notifier(self, scheme: str = "http", host: str = "127.0.0.1") -> Notifier:
        settings = NotifySettings(f"{scheme}://{host}:{self.port}/token", SECRET)
        notifier = make_notifier(reactor, settings)
        self.addCleanup(notifier.stop)
        return notifier

    def carry(self, notifier: Notifier, paddle: int = 17) -> Deferred[None]:
        """Send a notification, and wait until it was sent or given up."""
        done: Deferred[None] = Deferred()
        notification = NOTIFICATION._replace(paddle=paddle, at=int(4e18))
        notifier.carry(notification, lambda: done.callback(None))
        return done


def responses(*answers: bytes) -> Any:
    """Answer one request after another; the last answer stays."""
    left = list(answers)

    def answer(protocol: Protocol) -> None:
        assert protocol.transport is not None
        protocol.transport.write(left.pop(0) if len(left) > 1 else left[0])

    return answer


class ReceiverTests(NetworkTestCase):
    async def test_taken(self) -> None:
        """Two requests, over one connection."""
        receiver = await self.begin(responses(OK))
        notifier = self.notifier()
        await self.carry(notifier)
        await self.carry(notifier)
        self.assertEqual(len(receiver.connections), 1)
        self.assertEqual(len(receiver.received), 2)
        self.assertTrue(receiver.received[0].startswith(b"POST /token HTTP/1.1\r\n"))

    async def test_says_no_at_first(self) -> None:
        error = b"HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n"
        receiver = await self.begin(responses(error, error, OK))
        await self.carry(self.notifier())
        self.assertEqual(len(receiver.received), 3)

    async def test_redirect(self) -> None:
        """It is not followed."""
        other = await self.begin(responses(OK))
        location = f"Location: http://127.0.0.1:{self.port}/\r\n".encode()
        moved = b"HTTP/1.1 307 Elsewhere\r\nContent-Length: 0\r\n" + location + b"\r\n"
        receiver = await self.begin(responses(moved, OK))
        await self.carry(self.notifier())
        self.assertEqual((len(receiver.received), len(other.received)), (2, 0))

    async def test_never_answers(self) -> None:
        """Its connection is cut, and the next attempt has another one."""
        silent = [b"", OK]
        receiver = await self.begin(responses(*silent))
        await self.carry(self.notifier())
        self.assertEqual(len(receiver.received), 2)

    async def test_hangs_up(self) -> None:
        def answer(protocol: Any) -> None:
            if len(protocol.factory.received) == 1:
                protocol.transport.loseConnection()
            else:
                protocol.transport.write(OK)

        receiver = await self.begin(answer)
        await self.carry(self.notifier())
        self.assertEqual(len(receiver.received), 2)

    async def test_no_http(self) -> None:
        await self.begin(responses(b"220 mail.example.org ESMTP\r\n", OK))
        await self.carry(self.notifier())

    async def test_endless_headers(self) -> None:
        """They are cut, and cost little memory."""
        await self.endless(b"HTTP/1.1 200 OK\r\n", b"X: %s\r\n" % (b"x" * 1000))

    async def test_endless_body(self) -> None:
        """The status counts."""
        receiver = await self.endless(b"HTTP/1.1 200 OK\r\n\r\n", bytes(1000), attempts=1)
        self.assertEqual(len(receiver.received), 1)

    async def test_slow_body(self) -> None:
        await self.begin(responses(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nx"))
        await self.carry(self.notifier())

    async def endless(self, first: bytes, rest: bytes, attempts: int = 2) -> Receiver:
        """Receive an answer without an end; perhaps the next attempt is taken."""
        sent = 0

        def answer(protocol: Any) -> None:
            if len(protocol.factory.received) == attempts and attempts > 1:
                protocol.transport.write(OK)
                return
            protocol.transport.write(first)
            more(protocol)

        def more(protocol: Any) -> None:
            nonlocal sent
            if protocol in protocol.factory.connections and sent < 100 * MAX_ANSWER:
                protocol.transport.write(rest)
                sent += len(rest)
                reactor.callLater(0, more, protocol)

        receiver = await self.begin(answer)
        await self.carry(self.notifier())
        self.assertLess(sent, 100 * MAX_ANSWER)
        return receiver

    async def test_others_are_not_delayed(self) -> None:
        """A receiver that never answers about some persons; auctions have no part in it."""

        def answer(protocol: Any) -> None:
            if b'"paddle": 40' in protocol.factory.received[-1]:
                protocol.transport.write(OK)

        await self.begin(answer)
        notifier = self.notifier()
        for paddle in (17, 18, 19):
            notifier.carry(NOTIFICATION._replace(paddle=paddle, at=int(4e18)), self.fail)
        await self.carry(notifier, 40)


class TlsTests(NetworkTestCase):
    async def test_certificate(self) -> None:
        """One that no authority of the system has signed is refused: nothing is sent."""
        folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        certify(folder)
        port = f"ssl:0:interface=127.0.0.1:privateKey={folder}/key.pem:certKey={folder}/cert.pem"
        receiver = await self.begin(responses(OK), port)
        notifier = self.notifier("https", "localhost")
        failed: Deferred[str] = Deferred()
        explain = notifier_module._explained

        def explained(failure: Any) -> Any:
            result = explain(failure)
            if not failed.called:
                reactor.callLater(0, failed.callback, result.reason)
            return result

        self.patch(notifier_module, "_explained", explained)
        self.patch(notifier_module, "FIRST_DELAY", 600)
        notifier.carry(NOTIFICATION._replace(at=int(4e18)), self.fail)
        self.assertIn("certificate verify failed", await failed)
        self.assertEqual(receiver.received, [])
        self.flushWarnings()  # of Twisted about pyOpenSSL

    async def test_trusted(self) -> None:
        folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        certify(folder)
        self.enterContext(patch.dict(os.environ, SSL_CERT_FILE=str(folder / "cert.pem")))
        port = f"ssl:0:interface=127.0.0.1:privateKey={folder}/key.pem:certKey={folder}/cert.pem"
        receiver = await self.begin(responses(OK), port)
        await self.carry(self.notifier("https", "localhost"))
        self.flushWarnings()  # of Twisted about pyOpenSSL
        self.assertEqual(len(receiver.received), 1)


class ExplanationTests(SynchronousTestCase):
    def test_one_line(self) -> None:
        inner = Failure(ValueError("first\nsecond" + "x" * 500))
        failed = notifier_module._explained(Failure(ResponseFailed([inner])))
        self.assertEqual(len(failed.reason), 200)
        self.assertTrue(failed.reason.startswith("firstsecond"))
        self.assertEqual(notifier_module._explained(Failure(KeyError())).reason, "KeyError")
