"""CSV for spreadsheets, without formulas in its texts."""

import csv
import re
import sys
from collections.abc import Callable, Iterable
from decimal import Decimal
from io import TextIOWrapper

from twisted_auction.text import printable

Cell = int | Decimal | str | None
"""A cell of a table. None is an empty cell."""

FORMULA = re.compile("((?:^|[,;|\\t\\r\\n])[\\s\"]*)(?=['=+\\-@\uff1d\uff0b\uff0d\uff20])")
"""The start of a formula in some spreadsheet: one of these signs, at the start of the text or after
a separator. The last four signs are full-width."""

EXCEL_FLAG = ["excel", None, "Begin CSV so that Excel reads it as UTF-8."]


def csv_writer(headings: Iterable[str], is_for_excel: bool) -> Callable[[Iterable[Cell]], object]:
    """Write the header of a CSV file to standard output.

    :return: writes a line.
    """
    if is_for_excel:
        write_utf8()  # as the byte order mark says
        sys.stdout.write("\ufeff")
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(headings)
    return lambda cells: writer.writerow(map(escape_formulas, cells))


def write_utf8() -> None:
    """Write UTF-8 to standard output from now on, in any locale."""
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8")


def escape_formulas(fact: Cell) -> Cell:
    """Protect a text from being read as a formula by a spreadsheet. Numbers stay unchanged.

    Sellers choose the names of items, and people open CSV in a spreadsheet, which runs
    ``=HYPERLINK(...)`` as a formula, quoted or not. The spreadsheet may also take another character
    for the separator of cells, so a formula may start after any of them. An apostrophe goes before
    each such place, and before each apostrophe in such a place. To restore the text, remove one
    apostrophe there.
    """
    return FORMULA.sub(r"\1'", printable(fact)) if isinstance(fact, str) else fact
