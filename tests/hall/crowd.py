"""All persons of a hall, in one process: ``python tests/hall/crowd.py PORT CODES SEED``.

Each person has a pass code from the CSV file CODES, and takes part in the main room with the
package's own client. Connections are cut at random, and come back by themselves. The process prints
a line when everyone has a seat, and at the end what each person was told, as JSON.
"""

import csv
import json
import random
import sys
from collections.abc import Callable
from typing import Any

from twisted.internet.defer import Deferred, ensureDeferred, gatherResults
from twisted.internet.endpoints import TCP4ClientEndpoint
from twisted.internet.interfaces import IProtocol, IProtocolFactory, IStreamClientEndpoint
from twisted.internet.task import LoopingCall, deferLater
from zope.interface import implementer

from twisted_auction.client.person import Ending, Person, Question
from twisted_auction.client.robots import PassHolder
from twisted_auction.client.room import RoomVisit
from twisted_auction.client.session import join_room
from twisted_auction.wire import messages

EVERYONE_IS_IN = "Everyone is in."

CUT_INTERVAL = 4.0
"""Seconds between two cuts of the network."""

CUT_AT_ONCE = 8
"""The number of connections that one cut concerns."""

ITEM = "Item {:02}"
"""The name of the item of a lot."""

EXPULSION = 1.0
"""Seconds after which a person comes again who was expelled."""

MAX_VALUE = 100
"""The most that any item is worth to a person, in whole dollars."""


class Bidder(Person):
    """A person who bids what an item is worth to it, or less, and passes some lots.

    :param chance: makes its decisions.
    :ivar paddle: as the lobby has told it; 0 before.
    :ivar has_seat: True once it has a seat.
    :ivar is_expelled: True once it is expelled.
    :ivar won: the payment for each item won, as last told.
    :ivar results: the number of results told, repeated ones included.
    """

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._answer: Callable[[bytes | None], None] | None = None
        self._question: Question | None = None
        self._item = ""
        self._value = 0
        self._number = 0
        self.paddle = 0
        self.has_seat = False
        self.is_expelled = False
        self.won: dict[str, int] = {}
        self.results = 0

    def show(self, text: str) -> None:
        """Show nothing: the messages are enough."""

    def ask(self, message: Question | None, answer: Callable[[bytes | None], None]) -> None:
        """Answer for a sealed lot at once; in open bidding, when there is a price."""
        self._question, self._answer = message, answer

    def withdraw_question(self) -> None:
        """Forget the question."""
        self._answer = None

    def message_received(self, message: messages.Message) -> None:
        """Note what is told, and bid."""
        match message:
            case messages.YouArePaddle():
                self.paddle = message.paddle
            case messages.RoleBuyer():
                self.has_seat = True
            case messages.YouAre():
                self._number = message.buyer
            case messages.OnSale() if message.item_name != self._item:
                self._item = message.item_name
                self._value = self._chance.choice([0, self._chance.randint(1, MAX_VALUE)])
            case messages.AskBid():
                self._say(str(self._value) if self._value else "pass")
            case messages.AboveLimit() | messages.TooManyLots():
                self._value = 0
            case messages.Asking():
                self._bid(message.asking_price)
            case messages.HighestBid() if message.buyer != self._number:
                self._bid(message.asking_price)
            case messages.YouAreExpelled():
                self.is_expelled = True
            case messages.YouWon():
                self.results += 1
                self.won[message.item_name] = message.payment
            case messages.NothingDue():
                self.won.pop(ITEM.format(int(message.name)), None)
            case messages.YouLost():
                self.results += 1

    def _bid(self, price: int) -> None:
        """Bid at least a price, if the item is worth it, and not always."""
        if price > self._value or self._chance.random() < 0.5:
            return
        if isinstance(self._question, messages.AskAnytime) and "accept" in self._question.how:
            self._say("accept")
        else:
            self._say(str(self._chance.randint(price, self._value)))

    def _say(self, line: str) -> None:
        if self._answer is not None:
            answer, self._answer = self._answer, None
            answer(line.encode())


@implementer(IStreamClientEndpoint)
class CutEndpoint:
    """Connects to a lobby, and cuts the connection on demand.

    :ivar cuts: the number of cuts.
    """

    def __init__(self, endpoint: IStreamClientEndpoint) -> None:
        self._endpoint = endpoint
        self._client: Any = None
        self.cuts = 0

    def connect(self, protocolFactory: IProtocolFactory) -> Deferred[IProtocol]:
        """Make the next connection."""
        connecting: Deferred[IProtocol] = self._endpoint.connect(protocolFactory)
        return connecting.addCallback(self._connected)

    def cut(self) -> None:
        """Cut the connection, if there is one."""
        if self._client is not None and self._client.connected:
            self.cuts += 1
            self._client.transport.abortConnection()

    def _connected(self, client: IProtocol) -> IProtocol:
        self._client = client
        return client


async def take_part(reactor: Any, endpoint: CutEndpoint, bidder: Bidder, code: str) -> Ending:
    """Take part until the sale is over; once more after an expulsion."""
    while True:
        person = PassHolder(bidder, code)
        ending = await join_room(endpoint, RoomVisit(reactor, "main", person, messages.RoleBuyer))
        if not bidder.is_expelled:
            return ending
        bidder.is_expelled = False
        await deferLater(reactor, EXPULSION)


def main(port: str, codes: str, seed: str) -> None:
    """Run the hall until the sale is over for everyone."""
    from twisted.internet import reactor

    chance = random.Random(int(seed))
    bidders: list[Bidder] = []
    endpoints: list[CutEndpoint] = []
    visits = []
    with open(codes, newline="") as file:
        for row in csv.DictReader(file):
            bidder = Bidder(random.Random(chance.random()))
            endpoint = CutEndpoint(TCP4ClientEndpoint(reactor, "127.0.0.1", int(port)))
            visits.append(ensureDeferred(take_part(reactor, endpoint, bidder, row["pass"])))
            bidders.append(bidder)
            endpoints.append(endpoint)

    def cut() -> None:
        for endpoint in chance.sample(endpoints, CUT_AT_ONCE):
            endpoint.cut()

    cuts = LoopingCall(cut)

    def wait_for_all() -> None:
        if all(bidder.has_seat for bidder in bidders):
            waiting.stop()
            print(EVERYONE_IS_IN, flush=True)
            cuts.start(CUT_INTERVAL)

    waiting = LoopingCall(wait_for_all)
    waiting.start(0.1)

    def report(endings: list[Ending]) -> None:
        told = [
            {
                "paddle": bidder.paddle,
                "won": bidder.won,
                "results": bidder.results,
                "cuts": endpoint.cuts,
                "status": ending.status,
                "complaint": ending.complaint,
            }
            for bidder, endpoint, ending in zip(bidders, endpoints, endings, strict=True)
        ]
        print(json.dumps(told), flush=True)

    def end(_: object) -> None:
        if cuts.running:
            cuts.stop()
        reactor.stop()

    gatherResults(visits).addCallback(report).addBoth(end)
    reactor.run()


if __name__ == "__main__":
    main(*sys.argv[1:])
