"""The layout of a table of all lots, as wide and as high as the terminal is."""

import os
from datetime import timedelta

from twisted_auction.cli.watch_screen import Size
from twisted_auction.client.lots_board import LotsBoard, Row
from twisted_auction.text import printable, width_of, wrapped

BEGIN = "\x1b[?1049h\x1b[2J"
"""Keeps the terminal's text, and begins an empty screen, with a cursor for typing."""

END = "\x1b[?1049l"
"""Undoes :data:`BEGIN`."""

HELP = "Type a lot and an amount, as in 12a 150, or: all mine ending open + - quit"
SHORT_HELP = "12a 150; all mine ending open + - quit"
"""The same on a narrow terminal."""

NARROW = 60
"""Columns below which each lot takes two rows."""

DAY = 24 * 60 * 60
"""Seconds of a day."""


def terminal_size() -> Size | None:
    """The size of the terminal; None if standard output is none, or cannot be drawn on."""
    if not os.isatty(0) or not os.isatty(1) or os.environ.get("TERM", "dumb") == "dumb":
        return None
    return lambda: os.get_terminal_size(1)


def table(
    board: LotsBoard, filter: str, page: int, notice: str, width: int, height: int
) -> list[str]:
    """The rows of the screen, above the one for typing.

    :param filter: the word that chooses the lots.
    :param page: the number of the page of these lots, from 0; a number too large is the last one.
    :param notice: the latest answer to the person; empty if there is none.
    :param width: columns of the terminal.
    :param height: rows of the terminal, the one for typing and the one below it included.
    """
    width = max(width - 1, 1)  # a terminal may begin a new row after the last column
    is_narrow = width < NARROW
    size = max((height - 5) // (2 if is_narrow else 1), 1)
    rows = board.chosen(filter)
    pages = max(-(-len(rows) // size), 1)
    page = min(page, pages - 1)
    held = sum(lot.standing == "highest" for lot in board.own.values())
    won = [lot.amount for lot in board.own.values() if lot.standing == "won"]
    shown = rows[page * size : (page + 1) * size]
    if is_narrow:
        heading = f"{filter}: page {page + 1} of {pages}; hold {held}, won {len(won)}"
        body = [text for row in shown for text in _two_rows(board, row)]
    else:
        heading = f"{filter}: {len(rows)} of {board.total} lots, page {page + 1} of {pages}. "
        heading += f"You hold {held}, won {len(won)}, due ${sum(won):,}."
        body = [_row(board, row, width) for row in shown]
    body += [""] * (height - 5 - len(body))
    help = SHORT_HELP if is_narrow else HELP
    return [_cut(text, width) for text in (heading, *body, notice, help)][: max(height - 2, 1)]


def screen(rows: list[str]) -> str:
    """The screen, drawn over the last one. What the person is typing stays."""
    drawn = "\r\n".join(f"{row}\x1b[K" for row in rows)
    return f"\x1b7\x1b[H{drawn}\x1b8"


def prompt(row: int) -> str:
    """An empty row for the person to type in.

    :param row: its number, from 1.
    """
    return f"\x1b[{row};1H\x1b[J> "


def _row(board: LotsBoard, row: Row, width: int) -> str:
    """One lot: its number, its item, its price, the time left, and the person's standing."""
    facts = f" {_price(row):>11} {_time(board, row):>8}  {_standing(board, row):<17}"
    label = f"{row.lot.label or row.lot.number!s:<6} "
    room = max(width - len(label) - len(facts), 8)
    item = _cut(printable(row.lot.item_name), room)
    return f"{label}{item}{' ' * (room - width_of(item))}{facts}"


def _two_rows(board: LotsBoard, row: Row) -> tuple[str, str]:
    """The same in two rows."""
    label = f"{row.lot.label or row.lot.number!s:<6} "
    facts = (_price(row), _time(board, row), _standing(board, row))
    indent = " " * len(label)
    return f"{label}{printable(row.lot.item_name)}", indent + "  ".join(filter(None, facts))


def _time(board: LotsBoard, row: Row) -> str:
    """The time left: days and hours, or hours, minutes and seconds."""
    if row.now.paused:
        return "paused"
    left = board.seconds_left(row)
    if left is None:
        return ""
    return str(timedelta(seconds=left)) if left < DAY else f"{left // DAY} d {left % DAY // 3600} h"


def _standing(board: LotsBoard, row: Row) -> str:
    own = board.own.get(row.now.number)
    if own is None:
        return ""
    return f"{own.standing} ${own.amount:,}" if own.amount else own.standing


def _price(row: Row) -> str:
    lot, now = row.lot, row.now
    if lot.state == "sold":
        return f"sold ${lot.payment:,}"
    if lot.state not in ("on", "to_come"):
        return lot.state
    if now.amount:
        return f"${now.amount:,}"
    return f"from ${now.asking_price or lot.opening_price:,}"


def _cut(text: str, width: int) -> str:
    """A text in one row."""
    return text if width_of(text) <= width else "".join(wrapped(text, width, 1))
