"""The resource of the web socket: ``/live`` of the site."""

from collections.abc import Callable
from http import HTTPStatus

from h11 import ProtocolError
from twisted.web.server import Request
from twisted.web.websocket import WebSocketResource

from twisted_auction.web.answers import send_text
from twisted_auction.web.guard import Guard
from twisted_auction.web.live import LiveSession
from twisted_auction.web.requests import SmallRequest
from twisted_auction.web.sockets import Sockets

VERSION = "13"
"""The version of the protocol, as in ``Sec-WebSocket-Version``."""

NO_HANDSHAKE = "This is no handshake of a web socket."
"""The answer to a request whose other header fields are wrong."""


class LiveResource(WebSocketResource):
    """Lets the pages of the site open web sockets, and nobody else.

    :param sockets: what the web sockets of the house have in common.
    :param code_of: returns the pass code in the cookie of a request; None without one.
    """

    isLeaf = True

    def __init__(self, sockets: Sockets, code_of: Callable[[Request], str | None]) -> None:
        super().__init__(self)
        self.sockets = sockets
        self._code_of = code_of

    def buildProtocol(self, request: Request) -> Guard:
        """Make the protocol of a new socket."""
        session = LiveSession(self.sockets, request.getClientAddress(), self._code_of(request))
        return Guard(session, request.channel)

    def render_HEAD(self, request: Request) -> bytes:
        """Refuse the method. Twisted would open a socket."""
        assert isinstance(request, SmallRequest)
        request.setHeader(b"Allow", b"GET")
        return send_text(request, "Use GET.\n", HTTPStatus.METHOD_NOT_ALLOWED)

    def render_GET(self, request: Request) -> bytes | int:
        """Open a socket, or say why not."""
        assert isinstance(request, SmallRequest)
        status, problem = self._problem(request)
        if not problem:
            try:
                return super().render_GET(request)
            except (ProtocolError, UnicodeError):  # of a header field that is none
                status, problem = HTTPStatus.BAD_REQUEST, NO_HANDSHAKE
        return send_text(request, f"{problem}\n", status)

    def _problem(self, request: SmallRequest) -> tuple[HTTPStatus, str]:
        """The reason for a refusal; empty if there is none."""
        if "websocket" not in _tokens(request, "Upgrade"):
            request.setHeader(b"Upgrade", b"websocket")
            request.setHeader(b"Connection", b"Upgrade")
            return (
                HTTPStatus.UPGRADE_REQUIRED,
                "This is the web socket of the page.",
            )
        if _tokens(request, "Sec-WebSocket-Version") != {VERSION}:
            request.setHeader(b"Sec-WebSocket-Version", VERSION.encode("ascii"))
            return HTTPStatus.UPGRADE_REQUIRED, f"The version of the web socket must be {VERSION}."
        # The channel is not persistent if bytes came after the request. It has dropped them.
        if (
            "upgrade" not in _tokens(request, "Connection")
            or not request.requestHeaders.hasHeader("Sec-WebSocket-Key")
            or not request.channel.persistent
        ):
            return HTTPStatus.BAD_REQUEST, NO_HANDSHAKE
        if not request.is_same_origin():
            return HTTPStatus.FORBIDDEN, "Only a page of this site can open this socket."
        if not self.sockets.admit(request.getClientAddress()):
            return HTTPStatus.SERVICE_UNAVAILABLE, "The server is busy. Come back later."
        return HTTPStatus.OK, ""

    def close(self) -> None:
        """Close all sockets with a last letter, because the house closes."""
        self.sockets.close()


def _tokens(request: Request, name: str) -> set[str]:
    """The words in the header fields with a name, in small letters."""
    fields = request.requestHeaders.getRawHeaders(name, [])
    return {word.strip().lower() for field in fields for word in field.split(",")}
