"""Guessing the meaning of lines from other servers of the assignment, which have their own words.

All authors had the same assignment, so most servers ask, refuse and tell results in words close to
ours. A guess only decides whether the person may answer, and the exit status; the person reads the
server's own words.
"""

import re
from enum import Enum

from twisted_auction.wire import messages
from twisted_auction.wire.lines import parse

SERVER_PREFIX = re.compile(rb"(?:server|auctioneer)\s*:\s*", re.IGNORECASE)
"""A prefix of each line from some servers."""


MAX_MATCHED = 300
"""Number of characters, from the start of a line, that the patterns are tried on.

Their time grows with the square of the length.
"""


class Meaning(Enum):
    """The meaning of a line in unknown words."""

    PASS_WANTED = "the server asks for a pass code"
    REQUEST_WANTED = "the server asks for an auction request"
    BID_WANTED = "the server asks for a bid"
    ANSWER_WANTED = "the server asks for something"
    TURNED_AWAY = "the server has no place for the person"
    RESULT = "the auction has ended, with this result for the person"
    NEWS = "none of these"


def _any(*patterns: str) -> str:
    return "|".join(patterns)


_WANTED = r"\b(?:please|enter|submit|input|type|send|place|make|give)\b(?!\s+wait)"
_CONDITION = r"\b(?:if|when|until|whoever|bidder wins|(?:will|can|to) be sold)\b"
_QUESTION = r"[:?>]\s*$"
# The first pattern that matches decides. Results come first: some of them quote a bid or an item.
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
        (Meaning.PASS_WANTED, rf"{_WANTED}.*\bpass ?code\b|\bpass ?code\s*{_QUESTION}"),
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
    """Parse a line in our words, with blanks around it or ``Server:`` before it allowed.

    :return: None if the words are not ours.
    """
    text = line.strip()
    for words in (text, SERVER_PREFIX.sub(b"", text, count=1)):
        try:
            return parse(words)
        except ValueError:
            continue
    return None


def role_in(text: str) -> type[messages.RoleSeller | messages.RoleBuyer] | None:
    """The role that a line in unknown words assigns to the person, if any."""
    return next(
        (role for role, pattern in _ROLES.items() if pattern.search(text[:MAX_MATCHED])), None
    )


def meaning_of(text: str, has_answered: bool) -> Meaning:
    """Guess the meaning of a line in unknown words.

    A conditional line, such as one of a server's rules, is no result, and neither is a question.

    :param has_answered: True if the person has sent a line. Before that, no result is possible;
        after that, the server cannot turn the person away.
    """
    impossible = Meaning.TURNED_AWAY if has_answered else Meaning.RESULT
    for meaning, pattern in _PATTERNS:
        if pattern.search(text[:MAX_MATCHED]):
            if meaning is not impossible:
                return meaning
            if has_answered:
                return Meaning.ANSWER_WANTED  # such as "Try again."
    return Meaning.NEWS
