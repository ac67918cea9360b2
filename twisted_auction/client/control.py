"""One order to a server's control endpoint and the answer to it, or all news from there."""

from collections.abc import Callable
from contextlib import suppress

from twisted.application.internet import ClientService
from twisted.internet.defer import Deferred, TimeoutError
from twisted.internet.interfaces import (
    IAddress,
    IReactorTime,
    IStreamClientEndpoint,
    ITCPTransport,
)
from twisted.internet.protocol import Factory, connectionDone
from twisted.protocols.basic import LineReceiver
from twisted.python.failure import Failure

from twisted_auction.client.session import RECONNECT_DELAYS
from twisted_auction.sockets import enable_keepalive, socket_of
from twisted_auction.wire import messages
from twisted_auction.wire.lines import DELIMITER, parse
from twisted_auction.wire.orders import FOLLOW, STATUS

ANSWER_TIMEOUT = 10
"""Seconds to wait for an answer."""

LIST_TIMEOUT = 2
"""Seconds to wait for the names of rooms: a person waits at a keyboard."""

KEEPALIVE_TIMEOUT = 30
"""Seconds without an acknowledgement after which the connection counts as lost."""

NO_CONTROL_ENDPOINT = "there is no control endpoint of an auction server"


class OrderClient(LineReceiver):
    """Sends one order and waits for its answer.

    :ivar answered: fires with the answer, or None if the connection ends without one.
    """

    delimiter = DELIMITER
    MAX_LENGTH = 1 << 20  # enough for the status of 100 rooms, each with an item's name
    transport: ITCPTransport

    def __init__(self, order: str) -> None:
        self._order = order
        self._answer: messages.Message | None = None
        self.answered: Deferred[messages.Message | None] = Deferred()

    def connectionMade(self) -> None:
        """Send the order."""
        self.sendLine(self._order.encode())

    def lineReceived(self, line: bytes) -> None:
        """Read the answer."""
        with suppress(ValueError):  # the peer is no control endpoint: the answer stays None
            self._answer = parse(line)
        self.transport.loseConnection()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Fire ``answered``."""
        self.answered.callback(self._answer)


class OrderFailed(Exception):
    """The server did not carry out an order, or its answer is missing. The text says why."""


async def send_order(endpoint: IStreamClientEndpoint, order: str, clock: IReactorTime) -> str:
    """Send an order to a server, and wait :data:`ANSWER_TIMEOUT` seconds for the answer.

    :return: the text of the answer.
    :raises OrderFailed: if the server refuses the order or does not answer.
    :raises Exception: the endpoint's own error if the connection fails.
    """
    talk = await endpoint.connect(Factory.forProtocol(lambda: OrderClient(order)))
    assert isinstance(talk, OrderClient)
    try:
        answer = await talk.answered.addTimeout(ANSWER_TIMEOUT, clock)
    except TimeoutError:
        # The server may still act on the order: the message must not claim that it failed.
        talk.transport.abortConnection()
        raise OrderFailed(
            f"no answer came within {ANSWER_TIMEOUT} seconds: "
            "the order may have been carried out or not"
        ) from None
    match answer:
        case messages.Done(text):
            return text
        case messages.NotDone(text):
            raise OrderFailed(text)
    raise OrderFailed(NO_CONTROL_ENDPOINT)


class RoomsClient(LineReceiver):
    """Learns the names of the rooms in use.

    :ivar names: fires with them when the connection ends; with none if the server does not tell.
    """

    delimiter = DELIMITER
    MAX_LENGTH = OrderClient.MAX_LENGTH
    transport: ITCPTransport

    def __init__(self) -> None:
        self._names: dict[str, None] = {}
        self._is_following = False
        self.names: Deferred[list[str]] = Deferred()

    def connectionMade(self) -> None:
        """Follow the rooms, and let the answer to one more order show the end of their list."""
        self.sendLine(FOLLOW.line())
        self.sendLine(STATUS.line())

    def lineReceived(self, line: bytes) -> None:
        """Note the room of a line, until the second answer."""
        message: messages.Message | None = None
        with suppress(ValueError):
            message = parse(line)
        match message:
            case messages.NewsOf(room):
                self._names[room] = None
            case messages.Done() if not self._is_following:
                self._is_following = True
            case _:
                self.transport.loseConnection()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Fire ``names``."""
        self.names.callback(list(self._names))


