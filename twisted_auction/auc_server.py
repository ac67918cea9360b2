"""The assignment's server: ``auc_server PORT``.

Authors: the twisted-auction developers. Date: November 2026.

Hosts one auction after another and prints the assignment's console. Clients written for the
assignment often send no line ends, so this server takes bytes as a line after a moment of silence.
"""

import sys
from functools import partial
from pathlib import Path
from typing import Any

if __name__ == "__main__" and not __package__:
    # Started as a file (python auc_server.py): make the package importable.
    sys.path[0] = str(Path(__file__).resolve().parent.parent)

from twisted.python import usage

from twisted_auction.cli.base import Command, execute
from twisted_auction.cli.output import OUTPUT, open_standard_streams, print_line
from twisted_auction.cli.server_options import SETTLE_HELP, settling_time
from twisted_auction.house.rooms import Rooms
from twisted_auction.rules.terms import PUBLIC_SETTLE, Terms
from twisted_auction.server.console import assignment_console
from twisted_auction.server.endpoints import CannotStart, endpoint_description
from twisted_auction.server.factory import AuctionFactory
from twisted_auction.server.limits import ConnectionLimits, Limits
from twisted_auction.server.service import AuctionService, stop_reactor
from twisted_auction.twisted_internals import call_on_signals


class Server(Command):
    """The options of the server, and the server."""

    synopsis = "[options] PORT"
    example = "12345"
    longdesc = (
        "Hosts auctions, one after another, for the clients that connect to PORT: a number, "
        "or a Twisted endpoint string. Ctrl-C ends it. For timeouts, logs and more: twistd auction."
    )

    optParameters = [["settle", None, PUBLIC_SETTLE, SETTLE_HELP]]

    def parseArgs(self, port: str) -> None:  # type: ignore[override]
        """Keep the port."""
        self["port"] = port

    def postOptions(self) -> None:
        """Parse the settling time.

        :raises UsageError: if it is not a number of seconds from 0 to 60.
        """
        self["settle"] = settling_time(self["settle"])

    def run(self, reactor: Any) -> int:
        """Serve until Ctrl-C, SIGTERM or the closing of the terminal (SIGHUP) ends the server with
        status 0, or until standard output, which is the only record, cannot be written."""
        try:
            description = endpoint_description(self["port"], reactor)
        except ValueError as error:
            raise usage.UsageError(str(error)) from None
        self.is_output_required = True
        rooms = Rooms(
            reactor, Terms(settle=self["settle"]), watch=lambda name: assignment_console(print_line)
        )
        connections = ConnectionLimits(reactor, Limits(max_new_per_minute=0))
        factory = AuctionFactory(
            rooms.main, accept_unterminated=True, connections=connections, is_plain=True
        )
        # Announced once the reactor runs: from then on, SIGTERM ends the server quietly.
        service = AuctionService(
            [(description, factory)],
            reactor,
            announce=lambda line: reactor.callWhenRunning(print_line, line),
            connections=connections,
            rooms=rooms,
        )
        try:
            service.privilegedStartService()
        except CannotStart as error:
            self.complain(str(error))
            return 1
        reactor.addSystemEventTrigger("before", "shutdown", service.stopService)
        OUTPUT.stop = partial(stop_reactor, reactor)
        call_on_signals(reactor, OUTPUT.stop, "SIGINT", "SIGTERM", "SIGHUP")
        service.startService()
        reactor.run()
        return 0


def main() -> None:
    """Run ``auc_server``."""
    open_standard_streams()
    from twisted.internet import reactor

    execute(Server(), reactor)


if __name__ == "__main__":
    main()
