"""One run for each point at which a server can fail."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import tests
from tests.crashes.evidence import compare
from tests.crashes.launcher import ERRORS, FILE_SIZE, NONE, POINTS
from tests.crashes.load import LOBBY, PATIENCE, PORT, Cut, Load

CALLS = ("pwrite64", "fdatasync", "fsync", "ftruncate", "unlink", "sendto")
"""System calls that change the disk or a connection."""

CALL_ERRORS = ("pwrite64-ENOSPC", "pwrite64-EIO", "fdatasync-EIO")
"""Calls that fail from some point on, with the error of each."""

KINDS = (*POINTS, *ERRORS, *CALLS, *CALL_ERRORS, FILE_SIZE)

OPTIONS = (
    *("--ledger", "ledger", "--resume-grace", "1"),
    *("--port", f"unix:{PORT}", "--lobby", f"unix:{LOBBY}"),
)

PAGES = 60
"""Largest size in pages of any file of the load."""

ENVIRONMENT = {
    **os.environ,
    "PYTHONPATH": os.pathsep.join(
        [str(Path(tests.__file__).parent.parent), os.environ.get("PYTHONPATH", "")]
    ),
}


@dataclass(frozen=True, slots=True)
class Point:
    """The place of a mishap: ``pwrite64`` 17 is before the 17th call of ``pwrite64``."""

    kind: str
    number: int

    def __str__(self) -> str:
        return f"{self.kind}:{self.number}"

    @property
    def is_traced(self) -> bool:
        """True if the point needs strace."""
        return self.kind in CALLS or self.kind in CALL_ERRORS

    @property
    def is_error(self) -> bool:
        """True if the disk fails and the server is not killed."""
        return self.kind in (*CALL_ERRORS, *ERRORS, FILE_SIZE)


class Server:
    """A server in a folder of its own.

    :param point: the place of its mishap; None without one.
    :param is_counting: True to write down all points on the way.
    """

    def __init__(self, folder: Path, point: Point | None = None, is_counting: bool = False) -> None:
        self.folder = folder
        (folder / "pid").unlink(missing_ok=True)
        prefix: list[str] = []
        mishap = [NONE if is_counting else "", "0"]
        if point is not None and not point.is_traced:
            mishap = [point.kind, str(point.number)]
        elif point is not None:
            call, _, error = point.kind.partition("-")
            what = (
                f"error={error}:when={point.number}+"
                if error
                else (f"signal=SIGKILL:when={point.number}")
            )
            prefix = _strace(os.devnull, call, "-e", f"inject={call}:{what}")
        elif is_counting and can_trace():
            prefix = _strace("calls", ",".join(CALLS))
        self.process = subprocess.Popen(
            [*prefix, sys.executable, "-m", "tests.crashes.launcher", *mishap, *OPTIONS],
            cwd=folder,
            env=ENVIRONMENT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )

    def is_up(self) -> bool:
        """Wait until the server listens.

        :return: False if it has ended instead.
        """
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                return False
            # The lobby's socket is bound last.
            with suppress(OSError), socket.socket(socket.AF_UNIX) as attempt:
                attempt.connect(str(self.folder / LOBBY))
                return True
            time.sleep(0.01)
        raise AssertionError("the server does not start")

    def stop(self) -> None:
        """Send SIGTERM."""
        with suppress(ProcessLookupError, ValueError):
            os.kill(int(self._pid()), signal.SIGTERM)

    def wait(self) -> tuple[int, str]:
        """Wait for the end: exit status and log."""
        try:
            output, _ = self.process.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            raise AssertionError("the server does not end") from None
        return self.process.returncode, output.decode()

    def kill(self) -> None:
        """Make sure that nothing is left running."""
        if self.process.poll() is None:
            with suppress(ProcessLookupError, ValueError):
                os.kill(int(self._pid()), signal.SIGKILL)
            self.process.kill()
        self.process.communicate()

    def _pid(self) -> str:
        try:
            return (self.folder / "pid").read_text()
        except OSError:
            return ""


def _strace(output: str, calls: str, *more: str) -> list[str]:
    return ["strace", "-f", "-qq", "-o", output, "-e", f"trace={calls}", *more]


def can_trace() -> bool:
    """True if strace is installed and allowed."""
    try:
        done = subprocess.run(
            [*_strace(os.devnull, "write", "-e", "inject=write:signal=SIGKILL:when=1"), "echo"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=False,
        )
    except OSError:
        return False
    return done.returncode == -signal.SIGKILL


def count() -> dict[str, int]:
    """Run the load without a mishap, and count the points of each kind."""
    folder = Path(tempfile.mkdtemp())
    try:
        load = Load(folder)
        server = Server(folder, is_counting=True)
        try:
            assert server.is_up(), server.wait()
            load.run()
            server.stop()
            load.drain()
            server.wait()
        finally:
            server.kill()
        compare(folder / "ledger", load.people)
        met = Counter((folder / "points").read_text().split())
        with suppress(FileNotFoundError):
            for line in (folder / "calls").read_text().splitlines():
                met[line.split(maxsplit=1)[1].partition("(")[0]] += 1
    finally:
        shutil.rmtree(folder)
    counts = {kind: met[kind.partition("-")[0]] for kind in KINDS} | {FILE_SIZE: PAGES}
    return {kind: number for kind, number in counts.items() if number}


def spread(counts: Mapping[str, int], wanted: int) -> list[Point]:
    """Choose points of every kind, evenly."""
    total = sum(counts.values())
    points = []
    for kind, number in counts.items():
        share = min(number, max(1, round(wanted * number / total)))
        points += [Point(kind, 1 + (2 * i + 1) * number // (2 * share)) for i in range(share)]
    return points


def attempt(point: Point, folder: Path) -> bool:
    """Let a server fail at a point. Check that nothing is lost, and that the next server continues.

    :return: True if the point was reached.
    :raises AssertionError: if something is lost or invented.
    """
    load = Load(folder)
    server = Server(folder, point)
    try:
        with suppress(Cut):
            if server.is_up():
                load.run()
                server.stop()
        load.drain()
        status, log = server.wait()
    finally:
        server.kill()
    is_met = status == 1 if point.is_error else status == -signal.SIGKILL
    assert is_met or status in (0, -signal.SIGTERM), f"exit status {status}: {log}"
    if point.is_error:
        _check_log(log, is_met)
    compare(folder / "ledger", load.people)
    server = Server(folder)
    try:
        assert server.is_up(), server.wait()
        load.go_on()
        server.stop()
        status, log = server.wait()
    finally:
        server.kill()
    assert status in (0, -signal.SIGTERM), f"exit status {status}: {log}"
    assert "Traceback" not in log, log
    compare(folder / "ledger", load.people)
    return is_met


def _check_log(log: str, is_met: bool) -> None:
    """Check that the log has one line about the failure."""
    told = [line for line in log.splitlines() if "the ledger " in line and " cannot be " in line]
    assert len(told) == is_met, log
    assert "Traceback" not in log, log
