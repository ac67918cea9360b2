"""Pass codes at the port of a room and in the lobby."""

from collections.abc import Sequence
from typing import Any

from twisted.cred.checkers import ICredentialsChecker
from twisted.cred.credentials import IUsernamePassword
from twisted.cred.error import UnauthorizedLogin
from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase
from zope.interface import implementer

from tests.support import logged_lines
from twisted_auction.house.people import People, Person
from twisted_auction.rules.terms import Terms
from twisted_auction.server.limits import CLOSE_TIMEOUT, Limits
from twisted_auction.server.passes import CHECK_TIMEOUT, RefusalDelays
from twisted_auction.testing import MemoryClient, MemoryHouse, pass_code, with_codes

PEOPLE = with_codes(
    People([Person(17, "Ada Smith"), Person(3, "Bob"), Person(6), Person(8, "Cy", room="art")])
)
ASK = "Please submit your pass code:"
NO_SUCH_PASS = "Not done: there is no such pass code."
NO_PASS_YET = "Not done: say your pass code first: PASS and the code."
CANNOT_CHECK = "Not done: your pass code cannot be checked now. Try again later."
IN_ROOM = "Not done: you are in the room already, and no pass code is read here."
SELLER = ["Your role is: [Seller]", "Please submit auction request:"]
BUYER = "Your role is: [Buyer]"
CLOSING = "The Auctioneer is closing."
HELP = [
    "Say one of: LIST, JOIN room, WATCH room, RESUME ticket, PING text, JSON, HELP, QUIT [ticket].",
    "First say who you are: PASS code.",
]
ADA = f"PASS {pass_code(17)}"
BOB = f"PASS {pass_code(3)}"
EVE = f"PASS {pass_code(99)}"


@implementer(ICredentialsChecker)
class SlowChecker:
    """Answers when the test says so."""

    credentialInterfaces = (IUsernamePassword,)

    def __init__(self) -> None:
        self.asked: list[Deferred[bytes | tuple[()]]] = []

    def requestAvatarId(self, credentials: Any) -> Deferred[bytes | tuple[()]]:
        self.asked.append(Deferred())
        return self.asked[-1]


