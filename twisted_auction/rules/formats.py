"""The auction formats: who may bid what and when, who wins, and what is paid.

A format answers for the part of an auction in which bids are made. It is immutable: what has
happened stands in the :class:`Bidding` that it is asked about, and its answers are events. To add a
format, write its class and give it a number with :func:`register_format`.
"""

import re
from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields
from typing import ClassVar, Protocol, Self

from twisted_auction.rules.amounts import MAX_AMOUNT, TooLarge, in_seconds, parse_amount
from twisted_auction.rules.events import (
    SELLER,
    BiddingClosed,
    BidTaken,
    Called,
    Event,
    Extended,
    PriceFell,
    Raised,
    Sold,
    Unsold,
)
from twisted_auction.rules.refusals import (
    BidAlreadyIn,
    BiddingNotOpen,
    BidTooHigh,
    BidTooLow,
    InvalidBid,
    InvalidRequest,
    NotUnderstood,
    RequestAlreadyIn,
)
from twisted_auction.rules.request import AuctionRequest

AMOUNTS = range(1, MAX_AMOUNT + 1)
"""What a rule in whole dollars may be."""

SECONDS = range(1, 7 * 24 * 3600 + 1)
"""What a rule in seconds may be: up to a week."""

MULTIPLES = range(1_000_001)
"""What a rule that says how many times a price may be; 0 is no limit."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A number that a Seller may set.

    :param allowed: its possible values.
    :param meaning: what it is, in a few words.
    """

    allowed: range
    meaning: str


ANSWERS = frozenset({BidTaken, Raised, Extended, Called, PriceFell, BiddingClosed, Sold, Unsold})
"""The events with which a format may answer."""

PACE = 3.0
"""Seconds from "going once" to "going twice", and from there to the end, where there is time."""


class Bidding(Protocol):
    """What a format sees of the auction that it decides. Amounts are whole dollars."""

    @property
    def lowest_price(self) -> int:
        """Below it, the Seller does not sell."""

    @property
    def asked(self) -> Collection[int]:
        """The Buyers who are asked for a sealed bid and have not answered."""

    @property
    def awaited(self) -> Collection[int]:
        """Those of them for whom the result waits; the others have missed an earlier lot."""

    @property
    def bids(self) -> Mapping[int, int]:
        """Each Buyer's bid, the latest where it made several, in the order of arrival."""

    @property
    def holder(self) -> int | None:
        """In open bidding, whose bid is the highest so far."""

    @property
    def price(self) -> int:
        """The price that was called last: the opening price, or what a Dutch clock shows."""

    @property
    def deadline(self) -> float | None:
        """When the time of what the format asks is up."""

    @property
    def calls(self) -> int:
        """How often "going" was called since the deadline was last moved."""


@dataclass(frozen=True)
class Format(ABC):
    """How bids are made and what they lead to.

    The fields of a subclass are its rules, numbers that a Seller may set.

    :cvar name: what a Seller may write for its number.
    :cvar is_open: whether everyone hears the price and Buyers may join while bidding is open.
    :cvar rules: its fields, by their names.
    """

    name: ClassVar[str]
    is_open: ClassVar[bool]
    rules: ClassVar[Mapping[str, Rule]] = {}

    @classmethod
    def ruled(cls, lowest_price: int, values: Mapping[str, int]) -> Self:
        """Make the format with these rules and the defaults of the others.

        :param values: the rules that are set, each as :attr:`rules` allows.
        :raises ValueError: where rules contradict one another or the lowest price, naming them.
        """
        return cls(**values)

    @property
    @abstractmethod
    def description(self) -> str:
        """The rules as Buyers are told them, in whole sentences."""

    def opening_price(self, lowest_price: int) -> int:
        """The first price that is called, in whole dollars."""
        return lowest_price

    @abstractmethod
    def first_deadline(self, when: float, bid_timeout: int) -> float | None:
        """When the time is up of what is asked at the opening.

        :param bid_timeout: seconds that the house gives Buyers for a sealed bid, in a sale for all
            of them together; 0 is for ever.
        """

    def wake_at(self, bidding: Bidding) -> float | None:
        """The next instant at which time alone makes something happen."""
        return bidding.deadline

    @abstractmethod
    def hear(self, bidding: Bidding, who: int, line: bytes, when: float) -> tuple[Event, ...]:
        """Answer a line from a participant who is there.

        :param line: without its end, and without white space around it.
        :param when: this instant, in seconds.
        :raises Refusal: where it leads to nothing.
        """

    def result(self, bids: Mapping[int, int], lowest_price: int) -> Sold | Unsold:
        """Say how the auction ends with these bids."""
        return self.award(bids, lowest_price) or Unsold(max(bids.values(), default=None))

    @abstractmethod
    def award(self, bids: Mapping[int, int], lowest_price: int) -> Sold | None:
        """Decide who wins and what is paid.

        :param bids: each Buyer's bid in whole dollars, in the order in which the bids arrived.
        :param lowest_price: in whole dollars; a bid equal to it sells.
        :return: the sale, or None where the item is not sold.
        """


