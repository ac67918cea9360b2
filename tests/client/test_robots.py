from hypothesis import given
from hypothesis import strategies as st
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from tests.persons import LobbyVisit, Typist, Visit
from twisted_auction.client import session
from twisted_auction.client.person import RESULT_READ, Ending, Person
from twisted_auction.client.robots import BidRobot, MaximumRobot, PassHolder, RequestRobot
from twisted_auction.house.people import People
from twisted_auction.house.people import Person as Listed
from twisted_auction.rules.commands import Extend, GoOn, Pause, Void
from twisted_auction.rules.terms import Terms
from twisted_auction.testing import MemoryHouse, pass_code, with_codes
from twisted_auction.wire import messages

QUESTION = messages.AskAnytime("type an amount to bid.")

RECEIVED = "Server: Bid received. Please wait..."


def visit_by(kind: type[BidRobot], house: MemoryHouse, maximum: int) -> Visit:
    """A visit to the main room by a robot."""
    return Visit(
        house,
        Typist(),
        messages.RoleBuyer,
        lambda person: kind(person, maximum, house.clock),
    )


def wins(visit: Visit) -> list[str]:
    """What a Buyer was told of the items that it has won."""
    return [line for line in visit.screen if line.startswith("You won")]


class RobotTests(SynchronousTestCase):
    def robot(self, house: MemoryHouse, maximum: int) -> Visit:
        return visit_by(BidRobot, house, maximum)

    def test_against_each_other(self) -> None:
        """The price rises by the increment until only one goes on."""
        house = MemoryHouse()
        seller = house.connect()
        seller.send_lines("3:increment=5 100 2 Sword")
        first, second = self.robot(house, 118), self.robot(house, 200)
        house.advance(70)
        self.assertEqual(
            [line for line in house.console if "bid $" in line],
            [
                ">> Buyer 1 bid $100",
                ">> Buyer 2 bid $105",
                ">> Buyer 1 bid $110",
                ">> Buyer 2 bid $115",
            ],
        )
        going = [
            "Going once!",
            "Highest bid: $115 by Buyer 2. Asking price: $120. Seconds left: 6.",
            "Going twice!",
            "Highest bid: $115 by Buyer 2. Asking price: $120. Seconds left: 3.",
        ]
        self.assertEqual(
            first.screen[5:],
            [
                "The Auctioneer is still waiting for other Buyer to connect...",
                "The bidding has started!",
                "At any time: type an amount to bid.",
                "Asking price: $100. Seconds left: 60.",
                "100",
                "Server: You hold the highest bid: $100.",
                "Highest bid: $100 by Buyer 1. Asking price: $105. Seconds left: 60.",
                "You have been outbid: Buyer 2 bids $105.",
                "Highest bid: $105 by Buyer 2. Asking price: $110. Seconds left: 60.",
                "110",
                "Server: You hold the highest bid: $110.",
                "Highest bid: $110 by Buyer 1. Asking price: $115. Seconds left: 60.",
                "You have been outbid: Buyer 2 bids $115.",
                "Highest bid: $115 by Buyer 2. Asking price: $120. Seconds left: 60.",
                "Your maximum of $118 is reached.",
                *going,
                "Auction finished!",
                "Sold: Sword to Buyer 2 for $115",
                "Unfortunately you did not win in the last round.",
                "Disconnecting from the Auctioneer server. Auction is over!",
            ],
        )
        self.assertEqual((first.ending, second.ending), (Ending(0), Ending(0)))

    @given(st.lists(st.integers(1, 40), min_size=2, max_size=4), st.integers(1, 7))
    def test_any_maxima(self, maxima: list[int], increment: int) -> None:
        """The highest maximum wins, and pays no more than one increment above the second highest
        (Vickrey's equivalence of this auction with the second-price one, but for the steps)."""
        house = MemoryHouse()
        house.connect().send_lines(f"3:increment={increment} 10 {len(maxima)} Sword")
        robots = [self.robot(house, maximum) for maximum in maxima]
        house.advance(70)
        self.assertTrue(all(robot.ending == Ending(0) for robot in robots))
        result = house.console[-1]
        if max(maxima) < 10:
            self.assertEqual(result, ">> Item not sold! There was no bid.")
            return
        price = int(result.rpartition("$")[2])
        won = [
            robot for robot in robots if any(line.startswith("You won") for line in robot.screen)
        ]
        (winner,) = won
        second, highest = sorted(maxima)[-2:]
        self.assertLessEqual(price, highest)
        self.assertGreater(price, second - increment)
        self.assertLessEqual(price, max(10, second + increment))
        self.assertGreater(maxima[robots.index(winner)] + increment, second)

    def test_dutch(self) -> None:
        """The robot buys at the first price up to its maximum."""
        house = MemoryHouse()
        house.connect().send_lines("4:start=130:step=20:interval=5 50 1 Sword")
        robot = self.robot(house, 100)
        house.advance(60)
        self.assertIn("You won this item Sword! Your payment due is $90", robot.screen)

    def test_pause_of_the_auction(self) -> None:
        """A bid that came in the pause is made again after it."""
        house = MemoryHouse()
        house.connect().send_lines("3:increment=5 100 1 Sword")
        house.auctioneer.orders.give(Pause())
        robot = self.robot(house, 118)
        house.advance(100)
        self.assertNotIn("100", robot.screen)
        house.auctioneer.orders.give(GoOn())
        house.advance(1)
        self.assertEqual(robot.screen[-2:], self.holds(100, 105, 60))
        house.connect().send_lines("105")
        house.advance()
        house.auctioneer.orders.give(Pause())
        house.advance(1)
        house.auctioneer.orders.give(GoOn())
        house.advance(1)
        self.assertIn("Server: You hold the highest bid: $110.", robot.screen)

    def holds(self, amount: int, asking_price: int, seconds: int) -> list[str]:
        return [
            f"Server: You hold the highest bid: ${amount}.",
            f"Highest bid: ${amount} by Buyer 1. Asking price: ${asking_price}. "
            f"Seconds left: {seconds}.",
        ]

    def test_bid_in_a_pause(self) -> None:
        """The robot comes back in a pause, and bids too early."""
        house = MemoryHouse()
        house.open_auction("3:increment=5 100 1 Sword", 1)
        house.auctioneer.orders.give(Pause())
        robot = self.robot(house, 118)
        house.advance(1)
        self.assertIn("Server: Paused. Please wait...", robot.screen)
        house.auctioneer.orders.give(GoOn())
        house.advance(1)
        self.assertIn("Server: You hold the highest bid: $100.", robot.screen)

    def test_void(self) -> None:
        """The price falls, and the robot bids again, also if it had given up."""
        house = MemoryHouse()
        _, (buyer,) = house.open_auction("3:increment=5 100 1 Sword", 1)
        robot = self.robot(house, 118)
        house.advance(1)
        buyer.send_lines("5000")
        house.advance(1)
        self.assertEqual(robot.screen[-1], "Your maximum of $118 is reached.")
        house.auctioneer.orders.give(Void())
        house.advance(1)
        self.assertEqual(
            robot.screen[-2:],
            [
                "Highest bid: $100 by Buyer 2. Asking price: $105. Seconds left: 58.",
                "Server: You hold the highest bid: $100.",
            ],
        )
        house.auctioneer.orders.give(Void())
        house.advance(1)
        self.assertIn("Asking price: $100. Seconds left: 57.", robot.screen)
        self.assertEqual(robot.screen.count("Server: You hold the highest bid: $100."), 3)
        buyer.send_lines("118")
        house.advance(1)
        self.assertEqual(robot.screen.count("Your maximum of $118 is reached."), 2)

    def test_sealed(self) -> None:
        house = MemoryHouse()
        house.connect().send_lines("2 100 2 Sword")
        first, second = self.robot(house, 150), self.robot(house, 180)
        self.assertIn("You won this item Sword! Your payment due is $150", second.screen)
        self.assertEqual(first.screen[-6:-3], ["Please submit your bid:", "150", RECEIVED])

    def test_limit(self) -> None:
        """Above the limit of its person, the robot makes the sealed bid that is left."""
        bids: list[bytes | None] = []
        robot = BidRobot(Typist(), 400, Clock())
        for message, line in (
            (messages.AskBid(), b"400"),
            (messages.AboveLimit(300, 500), None),
            (messages.AskBid(), b"200"),
            (messages.AboveLimit(500, 500), None),
            (messages.AskBid(), None),
            (messages.TooManyLots(2, 2), None),
            (messages.AskBid(), None),
            (messages.AskBid(), b"400"),  # of the next lot
        ):
            if isinstance(message, messages.AskBid):
                robot.ask(message, bids.append)
            robot.message_received(message)
            self.assertEqual(bids, [] if line is None else [line])
            bids.clear()

    def test_limit_of_another_lot(self) -> None:
        """What a limit left in an open lot says nothing about the next lot."""
        bids: list[bytes | None] = []
        robot = BidRobot(Typist(), 400, Clock())
        for message in (messages.AboveLimit(300, 500), messages.LotUp(2, 3), messages.AskBid()):
            robot.ask(QUESTION, bids.append)
            robot.message_received(message)
        self.assertEqual(bids, [b"400"])

    def test_sale(self) -> None:
        """It sits through a catalogue of all formats."""
        house = MemoryHouse(
            catalogue=b"1 10 2 A\n2 10 2 B\n3 10 2 C\n4:start=99:step=9 10 2 D\n1 99 1 E"
        )
        first, second = self.robot(house, 50), self.robot(house, 40)
        house.advance(200)
        self.assertEqual(
            wins(first),
            [
                "You won this item A! Your payment due is $50",
                "You won this item B! Your payment due is $40",
                "You won this item C! Your payment due is $40",
                "You won this item D! Your payment due is $45",
            ],
        )
        self.assertEqual((first.ending, second.ending), (Ending(0), Ending(0)))

    def test_many_small_steps(self) -> None:
        """If a house takes ten bids at once and two a second, robots wait, and go on."""
        house = MemoryHouse(Terms(raise_rate=2))
        seller = house.connect()
        seller.send_lines("3 100 2 Sword")
        first, second = self.robot(house, 150), self.robot(house, 200)
        house.advance(90)
        self.assertEqual(house.console[-1].split(".")[0], ">> Item sold! The highest bid is $151")
        self.assertIn(
            "Server: Too many bids! Bid again in 1 second.", [*first.screen, *second.screen]
        )
        self.assertEqual((first.ending, second.ending), (Ending(0), Ending(0)))
        self.assertEqual(house.clock.getDelayedCalls(), [])

    def test_pause(self) -> None:
        """After the pause the robot bids the latest price, unless it holds the highest bid."""
        cases: list[tuple[list[messages.Message], list[bytes]]] = [
            ([], [b"100"]),
            (
                [messages.HighestBid(100, 3, 105, 58), messages.HighestBid(105, 3, 110, 58)],
                [b"110"],
            ),
            ([messages.YouHold(100)], []),
            ([messages.HighestBid(210, 3, 215, 58)], []),
        ]
        for news, bids in cases:
            clock = Clock()
            said: list[bytes | None] = []
            robot = BidRobot(Typist(), 200, clock)
            robot.ask(QUESTION, said.append)
            for message in [messages.Asking(100, 60), messages.BidTooSoon(2), *news]:
                robot.message_received(message)
                robot.ask(QUESTION, said.append)
            clock.advance(1.9)
            self.assertEqual(said, [b"100"])
            clock.advance(0.1)
            self.assertEqual(said, [b"100", *bids])
        robot.message_received(messages.BidTooSoon(2))
        robot.withdraw_question()
        self.assertEqual(clock.getDelayedCalls(), [])

    def test_old_news(self) -> None:
        """It bids no amount twice in a lot, though the news may not know of its bid yet."""
        said: list[bytes | None] = []
        robot = BidRobot(Typist(), 200, Clock())
        for message in [
            messages.AskAnytime("type an amount to bid."),
            messages.Asking(100, 60),
            messages.Asking(100, 59),
            messages.HighestBid(100, 3, 105, 58),
            messages.HighestBid(100, 3, 105, 57),
            messages.HighestBid(90, 3, 95, 56),
            messages.AskAnytime("type an amount to bid."),
            messages.Asking(100, 60),
        ]:
            robot.ask(QUESTION, said.append)
            robot.message_received(message)
        self.assertEqual(said, [b"100", b"105", b"100"])

    def test_confirms(self) -> None:
        """The robot repeats its own bid if asked, and no other."""
        said: list[bytes | None] = []
        robot = BidRobot(Typist(), 200, Clock())
        for message in [
            messages.AskAnytime("type an amount to bid."),
            messages.Asking(100, 60),
            messages.RepeatBid(100),
            messages.RepeatBid(150),
        ]:
            robot.ask(QUESTION, said.append)
            robot.message_received(message)
        self.assertEqual(said, [b"100", b"100"])

    def test_no_seller(self) -> None:
        robot = self.robot(MemoryHouse(), 100)
        self.assertEqual(
            robot.ending,
            Ending(1, "nobody sells anything there yet; to be the Seller: auction sell"),
        )


