"""The seconds left that JSON has and lines have not: before bidding opens, and of sealed bids."""

import itertools
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from twisted.trial.unittest import SynchronousTestCase

from twisted_auction.house.doors import Doors
from twisted_auction.rules.commands import Action, Extend, GoOn, MoveStart, Pause, Skip, Start
from twisted_auction.rules.terms import Terms
from twisted_auction.testing import MemoryClient, MemoryHouse

SALE = b"""\
first-price 50 2 Lamp
english:duration=20 100 2 Sword
second-price 50 1 Bell
"""

TERMS = Terms(lot_pause=5, lot_time=30, bid_timeout=40)

TIMES = ("time_left", "opens_in", "more_time", "sale_begins")


class Listener:
    """A participant with JSON, who reads the times alone.

    :ivar types: the types of all messages of the last letters.
    """

    def __init__(self, client: MemoryClient) -> None:
        self._client = client

    def say(self, line: str) -> None:
        self._client.send_lines(line)

    def cut(self) -> None:
        self._client.disconnect()

    def hears(self) -> list[str]:
        """The times told since the last call."""
        letters = self._client.read_json()
        self.types = [str(message["type"]) for letter in letters for message in letter]
        return [
            " ".join(str(value) for value in message.values())
            for letter in letters
            for message in letter
            if message["type"] in TIMES
        ]


