"""A server with a list of people, in processes: its log, its signals, Twisted's ``--auth``, and the
codes of ``auction people``."""

import csv
import os
import signal
import socket
from contextlib import closing
from io import StringIO
from pathlib import Path

from tests.processes import (
    AUCTION,
    PATIENCE,
    TWISTD,
    WRONG_COMMAND_LINE,
    Piped,
    ProcessTestCase,
    free_port,
)
from twisted_auction.house.people import People, Person
from twisted_auction.testing import pass_code, with_codes

KILLED_AFTER_THE_SHEET = """
import os, signal
from pathlib import Path
from twisted_auction.cli.main import main
replace = os.replace
def replace_and_die(draft, target):
    replace(draft, target)
    os.kill(os.getpid(), signal.SIGKILL)
os.replace = replace_and_die
main()
"""
"""The command ``auction``, killed as soon as it has written one file."""

NO_RECENT_RESULTS = """
from twisted.scripts.twistd import run
from twisted_auction.house import reopening
reopening.LAST_RESULTS = -(10**12)
run()
"""
"""``twistd``, for which no result is so recent that it may have reached nobody."""

DAEMON = ["-c", "from twisted.scripts.twistd import run; run()"]


def people_file(path: Path, *names: str) -> Path:
    """Write a list of people, who have the paddles 1, 2 and so on."""
    persons = with_codes(People(Person(paddle, name) for paddle, name in enumerate(names, 1)))
    rows = [f"{each.paddle},{each.name},{each.code}" for each in persons.persons.values()]
    path.write_text("\n".join(["paddle,name,pass", *rows, ""]))
    return path


def codes_of(sheet: Path) -> dict[int, str]:
    """The codes of a sheet, by paddle."""
    rows = csv.DictReader(StringIO(sheet.read_text()))
    return {int(row["paddle"]): row["pass"] for row in rows}


