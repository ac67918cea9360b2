"""The same auctions on a real server: every line crosses TCP, with the client for people."""

from collections.abc import Iterable, Sequence
from typing import Any

from twisted.internet.defer import Deferred, ensureDeferred, gatherResults
from twisted.internet.endpoints import TCP4ClientEndpoint, TCP4ServerEndpoint
from twisted.internet.interfaces import IStreamClientEndpoint
from twisted.internet.task import Clock
from twisted.python.failure import Failure

from twisted_auction.client.actor import Actor
from twisted_auction.client.join import join
from twisted_auction.house.auctioneer import Auctioneer
from twisted_auction.lab.engine import moves
from twisted_auction.lab.theory import Outcome
from twisted_auction.rules.commands import Say
from twisted_auction.rules.events import SELLER, Event
from twisted_auction.rules.request import AuctionRequest
from twisted_auction.rules.terms import Terms
from twisted_auction.server.factory import AuctionFactory
from twisted_auction.server.limits import ConnectionLimits, Limits
from twisted_auction.wire import messages

AUCTION_TIMEOUT = 30
"""Seconds for one auction, on the slowest machine."""

LIVE_MOVE_SECONDS = 5e-4
"""Approximate seconds for a move over TCP."""

CLOCK_MARGIN = 1e-6
"""Seconds added when the clock advances to an instant: rounding must not leave it short of that."""


async def try_bids(
    reactor: Any, request: AuctionRequest, rivals: Sequence[int], bids: Iterable[int]
) -> dict[int, Outcome]:
    """Hold an auction for each of these bids on a server on the loopback interface.

    The outcomes must be those of :func:`twisted_auction.lab.truth.try_bids`.

    :raises CannotListenError: if the server cannot listen.
    :raises ConnectError: if a participant cannot connect.
    :raises TimeoutError: if an auction does not end in :data:`AUCTION_TIMEOUT`, which is a bug.
    """
    series = LiveSeries(request)
    port = await TCP4ServerEndpoint(reactor, 0, interface="127.0.0.1").listen(series.factory)
    endpoint = TCP4ClientEndpoint(reactor, "127.0.0.1", port.getHost().port)
    outcomes = {}
    try:
        for bid in bids:
            held = ensureDeferred(series.hold(endpoint, (*rivals, bid)))
            outcomes[bid] = await held.addTimeout(AUCTION_TIMEOUT, reactor)
    except BaseException:  # an interrupt, too: the reactor has stopped, so nothing can be awaited
        port.stopListening()
        raise
    await port.stopListening()
    return outcomes


class Participant(Actor):
    """A Seller or a Buyer.

    :ivar outcome: by the messages so far.
    """

    def __init__(self) -> None:
        super().__init__()
        self.outcome = Outcome(False, 0)

    def message_received(self, message: messages.Message) -> None:
        """Note a message about the result."""
        match message:
            case messages.YouWon():
                self.outcome = Outcome(True, message.payment)
            case messages.PaymentDue():
                self.outcome = Outcome(False, message.payment)


class LiveSeries:
    """A series of auctions on a server.

    The moves alone advance the server's clock. So a Dutch price that stands for a minute takes no
    time, and the speed of the machine does not change an outcome.

    :param request: the request of each auction.
    """

    def __init__(self, request: AuctionRequest) -> None:
        self._request = request
        self._clock = Clock()
        self._news: Deferred[None] = Deferred()
        terms = Terms(max_bidders=request.number_of_bids, raise_rate=0)
        self._auctioneer = Auctioneer(
            self._clock, terms, watch=self._events_published, max_seats_per_peer=0
        )
        # All clients share one address, and send hundreds of bids in one second of this clock.
        limits = Limits(line_rate=0, max_per_peer=0, max_new_per_minute=0)
        connections = ConnectionLimits(self._clock, limits)
        self.factory = AuctionFactory(self._auctioneer, connections=connections)

    async def hold(self, endpoint: IStreamClientEndpoint, limits: Sequence[int]) -> Outcome:
        """Hold one auction.

        :param endpoint: of the server.
        :param limits: of each Buyer, in whole dollars, in the order of arrival.
        :return: the outcome read by the last Buyer.
        """
        seller, *buyers = (Participant() for _ in range(1 + len(limits)))
        auction = self._auctioneer.auction
        visits = []
        # One after another: a Buyer's number is its place in the order of arrival.
        for who, participant in enumerate((seller, *buyers)):
            arrival = self._news
            visit = ensureDeferred(join(endpoint, participant))
            visits.append(visit.addErrback(self._connection_failed))
            await arrival
            if who == SELLER:
                acceptance = self._news
                await seller.type(self._request.text)
                await acceptance
        for when, command in moves(auction, limits, (), self._clock.seconds()):
            self._clock.advance(when + CLOCK_MARGIN - self._clock.seconds())
            # Each bid waits for its event: over TCP, two bids in flight might change places.
            if isinstance(command, Say):
                answer = self._news
                await buyers[command.who - 1].type(command.line.decode())
                await answer
        await gatherResults(visits)
        return buyers[-1].outcome

    def _events_published(self, events: Sequence[Event]) -> None:
        news, self._news = self._news, Deferred()
        news.callback(None)

    def _connection_failed(self, failure: Failure) -> None:
        """Fail the wait for the arrival of a participant that cannot connect."""
        news, self._news = self._news, Deferred()
        news.errback(failure)
        news.addErrback(lambda _: None)  # after an interrupt, nothing waits for it
