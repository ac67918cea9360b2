from hypothesis import given
from hypothesis import strategies as st
from twisted.internet.address import IPv4Address, IPv6Address, UNIXAddress
from twisted.trial.unittest import SynchronousTestCase

from twisted_auction.server.limits import CLOSE_TIMEOUT
from twisted_auction.server.protocol import TYPED_TIMEOUT, UNTERMINATED_TIMEOUT
from twisted_auction.testing import MemoryClient, MemoryHouse

SELLER = ["Your role is: [Seller]", "Please submit auction request:"]
REFUSED = ["Invalid auction request!", "Please submit auction request:"]
RECEIVED = ["Auction request received: 2 100 3 Sword"]
CANCELLED = ["Auction cancelled! The Seller has left."]


class LineTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.house = MemoryHouse()

    def test_line_ends(self) -> None:
        seller = self.house.connect()
        seller.send(b"no\nno\r\n\n\r\n2 100 3 Sword\r\n")
        self.assertEqual(seller.read_lines(), [*SELLER, *REFUSED * 4, *RECEIVED])

    @given(st.data())
    def test_any_chunks(self, data: st.DataObject) -> None:
        """The transcript does not depend on the pieces in which bytes arrive."""
        typed = b"some wrong input\r\n5 1 1 x\n2 100 3 Sword\nnow what?\n"
        cuts = sorted(data.draw(st.sets(st.integers(0, len(typed)))))
        seller = MemoryHouse().connect()
        for start, end in zip([0, *cuts], [*cuts, len(typed)], strict=True):
            seller.send(typed[start:end])
        self.assertEqual(
            seller.read_lines(),
            [
                *SELLER,
                *REFUSED,
                "Invalid auction request! type_of_auction must be 1 (first-price), "
                "2 (second-price), 3 (english) or 4 (dutch).",
                "Please submit auction request:",
                *RECEIVED,
                "Your auction request is already in. Please wait...",
            ],
        )

    def test_trimmed(self) -> None:
        seller = self.house.connect()
        seller.send(b"  2 100 3 Sword \t\r\n")
        self.assertEqual(seller.read_lines(), [*SELLER, *RECEIVED])

    def test_foreign_bytes(self) -> None:
        seller = self.house.connect()
        seller.send(b"\xff\xfb\x01\n2 100 3 \xfe\xff\n2 100 3 \x1b[2J\n2 100 3 Sword\n")
        self.assertEqual(
            seller.read_lines(),
            [
                *SELLER,
                *REFUSED,
                "Invalid auction request! item_name must be UTF-8 text.",
                "Please submit auction request:",
                "Invalid auction request! item_name must be printable characters only.",
                "Please submit auction request:",
                *RECEIVED,
            ],
        )

    def test_longest_line(self) -> None:
        seller = self.house.connect()
        seller.send(b"2 100 3" + b" " * 500 + b"Sword\n")
        self.assertEqual(
            seller.read_lines(), [*SELLER, f"Auction request received: 2 100 3{' ' * 500}Sword"]
        )

    def test_line_too_long(self) -> None:
        """The connection closes at once, with or without the end of the line."""
        for data in [b"x" * 513, b"x" * 513 + b"\n", b"x" * 100_000, b"no\n" + b"x" * 513]:
            house = MemoryHouse()
            seller, (buyer,) = house.open_auction("2 100 3 Sword", 1)
            seller.send(data)
            self.assertEqual(seller.read_lines()[-1], "Line too long.")
            self.assertTrue(seller.is_closed)
            self.assertEqual(buyer.read_lines(), CANCELLED)
            seller.disconnect()
            buyer.disconnect()
            self.assertEqual(house.clock.getDelayedCalls(), [])

    def test_line_too_long_after_bidding(self) -> None:
        """The earlier bid of the Buyer stands."""
        seller, buyers = self.house.open_auction("2 100 2 Sword", 2)
        buyers[0].send_lines("150", "x" * 513)
        buyers[1].send_lines("120")
        self.assertEqual(buyers[0].read_lines(), ["Bid received. Please wait...", "Line too long."])
        self.assertEqual(
            seller.read_lines(),
            ["Auction finished!", "Success! Your item Sword has been sold for $120"],
        )

    def test_unterminated_is_no_line(self) -> None:
        seller = self.house.connect()
        seller.send(b"2 100 3 Sword")
        self.house.clock.advance(29)
        self.assertEqual(seller.read_lines(), SELLER)
        seller.send(b"fish\n")
        self.assertEqual(seller.read_lines(), ["Auction request received: 2 100 3 Swordfish"])


