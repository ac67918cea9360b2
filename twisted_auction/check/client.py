"""The assignment, played with a client, by an Auctioneer that says what the assignment's server
says, word for word."""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Any

from twisted.internet.defer import TimeoutError as DeferredTimeoutError
from twisted.internet.defer import maybeDeferred
from twisted.internet.endpoints import TCP4ServerEndpoint
from twisted.internet.task import deferLater

from twisted_auction.check.card import ActOver, Card, Row, Unmet
from twisted_auction.check.talk import QUIET, Console, Line, Talk, Visitors, run_program
from twisted_auction.wire import messages

HOST = "127.0.0.1"

ROWS = (
    Row("connect", "The client connects to the host and port that it is given"),
    Row("seller-role", "Seller: role and request prompt are shown"),
    Row("wrong-request", "Seller: a wrong request is sent, the feedback shown, another one sent"),
    Row("right-request", "Seller: a right request is sent, and the auction start shown"),
    Row("seller-result", "Seller: the result is shown, with the price"),
    Row("seller-ends", "Seller: the client ends after the result"),
    Row("buyer-role", "Buyer: role and waiting prompt are shown"),
    Row("bidding-start", "Buyer: the bidding start prompt is shown"),
    Row("wrong-bid", "Buyer: a wrong bid is sent, the feedback shown, another one sent"),
    Row("right-bid", "Buyer: a right bid is sent, and its receipt shown"),
    Row("lost", "Buyer: a lost auction is shown"),
    Row("buyer-ends", "Buyer: the client ends after the result"),
    Row("won", "Buyer: a won auction is shown, with the payment due"),
    Row("busy-request", "Turned away during a request: said so, and ended"),
    Row("busy-bidding", "Turned away during bidding: said so, and ended"),
    Row("pieces", "Messages that arrive in pieces, or together, are all shown"),
    Row("server-vanishes", "A server that vanishes ends the client, without a traceback"),
    Row("no-server", "Without a server the client ends, without a traceback"),
)
"""The rubric of the assignment as far as a client is concerned, and what its words imply."""


