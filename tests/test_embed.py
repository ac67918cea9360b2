"""A house in one call, as a program that embeds it would use it."""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest import skipIf

from twisted.application.service import Application, IServiceCollection
from twisted.cred.checkers import InMemoryUsernamePasswordDatabaseDontUse
from twisted.internet.address import IPv4Address
from twisted.internet.defer import ensureDeferred
from twisted.internet.endpoints import TCP4ClientEndpoint
from twisted.internet.testing import MemoryReactorClock
from twisted.logger import LogEvent, LogLevel, formatEvent, globalLogPublisher
from twisted.trial.unittest import SynchronousTestCase, TestCase

from tests.processes import free_port
from tests.support import FailingConnection, LedgerFolderTestCase
from twisted_auction import embed, testing
from twisted_auction.client.actor import Actor
from twisted_auction.embed import (
    AuctionService,
    CannotStart,
    Ending,
    Limits,
    People,
    SiteSettings,
    Terms,
    events,
    house,
    join,
    parse_catalogue,
)
from twisted_auction.ledger.journal import Ledger
from twisted_auction.ledger.sqlite import SQLiteStore
from twisted_auction.server.console import READY
from twisted_auction.server.control import ControlFactory
from twisted_auction.server.limits import affordable_connections
from twisted_auction.server.proxied import ProxiedFactory
from twisted_auction.server.service import stop_reactor
from twisted_auction.testing import MemoryClient
from twisted_auction.web.settings import EXTRA, NO_FOLDER, missing_extra

DOCS = Path(__file__).parent.parent / "docs"

ADDRESS = IPv4Address("TCP", "127.0.0.1", 50001)

LOCAL = "tcp:{}:interface=127.0.0.1"

RECEIVED = "Server: Bid received. Please wait..."


def ledger_of(service: AuctionService) -> Ledger:
    """The ledger of a house that has one."""
    assert isinstance(service.rooms.journal, Ledger)
    return service.rooms.journal


class RunningReactor(MemoryReactorClock):
    """A fake reactor that calls at once what its start has missed; Twisted 24.11's does not."""

    def __init__(self) -> None:
        super().__init__()
        self.hasRun = False  # the fake of Twisted 24.11 begins with True

    def callWhenRunning(self, callable: Callable[..., object], *args: object, **kw: object) -> None:
        if self.hasRun:
            callable(*args, **kw)
        else:
            super().callWhenRunning(callable, *args, **kw)


