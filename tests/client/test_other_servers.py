"""Our client plays with servers of the assignment in the words of other authors."""

from collections.abc import Callable
from dataclasses import dataclass, field

from twisted.internet.defer import Deferred, ensureDeferred
from twisted.internet.protocol import Protocol, connectionDone
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from tests.check.support import End, StudentServer, Way
from tests.client.support import SlowTypist, Typist
from twisted_auction.client.framing import UNTERMINATED_TIMEOUT
from twisted_auction.client.join import join
from twisted_auction.client.person import Ending, Person, Role
from twisted_auction.client.protocol import CLOSE_TIMEOUT, AuctionClient
from twisted_auction.client.robots import BidRobot, RequestRobot
from twisted_auction.wire import messages

CONNECTED = "Connected to the Auctioneer server."
OVER = "Disconnecting from the Auctioneer server. Auction is over!"
OURS = {
    "seller": "Your role is: [Seller]",
    "request": "Please submit auction request:",
    "wrong request": "Invalid auction request!",
    "open": "Auction request received: {}",
    "busy": "Server busy!",
    "buyer": "Your role is: [Buyer]",
    "waiting": "The Auctioneer is still waiting for other Buyer to connect...",
    "start": "Bidding start!",
    "bid": "Please submit your bid:",
    "wrong bid": "Invalid bid. Please submit a positive integer!",
    "taken": "Bid received. Please wait...",
    "end": "Auction finished!",
    "sold": "Success! Your item {} has been sold for ${}",
    "unsold": "Unfortunately your item {} was not sold in the auction.",
    "won": "You won this item {}! Your payment due is ${}",
    "lost": "Unfortunately you did not win in the last round.",
}
OTHERS = {
    "seller": "You are the seller.",
    "request": "Enter the item details (type lowest bidders name) > ",
    "wrong request": "Error: wrong format",
    "open": "Accepted {}",
    "busy": "Sorry, we are busy",
    "buyer": "You are a bidder.",
    "waiting": "Hold on...",
    "start": "Let the bidding begin",
    "bid": "Your bid: ",
    "wrong bid": "That is not a positive integer",
    "taken": "Thanks",
    "end": "The hammer has fallen",
    "sold": "{} went for {} dollars",
    "unsold": "{} was not sold",
    "won": "Congratulations! {} is yours, you pay {}",
    "lost": "Sorry, you lost",
}
NEAR = {
    **OURS,
    "request": "Please submit your auction request",
    "wrong request": "Invalid auction request",
    "open": "Auction request received",
    "busy": "Server is busy!",
    "start": "Bidding start",
    "bid": "Please submit your bid",
    "wrong bid": "Invalid bid. Please submit a positive integer",
    "taken": "Bid received",
    "sold": "Success! Your item {} has been sold for {}.",
    "won": "You won the item {}, your payment due is {}.",
    "lost": "Unfortunately, you did not win in the last round!",
}


@dataclass
class Stranger:
    """A server of the assignment: first-price, a Seller and two Buyers.

    :param words: what it says.
    :param end: what it puts behind each line.
    :param prompt_end: what it puts behind its two questions, if that is something else.
    :param before: what it puts before each line.
    :param wants_end: whether it chokes on a line end from its client.
    :param closes: how it ends a connection after the result: at once, or not at all.
    """

    words: dict[str, str]
    end: str = "\n"
    prompt_end: str | None = None
    before: str = ""
    wants_end: bool = True
    closes: bool = True
    guests: "list[Guest]" = field(default_factory=list)
    request: str = ""
    bids: "dict[Guest, int]" = field(default_factory=dict)

    def __call__(self) -> "Guest":
        return Guest(self)

    def enters(self, guest: "Guest") -> None:
        if self.guests and not self.request:
            guest.says("busy")
            guest.transport.loseConnection()
            return
        self.guests.append(guest)
        if guest is self.guests[0]:
            guest.says("seller", "request")
            return
        guest.says("buyer")
        if len(self.guests) < 3:
            guest.says("waiting")
            return
        for buyer in self.guests[1:]:
            buyer.says("start", "bid")

    def hears(self, guest: "Guest", line: str) -> None:
        if (self.wants_end and not line.endswith("\n")) or (not self.wants_end and "\n" in line):
            raise AssertionError(f"it chokes on {line!r}")
        words = line.strip().split(" ", 3)
        if guest is self.guests[0]:
            if len(words) == 4:
                self.request = line.strip()
                guest.says("open", fields=[self.request])
            else:
                guest.says("wrong request", "request")
        elif not words[0].isdigit():
            guest.says("wrong bid", "bid")
        else:
            self.bids[guest] = int(words[0])
            guest.says("taken")
            if len(self.bids) == 2:
                self.decides()

    def decides(self) -> None:
        _, lowest, _, item = self.request.split(" ", 3)
        winner = max(self.bids, key=lambda buyer: self.bids[buyer])
        price = self.bids[winner]
        is_sold = price >= int(lowest)
        for guest in self.guests:
            fields = [item, str(price)]
            if guest is self.guests[0]:
                guest.says("end", "sold" if is_sold else "unsold", fields=fields)
            else:
                guest.says("end", "won" if guest is winner and is_sold else "lost", fields=fields)
            if self.closes:
                guest.transport.loseConnection()


