"""The codes with which a web socket is closed."""

from twisted_auction.wire import messages
from twisted_auction.wire.letter import Letter
from twisted_auction.wire.messages import Message

TALK_OVER = 4000
"""Code of a close frame: the client has said QUIT."""

HOUSE_CLOSED = 4001
"""Code of a close frame: the server stops. A client may come back later."""

TOO_MUCH = 4002
"""Code of a close frame: the client has sent too much, or too slowly."""

BANNED = 4003
"""Code of a close frame: the operator has banned the client's address."""

NOT_ADMITTED = 4004
"""Code of a close frame: too many wrong pass codes or tickets."""

BUSY = 4005
"""Code of a close frame: the server has no room for the client now. It may come back later."""

CLOSE_CODES: dict[type[Message], int] = {
    messages.AuctioneerCloses: HOUSE_CLOSED,
    messages.LineTooLong: TOO_MUCH,
    messages.LineTimeUp: TOO_MUCH,
    messages.TooManyLines: TOO_MUCH,
    messages.AddressBanned: BANNED,
    messages.NotDone: NOT_ADMITTED,
    messages.ServerBusy: BUSY,
}
"""Codes by the last message; :data:`TALK_OVER` for others."""


def code_after(letter: Letter) -> int:
    """The code for the last letter to a client."""
    return CLOSE_CODES.get(type(letter.messages[-1]), TALK_OVER) if letter else TALK_OVER
