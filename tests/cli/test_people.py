"""``auction people``: lists keep their organiser's words, and no pass code is lost or shown."""

import csv
import os
import re
from errno import ENOSPC
from html.parser import HTMLParser
from io import StringIO
from pathlib import Path
from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.python import usage
from twisted.trial.unittest import SynchronousTestCase

from tests.support import CommandTestCase, LedgerFolderTestCase
from twisted_auction.cli import people_sheet
from twisted_auction.cli.people_options import AFTERWARDS, parse_paddles
from twisted_auction.cli.people_sheet import Sheet
from twisted_auction.house.people import MAX_PADDLE, People, Person, Role
from twisted_auction.house.people_table import PeopleTable
from twisted_auction.lab.bidders import Uniform

CODE = re.compile(r"\b(?:[0-9A-HJKMNP-TV-Z]{4}-){2}[0-9A-HJKMNP-TV-Z]{4}\b")

HANDMADE = "\ufeffName;E-Mail;Paddle;Limit\r\nAnn Lee;ann@example.org;3;500\r\n\r\nBob;;1;\r\n"


class PeopleTestCase(CommandTestCase, LedgerFolderTestCase):
    """A folder with a list of people."""

    def setUp(self) -> None:
        super().setUp()
        self.list = self.folder / "people.csv"
        self.sheet = self.folder / "cards.csv"

    def people(self, command: str, *argv: str) -> list[str]:
        """Run a command that must succeed without complaints: its output."""
        status, lines, errors = self.auction("people", command, str(self.list), *argv)
        self.assertEqual((status, errors), (0, ""))
        for line in lines:
            self.assertIsNone(CODE.search(line), line)
        return lines

    def complaint(self, command: str, *argv: str, status: int = 1) -> str:
        """Run a command that must fail, and must change no file."""
        before = self.files()
        shown = self.auction("people", command, *argv)
        self.assertEqual((shown[0], shown[1], self.files()), (status, [], before))
        self.assertEqual(shown[2].count("\n"), 1)
        return shown[2].removeprefix(f"auction people {command}: ").removesuffix("\n")

    def files(self) -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in self.folder.iterdir()}

    def new_list(self, paddles: str = "1-3") -> dict[int, str]:
        """Make a list: the code of each paddle."""
        self.people("add", "--paddles", paddles, "--sheet", str(self.sheet))
        codes = self.codes()
        self.sheet.unlink()
        return codes

    def codes(self) -> dict[int, str]:
        """The codes on the sheet."""
        rows = csv.DictReader(StringIO(self.sheet.read_text()))
        return {int(row["paddle"]): row["pass"] for row in rows}

    def persons(self) -> dict[int, Person]:
        return {**People.parse(self.list.read_bytes()).persons}

    def paddle_of(self, code: str) -> int | None:
        person = People.parse(self.list.read_bytes()).find(code)
        return None if person is None else person.paddle


