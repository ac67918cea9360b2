"""The verb SALE: the lots of a sale, for everyone, and one's own account."""

from twisted.trial.unittest import SynchronousTestCase

from tests.support import LedgerFolderTestCase
from twisted_auction.house.doors import Doors
from twisted_auction.house.people import People, Person, Role
from twisted_auction.rules.commands import (
    Action,
    Again,
    Cancel,
    Close,
    Skip,
    Start,
    VoidSale,
)
from twisted_auction.rules.terms import Terms
from twisted_auction.testing import MemoryHouse, pass_code, with_codes

TABLE = b"""lot,item,type,lowest_price,description,seller,picture
12a,Chest,english,100,One leg is new.,,chest.jpg
12b,Clock,1,20,,4,
13,Rope,second-price,5,,,
14,Bell,english,10,,,
15,Pan,english,10,,,
"""

PEOPLE = with_codes(
    People(
        [
            Person(1, "Ada", limit=500, lots=4),
            Person(2, "Bob"),
            Person(4, "Dan"),
            Person(90, "Una", Role.AUCTIONEER, room="yard"),
            Person(100, "Zoe", Role.AUCTIONEER),
        ]
    )
)


class SaleListTests(LedgerFolderTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.house = MemoryHouse(
            Terms(lot_pause=5, after_sale=600),
            catalogue=TABLE,
            people=PEOPLE,
            doors=Doors("order"),
            ledger=self.path,
        )
        self.addCleanup(lambda: self.house.close())

    def sale(self, paddle: int | None = None, words: str = "main") -> list[str]:
        who = [] if paddle is None else [f"PASS {pass_code(paddle)}"]
        client = self.house.connect_to_lobby(*who, f"SALE {words}")
        self.house.advance(1)
        lines = client.read_lines()[len(who) :]
        client.disconnect()
        return lines

    def states(self, paddle: int | None = None) -> list[str]:
        return [line.split()[4 - 1] for line in self.sale(paddle) if line.split()[2].isdigit()]

    def give(self, action: Action, reason: str = "") -> None:
        self.house.auctioneer.orders.give(action, reason=reason)
        self.house.advance()

    def test_before_the_start(self) -> None:
        """A stranger may read it, and learns nothing about itself."""
        self.assertEqual(
            self.sale(),
            [
                "Sale: 1. 1 [12a] to_come, Buyer 0, $0, english from $100: Chest | "
                "One leg is new. | chest.jpg",
                "Sale: 2. 2 [12b] to_come, Buyer 0, $0, first-price from $20: Clock |  |",
                "Sale: 3. 3 [13] to_come, Buyer 0, $0, second-price from $5: Rope |  |",
                "Sale: 4. 4 [14] to_come, Buyer 0, $0, english from $10: Bell |  |",
                "Sale: 5. 5 [15] to_come, Buyer 0, $0, english from $10: Pan |  |",
                "Sale: 5 lots from place 1, 5 lots in all.",
            ],
        )
        self.assertEqual(
            self.sale(1)[-1],
            "Your account: 0 lots won, $0 due, $0 bound, limit $500, 4 lots at most.",
        )

    def play(self) -> None:
        """Ada wins the first three lots, the second and third with sealed bids; the fourth is
        skipped, and the last one is up."""
        ada, bob, dan = (
            self.house.connect_to_lobby(f"PASS {pass_code(paddle)}", "JOIN main")
            for paddle in (1, 2, 4)
        )
        self.give(Start())
        self.house.advance(5)
        ada.send_lines("110")
        self.give(Close())
        for amount in ("30", "40"):
            self.house.advance(5)
            ada.send_lines(amount)
            bob.send_lines("25")
            dan.send_lines("pass")
        self.give(Skip("14"))
        self.house.advance(5)

    def test_results(self) -> None:
        """A sealed result is known to its winner, its seller and the auctioneer."""
        self.play()
        sold = [
            "Sale: 1. 1 [12a] sold, Buyer 1, $110, english from $100: Chest | One leg is new. | "
            "chest.jpg",
            "Sale: 2. 2 [12b] sold, Buyer 1, $30, first-price from $20: Clock |  |",
            "Sale: 3. 3 [13] sold, Buyer 1, $25, second-price from $5: Rope |  |",
            "Sale: 4. 4 [14] skipped, Buyer 0, $0, english from $10: Bell |  |",
            "Sale: 5. 5 [15] on, Buyer 0, $0, english from $10: Pan |  |",
            "Sale: 5 lots from place 1, 5 lots in all.",
        ]
        hidden = [
            sold[0],
            "Sale: 2. 2 [12b] ended, Buyer 0, $0, first-price from $20: Clock |  |",
            "Sale: 3. 3 [13] ended, Buyer 0, $0, second-price from $5: Rope |  |",
            *sold[3:],
        ]
        account = "Your account: 3 lots won, $165 due, $165 bound, limit $500, 4 lots at most."
        self.assertEqual(self.sale(1), [*sold, account])
        nothing = "Your account: 0 lots won, $0 due, $0 bound, limit $0, 0 lots at most."
        self.assertEqual(self.sale(100), [*sold, nothing])
        self.assertEqual(self.sale(), hidden)
        self.assertEqual(self.sale(2), [*hidden, nothing])
        self.assertEqual(self.sale(90), [*hidden, nothing])
        mine = "Sale: 2. 2 [12b] sold, Buyer 0, $30, first-price from $20: Clock |  |"
        self.assertEqual(self.sale(4), [hidden[0], mine, *hidden[2:], nothing])

    def test_orders(self) -> None:
        """Voided, offered again, called off."""
        self.play()
        self.give(VoidSale("12b"))
        self.give(Again("14"))
        self.give(Cancel(), "It is broken.")
        self.assertEqual(self.states(), ["[12a]", "[12b]", "[13]", "[15]", "[14]"])
        lines = self.sale()
        self.assertIn("Sale: 2. 2 [12b] voided, Buyer 0, $0,", lines[1])
        self.assertIn("Sale: 4. 5 [15] cancelled,", lines[3])
        self.assertIn("Sale: 5. 4 [14] on,", lines[4])
        self.assertIn("2 lots won, $135 due", self.sale(1)[-1])

    def test_restart(self) -> None:
        """The results stay, during the sale and after it."""
        self.play()
        for paddle in (1, 100, None):
            before = self.sale(paddle)
            self.house = self.house.restart(after=1)
            self.assertEqual(self.sale(paddle), before)
        self.give(Close())
        self.house.advance(601)
        over = self.sale(1)
        self.assertIn("Sale: 5. 5 [15] unsold, Buyer 0, $0,", over[4])
        self.house = self.house.restart(after=1)
        self.assertTrue(self.house.auctioneer.is_over)
        self.assertEqual(self.sale(1), over)

    def test_own_sealed_bid(self) -> None:
        """It binds its Buyer, who alone reads it."""
        ada = self.house.connect_to_lobby(f"PASS {pass_code(1)}", "JOIN main")
        self.house.connect_to_lobby(f"PASS {pass_code(2)}", "JOIN main")
        self.give(Skip("12a"))
        self.give(Start())
        self.house.advance(5)
        ada.send_lines("77")
        self.assertIn("$0 due, $77 bound, limit $500", self.sale(1)[-1])
        for paddle in (None, 2, 100):
            self.assertNotIn("77", "".join(self.sale(paddle)))

    def test_wrong_words(self) -> None:
        self.assertEqual(self.sale(words=""), ["Not done: there is no such room."])
        self.assertEqual(self.sale(words="yard"), ["Not done: there is no such room."])
        for words in ("main x", "main -1", "main 1 2", "main 12345678", "main \u0662"):
            self.assertEqual(
                self.sale(words=words),
                ["Not done: give the room, and perhaps the place of the first lot to list."],
            )
        self.assertEqual(self.sale(words="main 9"), ["Sale: 0 lots from place 9, 5 lots in all."])


class OtherHousesTests(SynchronousTestCase):
    def test_long_sale(self) -> None:
        """A hundred lots at a time, which cost the client its rate."""
        house = MemoryHouse(catalogue=b"".join(b"1 5 1 Item %d\n" % lot for lot in range(250)))
        client = house.connect_to_lobby("SALE main", "SALE main 101", "sale main 201")
        first = client.read_lines()
        self.assertEqual(len(first), 101)
        self.assertEqual(first[-1], "Sale: 100 lots from place 1, 250 lots in all.")
        house.advance(5)
        rest = client.read_lines()
        self.assertEqual(rest[100], "Sale: 100 lots from place 101, 250 lots in all.")
        self.assertTrue(rest[101].startswith("Sale: 201. 201 [] to_come,"))
        self.assertEqual(rest[-1], "Sale: 50 lots from place 201, 250 lots in all.")
        house.advance(20)
        self.assertEqual(len(rest), 152)

    def test_item_of_a_seller(self) -> None:
        house = MemoryHouse()
        stranger = house.connect_to_lobby("SALE main")
        self.assertEqual(stranger.read_lines(), ["Sale: 0 lots from place 1, 0 lots in all."])
        house.open_auction("english 100 1 Sword", 1)
        stranger.send_lines("SALE main")
        self.assertEqual(
            stranger.read_lines(),
            [
                "Sale: 1. 1 [] on, Buyer 0, $0, english from $100: Sword |  |",
                "Sale: 1 lots from place 1, 1 lots in all.",
            ],
        )
