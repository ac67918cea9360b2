"""Rooms and tickets, with the commands as processes: clients that come back by themselves."""

import signal
from pathlib import Path

from tests.processes import AUCTION, TWISTD, Piped, ProcessTestCase, free_port

LOST = "Connection lost. Trying to come back...\n"
AGAIN = "Connected again.\n"
OVER = "Disconnecting from the Auctioneer server. Auction is over!\n"


class LobbyProcessTests(ProcessTestCase):
    def setUp(self) -> None:
        self.ledger = self.folder / "ledger.sqlite3"
        self.port = str(free_port())
        self.lobby = str(free_port())
        self.where = ["--room", "antiques", "127.0.0.1", self.lobby]

    def serve(self) -> Piped:
        ports = ["--port", self.port, "--lobby", self.lobby]
        return self.ready(*TWISTD, "--log-events", *ports, "--ledger", str(self.ledger))

    def types(self, process: Piped, line: str) -> None:
        assert process.process.stdin is not None
        process.process.stdin.write(f"{line}\n".encode())
        process.process.stdin.flush()

    def test_server_is_killed(self) -> None:
        """One bid is on the disk when the server is killed, the other is typed while there is
        none."""
        server = self.serve()
        seller = self.piped(
            *(*AUCTION, "sell", "--format", "second-price", "--lowest", "100", "--bidders", "3"),
            *(*self.where, "Sword"),
        )
        seller.read_until("Server: Auction start.\n")
        first = self.at_terminal(*AUCTION, "join", *self.where)
        first.read_until("other Buyer to connect...")
        second = self.piped(*AUCTION, "join", *self.where)
        second.read_until("other Buyer to connect...\n")
        third = self.piped(*AUCTION, "bid", *self.where)
        for buyer in (second, third):
            buyer.read_until("Please submit your bid:\n")
        first.read_until("Please submit your bid:")
        first.type_line("120")
        first.read_until("Server: Bid received. Please wait...")
        server.send_signal(signal.SIGKILL)
        first.read_until("Trying to come back...")
        for client in (seller, second, third):
            client.read_until(LOST)
        self.types(second, "150")
        server = self.serve()
        first.read_until("Your bid of $120 stands.")
        second.read_until("Server: Bid received. Please wait...\n")
        seller.read_until(f"{AGAIN}Your role is: [Seller]\nServer: Auction start.\n")
        third.read_until("Please submit your bid:\n")
        self.types(third, "110")
        self.assertEqual(
            first.wait(),
            (
                0,
                "Connected to the Auctioneer server.\n"
                "Your role is: [Buyer]\n"
                "The Auctioneer is still waiting for other Buyer to connect...\n"
                "The bidding has started!\n"
                "Please submit your bid:\n"
                "120\n"
                "Server: Bid received. Please wait...\n"
                f"{LOST}{AGAIN}"
                "Your role is: [Buyer]\n"
                "Your bid of $120 stands.\n"
                "Auction finished!\n"
                "Unfortunately you did not win in the last round.\n"
                f"{OVER}",
            ),
        )
        self.assertEqual(
            second.wait(),
            (
                0,
                "Connected to the Auctioneer server.\n"
                "Your role is: [Buyer]\n"
                "The Auctioneer is still waiting for other Buyer to connect...\n"
                "The bidding has started!\n"
                "Please submit your bid:\n"
                f"{LOST}{AGAIN}"
                "Your role is: [Buyer]\n"
                "The bidding has started!\n"
                "Please submit your bid:\n"
                "Server: Bid received. Please wait...\n"
                "Auction finished!\n"
                "You won this item Sword! Your payment due is $120\n"
                f"{OVER}",
                "",
            ),
        )
        status, shown, errors = seller.wait()
        self.assertEqual((status, errors), (0, ""))
        self.assertTrue(shown.endswith("Success! Your item Sword has been sold for $120\n" + OVER))
        self.assertEqual(third.wait()[0], 0)
        self.assertNotIn("Traceback", server.send_signal(signal.SIGTERM)[1])

    def test_interrupted_while_away(self) -> None:
        server = self.serve()
        seller = self.at_terminal(*AUCTION, "join", *self.where)
        seller.read_until("Please submit auction request:")
        server.send_signal(signal.SIGKILL)
        seller.read_until("Trying to come back...")
        seller.interrupt()
        self.assertEqual(
            seller.wait(),
            (
                130,
                "Connected to the Auctioneer server.\n"
                "Your role is: [Seller]\n"
                "Please submit auction request:\n"
                f"{LOST}^C",
            ),
        )

    def test_interrupted(self) -> None:
        """The seat is given up at once: the next one who comes can sell."""
        server = self.serve()
        seller = self.at_terminal(*AUCTION, "join", *self.where)
        seller.read_until("Please submit auction request:")
        seller.interrupt()
        status, shown = seller.wait()
        self.assertEqual(status, 130)
        self.assertTrue(shown.endswith("Please submit auction request:\n^C"), shown)
        server.read_until("Auction cancelled! The Seller has left.")
        other = self.at_terminal(*AUCTION, "join", *self.where)
        other.read_until("Please submit auction request:")

    def test_maximum_stays(self) -> None:
        """The server bids for a Buyer that has left, and the client says so."""
        self.serve()
        seller = self.piped(*AUCTION, "sell", *self.where, "Sword")
        seller.read_until("Server: Auction start.\n")
        buyer = self.at_terminal(*AUCTION, "bid", "--max", "200", *self.where)
        buyer.read_until("The Auctioneer has bid $1 for you.")
        buyer.interrupt()
        status, shown = buyer.wait()
        self.assertEqual(status, 130)
        told = "\ncli bid: your maximum of $200 stands: the server still bids for you\n"
        self.assertTrue(shown.endswith(told), shown)
        rival = self.piped(*AUCTION, "bid", "--max", "150", *self.where)
        rival.read_until("Your maximum of $150 is reached.\n")
        self.types(seller, "close")
        self.assertIn("Sword has been sold for $151\n", seller.wait()[1])
        self.assertEqual(rival.wait()[::2], (0, ""))
        # Without a ticket, it ends with the connection.
        seller = self.piped(*AUCTION, "sell", "127.0.0.1", self.port, "Shield")
        seller.read_until("Server: Auction start.\n")
        buyer = self.at_terminal(*AUCTION, "bid", "--max", "200", "127.0.0.1", self.port)
        buyer.read_until("The Auctioneer has bid $1 for you.")
        buyer.interrupt()
        status, shown = buyer.wait()
        self.assertEqual((status, shown[-3:]), (130, "\n^C"))

    def test_terminal_is_closed(self) -> None:
        """A person whose window is closed, or whose SSH connection is cut, leaves no ghost that
        completes the number of Buyers."""
        server = self.serve()
        seller = self.piped(*AUCTION, "join", *self.where)
        self.types(seller, "1 100 2 Sword")
        seller.read_until("Server: Auction start.\n")
        for place, command in enumerate((["join"], ["bid"], ["bid", "--max", "200"]), 1):
            buyer = self.at_terminal(*AUCTION, *command, *self.where)
            buyer.read_until("other Buyer to connect...")
            self.assertEqual(buyer.close(), 128 + signal.SIGHUP)
            server.read_until(f"Buyer {place} has left.")
        seller.send_signal(signal.SIGTERM)
        server.read_until("Auction cancelled! The Seller has left.")
        vendor = self.at_terminal(*AUCTION, "sell", *self.where, "Sword")
        vendor.read_until("Auction start.")
        self.assertEqual(vendor.close(), 128 + signal.SIGHUP)
        server.read_until("Auction cancelled! The Seller has left.")

    def test_ticket_is_gone(self) -> None:
        server = self.serve()
        seller = self.piped(*AUCTION, "join", *self.where)
        seller.read_until("Please submit auction request:\n")
        server.send_signal(signal.SIGKILL)
        seller.read_until(LOST)
        self.ledger.unlink()
        Path(f"{self.ledger}-wal").unlink(missing_ok=True)
        Path(f"{self.ledger}-shm").unlink(missing_ok=True)
        self.serve()
        status, shown, errors = seller.wait()
        self.assertEqual(
            (status, errors),
            (1, "cli join: cannot come back to room antiques: there is no such ticket\n"),
        )
        self.assertTrue(shown.endswith(LOST))

    def test_no_server(self) -> None:
        status, shown, errors = self.piped(*AUCTION, "join", *self.where, typed="").wait()
        self.assertEqual((status, shown), (1, ""))
        self.assertRegex(
            errors,
            rf"\Acli join: cannot connect to 127.0.0.1 {self.lobby}: Connection was refused.*\n\Z",
        )

    def test_wrong_name(self) -> None:
        self.assertEqual(
            self.piped(*AUCTION, "bid", "--room", "a b", typed="").wait(),
            (
                2,
                "",
                "cli bid: --room must be 1 to 32 letters, digits, hyphens and underscores, not "
                "'a b'. Try 'cli bid --help'.\n",
            ),
        )
