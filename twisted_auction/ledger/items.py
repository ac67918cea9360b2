"""The items in a ledger, each with its bids and its result, collected from a replay."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

from twisted_auction.ledger.history import Discrepancy, RecordedAuction
from twisted_auction.ledger.records import decode_event
from twisted_auction.ledger.row import SECOND
from twisted_auction.ledger.store import View
from twisted_auction.rules.events import (
    SELLER,
    Arrived,
    BidTaken,
    Cancelled,
    Event,
    LotAnnounced,
    Raised,
    RequestAccepted,
    SaleVoided,
    Sold,
    Unsold,
    Voided,
    Withdrawn,
)
from twisted_auction.rules.request import AuctionRequest

OPEN = "open"
"""The outcome of an item without a result."""

RESULT_NAMES: dict[type[Event], str] = {
    Sold: "sold",
    Unsold: "not sold",
    Cancelled: "cancelled",
    SaleVoided: "sale voided",
}
"""The outcome of an item, by its result."""


def results_of_persons(view: View) -> Iterator[Event]:
    """The results with payments of the auctions of persons, in no order, for their limits.

    Only these rows are read, so that a server starts fast on a long ledger.

    :raises LedgerError: if they cannot be read.
    """
    for row in view.results_of_persons():
        try:
            yield decode_event(row.kind, row.body, lambda at: at / SECOND)
        except ValueError as error:
            raise Discrepancy.of(row, error) from None


@dataclass(frozen=True, slots=True, order=True)
class Account:
    """A person, or a Seller or Buyer without a paddle, of one auction: in the next auction, its
    number means another participant.

    :param room: empty for a person: its paddle is the same in all rooms.
    :param auction: 0 for a person.
    :param who: the paddle, or the participant's number.
    """

    room: str
    auction: int
    who: int

    @classmethod
    def of(cls, paddle: int) -> Self:
        """The account of a person."""
        return cls("", 0, paddle)

    @property
    def paddle(self) -> int | None:
        """The person's paddle, or None."""
        return None if self.room else self.who

    @property
    def key(self) -> str:
        """A short name, such as ``17`` for a person and ``main/1/3`` for a Buyer without a paddle;
        ``main/1/seller`` for a Seller."""
        if not self.room:
            return str(self.who)
        return f"{self.room}/{self.auction}/{'seller' if self.who == SELLER else self.who}"

    def __str__(self) -> str:
        """The account in words."""
        if not self.room:
            return f"Paddle {self.who}"
        role = "Seller" if self.who == SELLER else f"Buyer {self.who}"
        return f"{role} of {self.room}/{self.auction}"


@dataclass(slots=True)
class Item:
    """An item, or a lot of a sale, after the rows read so far.

    :param auction: the number of its auction in the room.
    :param lot: number of the lot; 0 outside a sale.
    :param seller: None if the house itself sells it.
    :param by_paddle: True if the numbers of its Buyers are paddles; known with the result.
    :param began: nanoseconds since 1970; when the item came up.
    :param at: the same, and after the result the instant of the result.
    :param bids: number of bids.
    :param highest_bid: whole dollars, without voided bids.
    :param label: the lot's own number in the catalogue.
    :param description: of the lot, in the catalogue.
    """

    room: str
    auction: int
    lot: int
    request: AuctionRequest
    seller: Account | None
    began: int
    at: int
    bids: int = 0
    highest_bid: int = 0
    result: Sold | Unsold | Cancelled | SaleVoided | None = None
    by_paddle: bool = False
    label: str | None = None
    description: str | None = None

    @property
    def outcome(self) -> str:
        """One of :data:`RESULT_NAMES`, or :data:`OPEN`."""
        return OPEN if self.result is None else RESULT_NAMES[type(self.result)]

    def account(self, who: int) -> Account:
        """The account of a Buyer in the item's auction."""
        return Account.of(who) if self.by_paddle else Account(self.room, self.auction, who)


class Items:
    """All items in a ledger. The last offer of a lot replaces an earlier one.

    :ivar accounts: of all who have come, or for whom the operator has bid.
    :ivar at: nanoseconds since 1970, the instant of the latest row; 0 before the first one.
    """

    def __init__(self) -> None:
        self.accounts: set[Account] = set()
        self._items: dict[tuple[str, int, int], Item] = {}
        self._by_paddle: set[tuple[str, int]] = set()  # rooms and numbers of persons' auctions
        # The last Seller to arrive. Rooms are read one after another.
        self._seller: Account | None = None
        self.at = 0

    def read(self, recorded: RecordedAuction, event: Event) -> None:
        """Update the items with one row, as
        :meth:`~twisted_auction.ledger.history.History.read` returns it."""
        room, auction, lot = key = (recorded.room, recorded.number, recorded.auction.lot)
        at = recorded.time_of_day
        self.at = max(self.at, at)
        match event:
            case Arrived() if event.paddle is not None:
                self._by_paddle.add((room, auction))
                self.accounts.add(Account.of(event.paddle))
                if event.who == SELLER:
                    self._seller = Account.of(event.paddle)
            case Arrived():
                self.accounts.add(Account(room, auction, event.who))
                if event.who == SELLER:
                    self._seller = Account(room, auction, SELLER)
            case RequestAccepted():
                self._items[key] = Item(room, auction, lot, event.request, self._seller, at, at)
            case LotAnnounced():
                seller = None if event.seller is None else Account.of(event.seller)
                item = Item(room, auction, lot, event.request, seller, at, at)
                item.label, item.description = event.label, event.description
                self._items[key] = item
            case BidTaken() | Raised():
                item = self._items[key]
                item.bids += 1
                item.highest_bid = max(item.highest_bid, event.amount)
                if recorded.auction.is_timed and not recorded.auction.is_open:
                    _follow_sealed(item, recorded)
                # Only for a person can the operator bid before it has come.
                if event.who > recorded.auction.last_arrival:
                    self._by_paddle.add((room, auction))
                self.accounts.add(self.account(room, auction, event.who))
            case Withdrawn():
                _follow_sealed(self._items[key], recorded)
            case Voided():
                self._items[key].highest_bid = event.bid or 0
            # An auction that ended before its request has no item. A sale may be cancelled after
            # the result of its last lot.
            case Sold() | Unsold() | Cancelled() if key in self._items:
                item = self._items[key]
                if item.result is None:
                    item.result, item.at = event, at
                    item.by_paddle = (room, auction) in self._by_paddle

            case SaleVoided():
                item = self._items[room, auction, event.lot]
                item.result, item.at = event, at

    def find(self, room: str, auction: int, lot: int) -> Item | None:
        """An item, or None if it has not come up.

        :param lot: number of the lot; 0 outside a sale.
        """
        return self._items.get((room, auction, lot))

    def account(self, room: str, auction: int, who: int) -> Account:
        """The account of a Buyer in the current auction of a room."""
        is_person = (room, auction) in self._by_paddle
        return Account.of(who) if is_person else Account(room, auction, who)

    def in_order(self) -> list[Item]:
        """The items by their start."""
        return sorted(
            self._items.values(), key=lambda item: (item.began, item.room, item.auction, item.lot)
        )

    def since(self, instant: int) -> list[Item]:
        """The items with a result since an instant, or without one, by their start.

        :param instant: nanoseconds since 1970.
        """
        return [item for item in self.in_order() if item.result is None or item.at >= instant]


def _follow_sealed(item: Item, recorded: RecordedAuction) -> None:
    """Note the sealed bids of a timed auction after one was made, changed or withdrawn."""
    bids = recorded.auction.bids.values()
    item.bids, item.highest_bid = len(bids), max(bids, default=0)
