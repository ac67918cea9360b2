"""One target, guided by coverage: ``python -m tests.fuzz`` starts it, and libFuzzer ends the
process.

The first argument names the target; the others are libFuzzer's.
"""

import gc
import sys
from collections.abc import Callable
from itertools import count

import atheris

# The wire tries one pattern after another. Instrumenting it would halve the speed and add no
# coverage beyond the code of the messages' receivers.
with atheris.instrument_imports(include=["twisted_auction"], exclude=["twisted_auction.wire"]):
    from tests.fuzz.client import client
    from tests.fuzz.server import server


SOME = 1000
"""Number of inputs between two full garbage collections."""


def tidied(target: Callable[[bytes], None]) -> Callable[[bytes], None]:
    """The target, with memory that does not grow. After each input, only the youngest generation is
    collected, so that objects still in use are not looked through again."""
    tried = count(1)

    def play(data: bytes) -> None:
        target(data)
        if next(tried) % SOME == 0:
            gc.collect()

    return play


if __name__ == "__main__":
    _, target, *arguments = sys.argv
    # To merge, libFuzzer starts this command in a shell.
    program = f"{sys.executable} -m tests.fuzz.guided {target}"
    gc.freeze()  # objects of the imports are never collected
    gc.set_threshold(100_000)
    atheris.Setup([program, *arguments], tidied({"server": server, "client": client}[target]))
    atheris.Fuzz()
