"""Connecting to a room of a lobby, and connecting again after every cut."""

from contextlib import suppress

from twisted.application.internet import ClientService, backoffPolicy
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.interfaces import (
    IReactorTime,
    IStreamClientEndpoint,
    ITransport,
)
from twisted.internet.protocol import Factory, Protocol, connectionDone
from twisted.python.failure import Failure

from twisted_auction.client.person import (
    Ending,
)
from twisted_auction.client.room import Presence, RoomVisit
from twisted_auction.wire import verbs
from twisted_auction.wire.lines import DELIMITER

RECONNECT_DELAYS = backoffPolicy(initialDelay=0.5, factor=1.5, maxDelay=10)
"""Seconds before each attempt to connect again."""


QUIT_TIMEOUT = 1.0
"""Seconds in which a client that leaves tries to give up its seat."""


async def join_room(endpoint: IStreamClientEndpoint, visit: "RoomVisit") -> Ending:
    """Take a person through one auction, or one sale, in a room, over as many connections as that
    takes.

    :param endpoint: leads to a lobby.
    :return: how the visit ended, once the last connection is closed. Cancelling it closes the
        connection and gives up the seat.
    :raises Exception: the endpoint's own error if the first connection cannot be made.
    """
    service = ClientService(endpoint, visit, RECONNECT_DELAYS, visit.clock)
    # Not at once: the service is in the middle of failing, and would be stopped by it.
    service.whenConnected(failAfterFailures=1).addErrback(
        lambda failure: visit.clock.callLater(0, visit.connection_failed, failure)
    )
    service.startService()
    try:
        ending = await visit.ended
    except Exception as error:
        if isinstance(error, CancelledError):
            visit.presence = Presence.LEAVING
        await _disconnect(service, endpoint, visit)
        raise
    await _disconnect(service, endpoint, visit)
    return ending


async def _disconnect(
    service: ClientService, endpoint: IStreamClientEndpoint, visit: "RoomVisit"
) -> None:
    """Make no more connections. If the person leaves before the end, give up the seat."""
    visit.disconnect()
    await service.stopService()
    if visit.presence is Presence.LEAVING and visit.ticket is not None:
        await _release_seat(endpoint, visit.ticket, visit.clock)
    visit.seat_released.callback(None)


async def _release_seat(endpoint: IStreamClientEndpoint, ticket: str, clock: IReactorTime) -> None:
    """Give up a seat at once. If that fails, the server keeps it for a while."""
    releaser = SeatReleaser(ticket)
    connecting = endpoint.connect(Factory.forProtocol(lambda: releaser))
    with suppress(Exception):  # each kind of endpoint has errors of its own
        await connecting.addCallback(lambda _: releaser.done).addTimeout(QUIT_TIMEOUT, clock)


class SeatReleaser(Protocol):
    """Tells the lobby, on a connection of its own, that a seat is given up.

    :ivar done: fires when that connection has ended.
    """

    transport: ITransport

    def __init__(self, ticket: str) -> None:
        self._ticket = ticket
        self.done: Deferred[None] = Deferred()

    def connectionMade(self) -> None:
        """Send the verb and the ticket."""
        self.transport.write(verbs.QUIT.line(self._ticket) + DELIMITER)

    def dataReceived(self, data: bytes) -> None:
        """Close, whatever the answer is."""
        self.transport.loseConnection()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Fire, whether or not the server has read the line."""
        self.done.callback(None)
