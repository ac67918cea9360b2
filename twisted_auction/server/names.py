"""Names of people in what participants and Watchers are told, with ``--show-names``."""

from collections.abc import Callable

from twisted_auction.house.people import People
from twisted_auction.wire.letter import Letter
from twisted_auction.wire.messages import BuyerIs, Message

# Constant letters are about no Buyer: each would keep a list of people in memory. A letter does not
# refer to itself: such a cycle waits for the garbage collector.
_Named = tuple[People | None, Letter | None]
"""The list of people behind a letter with names, and this letter; None for a letter about no Buyer,
and for one without names."""


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
        known: _Named | None = letter.derived.get(Names)
        if known is None or known[0] not in (None, people):
            known = letter.derived[Names] = _named(letter, people)
        return known[1] or letter


def _named(letter: Letter, people: People) -> _Named:
    is_about_buyers = False
    named: dict[int, None] = {}
    told: list[Message] = []
    for message in letter.messages:
        told.append(message)
        if "buyer" not in message.field_types:
            continue
        is_about_buyers = True
        buyer: int = getattr(message, "buyer")  # noqa: B009  # most messages have none
        person = people.persons.get(buyer)
        if person is not None and person.name and buyer not in named:
            named[buyer] = None
            told.append(BuyerIs(buyer, person.name))
    return people if is_about_buyers else None, Letter(*told) if named else None
