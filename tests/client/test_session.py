import contextlib
import random
import socket
import tempfile
from collections.abc import Iterable
from functools import partial
from itertools import pairwise
from pathlib import Path

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.error import ConnectionLost, ConnectionRefusedError
from twisted.internet.interfaces import IProtocol, IProtocolFactory
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.python import usage
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from tests.persons import LobbyVisit, SlowTypist, Typist
from twisted_auction.cli.bid import Bid
from twisted_auction.cli.join import Join, JoinRoom
from twisted_auction.cli.sell import Sell
from twisted_auction.cli.terminal import Terminal
from twisted_auction.client import session
from twisted_auction.client.person import (
    NO_RESULT,
    NO_RESULT_OF_BID,
    RESULT_READ,
    TURNED_AWAY,
    Ending,
    Person,
)
from twisted_auction.client.robots import BidRobot, MaximumRobot, RequestRobot
from twisted_auction.client.room import RoomVisit
from twisted_auction.rules.commands import Cancel
from twisted_auction.rules.terms import Terms
from twisted_auction.testing import MemoryHouse
from twisted_auction.wire import messages
from twisted_auction.wire.letter import Letter
from twisted_auction.wire.lines import render

CONNECTED = "Connected to the Auctioneer server."
LOST = "Connection lost. Trying to come back..."
AGAIN = "Connected again."
SELLER = "Your role is: [Seller]"
BUYER = "Your role is: [Buyer]"
SUBMIT = "Please submit auction request:"
START = "Server: Auction start."
WAITING = "The Auctioneer is still waiting for other Buyer to connect..."
BIDDING = "The bidding has started!"
BID = "Please submit your bid:"
RECEIVED = "Server: Bid received. Please wait..."
STANDS = "Your bid of ${} stands."
FINISHED = "Auction finished!"
DID_NOT_WIN = "Unfortunately you did not win in the last round."
OVER = "Disconnecting from the Auctioneer server. Auction is over!"
ANYTIME = "At any time: type an amount to bid."
FORMAT = (
    "Format: english, from $100. Each bid is at least $5 above the highest. "
    "There are 60 seconds, and 10 more after a late bid."
)


PAUSES = session.RECONNECT_DELAYS
"""The address of the program; most tests replace it."""

WON_A = "You won this item A! Your payment due is $15"


def robot(house: MemoryHouse, person: Person) -> BidRobot:
    """A robot with a limit of $120."""
    return BidRobot(person, 120, house.clock)


def bids(house: MemoryHouse) -> list[str]:
    """The bids of the house, in order."""
    return [line for line in house.console if "bid $" in line]


class LobbyTestCase(SynchronousTestCase):
    """Clients reconnect one second after each cut."""

    def setUp(self) -> None:
        self.patch(session, "RECONNECT_DELAYS", lambda attempt: 1.0)

    def visit(self, house: MemoryHouse, name: str = "antiques") -> tuple[SlowTypist, LobbyVisit]:
        person = SlowTypist()
        return person, LobbyVisit(house, person, name=name)

    def sold(self, house: MemoryHouse, request: bytes) -> tuple[SlowTypist, LobbyVisit]:
        """A Seller after its request, with its lines read."""
        seller, selling = self.visit(house)
        seller.type_line(request)
        house.deliver()
        house.advance(0)
        selling.read_lines()
        return seller, selling

    def check(self, visit: LobbyVisit, *screen: str) -> None:
        self.assertEqual(visit.read_lines(), list(screen))

    def check_end(self, visit: LobbyVisit | RoomVisit, ending: Ending) -> None:
        self.assertEqual(self.successResultOf(visit.ended), ending)


class SocketTests(LobbyTestCase):
    """The client's own end of the network."""

    def test_silence_is_a_cut(self) -> None:
        """The socket of each connection probes a silent server."""
        visit = RoomVisit(Clock(), "antiques", SlowTypist(), None)
        for ticket in (None, "ticket-1"):
            visit.key.ticket = ticket
            transport = StringTransport()
            with socket.socket() as handle:
                vars(transport)["socket"] = handle
                visit.buildProtocol(None).makeConnection(transport)
                options = [handle.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)]
                for name in ("TCP_KEEPIDLE", "TCP_KEEPINTVL", "TCP_KEEPCNT", "TCP_USER_TIMEOUT"):
                    option = getattr(socket, name)
                    options.append(handle.getsockopt(socket.IPPROTO_TCP, option))
            self.assertEqual(options, [1, 15, 5, 3, 30_000], ticket)