class PeopleProcessTests(ProcessTestCase):
    def setUp(self) -> None:
        self.port = free_port()
        self.local = f"tcp:{self.port}:interface=127.0.0.1"
        self.list = people_file(self.folder / "people.csv", "Ada Smith", "Bob")

    def says(self, *lines: str, until: str) -> list[str]:
        """Say lines in the lobby, and read until a text."""
        with closing(socket.create_connection(("127.0.0.1", self.port), PATIENCE)) as visitor:
            visitor.sendall("".join(f"{line}\n" for line in lines).encode())
            text = b""
            while until.encode() not in text:
                data = visitor.recv(4096)
                self.assertTrue(data, text)
                text += data
        return text.decode().splitlines()

    def test_log(self) -> None:
        """Neither codes nor names nor addresses, and no traceback."""
        (self.folder / "users").write_text("Bob:secret word\n")
        server = self.ready(
            *TWISTD,
            *("--log-events", "--lobby", self.local, "--people", str(self.list)),
            *("--auth", f"file:{self.folder / 'users'}"),
            *("--port", f"tcp:{free_port()}:interface=127.0.0.1"),
        )
        self.assertEqual(
            self.says(f"PASS {pass_code(1)}", "JOIN main", until="request:")[0],
            "You are paddle 1, Ada Smith.",
        )
        self.assertEqual(
            self.says("PASS Bob secret", "PASS Bob secret word", until="paddle"),
            ["Not done: there is no such pass code.", "You are paddle 2, Bob."],
        )
        status, log, errors = server.send_signal(signal.SIGHUP)
        self.assertEqual((status, errors), (0, ""))
        told = log.partition("is ready for hosting auctions!\n")[2]
        self.assertTrue(told)
        for secret in (pass_code(1), "Ada", "Bob", "secret", "127.0.0.1", "Traceback"):
            self.assertNotIn(secret, told)

    def test_daemon_reads_the_list_again(self) -> None:
        """With SIGHUP. A broken file is one line of the log, and the list stays."""
        pidfile, log = self.folder / "twistd.pid", self.folder / "log"
        start = self.piped(
            *(*DAEMON, "--pidfile", str(pidfile), f"--logfile={log}", "auction"),
            *("--ledger", "none", "--lobby", self.local, "--people", str(self.list)),
            *("--port", f"tcp:{free_port()}:interface=127.0.0.1"),
        )
        self.assertEqual(start.wait(), (0, "", ""))
        daemon = int(pidfile.read_text())
        self.addCleanup(os.kill, daemon, signal.SIGKILL)
        cy = f"PASS {pass_code(3)}"
        self.says("LIST", until="Rooms: 1.")  # now its reactor runs
        self.list.write_text("paddle,name,pass\n1,Ada,\n1,Bob,\n")
        os.kill(daemon, signal.SIGHUP)
        problem = f"The list of people stays as it was: {self.list}: row 3: paddle 1 is in row 2, "
        while problem not in log.read_text():
            self.says("LIST", until="Rooms: 1.")
        self.assertEqual(
            self.says(cy, until="Not done")[0], "Not done: there is no such pass code."
        )
        people_file(self.list, "Ada Smith", "Bob", "Cy")
        os.kill(daemon, signal.SIGHUP)
        while "the list of people is read; it has 3 people." not in log.read_text():
            self.says("LIST", until="Rooms: 1.")
        self.assertEqual(self.says(cy, until="paddle"), ["You are paddle 3, Cy."])
        self.assertNotIn("Traceback", log.read_text())

    def test_result_missed_before_a_kill(self) -> None:
        """It is told when the person comes back, and only once."""
        people_file(self.list, "Ada Smith", "Bob", "Cy")
        argv = (
            *("-c", NO_RECENT_RESULTS, "--nodaemon", "--pidfile=", "auction"),
            *("--ledger", str(self.folder / "ledger"), "--people", str(self.list)),
            *("--lobby", self.local, "--port", f"tcp:{free_port()}:interface=127.0.0.1"),
        )
        server = self.ready(*argv)

        def restarted() -> Piped:
            server.kill()
            return self.ready(*argv)

        def join(paddle: int, *lines: str, until: str) -> list[str]:
            return self.says(f"PASS {pass_code(paddle)}", "JOIN main", *lines, until=until)

        join(1, "1 100 2 Sword", until="received")
        join(2, until="Your role is: [Buyer]")
        join(3, until="submit your bid:")
        join(2, "150", until="Bid received.")
        server = restarted()
        join(3, "120", until="Unfortunately")
        server = restarted()
        won = "You won this item Sword! Your payment due is $150"
        self.assertEqual(join(2, until="$150")[1:], ["Auction finished!", won])
        sold = "Success! Your item Sword has been sold for $150"
        self.assertEqual(join(1, until="$150")[-1], sold)
        self.assertEqual(join(2, until="request:")[1], "Your role is: [Seller]")
        server = restarted()
        self.assertEqual(join(2, until="request:")[1], "Your role is: [Seller]")
        self.assertEqual(join(1, until="busy!")[1:], ["Server busy!"])

    def test_wrong_list(self) -> None:
        self.list.write_text("paddle;room\n1;art\n")
        server = self.piped(*TWISTD, "--people", str(self.list))
        status, shown, errors = server.wait()
        self.assertEqual(status, WRONG_COMMAND_LINE)
        self.assertIn(f"--people: {self.list}: row 1: there is no column name.", shown + errors)
        self.assertNotIn("Traceback", shown + errors)

    def test_list_lost_before_the_start(self) -> None:
        """It is read again at the start, with the rights of the server's user."""
        wait = (
            "import os, sys; from twisted_auction.cli import server_options as options; "
            "read = options.read_people; "
            "options.read_people = lambda path: (read(path), os.remove(path))[0]; "
        )
        server = self.piped("-c", wait + TWISTD[1], *TWISTD[2:], "--people", str(self.list))
        status, log, errors = server.wait()
        self.assertEqual((status, errors), (1, ""))
        self.assertTrue(
            log.endswith(f"[stderr#error] {self.list}: No such file or directory.\n"), log
        )

    def test_lost_card(self) -> None:
        """The old code is good until the server has read the list, and the new one from then on."""
        sheet, renewed = self.folder / "cards.csv", self.folder / "lost.csv"
        control = f"unix:{self.folder / 'control'}"
        status, _, errors = self.piped(
            *(*AUCTION, "people", "add", str(self.list), "--paddles", "1-3", "--sheet", str(sheet))
        ).wait()
        self.assertEqual(status, 0, errors)
        (old,) = codes_of(sheet).values()  # the first two have codes already
        self.ready(
            *TWISTD,
            *("--lobby", self.local, "--people", str(self.list), "--control", control),
            *("--port", f"tcp:{free_port()}:interface=127.0.0.1"),
        )
        typed = f"PASS {old.lower().replace('-', ' ')}"
        you = "You are paddle 3, name unknown."
        self.assertEqual(self.says(typed, until="\n"), [you])
        status, _, errors = self.piped(
            *(*AUCTION, "people", "renew", str(self.list), "--paddles", "3"),
            *("--sheet", str(renewed)),
        ).wait()
        self.assertEqual(status, 0, errors)
        self.assertEqual(self.says(typed, until="\n"), [you])
        status, answer, errors = self.piped(*AUCTION, "control", "--at", control, "people").wait()
        self.assertEqual((status, errors), (0, ""))
        self.assertIn("3 people", answer)
        self.assertEqual(
            self.says(typed, f"PASS {codes_of(renewed)[3]}", until="paddle"),
            ["Not done: there is no such pass code.", you],
        )

    def test_killed(self) -> None:
        """Between its two files: the codes handed out before are good, and so is the next try."""
        before = self.list.read_bytes()
        argv = ["people", "renew", str(self.list), "--paddles", "all", "--sheet"]
        status, _, _ = self.piped(
            "-c", KILLED_AFTER_THE_SHEET, *argv, str(self.folder / "cards.csv")
        ).wait()
        self.assertEqual(status, -signal.SIGKILL)
        self.assertEqual([*codes_of(self.folder / "cards.csv")], [1, 2])
        self.assertEqual(self.list.read_bytes(), before)
        again = self.folder / "again.csv"
        status, _, errors = self.piped(*AUCTION, *argv, str(again)).wait()
        self.assertEqual(status, 0, errors)
        people = People.parse(self.list.read_bytes())
        for paddle, code in codes_of(again).items():
            self.assertIs(people.find(code), people.persons[paddle])
