"""The Auctioneer: runs one saleroom, at most one auction at a time."""

from collections.abc import Callable, Sequence

from twisted.internet.interfaces import IReactorTime

from twisted_auction.house.alarms import Alarms
from twisted_auction.house.closing import CLOSING, closing_letters
from twisted_auction.house.containment import FAULT
from twisted_auction.house.early_lines import EarlyLines
from twisted_auction.house.lines import Lines
from twisted_auction.house.orders import Orders
from twisted_auction.house.outgoing import Outgoing
from twisted_auction.house.peers import MAX_SEATS_PER_PEER
from twisted_auction.house.persons import Persons
from twisted_auction.house.refusal_notices import refusal_letter
from twisted_auction.house.reports import report
from twisted_auction.house.returns import Returns
from twisted_auction.house.runner import AuctionRunner, Watch
from twisted_auction.house.seats import WATCHER, Connection, Occupancy, Seat, Seats
from twisted_auction.house.snapshots import price_update, watcher_snapshot
from twisted_auction.house.tickets import AuctionTickets, TicketRegistry, digest_of, key_of
from twisted_auction.ledger.journal import ImmediateJournal, Journal
from twisted_auction.rules.auction import Auction
from twisted_auction.rules.commands import Arrive, Reopen, Stop
from twisted_auction.rules.events import Arrived
from twisted_auction.rules.refusals import Busy, Refusal
from twisted_auction.rules.request import Lot
from twisted_auction.rules.terms import STANDARD_TERMS, Terms
from twisted_auction.rules.transitions import Phase
from twisted_auction.wire import messages
from twisted_auction.wire.letter import EMPTY, Letter

MAIN = "main"
"""The name of a room that is given no other."""


