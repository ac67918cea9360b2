"""Participants of several auctions, with the lines that they sent and received."""

import socket
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from twisted_auction.house.auctioneer import MAIN
from twisted_auction.rules.events import SELLER
from twisted_auction.wire import messages
from twisted_auction.wire.lines import parse

PORT = "port"
LOBBY = "lobby"

PATIENCE = 30.0
"""Seconds without a line after which a server counts as hanging."""

RESULTS = (
    messages.SoldFor,
    messages.NotSold,
    messages.YouWon,
    messages.YouLost,
    messages.AuctionCancelled,
)


class Cut(Exception):
    """The server has closed a connection, or does not accept one."""


@dataclass(eq=False)
class Person:
    """A participant in an auction.

    :ivar auction: the number of auctions held in the room before.
    :ivar who: the participant's number.
    """

    folder: Path
    room: str
    auction: int
    who: int
    ticket: str | None = None
    said: list[str] = field(default_factory=list)
    heard: list[messages.Message] = field(default_factory=list)
    _socket: socket.socket | None = None
    _rest: bytes = b""
    _new: list[messages.Message] = field(default_factory=list)

    def __str__(self) -> str:
        return f"participant {self.who} of auction {self.auction} in room {self.room}"

    def join(self) -> None:
        """Take a seat: in the main room by the port, in any other by the lobby."""
        if self.room == MAIN:
            self._connect(PORT)
        else:
            self._connect(LOBBY)
            self.send_lines(f"JOIN {self.room}")
            ticket = self.read_until(messages.TicketIs)
            assert isinstance(ticket, messages.TicketIs)
            self.ticket = ticket.ticket
        self.read_until(messages.RoleBuyer if self.who else messages.RoleSeller)

    def resume(self) -> list[messages.Message]:
        """Come back with the ticket.

        :return: the answer.
        """
        self.disconnect()
        self._connect(LOBBY)
        self.send_lines(f"RESUME {self.ticket}")
        before = len(self.heard)
        self._receive()
        self._new.clear()
        return self.heard[before:]

    def send_lines(self, *lines: str) -> None:
        """Send lines in one piece."""
        self.said += lines
        assert self._socket is not None
        try:
            self._socket.sendall("".join(f"{line}\n" for line in lines).encode())
        except OSError as error:
            raise Cut(str(error)) from None

    def read_until(self, kind: type[messages.Message]) -> messages.Message:
        """Read up to the next message of a kind."""
        while True:
            while self._new:
                message = self._new.pop(0)
                if isinstance(message, kind):
                    return message
            self._receive()

    def read_to_end(self) -> None:
        """Read everything until the connection ends."""
        try:
            while self._socket is not None:
                self._receive()
        except Cut:
            self.disconnect()

    def disconnect(self) -> None:
        """End the connection."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None
        self._rest = b""
        self._new.clear()

    def _connect(self, place: str) -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(PATIENCE)
        try:
            self._socket.connect(str(self.folder / place))
        except OSError as error:
            raise Cut(str(error)) from None

    def _receive(self) -> None:
        """Read the lines that have arrived, or wait for the next."""
        assert self._socket is not None
        try:
            data = self._socket.recv(65536)
        except TimeoutError:
            raise AssertionError(f"{self} waits in vain") from None
        except OSError as error:
            raise Cut(str(error)) from None
        if not data:
            raise Cut("the end")
        *lines, self._rest = (self._rest + data).split(b"\n")
        messages = [parse(line) for line in lines]
        self.heard += messages
        self._new += messages


class Load:
    """All participants of one house.

    :ivar people: the participants in the order of arrival.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.people: list[Person] = []

    def run(self) -> None:
        """Hold some auctions to the end, and leave others in every phase.

        :raises Cut: if the server goes away.
        """
        sword = self._gather(MAIN, "2 100 3 Sword", 3)
        vase = self._gather("sealed", "1 300 3 Vase", 3)
        sealed = [*sword[1:], *vase[1:]]
        for buyer, bid in zip(sealed, (150, 120, 180, 310, 330, 320), strict=True):
            buyer.send_lines(str(bid))
        for buyer in sealed:
            buyer.read_until(messages.BidReceived)
        for person in (*sword, *vase):
            person.read_until(messages.AuctionFinished)
            person.read_to_end()
        shield = self._gather(MAIN, "1 200 2 Shield", 2, auction=1)
        shield[1].send_lines("201")
        shield[1].read_until(messages.BidReceived)
        clock = self._gather("vickrey", "2 400 3 Clock", 3)
        for buyer, bid in zip(clock[1:3], (410, 420), strict=True):
            buyer.send_lines(str(bid))
        for buyer in clock[1:3]:
            buyer.read_until(messages.BidReceived)
        lamp = self._gather("english", "3 500 2 Lamp", 2)
        self._raise(lamp[1], 500, 501)
        for amount in range(502, 507):
            self._raise(lamp[amount % 2 + 1], amount)
        rug = self._gather("rising", "3 700 2 Rug", 2)
        self._raise(lamp[2], 510, 511, 512)
        self._raise(rug[1], 700)
        self._raise(rug[2], 710, 711)
        lamp[SELLER].send_lines("close")
        for person in lamp:
            person.read_until(messages.AuctionFinished)
            person.read_to_end()
        tulip = self._gather("dutch", "4:start=900:step=10:interval=60 800 1 Tulip", 1)
        tulip[1].send_lines("accept")
        for person in tulip:
            person.read_to_end()
        self._gather("falling", "4:start=990:step=10:interval=60 900 2 Rose", 2)
        self._raise(rug[1], 720)
        self._raise(rug[2], 730, 731)
        self._gather("gathering", "1 10 2 Chair", 1)
        self._gather("asking", None, 0)

    def drain(self) -> None:
        """Let all participants read their last lines, once the server is gone."""
        for person in self.people:
            person.read_to_end()

    def go_on(self) -> None:
        """Come back to a new server on the same ledger, and end the auctions."""
        for buyers_turn in (True, False):
            for person in self.people:
                if person.ticket is not None and (person.who != SELLER) == buyers_turn:
                    self._go_on(person)
        for person in self.people:
            person.disconnect()
        self._await_end()
        for person in self.people:
            if person.ticket is not None:
                told = person.resume()
                assert any(isinstance(word, (*RESULTS, messages.SeatGivenUp)) for word in told), (
                    f"{person} hears no end: {told}"
                )
                person.disconnect()

    def _go_on(self, person: Person) -> None:
        before = list(person.heard)
        told = person.resume()
        _agree(person, before, told)
        if any(isinstance(word, messages.AskBid) for word in told):
            person.send_lines(str(1000 + person.who))
            person.read_until(messages.BidReceived)
        elif person.who == SELLER and any(isinstance(word, messages.AskAnytime) for word in told):
            person.send_lines("close")
            person.read_until(messages.AuctionFinished)

    def _await_end(self) -> None:
        """Wait until no auction is on."""
        deadline = time.monotonic() + PATIENCE
        somebody = Person(self._folder, MAIN, -1, -1)
        somebody._connect(LOBBY)
        while time.monotonic() < deadline:
            somebody.heard.clear()
            somebody.send_lines("LIST")
            somebody.read_until(messages.RoomsInUse)
            if somebody.heard == [
                messages.RoomIs(MAIN, "waiting for the Seller"),
                messages.RoomsInUse(1),
            ]:
                somebody.disconnect()
                return
            time.sleep(0.05)
        raise AssertionError(f"auctions do not end: {somebody.heard}")

    def _gather(
        self, room: str, request: str | None, buyers: int, auction: int = 0
    ) -> list[Person]:
        """A Seller after its request, and Buyers."""
        people = [Person(self._folder, room, auction, who) for who in range(buyers + 1)]
        for person in people:
            self.people.append(person)
            person.join()
            if person.who == SELLER and request is not None:
                person.send_lines(request)
                person.read_until(messages.RequestReceived)
        return people

    def _raise(self, buyer: Person, *amounts: int) -> None:
        """Make open bids, all in one turn of the server's reactor."""
        buyer.send_lines(*map(str, amounts))
        for _ in amounts:
            buyer.read_until(messages.YouHold)


def _agree(
    person: Person, before: Sequence[messages.Message], told: Sequence[messages.Message]
) -> None:
    """Check that the lines on coming back agree with those from before."""
    role = messages.RoleBuyer() if person.who else messages.RoleSeller()
    results = [word for word in told if isinstance(word, RESULTS)]
    heard_results = [word for word in before if isinstance(word, RESULTS)]
    if heard_results:
        assert results == heard_results, f"{person} heard {heard_results}, and now {told}"
    elif not results:
        assert role in told, f"{person} has no role: {told}"
        for word in before:
            if isinstance(word, messages.RequestReceived):
                assert word in told, f"{person} heard {word}, and now {told}"
        if any(isinstance(word, messages.BidReceived) for word in before):
            assert any(isinstance(word, messages.BidStands) for word in told), (
                f"{person} has bid, and hears {told}"
            )
        if any(isinstance(word, messages.YouHold) for word in before):
            assert any(isinstance(word, messages.BidStands | messages.Outbid) for word in told), (
                f"{person} had the highest bid, and hears {told}"
            )