class ArrivalTests(LobbyTestCase):
    """Endings before there is a ticket."""

    def test_no_connection(self) -> None:
        visit = LobbyVisit(MemoryHouse(), SlowTypist(), is_open=False)
        self.failureResultOf(visit.ended, ConnectionRefusedError)
        visit.house.advance(60)
        self.assertEqual(visit.attempts, 1)
        self.check(visit)

    def test_cut_before_the_ticket(self) -> None:
        house = MemoryHouse()
        house.deliver = lambda: None  # type: ignore[method-assign]  # nothing arrives
        _, visit = self.visit(house)
        visit.cut()
        self.assertEqual(visit.attempts, 1)
        self.check(visit, CONNECTED)
        ending = self.successResultOf(visit.ended)
        self.assertEqual(ending.status, 1)
        self.assertIn("the connection was lost before the result", ending.complaint)
        self.assertEqual(house.clock.getDelayedCalls(), [])

    def test_cut_after_the_ticket(self) -> None:
        """The ticket is enough, though the role was not heard."""
        house = MemoryHouse()
        talk = house.deliver
        house.deliver = lambda: None  # type: ignore[method-assign]
        person, visit = self.visit(house)
        visit.link.server.send_lines("JOIN antiques")
        visit.link.client.dataReceived(b"Ticket: ticket-1\r\n")
        house.deliver = talk  # type: ignore[method-assign]
        visit.link.transport.clear()
        visit.cut()
        self.check(visit, CONNECTED, LOST, AGAIN, SELLER, SUBMIT)
        self.assertIsNotNone(person.answer)

    def test_turned_away(self) -> None:
        house = MemoryHouse()
        self.visit(house)
        _, visit = self.visit(house)
        self.check(visit, CONNECTED, "Server is busy. Try to connect again later.")
        self.check_end(visit, TURNED_AWAY)

    def test_too_many_rooms(self) -> None:
        _, visit = self.visit(MemoryHouse(max_rooms=1))
        self.check(visit, CONNECTED)
        self.check_end(
            visit,
            Ending(1, "cannot join room antiques: every room is in use, and there may not be more"),
        )

    def test_no_lobby(self) -> None:
        """The port of a single room."""
        house = MemoryHouse()
        house.lobby = house.factory  # type: ignore[assignment]
        _, visit = self.visit(house)
        self.check(visit, CONNECTED)
        self.check_end(
            visit, Ending(1, "that is no lobby; name the port of one, or leave out --room")
        )

    def test_wrong_role(self) -> None:
        """A client takes no seat only to release it again."""
        house = MemoryHouse()
        visit = LobbyVisit(house, SlowTypist(), messages.RoleBuyer)
        self.check(visit, CONNECTED)
        self.check_end(
            visit, Ending(1, "nobody sells anything there yet; to be the Seller: auction sell")
        )
        self.assertEqual(house.console, [])
        self.sold(house, b"1 9 1 Sword")
        visit = LobbyVisit(house, SlowTypist(), messages.RoleSeller)
        self.check(visit, CONNECTED)
        self.check_end(visit, Ending(1, "something is on sale there already; to bid: auction bid"))
        self.assertEqual(house.auctioneer.status, 0)
        self.assertEqual(house.rooms["antiques"].auction.missing_buyers, 1)

    def test_right_role(self) -> None:
        house = MemoryHouse()
        seller = SlowTypist()
        selling = LobbyVisit(house, seller, messages.RoleSeller)
        self.check(selling, CONNECTED, SELLER, SUBMIT)
        seller.type_line(b"1 9 2 Sword")
        house.deliver()
        self.check(LobbyVisit(house, SlowTypist(), messages.RoleBuyer), CONNECTED, BUYER, WAITING)

    def test_a_moment_too_late(self) -> None:
        """Another client was being asked for its request when this one looked."""
        house = MemoryHouse()
        self.visit(house)
        visit = LobbyVisit(house, SlowTypist(), messages.RoleSeller)
        self.check(visit, CONNECTED, "Server is busy. Try to connect again later.")
        self.check_end(visit, TURNED_AWAY)

    def test_sale_that_has_not_begun(self) -> None:
        house = MemoryHouse(catalogue=b"1 9 1 Sword")
        visit = LobbyVisit(house, SlowTypist(), messages.RoleBuyer, name="main")
        self.assertEqual(visit.read_lines()[:2], [CONNECTED, BUYER])

    def test_role_and_no_room(self) -> None:
        house = MemoryHouse(max_rooms=1)
        visit = LobbyVisit(house, SlowTypist(), messages.RoleBuyer)
        self.check(visit, CONNECTED)
        self.assertEqual(
            self.successResultOf(visit.ended).complaint,
            "cannot join room antiques: every room is in use, and there may not be more",
        )
        house.lobby = house.factory  # type: ignore[assignment]
        visit = LobbyVisit(house, SlowTypist(), messages.RoleBuyer)
        self.check_end(
            visit, Ending(1, "that is no lobby; name the port of one, or leave out --room")
        )

    def test_input_ends(self) -> None:
        visit = LobbyVisit(MemoryHouse(), Typist())
        self.check(visit, CONNECTED, SELLER, SUBMIT)
        self.check_end(
            visit, Ending(1, "the input ended while the Auctioneer was waiting for an answer")
        )
        self.assertTrue(visit.house.rooms["antiques"].is_idle)  # the seat was given up

    def test_leaves(self) -> None:
        """A client stopped from outside releases its seat, and the process does not wait long."""
        house = MemoryHouse()
        _, visit = self.visit(house)
        visit.read_lines()
        gone = visit.visit.leave()
        house.deliver()
        self.check(visit)
        self.check_end(visit, NO_RESULT)
        self.successResultOf(gone)
        self.assertTrue(house.rooms["antiques"].is_idle)
        self.assertEqual(house.clock.getDelayedCalls(), [])
        self.successResultOf(visit.visit.leave())  # once more, and nothing happens

    def test_cancelled(self) -> None:
        """Cancelling the visit releases the seat, in any state of the connection."""
        for is_cut in (False, True):
            house = MemoryHouse()
            _, visit = self.visit(house)
            visit.read_lines()
            if is_cut:
                visit.link.cut()
            visit.ended.cancel()
            house.deliver()
            house.advance(1)
            self.failureResultOf(visit.ended, CancelledError)
            self.assertTrue(house.rooms["antiques"].is_idle)
            self.assertEqual(house.clock.getDelayedCalls(), [])
            self.successResultOf(visit.visit.leave())

    def test_leaves_in_vain(self) -> None:
        """If the lobby cannot be reached, or does not answer, leaving is still quick."""
        for is_open in (False, True):
            house = MemoryHouse()
            _, visit = self.visit(house)
            visit.is_open = is_open
            visit.link.cut()
            talk = house.deliver
            house.deliver = lambda: None  # type: ignore[method-assign]
            gone = visit.visit.leave()
            house.advance(1)
            self.successResultOf(gone)
            house.deliver = talk  # type: ignore[method-assign]

    def test_leaves_before_it_is_there(self) -> None:
        house = MemoryHouse()
        visit = LobbyVisit(house, SlowTypist(), never=True)
        gone = visit.visit.leave()
        self.successResultOf(gone)
        self.check_end(visit, NO_RESULT)
        house.advance(1)
        self.assertEqual(house.clock.getDelayedCalls(), [])

    def test_needs_a_lobby(self) -> None:
        """A port that answers nothing to the lobby's verbs is the port of a single room."""
        for command, arguments in [(Bid(), []), (Sell(), ["Sword"])]:
            with self.assertRaises(usage.UsageError) as caught:
                command.parseOptions(["--room", "antiques", *arguments])
            self.assertEqual(
                str(caught.exception), "--room needs the HOST and PORT of a lobby, or an ENDPOINT"
            )

    def test_busy_room_that_is_no_lobby(self) -> None:
        house = MemoryHouse()
        house.connect()
        house.lobby = house.factory  # type: ignore[assignment]
        visit = LobbyVisit(house, SlowTypist(), messages.RoleBuyer)
        self.check(visit, CONNECTED, "Server is busy. Try to connect again later.")
        self.check_end(visit, TURNED_AWAY)

    def test_options(self) -> None:
        for command, arguments in [
            (JoinRoom(), ["h", "1"]),
            (Bid(), ["h", "1"]),
            (Sell(), ["h", "1", "Sword"]),
        ]:
            command.parseOptions(["--room", "antiques-2_B", *arguments])
            self.assertEqual(command["room"], "antiques-2_B")
        for name in ["", "a b", "x" * 33, "ä", "a\n"]:
            with self.assertRaises(usage.UsageError) as caught:
                JoinRoom().parseOptions(["--room", name, "h", "1"])
            self.assertEqual(
                str(caught.exception),
                f"--room must be 1 to 32 letters, digits, hyphens and underscores, not {name!r}",
            )
        with self.assertRaises(usage.UsageError) as caught:
            JoinRoom().parseOptions(["--no-newline", "--room", "antiques", "h", "1"])
        self.assertEqual(
            str(caught.exception), "--no-newline is for other servers, which have no --room"
        )
        with self.assertRaises(usage.UsageError):  # the assignment's client knows no rooms
            Join().parseOptions(["--room", "antiques", "h", "1"])


