"""The operator's orders, carried out, whatever connection they come by."""

from collections.abc import Sequence
from itertools import islice
from math import ceil

from twisted.internet.address import IPv4Address, IPv6Address

from twisted_auction.house.auctioneer import Auctioneer
from twisted_auction.house.doors import Doors, NotATime, TimeIsPast
from twisted_auction.house.rooms import MAX_LISTED_ROOMS, Rooms
from twisted_auction.house.seats import Connection
from twisted_auction.house.tickets import PassKey
from twisted_auction.rules.commands import OPERATOR, Add, Move, MoveStart
from twisted_auction.rules.events import SELLER
from twisted_auction.rules.refusals import OrderRefused
from twisted_auction.rules.sentences import Sentence, joined, reason_of
from twisted_auction.server.limits import ConnectionLimits, peer_of
from twisted_auction.server.people_file import PeopleFile
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
            raise ValueError(_usage(error, order)) from None
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
        return _in_rooms([name], self._give(order, words, actor, name, auctioneer))

    def _give_all(self, order: RoomOrder, words: str, actor: str) -> str:
        """Carry out an order to all rooms in use.

        :return: the effects and the refusals, each with its rooms.
        :raises ValueError: if no room has carried it out; the text says why.
        """
        if not order.is_for_all:
            raise ValueError(
                Sentence("{order} is for one room: {usage}.", order=order.name, usage=str(order))
            )
        answers: dict[str, list[str]] = {}
        is_done = False
        for name, auctioneer in self._rooms.in_use.items():
            try:
                answer = self._give(order, words, actor, name, auctioneer)
                is_done = True
            except ValueError as error:
                answer = _without_room(error)
            answers.setdefault(answer, []).append(name)
        told = [_in_rooms(names, answer) for answer, names in answers.items()]
        more = len(told) - MAX_TOLD
        if more > 0:
            told[MAX_TOLD:] = [Sentence("And {more} more answers.", more=more)]
        text = joined(" ", told)
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
            if order.argument:
                raise ValueError(_usage(error, order)) from None
            problem = Sentence("{problem}.", problem=reason_of(error))
            raise ValueError(_in_rooms([name], problem)) from None
        if isinstance(action, Who):
            return Sentence("{who}.", who=self._who(auctioneer))
        if isinstance(action, StartAt):
            action = self._move_start(name, auctioneer, action.time)
        if isinstance(action, Add | Move) and self._rooms.sale.together:
            raise ValueError(_in_rooms([name], Sentence(ALONE)))
        try:
            return auctioneer.orders.give(action, actor, reason)
        except OrderRefused as refusal:
            raise ValueError(_in_rooms([name], refusal.why)) from None

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
        except (ValueError, TimeIsPast) as error:
            problem = str(error).removesuffix(".")
        raise ValueError(_in_rooms([room], f"{problem}."))

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

    def _who(self, auctioneer: Auctioneer) -> Sentence:
        occupancy = auctioneer.occupancy
        facts = [
            Sentence(
                "{who} from {address}",
                who=self._name(auctioneer, who),
                address=_address(seat.connection),
            )
            for who, seat in auctioneer.seats.seated.items()
        ]
        facts += [
            Sentence(
                "{who} is away, its seat kept for {seconds} seconds",
                who=self._name(auctioneer, who),
                seconds=ceil(seconds),
            )
            for who, seconds in occupancy.away.items()
        ]
        if occupancy.watchers:
            facts.append(Sentence("{watchers} Watchers", watchers=occupancy.watchers))
        return joined("; ", facts) if facts else Sentence("nobody is there")

    def _name(self, auctioneer: Auctioneer, who: int) -> Sentence:
        """A participant for the operator; a person of the list with its paddle and its name."""
        name = Sentence("Seller") if who == SELLER else Sentence("Buyer {buyer}", buyer=who)
        key, people = auctioneer.seats.tickets.keys.get(who), self._rooms.people
        person = None
        if isinstance(key, PassKey) and people is not None:
            person = people.persons.get(key.paddle)
        if person is None:
            return name
        if who == SELLER:
            with_paddle = Sentence("with paddle {paddle}", paddle=person.paddle)
            if not person.name:
                return joined(" ", (name, with_paddle))
            return Sentence(
                "{who}, {name} {with_paddle},", who=name, name=person.name, with_paddle=with_paddle
            )
        return Sentence("{who}, {name},", who=name, name=person.name) if person.name else name

    def _ban(self, ban: Ban) -> str:
        peer = _peer(ban.host)
        closed = self._connections.ban(peer, 60 * ban.minutes)
        return Sentence(
            "{address} is banned for {minutes} minutes; {connections} connections closed.",
            address=peer,
            minutes=ban.minutes,
            connections=closed,
        )

    def _unban(self, unban: Unban) -> str:
        peer = _peer(unban.host)
        if not self._connections.bans.lift(peer):
            banned = self._banned()
            if not banned:
                raise ValueError(Sentence("{address} is not banned; no address is.", address=peer))
            raise ValueError(
                Sentence("{address} is not banned; {banned}.", address=peer, banned=banned)
            )
        return Sentence("{address} is no longer banned.", address=peer)

    def _banned(self) -> str:
        """The banned addresses in words; empty if there are none."""
        banned = [
            Sentence("{address} for {minutes} minutes", address=peer, minutes=ceil(seconds / 60))
            for peer, seconds in self._connections.bans.seconds_left.items()
        ]
        return Sentence("banned: {addresses}", addresses=joined(", ", banned)) if banned else ""

    def _room(self, name: str | None) -> tuple[str, Auctioneer]:
        """The room that an order is for: its name, and its Auctioneer.

        :param name: as the order has it; None if it names no room.
        :raises ValueError: if there is no such room, or if several are in use and none is named.
        """
        if name is not None:
            if name not in self._rooms:
                raise ValueError(
                    Sentence("there is no such room; rooms are: {rooms}.", rooms=self._names())
                )
            return name, self._rooms[name]
        names = list(self._rooms.in_use)
        if len(names) > 1:
            example = f"{ROOM_OPTION}{names[0]}"
            raise ValueError(
                Sentence(
                    "name the room, as in {example}; rooms are: {rooms}.",
                    example=example,
                    rooms=self._names(),
                )
            )
        return names[0], self._rooms.main

    def _names(self) -> str:
        """The names of the rooms in use, or of the first ones."""
        rooms = self._rooms.in_use
        names = ", ".join(islice(rooms, MAX_LISTED_ROOMS))
        more = len(rooms) - MAX_LISTED_ROOMS
        return f"{names} and {more} more" if more > 0 else names


