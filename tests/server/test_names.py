"""Names of Buyers, told with --show-names."""

from twisted.internet.defer import ensureDeferred
from twisted.trial.unittest import SynchronousTestCase

from tests.persons import SlowTypist
from twisted_auction.client.join import join
from twisted_auction.client.person import Ending
from twisted_auction.client.robots import BidRobot
from twisted_auction.house.people import People, Person
from twisted_auction.server.names import Names
from twisted_auction.testing import (
    MemoryClient,
    MemoryEndpoint,
    MemoryHouse,
    pass_code,
    with_codes,
)
from twisted_auction.wire import messages
from twisted_auction.wire.letter import Letter

PEOPLE = with_codes(People([Person(17, "Ada Smith"), Person(3, "Bob"), Person(6)]))
ADA = messages.BuyerIs(17, "Ada Smith")
OUTBID = messages.Outbid(17, 150)
PRICE = messages.HighestBid(150, 17, 151, 60)


class NamesTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.people = PEOPLE
        self.names = Names(lambda: self.people)

    def test_after_the_first_message(self) -> None:
        letter = Letter(OUTBID, PRICE, messages.BuyerBid(3, 140))
        self.assertEqual(
            self.names.add(letter).messages,
            (OUTBID, ADA, PRICE, messages.BuyerBid(3, 140), messages.BuyerIs(3, "Bob")),
        )

    def test_nobody_to_name(self) -> None:
        """Letters about nobody, about a person without a name, and about a number not listed."""
        for message in (messages.BidReceived(), messages.YouAre(6), messages.YouAre(9)):
            letter = Letter(message)
            self.assertIs(self.names.add(letter), letter)

    def test_rendered_once(self) -> None:
        """All listeners get the same letter, until the list changes."""
        letter = Letter(PRICE)
        named = self.names.add(letter)
        self.assertIs(self.names.add(letter), named)
        self.people = People([Person(17, "Grace")])
        self.assertIn(b"Buyer 17 is Grace.", self.names.add(letter).lines)

    def test_constant_letter(self) -> None:
        """A letter about no Buyer, which is never forgotten, keeps no list of people."""
        letter = Letter(messages.BidReceived())
        self.names.add(letter)
        self.assertEqual(letter.derived, {Names: (None, None)})


class HouseTests(SynchronousTestCase):
    """Whole transcripts."""

    def joined(self, house: MemoryHouse, paddle: int, *before: str) -> MemoryClient:
        client = house.connect_to_lobby(*before, f"PASS {pass_code(paddle)}", "JOIN main")
        client.read_lines()
        return client

    def test_open_auction(self) -> None:
        house = MemoryHouse(people=PEOPLE, show_names=True, public_view=True)
        seller = self.joined(house, 6)
        seller.send_lines("english:duration=9:extension=0 100 1 Sword")
        buyer = self.joined(house, 17)
        watcher = house.connect_to_lobby("WATCH main")
        program = house.connect_to_lobby("JSON", "WATCH main")
        for client in (seller, watcher, program):
            client.read_lines()
        buyer.send_lines("120")
        price = "Highest bid: $120 by Buyer 17. Asking price: $121. Seconds left: 9."
        name = "Buyer 17 is Ada Smith."
        house.advance(0.1)
        self.assertEqual(buyer.read_lines(), ["You hold the highest bid: $120.", price, name])
        for client in (seller, watcher):
            self.assertEqual(client.read_lines(), [price, name])
        self.assertEqual(
            program.read_json()[0][-1], {"type": "buyer_is", "buyer": 17, "name": "Ada Smith"}
        )
        house.advance(9)
        sold = "Sold: Sword to Buyer 17 for $120"
        self.assertEqual(watcher.read_lines()[-2:], [sold, name])

    def test_paddles_alone(self) -> None:
        """Without the option no other client is told a name."""
        house = MemoryHouse(people=PEOPLE)
        seller = self.joined(house, 6)
        seller.send_lines("english:duration=9 100 1 Sword")
        self.joined(house, 17).send_lines("120")
        house.advance(30)
        self.assertNotIn("Ada", " ".join(seller.read_lines()))

    def test_robot(self) -> None:
        """A client of this package takes part as before."""
        house = MemoryHouse(people=PEOPLE, show_names=True)
        seller = self.joined(house, 6)
        seller.send_lines("english:duration=9:extension=0 100 1 Sword")
        rival = self.joined(house, 3)
        person = SlowTypist()
        robot = BidRobot(person, 140, house.clock)
        endpoint = MemoryEndpoint(house)
        visit = ensureDeferred(join(endpoint, robot))
        house.advance()
        person.type_line(pass_code(17).encode())
        house.advance(2)
        rival.send_lines("130")
        house.advance(10)
        self.assertEqual(self.successResultOf(visit), Ending(0))
        self.assertIn("Buyer 3 is Bob.", person.screen)
        self.assertEqual(seller.read_lines()[-1], "Success! Your item Sword has been sold for $131")
