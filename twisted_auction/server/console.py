"""The lines that the operator reads while auctions go on."""

from collections.abc import Callable, Sequence
from typing import Any

from twisted.logger import Logger

from twisted_auction.house.runner import Watch
from twisted_auction.rules.amounts import in_seconds
from twisted_auction.rules.events import (
    SELLER,
    Announced,
    Arrived,
    BiddingClosed,
    BiddingOpened,
    BidTaken,
    Called,
    Cancelled,
    EndMoved,
    EndPostponed,
    Event,
    Expelled,
    Extended,
    Left,
    LotAdded,
    LotAnnounced,
    LotMoved,
    LotOffered,
    LotsDone,
    LotSkipped,
    Missed,
    Ordered,
    Passed,
    Paused,
    PriceFell,
    Raised,
    Readmitted,
    Reopened,
    RequestAccepted,
    Resumed,
    SaleEnded,
    SaleScheduled,
    SaleVoided,
    Sold,
    Spoke,
    StartMoved,
    Stopped,
    Unsold,
    Voided,
)

READY = "Auctioneer is ready for hosting auctions!"

Sentence = tuple[str, dict[str, Any]]
"""One line for the operator: the wording, with the names of facts in braces, and the facts. A log
keeps all facts, also those without a place in the wording."""


def sentences(event: Event) -> list[Sentence]:
    """Describe an event in the words of the assignment's console.

    The two ``Thread`` lines are part of the assignment. No thread is spawned: Twisted serves all
    connections on its reactor.
    """
    facts: dict[str, Any]
    match event:
        case BidTaken() | Raised():
            facts = {"buyer": event.who, "amount": event.amount}
            return [(">> Buyer {buyer} bid ${amount}", facts)]
        case Arrived():
            if event.who == SELLER:
                return [_seller_connected(event), (">> New Seller Thread spawned", {})]
            if event.paddle is not None:
                return [("Buyer {buyer} is connected.", {"buyer": event.who})]
            facts = {"buyer": event.who, "address": event.address}
            return [("Buyer {buyer} is connected from {address}", facts)]
        case RequestAccepted():
            facts = {"request": escaped(event.request.public_text)}
            if event.ends_at is not None:
                return [("Auction request received.", facts)]
            return [("Auction request received. Now waiting for Buyer.", facts)]
        case BiddingOpened(cause=str()):
            return [("Timed bidding has begun. Buyers may come at any time.", {})]
        case BiddingOpened():
            return [
                ("Requested number of bidders arrived. Let's start bidding!", {}),
                (">> New Bidding Thread spawned", {}),
            ]
        case Sold():
            wording = (
                ">> Item sold! The highest bid is ${highest_bid}. The actual payment is ${payment}"
            )
            facts = {
                "buyer": event.winner,
                "highest_bid": event.highest_bid,
                "payment": event.payment,
            }
            return [(wording, facts)]
        case Unsold():
            if event.highest_bid is None:
                return [(">> Item not sold! There was no bid.", {})]
            facts = {"highest_bid": event.highest_bid}
            return [(">> Item not sold! The highest bid is ${highest_bid}", facts)]
        case LotAnnounced():
            facts = {
                "lot": event.lot,
                "lots": event.lots,
                "request": escaped(event.request.public_text),
                "item": escaped(event.request.item_name),
            }
            if event.label is None:
                return [("Lot {lot} of {lots}: {item}", facts)]
            facts["label"] = escaped(event.label)
            return [("Lot {lot} of {lots}, catalogue number {label}: {item}", facts)]
        case SaleScheduled():
            facts = {"lots": event.lots, "starts_at": event.starts_at}
            by_order = "The doors of a sale are open. It begins by order."
            timed = "The doors of a sale are open. It begins at a time."
            return [(by_order if event.starts_at is None else timed, facts)]
        case StartMoved():
            return [("The start of the sale is moved.", {"starts_at": event.starts_at})]
        case LotSkipped(lot, label):
            return [("Lot {lot} is withdrawn.", {"lot": _lot_name(lot, label)})]
        case LotMoved(lot, before, label, before_label):
            facts = {"lot": _lot_name(lot, label), "before": _lot_name(before, before_label)}
            return [("Lot {lot} comes before lot {before}.", facts)]
        case LotAdded():
            facts = {
                "lot": _lot_name(event.lot, event.label),
                "request": escaped(event.request.public_text),
                "item": escaped(event.request.item_name),
            }
            return [("Lot {lot} is added: {item}", facts)]
        case LotOffered(lot, label):
            return [("Lot {lot} will be offered again.", {"lot": _lot_name(lot, label)})]
        case SaleVoided(lot, who):
            facts = {"lot": _lot_name(lot, event.label), "buyer": who}
            return [("The sale of lot {lot} to Buyer {buyer} is voided.", facts)]
        case LotsDone():
            return [("All lots have been up.", {})]
        case SaleEnded():
            return [("The sale is over.", {})]
        case Extended():
            facts = {"seconds": event.seconds, "time": in_seconds(event.seconds)}
            return [(">> Time extended to {time}", facts)]
        case EndPostponed():
            return [(">> The end is postponed.", {"ends_at": event.ends_at})]
        case EndMoved():
            return [
                (">> The clock was set: the end has moved with it.", {"ends_at": event.ends_at})
            ]
        case Called():
            return [(">> Going {times}!", {"times": {1: "once", 2: "twice"}[event.times]})]
        case PriceFell():
            return [(">> The price is ${price}", {"price": event.price})]
        case BiddingClosed():
            return [(">> The {closer} has closed the bidding.", {"closer": event.closer})]
    return []


