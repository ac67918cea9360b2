"""``auction check server``: plays the assignment against a server."""

import socket
from contextlib import closing
from typing import Any

from twisted.internet.interfaces import IStreamClientEndpoint
from twisted.python import usage

from twisted_auction.check import rubric
from twisted_auction.check.scorecard import Scorecard
from twisted_auction.check.server import ServerCheck
from twisted_auction.cli.addresses import AT_OPTION, NO_NEWLINE_FLAG, address_from, endpoint_of
from twisted_auction.cli.base import refuse_options
from twisted_auction.cli.check_options import CHECK_OPTIONS, CHECK_STATUSES, Check, split_command


class CheckServer(Check):
    """Connects to a server as its Seller, its Buyers and others."""

    synopsis = "[options] HOST PORT | ENDPOINT | --run COMMAND"
    example = "127.0.0.1 12345"
    longdesc = (
        "Plays the assignment against a server that waits for its first client: as the Seller, as "
        "Buyers, and as clients that vanish, say something wrong, or must be turned away. Prints "
        "one line for each row of the rubric, passed or failed, in whatever words the server "
        "speaks; below a failed row is everything sent and heard. With --run, the check starts "
        f"the server itself and reads its console, too. {CHECK_STATUSES}"
    )
    optParameters = [
        *CHECK_OPTIONS,
        AT_OPTION,
        [
            "run",
            "r",
            None,
            "Start the server with this command, for example 'python auc_server.py'. {port} in it "
            "is replaced by a free port; otherwise the port is added at its end.",
        ],
    ]
    rows = rubric.SERVER_ROWS
    optFlags = [NO_NEWLINE_FLAG]

    def parseArgs(self, *where: str) -> None:
        """Read the address of the server."""
        refuse_options(where, "-")
        self["where"] = address_from(self["at"], where)

    def postOptions(self) -> None:
        """Read the options.

        :raises UsageError: if one is out of range, or if there is no address.
        """
        super().postOptions()
        if (self["run"] is None) == (not self["where"]) or len(self["where"]) > 2:
            raise usage.UsageError(
                "give a host and a port, or one endpoint string, or a command with --run"
            )
        self["command"] = [] if self["run"] is None else split_command(self["run"])

    @property
    def title(self) -> str:
        """The server in the heading of the report."""
        return f"Server {self['run'] or ' '.join(self['where'])}"

    def check(self, reactor: Any, card: Scorecard) -> ServerCheck:
        """Make the check that fills the scorecard."""
        line_end = b"" if self["no-newline"] else b"\n"

        def new_server() -> tuple[list[str], IStreamClientEndpoint]:
            # The system chooses a free port; another program could take it before the server does.
            with closing(socket.socket()) as probe:
                probe.bind(("127.0.0.1", 0))
                port = str(probe.getsockname()[1])
            command = [word.replace("{port}", port) for word in self["command"]]
            if command == self["command"]:
                command.append(port)
            return command, endpoint_of(reactor, "127.0.0.1", port)

        if self["command"]:
            endpoint = new_server()[1]  # the first start replaces it
            return ServerCheck(reactor, card, endpoint, self["seconds"], line_end, new_server)
        endpoint = endpoint_of(reactor, *self["where"])
        return ServerCheck(reactor, card, endpoint, self["seconds"], line_end)