ENGLISH = messages.FormatIs("english", 100, "")


class MaximumRobotTests(SynchronousTestCase):
    """The server bids."""

    def robot(self, house: MemoryHouse, maximum: int) -> Visit:
        return visit_by(MaximumRobot, house, maximum)

    def said(self, *received: messages.Message, maximum: int = 200) -> list[bytes | None]:
        """What a robot says on messages, with the bidding on an English auction open."""
        said: list[bytes | None] = []
        clock = Clock()
        robot = MaximumRobot(Typist(), maximum, clock)
        for message in (messages.YouAre(1), ENGLISH, QUESTION, *received):
            robot.ask(QUESTION, said.append)
            robot.message_received(message)
            clock.advance(1)
        self.assertEqual(clock.getDelayedCalls(), [])
        return said

    def test_against_each_other(self) -> None:
        """Both are decided at once."""
        house = MemoryHouse()
        house.connect().send_lines("3:increment=5 100 2 Sword")
        first, second = self.robot(house, 118), self.robot(house, 200)
        house.advance(70)
        self.assertEqual(
            first.screen[6:-6],
            [
                "The bidding has started!",
                "At any time: type an amount to bid.",
                "Asking price: $100. Seconds left: 60.",
                "max 118",
                "Server: Your maximum is $118.",
                "The Auctioneer has bid $100 for you.",
                "The Auctioneer has bid $118 for you.",
                "You have been outbid: Buyer 2 bids $123.",
                "Highest bid: $123 by Buyer 2. Asking price: $128. Seconds left: 60.",
                "Your maximum of $118 is reached.",
                "Going once!",
                "Highest bid: $123 by Buyer 2. Asking price: $128. Seconds left: 6.",
            ],
        )
        self.assertIn("You won this item Sword! Your payment due is $123", second.screen)
        self.assertEqual((first.ending, second.ending), (RESULT_READ, RESULT_READ))
        self.assertEqual(second.screen.count("max 200"), 1)

    @given(
        st.lists(st.tuples(st.booleans(), st.integers(1, 40)), min_size=2, max_size=4),
        st.integers(1, 7),
    )
    def test_any_maxima(self, robots: list[tuple[bool, int]], increment: int) -> None:
        """Against robots of both kinds, the highest maximum wins, but for an increment."""
        house = MemoryHouse()
        house.connect().send_lines(f"3:increment={increment} 10 {len(robots)} Sword")
        visits = [
            visit_by(MaximumRobot if by_server else BidRobot, house, maximum)
            for by_server, maximum in robots
        ]
        house.advance(70)
        self.assertEqual({visit.ending for visit in visits}, {RESULT_READ})
        maxima = [maximum for _, maximum in robots]
        if max(maxima) < 10:
            self.assertEqual(house.console[-1], ">> Item not sold! There was no bid.")
            return
        price = int(house.console[-1].rpartition("$")[2])
        won = [
            maximum
            for maximum, visit in zip(maxima, visits, strict=True)
            if any(line.startswith("You won") for line in visit.screen)
        ]
        second, highest = sorted(maxima)[-2:]
        self.assertGreater(won[0] + increment, highest)
        self.assertLessEqual(price, min(won[0], max(10, second + increment)))

    def test_goes_on_alone(self) -> None:
        """In a timed auction, the server bids for the client that has ended, also against a person,
        and its Buyer wins."""
        house = MemoryHouse()
        house.connect_to_lobby("JOIN antiques").send_lines(
            "english:end=2027-01-16T21:00:increment=5 100 0 Sword"
        )
        house.advance(1)

        def robot(maximum: int) -> LobbyVisit:
            def agent(person: Person) -> MaximumRobot:
                return MaximumRobot(person, maximum, house.clock)

            return LobbyVisit(house, Typist(), messages.RoleBuyer, agent)

        gone, there = robot(300), robot(180)
        gone.visit.leave()
        house.advance(90)
        auction = house.rooms["antiques"].auction
        self.assertNotIn(1, auction.present)
        self.assertEqual((auction.holder, auction.bids[1]), (1, 185))
        there.read_lines()
        rival = house.connect_to_lobby("JOIN antiques")
        rival.send_lines("250")
        house.advance(1)
        self.assertEqual(
            there.read_lines()[-2:],
            [
                "Highest bid: $255 by Buyer 1. Asking price: $260. Seconds left: 133109.",
                "Bidding ends in 1 day 12 hours 58 minutes 29 seconds.",
            ],
        )
        house.advance(2 * 24 * 3600)
        self.assertIn("Sold: Sword to Buyer 1 for $255", there.screen)
        self.assertEqual(self.successResultOf(there.ended), RESULT_READ)

    def test_comes_back(self) -> None:
        """After a cut the server has the maximum, and is not told again."""
        self.patch(session, "RECONNECT_DELAYS", lambda attempt: 1.0)
        house = MemoryHouse()
        seller = house.connect_to_lobby("JOIN antiques")
        seller.send_lines("english:increment=5 100 1 Sword")
        visit = LobbyVisit(
            house,
            Typist(),
            messages.RoleBuyer,
            lambda person: MaximumRobot(person, 120, house.clock),
        )
        rival = house.connect_to_lobby("JOIN antiques")
        house.advance(1)
        with visit.away():
            rival.send_lines("110")
            house.advance(1)
        rival.send_lines("120")
        house.advance(1)
        self.assertEqual(
            [line for line in visit.screen if "aximum" in line or "max" in line],
            [
                "max 120",
                "Server: Your maximum is $120.",
                "Server: Your maximum is $120.",
            ],
        )
        self.assertIn("The Auctioneer has bid $120 for you.", visit.screen)
        rival.send_lines("125")
        house.advance(1)
        self.assertEqual(visit.screen[-1], "Your maximum of $120 is reached.")

    def test_of_an_earlier_visit(self) -> None:
        """A higher and a lower maximum take the place of that of an earlier visit, also while it
        holds the highest bid."""
        for maximum in (300, 100):
            house = MemoryHouse(
                catalogue=b"english:duration=900:increment=5 5 1 Cup\n",
                people=with_codes(People([Listed(1), Listed(2)])),
            )
            house.advance(10)

            def visit(maximum: int, house: MemoryHouse = house) -> Visit:
                def agent(person: Person) -> Person:
                    robot = MaximumRobot(person, maximum, house.clock)
                    return PassHolder(robot, pass_code(1))

                return Visit(house, Typist(), messages.RoleBuyer, agent)

            visit(180)
            house.advance(5)
            again = visit(maximum)
            house.advance(5)
            self.assertEqual(house.auctioneer.auction.maxima[1].amount, maximum)
            rival = house.connect_to_lobby(f"PASS {pass_code(2)}", "JOIN main", "99")
            house.advance(5)
            self.assertEqual(house.auctioneer.auction.bids[1], 104 if maximum == 300 else 100)
            self.assertEqual(again.screen.count(f"max {maximum}"), 1)
            self.assertFalse(rival.is_closed)
        left = [messages.MaximumIs(180), messages.HighestBid(105, 1, 110, 60)]
        self.assertEqual(self.said(*left), [b"max 200"])
        self.assertEqual(self.said(*left, messages.RepeatMaximum(200)), [b"max 200"] * 2)
        outbid = messages.HighestBid(185, 2, 190, 60)
        self.assertEqual(self.said(messages.MaximumIs(180), outbid), [b"max 200"])
        self.assertEqual(self.said(messages.MaximumIs(200), *left[1:]), [])

    def test_server_without_maxima(self) -> None:
        """The robot bids by itself, from the price that it was told last, also on later lots."""
        self.assertEqual(
            self.said(
                messages.Asking(100, 60),
                messages.NotUnderstood(),
                QUESTION,
                messages.Asking(100, 60),  # sent before the bid came
                messages.YouHold(100),
                messages.HighestBid(105, 3, 110, 58),
                messages.LotUp(2, 3),
                ENGLISH,
                QUESTION,
                messages.Asking(50, 60),
            ),
            [b"max 200", b"100", b"110", b"50"],
        )

    def test_other_formats(self) -> None:
        """All lots of a sale, each in its own way."""
        house = MemoryHouse(
            catalogue=b"1 10 2 A\n2 10 2 B\n3 10 2 C\n4:start=99:step=9 10 2 D\n3 10 2 E"
        )
        first, second = self.robot(house, 50), self.robot(house, 40)
        house.advance(300)
        self.assertEqual(
            wins(first),
            [
                "You won this item A! Your payment due is $50",
                "You won this item B! Your payment due is $40",
                "You won this item C! Your payment due is $41",
                "You won this item D! Your payment due is $45",
                "You won this item E! Your payment due is $41",
            ],
        )
        self.assertEqual([first.screen.count("max 50"), second.screen.count("max 40")], [2, 2])
        self.assertEqual((first.ending, second.ending), (RESULT_READ, RESULT_READ))

    def test_too_low(self) -> None:
        """A maximum below the first price is of no use, until the price has fallen."""
        above = messages.HighestBid(205, 3, 210, 58)
        self.assertEqual(self.said(messages.Asking(201, 60), above), [])
        fallen = [messages.Voided(205, 3, ""), messages.HighestBid(150, 2, 155, 58)]
        self.assertEqual(self.said(above, *fallen), [b"max 200"])

    def test_void(self) -> None:
        """The maximum is told again after a bid made for it was voided, and after no other."""
        kept = (messages.Asking(100, 60), messages.MaximumIs(200), messages.BidForYou(100))
        outbid = messages.HighestBid(150, 3, 155, 58)
        self.assertEqual(self.said(*kept, outbid), [b"max 200"])
        self.assertEqual(self.said(*kept, messages.Voided(150, 3, ""), outbid), [b"max 200"])
        self.assertEqual(self.said(*kept, messages.Voided(150, 1, ""), outbid), [b"max 200"] * 2)
        house = MemoryHouse()
        _, (buyer,) = house.open_auction("3:increment=5 100 1 Sword", 1)
        robot = self.robot(house, 118)
        house.advance(1)
        buyer.send_lines("105")
        house.advance(1)
        house.auctioneer.orders.give(Void())
        house.advance(1)
        self.assertEqual(robot.screen.count("max 118"), 2)
        self.assertEqual(house.auctioneer.auction.holder, 2)

    def test_pause(self) -> None:
        """A maximum that came in the pause is told after it."""
        house = MemoryHouse()
        house.open_auction("3:increment=5 100 1 Sword", 1)
        house.auctioneer.orders.give(Pause())
        robot = self.robot(house, 118)
        house.advance(1)
        self.assertIn("Server: Paused. Please wait...", robot.screen)
        house.auctioneer.orders.give(GoOn())
        house.advance(1)
        self.assertEqual(
            robot.screen[-4:-1],
            ["max 118", "Server: Your maximum is $118.", "The Auctioneer has bid $100 for you."],
        )
        house.auctioneer.orders.give(Extend(60))
        house.auctioneer.orders.give(Pause())
        house.auctioneer.orders.give(GoOn())
        house.advance(1)
        self.assertEqual(robot.screen.count("max 118"), 2)

    def test_too_soon(self) -> None:
        self.assertEqual(
            self.said(messages.Asking(100, 60), messages.BidTooSoon(1), messages.Outbid(2, 105)),
            [b"max 200"] * 2,
        )

    def test_jump(self) -> None:
        """The robot repeats its maximum if asked, and no other."""
        asking = messages.Asking(100, 60)
        self.assertEqual(
            self.said(asking, messages.RepeatMaximum(200), messages.RepeatMaximum(201)),
            [b"max 200"] * 2,
        )
        house = MemoryHouse()
        house.connect().send_lines("3:jump=2 10 1 Sword")
        robot = self.robot(house, 50)
        house.advance(1)
        self.assertIn("Server: Your maximum is $50.", robot.screen)

    def test_limit_of_the_person(self) -> None:
        """The robot tells what the limit leaves, and the whole maximum at a price above it."""
        asking = messages.Asking(100, 60)
        above = messages.AboveLimit(380, 500)  # leaves 120
        kept = messages.MaximumIs(120)
        outbid = messages.HighestBid(121, 3, 126, 58)
        told = [b"max 200", b"max 120"]
        self.assertEqual(self.said(asking, above), told)
        self.assertEqual(self.said(asking, above, kept, asking), told)
        self.assertEqual(self.said(asking, above, kept, outbid, above), [*told, b"max 200"])
        self.assertEqual(self.said(asking, messages.AboveLimit(450, 500)), [b"max 200"])
        self.assertEqual(self.said(asking, messages.TooManyLots(2, 2), asking), [b"max 200"])
        # It holds the highest bid meanwhile.
        self.assertEqual(self.said(asking, messages.YouHold(100), above), [b"max 200"])
        # A limit that leaves as much as was refused would be told for ever.
        self.assertEqual(self.said(asking, messages.AboveLimit(0, 200)), [b"max 200", b"max 199"])

    def test_limit_of_the_house(self) -> None:
        """It stays for the visit."""
        asking, outbid = messages.Asking(100, 60), messages.HighestBid(146, 3, 151, 58)
        refused = [messages.BidTooHigh(150), messages.MaximumIs(150)]
        self.assertEqual(self.said(asking, *refused, outbid), [b"max 200", b"max 150"])
        lot = [messages.LotUp(2, 3), ENGLISH, QUESTION, asking]
        self.assertEqual(self.said(asking, *refused, *lot), [b"max 200", b"max 150", b"max 150"])


