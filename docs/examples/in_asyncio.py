"""A server inside a running asyncio loop.

Usage: python in_asyncio.py PORT
"""

import asyncio
import sys
from contextlib import suppress
from typing import Any

from twisted.internet import asyncioreactor


def show(text: str) -> None:
    """Print at once, even into a pipe."""
    print(text, flush=True)


async def main(port: str) -> None:
    """Hold auctions until Ctrl-C, beside whatever else the loop does."""
    loop = asyncio.get_running_loop()
    asyncioreactor.install(loop)
    # Imports of the reactor must come after that.
    from twisted.internet import reactor as installed

    from twisted_auction.embed import assignment_console, count_monotonically, house

    reactor: Any = installed
    count_monotonically(reactor)
    reactor.startRunning(installSignalHandlers=False)  # the loop runs already
    service = house(
        reactor,
        [f"tcp:{port}:interface=127.0.0.1"],
        watch=lambda room: assignment_console(show),
        announce=show,
    )
    service.startService()
    try:
        await asyncio.Event().wait()
    finally:
        await service.stopService().asFuture(loop)  # tells every client first


with suppress(KeyboardInterrupt):
    asyncio.run(main(*sys.argv[1:]))
