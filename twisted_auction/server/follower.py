"""The operator's connection that follows all rooms."""

from collections.abc import Sequence

from twisted_auction.rules.events import Event
from twisted_auction.server.console import news
from twisted_auction.server.outbox import Outbox
from twisted_auction.wire import messages
from twisted_auction.wire.lines import render


class Follower:
    """Tells one connection what happens in all rooms, one line an event.

    While bytes wait for a client that does not read, news is left out and counted. So such a client
    costs only the memory of its kernel's buffers, and hears how much it has missed.

    :param outbox: sends the lines.
    """

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox
        self._left_out = 0

    def tell(self, room: str, events: Sequence[Event]) -> None:
        """Tell the events of a room, in a single write."""
        told = [messages.NewsOf(room, text) for event in events for text in news(event)]
        if self._outbox.is_full:
            self._left_out += len(told)
        elif told:
            self._outbox.send(render(*told))

    def catch_up(self) -> None:
        """Tell how much was left out: all earlier bytes have left."""
        if self._left_out:
            left_out, self._left_out = self._left_out, 0
            self._outbox.send(render(messages.NewsLeftOut(left_out)))
