"""People with pass codes over a web socket."""

from dataclasses import replace

from twisted.trial.unittest import SynchronousTestCase

from tests.support import logged_lines
from tests.web.live_support import PageHouse
from tests.web.support import needs_web
from twisted_auction.house.people import People, Person, Role
from twisted_auction.rules.commands import Expel, Readmit
from twisted_auction.testing import pass_code, with_codes
from twisted_auction.web.settings import missing_extra
from twisted_auction.wire import messages
from twisted_auction.wire.letter import Letter

if not missing_extra():
    from wsproto.events import Event

    from twisted_auction.web.frames import Frames

PEOPLE = with_codes(
    People(
        [
            Person(17, "Ada"),
            Person(18, "Ben", room="art"),
            Person(21, "Cyd", Role.SELLER),
            Person(30, "Dee", Role.WATCHER),
        ]
    )
)
CATALOGUE = b"english:duration=60 5 0 Rope\n1 5 0 Bell\n"


def cookie(code: str) -> str:
    """The header field with a code."""
    return f"Cookie: auction={code}"


@needs_web
class PeopleTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.house = PageHouse(people=PEOPLE, catalogue=CATALOGUE)

    def test_cookie(self) -> None:
        """The first letter says who the client is."""
        page = self.house.open_page("JOIN main", fields=[cookie(pass_code(17))])
        first, second = page.read()
        self.assertEqual(
            first, {"letter": [{"type": "you_are_paddle", "paddle": 17, "name": "Ada"}]}
        )
        self.assertEqual(second["letter"][0]["type"], "role_buyer")
        self.assertEqual(self.house.auctioneer.occupancy.connected, (17,))

    def test_wrong_cookie(self) -> None:
        """It is refused after the delay of any wrong code, and a typed one can follow."""
        page = self.house.open_page(f"PASS {pass_code(17)}", fields=[cookie("0000-0000-0001")])
        self.assertEqual(page.read(), [])
        self.house.advance(1)
        self.assertEqual(page.read_types(), ["not_done", "you_are_paddle"])

    def test_readmitted(self) -> None:
        """A person that was expelled is told that it may come back, on all its pages; no other."""
        pages = [
            self.house.open_page("JOIN main", fields=[cookie(pass_code(paddle))])
            for paddle in (17, 30)
        ]
        other = self.house.open_page("LIST", fields=[cookie(pass_code(17))])
        give = self.house.auctioneer.orders.give
        give(Expel(17), reason="Loud.")
        for page in (*pages, other):
            page.read()
        give(Readmit(17))
        told = {"letter": [{"type": "you_are_readmitted", "room": "main"}]}
        self.assertEqual([page.read() for page in (*pages, other)], [[told], [], [told]])
        pages[0].say("JOIN main")
        self.assertIn("role_buyer", pages[0].read_types("main"))

    def test_guessing(self) -> None:
        """The delays grow, and then the socket is closed."""
        page = self.house.open_page(*["PASS 0000-0000-0001"] * 8)
        told: list[str] = []
        for _ in range(64):
            self.house.advance(1)
            told += page.read_types()
        self.assertEqual([each for each in told if each != "pong"], ["not_done"] * 6)
        self.assertEqual(page.code, 4004)

    def test_without_a_code(self) -> None:
        """A stranger may list the rooms, and nothing else unless everyone may watch."""
        page = self.house.open_page("LIST", "WATCH main", "JOIN main")
        self.assertEqual(page.read_types(), ["room_is", "rooms_in_use", "not_done", "not_done"])
        public = PageHouse(people=PEOPLE, catalogue=CATALOGUE, public_view=True)
        page = public.open_page("WATCH main", "JOIN main")
        self.assertEqual(page.read_types("main")[0], "role_watcher")
        self.assertEqual(page.read_types(), ["not_done"])

    def test_second_device(self) -> None:
        """The newest connection has the seat, over a socket or not."""
        phone = self.house.open_page("JOIN main", fields=[cookie(pass_code(17))])
        phone.read()
        tablet = self.house.open_page(f"PASS {pass_code(17)}", "JOIN main")
        self.assertEqual(
            phone.read(), [{"room": "main", "letter": [{"type": "came_back"}], "ended": True}]
        )
        self.assertEqual(tablet.read_types("main")[0], "role_buyer")
        typed = self.house.connect_to_lobby(f"PASS {pass_code(17)}", "JOIN main")
        self.assertEqual(tablet.read_types("main"), ["came_back"])
        self.assertEqual(typed.read_lines()[1], "Your role is: [Buyer]")
        phone.say("JOIN main")
        self.house.clock.advance(0)
        self.assertTrue(typed.is_closed)
        self.assertEqual(phone.read_types("main")[0], "role_buyer")

    def test_cut(self) -> None:
        """After a cut, the code and JOIN bring a person back to its seat and its bid."""
        page = self.house.open_page("JOIN main", fields=[cookie(pass_code(17))])
        self.house.advance(6)
        page.say("50", "main")
        page.disconnect()
        self.assertEqual(self.house.auctioneer.occupancy.away.keys(), {17})
        again = self.house.open_page("JOIN main", fields=[cookie(pass_code(17))])
        self.assertEqual(self.house.auctioneer.occupancy.away, {})
        self.assertIn("bid_stands", again.read_types("main"))

    def test_another_person(self) -> None:
        """With a second code, a browser leaves the places of its first person."""
        page = self.house.open_page("JOIN main", fields=[cookie(pass_code(17))])
        page.read()
        page.say(f"PASS {pass_code(17)}")
        self.assertEqual(page.read_types("main"), [])
        page.say(f"PASS {pass_code(30)}")
        self.assertEqual(
            page.read()[1:],
            [
                {"room": "main", "letter": [{"type": "goodbye"}], "ended": True},
                {"letter": [{"type": "you_are_paddle", "paddle": 30, "name": "Dee"}]},
            ],
        )
        self.assertEqual(self.house.auctioneer.occupancy.away.keys(), {17})
        page.say("JOIN main")
        self.assertEqual(page.read_types("main")[0], "role_watcher")

    def test_one_room(self) -> None:
        page = self.house.open_page("JOIN main", "JOIN art", fields=[cookie(pass_code(18))])
        self.assertEqual(page.read_types(), ["you_are_paddle", "not_done"])
        self.assertEqual(page.read_types("art"), ["server_busy"])  # a Seller is to come

    def test_withdrawn_code(self) -> None:
        """A change of the list ends the place of a person who was taken off it."""
        page = self.house.open_page("JOIN main", fields=[cookie(pass_code(17))])
        page.read()
        self.house.rooms.replace_people(
            People(person for person in PEOPLE.persons.values() if person.paddle != 17)
        )
        self.house.clock.advance(0)
        self.assertEqual(
            page.read(), [{"room": "main", "letter": [{"type": "pass_withdrawn"}], "ended": True}]
        )
        page.say("JOIN main")
        self.assertEqual(page.read_types(), ["not_done"])

    def test_withdrawn_lots(self) -> None:
        """The list of all lots ends for a person who was taken off, or may go elsewhere only. The
        next code begins it again."""
        house = PageHouse(people=PEOPLE, catalogue=CATALOGUE, together=True)
        ada, cyd, dee = (
            house.open_page("WATCH *", fields=[cookie(pass_code(who))]) for who in (17, 21, 30)
        )
        for page in (ada, cyd, dee):
            self.assertEqual(page.read_types("*")[0], "all_lots")
        changes = {17: None, 21: replace(PEOPLE.persons[21], room="1"), 30: PEOPLE.persons[30]}
        house.rooms.replace_people(People(person for person in changes.values() if person))
        house.clock.advance(0)
        last = {"room": "*", "letter": [{"type": "pass_withdrawn"}], "ended": True}
        self.assertEqual([ada.read()[1:], cyd.read()[1:]], [[last], [last]])
        self.assertEqual(len(dee.read()), 1)
        ada.say("MINE")
        self.assertEqual(ada.read_types(), ["not_done"])
        ada.say(f"PASS {pass_code(30)}")
        ada.say("WATCH *")
        self.assertEqual(ada.read_types("*")[0], "all_lots")

    def test_leaving_a_room(self) -> None:
        page = self.house.open_page("JOIN main", fields=[cookie(pass_code(17))])
        page.read()
        page.say("QUIT", "main")
        self.assertEqual(
            page.read(), [{"room": "main", "letter": [{"type": "seat_given_up"}], "ended": True}]
        )
        self.assertEqual(self.house.auctioneer.occupancy.connected, ())

    def test_code_in_a_room(self) -> None:
        """No room sees a pass code, and no log."""
        logged = logged_lines(self)
        page = self.house.open_page("JOIN main", fields=[cookie(pass_code(17))])
        page.read()
        page.say(f"pass {pass_code(17)}", "main")
        self.assertEqual(page.read_types("main"), ["not_done"])
        self.assertNotIn(pass_code(17), "".join([*logged, *self.house.console]))

    def test_names(self) -> None:
        """With names, each letter is still encoded once for all."""
        house = PageHouse(people=PEOPLE, catalogue=CATALOGUE, show_names=True, public_view=True)
        pages = [house.open_page("WATCH main") for _ in range(3)]
        bidder = house.open_page("JOIN main", fields=[cookie(pass_code(17))])
        house.advance(6)
        for page in pages:
            page.read()
        encoded = []
        encode = house.sockets.frames._encoder.send

        def count(event: "Event") -> bytes:
            encoded.append(event)
            return encode(event)

        self.patch(house.sockets.frames._encoder, "send", count)
        bidder.say("50", "main")
        house.advance(1)
        told = [page.read() for page in pages]
        self.assertIn({"type": "buyer_is", "buyer": 17, "name": "Ada"}, told[0][0]["letter"])
        self.assertEqual(told[1:], told[:1] * 2)
        self.assertLess(len(encoded), 6)

    def test_frames_of_many_rooms(self) -> None:
        """A letter that is never forgotten keeps the frame of one room."""
        frames, letter = Frames(), Letter(messages.BidReceived())
        for room in ("art", "hats", "art"):
            self.assertIn(b'"room": "%b"' % room.encode(), frames.encode(letter, room))
        self.assertEqual(len(letter.derived), 1)
