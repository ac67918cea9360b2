"""Whole auctions with the commands as processes, and with raw sockets."""

import os
import re
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import twisted_auction
from tests.processes import (
    AUCTION,
    CLIENT,
    PATIENCE,
    READY,
    SERVER,
    TWISTD,
    ProcessTestCase,
    certify,
    free_port,
)
from tests.support import CommandTestCase
from twisted_auction.auc_server import Server
from twisted_auction.cli.base import Command
from twisted_auction.cli.join import Join
from twisted_auction.cli.main import Auction

PACKAGE = Path(twisted_auction.__file__).parent

# The assignment's transcripts. What is typed is the terminal's echo.
SELLER = """\
Connected to the Auctioneer server.
Your role is: [Seller]
Please submit auction request:
some wrong input
Server: Invalid auction request!
Please submit auction request:
{kind} 100 3 WolfPackSword
Server: Auction start.
Auction finished!
Success! Your item WolfPackSword has been sold for ${price}
Disconnecting from the Auctioneer server. Auction is over!
"""
BUYER_1 = """\
Connected to the Auctioneer server.
Your role is: [Buyer]
The Auctioneer is still waiting for other Buyer to connect...
The bidding has started!
Please submit your bid:
150
Server: Bid received. Please wait...
Auction finished!
Unfortunately you did not win in the last round.
Disconnecting from the Auctioneer server. Auction is over!
"""
BUYER_2 = """\
Connected to the Auctioneer server.
Your role is: [Buyer]
The Auctioneer is still waiting for other Buyer to connect...
The bidding has started!
Please submit your bid:
some wrong bid
Server: Invalid bid. Please submit a positive integer!
Please submit your bid:
120
Server: Bid received. Please wait...
Auction finished!
Unfortunately you did not win in the last round.
Disconnecting from the Auctioneer server. Auction is over!
"""
BUYER_3 = """\
Connected to the Auctioneer server.
Your role is: [Buyer]
The bidding has started!
Please submit your bid:
180
Server: Bid received. Please wait...
Auction finished!
You won this item WolfPackSword! Your payment due is ${price}
Disconnecting from the Auctioneer server. Auction is over!
"""
TYPED = {"some wrong input", "some wrong bid", "150", "120", "180"}
AUCTIONEER = """\
Seller is connected from 127.0.0.1:PORT
>> New Seller Thread spawned
Auction request received. Now waiting for Buyer.
Buyer 1 is connected from 127.0.0.1:PORT
Buyer 2 is connected from 127.0.0.1:PORT
Buyer 3 is connected from 127.0.0.1:PORT
Requested number of bidders arrived. Let's start bidding!
>> New Bidding Thread spawned
>> Buyer 1 bid $150
>> Buyer 2 bid $120
>> Buyer 3 bid $180
>> Item sold! The highest bid is $180. The actual payment is ${price}
"""
BUSY = "Connected to the Auctioneer server.\nServer is busy. Try to connect again later.\n"


def unechoed(transcript: str) -> str:
    """A transcript as a pipe has it: without what was typed."""
    lines = transcript.splitlines(keepends=True)
    return "".join(line for line in lines if line.strip() not in TYPED and not line[0].isdigit())


def without_ports(console: str) -> str:
    return re.sub(r"127\.0\.0\.1:\d+", "127.0.0.1:PORT", console)


