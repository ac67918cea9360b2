"""A sale of all lots together: the list on the page, the wall, and the desk."""

import contextlib
import re
import socket
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from tests.browser.pages import WALL, BrowserTestCase
from tests.browser.persons import Bidder
from twisted_auction.house.people import Person, Role
from twisted_auction.testing import pass_code

with contextlib.suppress(ImportError):  # BrowserTestCase skips the tests
    from playwright.sync_api import expect

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

PEOPLE = [
    Person(1, "Ada Smith", limit=500),
    Person(2, "Bob Lee"),
    Person(100, "Zoe Hart", Role.AUCTIONEER),
]

SMALL = {"width": 320, "height": 640}


class TogetherTests(BrowserTestCase):
    def open_sale(self, lots: int, *options: str) -> None:
        """Start a sale: every fifth lot is sealed, and every fourth one is in its last minutes."""
        now = datetime.now(UTC)
        soon, later = (f"{now + timedelta(minutes=minutes):%Y-%m-%dT%H:%M}" for minutes in (7, 120))
        rows = ["lot,item,type,lowest_price,description"]
        for number in range(1, lots + 1):
            kind = "english:increment=5" if number % 5 else "first-price"
            end = later if number % 4 else soon
            rows.append(f"{number}a,Cup {number},{kind}:end={end},{number},No. {number * 1111}")
        path = self.folder / "lots.csv"
        path.write_text("\n".join([*rows, ""]))
        self.serve(
            *("--catalogue", str(path), "--together", "--timezone", "UTC"),
            *("--people", self.list_people(PEOPLE), "--line-rate", "0", "--public-view"),
            *("--lot-pause", "0", *options),
        )

    def say(self, paddle: int, room: str, *lines: str) -> None:
        """A person at the lobby's port says these lines in the room of a lot."""
        words = [f"PASS {pass_code(paddle)}", f"JOIN {room}", *lines]
        client = socket.create_connection(("127.0.0.1", int(self.lobby)))
        self.addCleanup(client.close)
        client.sendall("".join(f"{word}\n" for word in words).encode())

    def lots(self, page: "Page") -> "Locator":
        return page.locator("#lots > li")

    def lot(self, page: "Page", number: int) -> "Locator":
        """The entry of a lot in a list."""
        item = page.get_by_text(f"Cup {number}", exact=True)
        return page.locator("li").filter(has=item)

    def press(self, page: "Page", name: str) -> None:
        page.get_by_role("button", name=name, exact=True).click()

    def test_list(self) -> None:
        """A person finds lots, follows its own, and reaches all of a long list."""
        self.open_sale(130)
        page = self.phone(viewport=SMALL)
        page.goto(f"{self.origin}/join/{pass_code(1)}")
        expect(self.lots(page)).to_have_count(100)
        expect(page.locator("#count")).to_have_text("130 of 130 lots")
        expect(self.lot(page, 1)).to_contain_text("from $1 No bid yet")
        expect(self.lot(page, 5)).to_contain_text("Sealed bids are taken")
        expect(self.lot(page, 1).locator(".time")).to_have_text(
            re.compile("^(2:00:00|1:5[89]:..)$")
        )
        self.check_access(page, "a list")
        self.check_width(page, "a list")
        self.press(page, "Show more lots")
        expect(self.lots(page)).to_have_count(130)
        expect(page.get_by_role("button", name="Show more lots")).to_be_hidden()

        self.press(page, "Mine")
        expect(page.locator("#count")).to_have_text("You have not bid on a lot yet.")
        self.say(1, "1a", "10")
        self.say(1, "5a", "77")
        expect(self.lots(page)).to_have_count(2)
        expect(self.lot(page, 1)).to_contain_text("Yours at $10")
        expect(self.lot(page, 5)).to_contain_text("Your sealed bid: $77")
        expect(page.locator("#account")).to_have_text("You hold 1 lot")
        self.say(2, "1a", "20")
        expect(self.lot(page, 1)).to_contain_text("$20 Highest bid, Paddle 2")
        expect(self.lot(page, 1)).to_contain_text("Outbid: you bid $10")
        expect(page.locator("#account")).to_have_text("")
        self.check_access(page, "lots of one's own")
        self.check_width(page, "lots of one's own")

        self.press(page, "Ending")
        expect(self.lots(page).first).to_contain_text("Cup 4")
        expect(page.locator("#count")).to_have_text("32 of 130 lots")
        self.press(page, "Not yet bid")
        expect(page.locator("#count")).to_have_text("128 of 130 lots")
        page.locator("#search").fill("cup 15554")
        expect(self.lots(page)).to_have_text([re.compile("14a.*Cup 14.*from \\$14")])
        page.locator("#search").fill("no such cup")
        expect(page.locator("#count")).to_have_text("No lot fits.")
        page.locator("#search").fill("")
        self.lot(page, 2).get_by_role("link").click()
        page.wait_for_url("**/room/2a")
        expect(page.locator("#lot")).to_have_text("Lot 2a")
        self.assertEqual(page.get_by_text("of 1").count(), 0)

    def test_no_such_room(self) -> None:
        """A mistyped address leads to the lots, with a pass code and without."""
        self.open_sale(2)
        page = self.phone()
        for way in ("/room/2b", f"/join/{pass_code(1)}", "/room/2b"):
            page.goto(f"{self.origin}{way}")
        expect(page.locator("#gate-help")).to_have_text("There is no such room.")
        expect(page.locator("#request")).to_be_hidden()
        self.check_access(page, "no such room")
        page.get_by_role("link", name="All lots").click()
        expect(self.lots(page)).to_have_count(2)
        wall = self.screen(WALL)
        wall.goto(f"{self.origin}/room/2b/wall")
        expect(wall.locator("#amount")).to_have_text("There is no such room.")
        self.check_access(wall, "the wall of no room")

    def turn(self, wall: "Page", page: str) -> None:
        """Let time pass on the wall until this page is up."""
        for _ in range(8):
            if wall.locator("#lot").text_content() == page:
                return
            wall.clock.fast_forward(4000)
        self.fail(f"the wall does not turn to {page}")

    def test_wall(self) -> None:
        """The wall turns its pages, shows each new price, and ends with the sale."""
        self.open_sale(14, "--after-sale", "0")
        wall = self.screen(WALL)
        wall.clock.install()
        wall.goto(f"{self.origin}/wall")
        expect(self.lots(wall)).to_have_count(12)
        expect(wall.locator("#lot")).to_have_text("1 / 2")
        self.say(1, "1a", "10")
        expect(self.lots(wall).first).to_contain_text("$10")
        expect(self.lots(wall).first).to_contain_text("Highest bid, Paddle 1")
        self.say(1, "5a", "31415")
        self.check_access(wall, "the first page")
        self.check_width(wall, "the first page")
        self.turn(wall, "2 / 2")
        expect(self.lots(wall)).to_have_count(2)
        self.assertNotIn("31,415", wall.content())
        desk = self.desk()
        self.press(desk, "End the bidding on all…")
        desk.get_by_role("dialog").get_by_role("button", name="End all").click()
        expect(wall.locator("#news")).to_have_text("The sale is over.")
        self.turn(wall, "1 / 2")
        expect(self.lots(wall).first).to_contain_text("Sold to Paddle 1")
        self.check_access(wall, "the end")

    def desk(self, size: dict[str, int] | None = None) -> "Page":
        desk = self.screen(size) if size is not None else self.screen()
        desk.goto(f"{self.origin}/join/{pass_code(100)}")
        desk.goto(f"{self.origin}/desk")
        expect(desk.locator("#all-count")).to_be_visible()
        return desk

    def test_desk(self) -> None:
        """An auctioneer sees all lots, gives orders to all rooms, and opens the desk of one."""
        self.open_sale(130)
        ada = Bidder(self.phone(), self.origin)
        ada.open(f"/join/{pass_code(1)}")
        ada.open("/room/70a")
        desk, small = self.desk(), self.desk(SMALL)
        rows = desk.locator("#all-lots > li")
        expect(rows).to_have_count(60)
        expect(desk.locator("#all-count")).to_have_text("The first 60 of 130. Search for others.")
        expect(desk.locator("#lot")).to_have_text("Lot 1a: Bidding is open")
        self.say(1, "77a", "80")
        expect(desk.locator("#all-sum")).to_have_text("130 open, 103 without a bid, $80 bid")
        desk.locator("#all-search").fill("77a")
        expect(rows).to_contain_text(["Cup 77Highest bid, Paddle 1"])
        rows.get_by_role("button").click()
        expect(desk.locator("#lot")).to_have_text("Lot 77a: Bidding is open")
        expect(desk.locator("#holder")).to_have_text("Paddle 1, Ada Smith")
        self.check_access(desk, "a lot of many")
        desk.locator("#all-search").fill("")
        self.press(desk, "No bid yet")
        expect(desk.locator("#all-count")).to_have_text("The first 60 of 103. Search for others.")
        self.press(desk, "Ending")
        expect(rows).to_have_count(32)

        self.press(desk, "Pause all")
        expect(desk.locator("#note-all")).to_have_text("130 rooms: it is paused.")
        expect(small.get_by_role("button", name="Let all go on")).to_be_visible()
        expect(desk.locator("#paused")).to_be_visible()
        self.check_access(small, "a pause")
        self.check_width(small, "a pause")
        self.press(small, "Let all go on")
        expect(desk.locator("#paused")).to_be_hidden()
        desk.locator("#all-text").fill("Half an hour is left.")
        desk.locator("#all-text").press("Enter")
        ada.sees("Half an hour is left.")
        self.press(desk, "5 min more for all")
        expect(desk.locator("#note-all")).to_contain_text("rooms: the time left is")
        self.press(desk, "End the bidding on all…")
        self.check_access(desk, "sure")
        desk.get_by_role("dialog").get_by_role("button", name="End all").click()
        expect(desk.locator("#all-sum")).to_have_text(
            "0 open, 0 without a bid, $0 bid; 1 sold for $80"
        )
        expect(desk.locator("#results > li")).to_contain_text(["Cup 77, Paddle 1, Ada Smith"])
        self.press(desk, "Ended")
        expect(desk.locator("#all-count")).to_have_text("The first 60 of 130. Search for others.")
