"""The file of a list of people, to be changed."""

import stat
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path

from twisted_auction.files import PRIVATE, atomic_file
from twisted_auction.house.pass_codes import HashedCode, new_code, new_salt
from twisted_auction.house.people import COLUMNS, PeopleError, Person, parse_rows
from twisted_auction.rules.tables import Table


class PeopleTable:
    """The file of a list of people, to be changed. All other columns, the order of the rows and the
    form of the file stay.

    :param path: its name.
    :param may_be_new: True if there need not be such a file.
    :raises PeopleError: if it cannot be read, or is no table.
    """

    def __init__(self, path: Path, may_be_new: bool = False) -> None:
        self.path = path
        self._data = _read(path, may_be_new)
        try:
            self._table = Table([*COLUMNS], []) if self._data is None else Table.parse(self._data)
        except PeopleError as error:
            raise PeopleError(f"{path}: {error}") from None

    @property
    def persons(self) -> Mapping[int, Person]:
        """The persons by paddle, in the order of the list.

        :raises PeopleError: if a row is wrong.
        """
        return {person.paddle: person for _, person in self._rows()}

    def _rows(self) -> list[tuple[int, Person]]:
        try:
            return parse_rows(self._table)
        except PeopleError as error:
            raise PeopleError(f"{self.path}: {error}") from None

    def chosen(self, paddles: Sequence[int] | None) -> list[int]:
        """The paddles that a user has chosen; all for None.

        :raises PeopleError: if one of them is not in the list.
        """
        persons = self.persons
        for paddle in paddles or ():
            if paddle not in persons:
                raise PeopleError(
                    f"there is no paddle {paddle} in {self.path}; nothing was changed"
                )
        return [*persons] if paddles is None else [*paddles]

    def add(self, rows: Iterable[Mapping[str, str]]) -> None:
        """Add rows at the end, each with its cells by column."""
        for cells in rows:
            self._table.rows.append([])
            for column, text in cells.items():
                self._table.set(len(self._table.rows) + 1, column, text)

    def set(self, column: str, cells: Mapping[int, str]) -> None:
        """Set the cells of a column, each by its paddle."""
        for row, person in self._rows():
            if person.paddle in cells:
                self._table.set(row, column, cells[person.paddle])

    def give_codes(self, paddles: Collection[int]) -> dict[int, str]:
        """Give these persons new pass codes, which the list keeps hashed.

        :return: the code of each.
        """
        kept = (each.code for paddle, each in self.persons.items() if paddle not in paddles)
        # The salt of the list, so that a server has to hash a code only once.
        salt = next((code.salt for code in kept if code is not None), new_salt())
        codes = {paddle: new_code() for paddle in paddles}
        self.set("pass", {paddle: str(HashedCode.of(code, salt)) for paddle, code in codes.items()})
        return codes

    def remove(self, paddles: Collection[int]) -> None:
        """Remove the rows of these paddles."""
        for row, person in reversed(self._rows()):
            if person.paddle in paddles:
                self._table.remove(row)

    def table(self, header: Sequence[str], rows: Iterable[Sequence[str]]) -> Table:
        """A table in the form of this file, for the spreadsheet that wrote it."""
        form = self._table
        return Table(
            [*header], [[*row] for row in rows], form.separator, form.line_end, form.has_mark
        )

    def save(self) -> None:
        """Write the list, atomically.

        :raises PeopleError: if it cannot be written, if another program has changed it, or if a
            spreadsheet would write over the changes.
        """
        lock = self.path.with_name(f".~lock.{self.path.name}#")  # LibreOffice's
        if lock.exists():
            raise PeopleError(
                f"{self.path} is open in a spreadsheet: close it there, or delete {lock.name}"
            )
        if _read(self.path, may_be_new=True) != self._data:
            raise PeopleError(f"{self.path} was changed by another program; give the command again")
        try:
            with atomic_file(self.path, PRIVATE) as file:
                file.write(self._table.render())
        except OSError as error:
            raise PeopleError(f"cannot write {self.path}: {error.strerror}") from None

    def is_public(self) -> bool:
        """True if every user of this machine can read the list."""
        return bool(self.path.stat().st_mode & stat.S_IROTH)


def _read(path: Path, may_be_new: bool) -> bytes | None:
    """The content of a file; None if there need not be such a file, and there is none."""
    try:
        return path.read_bytes()
    except OSError as error:
        if may_be_new and isinstance(error, FileNotFoundError):
            return None
        raise PeopleError(f"cannot read {path}: {error.strerror}") from None