class AddTests(PeopleTestCase):
    def test_new_list(self) -> None:
        lines = self.people("add", "--paddles", "1-3,17", "--sheet", str(self.sheet))
        self.assertEqual(
            lines,
            [
                f"Added 4 people to {self.list}.",
                f"Wrote 4 new pass codes into {self.sheet}. Hand them out, and delete the file.",
                AFTERWARDS,
            ],
        )
        header, *rows = self.list.read_text().splitlines()
        self.assertEqual(header, "paddle,name,role,room,limit,lots,valuation,pass")
        salts = set()
        for paddle, row in zip((1, 2, 3, 17), rows, strict=True):
            found = re.fullmatch(rf"{paddle},,,,,,,b2:([0-9a-f]{{32}}):[0-9a-f]{{32}}", row)
            assert found is not None, row
            salts.add(found[1])
        self.assertEqual(len(salts), 1)
        self.assertEqual(
            {paddle: self.paddle_of(code) for paddle, code in self.codes().items()},
            {paddle: paddle for paddle in (1, 2, 3, 17)},
        )
        for path in (self.list, self.sheet):
            self.assertEqual(path.stat().st_mode & 0o777, 0o600)

    def test_handmade_list(self) -> None:
        """The form of the file, the order, empty rows and other columns stay, and so does the
        mode."""
        self.list.write_bytes(HANDMADE.encode())
        self.list.chmod(0o640)
        lines = self.people("add", "--sheet", str(self.sheet))
        self.assertEqual(lines[0][:23], "Wrote 2 new pass codes ")
        self.assertEqual(
            re.sub("b2:[0-9a-f:]{65}", "HASH", self.list.read_bytes().decode()),
            "\ufeffName;E-Mail;Paddle;Limit;pass\r\n"
            "Ann Lee;ann@example.org;3;500;HASH\r\n\r\nBob;;1;;HASH\r\n",
        )
        self.assertEqual(self.list.stat().st_mode & 0o777, 0o640)
        self.assertEqual(
            CODE.sub("CODE", self.sheet.read_bytes().decode()),
            "\ufeffpaddle;name;pass;link\r\n3;Ann Lee;CODE;\r\n1;Bob;CODE;\r\n",
        )

    def test_again(self) -> None:
        """Codes that are handed out stay good, and the list keeps its salt."""
        codes = self.new_list("1-3")
        lines = self.people("add", "--paddles", "2-4", "--sheet", str(self.sheet))
        self.assertEqual(lines[0], f"Added 1 person to {self.list}.")
        self.assertEqual(lines[-1], "2 people had a code before, and it stays.")
        self.assertEqual([*self.codes()], [4])
        codes |= self.codes()
        self.assertEqual([self.paddle_of(code) for code in codes.values()], [1, 2, 3, 4])
        hashed = [person.code for person in self.persons().values()]
        self.assertEqual(len({code.salt for code in hashed if code is not None}), 1)
        self.sheet.unlink()
        before = self.files()
        self.assertEqual(
            self.people("add", "--paddles", "2-4", "--sheet", str(self.sheet)),
            [
                f"In {self.list}, all of these people have pass codes; nothing was changed. For "
                "new codes: auction people renew"
            ],
        )
        self.assertEqual(self.files(), before)

    def test_new_person(self) -> None:
        self.people(
            *("add", "--paddles", "900", "--name", "Zoë Żak", "--role", "Seller", "--room", "art"),
            *("--limit", "500", "--lots", "2", "--sheet", str(self.sheet)),
        )
        person = self.persons()[900]
        self.assertEqual(person.name, "Zoë Żak")
        self.assertEqual(
            (person.role, person.room, person.limit, person.lots), (Role.SELLER, "art", 500, 2)
        )

    def test_public_list(self) -> None:
        """The organiser is told once the list has hashes."""
        self.list.write_bytes(HANDMADE.encode())
        self.list.chmod(0o644)
        status, _, errors = self.auction(
            "people", "add", str(self.list), "--sheet", str(self.sheet)
        )
        self.assertEqual(status, 0)
        self.assertEqual(
            errors,
            f"auction people add: every user of this machine can read {self.list}: chmod o-r "
            "changes that\n",
        )

    def test_default_list(self) -> None:
        """In the current folder."""
        was = Path.cwd()
        self.addCleanup(os.chdir, was)
        os.chdir(self.folder)
        status, lines, _ = self.auction("people", "add", "-p1", "-s", "cards.csv")
        self.assertEqual((status, lines[0]), (0, "Added 1 person to people.csv."))

    def test_wrong_usage(self) -> None:
        sheet = ("--sheet", "cards.html")
        paddles = f"--paddles are numbers from 1 to {MAX_PADDLE}, such as 1-40 or 3,17,20-25, not "
        for argv, complaint in [
            ([], "name a file for the codes, such as --sheet cards.html"),
            (["a", "b", *sheet], "name one list of people"),
            (["", *sheet], "'.' is no list of people"),
            ([*sheet, "--paddles", "0"], f"{paddles}'0'"),
            ([*sheet, "--paddles", "5-1"], f"{paddles}'5-1'"),
            ([*sheet, "--limit", "5"], "--limit is for new people; name their --paddles"),
            ([*sheet, "--paddles", "1-2", "--name", "Ann"], "--name is for one paddle"),
            (
                [*sheet, "--paddles", "1", "--role", "boss"],
                "--role must be bidder, seller, auctioneer or watcher, or empty",
            ),
            (
                [*sheet, "--paddles", "1", "--name", "A\x07"],
                "--name must be printable characters only",
            ),
            (
                ["--sheet", "cards.pdf"],
                "--sheet ends with .html, .txt or .csv, not 'cards.pdf'",
            ),
            (
                ["people.csv", "--sheet", "./people.csv"],
                "the sheet must be another file than the list",
            ),
            ([*sheet, "--title", "\u202e"], "--title must be printable characters only"),
            (
                [*sheet, "--address", "https://example.org/?x"],
                "--address is no URL that a link can begin with: 'https://example.org/?x'",
            ),
            ([*sheet, "--codes"], "option --codes not recognized"),
        ]:
            self.assertEqual(
                self.complaint("add", *argv, status=2),
                f"{complaint}. Try 'auction people add --help'.",
            )


