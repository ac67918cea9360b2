"""The order ``follow``: all rooms, one line an event."""

import tempfile
from collections.abc import Sequence
from pathlib import Path

from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.trial.unittest import SynchronousTestCase

from tests.support import RecordingConnection
from twisted_auction.house.news import News
from twisted_auction.rules.events import Called, Event
from twisted_auction.server.control import ControlFactory, ControlProtocol
from twisted_auction.testing import MemoryHouse
from twisted_auction.wire.lines import parse
from twisted_auction.wire.messages import NewsOf


class FollowTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.meet(MemoryHouse())

    def meet(self, house: MemoryHouse) -> None:
        self.house = house
        self.factory = ControlFactory(house.rooms, house.connections)
        self.protocol, self.transport = self.connect()

    def connect(self) -> tuple[ControlProtocol, StringTransport]:
        protocol, transport = self.factory.buildProtocol(None), StringTransport()
        protocol.makeConnection(transport)
        return protocol, transport

    def heard(self) -> list[str]:
        lines: list[str] = self.transport.value().decode().splitlines()
        self.transport.clear()
        for line in lines:
            self.assertEqual(str(parse(line.encode())), line)
        return lines

    def follow(self) -> list[str]:
        self.protocol.dataReceived(b"follow\r\n")
        return self.heard()

    def test_sealed_auction(self) -> None:
        """The whole life of an auction, without an amount, beside that of another room."""
        self.assertEqual(
            self.follow(), ["Done: following all rooms.", "News of main: waiting for the Seller"]
        )
        seller = self.house.connect()
        seller.send_lines("2 100 2 Wolf № 5")
        self.house.connect_to_lobby("JOIN art")
        buyers = [self.house.connect(), self.house.connect()]
        self.house.advance(1)
        buyers[0].send_lines("150")
        buyers[1].disconnect()
        addresses = [client.protocol.address for client in (seller, *buyers)]
        self.assertEqual(
            self.heard(),
            [
                f"News of main: Seller is connected from {addresses[0]}",
                "News of main: Auction request received: 2 100 2 Wolf № 5",
                f"News of art: Seller is connected from {addresses[0].rpartition(':')[0]}:50002",
                f"News of main: Buyer 1 is connected from {addresses[1]}",
                f"News of main: Buyer 2 is connected from {addresses[2]}",
                "News of main: Requested number of bidders arrived. Let's start bidding!",
                "News of main: Buyer 1 has made its bid.",
                "News of main: Buyer 2 has left.",
                "News of main: Item sold to Buyer 1!",
            ],
        )

    def test_sale(self) -> None:
        """A lot has its name, and open bids their amounts."""
        self.meet(MemoryHouse(catalogue="3:duration=9 5 1 Vase № 5\n".encode()))
        self.follow()
        buyer = self.house.connect_to_lobby("JOIN main")
        self.house.advance(5)
        buyer.send_lines("7")
        self.house.advance(9)
        news = [line.removeprefix("News of main: ") for line in self.heard()]
        self.assertEqual(
            news[:2] + news[3:],
            [
                "Lot 1 of 1: Vase № 5",
                f"Buyer 1 is connected from {buyer.protocol.address}",
                "Buyer 1 bid $7",
                "Going once!",
                "Going twice!",
                "Item sold to Buyer 1!",
            ],
        )

    def test_where_things_are(self) -> None:
        """A follower first hears how far each room is, without what has happened before."""
        self.house.open_auction("3 100 1 Sword", 1)
        self.house.connect_to_lobby("JOIN art")
        self.assertEqual(
            self.follow(),
            [
                "Done: following all rooms.",
                "News of main: Sword, english, Buyers: 1, no bid, asking price $100, "
                "seconds left: 60",
                "News of art: waiting for the Seller's request",
            ],
        )

    def test_orders_go_on(self) -> None:
        """The connection still takes orders. Following twice tells no news twice."""
        self.house.open_auction("3 100 1 Sword", 1)
        self.follow()
        self.follow()
        self.protocol.dataReceived(b"close\n")
        self.assertEqual(
            self.heard(),
            [
                "News of main: Order of operator, close.",
                "News of main: The Auctioneer has closed the bidding.",
                "News of main: Item not sold!",
                "Done: room main: the bidding is closed.",
            ],
        )

    def test_after_the_commit(self) -> None:
        """No news of an event that is not recorded, and none twice: an event before the order is
        in the first lines, also if its commit comes after the order."""
        with tempfile.TemporaryDirectory() as folder:
            self.meet(MemoryHouse(ledger=Path(folder, "ledger")))
            ledger = self.house.ledger
            assert ledger is not None
            self.house.open_auction("3 100 1 Sword", 1)
            self.house.advance()
            self.protocol.dataReceived(b"cancel Fire.\nfollow\n")
            self.protocol.dataReceived(b"close\n")
            self.house.rooms.main.arrive(RecordingConnection())
            self.assertEqual(self.heard(), [])
            ledger.commit()
            self.assertEqual(
                self.heard(),
                [
                    "Done: room main: it is cancelled.",
                    "Done: following all rooms.",
                    "News of main: waiting for the Seller",
                    "Not done: room main: bidding is not open.",
                    "News of main: Seller is connected from somewhere",
                ],
            )
            self.house.rooms.close_ledger()

    def test_one_who_does_not_read(self) -> None:
        """News is left out and counted, and nothing is kept for it."""
        self.follow()
        seller = self.house.connect()
        producer = self.transport.producer
        assert producer is not None
        self.heard()
        producer.pauseProducing()
        seller.send_lines("3 100 1 Sword")
        for _ in range(100):
            self.house.connect().disconnect()
        self.assertEqual(self.heard(), [])
        producer.resumeProducing()
        self.assertEqual(self.heard(), ["News left out: 202 lines."])
        seller.disconnect()
        self.assertEqual(self.heard(), ["News of main: Seller has left."])
        producer.pauseProducing()
        producer.resumeProducing()
        self.assertEqual(self.heard(), [])

    def test_answers_that_are_not_read(self) -> None:
        """A client that goes on giving orders without reading the answers is cut off."""
        producer = self.transport.producer
        assert producer is not None
        producer.pauseProducing()
        for _ in range(40_000):
            self.protocol.dataReceived(b"status\n")
        self.assertTrue(self.transport.disconnected)
        self.assertLess(len(self.transport.value()), 1 << 20)

    def test_gone(self) -> None:
        """A follower that has gone is forgotten, also before the commit of its order."""
        self.follow()
        self.assertEqual(len(self.house.rooms.news.followers), 1)
        self.protocol.connectionLost()
        self.assertEqual(self.house.rooms.news.followers, {})
        with tempfile.TemporaryDirectory() as folder:
            self.meet(MemoryHouse(ledger=Path(folder, "ledger")))
            self.house.open_auction("3 100 1 Sword", 1)
            self.house.advance()
            self.protocol.dataReceived(b"cancel Fire.\nfollow\n")
            self.protocol.connectionLost()
            self.house.advance()
            self.assertEqual(self.house.rooms.news.followers, {})
            self.house.rooms.close_ledger()

    def test_end_of_the_server(self) -> None:
        """All connections are told of the stop, if the ledger has it, and closed."""
        with tempfile.TemporaryDirectory() as folder:
            self.meet(MemoryHouse(ledger=Path(folder, "ledger")))
            _, other = self.connect()
            self.house.open_auction("3 100 1 Sword", 1)
            self.house.advance()
            self.follow()
            self.house.advance()
            self.heard()
            self.house.rooms.close()
            self.factory.stopFactory()
            self.house.advance()
            self.assertEqual(self.heard(), ["News of main: The auction that is on stops here."])
            self.assertTrue(self.transport.disconnecting)
            self.assertTrue(other.disconnecting)
            self.house.rooms.close_ledger()


class NewsTests(SynchronousTestCase):
    def test_followers(self) -> None:
        """The room's own watch comes first, and its failure costs no follower the news."""
        told: list[object] = []

        def own(events: Sequence[Event]) -> None:
            told.append(events)
            raise ZeroDivisionError

        def once(room: str, events: Sequence[Event]) -> None:
            told.append((room, events))
            del news.followers[once]

        news = News(lambda room: own, Clock())
        watch = news.watch("art")
        news.followers[once] = None
        events = [Called(1)]
        for _ in range(2):
            self.assertRaises(ZeroDivisionError, watch, events)
        self.assertEqual(told, [events, ("art", events), events])

    def test_room_of_news(self) -> None:
        self.assertEqual(parse(b"News of art: News of x: y"), NewsOf("art", "News of x: y"))