class EmbedTestCase(LedgerFolderTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.reactor = RunningReactor()
        self.logged: list[tuple[LogLevel, str]] = []

        def note(event: LogEvent) -> None:
            if event.get("log_namespace") == "auction":
                self.logged.append((event["log_level"], formatEvent(event)))

        observer: Any = note
        globalLogPublisher.addObserver(observer)
        self.addCleanup(globalLogPublisher.removeObserver, observer)

    def started(self, service: AuctionService) -> AuctionService:
        service.startService()
        self.addCleanup(lambda: self.successResultOf(service.stopService()))
        return service

    def factory(self, number: int) -> Any:
        """The factory that serves the last opened TCP port of this number."""
        return [port[1] for port in self.reactor.tcpServers if port[0] == number][-1]

    def visitor(self, number: int) -> MemoryClient:
        return MemoryClient(self.factory(number), ADDRESS)


class BuiltTests(EmbedTestCase):
    def test_one_port(self) -> None:
        """A number is enough: no ledger, no lobby, the standard terms and limits."""
        service = house(self.reactor, [4000])
        self.assertEqual(self.reactor.tcpServers, [])
        self.started(service)
        self.assertEqual([port[0] for port in self.reactor.tcpServers], [4000])
        self.assertEqual(list(service.rooms), ["main"])
        self.assertEqual(service.rooms.terms, Terms())
        factory = self.factory(4000)
        self.assertEqual(factory.connections.limits, Limits())
        self.assertFalse(factory.accept_unterminated)
        visitor = self.visitor(4000)
        self.assertEqual(
            visitor.read_lines(), ["Your role is: [Seller]", "Please submit auction request:"]
        )
        visitor.disconnect()

    def test_people(self) -> None:
        """A list in a file is read at each start. It serves the port, the lobby and the orders."""
        path = self.folder / "people.csv"
        path.write_text("paddle,name,pass\n17,Ada,\n")
        control = f"unix:{self.folder / 'control'}"
        service = house(
            self.reactor, [4000], lobby=4001, control=control, people=path, public_view=True
        )
        self.started(service)
        people = service.rooms.people
        assert people is not None
        self.assertEqual([*people.persons], [17])
        asked = self.visitor(4000)
        self.assertEqual(asked.read_lines(), ["Please submit your pass code:"])
        visitor = self.visitor(4001)
        visitor.send_lines("JOIN art", "WATCH art")
        self.assertEqual(
            visitor.read_lines()[:2],
            [
                "Not done: say your pass code first: PASS and the code.",
                "Your role is: [Watcher]",
            ],
        )
        stopped = service.stopService()
        for client in (asked, visitor):
            client.disconnect()
        self.successResultOf(stopped)
        path.write_text("paddle,name,pass\n17,Ada,\n17,Bob,\n")
        with self.assertRaises(CannotStart) as caught:
            service.startService()
        self.assertEqual(str(caught.exception), f"{path}: row 3: paddle 17 is in row 2, too.")

    def test_people_of_the_program(self) -> None:
        """A list that the program makes, and replaces; and a checker of its own."""
        users = InMemoryUsernamePasswordDatabaseDontUse(Ada=b"secret", Bob=b"secret")
        first = embed.People.parse(b"paddle,name,pass\n17,Ada,\n")
        service = self.started(house(self.reactor, [4000], people=first, checker=users))
        self.assertIsNone(service.people_file)
        visitor = self.visitor(4000)
        visitor.send_lines("Bob secret")
        self.reactor.advance(1)
        self.assertEqual(
            visitor.read_lines()[1:],
            ["Not done: there is no such pass code.", "Please submit your pass code:"],
        )
        service.rooms.replace_people(embed.People.parse(b"paddle,name,pass\n3,Bob,\n"))
        visitor.send_lines("Bob secret")
        self.assertEqual(visitor.read_lines()[0], "Your role is: [Seller]")
        visitor.disconnect()
        self.assertRaises(embed.PeopleError, embed.People.parse, b"paddle\n")
        for wrong in ({"checker": users}, {"public_view": True}):
            self.assertRaises(ValueError, house, self.reactor, [4000], **wrong)

    def test_everything(self) -> None:
        """Each argument has its effect, and all ports share one set of limits."""
        limits, terms = Limits(max_per_peer=2), Terms(bid_timeout=60)
        seen: list[tuple[str, events.Event]] = []

        def watch(room: str) -> Any:
            return lambda news: seen.extend((room, event) for event in news)

        control = self.path.with_name("control")
        service = house(
            self.reactor,
            ["4000", "haproxy:tcp:4001"],
            ledger=self.path,
            lobby=4002,
            control=f"unix:{control}",
            terms=terms,
            limits=limits,
            watch=watch,
            room="hall",
            catalogue=parse_catalogue(b"1 100 1 Compass\n", 9),
            max_rooms=3,
            max_seats_per_peer=4,
            accept_unterminated=True,
            check_ledger=True,
        )
        self.started(service)
        public, proxied, lobby = (self.factory(number) for number in (4000, 4001, 4002))
        self.assertIsInstance(proxied, ProxiedFactory)
        self.assertIs(proxied.wrappedFactory, public)
        self.assertTrue(public.accept_unterminated)
        self.assertIs(public.auctioneer, service.rooms["hall"])
        self.assertEqual(
            [lot.request.item_name for lot in public.auctioneer.catalogue], ["Compass"]
        )
        self.assertIs(lobby.rooms, service.rooms)
        self.assertEqual(service.rooms.terms, terms)
        self.assertEqual((service.rooms.max_rooms, service.rooms.max_seats_per_peer), (3, 4))
        self.assertTrue(service.rooms.check_ledger)
        self.assertEqual(public.connections.limits, limits)
        for factory in (proxied, lobby):
            self.assertIs(factory.connections, public.connections)
        ((address, orders, _, mode, _),) = self.reactor.unixServers
        self.assertEqual((address, mode), (str(control), 0o600))
        self.assertIsInstance(orders, ControlFactory)
        self.assertEqual(ledger_of(service).store.location, str(self.path))
        visitor = self.visitor(4000)
        self.reactor.advance(0)
        self.assertEqual(visitor.read_lines()[0], "Your role is: [Buyer]")
        self.assertEqual(
            [(room, type(event).__name__) for room, event in seen][:2],
            [("hall", "LotAnnounced"), ("hall", "Arrived")],
        )
        visitor.disconnect()

    @skipIf(missing_extra(), missing_extra())
    def test_web(self) -> None:
        """The page has the rooms and the limits of the other ports, and its address is told."""
        announced: list[str] = []
        settings = SiteSettings(address="https://example.org")
        service = house(
            self.reactor,
            [4000],
            web="haproxy:tcp:8080",
            site=settings,
            people=People(),
            catalogue=parse_catalogue(
                b"item,type,lowest_price,picture\nDesk,english,20,desk.jpg", 9
            ),
            announce=announced.append,
        )
        self.started(service)
        self.reactor.run()
        proxied = self.factory(8080)
        site = proxied.wrappedFactory
        self.assertIs(site.browsers.connections, self.factory(4000).connections)
        self.assertTrue(site.browsers.is_secure)
        self.assertIs(proxied.health_check_factory, site)
        told = [READY, "The page is at https://example.org/", NO_FOLDER]
        self.assertEqual(announced, told)  # nobody would see the picture

    def test_private_ledger(self) -> None:
        """Its files are for their owner alone, whatever the umask of the program."""
        self.addCleanup(os.umask, os.umask(0o022))
        self.started(house(self.reactor, [4000], ledger=str(self.path)))
        visitor = self.visitor(4000)
        self.reactor.advance(0)
        files = sorted(self.path.parent.iterdir())
        self.assertIn(self.path, files)
        self.assertEqual({file.stat().st_mode & 0o777 for file in files}, {0o600})
        visitor.disconnect()

    def test_refused(self) -> None:
        """A wrong argument is refused by the call, and nothing is opened."""
        port = "a port is a number from 1 to 65535, not {!r}"
        cases: list[tuple[dict[str, Any], str]] = [
            ({"ports": [70000]}, port.format("70000")),
            ({"ports": [0]}, port.format("0")),
            (
                {"ports": ["x"]},
                "cannot listen on 'x': it is neither a port nor an endpoint string such as "
                "tcp6:4000",
            ),
            ({"lobby": "65536"}, port.format("65536")),
            (
                {"control": "4001"},
                "'4001' would let the whole network give orders; say unix:auction.control, which "
                "only this user can open",
            ),
            (
                {"room": "a b"},
                "a room's name is 1 to 32 letters, digits, hyphens and underscores, not 'a b'",
            ),
            ({"catalogue": []}, "a catalogue is a sequence of Lots, at least one"),
            ({"max_rooms": 0}, "max_rooms must be a whole number from 1, not 0"),
            (
                {"max_seats_per_peer": -1},
                "max_seats_per_peer must be a whole number from 0, not -1",
            ),
            (
                {"limits": Limits(max_connections=10**9)},
                f"max_connections must be at most {affordable_connections()}, because of the limit "
                "of open files (ulimit -n), not 1000000000",
            ),
            ({"web": 0}, EXTRA if missing_extra() else port.format("0")),
            ({"ledger": ""}, "ledger must be the path of a file, or None, not ''"),
        ]
        for arguments, complaint in cases:
            given: dict[str, Any] = {"ports": [4000], "ledger": self.path, **arguments}
            with self.assertRaises(ValueError) as caught:
                house(self.reactor, **given)
            self.assertEqual(str(caught.exception), complaint)
        for ports in (4000, "tcp:4000"):
            wrong: Any = ports
            with self.assertRaises(TypeError) as wrong_type:
                house(self.reactor, wrong)
            self.assertEqual(
                str(wrong_type.exception),
                f"ports must be a sequence, such as [{ports!r}], not {ports!r}",
            )
        self.assertFalse(self.path.exists())
        self.assertEqual(self.reactor.tcpServers, [])

    def test_folder_as_ledger(self) -> None:
        """It is refused by the start, since a file of any name may be made until then."""
        service = house(self.reactor, [4000], ledger="/")
        with self.assertRaises(CannotStart) as caught:
            service.startService()
        self.assertEqual(str(caught.exception), "the file / cannot be opened: Is a directory.")

    def test_in_an_application(self) -> None:
        """It is a service among others."""
        application = Application("several")
        house(self.reactor, [4000]).setServiceParent(application)
        house(self.reactor, [4001]).setServiceParent(application)
        services: Any = IServiceCollection(application)
        services.startService()
        self.assertEqual([port[0] for port in self.reactor.tcpServers], [4000, 4001])
        self.successResultOf(services.stopService())


class OrderTests(SynchronousTestCase):
    def test_orders(self) -> None:
        """A program gives orders as the control port does, with an actor of its own."""
        seen: list[object] = []
        house = testing.MemoryHouse(watch=lambda room: seen.extend)
        orders = house.rooms.main.orders
        refused = self.assertRaises(embed.OrderRefused, orders.give, embed.commands.Pause())
        self.assertEqual(refused.why, "there is no auction.")
        house.open_auction("3 100 1 Cup", 1)
        self.assertEqual(orders.give(embed.commands.Pause(), "desk", "Tea."), "it is paused.")
        house.advance()
        self.assertEqual(
            seen[-2:],
            [
                embed.events.Ordered("pause", "desk", "Tea."),
                embed.events.Paused(house.clock.seconds()),
            ],
        )


class NamesTests(SynchronousTestCase):
    """The names that a program may rely on."""

    def test_listed(self) -> None:
        """The page has each of them, and no other."""
        page = (DOCS / "embed.rst").read_text()
        listed = re.findall(
            r"^\* ``(\w+)`` ", page.partition("Names to rely on\n")[2], re.MULTILINE
        )
        fakes = set(testing.__all__) - {"EPOCH"}
        self.assertEqual(sorted(listed), sorted([*embed.__all__, *fakes]))
        self.assertEqual(len(set(listed)), len(listed))

    def test_described(self) -> None:
        """Each can be imported, says what it is for, and is no private name."""
        for name in set(embed.__all__) - {"Question", "Watch"}:  # these are aliases of types
            thing = getattr(embed, name)
            self.assertFalse(thing.__name__.rpartition(".")[2].startswith("_"), name)
            self.assertTrue(thing.__doc__ and thing.__doc__.strip(), name)

    def test_used_by_the_examples(self) -> None:
        """The example programs need nothing else, and the example test nothing but the fakes."""
        for path in [*(DOCS / "examples").glob("*.py"), *(DOCS / "examples").glob("*.tac")]:
            modules = re.findall(r"\b(?:from|import) (twisted_auction[\w.]*)", path.read_text())
            public = {"twisted_auction.embed", "twisted_auction.testing"}
            self.assertEqual(set(modules) - public, set(), path.name)


class ImportTests(SynchronousTestCase):
    def test_left_out(self) -> None:
        """A program can import the names first and install its reactor then. What only the page
        needs takes long to import, and is left to houses with a page."""
        text = (
            "import sys, twisted_auction.auc_client, twisted_auction.embed, twisted_auction.tap\n"
            "print({'twisted.internet.reactor', 'twisted.web'}.intersection(sys.modules))"
        )
        done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True)
        self.assertEqual((done.stdout, done.stderr), ("set()\n", ""))


