"""Every line that crosses a connection.

The Auctioneer speaks first, in the messages below: :func:`render` turns them into bytes and
:func:`parse` turns one line back. A participant answers in its own words, a line that is an auction
request (:mod:`twisted_auction.rules.request`) or an amount (:mod:`twisted_auction.rules.amounts`).

Lines are UTF-8 and end with LF; a CR before it is no part of the line. The Auctioneer sends CRLF.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import ClassVar, TypeVar, dataclass_transform

DELIMITER = b"\n"
"""What ends a line on the way in."""

MAX_LINE = 512
"""The longest line, in bytes before its LF."""


class Message:
    """One line from the Auctioneer; ``str()`` gives it as it is read, without its end.

    :cvar line: the wording, with the fields in braces. A text field at the end may be empty; the
        blank before it is then left out.
    """

    __slots__ = ()
    line: ClassVar[str]
    template: ClassVar[str]
    field_types: ClassVar[dict[str, type]]
    pattern: ClassVar[re.Pattern[str]]

    def __str__(self) -> str:
        return self.template.format(self).rstrip()


MESSAGES: list[type[Message]] = []
"""Every message that the Auctioneer can send."""

M = TypeVar("M", bound=Message)


@dataclass_transform(frozen_default=True)
def message(line: str) -> Callable[[type[M]], type[M]]:
    """Make a class the message with this wording: a frozen dataclass, known to :func:`parse`."""

    def decorate(cls: type[M]) -> type[M]:
        decorated = dataclass(frozen=True, slots=True)(cls)
        decorated.line = line
        decorated.template = line.replace("{", "{0.")
        decorated.field_types = {
            field.name: int if field.type is int else str
            for field in fields(decorated)  # type: ignore[arg-type]  # it is a dataclass now
        }
        decorated.pattern = _pattern(line, decorated.field_types)
        MESSAGES.append(decorated)
        return decorated

    return decorate


def _pattern(line: str, field_types: dict[str, type]) -> re.Pattern[str]:
    pattern = re.escape(line)
    for name, kind in field_types.items():
        digits_or_text = "[0-9]{1,18}" if kind is int else ".*"
        pattern = pattern.replace(re.escape(f"{{{name}}}"), f"(?P<{name}>{digits_or_text})")
    return re.compile(re.sub(r"\\ (\(\?P<\w+>\.\*\))$", r"(?: \1)?", pattern))


@message("Your role is: [Seller]")
class RoleSeller(Message):
    """The newcomer is the Seller."""


@message("Please submit auction request:")
class AskRequest(Message):
    """The Seller is asked for its auction request."""


@message("Invalid auction request! {reason}")
class RequestRefused(Message):
    """The Seller's line is no auction request; the reason is a sentence or empty."""

    reason: str


@message("Auction request received: {text}")
class RequestReceived(Message):
    """The Seller's line is accepted as its auction request."""

    text: str


@message("Your auction request is already in. Please wait...")
class RequestAlreadyIn(Message):
    """The Seller spoke after its request was accepted."""


@message("Your role is: [Buyer]")
class RoleBuyer(Message):
    """The newcomer is a Buyer."""


@message("The Auctioneer is still waiting for other Buyer to connect...")
class WaitingForBuyers(Message):
    """More Buyers are needed before bidding opens."""


@message("Bidding start!")
class BiddingStart(Message):
    """Bidding is open."""


@message("Please submit your bid:")
class AskBid(Message):
    """A Buyer is asked for its bid."""


@message("Invalid bid. Please submit a positive integer!")
class BidRefused(Message):
    """The Buyer's line is no bid."""


@message("Bid received. Please wait...")
class BidReceived(Message):
    """The Buyer's bid is taken."""


@message("Bidding has not started. Please wait...")
class BiddingNotOpen(Message):
    """A Buyer spoke before bidding opened."""


@message("Your bid is already in. Please wait...")
class BidAlreadyIn(Message):
    """A Buyer spoke after its bid was taken."""


@message("Auction finished!")
class AuctionFinished(Message):
    """The result follows."""


@message("Success! Your item {item_name} has been sold for ${payment}")
class SoldFor(Message):
    """To the Seller: what the winner pays, in whole dollars."""

    item_name: str
    payment: int


@message("Unfortunately your item {item_name} was not sold in the auction.")
class NotSold(Message):
    """To the Seller: there is no sale."""

    item_name: str


@message("You won this item {item_name}! Your payment due is ${payment}")
class YouWon(Message):
    """To the winner: what it pays, in whole dollars."""

    item_name: str
    payment: int


@message("Unfortunately you did not win in the last round.")
class YouLost(Message):
    """To every other Buyer."""


@message("Auction cancelled! {reason}")
class AuctionCancelled(Message):
    """There will be no result; the reason is a sentence."""

    reason: str


@message("Time is up! No valid auction request came within {seconds} seconds.")
class RequestTimeUp(Message):
    """To a silent Seller, before the connection is closed."""

    seconds: int


@message("Time is up! No valid bid came within {seconds} seconds.")
class BidTimeUp(Message):
    """To a silent Buyer, before the connection is closed."""

    seconds: int


@message("Server busy!")
class ServerBusy(Message):
    """To a newcomer who comes before the auction request."""


@message("Bidding on-going!")
class BiddingOngoing(Message):
    """To a newcomer who comes after bidding has opened."""


@message("Line too long.")
class LineTooLong(Message):
    """A line of more than :data:`MAX_LINE` bytes arrived."""


def render(*messages: Message) -> bytes:
    """The bytes that carry these messages, in order."""
    return "".join([f"{message}\r\n" for message in messages]).encode("utf-8")


def parse(line: bytes) -> Message:
    """Understand one line from the Auctioneer.

    :param line: the line without its LF.
    :raises ValueError: where it is no line of the Auctioneer's.
    """
    text = line.removesuffix(b"\r").decode("utf-8")
    for cls in MESSAGES:
        match = cls.pattern.fullmatch(text)
        if match is not None:
            return cls(**{name: kind(match[name] or "") for name, kind in cls.field_types.items()})
    raise ValueError(f"not a line of the Auctioneer's: {text!r}")
