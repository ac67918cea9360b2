"""What one event has for one participant: messages that are sent together."""

from twisted_auction.wire.lines import render
from twisted_auction.wire.messages import Message


class Letter:
    """Messages that are sent together, in order, in whatever coding a connection has.

    Each coding is rendered when it is first asked for, and kept: a price that a thousand
    connections are told is rendered once. Two letters can be added; the sum renders neither anew.

    :ivar messages: what it says.
    """

    __slots__ = ("_lines", "_parts", "messages")

    def __init__(self, *messages: Message) -> None:
        self.messages = messages
        self._parts: tuple[Letter, ...] = ()
        self._lines: bytes | None = None

    def __add__(self, other: "Letter") -> "Letter":
        if not self.messages:
            return other
        if not other.messages:
            return self
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
        """As lines of text, each with CRLF."""
        lines = self._lines
        if lines is None:
            if self._parts:
                lines = b"".join([part.lines for part in self._parts])
            else:
                lines = render(*self.messages)
            self._lines = lines
        return lines


EMPTY = Letter()
"""A letter that says nothing, and is not sent."""
