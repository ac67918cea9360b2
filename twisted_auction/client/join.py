"""The command that takes a person to an Auctioneer: ``auc_client`` and ``auction join``."""

import os
from functools import partial
from typing import Any, ClassVar

from twisted.internet.defer import CancelledError, ensureDeferred
from twisted.internet.endpoints import HostnameEndpoint, clientFromString
from twisted.internet.interfaces import IReactorTime, IStreamClientEndpoint
from twisted.internet.protocol import Factory
from twisted.internet.stdio import StandardIO
from twisted.python import usage

from twisted_auction.client.lobby import RoomVisit, join_room
from twisted_auction.client.protocol import AuctionClient, Ending, Person, Role
from twisted_auction.client.terminal import Terminal
from twisted_auction.command import Command, refuse_options, run_reactor
from twisted_auction.wire.lines import DELIMITER
from twisted_auction.wire.verbs import ROOM_NAME, ROOM_NAMES

WHERE = (
    "Where to: a host name or an IPv4 or IPv6 address and a port, or one Twisted client endpoint "
    "string such as tls:example.org:4000. To trust a certificate of your own, add "
    ":trustRoots=FOLDER, where the folder has it as a .pem file. (ssl: verifies none.)"
)
STATUSES = (
    "Exit status: 0 the result was read, 1 there was no connection, the server was busy, or there "
    "is no result, 2 wrong usage, 130 Ctrl-C, 129 the terminal was closed."
)
DEFAULT_WHERE = ("127.0.0.1", "4000")
"""Where ``twistd auction`` listens if nothing is said."""


UNWRITTEN = Ending(1, "standard output cannot be written, so the visit has ended")

UNVERIFIED = "ssl: verifies no certificate, so anybody may pose as the server; use tls:"

HINT_AFTER = 3.0
"""Seconds after which a person that hears nothing is told why that may be."""


async def join(
    endpoint: IStreamClientEndpoint,
    person: Person,
    role: type[Role] | None = None,
    clock: IReactorTime | None = None,
    has_hint: bool = False,
    end: bytes = DELIMITER,
) -> Ending:
    """Take a person through one auction, or one sale.

    :param role: the one that the person came for, where no other will do.
    :param clock: counts the seconds of silence after which a line counts that has no end, as other
        servers of the assignment send them; None where the server is ours.
    :param has_hint: whether a person that hears nothing is told why that may be.
    :param end: what ends the lines that are sent; empty for servers that take it for a part of the
        line.
    :return: how it ended, once the connection is closed. Cancelling it hangs up.
    :raises Exception: whatever the endpoint fails with where there is no connection.
    """
    client = await endpoint.connect(
        Factory.forProtocol(partial(AuctionClient, person, role, clock, end))
    )
    assert isinstance(client, AuctionClient)
    if clock is None or not has_hint:
        return await client.ended
    hint = clock.callLater(HINT_AFTER, client.wonder)
    try:
        return await client.ended
    finally:
        if hint.active():
            hint.cancel()


