"""The service of a house: its ports and its ledger, open while the service runs."""

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from typing import Any

from twisted.application.internet import StreamServerEndpointService
from twisted.application.service import MultiService
from twisted.internet.defer import Deferred, DeferredList, succeed
from twisted.internet.error import CannotListenError, ReactorNotRunning
from twisted.internet.interfaces import IProtocolFactory, IStreamServerEndpoint

from twisted_auction.house.doors import TimeIsPast
from twisted_auction.house.notifications import Notifications
from twisted_auction.house.people import PeopleError, unlisted_sellers
from twisted_auction.house.rooms import Rooms
from twisted_auction.ledger.row import LedgerError
from twisted_auction.rules.events import Event, SaleEnded
from twisted_auction.server.console import READY
from twisted_auction.server.endpoints import UNIX, CannotStart, TlsAfterHeader, TunedEndpoint
from twisted_auction.server.limits import ConnectionLimits
from twisted_auction.server.people_file import PeopleFile
from twisted_auction.server.proxied import ENDPOINT_PREFIX, ProxiedFactory
from twisted_auction.server.unix_ports import UnixPorts
from twisted_auction.twisted_internals import service_at

SHUTDOWN_TIMEOUT = 4.0
"""Seconds for clients to close their connections after the server's last message."""


SALE_OVER = (
    "The sale of this catalogue is over. For a new one, start with another --ledger, "
    "or move the old one out with: auction ledger archive"
)
"""Announced if a house opens after the end of its sale."""

SALE_HAS_ENDED = "The sale is over in all rooms."
"""Announced once, at the end of a sale of all lots together."""

SALE_WAITS = (
    "A sale of an earlier run waits: {report}. --starts does not move it. "
    "To move it: auction control start TIME"
)
"""Announced if a house opens again before the beginning of its sale."""


