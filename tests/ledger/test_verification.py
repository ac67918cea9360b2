"""The search of ``verify`` for hashes, and its cost. ``tests/cli/test_ledger_verify.py`` has its
output."""

from itertools import count
from typing import Any

from tests.ledger.support import LedgerTestCase, house_hash_of
from twisted_auction.ledger import sql_view
from twisted_auction.ledger.row import Head
from twisted_auction.ledger.storage import open_view
from twisted_auction.ledger.verification import verify
from twisted_auction.rules.events import Arrived, Cancelled

ROOMS, ROUNDS = 20, 10


class CountedHead(Head):
    """Counts the reads of a row's hash, such as for a house hash."""

    taken = count()

    def __getattribute__(self, name: str) -> Any:
        if name == "hash":
            next(CountedHead.taken)
        return super().__getattribute__(name)


class SearchTests(LedgerTestCase):
    """The search for an earlier house hash."""

    def setUp(self) -> None:
        super().setUp()
        ledger = self.opened()
        self.noted = [house_hash_of(ledger.store.view)]
        instants = count(1)
        for turn in range(ROUNDS):
            events = [Arrived(0, "a")] if turn % 2 == 0 else [Cancelled("It is broken.")]
            for room in range(ROOMS):  # not sorted by name
                ledger.record(f"room{7 * room % ROOMS}", events, float(next(instants)))
                ledger.commit()
                self.noted.append(house_hash_of(ledger.store.view))
        ledger.close()

    def is_found(self, sought: str) -> bool:
        with open_view(self.path) as view:
            return verify([view], sought).is_found

    def test_every_instant(self) -> None:
        """Hashes are found, while rooms are added and afterwards."""
        self.assertEqual(len(set(self.noted)), 1 + ROOMS * ROUNDS)
        for hash in self.noted[::9]:
            self.assertTrue(self.is_found(hash))
        self.assertFalse(self.is_found("ab" * 32))

    def test_cost(self) -> None:
        """Each row is read only a few times, whatever the number of rooms."""
        self.patch(sql_view, "Head", CountedHead)
        CountedHead.taken = count()
        self.assertFalse(self.is_found("ab" * 32))
        rows = ROOMS * ROUNDS
        self.assertLess(next(CountedHead.taken), 3 * rows)