class LostNothingTests(PeopleTestCase):
    """The list and the handed-out codes survive every failure."""

    def test_old_sheet(self) -> None:
        """It is not replaced: perhaps it is not printed yet."""
        self.new_list()
        self.sheet.write_text("old")
        for command in ("add", "renew"):
            self.assertEqual(
                self.complaint(
                    command, str(self.list), "--paddles", "1", "--sheet", str(self.sheet)
                ),
                f"{self.sheet} exists, and its codes may be in no other file: name another sheet",
            )

    def fail_at(self, number: int, failure: BaseException) -> None:
        """Let the writing of a file fail, counted from 1."""
        replaced: list[object] = []
        replace = os.replace

        def fail(*paths: Any) -> None:
            replaced.append(paths)
            if len(replaced) == number:
                raise failure
            replace(*paths)

        self.patch(os, "replace", fail)

    def test_full_disk(self) -> None:
        """At either file. The old codes are good."""
        codes = self.new_list()
        for number, path in ((1, self.sheet), (2, self.list)):
            self.fail_at(number, OSError(ENOSPC, "No space left on device"))
            self.assertEqual(
                self.complaint(
                    "renew", str(self.list), "--paddles", "all", "--sheet", str(self.sheet)
                ),
                f"cannot write {path}: No space left on device",
            )
        self.assertEqual([self.paddle_of(code) for code in codes.values()], [1, 2, 3])

    def test_interrupt(self) -> None:
        """Ctrl-C between the two files leaves no sheet without its list."""
        self.new_list()
        before = self.files()
        self.fail_at(2, KeyboardInterrupt())
        status, _, _ = self.auction(
            *("people", "renew", str(self.list), "--paddles", "1", "--sheet", str(self.sheet))
        )
        self.assertEqual((status, self.files()), (130, before))

    def test_killed(self) -> None:
        """A power cut between the two files leaves a sheet too many, never a code too few."""
        codes = self.new_list()
        order = []
        replace = os.replace

        def note(draft: Path, target: Path) -> None:
            replace(draft, target)
            order.append(target.name)
            if target == self.sheet:
                self.assertEqual([self.paddle_of(code) for code in codes.values()], [1, 2, 3])

        self.patch(os, "replace", note)
        self.people("renew", "--paddles", "1-3", "--sheet", str(self.sheet))
        self.assertEqual(order, ["cards.csv", "people.csv"])

    def test_open_in_a_spreadsheet(self) -> None:
        self.new_list()
        (self.folder / ".~lock.people.csv#").touch()
        complaint = (
            f"{self.list} is open in a spreadsheet: close it there, or delete .~lock.people.csv#"
        )
        for argv in (
            ("renew", str(self.list), "--paddles", "1", "--sheet", str(self.sheet)),
            ("add", str(self.list), "--paddles", "9", "--sheet", str(self.sheet)),
            ("remove", str(self.list), "--paddles", "1"),
            ("draw", "uniform:100", str(self.list)),
        ):
            self.assertEqual(self.complaint(*argv), complaint)

    def test_changed_meanwhile(self) -> None:
        """By a spreadsheet, or by the same command in another terminal."""
        self.new_list()
        write = Sheet.write

        def write_slowly(sheet: Sheet, *args: Any) -> None:
            write(sheet, *args)
            self.list.write_text("paddle,name,pass\n9,Zoe,\n")

        self.patch(Sheet, "write", write_slowly)
        status, _, errors = self.auction(
            *("people", "renew", str(self.list), "--paddles", "1", "--sheet", str(self.sheet))
        )
        self.assertEqual(status, 1)
        self.assertIn("was changed by another program; give the command again", errors)
        self.assertEqual([*self.files()], ["people.csv"])
        self.assertEqual([*self.persons()], [9])

    def test_wrong_lists(self) -> None:
        """No command changes a list that it cannot read."""
        for data, complaint in [
            (b"paddle,name,pass\n1,Ann,\n1,Bob,\n", "row 3: paddle 1 is in row 2, too"),
            (b"number,name\n1,Ann\n", "row 1: there is no column paddle"),
            (b"paddle,name\n1,A\x1bnn\n", "row 2: name must be printable characters only"),
            (
                "paddle,name\n1,Änne\n".encode("latin-1"),
                'the file is not UTF-8 text; save it as "CSV UTF-8"',
            ),
            (b"", "row 1: there is no header"),
        ]:
            self.list.write_bytes(data)
            for argv in (
                ("add", str(self.list), "--paddles", "9", "--sheet", str(self.sheet)),
                ("renew", str(self.list), "--paddles", "1", "--sheet", str(self.sheet)),
                ("remove", str(self.list), "--paddles", "1"),
                ("draw", "uniform:100", str(self.list)),
                ("list", str(self.list)),
            ):
                self.assertEqual(self.complaint(*argv), f"{self.list}: {complaint}")

    def test_missing_files(self) -> None:
        for argv in (
            ("add", str(self.list), "--sheet", str(self.sheet)),
            ("renew", str(self.list), "--paddles", "1", "--sheet", str(self.sheet)),
            ("remove", str(self.list), "--paddles", "1"),
            ("draw", "uniform:100", str(self.list)),
            ("list", str(self.list)),
        ):
            self.assertEqual(
                self.complaint(*argv), f"cannot read {self.list}: No such file or directory"
            )
        self.assertEqual(
            self.complaint("list", str(self.folder)), f"cannot read {self.folder}: Is a directory"
        )
        sheet = self.folder / "no" / "cards.txt"
        self.assertEqual(
            self.complaint("add", str(self.list), "--paddles", "1", "--sheet", str(sheet)),
            f"cannot write {sheet}: No such file or directory",
        )