class SealedTests(LobbyTestCase):
    def test_request(self) -> None:
        for arrives, answer in [
            (True, [START]),
            (False, [SUBMIT, "Sent again: 1 9 1 Sword", START]),
        ]:
            house = MemoryHouse()
            seller, visit = self.visit(house)
            seller.type_line(b"1 9 1 Sword")
            visit.cut(arrives)
            self.check(visit, CONNECTED, SELLER, SUBMIT, LOST, AGAIN, SELLER, *answer)
            self.assertIsNone(seller.answer)
            self.assertEqual(visit.attempts, 2)

    def test_refused_request(self) -> None:
        """The server may refuse a line sent again; then the person is asked."""
        for arrives in (True, False):
            seller, visit = self.visit(MemoryHouse())
            seller.type_line(b"nonsense")
            visit.cut(arrives)
            refused = ["Sent again: nonsense", "Server: Invalid auction request!", SUBMIT]
            self.check(visit, CONNECTED, SELLER, SUBMIT, LOST, AGAIN, SELLER, SUBMIT, *refused)
            seller.type_line(b"1 9 1 Sword")
            visit.house.deliver()
            self.check(visit, START)

    def test_request_robot(self) -> None:
        visit = LobbyVisit(
            MemoryHouse(),
            SlowTypist(),
            messages.RoleSeller,
            lambda person: RequestRobot(person, "1 9 1 Sword"),
        )
        visit.cut()
        self.check(
            visit,
            *(CONNECTED, SELLER, SUBMIT, "1 9 1 Sword", START, LOST, AGAIN, SELLER, START),
        )

    def test_bid(self) -> None:
        for arrives, answer in [
            (True, [STANDS.format(120)]),
            (False, [BIDDING, BID, "Sent again: 120", RECEIVED]),
        ]:
            house = MemoryHouse()
            _, selling = self.sold(house, b"2 100 2 Sword")
            first, visit = self.visit(house)
            second, other = self.visit(house)
            first.type_line(b"120")
            visit.cut(arrives)
            self.check(
                visit, *(CONNECTED, BUYER, WAITING, BIDDING, BID, LOST, AGAIN, BUYER), *answer
            )
            self.assertEqual(bids(house), [">> Buyer 1 bid $120"])
            second.type_line(b"150")
            house.deliver()
            self.check(visit, FINISHED, DID_NOT_WIN, OVER)
            self.check_end(visit, RESULT_READ)
            self.check_end(other, RESULT_READ)
            self.check(selling, FINISHED, "Success! Your item Sword has been sold for $120", OVER)
            self.assertEqual(house.clock.getDelayedCalls(), [])

    def test_refused_bid(self) -> None:
        """A line whose answer came is settled."""
        house = MemoryHouse()
        self.sold(house, b"2 100 1 Sword")
        buyer, visit = self.visit(house)
        buyer.type_line(b"much")
        house.deliver()
        visit.read_lines()
        visit.cut()
        self.check(visit, LOST, AGAIN, BUYER, BIDDING, BID)
        buyer.type_line(b"120")
        house.deliver()
        self.check(
            visit, *(RECEIVED, FINISHED, "You won this item Sword! Your payment due is $100", OVER)
        )

    def test_each_phase(self) -> None:
        house = MemoryHouse()
        seller, selling = self.visit(house)
        selling.read_lines()
        selling.cut()
        self.check(selling, LOST, AGAIN, SELLER, SUBMIT)
        seller.type_line(b"1 9 2 Sword")
        house.deliver()
        self.check(selling, START)
        selling.cut()
        self.check(selling, LOST, AGAIN, SELLER, START)
        buyer, buying = self.visit(house)
        self.check(buying, CONNECTED, BUYER, WAITING)
        buying.cut()
        self.check(buying, LOST, AGAIN, BUYER, WAITING)
        other, _ = self.visit(house)
        self.check(buying, BIDDING, BID)
        for visit, lines in [(selling, [SELLER, START]), (buying, [BUYER, BIDDING, BID])]:
            visit.cut()
            self.check(visit, LOST, AGAIN, *lines)
        buyer.type_line(b"10")
        house.deliver()
        self.check(buying, RECEIVED)
        for visit, lines in [
            (selling, [SELLER, START]),
            (buying, [BUYER, STANDS.format(10)]),
        ]:
            visit.cut()
            self.check(visit, LOST, AGAIN, *lines)
        other.type_line(b"11")
        house.deliver()
        self.check(buying, FINISHED, DID_NOT_WIN, OVER)
        self.check(selling, FINISHED, "Success! Your item Sword has been sold for $11", OVER)

    def test_long_cut(self) -> None:
        """One line tells of the cut, for any number of attempts, and nothing is asked until the end
        of it.
        """
        house = MemoryHouse()
        self.sold(house, b"1 100 1 Sword")
        buyer, visit = self.visit(house)
        visit.read_lines()
        visit.is_open = False
        visit.cut()
        house.advance(20)
        self.assertEqual(visit.attempts, 22)
        self.check(visit, LOST)
        self.assertIsNone(buyer.answer)
        visit.is_open = True
        house.advance(1)
        self.check(visit, AGAIN, BUYER, BIDDING, BID)

    def test_pauses(self) -> None:
        """They grow by half each time, up to ten seconds; chance adds up to one second to each."""
        self.patch(session, "RECONNECT_DELAYS", PAUSES)
        house = MemoryHouse()
        self.sold(house, b"1 100 1 Sword")
        _, visit = self.visit(house)
        visit.is_open = False
        tried = [house.clock.seconds()]
        connect = visit.connect

        def note(factory: IProtocolFactory) -> Deferred[IProtocol]:
            tried.append(house.clock.seconds())
            return connect(factory)

        vars(visit)["connect"] = note
        visit.link.cut()
        house.advance(300)
        pauses = [later - earlier for earlier, later in pairwise(tried)]
        self.assertGreater(len(pauses), 25)
        for number, pause in enumerate(pauses, 1):
            least = min(10, 0.5 * 1.5**number)
            self.assertTrue(least - 0.001 <= pause <= least + 1.001, f"{number}: {pause}")

    def test_two_cuts(self) -> None:
        """The second cut comes before the answer to the ticket, or to the line sent again."""
        house = MemoryHouse()
        self.sold(house, b"1 100 1 Sword")
        buyer, visit = self.visit(house)
        visit.read_lines()
        buyer.type_line(b"120")
        visit.link.cut()
        house.clock.advance(1)  # it is there again, but nothing is carried
        visit.cut()
        self.check(
            visit,
            *(LOST, AGAIN, BUYER, BIDDING, BID, "Sent again: 120", RECEIVED, FINISHED),
            *("You won this item Sword! Your payment due is $120", OVER),
        )
        for arrives in (True, False):
            house = MemoryHouse()
            self.sold(house, b"1 100 2 Sword")
            buyer, visit = self.visit(house)
            self.visit(house)
            visit.read_lines()
            buyer.type_line(b"120")
            visit.link.cut()
            house.clock.advance(1)
            for _ in range(2):  # the ticket there, the question back; then the bid may arrive
                visit.link.carry()
            self.assertEqual(visit.link.transport.value(), b"120\n")
            visit.cut(arrives)
            answer = [BIDDING, BID, "Sent again: 120", RECEIVED]
            if arrives:
                answer = [STANDS.format(120)]
            self.check(
                visit,
                *(LOST, AGAIN, BUYER, BIDDING, BID, "Sent again: 120", LOST, AGAIN, BUYER),
                *answer,
            )
            self.assertEqual(bids(house), [">> Buyer 1 bid $120"])

    def test_result_meanwhile(self) -> None:
        house = MemoryHouse()
        _, selling = self.sold(house, b"1 100 2 Sword")
        first, visit = self.visit(house)
        second, _ = self.visit(house)
        first.type_line(b"120")
        visit.is_open = selling.is_open = False
        visit.read_lines()
        visit.cut(arrives=True)
        selling.cut()
        second.type_line(b"150")
        house.deliver()
        visit.is_open = selling.is_open = True
        house.advance(2)
        self.check(visit, LOST, AGAIN, FINISHED, DID_NOT_WIN, OVER)
        self.check(
            selling, LOST, AGAIN, FINISHED, "Success! Your item Sword has been sold for $150", OVER
        )
        self.check_end(visit, RESULT_READ)
        self.check_end(selling, RESULT_READ)

    def test_cancelled_meanwhile(self) -> None:
        house = MemoryHouse()
        self.sold(house, b"1 100 2 Sword")
        _, visit = self.visit(house)
        visit.read_lines()
        with visit.away():
            house.rooms["antiques"].orders.give(Cancel(), reason="There is a fire.")
        self.check(visit, LOST, AGAIN, "Auction cancelled! There is a fire.")
        self.check_end(visit, NO_RESULT)

    def test_away_for_too_long(self) -> None:
        house = MemoryHouse(Terms(resume_grace=10))
        self.sold(house, b"1 100 2 Sword")
        _, visit = self.visit(house)
        visit.read_lines()
        with visit.away():
            house.advance(11)
        self.check(visit, LOST, AGAIN, "Your seat was given up while you were away.")
        self.check_end(visit, Ending(1))
        self.assertEqual(visit.house.clock.getDelayedCalls(), [])

    def test_banned(self) -> None:
        """The client reads why, and does not come back: neither when it is cut off, nor after
        another cut, nor as a newcomer."""
        banned = "Your address is banned from this server."
        house = MemoryHouse()
        self.sold(house, b"1 100 2 Sword")
        _, visit = self.visit(house)
        visit.read_lines()
        house.connections.ban("127.0.0.1", 60)
        house.advance()
        self.check(visit, banned)
        self.check_end(visit, Ending(1))
        _, late = self.visit(house)
        self.assertEqual(late.read_lines()[-1], banned)
        self.check_end(late, Ending(1))
        house = MemoryHouse()
        self.sold(house, b"1 100 2 Sword")
        _, visit = self.visit(house)
        visit.read_lines()
        with visit.away():
            house.connections.bans.add("127.0.0.1", 60)
        self.check(visit, LOST, banned)
        self.check_end(visit, Ending(1))

    def test_bound_for_longer_than_the_grace(self) -> None:
        """The client keeps its ticket through further cuts, and the result decides its status. The
        person also learns the fate of the bid.
        """
        house = MemoryHouse(Terms(resume_grace=10))
        _, selling = self.sold(house, b"2 100 3 Sword")
        first, visit = self.visit(house)
        second, other = self.visit(house)
        third, _ = self.visit(house)
        for each in (visit, other):
            each.read_lines()
        first.type_line(b"150")
        second.type_line(b"120")
        house.deliver()
        for each in (visit, other):
            self.check(each, RECEIVED)
            each.is_open = False
            each.cut()
        house.advance(11)
        stands = [AGAIN, BUYER, STANDS.format(150)]
        for lost in ([], [LOST]):
            visit.is_open = True
            house.advance(2)
            self.check(visit, *(lost or [LOST]), *stands)
            self.assertIsNone(first.answer)
            visit.is_open = False
            visit.cut()
            house.advance(11)
        visit.is_open = True
        house.advance(2)
        self.check(visit, LOST, *stands)
        third.type_line(b"130")
        house.deliver()
        self.check(visit, FINISHED, "You won this item Sword! Your payment due is $130", OVER)
        self.check_end(visit, RESULT_READ)
        other.is_open = True
        house.advance(2)
        self.check(other, LOST, AGAIN, FINISHED, DID_NOT_WIN, OVER)
        self.check_end(other, RESULT_READ)
        self.check_end(selling, RESULT_READ)
        self.assertEqual(house.clock.getDelayedCalls(), [])

    def test_answer_lost_and_away_for_too_long(self) -> None:
        house = MemoryHouse(Terms(resume_grace=10))
        self.sold(house, b"2 100 2 Sword")
        buyer, visit = self.visit(house)
        self.visit(house)
        visit.read_lines()
        buyer.type_line(b"150")
        with visit.away(arrives=True):
            house.advance(11)
        self.check(visit, LOST, AGAIN, BUYER, STANDS.format(150))
        self.assertIsNone(visit.visit.lines.unconfirmed)

    def test_came_back_elsewhere(self) -> None:
        house = MemoryHouse()
        _, visit = self.visit(house)
        visit.read_lines()
        house.connect_to_lobby("RESUME ticket-1")
        house.advance(60)
        self.check(visit, "You have come back by another connection.")
        self.check_end(visit, Ending(1))
        self.assertEqual(visit.attempts, 1)

    def test_busy_on_the_way_back(self) -> None:
        """The client tries again at a house that is busy for a moment."""
        _, visit = self.visit(MemoryHouse())
        visit.read_lines()
        visit.link.cut()
        visit.house.clock.advance(1)
        visit.link.server.protocol.session.dismiss(Letter(messages.ServerBusy()))
        visit.house.deliver()
        visit.house.advance(3)
        self.check(visit, LOST, AGAIN, SELLER, SUBMIT)
        self.assertEqual(visit.attempts, 3)


