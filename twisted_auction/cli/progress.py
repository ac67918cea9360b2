"""Progress bars and estimated durations of long runs."""

import importlib.util
import sys
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from typing import Any, TypeVar

Item = TypeVar("Item")


@contextmanager
def progress(items: Iterable[Item], total: int, description: str) -> Iterator[Iterable[Item]]:
    """Show a progress bar while the caller iterates, until the block ends.

    The bar needs a terminal and the package Rich; without them, the items pass through unchanged.

    :param total: number of items.
    :param description: shown before the bar.
    """
    if not sys.stderr.isatty() or importlib.util.find_spec("rich") is None:
        yield items
        return
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    if console.is_dumb_terminal:
        yield items
        return
    with Progress(console=console, transient=True) as bar:
        tracked: Any = bar.track(items, total, description=description)
        # Closed here and not by the garbage collector: it waits for its thread, which since Python
        # 3.13 hangs if the process is ending.
        with closing(tracked):
            yield tracked


def rough_duration(seconds: float) -> str:
    """A duration in words, to the nearest minute, hour, day or year."""
    for unit, length in (("years", 365 * 86400), ("days", 86400), ("hours", 3600)):
        if seconds >= 2 * length:
            return f"{seconds / length:,.0f} {unit}"
    return f"{seconds / 60:.0f} minutes"
