"""Lines of Buyers in the settling time, before bidding opens."""

from collections.abc import Callable

from twisted_auction.house.seats import Seat

MAX_EARLY_LINES = 10
"""Largest number of lines kept for one Buyer."""


class EarlyLines:
    """Keeps lines in the order in which they came, until settling is over: bidding has opened, or a
    Buyer is missing again.

    :ivar lines: for each line, a call that handles it; by seat and place, in order.
    """

    __slots__ = ("lines",)

    def __init__(self) -> None:
        self.lines: dict[tuple[Seat, int], Callable[[], object]] = {}

    def keep(self, seat: Seat, handle: Callable[[], object]) -> bool:
        """Keep a line.

        :param handle: handles the line later.
        :return: False if :data:`MAX_EARLY_LINES` of this seat are kept already.
        """
        for place in range(MAX_EARLY_LINES):
            if (seat, place) not in self.lines:
                self.lines[seat, place] = handle
                return True
        return False

    def forget(self, seat: Seat) -> None:
        """Forget the lines from a seat whose connection has ended."""
        if self.lines:
            for place in range(MAX_EARLY_LINES):
                self.lines.pop((seat, place), None)

    def clear(self) -> None:
        """Forget all lines."""
        self.lines = {}

    def pass_on(self) -> None:
        """Handle all lines."""
        # Emptied first: handling a line publishes, and publishing passes early lines on.
        lines, self.lines = self.lines, {}
        for handle in lines.values():
            handle()
