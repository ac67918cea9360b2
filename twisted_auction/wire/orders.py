"""The orders of the operator, as one table.

A line on the control port is an order's name and its words. Each row of :data:`ORDERS` says which
words, with an example, and turns them into data: an action of the rules, decided by the room, or an
action of the house. The server's control port and ``auction control`` read lines with the same
rows, so a new order of a room is one more row, and an order of the house also a ``case`` in
:mod:`twisted_auction.server.control`.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from ipaddress import ip_address

from twisted_auction.rules.commands import Action, Cancel, Close
from twisted_auction.wire.verbs import Verb

ROOM_OPTION = "room="
"""Prefix of the room's name in an order."""

BAN_MINUTES = 60
"""Minutes that a ban lasts if the operator does not say how many."""

MAX_MINUTES = 7 * 24 * 60
"""Largest number of minutes in an order: a week."""

BECAUSE = "because"
"""The word between an order and its reason."""


@dataclass(frozen=True, slots=True)
class Who:
    """Tell who is in a room. This changes nothing, so the rules do not decide it."""


RoomAction = Action | Who
"""What an order asks of a room."""


class Reason(Enum):
    """Whether an order has a reason."""

    NONE = "none"
    BECAUSE = "after the word because"
    ALL_WORDS = "all words of the order"


@dataclass(frozen=True, slots=True)
class RoomOrder(Verb):
    """An order to one room.

    A line is ``NAME [room=ROOM] WORDS``. An order without an argument can have the room's bare name
    as its first word, as in ``close main``.

    :ivar example: the order with words of an example, for help texts.
    :ivar action: makes the action from the words, without the room and the reason. It raises
        ValueError, with the problem as its text, for wrong words.
    :ivar reason: where the line has the reason.
    """

    example: str
    action: Callable[[str], RoomAction]
    reason: Reason = Reason.BECAUSE

    def __str__(self) -> str:
        return f"{self.name} [{ROOM_OPTION}NAME] {self.argument}".rstrip()

    def split_room(self, words: str) -> tuple[str | None, str]:
        """Split the words after the order's name.

        :return: the name of the room, or None if there is none; and the other words.
        """
        first, _, rest = words.partition(" ")
        if first.startswith(ROOM_OPTION):
            return first.removeprefix(ROOM_OPTION), rest.strip()
        is_reason = first == BECAUSE and self.reason is Reason.BECAUSE
        if first and not self.argument and not is_reason:
            return first, rest.strip()
        return None, words

    def read(self, words: str) -> tuple[RoomAction, str]:
        """Read the words of the order, without the room.

        :return: the action, and the reason; empty if there is none.
        :raises ValueError: if the words are wrong; the text is the problem, without a full stop.
        """
        reason = ""
        if self.reason is Reason.ALL_WORDS:
            words, reason = "", words
            if not reason or not reason.isprintable():
                raise ValueError("say why, in printable characters")
        elif self.reason is Reason.BECAUSE:
            words, because, reason = f" {words} ".partition(f" {BECAUSE} ")
            words, reason = words.strip(), reason.strip()
            if because and not (reason and reason.isprintable()):
                raise ValueError("say why, in printable characters")
        if words and not self.argument:
            only = f" but after the word {BECAUSE}" if self.reason is Reason.BECAUSE else ""
            raise ValueError(f"{self.name} takes no reason{only}")
        return self.action(words), reason


@dataclass(frozen=True, slots=True)
class Status:
    """Tell what is on."""


@dataclass(frozen=True, slots=True)
class Follow:
    """Tell what happens in all rooms, as it happens, for as long as the connection lasts."""


@dataclass(frozen=True, slots=True)
class ReadPeople:
    """Read the list of people again."""


@dataclass(frozen=True, slots=True)
class Ban:
    """Refuse connections from an address, and close the present ones.

    :ivar host: an IPv4 or IPv6 address.
    """

    host: str
    minutes: int


@dataclass(frozen=True, slots=True)
class Unban:
    """End the ban of an address."""

    host: str


