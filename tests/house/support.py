"""A house with a ledger in a folder of its own."""

from pathlib import Path

from tests.support import LedgerFolderTestCase
from twisted_auction.ledger.history import History, verify_view
from twisted_auction.ledger.sqlite_view import open_view
from twisted_auction.rules.terms import Terms
from twisted_auction.testing import MemoryHouse

FINISHED = "Auction finished!"


class HouseTestCase(LedgerFolderTestCase):
    """A house that writes a ledger."""

    def setUp(self) -> None:
        super().setUp()
        self.houses: list[MemoryHouse] = []
        self.addCleanup(self.shut)

    def house(self, terms: Terms | None = None, catalogue: bytes | None = None) -> MemoryHouse:
        house = MemoryHouse(terms or Terms(), catalogue=catalogue, ledger=self.path)
        self.houses = [house]
        return house

    def crash(self, house: MemoryHouse, after: float = 0, **changes: object) -> MemoryHouse:
        self.houses = []
        house = house.restart(after, **changes)
        self.houses = [house]
        return house

    def shut(self) -> None:
        for house in self.houses:
            house.rooms.close_ledger()

    def forget(self) -> None:
        """Close the house, and begin a new ledger."""
        self.shut()
        self.houses = []
        for suffix in ("", "-wal", "-shm"):
            Path(f"{self.path}{suffix}").unlink(missing_ok=True)

    def verify(self) -> History:
        with open_view(self.path) as view:
            return verify_view(view)
