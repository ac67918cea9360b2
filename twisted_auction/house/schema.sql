-- Schema 1 of the ledger. Rows are added, never changed.

CREATE TABLE event (
    number  INTEGER PRIMARY KEY,  -- 1, 2, 3 ... without a gap, in the order of what happened
    at      INTEGER NOT NULL,     -- nanoseconds since 1970-01-01 00:00 UTC
    room    TEXT    NOT NULL,
    auction INTEGER NOT NULL,     -- 1, 2, 3 ... in the order in which they began
    kind    TEXT    NOT NULL,     -- the name of the event
    body    TEXT    NOT NULL,     -- its fields, as a JSON object
    hash    TEXT    NOT NULL      -- SHA-256, in hexadecimal, of the row before and this one
) STRICT;
