"""A house, its clients, network and disk, and everything that happens, from a seed."""

import math
import random
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from twisted.internet.protocol import ServerFactory

from tests.simulation import invariants, receiver, timed
from tests.simulation.actors import (
    REQUESTS,
    ROOMS,
    Actor,
    Attacker,
    Fool,
    Guest,
    Holder,
    Operator,
    Quitter,
    SaleOperator,
    Watcher,
)
from tests.simulation.book import Broken
from tests.simulation.desks import Desk, Records, WalkIn, add_desks, auctioneers
from tests.simulation.network import LIMITS, Link, Network, Weather
from tests.simulation.prices import priced
from tests.simulation.reactor import Reactor
from tests.simulation.receiver import Post
from tests.support import storage
from twisted_auction.house.calendar import HouseCalendar
from twisted_auction.house.doors import Doors, TimeIsPast
from twisted_auction.house.notifications import Notifications
from twisted_auction.house.people import People, Person
from twisted_auction.house.people_table import PeopleTable
from twisted_auction.house.rooms import Rooms
from twisted_auction.ledger.journal import Ledger
from twisted_auction.ledger.lock_wait import LOCK_RETRY_DELAY
from twisted_auction.ledger.row import SECOND
from twisted_auction.rules.catalogue import parse_catalogue
from twisted_auction.rules.terms import Terms
from twisted_auction.server.control import ControlFactory
from twisted_auction.server.desk import DeskOffice
from twisted_auction.server.factory import AuctionFactory
from twisted_auction.server.limits import ConnectionLimits
from twisted_auction.server.lobby import LobbyFactory
from twisted_auction.server.passes import Passes
from twisted_auction.server.people_file import PeopleFile, read_people
from twisted_auction.testing import with_codes
from twisted_auction.web.settings import missing_extra

HAS_WEB = not missing_extra()
"""True if web sockets can be served. Otherwise, no browser comes."""

if HAS_WEB:
    from tests.simulation import pages

if TYPE_CHECKING:
    from tests.simulation.pages import Page

OPENING = 1e6
"""Seconds on the clock at the beginning."""

TURN = 0.001
"""Seconds after which all immediate work is done."""

MIDNIGHT = 1_800_000_000 * SECOND
"""Nanoseconds since 1970 at the beginning."""


LULL = 5
"""Seconds between two locks of the ledger by another program, in which all lines can be
answered."""


@dataclass(frozen=True, slots=True)
class Note:
    """One line of the transcript.

    :ivar way: ``>`` sent by a client, ``<`` received by it, ``|`` end of a link, ``@`` sent to the
        receiver of notifications, ``+`` a committed row, ``*`` and ``!`` start and end of a server.
    :ivar link: the number of the link; 0 without one.
    :ivar mark: for a received line, the number of rows on the disk when the server sent it.
    """

    when: float
    who: str
    way: str
    text: str
    link: int = 0
    mark: int = 0

    def __str__(self) -> str:
        link = f"#{self.link}" if self.link else ""
        return f"{self.when - OPENING:9.3f} {self.who:<12} {link:>5} {self.way} {self.text}"


class Disk:
    """The ledger's database, with latency and faults.

    :ivar epoch: nanoseconds since 1970 at second 0 of the clock, as the server has read them once.
    """

    def __init__(self, world: "World", database: sqlite3.Connection) -> None:
        self.world = world
        self.database = database
        self.epoch = world.time_of_day() - round(world.reactor.now * SECOND)
        self.is_dead = False
        self._rows: list[Sequence[Any]] = []
        self._present: int | None = None

    def execute(self, statement: str, *arguments: Any) -> sqlite3.Cursor:
        if self.is_dead:
            raise sqlite3.OperationalError("the server is no more")
        if statement.startswith("BEGIN") and self.world.is_locked():
            self.world.counts["commits: find the ledger locked"] += 1
            error = sqlite3.OperationalError("database is locked")
            error.sqlite_errorcode = sqlite3.SQLITE_BUSY
            raise error
        if statement.startswith("UPDATE node"):
            ((self._present,),) = arguments
        if statement != "COMMIT":
            return self.database.execute(statement, *arguments)
        fate = self.world.fate_of_commit()
        if fate == "fails":
            raise sqlite3.OperationalError("disk I/O error")
        if fate == "is cut short":
            self.world.crash()
            raise sqlite3.OperationalError("the server is no more")
        done = self.database.execute(statement)
        for row in self._rows:
            self.world.note("ledger", "+", f"{row[0]} {row[2]}/{row[3]} {row[4]} {row[5]}")
        self.world.rows += self._rows
        self.world.epochs += [self.epoch] * len(self._rows)
        self._rows = []
        if self._present is not None:
            self.world.presents.append((self._present - self.epoch) / SECOND)
            self._present = None
        if fate == "is the last":
            self.world.crash()
        return done

    def executemany(self, statement: str, rows: Sequence[Sequence[Any]]) -> sqlite3.Cursor:
        if "INTO event" in statement:
            self._rows = list(rows)
        return self.database.executemany(statement, rows)

    def close(self) -> None:
        self.database.close()


