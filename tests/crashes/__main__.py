"""Kill a server at many points, and check its ledger after each."""

import shutil
import sys
import tempfile
from argparse import ArgumentTypeError
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

from tests.command_line import Parser, at_least
from tests.crashes.matrix import KINDS, Point, attempt, can_trace, count, spread


def _point(text: str) -> Point:
    kind, _, place = text.partition(":")
    if kind not in KINDS:
        raise ArgumentTypeError(f"{text!r} is none of {', '.join(KINDS)}, such as pwrite64:17")
    return Point(kind, at_least(1)(place))


def _attempted(point: Point) -> tuple[bool, str]:
    """Try a point.

    :return: True if the point was reached, and the problem or an empty text.
    """
    folder = Path(tempfile.mkdtemp(prefix="crash-"))
    try:
        is_met = attempt(point, folder)
    except Exception as error:  # print the point with any error
        return True, f"{type(error).__name__}: {error}\nIts folder is {folder}."
    shutil.rmtree(folder)
    return is_met, ""


def main(arguments: Sequence[str] | None = None) -> int:
    """Try the points, and print the number tried of each kind."""
    parser = Parser(prog="python -m tests.crashes", description=__doc__)
    parser.add_argument("--points", type=at_least(1), default=500, help="number to try (500)")
    parser.add_argument("--jobs", type=at_least(1, 100), default=4, help="number at a time (4)")
    parser.add_argument("--only", type=_point, help="a single one, such as pwrite64:17")
    options = parser.parse_args(arguments)
    if not can_trace():
        print("strace is missing, or not allowed here: no system call is tried.")
    if options.only is not None:
        counts, points = {options.only.kind: options.only.number}, [options.only]
    else:
        counts = count()
        points = spread(counts, options.points)
    tried: Counter[str] = Counter()
    met: Counter[str] = Counter()
    failures = 0
    with ThreadPoolExecutor(options.jobs) as pool:
        attempts = {pool.submit(_attempted, point): point for point in points}
        for done in as_completed(attempts):
            if done.cancelled():
                continue
            point, (is_met, problem) = attempts[done], done.result()
            tried[point.kind] += 1
            met[point.kind] += is_met
            if problem:
                failures += 1
                print(f"{point}: {problem}\nAgain: python -m tests.crashes --only {point}")
                pool.shutdown(wait=False, cancel_futures=True)
    print(f"{'kind':<16} {'points':>6} {'tried':>6} {'met':>6}")
    for kind, number in counts.items():
        print(f"{kind:<16} {number:>6} {tried[kind]:>6} {met[kind]:>6}")
    print(f"{sum(tried.values())} tried, {failures} failed.")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
