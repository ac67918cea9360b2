"""The client's own classes in a saleroom without a network."""

from collections.abc import Callable

from twisted.internet.error import ConnectionDone
from twisted.internet.testing import StringTransport
from twisted.python.failure import Failure

from tests.support import Saleroom
from twisted_auction.client.protocol import AuctionClient, Ending, Person, Role


class Typist(Person):
    """A person who answers with the next of these lines, and has no more after the last."""

    def __init__(self, *lines: bytes) -> None:
        self.lines = list(lines)
        self.screen: list[str] = []

    def show(self, text: str) -> None:
        self.screen.append(text)

    def ask(self, answer: Callable[[bytes | None], None]) -> None:
        answer(self.lines.pop(0) if self.lines else None)


class Visit:
    """A client that is connected to a saleroom: what one says, the other hears at once.

    :param typist: whose screen it is.
    :param agent: makes somebody else of the typist, such as a robot who uses the screen.
    """

    def __init__(
        self,
        room: Saleroom,
        typist: Typist,
        role: type[Role] | None = None,
        agent: Callable[[Person], Person] = lambda person: person,
    ) -> None:
        self.screen = typist.screen
        self.client = AuctionClient(agent(typist), role)
        self.visitor = room.enters()
        self.transport = StringTransport()
        self.client.makeConnection(self.transport)
        self.ending: Ending | None = None
        self.client.ended.addCallback(self._end)
        room.visits.append(self)
        room.talk()

    def _end(self, ending: Ending) -> None:
        self.ending = ending

    def exchange(self) -> bool:
        """Carry what each side has said to the other.

        :return: whether there was anything.
        """
        if self.ending is not None:
            return False
        heard, said = self.visitor.transport.value(), self.transport.value()
        self.visitor.transport.clear()
        self.transport.clear()
        if heard:
            self.client.dataReceived(heard)
        if said:
            self.visitor.sends(said)
        if self.visitor.dismissed or self.transport.disconnecting:
            if not heard and not said:
                self.visitor.goes()
                self.client.connectionLost(Failure(ConnectionDone()))
            return True
        return bool(heard or said)
