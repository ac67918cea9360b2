"""``auction bid --lots``: a table of all lots, and bids typed below it."""

import re
from dataclasses import replace
from typing import Any

from twisted.internet.defer import ensureDeferred
from twisted.internet.testing import StringTransport
from twisted.python import usage

from tests.support import CommandTestCase
from twisted_auction.cli.bid import Bid
from twisted_auction.cli.bid_lots import USAGE, LotTable, bid_on_lots, enter_rooms
from twisted_auction.cli.lots_screen import HELP, SHORT_HELP, table
from twisted_auction.cli.terminal import Terminal
from twisted_auction.client import session
from twisted_auction.client.person import RESULT_READ, Person
from twisted_auction.client.robots import PassHolder
from twisted_auction.house.people import People
from twisted_auction.house.people import Person as Listed
from twisted_auction.rules.commands import Void
from twisted_auction.rules.terms import Terms
from twisted_auction.testing import MemoryEndpoint, MemoryHouse, pass_code, with_codes

CATALOGUE = b"""lot,item,type,lowest_price
12/a,Walnut desk,english:duration=50:extension=0,20
12b,Lamp,english:duration=90:extension=0,40
13,Cup,english:duration=90:extension=0,5
"""


def named(person: Person, code: str | None) -> Person:
    return person if code is None else PassHolder(person, code)


class HouseReactor:
    """The clock of a house, for a program that also waits for Ctrl-C."""

    def __init__(self, house: MemoryHouse) -> None:
        self._clock = house.clock

    def __getattr__(self, name: str) -> Any:
        return getattr(self._clock, name)

    def addSystemEventTrigger(self, *args: object) -> None:  # noqa: N802  # IReactorCore
        """Wait for nothing: no signal comes."""


