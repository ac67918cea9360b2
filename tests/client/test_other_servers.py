"""Our client plays with servers of the assignment in the words of other authors."""

from collections.abc import Callable
from dataclasses import dataclass, field

from twisted.internet.defer import Deferred, ensureDeferred
from twisted.internet.protocol import Protocol, connectionDone
from twisted.internet.task import Clock
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from tests.persons import SlowTypist, Typist
from tests.students import End, StudentServer, Way
from twisted_auction.client.join import join
from twisted_auction.client.person import Ending, Person, Role
from twisted_auction.client.protocol import CLOSE_TIMEOUT
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
            guest.send("busy")
            guest.transport.loseConnection()
            return
        self.guests.append(guest)
        if guest is self.guests[0]:
            guest.send("seller", "request")
            return
        guest.send("buyer")
        if len(self.guests) < 3:
            guest.send("waiting")
            return
        for buyer in self.guests[1:]:
            buyer.send("start", "bid")

    def line_received(self, guest: "Guest", line: str) -> None:
        if (self.wants_end and not line.endswith("\n")) or (not self.wants_end and "\n" in line):
            raise AssertionError(f"it chokes on {line!r}")
        words = line.strip().split(" ", 3)
        if guest is self.guests[0]:
            if len(words) == 4:
                self.request = line.strip()
                guest.send("open", fields=[self.request])
            else:
                guest.send("wrong request", "request")
        elif not words[0].isdigit():
            guest.send("wrong bid", "bid")
        else:
            self.bids[guest] = int(words[0])
            guest.send("taken")
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
                guest.send("end", "sold" if is_sold else "unsold", fields=fields)
            else:
                guest.send("end", "won" if guest is winner and is_sold else "lost", fields=fields)
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
        self.server.line_received(self, data.decode())

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        pass

    def send(self, *names: str, fields: list[str] | None = None) -> None:
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
