"""The answer to ``SALE``: the lots of a room's sale, and the account of the client."""

from twisted_auction.house.lots import account, lots_in_order, sale_lots
from twisted_auction.house.people import Person, Role
from twisted_auction.house.rooms import Rooms
from twisted_auction.wire import messages
from twisted_auction.wire.messages import Message

MAX_LISTED_LOTS = 100
"""Largest number of lots in one answer."""

NO_SUCH_ROOM = "there is no such room."


def place_of(text: str) -> int | None:
    """Read the place of the first entry of a list, from 1; None if the text is none."""
    if not (text.isascii() and text.isdigit() and 0 < len(text) <= 6):
        return None
    return max(int(text), 1)


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
    begin = place_of(first or "1")
    if begin is None:
        raise ValueError("give the room, and perhaps the place of the first lot to list.")
    room = rooms[name]
    room.pass_time()
    auction = room.auction
    numbers = lots_in_order(auction)
    listed = numbers[begin - 1 : begin - 1 + MAX_LISTED_LOTS]
    knows_all = person is not None and person.role is Role.AUCTIONEER and person.may_enter(name)
    answer: list[Message] = [*sale_lots(auction, enumerate(listed, begin), who, knows_all)]
    answer.append(messages.SaleListed(len(listed), begin, len(numbers)))
    if person is not None:
        won = rooms.commitments.won(person.paddle)
        bound = rooms.commitments.bound(person.paddle, lambda room: True)
        answer.append(
            messages.AccountIs(
                won.lots, won.payments, bound.payments, person.limit or 0, person.lots or 0
            )
        )
    elif who is not None:
        lots, due = account(auction, who)
        answer.append(messages.AccountIs(lots, due, due + (auction.binding_bid(who) or 0), 0, 0))
    return answer