class Guest(Protocol):
    """The stranger's side of one connection."""

    transport: End  # type: ignore[assignment]

    def __init__(self, server: Stranger) -> None:
        self.server = server

    def connectionMade(self) -> None:
        self.server.enters(self)

    def dataReceived(self, data: bytes) -> None:
        self.server.hears(self, data.decode())

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        pass

    def says(self, *names: str, fields: list[str] | None = None) -> None:
        """Say these, all in one send."""
        server, text = self.server, ""
        for name in names:
            end = server.end
            if name in ("request", "bid") and server.prompt_end is not None:
                end = server.prompt_end
            text += server.before + server.words[name].format(*(fields or [])) + end
        self.transport.write(text.encode())


STRANGERS: dict[str, tuple[dict[str, object], bytes]] = {
    "ours": ({"words": OURS}, b"\n"),
    "CRLF": ({"words": OURS, "end": "\r\n"}, b"\n"),
    "no line ends": ({"words": OURS, "end": ""}, b"\n"),
    "bare CR": ({"words": OURS, "end": "\r"}, b"\n"),
    "trailing blanks": ({"words": OURS, "end": " \t \n"}, b"\n"),
    "prompts without an end": ({"words": OURS, "prompt_end": " "}, b"\n"),
    "a name before each line": ({"words": OURS, "before": "Server: "}, b"\n"),
    "near to ours": ({"words": NEAR}, b"\n"),
    "near to ours, no line ends": ({"words": NEAR, "end": ""}, b"\n"),
    "words of its own": ({"words": OTHERS}, b"\n"),
    "words of its own, open prompts": ({"words": OTHERS, "prompt_end": ""}, b"\n"),
    "words of its own, no line ends": ({"words": OTHERS, "end": ""}, b"\n"),
    "chokes on line ends": ({"words": OURS, "end": "", "wants_end": False}, b""),
    "never closes": ({"words": OURS, "closes": False}, b"\n"),
    "never closes, words of its own": ({"words": OTHERS, "end": "", "closes": False}, b"\n"),
}
"""How to make each, and what ends the lines that are said to it."""