class House:
    """One server, made of the server's own classes, on the ledger of the one before."""

    def __init__(self, world: "World") -> None:
        self._world = world
        self.ledger = Ledger(
            world.path, world.reactor, self._fail, now=world.time_of_day, notify=world.notify
        )
        self.notifications: Notifications | None = None
        if world.has_news:
            self.notifier = receiver.make_notifier(world, self)
            self.notifications = Notifications(world.reactor, self.ledger, self.notifier)
        lots = None if world.catalogue is None else parse_catalogue(world.catalogue, 9)
        self.rooms = Rooms(
            world.reactor,
            world.terms,
            catalogue=lots,
            max_rooms=4,
            ledger=self.ledger,
            people=None if world.people is None else read_people(world.people_path),
            doors=world.doors,
            together=world.is_together,
            calendar=HouseCalendar(world.reactor, UTC, world.time_of_day),
            notifications=self.notifications,
        )
        if self.notifications is not None:
            self.notifications.house = self.rooms
        self.people_file = PeopleFile(world.people_path, self.rooms)
        passes = None if world.people is None else Passes(self.rooms)
        self.connections = ConnectionLimits(world.reactor, LIMITS)
        self.office = DeskOffice(self.rooms, self.connections, self.people_file)
        self.lobby = LobbyFactory(
            self.rooms,
            self.connections,
            world.draw_ticket,
            passes,
            None if passes is None else self.office,
        )
        self.main = AuctionFactory(
            self.rooms.main, world.is_patient, self.connections, passes=passes
        )
        self.ports: dict[str, ServerFactory[Any]] = {
            "main": self.main,
            "lobby": self.lobby,
            "control": ControlFactory(self.rooms, self.connections),
        }
        if world.has_pages:
            self.site = self.ports["page"] = pages.PageSite(self.lobby)

    def open(self) -> None:
        """Continue the auctions of the server before."""
        with patch.object(self.ledger, "open", partial(self._open, self.ledger.open)):
            self.rooms.open()
        if self.notifications is not None and self._world.house is self:
            self.notifications.open()

    def _open(self, open_ledger: Callable[[], None]) -> None:
        """Open the ledger on our disk. Auctions that continue may write at once."""
        open_ledger()
        store = storage(self.ledger)
        self.disk = Disk(self._world, store._database)
        store._database = self.disk  # type: ignore[assignment]

    def _fail(self, reason: str) -> None:
        world = self._world
        if world.house is self:
            world.note("disk", "!", reason.replace(str(world.path), "ledger"))
            world.reactor.happen(world.chance.random(), world.crash, self)

    def stop(self) -> None:
        """Close all rooms."""
        for factory in self.ports.values():
            factory.stopFactory()
        if self.notifications is not None:
            self.notifications.close()


