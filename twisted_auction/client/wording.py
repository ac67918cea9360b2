"""Guessing what other servers of the assignment mean, which have words of their own.

Their authors had the same text before them, so most of them ask, refuse and tell results in words
that are near to ours. A guess here only decides what a person may do next and with which status the
program exits; the person reads the server's own words.
"""

import re
from enum import Enum

from twisted_auction.wire import messages
from twisted_auction.wire.lines import parse

SERVER_PREFIX = re.compile(rb"(?:server|auctioneer)\s*:\s*", re.IGNORECASE)
"""The prefix that some servers put before each line."""


MAX_MATCHED = 300
"""Largest number of characters of a line that are read: the cost grows with the square."""


class Meaning(Enum):
    """What a line in unknown words is about."""

    REQUEST_WANTED = "an auction request is asked for"
    BID_WANTED = "a bid is asked for"
    ANSWER_WANTED = "something is asked for"
    TURNED_AWAY = "there is no room for the person"
    RESULT = "the person learns how its auction has ended"
    NEWS = "none of these"


def _any(*patterns: str) -> str:
    return "|".join(patterns)


_WANTED = r"\b(?:please|enter|submit|input|type|send|place|make|give)\b(?!\s+wait)"
_CONDITION = r"\b(?:if|when|until|whoever|bidder wins|(?:will|can|to) be sold)\b"
_QUESTION = r"[:?>]\s*$"
_PATTERNS = [
    (meaning, re.compile(pattern, re.IGNORECASE))
    for meaning, pattern in [
        (
            Meaning.RESULT,
            rf"^(?!.*{_CONDITION})(?!.*{_QUESTION}).*(?:"
            + _any(
                r"\byou(?:'ve| have)? (?:won|win|lost|lose)\b",
                r"\byou(?:'re| are) (?:the|a|not the) winner\b",
                r"\byou (?:must |have to )?pay\b|\bpayment due\b|\bcongratulations\b",
                r"\b(?:did not|didn't|have not|haven't) win\b|\bnot won\b",
                r"\b(?:item|auction|it)\b.*\bsold\b|\b(?:not|been) sold\b|\bsold (?:for|to)\b",
                r"\bunsold\b|\bno sale\b|\bwent for\b",
            )
            + ")",
        ),
        (Meaning.REQUEST_WANTED, rf"{_WANTED}.*\b(?:request|auction|item)\b|\bto sell\?"),
        (
            Meaning.BID_WANTED,
            rf"{_WANTED}.*\b(?:bids?|offers?|amount)\b|\b(?:bid|offer)\s*{_QUESTION}",
        ),
        (
            Meaning.ANSWER_WANTED,
            _any(
                _QUESTION,
                r"\b(?:invalid|wrong|error|incorrect|not valid|must be)\b",
                r"\bpositive (?:integer|number|whole number)s?\b",
            ),
        ),
        (
            Meaning.TURNED_AWAY,
            _any(
                r"\bbusy\b|\bcome back later\b|\bserver (?:is )?full\b",
                r"\b(?:bidding|auction)\b.*\b(?:on-?going|in progress|under way)\b",
                r"\b(?:try|connect) again\b",
            ),
        ),
    ]
]


def _role(words: str) -> re.Pattern[str]:
    return re.compile(
        rf"\brole\b.*\b{words}\b|\byou are (?:now )?(?:the |an? )?{words}\b", re.IGNORECASE
    )


_ROLES: dict[type[messages.RoleSeller | messages.RoleBuyer], re.Pattern[str]] = {
    messages.RoleSeller: _role("seller"),
    messages.RoleBuyer: _role("(?:buyer|bidder)"),
}


def parse_lenient(line: bytes) -> messages.Message | None:
    """Parse a line in our words, also with blanks around it or behind ``Server:``. None if it is
    not one."""
    text = line.strip()
    for words in (text, SERVER_PREFIX.sub(b"", text, count=1)):
        try:
            return parse(words)
        except ValueError:
            continue
    return None


def role_in(text: str) -> type[messages.RoleSeller | messages.RoleBuyer] | None:
    """The role that a line in unknown words assigns, if it does."""
    return next(
        (role for role, pattern in _ROLES.items() if pattern.search(text[:MAX_MATCHED])), None
    )


def meaning_of(text: str, has_answered: bool) -> Meaning:
    """Guess what a line in unknown words means.

    A line that tells a result only under a condition, as a server's rules do, or that ends in a
    question, is no result.

    :param has_answered: True if the person has said something. Before that, no result
        is possible; after that, no refusal.
    """
    impossible = Meaning.TURNED_AWAY if has_answered else Meaning.RESULT
    for meaning, pattern in _PATTERNS:
        if pattern.search(text[:MAX_MATCHED]):
            if meaning is not impossible:
                return meaning
            if has_answered:
                return Meaning.ANSWER_WANTED  # "Try again."
    return Meaning.NEWS