class Sealed(Format):
    """Each Buyer makes one bid that nobody else hears of: the highest wins, and a subclass says
    what is paid.

    A tie goes to the earlier bid. (The assignment is silent on ties; every Buyer can check this
    rule against the order in which bids were acknowledged.)
    """

    is_open = False

    def first_deadline(self, when: float, bid_timeout: int) -> float | None:
        """The house's time for a bid."""
        return when + bid_timeout if bid_timeout else None

    def hear(self, bidding: Bidding, who: int, line: bytes, when: float) -> tuple[Event, ...]:
        """Take a bid from a Buyer that is asked; the last one that is awaited ends the auction."""
        if who not in bidding.asked:
            if who == SELLER:
                raise RequestAlreadyIn
            raise BidAlreadyIn if who in bidding.bids else BiddingNotOpen
        try:
            amount = parse_amount(line)
        except TooLarge:
            raise InvalidBid(f"A bid is a whole number from 1 to {MAX_AMOUNT}.") from None
        except ValueError:
            raise InvalidBid from None
        taken = BidTaken(who, amount)
        if any(other != who for other in bidding.awaited):
            return (taken,)
        return (taken, self.result({**bidding.bids, who: amount}, bidding.lowest_price))

    def award(self, bids: Mapping[int, int], lowest_price: int) -> Sold | None:
        """The highest bid wins unless it is below the lowest price."""
        if not bids:
            return None
        winner = max(bids, key=bids.__getitem__)  # the first of equals, so the earlier bid
        highest_bid = bids[winner]
        if highest_bid < lowest_price:
            return None
        rivals = {buyer: amount for buyer, amount in bids.items() if buyer != winner}
        payment = self.payment(highest_bid, rivals.values(), lowest_price)
        return Sold(winner, highest_bid, payment, self.dues(rivals))

    @abstractmethod
    def payment(self, highest_bid: int, rivals: Collection[int], lowest_price: int) -> int:
        """What the winner owes, in whole dollars.

        :param rivals: every other bid.
        """

    def dues(self, rivals: Mapping[int, int]) -> tuple[tuple[int, int], ...]:
        """What the others owe, as (Buyer, amount): here nothing.

        :param rivals: the bids of those who did not win, by Buyer.
        """
        return ()


class FirstPrice(Sealed):
    """The winner pays its own bid: the assignment, step 7(a)i."""

    name = "first-price"
    description = "One sealed bid each; the highest wins and pays what it bid."

    def payment(self, highest_bid: int, rivals: Collection[int], lowest_price: int) -> int:
        """The highest bid itself."""
        return highest_bid


class SecondPrice(Sealed):
    """The winner pays the second highest of all bids and the lowest price.

    The assignment, step 7(a)ii. The rule is W. Vickrey's ("Counterspeculation, Auctions, and
    Competitive Sealed Tenders", Journal of Finance 16, 1961), with the Seller's lowest price taking
    part as if it were a bid.
    """

    name = "second-price"
    description = "One sealed bid each; the highest wins and pays the second highest."

    def payment(self, highest_bid: int, rivals: Collection[int], lowest_price: int) -> int:
        """The best of the other bids, or the lowest price where that is higher or stands alone."""
        return max([lowest_price, *rivals])


