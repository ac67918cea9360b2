from typing import Any

from twisted.internet.defer import ensureDeferred
from twisted.internet.endpoints import TCP4ClientEndpoint
from twisted.internet.error import ConnectionDone, ConnectionRefusedError
from twisted.internet.testing import MemoryReactorClock, StringTransport
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from tests.persons import SlowTypist
from twisted_auction.client.join import join
from twisted_auction.client.person import Ending


class JoinTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.reactor = MemoryReactorClock()
        self.person = SlowTypist()
        endpoint = TCP4ClientEndpoint(self.reactor, "127.0.0.1", 4000)
        self.visit = ensureDeferred(join(endpoint, self.person))

    def test_ending(self) -> None:
        factory: Any = self.reactor.tcpClients[0][2]
        protocol = factory.buildProtocol(None)
        protocol.makeConnection(StringTransport())
        protocol.dataReceived(b"Server busy!\r\n")
        self.assertNoResult(self.visit)
        protocol.connectionLost(Failure(ConnectionDone()))
        self.assertEqual(self.successResultOf(self.visit), Ending(1))
        self.assertEqual(
            self.person.screen,
            [
                "Connected to the Auctioneer server.",
                "Server is busy. Try to connect again later.",
            ],
        )

    def test_nothing_is_said(self) -> None:
        """A lobby waits for a word, and so would the person."""
        endpoint = TCP4ClientEndpoint(self.reactor, "127.0.0.1", 4000)
        for is_silent in (True, False):
            person = SlowTypist()
            visit = ensureDeferred(join(endpoint, person, None, self.reactor, True))
            factory: Any = self.reactor.tcpClients[-1][2]
            protocol = factory.buildProtocol(None)
            protocol.makeConnection(StringTransport())
            if not is_silent:
                protocol.dataReceived(b"Your role is: [Seller]\r\n")
            self.reactor.advance(3)
            hint = "Nothing is said there. If it is a lobby, name a room with --room."
            self.assertEqual(hint in person.screen, is_silent)
            protocol.connectionLost(Failure(ConnectionDone()))
            self.assertEqual(self.successResultOf(visit).status, 1)
        visit = ensureDeferred(join(endpoint, SlowTypist(), None, self.reactor, True))
        factory = self.reactor.tcpClients[-1][2]
        protocol = factory.buildProtocol(None)
        protocol.makeConnection(StringTransport())
        protocol.connectionLost(Failure(ConnectionDone()))
        self.assertEqual(self.reactor.getDelayedCalls(), [])

    def test_no_connection(self) -> None:
        factory: Any = self.reactor.tcpClients[0][2]
        factory.clientConnectionFailed(None, Failure(ConnectionRefusedError()))
        self.failureResultOf(self.visit, ConnectionRefusedError)
        self.assertEqual(self.person.screen, [])
