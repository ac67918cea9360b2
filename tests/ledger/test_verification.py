"""What ``verify`` finds, and what that costs; what it says: ``tests/cli/test_ledger_verify.py``."""

from itertools import count
from typing import Any

from tests.ledger.support import LedgerTestCase
from twisted_auction.ledger import sqlite_view
from twisted_auction.ledger.row import Head
from twisted_auction.ledger.sqlite_view import open_view
from twisted_auction.ledger.verification import verify
from twisted_auction.rules.events import Arrived, Cancelled

ROOMS, ROUNDS = 20, 10


class CountedTip(Head):
    """Counts how often a row's hash is taken, such as for a house hash."""

    taken = count()

    def __getattribute__(self, name: str) -> Any:
        if name == "hash":
            next(CountedTip.taken)
        return super().__getattribute__(name)


class SearchTests(LedgerTestCase):
    """Looking for a house hash of earlier."""

    def setUp(self) -> None:
        super().setUp()
        ledger = self.opened()
        self.noted = [ledger.view.house_hash()]
        instants = count(1)
        for turn in range(ROUNDS):
            events = [Arrived(0, "a")] if turn % 2 == 0 else [Cancelled("It is broken.")]
            for room in range(ROOMS):  # not in the order of their names
                ledger.record(f"room{7 * room % ROOMS}", events, float(next(instants)))
                ledger.commit()
                self.noted.append(ledger.view.house_hash())
        ledger.close()

    def is_found(self, sought: str) -> bool:
        with open_view(self.path) as view:
            return verify([view], sought).is_found

    def test_every_instant(self) -> None:
        """States are found, while rooms come and while they go on."""
        self.assertEqual(len(set(self.noted)), 1 + ROOMS * ROUNDS)
        for hash in self.noted[::9]:
            self.assertTrue(self.is_found(hash))
        self.assertFalse(self.is_found("ab" * 32))

    def test_cost(self) -> None:
        """Each row is looked at a few times, however many rooms there are."""
        self.patch(sqlite_view, "Head", CountedTip)
        CountedTip.taken = count()
        self.assertFalse(self.is_found("ab" * 32))
        rows = ROOMS * ROUNDS
        self.assertLess(next(CountedTip.taken), 3 * rows)
