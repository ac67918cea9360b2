"""How a connection codes its letters."""

from collections.abc import Callable

from twisted_auction.wire.letter import Letter

Coding = Callable[[Letter], bytes]
"""Turns a letter into the bytes that are sent for it."""


def as_lines(letter: Letter) -> bytes:
    """Lines that end with CRLF."""
    return letter.lines


def as_plain_lines(letter: Letter) -> bytes:
    """Lines that end with LF alone, as of plain programs that print. Within a line is no CR."""
    return letter.lines.replace(b"\r\n", b"\n")


def as_json(letter: Letter) -> bytes:
    """One JSON array, which ends with CRLF as lines do."""
    return letter.json + b"\r\n"