class TerminalTests(ProcessTestCase):
    """Five processes, each at a terminal of its own."""

    def play(self, port: str, kind: int, price: int) -> None:
        where = [*CLIENT, "127.0.0.1", port]
        seller = self.at_terminal(*where)
        seller.read_until("request:")
        busy = self.at_terminal(*where)
        self.assertEqual(busy.wait(), (1, BUSY))
        seller.type_line("some wrong input")
        seller.read_until("request:")
        seller.type_line(f"{kind} 100 3 WolfPackSword")
        seller.read_until("Auction start.")
        buyers = []
        for sign in ["other Buyer to connect...", "other Buyer to connect...", "bid:"]:
            buyers.append(self.at_terminal(*where))
            buyers[-1].read_until(sign)
        late = self.at_terminal(*where)
        self.assertEqual(late.wait(), (1, BUSY))
        for buyer, bids in zip(buyers, (["150"], ["some wrong bid", "120"], ["180"]), strict=True):
            for bid in bids:
                if buyer is not buyers[2]:  # whose question was waited for above
                    buyer.read_until("submit your bid:")
                buyer.type_line(bid)
            buyer.read_until("Bid received. Please wait...")
        self.assertEqual(seller.wait(), (0, SELLER.format(kind=kind, price=price)))
        self.assertEqual(buyers[0].wait(), (0, BUYER_1))
        self.assertEqual(buyers[1].wait(), (0, BUYER_2))
        self.assertEqual(buyers[2].wait(), (0, BUYER_3.format(price=price)))

    def test_two_rounds(self) -> None:
        port = str(free_port())
        server = self.at_terminal(*SERVER, port)
        server.read_until("Auctioneer is ready for hosting auctions!")
        self.play(port, kind=2, price=150)
        self.play(port, kind=1, price=180)
        server.interrupt()
        status, console = server.wait()
        self.assertEqual(status, 0)
        self.assertEqual(
            without_ports(console.replace("^C", "")),
            READY + AUCTIONEER.format(price=150) + AUCTIONEER.format(price=180),
        )

    def test_ctrl_c(self) -> None:
        _, port = self.server()
        client = self.at_terminal(*CLIENT, "127.0.0.1", port)
        client.read_until("request:")
        client.interrupt()
        self.assertEqual(
            client.wait(),
            (
                130,
                "Connected to the Auctioneer server.\n"
                "Your role is: [Seller]\n"
                "Please submit auction request:\n"
                "^C",
            ),
        )

    def test_typed_ahead(self) -> None:
        """A Buyer's bid, typed while others are awaited, waits its turn."""
        _, port = self.server()
        self.client(port, typed="1 100 2 Sword\n").read_until("Auction start.")
        first = self.at_terminal(*CLIENT, "127.0.0.1", port)
        first.read_until("other Buyer to connect...")
        first.type_line("150")
        second = self.client(port, typed="120\n")
        self.assertEqual(second.wait()[0], 0)
        status, shown = first.wait()
        self.assertEqual(status, 0)
        self.assertIn("You won this item Sword! Your payment due is $150\n", shown)

    def test_terminal_is_given_back(self) -> None:
        """The programs that share the terminal find it as it was."""
        _, port = self.server()
        client = [*CLIENT, "127.0.0.1", port]
        script = (
            "import os, subprocess, sys\n"
            f"subprocess.call([sys.executable, *{client!r}], stdout=subprocess.DEVNULL)\n"
            "print('blocking:', os.get_blocking(0), os.get_blocking(1))"
        )
        shell = self.at_terminal("-c", script)
        shell.type_line("\x04")  # Ctrl-D, the end of the input
        shell.read_until("while the Auctioneer was waiting for an answer")
        shell.read_until("blocking: True True")
        self.assertEqual(shell.wait()[0], 0)


