"""The lesson of ``docs/teach.rst``, with the commands that it prints."""

import csv
import os
import re
import shlex
import shutil
import tempfile
from pathlib import Path

from tests.house.support import Guest
from tests.support import CommandTestCase
from twisted_auction.cli.main import Auction
from twisted_auction.house.doors import Doors
from twisted_auction.house.people import People
from twisted_auction.rules.commands import Start
from twisted_auction.rules.terms import Terms
from twisted_auction.tap import Options
from twisted_auction.testing import MemoryHouse

DOCS = Path(__file__).parents[2] / "docs"

TITLE = "To let a class bid with valuations\n"


def printed_commands() -> list[list[str]]:
    """The commands of the lesson, in order, each as its words."""
    text = (DOCS / "teach.rst").read_text().partition(TITLE)[2].partition("\nTo check")[0]
    return [shlex.split(line) for line in re.findall(r"^    ((?:auction|twistd) .*)$", text, re.M)]


class LessonTests(CommandTestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.addCleanup(os.chdir, os.getcwd())
        os.chdir(folder.name)
        shutil.copy(DOCS / "examples" / "class.txt", "class.txt")

    def run_printed(self, *words: str) -> list[str]:
        """Run the printed command that begins with these words. Its output may go to a file."""
        (command,) = [each for each in printed_commands() if each[1 : 1 + len(words)] == [*words]]
        output = ""
        if ">" in command:
            place = command.index(">")
            command, output = command[:place], command[place + 1]
        status, lines, errors = self.auction(*command[1:])
        self.assertEqual((status, errors), (0, ""), command)
        if output:
            Path(output).write_text("".join(f"{line}\n" for line in lines))
        return lines

    def test_whole(self) -> None:
        """Twenty students bid in four rounds; the export and the picture have their bids."""
        self.run_printed("people", "add")
        self.run_printed("people", "draw")
        self.assertIn("192.0.2.10 4000", Path("cards.html").read_text())
        people = People.parse(Path("people.csv").read_bytes())
        house = MemoryHouse(
            Terms(lot_pause=15),
            ledger=Path("auction.sqlite3"),
            catalogue=Path("class.txt").read_bytes(),
            people=people,
            doors=Doors("order"),
        )
        kept = self.hold(house, people)
        house.close()
        self.run_printed("ledger", "export")
        with open("class.csv", newline="") as file:
            payoffs = [(int(row["buyer"]), row["payoff"]) for row in csv.DictReader(file)]
        self.assertEqual(
            {who: sum(int(payoff or 0) for each, payoff in payoffs if each == who) for who in kept},
            kept,
        )
        lines = self.run_printed("lab", "plot-class")
        self.assertEqual(
            [line.split()[:3] for line in lines[1:5]],
            [
                ["first-price", "$1", "3"],
                ["second-price", "$1", "3"],
                ["english", "$1", "2"],
                ["dutch", "$1", "2"],
            ],
        )
        self.assertEqual([line.split()[3] for line in lines[1:3]], ["60", "60"])
        self.assertIn("theory, 20 Buyers", Path("class.svg").read_text())

    def hold(self, house: MemoryHouse, people: People) -> dict[int, int]:
        """Hold the ten lots.

        :return: what each student keeps, by what it was told.
        """
        guests = {who: Guest(house, person).join("main") for who, person in people.persons.items()}
        heard: dict[int, list[str]] = {who: [] for who in guests}
        house.rooms.main.orders.give(Start())
        for lot in range(1, 11):
            house.advance(15)
            for who, guest in guests.items():
                heard[who] += guest.read()
            worth = {
                who: int(re.findall(r"This item is worth \$(\d+)", "\n".join(lines))[-1])
                for who, lines in heard.items()
            }
            self.assertEqual(
                worth, {who: person.valuation(lot) for who, person in people.persons.items()}
            )
            if lot <= 6:
                for who, guest in guests.items():
                    heard[who] += guest.say(str(max(1, worth[who] - (lot <= 3))))
            elif lot <= 8:
                for who in sorted(guests, key=lambda who: worth[who]):
                    heard[who] += guests[who].say(str(worth[who]))
                house.advance(60)
            else:
                for price in range(100, 0, -2):
                    ready = [who for who in guests if worth[who] > price]
                    if ready:
                        heard[ready[0]] += guests[ready[0]].say("accept")
                        break
                    house.advance(2)
        for who, guest in guests.items():
            heard[who] += guest.read()
        told = {who: "\n".join(lines) for who, lines in heard.items()}
        return {
            who: sum(map(int, re.findall(r"You keep \$(\d+)", text)))
            - sum(map(int, re.findall(r"You lose \$(\d+)", text)))
            for who, text in told.items()
        }

    def test_other_commands(self) -> None:
        """The server, the students and the operator take what is printed."""
        parsed = set()
        for command in printed_commands():
            if command[0] == "twistd":
                Path("people.csv").write_text("paddle,name,pass\n1,Ann,\n")
                Options().parseOptions(command[command.index("auction") + 1 :])
            elif command[1] in ("join", "control"):
                Auction().parseOptions(command[1:])
            else:
                continue
            parsed.add(command[1])
        self.assertEqual(parsed, {"--nodaemon", "join", "control"})
