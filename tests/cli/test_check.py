"""``auction check``, as a person at a terminal meets it."""

import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.processes import AUCTION, CLIENT, IMPATIENT, SERVER, ProcessTestCase, free_port
from tests.support import CommandTestCase
from twisted_auction.check import rubric
from twisted_auction.check.scorecard import (
    RubricRow,
)

ENDS_AFTER_ONE_CLIENT = """
import pathlib, socket, sys
with open(pathlib.Path(__file__).with_name("starts"), "a") as starts:
    print("started", file=starts)
server = socket.socket()  # without SO_REUSEADDR
server.bind(("127.0.0.1", int(sys.argv[1])))
server.listen()
client, _ = server.accept()
client.sendall(b"You are the Seller. Your request?")
client.recv(100)
client.close()
"""


class UsageTests(CommandTestCase):
    def test_wrong_usage(self) -> None:
        server_usage = " Try 'auction check server --help'.\n"
        client_usage = " Try 'auction check client --help'.\n"
        for words, complaint in [
            (
                ["server"],
                f"server: give a host and a port, or one endpoint string, or a command "
                f"with --run.{server_usage}",
            ),
            (
                ["server", "--run", "true", "127.0.0.1", "4000"],
                f"server: give a host and a port, "
                f"or one endpoint string, or a command with --run.{server_usage}",
            ),
            (
                ["server", "--at", "tcp:localhost:1", "127.0.0.1", "4000"],
                f"server: name one server, with --at or after the options.{server_usage}",
            ),
            (
                ["server", "--seconds", "0", "localhost", "1"],
                f"server: --seconds must be a whole number from 1, not '0'.{server_usage}",
            ),
            (
                ["server", "--format", "xml", "localhost", "1"],
                f"server: --format must be text, json or junit, not 'xml'.{server_usage}",
            ),
            (
                ["server", "localhost", "x"],
                "server: a port is a number from 1 to 65535, not 'x'." + server_usage,
            ),
            (
                ["client"],
                "client: give one command, in quotes if it has blanks, after the options."
                + client_usage,
            ),
            (["client", ""], f"client: the command is empty.{client_usage}"),
            (
                ["client", "'"],
                "client: the command cannot be read: No closing quotation." + client_usage,
            ),
            (
                ["client", "no-such-program"],
                "client: there is no program 'no-such-program'." + client_usage,
            ),
        ]:
            self.assertEqual(
                self.auction("check", *words), (2, [], f"auction check {complaint}"), words
            )


class CheckProcessTests(ProcessTestCase):
    """Our own programs pass, word for word."""

    def assert_passes(self, kind: str, rows: Sequence[RubricRow], *arguments: str) -> None:
        checking = self.piped(*IMPATIENT, "check", kind, *arguments)
        passed = [f"{number:2}  passed   {row.text}\n" for number, row in enumerate(rows, 1)]
        for line in passed:
            checking.read_until(line)
        count = f"{len(rows)} rows, {len(rows)} passed, 0 failed, 0 skipped."
        report = f"{''.join(passed)}{kind.title()} {arguments[-1]}: {count}\n"
        self.assertEqual(checking.wait(), (0, report, ""))

    def test_server(self) -> None:
        command = " ".join([sys.executable, *SERVER])
        self.assert_passes("server", rubric.SERVER_ROWS, "--run", command)

    def test_client(self) -> None:
        self.assert_passes("client", rubric.CLIENT_ROWS, " ".join([sys.executable, *CLIENT]))

    def test_no_server(self) -> None:
        port = str(free_port())
        checking = self.piped(*AUCTION, "check", "server", "--seconds", "1", "127.0.0.1", port)
        status, output, errors = checking.wait()
        self.assertEqual((status, errors), (1, ""))
        self.assertEqual(
            output.splitlines()[:3],
            [
                " 1  FAILED   Client 1 is connected as the Seller",
                "             The Seller cannot connect: Connection was refused by other side: "
                "111: Connection refused.",
                " 2  FAILED   The Seller receives its role prompt and is asked for a request",
            ],
        )

    def test_server_that_ends(self) -> None:
        """The server is started for every act, each time on a free port."""
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        folder = Path(temporary.name)
        script = folder / "server.py"
        script.write_text(ENDS_AFTER_ONE_CLIENT)
        command = f"{sys.executable} {script}"
        checking = self.piped(*IMPATIENT, "check", "server", "--seconds", "1", "--run", command)
        status, report, errors = checking.wait()
        self.assertEqual((status, errors), (1, ""))
        self.assertIn(" 2  passed ", report)
        self.assertNotIn("Address already in use", report)
        self.assertEqual((folder / "starts").read_text(), "started\n" * 6)