class Join(Command):
    """Where the Auctioneer is, and a visit to it by whoever sits at the terminal."""

    synopsis = "[options] HOST PORT | ENDPOINT"
    optFlags = [
        ["no-newline", None, "End no line that is sent, for servers that choke on a line end."],
    ]
    longdesc = (
        "Takes part in an auction: as its Seller where there is none yet, otherwise as a Buyer. "
        f"{WHERE} {STATUSES}"
    )
    role: ClassVar[type[Role] | None] = None

    def parseArgs(self, *where: str) -> None:
        """Take the arguments that say where the Auctioneer is."""
        refuse_options(where)
        if len(where) not in (1, 2):
            raise usage.UsageError("give a host and a port, or one endpoint string")
        self["where"] = where

    @property
    def line_end(self) -> bytes:
        """What ends a line that is sent."""
        return b"" if self["no-newline"] else DELIMITER

    def visitor(self, terminal: Person, clock: IReactorTime) -> Person:
        """Who takes part."""
        return terminal

    async def visit(self, reactor: Any, endpoint: IStreamClientEndpoint, person: Person) -> Ending:
        """Take a person there.

        :raises Exception: whatever the endpoint fails with where there is no connection.
        """
        return await join(endpoint, person, self.role, reactor, end=self.line_end)

    def run(self, reactor: Any) -> int:
        """Visit the Auctioneer at standard input and output."""
        endpoint = endpoint_of(reactor, *self["where"])
        if is_unverified(self["where"][0]):
            self.complain(UNVERIFIED)
        ending = Ending(1)

        async def visit() -> int:
            nonlocal ending
            terminal = Terminal(is_interactive=os.isatty(0))
            StandardIO(terminal, reactor=reactor)
            visiting = ensureDeferred(
                self.visit(reactor, endpoint, self.visitor(terminal, reactor))
            )
            # A person that reads nothing more has left, and blocks nobody's auction.
            terminal.lost.addCallback(lambda _: visiting.cancel())
            try:
                ending = await visiting
            except CancelledError:
                ending = UNWRITTEN
            except Exception as error:  # each kind of endpoint has errors of its own
                ending = Ending(1, f"cannot connect to {' '.join(self['where'])}: {error}")
            terminal.close()
            if not await terminal.closed:
                ending = UNWRITTEN
            return ending.status

        blocking = [(fd, os.get_blocking(fd)) for fd in (0, 1)]
        status = run_reactor(reactor, visit)
        for fd, was_blocking in blocking:  # the shell and its other programs share the terminal
            os.set_blocking(fd, was_blocking)
        if ending.complaint and status == ending.status:  # and not cut short by a signal
            self.complain(ending.complaint)
        return status


class JoinRoom(Join):
    """The same, in a room if one is named."""

    def __init__(self) -> None:
        super().__init__()
        self["room"] = None

    def opt_room(self, name: str) -> None:
        """The room to take part in, at a lobby's port; comes back after cuts until Ctrl-C."""
        if ROOM_NAME.fullmatch(name) is None:
            raise usage.UsageError(f"--room must be {ROOM_NAMES}, not {name!r}")
        self["room"] = name

    def postOptions(self) -> None:
        """See that the options go together.

        :raises UsageError: where they do not.
        """
        if self["room"] is not None and self["no-newline"]:
            raise usage.UsageError("--no-newline is for other servers, which have no --room")

    def somewhere(self, where: tuple[str, ...]) -> tuple[str, ...]:
        """Where to go, also if nothing is said.

        :raises UsageError: where a room is wanted, and nothing is said of a lobby.
        """
        if not where and self["room"] is not None:
            raise usage.UsageError("--room needs the HOST and PORT of a lobby, or an ENDPOINT")
        return where or DEFAULT_WHERE

    async def visit(self, reactor: Any, endpoint: IStreamClientEndpoint, person: Person) -> Ending:
        """Take a person there, and back there after every cut."""
        if self["room"] is None:
            return await join(endpoint, person, self.role, reactor, True, self.line_end)
        visit = RoomVisit(reactor, self["room"], person, self.role)
        reactor.addSystemEventTrigger("before", "shutdown", visit.depart)  # such as Ctrl-C
        return await join_room(endpoint, visit)


def is_unverified(description: str) -> bool:
    """Whether an endpoint string asks for TLS, but for no certificate."""
    return description.startswith("ssl:") and ":caCertsDir=" not in description


def endpoint_of(
    reactor: Any,
    host: str,
    port: str | None = None,
    example: str = "a host and a port, or an endpoint string such as tcp:127.0.0.1:12345",
) -> IStreamClientEndpoint:
    """Understand ``HOST PORT``, or an endpoint string where it stands alone.

    :param example: what could be given, for whoever gave something else.
    :raises UsageError: where it is neither.
    """
    if port is not None:
        if not (port.isascii() and port.isdigit() and len(port) <= 5 and 0 < int(port) < 65536):
            raise usage.UsageError(f"a port is a number from 1 to 65535, not {port!r}")
        return HostnameEndpoint(reactor, host.removeprefix("[").removesuffix("]"), int(port))
    try:
        endpoint: IStreamClientEndpoint = clientFromString(reactor, host)
        return endpoint
    except NameError:  # Twisted's parts for TLS are not installed
        problem = "TLS needs: pip install 'twisted-auction[tls]'"
    except (LookupError, TypeError, ValueError):  # their texts are for programmers
        problem = f"give {example}"
    except Exception as error:  # each kind of endpoint has errors of its own
        problem = str(error) or type(error).__name__
    raise usage.UsageError(f"cannot connect to {host!r}: {problem}")
