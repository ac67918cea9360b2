"""The answer to ``SALE``: the lots of a room's sale, and the account of the client."""

from collections.abc import Mapping

from twisted_auction.house.lots import account, lots_in_order, sale_lots
from twisted_auction.house.people import Person, Role
from twisted_auction.house.rooms import Rooms
from twisted_auction.house.sale_rooms import NO_SUCH_ROOM
from twisted_auction.wire import messages
from twisted_auction.wire.messages import Message

MAX_LISTED_LOTS = 100
"""Largest number of lots in one answer."""

LOTS_PER_LINE = 4
"""Number of lots that the server lists in the time of one line."""

ROOMS_PER_LINE = 30
"""Number of rooms whose use the server checks in the time of one line: for ``LIST``, for ``MINE``,
and for a client that wants a new room in a full house."""


def place_of(text: str) -> int | None:
    """Read the place of the first entry of a list, from 1; None if the text is none."""
    if not (text.isascii() and text.isdigit() and 0 < len(text) <= 6):
        return None
    return max(int(text), 1)


def page_of(first: str, lots: int) -> range:
    """The places of the lots in one answer, from 0.

    :param first: the first place to list, from 1, as typed; empty for 1.
    :raises ValueError: if it is no number; the text says so.
    """
    begin = place_of(first or "1")
    if begin is None:
        raise ValueError("give the room, and perhaps the place of the first lot to list.")
    return range(begin - 1, max(min(begin - 1 + MAX_LISTED_LOTS, lots), begin - 1))


def list_sale(
    rooms: Rooms, name: str, first: str, who: int | None, person: Person | None
) -> list[Message]:
    """List the lots of a sale, with what the client may know of their results.

    :param name: the name of the room.
    :param first: the first place to list, in the order of the sale, as typed; empty for 1.
    :param who: the number of the client as a participant of the room; None if it has none.
    :param person: the client, if it has said a pass code.
    :raises ValueError: if there is no such room, or ``first`` is no number; the text says why.
    """
    if name not in rooms:
        raise ValueError(NO_SUCH_ROOM)
    room = rooms[name]
    page_of(first, 0)
    room.pass_time()
    numbers = lots_in_order(room.auction)
    places = page_of(first, len(numbers))
    knows_all = person is not None and person.role is Role.AUCTIONEER and person.may_enter(name)
    listed = [(place + 1, numbers[place]) for place in places]
    return [
        *sale_lots(room.auction, listed, who, knows_all),
        messages.SaleListed(len(places), places.start + 1, len(numbers)),
        *account_of(rooms, person, {} if who is None else {name: who}),
    ]


def account_of(
    rooms: Rooms, person: Person | None, seats: Mapping[str, int]
) -> list[messages.AccountIs]:
    """The account of a client, as at most one message: of a person in all rooms, of another client
    in the rooms with a seat of its own.

    :param seats: these rooms, each with the client's number there.
    """
    if person is not None:
        won = rooms.commitments.won(person.paddle)
        bound = rooms.commitments.bound(person.paddle, lambda room: True)
        limit, most = person.limit or 0, person.lots or 0
        return [messages.AccountIs(won.lots, won.payments, bound.payments, limit, most)]
    if not seats:
        return []
    lots = due = bids = 0
    for name, who in seats.items():
        auction = rooms[name].auction
        won_lots, owed = account(auction, who)
        lots, due = lots + won_lots, due + owed
        bids += auction.binding_bid(who) or 0
    return [messages.AccountIs(lots, due, due + bids, 0, 0)]
