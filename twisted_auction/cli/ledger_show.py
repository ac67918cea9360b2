"""``auction ledger show``: the events of one auction."""

from typing import assert_never

from twisted.python import usage

from twisted_auction.cli.base import STATUSES, refuse_options
from twisted_auction.cli.ledger_options import REVEAL_FLAG, LedgerReport, to_the_second
from twisted_auction.ledger.history import History, RecordedAuction
from twisted_auction.ledger.row import SECOND, LedgerError, RoomEntry
from twisted_auction.ledger.store import View
from twisted_auction.rules.amounts import in_seconds, parse_amount
from twisted_auction.rules.events import (
    SELLER,
    Announced,
    Arrived,
    BiddingClosed,
    BiddingOpened,
    BidTaken,
    Called,
    Cancelled,
    EndMoved,
    EndPostponed,
    Event,
    Expelled,
    Extended,
    Left,
    LotAdded,
    LotAnnounced,
    LotMoved,
    LotOffered,
    LotsDone,
    LotSkipped,
    MaximumLimited,
    MaximumSet,
    Missed,
    Ordered,
    Passed,
    Paused,
    PriceFell,
    Raised,
    Readmitted,
    Reopened,
    RequestAccepted,
    Resumed,
    SaleEnded,
    SaleScheduled,
    SaleVoided,
    Sold,
    Spoke,
    StartMoved,
    Stopped,
    Unsold,
    Voided,
    Withdrawn,
)
from twisted_auction.rules.request import AuctionRequest, Lot
from twisted_auction.text import printable
from twisted_auction.wire.verbs import ROOM_NAME, ROOM_NAME_RULE

MAX_NAMED_ROOMS = 10
"""Largest number of rooms named in an error, if several have an auction with the number."""