class PipeTests(ProcessTestCase):
    def test_five_processes(self) -> None:
        """The assignment's example with all input piped."""
        server, port = self.server()
        seller = self.client(port, "some wrong input\n2 100 3 WolfPackSword\n")
        seller.read_until("Auction start.")
        buyers = []
        for typed in ["150\n", "some wrong bid\n120\n", "180"]:
            buyers.append(self.client(port, typed))
            buyers[-1].read_until("Your role is: [Buyer]")
        for client, shown in [
            (seller, SELLER.format(kind=2, price=150)),
            (buyers[0], BUYER_1),
            (buyers[1], BUYER_2),
            (buyers[2], BUYER_3.format(price=150)),
        ]:
            self.assertEqual(client.wait(), (0, unechoed(shown), ""))
        status, console, errors = server.send_signal(signal.SIGTERM)
        self.assertEqual((status, errors), (0, ""))
        lines = without_ports(console).splitlines()
        expected = (READY + AUCTIONEER.format(price=150)).splitlines()
        # The bids stand in the order in which they arrived.
        self.assertEqual([*lines[:9], *sorted(lines[9:12]), *lines[12:]], expected)

    def test_server_without_line_ends(self) -> None:
        """A server of another hand, which sends no line ends and may choke on one."""
        for options, end in [([], b"\n"), (["--no-newline"], b"")]:
            with socket.create_server(("127.0.0.1", 0)) as server:
                port = str(server.getsockname()[1])
                client = self.piped(*CLIENT, *options, "127.0.0.1", port, typed="1 100 1 Sword\n")
                connection, _ = server.accept()
            with connection:
                connection.settimeout(PATIENCE)
                connection.sendall(b"Your role is: [Seller]Please submit auction request: ")
                self.assertEqual(connection.recv(4096), b"1 100 1 Sword" + end)
                connection.sendall(b"Auction start")
                client.read_until("Auction start\n")
                connection.sendall(b"Success! Sword has been sold for $150")
            self.assertEqual(
                client.wait(),
                (
                    0,
                    "Connected to the Auctioneer server.\n"
                    "Your role is: [Seller]Please submit auction request:\n"
                    "Auction start\n"
                    "Success! Sword has been sold for $150\n"
                    "Disconnecting from the Auctioneer server. Auction is over!\n",
                    "",
                ),
            )

    def test_input_from_a_file(self) -> None:
        _, port = self.server()
        with tempfile.TemporaryFile() as file:
            file.write(b"some wrong input\n1 100 1 Sword\n")
            file.seek(0)
            seller = subprocess.Popen(
                [sys.executable, *CLIENT, "127.0.0.1", port], stdin=file, stdout=subprocess.PIPE
            )
            self.addCleanup(seller.kill)
            assert seller.stdout is not None
            shown = b""
            while b"Auction start." not in shown:
                shown += seller.stdout.readline()
            self.assertEqual(self.client(port, "150\n").wait()[0], 0)
            shown += seller.communicate(timeout=PATIENCE)[0]
        self.assertEqual(seller.returncode, 0)
        self.assertIn(b"Success! Your item Sword has been sold for $150\n", shown)

    def test_input_ends_too_early(self) -> None:
        _, port = self.server()
        self.assertEqual(
            self.client(port, "some wrong input\n").wait(),
            (
                1,
                "Connected to the Auctioneer server.\n"
                "Your role is: [Seller]\n"
                "Please submit auction request:\n"
                "Server: Invalid auction request!\n"
                "Please submit auction request:\n",
                "auc_client: the input ended while the Auctioneer was waiting for an answer\n",
            ),
        )

    def test_server_killed(self) -> None:
        server, port = self.server()
        seller = self.client(port, "1 100 1 Sword\n")
        seller.read_until("Auction start.")
        server.send_signal(signal.SIGKILL)
        status, _, errors = seller.wait()
        self.assertEqual(status, 1)
        self.assertRegex(errors, r"\Aauc_client: the connection was lost before the result.*\n\Z")

    def test_seller_leaves(self) -> None:
        server, port = self.server()
        seller = self.client(port, "1 100 2 Sword\n")
        seller.read_until("Auction start.")
        buyer = self.client(port, "150\n")
        buyer.read_until("other Buyer to connect...")
        self.assertEqual(seller.send_signal(signal.SIGINT)[0], 130)
        self.assertEqual(
            buyer.wait(),
            (
                1,
                "Connected to the Auctioneer server.\n"
                "Your role is: [Buyer]\n"
                "The Auctioneer is still waiting for other Buyer to connect...\n"
                "Auction cancelled! The Seller has left.\n",
                "auc_client: the auction ended without a result for you\n",
            ),
        )
        self.assertEqual(server.send_signal(signal.SIGINT)[0], 0)

    def test_terminated(self) -> None:
        _, port = self.server()
        client = self.client(port)
        client.read_until("request:")
        self.assertEqual(client.send_signal(signal.SIGTERM)[0], 143)

    def test_started_without_standard_streams(self) -> None:
        port = str(free_port())
        closed = 'exec "$0" "$@" <&- >&-'
        server = subprocess.Popen(
            ["bash", "-c", closed, sys.executable, *SERVER, port], stderr=subprocess.PIPE
        )
        self.addCleanup(server.communicate)
        self.addCleanup(server.kill)
        client = ["bash", "-c", closed, sys.executable, *CLIENT, "127.0.0.1", port]
        for _ in range(100):  # the server is up when the client finds it
            ended = subprocess.run(client, stderr=subprocess.PIPE, timeout=PATIENCE, check=False)
            if b"cannot connect" not in ended.stderr:
                break
        self.assertEqual(
            (ended.returncode, ended.stderr),
            (1, b"auc_client: the input ended while the Auctioneer was waiting for an answer\n"),
        )
        self.assertIsNone(server.poll())

    def test_stopped_in_the_middle(self) -> None:
        """An auction that ends with the server has no result, not even on the console."""
        server, port = self.server()
        seller = self.client(port, "1 100 1 Sword\n")
        seller.read_until("Auction start.")
        buyer = self.client(port)
        buyer.read_until("bid:")
        server.read_until(">> New Bidding Thread spawned\n")
        self.assertEqual(server.send_signal(signal.SIGINT), (0, server.text, ""))
        for client in (seller, buyer):
            status, shown, errors = client.wait()
            self.assertEqual(status, 1)
            self.assertTrue(
                shown.endswith("The Auctioneer is closing. This auction has no result.\n"), shown
            )
            self.assertEqual(errors, "auc_client: the auction ended without a result for you\n")

    def test_stopped_service(self) -> None:
        """A plugin that is stopped says so, too, and closes all connections."""
        port = str(free_port())
        server = self.ready(*TWISTD, "--port", port)
        seller = self.client(port, "1 100 2 Sword\n")
        seller.read_until("Auction start.")
        buyer = self.client(port)
        buyer.read_until("other Buyer to connect...\n")
        began = time.monotonic()
        _, log, _ = server.send_signal(signal.SIGTERM)
        self.assertLess(time.monotonic() - began, 4)
        self.assertNotIn("Traceback", log)
        for client in (seller, buyer):
            self.assertTrue(client.wait()[1].endswith("This auction has no result.\n"))

    def test_as_files(self) -> None:
        """Both programs run by their path, from any folder, as the assignment starts them."""
        port = str(free_port())
        server = self.ready(str(PACKAGE / "auc_server.py"), port)
        client = str(PACKAGE / "auc_client.py")
        seller = self.piped(client, "127.0.0.1", port, typed="1 100 1 Sword\n")
        seller.read_until("Auction start.")
        self.assertEqual(self.piped(client, "localhost", port, typed="150\n").wait()[0], 0)
        self.assertEqual(seller.wait()[0], 0)
        self.assertEqual(server.send_signal(signal.SIGTERM)[0], 0)

    def test_join_by_endpoint(self) -> None:
        port = str(free_port("::1"))
        server = self.ready(*SERVER, f"tcp6:{port}:interface=\\:\\:1")
        seller = self.piped(*AUCTION, "join", "::1", port, typed="1 100 1 Sword\n")
        seller.read_until("Auction start.")
        server.read_until("Seller is connected from [::1]:")
        where = f"tcp:host=\\:\\:1:port={port}"
        buyer = self.piped(*AUCTION, "join", where, typed="150\n")
        self.assertEqual(buyer.wait()[0], 0)
        self.assertEqual(seller.wait()[0], 0)