class LobbyTests(SynchronousTestCase):
    """PASS in the lobby, and what needs it."""

    def setUp(self) -> None:
        self.house = MemoryHouse(people=PEOPLE)

    def says(self, *lines: str) -> list[str]:
        return self.house.connect_to_lobby(*lines).read_lines()

    def test_who_one_is(self) -> None:
        self.assertEqual(self.says(ADA), ["You are paddle 17, Ada Smith."])
        self.assertEqual(
            self.says("pass oooo oooo oooe", f"PASS {pass_code(6)}"), []
        )  # the second waits for the refusal of the first
        self.assertEqual(self.says(f"PASS {pass_code(6)}"), ["You are paddle 6, name unknown."])
        self.assertEqual(
            self.says("JSON", ADA)[1:],
            ['[{"type": "you_are_paddle", "paddle": 17, "name": "Ada Smith"}]'],
        )

    def test_another_person(self) -> None:
        """The last code counts."""
        client = self.house.connect_to_lobby(ADA, BOB, "JOIN art")
        self.assertEqual(
            client.read_lines()[:2], ["You are paddle 17, Ada Smith.", "You are paddle 3, Bob."]
        )

    def test_without_a_code(self) -> None:
        self.assertEqual(
            self.says("LIST", "HELP", "PING x", "JOIN art", "WATCH art", "RESUME ticket-1"),
            [
                "Room main: waiting for the Seller.",
                "Rooms: 1.",
                *HELP,
                "Pong: x",
                *[NO_PASS_YET] * 3,
            ],
        )
        self.assertEqual([*self.house.rooms], ["main"])

    def test_public_view(self) -> None:
        self.house = MemoryHouse(people=PEOPLE, public_view=True)
        self.assertEqual(
            self.says("WATCH art", "JOIN art"),
            ["Your role is: [Watcher]", "Nothing is on sale.", NO_PASS_YET],
        )

    def test_watching(self) -> None:
        self.assertEqual(self.says(ADA, "WATCH art")[1], "Your role is: [Watcher]")
        self.assertEqual(
            self.says(f"PASS {pass_code(8)}", "WATCH main", "WATCH art")[1:3],
            ["Not done: your pass code is for room art.", "Your role is: [Watcher]"],
        )

    def test_other_room(self) -> None:
        """A person whose code is for one room is refused elsewhere, and stays connected."""
        self.assertEqual(
            self.says(f"PASS {pass_code(8)}", "JOIN main", "PING x")[1:],
            ["Not done: your pass code is for room art.", "Pong: x"],
        )

    def test_no_tickets(self) -> None:
        client = self.house.connect_to_lobby(ADA, "RESUME x", "JOIN art")
        self.assertEqual(
            client.read_lines()[1:],
            ["Not done: JOIN and the room bring you back, without a ticket.", *SELLER],
        )

    def test_watcher_takes_a_seat(self) -> None:
        client = self.house.connect_to_lobby(ADA, "WATCH art", "JOIN art")
        self.assertEqual(client.read_lines()[-2:], SELLER)
        self.assertEqual(len(self.house.rooms["art"].seats.watchers), 0)

    def test_without_people(self) -> None:
        """The verb is not known in a house without a list of people."""
        self.house = MemoryHouse()
        self.assertEqual(self.says(ADA, "HELP"), HELP[:1] * 2)

    def test_delays(self) -> None:
        """Each refusal takes twice as long as the one before, and the last one ends the
        connection. What the client says meanwhile waits."""
        client = self.house.connect_to_lobby(*[EVE, "PING x"] * 6)
        for seconds in (1, 2, 4, 8, 16):
            self.house.advance(seconds - 0.1)
            self.assertEqual(client.read_lines(), [])
            self.house.advance(0.1)
            self.assertEqual(client.read_lines(), [NO_SUCH_PASS, "Pong: x"])
        self.house.advance(32)
        self.assertEqual(client.read_lines(), [NO_SUCH_PASS])
        self.assertTrue(client.is_closed)

    def test_the_same_for_all_wrong_codes(self) -> None:
        """Unknown codes, codes of the wrong length and other words: one answer, after one time."""
        self.house = MemoryHouse(people=PEOPLE, limits=Limits(max_per_peer=0))
        for text in (EVE, "PASS", "PASS x", "PASS " + "9" * 500, "PASS \ufffd", "PASS 17"):
            client = self.house.connect_to_lobby(text)
            self.house.advance(0.999)
            self.assertEqual(client.read_lines(), [], text)
            self.house.advance(0.001)
            self.assertEqual(client.read_lines(), [NO_SUCH_PASS], text)

    def test_one_address(self) -> None:
        """Wrong codes count for the whole address, and delay no right one."""
        for _ in range(8):
            self.house.connect_to_lobby(EVE)
        client = self.house.connect_to_lobby(EVE)
        self.assertEqual(self.says(ADA), ["You are paddle 17, Ada Smith."])
        self.house.advance(1)
        self.assertEqual(client.read_lines(), [])
        self.house.advance(1)
        self.assertEqual(client.read_lines(), [NO_SUCH_PASS])

    def test_silence(self) -> None:
        """The time limit stands still while the client waits for its answer."""
        self.house = MemoryHouse(people=PEOPLE, limits=Limits(lobby_timeout=3))
        client = self.house.connect_to_lobby(EVE, EVE, EVE)
        self.house.advance(7)
        self.assertEqual(client.read_lines(), [NO_SUCH_PASS] * 3)
        self.house.advance(3)
        self.assertEqual(client.read_lines(), ["Time is up! You said nothing for 3 seconds."])

    def test_gone_while_it_waits(self) -> None:
        client = self.house.connect_to_lobby(EVE)
        client.disconnect()
        self.assertEqual(self.house.clock.getDelayedCalls(), [])
        self.assertEqual(self.house.lobby.sessions, {})

    def test_code_in_a_room(self) -> None:
        """It reaches neither the room nor the log."""
        lines = logged_lines(self)
        client = self.house.connect_to_lobby(ADA, "JOIN art")
        client.read_lines()
        self.patch(type(self.house.rooms["art"]), "line_received", lambda *args: self.fail("heard"))
        client.send_lines(ADA, " pass\tx")
        self.assertEqual(client.read_lines(), [IN_ROOM] * 2)
        self.assertEqual(lines, [])

    def test_pass_is_still_a_word(self) -> None:
        """The bare word declines a lot of a sale."""
        self.house = MemoryHouse(
            Terms(lot_pause=0), people=PEOPLE, catalogue=b"1 9 1 Cup\n1 9 1 Mug"
        )
        client = self.house.connect_to_lobby(ADA, "JOIN main")
        self.house.advance()
        client.read_lines()
        client.send_lines("pass")
        self.assertIn("You have passed this lot. Please wait...", client.read_lines())

    def test_removed_while_watching(self) -> None:
        """Also a person with another code is told so, and let go."""
        client = self.house.connect_to_lobby(ADA, "WATCH art")
        client.read_lines()
        self.house.rooms.replace_people(People([Person(17, "Ada Smith")]))
        self.assertEqual(client.read_lines(), ["Your pass code is not valid any more."])
        self.assertTrue(client.is_closed)

    def test_new_list(self) -> None:
        """A person who is not in the new list, or has a new code there, is asked again."""
        client = self.house.connect_to_lobby(ADA)
        people = self.house.rooms.people
        assert people is not None
        self.house.rooms.replace_people(People([people.persons[3]]))
        client.send_lines("JOIN art", "WATCH art", "RESUME x")
        self.assertEqual(client.read_lines()[1:], [NO_PASS_YET] * 3)
        self.house.rooms.replace_people(people)
        self.house.advance(5)
        client.send_lines("JOIN art")
        self.assertEqual(client.read_lines(), [NO_PASS_YET])  # it has been forgotten
        client.send_lines(ADA, "JOIN art")
        self.house.advance(5)
        self.assertEqual(client.read_lines()[1:], SELLER)