class RenewTests(PeopleTestCase):
    def test_renew(self) -> None:
        """The old code is good no longer; the others stay."""
        codes = self.new_list()
        lines = self.people("renew", "--paddles", "2", "--sheet", str(self.sheet))
        self.assertEqual(
            lines,
            [
                f"Wrote 1 new pass code into {self.sheet}. Hand them out, and delete the file.",
                AFTERWARDS,
            ],
        )
        self.assertEqual([*self.codes()], [2])
        self.assertEqual([self.paddle_of(code) for code in codes.values()], [1, None, 3])
        self.assertEqual(self.paddle_of(self.codes()[2]), 2)

    def test_all(self) -> None:
        """After a theft of the list: the salt is new, too."""
        before = self.new_list()
        salts = {person.code.salt for person in self.persons().values() if person.code}
        self.people("renew", "--paddles", "all", "--sheet", str(self.sheet))
        self.assertEqual([self.paddle_of(code) for code in before.values()], [None] * 3)
        self.assertEqual([self.paddle_of(code) for code in self.codes().values()], [1, 2, 3])
        salts |= {person.code.salt for person in self.persons().values() if person.code}
        self.assertEqual(len(salts), 2)

    def test_refused(self) -> None:
        self.new_list()
        self.assertEqual(
            self.complaint("renew", str(self.list), "-p", "2,4", "-s", str(self.sheet)),
            f"there is no paddle 4 in {self.list}; nothing was changed",
        )
        self.assertEqual(
            self.complaint("renew", str(self.list), "-s", str(self.sheet), status=2),
            "name the --paddles, such as 17 or 3,20-25, or all. Try 'auction people renew --help'.",
        )
        self.assertEqual(
            self.complaint("add", str(self.list), "-p3-4", "-s", str(self.sheet), "--lots", "1"),
            f"--lots is for new people, and one of these paddles is in {self.list}; "
            "nothing was changed",
        )
        self.list.write_text("paddle,name,pass\n")
        self.assertEqual(
            self.complaint("renew", str(self.list), "-p", "all", "-s", str(self.sheet)),
            f"there are no people in {self.list}",
        )


