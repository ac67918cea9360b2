"""The list of people: who may enter, as whom, and up to which limit.

The list is a CSV file, for organisers to edit in a spreadsheet (``docs/people.rst``).
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from types import MappingProxyType

from twisted_auction.house.pass_codes import HashedCode, read_code
from twisted_auction.rules.amounts import parse_amount
from twisted_auction.rules.names import check_printable, check_visible
from twisted_auction.rules.request import Lot
from twisted_auction.rules.sentences import Sentence
from twisted_auction.rules.tables import RowError, Table, TableError
from twisted_auction.wire.verbs import ROOM_NAME, ROOM_NAME_RULE

COLUMNS = ("paddle", "name", "role", "room", "limit", "lots", "valuation", "pass")
"""The columns of a list. Others are the organiser's own."""

REQUIRED_COLUMNS = ("paddle", "name")

MAX_PADDLE = 9999
"""Largest paddle."""

MAX_NAME = 255
"""Maximum bytes of a person's name in UTF-8."""

PeopleError = TableError
"""A list is wrong. The text has the row's number and the reason, and no name."""

_PADDLE = re.compile("[1-9][0-9]{0,3}")


class Role(Enum):
    """What a person does in a room. The value is the word in the list."""

    BIDDER = "bidder"
    SELLER = "seller"
    AUCTIONEER = "auctioneer"
    WATCHER = "watcher"


@dataclass(frozen=True, slots=True)
class Person:
    """One row of the list.

    :param paddle: its number as a Buyer, in every room; 1 to 9999.
    :param name: empty if the organiser does not know it. Like the code, it is not part of
        ``repr()``, which errors may show.
    :param room: the only room that it may enter; empty for every room.
    :param limit: whole dollars for which it may be bound, in all rooms together.
    :param lots: the number of lots that it may win.
    :param valuations: what each lot is worth to it, in whole dollars.
    :param code: its pass code, hashed; None if it has none, and cannot enter by a code.
    """

    paddle: int
    name: str = field(default="", repr=False)
    role: Role = Role.BIDDER
    room: str = ""
    limit: int | None = None
    lots: int | None = None
    valuations: tuple[int, ...] = ()
    code: HashedCode | None = field(default=None, repr=False)

    def may_enter(self, room: str) -> bool:
        """True if the person is let into this room."""
        return self.room in ("", room)

    @property
    def other_room(self) -> Sentence:
        """The reason for a person not to be let into a room."""
        return Sentence("your pass code is for room {room}.", room=self.room)

    def valuation(self, lot: int) -> int | None:
        """What a lot is worth to the person, in whole dollars; None if the list does not say it.

        :param lot: its number, from 1; outside a sale, the number of the auction in its room, or 0
            if it has none.
        """
        if len(self.valuations) == 1:  # then it holds for every lot
            return self.valuations[0]
        return self.valuations[lot - 1] if 0 < lot <= len(self.valuations) else None


class People:
    """A list of people. It never changes: a list that is read again is another object.

    :param persons: with different paddles, and different codes.
    :ivar persons: by paddle, in the order of the list.
    :ivar has_valuations: True if the list says what items are worth to a person.
    :ivar rooms: the rooms that are the only ones for some person.
    """

    __slots__ = ("_by_code", "_sellers", "has_valuations", "persons", "rooms")

    def __init__(self, persons: Iterable[Person] = ()) -> None:
        self.persons: Mapping[int, Person] = MappingProxyType(
            {person.paddle: person for person in persons}
        )
        self.has_valuations = any(person.valuations for person in self.persons.values())
        self.rooms = frozenset(person.room for person in self.persons.values() if person.room)
        self._sellers = [person for person in self.persons.values() if person.role is Role.SELLER]
        # One salt, unless the rows of several lists were put together.
        self._by_code: dict[bytes, dict[bytes, Person]] = {}
        for person in self.persons.values():
            if person.code is not None:
                self._by_code.setdefault(person.code.salt, {})[person.code.digest] = person

    @classmethod
    def parse(cls, data: bytes) -> "People":
        """Read a list: CSV in UTF-8, separated by commas, semicolons or tabs.

        :raises PeopleError: at the first row that is wrong.
        """
        table = Table.parse(data)
        return cls(person for _, person in parse_rows(table))

    def find(self, code: str) -> Person | None:
        """The person with a pass code, typed in any way that :func:`~.pass_codes.read_code` reads.

        The time tells an attacker nothing about other codes: it depends on a keyed hash of the
        code, and the attacker does not know the key.
        """
        characters = read_code(code)
        if characters is not None:
            for salt, persons in self._by_code.items():
                person = persons.get(HashedCode.of(characters, salt).digest)
                if person is not None:
                    return person
        return None

    def has_seller(self, room: str) -> bool:
        """True if the Seller's seat of a room is kept for the persons with that role."""
        return any(person.may_enter(room) for person in self._sellers)


