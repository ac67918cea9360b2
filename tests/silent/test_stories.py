"""Whole stories of a silent auction in which all rules meet, as each participant reads them.

Every line was checked by hand against docs/protocol.rst and docs/silent.rst.
"""

from collections.abc import Iterable, Mapping

from tests.support import LedgerFolderTestCase
from twisted_auction.house.doors import Doors
from twisted_auction.house.people import People, Person
from twisted_auction.ledger.history import verify_view
from twisted_auction.ledger.storage import open_view
from twisted_auction.rules.commands import Action, Bid, Expel, Extend, GoOn, Pause, Void, VoidSale
from twisted_auction.rules.terms import Terms
from twisted_auction.testing import MemoryClient, MemoryHouse, pass_code, with_codes

CATALOGUE = b"""lot,item,type,lowest_price,reserve
1,Cabin,"english:end=2027-01-15T09:00:latest=2027-01-15T09:00:15:increment=1,5@50,10@200",20,150
2,Dinner,second-price:end=2027-01-15T09:00,30,
3,Ball,english:end=2027-01-15T09:00:increment=5:buy=60,10,
"""

PADDLES = {"Ada": 1, "Ben": 2, "Cy": 3, "Di": 4}

CABIN = [
    "Lot 1 of 1.",
    "Catalogue number: 1.",
    "On sale: Cabin",
    "Format: english, from $20. Each bid is at least $1 above the highest, $5 from $50, $10 from "
    "$200. Bidding ends on 2027-01-15 at 09:00, or 10 seconds after a late bid, but on 2027-01-15 "
    "at 09:00:15 at the latest.",
]
DINNER = [
    "Lot 1 of 1.",
    "Catalogue number: 2.",
    "On sale: Dinner",
    "Format: second-price, from $30. One sealed bid each; the highest wins and pays the second "
    "highest. Bidding ends on 2027-01-15 at 09:00. Until then, a bid can be changed or withdrawn.",
]
START = [
    "Bidding start!",
    "At any time: type an amount to bid, or max 180 to let the Auctioneer bid up to $180.",
]
RECEIVED = "Bid received. Please wait..."
CHANGE = "At any time: type another amount to change your bid, or withdraw to take it back."
QUESTION = "Please submit your bid:"
FINISHED = "Auction finished!"
LOST = "Unfortunately you did not win in the last round."
CLOSES = "This lot has been up. Its room closes in 10 minutes."
NOT_MET, MET = "The reserve is not met.", "The reserve is met."
PAUSED = "The auction is paused."
ENDS = "Bidding ends in 59 minutes 55 seconds."


def known(name: str) -> str:
    return f"You are paddle {PADDLES[name]}, {name}."


def buyer(name: str) -> list[str]:
    return [known(name), "Your role is: [Buyer]", f"You are Buyer {PADDLES[name]}."]


def highest(amount: int, name: str, asking: int, seconds: int) -> str:
    holder = PADDLES[name]
    return f"Highest bid: ${amount} by Buyer {holder}. Asking price: ${asking}. Seconds left: " + (
        f"{seconds}."
    )


class StoryTestCase(LedgerFolderTestCase):
    """A house with three lots, which opens at eight. Bidding begins five seconds later.

    :ivar clients: each person's connection to the room of the story.
    """

    def setUp(self) -> None:
        super().setUp()
        limits = {"Di": 180}
        persons = [Person(paddle, name, limit=limits.get(name)) for name, paddle in PADDLES.items()]
        self.house = MemoryHouse(
            Terms(after_sale=600),
            catalogue=CATALOGUE,
            ledger=self.path,
            people=with_codes(People(persons)),
            public_view=True,
            together=True,
            doors=Doors("now"),
        )
        self.room = ""
        self.clients: dict[str, MemoryClient] = {}

    def join(self, room: str, *names: str) -> None:
        self.room = room
        for name in names:
            self.clients[name] = self.house.connect_to_lobby(
                f"PASS {pass_code(PADDLES[name])}", f"JOIN {room}"
            )

    def say(self, name: str, line: str, **told: Iterable[str]) -> None:
        """Say a line, and check what all participants read."""
        self.clients[name].send_lines(line)
        self.house.advance(0.5)
        self.check(f"{name}: {line}", told)

    def order(self, action: Action, reason: str = "", **told: Iterable[str]) -> None:
        self.house.rooms[self.room].orders.give(action, reason=reason)
        self.house.advance(0.5)
        self.check(str(action), told)

    def wait(self, seconds: float, **told: Iterable[str]) -> None:
        self.house.advance(seconds)
        self.check(f"{seconds} s", told)

    def check(self, after: str, told: Mapping[str, Iterable[str]]) -> None:
        """Check what each participant has read.

        :param told: the lines by name; ``everyone`` stands for those without lines of their own.
        """
        others = list(told.get("everyone", ()))
        for name, client in self.clients.items():
            self.assertEqual(client.read_lines(), list(told.get(name, others)), (after, name))

    def kill(self, after: float) -> None:
        """Kill the house, and start it again."""
        self.house = self.house.restart(after)
        self.clients = {}

    @property
    def seconds_left(self) -> float:
        deadline = self.house.rooms[self.room].auction.deadline
        assert deadline is not None
        return deadline - self.house.clock.seconds()

    def mine(self, name: str) -> list[str]:
        lobby = self.house.connect_to_lobby(f"PASS {pass_code(PADDLES[name])}", "MINE")
        return lobby.read_lines()[1:]

    def verify(self) -> None:
        with open_view(self.path) as view:
            verify_view(view)


