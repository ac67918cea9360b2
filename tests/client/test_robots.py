from hypothesis import given
from hypothesis import strategies as st
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from tests.persons import Typist, Visit
from twisted_auction.client.person import Ending
from twisted_auction.client.robots import BidRobot, RequestRobot
from twisted_auction.rules.commands import GoOn, Pause, Void
from twisted_auction.rules.terms import Terms
from twisted_auction.testing import MemoryHouse
from twisted_auction.wire import messages

QUESTION = messages.AskAnytime("type an amount to bid.")

RECEIVED = "Server: Bid received. Please wait..."


class RobotTests(SynchronousTestCase):
    def robot(self, house: MemoryHouse, maximum: int) -> Visit:
        return Visit(
            house,
            Typist(),
            messages.RoleBuyer,
            lambda person: BidRobot(person, maximum, house.clock),
        )

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

    def test_sale(self) -> None:
        """It sits through a catalogue of all formats."""
        house = MemoryHouse(
            catalogue=b"1 10 2 A\n2 10 2 B\n3 10 2 C\n4:start=99:step=9 10 2 D\n1 99 1 E"
        )
        first, second = self.robot(house, 50), self.robot(house, 40)
        house.advance(200)
        self.assertEqual(
            [line for line in first.screen if line.startswith("You won")],
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