def unlisted_sellers(lots: Iterable[Lot], people: People) -> list[str]:
    """Sentences for the operator about the sellers of lots who are not on a list of people. Such a
    lot is sold like the others."""
    return [
        f"Paddle {lot.seller}, the seller of lot {lot.label or number}, is not on the list."
        for number, lot in enumerate(lots, 1)
        if lot.seller is not None and lot.seller not in people.persons
    ]


def parse_rows(table: Table) -> list[tuple[int, Person]]:
    """Read the rows of a list, each with its number.

    :raises PeopleError: at the first row that is wrong.
    """
    rows: list[tuple[int, Person]] = []
    row_of_paddle: dict[int, int] = {}
    row_of_code: dict[HashedCode, int] = {}
    for row, cells in table.records(COLUMNS, REQUIRED_COLUMNS):
        try:
            person = parse_person(cells)
        except ValueError as error:
            raise RowError(row, error) from None
        first = row_of_paddle.setdefault(person.paddle, row)
        if first != row:
            raise RowError(row, f"paddle {person.paddle} is in row {first}, too")
        if person.code is not None:
            first = row_of_code.setdefault(person.code, row)
            if first != row:
                raise RowError(row, f"its pass is that of row {first}; empty the cell")
        rows.append((row, person))
    return rows


def parse_person(cells: Mapping[str, str]) -> Person:
    """Read one row.

    :param cells: a text for each of the :data:`COLUMNS`, without blanks around it.
    :raises ValueError: with a sentence that starts with the name of a column.
    """
    if _PADDLE.fullmatch(cells["paddle"]) is None:
        raise ValueError(
            Sentence("paddle must be a whole number from 1 to {most}", most=MAX_PADDLE)
        )
    if cells["room"] and ROOM_NAME.fullmatch(cells["room"]) is None:
        raise ValueError(f"room must be {ROOM_NAME_RULE}, or empty")
    return Person(
        paddle=int(cells["paddle"]),
        name=_name(cells["name"]),
        role=_role(cells["role"]),
        room=cells["room"],
        limit=_number("limit", cells["limit"]),
        lots=_number("lots", cells["lots"]),
        valuations=_valuations(cells["valuation"]),
        code=_code(cells["pass"]),
    )


def _role(cell: str) -> Role:
    try:
        return Role(cell.lower()) if cell else Role.BIDDER
    except ValueError:
        *others, last = (role.value for role in Role)
        raise ValueError(f"role must be {', '.join(others)} or {last}, or empty") from None


def _name(cell: str) -> str:
    if len(cell.encode("utf-8")) > MAX_NAME:
        raise ValueError(Sentence("name must be at most {most} bytes", most=MAX_NAME))
    if cell:
        try:
            check_printable(cell)
            check_visible(cell)
        except ValueError as error:
            raise ValueError(f"name must {error}") from None
    return cell


def _number(column: str, cell: str) -> int | None:
    try:
        return parse_amount(cell.encode("utf-8")) if cell else None
    except ValueError:
        raise ValueError(
            Sentence("{column} must be a whole number from 1, or empty", column=Sentence(column))
        ) from None


def _valuations(cell: str) -> tuple[int, ...]:
    try:
        return tuple(parse_amount(text.strip().encode("utf-8")) for text in cell.split(";") if cell)
    except ValueError:
        raise ValueError(
            "valuation must be whole numbers from 1, one or one a lot, separated by semicolons"
        ) from None


def _code(cell: str) -> HashedCode | None:
    try:
        return HashedCode.parse(cell) if cell else None
    except ValueError:
        raise ValueError(
            "pass must be as 'auction people' writes it, or empty; it is no place for a pass code"
        ) from None