class Open(Format):
    """The price is called out to everyone, and whoever pays it has bid it."""

    is_open = True
    how_to_bid: ClassVar[str]
    how_to_close: ClassVar[str] = "type close to end the auction."

    def how(self, who: int) -> str:
        """What a participant may say at any time."""
        return self.how_to_close if who == SELLER else self.how_to_bid

    def hear(self, bidding: Bidding, who: int, line: bytes, when: float) -> tuple[Event, ...]:
        """Take a bid from a Buyer, or from the Seller the word that ends the auction."""
        if who == SELLER:
            if line.lower() != b"close":
                raise NotUnderstood(self.how_to_close)
            return (BiddingClosed(SELLER), self.result(bidding.bids, bidding.lowest_price))
        try:
            amount = self.amount(bidding, line)
        except TooLarge:
            raise BidTooHigh(MAX_AMOUNT) from None
        except ValueError:
            raise NotUnderstood(self.how_to_bid) from None
        least = self.asking_price(bidding)
        if amount < least:
            raise BidTooLow(least)
        return self.bid(bidding, who, amount, when)

    def amount(self, bidding: Bidding, line: bytes) -> int:
        """Understand a bid.

        :raises TooLarge: where it is a number above every amount.
        :raises ValueError: where it is none.
        """
        return parse_amount(line)

    def is_jump(self, bidding: Bidding, amount: int) -> bool:
        """Whether an acceptable bid is so far above the asking price that it counts only when it is
        said twice."""
        return False

    @abstractmethod
    def pass_time(self, bidding: Bidding) -> tuple[Event, ...]:
        """Say what happens now that :meth:`wake_at` has come."""

    @abstractmethod
    def asking_price(self, bidding: Bidding) -> int:
        """The least bid that is acceptable now."""

    @abstractmethod
    def bid(self, bidding: Bidding, who: int, amount: int, when: float) -> tuple[Event, ...]:
        """Take a bid that is high enough."""

    def award(self, bids: Mapping[int, int], lowest_price: int) -> Sold | None:
        """The last bid wins, which is the highest, and pays what it bid."""
        if not bids:
            return None
        winner = list(bids)[-1]
        return Sold(winner, bids[winner], bids[winner])


@dataclass(frozen=True)
class English(Open):
    """The price rises bid by bid until nobody goes on.

    The ascending auction of the salerooms; of its theory, Vickrey (1961) says that its outcome is
    that of a second-price auction. The moving end ("soft close") is that of A. E. Roth and A.
    Ockenfels ("Last-Minute Bidding and the Rules for Ending Second-Price Auctions", American
    Economic Review 92, 2002): where the end is fixed, bids come in the last second.

    :param increment: whole dollars that a bid must be above the highest.
    :param duration: seconds from the opening to the end.
    :param extension: a bid in the last ``extension`` seconds moves the end to that many from then.
    :param jump: a bid above so many times the asking price must be said twice; 0 is no limit.
    """

    name = "english"
    how_to_bid = "type an amount to bid."
    rules = {
        "increment": Rule(AMOUNTS, "dollars that a bid must be above the highest; 1"),
        "duration": Rule(SECONDS, "seconds from the opening to the end; 60"),
        "extension": Rule(
            range(SECONDS.stop), "seconds that are left at least after a late bid; 10"
        ),
        "jump": Rule(
            MULTIPLES, "a bid above so many times the asking price must be said twice, 0: none; 0"
        ),
    }

    increment: int = 1
    duration: int = 60
    extension: int = 10
    jump: int = 0

    @classmethod
    def ruled(cls, lowest_price: int, values: Mapping[str, int]) -> Self:
        """An extension is at most the duration."""
        duration = values.get("duration", cls.duration)
        complete = {"extension": min(cls.extension, duration), **values}
        if complete["extension"] > duration:
            raise ValueError("extension must be at most duration")
        return cls(**complete)

    @property
    def description(self) -> str:
        """The rules as Buyers are told them."""
        there = "There is" if self.duration == 1 else "There are"
        late = f", and {self.extension} more after a late bid" if self.extension else ""
        jump = (
            f" A bid above {self.jump} times the asking price must be said twice."
            if self.jump
            else ""
        )
        return (
            f"Each bid is at least ${self.increment} above the highest. "
            f"{there} {in_seconds(self.duration)}{late}.{jump}"
        )

    def first_deadline(self, when: float, bid_timeout: int) -> float:
        """The end of the bidding."""
        return when + self.duration

    def wake_at(self, bidding: Bidding) -> float | None:
        """The next call, or the end."""
        assert bidding.deadline is not None
        pace = min(PACE, (self.extension or self.duration) / 3)
        return bidding.deadline - pace * (2 - bidding.calls)

    def asking_price(self, bidding: Bidding) -> int:
        """The lowest price, and then the increment above the highest bid."""
        if bidding.holder is None:
            return bidding.lowest_price
        return bidding.bids[bidding.holder] + self.increment

    def bid(self, bidding: Bidding, who: int, amount: int, when: float) -> tuple[Event, ...]:
        """The bid is the highest; a late one moves the end."""
        raised = Raised(who, amount, bidding.holder if bidding.holder != who else None)
        assert bidding.deadline is not None
        if bidding.deadline - when >= self.extension:
            return (raised,)
        return (raised, Extended(when + self.extension, self.extension))

    def is_jump(self, bidding: Bidding, amount: int) -> bool:
        """By the rule ``jump``."""
        return 0 < self.jump * self.asking_price(bidding) < amount

    def pass_time(self, bidding: Bidding) -> tuple[Event, ...]:
        """Going once, going twice, sold."""
        if bidding.calls < 2:
            return (Called(bidding.calls + 1),)
        return (self.result(bidding.bids, bidding.lowest_price),)