class UnterminatedTests(SynchronousTestCase):
    """Clients that send no line ends."""

    def setUp(self) -> None:
        self.house = MemoryHouse(accept_unterminated=True)

    def test_after_silence(self) -> None:
        seller = self.house.connect()
        seller.send(b"2 100 3 Sword")
        self.house.clock.advance(UNTERMINATED_TIMEOUT * 0.9)
        self.assertEqual(seller.read_lines(), SELLER)
        self.house.clock.advance(UNTERMINATED_TIMEOUT * 0.2)
        self.assertEqual(seller.read_lines(), RECEIVED)

    def test_every_byte_starts_the_wait_again(self) -> None:
        seller = self.house.connect()
        for place in range(7):
            seller.send(b"1 9 1 X"[place : place + 1])
            self.house.clock.advance(TYPED_TIMEOUT * 0.9)
        self.assertEqual(seller.read_lines(), SELLER)
        self.house.clock.advance(TYPED_TIMEOUT * 0.2)
        self.assertEqual(seller.read_lines(), ["Auction request received: 1 9 1 X"])

    def test_key_by_key(self) -> None:
        """A terminal that sends each key at once: the bid is the typed amount, not its first
        digit."""
        seller, (buyer, rival) = self.house.open_auction("1 100 2 Sword", 2)
        for key in (b"1", b"5", b"0"):
            buyer.send(key)
            self.house.advance(1)
        rival.send_lines("120")
        self.assertEqual(buyer.read_lines(), [])
        self.house.advance(2.1)
        self.assertEqual(buyer.read_lines()[0], "Bid received. Please wait...")
        self.assertEqual(seller.read_lines()[-1], "Success! Your item Sword has been sold for $150")

    def test_typed_from_some_key_on(self) -> None:
        """The network may bring several keys together."""
        for pieces in ([b"1", b"50"], [b"15", b"0"], [b"\x00", b"1", b"\xff\xf150"]):
            house = MemoryHouse(accept_unterminated=True)
            _, (buyer,) = house.open_auction("1 100 1 Sword", 1)
            for piece in pieces:
                house.advance(UNTERMINATED_TIMEOUT * 0.9)
                buyer.send(piece)
            house.advance(TYPED_TIMEOUT * 0.9)
            self.assertEqual(buyer.read_lines(), [])
            house.advance(TYPED_TIMEOUT * 0.2)
            self.assertIn("Your payment due is $150", buyer.read_lines()[-1])

    def test_several_segments(self) -> None:
        """A line in several pieces needs no longer silence than a line in one."""
        seller = self.house.connect()
        for piece in (b"2 100 3 Sw", b"or"):
            seller.send(piece)
            self.house.clock.advance(UNTERMINATED_TIMEOUT * 0.9)
        seller.send(b"\xff\xf1")  # nothing of a line
        self.house.clock.advance(UNTERMINATED_TIMEOUT * 0.2)
        self.assertEqual(seller.read_lines()[-1], "Auction request received: 2 100 3 Swor")

    def test_next_line(self) -> None:
        """Each line decides anew whether it is typed."""
        seller = self.house.connect()
        seller.send(b"x")
        self.house.clock.advance(TYPED_TIMEOUT)
        seller.send(b"2 100 3 Sword")
        self.house.clock.advance(UNTERMINATED_TIMEOUT)
        self.assertEqual(seller.read_lines(), [*SELLER, *REFUSED, *RECEIVED])

    def test_has_ended_a_line(self) -> None:
        """A client that has ended a line will end all lines, so silence ends none."""
        for end in (b"\n", b"\r\n", b"\r"):
            house = MemoryHouse(accept_unterminated=True)
            _, (buyer,) = house.open_auction("1 100 1 Sword", 1)
            buyer.send(b"what?" + end)
            buyer.read_lines()
            buyer.send(b"15")
            house.advance(20)
            self.assertEqual(buyer.read_lines(), [])
            buyer.send(b"0" + end)
            self.assertIn("Your payment due is $150", buyer.read_lines()[-1])

    def test_whole_lines_need_no_wait(self) -> None:
        seller = self.house.connect()
        seller.send(b"no\r\n2 100 3 Sword\r\n")
        self.assertEqual(seller.read_lines(), [*SELLER, *REFUSED, *RECEIVED])
        self.assertEqual(self.house.clock.getDelayedCalls(), [])

    def test_end_that_comes_in_time(self) -> None:
        seller = self.house.connect()
        seller.send(b"2 100 3 Sw")
        seller.send(b"ord\n")
        self.house.clock.advance(UNTERMINATED_TIMEOUT)
        self.assertEqual(seller.read_lines(), [*SELLER, *RECEIVED])

    def test_whole_auction(self) -> None:
        seller = self.house.connect()
        seller.send(b"1 100 1 Sword")
        self.house.clock.advance(UNTERMINATED_TIMEOUT)
        buyer = self.house.connect()
        buyer.send(b"what?")
        self.house.clock.advance(UNTERMINATED_TIMEOUT)
        buyer.send(b"150")
        self.house.clock.advance(UNTERMINATED_TIMEOUT)
        self.assertEqual(
            buyer.read_lines(),
            [
                "Your role is: [Buyer]",
                "Bidding start!",
                "Please submit your bid:",
                "Invalid bid. Please submit a positive integer!",
                "Please submit your bid:",
                "Bid received. Please wait...",
                "Auction finished!",
                "You won this item Sword! Your payment due is $150",
            ],
        )

    def test_byte_order_mark(self) -> None:
        """Some programs send a byte order mark first; it is no part of a word."""
        mark = b"\xef\xbb\xbf"
        seller = self.house.connect()
        seller.send(mark + b"1 100 1 Sword\n")
        buyer = self.house.connect()
        buyer.send(mark + b"150\r\n")
        self.assertEqual(seller.read_lines()[2], "Auction request received: 1 100 1 Sword")
        self.assertEqual(
            buyer.read_lines()[-3:],
            [
                "Bid received. Please wait...",
                "Auction finished!",
                "You won this item Sword! Your payment due is $150",
            ],
        )

    def test_gone_before_the_silence_is_over(self) -> None:
        seller = self.house.connect()
        seller.send(b"1 100 1 Sword")
        seller.disconnect()
        self.assertEqual(self.house.clock.getDelayedCalls(), [])
        self.assertEqual(self.house.auctioneer.status, 0)

    def test_too_long(self) -> None:
        seller = self.house.connect()
        seller.send(b"x" * 513)
        self.assertEqual(seller.read_lines(), [*SELLER, "Line too long."])
        seller.disconnect()
        self.assertEqual(self.house.clock.getDelayedCalls(), [])


