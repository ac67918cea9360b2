"""A bare Twisted server that plays an auction from a fixed script, with no rules behind it.

``python -m benchmarks.script PORT BUYERS`` writes the very bytes that the real server writes, at
the same moments, and closes at the end. Whatever arrives counts as the line that comes next.
"""

import sys
from typing import Any

from twisted.internet import reactor
from twisted.internet.protocol import ServerFactory, connectionDone
from twisted.protocols.basic import LineReceiver
from twisted.python.failure import Failure

from benchmarks.auctions import ITEM, LOWEST_PRICE, RAISE, request

SELLER = b"Your role is: [Seller]\r\nPlease submit auction request:\r\n"
RECEIVED = b"Auction request received: %s\r\n"
BUYER = b"Your role is: [Buyer]\r\n"
WAIT = b"The Auctioneer is still waiting for other Buyer to connect...\r\n"
START = b"Bidding start!\r\nPlease submit your bid:\r\n"
BID = b"Bid received. Please wait...\r\n"
SOLD = b"Auction finished!\r\nSuccess! Your item %s has been sold for $%d\r\n"
WON = b"Auction finished!\r\nYou won this item %s! Your payment due is $%d\r\n"
LOST = b"Auction finished!\r\nUnfortunately you did not win in the last round.\r\n"


class Script(LineReceiver):
    """One connection, which knows its place in the order of arrival."""

    delimiter = b"\n"
    factory: Any
    transport: Any

    def connectionMade(self) -> None:
        """Say what the script says to whoever comes at this place."""
        cast = self.factory.cast
        self.place = len(cast)
        cast.append(self)
        if self.place == 0:
            self.transport.write(SELLER)
        elif self.place < self.factory.buyers:
            self.transport.write(BUYER + WAIT)
        else:
            for buyer in cast[1:-1]:
                buyer.transport.write(START)
            self.transport.write(BUYER + START)

    def lineReceived(self, line: bytes) -> None:
        """Say what the script says next."""
        factory = self.factory
        if self.place == 0:
            self.transport.write(factory.received)
            return
        factory.bids += 1
        self.transport.write(BID)
        if factory.bids < factory.buyers:
            return
        seller, *losers, winner = factory.cast
        factory.cast, factory.bids = [], 0
        seller.transport.write(factory.sold)
        winner.transport.write(factory.won)
        for buyer in losers:
            buyer.transport.write(LOST)
        for player in (seller, winner, *losers):
            player.transport.loseConnection()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Forget somebody who only looked in."""
        if self.factory.cast == [self]:
            self.factory.cast = []


class ScriptFactory(ServerFactory):
    """The auction that is on: who is there, and how many bids are in."""

    protocol = Script
    noisy = False

    def __init__(self, buyers: int) -> None:
        self.buyers = buyers
        self.cast: list[Script] = []
        self.bids = 0
        payment = LOWEST_PRICE + RAISE * (buyers - 1)
        self.received = RECEIVED % request(buyers)
        self.sold = SOLD % (ITEM, payment)
        self.won = WON % (ITEM, payment)


if __name__ == "__main__":
    reactor.listenTCP(
        int(sys.argv[1]), ScriptFactory(int(sys.argv[2])), backlog=511, interface="127.0.0.1"
    )
    reactor.run()
