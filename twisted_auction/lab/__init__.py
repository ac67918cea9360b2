"""The laboratory: which auction tells a Seller what the item is truly worth?

``theory``, ``bidders``, ``engine``, ``truth``, ``proof`` and ``experiment`` stand on the rules
alone. ``live`` plays the same auctions on a real server, ``replay`` reads a server's ledger, and
``commands`` brings all that to a terminal.
"""
