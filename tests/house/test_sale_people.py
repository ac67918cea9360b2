"""A sale among persons: a seller by paddle, and limits after the sale of a lot is voided."""

from dataclasses import replace

from tests.house.support import FINISHED, PEOPLE, PeopleTestCase
from twisted_auction.house.doors import Doors
from twisted_auction.house.people import People
from twisted_auction.ledger.history import History
from twisted_auction.ledger.items import Account, Items
from twisted_auction.ledger.settlement import CENTS, Rates, settle
from twisted_auction.ledger.storage import open_view
from twisted_auction.rules.commands import Again, Bid, VoidSale
from twisted_auction.rules.terms import Terms
from twisted_auction.testing import MemoryHouse

CATALOGUE = b"""\
lot,item,type,lowest_price,seller
1,Sword,1,100,
2,Cup,1,100,40
3,Ring,1,100,
"""
RECEIVED = "Bid received. Please wait..."
ASK = "Please submit your bid:"
YOURS = "This lot is yours. You cannot bid on it."


class SaleTests(PeopleTestCase):
    """Person 17, with a limit of 500 dollars, and person 40, who sells the cup."""

    def sale(self) -> MemoryHouse:
        person = replace(PEOPLE.persons[17], limit=500)
        people = People({**PEOPLE.persons, 17: person}.values())
        return self.begin(people, catalogue=CATALOGUE, terms=Terms(), doors=Doors("now"))

    def test_seller_by_paddle(self) -> None:
        """Its lot does not wait for it. It is told the result, and the bill is the bidder's."""
        house = self.sale()
        bidder, owner = self.seated(17, "main"), self.seated(40, "main")
        house.advance(5)
        bidder.say("pass")
        owner.say("pass")
        house.advance(5)
        for guest in (bidder, owner):
            guest.read()
        self.assertEqual(owner.say("300"), [YOURS])
        self.assertEqual(bidder.say("200")[:2], [RECEIVED, FINISHED])
        self.assertEqual(
            owner.read()[:2], [FINISHED, "Success! Your item Cup has been sold for $200"]
        )
        self.verify()

    def test_void_frees_the_limit(self) -> None:
        """At once, and after a restart."""
        house = self.sale()
        bidder, other = self.seated(17, "main"), self.seated(40, "main")
        house.advance(5)
        bidder.say("400")
        other.say("300")
        house.advance(5)
        bidder.read()
        above = "Above your limit: you are bound for $400 of $500."
        self.assertEqual(bidder.say("200"), [above, ASK])
        house.auctioneer.orders.give(VoidSale("1"))
        house.advance()
        bidder.read()
        self.assertEqual(bidder.say("200")[0], RECEIVED)
        house = self.crash(house)
        bidder = self.guest(17, house).join("main")
        house.advance(5)
        bidder.read()
        above = "Above your limit: you are bound for $200 of $500."
        self.assertEqual(bidder.say("301"), [above, ASK])
        self.assertEqual(bidder.say("300")[0], RECEIVED)
        house.auctioneer.orders.give(Again("1"))
        self.verify()

    def test_bids_by_order_alone(self) -> None:
        """No person comes before the result. The bids bind their persons, who hear of it."""
        house = self.sale()
        house.advance(5)
        for paddle, amount in ((17, b"200"), (41, b"150")):
            house.auctioneer.orders.give(Bid(paddle, amount))
        house.advance(60)
        bidder = self.guest(17).join("main")
        won = "You won this item Sword! Your payment due is $200"
        self.assertEqual(bidder.read()[:3], ["Result of lot 1 of 3:", FINISHED, won])
        house = self.crash(house)
        bidder = self.guest(17).join("main")
        house.advance(5)
        bidder.read()
        above = "Above your limit: you are bound for $200 of $500."
        self.assertEqual(bidder.say("301"), [above, ASK])
        self.verify()

    def test_settlement_of_bids_by_order_alone(self) -> None:
        """The bill is that of the person, though none has come."""
        house = self.sale()
        house.advance(5)
        house.auctioneer.orders.give(Bid(17, b"200"))
        house.advance(60)
        self.shut()
        items = Items()
        with open_view(self.path) as view:
            history = History(view.start)
            for row in view.rows():
                items.read(*history.read(row))
        settlement = settle(items.in_order(), Rates())
        owed = {account: statement.owed for account, statement in settlement.statements.items()}
        self.assertEqual(owed, {Account.of(17): 200 * CENTS, Account.of(40): 0})
