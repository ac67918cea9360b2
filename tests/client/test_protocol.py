from twisted.internet.defer import CancelledError
from twisted.internet.error import ConnectionDone, ConnectionLost
from twisted.internet.testing import StringTransport
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from tests.persons import SlowTypist, Typist
from twisted_auction.client.person import Ending, Role
from twisted_auction.client.protocol import MAX_UNANSWERED, AuctionClient
from twisted_auction.wire import messages
from twisted_auction.wire.lines import render

CONNECTED = "Connected to the Auctioneer server."
OVER = "Disconnecting from the Auctioneer server. Auction is over!"


class ClientTests(SynchronousTestCase):
    def visit(self, *typed: bytes) -> None:
        self.person = Typist(*typed)
        self.client = AuctionClient(self.person)
        self.transport = StringTransport()
        self.client.makeConnection(self.transport)

    def receive(self, *lines: str) -> None:
        self.client.dataReceived("".join(f"{line}\r\n" for line in lines).encode())

    def ends(self, reason: Exception | None = None) -> Ending:
        self.client.connectionLost(Failure(reason or ConnectionDone()))
        return self.successResultOf(self.client.ended)

    def test_seller(self) -> None:
        self.visit(b"some wrong input", b"2 100 3 WolfPackSword")
        self.receive(
            "Your role is: [Seller]",
            "Please submit auction request:",
            "Invalid auction request!",
            "Please submit auction request:",
            "Auction request received: 2 100 3 WolfPackSword",
            "Auction finished!",
            "Success! Your item WolfPackSword has been sold for $150",
        )
        self.assertEqual(self.ends(), Ending(0))
        self.assertEqual(self.transport.value(), b"some wrong input\n2 100 3 WolfPackSword\n")
        self.assertEqual(
            self.person.screen,
            [
                CONNECTED,
                "Your role is: [Seller]",
                "Please submit auction request:",
                "Server: Invalid auction request!",
                "Please submit auction request:",
                "Server: Auction start.",
                "Auction finished!",
                "Success! Your item WolfPackSword has been sold for $150",
                OVER,
            ],
        )

    def test_questions(self) -> None:
        """A participant learns each question, and is asked again after a refusal."""
        self.visit(b"x", b"2 100 1 Compass")
        self.receive("Please submit auction request:", "Invalid auction request!")
        self.receive("Please submit auction request:")
        self.assertEqual(self.person.questions, [messages.AskRequest()] * 2)
        self.visit(b"150")
        self.receive("Bidding start!", "Please submit your bid:")
        self.assertEqual(self.person.questions, [messages.AskBid()])

    def test_questions_in_open_bidding(self) -> None:
        """Each answer leads to the same question again, until there is none."""
        self.visit(b"100", b"120")
        self.receive("At any time: type an amount to bid.")
        question = messages.AskAnytime("type an amount to bid.")
        self.assertEqual(self.person.questions, [question] * 3)
        self.assertEqual(self.transport.value(), b"100\n120\n")
        self.assertFalse(self.transport.disconnecting)

    def test_refusals(self) -> None:
        """An answer without effect stands behind ``Server:``, and so does a request to repeat a
        bid.
        """
        for message in (
            messages.RequestRefused("number_of_bids must be 1 to 9."),
            messages.RequestAlreadyIn(),
            messages.BidRefused(""),
            messages.BiddingNotOpen(),
            messages.BidAlreadyIn(),
            messages.HavePassed(),
            messages.NotUnderstood(),
            messages.NotAccepted(""),
            messages.BidTooLow(110),
            messages.BidTooHigh(1000),
            messages.BidTooSoon(1),
            messages.RepeatBid(5000),
        ):
            self.visit()
            self.receive(str(message))
            self.assertEqual(self.person.screen[1:], [f"Server: {message}"])

    def test_buyer(self) -> None:
        for result in [
            "Unfortunately you did not win in the last round.",
            "You won this item WolfPackSword! Your payment due is $150",
        ]:
            self.visit(b"some wrong bid", b"120")
            self.receive(
                "Your role is: [Buyer]",
                "The Auctioneer is still waiting for other Buyer to connect...",
                "Bidding start!",
                "Please submit your bid:",
                "Invalid bid. Please submit a positive integer!",
                "Please submit your bid:",
                "Bid received. Please wait...",
                "Auction finished!",
                result,
            )
            self.assertEqual(self.ends(), Ending(0))
            self.assertEqual(self.transport.value(), b"some wrong bid\n120\n")
            self.assertEqual(
                self.person.screen,
                [
                    CONNECTED,
                    "Your role is: [Buyer]",
                    "The Auctioneer is still waiting for other Buyer to connect...",
                    "The bidding has started!",
                    "Please submit your bid:",
                    "Server: Invalid bid. Please submit a positive integer!",
                    "Please submit your bid:",
                    "Server: Bid received. Please wait...",
                    "Auction finished!",
                    result,
                    OVER,
                ],
            )

    def test_not_sold(self) -> None:
        self.visit()
        line = "Unfortunately your item Sword was not sold in the auction."
        self.receive("Auction finished!", line)
        self.assertEqual(self.ends(), Ending(0))
        self.assertEqual(self.person.screen, [CONNECTED, "Auction finished!", line, OVER])

    def test_reason(self) -> None:
        self.visit(b"2 100 3 Sword")
        self.receive("Invalid auction request! number_of_bids must be 1 to 9.")
        self.assertEqual(
            self.person.screen[-1],
            "Server: Invalid auction request! number_of_bids must be 1 to 9.",
        )

    def test_turned_away(self) -> None:
        for line in ["Server busy!", "Bidding on-going!"]:
            self.visit()
            self.receive(line)
            self.assertEqual(self.ends(), Ending(1))
            self.assertEqual(
                self.person.screen, [CONNECTED, "Server is busy. Try to connect again later."]
            )

    def test_banned(self) -> None:
        self.visit()
        self.receive("Your address is banned from this server.")
        self.assertEqual(self.ends(), Ending(1))
        self.assertEqual(
            self.person.screen, [CONNECTED, "Your address is banned from this server."]
        )

    def test_no_result(self) -> None:
        for line in [
            "Auction cancelled! The Seller has left.",
            "The Auctioneer is closing. This auction has no result.",
            "Time is up! No valid auction request came within 300 seconds.",
            "Time is up! No valid bid came within 300 seconds.",
        ]:
            self.visit()
            self.receive(line)
            self.assertEqual(self.ends(), Ending(1, "the auction ended without a result for you"))
            self.assertEqual(self.person.screen, [CONNECTED, line])

    def test_lost(self) -> None:
        self.visit()
        self.assertEqual(self.ends(), Ending(1, "the connection was lost before the result"))
        self.assertEqual(self.person.screen, [CONNECTED])

    def test_cut(self) -> None:
        self.visit(b"150")
        self.receive("Bidding start!", "Please submit your bid:", "Bid received. Please wait...")
        self.assertEqual(
            self.ends(ConnectionLost()),
            Ending(
                1,
                "the connection was lost before the result: Connection to the other side was "
                "lost in a non-clean fashion.",
            ),
        )

    def test_input_ends(self) -> None:
        """Nothing more will be typed although something is asked: there is no point in staying."""
        self.visit(b"some wrong bid")
        self.receive("Bidding start!", "Please submit your bid:")
        self.assertFalse(self.transport.disconnecting)
        self.receive("Invalid bid. Please submit a positive integer!", "Please submit your bid:")
        self.assertTrue(self.transport.disconnecting)
        self.assertEqual(
            self.ends(),
            Ending(1, "the input ended while the Auctioneer was waiting for an answer"),
        )

    def test_input_ends_after_the_last_answer(self) -> None:
        self.visit(b"150")
        self.receive("Bidding start!", "Please submit your bid:", "Bid received. Please wait...")
        self.assertFalse(self.transport.disconnecting)

    def test_too_long_to_send(self) -> None:
        self.visit(b"x" * 513, b"y" * 512)
        self.receive("Please submit auction request:")
        self.assertEqual(self.transport.value(), b"y" * 512 + b"\n")
        self.assertEqual(
            self.person.screen[1:],
            [
                "Please submit auction request:",
                "That line is too long: 512 bytes is the most.",
                "Please submit auction request:",
            ],
        )

    def test_every_line_is_shown(self) -> None:
        """Each of the server's lines reaches the person in some words, and none raises."""
        for cls in messages.MESSAGES:
            if not cls.line:
                continue  # it exists in JSON alone
            self.visit(b"1")
            fields = {name: kind() for name, kind in cls.field_types.items()}
            self.client.dataReceived(render(cls(**fields)))
            self.assertEqual(len(self.person.screen), 2, cls)

    def test_another_server(self) -> None:
        """Lines of another wording are shown as they are, harmless and with either line end."""
        self.visit()
        self.client.dataReceived(b"Hello \xc3\xa9\nBye\r\n\x1b[2J\xff\r\n")
        self.assertEqual(self.person.screen, [CONNECTED, "Hello é", "Bye", "\\x1b[2J\ufffd"])

    def test_disturbing_lines(self) -> None:
        """Control characters of a hostile server in our own lines are harmless, too."""
        self.visit()
        self.receive(
            "You won this item \x1b[2J! Your payment due is $1", "Auction cancelled! \u202e."
        )
        self.assertEqual(
            self.person.screen[1:],
            ["You won this item \\x1b[2J! Your payment due is $1", "Auction cancelled! \\u202e."],
        )

    def test_open_bidding(self) -> None:
        """A person may speak again and again, until the result."""
        person = SlowTypist()
        self.client = AuctionClient(person)
        self.transport = StringTransport()
        self.client.makeConnection(self.transport)
        self.receive(
            "Your role is: [Buyer]",
            "You are Buyer 2.",
            "On sale: Sword",
            "Format: english, from $100. Each bid is at least $5 above the highest.",
            "Bidding start!",
            "At any time: type an amount to bid.",
            "Asking price: $100. Seconds left: 60.",
        )
        for line in [b"100", b"what?", b"x" * 513, b"110"]:
            person.type_line(line)
        self.receive(
            "You hold the highest bid: $100.",
            "Not understood.",
            "Bid too low! The least acceptable bid is $115.",
            "You have been outbid: Buyer 1 bids $110.",
            "Time extended!",
            "Highest bid: $110 by Buyer 1. Asking price: $115. Seconds left: 10.",
            "Going once!",
            "The Seller has closed the bidding.",
        )
        self.assertIsNotNone(person.answer)
        self.receive("Auction finished!", "Sold: Sword to Buyer 1 for $110")
        self.receive("Unfortunately you did not win in the last round.")
        self.assertIsNone(person.answer)
        self.assertEqual(self.transport.value(), b"100\nwhat?\n110\n")
        self.assertEqual(self.ends(), Ending(0))
        self.assertEqual(
            person.screen,
            [
                CONNECTED,
                "Your role is: [Buyer]",
                "You are Buyer 2.",
                "On sale: Sword",
                "Format: english, from $100. Each bid is at least $5 above the highest.",
                "The bidding has started!",
                "At any time: type an amount to bid.",
                "Asking price: $100. Seconds left: 60.",
                "That line is too long: 512 bytes is the most.",
                "At any time: type an amount to bid.",
                "Server: You hold the highest bid: $100.",
                "Server: Not understood.",
                "Server: Bid too low! The least acceptable bid is $115.",
                "You have been outbid: Buyer 1 bids $110.",
                "Time extended!",
                "Highest bid: $110 by Buyer 1. Asking price: $115. Seconds left: 10.",
                "Going once!",
                "The Seller has closed the bidding.",
                "Auction finished!",
                "Sold: Sword to Buyer 1 for $110",
                "Unfortunately you did not win in the last round.",
                OVER,
            ],
        )

    def test_answers_at_once(self) -> None:
        """A program with an answer to each question is asked while the server sends lines."""
        lines = [b"%d" % number for number in range(1, 5001)]
        self.visit(*lines)
        self.receive("At any time: type an amount to bid.")
        self.assertEqual(self.transport.value().split(), lines[:MAX_UNANSWERED])
        for _ in range(4):
            self.receive("Going once!")
        self.assertEqual(self.transport.value().split(), lines)
        self.visit(*[b"x" * 513] * 5000, b"120")
        self.receive("Please submit your bid:")
        self.assertEqual(self.transport.value(), b"120\n")

    def test_server_that_does_not_read(self) -> None:
        """While lines wait in the transport, the client asks nothing, whatever the server sends;
        then it goes on.
        """
        lines = [b"%d" % number for number in range(1, 9)]
        person = SlowTypist()
        self.client = AuctionClient(person)
        self.transport = StringTransport()
        self.client.makeConnection(self.transport)
        producer = self.transport.producer
        assert producer is not None
        self.assertTrue(self.transport.streaming)
        self.receive("At any time: type an amount to bid.")
        person.type_line(lines[0])
        producer.pauseProducing()
        person.type_line(lines[1])
        self.assertIsNone(person.answer)
        self.receive(*["Not understood."] * 5000)
        self.assertIsNone(person.answer)
        producer.resumeProducing()
        person.type_line(lines[2])
        self.assertEqual(self.transport.value().split(), lines[:3])
        producer.pauseProducing()
        person.type_line(lines[3])
        self.receive("Auction finished!", "Unfortunately you did not win in the last round.")
        producer.resumeProducing()
        self.assertIsNone(person.answer)
        self.assertEqual(self.ends(), Ending(0))

    def test_disconnects_from_a_server_that_does_not_read(self) -> None:
        """A transport closes once all lines have left, and only without a producer."""
        self.visit(b"one")
        assert self.transport.producer is not None
        self.transport.producer.pauseProducing()
        self.receive("Please submit your bid:")
        self.assertFalse(self.transport.disconnecting)
        self.transport.producer.resumeProducing()
        self.receive("Please submit your bid:")
        self.assertTrue(self.transport.disconnecting)
        self.assertIsNone(self.transport.producer)

    def test_cancelled(self) -> None:
        """A program without further interest disconnects."""
        for hears in ([], ["Bidding start!", "Please submit your bid:"]):
            self.client = AuctionClient(SlowTypist())
            self.transport = StringTransport()
            self.client.makeConnection(self.transport)
            self.receive(*hears)
            self.client.ended.cancel()
            self.failureResultOf(self.client.ended, CancelledError)
            self.assertTrue(self.transport.disconnecting)
            self.assertIsNone(self.transport.producer)
            self.client.connectionLost(Failure(ConnectionDone()))

    def test_input_ends_in_open_bidding(self) -> None:
        """The result is still to come."""
        self.visit(b"100")
        self.receive("At any time: type an amount to bid.")
        self.assertEqual(self.transport.value(), b"100\n")
        self.assertFalse(self.transport.disconnecting)

    def test_lots(self) -> None:
        """A result is the end only if no other lot follows."""
        lost = "Unfortunately you did not win in the last round."
        self.visit(b"150")
        self.receive("Lot 1 of 2.", "Please submit your bid:", "Auction finished!", lost)
        self.receive("Lot 2 of 2.")
        self.assertEqual(self.ends().complaint, "the connection was lost before the result")
        self.visit(b"150")
        self.receive("Lot 1 of 2.", "Please submit your bid:", "Auction finished!", lost)
        self.receive("Lot 2 of 2.", "Auction cancelled! It is broken.")
        self.assertEqual(self.ends(), Ending(0))
        self.visit(b"150")
        self.receive("Lot 1 of 2.", "Auction cancelled! It is broken.", "Lot 2 of 2.", lost)
        self.assertEqual(self.ends(), Ending(0))

    def test_own_results(self) -> None:
        """The ending depends on the lots of the participant: a lot without its bid takes no result
        away.
        """
        ask, received = "Please submit your bid:", "Bid received. Please wait..."
        won = "You won this item A! Your payment due is $150"
        closes, over = (
            "The Auctioneer is closing.",
            "Time is up! No valid bid came within 5 seconds.",
        )
        no_result = Ending(1, "the auction ended without a result for you")
        of_bid = Ending(1, "the lot that you bid on last ended without a result for you")
        for lines, ending in [
            ((closes,), no_result),
            ((ask, received, closes), no_result),
            ((ask, received, "Auction cancelled! Fire."), no_result),
            ((won, "Lot 2 of 3.", ask, closes), Ending(0)),
            ((won, "Lot 2 of 3.", ask, over), Ending(0)),
            (
                (won, "Lot 2 of 3.", ask, "You have passed this lot. Please wait...", closes),
                Ending(0),
            ),
            ((won, "Lot 2 of 3.", ask, received, closes), of_bid),
            ((won, "Lot 2 of 3.", ask, received, "Auction cancelled! Fire."), Ending(0)),
            ((won, "Lot 2 of 3.", "You hold the highest bid: $5.", closes), of_bid),
            (
                (
                    won,
                    "You hold the highest bid: $5.",
                    "You have been outbid: Buyer 2 bids $6.",
                    closes,
                ),
                Ending(0),
            ),
            ((won, "The sale is over."), Ending(0)),
            ((won, "Lot 2 of 3.", "The sale is over."), Ending(0)),
        ]:
            self.visit(*[b"150"] * 5)
            self.receive(*lines)
            self.assertEqual(self.ends(), ending, lines)

    def test_input_ends_after_a_result(self) -> None:
        self.visit(b"150")
        self.receive("Please submit your bid:", "Bid received. Please wait...", "Auction finished!")
        self.receive("You won this item A! Your payment due is $150", "Lot 2 of 2.")
        self.receive("Please submit your bid:")
        self.assertTrue(self.transport.disconnecting)
        self.assertEqual(self.ends(), Ending(0))

    def test_sale_over(self) -> None:
        self.visit()
        self.receive("The sale is over.")
        self.assertEqual(self.ends(), Ending(1))
        self.assertEqual(self.person.screen, [CONNECTED, "The sale is over."])
        lost = "Unfortunately you did not win in the last round."
        self.visit()
        self.receive("Lot 2 of 2.", lost, "The sale is over.")
        self.assertEqual(self.ends(), Ending(0))
        self.assertEqual(self.person.screen[-4:-1], ["Lot 2 of 2.", lost, "The sale is over."])

    def test_role(self) -> None:
        """A participant with the other role leaves."""
        roles: list[tuple[type[Role], str, str]] = [
            (
                messages.RoleSeller,
                "Your role is: [Buyer]",
                "something is on sale there already; to bid: auction bid",
            ),
            (
                messages.RoleBuyer,
                "Your role is: [Seller]",
                "nobody sells anything there yet; to be the Seller: auction sell",
            ),
        ]
        for role, line, complaint in roles:
            for is_wrong in (True, False):
                person = Typist()
                self.client = AuctionClient(person, role)
                self.transport = StringTransport()
                self.client.makeConnection(self.transport)
                self.receive(line if is_wrong else str(role()))
                self.assertEqual(self.transport.disconnecting, is_wrong)
                if is_wrong:
                    self.assertEqual(self.ends(), Ending(1, complaint))
                    self.assertEqual(person.screen, [CONNECTED, line])

    def test_longest_line(self) -> None:
        """The Auctioneer repeats a line of the longest kind behind a few words."""
        self.visit()
        self.receive("Auction request received: " + "x" * 512)
        self.assertEqual(self.person.screen, [CONNECTED, "Server: Auction start."])
        self.assertFalse(self.transport.disconnecting)
