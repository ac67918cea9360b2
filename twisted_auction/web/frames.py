"""The frames of a web socket: JSON objects, one a message.

A client sends ``{"say": "LIST"}``, or ``{"room": "main", "say": "150"}`` for a room in which it has
a place. The server sends ``{"letter": [messages]}``, and ``{"room": "main", "letter": [messages]}``
from such a room. The last letter from a room has ``"ended": true``, too.
"""

import json

from wsproto.connection import Connection, ConnectionType
from wsproto.events import TextMessage

from twisted_auction.wire.letter import Letter
from twisted_auction.wire.lines import MAX_LINE
from twisted_auction.wire.messages import Pong
from twisted_auction.wire.verbs import ROOM_NAME

MAX_TEXT = 2048
"""Largest length of a client's message, in characters: the longest line as JSON escapes it, and the
rest of the object."""


class LineTooLong(ValueError):
    """A client's line is longer than one on another connection may be."""


def read_text(text: str) -> tuple[str, bytes]:
    """Parse a client's message.

    :return: the name of the room, empty for the lobby; and the line, without an end.
    :raises LineTooLong: if the line is too long.
    :raises ValueError: if it is no such object.
    """
    try:
        fields = json.loads(text)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    if not isinstance(fields, dict):
        raise ValueError("no object")
    room, say = fields.get("room", ""), fields.get("say")
    if not isinstance(say, str) or "\n" in say or "\r" in say:
        raise ValueError("no line")
    if room != "" and (not isinstance(room, str) or ROOM_NAME.fullmatch(room) is None):
        raise ValueError("no name of a room")
    line = say.encode("utf-8")
    if len(line) > MAX_LINE:
        raise LineTooLong
    return room, line


_Frame = tuple[str, bool, bytes]
"""The arguments of a frame's letter, and the frame."""


class Frames:
    """Encodes letters as frames. No frame depends on its connection: frames of a server are not
    masked, and no extension is agreed.

    :ivar word: a frame that says nothing, as a sign that the connection works.
    """

    __slots__ = ("_encoder", "word")

    def __init__(self) -> None:
        self._encoder = Connection(ConnectionType.SERVER)
        self.word = self.encode(Letter(Pong("")), "")

    def encode(self, letter: Letter, room: str, is_last: bool = False) -> bytes:
        """The bytes of a letter. One to a thousand pages is encoded once.

        :param room: the name of the room that it is from; empty for the lobby.
        :param is_last: True if it ends the client's place in the room.
        """
        known: _Frame | None = letter.derived.get(Frames)
        if known is not None and known[:2] == (room, is_last):
            return known[2]
        sender = f'"room": "{room}", ' if room else ""  # a room's name needs no escapes
        end = ', "ended": true' if is_last else ""
        text = f'{{{sender}"letter": {letter.page.decode("utf-8")}{end}}}'
        frame = bytes(self._encoder.send(TextMessage(text)))
        letter.derived[Frames] = room, is_last, frame
        return frame
