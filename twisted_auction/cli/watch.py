"""``auction watch``: what is on in a room, for a projector or for a file."""

import os
import sys
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IPushProducer, IReactorTime, IStreamClientEndpoint
from twisted.internet.task import LoopingCall
from twisted.python import usage
from zope.interface import implementer

from twisted_auction.cli.addresses import ADDRESS_HELP, AT_OPTION, address_from
from twisted_auction.cli.base import refuse_options
from twisted_auction.cli.output import print_line
from twisted_auction.cli.passes import PASS_FILE_OPTION, pass_code
from twisted_auction.cli.terminal import Terminal
from twisted_auction.cli.visit import Visit
from twisted_auction.cli.watch_screen import BEGIN, END, Size, frame, layout
from twisted_auction.client.person import RESULT_READ, Ending, Person
from twisted_auction.client.robots import PassHolder, Robot
from twisted_auction.client.session import join_room
from twisted_auction.client.watch import WatchVisit
from twisted_auction.client.watch_board import Board
from twisted_auction.text import printable
from twisted_auction.wire import messages
from twisted_auction.wire.verbs import ROOM_NAME, ROOM_NAME_RULE

LOST = "Connection lost. Trying to come back..."


@implementer(IPushProducer)
class Projector(Robot):
    """Shows what is on in a room on the whole terminal.

    Until the lobby has let the client watch, the terminal is as before: it may ask for a pass code.

    :param terminal: shows the screen.
    :param room: the room's name.
    :param clock: counts the seconds down.
    :param size: of the terminal.
    :param ink: draws the price.
    :ivar is_on: True once the projector has the terminal.
    """

    def __init__(
        self, terminal: Terminal, room: str, clock: IReactorTime, size: Size, ink: str = "█"
    ) -> None:
        super().__init__(terminal)
        self._terminal = terminal
        self._room = room
        self._size = size
        self._ink = ink
        self.board = Board(clock.seconds)
        self.is_on = False
        self._is_over = False
        self._is_registered = False
        self._is_stuck = False
        self._trouble = ""
        self._connection: IPushProducer | None = None
        # Once a second also shows a new size of the terminal.
        self._ticks = LoopingCall(self._draw)
        self._ticks.clock = clock

    def connection_changed(self, connection: IPushProducer | None) -> None:
        """Show that the connection is lost. A full terminal pauses the next one."""
        self._connection = connection
        if connection is None:
            if not self._is_over:
                self._trouble = LOST
                self._draw()
        elif not self._is_registered:  # for good: drawing also pauses between two connections
            self._is_registered = True
            self._terminal.connection_changed(self)
        elif self._is_stuck:
            connection.pauseProducing()

    def show(self, text: str) -> None:
        """Show a line, unless the projector shows its meaning."""
        if not self.is_on:
            self._terminal.show(text)

    def waiting(self, text: str) -> None:
        """Show what the projector waits for, until an item comes."""
        self.board.add_notice(text)
        self._draw()

    def ask(self, message: Any, answer: Any) -> None:
        """Ask the person for a pass code, on the terminal as before."""
        self._terminal.ask(message, answer)

    def withdraw_question(self) -> None:
        """Withdraw the question for a pass code."""
        if not self.is_on:
            self._terminal.withdraw_question()

    def message_received(self, message: messages.Message) -> None:
        """Follow a message, and show what has changed."""
        self.board.follow(message)
        match message:
            case messages.RoleWatcher():
                self._trouble = ""
                self._begin()
            case messages.SaleOver():
                self._is_over = True
                self._trouble = "Ctrl-C ends this display."
        self._draw()

    def pauseProducing(self) -> None:
        """Read nothing and draw nothing while the terminal is full."""
        self._is_stuck = True
        if self._connection is not None:
            self._connection.pauseProducing()

    def resumeProducing(self) -> None:
        """Go on."""
        self._is_stuck = False
        if self._connection is not None:
            self._connection.resumeProducing()
        self._draw()

    def stopProducing(self) -> None:
        """Draw nothing any more."""
        self.end()

    def end(self) -> None:
        """Stop drawing."""
        if self._ticks.running:
            self._ticks.stop()
        self._is_stuck = True

    def _begin(self) -> None:
        if not self.is_on:
            self.is_on = True
            self._terminal.hide_echo()
            self._terminal.write(BEGIN)
            self._ticks.start(1, now=False)

    def _draw(self) -> None:
        if self.is_on and not self._is_stuck:
            width, height = self._size()
            blocks = layout(self.board, self._room, self._trouble, width, height, self._ink)
            self._terminal.write(frame(blocks))


class Watch(Visit):
    """Shows what is on in a room."""

    synopsis = "[options] ROOM HOST PORT | ROOM ENDPOINT"
    example = "main 127.0.0.1 4001"
    longdesc = (
        "Shows what everyone may see in a room of a lobby, from auction to auction: the item, the "
        "price and its holder, the seconds left and the results. It comes back after every cut. A "
        "terminal is used as a whole, as for a projector; other output gets one line for each "
        f"message, and ends with the sale. {ADDRESS_HELP} Exit status: 0 the sale is over, 1 the "
        "room cannot be watched, 2 wrong usage, 130 Ctrl-C, 129 the terminal was closed."
    )
    optParameters = [AT_OPTION, PASS_FILE_OPTION]
    _code: str | None = None
    _projector: Projector | None = None

    def parseArgs(self, *words: str) -> None:
        """Read the room and the address of the lobby."""
        refuse_options(words)
        if not words:
            raise usage.UsageError("name the room to watch, such as main")
        self["room"], *where = words
        if ROOM_NAME.fullmatch(self["room"]) is None:
            raise usage.UsageError(f"a room's name is {ROOM_NAME_RULE}, not {self['room']!r}")
        self["where"] = address_from(self["at"], tuple(where))
        if len(self["where"]) not in (1, 2):
            raise usage.UsageError("after the room, give the HOST and PORT of a lobby, or ENDPOINT")

    def postOptions(self) -> None:
        """Read the pass code.

        :raises UsageError: if it cannot be read.
        """
        self._code = pass_code(self)

    def participant(self, terminal: Terminal, clock: IReactorTime) -> Person:
        """A projector, or where output is no terminal the lines themselves."""
        if not os.isatty(1) or os.environ.get("TERM", "dumb") == "dumb":
            return terminal
        ink = "█" if (sys.stdout.encoding or "").lower().startswith("utf") else "#"
        self._projector = Projector(
            terminal, self["room"], clock, lambda: os.get_terminal_size(1), ink
        )
        return self._projector

    async def visit(self, reactor: Any, endpoint: IStreamClientEndpoint, person: Person) -> Ending:
        """Watch until the sale is over. A projector keeps the last screen, until Ctrl-C."""
        watcher = person if self._code is None else PassHolder(person, self._code)
        on_waiting = None if self._projector is None else self._projector.waiting
        visit = WatchVisit(reactor, self["room"], watcher, on_waiting)
        reactor.addSystemEventTrigger("before", "shutdown", visit.leave)
        ending = await join_room(endpoint, visit)
        if ending is RESULT_READ and self._projector is not None:
            await Deferred()
        return ending

    def reactor_ended(self) -> None:
        """Give the terminal back, and leave the results on it."""
        if self._projector is not None and self._projector.is_on:
            print_line(END + f"Watched room {self['room']}.")
            for result in self._projector.board.results:
                print_line(printable(str(result)))
