"""What concerns the persons of a house, as one room needs it."""

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Protocol

from twisted_auction.house import commitments, personal_news
from twisted_auction.house.classroom import Classroom
from twisted_auction.house.commitments import Commitments
from twisted_auction.house.notifications import Notifications
from twisted_auction.rules.events import Event
from twisted_auction.wire.letter import Letter


class Room(commitments.Room, personal_news.Room, Protocol):
    """A room, as far as persons are concerned."""


@dataclass(frozen=True, slots=True)
class Persons:
    """What a room knows about persons; by default, nothing.

    :param classroom: adds valuations to letters.
    :param commitments: what the persons of the house are bound for.
    :param notifications: makes news of events for persons who are away; None to make none.
    """

    classroom: Classroom = field(default_factory=Classroom)
    commitments: Commitments = field(default_factory=Commitments)
    notifications: Notifications | None = None

    @property
    def are_known(self) -> bool:
        """True in a house with a list of people, where :meth:`follow` has something to do."""
        return self.commitments.people is not None or self.notifications is not None

    def follow(
        self, event: Event, room: Room, told: Collection[tuple[int, Letter]], when: float
    ) -> Collection[tuple[int, Letter]]:
        """Follow an event of the room, right after it.

        :param told: the letters about the event, by participant.
        :param when: the instant of the event, in seconds.
        :return: the letters, with valuations.
        """
        self.commitments.follow(event, room)
        told = self.classroom.add_to(told, event, room.auction)
        if self.notifications is not None:
            self.notifications.follow(event, room, told, when)
        return told