class RemoveTests(PeopleTestCase):
    def test_remove(self) -> None:
        """The row is gone, and with it the name."""
        self.list.write_bytes(HANDMADE.encode())
        lines = self.people("remove", "--paddles", "3")
        self.assertEqual(
            lines,
            [
                f"Removed 1 person from {self.list}; 1 person left.",
                AFTERWARDS,
            ],
        )
        self.assertEqual(
            self.list.read_bytes().decode(), "\ufeffName;E-Mail;Paddle;Limit\r\n\r\nBob;;1;\r\n"
        )

    def test_all(self) -> None:
        self.new_list()
        self.people("remove", "--paddles", "all")
        self.assertEqual(self.list.read_text(), "paddle,name,role,room,limit,lots,valuation,pass\n")

    def test_refused(self) -> None:
        self.new_list()
        self.assertEqual(
            self.complaint("remove", str(self.list), "--paddles", "1,8"),
            f"there is no paddle 8 in {self.list}; nothing was changed",
        )
        self.assertEqual(
            self.complaint("remove", str(self.list), status=2).partition(".")[0],
            "name the --paddles, such as 17 or 3,20-25, or all",
        )


class ListTests(PeopleTestCase):
    def test_list(self) -> None:
        """Everything but the hash."""
        self.list.write_text(
            "paddle,name,role,limit,lots,valuation,pass\n17,Zoë,seller,500,2,5;60,\n3,,,,,,\n"
        )
        self.list.chmod(0o600)
        self.people("add", "--paddles", "3", "--sheet", str(self.sheet))
        self.assertEqual(
            self.people("list"),
            [
                "paddle  name  role    room  limit  lots  valuations  code",
                "    17  Zoë   seller         $500     2  5;60",
                "     3        bidder                                 yes",
                "2 people, 1 with a pass code.",
            ],
        )

    def test_before_the_first_code(self) -> None:
        self.list.write_text("paddle,name\n")
        self.assertEqual(self.people("list"), ["0 people, 0 with a pass code."])


