"""One auction after another in a room: decide, apply, record, deliver."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from twisted.logger import Logger

from twisted_auction.house.alarms import Alarms
from twisted_auction.house.containment import apply, cancellation
from twisted_auction.house.early_lines import EarlyLines
from twisted_auction.house.outgoing import Outgoing
from twisted_auction.house.pace import Pace
from twisted_auction.house.persons import Persons
from twisted_auction.house.price_feed import PriceFeed
from twisted_auction.house.room_clock import RoomClock, earlier
from twisted_auction.house.seats import Connection, Seats
from twisted_auction.house.snapshots import sale_over
from twisted_auction.ledger.journal import Journal
from twisted_auction.rules.auction import Auction, Overdue
from twisted_auction.rules.commands import Command, Leave, Reconsider, Reopen, Wake
from twisted_auction.rules.events import Event, LotAnnounced, Resumed
from twisted_auction.rules.refusals import Refusal
from twisted_auction.rules.request import Lot
from twisted_auction.rules.terms import Terms
from twisted_auction.rules.transitions import Phase
from twisted_auction.wire.letter import EMPTY, Letter

_log = Logger(namespace="auction")

_contain_watch = _log.failureHandler("What watches a room has failed.")
"""Logs an exception of a watch, so no participant loses its connection."""

Watch = Callable[[Sequence[Event]], None]
"""A function that receives the events of a room."""

Described = TypeVar("Described", Letter, str)


class AuctionRunner:
    """Runs the auctions of one room.

    Every command takes the same path. :meth:`decide` returns its events. :meth:`publish` applies
    them to the auction, the seats and the price feed, and records them in the journal. After the
    commit, the letters about them leave.

    Events due at an earlier instant must happen first, so a caller begins with :meth:`pass_time`.

    :param name: the name of the room in the journal.
    :param alarms: the alarms of the house.
    :param watch: is called with the events of each :meth:`publish`, after their letters have left.
    :param persons: what concerns the persons of the house.
    :ivar auction: the current auction; an empty one if nothing is on.
    :ivar classroom: adds valuations to letters.
    :ivar room_clock: the time of the room, which can be halted.
    :ivar pace: the rate limit on raises.
    :ivar price_feed: the price updates of open bidding.
    """

    __slots__ = (
        "_early_lines",
        "_persons",
        "_watch",
        "auction",
        "catalogue",
        "classroom",
        "commitments",
        "journal",
        "name",
        "pace",
        "price_feed",
        "room_clock",
        "seats",
        "terms",
    )

    def __init__(
        self,
        name: str,
        alarms: Alarms,
        terms: Terms,
        catalogue: Sequence[Lot] | None,
        journal: Journal,
        seats: Seats,
        early_lines: EarlyLines,
        watch: Watch,
        persons: Persons,
    ) -> None:
        self.name = name
        self.terms = terms
        self.catalogue = catalogue
        self.journal = journal
        self.seats = seats
        self.auction = Auction(terms, catalogue)
        self.room_clock = RoomClock(alarms)
        self.pace = Pace(terms.raise_rate)
        self.price_feed = PriceFeed()
        self._early_lines = early_lines
        self._watch = watch
        self._persons = persons if persons.are_known else None
        self.classroom = persons.classroom
        self.commitments = persons.commitments

    def decide(self, command: Command, when: float) -> tuple[Event, ...]:
        """The events of a command; none if the format fails and the auction is cancelled.

        :raises Refusal: if the command is not possible now.
        """
        try:
            return tuple(self.auction.decide(command, when))
        except (Refusal, Overdue):
            raise
        except Exception:
            self.fail(when)
            return ()

    def publish(
        self,
        events: tuple[Event, ...],
        when: float,
        outgoing: Outgoing | None = None,
        said: tuple[int, bytes] | None = None,
    ) -> list[Event]:
        """Apply events, record them, and send the letters about them after the commit.

        :param outgoing: the beginnings of these letters.
        :param said: the participant and the line behind the events, if there was a line.
        :return: what has happened. If the format fails, it ends with a cancellation.
        """
        if outgoing is None:
            outgoing = Outgoing()
        auction = self.auction
        happened = self._apply(events, when, outgoing, said)
        feed = self.price_feed
        # Sealed auctions have no price updates, and are spared the calls of the feed.
        is_feeding = feed.pending is not None or bool(feed.lagging)
        if is_feeding and auction.phase is not Phase.BIDDING:
            feed.stop(self.seats.watchers)
        # Added after the letters about the events: the price is the one after these events.
        is_price_told = is_feeding and feed.is_due(when)
        is_faulty = is_price_told and not self._tell_price(when, outgoing)
        # The room is in order before any participant is told: a connection may answer at once.
        if auction.phase is Phase.ENDED:
            self._end_auction(outgoing)
        self.set_alarm()

        def deliver() -> None:
            outgoing.deliver()
            if is_price_told:
                feed.has_told(when, self.room_clock.now)
            # The watch comes last, so it delays no letter.
            if happened:
                with _contain_watch:
                    self._watch(happened)

        if happened:
            self.journal.record(self.name, happened, when, self.auction.wake_at is not None)
        # Nothing leaves before the commit, not even a price update without new events: it may tell
        # of an earlier event, still uncommitted, which a crash would undo.
        self.journal.after_commit(deliver)
        # Only now: the events above are recorded, and the cancellation must come after them.
        failed = self.fail(when, "it has no asking price") if is_faulty else []
        # Settling is over: bidding has opened, or a Buyer has left again.
        if self._early_lines.lines and not self.auction.is_settling:
            self._early_lines.pass_on()
        return happened + failed

    def fail(self, when: float, why: str = "") -> list[Event]:
        """Cancel the auction, because its format fails. No other auction is affected.

        :param why: as for :func:`~twisted_auction.house.containment.cancellation`.
        """
        return self.publish(cancellation(self.auction, when, why), when)

    def describe(self, make: Callable[[], Described], when: float) -> Described:
        """A snapshot or a report. A lot is cancelled if its format cannot describe it."""
        while True:
            try:
                return make()
            except Exception:
                self.fail(when)

    def send(self, connection: Connection, letter: Letter) -> None:
        """Send a letter after the commit of all earlier events."""
        self.journal.after_commit(lambda: connection.send(letter))

    def dismiss(self, connection: Connection, letter: Letter) -> None:
        """Send a last letter after the commit of all earlier events, and close the connection."""
        self.journal.after_commit(lambda: connection.dismiss(letter))

    def pass_time(self) -> float:
        """Publish all events due by now.

        :return: the present instant, in seconds.
        """
        when = self.room_clock.now
        while True:
            # One at a time: each event can change which one is due next.
            wake_at = self.auction.wake_at
            if wake_at is not None and when >= wake_at:
                self._let_time_act(wake_at, when)
            elif (
                self.seats.away
                and self.auction.paused_at is None
                and (who := self.seats.overdue(when)) is not None
            ):
                self.lose(who, when)
            else:
                return when

    def lose(self, who: int, when: float) -> None:
        """Let a participant leave the auction, if it is there."""
        auction = self.auction
        if not self._leave(who, when) and self.auction is auction and who in auction.present:
            self._leave(who, self.pass_time())  # a faulty lot was cancelled, and the sale goes on

    def set_alarm(self) -> None:
        """Set the alarm to the first instant of the auction, a seat's grace and a price update."""
        when = self.auction.wake_at
        if self.seats.away and self.auction.paused_at is None:
            when = earlier(when, self.seats.kept_until)
        if self.price_feed.pending is not None:
            when = earlier(when, self.price_feed.due_at)
        self.room_clock.set_alarm(when, self._wake)

    def reconsider(self) -> None:
        """Let the maxima bid for which the limits of their persons leave more now."""
        when = self.pass_time()
        self.publish(self.decide(Reconsider(self.commitments.limits(self)), when), when)

    def reset(self) -> None:
        """Forget the current auction, all seats, early lines and price updates."""
        self.auction = Auction(self.terms, self.catalogue)
        self.seats.clear()
        self.pace.clear()
        self.price_feed.clear()
        self._early_lines.clear()
        self.set_alarm()

    def halt(self) -> None:
        """Halt the clock, because nothing can be recorded."""
        if not self.room_clock.is_halted:
            # Events due by now happen first. They wait in memory for the ledger.
            self.room_clock.halt(self.pass_time())

    def go_on(self) -> None:
        """Let the clock go on. All participants have as much time left as when it halted."""
        if not self.room_clock.is_halted:
            return
        halted_at = self.room_clock.go_on()
        when = self.room_clock.now
        auction = self.auction
        # In a pause, all times move at its end.
        if auction.paused_at is None:
            self.seats.postpone(halted_at, when)
        if auction.deadline is None or auction.paused_at is not None:
            self.set_alarm()
            return
        # For the rules, the halt is like a restart: they move the deadline by its length.
        if auction.is_open and auction.phase is Phase.BIDDING:
            self.price_feed.add()
        self.publish(auction.decide(Reopen(halted_at, was_cut=False), when), when)

    def _apply(
        self,
        events: tuple[Event, ...],
        when: float,
        outgoing: Outgoing,
        said: tuple[int, bytes] | None,
    ) -> list[Event]:
        """Apply events, and add the letters about them.

        :return: the applied events. If the format fails, they end with a cancellation.
        """
        auction, seats, paused_at = self.auction, self.seats, self.auction.paused_at
        was_over = auction.phase is Phase.ENDED
        is_watched = bool(seats.watchers)
        watcher_letter = EMPTY
        happened = []
        for event, told, seen in apply(auction, events, when, said, is_watched):
            happened.append(event)
            if self._persons is not None:
                told = self._persons.follow(event, self, told, when)
            if paused_at is not None and isinstance(event, Resumed):
                seats.postpone(paused_at, event.at)
            if is_watched:
                watcher_letter += seen
            for who, letter in told:
                seat = seats.seated.get(who)
                if seat is not None and letter:
                    outgoing.add(seat, letter)
            left = seats.follow(event, auction, told)
            if left is not None:
                outgoing.add_last([left])
            if auction.is_open:
                self.price_feed.follow(event)
            if type(event) is LotAnnounced:
                self.pace.clear()
        if auction.phase is Phase.ENDED and not was_over and auction.lots is not None:
            watcher_letter += sale_over(auction)
            for seat in seats.seated.values():
                outgoing.add(seat, sale_over(auction))
        if is_watched and watcher_letter:
            self.price_feed.tell(seats.watchers, watcher_letter, outgoing)
        return happened

    def _tell_price(self, when: float, outgoing: Outgoing) -> bool:
        """Add the price update that is due.

        :return: False if the format cannot say where bidding stands.
        """
        try:
            letter = self.price_feed.take_update(self.auction, when)
        except Exception:
            _log.failure("A format cannot say where bidding stands.")
            return False
        # One letter for all seats, so each coding of it is rendered once.
        self.price_feed.tell(self.seats.seated.values(), letter, outgoing)
        self.price_feed.tell(self.seats.watchers, letter, outgoing)
        return True

    def _end_auction(self, outgoing: Outgoing) -> None:
        """Close all connections of the auction, and begin the next one; after a sale there is
        none."""
        outgoing.add_last(self.seats.end(self.auction))
        self.pace.clear()
        if self.catalogue is None:
            self.auction = Auction(self.terms)

    def _let_time_act(self, wake_at: float, when: float) -> None:
        # Bidding must get on with each wake: a faulty format could keep the server busy for ever.
        auction, lot, was_bidding = self.auction, self.auction.lot, self._is_bidding
        self.publish(self.decide(Wake(), when), when)
        is_on = self.auction is auction and auction.lot == lot and self._is_bidding
        if was_bidding and is_on and auction.wake_at is not None and auction.wake_at <= wake_at:
            self.fail(when, "it wants to be woken again and again")

    @property
    def _is_bidding(self) -> bool:
        return self.auction.phase is Phase.BIDDING

    def _leave(self, who: int, when: float) -> bool:
        if self.auction.phase is Phase.ENDED or who not in self.auction.present:
            return False
        events = self.decide(Leave(who), when)
        self.publish(events, when)
        return bool(events)

    def _wake(self) -> None:
        # pass_time() has published the events due. A price update may be due, too.
        self.publish((), self.pass_time())
