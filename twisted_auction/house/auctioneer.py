"""The Auctioneer: runs one saleroom, at most one auction at a time."""

from collections import deque
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger

from twisted_auction.house.notices import (
    CAME_BACK,
    CLOSING,
    NEWS,
    SALE_OVER,
    SEAT_GIVEN_UP,
    closing,
    headline,
    notices,
    refused,
    report,
    scene,
    sight,
    standing,
    whereabouts,
)
from twisted_auction.house.pace import Pace
from twisted_auction.house.peers import MAX_SEATS_PER_PEER, SeatsByPeer
from twisted_auction.house.tickets import AuctionTickets, TicketRegistry, digest_of
from twisted_auction.ledger.check import check_answer
from twisted_auction.ledger.journal import ImmediateJournal, Journal
from twisted_auction.rules.auction import Auction, Overdue
from twisted_auction.rules.events import (
    SELLER,
    Arrive,
    Arrived,
    BiddingClosed,
    Cancel,
    Cancelled,
    Close,
    Command,
    Event,
    Leave,
    Left,
    LotAnnounced,
    Missed,
    Passed,
    Raised,
    Reopen,
    Reopened,
    RequestAccepted,
    Say,
    Speak,
    Spoke,
    Stop,
    Stopped,
    Wake,
)
from twisted_auction.rules.refusals import (
    BiddingNotOpen,
    BidTooSoon,
    Busy,
    Ongoing,
    Refusal,
    RepeatBid,
)
from twisted_auction.rules.request import AuctionRequest
from twisted_auction.rules.terms import STANDARD_TERMS, Terms
from twisted_auction.rules.transitions import Phase
from twisted_auction.wire import messages
from twisted_auction.wire.letter import EMPTY, Letter

_log = Logger(namespace="auction")

_contain_watch = _log.failureHandler("What watches a room has failed.")
"""Logs what a watch raises, so that it costs no participant its connection."""

FAULT = "There is a fault in the format of the auction."
"""Why an auction is cancelled whose format fails."""

EARLY_LINES = 10
"""Lines that are kept for one Buyer who speaks in the settling time."""

NEWS_INTERVAL = 1 / 18
"""The least seconds from one telling of where bidding stands to the next. With both ends of a
second counted, and what one is told on arrival or on catching up, at most 20 in any second."""


Seen = TypeVar("Seen", Letter, str)

