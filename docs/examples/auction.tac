# A server as an application of Twisted's: twistd --nodaemon --python auction.tac

import os

from twisted.application.service import Application
from twisted.internet import reactor
from twisted.logger import Logger

from twisted_auction.twisted_internals import count_monotonically
from twisted_auction.ledger.journal import Ledger
from twisted_auction.house.rooms import Rooms
from twisted_auction.server.factory import AuctionFactory
from twisted_auction.server.limits import ConnectionLimits
from twisted_auction.server.service import AuctionService


log = Logger(namespace="auction")


def fail(reason):
    """Stop: the ledger cannot be written, and what is not recorded has not happened."""
    log.critical("{reason}", reason=reason)
    reactor.stop()


os.umask(0o077)  # the ledger has sealed bids
count_monotonically(reactor)
connections = ConnectionLimits(reactor)
rooms = Rooms(reactor, ledger=Ledger("auction.sqlite3", reactor, fail))
port = os.environ.get("AUCTION_PORT", "4000")
ports = [(f"tcp:{port}:interface=127.0.0.1", AuctionFactory(rooms.main, connections=connections))]

application = Application("auction")
AuctionService(ports, reactor, log.info, connections, rooms).setServiceParent(application)