class EnglishStoryTests(StoryTestCase):
    def test_reserve_maxima_void_pause_restart(self) -> None:
        """A table of increments, a reserve, maxima, a voided bid and its expelled Buyer, a limit, a
        pause over a restart, and late bids up to the latest end."""
        self.join("1", *PADDLES)
        soon = "Bidding opens in 5 seconds."
        self.check("arrival", {name: [*buyer(name), *CABIN, soon] for name in PADDLES})
        ends = "Bidding ends in 59 minutes 55 seconds."
        left = 3595
        opening = [f"Asking price: $20. Seconds left: {left}.", NOT_MET, ends]
        self.wait(5, everyone=[*START, *opening])

        # A maximum below the reserve bids no more than is needed.
        now = [highest(20, "Ada", 21, left), NOT_MET, ends]
        yours = ["Your maximum is $100.", "The Auctioneer has bid $20 for you."]
        self.say("Ada", "max 100", Ada=[*yours, *now], everyone=now)
        left, ends = 3594, "Bidding ends in 59 minutes 54 seconds."
        now = [highest(46, "Ada", 47, 3595), NOT_MET, "Bidding ends in 59 minutes 55 seconds."]
        self.say(
            "Ben",
            "45",
            Ada=["The Auctioneer has bid $46 for you.", *now],
            Ben=["You hold the highest bid: $45.", "You have been outbid: Buyer 1 bids $46.", *now],
            everyone=now,
        )
        # A maximum above the reserve bids the reserve at once.
        now = [highest(150, "Cy", 155, left), MET, ends]
        self.say(
            "Cy",
            "max 200",
            Ada=[
                "The Auctioneer has bid $100 for you.",
                "You have been outbid: Buyer 3 bids $150.",
                *now,
            ],
            Cy=["Your maximum is $200.", "The Auctioneer has bid $150 for you.", *now],
            everyone=now,
        )
        # Cy's maximum ends with its bid, so nothing answers for Cy.
        now = ["Voided: $150 by Buyer 3. A slip.", highest(100, "Ada", 105, left), NOT_MET, ends]
        self.order(Void(), "A slip.", Ada=[*now, "You hold the highest bid: $100."], everyone=now)
        self.order(Expel(3), "Be quiet.", Cy=["You have been expelled. Be quiet."])
        self.assertTrue(self.clients.pop("Cy").is_closed)

        left, ends = 3593, "Bidding ends in 59 minutes 53 seconds."
        now = [highest(150, "Ben", 155, left), MET, ends]
        self.say(
            "Ben",
            "max 160",
            Ada=["You have been outbid: Buyer 2 bids $150.", *now],
            Ben=["Your maximum is $160.", "The Auctioneer has bid $150 for you.", *now],
            everyone=now,
        )
        refused = ["Above your limit: you are bound for $0 of $180."]
        self.say("Di", "max 181", Di=refused)
        left, ends = 3592, "Bidding ends in 59 minutes 52 seconds."
        now = [highest(165, "Di", 170, left), MET, ends]
        self.say(
            "Di",
            "max 180",
            Ben=[
                "The Auctioneer has bid $160 for you.",
                "You have been outbid: Buyer 4 bids $165.",
                *now,
            ],
            Di=["Your maximum is $180.", "The Auctioneer has bid $165 for you.", *now],
            everyone=now,
        )

        # The pause goes on over a restart. Its 90 seconds move the end, and the latest one.
        self.order(Pause(), everyone=[PAUSED])
        self.say("Ben", "200", Ben=["Paused. Please wait..."])
        self.wait(60)
        self.kill(29.5)
        self.join("1", *PADDLES)
        now = [highest(165, "Di", 170, 3591), MET, "Bidding ends in 59 minutes 51 seconds."]
        outbid = "You have been outbid: Buyer 4 bids $165."
        back = {"Ada": ("$100", outbid), "Ben": ("$160", outbid)}
        back["Di"] = ("$180", "Your bid of $165 stands.")
        self.check(
            "return",
            {
                name: [
                    *[*buyer(name), *CABIN, *START, f"Your maximum is {maximum}.", *now],
                    *[standing, PAUSED],
                ]
                for name, (maximum, standing) in back.items()
            }
            | {"Cy": [known("Cy"), "You have been expelled."]},
        )
        del self.clients["Cy"]
        self.order(GoOn(), everyone=["The auction goes on.", *now])
        self.assertEqual(self.seconds_left, 3590.5)

        # Four seconds before the end.
        once = ["Going once!", highest(165, "Di", 170, 6), MET]
        self.wait(self.seconds_left - 4, everyone=once)
        late = ["Time extended!", highest(175, "Di", 180, 10), MET]
        self.say(
            "Ben",
            "170",
            Ben=[
                "You hold the highest bid: $170.",
                "You have been outbid: Buyer 4 bids $175.",
                *late,
            ],
            Di=["The Auctioneer has bid $175 for you.", *late],
            everyone=late,
        )
        self.wait(6, everyone=["Going once!", highest(175, "Di", 180, 6), MET])
        late = ["Time extended!", highest(190, "Ada", 195, 10), MET]
        self.say(
            "Ada",
            "190",
            Ada=["You hold the highest bid: $190.", *late],
            Di=["You have been outbid: Buyer 1 bids $190.", *late],
            everyone=late,
        )
        # The latest end is seven seconds away.
        self.wait(5, everyone=["Going once!", highest(190, "Ada", 195, 6), MET])
        late = ["Time extended!", highest(195, "Ben", 200, 7), MET]
        self.say(
            "Ben",
            "195",
            Ada=["You have been outbid: Buyer 2 bids $195.", *late],
            Ben=["You hold the highest bid: $195.", *late],
            everyone=late,
        )
        self.wait(1, everyone=["Going once!", highest(195, "Ben", 200, 6), MET])
        now = [highest(200, "Ada", 210, 6), MET]
        self.say(
            "Ada",
            "200",
            Ada=["You hold the highest bid: $200.", *now],
            Ben=["You have been outbid: Buyer 1 bids $200.", *now],
            everyone=now,
        )
        twice = ["Going twice!", highest(200, "Ada", 210, 3), MET]
        result = [*twice, FINISHED, "Sold: Cabin to Buyer 1 for $200"]
        self.wait(
            self.seconds_left,
            Ada=[*result, "You won this item Cabin! Your payment due is $200", CLOSES],
            everyone=[*result, LOST, CLOSES],
        )
        self.assertEqual(
            self.mine("Di"),
            [
                "Yours: lot 1 in room 1, lost, $175 [1]: Cabin",
                "Your account: 0 lots won, $0 due, $0 bound, limit $180, 0 lots at most.",
            ],
        )
        # The sale can be voided as long as the room is open.
        voided = "The sale of lot 1 is voided. The roof leaks."
        nothing = "You do not owe $200 for lot 1."
        self.order(VoidSale("1"), "The roof leaks.", Ada=[voided, nothing], everyone=[voided])
        self.wait(600, everyone=["This lot is over."])
        self.assertTrue(all(client.is_closed for client in self.clients.values()))
        self.verify()

    def test_buy_at_once(self) -> None:
        """While another lot goes on. The maximum of the other Buyer stops below the price."""
        self.house.advance(5)
        self.join("3", "Ada", "Ben")
        for client in self.clients.values():
            client.read_lines()
        self.say("Ada", "max 59", Ada=[
            *["Your maximum is $59.", "The Auctioneer has bid $10 for you."],
            *[highest(10, "Ada", 15, 3595), ENDS],
        ], Ben=[highest(10, "Ada", 15, 3595), ENDS])  # fmt: skip
        sold = [FINISHED, "Sold: Ball to Buyer 2 for $60"]
        self.say("Ben", "buy", Ada=[
            *["You have been outbid: Buyer 2 bids $60.", *sold, LOST, CLOSES]
        ], Ben=[
            *["You hold the highest bid: $60.", *sold],
            *["You won this item Ball! Your payment due is $60", CLOSES],
        ])  # fmt: skip
        self.wait(600, everyone=["This lot is over."])
        late = self.house.connect_to_lobby(f"PASS {pass_code(3)}", "JOIN 3")
        self.assertEqual(late.read_lines(), [known("Cy"), "This lot is over."])
        self.assertFalse(self.house.rooms.sale.is_over(self.house.rooms))
        self.verify()