class OpenTests(LobbyTestCase):
    def english(self) -> tuple[MemoryHouse, LobbyVisit, SlowTypist, LobbyVisit, SlowTypist]:
        """An English auction with two Buyers, their lines read."""
        house = MemoryHouse()
        self.seller, selling = self.sold(house, b"3:increment=5 100 2 Sword")
        first, visit = self.visit(house)
        second, other = self.visit(house)
        for each in (selling, visit, other):
            each.read_lines()
        return house, visit, first, selling, second

    def back(self, *lines: str, anytime: str = ANYTIME) -> list[str]:
        scene = ["You are Buyer 1.", "On sale: Sword", FORMAT, BIDDING, anytime]
        return [LOST, AGAIN, BUYER, *scene, *lines]

    def test_bid_arrived(self) -> None:
        _, visit, buyer, _, _ = self.english()
        buyer.type_line(b"100")
        visit.cut(arrives=True)
        self.check(
            visit,
            *self.back(
                "Highest bid: $100 by Buyer 1. Asking price: $105. Seconds left: 59.",
                STANDS.format(100),
            ),
        )
        self.assertIsNotNone(buyer.answer)

    def test_bid_did_not_arrive(self) -> None:
        house, visit, buyer, _, _ = self.english()
        buyer.type_line(b"100")
        visit.cut()
        self.check(
            visit,
            *self.back(
                "Asking price: $100. Seconds left: 59.",
                "Sent again: 100",
                "Server: You hold the highest bid: $100.",
                "Highest bid: $100 by Buyer 1. Asking price: $105. Seconds left: 59.",
            ),
        )
        self.assertEqual(bids(house), [">> Buyer 1 bid $100"])

    def test_raise_did_not_arrive(self) -> None:
        """The highest bid being an earlier one shows nothing about the later one."""
        house, visit, buyer, _, _ = self.english()
        buyer.type_line(b"100")
        house.advance(1)
        visit.read_lines()
        buyer.type_line(b"150")
        visit.cut()
        self.check(
            visit,
            *self.back(
                "Highest bid: $100 by Buyer 1. Asking price: $105. Seconds left: 58.",
                "Sent again: 150",
                STANDS.format(100),
                "Server: You hold the highest bid: $150.",
                "Highest bid: $150 by Buyer 1. Asking price: $155. Seconds left: 58.",
            ),
        )

    def test_jump_is_confirmed(self) -> None:
        """A cut after the repetition arrived: the bid was taken."""
        house = MemoryHouse()
        self.sold(house, b"3:jump=10 100 1 Sword")
        buyer, visit = self.visit(house)
        buyer.type_line(b"5000")
        house.deliver()
        self.assertEqual(visit.read_lines()[-1], "Server: Please repeat your bid to confirm: $5000")
        buyer.type_line(b"5000")
        visit.cut(arrives=True)
        self.assertEqual(visit.read_lines()[-1], "Your bid of $5000 stands.")
        self.assertEqual(bids(house), [">> Buyer 1 bid $5000"])

    def test_jump_is_asked_again(self) -> None:
        """After a cut before the price, the person is asked once more."""
        house = MemoryHouse()
        self.sold(house, b"3:jump=10 100 1 Sword")
        buyer, visit = self.visit(house)
        ask = "Server: Please repeat your bid to confirm: $5000"
        buyer.type_line(b"5000")
        house.deliver()
        buyer.type_line(b"5000")
        visit.cut()
        self.assertEqual(visit.read_lines()[-2:], ["Sent again: 5000", ask])
        buyer.type_line(b"5000")
        house.deliver()
        house.advance(0)
        self.assertIn("Server: You hold the highest bid: $5000.", visit.read_lines())
        self.assertEqual(bids(house), [">> Buyer 1 bid $5000"])

    def test_something_else_is_said_first(self) -> None:
        """The person has sent another line since, and learns that the first one is dropped."""
        _, visit, buyer, _, _ = self.english()
        buyer.type_line(b"110")
        visit.link.cut()
        visit.house.clock.advance(1)
        welcome = render(
            *(messages.RoleBuyer(), messages.YouAre(1), messages.BiddingStart()),
            messages.AskAnytime("type an amount to bid."),
        )
        client = visit.link.client
        client.dataReceived(welcome)
        buyer.type_line(b"120")
        client.dataReceived(render(messages.Asking(100, 59)))
        standing = "Asking price: $100. Seconds left: 59."
        self.check(
            visit,
            LOST,
            AGAIN,
            BUYER,
            "You are Buyer 1.",
            BIDDING,
            ANYTIME,
            standing,
            "Not sent again: 110",
        )

    def test_outbid_meanwhile(self) -> None:
        house, visit, buyer, _, rival = self.english()
        buyer.type_line(b"100")
        visit.link.cut(arrives=True)
        rival.type_line(b"105")
        house.advance(2)
        self.check(
            visit,
            *self.back(
                "Not sent again: 100",
                "Highest bid: $105 by Buyer 2. Asking price: $110. Seconds left: 59.",
                "You have been outbid: Buyer 2 bids $105.",
            ),
        )

    def test_several_lines(self) -> None:
        """The last one is judged, and an answer settles the first."""
        _, visit, buyer, _, _ = self.english()
        for line in (b"100", b"110", b"120"):
            buyer.type_line(line)
        visit.link.carry()  # they arrive,
        said = b"You hold the highest bid: $100.\r\nYou hold the highest bid: $110.\r\n"
        visit.link.client.dataReceived(said)  # and two answers come back
        visit.read_lines()
        visit.cut()
        self.check(
            visit,
            *self.back(
                "Highest bid: $120 by Buyer 1. Asking price: $125. Seconds left: 59.",
                STANDS.format(120),
            ),
        )

    def test_refused(self) -> None:
        """A refused line is settled."""
        for line in (b"99", b"much"):
            house, visit, buyer, _, _ = self.english()
            buyer.type_line(line)
            house.deliver()
            visit.read_lines()
            visit.cut()
            self.check(visit, *self.back("Asking price: $100. Seconds left: 59."))

    def test_seller(self) -> None:
        """Nor is the Seller's close sent again."""
        scene = [LOST, AGAIN, SELLER, START, BIDDING, "At any time: type close to end the auction."]
        _, _, _, selling, _ = self.english()
        selling.cut()
        self.check(selling, *scene, "Asking price: $100. Seconds left: 59.")
        self.seller.type_line(b"close")
        selling.cut()
        self.check(
            selling,
            *scene,
            "Not sent again: close",
            "Asking price: $100. Seconds left: 58.",
        )
        self.seller.type_line(b"close")
        selling.cut(arrives=True)
        self.check(
            selling,
            *(LOST, AGAIN, FINISHED, "Not sold: Sword"),
            *("Unfortunately your item Sword was not sold in the auction.", OVER),
        )
        self.check_end(selling, RESULT_READ)

    def test_dutch(self) -> None:
        won = "You won this item Sword! Your payment due is $200"
        public = "Sold: Sword to Buyer 1 for $200"
        anytime = "At any time: type accept, or an amount that is at least the price, to buy."
        form = (
            "Format: dutch, from $200. The price falls by $10 every 5 seconds; whoever takes it "
            "first buys."
        )
        for arrives in (True, False):
            house = MemoryHouse()
            self.sold(house, b"4 100 1 Sword")
            buyer, visit = self.visit(house)
            form = next(line for line in visit.read_lines() if line.startswith("Format: dutch"))
            buyer.type_line(b"Accept")
            visit.cut(arrives)
            if arrives:
                self.check(visit, LOST, AGAIN, FINISHED, public, won, OVER)
                self.check_end(visit, RESULT_READ)
                continue
            self.check(
                visit,
                *(LOST, AGAIN, BUYER, "You are Buyer 1.", "On sale: Sword", form, BIDDING, anytime),
                "Asking price: $200. Seconds left: 4.",
                "Sent again: Accept",
                *(RECEIVED, FINISHED, public, won, OVER),
            )

    def test_dutch_price_has_fallen(self) -> None:
        """A Buyer pays no other price than the accepted one."""
        for line in ("accept", "190"):
            house = MemoryHouse()
            self.sold(house, b"4:interval=1 100 1 Sword")
            buyer, visit = self.visit(house)
            buyer.type_line(line.encode())
            visit.cut()
            self.assertEqual(
                visit.read_lines()[-2:],
                [f"Not sent again: {line}", "Asking price: $190. Seconds left: 1."],
            )
            self.assertEqual(bids(house), [])

    def test_robot(self) -> None:
        """It goes on, and never bids against itself."""
        for arrives in (True, False):
            house = MemoryHouse()
            self.sold(house, b"3:increment=5 100 1 Sword")
            talk = house.deliver
            visit = LobbyVisit(house, SlowTypist(), messages.RoleBuyer, partial(robot, house))
            visit.read_lines()
            rival, rival_visit = self.visit(house)
            rival.type_line(b"105")
            house.deliver = lambda: None  # type: ignore[method-assign]
            rival_visit.link.carry()
            house.advance(1)
            visit.link.carry()
            self.assertEqual(visit.link.transport.value(), b"110\n")
            house.deliver = talk  # type: ignore[method-assign]
            visit.read_lines()
            visit.cut(arrives)
            price = "Highest bid: $110 by Buyer 1. Asking price: $115. Seconds left: 58."
            said = [STANDS.format(110)]
            if not arrives:
                price = "Highest bid: $105 by Buyer 2. Asking price: $110. Seconds left: 58."
                said = ["110", "You have been outbid: Buyer 2 bids $105."]
                said.append("Server: You hold the highest bid: $110.")
            news = (
                []
                if arrives
                else ["Highest bid: $110 by Buyer 1. Asking price: $115. Seconds left: 58."]
            )
            self.check(visit, *self.back(price, *said, *news))
            house.advance(100)
            self.assertEqual(
                bids(house),
                [">> Buyer 1 bid $100", ">> Buyer 2 bid $105", ">> Buyer 1 bid $110"],
            )
            self.check_end(visit, RESULT_READ)

    def test_robot_with_a_sealed_bid(self) -> None:
        for arrives in (True, False):
            house = MemoryHouse()
            self.sold(house, b"2 100 2 Sword")
            visit = LobbyVisit(house, SlowTypist(), messages.RoleBuyer, partial(robot, house))
            rival = house.connect_to_lobby("JOIN antiques")
            visit.link.carry()
            self.assertEqual(visit.link.transport.value(), b"120\n")
            visit.read_lines()
            visit.cut(arrives)
            again = [BIDDING, BID, "Sent again: 120", RECEIVED]
            self.check(visit, LOST, AGAIN, BUYER, *([STANDS.format(120)] if arrives else again))
            rival.send_lines("110")
            house.deliver()
            self.check(visit, FINISHED, "You won this item Sword! Your payment due is $110", OVER)


