"""Plays the assignment with a client, as an Auctioneer that uses the assignment's words."""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Any

from twisted.internet.defer import TimeoutError as DeferredTimeoutError
from twisted.internet.defer import maybeDeferred
from twisted.internet.endpoints import TCP4ServerEndpoint
from twisted.internet.task import deferLater

from twisted_auction.check.program import (
    QUIET_SECONDS,
    AcceptingFactory,
    Connection,
    Console,
    spawn,
)
from twisted_auction.check.scorecard import ActAborted, RowFailed, Scorecard
from twisted_auction.wire import messages

HOST = "127.0.0.1"


class ClientCheck:
    """Plays the assignment with a client, started anew for each act.

    :param card: records the results.
    :param command: starts the client. ``{host}`` and ``{port}`` in it are replaced; if it has
        neither, both are added at its end.
    :param limit: seconds for each step of the client.
    """

    def __init__(self, reactor: Any, card: Scorecard, command: Sequence[str], limit: float) -> None:
        self._reactor = reactor
        self._card = card
        self._command = list(command)
        self._limit = limit
        self._factory = AcceptingFactory(self._make_connection)
        self._port: Any = None  # an IListeningPort
        self._consoles: list[Console] = []
        self._connections: list[Connection] = []

    async def run(self) -> None:
        """Play every act. The client of an act is killed before the next act starts."""
        acts: list[Callable[[], Awaitable[None]]] = [
            self._seller,
            self._loser,
            self._winner,
            self._busy_request,
            self._busy_bidding,
            self._pieces,
            self._server_vanishes,
            self._no_server,
        ]
        endpoint = TCP4ServerEndpoint(self._reactor, 0, interface=HOST)
        self._port = await endpoint.listen(self._factory)
        for act in acts:
            if self._card.has_first_row_failed:
                break
            self._card.transcript.clear()
            with suppress(ActAborted):
                await act()
            for connection in self._connections:
                if not connection.has_ended:
                    connection.abort()
            for console in self._consoles:
                await console.kill()
            self._connections.clear()
            self._consoles.clear()
        # The last act has closed the port already, if it was played. stopListening() then returns
        # None.
        await maybeDeferred(self._port.stopListening)

    def _make_connection(self) -> Connection:
        """Make the Auctioneer's side of the next connection."""
        connection = Connection(
            "The Auctioneer", self._reactor, self._card.transcript, self._limit, b"\n"
        )
        self._connections.append(connection)
        return connection

    def _start(self, name: str, port: int) -> Console:
        """Start the client, to connect to this port."""
        console = Console(name, self._reactor, self._card.transcript, self._limit)
        command = [word.replace("{host}", HOST) for word in self._command]
        command = [word.replace("{port}", str(port)) for word in command]
        if command == self._command:  # without {host} and {port}, as the assignment starts it
            command += [HOST, str(port)]
        spawn(self._reactor, command, console)
        self._consoles.append(console)
        return console

    async def _start_and_accept(self, name: str) -> tuple[Console, Connection]:
        """Start the client and accept its connection.

        :raises RowFailed: if it does not connect in time.
        """
        console = self._start(name, self._port.getHost().port)
        waiting = self._factory.accepted.get()
        try:
            connection = await waiting.addTimeout(self._limit, self._reactor)
        except DeferredTimeoutError:
            raise RowFailed(f"{name} should connect to {HOST}, and does not.") from None
        self._card.transcript.add(name, "connects")
        return console, connection

    def _send_messages(
        self, connection: Connection, console: Console, *messages: messages.Message
    ) -> None:
        """Send these messages to the client. Only output after them counts from now on."""
        console.clear()
        connection.clear()
        connection.send("".join(f"{message}\n" for message in messages))

    async def _type(self, console: Console, connection: Connection, text: str) -> None:
        """Type a line, and wait for it at the Auctioneer.

        :raises RowFailed: if it does not arrive in time, or not as typed.
        """
        # A client that still prints may not read yet, and would lose the line.
        await console.wait_for_quiet()
        connection.clear()
        console.type(text)
        what = f"what is typed: {text!r}"
        if (await connection.expect(r"\S", what)).strip() != text:
            raise RowFailed(
                f"The Auctioneer should hear {what}, and hears {connection.received!r}."
            )

    async def _seller(self) -> None:
        row = self._card.row
        with row("connect", is_required=True):
            console, connection = await self._start_and_accept("The Seller")
        with row("seller-role", is_required=True):
            self._send_messages(connection, console, messages.RoleSeller(), messages.AskRequest())
            await console.expect("seller", "its role")
            await console.expect("request", "the request prompt")
        with row("wrong-request", is_required=True):
            await self._type(console, connection, "some wrong input")
            self._send_messages(
                connection, console, messages.RequestRefused(""), messages.AskRequest()
            )
            await console.expect("invalid|wrong|error", "that its request is invalid")
        with row("right-request"):
            request = "2 100 3 WolfPackSword"
            await self._type(console, connection, request)
            self._send_messages(connection, console, messages.RequestReceived(request))
            await console.expect("start|received|accepted", "that the auction starts")
        with row("seller-result"):
            self._send_messages(
                connection,
                console,
                messages.AuctionFinished(),
                messages.SoldFor("WolfPackSword", 150),
            )
            connection.close()
            await console.expect("150", "that the item is sold for $150")
        with row("seller-ends"):
            await console.expect_end()

    async def _begin_bidding(self) -> tuple[Console, Connection]:
        """Start the client as a Buyer, up to the question for its bid.

        :raises RowFailed: if the client does not connect, or does not show its role.
        """
        console, connection = await self._start_and_accept("The Buyer")
        self._send_messages(connection, console, messages.RoleBuyer(), messages.WaitingForBuyers())
        await console.expect("buyer", "its role")
        await console.wait_for_quiet()
        self._send_messages(connection, console, messages.BiddingStart(), messages.AskBid())
        return console, connection

    async def _loser(self) -> None:
        row = self._card.row
        with row("buyer-role", is_required=True):
            console, connection = await self._start_and_accept("The Buyer")
            self._send_messages(
                connection, console, messages.RoleBuyer(), messages.WaitingForBuyers()
            )
            await console.expect("buyer", "its role")
            await console.expect("wait", "that other Buyers are awaited")
        with row("bidding-start", is_required=True):
            self._send_messages(connection, console, messages.BiddingStart(), messages.AskBid())
            await console.expect("start|submit|bid", "that bidding starts")
        with row("wrong-bid", is_required=True):
            await self._type(console, connection, "some wrong bid")
            self._send_messages(connection, console, messages.BidRefused(""), messages.AskBid())
            await console.expect("invalid|wrong|error", "that its bid is invalid")
        with row("right-bid"):
            await self._type(console, connection, "120")
            self._send_messages(connection, console, messages.BidReceived())
            await console.expect("received|wait", "that its bid is received")
        with row("lost"):
            self._send_messages(connection, console, messages.AuctionFinished(), messages.YouLost())
            connection.close()
            await console.expect(r"\bnot\b|n't|lost|lose|unfortunately", "that it did not win")
        with row("buyer-ends"):
            await console.expect_end()

    async def _winner(self) -> None:
        with self._card.row("won"):
            console, connection = await self._begin_bidding()
            await self._type(console, connection, "180")
            self._send_messages(connection, console, messages.BidReceived())
            await console.expect("received|wait", "that its bid is received")
            self._send_messages(
                connection,
                console,
                messages.AuctionFinished(),
                messages.YouWon("WolfPackSword", 150),
            )
            connection.close()
            await console.expect("150", "that it won and owes $150")
            await console.expect_end()

    async def _turned_away(self, name: str, message: messages.Message) -> None:
        with self._card.row(name):
            console, connection = await self._start_and_accept("The client")
            self._send_messages(connection, console, message)
            connection.close()
            await console.expect("busy|later|on-?going|progress", "that it cannot take part")
            await console.expect_end()

    async def _busy_request(self) -> None:
        await self._turned_away("busy-request", messages.ServerBusy())

    async def _busy_bidding(self) -> None:
        await self._turned_away("busy-bidding", messages.BiddingOngoing())

    async def _pieces(self) -> None:
        """Send lines in two pieces each, and the last three lines at once: TCP keeps no message
        boundaries."""
        with self._card.row("pieces"):
            console, connection = await self._start_and_accept("The Buyer")
            console.clear()
            for message in (
                messages.RoleBuyer(),
                messages.WaitingForBuyers(),
                messages.BiddingStart(),
            ):
                text = f"{message}\n"
                for piece in (text[:9], text[9:]):
                    connection.send(piece)
                    # The client reads each piece alone.
                    await deferLater(self._reactor, QUIET_SECONDS / 2)
            connection.send(f"{messages.AskBid()}\n")
            await console.expect("start|submit", "that bidding starts")
            await self._type(console, connection, "180")
            won = messages.YouWon("WolfPackSword", 150)
            self._send_messages(
                connection, console, messages.BidReceived(), messages.AuctionFinished(), won
            )
            connection.close()
            await console.expect("150", "that it won and owes $150")
            await console.expect_end()

    async def _server_vanishes(self) -> None:
        with self._card.row("server-vanishes"):
            console, connection = await self._begin_bidding()
            await self._type(console, connection, "120")
            connection.abort()
            await console.expect_end()

    async def _no_server(self) -> None:
        with self._card.row("no-server"):
            # Nothing listens at a port just closed.
            number = self._port.getHost().port
            await self._port.stopListening()
            console = self._start("The client", number)
            await console.expect_end()
