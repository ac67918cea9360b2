"""``auction ledger``: what a ledger tells the operator, and whoever doubts a result.

Every command follows the rows of the ledger, room after room, through
:class:`~twisted_auction.house.history.History`, and stops at the first one that does not hold.
"""

import csv
import json
import re
import sys
from abc import abstractmethod
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import asdict, astuple, dataclass, fields
from datetime import UTC, datetime, timedelta
from io import TextIOWrapper
from pathlib import Path
from typing import Any, Self, assert_never

from twisted.python import usage

from twisted_auction.command import (
    STATUSES,
    Commands,
    Complaint,
    Report,
    counted,
    print_table,
    printable,
    refuse_options,
)
from twisted_auction.house.archive import move
from twisted_auction.house.history import History, Story, no_such_formats
from twisted_auction.house.ledger import (
    DEFAULT_LEDGER,
    LedgerError,
    Row,
    Standing,
    View,
    reading,
)
from twisted_auction.house.verification import Verdict, verify
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
from twisted_auction.wire.verbs import ROOM_NAME

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

OUTCOMES: dict[type[Event], str] = {Sold: "sold", Unsold: "not sold", Cancelled: "cancelled"}

EXPORTED: dict[type[Event], str] = {BidTaken: "bid", Raised: "bid", **OUTCOMES}
"""The events that :class:`Export` writes, and what it calls them."""

FORMULA = re.compile("((?:^|[,;|\\t\\r\\n])[\\s\"]*)(?=['=+\\-@\uff1d\uff0b\uff0d\uff20])")
"""Where a formula begins in one spreadsheet or another: at the start, or behind a separator, and
there with one of these signs; the last four are full-width."""

HASH = re.compile("[0-9a-f]{64}")
"""What a hash looks like."""

EXACT = 2**53 - 1
"""The largest whole number up to which a double has them all."""

REVEAL = ["reveal", None, "Show the amounts of sealed bids as well."]

LEDGER = ["ledger", None, None, f"The server's --ledger. [default: {DEFAULT_LEDGER}]"]


class Files(Report):
    """A command to which a ledger is named."""

    synopsis = "[options] [FILE]"
    optParameters = [LEDGER]

    def parseArgs(self, *files: str) -> None:
        """Take the name of the ledger."""
        refuse_options(files)
        if len(files) > 1:
            raise usage.UsageError("name one ledger")
        self.name(*files)

    def name(self, *files: str) -> None:
        """Take the names of files, if any.

        :raises UsageError: where there is an option --ledger as well.
        """
        if files and self["ledger"] is not None:
            raise usage.UsageError("name one ledger")
        self["files"] = files

    @property
    def paths(self) -> list[Path]:
        """The files that are named here, or before the command.

        :raises LedgerError: where one has no name.
        """
        assert self.parent is not None
        options = (self["ledger"], self.parent.get("ledger"))  # "auction lab" takes none
        named = self["files"] or [name for name in options if name is not None][:1]
        for name in named:
            if name in ("", "none"):
                raise LedgerError(f"there is no ledger to read; name the file, not {name!r}.")
        return [Path(name) for name in named or [DEFAULT_LEDGER]]


class Reader(Files):
    """A command that reads one ledger."""

    @abstractmethod
    def tell(self, view: View) -> None:
        """Read what is in the ledger, and print what it tells.

        :raises LedgerError: where that is not possible.
        """

    def report(self, reactor: Any) -> int:
        """Read the ledger to its end, or to the first row that does not hold."""
        try:
            (path,) = self.paths
            with reading(path) as view:
                self.tell(view)
        except LedgerError as error:
            raise Complaint(str(error)) from None
        return 0


