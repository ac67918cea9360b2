"""A robot Buyer: it bids the asking price up to its limit; in a sealed auction it bids the limit.

Usage: python robot.py HOST PORT LIMIT
"""

import sys
from collections.abc import Callable

from twisted.internet.endpoints import HostnameEndpoint
from twisted.internet.error import ConnectError
from twisted.internet.interfaces import IReactorTCP
from twisted.internet.task import react

from twisted_auction.embed import Person, join, messages


class Robot(Person):
    """Receives each message as an object, and answers questions."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.number: int | None = None
        self.answer: Callable[[bytes | None], None] | None = None

    def show(self, text: str) -> None:
        """Print a line for a person."""
        print(text, flush=True)

    def ask(self, message: messages.Message | None, answer: Callable[[bytes | None], None]) -> None:
        """Keep the question until there is a price."""
        self.answer = answer

    def message_received(self, message: messages.Message) -> None:
        """React to a message of the server."""
        match message:
            case messages.YouAre():
                self.number = message.buyer
            case messages.AskBid():
                self.bid(self.limit)
            case messages.Asking():
                self.bid(message.asking_price)
            case messages.HighestBid() if message.buyer != self.number:
                self.bid(message.asking_price)

    def bid(self, price: int) -> None:
        """Bid this price, in whole dollars, unless it is above the limit."""
        if price <= self.limit and self.answer is not None:
            answer, self.answer = self.answer, None
            answer(str(price).encode())


async def main(reactor: IReactorTCP, host: str, port: str, limit: str) -> None:
    """Take part in one auction."""
    try:
        ending = await join(HostnameEndpoint(reactor, host, int(port)), Robot(int(limit)))
    except ConnectError as error:
        sys.exit(f"cannot connect: {error}")
    if ending.complaint:
        print(ending.complaint, file=sys.stderr)
    sys.exit(ending.status)


react(main, sys.argv[1:])
