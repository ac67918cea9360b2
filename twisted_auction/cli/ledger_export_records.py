"""The records of ``auction ledger export``."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import Self

from twisted_auction.cli.ledger_options import utc_time
from twisted_auction.house.people import People, Person
from twisted_auction.ledger.history import RecordedAuction
from twisted_auction.ledger.items import RESULT_NAMES, Items
from twisted_auction.ledger.row import Row
from twisted_auction.rules.events import (
    BidTaken,
    Event,
    Raised,
    SaleVoided,
    Sold,
    Unsold,
    Voided,
    Withdrawn,
)
from twisted_auction.rules.stages import lot_of

EXPORTED_KINDS: dict[type[Event], str] = {
    BidTaken: "bid",
    Raised: "bid",
    Voided: "bid voided",
    Withdrawn: "bid withdrawn",
    **RESULT_NAMES,
}
"""The events in an export, and their names there."""


DETAILS = ("label", "description")
"""The fields of a record to leave out if no lot has them."""


@dataclass(frozen=True, slots=True)
class Record:
    """A bid or a result in an export. None is an empty cell.

    :param lot: number of the lot; None outside a sale.
    :param lowest_price: whole dollars, as all amounts here.
    :param kind: ``bid``, ``bid voided``, ``sold``, ``not sold``, ``cancelled`` or ``sale
        voided``.
    :param buyer: number of the bidding Buyer, or of the winner.
    :param amount: the bid, or the highest bid of a result.
    :param at: the instant, in ISO 8601.
    :param label: the lot's own number in the catalogue, and so is its ``description``.
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
    label: str | None
    description: str | None

    @classmethod
    def of(cls, row: Row, recorded: RecordedAuction, event: Event) -> Self | None:
        """Make the record of an event; None if an export has no such record.

        :param recorded: the auction right after the event.
        """
        auction = recorded.auction
        request, details, lot = auction.request, auction.details, auction.lot
        if isinstance(event, SaleVoided):  # of another lot than the one that is up
            lot, details = event.lot, lot_of(auction, event.lot)
            request = details.request
        # A Seller that left without a request: this auction has a result, but no item.
        if type(event) not in EXPORTED_KINDS or request is None:
            return None
        buyer = amount = payment = None
        match event:
            case BidTaken() | Raised() | Voided():
                buyer, amount = event.who, event.amount
            case Withdrawn():
                buyer = event.who
            case Sold():
                buyer, amount, payment = event.winner, event.highest_bid, event.payment
            case SaleVoided():
                buyer, payment = event.who, event.payment
            case Unsold():
                amount = event.highest_bid
        return cls(
            auction=row.auction,
            lot=lot or None,
            room=row.room,
            item=request.item_name,
            format=request.format,
            lowest_price=request.lowest_price,
            kind=EXPORTED_KINDS[type(event)],
            buyer=buyer,
            amount=amount,
            payment=payment,
            at=f"{utc_time(recorded.time_of_day):%Y-%m-%dT%H:%M:%S.%fZ}",
            label=None if details is None else details.label,
            description=None if details is None else details.description,
        )


@dataclass(frozen=True, slots=True)
class PersonRecord(Record):
    """A record with facts from the list of people about its Buyer.

    :param valuation: the value of the item to the Buyer, in whole dollars.
    :param payoff: whole dollars, in the record of the Buyer's last bid on the item: the valuation
        minus the payment, if it has won, and minus any debt without having won. So the sum of
        all payoffs of a person is its gain. None until the auction is over.
    """

    name: str | None = None
    valuation: int | None = None
    payoff: int | None = None


class PersonRecords:
    """Adds the facts about persons to records. The records of an auction, or of a sale, are held
    until its end, because its last event may change an earlier payoff.

    :param write: writes a record.
    """

    def __init__(self, people: People, write: Callable[[PersonRecord], object]) -> None:
        self._people = people
        self._write = write
        self._items = Items()
        self._auction: tuple[str, int] | None = None
        self._held: list[PersonRecord] = []

    def follow(self, row: Row, recorded: RecordedAuction, event: Event) -> None:
        """Follow a row, and hold its record if it has one.

        :param recorded: the auction right after the event.
        """
        auction = (row.room, row.auction)
        if auction != self._auction:
            self.flush()
            self._auction = auction
        self._items.read(recorded, event)
        record = Record.of(row, recorded, event)
        if record is None:
            return
        person = self._person(record)
        name = None if person is None else person.name
        valuation = None if person is None else person.valuation(record.lot or row.auction)
        self._held.append(PersonRecord(**asdict(record), name=name, valuation=valuation))

    def flush(self) -> None:
        """Write the records of the auction."""
        seen: set[tuple[int | None, int]] = set()
        written = []
        # From the end: in this order, the first bid of a Buyer is its last one.
        for record in reversed(self._held):
            if record.kind == "bid" and record.buyer is not None:
                key = (record.lot, record.buyer)
                if key not in seen:
                    seen.add(key)
                    record = replace(record, payoff=self._payoff(record, record.buyer))
            written.append(record)
        for record in reversed(written):
            self._write(record)
        self._held = []

    def _person(self, record: Record) -> Person | None:
        if record.buyer is None:
            return None
        account = self._items.account(record.room, record.auction, record.buyer)
        return None if account.paddle is None else self._people.persons.get(account.paddle)

    def _payoff(self, record: PersonRecord, who: int) -> int | None:
        """The gain of a Buyer, in whole dollars."""
        item = self._items.find(record.room, record.auction, record.lot or 0)
        if record.valuation is None or item is None or item.result is None:
            return None
        if not isinstance(item.result, Sold):
            return 0
        if who == item.result.winner:
            return record.valuation - item.result.payment
        return -dict(item.result.dues).get(who, 0)
