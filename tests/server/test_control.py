import re
import tempfile
from collections.abc import Callable
from datetime import timedelta, timezone
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.internet.error import ConnectionDone
from twisted.internet.testing import StringTransport
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from tests.support import LedgerFolderTestCase, RecordingConnection, storage
from twisted_auction.client.control import OrderClient
from twisted_auction.house.doors import Doors
from twisted_auction.house.people import People, Person
from twisted_auction.ledger.row import LedgerError
from twisted_auction.ledger.store import Batch
from twisted_auction.rules.commands import Expel, Pause, Skip
from twisted_auction.rules.terms import Terms
from twisted_auction.server.control import ControlFactory
from twisted_auction.server.limits import Limits
from twisted_auction.server.people_file import PeopleFile
from twisted_auction.testing import MemoryHouse, pass_code, with_codes
from twisted_auction.wire import messages
from twisted_auction.wire.lines import parse
from twisted_auction.wire.order import RoomOrder
from twisted_auction.wire.orders import ORDERS
from twisted_auction.wire.verbs import listed


class ControlTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.meet(MemoryHouse())

    def meet(self, house: MemoryHouse, people_file: PeopleFile | None = None) -> None:
        self.house = house
        factory = ControlFactory(house.rooms, house.connections, people_file)
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
        """The state of each auction, without any bid."""
        self.assertEqual(self.order("status"), "Done: main: waiting for the Seller")
        seller = self.house.connect()
        self.assertEqual(self.order("status"), "Done: main: waiting for the Seller's request")
        seller.send_lines("2 100 2 Sword")
        first = self.house.connect()
        self.assertEqual(self.order("status"), "Done: main: Sword, second-price, Buyers: 1 of 2")
        self.house.connect()
        first.send_lines("150")
        self.house.advance(100)
        self.assertEqual(
            self.order("status"),
            "Done: main: Sword, second-price, bids: 1, awaited: 1, seconds left: 200",
        )

    def test_wrong_codes(self) -> None:
        """The status has their number, and neither a code nor an address."""
        people = with_codes(People([Person(17, "Ada Smith")]))
        self.meet(MemoryHouse(people=people))
        nothing = "Done: main: waiting for the Seller"
        self.assertEqual(self.order("status"), nothing)
        self.house.connect_to_lobby(f"PASS {pass_code(17)}")
        self.assertEqual(self.order("status"), nothing)
        for _ in range(2):
            self.house.connect_to_lobby("PASS QQQQ-QQQQ-QQQQ")
        self.assertEqual(self.order("status"), f"{nothing}; wrong pass codes since the start: 2")

    def test_people(self) -> None:
        """The list is read again; a wrong file changes nothing."""
        self.assertEqual(
            self.order("people"), "Not done: this house has no file with a list of people."
        )
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        path = Path(folder.name, "people.csv")
        house = MemoryHouse(people=People())
        self.meet(house, PeopleFile(path, house.rooms))
        self.assertEqual(self.order("people"), f"Not done: {path}: No such file or directory.")
        path.write_text("paddle,name,pass\n17,Ada,\n")
        self.assertEqual(self.order("people"), "Done: the list of people is read; it has 1 person.")
        before = house.rooms.people
        path.write_text("paddle,name,pass\n17,Ada,\n17,Bob,\n")
        self.assertEqual(
            self.order("people"), f"Not done: {path}: row 3: paddle 17 is in row 2, too."
        )
        self.assertIs(house.rooms.people, before)

    def test_words_in_any_case(self) -> None:
        self.assertEqual(self.order("Status"), "Done: main: waiting for the Seller")
        self.house.connect()
        self.assertEqual(self.order("CANCEL There is a fire."), "Done: room main: it is cancelled.")

    def test_status_without_hurry(self) -> None:
        self.meet(MemoryHouse(Terms(bid_timeout=0)))
        self.house.open_auction("1 100 1 Sword", 1)
        self.assertEqual(
            self.order("status"), "Done: main: Sword, first-price, bids: 0, awaited: 1"
        )

    def test_status_of_open_bidding(self) -> None:
        _, buyers = self.house.open_auction("3 100 2 Sword", 2)
        self.assertEqual(
            self.order("status"),
            "Done: main: Sword, english, Buyers: 2, no bid, asking price $100, seconds left: 60",
        )
        buyers[1].send_lines("150")
        self.house.advance(10)
        self.assertEqual(
            self.order("status"),
            "Done: main: Sword, english, Buyers: 2, highest bid $150 by Buyer 2, seconds left: 50",
        )

    def test_status_of_a_sale(self) -> None:
        self.meet(MemoryHouse(catalogue=b"1 100 1 Sword\n4 10 1 Shield"))
        self.house.connect_to_lobby("JOIN side")
        self.assertEqual(
            self.order("status"),
            "Done: main: waiting for Buyers; side: waiting for the Seller's request",
        )
        buyer = self.house.connect()
        self.assertEqual(
            self.order("status"),
            "Done: main: lot 1 of 2, Sword, first-price, Buyers: 1 of 1; "
            "side: waiting for the Seller's request",
        )
        self.house.advance(5)
        buyer.send_lines("150")
        self.house.advance(70)
        self.assertEqual(
            self.order("status"),
            "Done: main: the sale is over; side: waiting for the Seller's request",
        )

    def test_status_of_many_rooms(self) -> None:
        self.meet(MemoryHouse(limits=Limits(max_per_peer=0)))
        for number in range(120):
            self.house.connect_to_lobby(f"JOIN r{number}")
        answer = self.order("status")
        self.assertTrue(
            answer.endswith("; r98: waiting for the Seller's request; and 21 more rooms")
        )
        self.assertEqual(answer.count(";"), 100)

    def test_status_of_rooms_with_long_names(self) -> None:
        """The client can parse the answer."""
        self.meet(MemoryHouse(limits=Limits(max_per_peer=0, max_new_per_minute=0)))
        item = "\U0001f5e1" * 63
        for number in range(110):
            name = f"{number:032}"
            self.house.connect_to_lobby(f"JOIN {name}", f"3 {10**17} 9 {item}")
            self.house.connect_to_lobby(f"JOIN {name}")
        order = OrderClient("status")
        order.makeConnection(StringTransport())
        self.protocol.dataReceived(b"status\n")
        order.dataReceived(self.transport.value())
        order.connectionLost(Failure(ConnectionDone()))
        answer = self.successResultOf(order.answered)
        assert isinstance(answer, messages.Done)
        self.assertEqual(answer.text.count(item), 99)
        self.assertTrue(answer.text.endswith("; and 11 more rooms"))

    def test_close(self) -> None:
        for order in ["close", " close main ", "close room=main", "CLOSE  room=main"]:
            self.meet(MemoryHouse())
            self.assertEqual(self.order(order), "Not done: room main: bidding is not open.")
            seller, buyers = self.house.open_auction("3 100 1 Sword", 1)
            buyers[0].send_lines("150")
            self.assertEqual(self.order(order), "Done: room main: the bidding is closed.")
            self.assertEqual(
                seller.read_lines()[-1], "Success! Your item Sword has been sold for $150"
            )

    def test_cancel(self) -> None:
        for order in ["cancel There is a fire.", "cancel room=main  There is a fire."]:
            self.meet(MemoryHouse())
            nothing = "Not done: room main: there is no auction to cancel."
            self.assertEqual(self.order(order), nothing)
            seller, _ = self.house.open_auction("3 100 1 Sword", 1)
            self.assertEqual(self.order(order), "Done: room main: it is cancelled.")
            self.assertEqual(seller.read_lines()[-1], "Auction cancelled! There is a fire.")

    def test_reason_that_begins_with_a_room(self) -> None:
        """All words after the room are the reason."""
        self.house.connect_to_lobby("WATCH art").disconnect()
        for reason in ["main is on fire.", "art is long.", "room art is on fire."]:
            seller, _ = self.house.open_auction("3 100 1 Sword", 1)
            self.assertEqual(self.order(f"cancel {reason}"), "Done: room main: it is cancelled.")
            self.assertEqual(seller.read_lines()[-1], f"Auction cancelled! {reason}")

    def test_rooms(self) -> None:
        self.house.connect_to_lobby("JOIN side", "3 100 1 Sword")
        buyer = self.house.connect_to_lobby("JOIN side")
        name = "Not done: name the room, as in room=main; rooms are: main, side."
        self.assertEqual(self.order("close"), name)
        self.assertEqual(self.order("cancel side smoke"), name)
        self.assertEqual(self.order("close main"), "Not done: room main: bidding is not open.")
        self.assertEqual(self.order("close side"), "Done: room side: the bidding is closed.")
        self.assertTrue(buyer.is_closed)

    def test_room_that_is_not_in_use(self) -> None:
        """An order to an idle room reaches no other. Orders to the only busy room need no name."""
        seller = self.house.connect()
        seller.send_lines("2 100 2 Sword")
        self.house.connect_to_lobby("WATCH art").disconnect()
        self.assertEqual(
            self.order("cancel room=art There is a fire."),
            "Not done: room art: there is no auction to cancel.",
        )
        self.assertNotIn("There is a fire.", "".join(seller.read_lines()))
        self.assertEqual(self.order("cancel Smoke."), "Done: room main: it is cancelled.")

    def test_many_rooms_to_name(self) -> None:
        self.meet(MemoryHouse(limits=Limits(max_per_peer=0)))
        for number in range(120):
            self.house.connect_to_lobby(f"JOIN r{number}")
        answer = self.order("close")
        self.assertTrue(answer.endswith(", r97, r98 and 21 more."), answer)

    def test_all_rooms(self) -> None:
        """One order, one answer: each effect and each refusal with its rooms."""
        catalogue = b"english 5 0 Cup\n1 5 0 Jug\nenglish 5 0 Pot\n"
        self.meet(MemoryHouse(Terms(lot_pause=1), catalogue=catalogue, together=True))
        self.house.advance(1)
        bidder = self.house.connect_to_lobby("JOIN 1", "9")
        bidder.read_lines()
        self.assertEqual(self.order("pause 2"), "Done: room 2: it is paused.")
        self.assertEqual(
            self.order("pause * because the light is out."),
            "Done: rooms 1, 3: it is paused. room 2: it is paused already.",
        )
        said = "The Auctioneer says: The light is out."
        self.assertEqual(bidder.read_lines(), [said, "The auction is paused."])
        self.assertEqual(self.order("go on room=*"), "Done: rooms 1, 2, 3: it goes on.")
        self.assertEqual(self.order("say room=* Tea."), "Done: rooms 1, 2, 3: everyone is told.")
        self.assertEqual(
            self.order("extend room=* 40"),
            "Done: rooms 1, 2, 3: the time left is 100 seconds.",
        )
        self.assertEqual(self.order("close *"), "Done: rooms 1, 2, 3: the bidding is closed.")
        self.assertEqual(self.order("close *"), "Done: rooms 1, 2, 3: the sale is over.")
        self.assertEqual(self.order("pause *"), "Not done: rooms 1, 2, 3: the sale is over.")

    def test_not_for_all_rooms(self) -> None:
        for line, order in [
            ("who *", "who [room=NAME]"),
            ("void room=*", "void [room=NAME] [LOT]"),
            ("bid room=* 2 700", "bid [room=NAME] PADDLE AMOUNT"),
            ("skip room=* 1", "skip [room=NAME] [LOT]"),
        ]:
            name = line.split()[0]
            self.assertEqual(self.order(line), f"Not done: {name} is for one room: {order}.")

    def test_many_answers_of_all_rooms(self) -> None:
        """One answer is short, however many rooms there are."""
        lots = b"".join(b"english:duration=%d 5 0 Cup\n" % (10 + place) for place in range(12))
        self.meet(MemoryHouse(Terms(lot_pause=0), catalogue=lots, together=True))
        self.house.advance(0)
        self.assertEqual(self.order("pause *"), "Done: 12 rooms: it is paused.")
        self.order("go on *")
        answer = self.order("extend room=* 5")
        self.assertTrue(answer.startswith("Done: room 1: the time left is 15 seconds. "), answer)
        self.assertTrue(answer.endswith("19 seconds. And 7 more answers."), answer)

    def test_alone_in_a_room(self) -> None:
        """Where each lot has a room, orders about their order make no sense."""
        catalogue = b"english 5 0 Cup\n1 5 0 Jug\n"
        self.meet(MemoryHouse(Terms(lot_pause=1), catalogue=catalogue, together=True))
        why = "each lot of this sale is alone in its room: none can be added or moved."
        self.assertEqual(self.order("add room=1 1 5 1 Pot"), f"Not done: room 1: {why}")
        self.assertEqual(self.order("move room=1 1"), f"Not done: room 1: {why}")
        self.assertEqual(
            self.order("skip room=2"), "Done: room 2: the lot that was up is withdrawn."
        )
        self.house.advance(1)
        self.assertEqual(self.order("close room=1"), "Done: room 1: the bidding is closed.")
        self.assertEqual(self.order("again room=1 1"), "Done: room 1: lot 1 will be offered again.")

    def test_refused(self) -> None:
        """An order that cannot be carried out does not end the connection."""
        why = "Not done: say why, in printable characters: cancel [room=NAME] REASON."
        no_room = "Not done: there is no such room; rooms are: main."
        self.house.open_auction("3 100 1 Sword", 1)
        for line, answer in [
            ("close attic", no_room),
            ("close room=attic", no_room),
            ("close room=", no_room),
            ("close main now", "Not done: room main: close takes no reason."),
            ("cancel", why),
            ("cancel room=main", why),
            ("cancel room=attic Fire.", no_room),
            ("cancel \x1b[2J", why),
            ("cancel room=main \u202e", why),
        ]:
            self.assertEqual(self.order(line), answer)
        self.assertFalse(self.transport.disconnecting)

    def test_every_order_to_no_such_room(self) -> None:
        for order in ORDERS:
            if isinstance(order, RoomOrder):
                words = order.example.removeprefix(order.name).strip()
                self.assertEqual(
                    self.order(f"{order.name} room=attic {words}"),
                    "Not done: there is no such room; rooms are: main.",
                )

    def test_every_order_without_an_auction(self) -> None:
        others = {
            "who": "Done: room main: nobody is there.",
            "close": "Not done: room main: bidding is not open.",
            "cancel": "Not done: room main: there is no auction to cancel.",
        }
        for order in ORDERS:
            if isinstance(order, RoomOrder):
                nothing = others.get(order.name, "Not done: room main: there is no auction.")
                self.assertEqual(self.order(order.example), nothing)

    def test_twice(self) -> None:
        """The second order is refused in the room's words, and a later one is carried out."""
        self.house.connect().send_lines("3 100 2 Sword")
        seller = self.house.connect()
        for line, answer in [
            ("open", "Done: room main: bidding is open."),
            ("open", "Not done: room main: bidding is open already."),
            ("pause", "Done: room main: it is paused."),
            ("pause main", "Not done: room main: it is paused already."),
            ("go on", "Done: room main: it goes on."),
            ("GO ON main", "Not done: room main: it is not paused."),
            ("bid 1 150", "Done: room main: Buyer 1 bids $150."),
            (
                "bid 1 150",
                "Not done: room main: Buyer 1 would read: "
                "Bid too low! The least acceptable bid is $151.",
            ),
            ("void", "Done: room main: $150 by Buyer 1 is voided, and there is no bid."),
            ("void", "Not done: room main: there is no bid."),
            ("expel 1 because it sings.", "Done: room main: Buyer 1 is expelled."),
            ("expel 1", "Not done: room main: Buyer 1 is expelled already."),
            ("bid 1 150", "Not done: room main: Buyer 1 is expelled."),
            ("readmit 1", "Done: room main: Buyer 1 is readmitted."),
            ("readmit 1", "Not done: room main: Buyer 1 is not expelled."),
            ("expel 7", "Not done: room main: Buyer 7 is not there."),
            ("expel seller", "Done: room main: the Seller is expelled."),
            ("cancel Fire.", "Done: room main: it is cancelled."),
            ("cancel Fire.", "Not done: room main: there is no auction to cancel."),
        ]:
            self.assertEqual(self.order(line), answer)
        self.assertIn("You have been expelled. It sings.", seller.read_lines())

    def test_wrong_words(self) -> None:
        """Wrong words are refused before anything is asked of the room."""
        seconds = "give the seconds as a whole number from 1 to 86400: extend [room=NAME] SECONDS."
        paddle = "give the paddle as a whole number from 1 to 99999999: "
        bid = "bid [room=NAME] PADDLE AMOUNT."
        self.house.open_auction("3 100 1 Sword", 1)
        for line, why in [
            ("extend", seconds),
            ("extend soon", seconds),
            ("extend 86401", seconds),
            ("extend room=main -5", seconds),
            ("bid", f"give the paddle and the amount: {bid}"),
            ("bid 1", f"give the paddle and the amount: {bid}"),
            ("bid 1 2 3", f"give the paddle and the amount: {bid}"),
            ("bid one 150", f"{paddle}{bid}"),
            ("bid 1 $150", "room main: a bid is a whole number from 1 to 999999999999999999."),
            ("expel Ada", f"{paddle}expel [room=NAME] PADDLE."),
            ("readmit 0", f"{paddle}readmit [room=NAME] PADDLE."),
            ("say", "say it in printable characters: say [room=NAME] TEXT."),
            ("say \x1b[2J", "say it in printable characters: say [room=NAME] TEXT."),
            ("pause main now", "room main: pause takes no reason but after the word because."),
            (
                "void because",
                "say why, in printable characters: void [room=NAME] [LOT].",
            ),
            ("void 3 4", "give the number of the lot: void [room=NAME] [LOT]."),
            ("again", "give the number of the lot: again [room=NAME] LOT."),
            (
                "move 3 4",
                "give the number of the lot, or of two lots with the word before: "
                "move [room=NAME] LOT [before LOT].",
            ),
            ("add", "say it in printable characters: add [room=NAME] REQUEST."),
            ("start soon", "room main: it is no sale of a catalogue."),
            ("void 3", "room main: it is no sale of a catalogue."),
            ("open antiques", "there is no such room; rooms are: main."),
        ]:
            self.assertEqual(self.order(line), f"Not done: {why}")

    def test_sale(self) -> None:
        """The orders about lots, by their names, in an order that an operator could give."""
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        house = MemoryHouse(
            catalogue=b"lot,item,type,lowest_price\n1,Vase,english,100\n2,Clock,first-price,50\n"
            b"12a,Lamp,english,10\n",
            doors=Doors("order", ZoneInfo("Europe/Berlin")),
            ledger=Path(folder.name, "ledger"),  # it has the clock of the test
        )
        self.addCleanup(house.rooms.close_ledger)
        self.meet(house)
        buyer = house.connect()
        done, not_done = "Done: room main: ", "Not done: room main: "

        def give(*answers: tuple[str, str]) -> None:
            for line, answer in answers:
                self.protocol.dataReceived(f"{line}\n".encode())
                house.advance(0)
                self.assertEqual(self.transport.value().decode(), f"{answer}\r\n")
                self.transport.clear()

        give(
            ("start 19:30", f"{done}the sale begins in 10 hours 30 minutes."),
            (
                "start 02:30",
                f"{not_done}2027-01-15T02:30:00 is past; it is 2027-01-15T09:00:00.",
            ),
            (
                "start 2027-03-28T02:30",
                f"{not_done}2027-03-28T02:30 does not exist: the clocks are put forward over it in "
                "Europe/Berlin.",
            ),
            (
                "start 2027-10-31T02:30",
                f"{not_done}2027-10-31T02:30 exists twice: the clocks are put back over it in "
                "Europe/Berlin.",
            ),
            (
                "start soon",
                f"{not_done}give a time, such as 2026-12-05T19:00, or 19:00 for today, or the word "
                "order.",
            ),
            ("start order", f"{done}the sale begins by order."),
            ("skip 12A", f"{done}lot 12a is withdrawn."),
            ("skip 12a", f"{not_done}lot 12a has been up, or is withdrawn."),
            ("again 12a because of a mistake.", f"{done}lot 12a will be offered again."),
            ("again 12a", f"{not_done}lot 12a is still to come."),
            ("move 12a before 2", f"{done}lot 12a comes before lot 2."),
            ("move 2 before 9", f"{not_done}there is no such lot."),
            ("move 2", f"{done}lot 2 comes before lot 1."),
            ("add english 5 1 Rug", f"{done}lot 4 is added."),
            ("start", f"{done}the sale begins."),
            ("start", f"{not_done}the sale has begun."),
            ("start 20:00", f"{not_done}the sale has begun."),
            ("void 2", f"{not_done}lot 2 is not sold."),
        )
        house.advance(6)
        buyer.send_lines("60")
        house.advance(1)
        give(
            (
                "void 2 because the clock is broken.",
                f"{done}the sale of lot 2 to Buyer 1 is voided.",
            ),
            ("void 2", f"{not_done}lot 2 is not sold."),
            ("again 2", f"{done}lot 2 will be offered again."),
            ("skip", f"{done}the lot that was up is withdrawn."),
        )
        self.assertIn("You do not owe $60 for lot 2.", buyer.read_lines())

    def test_bid_for_a_person(self) -> None:
        """A person of the list need not be connected, and can be expelled before it comes."""
        people = People.parse(
            b"paddle,name,role,room,pass\n17,Ada Smith,,,\n18,Bo,,,\n19,Cy,watcher,,\n20,,,side,\n"
        )
        self.meet(MemoryHouse(catalogue=b"1 100 1 Sword", people=people))
        self.house.rooms.join("main", people.persons[18], RecordingConnection())
        self.house.advance(5)
        self.assertEqual(self.order("bid 17 150"), "Done: room main: the bid of Buyer 17 is taken.")
        for paddle in (19, 20, 21):  # who may not bid in this room, or is not on the list
            self.assertEqual(
                self.order(f"bid {paddle} 150"),
                f"Not done: room main: Buyer {paddle} is not there.",
            )
        self.assertEqual(self.order("expel 17"), "Done: room main: Buyer 17 is expelled.")

    def test_no_order(self) -> None:
        """A line that is no order is answered and ends the connection; later lines are not read."""
        orders = f"orders are: {listed(ORDERS)}.".encode()
        for line, why in [
            (b"", orders),
            (b"stop", orders),
            (b"status now", orders),
            (b"POST / HTTP/1.1", orders),
            (b"cancel / HTTP/1.1", orders),
            (b"CLOSE / HTTP/2", orders),
            (b"cancel \xff", b"an order is UTF-8 text."),
        ]:
            self.meet(MemoryHouse())
            seller, _ = self.house.open_auction("3 100 1 Sword", 1)
            for piece in (line + b"\nHost: x\r\n\r\ncancel Fire.\nstatus\n", b"close\n"):
                self.protocol.dataReceived(piece)
            self.assertEqual(self.transport.value(), b"Not done: " + why + b"\r\n")
            self.assertTrue(self.transport.disconnecting)
            self.assertEqual(seller.read_lines(), [])

    def test_no_order_while_the_disk_is_slow(self) -> None:
        """No later line is read, even before the answer has been sent."""
        waiting: list[Callable[[], object]] = []
        self.patch(self.house.rooms.journal, "after_commit", waiting.append)
        self.protocol.dataReceived(b"GET / HTTP/1.1\n")
        self.protocol.dataReceived(b"status\n")
        for publish in waiting:
            publish()
        self.assertEqual(self.transport.value().count(b"\n"), 1)

    def test_answer_follows_the_commit(self) -> None:
        """All answers wait for the commit of what the orders have done."""
        with tempfile.TemporaryDirectory() as folder:
            self.meet(MemoryHouse(ledger=Path(folder, "ledger")))
            ledger = self.house.ledger
            assert ledger is not None
            for request, lines, answer in [
                ("3 100 1 Sword", b"close\n", b"Done: room main: the bidding is closed.\r\n"),
                ("1 100 1 Sword", b"cancel Fire.\n", b"Done: room main: it is cancelled.\r\n"),
                (
                    "1 100 1 Sword",
                    b"cancel Fire.\nstop\n",
                    b"Done: room main: it is cancelled.\r\n"
                    + f"Not done: orders are: {listed(ORDERS)}.\r\n".encode(),
                ),
            ]:
                self.house.open_auction(request, 1)
                self.house.advance()
                self.protocol.dataReceived(lines)
                self.assertEqual(self.transport.value(), b"")
                self.assertFalse(self.transport.disconnecting)
                ledger.commit()
                self.assertEqual(self.transport.value(), answer)
                self.transport.clear()
            self.assertTrue(self.transport.disconnecting)
            self.assertEqual(self.house.failures, [])
            self.house.rooms.close_ledger()

    def test_commit_that_fails(self) -> None:
        """If the commit fails, the order was not carried out, and gets no answer."""
        with tempfile.TemporaryDirectory() as folder:
            self.meet(MemoryHouse(ledger=Path(folder, "ledger")))
            ledger = self.house.ledger
            assert ledger is not None
            self.house.open_auction("1 100 1 Sword", 1)
            self.house.advance()

            def fail(batch: Batch, written: Any, failed: Callable[[LedgerError], object]) -> None:
                failed(LedgerError("disk I/O error"))

            self.patch(storage(ledger), "write", fail)
            self.protocol.dataReceived(b"cancel Fire.\n")
            self.house.advance()
            self.assertEqual(self.transport.value(), b"")
            (failure,) = self.house.failures
            self.assertIn("disk I/O error", failure)

    def test_who(self) -> None:
        self.assertEqual(self.order("who"), "Done: room main: nobody is there.")
        self.house.open_auction("3 100 1 Sword", 1)
        away = self.house.connect_to_lobby("JOIN main")
        self.house.connect_to_lobby("WATCH main")
        away.disconnect()
        self.house.advance(26.5)
        self.assertEqual(
            self.order("who"),
            "Done: room main: Seller from 127.0.0.1:50001; Buyer 1 from 127.0.0.1:50002; "
            "Buyer 2 is away, its seat kept for 34 seconds; 1 Watcher.",
        )
        self.house.connect_to_lobby("JOIN side", host="203.0.113.7")
        self.assertEqual(self.order("who side"), "Done: room side: Seller from 203.0.113.7:50005.")
        self.assertEqual(
            self.order("who attic"), "Not done: there is no such room; rooms are: main, side."
        )
        self.assertEqual(
            self.order("who room=side now"), "Not done: room side: who takes no reason."
        )

    def test_who_of_the_list(self) -> None:
        """The operator reads names, which are on no other stream."""
        people = People.parse(b"paddle,name,pass\n17,Ada Smith,\n18,Bo,\n")
        self.meet(MemoryHouse(people=people))
        for paddle, line in [(17, "3 100 2 Sword"), (18, "")]:
            seated = self.house.rooms.join("main", people.persons[paddle], RecordingConnection())
            assert seated is not None
            room, seat = seated
            room.line_received(seat, line.encode())
        self.assertEqual(
            self.order("who"),
            "Done: room main: Seller, Ada Smith with paddle 17, from somewhere; "
            "Buyer 18, Bo, from somewhere.",
        )

    def test_who_from_where(self) -> None:
        """The operator reads the network addresses of persons, with which it can ban them."""
        people = with_codes(People([Person(17, "Ada Smith"), Person(18)]))
        self.meet(MemoryHouse(people=people))
        for paddle, line in [(17, "3 100 2 Sword"), (18, "")]:
            lines = (f"PASS {pass_code(paddle)}", "JOIN main", line)
            self.house.connect_to_lobby(*lines, host="203.0.113.7")
        self.assertEqual(
            self.order("who"),
            "Done: room main: Seller, Ada Smith with paddle 17, from 203.0.113.7:50001; "
            "Buyer 18 from 203.0.113.7:50002.",
        )

    def test_ban(self) -> None:
        """All connections from the address are closed with one line and leave their seats; new ones
        are refused, for as long as the ban lasts."""
        self.house.connect().send_lines("1 100 2 Sword")
        joker = self.house.connect(host="203.0.113.7")
        other = self.house.connect_to_lobby("JOIN side", host="203.0.113.7")
        guest = self.house.connect()
        for client in (joker, other, guest):
            client.read_lines()
        joker.send_lines("150")
        self.house.advance(1)
        self.assertEqual(
            self.order("ban 203.0.113.7:50002 30"),
            "Done: 203.0.113.7 is banned for 30 minutes; 2 connections closed.",
        )
        banned = "Your address is banned from this server."
        self.assertEqual(joker.read_lines(), ["Bid received. Please wait...", banned])
        self.assertEqual(other.read_lines(), [banned])
        self.assertTrue(joker.is_closed and other.is_closed)
        self.assertEqual(guest.read_lines(), [])
        joker.disconnect()
        for connect in (self.house.connect, self.house.connect_to_lobby):
            client = connect(host="203.0.113.7")
            self.assertEqual(client.read_lines(), [banned])
            self.assertTrue(client.is_closed)
            client.disconnect()
        guest.send_lines("120")
        self.assertEqual(guest.read_lines()[-1], "Unfortunately you did not win in the last round.")
        self.house.advance(29 * 60)
        self.assertTrue(self.order("status").endswith("; banned: 203.0.113.7 for 1 minute"))
        self.house.advance(60)
        self.assertEqual(self.order("status"), "Done: main: waiting for the Seller")
        newcomer = self.house.connect(host="203.0.113.7")
        self.assertEqual(newcomer.read_lines()[0], "Your role is: [Seller]")

    def test_ban_again(self) -> None:
        """The last ban counts. Without minutes it lasts an hour."""
        self.assertEqual(
            self.order("ban 203.0.113.7"),
            "Done: 203.0.113.7 is banned for 60 minutes; 0 connections closed.",
        )
        self.order("ban 203.0.113.7 1")
        self.assertEqual(
            self.order("status"),
            "Done: main: waiting for the Seller; banned: 203.0.113.7 for 1 minute",
        )

    def test_unban(self) -> None:
        self.assertEqual(
            self.order("unban 203.0.113.7"),
            "Not done: 203.0.113.7 is not banned; no address is.",
        )
        self.order("ban 203.0.113.7")
        self.assertEqual(
            self.order("unban 203.0.113.8"),
            "Not done: 203.0.113.8 is not banned; banned: 203.0.113.7 for 60 minutes.",
        )
        self.assertEqual(self.order("unban 203.0.113.7"), "Done: 203.0.113.7 is no longer banned.")
        self.assertEqual(self.house.connect(host="203.0.113.7").read_lines()[0][:4], "Your")

    def test_ban_of_ipv6(self) -> None:
        """The first 64 bits count, in any spelling. An IPv4 address on a port for IPv6 is IPv4."""
        for order, peer in [
            ("ban 2001:DB8::1", "2001:db8::/64"),
            ("ban [2001:db8:0:0:7::8]:4000 5", "2001:db8::/64"),
            ("ban 2001:db8::/64", "2001:db8::/64"),
            ("ban ::ffff:203.0.113.7", "203.0.113.7"),
        ]:
            self.assertIn(f"Done: {peer} is banned for", self.order(order))

    def test_wrong_address(self) -> None:
        usage = "Not done: give an IPv4 or IPv6 address, such as 203.0.113.7: {}."
        for order in ["ban", "ban somebody", "ban 203.0.113", "ban 203.0.113.0/24", "ban 1.2.3.4:"]:
            self.assertEqual(self.order(order), usage.format("ban ADDRESS [MINUTES]"))
        self.assertEqual(self.order("unban 5"), usage.format("unban ADDRESS"))
        for minutes in ["0", "-1", "1.5", "10081", "60 minutes", "٥"]:
            self.assertEqual(
                self.order(f"ban 203.0.113.7 {minutes}"),
                "Not done: give the minutes as a whole number from 1 to 10080: "
                "ban ADDRESS [MINUTES].",
            )

    def test_line_too_long(self) -> None:
        self.protocol.dataReceived(b"x" * 513)
        self.assertEqual(self.transport.value(), b"Line too long.\r\n")
        self.assertTrue(self.transport.disconnecting)


