"""Helpers for the tests of the page."""

from typing import Any
from unittest import skipIf

from twisted.internet.address import IPv4Address
from twisted.internet.protocol import connectionDone
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.trial.unittest import SynchronousTestCase

from twisted_auction.house.people import People, Person
from twisted_auction.house.rooms import Rooms
from twisted_auction.server.limits import ConnectionLimits, Limits
from twisted_auction.server.passes import Passes
from twisted_auction.web.requests import BoundedChannel
from twisted_auction.web.settings import SiteSettings, missing_extra
from twisted_auction.web.site import AuctionSite

needs_web = skipIf(missing_extra(), missing_extra())
"""Skips a class where the extra of the page is not installed."""


class Browser:
    """A connection of a browser to a site, without a network.

    :param host: the browser's IP address.
    :ivar transport: its end at the site.
    """

    def __init__(self, site: AuctionSite, host: str = "192.0.2.1") -> None:
        address = IPv4Address("TCP", host, 50000)
        self.transport = StringTransport(peerAddress=address)
        channel = site.buildProtocol(address)
        assert isinstance(channel, BoundedChannel)
        self.channel = channel
        channel.makeConnection(self.transport)

    def send(self, data: bytes) -> bytes:
        """Send bytes; return the answer so far."""
        self.transport.clear()
        self.channel.dataReceived(data)
        return bytes(self.transport.value())

    def lose(self) -> None:
        """End the connection."""
        self.channel.connectionLost(connectionDone)

    def ask(self, line: str, *fields: str, host: str = "example.org") -> "Answer":
        """Send a request without a body, and read its answer.

        :param line: such as ``GET /``.
        :param fields: further header fields.
        """
        lines = [f"{line} HTTP/1.1", f"Host: {host}", *fields, "", ""]
        return Answer(self.send("\r\n".join(lines).encode()))


class Answer:
    """An answer of a site.

    :ivar status: its number.
    :ivar fields: its header fields, by their names in small letters.
    :ivar body: the bytes after the header.
    """

    def __init__(self, data: bytes) -> None:
        header, _, self.body = data.partition(b"\r\n\r\n")
        line, *fields = header.decode("latin-1").split("\r\n")
        self.status = int(line.split()[1])
        self.fields: dict[str, str] = {}
        for field in fields:
            name, _, value = field.partition(": ")
            self.fields[name.lower()] = value

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode("utf-8")


class SiteTestCase(SynchronousTestCase):
    """A test with a site in a house without a network.

    :ivar people: the list of people; None for a house without one.
    """

    people: People | None = None
    limits = Limits(max_connections=0)

    def setUp(self) -> None:
        self.clock = Clock()
        self.rooms = Rooms(self.clock, people=self.people)
        self.rooms.open()
        self.connections = ConnectionLimits(self.clock, self.limits)
        self.passes = None if self.people is None else Passes(self.rooms)
        self.site = self.make_site()

    def make_site(self, **options: Any) -> AuctionSite:
        return AuctionSite(
            self.rooms, self.connections, self.passes, settings=SiteSettings(**options)
        )

    def ask(self, line: str, *fields: str, host: str = "example.org") -> Answer:
        """Ask on a connection of its own."""
        return Browser(self.site).ask(line, *fields, host=host)


def paddles(*paddles: int) -> People:
    """A list of people with these paddles."""
    return People(Person(paddle) for paddle in paddles)