class DeviceTests(SynchronousTestCase):
    """One code on two devices at once."""

    def test_newest_has_the_seat(self) -> None:
        """The port and the lobby lead to the same seat, in either order."""
        house = MemoryHouse(people=PEOPLE)
        first = house.connect_to_lobby(ADA, "JOIN main")
        second = house.connect()
        self.assertEqual(first.read_lines()[1:], SELLER)
        second.send_lines("0000 0000 0017")
        self.assertEqual(first.read_lines(), ["You have come back by another connection."])
        self.assertTrue(first.is_closed)
        self.assertEqual(second.read_lines(), [ASK, *SELLER])
        first.send_lines("1 100 1 Sword")
        first.disconnect()
        third = house.connect_to_lobby(ADA, "JOIN main")
        self.assertEqual(second.read_lines(), ["You have come back by another connection."])
        third.send_lines("1 100 1 Sword")
        self.assertEqual(
            third.read_lines()[1:], [*SELLER, "Auction request received: 1 100 1 Sword"]
        )

    def test_one_of_them_only_waits(self) -> None:
        """Without JOIN, a device takes nothing away."""
        house = MemoryHouse(people=PEOPLE)
        first = house.connect_to_lobby(ADA, "JOIN main")
        first.read_lines()
        house.connect_to_lobby(ADA, "WATCH main")
        first.send_lines("1 100 1 Sword")
        self.assertEqual(first.read_lines(), ["Auction request received: 1 100 1 Sword"])