LINES = [
    *(order.example for order in ORDERS if order.name not in ("ban", "unban")),
    *("void", "bid 1 150", "bid 2 90", "bid 1 1000", "expel 1", "expel seller", "readmit 1"),
    *("readmit seller", "close side", "open room=side", "pause side", "go on side", "nonsense"),
    *("start", "start", "start order", "again 1", "skip", "skip 2", "move 3", "void 1", "void 2"),
]
"""Orders for an auction of two Buyers, in any order."""


class AnyOrdersTests(SynchronousTestCase):
    @given(
        st.sampled_from(
            ["1 100 2 Sword", "2 100 1 Sword", "3 100 2 Sword", "4:interval=1 10 1 Sword"]
        ),
        st.lists(
            st.one_of(
                st.sampled_from(LINES).map(lambda line: ("order", line)),
                st.sampled_from(["come", "go", "120", "110", "accept", "5"]).map(
                    lambda line: ("client", line)
                ),
                st.integers(1, 70).map(lambda seconds: ("wait", str(seconds))),
            ),
            max_size=30,
        ),
    )
    @settings(max_examples=60, deadline=None)
    def test_one_answer(self, request: str, steps: list[tuple[str, str]]) -> None:
        """Whatever happens in between, each order has exactly one answer, in words of the wire."""
        if request == "a sale":
            lots = b"1 10 1 Vase\n3:duration=9 10 1 Clock\n4:interval=1 9 1 Lamp\n"
            house = MemoryHouse(Terms(after_sale=60), catalogue=lots, doors=Doors("order"))
        else:
            house = MemoryHouse()
            house.connect().send_lines(request)
        factory = ControlFactory(house.rooms, house.connections)
        clients = [house.connect()]
        for kind, words in steps:
            if kind == "wait":
                house.advance(int(words))
            elif words == "come":
                clients.append(house.connect())
            elif words == "go":
                for client in clients[:1]:
                    client.disconnect()
                del clients[:1]
            elif kind == "client":
                for client in clients:
                    client.send_lines(words)
            else:
                protocol, transport = factory.buildProtocol(None), StringTransport()
                protocol.makeConnection(transport)
                protocol.dataReceived(f"{words}\n".encode())
                answers = [parse(line) for line in transport.value().split(b"\n")[:-1]]
                answers = [each for each in answers if not isinstance(each, messages.NewsOf)]
                self.assertEqual(len(answers), 1, words)
                self.assertIsInstance(answers[0], messages.Done | messages.NotDone)
                protocol.connectionLost()
        self.assertEqual(self.flushLoggedErrors(), [])


