"""English and Dutch auctions and sales of many lots, with the commands as processes."""

import re
import signal

from tests import processes
from tests.processes import AUCTION, TWISTD, WRONG_COMMAND_LINE, Piped, ProcessTestCase, free_port


class OpenTestCase(ProcessTestCase):
    """A server with a control socket in a folder of its own."""

    def setUp(self) -> None:
        self.control = f"unix:{self.folder / 'control'}"
        self.port = str(free_port())

    def serve(self, *options: str) -> Piped:
        return self.ready(*TWISTD, "--port", self.port, "--control", self.control, *options)

    def sells(self, *options: str, typed: str | None = None) -> Piped:
        seller = self.piped(
            *AUCTION, "sell", *options, "127.0.0.1", self.port, "Sword", typed=typed
        )
        seller.read_until("Auction start.\n")
        return seller

    def bids(self, *options: str, typed: str | None = None) -> Piped:
        return self.piped(*AUCTION, "bid", *options, "127.0.0.1", self.port, typed=typed)

    def types(self, process: Piped, line: str) -> None:
        assert process.process.stdin is not None
        process.process.stdin.write(f"{line}\n".encode())
        process.process.stdin.flush()

    def orders(self, *words: str) -> tuple[int, str, str]:
        return self.piped(*AUCTION, "control", "--at", self.control, *words, typed="").wait()


def without_seconds(text: str) -> list[str]:
    return re.sub(r"Seconds left: \d+", "Seconds left: N", text).splitlines()


