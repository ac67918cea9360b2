"""Who is told what: the one place where events and refusals become messages.

A sealed bid is told to nobody but the Buyer who made it, and the payment to nobody but the Seller
and the winner.
"""

from collections.abc import Iterable

from twisted_auction import wire
from twisted_auction.rules import refusals
from twisted_auction.rules.auction import Auction
from twisted_auction.rules.events import (
    SELLER,
    Arrived,
    BiddingOpened,
    BidTaken,
    Cancelled,
    Event,
    Left,
    RequestAccepted,
    Sold,
    Unsold,
)

WELCOME_SELLER = wire.render(wire.RoleSeller(), wire.AskRequest())
WELCOME_BUYER = wire.render(wire.RoleBuyer(), wire.WaitingForBuyers())
WELCOME_LAST_BUYER = wire.render(wire.RoleBuyer())
START = wire.render(wire.BiddingStart(), wire.AskBid())
RECEIVED = wire.render(wire.BidReceived())
FINISHED = wire.render(wire.AuctionFinished())
LOST = FINISHED + wire.render(wire.YouLost())


def notices(event: Event, auction: Auction) -> Iterable[tuple[int, bytes]]:
    """Say who is told what about an event.

    :param auction: the auction as it stands right after the event.
    :return: participants, in order, and the lines for each.
    """
    match event:
        case BidTaken():
            return ((event.who, RECEIVED),)
        case Arrived():
            if event.who == SELLER:
                return ((SELLER, WELCOME_SELLER),)
            return ((event.who, WELCOME_LAST_BUYER if auction.is_full else WELCOME_BUYER),)
        case BiddingOpened():
            return [(who, START) for who in auction.awaited]
        case RequestAccepted():
            return ((SELLER, wire.render(wire.RequestReceived(event.request.text))),)
        case Sold():
            sold = wire.SoldFor(_item_name(auction), event.payment)
            won = wire.YouWon(_item_name(auction), event.payment)
            return [
                (SELLER, FINISHED + wire.render(sold)),
                (event.winner, FINISHED + wire.render(won)),
                *[(who, LOST) for who in auction.present if who not in (SELLER, event.winner)],
            ]
        case Unsold():
            not_sold = wire.NotSold(_item_name(auction))
            return [
                (SELLER, FINISHED + wire.render(not_sold)),
                *[(who, LOST) for who in auction.present if who != SELLER],
            ]
        case Cancelled():
            cancelled = wire.render(wire.AuctionCancelled(event.reason))
            return [(who, cancelled) for who in auction.present]
        case Left():
            if event.silent_for is None:
                return ()
            time_up = wire.RequestTimeUp if event.who == SELLER else wire.BidTimeUp
            return ((event.who, wire.render(time_up(event.silent_for))),)


def refused(refusal: refusals.Refusal) -> bytes:
    """What the one who was refused is told."""
    match refusal:
        case refusals.Busy():
            return wire.render(wire.ServerBusy())
        case refusals.Ongoing():
            return wire.render(wire.BiddingOngoing())
        case refusals.InvalidRequest():
            return wire.render(wire.RequestRefused(refusal.reason), wire.AskRequest())
        case refusals.RequestAlreadyIn():
            return wire.render(wire.RequestAlreadyIn())
        case refusals.InvalidBid():
            return wire.render(wire.BidRefused(), wire.AskBid())
        case refusals.BiddingNotOpen():
            return wire.render(wire.BiddingNotOpen())
        case refusals.BidAlreadyIn():
            return wire.render(wire.BidAlreadyIn())
    raise TypeError(f"no message for {refusal!r}")


def _item_name(auction: Auction) -> str:
    assert auction.request is not None
    return auction.request.item_name