def _seller_connected(event: Arrived) -> Sentence:
    if event.paddle is not None:
        return "Seller is connected with paddle {paddle}.", {"paddle": event.paddle}
    return "Seller is connected from {address}", {"address": event.address}


def remarks(event: Event) -> list[Sentence]:
    """Describe an event that the assignment's console leaves out."""
    match event:
        case Left(who, silent_for):
            name = _name(who)
            if silent_for is None:
                return [("{name} has left.", {"name": name})]
            facts = {"name": name, "seconds": silent_for, "time": in_seconds(silent_for)}
            return [("{name} gave no valid answer within {time}.", facts)]
        case Passed(who):
            return [(">> Buyer {buyer} passed", {"buyer": who})]
        case Missed(who, seconds):
            facts = {"buyer": who, "seconds": seconds, "time": in_seconds(seconds)}
            return [("Buyer {buyer} said nothing within {time}.", facts)]
        case Spoke(who):
            return [("Buyer {buyer} has said something again.", {"buyer": who})]
        case Paused():
            return [("The auction is paused.", {})]
        case Resumed():
            return [("The auction goes on after the pause.", {})]
        case Voided(who, amount, holder, bid):
            facts = {"buyer": who, "amount": amount, "holder": holder, "bid": bid}
            now = "There is no bid now." if holder is None else "Buyer {holder} bids ${bid}."
            return [(">> ${amount} by Buyer {buyer} is voided. " + now, facts)]
        case Expelled(who):
            return [("{name} is expelled.", {"name": _name(who)})]
        case Readmitted(who):
            return [("{name} is readmitted.", {"name": _name(who)})]
        case Announced(text):
            return [("The Auctioneer says: {text}", {"text": text})]
        case Ordered(order, actor, reason):
            facts = {"order": order, "actor": escaped(actor), "reason": reason}
            return [("Order of {actor}, {order}" + (": {reason}" if reason else "."), facts)]
        case Cancelled(reason):
            return [("Auction cancelled! {reason}", {"reason": reason})]
        case Stopped():
            return [("The auction that is on stops here.", {})]
        case Reopened():
            return [("The auction that was on goes on.", {})]
    return []


def _lot_name(lot: int, label: str | None) -> int | str:
    """The name of a lot as orders have it."""
    return lot if label is None else escaped(label)


def _name(who: int) -> str:
    return "Seller" if who == SELLER else f"Buyer {who}"


def escaped(text: str) -> str:
    """Text of a client, in characters that cannot disturb a log or a terminal."""
    return text.encode("unicode_escape").decode("ascii")


def assignment_console(write: Callable[[str], object]) -> Watch:
    """Make a function that writes the events of a room as the assignment's console does.

    :param write: is called with one or more lines, without the line end of the last one.
    """

    def watch(events: Sequence[Event]) -> None:
        lines = [
            wording.format_map(facts) for event in events for wording, facts in sentences(event)
        ]
        if lines:
            write("\n".join(lines))

    return watch


def log_events(log: Logger) -> Watch:
    """Make a function that logs one line for each event of a room, at level debug. The facts are
    structured fields.

    Twisted's logger takes some 18 us for an event, even if every observer drops it. So a server
    must not use this function if its operator does not want these lines.
    """

    def watch(events: Sequence[Event]) -> None:
        for event in events:
            for wording, facts in without_sealed_amounts(event):
                log.debug(wording, **facts)

    return watch


def without_sealed_amounts(event: Event) -> list[Sentence]:
    """Describe an event without any sealed amount, because a log, or a screen, has other readers
    than the Seller and the Buyers, also during bidding.

    The highest bid of a second-price auction is a sealed amount too, and only the Seller and the
    winner may know the payment. The lines of :class:`Raised` and :class:`PriceFell` have the open
    bids, and the ledger has everything.
    """
    match event:
        case BidTaken() if event.replaced is not None:
            return []  # a secret of its Buyer
        case BidTaken():
            return [(">> Buyer {buyer} has made its bid.", {"buyer": event.who})]
        case Sold():
            return [(">> Item sold to Buyer {buyer}!", {"buyer": event.winner})]
        case Unsold():
            return [(">> Item not sold!", {})]
    return [*sentences(event), *remarks(event)]


def news(event: Event) -> list[str]:
    """Describe an event for an operator who follows all rooms, without any sealed amount."""
    match event:
        # A name of the client's is printable, and this reader's own program reads UTF-8.
        case RequestAccepted():
            return [f"Auction request received: {event.request.public_text}"]
        case LotAnnounced():
            own = "" if event.label is None else f", catalogue number {event.label}"
            return [f"Lot {event.lot} of {event.lots}{own}: {event.request.item_name}"]
    return [
        wording.format_map(facts).removeprefix(">> ")
        for wording, facts in without_sealed_amounts(event)
        if not wording.endswith(" Thread spawned")  # words for the assignment alone
    ]