class TellingTests(EmbedTestCase):
    def test_announced(self) -> None:
        """Once the reactor runs, and so a program may be stopped by a signal."""
        told: list[str] = []
        self.started(house(self.reactor, [4000], announce=told.append))
        self.assertEqual(told, [])
        self.reactor.run()
        self.assertEqual(told, [READY])
        self.assertEqual(self.logged, [])

    def test_logged(self) -> None:
        """Where the program gives no other function."""
        self.started(house(self.reactor, [4000]))
        self.reactor.run()
        self.assertEqual(self.logged, [(LogLevel.info, READY)])

    def test_warned(self) -> None:
        """A warning about the ledger is logged, or told to the program."""
        warning = "SQLite is old."
        self.patch(SQLiteStore, "warning", warning)
        told: list[str] = []
        choices: list[dict[str, Any]] = [{}, {"warn": told.append}]
        for arguments in choices:
            service = house(self.reactor, [4000], ledger=self.path, **arguments)
            service.startService()
            self.successResultOf(service.stopService())
        self.assertEqual(self.logged, [(LogLevel.warn, warning)])
        self.assertEqual(told, [warning])

    def fails(self, **arguments: Any) -> str:
        """Run a house whose ledger cannot be written.

        :return: the reason.
        """
        self.fail_on_demand()
        self.started(house(self.reactor, [4000], ledger=self.path, **arguments))
        self.reactor.run()
        self.reactor.hasStopped = False
        FailingConnection.failing = "COMMIT"
        visitor = self.visitor(4000)
        self.reactor.advance(0)
        self.assertEqual(visitor.read_lines(), [])
        visitor.disconnect()
        return f"the ledger {self.path} cannot be written: database or disk is full."

    def test_failed(self) -> None:
        """A ledger that cannot be written stops the reactor."""
        reason = self.fails(warn=lambda line: None)
        self.assertTrue(self.reactor.hasStopped)
        self.assertEqual(self.logged, [(LogLevel.info, READY), (LogLevel.critical, reason)])

    def test_failed_before_the_run(self) -> None:
        """The reactor stops once it runs: before, it cannot be stopped."""
        self.fail_on_demand()
        self.started(house(self.reactor, [4000], ledger=self.path, warn=lambda line: None))
        FailingConnection.failing = "COMMIT"
        self.reactor.hasStopped = False
        visitor = self.visitor(4000)
        self.reactor.advance(0)
        visitor.disconnect()
        self.assertFalse(self.reactor.hasStopped)
        self.assertIn(stop_reactor, [hook[0] for hook in self.reactor.whenRunningHooks])

    def test_failure_is_told(self) -> None:
        """Or the program decides."""
        told: list[str] = []
        reason = self.fails(failed=told.append, warn=lambda line: None)
        self.assertFalse(self.reactor.hasStopped)
        self.assertEqual(told, [reason])
        self.assertEqual(self.logged, [(LogLevel.info, READY)])


