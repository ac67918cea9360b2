"""``auction ledger show``: one auction, event by event."""

from typing import assert_never

from twisted.python import usage

from twisted_auction.cli.base import STATUSES, refuse_options
from twisted_auction.cli.reader import REVEAL, Reader, second
from twisted_auction.ledger.history import History, RecordedAuction
from twisted_auction.ledger.row import LedgerError, RoomEntry
from twisted_auction.ledger.store import View
from twisted_auction.rules.amounts import in_seconds, parse_amount
from twisted_auction.rules.events import (
    SELLER,
    Arrived,
    BiddingClosed,
    BiddingOpened,
    BidTaken,
    Called,
    Cancelled,
    Event,
    Extended,
    Left,
    LotAnnounced,
    Missed,
    Passed,
    PriceFell,
    Raised,
    Reopened,
    RequestAccepted,
    Sold,
    Spoke,
    Stopped,
    Unsold,
)
from twisted_auction.rules.request import AuctionRequest
from twisted_auction.text import printable
from twisted_auction.wire.verbs import ROOM_NAME, ROOM_NAME_RULE

NAMED = 10
"""Largest number of rooms that are named if several have an auction with the number."""


class Show(Reader):
    """One auction, from the first arrival to the result."""

    synopsis = "[options] [FILE] ROOM/N"
    example = "auction.sqlite3 main/1"
    longdesc = (
        "Tells the story of auction N in a room, or of the sale with that number: a line an event, "
        "with its time in UTC. N alone is enough where one room only has an auction N. The amounts "
        f"of sealed bids are left out; see --reveal. {STATUSES}"
    )
    optParameters = [["room", "r", None, "The room, where the auction is named by N alone."]]
    optFlags = [REVEAL]

    def parseArgs(self, *words: str) -> None:
        """Take the file, the room and the number."""
        refuse_options(words)
        if len(words) not in (1, 2):
            raise usage.UsageError("name one auction, such as main/1")
        *files, word = words
        self.name(*files)
        room, slash, number = word.rpartition("/")
        try:
            if slash and ROOM_NAME.fullmatch(room) is None:
                raise ValueError
            self["auction"] = parse_amount(number.encode())
        except ValueError:
            raise usage.UsageError(
                f"name an auction as list shows it, such as main/1, not {word!r}"
            ) from None
        if self["room"] is None:
            self["room"] = room
        elif slash:
            raise usage.UsageError("name the room once, with --room or before the number")
        elif ROOM_NAME.fullmatch(self["room"]) is None:
            raise usage.UsageError(f"--room must be {ROOM_NAME_RULE}, not {self['room']!r}")

    def tell(self, view: View) -> None:
        """Print the story. The later rows of the room are read, too: their hashes show whether the
        rows of this auction were replaced.

        :raises LedgerError: if there is no such auction.
        """
        number = self["auction"]
        room = self["room"] or _only_room(view, number)
        _check_known(view, room, number)
        print(f"Auction {number}, room {printable(room)}")
        history = History(view.start, is_lenient=True)
        for row in view.rows(room):
            recorded, event = history.read(row)
            if recorded.number == number:
                print(f"{second(row.at)}  {sentence(event, recorded, bool(self['reveal']))}")
        if any(recorded.number == number for recorded in history.unfinished.values()):
            print("It has not ended.")


def _has(record: RoomEntry, auction: int) -> bool:
    """True if the rows of this auction of a room are in this file."""
    return record.archived_auction < auction <= record.auction


def _only_room(view: View, auction: int) -> str:
    """The one room that has an auction of this number.

    :raises LedgerError: if no room has one, or more than one room.
    """
    rooms = [record.name for record in view.rooms() if _has(record, auction)]
    if len(rooms) == 1:
        return rooms[0]
    if not rooms:
        raise LedgerError(f"no room has an auction {auction}.")
    named = ", ".join(f"{printable(room)}/{auction}" for room in rooms[:NAMED])
    more = f" and {len(rooms) - NAMED} more" if len(rooms) > NAMED else ""
    raise LedgerError(f"several rooms have an auction {auction}; name one of {named}{more}.")


def _check_known(view: View, room: str, auction: int) -> None:
    """Check that an auction is in this file.

    :raises LedgerError: if it is not.
    """
    record = view.room(room)
    if record is None:
        raise LedgerError(f"there is no room {printable(room)}.")
    if auction > record.auction:
        raise LedgerError(
            f"room {printable(room)} has no auction {auction}; the last one is {record.auction}."
        )
    if not _has(record, auction):
        raise LedgerError(f"auction {auction} of room {printable(room)} is in an archive.")


def sentence(event: Event, recorded: RecordedAuction, reveal: bool) -> str:
    """One sentence for an event.

    :param recorded: the auction, right after the event.
    :param reveal: True if the amounts of sealed bids may be told.
    """
    is_public = recorded.auction.is_open or reveal
    match event:
        case Arrived():
            ticket = "" if event.ticket_digest is None else ", with a ticket"
            return f"{_name(event.who)} came from {printable(event.address)}{ticket}."
        case RequestAccepted():
            return f"Request: {_described(event.request)}"
        case LotAnnounced():
            return f"Lot {event.lot} of {event.lots}: {_described(event.request)}"
        case BiddingOpened():
            price = f" at ${recorded.auction.price}" if recorded.auction.is_open else ""
            return f"Bidding opened{price}."
        case BidTaken() | Raised():
            bid = f"bid ${event.amount}" if is_public else "made a sealed bid"
            return f"Buyer {event.who} {bid}."
        case Passed():
            return f"Buyer {event.who} passed."
        case Missed():
            return f"Buyer {event.who} said nothing within {in_seconds(event.seconds)}."
        case Spoke():
            return f"Buyer {event.who} has said something again."
        case Extended():
            return f"The time was extended to {in_seconds(event.seconds)}."
        case Called():
            return "Going once." if event.times == 1 else "Going twice."
        case PriceFell():
            return f"The price fell to ${event.price}."
        case BiddingClosed():
            return f"The {event.closer} closed the bidding."
        case Left():
            if event.silent_for is None:
                return f"{_name(event.who)} left."
            time = in_seconds(event.silent_for)
            return f"{_name(event.who)} gave no valid answer within {time}."
        case Sold():
            text = f"Sold to Buyer {event.winner} for ${event.payment}."
            if is_public:
                text += f" The highest bid is ${event.highest_bid}."
                for who, amount in event.dues:
                    text += f" Buyer {who} owes ${amount} all the same."
            return text
        case Unsold():
            if event.highest_bid is None:
                return "Not sold: there was no bid."
            why = f": the highest bid is ${event.highest_bid}" if is_public else ""
            return f"Not sold{why}."
        case Cancelled():
            return f"Cancelled: {printable(event.reason)}"
        case Stopped():
            return "The house closed."
        case Reopened():
            return "The auction went on, with the time that it had left."
        case _:
            assert_never(event)


def _name(who: int) -> str:
    return "The Seller" if who == SELLER else f"Buyer {who}"


def _described(request: AuctionRequest) -> str:
    """A request as submitted, and the meaning of its numbers."""
    facts = (
        f"{printable(request.format)}, lowest price ${request.lowest_price}, "
        f"number of bids {request.number_of_bids}"
    )
    return f"{printable(request.text)} ({facts})"
