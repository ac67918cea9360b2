"""Parsing of amounts as people type them, and the wording of times."""

import re
from datetime import datetime

MAX_AMOUNT = 10**18 - 1
"""Largest amount, in whole dollars: eighteen digits, which fit a signed 64-bit integer."""

_AMOUNT = re.compile(rb"[1-9][0-9]{0,17}")
_TOO_LARGE = re.compile(rb"[1-9][0-9]{18,}")


class TooLarge(ValueError):
    """The text is a whole number above :data:`MAX_AMOUNT`."""


def parse_amount(text: bytes) -> int:
    """Parse a positive whole number, such as a price in whole dollars.

    Only ASCII digits without a leading zero are valid. They are matched first, because :class:`int`
    also accepts ``+5``, ``1_000`` and digits of other scripts, and is slow on thousands of digits.

    :param text: the digits, without white space.
    :raises TooLarge: if the number is above :data:`MAX_AMOUNT`.
    :raises ValueError: if ``text`` is no positive whole number.
    """
    if _AMOUNT.fullmatch(text) is None:
        kind = TooLarge if _TOO_LARGE.fullmatch(text) else ValueError
        raise kind(f"not a whole number from 1 to {MAX_AMOUNT}")
    return int(text)


_UNITS = ((86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second"))


def in_words(seconds: int) -> str:
    """A time in whole seconds, as text with larger units, such as ``1 hour 5 minutes``."""
    words: list[str] = []
    rest = seconds
    for size, unit in _UNITS:
        number, rest = divmod(rest, size)
        if number or (size == 1 and not words):
            words.append(f"1 {unit}" if number == 1 else f"{number} {unit}s")
    return " ".join(words)


def parse_words(text: str) -> int:
    """Parse a time as :func:`in_words` writes it.

    :return: whole seconds.
    :raises ValueError: if the text is no such time.
    """
    seconds = 0
    words = text.split(" ")
    for number, word in zip(words[::2], words[1::2], strict=False):
        seconds += sum(int(number) * size for size, unit in _UNITS if word in (unit, f"{unit}s"))
    if in_words(seconds) != text:
        raise ValueError("not a time in words")
    return seconds


def in_seconds(seconds: int) -> str:
    """A time in whole seconds, as text."""
    return "1 second" if seconds == 1 else f"{seconds} seconds"


def time_in_words(time: datetime) -> str:
    """A date and a time of day, as text such as ``on 2026-12-05 at 21:00``."""
    return f"on {time:%Y-%m-%d} at {time:{'%H:%M:%S' if time.second else '%H:%M'}}"