class TLSTests(ProcessTestCase):
    def setUp(self) -> None:
        certify(self.folder)
        self.port = str(free_port())
        key, certificate = self.folder / "key.pem", self.folder / "cert.pem"
        self.ready(*SERVER, f"ssl:{self.port}:privateKey={key}:certKey={certificate}")

    def test_auction(self) -> None:
        where = f"tls:localhost:{self.port}:trustRoots={self.folder / 'roots'}"
        seller = self.piped(*AUCTION, "join", where, typed="some wrong input\n1 100 1 Sword\n")
        seller.read_until("Auction start.\n")
        buyer = self.piped(*AUCTION, "join", where, typed="150\n")
        status, shown, errors = buyer.wait()
        self.assertEqual((status, errors), (0, ""))
        self.assertIn("You won this item Sword! Your payment due is $150\n", shown)
        self.assertEqual(seller.wait()[0], 0)

    def test_open_auction(self) -> None:
        where = f"tls:localhost:{self.port}:trustRoots={self.folder / 'roots'}"
        seller = self.piped(*AUCTION, "sell", "--lowest=100", "--bidders=2", where, "Sword")
        seller.read_until("Auction start.\n")
        robots = [self.piped(*AUCTION, "bid", "--max", most, where) for most in ("150", "120")]
        for robot in robots:
            robot.read_until("Highest bid: $12")
        assert seller.process.stdin is not None
        seller.process.stdin.write(b"close\n")
        seller.process.stdin.flush()
        self.assertIn("Your item Sword has been sold for $121\n", seller.wait()[1])
        for robot, result in zip(robots, ["You won this item Sword!", "did not win"], strict=True):
            status, shown, _ = robot.wait()
            self.assertEqual(status, 0)
            self.assertIn(result, shown)

    def test_stranger(self) -> None:
        """An untrusted certificate, or one for another name, is reported as an error."""
        roots = f"trustRoots={self.folder / 'roots'}"
        trust = (
            "the server's certificate is not trusted. To trust your own, add "
            ":trustRoots=FOLDER, where the folder has it as a .pem file"
        )
        plain = str(free_port())
        self.ready(*TWISTD, "--port", plain)
        for command, where, why in [
            ([*CLIENT], f"tls:localhost:{self.port}", trust),
            ([*AUCTION, "join", "--room", "a"], f"tls:localhost:{self.port}", trust),
            (
                [*AUCTION, "bid"],
                f"tls:127.0.0.1:{self.port}:{roots}",
                "the server's certificate is for another name",
            ),
            ([*AUCTION, "join"], f"tls:localhost:{plain}:{roots}", "wrong version number"),
        ]:
            status, shown, errors = self.piped(*command, where, typed="1 1 1 Sword\n").wait()
            self.assertEqual((status, shown), (1, ""))
            self.assertRegex(
                errors, rf"\A[\w ]+: there is no secure connection: {re.escape(why)}\n\Z"
            )

    def test_unverified(self) -> None:
        """A user that turns verification off is warned; the transcript stays the same."""
        client = self.piped(*CLIENT, f"ssl:localhost:{self.port}", typed="")
        status, shown, errors = client.wait()
        self.assertEqual(status, 1)
        self.assertTrue(shown.startswith("Connected to the Auctioneer server.\nYour role is"))
        self.assertEqual(
            errors,
            "auc_client: ssl: verifies no certificate, so anybody may pose as the server; "
            "use tls:\n"
            "auc_client: the input ended while the Auctioneer was waiting for an answer\n",
        )


