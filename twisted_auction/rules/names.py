"""The characters allowed in names: those of items, and those of people."""

import re
import unicodedata

from twisted_auction.rules.sentences import Sentence

_INVISIBLE = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180d\u180f\u2800\u3164\ufe00-\ufe0e\uffa0"
    "\U00016fe4\U0001d159\U000e0100-\U000e01ef]"
)
"""Invisible characters for which :meth:`str.isprintable` is true: fillers, blanks of other scripts,
and all variation selectors but U+FE0F."""

JOINERS = "\u200c\u200d"
"""Characters needed by emoji and some scripts. :meth:`str.isprintable` is false for them, but they
do no harm on a terminal."""

_WITHOUT_JOINERS = dict.fromkeys(map(ord, JOINERS))

_EMOJI_SELECTOR = "\ufe0f"

_NAME_PATTERN = re.compile(r" *(?:cv?(?:mv?|j(?=[cm]))* *)+")
"""Pattern of a name, written in the letters of :func:`_character_class`: blanks, and
characters with their marks."""


def check_printable(name: str) -> None:
    """Check that no character of a name disturbs a terminal.

    :meth:`str.isprintable` is false for control characters, for characters that change the
    direction of text, and for all blanks but the space. The two :data:`JOINERS` are allowed.

    :raises ValueError: with the end of a sentence that starts with "must".
    """
    if not name.isprintable() and not name.translate(_WITHOUT_JOINERS).isprintable():
        raise ValueError(Sentence("be printable characters only"))


def check_visible(name: str) -> None:
    """Check that a printable name has no invisible or misleading characters.

    A mark, such as an accent, must follow a character. So must U+FE0F, at most once, which turns
    the character into an emoji. A joiner must stand between two characters, or before a mark.

    :raises ValueError: as :func:`check_printable`.
    """
    if name.isascii() and name.strip():  # no marks or joiners in ASCII
        return
    if _INVISIBLE.search(name):
        raise ValueError(Sentence("have no invisible characters"))
    if not _NAME_PATTERN.fullmatch("".join(map(_character_class, name))):
        raise ValueError(
            Sentence("have no accent, joiner or variation selector without its character")
        )


def _character_class(character: str) -> str:
    """The class of a character, as a letter: c for visible by itself, m for a mark, v for U+FE0F, j
    for a joiner, and the blank for itself."""
    if character == " ":
        return " "
    if character == _EMOJI_SELECTOR:
        return "v"
    if character in JOINERS:
        return "j"
    return "m" if unicodedata.category(character).startswith("M") else "c"
