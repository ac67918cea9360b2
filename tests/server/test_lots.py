"""The verbs about all lots of a sale of all lots together, over the lobby."""

from tests.support import LedgerFolderTestCase
from twisted_auction.house.people import People, Person, Role
from twisted_auction.rules.commands import Cancel, Void
from twisted_auction.rules.terms import Terms
from twisted_auction.testing import MemoryClient, MemoryHouse, pass_code, with_codes

CATALOGUE = b"""lot,item,type,lowest_price,description,picture
12/a,Desk,english:duration=20:extension=0,20,One leg is new.,desk.jpg
12b,Lamp,first-price,40,,
13,Cup,english:duration=30:extension=0,5,,
"""
DESK = "Sale: 1. 1 [12/a] on, Buyer 0, $0, english from $20: Desk | One leg is new. | desk.jpg"
LAMP = "Sale: 2. 2 [12b] on, Buyer 0, $0, first-price from $40: Lamp |  |"
CUP = "Sale: 3. 3 [13] on, Buyer 0, $0, english from $5: Cup |  |"
HELP = (
    "Say one of: LIST, JOIN room, WATCH room, RESUME ticket, PING text, JSON, HELP, QUIT [ticket]."
)
HELP_LOTS = "About all lots: SALE * [number], WATCH *, MINE."
NO_BID = "$0 by Buyer 0, asking price"

PEOPLE = with_codes(
    People(
        [
            Person(1, "Ada", limit=500),
            Person(2, "Bob"),
            Person(3, "Cyd", room="13"),
            Person(100, "Zoe", Role.AUCTIONEER),
        ]
    )
)


