import tempfile
from pathlib import Path
from zoneinfo import ZoneInfo

from twisted.trial.unittest import SynchronousTestCase

from tests.support import SeatTestCase
from twisted_auction.testing import MemoryHouse

HELP = (
    "Say one of: LIST, JOIN room, WATCH room, RESUME ticket, PING text, JSON, HELP, QUIT [ticket]."
)
SELLER = ["Your role is: [Seller]", "Please submit auction request:"]
BUYER = "Your role is: [Buyer]"
WAITING = "The Auctioneer is still waiting for other Buyer to connect..."
START = ["Bidding start!", "Please submit your bid:"]
RECEIVED = "Bid received. Please wait..."
FINISHED = "Auction finished!"
LOST = "Unfortunately you did not win in the last round."
WATCHER = "Your role is: [Watcher]"
GIVEN_UP = "Your seat was given up while you were away."
UNKNOWN = "Not done: there is no such ticket."


class LobbyTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.house = MemoryHouse(max_rooms=3)

    def test_verbs(self) -> None:
        visitor = self.house.connect_to_lobby()
        self.assertEqual(visitor.read_lines(), [])
        visitor.send_lines(
            "help", " PING  a b ", "PING", "LIST", "", "JOIN_ME", "\xff", "Quit", "LIST"
        )
        self.assertEqual(
            visitor.read_lines(),
            [
                HELP,
                "Pong: a b",
                "Pong:",
                "Room main: waiting for the Seller.",
                "Rooms: 1.",
                HELP,
                HELP,
                HELP,
                "Goodbye.",
            ],
        )
        self.assertTrue(visitor.is_closed)
        visitor.disconnect()

    def test_time(self) -> None:
        """The time of day in the house is that of its clock on the wall, in its time zone."""
        house = MemoryHouse(zone=ZoneInfo("Europe/Berlin"), wall_ahead=3600)
        visitor = house.connect_to_lobby("TIME", "time now")
        told = "It is 2027-01-15T10:00 in the time zone Europe/Berlin."
        self.assertEqual(visitor.read_lines(), [told, told])
        house.advance(59)
        visitor.send_lines("TIME")
        self.assertEqual(visitor.read_lines(), [told])
        house.advance(1)
        visitor.send_lines("TIME")
        self.assertEqual(visitor.read_lines(), [told.replace("10:00", "10:01")])

    def test_words_as_phones_type_them(self) -> None:
        visitor = self.house.connect_to_lobby("Ping x", "\ufeffping y")
        self.assertEqual(visitor.read_lines(), ["Pong: x", "Pong: y"])

    def test_json(self) -> None:
        """The coding changes with the answer to the verb, for good; earlier answers are lines."""
        visitor = self.house.connect_to_lobby("PING a", "json", "PING b", "Json", "LIST")
        answer, *array = visitor.read_lines()
        self.assertEqual(answer, "Pong: a")
        self.assertEqual(
            array,
            [
                '[{"type": "json_follows"}]',
                '[{"type": "pong", "text": "b"}]',
                '[{"type": "json_follows"}]',
                '[{"type": "room_is", "name": "main", "report": "waiting for the Seller"}, '
                '{"type": "rooms_in_use", "rooms": 1}]',
            ],
        )
        visitor.send_lines("x" * 513)
        self.assertEqual(visitor.read_lines(), ['[{"type": "line_too_long"}]'])
        self.assertTrue(visitor.is_closed)
        self.assertEqual(self.house.connect_to_lobby("PING a").read_lines(), ["Pong: a"])

    def test_json_in_a_room(self) -> None:
        """A whole auction in which some participants receive JSON, and all send the same words."""
        seller = self.house.connect_to_lobby("JSON", "JOIN art", "2 100 2 Sword")
        self.assertEqual(
            seller.read_json()[1:],
            [
                [
                    {"type": "ticket_is", "ticket": "ticket-1"},
                    {"type": "role_seller"},
                    {"type": "ask_request"},
                ],
                [{"type": "request_received", "text": "2 100 2 Sword"}],
            ],
        )
        watcher = self.house.connect_to_lobby("WATCH art", "JSON")
        self.assertEqual(
            watcher.read_lines()[-2:], ["Buyers: 0 of 2.", '[{"type": "json_follows"}]']
        )
        buyers = [self.house.connect_to_lobby(*said, "JOIN art") for said in ([], ["JSON"])]
        self.assertEqual(buyers[0].read_lines(), ["Ticket: ticket-2", BUYER, WAITING, *START])
        time_left = {"type": "time_left", "until": "end", "seconds": 300}
        self.assertEqual(
            buyers[1].read_json()[1:],
            [
                [
                    {"type": "ticket_is", "ticket": "ticket-3"},
                    {"type": "role_buyer"},
                    {"type": "bidding_start"},
                    {"type": "ask_bid"},
                    time_left,
                ]
            ],
        )
        buyers[1].send_lines("JSON", "9007199254740993")
        self.assertEqual(
            buyers[1].read_json(),
            [
                [{"type": "bid_refused", "reason": ""}, {"type": "ask_bid"}],
                [{"type": "bid_received"}],
            ],
        )
        buyers[0].send_lines("9007199254740992")
        self.assertEqual(
            seller.read_json(),
            [
                [time_left],
                [
                    {"type": "auction_finished"},
                    {"type": "sold_for", "item_name": "Sword", "payment": "9007199254740992"},
                ],
            ],
        )
        self.assertEqual(buyers[0].read_lines(), [RECEIVED, FINISHED, LOST])
        bids = [{"type": "bids_in", "received": n, "expected": 2} for n in range(3)]
        self.assertEqual(
            watcher.read_json()[1:],
            [
                [
                    {"type": "buyers_there", "there": 2, "needed": 2},
                    {"type": "bidding_start"},
                    bids[0],
                    time_left,
                ],
                [bids[1]],
                [bids[2], {"type": "auction_finished"}],
            ],
        )
        self.assertTrue(buyers[1].is_closed)

    def test_json_after_a_cut(self) -> None:
        """A connection that comes back chooses its coding anew."""
        self.house.connect_to_lobby("JSON", "JOIN art").disconnect()
        again = self.house.connect_to_lobby("RESUME ticket-1")
        self.assertEqual(again.read_lines(), SELLER)
        again.disconnect()
        last = self.house.connect_to_lobby("JSON", "RESUME ticket-1")
        self.assertEqual(last.read_json()[1:], [[{"type": "role_seller"}, {"type": "ask_request"}]])

    def test_no_text(self) -> None:
        visitor = self.house.connect_to_lobby()
        visitor.send(b"PING \xfe\xff\nJOIN \xff\n")
        self.assertEqual(
            visitor.read_lines(),
            [
                "Pong: \ufffd\ufffd",
                "Not done: a room's name is 1 to 32 letters, digits, hyphens and underscores.",
            ],
        )

    def test_line_too_long(self) -> None:
        visitor = self.house.connect_to_lobby("x" * 513)
        self.assertEqual(visitor.read_lines(), ["Line too long."])
        self.assertTrue(visitor.is_closed)

    def test_join(self) -> None:
        """First the ticket, and then the same lines as on the other port."""
        seller = self.house.connect_to_lobby("join art")
        self.assertEqual(seller.read_lines(), ["Ticket: ticket-1", *SELLER])
        seller.send_lines("nonsense", "2 100 2 Sword")
        self.assertEqual(
            seller.read_lines(),
            [
                "Invalid auction request!",
                "Please submit auction request:",
                "Auction request received: 2 100 2 Sword",
            ],
        )
        buyers = [self.house.connect_to_lobby("JOIN art") for _ in range(2)]
        self.assertEqual(buyers[0].read_lines(), ["Ticket: ticket-2", BUYER, WAITING, *START])
        self.assertEqual(buyers[1].read_lines(), ["Ticket: ticket-3", BUYER, *START])
        buyers[0].send_lines("150", "PING x")
        self.assertEqual(
            buyers[0].read_lines(), [RECEIVED, "Your bid is already in. Please wait..."]
        )
        buyers[1].send_lines("120")
        self.assertEqual(
            seller.read_lines(), [FINISHED, "Success! Your item Sword has been sold for $120"]
        )
        self.assertEqual(
            buyers[0].read_lines(), [FINISHED, "You won this item Sword! Your payment due is $120"]
        )
        self.assertEqual(buyers[1].read_lines(), [RECEIVED, FINISHED, LOST])
        for visitor in (seller, *buyers):
            self.assertTrue(visitor.is_closed)
            visitor.send_lines("LIST")
            self.assertEqual(visitor.read_lines(), [])

    def test_turned_away(self) -> None:
        self.house.connect_to_lobby("JOIN art")
        newcomer = self.house.connect_to_lobby("JOIN art")
        self.assertEqual(newcomer.read_lines(), ["Server busy!"])
        self.assertTrue(newcomer.is_closed)

    def test_list_of_many_rooms(self) -> None:
        """A hundred at a time. Other words after LIST have no meaning."""
        lots = b"english 5 0 Cup\n" * 230
        house = MemoryHouse(catalogue=lots, together=True)
        for words, first, listed in [
            ("LIST", 1, 100),
            ("LIST 0", 1, 100),
            ("LIST all", 1, 100),
            ("LIST -5", 1, 100),
            ("LIST 2", 2, 100),
            ("list 101", 101, 100),
            ("LIST 201", 201, 30),
            ("LIST 231", 231, 0),
            ("LIST 999999", 231, 0),
        ]:
            lines = house.connect_to_lobby(words).read_lines()
            names = [line.split(":")[0] for line in lines]
            expected = [f"Room {number}" for number in range(first, first + listed)]
            self.assertEqual(names, [*expected, "Rooms"], words)
            self.assertEqual(lines[-1], "Rooms: 230.")

    def test_one_house(self) -> None:
        """The lobby leads into the other port's room too. No room is told about another."""
        seller = self.house.connect()
        seller.send_lines("2 100 1 Shield")
        self.house.connect_to_lobby("JOIN art", "2 100 1 Sword")
        buyer = self.house.connect_to_lobby("JOIN main")
        self.assertEqual(buyer.read_lines(), ["Ticket: ticket-2", BUYER, *START])
        lister = self.house.connect_to_lobby("LIST")
        self.assertEqual(
            lister.read_lines(),
            [
                "Room main: Shield, second-price, bids: 0, awaited: 1, seconds left: 300.",
                "Room art: Sword, second-price, Buyers: 0 of 1.",
                "Rooms: 2.",
            ],
        )
        buyer.send_lines("100")
        self.assertEqual(
            seller.read_lines()[-1], "Success! Your item Shield has been sold for $100"
        )

    def test_quits_the_seat(self) -> None:
        """A room knows no verbs: a client leaves by closing the connection."""
        seller = self.house.connect_to_lobby("JOIN art", "QUIT")
        self.assertEqual(
            seller.read_lines()[-2:], ["Invalid auction request!", "Please submit auction request:"]
        )

    def test_closing(self) -> None:
        seller, watcher = (
            self.house.connect_to_lobby("JOIN a"),
            self.house.connect_to_lobby("WATCH b"),
        )
        undecided = self.house.connect_to_lobby()
        self.house.connect()
        for visitor in (seller, watcher):
            visitor.read_lines()
        self.house.lobby.doStart()
        self.house.lobby.doStop()
        for visitor, prospect in [
            (seller, " This auction has no result."),
            (watcher, ""),
            (undecided, ""),
        ]:
            self.assertEqual(visitor.read_lines(), [f"The Auctioneer is closing.{prospect}"])
            self.assertTrue(visitor.is_closed)
            visitor.send_lines("JOIN a")
            self.assertEqual(visitor.read_lines(), [])
            visitor.disconnect()
        self.house.advance(10)
        self.assertEqual(self.house.clock.getDelayedCalls(), [])


