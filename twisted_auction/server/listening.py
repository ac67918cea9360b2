"""Where a server listens."""

from collections.abc import Callable, Iterable
from typing import Any

from twisted.application.service import MultiService
from twisted.application.strports import service
from twisted.internet.endpoints import serverFromString
from twisted.internet.error import CannotListenError
from twisted.internet.interfaces import IProtocolFactory

from twisted_auction.server.console import READY


def endpoint_description(port: str, reactor: Any) -> str:
    """The endpoint string for what a person gives as a port.

    :param port: a number, for TCP on every IPv4 interface, or any Twisted endpoint string.
    :raises ValueError: where it is neither.
    """
    description = port
    if port.isascii() and port.isdigit():
        if len(port) > 5 or int(port) > 65535:
            raise ValueError(f"a port is a number from 0 to 65535, not {port!r}")
        # In a storm of arrivals the default backlog of 50 costs seconds of connection retries.
        description = f"tcp:{port}:backlog=511"
    try:
        serverFromString(reactor, description)
    except Exception as error:  # each kind of endpoint has errors of its own
        raise ValueError(f"{port!r} is neither a port nor an endpoint: {error}") from None
    return description


class CannotListen(SystemExit, Exception):
    """A port cannot be had. Left alone, it ends the process with one line and status 1.

    It is an :exc:`Exception` as well, so that ``twistd`` tidies up and tells the person who started
    a daemon.
    """


class AuctionService(MultiService):
    """Listens on every one of these ports.

    :param descriptions: endpoint strings.
    :param announce: is told, once every port is open, what the operator is to read.
    """

    def __init__(
        self,
        descriptions: Iterable[str],
        factory: IProtocolFactory,
        reactor: Any,
        announce: Callable[[str], object],
    ) -> None:
        super().__init__()
        self._announce = announce
        for description in descriptions:
            service(description, factory, reactor).setServiceParent(self)

    def privilegedStartService(self) -> None:
        """Take the ports.

        :raises CannotListen: where one cannot be had.
        """
        try:
            super().privilegedStartService()
        except (CannotListenError, OverflowError) as error:
            raise CannotListen(str(error)) from None

    def startService(self) -> None:
        """Say that auctions can be held."""
        super().startService()
        self._announce(READY)
