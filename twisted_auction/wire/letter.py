"""Letters: the messages of one event for one participant, sent together."""

from typing import Any

from twisted_auction.wire import json, lines
from twisted_auction.wire.messages import Message


class Letter:
    """Messages sent together, in order. The connection chooses their coding.

    Each coding is rendered on first use and cached, so a price sent to a thousand connections is
    rendered once. The sum of two letters joins their renderings.

    :ivar messages: the messages, in order.
    :ivar derived: what a class has made last from this letter, for its next listener. It is one
        thing a class, because constant letters are never forgotten.
    """

    __slots__ = ("_json", "_lines", "_parts", "derived", "messages")

    def __init__(self, *messages: Message) -> None:
        self.messages = messages
        self._parts: tuple[Letter, ...] = ()
        self._lines: bytes | None = None
        self._json: bytes | None = None
        self.derived: dict[type, Any] = {}

    def __add__(self, other: "Letter") -> "Letter":
        if not self.messages:
            return other
        if not other.messages:
            return self
        # The sum keeps its parts, to reuse their cached renderings.
        letter = Letter(*self.messages, *other.messages)
        letter._parts = (self, other)
        return letter

    def __bool__(self) -> bool:
        return bool(self.messages)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Letter) and self.messages == other.messages

    def __hash__(self) -> int:
        return hash(self.messages)

    def __repr__(self) -> str:
        return f"Letter{self.messages!r}"

    @property
    def lines(self) -> bytes:
        """The messages as lines of text, each with CRLF."""
        if self._lines is None:
            if self._parts:
                self._lines = b"".join([part.lines for part in self._parts])
            else:
                self._lines = lines.render(*self.messages)
        return self._lines

    @property
    def json(self) -> bytes:
        """The messages as one JSON array, without a line end."""
        if self._json is None:
            if self._parts:
                self._json = json.join([part.json for part in self._parts])
            else:
                self._json = json.render(*self.messages)
        return self._json

    @property
    def page(self) -> bytes:
        """As :attr:`json`, with the parts of the sentences that the program has built. It is not
        cached, because few letters have such sentences."""
        if not any(map(json.built_sentence, self.messages)):
            return self.json
        return json.render_for_pages(*self.messages)


EMPTY = Letter()
"""A letter without messages. It is never sent."""
