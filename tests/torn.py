"""Damage a ledger at many places: ``python -m tests.torn --places 500``.

Afterwards, a reader must get the beginning of the rows as written, or an error.
"""

import random
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from twisted.internet.task import Clock

from tests.command_line import Parser, at_least
from tests.support import storage
from twisted_auction.house.rooms import Rooms
from twisted_auction.ledger.history import verify_view
from twisted_auction.ledger.journal import Ledger
from twisted_auction.ledger.row import LedgerError, Row
from twisted_auction.ledger.storage import open_view
from twisted_auction.rules.events import SELLER, Arrived
from twisted_auction.testing import MemoryHouse

MEANS = ("cut log", "bit in log", "bytes in log", "bit in database", "bytes in database")


class Original:
    """A ledger as a crash leaves it: some rows in the database, more in the log beside it."""

    def __init__(self, folder: Path) -> None:
        house = MemoryHouse(ledger=folder / "open")
        assert house.ledger is not None
        self._auctions(house, 12)
        storage(house.ledger)._database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        self._auctions(house, 12)
        self.database = (folder / "open").read_bytes()
        self.log = (folder / "open-wal").read_bytes()
        with open_view(folder / "open") as view:
            self.rows = list(view.rows())
        house.rooms.close_ledger()

    def _auctions(self, house: MemoryHouse, number: int) -> None:
        for i in range(number):
            seller = house.connect()
            house.advance()
            seller.send_lines(f"2 100 2 Größe {i}")
            buyers = [house.connect() for _ in range(2)]
            house.advance()
            for buyer in buyers:
                buyer.send_lines(str(100 + i))
            house.advance()

    def spoilt(self, means: str, chance: random.Random) -> tuple[bytes, bytes]:
        """The database and the log, one of them damaged."""
        what, _, where = means.partition(" in ")
        if means == "cut log":
            return self.database, self.log[: chance.randrange(len(self.log))]
        data = bytearray(self.log if where == "log" else self.database)
        # Half of the places are in the first page, which has more than rows.
        at = chance.randrange(len(data) if chance.random() < 0.5 else 512)
        if what == "bit":
            data[at] ^= 1 << chance.randrange(8)
        else:
            length = min(chance.choice([2, 8, 300, 5000]), len(data) - at)
            data[at : at + length] = chance.randbytes(length)
        if where == "log":
            return self.database, bytes(data)
        # With a log, the first page is read from there.
        return bytes(data), chance.choice([b"", self.log])


def examine(original: Original, means: str, seed: int, folder: Path) -> str:
    """Damage the ledger in one place, and read it both ways.

    :return: the outcome.
    :raises AssertionError: if a row is read that was never written.
    """
    database, log = original.spoilt(means, random.Random(f"{means} {seed}"))
    outcomes = []
    for way in (_read, _open):
        path = folder / way.__name__
        path.write_bytes(database)
        Path(f"{path}-wal").write_bytes(log)
        try:
            rows = way(path)
        except LedgerError as error:
            assert "\n" not in str(error), error
            outcomes.append("refused")
            continue
        finally:
            for file in folder.glob(f"{path.name}*"):
                file.unlink()
        assert rows == original.rows[: len(rows)], f"{way.__name__}: rows are not as written"
        outcomes.append("whole" if len(rows) == len(original.rows) else "a beginning")
    return " / ".join(dict.fromkeys(outcomes))


def _read(path: Path) -> list[Row]:
    with open_view(path) as view:
        verify_view(view)
        return list(view.rows())


def _open(path: Path) -> list[Row]:
    """Open the ledger as a server does, and write a row that must follow."""
    clock = Clock()
    failures: list[str] = []
    ledger = Ledger(path, clock, failures.append)
    rooms = Rooms(clock, ledger=ledger)
    rooms.open()
    try:
        before = list(ledger.store.view.rows())
        ledger.record("another", [Arrived(SELLER, "somebody")], 0.0)
        ledger.after_commit(lambda: None)
        clock.advance(0)
        if not failures:
            verify_view(ledger.store.view)
        return before
    finally:
        rooms.close_ledger()


def main(arguments: Sequence[str] | None = None) -> int:
    """Examine the places, and print the outcomes."""
    parser = Parser(prog="python -m tests.torn", description=__doc__)
    parser.add_argument(
        "--places", type=at_least(1), default=500, help="number for each means (500)"
    )
    options = parser.parse_args(arguments)
    folder = Path(tempfile.mkdtemp())
    try:
        original = Original(folder)
        for means in MEANS:
            outcomes = Counter(
                examine(original, means, seed, folder) for seed in range(options.places)
            )
            print(f"{means}: {', '.join(f'{n} {what}' for what, n in outcomes.items())}")
    finally:
        shutil.rmtree(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