AMOUNTS = st.integers(0, 300)
BUYERS = st.integers(1, 3)


class AnyServerTests(SynchronousTestCase):
    @given(
        st.lists(
            st.one_of(
                st.sampled_from([ENGLISH, QUESTION, messages.AskBid(), messages.NotUnderstood()]),
                st.sampled_from([messages.NoMaximum(), messages.Paused(), messages.LotUp(2, 3)]),
                st.builds(messages.YouAre, BUYERS),
                st.builds(messages.Asking, AMOUNTS, AMOUNTS),
                st.builds(messages.HighestBid, AMOUNTS, BUYERS, AMOUNTS, AMOUNTS),
                st.builds(messages.AboveLimit, AMOUNTS, AMOUNTS),
                st.builds(messages.TooManyLots, AMOUNTS, AMOUNTS),
                st.builds(messages.BidTooSoon, st.integers(1, 3)),
                st.builds(messages.Voided, AMOUNTS, BUYERS, st.just("")),
                *(
                    st.builds(kind, AMOUNTS)
                    for kind in (
                        messages.BidTooHigh,
                        messages.BidTooLow,
                        messages.MaximumIs,
                        messages.RepeatBid,
                        messages.RepeatMaximum,
                        messages.YouHold,
                        messages.BidForYou,
                    )
                ),
            ),
            max_size=30,
        ),
        st.sampled_from([BidRobot, MaximumRobot]),
    )
    def test_any_messages(self, received: list[messages.Message], kind: type[BidRobot]) -> None:
        """Whatever a server says, a robot says at most one line for it, and nothing above its
        maximum."""
        said: list[bytes] = []
        clock = Clock()
        robot = kind(Typist(), 200, clock)

        def answer(line: bytes | None) -> None:
            assert line is not None
            said.append(line)
            robot.ask(QUESTION, answer)

        robot.ask(QUESTION, answer)
        for message in received:
            before = len(said)
            robot.message_received(message)
            self.assertLessEqual(len(said), before + 1)
            clock.advance(1)
        for line in said:
            self.assertTrue(1 <= int(line.removeprefix(b"max ")) <= 200, line)


