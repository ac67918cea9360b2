"""Auctions in the pure engine: no network, no people, no waiting.

What robots do is the same here and on a real server (``live``): :func:`moves` looks at the state of
the auction and says who does what next.
"""

import sys
from collections import deque
from collections.abc import Iterator, Sequence
from typing import Any

from twisted_auction.rules.amounts import MAX_AMOUNT
from twisted_auction.rules.auction import Auction
from twisted_auction.rules.events import Arrive, Command, Event, Say, Sold, Unsold, Wake
from twisted_auction.rules.formats import format_named, format_of
from twisted_auction.rules.grammar import parse_request
from twisted_auction.rules.open import Dutch, English, Open
from twisted_auction.rules.refusals import InvalidRequest
from twisted_auction.rules.request import AuctionRequest
from twisted_auction.rules.terms import Terms
from twisted_auction.rules.transitions import Phase

REACTION_TIME = 0.001
"""Seconds that a robot needs to answer to what it hears."""

Move = tuple[float, Say | Wake]
"""An instant in seconds, and what happens then: a Buyer bids, or time alone makes a difference."""

TERMS = Terms(bid_timeout=0, lot_pause=0)


class EndlessCatalogue(Sequence[AuctionRequest]):
    """A catalogue in which the same lot comes up again and again."""

    def __init__(self, lot: AuctionRequest) -> None:
        self._lot = lot

    def __len__(self) -> int:
        return sys.maxsize

    def __getitem__(self, place: Any) -> Any:
        return self._lot


class Series:
    """One auction after another among the same Buyers.

    They are the lots of a sale, which is how the rules let Buyers stay.

    :param request: what is sold and how; so many Buyers come as it wants.
    :ivar bids: what each Buyer bid in the auction that was held last, the latest where it made
        several, in the order of arrival.
    """

    def __init__(self, request: AuctionRequest) -> None:
        self._auction = Auction(TERMS, EndlessCatalogue(request))
        self._when = 0.0
        self.bids: dict[int, int] = {}
        for _ in range(request.number_of_bids):
            self._do(Arrive("the laboratory"))

    def hold(self, limits: Sequence[int], late: Sequence[int] = ()) -> Sold | Unsold:
        """Hold the next auction.

        :param limits: each Buyer's, in whole dollars, in the order of arrival.
        :param late: as for :func:`moves`.
        """
        auction = self._auction
        if auction.phase is not Phase.BIDDING:
            self._do(Wake())
        self.bids = auction.bids
        for when, command in moves(auction, limits, late, self._when):
            self._when = when
            events = self._do(command)
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

    Where an open format's rules are not given, its price goes in steps of a thousandth of the
    highest valuation, at least a dollar, and a Dutch one starts there.

    :param type_of_auction: as in any request, rules included.
    :param highest: an amount that hardly any valuation is above, in whole dollars.
    :raises InvalidRequest: where there is no such auction, with the reason.
    """
    if " " in type_of_auction:  # what follows would count as the request's other fields
        raise InvalidRequest
    name, *rules = type_of_auction.split(":")
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
    return parse_request(line.encode("utf-8", "surrogateescape"), buyers)


MOVE_SECONDS = 4e-6
"""Seconds that a move takes in the engine, about."""


def max_moves(request: AuctionRequest, highest: int) -> int:
    """About how many moves an auction takes at most, so that one can tell how long many will take.

    :param highest: an amount that hardly any limit is above, in whole dollars.
    """
    match format_of(request):
        case English() as english:
            # two calls and the end come, too
            prices = max(highest - request.lowest_price, 0) // english.increment + 3
        case Dutch() as dutch:
            # the last step may be a shorter one
            prices = (dutch.start - request.lowest_price) // dutch.step + 1
        case _:
            prices = 0
    return request.number_of_bids + prices


def moves(
    auction: Auction, limits: Sequence[int], late: Sequence[int], when: float
) -> Iterator[Move]:
    """Say what the Buyers of an auction do next, from the opening of the bidding to the result.
    Each move is made before the next one is asked for.

    In a sealed format each Buyer bids its limit, in the order of arrival. In an open one, a Buyer
    that does not hold the highest bid, and whose limit the asking price is not above, bids that
    price, in turn; if none does, time goes on. Late Buyers do so only when so little time is left
    that none can react in it, once each, one after another.

    :param limits: each Buyer's, in whole dollars, in the order of arrival.
    :param late: the Buyers who bid in English bidding only at the last moment, in the order in
        which they then do.
    :param when: the instant at which bidding opened, in seconds.
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
        if late and auction.wake_at == auction.deadline:
            if auction.deadline != end:
                end = auction.deadline
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
    """Bring the first Buyer to the head of the queue who would bid this price, if there is one."""
    for _ in range(len(queue)):
        who = queue[0]
        if who != holder and limits[who - 1] >= price:
            return who
        queue.rotate(-1)
    return None
