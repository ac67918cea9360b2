"""The assignment, played against a server, by a Seller, by Buyers, and by clients that it must turn
away."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from twisted.internet.interfaces import IStreamClientEndpoint
from twisted.internet.task import deferLater

from twisted_auction.check.card import ActOver, Card, Row, Unmet
from twisted_auction.check.talk import RETRY, Console, Line, Talk, connect, run_program, says

ROWS = (
    Row("connect-seller", "Client 1 is connected as the Seller"),
    Row("seller-role", "The Seller receives its role prompt and is asked for a request"),
    Row("busy-request", "Another client during the request is told to wait, and let go"),
    Row("wrong-request", "A wrong auction request receives feedback, and may be repeated"),
    Row("right-request", "A right auction request is accepted: the auction starts"),
    Row("connect-buyers", "Clients 2 to N+1 are connected as Buyers 1 to N"),
    Row("buyer-role", "Buyers 1 to N-1 receive role and waiting prompt"),
    Row("bidding-start", "Buyers 1 to N receive the bidding start prompt"),
    Row("busy-bidding", "Another client during bidding is told so, and let go"),
    Row("wrong-bid", "A wrong bid receives feedback, and may be repeated"),
    Row("right-bid", "A right bid is acknowledged"),
    Row("console", "The Auctioneer displays all bids and the result"),
    Row("seller-result", "The Seller receives the result, with the price"),
    Row("buyer-results", "Buyers 1 to N receive the result: won with the payment due, or lost"),
    Row("sealed", "No Buyer hears another Buyer's bid"),
    Row("closed", "All connections are closed after the result"),
    Row("next-seller", "Another client after the auction becomes the Seller"),
    Row("second-round", "Another round with the other type works as well"),
    Row("lowest-price", "In a second-price auction the lowest price is the least payment"),
    Row("unsold", "Below the lowest price nothing is sold"),
    Row("seller-vanishes", "A Seller who vanishes before its request makes room for another"),
    Row("buyer-vanishes", "A Buyer who vanishes before its bid does not hold up the auction"),
    Row("bound-seller", "A Seller who vanishes during bidding does not break the auction"),
)
"""The rubric of the assignment as far as a server is concerned, and what its words imply."""

REFUSED = r"invalid|wrong|error|incorrect|fail|again|must|format|positive|integer|number|bad"
SELLER = r"seller|request"
LOST = r"\bnot?\b|n't|lost|lose|unfortunately|unsold|sorry|fail|another|didnt"
WRONG_REQUESTS = (
    "some wrong input",
    "7 100 3 WolfPackSword",
    "2 -100 3 WolfPackSword",
    "2 100 10 WolfPackSword",
    "2 100 3",
)
WRONG_BIDS = ("some wrong bid", "-5", "0", "12.5")


def number(amount: int) -> str:
    """The pattern of an amount that is not part of a longer one."""
    return rf"(?<!\d){amount}(?!\d)"


class ServerCheck:
    """Plays the assignment against a server.

    :param card: takes down what becomes of the rows.
    :param endpoint: where the server listens.
    :param limit: seconds that the server has for each step.
    :param line_end: what the clients end their lines with.
    :param starting: gives a command that starts the server, and where it listens then, where this
        check is to start it; its console is read then. Each start needs a port of its own: the last
        one may not be free for a minute.
    """

    def __init__(
        self,
        reactor: Any,
        card: Card,
        endpoint: IStreamClientEndpoint,
        limit: float,
        line_end: bytes,
        starting: Callable[[], tuple[list[str], IStreamClientEndpoint]] | None = None,
    ) -> None:
        self._reactor = reactor
        self._card = card
        self._endpoint = endpoint
        self._limit = limit
        self._line_end = line_end
        self._starting = starting
        self._console: Console | None = None
        self._lines: list[Line] = []

    async def run(self) -> None:
        """Play every act. What an act has left behind is closed before the next one begins."""
        acts: list[Callable[[], Awaitable[None]]] = [
            self._rubric,
            self._lowest_price,
            self._unsold,
            self._seller_vanishes,
            self._buyer_vanishes,
            self._bound_seller,
        ]
        for act in acts:
            if self._card.is_hopeless:
                break
            self._card.transcript.clear()
            with suppress(ActOver):
                if self._starting is not None and self._console is None:
                    command, self._endpoint = self._starting()
                    self._start(command)
                await act()
            is_stuck = not all(line.talk.is_over for line in self._lines)
            for line in self._lines:
                if not line.talk.is_over:
                    line.vanish()
            self._lines.clear()
            if self._console is not None:
                await self._console.talk.settle()  # ending takes a server a moment
                if is_stuck or self._console.talk.is_over:
                    await self._stop()  # it is given another chance
        await self._stop()

    def _start(self, command: list[str]) -> None:
        console = Console(self._talk("The console"), self._card.transcript)
        run_program(self._reactor, command, console)
        self._console = console

    async def _stop(self) -> None:
        if self._console is not None:
            console, self._console = self._console, None
            await console.kill()

    def _talk(self, name: str) -> Talk:
        return Talk(name, self._reactor, self._card.transcript, self._limit)

    async def _enter(self, name: str) -> Line:
        """Connect one more client.

        :raises Unmet: where that is not possible.
        """
        line = Line(self._talk(name), self._card.transcript, self._line_end)
        await connect(self._endpoint, line, self._reactor, self._limit)
        self._card.transcript.add(name, "connects")
        self._lines.append(line)
        return line

    async def _seller(self) -> Line:
        """Become the Seller, as soon as the server has finished what it was at.

        :raises Unmet: where that does not happen in time.
        """
        end = self._reactor.seconds() + self._limit
        while True:
            line = await self._enter("The Seller")
            with suppress(Unmet):
                words = await line.talk.hears(r"\w", "that it is the Seller")
                if says(words, SELLER) and not says(words, r"busy|later|progress|on-?going"):
                    return line
            line.vanish()
            if self._reactor.seconds() >= end:
                raise Unmet("A newcomer should become the Seller, and does not.")
            await deferLater(self._reactor, RETRY)

    async def _gather(
        self, request: str, buyers: int, seller: Line | None = None
    ) -> tuple[Line, list[Line]]:
        """Have a Seller's request accepted, and let Buyers come until bidding starts.

        :param seller: the Seller, if there is one already.
        :raises Unmet: where the server does not go along.
        """
        seller = seller or await self._seller()
        await self._request(seller, request)
        lines = []
        for buyer in range(1, buyers + 1):
            line = await self._enter(f"Buyer {buyer}")
            await line.talk.hears(r"buyer|bid|wait", "its role")
            lines.append(line)
        for line in lines:
            await line.talk.hears(r"start|begin|submit|place|enter|your bid", "that bidding starts")
            line.talk.turn()
        seller.talk.turn()
        return seller, lines

    async def _request(self, seller: Line, request: str) -> None:
        """Submit a right auction request.

        :raises Unmet: where it is not accepted.
        """
        seller.say(request)
        answer = await seller.talk.hears(r"\w", "that its request is accepted")
        if says(answer, r"invalid|wrong|incorrect|error"):
            raise Unmet(f"The Seller's request {request!r} should be accepted.")

    async def _bid(self, buyer: Line, amount: int) -> None:
        """Make a right bid.

        :raises Unmet: where it is not acknowledged.
        """
        buyer.say(str(amount))
        answer = await buyer.talk.hears(r"\w", "that its bid is received")
        if says(answer, r"invalid|wrong|incorrect|error"):
            raise Unmet(f"{buyer.talk.name}'s bid {amount} should be received.")

    async def _turned_away(self, when: str) -> None:
        """Try to come in where that is not possible.

        :raises Unmet: where the client is let in, or not told anything, or not let go.
        """
        line = await self._enter("Another client")
        words = await line.talk.hears(r"\w", f"that it cannot take part {when}")
        if says(words, r"role|seller\]|buyer\]|submit"):
            raise Unmet(f"Another client should be turned away {when}, and is let in.")
        await line.talk.closes()

    async def _rubric(self) -> None:
        """The rubric's own auction: second-price, bids of 150, 120 and 180; then first-price."""
        row = self._card.row
        with row("connect-seller", is_vital=True):
            seller = await self._enter("The Seller")
        with row("seller-role", is_vital=True):
            await seller.talk.hears(SELLER, "that it is the Seller")
        with row("busy-request"):
            await self._turned_away("during the request")
        with row("wrong-request"):
            for request in WRONG_REQUESTS:
                seller.say(request)
                await seller.talk.hears(REFUSED, f"that {request!r} is no auction request")
        with row("right-request", is_vital=True):
            await self._request(seller, "2 100 3 WolfPackSword")
        buyers: list[Line] = []
        with row("connect-buyers", is_vital=True):
            for buyer in (1, 2, 3):
                line = await self._enter(f"Buyer {buyer}")
                buyers.append(line)
                await line.talk.settle()
                if line.talk.is_over:
                    raise Unmet(f"Buyer {buyer} should stay connected, and is not.")
        with row("buyer-role"):
            for line in buyers[:2]:
                await line.talk.hears(r"buyer|bidder|role", "its role")
                await line.talk.hears(r"wait|more|other", "that other Buyers are awaited")
        with row("bidding-start", is_vital=True):
            for line in buyers:
                await line.talk.hears(r"start|begin|submit|place|enter", "that bidding starts")
                line.talk.turn()
        seller.talk.turn()
        with row("busy-bidding"):
            await self._turned_away("during bidding")
        with row("wrong-bid"):
            for bid in WRONG_BIDS:
                buyers[1].say(bid)
                await buyers[1].talk.hears(REFUSED, f"that {bid!r} is no bid")
        with row("right-bid", is_vital=True):
            for line, amount in zip(buyers[:2], (150, 120), strict=True):
                await self._bid(line, amount)
                line.talk.turn()
            buyers[2].say("180")  # the answer may already be the result
            await buyers[2].talk.hears(r"\w", "that its bid is received")
        await self._read_console(120, 180, 150)
        await self._hear_results(seller, buyers, price=150, highest_bid=180)
        with row("next-seller", is_vital=True):
            seller = await self._seller()
        self._card.transcript.clear()
        with row("second-round"):
            seller, buyers = await self._gather("1 10 2 Round Shield", 2, seller)
            await self._bid(buyers[0], 30)
            buyers[0].talk.turn()
            buyers[1].say("20")
            await self._sold(seller, buyers[0], buyers[1:], 30)

    async def _read_console(self, *amounts: int) -> None:
        """Look for these on the console of a server that this check has started."""
        if self._console is None:
            self._card.skip("console", "The console is read where --run starts the server.")
            return
        with self._card.row("console"):
            for amount in amounts:
                await self._console.talk.hears(number(amount), f"the amount {amount}")

    async def _hear_results(
        self, seller: Line, buyers: list[Line], price: int, highest_bid: int
    ) -> None:
        """The end of the rubric's auction, which the last Buyer wins."""
        row = self._card.row
        with row("seller-result"):
            await seller.talk.hears(number(price), f"that the item is sold for {price}")
        with row("buyer-results"):
            await buyers[-1].talk.hears(number(price), f"that it won and owes {price}")
            for line in buyers[:-1]:
                await line.talk.hears(LOST, "that it did not win")
        with row("sealed"):
            for line in (*buyers[:-1], seller):
                if says(line.talk.heard, number(highest_bid)):
                    raise Unmet(f"{line.talk.name} hears the highest bid, {highest_bid}.")
        with row("closed"):
            for line in (seller, *buyers):
                await line.talk.closes()

    async def _sold(self, seller: Line, winner: Line, losers: list[Line], price: int) -> None:
        """Wait for a sale.

        :raises Unmet: where there is another result.
        """
        await seller.talk.hears(number(price), f"that the item is sold for {price}")
        await winner.talk.hears(number(price), f"that it won and owes {price}")
        for line in losers:
            await line.talk.hears(LOST, "that it did not win")

    async def _lowest_price(self) -> None:
        with self._card.row("lowest-price"):
            seller, (winner, loser) = await self._gather("2 100 2 Helmet", 2)
            await self._bid(loser, 80)
            winner.say("150")
            await self._sold(seller, winner, [loser], 100)

    async def _unsold(self) -> None:
        with self._card.row("unsold"):
            seller, buyers = await self._gather("1 100 2 Lantern", 2)
            await self._bid(buyers[0], 80)
            buyers[0].talk.turn()
            buyers[1].say("90")
            for line in (seller, *buyers):
                await line.talk.hears(LOST, "that nothing is sold")

    async def _seller_vanishes(self) -> None:
        with self._card.row("seller-vanishes"):
            seller = await self._seller()
            seller.vanish()
            await self._seller()

    async def _buyer_vanishes(self) -> None:
        with self._card.row("buyer-vanishes"):
            seller, (stays, goes) = await self._gather("1 10 2 Vase", 2)
            goes.vanish()
            await stays.talk.settle()
            await self._bid(stays, 50)
            await stays.talk.closes()
            await seller.talk.closes()

    async def _bound_seller(self) -> None:
        with self._card.row("bound-seller"):
            seller, (winner, loser) = await self._gather("1 10 2 Lamp", 2)
            seller.vanish()
            await winner.talk.settle()
            await self._bid(loser, 20)
            loser.talk.turn()
            winner.say("50")
            await winner.talk.hears(number(50), "that it won and owes 50")
            await loser.talk.hears(LOST, "that it did not win")
            await winner.talk.closes()
            await self._seller()
