"""A ledger for a test, and the commands that read it."""

import hashlib
import sqlite3
from collections.abc import Iterable
from contextlib import closing

from twisted.internet.task import Clock

from tests.support import CommandTestCase, LedgerFolderTestCase
from twisted_auction.testing import MemoryHouse

COLUMNS = "number, at, room, auction, kind, body, hash"


def rechained(anchor: str, rows: Iterable[tuple[int, int, str, int, str, str]]) -> list[str]:
    """The hashes of these rows of one room, by the recipe in ``docs/ledger.rst``."""
    hashes: list[str] = []
    for number, at, room, auction, kind, body in rows:
        previous = hashes[-1] if hashes else anchor
        text = f"{previous}\n{number}\n{at}\n{room}\n{auction}\n{kind}\n{body}"
        hashes.append(hashlib.sha256(text.encode()).hexdigest())
    return hashes


def house_hash(database: sqlite3.Connection) -> str:
    """The house hash, by the recipe in ``docs/ledger.rst``."""
    ((anchor,),) = database.execute("SELECT anchor FROM house")
    lines = [anchor]
    for room, number, hash in database.execute(
        "SELECT room, max(number), hash FROM event GROUP BY room ORDER BY room"
    ):
        lines.append(f"{room} {number} {hash}")
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


class LedgerTestCase(CommandTestCase, LedgerFolderTestCase):
    """A ledger in its own folder, and the commands that read it."""

    def open_house(self, catalogue: bytes | None = None, clock: Clock | None = None) -> MemoryHouse:
        """A house with this ledger."""
        return MemoryHouse(ledger=self.path, catalogue=catalogue, clock=clock)

    def close_house(self, house: MemoryHouse) -> None:
        """Close the house, with its ledger."""
        house.close()
        self.assertEqual(house.failures, [])

    def sell_sword(self, house: MemoryHouse) -> None:
        """The assignment's example, with a second and a half between the bids."""
        _, buyers = house.open_auction("2 100 3 WolfPackSword", 3)
        for buyer, amount in zip(buyers, ("150", "120", "180"), strict=True):
            house.advance(1.5)
            buyer.send_lines(amount)
        house.advance()

    def house_hash(self) -> str:
        """The house hash, by the recipe in ``docs/ledger.rst``."""
        with closing(sqlite3.connect(self.path)) as database:
            return house_hash(database)

    def ledger(self, *argv: str) -> tuple[int, list[str], str]:
        """Run ``auction ledger``: exit status, lines of standard output, standard error."""
        return self.auction("ledger", "--ledger", str(self.path), *argv)

    def output_of(self, *argv: str) -> list[str]:
        """The output of a command without complaints."""
        status, lines, errors = self.ledger(*argv)
        self.assertEqual((status, errors), (0, ""))
        return lines

    def forge(self, number: int, **changes: object) -> None:
        """Change a row of the only room, and all later hashes, so that only the content gives the
        change away.
        """
        with closing(sqlite3.connect(self.path)) as database, database:
            for column, value in changes.items():
                database.execute(f"UPDATE event SET {column} = ? WHERE number = ?", (value, number))
            ((anchor,),) = database.execute("SELECT anchor FROM house")
            rows = database.execute(f"SELECT {COLUMNS} FROM event ORDER BY number").fetchall()
            numbers = [row[0] for row in rows]
            hashes = rechained(anchor, (row[:-1] for row in rows))
            database.executemany(
                "UPDATE event SET hash = ? WHERE number = ?", zip(hashes, numbers, strict=True)
            )