class DrawTests(PeopleTestCase):
    def draw(self, *argv: str) -> dict[int, tuple[int, ...]]:
        status, lines, errors = self.auction("people", "draw", *argv)
        self.assertEqual((status, errors), (0, ""))
        self.said = lines
        return {paddle: person.valuations for paddle, person in self.persons().items()}

    def test_uniform(self) -> None:
        """As the laboratory draws them; a person's draws depend on nobody else."""
        self.new_list("1-3")
        argv = ("uniform:100", "--seed", "7", "--lots", "10", str(self.list))
        drawn = self.draw(*argv)
        self.assertEqual(
            self.said,
            [f"Drew 10 valuations for each of 3 people in {self.list}, with --seed 7.", AFTERWARDS],
        )
        for paddle, valuations in drawn.items():
            random = Random(f"7:{paddle}")
            self.assertEqual(valuations, tuple(Uniform(100).draw(random) for _ in range(10)))
        self.people("remove", "--paddles", "2")
        self.people("add", "--paddles", "9", "--sheet", str(self.sheet))
        again = self.draw(*argv)
        self.assertEqual([*again], [1, 3, 9])
        self.assertEqual((again[1], again[3]), (drawn[1], drawn[3]))

    def test_spread(self) -> None:
        """From 1 to the top, and different for each person."""
        self.new_list("1-200")
        drawn = self.draw("uniform:100", "--seed", "1", "--lots", "10", str(self.list))
        values = [value for valuations in drawn.values() for value in valuations]
        self.assertEqual((min(values), max(values)), (1, 100))
        self.assertLess(abs(sum(values) / len(values) - 50), 3)
        self.assertEqual(len({*drawn.values()}), 200)

    def test_bidders_alone(self) -> None:
        self.list.write_text(
            "paddle,name,role,valuation\n1,Ann,,\n2,Bob,seller,\n3,Cy,watcher,\n4,Di,bidder,9\n"
        )
        self.auction("people", "draw", "normal:50:10", str(self.list), "--paddles", "1,2")
        cells = [row["valuation"] for row in csv.DictReader(StringIO(self.list.read_text()))]
        self.assertRegex(cells[0], r"\A[0-9]+\Z")
        self.assertEqual(cells[1:], ["", "", "9"])

    def test_other_seeds(self) -> None:
        """Without --seed each draw is another one, and can be repeated."""
        self.new_list("1-3")
        first = self.draw("uniform:1000000", str(self.list))
        seed = self.said[0].removesuffix(".").rsplit(maxsplit=1)[-1]
        self.assertNotEqual(self.draw("uniform:1000000", str(self.list)), first)
        self.assertEqual(self.draw("uniform:1000000", str(self.list), "--seed", seed), first)

    def test_from_a_file(self) -> None:
        self.new_list("1-3")
        values = self.folder / "values.txt"
        values.write_text("70\n")
        self.assertEqual(
            self.draw(f"file:{values}", str(self.list)), dict.fromkeys((1, 2, 3), (70,))
        )

    def test_wrong_usage(self) -> None:
        for argv, complaint in [
            ([], "name the VALUATIONS, such as uniform:100"),
            (["uniform:100", "a", "b"], "name one list of people"),
            (
                ["people.csv"],
                "valuations are uniform:TOP, normal:MEAN:DEVIATION or file:PATH, not 'people.csv'",
            ),
            (["file:/no/such"], "cannot read /no/such: No such file or directory"),
            (
                ["uniform:9", "--lots", "0"],
                "--lots must be a whole number from 1 to 1,000, not '0'",
            ),
            (
                ["uniform:9", "--seed", "x"],
                "--seed must be a whole number from 0 to 999,999,999,999,999,999, not 'x'",
            ),
        ]:
            self.assertEqual(
                self.complaint("draw", *argv, status=2),
                f"{complaint}. Try 'auction people draw --help'.",
            )


class Cards(HTMLParser):
    """The texts of each card in a sheet.

    :ivar cards: the text of each paragraph of each card, by the paragraph's class.
    :ivar tags: the names of all tags.
    """

    def __init__(self) -> None:
        super().__init__()
        self.cards: list[dict[str, str]] = []
        self.tags: list[str] = []
        self._into: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag == "article":
            self.cards.append({})
        if tag in ("p", "div", "small"):
            kind = dict(attrs).get("class")
            self._into = kind.split()[0] if kind else None

    def handle_endtag(self, tag: str) -> None:
        if tag == "small":
            self._into = "code" if "paddle" in self.cards[-1] else "paddle"
        elif tag == "p":
            self._into = None

    def handle_data(self, data: str) -> None:
        if self._into is not None:
            self.cards[-1][self._into] = data


