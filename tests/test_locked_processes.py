"""A server, as a process, whose ledger another program locks."""

import signal
import socket
import sqlite3
import time

from tests.processes import PATIENCE, READY, TWISTD, Piped, ProcessTestCase, free_port

NO_LEDGER = TWISTD.index("--ledger")


class LockedLedgerTests(ProcessTestCase):
    def setUp(self) -> None:
        self.path = self.folder / "ledger"
        port = free_port()
        options = ["--ledger", str(self.path), "--port", f"tcp:{port}:interface=127.0.0.1"]
        self.twistd: Piped = self.piped(*TWISTD[:NO_LEDGER], *options)
        self.twistd.read_until(READY)
        self.database = sqlite3.connect(self.path, isolation_level=None)
        self.addCleanup(self.database.close)
        self.seller = socket.create_connection(("127.0.0.1", port), PATIENCE)
        self.addCleanup(self.seller.close)
        self.words = self.seller.makefile("r")
        self.addCleanup(self.words.close)
        self.assertEqual(self.words.readline(), "Your role is: [Seller]\n")
        self.assertEqual(self.words.readline(), "Please submit auction request:\n")
        self.database.execute("BEGIN IMMEDIATE")
        self.seller.sendall(b"1 100 1 Sword\n")
        self.twistd.read_until("is locked by another program")

    def test_goes_on(self) -> None:
        self.seller.settimeout(1)
        self.assertRaises(TimeoutError, self.seller.recv, 1, socket.MSG_PEEK)
        self.seller.settimeout(PATIENCE)
        self.database.execute("ROLLBACK")
        self.assertEqual(self.words.readline(), "Auction request received: 1 100 1 Sword\n")
        self.twistd.read_until("can be written again, after")
        status, output, _ = self.twistd.send_signal(signal.SIGTERM)
        self.assertNotIn("Traceback", output)
        self.assertNotEqual(status, 1)

    def test_is_stopped(self) -> None:
        """Within the time, and without a message to any client."""
        stopped_at = time.monotonic()
        status, output, _ = self.twistd.send_signal(signal.SIGTERM)
        self.assertLess(time.monotonic() - stopped_at, PATIENCE)
        self.assertEqual(status, 1, output)
        self.assertIn("cannot be written: database is locked.", output)
        self.assertNotIn("Traceback", output)
        self.assertEqual(self.seller.recv(100), b"")
