from pathlib import Path
from typing import Any

from twisted.internet.error import CannotListenError
from twisted.internet.protocol import Factory
from twisted.internet.testing import MemoryReactorClock, RaisingMemoryReactor, StringTransport
from twisted.trial.unittest import SynchronousTestCase

from twisted_auction.house.ledger import Ledger
from twisted_auction.house.rooms import Rooms
from twisted_auction.server import listening
from twisted_auction.server.limits import Gate
from twisted_auction.server.listening import (
    PATIENCE,
    AuctionService,
    CannotStart,
    endpoint_description,
)

NEITHER = "it is neither a port nor an endpoint string such as tcp6:4000"


class EndpointDescriptionTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.reactor = MemoryReactorClock()

    def test_understood(self) -> None:
        for port, description in [
            ("4000", "tcp:4000"),
            ("1", "tcp:1"),
            ("65535", "tcp:65535"),
            ("tcp6:4000", "tcp6:4000"),
            ("tcp:4000:interface=127.0.0.1", "tcp:4000:interface=127.0.0.1"),
            ("unix:auction.socket", "unix:auction.socket"),
        ]:
            self.assertEqual(endpoint_description(port, self.reactor), description)

    def test_refused(self) -> None:
        for port, complaint in [
            ("0", "a port is a number from 1 to 65535, not '0'"),
            ("65536", "a port is a number from 1 to 65535, not '65536'"),
            ("9" * 5000, f"a port is a number from 1 to 65535, not '{'9' * 5000}'"),
            *[
                (port, f"cannot listen on {port!r}: {NEITHER}")
                for port in [
                    "",
                    "x",
                    "-1",
                    "²",
                    "tcp",
                    "tcp:x",
                    "tcp:1:interfaze=::1",
                    "tcp:1:2:3:4",
                ]
            ],
        ]:
            with self.assertRaises(ValueError) as caught:
                endpoint_description(port, self.reactor)
            self.assertEqual(str(caught.exception), complaint)

    def test_tls_is_not_installed(self) -> None:
        for trouble in [NameError("name"), ImportError("module")]:

            def fail(reactor: object, description: str, trouble: Exception = trouble) -> None:
                raise trouble

            self.patch(listening, "serverFromString", fail)
            with self.assertRaises(ValueError) as caught:
                endpoint_description("ssl:4000", self.reactor)
            self.assertEqual(
                str(caught.exception),
                "cannot listen on 'ssl:4000': TLS needs: pip install 'twisted-auction[tls]'",
            )

    def test_missing_key(self) -> None:
        with self.assertRaises(ValueError) as caught:
            endpoint_description("ssl:4000:privateKey=/nowhere.pem", self.reactor)
        self.assertEqual(
            str(caught.exception),
            "cannot listen on 'ssl:4000:privateKey=/nowhere.pem': "
            "[Errno 2] No such file or directory: '/nowhere.pem'",
        )


class AuctionServiceTests(SynchronousTestCase):
    def test_listens(self) -> None:
        reactor = MemoryReactorClock()
        announced: list[str] = []
        gate = Gate(reactor)
        service = AuctionService(
            [("tcp:4000", Factory()), ("tcp:4001:interface=127.0.0.1", Factory())],
            reactor,
            announced.append,
            gate,
            Rooms(reactor),
        )
        service.privilegedStartService()
        self.assertEqual(
            [(port[0], port[3]) for port in reactor.tcpServers], [(4000, ""), (4001, "127.0.0.1")]
        )
        self.assertEqual(announced, [])
        service.startService()
        self.assertEqual(announced, ["Auctioneer is ready for hosting auctions!"])
        self.assertEqual(len(reactor.tcpServers), 2)
        last: Any = StringTransport()
        gate.farewells.begin(last.abortConnection)
        stopped = service.stopService()
        self.assertNoResult(stopped)
        gate.farewells.end(last.abortConnection)
        self.successResultOf(stopped)

    def test_stops_in_time(self) -> None:
        """Somebody who does not take the last words holds up nobody for long."""
        clock = MemoryReactorClock()
        gate = Gate(clock)
        rooms = Rooms(clock)
        service = AuctionService([("tcp:4000", Factory())], clock, print, gate, rooms)
        service.privilegedStartService()
        last: Any = StringTransport()
        gate.farewells.begin(last.abortConnection)
        stopped = service.stopService()
        clock.advance(PATIENCE * 0.9)
        self.assertNoResult(stopped)
        clock.advance(PATIENCE * 0.2)
        self.successResultOf(stopped)

    def test_no_ledger_to_be_had(self) -> None:
        reactor: Any = MemoryReactorClock()
        announced: list[str] = []
        ledger = Ledger(Path("/nowhere/auction.sqlite3"), reactor, print)
        rooms = Rooms(reactor, ledger=ledger)
        service = AuctionService([], reactor, announced.append, Gate(reactor), rooms)
        with self.assertRaises(CannotStart) as caught:
            service.startService()
        self.assertEqual(
            str(caught.exception),
            "the ledger /nowhere/auction.sqlite3 cannot be locked: No such file or directory.",
        )
        self.assertEqual(announced, [])
        self.successResultOf(service.stopService())

    def test_cannot_listen(self) -> None:
        for trouble, complaint in [
            (
                CannotListenError("", 4000, OSError(98, "Address already in use")),
                "Couldn't listen on any:4000: [Errno 98] Address already in use.",
            ),
            (
                OverflowError("bind(): port must be 0-65535."),
                "cannot listen on tcp:4000: bind(): port must be 0-65535.",
            ),
            (
                FileNotFoundError(2, "No such file or directory", "10671", None, "/x/y.lock"),
                "cannot listen on tcp:4000: No such file or directory",
            ),
        ]:
            reactor: Any = RaisingMemoryReactor(listenException=trouble)
            service = AuctionService(
                [("tcp:4000", Factory())], reactor, print, Gate(reactor), Rooms(reactor)
            )
            with self.assertRaises(CannotStart) as caught:
                service.privilegedStartService()
            self.assertEqual(str(caught.exception), complaint)
            self.assertIsInstance(caught.exception, SystemExit)
            self.assertIsInstance(caught.exception, Exception)
