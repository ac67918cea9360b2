"""Was the last line taken? How a client finds out after its connection was cut.

A cut may lose a line from the client, or the server's answer to it. After the cut, the client
resumes its seat with the ticket, and the first messages on the new connection show which was lost:

====================================  =======  ===================  ===============================
Message                               Bidding  Condition            The line
====================================  =======  ===================  ===============================
a lot is up                           any      another lot          is dropped: its lot is over
the request is received               sealed                        was taken
the Buyer has passed                  sealed                        was taken
the bid stands                        timed    of another amount    was not taken: send it again
the bid stands                        sealed                        was taken
the bid stands                        open     of the same amount   was taken
the highest bid                       open     this Buyer's, same   was taken
a bid is voided                       open     this Buyer's, same   was taken: it must not come back
the maximum is told                   open     of the same amount   was taken
the highest bid, or the asking price  open     the line still pays  was not taken: send it again
the highest bid, or the asking price  open     otherwise            is dropped: nothing shows it
the question for a bid                timed    it withdrew the bid  was taken
a question                            sealed                        was not taken: send it again
====================================  =======  ===================  ===============================

*Timed* is a line that changes a sealed bid of a timed auction, or withdraws it.

A line *still pays* if it is a bid or a maximum of at least the asking price, and that price is not
lower than when the line was sent (:meth:`PendingLine.pays`). The client tells the person of each
dropped line.

:data:`TABLE` is this table as data, in the same order: the first row that matches decides, and a
message without a matching row leaves the decision to the next message. In open bidding, neither a
question nor :class:`~twisted_auction.wire.messages.HavePassed` decides, because a price follows.

Only open bidding allows several lines without an answer; then the table applies to the last one. No
line can count twice: once the server has accepted the ticket, it reads nothing more from the old
connection.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from types import UnionType
from typing import Any

from twisted_auction.rules.amounts import parse_amount
from twisted_auction.rules.duels import MAXIMUM
from twisted_auction.rules.dutch import ACCEPT
from twisted_auction.rules.words import PASS, WITHDRAW
from twisted_auction.text import printable
from twisted_auction.wire import messages


class Fate(Enum):
    """The client's conclusion about a line without an answer."""

    TAKEN = "the server took it"
    SEND_AGAIN = "the server did not take it; it still makes sense"
    DROP = "it makes no sense any more, or nothing shows whether the server took it"
    UNKNOWN = "a later message may show it"


@dataclass(frozen=True, slots=True)
class PendingLine:
    """A line sent, without an answer yet.

    :param lot: in a sale, the lot that was up when the line was sent.
    :param is_open: True if the line was sent in open bidding.
    :param asking_price: whole dollars, when the line was sent.
    :param is_change: True if the line was sent after a sealed bid that could be changed.
    """

    line: bytes
    lot: messages.LotUp | None
    is_open: bool
    asking_price: int
    is_change: bool = False

    def pays(self, asking_price: int) -> bool:
        """True if this line would pay the price now and the price has not fallen since it was sent.

        ``pass`` counts at any price, and ``accept`` only at the price it was sent for.
        """
        if self.line.strip().lower() == PASS:
            return True
        if asking_price < self.asking_price:
            return False
        if self.amount is not None:
            return self.amount >= asking_price
        return self.line.strip().lower() == ACCEPT and asking_price == self.asking_price

    @property
    def is_maximum(self) -> bool:
        """True if this line sets a maximum."""
        return self.line.strip().lower().startswith(MAXIMUM + b" ")

    @property
    def amount(self) -> int | None:
        """Whole dollars, the bid or the maximum in this line; None if it has no amount."""
        text = self.line.strip()
        try:
            return parse_amount(text[len(MAXIMUM) :].strip() if self.is_maximum else text)
        except ValueError:
            return None

    def is_bid(self, amount: int) -> bool:
        """True if this line is a bid of this amount, in whole dollars."""
        return self.amount == amount and not self.is_maximum

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
    return not line.is_open or line.is_bid(message.amount)


def _is_no_such_change(line: PendingLine, message: messages.BidStands, buyer: int) -> bool:
    return line.is_change and not line.is_bid(message.amount)


def _has_withdrawn(line: PendingLine, message: messages.AskBid, buyer: int) -> bool:
    return line.is_change and line.line.strip().lower() == WITHDRAW


def _is_own_bid(
    line: PendingLine, message: messages.HighestBid | messages.Voided, buyer: int
) -> bool:
    return message.buyer == buyer and line.is_bid(message.amount)


def _is_own_maximum(line: PendingLine, message: messages.MaximumIs, buyer: int) -> bool:
    return line.amount == message.amount and line.is_maximum


def _pays(line: PendingLine, message: messages.HighestBid | messages.Asking, buyer: int) -> bool:
    return line.pays(message.asking_price)