@dataclass(slots=True)
class Item:
    """What a Seller offered, or a lot of a sale, as far as the ledger has told it.

    :param auction: its number in its room.
    :param lot: 0 where it is no sale.
    :param began: when it came up, in nanoseconds since 1970.
    :param at: the same, and once there is a result, when that was.
    :param bids: how many were made.
    :param highest_bid: the best of them, in whole dollars.
    """

    room: str
    auction: int
    lot: int
    request: AuctionRequest
    began: int
    at: int
    bids: int = 0
    highest_bid: int = 0
    result: Sold | Unsold | Cancelled | None = None

    def cells(self, reveal: bool) -> dict[str, str]:
        """Its line of the table, by the headings."""
        cells = {
            "auction": f"{printable(self.room)}/{self.auction}",
            "lot": str(self.lot or ""),
            "item": printable(self.request.item_name),
            "format": printable(self.request.format.name),
            "bids": str(self.bids),
            "result": "open" if self.result is None else OUTCOMES[type(self.result)],
            "winner": "",
            "payment": "",
        }
        if isinstance(self.result, Sold):
            cells["winner"] = f"Buyer {self.result.winner}"
            cells["payment"] = f"${self.result.payment}"
        if reveal:
            cells["highest bid"] = f"${self.highest_bid}" if self.bids else ""
        cells["ended (open: began)"] = second(self.at)
        return cells


class List(Reader):
    """Every item, and what became of it."""

    longdesc = (
        "Shows a table of every item that was offered, with its result, its winner and the "
        "payment. Of sealed bids it shows how many there are; see --reveal. Times are UTC. "
        f"{STATUSES}"
    )
    optFlags = [REVEAL]

    def tell(self, view: View) -> None:
        """Print the table, in the order in which the items came up."""
        items: dict[tuple[str, int, int], Item] = {}
        history = History(view.start, is_lenient=True)
        try:
            for row in view.rows():
                story, event = history.take(row)
                _note(items, row, story, event)
        finally:  # what came before a row that does not hold holds
            self._print(items)
        if not items:
            print("No item has been offered yet.")

    def _print(self, items: dict[tuple[str, int, int], Item]) -> None:
        order = sorted(items, key=lambda key: (items[key].began, key))
        lines = [items[key].cells(bool(self["reveal"])) for key in order]
        if lines:
            print_table([list(lines[0]), *(list(line.values()) for line in lines)], RIGHT)


def _note(items: dict[tuple[str, int, int], Item], row: Row, story: Story, event: Event) -> None:
    """Enter what a row tells of an item."""
    key = (story.room, story.number, story.auction.lot)
    match event:
        case RequestAccepted() | LotAnnounced():
            items[key] = Item(*key, event.request, row.at, row.at)
        case BidTaken() | Raised():
            items[key].bids += 1
            items[key].highest_bid = max(items[key].highest_bid, event.amount)
        case Sold() | Unsold() | Cancelled() if key in items:  # not a Seller without a request
            items[key].result = event
            items[key].at = row.at


class Show(Reader):
    """One auction, from the first arrival to the result."""

    synopsis = "[options] [FILE] ROOM/N"
    longdesc = (
        "Tells the story of auction N in a room, or of the sale with that number: a line an event, "
        "with its time in UTC. N alone is enough where one room only has an auction N. The amounts "
        f"of sealed bids are left out; see --reveal. {STATUSES}"
    )
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
        self["room"] = room

    def tell(self, view: View) -> None:
        """Print the story. What follows in the room is read too: where somebody has written the
        rows of this auction anew, it is the rows after it that give that away.

        :raises LedgerError: where there is no such auction.
        """
        number = self["auction"]
        room = self["room"] or _only_room(view, number)
        _check_known(view, room, number)
        print(f"Auction {number}, room {printable(room)}")
        history = History(view.start, is_lenient=True)
        for row in view.rows(room):
            story, event = history.take(row)
            if story.number == number:
                print(f"{second(row.at)}  {sentence(event, story, bool(self['reveal']))}")
        if any(story.number == number for story in history.stories.values()):
            print("It has not ended.")


NAMED = 10
"""So many rooms are named where a number could mean an auction of each of them."""


def _has(standing: Standing, auction: int) -> bool:
    """Whether the rows of one of a room's auctions are in this file."""
    return standing.archived_auction < auction <= standing.auction


