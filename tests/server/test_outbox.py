import gc
import socket
import weakref

from twisted.internet.error import ConnectionLost
from twisted.internet.main import CONNECTION_DONE
from twisted.internet.tcp import Port, Server
from twisted.internet.testing import MemoryReactorClock, StringTransport
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from tests.support import raw
from twisted_auction.house.auctioneer import Auctioneer
from twisted_auction.server.factory import AuctionFactory
from twisted_auction.server.limits import ConnectionLimits, Limits
from twisted_auction.server.outbox import BUFFER_SIZE, Outbox
from twisted_auction.server.protocol import AuctionProtocol
from twisted_auction.sockets import UNSENT_LOWAT

TURNS = 10_000
"""Largest number of turns of the reactor in a test."""


class OutboxTests(SynchronousTestCase):
    """Sending over a real socket. The tests run the reactor turn by turn."""

    def setUp(self) -> None:
        self.reactor = MemoryReactorClock()
        ours, self.theirs = socket.socketpair()
        self.addCleanup(self.theirs.close)
        self.addCleanup(ours.close)
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1)  # the smallest there is
        ours.setblocking(False)
        self.theirs.setblocking(False)
        connections = ConnectionLimits(self.reactor, Limits(max_unsent=0))
        self.protocol = AuctionFactory(
            Auctioneer(self.reactor), connections=connections
        ).buildProtocol(None)
        port = Port(0, self.protocol.factory, reactor=self.reactor)
        self.transport = Server(ours, self.protocol, ("127.0.0.1", 1), port, 0, self.reactor)

    def read(self) -> bytes:
        try:
            return self.theirs.recv(1_000_000)
        except BlockingIOError:
            return b""

    def connect(self) -> AuctionProtocol:
        self.protocol.makeConnection(self.transport)
        self.assertEqual(
            self.read(), b"Your role is: [Seller]\r\nPlease submit auction request:\r\n"
        )
        return self.protocol

    def test_at_once(self) -> None:
        protocol = self.connect()
        protocol.session.send(raw(b"one\r\n"))
        self.assertEqual(self.read(), b"one\r\n")
        self.assertEqual(self.reactor.getWriters(), [])

    def test_order_when_the_socket_is_full(self) -> None:
        protocol = self.connect()
        sent = received = b""
        waits = 0
        for number in range(300):
            line = b"line %d %s\r\n" % (number, b"." * 5000)
            protocol.session.send(raw(line))
            sent += line
            if number % 7 == 6:
                received += self.read()  # there is room again, but the transport comes first
            if number % 10 == 9 and self.reactor.getWriters():
                waits += 1
                self.transport.doWrite()
        self.assertGreater(waits, 0)
        while self.reactor.getWriters():
            received += self.read()
            self.transport.doWrite()
        self.assertEqual(received + self.read(), sent)

    def test_part_of_it(self) -> None:
        """Bytes accepted by the socket are not sent again."""
        protocol = self.connect()
        lines = b"".join(b"line %d\r\n" % number for number in range(100_000))
        protocol.session.send(raw(lines))
        received = b""
        while self.reactor.getWriters():
            received += self.read()
            self.transport.doWrite()
        self.assertEqual(received + self.read(), lines)

    def test_last_words_follow_the_rest(self) -> None:
        protocol = self.connect()
        protocol.session.send(raw(b"one\r\n"))
        protocol.session.dismiss(raw(b"two\r\n"))
        self.transport.doWrite()
        self.assertEqual(self.read(), b"one\r\ntwo\r\n")

    def test_other_end_is_gone(self) -> None:
        """Sending does not fail; the transport meets the error and ends the connection."""
        protocol = self.connect()
        self.theirs.close()
        protocol.session.send(raw(b"one\r\n"))
        self.assertEqual(self.reactor.getWriters(), [self.transport])
        self.assertIsInstance(self.transport.doWrite(), Exception)

    def test_not_beneath_tls(self) -> None:
        self.transport.TLS = True
        written: list[bytes] = []
        self.patch(self.transport, "write", written.append)
        self.patch(self.transport, "registerProducer", lambda producer, streaming: None)
        self.protocol.makeConnection(self.transport)
        self.assertEqual(self.read(), b"")
        self.assertEqual(written, [b"Your role is: [Seller]\r\nPlease submit auction request:\r\n"])

    def fill(self, protocol: AuctionProtocol) -> bytes:
        """Send until something stays in the transport.

        :return: what was sent.
        """
        sent = b""
        while not protocol.session.outbox.is_full:
            line = b"line %d %s\r\n" % (len(sent), b"." * 5000)
            protocol.session.send(raw(line))
            sent += line
        return sent

    def test_full(self) -> None:
        """The outbox is full while bytes wait in the transport, and calls back afterwards."""
        protocol = self.connect()
        emptied: list[bool] = []
        outbox = protocol.session.outbox
        outbox._on_drained = lambda: emptied.append(outbox.is_full)
        sent = self.fill(protocol)
        received = b""
        while self.reactor.getWriters():
            self.assertFalse(protocol.session.takes_price_updates())
            self.assertEqual(emptied, [])
            received += self.read()
            self.transport.doWrite()
        self.assertEqual(emptied, [False])
        self.assertEqual(received + self.read(), sent)

    def test_at_once_again(self) -> None:
        """Whenever everything has left, the socket is used directly again."""
        protocol = self.connect()
        for _ in range(3):
            self.fill(protocol)
            while self.reactor.getWriters():
                self.read()
                self.transport.doWrite()
            self.read()
            protocol.session.send(raw(b"one\r\n"))
            self.assertEqual(self.read(), b"one\r\n")
            self.assertEqual(self.reactor.getWriters(), [])
            self.assertIsNone(self.transport.producer)

    def test_dismissed_while_full(self) -> None:
        """Everything still leaves, the last letter last, and then the connection closes."""
        protocol = self.connect()
        sent = self.fill(protocol)
        protocol.session.dismiss(raw(b"last\r\n"))
        received, result = b"", None
        for _ in range(TURNS):
            received += self.read()
            result = self.transport.doWrite()
            if result is not None:
                break
        self.assertEqual(received + self.read(), sent + b"last\r\n")
        self.assertIs(result, CONNECTION_DONE)

    def test_lost_while_full(self) -> None:
        protocol = self.connect()
        self.fill(protocol)
        self.transport.connectionLost(Failure(ConnectionLost()))
        self.assertEqual(protocol.session.auctioneer.status, 0)
        self.assertEqual(self.reactor.getDelayedCalls(), [])

    def test_nothing_is_held_on_to(self) -> None:
        """A connection is freed at its end, without the garbage collector."""
        protocol = self.connect()
        self.transport.connectionLost(Failure(ConnectionLost()))
        gone = weakref.ref(protocol)
        gc.disable()
        self.addCleanup(gc.enable)
        del protocol, self.protocol, self.transport
        self.assertIsNone(gone())

    def test_news_after_a_jam(self) -> None:
        """In a real auction: no price is sent while bytes wait, and then the newest one is."""
        seller = self.connect()
        seller.dataReceived(b"3:duration=600 1 1 Sword\n")
        buyer = seller.factory.buildProtocol(None)
        buyer.makeConnection(StringTransport())
        self.fill(seller)
        for amount in range(1, 50):
            buyer.dataReceived(b"%d\n" % amount)
            self.reactor.advance(1)
        received = b""
        while seller.session.outbox.is_full:
            received += self.read()
            self.transport.doWrite()
        received += self.read()
        prices = [line for line in received.split(b"\r\n") if b"price" in line]
        self.assertEqual(
            prices,
            [
                b"Asking price: $1. Seconds left: 600.",
                b"Highest bid: $49 by Buyer 1. Asking price: $50. Seconds left: 551.",
            ],
        )


