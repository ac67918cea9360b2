import tempfile
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from tests.support import Saleroom, Visitor
from twisted_auction.house import tickets
from twisted_auction.rules.events import SELLER as SELLER_NUMBER
from twisted_auction.rules.terms import Terms
from twisted_auction.server.limits import Limits

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
        self.room = Saleroom(max_rooms=3)

    def test_verbs(self) -> None:
        visitor = self.room.enters_lobby()
        self.assertEqual(visitor.reads(), [])
        visitor.types("help", " PING  a b ", "PING", "LIST", "", "JOIN_ME", "\xff", "Quit", "LIST")
        self.assertEqual(
            visitor.reads(),
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
        self.assertTrue(visitor.dismissed)
        visitor.goes()

    def test_words_as_phones_type_them(self) -> None:
        visitor = self.room.enters_lobby("Ping x", "\ufeffping y")
        self.assertEqual(visitor.reads(), ["Pong: x", "Pong: y"])

    def test_json(self) -> None:
        """It begins with the answer to the verb, and lasts; what was asked before is in lines."""
        visitor = self.room.enters_lobby("PING a", "json", "PING b", "Json", "LIST")
        answer, *array = visitor.reads()
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
        visitor.types("x" * 513)
        self.assertEqual(visitor.reads(), ['[{"type": "line_too_long"}]'])
        self.assertTrue(visitor.dismissed)
        self.assertEqual(self.room.enters_lobby("PING a").reads(), ["Pong: a"])

    def test_json_in_a_room(self) -> None:
        """A whole auction in which some participants hear JSON, and all say the same words."""
        seller = self.room.enters_lobby("JSON", "JOIN art", "2 100 2 Sword")
        self.assertEqual(
            seller.reads_json()[1:],
            [
                [
                    {"type": "ticket_is", "ticket": "ticket-1"},
                    {"type": "role_seller"},
                    {"type": "ask_request"},
                ],
                [{"type": "request_received", "text": "2 100 2 Sword"}],
            ],
        )
        watcher = self.room.enters_lobby("WATCH art", "JSON")
        self.assertEqual(watcher.reads()[-2:], ["Buyers: 0 of 2.", '[{"type": "json_follows"}]'])
        buyers = [self.room.enters_lobby(*said, "JOIN art") for said in ([], ["JSON"])]
        self.assertEqual(buyers[0].reads(), ["Ticket: ticket-2", BUYER, WAITING, *START])
        self.assertEqual(
            buyers[1].reads_json()[1:],
            [
                [
                    {"type": "ticket_is", "ticket": "ticket-3"},
                    {"type": "role_buyer"},
                    {"type": "bidding_start"},
                    {"type": "ask_bid"},
                ]
            ],
        )
        buyers[1].types("JSON", "9007199254740993")
        self.assertEqual(
            buyers[1].reads_json(),
            [
                [{"type": "bid_refused", "reason": ""}, {"type": "ask_bid"}],
                [{"type": "bid_received"}],
            ],
        )
        buyers[0].types("9007199254740992")
        self.assertEqual(
            seller.reads_json(),
            [
                [
                    {"type": "auction_finished"},
                    {"type": "sold_for", "item_name": "Sword", "payment": "9007199254740992"},
                ]
            ],
        )
        self.assertEqual(buyers[0].reads(), [RECEIVED, FINISHED, LOST])
        bids = [{"type": "bids_in", "received": n, "expected": 2} for n in range(3)]
        self.assertEqual(
            watcher.reads_json()[1:],
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
        self.assertTrue(buyers[1].dismissed)

    def test_json_after_a_cut(self) -> None:
        """A connection that comes back chooses its coding anew."""
        self.room.enters_lobby("JSON", "JOIN art").goes()
        again = self.room.enters_lobby("RESUME ticket-1")
        self.assertEqual(again.reads(), SELLER)
        again.goes()
        last = self.room.enters_lobby("JSON", "RESUME ticket-1")
        self.assertEqual(
            last.reads_json()[1:], [[{"type": "role_seller"}, {"type": "ask_request"}]]
        )

    def test_no_text(self) -> None:
        visitor = self.room.enters_lobby()
        visitor.sends(b"PING \xfe\xff\nJOIN \xff\n")
        self.assertEqual(
            visitor.reads(),
            [
                "Pong: \ufffd\ufffd",
                "Not done: a room's name is 1 to 32 letters, digits, hyphens and underscores.",
            ],
        )

    def test_line_too_long(self) -> None:
        visitor = self.room.enters_lobby("x" * 513)
        self.assertEqual(visitor.reads(), ["Line too long."])
        self.assertTrue(visitor.dismissed)

    def test_join(self) -> None:
        """With the ticket, and then exactly as on the other port."""
        seller = self.room.enters_lobby("join art")
        self.assertEqual(seller.reads(), ["Ticket: ticket-1", *SELLER])
        seller.types("nonsense", "2 100 2 Sword")
        self.assertEqual(
            seller.reads(),
            [
                "Invalid auction request!",
                "Please submit auction request:",
                "Auction request received: 2 100 2 Sword",
            ],
        )
        buyers = [self.room.enters_lobby("JOIN art") for _ in range(2)]
        self.assertEqual(buyers[0].reads(), ["Ticket: ticket-2", BUYER, WAITING, *START])
        self.assertEqual(buyers[1].reads(), ["Ticket: ticket-3", BUYER, *START])
        buyers[0].types("150", "PING x")
        self.assertEqual(buyers[0].reads(), [RECEIVED, "Your bid is already in. Please wait..."])
        buyers[1].types("120")
        self.assertEqual(
            seller.reads(), [FINISHED, "Success! Your item Sword has been sold for $120"]
        )
        self.assertEqual(
            buyers[0].reads(), [FINISHED, "You won this item Sword! Your payment due is $120"]
        )
        self.assertEqual(buyers[1].reads(), [RECEIVED, FINISHED, LOST])
        for visitor in (seller, *buyers):
            self.assertTrue(visitor.dismissed)
            visitor.types("LIST")
            self.assertEqual(visitor.reads(), [])

    def test_turned_away(self) -> None:
        self.room.enters_lobby("JOIN art")
        newcomer = self.room.enters_lobby("JOIN art")
        self.assertEqual(newcomer.reads(), ["Server busy!"])
        self.assertTrue(newcomer.dismissed)

    def test_one_house(self) -> None:
        """The lobby leads into the other port's room too, and rooms do not hear one another."""
        seller = self.room.enters()
        seller.types("2 100 1 Shield")
        self.room.enters_lobby("JOIN art", "2 100 1 Sword")
        buyer = self.room.enters_lobby("JOIN main")
        self.assertEqual(buyer.reads(), ["Ticket: ticket-2", BUYER, *START])
        lister = self.room.enters_lobby("LIST")
        self.assertEqual(
            lister.reads(),
            [
                "Room main: Shield, second-price, bids: 0, awaited: 1, seconds left: 300.",
                "Room art: Sword, second-price, Buyers: 0 of 1.",
                "Rooms: 2.",
            ],
        )
        buyer.types("100")
        self.assertEqual(seller.reads()[-1], "Success! Your item Shield has been sold for $100")

    def test_many_rooms(self) -> None:
        full = "Not done: every room is in use, and there may not be more."
        first, second = self.room.enters_lobby("JOIN a"), self.room.enters_lobby("WATCH b")
        third = self.room.enters_lobby("JOIN c")
        self.assertEqual(third.reads(), [full])
        third.types("JOIN a")
        self.assertEqual(third.reads(), ["Server busy!"])
        second.types("QUIT")  # and its room can go
        fourth = self.room.enters_lobby("JOIN c")
        self.assertEqual(fourth.reads()[1:], SELLER)
        fifth = self.room.enters_lobby("WATCH b")
        self.assertEqual(fifth.reads(), [full])
        self.assertEqual(set(self.room.rooms), {"main", "a", "c"})
        first.goes()
        self.room.passes(59)
        fifth.types("PING")
        self.room.passes(1)
        fifth.types("WATCH b")
        self.assertEqual(fifth.reads(), ["Pong:", WATCHER, "Nothing is on sale."])

    def test_long_list(self) -> None:
        self.room = Saleroom(max_rooms=200, limits=Limits(max_per_peer=0))
        for number in range(150):
            self.room.enters_lobby(f"JOIN r{number}")
        lines = self.room.enters_lobby("LIST").reads()
        self.assertEqual(len(lines), 101)
        self.assertEqual(lines[-2:], ["Room r98: waiting for the Seller's request.", "Rooms: 151."])

    def test_quits_the_seat(self) -> None:
        """A room knows no verbs: whoever wants to go closes the connection."""
        seller = self.room.enters_lobby("JOIN art", "QUIT")
        self.assertEqual(
            seller.reads()[-2:], ["Invalid auction request!", "Please submit auction request:"]
        )

    def test_closing(self) -> None:
        seller, watcher = self.room.enters_lobby("JOIN a"), self.room.enters_lobby("WATCH b")
        undecided = self.room.enters_lobby()
        self.room.enters()
        for visitor in (seller, watcher):
            visitor.reads()
        self.room.lobby.doStart()
        self.room.lobby.doStop()
        for visitor, prospect in [
            (seller, " This auction has no result."),
            (watcher, ""),
            (undecided, ""),
        ]:
            self.assertEqual(visitor.reads(), [f"The Auctioneer is closing.{prospect}"])
            self.assertTrue(visitor.dismissed)
            visitor.types("JOIN a")
            self.assertEqual(visitor.reads(), [])
            visitor.goes()
        self.room.passes(10)
        self.assertEqual(self.room.clock.getDelayedCalls(), [])


class TicketTests(SynchronousTestCase):
    """Cut in any phase, and back again."""

    def setUp(self) -> None:
        self.meet(Saleroom())

    def meet(self, room: Saleroom) -> None:
        self.room = room
        self.seller = room.enters_lobby("JOIN art")
        self.seller.reads()

    def opened(self, request: str, buyers: int = 2) -> list[Visitor]:
        self.seller.types(request)
        visitors = [self.room.enters_lobby("JOIN art") for _ in range(buyers)]
        for visitor in (self.seller, *visitors):
            visitor.reads()
        return visitors

    def resumes(self, number: int) -> Visitor:
        return self.room.enters_lobby(f"RESUME ticket-{number}")

    def test_seller_before_its_request(self) -> None:
        self.seller.goes()
        self.seller = self.resumes(1)
        self.assertEqual(self.seller.reads(), SELLER)
        self.seller.types("2 100 1 Sword")
        self.assertEqual(self.seller.reads(), ["Auction request received: 2 100 1 Sword"])

    def test_seller_after_its_request(self) -> None:
        buyers = self.opened("2 100 2 Sword", 1)
        self.seller.goes()
        back = ["Your role is: [Seller]", "Auction request received: 2 100 2 Sword"]
        self.seller = self.resumes(1)
        self.assertEqual(self.seller.reads(), back)
        self.assertEqual(buyers[0].reads(), [])
        buyers.append(self.room.enters_lobby("JOIN art"))
        self.seller.goes()
        self.seller = self.resumes(1)
        self.assertEqual(self.seller.reads(), back)

    def test_seller_of_an_open_auction(self) -> None:
        self.opened("3 100 1 Sword", 1)
        self.room.passes(7)
        self.seller.goes()
        self.seller = self.resumes(1)
        self.assertEqual(
            self.seller.reads(),
            [
                "Your role is: [Seller]",
                "Auction request received: 3 100 1 Sword",
                "Bidding start!",
                "At any time: type close to end the auction.",
                "Asking price: $100. Seconds left: 53.",
            ],
        )
        self.seller.types("close")
        self.assertEqual(self.seller.reads()[0], "The Seller has closed the bidding.")

    def test_buyer_before_bidding(self) -> None:
        (buyer,) = self.opened("2 100 2 Sword", 1)
        buyer.goes()
        buyer = self.resumes(2)
        self.assertEqual(buyer.reads(), [BUYER, WAITING])
        other = self.room.enters_lobby("JOIN art")
        self.assertEqual(other.reads(), ["Ticket: ticket-3", BUYER, *START])
        self.assertEqual(buyer.reads(), START)

    def test_buyer_away_when_bidding_opens(self) -> None:
        """Its seat counts, and so it opens."""
        (buyer,) = self.opened("2 100 2 Sword", 1)
        buyer.goes()
        self.room.enters_lobby("JOIN art")
        buyer = self.resumes(2)
        self.assertEqual(buyer.reads(), [BUYER, *START])

    def test_sealed_bid(self) -> None:
        buyers = self.opened("2 100 2 Sword")
        buyers[0].goes()
        back = self.resumes(2)
        self.assertEqual(back.reads(), [BUYER, *START])
        back.types("150")
        self.assertEqual(back.reads(), [RECEIVED])
        back.goes()
        back = self.resumes(2)
        self.assertEqual(back.reads(), [BUYER, "Your bid of $150 stands."])
        buyers[1].types("120")
        self.assertEqual(
            back.reads(), [FINISHED, "You won this item Sword! Your payment due is $120"]
        )

    def test_english(self) -> None:
        buyers = self.opened("3 100 2 Sword")
        buyers[0].types("110")
        buyers[0].goes()
        standing = "Highest bid: $110 by Buyer 1. Asking price: $111. Seconds left: 60."
        welcome = [BUYER, "You are Buyer 1.", *ENGLISH, *FLOOR]
        back = self.resumes(2)
        self.assertEqual(back.reads(), [*welcome, standing, "Your bid of $110 stands."])
        buyers[1].types("120")
        back.goes()
        back = self.resumes(2)
        standing = "Highest bid: $120 by Buyer 2. Asking price: $121. Seconds left: 60."
        outbid = "You have been outbid: Buyer 2 bids $120."
        self.assertEqual(back.reads(), [*welcome, standing, outbid])
        late = self.room.enters_lobby("JOIN art")
        late.goes()
        late = self.resumes(4)
        self.assertEqual(late.reads(), [BUYER, "You are Buyer 3.", *ENGLISH, *FLOOR, standing])

    def test_results_while_away(self) -> None:
        """Whoever was away hears what it missed, as often as it asks."""
        buyers = self.opened("2 100 2 Sword")
        buyers[0].types("150")
        for visitor in (self.seller, *buyers):
            visitor.goes()
        buyers[1] = self.resumes(3)
        buyers[1].types("120")
        sold = [FINISHED, "Success! Your item Sword has been sold for $120"]
        won = [FINISHED, "You won this item Sword! Your payment due is $120"]
        for number, result in [(1, sold), (2, won), (2, won), (3, [FINISHED, LOST])]:
            back = self.resumes(number)
            self.assertEqual(back.reads(), result)
            self.assertTrue(back.dismissed)
            back.goes()
        self.assertTrue(self.room.rooms["art"].is_idle)

    def test_too_late(self) -> None:
        """After the grace, the seat of a Buyer that has not bid is given up; a bid that was taken
        stands."""
        buyers = self.opened("1 100 3 Sword", 3)
        buyers[0].types("150")
        for visitor in buyers[:2]:
            visitor.goes()
        self.room.passes(59.9)
        self.assertEqual(self.room.console[-1], ">> Buyer 1 bid $150")
        self.room.passes(0.1)
        for _ in range(2):
            back = self.resumes(3)
            self.assertEqual(back.reads(), [GIVEN_UP])
            self.assertTrue(back.dismissed)
        buyers[2].types("120")
        self.assertEqual(
            self.seller.reads(), [FINISHED, "Success! Your item Sword has been sold for $150"]
        )
        for number, result in [
            (2, [FINISHED, "You won this item Sword! Your payment due is $150"]),
            (3, [GIVEN_UP]),
        ]:
            self.assertEqual(self.resumes(number).reads(), result)

    def test_too_late_and_bound(self) -> None:
        """A Buyer whose bid binds it hears so, however late, and then the result."""
        buyers = self.opened("2 100 3 Sword", 3)
        buyers[0].types("150")
        buyers[1].types("160")
        for visitor in buyers[:2]:
            visitor.goes()
        self.room.passes(61)
        for _ in range(2):
            back = self.resumes(2)
            self.assertEqual(back.reads(), [BUYER, "Your bid of $150 stands."])
            back.types("999")
            self.assertEqual(back.reads(), ["Your bid is already in. Please wait..."])
            back.goes()
            self.room.passes(61)
        back = self.resumes(2)
        again = self.resumes(2)
        self.assertEqual(back.reads()[2:], [CAME_BACK])
        self.assertTrue(back.dismissed)
        other = self.resumes(3)
        self.assertEqual(other.reads(), [BUYER, "Your bid of $160 stands."])
        buyers[2].types("120")
        self.assertEqual(again.reads(), [BUYER, "Your bid of $150 stands.", FINISHED, LOST])
        won = [FINISHED, "You won this item Sword! Your payment due is $150"]
        self.assertEqual(other.reads(), won)
        for visitor in (again, other):
            self.assertTrue(visitor.dismissed)
            visitor.goes()
        self.assertEqual(self.resumes(3).reads(), won)
        self.assertTrue(self.room.rooms["art"].is_idle)

    def test_too_late_and_cancelled(self) -> None:
        """Nor does a bid bind any longer whose Buyer has not been told."""
        for comes_back in (True, False):
            self.meet(Saleroom())
            buyers = self.opened("1 100 2 Sword")
            buyers[0].types("150")
            buyers[0].goes()
            self.room.passes(61)
            if comes_back:
                buyers[0] = self.resumes(2)
                buyers[0].reads()
            self.room.rooms["art"].cancel("There is a fire.")
            if not comes_back:
                buyers[0] = self.resumes(2)
            self.assertEqual(buyers[0].reads(), ["Auction cancelled! There is a fire."])
            self.assertTrue(buyers[0].dismissed)

    def test_seller_too_late_after_the_opening(self) -> None:
        """The Seller's item is sold all the same, and it hears for how much."""
        back = ["Your role is: [Seller]", "Auction request received: 1 100 1 Sword"]
        buyers = self.opened("1 100 1 Sword", 1)
        self.seller.goes()
        self.room.passes(61)
        for _ in range(2):
            self.seller = self.resumes(1)
            self.assertEqual(self.seller.reads(), back)
            self.seller.goes()
            self.room.passes(61)
        self.seller = self.resumes(1)
        buyers[0].types("150")
        self.assertEqual(
            self.seller.reads(),
            [*back, FINISHED, "Success! Your item Sword has been sold for $150"],
        )
        self.assertTrue(self.seller.dismissed)

    def test_too_late_in_open_bidding(self) -> None:
        """Where a newcomer would be let in, a Buyer takes its seat again, with its number."""
        buyers = self.opened("3:duration=600 100 2 Sword")
        buyers[0].types("110")
        buyers[0].goes()
        self.room.passes(61)
        self.assertEqual(buyers[1].reads()[-1], highest(110, 1, 600))
        welcome = [BUYER, "You are Buyer 1.", ENGLISH[0], ENGLISH[1].replace("60", "600"), *FLOOR]
        for _ in range(2):
            back = self.resumes(2)
            told = [*welcome, highest(110, 1, 539), "Your bid of $110 stands."]
            self.assertEqual(back.reads(), told)
        buyers[1].types("120")
        self.assertEqual(back.reads()[0], "You have been outbid: Buyer 2 bids $120.")
        back.goes()
        self.room.passes(61)
        back = self.resumes(2)
        outbid = "You have been outbid: Buyer 2 bids $120."
        self.assertEqual(back.reads(), [*welcome, highest(120, 2, 478), outbid])
        back.types("130")
        self.assertEqual(back.reads()[0], "You hold the highest bid: $130.")
        arrivals = [line for line in self.room.console if "Buyer 1 is connected" in line]
        self.assertEqual(len(arrivals), 3)

    def test_seller_too_late(self) -> None:
        buyers = self.opened("1 100 2 Sword", 1)
        self.seller.goes()
        self.room.passes(60)
        self.assertEqual(buyers[0].reads(), ["Auction cancelled! The Seller has left."])
        self.assertEqual(self.resumes(1).reads(), [GIVEN_UP])
        cancelled = ["Auction cancelled! The Seller has left."]
        self.assertEqual(self.resumes(2).reads(), cancelled)

    def test_silent_for_too_long(self) -> None:
        """Being there and saying nothing has its own end, and a ticket is no help."""
        buyers = self.opened("1 100 2 Sword")
        buyers[0].types("150")
        buyers[0].goes()
        self.room.passes(300)
        self.assertEqual(
            buyers[1].reads()[:1], ["Time is up! No valid bid came within 300 seconds."]
        )

    def test_gives_up_its_seat(self) -> None:
        """Nobody waits for somebody who has said that it goes."""
        buyers = self.opened("1 100 2 Sword")
        for number, visitor in [(2, buyers[0]), (3, None)]:
            if visitor is None:
                buyers[1].goes()
            quitter = self.room.enters_lobby(f"QUIT ticket-{number}", "QUIT ticket-1")
            self.assertEqual(quitter.reads(), ["Goodbye."])
            self.assertTrue(quitter.dismissed)
            if visitor is not None:
                self.assertEqual(visitor.reads(), [GIVEN_UP])
                self.assertTrue(visitor.dismissed)
                visitor.goes()
        self.assertEqual(
            self.seller.reads(),
            [FINISHED, "Unfortunately your item Sword was not sold in the auction."],
        )
        self.assertTrue(self.room.rooms["art"].is_idle)

    def test_gives_up_nothing(self) -> None:
        """With a ticket that is good for none, or twice, it is a goodbye and no more."""
        self.opened("1 100 2 Sword", 1)[0].goes()
        for ticket in ("ticket-2", "ticket-2", "nonsense", ""):
            quitter = self.room.enters_lobby(f"QUIT {ticket}")
            self.assertEqual(quitter.reads(), ["Goodbye."])
        self.assertEqual(self.seller.reads(), [])
        self.assertEqual(self.resumes(2).reads(), [GIVEN_UP])

    def test_gives_up_and_is_bound(self) -> None:
        """A Buyer that gives its seat up is told what binds it."""
        buyers = self.opened("1 100 2 Sword")
        buyers[0].types("150")
        buyers[0].reads()
        self.room.enters_lobby("QUIT ticket-2")
        self.assertEqual(buyers[0].reads(), ["Your bid of $150 stands.", GIVEN_UP])
        self.assertTrue(buyers[0].dismissed)
        self.room.enters_lobby("QUIT ticket-3")
        self.assertEqual(buyers[1].reads(), [GIVEN_UP])
        won = [FINISHED, "You won this item Sword! Your payment due is $150"]
        self.assertEqual(self.resumes(2).reads(), won)

    def test_gives_up_too_late(self) -> None:
        """It has left already, and its bid stands."""
        buyers = self.opened("1 100 2 Sword")
        buyers[0].types("150")
        buyers[0].goes()
        self.room.passes(60)
        self.room.enters_lobby("QUIT ticket-2")
        buyers[1].types("120")
        self.assertEqual(self.seller.reads()[-1], "Success! Your item Sword has been sold for $150")

    def test_closed_while_it_waits(self) -> None:
        """The house does not wait for the answer to a wrong ticket."""
        visitor = self.room.enters_lobby("RESUME x", "PING x")
        self.room.lobby.doStart()
        self.room.lobby.doStop()
        self.room.passes(1)
        self.assertEqual(visitor.reads(), ["The Auctioneer is closing."])
        self.assertTrue(visitor.dismissed)

    def test_seller_gives_up(self) -> None:
        self.seller.goes()
        self.room.enters_lobby("QUIT ticket-1")
        self.assertEqual(self.room.enters_lobby("JOIN art").reads()[1:], SELLER)

    def test_no_grace(self) -> None:
        self.meet(Saleroom(Terms(resume_grace=0)))
        self.seller.goes()
        self.assertEqual(self.resumes(1).reads(), [GIVEN_UP])

    def test_lingering_connection(self) -> None:
        """The old connection has no say any more, however long it takes to end."""
        buyers = self.opened("1 100 2 Sword")
        back = self.resumes(2)
        self.assertEqual(back.reads(), [BUYER, *START])
        self.assertEqual(buyers[0].reads(), [CAME_BACK])
        self.assertTrue(buyers[0].dismissed)
        buyers[0].types("1000")
        buyers[0].goes()
        self.room.passes(100)
        back.types("150")
        self.assertEqual(back.reads(), [RECEIVED])
        again = self.resumes(2)
        self.assertEqual(back.reads(), [CAME_BACK])
        self.assertEqual(again.reads(), [BUYER, "Your bid of $150 stands."])
        buyers[1].types("120")
        self.assertEqual(again.reads()[1:], ["You won this item Sword! Your payment due is $150"])

    def test_on_the_same_connection(self) -> None:
        """What a participant says is for the room, also if it looks like a verb."""
        buyers = self.opened("1 100 1 Sword", 1)
        buyers[0].types("RESUME ticket-2")
        self.assertEqual(
            buyers[0].reads(),
            ["Invalid bid. Please submit a positive integer!", "Please submit your bid:"],
        )

    def test_sale(self) -> None:
        """The results of lots that are over come first."""
        room = Saleroom(Terms(lot_pause=5), catalogue=b"1 100 2 Sword\n1 50 2 Shield\n2 10 1 Cup")
        buyers = [room.enters_lobby("JOIN main") for _ in range(2)]
        room.passes(5)
        buyers[0].types("150")
        buyers[0].goes()
        buyers[1].types("120")
        shield = [
            "Lot 2 of 3.",
            "On sale: Shield",
            "Format: first-price, from $50. One sealed bid each; the highest wins and pays what it "
            "bid.",
        ]
        won = [FINISHED, "You won this item Sword! Your payment due is $150"]
        welcome = [BUYER, "You are Buyer 1.", *shield]
        buyers[0] = room.enters_lobby("RESUME ticket-1")
        won = ["Result of lot 1 of 3:", *won]
        may_pass = "Type an amount, or pass."
        self.assertEqual(
            buyers[0].reads(), [*won, *welcome, may_pass, "Bidding opens in 5 seconds."]
        )
        room.passes(5)
        late = room.enters_lobby("JOIN main")
        self.assertEqual(late.reads()[-1], "Please wait for the next lot.")
        late = room.enters_lobby("RESUME ticket-3")
        self.assertEqual(
            late.reads(),
            [BUYER, "You are Buyer 3.", *shield, "Please wait for the next lot."],
        )
        buyers[0] = room.enters_lobby("RESUME ticket-1")
        self.assertEqual(buyers[0].reads(), [*won, *welcome, may_pass, *START])
        buyers[0].types("60")
        buyers[0] = room.enters_lobby("RESUME ticket-1")
        self.assertEqual(buyers[0].reads(), [*won, *welcome, "Your bid of $60 stands."])
        buyers[1].types("70")
        room.passes(5)
        for visitor in (*buyers, late):
            visitor.reads()
            visitor.types("20")
        buyers[0].goes()
        again = room.enters_lobby("RESUME ticket-1")
        self.assertEqual(
            again.reads(),
            [
                *won,
                *("Result of lot 2 of 3:", FINISHED, LOST),
                *("Result of lot 3 of 3:", FINISHED),
                "You won this item Cup! Your payment due is $20",
                "The sale is over.",
            ],
        )

    def test_wrong_ticket(self) -> None:
        visitor = self.room.enters_lobby("RESUME ticket-7", "RESUME", "PING x")
        self.assertEqual(visitor.reads(), [])
        self.room.passes(0.9)
        self.assertEqual(visitor.reads(), [])
        self.room.passes(0.1)
        self.assertEqual(visitor.reads(), [UNKNOWN])
        self.room.passes(1.9)
        self.assertEqual(visitor.reads(), [])
        self.room.passes(0.1)
        self.assertEqual(visitor.reads(), [UNKNOWN, "Pong: x"])
        for delay in (4, 8, 16):
            visitor.types("RESUME x")
            self.room.passes(delay - 0.1)
            self.assertEqual(visitor.reads(), [])
            self.room.passes(0.1)
            self.assertEqual(visitor.reads(), [UNKNOWN])
        visitor.types("RESUME ticket-1")
        self.assertEqual(visitor.reads(), SELLER)

    def test_guesses(self) -> None:
        """Whoever has been wrong six times may try again on another connection."""
        visitor = self.room.enters_lobby(*["RESUME x"] * 7, "PING")
        self.room.passes(62)
        self.assertEqual(visitor.reads(), [UNKNOWN] * 5)
        self.assertFalse(visitor.dismissed)
        self.room.passes(1)
        self.assertEqual(visitor.reads(), [UNKNOWN])
        self.assertTrue(visitor.dismissed)
        visitor.goes()

    def test_answer_follows_the_commit(self) -> None:
        """What the lobby tells of a room is on the disk by then; the answers keep their order."""
        with tempfile.TemporaryDirectory() as folder:
            self.meet(Saleroom(ledger=Path(folder, "ledger")))
            self.room.turns()
            visitor = self.room.enters_lobby()
            self.seller.types("2 100 2 Sword")
            visitor.types("LIST", "PING x")
            self.assertEqual(visitor.reads(), [])
            self.room.turns()
            self.assertEqual(
                visitor.reads(),
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
            self.meet(Saleroom())
            buyers = self.opened("3 100 2 Sword")
            buyers[0].goes()
            back = self.room.enters_lobby(f"WATCH {watched}")
            back.reads()
            back.types("RESUME ticket-2")
            self.assertEqual(back.reads()[0], "Your role is: [Buyer]")
            other = self.room.enters_lobby("JOIN hall", "1 100 1 Shield")
            other.goes()
            self.assertEqual(back.reads(), [])
            back.types("100")
            self.room.passes(1)
            buyers[1].types("150")
            self.room.passes(1)
            self.assertEqual(
                back.reads(),
                [
                    "You hold the highest bid: $100.",
                    "Highest bid: $100 by Buyer 1. Asking price: $101. Seconds left: 60.",
                    "You have been outbid: Buyer 2 bids $150.",
                    "Highest bid: $150 by Buyer 2. Asking price: $151. Seconds left: 59.",
                ],
            )
            self.room.passes(60)
            sold = "Sold: Sword to Buyer 2 for $150"
            self.assertEqual(back.reads()[-3:], [FINISHED, sold, LOST])
            self.assertTrue(back.dismissed)

    def test_wrong_ticket_of_a_watcher(self) -> None:
        """It goes on watching."""
        watcher = self.room.enters_lobby("WATCH art", "RESUME x")
        watcher.reads()
        self.room.passes(1)
        self.seller.types("1 100 2 Sword")
        self.assertEqual(watcher.reads()[:2], [UNKNOWN, "On sale: Sword"])

    def test_many_come_and_go(self) -> None:
        """Of those who left before bidding, only the latest are remembered."""
        self.seller.types("1 100 2 Sword")
        for _ in range(50):
            self.room.enters_lobby("JOIN art").goes()
            self.room.passes(60)
        self.assertEqual(len(self.room.rooms._registry.seats), 1)
        self.assertEqual(self.resumes(51).reads(), [GIVEN_UP])

    def test_results_are_pushed_out_by_no_leavers(self) -> None:
        """Participants who come and go without a bid take nobody's result away."""
        self.patch(tickets, "REMEMBERED", 3)
        buyers = self.opened("1 100 1 Sword", 1)
        buyers[0].goes()
        buyers[0] = self.resumes(2)
        buyers[0].types("150")
        crowd = self.room.enters_lobby("JOIN other", "3:duration=500 100 1 Shield")
        for _ in range(20):
            leaver = self.room.enters_lobby("JOIN other")
            leaver.goes()
        self.room.passes(60)
        crowd.types("close")
        self.assertEqual(
            self.resumes(2).reads(), [FINISHED, "You won this item Sword! Your payment due is $150"]
        )

    def test_leavers_without_a_bid_leave_nothing(self) -> None:
        """Their tickets are freed at once, and not at the end of the auction."""
        self.opened("3:duration=500 100 1 Sword", 0)
        bidder, *others = [self.room.enters_lobby("JOIN art") for _ in range(20)]
        bidder.types("100")
        for visitor in (bidder, *others):
            visitor.goes()
        self.room.passes(60)
        room = self.room.rooms["art"]
        self.assertEqual(list(room._tickets.digests), [SELLER_NUMBER, 1])
        self.assertEqual(len(self.room.rooms._registry.seats), 2)
        self.assertEqual(self.room.rooms._registry.results, {})
        self.assertEqual(self.resumes(3).reads(), [GIVEN_UP])

    def test_wrong_ticket_and_gone(self) -> None:
        self.seller.goes()
        self.room.passes(60)
        visitor = self.room.enters_lobby("RESUME ticket-7")
        visitor.goes()
        self.assertEqual(self.room.clock.getDelayedCalls(), [])

    def test_hash_is_no_ticket(self) -> None:
        """Whoever reads the ledger cannot sit down in somebody's place."""
        (digest,) = self.room.rooms["art"]._tickets.digests.values()
        self.assertEqual(len(digest), 64)
        visitor = self.room.enters_lobby(f"RESUME {digest}")
        self.room.passes(1)
        self.assertEqual(visitor.reads(), [UNKNOWN])


class WatcherTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.room = Saleroom()
        self.watcher = self.room.enters_lobby("WATCH art")
        self.assertEqual(self.watcher.reads(), [WATCHER, "Nothing is on sale."])

    def sees(self, *lines: str) -> None:
        self.assertEqual(self.watcher.reads(), list(lines))
        if not lines[-1].startswith((FINISHED, "Sold")):
            self.assertEqual(self.newcomer(), [WATCHER, *self.whole(lines)])

    def whole(self, lines: tuple[str, ...]) -> list[str]:
        """What somebody sees who comes now, when others have just seen these lines."""
        start = ["Bidding start!"] if lines[-1].startswith(("Bids", "Asking", "Highest")) else []
        return [*self.item, *start, lines[-1]]

    def newcomer(self) -> list[str]:
        visitor = self.room.enters_lobby("WATCH art")
        seen = visitor.reads()
        visitor.goes()
        return seen

    def test_sealed_auction(self) -> None:
        """How many Buyers and bids there are, and nothing about amounts."""
        self.item = SEALED
        seller = self.room.enters_lobby("JOIN art")
        self.assertEqual(self.watcher.reads(), [])
        seller.types("2 100 3 Sword")
        self.sees(*SEALED, "Buyers: 0 of 3.")
        buyers = [self.room.enters_lobby("JOIN art") for _ in range(2)]
        self.sees("Buyers: 1 of 3.", "Buyers: 2 of 3.")
        buyers[0].goes()
        self.room.passes(60)
        self.sees("Buyers: 1 of 3.")
        buyers = [buyers[1], *(self.room.enters_lobby("JOIN art") for _ in range(2))]
        self.sees("Buyers: 2 of 3.", "Buyers: 3 of 3.", "Bidding start!", "Bids: 0 of 3.")
        buyers[0].types("150")
        self.sees("Bids: 1 of 3.")
        buyers[1].goes()
        self.room.passes(60)
        self.sees("Bids: 1 of 2.")
        buyers[2].types("120")
        self.sees("Bids: 2 of 2.", FINISHED)
        self.assertEqual(self.newcomer(), [WATCHER, "Nothing is on sale."])

    def test_english_auction(self) -> None:
        self.item = ENGLISH
        seller = self.room.enters_lobby("JOIN art", "3 100 1 Sword")
        buyer = self.room.enters_lobby("JOIN art")
        asking = "Asking price: $100. Seconds left: 60."
        self.sees(*ENGLISH, "Buyers: 0 of 1.", "Buyers: 1 of 1.", "Bidding start!", asking)
        buyer.types("150")
        self.room.passes(0.1)
        self.sees("Highest bid: $150 by Buyer 1. Asking price: $151. Seconds left: 60.")
        seller.types("close")
        self.sees("The Seller has closed the bidding.", FINISHED, "Sold: Sword to Buyer 1 for $150")

    def test_dutch_auction(self) -> None:
        self.room.enters_lobby("JOIN art", "4:start=120:step=20:interval=2 100 1 Sword")
        self.room.enters_lobby("JOIN art")
        self.room.passes(5)
        self.assertEqual(
            self.watcher.reads()[2:],
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
        room = Saleroom(Terms(lot_pause=5), catalogue=b"3:duration=9 100 1 Sword\n1 9 1 Cup")
        watcher = room.enters_lobby("WATCH main")
        buyer = room.enters_lobby("JOIN main")
        room.passes(14)
        lot = [
            "Lot 2 of 2.",
            "On sale: Cup",
            "Format: first-price, from $9. One sealed bid each; the highest wins and pays what it "
            "bid.",
            "Buyers: 1 of 1.",
        ]
        self.assertEqual(watcher.reads()[-6:], [FINISHED, "Not sold: Sword", *lot])
        room.passes(5)
        buyer.types("7")
        self.assertEqual(
            watcher.reads(),
            ["Bidding start!", "Bids: 0 of 1.", "Bids: 1 of 1.", FINISHED, "The sale is over."],
        )
        late = room.enters_lobby("WATCH main")
        self.assertEqual(late.reads(), [WATCHER, "The sale is over."])

    def test_cancelled(self) -> None:
        self.room.enters_lobby("JOIN art").goes()
        seller = self.room.enters_lobby("JOIN art")
        self.assertEqual(seller.reads(), ["Server busy!"])
        self.room.passes(60)
        self.assertEqual(self.watcher.reads(), ["Auction cancelled! The Seller has left."])

    def test_has_no_say(self) -> None:
        """Only the lobby's verbs are understood."""
        self.room.enters_lobby("JOIN art", "3 100 1 Sword")
        self.room.enters_lobby("JOIN art")
        self.watcher.reads()
        self.watcher.types("150", "close", "PING x")
        self.assertEqual(self.watcher.reads(), [HELP, HELP, "Pong: x"])

    def test_moves_on(self) -> None:
        self.watcher.types("WATCH other", "JOIN !")
        self.assertEqual(
            self.watcher.reads(),
            [
                WATCHER,
                "Nothing is on sale.",
                "Not done: a room's name is 1 to 32 letters, digits, hyphens and underscores.",
            ],
        )
        self.assertTrue(self.room.rooms["art"].is_idle)
        self.watcher.types("JOIN art")
        self.assertEqual(self.watcher.reads(), ["Ticket: ticket-1", *SELLER])
        self.assertTrue(self.room.rooms["other"].is_idle)

    def test_slow(self) -> None:
        """Somebody who reads nothing gets the newest state, once, and not a queue of old ones."""
        self.watcher.chokes()
        self.room.enters_lobby("JOIN art", "3 100 1 Sword")
        buyer = self.room.enters_lobby("JOIN art")
        for amount in range(100, 120):
            buyer.types(str(amount))
            self.room.passes(1)
        self.assertEqual(self.watcher.reads(), [])
        self.watcher.breathes()
        standing = "Highest bid: $119 by Buyer 1. Asking price: $120. Seconds left: 40."
        self.assertEqual(self.watcher.reads(), [*ENGLISH, "Bidding start!", standing])
        self.watcher.chokes()
        self.room.passes(60)
        self.watcher.breathes()
        self.assertEqual(self.watcher.reads(), ["Nothing is on sale."])
