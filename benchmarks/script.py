"""A bare Twisted server that plays auctions from a fixed script, without rules.

``python -m benchmarks.script PORT BUYERS`` writes the same bytes as the real server, at the same
moments, and closes at the end. Any bytes count as the next line. With ``lobby`` as a third
argument, it has many auctions at once, and the first line of each connection, ``JOIN room``,
chooses one.
"""

import sys
from typing import Any

from twisted.internet import reactor
from twisted.internet.protocol import ServerFactory, connectionDone
from twisted.protocols.basic import LineReceiver
from twisted.python.failure import Failure

from benchmarks.auctions import (
    BID,
    BUYER,
    LOST,
    RECEIVED,
    SELLER,
    SOLD,
    START,
    TICKET,
    WAIT,
    WON,
    bid,
    request,
)


class Cast:
    """An auction: its connections, and the number of bids."""

    __slots__ = ("bids", "players", "room", "winner")

    def __init__(self, room: bytes) -> None:
        self.room = room
        self.players: list[Script] = []
        self.bids = 0
        self.winner: Script | None = None


class Script(LineReceiver):
    """One connection, with its place in the order of arrival."""

    delimiter = b"\n"
    factory: Any
    transport: Any
    cast: Cast | None = None

    def connectionMade(self) -> None:
        """Join the only auction, or wait for the first line of a lobby's client."""
        if not self.factory.is_lobby:
            self.enter(b"", b"")

    def enter(self, room: bytes, before: bytes) -> None:
        """Send the script's lines for this place, after a first line."""
        cast = self.cast = self.factory.enter(room)
        self.place = len(cast.players)
        cast.players.append(self)
        if self.place == 0:
            self.transport.write(before + SELLER)
        elif self.place < self.factory.buyers:
            self.transport.write(before + BUYER + WAIT)
        else:
            for buyer in cast.players[1:-1]:
                buyer.transport.write(START)
            self.transport.write(before + BUYER + START)

    def lineReceived(self, line: bytes) -> None:
        """Send the next lines of the script."""
        factory, cast = self.factory, self.cast
        if cast is None:
            self.enter(line, TICKET)
            return
        if self.place == 0:
            self.transport.write(factory.received)
            return
        cast.bids += 1
        self.transport.write(BID)
        if line == factory.winning:
            cast.winner = self
        if cast.bids < factory.buyers:
            return
        factory.forget(cast)
        for player in cast.players:
            player.cast = None
            if player.place == 0:
                player.transport.write(factory.sold)
            else:
                player.transport.write(factory.won if player is cast.winner else LOST)
            player.transport.loseConnection()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Forget an auction if a client leaves before its end."""
        if self.cast is not None:
            self.factory.forget(self.cast)


class ScriptFactory(ServerFactory):
    """The auctions that are on, by room."""

    protocol = Script
    noisy = False

    def __init__(self, buyers: int, is_lobby: bool) -> None:
        self.buyers = buyers
        self.is_lobby = is_lobby
        self.casts: dict[bytes, Cast] = {}
        self.winning = b"%d" % bid(buyers)
        self.received = RECEIVED % request(buyers)
        self.sold = SOLD % bid(buyers - 1)
        self.won = WON % bid(buyers - 1)

    def enter(self, room: bytes) -> Cast:
        """The auction in this room."""
        cast = self.casts.get(room)
        if cast is None:
            cast = self.casts[room] = Cast(room)
        return cast

    def forget(self, cast: Cast) -> None:
        """End the auction in the room."""
        if self.casts.get(cast.room) is cast:
            del self.casts[cast.room]


if __name__ == "__main__":
    factory = ScriptFactory(int(sys.argv[2]), "lobby" in sys.argv[3:])
    reactor.listenTCP(int(sys.argv[1]), factory, backlog=4096, interface="127.0.0.1")
    reactor.run()
