"""The requests of notifications: one signed POST each.

They follow the specification `Standard Webhooks <https://www.standardwebhooks.com>`_: the header
``webhook-id`` has the id of the notification, ``webhook-timestamp`` the seconds since 1970 of this
attempt, and ``webhook-signature`` is ``v1,`` with an HMAC-SHA256 in base64 over the id, the
timestamp and the body, joined by full stops. A receiver refuses old timestamps, and ids that it
knows.
"""

import json
from base64 import b64encode
from datetime import UTC, datetime
from hmac import digest
from importlib.metadata import version
from typing import Any

from twisted.internet.defer import Deferred, succeed
from twisted.internet.endpoints import HostnameEndpoint, wrapClientTLS
from twisted.internet.interfaces import (
    IConsumer,
    IDelayedCall,
    IProtocol,
    IProtocolFactory,
    IReactorTime,
    IStreamClientEndpoint,
)
from twisted.internet.protocol import Protocol, connectionDone
from twisted.protocols.policies import ProtocolWrapper, WrappingFactory
from twisted.python.failure import Failure
from twisted.web.client import URI, Agent, HTTPConnectionPool
from twisted.web.http_headers import Headers
from twisted.web.iweb import IAgentEndpointFactory, IBodyProducer, IResponse
from zope.interface import implementer

from twisted_auction.ledger.row import SECOND
from twisted_auction.ledger.store import Notification
from twisted_auction.wire.json import parse

TIMEOUT = 10.0
"""Seconds for one request, from the connection to the end of the answer."""

MAX_ANSWER = 16 * 1024
"""Maximum bytes of one answer, its headers included. The connection of a longer one is cut."""

FAREWELL = 5.0
"""Seconds for the other side to close an idle connection."""


def sign(secret: bytes, id: str, timestamp: int, body: bytes) -> str:
    """The signature of a request.

    :param timestamp: seconds since 1970.
    """
    code = digest(secret, f"{id}.{timestamp}.".encode() + body, "sha256")
    return f"v1,{b64encode(code).decode()}"


def signed_request(
    secret: bytes, notification: Notification, timestamp: int
) -> "tuple[Headers, _Body]":
    """The headers and the body of a request.

    :param timestamp: this instant, in seconds since 1970.
    """
    at = datetime.fromtimestamp(notification.at / SECOND, UTC)
    fields = {
        "id": notification.id,
        "kind": notification.kind,
        "room": notification.room,
        "paddle": notification.paddle,
        "at": at.isoformat(timespec="milliseconds"),
        "letter": json.loads(notification.letter),
        "lines": _lines(notification.letter),
    }
    body = json.dumps(fields, ensure_ascii=False).encode("utf-8")
    headers = {
        "Content-Type": ["application/json"],
        "User-Agent": [f"twisted-auction/{version('twisted-auction')}"],
        "webhook-id": [notification.id],
        "webhook-timestamp": [str(timestamp)],
        "webhook-signature": [sign(secret, notification.id, timestamp, body)],
    }
    return Headers(headers), _Body(body)


def _lines(letter: str) -> list[str]:
    """The messages of a letter as lines of text, as a terminal shows them.

    :return: empty if the letter was written by another version of this program.
    """
    try:
        lines = [str(message) for message in parse(letter.encode("utf-8"))]
    except ValueError:
        return []
    return [line for line in lines if line]  # some messages have no line


def make_agent(reactor: Any, connections: int) -> tuple[Agent, HTTPConnectionPool]:
    """Make an agent whose answers are bounded.

    :param connections: number of idle connections that are kept for the next request.
    :return: the agent and its connections.
    """
    pool = HTTPConnectionPool(reactor)
    pool.maxPersistentPerHost = connections
    pool.cachedConnectionTimeout = 30
    pool.retryAutomatically = False  # the caller counts attempts
    return Agent.usingEndpointFactory(reactor, _Endpoints(reactor), pool), pool