HouseAction = Status | Follow | ReadPeople | Ban | Unban
"""What an order asks of the house."""


@dataclass(frozen=True, slots=True)
class HouseOrder(Verb):
    """An order about all rooms.

    :ivar example: the order with words of an example, for help texts.
    :ivar action: as for a :class:`RoomOrder`.
    """

    example: str
    action: Callable[[str], HouseAction]

    def read(self, words: str) -> HouseAction:
        """Read the words of the order.

        :raises ValueError: as :meth:`RoomOrder.read`.
        """
        if words and not self.argument:
            raise ValueError(f"{self.name} is about all rooms and takes no words")
        return self.action(words)


def _ban(words: str) -> Ban:
    host, _, minutes = words.partition(" ")
    return Ban(_host(host), number(minutes, "minutes", MAX_MINUTES) if minutes else BAN_MINUTES)


def _host(text: str) -> str:
    """Read an address as a log or the operator's screen shows it, perhaps with a port.

    :raises ValueError: if it is none.
    """
    bracketed = re.fullmatch(r"\[(.*)\](:[0-9]+)?", text)
    host = bracketed[1] if bracketed else re.sub(r"^([0-9.]+):[0-9]+$", r"\1", text)
    try:
        return str(ip_address(host.partition("%")[0].removesuffix("/64")))
    except ValueError:
        raise ValueError("give an IPv4 or IPv6 address, such as 203.0.113.7") from None


def number(text: str, unit: str, most: int) -> int:
    """Read a whole number of an order.

    :raises ValueError: if it is none, or not from 1 to ``most``.
    """
    if re.fullmatch("[1-9][0-9]{0,8}", text) is None or int(text) > most:
        raise ValueError(f"give the {unit} as a whole number from 1 to {most}")
    return int(text)


STATUS = HouseOrder("status", "", "what is on", "status", lambda words: Status())
FOLLOW = HouseOrder(
    "follow",
    "",
    "tell what happens in all rooms, one line an event, as it happens",
    "follow",
    lambda words: Follow(),
)
PEOPLE = HouseOrder(
    "people",
    "",
    "read the list of people again; people go on bidding, and a wrong list changes nothing",
    "people",
    lambda words: ReadPeople(),
)
BAN = HouseOrder(
    "ban",
    "ADDRESS [MINUTES]",
    f"close all connections from an address, and refuse new ones for {BAN_MINUTES} minutes, or as "
    "many as you say; of an IPv6 address, the first 64 bits count",
    "ban 203.0.113.7 30",
    _ban,
)
UNBAN = HouseOrder(
    "unban",
    "ADDRESS",
    "accept connections from an address again",
    "unban 203.0.113.7",
    lambda words: Unban(_host(words)),
)
WHO = RoomOrder(
    "who",
    "",
    "tell who is in a room, and from which address",
    "who",
    lambda words: Who(),
    Reason.NONE,
)
CLOSE = RoomOrder(
    "close",
    "",
    "end the bidding at once, and let the bids that are in decide",
    "close",
    lambda words: Close(),
    Reason.NONE,
)
CANCEL = RoomOrder(
    "cancel",
    "REASON",
    "call the auction off, in a sale the lot that is up, and tell everyone why",
    "cancel The vase is broken.",
    lambda words: Cancel(),
    Reason.ALL_WORDS,
)

ORDERS: tuple[HouseOrder | RoomOrder, ...] = (
    STATUS,
    FOLLOW,
    PEOPLE,
    BAN,
    UNBAN,
    WHO,
    CLOSE,
    CANCEL,
)
"""The orders of the operator, in the order of help texts."""


def find_order(text: str) -> tuple[HouseOrder | RoomOrder, str] | None:
    """Find the order of a line, by its name in any case.

    :param text: the line, or the words of a command line, joined by blanks.
    :return: the order, and the other words; None if the line is no order.
    """
    text = text.strip()
    for order in ORDERS:
        if f"{text.lower()} ".startswith(f"{order.name} "):
            return order, text[len(order.name) :].strip()
    return None
