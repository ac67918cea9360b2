"""Auctions back to back in many rooms, with random cuts, and the remains in the server.

In each room, a Seller and three Buyers hold one sealed auction after another, against a server with
a ledger and a log, as deployed. Any connection may be cut at any line, by FIN or by RST; its client
comes back with the ticket. Some Buyers give up instead, and some come back only for the result.
Other clients connect, send anything, and are cut too. Each participant must receive the right
result.

The exit status is 1 if the server's memory grows from the first third of the time to the last, if a
descriptor or a delayed call is left once all clients have gone, or if the ledger does not verify.
"""

import argparse
import os
import random
import signal
import socket
import statistics
import struct
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from benchmarks.measuring import LOBBY, PER_ADDRESS, connect, cpu_seconds, memory, running, source
from tests.command_line import Parser, at_least

LOWEST_PRICE = 100
BUYERS = 3
REQUEST = f"2 {LOWEST_PRICE} {BUYERS} WolfPackSword"
ASKED_FOR_REQUEST = "Please submit auction request:"
ASKED_FOR_BID = "Please submit your bid:"
FINISHED = "Auction finished!"
SOLD = "Success! Your item WolfPackSword has been sold for ${}"
NOT_SOLD = "Unfortunately your item WolfPackSword was not sold in the auction."
WON = "You won this item WolfPackSword! Your payment due is ${}"
LOST = "Unfortunately you did not win in the last round."

CUT = 0.05
"""Probability of a cut after a line."""

CHANCE = 0.05
"""Probability that a Buyer gives up, that it stays away until the result, and that another client
connects."""

JUNK = [
    *(b"", b"LIST\n", b"WATCH room0\n", b"PING x\nLI", b"\n\n\n", b"RESUME 4f0c\n"),
    *(b"GET / HTTP/1.1\r\n\r\n", b"\xff" * 99, b"x" * 999),
]
"""Lines of clients without a seat."""

PAUSE = 0.2
"""Seconds between two samples of the server's memory."""

PATIENCE = 60
"""Seconds for the server to return to its state at the start."""

COUNTING = """
import signal
from pathlib import Path

def count(*_):
    from twisted.internet import reactor
    file = Path({calls!r})
    file.with_suffix(".new").write_text(str(len(reactor.getDelayedCalls())))
    file.with_suffix(".new").rename(file)

signal.signal(signal.SIGUSR1, count)
"""
"""Startup code of the server: on a signal, it writes the number of its delayed calls to a file."""


def main(argv: list[str]) -> None:
    """Measure, print a table, and exit with status 1 if something is left over."""
    parser = Parser("python -m benchmarks soak", description=__doc__)
    parser.add_argument("--minutes", type=at_least(0.01), default=10, help="minutes of auctions")
    parser.add_argument("--rooms", type=at_least(1), default=10, help="auctions at any time")
    parser.add_argument(
        "--warm-up", type=at_least(0), default=5000, help="auctions before measuring"
    )
    parser.add_argument(
        "--tolerance",
        type=at_least(0.0),
        default=2.0,
        help="largest growth of the memory's median from the first third to the last, in MiB",
    )
    parser.add_argument("--seed", type=at_least(0), default=0, help="seed of the cuts")
    options = parser.parse_args(argv)
    with tempfile.TemporaryDirectory() as name:
        soak(Path(name), options)


@dataclass(frozen=True, slots=True)
class Remains:
    """The resources of a server besides its memory."""

    descriptors: int
    calls: int


