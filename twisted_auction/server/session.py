"""A seat behind any connection.

A framing, such as :class:`~twisted_auction.server.protocol.AuctionProtocol`, turns bytes into lines
and tells a :class:`Session` of them. The session is what the house knows as the connection of a
participant; it knows nothing of how lines are separated.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import suppress
from enum import IntEnum
from functools import wraps
from typing import Concatenate, ParamSpec, Protocol, TypeVar

from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.interfaces import (
    IAddress,
    IDelayedCall,
    INegotiated,
    IPushProducer,
    ITCPTransport,
)
from twisted.logger import Logger

from twisted_auction.house.auctioneer import Auctioneer, Seat
from twisted_auction.ledger.journal import Journal
from twisted_auction.server.codings import Coding, as_lines
from twisted_auction.server.limits import REFUSAL_DELAY, ConnectionLimits, unmapped
from twisted_auction.server.outbox import Outbox
from twisted_auction.server.throttle import Throttle, ThrottledTooLong
from twisted_auction.wire import messages
from twisted_auction.wire.letter import Letter

TOO_MANY_LINES = Letter(messages.TooManyLines())
SERVER_BUSY = Letter(messages.ServerBusy())

_log = Logger(namespace="auction")


class State(IntEnum):
    """How far a session is. A session goes through these in order, and may leave some out."""

    CONNECTING = 0  # the handshake of TLS is not complete
    WAITING = 1  # all connections are halted, and it begins once they go on
    OPEN = 2  # lines are handled
    ENDING = 3  # the last letter is decided, and waits for what comes before it
    CLOSING = 4  # nothing more is sent, and the connection is being closed
    CLOSED = 5  # the connection has ended


class _Contained(Protocol):
    @property
    def address(self) -> str: ...

    def abort(self) -> None: ...


Talk = TypeVar("Talk", bound=_Contained)
Arguments = ParamSpec("Arguments")


def contain_failures(
    method: Callable[Concatenate[Talk, Arguments], None],
) -> Callable[Concatenate[Talk, Arguments], None]:
    """Let an exception in a method, which is a bug, end its own connection and nothing else."""

    @wraps(method)
    def guarded(self: Talk, /, *args: Arguments.args, **kwargs: Arguments.kwargs) -> None:
        try:
            method(self, *args, **kwargs)
        except Exception:
            _log.failure("The talk with {address} has failed.", address=self.address)
            with suppress(Exception):  # it may have ended already
                self.abort()

    return guarded


class Session(ABC):
    """One client's talk with the house, from its connection to its end.

    Whatever a client does, and whatever fails, ends this session and no other. A subclass says how
    a seat is had.

    The framing calls :meth:`connected`, :meth:`handshake_completed` beneath TLS,
    :meth:`line_received` and :meth:`lost`. It charges for other input with :meth:`charge`, and ends
    the talk with :meth:`close_after`.

    :param connections: lets this connection in, and holds it to the limits.
    :param journal: must be safe before anything is said.
    :ivar state: how far the session is.
    :ivar code: turns letters into bytes.
    :ivar outbox: sends bytes. Not there before :meth:`connected`, nor where a connection was turned
        away.
    :ivar is_secured: True beneath TLS.
    """

    auctioneer: Auctioneer
    transport: ITCPTransport
    outbox: Outbox
    seat: Seat | None = None
    code: Coding = staticmethod(as_lines)
    is_secured = False
    _framing: IPushProducer | None = None  # None again once the connection has ended
    _peer: str | None = None  # the address that it is counted for, once it is let in
    _pause: IDelayedCall | None = None

    def __init__(self, connections: ConnectionLimits, journal: Journal) -> None:
        self.connections = connections
        self._journal = journal
        self.state = State.CONNECTING
        self._throttle = Throttle(connections.clock, connections.limits.line_rate)

    @property
    def address(self) -> str:
        """Where the participant comes from, for the operator to read."""
        return _readable(self.transport.getPeer())

    @property
    def peer(self) -> str:
        """The address that this connection and its seats are counted for."""
        return self._peer or ""

    @property
    def is_closing(self) -> bool:
        """True if nothing more is sent."""
        return self.state >= State.CLOSING

    def takes_news(self) -> bool:
        """Whether news should be sent now, or caught up with later."""
        return self.outbox.takes_news()

    @contain_failures
    def send(self, letter: Letter) -> None:
        """Send this letter in one piece."""
        self.outbox.send(self.code(letter))

    @contain_failures
    def dismiss(self, letter: Letter) -> None:
        """Send this letter and end the connection."""
        if not self.is_closing:
            self.state = State.CLOSING
            self.connections.closing.start(self.transport.abortConnection)
            self.outbox.finish(self.code(letter))
            self.transport.loseConnection()

    def connected(self, transport: ITCPTransport, framing: IPushProducer) -> None:
        """Come in, if there is room; begin once lines can be sent.

        :param framing: can be paused, and then tells of no line until it is resumed.
        """
        self.transport = transport
        self._framing = framing
        self.is_secured = INegotiated.providedBy(transport)
        self._peer = self.connections.acquire(transport.getPeer())
        if self._peer is None:
            self._turn_away()
            return
        self.outbox = Outbox(
            transport, self._catch_up, self.connections.limits.max_unsent, self._overflow
        )
        if not self.connections.admit(self._peer):
            self.state = State.ENDING
            self.pause_for(REFUSAL_DELAY, self._refuse)
            return
        self.connections.add_listener(self)
        if self.connections.is_halted:
            self.halt()
        if self.is_secured:
            self.connections.handshakes.start(self.abort)
        else:
            self._begin_in_time()

    def handshake_completed(self) -> None:
        """Begin beneath TLS."""
        self.connections.handshakes.cancel(self.abort)
        if self.state < State.ENDING:
            self._begin_in_time()

    def line_received(self, line: bytes) -> None:
        """Handle a line without its end, and charge for it."""
        if self.state is State.OPEN:
            self.handle(line)
        self.charge(1)

    def lost(self) -> None:
        """Release the deadlines, the count of this connection, and the seat. The connection has
        ended."""
        if self._peer is not None:
            self.connections.release(self._peer)
            self.connections.remove_listener(self)
            self.outbox.close()
        self.connections.handshakes.cancel(self.abort)
        self.connections.closing.cancel(self.transport.abortConnection)
        if self._pause is not None:
            self._pause.cancel()
        self._framing = None  # or both would keep each other in memory
        self.state = State.CLOSED
        self.leave()

    @abstractmethod
    def begin(self) -> None:
        """Say or do what comes first."""

    def handle(self, line: bytes) -> None:
        """Pass a line on to the room."""
        if self.seat is not None:
            self.auctioneer.hear(self.seat, line)

    def close_after(self, letter: Letter) -> None:
        """Send this last letter after everything that was said before, and leave."""
        if self.state < State.ENDING:  # a transport with TLS still delivers
            self.state = State.ENDING
            self._journal.after_commit(lambda: self.dismiss(letter))
            self.leave()

    def abort(self) -> None:
        """End the connection without a word."""
        self.state = max(self.state, State.CLOSING)
        self.transport.abortConnection()

    def leave(self) -> None:
        """Give up the seat, if there is one."""
        if self.seat is not None:
            self.auctioneer.leave(self.seat)
            self.seat = None

    def charge(self, lines: float) -> None:
        """Charge for what was read, and pause the connection if that was too much.

        :param lines: the number of lines that the request is worth.
        """
        try:
            seconds = self._throttle.charge(lines)
        except ThrottledTooLong:
            self.close_after(TOO_MANY_LINES)
            return
        if seconds and self._pause is None and not self.is_closing:
            self.pause_for(seconds)

    def pause_for(self, seconds: float, then: Callable[[], object] = lambda: None) -> None:
        """Read nothing for a while.

        :param then: is called before anything is read again.
        """
        if self._framing is None:
            return
        self._framing.pauseProducing()
        self._pause = self.connections.clock.callLater(seconds, self._end_pause, then)

    @contain_failures
    def halt(self) -> None:
        """Read nothing, because nothing can be recorded."""
        if self._framing is not None and not self.is_closing:
            self._framing.pauseProducing()

    @contain_failures
    def go_on(self) -> None:
        """Read what has come meanwhile, unless the connection is paused for another reason."""
        if self.state is State.WAITING:
            self._begin_in_time()
        if self._pause is None:
            self._resume_reading()

    def _refuse(self) -> None:
        """Tell a connection that came too soon after others that it is not served."""
        if self.is_secured:  # before its handshake
            self.abort()
        else:
            self.dismiss(SERVER_BUSY)

    def _turn_away(self) -> None:
        """Refuse a connection for which there is no room, with as little work as possible."""
        if self.is_secured:  # nothing can be said before a handshake, which is expensive
            self.abort()
            return
        self.state = State.CLOSING
        self.connections.closing.start(self.transport.abortConnection)
        self.transport.write(self.code(SERVER_BUSY))
        self.transport.loseConnection()

    def _begin_in_time(self) -> None:
        """Begin now, or once the connections are no longer halted."""
        if self.connections.is_halted:
            self.state = State.WAITING
        else:
            self.state = State.OPEN
            self.begin()

    @contain_failures
    def _end_pause(self, then: Callable[[], object]) -> None:
        self._pause = None
        then()
        if not self.connections.is_halted:
            self._resume_reading()

    def _resume_reading(self) -> None:
        if self._framing is not None and not self.is_closing:
            self._framing.resumeProducing()

    def _overflow(self) -> None:
        if not self.is_closing:
            _log.info("{address} is cut off: it does not read.", address=self.address)
            self.abort()

    @contain_failures
    def _catch_up(self) -> None:
        if self.seat is not None:
            self.auctioneer.catch_up(self.seat)


class RoomSession(Session):
    """A session that is brought to one Auctioneer, which speaks first.

    :param auctioneer: gives this connection its seat.
    """

    def __init__(self, auctioneer: Auctioneer, connections: ConnectionLimits) -> None:
        super().__init__(connections, auctioneer.journal)
        self.auctioneer = auctioneer

    def begin(self) -> None:
        """Take a seat, or hear why there is none."""
        self.seat = self.auctioneer.arrive(self)


def _readable(address: IAddress) -> str:
    match unmapped(address):
        case IPv4Address() as ipv4:
            return f"{ipv4.host}:{ipv4.port}"
        case IPv6Address() as ipv6:
            return f"[{ipv6.host}]:{ipv6.port}"
    return "a local socket"
