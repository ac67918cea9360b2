"""The desk over a web socket."""

from twisted.trial.unittest import SynchronousTestCase

from tests.web.live_support import PageHouse
from tests.web.support import needs_web
from twisted_auction.house.doors import Doors
from twisted_auction.house.people import People, Person, Role
from twisted_auction.rules.terms import Terms
from twisted_auction.testing import pass_code, with_codes

PEOPLE = with_codes(
    People([Person(1, "Ada", limit=500), Person(2), Person(100, "Zoe", Role.AUCTIONEER)])
)


@needs_web
class DeskSocketTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.house = PageHouse(
            terms=Terms(lot_pause=5),
            people=PEOPLE,
            catalogue=b"english 5 0 Rope\n1 5 0 Bell\n",
            doors=Doors("order"),
        )

    def test_desk(self) -> None:
        """Orders and the desk are of the lobby, and a place in a room is beside them."""
        desk = self.house.open_page(f"PASS {pass_code(100)}", "WATCH main", "DESK main")
        bidder = self.house.open_page(f"PASS {pass_code(1)}", "JOIN main")
        self.house.advance(0.3)
        self.assertEqual(
            desk.read_types(),
            ["you_are_paddle", "desk_of", "desk_auction", "sale_lot", "sale_lot", "desk_seat"],
        )
        desk.say("ORDER start")
        self.house.advance(6)
        bidder.say("50", "main")
        self.house.advance(1)
        self.assertIn("desk_bid", desk.read_types())
        self.assertIn("highest_bid", desk.read_types("main"))
        bidder.disconnect()
        self.house.advance(2)
        (letter,) = (frame["letter"] for frame in desk.read() if "room" not in frame)
        self.assertEqual(
            [seat["state"] for seat in letter if seat["type"] == "desk_seat"], ["away"]
        )
        desk.disconnect()
        self.assertEqual(self.house.rooms.news.followers, {})

    def test_account(self) -> None:
        """A participant without a pass code reads its own account, by its place in the room."""
        house = PageHouse(catalogue=b"english 5 1 Rope\n1 5 1 Bell\n")
        page = house.open_page("JOIN main")
        house.advance(6)
        page.say("50", "main")
        page.say("SALE main")
        house.advance()
        account = page.read()[-1]["letter"][-1]
        self.assertEqual((account["due"], account["bound"]), (0, 50))
        house.advance(100)
        page.say("SALE main")
        house.advance()
        account = page.read()[-1]["letter"][-1]
        self.assertEqual((account["lots"], account["due"], account["bound"]), (1, 50, 50))
