"""The standard streams of a command. A stream may be missing, full or closed."""

import os
import sys
from collections.abc import Callable
from io import TextIOWrapper
from typing import TextIO


def open_standard_streams() -> None:
    """Open ``/dev/null`` for each standard stream missing at the start (``<&-``), and let
    characters outside the terminal's encoding be written as escapes.

    Call this before the import of the reactor: its first descriptor would take the number of the
    missing stream.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode))  # noqa: SIM115  # open until the end
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")


class Output:
    """The standard output of this process, which fails if the disk is full, or if the reader of a
    pipe has closed it.

    :ivar error: the first failure; all later output is discarded.
    :ivar stop: called at the first failure, to end the program.
    """

    def __init__(self) -> None:
        self.error: OSError | None = None
        self.stop: Callable[[], object] = lambda: None

    def record_failure(self, error: OSError) -> None:
        """Record the first failure, and end the program."""
        # Only the first: the streams point to /dev/null from then on.
        if self.error is None:
            self.error = error
            redirect_to_null(sys.stdout)
            self.stop()


OUTPUT = Output()
"""The standard output of this process."""


def print_line(line: str) -> None:
    """Write one line to standard output, and flush it for the reader of a pipe.

    No error is raised, because callers print in the middle of other work. :data:`OUTPUT` records
    the error.
    """
    if OUTPUT.error is None:
        try:
            sys.stdout.write(f"{line}\n")
            sys.stdout.flush()
        except OSError as error:
            OUTPUT.record_failure(error)


def redirect_to_null(stream: TextIO) -> None:
    """Redirect a stream that cannot be written to ``/dev/null``."""
    with open(os.devnull, "w") as nothing:
        # Not closed: the next file to be opened would get the number of the stream.
        os.dup2(nothing.fileno(), stream.fileno())
