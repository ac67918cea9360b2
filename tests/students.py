"""A student's server and client with their own words, without network and processes, and with
faults on demand.
"""

import os
from collections.abc import Callable
from typing import Any

from twisted.internet.address import IPv4Address
from twisted.internet.defer import Deferred, ensureDeferred, fail, succeed
from twisted.internet.error import (
    ConnectionDone,
    ConnectionRefusedError,
    ProcessDone,
    ProcessExitedAlready,
)
from twisted.internet.interfaces import IStreamClientEndpoint
from twisted.internet.protocol import Factory, Protocol, connectionDone
from twisted.internet.task import Clock
from twisted.python.failure import Failure
from zope.interface import implementer


class End:
    """One end of a connection without a network: bytes written arrive in the next turn."""

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
        """Never pause the producer: all bytes arrive."""

    def unregisterProducer(self) -> None:
        """Nothing to undo: the producer was never paused."""

    def is_lost(self) -> None:
        if not self.is_closed:
            self.is_closed = True
            self.protocol.connectionLost(Failure(ConnectionDone()))


def link(clock: Clock, client: Protocol, server: Any) -> None:
    """Connect these protocols."""
    ends = End(clock, client), End(clock, server)
    ends[0].other, ends[1].other = ends[1], ends[0]
    client.makeConnection(ends[0])
    server.makeConnection(ends[1])


@implementer(IStreamClientEndpoint)
class Way:
    """The way to a server without a network.

    :param make: makes the server's side of a connection; None if no server listens.
    """

    def __init__(self, clock: Clock, make: Callable[[], Protocol] | None) -> None:
        self._clock = clock
        self._make = make

    def connect(self, factory: Any) -> Deferred[Any]:
        if self._make is None:
            return fail(ConnectionRefusedError())
        client = factory.buildProtocol(None)
        link(self._clock, client, self._make())
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
    """The assignment's server as a student may write it: no line ends, its own words, one ``recv``
    for each message.

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
            guest.send("You are the SELLER here, what would you like to sell?")
        elif self.request is None:
            if "silent when busy" not in self.faults:
                guest.send("Sorry, the auctioneer is busy.")
            if "keeps whom it turns away" not in self.faults:
                guest.transport.loseConnection()
        elif self.is_bidding:
            guest.send("An auction is in progress, come back later")
            guest.transport.loseConnection()
        else:
            self.buyers.append(guest)
            if len(self.buyers) < self.request[2]:
                guest.send("Welcome, bidder. Waiting for more bidders")
                return
            self.is_bidding = True
            guest.send("Welcome, bidder.")
            for buyer in self.buyers:
                buyer.send("Let the bidding begin! Enter your bid: ")

    def text_received(self, guest: "Guest", text: str) -> None:
        if guest is self.seller and self.request is None:
            self.request = self.understood(text)
            if self.request is None:
                if "deaf to a wrong request" not in self.faults:
                    guest.send("wrong format, try again")
            else:
                guest.send("OK, your auction is open")
        elif guest in self.buyers and self.is_bidding and guest.bid is None:
            if text.isdigit() and int(text) > 0:
                guest.bid = int(text)
                if "tells bids" in self.faults:
                    for buyer in self.buyers:
                        buyer.send(f"Somebody bids {text}")
                guest.send("Thank you!")
                self.decide()
            else:
                guest.send("Only positive integers, please")

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
        self.seller.send(f"{item} went for {price}" if is_sold else f"{item} was not sold")
        for buyer in self.buyers:
            if buyer is winner and is_sold:
                buyer.send(f"Congratulations! You pay {price}")
            else:
                buyer.send("You lost")
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
        self.server.text_received(self, data.decode().strip())

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self.server.leaves(self)

    def send(self, text: str) -> None:
        self.transport.write(text.encode())


class Computer(Clock):
    """A reactor without a network and processes: its programs are :class:`StudentClient`, and
    connect to its ports.
    """

    def __init__(self) -> None:
        super().__init__()
        self.server: Factory | None = None

    def listenTCP(self, port: int, factory: Factory, backlog: int, interface: str) -> "Computer":
        self.server = factory
        return self

    def getHost(self) -> IPv4Address:
        return IPv4Address("TCP", "127.0.0.1", 4000)

    def stopListening(self) -> Deferred[None]:
        self.server = None
        return succeed(None)

    def spawnProcess(
        self, console: Any, program: str, command: list[str], env: Any, usePTY: tuple[int, int, str]
    ) -> None:
        os.close(usePTY[0])
        os.close(usePTY[1])
        StudentClient(self, console, faults=command[4:])  # a program, its script, host, port

    def connect(self, client: Protocol) -> bool:
        """Connect a program's protocol.

        :return: True if a server listens.
        """
        if self.server is None:
            return False
        server = self.server.buildProtocol(None)
        assert server is not None
        link(self, client, server)
        return True


class StudentClient(Protocol):
    """The program ``student_client.py`` and its terminal, without a process, and with more faults:
    ``recv`` and ``input`` block until something arrives.

    :param faults: what it does wrong.
    """

    transport: End  # type: ignore[assignment]

    def __init__(self, computer: Computer, console: Any, faults: list[str]) -> None:
        self._computer = computer
        self._console = console
        self._faults = faults
        self._received = b""
        self._is_lost = False
        self._has_ended = False
        self._typed: list[str] = []
        self._news: Deferred[None] = Deferred()
        console.makeConnection(self)
        computer.callLater(0, lambda: ensureDeferred(self._run()))

    def write(self, data: bytes) -> None:
        """Type this at the terminal."""
        self._typed += data.decode().splitlines()
        self._tell()

    def signalProcess(self, name: str) -> None:
        """End the program."""
        if self._has_ended:
            raise ProcessExitedAlready
        self._end()

    def dataReceived(self, data: bytes) -> None:
        self._received += data
        self._tell()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self._is_lost = True
        self._tell()

    def _tell(self) -> None:
        news, self._news = self._news, Deferred()
        news.callback(None)

    def _end(self) -> None:
        self._has_ended = True
        self._console.processEnded(Failure(ProcessDone(0)))

    def _print(self, text: str) -> None:
        self._console.outReceived(f"{text}\n".encode())

    async def _recv(self) -> bytes:
        while not (self._received or self._is_lost):
            await self._news
        data, self._received = self._received, b""
        return data

    async def _input(self) -> str:
        while not self._typed:
            await self._news
        return self._typed.pop(0)

    async def _run(self) -> None:
        if "ends at once" not in self._faults:
            await self._visit()
        if not self._has_ended:
            self._end()

    async def _visit(self) -> None:
        if not self._computer.connect(self):
            is_caught = "traceback without a server" not in self._faults
            self._print("There is no server." if is_caught else "Traceback (most recent call last)")
            return
        while data := await self._recv():
            text = data.decode()
            if "one message a piece" in self._faults:
                text = text.splitlines()[0]
            if "is silent when busy" in self._faults and "usy" in text:
                continue
            self._print(text.replace("$150", "$?") if "hides the price" in self._faults else text)
            if "submit" in text:
                line = await self._input()
                if "sends no bid twice" in self._faults and "Invalid bid" in text:
                    continue
                self.transport.write(line.encode())
        if "goes on after the result" in self._faults:
            await self._input()
