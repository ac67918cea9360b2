-- Schema 2 of the ledger in PostgreSQL: the tables and columns of schema-2.sql, which explains them,
-- and those that a file creates when it needs them. (No semicolon in these comments.)
-- COLLATE "C" sorts names as SQLite and Python do.

CREATE TABLE house (
    schema INTEGER NOT NULL,
    anchor TEXT    NOT NULL
);

CREATE TABLE node (
    id      TEXT   COLLATE "C" PRIMARY KEY,
    address TEXT   NOT NULL,
    beat    BIGINT NOT NULL,
    seen    BIGINT NOT NULL
);

CREATE TABLE room (
    name             TEXT   COLLATE "C" PRIMARY KEY,
    epoch            BIGINT NOT NULL,
    owner            TEXT,
    auction          BIGINT NOT NULL,
    first            BIGINT,
    archived         BIGINT NOT NULL,
    archived_auction BIGINT NOT NULL,
    archived_hash    TEXT   NOT NULL
);

CREATE INDEX unfinished ON room (name) WHERE first IS NOT NULL;

CREATE TABLE event (
    room    TEXT   COLLATE "C" NOT NULL,
    number  BIGINT NOT NULL,
    at      BIGINT NOT NULL,
    auction BIGINT NOT NULL,
    kind    TEXT   NOT NULL,
    body    TEXT   NOT NULL,
    hash    TEXT   NOT NULL,
    PRIMARY KEY (room, number)
);

CREATE INDEX ticket ON event ((body::json ->> 'ticket'))
    WHERE kind = 'Arrived' AND (body::json ->> 'ticket') IS NOT NULL;

CREATE TABLE chain1 (
    number      BIGINT PRIMARY KEY,
    room        TEXT   COLLATE "C" NOT NULL,
    room_number BIGINT NOT NULL,
    auction     BIGINT NOT NULL,
    hash        TEXT   NOT NULL
);

CREATE TABLE untold (
    number  BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    room    TEXT   COLLATE "C" NOT NULL,
    auction BIGINT NOT NULL,
    paddle  BIGINT NOT NULL,
    UNIQUE (room, paddle, auction)
);

CREATE TABLE notification (
    number  BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id      TEXT   NOT NULL UNIQUE,
    room    TEXT   COLLATE "C" NOT NULL,
    auction BIGINT NOT NULL,
    lot     BIGINT NOT NULL,
    paddle  BIGINT NOT NULL,
    kind    TEXT   NOT NULL,
    at      BIGINT NOT NULL,
    letter  TEXT   NOT NULL
)
