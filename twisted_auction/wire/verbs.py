"""The words of clients.

In the lobby a client uses a :class:`Verb` of :data:`LOBBY`. In a room a participant sends an
auction request (:mod:`twisted_auction.rules.grammar`), an amount
(:mod:`twisted_auction.rules.amounts`), ``pass``, or a word of the format: ``accept`` or ``close``
(:mod:`twisted_auction.rules.open`). The operator's words are :mod:`twisted_auction.wire.orders`.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

ROOM_NAME = re.compile(r"[A-Za-z0-9_-]{1,32}")
"""Pattern of the name of a room."""

ROOM_NAME_RULE = "1 to 32 letters, digits, hyphens and underscores"
""":data:`ROOM_NAME` in words, for error messages."""


@dataclass(frozen=True, slots=True)
class Verb:
    """A command word; ``str()`` is the word with its argument, as in help texts.

    :ivar name: the word. It is understood in any case.
    :ivar argument: its argument, as in help texts; empty if there is none.
    :ivar help: its purpose, for help texts.
    """

    name: str
    argument: str
    help: str

    def __str__(self) -> str:
        return f"{self.name} {self.argument}".rstrip()

    def line(self, argument: str = "") -> bytes:
        """The verb as a line, without the line end."""
        return f"{self.name} {argument}".rstrip().encode("utf-8")


LIST = Verb("LIST", "", "tell which rooms are in use, and how far their auctions are")
JOIN = Verb("JOIN", "room", "take a seat in a room")
WATCH = Verb("WATCH", "room", "see what all may see in a room, from auction to auction")
RESUME = Verb("RESUME", "ticket", "come back to the seat that a ticket is good for")
PASS = Verb("PASS", "code", "say who you are, where the house has a list of people")
PING = Verb("PING", "text", "hear the text again")
JSON = Verb("JSON", "", "have every letter on this connection coded as JSON from now on")
TIME = Verb("TIME", "", "tell the time of day in the house, for the end of a timed auction")
HELP = Verb("HELP", "", "tell what is understood here")
QUIT = Verb("QUIT", "[ticket]", "leave, and give up the seat that a ticket is good for")

# The answer to HELP has them in this order.
LOBBY = (LIST, JOIN, WATCH, RESUME, PING, JSON, HELP, QUIT)
"""The verbs of the lobby."""

SALE = Verb("SALE", "room [number]", "list the lots of a room's sale, with their results")
ORDER = Verb("ORDER", "words", "give an order, as the operator does")
DESK = Verb("DESK", "room", "follow a room as its auctioneer")
ADMIT = Verb("ADMIT", "paddle [limit=amount] name", "add a person to the list, with a pass code")

NEXT = "next"
"""In place of a paddle after ``ADMIT``: the first one above all others that is free."""

LIMIT_OPTION = "limit="
"""Prefix of the limit in ``ADMIT``, in whole dollars."""

DESK_VERBS = (SALE, ORDER, DESK, ADMIT)
"""The verbs of an auctioneer in the lobby. Every client can use ``SALE``."""


ALL_LOTS = "*"
"""In place of a room's name after ``SALE`` and ``WATCH``: all lots of a sale of all lots
together."""

MINE = Verb("MINE", "", "tell on which lots you have bid, and what you have won and owe")

ALL_LOTS_VERBS = (
    Verb("SALE", f"{ALL_LOTS} [number]", "list all lots, and how far each is"),
    Verb("WATCH", ALL_LOTS, "the same, and from then on what changes"),
    MINE,
)
"""The verbs of the lobby about all lots of a sale of all lots together."""


def listed(verbs: Iterable[Verb]) -> str:
    """List verbs with their arguments, as in help texts."""
    return ", ".join(map(str, verbs))
