"""A sale of three lots in a hall: a phone, a robot, a wall, and a desk."""

from tests.browser.pages import WALL, BrowserTestCase
from tests.browser.persons import Bidder
from tests.processes import AUCTION
from twisted_auction.house.people import Person, Role
from twisted_auction.testing import pass_code

PEOPLE = [
    Person(1, "Ada Smith", limit=500),
    Person(2, "Bob Lee"),
    Person(100, "Zoe Hart", Role.AUCTIONEER),
]

CATALOGUE = """lot,item,type,lowest_price,description
1,Oak chest,english:increment=5:duration=600,50,About 1900. One foot is new.
2,Brass lamp,english:increment=5:duration=600,200,
3,Silver spoon,english:increment=5:duration=12,40,
"""


class SaleTests(BrowserTestCase):
    def setUp(self) -> None:
        super().setUp()
        lots = self.folder / "lots.csv"
        lots.write_text(CATALOGUE)
        self.serve(
            *("--people", self.list_people(PEOPLE), "--catalogue", str(lots), "--starts", "order"),
            *("--lot-pause", "1", "--public-view", "--ledger", str(self.folder / "ledger")),
        )

    def robot(self, paddle: int, most: int) -> None:
        """A robot that holds the highest bid up to this amount."""
        code = self.folder / "code"
        code.write_text(f"{pass_code(paddle)}\n")
        code.chmod(0o600)
        self.piped(
            *(*AUCTION, "bid", "--max", str(most), "--room", "main", "--pass-file", str(code)),
            *("127.0.0.1", self.lobby),
        )

    def end_the_bidding(self, desk: Bidder) -> None:
        desk.press("End the bidding…")
        desk.page.get_by_role("dialog").get_by_role("button", name="End it", exact=True).click()

    def test_hall(self) -> None:
        """All four tell the same story, with names at the desk alone."""
        wall = Bidder(self.screen(WALL), self.origin)
        desk = Bidder(self.screen(), self.origin)
        ada = Bidder(self.phone(), self.origin)
        wall.open("/room/main/wall")
        wall.place("board").wait_for()
        self.check_access(wall.page, "a wall before the sale")
        desk.open("/desk")
        desk.page.locator("#code").fill(pass_code(100))
        desk.page.locator("#code").press("Enter")
        ada.come()
        ada.page.get_by_label("Pass code").fill(pass_code(1))
        ada.press("Come in")
        ada.reads("me", "Paddle 1")
        ada.sees("Lot 1: Oak chest", "Lot 3: Silver spoon")
        self.check_access(ada.page, "the phone before the sale")
        self.robot(2, 70)
        desk.sees("2 here, 3 on the list")
        desk.press("Start the sale")

        wall.reads("item", "Oak chest")
        wall.reads("amount", "$50")
        wall.place("line").filter(has_text="Paddle 2").wait_for()
        ada.press("Bid $55")
        ada.reads("standing", "You have been outbid. Your last bid was $55.")
        self.picture(ada.page, "page-bid")
        ada.bid_other("75")
        wall.reads("amount", "$75")
        wall.place("line").filter(has_text="Paddle 1").wait_for()
        desk.reads("holder", "Paddle 1, Ada Smith")
        self.end_the_bidding(desk)
        ada.sees("You won! You owe $75.")
        wall.place("results").filter(has_text="Paddle 1").wait_for()

        wall.reads("item", "Brass lamp")
        desk.sees("Bidding is open")
        self.check_access(wall.page, "a wall without a bid")
        rooms = Bidder(self.phone(), self.origin)
        rooms.open(f"/join/{pass_code(1)}")
        rooms.sees("Sold to Paddle 1 for $75", "Up now", "Silver spoon")
        self.check_access(rooms.page, "rooms in the middle of a sale")
        self.picture(rooms.page, "page-rooms")
        self.end_the_bidding(desk)
        wall.place("results").filter(has_text="Not sold").wait_for()

        wall.reads("item", "Silver spoon")
        wall.reads("amount", "$40")
        ada.press("Bid $45")
        wall.reads("amount", "$50")
        self.picture(desk.page, "page-desk")
        ada.bid_other("90")
        wall.reads("amount", "$90")
        wall.place("call").filter(has_text="Going once").wait_for()
        self.picture(wall.page, "page-wall")
        self.check_access(wall.page, "going once")
        ada.sees("You won! You owe $90.")
        ada.place("note").filter(has_text="$165").wait_for()
        desk.reads("sum", "$165")
        for person, state in [(ada, "the phone"), (desk, "the desk"), (wall, "the wall")]:
            self.check_access(person.page, f"{state} after the sale")
            self.check_width(person.page, f"{state} after the sale")
        desk.press("End the sale…")
        desk.page.get_by_role("dialog").get_by_role("button", name="End the sale").click()
        ada.reads("note", "The sale is over. Won 2 lots, you owe $165")
        self.check_access(ada.page, "the phone, once the sale is over")
        for person in (ada, wall):
            self.assertEqual([text for text in person.heard if "Bob" in text], [])
        verified = self.piped(*AUCTION, "ledger", "--ledger", str(self.folder / "ledger"), "verify")
        self.assertEqual(verified.wait()[0], 0)