class PageTests(LedgerFolderTestCase):
    """The examples of the operator's page, given to a server."""

    def test_answers(self) -> None:
        """The answer stands below the order, in the situation that the name of the order needs."""
        page = Path(__file__).parents[2] / "docs" / "orders.rst"
        examples = re.findall(
            r"^``auction control (.+)``\n(?:    .*\n|\n)*?    .*::\n\n((?:        .+\n)+)",
            page.read_text(),
            re.MULTILINE,
        )
        self.assertEqual(len(examples), len(ORDERS))
        for example, answer in examples:
            if example in ("status", "follow", "people"):  # see the tests of these
                continue
            name = example.split()[0]
            if name in ("start", "skip", "move", "again", "add"):
                house = self.sale(name)
            else:
                house = MemoryHouse()
                SITUATIONS.get(name, english)(house)
            protocol = ControlFactory(house.rooms, house.connections).buildProtocol(None)
            transport = StringTransport()
            protocol.makeConnection(transport)
            protocol.dataReceived(f"{example}\n".encode())
            house.advance()
            self.assertEqual(transport.value().decode(), f"Done: {answer.strip()}\r\n")

    def sale(self, order: str) -> MemoryHouse:
        """A sale of 60 lots that waits for its start, at 18:48 in its time zone."""
        rows = [f"{number},Item,1,5" for number in (*range(1, 13), "12a", *range(13, 60))]
        house = MemoryHouse(
            catalogue="\n".join(["lot,item,type,lowest_price", *rows]).encode(),
            ledger=self.path,
            doors=Doors("order", timezone(timedelta(hours=10, minutes=48))),
        )
        self.addCleanup(house.rooms.close_ledger)
        if order == "again":
            house.rooms.main.orders.give(Skip("12a"))
        self.path = self.path.with_name(f"{order}.sqlite3")
        return house


