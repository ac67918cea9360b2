"""A connection to the port of one room."""

from twisted_auction.house.auctioneer import Auctioneer
from twisted_auction.house.people import Person
from twisted_auction.house.sale_rooms import NoRoom
from twisted_auction.server.limits import ConnectionLimits
from twisted_auction.server.passes import Passes
from twisted_auction.server.visitor import VisitorSession
from twisted_auction.wire import messages


class RoomSession(VisitorSession):
    """A session with one Auctioneer. The server speaks first. In a house with a list of people, it
    asks for a pass code before it gives the client a seat.

    :param auctioneer: gives the client its seat.
    :param visitors: all sessions of this port that were asked for a pass code.
    """

    def __init__(
        self,
        auctioneer: Auctioneer,
        connections: ConnectionLimits,
        passes: Passes | None = None,
        visitors: dict[VisitorSession, None] | None = None,
    ) -> None:
        visitors = {} if visitors is None else visitors
        super().__init__(connections, auctioneer.journal, visitors, passes)
        self.auctioneer = auctioneer

    def begin(self) -> None:
        """Take a seat, or send the reason for a refusal, or ask for a pass code."""
        if self._passes is None:
            self.seat = self.auctioneer.arrive(self)
        else:
            super().begin()
            self.answer(messages.AskPass())

    def handle(self, line: bytes) -> None:
        """Check a pass code, or pass the line to the room."""
        if self._passes is None or self.seat is not None:
            super().handle(line)
        else:
            self.check_pass(line.decode("utf-8", "replace").strip())
            self.set_idle_timeout()

    def admitted(self, person: Person) -> None:
        """Take the person's seat."""
        assert self._passes is not None
        try:
            place = self._passes.rooms.join(self.auctioneer.name, person, self)
        except NoRoom as refusal:
            self.refused(str(refusal))
        else:
            self.take(place)

    def refused(self, reason: str) -> None:
        """Ask for a pass code again."""
        self.answer(messages.NotDone(reason), messages.AskPass())
