"""A server inside a running asyncio loop.

Usage: python in_asyncio.py PORT
"""

import asyncio
import sys
from contextlib import suppress

from twisted.internet import asyncioreactor


async def main(port):
    """Hold auctions until Ctrl-C, beside whatever else the loop does."""
    loop = asyncio.get_running_loop()
    asyncioreactor.install(loop)
    # What imports the reactor comes after that.
    from twisted.internet import endpoints, reactor

    from twisted_auction.house.auctioneer import Auctioneer
    from twisted_auction.server.console import transcript
    from twisted_auction.server.factory import AuctionFactory
    from twisted_auction.twisted_internals import count_monotonically

    count_monotonically(reactor)
    reactor.startRunning(installSignalHandlers=False)  # the loop runs already
    auctioneer = Auctioneer(reactor, watch=transcript(lambda line: print(line, flush=True)))
    endpoint = endpoints.TCP4ServerEndpoint(reactor, int(port), interface="127.0.0.1")
    listening = await endpoint.listen(AuctionFactory(auctioneer)).asFuture(loop)
    print("Auctioneer is ready for hosting auctions!", flush=True)

    try:
        await asyncio.Event().wait()
    finally:
        await listening.stopListening().asFuture(loop)
        auctioneer.close()
        await asyncio.sleep(0.1)  # a moment for the last words to leave


with suppress(KeyboardInterrupt):
    asyncio.run(main(*sys.argv[1:]))