def soak(folder: Path, options: argparse.Namespace) -> None:
    """Hold auctions for the time of the option, and compare the server's resources."""
    ledger, calls = folder / "auction.sqlite3", folder / "calls"
    _, twistd, *rest = LOBBY
    command = ["-c", COUNTING.format(calls=str(calls)) + twistd, *rest, "--ledger", str(ledger)]
    with running(command) as (pid, port):
        rooms = [Room(port, number, options.seed) for number in range(options.rooms)]
        before = remains(pid, calls)
        hold(rooms, pid, lambda: held(rooms) >= options.warm_up)
        warm, began, cpu = held(rooms), time.monotonic(), cpu_seconds(pid)
        samples = hold(rooms, pid, lambda: time.monotonic() >= began + options.minutes * 60)
        took = time.monotonic() - began
        busy = 100 * (cpu_seconds(pid) - cpu) / took
        until = time.monotonic() + PATIENCE
        while (after := remains(pid, calls)) != before and time.monotonic() < until:
            time.sleep(PAUSE)
    auctions = held(rooms) - warm
    print(
        f"{took:.0f} seconds, after {warm} auctions to warm up: {auctions} auctions in "
        f"{options.rooms} rooms, {auctions / took:.0f} a second; CPU {busy:.0f} %; a ledger of "
        f"{ledger.stat().st_size / 2**20:.0f} MiB."
    )
    total = sum((room.tally for room in rooms), Counter[str]())
    print(
        f"{total['FIN']} cuts by FIN and {total['RST']} by RST, after which somebody came back; "
        f"{total['away']} Buyers did so for the result only, {total['given up']} gave up, and "
        f"{total['strangers']} strangers looked in.\n"
    )
    third = max(1, len(samples) // 3)
    thirds = [samples[:third], samples[third : 2 * third] or samples, samples[-third:]]
    middles = [statistics.median(part) for part in thirds]
    print("| Server            | first third | second third | last third |")
    print("|-------------------|-------------|--------------|------------|")
    for what, values in (("median", middles), ("at most", [max(part) for part in thirds])):
        first, second, last = values
        print(f"| MiB, {what:12} | {first:11.1f} | {second:12.1f} | {last:10.1f} |")
    print("\n| Server            | at the start | when all have gone |")
    print("|-------------------|--------------|--------------------|")
    print(f"| descriptors       | {before.descriptors:12} | {after.descriptors:18} |")
    print(f"| delayed calls     | {before.calls:12} | {after.calls:18} |\n")
    failures = [failure for room in rooms for failure in room.failures]
    audit = ["-m", "twisted_auction.cli", "ledger", "--ledger", str(ledger), "verify"]
    if subprocess.run([sys.executable, *audit]).returncode:
        failures.append("The ledger does not hold.")
    if middles[-1] > middles[0] + options.tolerance:
        failures.append(f"Memory has grown by {middles[-1] - middles[0]:.1f} MiB.")
    if after != before:
        failures.append("There are not as many descriptors and delayed calls as before.")
    if failures:
        sys.exit("\n".join(failures))
    print(
        "Everybody was told the right result, nothing is left over, and the memory's median has "
        f"not grown by more than {options.tolerance:g} MiB."
    )


def hold(rooms: "list[Room]", pid: int, is_enough: Callable[[], bool]) -> list[float]:
    """Hold auctions in all rooms until the end, or a failure.

    :return: samples of the server's memory, in MiB.
    """

    def is_over() -> bool:
        return is_enough() or any(room.failures for room in rooms)

    threads = [threading.Thread(target=room.hold, args=[is_over], daemon=True) for room in rooms]
    for thread in threads:
        thread.start()
    samples = [memory(pid)]
    while any(thread.is_alive() for thread in threads):
        time.sleep(PAUSE)
        samples.append(memory(pid))
    return samples


def held(rooms: "list[Room]") -> int:
    """Number of auctions held so far."""
    return sum(room.tally["auctions"] for room in rooms)


def remains(pid: int, calls: Path) -> Remains:
    """The resources of a server now.

    :param calls: the file for the number of its delayed calls.
    """
    calls.unlink(missing_ok=True)
    os.kill(pid, signal.SIGUSR1)
    while not calls.exists():
        time.sleep(0.01)
    return Remains(len(os.listdir(f"/proc/{pid}/fd")), int(calls.read_text()))


class Room:
    """One auction after another in one room.

    :ivar tally: the number of events of each kind.
    :ivar failures: descriptions of wrong results.
    """

    def __init__(self, port: int, number: int, seed: int) -> None:
        self.name = f"room{number}"
        self.chance = random.Random(f"{seed} {number}")
        self.tally = Counter[str]()
        self.failures: list[str] = []
        self._address = source(number * PER_ADDRESS)
        self._port = port

    def hold(self, is_over: Callable[[], bool]) -> None:
        """Hold auctions until the time is up."""
        while not is_over():
            try:
                self._play()
            except Exception as error:  # in a thread of its own
                self.failures.append(f"In {self.name}, auction {self.tally['auctions']}: {error!r}")
            self.tally["auctions"] += 1

    def connect(self) -> socket.socket:
        """A new connection to the lobby."""
        return connect(self._port, self._address)

    def is_lucky(self, chance: float) -> bool:
        """Draw True with this probability."""
        return self.chance.random() < chance

    def cut(self, sock: socket.socket) -> None:
        """End a connection by FIN or by RST."""
        if self.is_lucky(0.5):
            self.tally["RST"] += 1
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        else:
            self.tally["FIN"] += 1
            sock.shutdown(socket.SHUT_WR)
        sock.close()

    def _play(self) -> None:
        seller = Guest(self)
        seller.read_until("Auction request received:")
        buyers = [Guest(self) for _ in range(BUYERS)]
        for buyer in buyers:
            buyer.read_until("Your role is: [Buyer]")
            self._let_stranger_in()
        bids: dict[Guest, int] = {}
        for buyer in list(buyers):
            if self.is_lucky(CHANCE):
                buyer.give_up()
                buyers.remove(buyer)
                continue
            buyer.bid = bids[buyer] = self.chance.randrange(50, 200)
            buyer.read_until("Bid received.", "Your bid of")
            if self.is_lucky(CHANCE):
                buyer.disconnect()
        amounts = sorted([amount for amount in bids.values() if amount >= LOWEST_PRICE])
        payment = max([LOWEST_PRICE, *amounts[:-1]])
        winner = max(bids, key=lambda buyer: bids[buyer]) if amounts else None
        for guest in (seller, *buyers):
            told = guest.read_result()
            if guest is seller:
                expected = SOLD.format(payment) if amounts else NOT_SOLD
            else:
                expected = WON.format(payment) if guest is winner else LOST
            if told != expected:
                raise ValueError(f"{told!r} is not {expected!r}")

    def _let_stranger_in(self) -> None:
        if self.is_lucky(CHANCE):
            self.tally["strangers"] += 1
            sock = self.connect()
            sock.sendall(self.chance.choice(JUNK))
            if self.is_lucky(0.5):
                sock.settimeout(0.01)
                with suppress(OSError):
                    sock.recv(4096)
            self.cut(sock)


class Guest:
    """A Seller or a Buyer. It comes back after every cut.

    :ivar bid: its answer to the question for a bid. A Seller is never asked.
    """

    def __init__(self, room: Room) -> None:
        self.bid = 0
        self._room = room
        self._result = ""
        self._connect(f"JOIN {room.name}")
        ticket = self._line()
        if not ticket.startswith("Ticket: "):
            raise ValueError(f"{ticket!r} is no ticket")
        self._ticket = ticket.removeprefix("Ticket: ")

    def read_until(self, *ends: str) -> None:
        """Read until a line with one of these beginnings, or the result, and answer questions. Now
        and then, lose the connection and come back."""
        while not self._result:
            line = self._line()
            if line == ASKED_FOR_REQUEST:
                self._say(REQUEST)
            elif line == ASKED_FOR_BID and self.bid:
                self._say(str(self.bid))
            elif line == FINISHED:
                if self._is_lucky():
                    self._result = self._line()
                    self._file.close()
                    self._sock.close()
                continue
            is_end = line.startswith(ends)
            if self._is_lucky() and is_end:
                return

    def read_result(self) -> str:
        """Read on to the end."""
        self.read_until(FINISHED)
        return self._result

    def disconnect(self) -> None:
        """Lose the connection, and stay away for a while."""
        if not self._result:
            self._room.tally["away"] += 1
            self._lose()

    def give_up(self) -> None:
        """Leave for good."""
        self._room.tally["given up"] += 1
        self._lose()
        self._connect(f"QUIT {self._ticket}")
        if (line := self._line()) != "Goodbye.":
            raise ValueError(f"{line!r} is no goodbye")
        self._lose()

    def _connect(self, line: str) -> None:
        self._sock = self._room.connect()
        self._file = self._sock.makefile("rb")
        self._is_there = True
        self._say(line)

    def _lose(self) -> None:
        self._file.close()
        self._room.cut(self._sock)
        self._is_there = False

    def _is_lucky(self) -> bool:
        """Draw True if there is no cut now."""
        if not self._room.is_lucky(CUT):
            return True
        self._lose()
        return False

    def _say(self, line: str) -> None:
        self._sock.sendall(f"{line}\n".encode())

    def _line(self) -> str:
        if not self._is_there:
            self._connect(f"RESUME {self._ticket}")
        line = self._file.readline().decode()
        if not line.endswith("\r\n"):
            raise EOFError(f"the connection ended with {line!r}")
        return line.removesuffix("\r\n")
