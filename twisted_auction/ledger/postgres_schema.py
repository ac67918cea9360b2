"""The tables of a ledger in PostgreSQL."""

import secrets
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from twisted_auction.ledger.row import LedgerError
from twisted_auction.ledger.schema import LEDGER_ID, SCHEMA_NUMBER

if TYPE_CHECKING:
    import psycopg

SCHEMA = files(__package__).joinpath(f"schema-{SCHEMA_NUMBER}.postgresql.sql").read_text()
"""The tables of the current schema."""


def create_schema(connection: "psycopg.Connection[Any]", anchor: str | None = None) -> bool:
    """Create the tables of an empty ledger, if the database has none. The caller has begun a
    transaction.

    :param anchor: the anchor of the house; None for a random one.
    :return: True if there was none.
    """
    # Servers wait here for each other at a start at the same time.
    connection.execute("SELECT pg_advisory_xact_lock(%s)", (LEDGER_ID,))
    if has_schema(connection):
        return False
    for statement in SCHEMA.split(";"):
        connection.execute(statement)
    connection.execute(
        "INSERT INTO house (schema, anchor) VALUES (%s, %s)",
        (SCHEMA_NUMBER, secrets.token_hex(32) if anchor is None else anchor),
    )
    return True


def has_schema(connection: "psycopg.Connection[Any]") -> bool:
    """True if the database has the tables of a ledger, of any schema."""
    (table,) = connection.execute("SELECT to_regclass('house')").fetchone() or (None,)
    return table is not None


def check_schema(name: str, connection: "psycopg.Connection[Any]") -> None:
    """Check that a database has a ledger with the current schema.

    :param name: the database, for messages.
    :raises LedgerError: if it has none, or another.
    """
    found = has_schema(connection) and connection.execute("SELECT schema FROM house").fetchone()
    if not found:
        raise LedgerError(f"{name} is no ledger.")
    if found[0] > SCHEMA_NUMBER:
        raise LedgerError(
            f"the ledger {name} has schema {found[0]}; this version of the program knows "
            f"schema {SCHEMA_NUMBER}, so a newer one is needed."
        )
