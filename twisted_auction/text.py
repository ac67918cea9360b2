"""Text for people to read at a terminal."""

import unicodedata
from collections.abc import Collection, Sequence

from twisted_auction.rules.names import JOINERS


def printable(text: str) -> str:
    """Text from any source, with control and invisible characters escaped for a terminal."""
    return "".join(
        char if char.isprintable() or char in JOINERS else char.encode("unicode_escape").decode()
        for char in text
    )


def counted(number: int, what: str) -> str:
    """A number and its noun, such as "2 rooms"."""
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def print_table(rows: Sequence[Sequence[str]], right: Collection[str]) -> None:
    """Print rows in columns of the necessary width. The first row has the headings.

    :param right: the headings of the columns to align to the right, such as numbers.
    """
    columns = list(zip(*rows, strict=True))
    widths = [max(map(_width, column)) for column in columns]
    for row in rows:
        cells = []
        for heading, cell, width in zip(rows[0], row, widths, strict=True):
            blanks = " " * (width - _width(cell))
            cells.append(blanks + cell if heading in right else cell + blanks)
        print("  ".join(cells).rstrip())


def _width(text: str) -> int:
    """The width of a text in terminal columns: two for an East Asian character, none for an accent
    or a joiner."""
    return sum(
        0
        if unicodedata.category(char) in ("Mn", "Me", "Cf")
        else 1 + (unicodedata.east_asian_width(char) in "WF")
        for char in text
    )
