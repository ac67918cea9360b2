"""Messages as lines of text.

Lines are UTF-8 and end with LF; a CR before it is no part of the line. The server sends CRLF.
"""

import re
from collections.abc import Callable
from contextlib import suppress
from functools import cache

from twisted_auction.rules.amounts import parse_words
from twisted_auction.wire.messages import MESSAGES, Message

DELIMITER = b"\n"
"""End of a received line."""

_DURATION = "{duration}"

MAX_LINE = 512
"""Maximum bytes of a line from a client, without its LF."""


def render(*messages: Message) -> bytes:
    """Code messages as lines, in order, without those that exist in JSON alone."""
    return "".join([f"{message}\r\n" for message in messages if message.line]).encode("utf-8")


def parse(line: bytes) -> Message:
    """Parse one line from the server.

    :param line: the line without its LF.
    :raises ValueError: if no message has this wording.
    """
    text = line.removesuffix(b"\r").decode("utf-8")
    for cls in MESSAGES:
        match = _pattern(cls).fullmatch(text)  # type: ignore[arg-type]  # a class is hashable
        if match is None or not cls.line:
            continue
        if _DURATION in cls.line:
            # Of 90 seconds, the wording is "1 minute 30 seconds", and no other.
            with suppress(ValueError):
                build: Callable[..., Message] = cls
                return build(seconds=parse_words(match["seconds"]))
            continue
        return cls(**{name: kind(match[name] or kind()) for name, kind in cls.field_types.items()})
    raise ValueError(f"not a line of the Auctioneer's: {text!r}")


@cache  # compiled on first use, because most processes need few patterns or none
def _pattern(cls: type[Message]) -> re.Pattern[str]:
    pattern = re.escape(cls.line).replace("<", "(?:").replace(">", ")?")
    pattern = pattern.replace(re.escape(_DURATION), r"(?P<seconds>[0-9a-z ]+)")
    for name, kind in cls.field_types.items():
        # One digit more than an amount has: the least bid may be above the largest amount.
        digits_or_text = "[0-9]{1,19}" if kind is int else ".*?"
        pattern = pattern.replace(re.escape(f"{{{name}}}"), f"(?P<{name}>{digits_or_text})")
    # Of one second, the wording is in the singular.
    pattern = pattern.replace(r")\ seconds", r")\ seconds?")
    # Without a text at the end, the blank before it is missing, too.
    return re.compile(re.sub(r"\\ (\(\?P<\w+>\.\*\?\))$", r"(?: \1)?", pattern))