class AgainTests(EmbedTestCase):
    def test_started_again(self) -> None:
        """Unfinished auctions go on from the ledger."""
        told: list[str] = []
        self.reactor.run()
        service = house(self.reactor, [4000], ledger=self.path, lobby=4001, announce=told.append)
        ticket = ""
        for _ in range(3):
            service.startService()
            visitor = self.visitor(4001)
            visitor.send_lines(f"RESUME {ticket}" if ticket else "JOIN red")
            self.reactor.advance(0)
            lines = visitor.read_lines()
            ticket = ticket or lines[0].removeprefix("Ticket: ")
            self.assertIn("Your role is: [Seller]", lines)
            stopped = service.stopService()
            visitor.disconnect()
            self.successResultOf(stopped)
        self.assertEqual(told, [READY] + [READY, "Auctions that go on: 1."] * 2)
        self.assertEqual([port[0] for port in self.reactor.tcpServers], [4000, 4001] * 3)

    def test_two_houses(self) -> None:
        """In one process: each has its own rooms, limits, ledger and end."""
        other = self.path.with_name("other.sqlite3")
        one = house(self.reactor, [4000], ledger=self.path, limits=Limits(max_connections=1))
        two = house(self.reactor, [4001], ledger=other)
        one.startService()
        self.started(two)
        first, turned_away, second = (self.visitor(port) for port in (4000, 4000, 4001))
        self.reactor.advance(0)
        seller = ["Your role is: [Seller]", "Please submit auction request:"]
        self.assertEqual(first.read_lines(), seller)
        self.assertEqual(turned_away.read_lines(), ["Server busy!"])
        self.assertEqual(second.read_lines(), seller)
        stopped = one.stopService()
        self.assertEqual(first.read_lines()[-1][:27], "The Auctioneer is closing. ")
        for visitor in (first, turned_away):
            visitor.disconnect()
        self.successResultOf(stopped)
        second.send_lines("1 100 1 Compass")
        self.reactor.advance(0)
        self.assertEqual(second.read_lines(), ["Auction request received: 1 100 1 Compass"])
        second.disconnect()

    def test_one_ledger_for_two(self) -> None:
        """The second house cannot have it."""
        self.started(house(self.reactor, [4000], ledger=self.path))
        second = house(self.reactor, [4001], ledger=self.path)
        with self.assertRaises(CannotStart) as caught:
            second.startService()
        self.assertIn(str(self.path), str(caught.exception))


