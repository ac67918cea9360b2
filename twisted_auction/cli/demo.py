"""``auction demo``: the assignment's example auction, with real clients over TCP."""

from collections.abc import Callable, Sequence
from typing import Any

from twisted.internet.defer import (
    CancelledError,
    Deferred,
    ensureDeferred,
    maybeDeferred,
)
from twisted.internet.defer import TimeoutError as DeferredTimeoutError
from twisted.internet.endpoints import TCP4ClientEndpoint, TCP4ServerEndpoint
from twisted.internet.error import CannotListenError, ConnectError
from twisted.python.failure import Failure

from twisted_auction.cli.base import Command, run_reactor
from twisted_auction.cli.output import print_line
from twisted_auction.client.actor import Actor
from twisted_auction.client.join import join
from twisted_auction.client.person import Ending
from twisted_auction.house.auctioneer import Auctioneer
from twisted_auction.server.console import READY, assignment_console
from twisted_auction.server.endpoints import CannotStart
from twisted_auction.server.factory import AuctionFactory
from twisted_auction.web.settings import missing_extra

PLAY_TIMEOUT = 30
"""Seconds for the whole play, on the slowest machine."""


class Consoles:
    """Collects the lines of each console, and prints the consoles one after the other."""

    def __init__(self) -> None:
        self._consoles: dict[str, list[str]] = {}

    def show(self, console: str, line: str) -> None:
        """Add one line to a console."""
        self._consoles.setdefault(console, []).append(line)

    def print_consoles(self) -> None:
        """Print each console below its name. The console with the first line comes first."""
        for number, (console, lines) in enumerate(self._consoles.items()):
            if number:
                print_line("")
            print_line(f"=== {console} ===")
            for line in lines:
                print_line(line)


class Player(Actor):
    """A participant of the play, with a console."""

    def __init__(self, consoles: Consoles, name: str) -> None:
        super().__init__()
        self._consoles = consoles
        self._name = name

    def show(self, text: str) -> None:
        """Show a line on the console."""
        self._consoles.show(self._name, text)
        super().show(text)

    def answered(self, text: str) -> None:
        """Show the participant's own line."""
        self._consoles.show(self._name, text)


class Demo(Command):
    """Plays a whole auction, and shows its consoles."""

    synopsis = ""
    example = ""
    longdesc = (
        "Plays one second-price auction on this machine, with a server, a Seller and three Buyers "
        "that talk over TCP, and then prints the console of each. Exit status: 0 if the item was "
        "sold for $150."
    )

    optFlags = [
        [
            "web",
            None,
            "Hold a sale of four lots on http://127.0.0.1:8080/ instead (on another port if it "
            "is taken). Two robots bid against you. It goes on until Ctrl-C.",
        ]
    ]

    def run(self, reactor: Any) -> int:
        """Play, and check the result."""
        if self["web"]:
            return self._serve(reactor)

        async def perform() -> int:
            try:
                sold = await ensureDeferred(play(reactor)).addTimeout(PLAY_TIMEOUT, reactor)
            except DeferredTimeoutError:
                self.complain(f"the auction did not end within {PLAY_TIMEOUT} seconds")
                return 1
            except (CannotListenError, ConnectError, OSError) as error:
                self.complain(f"cannot play over 127.0.0.1: {error}")
                return 1
            if not sold:
                self.complain("the item was not sold for $150")
            return 0 if sold else 1

        return run_reactor(reactor, perform)

    def _serve(self, reactor: Any) -> int:
        """Hold a sale on the page."""
        if missing_extra():
            self.complain(missing_extra())
            return 1
        # Takes longer to import than the play.
        from twisted_auction.cli.demo_web import WebDemo, available_port

        async def perform() -> int:
            demo = WebDemo(reactor, available_port())
            try:
                demo.start()
            except CannotStart as error:
                self.complain(str(error))
                return 1
            # The reactor waits for the end, so that the robots leave in good order.
            reactor.addSystemEventTrigger("before", "shutdown", lambda: ensureDeferred(demo.stop()))
            await Deferred()  # until a signal ends the program
            return 0

        return run_reactor(reactor, perform)


async def play(reactor: Any) -> bool:
    """Hold the assignment's auction: second-price, lowest price $100, bids of $150, $120 and $180.

    Prints the consoles at the end.

    :return: True if each participant read the right result.
    :raises CannotListenError: if the server cannot listen.
    :raises ConnectError: if a participant cannot connect.
    """
    consoles = Consoles()

    def show(line: str) -> None:
        consoles.show("Auctioneer", line)

    factory = AuctionFactory(Auctioneer(reactor, watch=assignment_console(show)))
    server = TCP4ServerEndpoint(reactor, 0, interface="127.0.0.1")
    port = await server.listen(factory)
    show(READY)
    endpoint = TCP4ClientEndpoint(reactor, "127.0.0.1", port.getHost().port)
    visits: list[Deferred[Ending]] = []
    failures: list[Failure] = []

    def add_player(name: str) -> Player:
        player = Player(consoles, name)
        visit = ensureDeferred(join(endpoint, player))
        visit.addErrback(connection_failed)
        visits.append(visit)
        return player

    def connection_failed(failure: Failure) -> None:
        """Stop the play if a participant cannot connect."""
        if failure.check(CancelledError):  # by the timeout, which stops the play anyway
            failure.raiseException()
        failures.append(failure)
        reactor.callLater(0, performance.cancel)

    performance = ensureDeferred(_perform(add_player, visits))
    try:
        return await performance
    except CancelledError:
        if failures:
            failures[0].raiseException()
        raise
    finally:
        await maybeDeferred(port.stopListening)
        consoles.print_consoles()  # after a failure, too: they show how far the play came


async def _perform(add_player: Callable[[str], Player], visits: Sequence[Deferred[Ending]]) -> bool:
    """Let the participants connect and answer in the right order.

    :param add_player: connects a participant with this name.
    :param visits: the visits so far.
    :return: as :func:`play`.
    """
    seller = add_player("Seller")
    await seller.type("some wrong input")
    await seller.type("2 100 3 WolfPackSword")
    await seller.wait_for("Server: Auction start.")
    buyers = []
    for name in ("Buyer 1", "Buyer 2", "Buyer 3"):
        buyers.append(add_player(name))
        await buyers[-1].wait_for("Your role is: [Buyer]")
    for buyer, bids in zip(buyers, (["150"], ["some wrong bid", "120"], ["180"]), strict=True):
        for bid in bids:
            await buyer.type(bid)
        await buyer.wait_for("Server: Bid received. Please wait...")
    endings = [await visit for visit in visits]  # one by one: a timeout cancels the current one
    lost = "Unfortunately you did not win in the last round."
    return (
        all(ending.status == 0 for ending in endings)
        and "Success! Your item WolfPackSword has been sold for $150" in seller.lines
        and "You won this item WolfPackSword! Your payment due is $150" in buyers[2].lines
        and all(lost in buyer.lines for buyer in buyers[:2])
    )