class AddressTests(SynchronousTestCase):
    def test_readable(self) -> None:
        for address, text in [
            (IPv4Address("TCP", "127.0.0.1", 55741), "127.0.0.1:55741"),
            (IPv6Address("TCP", "::1", 55741), "[::1]:55741"),
            (IPv6Address("TCP", "::ffff:127.0.0.1", 55741), "127.0.0.1:55741"),
            (UNIXAddress(None), "a local socket"),
        ]:
            house = MemoryHouse()
            MemoryClient(house.factory, address)
            self.assertEqual(house.console[0], f"Seller is connected from {text}")


class CloseTimeoutTests(SynchronousTestCase):
    """A closing connection is aborted if its peer does not read."""

    def setUp(self) -> None:
        self.house = MemoryHouse()

    def test_cut(self) -> None:
        self.house.connect()
        first = self.house.connect()
        self.house.clock.advance(CLOSE_TIMEOUT / 2)
        second = self.house.connect()
        self.house.clock.advance(CLOSE_TIMEOUT / 2)
        self.assertTrue(first.transport.disconnected)
        self.assertFalse(second.transport.disconnected)
        self.house.clock.advance(CLOSE_TIMEOUT / 2)
        closed = self.house.factory.connections.closing.wait_until_idle()
        self.assertTrue(second.transport.disconnected)
        self.successResultOf(closed)

    def test_over(self) -> None:
        """The wait ends with the last connection, closed or aborted."""
        seller = self.house.connect()
        gone, cut = self.house.connect(), self.house.connect()
        closed = self.house.factory.connections.closing.wait_until_idle()
        gone.disconnect()
        self.assertNoResult(closed)
        self.house.clock.advance(CLOSE_TIMEOUT)
        self.assertTrue(cut.transport.disconnected)
        self.successResultOf(closed)
        self.assertFalse(seller.transport.disconnected)

    def test_still_talking(self) -> None:
        """Over-long lines after the last letter extend no timeout, and get no answer."""
        self.house.connect()
        visitor = self.house.connect()
        for _ in range(2):
            self.house.clock.advance(CLOSE_TIMEOUT / 2)
            visitor.send(b"x" * 600)
        self.assertTrue(visitor.transport.disconnected)
        self.assertEqual(visitor.read_lines(), ["Server busy!"])

    def test_gone_in_time(self) -> None:
        seller = self.house.connect()
        visitors = [self.house.connect() for _ in range(3)]
        for visitor in (*visitors, seller):
            visitor.disconnect()
        self.assertEqual(self.house.clock.getDelayedCalls(), [])
        self.assertFalse(any(visitor.transport.disconnected for visitor in visitors))
