"""The site: the page and its web socket, on a port of its own."""

from twisted.web.resource import IResource
from twisted.web.server import Site

from twisted_auction.house.rooms import Rooms
from twisted_auction.server.limits import ConnectionLimits
from twisted_auction.server.passes import Passes
from twisted_auction.web.browsers import Browsers
from twisted_auction.web.pages import Root
from twisted_auction.web.requests import BoundedChannel, SmallRequest


class AuctionSite(Site):
    """Serves the page of a house.

    :param rooms: the rooms of the house.
    :param connections: limits shared by all ports of the server.
    :param passes: the pass codes of the house; None without a list of people.
    :param live: the resource of the web socket.
    :param address: the address of the site for people, such as ``https://example.org``, if a proxy
        has another one than the site itself.
    :param proxy: the IP address of a proxy that names its clients in ``X-Forwarded-For``; empty for
        none.
    :ivar health_check_factory: answers the connections that a proxy makes for itself.
    :ivar browsers: what the connections of all browsers have in common.
    """

    protocol = BoundedChannel  # type: ignore[assignment]  # Twisted's own is a function
    noisy = False

    def __init__(
        self,
        rooms: Rooms,
        connections: ConnectionLimits,
        passes: Passes | None = None,
        live: IResource | None = None,
        *,
        address: str = "",
        proxy: str = "",
    ) -> None:
        super().__init__(
            Root(rooms, passes, live),
            SmallRequest,
            parsePOSTFormSubmission=False,
            timeout=None,  # the deadlines are the channel's own
            reactor=rooms.clock,
        )
        self.browsers = Browsers(connections, proxy, address.startswith("https://"))
        self.health_check_factory = self

    def acceptableProtocols(self) -> list[bytes]:
        """The protocols to negotiate beneath TLS."""
        return [b"http/1.1"]

    def startFactory(self) -> None:
        """Open no log: Twisted's has the paths of requests, and so pass codes."""

    def stopFactory(self) -> None:
        """Close the connections that wait for a request."""
        self.browsers.requests.expire()

    def log(self, request: SmallRequest) -> None:  # type: ignore[override]
        """Log nothing."""
