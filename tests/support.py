"""A saleroom without a network: the server's own classes over fake connections and a fake clock."""

from collections.abc import Callable
from typing import Protocol

from twisted.internet.address import IPv4Address
from twisted.internet.error import ConnectionLost
from twisted.internet.interfaces import IAddress, IDelayedCall
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.python.failure import Failure

from twisted_auction.house.auctioneer import Auctioneer
from twisted_auction.rules.auction import STANDARD_TERMS, Terms
from twisted_auction.rules.request import parse_catalogue
from twisted_auction.server.console import transcript
from twisted_auction.server.factory import AuctionFactory


class Visitor:
    """One connection to the saleroom, seen from outside."""

    def __init__(self, factory: AuctionFactory, address: IAddress) -> None:
        self.transport = StringTransport(peerAddress=address)
        self.protocol = factory.buildProtocol(address)
        self.protocol.makeConnection(self.transport)

    def types(self, *lines: str) -> None:
        """Send lines, all in one segment."""
        self.sends("".join(f"{line}\n" for line in lines).encode())

    def sends(self, data: bytes) -> None:
        """Send bytes in one segment."""
        self.protocol.dataReceived(data)

    def goes(self) -> None:
        """Lose the connection."""
        self.protocol.connectionLost(Failure(ConnectionLost()))

    def reads(self) -> list[str]:
        """Everything since the last time, as lines; every one must have its proper end."""
        text: str = self.transport.value().decode()
        self.transport.clear()
        lines = text.split("\r\n")
        assert lines.pop() == "", f"an unfinished line: {text!r}"
        assert not any("\n" in line or "\r" in line for line in lines), text
        return lines

    def chokes(self) -> None:
        """Read nothing for so long that what is sent waits in the server."""
        assert self.transport.producer is not None
        self.transport.producer.pauseProducing()

    def breathes(self) -> None:
        """Read everything that waits."""
        assert self.transport.producer is not None
        self.transport.producer.resumeProducing()

    @property
    def dismissed(self) -> bool:
        """Whether the server has closed the connection."""
        return self.transport.disconnecting


class StrictClock(Clock):
    """A clock that refuses a delay below zero, as reactors do."""

    def callLater(
        self, delay: float, callable: Callable[..., object], *args: object, **kw: object
    ) -> IDelayedCall:
        assert delay >= 0, delay
        return super().callLater(delay, callable, *args, **kw)


class Exchange(Protocol):
    """A client whose words are carried to the saleroom and back."""

    def exchange(self) -> bool:
        """Carry what has been said, if there was anything."""


class Saleroom:
    """An Auctioneer behind its factory, with its console and its clock."""

    def __init__(
        self,
        terms: Terms = STANDARD_TERMS,
        accept_unterminated: bool = False,
        catalogue: bytes | None = None,
    ) -> None:
        self.clock = StrictClock()
        self.clock.advance(1e9)  # no clock starts at 0
        self.console: list[str] = []
        lots = None if catalogue is None else parse_catalogue(catalogue, terms.max_bidders)
        self.auctioneer = Auctioneer(self.clock, terms, transcript(self._note), lots)
        self.factory = AuctionFactory(self.auctioneer, accept_unterminated)
        self._arrivals = 0
        self.visits: list[Exchange] = []

    def _note(self, text: str) -> None:
        self.console += text.split("\n")

    def enters(self) -> Visitor:
        """A newcomer, from port 50001 on."""
        self._arrivals += 1
        return Visitor(self.factory, IPv4Address("TCP", "127.0.0.1", 50000 + self._arrivals))

    def talk(self) -> None:
        """Let the clients that are here and the server say and hear everything."""
        while any(visit.exchange() for visit in self.visits):
            pass

    def passes(self, seconds: float) -> None:
        """Let time pass, and every timer have its turn at its own instant."""
        end = self.clock.seconds() + seconds
        while True:
            due = [call.getTime() for call in self.clock.getDelayedCalls()]
            if not due or min(due) > end:
                break
            self.clock.advance(max(0, min(due) - self.clock.seconds()))
            self.talk()
        self.clock.advance(end - self.clock.seconds())
        self.talk()

    def opened(self, request: str, buyers: int) -> tuple[Visitor, list[Visitor]]:
        """A Seller with its request in and this many Buyers, all of them having read so far."""
        seller = self.enters()
        seller.types(request)
        visitors = [self.enters() for _ in range(buyers)]
        for visitor in (seller, *visitors):
            visitor.reads()
        return seller, visitors