class SealedStoryTests(StoryTestCase):
    def test_changed_and_withdrawn_bids(self) -> None:
        """A tie that a change decides, a limit, a bid by the operator, a pause over a restart, and
        an expelled Buyer, whose bid stands. A Watcher reads the number of Buyers who have bid."""
        self.house.advance(5)
        self.join("2", *PADDLES)
        self.clients["Eve"] = self.house.connect_to_lobby("WATCH 2")
        ends = "Bidding ends in 59 minutes 55 seconds."
        question = ["Type an amount, or pass.", ends, "Bidding start!", QUESTION]
        self.check("arrival", {name: [*buyer(name), *DINNER, *question] for name in PADDLES} | {
            "Eve": ["Your role is: [Watcher]", *DINNER, "Bidding start!", "Bids: 0.", ends],
        })  # fmt: skip
        self.say("Ada", "50", Ada=[RECEIVED, CHANGE], Eve=["Bids: 1."])
        self.say("Ben", "50", Ben=[RECEIVED, CHANGE], Eve=["Bids: 2."])
        self.say("Cy", "90", Cy=[RECEIVED, CHANGE], Eve=["Bids: 3."])
        self.say("Ada", "7O", Ada=["Invalid bid. Please submit a positive integer!", CHANGE])
        self.say("Ada", "70", Ada=["Your bid is changed."])
        # Ada's bid has the place of this change now, behind Ben's.
        self.say("Ada", "50", Ada=["Your bid is changed."])
        self.say("Cy", "withdraw", Cy=["Your bid is withdrawn.", QUESTION])
        self.say("Cy", "withdraw", Cy=["You have no bid to withdraw.", QUESTION])
        self.say("Cy", "pass", Cy=["You have passed this lot. Please wait..."])
        self.say("Di", "200", Di=["Above your limit: you are bound for $0 of $180.", QUESTION])
        self.say("Di", "20", Di=[RECEIVED, CHANGE], Eve=["Bids: 4."])
        self.order(Bid(3, b"45"), Cy=[RECEIVED, CHANGE])
        self.order(Pause(), everyone=[PAUSED])
        self.say("Ben", "60", Ben=["Paused. Please wait..."])
        self.kill(88.5)

        self.join("2", *PADDLES)
        self.clients["Eve"] = self.house.connect_to_lobby("WATCH 2")
        ends = f"Bidding ends in 59 minutes {55 - 6} seconds."
        bids = {"Ada": 50, "Ben": 50, "Cy": 45, "Di": 20}
        self.check("return", {
            name: [*buyer(name), *DINNER, ends, f"Your bid of ${bid} stands.", CHANGE, PAUSED]
            for name, bid in bids.items()
        } | {
            "Eve": ["Your role is: [Watcher]", *DINNER, "Bidding start!", "Bids: 4.", ends, PAUSED],
        })  # fmt: skip
        self.order(GoOn(), everyone=["The auction goes on.", ends])
        longer = ["Time extended! Seconds left: 3649.", "Bidding ends in 1 hour 49 seconds."]
        self.order(Extend(60), everyone=longer)
        self.order(Expel(4), "Noise.", Di=["You have been expelled. Noise."])
        self.clients.pop("Di")
        self.say("Cy", "withdraw", Cy=["Your bid is withdrawn.", QUESTION])
        self.say("Cy", "30", Cy=[RECEIVED, CHANGE])
        self.wait(
            self.seconds_left,
            Ben=[FINISHED, "You won this item Dinner! Your payment due is $50", CLOSES],
            Eve=[FINISHED, CLOSES],
            everyone=[FINISHED, LOST, CLOSES],
        )
        for name, standing, account in [
            ("Ada", "lost, $50", "0 lots won, $0 due, $0 bound, limit $0"),
            ("Ben", "won, $50", "1 lots won, $50 due, $50 bound, limit $0"),
            ("Cy", "lost, $30", "0 lots won, $0 due, $0 bound, limit $0"),
            ("Di", "lost, $20", "0 lots won, $0 due, $0 bound, limit $180"),
        ]:
            self.assertEqual(
                self.mine(name),
                [
                    f"Yours: lot 2 in room 2, {standing} [2]: Dinner",
                    f"Your account: {account}, 0 lots at most.",
                ],
            )
        self.verify()
