"""A page's web socket, for tests: its bytes by wsproto, without a browser."""

import json
from typing import Any

from twisted.internet.address import IPv4Address

from tests.web.strangers import said
from tests.web.support import Answer
from twisted_auction.house.people import People
from twisted_auction.server.limits import Limits
from twisted_auction.testing import MemoryClient, MemoryHouse
from twisted_auction.web.cookies import code_of
from twisted_auction.web.settings import missing_extra
from twisted_auction.web.site import AuctionSite

if not missing_extra():  # the tests are skipped then
    from wsproto import ConnectionType, WSConnection
    from wsproto.events import AcceptConnection, CloseConnection, Pong, Request, TextMessage

    from twisted_auction.web.socket import LiveResource
    from twisted_auction.web.sockets import Sockets

HOST = "example.org"


class SocketBytes:
    """The client's end of a web socket: what it says as bytes, and the server's bytes as frames.

    :ivar answer: the server's answer to the handshake if it is a refusal.
    :ivar frames: the objects of the server that were not read.
    :ivar code: the code of the server's close frame; None before it.
    :ivar pongs: the payloads of the server's pongs.
    """

    def __init__(self) -> None:
        self.answer: Answer | None = None
        self.frames: list[dict[str, Any]] = []
        self.code: int | None = None
        self.pongs: list[bytes] = []
        self._received = b""
        self._connection = WSConnection(ConnectionType.CLIENT)
        self.is_open = False

    def handshake(self, *fields: str, origin: str = f"http://{HOST}", host: str = HOST) -> bytes:
        """The request of the handshake.

        :param fields: further header fields.
        """
        extra = [tuple(field.split(": ", 1)) for field in fields]
        headers = [(b"Origin", origin.encode())]
        headers += [(name.encode(), value.encode()) for name, value in extra]
        request = Request(host=host, target="/live", extra_headers=headers)
        return self._connection.send(request)

    def encode(self, text: str, room: str = "") -> bytes:
        """A word to the lobby, or to a room."""
        return said(text, room)

    def received(self, data: bytes) -> bytes:
        """Note the frames in bytes of the server.

        :return: the answer to a close frame; otherwise nothing.
        """
        if not self.is_open:
            self._received += data
            if b"\r\n\r\n" not in self._received:
                return b""
            data = self._received
            if not data.startswith(b"HTTP/1.1 101 "):
                self.answer = Answer(data)
                return b""
        self._connection.receive_data(data)
        reply = b""
        for event in self._connection.events():
            match event:
                case AcceptConnection():
                    self.is_open = True
                case TextMessage():
                    self._text = getattr(self, "_text", "") + event.data
                    if event.message_finished:
                        self.frames.append(json.loads(self._text))
                        self._text = ""
                case Pong():
                    self.pongs.append(bytes(event.payload))
                case CloseConnection():
                    self.code = int(event.code)
                    reply += self._connection.send(event.response())
        return reply

    def take(self) -> list[dict[str, Any]]:
        """The frames since the last call."""
        frames, self.frames = self.frames, []
        return frames


class MemoryPage(SocketBytes, MemoryClient):
    """A page of a site in memory."""

    def __init__(
        self,
        site: AuctionSite,
        *fields: str,
        client: str = "192.0.2.1",
        origin: str = f"http://{HOST}",
        host: str = HOST,
    ) -> None:
        SocketBytes.__init__(self)
        MemoryClient.__init__(self, site, IPv4Address("TCP", client, 50000))
        self.send(self.handshake(*fields, origin=origin, host=host))
        self._read()

    def say(self, text: str, room: str = "") -> None:
        """Say a word to the lobby, or to a room."""
        self.send(said(text, room))

    def read(self) -> list[dict[str, Any]]:
        """The frames since the last call."""
        self._read()
        return self.take()

    def read_types(self, room: str = "") -> list[str]:
        """The types of the messages in the frames of a room, or of the lobby, since the last call.
        Other frames are kept."""
        self._read()
        frames = [frame for frame in self.frames if frame.get("room", "") == room]
        self.frames = [frame for frame in self.frames if frame.get("room", "") != room]
        return [message["type"] for frame in frames for message in frame["letter"]]

    def _read(self) -> None:
        data = self.transport.value()
        self.transport.clear()
        if data:
            reply = self.received(data)
            if reply:
                self.send(reply)


class PageHouse(MemoryHouse):
    """A house in memory with a site.

    :ivar site: the site.
    """

    def __init__(
        self,
        *,
        people: People | None = None,
        limits: Limits | None = None,
        **options: Any,
    ) -> None:
        super().__init__(people=people, limits=limits, **options)
        lobby = self.lobby
        sockets = Sockets(
            self.rooms, self.connections, lobby.passes, lobby.office, lobby.draw_ticket
        )
        self.sockets = sockets
        self.site = AuctionSite(
            self.rooms, self.connections, self.lobby.passes, LiveResource(sockets, code_of)
        )

    def open_page(self, *said: str, **options: Any) -> MemoryPage:
        """A page with an open socket, which says these words."""
        page = MemoryPage(self.site, *options.pop("fields", ()), **options)
        for text in said:
            page.say(text)
        self.clock.advance(0)
        return page
