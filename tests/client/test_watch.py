from twisted.internet.defer import ensureDeferred

from tests.persons import SlowTypist
from tests.support import LedgerFolderTestCase
from twisted_auction.client import session
from twisted_auction.client.person import RESULT_READ, Ending
from twisted_auction.client.session import join_room
from twisted_auction.client.watch import WatchVisit
from twisted_auction.testing import MemoryEndpoint, MemoryHouse

CONNECTED = "Connected to the Auctioneer server."
WATCHER = "Your role is: [Watcher]"
LOST = "Connection lost. Trying to come back..."
AGAIN = "Connected again."
LOTS = b"3:increment=5:duration=20 100 1 Sword\n1 5 1 Vase\n"


class WatchTests(LedgerFolderTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.patch(session, "RECONNECT_DELAYS", lambda attempt: 1.0)

    def watch(self, house: MemoryHouse, room: str = "main") -> None:
        self.house = house
        self.person = SlowTypist()
        self.endpoint = MemoryEndpoint(house, to_lobby=True)
        self.visit = WatchVisit(house.clock, room, self.person)
        self.ended = ensureDeferred(join_room(self.endpoint, self.visit))
        house.advance()

    def shown(self) -> list[str]:
        lines = self.person.screen[:]
        self.person.screen.clear()
        return lines

    def test_sale(self) -> None:
        """From before the first lot to the end."""
        house = MemoryHouse(catalogue=LOTS)
        self.watch(house)
        self.assertEqual(self.shown(), [CONNECTED, WATCHER, "The sale has not begun."])
        buyer = house.connect_to_lobby("JOIN main")
        house.advance(10)
        buyer.send_lines("150")
        house.advance(30)
        buyer.send_lines("7")
        house.advance(1)
        shown = self.shown()
        self.assertIn("Sold: Sword to Buyer 1 for $150", shown)
        self.assertEqual(
            shown[-3:],
            [
                "Auction finished!",
                "The sale is over.",
                "Disconnecting from the Auctioneer server. Auction is over!",
            ],
        )
        self.assertEqual(self.successResultOf(self.ended), RESULT_READ)

    def test_auction_after_auction(self) -> None:
        """A cancellation, and the end of an auction, are no end for a Watcher."""
        house = MemoryHouse()
        self.watch(house, "art")
        for _ in range(2):
            seller = house.connect_to_lobby("JOIN art", "3 100 1 Sword")
            house.advance(1)
            seller.disconnect()
            house.advance(70)
        self.assertEqual(self.shown().count("Auction cancelled! The Seller has left."), 2)
        self.assertNoResult(self.ended)
        self.endpoint.link.cut()
        self.assertEqual(self.shown(), [LOST])
        waiting = "Waiting for an item in room art. Other rooms in use: main."
        house.advance(2)
        self.assertEqual(self.shown(), [AGAIN, WATCHER, "Nothing is on sale.", waiting])
        self.visit.leave()
        house.advance(1)
        self.successResultOf(self.ended)

    def test_restart(self) -> None:
        house = MemoryHouse(ledger=self.path, catalogue=LOTS)
        self.watch(house)
        buyer = house.connect_to_lobby("JOIN main")
        house.advance(10)
        buyer.send_lines("150")
        house.advance(1)
        self.shown()
        self.endpoint.house = house = house.restart(5)
        house.links.append(self.endpoint.link)
        house.advance(2)
        self.assertEqual(self.shown()[:5], [LOST, AGAIN, WATCHER, "Lot 1 of 2.", "On sale: Sword"])
        house.close()
        self.visit.leave()
        house.advance(1)

    def test_stop(self) -> None:
        """The server may come again."""
        house = MemoryHouse()
        self.watch(house)
        self.shown()
        house.lobby.stopFactory()
        house.advance(0.5)
        self.assertEqual(self.shown(), ["The Auctioneer is closing.", LOST])
        self.assertNoResult(self.ended)

    def test_mistyped_room(self) -> None:
        """The rooms that the person may have meant are named, until an item comes."""
        house = MemoryHouse()
        house.connect_to_lobby("JOIN art", "3 100 1 Sword")
        self.watch(house, "atr")
        waiting = "Waiting for an item in room atr. Other rooms in use: main, art."
        self.assertEqual(self.shown(), [CONNECTED, WATCHER, "Nothing is on sale.", waiting])
        house.connect_to_lobby("JOIN atr", "3 100 1 Vase")
        house.advance(1)
        self.assertIn("On sale: Vase", self.shown())
        self.endpoint.link.cut()
        house.advance(2)
        self.assertNotIn(waiting, self.shown())
        self.visit.leave()
        house.advance(1)

    def test_many_rooms(self) -> None:
        """Only the first ones are named, and the others are counted."""
        house = MemoryHouse()
        for number in range(8):
            house.connect_to_lobby(f"JOIN room{number}")
        self.watch(house, "main")
        named = "room0, room1, room2, room3, room4 and 3 more"
        self.assertEqual(
            self.shown()[-1], f"Waiting for an item in room main. Other rooms in use: {named}."
        )

    def test_only_room(self) -> None:
        self.watch(MemoryHouse())
        self.assertEqual(self.shown()[-1], "Waiting for an item in room main.")

    def test_no_such_room(self) -> None:
        self.watch(MemoryHouse(max_rooms=1), "art")
        self.assertEqual(
            self.successResultOf(self.ended),
            Ending(1, "cannot watch room art: every room is in use, and there may not be more"),
        )

    def test_no_lobby(self) -> None:
        """A Watcher at the port of a room takes no seat there for long."""
        house = MemoryHouse()
        house.lobby = house.factory  # type: ignore[assignment]
        self.watch(house)
        self.assertIn("that is no lobby", self.successResultOf(self.ended).complaint)
        self.assertTrue(house.auctioneer.is_idle)
