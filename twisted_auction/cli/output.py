"""The standard streams of a command, which may be missing, full or closed."""

import os
import sys
from collections.abc import Callable
from io import TextIOWrapper
from typing import TextIO


def open_standard_streams() -> None:
    """Give a process that was started without a standard stream (``<&-``) an empty one, and let
    characters that the terminal's encoding does not have be written as escapes.

    To be called before the reactor is imported, which would take the number of the missing one.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode))  # noqa: SIM115  # open until the end
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")


class Output:
    """This process's standard output, which may fail: the disk is full, the
    reader of a pipe is gone.

    :ivar error: the first failure; after it, all output is thrown away.
    :ivar stop: called at that moment; ends the program.
    """

    def __init__(self) -> None:
        self.error: OSError | None = None
        self.stop: Callable[[], object] = lambda: None

    def lose(self, error: OSError) -> None:
        """Record a failure, and end the program."""
        if self.error is None:
            self.error = error
            discard(sys.stdout)
            self.stop()


OUTPUT = Output()


def print_line(line: str) -> None:
    """Write one line to standard output in one piece, so that the reader of a pipe has it at once.

    This never raises, because it is called in the middle of other work. :data:`OUTPUT` records a
    failure.
    """
    if OUTPUT.error is None:
        try:
            sys.stdout.write(f"{line}\n")
            sys.stdout.flush()
        except OSError as error:
            OUTPUT.lose(error)


def discard(stream: TextIO) -> None:
    """Redirect a stream that cannot be written to ``/dev/null``."""
    with open(os.devnull, "w") as nothing:
        os.dup2(nothing.fileno(), stream.fileno())