class RealReactorTests(TestCase):
    async def auction(self, port: int) -> list[str]:
        """Play an auction.

        :return: what the Seller and the Buyer read last.
        """
        from twisted.internet import reactor

        endpoint = TCP4ClientEndpoint(reactor, "127.0.0.1", port)
        actors = [Actor(), Actor()]
        visits = []
        for actor, answer in zip(actors, ("1 100 1 Compass", "150"), strict=True):
            visits.append(ensureDeferred(join(endpoint, actor)))
            await actor.type(answer)
            await actor.wait_for("Server: Auction start." if answer != "150" else RECEIVED)
        for visit in visits:
            self.assertEqual(await visit, Ending(0))
        return [actor.lines[-2] for actor in actors]

    async def test_two_houses(self) -> None:
        """Over real ports, both at the same time, each started twice."""
        from twisted.internet import reactor

        ports = [free_port(), free_port()]
        services = [
            house(reactor, [LOCAL.format(port)], announce=lambda line: None) for port in ports
        ]
        for _ in range(2):
            for service in services:
                service.startService()
            for port in ports:
                self.assertEqual(
                    await self.auction(port),
                    [
                        "Success! Your item Compass has been sold for $150",
                        "You won this item Compass! Your payment due is $150",
                    ],
                )
            for service in services:
                await service.stopService()
