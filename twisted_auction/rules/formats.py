"""The registry of auction formats, by number and by name.

To add a format, write a subclass of :class:`~twisted_auction.rules.sealed.Sealed` or
:class:`~twisted_auction.rules.open.Open`, and give it a number with :func:`register_format`. All
names for such a module can be imported from here.
"""

import re
from collections.abc import Mapping
from dataclasses import fields

from twisted_auction.rules.amounts import MAX_AMOUNT
from twisted_auction.rules.dutch import Dutch
from twisted_auction.rules.events import Event, Sold
from twisted_auction.rules.format import AMOUNTS, MAX_TEXT_LENGTH, SECONDS, Bidding, Format
from twisted_auction.rules.open import English, Open
from twisted_auction.rules.refusals import InvalidBid, InvalidRequest
from twisted_auction.rules.request import AuctionRequest
from twisted_auction.rules.rule import AnyRule, Rule, Steps, StepsRule, TimeRule
from twisted_auction.rules.sealed import FirstPrice, Sealed, SecondPrice
from twisted_auction.rules.sentences import Sentence

__all__ = [
    "AMOUNTS",
    "FORMATS",
    "SECONDS",
    "Bidding",
    "Dutch",
    "English",
    "FirstPrice",
    "Format",
    "Open",
    "Rule",
    "Sealed",
    "SecondPrice",
    "Steps",
    "StepsRule",
    "TimeRule",
    "Unregistered",
    "format_named",
    "format_of",
    "is_registered",
    "register_format",
]


class Unregistered(Format):
    """Stands in for a format of a ledger that this program does not know.

    Events of such an auction can be shown, but not checked or continued. Its bids are treated as
    sealed, because they may be.
    """

    is_open = False
    description = ""

    @classmethod
    def named(cls, name: str) -> "Unregistered":
        """Make a stand-in with this name."""
        # A class for each name, because the name of a format belongs to its class.
        kind: type[Unregistered] = type(cls.__name__, (cls,), {"name": name})
        return kind()

    def first_deadline(self, when: float, bid_timeout: int) -> float | None:
        """No deadline: the rules are unknown."""
        return None

    def decide(self, bidding: Bidding, who: int, line: bytes, when: float) -> tuple[Event, ...]:
        """Refuse every bid."""
        raise InvalidBid

    def award(self, bids: Mapping[int, int], lowest_price: int) -> Sold | None:
        """No award: the rules are unknown."""
        return None


FORMATS: dict[int, type[Format]] = {1: FirstPrice, 2: SecondPrice, 3: English, 4: Dutch}
"""Every format by its number, the ``type_of_auction`` of a request."""


def format_named(name: str) -> type[Format]:
    """The format with this name, in any case, or this number.

    :raises InvalidRequest: if there is none.
    """
    for number, kind in FORMATS.items():
        if name.lower() in (str(number), kind.name):
            return kind
    *most, last = [f"{number} ({kind.name})" for number, kind in FORMATS.items()]
    raise InvalidRequest(
        Sentence("type_of_auction must be {others} or {last}.", others=", ".join(most), last=last)
    )


def is_registered(name: str) -> bool:
    """True if a format with this name is registered."""
    return any(kind.name == name for kind in FORMATS.values())


def format_of(request: AuctionRequest) -> Format:
    """Build the format of a request, with the request's rules.

    If no such format is registered, the result is an :class:`Unregistered` format.
    """
    for kind in FORMATS.values():
        if kind.name == request.format:
            return kind.with_rules(request.lowest_price, dict(request.rules))
    return Unregistered.named(request.format)


_NAME = re.compile(r"[a-z][a-z0-9-]{0,31}")
_RULE_NAME = re.compile(r"[a-z]{1,20}")

_SAMPLE_PRICE = 100
"""Lowest price in whole dollars of the sample auction that checks a format at its registration."""


