"""Lines of participants in a room: what follows from them, and the answers to refused ones."""

from collections.abc import Callable
from functools import partial

from twisted_auction.house.early_lines import EarlyLines
from twisted_auction.house.refusal_notices import refusal_letter
from twisted_auction.house.runner import AuctionRunner
from twisted_auction.house.seats import Seat
from twisted_auction.rules.commands import Say, Speak
from twisted_auction.rules.events import MaximumSet, Raised
from twisted_auction.rules.refusals import (
    BiddingNotOpen,
    BidTooSoon,
    Refusal,
    RepeatBid,
    RepeatMaximum,
)

_PACED = frozenset({Raised, MaximumSet})
"""The events of lines whose rate is limited."""


class Lines:
    """Handles the lines of one room.

    :param runner: the runner of the room.
    :param early_lines: keeps lines until the settling time is over.
    :param refused: is called with each refusal that a participant is told.
    """

    __slots__ = ("_early_lines", "_refused", "_runner")

    def __init__(
        self,
        runner: AuctionRunner,
        early_lines: EarlyLines,
        refused: Callable[[Refusal], None],
    ) -> None:
        self._runner = runner
        self._early_lines = early_lines
        self._refused = refused

    def line_received(self, seat: Seat, line: bytes) -> None:
        """Handle a line of a participant, without its end."""
        runner = self._runner
        when = runner.pass_time()
        if not runner.seats.is_seated(seat):
            return
        if seat.who in runner.auction.silent:
            runner.publish(runner.decide(Speak(seat.who), when), when)
        # Only the next line can confirm a bid.
        repeats, seat.repeats = seat.repeats, None
        try:
            events = runner.decide(self._command(seat.who, line, repeats), when)
            if events and type(events[0]) in _PACED:
                runner.pace.count(seat.who, when)
        except Refusal as refusal:
            # The last Buyer may type its bid as soon as it is connected. Refusing the bid would
            # show the settling time, which exists for port scans only.
            is_early = isinstance(refusal, BiddingNotOpen) and runner.auction.is_settling
            # A call that is kept refers to this room, but only until settling is over. A room
            # without lasting cycles of references is freed as soon as it is forgotten.
            if is_early and self._early_lines.keep(seat, partial(self.line_received, seat, line)):
                return
            if isinstance(refusal, RepeatBid | RepeatMaximum):
                seat.repeats = refusal
            elif isinstance(refusal, BidTooSoon):
                seat.repeats = repeats  # a confirmation that came too soon can be sent again
            self._refused(refusal)
            runner.send(seat.connection, refusal_letter(refusal, seat.who, runner.auction))
        else:
            runner.publish(events, when, said=(seat.who, line.strip()))

    def _command(self, who: int, line: bytes, repeats: RepeatBid | RepeatMaximum | None) -> Say:
        """The command of a line.

        :param repeats: as :attr:`~twisted_auction.house.seats.Seat.repeats`.
        """
        if repeats is None and self._runner.commitments.people is None:
            return Say(who, line)  # the same, for most lines of most houses
        return Say(
            who,
            line,
            repeats.amount if isinstance(repeats, RepeatBid) else None,
            repeats.amount if isinstance(repeats, RepeatMaximum) else None,
            self._runner.commitments.limits(self._runner),
        )
