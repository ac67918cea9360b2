"""A room as its auctioneer sees it: facts, each of which is one message.

No fact has a sealed amount. What a person is bound for leaves its sealed bids out, too: from the
sum, a reader could compute them.
"""

from collections.abc import Iterable, Iterator

from twisted_auction.house.auctioneer import Auctioneer
from twisted_auction.house.commitments import Commitments
from twisted_auction.house.desk_log import RoomLog
from twisted_auction.house.facts import Fact, asking_price, stage
from twisted_auction.house.lots import lots_in_order, sale_lots
from twisted_auction.house.people import Person
from twisted_auction.house.tickets import PassKey
from twisted_auction.rules.events import (
    RESULTS,
    SELLER,
    Event,
    LotAdded,
    LotAnnounced,
    LotMoved,
    LotOffered,
    LotSkipped,
    RequestAccepted,
    SaleVoided,
)
from twisted_auction.rules.transitions import Phase
from twisted_auction.wire import messages

MAX_SEATS = 1000
"""Largest number of persons at the desk."""

LOT_EVENTS = RESULTS | {
    RequestAccepted,
    LotAnnounced,
    LotSkipped,
    LotMoved,
    LotAdded,
    LotOffered,
    SaleVoided,
}
"""The events that change what is told about a lot."""

Key = tuple[str, int]
"""The key of a fact: the type of its message, and its number."""

_UNKNOWN = Person(0)


class DeskView:
    """The facts of one room.

    :param commitments: of the persons of the house.
    """

    # The facts about lots change seldom, and a sale may have a thousand.

    __slots__ = ("_commitments", "_lots")

    def __init__(self, commitments: Commitments) -> None:
        self._commitments = commitments
        self._lots: dict[Key, Fact] | None = None

    def follow(self, events: Iterable[Event]) -> None:
        """Follow the events of the room."""
        if not LOT_EVENTS.isdisjoint(map(type, events)):
            self._lots = None

    def facts(self, room: Auctioneer, log: RoomLog) -> dict[Key, Fact]:
        """All facts now, by their keys.

        :param log: of the room.
        """
        if self._lots is None:
            lots = sale_lots(room.auction, enumerate(lots_in_order(room.auction), 1), None, True)
            self._lots = {("sale_lot", lot.number): Fact(lot) for lot in lots}
        facts: dict[Key, Fact] = {("desk_auction", 0): self._auction_fact(room)}
        for bid in log.bids:
            told = messages.DeskBid(bid.number, bid.buyer, bid.amount, 0)
            facts["desk_bid", bid.number] = Fact(told, bid.at)
        for seat in self._seats(room):
            assert isinstance(seat.message, messages.DeskSeat)
            facts["desk_seat", seat.message.paddle] = seat
        for order in log.orders:
            carried_out = messages.DeskOrder(
                order.number,
                order.order,
                order.actor,
                0,
                order.buyer,
                order.amount,
                order.lot,
                order.other,
                order.text,
            )
            facts["desk_order", order.number] = Fact(carried_out, order.at)
        return {**facts, **self._lots}

    def _auction_fact(self, room: Auctioneer) -> Fact:
        auction, people = room.auction, self._commitments.people
        request, lot = auction.request, auction.details
        is_bidding = auction.phase is Phase.BIDDING
        amount, holder = 0, 0
        if is_bidding and auction.is_open and auction.holder is not None:
            holder = auction.holder
            amount = auction.bids[holder]
        is_sealed = is_bidding and not auction.is_open
        has_deadline = auction.deadline is not None
        is_paused = auction.paused_at is not None and auction.phase is not Phase.ENDED
        left = auction.seconds_left(room.clock.seconds()) if has_deadline and is_paused else 0
        message = messages.DeskAuction(
            stage(auction),
            auction.lot,
            auction.lots or 0,
            (lot.label or "") if lot is not None else "",
            "" if request is None else request.format,
            "" if request is None else request.item_name,
            amount,
            holder,
            asking_price(auction),
            len(auction.has_bid or auction.bids) if is_sealed else 0,
            len(auction.awaited) if is_sealed else 0,
            auction.owner or auction.seller_paddle or 0,
            len(room.seats.watchers),
            0 if people is None else len(people.persons),
            int(is_paused),
            left,
        )
        return Fact(message, auction.deadline if has_deadline and not is_paused else None)

    def _seats(self, room: Auctioneer) -> Iterator[Fact]:
        """The persons of a room: first those who are there."""
        auction, seats = room.auction, room.seats
        sold = {} if auction.sale is None else auction.sale.sold
        winners = (result.winner for result in sold.values())
        everyone = dict.fromkeys(
            [
                *seats.seated,
                *seats.away,
                *auction.expelled,
                *winners,
                # Before the bids, whose order tells which of them were changed or withdrawn.
                *auction.has_bid,
                *auction.bids,
            ]
        )
        for who in [*everyone][:MAX_SEATS]:
            key = seats.tickets.keys.get(who)
            paddle = key.paddle if isinstance(key, PassKey) else who
            if who == SELLER:
                paddle = auction.seller_paddle or 0
            at = None
            if who in auction.expelled:
                state = "expelled"
            elif who in seats.seated:
                state = "here"
            elif who in seats.away:
                state, at = "away", seats.away[who] - room.terms.resume_grace
            else:
                state = "absent"
            yield Fact(self._seat(paddle, "seller" if who == SELLER else "buyer", state), at)

    def _seat(self, paddle: int, role: str, state: str) -> messages.DeskSeat:
        people = self._commitments.people
        person = _UNKNOWN if people is None else people.persons.get(paddle, _UNKNOWN)
        bound = self._commitments.bound(paddle, lambda room: room.auction.is_open)
        return messages.DeskSeat(
            paddle,
            role,
            state,
            0,
            person.name,
            bound.payments,
            person.limit or 0,
            bound.lots,
            person.lots or 0,
        )
