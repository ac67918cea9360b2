"""Lines with and without an end, as the client receives them."""

from twisted.internet.defer import CancelledError
from twisted.internet.protocol import connectionDone
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.trial.unittest import SynchronousTestCase

from tests.persons import SlowTypist, Typist
from twisted_auction.client.framing import UNTERMINATED_TIMEOUT
from twisted_auction.client.person import Ending
from twisted_auction.client.protocol import CLOSE_TIMEOUT, AuctionClient
from twisted_auction.wire import messages

OVER = "Disconnecting from the Auctioneer server. Auction is over!"


class UnterminatedTests(SynchronousTestCase):
    """Bytes without a line end."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.person = SlowTypist()
        self.offers: list[object] = []
        self.person.ask_optional = self.offers.append  # type: ignore[method-assign,assignment]
        self.client = AuctionClient(self.person, None, self.clock)
        self.transport = StringTransport()
        self.client.makeConnection(self.transport)
        self.person.screen.clear()

    def receive(self, data: bytes, *screen: str, after: float = UNTERMINATED_TIMEOUT) -> None:
        self.client.dataReceived(data)
        self.clock.advance(after)
        self.assertEqual(self.person.screen, list(screen))
        self.person.screen.clear()

    def test_not_at_once(self) -> None:
        self.receive(b"Please submit your bid:", after=UNTERMINATED_TIMEOUT - 0.01)
        self.assertIsNone(self.person.answer)
        self.receive(b"\n", "Please submit your bid:", after=0)
        self.assertIsNotNone(self.person.answer)
        self.clock.advance(1)
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_prompt_that_ends_later(self) -> None:
        """The end of a prompt makes no line of its own; the text after it does."""
        self.receive(b"Enter your bid >", "Enter your bid >")
        self.receive(b"\r\n")
        self.receive(b"Name?", "Name?")
        self.receive(b"Oh, never mind\n", "Oh, never mind")

    def test_prompt_that_ends_too_late(self) -> None:
        """The limit of a line counts its prompt."""
        prompt = "x" * 9000
        self.receive(prompt.encode(), prompt)
        self.receive(prompt.encode() + b"\n")
        self.assertTrue(self.transport.disconnecting)

    def test_no_question_after_cancelling(self) -> None:
        self.client.ended.addErrback(lambda failure: failure.trap(CancelledError) and None)
        self.client.ended.cancel()
        self.receive(b"Enter your request: ")
        self.assertIsNone(self.person.answer)
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_line_that_is_too_long(self) -> None:
        """With TLS, a transport closes only once its producer is unregistered."""
        self.client.dataReceived(b"x" * (AuctionClient.MAX_LENGTH + 1))
        self.assertIsNone(self.transport.producer)
        self.assertTrue(self.transport.disconnecting)

    def test_prompt_that_never_ends(self) -> None:
        """A server cannot fill the memory with one line, in however many pieces."""
        piece = "x" * 1000
        for _ in range(AuctionClient.MAX_LENGTH // 1000):
            self.receive(piece.encode(), piece)
        self.assertFalse(self.transport.disconnecting)
        self.receive(piece.encode())
        self.assertTrue(self.transport.disconnecting)
        self.client.connectionLost(connectionDone)
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_answered(self) -> None:
        self.receive(b"Enter your bid >", "Enter your bid >")
        self.person.type_line(b"120")
        self.assertEqual(self.transport.value(), b"120\n")
        self.receive(b"Thanks\n", "Thanks")

    def test_torn_line(self) -> None:
        """Our own lines are whole in the end, in whatever pieces they come."""
        line = b"You won this item Sword! Your payment due is $150\r\n"
        for place in range(1, len(line) - 2):
            self.setUp()
            self.client.dataReceived(line[:place])
            self.clock.advance(1)
            self.person.screen.clear()
            self.receive(line[place:], line.decode().strip())
            self.client.connectionLost(connectionDone)
            self.assertEqual(self.successResultOf(self.client.ended), Ending(0))

    def test_last_words(self) -> None:
        """A last line without an end counts if the server closes in good order."""
        self.person.answer = None
        self.receive(b"Your bid:", "Your bid:")
        self.person.type_line(b"120")
        self.client.dataReceived(b"You lost")
        self.client.connectionLost(connectionDone)
        self.assertEqual(self.person.screen, ["You lost", OVER])
        self.assertEqual(self.successResultOf(self.client.ended), Ending(0))
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_questions(self) -> None:
        """The participant learns the question, if the words are known."""
        questions = []
        for line in (b"Your bid:", b"Enter the item details:", b"Name?"):
            typist = Typist(b"150")
            client = AuctionClient(typist, clock=self.clock)
            client.makeConnection(StringTransport())
            client.dataReceived(line)
            self.clock.advance(1)
            questions += typist.questions
        self.assertEqual(questions, [messages.AskBid(), messages.AskRequest(), None])

    def test_unknown_lines_are_offered(self) -> None:
        """A person at a terminal may answer any line once the server waits."""
        self.receive(b"Welcome!\n", "Welcome!", after=0.1)
        self.receive(b"Say friend\n", "Say friend", after=0.1)
        self.assertEqual(self.offers, [])
        self.clock.advance(0.2)
        (answer,) = self.offers
        assert callable(answer)
        answer(b"mellon")
        answer(None)
        self.assertEqual(self.transport.value(), b"mellon\n")
        self.receive(b"Bidding start!\n", "The bidding has started!", after=1)
        self.assertEqual(len(self.offers), 1)

    def test_no_result_after_all(self) -> None:
        """After a wrong guess, the real question is still asked."""
        self.receive(b"Your bid:", "Your bid:")
        self.person.type_line(b"0")
        self.receive(b"You win nothing by that", "You win nothing by that")
        self.receive(b"Your bid:", "Your bid:")
        self.clock.advance(CLOSE_TIMEOUT + 1)
        self.assertFalse(self.transport.disconnecting)
        self.person.type_line(b"120")
        self.assertEqual(self.transport.value(), b"0\n120\n")

    def test_another_round(self) -> None:
        """A question in our own words shows that the auction goes on after a result."""
        self.receive(b"Please submit your bid:\n", "Please submit your bid:")
        self.person.type_line(b"120")
        lost = "Unfortunately you did not win in the last round."
        self.receive(f"{lost}\nPlease submit your bid:\n".encode(), lost, "Please submit your bid:")
        self.clock.advance(CLOSE_TIMEOUT + 1)
        self.assertFalse(self.transport.disconnecting)
        self.client.connectionLost(connectionDone)
        self.assertEqual(self.successResultOf(self.client.ended).status, 1)

    def test_turned_away_without_a_close(self) -> None:
        for line in (b"Server busy!\r\n", b"The server is busy, sorry\n", b"Bidding on-going"):
            self.setUp()
            self.client.dataReceived(line)
            self.clock.advance(UNTERMINATED_TIMEOUT)
            self.assertFalse(self.transport.disconnecting)
            self.clock.advance(CLOSE_TIMEOUT)
            self.assertTrue(self.transport.disconnecting)
            self.client.connectionLost(connectionDone)
            self.assertEqual(self.successResultOf(self.client.ended), Ending(1))
            self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_input_ends(self) -> None:
        """A certain question needs an answer; a line that only looks like a question does not."""
        for prompt, leaves in [(b"Your bid:", True), (b"Everybody ready?", False)]:
            self.setUp()
            self.client.dataReceived(prompt)
            self.clock.advance(1)
            assert self.person.answer is not None
            self.person.answer(None)
            self.assertEqual(self.transport.disconnecting, leaves)
