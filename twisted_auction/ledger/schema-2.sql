-- Schema 2 of the ledger. Events are added and never changed. (No semicolon in these comments.)

CREATE TABLE house (
    schema INTEGER NOT NULL,      -- 2
    anchor TEXT    NOT NULL       -- 64 hexadecimal digits: the start of the chain of every room
) STRICT;

CREATE TABLE node (
    id      TEXT    PRIMARY KEY,  -- the server that writes the ledger
    address TEXT    NOT NULL,     -- not used in a file
    beat    INTEGER NOT NULL,     -- number of heartbeats
    seen    INTEGER NOT NULL      -- last heartbeat: nanoseconds since 1970-01-01 00:00 UTC
) STRICT, WITHOUT ROWID;

CREATE TABLE room (
    name             TEXT    PRIMARY KEY,
    epoch            INTEGER NOT NULL,  -- not used in a file, like owner
    owner            TEXT,
    auction          INTEGER NOT NULL,  -- the number of the latest auction
    first            INTEGER,           -- the first row of the unfinished auction, if there is one
    archived         INTEGER NOT NULL,  -- rows 1 to this one are in an archive
    archived_auction INTEGER NOT NULL,  -- the auction and hash of that row, 0 and '' if there is none
    archived_hash    TEXT    NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX unfinished ON room (name) WHERE first IS NOT NULL;

CREATE TABLE event (
    room    TEXT    NOT NULL,
    number  INTEGER NOT NULL,     -- 1, 2, 3 ... in each room, without a gap
    at      INTEGER NOT NULL,     -- nanoseconds since 1970-01-01 00:00 UTC
    auction INTEGER NOT NULL,     -- 1, 2, 3 ... in each room
    kind    TEXT    NOT NULL,     -- the name of the event
    body    TEXT    NOT NULL,     -- its fields, as a JSON object
    hash    TEXT    NOT NULL,     -- SHA-256, in hexadecimal, of the previous hash and this row
    PRIMARY KEY (room, number)
) STRICT, WITHOUT ROWID;

CREATE INDEX ticket ON event (json_extract(body, '$.ticket'))
    WHERE kind = 'Arrived' AND json_extract(body, '$.ticket') IS NOT NULL;
