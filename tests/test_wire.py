import re
from collections.abc import Callable
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from twisted_auction import wire

LINES = [
    (wire.RoleSeller(), "Your role is: [Seller]"),
    (wire.AskRequest(), "Please submit auction request:"),
    (wire.RequestRefused(""), "Invalid auction request!"),
    (
        wire.RequestRefused("number_of_bids must be 1 to 9."),
        "Invalid auction request! number_of_bids must be 1 to 9.",
    ),
    (
        wire.RequestReceived("2 100 3 WolfPackSword"),
        "Auction request received: 2 100 3 WolfPackSword",
    ),
    (wire.RequestAlreadyIn(), "Your auction request is already in. Please wait..."),
    (wire.RoleBuyer(), "Your role is: [Buyer]"),
    (
        wire.WaitingForBuyers(),
        "The Auctioneer is still waiting for other Buyer to connect...",
    ),
    (wire.BiddingStart(), "Bidding start!"),
    (wire.AskBid(), "Please submit your bid:"),
    (wire.BidRefused(), "Invalid bid. Please submit a positive integer!"),
    (wire.BidReceived(), "Bid received. Please wait..."),
    (wire.BiddingNotOpen(), "Bidding has not started. Please wait..."),
    (wire.BidAlreadyIn(), "Your bid is already in. Please wait..."),
    (wire.AuctionFinished(), "Auction finished!"),
    (
        wire.SoldFor("WolfPackSword", 150),
        "Success! Your item WolfPackSword has been sold for $150",
    ),
    (
        wire.NotSold("WolfPackSword"),
        "Unfortunately your item WolfPackSword was not sold in the auction.",
    ),
    (
        wire.YouWon("WolfPackSword", 150),
        "You won this item WolfPackSword! Your payment due is $150",
    ),
    (wire.YouLost(), "Unfortunately you did not win in the last round."),
    (wire.PaymentDue(120), "Your payment due is $120"),
    (wire.YouAre(3), "You are Buyer 3."),
    (wire.LotUp(2, 5), "Lot 2 of 5."),
    (wire.OnSale("WolfPackSword"), "On sale: WolfPackSword"),
    (
        wire.FormatIs("english", 100, "Each bid is at least $5 above the highest."),
        "Format: english, from $100. Each bid is at least $5 above the highest.",
    ),
    (wire.OpensIn(5), "Bidding opens in 5 seconds."),
    (wire.WaitForNextLot(), "Please wait for the next lot."),
    (wire.AskAnytime("type an amount to bid."), "At any time: type an amount to bid."),
    (wire.NotUnderstood(), "Not understood."),
    (wire.BidTooLow(110), "Bid too low! The least acceptable bid is $110."),
    (
        wire.BidTooLow(2 * 10**18 - 2),
        "Bid too low! The least acceptable bid is $1999999999999999998.",
    ),
    (wire.BidTooHigh(1000), "Bid too high! The greatest acceptable bid is $1000."),
    (wire.BidTooSoon(1), "Too many bids! Bid again in 1 second."),
    (wire.BidTooSoon(11), "Too many bids! Bid again in 11 seconds."),
    (wire.AmountOrPass(), "Type an amount, or pass."),
    (wire.HavePassed(), "You have passed this lot. Please wait..."),
    (wire.NotAccepted(""), "Not accepted."),
    (wire.NotAccepted("Even amounts are not taken."), "Not accepted. Even amounts are not taken."),
    (wire.BuyerBid(3, 180), "Buyer 3 bid $180."),
    (wire.RepeatBid(5000), "Please repeat your bid to confirm: $5000"),
    (wire.YouHold(105), "You hold the highest bid: $105."),
    (wire.Outbid(2, 110), "You have been outbid: Buyer 2 bids $110."),
    (wire.Asking(100, 60), "Asking price: $100. Seconds left: 60."),
    (
        wire.HighestBid(105, 2, 110, 42),
        "Highest bid: $105 by Buyer 2. Asking price: $110. Seconds left: 42.",
    ),
    (wire.TimeExtended(), "Time extended!"),
    (wire.GoingOnce(), "Going once!"),
    (wire.GoingTwice(), "Going twice!"),
    (wire.BiddingClosed("Seller"), "The Seller has closed the bidding."),
    (wire.SoldTo("WolfPackSword", 2, 110), "Sold: WolfPackSword to Buyer 2 for $110"),
    (wire.NobodyBought("WolfPackSword"), "Not sold: WolfPackSword"),
    (wire.SaleOver(), "The sale is over."),
    (wire.Done("the bidding is closed."), "Done: the bidding is closed."),
    (wire.NotDone("bidding is not open."), "Not done: bidding is not open."),
    (
        wire.AuctionCancelled("The Seller has left."),
        "Auction cancelled! The Seller has left.",
    ),
    (
        wire.AuctioneerCloses("This auction has no result."),
        "The Auctioneer is closing. This auction has no result.",
    ),
    (wire.RequestTimeUp(300), "Time is up! No valid auction request came within 300 seconds."),
    (
        wire.LineTimeUp(30),
        "Time is up! Your line did not end within 30 seconds.",
    ),
    (wire.TooManyLines(), "Too many lines."),
    (wire.LobbyTimeUp(60), "Time is up! You said nothing for 60 seconds."),
    (wire.BidTimeUp(300), "Time is up! No valid bid came within 300 seconds."),
    (wire.ServerBusy(), "Server busy!"),
    (wire.BiddingOngoing(), "Bidding on-going!"),
    (wire.LineTooLong(), "Line too long."),
    (wire.TicketIs("4f2a"), "Ticket: 4f2a"),
    (wire.CameBack(), "You have come back by another connection."),
    (wire.SeatGivenUp(), "Your seat was given up while you were away."),
    (wire.BidStands(150), "Your bid of $150 stands."),
    (wire.ResultOf(2, 5), "Result of lot 2 of 5:"),
    (wire.RoleWatcher(), "Your role is: [Watcher]"),
    (wire.NothingOnSale(), "Nothing is on sale."),
    (wire.SaleNotBegun(), "The sale has not begun."),
    (wire.BuyersThere(1, 3), "Buyers: 1 of 3."),
    (wire.BidsIn(2, 3), "Bids: 2 of 3."),
    (
        wire.RoomIs("antiques", "Sword, english, Buyers: 1 of 2"),
        "Room antiques: Sword, english, Buyers: 1 of 2.",
    ),
    (wire.RoomsInUse(3), "Rooms: 3."),
    (wire.Pong("hello"), "Pong: hello"),
    (
        wire.Help(),
        "Say one of: LIST, JOIN room, WATCH room, RESUME ticket, PING text, HELP, QUIT [ticket].",
    ),
    (wire.Goodbye(), "Goodbye."),
]

