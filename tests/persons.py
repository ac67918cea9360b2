"""Persons at a client, and clients of a house without a network."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from twisted.internet.defer import Deferred, ensureDeferred
from twisted.internet.interfaces import IProtocol, IProtocolFactory

from twisted_auction.client.join import join
from twisted_auction.client.person import Ending, Person, Question, Role
from twisted_auction.client.room import RoomVisit
from twisted_auction.client.session import join_room
from twisted_auction.testing import MemoryEndpoint, MemoryHouse


class Typist(Person):
    """A person with these lines as answers, and no more after the last."""

    def __init__(self, *lines: bytes) -> None:
        self.lines = list(lines)
        self.screen: list[str] = []
        self.questions: list[Question | None] = []

    def show(self, text: str) -> None:
        self.screen.append(text)

    def ask(self, message: Question | None, answer: Callable[[bytes | None], None]) -> None:
        self.questions.append(message)
        answer(self.lines.pop(0) if self.lines else None)


class SlowTypist(Person):
    """A person that answers only by :meth:`type_line`."""

    def __init__(self) -> None:
        self.screen: list[str] = []
        self.answer: Callable[[bytes | None], None] | None = None

    def show(self, text: str) -> None:
        self.screen.append(text)

    def ask(self, message: Question | None, answer: Callable[[bytes | None], None]) -> None:
        self.answer = answer

    def withdraw_question(self) -> None:
        self.answer = None

    def type_line(self, line: bytes) -> None:
        assert self.answer is not None
        answer, self.answer = self.answer, None
        answer(line)


class Visit:
    """A client connected to the main room of a house.

    :param typist: whose screen it is.
    :param agent: makes another participant of the typist, such as a robot that uses the screen.
    """

    def __init__(
        self,
        house: MemoryHouse,
        typist: Typist,
        role: type[Role] | None = None,
        agent: Callable[[Person], Person] = lambda person: person,
    ) -> None:
        self.screen = typist.screen
        self.ending: Ending | None = None
        visit = join(MemoryEndpoint(house), agent(typist), role)
        ensureDeferred(visit).addCallback(self._end)
        house.deliver()

    def _end(self, ending: Ending) -> None:
        self.ending = ending


class LobbyVisit(MemoryEndpoint):
    """A client in a room of a house. A test may cut its connections.

    :param person: whose screen it is.
    :param agent: as in :class:`Visit`.
    :param never: True if attempts to connect neither succeed nor fail.
    """

    def __init__(
        self,
        house: MemoryHouse,
        person: Typist | SlowTypist,
        role: type[Role] | None = None,
        agent: Callable[[Person], Person] = lambda person: person,
        name: str = "antiques",
        is_open: bool = True,
        never: bool = False,
    ) -> None:
        super().__init__(house, to_lobby=True)
        self.screen = person.screen
        self.is_open = is_open
        self.never = never
        self.attempts = 0
        self.visit = RoomVisit(house.clock, name, agent(person), role)
        self.ended = ensureDeferred(join_room(self, self.visit))
        house.deliver()
        house.advance()  # the ledger commits

    def connect(self, protocolFactory: IProtocolFactory) -> Deferred[IProtocol]:
        """Make the next connection, if the lobby is open."""
        self.attempts += 1
        return Deferred() if self.never else super().connect(protocolFactory)

    def cut(self, arrives: bool = False) -> None:
        """Cut the connection, and let the client come back, a second later."""
        self.link.cut(arrives)
        self.house.advance(1.5)

    @contextmanager
    def away(self, arrives: bool = False) -> Iterator[None]:
        """Cut the connection, refuse others for this long, and then let the client come back."""
        self.is_open = False
        self.cut(arrives)
        yield
        self.is_open = True
        self.house.advance(2)

    def read_lines(self) -> list[str]:
        """The lines shown since the last call."""
        lines = self.screen[:]
        self.screen.clear()
        return lines