def _only_room(view: View, auction: int) -> str:
    """The one room that has an auction of this number.

    :raises LedgerError: where there is none, or more than one.
    """
    rooms = [standing.name for standing in view.rooms() if _has(standing, auction)]
    if len(rooms) == 1:
        return rooms[0]
    if not rooms:
        raise LedgerError(f"no room has an auction {auction}.")
    named = ", ".join(f"{printable(room)}/{auction}" for room in rooms[:NAMED])
    more = f" and {len(rooms) - NAMED} more" if len(rooms) > NAMED else ""
    raise LedgerError(f"several rooms have an auction {auction}; name one of {named}{more}.")


def _check_known(view: View, room: str, auction: int) -> None:
    """See that an auction is in this file.

    :raises LedgerError: where it is not.
    """
    standing = view.standing(room)
    if standing is None:
        raise LedgerError(f"there is no room {printable(room)}.")
    if auction > standing.auction:
        raise LedgerError(
            f"room {printable(room)} has no auction {auction}; the last one is {standing.auction}."
        )
    if not _has(standing, auction):
        raise LedgerError(f"auction {auction} of room {printable(room)} is in an archive.")


class Export(Reader):
    """Every bid and every result, for other programs."""

    longdesc = (
        "Writes a record of each bid and each result to standard output. It is the full record: "
        "the amounts of sealed bids are in it, those of auctions that have not ended too. In CSV, "
        "an apostrophe is put before whatever a spreadsheet could take for a formula; JSON has "
        f"every text as it is, and amounts above {EXACT} as texts. {STATUSES}"
    )
    optParameters = [["format", "f", "csv", "csv, or json: one JSON object a line."]]
    optFlags = [["excel", None, "Begin CSV so that Excel takes it for UTF-8."]]

    def postOptions(self) -> None:
        """See that the format is one of the two."""
        if self["format"] not in ("csv", "json"):
            raise usage.UsageError(f"--format must be csv or json, not {self['format']!r}")
        if self["excel"] and self["format"] != "csv":
            raise usage.UsageError("--excel is for CSV alone")

    def tell(self, view: View) -> None:
        """Write one record at a time, room after room."""
        history = History(view.start, is_lenient=True)
        write = _csv(bool(self["excel"])) if self["format"] == "csv" else _write_json
        for row in view.rows():
            story, event = history.take(row)
            # A Seller who left without a request has a result, but of nothing.
            if type(event) in EXPORTED and story.auction.request is not None:
                write(Record.of(row, story.auction.request, story.auction.lot, event))


class Verify(Files):
    """The whole ledger, held against itself and the rules."""

    synopsis = "[options] [FILE [ARCHIVE...]]"
    longdesc = (
        "Reads the whole ledger and works out again the hash of each row, whether each event could "
        "follow, and every winner and payment from the bids. Names the first row that does not "
        "hold. Archives are verified with it, or alone. Note the house hash somewhere else: as "
        "long as --expect finds it, nothing that it covers has been changed or taken away. "
        f"{STATUSES}"
    )
    optParameters = [
        ["expect", None, None, "A hash that was noted: of the house at any time, or of a row."]
    ]

    def parseArgs(self, *files: str) -> None:
        """Take the names of the ledger and of archives."""
        refuse_options(files)
        self.name(*files)

    def postOptions(self) -> None:
        """See that a hash could be one."""
        if self["expect"] is not None and HASH.fullmatch(self["expect"]) is None:
            raise usage.UsageError(f"--expect takes 64 hex digits, not {self['expect']!r}")

    def report(self, reactor: Any) -> int:
        """Read all files."""
        try:
            with ExitStack() as stack:
                views = [stack.enter_context(reading(path)) for path in self.paths]
                self._tell(verify(views, self["expect"]))
        except LedgerError as error:
            raise Complaint(str(error)) from None
        return 0

    def _tell(self, verdict: Verdict) -> None:
        """Print one line, if everything holds, and one for what else there is to know.

        :raises LedgerError: where the hash is not found, or results could not be verified.
        """
        if self["expect"] is not None and not verdict.is_found:
            raise LedgerError(
                f"everything holds, but {self['expect']} is not found: it is of another ledger, or "
                "what it covers was changed or taken away."
            )
        if verdict.unknown:
            items = counted(sum(verdict.unknown.values()), "item")
            raise LedgerError(
                f"{no_such_formats(verdict.unknown)}, so {items} cannot be verified; everything "
                f"else holds. House hash: {verdict.house_hash}"
            )
        read = f"{counted(verdict.rows, 'row')}, {counted(verdict.auctions, 'auction')}"
        print(f"{read}: everything holds. House hash: {verdict.house_hash}")
        if verdict.old_rows:
            print(f"The chain of schema 1 holds, too: {counted(verdict.old_rows, 'row')}.")
        if verdict.missing:
            print(f"In archives that were not named: {counted(verdict.missing, 'row')} before.")
        if self["expect"] is not None:
            print("The expected hash is found.")