def _in_rooms(rooms: Sequence[str], sentence: str) -> Sentence:
    """A sentence about rooms, for the operator."""
    if len(rooms) == 1:
        return Sentence("room {room}: {sentence}", room=rooms[0], sentence=sentence)
    if len(rooms) > MAX_NAMED:
        return Sentence("{rooms} rooms: {sentence}", rooms=len(rooms), sentence=sentence)
    return Sentence("rooms {names}: {sentence}", names=", ".join(rooms), sentence=sentence)


def _without_room(error: ValueError) -> str:
    """The reason of a refusal, without the name of the room."""
    reason = reason_of(error)
    if isinstance(reason, Sentence) and "room" in reason.values:
        sentence = reason.values["sentence"]
        assert isinstance(sentence, str)
        return sentence
    return reason


def _usage(error: ValueError, order: HouseOrder | RoomOrder) -> Sentence:
    """How to give an order whose words are wrong."""
    return Sentence("{problem}: {usage}.", problem=reason_of(error), usage=str(order))


def _address(connection: Connection) -> str:
    """The network address, which the operator needs for a ban. That of a person is told here
    alone."""
    address: str = getattr(connection, "network_address", connection.address)
    return address


def _peer(host: str) -> str:
    """The peer that connections from an address count for."""
    kind = IPv6Address if ":" in host else IPv4Address
    return peer_of(kind("TCP", host, 0))
