"""The news in the letters of a room that a person also needs while it is away.

The letters come from :mod:`~twisted_auction.house.notices` and
:mod:`~twisted_auction.house.snapshots`. So a person is told nothing that it may not read in the
room.
"""

from collections.abc import Iterable, Iterator
from typing import Protocol

from twisted_auction.house.lots import account, lots_in_order, sale_lots
from twisted_auction.house.order_notices import order_watcher_update
from twisted_auction.house.people import People
from twisted_auction.house.seats import Seats
from twisted_auction.house.snapshots import SALE_OVER, item, watcher_snapshot
from twisted_auction.rules.auction import Auction
from twisted_auction.rules.events import (
    LAST_EVENTS,
    BiddingOpened,
    Cancelled,
    Event,
    LotSkipped,
    Raised,
    SaleEnded,
    SaleVoided,
    Sold,
    Unsold,
    Voided,
)
from twisted_auction.rules.transitions import Phase
from twisted_auction.wire import messages
from twisted_auction.wire.letter import Letter

STARTED = "started"
OUTBID = "outbid"
HOLDS = "holds"
ENDING = "ending"
WON = "won"
LOST = "lost"
CANCELLED = "cancelled"
VOIDED = "voided"
SETTLEMENT = "settlement"

KIND_OF: dict[type[messages.Message], str] = {
    messages.Outbid: OUTBID,
    messages.YouWon: WON,
    messages.YouLost: LOST,
    messages.AuctionCancelled: CANCELLED,
    messages.NothingDue: VOIDED,
}
"""The kind of news by the message that tells it."""

ALWAYS_SENT = frozenset({WON, VOIDED, SETTLEMENT})
"""The news that are sent at once, also to a person who is in the room."""

BIDDERS_NEWS = frozenset({LOST, CANCELLED})
"""The news for Buyers with a bid alone. The letters go to everyone in the room."""

EVERYONE = -1
"""Stands for all persons with the role bidder who are away."""

ITS_OWN = -2
"""Stands for those of them who may enter only this room."""


class Room(Protocol):
    """A room, as far as its news are concerned."""

    @property
    def name(self) -> str:
        """The name of the room."""

    @property
    def auction(self) -> Auction:
        """The current auction."""

    @property
    def seats(self) -> Seats:
        """The seats of the room."""


def news_in(
    event: Event, auction: Auction, told: Iterable[tuple[int, Letter]], when: float
) -> Iterator[tuple[int, str, Letter]]:
    """The news in an event: the person, the kind, and the letter.

    :param auction: the auction right after the event.
    :param told: the letters about the event, by participant.
    :param when: the instant of the event, in seconds.
    """
    if isinstance(event, BiddingOpened):
        if _is_first(auction):
            yield EVERYONE, STARTED, watcher_snapshot(auction, when)
        return
    for who, kind, letter in _about_bids(event, auction, told, when):
        if isinstance(event, SaleVoided):  # another lot is up, or none
            place = lots_in_order(auction).index(event.lot) + 1
            yield who, kind, Letter(*sale_lots(auction, [(place, event.lot)], who)) + letter
        else:
            yield who, kind, item(auction) + letter


def is_last(event: Event, auction: Auction) -> bool:
    """True if an auction or a whole sale is over with an event.

    :param auction: the auction right after the event.
    """
    if auction.phase is not Phase.ENDED or type(event) not in LAST_EVENTS:
        return False
    # After a result, the next lot follows by another event.
    sale = auction.sale
    return sale is None or isinstance(event, SaleEnded) or not (sale.has_doors or sale.to_come)


def settlements(auctions: Iterable[Auction], people: People) -> Iterator[tuple[int, Letter]]:
    """What each Buyer of a sale has won and owes, as the answer to ``SALE`` tells it.

    :param auctions: the sale in each of its rooms, after its end.
    """
    lots: dict[int, list[messages.SaleLot]] = {}
    sums: dict[int, tuple[int, int]] = {}
    for auction in auctions:
        places: dict[int, list[tuple[int, int]]] = {}
        for place, number in enumerate(lots_in_order(auction), 1):
            sold = None if auction.sale is None else auction.sale.outcomes.get(number)
            if isinstance(sold, Sold):
                for who in dict.fromkeys((sold.winner, *(who for who, _ in sold.dues))):
                    places.setdefault(who, []).append((place, number))
        for who, its in places.items():
            lots.setdefault(who, []).extend(sale_lots(auction, its, who))
            won, due = account(auction, who)
            before = sums.get(who, (0, 0))
            sums[who] = before[0] + won, before[1] + due
    for who, (won, due) in sums.items():
        person = people.persons.get(who)
        limit, most = (0, 0) if person is None else (person.limit or 0, person.lots or 0)
        yield who, SALE_OVER + Letter(*lots[who], messages.AccountIs(won, due, due, limit, most))


def _about_bids(
    event: Event, auction: Auction, told: Iterable[tuple[int, Letter]], when: float
) -> Iterator[tuple[int, str, Letter]]:
    match event:
        case Raised() | Sold() | Unsold() | Cancelled() | SaleVoided():
            for who, letter in told:
                kinds = (KIND_OF.get(type(message)) for message in letter.messages)
                kind = next(filter(None, kinds), None)
                # Those who only look at an auction did not lose it.
                if kind is not None and (kind not in BIDDERS_NEWS or who in auction.bids):
                    yield who, kind, letter
        case Voided():
            # These Buyers may have left: then no letter was made for them.
            letters = dict(told)
            letter = order_watcher_update(event, auction, when)
            yield event.who, VOIDED, letters.get(event.who, letter)
            if event.holder is not None and event.bid is not None:
                again = letter + Letter(messages.YouHold(event.bid))
                yield event.holder, HOLDS, letters.get(event.holder, again)


def _is_first(auction: Auction) -> bool:
    """True if no lot of a sale has been up before."""
    outcomes = () if auction.sale is None else auction.sale.outcomes.values()
    return all(isinstance(outcome, LotSkipped) for outcome in outcomes)
