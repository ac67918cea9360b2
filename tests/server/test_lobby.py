import tempfile
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from twisted_auction.house import tickets
from twisted_auction.rules.events import SELLER as SELLER_NUMBER
from twisted_auction.rules.terms import Terms
from twisted_auction.server.limits import Limits
from twisted_auction.testing import MemoryClient, MemoryHouse

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
SEALED = [
    "On sale: Sword",
    "Format: second-price, from $100. One sealed bid each; the highest wins and pays the second "
    "highest.",
]
ENGLISH = [
    "On sale: Sword",
    "Format: english, from $100. Each bid is at least $1 above the highest. There are 60 seconds, "
    "and 10 more after a late bid.",
]
FLOOR = ["Bidding start!", "At any time: type an amount to bid."]
GIVEN_UP = "Your seat was given up while you were away."
CAME_BACK = "You have come back by another connection."
UNKNOWN = "Not done: there is no such ticket."


def highest(amount: int, buyer: int, seconds: int) -> str:
    """Where an English auction stands that has bids."""
    return (
        f"Highest bid: ${amount} by Buyer {buyer}. Asking price: ${amount + 1}. "
        f"Seconds left: {seconds}."
    )


class LobbyTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.room = MemoryHouse(max_rooms=3)

    def test_verbs(self) -> None:
        visitor = self.room.connect_to_lobby()
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

    def test_words_as_phones_type_them(self) -> None:
        visitor = self.room.connect_to_lobby("Ping x", "\ufeffping y")
        self.assertEqual(visitor.read_lines(), ["Pong: x", "Pong: y"])

    def test_json(self) -> None:
        """It begins with the answer to the verb, and lasts; what was asked before is in lines."""
        visitor = self.room.connect_to_lobby("PING a", "json", "PING b", "Json", "LIST")
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
        self.assertEqual(self.room.connect_to_lobby("PING a").read_lines(), ["Pong: a"])

    def test_json_in_a_room(self) -> None:
        """A whole auction in which some participants hear JSON, and all say the same words."""
        seller = self.room.connect_to_lobby("JSON", "JOIN art", "2 100 2 Sword")
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
        watcher = self.room.connect_to_lobby("WATCH art", "JSON")
        self.assertEqual(
            watcher.read_lines()[-2:], ["Buyers: 0 of 2.", '[{"type": "json_follows"}]']
        )
        buyers = [self.room.connect_to_lobby(*said, "JOIN art") for said in ([], ["JSON"])]
        self.assertEqual(buyers[0].read_lines(), ["Ticket: ticket-2", BUYER, WAITING, *START])
        self.assertEqual(
            buyers[1].read_json()[1:],
            [
                [
                    {"type": "ticket_is", "ticket": "ticket-3"},
                    {"type": "role_buyer"},
                    {"type": "bidding_start"},
                    {"type": "ask_bid"},
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
                [
                    {"type": "auction_finished"},
                    {"type": "sold_for", "item_name": "Sword", "payment": "9007199254740992"},
                ]
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
                ],
                [bids[1]],
                [bids[2], {"type": "auction_finished"}],
            ],
        )
        self.assertTrue(buyers[1].is_closed)

    def test_json_after_a_cut(self) -> None:
        """A connection that comes back chooses its coding anew."""
        self.room.connect_to_lobby("JSON", "JOIN art").disconnect()
        again = self.room.connect_to_lobby("RESUME ticket-1")
        self.assertEqual(again.read_lines(), SELLER)
        again.disconnect()
        last = self.room.connect_to_lobby("JSON", "RESUME ticket-1")
        self.assertEqual(last.read_json()[1:], [[{"type": "role_seller"}, {"type": "ask_request"}]])

    def test_no_text(self) -> None:
        visitor = self.room.connect_to_lobby()
        visitor.send(b"PING \xfe\xff\nJOIN \xff\n")
        self.assertEqual(
            visitor.read_lines(),
            [
                "Pong: \ufffd\ufffd",
                "Not done: a room's name is 1 to 32 letters, digits, hyphens and underscores.",
            ],
        )

    def test_line_too_long(self) -> None:
        visitor = self.room.connect_to_lobby("x" * 513)
        self.assertEqual(visitor.read_lines(), ["Line too long."])
        self.assertTrue(visitor.is_closed)

    def test_join(self) -> None:
        """With the ticket, and then exactly as on the other port."""
        seller = self.room.connect_to_lobby("join art")
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
        buyers = [self.room.connect_to_lobby("JOIN art") for _ in range(2)]
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
        self.room.connect_to_lobby("JOIN art")
        newcomer = self.room.connect_to_lobby("JOIN art")
        self.assertEqual(newcomer.read_lines(), ["Server busy!"])
        self.assertTrue(newcomer.is_closed)

    def test_one_house(self) -> None:
        """The lobby leads into the other port's room too, and rooms do not hear one another."""
        seller = self.room.connect()
        seller.send_lines("2 100 1 Shield")
        self.room.connect_to_lobby("JOIN art", "2 100 1 Sword")
        buyer = self.room.connect_to_lobby("JOIN main")
        self.assertEqual(buyer.read_lines(), ["Ticket: ticket-2", BUYER, *START])
        lister = self.room.connect_to_lobby("LIST")
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

    def test_many_rooms(self) -> None:
        full = "Not done: every room is in use, and there may not be more."
        first, second = self.room.connect_to_lobby("JOIN a"), self.room.connect_to_lobby("WATCH b")
        third = self.room.connect_to_lobby("JOIN c")
        self.assertEqual(third.read_lines(), [full])
        third.send_lines("JOIN a")
        self.assertEqual(third.read_lines(), ["Server busy!"])
        second.send_lines("QUIT")  # and its room can go
        fourth = self.room.connect_to_lobby("JOIN c")
        self.assertEqual(fourth.read_lines()[1:], SELLER)
        fifth = self.room.connect_to_lobby("WATCH b")
        self.assertEqual(fifth.read_lines(), [full])
        self.assertEqual(set(self.room.rooms), {"main", "a", "c"})
        first.disconnect()
        self.room.advance(59)
        fifth.send_lines("PING")
        self.room.advance(1)
        fifth.send_lines("WATCH b")
        self.assertEqual(fifth.read_lines(), ["Pong:", WATCHER, "Nothing is on sale."])

    def test_long_list(self) -> None:
        self.room = MemoryHouse(max_rooms=200, limits=Limits(max_per_peer=0))
        for number in range(150):
            self.room.connect_to_lobby(f"JOIN r{number}")
        lines = self.room.connect_to_lobby("LIST").read_lines()
        self.assertEqual(len(lines), 101)
        self.assertEqual(lines[-2:], ["Room r98: waiting for the Seller's request.", "Rooms: 151."])

    def test_quits_the_seat(self) -> None:
        """A room knows no verbs: whoever wants to go closes the connection."""
        seller = self.room.connect_to_lobby("JOIN art", "QUIT")
        self.assertEqual(
            seller.read_lines()[-2:], ["Invalid auction request!", "Please submit auction request:"]
        )

    def test_closing(self) -> None:
        seller, watcher = (
            self.room.connect_to_lobby("JOIN a"),
            self.room.connect_to_lobby("WATCH b"),
        )
        undecided = self.room.connect_to_lobby()
        self.room.connect()
        for visitor in (seller, watcher):
            visitor.read_lines()
        self.room.lobby.doStart()
        self.room.lobby.doStop()
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
        self.room.advance(10)
        self.assertEqual(self.room.clock.getDelayedCalls(), [])


