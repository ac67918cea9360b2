"""Ledgers, and a database connection that is interrupted on demand."""

import sqlite3
from typing import Any

from twisted.internet.task import Clock

from tests.support import LedgerFolderTestCase
from twisted_auction.ledger.journal import Ledger
from twisted_auction.ledger.row import LedgerError, Row, house_hash
from twisted_auction.ledger.store import View
from twisted_auction.testing import MemoryHouse

HOLDER = """
import sys
from pathlib import Path
from twisted.internet.task import Clock
from twisted_auction.ledger.journal import Ledger
Ledger(Path(sys.argv[1]), Clock(), print).open()
print("open", flush=True)
sys.stdin.read()
"""


def house_hash_of(view: View) -> str:
    """The hash of the whole house at this moment, without a check of its rows."""
    return house_hash(view.anchor, {entry.name: view.head(entry.name) for entry in view.rooms()})


class LedgerTestCase(LedgerFolderTestCase):
    """A test with a ledger."""

    def setUp(self) -> None:
        super().setUp()
        self.clock = Clock()
        self.failures: list[str] = []
        self.said: list[str] = []

    def opened(self) -> Ledger:
        ledger = Ledger(self.path, self.clock, self.failures.append)
        ledger.open()
        self.addCleanup(ledger.close)
        return ledger

    def filled(self) -> list[Row]:
        """Record a whole auction, and close the ledger."""
        house = MemoryHouse(ledger=self.path)
        seller, buyers = house.connect(), []
        house.advance()
        seller.send_lines("2 100 2 Sword")
        for _ in range(2):
            buyers.append(house.connect())
            house.advance(1)
        for buyer, amount in zip(buyers, (150, 180), strict=True):
            buyer.send_lines(str(amount))
            house.advance(1)
        house.rooms.close_ledger()
        return self.rows()

    def refusal(self) -> str:
        """The one line of the error from opening the ledger."""
        ledger = Ledger(self.path, self.clock, self.failures.append)
        error = self.assertRaises(LedgerError, ledger.open)
        self.assertNotIn("\n", str(error))
        return str(error).replace(str(self.path), "PATH")


class Interrupted(sqlite3.Connection):
    """A connection that fails after a number of statements."""

    left = 10**9

    def execute(self, *arguments: Any) -> Any:
        type(self).left -= 1
        if self.left < 0:
            raise KeyboardInterrupt
        return super().execute(*arguments)

    def executemany(self, statement: str, rows: Any) -> Any:
        """Fail between two rows."""

        def counted() -> Any:
            for row in rows:
                type(self).left -= 1
                if self.left < 0:
                    raise KeyboardInterrupt
                yield row

        return super().executemany(statement, counted())