class TCPTests(SynchronousTestCase):
    """The bytes that the kernel accepts for a client that does not read."""

    @staticmethod
    def connect(test: SynchronousTestCase) -> tuple[Server, socket.socket]:
        with socket.create_server(("127.0.0.1", 0)) as door:
            theirs = socket.create_connection(door.getsockname())
            test.addCleanup(theirs.close)
            ours, address = door.accept()
        test.addCleanup(ours.close)
        ours.setblocking(False)
        reactor = MemoryReactorClock()
        protocol = AuctionFactory(Auctioneer(reactor)).buildProtocol(None)
        port = Port(0, protocol.factory, reactor=reactor)
        return Server(ours, protocol, address, port, 0, reactor), theirs

    def taken(self, limited: bool) -> int:
        transport, theirs = TCPTests.connect(self)
        theirs.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        outbox = Outbox(transport, lambda: None, 0, lambda: None)
        self.assertTrue(outbox.takes_price_updates())
        if not limited:
            transport.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, 1 << 30)
        count = 0
        while not outbox.is_full and count < 5_000_000:
            outbox.send(b"x" * 100)
            count += 100
        return count

    def test_little_waits(self) -> None:
        """A client that stalls receives few old prices when it reads again."""
        self.assertLess(self.taken(limited=True) * 4, self.taken(limited=False))


class Wrapped(StringTransport):
    """A transport on top of another, as with TLS."""

    def __init__(self, transport: object) -> None:
        super().__init__()
        self.transport = transport


class BufferingTransportTests(SynchronousTestCase):
    """Transports with a buffer of their own, such as that of TLS."""

    def test_limits(self) -> None:
        """The limits apply to the transport with the socket."""
        beneath, _ = TCPTests.connect(self)
        untouched = self.unsent(beneath)
        transport = Wrapped(beneath)
        outbox = Outbox(transport, lambda: None, 0, lambda: None)
        self.assertEqual(beneath.bufferSize, BUFFER_SIZE)
        outbox.send(b"one\r\n")
        self.assertEqual((transport.value(), self.unsent(beneath)), (b"one\r\n", untouched))
        self.assertTrue(outbox.takes_price_updates())
        self.assertEqual(self.unsent(beneath), UNSENT_LOWAT)

    def unsent(self, transport: Server) -> int:
        return transport.socket.getsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT)

    def test_full(self) -> None:
        transport = StringTransport()
        emptied: list[bool] = []
        outbox = Outbox(transport, lambda: emptied.append(outbox.is_full), 0, lambda: None)
        producer = transport.producer
        assert producer is not None and transport.streaming
        producer.resumeProducing()
        producer.pauseProducing()
        self.assertTrue(outbox.is_full)
        outbox.send(b"one\r\n")
        self.assertEqual(emptied, [])
        producer.resumeProducing()
        self.assertEqual(emptied, [False])
        outbox.finish(b"two\r\n")
        self.assertEqual(transport.value(), b"one\r\ntwo\r\n")
        self.assertIsNone(transport.producer)