class Archive(Report):
    """Auctions that are over, moved to another file."""

    synopsis = "[options] FILE ARCHIVE"
    longdesc = (
        "Moves auctions that are over from the ledger FILE to the file ARCHIVE, in each room the "
        "oldest ones. ARCHIVE is made, or added to. No server may have FILE open. Both files can "
        "be read and verified, each alone or together. If this is interrupted, nothing is lost; do "
        f"it again. {STATUSES}"
    )
    optParameters = [
        ["keep", "k", "0", "How many auctions that are over stay in each room."],
        [
            "before",
            "b",
            None,
            "Move only auctions that were over before this day or instant in UTC, such as "
            "2026-12-05 or 2026-12-05T19:00.",
        ],
    ]

    def parseArgs(self, *files: str) -> None:
        """Take the two names."""
        refuse_options(files)
        if len(files) != 2:
            raise usage.UsageError("name a ledger and an archive")
        self["files"] = files

    def postOptions(self) -> None:
        """Read the number and the day."""
        try:
            self["keep"] = 0 if self["keep"] == "0" else parse_amount(self["keep"].encode())
        except ValueError:
            raise usage.UsageError(f"--keep must be a whole number, not {self['keep']!r}") from None
        if self["before"] is not None:
            self["before"] = _instant(self["before"])

    def report(self, reactor: Any) -> int:
        """Move them, and say how many."""
        path, archive = map(Path, self["files"])
        try:
            rows, auctions, rooms = move(path, archive, self["keep"], self["before"])
        except LedgerError as error:
            raise Complaint(str(error)) from None
        if not rows:
            print("There is nothing to move.")
        else:
            moved = f"{counted(auctions, 'auction')} with {counted(rows, 'row')}"
            print(f"Moved {moved} in {counted(rooms, 'room')} to {printable(str(archive))}.")
        return 0


def _instant(text: str) -> int:
    """A day or an instant, in nanoseconds since 1970.

    :raises UsageError: where it is none.
    """
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        raise usage.UsageError(
            f"--before takes a day or an instant, such as 2026-12-05T19:00, not {text!r}"
        ) from None
    if when.tzinfo is None:
        when = when.replace(tzinfo=UTC)
    return (when - EPOCH) // timedelta(microseconds=1) * 1000


class Ledger(Commands):
    """The commands that read a ledger."""

    synopsis = "[options] COMMAND [options]"
    longdesc = (
        "Reads the ledger of a server, which may be running meanwhile, and changes nothing in it; "
        "only archive does."
    )
    optParameters = [LEDGER]
    subCommands = [
        ("list", None, List, "Show every item, and what became of it."),
        ("show", None, Show, "Tell the story of one auction."),
        ("export", None, Export, "Write every bid and result as CSV or JSON, sealed ones too."),
        ("verify", None, Verify, "Check every row, and work every result out again."),
        ("archive", None, Archive, "Move auctions that are over to another file."),
    ]


def second(at: int) -> str:
    """An instant of the ledger's, to the second, for a person to read."""
    return f"{_moment(at):%Y-%m-%d %H:%M:%SZ}"


