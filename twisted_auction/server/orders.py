"""The operator's orders, carried out, whatever connection they come by."""

from collections.abc import Sequence
from itertools import islice
from math import ceil

from twisted.internet.address import IPv4Address, IPv6Address

from twisted_auction.house.auctioneer import Auctioneer
from twisted_auction.house.doors import Doors, NotATime, StartIsPast
from twisted_auction.house.rooms import MAX_LISTED_ROOMS, Rooms
from twisted_auction.house.seats import Connection
from twisted_auction.house.tickets import PassKey
from twisted_auction.rules.amounts import in_seconds
from twisted_auction.rules.commands import OPERATOR, Add, Move, MoveStart
from twisted_auction.rules.events import SELLER
from twisted_auction.rules.refusals import OrderRefused
from twisted_auction.server.limits import ConnectionLimits, peer_of
from twisted_auction.server.people_file import PeopleFile
from twisted_auction.text import counted
from twisted_auction.wire.order import (
    ALL_ROOMS,
    ROOM_OPTION,
    Ban,
    HouseOrder,
    ReadPeople,
    RoomOrder,
    StartAt,
    Status,
    Unban,
    Who,
)

MAX_TOLD = 5
"""Largest number of different answers to one order to all rooms."""

MAX_NAMED = 10
"""Largest number of rooms by name with one of these answers."""

ALONE = "each lot of this sale is alone in its room: none can be added or moved."
"""Refuses an order about the order of the lots."""


