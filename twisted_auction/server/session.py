"""A seat behind any connection.

A framing, such as :class:`~twisted_auction.server.protocol.AuctionProtocol`, turns bytes into lines
and passes them to a :class:`Session`. To the house, the session is the connection of a participant.
A session does not depend on how lines are separated.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from enum import Flag, IntEnum, auto

from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.interfaces import (
    IAddress,
    IDelayedCall,
    INegotiated,
    IPushProducer,
    ITCPTransport,
)
from twisted.logger import Logger

from twisted_auction.house.auctioneer import Auctioneer
from twisted_auction.house.seats import Seat
from twisted_auction.ledger.journal import Journal
from twisted_auction.rules.words import BIDS_SO_FAR
from twisted_auction.server.codings import Coding, as_lines
from twisted_auction.server.faults import contain_failures
from twisted_auction.server.limits import (
    BANNED,
    REFUSAL_DELAY,
    ConnectionLimits,
    peer_of,
    unmapped,
)
from twisted_auction.server.outbox import Outbox
from twisted_auction.server.throttle import Throttle, ThrottledTooLong
from twisted_auction.wire import messages
from twisted_auction.wire.letter import Letter

TOO_MANY_LINES = Letter(messages.TooManyLines())
SERVER_BUSY = Letter(messages.ServerBusy())

BIDS_COST = 3
"""Cost of ``bids``, in lines: the answer is up to a kilobyte, and takes three times as long as a
refusal."""

_log = Logger(namespace="auction")


class State(IntEnum):
    """How far a session is. A session passes through these states in order, and may skip some."""

    CONNECTING = 0  # the handshake of TLS is not complete
    WAITING = 1  # all connections are halted; the session begins when they go on
    OPEN = 2  # lines are handled
    ENDING = 3  # no line is handled; the last letter waits for a commit, or for a delay
    CLOSING = 4  # nothing more is sent; the connection is being closed
    CLOSED = 5  # the connection has ended


class Unread(Flag):
    """Reasons not to read from a connection. Several can hold at once."""

    PAUSED = auto()  # for some seconds
    HALTED = auto()  # nothing can be recorded
    AWAITING_ANSWER = auto()  # the answer to the last line is not there


class Session(ABC):
    """One client's talk with the house, from the beginning of its connection to the end.

    A bug, or any input, ends this session and no other. A subclass decides how a client gets its
    seat.

    The framing calls :meth:`connected`, :meth:`handshake_completed` beneath TLS,
    :meth:`line_received` and :meth:`lost`. It charges for other input with :meth:`charge`, and ends
    the session with :meth:`close_after`.

    :param connections: counts this connection, and has its limits.
    :param journal: must be committed before the last letter leaves.
    :ivar state: how far the session is.
    :ivar code: turns letters into bytes.
    :ivar outbox: sends bytes. Missing before :meth:`connected`, and on a connection for which there
        is no room.
    :ivar is_secured: True beneath TLS.
    """

    auctioneer: Auctioneer
    transport: ITCPTransport
    outbox: Outbox
    seat: Seat | None = None
    code: Coding = staticmethod(as_lines)
    is_secured = False
    _framing: IPushProducer | None = None  # None again once the connection has ended
    _peer: str | None = None  # None unless the connection counts
    _pause: IDelayedCall | None = None

    def __init__(self, connections: ConnectionLimits, journal: Journal) -> None:
        self.connections = connections
        self._journal = journal
        self.state = State.CONNECTING
        self._unread = Unread(0)
        self._throttle = Throttle(connections.clock, connections.limits.line_rate)

    @property
    def network_address(self) -> str:
        """The client's address and port, or what it has instead."""
        return readable(self.transport.getPeer())

    @property
    def address(self) -> str:
        """The name of the client in the ledger and the log: its network address."""
        return self.network_address

    @property
    def peer(self) -> str:
        """The peer to count this connection and its seats for."""
        return self._peer or ""

    @property
    def is_closing(self) -> bool:
        """True if nothing more is sent."""
        return self.state >= State.CLOSING

    def takes_price_updates(self) -> bool:
        """True if a price update can be sent now; False to catch up later."""
        return self.outbox.takes_price_updates()

    def encode(self, letter: Letter) -> bytes:
        """The bytes of a letter on this connection."""
        return self.code(letter)

    @contain_failures
    def send(self, letter: Letter) -> None:
        """Send this letter in a single write."""
        self.outbox.send(self.encode(letter))

    @contain_failures
    def dismiss(self, letter: Letter) -> None:
        """Send this letter and end the connection."""
        if not self.is_closing:
            self.state = State.CLOSING
            self.connections.closing.start(self.transport.abortConnection)
            self.finish(letter)

    @property
    def unsent(self) -> int:
        """Bytes that wait for the client to read."""
        return self.outbox.unsent

    def finish(self, letter: Letter) -> None:
        """Send the last letter, and close the connection once it has left."""
        self.outbox.finish(self.encode(letter))
        self.transport.loseConnection()

    def connected(self, transport: ITCPTransport, framing: IPushProducer) -> None:
        """Count the connection, and begin once lines can be sent. Refuse it if it is over a limit.

        :param framing: passes no line while it is paused.
        """
        self.transport = transport
        self._framing = framing
        self.is_secured = INegotiated.providedBy(transport)
        self._peer = self.connections.acquire(transport.getPeer())
        if self._peer is None:
            self._refuse_at_once()
            return
        self.outbox = Outbox(
            transport, self._catch_up, self.connections.limits.max_unsent, self._overflow
        )
        if not self.connections.admit(self._peer):
            self.state = State.ENDING
            self.pause_for(REFUSAL_DELAY, self._refuse_after_delay)
            return
        self.connections.add(self)
        if self.connections.is_halted:
            self.halt()
        if self.is_secured:
            self.connections.handshakes.start(self.abort)
        else:
            self._begin_unless_halted()

    def handshake_completed(self) -> None:
        """Begin: the handshake of TLS is complete."""
        self.connections.handshakes.cancel(self.abort)
        if self.state < State.ENDING:
            self._begin_unless_halted()

    def line_received(self, line: bytes) -> None:
        """Handle a line, without its end, and charge for it."""
        if self.state is State.OPEN:
            self.handle(line)
        self.charge(1)

    def lost(self) -> None:
        """Release the deadlines, the count of this connection, and its seat, because the connection
        has ended."""
        if self._peer is not None:
            self.release(self._peer)
            self.connections.remove(self)
            self.outbox.close()
        self.connections.handshakes.cancel(self.abort)
        self.connections.closing.cancel(self.transport.abortConnection)
        if self._pause is not None:
            self._pause.cancel()
        self._framing = None  # otherwise both would keep each other in memory
        self.state = State.CLOSED
        self.leave()

    def release(self, peer: str) -> None:
        """Stop counting this connection."""
        self.connections.release(peer)

    @abstractmethod
    def begin(self) -> None:
        """Take a seat, or do the first step towards one."""

    def handle(self, line: bytes) -> None:
        """Pass a line to the room."""
        if self.seat is not None:
            self.auctioneer.line_received(self.seat, line)
            self.charge_for_answer(line)

    def charge_for_answer(self, line: bytes) -> None:
        """Charge for a long answer to a line in a room."""
        if line.strip().lower() == BIDS_SO_FAR:
            self.charge(BIDS_COST - 1)

    def close_after(self, letter: Letter) -> None:
        """Give up the seat, send this last letter after everything before it, and close."""
        if self.state < State.ENDING:  # lines can still arrive by TLS
            self.state = State.ENDING
            # Answers to earlier lines wait for their commit; the last letter must not overtake
            # them.
            self._journal.after_commit(lambda: self.dismiss(letter))
            self.leave()

    def abort(self) -> None:
        """End the connection at once, and send nothing more."""
        self.state = max(self.state, State.CLOSING)
        self.transport.abortConnection()

    def leave(self) -> None:
        """Give up the seat, if there is one."""
        if self.seat is not None:
            self.auctioneer.leave(self.seat)
            self.seat = None

    def charge(self, lines: float) -> None:
        """Charge for input, and pause the connection if it is over its rate.

        :param lines: the cost of the input, in lines.
        """
        try:
            seconds = self._throttle.charge(lines)
        except ThrottledTooLong:
            self.close_after(TOO_MANY_LINES)
            return
        if seconds and self._pause is None and not self.is_closing:
            self.pause_for(seconds)

    def pause_for(self, seconds: float, on_resume: Callable[[], object] = lambda: None) -> None:
        """Read nothing for a while.

        :param on_resume: called before anything is read again.
        """
        if self._framing is not None:
            self.stop_reading(Unread.PAUSED)
            self._pause = self.connections.clock.callLater(seconds, self._end_pause, on_resume)

    def stop_reading(self, reason: Unread) -> None:
        """Read nothing until :meth:`read_again`."""
        self._unread |= reason
        if self._framing is not None and not self.is_closing:
            self._framing.pauseProducing()

    def read_again(self, reason: Unread) -> None:
        """Read again, unless there is another reason not to."""
        self._unread &= ~reason
        if not self._unread and self._framing is not None and not self.is_closing:
            self._framing.resumeProducing()

    @contain_failures
    def halt(self) -> None:
        """Read nothing until :meth:`go_on`, because nothing can be recorded."""
        self.stop_reading(Unread.HALTED)

    @contain_failures
    def go_on(self) -> None:
        """Begin if the session is waiting for this, and read again."""
        if self.state is State.WAITING:
            self._begin_unless_halted()
        self.read_again(Unread.HALTED)

    def _refuse_after_delay(self) -> None:
        """Refuse a connection over ``max_new_per_minute``."""
        if self.is_secured:  # its handshake has not begun
            self.abort()
        else:
            self.dismiss(SERVER_BUSY)

    def _refuse_at_once(self) -> None:
        """Refuse a connection that is over a limit or banned, with as little work as possible."""
        if self.is_secured:  # nothing can be sent before the handshake, which is expensive
            self.abort()
            return
        self.state = State.CLOSING
        self.connections.closing.start(self.transport.abortConnection)
        is_banned = peer_of(self.transport.getPeer()) in self.connections.bans
        self.transport.write(self.code(BANNED if is_banned else SERVER_BUSY))
        self.transport.loseConnection()

    def _begin_unless_halted(self) -> None:
        """Begin now, or when the connections are no longer halted."""
        if self.connections.is_halted:
            self.state = State.WAITING
        else:
            self.state = State.OPEN
            self.begin()

    @contain_failures
    def _end_pause(self, on_resume: Callable[[], object]) -> None:
        self._pause = None
        on_resume()
        self.read_again(Unread.PAUSED)

    def _overflow(self) -> None:
        if not self.is_closing:
            _log.info("{address} is cut off: it does not read.", address=self.address)
            self.abort()

    @contain_failures
    def _catch_up(self) -> None:
        if self.seat is not None:
            self.auctioneer.catch_up(self.seat)


def readable(address: IAddress) -> str:
    """The address and port of a client in words."""
    match unmapped(address):
        case IPv4Address() as ipv4:
            return f"{ipv4.host}:{ipv4.port}"
        case IPv6Address() as ipv6:
            return f"[{ipv6.host}]:{ipv6.port}"
    return "a local socket"
