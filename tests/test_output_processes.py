"""Programs whose own output is stuck, or cannot be written."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from tests.processes import (
    AUCTION,
    CLIENT,
    ENVIRONMENT,
    IMPATIENT,
    PATIENCE,
    SERVER,
    TWISTD,
    ProcessTestCase,
    free_port,
)
from tests.support import CommandTestCase
from twisted_auction.cli.main import Auction
from twisted_auction.cli.output import OUTPUT
from twisted_auction.testing import MemoryHouse

QUIET = 1.0
"""Seconds without progress after which a sender is taken to be held."""


class StuckOutputTests(ProcessTestCase):
    def test_client(self) -> None:
        """A client whose reader has stopped reads no more from the network, and stays small."""
        news = b"Highest bid: $100 by Buyer 1. Asking price: $105. Seconds left: 42.\r\n" * 1000
        for command in (CLIENT, [*AUCTION, "join"], [*AUCTION, "bid", "--max", "5"]):
            with socket.create_server(("127.0.0.1", 0)) as server:
                client = self.piped(*command, "127.0.0.1", str(server.getsockname()[1]))
                connection, _ = server.accept()
            with connection:
                client.read_until("Connected to the Auctioneer server.\n")
                connection.settimeout(QUIET)
                before, sent = resident(client.process.pid), 0
                deadline = time.monotonic() + PATIENCE
                while sent < 64 * 2**20 and time.monotonic() < deadline:
                    try:
                        sent += connection.send(news)
                    except TimeoutError:
                        break
                # What the kernel holds on the way is megabytes where it is generous.
                self.assertLess(sent, 16 * 2**20)
                self.assertLess(resident(client.process.pid) - before, 8 * 2**20)
            client.kill()


def resident(pid: int) -> int:
    """Bytes of memory that a process has."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * 4096


def full() -> int:
    """A disk that is full."""
    return os.open("/dev/full", os.O_WRONLY)


def gone() -> int:
    """A pipe whose reader is gone."""
    reader, writer = os.pipe()
    os.close(reader)
    return writer


SINKS: dict[Callable[[], int], str] = {full: "No space left on device", gone: "Broken pipe"}
"""Outputs that cannot be written, and the reasons."""

READ_ENOUGH = 141
"""The exit status where the reader of a pipe has read enough, as of programs that SIGPIPE ends."""


