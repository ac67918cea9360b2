"""The connection of an operator or an auctioneer that follows all rooms."""

from collections.abc import Callable, Sequence

from twisted_auction.rules.events import Event
from twisted_auction.server.console import news
from twisted_auction.wire import messages
from twisted_auction.wire.letter import Letter


class Follower:
    """Tells one connection what happens in all rooms, one line an event.

    While bytes wait for a client that does not read, news is left out and counted. So such a client
    costs only the memory of its kernel's buffers, and hears how much it has missed.

    :param send: sends a letter in a single write.
    :param is_ready: returns True if no bytes wait.
    """

    def __init__(self, send: Callable[[Letter], object], is_ready: Callable[[], bool]) -> None:
        self._send = send
        self._is_ready = is_ready
        self._left_out = 0

    def tell(self, room: str, events: Sequence[Event]) -> None:
        """Tell the events of a room, in a single write."""
        told = [messages.NewsOf(room, text) for event in events for text in news(event)]
        if not self._is_ready():
            self._left_out += len(told)
        elif told:
            self._send(Letter(*told))

    def catch_up(self) -> None:
        """Tell how much was left out: all earlier bytes have left."""
        if self._left_out:
            left_out, self._left_out = self._left_out, 0
            self._send(Letter(messages.NewsLeftOut(left_out)))
