from collections.abc import Callable
from typing import Any

from twisted.internet.defer import ensureDeferred
from twisted.internet.endpoints import HostnameEndpoint, TCP4ClientEndpoint
from twisted.internet.error import ConnectionDone, ConnectionRefusedError
from twisted.internet.testing import MemoryReactorClock, StringTransport
from twisted.python import usage
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from twisted_auction.client import join as module
from twisted_auction.client.join import Join, endpoint_of, join
from twisted_auction.client.protocol import Ending, Person


class Silent(Person):
    """A person who reads and never types."""

    def __init__(self) -> None:
        self.screen: list[str] = []

    def show(self, text: str) -> None:
        self.screen.append(text)

    def ask(self, answer: Callable[[bytes | None], None]) -> None:
        pass


class JoinTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.reactor = MemoryReactorClock()
        self.person = Silent()
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
            person = Silent()
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
        visit = ensureDeferred(join(endpoint, Silent(), None, self.reactor, True))
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


class EndpointTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.reactor = MemoryReactorClock()

    def test_host_and_port(self) -> None:
        from twisted.internet import reactor  # one in memory resolves no names, says Twisted 24.11

        for host, shown in [
            ("127.0.0.1", "127.0.0.1"),
            ("::1", "[::1]"),
            ("[::1]", "[::1]"),
            ("localhost", "localhost"),
        ]:
            endpoint = endpoint_of(reactor, host, "4000")
            self.assertIsInstance(endpoint, HostnameEndpoint)
            self.assertEqual(repr(endpoint), f"<HostnameEndpoint {shown}:4000>")

    def test_endpoint_string(self) -> None:
        endpoint = endpoint_of(self.reactor, "tcp:127.0.0.1:4000")
        self.assertIsInstance(endpoint, TCP4ClientEndpoint)

    def test_wrong(self) -> None:
        for where, complaint in [
            (("h", "0"), "a port is a number from 1 to 65535, not '0'"),
            (("h", "65536"), "a port is a number from 1 to 65535, not '65536'"),
            (("h", "x"), "a port is a number from 1 to 65535, not 'x'"),
            (("h", "²"), "a port is a number from 1 to 65535, not '²'"),
            *[
                (
                    (where,),
                    f"cannot connect to {where!r}: give a host and a port, or an endpoint string "
                    "such as tcp:127.0.0.1:12345",
                )
                for where in ["nowhere", "127.0.0.1", "tcp:localhost", "tcp:localhost:x"]
            ],
        ]:
            with self.assertRaises(usage.UsageError) as caught:
                endpoint_of(self.reactor, *where)
            self.assertEqual(str(caught.exception), complaint)

    def test_tls_is_not_installed(self) -> None:
        def fail(reactor: object, description: str) -> None:
            raise NameError("name 'optionsForClientTLS' is not defined")

        self.patch(module, "clientFromString", fail)
        with self.assertRaises(usage.UsageError) as caught:
            endpoint_of(self.reactor, "tls:example.org:4000")
        self.assertEqual(
            str(caught.exception),
            "cannot connect to 'tls:example.org:4000': "
            "TLS needs: pip install 'twisted-auction[tls]'",
        )

    def test_troubles_of_an_endpoint(self) -> None:
        for trouble, text in [
            (FileNotFoundError(2, "No such file", "roots"), "[Errno 2] No such file: 'roots'"),
            (FileNotFoundError(), "FileNotFoundError"),
        ]:

            def fail(reactor: object, where: str, trouble: Exception = trouble) -> None:
                raise trouble

            self.patch(module, "clientFromString", fail)
            with self.assertRaises(usage.UsageError) as caught:
                endpoint_of(self.reactor, "tls:a:1:trustRoots=roots")
            self.assertEqual(
                str(caught.exception), f"cannot connect to 'tls:a:1:trustRoots=roots': {text}"
            )

    def test_arguments(self) -> None:
        for argv in [["a", "4000"], ["tcp:a:4000"]]:
            options = Join()
            options.parseOptions(argv)
            self.assertEqual(options["where"], tuple(argv))
        for argv in [[], ["a", "b", "c"]]:
            with self.assertRaises(usage.UsageError) as caught:
                Join().parseOptions(argv)
            self.assertEqual(
                str(caught.exception), "give a host and a port, or one endpoint string"
            )
