"""``auction demo --web``: a sale on this machine, to try the page in a browser."""

import socket
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import Any

from twisted.internet.defer import ensureDeferred
from twisted.internet.endpoints import TCP4ClientEndpoint, TCP4ServerEndpoint

from twisted_auction.cli.output import print_line
from twisted_auction.client.join import join
from twisted_auction.client.person import Person as Participant
from twisted_auction.client.person import Question
from twisted_auction.client.robots import BidRobot
from twisted_auction.embed import house
from twisted_auction.house.pass_codes import HashedCode, new_code, new_salt, read_code
from twisted_auction.house.people import People, Person, Role
from twisted_auction.rules.catalogue import parse_catalogue
from twisted_auction.rules.events import Arrived, Event
from twisted_auction.rules.terms import Terms
from twisted_auction.server.factory import AuctionFactory
from twisted_auction.server.passes import Passes
from twisted_auction.web.settings import SiteSettings, greetings

MAX_BIDDERS = 9
"""As for the server: no lot of this sale waits for a number of Buyers."""

PORT = 8080
"""The port of the page, unless another program has it."""

CATALOGUE = b"""\
lot,item,type,lowest_price,description
1,Walnut desk,english:increment=5:duration=45,20,"From about 1900. One leg is new."
2,Brass lamp,second-price,40,"Sealed: the highest bid wins, and pays the second highest."
3,Box of records,dutch:start=90:step=5:interval=4,45,"The price falls until somebody accepts it."
4,Bicycle,english:increment=10:duration=45,60,"For a child. The lamp is missing."
"""
"""The lots of the sale."""

ROBOTS = {1: 85, 2: 110}
"""The maximum of each robot in dollars, by its paddle."""

YOU = 3
"""The paddle of the person at the browser."""

DESK = 9
"""The paddle of the same person at the desk."""


def available_port() -> int:
    """:data:`PORT`, or any other free port while another program listens there."""
    for port in (PORT, 0):
        with suppress(OSError), socket.create_server(("127.0.0.1", port)) as probe:
            number: int = probe.getsockname()[1]
            return number
    return PORT  # the house says why it cannot listen there


class Companion(Participant):
    """The person behind a robot: it knows its pass code."""

    def __init__(self, code: str) -> None:
        self._code = code

    def show(self, text: str) -> None:
        """Show nothing."""

    def ask(self, message: Question | None, answer: Callable[[bytes | None], None]) -> None:
        """Say the code."""
        answer(self._code.encode())


class WebDemo:
    """A house with a list of people, the page and two robots.

    :param reactor: runs it.
    :param port: the port of the page, on this machine alone.
    :param show: receives each line for the person at the terminal.
    :ivar codes: the pass codes, by paddle.
    :ivar service: the service of the house.
    """

    def __init__(self, reactor: Any, port: int, show: Callable[[str], object] = print_line) -> None:
        self._reactor = reactor
        self._show = show
        self._endpoint = f"tcp:{port}:interface=127.0.0.1"
        self._is_open = self._are_robots_there = False
        self._robot_port: Any = None
        self.codes = {paddle: new_code() for paddle in (*ROBOTS, YOU, DESK)}
        salt = new_salt()
        names = {**{paddle: f"Robot {paddle}" for paddle in ROBOTS}, YOU: "You", DESK: "You"}
        self.people = People(
            Person(
                paddle,
                names[paddle],
                Role.AUCTIONEER if paddle == DESK else Role.BIDDER,
                code=HashedCode.of(str(read_code(code)), salt),
            )
            for paddle, code in self.codes.items()
        )
        self.service = house(
            reactor,
            [],
            web=self._endpoint,
            terms=Terms(lot_time=60, lot_pause=5),
            catalogue=parse_catalogue(CATALOGUE, MAX_BIDDERS, min_bidders=0),
            people=self.people,
            public_view=True,
            show_names=True,
            watch=lambda room: self._watch,
            announce=lambda line: None,
        )

    def start(self) -> None:
        """Open the house, and tell the person the addresses.

        :raises CannotStart: if the port of the page is not available.
        """
        self.service.startService()
        self._is_open = True
        (line, *_) = greetings(self._endpoint, SiteSettings(), False)
        address = line.rpartition(" ")[2]
        for text in (
            f"To bid, open:   {address}join/{self.codes[YOU]}",
            f"The wall:       {address}room/main/wall",
            f"The desk:       {address}join/{self.codes[DESK]}",
            "                (in a private window, and then: /desk)",
            "The sale begins when you take your seat. Two robots bid against you. Ctrl-C ends it.",
        ):
            self._show(text)

    async def stop(self) -> None:
        """Close the house, before the end of a sale too, if it is open."""
        if not self._is_open:
            return
        self._is_open = False
        if self._robot_port is not None:
            await self._robot_port.stopListening()
        await self.service.stopService()

    def _watch(self, events: Sequence[Event]) -> None:
        """Let the robots come when the person has taken its seat."""
        is_there = any(isinstance(event, Arrived) and event.who == YOU for event in events)
        if is_there and not self._are_robots_there:
            self._are_robots_there = True
            self._reactor.callLater(0, lambda: ensureDeferred(self._send_robots()))

    async def _send_robots(self) -> None:
        """Let the robots take part, over TCP as other clients."""
        factory = AuctionFactory(self.service.rooms.main, passes=Passes(self.service.rooms))
        port = self._robot_port = await TCP4ServerEndpoint(
            self._reactor, 0, interface="127.0.0.1"
        ).listen(factory)
        endpoint = TCP4ClientEndpoint(self._reactor, "127.0.0.1", port.getHost().port)
        enter = partial(join, endpoint)
        visits = [
            ensureDeferred(enter(BidRobot(Companion(self.codes[paddle]), maximum, self._reactor)))
            for paddle, maximum in ROBOTS.items()
        ]
        for visit in visits:
            await visit
        if self._is_open:
            self._show("The sale is over. Ctrl-C ends the demonstration.")
