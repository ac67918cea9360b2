import json
from typing import Any

from twisted.internet.address import IPv4Address
from twisted.internet.interfaces import IPushProducer
from twisted.internet.protocol import connectionDone
from twisted.internet.testing import StringTransport
from twisted.protocols.basic import LineOnlyReceiver
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase
from zope.interface import implementer

from twisted_auction.server.codings import as_json
from twisted_auction.server.limits import CLOSE_TIMEOUT, Limits
from twisted_auction.server.lobby import LobbySession
from twisted_auction.server.room_session import RoomSession
from twisted_auction.server.session import Session, State
from twisted_auction.testing import MemoryHouse


@implementer(IPushProducer)
class JsonProtocol(LineOnlyReceiver):
    """A second framing: each line is an object, and its ``say`` is a line of the client. It has no
    Telnet, no line ends but LF, and no timeout for a line."""

    delimiter = b"\n"
    transport: Any

    def __init__(self, session: Session) -> None:
        self.session = session
        session.code = as_json
        self._waiting: list[bytes] | None = None  # lines that came in a pause

    def connectionMade(self) -> None:
        self.session.connected(self.transport, self)

    def lineReceived(self, line: bytes) -> None:
        if self._waiting is None:
            self.session.line_received(json.loads(line)["say"].encode())
        else:
            self._waiting.append(line)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self.session.lost()

    def pauseProducing(self) -> None:
        self._waiting = self._waiting or []
        self.transport.pauseProducing()

    def resumeProducing(self) -> None:
        waiting, self._waiting = self._waiting or [], None
        self.transport.resumeProducing()
        for line in waiting:
            self.lineReceived(line)

    def stopProducing(self) -> None:
        self.transport.stopProducing()