class SaleTests(LobbyTestCase):
    CATALOGUE = b"1 10 1 A\n1 20 1 B\n3 30 1 C"

    def lot(self, number: int, name: str, price: int) -> list[str]:
        rules = "One sealed bid each; the highest wins and pays what it bid."
        if number == 3:
            rules = (
                "Each bid is at least $1 above the highest. There are 60 seconds, and 10 more "
                "after a late bid."
            )
        form = "english" if number == 3 else "first-price"
        return [
            f"Lot {number} of 3.",
            f"On sale: {name}",
            f"Format: {form}, from ${price}. {rules}",
            *(["Type an amount, or pass."] if number != 3 else []),
        ]

    def sale(self) -> tuple[MemoryHouse, SlowTypist, LobbyVisit]:
        """A sale with the first lot up for bidding, and the Buyer's lines read."""
        house = MemoryHouse(catalogue=self.CATALOGUE)
        buyer, visit = self.visit(house, "main")
        house.advance(5)
        visit.read_lines()
        return house, buyer, visit

    def test_same_lot(self) -> None:
        for arrives, answer in [(True, []), (False, [BIDDING, BID, "Sent again: 15", RECEIVED])]:
            _, buyer, visit = self.sale()
            buyer.type_line(b"15")
            visit.cut(arrives)
            missed = ["Result of lot 1 of 3:", FINISHED, WON_A] if arrives else []
            came = [LOST, AGAIN, *missed, BUYER, "You are Buyer 1."]
            if arrives:
                self.check(visit, *came, *self.lot_b_is_next(4))
            else:
                self.check(
                    visit,
                    *came,
                    *self.lot(1, "A", 10),
                    *answer,
                    FINISHED,
                    WON_A,
                    *self.lot(2, "B", 20),
                    "Bidding opens in 5 seconds.",
                )

    def lot_b_is_next(self, seconds: int) -> list[str]:
        return [
            "Not sent again: 15",
            *self.lot(2, "B", 20),
            f"Bidding opens in {seconds} seconds.",
        ]

    def test_another_lot(self) -> None:
        """A line for one lot is never a bid on the next."""
        cancelled = ["Result of lot 1 of 3:", "Auction cancelled! It is broken."]
        won = [
            "Result of lot 2 of 3:",
            *(FINISHED, "You won this item B! Your payment due is $25"),
        ]
        house, buyer, visit = self.sale()
        buyer.type_line(b"15")
        with visit.away():
            house.auctioneer.orders.give(Cancel(), reason="It is broken.")
            house.advance(6)
        self.check(
            visit,
            *(LOST, AGAIN, *cancelled, BUYER, "You are Buyer 1."),
            "Not sent again: 15",
            *(*self.lot(2, "B", 20), BIDDING, BID),
        )
        buyer.type_line(b"25")
        house.deliver()
        house.advance(6)
        self.check(
            visit,
            *(RECEIVED, FINISHED, "You won this item B! Your payment due is $25"),
            *self.lot(3, "C", 30),
            *(
                "Bidding opens in 5 seconds.",
                BIDDING,
                ANYTIME,
                "Asking price: $30. Seconds left: 60.",
            ),
        )
        visit.cut()
        self.check(
            visit,
            *(LOST, AGAIN, *cancelled, *won, BUYER, "You are Buyer 1."),
            *self.lot(3, "C", 30),
            *(BIDDING, ANYTIME, "Asking price: $30. Seconds left: 58."),
        )
        with visit.away():
            house.advance(59)
            self.assertEqual(house.console[-1], ">> Item not sold! There was no bid.")
        self.check(
            visit,
            *(LOST, AGAIN, *cancelled, *won),
            *("Result of lot 3 of 3:", FINISHED, "Not sold: C", DID_NOT_WIN),
            *("The sale is over.", OVER),
        )
        self.check_end(visit, RESULT_READ)

    def test_between_lots(self) -> None:
        """A result before the last lot is not the end, even with a cut right after it."""
        _, _, visit = self.sale()
        visit.link.client.dataReceived(render(messages.AuctionFinished(), messages.YouLost()))
        visit.cut()
        self.check(
            visit,
            *(FINISHED, DID_NOT_WIN, LOST, AGAIN, BUYER, "You are Buyer 1."),
            *(*self.lot(1, "A", 10), BIDDING, BID),
        )

    def test_cut_anywhere_in_the_answer(self) -> None:
        """No result ends the visit before the client has read that the sale is over."""
        house, buyer, _ = self.sale()
        buyer.type_line(b"15")
        house.deliver()
        house.advance(5)
        for is_over in (False, True):
            if is_over:
                house.auctioneer.orders.give(Cancel(), reason="It is broken.")
                house.auctioneer.orders.give(Cancel(), reason="It is broken, too.")
            whole = house.connect_to_lobby("RESUME ticket-1").transport.value()
            self.assertIn(b"Result of lot 1 of 3:", whole)
            for place in range(len(whole) + is_over):
                part = RoomVisit(house.clock, "main", SlowTypist(), None)
                part.key.ticket = "ticket-1"
                client = part.buildProtocol(None)
                client.makeConnection(StringTransport())
                client.dataReceived(whole[:place])
                client.connectionLost(Failure(ConnectionLost()))
                if not is_over or place < len(whole):
                    self.assertNoResult(part.ended)
                else:
                    self.check_end(part, RESULT_READ)  # the last lots were cancelled

    def test_away_for_longer_than_the_grace(self) -> None:
        """A Buyer of one lot bids on the next ones."""
        house = MemoryHouse(Terms(resume_grace=3), catalogue=self.CATALOGUE)
        buyer, visit = self.visit(house, "main")
        house.advance(5)
        visit.read_lines()
        buyer.type_line(b"15")
        house.deliver()
        visit.read_lines()
        with visit.away():
            house.advance(4)
        self.check(
            visit,
            *(LOST, AGAIN, "Result of lot 1 of 3:", FINISHED, WON_A, BUYER, "You are Buyer 1."),
            *(*self.lot(2, "B", 20), BIDDING, BID),
        )
        buyer.type_line(b"25")
        house.deliver()
        won = [FINISHED, "You won this item B! Your payment due is $25"]
        self.assertEqual(visit.read_lines()[:3], [RECEIVED, *won])

    def test_seat_given_up_after_a_result(self) -> None:
        """The results read decide the status."""
        house = MemoryHouse(Terms(resume_grace=3, bid_timeout=0), catalogue=b"1 10 2 A\n1 20 2 B")
        (first, visit), (second, _) = self.visit(house, "main"), self.visit(house, "main")
        house.advance(5)
        first.type_line(b"15")
        second.type_line(b"16")
        house.deliver()
        house.advance(5)
        visit.read_lines()
        with visit.away():
            house.advance(4)
        self.check(
            visit,
            *(LOST, AGAIN, "Result of lot 1 of 2:", FINISHED, DID_NOT_WIN),
            *("Your seat was given up while you were away.", OVER),
        )
        self.check_end(visit, RESULT_READ)

    def test_time_is_up(self) -> None:
        """In silence a lot goes by, and nothing else."""
        house = MemoryHouse(Terms(lot_time=30), catalogue=self.CATALOGUE)
        _, visit = self.visit(house, "main")
        house.advance(5)
        visit.read_lines()
        house.advance(30)
        self.check(
            visit, FINISHED, DID_NOT_WIN, *self.lot(2, "B", 20), "Bidding opens in 5 seconds."
        )
        self.assertEqual(visit.attempts, 1)

    def test_pass(self) -> None:
        """A cut swallows the answer, or the word itself; neither is lost."""
        passed = "Server: You have passed this lot. Please wait..."
        for arrives in (True, False):
            house = MemoryHouse(catalogue=self.CATALOGUE)
            buyer, visit = self.visit(house, "main")
            other = house.connect()
            house.advance(5)
            visit.read_lines()
            buyer.type_line(b"Pass")
            visit.cut(arrives)
            welcome = [LOST, AGAIN, BUYER, "You are Buyer 1.", *self.lot(1, "A", 10)]
            if arrives:
                self.check(visit, *welcome[:-1], passed)
            else:
                self.check(visit, *welcome, BIDDING, BID, "Sent again: Pass", passed)
            other.send_lines("pass", "pass")
            house.advance(5)
            visit.read_lines()
            buyer.type_line(b"pass")
            other.send_lines("pass")
            house.deliver()
            house.advance(5)
            self.assertEqual(
                visit.read_lines()[-2:], [ANYTIME, "Asking price: $30. Seconds left: 60."]
            )
            buyer.type_line(b"pass")  # in open bidding, too
            visit.cut(arrives)
            self.assertEqual(visit.read_lines()[-1], passed)
            self.assertEqual(list(house.auctioneer.auction.passed), [1])
            house.advance(100)
            self.check_end(visit, RESULT_READ)

    def test_results_of_its_own(self) -> None:
        """A Buyer with a won lot has its result, whatever the results of later lots."""
        for says, ending in [
            (None, RESULT_READ),
            (b"25", NO_RESULT_OF_BID),
        ]:
            house = MemoryHouse(catalogue=self.CATALOGUE)
            buyer, visit = self.visit(house, "main")
            other = house.connect()
            house.advance(5)
            buyer.type_line(b"15")
            house.deliver()
            other.send_lines("pass")
            house.advance(6)
            self.assertIn(WON_A, visit.read_lines())
            if says is not None:
                buyer.type_line(says)
                house.deliver()
            house.rooms.close()  # without a ledger
            house.deliver()
            house.advance(1)
            self.check_end(visit, ending)

    def test_input_ends_in_a_later_lot(self) -> None:
        """It leaves with its result, and does not come back."""
        house, buyer, visit = self.sale()
        buyer.type_line(b"15")
        house.deliver()
        house.advance(5)
        self.assertIn(WON_A, visit.read_lines())
        assert buyer.answer is not None
        buyer.answer(None)
        house.deliver()
        house.advance(5)
        self.check_end(visit, RESULT_READ)
        self.assertEqual(house.auctioneer.auction.present, {})

    def at_terminal(self) -> tuple[MemoryHouse, LobbyVisit, Terminal, StringTransport]:
        house = MemoryHouse(catalogue=self.CATALOGUE)
        terminal, screen = Terminal(is_interactive=True), StringTransport()
        terminal.makeConnection(screen)
        visit = LobbyVisit(house, Typist(), agent=lambda _: terminal, name="main")
        house.advance(5)
        screen.clear()
        return house, visit, terminal, screen

    def test_pass_at_a_terminal(self) -> None:
        """``pass`` is a word like any other: typed for a lot, it counts for that lot."""
        house, visit, terminal, screen = self.at_terminal()
        for number in (1, 2, 3):
            terminal.dataReceived(b"pass\n")
            house.deliver()
            house.advance(6)
            shown = screen.value().decode().splitlines()
            self.assertEqual(shown[0], "Server: You have passed this lot. Please wait...")
            screen.clear()
            self.assertEqual(house.auctioneer.auction.lot, min(number + 1, 3))
        house.advance(100)
        self.check_end(visit, RESULT_READ)
        self.assertEqual(bids(house), [])

    def test_typing_in_the_same_lot(self) -> None:
        """A line typed during a cut is sent after it."""
        house, visit, terminal, _ = self.at_terminal()
        terminal.dataReceived(b"1")
        visit.cut()
        terminal.dataReceived(b"5\n")
        house.advance(5)
        self.assertIn(">> Buyer 1 bid $15", house.console)

    def test_nothing_is_read_while_away(self) -> None:
        _, visit, _, screen = self.at_terminal()
        with visit.away():
            self.assertEqual(screen.producerState, "paused")
        self.assertEqual(screen.producerState, "producing")

    def test_typing_for_another_lot(self) -> None:
        """Lines typed for a finished lot are dropped before the next question."""
        house, visit, terminal, screen = self.at_terminal()
        visit.is_open = False
        visit.cut()
        house.auctioneer.orders.give(Cancel(), reason="It is broken.")
        house.advance(6)
        visit.is_open = True
        house.clock.advance(1)
        house.deliver()
        self.assertEqual(screen.producerState, "producing")
        terminal.dataReceived(b"15\n")  # it waited in the system
        house.advance(1)
        terminal.dataReceived(b"25\n")
        house.deliver()
        self.assertEqual(
            screen.value().decode().splitlines()[:13],
            [
                *(LOST, AGAIN, "Result of lot 1 of 3:", "Auction cancelled! It is broken."),
                *(BUYER, "You are Buyer 1."),
                *("Lot 2 of 3.", "Not sent: wait for the question."),
                *self.lot(2, "B", 20)[1:],
                *(BIDDING, BID),
            ],
        )
        self.assertEqual(bids(house), [">> Buyer 1 bid $25"])

    def test_stuck_output_while_the_lot_comes_up(self) -> None:
        """Neither pause ends the other, and the next connection is held, too."""
        house, visit, _, screen = self.at_terminal()
        visit.link.cut()
        house.auctioneer.orders.give(Cancel(), reason="It is broken.")
        house.clock.advance(1)
        house.deliver()
        assert screen.producer is not None
        self.assertEqual(visit.link.transport.producerState, "paused")
        screen.producer.pauseProducing()
        screen.producer.resumeProducing()
        self.assertEqual(visit.link.transport.producerState, "paused")
        screen.producer.pauseProducing()
        house.clock.advance(1)
        self.assertEqual(visit.link.transport.producerState, "paused")
        screen.producer.resumeProducing()
        self.assertEqual(visit.link.transport.producerState, "producing")

    def test_cut_while_the_lot_comes_up(self) -> None:
        house, visit, _, screen = self.at_terminal()
        visit.link.cut()
        house.auctioneer.orders.give(Cancel(), reason="It is broken.")
        house.clock.advance(1)
        house.deliver()
        visit.cut()
        self.assertEqual(screen.value().decode().count(LOST), 2)
        self.assertIn("Bidding opens in", screen.value().decode())


