"""What counts as an amount of money, and as any other positive whole number that a person types;
and how an amount of time is worded."""

import re

MAX_AMOUNT = 10**18 - 1
"""The largest amount, in whole dollars: eighteen digits, which fit a signed 64-bit integer."""

_AMOUNT = re.compile(rb"[1-9][0-9]{0,17}")
_TOO_LARGE = re.compile(rb"[1-9][0-9]{18,}")


class TooLarge(ValueError):
    """The digits are in order, but there are too many of them for an amount."""


def parse_amount(text: bytes) -> int:
    """Read a positive whole number, such as a price in whole dollars.

    Only ASCII digits without a leading zero count. :class:`int` is more generous (it takes ``+5``,
    ``1_000`` and the digits of other scripts, and is slow on thousands of digits), so the bytes are
    matched before it sees them.

    :param text: the digits, with nothing around them.
    :raises TooLarge: where the number is above :data:`MAX_AMOUNT`.
    :raises ValueError: where ``text`` is anything else.
    """
    if _AMOUNT.fullmatch(text) is None:
        kind = TooLarge if _TOO_LARGE.fullmatch(text) else ValueError
        raise kind(f"not a whole number from 1 to {MAX_AMOUNT}")
    return int(text)


def in_seconds(seconds: int) -> str:
    """Word a time, given in whole seconds."""
    return "1 second" if seconds == 1 else f"{seconds} seconds"
