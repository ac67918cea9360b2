"""``auction control``: the operator's orders to a running server."""

from contextlib import suppress
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import ITransport
from twisted.internet.protocol import Factory, connectionDone
from twisted.protocols.basic import LineReceiver
from twisted.python import usage
from twisted.python.failure import Failure

from twisted_auction import wire
from twisted_auction.client.join import endpoint_of
from twisted_auction.command import Command, print_line, printable, refuse_options, run_reactor

DEFAULT_CONTROL = "unix:auction.control"


class Order(LineReceiver):
    """Sends one order and waits for its answer.

    :ivar answered: fires with the answer, or None where the connection ends without one.
    """

    delimiter = wire.DELIMITER
    MAX_LENGTH = 200 * wire.MAX_LINE  # a hundred rooms are reported on
    transport: ITransport

    def __init__(self, order: str) -> None:
        self._order = order
        self._answer: wire.Message | None = None
        self.answered: Deferred[wire.Message | None] = Deferred()

    def connectionMade(self) -> None:
        """Send the order."""
        self.sendLine(self._order.encode())

    def lineReceived(self, line: bytes) -> None:
        """Take the answer."""
        with suppress(ValueError):  # of somebody who is no control endpoint
            self._answer = wire.parse(line)
        self.transport.loseConnection()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Pass the answer on."""
        self.answered.callback(self._answer)


class Control(Command):
    """An order, and where it goes."""

    synopsis = "[options] status | close [ROOM] | cancel [ROOM] REASON"
    longdesc = (
        "Gives an order to a server that was started with --control. status: what is on; close: "
        "end the bidding at once, and let the bids that are in decide; cancel: call the auction "
        "off, in a sale the lot that is up, and tell everyone why. Exit status: 0 done, 1 not "
        "done, 2 wrong usage."
    )
    optParameters = [
        ["at", "a", DEFAULT_CONTROL, "The control endpoint, as a Twisted client endpoint string."],
    ]

    def parseArgs(self, *words: str) -> None:
        """Take the order."""
        refuse_options(words)
        self["order"] = " ".join(words)
        if not self["order"].strip():
            raise usage.UsageError("say status, close or cancel")
        if not self["order"].isprintable() or len(self["order"].encode()) > wire.MAX_LINE:
            raise usage.UsageError(f"an order is printable text of at most {wire.MAX_LINE} bytes")

    def run(self, reactor: Any) -> int:
        """Give the order, and print the answer."""
        endpoint = endpoint_of(
            reactor, self["at"], example=f"an endpoint string such as {DEFAULT_CONTROL}"
        )
        complaint = ""

        async def give() -> int:
            nonlocal complaint
            try:
                order = await endpoint.connect(Factory.forProtocol(lambda: Order(self["order"])))
            except Exception as error:  # each kind of endpoint has errors of its own
                complaint = f"cannot connect to {self['at']}: {error}"
                return 1
            assert isinstance(order, Order)
            match await order.answered:
                case wire.Done(text):
                    print_line(printable(text))
                    return 0
                case wire.NotDone(text):
                    complaint = text
                case _:
                    complaint = "there is no control endpoint of an auction server"
            return 1

        status = run_reactor(reactor, give)
        if complaint:
            self.complain(complaint)
        return status
