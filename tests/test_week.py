"""A company's week, rehearsed in memory: forty used laptops are up for bids from Monday to Monday,
and each employee may buy one.

The house is restarted every night, once killed. The clocks are put forward on Sunday, and the
house's own clock is set twice.
"""

import random
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from tests.silent.guests import Guest, Laptop, Mailbox
from tests.silent.rehearsal import RehearsalTestCase
from twisted_auction.house.people import People, Person
from twisted_auction.ledger import journal
from twisted_auction.ledger.row import SECOND
from twisted_auction.rules.events import Sold, Unsold
from twisted_auction.rules.terms import Terms
from twisted_auction.testing import EPOCH, MemoryHouse, with_codes

BERLIN = ZoneInfo("Europe/Berlin")

BEGIN = datetime(2027, 3, 22, 17, tzinfo=BERLIN)
END = datetime(2027, 3, 29, 17, tzinfo=BERLIN)
"""The first end of a lot: a week later by the calendar, and an hour less by the clock."""

PERSONS = 60
LOTS = 40
ROOMS = {str(lot) for lot in range(1, LOTS + 1)}

RESTART_HOUR = 3
"""The hour of every night in which the house is restarted."""

HEARTBEAT_INTERVAL = 1800.0
"""Seconds between heartbeats of the ledger."""

CLOCK_ERROR = 40.0
"""Seconds by which the clock of the house is found to be wrong."""


def end_of(lot: int) -> datetime:
    """The promised end of a lot: one a minute."""
    return END + timedelta(minutes=lot)


def catalogue() -> bytes:
    rows = ["lot,item,type,lowest_price"]
    rows += [
        f"{lot},Laptop {lot},english:end={end_of(lot):%Y-%m-%dT%H:%M}:increment=5:extension=0,50"
        for lot in range(1, LOTS + 1)
    ]
    return "\n".join(rows).encode()


class WeekTests(RehearsalTestCase):
    def begin(self, seed: int) -> None:
        """Open the house, and invite the guests."""
        # A heartbeat every three seconds would be two hundred thousand commits.
        self.patch(journal, "HEARTBEAT_INTERVAL", HEARTBEAT_INTERVAL)
        self.chance = random.Random(seed)
        self.people = with_codes(People(Person(paddle, lots=1) for paddle in range(1, PERSONS + 1)))
        self.mailbox = Mailbox(random.Random(f"mailbox {seed}"))
        self.house = MemoryHouse(
            Terms(after_sale=600),
            people=self.people,
            catalogue=catalogue(),
            ledger=self.path,
            together=True,
            carrier=self.mailbox,
            zone=BERLIN,
            wall_ahead=BEGIN.timestamp() - EPOCH / SECOND - 1e6,
        )
        self.guests = []
        for paddle in range(1, PERSONS + 1):
            wanted = self.chance.sample(sorted(ROOMS), self.chance.randint(2, 6))
            worth = {room: self.chance.randint(60, 400) for room in wanted}
            self.guests.append(Guest(paddle, random.Random(f"{paddle} {seed}"), worth))

    def tearDown(self) -> None:
        self.house.close()

    @property
    def time(self) -> datetime:
        """The time of day in Berlin, as the house has it."""
        return datetime.fromtimestamp(self.house.time_of_day() / SECOND, UTC).astimezone(BERLIN)

    def visit(self, guest: Guest) -> None:
        """Let a guest come, look at all of its lots, bid, and go."""
        guest.come(Laptop(self.house, guest.paddle, guest.worth))
        for _ in range(2):
            self.house.advance(5)
            guest.act()
        self.house.advance(5)
        guest.read()
        guest.go()

    def wait(self, until: datetime) -> None:
        """Let time pass until a time of day."""
        self.house.advance(max(0, until.timestamp() - self.house.time_of_day() / SECOND))
        self.mailbox.take()

    def restart(self, is_killed: bool) -> None:
        """Restart the house, which takes five minutes."""
        if not is_killed:
            self.house.close()
        self.mailbox.stop()
        self.house = self.house.restart(300)

    def play_day(self, day: int) -> None:
        """A day from five to five: some guests come in the evening and at work."""
        begin = BEGIN + timedelta(days=day)
        for hours in (1, 4):
            self.wait(begin + timedelta(hours=hours))
            for guest in self.chance.sample(self.guests, 6):
                self.visit(guest)
        night = (begin + timedelta(days=1)).replace(hour=RESTART_HOUR)
        self.wait(night)
        self.restart(is_killed=day % 3 == 2)
        self.wait(night.replace(hour=9))
        for guest in self.chance.sample(self.guests, 12):
            self.visit(guest)
        # The second time is after the last restart, which would find the right end by itself.
        if day in (2, 6):
            self.house.wall_ahead += CLOCK_ERROR

    def play_end(self) -> None:
        """The last hour: everyone is there, and bids until the end of each lot."""
        self.wait(END - timedelta(minutes=20))
        for guest in self.guests:
            guest.come(Laptop(self.house, guest.paddle, guest.worth))
        last = end_of(LOTS) + timedelta(minutes=1)
        while self.time < last:
            for guest in self.chance.sample(self.guests, 20):
                guest.act()
            self.wait(min(self.time + timedelta(seconds=20), last))
        for guest in self.guests:
            guest.read()
            guest.go()
            guest.come(Laptop(self.house, guest.paddle, guest.worth))
        self.wait(self.time + timedelta(seconds=10))
        for guest in self.guests:
            guest.read()
        self.wait(self.time + timedelta(seconds=1200))
        self.mailbox.take(reliable=True)

    def check(self) -> None:
        """Compare what the ledger settles with what each person was told and promised."""
        bills = self.settlement(self.people)
        self.check_told(bills, self.guests)
        self.check_notified(bills, self.mailbox)
        for paddle, bill in bills.items():
            self.assertLessEqual(len(bill), 1, paddle)
        self.check_bids(bills, ROOMS, self.guests)
        self.assertGreater(sum(map(len, bills.values())), LOTS // 2)
        results = {
            row.room: datetime.fromtimestamp(row.at / SECOND, UTC).astimezone(BERLIN)
            for row in self.rows()
            if row.kind in (Sold.__name__, Unsold.__name__)
        }
        self.assertEqual(results.keys(), ROOMS)
        for room, at in results.items():
            # A ledger reads the clock on the wall at its opening, before it was set again.
            late = (at - end_of(int(room))).total_seconds() + CLOCK_ERROR
            self.assertAlmostEqual(late, 0, delta=1, msg=room)
        self.check_ledger()

    def rehearse(self, seed: int) -> None:
        self.begin(seed)
        for day in range(7):
            self.play_day(day)
        self.play_end()
        self.check()

    def test_week(self) -> None:
        self.rehearse(1)

    def test_another(self) -> None:
        self.rehearse(2)
