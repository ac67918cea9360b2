"""The operator's orders about the lots of a sale: what everyone is told, restarts, the ledger."""

from datetime import UTC, datetime, timedelta

from twisted.internet.task import Clock

from tests.house.support import FINISHED, HouseTestCase
from twisted_auction.house.doors import Doors
from twisted_auction.ledger.row import LedgerError
from twisted_auction.ledger.storage import open_view
from twisted_auction.rules.commands import (
    Add,
    Again,
    Cancel,
    Close,
    Move,
    MoveStart,
    Skip,
    Start,
    VoidSale,
)
from twisted_auction.rules.terms import Terms
from twisted_auction.testing import MemoryHouse

CATALOGUE = b"lot,item,type,lowest_price\n12,Sword,1,5\n12a,Cup,3:duration=20,5\n13,Ring,1,5\n"
OPENED = datetime(2027, 1, 15, 8, 0, tzinfo=UTC)
SEALED = "One sealed bid each; the highest wins and pays what it bid."
OPENS = "Bidding opens in 5 seconds."
MAY_PASS = "Type an amount, or pass."


def sealed(lot: int, lots: int, label: str, item: str) -> list[str]:
    """The announcement of a sealed lot."""
    form = f"Format: first-price, from $5. {SEALED}"
    return [f"Lot {lot} of {lots}.", f"Catalogue number: {label}.", f"On sale: {item}", form]


