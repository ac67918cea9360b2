from twisted.internet.protocol import ServerFactory
from twisted.internet.task import Clock
from twisted.internet.testing import MemoryReactorClock, StringTransport
from twisted.protocols.basic import LineReceiver
from twisted.trial.unittest import SynchronousTestCase

from twisted_auction.house.auctioneer import Auctioneer
from twisted_auction.server.factory import AuctionFactory
from twisted_auction.server.protocol import AuctionProtocol


class FactoryTests(SynchronousTestCase):
    def test_embedded(self) -> None:
        """A factory needs only an Auctioneer, and that only a clock."""
        factory = AuctionFactory(Auctioneer(Clock()))
        protocol = factory.buildProtocol(None)
        transport = StringTransport()
        protocol.makeConnection(transport)
        self.assertEqual(
            transport.value(),
            b"Your role is: [Seller]\r\nPlease submit auction request:\r\n",
        )
        self.assertIsInstance(factory, ServerFactory)
        self.assertIsInstance(protocol, AuctionProtocol)
        self.assertIsInstance(protocol, LineReceiver)
        self.assertIs(protocol.factory, factory)

    def test_last_port_closes(self) -> None:
        clock = MemoryReactorClock()
        factory = AuctionFactory(Auctioneer(clock))
        factory.doStart()
        factory.doStart()
        protocol = factory.buildProtocol(None)
        transport = StringTransport()
        protocol.makeConnection(transport)
        factory.doStop()
        self.assertFalse(transport.disconnecting)
        factory.doStop()
        self.assertTrue(transport.disconnecting)
        closed = factory.connections.closing.wait_until_idle()
        self.assertNoResult(closed)
        protocol.connectionLost()
        self.successResultOf(closed)
        self.successResultOf(factory.connections.closing.wait_until_idle())
        self.assertEqual(clock.getDelayedCalls(), [])

    def test_starts_again(self) -> None:
        """The room is open as long as a port listens."""
        factory = AuctionFactory(Auctioneer(MemoryReactorClock()))
        told = []
        for change in (factory.doStart, factory.doStop, factory.doStart):
            change()
            protocol = factory.buildProtocol(None)
            transport = StringTransport()
            protocol.makeConnection(transport)
            told.append(transport.value().splitlines()[0])
            protocol.connectionLost()
        role = b"Your role is: [Seller]"
        self.assertEqual(told, [role, b"The Auctioneer is closing.", role])
