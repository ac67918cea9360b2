"""Compares the lines sent and received by participants with a ledger."""

from collections.abc import Iterable
from pathlib import Path

from tests.crashes.load import Person
from twisted_auction.house.tickets import digest_of
from twisted_auction.ledger.history import History, verify_view
from twisted_auction.ledger.row import LedgerError
from twisted_auction.ledger.storage import open_view
from twisted_auction.rules.events import (
    SELLER,
    Arrived,
    BiddingClosed,
    BiddingOpened,
    BidTaken,
    Cancelled,
    Event,
    Raised,
    RequestAccepted,
    Sold,
    Unsold,
)
from twisted_auction.wire import messages

Place = tuple[str, int]
"""A room, and the number of auctions held there before."""


def compare(path: Path, people: Iterable[Person]) -> None:
    """Verify a ledger. It must have everything that participants were told, and nothing that they
    did not send.

    :raises AssertionError: if something is missing or invented.
    """
    auctions = _auctions(path)
    by_place: dict[Place, dict[int, Person]] = {}
    for person in people:
        place = (person.room, person.auction)
        by_place.setdefault(place, {})[person.who] = person
        for message in person.heard:
            assert _is_true(message, person, auctions.get(place, [])), (
                f"the ledger does not know what {person} was told: {message}"
            )
    for place, events in auctions.items():
        for event in events:
            assert _was_said(event, by_place.get(place, {})), (
                f"nobody said what the ledger has of {place}: {event}"
            )


def _auctions(path: Path) -> dict[Place, list[Event]]:
    auctions: dict[Place, list[Event]] = {}
    try:
        with open_view(path) as view:
            verify_view(view)
            history = History(view.start)
            for row in view.rows():
                recorded, event = history.read(row)
                auctions.setdefault((recorded.room, recorded.number - 1), []).append(event)
    except LedgerError as error:
        # The server was killed before the file was a ledger, so no message can have been sent.
        assert not path.exists(), error
    return auctions


def _is_true(message: messages.Message, person: Person, events: list[Event]) -> bool:
    who = person.who
    last = events[-1] if events else None
    match message:
        case messages.TicketIs():
            digest = digest_of(message.ticket)
            return any(
                isinstance(event, Arrived) and (event.who, event.ticket_digest) == (who, digest)
                for event in events
            )
        case messages.RoleSeller() | messages.RoleBuyer():
            return any(isinstance(event, Arrived) and event.who == who for event in events)
        case messages.RequestReceived():
            return any(
                isinstance(event, RequestAccepted) and event.request.text == message.text
                for event in events
            )
        case messages.BiddingStart():
            return any(isinstance(event, BiddingOpened) for event in events)
        case messages.BidReceived():
            return any(isinstance(event, BidTaken) and event.who == who for event in events)
        case messages.YouHold():
            return _has_raised(who, message.amount, events)
        case messages.BidStands():
            return any(
                isinstance(event, BidTaken | Raised)
                and (event.who, event.amount) == (who, message.amount)
                for event in events
            )
        case messages.HighestBid() | messages.Outbid():
            return _has_raised(message.buyer, message.amount, events)
        case messages.SoldTo():
            return _is_sold(last, message.buyer, message.payment)
        case messages.SoldFor():
            return _is_sold(last, None, message.payment)
        case messages.YouWon():
            return _is_sold(last, who, message.payment)
        case messages.NotSold() | messages.NobodyBought():
            return isinstance(last, Unsold)
        case messages.YouLost():
            return isinstance(last, Unsold) or (isinstance(last, Sold) and last.winner != who)
        case messages.AuctionCancelled():
            return last == Cancelled(message.reason)
    return True


def _has_raised(who: int, amount: int, events: list[Event]) -> bool:
    return any(
        isinstance(event, Raised) and (event.who, event.amount) == (who, amount) for event in events
    )


def _is_sold(last: Event | None, winner: int | None, payment: int) -> bool:
    return isinstance(last, Sold) and last.payment == payment and winner in (None, last.winner)


def _was_said(event: Event, people: dict[int, Person]) -> bool:
    match event:
        case Arrived():
            return event.who in people
        case RequestAccepted():
            return event.request.text in people[SELLER].said
        case BidTaken() | Raised():
            said = people[event.who].said
            return str(event.amount) in said or "accept" in said
        case BiddingClosed():
            return "close" in people[SELLER].said
    return True