class TicketTests(SeatTestCase):
    """The lobby's answers to tickets, and their delays."""

    def test_gives_up_nothing(self) -> None:
        """With a wrong ticket, or for the second time, QUIT only says goodbye."""
        self.opened("1 100 2 Sword", 1)[0].disconnect()
        for ticket in ("ticket-2", "ticket-2", "nonsense", ""):
            quitter = self.house.connect_to_lobby(f"QUIT {ticket}")
            self.assertEqual(quitter.read_lines(), ["Goodbye."])
        self.assertEqual(self.seller.read_lines(), [])
        self.assertEqual(self.resumes(2).read_lines(), [GIVEN_UP])

    def test_closed_while_it_waits(self) -> None:
        """A delayed answer to a wrong ticket does not delay the closing of the house."""
        visitor = self.house.connect_to_lobby("RESUME x", "PING x")
        self.house.lobby.doStart()
        self.house.lobby.doStop()
        self.house.advance(1)
        self.assertEqual(visitor.read_lines(), ["The Auctioneer is closing."])
        self.assertTrue(visitor.is_closed)

    def test_on_the_same_connection(self) -> None:
        """A participant's line goes to the room, also if it looks like a verb."""
        buyers = self.opened("1 100 1 Sword", 1)
        buyers[0].send_lines("RESUME ticket-2")
        self.assertEqual(
            buyers[0].read_lines(),
            ["Invalid bid. Please submit a positive integer!", "Please submit your bid:"],
        )

    def test_wrong_ticket(self) -> None:
        visitor = self.house.connect_to_lobby("RESUME ticket-7", "RESUME", "PING x")
        self.assertEqual(visitor.read_lines(), [])
        self.house.advance(0.9)
        self.assertEqual(visitor.read_lines(), [])
        self.house.advance(0.1)
        self.assertEqual(visitor.read_lines(), [UNKNOWN])
        self.house.advance(1.9)
        self.assertEqual(visitor.read_lines(), [])
        self.house.advance(0.1)
        self.assertEqual(visitor.read_lines(), [UNKNOWN, "Pong: x"])
        for delay in (4, 8, 16):
            visitor.send_lines("RESUME x")
            self.house.advance(delay - 0.1)
            self.assertEqual(visitor.read_lines(), [])
            self.house.advance(0.1)
            self.assertEqual(visitor.read_lines(), [UNKNOWN])
        visitor.send_lines("RESUME ticket-1")
        self.assertEqual(visitor.read_lines(), SELLER)

    def test_guesses(self) -> None:
        """After six wrong tickets the connection is closed; the client may try again on another."""
        visitor = self.house.connect_to_lobby(*["RESUME x"] * 7, "PING")
        self.house.advance(62)
        self.assertEqual(visitor.read_lines(), [UNKNOWN] * 5)
        self.assertFalse(visitor.is_closed)
        self.house.advance(1)
        self.assertEqual(visitor.read_lines(), [UNKNOWN])
        self.assertTrue(visitor.is_closed)
        visitor.disconnect()

    def test_answer_follows_the_commit(self) -> None:
        """The lobby reports only committed events, and its answers keep their order."""
        with tempfile.TemporaryDirectory() as folder:
            self.meet(MemoryHouse(ledger=Path(folder, "ledger")))
            self.house.advance()
            visitor = self.house.connect_to_lobby()
            self.seller.send_lines("2 100 2 Sword")
            visitor.send_lines("LIST", "PING x")
            self.assertEqual(visitor.read_lines(), [])
            self.house.advance()
            self.assertEqual(
                visitor.read_lines(),
                [
                    "Room main: waiting for the Seller.",
                    "Room art: Sword, second-price, Buyers: 0 of 2.",
                    "Rooms: 2.",
                    "Pong: x",
                ],
            )
            self.house.rooms.close_ledger()

    def test_watcher_comes_back(self) -> None:
        """With the ticket of a seat, a Watcher becomes that Buyer and watches no more, neither
        another room nor its own."""
        for watched in ("hall", "art"):
            self.meet(MemoryHouse())
            buyers = self.opened("3 100 2 Sword")
            buyers[0].disconnect()
            back = self.house.connect_to_lobby(f"WATCH {watched}")
            back.read_lines()
            back.send_lines("RESUME ticket-2")
            self.assertEqual(back.read_lines()[0], "Your role is: [Buyer]")
            other = self.house.connect_to_lobby("JOIN hall", "1 100 1 Shield")
            other.disconnect()
            self.assertEqual(back.read_lines(), [])
            back.send_lines("100")
            self.house.advance(1)
            buyers[1].send_lines("150")
            self.house.advance(1)
            self.assertEqual(
                back.read_lines(),
                [
                    "You hold the highest bid: $100.",
                    "Highest bid: $100 by Buyer 1. Asking price: $101. Seconds left: 60.",
                    "You have been outbid: Buyer 2 bids $150.",
                    "Highest bid: $150 by Buyer 2. Asking price: $151. Seconds left: 59.",
                ],
            )
            self.house.advance(60)
            sold = "Sold: Sword to Buyer 2 for $150"
            self.assertEqual(back.read_lines()[-3:], [FINISHED, sold, LOST])
            self.assertTrue(back.is_closed)

    def test_wrong_ticket_of_a_watcher(self) -> None:
        """A Watcher with a wrong ticket goes on watching."""
        watcher = self.house.connect_to_lobby("WATCH art", "RESUME x")
        watcher.read_lines()
        self.house.advance(1)
        self.seller.send_lines("1 100 2 Sword")
        self.assertEqual(watcher.read_lines()[:2], [UNKNOWN, "On sale: Sword"])

    def test_wrong_ticket_and_gone(self) -> None:
        self.seller.disconnect()
        self.house.advance(60)
        visitor = self.house.connect_to_lobby("RESUME ticket-7")
        visitor.disconnect()
        self.assertEqual(self.house.clock.getDelayedCalls(), [])

    def test_digest_is_no_ticket(self) -> None:
        """A reader of the ledger cannot take a participant's seat."""
        (digest,) = self.house.rooms["art"].seats.tickets.keys.values()
        self.assertEqual(len(digest), 64)
        visitor = self.house.connect_to_lobby(f"RESUME {digest}")
        self.house.advance(1)
        self.assertEqual(visitor.read_lines(), [UNKNOWN])


class WatcherTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.house = MemoryHouse()
        self.watcher = self.house.connect_to_lobby("WATCH art")
        self.assertEqual(self.watcher.read_lines(), [WATCHER, "Nothing is on sale."])

    def test_has_no_say(self) -> None:
        """A Watcher's lines are the lobby's verbs."""
        self.house.connect_to_lobby("JOIN art", "3 100 1 Sword")
        self.house.connect_to_lobby("JOIN art")
        self.watcher.read_lines()
        self.watcher.send_lines("150", "close", "PING x")
        self.assertEqual(self.watcher.read_lines(), [HELP, HELP, "Pong: x"])

    def test_moves_on(self) -> None:
        self.watcher.send_lines("WATCH other", "JOIN !")
        self.assertEqual(
            self.watcher.read_lines(),
            [
                WATCHER,
                "Nothing is on sale.",
                "Not done: a room's name is 1 to 32 letters, digits, hyphens and underscores.",
            ],
        )
        self.assertTrue(self.house.rooms["art"].is_idle)
        self.watcher.send_lines("JOIN art")
        self.assertEqual(self.watcher.read_lines(), ["Ticket: ticket-1", *SELLER])
        self.assertTrue(self.house.rooms["other"].is_idle)
