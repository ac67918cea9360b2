"""Timed auctions: their end is a time of day.

The end is a promise. Neither a restart of the house nor a new setting of its clock moves it, as
people read it on the wall. By order, or for the length of a pause, it comes at a later time of day.
A late bid ends the promise: from then on, seconds count.
"""

from typing import NamedTuple

from twisted_auction.rules.commands import Reopen
from twisted_auction.rules.events import EndMoved, EndPostponed, Reopened
from twisted_auction.rules.open import SHORTEST_MOVE
from twisted_auction.rules.refusals import InvalidRequest
from twisted_auction.rules.request import AuctionRequest
from twisted_auction.rules.sentences import Sentence, reason_of
from twisted_auction.rules.state import AuctionState
from twisted_auction.rules.terms import Terms
from twisted_auction.rules.transitions import Phase

LAST_MINUTE = 60.0
"""Seconds before the end in which a new setting of the clock does not move it."""

TOLERANCE = 1.0
"""Seconds by which the clock of the rooms may differ from the clock on the wall."""


class EndTimes(NamedTuple):
    """The times of day of a request, as fields of events."""

    ends_at: float | None = None
    latest_at: float | None = None
    ahead: int | None = None


def check_times(terms: Terms, request: AuctionRequest) -> None:
    """Check that a timed auction can end at the times of its request.

    :raises InvalidRequest: if it cannot.
    """
    for name, time in (("end", request.end), ("latest", request.latest)):
        if time is None:
            continue
        if terms.calendar is None:
            raise InvalidRequest(Sentence("{rule} needs a house with a time zone.", rule=name))
        try:
            terms.calendar.check(time)
        except ValueError as error:
            problem = reason_of(error)
            raise InvalidRequest(
                Sentence("{rule} {problem}.", rule=name, problem=problem)
            ) from None


def end_times(terms: Terms, request: AuctionRequest) -> EndTimes:
    """The instants of the times of a request. An auction without a time has none."""
    calendar = terms.calendar
    if request.end is None or calendar is None:
        return EndTimes()
    latest_at = None if request.latest is None else calendar.instant(request.latest)
    ends_at = calendar.instant(request.end)
    if latest_at is not None:
        # The calendar reads two clocks, and microseconds pass in between. So of one time of day,
        # the first answer may be the earlier one.
        latest_at = max(latest_at, ends_at)
    return EndTimes(ends_at, latest_at, calendar.ahead or None)


def promised_end(state: AuctionState) -> float:
    """The instant at which the clock on the wall shows the end of a timed auction."""
    assert state.request is not None and state.ends_at is not None
    if state.terms.calendar is None or state.request.end is None:
        return state.ends_at
    return state.terms.calendar.instant(state.request.end) + state.end_shift


def check_end(state: AuctionState, when: float) -> tuple[EndMoved, ...]:
    """Move the end of a timed auction if the clock on the wall has been set. At least its last
    minute is left."""
    if state.phase is not Phase.BIDDING or state.ends_at is None or state.paused_at is not None:
        return ()
    if state.is_stopped or state.ends_at - when <= LAST_MINUTE:
        return ()
    ends_at = max(promised_end(state), when + LAST_MINUTE)
    if abs(ends_at - state.ends_at) <= TOLERANCE:
        return ()
    calendar = state.terms.calendar
    return (EndMoved(ends_at, None if calendar is None else calendar.ahead or None),)


def reopen(
    state: AuctionState, command: Reopen, when: float
) -> tuple[Reopened] | tuple[Reopened, EndPostponed]:
    """Decide the deadline after the house was closed or halted."""
    deadline = state.deadline
    # A pause stopped the clock before. The start of a sale is a promise by the clock on the wall.
    if deadline is None or state.paused_at is not None or state.awaits_start:
        return (Reopened(deadline),)
    # As many seconds are left as when the clock stopped.
    moved = deadline + when - command.closed_at
    if state.phase is not Phase.BIDDING or state.ends_at is None:
        return (Reopened(moved),)
    deadline = promised_end(state)
    # After a cut, participants need time to come back. After a halt, they have lost its time alone.
    earliest = when + state.terms.resume_grace
    if not command.was_cut:
        earliest = min(earliest, moved)
    if deadline > earliest - SHORTEST_MOVE:
        return (Reopened(deadline),)
    return (Reopened(deadline), EndPostponed(earliest))
