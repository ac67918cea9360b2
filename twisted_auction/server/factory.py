"""The factory that all ways of starting the server share."""

from twisted.internet.interfaces import IAddress
from twisted.internet.protocol import ServerFactory

from twisted_auction.house.auctioneer import Auctioneer
from twisted_auction.server.codings import as_plain_lines
from twisted_auction.server.limits import ConnectionLimits
from twisted_auction.server.protocol import AuctionProtocol
from twisted_auction.server.session import RoomSession


class AuctionFactory(ServerFactory):
    """Brings every connection to one Auctioneer.

    :param auctioneer: runs the saleroom.
    :param accept_unterminated: whether bytes followed by a moment of silence count as a line. Many
        programs for the assignment send no line ends; a sender who is merely slow would have half
        an amount taken for the whole.
    :param connections: shared by all ports of a server. None: the default limits, for this port
        alone.
    :param is_plain: whether lines are sent with LF at their ends, as plain programs print them, and
        not with CRLF. Some programs for the assignment understand nothing else.
    """

    noisy = False

    def __init__(
        self,
        auctioneer: Auctioneer,
        accept_unterminated: bool = False,
        connections: ConnectionLimits | None = None,
        is_plain: bool = False,
    ) -> None:
        self.auctioneer = auctioneer
        self.is_plain = is_plain
        self.accept_unterminated = accept_unterminated
        self.connections = connections or ConnectionLimits(auctioneer.clock)

    def buildProtocol(self, addr: IAddress | None) -> AuctionProtocol:
        """Make the protocol for a new connection."""
        session = RoomSession(self.auctioneer, self.connections)
        if self.is_plain:
            session.code = as_plain_lines
        protocol = AuctionProtocol(session, self.accept_unterminated)
        protocol.factory = self
        return protocol

    def startFactory(self) -> None:
        """Let seats be had: the first port listens."""
        self.auctioneer.open()

    def stopFactory(self) -> None:
        """End the auction that is on: the last listening port has closed."""
        self.auctioneer.close()
