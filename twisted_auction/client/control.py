"""One order to a server's control endpoint, and the answer to it."""

from contextlib import suppress

from twisted.internet.defer import Deferred, TimeoutError
from twisted.internet.interfaces import IReactorTime, IStreamClientEndpoint, ITCPTransport
from twisted.internet.protocol import Factory, connectionDone
from twisted.protocols.basic import LineReceiver
from twisted.python.failure import Failure

from twisted_auction.wire import messages
from twisted_auction.wire.lines import DELIMITER, parse

ANSWER_TIMEOUT = 10
"""Seconds to wait for an answer."""


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
    raise OrderFailed("there is no control endpoint of an auction server")
