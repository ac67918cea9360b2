"""A sale that is run from the desk, in real pages of a real server."""

import contextlib
import re
import socket
from typing import TYPE_CHECKING

from tests.browser.pages import BrowserTestCase
from twisted_auction.house.people import Person, Role
from twisted_auction.testing import pass_code

with contextlib.suppress(ImportError):  # BrowserTestCase skips the tests
    from playwright.sync_api import expect

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

PEOPLE = [
    Person(1, "Ada Smith", limit=500),
    Person(2, "Bob Lee"),
    Person(3, "Cyd Ho"),
    Person(90, "Una Ray", Role.AUCTIONEER, room="yard"),
    Person(100, "Zoe Hart", Role.AUCTIONEER),
]

CATALOGUE = """lot,item,type,lowest_price
11,Sextant,english,40
12a,Compass,english:increment=5:duration=600,100
13,Charts,first-price,20
14,Bell,english,25
15,Coat,english,20
"""

PHONE = {"width": 320, "height": 700}


class Bidder:
    """A person at the lobby's port.

    :param paddle: its paddle.
    """

    def __init__(self, port: str, paddle: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", int(port)), timeout=20)
        self._lines = self._socket.makefile("r", encoding="utf-8", newline="\r\n")
        self.say(f"PASS {pass_code(paddle)}")
        self.say("JOIN main")

    def say(self, line: str) -> None:
        self._socket.sendall(f"{line}\r\n".encode())

    def hear(self, words: str) -> None:
        """Read until a line with these words."""
        for line in self._lines:
            if words in line:
                return
        raise AssertionError(f"the connection has ended without {words!r}")

    def close(self) -> None:
        self._lines.close()
        self._socket.close()


class DeskTests(BrowserTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.list = self.list_people(PEOPLE)
        self.lots = self.folder / "lots.csv"
        self.lots.write_text(CATALOGUE)

    def open_sale(self) -> None:
        self.serve(
            *("--catalogue", str(self.lots), "--people", self.list, "--starts", "order"),
            *("--lot-pause", "1", "--line-rate", "0"),
        )

    def bidder(self, paddle: int) -> Bidder:
        bidder = Bidder(self.lobby, paddle)
        self.addCleanup(bidder.close)
        bidder.hear("You are Buyer")
        return bidder

    def desk(self, page: "Page", paddle: int = 100, room: str = "") -> "Page":
        """Come in with a pass code."""
        page.goto(f"{self.origin}/desk{room}")
        page.locator("#code").fill(pass_code(paddle))
        page.locator("#code").press("Enter")
        return page

    def press(self, page: "Page", name: str) -> None:
        page.get_by_role("button", name=name, exact=True).click()

    def sure(self, page: "Page", yes: str, reason: str = "") -> None:
        """Answer the question before what cannot be undone."""
        if reason:
            page.locator("#sure-reason").fill(reason)
        page.get_by_role("dialog").get_by_role("button", name=yes, exact=True).click()
        expect(page.locator("#sure")).to_be_hidden()

    def names(self, page: "Page") -> "Locator":
        return page.locator("#lots > li > b")

    def test_a_sale(self) -> None:
        """Two desks run a sale, and always show the same."""
        self.open_sale()
        ada, bob = self.bidder(1), self.bidder(2)
        first, second = self.desk(self.screen()), self.desk(self.phone(viewport=PHONE))
        expect(first.locator("#lot")).to_have_text("The sale has not begun")
        expect(self.names(second)).to_have_text(["11", "12a", "13", "14", "15"])
        expect(first.locator("#people")).to_have_text("2 here, 5 on the list")
        self.check_access(first, "before the start")
        self.check_width(second, "before the start")

        self.press(first, "Start the sale")
        expect(second.locator("#lot")).to_contain_text("Bidding is open")
        ada.say("45")
        expect(second.locator("#price")).to_have_text("$45")
        expect(second.locator("#holder")).to_have_text("Paddle 1, Ada Smith")
        bob.say("5000")
        expect(first.locator("#bids > li")).to_have_count(2)

        self.press(first, "Void the highest bid…")
        self.check_access(first, "sure")
        self.sure(first, "Void it", "mistyped.")
        expect(second.locator("#price")).to_have_text("$45")
        expect(second.locator("#log > li").first).to_contain_text(
            "Paddle 100 voided $5,000 by Paddle 2, Bob Lee: “Mistyped.”"
        )
        bob.hear("Voided: $5000 by Buyer 2. Mistyped.")

        second.locator("#bid-paddle").fill("3")
        second.locator("#bid-amount").fill("60")
        second.locator("#bid-amount").press("Enter")
        expect(first.locator("#holder")).to_have_text("Paddle 3, Cyd Ho")
        self.press(first, "Pause")
        expect(second.locator("#paused")).to_be_visible()
        ada.say("70")
        ada.hear("Paused. Please wait...")
        self.press(second, "Go on")
        self.press(second, "End the bidding…")
        self.sure(second, "End it")
        expect(first.locator("#results > li")).to_contain_text(["Sextant, Paddle 3, Cyd Ho"])
        expect(first.locator("#sum")).to_have_text("$60")

        first.locator("#say-text").fill("Tea is served.")
        first.locator("#say-text").press("Enter")
        ada.hear("The Auctioneer says: Tea is served.")
        expect(first.locator("#note-say")).to_have_text("Everyone is told.")
        expect(first.locator("#say-text")).to_have_value("")
        self.check_access(first, "in the sale")
        self.check_width(second, "in the sale")
        for page in (first, second):
            expect(page.locator("#lots > li")).to_have_count(3)

    def test_refusals(self) -> None:
        """A refusal stands in words beside its order; a reason is asked for where one is needed."""
        self.open_sale()
        page = self.desk(self.screen())
        self.press(page, "Start the sale")
        expect(page.locator("#lot")).to_contain_text("Bidding is open")
        page.locator("#bid-paddle").fill("77")
        page.locator("#bid-amount").fill("60")
        self.press(page, "Bid for it")
        expect(page.locator("#note-lot")).to_have_text("Paddle 77 is not there.")
        page.locator("#bid-amount").fill("6O")
        self.press(page, "Bid for it")
        expect(page.locator("#note-lot")).to_have_text(
            "Paddle 77 is not there, and a bid is a whole number from 1 to 999999999999999999."
        )
        page.locator("#bid-paddle").fill("1")
        page.locator("#bid-amount").fill("501")
        self.press(page, "Bid for it")
        expect(page.locator("#note-lot")).to_have_text("Paddle 1 would be above its limit of $500.")
        self.press(page, "Cancel the auction…")
        self.press(page, "Cancel it")
        expect(page.locator("#note-sure")).to_have_text("Say why: everybody reads it.")
        self.sure(page, "Cancel it", "It is broken.")
        expect(page.locator("#note-lot")).to_have_text("It is cancelled.")
        expect(page.locator("#results > li")).to_contain_text(["Sextant"])
        self.press(page, "Offer again lot 11")
        expect(self.names(page)).to_have_text(["13", "14", "15", "11"])

    def test_keyboard(self) -> None:
        """Lots are moved by keys alone, and the focus goes with the lot."""
        self.open_sale()
        page = self.desk(self.screen())
        expect(self.names(page)).to_have_text(["11", "12a", "13", "14", "15"])
        up = page.get_by_role("button", name="Move lot 15 up")
        up.focus()
        for order in (["11", "12a", "13", "15", "14"], ["11", "12a", "15", "13", "14"]):
            page.keyboard.press("Enter")
            expect(self.names(page)).to_have_text(order)
            expect(up).to_be_focused()
        page.keyboard.press("Tab")
        for order in (["11", "12a", "13", "15", "14"], ["11", "12a", "13", "14", "15"]):
            page.keyboard.press("Space")
            expect(self.names(page)).to_have_text(order)
        page.get_by_role("button", name="Leave out lot 14").press("Enter")
        page.keyboard.press("Escape")
        expect(page.locator("#sure")).to_be_hidden()
        expect(self.names(page)).to_have_count(5)
        page.locator("#lots > li").nth(4).drag_to(page.locator("#lots > li").nth(0))
        expect(self.names(page)).to_have_text(["15", "11", "12a", "13", "14"])
        page.get_by_text("Add a lot", exact=True).click()
        page.locator("#add-item").fill("Oak chest")
        page.locator("#add-price").fill("30")
        page.locator("#add-price").press("Enter")
        expect(self.names(page)).to_have_text(["15", "11", "12a", "13", "14", "6"])

    def test_people(self) -> None:
        """A person walks in, is expelled, and comes again. Its code is on the card alone."""
        self.open_sale()
        page = self.desk(self.screen(color_scheme="dark"))
        page.get_by_text("Add a person who walks in").click()
        page.locator("#walk-name").fill("Kit Ash")
        page.locator("#walk-limit").fill("300")
        page.locator("#walk-limit").press("Enter")
        expect(page.locator("#card-paddle")).to_have_text("Paddle 4")
        code = page.locator("#card-code").inner_text()
        self.assertRegex(code, "^[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}$")
        self.check_access(page, "card")
        page.emulate_media(media="print")
        expect(page.locator("#card-code")).to_be_visible()
        expect(page.locator("#desk")).to_be_hidden()
        page.emulate_media(media="screen")
        self.press(page, "Close")
        self.assertNotIn(code, page.content())
        self.assertNotIn(code, (self.folder / "people.csv").read_text())
        kit = self.phone()
        kit.goto(f"{self.origin}/room/main")
        kit.locator("#code").fill(code)
        kit.locator("#code").press("Enter")
        expect(page.locator("#here > li")).to_contain_text(["Kit Ash"])
        expect(page.locator("#here > li")).to_contain_text(["$0 of $300"])
        self.press(page, "Expel… Paddle 4")
        self.sure(page, "Expel", "please be quiet.")
        expect(page.locator("#here > li")).to_contain_text(["expelled"])
        expect(kit.locator("body")).to_contain_text("Please be quiet.")
        self.press(page, "Readmit Paddle 4")
        expect(page.locator("#log > li").first).to_contain_text("readmitted Paddle 4")
        expect(kit.locator("body")).not_to_contain_text("You have been expelled.")
        expect(page.locator("#people")).to_contain_text("1 here")
        page.get_by_text("Addresses, and a ban").click()
        self.press(page, "Show who is there, with addresses")
        expect(page.locator("#who-answer")).to_contain_text("Paddle 4, Kit Ash, from 127.0.0.1")

    def test_sealed(self) -> None:
        """Sealed bids are counted. No page has their amounts."""
        self.lots.write_text("lot,item,type,lowest_price\n1,Charts,first-price,20\n2,Bell,1,5\n")
        self.open_sale()
        bob, cyd = self.bidder(2), self.bidder(3)
        page = self.desk(self.screen())
        self.press(page, "Start the sale")
        expect(page.locator("#lot")).to_contain_text("Sealed bids are taken")
        cyd.hear("Bidding start!")
        cyd.say("31415")
        expect(page.locator("#holder")).to_have_text("1 sealed bid in, 1 awaited")
        page.wait_for_timeout(500)
        self.assertIsNone(re.search("31.?415", page.content()))
        bob.say("27182")
        # The auctioneer knows a result, and no losing bid.
        expect(page.locator("#results > li")).to_contain_text(["$31,415"])
        self.assertIsNone(re.search("27.?182", page.content()))

    def test_who_may_come(self) -> None:
        """Others are told so, and can type another code. An auctioneer of one room has this one."""
        self.open_sale()
        page = self.screen(PHONE)
        page.goto(f"{self.origin}/desk")
        expect(page.locator("#pass-why")).to_contain_text("whose role is auctioneer")
        self.check_access(page, "no code")
        page.locator("#code").fill(pass_code(1))
        page.locator("#code").press("Enter")
        expect(page.locator("#pass-why")).to_contain_text("Paddle 1, Ada Smith is no auctioneer.")
        page.locator("#code").fill(pass_code(100))
        page.locator("#code").press("Enter")
        expect(page.locator("#lot")).to_have_text("The sale has not begun")
        self.check_width(page, "desk")
        expect(page.locator("#code")).to_have_value("")
        # The browser is known from now on, also to the settlement.
        page.evaluate("sessionStorage.clear()")
        page.reload()
        expect(page.locator("#lot")).to_have_text("The sale has not begun")
        cookies = {cookie["name"]: cookie["value"] for cookie in page.context.cookies()}
        self.assertEqual(cookies, {"auction": pass_code(100)})

    def test_without_people(self) -> None:
        self.serve()
        page = self.screen()
        page.goto(f"{self.origin}/desk")
        expect(page.locator("#pass-why")).to_contain_text("no list of people")
        expect(page.locator("#code")).to_be_hidden()
        self.check_access(page, "a desk without people")