class EnglishTests(OpenTestCase):
    def test_extension_and_outbid(self) -> None:
        """Two persons bid; a late bid moves the end; a third Buyer comes late."""
        self.serve()
        seller = self.sells(
            "--lowest", "100", "--bidders", "2", "--increment=5", "--duration=12", "--extension=4"
        )
        first = self.bids()
        first.read_until("other Buyer to connect...\n")
        second = self.bids()
        second.read_until("Asking price: $100. Seconds left: 12.\n")
        first.read_until("Asking price: $100. Seconds left: 12.\n")
        late = self.bids()
        late.read_until("Asking price: $100.")
        self.types(first, "100")
        first.read_until("You hold the highest bid: $100.\n")
        second.read_until("Highest bid: $100 by Buyer 1.")
        self.types(second, "104")
        second.read_until("Server: Bid too low! The least acceptable bid is $105.\n")
        self.types(second, "105")
        first.read_until("You have been outbid: Buyer 2 bids $105.\n")
        second.read_until("Going once!\n")
        self.types(late, "200")
        late_text = late.wait()[1]
        status, text, errors = first.wait()
        self.assertEqual((status, errors), (0, ""))
        self.assertEqual(
            without_seconds(text),
            [
                "Connected to the Auctioneer server.",
                "Your role is: [Buyer]",
                "You are Buyer 1.",
                "On sale: Sword",
                "Format: english, from $100. Each bid is at least $5 above the highest. "
                "There are 12 seconds, and 4 more after a late bid.",
                "The Auctioneer is still waiting for other Buyer to connect...",
                "The bidding has started!",
                "At any time: type an amount to bid.",
                "Asking price: $100. Seconds left: N.",
                "Server: You hold the highest bid: $100.",
                "Highest bid: $100 by Buyer 1. Asking price: $105. Seconds left: N.",
                "You have been outbid: Buyer 2 bids $105.",
                "Highest bid: $105 by Buyer 2. Asking price: $110. Seconds left: N.",
                "Going once!",
                "Highest bid: $105 by Buyer 2. Asking price: $110. Seconds left: N.",
                "Time extended!",
                "Highest bid: $200 by Buyer 3. Asking price: $205. Seconds left: N.",
                "Going once!",
                "Highest bid: $200 by Buyer 3. Asking price: $205. Seconds left: N.",
                "Going twice!",
                "Highest bid: $200 by Buyer 3. Asking price: $205. Seconds left: N.",
                "Auction finished!",
                "Sold: Sword to Buyer 3 for $200",
                "Unfortunately you did not win in the last round.",
                "Disconnecting from the Auctioneer server. Auction is over!",
            ],
        )
        self.assertIn("You won this item Sword! Your payment due is $200\n", late_text)
        self.assertIn("Success! Your item Sword has been sold for $200\n", seller.wait()[1])

    def test_robots(self) -> None:
        server = self.serve()
        seller = self.sells(
            *("--lowest", "100", "--bidders", "2", "--increment", "7", "--duration", "2"), typed=""
        )
        robots = [self.bids("--max", "180", typed=""), self.bids("--max", "150", typed="")]
        ends = [robot.wait() for robot in robots]
        self.assertEqual([(status, errors) for status, _, errors in ends], [(0, "")] * 2)
        won = re.findall(r"You won this item Sword! Your payment due is \$(\d+)", ends[0][1])
        self.assertEqual(won, ["157"])
        self.assertIn(f"has been sold for ${won[0]}\n", seller.wait()[1])
        self.assertNotIn("Traceback", server.send_signal(signal.SIGTERM)[1])

    def test_seller_closes(self) -> None:
        self.serve()
        seller = self.sells("--lowest", "100", "--duration", "600")
        buyer = self.bids()
        buyer.read_until("Asking price: $100. Seconds left: 600.\n")
        self.types(buyer, "150")
        seller.read_until("Highest bid: $150 by Buyer 1.")
        self.types(seller, "close")
        self.assertEqual(
            seller.wait()[1].splitlines()[-5:],
            [
                "The Seller has closed the bidding.",
                "Auction finished!",
                "Sold: Sword to Buyer 1 for $150",
                "Success! Your item Sword has been sold for $150",
                "Disconnecting from the Auctioneer server. Auction is over!",
            ],
        )
        self.assertEqual(buyer.wait()[0], 0)

    def test_terminal(self) -> None:
        """At a terminal, what is typed stands between the news."""
        self.serve()
        seller = self.sells("--lowest", "100", "--duration", "600")
        buyer = self.at_terminal(*AUCTION, "bid", "127.0.0.1", self.port)
        buyer.read_until("Seconds left: 600.")
        buyer.type_line("100")
        buyer.read_until("Server: You hold the highest bid: $100.")
        buyer.read_until("Asking price: $101.")
        buyer.type_line("abc")
        buyer.read_until("Server: Not understood.")
        buyer.read_until("At any time: type an amount to bid.")
        buyer.type_line("120")
        buyer.read_until("Server: You hold the highest bid: $120.")
        buyer.read_until("Asking price: $121.")
        self.types(seller, "close")
        status, text = buyer.wait()
        self.assertEqual(status, 0)
        self.assertEqual(
            without_seconds(text)[8:],
            [
                "100",
                "Server: You hold the highest bid: $100.",
                "Highest bid: $100 by Buyer 1. Asking price: $101. Seconds left: N.",
                "abc",
                "Server: Not understood.",
                "At any time: type an amount to bid.",
                "120",
                "Server: You hold the highest bid: $120.",
                "Highest bid: $120 by Buyer 1. Asking price: $121. Seconds left: N.",
                "The Seller has closed the bidding.",
                "Auction finished!",
                "Sold: Sword to Buyer 1 for $120",
                "You won this item Sword! Your payment due is $120",
                "Disconnecting from the Auctioneer server. Auction is over!",
            ],
        )

    def test_wall_clock_steps(self) -> None:
        """Setting the time of day moves no auction's end."""
        steps = self.folder / "steps"
        steps.write_text("0")
        shim = (
            "import pathlib, sys, time\n"
            f"true, steps = time.time, pathlib.Path({str(steps)!r})\n"
            "time.time = lambda: true() + float(steps.read_text())\n"
            "from twisted_auction.auc_server import main\n"
            f"sys.argv = ['auc_server', {self.port!r}]\n"
            "main()\n"
        )
        self.ready("-c", shim)
        seller = self.sells("--lowest", "100", "--duration", "4", "--extension", "0")
        buyer = self.bids()
        buyer.read_until("Asking price: $100. Seconds left: 4.\n")
        steps.write_text("7200")
        self.types(buyer, "100")
        buyer.read_until("Highest bid: $100 by Buyer 1. Asking price: $101. Seconds left: 4.\n")
        steps.write_text("-7200")
        buyer.read_until("Going once!\n")
        self.assertEqual(buyer.wait()[0], 0)
        self.assertIn("has been sold for $100\n", seller.wait()[1])


class DutchTests(OpenTestCase):
    def test_third_step(self) -> None:
        self.serve()
        seller = self.sells(
            *("--format", "dutch", "--lowest", "100", "--bidders", "2"),
            *("--start", "160", "--step", "20", "--interval", "2"),
        )
        patient, quick = self.bids(), self.bids()
        for buyer in (patient, quick):
            buyer.read_until("Asking price: $120. Seconds left: 2.\n")
        self.types(quick, "accept")
        status, text, _ = quick.wait()
        self.assertEqual(status, 0)
        number = text.partition("You are Buyer ")[2][0]
        self.assertEqual(
            text.splitlines()[-8:],
            [
                "Asking price: $160. Seconds left: 2.",
                "Asking price: $140. Seconds left: 2.",
                "Asking price: $120. Seconds left: 2.",
                "Server: Bid received. Please wait...",
                "Auction finished!",
                f"Sold: Sword to Buyer {number} for $120",
                "You won this item Sword! Your payment due is $120",
                "Disconnecting from the Auctioneer server. Auction is over!",
            ],
        )
        self.assertIn(f"Sold: Sword to Buyer {number} for $120\n", patient.wait()[1])
        self.assertIn("has been sold for $120\n", seller.wait()[1])


