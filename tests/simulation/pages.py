"""The clients of web sockets: browsers with places in several rooms over one socket.

To the invariants, each place is a client with a link of its own: its :class:`Tab` says lines over a
:class:`Channel`, and hears the letters of its room as lines. The bytes between are real: the
server's own site, guard and web socket, at the other end of a :class:`Link`.
"""

import json
import random
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from wsproto.connection import Connection, ConnectionType
from wsproto.events import CloseConnection, TextMessage

from tests.simulation.actors import Actor, Holder
from tests.simulation.book import Broken
from tests.simulation.desks import Desk
from tests.simulation.network import Link
from twisted_auction.server.lobby import LobbyFactory
from twisted_auction.web.cookies import code_of
from twisted_auction.web.site import AuctionSite
from twisted_auction.web.socket import LiveResource
from twisted_auction.web.sockets import Sockets
from twisted_auction.wire.json import parse
from twisted_auction.wire.letter import Letter
from twisted_auction.wire.messages import Message, Pong

if TYPE_CHECKING:
    from tests.simulation.world import World

HANDSHAKE = (
    "GET /live HTTP/1.1\r\nHost: hall\r\nOrigin: http://hall\r\nUpgrade: websocket\r\n"
    "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
)
"""The request of the handshake, without the cookie and its end."""

MORE, TEXT, CLOSE, PING = 0, 1, 8, 9
"""Kinds of frames. The first one continues a message."""

NO_PLACE = "Not done: you have no place in room "
"""The beginning of the lobby's answer to words for a room."""


class PageSite(AuctionSite):
    """The site of a house, with the limits and pass codes of its lobby.

    :ivar sockets: its web sockets.
    """

    def __init__(self, lobby: LobbyFactory) -> None:
        rooms, connections, passes = lobby.rooms, lobby.connections, lobby.passes
        self.sockets = Sockets(rooms, connections, passes, lobby.office, lobby.draw_ticket)
        super().__init__(rooms, connections, passes, LiveResource(self.sockets, code_of))


def frame(kind: int, payload: bytes, mask: bytes = bytes(4), is_last: bool = True) -> bytes:
    """The bytes of a client's frame. wsproto would draw its mask from the system.

    :param is_last: False if more frames of its message follow.
    """
    size = len(payload)
    length = bytes([128 + size]) if size < 126 else b"\xfe" + size.to_bytes(2, "big")
    masked = bytes(byte ^ mask[place % 4] for place, byte in enumerate(payload))
    return bytes([128 * is_last + kind]) + length + mask + masked


class Channel(Link):
    """A place in a room, over a socket.

    :param socket_link: the socket.
    :ivar is_taken: True after the first letter from the room.
    """

    is_taken = False

    def __init__(self, tab: "Tab", socket_link: Link) -> None:
        host, port = tab.host, socket_link.port
        super().__init__(socket_link.network, tab, host, port, socket_link.window, 0, 1)
        self.socket_link = socket_link

    def finish(self) -> None:
        """Leave it to the page to close its socket."""
        self.has_finished = True

    def follow(self) -> None:
        """Take over what has happened to the socket in the meantime."""
        link = self.socket_link
        self.is_whole, self.has_finished = link.is_whole, link.has_finished
        self.let_go, self._over = link.let_go, link._over


@dataclass
class End:
    """A page's end of one socket.

    :ivar is_open: True after the handshake.
    :ivar asked: the links and channels over which the words were said that the lobby has not
        answered.
    :ivar channels: the places, by the name of the room.
    :ivar spoken: the link of the last words to each room.
    :ivar heard_at: the instants of the end of the handshake and of all frames.
    """

    link: Link
    is_open: bool = False
    received: bytes = b""
    text: str = ""
    wire: Connection = field(default_factory=lambda: Connection(ConnectionType.CLIENT))
    asked: deque[Link] = field(default_factory=deque)
    channels: dict[str, Channel] = field(default_factory=dict)
    spoken: dict[str, Link] = field(default_factory=dict)
    heard_at: list[float] = field(default_factory=list)