class AuctionService(MultiService):
    """The service of a house. It can be stopped and started again.

    :param ports: endpoint strings, each with the factory that serves it.
    :param announce: receives each line for the operator, once everything is open.
    :param connections: what all connections have in common.
    :param rooms: the rooms of the house.
    :param people_file: the list of people, to be read at each start; None without a file.
    :param greetings: more lines for the operator at each start.
    :param notifications: those of the rooms; None if there are none.
    :ivar rooms: the rooms of the house.
    :ivar people_file: the same as the parameter.
    """

    def __init__(
        self,
        ports: Iterable[tuple[str, IProtocolFactory]],
        reactor: Any,
        announce: Callable[[str], object],
        connections: ConnectionLimits,
        rooms: Rooms,
        people_file: PeopleFile | None = None,
        greetings: Iterable[str] = (),
        notifications: Notifications | None = None,
    ) -> None:
        super().__init__()
        self._reactor = reactor
        self._announce = announce
        self._connections = connections
        self.rooms = rooms
        self.people_file = people_file
        self._greetings = list(greetings)
        self._notifications = notifications
        if notifications is not None:
            notifications.house = rooms
        rooms.add_haltable(connections)
        self._described = list(ports)
        self._ports: list[tuple[str, StreamServerEndpointService]] = []
        self._listening: list[StreamServerEndpointService] = []
        self._make_ports()

    def privilegedStartService(self) -> None:
        """Open the ports, except Unix sockets. A Unix socket needs no privileges and belongs to its
        creator, so it waits until ``twistd --uid`` has changed the user.

        :raises CannotStart: if a port is not available.
        """
        self._listen([each for each in self._ports if not each[0].startswith(UNIX)])

    def startService(self) -> None:
        """Open the other ports and the ledger, with the rights of the server's user. Announce
        the start, and the number of auctions from an earlier run.

        :raises CannotStart: if a port or the ledger is not available, or the list of people is
            wrong.
        """
        self._listen(self._ports)
        try:
            if self.people_file is not None:
                self.people_file.read()
            resumed = self.rooms.open()
            if self._notifications is not None:
                self._notifications.open()
        except (LedgerError, PeopleError) as error:
            self._stop_listening()
            raise CannotStart(str(error)) from None
        except TimeIsPast as error:
            self._stop_listening()
            raise CannotStart(f"the sale cannot begin: {error}") from None
        super().startService()
        self._announce(READY)
        for greeting in self._greetings:
            self._announce(greeting)
        if resumed:
            self._announce(f"Auctions that go on: {resumed}.")
            if self.rooms.main.auction.awaits_start:
                self._announce(SALE_WAITS.format(report=self.rooms.main.report()))
        people = self.rooms.people
        if self.rooms.sale.is_over(self.rooms):
            self._announce(SALE_OVER)
            return
        if self.rooms.sale.together:
            self.rooms.news.followers[self._follow] = None
        if people is not None:
            for sentence in unlisted_sellers(self.rooms.sale.all_lots, people):
                self._announce(sentence)

    def stopService(self) -> Deferred[None]:
        """Close the ports, tell every client, wait at most :data:`SHUTDOWN_TIMEOUT` seconds for
        the connections to close, and then close the ledger."""
        self.running = False
        self.rooms.news.followers.pop(self._follow, None)
        stopped: Deferred[Any] = succeed(None)
        # All rooms close in one turn of the reactor. Otherwise, a client in an open room could
        # still enter a closed one.
        stopped.addCallback(lambda _: self._close_rooms())
        stopped.addCallback(lambda _: self._stop_listening())
        # A connection in a handshake cannot be told anything, so it is cut.
        stopped.addCallback(lambda _: self._connections.handshakes.expire())
        # The last messages leave with the commit of what they report.
        stopped.addCallback(lambda _: self._recorded())
        stopped.addCallback(lambda _: self._connections.closing.wait_until_idle())
        stopped.addTimeout(SHUTDOWN_TIMEOUT, self._reactor, lambda _, __: None)
        return stopped.addBoth(self._close_ledger)

    def _follow(self, room: str, events: Sequence[Event]) -> None:
        """Announce the end of a sale of all lots together."""
        is_end = any(isinstance(event, SaleEnded) for event in events)
        if is_end and self.rooms.sale.is_over(self.rooms):
            self.rooms.news.followers.pop(self._follow, None)
            self._announce(SALE_HAS_ENDED)

    def _make_ports(self) -> None:
        """Make a service for each port. Twisted's service of a port can listen only once."""
        for _, port in self._ports:
            port.disownServiceParent()
        self._ports = []
        for description, factory in self._described:
            endpoint = description.removeprefix(ENDPOINT_PREFIX)
            reactor: Any = self._reactor
            if endpoint.startswith(UNIX):
                reactor = UnixPorts(reactor)
            elif description.startswith(f"{ENDPOINT_PREFIX}ssl:"):
                reactor = TlsAfterHeader(reactor)
            if description.startswith(ENDPOINT_PREFIX):  # Twisted's own wrapper has no limits
                # A proxy checks the health of the page by a request, and of other ports by a
                # connection alone.
                health_check_factory = getattr(factory, "health_check_factory", None)
                factory = ProxiedFactory(factory, self._connections, health_check_factory)
            port = service_at(endpoint, factory, reactor, self._tuned)
            port.setServiceParent(self)
            self._ports.append((endpoint, port))

    def _tuned(self, endpoint: IStreamServerEndpoint) -> IStreamServerEndpoint:
        return TunedEndpoint(endpoint, self._connections.limits.peer_timeout)

    def _listen(self, ports: Iterable[tuple[str, StreamServerEndpointService]]) -> None:
        """Open these ports; skip the open ones.

        :raises CannotStart: if one is not available; then all ports are closed again.
        """
        for description, port in ports:
            if port in self._listening:
                continue
            try:
                port.privilegedStartService()
            except CannotListenError as error:
                problem = str(error)
            except (OSError, OverflowError) as error:
                problem = f"cannot listen on {description}: {_explained(error)}"
            except CannotStart as error:
                problem = str(error)
            else:
                self._listening.append(port)
                continue
            self._stop_listening()  # the next attempt needs all ports
            raise CannotStart(problem)

    def _stop_listening(self) -> Deferred[Any]:
        """Close the open ports, and prepare to open them again."""
        stopped = [port.stopService() for port in self._listening]
        self._listening = []
        self._make_ports()
        return DeferredList(stopped)

    def _close_rooms(self) -> None:
        self.rooms.close()
        if self._notifications is not None:
            self._notifications.close()

    def _recorded(self) -> Deferred[None]:
        """Fire once all events are committed. A lock of another program can delay the commit."""
        recorded: Deferred[None] = Deferred()
        if self.rooms.is_ledger_locked:
            self.rooms.journal.after_commit(lambda: recorded.callback(None))
        else:
            recorded.callback(None)
        return recorded

    def _close_ledger(self, result: None) -> None:
        self.rooms.close_ledger()
        return result


def stop_reactor(reactor: Any) -> None:
    """Stop a reactor, unless it is stopping already."""
    with suppress(ReactorNotRunning):
        reactor.stop()


def _explained(error: Exception) -> str:
    """The reason of an error for the operator, with the path of a missing file."""
    reason = getattr(error, "strerror", None) or str(error)
    file = getattr(error, "filename", None)
    return f"{reason}: {file}" if isinstance(file, str) else reason
