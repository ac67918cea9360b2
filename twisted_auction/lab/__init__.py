"""The laboratory: which auction tells a Seller what the item is truly worth?

``bidders``, ``engine``, ``theory``, ``proof`` and ``experiment`` are pure and stand on the rules
alone; ``live`` shows the same auctions on a real server.
"""
