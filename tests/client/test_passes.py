"""Persons at their clients, in a house with a list of people."""

from tests.persons import LobbyVisit, SlowTypist, Typist, Visit
from tests.support import LedgerFolderTestCase
from twisted_auction.client import session
from twisted_auction.client.person import ONLY_WATCHES, RESULT_READ, TURNED_AWAY, Ending, Role
from twisted_auction.client.person import Person as Participant
from twisted_auction.client.robots import PassHolder
from twisted_auction.house.doors import Doors
from twisted_auction.house.people import People, Person
from twisted_auction.house.people import Role as ListedRole
from twisted_auction.rules.commands import Again, Expel, Start, VoidSale
from twisted_auction.testing import MemoryHouse, pass_code, with_codes
from twisted_auction.wire import messages

LISTED = [
    Person(17, "Ada Smith"),
    Person(3, "Bob"),
    Person(5, "Cy", ListedRole.SELLER),
    Person(9, "Di", ListedRole.WATCHER),
]
PEOPLE = with_codes(People(LISTED))
LOTS = b"1 5 2 Vase\n3 10 2 Sword\n"
CONNECTED = "Connected to the Auctioneer server."
ASK = "Please submit your pass code:"
ADA = "You are paddle 17, Ada Smith."
LOST = "Connection lost. Trying to come back..."
AGAIN = "Connected again."
BUYER = "Your role is: [Buyer]"
BID = "Please submit your bid:"
RECEIVED = "Server: Bid received. Please wait..."


