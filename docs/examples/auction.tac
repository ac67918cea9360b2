# A server as an application of Twisted's: twistd --nodaemon --python auction.tac

import os

from twisted.application.service import Application
from twisted.internet import reactor

from twisted_auction.embed import count_monotonically, house

port = os.environ.get("AUCTION_PORT", "4000")
count_monotonically(reactor)
service = house(reactor, [f"tcp:{port}:interface=127.0.0.1"], ledger="auction.sqlite3")

application = Application("auction")
service.setServiceParent(application)
