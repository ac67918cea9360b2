"""Whole auctions with the same end, despite cuts, crashes and other secret amounts."""

import random
import tempfile
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from twisted_auction.ledger.history import verify_view
from twisted_auction.ledger.journal import HEARTBEAT_INTERVAL
from twisted_auction.ledger.storage import open_view
from twisted_auction.rules.terms import Terms
from twisted_auction.testing import MemoryClient, MemoryHouse

RESULTS = (
    "Success! ",
    "You won ",
    "Unfortunately ",
    "Sold: ",
    "Not sold: ",
    "Your payment ",
    "Auction cancelled! ",
)
SCRIPTS: dict[str, list[tuple[int, str] | float]] = {
    "1 100 3 Sword": [(1, "150"), (2, "120"), 3.0, (3, "180")],
    "2 100 3 Sword": [(1, "nonsense"), (1, "150"), (2, "150"), (3, "99")],
    "3:increment=5:duration=30:extension=10 100 3 Sword": [
        *((1, "100"), (2, "105"), 10.0, (3, "104"), (1, "120"), 12.0, (2, "125"), 5.0),
        *((3, "130"), (0, "nonsense"), 30.0),
    ],
    "3:duration=30 100 3 Sword": [(1, "100"), (2, "200"), 5.0, (0, "close")],
    "4:start=200:step=30:interval=4 100 3 Sword": [3.0, (2, "50"), 6.0, (3, "accept")],
    "4:start=200:step=50:interval=4 100 3 Sword": [(1, "199"), 20.0],
}
"""The lines of a Seller (0) and three Buyers in an auction, by request; numbers are seconds."""


class Traveller:
    """A participant with a ticket, who comes back whenever it is cut off."""

    def __init__(self, house: MemoryHouse) -> None:
        self.heard: list[str] = []
        self.visitor = house.connect_to_lobby("JOIN art")
        (ticket, *rest) = self.visitor.read_lines()
        self.ticket = ticket.removeprefix("Ticket: ")
        self.heard += rest

    def hears(self) -> list[str]:
        """Read what there is."""
        lines = self.visitor.read_lines()
        self.heard += lines
        return lines

    def is_cut(self, house: MemoryHouse, notices: bool = True) -> list[str]:
        """Lose the connection, with everything that was on its way, and come back.

        :param notices: whether the server hears of the cut before that.
        :return: what is heard then.
        """
        old, self.visitor = self.visitor, house.connect_to_lobby()
        if notices:
            old.disconnect()
        self.visitor.send_lines(f"RESUME {self.ticket}")
        house.advance()
        return self.hears()

    def says(self, house: MemoryHouse, line: str, chance: random.Random | None) -> None:
        """Say a line, and see to it that it is heard, once."""
        fate = chance.choice(["heard", "lost", "unanswered"]) if chance else "heard"
        if fate != "lost":
            self.visitor.send_lines(line)
            house.advance()
        if fate == "heard":
            self.hears()
            return
        self.is_cut(house)
        if fate == "lost" and not self.visitor.is_closed:
            self.visitor.send_lines(line)
            house.advance()
            self.hears()

    @property
    def results(self) -> list[str]:
        """The lines of its result, as last sent."""
        end = max(place for place, line in enumerate(self.heard) if line.startswith(RESULTS))
        start = end
        while start and self.heard[start - 1].startswith(RESULTS):
            start -= 1
        return self.heard[start : end + 1]


