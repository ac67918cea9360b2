"""``auction join`` and ``auc_client``: a person at a terminal takes part in an auction."""

import os
from typing import Any, ClassVar

from twisted.internet.defer import CancelledError, ensureDeferred
from twisted.internet.interfaces import IReactorTime, IStreamClientEndpoint
from twisted.internet.stdio import StandardIO
from twisted.python import usage

from twisted_auction.cli.addresses import (
    ADDRESS_HELP,
    AT_OPTION,
    DEFAULT_ADDRESS,
    NO_NEWLINE_FLAG,
    UNVERIFIED_WARNING,
    address_from,
    endpoint_of,
    is_unverified,
)
from twisted_auction.cli.base import Command, refuse_options, run_reactor
from twisted_auction.cli.passes import PASS_FILE_OPTION, pass_code
from twisted_auction.cli.terminal import Echo, Terminal
from twisted_auction.client.join import join
from twisted_auction.client.person import Ending, Person, Role
from twisted_auction.client.robots import PassHolder
from twisted_auction.client.room import RoomVisit
from twisted_auction.client.session import join_room
from twisted_auction.wire.lines import DELIMITER
from twisted_auction.wire.verbs import ROOM_NAME, ROOM_NAME_RULE

VISIT_STATUSES = (
    "Exit status: 0 the result was read, 1 there was no connection, the server was busy, or there "
    "is no result, 2 wrong usage, 130 Ctrl-C, 129 the terminal was closed."
)

OUTPUT_FAILED = Ending(1, "standard output cannot be written, so the visit has ended")


class Join(Command):
    """Connects the user of this terminal to an Auctioneer."""

    synopsis = "[options] HOST PORT | ENDPOINT"
    example = "127.0.0.1 4000"
    optParameters = [AT_OPTION]
    optFlags = [NO_NEWLINE_FLAG]
    longdesc = (
        "Takes part in an auction, as its Seller if it has none yet, otherwise as a Buyer. "
        f"{ADDRESS_HELP} {VISIT_STATUSES}"
    )
    role: ClassVar[type[Role] | None] = None
    has_hint: ClassVar[bool] = False
    """True to name the option ``--room`` if the server is silent, as a lobby is."""

    def parseArgs(self, *where: str) -> None:
        """Read the address of the server."""
        refuse_options(where)
        where = address_from(self["at"], where)
        if len(where) not in (1, 2):
            raise usage.UsageError("give a host and a port, or one endpoint string")
        self["where"] = where

    @property
    def line_end(self) -> bytes:
        """The bytes after each line sent."""
        return b"" if self["no-newline"] else DELIMITER

    def participant(self, terminal: Person, clock: IReactorTime) -> Person:
        """The participant: the person at the terminal, or a robot in place of the person."""
        return terminal

    async def visit(self, reactor: Any, endpoint: IStreamClientEndpoint, person: Person) -> Ending:
        """Connect a participant to the server until the visit is over.

        :raises Exception: the endpoint's own error if the connection fails.
        """
        return await join(endpoint, person, self.role, reactor, self.has_hint, self.line_end)

    def run(self, reactor: Any) -> int:
        """Take part at standard input and output."""
        endpoint = endpoint_of(reactor, *self["where"])
        if is_unverified(self["where"][0]):
            self.complain(UNVERIFIED_WARNING)
        ending = Ending(1)
        echo = Echo()

        async def visit() -> int:
            nonlocal ending
            is_interactive = os.isatty(0)
            terminal = Terminal(is_interactive, echo if is_interactive else None)
            # The terminal stays in its line mode: the user's line editor, echo and Ctrl-C work.
            StandardIO(terminal, reactor=reactor)
            visiting = ensureDeferred(
                self.visit(reactor, endpoint, self.participant(terminal, reactor))
            )
            # Without output the user cannot take part, and must not delay the auction.
            terminal.lost.addCallback(lambda _: visiting.cancel())
            try:
                ending = await visiting
            except CancelledError:
                ending = OUTPUT_FAILED
            except Exception as error:  # each kind of endpoint has its own errors
                ending = Ending(1, f"cannot connect to {' '.join(self['where'])}: {error}")
            terminal.close()
            if not await terminal.closed:
                ending = OUTPUT_FAILED
            return ending.status

        blocking = [(fd, os.get_blocking(fd)) for fd in (0, 1)]
        status = run_reactor(reactor, visit)
        echo.restore()  # a signal may have ended the visit while a code was being typed
        # StandardIO has made the descriptors non-blocking, and the shell shares them.
        for fd, was_blocking in blocking:
            os.set_blocking(fd, was_blocking)
        if ending.complaint and status == ending.status:  # unless a signal has ended the visit
            self.complain(ending.complaint)
        return status


class JoinRoom(Join):
    """Connects the user of this terminal to a room of a lobby, or without ``--room`` as
    :class:`Join` does."""

    has_hint = True
    optParameters = [PASS_FILE_OPTION]
    _code: str | None = None

    def __init__(self) -> None:
        super().__init__()
        self["room"] = None

    def opt_room(self, name: str) -> None:
        """The room to take part in, at a lobby's port; reconnects after a cut, until Ctrl-C."""
        if ROOM_NAME.fullmatch(name) is None:
            raise usage.UsageError(f"--room must be {ROOM_NAME_RULE}, not {name!r}")
        self["room"] = name

    opt_r = opt_room

    def postOptions(self) -> None:
        """Check the options together, and read the pass code.

        :raises UsageError: if they contradict each other, or the code cannot be read.
        """
        if self["room"] is not None and self["no-newline"]:
            raise usage.UsageError("--no-newline is for other servers, which have no --room")
        self._code = pass_code(self)

    def address_or_default(self, where: tuple[str, ...]) -> tuple[str, ...]:
        """The address of the server, with the default.

        :raises UsageError: if there is a room but no address: the default is not a lobby.
        """
        where = address_from(self["at"], where)
        if not where and self["room"] is not None:
            raise usage.UsageError("--room needs the HOST and PORT of a lobby, or an ENDPOINT")
        return where or DEFAULT_ADDRESS

    async def visit(self, reactor: Any, endpoint: IStreamClientEndpoint, person: Person) -> Ending:
        """As in :class:`Join`, with the pass code; in a room, reconnect after every cut."""
        if self._code is not None:
            person = PassHolder(person, self._code)
        if self["room"] is None:
            return await super().visit(reactor, endpoint, person)
        visit = RoomVisit(reactor, self["room"], person, self.role)
        reactor.addSystemEventTrigger("before", "shutdown", visit.leave)  # such as Ctrl-C
        return await join_room(endpoint, visit)
