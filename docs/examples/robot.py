"""A robot Buyer: it goes along up to its limit, or bids that where bids are sealed.

Usage: python robot.py HOST PORT LIMIT
"""

import sys

from twisted.internet.endpoints import HostnameEndpoint
from twisted.internet.error import ConnectError
from twisted.internet.task import react

from twisted_auction.client.join import join
from twisted_auction.client.person import Person
from twisted_auction.wire import messages


class Robot(Person):
    """Hears each message as an object, and answers when it is asked."""

    def __init__(self, limit):
        self.limit = limit
        self.number = None
        self.answer = None

    def show(self, text):
        """Read what a person would read."""
        print(text, flush=True)

    def ask(self, answer):
        """Be asked for a line; the answer may be given now or later."""
        self.answer = answer

    def message_received(self, message):
        """Understand what the server says."""
        match message:
            case messages.YouAre():
                self.number = message.buyer
            case messages.AskBid():
                self.bid(self.limit)
            case messages.Asking():
                self.bid(message.asking_price)
            case messages.HighestBid() if message.buyer != self.number:
                self.bid(message.asking_price)

    def bid(self, price):
        """Bid this price if it is not too much."""
        if price <= self.limit and self.answer is not None:
            answer, self.answer = self.answer, None
            answer(str(price).encode())


async def main(reactor, host, port, limit):
    """Take part in one auction."""
    try:
        ending = await join(HostnameEndpoint(reactor, host, int(port)), Robot(int(limit)))
    except ConnectError as error:
        sys.exit(f"cannot connect: {error}")
    if ending.complaint:
        print(ending.complaint, file=sys.stderr)
    sys.exit(ending.status)


react(main, sys.argv[1:])