class SheetTests(PeopleTestCase):
    LIST = (
        "paddle,name,role,room\n1,<b>Ann</b> & Co,,\n1234,Zoë,seller,art\n"
        '3,=HYPERLINK("x"),watcher,\n4,,auctioneer,\n'.replace('"', "'")
    )

    def write(self, name: str, *argv: str) -> str:
        """Make new codes for the people of LIST: the text of the sheet."""
        self.list.write_text(self.LIST)
        self.list.chmod(0o600)
        sheet = self.folder / name
        self.people("add", "--sheet", str(sheet), *argv)
        self.assertEqual(sheet.stat().st_mode & 0o777, 0o600)
        text = sheet.read_text()
        self.assertEqual(
            [self.paddle_of(code) for code in dict.fromkeys(CODE.findall(text))], [1, 1234, 3, 4]
        )
        return text

    def test_csv(self) -> None:
        """Nothing in it is a formula."""
        text = self.write("cards.csv", "--address", "https://example.org/a/")
        codes = CODE.findall(text)[::2]
        link = "https://example.org/a/join/"
        self.assertEqual(
            [*csv.reader(text.splitlines())],
            [
                ["paddle", "name", "pass", "link"],
                ["1", "<b>Ann</b> & Co", codes[0], link + codes[0]],
                ["1234", "Zoë", codes[1], link + codes[1]],
                ["3", "'=HYPERLINK('x')", codes[2], link + codes[2]],
                ["4", "", codes[3], link + codes[3]],
            ],
        )

    def test_text(self) -> None:
        text = self.write("cards.txt", "--address", "example.org 12346", "--title", "Spring sale")
        cards = CODE.sub("CODE", text).split("\n" + "-" * 60 + "\n\n")
        self.assertEqual(len(cards), 4)
        self.assertEqual(
            cards[1].splitlines(),
            [
                "Sale:    Spring sale",
                "Paddle:  1234",
                "Name:    Zoë",
                "Role:    seller",
                "Room:    art",
                "Server:  example.org 12346",
                "Code:    CODE",
            ],
        )
        self.assertNotIn("Name:", cards[3])

    def test_cards(self) -> None:
        """Names are text, not HTML, and no card is split between pages."""
        address = "https://example.org"
        text = self.write("cards.HTML", "--address", address, "--title", "A & B")
        page = Cards()
        page.feed(text)
        codes = CODE.findall(text)
        sale = {"title": "A & B", "server": address}
        self.assertEqual(
            page.cards,
            [
                {**sale, "paddle": "1", "name": "<b>Ann</b> & Co", "code": codes[0]},
                {
                    **sale,
                    "paddle": "1234",
                    "name": "Zoë",
                    "role": "Seller, room art",
                    "code": codes[1],
                },
                {
                    **sale,
                    "paddle": "3",
                    "name": "=HYPERLINK('x')",
                    "role": "Watcher",
                    "code": codes[2],
                },
                {**sale, "paddle": "4", "role": "Auctioneer", "code": codes[3]},
            ],
        )
        self.assertIn("<title>A &amp; B</title>", text)
        self.assertEqual(page.tags.count("svg"), 4)
        self.assertFalse({"script", "link", "img", "b"} & {*page.tags})
        self.assertNotIn("url(", text)
        self.assertRegex(text, r"article \{[^}]*break-inside: avoid")

    def test_qr_codes(self) -> None:
        """Of the link, or of the code alone where the address is no URL."""
        made: list[str] = []
        qr_code = people_sheet._qr_code

        def note(text: str) -> str:
            made.append(text)
            return qr_code(text)

        self.patch(people_sheet, "_qr_code", note)
        for address, link in [("example.org 12346", ""), ("HTTP://h:1", "HTTP://h:1/join/")]:
            made.clear()
            text = self.write(f"{len(address)}.html", "--address", address)
            self.assertEqual(made, [link + code for code in CODE.findall(text)])

    def test_without_the_library(self) -> None:
        """The cards are made without them, and the organiser is told what to install."""
        self.patch(people_sheet, "HAS_QR_CODES", False)
        self.list.write_text(self.LIST)
        self.list.chmod(0o600)
        sheet = self.folder / "cards.html"
        status, _, errors = self.auction("people", "add", str(self.list), "--sheet", str(sheet))
        self.assertEqual(status, 0)
        self.assertEqual(
            errors,
            "auction people add: the cards have no QR codes: pip install "
            "'twisted-auction[people]'\n",
        )
        self.assertNotIn("<svg", sheet.read_text())
        self.assertEqual(len(CODE.findall(sheet.read_text())), 4)