TEXTS = st.text(min_size=1, max_size=60).filter(
    lambda text: text.isprintable() and text == text.strip()
)
FIELDS: dict[type, st.SearchStrategy[object]] = {int: st.integers(0, 10**18 - 1), str: TEXTS}


def messages_of(cls: type[wire.Message]) -> st.SearchStrategy[wire.Message]:
    build: Callable[..., wire.Message] = cls
    strategies = {name: FIELDS[kind] for name, kind in cls.field_types.items()}
    if cls is wire.RoomIs:
        strategies["name"] = st.from_regex("[A-Za-z0-9_-]{1,32}", fullmatch=True)
    return st.builds(build, **strategies)


class WireTests(SynchronousTestCase):
    def test_every_line(self) -> None:
        for message, line in LINES:
            self.assertEqual(str(message), line)
            self.assertEqual(wire.render(message), f"{line}\r\n".encode())
            self.assertEqual(wire.parse(line.encode()), message)

    def test_no_line_is_forgotten(self) -> None:
        self.assertEqual({type(message) for message, _ in LINES}, set(wire.MESSAGES))

    def test_messages_stay_as_they_are(self) -> None:
        message = wire.YouAre(3)
        self.assertRaises(AttributeError, setattr, message, "buyer", 4)
        self.assertFalse(hasattr(message, "__dict__"))

    def test_limits(self) -> None:
        self.assertEqual((wire.DELIMITER, wire.MAX_LINE), (b"\n", 512))

    def test_room_names(self) -> None:
        for name in ["a", "Z", "0", "Room_2-b", "x" * 32]:
            self.assertIsNotNone(wire.ROOM_NAME.fullmatch(name), name)
        for name in ["", "a b", "a.b", "a\n", "é", "٥", "x" * 33]:
            self.assertIsNone(wire.ROOM_NAME.fullmatch(name), name)

    def test_every_line_is_documented(self) -> None:
        page = Path(__file__).parent.parent / "docs" / "protocol.rst"
        text = re.sub(r"\s+", " ", page.read_text().replace("`", ""))
        for cls in wire.MESSAGES:
            words = re.escape(cls.line)
            words = re.sub(r"\\ \\\{\w+\\\}$", "", words)  # a text at the end may be empty
            words = re.sub(r"\\\{\w+\\\}", ".{1,60}?", words).replace("seconds", "seconds?")
            self.assertRegex(text, words, cls)

    @given(st.sampled_from(wire.MESSAGES).flatmap(messages_of))
    def test_round_trip(self, message: wire.Message) -> None:
        rendered = wire.render(message)
        self.assertTrue(rendered.endswith(b"\r\n"))
        self.assertEqual(wire.parse(rendered.removesuffix(b"\n")), message)

    def test_deceptive_item(self) -> None:
        """An item may quote the talk without being taken for another line."""
        for message in [
            wire.SoldFor("Sword has been sold for $5", 150),
            wire.YouWon("Sword! Your payment due is $5", 150),
            wire.NotSold("x was not sold in the auction."),
            wire.SoldFor("{item_name} {0} %s", 1),
        ]:
            self.assertEqual(wire.parse(wire.render(message).strip()), message)

    def test_one_second(self) -> None:
        """It is no plural, in any message that counts seconds; a stranger's words stay."""
        counting = [cls for cls in wire.MESSAGES if "{seconds} seconds" in cls.line]
        self.assertEqual(len(counting), 6)
        for cls in counting:
            build: Callable[..., wire.Message] = cls
            for seconds, words in [(0, "0 seconds"), (1, "1 second"), (21, "21 seconds")]:
                line = cls.line.replace("{seconds} seconds", words)
                self.assertEqual(str(build(seconds)), line)
                self.assertEqual(wire.parse(line.encode()), build(seconds))
        self.assertEqual(str(wire.Asking(5, 1)), "Asking price: $5. Seconds left: 1.")
        self.assertEqual(str(wire.OnSale("1 seconds")), "On sale: 1 seconds")

    def test_several(self) -> None:
        self.assertEqual(
            wire.render(wire.AuctionFinished(), wire.SoldFor("Schwert №5", 7)),
            "Auction finished!\r\nSuccess! Your item Schwert №5 has been sold for $7\r\n".encode(),
        )

    def test_foreign_lines(self) -> None:
        for line in [b"", b"Hello", b"Server busy! ", b"server busy!", b"Time is up!", b"\xff\xfe"]:
            self.assertRaises(ValueError, wire.parse, line)
        with self.assertRaises(ValueError) as caught:
            wire.parse("Grüß dich\x1b\r".encode())
        self.assertEqual(str(caught.exception), "not a line of the Auctioneer's: 'Grüß dich\\x1b'")

    def test_new_line(self) -> None:
        """A message is understood by its wording, whatever that is."""

        @wire.message("[{number}] {first}+{second} (more): {last}")
        class Novelty(wire.Message):
            number: int
            first: str
            second: str
            last: str

        self.addCleanup(wire.MESSAGES.remove, Novelty)
        for line, message in [
            (b"[7] a+b (more): c", Novelty(7, "a", "b", "c")),
            (b"[7] + (more): c: d", Novelty(7, "", "", "c: d")),
            (b"[7] a+b (more):", Novelty(7, "a", "b", "")),
            (b"[" + b"9" * 19 + b"] a+b+c (more): d", Novelty(10**19 - 1, "a", "b+c", "d")),
        ]:
            self.assertEqual(wire.parse(line), message)
            self.assertEqual(str(message).encode(), line)
        for line in [
            b"[1" + b"0" * 19 + b"] a+b (more): c",
            b"[] a+b (more): c",
            b"[-7] a+b (more): c",
            b"[seven] a+b (more): c",
            b"[7] ab (more): c",
            b"[7] a+b more: c",
            b"[7] a+b (more):c",
        ]:
            self.assertRaises(ValueError, wire.parse, line)

    @given(st.binary(max_size=80))
    def test_any_bytes(self, line: bytes) -> None:
        """Whatever is understood is what would be sent for it."""
        try:
            message = wire.parse(line)
        except ValueError:
            return
        self.assertEqual(str(message).encode(), line.removesuffix(b"\r").rstrip())
