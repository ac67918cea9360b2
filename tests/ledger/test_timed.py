"""What the ledger of a timed auction has, and which changes of it are found."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from twisted_auction.ledger.history import Discrepancy, History, verify_view
from twisted_auction.ledger.row import SECOND, Row, row_hash
from twisted_auction.ledger.storage import open_view
from twisted_auction.rules.commands import Close, Extend
from twisted_auction.testing import MemoryHouse

QUARTER = 900 * SECOND

# The clock on the wall shows 2027-01-15T08:00 at first.
SEALED = "1:end=2027-01-15T08:05 5 0 Cup"
ENGLISH = "3:end=2027-01-15T08:05:latest=2027-01-15T08:05:12 5 0 Cup"

Change = Callable[[dict[str, Any]], object]


def moved(field: str, by: float) -> Change:
    """A change of an instant, or of an amount."""
    return lambda body: body.update({field: body[field] + round(by)})


class TimedLedgerTests(SynchronousTestCase):
    def setUp(self) -> None:
        folder = TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = Path(folder.name) / "auction.sqlite3"

    def rows(self, house: MemoryHouse) -> list[Row]:
        house.close()
        with open_view(self.path) as view:
            verify_view(view)
            self.start = view.start("main")
            return list(view.rows("main"))

    def sealed(self) -> list[Row]:
        house = MemoryHouse(ledger=self.path)
        _, (buyer, rival) = house.open_auction(SEALED, 2)
        rival.send_lines("6")
        buyer.send_lines("7", "8", "withdraw", "9")
        house.auctioneer.orders.give(Extend(60))
        house.wall_ahead = 20
        house.advance(400)
        return self.rows(house)

    def english(self) -> list[Row]:
        house = MemoryHouse(ledger=self.path)
        _, (buyer, rival) = house.open_auction(ENGLISH, 2)
        house.advance(295)
        buyer.send_lines("5")
        house.advance(9)
        rival.send_lines("6")
        house.advance(60)
        return self.rows(house)

    def read(self, rows: Sequence[Row]) -> None:
        """Read rows, with their hashes computed again.

        :raises Discrepancy: if one is wrong.
        """
        history = History(lambda room: self.start)
        hash = self.start.hash
        for row in rows:
            columns = (row.number, row.at, row.room, row.auction, row.kind, row.body)
            hash = row_hash(hash, *columns)
            history.read(Row(*columns, hash))

    def complaint(self, rows: list[Row], kind: str, change: Change, nth: int = 0) -> str:
        """What is said about the rows after a change of the n-th row of a kind."""
        changed = [index for index, row in enumerate(rows) if row.kind == kind][nth]
        body = json.loads(rows[changed].body)
        change(body)
        row = rows[changed]._replace(body=json.dumps(body))
        with self.assertRaises(Discrepancy) as caught:
            self.read([*rows[:changed], row, *rows[changed + 1 :]])
        return str(caught.exception).partition("hold: ")[2]

    def test_rows(self) -> None:
        rows = self.sealed()
        self.assertEqual(
            [row.kind for row in rows if row.kind not in ("Arrived", "Left")],
            [
                *("RequestAccepted", "BiddingOpened", "BidTaken", "BidTaken", "BidTaken"),
                *("Withdrawn", "BidTaken", "Ordered", "EndPostponed", "EndMoved", "Sold"),
            ],
        )
        bids = [json.loads(row.body) for row in rows if row.kind == "BidTaken"]
        self.assertEqual(
            [(bid["who"], bid["amount"], bid.get("replaced")) for bid in bids],
            [(2, 6, None), (1, 7, None), (1, 8, 7), (1, 9, 0)],
        )
        self.read(rows)

    def test_tampering(self) -> None:
        rows, other = self.sealed(), "bidding ends at another time than the request says."
        last_minute = "the clock moves no end in the last minute, or into it."
        zone = "the end is at another time than the request says, in every time zone."
        for kind, change, nth, complaint in [
            ("RequestAccepted", moved("ends_at", 60 * SECOND), 0, zone),
            ("RequestAccepted", moved("ends_at", 16 * 3600 * SECOND), 0, zone),
            ("RequestAccepted", moved("ends_at", QUARTER), 0, other),
            ("BiddingOpened", moved("deadline", SECOND), 0, other),
            (
                "EndMoved",
                lambda body: body.update(ahead=10**10),
                0,
                "the clock on the wall is too far ahead.",
            ),
            (
                "BiddingOpened",
                lambda body: body.update(cause="maximum"),
                0,
                "bidding opens as in another auction.",
            ),
            (
                "RequestAccepted",
                lambda body: body.pop("ends_at"),
                0,
                "its end is no instant, or an instant is no end of the request.",
            ),
            ("BidTaken", moved("replaced", 1), 2, "Buyer 1 cannot bid this amount here."),
            ("BidTaken", moved("amount", -1), 2, "Buyer 1 cannot bid this amount here."),
            ("BidTaken", moved("amount", 1), 3, "the bids have another result."),
            ("Withdrawn", moved("who", 2), 0, "Buyer 3 cannot withdraw a bid here."),
            ("EndPostponed", moved("ends_at", -60 * SECOND), 0, "the end is not postponed."),
            ("EndMoved", moved("ends_at", -400 * SECOND), 0, last_minute),
            ("EndMoved", moved("ends_at", -290 * SECOND), 0, last_minute),
            ("Ordered", lambda body: body.update(order="say"), 0, "nothing has postponed the end."),
        ]:
            self.assertEqual(self.complaint(rows, kind, change, nth), complaint)
        first = next(index for index, row in enumerate(rows) if row.kind == "Withdrawn")
        twice = [*rows[: first + 1], rows[first]._replace(number=rows[first].number + 1)]
        with self.assertRaisesRegex(Discrepancy, "Buyer 1 has no bid to withdraw"):
            self.read(twice)

    def test_no_promised_end(self) -> None:
        """In an auction with a duration, and after a late bid, no time of day is the end."""
        rows = self.english()
        after_late_bid = next(place for place, row in enumerate(rows) if row.kind == "Extended") + 1
        last = rows[after_late_bid - 1]
        for kind in ("EndMoved", "EndPostponed"):
            body = json.dumps({"ends_at": json.loads(last.body)["deadline"] + SECOND})
            row = last._replace(number=last.number + 1, kind=kind, body=body)
            with self.assertRaisesRegex(Discrepancy, "the auction has no promised end"):
                self.read([*rows[:after_late_bid], row])

    def test_tampering_with_the_latest_end(self) -> None:
        rows = self.english()
        late = "no late bid moves the end to this instant."
        for kind, change, complaint in [
            (
                "RequestAccepted",
                moved("latest_at", SECOND * 30),
                "the latest end is at another time than the request says.",
            ),
            (
                "RequestAccepted",
                moved("latest_at", -SECOND * 30),
                "the latest end is before the end.",
            ),
            ("Extended", moved("deadline", 20 * SECOND), late),
            ("Extended", moved("deadline", -2 * SECOND), late),
        ]:
            self.assertEqual(self.complaint(rows, kind, change), complaint)
        self.assertEqual(self.without(rows, "Called", "Called"), "the end was not called twice.")
        self.assertEqual(self.without(rows, "Raised"), late)

    def without(self, rows: list[Row], *kinds: str) -> str:
        """What is said about the rows without the last ones of these kinds."""
        left = list(rows)
        for kind in kinds:
            del left[max(place for place, row in enumerate(left) if row.kind == kind)]
        numbered = [row._replace(number=number) for number, row in enumerate(left, rows[0].number)]
        with self.assertRaises(Discrepancy) as caught:
            self.read(numbered)
        return str(caught.exception).partition("hold: ")[2]

    def test_another_instant(self) -> None:
        """A row at another instant: a result before the end, a clock set in the last minute."""
        rows = self.sealed()
        self.assertEqual(self.without(rows, "Ordered"), "nothing has postponed the end.")
        for kind, seconds, complaint in [
            ("Sold", -1, "it is before the end."),
            ("EndMoved", 290, "the clock moves no end in the last minute, or into it."),
        ]:
            place = next(place for place, row in enumerate(rows) if row.kind == kind)
            at = rows[place].at + seconds * SECOND
            with self.assertRaisesRegex(Discrepancy, complaint):
                self.read([*rows[:place], rows[place]._replace(at=at), *rows[place + 1 :]])

    def test_ordered_time(self) -> None:
        """An order gives more time, and no less. A result needs no calls after ``close``."""
        house = MemoryHouse(ledger=self.path)
        _, (buyer,) = house.open_auction("3:duration=100 5 1 Cup", 1)
        house.auctioneer.orders.give(Extend(60))
        buyer.send_lines("5")
        house.auctioneer.orders.give(Close())
        rows = self.rows(house)
        less = "the order gives no more time."
        self.assertEqual(self.complaint(rows, "Extended", moved("deadline", -60 * SECOND)), less)
        order = self.complaint(rows, "Ordered", lambda body: body.update(order="say"))
        self.assertEqual(order, less)
        late = "no late bid moves the end to this instant."
        self.assertEqual(self.without(rows, "Ordered", "Ordered"), late)
        self.assertEqual(self.without(rows, "BiddingClosed"), "the end was not called twice.")

    def test_clock_set_before(self) -> None:
        """A clock that was set while the house was open is no tampering: rows keep their order."""
        house = MemoryHouse(ledger=self.path)
        house.wall_ahead = 1234.25
        house.open_auction("1:end=2027-01-15T08:25 5 0 Cup", 1)
        house.advance(300)
        rows = self.rows(house)
        accepted = next(row for row in rows if row.kind == "RequestAccepted")
        self.assertEqual(json.loads(accepted.body)["ahead"], 1234)
        self.assertEqual([row.at for row in rows], sorted(row.at for row in rows))
        zone = "the end is at another time than the request says, in every time zone."
        forget = self.complaint(rows, "RequestAccepted", lambda body: body.pop("ahead"))
        self.assertEqual(forget, zone)