class RestartTests(LobbyTestCase):
    def setUp(self) -> None:
        super().setUp()
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.file = Path(folder.name, "ledger")

    def open_house(
        self, ledger: Path | None = None, after: MemoryHouse | None = None
    ) -> MemoryHouse:
        house = MemoryHouse(ledger=ledger, clock=None if after is None else after.clock)
        self.addCleanup(self.close_house, house)
        return house

    def close_house(self, house: MemoryHouse) -> None:
        if house.ledger is not None:
            with contextlib.suppress(OSError):
                house.ledger.close()

    def hold(self, house: MemoryHouse) -> tuple[SlowTypist, LobbyVisit, SlowTypist, LobbyVisit]:
        _, self.selling = self.sold(house, b"1 100 2 Sword")
        first, visit = self.visit(house)
        second, other = self.visit(house)
        for each in (visit, other):
            each.read_lines()
        return first, visit, second, other

    def visits(self, visit: LobbyVisit, other: LobbyVisit) -> Iterable[LobbyVisit]:
        return (self.selling, visit, other)

    def test_closed_and_opened_again(self) -> None:
        house = self.open_house(self.file)
        first, visit, second, other = self.hold(house)
        first.type_line(b"120")
        house.advance(1)
        for each in self.visits(visit, other):
            each.is_open = False
        house.rooms.close()
        house.advance(0)
        self.close_house(house)
        house.advance(5)
        again = self.open_house(self.file, after=house)
        for each in self.visits(visit, other):
            each.is_open, each.house = True, again
        again.advance(2)
        closes = (
            "The Auctioneer is closing. When it opens again, your ticket is good for your seat."
        )
        self.check(visit, RECEIVED, closes, LOST, AGAIN, BUYER, STANDS.format(120))
        self.check(other, closes, LOST, AGAIN, BUYER, BIDDING, BID)
        self.check(self.selling, closes, LOST, AGAIN, SELLER, START)
        second.type_line(b"150")
        again.deliver()
        again.advance(1)
        self.check(visit, FINISHED, DID_NOT_WIN, OVER)
        for each in self.visits(visit, other):
            self.check_end(each, RESULT_READ)

    def test_killed(self) -> None:
        """A bid that arrived without an acknowledgement is on the disk, or is sent again."""
        for is_committed in (True, False):
            self.file = self.file.with_name(f"ledger-{is_committed}")
            house = MemoryHouse(ledger=self.file)
            first, visit, second, other = self.hold(house)
            first.type_line(b"120")
            visit.link.carry()
            if is_committed:
                house.clock.advance(0)
            again = house.restart()
            self.addCleanup(self.close_house, again)
            for each in self.visits(visit, other):
                each.house = again
            again.advance(2)
            taken = [BIDDING, BID, "Sent again: 120", RECEIVED]
            if is_committed:
                taken = [STANDS.format(120)]
            self.check(visit, LOST, AGAIN, BUYER, *taken)
            second.type_line(b"150")
            again.deliver()
            again.advance(1)
            self.check(visit, FINISHED, DID_NOT_WIN, OVER)

    def test_no_ledger(self) -> None:
        """Then there is no seat to come back to, and no attempt is made."""
        house = self.open_house()
        _, visit, _, other = self.hold(house)
        again = self.open_house(after=house)
        for each in self.visits(visit, other):
            each.house = again
        house.rooms.close()
        house.deliver()
        again.advance(5)
        closes = "The Auctioneer is closing. This auction has no result."
        self.check(visit, closes)
        self.check_end(visit, NO_RESULT)
        self.assertEqual(again.clock.getDelayedCalls(), [])

    def test_sale_without_ledger(self) -> None:
        """A closing house ends the visit, although another lot would have followed."""
        house = MemoryHouse(catalogue=SaleTests.CATALOGUE)
        _, visit = self.visit(house, "main")
        visit.read_lines()
        house.rooms.close()
        house.deliver()
        self.check(visit, "The Auctioneer is closing. This auction has no result.")
        self.check_end(visit, NO_RESULT)
        self.assertEqual(visit.attempts, 1)


