"""The bids of a class against its valuations, from an export of its ledger."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from twisted_auction.lab.bidders import Valuations
from twisted_auction.lab.theory import sealed_counterpart
from twisted_auction.rules.amounts import MAX_AMOUNT, parse_amount
from twisted_auction.rules.formats import FORMATS
from twisted_auction.rules.open import English
from twisted_auction.rules.sealed import FirstPrice, SecondPrice
from twisted_auction.rules.tables import RowError, Table, TableError

COLUMNS = (
    "auction",
    "lot",
    "room",
    "format",
    "lowest_price",
    "kind",
    "buyer",
    "amount",
    "payment",
    "valuation",
)
"""The necessary columns of an export."""


@dataclass(frozen=True, slots=True)
class ClassBid:
    """The last bid of a person on an item, in whole dollars.

    :param has_won: True if the bid has won the item.
    """

    valuation: int
    amount: int
    has_won: bool


@dataclass(slots=True)
class ClassRound:
    """All items of a class with one format and one lowest price.

    :param format: its name, perhaps unknown to this program.
    :param lowest_price: whole dollars.
    :param payments: the payments of the winners, in whole dollars.
    """

    format: str
    lowest_price: int
    items: int = 0
    bids: list[ClassBid] = field(default_factory=list)
    payments: list[int] = field(default_factory=list)

    @property
    def shows_limits(self) -> list[ClassBid]:
        """The bids at the limit of their Buyer. The winner of an English auction stops when
        the others stop, so its last bid does not."""
        kind = FORMATS_BY_NAME.get(self.format)
        is_english = kind is not None and issubclass(kind, English)
        return [bid for bid in self.bids if not (is_english and bid.has_won)]

    def theory(self, buyers: int, valuations: Valuations) -> Callable[[int], int] | None:
        """The bid in equilibrium, as a function of the valuation; None if theory has no word on the
        format.

        :param buyers: number of Buyers of each item.
        """
        kind = FORMATS_BY_NAME.get(self.format)
        counterpart = None if kind is None else sealed_counterpart(kind)
        if counterpart is SecondPrice:
            return lambda valuation: valuation
        if counterpart is FirstPrice:
            return valuations.equilibrium(buyers, self.lowest_price)
        return None


FORMATS_BY_NAME = {kind.name: kind for kind in FORMATS.values()}
"""The formats of this package."""


@dataclass(frozen=True, slots=True)
class ClassBook:
    """All bids in an export.

    :param rounds: in the order of their first bids.
    :param buyers: the largest number of Buyers with a bid on one item.
    """

    rounds: Sequence[ClassRound]
    buyers: int

    @property
    def valuations(self) -> tuple[int, ...]:
        """The valuations behind all bids."""
        return tuple(bid.valuation for each in self.rounds for bid in each.bids)


@dataclass(slots=True)
class _Item:
    """An item while the export is read: the last bid of each Buyer, and its valuation if known."""

    round: ClassRound
    bids: dict[int, tuple[int, int | None]] = field(default_factory=dict)
    winner: int | None = None
    payment: int = 0
    is_over: bool = False


def read_export(data: bytes) -> ClassBook:
    """Read the output of ``auction ledger export --people FILE``. Items without a result, or
    cancelled, are left out.

    :raises TableError: if it is no such output, with the number of the wrong row.
    """
    items: dict[tuple[str, str, str], _Item] = {}
    rounds: dict[tuple[str, int], ClassRound] = {}
    for number, cells in Table.parse(data).records(COLUMNS, COLUMNS):
        try:
            lowest = _amount(cells, "lowest_price")
            round = rounds.setdefault(
                (cells["format"], lowest), ClassRound(cells["format"], lowest)
            )
            place = (cells["room"], cells["auction"], cells["lot"])
            _note(items.setdefault(place, _Item(round)), cells)
        except ValueError as error:
            raise RowError(number, error) from None
    for item in items.values():
        if item.is_over:
            item.round.items += 1
            item.round.bids += [
                ClassBid(valuation, amount, who == item.winner)
                for who, (amount, valuation) in item.bids.items()
                if valuation is not None
            ]
            item.round.payments += [item.payment] if item.winner is not None else []
    kept = [each for each in rounds.values() if each.bids]
    if not kept:
        raise TableError("no bid has a valuation, or no item has a result")
    return ClassBook(kept, max(len(item.bids) for item in items.values()))


def _note(item: _Item, cells: Mapping[str, str]) -> None:
    """Note a row.

    :raises ValueError: if a cell is wrong.
    """
    match cells["kind"]:
        case "bid":
            who, amount = _amount(cells, "buyer"), _amount(cells, "amount")
            valuation = _amount(cells, "valuation") if cells["valuation"] else None
            item.bids[who] = (amount, valuation)
        case "sold":
            item.winner, item.payment = _amount(cells, "buyer"), _amount(cells, "payment")
            item.is_over = True
        case "bid voided":
            item.bids.pop(_amount(cells, "buyer"), None)
        case outcome:
            item.winner = None
            item.is_over = outcome in ("not sold", "sale voided")


def _amount(cells: Mapping[str, str], column: str) -> int:
    try:
        return parse_amount(cells[column].encode())
    except ValueError:
        raise ValueError(f"{column} must be a whole number from 1 to {MAX_AMOUNT}") from None


def share(bids: Sequence[ClassBid], bid: Callable[[int], int] | None = None) -> float | None:
    """The sum of bids divided by the sum of valuations; None without bids.

    :param bid: other bids in their place, as a function of the valuation.
    """
    if not bids:
        return None
    made = sum(one.amount if bid is None else bid(one.valuation) for one in bids)
    return made / sum(one.valuation for one in bids)
