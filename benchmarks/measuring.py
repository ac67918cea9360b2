"""What the benchmarks have in common: servers in processes of their own, and what they cost."""

import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def spread(values: list[float], form: str) -> str:
    """The median, and the lowest and highest value."""
    low, middle, high = (
        form.format(value) for value in (min(values), statistics.median(values), max(values))
    )
    return f"{middle} ({low}-{high})"


def connect(port: int) -> socket.socket:
    """Open a connection that gives up rather than hang."""
    return socket.create_connection(("127.0.0.1", port), timeout=10)


def cpu_seconds(pid: int) -> float:
    """CPU time of a process with one thread, which Linux gives to the nanosecond."""
    return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e9


@contextmanager
def running(arguments: list[str]) -> Iterator[tuple[int, int]]:
    """Run a Python server on a free port until the block ends.

    :param arguments: what Python gets, with ``{port}`` for the port and ``{log}`` for a file.
    :return: the process id and the port.
    """
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    folder = tempfile.TemporaryDirectory()
    fields = {"port": port, "log": f"{folder.name}/twistd.log"}
    command = [sys.executable, *(argument.format(**fields) for argument in arguments)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        for _ in range(200):
            time.sleep(0.05)
            try:
                connect(port).close()
            except ConnectionRefusedError:
                continue
            break
        time.sleep(0.2)  # for the server to see that nobody came in
        yield process.pid, port
    finally:
        process.terminate()
        process.wait()
        folder.cleanup()


def memory(pid: int) -> float:
    """Resident memory of a process, in MiB."""
    (line,) = [
        line
        for line in Path(f"/proc/{pid}/status").read_text().splitlines()
        if line.startswith("VmRSS:")
    ]
    return int(line.split()[1]) / 1024