async def room_names(endpoint: IStreamClientEndpoint, clock: IReactorTime) -> list[str]:
    """Ask a server for the names of the rooms in use, for at most :data:`LIST_TIMEOUT` seconds.

    :return: no names if the server does not tell them.
    """
    client = RoomsClient()
    connecting = endpoint.connect(Factory.forProtocol(lambda: client))
    try:
        asking: Deferred[list[str]] = connecting.addCallback(lambda _: client.names)
        return await asking.addTimeout(LIST_TIMEOUT, clock)
    except Exception:  # each kind of endpoint has its own errors
        return []


class FollowClient(LineReceiver):
    """Follows all rooms over one connection.

    :param following: has the connections before and after this one.
    """

    delimiter = DELIMITER
    MAX_LENGTH = OrderClient.MAX_LENGTH
    transport: ITCPTransport

    def __init__(self, following: "Following") -> None:
        self._following = following

    def connectionMade(self) -> None:
        """Send the order."""
        enable_keepalive(socket_of(self.transport), KEEPALIVE_TIMEOUT)
        self.sendLine(FOLLOW.line())

    def lineReceived(self, line: bytes) -> None:
        """Show the news of a line."""
        try:
            message: messages.Message | None = parse(line)
        except ValueError:
            message = None
        if not self._following.hear(message):
            self.transport.loseConnection()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Say so once, if this connection has told news."""
        self._following.connection_lost()


class Following(Factory):
    """Follows all rooms of a server, over any number of connections.

    :param show: is called with each line for the operator.
    :ivar ended: fails when the rooms cannot be followed.
    """

    noisy = False

    def __init__(self, show: Callable[[str], object]) -> None:
        self._show = show
        self._is_following = False
        self._is_coming_back = False
        self.ended: Deferred[None] = Deferred()

    def buildProtocol(self, addr: IAddress | None) -> FollowClient:
        """Make the protocol for the next connection."""
        return FollowClient(self)

    def hear(self, message: messages.Message | None) -> bool:
        """Show a message.

        :param message: None if the line is no message of a server.
        :return: False if the server cannot be followed.
        """
        match message:
            case messages.Done() if not self._is_following:
                self._is_following = True
                if self._is_coming_back:
                    self._is_coming_back = False
                    self._show("Connected again.")
            case messages.NewsOf(room, text):
                self._show(f"{room}: {text}")
            case messages.NewsLeftOut():
                self._show(str(message))
            case messages.NotDone(text):
                self.fail(OrderFailed(text))
                return False
            case _:
                self.fail(OrderFailed(NO_CONTROL_ENDPOINT))
                return False
        return True

    def connection_lost(self) -> None:
        """Tell the operator once, until the client has reconnected."""
        if self.ended.called:
            return
        if self._is_following:
            self._is_following = False
            self._is_coming_back = True
            self._show("Connection lost. Trying to come back...")
        elif not self._is_coming_back:  # the first connection has ended without an answer
            self.fail(OrderFailed(NO_CONTROL_ENDPOINT))

    def fail(self, error: Exception | Failure) -> None:
        """End, because the rooms cannot be followed."""
        if not self.ended.called:
            self.ended.errback(error)


async def follow(
    endpoint: IStreamClientEndpoint, show: Callable[[str], object], clock: IReactorTime
) -> None:
    """Follow all rooms of a server, also after a restart of the server. Cancelling it closes the
    connection; it has no other end but an error.

    :param show: is called with each line for the operator.
    :raises OrderFailed: if the server refuses, or is no auction server.
    :raises Exception: the endpoint's own error if the first connection fails.
    """
    following = Following(show)
    service = ClientService(endpoint, following, RECONNECT_DELAYS, clock)
    service.whenConnected(failAfterFailures=1).addErrback(
        # Later, not now: this runs inside the service's own failure handling.
        lambda failure: clock.callLater(0, following.fail, failure)
    )
    service.startService()
    try:
        await following.ended
    finally:
        await service.stopService()
