"""``auction bid --lots``: all lots of a sale of all lots together, as a table to bid from."""

from collections.abc import Callable
from typing import Any

from twisted.internet.defer import Deferred, ensureDeferred
from twisted.internet.interfaces import IReactorTime, IStreamClientEndpoint
from twisted.internet.task import LoopingCall

from twisted_auction.cli.lots_screen import BEGIN, END, prompt, screen, table
from twisted_auction.cli.output import print_line
from twisted_auction.cli.terminal import Terminal
from twisted_auction.cli.watch_screen import Size
from twisted_auction.client.lots_board import FILTERS, LotsBoard
from twisted_auction.client.person import RESULT_READ, Ending, Person, Question
from twisted_auction.client.robots import Robot
from twisted_auction.client.room import RoomVisit
from twisted_auction.client.session import join_room
from twisted_auction.client.watch import WatchVisit
from twisted_auction.text import printable
from twisted_auction.wire import messages, verbs

USAGE = "Type the number of a lot and an amount, such as 12a 150."

TOLD = (
    messages.BidReceived,
    messages.BidChanged,
    messages.BidWithdrawn,
    messages.BidRefused,
    messages.BidAlreadyIn,
    messages.BiddingNotOpen,
    messages.NotUnderstood,
    messages.BidTooLow,
    messages.BidTooHigh,
    messages.BidTooSoon,
    messages.AboveLimit,
    messages.TooManyLots,
    messages.RepeatBid,
    messages.YouHold,
    messages.Outbid,
    messages.MaximumIs,
    messages.MaximumTooLow,
    messages.NoMaximum,
    messages.RepeatMaximum,
    messages.HavePassed,
    messages.Paused,
    messages.Voided,
    messages.AuctioneerSays,
    messages.YouWon,
    messages.YouLost,
    messages.YourLot,
    messages.NotDone,
    messages.ServerBusy,
)
"""The messages of a room that the person reads below the table."""


class LotBidder(Person):
    """Takes part in the room of one lot with the lines that the person has typed for it.

    :param name: the lot's own number.
    :param room: its room.
    :param table: shows the person the answers, and asks for its pass code.
    """

    def __init__(self, name: str, room: str, table: "LotTable") -> None:
        self._name = name
        self._room = room
        self._table = table
        self._number: int | None = None
        self._lines: list[bytes] = []
        self._answer: Callable[[bytes | None], None] | None = None

    def show(self, text: str) -> None:
        """Show nothing: the table has the news of the lot."""
        return

    def say(self, line: str) -> None:
        """Say a line in the room, as soon as the server asks for one."""
        self._lines.append(line.encode())
        self._deliver()

    def leave(self) -> None:
        """Note the end of the visit. The next line for the lot begins another one."""
        for line in self._lines:
            self._table.tell(f"{self._name}: not sent: {printable(line.decode())}")
        self._table.forget(self._room)

    def fail(self, why: str) -> None:
        """Tell the person why its lines cannot be sent."""
        self._lines.clear()
        self.message_received(messages.NotDone(f"cannot connect: {why}"))

    def message_received(self, message: messages.Message) -> None:
        """Show the person the answers to its lines, and its results."""
        if isinstance(message, messages.YouArePaddle):
            self._table.admitted()
        match message:
            case messages.YouAre():
                self._number = message.buyer
            case messages.YouHold() | messages.BidForYou():
                self._table.stand(self._room, "highest", message.amount)
            case messages.BidReceived() | messages.BidChanged():
                self._table.stand(self._room, "sealed")
            case messages.BidWithdrawn():
                self._table.stand(self._room, "withdrawn")
            case messages.Outbid():
                self._table.stand(self._room, "outbid")
            case messages.Voided() if message.buyer == self._number:
                self._table.stand(self._room, "voided", 0)
            case messages.YouWon():
                self._table.stand(self._room, "won", message.payment)
            case messages.YouLost():
                self._table.stand(self._room, "lost")
        if isinstance(message, TOLD):
            self._table.tell(f"{self._name}: {printable(str(message))}")

    def ask(self, message: Question | None, answer: Callable[[bytes | None], None]) -> None:
        """Answer with the next line of the person, now or later."""
        if isinstance(message, messages.AskPass):  # the house lets everyone watch
            self._table.ask(message, answer)
            return
        self._answer = answer
        self._deliver()

    def withdraw_question(self) -> None:
        """Keep the lines for the next question."""
        self._answer = None

    def _deliver(self) -> None:
        if self._answer is not None and self._lines:
            answer, self._answer = self._answer, None
            answer(self._lines.pop(0))


