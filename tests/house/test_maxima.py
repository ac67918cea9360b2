"""Maximum bids: what each participant reads, and what nobody else may read."""

from dataclasses import dataclass, field, replace

from twisted.internet.testing import StringTransport

from tests.house.support import PERSONS, HouseTestCase, PeopleTestCase
from tests.support import logged_lines
from twisted_auction.house.people import People
from twisted_auction.ledger.storage import open_view
from twisted_auction.rules.commands import Close, Void
from twisted_auction.rules.terms import Terms
from twisted_auction.server.control import ControlFactory
from twisted_auction.testing import MemoryClient, MemoryHouse, pass_code, with_codes

ENGLISH = "english:increment=5:duration=600 100 2 Sword"


def highest(amount: int, who: int, seconds: int, increment: int = 5) -> str:
    return (
        f"Highest bid: ${amount} by Buyer {who}. "
        f"Asking price: ${amount + increment}. Seconds left: {seconds}."
    )


def bid_for_you(amount: int) -> str:
    return f"The Auctioneer has bid ${amount} for you."


def outbid(who: int, amount: int) -> str:
    return f"You have been outbid: Buyer {who} bids ${amount}."


class TranscriptTests(HouseTestCase):
    """Strangers on the port of the room."""

    def opened(self, request: str = ENGLISH) -> MemoryClient:
        """An auction with two Buyers that have read their lines.

        :return: the first one.
        """
        _, self.buyers = self.house().open_auction(request, 2)
        self.say(1)
        return self.buyers[0]

    def say(self, who: int, *lines: str) -> list[str]:
        """Let one of the Buyers send lines, and read the answers."""
        self.houses[0].advance(1)
        client = self.buyers[who - 1]
        client.read_lines()
        client.send_lines(*lines)
        self.houses[0].advance(1)
        return client.read_lines()

    def test_three(self) -> None:
        house = self.house()
        seller, (one, two) = house.open_auction(ENGLISH, 2)
        house.advance(1)
        three = house.connect()
        house.advance(1)
        everyone = (seller, one, two, three)

        def read() -> list[list[str]]:
            house.advance(1)
            return [client.read_lines() for client in everyone]

        read()
        one.send_lines("max 180")
        price = highest(100, 1, 597)
        self.assertEqual(
            read(),
            [[price], ["Your maximum is $180.", bid_for_you(100), price], [price], [price]],
        )
        # Answered at once: the first Buyer is never outbid.
        two.send_lines("150")
        price = highest(155, 1, 596)
        held = "You hold the highest bid: $150."
        self.assertEqual(
            read(), [[price], [bid_for_you(155), price], [held, outbid(1, 155), price], [price]]
        )
        # The second highest maximum is bid, too, and its Buyer reads the answer alone.
        three.send_lines("max 170")
        price = highest(175, 1, 595)
        maximum = "Your maximum is $170."
        self.assertEqual(
            read(),
            [
                [price],
                [bid_for_you(175), price],
                [price],
                [maximum, bid_for_you(170), outbid(1, 175), price],
            ],
        )
        one.send_lines("max 300", "max 170", "max 0", "max")
        price = highest(175, 1, 594)
        self.assertEqual(
            read(),
            [
                [],
                [
                    "Your maximum is $300.",
                    *["Your maximum must be at least your bid: $175."] * 2,
                    "Not understood.",
                    "At any time: type max and an amount to let the Auctioneer bid for you.",
                ],
                [],
                [],
            ],
        )
        three.send_lines("max 0", "max 0")
        self.assertEqual(read()[3], ["You have no maximum."] * 2)
        two.send_lines("310")
        self.assertEqual(read()[1], [outbid(2, 310), highest(310, 2, 592)])
        house.auctioneer.orders.give(Close())
        house.advance(1)
        self.assertIn("You won this item Sword! Your payment due is $310", two.read_lines())
        house.rooms.close_ledger()
        self.verify()

    def test_jump_is_confirmed(self) -> None:
        self.opened("english:jump=10 100 2 Sword")
        repeat = "Please repeat your maximum to confirm: max 2000"
        self.assertEqual(self.say(1, "max 2000"), [repeat])
        # A bid of this amount is another line.
        self.assertEqual(self.say(1, "2000"), ["Please repeat your bid to confirm: $2000"])
        self.assertEqual(self.say(1, "max 2000"), [repeat])
        self.assertEqual(self.say(1, "max 2000")[:2], ["Your maximum is $2000.", bid_for_you(100)])

    def test_rate(self) -> None:
        """Maxima count as raises."""
        self.opened()
        answers = self.say(1, *["max 180"] * 11)
        self.assertEqual(answers.count("Your maximum is $180."), 10)
        self.assertEqual(answers.count("Too many bids! Bid again in 1 second."), 1)

    def test_void(self) -> None:
        self.opened()
        self.say(1, "max 180")
        self.say(2, "max 300")
        room = self.houses[0].auctioneer
        self.assertEqual(
            room.orders.give(Void()), "$185 by Buyer 2 is voided, and Buyer 1 holds it at $180."
        )
        self.assertEqual(room.auction.maxima.keys(), {1})
        self.assertEqual(self.say(2, "max 0"), ["You have no maximum."])

    def test_restart_in_a_duel(self) -> None:
        """A maximum is kept through a restart, and its Buyer reads it when it comes back."""
        house = self.house(Terms(resume_grace=30))
        clients: dict[str, MemoryClient] = {}

        def say(name: str, *lines: str) -> list[str]:
            if name not in clients:
                clients[name] = house.connect_to_lobby()
            clients[name].send_lines(*lines)
            house.advance(1)
            return clients[name].read_lines()

        say("s", "JOIN main", ENGLISH)
        for name in ("a", "b"):
            say(name, "JOIN main")
        say("a", "max 190")
        say("b", "max 170")
        house = self.crash(house, after=5)
        clients.clear()
        self.assertEqual(house.auctioneer.auction.maxima.keys(), {1, 2})
        back = say("a", "RESUME ticket-2")
        self.assertEqual(
            [line for line in back if "$" in line and "Format" not in line],
            ["Your maximum is $190.", highest(175, 1, 597), "Your bid of $175 stands."],
        )
        lines = say("b", "RESUME ticket-3", "180")
        self.assertIn("Your maximum is $170.", lines)
        # Buyer 2 is not there, and the server still bids for Buyer 1.
        self.assertEqual(lines[-2:], [outbid(1, 185), highest(185, 1, 596)])
        clients["a"].disconnect()
        house.advance(40)
        self.assertNotIn(1, house.auctioneer.auction.present)
        self.assertEqual(
            say("b", "190"),
            ["You hold the highest bid: $190.", outbid(1, 190), highest(190, 1, 555)],
        )
        house.auctioneer.orders.give(Close())
        house.rooms.close_ledger()
        self.assertEqual(self.verify().unfinished, {})

    def test_leaves_for_good(self) -> None:
        """A Buyer without a ticket cannot come back: its bid stands, and its maximum ends."""
        one = self.opened()
        self.say(1, "max 180")
        one.disconnect()
        self.assertEqual(self.say(2, "105")[0], "You hold the highest bid: $105.")
        self.assertEqual(self.houses[0].auctioneer.auction.holder, 2)


