"""Try inputs on the server and on the client, guided by coverage."""

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from argparse import ArgumentTypeError
from collections import deque
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from tests.command_line import Parser, at_least
from tests.fuzz.client import client
from tests.fuzz.dictionary import dictionary
from tests.fuzz.server import server

TARGETS = {"server": server, "client": client}
CORPUS = Path(__file__).with_name("corpus")

LONGEST = 1024
"""Longest input in bytes."""

LEAST = 1000
"""Smallest number of inputs to try, because the corpus comes first and counts."""

KEPT = 100
"""Largest number of inputs in the corpus of each target."""

KEPT_BYTES = 32 * 1024
"""Largest size of the corpus of each target, in bytes."""

NEEDED = 'Atheris is missing: pip install -e ".[fuzz]"'


def fuzz(target: str, inputs: int, seed: int, merge: bool) -> bool:
    """Try a number of inputs, and print the outcome.

    :param merge: True to add inputs with new coverage to the corpus.
    :return: True if no input failed.
    """
    work = Path(tempfile.mkdtemp(prefix=f"fuzz-{target}-"))
    try:
        return _fuzz(work, target, inputs, seed, merge)
    finally:
        if not any(work.glob("failing-*")):
            shutil.rmtree(work)


def _fuzz(work: Path, target: str, inputs: int, seed: int, merge: bool) -> bool:
    found = work / "found"
    found.mkdir()
    (work / "dictionary").write_text(dictionary())
    started = time.monotonic()
    status, told = _guided(
        target,
        f"-runs={inputs}",
        f"-seed={seed}",
        f"-max_len={LONGEST}",
        "-len_control=20",
        f"-dict={work / 'dictionary'}",
        f"-artifact_prefix={work}/failing-",
        "-timeout=20",
        "-rss_limit_mb=1024",
        "-print_final_stats=1",
        str(found),
        str(CORPUS / target),
    )
    seconds = time.monotonic() - started
    for failing in work.glob("failing-*"):
        print("\n".join(told))
        print(f"{target}: this input fails:\n{failing.read_bytes()!r}")
        print(f"Again: python -m tests.fuzz --target {target} --replay {failing}")
        return False
    if status != 0:
        print("\n".join(told))
        print(f"{target}: libFuzzer ended with status {status}.")
        return False
    tried = _last(r"stat::number_of_executed_units: +(\d+)", told)
    coverage = _last(r"cov: (\d+)", told)
    new = len(list(found.iterdir()))
    print(
        f"{target}: {tried} inputs, {int(tried) / seconds:.0f} a second; {coverage} places of the "
        f"code reached; {new} new inputs reach something new."
    )
    if merge:
        _merge(target, found, work)
    return True


def replay(targets: list[str], data: bytes) -> None:
    """Play one input.

    :raises Exception: the error of the target.
    """
    for target in targets:
        TARGETS[target](data)


def _guided(target: str, *arguments: str) -> tuple[int, list[str]]:
    """Run libFuzzer, and print its pulse.

    :return: the exit status, and the last lines that it printed.
    """
    told: deque[str] = deque(maxlen=200)
    command = [sys.executable, "-m", "tests.fuzz.guided", target, *arguments]
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,  # Ctrl-C is for this process, and no failing input
    ) as process:
        assert process.stdout is not None
        try:
            for line in process.stdout:
                told.append(line.rstrip("\n"))
                if "pulse" in line and "corp: " in line:
                    print(f"{target}: {line}", end="", flush=True)
        except BaseException:
            os.killpg(process.pid, signal.SIGKILL)
            raise
    return process.returncode, list(told)


def _content(path: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise ArgumentTypeError(f"cannot read {path!r}: {error.strerror}") from None


def _last(pattern: str, told: list[str]) -> str:
    """The first group of a pattern in its last match."""
    return next((match[1] for line in reversed(told) if (match := re.search(pattern, line))), "0")


def _merge(target: str, found: Path, work: Path) -> None:
    """Keep the fewest inputs with the same coverage, within the size of the corpus."""
    merged = work / "merged"
    merged.mkdir()
    corpus = CORPUS / target
    corpus.mkdir(parents=True, exist_ok=True)
    _guided(target, "-set_cover_merge=1", "-use_counters=0", str(merged), str(corpus), str(found))
    kept: list[bytes] = []
    for path in sorted(merged.iterdir(), key=lambda path: (path.stat().st_size, path.name)):
        data = path.read_bytes()
        if len(kept) < KEPT and sum(map(len, kept)) + len(data) <= KEPT_BYTES:
            kept.append(data)
    for path in corpus.iterdir() if kept else ():
        path.unlink()
    for number, data in enumerate(kept):
        (corpus / f"{number:03}").write_bytes(data)
    print(f"{target}: the corpus has {len(kept)} inputs, {sum(map(len, kept))} bytes in all.")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line."""
    parser = Parser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument(
        "--inputs", type=at_least(LEAST), default=1_000_000, help="number in all (1000000)"
    )
    parser.add_argument("--target", choices=[*TARGETS, "both"], default="both")
    parser.add_argument(
        "--seed", type=at_least(1), default=1, help="seed of the random choices (1)"
    )
    parser.add_argument(
        "--merge", action="store_true", help="add inputs with new coverage to the corpus"
    )
    parser.add_argument("--replay", type=_content, metavar="FILE", help="play one input")
    options = parser.parse_args(arguments)
    targets = list(TARGETS) if options.target == "both" else [options.target]
    if options.replay is not None:
        replay(targets, options.replay)
        return 0
    if find_spec("atheris") is None:
        print(NEEDED, file=sys.stderr)
        return 2
    inputs = options.inputs // len(targets)
    good = [fuzz(target, inputs, options.seed, options.merge) for target in targets]
    return 0 if all(good) else 1


if __name__ == "__main__":
    for stop in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):  # clean up on the way out
        signal.signal(stop, lambda caught, _: sys.exit(128 + caught))
    sys.exit(main())
