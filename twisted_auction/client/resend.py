"""Was the last line taken? How a client finds out after its connection was cut.

A cut may swallow a line that the client has sent, or the server's answer to it. The ticket leads
back to the seat, and the first messages there show which it was:

=======================================================  ===========================================
First message that decides                               The line
=======================================================  ===========================================
another lot comes up                                     is not sent again; the person is told
not in open bidding, the request is received or the      was taken
Buyer has passed
this bid stands, this Buyer holds the highest bid        was taken
in open bidding, a price that the line still pays, and   was not taken: it is sent again
that is not below the price when it was sent
in open bidding, any other price                         is not sent again; the person is told
the same question again, in the same lot                 was not taken: it is sent again
=======================================================  ===========================================

:data:`TABLE` says the same as data. A message that is in no row decides nothing: the next one may.
In open bidding neither a question nor :class:`~twisted_auction.wire.messages.HavePassed` decides,
because a price follows.

Of several lines without an answer, which only open bidding has, the last one is judged. No line can
count twice: once the server has taken the ticket, it reads nothing more from the old connection.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any

from twisted_auction.rules.amounts import parse_amount
from twisted_auction.rules.open import ACCEPT
from twisted_auction.rules.words import PASS
from twisted_auction.text import printable
from twisted_auction.wire import messages


class Fate(Enum):
    """What becomes of a line whose answer may have been lost."""

    TAKEN = "the server took it"
    SEND_AGAIN = "the server did not take it, and it still makes sense"
    DROP = "it makes no sense any more, or it cannot be known whether it was taken"
    UNKNOWN = "the next message may tell"


@dataclass(frozen=True, slots=True)
class PendingLine:
    """A line that was sent and has no answer yet.

    :param lot: the lot that was up when it was sent, in a sale.
    :param is_open: True if it was sent in open bidding.
    :param asking_price: the asking price when it was sent, in whole dollars.
    """

    line: bytes
    lot: messages.LotUp | None
    is_open: bool
    asking_price: int

    def pays(self, asking_price: int) -> bool:
        """True if this line would pay the price now, and the price has not fallen since it was
        sent. A Buyer who passes does so at any price."""
        if self.line.strip().lower() == PASS:
            return True
        if asking_price < self.asking_price:
            return False
        try:
            return parse_amount(self.line.strip()) >= asking_price
        except ValueError:
            return self.line.strip().lower() == ACCEPT and asking_price == self.asking_price

    def is_amount(self, amount: int) -> bool:
        """True if this line is a bid of this many whole dollars."""
        return self.line.strip() == b"%d" % amount

    def __str__(self) -> str:
        return printable(self.line.decode("utf-8", "replace"))


Condition = Callable[[PendingLine, Any, int], bool]
"""A condition on a pending line, the server's message and the Buyer's number."""


def _always(line: PendingLine, message: messages.Message, buyer: int) -> bool:
    return True


def _is_sealed(line: PendingLine, message: messages.Message, buyer: int) -> bool:
    return not line.is_open


def _is_other_lot(line: PendingLine, message: messages.LotUp, buyer: int) -> bool:
    return message != line.lot


def _stands(line: PendingLine, message: messages.BidStands, buyer: int) -> bool:
    return not line.is_open or line.is_amount(message.amount)


def _is_own_bid(line: PendingLine, message: messages.HighestBid, buyer: int) -> bool:
    return message.buyer == buyer and line.is_amount(message.amount)


def _pays(line: PendingLine, message: messages.HighestBid | messages.Asking, buyer: int) -> bool:
    return line.pays(message.asking_price)


PRICES = (messages.HighestBid, messages.Asking)
QUESTIONS = (messages.AskRequest, messages.AskBid, messages.AskAnytime)

TABLE: tuple[tuple[tuple[type[messages.Message], ...], Condition, Fate], ...] = (
    ((messages.LotUp,), _is_other_lot, Fate.DROP),
    ((messages.RequestReceived, messages.HavePassed), _is_sealed, Fate.TAKEN),
    ((messages.BidStands,), _stands, Fate.TAKEN),
    ((messages.HighestBid,), _is_own_bid, Fate.TAKEN),
    (PRICES, _pays, Fate.SEND_AGAIN),
    (PRICES, _always, Fate.DROP),
    (QUESTIONS, _is_sealed, Fate.SEND_AGAIN),
)
"""Messages, a condition, and what both mean for the line. The first row that fits decides."""


def fate_of(line: PendingLine, message: messages.Message, buyer: int) -> Fate:
    """Decide from a message of the new connection whether the line was taken.

    :param buyer: the number of the Buyer who sent the line; 0 if it is not known.
    """
    for kinds, fits, fate in TABLE:
        if isinstance(message, kinds) and fits(line, message, buyer):
            return fate
    return Fate.UNKNOWN


ANSWERS = (
    messages.YouHold,
    messages.RequestReceived,
    messages.RequestRefused,
    messages.RequestAlreadyIn,
    messages.BidReceived,
    messages.BidRefused,
    messages.BidTooLow,
    messages.BidTooSoon,
    messages.BidTooHigh,
    messages.HavePassed,
    messages.RepeatBid,
    messages.BidAlreadyIn,
    messages.BiddingNotOpen,
    messages.NotUnderstood,
    messages.NotAccepted,
)
"""What answers a line: one of these for each line, in the order in which the lines were sent."""
