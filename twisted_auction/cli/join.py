"""``auction join`` and ``auc_client``: a person at a terminal takes part in an auction."""

from typing import Any, ClassVar

from twisted.internet.interfaces import IStreamClientEndpoint
from twisted.python import usage

from twisted_auction.cli.addresses import (
    ADDRESS_HELP,
    AT_OPTION,
    DEFAULT_ADDRESS,
    NO_NEWLINE_FLAG,
    address_from,
)
from twisted_auction.cli.base import refuse_options
from twisted_auction.cli.passes import PASS_FILE_OPTION, pass_code
from twisted_auction.cli.visit import Visit
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


class Join(Visit):
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

    async def visit(self, reactor: Any, endpoint: IStreamClientEndpoint, person: Person) -> Ending:
        """Take part in one auction, or one sale."""
        return await join(endpoint, person, self.role, reactor, self.has_hint, self.line_end)


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