class TableTests(CommandTestCase):
    def setUp(self) -> None:
        self.patch(session, "RECONNECT_DELAYS", lambda attempt: 0.5)

    def meet(self, people: People | None = None, public_view: bool = False) -> None:
        self.house = MemoryHouse(
            Terms(lot_pause=0, after_sale=5),
            catalogue=CATALOGUE,
            together=True,
            people=people,
            public_view=public_view,
        )
        self.house.advance()
        self.transport = StringTransport()
        self.terminal = Terminal(is_interactive=True)
        self.terminal.makeConnection(self.transport)
        reactor = HouseReactor(self.house)
        self.endpoint = endpoint = MemoryEndpoint(self.house, to_lobby=True)
        enter = enter_rooms(reactor, endpoint, lambda: self.table.code, named)
        self.table = LotTable(self.terminal, self.house.clock, enter, lambda: (90, 9))
        self.addCleanup(self.table.end)
        self.ended = ensureDeferred(bid_on_lots(reactor, endpoint, self.table, named, None))
        self.house.advance(1)

    def enter(self, line: str, seconds: float = 2) -> list[str]:
        """Type a line, and read the rows of the screen some seconds later."""
        self.transport.clear()
        self.terminal.dataReceived(f"{line}\n".encode())
        self.house.advance(seconds)
        return self.screen()

    def screen(self) -> list[str]:
        text = self.transport.value().decode().rpartition("\x1b7\x1b[H")[2]
        rows = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b[78]", "", text).split("\r\n")
        return [re.sub(" +", " ", row).strip() for row in rows]

    def test_whole(self) -> None:
        """A table, bids on two lots, a refusal, a rival, and the results."""
        self.meet()
        self.house.advance(1)
        self.assertEqual(
            self.screen(),
            [
                "all: 3 of 3 lots, page 1 of 1. You hold 0, won 0, due $0.",
                "12/a Walnut desk from $20 0:00:48",
                "12b Lamp from $40 0:01:28",
                "13 Cup from $5 0:01:28",
                "",
                "",
                HELP,
            ],
        )
        self.assertEqual(self.enter("12/A 20")[5], "12/A: You hold the highest bid: $20.")
        self.assertEqual(self.enter("13 4")[5], "13: Bid too low! The least acceptable bid is $5.")
        self.enter("13 9")
        rival = self.house.connect_to_lobby("JOIN 13", "30")
        self.house.advance(2)
        rows = self.enter("mine")
        self.assertEqual(rows[0], "mine: 2 of 3 lots, page 1 of 1. You hold 1, won 0, due $0.")
        self.assertEqual(
            [row.split(" 0:")[0] for row in rows[1:3]], ["12/a Walnut desk $20", "13 Cup $30"]
        )
        self.assertEqual([row.split()[-2] for row in rows[1:3]], ["highest", "outbid"])
        self.assertFalse(rival.is_closed)

    def test_maximum(self) -> None:
        """Without a pass code, too, the bids of the server for the client are its own."""
        self.meet()
        self.assertEqual(self.enter("13 max 30")[5], "13: Your maximum is $30.")
        self.house.connect_to_lobby("JOIN 13", "9")
        self.house.advance(2)
        rows = self.enter("mine")
        self.assertEqual(rows[0], "mine: 1 of 3 lots, page 1 of 1. You hold 1, won 0, due $0.")
        self.assertIn("highest $10", rows[1])

    def test_voided(self) -> None:
        """A bid that the operator has voided is not held any more, and the Buyer before holds."""
        self.meet()
        self.enter("13 9")
        self.house.connect_to_lobby("JOIN 13", "20")
        self.house.advance(2)
        for held, standing in [(1, "highest $9"), (0, "voided")]:
            self.house.rooms["13"].orders.give(Void(), reason="Noise.")
            rows = self.enter("mine")
            self.assertIn(f"You hold {held}, won 0", rows[0])
            self.assertTrue(rows[1].endswith(standing), rows[1])

    def test_narrow(self) -> None:
        """On a narrow terminal, each lot takes two rows, and no row is wider than it."""
        self.meet()
        self.house.advance(1)
        rows = table(self.table.board, "all", 0, "Welcome.", 40, 10)
        self.assertEqual(
            rows,
            [
                "all: page 1 of 2; hold 0, won 0",
                *("12/a   Walnut desk", "       from $20  0:00:48"),
                *("12b    Lamp", "       from $40  0:01:28"),
                *("", "Welcome.", SHORT_HELP),
            ],
        )
        for width in (1, 20, 40, 59, 60, 61, 80):
            for row in table(self.table.board, "all", 0, "Welcome.", width, 24):
                self.assertLess(len(row), max(width, 2), row)
        for height in range(1, 9):
            rows = table(self.table.board, "all", 1, "Welcome.", 40, height)
            self.assertLessEqual(len(rows), max(height - 2, 1))

    def test_no_connection(self) -> None:
        """A bid that cannot be sent is not kept, and the next one connects again."""
        self.meet()
        self.endpoint.is_open = False
        self.assertIn("13: Not done: cannot connect: ", self.enter("13 9")[5])
        self.endpoint.is_open = True
        self.assertEqual(self.enter("13 8")[5], "13: You hold the highest bid: $8.")

    def test_days(self) -> None:
        """A time of days is told in days and hours."""
        self.meet()
        self.house.advance(1)
        board = self.table.board
        board.follow(board.rows[2].lot)
        board.follow(replace(board.rows[2].now, seconds=6 * 86400 + 7 * 3600 + 59))
        board.follow(board.rows[3].lot)
        board.follow(replace(board.rows[3].now, seconds=86399))
        rows = [row.split() for row in table(board, "all", 0, "", 80, 24)[2:4]]
        self.assertEqual(
            [row[-4:] for row in rows], [["6", "d", "7", "h"], ["Cup", "from", "$5", "23:59:59"]]
        )

    def test_words(self) -> None:
        self.meet()
        for line, row, told in [
            (
                "99 5",
                5,
                "There is no lot 99. Type the number of a lot and an amount, such as 12a 150.",
            ),
            ("hello", 5, USAGE),
            ("ending", 0, "ending: 3 of 3 lots, page 1 of 1. You hold 0, won 0, due $0."),
            ("OPEN", 0, "open: 3 of 3 lots, page 1 of 1. You hold 0, won 0, due $0."),
            ("+", 0, "open: 3 of 3 lots, page 1 of 1. You hold 0, won 0, due $0."),
            ("", 0, "open: 3 of 3 lots, page 1 of 1. You hold 0, won 0, due $0."),
        ]:
            self.assertEqual(self.enter(line)[row], told, line)
        self.assertNoResult(self.ended)
        self.enter("quit")
        self.assertEqual(self.successResultOf(self.ended), RESULT_READ)

    def test_a_person(self) -> None:
        """The code is typed once. The person's own lots are known, on each connection."""
        people = with_codes(People([Listed(1, "Ada", limit=100)]))
        for public_view in (False, True):
            self.meet(people, public_view)
            if public_view:
                self.assertEqual(self.enter("13 60")[5], "Please submit your pass code:")
            self.enter(pass_code(1))
            if not public_view:
                self.enter("13 60")
            rows = self.enter("mine", 5)
            self.assertEqual(rows[0], "mine: 1 of 3 lots, page 1 of 1. You hold 1, won 0, due $0.")
            self.assertIn("highest $60", rows[1])
            self.assertEqual(
                self.enter("12b 50")[5], "12b: Above your limit: you are bound for $60 of $100."
            )
            self.assertNotIn(pass_code(1), self.transport.value().decode())
            self.enter("quit")

    def test_end(self) -> None:
        """After the last lot, the visit ends by itself."""
        self.meet()
        self.enter("12/a 20")
        self.house.advance(100)
        self.assertEqual(
            self.screen()[0], "all: 3 of 3 lots, page 1 of 1. You hold 0, won 1, due $20."
        )
        self.successResultOf(self.ended)


class OptionTests(CommandTestCase):
    def test_contradictions(self) -> None:
        for argv, complaint in [
            (["--lots"], "--lots needs the HOST and PORT of a lobby, or an ENDPOINT"),
            (["--lots", "--room", "a", "h", "1"], "--lots has no meaning with --room"),
            (["--lots", "--max", "5", "h", "1"], "--lots has no meaning with --max"),
        ]:
            with self.assertRaises(usage.UsageError) as caught:
                Bid().parseOptions(argv)
            self.assertEqual(str(caught.exception), complaint)
