from twisted.internet.address import UNIXAddress
from twisted.internet.defer import Deferred, ensureDeferred, succeed
from twisted.internet.error import ConnectionDone
from twisted.internet.interfaces import IProtocol, IProtocolFactory, IStreamClientEndpoint
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase
from zope.interface import implementer

from twisted_auction.client.control import OrderClient, OrderFailed, send_order
from twisted_auction.wire import messages


class OrderTests(SynchronousTestCase):
    """One order and its answer. The whole command is in ``test_open_processes``."""

    def test_answers(self) -> None:
        for heard, answer in [
            (b"Done: the bidding is closed.\r\n", messages.Done("the bidding is closed.")),
            (b"Not done: bidding is not open.\r\n", messages.NotDone("bidding is not open.")),
            (b"Your role is: [Seller]\r\nPlease submit", messages.RoleSeller()),
            (b"SSH-2.0\r\n", None),
            (b"\xff\n", None),
            (b"", None),
        ]:
            order = OrderClient("close main")
            transport = StringTransport()
            order.makeConnection(transport)
            self.assertEqual(transport.value(), b"close main\n")
            order.dataReceived(heard)
            self.assertEqual(transport.disconnecting, heard != b"")
            order.connectionLost(Failure(ConnectionDone()))
            self.assertEqual(self.successResultOf(order.answered), answer)


@implementer(IStreamClientEndpoint)
class Answering:
    """A server with one answer, or none; it then closes the connection."""

    def __init__(self, answer: bytes | None) -> None:
        self.answer = answer
        self.transport = StringTransport()
        self.protocol: OrderClient | None = None

    def connect(self, protocolFactory: IProtocolFactory) -> Deferred[IProtocol]:
        protocol = protocolFactory.buildProtocol(UNIXAddress(None))
        assert isinstance(protocol, OrderClient)
        self.protocol = protocol
        self.protocol.makeConnection(self.transport)
        if self.answer is not None:
            self.protocol.dataReceived(self.answer)
            self.disconnects()
        return succeed(protocol)

    def disconnects(self) -> None:
        assert self.protocol is not None
        self.protocol.connectionLost(Failure(ConnectionDone()))


class SendOrderTests(SynchronousTestCase):
    def given(self, server: Answering, clock: Clock) -> Deferred[str]:
        return ensureDeferred(send_order(server, "status", clock))

    def test_answer(self) -> None:
        clock = Clock()
        done = self.given(Answering(b"Done: main: waiting for the Seller\r\n"), clock)
        self.assertEqual(self.successResultOf(done), "main: waiting for the Seller")
        for answer, why in [
            (b"Not done: no.\r\n", "no."),
            (b"220 mail.example\r\n", "there is no control endpoint of an auction server"),
            (b"", "there is no control endpoint of an auction server"),
        ]:
            failure = self.failureResultOf(self.given(Answering(answer), clock), OrderFailed)
            self.assertEqual(str(failure.value), why)
        self.assertEqual(clock.getDelayedCalls(), [])

    def test_silent_server(self) -> None:
        """It is waited for, and then given up."""
        clock, server = Clock(), Answering(None)
        given = self.given(server, clock)
        clock.advance(9.9)
        self.assertNoResult(given)
        clock.advance(0.1)
        failure = self.failureResultOf(given, OrderFailed)
        self.assertEqual(
            str(failure.value),
            "no answer came within 10 seconds: the order may have been carried out or not",
        )
        self.assertTrue(server.transport.disconnected)
        server.disconnects()
        self.assertEqual(clock.getDelayedCalls(), [])
