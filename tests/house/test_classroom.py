"""Persons read what an item is worth to them, and what they keep."""

from tests.formats import AllPay
from tests.house.support import Guest, HouseTestCase
from twisted_auction.house.people import People, Person, Role
from twisted_auction.ledger.storage import open_view
from twisted_auction.rules.formats import FORMATS
from twisted_auction.rules.terms import Terms
from twisted_auction.testing import MemoryHouse

PERSONS = [
    Person(5, role=Role.SELLER, valuations=(77,)),
    Person(17, valuations=(180,)),
    Person(40, valuations=(90, 120)),
    Person(41),
    Person(71, role=Role.WATCHER),
]

START = ["Bidding start!", "Please submit your bid:"]
WORTH_180 = "This item is worth $180 to you."
ANY_FIGURE = r"worth \$|You keep|You lose"


class ClassroomTestCase(HouseTestCase):
    def hold(
        self, catalogue: bytes | None = None, has_ledger: bool = True, terms: Terms | None = None
    ) -> MemoryHouse:
        """A house with these persons."""
        house = MemoryHouse(
            terms or Terms(lot_pause=5),
            ledger=self.path if has_ledger else None,
            people=People(PERSONS),
            catalogue=catalogue,
        )
        self.houses = [house]
        return house

    def guest(self, paddle: int) -> Guest:
        """A new connection of a person, in the room ``main``."""
        person = self.houses[0].rooms.people.persons[paddle]  # type: ignore[union-attr]
        return Guest(self.houses[0], person).join("main")

    def open(self, request: str, *paddles: int) -> list[Guest]:
        """The Buyers of an auction whose Seller has made a request."""
        self.seller = self.guest(5)
        self.seller.say(request)
        return [self.guest(paddle) for paddle in paddles]


class SealedTests(ClassroomTestCase):
    def test_whole(self) -> None:
        """The figures come with the question and with the result, and only where there are any."""
        self.hold()
        first, second, third = self.open("2 10 3 Sword", 17, 40, 41)
        self.assertEqual(first.read()[-3:], [START[0], WORTH_180, START[1]])
        self.assertEqual(second.read()[-3:], [START[0], "This item is worth $90 to you.", START[1]])
        self.assertEqual(third.read()[-2:], START)
        self.assertEqual(first.say("150"), ["Bid received. Please wait..."])
        second.say("90")
        told = {"third": third.say("20"), "second": second.read()}
        self.assertEqual(
            first.read()[-2:],
            ["You won this item Sword! Your payment due is $90", "You keep $90."],
        )
        for lines in told.values():
            self.assertEqual(lines[-1], "Unfortunately you did not win in the last round.")
        self.assertNotRegex("".join(self.seller.read()), ANY_FIGURE)

    def test_loss(self) -> None:
        """The winner has paid too much, or exactly the valuation."""
        self.hold()
        (buyer,) = self.open("1 10 1 Sword", 40)
        self.assertEqual(buyer.say("110")[-1], "You lose $20.")
        (buyer,) = self.open("1 10 1 Sword", 40)
        self.assertEqual(buyer.say("120")[-1], "You keep $0.")

    def test_number_of_the_auction(self) -> None:
        """The n-th valuation is that of the n-th auction of the room, also after a restart. After
        the last one nothing is told."""
        self.hold()
        for worth in ("This item is worth $90 to you.", "This item is worth $120 to you."):
            (buyer,) = self.open("1 10 1 Sword", 40)
            self.assertEqual(buyer.read()[-2:], [worth, START[1]])
            buyer.say("50")
            self.shut()
            self.hold()
            for paddle in (5, 40):  # they are told their results again, and let go
                self.assertTrue(self.guest(paddle).is_closed)
        (buyer,) = self.open("1 10 1 Sword", 40)
        self.assertEqual(buyer.read()[-2:], START)
        self.assertNotRegex("".join(buyer.say("50")), ANY_FIGURE)

    def test_other_rooms(self) -> None:
        """Each room counts its own auctions."""
        house = self.hold()
        self.open("1 10 1 Sword", 40)[0].say("50")
        Guest(house, PERSONS[0]).join("hall").say("1 10 1 Hat")
        buyer = Guest(house, PERSONS[2]).join("hall")
        self.assertIn("This item is worth $90 to you.", buyer.read())

    def test_without_ledger(self) -> None:
        """Auctions without numbers have the valuations that hold for all of them."""
        self.hold(has_ledger=False)
        first, second = self.open("1 10 2 Sword", 17, 40)
        self.assertIn(WORTH_180, first.read())
        self.assertNotRegex("".join(second.read()), ANY_FIGURE)

    def test_refusal(self) -> None:
        """The question alone is asked again."""
        self.hold()
        (buyer,) = self.open("1 10 1 Sword", 17)
        buyer.read()
        self.assertEqual(
            buyer.say("a lot"), ["Invalid bid. Please submit a positive integer!", START[1]]
        )

    def test_unsold(self) -> None:
        self.hold()
        (buyer,) = self.open("1 10 1 Sword", 17)
        buyer.read()
        self.assertNotRegex("".join(buyer.say("5")), ANY_FIGURE)

    def test_owing_without_winning(self) -> None:
        """In an auction in which all pay, a loser reads its loss."""
        self.addCleanup(FORMATS.pop, 5, None)
        FORMATS[5] = AllPay
        self.hold()
        first, second, third = self.open("5 10 3 Sword", 17, 40, 41)
        first.say("100")
        second.say("30")
        self.assertNotRegex("".join(third.say("20")), ANY_FIGURE)
        self.assertEqual(first.read()[-1], "You keep $80.")
        self.assertEqual(second.read()[-1], "You lose $30.")