class World:
    """All parts of a run.

    :param folder: the folder of the ledger.
    :param swaps: other amounts for sealed bids and maxima, by the Buyer's name and the amount, and
        for hidden reserves, by ``reserve`` and the amount.
    :ivar rows: the rows that are safe on the disk.
    :ivar epochs: for each row, nanoseconds since 1970 at second 0 of the clock, as its server had
        them.
    :ivar settings: the instants at which the clock on the wall was set, each with the seconds by
        which it is ahead since; the first one is the opening.
    :ivar is_timed: True if there are timed auctions.
    :ivar has_maxima: True if Buyers tell the server maximum bids.
    :ivar of_prices: the source of rules about prices, and of words about bids and lots.
    :ivar is_silent: True for a silent auction of persons with limits, who bid on all lots and leave
        maxima.
    :ivar presents: the instants of heartbeats.
    :ivar halts: beginning and end of each time in which another program had the ledger locked.
    :ivar notes: the transcript.
    :ivar links: all links of the run by their numbers, each with its actor.
    :ivar lots: number of lots in the catalogue; 0 without one.
    :ivar is_together: True if all lots are up together, each in a room of its own.
    :ivar starts: the instant at which a sale with doors should begin; infinite if it is by order.
    :ivar people: the first list of people, in which the first actor has paddle 1; None without a
        list.
    :ivar people_path: the file of the list.
    :ivar persons: the persons of the first list and those who were added, by paddle.
    :ivar has_news: True if the house tells persons the news while they are away.
    :ivar posts: the requests to the receiver of these news.
    :ivar desks: the desks of auctioneers.
    :ivar admissions: the limit of each person that desks have wished to add, by its name.
    :ivar walk_ins: the actors of persons that were added, by paddle.
    :ivar has_pages: True if browsers come, with web sockets.
    :ivar pages: the browsers.
    :ivar removed: the instant at which an actor was removed from the list, by its name.
    """

    def __init__(
        self, seed: int, folder: str, swaps: Mapping[tuple[str, int], int] | None = None
    ) -> None:
        self.seed = seed
        self.chance = chance = random.Random(seed)
        self.swaps = swaps or {}
        self.path = Path(folder, "ledger")
        self.reactor = Reactor(OPENING)
        request_timeout, bid_timeout = chance.choice([0, 20, 100]), chance.choice([0, 15, 60])
        self._of_sale = of_sale = random.Random(f"sale {seed}")
        self.terms = Terms(
            request_timeout=request_timeout,
            bid_timeout=bid_timeout,
            lot_time=bid_timeout,
            lot_pause=chance.choice([0, 5]),
            after_sale=of_sale.choice([0, 20, 120]),
            resume_grace=chance.choice([0, 10, 60]),
            settle=random.Random(~seed).choice([0, 0, 0.05, 3]),
        )
        self.counts: Counter[str] = Counter()
        self.of_timed = of_timed = random.Random(f"timed {seed}")
        self.is_timed = of_timed.random() < 0.3
        self.settings = [(OPENING, 0)]
        self.has_maxima = random.Random(f"maxima {seed}").random() < 0.4
        self.of_prices = random.Random(f"prices {seed}")
        self.is_silent = HAS_WEB and random.Random(f"silent {seed}").random() < 0.08
        self.catalogue, self.lots, self.is_together = None, 0, False
        if chance.random() < 0.25:
            lots = [lot.format(low=300, n=chance.choice([1, 2, 3])) for lot in REQUESTS]
            self.lots = chance.randint(1, 3) + of_sale.choice([0, 2])
            rows = chance.choices(lots, k=self.lots)
            if self.is_timed:
                rows[0] = timed.request(self)  # so that the sale begins without Buyers
                self.is_together = of_timed.random() < 0.5
            if self.is_together:
                rows = [timed.request(self) for _ in rows][: len(ROOMS)]
                self.lots = len(rows)
            self.catalogue = "\n".join(priced(self, row) for row in rows).encode()
        if self.is_silent:
            self.is_timed = self.has_maxima = self.is_together = True
            self.lots = len(ROOMS)
            self.catalogue = "\n".join(timed.silent_auction(self, self.lots)).encode()
        self.doors: Doors | None = None
        self.starts = math.inf
        self.rooms = ROOMS[: chance.choice([1, 2, 3])]
        if self.is_together:
            self.rooms = [str(lot + 1) for lot in range(self.lots)]
            self.counts["sales of all lots together"] += 1
        self._who = who = random.Random(f"people {seed}")
        self.people: People | None = None
        self.removed: dict[str, float] = {}
        self.people_path = Path(folder, "people.csv")
        of_desks = random.Random(f"desks {seed}")
        if who.random() < 0.25 or self.is_silent:
            persons = self._draw_persons(random.Random(f"limits {seed}"))
            self.people = with_codes(People([*persons, *auctioneers(of_desks)]))
            self._write_people(self.people)
        self.of_news = of_news = receiver.chance_of(seed)
        self.has_news = self.people is not None and of_news.random() < 0.7
        self.posts: list[Post] = []
        self.persons = {} if self.people is None else {**self.people.persons}
        self.is_patient = chance.random() < 0.3
        self.span = chance.choice([60, 150])
        fates = {fate: chance.choice([0, 0.05, 0.2]) for fate in ("cut", "reset", "vanished")}
        commits = {
            fate: chance.choice([0, 0, 0.01]) for fate in ("fails", "is cut short", "is the last")
        }
        latency = chance.choice([0, 0.002, 0.2])
        weather = Weather(fates, OPENING + self.span, commits, latency)
        self.rows: list[Sequence[Any]] = []
        self.epochs: list[int] = []
        self.presents: list[float] = []
        self.halts: list[tuple[float, float]] = []
        self._halted_at = self._locked_until = 0.0
        self._another = another = random.Random(f"another program {seed}")
        self._locks = another.choices([0.1, 0.6, 1.2], k=another.choice([0, 1, 2]))
        self.notes: list[Note] = []
        self.actors: list[Actor] = []
        self.pages: list[Page] = []
        self.desks: list[Desk] = []
        self.admissions: dict[str, int | None] = {}
        self.walk_ins: dict[int, WalkIn] = {}
        self._records = Records()
        self.links: dict[int, tuple[Link, Actor]] = {}
        self.is_still = False
        self.network = Network(self.reactor, chance, weather, lambda: len(self.rows))
        self.network.counts = self.counts
        self.network.closed = self._check_timers
        self.house: House | None = None
        of_pages = random.Random(f"pages {seed}")
        self.has_pages = (HAS_WEB and of_pages.random() < 0.4) or self.is_silent
        if self.lots:
            self._add_doors()
        self.open()
        for happening in (self.crash, self.stop):
            if chance.random() < 0.4:
                self.reactor.happen(chance.random() * self.span, happening)
        for _ in range(0 if self.people is None else who.choice([0, 1, 4])):
            self.reactor.happen(who.random() * self.span, self._remove_person)
        parties = chance.choice([2, 4, 6])
        self._add_actors(2 if self.is_silent else parties)
        if self.is_timed:
            timed.set_clock_sometimes(self)
        if self.has_pages:
            pages.add_pages(self, of_pages)
        if self.people is not None and of_desks.random() < 0.7:
            add_desks(self, of_desks, [Desk, *([pages.DeskOnPage] if self.has_pages else [])])
        self._watch()

    def _add_actors(self, parties: int) -> None:
        chance = self.chance
        for _ in range(parties):
            start = chance.random() * self.span
            kinds: list[type[Actor]] = chance.choices(
                [Guest, Holder], [2, 3], k=chance.randint(3, 6)
            )
            for kind in kinds:
                self.reactor.happen(start + chance.random() * 3, self.start, kind)
        others: list[type[Actor]] = [Watcher, Operator, Fool, Attacker, Quitter]
        for kind in chance.choices(others, [3, 1, 2, 3, 1], k=chance.choice([1, 3, 8])):
            self.reactor.happen(chance.random() * self.span, self.start, kind)

        has_orders = self.lots and not self.is_together
        for _ in range(self._of_sale.choice([1, 4, 10]) if has_orders else 0):
            when = self._of_sale.random() * self.span
            self.reactor.happen(when, self.start, SaleOperator)

    def _add_doors(self) -> None:
        """Choose when the sale begins: with its first Buyers, by order, or at a time."""
        kind = self._of_sale.choice(["first Buyers", "order", "time"])
        if self.is_timed:
            self.doors = Doors("now", UTC)
        elif kind == "order":
            self.doors = Doors("order", UTC)
        elif kind == "time":
            self.starts = OPENING + self._of_sale.randint(1, self.span)
            self.doors = Doors(self.local_time(self.starts), UTC)

    def _draw_persons(self, limits: random.Random) -> Iterator[Person]:
        """The persons of the list. In every other list, some have limits."""
        has_limits = limits.random() < 0.5 or self.is_silent
        sums = [400, 600] if self.is_silent else [None, 400, 1500]
        for paddle in range(1, 100):
            dollars, lots = limits.choice(sums), limits.choice([None, None, 1, 2])
            yield Person(paddle, limit=dollars, lots=lots) if has_limits else Person(paddle)

    def _write_people(self, people: People) -> None:
        """Write the file of a list."""
        table = PeopleTable(self.people_path, may_be_new=True)
        for person in people.persons.values():
            limits = {"limit": str(person.limit or ""), "lots": str(person.lots or "")}
            names = {"name": person.name, "role": person.role.value, "room": person.room}
            table.add([{"paddle": str(person.paddle), **names, **limits, "pass": str(person.code)}])
        table.save()

    def notify(self, line: str) -> None:
        """Take a line for the operator."""
        self.note("operator", "!", line.replace(str(self.path), "ledger"))
        if "is locked by another program" in line:
            self.counts["halts"] += 1
            self._halted_at = self.reactor.now
        elif "can be written again" in line:
            self.halts.append((self._halted_at, self.reactor.now))

    def start(self, kind: Callable[["World"], Actor]) -> None:
        """Let an actor come."""
        kind(self).start()

    def _remove_person(self) -> None:
        """Let the operator remove an actor from the list of people."""
        house = self.house
        # The paddle of a walk-in could be given again, and the oracles know an actor by its paddle.
        walk_ins = self.walk_ins.values()
        there = [actor for actor in self.actors if actor.is_honest and actor not in walk_ins]
        if house is None or not there or house.rooms.is_halted:
            return
        gone = self._who.choice(there)
        self.note("operator", "!", f"removes {gone.name}")
        for actor in self.actors:
            if actor.paddle == gone.paddle:
                self.removed.setdefault(actor.name, self.reactor.now)
        table = PeopleTable(self.people_path)
        table.remove([gone.paddle])
        table.save()
        house.people_file.read()
        self.counts["people removed"] += 1

    def _check_timers(self, protocol: Any) -> None:
        self.reactor.happen(0, invariants.no_timer_of_closed, protocol, self)

    def _watch(self) -> None:
        """Check the house every second."""
        invariants.bounded(self)
        self._records.follow(self)
        if self.house is not None and self.is_idle and not self.house.rooms.is_halted:
            for desk in self.desks:
                desk.check(self.house, self._records)
        if self.reactor.now < OPENING + self.span + 200:
            self.reactor.happen(1, self._watch)

    @property
    def epoch(self) -> int:
        """Nanoseconds since 1970 at second 0 of the clock."""
        return MIDNIGHT - round(OPENING * SECOND)

    @property
    def is_calm(self) -> bool:
        """True if the faults have stopped."""
        return self.is_still or self.reactor.now >= self.network.weather.until

    @property
    def is_idle(self) -> bool:
        """True if nothing waits for a commit, and no commit has failed."""
        ledger = None if self.house is None else self.house.ledger
        return ledger is not None and ledger.is_idle and not ledger.has_failed

    def run(self) -> None:
        """Let actors come while there are faults, then stop the faults, then let all leave."""
        end = OPENING + self.span
        self.reactor.run(end + 150)
        for actor in self.actors:
            actor.leave()
        self.reactor.run(end + 400)
        if self.doors is not None:  # its lots come up although nobody is there
            self.reactor.run(end + 2000)
        elif self.is_timed:
            self.reactor.run(end + 1000)
        for page in self.pages:
            page.follow()

    def met(self, actor: Actor, link: Link) -> None:
        """Note the actor of a link."""
        self.links[link.number] = (link, actor)

    def note(self, who: str, way: str, text: str, link: int = 0, mark: int = 0) -> None:
        """Add a line to the transcript."""
        self.notes.append(Note(self.reactor.now, who, way, text, link, mark))

    @property
    def digest(self) -> str:
        """A hash of the whole transcript."""
        return sha256("\n".join(map(repr, self.notes)).encode()).hexdigest()

    def local_time(self, instant: float) -> datetime:
        """The time of day, in UTC, of an instant at a full second of the clock."""
        return datetime.fromtimestamp((MIDNIGHT // SECOND) + instant - OPENING, UTC)

    def time_of_day(self) -> int:
        _, ahead = self.settings[-1]
        return MIDNIGHT + round((self.reactor.now - OPENING + ahead) * SECOND)

    def set_clock(self, seconds: int) -> None:
        """Set the clock on the wall forward, or back by negative seconds."""
        _, ahead = self.settings[-1]
        self.settings.append((self.reactor.now, ahead + seconds))
        self.note("operator", "!", f"sets the clock on the wall by {seconds} s")
        self.counts["settings of the clock"] += 1

    def draw_ticket(self) -> str:
        return f"{self.chance.getrandbits(128):032x}"

    def fate_of_commit(self) -> str:
        """Choose the fault of the next commit, and let the commit take its time."""
        if self.is_still:
            return ""
        weather = self.network.weather
        self.reactor.now += self.chance.random() * weather.latency
        for fate, likelihood in weather.commits.items():
            if not self.is_calm and self.chance.random() < likelihood:
                self.counts[f"commits: {fate}"] += 1
                return fate
        return ""

    def is_locked(self) -> bool:
        """True if another program has the ledger locked. A lock may begin now, for a moment or for
        so long that the house halts."""
        now = self.reactor.now
        is_free = now > self._locked_until + LULL and not self.is_calm
        if self._locks and is_free and self._another.random() < 0.1:
            seconds = self._locks.pop()
            self._locked_until = now + seconds
            self.note("another", "!", f"has the ledger locked for {seconds} s")
        return now < self._locked_until and not self.is_still

    def open(self) -> None:
        """Start the server."""
        self.note("server", "*", "opens")
        self._records.follow(self)
        self._records.forget_logs()
        self.house = house = House(self)
        try:
            house.open()
        except TimeIsPast:
            # The house before was killed before it could record its doors.
            self.doors, self.starts = Doors("order", UTC), math.inf
            self.open()
            return
        if self.house is house:  # it is still the one that runs
            self.network.ports = dict(house.ports)

    def crash(self, house: House | None = None) -> None:
        """Kill the server. From here on, nothing that it does has an effect."""
        dead = self.house
        if dead is None or house not in (None, dead):
            return
        self.counts["crashes"] += 1
        self.note("server", "!", "is killed")
        self.house = None
        self.network.ports = {}
        dead.disk.is_dead = True
        for link in list(self.network.links):
            link.close("reset")
        self.reactor.happen(0, self._close_dead, dead)

    def _close_dead(self, dead: House) -> None:
        storage(dead.ledger).close()
        self._reopen()

    def _reopen(self) -> None:
        self.reactor.forget()
        self.reactor.happen(self.chance.choice([0.1, 3, 30]), self.open)

    def stop(self) -> None:
        """Stop the server in good order, and start it again."""
        house = self.house
        if house is not None:
            self.counts["stops"] += 1
            self.note("server", "*", "stops")
            self.network.ports = {}
            house.stop()
            self._await_closing(house)

    def _await_closing(self, house: House) -> None:
        """Wait until everything is written, and then until all connections are closed."""
        if self.house is house and house.ledger.is_locked and not house.ledger.has_failed:
            self.reactor.happen(LOCK_RETRY_DELAY, self._await_closing, house)
            return
        over = house.connections.closing.wait_until_idle()
        over.addCallback(lambda _: self.reactor.happen(TURN, self._close, house))

    def _close(self, house: House) -> None:
        if self.house is house:
            house.rooms.close_ledger()
            self.house = None
            for link in list(self.network.links):
                if not (link.port == "control" or house.ledger.has_failed):
                    raise Broken(f"connections are closed at a stop: #{link.number} is open")
                link.close("reset")
            self._reopen()

    def end(self) -> None:
        """Clear away the run, at its end or once a bug is found."""
        if self.house is not None and self.house.ledger.is_open:
            storage(self.house.ledger).close()

    @contextmanager
    def standing_still(self) -> Iterator[None]:
        """Finish the work of this instant, then stop time and the faults of the disk."""
        self.reactor.rest()
        self.is_still = True
        yield
        self.is_still = False

    def probe(self, actor: Actor, lines: Sequence[str]) -> None:
        """Send lines twice at one instant, each time over a new link. The second time must change
        nothing."""
        with self.standing_still():
            answers = []
            for _ in range(2):
                if self.house is None or self.house.ledger.is_locked:
                    return
                rows = len(self.rows)
                seats = {name: room.occupancy.connected for name, room in self.house.rooms.items()}
                start = len(self.notes)
                link = self.network.at_once(actor, actor.host, "lobby")
                actor.links.append(link)
                self.met(actor, link)
                for line in lines:
                    actor.send_line(line)
                self.reactor.rest()
                heard = [
                    note.text
                    for note in self.notes[start:]
                    if (note.link, note.way) == (link.number, "<")
                ]
                answers.append(heard)
                if "Server busy!" in heard:  # its seat is still that of the link before
                    actor.links.pop()
            assert self.house is not None
            now = {name: room.occupancy.connected for name, room in self.house.rooms.items()}
            if (answers[0], rows, seats) != (answers[1], len(self.rows), now):
                raise Broken(f"a second return changes nothing: {answers} {seats} {now}")
        self.counts["probes"] += 1
