"""The words of clients and the operator.

In the lobby a client uses a :class:`Verb` of :data:`LOBBY`; on the control port the operator uses
one of :data:`ORDERS`. In a room a participant sends an auction request
(:mod:`twisted_auction.rules.grammar`), an amount (:mod:`twisted_auction.rules.amounts`),
``pass``, or a word of the format: ``accept`` or ``close`` (:mod:`twisted_auction.rules.open`).
"""

import re
from dataclasses import dataclass

ROOM_NAME = re.compile(r"[A-Za-z0-9_-]{1,32}")
"""Pattern of the name of a room."""

ROOM_NAME_RULE = "1 to 32 letters, digits, hyphens and underscores"
""":data:`ROOM_NAME` in words, for error messages."""

ROOM_OPTION = "room="
"""Prefix of the room's name in an operator's order."""


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
HELP = Verb("HELP", "", "tell what is understood here")
QUIT = Verb("QUIT", "[ticket]", "leave, and give up the seat that a ticket is good for")

# The answer to HELP has them in this order.
LOBBY = (LIST, JOIN, WATCH, RESUME, PING, JSON, HELP, QUIT)
"""The verbs of the lobby."""

STATUS = Verb("status", "", "what is on")
CLOSE = Verb(
    "close",
    f"[{ROOM_OPTION}NAME]",
    "end the bidding at once, and let the bids that are in decide",
)
CANCEL = Verb(
    "cancel",
    f"[{ROOM_OPTION}NAME] REASON",
    "call the auction off, in a sale the lot that is up, and tell everyone why",
)

ORDERS = (STATUS, CLOSE, CANCEL)
"""The orders of the operator."""


def listed(verbs: tuple[Verb, ...]) -> str:
    """List verbs with their arguments, as in help texts."""
    return ", ".join(map(str, verbs))
