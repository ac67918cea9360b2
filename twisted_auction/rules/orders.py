"""Decisions on the operator's orders."""

from twisted_auction.rules.commands import Cancel, Close, Order
from twisted_auction.rules.events import BiddingClosed, Cancelled, Event, Ordered
from twisted_auction.rules.refusals import OrderRefused
from twisted_auction.rules.stages import result
from twisted_auction.rules.state import AuctionState
from twisted_auction.rules.transitions import Phase


def carry_out(state: AuctionState, order: Order, when: float) -> tuple[Event, ...]:
    """Decide an order: :class:`~twisted_auction.rules.events.Ordered`, then the events of its
    effect.

    :raises OrderRefused: if the order is not possible now; the text says why.
    """
    if not order.actor or not (order.actor + order.reason).isprintable():
        raise OrderRefused("an order is given in printable characters.")
    return (
        Ordered(order.action.word, order.actor, order.reason),
        *_effect(state, order, when),
    )


def _effect(state: AuctionState, order: Order, when: float) -> tuple[Event, ...]:
    match order.action:
        case Close():
            if state.phase is not Phase.BIDDING:
                raise OrderRefused("bidding is not open.")
            return (BiddingClosed(None), result(state))
        case Cancel():
            if state.phase in (Phase.EMPTY, Phase.ENDED):
                raise OrderRefused("there is no auction to cancel.")
            if not order.reason:
                raise OrderRefused("say why.")
            return (Cancelled(order.reason),)