def english(house: MemoryHouse) -> None:
    """Open bidding of two Buyers, who have bid."""
    _, buyers = house.open_auction("3 100 2 Vase", 2)
    for buyer, amount in zip(buyers, ("450", "500"), strict=True):
        buyer.send_lines(amount)


def two_jokers(house: MemoryHouse) -> None:
    """Two connections from the address of the example."""
    house.connect(host="203.0.113.7")
    house.connect_to_lobby(host="203.0.113.7")


def banned(house: MemoryHouse) -> None:
    house.connections.ban("203.0.113.7", 60)


def gathering(house: MemoryHouse) -> None:
    """A Seller and a Buyer who wait for a second one, one of whom has a place to come back to."""
    house.connect(host="192.0.2.10").send_lines("3 100 3 Vase")
    house.connect(host="192.0.2.11")
    house.connect_to_lobby("JOIN main").disconnect()
    house.advance(26)


def paused(house: MemoryHouse) -> None:
    english(house)
    house.rooms.main.orders.give(Pause())


def expelled(house: MemoryHouse) -> None:
    english(house)
    house.rooms.main.orders.give(Expel(2))


SITUATIONS: dict[str, Callable[[MemoryHouse], object]] = {
    "open": gathering,
    "go": paused,
    "readmit": expelled,
    "ban": two_jokers,
    "unban": banned,
    "who": gathering,
}
"""The situation for an order; :func:`english` for all others."""