class WrongUseTests(CommandTestCase):
    """One clear line, and the exit status; without processes, which have nothing to add to it."""

    def check(self, command: Command, program: str, arguments: list[str], line: str) -> None:
        self.assertEqual(self.runs(command, program, *arguments), (2, [], line))

    def test_client(self) -> None:
        for arguments, complaint in [
            ([], "give a host and a port, or one endpoint string"),
            (["a", "b", "c"], "give a host and a port, or one endpoint string"),
            (["127.0.0.1", "99999"], "a port is a number from 1 to 65535, not '99999'"),
            (
                ["127.0.0.1"],
                "cannot connect to '127.0.0.1': give a host and a port, or an endpoint string "
                "such as tcp:127.0.0.1:12345",
            ),
            (["--loud"], "option --loud not recognized"),
        ]:
            self.check(
                Join(),
                "auc_client",
                arguments,
                f"auc_client: {complaint}. Try 'auc_client --help'.\n",
            )

    def test_server(self) -> None:
        for arguments, complaint in [
            ([], "Wrong number of arguments"),
            (["70000"], "a port is a number from 1 to 65535, not '70000'"),
            (
                ["x"],
                "cannot listen on 'x': it is neither a port nor an endpoint string such as "
                "tcp6:4000",
            ),
            (
                ["--settle", "soon", "4000"],
                "--settle must be seconds from 0 to 60, such as 0.05, not 'soon'",
            ),
        ]:
            self.check(
                Server(),
                "auc_server",
                arguments,
                f"auc_server: {complaint}. Try 'auc_server --help'.\n",
            )

    def test_auction(self) -> None:
        for arguments, program, complaint in [
            ([], "auction", "name a command"),
            (["nix"], "auction", "Unknown command: nix"),
            (["join"], "auction join", "give a host and a port, or one endpoint string"),
            (["demo", "x"], "auction demo", "Wrong number of arguments"),
        ]:
            line = f"{program}: {complaint}. Try '{program} --help'.\n"
            self.check(Auction(), "auction", arguments, line)

    def test_help(self) -> None:
        for command, words, usage in [
            (Join(), ["auc_client"], "Usage: auc_client [options] HOST PORT | ENDPOINT"),
            (Server(), ["auc_server"], "Usage: auc_server [options] PORT"),
            (Auction(), ["auction"], "Usage: auction COMMAND [options]"),
            (Auction(), ["auction", "demo"], "Usage: auction demo"),
            (
                Auction(),
                ["auction", "join"],
                "Usage: auction join [options] HOST PORT | ENDPOINT",
            ),
        ]:
            status, output, errors = self.runs(command, *words, "--help")
            self.assertEqual((status, output[0], errors), (0, usage, ""))