class PortTests(SynchronousTestCase):
    """The question on the port of a room."""

    def setUp(self) -> None:
        self.house = MemoryHouse(people=PEOPLE)

    def test_question(self) -> None:
        client = self.house.connect()
        self.assertEqual(client.read_lines(), [ASK])
        client.send_lines(pass_code(99))
        self.assertEqual(client.read_lines(), [])
        self.house.advance(1)
        self.assertEqual(client.read_lines(), [NO_SUCH_PASS, ASK])
        client.send_lines(pass_code(17))
        self.assertEqual(client.read_lines(), SELLER)
        client.send_lines("1 100 1 Sword")
        self.assertEqual(client.read_lines(), ["Auction request received: 1 100 1 Sword"])
        client.send_lines(ADA)
        self.assertEqual(client.read_lines(), [IN_ROOM])

    def test_as_it_is_typed(self) -> None:
        """With the verb, in small letters, with blanks, with letters for digits."""
        for text in ("pass oooo oooo ool7", " 0000 0000 0017 ", "\ufeffOOOOOOOOOOI7"):
            client = MemoryHouse(people=PEOPLE).connect()
            client.send_lines(text)
            self.assertEqual(client.read_lines(), [ASK, *SELLER], text)

    def test_all_in_one_segment(self) -> None:
        """What follows the code is read after the answer."""
        client = self.house.connect()
        client.send_lines(pass_code(17), "1 100 1 Sword")
        self.assertEqual(
            client.read_lines(), [ASK, *SELLER, "Auction request received: 1 100 1 Sword"]
        )
        late = self.house.connect()
        late.send_lines(pass_code(99), pass_code(3), "150")
        self.assertEqual(late.read_lines(), [ASK])
        self.house.advance(1)
        self.assertEqual(late.read_lines()[:3], [NO_SUCH_PASS, ASK, BUYER])

    def test_too_many(self) -> None:
        client = self.house.connect()
        client.send_lines(*["x"] * 7)
        self.house.advance(63)
        self.assertEqual(client.read_lines(), [ASK, *[NO_SUCH_PASS, ASK] * 5, NO_SUCH_PASS])
        self.assertTrue(client.is_closed)

    def test_silence(self) -> None:
        client = self.house.connect()
        self.house.advance(59)
        self.assertEqual(client.read_lines(), [ASK])
        self.house.advance(1)
        self.assertEqual(client.read_lines(), ["Time is up! You said nothing for 60 seconds."])
        client.disconnect()
        seated = self.house.connect()
        seated.send_lines(pass_code(17))
        self.house.advance(61)
        self.assertEqual(seated.read_lines(), [ASK, *SELLER])

    def test_no_seat_before_the_code(self) -> None:
        """A port scan neither takes the Seller's seat nor opens the bidding."""
        scan = self.house.connect()
        seller = self.house.connect()
        seller.send_lines(pass_code(17), "1 100 1 Sword")
        scan.disconnect()
        self.house.connect()
        self.house.advance(10)
        self.assertEqual(seller.read_lines()[-1], "Auction request received: 1 100 1 Sword")

    def test_unterminated(self) -> None:
        house = MemoryHouse(people=PEOPLE, accept_unterminated=True)
        client = house.connect()
        client.send(pass_code(17).encode())
        house.advance(1)
        self.assertEqual(client.read_lines(), [ASK, *SELLER])

    def test_house_closes(self) -> None:
        """The clients who were asked, and one who waits for a refusal, are told."""
        asked, waiting, seated = (self.house.connect() for _ in range(3))
        waiting.send_lines("x")
        seated.send_lines(pass_code(17))
        for client in (asked, waiting, seated):
            client.read_lines()
        self.house.factory.stopFactory()
        for client in (asked, waiting):
            self.assertEqual(client.read_lines(), [CLOSING])
            self.assertTrue(client.is_closed)
        self.assertEqual(len(seated.read_lines()), 1)
        self.house.advance(2)
        for client in (asked, waiting, seated):
            self.assertEqual(client.read_lines(), [])
            client.disconnect()
        self.assertEqual(self.house.clock.getDelayedCalls(), [])
        self.assertEqual(self.house.factory.visitors, {})


