import os
import tempfile
import time
from pathlib import Path
from typing import Any

from twisted.application.service import IServiceMaker
from twisted.internet.address import IPv4Address
from twisted.internet.defer import Deferred
from twisted.logger import LogEvent, formatEvent, globalLogPublisher
from twisted.plugin import getPlugins
from twisted.python import usage
from twisted.trial.unittest import SynchronousTestCase

from twisted_auction import tap
from twisted_auction.cli.limit_options import LIMITS
from twisted_auction.ledger.journal import ImmediateJournal
from twisted_auction.rules.terms import PUBLIC_SETTLE, Terms
from twisted_auction.server.control import ControlFactory
from twisted_auction.server.factory import AuctionFactory
from twisted_auction.server.limits import Limits, affordable_connections
from twisted_auction.server.proxied import ProxiedFactory
from twisted_auction.server.service import AuctionService
from twisted_auction.testing import MemoryClient


def parsed(*argv: str) -> tap.Options:
    options = tap.Options()
    options.parseOptions(list(argv))
    return options


def temporary_file(test: SynchronousTestCase) -> Path:
    folder = tempfile.TemporaryDirectory()
    test.addCleanup(folder.cleanup)
    return Path(folder.name, "catalogue.txt")


class OptionsTests(SynchronousTestCase):
    def test_defaults(self) -> None:
        options = parsed()
        self.assertEqual(options["ports"], ["tcp:4000"])
        self.assertEqual(options["request-timeout"], 300)
        self.assertEqual(options["bid-timeout"], 300)
        self.assertEqual(options["max-bidders"], 9)
        self.assertFalse(options["accept-unterminated"])
        self.assertFalse(options["log-events"])
        self.assertEqual(options["lot-pause"], 5)
        self.assertIsNone(options["catalogue"])
        self.assertIsNone(options["control"])
        self.assertEqual(options["ledger"], Path("auction.sqlite3"))
        self.assertIsNone(options["lobby"])
        self.assertEqual(options["room"], "main")
        self.assertEqual(options["max-rooms"], 1000)
        self.assertEqual(options["max-seats-per-peer"], 200)
        self.assertEqual(options["resume-grace"], 60)
        self.assertEqual(
            Limits(**{name.replace("-", "_"): options[name] for name in LIMITS}),
            Limits(),
        )

    def test_ledger(self) -> None:
        self.assertIsNone(parsed("--ledger", "none")["ledger"])
        self.assertEqual(parsed("--ledger", "/x/y.sqlite3")["ledger"], Path("/x/y.sqlite3"))
        self.assertEqual(parsed("--ledger", "y.sqlite3")["ledger"], Path.cwd() / "y.sqlite3")

    def test_lobby(self) -> None:
        self.assertEqual(parsed("--lobby", "4001")["lobby"], "tcp:4001")

    def test_control(self) -> None:
        for control, description in [
            ("unix:auction.control", "unix:auction.control:mode=600"),
            ("unix:auction.control:mode=660", "unix:auction.control:mode=660"),
            ("tcp:4001:interface=127.0.0.1", "tcp:4001:interface=127.0.0.1"),
        ]:
            self.assertEqual(parsed("--control", control)["control"], description)

    def test_people(self) -> None:
        file = temporary_file(self)
        file.write_text("paddle,name,pass\n17,Ada,\n")
        options = parsed("--people", str(file), "--public-view")
        self.assertEqual((options["people"], options["public-view"]), (file, 1))
        self.assertIsNone(parsed()["people"])
        with self.assertRaises(usage.UsageError) as caught:
            parsed("--public-view")
        self.assertEqual(
            str(caught.exception), "--public-view needs --people, the list of the people"
        )
        self.assertRaises(usage.UsageError, parsed, "--show-names")
        file.write_text("paddle,name,pass\n17,Ada,\nx,Bob,\n")
        with self.assertRaises(usage.UsageError) as caught:
            parsed("--people", str(file))
        self.assertEqual(
            str(caught.exception),
            f"--people: {file}: row 3: paddle must be a whole number from 1 to 9999.",
        )

    def test_auth(self) -> None:
        """Twisted's own option, for users of a list that exists elsewhere."""
        file = temporary_file(self)
        file.write_text("paddle,name,pass\n17,Ada,\n")
        options = parsed("--people", str(file), "--auth", "memory:Ada:secret")
        self.assertEqual(len(options["credCheckers"]), 1)
        for wrong, problem in [
            (["--auth", "memory:a:b"], "--auth needs --people, the list of the people"),
            (["--auth", "memory:a:b", "--auth", "memory:c:d"], "--auth may be given once"),
            (["--auth", "nothing"], "Auth plugin not recognized: nothing"),
        ]:
            with self.assertRaises(usage.UsageError) as caught:
                parsed(*wrong)
            self.assertEqual(str(caught.exception), problem)
        self.assertRaises(usage.UsageError, parsed, "--auth", "anonymous")

    def test_catalogue(self) -> None:
        file = temporary_file(self)
        file.write_text("# two lots\n1 100 2 Sword\nenglish 50 1 Shield\n")
        options = parsed("--catalogue", str(file), "--max-bidders", "2")
        self.assertEqual(
            [lot.request.item_name for lot in options["catalogue"]], ["Sword", "Shield"]
        )
        with self.assertRaises(usage.UsageError) as caught:
            parsed("--catalogue", str(file), "--max-bidders", "1")
        self.assertEqual(
            str(caught.exception),
            f"--catalogue: {file}: line 2: number_of_bids must be 1 to 1.",
        )
        with self.assertRaises(usage.UsageError) as caught:
            parsed("--catalogue", str(file), "--max-bid", "49")
        self.assertEqual(
            str(caught.exception),
            f"--catalogue: {file}: line 3: the first price must be at most 49.",
        )

    def test_ports(self) -> None:
        options = parsed("--port", "4001", "-p", "tcp6:4002", "-p", "unix:auction.socket")
        self.assertEqual(options["ports"], ["tcp:4001", "tcp6:4002", "unix:auction.socket"])

    def test_numbers(self) -> None:
        options = parsed("--request-timeout", "0", "--bid-timeout=60", "--max-bidders=100")
        self.assertEqual(options["request-timeout"], 0)
        self.assertEqual(options["bid-timeout"], 60)
        self.assertEqual(options["max-bidders"], 100)
        self.assertEqual(options["max-bid"], 10**12)
        self.assertEqual(parsed("--max-bid", "9" * 18)["max-bid"], 10**18 - 1)

    def test_wrong(self) -> None:
        for argv, complaint in [
            (["--ledger", ""], "--ledger: name a file, or none"),
            (
                ["--ledger", "postgresql://user:secret@host/house"],
                "--ledger: name a file, or none, and no database",
            ),
            (["--lobby", "0"], "--lobby: a port is a number from 1 to 65535, not '0'"),
            (
                ["--room", "a b"],
                "--room must be 1 to 32 letters, digits, hyphens and underscores, not 'a b'",
            ),
            (["--max-rooms", "0"], "--max-rooms must be a whole number from 1, not '0'"),
            (
                ["--resume-grace", "soon"],
                "--resume-grace must be a whole number of seconds, not 'soon'",
            ),
            (["--port", "70000"], "--port: a port is a number from 1 to 65535, not '70000'"),
            (
                ["-p", "x"],
                "--port: cannot listen on 'x': it is neither a port nor an endpoint string "
                "such as tcp6:4000",
            ),
            (
                ["--request-timeout", "-1"],
                "--request-timeout must be a whole number of seconds, not '-1'",
            ),
            (
                ["--request-timeout", "1.5"],
                "--request-timeout must be a whole number of seconds, not '1.5'",
            ),
            (
                ["--bid-timeout", "nan"],
                "--bid-timeout must be a whole number of seconds, not 'nan'",
            ),
            (["--bid-timeout", ""], "--bid-timeout must be a whole number of seconds, not ''"),
            (
                ["--max-bid", "0"],
                "--max-bid must be a whole number from 1 to 999999999999999999, not '0'",
            ),
            (
                ["--max-bid", "9" * 19],
                f"--max-bid must be a whole number from 1 to 999999999999999999, not '{'9' * 19}'",
            ),
            (["--max-bidders", "0"], "--max-bidders must be a whole number from 1, not '0'"),
            (["--max-bidders", "nine"], "--max-bidders must be a whole number from 1, not 'nine'"),
            *(
                (
                    ["--settle", text],
                    f"--settle must be seconds from 0 to 60, such as 0.05, not '{text}'",
                )
                for text in ("", "-1", "nan", "1e1", "61", "60.5", "0.0000000001", "\u0661")
            ),
            (["--lot-pause", "x"], "--lot-pause must be a whole number of seconds, not 'x'"),
            (
                ["--control", "4001"],
                "--control: '4001' would let the whole network give orders; say "
                "unix:auction.control, which only this user can open",
            ),
            (
                ["--control", "tcp6:4001"],
                "--control: 'tcp6:4001' would let the whole network give orders; say "
                "unix:auction.control, which only this user can open",
            ),
            (
                ["--control", "haproxy:unix:auction.control"],
                "--control: 'haproxy:unix:auction.control': orders come by no proxy; leave out "
                "haproxy:",
            ),
            (
                ["--control", "x"],
                "--control: cannot listen on 'x': it is neither a port nor an endpoint string "
                "such as tcp6:4000",
            ),
            (
                ["--control", "unix:"],
                "--control: name the socket, for example unix:auction.control",
            ),
            *(
                ([f"--{name}", "-1"], f"--{name} must be a whole number, not '-1'")
                for name in LIMITS
            ),
            (
                ["--max-connections", "999999999"],
                f"--max-connections must be at most {affordable_connections()}: so many does the "
                "limit of open files (ulimit -n) allow",
            ),
            (["--catalogue", "/nowhere"], "--catalogue: /nowhere: No such file or directory."),
            (["extra"], "Wrong number of arguments."),
        ]:
            with self.assertRaises(usage.UsageError) as caught:
                parsed(*argv)
            self.assertEqual(str(caught.exception), complaint)


