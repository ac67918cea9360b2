"""A format of one's own: a third-price auction, in a server.

Usage: python third_price.py PORT
"""

import sys
from collections.abc import Collection

from twisted_auction.embed import Sealed, register_format


class ThirdPrice(Sealed):
    """The highest bid wins and pays the third highest, but at least the lowest price."""

    name = "third-price"
    description = "One sealed bid each; the highest wins and pays the third highest."

    def payment(self, highest_bid: int, rivals: Collection[int], lowest_price: int) -> int:
        """The winner's payment in whole dollars; ``rivals`` are all other bids."""
        ordered = sorted(rivals, reverse=True)
        return max(ordered[1], lowest_price) if len(ordered) > 1 else lowest_price


register_format(11, ThirdPrice)  # from now on, requests may begin with 11 or third-price


def show(text: str) -> None:
    """Print at once, even into a pipe."""
    print(text, flush=True)


def serve(port: str) -> None:
    """Hold auctions, in this format and all others."""
    from twisted.internet import reactor

    from twisted_auction.embed import assignment_console, count_monotonically, house

    count_monotonically(reactor)
    ports = [f"tcp:{port}:interface=127.0.0.1"]
    house(reactor, ports, watch=lambda room: assignment_console(show), announce=show).startService()
    reactor.run()


if __name__ == "__main__":
    serve(sys.argv[1])
