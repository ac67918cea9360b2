"""``auction watch`` as a process, on a screen and in a file, through a restart of the server."""

import csv
import signal

from tests.processes import AUCTION, TWISTD, Piped, ProcessTestCase, free_port


class WatchProcessTests(ProcessTestCase):
    def test_restart(self) -> None:
        lots = self.folder / "lots.txt"
        lots.write_text("english:duration=5:extension=1 100 1 Sword\n")
        ledger = str(self.folder / "ledger")
        ports = [str(free_port()), str(free_port())]

        def serve() -> Piped:
            options = ["--port", ports[0], "--lobby", ports[1], "--catalogue", str(lots)]
            return self.ready(*TWISTD, *options, "--ledger", ledger, "--lot-pause", "1")

        server = serve()
        where = ["127.0.0.1", ports[1]]
        plain = self.piped(*AUCTION, "watch", "main", *where)
        screen = self.at_terminal(*AUCTION, "watch", "main", *where)
        for watcher in (plain, screen):
            watcher.read_until("The sale has not begun.")
        buyer = self.piped(*AUCTION, "bid", "--max", "120", "--room", "main", *where)
        screen.read_until("Highest bid: Buyer 1")
        server.send_signal(signal.SIGKILL)
        screen.read_until("Connection lost. Trying to come back...")
        serve()
        screen.read_until("Lot 1 of 1, Sword: sold to Buyer 1")
        screen.read_until("Ctrl-C ends this display.")
        self.assertEqual(buyer.wait()[0], 0)
        status, shown, errors = plain.wait()
        self.assertEqual((status, errors), (0, ""))
        self.assertIn("Connection lost. Trying to come back...\nConnected again.\n", shown)
        self.assertTrue(
            shown.endswith(
                "Auction finished!\nSold: Sword to Buyer 1 for $100\nThe sale is over.\n"
                "Disconnecting from the Auctioneer server. Auction is over!\n"
            ),
            shown,
        )
        screen.interrupt()
        status, text = screen.wait()
        self.assertEqual(status, 130)
        self.assertTrue(
            text.endswith("Watched room main.\nLot 1 of 1, Sword: sold to Buyer 1 for $100\n")
        )

    def test_code(self) -> None:
        """Where only persons may watch, the code is typed first, and is not shown."""
        people, sheet = self.folder / "people.csv", self.folder / "cards.csv"
        add = ["people", "add", str(people), "--paddles", "7", "--sheet", str(sheet)]
        self.assertEqual(self.piped(*AUCTION, *add).wait()[0], 0)
        with sheet.open(newline="") as file:
            (code,) = [row["pass"] for row in csv.DictReader(file)]
        ports = [str(free_port()), str(free_port())]
        options = ["--port", ports[0], "--lobby", ports[1], "--people", str(people)]
        self.ready(*TWISTD, *options)
        watch = [*AUCTION, "watch", "main", "127.0.0.1", ports[1]]
        screen = self.at_terminal(*watch)
        screen.read_until("Please submit your pass code:")
        screen.type_line("0000")
        screen.read_until("Not done: there is no such pass code.")
        screen.read_until("Please submit your pass code:")
        screen.type_line(code.lower())
        screen.read_until("Nothing is on sale.")
        screen.interrupt()
        status, shown = screen.wait()
        self.assertEqual(status, 130)
        self.assertNotIn(code.lower(), shown)
        status, shown, errors = self.piped(*watch, typed="").wait()
        self.assertEqual(status, 1)
        self.assertTrue(shown.endswith("Please submit your pass code:\n"))
        self.assertEqual(
            errors, "cli watch: the house asks for a pass code, and no valid one was given\n"
        )

    def test_no_server(self) -> None:
        watcher = self.piped(*AUCTION, "watch", "main", "127.0.0.1", str(free_port()))
        status, shown, errors = watcher.wait()
        self.assertEqual((status, shown), (1, ""))
        self.assertRegex(errors, r"\Acli watch: cannot connect to 127.0.0.1 \d+: .*refused.*\n\Z")
