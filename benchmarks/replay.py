"""Time to start a server on a long ledger, and time to verify the whole ledger."""

import subprocess
import sys
import tempfile
import time
from pathlib import Path

from twisted.internet.task import Clock

from tests.command_line import Parser, at_least
from twisted_auction.ledger.journal import Ledger
from twisted_auction.rules.auction import Auction
from twisted_auction.rules.commands import Arrive, Command, Say
from twisted_auction.rules.events import SELLER
from twisted_auction.rules.terms import STANDARD_TERMS

START = """
import resource, sys, time
from pathlib import Path
from twisted.internet.task import Clock
from twisted_auction.ledger.journal import Ledger
from twisted_auction.house.rooms import Rooms

clock = Clock()
ledger = Ledger(Path(sys.argv[1]), clock, sys.exit)
rooms = Rooms(clock, ledger=ledger, check_ledger=len(sys.argv) > 2)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
start, busy = time.perf_counter(), time.process_time()
rooms.open()
print(time.perf_counter() - start, time.process_time() - busy)
print(before / 1024, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""

ROOMS = 7


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
        print(f"{ROOMS} auctions have not ended.")
        for what, *check in (("start",), ("start with --check-ledger", "check")):
            command = [sys.executable, "-c", START, str(path), *check]
            told = subprocess.run(command, capture_output=True, check=True, text=True).stdout
            took, busy, before, peak = map(float, told.split())
            print(
                f"{what}: {took:.3f} s, {busy:.3f} s of them CPU ({busy / rows * 1e6:.2f} us for "
                f"each row); memory {before:.0f} MiB before, {peak:.0f} MiB at the peak."
            )


def write(path: Path, events: int) -> int:
    """Write a ledger of second-price auctions with five Buyers and tickets. The last one of each
    room has not ended.

    :return: the number of events.
    """
    clock = Clock()
    ledger = Ledger(path, clock, sys.exit)
    ledger.open()
    written = auctions = 0
    is_last = False
    while not (is_last and auctions % ROOMS == 0):
        if auctions % ROOMS == 0:
            is_last = written >= events
        tickets = [f"{written + number:064x}" for number in range(6)]
        arrivals = [Arrive(f"127.0.0.1:5000{place}", hash) for place, hash in enumerate(tickets)]
        bids = [Say(number, b"%d" % (100 + 10 * number)) for number in range(1, 6)]
        script: list[Command] = [arrivals[0], Say(SELLER, b"2 100 5 Sword"), *arrivals[1:], *bids]
        auction = Auction(STANDARD_TERMS)
        room = f"room{auctions % ROOMS}"
        for command in script[: -1 if is_last else None]:
            clock.advance(0.001)
            decided = auction.decide(command, clock.seconds())
            for event in decided:
                auction.apply(event)
            ledger.record(room, decided, clock.seconds())
            written += len(decided)
        auctions += 1
        if written % 1000 < len(script) + 2:
            ledger.commit()
    ledger.close()
    return written
