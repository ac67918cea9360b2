"""The talk over a web socket: the lobby, and a place in each of several rooms."""

from twisted.trial.unittest import SynchronousTestCase

from tests.support import LedgerFolderTestCase
from tests.web.live_support import PageHouse
from tests.web.strangers import TEXT, frame
from tests.web.support import needs_web


@needs_web
class RoomsTests(SynchronousTestCase):
    """Places in rooms, in a house without a list of people."""

    def setUp(self) -> None:
        self.house = PageHouse()

    def test_lobby(self) -> None:
        page = self.house.open_page("PING x", "LIST")
        self.assertEqual(
            page.read(),
            [
                {"letter": [{"type": "pong", "text": "x"}]},
                {
                    "letter": [
                        {"type": "room_is", "name": "main", "report": "waiting for the Seller"},
                        {"type": "rooms_in_use", "rooms": 1},
                    ]
                },
            ],
        )

    def test_two_rooms(self) -> None:
        """One socket has a seat in one room, and watches another."""
        page = self.house.open_page("JOIN art", "WATCH main")
        self.assertEqual(
            page.read(),
            [
                {
                    "room": "art",
                    "letter": [
                        {"type": "ticket_is", "ticket": "ticket-1"},
                        {"type": "role_seller"},
                        {"type": "ask_request"},
                    ],
                },
                {
                    "room": "main",
                    "letter": [{"type": "role_watcher"}, {"type": "nothing_on_sale"}],
                },
            ],
        )
        page.say("1 100 1 Sword", "art")
        page.say("1 100 1 Sword", "main")
        self.assertEqual(
            page.read(),
            [
                {
                    "room": "art",
                    "letter": [{"type": "request_received", "text": "1 100 1 Sword"}],
                },
                {
                    "room": "main",
                    "letter": [{"type": "not_done", "text": "you only watch room main."}],
                },
            ],
        )
        buyer = self.house.open_page("JOIN art")
        buyer.say("150", "art")
        last = page.read()[-1]
        self.assertEqual(last["letter"][-1]["type"], "sold_for")
        self.assertIs(last["ended"], True)
        page.say("150", "art")
        self.assertEqual(
            page.read(),
            [
                {
                    "letter": [
                        {
                            "type": "not_done",
                            "text": "you have no place in room art: say JOIN art.",
                        }
                    ]
                }
            ],
        )
        page.say("JOIN main")
        self.assertEqual(page.read_types("main"), ["ticket_is", "role_seller", "ask_request"])
        self.assertEqual(len(self.house.auctioneer.seats.watchers), 0)

    def test_second_seat_in_a_room(self) -> None:
        page = self.house.open_page("JOIN main", "JOIN main", "WATCH main")
        self.house.advance(1)  # the words were too many for a moment
        self.assertEqual(
            [frame["letter"][0] for frame in page.read()][1:],
            [{"type": "not_done", "text": "you have a seat in room main already."}] * 2,
        )

    def test_refused_by_a_room(self) -> None:
        """A refusal ends the place, and not the socket."""
        self.house.open_page("JOIN main")
        page = self.house.open_page("JOIN main", "PING x")
        self.assertEqual(
            page.read(),
            [
                {"room": "main", "letter": [{"type": "server_busy"}], "ended": True},
                {"letter": [{"type": "pong", "text": "x"}]},
            ],
        )

    def test_words_that_are_none(self) -> None:
        page = self.house.open_page()
        for text in (
            '"LIST"',
            "[",
            "[" * 2000,
            '{"say": 5}',
            '{"say": "a\\nb"}',
            '{"say": "\\ud800"}',
            '{"room": "a b", "say": "x"}',
            "{}",
        ):
            page.send(frame(TEXT, text.encode()))
        self.house.advance(1)
        texts = [frame["letter"][0]["text"] for frame in page.read()]
        self.assertEqual(texts, ['send an object such as {"say": "HELP"}, with one line.'] * 8)

    def test_long_line(self) -> None:
        """A line has the limit that it has on other connections."""
        page = self.house.open_page("PING " + "ü" * 253)
        self.assertEqual(page.read_types(), ["pong"])
        page.say("PING " + "ü" * 254)
        self.assertEqual(page.read_types(), ["line_too_long"])
        self.assertEqual(page.code, 4002)

    def test_leaving_a_room(self) -> None:
        """QUIT to a room gives up the place there, and nothing else."""
        page = self.house.open_page("JOIN art", "WATCH main")
        page.read()
        page.say("QUIT", "main")
        page.say(" quit ", "art")
        self.assertEqual(
            page.read(),
            [
                {"room": "main", "letter": [{"type": "goodbye"}], "ended": True},
                {"room": "art", "letter": [{"type": "seat_given_up"}], "ended": True},
            ],
        )
        self.assertTrue(self.house.rooms["art"].is_idle)
        self.assertIsNone(page.code)

    def test_goodbye(self) -> None:
        page = self.house.open_page("JOIN art")
        page.read()
        page.say("QUIT ticket-1")
        self.assertEqual(
            page.read(),
            [
                {"room": "art", "letter": [{"type": "seat_given_up"}], "ended": True},
                {"letter": [{"type": "goodbye"}]},
            ],
        )
        self.assertEqual(page.code, 4000)
        self.assertTrue(page.transport.disconnecting)

    def test_tickets(self) -> None:
        """A ticket brings a page back after a cut, and another page takes the seat from it."""
        page = self.house.open_page("JOIN art", "JOIN main")
        page.read()
        page.disconnect()
        self.assertEqual(self.house.auctioneer.occupancy.away.keys(), {0})
        again = self.house.open_page("RESUME ticket-2", "RESUME ticket-1")
        self.assertEqual(
            [(frame["room"], frame["letter"][0]["type"]) for frame in again.read()],
            [("main", "role_seller"), ("art", "role_seller")],
        )
        third = self.house.open_page("RESUME ticket-1")
        self.assertEqual(third.read_types("art"), ["role_seller", "ask_request"])
        self.assertEqual(
            again.read(), [{"room": "art", "letter": [{"type": "came_back"}], "ended": True}]
        )
        third.say("RESUME ticket-1")
        self.assertEqual(third.read_types("art"), ["role_seller", "ask_request"])
        self.house.advance(1)  # coming back twice has a cost
        third.say("1 100 1 Sword", "art")
        self.assertEqual(third.read_types("art"), ["request_received"])

    def test_result_of_a_ticket(self) -> None:
        """The room of a result is the one that the page names."""
        seller = self.house.open_page("JOIN art")
        seller.say("1 100 1 Sword", "art")
        seller.disconnect()
        buyer = self.house.open_page("JOIN art")
        buyer.say("150", "art")
        page = self.house.open_page()
        page.say("RESUME ticket-1", "art")
        (frame,) = page.read()
        self.assertEqual((frame["room"], frame["ended"]), ("art", True))
        self.assertEqual(frame["letter"][-1]["type"], "sold_for")
        page.say("RESUME ticket-1")
        self.assertNotIn("room", page.read()[0])

    def test_wrong_ticket(self) -> None:
        page = self.house.open_page("RESUME x", "PING x")
        self.assertEqual(page.read(), [])
        self.house.advance(1)
        self.assertEqual(page.read_types(), ["not_done", "pong"])


@needs_web
class LedgerTests(LedgerFolderTestCase):
    def test_leaving_before_the_commit(self) -> None:
        """A page that says QUIT before its result is on the disk is told the result alone."""
        house = PageHouse(ledger=self.path)
        self.addCleanup(house.rooms.close_ledger)
        house.open_page("JOIN main").say("1 100 1 Sword", "main")
        buyer = house.open_page("JOIN main")
        buyer.read()
        buyer.say("150", "main")
        buyer.say("QUIT", "main")
        self.assertEqual(buyer.read(), [])
        house.advance(0)
        (result,) = buyer.read()
        self.assertEqual(result["letter"][-1]["type"], "you_won")
        self.assertIs(result["ended"], True)
