"""The client's own classes in a saleroom without a network."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from twisted.internet.defer import Deferred, ensureDeferred, fail, succeed
from twisted.internet.error import ConnectionRefusedError
from twisted.internet.interfaces import IStreamClientEndpoint
from zope.interface import implementer

from twisted_auction.client.person import Ending, Person, Role
from twisted_auction.client.protocol import AuctionClient
from twisted_auction.client.room import RoomVisit
from twisted_auction.client.session import join_room
from twisted_auction.testing import MemoryHouse


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


class Visit:
    """A client that is connected to a saleroom.

    :param typist: whose screen it is.
    :param agent: makes another participant of the typist, such as a robot that uses the screen.
    """

    def __init__(
        self,
        room: MemoryHouse,
        typist: Typist,
        role: type[Role] | None = None,
        agent: Callable[[Person], Person] = lambda person: person,
    ) -> None:
        self.screen = typist.screen
        client = AuctionClient(agent(typist), role)
        self.ending: Ending | None = None
        client.ended.addCallback(self._end)
        self.link = room.link(client, room.connect())
        room.deliver()

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
        room: MemoryHouse,
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
        room.deliver()
        room.advance(0)  # the time that a ledger takes

    def connect(self, factory: Any) -> Deferred[Any]:
        """Make the next connection, if that is possible."""
        self.attempts += 1
        if self.never:
            return Deferred()
        if not self.is_open:
            return fail(ConnectionRefusedError())
        client = factory.buildProtocol(None)
        self.link = self.room.link(client, self.room.connect_to_lobby())
        return succeed(client)

    def cut(self, arrives: bool = False) -> None:
        """Cut the connection, and let the client come back, a second later."""
        self.link.cut(arrives)
        self.room.advance(1.5)

    @contextmanager
    def away(self, arrives: bool = False) -> Iterator[None]:
        """Cut the connection, let none be made for this long, and then let the client come back."""
        self.is_open = False
        self.cut(arrives)
        yield
        self.is_open = True
        self.room.advance(2)

    def reads(self) -> list[str]:
        """Everything since the last time."""
        lines = self.screen[:]
        self.screen.clear()
        return lines
