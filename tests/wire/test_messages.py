import re
from collections.abc import Callable
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from twisted_auction.wire import messages
from twisted_auction.wire.lines import DELIMITER, MAX_LINE, parse, render
from twisted_auction.wire.verbs import ROOM_NAME

LINES = [
    (messages.RoleSeller(), "Your role is: [Seller]"),
    (messages.AskRequest(), "Please submit auction request:"),
    (messages.RequestRefused(""), "Invalid auction request!"),
    (
        messages.RequestRefused("number_of_bids must be 1 to 9."),
        "Invalid auction request! number_of_bids must be 1 to 9.",
    ),
    (
        messages.RequestReceived("2 100 3 WolfPackSword"),
        "Auction request received: 2 100 3 WolfPackSword",
    ),
    (messages.RequestAlreadyIn(), "Your auction request is already in. Please wait..."),
    (messages.RoleBuyer(), "Your role is: [Buyer]"),
    (
        messages.WaitingForBuyers(),
        "The Auctioneer is still waiting for other Buyer to connect...",
    ),
    (messages.BiddingStart(), "Bidding start!"),
    (messages.AskBid(), "Please submit your bid:"),
    (messages.BidRefused(), "Invalid bid. Please submit a positive integer!"),
    (messages.BidReceived(), "Bid received. Please wait..."),
    (messages.BiddingNotOpen(), "Bidding has not started. Please wait..."),
    (messages.BidAlreadyIn(), "Your bid is already in. Please wait..."),
    (messages.AuctionFinished(), "Auction finished!"),
    (
        messages.SoldFor("WolfPackSword", 150),
        "Success! Your item WolfPackSword has been sold for $150",
    ),
    (
        messages.NotSold("WolfPackSword"),
        "Unfortunately your item WolfPackSword was not sold in the auction.",
    ),
    (
        messages.YouWon("WolfPackSword", 150),
        "You won this item WolfPackSword! Your payment due is $150",
    ),
    (messages.YouLost(), "Unfortunately you did not win in the last round."),
    (messages.PaymentDue(120), "Your payment due is $120"),
    (messages.YouAre(3), "You are Buyer 3."),
    (messages.LotUp(2, 5), "Lot 2 of 5."),
    (messages.OnSale("WolfPackSword"), "On sale: WolfPackSword"),
    (
        messages.FormatIs("english", 100, "Each bid is at least $5 above the highest."),
        "Format: english, from $100. Each bid is at least $5 above the highest.",
    ),
    (messages.OpensIn(5), "Bidding opens in 5 seconds."),
    (messages.WaitForNextLot(), "Please wait for the next lot."),
    (messages.AskAnytime("type an amount to bid."), "At any time: type an amount to bid."),
    (messages.NotUnderstood(), "Not understood."),
    (messages.BidTooLow(110), "Bid too low! The least acceptable bid is $110."),
    (
        messages.BidTooLow(2 * 10**18 - 2),
        "Bid too low! The least acceptable bid is $1999999999999999998.",
    ),
    (messages.BidTooHigh(1000), "Bid too high! The greatest acceptable bid is $1000."),
    (messages.BidTooSoon(1), "Too many bids! Bid again in 1 second."),
    (messages.BidTooSoon(11), "Too many bids! Bid again in 11 seconds."),
    (messages.AmountOrPass(), "Type an amount, or pass."),
    (messages.HavePassed(), "You have passed this lot. Please wait..."),
    (messages.NotAccepted(""), "Not accepted."),
    (
        messages.NotAccepted("Even amounts are not taken."),
        "Not accepted. Even amounts are not taken.",
    ),
    (messages.BuyerBid(3, 180), "Buyer 3 bid $180."),
    (messages.RepeatBid(5000), "Please repeat your bid to confirm: $5000"),
    (messages.YouHold(105), "You hold the highest bid: $105."),
    (messages.Outbid(2, 110), "You have been outbid: Buyer 2 bids $110."),
    (messages.Asking(100, 60), "Asking price: $100. Seconds left: 60."),
    (
        messages.HighestBid(105, 2, 110, 42),
        "Highest bid: $105 by Buyer 2. Asking price: $110. Seconds left: 42.",
    ),
    (messages.TimeExtended(), "Time extended!"),
    (messages.GoingOnce(), "Going once!"),
    (messages.GoingTwice(), "Going twice!"),
    (messages.BiddingClosed("Seller"), "The Seller has closed the bidding."),
    (messages.SoldTo("WolfPackSword", 2, 110), "Sold: WolfPackSword to Buyer 2 for $110"),
    (messages.NobodyBought("WolfPackSword"), "Not sold: WolfPackSword"),
    (messages.SaleOver(), "The sale is over."),
    (messages.Done("the bidding is closed."), "Done: the bidding is closed."),
    (messages.NotDone("bidding is not open."), "Not done: bidding is not open."),
    (
        messages.AuctionCancelled("The Seller has left."),
        "Auction cancelled! The Seller has left.",
    ),
    (
        messages.AuctioneerCloses("This auction has no result."),
        "The Auctioneer is closing. This auction has no result.",
    ),
    (messages.RequestTimeUp(300), "Time is up! No valid auction request came within 300 seconds."),
    (
        messages.LineTimeUp(30),
        "Time is up! Your line did not end within 30 seconds.",
    ),
    (messages.TooManyLines(), "Too many lines."),
    (messages.LobbyTimeUp(60), "Time is up! You said nothing for 60 seconds."),
    (messages.BidTimeUp(300), "Time is up! No valid bid came within 300 seconds."),
    (messages.ServerBusy(), "Server busy!"),
    (messages.BiddingOngoing(), "Bidding on-going!"),
    (messages.LineTooLong(), "Line too long."),
    (messages.TicketIs("4f2a"), "Ticket: 4f2a"),
    (messages.CameBack(), "You have come back by another connection."),
    (messages.SeatGivenUp(), "Your seat was given up while you were away."),
    (messages.BidStands(150), "Your bid of $150 stands."),
    (messages.ResultOf(2, 5), "Result of lot 2 of 5:"),
    (messages.RoleWatcher(), "Your role is: [Watcher]"),
    (messages.NothingOnSale(), "Nothing is on sale."),
    (messages.SaleNotBegun(), "The sale has not begun."),
    (messages.BuyersThere(1, 3), "Buyers: 1 of 3."),
    (messages.BidsIn(2, 3), "Bids: 2 of 3."),
    (
        messages.RoomIs("antiques", "Sword, english, Buyers: 1 of 2"),
        "Room antiques: Sword, english, Buyers: 1 of 2.",
    ),
    (messages.RoomsInUse(3), "Rooms: 3."),
    (messages.Pong("hello"), "Pong: hello"),
    (
        messages.Help(),
        "Say one of: LIST, JOIN room, WATCH room, RESUME ticket, PING text, HELP, QUIT [ticket].",
    ),
    (messages.Goodbye(), "Goodbye."),
]

