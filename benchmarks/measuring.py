"""Common parts of the benchmarks: servers in processes of their own, and their costs."""

import random
import resource
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import IPv4Address
from pathlib import Path

from tests.command_line import Parser
from twisted_auction.server.limits import Limits, affordable_connections

TWISTD = [
    *("-c", "from twisted.scripts.twistd import run; run()", "--nodaemon", "--pidfile="),
    # A file, because twistd rotates its log: as root it would rename /dev/null.
    *("--logfile={folder}/twistd.log", "auction"),
    *("--max-new-per-minute", "0"),
]
"""The command of the server as deployed, without a limit of connections a minute. Options may
follow."""

LOBBY = [
    *TWISTD,
    *("--port", "tcp:0:interface=127.0.0.1"),
    *("--lobby", "tcp:{port}:backlog=4096:interface=127.0.0.1"),
    *("--max-rooms", "100000"),
]
"""The same command with a lobby, for any number of rooms. ``--ledger`` must follow."""

PER_ADDRESS = Limits().max_per_peer
"""Number of connections from one address: the server's limit."""


START_TIMEOUT = 60
"""Seconds after which a server must answer. A busy machine needs many for the imports alone."""


def spread(values: list[float], form: str) -> str:
    """The median, and the lowest and highest value."""
    low, middle, high = (
        form.format(value) for value in (min(values), statistics.median(values), max(values))
    )
    return f"{middle} ({low}-{high})"


def connect(port: int, source: str = "127.0.0.1") -> socket.socket:
    """Open a connection with a timeout."""
    return socket.create_connection(("127.0.0.1", port), timeout=10, source_address=(source, 0))


def source(number: int) -> str:
    """The loopback address of the connection with this number."""
    return str(IPv4Address("127.1.0.0") + number // PER_ADDRESS)


def take_all_descriptors(parser: Parser, wanted: int) -> None:
    """Raise the limit of descriptors of this process and of its servers as far as possible.

    :param parser: reports an error if they are too few.
    :param wanted: number of connections at a time.
    """
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    possible = affordable_connections()
    if 0 < possible < wanted:
        parser.error(
            f"{wanted:,} connections are wanted, and there are descriptors for {possible:,}: "
            "wish for less, or raise 'ulimit -Hn'"
        )


def cpu_seconds(pid: int) -> float:
    """CPU time of a process with one thread, in seconds. Linux counts it in nanoseconds."""
    return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e9


def free_port() -> int:
    """An unused port, outside the range for outgoing connections."""
    while True:
        port = random.randint(12000, 30000)
        try:
            socket.create_server(("127.0.0.1", port)).close()
        except OSError:
            continue
        return port


@contextmanager
def running(arguments: list[str]) -> Iterator[tuple[int, int]]:
    """Run a Python server on a free port until the block ends.

    :param arguments: the arguments of Python, with ``{port}`` for the port and ``{folder}`` for a
        folder of its own.
    :return: the process id and the port.
    """
    port = free_port()
    folder = tempfile.TemporaryDirectory()
    fields = {"port": port, "folder": folder.name}
    command = [sys.executable, *(argument.format(**fields) for argument in arguments)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + START_TIMEOUT
        while True:
            time.sleep(0.05)
            try:
                connect(port).close()
                break
            except ConnectionRefusedError:
                if process.poll() is not None or time.monotonic() > deadline:
                    sys.exit(f"no server answers: {command}")
        time.sleep(0.2)  # so that the server sees the end of the trial connection
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
