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
    widths = [max(map(width_of, column)) for column in columns]
    for row in rows:
        cells = []
        for heading, cell, width in zip(rows[0], row, widths, strict=True):
            blanks = " " * (width - width_of(cell))
            cells.append(blanks + cell if heading in right else cell + blanks)
        print("  ".join(cells).rstrip())


def wrapped(text: str, width: int, max_lines: int) -> list[str]:
    """Text in lines of this width at most. If there are more lines than wanted, or a word is too
    long, the rest is left out, and dots stand for it.

    :param width: terminal columns, at least 1.
    """
    lines: list[str] = []
    for word in text.split(" "):
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and width_of(longer) <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    if len(lines) > max_lines:
        lines[max_lines - 1 :] = [" ".join(lines[max_lines - 1 :])]
    return [line if width_of(line) <= width else _cut(line, width) for line in lines]


def _cut(text: str, width: int) -> str:
    """The beginning of a text that is too wide, with dots at the end."""
    dots = "..."[:width]
    while width_of(text) > width - len(dots):
        text = text[:-1]
    return text.rstrip() + dots


def width_of(text: str) -> int:
    """The width of a text in terminal columns: two for an East Asian character, none for an accent
    or a joiner."""
    return sum(
        0
        if unicodedata.category(char) in ("Mn", "Me", "Cf")
        else 1 + (unicodedata.east_asian_width(char) in "WF")
        for char in text
    )
