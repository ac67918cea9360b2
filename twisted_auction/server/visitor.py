"""A client that has no seat yet: in the lobby, or before its pass code."""

import re
from abc import abstractmethod

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.task import deferLater
from twisted.python.failure import Failure

from twisted_auction.house.auctioneer import Auctioneer
from twisted_auction.house.closing import CLOSING
from twisted_auction.house.people import Person
from twisted_auction.house.seats import Connection, Seat
from twisted_auction.ledger.journal import Journal
from twisted_auction.server.faults import contain_failures
from twisted_auction.server.limits import ConnectionLimits
from twisted_auction.server.passes import MAX_REFUSAL_DELAY, CannotCheck, Passes
from twisted_auction.server.session import Session, State, Unread
from twisted_auction.wire import messages
from twisted_auction.wire.letter import Letter
from twisted_auction.wire.messages import NO_SUCH_PASS

CANNOT_CHECK = "your pass code cannot be checked now. Try again later."
"""The answer to a pass code if its checker fails."""

CODE_IN_ROOM = "you are in the room already, and no pass code is read here."
"""The answer to a pass code from a participant in a room."""

_CODE_LINE = re.compile(rb"\s*PASS\s+\S", re.IGNORECASE)


class VisitorSession(Session):
    """A session whose client can be without a seat for a time.

    A client says its pass code on a line. Until the answer is there, no other line of it is read.
    Only the refusal of a wrong code is delayed.

    :param visitors: all such sessions of a factory that have begun.
    :param passes: the pass codes of the house; None without a list of people.
    :ivar person: the person of the last right code.
    """

    person: Person | None = None
    _checking: Deferred[None] | None = None
    _halt_over: Deferred[None] | None = None
    _delay = 1  # seconds before the next wrong code is refused

    def __init__(
        self,
        connections: ConnectionLimits,
        journal: Journal,
        visitors: "dict[VisitorSession, None]",
        passes: Passes | None,
    ) -> None:
        super().__init__(connections, journal)
        self._visitors = visitors
        self._passes = passes

    @property
    def address(self) -> str:
        """The client's network address; the paddle alone once the person is known."""
        return super().address if self.person is None else f"paddle {self.person.paddle}"

    def encode(self, letter: Letter) -> bytes:
        """The bytes of a letter on this connection, with names if the house shows them."""
        return super().encode(self.named(letter))

    def named(self, letter: Letter) -> Letter:
        """The letter with names, if the house shows them."""
        if self._passes is None or self._passes.names is None:
            return letter
        return self._passes.names.add(letter)

    def begin(self) -> None:
        """Wait for the first line."""
        self._visitors[self] = None
        self.set_idle_timeout()

    def handle(self, line: bytes) -> None:
        """Pass a line to the room, unless it may have a pass code."""
        if self.may_have_code(line):
            self.answer(messages.NotDone(CODE_IN_ROOM))
        else:
            super().handle(line)

    def may_have_code(self, line: bytes) -> bool:
        """True if a line to a room may have a pass code, which no room must see."""
        return self._passes is not None and _CODE_LINE.match(line) is not None

    def is_welcome(self, room: str) -> bool:
        """False if the list of people does not let the client watch a room any more: its code is
        not valid now, or it is for another room."""
        passes, person = self._passes, self.person
        if passes is None or person is None:
            return True
        now = passes.current(person)
        return now is not None and (passes.public_view or now.may_enter(room))

    @abstractmethod
    def admitted(self, person: Person) -> None:
        """Answer a right pass code."""

    @abstractmethod
    def refused(self, reason: str) -> None:
        """Answer a wrong pass code, or one that cannot be checked."""

    def answer(self, *messages: messages.Message) -> None:
        """Send an answer after the commit of all earlier events, which it may report."""
        letter = Letter(*messages)
        self._journal.after_commit(lambda: self.send(letter))

    def connection_to(self, room: str) -> Connection:
        """The connection that a room of this name gives a seat. The client leaves the room that it
        watches."""
        self.leave()
        return self

    def take(self, place: tuple[Auctioneer, Seat] | None) -> None:
        """Take a seat in a room.

        :param place: the room and the seat; None if the connection is being closed instead.
        """
        if place is None:
            self.state = max(self.state, State.ENDING)
        else:
            self.auctioneer, self.seat = place

    def check_pass(self, text: str) -> None:
        """Check a pass code, and call :meth:`admitted` or :meth:`refused`: at once, or later if a
        checker needs time."""
        checking = self._checking = Deferred.fromCoroutine(self._check(text))
        checking.addErrback(self._check_failed)
        if not checking.called:
            self.stop_reading(Unread.AWAITING_ANSWER)

    def lost(self) -> None:
        """Stop all waiting, and release the rest."""
        if self._checking is not None:
            self._checking.cancel()
        self.connections.idle.cancel(self._idle_timed_out)
        self._visitors.pop(self, None)
        super().lost()

    @contain_failures
    def go_on(self) -> None:
        """Give an answer that has waited for the end of the halt, and read again."""
        if self._halt_over is not None:
            self._halt_over.callback(None)
        super().go_on()

    def set_idle_timeout(self) -> None:
        """Limit the silence of a client without a seat, unless it waits for an answer."""
        is_asked = self.seat is None and not self._unread & Unread.AWAITING_ANSWER
        if is_asked and self.state < State.ENDING:
            self.connections.idle.start(self._idle_timed_out)
        else:
            self.connections.idle.cancel(self._idle_timed_out)

    async def _check(self, text: str) -> None:
        try:
            answer = await self._answer_to(text)
            if self.connections.is_halted:  # nobody can take a seat then
                self._halt_over = Deferred()
                await self._halt_over
        except CancelledError:  # the connection has ended
            return
        self._give(answer)

    @contain_failures
    def _check_failed(self, failure: Failure) -> None:
        failure.raiseException()

    async def _answer_to(self, text: str) -> Person | str:
        """Check a pass code, and wait if it is wrong.

        :return: the person, or the reason for a refusal.
        """
        assert self._passes is not None
        clock = self.connections.clock
        begun_at = clock.seconds()
        try:
            person = await self._passes.find(text)
        except CannotCheck:
            return CANNOT_CHECK
        if person is not None:
            return person
        # The refusal comes at an instant that does not depend on the time that the check took.
        seconds = max(self._delay, self._passes.count_wrong(self.connections, self.peer))
        self._delay *= 2
        await deferLater(clock, max(begun_at + seconds - clock.seconds(), 0))
        return NO_SUCH_PASS

    @contain_failures
    def _give(self, answer: Person | str) -> None:
        self._checking = self._halt_over = None
        assert self._passes is not None
        if self.state is State.OPEN and not self._passes.rooms.is_closed:
            if isinstance(answer, Person):
                self.person = answer
                self.admitted(answer)
            elif self._delay > MAX_REFUSAL_DELAY:
                self.close_after(Letter(messages.NotDone(answer)))
            else:
                self.refused(answer)
        if self._unread & Unread.AWAITING_ANSWER:
            self.read_again(Unread.AWAITING_ANSWER)
        self.set_idle_timeout()

    @contain_failures
    def _idle_timed_out(self) -> None:
        self.close_after(Letter(messages.LobbyTimeUp(self.connections.limits.lobby_timeout)))


def dismiss_all(visitors: "dict[VisitorSession, None]") -> None:
    """Close the connections of visitors, because the house closes. One whose room has dismissed it
    is not told again."""
    for session in list(visitors):
        session.dismiss(CLOSING)
