"""A client at a lobby, and at a room's port, of a house with a list of people."""

from typing import Any

from twisted.internet.error import ConnectionDone
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from tests.persons import SlowTypist
from twisted_auction.client.entrance import Key
from twisted_auction.client.person import NO_PASS, TURNED_AWAY, Ending, Person, Role
from twisted_auction.client.protocol import AuctionClient
from twisted_auction.client.robots import BidRobot, PassHolder, RequestRobot
from twisted_auction.client.room import RoomVisit
from twisted_auction.wire import messages

CODE = "4K7M-Q2XW-9RTC"
CONNECTED = "Connected to the Auctioneer server."
NO_PASS_YET = f"Not done: {messages.NO_PASS_YET}"
NO_SUCH_PASS = f"Not done: {messages.NO_SUCH_PASS}"
ASK = "Please submit your pass code:"
ADA = "You are paddle 17, Ada Smith."
BUYER = "Your role is: [Buyer]"
BID = "Please submit your bid:"


class Connection:
    """The server's side of a client's connection, played by the test."""

    def __init__(self, client: Any) -> None:
        self.client = client
        self.transport = StringTransport()
        client.makeConnection(self.transport)

    def say(self, *lines: str) -> None:
        self.client.dataReceived("".join(f"{line}\r\n" for line in lines).encode())

    def heard(self) -> list[str]:
        text: str = self.transport.value().decode()
        self.transport.clear()
        return text.splitlines()

    def lose(self) -> None:
        self.client.connectionLost(Failure(ConnectionDone()))


class PassTestCase(SynchronousTestCase):
    def setUp(self) -> None:
        self.person = SlowTypist()

    def shown(self) -> list[str]:
        lines = self.person.screen[:]
        self.person.screen.clear()
        return lines