def register_format(number: int, kind: type[Format]) -> None:
    """Register a format, so that Sellers can choose it.

    :param number: the number as ``type_of_auction``. The name can be used instead.
    :raises ValueError: if the number or the name is taken, or the class is not a valid format; the
        text gives the reason.
    """
    # Not isinstance: True is an int, too.
    if type(number) is not int or not 1 <= number <= MAX_AMOUNT:
        raise ValueError(f"the number of a format is a whole number from 1, not {number!r}")
    if number in FORMATS:
        raise ValueError(f"number {number} is {FORMATS[number].name} already")
    if not (isinstance(kind, type) and issubclass(kind, Format)):
        raise ValueError(f"{kind!r} is no subclass of Format")
    if kind.__abstractmethods__:
        missing = ", ".join(sorted(kind.__abstractmethods__))
        raise ValueError(f"{kind.__name__} does not define {missing}")
    name = getattr(kind, "name", None)
    if not isinstance(name, str) or _NAME.fullmatch(name) is None:
        raise ValueError(
            f"the name of a format is 1 to 32 lower-case letters, digits and hyphens, and begins "
            f"with a letter; {kind.__name__} is called {name!r}"
        )
    if name in (known.name for known in FORMATS.values()):
        raise ValueError(f"there is a format called {name} already")
    if getattr(kind, "is_open", None) is not issubclass(kind, Open):
        raise ValueError(f"{name}: is_open must be True for a subclass of Open, otherwise False")
    if issubclass(kind, Open):
        for what in ("how_to_bid", "how_to_close"):
            _check_text(name, what, getattr(kind, what, None))
    _check_rules(name, kind)
    _check_description(name, kind)
    FORMATS[number] = kind


def _check_rules(name: str, kind: type[Format]) -> None:
    if not isinstance(kind.rules, Mapping):
        raise ValueError(f"{name}: rules must be a mapping of names to Rule")
    known = {field.name for field in fields(kind)}
    for rule_name, rule in kind.rules.items():
        if not isinstance(rule_name, str) or _RULE_NAME.fullmatch(rule_name) is None:
            raise ValueError(
                f"{name}: the name of a rule is 1 to 20 lower-case letters, not {rule_name!r}"
            )
        # with_rules() gives the rules to the constructor, by name.
        if rule_name not in known:
            raise ValueError(f"{name}: the rule {rule_name} is no field of {kind.__name__}")
        if not isinstance(rule, AnyRule) or (isinstance(rule, Rule) and not _has_range(rule)):
            raise ValueError(f"{name}: the rule {rule_name} must be a Rule with a range")
        if isinstance(rule, Rule):
            _check_range(name, rule_name, rule.allowed)
        _check_text(name, f"the meaning of {rule_name}", rule.meaning)


def _has_range(rule: Rule) -> bool:
    return isinstance(getattr(rule, "allowed", None), range)


def _check_range(name: str, rule_name: str, allowed: range) -> None:
    if not allowed or allowed.step != 1 or allowed.start < 0 or allowed[-1] > MAX_AMOUNT:
        raise ValueError(
            f"{name}: the rule {rule_name} must allow whole numbers from 0 to {MAX_AMOUNT}, "
            f"without gaps, not {allowed!r}"
        )


def _check_description(name: str, kind: type[Format]) -> None:
    """Check that a format can be made without rules and describes itself."""
    try:
        made = kind.with_rules(_SAMPLE_PRICE, {})
    except ValueError:  # allowed: the format may require a rule
        return
    except Exception as error:
        raise ValueError(f"{name}: with_rules fails with {type(error).__name__}: {error}") from None
    if type(made) is not kind:
        raise ValueError(f"{name}: with_rules must make a {kind.__name__}, not {made!r}")
    try:
        description, price = made.description, made.opening_price(_SAMPLE_PRICE)
    except Exception as error:
        raise ValueError(
            f"{name}: description or opening_price fails with {type(error).__name__}: {error}"
        ) from None
    _check_text(name, "description", description)
    if type(price) is not int or price not in AMOUNTS:
        raise ValueError(f"{name}: opening_price must be an amount, not {price!r}")


def _check_text(name: str, what: str, text: object) -> None:
    if not isinstance(text, str) or not text.isprintable() or not 0 < len(text) <= MAX_TEXT_LENGTH:
        raise ValueError(
            f"{name}: {what} must be one line of 1 to {MAX_TEXT_LENGTH} printable characters"
        )
