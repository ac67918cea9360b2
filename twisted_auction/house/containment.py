"""The containment of a faulty format: its mistake ends its own auction, and nothing else."""

from collections import deque
from collections.abc import Collection, Iterator

from twisted.logger import Logger

from twisted_auction.house.notices import participant_updates, watcher_update
from twisted_auction.ledger.check import check_answer
from twisted_auction.rules.auction import Auction
from twisted_auction.rules.events import (
    Arrived,
    BiddingClosed,
    Cancel,
    Cancelled,
    Event,
    Left,
    LotAnnounced,
    Missed,
    Passed,
    Reopened,
    RequestAccepted,
    Spoke,
    Stopped,
)
from twisted_auction.rules.transitions import Phase
from twisted_auction.wire.letter import EMPTY, Letter

_log = Logger(namespace="auction")

FAULT = "There is a fault in the format of the auction."
"""The reason that participants read when an auction is cancelled because of its format."""

INDEPENDENT = frozenset(
    {
        Arrived,
        Cancelled,
        Left,
        LotAnnounced,
        Missed,
        Passed,
        Reopened,
        RequestAccepted,
        Spoke,
        Stopped,
    }
)
"""Events in which no format has a part. They need no check."""


def apply(
    auction: Auction,
    events: tuple[Event, ...],
    when: float,
    said: tuple[int, bytes] | None,
    is_watched: bool,
) -> Iterator[tuple[Event, Collection[tuple[int, Letter]], Letter]]:
    """Apply events one by one. Where the format fails, or answers with an event that could not be
    read back from a ledger, what was applied before stands, and the auction is cancelled.

    :param said: the participant and the line that led to the first event, if a line did.
    :param is_watched: False if no Watcher needs a letter.
    :return: each event right after it was applied, the letters about it by participant, and the
        letter for Watchers.
    """
    queue = deque(events)
    previous: Event | None = None
    while queue:
        event = queue.popleft()
        told: Collection[tuple[int, Letter]] = ()
        watcher_letter = EMPTY
        is_applied = False
        try:
            # Before the event is applied: a row that cannot be read back must not be written.
            if type(event) not in INDEPENDENT:
                is_closed = type(previous) is BiddingClosed
                check_answer(auction, event, when, is_closed, said if previous is None else None)
            auction.apply(event)
            is_applied = True
            if auction.fault is not None and auction.phase is Phase.BIDDING:
                raise auction.fault
            told = participant_updates(event, auction, when)
            if is_watched:
                watcher_letter = watcher_update(event, auction)
        except Exception:
            queue = deque(cancellation(auction, when))
        if is_applied:
            previous = event
            yield event, told, watcher_letter


def cancellation(auction: Auction, when: float, why: str = "") -> tuple[Event, ...]:
    """Log how the format of an auction has failed.

    :param why: how; empty if an exception is being handled that says it.
    :return: the events that cancel the auction; none if it has its result already.
    """
    name = "?" if auction.request is None else type(auction.format).__name__
    if why:
        _log.error("The format {name} has failed: {why}.", name=name, why=why)
    else:
        _log.failure("The format {name} has failed.", name=name)
    if auction.phase is Phase.ENDED:
        return ()
    return auction.decide(Cancel(FAULT), when)