class EndTests(ProcessTestCase):
    """A command that does not get far: what it says, where, and the exit status."""

    def check(self, arguments: list[str], status: int, errors: str) -> None:
        self.assertEqual(self.piped(*arguments, typed="").wait(), (status, "", errors))

    def test_wrong_use(self) -> None:
        for arguments, program, complaint in [
            ([*CLIENT], "auc_client", "give a host and a port, or one endpoint string"),
            ([*SERVER], "auc_server", "Wrong number of arguments"),
            ([*AUCTION, "demo", "x"], "cli demo", "Wrong number of arguments"),
        ]:
            self.check(arguments, 2, f"{program}: {complaint}. Try '{program} --help'.\n")

    def test_no_connection(self) -> None:
        port = str(free_port())
        self.check(
            [*CLIENT, "127.0.0.1", port],
            1,
            f"auc_client: cannot connect to 127.0.0.1 {port}: Connection was refused by other "
            "side: 111: Connection refused.\n",
        )

    def test_port_taken(self) -> None:
        _, port = self.server()
        line = f"Couldn't listen on any:{port}: [Errno 98] Address already in use.\n"
        self.check([*SERVER, port], 1, f"auc_server: {line}")
        status, log, errors = self.piped(*TWISTD, "-p", port).wait()
        self.assertEqual((status, errors), (1, ""))
        self.assertTrue(log.endswith(f"[stderr#error] {line}"), log)
        self.assertNotIn("Traceback", log)

    def test_help(self) -> None:
        status, output, errors = self.piped(*CLIENT, "--help").wait()
        self.assertEqual((status, errors), (0, ""))
        self.assertTrue(output.startswith("Usage: auc_client [options] HOST PORT | ENDPOINT\n"))

    def test_version(self) -> None:
        status, output, _ = self.piped(*CLIENT, "--version").wait()
        self.assertEqual(status, 0)
        self.assertRegex(output, r"\Atwisted-auction \d+\.\d+\.\d+ on Twisted \d+\.\d+\.\d+\n\Z")


STUCK_DEMO = """
import sys
from twisted_auction.cli import demo
from twisted_auction.cli.main import main
from twisted_auction.server.session import Session

Session.dismiss = Session.send  # no connection is ever closed
demo.PLAY_TIMEOUT = 5
sys.argv = ["auction", "demo"]
main()
"""


