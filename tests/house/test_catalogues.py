"""A sale from a table: the lots' own numbers, descriptions, pictures and sellers."""

from tests.house.support import FINISHED, HouseTestCase
from twisted_auction.ledger.storage import open_view
from twisted_auction.rules.commands import Cancel
from twisted_auction.rules.terms import Terms

CATALOGUE = b"""\
lot,item,type,lowest_price,description,seller,picture
12a,Desk,1,20,One leg is new.,2,desk.jpg
12b,Lamp,3:duration=20:extension=0,40,,2,
13,Cup,1,5,,,
"""

SEALED_RULES = "One sealed bid each; the highest wins and pays what it bid."
DESK = [
    "Lot 1 of 3.",
    "Catalogue number: 12a.",
    "On sale: Desk",
    "Description: One leg is new.",
    "Picture: desk.jpg",
    f"Format: first-price, from $20. {SEALED_RULES}",
]
LAMP = [
    "Lot 2 of 3.",
    "Catalogue number: 12b.",
    "On sale: Lamp",
    "Format: english, from $40. Each bid is at least $1 above the highest. There are 20 seconds.",
]
CUP = [
    "Lot 3 of 3.",
    "Catalogue number: 13.",
    "On sale: Cup",
    f"Format: first-price, from $5. {SEALED_RULES}",
]
YOURS = "This lot is yours. You cannot bid on it."
MAY_PASS = "Type an amount, or pass."
OPENS = "Bidding opens in 5 seconds."
ANY_TIME = "At any time: type an amount to bid."
HIGHEST = "Highest bid: $50 by Buyer 1. Asking price: $51. Seconds left:"
ASKING = "Asking price: $40. Seconds left: 20."
WAITING = "The Auctioneer is still waiting for other Buyer to connect..."


class TableTests(HouseTestCase):
    """Buyer 2 sells the desk and the lamp, Buyer 1 bids."""

    def test_whole(self) -> None:
        house = self.house(Terms(lot_pause=5), CATALOGUE)
        bidder, owner = house.connect(), house.connect()
        house.advance(5)
        owner.send_lines("500", "pass")
        bidder.send_lines("25")
        house.advance(5)
        owner.send_lines("60")
        bidder.send_lines("50")
        house.advance(20)
        house.advance(5)
        owner.send_lines("9")
        bidder.send_lines("7")
        house.advance()
        self.assertEqual(
            owner.read_lines(),
            [
                *["Your role is: [Buyer]", "You are Buyer 2.", *DESK, YOURS, OPENS],
                *[YOURS, YOURS],
                *[FINISHED, "Success! Your item Desk has been sold for $25"],
                *[*LAMP, YOURS, OPENS],
                *[ASKING, YOURS, f"{HIGHEST} 20."],
                *["Going once!", f"{HIGHEST} 6.", "Going twice!", f"{HIGHEST} 3."],
                *[FINISHED, "Sold: Lamp to Buyer 1 for $50"],
                "Success! Your item Lamp has been sold for $50",
                *[*CUP, MAY_PASS, OPENS],
                *["Bidding start!", "Please submit your bid:", "Bid received. Please wait..."],
                *[FINISHED, "You won this item Cup! Your payment due is $9", "The sale is over."],
            ],
        )  # fmt: skip
        self.assertEqual(
            [line for line in bidder.read_lines() if "won" in line or "not win" in line],
            [
                "You won this item Desk! Your payment due is $25",
                "You won this item Lamp! Your payment due is $50",
                "Unfortunately you did not win in the last round.",
            ],
        )
        self.verify()

    def test_seller_does_not_count(self) -> None:
        """A lot waits for a Buyer that can bid on it."""
        house = self.house(Terms(lot_pause=5), CATALOGUE.replace(b",2,", b",1,"))
        owner = house.connect()
        house.advance(60)
        self.assertEqual(owner.read_lines()[-2:], [YOURS, WAITING])
        bidder = house.connect()
        house.advance()
        self.assertEqual(
            bidder.read_lines()[-3:], [MAY_PASS, "Bidding start!", "Please submit your bid:"]
        )
        self.assertEqual(owner.read_lines(), [])

    def test_restart(self) -> None:
        """The seller, and all that is told about the lot, are read back from the ledger."""
        house = self.house(Terms(lot_pause=5), CATALOGUE)
        bidder, owner = house.connect_to_lobby("JOIN main"), house.connect_to_lobby("JOIN main")
        house.advance(5)
        tickets = [client.read_lines()[0].removeprefix("Ticket: ") for client in (bidder, owner)]
        house = self.crash(house)
        bidder, owner = (house.connect_to_lobby(f"RESUME {ticket}") for ticket in tickets)
        self.assertEqual(
            owner.read_lines(), ["Your role is: [Buyer]", "You are Buyer 2.", *DESK, YOURS]
        )
        self.assertEqual(
            bidder.read_lines()[-3:], [MAY_PASS, "Bidding start!", "Please submit your bid:"]
        )
        owner.send_lines("30")
        self.assertEqual(owner.read_lines(), [YOURS])

    def test_rows(self) -> None:
        """A row has what the catalogue has, and nothing for an empty cell."""
        house = self.house(Terms(lot_pause=5), CATALOGUE)
        house.connect()
        house.auctioneer.orders.give(Cancel(), reason="It is broken.")
        house.advance()
        with open_view(self.path) as view:
            bodies = [row.body for row in view.rows() if row.kind == "LotAnnounced"]
        self.assertEqual(
            [body.partition('"opens_at"')[2].partition(",")[2] for body in bodies],
            [
                '"label":"12a","description":"One leg is new.","seller":2,"picture":"desk.jpg"}',
                '"label":"12b","seller":2}',
            ],
        )
