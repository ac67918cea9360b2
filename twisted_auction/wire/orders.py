"""The orders of the operator, as one table.

Each row of :data:`ORDERS` says what the words of an order are, with an example, and turns them into
data: an action of the rules, decided by the room, or an action of the house. The server's control
port and ``auction control`` read lines with the same rows. So a new order to a room is one more
row, and an order about all rooms also a ``case`` in :mod:`twisted_auction.server.orders`.
"""

import re
from collections.abc import Callable
from ipaddress import ip_address

from twisted_auction.rules.commands import (
    Add,
    Again,
    Bid,
    Cancel,
    Close,
    Expel,
    Extend,
    GoOn,
    Move,
    Open,
    Pause,
    Readmit,
    Skip,
    Start,
    Tell,
    Void,
    VoidSale,
)
from twisted_auction.rules.events import SELLER
from twisted_auction.rules.sentences import Sentence
from twisted_auction.wire.order import (
    Ban,
    Follow,
    HouseOrder,
    ReadPeople,
    Reason,
    RoomAction,
    RoomOrder,
    StartAt,
    Status,
    Unban,
    Who,
)

BAN_MINUTES = 60
"""Minutes that a ban lasts if the operator does not say how many."""

MAX_MINUTES = 7 * 24 * 60
"""Largest number of minutes in an order: a week."""

MAX_SECONDS = 24 * 60 * 60
"""Largest number of seconds in an order: a day."""

MAX_NUMBER = 99_999_999
"""Largest number of a participant in an order."""


_PADDLE = Sentence("paddle")


def _always(action: RoomAction) -> Callable[[str], RoomAction]:
    """The action of an order without an argument."""
    return lambda words: action


def _bid(words: str) -> Bid:
    match words.split():
        case [paddle, amount]:
            return Bid(number(paddle, _PADDLE, MAX_NUMBER), amount.encode())
    raise ValueError(Sentence("give the paddle and the amount"))


def _participant(words: str) -> int:
    """Read a Buyer's number, which is the paddle of a person, or ``seller``."""
    return SELLER if words.lower() == "seller" else number(words, _PADDLE, MAX_NUMBER)


def _start(words: str) -> Start | StartAt:
    return StartAt(words) if words and words.lower() != "now" else Start()


def _lot(words: str) -> str:
    """Read the number of a lot.

    :raises ValueError: if it is not one word.
    """
    if len(words.split()) != 1:
        raise ValueError(Sentence("give the number of the lot"))
    return words


def _move(words: str) -> Move:
    match words.split():
        case [lot]:
            return Move(lot)
        case [lot, before, other] if before.lower() == "before":
            return Move(lot, other)
    raise ValueError(Sentence("give the number of the lot, or of two lots with the word before"))


def _text(words: str) -> str:
    if not words or not words.isprintable():
        raise ValueError(Sentence("say it in printable characters"))
    return words


def _ban(words: str) -> Ban:
    host, _, minutes = words.partition(" ")
    return Ban(
        _host(host), number(minutes, Sentence("minutes"), MAX_MINUTES) if minutes else BAN_MINUTES
    )


def _host(text: str) -> str:
    """Read an address as a log or the operator's screen shows it, perhaps with a port.

    :raises ValueError: if it is none.
    """
    bracketed = re.fullmatch(r"\[(.*)\](:[0-9]+)?", text)
    host = bracketed[1] if bracketed else re.sub(r"^([0-9.]+):[0-9]+$", r"\1", text)
    try:
        return str(ip_address(host.partition("%")[0].removesuffix("/64")))
    except ValueError:
        raise ValueError(Sentence("give an IPv4 or IPv6 address, such as 203.0.113.7")) from None


def number(text: str, kind: Sentence, most: int) -> int:
    """Read a whole number of an order.

    :raises ValueError: if it is none, or not from 1 to ``most``.
    """
    if re.fullmatch("[1-9][0-9]{0,8}", text) is None or int(text) > most:
        what = Sentence("give the {kind} as a whole number from 1 to {most}", kind=kind, most=most)
        raise ValueError(what)
    return int(text)


