"""``python -m benchmarks NAME``."""

import sys

from benchmarks import auctions, bids, fanout, replay

BENCHMARKS = {
    "auctions": auctions.main,
    "bids": bids.main,
    "fanout": fanout.main,
    "replay": replay.main,
}

if len(sys.argv) < 2 or sys.argv[1] not in BENCHMARKS:
    sys.exit(f"usage: python -m benchmarks {'|'.join(BENCHMARKS)} [--help]")
BENCHMARKS[sys.argv[1]](sys.argv[2:])
