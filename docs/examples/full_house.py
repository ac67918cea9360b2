"""A full house in a program of one's own: rooms, a ledger and a lobby.

Usage: python full_house.py PORT LOBBY_PORT LEDGER
"""

import sys
from functools import partial
from textwrap import indent

from twisted.internet import reactor

from twisted_auction.house.rooms import Rooms
from twisted_auction.ledger.journal import Ledger
from twisted_auction.rules.terms import Terms
from twisted_auction.server.console import transcript
from twisted_auction.server.factory import AuctionFactory
from twisted_auction.server.limits import ConnectionLimits
from twisted_auction.server.lobby import LobbyFactory
from twisted_auction.server.service import AuctionService
from twisted_auction.twisted_internals import count_monotonically


def fail(reason: str) -> None:
    """Stop: the ledger cannot be written, and what is not recorded has not happened."""
    print(reason, file=sys.stderr)
    reactor.stop()


port, lobby_port, path = sys.argv[1:]
count_monotonically(reactor)  # nobody who sets the time of day moves an auction's end
ledger = Ledger(path, reactor, fail)
rooms = Rooms(
    reactor,
    Terms(bid_timeout=60),
    watch=lambda room: transcript(lambda text: print(indent(text, f"{room}: "), flush=True)),
    ledger=ledger,
)
connections = ConnectionLimits(reactor)  # limits on what strangers may cost, for all ports together
ports = [
    (f"tcp:{port}:interface=127.0.0.1", AuctionFactory(rooms.main, connections=connections)),
    (f"tcp:{lobby_port}:interface=127.0.0.1", LobbyFactory(rooms, connections)),
]
house = AuctionService(ports, reactor, partial(print, flush=True), connections, rooms)
house.privilegedStartService()
house.startService()
reactor.addSystemEventTrigger("before", "shutdown", house.stopService)
reactor.run()
