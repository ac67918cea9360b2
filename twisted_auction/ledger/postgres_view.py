"""Read access to a ledger in PostgreSQL."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from twisted_auction.ledger.postgres_schema import check_schema
from twisted_auction.ledger.row import LedgerError
from twisted_auction.ledger.sql_view import Found, SQLView
from twisted_auction.ledger.store import View

if TYPE_CHECKING:
    import psycopg

CONNECT_TIMEOUT = 10
"""Seconds for connecting, if the address does not say."""

FETCH = 2000
"""Rows in one part of a long answer."""


class PostgresView(SQLView):
    """A ledger in PostgreSQL; see :class:`~twisted_auction.ledger.store.View`.

    :param name: the database, for messages.
    :param connection: an open connection. While it has a transaction open, long answers are read in
        parts.
    :raises LedgerError: if the tables cannot be read.
    """

    def __init__(self, name: str, connection: "psycopg.Connection[Any]") -> None:
        self._connection = connection
        self._cursors = 0
        with translate_errors(name):
            check_schema(name, connection)
        super().__init__(name)

    def has_table(self, name: str) -> bool:
        """True: all tables were created with the first."""
        return True

    def field(self, name: str) -> str:
        """The expression for a field of an event, from its column ``body``."""
        # Not jsonb, which refuses a whole body for one escaped zero byte in any field.
        return f"(body::json ->> '{name}')"

    def _one(self, statement: str, *values: object) -> Any:
        with translate_errors(self.name):
            return self._connection.execute(_marked(statement), values).fetchone()

    def _all(self, make: Callable[..., Found], statement: str, *values: object) -> Iterator[Found]:
        # Readers ask further questions between two rows, so each answer has a cursor of its own.
        self._cursors += 1
        with (
            translate_errors(self.name),
            self._connection.cursor(f"answer{self._cursors}") as cursor,
        ):
            cursor.itersize = FETCH
            for found in cursor.execute(_marked(statement), values):
                yield make(*found)


def is_address(location: str) -> bool:
    """True if a ledger is named by an address of PostgreSQL, not by a file."""
    return location.startswith(("postgresql://", "postgres://"))


def public_name(address: str) -> str:
    """The location without the user, the password and the options of an address, for messages."""
    if not is_address(address):
        return address
    parts = urlsplit(address)
    return f"postgresql://{parts.netloc.rpartition('@')[2]}{parts.path}"


@contextmanager
def open_database(address: str) -> Iterator[View]:
    """Open a ledger in PostgreSQL for reading, even while servers write it.

    :raises LedgerError: if it cannot be read.
    """
    name = public_name(address)
    with connect(address) as connection, translate_errors(name):
        # All answers tell of the same instant.
        connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield PostgresView(name, connection)


@contextmanager
def connect(address: str) -> "Iterator[psycopg.Connection[Any]]":
    """Connect to a database, in autocommit mode.

    :raises LedgerError: if that fails, or the extra ``postgres`` is not installed.
    """
    name = public_name(address)
    try:
        import psycopg
        from psycopg.conninfo import make_conninfo
    except ImportError:
        raise LedgerError(
            f"the ledger {name} needs an extra: pip install 'twisted-auction[postgres]'."
        ) from None
    with translate_errors(name):
        connection = psycopg.connect(
            make_conninfo("", **connection_options(address)), autocommit=True
        )
    with connection:
        yield connection


def connection_options(address: str) -> dict[str, Any]:
    """The options of an address, with defaults for those left out."""
    from psycopg.conninfo import conninfo_to_dict

    return {
        "connect_timeout": CONNECT_TIMEOUT,
        "application_name": "twisted-auction",
        "client_encoding": "utf8",
        **conninfo_to_dict(address),
    }


@contextmanager
def translate_errors(name: str, what: str = "read") -> Iterator[None]:
    """Convert errors of PostgreSQL to :exc:`LedgerError`.

    :param what: the operation, as a participle: ``read`` or ``written``.
    """
    import psycopg

    try:
        yield
    except psycopg.Error as error:
        problem = " ".join(str(error).split()).removesuffix(".")
        raise LedgerError(f"the ledger {name} cannot be {what}: {problem}.") from None


def _marked(statement: str) -> str:
    """A statement with the marks of the driver for values."""
    return statement.replace("?", "%s")
