"""Run a benchmark: ``python -m benchmarks NAME``."""

import gc
import sys
from collections.abc import Sequence

from benchmarks import (
    auctions,
    bids,
    codes,
    connections,
    engine,
    fanout,
    flood,
    replay,
    soak,
    timed,
    web,
)
from tests.command_line import Parser

BENCHMARKS = {
    "auctions": auctions.main,
    "bids": bids.main,
    "codes": codes.main,
    "connections": connections.main,
    "engine": engine.main,
    "fanout": fanout.main,
    "flood": flood.main,
    "replay": replay.main,
    "soak": soak.main,
    "timed": timed.main,
    "web": web.main,
}


def main(arguments: Sequence[str]) -> None:
    """Run the benchmark named by the first argument, with the others as its options."""
    parser = Parser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("name", choices=BENCHMARKS, help="NAME --help shows its options")
    BENCHMARKS[parser.parse_args(arguments[:1]).name](list(arguments[1:]))


if __name__ == "__main__":
    gc.freeze()  # what was imported must not lengthen the pauses of the garbage collector
    main(sys.argv[1:])