class Page(Actor):
    """A browser with one socket after another. Its person has a place in each of several rooms.

    :ivar tabs: its places, by the name of the room.
    """

    is_honest = True

    def __init__(self, world: "World", kind: str = "") -> None:
        super().__init__(world, kind)
        self.ends: dict[Link, End] = {}
        self.tabs: dict[str, Tab] = {}
        world.pages.append(self)

    @property
    def channels(self) -> list[Channel]:
        """All channels of its tabs."""
        return [channel for tab in self.tabs.values() for channel in tab.channels]

    def follow(self) -> None:
        """Let the channels take over what has happened to their sockets."""
        for channel in self.channels:
            channel.follow()

    def in_room(self, room: str) -> Actor:
        """The actor of this person in a room."""
        return self.tabs[room]

    def start(self) -> None:
        chance = self.chance
        fewest = len(self.world.rooms) if self.world.is_silent else 1
        for room in chance.sample(self.world.rooms, chance.randint(fewest, len(self.world.rooms))):
            self.tabs[room] = (TabOfWatcher if chance.random() < 0.2 else Tab)(self, room)
        for _ in range(chance.choice([0, 1, 4])):
            words = chance.choice(["LIST", "HELP", f"PING {self.name}", "SALE main"])
            self.after(chance.random() * 60, self.send_line, words)
        for _ in range(self.world.of_prices.choice([0, 1, 2])):
            self.after(self.world.of_prices.random() * 100, self.send_line, "MINE")
        if chance.random() < 0.2:
            self.after(chance.random() * 60, self.come_back)
        self.open_socket()

    def open_socket(self) -> None:
        """Begin the handshake, with the cookie or without one."""
        self.connect("page")
        link = self.links[-1]
        end = self.ends[link] = End(link)
        cookie = ""
        if self.world.people is not None and self.chance.random() < 0.7:
            cookie = f"Cookie: auction={self.code}\r\n"
            end.asked.append(link)
        link.write(f"{HANDSHAKE}{cookie}\r\n".encode())

    def come_back(self) -> None:
        """Come back, with or without the old socket."""
        if not all(tab.is_done for tab in self.tabs.values()):
            self.world.counts["sockets again"] += 1
            self.open_socket()

    def send_line(self, line: str) -> None:
        """Say a line to the lobby."""
        end = self.ends[self.links[-1]]
        if end.is_open:
            super().send_line(line)

    def _write(self, data: bytes) -> None:
        self.sent += data
        self.say(self.links[-1], data.decode().rstrip("\r\n"))

    def say(self, link: Link, line: str) -> None:
        """Say a line over a socket to the lobby, or over a channel to its room."""
        fields, socket_link = {"say": line}, link
        if isinstance(link, Channel):
            socket_link = link.socket_link
        end = self.ends[socket_link]
        if isinstance(link, Channel) and not line.startswith(("JOIN ", "WATCH ")):
            assert isinstance(link.client, Tab)
            fields = {"room": link.client.room, "say": line}
            end.spoken[link.client.room] = link
        if "room" not in fields or line.startswith("RESUME "):
            end.asked.append(link)
        self.send_text(socket_link, fields)

    def knock(self, link: Link, room: str) -> None:
        """Say a word to a room in which the page had a place."""
        end = self.ends[link]
        if link is self.links[-1] and link.end is None and room not in end.channels:
            self.world.note(self.name, ">", f"[{room}] 7", link.number)
            end.spoken[room] = link
            self.send_text(link, {"room": room, "say": "7"})

    def send_text(self, link: Link, fields: dict[str, str]) -> None:
        """Send a message in one frame, or cut at any bytes into several, perhaps with a ping."""
        chance, text = self.chance, json.dumps(fields, ensure_ascii=False).encode()
        cuts = sorted(chance.randint(0, len(text)) for _ in range(chance.choice([0, 0, 1, 4])))
        frames: list[bytes] = []
        for start, end in pairwise([0, *cuts, len(text)]):
            kind, is_last = MORE if frames else TEXT, len(frames) == len(cuts)
            frames.append(frame(kind, text[start:end], chance.randbytes(4), is_last))
        if cuts:
            self.world.counts["messages in several frames"] += 1
        if chance.random() < 0.2:
            self.world.counts["pings"] += 1
            frames.insert(chance.randint(0, len(frames)), frame(PING, b"x", chance.randbytes(4)))
        link.write(b"".join(frames))

    def send_frame(self, link: Link, kind: int, payload: bytes) -> None:
        """Send a frame."""
        link.write(frame(kind, payload, self.chance.randbytes(4)))

    def received(self, link: Link, data: bytes, mark: int) -> None:
        end = self.ends[link]
        if not end.is_open:
            end.received += data
            head, blank, data = end.received.partition(b"\r\n\r\n")
            if not blank:
                return
            if not head.startswith(b"HTTP/1.1 101 "):
                self.world.note(self.name, "<", head.partition(b"\r\n")[0].decode(), link.number)
                link.finish()
                self.connection_lost("refused")
                return
            end.is_open = True
            end.heard_at.append(self.world.reactor.now)
            self.world.counts["sockets"] += 1
            self.opened(end)
        end.wire.receive_data(data)
        for event in end.wire.events():
            if isinstance(event, TextMessage):
                end.text += event.data
                if event.message_finished:
                    text, end.text = end.text, ""
                    self.hear(end, json.loads(text), mark)
            elif isinstance(event, CloseConnection):
                self.world.note(self.name, "|", f"close frame {event.code}", link.number)
                if not link.has_finished:
                    self.send_frame(link, CLOSE, int(event.code).to_bytes(2, "big"))

    def opened(self, end: End) -> None:
        """Say the pass code, and take the places."""
        link = end.link
        if end.asked:
            self.world.note(self.name, ">", "PASS by its cookie", link.number)
        if link is not self.links[-1] or self.has_left:
            return
        if self.world.people is not None and not end.asked:
            self.send_line(f"PASS {self.code}")
        for tab in self.tabs.values():
            tab.arrive(end)

    def hear(self, end: End, heard: dict[str, Any], mark: int) -> None:
        """Pass a letter on to the tab of its room, or to the one whose words it answers."""
        end.heard_at.append(self.world.reactor.now)
        letter = parse(json.dumps(heard["letter"]).encode())
        if letter == (Pong(""),):
            self.world.counts["signs of life"] += 1
            return
        room = heard.get("room", "")
        link = self._addressee(end, room, letter)
        lines = Letter(*letter).lines.decode().split("\r\n")[:-1]
        if isinstance(link, Channel):
            if link.end is not None:
                self.world.counts["words to a place that has ended"] += 1
                return
            assert isinstance(link.client, Tab)
            link.client.hear(link, lines, mark)
            if heard.get("ended"):
                if end.channels.get(link.client.room) is link:
                    del end.channels[link.client.room]
                link._end("closed")
            return
        for line in lines:
            self.world.note(self.name, "<", line, link.number, mark)
            if link is self.links[-1] and not self.has_left:
                self.line_received(line)
            if line.startswith(("Not done: there is no such", "Server busy")):
                for tab in self.tabs.values():
                    tab.is_done = True

    def _addressee(self, end: End, room: str, letter: Sequence[Message]) -> Link:
        """The link or the channel that a letter is for."""
        text = str(letter[0])
        if room:
            if room not in end.channels:
                raise Broken(f"letters are for a place: {self.name} has none in {room}: {text}")
            channel = end.channels[room]
            channel.is_taken = True
            if channel in end.asked:
                end.asked.remove(channel)
            return channel
        if text.startswith(NO_PLACE):
            return end.spoken[text.removeprefix(NO_PLACE).partition(":")[0]]
        return end.asked.popleft() if end.asked else end.link

    def ended(self, link: Link, how: str) -> None:
        for channel in self.ends[link].channels.values():
            channel._end(how if channel.is_taken else "is not taken")
        super().ended(link, how)

    def connection_lost(self, how: str) -> None:
        self.after(self.chance.choice([0.5, 3, 20]) * self.chance.random(), self.come_back)

    def leave(self) -> None:
        for link in self.links:
            if link.end is None and self.ends[link].is_open and self.chance.random() < 0.7:
                self.send_frame(link, CLOSE, (1001).to_bytes(2, "big"))
        super().leave()


