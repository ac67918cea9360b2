"""The common parts of the ``auction people`` commands."""

import re
import stat
import sys
from collections.abc import Collection, Iterable, Mapping, Sequence
from getopt import GetoptError, gnu_getopt
from pathlib import Path

from twisted.python import usage

from twisted_auction.cli.base import Complaint, Report
from twisted_auction.cli.files import PRIVATE, output_file
from twisted_auction.house.people import (
    COLUMNS,
    MAX_PADDLE,
    PeopleError,
    Person,
    parse_rows,
)
from twisted_auction.rules.tables import Table

DEFAULT_LIST = "people.csv"
"""The list, where the user names none."""

LIST_HELP = f"FILE is the list of people. Default: {DEFAULT_LIST}."

ALL_PADDLES = "all"

AFTERWARDS = "A running server takes the new list after: auction control people"
"""The last line of every command that has changed a list."""

_RANGE = re.compile(r"([0-9]{1,4})(?:-([0-9]{1,4}))?")


class PeopleReport(Report):
    """A command with a list of people as its argument.

    :ivar path: the file of the list.
    """

    synopsis = "[FILE] [options]"

    def parseOptions(self, options: Sequence[str] | None = None) -> None:
        """Read the command line. Options may also stand after the arguments."""
        words = list(sys.argv[1:] if options is None else options)
        try:
            found, arguments = gnu_getopt(words, self.shortOpt, self.longOpt)
        except GetoptError as error:
            raise usage.UsageError(str(error)) from None
        super().parseOptions([*(self._joined(*option) for option in found), "--", *arguments])

    def _joined(self, option: str, value: str) -> str:
        takes_value = f"{option.removeprefix('--')}=" in self.longOpt
        return f"{option}={value}" if takes_value else f"{option}{value}"

    def parseArgs(self, *files: str) -> None:
        """Read the name of the list."""
        if len(files) > 1:
            raise usage.UsageError("name one list of people")
        self.path = Path(*files or [DEFAULT_LIST])
        if not self.path.name:
            raise usage.UsageError(f"{str(self.path)!r} is no list of people")


class PeopleFile:
    """The file of a list of people, to be changed. All other columns, the order of the rows and the
    form of the file stay.

    :param path: its name.
    :param may_be_new: True if there need not be such a file.
    :raises Complaint: if it cannot be read, or is no table.
    """

    def __init__(self, path: Path, may_be_new: bool = False) -> None:
        self.path = path
        self._data = _read(path, may_be_new)
        try:
            self._table = Table([*COLUMNS], []) if self._data is None else Table.parse(self._data)
        except PeopleError as error:
            raise Complaint(f"{path}: {error}") from None

    @property
    def persons(self) -> Mapping[int, Person]:
        """The persons by paddle, in the order of the list.

        :raises Complaint: if a row is wrong.
        """
        return {person.paddle: person for _, person in self._rows()}

    def _rows(self) -> list[tuple[int, Person]]:
        try:
            return parse_rows(self._table)
        except PeopleError as error:
            raise Complaint(f"{self.path}: {error}") from None

    def chosen(self, paddles: Sequence[int] | None) -> list[int]:
        """The paddles that a user has chosen; all for None.

        :raises Complaint: if one of them is not in the list.
        """
        persons = self.persons
        for paddle in paddles or ():
            if paddle not in persons:
                raise Complaint(f"there is no paddle {paddle} in {self.path}; nothing was changed")
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

        :raises Complaint: if it cannot be written, if another program has changed it, or if a
            spreadsheet would write over the changes.
        """
        lock = self.path.with_name(f".~lock.{self.path.name}#")  # LibreOffice's
        if lock.exists():
            raise Complaint(
                f"{self.path} is open in a spreadsheet: close it there, or delete {lock.name}"
            )
        if _read(self.path, may_be_new=True) != self._data:
            raise Complaint(f"{self.path} was changed by another program; give the command again")
        with output_file(self.path, PRIVATE) as file:
            file.write(self._table.render())

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
        raise Complaint(f"cannot read {path}: {error.strerror}") from None


def parse_paddles(text: str | None) -> list[int] | None:
    """Parse the option ``--paddles``.

    :return: each paddle once, in the order of the text; None for all.
    :raises UsageError: if a part of it is no range of paddles.
    """
    if text is None or text == ALL_PADDLES:
        return None
    paddles: dict[int, None] = {}
    for part in text.split(","):
        found = _RANGE.fullmatch(part.strip())
        first, last = (int(found[1]), int(found[2] or found[1])) if found else (0, 0)
        if not 1 <= first <= last <= MAX_PADDLE:
            raise usage.UsageError(
                f"--paddles are numbers from 1 to {MAX_PADDLE}, such as 1-40 or 3,17,20-25, "
                f"not {text!r}"
            )
        paddles |= dict.fromkeys(range(first, last + 1))
    return [*paddles]


def required_paddles(text: str | None) -> list[int] | None:
    """Parse the option ``--paddles``, where it may not be left out.

    :return: as :func:`parse_paddles`, which also raises.
    """
    if text is None:
        raise usage.UsageError(f"name the --paddles, such as 17 or 3,20-25, or {ALL_PADDLES}")
    return parse_paddles(text)


def people(number: int) -> str:
    """A number of people, in words."""
    return "1 person" if number == 1 else f"{number} people"
