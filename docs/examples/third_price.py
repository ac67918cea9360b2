"""A format of one's own: a third-price auction, in a server.

Usage: python third_price.py PORT
"""

import sys

from twisted_auction.rules.formats import Sealed, register_format


class ThirdPrice(Sealed):
    """The highest bid wins and pays the third highest, or the lowest price where that is more."""

    name = "third-price"
    description = "One sealed bid each; the highest wins and pays the third highest."

    def payment(self, highest_bid, rivals, lowest_price):
        """What the winner owes, in whole dollars; ``rivals`` are all other bids."""
        ordered = sorted(rivals, reverse=True)
        return max(ordered[1], lowest_price) if len(ordered) > 1 else lowest_price


register_format(11, ThirdPrice)  # from now on, requests may begin with 11 or third-price


def serve(port):
    """Hold auctions, in this format and all others."""
    from twisted.internet import endpoints, reactor

    from twisted_auction.house.auctioneer import Auctioneer
    from twisted_auction.server.console import transcript
    from twisted_auction.server.factory import AuctionFactory
    from twisted_auction.twisted_internals import count_monotonically

    count_monotonically(reactor)
    auctioneer = Auctioneer(reactor, watch=transcript(lambda line: print(line, flush=True)))
    endpoint = endpoints.TCP4ServerEndpoint(reactor, port, interface="127.0.0.1")
    endpoint.listen(AuctionFactory(auctioneer)).addCallbacks(
        lambda _: print("Auctioneer is ready for hosting auctions!", flush=True), print
    )
    reactor.run()


if __name__ == "__main__":
    serve(int(sys.argv[1]))