TEXTS = st.text(min_size=1, max_size=60).filter(
    lambda text: text.isprintable() and text == text.strip()
)
FIELDS: dict[type, st.SearchStrategy[object]] = {int: st.integers(0, 10**18 - 1), str: TEXTS}


def messages_of(cls: type[messages.Message]) -> st.SearchStrategy[messages.Message]:
    build: Callable[..., messages.Message] = cls
    strategies = {name: FIELDS[kind] for name, kind in cls.field_types.items()}
    if cls is messages.RoomIs:
        strategies["name"] = st.from_regex("[A-Za-z0-9_-]{1,32}", fullmatch=True)
    return st.builds(build, **strategies)


class WireTests(SynchronousTestCase):
    def test_every_line(self) -> None:
        for message, line in LINES:
            self.assertEqual(str(message), line)
            self.assertEqual(render(message), f"{line}\r\n".encode())
            self.assertEqual(parse(line.encode()), message)

    def test_no_line_is_forgotten(self) -> None:
        self.assertEqual({type(message) for message, _ in LINES}, set(messages.MESSAGES))

    def test_messages_stay_as_they_are(self) -> None:
        message = messages.YouAre(3)
        self.assertRaises(AttributeError, setattr, message, "buyer", 4)
        self.assertFalse(hasattr(message, "__dict__"))

    def test_limits(self) -> None:
        self.assertEqual((DELIMITER, MAX_LINE), (b"\n", 512))

    def test_room_names(self) -> None:
        for name in ["a", "Z", "0", "Room_2-b", "x" * 32]:
            self.assertIsNotNone(ROOM_NAME.fullmatch(name), name)
        for name in ["", "a b", "a.b", "a\n", "é", "٥", "x" * 33]:
            self.assertIsNone(ROOM_NAME.fullmatch(name), name)

    def test_every_line_is_documented(self) -> None:
        page = Path(__file__).parents[2] / "docs" / "protocol.rst"
        text = re.sub(r"\s+", " ", page.read_text().replace("`", ""))
        for cls in messages.MESSAGES:
            words = re.escape(cls.line)
            words = re.sub(r"\\ \\\{\w+\\\}$", "", words)  # a text at the end may be empty
            words = re.sub(r"\\\{\w+\\\}", ".{1,60}?", words).replace("seconds", "seconds?")
            self.assertRegex(text, words, cls)

    @given(st.sampled_from(messages.MESSAGES).flatmap(messages_of))
    def test_round_trip(self, message: messages.Message) -> None:
        rendered = render(message)
        self.assertTrue(rendered.endswith(b"\r\n"))
        self.assertEqual(parse(rendered.removesuffix(b"\n")), message)

    def test_deceptive_item(self) -> None:
        """An item may quote the talk without being taken for another line."""
        for message in [
            messages.SoldFor("Sword has been sold for $5", 150),
            messages.YouWon("Sword! Your payment due is $5", 150),
            messages.NotSold("x was not sold in the auction."),
            messages.SoldFor("{item_name} {0} %s", 1),
        ]:
            self.assertEqual(parse(render(message).strip()), message)

    def test_one_second(self) -> None:
        """It is no plural, in any message that counts seconds; a stranger's words stay."""
        counting = [cls for cls in messages.MESSAGES if "{seconds} seconds" in cls.line]
        self.assertEqual(len(counting), 6)
        for cls in counting:
            build: Callable[..., messages.Message] = cls
            for seconds, words in [(0, "0 seconds"), (1, "1 second"), (21, "21 seconds")]:
                line = cls.line.replace("{seconds} seconds", words)
                self.assertEqual(str(build(seconds)), line)
                self.assertEqual(parse(line.encode()), build(seconds))
        self.assertEqual(str(messages.Asking(5, 1)), "Asking price: $5. Seconds left: 1.")
        self.assertEqual(str(messages.OnSale("1 seconds")), "On sale: 1 seconds")

    def test_several(self) -> None:
        self.assertEqual(
            render(messages.AuctionFinished(), messages.SoldFor("Schwert №5", 7)),
            "Auction finished!\r\nSuccess! Your item Schwert №5 has been sold for $7\r\n".encode(),
        )

    def test_foreign_lines(self) -> None:
        for line in [b"", b"Hello", b"Server busy! ", b"server busy!", b"Time is up!", b"\xff\xfe"]:
            self.assertRaises(ValueError, parse, line)
        with self.assertRaises(ValueError) as caught:
            parse("Grüß dich\x1b\r".encode())
        self.assertEqual(str(caught.exception), "not a line of the Auctioneer's: 'Grüß dich\\x1b'")

    def test_new_line(self) -> None:
        """A message is understood by its wording, whatever that is."""

        @messages.message("[{number}] {first}+{second} (more): {last}")
        class Novelty(messages.Message):
            number: int
            first: str
            second: str
            last: str

        self.addCleanup(messages.MESSAGES.remove, Novelty)
        for line, message in [
            (b"[7] a+b (more): c", Novelty(7, "a", "b", "c")),
            (b"[7] + (more): c: d", Novelty(7, "", "", "c: d")),
            (b"[7] a+b (more):", Novelty(7, "a", "b", "")),
            (b"[" + b"9" * 19 + b"] a+b+c (more): d", Novelty(10**19 - 1, "a", "b+c", "d")),
        ]:
            self.assertEqual(parse(line), message)
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
            self.assertRaises(ValueError, parse, line)

    @given(st.binary(max_size=80))
    def test_any_bytes(self, line: bytes) -> None:
        """Whatever is understood is what would be sent for it."""
        try:
            message = parse(line)
        except ValueError:
            return
        self.assertEqual(str(message).encode(), line.removesuffix(b"\r").rstrip())