class Tab(Holder):
    """A place of a page in one room, with one channel after another."""

    verb = "JOIN"

    def __init__(self, page: Page, room: str) -> None:
        super().__init__(page.world)
        self.page, self.room = page, room
        self.host, self.paddle, self.code = page.host, page.paddle, page.code
        self.channels: list[Channel] = []
        if self.world.is_silent:
            self.daring = 0.5

    def arrive(self, end: End) -> None:
        """Take the place, or come back to it."""
        if not self.is_done:
            channel = Channel(self, end.link)
            end.channels[self.room] = channel
            self.channels.append(channel)
            self.links.append(channel)
            self.world.met(self, channel)
            self.send_line(self.way_back[-1] if self.way_back else f"{self.verb} {self.room}")
            if self.chance.random() < 0.15:
                self.after(self.chance.random() * 30, self._quit, channel)

    def _quit(self, channel: Channel) -> None:
        """Leave the room for good, and keep the socket."""
        if channel is self.links[-1] and channel.end is None and not self.is_done:
            self.world.counts["QUIT in a room"] += 1
            self.is_done, self.keeps_its_seat = True, False
            self.send_line("QUIT")

    def _write(self, data: bytes) -> None:
        self.sent += data
        self.page.say(self.links[-1], data.decode().rstrip("\r\n"))

    def hear(self, channel: Link, lines: list[str], mark: int) -> None:
        """Hear a letter."""
        for line in lines:
            self.world.note(self.name, "<", line, channel.number, mark)
            if channel is self.links[-1] and not self.has_left:
                self.line_received(line)

    def connection_lost(self, how: str) -> None:
        """Perhaps take part in the next auction, too. The page comes back if it was cut."""
        link = self.channels[-1]
        if link.socket_link.end is None and self.is_done:
            self.after(5, self.page.knock, link.socket_link, self.room)
            if self.chance.random() < 0.5:
                self.after(5 + self.chance.random() * 20, self._take_part_again, link.socket_link)

    def _take_part_again(self, link: Link) -> None:
        end = self.page.ends[link]
        if link.end is None and link is self.page.links[-1]:
            self.world.counts["places again"] += 1
            self.is_done, self.way_back = False, ()
            self.arrive(end)

    def come_back(self) -> None:
        """Let the page come back over another socket, while it has this one."""
        if not self.is_done:
            self.page.come_back()

    def probe(self) -> None:
        """Come back twice only by the lobby."""

    def leave(self) -> None:
        self.has_left = True