class PassTests(LedgerFolderTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.patch(session, "RECONNECT_DELAYS", lambda attempt: 1.0)

    def house(self, catalogue: bytes | None = None) -> MemoryHouse:
        return MemoryHouse(ledger=self.path, catalogue=catalogue, people=PEOPLE)

    def visit(
        self, house: MemoryHouse, paddle: int, role: type[Role] | None = None, room: str = "main"
    ) -> tuple[SlowTypist, LobbyVisit]:
        def holder(person: Participant) -> Participant:
            return PassHolder(person, pass_code(paddle))

        person = SlowTypist()
        visit = LobbyVisit(house, person, role, holder, room)
        house.advance(1)
        return person, visit

    def bidding(self, house: MemoryHouse) -> tuple[SlowTypist, LobbyVisit]:
        """Paddle 17, asked for a sealed bid."""
        ada, visit = self.visit(house, 17, messages.RoleBuyer)
        self.visit(house, 3)
        house.advance(6)
        self.assertEqual(visit.read_lines()[-1], BID)
        return ada, visit

    def test_comes_back_to_its_bid(self) -> None:
        """After a cut and after a restart, with no ticket."""
        house = self.house(LOTS)
        ada, visit = self.bidding(house)
        ada.type_line(b"150")
        house.advance()
        visit.cut()
        vase = visit.read_lines()
        self.assertEqual(vase[:4], [RECEIVED, LOST, AGAIN, BUYER])
        self.assertEqual(vase[-1], "Your bid of $150 stands.")
        visit.house = house = house.restart()
        house.advance(2)
        vase = visit.read_lines()
        self.assertEqual((vase[:3], vase[-1]), ([LOST, AGAIN, BUYER], "Your bid of $150 stands."))
        self.assertEqual(house.auctioneer.auction.bids, {17: 150})

    def test_bid_is_sent_again(self) -> None:
        """A bid that was lost with its connection."""
        house = self.house(LOTS)
        ada, visit = self.bidding(house)
        ada.type_line(b"150")
        visit.cut()
        self.assertEqual(visit.read_lines()[-3:], [BID, "Sent again: 150", RECEIVED])

    def test_result_of_before(self) -> None:
        """A result that was missed is told, and the sale goes on."""
        house = self.house(LOTS)
        ada, visit = self.bidding(house)
        ada.type_line(b"150")
        house.advance()
        with visit.away():
            house.advance(61)
        self.assertIn("You won this item Vase! Your payment due is $150", visit.read_lines())
        self.assertNoResult(visit.ended)

    def test_other_device(self) -> None:
        """The older client ends with one line, and leaves the seat to the newer one."""
        house = self.house(LOTS)
        _, first = self.bidding(house)
        _, second = self.visit(house, 17)
        self.assertEqual(first.read_lines(), ["You have come back by another connection."])
        self.assertEqual(self.successResultOf(first.ended), TURNED_AWAY)
        self.assertEqual(second.read_lines()[:4], [CONNECTED, ASK, ADA, BUYER])
        house.advance(30)
        self.assertEqual(first.attempts, 1)
        self.assertNoResult(second.ended)

    def test_other_device_at_the_port(self) -> None:
        house = self.house(LOTS)
        typist = Typist(pass_code(17).encode())
        visit = Visit(house, typist)
        house.advance()
        self.visit(house, 17)
        house.advance()
        self.assertEqual(typist.screen[-1], "You have come back by another connection.")
        self.assertEqual(visit.ending, TURNED_AWAY)

    def test_assignments_client(self) -> None:
        """The code is the answer to the first question, and the bid to the next."""
        house = self.house(LOTS)
        typist = Typist(b"0000", pass_code(17).lower().encode(), b"150")
        Visit(house, typist)
        self.visit(house, 3)
        house.advance(8)
        refused = f"Not done: {messages.NO_SUCH_PASS}"
        self.assertEqual(typist.screen[:5], [CONNECTED, ASK, refused, ASK, BUYER])
        self.assertEqual(typist.screen[-2:], [BID, RECEIVED])
        self.assertEqual(house.auctioneer.auction.bids, {17: 150})

    def test_seller(self) -> None:
        """The look before JOIN needs the code, too."""
        house = self.house()
        seller, selling = self.visit(house, 5, messages.RoleSeller, "art")
        self.assertEqual(selling.read_lines()[-2:], ["Your role is: [Seller]", SUBMIT])
        seller.type_line(b"1 9 1 Sword")
        house.advance()
        _, buying = self.visit(house, 17, messages.RoleBuyer, "art")
        self.assertEqual(buying.read_lines()[:4], [CONNECTED, ASK, ADA, BUYER])

    def test_watcher(self) -> None:
        """Who may only watch is told so, in the lobby and at the port."""
        house = self.house(LOTS)
        _, visit = self.visit(house, 9)
        self.assertEqual(self.successResultOf(visit.ended), ONLY_WATCHES)
        typist = Typist(pass_code(9).encode())
        at_port = Visit(house, typist)
        house.advance()
        self.assertEqual(at_port.ending, ONLY_WATCHES)

    def test_removed(self) -> None:
        """The client ends, and does not try to come back."""
        house = self.house(LOTS)
        ada, visit = self.bidding(house)
        ada.type_line(b"150")
        house.advance()
        house.rooms.replace_people(with_codes(People(LISTED[1:])))
        house.advance(30)
        self.assertEqual(visit.read_lines()[1:], [str(messages.PassWithdrawn())])
        self.assertEqual(self.successResultOf(visit.ended), TURNED_AWAY)
        self.assertEqual(visit.attempts, 1)

    def test_leaves(self) -> None:
        """Ctrl-C gives the seat up, so that no lot waits for the person."""
        house = self.house(LOTS)
        ada, visit = self.bidding(house)
        ada.type_line(b"150")
        house.advance()
        released = visit.visit.leave()
        house.advance()
        self.successResultOf(released)
        self.assertEqual([*house.auctioneer.auction.present], [3])
        self.assertEqual(house.auctioneer.auction.bids, {17: 150})
        _, again = self.visit(house, 17)
        self.assertEqual(again.read_lines()[-1], "Your bid of $150 stands.")

    def test_seller_leaves(self) -> None:
        """The room is free at once."""
        house = self.house()
        _, visit = self.visit(house, 5, messages.RoleSeller, "art")
        visit.visit.leave()
        house.advance(1)
        self.assertTrue(house.rooms["art"].is_idle)

    def test_cut_after_the_last_lot(self) -> None:
        """A sale with doors stays open: a lot may be offered again, or its sale voided."""
        house = MemoryHouse(
            ledger=self.path, catalogue=b"1 5 1 Vase\n", people=PEOPLE, doors=Doors("order")
        )
        ada, visit = self.visit(house, 17, messages.RoleBuyer)
        house.auctioneer.orders.give(Start())
        house.advance(6)
        ada.type_line(b"20")
        house.advance()
        self.assertEqual(visit.read_lines()[-2], WON_VASE)
        visit.cut()
        self.assertEqual(visit.read_lines()[:2], [LOST, AGAIN])
        house.auctioneer.orders.give(VoidSale("1"))
        house.auctioneer.orders.give(Again("1"))
        house.advance(6)
        self.assertIn("You do not owe $20 for lot 1.", visit.read_lines())
        ada.type_line(b"30")
        house.advance()
        self.assertIn("You won this item Vase! Your payment due is $30", visit.read_lines())
        visit.cut()
        house.advance(700)
        self.assertEqual(visit.read_lines()[-2:], ["The sale is over.", OVER])
        self.assertEqual(self.successResultOf(visit.ended), RESULT_READ)

    def test_sale_ends_while_away(self) -> None:
        """The results were read before the cut, so the visit has its result."""
        house = MemoryHouse(
            ledger=self.path, catalogue=b"1 5 1 Vase\n", people=PEOPLE, doors=Doors("order")
        )
        ada, visit = self.visit(house, 17, messages.RoleBuyer)
        house.auctioneer.orders.give(Start())
        house.advance(6)
        ada.type_line(b"20")
        house.advance()
        with visit.away():
            house.advance(700)
        house.advance(1)
        self.assertEqual(visit.read_lines()[-2:], ["The sale is over.", OVER])
        self.assertEqual(self.successResultOf(visit.ended), RESULT_READ)

    def test_expelled(self) -> None:
        house = self.house(LOTS)
        _, visit = self.bidding(house)
        house.auctioneer.orders.give(Expel(17), "operator", "Please be quiet.")
        house.advance(30)
        self.assertEqual(visit.read_lines(), ["You have been expelled. Please be quiet."])
        self.assertEqual(self.successResultOf(visit.ended), TURNED_AWAY)
        self.assertEqual(visit.attempts, 1)
        _, again = self.visit(house, 17)
        house.advance(1)
        self.assertEqual(again.read_lines()[-1], "You have been expelled.")
        self.assertEqual(self.successResultOf(again.ended), TURNED_AWAY)

    def test_removed_while_away(self) -> None:
        house = self.house(LOTS)
        _, visit = self.bidding(house)
        with visit.away():
            house.rooms.replace_people(with_codes(People(LISTED[1:])))
        house.advance(3)
        self.assertEqual(
            self.successResultOf(visit.ended),
            Ending(1, "cannot come back to room main: there is no such pass code"),
        )

    def test_whole_sale(self) -> None:
        house = self.house(b"1 5 2 Vase\n")
        ada, visit = self.bidding(house)
        bob, _ = self.visit(house, 3)
        for person, line in ((ada, b"20"), (bob, b"pass")):
            person.type_line(line)
        house.advance(1)
        self.assertEqual(
            visit.read_lines()[1:],
            [
                "Auction finished!",
                "You won this item Vase! Your payment due is $20",
                "The sale is over.",
                "Disconnecting from the Auctioneer server. Auction is over!",
            ],
        )
        self.assertEqual(self.successResultOf(visit.ended), RESULT_READ)


SUBMIT = "Please submit auction request:"
WON_VASE = "You won this item Vase! Your payment due is $20"
OVER = "Disconnecting from the Auctioneer server. Auction is over!"