class DemoTests(ProcessTestCase):
    def test_stuck(self) -> None:
        """Also after the last line, time is up in one line."""
        status, output, errors = self.piped("-c", STUCK_DEMO).wait()
        self.assertEqual(
            (status, errors), (1, "auction demo: the auction did not end within 5 seconds\n")
        )
        self.assertIn("You won this item WolfPackSword!", output)

    def test_demo(self) -> None:
        """Every console is printed whole, once, and is the assignment's transcript."""
        status, output, errors = self.piped(*AUCTION, "demo").wait()
        self.assertEqual((status, errors), (0, ""))
        self.assertEqual(
            without_ports(output),
            "\n".join(
                f"=== {name} ===\n{text}"
                for name, text in (
                    ("Auctioneer", READY + AUCTIONEER.format(price=150)),
                    ("Seller", SELLER.format(kind=2, price=150)),
                    ("Buyer 1", BUYER_1),
                    ("Buyer 2", BUYER_2),
                    ("Buyer 3", BUYER_3.format(price=150)),
                )
            ),
        )


class Raw:
    """A client that is only a socket."""

    def __init__(self, port: str) -> None:
        self.socket = socket.create_connection(("127.0.0.1", int(port)), timeout=PATIENCE)
        self.text = b""

    def reads(self, end: bytes) -> None:
        while not self.text.replace(b"\r\n", b"\n").endswith(end):
            data = self.socket.recv(4096)
            assert data, f"{self.text!r} does not end with {end!r}"
            self.text += data

    def line(self) -> bytes:
        """The next line, with its end."""
        while b"\n" not in self.text:
            data = self.socket.recv(4096)
            assert data
            self.text += data
        line, _, self.text = self.text.partition(b"\n")
        return line + b"\n"

    def rest(self) -> str:
        while data := self.socket.recv(4096):
            self.text += data
        self.socket.close()
        return self.text.decode().replace("\r\n", "\n")

    def resets(self) -> None:
        """Leave with a reset instead of a proper end."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()


def in_one(client: Raw, line: bytes) -> None:
    client.socket.sendall(line)


def byte_by_byte(client: Raw, line: bytes) -> None:
    client.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for place in range(len(line)):
        client.socket.sendall(line[place : place + 1])


SELLER_READS = (
    "Your role is: [Seller]\nPlease submit auction request:\n"
    "Auction request received: 1 100 1 Sword\n"
    "Auction finished!\nSuccess! Your item Sword has been sold for $150\n"
)
BUYER_READS = (
    "Your role is: [Buyer]\nBidding start!\nPlease submit your bid:\n"
    "Bid received. Please wait...\n"
    "Auction finished!\nYou won this item Sword! Your payment due is $150\n"
)


class RawTests(ProcessTestCase):
    def raw(self, port: str) -> Raw:
        client = Raw(port)
        self.addCleanup(client.socket.close)
        return client

    def play(self, port: str, send: Callable[[Raw, bytes], None], end: bytes) -> None:
        seller = self.raw(port)
        seller.reads(b"request:\n")
        send(seller, b"1 100 1 Sword" + end)
        seller.reads(b"Sword\n")
        buyer = self.raw(port)
        buyer.reads(b"bid:\n")
        send(buyer, b"150" + end)
        self.assertEqual(buyer.rest(), BUYER_READS)
        self.assertEqual(seller.rest(), SELLER_READS)

    def test_line_ends_of_the_server(self) -> None:
        """``auc_server`` prints as plain programs do, ``twistd auction`` as Telnet wants it."""
        twistd = str(free_port())
        self.ready(*TWISTD, "--port", twistd)
        for port, end in [(twistd, b"\r\n"), (self.server()[1], b"\n")]:
            seller, busy = self.raw(port), self.raw(port)
            self.assertEqual(seller.line(), b"Your role is: [Seller]" + end)
            self.assertEqual(seller.line(), b"Please submit auction request:" + end)
            self.assertEqual(busy.line(), b"Server busy!" + end)

    def test_line_ends(self) -> None:
        _, port = self.server()
        self.play(port, in_one, b"\n")
        self.play(port, in_one, b"\r\n")
        self.play(port, byte_by_byte, b"\r\n")
        self.play(port, in_one, b"")  # what many programs for the assignment do

    def test_several_lines_in_one_segment(self) -> None:
        _, port = self.server()
        seller = self.raw(port)
        seller.socket.sendall(b"no\r\n1 0 1 Sword\n1 100 2 Sword\nand?\n")
        seller.reads(b"Your auction request is already in. Please wait...\n")
        self.assertEqual(
            seller.text.decode(),
            "Your role is: [Seller]\nPlease submit auction request:\n"
            "Invalid auction request!\nPlease submit auction request:\n"
            "Invalid auction request! lowest_price must be a whole number from 1 to "
            "999999999999999999.\nPlease submit auction request:\n"
            "Auction request received: 1 100 2 Sword\n"
            "Your auction request is already in. Please wait...\n",
        )

    def test_line_too_long(self) -> None:
        _, port = self.server()
        flood = self.raw(port)
        flood.socket.sendall(b"9" * 600)
        self.assertEqual(
            flood.rest(),
            "Your role is: [Seller]\nPlease submit auction request:\nLine too long.\n",
        )
        self.play(port, in_one, b"\n")

    def test_resets(self) -> None:
        """A connection that is reset, at each phase, leaves a working room."""
        port = str(free_port())
        server = self.ready(*TWISTD, "--log-events", "--port", port)
        seller = self.raw(port)
        seller.reads(b"request:\n")
        seller.resets()  # before the request
        server.read_until("Seller has left.")
        self.play(port, in_one, b"\n")

        seller = self.raw(port)
        seller.reads(b"request:\n")
        seller.socket.sendall(b"1 100 2 Sword\n")
        seller.reads(b"Sword\n")
        buyer = self.raw(port)
        buyer.reads(b"connect...\n")
        buyer.resets()  # while others are awaited
        server.read_until("Buyer 1 has left.")
        buyer = self.raw(port)
        buyer.reads(b"connect...\n")
        seller.resets()
        self.assertTrue(buyer.rest().endswith("Auction cancelled! The Seller has left.\n"))

        seller = self.raw(port)
        seller.reads(b"request:\n")
        seller.socket.sendall(b"2 100 3 Sword\n")
        seller.reads(b"Sword\n")
        buyers = [self.raw(port) for _ in range(3)]
        for buyer in buyers:
            buyer.reads(b"bid:\n")
        buyers[0].resets()  # before its bid
        server.read_until("Buyer 1 has left.")
        buyers[1].socket.sendall(b"180\n")
        buyers[1].reads(b"wait...\n")
        buyers[1].resets()  # after its bid
        server.read_until("Buyer 2 has left.")
        buyers[2].socket.sendall(b"150\n")
        self.assertTrue(buyers[2].rest().endswith("you did not win in the last round.\n"))
        self.assertTrue(seller.rest().endswith("Sword has been sold for $150\n"))
        self.play(port, in_one, b"\n")

    def test_twistd(self) -> None:
        """The plugin serves the same talk, by lines only, and logs what happens."""
        port = str(free_port())
        server = self.piped(*TWISTD, "--log-events", "--port", f"tcp:{port}:interface=127.0.0.1")
        server.read_until("Auctioneer is ready for hosting auctions!")
        self.play(port, in_one, b"\r\n")
        server.read_until(">> Item sold to Buyer 1!\n")
        self.assertNotIn("$150", server.text)
        seller = self.raw(port)
        seller.reads(b"request:\n")
        seller.socket.sendall(b"1 100 1 Sw")
        server.read_until("Seller is connected")
        seller.socket.sendall(b"ord\n")
        seller.reads(b"Auction request received: 1 100 1 Sword\n")
        os.kill(server.process.pid, signal.SIGTERM)
        _, log, errors = server.wait()
        self.assertNotIn("Traceback", log + errors)
