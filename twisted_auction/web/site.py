"""The sites of a server, each on a port of its own: the page, and the metrics."""

from typing import Self

from twisted.web.resource import IResource
from twisted.web.server import Site

from twisted_auction.house.rooms import Rooms
from twisted_auction.server.limits import ConnectionLimits
from twisted_auction.server.passes import Passes
from twisted_auction.web.access_log import AccessLog
from twisted_auction.web.browsers import Browsers
from twisted_auction.web.metrics import Metrics, MetricsRoot
from twisted_auction.web.pages import Live, Root
from twisted_auction.web.requests import BoundedChannel, SmallRequest
from twisted_auction.web.settings import SiteSettings
from twisted_auction.web.settlement import Settlement


class BoundedSite(Site):
    """Answers requests within limits.

    :param root: answers all requests.
    :param connections: limits shared by all ports of the server.
    :param settings: the operator's settings.
    :ivar browsers: the limits on all connections of browsers together.
    """

    protocol = BoundedChannel  # type: ignore[assignment]  # Twisted's own is a function
    noisy = False

    def __init__(
        self, root: IResource, connections: ConnectionLimits, settings: SiteSettings
    ) -> None:
        super().__init__(
            root,
            SmallRequest,
            parsePOSTFormSubmission=False,
            timeout=None,  # the deadlines are the channel's own
            reactor=connections.clock,
        )
        self.browsers = Browsers(connections, settings.proxy, settings.is_secure)
        self._access_log = AccessLog(connections.clock) if settings.log_requests else None

    @property
    def health_check_factory(self) -> Self:
        """Answers the connections of a proxy's own: it checks the site by requests."""
        return self

    def acceptableProtocols(self) -> list[bytes]:
        """The protocols to negotiate beneath TLS."""
        return [b"http/1.1"]

    def startFactory(self) -> None:
        """Open no log: Twisted's has the paths of requests, and so pass codes."""

    def stopFactory(self) -> None:
        """Close the connections that wait for a request."""
        self.browsers.requests.expire()

    def log(self, request: SmallRequest) -> None:  # type: ignore[override]
        """Log the request, at the operator's wish."""
        if self._access_log is not None:
            self._access_log.write(request)


class AuctionSite(BoundedSite):
    """Serves the page of a house.

    :param rooms: the rooms of the house.
    :param connections: limits shared by all ports of the server.
    :param passes: the pass codes of the house; None without a list of people.
    :param live: the resource of the web socket.
    :param settings: the operator's settings.
    :param settlement: the bills of the sale.
    """

    def __init__(
        self,
        rooms: Rooms,
        connections: ConnectionLimits,
        passes: Passes | None = None,
        live: Live | None = None,
        settings: SiteSettings | None = None,
        settlement: Settlement | None = None,
    ) -> None:
        settings = settings or SiteSettings()
        super().__init__(Root(rooms, passes, live, settings, settlement), connections, settings)
        self._live = live

    def stopFactory(self) -> None:
        """Close the web sockets, too."""
        if self._live is not None:
            self._live.close()
        super().stopFactory()


class MetricsSite(BoundedSite):
    """Serves the figures of a house.

    :param metrics: the figures.
    :param connections: limits shared by all ports of the server.
    """

    def __init__(self, metrics: Metrics, connections: ConnectionLimits) -> None:
        super().__init__(MetricsRoot(metrics), connections, SiteSettings())
