"""One target, guided by what its inputs reach: ``python -m tests.fuzz`` starts it, and libFuzzer
ends the process.

The first argument names the target; the others are libFuzzer's.
"""

import gc
import sys
from collections.abc import Callable
from itertools import count

import atheris

# The wire tries one pattern after another: watching that would halve the speed, and show nothing
# that is not seen where the messages are taken.
with atheris.instrument_imports(include=["twisted_auction"], exclude=["twisted_auction.wire"]):
    from tests.fuzz.client import client
    from tests.fuzz.server import server


SOME = 1000
"""After so many inputs, everything is looked through for what may be forgotten."""


def tidied(target: Callable[[bytes], None]) -> Callable[[bytes], None]:
    """The same, with memory that does not grow. After each input only what is young is looked
    through, which keeps Python from ever looking at what was still in use then."""
    tried = count(1)

    def play(data: bytes) -> None:
        target(data)
        if next(tried) % SOME == 0:
            gc.collect()

    return play


if __name__ == "__main__":
    _, target, *arguments = sys.argv
    program = f"{sys.executable} -m tests.fuzz.guided {target}"  # a shell starts it again to merge
    gc.freeze()  # what is there now stays, and need not be looked through again and again
    gc.set_threshold(100_000)
    atheris.Setup([program, *arguments], tidied({"server": server, "client": client}[target]))
    atheris.Fuzz()
