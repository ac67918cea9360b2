"""The client's own classes in a saleroom without a network."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from twisted.internet.defer import Deferred, ensureDeferred, fail, succeed
from twisted.internet.error import ConnectionDone, ConnectionLost, ConnectionRefusedError
from twisted.internet.interfaces import IStreamClientEndpoint
from twisted.internet.protocol import Protocol
from twisted.internet.testing import StringTransport
from twisted.python.failure import Failure
from zope.interface import implementer

from tests.support import Saleroom, Visitor
from twisted_auction.client.person import Ending, Person, Role
from twisted_auction.client.protocol import AuctionClient
from twisted_auction.client.room import RoomVisit
from twisted_auction.client.session import join_room


class Typist(Person):
    """A person who answers with the next of these lines, and has no more after the last."""

    def __init__(self, *lines: bytes) -> None:
        self.lines = list(lines)
        self.screen: list[str] = []

    def show(self, text: str) -> None:
        self.screen.append(text)

    def ask(self, answer: Callable[[bytes | None], None]) -> None:
        answer(self.lines.pop(0) if self.lines else None)


class SlowTypist(Person):
    """A person who takes time to answer."""

    def __init__(self) -> None:
        self.screen: list[str] = []
        self.answer: Callable[[bytes | None], None] | None = None

    def show(self, text: str) -> None:
        self.screen.append(text)

    def ask(self, answer: Callable[[bytes | None], None]) -> None:
        self.answer = answer

    def withdraw_question(self) -> None:
        self.answer = None

    def says(self, line: bytes) -> None:
        assert self.answer is not None
        answer, self.answer = self.answer, None
        answer(line)


class Cable:
    """A client's end of a connection and the server's: what one says, the other hears."""

    def __init__(self, client: Protocol, visitor: Visitor) -> None:
        self.client = client
        self.visitor = visitor
        self.transport = StringTransport()
        self.client.makeConnection(self.transport)
        self.is_cut = False

    def exchange(self) -> bool:
        """Carry what each side has said to the other.

        :return: whether there was anything.
        """
        if self.is_cut:
            return False
        heard, said = self.visitor.transport.value(), self.transport.value()
        self.visitor.transport.clear()
        self.transport.clear()
        if heard and not self.transport.disconnecting:
            self.client.dataReceived(heard)
        if said:
            self.visitor.sends(said)
        if self.visitor.dismissed or self.transport.disconnecting:
            if not heard and not said:
                self.visitor.goes()
                self.is_cut = True
                self.client.connectionLost(Failure(ConnectionDone()))
            return True
        return bool(heard or said)

    def cut(self, arrives: bool = False, dead: bool = False) -> None:
        """Cut it: neither side hears what the other has said last.

        :param arrives: whether the server still hears what the client has said.
        :param dead: whether the server has died, and notices nothing.
        """
        if arrives:
            self.visitor.sends(self.transport.value())
        if not dead:
            self.visitor.goes()
        self.is_cut = True
        self.client.connectionLost(Failure(ConnectionLost()))


class Visit:
    """A client that is connected to a saleroom.

    :param typist: whose screen it is.
    :param agent: makes another participant of the typist, such as a robot that uses the screen.
    """

    def __init__(
        self,
        room: Saleroom,
        typist: Typist,
        role: type[Role] | None = None,
        agent: Callable[[Person], Person] = lambda person: person,
    ) -> None:
        self.screen = typist.screen
        client = AuctionClient(agent(typist), role)
        self.ending: Ending | None = None
        client.ended.addCallback(self._end)
        self.cable = Cable(client, room.enters())
        room.visits.append(self.cable)
        room.talk()

    def _end(self, ending: Ending) -> None:
        self.ending = ending


@implementer(IStreamClientEndpoint)
class LobbyVisit:
    """A client in a room of a saleroom, whose connection may be cut; and the way to the lobby,
    which may be closed.

    :param person: whose screen it is.
    :param agent: as in :class:`Visit`.
    :param never: whether no connection is ever made, or refused.
    """

    def __init__(
        self,
        room: Saleroom,
        person: Typist | SlowTypist,
        role: type[Role] | None = None,
        agent: Callable[[Person], Person] = lambda person: person,
        name: str = "antiques",
        is_open: bool = True,
        never: bool = False,
    ) -> None:
        self.screen = person.screen
        self.room = room
        self.is_open = is_open
        self.never = never
        self.attempts = 0
        self.visit = RoomVisit(room.clock, name, agent(person), role)
        self.ended = ensureDeferred(join_room(self, self.visit))
        room.talk()
        room.passes(0)  # the time that a ledger takes

    def connect(self, factory: Any) -> Deferred[Any]:
        """Make the next connection, if that is possible."""
        self.attempts += 1
        if self.never:
            return Deferred()
        if not self.is_open:
            return fail(ConnectionRefusedError())
        client = factory.buildProtocol(None)
        self.cable = Cable(client, self.room.enters_lobby())
        self.room.visits.append(self.cable)
        return succeed(client)

    def cut(self, arrives: bool = False) -> None:
        """Cut the connection, and let the client come back, a second later."""
        self.cable.cut(arrives)
        self.room.passes(1.5)

    @contextmanager
    def away(self, arrives: bool = False) -> Iterator[None]:
        """Cut the connection, let none be made for this long, and then let the client come back."""
        self.is_open = False
        self.cut(arrives)
        yield
        self.is_open = True
        self.room.passes(2)

    def reads(self) -> list[str]:
        """Everything since the last time."""
        lines = self.screen[:]
        self.screen.clear()
        return lines