class OperatorTests(OpenTestCase):
    def test_cancel(self) -> None:
        server = self.serve("--log-events")
        self.assertEqual((self.folder / "control").stat().st_mode & 0o777, 0o600)
        self.assertEqual(self.orders("status"), (0, "main: waiting for the Seller\n", ""))
        self.assertEqual(
            self.orders("cancel", "Too", "late."),
            (1, "", "cli control: room main: there is no auction to cancel.\n"),
        )
        seller = self.sells("--lowest", "100", typed="")
        buyer = self.bids(typed="150\n")
        seller.read_until("Highest bid: $150")
        self.assertRegex(
            self.orders("status")[1],
            r"\Amain: Sword, english, Buyers: 1, highest bid \$150 by Buyer 1, "
            r"seconds left: \d\d\n\Z",
        )
        self.assertEqual(
            self.orders("--room", "main", "cancel", "There is a fire."),
            (0, "room main: it is cancelled.\n", ""),
        )
        for process in (seller, buyer):
            status, text, errors = process.wait()
            self.assertEqual(status, 1)
            self.assertTrue(text.endswith("Auction cancelled! There is a fire.\n"), text)
            self.assertRegex(errors, r"the auction ended without a result for you\n\Z")
        server.read_until("Auction cancelled! There is a fire.\n")

    def test_close(self) -> None:
        self.serve()
        seller = self.sells("--format", "first-price", "--bidders", "2", typed="")
        buyer = self.bids("--max", "150", typed="")
        buyer.read_until("other Buyer to connect...\n")
        self.assertEqual(
            self.orders("close"), (1, "", "cli control: room main: bidding is not open.\n")
        )
        silent = self.bids()
        silent.read_until("submit your bid:\n")
        seller_text = ""
        buyer.read_until("Bid received.")
        self.assertEqual(
            self.orders("close", "main"), (0, "room main: the bidding is closed.\n", "")
        )
        seller_text = seller.wait()[1]
        self.assertIn("The Auctioneer has closed the bidding.\n", seller_text)
        self.assertIn("Success! Your item Sword has been sold for $150\n", seller_text)
        self.assertIn("You won this item Sword!", buyer.wait()[1])
        self.assertIn("Unfortunately you did not win", silent.wait()[1])

    def test_follow(self) -> None:
        """All rooms in one terminal, through a restart of the server, until Ctrl-C."""
        server = self.serve("--ledger", str(self.folder / "ledger"))
        following = self.piped(*AUCTION, "control", "--at", self.control, "follow", typed="")
        following.read_until("main: waiting for the Seller\n")
        self.sells("--lowest", "100", "--bidders", "2", typed="")
        following.read_until("main: Auction request received: english 100 2 Sword\n")
        buyer = self.bids(typed="150\n")
        following.read_until("main: Buyer 1 is connected from 127.0.0.1:")
        self.assertEqual(self.orders("open", "main"), (0, "room main: bidding is open.\n", ""))
        following.read_until("main: Buyer 1 bid $150\n")
        self.assertEqual(
            self.orders("void", "because", "a", "child", "has", "bid."),
            (0, "room main: $150 by Buyer 1 is voided, and there is no bid.\n", ""),
        )
        following.read_until("main: $150 by Buyer 1 is voided. There is no bid now.\n")
        buyer.read_until("Voided: $150 by Buyer 1. A child has bid.\n")
        self.assertEqual(
            self.orders("ban", "127.0.0.1:5000", "1"),
            (0, "127.0.0.1 is banned for 1 minute; 2 connections closed.\n", ""),
        )
        self.assertIn("Your address is banned from this server.\n", buyer.wait()[1])
        following.read_until("main: Buyer 1 has left.\n")
        server.send_signal(signal.SIGTERM)
        following.read_until("Connection lost. Trying to come back...\n")
        self.serve("--ledger", str(self.folder / "ledger"))
        following.read_until("Connected again.\nmain: ")
        status, text, errors = following.send_signal(signal.SIGINT)
        self.assertEqual((status, errors), (130, ""))
        self.assertEqual(text.count("Connection lost."), 1)

    def test_completion(self) -> None:
        """A shell completes the name of a room, for which it asks the server."""
        self.serve()
        line = f"auction control --at {self.control} --room m"
        given = {"COMP_LINE": line, "COMP_POINT": str(len(line))}
        self.patch(processes, "ENVIRONMENT", processes.ENVIRONMENT | given)
        completion = self.piped(*AUCTION, "complete", "auction", "m", "--room", typed="")
        self.assertEqual(completion.wait(), (0, "main\n", ""))

    def test_no_server(self) -> None:
        status, output, errors = self.orders("status")
        self.assertEqual((status, output), (1, ""))
        self.assertTrue(errors.startswith(f"cli control: cannot connect to {self.control}: "))
        self.assertEqual(errors.count("\n"), 1)

    def test_wrong_port(self) -> None:
        """An endpoint that is no control port is reported."""
        self.serve()
        status, output, errors = self.piped(
            *AUCTION, "control", "--at", f"tcp:127.0.0.1:{self.port}", "status", typed=""
        ).wait()
        self.assertEqual(
            (status, output, errors),
            (1, "", "cli control: there is no control endpoint of an auction server\n"),
        )