class OtherServersTests(SynchronousTestCase):
    def visit(
        self,
        server: Callable[[], Protocol],
        person: Person,
        end: bytes = b"\n",
        role: type[Role] | None = None,
    ) -> Deferred[Ending]:
        visit = join(Way(self.clock, server), person, role, self.clock, end=end)
        deferred = ensureDeferred(visit)
        self.passes(1)
        return deferred

    def passes(self, seconds: float) -> None:
        for _ in range(round(seconds * 20)):
            self.clock.advance(0.05)

    def setUp(self) -> None:
        self.clock = Clock()

    def play(self, server: Callable[[], Protocol], end: bytes) -> list[list[str]]:
        """A whole auction, with clients behind pipes: the output of each client.

        All of them must end with status 0, and none may have said a line too early.
        """
        seller = Typist(b"some wrong input", b"1 100 2 WolfPackSword")
        people = [seller, Typist(b"some wrong bid", b"120"), Typist(b"150")]
        late = Typist()
        visits = [self.visit(server, seller, end)]
        visits += [self.visit(server, person, end) for person in people[1:]]
        self.passes(CLOSE_TIMEOUT + 2)
        for visit, person in zip(visits, people, strict=True):
            self.assertEqual(self.successResultOf(visit), Ending(0), person.screen)
            self.assertEqual(person.lines, [])
            self.assertEqual(person.screen[0], CONNECTED)
            self.assertEqual(person.screen[-1], OVER)
        self.assertEqual(late.screen, [])
        return [person.screen for person in people]

    def test_whole_auctions(self) -> None:
        for name, (options, end) in STRANGERS.items():
            server = Stranger(**options)  # type: ignore[arg-type]
            screens = self.play(server, end)
            self.assertEqual(server.request, "1 100 2 WolfPackSword", name)
            self.assertEqual(sorted(server.bids.values()), [120, 150], name)
            for screen, key in zip(screens, ("sold", "lost", "won"), strict=True):
                result = server.words[key].format("WolfPackSword", "150")
                self.assertTrue(any(result in line for line in screen), (name, screen))

    def test_student(self) -> None:
        """A server with other words in every line, and no line ends."""
        screens = self.play(StudentServer(), b"\n")
        for screen, result in zip(
            screens,
            ["WolfPackSword went for 150", "You lost", "Congratulations! You pay 150"],
            strict=True,
        ):
            self.assertTrue(screen[-2].endswith(result), screen)

    def test_turned_away(self) -> None:
        for words in (OURS, NEAR, OTHERS):
            server = Stranger(words)
            self.visit(server, SlowTypist())
            late = Typist()
            visit = self.visit(server, late)
            self.assertEqual(self.successResultOf(visit), Ending(1))
            self.assertEqual(len(late.screen), 2)

    def test_robots(self) -> None:
        """Commands with options understand the questions, and the roles, too."""
        for words in (OURS, NEAR, OTHERS):
            server = Stranger(words, end="")
            people = [Typist(), Typist(), Typist()]
            agents = [
                RequestRobot(people[0], "1 100 2 Sword"),
                BidRobot(people[1], 130, self.clock),
                BidRobot(people[2], 140, self.clock),
            ]
            visits = [self.visit(server, agent) for agent in agents]
            self.passes(2)
            for visit in visits:
                self.assertEqual(self.successResultOf(visit).status, 0)
            self.assertEqual(sorted(server.bids.values()), [130, 140])
            server = Stranger(words, end="")
            wrong = self.visit(server, Typist(), role=messages.RoleBuyer)
            self.assertEqual(
                self.successResultOf(wrong).complaint,
                "nobody sells anything there yet; to be the Seller: auction sell",
            )


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

    def hears(self, data: bytes, *screen: str, after: float = UNTERMINATED_TIMEOUT) -> None:
        self.client.dataReceived(data)
        self.clock.advance(after)
        self.assertEqual(self.person.screen, list(screen))
        self.person.screen.clear()

    def test_not_at_once(self) -> None:
        self.hears(b"Please submit your bid:", after=UNTERMINATED_TIMEOUT - 0.01)
        self.assertIsNone(self.person.answer)
        self.hears(b"\n", "Please submit your bid:", after=0)
        self.assertIsNotNone(self.person.answer)
        self.clock.advance(1)
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_prompt_that_ends_later(self) -> None:
        """The end of a prompt makes no line of its own; the text after it does."""
        self.hears(b"Enter your bid >", "Enter your bid >")
        self.hears(b"\r\n")
        self.hears(b"Name?", "Name?")
        self.hears(b"Oh, never mind\n", "Oh, never mind")

    def test_prompt_that_never_ends(self) -> None:
        """A server cannot fill the memory with one line, in however many pieces."""
        piece = "x" * 1000
        for _ in range(AuctionClient.MAX_LENGTH // 1000):
            self.hears(piece.encode(), piece)
        self.assertFalse(self.transport.disconnecting)
        self.hears(piece.encode())
        self.assertTrue(self.transport.disconnecting)
        self.client.connectionLost(connectionDone)
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_answered(self) -> None:
        self.hears(b"Enter your bid >", "Enter your bid >")
        self.person.says(b"120")
        self.assertEqual(self.transport.value(), b"120\n")
        self.hears(b"Thanks\n", "Thanks")

    def test_torn_line(self) -> None:
        """Our own lines are whole in the end, in whatever pieces they come."""
        line = b"You won this item Sword! Your payment due is $150\r\n"
        for place in range(1, len(line) - 2):
            self.setUp()
            self.client.dataReceived(line[:place])
            self.clock.advance(1)
            self.person.screen.clear()
            self.hears(line[place:], line.decode().strip())
            self.client.connectionLost(connectionDone)
            self.assertEqual(self.successResultOf(self.client.ended), Ending(0))

    def test_last_words(self) -> None:
        """A last line without an end counts if the server closes in good order."""
        self.person.answer = None
        self.hears(b"Your bid:", "Your bid:")
        self.person.says(b"120")
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
        self.hears(b"Welcome!\n", "Welcome!", after=0.1)
        self.hears(b"Say friend\n", "Say friend", after=0.1)
        self.assertEqual(self.offers, [])
        self.clock.advance(0.2)
        (answer,) = self.offers
        assert callable(answer)
        answer(b"mellon")
        answer(None)
        self.assertEqual(self.transport.value(), b"mellon\n")
        self.hears(b"Bidding start!\n", "The bidding has started!", after=1)
        self.assertEqual(len(self.offers), 1)

    def test_no_result_after_all(self) -> None:
        """After a wrong guess, the real question is still asked."""
        self.hears(b"Your bid:", "Your bid:")
        self.person.says(b"0")
        self.hears(b"You win nothing by that", "You win nothing by that")
        self.hears(b"Your bid:", "Your bid:")
        self.clock.advance(CLOSE_TIMEOUT + 1)
        self.assertFalse(self.transport.disconnecting)
        self.person.says(b"120")
        self.assertEqual(self.transport.value(), b"0\n120\n")

    def test_another_round(self) -> None:
        """A question in our own words shows that the auction goes on after a result."""
        self.hears(b"Please submit your bid:\n", "Please submit your bid:")
        self.person.says(b"120")
        lost = "Unfortunately you did not win in the last round."
        self.hears(f"{lost}\nPlease submit your bid:\n".encode(), lost, "Please submit your bid:")
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