class LotTable(Robot):
    """Shows all lots, and bids on them with the words that the person types.

    Until the lobby has told the lots, the terminal is as before: it may ask for a pass code.

    :param terminal: shows the table, and has the typed words.
    :param enter: takes a :class:`LotBidder` to the room of its lot.
    :param size: returns the size of the terminal; None to show lines instead of a table.
    :ivar code: the pass code that the person has typed; None without one.
    :ivar has_code: True if the person has a pass code from elsewhere.
    :ivar on_admitted: called with this code once a room has accepted it.
    :ivar left: fires when the person has typed ``quit``.
    """

    def __init__(
        self,
        terminal: Terminal,
        clock: IReactorTime,
        enter: Callable[[str, LotBidder], None],
        size: Size | None,
    ) -> None:
        super().__init__(terminal)
        self._terminal = terminal
        self._enter = enter
        self._size = size
        self.board = LotsBoard(clock.seconds)
        self.code: str | None = None
        self.has_code = False
        self.left: Deferred[None] = Deferred()
        self.on_admitted: Callable[[bytes], None] = lambda code: None
        self._bidders: dict[str, LotBidder] = {}
        self._filter, self._page, self._notice = FILTERS[0], 0, ""
        self._is_asking = False
        self.is_on = False
        self._ticks = LoopingCall(self.draw)
        self._ticks.clock = clock

    def show(self, text: str) -> None:
        """Show a line: below the table, if there is one and the line is not of a lot."""
        if not self.is_on:
            self._terminal.show(text)

    def tell(self, text: str) -> None:
        """Show the person an answer."""
        self._notice = text
        if self.is_on:
            self.draw()
        else:
            self._terminal.show(text)

    def message_received(self, message: messages.Message) -> None:
        """Follow a message, and begin with the first one about all lots."""
        self.board.follow(message)
        if isinstance(message, messages.AllLots) and not self._is_asking:
            self._is_asking = True
            if self._size is not None:
                self.is_on = True
                self._terminal.write(BEGIN)
                self._clear_prompt()
                self._ticks.start(1, now=False)
            self._ask_next()
        elif isinstance(message, messages.SaleOver):
            self.tell(str(message))

    def ask(self, message: Question | None, answer: Callable[[bytes | None], None]) -> None:
        """Let the person type its pass code, and remember it for the rooms of the lots."""

        def remember(line: bytes | None) -> None:
            self.code = None if line is None else line.decode("utf-8", "replace").strip()
            self._clear_prompt()
            answer(line)
            if self._is_asking:
                self._ask_next()

        if self.is_on:
            self.tell(str(message))
        self._terminal.ask(message, remember)

    def withdraw_question(self) -> None:
        """Withdraw the question for a pass code. The person goes on typing bids."""
        if not self._is_asking:
            self._terminal.withdraw_question()

    def admitted(self) -> None:
        """Note that the server knows the person by the code that it has typed."""
        if self.code is not None:
            self.on_admitted(self.code.encode())

    def forget(self, room: str) -> None:
        """Note that nobody takes lines to a room any more."""
        self._bidders.pop(room, None)

    def stand(self, room: str, standing: str, amount: int | None = None) -> None:
        """Note the standing of a person without a pass code: the list of all lots is told to
        another connection, and the server does not know that both are of one person.

        :param amount: whole dollars; None for the same as before.
        """
        if self.code is None and not self.has_code:
            self.board.stand(room, standing, amount)

    def draw(self) -> None:
        """Draw the table."""
        if self.is_on and self._size is not None:
            width, height = self._size()
            rows = table(self.board, self._filter, self._page, self._notice, width, height)
            self._terminal.write(screen(rows))

    def end(self) -> None:
        """Stop drawing."""
        if self._ticks.running:
            self._ticks.stop()

    def _ask_next(self) -> None:
        self._terminal.ask(None, self._typed)

    def _typed(self, line: bytes | None) -> None:
        if line is None:
            return  # the input has ended; the bids stand, and the table goes on
        words = line.decode("utf-8", "replace").split()
        self._clear_prompt()
        self._act(words)
        self.draw()
        if not self.left.called:
            self._ask_next()

    def _clear_prompt(self) -> None:
        if self.is_on and self._size is not None:
            self._terminal.write(prompt(self._size()[1] - 1))

    def _act(self, words: list[str]) -> None:
        match [word.lower() for word in words]:
            case []:
                pass
            case ["quit"]:
                self.left.callback(None)
            case [filter] if filter in FILTERS:
                self._filter, self._page = filter, 0
            case ["+"]:
                self._page += 1
            case ["-"]:
                self._page = max(self._page - 1, 0)
            case [_]:
                self.tell(USAGE)
            case _:
                self._bid(words[0], " ".join(words[1:]))

    def _bid(self, name: str, line: str) -> None:
        room = self.board.room_of(name)
        if room is None:
            self.tell(f"There is no lot {printable(name)}. {USAGE}")
            return
        bidder = self._bidders.get(room)
        if bidder is None:
            bidder = self._bidders[room] = LotBidder(name, room, self)
            self._enter(room, bidder)
        bidder.say(line)


