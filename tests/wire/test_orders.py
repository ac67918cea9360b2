import re
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from twisted_auction.rules.commands import Cancel, Close
from twisted_auction.wire import orders
from twisted_auction.wire.order import Ban, HouseOrder, Reason, RoomOrder, Status, Unban
from twisted_auction.wire.orders import ORDERS, find_order

DOCS = Path(__file__).parents[2] / "docs"


class OrderTests(SynchronousTestCase):
    def test_found(self) -> None:
        for text, found in [
            ("status", (orders.STATUS, "")),
            (" Close  main ", (orders.CLOSE, "main")),
            ("CANCEL room=a  There is  a fire. ", (orders.CANCEL, "room=a  There is  a fire.")),
            ("", None),
            ("stop", None),
            ("closed", None),
            ("statusses", None),
        ]:
            self.assertEqual(find_order(text), found)

    def test_room(self) -> None:
        """The room stands first. Without another argument, its bare name is enough."""
        for order, words, parts in [
            (orders.CLOSE, "", (None, "")),
            (orders.CLOSE, "main", ("main", "")),
            (orders.CLOSE, "room=main now", ("main", "now")),
            (orders.CLOSE, "because", ("because", "")),
            (orders.CANCEL, "main is on fire.", (None, "main is on fire.")),
            (orders.CANCEL, "room=main  Fire.", ("main", "Fire.")),
            (orders.CANCEL, "room=", ("", "")),
        ]:
            self.assertEqual(order.split_room(words), parts)

    def test_read(self) -> None:
        self.assertEqual(orders.CLOSE.read(""), (Close(), ""))
        self.assertEqual(orders.CANCEL.read("Fire."), (Cancel(), "Fire."))
        self.assertEqual(orders.STATUS.read(""), Status())

    def test_wrong_words(self) -> None:
        wrong: list[tuple[HouseOrder | RoomOrder, str, str]] = [
            (orders.STATUS, "now", "status is about all rooms and takes no words"),
            (orders.CLOSE, "now", "close takes no reason"),
            (orders.CANCEL, "", "say why, in printable characters"),
            (orders.CANCEL, "\u202e", "say why, in printable characters"),
        ]
        for order, words, problem in wrong:
            with self.assertRaises(ValueError) as caught:
                order.read(words)
            self.assertEqual(str(caught.exception), problem)

    def test_addresses(self) -> None:
        """As a log or a screen shows them."""
        for text, host in [
            ("203.0.113.7", "203.0.113.7"),
            ("203.0.113.7:55741", "203.0.113.7"),
            ("[2001:DB8::1]:4000", "2001:db8::1"),
            ("[2001:db8::1]", "2001:db8::1"),
            ("2001:db8::/64", "2001:db8::"),
            ("fe80::1%eth0", "fe80::1"),
        ]:
            self.assertEqual(orders.BAN.read(text), Ban(host, 60))
            self.assertEqual(orders.BAN.read(f"{text} 10080"), Ban(host, 10080))
            self.assertEqual(orders.UNBAN.read(text), Unban(host))

    def test_reason(self) -> None:
        """An order with a reason after a word of its own."""
        why = "say why, in printable characters"
        taken: list[str] = []

        def take(words: str) -> Close:
            taken.append(words)
            return Close()

        extend = RoomOrder("later", "N", "", "", take)
        pause = RoomOrder("pause", "", "", "", take)
        for order, words, read in [
            (extend, "60", ("60", "")),
            (extend, "60 because the  bell rang.", ("60", "The  bell rang.")),
            (extend, "because because because.", ("", "Because because.")),
            (extend, "60 because of noise.", ("60", "Because of noise.")),
            (extend, "60 because", why),
            (extend, "60 because \x07", why),
            (pause, "because lunch.", ("", "Lunch.")),
            (pause, "lunch.", "pause takes no reason but after the word because"),
        ]:
            try:
                reason = order.read(words)[1]
                found: object = (taken.pop(), reason)
            except ValueError as error:
                found = str(error)
            self.assertEqual(found, read)
        self.assertEqual(pause.split_room("because lunch."), (None, "because lunch."))
        self.assertEqual(pause.split_room("main because lunch."), ("main", "because lunch."))

    def test_table(self) -> None:
        """Names and usages."""
        self.assertEqual(str(orders.CANCEL), "cancel [room=NAME] REASON")
        for order in ORDERS:
            self.assertIs(getattr(orders, order.name.upper().replace(" ", "_")), order)
            self.assertEqual(find_order(order.name), (order, ""))
            found = find_order(order.example)
            assert found is not None
            self.assertIs(found[0], order)
            if isinstance(order, RoomOrder):
                order.read(found[1])
                if order.reason is Reason.ALL_WORDS:
                    self.assertEqual(order.argument, "REASON")
            else:
                assert isinstance(order, HouseOrder)
                order.read(found[1])

    def test_documented(self) -> None:
        """The operator's page has each example, and no other; the protocol's page each order."""
        page = (DOCS / "orders.rst").read_text()
        shown = re.findall(r"^``auction control (.+)``$", page, re.MULTILINE)
        self.assertEqual(sorted(shown), sorted(order.example for order in ORDERS))
        page = (DOCS / "protocol.rst").read_text()
        for order in ORDERS:
            self.assertRegex(page, rf"``{re.escape(order.name)}\b")
