"""The engines that hold a ledger: a file of SQLite, or a database of PostgreSQL.

A ledger is named by its *location*: the path of a file, or an address that begins with
``postgresql://``.
"""

import os
from contextlib import AbstractContextManager
from pathlib import Path

from twisted_auction.ledger.postgres_view import is_address, open_database, public_name
from twisted_auction.ledger.sqlite_view import open_file
from twisted_auction.ledger.store import View

__all__ = ["is_address", "open_view", "public_name"]


def open_view(location: str | os.PathLike[str]) -> AbstractContextManager[View]:
    """Open a ledger or an archive for reading, even while a server writes it.

    :raises LedgerError: on entering, if it cannot be read.
    """
    if isinstance(location, str) and is_address(location):
        return open_database(location)
    return open_file(Path(location))