class AllLotsTests(LedgerFolderTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.houses: list[MemoryHouse] = []
        self.addCleanup(self.shut)

    def shut(self) -> None:
        for house in self.houses:
            house.close()

    def open(self, people: People | None = PEOPLE, public_view: bool = False) -> MemoryHouse:
        house = MemoryHouse(
            Terms(lot_pause=5, lot_time=25),
            catalogue=CATALOGUE,
            together=True,
            people=people,
            ledger=self.path,
            public_view=public_view,
        )
        self.houses.append(house)
        house.advance(0)
        return house

    def test_whole(self) -> None:
        """A person watches all lots on one connection, and bids on two of them."""
        house = self.open()
        desk = house.connect_to_lobby(f"PASS {pass_code(1)}", "JOIN 12_a")
        lamp = house.connect_to_lobby(f"PASS {pass_code(1)}", "JOIN 12b")
        bob = house.connect_to_lobby(f"PASS {pass_code(2)}", "JOIN 12_a")
        house.advance(5)
        ada = house.connect_to_lobby(f"PASS {pass_code(1)}", "WATCH *")
        house.advance(1)
        self.assertEqual(
            ada.read_lines(),
            [
                "You are paddle 1, Ada.",
                "All lots: 3.",
                *[
                    DESK,
                    f"Now: lot 1 in room 12_a, open, {NO_BID} $20, paused 0, seconds left: 20.",
                ],
                *[
                    LAMP,
                    f"Now: lot 2 in room 12b, sealed, {NO_BID} $0, paused 0, seconds left: 25.",
                ],
                *[CUP, f"Now: lot 3 in room 13, open, {NO_BID} $5, paused 0, seconds left: 30."],
            ],
        )
        desk.send_lines("25")
        house.advance(1)
        bid = "$25 by Buyer 1, asking price $26"
        self.assertEqual(
            ada.read_lines(),
            [
                *[DESK, f"Now: lot 1 in room 12_a, open, {bid}, paused 0, seconds left: 19."],
                "Yours: lot 1 in room 12_a, highest, $25 [12/a]: Desk",
            ],
        )
        bob.send_lines("30")
        lamp.send_lines("44")
        house.advance(1)
        bid = "$30 by Buyer 2, asking price $31"
        self.assertEqual(
            ada.read_lines(),
            [
                *[DESK, f"Now: lot 1 in room 12_a, open, {bid}, paused 0, seconds left: 18."],
                *[LAMP.replace("on,", "ended,")],
                f"Now: lot 2 in room 12b, done, {NO_BID} $0, paused 0, seconds left: 0.",
                "Yours: lot 1 in room 12_a, outbid, $25 [12/a]: Desk",
                "Yours: lot 2 in room 12b, won, $44 [12b]: Lamp",
            ],
        )
        ada.send_lines("MINE")
        house.advance()
        self.assertEqual(
            ada.read_lines(),
            [
                "Yours: lot 1 in room 12_a, outbid, $25 [12/a]: Desk",
                "Yours: lot 2 in room 12b, won, $44 [12b]: Lamp",
                "Your account: 1 lots won, $44 due, $44 bound, limit $500, 0 lots at most.",
            ],
        )
        house.advance(27)
        ended = ada.read_lines()
        self.assertIn("Yours: lot 1 in room 12_a, lost, $25 [12/a]: Desk", ended)
        house.advance(600)
        self.assertEqual(ada.read_lines()[-1], "The sale is over.")
        self.assertFalse(ada.is_closed)

    def test_maximum(self) -> None:
        """A person reads its own maximum of a lot with each change, and nobody else reads it."""
        house = self.open()
        ada, bob = (house.connect_to_lobby(f"PASS {pass_code(who)}", "JOIN 13") for who in (1, 2))
        ada_reads, bob_reads = (
            house.connect_to_lobby(f"PASS {pass_code(who)}", "WATCH *") for who in (1, 2)
        )
        house.advance(5)
        heard = []

        def own(*lines: tuple[MemoryClient, str]) -> list[str]:
            for client, line in lines:
                client.send_lines(line)
            house.advance(1)
            heard.extend(bob_reads.read_lines())
            return [line for line in ada_reads.read_lines() if line.startswith("Yours: ")]

        yours = "Yours: lot 3 in room 13, {}, ${}{} [13]: Cup".format
        self.assertEqual(own((ada, "max 457")), [yours("highest", 5, ", maximum $457")])
        self.assertEqual(own((bob, "20")), [yours("highest", 21, ", maximum $457")])
        self.assertEqual(own((ada, "max 458")), [yours("highest", 21, ", maximum $458")])
        self.assertEqual(own((bob, "500")), [yours("outbid", 21, ", maximum $458")])
        ada_reads.send_lines("MINE")
        self.assertEqual(own(), [yours("outbid", 21, ", maximum $458")])
        self.assertEqual(own((ada, "max 0")), [yours("outbid", 21, "")])
        self.assertNotIn("maximum", " ".join(heard))
        self.assertNotIn("457", " ".join(heard))
        house.advance(30)
        self.assertEqual(own(), [yours("lost", 21, "")])

    def test_cancelled(self) -> None:
        """A Buyer with a bid reads it; a person who only looked at the lot has no standing."""
        house = self.open()
        ada, bob = (house.connect_to_lobby(f"PASS {pass_code(who)}", "JOIN 13") for who in (1, 2))
        house.advance(5)
        ada.send_lines("21")
        house.advance(1)
        house.rooms["13"].orders.give(Cancel(), reason="Broken.")
        house.advance(1)
        for who, standing in (
            (1, ["Yours: lot 3 in room 13, cancelled, $21 [13]: Cup"]),
            (2, []),
        ):
            reader = house.connect_to_lobby(f"PASS {pass_code(who)}", "MINE")
            heard = [line for line in reader.read_lines() if line.startswith("Yours: ")]
            self.assertEqual(heard, standing)
        bob.disconnect()

    def test_voided_with_another(self) -> None:
        """A bid that its person's limit does not allow any more is voided with a later one. Its
        maximum stays."""
        house = self.open()
        ada, bob = (house.connect_to_lobby(f"PASS {pass_code(who)}", "JOIN 13") for who in (1, 2))
        elsewhere = house.connect_to_lobby(f"PASS {pass_code(1)}", "JOIN 12_a")
        reader = house.connect_to_lobby(f"PASS {pass_code(1)}", "WATCH *")
        house.advance(5)

        def own(*lines: tuple[MemoryClient, str]) -> str:
            for client, line in lines:
                client.send_lines(line)
                house.advance()
            house.advance(1)
            return [line for line in reader.read_lines() if line.startswith("Yours: lot 3 ")][-1]

        yours = "Yours: lot 3 in room 13, {}, ${}{} [13]: Cup".format
        lines = [(ada, "max 300"), (bob, "400"), (elsewhere, "498")]
        self.assertEqual(own(*lines), yours("outbid", 5, ", maximum $300"))
        house.rooms["13"].orders.give(Void())
        self.assertEqual(own(), yours("voided", 0, ", maximum $300"))
        self.assertEqual(own((ada, "max 0")), yours("voided", 0, ""))

    def test_list(self) -> None:
        """The same once, also for a client without a pass code."""
        house = self.open()
        house.advance(5)
        ada = house.connect_to_lobby(f"PASS {pass_code(1)}", "JOIN 13", "7")
        house.advance()
        stranger = house.connect_to_lobby("SALE *")
        bid = "$7 by Buyer 1, asking price $8"
        now = f"Now: lot 3 in room 13, open, {bid}, paused 0, seconds left: 30."
        self.assertEqual(
            stranger.read_lines()[-3:], [CUP, now, "Sale: 3 lots from place 1, 3 lots in all."]
        )
        stranger.send_lines("SALE * 3", "SALE * 4", "SALE * x", "SALE *x", "sale 13")
        house.advance()
        self.assertEqual(
            stranger.read_lines(),
            [
                *[CUP, now, "Sale: 1 lots from place 3, 3 lots in all."],
                "Sale: 0 lots from place 4, 3 lots in all.",
                "Not done: give the room, and perhaps the place of the first lot to list.",
                "Not done: there is no such room.",
                "Sale: 1. 1 [13] on, Buyer 0, $0, english from $5: Cup |  |",
                "Sale: 1 lots from place 1, 1 lots in all.",
            ],
        )
        ada.disconnect()
        again = house.connect_to_lobby(f"PASS {pass_code(1)}", "SALE * 3")
        self.assertEqual(
            again.read_lines()[1:],
            [
                *[CUP, now, "Yours: lot 3 in room 13, highest, $7 [13]: Cup"],
                "Sale: 1 lots from place 3, 3 lots in all.",
                "Your account: 0 lots won, $0 due, $7 bound, limit $500, 0 lots at most.",
            ],
        )

    def test_who_may_watch(self) -> None:
        """As for one room: WATCH needs a code, unless everyone may watch."""
        house = self.open()
        stranger = house.connect_to_lobby("WATCH *")
        self.assertEqual(
            stranger.read_lines(), ["Not done: say your pass code first: PASS and the code."]
        )
        cyd = house.connect_to_lobby(f"PASS {pass_code(3)}", "WATCH *")
        self.assertEqual(cyd.read_lines()[1:], ["Not done: your pass code is for room 13."])
        self.houses.pop().close()
        house = self.open(public_view=True)
        self.assertEqual(house.connect_to_lobby("WATCH *").read_lines()[0], "All lots: 3.")

    def test_another_person(self) -> None:
        """It is told all lots again, and its own ones."""
        house = self.open()
        house.advance(5)
        house.connect_to_lobby(f"PASS {pass_code(2)}", "JOIN 13", "7")
        house.advance()
        client = house.connect_to_lobby(f"PASS {pass_code(1)}", "WATCH *")
        client.read_lines()
        client.send_lines(f"PASS {pass_code(2)}")
        house.advance()
        self.assertEqual(
            client.read_lines()[:3],
            [
                "You are paddle 2, Bob.",
                "All lots: 3.",
                "Yours: lot 3 in room 13, highest, $7 [13]: Cup",
            ],
        )

    def test_help(self) -> None:
        house = self.open()
        client = house.connect_to_lobby("HELP")
        self.assertEqual(
            client.read_lines(), [HELP, "First say who you are: PASS code.", HELP_LOTS]
        )
        client.send_lines("MINE")
        house.advance()
        self.assertEqual(client.read_lines(), ["Not done: you have bid on nothing here."])

    def test_closing_house(self) -> None:
        """A house that closes tells of no lot that would be empty, and of no bid withdrawn."""
        house = self.open()
        house.advance(5)
        house.connect_to_lobby(f"PASS {pass_code(1)}", "JOIN 13", "7")
        ada = house.connect_to_lobby(f"PASS {pass_code(1)}", "WATCH *")
        house.advance(2)
        self.assertIn("Yours: lot 3 in room 13, highest, $7", "".join(ada.read_lines()))
        house.rooms.close()
        house.advance(5)
        self.assertEqual(ada.read_lines(), [])

    def test_taken_off_the_list(self) -> None:
        """The stream of a person ends when its code is not valid any more."""
        house = self.open()
        ada, bob = (house.connect_to_lobby(f"PASS {pass_code(who)}", "WATCH *") for who in (1, 2))
        house.advance(1)
        ada.read_lines(), bob.read_lines()
        house.rooms.replace_people(People(who for who in PEOPLE.persons.values() if who.paddle > 1))
        house.advance(0)
        self.assertEqual(ada.read_lines(), ["Your pass code is not valid any more."])
        self.assertTrue(ada.is_closed)
        self.assertEqual(bob.read_lines(), [])
        self.assertFalse(bob.is_closed)

    def test_no_such_room(self) -> None:
        """A mistyped name opens no room."""
        house = self.open()
        client = house.connect_to_lobby(f"PASS {pass_code(1)}", "JOIN 12", "WATCH main", "JOIN 1 2")
        no_room = "Not done: there is no such room."
        self.assertEqual(client.read_lines()[1:], [no_room, no_room, no_room])
        client.send_lines("LIST")
        house.advance(1)
        self.assertEqual(client.read_lines()[3:], ["Rooms: 3."])

    def test_other_houses(self) -> None:
        """Without such a sale, these are words as before. A person may ask for its lots."""
        house = MemoryHouse()
        client = house.connect_to_lobby("SALE *", "WATCH *", "MINE")
        rule = "Not done: a room's name is 1 to 32 letters, digits, hyphens and underscores."
        self.assertEqual(client.read_lines(), ["Not done: there is no such room.", rule, HELP])
        house = MemoryHouse(Terms(lot_pause=0), catalogue=b"english 5 1 Cup\n", people=PEOPLE)
        ada = house.connect_to_lobby(f"PASS {pass_code(1)}", "JOIN main")
        house.advance(1)
        ada.send_lines("9")
        client = house.connect_to_lobby(f"PASS {pass_code(1)}", "MINE")
        house.advance()
        self.assertEqual(
            client.read_lines()[1:],
            [
                "Yours: lot 1 in room main, highest, $9 []: Cup",
                "Your account: 0 lots won, $0 due, $9 bound, limit $500, 0 lots at most.",
            ],
        )
        house.advance(100)
        client = house.connect_to_lobby(f"PASS {pass_code(1)}", "MINE")
        self.assertEqual(client.read_lines()[1], "Yours: lot 1 in room main, won, $9 []: Cup")

    def test_cost(self) -> None:
        """A long list of own lots costs as much as one of a sale."""
        catalogue = b"english:buy=9 5 1 Cup\n" * 12
        house = MemoryHouse(Terms(lot_pause=0), catalogue=catalogue, people=PEOPLE)
        ada = house.connect_to_lobby(f"PASS {pass_code(1)}", "JOIN main")
        for _ in range(12):
            house.advance(1)
            ada.send_lines("buy")
        house.advance(1)
        client = house.connect_to_lobby(f"PASS {pass_code(1)}", *["MINE"] * 10)
        listed = client.read_lines()
        self.assertEqual(len([line for line in listed if line.startswith("Yours: ")]), 5 * 12)
        house.advance(2)
        self.assertEqual(len(client.read_lines()), 5 * 13)

    def test_restart(self) -> None:
        """Where a person stands is read from the ledger."""
        house = self.open()
        lamp = house.connect_to_lobby(f"PASS {pass_code(1)}", "JOIN 12b")
        cup = house.connect_to_lobby(f"PASS {pass_code(1)}", "JOIN 13")
        house.advance(5)
        lamp.send_lines("44")
        cup.send_lines("7")
        house.advance(10)
        self.houses = []
        house = house.restart(5)
        self.houses = [house]
        client = house.connect_to_lobby(f"PASS {pass_code(1)}", "MINE")
        self.assertEqual(
            client.read_lines()[1:],
            [
                "Yours: lot 2 in room 12b, won, $44 [12b]: Lamp",
                "Yours: lot 3 in room 13, highest, $7 [13]: Cup",
                "Your account: 1 lots won, $44 due, $51 bound, limit $500, 0 lots at most.",
            ],
        )
