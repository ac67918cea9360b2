"""A connection to the port of one room."""

from twisted_auction.house.auctioneer import Auctioneer
from twisted_auction.server.limits import ConnectionLimits
from twisted_auction.server.session import Session


class RoomSession(Session):
    """A session with one Auctioneer. The server speaks first.

    :param auctioneer: gives the client its seat.
    """

    def __init__(self, auctioneer: Auctioneer, connections: ConnectionLimits) -> None:
        super().__init__(connections, auctioneer.journal)
        self.auctioneer = auctioneer

    def begin(self) -> None:
        """Take a seat, or send the reason for a refusal."""
        self.seat = self.auctioneer.arrive(self)
