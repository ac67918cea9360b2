"""What clients and the operator say.

In the lobby a client says a :class:`Verb` of :data:`LOBBY`; to the control port the operator says
one of :data:`ORDERS`. In a room a participant says an auction request
(:mod:`twisted_auction.rules.grammar`), an amount (:mod:`twisted_auction.rules.amounts`), or a word
of the format, such as ``pass``.
"""

import re
from dataclasses import dataclass

ROOM_NAME = re.compile(r"[A-Za-z0-9_-]{1,32}")
"""What a room may be called."""

ROOM_NAME_RULE = "1 to 32 letters, digits, hyphens and underscores"
"""The same, in words."""

ROOM_OPTION = "room="
"""What stands before the name of the room in an operator's order."""


@dataclass(frozen=True, slots=True)
class Verb:
    """A word that asks for something; ``str()`` gives it with its argument, as help texts show it.

    :ivar name: the word, which is understood in any case.
    :ivar argument: what follows it, as help texts show it; empty if nothing does.
    :ivar help: what it is for.
    """

    name: str
    argument: str
    help: str

    def __str__(self) -> str:
        return f"{self.name} {self.argument}".rstrip()

    def line(self, argument: str = "") -> bytes:
        """The line that a client sends, without its end."""
        return f"{self.name} {argument}".rstrip().encode("utf-8")


LIST = Verb("LIST", "", "tell which rooms are in use, and how far their auctions are")
JOIN = Verb("JOIN", "room", "take a seat in a room")
WATCH = Verb("WATCH", "room", "see what all may see in a room, from auction to auction")
RESUME = Verb("RESUME", "ticket", "come back to the seat that a ticket is good for")
PING = Verb("PING", "text", "hear the text again")
JSON = Verb("JSON", "", "have every letter on this connection coded as JSON from now on")
HELP = Verb("HELP", "", "tell what is understood here")
QUIT = Verb("QUIT", "[ticket]", "leave, and give up the seat that a ticket is good for")

LOBBY = (LIST, JOIN, WATCH, RESUME, PING, JSON, HELP, QUIT)
"""What is understood in the lobby."""

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
"""What the operator can order."""


def listed(verbs: tuple[Verb, ...]) -> str:
    """Name verbs with their arguments, as help texts list them."""
    return ", ".join(map(str, verbs))
