"""What concerns the persons of a house, as one room needs it."""

from collections.abc import Collection
from dataclasses import dataclass, field

from twisted_auction.house.classroom import Classroom
from twisted_auction.house.commitments import Commitments, Room
from twisted_auction.rules.events import Event
from twisted_auction.wire.letter import Letter


@dataclass(frozen=True, slots=True)
class Persons:
    """What a room knows about persons; by default, nothing.

    :param classroom: adds valuations to letters.
    :param commitments: what the persons of the house are bound for.
    """

    classroom: Classroom = field(default_factory=Classroom)
    commitments: Commitments = field(default_factory=Commitments)

    def follow(
        self, event: Event, room: Room, told: Collection[tuple[int, Letter]], when: float
    ) -> Collection[tuple[int, Letter]]:
        """Follow an event of the room, right after it.

        :param told: the letters about the event, by participant.
        :param when: the instant of the event, in seconds.
        :return: the letters, with valuations.
        """
        self.commitments.follow(event, room)
        return self.classroom.add_to(told, event, room.auction)
