"""Three questions to a ledger, in SQL. It may be in use: reading disturbs no server.

Usage: python queries.py LEDGER
"""

import sqlite3
import sys

RESULTS = """
SELECT room, auction, kind, json_extract(body, '$.winner'), json_extract(body, '$.payment')
FROM event WHERE kind IN ('Sold', 'Unsold') ORDER BY at
"""

BIDS = """
SELECT room, auction, json_extract(body, '$.who'), json_extract(body, '$.amount')
FROM event WHERE kind IN ('BidTaken', 'Raised') ORDER BY room, number
"""

TAKINGS = """
SELECT room, date(at / 1000000000, 'unixepoch') AS day, sum(json_extract(body, '$.payment'))
FROM event WHERE kind = 'Sold' GROUP BY room, day ORDER BY room, day
"""

ledger = sqlite3.connect(f"file:{sys.argv[1]}?mode=ro", uri=True)
for question in (RESULTS, BIDS, TAKINGS):
    for row in ledger.execute(question):
        print(*row)
    print()
ledger.close()