class AnyListTests(PeopleTestCase):
    @settings(max_examples=30, deadline=None)  # each of them waits for the disk
    @given(st.data())
    def test_own_cells(self, data: st.DataObject) -> None:
        """Whatever is changed, all other cells stay, in their order and their form."""
        paddles = data.draw(st.lists(st.integers(1, 30), unique=True, min_size=1))
        notes = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=5)
        separator = data.draw(st.sampled_from(",;\t"))
        text = StringIO(newline="")
        writer = csv.writer(text, delimiter=separator, quoting=csv.QUOTE_ALL)
        before = {paddle: ("Ann", str(paddle), data.draw(notes)) for paddle in paddles}
        writer.writerows([("name", "paddle", "notes"), *before.values()])
        self.list.write_bytes(text.getvalue().encode())
        chosen = data.draw(st.lists(st.sampled_from(paddles), unique=True))
        added = data.draw(st.lists(st.integers(31, 40), unique=True))
        file = PeopleTable(self.list)
        limited: set[int] = set()
        match data.draw(st.sampled_from(["add", "set", "remove"])):
            case "add":
                file.add({"paddle": str(paddle), "limit": "5"} for paddle in added)
                after = [*((*row, "")[:3] for row in before.values())]
                after += [("", str(paddle), "") for paddle in added]
                limited = {*added}
            case "set":
                file.set("limit", dict.fromkeys(chosen, "5"))
                after = [*before.values()]
                limited = {*chosen}
            case "remove":
                file.remove(chosen)
                after = [before[paddle] for paddle in paddles if paddle not in chosen]
        file.save()
        read = csv.reader(
            StringIO(self.list.read_bytes().decode(), newline=""), delimiter=separator
        )
        rows = [tuple(row[:3]) for row in read]
        self.assertEqual(rows, [("name", "paddle", "notes"), *after])
        persons = PeopleTable(self.list).persons
        self.assertEqual({paddle for paddle in persons if persons[paddle].limit}, limited)


class PaddlesTests(SynchronousTestCase):
    def test_ranges(self) -> None:
        for text, paddles in [
            ("7", [7]),
            ("1-3", [1, 2, 3]),
            ("3, 17,2-4", [3, 17, 2, 4]),
            ("9999", [9999]),
            ("all", None),
            (None, None),
        ]:
            self.assertEqual(parse_paddles(text), paddles)

    def test_wrong(self) -> None:
        for text in (
            "",
            "1-",
            "-3",
            "1,,2",
            "3-2",
            "0",
            "10000",
            "1-10000",
            "\u0661",
            "ALL",
            "1 2",
        ):
            with self.assertRaises(usage.UsageError, msg=text):
                parse_paddles(text)

    @given(st.lists(st.integers(1, MAX_PADDLE), min_size=1))
    def test_any(self, paddles: list[int]) -> None:
        text = ",".join(map(str, paddles))
        self.assertEqual(parse_paddles(text), [*dict.fromkeys(paddles)])
