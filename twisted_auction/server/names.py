"""Names of people in what participants and Watchers are told, with ``--show-names``."""

from collections.abc import Callable

from twisted_auction.house.people import People
from twisted_auction.wire.letter import Letter
from twisted_auction.wire.messages import BuyerIs, Message


class Names:
    """Adds the names of Buyers to letters. The house itself knows only their paddles.

    :param people: returns the current list of people.
    """

    __slots__ = ("_people",)

    def __init__(self, people: Callable[[], People]) -> None:
        self._people = people

    def add(self, letter: Letter) -> Letter:
        """The letter with a :class:`~twisted_auction.wire.messages.BuyerIs` after the first message
        about each Buyer whose name is in the list. For a thousand listeners it is made once."""
        people = self._people()
        if people in letter.derived:
            known: Letter | None = letter.derived[people]
            return known or letter
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
        # The letter does not refer to itself: such a cycle waits for the garbage collector.
        result = letter.derived[people] = Letter(*told) if named else None
        return result or letter
