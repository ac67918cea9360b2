"""Plays the assignment against a server: as the Seller, as Buyers, and as clients that it must turn
away."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from twisted.internet.interfaces import IStreamClientEndpoint
from twisted.internet.task import deferLater

from twisted_auction.check.program import RETRY_DELAY, Connection, Console, connect, matches, spawn
from twisted_auction.check.scorecard import ActAborted, RowFailed, Scorecard

# Servers of the assignment have their own words: these patterns match the usual ones.
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


def amount_pattern(amount: int) -> str:
    """A pattern for an amount, but not within a longer number."""
    return rf"(?<!\d){amount}(?!\d)"


class ServerCheck:
    """Plays the assignment against a server.

    :param card: records the results.
    :param endpoint: of the server.
    :param limit: seconds for each step of the server.
    :param line_end: the bytes after each line of the clients.
    :param new_server: makes a command that starts the server, and its endpoint, if this check is to
        start the server and read its console. Each start needs another port, because the last one
        may stay taken for a minute.
    """

    def __init__(
        self,
        reactor: Any,
        card: Scorecard,
        endpoint: IStreamClientEndpoint,
        limit: float,
        line_end: bytes,
        new_server: Callable[[], tuple[list[str], IStreamClientEndpoint]] | None = None,
    ) -> None:
        self._reactor = reactor
        self._card = card
        self._endpoint = endpoint
        self._limit = limit
        self._line_end = line_end
        self._new_server = new_server
        self._console: Console | None = None
        self._clients: list[Connection] = []

    async def run(self) -> None:
        """Play every act. The connections of an act are closed before the next act starts."""
        acts: list[Callable[[], Awaitable[None]]] = [
            self._rubric,
            self._lowest_price,
            self._unsold,
            self._seller_vanishes,
            self._buyer_vanishes,
            self._bound_seller,
        ]
        for act in acts:
            if self._card.has_first_row_failed:
                break
            self._card.transcript.clear()
            with suppress(ActAborted):
                if self._new_server is not None and self._console is None:
                    command, self._endpoint = self._new_server()
                    self._start(command)
                await act()
            is_stuck = not all(client.has_ended for client in self._clients)
            for client in self._clients:
                if not client.has_ended:
                    client.abort()
            self._clients.clear()
            # A server that ends after each auction, or hangs, is started again for the next act.
            if self._console is not None:
                await self._console.wait_for_quiet()  # a server may need a moment to end
                if is_stuck or self._console.has_ended:
                    await self._stop()  # the next act starts a new one
        await self._stop()

    def _start(self, command: list[str]) -> None:
        console = Console("The console", self._reactor, self._card.transcript, self._limit)
        spawn(self._reactor, command, console)
        self._console = console

    async def _stop(self) -> None:
        if self._console is not None:
            console, self._console = self._console, None
            await console.kill()

    async def _connect(self, name: str) -> Connection:
        """Connect one more client.

        :raises RowFailed: if it cannot connect in time.
        """
        client = Connection(name, self._reactor, self._card.transcript, self._limit, self._line_end)
        await connect(self._endpoint, client, self._reactor, self._limit)
        self._card.transcript.add(name, "connects")
        self._clients.append(client)
        return client

    async def _become_seller(self) -> Connection:
        """Become the Seller, as soon as the server has finished its last auction.

        :raises RowFailed: if the server makes no client the Seller in time.
        """
        end = self._reactor.seconds() + self._limit
        while True:
            client = await self._connect("The Seller")
            with suppress(RowFailed):
                words = await client.expect(r"\w", "that it is the Seller")
                if matches(words, SELLER) and not matches(words, r"busy|later|progress|on-?going"):
                    return client
            # Turned away: the server may still be busy with the results of the last auction.
            client.abort()
            if self._reactor.seconds() >= end:
                raise RowFailed("A newcomer should become the Seller, and does not.")
            await deferLater(self._reactor, RETRY_DELAY)

    async def _start_bidding(
        self, request: str, buyers: int, seller: Connection | None = None
    ) -> tuple[Connection, list[Connection]]:
        """Submit a request as the Seller, and connect Buyers until bidding starts.

        :param seller: the Seller's connection; None to become the Seller first.
        :raises RowFailed: if the server does not play its part in time.
        """
        seller = seller or await self._become_seller()
        await self._request(seller, request)
        clients = []
        for buyer in range(1, buyers + 1):
            client = await self._connect(f"Buyer {buyer}")
            await client.expect(r"buyer|bid|wait", "its role")
            clients.append(client)
        for client in clients:
            await client.expect(r"start|begin|submit|place|enter|your bid", "that bidding starts")
            client.clear()
        seller.clear()
        return seller, clients

    async def _request(self, seller: Connection, request: str) -> None:
        """Submit a right auction request.

        :raises RowFailed: if the server does not accept it.
        """
        seller.send_line(request)
        answer = await seller.expect(r"\w", "that its request is accepted")
        if matches(answer, r"invalid|wrong|incorrect|error"):
            raise RowFailed(f"The Seller's request {request!r} should be accepted.")

    async def _bid(self, buyer: Connection, amount: int) -> None:
        """Make a right bid.

        :raises RowFailed: if the server does not acknowledge it.
        """
        buyer.send_line(str(amount))
        answer = await buyer.expect(r"\w", "that its bid is received")
        if matches(answer, r"invalid|wrong|incorrect|error"):
            raise RowFailed(f"{buyer.name}'s bid {amount} should be received.")

    async def _expect_refusal(self, when: str) -> None:
        """Connect a client that the server must turn away.

        :raises RowFailed: if the server gives it a role, tells it nothing, or keeps it connected.
        """
        client = await self._connect("Another client")
        words = await client.expect(r"\w", f"that it cannot take part {when}")
        if matches(words, r"role|seller\]|buyer\]|submit"):
            raise RowFailed(f"Another client should be turned away {when}, and is let in.")
        await client.expect_close()

    async def _rubric(self) -> None:
        """Play the rubric's own auction: second-price, bids 150, 120 and 180; then first-price."""
        row = self._card.row
        with row("connect-seller", is_required=True):
            seller = await self._connect("The Seller")
        with row("seller-role", is_required=True):
            await seller.expect(SELLER, "that it is the Seller")
        with row("busy-request"):
            await self._expect_refusal("during the request")
        with row("wrong-request"):
            for request in WRONG_REQUESTS:
                seller.send_line(request)
                await seller.expect(REFUSED, f"that {request!r} is no auction request")
        with row("right-request", is_required=True):
            await self._request(seller, "2 100 3 WolfPackSword")
        buyers: list[Connection] = []
        with row("connect-buyers", is_required=True):
            for buyer in (1, 2, 3):
                client = await self._connect(f"Buyer {buyer}")
                buyers.append(client)
                await client.wait_for_quiet()
                if client.has_ended:
                    raise RowFailed(f"Buyer {buyer} should stay connected, and is not.")
        with row("buyer-role"):
            for client in buyers[:2]:
                await client.expect(r"buyer|bidder|role", "its role")
                await client.expect(r"wait|more|other", "that other Buyers are awaited")
        with row("bidding-start", is_required=True):
            for client in buyers:
                await client.expect(r"start|begin|submit|place|enter", "that bidding starts")
                client.clear()
        seller.clear()
        with row("busy-bidding"):
            await self._expect_refusal("during bidding")
        with row("wrong-bid"):
            for bid in WRONG_BIDS:
                buyers[1].send_line(bid)
                await buyers[1].expect(REFUSED, f"that {bid!r} is no bid")
        with row("right-bid", is_required=True):
            for client, amount in zip(buyers[:2], (150, 120), strict=True):
                await self._bid(client, amount)
                client.clear()
            buyers[2].send_line("180")  # its answer may already be the result
            await buyers[2].expect(r"\w", "that its bid is received")
        await self._expect_on_console(120, 180, 150)
        await self._expect_results(seller, buyers, price=150, highest_bid=180)
        with row("next-seller", is_required=True):
            seller = await self._become_seller()
        self._card.transcript.clear()
        with row("second-round"):
            seller, buyers = await self._start_bidding("1 10 2 Round Shield", 2, seller)
            await self._bid(buyers[0], 30)
            buyers[0].clear()
            buyers[1].send_line("20")
            await self._expect_sale(seller, buyers[0], buyers[1:], 30)

    async def _expect_on_console(self, *amounts: int) -> None:
        """Wait for these amounts on the server's console, if this check has started the server."""
        if self._console is None:
            self._card.skip("console", "The console is read where --run starts the server.")
            return
        with self._card.row("console"):
            for amount in amounts:
                await self._console.expect(amount_pattern(amount), f"the amount {amount}")

    async def _expect_results(
        self, seller: Connection, buyers: list[Connection], price: int, highest_bid: int
    ) -> None:
        """Wait for the results of the rubric's auction: the last Buyer wins."""
        row = self._card.row
        with row("seller-result"):
            await seller.expect(amount_pattern(price), f"that the item is sold for {price}")
        with row("buyer-results"):
            await buyers[-1].expect(amount_pattern(price), f"that it won and owes {price}")
            for client in buyers[:-1]:
                await client.expect(LOST, "that it did not win")
        with row("sealed"):
            for client in (*buyers[:-1], seller):
                if matches(client.received, amount_pattern(highest_bid)):
                    raise RowFailed(f"{client.name} hears the highest bid, {highest_bid}.")
        with row("closed"):
            for client in (seller, *buyers):
                await client.expect_close()

    async def _expect_sale(
        self, seller: Connection, winner: Connection, losers: list[Connection], price: int
    ) -> None:
        """Wait for a sale at this price.

        :raises RowFailed: if a participant receives another result, or none in time.
        """
        await seller.expect(amount_pattern(price), f"that the item is sold for {price}")
        await winner.expect(amount_pattern(price), f"that it won and owes {price}")
        for client in losers:
            await client.expect(LOST, "that it did not win")

    async def _lowest_price(self) -> None:
        with self._card.row("lowest-price"):
            seller, (winner, loser) = await self._start_bidding("2 100 2 Helmet", 2)
            await self._bid(loser, 80)
            # Not _bid(): the answer to the last bid may already be the result.
            winner.send_line("150")
            await self._expect_sale(seller, winner, [loser], 100)

    async def _unsold(self) -> None:
        with self._card.row("unsold"):
            seller, buyers = await self._start_bidding("1 100 2 Lantern", 2)
            await self._bid(buyers[0], 80)
            buyers[0].clear()
            buyers[1].send_line("90")
            for client in (seller, *buyers):
                await client.expect(LOST, "that nothing is sold")

    async def _seller_vanishes(self) -> None:
        with self._card.row("seller-vanishes"):
            seller = await self._become_seller()
            seller.abort()
            await self._become_seller()

    async def _buyer_vanishes(self) -> None:
        with self._card.row("buyer-vanishes"):
            seller, (stays, goes) = await self._start_bidding("1 10 2 Vase", 2)
            goes.abort()
            await stays.wait_for_quiet()
            await self._bid(stays, 50)
            await stays.expect_close()
            await seller.expect_close()

    async def _bound_seller(self) -> None:
        with self._card.row("bound-seller"):
            seller, (winner, loser) = await self._start_bidding("1 10 2 Lamp", 2)
            seller.abort()
            # Time for the server to notice, and to cancel the auction if it wrongly does so.
            await winner.wait_for_quiet()
            await self._bid(loser, 20)
            loser.clear()
            winner.send_line("50")
            await winner.expect(amount_pattern(50), "that it won and owes 50")
            await loser.expect(LOST, "that it did not win")
            await winner.expect_close()
            await self._become_seller()
