"""A kind of order of the operator: how to read its words.

A line on the control port is an order's name and its words.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from twisted_auction.rules.commands import Action
from twisted_auction.rules.sentences import Sentence
from twisted_auction.wire.verbs import Verb

ROOM_OPTION = "room="
"""Prefix of the room's name in an order."""

ALL_ROOMS = "*"
"""Stands for the name of a room: all rooms in use."""

BECAUSE = "because"
"""The word between an order and its reason."""


@dataclass(frozen=True, slots=True)
class Who:
    """Tell who is in a room. This changes nothing, so the rules do not decide it."""


@dataclass(frozen=True, slots=True)
class StartAt:
    """Move the start of a sale. Only the server knows its time zone.

    :ivar time: a time of day as the operator writes it, or the word ``order``.
    """

    time: str


RoomAction = Action | Who | StartAt
"""What an order asks of a room."""


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
    :ivar is_for_all: True if the order can go to :data:`ALL_ROOMS` at once.
    """

    example: str
    action: Callable[[str], RoomAction]
    reason: Reason = Reason.BECAUSE
    is_for_all: bool = False

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
                raise ValueError(Sentence("say why, in printable characters"))
        elif self.reason is Reason.BECAUSE:
            words, because, reason = f" {words} ".partition(f" {BECAUSE} ")
            words, reason = words.strip(), reason.strip()
            if because and not (reason and reason.isprintable()):
                raise ValueError(Sentence("say why, in printable characters"))
            if reason.lower().startswith("of "):
                reason = f"{BECAUSE} {reason}"
            reason = reason[:1].upper() + reason[1:]  # participants read it as a sentence
        if words and not self.argument:
            if self.reason is Reason.BECAUSE:
                raise ValueError(
                    Sentence(
                        "{order} takes no reason but after the word {because}",
                        order=self.name,
                        because=BECAUSE,
                    )
                )
            raise ValueError(Sentence("{order} takes no reason", order=self.name))
        return self.action(words), reason


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
            raise ValueError(
                Sentence("{order} is about all rooms and takes no words", order=self.name)
            )
        return self.action(words)
