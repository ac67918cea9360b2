"""Refusals as messages: the answers to participants."""

from typing import assert_never

from twisted_auction.house.bid_notices import NO_MAXIMUM, bid_history
from twisted_auction.house.order_notices import EXPELLED
from twisted_auction.house.snapshots import (
    ASK,
    PASSED,
    SALE_OVER,
    YOUR_LOT,
    change_of_bid,
    sale_over,
)
from twisted_auction.rules import refusals
from twisted_auction.rules.auction import Auction
from twisted_auction.rules.format import MAX_TEXT_LENGTH
from twisted_auction.rules.open import Open
from twisted_auction.rules.transitions import Phase
from twisted_auction.wire import messages
from twisted_auction.wire.letter import EMPTY, Letter


def refusal_letter(
    refusal: refusals.Refusal, who: int | None = None, auction: Auction | None = None
) -> Letter:
    """The answer to a client after a refusal.

    :param who: its participant number, if it has one.
    :param auction: its auction, if it is in one.
    """
    if not isinstance(refusal, refusals.ParticipantRefusal):
        return _refused_by_format(refusal, who, auction)
    if isinstance(refusal, refusals.AskedForBids):
        return EMPTY if auction is None else bid_history(auction)
    if isinstance(refusal, refusals.SaleOver) and auction is not None:
        return sale_over(auction)
    letter = _refused_by_rules(refusal)
    if isinstance(refusal, refusals.InvalidBid):
        return letter + _bid_question(who, auction)
    if isinstance(refusal, refusals.AboveLimit | refusals.TooManyLots):
        return letter + _sealed_question(who, auction)
    return letter


def _refused_by_rules(refusal: refusals.ParticipantRefusal) -> Letter:
    """A refusal by the rules, in the words of the house."""
    match refusal:
        case refusals.Busy():
            return Letter(messages.ServerBusy())
        case refusals.Ongoing():
            return Letter(messages.BiddingOngoing())
        case refusals.SaleOver():
            return SALE_OVER
        case refusals.InvalidRequest():
            return Letter(messages.RequestRefused(refusal.reason), messages.AskRequest())
        case refusals.RequestAlreadyIn():
            return Letter(messages.RequestAlreadyIn())
        case refusals.InvalidBid():
            return Letter(messages.BidRefused(refusal.reason))
        case refusals.BiddingNotOpen():
            return Letter(messages.BiddingNotOpen())
        case refusals.OwnLot():
            return YOUR_LOT
        case refusals.HasPassed():
            return PASSED
        case refusals.NoBidYet():
            return Letter(messages.NoBidYet(), messages.AskBid())
        case refusals.BidAlreadyIn():
            return Letter(messages.BidAlreadyIn())
        case refusals.BidTooLow():
            return Letter(messages.BidTooLow(refusal.least))
        case refusals.BidTooHigh():
            return Letter(messages.BidTooHigh(refusal.most))
        case refusals.BidTooSoon():
            return Letter(messages.BidTooSoon(refusal.seconds))
        case refusals.AboveLimit():
            return Letter(messages.AboveLimit(refusal.bound, refusal.limit))
        case refusals.TooManyLots():
            return Letter(messages.TooManyLots(refusal.won, refusal.lots))
        case refusals.RepeatBid():
            return Letter(messages.RepeatBid(refusal.amount))
        case refusals.RepeatMaximum():
            return Letter(messages.RepeatMaximum(refusal.amount))
        case refusals.MaximumTooLow():
            return Letter(messages.MaximumTooLow(refusal.least))
        case refusals.AskedForBids():
            return EMPTY  # the bids of an auction are its answer
        case refusals.NoMaximum():
            return NO_MAXIMUM
        case refusals.IsPaused():
            return Letter(messages.Paused())
        case refusals.IsExpelled():
            return EXPELLED
        case refusals.NotUnderstood():
            return Letter(messages.NotUnderstood(), messages.AskAnytime(refusal.how))
        case _:
            assert_never(refusal)


def _refused_by_format(
    refusal: refusals.Refusal, who: int | None, auction: Auction | None
) -> Letter:
    """A refusal by a format, in the words of the format, and the question again."""
    # A format may be of another package. Its text must not break the line, or a terminal.
    text = " ".join(str(refusal).split())
    letter = Letter(messages.NotAccepted("".join(filter(str.isprintable, text))[:MAX_TEXT_LENGTH]))
    if who is None or auction is None or auction.phase is not Phase.BIDDING:
        return letter
    if isinstance(auction.format, Open):
        return letter + Letter(messages.AskAnytime(auction.format.how(who)))
    return letter + _sealed_question(who, auction)


def _bid_question(who: int | None, auction: Auction | None) -> Letter:
    """The question for a sealed bid, or how to change the one that is in."""
    if who is None or auction is None:
        return ASK
    return change_of_bid(who, auction) or ASK


def _sealed_question(who: int | None, auction: Auction | None) -> Letter:
    """The question again, if the Buyer is asked for a sealed bid."""
    is_asked = auction is not None and who is not None and auction.is_asked(who)
    return Letter(messages.AskBid()) if is_asked else EMPTY