PRICE = messages.HighestBid | messages.Asking
QUESTION = messages.AskRequest | messages.AskBid | messages.AskAnytime

TABLE: tuple[tuple[type | UnionType, Condition, Fate], ...] = (
    (messages.LotUp, _is_other_lot, Fate.DROP),
    (messages.RequestReceived | messages.HavePassed, _is_sealed, Fate.TAKEN),
    (messages.BidStands, _is_no_such_change, Fate.SEND_AGAIN),
    (messages.BidStands, _stands, Fate.TAKEN),
    (messages.HighestBid | messages.Voided, _is_own_bid, Fate.TAKEN),
    (messages.MaximumIs, _is_own_maximum, Fate.TAKEN),
    (PRICE, _pays, Fate.SEND_AGAIN),
    (PRICE, _always, Fate.DROP),
    (messages.AskBid, _has_withdrawn, Fate.TAKEN),
    (QUESTION, _is_sealed, Fate.SEND_AGAIN),
)
"""Kind of message, condition, and the fate of the line if both match. The first match decides."""


def fate_of(line: PendingLine, message: messages.Message, buyer: int) -> Fate:
    """Conclude from a message on the new connection whether the server took the line.

    :param buyer: the number of the Buyer that sent the line; 0 if unknown.
    """
    for kind, condition, fate in TABLE:
        if isinstance(message, kind) and condition(line, message, buyer):
            return fate
    return Fate.UNKNOWN


ANSWER_MESSAGES = (
    messages.YouHold,
    messages.RequestReceived,
    messages.RequestRefused,
    messages.RequestAlreadyIn,
    messages.BidReceived,
    messages.BidRefused,
    messages.BidTooLow,
    messages.BidTooSoon,
    messages.BidTooHigh,
    messages.AboveLimit,
    messages.TooManyLots,
    messages.HavePassed,
    messages.RepeatBid,
    messages.BidsListed,
    messages.MaximumIs,
    messages.NoMaximum,
    messages.MaximumTooLow,
    messages.RepeatMaximum,
    messages.BidAlreadyIn,
    messages.BiddingNotOpen,
    messages.Paused,
    messages.NotUnderstood,
    messages.NotAccepted,
)
"""The answers to a line: the server sends one of these for each line, in the order of the lines."""


class PendingLines:
    """The lines of a visit without an answer, from one connection to the next.

    :param show: shows the person a line of text.
    :ivar unconfirmed: the last line before a cut, until a message decides its fate.
    :ivar resend: the same line, once it is to be sent again.
    """

    def __init__(self, show: Callable[[str], object]) -> None:
        self._show = show
        self._unanswered: list[PendingLine] = []  # on this connection, oldest first
        self._is_voided = False  # a bid, and the price after it is told now
        self.unconfirmed: PendingLine | None = None
        self.resend: PendingLine | None = None

    def add(self, line: PendingLine) -> None:
        """Keep a line just sent."""
        self._unanswered.append(line)

    def connection_lost(self) -> None:
        """Keep the last line without an answer for the next connection."""
        self.resend = None
        if self._unanswered:
            # Only one line is kept across a cut: an older one, still undecided, is dropped.
            self._drop()
            self.unconfirmed = self._unanswered[-1]
            self._unanswered.clear()

    def message_received(self, message: messages.Message, buyer: int) -> None:
        """Note an answer, and decide the fate of the unconfirmed line, if there is one.

        :param buyer: as for :func:`fate_of`.
        """
        # After a voided bid, the Buyer who holds the highest one now is told so without a line.
        is_answer = isinstance(message, ANSWER_MESSAGES) and not self._is_voided
        if self._unanswered and is_answer:
            del self._unanswered[0]
        self._is_voided = isinstance(message, messages.Voided) or (
            self._is_voided and isinstance(message, messages.HighestBid)
        )
        if self.unconfirmed is None:
            return
        match fate_of(self.unconfirmed, message, buyer):
            case Fate.TAKEN:
                self.unconfirmed = None
            case Fate.DROP:
                self._drop()
            case Fate.SEND_AGAIN:
                self.resend = self.unconfirmed

    def take_resend(self) -> bytes | None:
        """Tell the person that the line is sent again.

        :return: the line to send. None if there is none, or if the person has sent this or another
            line since the cut.
        """
        pending, self.resend = self.resend, None
        if pending is None:
            return None
        if self._unanswered and self._unanswered[-1].line != pending.line:
            self._drop()
            return None
        self.unconfirmed = None
        if self._unanswered:  # the person has typed the same line again
            return None
        self._show(f"Sent again: {pending}")
        return pending.line

    def _drop(self) -> None:
        if self.unconfirmed is not None:
            self._show(f"Not sent again: {self.unconfirmed}")
            self.unconfirmed = None