class Auctioneer:
    """One saleroom, as connections and the operator use it.

    A connection gets a seat from :meth:`arrive`, from :meth:`admit_watcher`, or from
    :attr:`returns` if its participant comes back. It passes lines to :meth:`line_received`, and
    calls :meth:`leave` once it has ended. Commands go to the
    :class:`~twisted_auction.house.runner.AuctionRunner` of the room.

    A letter to one participant leaves after its commit, without another delay. Price updates to
    everyone are conflated by the :class:`~twisted_auction.house.price_feed.PriceFeed`.

    :param clock: tells the time and wakes the Auctioneer when something is due. It must not jump
        when the time of day is set, as ``time.time`` does.
    :param terms: the limits and times of this house.
    :param watch: is called with each event and its immediate consequences, after their letters have
        left. Its exceptions are logged.
    :param catalogue: the lots of a sale in which the house is the Seller and every participant a
        Buyer; None if Sellers come with their requests.
    :param journal: records what happens; by default, nothing is recorded.
    :param registry: has the tickets of all rooms.
    :param max_seats_per_peer: largest number of seats in one auction for connections of the same
        :attr:`~twisted_auction.house.seats.Connection.peer`; 0 for any number.
    :param name: the name of the room in the journal.
    :param persons: what concerns the persons of the house; None without any.
    :param refused: is called with each refusal of a line.
    :param alarms: the alarms of all rooms of a house; None for a room alone.
    :ivar is_closed: True if no seat can be had.
    :ivar seats: the seats of the room.
    :ivar early_lines: lines of Buyers, kept until the settling time is over.
    :ivar price_feed: the price updates of open bidding.
    :ivar returns: brings participants back to their seats.
    :ivar orders: carries out the orders of the operator.
    """

    __slots__ = (
        "_lines",
        "_registry",
        "_runner",
        "catalogue",
        "clock",
        "early_lines",
        "is_closed",
        "journal",
        "orders",
        "price_feed",
        "returns",
        "seats",
        "terms",
    )

    def __init__(
        self,
        clock: IReactorTime,
        terms: Terms = STANDARD_TERMS,
        watch: Watch = lambda events: None,
        catalogue: Sequence[Lot] | None = None,
        journal: Journal | None = None,
        registry: "TicketRegistry[Auctioneer] | None" = None,
        max_seats_per_peer: int = MAX_SEATS_PER_PEER,
        name: str = MAIN,
        persons: Persons | None = None,
        refused: Callable[[Refusal], None] = lambda refusal: None,
        alarms: Alarms | None = None,
    ) -> None:
        registry = registry or TicketRegistry()
        self.clock = clock
        self.terms = terms
        self.catalogue = catalogue
        self.journal: Journal = ImmediateJournal() if journal is None else journal
        self.is_closed = False
        persons = persons or Persons()
        has_people = persons.commitments.people is not None
        self.seats = Seats(registry.end, max_seats_per_peer, name, has_people)
        self.early_lines = EarlyLines()
        self._registry = registry
        self._runner = AuctionRunner(
            name,
            alarms or Alarms(clock),
            terms,
            catalogue,
            self.journal,
            self.seats,
            self.early_lines,
            watch,
            persons,
        )
        self._lines = Lines(self._runner, self.early_lines, refused)
        self.price_feed = self._runner.price_feed
        self.returns = Returns(self._runner, registry.last_words)
        self.orders = Orders(self._runner)

    @property
    def name(self) -> str:
        """The name of the room."""
        return self._runner.name

    @property
    def auction(self) -> Auction:
        """The current auction; an empty one if nothing is on."""
        return self._runner.auction

    @property
    def status(self) -> int:
        """The assignment's state: 0 waiting for Seller, 1 waiting for Buyer."""
        lacks_seller = self.auction.phase in (Phase.EMPTY, Phase.REQUESTING)
        return 0 if lacks_seller and self.catalogue is None else 1

    @property
    def is_over(self) -> bool:
        """True if the room had a sale that is over. It has no other one."""
        return self.catalogue is not None and self.auction.phase is Phase.ENDED

    @property
    def is_idle(self) -> bool:
        """True if the room is empty and nothing is on. That of a sale is never idle."""
        is_empty = self.auction.phase is Phase.EMPTY and not self.seats.watchers
        return is_empty and self.catalogue is None

    @property
    def occupancy(self) -> Occupancy:
        """Who is in the room now."""
        seats, now = self.seats, self.auction.clock(self._runner.room_clock.now)
        return Occupancy(
            tuple(seats.seated),
            {who: until - now for who, until in seats.away.items()},
            len(seats.watchers),
            len(self.price_feed.lagging),
        )

    def pass_time(self) -> None:
        """Publish all events due by now."""
        self._runner.pass_time()

    def arrive(self, connection: Connection, ticket: str | None = None) -> Seat | None:
        """Give a newcomer its role, or turn it away.

        :param ticket: a new ticket for the newcomer.
        :return: the seat; None if the newcomer was refused, and its connection closed.
        """
        digest = None if ticket is None else digest_of(ticket)
        first = EMPTY if ticket is None else Letter(messages.TicketIs(ticket))
        return self.admit(connection, Arrive(connection.address, digest), first)

    def admit(self, connection: Connection, arrival: Arrive, first: Letter = EMPTY) -> Seat | None:
        """Give a newcomer or a person its role, as :meth:`arrive` does.

        :param first: the beginning of the letter to it.
        """
        runner = self._runner
        if self.is_closed:
            runner.dismiss(connection, CLOSING)
            return None
        when = runner.pass_time()
        try:
            # A person has one seat in a room, so the limit of an address is for strangers.
            if arrival.paddle is None and not self.seats.has_room(connection.peer):
                raise Busy
            events = runner.decide(arrival, when)
        except Refusal as refusal:
            runner.dismiss(connection, refusal_letter(refusal, auction=runner.auction))
            return None
        if not events:
            runner.dismiss(connection, Letter(messages.AuctionCancelled(FAULT)))
            return None
        # Seated before publish(), which addresses letters by number. The rules answer Arrive with
        # exactly one Arrived.
        for event in events:
            if isinstance(event, Arrived):
                seat = self.seats.sit(event.who, connection)
        key = key_of(arrival, runner.name)
        if key is not None:
            self._registry.begin(key, self, seat.who)
        outgoing = Outgoing()
        outgoing.add(seat, first)
        runner.publish(events, when, outgoing)
        return seat

    def admit_watcher(self, connection: Connection, paddle: int | None = None) -> Seat:
        """Give a Watcher a seat. It sees the public part of all auctions of the room.

        :param paddle: the paddle of a person; None for a stranger.
        """
        when = self._runner.pass_time()
        seat = self.seats.admit_watcher(connection, paddle)
        snapshot = self._runner.describe(lambda: watcher_snapshot(self.auction, when), when)
        self._runner.send(connection, Letter(messages.RoleWatcher()) + snapshot)
        return seat

    def line_received(self, seat: Seat, line: bytes) -> None:
        """Handle a line of a participant, without its end."""
        self._lines.line_received(seat, line)

    def leave(self, seat: Seat) -> None:
        """Free a seat, because its connection has ended."""
        self.price_feed.forget(seat)
        self.early_lines.forget(seat)
        if seat.who == WATCHER:
            self.seats.watchers.pop(seat, None)
            return
        if not self.seats.is_seated(seat):
            return
        when = self._runner.pass_time()
        # Asked again: one of the events due by now may have freed the seat.
        if not self.seats.is_seated(seat):
            return
        self.seats.vacate(seat.who)
        if seat.who not in self.auction.present:
            return  # it had left the auction before, and came back for the result
        if seat.who in self.seats.tickets.keys and self.terms.resume_grace:
            self.seats.keep(seat.who, self.auction.clock(when) + self.terms.resume_grace)
            self._runner.set_alarm()
        else:
            self._runner.lose(seat.who, when)

    def catch_up(self, seat: Seat) -> None:
        """Send a seat the newest price, if it has missed a price update. A connection calls this
        once all earlier letters have left."""
        if not self.price_feed.catch_up(seat):
            return
        when = self._runner.room_clock.now
        describe = watcher_snapshot if seat.who == WATCHER else price_update
        try:
            letter = describe(self.auction, when)
        except Exception:
            self._runner.fail(when)
            return
        self._runner.send(seat.connection, letter)

    def report(self) -> str:
        """The state of the auction, in a few words."""
        when = self._runner.room_clock.now
        return self._runner.describe(lambda: report(self.auction, when), when)

    def reopen(self, auction: Auction, closed_at: float, tickets: AuctionTickets) -> None:
        """Go on with an auction from the ledger, after the house was closed or its server killed.

        All participants were disconnected then. Ticket holders can come back; the others have left.

        :param auction: its state.
        :param closed_at: the last known instant of the closed house.
        :param tickets: the tickets of its participants.
        """
        runner = self._runner
        runner.auction = auction
        runner.commitments.add_bids(runner)
        when = runner.room_clock.now
        # Tickets and seats come first: publish() sets the alarm for the first seat to be lost.
        until = auction.clock(when) + self.terms.resume_grace
        for who, key in tickets.keys.items():
            self._registry.begin(key, self, who)
        self.seats.restore(tickets, auction.present, until)
        runner.publish(auction.decide(Reopen(closed_at), when), when)
        # Each departure may end the auction, or make another event due.
        for who in [who for who in auction.present if who not in tickets.keys]:
            when = runner.pass_time()
            if runner.auction is auction and auction.phase is not Phase.ENDED:
                runner.lose(who, when)

    def open(self) -> None:
        """Let seats be had, also after :meth:`close`."""
        self.is_closed = False

    def close(self) -> None:
        """Close all connections, with a last letter, and forget the current auction. Without a
        ledger it has no result, and a sale begins again with its first lot. No seat can be had
        until :meth:`open`."""
        self.is_closed = True
        runner = self._runner
        # The ledger has the stop as an event: the time until the house opens again does not count.
        if self.journal.is_durable:
            when = runner.pass_time()
            runner.publish(runner.auction.decide(Stop(), when), when)
        # The letters are complete before reset() forgets the seats and the auction. They leave
        # after the commit of the stop.
        outgoing = closing_letters(runner.auction, self.seats, self.journal.is_durable)
        self._registry.withdraw(self.seats.tickets.keys.values())
        runner.reset()
        self.journal.after_commit(outgoing.deliver)

    def halt(self) -> None:
        """Halt the clock, because nothing can be recorded."""
        self._runner.halt()

    def go_on(self) -> None:
        """Let the clock go on after :meth:`halt`."""
        self._runner.go_on()