class TicketTests(SynchronousTestCase):
    """Cut in any phase, and back again."""

    def setUp(self) -> None:
        self.meet(MemoryHouse())

    def meet(self, room: MemoryHouse) -> None:
        self.room = room
        self.seller = room.connect_to_lobby("JOIN art")
        self.seller.read_lines()

    def opened(self, request: str, buyers: int = 2) -> list[MemoryClient]:
        self.seller.send_lines(request)
        visitors = [self.room.connect_to_lobby("JOIN art") for _ in range(buyers)]
        for visitor in (self.seller, *visitors):
            visitor.read_lines()
        return visitors

    def resumes(self, number: int) -> MemoryClient:
        return self.room.connect_to_lobby(f"RESUME ticket-{number}")

    def test_seller_before_its_request(self) -> None:
        self.seller.disconnect()
        self.seller = self.resumes(1)
        self.assertEqual(self.seller.read_lines(), SELLER)
        self.seller.send_lines("2 100 1 Sword")
        self.assertEqual(self.seller.read_lines(), ["Auction request received: 2 100 1 Sword"])

    def test_seller_after_its_request(self) -> None:
        buyers = self.opened("2 100 2 Sword", 1)
        self.seller.disconnect()
        back = ["Your role is: [Seller]", "Auction request received: 2 100 2 Sword"]
        self.seller = self.resumes(1)
        self.assertEqual(self.seller.read_lines(), back)
        self.assertEqual(buyers[0].read_lines(), [])
        buyers.append(self.room.connect_to_lobby("JOIN art"))
        self.seller.disconnect()
        self.seller = self.resumes(1)
        self.assertEqual(self.seller.read_lines(), back)

    def test_seller_of_an_open_auction(self) -> None:
        self.opened("3 100 1 Sword", 1)
        self.room.advance(7)
        self.seller.disconnect()
        self.seller = self.resumes(1)
        self.assertEqual(
            self.seller.read_lines(),
            [
                "Your role is: [Seller]",
                "Auction request received: 3 100 1 Sword",
                "Bidding start!",
                "At any time: type close to end the auction.",
                "Asking price: $100. Seconds left: 53.",
            ],
        )
        self.seller.send_lines("close")
        self.assertEqual(self.seller.read_lines()[0], "The Seller has closed the bidding.")

    def test_buyer_before_bidding(self) -> None:
        (buyer,) = self.opened("2 100 2 Sword", 1)
        buyer.disconnect()
        buyer = self.resumes(2)
        self.assertEqual(buyer.read_lines(), [BUYER, WAITING])
        other = self.room.connect_to_lobby("JOIN art")
        self.assertEqual(other.read_lines(), ["Ticket: ticket-3", BUYER, *START])
        self.assertEqual(buyer.read_lines(), START)

    def test_buyer_away_when_bidding_opens(self) -> None:
        """Its seat counts, and so it opens."""
        (buyer,) = self.opened("2 100 2 Sword", 1)
        buyer.disconnect()
        self.room.connect_to_lobby("JOIN art")
        buyer = self.resumes(2)
        self.assertEqual(buyer.read_lines(), [BUYER, *START])

    def test_sealed_bid(self) -> None:
        buyers = self.opened("2 100 2 Sword")
        buyers[0].disconnect()
        back = self.resumes(2)
        self.assertEqual(back.read_lines(), [BUYER, *START])
        back.send_lines("150")
        self.assertEqual(back.read_lines(), [RECEIVED])
        back.disconnect()
        back = self.resumes(2)
        self.assertEqual(back.read_lines(), [BUYER, "Your bid of $150 stands."])
        buyers[1].send_lines("120")
        self.assertEqual(
            back.read_lines(), [FINISHED, "You won this item Sword! Your payment due is $120"]
        )

    def test_english(self) -> None:
        buyers = self.opened("3 100 2 Sword")
        buyers[0].send_lines("110")
        buyers[0].disconnect()
        standing = "Highest bid: $110 by Buyer 1. Asking price: $111. Seconds left: 60."
        welcome = [BUYER, "You are Buyer 1.", *ENGLISH, *FLOOR]
        back = self.resumes(2)
        self.assertEqual(back.read_lines(), [*welcome, standing, "Your bid of $110 stands."])
        buyers[1].send_lines("120")
        back.disconnect()
        back = self.resumes(2)
        standing = "Highest bid: $120 by Buyer 2. Asking price: $121. Seconds left: 60."
        outbid = "You have been outbid: Buyer 2 bids $120."
        self.assertEqual(back.read_lines(), [*welcome, standing, outbid])
        late = self.room.connect_to_lobby("JOIN art")
        late.disconnect()
        late = self.resumes(4)
        self.assertEqual(late.read_lines(), [BUYER, "You are Buyer 3.", *ENGLISH, *FLOOR, standing])

    def test_results_while_away(self) -> None:
        """Whoever was away hears what it missed, as often as it asks."""
        buyers = self.opened("2 100 2 Sword")
        buyers[0].send_lines("150")
        for visitor in (self.seller, *buyers):
            visitor.disconnect()
        buyers[1] = self.resumes(3)
        buyers[1].send_lines("120")
        sold = [FINISHED, "Success! Your item Sword has been sold for $120"]
        won = [FINISHED, "You won this item Sword! Your payment due is $120"]
        for number, result in [(1, sold), (2, won), (2, won), (3, [FINISHED, LOST])]:
            back = self.resumes(number)
            self.assertEqual(back.read_lines(), result)
            self.assertTrue(back.is_closed)
            back.disconnect()
        self.assertTrue(self.room.rooms["art"].is_idle)

    def test_too_late(self) -> None:
        """After the grace, the seat of a Buyer that has not bid is given up; a bid that was taken
        stands."""
        buyers = self.opened("1 100 3 Sword", 3)
        buyers[0].send_lines("150")
        for visitor in buyers[:2]:
            visitor.disconnect()
        self.room.advance(59.9)
        self.assertEqual(self.room.console[-1], ">> Buyer 1 bid $150")
        self.room.advance(0.1)
        for _ in range(2):
            back = self.resumes(3)
            self.assertEqual(back.read_lines(), [GIVEN_UP])
            self.assertTrue(back.is_closed)
        buyers[2].send_lines("120")
        self.assertEqual(
            self.seller.read_lines(), [FINISHED, "Success! Your item Sword has been sold for $150"]
        )
        for number, result in [
            (2, [FINISHED, "You won this item Sword! Your payment due is $150"]),
            (3, [GIVEN_UP]),
        ]:
            self.assertEqual(self.resumes(number).read_lines(), result)

    def test_too_late_and_bound(self) -> None:
        """A Buyer whose bid binds it hears so, however late, and then the result."""
        buyers = self.opened("2 100 3 Sword", 3)
        buyers[0].send_lines("150")
        buyers[1].send_lines("160")
        for visitor in buyers[:2]:
            visitor.disconnect()
        self.room.advance(61)
        for _ in range(2):
            back = self.resumes(2)
            self.assertEqual(back.read_lines(), [BUYER, "Your bid of $150 stands."])
            back.send_lines("999")
            self.assertEqual(back.read_lines(), ["Your bid is already in. Please wait..."])
            back.disconnect()
            self.room.advance(61)
        back = self.resumes(2)
        again = self.resumes(2)
        self.assertEqual(back.read_lines()[2:], [CAME_BACK])
        self.assertTrue(back.is_closed)
        other = self.resumes(3)
        self.assertEqual(other.read_lines(), [BUYER, "Your bid of $160 stands."])
        buyers[2].send_lines("120")
        self.assertEqual(again.read_lines(), [BUYER, "Your bid of $150 stands.", FINISHED, LOST])
        won = [FINISHED, "You won this item Sword! Your payment due is $150"]
        self.assertEqual(other.read_lines(), won)
        for visitor in (again, other):
            self.assertTrue(visitor.is_closed)
            visitor.disconnect()
        self.assertEqual(self.resumes(3).read_lines(), won)
        self.assertTrue(self.room.rooms["art"].is_idle)

    def test_too_late_and_cancelled(self) -> None:
        """Nor does a bid bind any longer whose Buyer has not been told."""
        for comes_back in (True, False):
            self.meet(MemoryHouse())
            buyers = self.opened("1 100 2 Sword")
            buyers[0].send_lines("150")
            buyers[0].disconnect()
            self.room.advance(61)
            if comes_back:
                buyers[0] = self.resumes(2)
                buyers[0].read_lines()
            self.room.rooms["art"].cancel("There is a fire.")
            if not comes_back:
                buyers[0] = self.resumes(2)
            self.assertEqual(buyers[0].read_lines(), ["Auction cancelled! There is a fire."])
            self.assertTrue(buyers[0].is_closed)

    def test_seller_too_late_after_the_opening(self) -> None:
        """The Seller's item is sold all the same, and it hears for how much."""
        back = ["Your role is: [Seller]", "Auction request received: 1 100 1 Sword"]
        buyers = self.opened("1 100 1 Sword", 1)
        self.seller.disconnect()
        self.room.advance(61)
        for _ in range(2):
            self.seller = self.resumes(1)
            self.assertEqual(self.seller.read_lines(), back)
            self.seller.disconnect()
            self.room.advance(61)
        self.seller = self.resumes(1)
        buyers[0].send_lines("150")
        self.assertEqual(
            self.seller.read_lines(),
            [*back, FINISHED, "Success! Your item Sword has been sold for $150"],
        )
        self.assertTrue(self.seller.is_closed)

    def test_too_late_in_open_bidding(self) -> None:
        """Where a newcomer would be let in, a Buyer takes its seat again, with its number."""
        buyers = self.opened("3:duration=600 100 2 Sword")
        buyers[0].send_lines("110")
        buyers[0].disconnect()
        self.room.advance(61)
        self.assertEqual(buyers[1].read_lines()[-1], highest(110, 1, 600))
        welcome = [BUYER, "You are Buyer 1.", ENGLISH[0], ENGLISH[1].replace("60", "600"), *FLOOR]
        for _ in range(2):
            back = self.resumes(2)
            told = [*welcome, highest(110, 1, 539), "Your bid of $110 stands."]
            self.assertEqual(back.read_lines(), told)
        buyers[1].send_lines("120")
        self.assertEqual(back.read_lines()[0], "You have been outbid: Buyer 2 bids $120.")
        back.disconnect()
        self.room.advance(61)
        back = self.resumes(2)
        outbid = "You have been outbid: Buyer 2 bids $120."
        self.assertEqual(back.read_lines(), [*welcome, highest(120, 2, 478), outbid])
        back.send_lines("130")
        self.assertEqual(back.read_lines()[0], "You hold the highest bid: $130.")
        arrivals = [line for line in self.room.console if "Buyer 1 is connected" in line]
        self.assertEqual(len(arrivals), 3)

    def test_seller_too_late(self) -> None:
        buyers = self.opened("1 100 2 Sword", 1)
        self.seller.disconnect()
        self.room.advance(60)
        self.assertEqual(buyers[0].read_lines(), ["Auction cancelled! The Seller has left."])
        self.assertEqual(self.resumes(1).read_lines(), [GIVEN_UP])
        cancelled = ["Auction cancelled! The Seller has left."]
        self.assertEqual(self.resumes(2).read_lines(), cancelled)

    def test_silent_for_too_long(self) -> None:
        """Being there and saying nothing has its own end, and a ticket is no help."""
        buyers = self.opened("1 100 2 Sword")
        buyers[0].send_lines("150")
        buyers[0].disconnect()
        self.room.advance(300)
        self.assertEqual(
            buyers[1].read_lines()[:1], ["Time is up! No valid bid came within 300 seconds."]
        )

    def test_gives_up_its_seat(self) -> None:
        """Nobody waits for somebody who has said that it goes."""
        buyers = self.opened("1 100 2 Sword")
        for number, visitor in [(2, buyers[0]), (3, None)]:
            if visitor is None:
                buyers[1].disconnect()
            quitter = self.room.connect_to_lobby(f"QUIT ticket-{number}", "QUIT ticket-1")
            self.assertEqual(quitter.read_lines(), ["Goodbye."])
            self.assertTrue(quitter.is_closed)
            if visitor is not None:
                self.assertEqual(visitor.read_lines(), [GIVEN_UP])
                self.assertTrue(visitor.is_closed)
                visitor.disconnect()
        self.assertEqual(
            self.seller.read_lines(),
            [FINISHED, "Unfortunately your item Sword was not sold in the auction."],
        )
        self.assertTrue(self.room.rooms["art"].is_idle)

    def test_gives_up_nothing(self) -> None:
        """With a ticket that is good for none, or twice, it is a goodbye and no more."""
        self.opened("1 100 2 Sword", 1)[0].disconnect()
        for ticket in ("ticket-2", "ticket-2", "nonsense", ""):
            quitter = self.room.connect_to_lobby(f"QUIT {ticket}")
            self.assertEqual(quitter.read_lines(), ["Goodbye."])
        self.assertEqual(self.seller.read_lines(), [])
        self.assertEqual(self.resumes(2).read_lines(), [GIVEN_UP])

    def test_gives_up_and_is_bound(self) -> None:
        """A Buyer that gives its seat up is told what binds it."""
        buyers = self.opened("1 100 2 Sword")
        buyers[0].send_lines("150")
        buyers[0].read_lines()
        self.room.connect_to_lobby("QUIT ticket-2")
        self.assertEqual(buyers[0].read_lines(), ["Your bid of $150 stands.", GIVEN_UP])
        self.assertTrue(buyers[0].is_closed)
        self.room.connect_to_lobby("QUIT ticket-3")
        self.assertEqual(buyers[1].read_lines(), [GIVEN_UP])
        won = [FINISHED, "You won this item Sword! Your payment due is $150"]
        self.assertEqual(self.resumes(2).read_lines(), won)

    def test_gives_up_too_late(self) -> None:
        """It has left already, and its bid stands."""
        buyers = self.opened("1 100 2 Sword")
        buyers[0].send_lines("150")
        buyers[0].disconnect()
        self.room.advance(60)
        self.room.connect_to_lobby("QUIT ticket-2")
        buyers[1].send_lines("120")
        self.assertEqual(
            self.seller.read_lines()[-1], "Success! Your item Sword has been sold for $150"
        )

    def test_closed_while_it_waits(self) -> None:
        """The house does not wait for the answer to a wrong ticket."""
        visitor = self.room.connect_to_lobby("RESUME x", "PING x")
        self.room.lobby.doStart()
        self.room.lobby.doStop()
        self.room.advance(1)
        self.assertEqual(visitor.read_lines(), ["The Auctioneer is closing."])
        self.assertTrue(visitor.is_closed)

    def test_seller_gives_up(self) -> None:
        self.seller.disconnect()
        self.room.connect_to_lobby("QUIT ticket-1")
        self.assertEqual(self.room.connect_to_lobby("JOIN art").read_lines()[1:], SELLER)

    def test_no_grace(self) -> None:
        self.meet(MemoryHouse(Terms(resume_grace=0)))
        self.seller.disconnect()
        self.assertEqual(self.resumes(1).read_lines(), [GIVEN_UP])

    def test_lingering_connection(self) -> None:
        """The old connection has no say any more, however long it takes to end."""
        buyers = self.opened("1 100 2 Sword")
        back = self.resumes(2)
        self.assertEqual(back.read_lines(), [BUYER, *START])
        self.assertEqual(buyers[0].read_lines(), [CAME_BACK])
        self.assertTrue(buyers[0].is_closed)
        buyers[0].send_lines("1000")
        buyers[0].disconnect()
        self.room.advance(100)
        back.send_lines("150")
        self.assertEqual(back.read_lines(), [RECEIVED])
        again = self.resumes(2)
        self.assertEqual(back.read_lines(), [CAME_BACK])
        self.assertEqual(again.read_lines(), [BUYER, "Your bid of $150 stands."])
        buyers[1].send_lines("120")
        self.assertEqual(
            again.read_lines()[1:], ["You won this item Sword! Your payment due is $150"]
        )

    def test_on_the_same_connection(self) -> None:
        """What a participant says is for the room, also if it looks like a verb."""
        buyers = self.opened("1 100 1 Sword", 1)
        buyers[0].send_lines("RESUME ticket-2")
        self.assertEqual(
            buyers[0].read_lines(),
            ["Invalid bid. Please submit a positive integer!", "Please submit your bid:"],
        )

    def test_sale(self) -> None:
        """The results of lots that are over come first."""
        room = MemoryHouse(
            Terms(lot_pause=5), catalogue=b"1 100 2 Sword\n1 50 2 Shield\n2 10 1 Cup"
        )
        buyers = [room.connect_to_lobby("JOIN main") for _ in range(2)]
        room.advance(5)
        buyers[0].send_lines("150")
        buyers[0].disconnect()
        buyers[1].send_lines("120")
        shield = [
            "Lot 2 of 3.",
            "On sale: Shield",
            "Format: first-price, from $50. One sealed bid each; the highest wins and pays what it "
            "bid.",
        ]
        won = [FINISHED, "You won this item Sword! Your payment due is $150"]
        welcome = [BUYER, "You are Buyer 1.", *shield]
        buyers[0] = room.connect_to_lobby("RESUME ticket-1")
        won = ["Result of lot 1 of 3:", *won]
        may_pass = "Type an amount, or pass."
        self.assertEqual(
            buyers[0].read_lines(), [*won, *welcome, may_pass, "Bidding opens in 5 seconds."]
        )
        room.advance(5)
        late = room.connect_to_lobby("JOIN main")
        self.assertEqual(late.read_lines()[-1], "Please wait for the next lot.")
        late = room.connect_to_lobby("RESUME ticket-3")
        self.assertEqual(
            late.read_lines(),
            [BUYER, "You are Buyer 3.", *shield, "Please wait for the next lot."],
        )
        buyers[0] = room.connect_to_lobby("RESUME ticket-1")
        self.assertEqual(buyers[0].read_lines(), [*won, *welcome, may_pass, *START])
        buyers[0].send_lines("60")
        buyers[0] = room.connect_to_lobby("RESUME ticket-1")
        self.assertEqual(buyers[0].read_lines(), [*won, *welcome, "Your bid of $60 stands."])
        buyers[1].send_lines("70")
        room.advance(5)
        for visitor in (*buyers, late):
            visitor.read_lines()
            visitor.send_lines("20")
        buyers[0].disconnect()
        again = room.connect_to_lobby("RESUME ticket-1")
        self.assertEqual(
            again.read_lines(),
            [
                *won,
                *("Result of lot 2 of 3:", FINISHED, LOST),
                *("Result of lot 3 of 3:", FINISHED),
                "You won this item Cup! Your payment due is $20",
                "The sale is over.",
            ],
        )

    def test_wrong_ticket(self) -> None:
        visitor = self.room.connect_to_lobby("RESUME ticket-7", "RESUME", "PING x")
        self.assertEqual(visitor.read_lines(), [])
        self.room.advance(0.9)
        self.assertEqual(visitor.read_lines(), [])
        self.room.advance(0.1)
        self.assertEqual(visitor.read_lines(), [UNKNOWN])
        self.room.advance(1.9)
        self.assertEqual(visitor.read_lines(), [])
        self.room.advance(0.1)
        self.assertEqual(visitor.read_lines(), [UNKNOWN, "Pong: x"])
        for delay in (4, 8, 16):
            visitor.send_lines("RESUME x")
            self.room.advance(delay - 0.1)
            self.assertEqual(visitor.read_lines(), [])
            self.room.advance(0.1)
            self.assertEqual(visitor.read_lines(), [UNKNOWN])
        visitor.send_lines("RESUME ticket-1")
        self.assertEqual(visitor.read_lines(), SELLER)

    def test_guesses(self) -> None:
        """Whoever has been wrong six times may try again on another connection."""
        visitor = self.room.connect_to_lobby(*["RESUME x"] * 7, "PING")
        self.room.advance(62)
        self.assertEqual(visitor.read_lines(), [UNKNOWN] * 5)
        self.assertFalse(visitor.is_closed)
        self.room.advance(1)
        self.assertEqual(visitor.read_lines(), [UNKNOWN])
        self.assertTrue(visitor.is_closed)
        visitor.disconnect()

    def test_answer_follows_the_commit(self) -> None:
        """What the lobby tells of a room is on the disk by then; the answers keep their order."""
        with tempfile.TemporaryDirectory() as folder:
            self.meet(MemoryHouse(ledger=Path(folder, "ledger")))
            self.room.advance()
            visitor = self.room.connect_to_lobby()
            self.seller.send_lines("2 100 2 Sword")
            visitor.send_lines("LIST", "PING x")
            self.assertEqual(visitor.read_lines(), [])
            self.room.advance()
            self.assertEqual(
                visitor.read_lines(),
                [
                    "Room main: waiting for the Seller.",
                    "Room art: Sword, second-price, Buyers: 0 of 2.",
                    "Rooms: 2.",
                    "Pong: x",
                ],
            )
            self.room.rooms.close_ledger()

    def test_watcher_comes_back(self) -> None:
        """With the ticket of a seat it is that Buyer, and watches no more, neither another room nor
        the one where the seat is."""
        for watched in ("hall", "art"):
            self.meet(MemoryHouse())
            buyers = self.opened("3 100 2 Sword")
            buyers[0].disconnect()
            back = self.room.connect_to_lobby(f"WATCH {watched}")
            back.read_lines()
            back.send_lines("RESUME ticket-2")
            self.assertEqual(back.read_lines()[0], "Your role is: [Buyer]")
            other = self.room.connect_to_lobby("JOIN hall", "1 100 1 Shield")
            other.disconnect()
            self.assertEqual(back.read_lines(), [])
            back.send_lines("100")
            self.room.advance(1)
            buyers[1].send_lines("150")
            self.room.advance(1)
            self.assertEqual(
                back.read_lines(),
                [
                    "You hold the highest bid: $100.",
                    "Highest bid: $100 by Buyer 1. Asking price: $101. Seconds left: 60.",
                    "You have been outbid: Buyer 2 bids $150.",
                    "Highest bid: $150 by Buyer 2. Asking price: $151. Seconds left: 59.",
                ],
            )
            self.room.advance(60)
            sold = "Sold: Sword to Buyer 2 for $150"
            self.assertEqual(back.read_lines()[-3:], [FINISHED, sold, LOST])
            self.assertTrue(back.is_closed)

    def test_wrong_ticket_of_a_watcher(self) -> None:
        """It goes on watching."""
        watcher = self.room.connect_to_lobby("WATCH art", "RESUME x")
        watcher.read_lines()
        self.room.advance(1)
        self.seller.send_lines("1 100 2 Sword")
        self.assertEqual(watcher.read_lines()[:2], [UNKNOWN, "On sale: Sword"])

    def test_many_come_and_go(self) -> None:
        """Of those who left before bidding, only the latest are remembered."""
        self.seller.send_lines("1 100 2 Sword")
        for _ in range(50):
            self.room.connect_to_lobby("JOIN art").disconnect()
            self.room.advance(60)
        self.assertEqual(len(self.room.rooms._registry.seats), 1)
        self.assertEqual(self.resumes(51).read_lines(), [GIVEN_UP])

    def test_results_are_pushed_out_by_no_leavers(self) -> None:
        """Participants who come and go without a bid take nobody's result away."""
        self.patch(tickets, "REMEMBERED", 3)
        buyers = self.opened("1 100 1 Sword", 1)
        buyers[0].disconnect()
        buyers[0] = self.resumes(2)
        buyers[0].send_lines("150")
        crowd = self.room.connect_to_lobby("JOIN other", "3:duration=500 100 1 Shield")
        for _ in range(20):
            leaver = self.room.connect_to_lobby("JOIN other")
            leaver.disconnect()
        self.room.advance(60)
        crowd.send_lines("close")
        self.assertEqual(
            self.resumes(2).read_lines(),
            [FINISHED, "You won this item Sword! Your payment due is $150"],
        )

    def test_leavers_without_a_bid_leave_nothing(self) -> None:
        """Their tickets are freed at once, and not at the end of the auction."""
        self.opened("3:duration=500 100 1 Sword", 0)
        bidder, *others = [self.room.connect_to_lobby("JOIN art") for _ in range(20)]
        bidder.send_lines("100")
        for visitor in (bidder, *others):
            visitor.disconnect()
        self.room.advance(60)
        room = self.room.rooms["art"]
        self.assertEqual(list(room.seats.tickets.digests), [SELLER_NUMBER, 1])
        self.assertEqual(len(self.room.rooms._registry.seats), 2)
        self.assertEqual(self.room.rooms._registry.results, {})
        self.assertEqual(self.resumes(3).read_lines(), [GIVEN_UP])

    def test_wrong_ticket_and_gone(self) -> None:
        self.seller.disconnect()
        self.room.advance(60)
        visitor = self.room.connect_to_lobby("RESUME ticket-7")
        visitor.disconnect()
        self.assertEqual(self.room.clock.getDelayedCalls(), [])

    def test_hash_is_no_ticket(self) -> None:
        """Whoever reads the ledger cannot sit down in somebody's place."""
        (digest,) = self.room.rooms["art"].seats.tickets.digests.values()
        self.assertEqual(len(digest), 64)
        visitor = self.room.connect_to_lobby(f"RESUME {digest}")
        self.room.advance(1)
        self.assertEqual(visitor.read_lines(), [UNKNOWN])


class WatcherTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.room = MemoryHouse()
        self.watcher = self.room.connect_to_lobby("WATCH art")
        self.assertEqual(self.watcher.read_lines(), [WATCHER, "Nothing is on sale."])

    def sees(self, *lines: str) -> None:
        self.assertEqual(self.watcher.read_lines(), list(lines))
        if not lines[-1].startswith((FINISHED, "Sold")):
            self.assertEqual(self.newcomer(), [WATCHER, *self.whole(lines)])

    def whole(self, lines: tuple[str, ...]) -> list[str]:
        """What somebody sees who comes now, when others have just seen these lines."""
        start = ["Bidding start!"] if lines[-1].startswith(("Bids", "Asking", "Highest")) else []
        return [*self.item, *start, lines[-1]]

    def newcomer(self) -> list[str]:
        visitor = self.room.connect_to_lobby("WATCH art")
        seen = visitor.read_lines()
        visitor.disconnect()
        return seen

    def test_sealed_auction(self) -> None:
        """How many Buyers and bids there are, and nothing about amounts."""
        self.item = SEALED
        seller = self.room.connect_to_lobby("JOIN art")
        self.assertEqual(self.watcher.read_lines(), [])
        seller.send_lines("2 100 3 Sword")
        self.sees(*SEALED, "Buyers: 0 of 3.")
        buyers = [self.room.connect_to_lobby("JOIN art") for _ in range(2)]
        self.sees("Buyers: 1 of 3.", "Buyers: 2 of 3.")
        buyers[0].disconnect()
        self.room.advance(60)
        self.sees("Buyers: 1 of 3.")
        buyers = [buyers[1], *(self.room.connect_to_lobby("JOIN art") for _ in range(2))]
        self.sees("Buyers: 2 of 3.", "Buyers: 3 of 3.", "Bidding start!", "Bids: 0 of 3.")
        buyers[0].send_lines("150")
        self.sees("Bids: 1 of 3.")
        buyers[1].disconnect()
        self.room.advance(60)
        self.sees("Bids: 1 of 2.")
        buyers[2].send_lines("120")
        self.sees("Bids: 2 of 2.", FINISHED)
        self.assertEqual(self.newcomer(), [WATCHER, "Nothing is on sale."])

    def test_english_auction(self) -> None:
        self.item = ENGLISH
        seller = self.room.connect_to_lobby("JOIN art", "3 100 1 Sword")
        buyer = self.room.connect_to_lobby("JOIN art")
        asking = "Asking price: $100. Seconds left: 60."
        self.sees(*ENGLISH, "Buyers: 0 of 1.", "Buyers: 1 of 1.", "Bidding start!", asking)
        buyer.send_lines("150")
        self.room.advance(0.1)
        self.sees("Highest bid: $150 by Buyer 1. Asking price: $151. Seconds left: 60.")
        seller.send_lines("close")
        self.sees("The Seller has closed the bidding.", FINISHED, "Sold: Sword to Buyer 1 for $150")

    def test_dutch_auction(self) -> None:
        self.room.connect_to_lobby("JOIN art", "4:start=120:step=20:interval=2 100 1 Sword")
        self.room.connect_to_lobby("JOIN art")
        self.room.advance(5)
        self.assertEqual(
            self.watcher.read_lines()[2:],
            [
                "Buyers: 0 of 1.",
                "Buyers: 1 of 1.",
                "Bidding start!",
                "Asking price: $120. Seconds left: 2.",
                "Asking price: $100. Seconds left: 2.",
                FINISHED,
                "Not sold: Sword",
            ],
        )

    def test_sale(self) -> None:
        room = MemoryHouse(Terms(lot_pause=5), catalogue=b"3:duration=9 100 1 Sword\n1 9 1 Cup")
        watcher = room.connect_to_lobby("WATCH main")
        buyer = room.connect_to_lobby("JOIN main")
        room.advance(14)
        lot = [
            "Lot 2 of 2.",
            "On sale: Cup",
            "Format: first-price, from $9. One sealed bid each; the highest wins and pays what it "
            "bid.",
            "Buyers: 1 of 1.",
        ]
        self.assertEqual(watcher.read_lines()[-6:], [FINISHED, "Not sold: Sword", *lot])
        room.advance(5)
        buyer.send_lines("7")
        self.assertEqual(
            watcher.read_lines(),
            ["Bidding start!", "Bids: 0 of 1.", "Bids: 1 of 1.", FINISHED, "The sale is over."],
        )
        late = room.connect_to_lobby("WATCH main")
        self.assertEqual(late.read_lines(), [WATCHER, "The sale is over."])

    def test_cancelled(self) -> None:
        self.room.connect_to_lobby("JOIN art").disconnect()
        seller = self.room.connect_to_lobby("JOIN art")
        self.assertEqual(seller.read_lines(), ["Server busy!"])
        self.room.advance(60)
        self.assertEqual(self.watcher.read_lines(), ["Auction cancelled! The Seller has left."])

    def test_has_no_say(self) -> None:
        """Only the lobby's verbs are understood."""
        self.room.connect_to_lobby("JOIN art", "3 100 1 Sword")
        self.room.connect_to_lobby("JOIN art")
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
        self.assertTrue(self.room.rooms["art"].is_idle)
        self.watcher.send_lines("JOIN art")
        self.assertEqual(self.watcher.read_lines(), ["Ticket: ticket-1", *SELLER])
        self.assertTrue(self.room.rooms["other"].is_idle)

    def test_slow(self) -> None:
        """Somebody who reads nothing gets the newest state, once, and not a queue of old ones."""
        self.watcher.pause_reading()
        self.room.connect_to_lobby("JOIN art", "3 100 1 Sword")
        buyer = self.room.connect_to_lobby("JOIN art")
        for amount in range(100, 120):
            buyer.send_lines(str(amount))
            self.room.advance(1)
        self.assertEqual(self.watcher.read_lines(), [])
        self.watcher.resume_reading()
        standing = "Highest bid: $119 by Buyer 1. Asking price: $120. Seconds left: 40."
        self.assertEqual(self.watcher.read_lines(), [*ENGLISH, "Bidding start!", standing])
        self.watcher.pause_reading()
        self.room.advance(60)
        self.watcher.resume_reading()
        self.assertEqual(self.watcher.read_lines(), ["Nothing is on sale."])
