"""Letters on their way out of a room."""

from collections.abc import Iterable

from twisted_auction.house.seats import Seat
from twisted_auction.wire.letter import EMPTY, Letter


class Outgoing:
    """Letters about several events: one for each seat, to leave in a single write."""

    __slots__ = ("_last_letters", "_letters")

    def __init__(self) -> None:
        self._letters: dict[Seat, Letter] = {}
        self._last_letters: list[tuple[Seat, Letter]] = []

    def add(self, seat: Seat, letter: Letter) -> None:
        """Add to the letter for a seat."""
        earlier = self._letters.get(seat)
        self._letters[seat] = letter if earlier is None else earlier + letter

    def add_last(self, seats: Iterable[Seat]) -> None:
        """Close the connections of these seats after their letters."""
        self._last_letters += [(seat, self._letters.pop(seat, EMPTY)) for seat in seats]

    def deliver(self) -> None:
        """Send the letters, those of :meth:`add_last` at the end."""
        for seat, letter in self._letters.items():
            seat.connection.send(letter)
        for seat, letter in self._last_letters:
            seat.connection.dismiss(letter)