class SecondCheckerTests(SynchronousTestCase):
    """Answers that take time."""

    def setUp(self) -> None:
        self.checker = SlowChecker()
        self.house = self.meet()
        self.lines = logged_lines(self)

    def meet(self, **options: Any) -> MemoryHouse:
        return MemoryHouse(people=PEOPLE, checker=self.checker, **options)

    def asked(self, *lines: str) -> MemoryClient:
        client = self.house.connect_to_lobby("PASS Bob secret", *lines)
        self.assertEqual(client.read_lines(), [])
        self.assertEqual(client.transport.producerState, "paused")
        return client

    def test_answer(self) -> None:
        """No line is read before it."""
        client = self.asked("PING x", "JOIN art")
        self.house.advance(5)
        self.assertEqual(client.read_lines(), [])
        self.checker.asked[0].callback(b"Bob")
        self.assertEqual(client.read_lines(), ["You are paddle 3, Bob.", "Pong: x", *SELLER])
        self.assertEqual(client.transport.producerState, "producing")
        client.disconnect()
        self.house.advance(100)
        self.assertEqual(self.house.clock.getDelayedCalls(), [])

    def test_port(self) -> None:
        client = self.house.connect()
        client.send_lines("Bob secret", "1 100 1 Sword")
        self.assertEqual(client.read_lines(), [ASK])
        self.checker.asked[0].callback(b"3")
        self.assertEqual(client.read_lines(), [*SELLER, "Auction request received: 1 100 1 Sword"])

    def test_refusals_come_at_one_time(self) -> None:
        """The refusal does not show how long the checker has worked."""
        for seconds in (0, 0.3, 0.9):
            house = self.house = self.meet()
            client = self.asked()
            house.advance(seconds)
            self.checker.asked[-1].errback(UnauthorizedLogin())
            house.advance(0.999 - seconds)
            self.assertEqual(client.read_lines(), [])
            house.advance(0.002)
            self.assertEqual(client.read_lines(), [NO_SUCH_PASS])

    def test_failure(self) -> None:
        """The client may try again, and the log has a line without the password."""
        for error in (RuntimeError("secret"), ZeroDivisionError()):
            client = self.asked("PING x")
            self.checker.asked[-1].errback(error)
            self.assertEqual(client.read_lines(), [CANNOT_CHECK, "Pong: x"])
            client.send_lines(ADA)
            self.assertEqual(client.read_lines(), ["You are paddle 17, Ada Smith."])
        self.assertEqual(
            self.lines,
            [
                "A pass code cannot be checked: the checker fails with RuntimeError.",
                "A pass code cannot be checked: the checker fails with ZeroDivisionError.",
            ],
        )

    def test_failure_on_the_port(self) -> None:
        client = self.house.connect()
        client.send_lines("Bob secret")
        self.checker.asked[0].errback(OSError("secret"))
        self.assertEqual(client.read_lines(), [ASK, CANNOT_CHECK, ASK])

    def test_raising_checker(self) -> None:
        self.patch(SlowChecker, "requestAvatarId", lambda *args: 1 / 0)
        client = self.house.connect_to_lobby("PASS Bob secret")
        self.assertEqual(client.read_lines(), [CANNOT_CHECK])

    def test_silent_checker(self) -> None:
        client = self.asked("PING x")
        self.house.advance(CHECK_TIMEOUT)
        self.assertEqual(client.read_lines(), [CANNOT_CHECK, "Pong: x"])
        self.checker.asked[0].callback(b"3")
        self.assertEqual(client.read_lines(), [])

    def test_lost_meanwhile(self) -> None:
        client = self.asked("JOIN art")
        client.disconnect()
        self.assertEqual(self.house.clock.getDelayedCalls(), [])
        self.checker.asked[0].callback(b"3")  # the answer is for nobody
        self.assertEqual([*self.house.rooms], ["main"])
        self.assertEqual((client.read_lines(), self.lines), ([], []))

    def test_house_closes_meanwhile(self) -> None:
        client = self.asked("JOIN art")
        port = self.house.connect()
        port.send_lines("Bob secret")
        self.house.lobby.stopFactory()
        self.house.factory.stopFactory()
        for answer in self.checker.asked:
            answer.callback(b"3")
        self.assertEqual(client.read_lines(), [CLOSING])
        self.assertEqual(port.read_lines(), [ASK, CLOSING])
        self.house.advance(CLOSE_TIMEOUT)
        for each in (client, port):
            each.disconnect()
        self.assertEqual(self.house.clock.getDelayedCalls(), [])

    def test_closed_before_the_last_letter(self) -> None:
        """The house is closed, and its connections are not yet."""
        client = self.asked("JOIN art")
        self.house.rooms.close()
        self.checker.asked[0].callback(b"3")
        self.assertEqual(client.read_lines(), [])

    def test_halted_meanwhile(self) -> None:
        """Nobody takes a seat while nothing can be recorded."""
        client = self.house.connect()
        client.send_lines("Bob secret", "1 100 1 Sword")
        self.house.connections.halt()
        self.checker.asked[0].callback(b"3")
        self.house.advance(60)
        self.assertEqual(client.read_lines(), [ASK])
        self.house.connections.go_on()
        self.assertEqual(client.read_lines(), [*SELLER, "Auction request received: 1 100 1 Sword"])

    def test_lost_while_halted(self) -> None:
        client = self.house.connect()
        client.send_lines("Bob secret")
        self.house.connections.halt()
        self.checker.asked[0].callback(b"3")
        client.disconnect()
        self.house.connections.go_on()
        self.assertTrue(self.house.auctioneer.is_idle)

    def test_rate_limit(self) -> None:
        """A connection that is also over its rate is read after both."""
        self.house = self.meet(limits=Limits(line_rate=1))
        client = self.asked("PING x")
        self.checker.asked[0].callback(b"3")
        self.assertEqual(client.read_lines(), ["You are paddle 3, Bob."])
        self.house.advance(3)
        self.assertEqual(client.read_lines(), ["Pong: x"])

    def test_bug(self) -> None:
        """An exception of our own ends the one connection."""
        self.patch(RefusalDelays, "count", lambda *args: 1 / 0)
        client = self.house.connect_to_lobby(EVE)
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)
        self.assertTrue(client.is_closed)


class LogTests(SynchronousTestCase):
    """No line of the log has a pass code, a name or an address."""

    def test_log(self) -> None:
        lines: Sequence[str] = logged_lines(self)
        house = MemoryHouse(people=PEOPLE)
        client = house.connect_to_lobby(ADA, "JOIN art", "1 100 1 Sword")
        self.patch(type(house.auctioneer), "line_received", lambda *args: 1 / 0)
        client.send_lines("5")
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)
        self.assertEqual(lines, ["The talk with paddle 17 has failed."])