async def bid_on_lots(
    reactor: Any,
    endpoint: IStreamClientEndpoint,
    table: LotTable,
    with_code: Callable[[Person, str | None], Person],
    code: str | None,
) -> Ending:
    """Show all lots, and take part in the rooms of those that the person bids on, until it quits or
    the sale is over.

    :param with_code: makes a person with a pass code.
    :param code: the pass code; None if the person is asked for it, or has none.
    """
    visit = WatchVisit(reactor, verbs.ALL_LOTS, with_code(table, code), table.tell)
    if code is not None:
        table.has_code = True
        visit.key.code = code.encode()  # also in a house that lets strangers watch

    def begin_again(typed: bytes) -> None:
        if visit.key.code is None:
            visit.key.code = typed
            visit.disconnect()  # and come back as a person, who has lots of its own

    table.on_admitted = begin_again
    table.left.addCallback(lambda _: visit.leave())
    reactor.addSystemEventTrigger("before", "shutdown", visit.leave)
    ending = await join_room(endpoint, visit)
    return RESULT_READ if table.left.called else ending


def enter_rooms(
    reactor: Any,
    endpoint: IStreamClientEndpoint,
    code_of: Callable[[], str | None],
    with_code: Callable[[Person, str | None], Person],
) -> Callable[[str, LotBidder], None]:
    """A function that takes bidders to the rooms of their lots, over a connection for each."""

    def enter(room: str, bidder: LotBidder) -> None:
        visit = RoomVisit(reactor, room, with_code(bidder, code_of()), messages.RoleBuyer)
        # Its bid stands after the connection has ended, so nobody waits for the end of the visit.
        joining = ensureDeferred(join_room(endpoint, visit))
        joining.addErrback(lambda failure: bidder.fail(failure.getErrorMessage()))
        joining.addBoth(lambda _: bidder.leave())

    return enter


def give_back(table: LotTable) -> None:
    """Give the terminal back, and leave the person's own lots on it."""
    table.end()
    if table.is_on:
        print_line(END + "Your lots:" if table.board.own else END + "You have bid on nothing.")
        for lot in table.board.own.values():
            print_line(printable(str(lot)))
