from twisted.internet.error import CannotListenError
from twisted.internet.protocol import Factory
from twisted.internet.testing import MemoryReactorClock, RaisingMemoryReactor
from twisted.trial.unittest import SynchronousTestCase

from twisted_auction.server.listening import (
    AuctionService,
    CannotListen,
    endpoint_description,
)


class EndpointDescriptionTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.reactor = MemoryReactorClock()

    def test_understood(self) -> None:
        for port, description in [
            ("4000", "tcp:4000:backlog=511"),
            ("0", "tcp:0:backlog=511"),
            ("65535", "tcp:65535:backlog=511"),
            ("tcp6:4000", "tcp6:4000"),
            ("tcp:4000:interface=127.0.0.1", "tcp:4000:interface=127.0.0.1"),
            ("unix:auction.socket", "unix:auction.socket"),
        ]:
            self.assertEqual(endpoint_description(port, self.reactor), description)

    def test_refused(self) -> None:
        for port, complaint in [
            ("65536", "a port is a number from 0 to 65535, not '65536'"),
            ("9" * 5000, f"a port is a number from 0 to 65535, not '{'9' * 5000}'"),
            ("", "'' is neither a port nor an endpoint: Unknown endpoint type: ''"),
            ("x", "'x' is neither a port nor an endpoint: Unknown endpoint type: 'x'"),
            ("-1", "'-1' is neither a port nor an endpoint: Unknown endpoint type: '-1'"),
            ("²", "'²' is neither a port nor an endpoint: Unknown endpoint type: '²'"),
        ]:
            with self.assertRaises(ValueError) as caught:
                endpoint_description(port, self.reactor)
            self.assertEqual(str(caught.exception), complaint)

    def test_wrong_arguments(self) -> None:
        for port in ["tcp", "tcp:x", "tcp:4000:interfaze=::1", "tcp:4000:1:2:3:4:5"]:
            with self.assertRaises(ValueError) as caught:
                endpoint_description(port, self.reactor)
            self.assertIn(f"{port!r} is neither a port nor an endpoint: ", str(caught.exception))


class AuctionServiceTests(SynchronousTestCase):
    def test_listens(self) -> None:
        reactor = MemoryReactorClock()
        announced: list[str] = []
        service = AuctionService(
            ["tcp:4000", "tcp:4001:interface=127.0.0.1"], Factory(), reactor, announced.append
        )
        service.privilegedStartService()
        self.assertEqual(
            [(port[0], port[3]) for port in reactor.tcpServers], [(4000, ""), (4001, "127.0.0.1")]
        )
        self.assertEqual(announced, [])
        service.startService()
        self.assertEqual(announced, ["Auctioneer is ready for hosting auctions!"])
        self.assertEqual(len(reactor.tcpServers), 2)

    def test_cannot_listen(self) -> None:
        for trouble, complaint in [
            (
                CannotListenError("", 4000, OSError(98, "Address already in use")),
                "Couldn't listen on any:4000: [Errno 98] Address already in use.",
            ),
            (OverflowError("bind(): port must be 0-65535."), "bind(): port must be 0-65535."),
        ]:
            reactor = RaisingMemoryReactor(listenException=trouble)
            service = AuctionService(["tcp:4000"], Factory(), reactor, print)
            with self.assertRaises(CannotListen) as caught:
                service.privilegedStartService()
            self.assertEqual(str(caught.exception), complaint)
            self.assertIsInstance(caught.exception, SystemExit)
            self.assertIsInstance(caught.exception, Exception)
