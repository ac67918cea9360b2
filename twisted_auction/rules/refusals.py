"""Why an auction says no. A refusal changes nothing."""


class Refusal(Exception):
    """What somebody asked of the auction is not possible."""


class Busy(Refusal):
    """A newcomer, while the Seller has not submitted its request."""


class Ongoing(Refusal):
    """A newcomer, once sealed bidding has started and no other lot follows."""


class SaleOver(Refusal):
    """A newcomer, after the last lot of a sale."""


class InvalidRequest(Refusal):
    """The Seller's line is no auction request.

    ``reason`` is one sentence, or empty where the line is not even four fields.
    """

    def __init__(self, reason: str = "") -> None:
        super().__init__(reason)
        self.reason = reason


class RequestAlreadyIn(Refusal):
    """The Seller speaks after its request was accepted."""


class InvalidBid(Refusal):
    """The Buyer's line is no positive whole number.

    ``reason`` is one sentence, or empty where the refusal itself says enough.
    """

    def __init__(self, reason: str = "") -> None:
        super().__init__(reason)
        self.reason = reason


class BiddingNotOpen(Refusal):
    """A Buyer speaks before bidding opens, or the operator closes it then."""


class HasPassed(Refusal):
    """In a sale, a Buyer speaks after it has declined a sealed lot, or declines a lot again."""


class BidAlreadyIn(Refusal):
    """A Buyer speaks after its bid was taken."""


class NotUnderstood(Refusal):
    """In open bidding, the line is nothing that can be said; ``how`` tells what can."""

    def __init__(self, how: str) -> None:
        super().__init__(how)
        self.how = how


class BidTooLow(Refusal):
    """The open bid is below ``least``, the least acceptable one, in whole dollars."""

    def __init__(self, least: int) -> None:
        super().__init__(least)
        self.least = least


class BidTooHigh(Refusal):
    """The open bid is above ``most``, the greatest acceptable one, in whole dollars."""

    def __init__(self, most: int) -> None:
        super().__init__(most)
        self.most = most


class BidTooSoon(Refusal):
    """The open bid comes too soon after the Buyer's other ones; ``seconds`` is how long to wait."""

    def __init__(self, seconds: int) -> None:
        super().__init__(seconds)
        self.seconds = seconds


class RepeatBid(Refusal):
    """The open bid of ``amount`` whole dollars is far above the asking price: it counts once the
    Buyer has said it twice in a row."""

    def __init__(self, amount: int) -> None:
        super().__init__(amount)
        self.amount = amount


class NothingOn(Refusal):
    """The operator cancels an auction, and there is none."""
