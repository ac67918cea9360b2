"""Phones in a house with a list of people: links with pass codes, limits, and second devices."""

from tests.browser.pages import BrowserTestCase
from tests.browser.persons import Bidder
from twisted_auction.house.people import Person, Role
from twisted_auction.testing import pass_code

LOTS = "english:increment=50:duration=600 100 1 Oak chest\n"


class PeopleTests(BrowserTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.people = self.list_people(
            [Person(7, "Ada Smith", limit=400), Person(8, "Bob"), Person(9, "Cy")]
        )
        (self.folder / "lots.txt").write_text(LOTS)
        self.serve(
            *("--people", self.people, "--catalogue", str(self.folder / "lots.txt")),
            *("--lot-pause", "0", "--ledger", str(self.folder / "ledger")),
        )

    def bidder(self) -> Bidder:
        return Bidder(self.phone(), self.origin)

    def linked(self, paddle: int) -> Bidder:
        """A person that has scanned the code on its card."""
        bidder = self.bidder()
        bidder.open(f"/join/{pass_code(paddle)}")
        self.assertNotIn(pass_code(paddle), bidder.page.url)
        bidder.open()
        bidder.reads("me", f"Paddle {paddle}")
        return bidder

    def test_typed(self) -> None:
        """A code is asked for, refused in words, and then good for the tab."""
        bidder = self.bidder()
        bidder.open()
        bidder.sees("Your pass code")
        self.check_access(bidder.page, "a code is asked for")
        self.check_width(bidder.page, "a code is asked for")
        bidder.page.get_by_label("Pass code").fill("K7QM-2X9T-P4HC")
        bidder.press("Come in")
        bidder.sees("Checking…")  # the answer to a wrong code takes a second
        bidder.place("code-wrong").wait_for()
        self.check_access(bidder.page, "a wrong code")
        bidder.page.get_by_label("Pass code").fill(pass_code(8).lower().replace("-", ""))
        bidder.press("Come in")
        bidder.reads("me", "Paddle 8")
        bidder.sees("You are Paddle 8, Bob.")
        bidder.page.reload()
        bidder.reads("me", "Paddle 8")

    def test_newest_code(self) -> None:
        """A link counts more than a code that was typed before, and a code typed later counts more
        than the link; each tab keeps its own."""
        bidder = self.bidder()
        other = Bidder(bidder.page.context.new_page(), self.origin)
        for tab in (bidder, other):
            tab.open()
            tab.page.get_by_label("Pass code").fill(pass_code(8))
            tab.press("Come in")
            tab.reads("me", "Paddle 8")
        bidder.open(f"/join/{pass_code(7)}")
        bidder.reads("me", "Paddle 7")
        self.assertEqual(bidder.page.url, f"{self.origin}/")
        other.page.reload()
        other.reads("me", "Paddle 7")
        other.press("This is not me")
        other.page.get_by_label("Pass code").fill(pass_code(9))
        other.press("Come in")
        for _ in range(2):
            other.reads("me", "Paddle 9")
            other.page.reload()

    def test_limit(self) -> None:
        """A bid above it is refused in words, and the money is free again when outbid."""
        ada, bob = self.linked(7), self.linked(8)
        bob.press("Bid $100")
        ada.bid_other("450")
        ada.reads(
            "note", "Above your limit: you are bound for $0 of $400. This bid does not count."
        )
        self.check_access(ada.page, "above the limit")
        ada.page.get_by_label("Your bid").fill("200")
        ada.press("Bid this amount")
        ada.reads("standing", "You hold the highest bid: $200.")
        ada.reads("limit", "Limit: $200 of $400")
        bob.press("Bid $250")
        ada.reads("standing", "You have been outbid. Your last bid was $200.")
        bob.reads("price-label", "Highest bid, Paddle 8")
        for text in bob.heard:
            self.assertNotIn("Ada", text)

    def test_second_device(self) -> None:
        """The newest device has the seat; the other one offers to take it back."""
        bob = self.linked(8)
        ada, tablet = self.linked(7), Bidder(self.screen(), self.origin)
        ada.press("Bid $100")
        ada.reads("standing", "You hold the highest bid: $100.")
        tablet.open(f"/join/{pass_code(7)}")
        tablet.open()
        tablet.reads("standing", "You hold the highest bid: $100.")
        ada.press("Continue here")
        ada.reads("standing", "You hold the highest bid: $100.")
        tablet.page.get_by_role("button", name="Continue here").wait_for()
        self.check_access(tablet.page, "on another device")
        bob.press("Bid $150")
        ada.reads("standing", "You have been outbid. Your last bid was $100.")

    def test_not_me(self) -> None:
        """A borrowed phone forgets its person."""
        bidder = self.linked(9)
        bidder.press("This is not me")
        bidder.sees("Your pass code")
        bidder.page.reload()
        bidder.sees("Your pass code")
        self.assertEqual(bidder.page.context.cookies(), [])


ROLES = [
    Person(7, "Ada Smith"),
    Person(9, "Cy", Role.WATCHER),
    Person(80, "Dan", room="attic"),
    Person(100, "Zoe Hart", Role.AUCTIONEER),
]

TWO_LOTS = """\
english:duration=600 100 1 Oak chest
first-price 50 1 Lamp
"""

WATCHES = "With this pass code you watch here, and do not bid."


class RoleTests(BrowserTestCase):
    """A room's page for persons who do not bid there."""

    def setUp(self) -> None:
        super().setUp()
        lots = self.folder / "lots.txt"
        lots.write_text(TWO_LOTS)
        self.serve(
            *("--people", self.list_people(ROLES), "--catalogue", str(lots), "--starts", "order"),
            *("--lot-pause", "1", "--lot-time", "9", "--after-sale", "0"),
        )

    def linked(self, paddle: int, path: str = "/room/main") -> Bidder:
        person = Bidder(self.phone(viewport={"width": 320, "height": 700}), self.origin)
        person.open(f"/join/{pass_code(paddle)}")
        person.open(path)
        return person

    def hides(self, person: Bidder, *places: str) -> None:
        for place in places:
            self.assertFalse(person.place(place).is_visible(), place)

    def test_watching(self) -> None:
        """Words and buttons by role and state, from before the sale until after it."""
        ada, cy, zoe = self.linked(7), self.linked(9), self.linked(100)
        desk = Bidder(self.screen(), self.origin)
        desk.open(f"/join/{pass_code(100)}")
        desk.open("/desk")
        for person in (cy, zoe):
            person.reads("standing", "The sale has not begun. You are watching.")
            person.sees(WATCHES)
            self.hides(person, "join", "dock")
        zoe.page.get_by_role("link", name="Desk").wait_for()
        self.hides(cy, "to-desk")
        ada.reads("standing", "The sale has not begun.")
        self.hides(ada, "gate")
        self.check_access(zoe.page, "an auctioneer in a room")
        self.check_width(zoe.page, "an auctioneer in a room")
        desk.press("Start the sale")
        for person in (cy, zoe):
            person.reads("standing", "Bidding is open. You are watching.")
        desk.press("Cancel the auction…")
        dialog = desk.page.get_by_role("dialog")
        dialog.get_by_label("Reason").fill("It is broken.")
        dialog.get_by_role("button", name="Cancel it", exact=True).click()
        cy.reads("item", "Lamp")
        cy.reads("standing", "Bidding is open. You are watching.")
        self.assertRegex(cy.place("time").inner_text(), "^0:0[1-9]$")
        self.hides(cy, "join")
        for person in (cy, zoe):
            person.reads("standing", "The sale is over.")
            self.hides(person, "gate", "dock")
        ada.sees("The sale is over.")
        self.hides(ada, "gate")
        late = self.linked(9)
        late.reads("standing", "The sale is over.")
        self.hides(late, "gate", "dock")
        rooms = self.linked(9, "/")
        rooms.page.get_by_role("link", name="Look").wait_for()

    def test_another_room(self) -> None:
        """A person with a pass code for another room is told so."""
        dan = self.linked(80)
        dan.sees("your pass code is for room attic.")
        self.hides(dan, "join")
        self.check_access(dan.page, "a code for another room")
        self.linked(80, "/room/attic").reads("me", "Paddle 80")

    def test_look(self) -> None:
        """An auctioneer comes to look, and a bidder to take part."""
        for paddle, name in ((100, "Look"), (7, "Take part")):
            self.linked(paddle, "/").page.get_by_role("link", name=name).wait_for()
