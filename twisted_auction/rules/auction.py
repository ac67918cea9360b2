"""One auction, or a sale of many lots, from the first arrival to the last result.

:mod:`~twisted_auction.rules.transitions` has the theory of operation.
"""

from twisted_auction.rules.arrivals import arrive, depart
from twisted_auction.rules.commands import (
    Abandon,
    Arrive,
    CheckEnd,
    Command,
    Leave,
    Order,
    Reconsider,
    Reopen,
    Say,
    Schedule,
    Speak,
    Stop,
    Wake,
)
from twisted_auction.rules.duels import contend, reconsider
from twisted_auction.rules.events import (
    RESULTS,
    Cancelled,
    Event,
    Left,
    SaleScheduled,
    Spoke,
    Stopped,
)
from twisted_auction.rules.evolution import evolve
from twisted_auction.rules.orders import carry_out
from twisted_auction.rules.stages import after_lot
from twisted_auction.rules.state import AuctionState
from twisted_auction.rules.timed import check_end, reopen
from twisted_auction.rules.timing import wake
from twisted_auction.rules.transitions import Phase
from twisted_auction.rules.words import say


class Overdue(Exception):
    """A wake was due before this command. This is a bug of the caller."""


class Auction(AuctionState):
    """The state of an auction, the decision on each command, and the change by each event."""

    __slots__ = ()

    apply = evolve

    def decide(self, command: Command, when: float) -> tuple[Event, ...]:
        """Decide the events that follow from a command. This changes nothing.

        :param when: this instant, in seconds.
        :return: the events, for :meth:`apply` one by one.
        :raises Refusal: if the command is not possible now.
        :raises Overdue: if :attr:`wake_at` has come and the command is not :class:`Wake`,
            :class:`Reopen` or :class:`Abandon`.
        :raises Exception: an exception of the format is a bug of the format.
        """
        is_due = self.wake_at is not None and when >= self.wake_at
        if is_due and not isinstance(command, Wake | Reopen | Abandon):
            raise Overdue(f"woken for {self.wake_at} first, not {command} at {when}")
        time = when if self.paused_at is None else self.paused_at
        match command:
            case Say():
                events = contend(self, say(self, command, when), command.allowances, when)
            case Reconsider():
                events = reconsider(self, command.allowances, when)
            case Arrive():
                events = arrive(self, command, time)
            case Speak():
                events = (Spoke(command.who),) if command.who in self.silent else ()
            case Leave():
                events = depart(self, Left(command.who))
            case Wake():
                events = wake(self, when) if is_due else ()
            case Order():
                events = carry_out(self, command, when)
                events = contend(self, events, command.allowances, when)
            case Schedule():
                assert self.phase is Phase.EMPTY and self.lots is not None
                events = (SaleScheduled(self.lots, command.starts_at),)
            case Abandon():
                is_on = self.phase not in (Phase.EMPTY, Phase.WAITING, Phase.ENDED)
                events = (Cancelled(command.reason),) if is_on else ()
            case Stop():
                is_on = self.phase not in (Phase.EMPTY, Phase.ENDED)
                events = (Stopped(),) if is_on else ()
            case Reopen():
                events = reopen(self, command, when)
            case CheckEnd():
                events = check_end(self, when)
        if events and type(events[-1]) in RESULTS and self.sale is not None:
            return (*events, *after_lot(self, time))
        return events
