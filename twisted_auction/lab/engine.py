"""Auctions in the pure engine: no network, no people, no waiting.

The robots act in the same way here and on a real server (``live``): :func:`moves` derives the next
action from the state of the auction.
"""

import sys
from collections import deque
from collections.abc import Iterator, Sequence
from typing import Any

from twisted_auction.rules.amounts import MAX_AMOUNT
from twisted_auction.rules.auction import Auction
from twisted_auction.rules.commands import Arrive, Command, Say, Wake
from twisted_auction.rules.dutch import Dutch
from twisted_auction.rules.events import Event, Sold, Unsold
from twisted_auction.rules.formats import format_named, format_of
from twisted_auction.rules.grammar import parse_request, split_rules
from twisted_auction.rules.open import English, Open
from twisted_auction.rules.refusals import InvalidRequest
from twisted_auction.rules.request import AuctionRequest, Lot
from twisted_auction.rules.terms import Terms
from twisted_auction.rules.transitions import Phase

REACTION_TIME = 0.001
"""Seconds from a message to a robot's answer."""

Move = tuple[float, Say | Wake]
"""An instant in seconds, and the command at that instant: a Buyer bids, or time passes."""

TERMS = Terms(bid_timeout=0, lot_pause=0)


class EndlessCatalogue(Sequence[Lot]):
    """A catalogue with one lot, repeated without end."""

    def __init__(self, request: AuctionRequest) -> None:
        self._lot = Lot(request)

    def __len__(self) -> int:
        return sys.maxsize

    def __getitem__(self, place: Any) -> Any:
        return self._lot


class Series:
    """A series of auctions among the same Buyers.

    The auctions are the lots of one sale, because only in a sale do the rules keep the Buyers.

    :param request: the request of each auction; it also sets the number of Buyers.
    :ivar bids: each Buyer's latest bid in the last auction, in the order of arrival.
    """

    def __init__(self, request: AuctionRequest) -> None:
        self._auction = Auction(TERMS, EndlessCatalogue(request))
        self._when = 0.0
        self.bids: dict[int, int] = {}
        for _ in range(request.number_of_bids):
            self._do(Arrive("the laboratory"))

    def hold(self, limits: Sequence[int], late: Sequence[int] = ()) -> Sold | Unsold:
        """Hold the next auction.

        :param limits: of each Buyer, in whole dollars, in the order of arrival.
        :param late: as for :func:`moves`.
        """
        auction = self._auction
        # The pause between lots has no length here: a wake opens the next lot.
        if auction.phase is not Phase.BIDDING:
            self._do(Wake())
        self.bids = auction.bids
        for when, command in moves(auction, limits, late, self._when):
            self._when = when
            events = self._do(command)
        assert auction.sale is not None
        auction.sale.forget()  # a series may have millions of lots
        (result,) = (event for event in events if isinstance(event, Sold | Unsold))
        return result

    def _do(self, command: Command) -> tuple[Event, ...]:
        events = self._auction.decide(command, self._when)
        for event in events:
            self._auction.apply(event)
        return events


def request_for(
    type_of_auction: str, lowest_price: int, buyers: int, highest: int
) -> AuctionRequest:
    """Make the auction request of an experiment.

    The default step of an open format's price is a thousandth of the highest valuation, but at
    least $1; a Dutch price starts at the highest valuation.

    :param type_of_auction: as in any request, with rules.
    :param highest: an upper bound of nearly all valuations, in whole dollars.
    :raises InvalidRequest: if there is no such auction, with the reason.
    """
    if " " in type_of_auction:  # the rest would count as other fields of the request
        raise InvalidRequest
    name, *rules = split_rules(type_of_auction)
    step = max(1, highest // 1000)
    usual = {
        "increment": step,
        "start": min(max(highest, lowest_price + 1), MAX_AMOUNT),
        "step": step,
        "interval": 1,
    }
    given = {rule.partition("=")[0] for rule in rules}
    for rule in format_named(name).rules:
        if rule in usual and rule not in given:
            rules.append(f"{rule}={usual[rule]}")
    line = f"{':'.join([name, *rules])} {lowest_price} {buyers} item"
    request = parse_request(line.encode("utf-8", "surrogateescape"), buyers)
    if not isinstance(dict(request.rules).get("increment", step), int):
        raise InvalidRequest("in the laboratory, increment is one amount.")
    if request.end is not None:
        raise InvalidRequest("the laboratory has no clock on the wall: give no end.")
    return request


MOVE_SECONDS = 4e-6
"""Approximate seconds for a move in the engine."""


def max_moves(request: AuctionRequest, highest: int) -> int:
    """The approximate largest number of moves of an auction, to estimate the time of a run.

    :param highest: an upper bound of nearly all limits, in whole dollars.
    """
    match format_of(request):
        case English() as english:
            # and two calls, and the end
            prices = max(highest - request.lowest_price, 0) // english.increment_at(0) + 3
        case Dutch() as dutch:
            # the last step may be shorter
            prices = (dutch.start - request.lowest_price) // dutch.step + 1
        case _:
            prices = 0
    return request.number_of_bids + prices


def moves(
    auction: Auction, limits: Sequence[int], late: Sequence[int], when: float
) -> Iterator[Move]:
    """Generate the moves of an auction, from the opening of the bidding to the result. The caller
    makes each move before it asks for the next one.

    In a sealed format each Buyer bids its limit, in the order of arrival. In an open format, the
    Buyers bid the asking price in turn, up to their limits, except the holder of the highest bid;
    if none bids, time passes. Late Buyers bid only once the time left is too short for a reaction,
    one after another, once each.

    :param limits: of each Buyer, in whole dollars, in the order of arrival.
    :param late: the Buyers that bid in English bidding only at the last moment, in the order of
        those bids.
    :param when: seconds; the opening of the bidding.
    """
    format = auction.format
    if isinstance(format, Open):
        yield from _open_moves(auction, format, limits, late, when)
    else:
        for who, limit in enumerate(limits, 1):
            yield when, Say(who, b"%d" % limit)


def _open_moves(
    auction: Auction, format: Open, limits: Sequence[int], late: Sequence[int], when: float
) -> Iterator[Move]:
    prompt = deque(who for who in range(1, len(limits) + 1) if who not in late)
    waiting: deque[int] = deque()
    end: float | None = None
    while auction.phase is Phase.BIDDING:
        price = format.asking_price(auction)
        assert auction.wake_at is not None
        if when + REACTION_TIME < auction.wake_at:
            who = _next_bidder(prompt, price, limits, auction.holder)
            if who is not None:
                when += REACTION_TIME
                yield when, Say(who, b"%d" % price)
                continue
        # Only the end of the bidding counts for late Buyers, not the calls before it.
        if late and auction.wake_at == auction.deadline:
            if auction.deadline != end:
                end = auction.deadline  # new, or extended by a late bid: then all may bid again
                waiting = deque(late)
            who = _next_bidder(waiting, price, limits, auction.holder)
            if who is not None:
                waiting.popleft()
                when = auction.wake_at - REACTION_TIME / 2
                yield when, Say(who, b"%d" % price)
                continue
        when = auction.wake_at
        yield when, Wake()


def _next_bidder(
    queue: deque[int], price: int, limits: Sequence[int], holder: int | None
) -> int | None:
    """Rotate the queue to the first Buyer ready to bid this price; None if there is none."""
    for _ in range(len(queue)):
        who = queue[0]
        if who != holder and limits[who - 1] >= price:
            return who
        queue.rotate(-1)
    return None
