"""The client's side: every kind of participant, at a server that sends any bytes."""

import random
from collections.abc import Awaitable, Callable
from typing import Any, cast

from twisted.internet.defer import Deferred, ensureDeferred, fail, succeed
from twisted.internet.error import ConnectionDone, ConnectionLost, ConnectionRefusedError
from twisted.internet.interfaces import IPushProducer, IStreamClientEndpoint
from twisted.internet.protocol import Factory
from twisted.internet.stdio import StandardIO
from twisted.internet.task import Clock
from twisted.python.failure import Failure
from zope.interface import implementer

from tests.fuzz.script import (
    SECONDS,
    SEGMENT,
    FuzzClock,
    Line,
    SecureLine,
    Step,
    Wrong,
    no_timer_left,
    play,
)
from twisted_auction.cli.terminal import Terminal
from twisted_auction.client.control import OrderClient
from twisted_auction.client.join import join
from twisted_auction.client.person import Ending, Person, Role
from twisted_auction.client.protocol import AuctionClient
from twisted_auction.client.robots import MaximumRobot, RequestRobot
from twisted_auction.client.room import RoomVisit
from twisted_auction.client.session import join_room
from twisted_auction.text import printable
from twisted_auction.wire import messages
from twisted_auction.wire.lines import MAX_LINE

MAXIMUM = 100
"""The robot's maximum, in dollars."""

REQUEST = "3 5 1 Cup"
"""The request of the selling robot."""


class Keyboard:
    """Standard input and output of a terminal, for the client's Terminal."""

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal
        self._typed = b""
        self._is_paused = False
        self._is_closed = False
        self._producer: IPushProducer | None = None
        terminal.makeConnection(cast(StandardIO, self))

    def write(self, data: bytes) -> None:
        text = data.decode()
        if not text.endswith("\n") or printable(text[:-1]) != text[:-1]:
            raise Wrong(f"the terminal is shown {text!r}")

    def pauseProducing(self) -> None:
        self._is_paused = True

    def resumeProducing(self) -> None:
        self._is_paused = False

    def registerProducer(self, producer: IPushProducer, streaming: bool) -> None:
        if self._producer is not None or not streaming:
            raise Wrong("two connections are held")
        self._producer = producer

    def unregisterProducer(self) -> None:
        self._producer = None

    def set_reading(self, is_reading: bool) -> None:
        """Take the output, or leave it until the terminal pauses the connection."""
        if self._producer is not None and is_reading:
            self._producer.resumeProducing()
        elif self._producer is not None:
            self._producer.pauseProducing()

    def loseConnection(self) -> None:
        self._is_closed = True

    def type(self, data: bytes) -> None:
        """Deliver bytes to the terminal, or keep them until it reads."""
        self._typed += data

    def end_turn(self) -> bool:
        """Do the work of the reactor's next turn.

        :return: True if there was any.
        """
        if not self._typed or self._is_paused or self._is_closed:
            return False
        typed, self._typed = self._typed[:SEGMENT], self._typed[SEGMENT:]
        self._terminal.dataReceived(typed)
        if len(self._terminal._typed) > MAX_LINE + 1 + SEGMENT:
            raise Wrong(f"{len(self._terminal._typed)} typed bytes are kept")
        return True


@implementer(IStreamClientEndpoint)
class Network:
    """The endpoint of a server.

    :ivar state: whether attempts to connect succeed, fail or hang.
    """

    def __init__(self, is_tls: bool) -> None:
        self.state = "open"
        self.lines: list[Line] = []
        self._is_tls = is_tls

    def connect(self, factory: Any) -> Deferred[Any]:
        if self.state == "silent":
            return Deferred()
        if self.state == "closed":
            return fail(ConnectionRefusedError())
        protocol = factory.buildProtocol(None)
        kind = SecureLine if self._is_tls else Line
        self.lines.append(kind(protocol, _understand))
        protocol.makeConnection(self.lines[-1])
        return succeed(protocol)


