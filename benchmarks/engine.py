"""Auctions in the pure engine, as the laboratory holds them, beside a plain loop that only sorts.

Both run in one process and on all cores, a round of each in turn. The bids are drawn before the
clock starts: whole dollars from 1 to 1,000, with equal chances. The loop sorts the same bids, and
takes the winner and the second highest. Ratios are taken round by round.
"""

import os
import sys
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from multiprocessing import get_context
from multiprocessing.connection import Connection
from random import Random

from benchmarks.measuring import spread
from tests.command_line import Parser, at_least
from twisted_auction.lab.engine import Series, request_for
from twisted_auction.rules.events import Sold

LOWEST_PRICE = 1
HIGHEST = 1000
"""Smallest and largest bid, in whole dollars."""

Bids = Sequence[Sequence[int]]
"""For many auctions, the bid of each Buyer, or its limit in open bidding."""


def draw(buyers: int, auctions: int, seed: int) -> Bids:
    """Draw bids. The same seed gives the same bids."""
    random = Random(seed)
    return [[random.randint(LOWEST_PRICE, HIGHEST) for _ in range(buyers)] for _ in range(auctions)]


def sort(bids: Bids) -> list[tuple[int, int]]:
    """The limit of speed: settle second-price auctions by sorting alone.

    :return: winner and payment of each auction.
    """
    results = []
    for one in bids:
        ranked = sorted(one)
        results.append((one.index(ranked[-1]) + 1, ranked[-2]))
    return results


def hold(kind: str, bids: Bids) -> list[tuple[int, int]]:
    """Hold auctions in the engine.

    :param kind: the ``type_of_auction``.
    :return: winner and payment of each auction.
    """
    series = Series(request_for(kind, LOWEST_PRICE, len(bids[0]), HIGHEST))
    results = (series.hold(one) for one in bids)
    return [(result.winner, result.payment) for result in results if isinstance(result, Sold)]


WAYS: dict[str, Callable[[Bids], list[tuple[int, int]]]] = {
    "sorting": sort,
    "second-price": partial(hold, "2"),
    "first-price": partial(hold, "1"),
    "Dutch": partial(hold, "4"),
    "English": partial(hold, "3"),
}

COMPARED = ("sorting", "second-price")
"""The ways to hold auctions. The first is the limit of the second."""

SHARES = {"Dutch": 100, "English": 100}
"""Factor by which a round has fewer open auctions, which have hundreds of bids or prices each."""


def main(argv: list[str]) -> None:
    """Measure, and print a table."""
    parser = Parser("python -m benchmarks engine", description=__doc__)
    parser.add_argument("--rounds", type=at_least(1), default=11, help="rounds of each")
    parser.add_argument("--auctions", type=at_least(1), default=20_000, help="auctions in a round")
    options = parser.parse_args(argv)
    cores = available()
    print(f"{options.rounds} rounds of {options.auctions} auctions in each process, in turn;")
    print("a hundredth of them where bidding is open.")
    print("Medians, with the lowest and the highest round in brackets.\n")
    print(
        "| Buyers | processes | auctions     | CPU an auction, us        "
        "| auctions a second         | CPU, sorting = 1 |"
    )
    print(
        "|--------|-----------|--------------|---------------------------"
        "|---------------------------|------------------|"
    )
    for buyers in (2, 5, 9):
        bids = draw(buyers, options.auctions, seed=0)
        if hold("2", bids) != sort(bids):
            sys.exit("the engine and the loop that sorts do not agree about who pays what")
        with crew(cores, buyers, options.auctions) as workers:
            measure(buyers, workers[:1], options.rounds, WAYS if buyers == 5 else COMPARED)
            if cores > 1:
                measure(buyers, workers, options.rounds, COMPARED)


def available() -> int:
    """Number of cores available to this process."""
    if hasattr(os, "sched_getaffinity"):  # not every system has it
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def measure(buyers: int, team: Sequence[Connection], rounds: int, ways: Collection[str]) -> None:
    """Measure a team of processes, and print a row for each way."""
    cpu: dict[str, list[float]] = {way: [] for way in ways}
    wall: dict[str, list[float]] = {way: [] for way in ways}
    for _ in range(rounds):
        for way in ways:
            start = time.perf_counter()
            for worker in team:
                worker.send(way)
            counts, costs = zip(*(worker.recv() for worker in team), strict=True)
            wall[way].append((time.perf_counter() - start) / sum(counts))
            cpu[way].append(sum(costs) / sum(counts))
    for way in ways:
        cost = spread([1e6 * seconds for seconds in cpu[way]], "{:.2f}")
        rate = spread([1 / seconds for seconds in wall[way]], "{:.0f}")
        pairs = zip(cpu[way], cpu["sorting"], strict=True)
        ratio = spread([mine / bare for mine, bare in pairs], "{:.0f}")
        print(
            f"| {buyers:6} | {len(team):9} | {way:12} | {cost:25} | {rate:25} | {ratio:16} |",
            flush=True,
        )


@contextmanager
def crew(cores: int, buyers: int, auctions: int) -> Iterator[list[Connection]]:
    """Keep a process ready on each core, with bids of its own, until the block ends."""
    context = get_context("spawn")
    workers = []
    processes = []
    try:
        for seed in range(cores):
            mine, its = context.Pipe()
            process = context.Process(target=work, args=(its, buyers, auctions, seed))
            process.start()
            workers.append(mine)
            processes.append(process)
        for worker in workers:
            worker.recv()
        yield workers
    finally:
        for process in processes:
            process.terminate()
            process.join()


def work(orders: Connection, buyers: int, auctions: int, seed: int) -> None:
    """Draw bids and report. Then hold auctions with them for every order, and report their number
    and the CPU time in seconds."""
    drawn = draw(buyers, auctions, seed)
    orders.send(None)
    while True:
        way = orders.recv()
        bids = drawn[: max(1, auctions // SHARES.get(way, 1))]
        start = time.process_time()
        WAYS[way](bids)
        orders.send((len(bids), time.process_time() - start))
