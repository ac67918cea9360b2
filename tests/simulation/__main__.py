"""Run seeds, and print the first broken invariant."""

import multiprocessing
import re
import time
from argparse import ArgumentTypeError
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import partial

from tests.command_line import Parser, at_least, execute
from tests.simulation.run import Report, run

PROGRESS_INTERVAL = 1000
"""Number of seeds between two lines about the progress."""


def _seeds(text: str) -> range:
    match = re.fullmatch(r"(\d{1,9})(?:-(\d{1,9}))?", text)
    seeds = range(int(match[1]), int(match[2] or match[1]) + 1) if match else range(0)
    if not seeds:
        raise ArgumentTypeError(f"{text!r} is no seed such as 17, and no range such as 0-19999")
    return seeds


def _reports(seeds: range, jobs: int, with_transcript: bool) -> Iterator[Report]:
    task = partial(run, with_transcript=with_transcript)
    if jobs == 1:
        yield from map(task, seeds)
        return
    with multiprocessing.Pool(jobs) as pool:
        yield from pool.imap(task, seeds, chunksize=10)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the seeds up to the first failure, and print the counts."""
    parser = Parser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--seeds", type=_seeds, default=range(200), help="such as 0-19999 (0-199)")
    parser.add_argument("--jobs", type=at_least(1, 100), default=1, help="number at a time (1)")
    parser.add_argument("--transcript", action="store_true", help="print everything that happens")
    options = parser.parse_args(arguments)
    counts: Counter[str] = Counter()
    start = time.monotonic()
    for done, report in enumerate(_reports(options.seeds, options.jobs, options.transcript), 1):
        counts += report.counts
        if options.transcript:
            print(f"Seed {report.seed}:")
        if report.transcript:
            print("\n".join(report.transcript))
        if report.problem:
            print(f"Seed {report.seed}: {report.problem}")
            print(f"Again: python -m tests.simulation --seeds {report.seed} --transcript")
            return 1
        if done % PROGRESS_INTERVAL == 0:
            print(f"{done} of {len(options.seeds)} seeds are well.", flush=True)
    seconds = time.monotonic() - start
    for name, number in sorted(counts.items(), key=lambda item: item[0].lower()):
        print(f"{name:<32} {number:>9}")
    print(
        f"{len(options.seeds)} seeds in {seconds:.1f} s, "
        f"{counts['auctions'] / seconds:.0f} auctions a second."
    )
    return 0


if __name__ == "__main__":
    execute(main)