class LobbyTests(PassTestCase):
    def visit(self, code: str | None = CODE, role: type[Role] | None = None) -> RoomVisit:
        person: Person = self.person if code is None else PassHolder(self.person, code)
        return RoomVisit(Clock(), "hall", person, role)

    def connect(self, visit: RoomVisit) -> Connection:
        return Connection(visit.buildProtocol(None))

    def seated(self, visit: RoomVisit) -> Connection:
        connection = self.connect(visit)
        connection.say(NO_PASS_YET, ADA, *(["Pong:"] if visit.role else []), BUYER)
        self.shown()
        connection.heard()
        return connection

    def test_is_asked_for_the_code(self) -> None:
        """The code is said only where it is asked for."""
        connection = self.connect(self.visit())
        self.assertEqual(connection.heard(), ["JOIN hall"])
        connection.say(NO_PASS_YET)
        self.assertEqual(connection.heard(), [f"PASS {CODE}"])
        connection.say(ADA)
        self.assertEqual(connection.heard(), ["JOIN hall"])
        connection.say(BUYER)
        self.assertEqual(self.shown(), [CONNECTED, ASK, ADA, BUYER])

    def test_comes_back_without_a_ticket(self) -> None:
        visit = self.visit(role=messages.RoleBuyer)
        connection = self.seated(visit)
        connection.lose()
        self.assertEqual(self.shown(), ["Connection lost. Trying to come back..."])
        self.assertNoResult(visit.ended)
        connection = self.connect(visit)
        self.assertEqual(connection.heard(), [f"PASS {CODE}"])
        connection.say(ADA)
        self.assertEqual(connection.heard(), ["JOIN hall"])
        connection.say(BUYER, "Your bid of $120 stands.")
        self.assertEqual(self.shown(), ["Connected again.", BUYER, "Your bid of $120 stands."])

    def test_code_is_no_line_to_send_again(self) -> None:
        visit = self.visit()
        connection = self.connect(visit)
        connection.say(NO_PASS_YET, ADA)
        connection.lose()
        connection = self.connect(visit)
        connection.say(ADA, BUYER, BID)
        self.assertEqual(connection.heard(), [f"PASS {CODE}", "JOIN hall"])
        self.assertNotIn(CODE, repr(self.shown()))

    def test_typed(self) -> None:
        """A person may mistype its code, and types it once for all connections."""
        visit = self.visit(None)
        connection = self.connect(visit)
        connection.say(NO_PASS_YET)
        self.person.type_line(b"4K7M")
        connection.say(NO_SUCH_PASS)
        self.person.type_line(CODE.encode())
        connection.say(ADA, BUYER)
        self.assertEqual(
            connection.heard(), ["JOIN hall", "PASS 4K7M", f"PASS {CODE}", "JOIN hall"]
        )
        self.assertEqual(self.shown(), [CONNECTED, ASK, NO_SUCH_PASS, ASK, ADA, BUYER])
        connection.lose()
        connection = self.connect(visit)
        self.assertEqual(connection.heard(), [f"PASS {CODE}"])

    def test_wrong_code_of_a_file(self) -> None:
        visit = self.visit()
        connection = self.connect(visit)
        connection.say(NO_PASS_YET, NO_SUCH_PASS)
        connection.lose()
        self.assertEqual(self.successResultOf(visit.ended), NO_PASS)
        self.assertEqual(self.shown(), [CONNECTED, ASK, NO_SUCH_PASS, ASK])
        self.assertEqual(connection.heard(), ["JOIN hall", f"PASS {CODE}"])

    def test_input_ends(self) -> None:
        visit = self.visit(None)
        connection = self.connect(visit)
        connection.say(NO_PASS_YET)
        assert self.person.answer is not None
        self.person.answer(None)
        self.assertTrue(connection.transport.disconnecting)
        connection.lose()
        self.assertEqual(self.successResultOf(visit.ended), NO_PASS)

    def test_look_needs_the_code(self) -> None:
        """With a role, the client looks into the room before it joins, and again with the code."""
        connection = self.connect(self.visit(role=messages.RoleBuyer))
        look = ["WATCH hall", "PING"]
        self.assertEqual(connection.heard(), look)
        connection.say(NO_PASS_YET, "Pong:", ADA)
        self.assertEqual(connection.heard(), [f"PASS {CODE}", *look])
        connection.say("Your role is: [Watcher]", "On sale: Sword", "Pong:")
        self.assertEqual(connection.heard(), ["JOIN hall"])
        connection.say(BUYER)
        self.assertEqual(self.shown(), [CONNECTED, ASK, ADA, BUYER])

    def test_look_needs_no_code(self) -> None:
        """In a house with a public view, only JOIN needs the code. What the client sees of the room
        meanwhile is not shown."""
        connection = self.connect(self.visit(None, messages.RoleBuyer))
        connection.say("Your role is: [Watcher]", "On sale: Sword", "Pong:", NO_PASS_YET)
        connection.say("Auction cancelled! There is a fire.", "On sale: Vase")
        self.person.type_line(CODE.encode())
        connection.say(ADA, "Your role is: [Watcher]", "On sale: Vase", "Pong:", BUYER)
        self.assertEqual(self.shown(), [CONNECTED, ASK, ADA, BUYER])

    def test_too_slow(self) -> None:
        visit = self.visit(None)
        connection = self.connect(visit)
        connection.say(NO_PASS_YET, "Time is up! You said nothing for 60 seconds.")
        connection.lose()
        self.assertEqual(
            self.shown(), [CONNECTED, ASK, "Time is up! You said nothing for 60 seconds."]
        )
        self.assertEqual(self.successResultOf(visit.ended).status, 1)

    def test_may_not_enter(self) -> None:
        visit = self.visit()
        connection = self.connect(visit)
        connection.say(NO_PASS_YET, ADA, "Not done: your pass is for room garden.")
        connection.lose()
        self.assertEqual(
            self.successResultOf(visit.ended),
            Ending(1, "cannot join room hall: your pass is for room garden"),
        )

    def test_removed_from_the_list(self) -> None:
        """Nobody is asked for another code after a cut."""
        visit = self.visit()
        self.seated(visit).lose()
        connection = self.connect(visit)
        connection.say(NO_SUCH_PASS)
        connection.lose()
        self.assertEqual(
            self.successResultOf(visit.ended),
            Ending(1, "cannot come back to room hall: there is no such pass code"),
        )

    def test_list_is_new(self) -> None:
        """A server restarted with a list knows no tickets."""
        visit = self.visit()
        connection = self.connect(visit)
        connection.say("Ticket: 4f2a", BUYER)
        connection.lose()
        connection = self.connect(visit)
        connection.say(NO_PASS_YET, ADA, BUYER)
        self.assertEqual(connection.heard(), ["RESUME 4f2a", f"PASS {CODE}", "JOIN hall"])

    def test_other_device(self) -> None:
        """The client of the older device does not take the seat back."""
        visit = self.visit()
        connection = self.seated(visit)
        connection.say("Lot 1 of 3.", "You have come back by another connection.")
        connection.lose()
        self.assertEqual(self.successResultOf(visit.ended), TURNED_AWAY)
        self.assertEqual(self.shown(), ["Lot 1 of 3.", "You have come back by another connection."])

    def test_server_stops(self) -> None:
        visit = self.visit()
        connection = self.seated(visit)
        connection.say(f"The Auctioneer is closing. {messages.PASS_IS_GOOD}")
        connection.lose()
        self.assertNoResult(visit.ended)

    def test_sale_is_over(self) -> None:
        """A person who comes for the first time after the end is turned away."""
        visit = self.visit()
        connection = self.connect(visit)
        connection.say(NO_PASS_YET, ADA, "The sale is over.")
        connection.lose()
        self.assertEqual(self.successResultOf(visit.ended), TURNED_AWAY)

    def test_room_port(self) -> None:
        """The port of a room asks by itself, where a lobby waits."""
        visit = self.visit()
        connection = self.connect(visit)
        connection.say(ASK)
        connection.lose()
        self.assertIn("that is no lobby", self.successResultOf(visit.ended).complaint)
        self.assertEqual(connection.heard(), ["JOIN hall"])

    def test_repr(self) -> None:
        self.assertNotIn(CODE, repr(Key(None, CODE.encode())))


