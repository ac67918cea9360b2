"""Participants who come back to a room, with a ticket or as persons."""

from collections.abc import Callable

from twisted_auction.house.notices import CAME_BACK, SEAT_GIVEN_UP
from twisted_auction.house.order_notices import EXPELLED
from twisted_auction.house.outgoing import Outgoing
from twisted_auction.house.runner import AuctionRunner
from twisted_auction.house.seats import Connection, Seat
from twisted_auction.house.snapshots import participant_snapshot
from twisted_auction.house.tickets import Key
from twisted_auction.rules.commands import Arrive
from twisted_auction.rules.events import SELLER, Event
from twisted_auction.rules.refusals import Busy, Ongoing, Refusal
from twisted_auction.wire import messages
from twisted_auction.wire.letter import EMPTY, Letter


class Returns:
    """Brings participants back to their seats, or tells them their results.

    The key of a seat is still good after the grace of the seat is over, if its holder needs a
    result, or if a newcomer would be let in. The caller has found the key after
    :meth:`~twisted_auction.house.runner.AuctionRunner.pass_time`, which may end it.

    :param last_words: as :meth:`~twisted_auction.house.tickets.TicketRegistry.last_words`.
    """

    __slots__ = ("_last_words", "_runner", "_seats")

    def __init__(self, runner: AuctionRunner, last_words: Callable[[Key], Letter | None]) -> None:
        self._runner = runner
        self._seats = runner.seats
        self._last_words = last_words

    def resume(self, who: int, arrival: Arrive, connection: Connection) -> Seat | None:
        """Give a participant its seat again, and a snapshot. Its older connection is closed.

        :param who: the participant.
        :param arrival: its arrival as a Buyer, for the case that its seat was given up.
        :return: the seat; None if the seat was given up, and the connection closed.
        """
        when = self._runner.room_clock.now
        if who in self._runner.auction.expelled:
            self._runner.dismiss(connection, EXPELLED)
            return None
        old = self._seats.seated.get(who)
        results = self._seats.tickets.results.get(who, EMPTY)
        if old is None and who not in self._seats.away:
            key = self._seats.tickets.keys[who]
            try:
                events = self._decide_return(who, arrival, connection, when)
            except Refusal:
                self._runner.dismiss(connection, self._words_without_seat(who, key))
                return None
            # The Buyer arrives like a newcomer, under its old number. The letter about its arrival
            # has the state of the auction.
            if events:
                seat = self._seats.sit(who, connection)
                outgoing = Outgoing()
                outgoing.add(seat, results)
                self._runner.publish(events, when, outgoing)
                return seat
        # The rules count the participant as present, or it is owed a result: its return is no
        # event. The seat is not away any more, so the alarm must not wait for its end.
        seat = self._seats.sit(who, connection)
        self._runner.set_alarm()
        # The client may have come back before its old connection was found broken.
        if old is not None:
            self._runner.dismiss(old.connection, CAME_BACK)
        try:
            auction = self._runner.auction
            snapshot = participant_snapshot(who, auction, when)
            letter = results + self._runner.classroom.add_to_question(snapshot, who, auction)
        except Exception:
            # The cancellation goes to the new seat. In a sale, the participant keeps it for the
            # next lot.
            self._runner.fail(when)
            return seat if self._seats.is_seated(seat) else None
        self._runner.send(connection, letter)
        return seat

    def give_up(self, who: int, last: Letter | None = None) -> None:
        """Let a participant leave for good, instead of keeping its seat.

        :param who: the participant.
        :param last: the last letter to it; None for its results, and the end of its seat.
        """
        when = self._runner.room_clock.now
        key = self._seats.tickets.keys[who]
        # Vacated before the events, so that their letters do not go to this connection: it gets the
        # last words below.
        seat = self._seats.vacate(who)
        self._runner.lose(who, when)
        if seat is not None:
            self._runner.price_feed.forget(seat)
            self._runner.dismiss(seat.connection, last or self._words_without_seat(who, key))

    def _decide_return(
        self, who: int, arrival: Arrive, connection: Connection, when: float
    ) -> tuple[Event, ...]:
        """The events of a return to a seat already given up.

        :return: the arrival of the Buyer under its old number, if a newcomer would be let in; none
            if the participant comes back for its result.
        :raises Refusal: if neither is possible.
        """
        try:
            # A newcomer becomes a Buyer now, so a Seller cannot arrive again.
            if who == SELLER:
                raise Ongoing
            if arrival.paddle is None and not self._seats.can_return(who, connection.peer):
                raise Busy
            events = self._runner.decide(arrival, when)
            if not events:
                raise Ongoing
            return events
        except Refusal:
            if not self._runner.auction.needs_result(who):
                raise
            return ()

    def _words_without_seat(self, who: int, key: Key) -> Letter:
        """The results of a participant, and the end of its seat."""
        last = self._last_words(key)
        if last is not None:
            return last
        letter = self._seats.tickets.results.get(who, EMPTY)
        amount = self._runner.auction.binding_bid(who)
        if amount is not None:
            letter += Letter(messages.BidStands(amount))
        return letter + SEAT_GIVEN_UP