class OrderHandler:
    """Carries out orders.

    :param rooms: the rooms of the house. If only one is in use, an order need not name it.
    :param connections: the connections of clients, which the operator can ban.
    :param people_file: the list of people; None if the house has none in a file.
    """

    def __init__(
        self, rooms: Rooms, connections: ConnectionLimits, people_file: PeopleFile | None
    ) -> None:
        self._rooms = rooms
        self._connections = connections
        self._people_file = people_file

    def carry_out(self, order: HouseOrder | RoomOrder, words: str, actor: str = OPERATOR) -> str:
        """Carry out one order.

        :param words: the words after its name.
        :param actor: who gives it, for the ledger.
        :return: its effect, for the operator to read.
        :raises ValueError: if it cannot be carried out; the text says why.
        """
        if isinstance(order, RoomOrder):
            return self._give_room(order, words, actor)
        return self._give_house(order, words)

    def _give_house(self, order: HouseOrder, words: str) -> str:
        """Carry out an order to the house."""
        try:
            action = order.read(words)
        except ValueError as error:
            raise ValueError(f"{error}: {order}.") from None
        match action:
            case Status():
                return self._status()
            case ReadPeople():
                if self._people_file is None:
                    raise ValueError("this house has no file with a list of people.")
                return self._people_file.read()
            case Ban():
                return self._ban(action)
            case Unban():
                return self._unban(action)
        raise AssertionError(f"{order.name} is for one connection")

    def _give_room(self, order: RoomOrder, words: str, actor: str) -> str:
        """Carry out an order to a room, or to all of them."""
        named, words = order.split_room(words)
        if named == ALL_ROOMS:
            return self._give_all(order, words, actor)
        name, auctioneer = self._room(named)
        return f"room {name}: {self._give(order, words, actor, name, auctioneer)}"

    def _give_all(self, order: RoomOrder, words: str, actor: str) -> str:
        """Carry out an order to all rooms in use.

        :return: the effects and the refusals, each with its rooms.
        :raises ValueError: if no room has carried it out; the text says why.
        """
        if not order.is_for_all:
            raise ValueError(f"{order.name} is for one room: {order}.")
        answers: dict[str, list[str]] = {}
        is_done = False
        for name, auctioneer in self._rooms.in_use.items():
            try:
                answer = self._give(order, words, actor, name, auctioneer)
                is_done = True
            except ValueError as error:
                answer = str(error).removeprefix(f"room {name}: ")
            answers.setdefault(answer, []).append(name)
        told = [f"{_rooms(names)}: {answer}" for answer, names in answers.items()]
        more = len(told) - MAX_TOLD
        text = " ".join([*told[:MAX_TOLD], *([f"And {more} more answers."] if more > 0 else [])])
        if not is_done:
            raise ValueError(text)
        return text

    def _give(
        self, order: RoomOrder, words: str, actor: str, name: str, auctioneer: Auctioneer
    ) -> str:
        """Carry out an order to one room.

        :param words: the words without the name of the room.
        :return: its effect, without the name of the room.
        """
        try:
            action, reason = order.read(words)
        except ValueError as error:
            problem = f"{error}: {order}." if order.argument else f"room {name}: {error}."
            raise ValueError(problem) from None
        if isinstance(action, Who):
            return f"{self._who(auctioneer)}."
        if isinstance(action, StartAt):
            action = self._move_start(name, auctioneer, action.time)
        if isinstance(action, Add | Move) and self._rooms.sale.together:
            raise ValueError(f"room {name}: {ALONE}")
        try:
            return auctioneer.orders.give(action, actor, reason)
        except OrderRefused as refusal:
            raise ValueError(f"room {name}: {refusal.why}") from None

    def _move_start(self, room: str, auctioneer: Auctioneer, time: str) -> MoveStart:
        """The order to move the start of a sale, given in the time zone of the house.

        :raises ValueError: if the time is none, or past.
        """
        if not auctioneer.auction.awaits_start:
            return MoveStart(None)  # refused by the rules, whatever the time is
        try:
            return (self._rooms.sale.doors or Doors("order")).move(time, self._rooms.wall_clock)
        except NotATime as error:
            problem = f"give {error}, or the word order"
        except (ValueError, StartIsPast) as error:
            problem = str(error).removesuffix(".")
        raise ValueError(f"room {room}: {problem}.")

    def _status(self) -> str:
        listed, rooms = self._rooms.reports()
        reports = [f"{name}: {words}" for name, words in listed]
        if rooms > len(reports):
            reports.append(f"and {rooms - len(reports)} more rooms")
        return "; ".join(filter(None, [*reports, self._banned(), self._wrong_codes()]))

    def _wrong_codes(self) -> str:
        """The number of wrong pass codes in words; empty if there was none."""
        number = self._connections.wrong_codes
        return f"wrong pass codes since the start: {number}" if number else ""

    def _who(self, auctioneer: Auctioneer) -> str:
        seated = [
            f"{self._name(auctioneer, who)} from {_address(seat.connection)}"
            for who, seat in auctioneer.seats.seated.items()
        ]
        occupancy = auctioneer.occupancy
        away = [
            f"{self._name(auctioneer, who)} is away, its seat kept for {in_seconds(ceil(seconds))}"
            for who, seconds in occupancy.away.items()
        ]
        watchers = [counted(occupancy.watchers, "Watcher")] if occupancy.watchers else []
        return "; ".join([*seated, *away, *watchers]) or "nobody is there"

    def _name(self, auctioneer: Auctioneer, who: int) -> str:
        """A participant for the operator; a person of the list with its paddle and its name."""
        name = "Seller" if who == SELLER else f"Buyer {who}"
        key, people = auctioneer.seats.tickets.keys.get(who), self._rooms.people
        person = None
        if isinstance(key, PassKey) and people is not None:
            person = people.persons.get(key.paddle)
        if person is None:
            return name
        paddle = f" with paddle {person.paddle}" if who == SELLER else ""
        return f"{name}, {person.name}{paddle}," if person.name else f"{name}{paddle}"

    def _ban(self, ban: Ban) -> str:
        peer = _peer(ban.host)
        closed = self._connections.ban(peer, 60 * ban.minutes)
        return (
            f"{peer} is banned for {counted(ban.minutes, 'minute')}; "
            f"{counted(closed, 'connection')} closed."
        )

    def _unban(self, unban: Unban) -> str:
        peer = _peer(unban.host)
        if not self._connections.bans.lift(peer):
            raise ValueError(f"{peer} is not banned; {self._banned() or 'no address is'}.")
        return f"{peer} is no longer banned."

    def _banned(self) -> str:
        """The banned addresses in words; empty if there are none."""
        banned = ", ".join(
            f"{peer} for {counted(ceil(seconds / 60), 'minute')}"
            for peer, seconds in self._connections.bans.seconds_left.items()
        )
        return f"banned: {banned}" if banned else ""

    def _room(self, name: str | None) -> tuple[str, Auctioneer]:
        """The room that an order is for: its name, and its Auctioneer.

        :param name: as the order has it; None if it names no room.
        :raises ValueError: if there is no such room, or if several are in use and none is named.
        """
        if name is not None:
            if name not in self._rooms:
                raise ValueError(f"there is no such room; rooms are: {self._names()}.")
            return name, self._rooms[name]
        names = list(self._rooms.in_use)
        if len(names) > 1:
            example = f"{ROOM_OPTION}{names[0]}"
            raise ValueError(f"name the room, as in {example}; rooms are: {self._names()}.")
        return names[0], self._rooms.main

    def _names(self) -> str:
        """The names of the rooms in use, or of the first ones."""
        rooms = self._rooms.in_use
        names = ", ".join(islice(rooms, MAX_LISTED_ROOMS))
        more = len(rooms) - MAX_LISTED_ROOMS
        return f"{names} and {more} more" if more > 0 else names


def _rooms(names: Sequence[str]) -> str:
    """Rooms with the same answer, for the operator."""
    if len(names) == 1:
        return f"room {names[0]}"
    if len(names) > MAX_NAMED:
        return counted(len(names), "room")
    return f"rooms {', '.join(names)}"


def _address(connection: Connection) -> str:
    """The network address, which the operator needs for a ban. That of a person is told here
    alone."""
    address: str = getattr(connection, "network_address", connection.address)
    return address


def _peer(host: str) -> str:
    """The peer that connections from an address count for."""
    kind = IPv6Address if ":" in host else IPv4Address
    return peer_of(kind("TCP", host, 0))
