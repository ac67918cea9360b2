"""An auctioneer on Twisted: sealed-bid and open auctions over a line protocol."""

__version__ = "0.1.0"
