"""The factory of connections to one room."""

from twisted.internet.interfaces import IAddress
from twisted.internet.protocol import ServerFactory

from twisted_auction.house.auctioneer import Auctioneer
from twisted_auction.server.codings import as_plain_lines
from twisted_auction.server.limits import ConnectionLimits
from twisted_auction.server.passes import Passes
from twisted_auction.server.protocol import AuctionProtocol
from twisted_auction.server.room_session import RoomSession
from twisted_auction.server.visitor import VisitorSession, dismiss_all


class AuctionFactory(ServerFactory):
    """Makes the protocol of each connection to one Auctioneer.

    :param auctioneer: runs the room.
    :param accept_unterminated: True if bytes count as a line after a moment of silence. Many
        programs for the assignment send no line ends. Half an amount from a slow client then counts
        as a whole one.
    :param connections: limits shared by all ports of a server. None: the default limits, for this
        port alone.
    :param is_plain: True if lines end with LF, as those of plain programs do, and not with CRLF.
        Some programs for the assignment understand only LF.
    :param passes: asks each client for a pass code; None to let every client take part.
    :ivar visitors: the sessions of clients that were asked for a pass code.
    """

    noisy = False

    def __init__(
        self,
        auctioneer: Auctioneer,
        accept_unterminated: bool = False,
        connections: ConnectionLimits | None = None,
        is_plain: bool = False,
        passes: Passes | None = None,
    ) -> None:
        self.auctioneer = auctioneer
        self.is_plain = is_plain
        self.accept_unterminated = accept_unterminated
        self.connections = connections or ConnectionLimits(auctioneer.clock)
        self.passes = passes
        self.visitors: dict[VisitorSession, None] = {}

    def buildProtocol(self, addr: IAddress | None) -> AuctionProtocol:
        """Make the protocol for a new connection."""
        session = RoomSession(self.auctioneer, self.connections, self.passes, self.visitors)
        if self.is_plain:
            session.code = as_plain_lines
        protocol = AuctionProtocol(session, self.accept_unterminated)
        protocol.factory = self
        return protocol

    def startFactory(self) -> None:
        """Open the room once its first port listens."""
        self.auctioneer.open()

    def stopFactory(self) -> None:
        """Close the room once its last port is closed."""
        self.auctioneer.close()
        self.auctioneer.journal.after_commit(lambda: dismiss_all(self.visitors))
