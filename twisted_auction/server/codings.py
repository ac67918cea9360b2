"""The codings of letters: how a connection's letters become bytes."""

from collections.abc import Callable

from twisted_auction.wire.letter import Letter

Coding = Callable[[Letter], bytes]
"""Turns a letter into the bytes to send."""


def as_lines(letter: Letter) -> bytes:
    """Code as lines that end with CRLF."""
    return letter.lines


def as_plain_lines(letter: Letter) -> bytes:
    """Code as lines that end with LF alone, as a plain program prints them."""
    return letter.lines.replace(b"\r\n", b"\n")  # no line has a CR within it


def as_json(letter: Letter) -> bytes:
    """Code as one JSON array on a line that ends with CRLF."""
    return letter.json + b"\r\n"