class MakeServiceTests(SynchronousTestCase):
    def setUp(self) -> None:
        from twisted.internet import reactor

        self.patch(reactor, "seconds", time.time)  # makeService changes it, and the umask
        self.addCleanup(os.umask, os.umask(0o022))

    def test_service(self) -> None:
        service = tap.makeService(
            parsed(
                "-p",
                "4001",
                "-p",
                "4002",
                "--accept-unterminated",
                "--max-bidders",
                "40",
                "--bid-timeout",
                "60",
                "--request-timeout",
                "5",
            )
        )
        self.assertIsInstance(service, AuctionService)
        listening: list[Any] = list(service)
        self.assertEqual(len(listening), 2)
        factory = listening[0].factory
        self.assertIs(listening[1].factory, factory)
        self.assertIsInstance(factory, AuctionFactory)
        self.assertTrue(factory.accept_unterminated)
        terms = Terms(5, 60, max_bidders=40, max_bid=10**12, settle=PUBLIC_SETTLE)
        self.assertEqual(factory.auctioneer.terms, terms)

    def test_sale_and_control(self) -> None:
        file = temporary_file(self)
        file.write_text("1 100 2 Sword\n")
        service = tap.makeService(
            parsed(
                *("--catalogue", str(file), "--lot-pause", "3"),
                *("--control", "unix:auction.control"),
            )
        )
        public, control = list(service)
        auctioneer = public.factory.auctioneer
        self.assertEqual([lot.request.item_name for lot in auctioneer.catalogue], ["Sword"])
        self.assertEqual(auctioneer.terms, Terms(max_bid=10**12, lot_pause=3, settle=PUBLIC_SETTLE))
        self.assertIsInstance(control.factory, ControlFactory)
        self.assertEqual(dict(control.factory.rooms), {"main": auctioneer})

    def test_tell_seller_bids(self) -> None:
        for argv, is_told in [([], False), (["--tell-seller-bids"], True)]:
            (public, *_) = list(tap.makeService(parsed("-p", "4001", *argv)))
            self.assertIs(public.factory.auctioneer.terms.tell_seller_bids, is_told)

    def test_house(self) -> None:
        service = tap.makeService(
            parsed(
                *("--room", "hall", "--lobby", "4001", "--max-rooms", "7"),
                *("--resume-grace", "30", "--ledger", "none", "--settle", "0.2"),
            )
        )
        public, lobby = list(service)
        rooms = lobby.factory.rooms
        self.assertIs(public.factory.auctioneer, rooms["hall"])
        self.assertIs(rooms.main, rooms["hall"])
        self.assertEqual(rooms.max_rooms, 7)
        self.assertEqual(rooms.terms, Terms(max_bid=10**12, resume_grace=30, settle=0.2))
        self.assertIsInstance(rooms.journal, ImmediateJournal)

    def test_people(self) -> None:
        """The port and the lobby share the pass codes, and the file is read at the start."""
        file = temporary_file(self)
        file.write_text("paddle,name,pass\n17,Ada,\n")
        users = temporary_file(self)
        users.write_text("Ada:secret\n")
        options = ["--lobby", "4001", "--public-view", "--show-names", "--auth", f"file:{users}"]
        public, lobby = list(tap.makeService(parsed("--people", str(file), *options)))
        passes = public.factory.passes
        self.assertIs(lobby.factory.passes, passes)
        self.assertTrue(passes.public_view and passes.names)
        service = public.parent
        assert isinstance(service, AuctionService) and service.people_file is not None
        service.people_file.read()
        found = self.successResultOf(Deferred.fromCoroutine(passes.find("Ada secret")))
        self.assertEqual(found.paddle, 17)

    def test_whole_ledger(self) -> None:
        """The whole ledger is verified before the start only with the option."""
        for options, is_checked in (((), False), (("--check-ledger",), True)):
            (public,) = list(tap.makeService(parsed(*options)))
            service = public.parent
            assert isinstance(service, AuctionService)
            self.assertEqual(service.rooms.check_ledger, is_checked)

    def test_limits(self) -> None:
        """Each option is the limit of its name, and all ports share one ConnectionLimits."""
        options = ["-p", "4000", "-p", "haproxy:tcp:4002", "--lobby", "4001"]
        for number, name in enumerate(LIMITS):
            options += [f"--{name}", str(number)]
        public, proxied, lobby = list(tap.makeService(parsed(*options)))
        connections = public.factory.connections
        self.assertEqual(connections.limits, Limits(0, 1, 2, 3, 4, 5, 6, 7, 8))
        self.assertIs(lobby.factory.connections, connections)
        self.assertIsInstance(proxied.factory, ProxiedFactory)
        self.assertIs(proxied.factory.connections, connections)
        self.assertIs(proxied.factory.wrappedFactory, public.factory)

    def test_counts_monotonically(self) -> None:
        from twisted.internet import reactor

        tap.makeService(parsed("-p", "4001"))
        seconds: Any = reactor.seconds
        self.assertIs(seconds, time.monotonic)

    def test_files_are_private(self) -> None:
        """Files made from then on are for their owner alone."""
        tap.makeService(parsed("-p", "4001"))
        mask = os.umask(0)
        self.assertEqual(mask, 0o077)

    def test_events_are_logged_only_where_that_is_wanted(self) -> None:
        """Without the option, no event is built for the log."""
        logged: list[LogEvent] = []
        observer: Any = logged.append
        globalLogPublisher.addObserver(observer)
        self.addCleanup(globalLogPublisher.removeObserver, observer)
        for options, lines in [
            ([], []),
            (
                ["--log-events"],
                [
                    ("auction.main", "Seller is connected from 127.0.0.1:50001"),
                    ("auction.main", ">> New Seller Thread spawned"),
                ],
            ),
        ]:
            service = tap.makeService(parsed("-p", "4001", "--ledger", "none", *options))
            listening: Any = next(iter(service))
            visitor = MemoryClient(listening.factory, IPv4Address("TCP", "127.0.0.1", 50001))
            self.assertEqual(
                [(event["log_namespace"], formatEvent(event)) for event in logged], lines
            )
            visitor.disconnect()

    def test_lines_only_unless_told(self) -> None:
        listening: Any = next(iter(tap.makeService(parsed("-p", "4001"))))
        self.assertFalse(listening.factory.accept_unterminated)

    def test_plugin(self) -> None:
        makers = [maker for maker in getPlugins(IServiceMaker) if maker.tapname == "auction"]
        self.assertEqual(len(makers), 1)
        self.assertIs(makers[0].options, tap.Options)
        self.assertIs(makers[0].makeService, tap.makeService)
