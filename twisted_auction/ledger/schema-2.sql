-- Schema 2 of the ledger. Events are added and never changed. (No semicolon in these comments.)

CREATE TABLE house (
    schema INTEGER NOT NULL,      -- 2
    anchor TEXT    NOT NULL       -- 64 hexadecimal digits, which begin the chain of every room
) STRICT;

CREATE TABLE node (
    id      TEXT    PRIMARY KEY,  -- the server that writes the ledger
    address TEXT    NOT NULL,     -- not used in a file
    beat    INTEGER NOT NULL,     -- how often the present was written down
    seen    INTEGER NOT NULL      -- the present: nanoseconds since 1970-01-01 00:00 UTC
) STRICT, WITHOUT ROWID;

CREATE TABLE room (
    name             TEXT    PRIMARY KEY,
    epoch            INTEGER NOT NULL,  -- not used in a file, nor is owner
    owner            TEXT,
    auction          INTEGER NOT NULL,  -- the number of the latest auction
    first            INTEGER,           -- the first row of the auction that has not ended, if any
    archived         INTEGER NOT NULL,  -- rows 1 to this one were moved to an archive
    archived_auction INTEGER NOT NULL,  -- the auction and the hash of that row, 0 and '' if none
    archived_hash    TEXT    NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX unfinished ON room (name) WHERE first IS NOT NULL;

CREATE TABLE event (
    room    TEXT    NOT NULL,
    number  INTEGER NOT NULL,     -- 1, 2, 3 ... in each room without a gap, as things happened
    at      INTEGER NOT NULL,     -- nanoseconds since 1970-01-01 00:00 UTC
    auction INTEGER NOT NULL,     -- 1, 2, 3 ... in each room, in the order in which they began
    kind    TEXT    NOT NULL,     -- the name of the event
    body    TEXT    NOT NULL,     -- its fields, as a JSON object
    hash    TEXT    NOT NULL,     -- SHA-256, in hexadecimal, of the row before and this one
    PRIMARY KEY (room, number)
) STRICT, WITHOUT ROWID;

CREATE INDEX ticket ON event (json_extract(body, '$.ticket'))
    WHERE kind = 'Arrived' AND json_extract(body, '$.ticket') IS NOT NULL;