class RandomCutTests(LobbyTestCase):
    """Connections cut again and again, before or after the bytes on their way."""

    def check_auction(self, seed: int, request: bytes) -> None:
        chance = random.Random(seed)
        house = MemoryHouse()
        _, selling = self.sold(house, request)
        visits = [selling]
        for _ in range(3):
            maximum = chance.randint(90, 160)
            agent = partial(BidRobot, maximum=maximum, clock=house.clock)
            visits.append(LobbyVisit(house, SlowTypist(), messages.RoleBuyer, agent))
            for _ in range(10):
                self.disturb(house, visits, chance)
        for _ in range(100):
            self.disturb(house, visits, chance)
        house.deliver()
        house.advance(300)
        for visit in visits:
            self.check_end(visit, RESULT_READ)
        self.assertEqual(len(bids(house)), len(set(bids(house))))
        if not request.startswith(b"3"):
            self.assertLessEqual(len(bids(house)), 3)
        for one, next_one in pairwise(bids(house)):  # no robot bids against itself
            self.assertNotEqual(one.partition("bid")[0], next_one.partition("bid")[0])

    def disturb(self, house: MemoryHouse, visits: list[LobbyVisit], chance: random.Random) -> None:
        for visit in visits:
            if chance.random() < 0.1 and not visit.link.is_cut:
                visit.link.cut(arrives=chance.random() < 0.5)
            else:
                visit.link.carry()
        house.clock.advance(chance.choice([0, 0, 0.05, 0.3]))

    def test_all_formats(self) -> None:
        for seed in range(10):
            for request in [
                b"1 100 3 Sword",
                b"2 100 3 Sword",
                b"3:increment=5 100 3 Sword",
                b"4:start=200:step=20:interval=3 100 3 Sword",
            ]:
                self.check_auction(seed, request)

    def test_maxima(self) -> None:
        """The server gets each maximum, and once has it, needs no connection to its Buyer."""
        for seed in range(10):
            chance = random.Random(seed)
            house = MemoryHouse()
            _, selling = self.sold(house, b"3:increment=5 100 3 Sword")
            visits = [selling]
            maxima = chance.sample(range(100, 160), 3)
            for maximum in maxima:
                agent = partial(MaximumRobot, maximum=maximum, clock=house.clock)
                visits.append(LobbyVisit(house, SlowTypist(), messages.RoleBuyer, agent))
            for _ in range(130):
                self.disturb(house, visits, chance)
            house.deliver()
            house.advance(300)
            for visit in visits:
                self.check_end(visit, RESULT_READ)
            second, highest = sorted(maxima)[1:]
            price = min(highest, second + 5)
            self.assertIn(f"${price}", house.console[-1])
            winner = visits[1 + maxima.index(highest)]
            self.assertIn(f"You won this item Sword! Your payment due is ${price}", winner.screen)
