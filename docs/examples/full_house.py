"""A full house in a program of one's own: rooms, a ledger and a lobby.

Usage: python full_house.py PORT LOBBY_PORT LEDGER
"""

import sys
from textwrap import indent

from twisted.internet import reactor

from twisted_auction.embed import Terms, assignment_console, count_monotonically, house


def show(text: str) -> None:
    """Print at once, even into a pipe."""
    print(text, flush=True)


def fail(reason: str) -> None:
    """Stop: an event that the ledger does not have never took place."""
    print(reason, file=sys.stderr)
    reactor.stop()


port, lobby_port, path = sys.argv[1:]
count_monotonically(reactor)  # setting the time of day must not move an auction's end
service = house(
    reactor,
    [f"tcp:{port}:interface=127.0.0.1"],
    lobby=f"tcp:{lobby_port}:interface=127.0.0.1",
    ledger=path,
    terms=Terms(bid_timeout=60),
    watch=lambda room: assignment_console(lambda text: show(indent(text, f"{room}: "))),
    announce=show,
    failed=fail,
)
service.startService()
reactor.addSystemEventTrigger("before", "shutdown", service.stopService)
reactor.run()
