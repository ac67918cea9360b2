"""Names of people in what participants and Watchers are told, with ``--show-names``."""

from collections.abc import Callable

from twisted_auction.house.people import People
from twisted_auction.wire.letter import Letter
from twisted_auction.wire.messages import BuyerIs, Message


class Names:
    """Adds the names of Buyers to letters. The house itself knows only their paddles.

    :param people: returns the current list of people.
    """

    # A letter to a thousand listeners is sent to one after another, so remembering one letter is
    # enough to add names once.

    __slots__ = ("_last", "_people")

    def __init__(self, people: Callable[[], People]) -> None:
        self._people = people
        self._last: tuple[Letter, People, Letter] | None = None

    def add(self, letter: Letter) -> Letter:
        """The letter with a :class:`~twisted_auction.wire.messages.BuyerIs` after the first message
        about each Buyer whose name is in the list."""
        people = self._people()
        if self._last is not None and self._last[0] is letter and self._last[1] is people:
            return self._last[2]
        named: dict[int, None] = {}
        told: list[Message] = []
        for message in letter.messages:
            told.append(message)
            if "buyer" not in message.field_types:
                continue
            buyer: int = getattr(message, "buyer")  # noqa: B009  # most messages have none
            person = people.persons.get(buyer)
            if person is not None and person.name and buyer not in named:
                named[buyer] = None
                told.append(BuyerIs(buyer, person.name))
        result = Letter(*told) if named else letter
        self._last = letter, people, result
        return result