class ReturnTests(ClassroomTestCase):
    def test_question(self) -> None:
        """A person that comes back reads its figure with the question; after its bid nothing is
        asked."""
        self.hold()
        first, _ = self.open("1 10 2 Sword", 17, 40)
        first.cut()
        again = self.guest(17)
        self.assertEqual(again.read()[-3:], [START[0], WORTH_180, START[1]])
        again.say("50")
        self.assertNotRegex("".join(self.guest(17).read()), ANY_FIGURE)

    def test_missed_result(self) -> None:
        """It has the payoff, too."""
        self.hold()
        first, second = self.open("1 10 2 Sword", 17, 40)
        first.say("50")
        first.cut()
        second.say("20")
        again = self.guest(17)
        self.assertEqual(again.read()[-1], "You keep $130.")

    def test_result_before_a_restart(self) -> None:
        """A result in the ledger has the payoff of its auction, or of its lot."""
        house = self.hold(b"1 10 2 Sword\n1 10 2 Vase\n")
        guests = [self.guest(paddle) for paddle in (17, 40)]
        house.advance(5)
        guests[0].say("20")
        guests[1].say("30")
        house = self.crash(house)
        self.assertIn("You keep $60.", self.guest(40).read())
        self.assertNotRegex("".join(self.guest(17).read()), "You keep")

    def test_changed_list(self) -> None:
        """The list that is in force counts."""
        house = self.hold()
        (buyer,) = self.open("1 10 1 Sword", 17)
        self.assertIn(WORTH_180, buyer.read())
        house.rooms.replace_people(People([PERSONS[0], Person(17, valuations=(60,))]))
        self.assertEqual(buyer.say("50")[-1], "You keep $10.")


class OpenTests(ClassroomTestCase):
    def test_english(self) -> None:
        """At the opening, to a late Buyer, and to one that comes back."""
        self.hold()
        (first,) = self.open("english 10 1 Vase", 17)
        self.assertIn(WORTH_180, first.read())
        second = self.guest(40)
        lines = second.read()
        place = lines.index("This item is worth $90 to you.")
        self.assertEqual(lines[place - 1], START[0])
        self.assertTrue(lines[place + 1].startswith("At any time: "), lines)
        second.cut()
        self.assertIn("This item is worth $90 to you.", self.guest(40).read())
        self.assertNotRegex("".join(first.say("20")), ANY_FIGURE)
        self.seller.say("close")
        self.assertEqual(first.read()[-1], "You keep $160.")


class SaleTests(ClassroomTestCase):
    CATALOGUE = b"1 10 2 Sword\nenglish 10 2 Vase\n"

    def test_lots(self) -> None:
        """The n-th valuation is that of the n-th lot."""
        house = self.hold(self.CATALOGUE)
        guests = [self.guest(paddle) for paddle in (17, 40)]
        house.advance(5)
        self.assertEqual(guests[1].read()[-2:], ["This item is worth $90 to you.", START[1]])
        guests[0].say("20")
        lines = guests[1].say("30")
        self.assertIn("You keep $60.", lines)
        self.assertLess(lines.index("You keep $60."), lines.index("Lot 2 of 2."))
        house.advance(5)
        self.assertIn("This item is worth $120 to you.", guests[1].read())
        self.assertIn(WORTH_180, guests[0].read())

    def test_seller_of_a_lot(self) -> None:
        """A person that sells a lot is asked nothing about it, and has no figure."""
        house = self.hold(b"item,type,lowest_price,seller,number_of_bids\nVase,english,10,17,1\n")
        owner, buyer = self.guest(17), self.guest(40)
        house.advance(5)
        self.assertIn("This item is worth $90 to you.", buyer.read())
        self.assertNotRegex("".join(owner.read()), ANY_FIGURE)


class PrivacyTests(ClassroomTestCase):
    def test_others(self) -> None:
        """Seller, Watchers, other Buyers, the console and the ledger have no figure of a person."""
        house = self.hold()
        watcher = self.guest(71)
        first, third = self.open("2 10 2 Sword", 17, 41)
        first.say("150")
        others = [third.read(), third.say("20"), self.seller.read(), watcher.read()]
        self.assertIn("You keep $160.", first.read())
        for lines in others:
            self.assertNotRegex("\n".join(lines), f"{ANY_FIGURE}|180|160")
        self.assertNotRegex("\n".join(house.console), f"{ANY_FIGURE}|180|160")
        with open_view(self.path) as view:
            for row in view.rows():
                self.assertNotRegex(row.body, r"\b(180|160|valuation)\b")