class SaleOrderTests(HouseTestCase):
    def sale(self, doors: Doors | None = None) -> MemoryHouse:
        house = MemoryHouse(Terms(), catalogue=CATALOGUE, ledger=self.path, doors=doors)
        self.houses = [house]
        return house

    def opened(self, catalogue: bytes | None, clock: Clock) -> MemoryHouse:
        """A house with another catalogue."""
        house = MemoryHouse(catalogue=catalogue, ledger=self.path, clock=clock)
        self.houses = [house]
        return house

    def test_told(self) -> None:
        """Every change of the queue, to Buyers and Watchers, and the answers to the operator."""
        house = self.sale()
        watcher = house.connect_to_lobby("WATCH main")
        buyer = house.connect()
        house.advance()
        buyer.read_lines()
        watcher.read_lines()
        give = house.auctioneer.orders.give
        self.assertEqual(
            [
                give(Move("13")),
                give(Skip("12A"), reason="It is lost."),
                give(Add(b"1 5 1 Chest")),
                give(Again("12a")),
                give(Skip()),
            ],
            [
                "lot 13 comes before lot 12a.",
                "lot 12a is withdrawn.",
                "lot 4 is added.",
                "lot 12a will be offered again.",
                "the lot that was up is withdrawn.",
            ],
        )
        house.advance()
        changes = [
            "Lot 13 comes before lot 12a now.",
            *["The Auctioneer says: It is lost.", "Lot 12a is withdrawn."],
            *["Lot 4 is added: Chest", "Lot 12a will be offered again."],
            "Auction cancelled! The lot is withdrawn.",
        ]
        ring = sealed(3, 4, "13", "Ring")
        self.assertEqual(buyer.read_lines(), [*changes, *ring, MAY_PASS, OPENS])
        self.assertEqual(watcher.read_lines(), [*changes, *ring, "Buyers: 1 of 1."])
        self.verify()

    def test_void(self) -> None:
        """A sealed payment is told to its Buyer alone. The lot can be sold again."""
        house = self.sale()
        watcher = house.connect_to_lobby("WATCH main")
        winner, loser = house.connect(), house.connect()
        house.advance(5)
        winner.send_lines("70")
        loser.send_lines("60")
        house.advance()
        for client in (winner, loser, watcher):
            client.read_lines()
        answer = house.auctioneer.orders.give(VoidSale("12"), reason="It is bent.")
        self.assertEqual(answer, "the sale of lot 12 to Buyer 1 is voided.")
        house.auctioneer.orders.give(Again("12"))
        house.advance()
        told = ["The sale of lot 12 is voided. It is bent.", "Lot 12 will be offered again."]
        self.assertEqual(loser.read_lines(), told)
        self.assertEqual(watcher.read_lines(), told)
        self.assertEqual(winner.read_lines(), [told[0], "You do not owe $70 for lot 12.", told[1]])
        self.assertEqual(
            house.auctioneer.auction.sale and dict(house.auctioneer.auction.sale.sold), {}
        )
        self.verify()

    def test_winner_is_away(self) -> None:
        """It reads its result and that it is voided, also from the ledger after a restart."""
        house = self.sale()
        winner = house.connect_to_lobby("JOIN main")
        other = house.connect_to_lobby("JOIN main")
        house.advance(5)
        winner.send_lines("70")
        other.send_lines("60")
        house.advance()
        winner.disconnect()
        house.auctioneer.orders.give(VoidSale("12"), reason="It is bent.")
        house.auctioneer.orders.give(Cancel(), reason="Enough.")
        house.auctioneer.orders.give(Cancel(), reason="Enough.")
        house.advance()
        results = [
            "Result of lot 1 of 3:",
            *[FINISHED, "You won this item Sword! Your payment due is $70"],
            *["The sale of lot 12 is voided. It is bent.", "You do not owe $70 for lot 12."],
        ]
        heard = house.connect_to_lobby("RESUME ticket-1").read_lines()
        self.assertEqual(heard[: len(results)], results)
        house = self.crash(house)
        again = house.connect_to_lobby("RESUME ticket-1")
        house.advance(1)
        self.assertEqual(again.read_lines(), heard)

    def test_loser_is_away(self) -> None:
        """The line about the voided sale follows its result, also after a restart."""
        house = self.sale()
        winner = house.connect_to_lobby("JOIN main")
        loser = house.connect_to_lobby("JOIN main")
        house.advance(5)
        winner.send_lines("70")
        loser.send_lines("60")
        house.advance()
        loser.disconnect()
        house.advance(house.auctioneer.auction.terms.resume_grace)
        self.assertNotIn(2, house.auctioneer.auction.present)
        house.auctioneer.orders.give(VoidSale("12"), reason="It is bent.")
        house.auctioneer.orders.give(Cancel(), reason="Enough.")
        house.advance()
        heard = house.connect_to_lobby("RESUME ticket-2").read_lines()
        self.assertEqual(heard[0], "Result of lot 1 of 3:")
        self.assertEqual(heard.count("The sale of lot 12 is voided. It is bent."), 1)
        self.assertNotIn("You do not owe $60 for lot 12.", heard)
        house = self.crash(house)
        again = house.connect_to_lobby("RESUME ticket-2")
        house.advance(1)
        self.assertEqual(again.read_lines(), heard)

    def test_restart(self) -> None:
        """Moved, skipped and added lots come as they would have come without a restart."""
        played = []
        for is_restarted in (False, True):
            self.forget()
            house = self.sale()
            buyer = house.connect_to_lobby("JOIN main")
            give = house.auctioneer.orders.give
            give(Move("13"))
            give(Add(b"1 5 1 Chest"))
            give(Skip("12a"))
            give(Again("12a"))
            house.advance()
            buyer.read_lines()
            if is_restarted:
                house = self.crash(house)
                buyer = house.connect_to_lobby("RESUME ticket-1")
            for _ in range(4):
                house.auctioneer.orders.give(Skip())
            house.advance()
            played.append([line for line in buyer.read_lines() if line.startswith("On sale")])
        self.assertEqual(played[1], ["On sale: Sword", *played[0]])
        self.assertEqual(played[0], ["On sale: Ring", "On sale: Chest", "On sale: Cup"])

    def test_other_catalogue(self) -> None:
        """Added lots do not count. The lot that is up must be the same."""
        house = self.sale()
        house.connect_to_lobby("JOIN main")
        house.auctioneer.orders.give(Move("13"))
        house.auctioneer.orders.give(Add(b"1 5 1 Chest"))
        house.auctioneer.orders.give(Skip())
        house.advance()
        wrong = "a sale in room main has not ended: start with --room main and the same --catalogue"
        house.close()
        self.houses = []
        for catalogue in (
            CATALOGUE + b"14,Vase,1,5\n",
            CATALOGUE.replace(b"Ring", b"Gold ring"),
            CATALOGUE.replace(b"13,", b"13b,"),
            None,
        ):
            with self.assertRaises(LedgerError) as caught:
                self.opened(catalogue, house.clock)
            self.assertEqual(str(caught.exception), f"{wrong}, or with another --ledger.")
        house = self.opened(CATALOGUE.replace(b"Cup", b"Mug"), house.clock)
        self.assertEqual(house.auctioneer.auction.lot, 3)
        house.auctioneer.orders.give(Skip())
        self.assertEqual(
            house.auctioneer.report().split(", ")[:3],
            ["lot 2 of 4", "catalogue number 12a", "Mug"],
        )

    def test_start(self) -> None:
        """The start is moved and told, kept through a restart, and given at last."""
        house = self.sale(Doors(OPENED + timedelta(minutes=12)))
        buyer = house.connect_to_lobby("JOIN main")
        house.advance(60)
        give = house.auctioneer.orders.give
        later = house.rooms.wall_clock.instant(OPENED + timedelta(minutes=31))
        self.assertEqual(give(MoveStart(later)), "the sale begins in 30 minutes.")
        house.advance(60)
        house = self.crash(house, after=60)
        buyer.read_lines()
        buyer = house.connect_to_lobby("RESUME ticket-1")
        give = house.auctioneer.orders.give
        self.assertEqual(give(MoveStart(None)), "the sale begins by order.")
        self.assertEqual(give(Start(), reason="The bus is here."), "the sale begins.")
        house.advance()
        self.assertEqual(
            buyer.read_lines(),
            [
                *["Your role is: [Buyer]", "You are Buyer 1.", "The sale begins in 28 minutes."],
                "The sale begins when the Auctioneer starts it.",
                *["The Auctioneer says: The bus is here.", *sealed(1, 3, "12", "Sword")],
                *[MAY_PASS, OPENS],
            ],
        )

    def test_after_the_last_lot(self) -> None:
        """A lot that is offered again comes up at once, and the operator ends the sale."""
        house = self.sale(Doors("now"))
        buyer = house.connect()
        for _ in range(3):
            house.auctioneer.orders.give(Skip())
        house.auctioneer.orders.give(Again("13"))
        house.advance(5)
        buyer.read_lines()
        buyer.send_lines("9")
        house.advance()
        self.assertEqual(
            house.auctioneer.orders.give(VoidSale("13")), "the sale of lot 13 to Buyer 1 is voided."
        )
        self.assertEqual(house.auctioneer.orders.give(Close()), "the sale is over.")
        house.advance()
        self.assertEqual(
            buyer.read_lines()[-5:],
            [
                "You won this item Ring! Your payment due is $9",
                "All lots have been up. The sale ends in 10 minutes.",
                *["The sale of lot 13 is voided.", "You do not owe $9 for lot 13."],
                "The sale is over.",
            ],
        )
        self.assertEqual(self.verify().unfinished, {})

    def test_wrong_row(self) -> None:
        """A row about a lot that it cannot concern is refused."""
        house = self.sale()
        house.connect()
        house.auctioneer.orders.give(Skip("13"))
        house.advance()
        with open_view(self.path) as view:
            rows = [(row.kind, row.body) for row in view.rows() if row.kind.startswith("Lot")]
        self.assertEqual(rows[-1], ("LotSkipped", '{"lot":3,"label":"13"}'))
