"""Maximum bids, and the bids of the server for them.

A maximum binds its Buyer only for the bids made for it. All maxima contend at once, not bid by bid:

* The *cap* of a Buyer is its maximum, or less if its limits leave less.
* The highest cap holds; of equal ones, the earliest.
* It pays no more than needed: one increment above the second highest of the caps and bids, but at
  most its cap, and at least the asking price if it did not hold the highest bid before.
* The second highest cap is bid, too: it is the reason for the price. The highest bidder's own cap
  is not bid if it is below the price to buy at once, and the asking price above that.
* A cap of at least the hidden reserve bids the reserve at once, because nothing is sold below it.
* The price to buy at once is the largest cap. If it is bid, the auction is over.

A bid of the present command may be answered with less than the asking price, or even with the same
amount: the maxima were there before it. So may the last bid, as long as nothing else has happened,
once limits do not stop the answer any more. A bid within its Buyer's own maximum is as early as
this maximum. At all other times a maximum needs the asking price.
"""

from typing import NamedTuple

from twisted_auction.rules.amounts import MAX_AMOUNT
from twisted_auction.rules.events import (
    BY_MAXIMUM,
    Event,
    Expelled,
    MaximumLimited,
    MaximumSet,
    Passed,
    Raised,
    Voided,
)
from twisted_auction.rules.open import Open


class Maximum(NamedTuple):
    """The maximum of a Buyer, in whole dollars.

    :param most: the largest bid within the limits of the person; None if they allow the maximum.
    """

    amount: int
    most: int | None = None

    @property
    def cap(self) -> int:
        """The largest possible bid of the server."""
        amount, most = self
        return amount if most is None or amount <= most else most


Maxima = dict[int, Maximum]
"""The maxima by Buyer, the earliest at the front."""


def follow(maxima: Maxima, event: Event, holder: int | None) -> None:
    """Change the maxima by an event.

    :param holder: the Buyer with the highest bid before the event.
    """
    match event:
        case MaximumSet(who, amount):
            known = maxima.get(who)
            # An outbid Buyer gets a new place by raising its maximum: another one may have set the
            # same amount before.
            if known is not None and ((who != holder and amount > known.amount) or not amount):
                del maxima[who]
            if amount:
                maxima[who] = Maximum(amount)
        case MaximumLimited(who, most):
            maxima[who] = maxima[who]._replace(most=most)
        case Voided() | Expelled() | Passed():
            maxima.pop(event.who, None)


class Standing:
    """The highest bid and the maxima, to look ahead.

    :ivar holder: the Buyer with the highest bid; None without a bid.
    :ivar bid: the highest bid in whole dollars; 0 without one.
    :ivar maxima: the maxima.
    :ivar unanswered: a raise open to answers of maxima; None if there is none.
    """

    __slots__ = ("bid", "holder", "maxima", "unanswered")

    def __init__(
        self, holder: int | None, bid: int, maxima: Maxima, unanswered: Raised | None
    ) -> None:
        self.holder = holder
        self.bid = bid
        self.maxima = maxima
        self.unanswered = unanswered

    def apply(self, event: Event) -> None:
        """Change the standing by an event."""
        follow(self.maxima, event, self.holder)
        match event:
            case Raised():
                self.holder, self.bid, self.unanswered = event.who, event.amount, event
                return
            case Voided():
                self.holder, self.bid = event.holder, event.bid or 0
            case MaximumLimited():
                return
        self.unanswered = None


def raises(standing: Standing, format: Open, lowest_price: int) -> tuple[Raised, ...]:
    """The bids for maxima now.

    :param format: has an increment.
    :param lowest_price: the least first bid, in whole dollars.
    :return: none, the winner's, or the one at the second highest cap and then the winner's.
    """
    holder, price, unanswered = standing.holder, standing.bid, standing.unanswered
    if 0 < price == format.buy and (unanswered is None or unanswered.cause is None):
        return ()  # bought at once, whatever maxima there are
    asking_price = lowest_price if holder is None else _above(price, format)
    # Once the asking price is higher, only the answer to a bid can still buy at once.
    can_buy = asking_price <= format.buy or (unanswered is not None and price <= format.buy)
    most = format.buy if can_buy else MAX_AMOUNT
    caps = _contending(standing, asking_price, most)
    if caps.keys() <= {holder}:
        if holder is not None and price < format.reserve <= caps.get(holder, 0):
            return (_raise(holder, format.reserve, holder),)
        return ()
    # A sort is stable: the earlier of equal caps comes first.
    winner, *losers = sorted(caps, key=caps.__getitem__, reverse=True)
    raised = []
    if losers and (caps[losers[0]] > price or winner == holder):
        loser = losers[0]
        price = caps[loser]
        # An answer to a bid below the price to buy at once could buy, but it is not offered.
        if can_buy or price > format.buy:
            raised.append(_raise(loser, price, holder))
            holder = loser
    needed = lowest_price if holder is None else min(caps[winner], _above(price, format))
    if caps[winner] >= format.reserve:
        needed = max(needed, format.reserve)
    return (*raised, _raise(winner, needed, holder))


def _contending(standing: Standing, asking_price: int, most: int) -> dict[int, int]:
    """The caps of the maxima in play, the earliest at the front.

    The highest bidder's own counts, but does not contend alone.

    :param most: whole dollars, the largest possible bid.
    """
    holder, bid, unanswered = standing.holder, standing.bid, standing.unanswered
    caps = {}
    is_earlier = True  # than the bid
    for who, maximum in standing.maxima.items():
        cap = maximum.cap
        if cap < bid and who != holder:
            continue  # most maxima of a room are outbid
        if cap > most:
            cap = most
        if who == holder:
            can_raise = cap > bid
            is_earlier = cap < bid  # otherwise the bid is as early as this maximum
        elif unanswered is None or cap >= asking_price:
            can_raise = cap >= asking_price
        else:
            can_raise = cap > bid or (cap == bid and is_earlier)
        if can_raise:
            caps[who] = cap
    return caps


def _above(price: int, format: Open) -> int:
    increment = format.increment_at(price)
    assert increment is not None
    return price + increment


def _raise(who: int, amount: int, holder: int | None) -> Raised:
    return Raised(who, amount, None if holder == who else holder, cause=BY_MAXIMUM)
