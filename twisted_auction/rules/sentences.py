"""Sentences that the program builds, with their parts, so that a page can say them in another
language."""

import re
from collections.abc import Iterable
from typing import Self

from twisted_auction.rules.amounts import in_words

_COUNTED = re.compile(r"\{(\w+)s\} (\1)s", re.IGNORECASE)


class Sentence(str):
    """A text built from a pattern: in English the text itself, in other languages the parts.

    :param pattern: the text with its values in braces. A noun with the name of its number, as in
        ``{minutes} minutes``, is in the singular for 1. ``{duration}`` has the value ``seconds`` in
        larger units. Without values, braces have no meaning.
    :param values: numbers, texts of people, other sentences and messages. After ``$``, a number is
        an amount; after ``Buyer``, it is a Buyer's.
    :ivar pattern: as given.
    :ivar values: as given, by their names.
    """

    pattern: str
    values: dict[str, object]

    def __new__(cls, pattern: str, /, **values: object) -> Self:
        """Build the text."""
        text = pattern
        if values:
            text = _COUNTED.sub(lambda found: _counted(found, values[f"{found[1]}s"]), pattern)
            if "{duration}" in pattern:
                seconds = values["seconds"]
                assert isinstance(seconds, int)
                text = text.replace("{duration}", in_words(seconds))
            text = text.format(**values)
        sentence = super().__new__(cls, text)
        sentence.pattern = pattern
        sentence.values = values
        return sentence


def _counted(found: re.Match[str], number: object) -> str:
    return f"{{{found[1]}s}} {found[2]}" if number == 1 else found[0]


def joined(separator: str, sentences: Iterable[str]) -> Sentence:
    """One sentence of several, in their order.

    :param separator: between two of them, without a letter: it is the same in all languages.
    """
    values = {f"part{index}": each for index, each in enumerate(sentences)}
    return Sentence(separator.join(f"{{{name}}}" for name in values), **values)


def reason_of(error: Exception) -> str:
    """The text of an error: the sentence that it was raised with, if it was one."""
    reason = error.args[0] if len(error.args) == 1 else None
    return reason if isinstance(reason, Sentence) else str(error)
