"""The containment of a faulty format: its mistake ends its own auction, and nothing else."""

from collections import deque
from collections.abc import Collection, Iterator

from twisted.logger import Logger

from twisted_auction.house.notices import participant_updates, watcher_update
from twisted_auction.ledger.check import check_format_event
from twisted_auction.rules.auction import Auction
from twisted_auction.rules.commands import Abandon
from twisted_auction.rules.events import (
    Announced,
    Arrived,
    Cancelled,
    EndMoved,
    EndPostponed,
    Event,
    Expelled,
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
    Raised,
    Readmitted,
    Reopened,
    RequestAccepted,
    Resumed,
    SaleEnded,
    SaleScheduled,
    SaleVoided,
    Spoke,
    StartMoved,
    Stopped,
    Voided,
    Withdrawn,
)
from twisted_auction.rules.transitions import Phase
from twisted_auction.wire.letter import EMPTY, Letter

_log = Logger(namespace="auction")

FAULT = "There is a fault in the format of the auction."
"""The reason for participants to read, if an auction is cancelled because of its format."""

INDEPENDENT = frozenset(
    {
        Announced,
        Expelled,
        Paused,
        Readmitted,
        Resumed,
        Voided,
        Arrived,
        Cancelled,
        Left,
        LotAdded,
        LotMoved,
        LotOffered,
        LotSkipped,
        SaleVoided,
        LotAnnounced,
        LotsDone,
        Missed,
        Ordered,
        Passed,
        Reopened,
        RequestAccepted,
        SaleEnded,
        SaleScheduled,
        Spoke,
        StartMoved,
        Stopped,
        EndMoved,
        EndPostponed,
        Withdrawn,
    }
)
"""Events decided without the format. They need no check."""


def apply(
    auction: Auction,
    events: tuple[Event, ...],
    when: float,
    said: tuple[int, bytes] | None,
    is_watched: bool,
) -> Iterator[tuple[Event, Collection[tuple[int, Letter]], Letter]]:
    """Apply events one by one. If the format fails, or answers with an event unfit for a ledger,
    the events applied so far stand, and the auction is cancelled.

    :param said: the participant and the line behind the first event, if there was a line.
    :param is_watched: False if no Watcher needs a letter.
    :return: each event right after it was applied, the letters about it by participant, and the
        letter for Watchers.
    """
    queue = deque(events)
    previous: Event | None = None
    last_bid: Raised | None = None
    for event in events:
        if isinstance(event, Raised):
            last_bid = event
    while queue:
        event = queue.popleft()
        told: Collection[tuple[int, Letter]] = ()
        watcher_letter = EMPTY
        is_applied = False
        try:
            # The check comes first: a row must not be written if it could not be read back.
            if type(event) not in INDEPENDENT:
                line = said if previous is None else None
                check_format_event(auction, event, when, previous, line)
            auction.apply(event)
            is_applied = True
            # apply() keeps an exception of the format instead of raising it.
            if auction.fault is not None and auction.phase is Phase.BIDDING:
                raise auction.fault
            told = participant_updates(event, auction, when, last_bid)
            if is_watched:
                watcher_letter = watcher_update(event, auction, when)
        except Exception:
            # The events still in the queue were decided by the same format.
            queue = deque(cancellation(auction, when))
        if is_applied:
            previous = event
            yield event, told, watcher_letter


def cancellation(auction: Auction, when: float, why: str = "") -> tuple[Event, ...]:
    """Log the failure of a format, and cancel its auction.

    :param why: the reason; empty to log the exception being handled.
    :return: the events of the cancellation; none if the auction has its result already.
    """
    name = "?" if auction.request is None else type(auction.format).__name__
    if why:
        _log.error("The format {name} has failed: {why}.", name=name, why=why)
    else:
        _log.failure("The format {name} has failed.", name=name)
    if auction.phase in (Phase.WAITING, Phase.ENDED):
        return ()
    return auction.decide(Abandon(FAULT), when)
