"""Programs whose own output is stuck, or cannot be written."""

import socket
import time
from pathlib import Path

from tests.processes import AUCTION, CLIENT, PATIENCE, ProcessTestCase

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
                client.reads("Connected to the Auctioneer server.\n")
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