class CommitmentTests(PeopleTestCase):
    """A person is bound for the bid made for its maximum, and not for the maximum."""

    def test_bound(self) -> None:
        limited = [
            replace(person, limit=500) if person.paddle == 17 else person for person in PERSONS
        ]
        self.begin(People(limited))
        ada, bob = self.opened(ENGLISH, 17, 40)
        self.assertEqual(ada.say("max 501"), ["Above your limit: you are bound for $0 of $500."])
        ada.say("max 400")
        (elsewhere,) = self.opened("english:increment=5:duration=600 100 1 Hat", 17, room="hats")
        # 100 dollars are bound in the other room.
        self.assertEqual(
            elsewhere.say("401"), ["Above your limit: you are bound for $100 of $500."]
        )
        self.assertEqual(elsewhere.say("350")[0], "You hold the highest bid: $350.")
        # 150 are left for the maximum.
        self.assertEqual(bob.say("120")[:2], ["You hold the highest bid: $120.", outbid(17, 125)])
        self.assertEqual(bob.say("145")[:2], ["You hold the highest bid: $145.", outbid(17, 150)])
        self.assertEqual(bob.say("155")[0], "You hold the highest bid: $155.")
        self.assertNotIn(outbid(17, 160), bob.read())
        # The other bid is voided, and the maximum answers again.
        self.houses[0].rooms["hats"].orders.give(Void())
        self.assertEqual(bob.read()[0], outbid(17, 160))
        self.shut()
        self.houses = []
        self.verify()

    def test_off_the_list(self) -> None:
        """A person taken off the list bids nothing more."""
        self.begin(People(PERSONS))
        ada, bob = self.opened(ENGLISH, 17, 40)
        ada.say("max 400")
        house = self.houses[0]
        house.rooms.replace_people(People(each for each in PERSONS if each.paddle != 17))
        self.assertEqual(bob.say("120")[0], "You hold the highest bid: $120.")
        self.assertEqual(house.rooms["art"].auction.holder, 40)