class RequestRobotTests(SynchronousTestCase):
    def test_open_auction(self) -> None:
        """The request is there at once, and then the person may close the auction."""
        house = MemoryHouse()
        seller = Visit(
            house,
            Typist(b"close"),
            messages.RoleSeller,
            lambda person: RequestRobot(person, "english 100 1 Sword"),
        )
        buyer = Visit(house, Typist(b"150"))
        self.assertEqual(
            seller.screen,
            [
                "Connected to the Auctioneer server.",
                "Your role is: [Seller]",
                "Please submit auction request:",
                "english 100 1 Sword",
                "Server: Auction start.",
                "The bidding has started!",
                "At any time: type close to end the auction.",
                "Asking price: $100. Seconds left: 60.",
                "The Seller has closed the bidding.",
                "Auction finished!",
                "Not sold: Sword",
                "Unfortunately your item Sword was not sold in the auction.",
                "Disconnecting from the Auctioneer server. Auction is over!",
            ],
        )
        assert seller.ending is not None and buyer.ending is not None
        self.assertEqual((seller.ending.status, buyer.ending.status), (0, 0))

    def test_refused(self) -> None:
        """If the house refuses the request, the person may type another one."""
        house = MemoryHouse()
        typist = Typist(b"1 100 9 Sword")
        Visit(
            house,
            typist,
            messages.RoleSeller,
            lambda person: RequestRobot(person, "1 100 40 Sword"),
        )
        self.assertEqual(
            typist.screen[3:],
            [
                "1 100 40 Sword",
                "Server: Invalid auction request! number_of_bids must be 1 to 9.",
                "Please submit auction request:",
                "Server: Auction start.",
            ],
        )

    def test_not_the_seller(self) -> None:
        house = MemoryHouse()
        house.connect().send_lines("1 100 1 Shield")
        seller = Visit(
            house,
            Typist(),
            messages.RoleSeller,
            lambda person: RequestRobot(person, "1 100 1 Sword"),
        )
        assert seller.ending is not None
        self.assertEqual(
            seller.ending.complaint, "something is on sale there already; to bid: auction bid"
        )