STATUS = HouseOrder("status", "", "what is on", "status", lambda words: Status())
FOLLOW = HouseOrder(
    "follow",
    "",
    "tell what happens in all rooms, one line an event, as it happens",
    "follow",
    lambda words: Follow(),
)
PEOPLE = HouseOrder(
    "people",
    "",
    "read the list of people again; people go on bidding, and a wrong list changes nothing",
    "people",
    lambda words: ReadPeople(),
)
BAN = HouseOrder(
    "ban",
    "ADDRESS [MINUTES]",
    f"close all connections from an address, and refuse new ones for {BAN_MINUTES} minutes, or as "
    "many as you say; of an IPv6 address, the first 64 bits count",
    "ban 203.0.113.7 30",
    _ban,
)
UNBAN = HouseOrder(
    "unban",
    "ADDRESS",
    "accept connections from an address again",
    "unban 203.0.113.7",
    lambda words: Unban(_host(words)),
)
WHO = RoomOrder(
    "who",
    "",
    "tell who is in the room, and from which address",
    "who",
    _always(Who()),
    Reason.NONE,
)
OPEN = RoomOrder(
    "open",
    "",
    "open the bidding at once, with the Buyers who are there",
    "open",
    _always(Open()),
)
PAUSE = RoomOrder(
    "pause",
    "",
    "let the clock of the auction stand still: no line counts, and no time runs out",
    "pause because lunch is served.",
    _always(Pause()),
    is_for_all=True,
)
GO_ON = RoomOrder(
    "go on",
    "",
    "let the clock go on after a pause, with the seconds that were left",
    "go on",
    _always(GoOn()),
    is_for_all=True,
)
EXTEND = RoomOrder(
    "extend",
    "SECONDS",
    "move the end of the bidding, or the next step of a Dutch price",
    "extend 60",
    lambda words: Extend(number(words, Sentence("seconds"), MAX_SECONDS)),
    is_for_all=True,
)
CLOSE = RoomOrder(
    "close",
    "",
    "end the bidding at once, and let the bids that are in decide",
    "close",
    _always(Close()),
    Reason.NONE,
    is_for_all=True,
)
CANCEL = RoomOrder(
    "cancel",
    "REASON",
    "call the auction off, in a sale the lot that is up, and tell everyone why",
    "cancel The vase is broken.",
    _always(Cancel()),
    Reason.ALL_WORDS,
    is_for_all=True,
)
VOID = RoomOrder(
    "void",
    "[LOT]",
    "let the highest open bid not count: the highest earlier bid of another Buyer holds again; or "
    "let the sale of an earlier lot not count",
    "void because a child has bid.",
    lambda words: VoidSale(_lot(words)) if words else Void(),
)
BID = RoomOrder(
    "bid",
    "PADDLE AMOUNT",
    "bid for a Buyer who cannot, such as a person without a phone; also in sealed bidding",
    "bid 2 700",
    _bid,
)
EXPEL = RoomOrder(
    "expel",
    "PADDLE",
    "let a Buyer, or the word seller, lose its seat until you readmit it; its bid stands",
    "expel 2 because it shouts.",
    lambda words: Expel(_participant(words)),
    is_for_all=True,
)
READMIT = RoomOrder(
    "readmit",
    "PADDLE",
    "let a participant come again that was expelled",
    "readmit 2",
    lambda words: Readmit(_participant(words)),
    is_for_all=True,
)
SAY = RoomOrder(
    "say",
    "TEXT",
    "tell everyone in the room a sentence",
    "say Tea is served in the yard.",
    lambda words: Tell(_text(words)),
    Reason.NONE,
    is_for_all=True,
)

START = RoomOrder(
    "start",
    "[TIME]",
    "begin a sale with doors now, or move its start to a time such as 19:30, or to the word order",
    "start 19:30 because the bus is late.",
    _start,
    is_for_all=True,
)
AGAIN = RoomOrder(
    "again",
    "LOT",
    "offer a lot again, after the lots that are to come",
    "again 12a",
    lambda words: Again(_lot(words)),
)
SKIP = RoomOrder(
    "skip",
    "[LOT]",
    "leave out a lot that is to come, or the lot that is up if its bidding is not open",
    "skip 12a because it is broken.",
    lambda words: Skip(_lot(words) if words else None),
)
MOVE = RoomOrder(
    "move",
    "LOT [before LOT]",
    "let a lot come next, or before another one",
    "move 12a before 7",
    _move,
)
ADD = RoomOrder(
    "add",
    "REQUEST",
    "add a lot to the end of a sale, as a line of a catalogue",
    "add english 20 1 Oak chest",
    lambda words: Add(_text(words).encode()),
    Reason.NONE,
)

ORDERS: tuple[HouseOrder | RoomOrder, ...] = (
    STATUS,
    FOLLOW,
    PEOPLE,
    BAN,
    UNBAN,
    WHO,
    OPEN,
    PAUSE,
    GO_ON,
    EXTEND,
    CLOSE,
    CANCEL,
    VOID,
    BID,
    EXPEL,
    READMIT,
    SAY,
    START,
    AGAIN,
    SKIP,
    MOVE,
    ADD,
)
"""The orders of the operator, in the order of help texts."""


def find_order(text: str) -> tuple[HouseOrder | RoomOrder, str] | None:
    """Find the order of a line, by its name in any case.

    :param text: the line, or the words of a command line, joined by blanks.
    :return: the order, and the other words; None if the line is no order.
    """
    text = text.strip()
    for order in ORDERS:
        if f"{text.lower()} ".startswith(f"{order.name} "):
            return order, text[len(order.name) :].strip()
    return None
