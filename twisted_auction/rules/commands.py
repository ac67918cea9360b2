"""The commands that an auction decides.

Participants, time and the house itself lead to commands of their own. A wish of the operator is an
:class:`Order` with an *action*.
"""

from dataclasses import dataclass
from typing import ClassVar

from twisted_auction.rules.allowance import Allowances

OPERATOR = "operator"
"""The actor of an order from the control port."""


@dataclass(frozen=True, slots=True)
class Arrive:
    """A client connects from ``address`` and takes a free seat.

    :param ticket_digest: the digest of the ticket, the secret with which the participant can resume
        its seat. A client without a ticket has sent nothing yet and may be a port scan. If it is
        the last Buyer needed, bidding opens only after the settling time.
    :param who: the number of a Buyer who had left and takes its seat again, or of a person; None
        for a newcomer without a number. :data:`~twisted_auction.rules.events.SELLER` is for a
        person that can only be the Seller.
    :param paddle: the paddle of a person on the list of people; None without a list. A person has
        said its pass code, so it is no port scan either.
    :param may_sell: False if the Seller's seat is kept for another person.
    """

    address: str
    ticket_digest: str | None = None
    who: int | None = None
    paddle: int | None = None
    may_sell: bool = True


@dataclass(frozen=True, slots=True)
class Say:
    """A participant sends one line, which may be a request, a bid or neither.

    :param repeats: whole dollars, the bid that the last refusal,
        :class:`~twisted_auction.rules.refusals.RepeatBid`, asked the participant to
        repeat; None if it did not.
    :param repeats_maximum: as ``repeats``, for a maximum.
    :param allowances: the limits of Buyers: of this one, and of others whose maxima can answer.
    """

    who: int
    line: bytes
    repeats: int | None = None
    repeats_maximum: int | None = None
    allowances: Allowances | None = None


@dataclass(frozen=True, slots=True)
class Reconsider:
    """Persons are bound for less in other rooms, so their limits may leave more for the maxima that
    they have stopped.

    :param allowances: the limits of Buyers.
    """

    allowances: Allowances | None


@dataclass(frozen=True, slots=True)
class Speak:
    """In a sale, a Buyer who has missed a lot sends any line. Its :class:`Say` follows."""

    who: int


@dataclass(frozen=True, slots=True)
class Leave:
    """A participant's connection has ended."""

    who: int