@dataclass
class Evening:
    """What others than the Buyer with the maximum could read in one evening.

    :ivar told: all lines, by reader.
    :ivar logged: the lines of the log.
    :ivar kinds: the kinds of all rows.
    """

    told: dict[str, list[str]] = field(default_factory=dict)
    logged: list[str] = field(default_factory=list)
    kinds: list[str] = field(default_factory=list)


class PrivacyTests(PeopleTestCase):
    def play(self, maximum: int) -> Evening:
        """An evening with a maximum of Buyer 17, high enough to win."""
        self.forget()
        evening = Evening()
        lines = logged_lines(self)
        house = MemoryHouse(ledger=self.path, people=with_codes(People(PERSONS)))
        self.houses = [house]
        clients: list[tuple[str, MemoryClient]] = []

        def come(name: str, *said: str) -> MemoryClient:
            client = house.connect_to_lobby()
            client.send_lines(*said)
            clients.append((name, client))
            house.advance(0.1)
            return client

        def read() -> None:
            house.advance(0.1)
            for name, client in clients:
                evening.told.setdefault(name, []).extend(client.read_lines())

        def sit(paddle: int) -> MemoryClient:
            return come(f"{paddle}", f"PASS {pass_code(paddle)}", "JOIN art")

        operator = ControlFactory(house.rooms, house.connections).buildProtocol(None)
        transport = StringTransport()
        operator.makeConnection(transport)
        operator.dataReceived(b"follow\n")
        sit(5).send_lines(ENGLISH)
        ada, bob = sit(17), sit(40)
        come("desk", f"PASS {pass_code(70)}", "DESK art", "ORDER follow")
        come("watcher", f"PASS {pass_code(71)}", "WATCH art")
        ada.send_lines("max 150", f"max {maximum}")
        read()
        bob.send_lines("120", "max 140", "JSON")
        read()
        sit(41).send_lines("max 155")
        come("lobby", "LIST", "SALE art")
        operator.dataReceived(b"status\nwho\n")
        read()
        clients[:] = [each for each in clients if each[1] is not ada]
        ada.disconnect()
        bob.send_lines("165")
        read()
        operator.dataReceived(b"pause room=art\ngo on room=art\n")
        read()
        house = self.crash(house, after=5)
        clients.clear()
        sit(40).send_lines("175")
        sit(5)
        come("watcher", f"PASS {pass_code(71)}", "WATCH art")
        read()
        house.advance(700)
        read()
        evening.told["operator"] = transport.value().decode().splitlines()
        evening.logged = list(lines)
        house.rooms.close_ledger()
        self.houses = []
        with open_view(self.path) as view:
            evening.kinds = [row.kind for row in view.rows()]
        self.verify()
        return evening

    def test_pair(self) -> None:
        """Two evenings that differ in nothing but a winning maximum look the same to all others."""
        low, high = self.play(7654), self.play(9876)
        self.assertEqual(low.kinds.count("MaximumSet"), 4)
        for evening in (low, high):
            evening.told.pop("17")
        self.assertEqual(low.told, high.told)
        self.assertEqual(low.logged, high.logged)
        self.assertEqual(low.kinds, high.kinds)
        self.assertTrue(all(low.told.values()))
        won = [line for line in low.told["watcher"] if line.startswith("Sold: ")]
        self.assertEqual(won, ["Sold: Sword to Buyer 17 for $180"])
        self.assertNotIn("7654", f"{low}")
