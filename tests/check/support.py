"""A student's server that speaks in its own words, without a network, and with faults on demand."""

from collections.abc import Callable
from typing import Any

from twisted.internet.defer import Deferred, ensureDeferred, fail, succeed
from twisted.internet.error import ConnectionDone, ConnectionRefusedError
from twisted.internet.interfaces import IStreamClientEndpoint
from twisted.internet.protocol import Protocol, connectionDone
from twisted.internet.task import Clock
from twisted.python.failure import Failure
from zope.interface import implementer


class End:
    """One end of a connection without a network: what is written arrives in the next turn."""

    def __init__(self, clock: Clock, protocol: Protocol) -> None:
        self.clock = clock
        self.protocol = protocol
        self.is_closed = False
        self.other: End

    def write(self, data: bytes) -> None:
        if not self.is_closed:
            self.clock.callLater(0, self.other.arrives, data)

    def arrives(self, data: bytes) -> None:
        if not self.is_closed:
            self.protocol.dataReceived(data)

    @property
    def disconnecting(self) -> bool:
        return self.is_closed

    def loseConnection(self) -> None:
        if not self.is_closed:
            self.is_closed = True
            self.clock.callLater(0, self.other.is_lost)
            self.clock.callLater(0, self.protocol.connectionLost, Failure(ConnectionDone()))

    abortConnection = loseConnection

    def registerProducer(self, producer: object, streaming: bool) -> None:
        """Hold nobody up: what is written arrives."""

    def unregisterProducer(self) -> None:
        """Hold nobody up from now on, either."""

    def is_lost(self) -> None:
        if not self.is_closed:
            self.is_closed = True
            self.protocol.connectionLost(Failure(ConnectionDone()))


@implementer(IStreamClientEndpoint)
class Way:
    """The way to a server without a network.

    :param make: makes the server's side of a connection; None where nobody listens.
    """

    def __init__(self, clock: Clock, make: Callable[[], Protocol] | None) -> None:
        self._clock = clock
        self._make = make

    def connect(self, factory: Any) -> Deferred[Any]:
        if self._make is None:
            return fail(ConnectionRefusedError())
        client, server = factory.buildProtocol(None), self._make()
        ends = End(self._clock, client), End(self._clock, server)
        ends[0].other, ends[1].other = ends[1], ends[0]
        client.makeConnection(ends[0])
        server.makeConnection(ends[1])
        return succeed(client)


def finish(clock: Clock, work: Any) -> None:
    """Let time pass until this coroutine has ended."""
    deferred = ensureDeferred(work)
    failures: list[Failure] = []
    deferred.addErrback(failures.append)
    while not deferred.called:
        calls = clock.getDelayedCalls()
        assert calls, "nothing is going to happen any more"
        clock.advance(max(0, min(call.getTime() for call in calls) - clock.seconds()))
    if failures:
        failures[0].raiseException()


class StudentServer:
    """The assignment's server as a student may write it: no line ends, words of its own, one
    ``recv`` a message.

    :param faults: what it does wrong.
    """

    def __init__(self, *faults: str) -> None:
        self.faults = faults
        self.seller: Guest | None = None
        self.request: tuple[int, int, int, str] | None = None
        self.buyers: list[Guest] = []
        self.is_bidding = False

    def __call__(self) -> "Guest":
        return Guest(self)

    def enters(self, guest: "Guest") -> None:
        if self.seller is None:
            self.seller = guest
            guest.tells("You are the SELLER here, what would you like to sell?")
        elif self.request is None:
            if "silent when busy" not in self.faults:
                guest.tells("Sorry, the auctioneer is busy.")
            if "keeps whom it turns away" not in self.faults:
                guest.transport.loseConnection()
        elif self.is_bidding:
            guest.tells("An auction is in progress, come back later")
            guest.transport.loseConnection()
        else:
            self.buyers.append(guest)
            if len(self.buyers) < self.request[2]:
                guest.tells("Welcome, bidder. Waiting for more bidders")
                return
            self.is_bidding = True
            guest.tells("Welcome, bidder.")
            for buyer in self.buyers:
                buyer.tells("Let the bidding begin! Enter your bid: ")

    def hears(self, guest: "Guest", text: str) -> None:
        if guest is self.seller and self.request is None:
            self.request = self.understood(text)
            if self.request is None:
                if "deaf to a wrong request" not in self.faults:
                    guest.tells("wrong format, try again")
            else:
                guest.tells("OK, your auction is open")
        elif guest in self.buyers and self.is_bidding and guest.bid is None:
            if text.isdigit() and int(text) > 0:
                guest.bid = int(text)
                if "tells bids" in self.faults:
                    for buyer in self.buyers:
                        buyer.tells(f"Somebody bids {text}")
                guest.tells("Thank you!")
                self.decide()
            else:
                guest.tells("Only positive integers, please")

    def understood(self, text: str) -> tuple[int, int, int, str] | None:
        words = text.split(" ", 3)
        if len(words) != 4 or not all(word.isdigit() for word in words[:3]):
            return None
        kind, lowest, number = map(int, words[:3])
        if kind not in (1, 2) or (number > 9 and "takes ten Buyers" not in self.faults):
            return None
        return kind, lowest, number, words[3]

    def decide(self) -> None:
        if any(buyer.bid is None for buyer in self.buyers):
            return
        if not self.buyers:
            self.forget()
            return
        assert self.request is not None and self.seller is not None
        kind, lowest, _, item = self.request
        winner = max(self.buyers, key=lambda buyer: buyer.bid or 0)
        bids = sorted(buyer.bid or 0 for buyer in self.buyers)
        price = bids[-1]
        if kind == 2 and "always first-price" not in self.faults:
            floor = 0 if "no lowest price" in self.faults else lowest
            price = max([*bids[:-1], floor][-2:])
        is_sold = bids[-1] >= lowest or "always sells" in self.faults
        self.seller.tells(f"{item} went for {price}" if is_sold else f"{item} was not sold")
        for buyer in self.buyers:
            if buyer is winner and is_sold:
                buyer.tells(f"Congratulations! You pay {price}")
            else:
                buyer.tells("You lost")
        if "leaves connections open" not in self.faults:
            for guest in (self.seller, *self.buyers):
                guest.transport.loseConnection()
        if "one auction only" not in self.faults:
            self.forget()

    def forget(self) -> None:
        self.seller, self.request, self.buyers, self.is_bidding = None, None, [], False

    def leaves(self, guest: "Guest") -> None:
        if guest is self.seller and self.request is None:
            if "waits for a vanished Seller" not in self.faults:
                self.seller = None
        elif guest in self.buyers and "waits for a vanished Buyer" not in self.faults:
            if guest.bid is None:
                self.buyers.remove(guest)
                self.decide()
        elif guest is self.seller and "breaks without its Seller" in self.faults:
            self.is_bidding = False


class Guest(Protocol):
    """The server's side of one connection."""

    transport: End  # type: ignore[assignment]

    def __init__(self, server: StudentServer) -> None:
        self.server = server
        self.bid: int | None = None

    def connectionMade(self) -> None:
        self.server.enters(self)

    def dataReceived(self, data: bytes) -> None:
        self.server.hears(self, data.decode().strip())

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self.server.leaves(self)

    def tells(self, text: str) -> None:
        self.transport.write(text.encode())