def subcommands(named: Any = Auction, words: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Every command below a command, and itself, by its words."""
    yield words
    for name, _, make, _ in getattr(named, "subCommands", None) or []:
        yield from subcommands(make(), (*words, name))


class UnwritableHelpTests(CommandTestCase):
    """One line that says so, and a status, from every command below ``auction``."""

    def test_full_disk(self) -> None:
        for words in subcommands():
            for option in ("--help", "--version"):
                self.patch(OUTPUT, "error", None)
                with open("/dev/full", "w") as output:
                    ended, _, errors = self.auction(*words, option, output=output)
                program = " ".join(("auction", *words))
                self.assertEqual(
                    (ended, errors),
                    (
                        1,
                        f"{program}: standard output cannot be written: No space left on device.\n",
                    ),
                )


class UnwritableOutputTests(ProcessTestCase):
    """One line that says so, and a status; never a traceback."""

    def start(self, sink: Callable[[], int], *arguments: str) -> "subprocess.Popen[bytes]":
        output = sink()
        process = subprocess.Popen(
            [sys.executable, *arguments],
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.PIPE,
            env=ENVIRONMENT,
            cwd=self.folder,
        )
        os.close(output)
        self.addCleanup(process.communicate)
        self.addCleanup(process.kill)
        return process

    def ends(self, process: "subprocess.Popen[bytes]") -> tuple[int, str]:
        """Wait for the end, with the input open until then: exit status, standard error."""
        assert process.stderr is not None
        status = process.wait(2 * PATIENCE)
        return status, process.stderr.read().decode()

    def check(self, *cases: tuple[str, str, bool, tuple[str, ...]]) -> None:
        """See how commands end that run at the same time: the program's name, why it fails,
        whether a reader that is gone has read enough and does no harm, and the arguments."""
        started = [(case, sink, self.start(sink, *case[3])) for case in cases for sink in SINKS]
        for (program, why, is_short, arguments), sink, process in started:
            status, errors = self.ends(process)
            if is_short and sink is gone:
                self.assertEqual((status, errors), (READ_ENOUGH, ""), arguments)
            else:
                complaint = f"{program}: {why}".replace("REASON", SINKS[sink])
                self.assertEqual((status, errors), (1, f"{complaint}\n"), arguments)

    def test_help_and_version(self) -> None:
        """The output is cut short, and that is all."""
        nested = (*AUCTION, "lab", "prove")
        cases = [(*command, "--help") for command in (CLIENT, SERVER, AUCTION, nested, TWISTD[:5])]
        cases += [(*CLIENT, "--version"), (*TWISTD[:5], "--version")]
        for sink, reason in SINKS.items():
            for case, process in [(case, self.start(sink, *case)) for case in cases]:
                status, errors = self.ends(process)
                if sink is gone:
                    self.assertEqual((status, errors), (READ_ENOUGH, ""), case)
                else:
                    self.assertEqual(status, 1, case)
                    line = rf"\A[\w -]+: standard output cannot be written: {reason}\.\n\Z"
                    self.assertRegex(errors, line, case)

    def test_clients(self) -> None:
        """A client whose output cannot be written gives its seat up."""
        _, port = self.server()
        why = "standard output cannot be written, so the visit has ended"
        for program, command, more in [
            ("auc_client", [*CLIENT], []),
            ("cli join", [*AUCTION, "join"], []),
            ("cli sell", [*AUCTION, "sell"], ["Sword"]),
            ("cli bid", [*AUCTION, "bid"], []),
        ]:
            self.check((program, why, False, (*command, "127.0.0.1", port, *more)))
        self.client(port, "1 100 1 Sword\n").read_until("Auction start.")

    def test_client_that_was_read(self) -> None:
        """If the reader of the output ends during the visit, the visit ends, too."""
        _, port = self.server()
        client = self.client(port, "1 100 1 Sword\n")
        client.read_until("Auction start.")
        assert client.process.stdout is not None
        client.process.stdout.close()
        client.process.stdout = None
        status, _, errors = client.wait()
        self.assertEqual(status, 1)
        self.assertEqual(
            errors, "auc_client: standard output cannot be written, so the visit has ended\n"
        )
        self.client(port).read_until("Please submit auction request:")

    def test_server(self) -> None:
        """Its console is the only record; all clients are told that the server closes."""
        why = "standard output cannot be written: REASON."
        self.check(("auc_server", why, False, (*SERVER, "tcp:0")))
        server, port = self.server()
        seller = self.client(port, "1 100 1 Sword\n")
        seller.read_until("Auction start.")
        server.read_until("Now waiting for Buyer.\n")
        assert server.process.stdout is not None
        server.process.stdout.close()
        server.process.stdout = None
        buyer = self.client(port, "150\n")
        self.assertEqual(
            server.wait()[::2], (1, f"auc_server: {why}\n".replace("REASON", SINKS[gone]))
        )
        for client in (seller, buyer):
            status, shown, _ = client.wait()
            self.assertEqual(status, 1)
            self.assertIn("The Auctioneer is closing. This auction has no result.\n", shown)

    def test_reports(self) -> None:
        """What was asked for is not there."""
        ledger = self.folder / "ledger.sqlite3"
        house = MemoryHouse(ledger=ledger)
        house.connect().send_lines("1 100 1 Sword")
        house.connect().send_lines("150")
        house.advance()
        house.rooms.close_ledger()
        control = str(self.folder / "control")
        server = self.piped(*TWISTD, "--port", "tcp:0", "--control", f"unix:{control}")
        server.read_until("Auctioneer is ready")
        why = "standard output cannot be written: REASON."
        checked = " ".join([sys.executable, *SERVER])
        self.check(
            *(
                (program, why, True, (*AUCTION, *words))
                for program, *words in [
                    ("cli control", "control", "--at", f"unix:{control}", "status"),
                    ("cli demo", "demo"),
                    ("cli ledger export", "ledger", "export", "--ledger", str(ledger)),
                    ("cli lab prove", "lab", "prove", "--max", "4"),
                ]
            ),
            (
                "-c check server",
                why,
                True,
                (*IMPATIENT, "check", "server", "--format", "json", "--run", checked),
            ),
        )

    def test_nowhere_to_complain(self) -> None:
        """Then the exit status tells it."""
        for status, arguments in [(2, [*CLIENT]), (1, [*CLIENT, "127.0.0.1", str(free_port())])]:
            process = subprocess.run(
                [sys.executable, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=full(),
                timeout=PATIENCE,
                check=False,
            )
            self.assertEqual((process.returncode, process.stdout), (status, b""))


class WarningTests(ProcessTestCase):
    """No command has a warning, not even at exit, if Python fails at each."""

    def test_silence(self) -> None:
        strict = ("-W", "error")
        port = str(free_port())
        server = self.piped(*strict, *SERVER, port)
        server.read_until("Auctioneer is ready")
        seller = self.piped(*strict, *AUCTION, "sell", "127.0.0.1", port, "Sword")
        seller.read_until("Auction start.\n")
        buyer = self.piped(*strict, *CLIENT, "127.0.0.1", port)
        buyer.read_until("At any time")
        self.assertEqual(buyer.send_signal(signal.SIGTERM)[::2], (143, ""))
        assert seller.process.stdin is not None
        seller.process.stdin.write(b"close\n")
        self.assertEqual(seller.wait()[::2], (0, ""))
        self.assertEqual(server.send_signal(signal.SIGTERM)[::2], (0, ""))
        for status, words in [
            (0, ["demo"]),
            (0, ["lab", "prove", "--max", "4"]),
            (0, ["--help"]),
            (2, ["join"]),
        ]:
            ended, _, errors = self.piped(*strict, *AUCTION, *words, typed="").wait()
            self.assertEqual((ended, len(errors.splitlines())), (status, status // 2), errors)
