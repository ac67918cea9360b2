"""Tables as spreadsheets write them: CSV with a header.

A spreadsheet separates cells by commas or, in countries with a decimal comma, by semicolons, and
may begin the file with a byte order mark. :meth:`Table.render` writes a table as it was read.
"""

import csv
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from io import StringIO

_SEPARATORS = ",;\t"
_LINE_END = re.compile("\r\n|\n|\r")
_BYTE_ORDER_MARK = "\ufeff"
_SIMILAR = 0.8
"""Ratio of :mod:`difflib` from which the name of a column is taken for a slip of the pen."""


class TableError(ValueError):
    """The file is no table, or has a wrong row.

    The text is a sentence without its full stop. It has the number of the row, counted as in a
    spreadsheet from the header, which is row 1. It never has the content of a cell below the
    header, because tables of people have names, and errors are logged.
    """


class RowError(TableError):
    """A row is wrong.

    :param row: its number, from 1 for the header.
    """

    def __init__(self, row: int, reason: object) -> None:
        super().__init__(f"row {row}: {reason}")


@dataclass(slots=True)
class Table:
    """A table, also to be changed and written again.

    :param header: the names of the columns, as they stand in the file.
    :param rows: the cells of each row below the header, as they stand in the file. A row may have
        fewer cells than the header.
    :param separator: between two cells.
    :param line_end: after each row.
    :param has_mark: True if the file begins with a byte order mark.
    """

    header: list[str]
    rows: list[list[str]]
    separator: str = ","
    line_end: str = "\n"
    has_mark: bool = False

    @classmethod
    def parse(cls, data: bytes) -> "Table":
        """Read a file in UTF-8.

        :raises TableError: if it is in another encoding, has no header, or has a wrong quote.
        """
        try:
            text = data.decode("utf-8")
        except UnicodeDecodeError:
            text = "\0"
        if "\0" in text:  # as in UTF-16
            raise TableError('the file is not UTF-8 text; save it as "CSV UTF-8"')
        content = text.removeprefix(_BYTE_ORDER_MARK)
        line_end = _LINE_END.search(content)
        first_line = content[: line_end.start()] if line_end else content
        separator = max(_SEPARATORS, key=first_line.count)
        rows: list[list[str]] = []
        try:
            for cells in csv.reader(
                StringIO(content, newline=""), delimiter=separator, strict=True
            ):
                rows.append(cells)
        except csv.Error:
            raise RowError(len(rows) + 1, "a quote is missing, or does not belong there") from None
        if not rows or not any(map(str.strip, rows[0])):
            raise RowError(1, "there is no header")
        return cls(
            header=rows[0],
            rows=rows[1:],
            separator=separator,
            line_end=line_end[0] if line_end else "\n",
            has_mark=content != text,
        )

    def records(
        self, columns: Sequence[str], required: Collection[str]
    ) -> Iterator[tuple[int, dict[str, str]]]:
        """The rows that are not empty, each with its number.

        :param columns: names in small letters. Other columns are skipped. In the header the names
            may have capitals, and blanks around them.
        :param required: those of the columns that must be there.
        :return: for each row, a cell for each of ``columns``, without blanks around it; an empty
            one if the column is not there.
        :raises RowError: if a column is missing, is there twice, or is almost called like a missing
            one; or if a row has more cells than the header.
        """
        places = self._places(columns, required)
        for number, cells in enumerate(self.rows, 2):
            if any(map(str.strip, cells[len(self.header) :])):
                raise RowError(number, "it has more cells than the header; a quote may be missing")
            if any(map(str.strip, cells)):
                texts = dict.fromkeys(columns, "")
                for column, place in places.items():
                    if place < len(cells):
                        texts[column] = cells[place].strip()
                yield number, texts

    def place(self, column: str) -> int:
        """The index of a column. A missing one is added as the last."""
        names = self._names
        if column not in names:
            self.header.append(column)
            return len(names)
        return names.index(column)

    def set(self, row: int, column: str, text: str) -> None:
        """Set a cell.

        :param row: its number, from 2.
        """
        place = self.place(column)
        cells = self.rows[row - 2]
        cells += [""] * (place + 1 - len(cells))
        cells[place] = text

    def remove(self, row: int) -> None:
        """Remove a row.

        :param row: its number, from 2. The rows after it have other numbers then.
        """
        del self.rows[row - 2]

    def render(self) -> bytes:
        """The file."""
        lines = map(self._line, [self.header, *self.rows])
        return (_BYTE_ORDER_MARK * self.has_mark + "".join(lines)).encode("utf-8")

    def _line(self, cells: Sequence[str]) -> str:
        line = StringIO(newline="")
        # Of the line ends in cells, Python puts only those of the writer in quotes.
        csv.writer(line, delimiter=self.separator, lineterminator="\r\n").writerow(cells)
        return line.getvalue().removesuffix("\r\n") + self.line_end

    @property
    def _names(self) -> list[str]:
        return [name.strip().lower() for name in self.header]

    def _places(self, columns: Sequence[str], required: Collection[str]) -> dict[str, int]:
        names = self._names
        for column in columns:
            if names.count(column) > 1:
                raise RowError(1, f"the column {column} is there twice")
            if column not in names:
                # A misspelt "limit" must not mean that there is no limit.
                others = [name for name in names if name not in columns]
                for similar in get_close_matches(column, others, 1, _SIMILAR):
                    raise RowError(1, f"the column {similar!r} must be called {column}")
                if column in required:
                    raise RowError(1, f"there is no column {column}")
        return {column: names.index(column) for column in columns if column in names}