def _moment(at: int) -> datetime:
    return EPOCH + timedelta(microseconds=at // 1000)


def sentence(event: Event, story: Story, reveal: bool) -> str:
    """Say what happened.

    :param story: the auction, as it stands right after the event.
    :param reveal: whether the amounts of sealed bids may be told.
    """
    is_public = story.auction.is_open or reveal
    match event:
        case Arrived():
            ticket = "" if event.ticket is None else ", with a ticket"
            return f"{_name(event.who)} came from {printable(event.address)}{ticket}."
        case RequestAccepted():
            return f"Request: {_described(event.request)}"
        case LotAnnounced():
            return f"Lot {event.lot} of {event.lots}: {_described(event.request)}"
        case BiddingOpened():
            price = f" at ${story.auction.price}" if story.auction.is_open else ""
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
    """A request as it came, and what its numbers mean."""
    facts = (
        f"{printable(request.format.name)}, lowest price ${request.lowest_price}, "
        f"number of bids {request.number_of_bids}"
    )
    return f"{printable(request.text)} ({facts})"


@dataclass(frozen=True, slots=True)
class Record:
    """A bid or a result, as it is exported; None stands where there is nothing.

    :param lot: None where it is no sale.
    :param lowest_price: in whole dollars, as every amount.
    :param kind: ``bid``, ``sold``, ``not sold`` or ``cancelled``.
    :param buyer: who bid, or won.
    :param amount: the bid; of a result, the highest bid.
    :param at: the instant, in ISO 8601.
    """

    auction: int
    lot: int | None
    room: str
    item: str
    format: str
    lowest_price: int
    kind: str
    buyer: int | None
    amount: int | None
    payment: int | None
    at: str

    @classmethod
    def of(cls, row: Row, request: AuctionRequest, lot: int, event: Event) -> Self:
        """The record of one of the :data:`EXPORTED` events."""
        buyer = amount = payment = None
        match event:
            case BidTaken() | Raised():
                buyer, amount = event.who, event.amount
            case Sold():
                buyer, amount, payment = event.winner, event.highest_bid, event.payment
            case Unsold():
                amount = event.highest_bid
        return cls(
            auction=row.auction,
            lot=lot or None,
            room=row.room,
            item=request.item_name,
            format=request.format.name,
            lowest_price=request.lowest_price,
            kind=EXPORTED[type(event)],
            buyer=buyer,
            amount=amount,
            payment=payment,
            at=f"{_moment(row.at):%Y-%m-%dT%H:%M:%S.%fZ}",
        )


def _write_json(entry: Record) -> None:
    print(json.dumps({name: _exact(fact) for name, fact in asdict(entry).items()}))


def _exact(fact: int | str | None) -> int | str | None:
    """A fact that survives a reader which takes every number for a double."""
    return str(fact) if isinstance(fact, int) and fact > EXACT else fact


def _csv(is_for_excel: bool) -> Callable[[Record], object]:
    """Write the header, and give what writes a record."""
    if is_for_excel:
        if isinstance(sys.stdout, TextIOWrapper):
            sys.stdout.reconfigure(encoding="utf-8")  # which is what the mark says
        sys.stdout.write("\ufeff")
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(field.name for field in fields(Record))
    return lambda entry: writer.writerow(map(_harmless, astuple(entry)))


def _harmless(fact: int | str | None) -> int | str | None:
    """A fact that a spreadsheet takes for what it is.

    Sellers choose the names of their items, and CSV is what people open in a spreadsheet, which
    runs ``=HYPERLINK(...)`` as a formula, quoted or not. It may also guess that another character
    separates the cells, so a formula may begin anywhere behind one. An apostrophe goes before each
    such place, and before each apostrophe in such a place: to have the text as it was, take one
    apostrophe away there. Numbers are left as they are.
    """
    return FORMULA.sub(r"\1'", printable(fact)) if isinstance(fact, str) else fact


RIGHT = {"lot", "bids", "payment", "highest bid"}
"""The columns of the table that hold numbers."""