class TimeLeftTests(SynchronousTestCase):
    def setUp(self) -> None:
        folder = TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = Path(folder.name, "ledger")
        self.tickets = itertools.count(1)
        self.house: MemoryHouse | None = None
        self.addCleanup(self.close)

    def close(self) -> None:
        if self.house is not None:
            self.house.close()

    def open(
        self, catalogue: bytes | None = SALE, doors: Doors | None = None, terms: Terms = TERMS
    ) -> MemoryHouse:
        self.house = MemoryHouse(
            terms, catalogue=catalogue, ledger=self.path, tickets=self.tickets, doors=doors
        )
        return self.house

    def enter(self, words: str = "JOIN main") -> Listener:
        assert self.house is not None
        return Listener(self.house.connect_to_lobby("JSON", words))

    def order(self, action: Action) -> None:
        assert self.house is not None
        self.house.rooms["main"].orders.give(action)
        self.house.advance()

    def heard(self, listeners: Sequence[Listener]) -> list[list[str]]:
        assert self.house is not None
        self.house.advance()
        return [listener.hears() for listener in listeners]

    def test_sale(self) -> None:
        """All are told the opening and the end of a sealed lot, newcomers, too."""
        house = self.open()
        watcher = self.enter("WATCH main")
        first = self.enter()
        self.assertEqual(self.heard([watcher, first]), [[], []])
        self.assertIn("waiting_for_buyers", first.types)
        second = self.enter()
        self.assertEqual(
            self.heard([watcher, first, second]),
            [["time_left opening 5"], ["opens_in 5"], ["opens_in 5"]],
        )
        house.advance(2)
        late = self.enter("WATCH main")
        self.assertEqual(self.heard([late]), [["time_left opening 3"]])
        house.advance(3)
        everyone = [watcher, late, first, second]
        self.assertEqual(self.heard(everyone), [["time_left end 30"]] * 4)
        self.assertEqual(first.types, ["bidding_start", "ask_bid", "time_left"])
        house.advance(10)
        first.say("60")
        self.assertEqual(self.heard(everyone), [[]] * 4)
        self.assertEqual(watcher.types, ["bids_in"])
        self.assertEqual(self.heard([self.enter("WATCH main")]), [["time_left end 20"]])
        third = self.enter()  # waits for the next lot
        self.assertEqual(self.heard([third]), [["time_left end 20"]])
        self.assertIn("wait_for_next_lot", third.types)
        house.advance(20)
        self.assertEqual(
            self.heard([watcher, first, third]),
            [["time_left opening 5"], ["opens_in 5"], ["opens_in 5"]],
        )
        house.advance(5)
        self.assertEqual(self.heard([watcher, first]), [[], []])  # the price has the time
        self.assertIn("asking", watcher.types)

    def test_opening_moves(self) -> None:
        """A Buyer who leaves stops the countdown to the opening, and another one starts it."""
        house = self.open(terms=replace(TERMS, resume_grace=0))
        watcher, first, second = self.enter("WATCH main"), self.enter(), self.enter()
        self.heard([watcher, first])
        second.cut()
        self.assertEqual(self.heard([watcher, first]), [[], []])
        self.assertEqual(watcher.types, ["buyers_there"])
        house.advance(2)
        self.assertEqual(self.heard([self.enter("WATCH main")]), [[]])
        self.enter()
        self.assertEqual(self.heard([watcher, first]), [["time_left opening 3"], ["opens_in 3"]])

    def test_return(self) -> None:
        """Who comes back is told the time left, with a bid and without one."""
        house = self.open()
        first, second = self.enter(), self.enter()
        house.advance(5)
        first.say("60")
        first.cut()
        second.cut()
        house.advance(12)
        again = [self.enter("RESUME ticket-1"), self.enter("RESUME ticket-2")]
        self.assertEqual(self.heard(again), [["time_left end 18"]] * 2)
        self.assertIn("bid_stands", again[0].types)
        self.assertIn("ask_bid", again[1].types)

    def test_restart(self) -> None:
        house = self.open()
        self.enter(), self.enter()
        house.advance(11)
        self.house = house = house.restart(after=100)
        house.advance(2)
        again = [self.enter("RESUME ticket-1"), self.enter("WATCH main")]
        ((time,), (seen,)) = self.heard(again)
        self.assertEqual(time, seen)
        # The clock goes on at the last row, or at a heartbeat after it.
        self.assertIn(time, [f"time_left end {left}" for left in range(22, 29)])

    def test_pause(self) -> None:
        house = self.open()
        watcher, buyer, _ = self.enter("WATCH main"), self.enter(), self.enter()
        house.advance(5)
        self.heard([watcher, buyer])
        house.advance(10)
        self.order(Pause())
        house.advance(60)
        self.assertEqual(self.heard([watcher, buyer]), [[], []])
        buyer.cut()
        buyer, late = self.enter("RESUME ticket-1"), self.enter("WATCH main")
        self.assertEqual(self.heard([buyer, late]), [["time_left end 20"]] * 2)
        for listener in (buyer, late):
            self.assertEqual(listener.types[-2:], ["time_left", "auction_paused"])
        self.order(Extend(15))
        self.assertEqual(self.heard([watcher, buyer]), [["more_time 35"]] * 2)
        self.order(GoOn())
        self.assertEqual(self.heard([watcher, buyer]), [["time_left end 35"]] * 2)
        self.assertEqual(watcher.types[-2:], ["auction_resumed", "time_left"])
        house.advance(34)
        self.assertNotIn("auction_finished", (watcher.hears(), watcher.types)[1])
        house.advance(1)
        self.heard([watcher])
        self.assertIn("auction_finished", watcher.types)

    def test_pause_before_opening(self) -> None:
        house = self.open()
        watcher, buyer, _ = self.enter("WATCH main"), self.enter(), self.enter()
        house.advance(2)
        self.order(Pause())
        self.heard([watcher, buyer])
        late = [self.enter(), self.enter("WATCH main")]
        self.assertEqual(self.heard([*late, watcher]), [["time_left opening 3"]] * 3)
        house.advance(9)
        self.order(GoOn())
        self.assertEqual(self.heard([watcher, buyer]), [["time_left opening 3"], ["opens_in 3"]])

    def test_sellers_auction(self) -> None:
        """Its Seller is told when its Buyers are."""
        house = self.open(None)
        watcher, seller = self.enter("WATCH main"), self.enter()
        seller.say("2 100 2 Sword")
        buyers = [self.enter(), self.enter()]
        self.assertEqual(self.heard([watcher, seller, *buyers]), [["time_left end 40"]] * 4)
        self.assertEqual(seller.types[-1], "time_left")
        house.advance(10)
        seller.cut()
        self.assertEqual(self.heard([self.enter("RESUME ticket-1")]), [["time_left end 30"]])

    def test_no_limit(self) -> None:
        """Without a time, nothing is told of one."""
        house = self.open(terms=replace(TERMS, lot_time=0, lot_pause=0))
        everyone = [self.enter("WATCH main"), self.enter(), self.enter()]
        house.advance(5)
        self.order(Pause())
        self.order(GoOn())
        self.assertEqual(self.heard([*everyone, self.enter("WATCH main")]), [[]] * 4)

    def test_doors(self) -> None:
        """The time of the sale, then that of a lot."""
        house = self.open(doors=Doors("order"))
        watcher, buyer = self.enter("WATCH main"), self.enter()
        self.assertEqual(self.heard([watcher, buyer]), [[], []])
        self.order(MoveStart(house.clock.seconds() + 90))
        self.assertEqual(self.heard([watcher, buyer]), [["sale_begins 90"]] * 2)
        self.order(Start())
        self.assertEqual(self.heard([watcher, buyer]), [["time_left opening 5"], ["opens_in 5"]])
        self.order(Skip())
        self.heard([watcher, buyer])
        house.advance(5)
        self.heard([watcher, buyer])
        self.assertIn("bidding_start", watcher.types)

    def test_halt(self) -> None:
        """After a halt of the room's clock, all are told the time that is left."""
        house = self.open()
        watcher, first, _ = self.enter("WATCH main"), self.enter(), self.enter()
        self.heard([watcher, first])
        for seconds, until in ((4, "opening 2"), (6, "end 27")):
            house.advance(seconds - 1)
            self.heard([watcher, first])
            house.auctioneer.halt()
            house.advance(500)
            house.auctioneer.go_on()
            self.assertEqual(self.heard([watcher, first]), [[f"time_left {until}"]] * 2)

    def test_lines(self) -> None:
        """No line has these times, and no line is empty."""
        house = self.open()
        clients = [house.connect_to_lobby(words) for words in ("WATCH main", "JOIN main")]
        second = house.connect_to_lobby("JOIN main")
        house.advance(10)
        self.order(Pause())
        self.order(GoOn())
        heard = [client.read_lines() for client in (*clients, second)]
        self.assertEqual(
            heard[0][-4:],
            ["Bidding start!", "Bids: 0 of 2.", "The auction is paused.", "The auction goes on."],
        )
        for lines in heard:
            self.assertNotIn("", lines)
            self.assertEqual([line for line in lines if "clock" in line.lower()], [])
        second.send_lines("60")
        second.disconnect()
        self.assertEqual(
            house.connect_to_lobby("RESUME ticket-2").read_lines()[-1], "Your bid of $60 stands."
        )
