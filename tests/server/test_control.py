from twisted.internet.testing import StringTransport
from twisted.trial.unittest import SynchronousTestCase

from tests.support import Saleroom
from twisted_auction.rules.auction import Terms
from twisted_auction.server.control import ControlFactory
from twisted_auction.server.limits import Limits


class ControlTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.meet(Saleroom())

    def meet(self, room: Saleroom) -> None:
        self.room = room
        factory = ControlFactory(room.rooms)
        self.protocol = factory.buildProtocol(None)
        self.transport = StringTransport()
        self.protocol.makeConnection(self.transport)

    def order(self, line: str) -> str:
        self.protocol.dataReceived(f"{line}\n".encode())
        answer: str = self.transport.value().decode()
        self.transport.clear()
        self.assertTrue(answer.endswith("\r\n") and answer.count("\n") == 1, answer)
        return answer.strip()

    def test_status_of_sealed_bidding(self) -> None:
        """How far it is, and not what was bid."""
        self.assertEqual(self.order("status"), "Done: main: waiting for the Seller")
        seller = self.room.enters()
        self.assertEqual(self.order("status"), "Done: main: waiting for the Seller's request")
        seller.types("2 100 2 Sword")
        first = self.room.enters()
        self.assertEqual(self.order("status"), "Done: main: Sword, second-price, Buyers: 1 of 2")
        self.room.enters()
        first.types("150")
        self.room.passes(100)
        self.assertEqual(
            self.order("status"),
            "Done: main: Sword, second-price, bids: 1, awaited: 1, seconds left: 200",
        )

    def test_words_in_any_case(self) -> None:
        self.assertEqual(self.order("Status"), "Done: main: waiting for the Seller")
        self.room.enters()
        self.assertEqual(self.order("CANCEL There is a fire."), "Done: it is cancelled.")

    def test_status_without_hurry(self) -> None:
        self.meet(Saleroom(Terms(bid_timeout=0)))
        self.room.opened("1 100 1 Sword", 1)
        self.assertEqual(
            self.order("status"), "Done: main: Sword, first-price, bids: 0, awaited: 1"
        )

    def test_status_of_open_bidding(self) -> None:
        _, buyers = self.room.opened("3 100 2 Sword", 2)
        self.assertEqual(
            self.order("status"),
            "Done: main: Sword, english, Buyers: 2, no bid, asking price $100, seconds left: 60",
        )
        buyers[1].types("150")
        self.room.passes(10)
        self.assertEqual(
            self.order("status"),
            "Done: main: Sword, english, Buyers: 2, highest bid $150 by Buyer 2, seconds left: 50",
        )

    def test_status_of_a_sale(self) -> None:
        self.meet(Saleroom(catalogue=b"1 100 1 Sword\n4 10 1 Shield"))
        self.room.enters_lobby("JOIN side")
        self.assertEqual(
            self.order("status"),
            "Done: main: waiting for Buyers; side: waiting for the Seller's request",
        )
        buyer = self.room.enters()
        self.assertEqual(
            self.order("status"),
            "Done: main: lot 1 of 2, Sword, first-price, Buyers: 1 of 1; "
            "side: waiting for the Seller's request",
        )
        self.room.passes(5)
        buyer.types("150")
        self.room.passes(70)
        self.assertEqual(
            self.order("status"),
            "Done: main: the sale is over; side: waiting for the Seller's request",
        )

    def test_status_of_many_rooms(self) -> None:
        self.meet(Saleroom(limits=Limits(max_per_peer=0)))
        for number in range(120):
            self.room.enters_lobby(f"JOIN r{number}")
        answer = self.order("status")
        self.assertTrue(
            answer.endswith("; r98: waiting for the Seller's request; and 21 more rooms")
        )
        self.assertEqual(answer.count(";"), 100)

    def test_close(self) -> None:
        for order in ["close", " close main "]:
            self.meet(Saleroom())
            self.assertEqual(self.order(order), "Not done: bidding is not open.")
            seller, buyers = self.room.opened("3 100 1 Sword", 1)
            buyers[0].types("150")
            self.assertEqual(self.order(order), "Done: the bidding is closed.")
            self.assertEqual(seller.reads()[-1], "Success! Your item Sword has been sold for $150")

    def test_cancel(self) -> None:
        for order in ["cancel There is a fire.", "cancel main  There is a fire."]:
            self.meet(Saleroom())
            self.assertEqual(self.order(order), "Not done: there is no auction to cancel.")
            seller, _ = self.room.opened("3 100 1 Sword", 1)
            self.assertEqual(self.order(order), "Done: it is cancelled.")
            self.assertEqual(seller.reads()[-1], "Auction cancelled! There is a fire.")

    def test_rooms(self) -> None:
        self.room.enters_lobby("JOIN side", "3 100 1 Sword")
        buyer = self.room.enters_lobby("JOIN side")
        name = "Not done: name the room; rooms are: main, side."
        self.assertEqual(self.order("close"), name)
        self.assertEqual(self.order("cancel sied smoke"), name)
        self.assertEqual(self.order("close main"), "Not done: bidding is not open.")
        self.assertEqual(self.order("close side"), "Done: the bidding is closed.")
        self.assertTrue(buyer.dismissed)

    def test_room_that_is_not_in_use(self) -> None:
        """Its name is no reason for another one."""
        seller = self.room.enters()
        seller.types("2 100 2 Sword")
        self.room.enters_lobby("WATCH art").goes()
        self.assertEqual(
            self.order("cancel art There is a fire."), "Not done: there is no auction to cancel."
        )
        self.assertNotIn("There is a fire.", "".join(seller.reads()))

    def test_refused(self) -> None:
        orders = "Not done: orders are: status, close [room], cancel [room] reason."
        why = "Not done: say why, in printable characters: cancel [room] reason."
        self.room.opened("3 100 1 Sword", 1)
        for line, answer in [
            ("", orders),
            ("stop", orders),
            ("status now", orders),
            ("Closes", orders),
            (
                "close attic",
                "Not done: there is no such room; rooms are: main.",
            ),
            ("cancel", why),
            ("cancel main", why),
            ("cancel \x1b[2J", why),
            ("cancel main \u202e", why),
        ]:
            self.assertEqual(self.order(line), answer)
        self.protocol.dataReceived(b"cancel \xff\n")
        self.assertEqual(self.transport.value(), b"Not done: an order is UTF-8 text.\r\n")

    def test_line_too_long(self) -> None:
        self.protocol.dataReceived(b"x" * 513)
        self.assertEqual(self.transport.value(), b"Line too long.\r\n")
        self.assertTrue(self.transport.disconnecting)
