"""How long a server takes to start on a long ledger: every row is held against the rules first."""

import subprocess
import sys
import tempfile
import time
from pathlib import Path

from twisted.internet.task import Clock

from benchmarks.commands import Parser, at_least
from twisted_auction.house.ledger import Ledger
from twisted_auction.rules.auction import STANDARD_TERMS, Auction
from twisted_auction.rules.events import SELLER, Arrive, Command, Say

START = """
import resource, sys, time
from pathlib import Path
from twisted.internet.task import Clock
from twisted_auction.house.ledger import Ledger
from twisted_auction.house.rooms import Rooms

clock = Clock()
rooms = Rooms(clock, ledger=Ledger(Path(sys.argv[1]), clock, sys.exit))
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
start = time.perf_counter()
rooms.open()
seconds = time.perf_counter() - start
print(seconds, before / 1024, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""


def main(argv: list[str]) -> None:
    """Write a ledger, and start on it."""
    parser = Parser("python -m benchmarks replay", description=__doc__)
    parser.add_argument("--events", type=at_least(1), default=1_000_000, help="rows of the ledger")
    options = parser.parse_args(argv)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "auction.sqlite3")
        start = time.perf_counter()
        rows = write(path, options.events)
        seconds = time.perf_counter() - start
        size = path.stat().st_size / 2**20
        print(f"{rows} events, {size:.0f} MiB, written in {seconds:.1f} s.")
        command = [sys.executable, "-c", START, str(path)]
        told = subprocess.run(command, capture_output=True, check=True, text=True).stdout
    seconds, before, peak = map(float, told.split())
    print(f"Read and checked in {seconds:.1f} s ({seconds / rows * 1e6:.1f} us a row).")
    print(f"Memory: {before:.0f} MiB before, {peak:.0f} MiB at the peak.")


def write(path: Path, events: int) -> int:
    """Write a ledger of second-price auctions with five Buyers and tickets.

    :return: how many events it has.
    """
    clock = Clock()
    ledger = Ledger(path, clock, sys.exit)
    ledger.open()
    written = 0
    while written < events:
        tickets = [f"{written + number:064x}" for number in range(6)]
        arrivals = [Arrive(f"127.0.0.1:5000{place}", hash) for place, hash in enumerate(tickets)]
        bids = [Say(number, b"%d" % (100 + 10 * number)) for number in range(1, 6)]
        script: list[Command] = [arrivals[0], Say(SELLER, b"2 100 5 Sword"), *arrivals[1:], *bids]
        auction = Auction(STANDARD_TERMS)
        room = f"room{written % 7}"
        for command in script:
            clock.advance(0.001)
            decided = auction.decide(command, clock.seconds())
            for event in decided:
                auction.apply(event)
            ledger.append(room, decided, clock.seconds())
            written += len(decided)
        if written % 1000 < len(script) + 2:
            ledger.commit()
    ledger.close()
    return written