OURS = frozenset(
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
"""Events in which no format has a part."""


class Connection(Protocol):
    """What the Auctioneer asks of the connection that a participant comes by."""

    @property
    def address(self) -> str:
        """Where it comes from, for the operator to read."""

    @property
    def peer(self) -> str:
        """Whom its seats are counted for, such as an IP address; empty where they are not
        counted."""

    def takes_news(self) -> bool:
        """Whether news should be sent now. While what was sent before has not left, it should not;
        once everything has, the connection calls :meth:`Auctioneer.catch_up`."""

    def send(self, letter: Letter) -> None:
        """Deliver this letter in one piece. Must not raise, even where the other end is gone."""

    def dismiss(self, letter: Letter) -> None:
        """Deliver this last letter, then end the connection."""


MAIN = "main"
"""The name of a room if it is given no other."""

WATCHER = SELLER - 1
"""Pseudo participant number of a Watcher."""


@dataclass(slots=True, eq=False)
class Seat:
    """A participant's or a Watcher's place in the room, for as long as its connection lasts.

    :ivar repeats: the bid that it was asked to repeat, until it says anything, or another lot
        comes up.
    """

    who: int
    connection: Connection
    repeats: int | None = None


class Auctioneer:
    """One saleroom: who sits where, what time it is, and one auction after another.

    News of open bidding is conflated: where it stands is told at most every :data:`NEWS_INTERVAL`
    seconds, and less often where telling everyone takes longer than half of that, so that what
    participants say is always heard. What one participant alone is told is never held back, except
    until the journal has it.

    Who came with a ticket and loses its connection is away, and its place is kept for the terms'
    ``resume_grace`` seconds; the rules hear nothing of that.

    What a Buyer says in the settling time is kept, and heard once bidding is open.

    :param clock: tells the time and wakes the Auctioneer when something is due. It must not jump
        when the time of day is set, as ``time.time`` does.
    :param terms: what this house lays down for its auctions.
    :param watch: is told what has happened: one event, and those that it led to at once. What it
        raises is logged, and ends nothing.
    :param catalogue: the lots of a sale in which the house is the Seller and everyone who comes a
        Buyer; None where Sellers come with their requests.
    :param journal: where all that happens is written down; by default, nothing is.
    :param registry: where it is entered what the tickets of this room are good for.
    :param max_seats_per_peer: how many seats of one auction connections of the same
        :attr:`Connection.peer` may have; 0 is any number.
    :param name: the room's name in the journal.
    :ivar is_closed: whether no seat can be had.
    """

    __slots__ = (
        "_alarm",
        "_alarm_at",
        "_away",
        "_behind",
        "_early",
        "_halted_at",
        "_news_at",
        "_pace",
        "_peers",
        "_registry",
        "_seats",
        "_tickets",
        "_untold",
        "_watch",
        "_watchers",
        "auction",
        "catalogue",
        "clock",
        "is_closed",
        "journal",
        "max_seats_per_peer",
        "name",
        "terms",
    )

    def __init__(
        self,
        clock: IReactorTime,
        terms: Terms = STANDARD_TERMS,
        watch: Callable[[Sequence[Event]], None] = lambda events: None,
        catalogue: Sequence[AuctionRequest] | None = None,
        journal: Journal | None = None,
        registry: "TicketRegistry[Auctioneer] | None" = None,
        max_seats_per_peer: int = MAX_SEATS_PER_PEER,
        name: str = MAIN,
    ) -> None:
        self.clock = clock
        self.terms = terms
        self.catalogue = catalogue
        self.max_seats_per_peer = max_seats_per_peer
        self.name = name
        self.journal: Journal = ImmediateJournal() if journal is None else journal
        self.auction = Auction(terms, catalogue)
        self.is_closed = False
        self._watch = watch
        self._registry: TicketRegistry[Auctioneer] = (
            TicketRegistry() if registry is None else registry
        )
        self._seats: dict[int, Seat] = {}
        self._watchers: dict[Seat, None] = {}
        self._away: dict[int, float] = {}  # until when their places are kept, the soonest first
        self._tickets = AuctionTickets(self._registry.end)
        self._peers = SeatsByPeer(max_seats_per_peer)
        self._pace = Pace(terms.raise_rate)
        self._alarm: IDelayedCall | None = None
        self._alarm_at: float | None = None
        self._untold: Letter | None = None  # the headline of news that has not been told
        self._halted_at: float | None = None
        self._news_at = 0.0  # the instant from which news may be told
        self._behind: dict[Seat, None] = {}  # those who were spared the last news
        # What Buyers have said in the settling time, in the order in which they said it.
        self._early: dict[tuple[Seat, int], bytes] = {}

    @property
    def status(self) -> int:
        """The assignment's state: 0 waiting for Seller, 1 waiting for Buyer."""
        lacks_seller = self.auction.phase in (Phase.EMPTY, Phase.REQUESTING)
        return 0 if lacks_seller and self.catalogue is None else 1

    @property
    def is_idle(self) -> bool:
        """Whether nobody is there, and nothing is on."""
        return self.auction.phase is Phase.EMPTY and not self._watchers

    def arrive(self, connection: Connection, ticket: str | None = None) -> Seat | None:
        """Give a newcomer its role, or turn it away.

        :param ticket: a new one, with which the newcomer may come back.
        :return: its seat, or None where it was told why not and its connection closed.
        """
        if self.is_closed:
            self.journal.after_commit(lambda: connection.dismiss(CLOSING))
            return None
        when = self._pass_time()
        digest = None if ticket is None else digest_of(ticket)
        try:
            if not self._peers.has_room(connection.peer):
                raise Busy
            events = self._decide(Arrive(connection.address, digest), when)
        except Refusal as refusal:
            letter = refused(refusal)
            self.journal.after_commit(lambda: connection.dismiss(letter))
            return None
        if not events:
            letter = Letter(messages.AuctionCancelled(FAULT))
            self.journal.after_commit(lambda: connection.dismiss(letter))
            return None
        for event in events:
            if isinstance(event, Arrived):
                seat = self._seats[event.who] = Seat(event.who, connection)
        letters: dict[Seat, Letter] = {}
        if ticket is not None and digest is not None:
            self._registry.begin(digest, self, seat.who)
            letters[seat] = Letter(messages.TicketIs(ticket))
        self._publish(events, when, letters)
        return seat

    def resume(self, who: int, digest: str, connection: Connection) -> Seat | None:
        """Let a ticket holder sit down again, and tell it where things stand. The connection that
        it had before is closed. A ticket outlasts the grace for as long as a result concerns its
        holder, and as long as a newcomer would be let in.

        :param who: the participant whose seat the ticket was good for.
        :param digest: the digest of its ticket.
        :return: its seat, or None where it has no seat any more, and was told why.
        """
        when = self._pass_time()
        if self._tickets.digests.get(who) != digest:  # time has just ended what it was good for
            last = self._last_words(WATCHER, digest)
            self.journal.after_commit(lambda: connection.dismiss(last))
            return None
        old = self._seats.get(who)
        told = self._tickets.results.get(who, EMPTY)
        if old is None and who not in self._away:
            try:
                events = self._decide_return(who, digest, connection, when)
            except Refusal:
                last = self._last_words(who, digest)
                self.journal.after_commit(lambda: connection.dismiss(last))
                return None
            seat = self._seats[who] = Seat(who, connection)
            if events:
                self._publish(events, when, {seat: told})
                return seat
        self._away.pop(who, None)
        seat = self._seats[who] = Seat(who, connection)
        self._set_alarm()
        try:
            letter = told + whereabouts(who, self.auction, when)
        except Exception:
            self._fail(when)
            return seat if self._is_seated(seat) else None

        def publish() -> None:
            if old is not None:
                old.connection.dismiss(CAME_BACK)
            connection.send(letter)

        self.journal.after_commit(publish)
        return seat

    def give_up(self, who: int, digest: str) -> None:
        """Let a ticket holder leave for good, without waiting for it any longer.

        :param who: the participant whose seat the ticket was good for.
        :param digest: the digest of its ticket.
        """
        when = self._pass_time()
        if self._tickets.digests.get(who) != digest:  # time has just ended what it was good for
            return
        seat = self._seats.pop(who, None)
        self._lose(who, when)
        if seat is not None:
            self._behind.pop(seat, None)
            last = self._last_words(who, digest)
            self.journal.after_commit(lambda: seat.connection.dismiss(last))

    def look_on(self, connection: Connection) -> Seat:
        """Let a Watcher see what is public, from auction to auction."""
        when = self._pass_time()
        seat = Seat(WATCHER, connection)
        self._watchers[seat] = None
        letter = Letter(messages.RoleWatcher())
        letter += self._seen(lambda: scene(self.auction, when), when)
        self.journal.after_commit(lambda: connection.send(letter))
        return seat

    def hear(self, seat: Seat, line: bytes) -> None:
        """Take one line, without its LF, from a participant."""
        when = self._pass_time()
        if not self._is_seated(seat):
            return
        if seat.who in self.auction.silent:
            self._publish(self._decide(Speak(seat.who), when), when)
        repeats, seat.repeats = seat.repeats, None
        try:
            events = self._decide(Say(seat.who, line, repeats), when)
            if events and isinstance(events[0], Raised):
                self._pace.count(seat.who, when)
        except Refusal as refusal:
            if isinstance(refusal, BiddingNotOpen) and self._keep_early(seat, line):
                return
            if isinstance(refusal, RepeatBid):
                seat.repeats = refusal.amount
            elif isinstance(refusal, BidTooSoon):
                seat.repeats = repeats
            letter = refused(refusal, seat.who, self.auction)
            self.journal.after_commit(lambda: seat.connection.send(letter))
        else:
            self._publish(events, when, said=(seat.who, line.strip()))

    def leave(self, seat: Seat) -> None:
        """Let a participant or a Watcher go whose connection has ended."""
        self._behind.pop(seat, None)
        self._watchers.pop(seat, None)
        self._forget_early(seat)
        if not self._is_seated(seat):
            return
        when = self._pass_time()
        if not self._is_seated(seat):
            return
        del self._seats[seat.who]
        if seat.who not in self.auction.present:
            return  # it had left before, and came back only to hear the result
        if seat.who in self._tickets.digests and self.terms.resume_grace:
            self._away[seat.who] = when + self.terms.resume_grace
            self._set_alarm()
        else:
            self._lose(seat.who, when)

    def catch_up(self, seat: Seat) -> None:
        """Tell a participant that was spared the news where bidding stands now."""
        if seat not in self._behind:
            return
        del self._behind[seat]
        when = self.now
        view = scene if seat in self._watchers else standing
        try:
            letter = view(self.auction, when)
        except Exception:
            self._fail(when)
            return
        self.journal.after_commit(lambda: seat.connection.send(letter))

    def report(self) -> str:
        """Say in a few words how far the auction is."""
        when = self.now
        return self._seen(lambda: report(self.auction, when), when)

    def close_bidding(self) -> None:
        """End the bidding at once, as the operator wants it; the bids that are in decide.

        :raises Refusal: where bidding is not open.
        """
        when = self._pass_time()
        events = self._decide(Close(), when)
        if not events:
            raise BiddingNotOpen
        self._publish(events, when)

    def cancel(self, reason: str) -> None:
        """Call the auction off, as the operator wants it; in a sale, the lot that is up.

        :param reason: one sentence, for everyone to read.
        :raises Refusal: where there is no auction.
        """
        when = self._pass_time()
        self._publish(self.auction.decide(Cancel(reason), when), when)

    def reopen(self, auction: Auction, closed_at: float, tickets: AuctionTickets) -> None:
        """Go on with an auction that was on when the house was closed, or its server was killed.

        Everyone counts as cut off at that instant: ticket holders may come back, the others have
        left.

        :param auction: as the ledger has it.
        :param closed_at: the last instant that is known of it.
        :param tickets: those of its participants.
        """
        self.auction = auction
        self._tickets = tickets
        when = self.now
        for who, digest in tickets.digests.items():
            self._registry.begin(digest, self, who)
            if who in auction.present:
                self._away[who] = when + self.terms.resume_grace
        self._publish(auction.decide(Reopen(closed_at), when), when)
        for who in [who for who in auction.present if who not in tickets.digests]:
            when = self._pass_time()
            is_on = self.auction is auction and auction.phase is not Phase.ENDED
            if is_on:
                self._lose(who, when)

    def open(self) -> None:
        """Let seats be had, also after :meth:`close`."""
        self.is_closed = False

    def close(self) -> None:
        """Tell everyone that the house closes, let them go, and forget the auction that is on.
        Without a ledger it has no result, and a sale starts again with the first lot. From now on
        no seat can be had, until :meth:`open`."""
        self.is_closed = True
        if self.journal.is_durable:
            when = self._pass_time()
            self._publish(self.auction.decide(Stop(), when), when)
        auction, is_kept, digests = self.auction, self.journal.is_durable, self._tickets.digests
        letters = {
            seat: closing(
                seat.who,
                auction,
                is_kept,
                seat.who in digests
                and (self.terms.resume_grace > 0 or auction.needs_result(seat.who)),
            )
            for seat in self._seats.values()
        }
        letters.update(dict.fromkeys(self._watchers, CLOSING))
        self._registry.withdraw(digests.values())
        self.auction = Auction(self.terms, self.catalogue)
        self._tickets = AuctionTickets(self._registry.end)
        self._peers = SeatsByPeer(self.max_seats_per_peer)
        self._pace.clear()
        self._seats, self._watchers, self._away, self._behind = {}, {}, {}, {}
        self._early = {}
        self._untold = None
        self._set_alarm()

        def publish() -> None:
            for seat, last in letters.items():
                seat.connection.dismiss(last)

        self.journal.after_commit(publish)

    def _decide_return(
        self, who: int, digest: str, connection: Connection, when: float
    ) -> tuple[Event, ...]:
        """Say how a ticket holder sits down again whose seat was given up: as the Buyer that it
        was, if a newcomer would be let in; otherwise only to hear a result that concerns it,
        of which the auction need not know.

        :raises Refusal: where neither is possible.
        """
        try:
            if who in (SELLER, WATCHER):
                raise Ongoing
            if not (self._peers.has_seat(who) or self._peers.has_room(connection.peer)):
                raise Busy
            events = self._decide(Arrive(connection.address, digest, who), when)
            if not events:
                raise Ongoing
            return events
        except Refusal:
            if not self.auction.needs_result(who):
                raise
            return ()

    def _last_words(self, who: int, digest: str) -> Letter:
        """What a ticket is good for without a seat: results, and what has become of the seat."""
        last = self._registry.last_words(digest)
        if last is not None:
            return last
        letter = self._tickets.results.get(who, EMPTY)
        amount = self.auction.binding_bid(who)
        if amount is not None:
            letter += Letter(messages.BidStands(amount))
        return letter + SEAT_GIVEN_UP

    def _is_seated(self, seat: Seat) -> bool:
        return self._seats.get(seat.who) is seat

    @property
    def now(self) -> float:
        """This instant, in seconds on the room's clock. While the house is halted, it stands."""
        return self.clock.seconds() if self._halted_at is None else self._halted_at

    def halt(self) -> None:
        """Let the clock stand, because nothing can be written down."""
        if self._halted_at is None:
            self._halted_at = self._pass_time()
            self._set_alarm()

    def go_on(self) -> None:
        """Let the clock go on; nobody has less time left than when it stood."""
        if self._halted_at is None:
            return
        halted_at, self._halted_at = self._halted_at, None
        when = self.now
        self._away = {who: until + when - halted_at for who, until in self._away.items()}
        auction = self.auction
        if auction.deadline is None:
            self._set_alarm()
            return
        if auction.is_open and auction.phase is Phase.BIDDING:
            self._untold = self._untold or EMPTY  # how many seconds are left
        self._publish(auction.decide(Reopen(halted_at), when), when)

    def _pass_time(self) -> float:
        """Let happen what time alone leads to, before anything else does.

        :return: this instant.
        """
        when = self.now
        while True:
            if (wake_at := self.auction.wake_at) is not None and when >= wake_at:
                self._let_time_act(wake_at, when)
            elif self._away and when >= next(iter(self._away.values())):
                self._lose(next(iter(self._away)), when)
            else:
                return when

    def _let_time_act(self, wake_at: float, when: float) -> None:
        auction, lot, is_bidding = self.auction, self.auction.lot, self._is_bidding
        self._publish(self._decide(Wake(), when), when)
        is_on = self.auction is auction and auction.lot == lot and self._is_bidding
        if is_bidding and is_on and auction.wake_at is not None and auction.wake_at <= wake_at:
            self._fail(when, "it wants to be woken again and again")

    @property
    def _is_bidding(self) -> bool:
        return self.auction.phase is Phase.BIDDING

    def _lose(self, who: int, when: float) -> None:
        """Let a participant leave the auction, if it is there."""
        auction = self.auction
        if not self._leaves(who, when) and self.auction is auction and who in auction.present:
            self._leaves(who, self._pass_time())  # the lot is cancelled, and the sale goes on

    def _leaves(self, who: int, when: float) -> bool:
        if self.auction.phase is Phase.ENDED or who not in self.auction.present:
            return False
        events = self._decide(Leave(who), when)
        self._publish(events, when)
        return bool(events)

    def _decide(self, command: Command, when: float) -> tuple[Event, ...]:
        """Say what follows from a command. Where the format fails, which is a mistake in it, the
        auction is cancelled, and nothing follows any more.

        :raises Refusal: where the command is not possible now.
        """
        try:
            return tuple(self.auction.decide(command, when))
        except (Refusal, Overdue):
            raise
        except Exception:
            self._fail(when)
            return ()

    def _fail(self, when: float, why: str = "") -> None:
        """Cancel the auction, because its format fails; no other one notices."""
        self._publish(self._cancellation(when, why), when)

    def _cancellation(self, when: float, why: str = "") -> tuple[Event, ...]:
        """Log how a format fails, which is the exception that is being handled unless ``why`` says
        it, and say what follows."""
        name = "?" if self.auction.request is None else type(self.auction.format).__name__
        if why:
            _log.error("The format {name} has failed: {why}.", name=name, why=why)
        else:
            _log.failure("The format {name} has failed.", name=name)
        if self.auction.phase is Phase.ENDED:  # its result stands
            return ()
        return self.auction.decide(Cancel(FAULT), when)

    def _seen(self, view: Callable[[], Seen], when: float) -> Seen:
        """What a participant sees; each lot that cannot be shown is cancelled."""
        while True:
            try:
                return view()
            except Exception:
                self._fail(when)

    def _publish(
        self,
        events: tuple[Event, ...],
        when: float,
        letters: dict[Seat, Letter] | None = None,
        said: tuple[int, bytes] | None = None,
    ) -> None:
        """Let these events happen, and tell everyone concerned.

        What a format has a part in is looked at before it happens. Where it could not be read back
        from a ledger, or the format fails, what has happened until then stands, and the auction is
        cancelled.

        :param letters: what is told before.
        :param said: the participant and the line to which they are the answer, if they are.
        """
        auction, seats = self.auction, self._seats
        letters = {} if letters is None else letters
        dismissed: list[Seat] = []
        view = EMPTY
        happened: list[Event] = []
        queue = deque(events)
        while queue:
            event = queue.popleft()
            told: Collection[tuple[int, Letter]] = ()
            try:
                if type(event) not in OURS:
                    is_closed = bool(happened) and type(happened[-1]) is BiddingClosed
                    check_answer(auction, event, when, is_closed, None if happened else said)
                auction.apply(event)
                happened.append(event)
                if auction.fault is not None and self._is_bidding:
                    raise auction.fault
                told = notices(event, auction, when)
                if self._watchers:
                    view += sight(event, auction)
            except Exception:
                queue = deque(self._cancellation(when))
                if not happened or happened[-1] is not event:
                    continue
            for who, letter in told:
                seat = seats.get(who)
                if seat is not None and letter:
                    letters[seat] = letters.get(seat, EMPTY) + letter
            self._tickets.take(event, auction, told)
            if type(event) in NEWS and auction.is_open:
                self._untold = headline(event) or self._untold or EMPTY
            elif isinstance(event, Arrived):
                self._peers.take(event.who, seats[event.who].connection.peer)
            elif isinstance(event, Left):
                self._away.pop(event.who, None)
                if event.who not in auction.bids:
                    self._free_seat(event.who)
                if event.who in seats:
                    dismissed.append(seats.pop(event.who))  # it was silent for too long
            elif isinstance(event, LotAnnounced):
                self._pace.clear()
                for who in self._peers.all_but(auction.present):
                    self._free_seat(who)
                for seat in seats.values():
                    seat.repeats = None
        if auction.phase is not Phase.BIDDING:
            self._untold = None
            if self._behind:  # there is no news to catch up with, but for Watchers
                self._behind = {seat: None for seat in self._behind if seat in self._watchers}
        if auction.phase is Phase.ENDED and auction.lots is not None:
            view += SALE_OVER
            for seat in seats.values():
                letters[seat] = letters.get(seat, EMPTY) + SALE_OVER
        if view:
            self._tell(self._watchers, view, letters)
        is_telling = self._untold is not None and when >= self._news_at
        has_failed = is_telling and not self._tell_news(letters, when)
        # The room is in order before any participant hears of it: telling may bring back an answer.
        if auction.phase is Phase.ENDED:
            dismissed += self._clear()
        self._set_alarm()
        last_letters = [(seat, letters.pop(seat, EMPTY)) for seat in dismissed]

        def publish() -> None:
            for seat, letter in letters.items():
                seat.connection.send(letter)
            for seat, letter in last_letters:
                seat.connection.dismiss(letter)
            if is_telling:
                now = self.now
                self._news_at = max(self._news_at, now + (now - when))
            if happened:
                with _contain_watch:
                    self._watch(happened)

        if happened:
            self.journal.record(self.name, happened, when, self.auction.wake_at is not None)
        self.journal.after_commit(publish)
        if has_failed:
            self._fail(when, "it has no asking price")
        if self._early and not self.auction.is_settling:
            self._hear_early()

    def _free_seat(self, who: int) -> None:
        """A participant has left, and no bid of it is kept. In a sale, its results may be."""
        if who not in self._tickets.digests:
            self._peers.free(who)
        elif (other := self._peers.set_aside(who)) is not None:
            self._tickets.let_go(other)

    def _keep_early(self, seat: Seat, line: bytes) -> bool:
        """Keep what a Buyer says in the settling time.

        :return: whether it is kept: not at other times, and no more than :data:`EARLY_LINES`.
        """
        if not self.auction.is_settling:
            return False
        for place in range(EARLY_LINES):
            if (seat, place) not in self._early:
                self._early[seat, place] = line
                return True
        return False

    def _forget_early(self, seat: Seat) -> None:
        if self._early:
            for place in range(EARLY_LINES):
                self._early.pop((seat, place), None)

    def _hear_early(self) -> None:
        """Hear what was said in the settling time, which is over: bidding is open, or a Buyer is
        missing again."""
        early, self._early = self._early, {}
        for (seat, _), line in early.items():
            self.hear(seat, line)

    def _tell_news(self, letters: dict[Seat, Letter], when: float) -> bool:
        """Add where bidding stands to the letters of all who can take it.

        :return: whether the format could say where it stands.
        """
        assert self._untold is not None
        headlines, self._untold = self._untold, None
        self._news_at = when + NEWS_INTERVAL
        try:
            news = headlines + standing(self.auction, when)
        except Exception:
            _log.failure("A format cannot say where bidding stands.")
            return False
        self._tell(self._seats.values(), news, letters)
        self._tell(self._watchers, news, letters)
        return True

    def _tell(self, seats: Iterable[Seat], letter: Letter, letters: dict[Seat, Letter]) -> None:
        for seat in seats:
            if seat.connection.takes_news():
                letters[seat] = letters.get(seat, EMPTY) + letter
            else:
                self._behind[seat] = None

    def _clear(self) -> list[Seat]:
        """Make the room ready for the next auction; after a sale there is none.

        :return: the seats of the last one.
        """
        seats = list(self._seats.values())
        self._seats = {}
        self._away = {}
        self._tickets.end(self.auction)
        self._peers = SeatsByPeer(self.max_seats_per_peer)
        self._pace.clear()
        if self.catalogue is None:
            self.auction = Auction(self.terms)
        return seats

    def _set_alarm(self) -> None:
        """Keep at most one timer: for the auction, for a place that is kept, or for news that is
        held back."""
        at = self.auction.wake_at
        if self._away:
            until = next(iter(self._away.values()))
            at = until if at is None else min(at, until)
        if self._untold is not None:
            at = self._news_at if at is None else min(at, self._news_at)
        if self._halted_at is not None:
            at = None
        if at == self._alarm_at:
            return
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None
        if at is not None:
            self._alarm = self.clock.callLater(max(0, at - self.now), self._wake)
        self._alarm_at = at

    def _wake(self) -> None:
        self._alarm = self._alarm_at = None
        self._publish((), self._pass_time())