class JsonClient:
    """A client that speaks JSON."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.protocol = JsonProtocol(session)
        self.transport = StringTransport(peerAddress=IPv4Address("TCP", "127.0.0.1", 60001))
        self.protocol.makeConnection(self.transport)

    def send_lines(self, *lines: str) -> None:
        self.protocol.dataReceived(b"".join(json.dumps({"say": x}).encode() + b"\n" for x in lines))

    def read_messages(self) -> list[dict[str, Any]]:
        lines = self.transport.value().splitlines()
        self.transport.clear()
        return [message for line in lines for message in json.loads(line)]

    def read_types(self) -> list[str]:
        return [each["type"] for each in self.read_messages()]


class FramingTests(SynchronousTestCase):
    """A session works with any framing."""

    def setUp(self) -> None:
        self.house = MemoryHouse()

    def test_room(self) -> None:
        """Clients of both framings meet in one auction."""
        seller = JsonClient(RoomSession(self.house.auctioneer, self.house.connections))
        seller.send_lines("1 100 2 Sword")
        first = self.house.connect()
        second = JsonClient(RoomSession(self.house.auctioneer, self.house.connections))
        first.send_lines("120")
        second.send_lines("what?", "150")
        self.assertEqual(
            first.read_lines()[-2:],
            ["Auction finished!", "Unfortunately you did not win in the last round."],
        )
        self.assertEqual(
            seller.read_messages(),
            [
                {"type": "role_seller"},
                {"type": "ask_request"},
                {"type": "request_received", "text": "1 100 2 Sword"},
                {"type": "time_left", "until": "end", "seconds": 300},
                {"type": "auction_finished"},
                {"type": "sold_for", "item_name": "Sword", "payment": 150},
            ],
        )
        self.assertEqual(
            second.read_types(),
            [
                "role_buyer",
                "bidding_start",
                "ask_bid",
                "time_left",
                "bid_refused",
                "ask_bid",
                "bid_received",
                "auction_finished",
                "you_won",
            ],
        )
        self.assertIs(second.session.state, State.CLOSING)
        self.assertTrue(second.transport.disconnecting)

    def lobby_client(self, house: MemoryHouse) -> JsonClient:
        return JsonClient(LobbySession(house.rooms, {}, house.connections, lambda: "ticket-1"))

    def test_lobby(self) -> None:
        """Answers, a seat, a second connection to it, and the end."""
        visitor = self.lobby_client(self.house)
        visitor.send_lines("PING x", "JOIN art")
        self.assertEqual(
            visitor.read_messages(),
            [
                {"type": "pong", "text": "x"},
                {"type": "ticket_is", "ticket": "ticket-1"},
                {"type": "role_seller"},
                {"type": "ask_request"},
            ],
        )
        again = self.lobby_client(self.house)
        again.send_lines("RESUME ticket-1")
        self.assertEqual(visitor.read_types(), ["came_back"])
        self.assertIs(visitor.session.state, State.CLOSING)
        visitor.protocol.connectionLost()
        self.assertIs(visitor.session.state, State.CLOSED)
        again.read_messages()
        again.send_lines("1 100 1 Sword")
        self.assertEqual(again.read_types(), ["request_received"])
        third = self.lobby_client(self.house)
        third.send_lines("QUIT ticket-1")
        self.assertEqual(third.read_types(), ["goodbye"])

    def test_rate_limit(self) -> None:
        """The session has the rate limit, so it holds for any framing."""
        house = MemoryHouse(limits=Limits(line_rate=1))
        visitor = self.lobby_client(house)
        visitor.send_lines(*["PING"] * 3)
        self.assertEqual(visitor.read_types(), ["pong"])
        self.assertEqual(visitor.transport.producerState, "paused")
        house.advance(1)
        self.assertEqual(visitor.read_types(), ["pong"])
        house.advance(1)
        self.assertEqual(visitor.read_types(), ["pong"])
        visitor.send_lines(*["PING"] * 100)
        house.advance(62)
        self.assertEqual(visitor.read_types()[-1], "too_many_lines")
        house.advance(CLOSE_TIMEOUT)
        self.assertTrue(visitor.transport.disconnected)

    def test_long_answer(self) -> None:
        """The bids so far cost as much as three lines."""
        house = MemoryHouse(limits=Limits(line_rate=4))
        _, (buyer,) = house.open_auction("english:duration=600 100 1 Sword", 1)
        house.advance(10)
        buyer.read_lines()
        buyer.send_lines(*["bids"] * 5)
        for answers in (3, 1, 1):
            self.assertEqual(buyer.read_lines(), ["Bids listed: 0 of 0."] * answers)
            house.advance(0.75)


class StateTests(SynchronousTestCase):
    """The states of a session, in their order."""

    def test_states(self) -> None:
        house = MemoryHouse(limits=Limits(max_connections=3, max_new_per_minute=2))
        first = JsonClient(RoomSession(house.auctioneer, house.connections))
        first.send_lines("1 100 1 Sword")
        self.assertIs(first.session.state, State.OPEN)
        house.connections.halt()
        waiting = JsonClient(RoomSession(house.auctioneer, house.connections))
        self.assertIs(waiting.session.state, State.WAITING)
        hasty = JsonClient(RoomSession(house.auctioneer, house.connections))
        self.assertIs(hasty.session.state, State.ENDING)
        excess = JsonClient(RoomSession(house.auctioneer, house.connections))
        self.assertIs(excess.session.state, State.CLOSING)
        house.connections.go_on()
        self.assertIs(waiting.session.state, State.OPEN)
        house.advance(1)
        self.assertEqual(hasty.read_types(), ["server_busy"])
        self.assertIs(hasty.session.state, State.CLOSING)
        for visitor in (first, waiting, hasty, excess):
            visitor.protocol.connectionLost()
            self.assertIs(visitor.session.state, State.CLOSED)
            visitor.session.abort()
            self.assertIs(visitor.session.state, State.CLOSED)
        self.assertEqual(house.clock.getDelayedCalls(), [])