@implementer(IBodyProducer)
class _Body:
    """A body that is written at once.

    :ivar length: bytes.
    """

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.length = len(data)

    def startProducing(self, consumer: IConsumer) -> Deferred[None]:
        consumer.write(self._data)
        return succeed(None)

    def pauseProducing(self) -> None:
        """Nothing is left to produce."""

    def resumeProducing(self) -> None:
        """Nothing is left to produce."""

    def stopProducing(self) -> None:
        """Nothing is left to produce."""


class _Discarder(Protocol):
    """Ignores a body.

    :param ended: fires at its end.
    """

    def __init__(self, ended: Deferred[None]) -> None:
        self._ended = ended

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        if not self._ended.called:  # it was cancelled
            self._ended.callback(None)


def discard(response: IResponse) -> Deferred[None]:
    """Ignore the body of an answer. Its connection is for the next request then.

    :return: fires at the end of the body. Cancelling it cuts the connection.
    """

    def cut(_: Deferred[None]) -> None:
        transport: Any = discarder.transport
        transport.stopProducing()

    ended: Deferred[None] = Deferred(cut)
    discarder = _Discarder(ended)
    response.deliverBody(discarder)
    return ended


class _BoundedProtocol(ProtocolWrapper):
    """Cuts the connection of an answer that is too long."""

    _received = 0
    _farewell: IDelayedCall | None = None

    def write(self, data: bytes) -> None:
        """Send a part of a request. Its answer is another one."""
        self._received = 0
        super().write(data)

    def writeSequence(self, data: Any) -> None:
        """Send parts of a request."""
        self._received = 0
        super().writeSequence(data)

    def loseConnection(self) -> None:
        """Close the connection. The other side may need a moment for the farewell of TLS."""
        super().loseConnection()
        if self._farewell is None:
            factory: Any = self.factory
            self._farewell = factory.clock.callLater(FAREWELL, self.stopProducing)

    def stopProducing(self) -> None:
        """Cut the connection."""
        transport: Any = self.transport
        transport.abortConnection()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Note the end of the connection."""
        if self._farewell is not None and self._farewell.active():
            self._farewell.cancel()
        super().connectionLost(reason)

    def dataReceived(self, data: bytes) -> None:
        """Receive a part of an answer."""
        self._received += len(data)
        if self._received > MAX_ANSWER:
            self.stopProducing()
        else:
            super().dataReceived(data)


@implementer(IStreamClientEndpoint)
class _BoundedEndpoint:
    """Connects clients to the server of another endpoint, whose answers are bounded."""

    def __init__(self, endpoint: IStreamClientEndpoint, clock: IReactorTime) -> None:
        self._endpoint = endpoint
        self._clock = clock

    def connect(self, protocolFactory: IProtocolFactory) -> Deferred[IProtocol]:
        """Connect, as ``IStreamClientEndpoint`` describes."""
        wrapped: Any = protocolFactory
        factory: Any = WrappingFactory(wrapped)
        factory.protocol = _BoundedProtocol
        factory.clock = self._clock
        wrapped.noisy = factory.noisy = False  # otherwise the log has lines about each connection
        connected: Deferred[Any] = self._endpoint.connect(factory)
        return connected.addCallback(lambda wrapper: wrapper.wrappedProtocol)


@implementer(IAgentEndpointFactory)
class _Endpoints:
    """Makes an endpoint for an address. Certificates are verified with those of the system."""

    def __init__(self, reactor: Any) -> None:
        self._reactor = reactor

    def endpointForURI(self, uri: URI) -> IStreamClientEndpoint:
        """An endpoint for an address."""
        endpoint: Any = HostnameEndpoint(self._reactor, uri.host, uri.port, timeout=TIMEOUT)
        if uri.scheme == b"https":
            from twisted.internet.ssl import optionsForClientTLS  # an extra

            host = uri.host.decode("ascii").strip("[]")
            endpoint = wrapClientTLS(optionsForClientTLS(host), endpoint)
        return _BoundedEndpoint(endpoint, self._reactor)
