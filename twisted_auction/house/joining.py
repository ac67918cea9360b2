"""Persons in a room: their seats, and the end of them after a change of the list."""

from functools import partial

from twisted_auction.house.auctioneer import Auctioneer
from twisted_auction.house.people import People, Person, Role
from twisted_auction.house.seats import Connection, Seat
from twisted_auction.house.tickets import PassKey, TicketRegistry
from twisted_auction.rules.commands import Arrive
from twisted_auction.rules.events import SELLER
from twisted_auction.wire import messages
from twisted_auction.wire.letter import Letter

WITHDRAWN = Letter(messages.PassWithdrawn())


def arrival_of(person: Person, room: Auctioneer, people: People) -> Arrive | None:
    """The arrival of a person in a room, as its role says.

    :return: None if the person only watches: as an auctioneer or a Watcher, or as a seller in a
        sale of the house itself.
    """
    if person.role is Role.SELLER and room.catalogue is None:
        return Arrive("", who=SELLER, paddle=person.paddle)
    if person.role is not Role.BIDDER:
        return None
    may_sell = not people.has_seller(room.name)
    return Arrive("", who=person.paddle, paddle=person.paddle, may_sell=may_sell)


def take_seat(
    arrival: Arrive,
    room: Auctioneer,
    connection: Connection,
    registry: TicketRegistry[Auctioneer],
) -> Seat | None:
    """Give a person its seat in a room, the same one every time.

    :param registry: has the seats and the results of all rooms.
    :return: None if the person was refused, or told a result that it had missed, and its connection
        closed.
    """
    assert arrival.paddle is not None
    paddle, key = arrival.paddle, PassKey(room.name, arrival.paddle)
    room.pass_time()  # one of the events due by now may end the seat
    # The operator may have bid for it before it comes.
    if room.seats.tickets.keys.get(paddle) == key:
        registry.begin(key, room, paddle)
    place = registry.seats.get(key)
    if place is not None:
        return room.returns.resume(place[1], arrival, connection)
    missed = registry.last_words(key)
    if missed is not None:
        room.journal.after_commit(partial(connection.dismiss, missed))
        return None
    return room.admit(connection, arrival)


def let_go(room: Auctioneer, before: People, now: People) -> None:
    """Let go of persons in a room after a change of the list: those removed, those with a new role,
    and those allowed in another room only. Their bids stand. A person with a new pass code loses
    its connection only: its seat is kept, as after a cut.

    :param before: the list until now.
    :param now: the list from now on.
    """

    def has_to_go(paddle: int) -> bool:
        old, new = before.persons.get(paddle), now.persons.get(paddle)
        if new is None or not new.may_enter(room.name):
            return True
        return old is not None and old.role is not new.role

    def has_new_code(paddle: int) -> bool:
        old, new = before.persons.get(paddle), now.persons.get(paddle)
        return old is not None and new is not None and old.code != new.code

    room.pass_time()
    seats = room.seats
    for seat in [*seats.watchers]:
        if seat.paddle is not None and (has_to_go(seat.paddle) or has_new_code(seat.paddle)):
            _disconnect(room, seat)
    for who, key in [*seats.tickets.keys.items()]:
        # Each departure may end the auction, and all its seats.
        if seats.tickets.keys.get(who) != key or not isinstance(key, PassKey):
            continue
        if has_to_go(key.paddle):
            room.returns.give_up(who, WITHDRAWN)
        elif has_new_code(key.paddle) and (place := seats.seated.get(who)) is not None:
            _disconnect(room, place)


def _disconnect(room: Auctioneer, seat: Seat) -> None:
    room.leave(seat)
    room.journal.after_commit(partial(seat.connection.dismiss, WITHDRAWN))