class Visit:
    """A client and its participant.

    :param choices: the kind of participant (0 to 7), plus 8 if a person types, plus 16 for TLS.
    """

    def __init__(self, choices: int) -> None:
        self.clock = FuzzClock()
        self.network = Network(bool(choices & 16))
        self.terminal = Terminal(is_interactive=bool(choices & 8))
        self.keyboard = Keyboard(self.terminal)
        self.room_visit: RoomVisit | None = None
        self.ending: object = None
        agent, role, has_room = VISITORS[choices & 7]
        person = agent(self.terminal)
        visiting: Awaitable[object]
        if agent is _operator:
            visiting = self._order()
        elif has_room:
            self.room_visit = RoomVisit(self.clock, "a", person, role)
            visiting = join_room(self.network, self.room_visit)
        else:
            visiting = join(self.network, person, role, self.clock, True)
        ensureDeferred(cast(Any, visiting)).addCallbacks(self._end, self._fail)

    def play(self, step: Step) -> None:
        """Play one step."""
        line = self.network.lines[-1]
        match step.what:
            case 0:
                line.receive(step.data + b"\r\n")
            case 1:
                size = step.which + 1
                line.receive(
                    *(step.data[at : at + size] for at in range(0, len(step.data), size)), b"\n"
                )
            case 2:
                line.receive(step.data)
            case 3:
                line.cut(ConnectionLost() if step.which else ConnectionDone())
            case 4:
                self.keyboard.type(step.data + b"\n" * (step.which % 2))
            case 5:
                self.clock.advance_each(SECONDS[step.which], self.turn)
            case 6:
                line.receive(step.repeated)
            case 7:
                self._happen(step.which)
        self.turn()

    def turn(self) -> None:
        """Run the reactor until it has no more work."""
        while self.network.lines[-1].end_turn() or self.keyboard.end_turn():
            pass

    def end(self) -> None:
        """Cut all connections, and check the end of the visit.

        :raises Wrong: if the visit does not end, or not in an allowed way.
        """
        self.network.state = "closed"
        for line in self.network.lines:
            line.cut(ConnectionLost())
        for call in self.clock.calls:
            if isinstance(getattr(call.func, "__self__", None), AuctionClient):
                raise Wrong(f"a connection has left a timer: {call}")
        if self.room_visit is not None:
            self.room_visit.leave()
        self.clock.advance_each(30, self.turn)
        match self.ending:
            case Ending(0 | 1, complaint) if complaint.isprintable():
                pass
            case ending:
                raise Wrong(f"it ends with {ending!r}")
        no_timer_left(self.clock)

    def _happen(self, which: int) -> None:
        match which:
            case 0 | 1 | 2:
                self.network.state = ("open", "closed", "silent")[which]
            case 3:
                self.terminal.readConnectionLost()
            case 4:
                self.terminal.writeConnectionLost()
            case 5 if self.room_visit is not None:
                self.room_visit.leave()  # Ctrl-C
            case 6 | 7:
                self.network.lines[-1].set_reading(which == 6)
                self.keyboard.set_reading(which == 6)

    async def _order(self) -> Ending:
        order = await self.network.connect(Factory.forProtocol(lambda: OrderClient("status")))
        match await order.answered:
            case messages.Done():
                return Ending(0)
        return Ending(1)

    def _end(self, ending: object) -> None:
        self.ending = ending
        self.terminal.close()

    def _fail(self, failure: Failure) -> None:
        failure.trap(ConnectionRefusedError)
        self._end(Ending(1))


def client(data: bytes) -> None:
    """Play an input to a client.

    :raises Wrong: if the client breaks one of its rules.
    :raises Exception: an error that the client does not handle.
    """
    state = random.getstate()
    random.seed(0)  # the delays before it reconnects
    try:
        play(data, Visit)
    finally:
        random.setstate(state)


def _understand(data: bytes) -> None:
    if not data.endswith(b"\n"):
        raise Wrong(f"an unfinished line: {data!r}")


def _person(terminal: Person) -> Person:
    return terminal


def _operator(terminal: Person) -> Person:
    return terminal


def _robot(terminal: Person) -> Person:
    return MaximumRobot(terminal, MAXIMUM, Clock())


def _salesman(terminal: Person) -> Person:
    return RequestRobot(terminal, REQUEST)


VISITORS: list[tuple[Callable[[Person], Person], type[Role] | None, bool]] = [
    (_person, None, False),
    (_robot, messages.RoleBuyer, False),
    (_salesman, messages.RoleSeller, False),
    (_operator, None, False),
    (_person, None, True),
    (_robot, messages.RoleBuyer, True),
    (_salesman, messages.RoleSeller, True),
    (_person, messages.RoleBuyer, True),
]
"""The kinds of participants: who answers, the wanted role, and True for the lobby."""