class RoomPortTests(PassTestCase):
    """The question for the code at the port of a room."""

    def connect(self, person: Person, clock: Clock | None = None) -> Connection:
        return Connection(AuctionClient(person, clock=clock))

    def test_file(self) -> None:
        connection = self.connect(PassHolder(self.person, CODE))
        connection.say(ASK, ADA, BUYER, BID)
        self.assertEqual(connection.heard(), [CODE])
        self.person.type_line(b"150")
        self.assertEqual(connection.heard(), ["150"])
        self.assertEqual(self.shown(), [CONNECTED, ASK, ADA, BUYER, BID])

    def test_robots(self) -> None:
        """A robot leaves the question to the person, typed or from a file."""
        robots: list[Person] = [
            BidRobot(self.person, 120, Clock()),
            RequestRobot(self.person, "1 1 1 Sword"),
        ]
        for robot in robots:
            connection = self.connect(robot)
            connection.say(ASK)
            self.assertEqual(connection.heard(), [])
            self.person.type_line(CODE.encode())
            self.assertEqual(connection.heard(), [CODE])
            connection.lose()
            connection = self.connect(PassHolder(robot, CODE))
            connection.say(ASK)
            self.assertEqual(connection.heard(), [CODE])

    def test_robot_bids_then(self) -> None:
        connection = self.connect(PassHolder(BidRobot(self.person, 120, Clock()), CODE))
        connection.say(ASK, ADA, BUYER, BID)
        self.assertEqual(connection.heard(), [CODE, "120"])

    def test_question_is_withdrawn(self) -> None:
        """The person may be typing its code for the robot when the server goes away."""
        connection = self.connect(BidRobot(self.person, 120, Clock()))
        connection.say(ASK, "The Auctioneer is closing.")
        self.assertIsNone(self.person.answer)

    def test_wrong(self) -> None:
        connection = self.connect(PassHolder(self.person, CODE))
        connection.say(ASK, NO_SUCH_PASS, ASK)
        connection.lose()
        self.assertEqual(self.successResultOf(connection.client.ended), NO_PASS)
        self.assertEqual(self.shown(), [CONNECTED, ASK, NO_SUCH_PASS, ASK])

    def test_other_words(self) -> None:
        """A server of another author asks in its own words."""
        clock = Clock()
        connection = self.connect(PassHolder(self.person, CODE), clock)
        connection.say("Enter your passcode:")
        clock.advance(0.2)
        self.assertEqual(connection.heard(), [CODE])

    def test_other_device(self) -> None:
        connection = self.connect(PassHolder(self.person, CODE))
        connection.say(ASK, ADA, BUYER, "You have come back by another connection.")
        connection.lose()
        self.assertEqual(self.successResultOf(connection.client.ended), TURNED_AWAY)

    def test_optional_question(self) -> None:
        """The person, not the holder of its code, answers lines that nobody knows."""
        asked: list[object] = []
        vars(self.person)["ask_optional"] = asked.append
        clock = Clock()
        connection = self.connect(PassHolder(self.person, CODE), clock)
        connection.say("Welcome!")
        clock.advance(0.2)
        self.assertEqual(len(asked), 1)
