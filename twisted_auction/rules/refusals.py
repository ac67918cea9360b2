"""The reasons for which an auction refuses a command. A refusal changes nothing."""

from twisted_auction.rules.sentences import Sentence


class Refusal(Exception):
    """The command is not possible now."""


class Busy(Refusal):
    """A client connects before the Seller has made its request."""


class Ongoing(Refusal):
    """A client connects after sealed bidding has started, and no other lot follows."""


class SaleOver(Refusal):
    """A client connects after the last lot of a sale."""


class InvalidRequest(Refusal):
    """The Seller's line is no auction request.

    ``reason`` is one sentence, or empty if the line does not have four fields.
    """

    def __init__(self, reason: str = "") -> None:
        super().__init__(reason)
        self.reason = reason


class RequestAlreadyIn(Refusal):
    """The Seller types a line after its request was accepted."""


class InvalidBid(Refusal):
    """The Buyer's line is no positive whole number.

    ``reason`` is one sentence, or empty if the refusal needs no more words.
    """

    def __init__(self, reason: str = "") -> None:
        super().__init__(reason)
        self.reason = reason


class BiddingNotOpen(Refusal):
    """A Buyer types a line before bidding opens."""


class OwnLot(Refusal):
    """In a sale, the seller of the lot bids on it, or declines it."""


class HasPassed(Refusal):
    """In a sale, a Buyer bids after it has declined a sealed lot, or declines a lot again."""


class BidAlreadyIn(Refusal):
    """A Buyer types a line after its bid was taken."""


class NoBidYet(Refusal):
    """In a timed auction, a Buyer without a sealed bid withdraws it."""


class NotUnderstood(Refusal):
    """In open bidding, the line is no bid; ``how`` is a sentence on what can be typed."""

    def __init__(self, how: str) -> None:
        super().__init__(how)
        self.how = how


class BidTooLow(Refusal):
    """The open bid is below ``least``, the lowest acceptable bid, in whole dollars."""

    def __init__(self, least: int) -> None:
        super().__init__(least)
        self.least = least


class BidTooHigh(Refusal):
    """The open bid is above ``most``, the highest acceptable bid, in whole dollars."""

    def __init__(self, most: int) -> None:
        super().__init__(most)
        self.most = most


class BidTooSoon(Refusal):
    """The open bid comes too soon after the Buyer's last ones; ``seconds`` is the time to wait."""

    def __init__(self, seconds: int) -> None:
        super().__init__(seconds)
        self.seconds = seconds


class AboveLimit(Refusal):
    """The bid is above the ``limit`` of the person, who is ``bound`` for some of it already, in all
    rooms together; both in whole dollars."""

    def __init__(self, bound: int, limit: int) -> None:
        super().__init__(bound, limit)
        self.bound = bound
        self.limit = limit


class TooManyLots(Refusal):
    """The person may win ``lots`` lots, and has ``won`` or bids for as many already, in all rooms
    together."""

    def __init__(self, won: int, lots: int) -> None:
        super().__init__(won, lots)
        self.won = won
        self.lots = lots


class RepeatBid(Refusal):
    """The open bid of ``amount`` whole dollars is far above the asking price. It counts if the
    Buyer repeats it in its next line."""

    def __init__(self, amount: int) -> None:
        super().__init__(amount)
        self.amount = amount


class MaximumTooLow(Refusal):
    """The maximum is below ``least``, the Buyer's own bid, in whole dollars."""

    def __init__(self, least: int) -> None:
        super().__init__(least)
        self.least = least


class NoMaximum(Refusal):
    """The Buyer takes a maximum back without having one."""


class AskedForBids(Refusal):
    """A participant asks for the bids so far, and bids nothing."""


class RepeatMaximum(Refusal):
    """As :class:`RepeatBid`, for a maximum."""

    def __init__(self, amount: int) -> None:
        super().__init__(amount)
        self.amount = amount


class IsPaused(Refusal):
    """A participant types a line while the auction is paused."""


class IsExpelled(Refusal):
    """A participant comes again after the operator has expelled it."""


class OrderRefused(Refusal):
    """An order is not possible now; ``why`` is one sentence for the operator, beginning with a
    small letter, or the pattern of one with its values."""

    def __init__(self, why: str, **values: object) -> None:
        self.why = Sentence(why, **values)
        super().__init__(self.why)


ParticipantRefusal = (
    Busy
    | Ongoing
    | SaleOver
    | InvalidRequest
    | RequestAlreadyIn
    | InvalidBid
    | BiddingNotOpen
    | OwnLot
    | HasPassed
    | BidAlreadyIn
    | NoBidYet
    | IsPaused
    | IsExpelled
    | NotUnderstood
    | BidTooLow
    | BidTooHigh
    | BidTooSoon
    | AboveLimit
    | TooManyLots
    | RepeatBid
    | MaximumTooLow
    | NoMaximum
    | RepeatMaximum
    | AskedForBids
)
"""The refusals of this module that a participant can meet. mypy requires a message for each."""
