"""The laboratory: in which auction do the bids show the true value of the item?

``theory``, ``bidders``, ``engine``, ``truth``, ``proof`` and ``experiment`` import only the rules.
``live`` plays the same auctions on a real server. The commands are in :mod:`twisted_auction.cli`.
"""