@dataclass(frozen=True)
class Dutch(Open):
    """The price falls from a high start until somebody takes it.

    The clock of the Dutch flower markets, which theory holds to be a first-price auction in other
    clothes (Vickrey 1961). Nobody is told how low the price may fall.

    :param start: the first price, in whole dollars.
    :param step: whole dollars by which it falls.
    :param interval: seconds for which each price stands.
    """

    name = "dutch"
    how_to_bid = "type accept, or an amount that is at least the price, to buy."
    rules = {
        "start": Rule(AMOUNTS, "the first price; twice the lowest price"),
        "step": Rule(AMOUNTS, "dollars by which the price falls; a tenth of the way"),
        "interval": Rule(SECONDS, "seconds for which each price stands; 5"),
    }

    start: int
    step: int
    interval: int = 5

    @classmethod
    def ruled(cls, lowest_price: int, values: Mapping[str, int]) -> Self:
        """By default, ten steps lead from twice the lowest price down to it."""
        start = values.get("start", min(2 * lowest_price, MAX_AMOUNT))
        if start <= lowest_price:
            raise ValueError("start must be above lowest_price")
        step = max((start - lowest_price) // 10, 1)
        dutch = cls(**{"start": start, "step": step, **values})
        prices = -(-(start - lowest_price) // dutch.step) + 1
        if prices * dutch.interval not in SECONDS:
            raise ValueError("lowest_price must be reached, and stand, within a week")
        return dutch

    @property
    def description(self) -> str:
        """The rules as Buyers are told them."""
        interval = "second" if self.interval == 1 else in_seconds(self.interval)
        return f"The price falls by ${self.step} every {interval}; the first to take it buys."

    def opening_price(self, lowest_price: int) -> int:
        """The start."""
        return self.start

    def first_deadline(self, when: float, bid_timeout: int) -> float:
        """The first price's time."""
        return when + self.interval

    def asking_price(self, bidding: Bidding) -> int:
        """What the clock shows."""
        return bidding.price

    def amount(self, bidding: Bidding, line: bytes) -> int:
        """``accept`` is the price itself; a higher amount counts as the price."""
        if line.lower() == b"accept":
            return bidding.price
        return min(parse_amount(line), bidding.price)

    def bid(self, bidding: Bidding, who: int, amount: int, when: float) -> tuple[Event, ...]:
        """The first bid buys."""
        return (BidTaken(who, amount), self.result({who: amount}, bidding.lowest_price))

    def pass_time(self, bidding: Bidding) -> tuple[Event, ...]:
        """The price falls; at the lowest one, the auction is over."""
        assert bidding.deadline is not None
        if bidding.price == bidding.lowest_price:
            return (self.result(bidding.bids, bidding.lowest_price),)
        price = max(bidding.price - self.step, bidding.lowest_price)
        return (PriceFell(price, bidding.deadline + self.interval),)


class Unregistered(Format):
    """Stands for a format that a ledger names and that this program does not know: what happened in
    it can be told, and nothing more can. Its bids are taken for sealed, for they may be."""

    is_open = False
    description = ""

    @classmethod
    def called(cls, name: str) -> "Unregistered":
        """One with this name."""
        kind: type[Unregistered] = type(cls.__name__, (cls,), {"name": name})
        return kind()

    def first_deadline(self, when: float, bid_timeout: int) -> float | None:
        """Nothing is known of it."""
        return None

    def hear(self, bidding: Bidding, who: int, line: bytes, when: float) -> tuple[Event, ...]:
        """Take no bid."""
        raise InvalidBid

    def award(self, bids: Mapping[int, int], lowest_price: int) -> Sold | None:
        """Nobody can tell."""
        return None


FORMATS: dict[int, type[Format]] = {1: FirstPrice, 2: SecondPrice, 3: English, 4: Dutch}
"""Every format by the number that a Seller types as ``type_of_auction``."""


def format_named(name: str) -> type[Format]:
    """The format with this name, in any case, or this number.

    :raises InvalidRequest: if there is none.
    """
    for number, kind in FORMATS.items():
        if name.lower() in (str(number), kind.name):
            return kind
    *most, last = [f"{number} ({kind.name})" for number, kind in FORMATS.items()]
    raise InvalidRequest(f"type_of_auction must be {', '.join(most)} or {last}.")


def is_registered(name: str) -> bool:
    """True if this program knows the format that a request names."""
    return any(kind.name == name for kind in FORMATS.values())


def format_of(request: AuctionRequest) -> Format:
    """Build the format that a request names, with the request's rules.

    An :class:`Unregistered` one takes the place of a format that this program does not know.
    """
    for kind in FORMATS.values():
        if kind.name == request.format:
            return kind.ruled(request.lowest_price, dict(request.rules))
    return Unregistered.called(request.format)


_NAME = re.compile(r"[a-z][a-z0-9-]{0,31}")
_RULE_NAME = re.compile(r"[a-z]{1,20}")

MAX_TEXT = 400
"""Characters that a format's description, and each word of how to bid, may have: one line."""

_LOWEST_PRICE = 100
"""The lowest price, in whole dollars, with which a format is tried when it is registered."""


def register_format(number: int, kind: type[Format]) -> None:
    """Let Sellers choose a format.

    :param number: what they may type as ``type_of_auction``, beside the format's name.
    :raises ValueError: where the number or the name is taken, or something about the class is not
        as it must be; the text says what.
    """
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
    _try(name, kind)
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
        if rule_name not in known:
            raise ValueError(f"{name}: the rule {rule_name} is no field of {kind.__name__}")
        allowed = getattr(rule, "allowed", None)
        if not isinstance(rule, Rule) or not isinstance(allowed, range):
            raise ValueError(f"{name}: the rule {rule_name} must be a Rule with a range")
        if not allowed or allowed.step != 1 or allowed.start < 0 or allowed[-1] > MAX_AMOUNT:
            raise ValueError(
                f"{name}: the rule {rule_name} must allow whole numbers from 0 to {MAX_AMOUNT}, "
                f"without gaps, not {allowed!r}"
            )
        _check_text(name, f"the meaning of {rule_name}", rule.meaning)


def _try(name: str, kind: type[Format]) -> None:
    """See that a format can be made without rules, and describes itself."""
    try:
        made = kind.ruled(_LOWEST_PRICE, {})
    except ValueError:  # by right: a rule must be given
        return
    except Exception as error:
        raise ValueError(f"{name}: ruled fails with {type(error).__name__}: {error}") from None
    if type(made) is not kind:
        raise ValueError(f"{name}: ruled must make a {kind.__name__}, not {made!r}")
    try:
        description, price = made.description, made.opening_price(_LOWEST_PRICE)
    except Exception as error:
        raise ValueError(
            f"{name}: description or opening_price fails with {type(error).__name__}: {error}"
        ) from None
    _check_text(name, "description", description)
    if type(price) is not int or price not in AMOUNTS:
        raise ValueError(f"{name}: opening_price must be an amount, not {price!r}")


def _check_text(name: str, what: str, text: object) -> None:
    if not isinstance(text, str) or not text.isprintable() or not 0 < len(text) <= MAX_TEXT:
        raise ValueError(f"{name}: {what} must be one line of 1 to {MAX_TEXT} printable characters")
