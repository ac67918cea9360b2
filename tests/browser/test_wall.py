"""The wall, in front of a hall, and the page of the rooms."""

import re
import shutil
import signal
import socket

from tests.browser.pages import WALL, BrowserTestCase
from tests.browser.persons import Bidder
from tests.processes import AUCTION
from tests.web.types import STATIC
from twisted_auction.house.people import Person, Role
from twisted_auction.testing import pass_code

CATALOGUE = """\
lot,item,type,lowest_price,description,picture
1,Sextant,english:increment=5:duration=4:extension=2,100,Brass,
2a,Compass,first-price,50,,
3,Bell,english:duration=600,30,,
"""

AWAY = ("console: error: WebSocket connection to ", "console: error: Failed to load resource")
"""Chromium writes these while the server is away."""


class HallTestCase(BrowserTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.lots = self.folder / "lots.csv"
        self.lots.write_text(CATALOGUE)

    def talk(self, *lines: str) -> socket.socket:
        """A client of the lobby, which says these lines."""
        client = socket.create_connection(("127.0.0.1", int(self.lobby)))
        self.addCleanup(client.close)
        self.say(client, *lines)
        return client

    @staticmethod
    def say(client: socket.socket, *lines: str) -> None:
        client.sendall("".join(f"{line}\n" for line in lines).encode())

    @property
    def controlled(self) -> tuple[str, str]:
        """The option for the operator's orders."""
        return "--control", f"unix:{self.folder / 'control'}"

    def order(self, *words: str) -> None:
        """Give an order of the operator."""
        address = f"unix:{self.folder / 'control'}"
        answer = self.piped(*AUCTION, "control", "--at", address, *words, typed="").wait()
        self.assertEqual(answer[0], 0, answer)

    def wall(self, **options: object) -> Bidder:
        wall = Bidder(self.screen(WALL, **options), self.origin)
        wall.open("/room/main/wall")
        return wall

    def shows(self, person: Bidder, **texts: str) -> None:
        """Wait until these elements contain these texts."""
        for place, text in texts.items():
            person.place(place).filter(has_text=text).wait_for()

    def check(self, person: Bidder, state: str) -> None:
        self.check_access(person.page, state)
        self.check_width(person.page, state)


class WallTests(HallTestCase):
    def test_auctions(self) -> None:
        """A wall of a Seller's room, through an English auction and a sealed one."""
        self.serve()
        wall = self.wall()
        self.shows(wall, amount="Nothing is on sale.")
        self.check(wall, "nothing on sale")
        seller = self.talk("JOIN main", "english:duration=4:extension=2 100 2 Sword")
        wall.reads("item", "Sword")
        self.shows(wall, amount="$100", line="Waiting for more Buyers.")
        first, second = self.talk("JOIN main"), self.talk("JOIN main")
        self.shows(wall, line="No bid yet")
        self.say(first, "120")
        self.shows(wall, amount="$120", line="leads. Next bid $121.")
        self.check(wall, "a bid")
        self.shows(wall, call="Going once")
        self.shows(wall, call="Going twice")
        self.shows(wall, label="Sold to Buyer", amount="$120")
        self.check(wall, "sold")
        for client in (seller, first, second):
            client.close()
        self.talk("JOIN main", "first-price 50 2 Lamp")
        wall.reads("item", "Lamp")
        self.shows(wall, results="Sword")
        first, second = self.talk("JOIN main"), self.talk("JOIN main")
        self.shows(wall, label="Sealed bids in", amount="0 of 2")
        self.say(first, "77")
        self.shows(wall, amount="1 of 2")
        self.check(wall, "sealed bids")
        self.say(second, "88")
        self.shows(wall, amount="Finished")
        self.assertEqual([text for text in wall.heard if "77" in text or "88" in text], [])

    def test_restart(self) -> None:
        """The wall keeps the price while the server is away, and comes back by itself."""
        self.allowed = AWAY
        options = ("--ledger", str(self.folder / "ledger"))
        server = self.serve(*options)
        wall = self.wall()
        self.talk("JOIN main", "english:duration=600 100 1 Sword")
        wall.reads("item", "Sword")
        self.say(self.talk("JOIN main"), "130")
        self.shows(wall, amount="$130")
        server.send_signal(signal.SIGTERM)
        self.shows(wall, room="Connecting…", amount="$130")
        wall.page.locator("body.stale").wait_for()
        self.check(wall, "the server is away")
        self.serve(*options)
        self.shows(wall, room="Saleroom", amount="$130")
        wall.page.locator("body:not(.stale)").wait_for()

    def test_pictures(self) -> None:
        """The picture of a lot, as large as the hall needs it; a lot without one has its place."""
        folder = self.folder / "pictures"
        folder.mkdir()
        shutil.copy(STATIC / "icon-512.png", folder / "sextant.png")
        self.lots.write_text(
            "lot,item,type,lowest_price,picture\n"
            "1,Sextant,first-price,100,sextant.png\n"
            "2,Compass,english:duration=600,50,\n"
        )
        self.serve(
            *("--catalogue", str(self.lots), "--starts", "order", "--pictures", str(folder)),
            *("--lot-pause", "1", "--lot-time", "600", *self.controlled),
        )
        wall = self.wall()
        self.shows(wall, amount="The sale begins soon.")
        self.order("start")
        self.shows(wall, item="Sextant", next="Compass")
        wall.place("picture").wait_for()
        self.shows(wall, label="Sealed bids in")
        wall.place("call").filter(has_text=re.compile("^(10:00|9:5[0-9])$")).wait_for()
        box = wall.place("picture").bounding_box()
        assert box is not None
        self.assertGreater(min(box["width"], box["height"]), 400, box)
        self.check(wall, "a picture")
        self.order("close")
        self.shows(wall, item="Compass", results="Sextant")
        wall.place("picture").wait_for(state="hidden")
        self.check(wall, "no picture")

    def test_names(self) -> None:
        """With ``--show-names``, the hall reads names beside paddles."""
        people = self.list_people([Person(17, "Ada Smith"), Person(40, "Bob Lee")])
        self.lots.write_text(
            "lot,item,type,lowest_price\n1,Sextant,english:increment=5:duration=600,100\n"
        )
        self.serve(
            *("--people", people, "--catalogue", str(self.lots), "--starts", "now"),
            *("--lot-pause", "1", "--public-view", "--show-names", *self.controlled),
        )
        wall = self.wall()
        ada, bob = (self.talk(f"PASS {pass_code(paddle)}", "JOIN main") for paddle in (17, 40))
        self.shows(wall, line="No bid yet")
        self.say(ada, "100")
        self.shows(wall, line="Paddle 17, Ada Smith leads. Next bid $105.")
        self.say(bob, "110")
        self.shows(wall, line="Paddle 40, Bob Lee leads. Next bid $115.")
        self.check(wall, "a name")
        self.order("close")
        self.shows(wall, label="Sold to Paddle 40, Bob Lee", amount="$110")
        self.check(wall, "sold to a name")
        self.shows(wall, results="Sold to Paddle 40, Bob Lee for $110")

    def test_dutch(self) -> None:
        """A clock whose price falls before the eyes of the hall, until a Buyer takes it."""
        self.serve()
        wall = self.wall()
        self.talk("JOIN main", "dutch:start=90:step=10:interval=3 20 1 Bicycle")
        buyer = self.talk("JOIN main")
        self.shows(wall, item="Bicycle", label="The price falls", amount="$90")
        self.shows(wall, line="The first to take it buys.")
        self.shows(wall, amount="$80")
        self.shows(wall, amount="$70")
        self.check(wall, "a falling price")
        self.say(buyer, "accept")
        self.shows(wall, label="Sold to Buyer", amount="$")
        self.check(wall, "a price was taken")

    def test_code(self) -> None:
        """Where watching needs a code, the wall says so, and takes one."""
        self.serve("--people", self.list_people([Person(9, "Cy", Role.WATCHER)]))
        wall = self.wall()
        wall.sees("whose role is watcher")
        self.check(wall, "a code is asked for")
        wall.page.get_by_label("Pass code").fill(pass_code(9))
        wall.press("Come in")
        self.shows(wall, amount="Nothing is on sale.")

    def test_idle(self) -> None:
        """Without a movement, the pointer and the buttons are hidden."""
        self.serve()
        wall = self.wall()
        wall.page.locator("body.idle").wait_for()
        wall.page.mouse.move(10, 10)
        wall.page.mouse.move(20, 20)
        wall.page.locator("body:not(.idle)").wait_for()
        wall.page.keyboard.press("f")
        wall.page.wait_for_selector(":fullscreen", state="attached")


class RoomsTests(HallTestCase):
    def rooms(self, path: str = "/") -> Bidder:
        person = Bidder(self.phone(viewport={"width": 320, "height": 640}), self.origin)
        person.open(path)
        return person

    def test_strangers(self) -> None:
        """An empty house in words, and the way into a room."""
        self.serve()
        person = self.rooms()
        person.sees("Nothing is on sale yet.")
        self.check(person, "an empty house")
        self.talk("JOIN antiques", "english 100 2 Sword")
        person.page.reload()
        person.sees("antiques", "Sword")
        self.check(person, "two rooms")
        person.page.get_by_role("link", name="Take part").first.click()
        person.page.wait_for_url("**/room/main")

    def test_people(self) -> None:
        """The catalogue before the sale, without a code and with one."""
        people = self.list_people([Person(7, "Ada"), Person(99, "Zoe", Role.AUCTIONEER)])
        self.serve(
            *("--people", people, "--catalogue", str(self.lots), "--starts", "order"),
        )
        person = self.rooms()
        person.sees("Sextant", "Brass", "Lot 2a", "To come", "from $30")
        self.check(person, "a catalogue without a code")
        person.page.get_by_label("Pass code").fill(pass_code(7))
        person.press("Come in")
        person.sees("You are Paddle 7, Ada.")
        self.check(person, "a person")
        self.assertFalse(person.place("desk").is_visible())
        person.press("This is not me")
        person.sees("Your pass code")
        self.shows(self.rooms(f"/join/{pass_code(99)}"), desk="Desk")
