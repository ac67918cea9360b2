"""The desk: an auctioneer's part of the lobby.

A person with the role auctioneer gives orders, follows a room, and adds people. One
:class:`DeskOffice` serves the auctioneers of a house; each has a :class:`Desk`.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Protocol

from twisted.internet.interfaces import IDelayedCall
from twisted.logger import Logger

from twisted_auction.house.desk import DeskView, Key
from twisted_auction.house.facts import Fact
from twisted_auction.house.people import Person, Role
from twisted_auction.house.rooms import Rooms
from twisted_auction.house.sale_rooms import NO_SUCH_ROOM
from twisted_auction.rules.events import Event
from twisted_auction.rules.sentences import Sentence, reason_of
from twisted_auction.server.console import without_sealed_amounts
from twisted_auction.server.follower import Follower
from twisted_auction.server.limits import ConnectionLimits
from twisted_auction.server.orders import OrderHandler
from twisted_auction.server.passes import Passes
from twisted_auction.server.people_file import PeopleFile
from twisted_auction.wire import messages, verbs
from twisted_auction.wire.letter import Letter
from twisted_auction.wire.order import ROOM_OPTION, HouseOrder
from twisted_auction.wire.orders import FOLLOW, ORDERS, STATUS, find_order

UPDATE_INTERVAL = 0.2
"""Shortest time between two updates of the desks, in seconds."""

POLL_INTERVAL = 1.0
"""Longest time between two updates, in seconds. Some facts change without an event of their room:
a Watcher comes, a connection is cut, a person bids in another room."""

MAX_CHANGES = 250
"""Largest number of messages in one update. A longer one goes on with the next."""

NOT_AN_AUCTIONEER = "the desk is for auctioneers."


_log = Logger(namespace="auction")


class Client(Protocol):
    """The session of an auctioneer, as its desk needs it."""

    @property
    def auctioneer_person(self) -> Person | None:
        """The person, as the list has it now, if it has the role auctioneer."""

    def answer(self, *messages: messages.Message) -> None:
        """Send an answer after the commit of all earlier events."""

    def send(self, letter: Letter) -> None:
        """Send a letter in a single write."""

    def takes_price_updates(self) -> bool:
        """True if all earlier letters have left."""

    def set_idle_timeout(self) -> None:
        """Limit the silence of the client, unless its desk is open."""


class DeskOffice:
    """What all desks of a house have in common: one timer, and the facts of each room.

    :param rooms: the rooms of the house.
    :param connections: the connections of clients, which an auctioneer can ban.
    :param people_file: the list of people; None if the house has none in a file.
    """

    def __init__(
        self, rooms: Rooms, connections: ConnectionLimits, people_file: PeopleFile | None = None
    ) -> None:
        self.rooms = rooms
        self.handler = OrderHandler(rooms, connections, people_file)
        self.people_file = people_file
        self._desks: dict[Desk, str] = {}
        self._views: dict[str, DeskView] = {}
        self._timer: IDelayedCall | None = None
        self._updated_at = 0.0

    def open(self, desk: "Desk", room: str) -> None:
        """Let a desk follow a room."""
        self._desks[desk] = room
        self._forget_views()
        if room not in self._views:
            self._views[room] = DeskView(self.rooms.commitments)
        self.rooms.news.followers[self._follow] = None
        self._schedule(0.0)

    def close(self, desk: "Desk") -> None:
        """Let a desk follow nothing."""
        self._desks.pop(desk, None)
        self._forget_views()
        if not self._desks:
            self.rooms.news.followers.pop(self._follow, None)
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None

    def _forget_views(self) -> None:
        """Forget the views of rooms without a desk."""
        for room in self._views.keys() - self._desks.values():
            del self._views[room]

    def _follow(self, room: str, events: Sequence[Event]) -> None:
        view = self._views.get(room)
        if view is not None:
            view.follow(events)
            # Of a maximum, or a changed bid, not even the instant is told: the next updates would
            # have other instants, too.
            if any(map(without_sealed_amounts, events)):
                self._schedule(UPDATE_INTERVAL)

    def _schedule(self, interval: float) -> None:
        """Update the desks so many seconds after the last time, or earlier."""
        clock = self.rooms.clock
        delay = max(self._updated_at + interval - clock.seconds(), 0.0)
        if self._timer is None:
            self._timer = clock.callLater(delay, self._update)
        elif self._timer.getTime() > clock.seconds() + delay:
            self._timer.reset(delay)

    def _update(self) -> None:
        """Tell every desk what has changed."""
        self._timer = None
        now = self._updated_at = self.rooms.clock.seconds()
        if not self.rooms.is_closed:
            for name in {**self._views}:
                room = self.rooms.get(name)
                facts = {}
                if room is not None:
                    with _log.failureHandler("The desk of a room has failed."):
                        facts = self._views[name].facts(room, self.rooms.news.log[name])
                for desk in [desk for desk, its in self._desks.items() if its == name]:
                    desk.update(facts, now)
        if self._desks:
            is_behind = any(desk.is_behind for desk in self._desks)
            self._schedule(UPDATE_INTERVAL if is_behind else POLL_INTERVAL)


class Desk:
    """The desk of one auctioneer.

    :param client: its session.
    :ivar is_behind: True if there is more to tell than was told.
    """

    def __init__(self, office: DeskOffice, client: Client) -> None:
        self._office = office
        self._client = client
        self._rooms = office.rooms
        self._follower: Follower | None = None
        self._followed: Callable[[str, Sequence[Event]], None] | None = None
        self._room: str | None = None
        self._told: dict[Key, Fact] = {}
        self.is_behind = False

    @property
    def is_open(self) -> bool:
        """True if the desk follows a room, or all of them."""
        return self._room is not None or self._follower is not None

    def run(self, verb: str, words: str) -> None:
        """Run a verb of the desk, and answer it.

        :param words: the words after it.
        """
        person = self._client.auctioneer_person
        try:
            if person is None:
                raise ValueError(NOT_AN_AUCTIONEER)
            if verb == verbs.ORDER.name:
                self._client.answer(*self._order(person, words))
            elif verb == verbs.DESK.name:
                self._open(person, words)
            else:
                self._client.answer(self._admit(person, words))
        except ValueError as error:
            self._client.answer(messages.NotDone(reason_of(error)))

    def close(self) -> None:
        """Follow nothing."""
        self._office.close(self)
        self._room = None
        self._told = {}
        self.is_behind = False
        if self._followed is not None:
            self._rooms.news.followers.pop(self._followed, None)
            self._follower = self._followed = None

    def catch_up(self) -> None:
        """Note that all earlier letters have left."""
        if self._follower is not None:
            self._follower.catch_up()

    def update(self, facts: dict[Key, Fact], now: float) -> None:
        """Tell what has changed, unless earlier letters have not left yet.

        :param facts: all facts about the room.
        :param now: this instant, in seconds.
        """
        person = self._client.auctioneer_person
        if person is None or not person.may_enter(self._room or ""):
            self._withdraw()
            self._client.answer(messages.NotDone(NOT_AN_AUCTIONEER))
            return
        told = self._told
        gone = [key for key in told if key not in facts]
        changed = [key for key, fact in facts.items() if told.get(key) != fact]
        self.is_behind = len(gone) + len(changed) > MAX_CHANGES
        if not self._client.takes_price_updates():
            self.is_behind = True
            return
        letter: list[messages.Message] = []
        for key in gone[:MAX_CHANGES]:
            del told[key]
            letter.append(messages.DeskGone(*key))
        for key in changed[: MAX_CHANGES - len(letter)]:
            told[key] = facts[key]
            letter.append(facts[key].told(now))
        if letter:
            self._client.answer(*letter)

    def _open(self, person: Person, room: str) -> None:
        _check_room(person, room)
        if room not in self._rooms:
            raise ValueError(NO_SUCH_ROOM)
        self._room, self._told = room, {}
        self._client.answer(messages.DeskOf(room))
        self._office.open(self, room)

    def _order(self, person: Person, words: str) -> list[messages.Message]:
        """Carry out an order.

        :raises ValueError: if it cannot be carried out; the text says why.
        """
        found = find_order(words)
        if found is None:
            raise ValueError(Sentence("orders are: {orders}.", orders=verbs.listed(ORDERS)))
        order, rest = found
        if isinstance(order, HouseOrder):
            if person.room and order not in (STATUS, FOLLOW):
                raise ValueError(person.other_room)
            if order is FOLLOW and not rest:
                return self._follow(person)
        else:
            named, others = order.split_room(rest)
            if named is None:
                named = person.room or self._room
            else:
                _check_room(person, named)
            if named is not None:
                rest = f"{ROOM_OPTION}{named} {others}".rstrip()
        effect = self._office.handler.carry_out(order, rest, f"paddle {person.paddle}")
        return [messages.Done(effect)]

    def _follow(self, person: Person) -> list[messages.Message]:
        """Follow all rooms that the person may enter, from the next events on."""
        reports = [each for each in self._rooms.reports()[0] if person.may_enter(each[0])]
        if self._follower is None:
            follower = Follower(self._client.send, self._client.takes_price_updates)
            self._follower = follower
            self._followed = partial(self._tell, follower)
            # The events until now are in the reports.
            self._rooms.journal.after_commit(self._begin_following)
        following = Sentence("following all rooms.")
        if person.room:
            following = Sentence("following room {room}.", room=person.room)
        return [
            messages.Done(following),
            *(messages.NewsOf(*each) for each in reports),
        ]

    def _begin_following(self) -> None:
        if self._followed is not None:
            self._rooms.news.followers[self._followed] = None

    def _tell(self, follower: Follower, room: str, events: Sequence[Event]) -> None:
        person = self._client.auctioneer_person
        if person is None:
            self._withdraw()
        elif person.may_enter(room):
            follower.tell(room, events)

    def _withdraw(self) -> None:
        """Close the desk of a person that is no auctioneer any more."""
        self.close()
        self._client.set_idle_timeout()

    def _admit(self, person: Person, words: str) -> messages.PassCodeIs:
        """Add a person to the list of people.

        :raises ValueError: if it cannot be added; the text says why.
        """
        if person.room:
            raise ValueError(person.other_room)
        if self._office.people_file is None:
            raise ValueError("this house has no file with a list of people.")
        paddle, _, name = words.partition(" ")
        limit, name = "", name.strip()
        if name.startswith(verbs.LIMIT_OPTION):
            option, _, name = name.partition(" ")
            limit, name = option.removeprefix(verbs.LIMIT_OPTION), name.strip()
        if not name:
            usage = Sentence(
                "say {verb}, or {next} for the paddle.", verb=verbs.ADMIT, next=verbs.NEXT
            )
            raise ValueError(usage)
        new, code = self._office.people_file.admit(paddle, name, limit)
        _log.info(
            "Paddle {paddle} is added to the list of people by paddle {actor}.",
            paddle=new.paddle,
            actor=person.paddle,
        )
        return messages.PassCodeIs(new.paddle, new.name, code)


def as_auctioneer(person: Person | None, passes: Passes | None) -> Person | None:
    """A person as it is in the list now, if it has the role auctioneer; otherwise None."""
    if person is None or passes is None:
        return None
    now = passes.current(person)
    return now if now is not None and now.role is Role.AUCTIONEER else None


def _check_room(person: Person, room: str) -> None:
    if not person.may_enter(room):
        raise ValueError(person.other_room)