class ClientCheck:
    """Plays the assignment with a client, which is started once for each part that it has.

    :param card: takes down what becomes of the rows.
    :param command: starts the client. ``{host}`` and ``{port}`` in it are replaced; where there is
        neither, both are added at its end.
    :param limit: seconds that the client has for each step.
    """

    def __init__(self, reactor: Any, card: Card, command: Sequence[str], limit: float) -> None:
        self._reactor = reactor
        self._card = card
        self._command = list(command)
        self._limit = limit
        self._visitors = Visitors(self._connection)
        self._port: Any = None  # an IListeningPort, whose address tells its number
        self._name = ""
        self._consoles: list[Console] = []
        self._lines: list[Line] = []

    async def run(self) -> None:
        """Play every act; the programs of one are ended before the next one begins."""
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
        self._port = await endpoint.listen(self._visitors)
        for act in acts:
            if self._card.is_hopeless:
                break
            self._card.transcript.clear()
            with suppress(ActOver):
                await act()
            for line in self._lines:
                if not line.talk.is_over:
                    line.vanish()
            for console in self._consoles:
                await console.kill()
            self._lines.clear()
            self._consoles.clear()
        await maybeDeferred(self._port.stopListening)

    def _talk(self, name: str) -> Talk:
        return Talk(name, self._reactor, self._card.transcript, self._limit)

    def _connection(self) -> Line:
        """The Auctioneer's side of the next connection."""
        line = Line(self._talk("The Auctioneer"), self._card.transcript, b"\n")
        self._lines.append(line)
        return line

    def _start(self, name: str, port: int) -> Console:
        """Start the client."""
        console = Console(self._talk(name), self._card.transcript)
        command = [word.replace("{host}", HOST) for word in self._command]
        command = [word.replace("{port}", str(port)) for word in command]
        if command == self._command:
            command += [HOST, str(port)]
        run_program(self._reactor, command, console)
        self._consoles.append(console)
        return console

    async def _visit(self, name: str) -> tuple[Console, Line]:
        """Start the client and accept its connection.

        :raises Unmet: where none comes.
        """
        console = self._start(name, self._port.getHost().port)
        waiting = self._visitors.accepted.get()
        try:
            line = await waiting.addTimeout(self._limit, self._reactor)
        except DeferredTimeoutError:
            raise Unmet(f"{name} should connect to {HOST}, and does not.") from None
        self._card.transcript.add(name, "connects")
        return console, line

    def _tell(self, line: Line, console: Console, *messages: messages.Message) -> None:
        """Say this to the client; only what it shows from now on counts."""
        console.talk.turn()
        line.talk.turn()
        line.send("".join(f"{message}\n" for message in messages))

    async def _type(self, console: Console, line: Line, text: str) -> None:
        """Type a line, and wait for it to arrive.

        :raises Unmet: where it does not, or is another one.
        """
        await console.talk.settle()
        line.talk.turn()
        console.type(text)
        what = f"what is typed: {text!r}"
        if (await line.talk.hears(r"\S", what)).strip() != text:
            raise Unmet(f"The Auctioneer should hear {what}, and hears {line.talk.heard!r}.")

    async def _seller(self) -> None:
        row = self._card.row
        with row("connect", is_vital=True):
            console, line = await self._visit("The Seller")
        with row("seller-role", is_vital=True):
            self._tell(line, console, messages.RoleSeller(), messages.AskRequest())
            await console.talk.hears("seller", "its role")
            await console.talk.hears("request", "the request prompt")
        with row("wrong-request", is_vital=True):
            await self._type(console, line, "some wrong input")
            self._tell(line, console, messages.RequestRefused(""), messages.AskRequest())
            await console.talk.hears("invalid|wrong|error", "that its request is invalid")
        with row("right-request"):
            request = "2 100 3 WolfPackSword"
            await self._type(console, line, request)
            self._tell(line, console, messages.RequestReceived(request))
            await console.talk.hears("start|received|accepted", "that the auction starts")
        with row("seller-result"):
            self._tell(
                line, console, messages.AuctionFinished(), messages.SoldFor("WolfPackSword", 150)
            )
            line.close()
            await console.talk.hears("150", "that the item is sold for $150")
        with row("seller-ends"):
            await console.ends()

    async def _begin_bidding(self) -> tuple[Console, Line]:
        """Bring a Buyer to its bid.

        :raises Unmet: where the client does not go along.
        """
        console, line = await self._visit("The Buyer")
        self._tell(line, console, messages.RoleBuyer(), messages.WaitingForBuyers())
        await console.talk.hears("buyer", "its role")
        await console.talk.settle()
        self._tell(line, console, messages.BiddingStart(), messages.AskBid())
        return console, line

    async def _loser(self) -> None:
        row = self._card.row
        with row("buyer-role", is_vital=True):
            console, line = await self._visit("The Buyer")
            self._tell(line, console, messages.RoleBuyer(), messages.WaitingForBuyers())
            await console.talk.hears("buyer", "its role")
            await console.talk.hears("wait", "that other Buyers are awaited")
        with row("bidding-start", is_vital=True):
            self._tell(line, console, messages.BiddingStart(), messages.AskBid())
            await console.talk.hears("start|submit|bid", "that bidding starts")
        with row("wrong-bid", is_vital=True):
            await self._type(console, line, "some wrong bid")
            self._tell(line, console, messages.BidRefused(), messages.AskBid())
            await console.talk.hears("invalid|wrong|error", "that its bid is invalid")
        with row("right-bid"):
            await self._type(console, line, "120")
            self._tell(line, console, messages.BidReceived())
            await console.talk.hears("received|wait", "that its bid is received")
        with row("lost"):
            self._tell(line, console, messages.AuctionFinished(), messages.YouLost())
            line.close()
            await console.talk.hears(r"\bnot\b|n't|lost|lose|unfortunately", "that it did not win")
        with row("buyer-ends"):
            await console.ends()

    async def _winner(self) -> None:
        with self._card.row("won"):
            console, line = await self._begin_bidding()
            await self._type(console, line, "180")
            self._tell(line, console, messages.BidReceived())
            await console.talk.hears("received|wait", "that its bid is received")
            self._tell(
                line, console, messages.AuctionFinished(), messages.YouWon("WolfPackSword", 150)
            )
            line.close()
            await console.talk.hears("150", "that it won and owes $150")
            await console.ends()

    async def _turned_away(self, name: str, message: messages.Message) -> None:
        with self._card.row(name):
            console, line = await self._visit("The client")
            self._tell(line, console, message)
            line.close()
            await console.talk.hears("busy|later|on-?going|progress", "that it cannot take part")
            await console.ends()

    async def _busy_request(self) -> None:
        await self._turned_away("busy-request", messages.ServerBusy())

    async def _busy_bidding(self) -> None:
        await self._turned_away("busy-bidding", messages.BiddingOngoing())

    async def _pieces(self) -> None:
        """TCP keeps no messages apart: every line comes in two pieces, and the last four lines of
        an auction in one."""
        with self._card.row("pieces"):
            console, line = await self._visit("The Buyer")
            console.talk.turn()
            for message in (
                messages.RoleBuyer(),
                messages.WaitingForBuyers(),
                messages.BiddingStart(),
            ):
                text = f"{message}\n"
                for piece in (text[:9], text[9:]):
                    line.send(piece)
                    await deferLater(self._reactor, QUIET / 2)  # let it be read by itself
            line.send(f"{messages.AskBid()}\n")
            await console.talk.hears("start|submit", "that bidding starts")
            await self._type(console, line, "180")
            won = messages.YouWon("WolfPackSword", 150)
            self._tell(line, console, messages.BidReceived(), messages.AuctionFinished(), won)
            line.close()
            await console.talk.hears("150", "that it won and owes $150")
            await console.ends()

    async def _server_vanishes(self) -> None:
        with self._card.row("server-vanishes"):
            console, line = await self._begin_bidding()
            await self._type(console, line, "120")
            line.vanish()
            await console.ends()

    async def _no_server(self) -> None:
        with self._card.row("no-server"):
            number = self._port.getHost().port
            await self._port.stopListening()
            console = self._start("The client", number)
            await console.ends()
