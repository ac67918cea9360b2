"""The layout of a projector's screen, as wide and as high as the terminal is.

The price is as large as it can be. If there is too little room, the least important rows are left
out, so that nothing scrolls away.
"""

from collections.abc import Callable
from dataclasses import dataclass

from twisted_auction.client.watch_board import Board, Result, Stage
from twisted_auction.text import printable, width_of, wrapped

BEGIN = "\x1b[?1049h\x1b[?25l"
"""Keeps the terminal's text, and begins an empty screen without a cursor."""

END = "\x1b[?25h\x1b[?1049l"
"""Undoes :data:`BEGIN`."""

GLYPHS = {
    "0": ("###", "# #", "# #", "# #", "###"),
    "1": (" # ", "## ", " # ", " # ", "###"),
    "2": ("###", "  #", "###", "#  ", "###"),
    "3": ("###", "  #", "###", "  #", "###"),
    "4": ("# #", "# #", "###", "  #", "  #"),
    "5": ("###", "#  ", "###", "  #", "###"),
    "6": ("###", "#  ", "###", "# #", "###"),
    "7": ("###", "  #", "  #", "  #", "  #"),
    "8": ("###", "# #", "###", "# #", "###"),
    "9": ("###", "# #", "###", "  #", "###"),
    "$": (" ####", "# #  ", " ### ", "  # #", "#### "),
    ",": ("  ", "  ", "  ", " #", "# "),
}
"""The characters of a large price."""

MAX_SCALE = 4
"""Largest enlargement of the characters, in terminal rows for each of their own."""


@dataclass(frozen=True)
class Block:
    """Rows that are shown together or not at all.

    :param importance: 0 for the most important block, which is the last one to be left out.
    """

    importance: int
    rows: list[str]
    is_bold: bool = False


def large(text: str, scale: int, ink: str = "█") -> list[str]:
    """Text in large characters, two columns wide and one row high at scale 1.

    :param text: of the characters in :data:`GLYPHS`.
    :param ink: the character to draw with.
    """
    rows = []
    for row in zip(*(GLYPHS[char] for char in text), strict=True):
        dots = " ".join(row)
        line = "".join((ink if dot == "#" else " ") * 2 * scale for dot in dots).rstrip()
        rows += [line] * scale
    return rows


def layout(board: Board, room: str, trouble: str, width: int, height: int, ink: str) -> list[Block]:
    """The blocks that fit, from top to bottom.

    :param trouble: a line about the connection; empty if it is there.
    :param width: columns of the terminal.
    :param height: rows of the terminal.
    :param ink: as for :func:`large`.
    """
    # The last column stays empty: a terminal may begin a new row after it.
    width = max(1, width - 1)
    blocks = [
        Block(block.importance, [row for text in block.rows for row in wrapped(text, width, 2)])
        for block in _texts(board, room, trouble)
    ]
    amount = _amount(board)
    if amount is not None:
        at = next(i for i, block in enumerate(blocks) if block.importance == 1)
        others = sum(len(block.rows) for block in blocks if block.importance < 8)
        price = _price(amount, width, height - others, ink)
        blocks.insert(at, Block(0, price, is_bold=True))
    while len(blocks) > 1 and sum(len(block.rows) for block in blocks) > height:
        blocks.remove(max(blocks, key=lambda block: block.importance))
    free = height - sum(len(block.rows) for block in blocks)
    results = [
        _result_row(result, width)
        for result in list(board.results)[: -1 if _shows_result(board) else None]
    ]
    if free > 1 and results:  # a blank row, and the latest results
        blocks.append(Block(10, ["", *results[-(free - 1) :]]))
    return blocks


def frame(blocks: list[Block]) -> str:
    """A whole screen, drawn over the last one without flicker."""
    rows = [
        f"\x1b[1m{row}\x1b[0m" if block.is_bold else row for block in blocks for row in block.rows
    ]
    return "\x1b[H" + "\r\n".join(f"{row}\x1b[K" for row in rows) + "\x1b[J"


def _result_row(result: Result, width: int) -> str:
    """A result in one row. If it is too wide, the name of the item is cut."""
    outcome = printable(str(result).removeprefix(result.item))
    (item,) = wrapped(printable(result.item), max(8, width - width_of(outcome)), 1)
    (row,) = wrapped(f"{item}{outcome}", width, 1)
    return row


def _shows_result(board: Board) -> bool:
    """True while the latest result has the place of the price."""
    return board.stage is not Stage.BIDDING and bool(board.results)


def _amount(board: Board) -> int | None:
    """The amount to show in large characters."""
    return board.results[-1].payment if _shows_result(board) else board.price


def _price(amount: int, width: int, height: int, ink: str) -> list[str]:
    """An amount in whole dollars, as large as there is room."""
    text = f"${amount:,}"
    for scale in range(MAX_SCALE, 0, -1):
        rows = large(text, scale, ink)
        if len(rows) + 2 <= height and max(map(len, rows)) <= width:
            return ["", *rows, ""]
    return wrapped(text, width, 1)


def _texts(board: Board, room: str, trouble: str) -> list[Block]:
    """All blocks but the large amount, each of one text for each row."""
    next_item = board.stage is Stage.GATHERING and bool(board.results)
    item, description = printable(board.item), printable(board.description)
    heading = [room] if next_item else [room, board.lot]
    texts: list[tuple[int, str]] = [(6, ": ".join(filter(None, heading)))]
    if not next_item and board.stage is not Stage.ENDED:
        texts += [(4, item), (9, description), (8, board.format)]
    if board.stage is Stage.BIDDING:
        texts += _bidding(board)
    elif _shows_result(board):
        latest = board.results[-1]
        texts.append((1, printable(f"{latest.item}: {latest.text}")))
    else:
        texts.append((1, board.count))
    if next_item:
        following = ", ".join(filter(None, [board.lot, item]))
        texts += [(4, f"Next: {following}"), (9, description), (8, board.format), (7, board.count)]
    texts += [(5, printable(board.notice)), (3, trouble)]
    return [Block(importance, [text]) for importance, text in texts if text]


def _bidding(board: Board) -> list[tuple[int, str]]:
    seconds = board.seconds_left
    time = "" if seconds is None else f"Seconds left: {seconds}. {board.call}".rstrip()
    if board.price is None:
        return [(1, board.count or "Bidding is open."), (2, time)]
    who = "no bid yet" if board.holder is None else f"Buyer {board.holder}"
    label = "Asking price" if board.holder is None else "Highest bid"
    texts = [(1, f"{label}: {who}"), (2, time)]
    if board.holder is not None:
        texts.append((7, f"Asking price: ${board.asking_price:,}"))
    return texts


Size = Callable[[], tuple[int, int]]
"""Returns the present columns and rows of a terminal."""
