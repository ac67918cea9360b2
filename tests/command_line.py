"""Command lines for developers: those of the tests' own commands and of the benchmarks.

Wrong usage leads to one line with the remedy, and exit status 2.
"""

import argparse
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import NoReturn, TypeVar

Number = TypeVar("Number", int, float)

MOST = 10**9
"""Largest number for an option, so that no command runs forever."""


class Parser(argparse.ArgumentParser):
    """A command line."""

    def error(self, message: str) -> NoReturn:
        """Print the error in one line, and exit."""
        self.exit(2, f"{self.prog}: {message}. Try '{self.prog} --help'.\n")


def at_least(least: Number, most: int = MOST) -> Callable[[str], Number]:
    """The type of a number as an option: a whole number if ``least`` is an ``int``."""
    kind = type(least)

    def read(text: str) -> Number:
        with suppress(ValueError):
            value = kind(text)
            if least <= value <= most:
                return value
        name = "a whole number" if kind is int else "a number"
        raise argparse.ArgumentTypeError(f"{text!r} is not {name} from {least:,} to {most:,}")

    return read


def execute(main: Callable[[], int]) -> NoReturn:
    """Run a command with much output, and exit with its status. The status is 141, as in a shell,
    if the reader of a pipe has closed it, as ``head`` does."""
    try:
        status = main()
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        status = 141
    sys.exit(status)