class TabOfWatcher(Tab):
    """A place from which a page watches a room."""

    verb = "WATCH"

    def line_received(self, text: str) -> None:
        """Only look."""


class DeskOnPage(Desk, Page):
    """The desk of an auctioneer in a browser."""

    def enter(self) -> None:
        self.open_socket()

    def opened(self, end: End) -> None:
        """Follow a room."""
        super().opened(end)
        self.send_line(f"DESK {self.chance.choice(self.world.rooms)}")


class PageAttacker(Page):
    """Attacks over a web socket, or before it is open."""

    is_honest = False

    def __init__(self, world: "World") -> None:
        attacks = [self._floods, self._pings, self._halves, self._stares, self._babbles]
        self.attack = world.chance.choice([*attacks, self._dawdles, self._drags])
        super().__init__(world, self.attack.__name__.removeprefix("_"))
        world.counts[f"attack: {self.attack.__name__.removeprefix('_')} on a socket"] += 1

    def start(self) -> None:
        if self.attack == self._stares:
            self.is_reading, self.window = False, 1000
        self.open_socket()
        # One that does not read cannot know when the socket is open.
        self.after(2, self.attack)

    def open_socket(self) -> None:
        if self.attack != self._dawdles:
            super().open_socket()
            return
        self.connect("page")
        self.ends[self.links[-1]] = End(self.links[-1])

    def connection_lost(self, how: str) -> None:
        """Do not come back."""

    def _attack_with(self, data: bytes) -> None:
        self.send_bytes(self.links[-1], data)

    def send_bytes(self, link: Link, data: bytes) -> None:
        """Send any bytes."""
        if link.end is None and not link.has_finished:
            self.world.note(self.name, ">", f"({len(data)} bytes)", link.number)
            link.write(data)

    def _floods(self) -> None:
        said = json.dumps({"say": "PING x"}).encode()
        self._attack_with(frame(TEXT, said) * 5000)

    def _pings(self) -> None:
        self._attack_with(frame(PING, b"x" * self.chance.choice([0, 100])) * 5000)

    def _halves(self) -> None:
        said = frame(TEXT, json.dumps({"say": "JOIN main"}).encode())
        self._attack_with(said[: self.chance.randint(1, len(said) - 1)])
        self.links[-1].begin_line()

    def _drags(self) -> None:
        self._attack_with(frame(TEXT, b'{"say": ', is_last=False))
        self.links[-1].begin_line()
        self.after(7, self._drag_on)

    def _drag_on(self) -> None:
        self._attack_with(self.chance.choice([frame(PING, b""), frame(MORE, b" ", is_last=False)]))
        self.after(7, self._drag_on)

    def _stares(self) -> None:
        watch = frame(TEXT, b'{"say": "WATCH main"}')
        self._attack_with(watch + frame(TEXT, b'{"say": "HELP"}') * 200)
        self.after(20, self._stares)

    def _babbles(self) -> None:
        self._attack_with(self.chance.randbytes(self.chance.choice([10, 400, 3000])))
        self.after(self.chance.random() * 10, self._babbles)

    def _dawdles(self) -> None:
        self._attack_with(HANDSHAKE[: self.chance.randint(1, len(HANDSHAKE))].encode())
        self.links[-1].begin_line()


def add_pages(world: "World", chance: random.Random) -> None:
    """Let some browsers come, and perhaps attackers."""
    for _ in range(chance.choice([2, 4, 8])):
        start = chance.random() * (20 if world.is_silent else world.span)
        world.reactor.happen(start, lambda: Page(world).start())
    for _ in range(chance.choice([0, 1, 3])):
        world.reactor.happen(chance.random() * world.span, lambda: PageAttacker(world).start())
