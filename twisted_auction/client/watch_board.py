"""What is on in a room, as a Watcher knows it: the state behind a projector's screen."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from math import ceil

from twisted_auction.wire import messages


@dataclass(frozen=True)
class Result:
    """One result.

    :ivar item: the item, and in a sale its lot.
    :ivar text: the result, without a point at the end.
    :ivar payment: whole dollars; None if the item is not sold, or the payment is not public.
    """

    item: str
    text: str
    payment: int | None = None

    def __str__(self) -> str:
        due = "" if self.payment is None else f" for ${self.payment:,}"
        return f"{self.item}: {self.text}{due}"


MAX_RESULTS = 50
"""Number of results remembered, the latest ones."""


class Stage(Enum):
    """How far the auction in the room is."""

    CLOSED = "nothing is on sale"
    GATHERING = "an item is announced, bidding is not open"
    BIDDING = "bidding is open"
    ENDED = "the item has a result"


class Board:
    """Follows the messages for a Watcher.

    :param seconds: returns the present instant, in seconds.
    :ivar stage: how far the auction is.
    :ivar lot: the number of the lot, such as ``Lot 3 of 60`` or ``Lot 12a (3 of 60)``; empty
        outside a sale.
    :ivar item: the name of the item.
    :ivar description: what the catalogue says about the lot; may be empty.
    :ivar format: the format and its rules, as a sentence or several.
    :ivar count: the Buyers present, or the sealed bids received, as a sentence.
    :ivar price: the highest bid, or before the first bid the asking price, in whole dollars; None
        if it is sealed or not known.
    :ivar holder: the Buyer who holds the highest bid; None before the first bid.
    :ivar asking_price: the least acceptable next bid, in whole dollars.
    :ivar call: ``Going once!`` or the like; empty if the last price came without a call.
    :ivar results: the latest results, oldest first.
    """

    lot: str
    item: str
    description: str
    format: str
    count: str
    call: str
    price: int | None
    holder: int | None
    asking_price: int | None
    _notice: str
    _timed_notice: type[messages.SaleBegins | messages.LotsAreDone] | None
    _ends_at: float | None
    _paused_at: float | None

    def __init__(self, seconds: Callable[[], float]) -> None:
        self._seconds = seconds
        self.results: deque[Result] = deque(maxlen=MAX_RESULTS)
        self._begin()

    @property
    def seconds_left(self) -> int | None:
        """Seconds until the end of bidding, counted down from the server's last word; None if the
        end is not known."""
        if self._ends_at is None:
            return None
        now = self._seconds() if self._paused_at is None else self._paused_at
        return max(0, ceil(self._ends_at - now))

    @property
    def notice(self) -> str:
        """The time until the sale begins or ends; otherwise the latest message without a place of
        its own, such as a word of the Auctioneer. Empty if there was none since the item came up.
        """
        if self._timed_notice is None:
            return self._notice
        time = str(self._timed_notice(self.seconds_left or 0))
        return f"{time} {self._notice}".rstrip()

    def follow(self, message: messages.Message) -> None:
        """Follow one message."""
        match message:
            case messages.LotUp():
                self._begin(f"Lot {message.lot} of {message.lots}")
                self.stage = Stage.GATHERING
            case messages.OnSale():
                if self.item:  # another item, without the number of a lot
                    self._begin()
                self.stage = Stage.GATHERING
                self.item = message.item_name
                self._notice = ""  # that nothing is on sale
            case messages.CatalogueNumber():
                self.lot = f"Lot {message.label} ({self.lot.removeprefix('Lot ')})"
            case messages.DescriptionIs():
                self.description = message.description
            case messages.PictureIs():
                pass  # a terminal shows none
            case messages.FormatIs():
                self.format = str(message).removeprefix("Format: ")
            case messages.BuyersThere() | messages.BuyersPresent() | messages.BidsIn():
                self.count = str(message)
            case messages.BiddingStart():
                self.stage = Stage.BIDDING
                self.count = ""
            case messages.Asking() | messages.HighestBid():
                self._price_told(message)
            case messages.SaleBegins() | messages.LotsAreDone():
                self._notice, self._timed_notice = "", type(message)
                self._ends_at = self._seconds() + message.seconds
            case messages.SaleIsVoided():
                self.results.append(Result(f"Lot {message.name}", "the sale is voided"))
            case messages.MoreTime():
                self._ends_at = self._seconds() + message.seconds
            case messages.AuctionPaused():
                self._paused_at = self._seconds()
                self._notice = str(message)
            case messages.AuctionResumed():
                self._paused_at = None  # a new price, if it is public, has the seconds left
                self._notice = ""
            case messages.GoingOnce() | messages.GoingTwice() | messages.TimeExtended():
                self.call = str(message)
                self._is_call_new = True
            case messages.AuctionFinished():
                # After sealed bidding, nothing more is public.
                self._end("bidding is over")
            case messages.SoldTo():
                self._end(f"sold to Buyer {message.buyer}", message.payment)
            case messages.NobodyBought():
                self._end("not sold")
            case messages.AuctionCancelled():
                self._end(f"cancelled. {message.reason}".removesuffix("."))
            case messages.NothingOnSale() | messages.SaleNotBegun() | messages.SaleOver():
                self._begin()
                self._notice = str(message)
            case messages.RoleWatcher():
                self._begin()  # the present state follows
            case _:
                self._notice = str(message)

    def add_notice(self, text: str) -> None:
        """Add a sentence of the client's own to the notice."""
        self._notice = f"{self._notice} {text}".lstrip()

    def _begin(self, lot: str = "") -> None:
        self.stage = Stage.CLOSED
        self.lot = lot
        self.item = self.description = self.format = self.count = self.call = self._notice = ""
        self._timed_notice = None
        self.price = self.holder = self.asking_price = None
        self._ends_at = self._paused_at = None
        self._is_call_new = False

    def _price_told(self, message: messages.Asking | messages.HighestBid) -> None:
        self.stage = Stage.BIDDING  # a Watcher may have come in the middle
        if self._paused_at is not None:
            self._paused_at = self._seconds()
        self._ends_at = self._seconds() + message.seconds
        self.asking_price = message.asking_price
        if isinstance(message, messages.HighestBid):
            self.price, self.holder = message.amount, message.buyer
        else:
            self.price, self.holder = message.asking_price, None
        if not self._is_call_new:
            self.call = ""
        self._is_call_new = False

    def _end(self, text: str, payment: int | None = None) -> None:
        """Note a result, or a fuller one of the same item."""
        if self.stage is Stage.ENDED:
            self.results.pop()
        item = ", ".join(filter(None, [self.lot, self.item])) or "The auction"
        self.results.append(Result(item, text, payment))
        self.stage = Stage.ENDED
        self.call = self.count = ""
        self.price = self.holder = self.asking_price = self._ends_at = None
