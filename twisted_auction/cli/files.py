"""Output files of the commands."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from twisted_auction.cli.base import Complaint
from twisted_auction.files import atomic_file


@contextmanager
def output_file(path: str | Path, mode: int | None = None) -> Iterator[IO[bytes]]:
    """Write a file in this block, as :func:`~twisted_auction.files.atomic_file` does.

    :raises Complaint: if the file cannot be written.
    """
    try:
        with atomic_file(path, mode) as file:
            yield file
    except OSError as error:
        raise Complaint(f"cannot write {path}: {error.strerror}") from None
