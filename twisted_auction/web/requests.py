"""Requests of browsers, bounded.

Twisted's channel reads bodies of any length, answers any number of requests that came in one piece,
and waits for the end of a header as long as a byte comes now and then. The limits here close these
holes. A connection with a request beyond a limit is refused, and closed.
"""

import re
from functools import cached_property
from http import HTTPStatus
from io import BytesIO
from ipaddress import ip_address
from typing import Any, Protocol

from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.interfaces import IAddress
from twisted.internet.protocol import connectionDone
from twisted.python.failure import Failure
from twisted.web.http import HTTPChannel
from twisted.web.server import Request

from twisted_auction.server.limits import peer_of
from twisted_auction.web.browsers import Browsers

MAX_HEADER = 8192
"""Largest length of a request's line and its header fields together, in bytes. A browser sends less
than 2,000."""

MAX_FIELDS = 64
"""Largest number of header fields of a request. A browser sends about 20."""

HEADERS = {
    b"Content-Security-Policy": (
        b"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        b"connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; "
        b"frame-ancestors 'none'"
    ),
    b"Cross-Origin-Opener-Policy": b"same-origin",
    b"Cross-Origin-Resource-Policy": b"same-origin",
    b"Permissions-Policy": b"camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    b"Referrer-Policy": b"no-referrer",
    b"X-Content-Type-Options": b"nosniff",
    b"X-Frame-Options": b"DENY",
}
"""Header fields of answers: a page loads nothing of others, and is in no frame of others."""

PARTS = (b"text/javascript", b"text/css")
"""Media types of the parts of a page. Browsers obey most fields of the page alone, and a page has
twenty parts."""

PART_HEADERS = (b"Cross-Origin-Resource-Policy", b"X-Content-Type-Options")
"""Names of the fields that browsers obey in the answer to a part, too."""

SERVER = b"auction"
"""The value of ``Server`` in every answer. A version would only help an attacker."""

HSTS = b"max-age=31536000"
"""Beneath TLS: a browser that has seen it asks for this host by TLS only, for a year."""

_HOST = re.compile(rb"(?:[A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?")


class SmallRequest(Request):
    """A request without a body."""

    channel: "BoundedChannel"
    defaultContentType = b"text/html; charset=utf-8"

    def gotLength(self, length: int | None) -> None:
        """Have no file for a body; a request with one is refused before."""
        self.content = BytesIO()

    def handleContentChunk(self, data: bytes) -> None:
        """Drop the part of a body after the refusal."""

    def process(self) -> None:
        """Answer the request, unless its peer has sent too many."""
        if not self.channel.browsers.admit(self.getClientAddress()):
            self.channel.refuse_later()
        elif self.host_name is None:
            self.channel.refuse(HTTPStatus.BAD_REQUEST)
        else:
            super().process()

    def write(self, data: bytes) -> None:
        """Send a part of the answer, after its header."""
        if not self.startedWriting:
            # Not in process(): the answer to the handshake of a web socket has none of these
            # fields, and a thousand pages may come at once.
            media_type = self.responseHeaders.getRawHeaders(b"Content-Type", [b""])[0]
            names = PART_HEADERS if media_type.startswith(PARTS) else HEADERS
            for name in names:
                value = HEADERS[name]
                if not self.responseHeaders.hasHeader(name):
                    self.responseHeaders.setRawHeaders(name, [value])
            self.setHeader(b"Server", SERVER)
            if self.isSecure():
                self.setHeader(b"Strict-Transport-Security", HSTS)
        super().write(data)

    def isSecure(self) -> bool:
        """True beneath TLS, also that of a proxy if the site's own address says so."""
        return self.channel.browsers.is_secure or bool(super().isSecure())

    @cached_property
    def host_name(self) -> str | None:
        """The host for which the browser asks, with the port if it is not the usual one; None
        unless the request names exactly one host. It is empty in a health check by HTTP/1.0."""
        hosts = self.requestHeaders.getRawHeaders(b"Host", [])
        if not hosts and self.clientproto == b"HTTP/1.0":
            return ""
        if len(hosts) != 1 or _HOST.fullmatch(hosts[0]) is None:
            return None
        return str(hosts[0].decode("ascii").lower())

    @property
    def origin(self) -> str:
        """The origin of this site, as the browser names it."""
        return f"http{'s' * self.isSecure()}://{self.host_name}"

    def getClientAddress(self) -> IAddress:
        """The client's address; behind the site's own proxy, the last one in
        ``X-Forwarded-For``. Any client can write the others there."""
        return self._client

    def is_same_origin(self) -> bool:
        """True if a page of this site has caused the request. Browsers say the origin with each
        handshake of a web socket and with each POST."""
        origins = self.requestHeaders.getRawHeaders(b"Origin", [])
        is_own = [origin.decode("latin-1").lower() for origin in origins] == [self.origin]
        return bool(self.host_name) and is_own

    @cached_property
    def _client(self) -> IAddress:
        client: IAddress = super().getClientAddress()
        if peer_of(client) != self.channel.browsers.proxy:
            return client
        forwarded = self.requestHeaders.getRawHeaders(b"X-Forwarded-For", [b""])[-1]
        try:
            address = ip_address(forwarded.rpartition(b",")[2].strip().decode("ascii"))
        except ValueError:
            return client
        kind = IPv4Address if address.version == 4 else IPv6Address
        return kind("TCP", str(address), 0)


