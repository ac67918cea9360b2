"""The Auctioneer: runs one saleroom, at most one auction at a time."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from twisted.internet.interfaces import IDelayedCall, IReactorTime

from twisted_auction.house.notices import CLOSING, NEWS, headline, notices, refused, standing
from twisted_auction.rules.auction import STANDARD_TERMS, Auction, Phase, Terms
from twisted_auction.rules.events import (
    Arrive,
    Arrived,
    Cancel,
    Close,
    Event,
    Leave,
    Left,
    Say,
    Wake,
)
from twisted_auction.rules.refusals import Refusal
from twisted_auction.rules.request import AuctionRequest

NEWS_INTERVAL = 1 / 18
"""The least seconds from one telling of where bidding stands to the next. With both ends of a
second counted, and what one is told on arrival or on catching up, at most 20 in any second."""


class Connection(Protocol):
    """What the Auctioneer asks of the connection that a participant comes by."""

    @property
    def address(self) -> str:
        """Where it comes from, for the operator to read."""

    def takes_news(self) -> bool:
        """Whether news should be sent now. While what was sent before has not left, it should not;
        once everything has, the connection calls :meth:`Auctioneer.catch_up`."""

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

    News of open bidding is conflated: where it stands is told at most every :data:`NEWS_INTERVAL`
    seconds, and less often where telling everyone takes longer than half of that, so that what
    participants say is always heard. What one participant alone is told is never held back.

    :param clock: tells the time and wakes the Auctioneer when something is due. It must not jump
        when somebody sets the time of day, as ``time.time`` does.
    :param terms: what this house lays down for its auctions.
    :param watch: is told what has happened: one event, and those that it led to at once. Must not
        raise.
    :param catalogue: the lots of a sale in which the house is the Seller and everyone who comes a
        Buyer; None where Sellers come with their requests.
    """

    def __init__(
        self,
        clock: IReactorTime,
        terms: Terms = STANDARD_TERMS,
        watch: Callable[[Sequence[Event]], None] = lambda events: None,
        catalogue: Sequence[AuctionRequest] | None = None,
    ) -> None:
        self.clock = clock
        self.terms = terms
        self.catalogue = catalogue
        self.auction = Auction(terms, catalogue)
        self._watch = watch
        self._seats: dict[int, Seat] = {}
        self._alarm: IDelayedCall | None = None
        self._alarm_at: float | None = None
        self._untold: bytes | None = None  # the headline of news that has not been told
        self._news_at = 0.0  # the instant from which news may be told
        self._behind: set[Seat] = set()  # those who were spared the last news

    @property
    def status(self) -> int:
        """The assignment's state: 0 waiting for Seller, 1 waiting for Buyer."""
        lacks_seller = self.auction.phase in (Phase.EMPTY, Phase.REQUESTING)
        return 0 if lacks_seller and self.catalogue is None else 1

    def arrive(self, connection: Connection) -> Seat | None:
        """Give a newcomer its role, or turn it away.

        :return: its seat, or None where it was told why not and its connection closed.
        """
        when = self._pass_time()
        try:
            events = self.auction.decide(Arrive(connection.address), when)
        except Refusal as refusal:
            connection.dismiss(refused(refusal))
            return None
        for event in events:
            if isinstance(event, Arrived):
                seat = self._seats[event.who] = Seat(event.who, connection)
        self._publish(events, when)
        return seat

    def hear(self, seat: Seat, line: bytes) -> None:
        """Take one line, without its LF, from a participant."""
        when = self._pass_time()
        if not self._is_seated(seat):
            return
        try:
            events = self.auction.decide(Say(seat.who, line), when)
        except Refusal as refusal:
            seat.connection.send(refused(refusal))
        else:
            self._publish(events, when)

    def leave(self, seat: Seat) -> None:
        """Let a participant go whose connection has ended."""
        if not self._is_seated(seat):
            return
        when = self._pass_time()
        if self._is_seated(seat):  # still
            del self._seats[seat.who]
            self._behind.discard(seat)
            self._publish(self.auction.decide(Leave(seat.who), when), when)

    def catch_up(self, seat: Seat) -> None:
        """Tell a participant who was spared the news where bidding stands now."""
        if seat in self._behind:
            self._behind.remove(seat)
            seat.connection.send(standing(self.auction, self.clock.seconds()))

    def close_bidding(self) -> None:
        """End the bidding at once, as the operator wants it; the bids that are in decide.

        :raises Refusal: where bidding is not open.
        """
        when = self._pass_time()
        self._publish(self.auction.decide(Close(), when), when)

    def cancel(self, reason: str) -> None:
        """Call the auction off, as the operator wants it; in a sale, the lot that is up.

        :param reason: one sentence, for everyone to read.
        :raises Refusal: where there is no auction.
        """
        when = self._pass_time()
        self._publish(self.auction.decide(Cancel(reason), when), when)

    def close(self) -> None:
        """Tell everyone that the house closes, let them go, and forget the auction that is on,
        without a result. A sale starts again with the first lot."""
        seats = self._clear()
        self.auction = Auction(self.terms, self.catalogue)
        self._set_alarm()
        for seat in seats:
            seat.connection.dismiss(CLOSING)

    def _is_seated(self, seat: Seat) -> bool:
        return self._seats.get(seat.who) is seat

    def _pass_time(self) -> float:
        """Let happen what time alone leads to, before anything else does.

        :return: this instant.
        """
        when = self.clock.seconds()
        while (wake_at := self.auction.wake_at) is not None and when >= wake_at:
            self._publish(self.auction.decide(Wake(), when), when)
        return when

    def _publish(self, events: tuple[Event, ...], when: float) -> None:
        """Let these events happen, and tell everyone concerned."""
        auction, seats = self.auction, self._seats
        letters: dict[Seat, bytes] = {}
        dismissed: list[Seat] = []
        for event in events:
            auction.apply(event)
            for who, lines in notices(event, auction, when):
                seat = seats.get(who)
                if seat is not None and lines:
                    letters[seat] = letters.get(seat, b"") + lines
            if type(event) in NEWS and auction.is_open:
                self._untold = headline(event) or self._untold or b""
            elif isinstance(event, Left) and event.who in seats:
                dismissed.append(seats.pop(event.who))  # it was silent for too long
        if auction.phase is not Phase.BIDDING:
            self._untold = None
            self._behind.clear()
        is_telling = self._untold is not None and when >= self._news_at
        if is_telling:
            self._tell_news(letters, when)
        # The room is in order again before anybody hears of it: telling may bring back an answer.
        if auction.phase is Phase.ENDED:
            dismissed += self._clear()
        self._set_alarm()
        last_letters = [(seat, letters.pop(seat, b"")) for seat in dismissed]
        for seat, lines in letters.items():
            seat.connection.send(lines)
        for seat, lines in last_letters:
            seat.connection.dismiss(lines)
        if is_telling:
            now = self.clock.seconds()
            self._news_at = max(self._news_at, now + (now - when))
        if events:
            self._watch(events)

    def _tell_news(self, letters: dict[Seat, bytes], when: float) -> None:
        """Add where bidding stands to the letters of all who can take it."""
        assert self._untold is not None
        news = self._untold + standing(self.auction, when)
        self._untold = None
        self._news_at = when + NEWS_INTERVAL
        for seat in self._seats.values():
            if seat.connection.takes_news():
                letters[seat] = letters.get(seat, b"") + news
            else:
                self._behind.add(seat)

    def _clear(self) -> list[Seat]:
        """Make the room ready for the next auction. After a sale there is none.

        :return: the seats of the last one.
        """
        seats = list(self._seats.values())
        self._seats = {}
        self._behind = set()
        self._untold = None
        if self.catalogue is None:
            self.auction = Auction(self.terms)
        return seats

    def _set_alarm(self) -> None:
        """Keep at most one timer: for the auction, or for news that is held back."""
        at = self.auction.wake_at
        if self._untold is not None:
            at = self._news_at if at is None else min(at, self._news_at)
        if at == self._alarm_at:
            return
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None
        if at is not None:
            self._alarm = self.clock.callLater(max(0, at - self.clock.seconds()), self._wake)
        self._alarm_at = at

    def _wake(self) -> None:
        self._alarm = self._alarm_at = None
        self._publish((), self._pass_time())