class CutTests(SynchronousTestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.cuts = 0

    def play(self, request: str, chance: random.Random | None) -> tuple[list[list[str]], list[str]]:
        """Play a script.

        :param chance: cuts connections and kills servers.
        :return: the last lines of each client, and the bids in the ledger.
        """
        path = self.folder / f"{self.cuts}{bool(chance)}.sqlite3"
        house = MemoryHouse(ledger=path)
        people = [Traveller(house)]

        def seconds_left() -> float:
            deadline = house.rooms["art"].auction.deadline
            return 0 if deadline is None else deadline - house.clock.seconds()

        def trouble() -> None:
            nonlocal house
            if chance is None:
                return
            for person in people:
                if chance.random() < 0.3 and not person.visitor.is_closed:
                    self.cuts += 1
                    person.is_cut(house, notices=chance.random() < 0.5)
            if chance.random() < 0.1:
                left = seconds_left()
                house = house.restart(after=chance.choice([0, 1, 500]))
                for person in people:
                    self.cuts += 1
                    person.is_cut(house, notices=False)
                put_back = seconds_left() - left
                self.assertTrue(-0.001 <= put_back <= HEARTBEAT_INTERVAL, put_back)
                house.advance(max(0, put_back))

        people[0].says(house, request, chance)
        for _ in range(3):
            trouble()
            people.append(Traveller(house))
        for step in SCRIPTS[request]:
            trouble()
            if isinstance(step, float):
                house.advance(step)
            else:
                who, line = step
                self.cuts += chance is not None
                people[who].says(house, line, chance)
        for person in people:
            if chance is not None and chance.random() < 0.5:
                person.is_cut(house)
            person.hears()
        house.rooms.close_ledger()
        with open_view(path) as view:
            verify_view(view)
            kept = list(view.rows())
        bids = [f"{row.kind} {row.body}" for row in kept if row.kind in ("BidTaken", "Raised")]
        for file in self.folder.glob(f"{path.name}*"):
            file.unlink()
        return [person.results for person in people], bids

    def test_thousand_cuts(self) -> None:
        """Everyone's result is that of the uncut run, and no bid counts twice."""
        uncut = {request: self.play(request, None) for request in SCRIPTS}
        seed = 0
        while self.cuts < 1000:
            seed += 1
            for request in SCRIPTS:
                with_cuts = self.play(request, random.Random(f"{seed} {request}"))
                self.assertEqual(with_cuts, uncut[request], (seed, request))


class PrivacyTests(SynchronousTestCase):
    def play(self, secret: int, catalogue: bytes | None) -> list[bytes]:
        """One auction, or one lot, in which Buyer 2 bids this, with cuts, Watchers and a lobby.

        :return: everything that is sent to participants other than Buyer 2, before the result.
        """
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        house = MemoryHouse(
            Terms(lot_pause=1), catalogue=catalogue, ledger=Path(folder.name, "auction.sqlite3")
        )
        streams: dict[MemoryClient, bytes] = {}

        def enters(*lines: str) -> MemoryClient:
            visitor = house.connect_to_lobby(*lines)
            streams[visitor] = b""
            return visitor

        def collect() -> None:
            house.advance()
            for visitor in streams:
                streams[visitor] += visitor.transport.value()
                visitor.transport.clear()

        lister = enters("LIST", "WATCH side")
        enters("WATCH main")
        if catalogue is None:
            enters("JOIN main", "2 100 3 Sword")
        first = enters("JOIN main")
        bidder = enters("JOIN main")
        third = house.connect()
        streams[third] = b""
        house.advance(1)
        collect()
        del streams[bidder]
        first.send_lines("150")
        bidder.send_lines(str(secret), str(secret + 1))
        collect()
        bidder.disconnect()
        enters("WATCH main", "LIST")
        bidder = house.connect_to_lobby(
            "RESUME ticket-3" if catalogue is None else "RESUME ticket-2"
        )
        self.assertIn(f"Your bid of ${secret} stands.", bidder.read_lines())
        lister.send_lines("LIST", "JOIN side")
        enters("JOIN main")
        first.disconnect()
        enters("RESUME ticket-2" if catalogue is None else "RESUME ticket-1")
        collect()
        for visitor in streams:
            self.assertNotIn(b"777", streams[visitor])
        self.assertEqual(len(house.auctioneer.auction.bids), 2)
        house.rooms.close()
        collect()
        house.rooms.close_ledger()
        return list(streams.values())

    def test_nobody_can_tell(self) -> None:
        """Runs that differ in one sealed amount alone are equal, byte for byte, for all others."""
        for catalogue in (None, b"1 100 3 Sword\n2 100 3 Shield"):
            runs = [self.play(secret, catalogue) for secret in (777, 100_000_777, 4)]
            self.assertEqual(runs[0], runs[1])
            self.assertEqual(runs[0], runs[2])
            self.assertGreater(len(b"".join(runs[0])), 1000)