CATALOGUE = """\
# A sale of all formats
1 100 2 Sword
2 100 2 Shield

english:increment=10:duration=2 100 2 Compass
dutch:start=300:step=50:interval=1 100 2 Map
second-price 500 1 Crown
"""


class SaleTests(OpenTestCase):
    def test_five_lots(self) -> None:
        """Two robots stay for all of them."""
        catalogue = self.folder / "saturday.txt"
        catalogue.write_text(CATALOGUE)
        server = self.serve("--log-events", "--catalogue", str(catalogue), "--lot-pause", "0")
        rich = self.bids("--max", "220", typed="")
        rich.read_until("other Buyer to connect...\n")
        poor = self.bids("--max", "160", typed="")
        status, text, errors = rich.wait()
        self.assertEqual((status, errors), (0, ""))
        self.assertEqual(
            re.findall(r"Lot \d of \d|On sale: \w+", text),
            [
                *("Lot 1 of 5", "On sale: Sword", "Lot 2 of 5", "On sale: Shield"),
                *("Lot 3 of 5", "On sale: Compass", "Lot 4 of 5", "On sale: Map"),
                *("Lot 5 of 5", "On sale: Crown"),
            ],
        )
        won = re.findall(r"You won this item (\w+)! Your payment due is \$(\d+)", text)
        self.assertEqual(
            won, [("Sword", "220"), ("Shield", "160"), ("Compass", "170"), ("Map", "200")]
        )
        self.assertTrue(
            text.endswith(
                "Unfortunately you did not win in the last round.\n"
                "The sale is over.\n"
                "Disconnecting from the Auctioneer server. Auction is over!\n"
            )
        )
        self.assertEqual(poor.wait()[0], 0)
        self.assertEqual(
            self.bids(typed="").wait()[:2],
            (1, "Connected to the Auctioneer server.\nThe sale is over.\n"),
        )
        self.assertEqual(self.orders("status"), (0, "main: the sale is over\n", ""))
        _, log, _ = server.send_signal(signal.SIGTERM)
        self.assertNotIn("Traceback", log)
        self.assertEqual(len(re.findall(r"Lot \d of 5: ", log)), 5)

    def test_a_person_between_lots(self) -> None:
        """A line typed too late for one lot is no bid on the next."""
        catalogue = self.folder / "two.txt"
        catalogue.write_text("1 10 1 Sword\n1 10 1 Shield\n")
        self.serve("--catalogue", str(catalogue), "--lot-pause", "2")
        buyer = self.at_terminal(*AUCTION, "bid", "127.0.0.1", self.port)
        buyer.read_until("submit your bid:")
        buyer.type_line("150")
        buyer.read_until("Lot 2 of 2.")
        buyer.type_line("155")
        buyer.read_until("Not sent: wait for the question.")
        buyer.read_until("submit your bid:")
        buyer.type_line("20")
        status, text = buyer.wait()
        self.assertEqual(status, 0)
        self.assertIn("You won this item Shield! Your payment due is $20\n", text)

    def test_bad_catalogue(self) -> None:
        catalogue = self.folder / "bad.txt"
        for text, complaint in [
            ("1 10 1 Sword\n\n4:start=5 10 1 Map\n", "line 3: start must be above lowest_price."),
            ("# none\n", "there is no lot in it."),
            (None, "No such file or directory."),
        ]:
            catalogue.unlink(missing_ok=True)
            if text is not None:
                catalogue.write_text(text)
            status, output, errors = self.piped(
                *TWISTD, "--catalogue", str(catalogue), typed=""
            ).wait()
            self.assertEqual(status, WRONG_COMMAND_LINE)
            last = (output + errors).splitlines()[-1]
            self.assertTrue(last.endswith(f"--catalogue: {catalogue}: {complaint}"), last)
