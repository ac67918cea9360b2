"""How far long work is, and how long it will take."""

import importlib.util
import sys
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from typing import Any, TypeVar

Item = TypeVar("Item")


@contextmanager
def progress(things: Iterable[Item], total: int, description: str) -> Iterator[Iterable[Item]]:
    """Go through things that take long: at a terminal, a bar shows how far that is, where there is
    Rich to draw it, until the block ends."""
    if not sys.stderr.isatty() or importlib.util.find_spec("rich") is None:
        yield things
        return
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    if console.is_dumb_terminal:
        yield things
        return
    with Progress(console=console, transient=True) as bar:
        tracked: Any = bar.track(things, total, description=description)
        # Closed here and not by the garbage collector: it waits for its thread, which since Python
        # 3.13 hangs if the process is ending.
        with closing(tracked):
            yield tracked


def rough_duration(seconds: float) -> str:
    """A time that nobody needs to know exactly."""
    for unit, length in (("years", 365 * 86400), ("days", 86400), ("hours", 3600)):
        if seconds >= 2 * length:
            return f"{seconds / length:,.0f} {unit}"
    return f"{seconds / 60:.0f} minutes"
