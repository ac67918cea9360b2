"""The rules that a Seller may set in its request, one class for each kind of value."""

import re
from dataclasses import dataclass
from datetime import datetime

from twisted_auction.rules.sentences import Sentence

_NUMBER = re.compile(r"0|[1-9][0-9]{0,17}")
_TIME = re.compile(r"\d{4}-\d\d-\d\d[Tt](?:[01]\d|2[0-3]):\d\d(?::\d\d)?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Rule:
    """A number that a Seller may set in its request.

    :param allowed: its possible values.
    :param meaning: its unit and purpose, in a few words.
    """

    allowed: range
    meaning: str

    def parse(self, text: str) -> int:
        """Read the value of the rule, as a Seller writes it.

        :raises ValueError: if it is none; the text says what the value must be.
        """
        if _NUMBER.fullmatch(text) is None or int(text) not in self.allowed:
            least, most = self.allowed.start, self.allowed.stop - 1
            raise ValueError(
                Sentence("a whole number from {least} to {most}", least=least, most=most)
            )
        return int(text)


@dataclass(frozen=True, slots=True)
class TimeRule:
    """A date with a time of day that a Seller may set in its request.

    The value is a :class:`~datetime.datetime` without a time zone: the house has one.

    :param meaning: its purpose, in a few words.
    """

    meaning: str

    def parse(self, text: str) -> datetime:
        """Read the value of the rule, as a Seller writes it.

        :raises ValueError: if it is none; the text says what the value must be.
        """
        try:
            if _TIME.fullmatch(text) is None:
                raise ValueError
            return datetime.fromisoformat(text)
        except ValueError:
            raise ValueError(
                Sentence("a date and a time of day, such as 2026-12-05T21:00")
            ) from None


MAX_STEPS = 10
"""Largest number of steps in a table. More would not fit in the sentence for Buyers."""

Steps = tuple[tuple[int, int], ...]
"""A table of increments: each with the price from which it holds, in whole dollars. Both rise, and
the first price is 0."""


@dataclass(frozen=True, slots=True)
class StepsRule:
    """An amount, or a table of amounts that grow with the price, such as ``1,10@100,50@1000``: 1
    below $100, 10 from there, and 50 from $1000.

    The value is an amount in whole dollars, or :data:`Steps`.

    :param allowed: the possible amounts and prices.
    :param meaning: its purpose, in a few words.
    """

    allowed: range
    meaning: str

    def parse(self, text: str) -> int | Steps:
        """Read the value of the rule, as a Seller writes it.

        :raises ValueError: if it is none; the text says what the value must be.
        """
        first, *rest = text.split(",")
        amount = Rule(self.allowed, self.meaning)
        if not rest:
            return amount.parse(first)
        if len(rest) >= MAX_STEPS:
            raise ValueError(Sentence("a table of at most {most} steps", most=MAX_STEPS))
        try:
            steps = [(0, amount.parse(first))]
            for step in rest:
                increment, _, price = step.partition("@")
                steps.append((amount.parse(price), amount.parse(increment)))
        except ValueError:
            raise ValueError(Sentence("an amount, or a table such as 1,10@100,50@1000")) from None
        for column in zip(*steps, strict=True):
            if list(column) != sorted(set(column)):
                raise ValueError(Sentence("a table of rising amounts at rising prices"))
        return tuple(steps)


AnyRule = Rule | TimeRule | StepsRule
"""A rule of any kind."""

RuleValue = int | datetime | Steps
"""The value of a rule of any kind."""
