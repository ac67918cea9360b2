"""The Auctioneer: runs one saleroom, at most one auction at a time."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from twisted.internet.interfaces import IDelayedCall, IReactorTime

from twisted_auction.house.notices import notices, refused
from twisted_auction.rules.auction import STANDARD_TERMS, Auction, Phase, Terms
from twisted_auction.rules.events import Arrive, Arrived, Command, Event, Leave, Say, Wake
from twisted_auction.rules.refusals import Refusal


class Connection(Protocol):
    """What the Auctioneer asks of the connection that a participant comes by."""

    @property
    def address(self) -> str:
        """Where it comes from, for the operator to read."""

    def send(self, lines: bytes) -> None:
        """Deliver these lines together. Must not raise, even where the other end is gone."""

    def dismiss(self, lines: bytes) -> None:
        """Deliver these last lines, then end the connection."""


@dataclass(frozen=True, slots=True, eq=False)
class Seat:
    """A participant's place in the auction that is on."""

    who: int
    connection: Connection


class Auctioneer:
    """One saleroom: who sits where, what time it is, and one auction after another.

    :param clock: tells the time and wakes the Auctioneer when an auction wants it.
    :param terms: what this house lays down for its auctions.
    :param watch: is told what has happened: one event, and those that it led to at once. Must not
        raise.
    """

    def __init__(
        self,
        clock: IReactorTime,
        terms: Terms = STANDARD_TERMS,
        watch: Callable[[Sequence[Event]], None] = lambda events: None,
    ) -> None:
        self.clock = clock
        self.terms = terms
        self._watch = watch
        self._auction = Auction(terms)
        self._seats: dict[int, Seat] = {}
        self._alarm: IDelayedCall | None = None
        self._alarm_at: float | None = None

    @property
    def status(self) -> int:
        """The assignment's state: 0 waiting for Seller, 1 waiting for Buyer."""
        return 0 if self._auction.phase in (Phase.EMPTY, Phase.REQUESTING) else 1

    def arrive(self, connection: Connection) -> Seat | None:
        """Give a newcomer its role, or turn it away.

        :return: its seat, or None where it was told why not and its connection closed.
        """
        try:
            events = self._decide(Arrive(connection.address))
        except Refusal as refusal:
            connection.dismiss(refused(refusal))
            return None
        arrived = events[0]
        assert isinstance(arrived, Arrived)
        seat = Seat(arrived.who, connection)
        self._seats[seat.who] = seat
        self._publish(events)
        return seat

    def hear(self, seat: Seat, line: bytes) -> None:
        """Take one line, without its LF, from a participant."""
        if not self._is_seated(seat):
            return
        try:
            events = self._decide(Say(seat.who, line))
        except Refusal as refusal:
            seat.connection.send(refused(refusal))
        else:
            self._publish(events)

    def leave(self, seat: Seat) -> None:
        """Let a participant go whose connection has ended."""
        if self._is_seated(seat):
            del self._seats[seat.who]
            self._publish(self._decide(Leave(seat.who)))

    def close(self) -> None:
        """End the connections of the auction that is on and forget it, without a result."""
        seats = self._clear()
        self._set_alarm()
        for seat in seats:
            seat.connection.dismiss(b"")

    def _is_seated(self, seat: Seat) -> bool:
        return self._seats.get(seat.who) is seat

    def _decide(self, command: Command) -> tuple[Event, ...]:
        return self._auction.decide(command, self.clock.seconds())

    def _publish(self, events: tuple[Event, ...]) -> None:
        """Let these events happen, and tell everyone concerned."""
        auction, seats = self._auction, self._seats
        letters: dict[Seat, bytes] = {}
        for event in events:
            auction.apply(event)
            for who, lines in notices(event, auction):
                seat = seats.get(who)
                if seat is not None:
                    letters[seat] = letters.get(seat, b"") + lines
        # The room is in order again before anybody hears of it: telling may bring back an answer.
        dismissed = self._clear() if auction.phase is Phase.ENDED else []
        self._set_alarm()
        last_letters = [(seat, letters.pop(seat, b"")) for seat in dismissed]
        for seat, lines in letters.items():
            seat.connection.send(lines)
        for seat, lines in last_letters:
            seat.connection.dismiss(lines)
        self._watch(events)

    def _clear(self) -> list[Seat]:
        """Make the room ready for the next auction.

        :return: the seats of the last one.
        """
        seats = list(self._seats.values())
        self._seats = {}
        self._auction = Auction(self.terms)
        return seats

    def _set_alarm(self) -> None:
        """Keep at most one timer: for the instant that the auction names."""
        wake_at = self._auction.wake_at
        if wake_at == self._alarm_at:
            return
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None
        if wake_at is not None:
            self._alarm = self.clock.callLater(max(0, wake_at - self.clock.seconds()), self._wake)
        self._alarm_at = wake_at

    def _wake(self) -> None:
        self._alarm = self._alarm_at = None
        self._publish(self._decide(Wake()))