class Show(LedgerReport):
    """Prints the events of one auction, from the first arrival to the result."""

    synopsis = "[options] [FILE] ROOM/N"
    example = "auction.sqlite3 main/1"
    longdesc = (
        "Shows auction N of a room, or the sale with that number: one line for each event, with "
        "its time in UTC. N alone is enough if only one room has an auction N. The amounts of "
        f"sealed bids are left out; see --reveal. {STATUSES}"
    )
    optParameters = [["room", "r", None, "The room, if the auction is named by N alone."]]
    optFlags = [REVEAL_FLAG]

    def parseArgs(self, *words: str) -> None:
        """Read the file, the room and the number."""
        refuse_options(words)
        if len(words) not in (1, 2):
            raise usage.UsageError("name one auction, such as main/1")
        *files, word = words
        self.set_files(*files)
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

    def report_on(self, view: View) -> None:
        """Print the events.

        The later rows of the room are read, too: a change of this auction's rows shows in their
        hashes.

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
                time = to_the_second(recorded.time_of_day)
                print(f"{time}  {sentence(event, recorded, bool(self['reveal']))}")
        if any(recorded.number == number for recorded in history.unfinished.values()):
            print("It has not ended.")


def _has(entry: RoomEntry, auction: int) -> bool:
    """True if this file has the rows of this auction of a room."""
    return entry.archived_auction < auction <= entry.auction


def _only_room(view: View, auction: int) -> str:
    """The one room with an auction of this number.

    :raises LedgerError: if no room has one, or several rooms have one.
    """
    rooms = [entry.name for entry in view.rooms() if _has(entry, auction)]
    if len(rooms) == 1:
        return rooms[0]
    if not rooms:
        raise LedgerError(f"no room has an auction {auction}.")
    named = ", ".join(f"{printable(room)}/{auction}" for room in rooms[:MAX_NAMED_ROOMS])
    # A large house may have hundreds of rooms: the error stays one readable line.
    more = f" and {len(rooms) - MAX_NAMED_ROOMS} more" if len(rooms) > MAX_NAMED_ROOMS else ""
    raise LedgerError(f"several rooms have an auction {auction}; name one of {named}{more}.")


def _check_known(view: View, room: str, auction: int) -> None:
    """Check that this file has an auction.

    :raises LedgerError: if it does not.
    """
    entry = view.room(room)
    if entry is None:
        raise LedgerError(f"there is no room {printable(room)}.")
    if auction > entry.auction:
        raise LedgerError(
            f"room {printable(room)} has no auction {auction}; the last one is {entry.auction}."
        )
    if not _has(entry, auction):
        raise LedgerError(f"auction {auction} of room {printable(room)} is in an archive.")


def sentence(event: Event, recorded: RecordedAuction, reveal: bool) -> str:
    """Describe an event in a sentence.

    :param recorded: the auction, right after the event.
    :param reveal: True to include the amounts of sealed bids.
    """
    is_public = recorded.auction.is_open or reveal
    match event:
        case Arrived():
            if event.paddle is not None:
                paddle = f" with paddle {event.paddle}" if event.who == SELLER else ""
                return f"{_participant(event.who)} came{paddle}."
            ticket = "" if event.ticket_digest is None else ", with a ticket"
            return f"{_participant(event.who)} came from {printable(event.address)}{ticket}."
        case RequestAccepted():
            return f"Request: {_request_text(event.request, reveal)}"
        case SaleScheduled():
            return f"A sale of {event.lots} lots. {_start(event.starts_at, recorded)}"
        case StartMoved():
            return _start(event.starts_at, recorded)
        case LotSkipped(lot, label):
            return f"Lot {label or lot} is withdrawn."
        case LotMoved(lot, before, label, before_label):
            return f"Lot {label or lot} comes before lot {before_label or before}."
        case LotAdded(lot, request, label):
            return f"Lot {label or lot} is added: {_lot_text(Lot(request, label), reveal)}"
        case LotOffered(lot, label):
            return f"Lot {label or lot} will be offered again."
        case SaleVoided():
            # The payment may tell a sealed bid, as in its result.
            payment = f" for ${event.payment}" if reveal else ""
            lot_name = event.label or event.lot
            return f"The sale of lot {lot_name} to Buyer {event.who}{payment} is voided."
        case LotsDone():
            return f"All lots have been up. The sale ends at {_instant(event.closes_at, recorded)}."
        case SaleEnded():
            return "The sale ended."
        case LotAnnounced():
            return f"Lot {event.lot} of {event.lots}: {_lot_text(event.details, reveal)}"
        case BiddingOpened():
            price = f" at ${recorded.auction.price}" if recorded.auction.is_open else ""
            return f"Bidding opened{price}."
        case Raised(cause=str()):
            return f"Buyer {event.who} bid ${event.amount}, by its maximum."
        case BidTaken() | Raised():
            bid = f"bid ${event.amount}" if is_public else "made a sealed bid"
            if isinstance(event, BidTaken) and event.replaced:
                bid = f"changed its bid to ${event.amount}" if is_public else "changed its bid"
            return f"Buyer {event.who} {bid}."
        case MaximumSet(amount=0):
            return f"Buyer {event.who} took its maximum back."
        case MaximumSet():
            of = f" of ${event.amount}" if reveal else ""
            return f"Buyer {event.who} set a maximum{of}."
        case MaximumLimited():
            if event.most is None:
                return f"No limit stops the maximum of Buyer {event.who} any more."
            at = f" at ${event.most}" if reveal else ""
            return f"The limits of Buyer {event.who} stop its maximum{at}."
        case Withdrawn():
            return f"Buyer {event.who} withdrew its bid."
        case EndMoved():
            return f"The clock was set. The end is at {_instant(event.ends_at, recorded)}."
        case EndPostponed():
            return f"The end was postponed to {_instant(event.ends_at, recorded)}."
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
        case Ordered():
            why = f": {printable(event.reason)}" if event.reason else "."
            return f"Order of {printable(event.actor)}, {printable(event.order)}{why}"
        case Paused():
            return "The auction was paused."
        case Resumed():
            return "The auction went on after the pause, with the time that it had left."
        case Voided():
            highest = (
                "There is no bid now."
                if event.holder is None
                else f"The highest bid is ${event.bid} by Buyer {event.holder}."
            )
            return f"${event.amount} by Buyer {event.who} was voided. {highest}"
        case Expelled():
            return f"{_participant(event.who)} was expelled."
        case Readmitted():
            return f"{_participant(event.who)} was readmitted."
        case Announced():
            return f"The Auctioneer said: {printable(event.text)}"
        case BiddingClosed():
            return f"The {event.closer} closed the bidding."
        case Left():
            if event.silent_for is None:
                return f"{_participant(event.who)} left."
            time = in_seconds(event.silent_for)
            return f"{_participant(event.who)} gave no valid answer within {time}."
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
            has_promised = recorded.auction.ends_at is not None
            time = "with its end as before" if has_promised else "with the time that it had left"
            return f"The auction went on, {time}."
        case _:
            assert_never(event)


def _start(starts_at: float | None, recorded: RecordedAuction) -> str:
    if starts_at is None:
        return "It begins by order."
    return f"It begins at {_instant(starts_at, recorded)}."


def _instant(when: float, recorded: RecordedAuction) -> str:
    # A time of day, as an instant, is off by some microseconds.
    return to_the_second(round(round(when + recorded.ahead, 3) * SECOND))


def _participant(who: int) -> str:
    return "The Seller" if who == SELLER else f"Buyer {who}"


def _request_text(request: AuctionRequest, reveal: bool) -> str:
    """Format a request as submitted, with the meaning of its numbers."""
    facts = (
        f"{printable(request.format)}, lowest price ${request.lowest_price}, "
        f"number of bids {request.number_of_bids}"
    )
    text = request.text if reveal else request.public_text
    return f"{printable(text)} ({facts})"


def _lot_text(lot: Lot, reveal: bool) -> str:
    """Format a lot: its request, and what the catalogue says about it."""
    facts = [
        ("catalogue number", lot.label),
        ("description", lot.description),
        ("seller", None if lot.seller is None else f"Buyer {lot.seller}"),
        ("picture", lot.picture),
    ]
    stated = "".join(f"; {name}: {printable(fact)}" for name, fact in facts if fact is not None)
    return _request_text(lot.request, reveal) + stated
