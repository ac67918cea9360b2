from twisted.internet.address import UNIXAddress
from twisted.internet.defer import CancelledError, Deferred, ensureDeferred, fail, succeed
from twisted.internet.error import ConnectionDone
from twisted.internet.interfaces import IProtocol, IProtocolFactory, IStreamClientEndpoint
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase
from zope.interface import implementer

from twisted_auction.client.control import (
    OrderClient,
    OrderFailed,
    follow,
    room_names,
    send_order,
)
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


@implementer(IStreamClientEndpoint)
class Control:
    """A control endpoint, which can be closed."""

    def __init__(self) -> None:
        self.is_open = True

    def connect(self, protocolFactory: IProtocolFactory) -> Deferred[IProtocol]:
        if not self.is_open:
            return fail(ConnectionRefusedError("nothing there"))
        protocol = protocolFactory.buildProtocol(UNIXAddress(None))
        assert protocol is not None
        self.protocol, self.transport = protocol, StringTransport()
        protocol.makeConnection(self.transport)
        return succeed(protocol)

    def says(self, *lines: str) -> None:
        for line in lines:
            self.protocol.dataReceived(f"{line}\r\n".encode())

    def disconnects(self) -> None:
        self.protocol.connectionLost(Failure(ConnectionDone()))


class RoomNamesTests(SynchronousTestCase):
    """The names of rooms, for the completion of a shell."""

    def setUp(self) -> None:
        self.clock, self.server = Clock(), Control()
        self.names: Deferred[list[str]] = ensureDeferred(room_names(self.server, self.clock))

    def test_names(self) -> None:
        """Each once: news can come before the second answer."""
        self.assertEqual(self.server.transport.value(), b"follow\nstatus\n")
        self.server.says(
            "Done: following all rooms.",
            "News of main: waiting for the Seller",
            "News of art: waiting for the Seller's request",
            "News of main: Buyer 1 bid $5",
        )
        self.assertFalse(self.server.transport.disconnecting)
        self.server.says("Done: main: waiting for the Seller; art: x: y")
        self.assertTrue(self.server.transport.disconnecting)
        self.server.disconnects()
        self.assertEqual(self.successResultOf(self.names), ["main", "art"])
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_other_server(self) -> None:
        for line in ["220 mail.example", "Not done: orders are: status.", "Server busy!"]:
            self.setUp()
            self.server.says(line)
            self.server.disconnects()
            self.assertEqual(self.successResultOf(self.names), [])

    def test_silent_server(self) -> None:
        self.clock.advance(2)
        self.assertEqual(self.successResultOf(self.names), [])

    def test_no_server(self) -> None:
        self.server.is_open = False
        names = ensureDeferred(room_names(self.server, self.clock))
        self.assertEqual(self.successResultOf(names), [])
        self.clock.advance(2)
        self.server.disconnects()


class FollowTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.clock, self.server = Clock(), Control()
        self.shown: list[str] = []

    def follow(self) -> Deferred[None]:
        following = ensureDeferred(follow(self.server, self.shown.append, self.clock))
        self.addCleanup(self.end, following)
        return following

    def end(self, following: Deferred[None]) -> None:
        """End a coroutine that has no end of its own."""
        if not following.called:
            following.cancel()
            self.server.disconnects()
            self.failureResultOf(following, CancelledError)

    def test_news(self) -> None:
        """The operator reads the name of the room first, and no answer to the order."""
        following = self.follow()
        self.assertEqual(self.server.transport.value(), b"follow\n")
        self.server.says(
            "Done: following all rooms.",
            "News of main: waiting for the Seller",
            "News of art: Buyer 3 bid $70",
            "News left out: 12 lines.",
        )
        self.assertEqual(
            self.shown,
            ["main: waiting for the Seller", "art: Buyer 3 bid $70", "News left out: 12 lines."],
        )
        self.assertNoResult(following)

    def test_restart_of_the_server(self) -> None:
        """The operator hears once of each cut, and the rooms again after the return."""
        following = self.follow()
        news = "News of main: waiting for the Seller"
        self.server.says("Done: following all rooms.", news)
        for _ in range(2):
            self.shown.clear()
            self.server.is_open = False
            self.server.disconnects()
            for _ in range(20):
                self.clock.advance(30)
            self.assertEqual(self.shown, ["Connection lost. Trying to come back..."])
            self.server.is_open = True
            self.clock.advance(30)
            self.server.disconnects()  # before it has answered
            self.clock.advance(30)
            self.server.says("Done: following all rooms.", news)
            self.assertEqual(self.shown[1:], ["Connected again.", "main: waiting for the Seller"])
        self.assertNoResult(following)

    def test_cancelled(self) -> None:
        """The connection is closed, and no other is made."""
        following = self.follow()
        self.server.says("Done: following all rooms.")
        following.cancel()
        self.assertTrue(self.server.transport.disconnecting)
        self.server.disconnects()
        self.failureResultOf(following, CancelledError)
        self.assertEqual(self.shown, [])
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_cannot_be_followed(self) -> None:
        for answer, why in [
            (b"Not done: orders are: status.\r\n", "orders are: status."),
            (b"220 mail.example\r\n", "there is no control endpoint of an auction server"),
            (b"Your role is: [Buyer]\r\n", "there is no control endpoint of an auction server"),
        ]:
            self.setUp()
            following = self.follow()
            self.server.protocol.dataReceived(answer)
            self.server.disconnects()
            failure = self.failureResultOf(following, OrderFailed)
            self.assertEqual(str(failure.value), why)
            self.assertEqual((self.shown, self.clock.getDelayedCalls()), ([], []))

    def test_end_without_an_answer(self) -> None:
        following = self.follow()
        self.server.disconnects()
        self.failureResultOf(following, OrderFailed)
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_no_connection(self) -> None:
        """Only the first connection must succeed at once."""
        self.server.is_open = False
        following = self.follow()
        self.clock.advance(0)
        self.failureResultOf(following, ConnectionRefusedError)
        self.assertEqual(self.clock.getDelayedCalls(), [])
