"""Houses with a ledger in a folder of their own, and persons in their rooms."""

from pathlib import Path
from typing import Any

from tests.support import LedgerFolderTestCase
from twisted_auction.house.auctioneer import Auctioneer
from twisted_auction.house.people import People, Person, Role
from twisted_auction.house.seats import Seat
from twisted_auction.ledger.history import History, verify_view
from twisted_auction.ledger.storage import open_view
from twisted_auction.rules.terms import Terms
from twisted_auction.testing import MemoryHouse
from twisted_auction.wire.letter import Letter

FINISHED = "Auction finished!"

PERSONS = [
    Person(5, "Vera", Role.SELLER),
    Person(17, "Ada Smith"),
    Person(40, "Bob"),
    Person(41, "Cyd"),
    Person(70, "Ann", Role.AUCTIONEER),
    Person(71, "Wim", Role.WATCHER),
    Person(80, "Dan", room="attic"),
]
PEOPLE = People(PERSONS)


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


class Guest:
    """A person's connection to a house, as the house sees it.

    :ivar is_closed: True once the house has closed the connection.
    """

    address = "10.0.0.1:4711"
    peer = "10.0.0.1"

    def __init__(self, house: MemoryHouse, person: Person) -> None:
        self.house = house
        self.person = person
        self.is_closed = False
        self._unread = b""
        self._place: tuple[Auctioneer, Seat] | None = None

    def join(self, room: str = "art") -> "Guest":
        """Join a room.

        :raises NoRoom: as :meth:`~twisted_auction.house.rooms.Rooms.join`.
        """
        self._place = self.house.rooms.join(room, self.person, self)
        self.house.clock.advance(0)
        return self

    @property
    def seat(self) -> Seat:
        assert self._place is not None
        return self._place[1]

    def say(self, *lines: str) -> list[str]:
        """Send lines to the room, and read the answers."""
        assert self._place is not None
        room, seat = self._place
        for line in lines:
            room.line_received(seat, line.encode())
        return self.read()

    def read(self) -> list[str]:
        """The lines sent since the last call."""
        self.house.clock.advance(0)
        unread, self._unread = self._unread, b""
        return unread.decode().splitlines()

    def cut(self) -> None:
        """The connection ends."""
        assert self._place is not None
        room, seat = self._place
        room.leave(seat)
        self.house.clock.advance(0)

    def takes_price_updates(self) -> bool:
        return True

    def send(self, letter: Letter) -> None:
        self._unread += letter.lines

    def dismiss(self, letter: Letter) -> None:
        self._unread += letter.lines
        self.is_closed = True


class PeopleTestCase(HouseTestCase):
    """A house with a list of people."""

    def house(self, terms: Terms | None = None, catalogue: bytes | None = None) -> MemoryHouse:
        return self.begin(terms=terms or Terms(), catalogue=catalogue)

    def begin(self, people: People = PEOPLE, **arguments: Any) -> MemoryHouse:
        house = MemoryHouse(ledger=self.path, people=people, **arguments)
        self.houses = [house]
        return house

    def guest(self, paddle: int, house: MemoryHouse | None = None) -> Guest:
        """A new connection of a person."""
        return Guest(house or self.houses[0], PEOPLE.persons[paddle])

    def seated(self, paddle: int, room: str) -> Guest:
        """A person in its seat. It may have to hear a result first."""
        guest = self.guest(paddle).join(room)
        return self.guest(paddle).join(room) if guest.is_closed else guest

    def opened(self, request: str, *paddles: int, room: str = "art") -> list[Guest]:
        """A Seller with a request, and Buyers; all have read their lines."""
        self.seller = self.seated(5, room)
        self.seller.say(request)
        buyers = [self.seated(paddle, room) for paddle in paddles]
        for buyer in buyers:
            buyer.read()
        return buyers