class ForBrowsers(Protocol):
    """A site for browsers."""

    browsers: Browsers


class BoundedChannel(HTTPChannel):
    """A connection of a browser: one request after another, each with its deadline.

    :ivar site: the site, set by the site itself.
    """

    site: ForBrowsers
    transport: Any
    MAX_LENGTH = MAX_HEADER
    totalHeadersSize = MAX_HEADER
    maxHeaders = MAX_FIELDS
    _peer: str | None = None  # until the connection is counted
    _is_closing = False

    @property
    def browsers(self) -> Browsers:
        """The limits on all connections of browsers together."""
        return self.site.browsers

    def connectionMade(self) -> None:
        """Count the connection, or close it if there are too many."""
        super().connectionMade()
        self._peer = self.browsers.acquire(self.transport.getPeer())
        if self._peer is None:
            self.transport.abortConnection()
        else:
            self._await_request()

    def dataReceived(self, data: bytes) -> None:
        """Read, unless the connection is being closed: beneath TLS, more bytes may come."""
        if not self._is_closing:
            super().dataReceived(data)

    def loseConnection(self) -> None:
        """Close the connection, in time also if the client does not read."""
        if not self._is_closing:
            self._is_closing = True
            self.browsers.connections.closing.start(self._abort)
            super().loseConnection()

    def lineReceived(self, line: bytes) -> None:
        """Read a line of a header. Refuse one that continues the line before."""
        # HTTP has no such lines any more. Thousands of them would fit into a header, since they do
        # not count as fields.
        if line[:1] in (b" ", b"\t"):
            self.refuse(HTTPStatus.BAD_REQUEST)
        else:
            super().lineReceived(line)

    def lineLengthExceeded(self, line: bytes) -> None:
        """Refuse a line that is too long."""
        self.refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)

    def allHeadersReceived(self) -> None:
        """Refuse a body."""
        if self.length != 0:
            self.refuse(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        else:
            super().allHeadersReceived()

    def allContentReceived(self) -> None:
        """Answer a request. If another one came with it, this is the last one."""
        # Otherwise, one piece of 64 KiB could have thousands of requests, all to be
        # answered in one turn of the reactor. No browser sends a request before the last answer.
        if self.clearLineBuffer():
            self.persistent = False
            self.requests[-1].setHeader(b"Connection", b"close")
        self.browsers.requests.cancel(self._time_is_up)
        super().allContentReceived()

    def requestDone(self, request: Request) -> None:
        """Wait for the next request."""
        self._await_request()
        super().requestDone(request)

    def progress(self) -> None:
        """A part of a long answer has left: give the client as much time for the next one."""
        self._await_request()

    def refuse(self, status: HTTPStatus) -> None:
        """Refuse the request with a status, and close the connection."""
        answer = f"{status.value} {status.phrase}"
        self.transport.write(
            f"HTTP/1.1 {answer}\r\nConnection: close\r\nContent-Type: text/plain\r\n"
            f"Content-Length: {len(answer) + 2}\r\n\r\n{answer}\r\n".encode("ascii")
        )
        self.loseConnection()

    def refuse_later(self) -> None:
        """Refuse the request after a delay, because its peer sends too many. Nothing is read until
        then."""
        self.transport.pauseProducing()
        self.browsers.refusals.start(self._refuse_request)

    def hand_over(self) -> None:
        """The connection is a web socket's from now on, with limits of its own."""
        self._release()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Stop counting the connection."""
        self._release()
        super().connectionLost(reason)

    def _refuse_request(self) -> None:
        self.refuse(HTTPStatus.TOO_MANY_REQUESTS)

    def _time_is_up(self) -> None:
        """Close a connection that is idle, slow, or not read."""
        self.loseConnection()

    def _abort(self) -> None:
        self.transport.abortConnection()

    def _await_request(self) -> None:
        if self._peer is not None:
            self.browsers.requests.start(self._time_is_up)

    def _release(self) -> None:
        for deadlines, on_timeout in (
            (self.browsers.requests, self._time_is_up),
            (self.browsers.refusals, self._refuse_request),
            (self.browsers.connections.closing, self._abort),
        ):
            deadlines.cancel(on_timeout)
        if self._peer is not None:
            peer, self._peer = self._peer, None
            self.browsers.release(peer)