@dataclass(frozen=True, slots=True)
class Wake:
    """Time passes: the instant ``Auction.wake_at`` may have come."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """The house opens the doors of a sale that begins at ``starts_at``; if it is None, by order."""

    starts_at: float | None


@dataclass(frozen=True, slots=True)
class Abandon:
    """The house cancels the auction, because its format fails; ``reason`` is one sentence."""

    reason: str


@dataclass(frozen=True, slots=True)
class Stop:
    """The server stops in an orderly way."""


@dataclass(frozen=True, slots=True)
class Reopen:
    """The house opens again. Its clock has stood still since ``closed_at``, the instant when the
    server was stopped or killed, or became unable to write to its ledger.

    :param was_cut: True if the participants have lost their connections.
    """

    closed_at: float
    was_cut: bool = True


@dataclass(frozen=True, slots=True)
class CheckEnd:
    """The house has looked at the clock on the wall, which may have been set since a timed auction
    began."""


@dataclass(frozen=True, slots=True)
class Close:
    """The bidding ends at once. The bids so far decide.

    :cvar word: the word of the order, here and in all other actions.
    """

    word: ClassVar[str] = "close"


@dataclass(frozen=True, slots=True)
class Cancel:
    """The auction is cancelled, or in a sale the current lot. Needs a reason."""

    word: ClassVar[str] = "cancel"


@dataclass(frozen=True, slots=True)
class Open:
    """Bidding opens at once, with the Buyers present."""

    word: ClassVar[str] = "open"


@dataclass(frozen=True, slots=True)
class Pause:
    """The clock of the auction stands still, and no line counts, until it goes on."""

    word: ClassVar[str] = "pause"


@dataclass(frozen=True, slots=True)
class GoOn:
    """A paused auction goes on."""

    word: ClassVar[str] = "go on"


@dataclass(frozen=True, slots=True)
class Extend:
    """The end of the bidding moves by ``seconds``; on a Dutch clock, the next price."""

    word: ClassVar[str] = "extend"
    seconds: int


@dataclass(frozen=True, slots=True)
class Void:
    """The highest open bid does not count."""

    word: ClassVar[str] = "void"


@dataclass(frozen=True, slots=True)
class Bid:
    """A bid for a Buyer unable to make it, such as a person without a phone.

    :param line: the amount, as the Buyer would have sent it.
    :param may_be_away: True for a person of a list: it needs no connection.
    """

    word: ClassVar[str] = "bid"
    who: int
    line: bytes
    may_be_away: bool = False


@dataclass(frozen=True, slots=True)
class Expel:
    """A participant loses its seat, and cannot come again. Its bid stands.

    :param may_be_away: True for a person of a list: it may not have come yet.
    """

    word: ClassVar[str] = "expel"
    who: int
    may_be_away: bool = False


@dataclass(frozen=True, slots=True)
class Readmit:
    """An expelled participant may come again."""

    word: ClassVar[str] = "readmit"
    who: int


@dataclass(frozen=True, slots=True)
class Tell:
    """Everyone in the room reads a text of one line."""

    word: ClassVar[str] = "say"
    text: str


@dataclass(frozen=True, slots=True)
class Start:
    """A sale with doors begins at once."""

    word: ClassVar[str] = "start"


@dataclass(frozen=True, slots=True)
class MoveStart:
    """A sale with doors begins at the instant ``at``; if it is None, by order."""

    word: ClassVar[str] = "start"
    at: float | None


@dataclass(frozen=True, slots=True)
class Again:
    """A lot that is not sold is offered again, after the lots that are to come.

    :param lot: its own number in the catalogue, or its place there; here and in other orders.
    """

    word: ClassVar[str] = "again"
    lot: str


@dataclass(frozen=True, slots=True)
class Skip:
    """A lot is not offered. If ``lot`` is None, it is the lot that is up, or else the next one."""

    word: ClassVar[str] = "skip"
    lot: str | None = None


@dataclass(frozen=True, slots=True)
class Move:
    """A lot comes next, or right before another one."""

    word: ClassVar[str] = "move"
    lot: str
    before: str | None = None


@dataclass(frozen=True, slots=True)
class Add:
    """A lot is added to the end of a sale.

    :param line: its auction request.
    """

    word: ClassVar[str] = "add"
    line: bytes


@dataclass(frozen=True, slots=True)
class VoidSale:
    """The sale of a lot does not count. The lot is not sold."""

    word: ClassVar[str] = "void"
    lot: str


SaleAction = Start | MoveStart | Again | Skip | Move | Add | VoidSale
"""What an order is to do with the lots of a sale."""

Action = (
    Open | Pause | GoOn | Extend | Close | Cancel | Void | Bid | Expel | Readmit | Tell | SaleAction
)
"""The action of an order."""


@dataclass(frozen=True, slots=True)
class Order:
    """The operator gives an order.

    :param actor: the giver: :data:`OPERATOR`, or a person by its paddle.
    :param reason: one sentence for all participants to read; empty for none.
    :param allowances: the limits of Buyers: of one for whom the operator bids, and of others whose
        earlier bids can count again, or whose maxima can answer; None if no Buyer has any.
    """

    action: Action
    actor: str = OPERATOR
    reason: str = ""
    allowances: Allowances | None = None


Command = (
    Arrive
    | Say
    | Reconsider
    | Speak
    | Leave
    | Wake
    | Schedule
    | Abandon
    | Stop
    | Reopen
    | CheckEnd
    | Order
)
