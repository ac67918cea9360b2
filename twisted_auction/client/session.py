"""Connecting to a room of a lobby, and reconnecting after every cut."""

from contextlib import suppress

from twisted.application.internet import ClientService, backoffPolicy
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.interfaces import IReactorTime, IStreamClientEndpoint, ITransport
from twisted.internet.protocol import Factory, Protocol, connectionDone
from twisted.python.failure import Failure

from twisted_auction.client.person import Ending
from twisted_auction.client.room import Presence, RoomVisit
from twisted_auction.wire.lines import DELIMITER

# After a restart of the server, all its clients come back: the policy adds jitter to the delays.
RECONNECT_DELAYS = backoffPolicy(initialDelay=0.5, factor=1.5, maxDelay=10)
"""Seconds before each attempt to reconnect."""


QUIT_TIMEOUT = 1.0
"""Seconds for a leaving client to connect and release its seat."""


async def join_room(endpoint: IStreamClientEndpoint, visit: RoomVisit) -> Ending:
    """Take a person through one auction, or one sale, in a room, over any number of connections.

    :param endpoint: a lobby.
    :return: how the visit ended, once the last connection is closed. Cancelling it closes the
        connection and releases the seat.
    :raises Exception: the endpoint's own error if the first connection fails.
    """
    service = ClientService(endpoint, visit, RECONNECT_DELAYS, visit.clock)
    # Later, not now: this runs inside the service's own failure handling, and ending the visit
    # stops the service.
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
    service: ClientService, endpoint: IStreamClientEndpoint, visit: RoomVisit
) -> None:
    """Close the connection and make no more. If the person leaves before the end, release the
    seat."""
    visit.disconnect()
    await service.stopService()
    if visit.presence is Presence.LEAVING and (lines := visit.key.release_lines(visit.room)):
        await _release_seat(endpoint, lines, visit.clock)
    visit.seat_released.callback(None)


async def _release_seat(
    endpoint: IStreamClientEndpoint, lines: list[bytes], clock: IReactorTime
) -> None:
    """Release a seat at once. If that fails, the server holds the seat for its grace period."""
    # On its own connection: the one to the room is closed by now, or was cut.
    releaser = SeatReleaser(lines)
    connecting = endpoint.connect(Factory.forProtocol(lambda: releaser))
    with suppress(Exception):  # each kind of endpoint has its own errors
        await connecting.addCallback(lambda _: releaser.done).addTimeout(QUIT_TIMEOUT, clock)


class SeatReleaser(Protocol):
    """Releases a seat, on a connection of its own to the lobby.

    :param lines: release it.
    :ivar done: fires when this connection has ended.
    """

    transport: ITransport

    def __init__(self, lines: list[bytes]) -> None:
        self._lines = lines
        self._unanswered = len(lines)
        self.done: Deferred[None] = Deferred()

    def connectionMade(self) -> None:
        """Send the lines."""
        self.transport.write(b"".join(line + DELIMITER for line in self._lines))

    def dataReceived(self, data: bytes) -> None:
        """Close after the last answer: a refusal changes nothing for the client."""
        self._unanswered -= data.count(DELIMITER)
        if self._unanswered <= 0:
            self.transport.loseConnection()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Fire ``done``, also if the server has not read the lines."""
        self.done.callback(None)
