"""The codings of letters as bytes."""

from collections.abc import Callable

from twisted_auction.wire.letter import Letter

Coding = Callable[[Letter], bytes]
"""Turns a letter into bytes."""


def as_lines(letter: Letter) -> bytes:
    """Code as lines with CRLF at their ends."""
    return letter.lines


def as_plain_lines(letter: Letter) -> bytes:
    """Code as lines with LF alone at their ends, as a plain program prints them."""
    return letter.lines.replace(b"\r\n", b"\n")  # no line has a CR within it


def as_json(letter: Letter) -> bytes:
    """Code as one JSON array on a line with CRLF at its end."""
    return letter.json + b"\r\n"
