"""Moving finished auctions to an archive: nothing is lost, and both files verify."""

import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
from contextlib import ExitStack, closing
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

import twisted_auction
from tests.ledger.support import Interrupted, house_hash_of
from tests.support import CommandTestCase
from twisted_auction.ledger import archive as archive_module
from twisted_auction.ledger.archive import move
from twisted_auction.ledger.row import LedgerError, Row, row_hash
from twisted_auction.ledger.schema import ARCHIVE_ID
from twisted_auction.ledger.sqlite import open_locked
from twisted_auction.ledger.storage import open_view
from twisted_auction.ledger.verification import Verdict, verify
from twisted_auction.testing import MemoryHouse, StrictClock


class ArchiveTestCase(CommandTestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name).resolve()
        self.path = self.folder / "auction.sqlite3"
        self.archive = self.folder / "2026.sqlite3"
        self.clock = StrictClock()
        self.tickets = count(1)

    def opens(self) -> MemoryHouse:
        """A house on the ledger, an hour after the last one."""
        self.clock.advance(3600)
        return MemoryHouse(ledger=self.path, clock=self.clock, tickets=self.tickets)

    def fill(self, *rooms: str) -> None:
        """Hold an auction of eight rows in each of these rooms, ten seconds apart."""
        house = self.opens()
        for room in rooms:
            house.connect_to_lobby(f"JOIN {room}", "2 100 2 Sword")
            buyers = [house.connect_to_lobby(f"JOIN {room}") for _ in range(2)]
            for buyer, amount in zip(buyers, ("150", "120"), strict=True):
                buyer.send_lines(amount)
            house.advance(10)
        self.shut(house)

    def begin(self, room: str) -> None:
        """Begin an auction that does not end."""
        house = self.opens()
        house.connect_to_lobby(f"JOIN {room}", "2 100 2 Sword")
        self.shut(house)

    def shut(self, house: MemoryHouse) -> None:
        house.close()
        self.assertEqual(house.failures, [])

    def rows(self, *paths: Path) -> list[Row]:
        """The rows of these files, by room and number."""
        rows: list[Row] = []
        for path in paths:
            with open_view(path) as view:
                rows += view.rows()
        return sorted(rows, key=lambda row: (row.room, row.number))

    def verdict(self, *paths: Path) -> Verdict:
        with ExitStack() as stack:
            return verify([stack.enter_context(open_view(path)) for path in paths])

    def numbers(self, path: Path) -> list[str]:
        """The auctions with rows in a file."""
        return list(dict.fromkeys(f"{row.room}/{row.auction}" for row in self.rows(path)))

    def ledger(self, *argv: str) -> tuple[int, list[str], str]:
        status, lines, errors = self.auction("ledger", *argv)
        where = f"{self.folder}/"
        return status, [line.replace(where, "") for line in lines], errors.replace(where, "")


class MoveTests(ArchiveTestCase):
    def test_everything_that_is_over(self) -> None:
        self.fill("main", "art", "main")
        self.begin("art")
        before, hash = self.rows(self.path), self.verdict(self.path).house_hash
        size = self.path.stat().st_size
        self.assertEqual(
            self.ledger("archive", str(self.path), str(self.archive)),
            (0, ["Moved 3 auctions with 24 rows in 2 rooms to 2026.sqlite3."], ""),
        )
        self.assertEqual(self.numbers(self.path), ["art/2"])
        self.assertEqual(self.numbers(self.archive), ["art/1", "main/1", "main/2"])
        self.assertEqual(self.rows(self.path, self.archive), before)
        self.assertLess(self.path.stat().st_size, size + 4096)
        self.assertEqual(oct(self.archive.stat().st_mode & 0o777), "0o600")
        self.assertEqual(
            sorted(file.name for file in self.folder.iterdir() if "2026" in file.name),
            ["2026.sqlite3"],
        )
        verdicts = [
            self.verdict(*paths)
            for paths in (
                [self.path],
                [self.archive],
                [self.path, self.archive],
                [self.archive, self.path],
            )
        ]
        self.assertEqual(
            [(v.rows, v.auctions, v.missing) for v in verdicts],
            [(3, 1, 24), (24, 3, 0), (27, 4, 0), (27, 4, 0)],
        )
        for verdict in (verdicts[0], *verdicts[2:]):
            self.assertEqual(verdict.house_hash, hash)

    def test_goes_on(self) -> None:
        """The house opens with the remaining rows and goes on with its auctions and numbers. Later
        auctions can be moved to the same archive or another one."""
        self.fill("main", "art")
        self.begin("art")
        move(self.path, self.archive)
        house = self.opens()
        for amount in ("110", "120"):
            house.connect_to_lobby("JOIN art").send_lines(amount)
        house.advance(400)
        self.shut(house)
        self.fill("main", "hall")
        whole = self.rows(self.path, self.archive)
        self.assertEqual(move(self.path, self.archive)[1:], (3, 3))
        other = self.folder / "2027.sqlite3"
        self.fill("main")
        self.assertEqual(move(self.path, other)[1:], (1, 1))
        self.assertEqual(
            self.numbers(self.archive), ["art/1", "art/2", "hall/1", "main/1", "main/2"]
        )
        self.assertEqual(self.numbers(other), ["main/3"])
        for paths in ([self.path], [self.archive], [other], [other, self.archive, self.path]):
            self.verdict(*paths)
        self.assertEqual(self.verdict(self.path, other).missing, len(self.rows(self.archive)))
        self.assertEqual(len(self.rows(self.path, self.archive, other)), len(whole) + 8)
        self.assertEqual(
            self.ledger("archive", str(self.path), str(other)),
            (0, ["There is nothing to move."], ""),
        )


class ChoiceTests(ArchiveTestCase):
    """The choice of the auctions to move."""

    def setUp(self) -> None:
        super().setUp()
        for _ in range(3):
            self.fill("main", "art")

    def test_ledger_by_option(self) -> None:
        """The ledger can be given as in the other commands, but there is no default."""
        archive, path = str(self.archive), str(self.path)
        for argv in (
            ("archive", "--keep", "1", "--ledger", path, archive),
            ("--ledger", path, "archive", archive),
        ):
            status, lines, errors = self.ledger(*argv)
            self.assertEqual((status, errors), (0, ""))
            self.assertRegex(lines[0], r"^Moved \d+ auctions with .* to 2026\.sqlite3\.$")
        complaint = (
            "auction ledger archive: name one ledger. Try 'auction ledger archive --help'.\n"
        )
        told = self.ledger("archive", "--ledger", path, path, archive)
        self.assertEqual(told, (2, [], complaint))

    def test_keep(self) -> None:
        self.assertEqual(
            self.ledger("archive", "--keep", "2", str(self.path), str(self.archive))[1],
            ["Moved 2 auctions with 16 rows in 2 rooms to 2026.sqlite3."],
        )
        self.assertEqual(self.numbers(self.path), ["art/2", "art/3", "main/2", "main/3"])

    def test_keep_and_one_that_is_on(self) -> None:
        """An unfinished auction is kept as well."""
        self.begin("art")
        move(self.path, self.archive, keep=1)
        self.assertEqual(self.numbers(self.path), ["art/3", "art/4", "main/3"])

    def test_before(self) -> None:
        """Days and instants are in UTC. The houses were open from 9, 10 and 11 o'clock."""
        for before, left in [
            ("2027-01-15", ["art/1", "art/2", "art/3", "main/1", "main/2", "main/3"]),
            ("2027-01-15T09:00:10", ["art/1", "art/2", "art/3", "main/2", "main/3"]),
            ("2027-01-15T12:00+02:00", ["art/2", "art/3", "main/2", "main/3"]),
            ("2027-01-16", []),
        ]:
            self.ledger("archive", "-b", before, str(self.path), str(self.archive))
            self.assertEqual(self.numbers(self.path), left)
            self.verdict(*(path for path in (self.path, self.archive) if path.exists()))

    def test_both(self) -> None:
        move(self.path, self.archive, keep=2, before=10**30)
        self.assertEqual(self.numbers(self.path), ["art/2", "art/3", "main/2", "main/3"])

    def test_usage(self) -> None:
        for argv, complaint in [
            ((), "name a ledger and an archive"),
            (("a",), "name a ledger and an archive"),
            (
                ("postgresql://user:secret@host/house", "b"),
                "the ledger and the archive must be files, not databases",
            ),
            (
                ("a", "postgres://user:secret@host/house"),
                "the ledger and the archive must be files, not databases",
            ),
            (("--keep", "-1", "a", "b"), "--keep must be a whole number, not '-1'"),
            (
                ("--before", "noon", "a", "b"),
                "--before takes a day or an instant, such as 2026-12-05T19:00, not 'noon'",
            ),
        ]:
            told = f"auction ledger archive: {complaint}. Try 'auction ledger archive --help'.\n"
            self.assertEqual(self.ledger("archive", *argv), (2, [], told))


class ReadingTests(ArchiveTestCase):
    """The other commands, on both files."""

    def test_commands(self) -> None:
        self.fill("main", "art")
        move(self.path, self.archive)
        self.fill("main")
        live, archive = str(self.path), str(self.archive)
        for file, auctions in [(live, ["main/2"]), (archive, ["main/1", "art/1"])]:
            _, lines, _ = self.ledger("list", file)
            self.assertEqual([line.split()[0] for line in lines[1:]], auctions)
            self.assertEqual(len(self.ledger("export", file)[1]), 1 + 3 * len(auctions))
        self.assertEqual(self.ledger("show", archive, "main/1")[1][0], "Auction 1, room main")
        self.assertEqual(self.ledger("show", live, "2")[1][0], "Auction 2, room main")
        self.assertEqual(
            self.ledger("show", live, "main/1"),
            (1, [], "auction ledger show: auction 1 of room main is in an archive.\n"),
        )

    def test_verify(self) -> None:
        self.fill("main", "art")
        with open_view(self.path) as view:
            noted = house_hash_of(view)
        move(self.path, self.archive)
        self.fill("main")
        with open_view(self.path) as view:
            hash = house_hash_of(view)
        live, archive = str(self.path), str(self.archive)
        whole = f"24 rows, 3 auctions: everything holds. House hash: {hash}"
        self.assertEqual(self.ledger("verify", live, archive), (0, [whole], ""))
        self.assertEqual(
            self.ledger("verify", live),
            (
                0,
                [
                    f"8 rows, 1 auction: everything holds. House hash: {hash}",
                    "In archives that were not named: 16 rows before.",
                ],
                "",
            ),
        )
        for files in ([live], [archive], [live, archive]):
            found = [] if files == [archive] else [hash]
            for expected in [noted, *found, self.rows(Path(files[-1]))[-1].hash]:
                status, lines, _ = self.ledger("verify", "--expect", expected, *files)
                self.assertEqual((status, lines[-1]), (0, "The expected hash is found."))

    def test_ticket(self) -> None:
        """The result is no longer in the ledger."""
        self.fill("main")
        move(self.path, self.archive)
        house = self.opens()
        visitor = house.connect_to_lobby("RESUME ticket-1")
        house.advance(1)
        self.assertEqual(visitor.read_lines(), ["Not done: there is no such ticket."])
        self.shut(house)

    def test_first_row_of_an_auction(self) -> None:
        """The search starts after the archived rows."""
        self.fill("main", "main")
        move(self.path, self.archive, keep=1)
        self.fill("main")
        house = self.opens()
        visitor = house.connect_to_lobby("RESUME ticket-5")
        house.advance(1)
        self.assertEqual(visitor.read_lines()[0], "Auction finished!")
        self.shut(house)
        with open_view(self.path) as view:
            self.assertEqual(
                {view.first_row(row.room, row.auction) for row in view.rows()}, {9, 17}
            )


class RefusalTests(ArchiveTestCase):
    """A refusal is one line and changes nothing."""

    def refusal(self, *paths: Path) -> str:
        before = {path: self.rows(path) for path in (self.path, self.archive) if path.exists()}
        files = [str(path) for path in paths or (self.path, self.archive)]
        status, lines, errors = self.ledger("archive", *files)
        self.assertEqual((status, lines, errors.count("\n")), (1, [], 1))
        self.assertEqual({path: self.rows(path) for path in before}, before)
        return errors.removeprefix("auction ledger archive: ").removesuffix("\n")

    def test_while_a_server_runs(self) -> None:
        self.fill("main")
        house = self.opens()
        self.assertEqual(
            self.refusal(), "another server or command is writing the file auction.sqlite3."
        )
        self.assertFalse(self.archive.exists())
        self.shut(house)

    def test_no_ledger(self) -> None:
        self.assertEqual(
            self.refusal(),
            "the file auction.sqlite3 cannot be opened: No such file or directory.",
        )
        self.path.write_text("Dear diary,\n" * 100)
        status, _, errors = self.ledger("archive", str(self.path), str(self.archive))
        self.assertEqual(
            (status, errors),
            (1, "auction ledger archive: auction.sqlite3 is no ledger and no archive.\n"),
        )
        self.assertFalse(self.archive.exists())

    def test_same_file(self) -> None:
        self.fill("main")
        link = self.folder / "link"
        link.symlink_to(self.path)
        for other in (self.path, link):
            self.assertEqual(
                self.refusal(self.path, other),
                "the archive must be another file than the ledger.",
            )

    def test_archive_of_another_house(self) -> None:
        self.fill("main")
        move(self.path, self.archive)
        self.path.unlink()
        self.fill("main")
        self.assertEqual(self.refusal(), "2026.sqlite3 is an archive of another house.")
        with self.assertRaises(LedgerError) as caught:
            self.verdict(self.path, self.archive)
        self.assertEqual(
            str(caught.exception), f"{self.archive} is of another house than {self.path}."
        )

    def test_ledger_as_archive(self) -> None:
        self.fill("main")
        self.archive.write_bytes(self.path.read_bytes())
        self.assertEqual(self.refusal(), "2026.sqlite3 is no archive.")

    def test_empty_file_as_archive(self) -> None:
        self.fill("main")
        self.archive.touch()
        status, _, errors = self.ledger("archive", str(self.path), str(self.archive))
        why = "2026.sqlite3 is empty and no archive: remove it, or name another file."
        self.assertEqual((status, errors), (1, f"auction ledger archive: {why}\n"))
        self.assertEqual(self.archive.stat().st_size, 0)

    def test_archive_as_ledger(self) -> None:
        """No auction can be moved from an archive, and no server can open it."""
        self.fill("main")
        move(self.path, self.archive)
        why = "2026.sqlite3 is an archive, in which no server can go on."
        self.assertEqual(self.refusal(self.archive, self.folder / "other"), why)
        self.path = self.archive
        with self.assertRaises(LedgerError) as caught:
            self.opens()
        self.assertEqual(str(caught.exception), f"{self.folder}/{why}")

    def test_archive_that_came_in_between(self) -> None:
        self.fill("main")
        move(self.path, self.archive)
        self.fill("main")
        move(self.path, self.folder / "other")
        self.fill("main")
        self.assertEqual(
            self.refusal(),
            "rows 9 to 16 of room main are in another archive than 2026.sqlite3: name that one, or "
            "a new one.",
        )

    def test_other_rows(self) -> None:
        """The archive belongs to an older copy of the ledger, with other rows since."""
        self.fill("main")
        copy = self.path.read_bytes()
        self.fill("main")
        move(self.path, self.archive)
        self.path.write_bytes(copy)
        self.clock.advance(1)
        self.fill("main")
        self.assertEqual(self.refusal(), "row 16 of room main is another one in 2026.sqlite3.")
        with self.assertRaises(LedgerError) as caught:
            self.verdict(self.path, self.archive)
        self.assertRegex(str(caught.exception), "^row 16 of room main is another one in ")

    def test_full_disk(self) -> None:
        self.fill("main")

        def fail(*arguments: Any) -> None:
            raise sqlite3.OperationalError("database or disk is full")

        self.patch(archive_module, "_copy", fail)
        self.assertEqual(
            self.refusal(),
            "the file 2026.sqlite3 cannot be written: database or disk is full.",
        )
        self.assertEqual(self.numbers(self.path), ["main/1"])


class NameTests(ArchiveTestCase):
    """An error names the faulty file, and calls an archive an archive."""

    def named(self, complaint: str) -> None:
        """Check that the error names the archive."""
        status, lines, errors = self.ledger("archive", str(self.path), str(self.archive))
        self.assertEqual((status, lines, errors), (1, [], f"auction ledger archive: {complaint}\n"))
        self.assertEqual(len(self.rows(self.path)), 8)

    def setUp(self) -> None:
        super().setUp()
        self.fill("main")

    def test_directory(self) -> None:
        self.archive.mkdir()
        self.named("the file 2026.sqlite3 cannot be opened: Is a directory.")

    def test_folder_that_is_missing(self) -> None:
        self.archive = self.folder / "missing" / "2026.sqlite3"
        self.named("the file missing/2026.sqlite3 cannot be made: No such file or directory.")

    def test_text(self) -> None:
        self.archive.write_text("Dear diary,\n" * 100)
        self.named("2026.sqlite3 is no ledger and no archive.")

    def test_hard_link(self) -> None:
        self.archived()
        os.link(self.archive, self.folder / "link")
        self.named(
            "the file 2026.sqlite3 has another name (a hard link), under which its -wal would be "
            "missed: remove that name, or make a copy."
        )

    def test_newer_schema(self) -> None:
        self.archived()
        with closing(sqlite3.connect(self.archive)) as database:
            database.execute("PRAGMA user_version = 9")
        self.named(
            "the file 2026.sqlite3 has schema 9; this version of the program knows schema 2, so a "
            "newer one is needed."
        )

    def test_two_commands_at_once(self) -> None:
        self.archived()
        with open_locked(self.archive, ARCHIVE_ID):
            self.named("another server or command is writing the file 2026.sqlite3.")

    def test_locked(self) -> None:
        self.archived()
        with closing(sqlite3.connect(self.archive)) as database:
            database.execute("BEGIN EXCLUSIVE")
            self.patch(sqlite3, "connect", partial(sqlite3.connect, timeout=0))
            self.named(
                "the file 2026.sqlite3 is locked by another program: end that one, and start again."
            )

    def test_ledger_that_is_damaged(self) -> None:
        """While rows are copied, both files are in use."""
        execute = sqlite3.Connection.execute

        class Damaged(sqlite3.Connection):
            def execute(self, statement: str, *arguments: Any) -> sqlite3.Cursor:
                if statement.startswith("SELECT room, number, at"):
                    raise sqlite3.DatabaseError("database disk image is malformed")
                return execute(self, statement, *arguments)

        connect = sqlite3.connect
        self.patch(
            sqlite3, "connect", lambda *args, **more: connect(*args, factory=Damaged, **more)
        )
        self.named("the file auction.sqlite3 cannot be read: database disk image is malformed.")

    def archived(self) -> None:
        """Create the archive, and hold another auction."""
        move(self.path, self.archive)
        self.fill("main")


KILLED = """
import os, sqlite3, sys
from pathlib import Path
from tests.ledger import support
from twisted_auction.ledger.archive import move

class Killed(support.Interrupted):
    pass

def connect(*arguments, **keywords):
    return original(*arguments, **keywords, factory=Killed)

original, sqlite3.connect = sqlite3.connect, connect
Killed.left = int(sys.argv[3])
try:
    move(Path(sys.argv[1]), Path(sys.argv[2]))
except KeyboardInterrupt:
    os.kill(os.getpid(), 9)
"""


class InterruptionTests(ArchiveTestCase):
    """After an interruption at any point, no row is lost, both files verify, and moving again
    completes the work."""

    def prepared(self) -> tuple[bytes, list[Row], str]:
        """A ledger with auctions for two archives."""
        self.fill("main", "art")
        move(self.path, self.archive)
        self.fill("main", "hall", "main")
        self.begin("main")
        with closing(sqlite3.connect(self.path)) as database:
            database.execute("PRAGMA journal_mode = DELETE")
        with open_view(self.path) as view:
            hash = house_hash_of(view)
        return self.path.read_bytes(), self.rows(self.path, self.archive), hash

    def check(self, whole: list[Row], hash: str) -> None:
        """Check that no row is lost."""
        here = {(row.room, row.number): row for row in self.rows(self.path, self.archive)}
        self.assertEqual([here[key] for key in sorted(here)], whole)
        for paths in ([self.path], [self.archive], [self.path, self.archive]):
            verdict = self.verdict(*paths)
        self.assertEqual((verdict.rows, verdict.missing, verdict.house_hash), (len(whole), 0, hash))

    def finish(self, whole: list[Row], hash: str) -> None:
        """Check that moving again completes the work."""
        move(self.path, self.archive)
        self.assertEqual(self.numbers(self.path), ["main/4"])
        self.assertEqual(self.rows(self.path, self.archive), whole)
        self.check(whole, hash)

    def clear(self, live: bytes, archive: bytes) -> None:
        for file in self.folder.iterdir():
            file.unlink()
        self.path.write_bytes(live)
        self.archive.write_bytes(archive)

    def test_interrupted(self) -> None:
        live, whole, hash = self.prepared()
        archive = self.archive.read_bytes()
        connect = sqlite3.connect
        for statements in range(1000):
            self.clear(live, archive)
            Interrupted.left = statements
            self.patch(
                sqlite3,
                "connect",
                lambda *args, **more: connect(*args, **more, factory=Interrupted),
            )
            try:
                move(self.path, self.archive)
            except KeyboardInterrupt:
                is_over = False
            else:
                is_over = True
            Interrupted.left = 10**9
            self.patch(sqlite3, "connect", connect)
            self.check(whole, hash)
            if is_over:
                break
            self.finish(whole, hash)
        self.assertGreater(statements, 60)

    def test_killed(self) -> None:
        live, whole, hash = self.prepared()
        archive = self.archive.read_bytes()
        folder = str(Path(twisted_auction.__file__).parent.parent)
        for statements in (40, 60, 80):
            self.clear(live, archive)
            done = subprocess.run(
                [sys.executable, "-c", KILLED, str(self.path), str(self.archive), str(statements)],
                env={**os.environ, "PYTHONPATH": folder},
                check=False,
            )
            self.assertIn(done.returncode, (-signal.SIGKILL, 0))
            self.check(whole, hash)
            self.finish(whole, hash)


class OldChainTests(ArchiveTestCase):
    """A ledger that was begun with schema 1."""

    def setUp(self) -> None:
        super().setUp()
        script = Path(__file__).with_name("schema-1.sql").read_text()
        with closing(sqlite3.connect(self.path)) as database:
            database.executescript(script)

    def test_both_files(self) -> None:
        self.assertEqual(move(self.path, self.archive)[1:], (4, 2))
        for paths, old_rows in [
            ([self.path], 37),
            ([self.archive], 37),
            ([self.path, self.archive], 37),
        ]:
            self.assertEqual(self.verdict(*paths).old_rows, old_rows)
        (line,) = [line for line in self.ledger("verify", str(self.path))[1] if "schema 1" in line]
        self.assertEqual(line, "The chain of schema 1 holds, too: 37 rows.")
        with closing(sqlite3.connect(self.archive)) as database:
            ((old,),) = database.execute("SELECT hash FROM chain1 WHERE number = 5")
        self.assertEqual(
            self.ledger("verify", "--expect", old, str(self.archive))[1][-1],
            "The expected hash is found.",
        )
        with closing(sqlite3.connect(self.archive)) as database, database:
            database.execute("UPDATE chain1 SET hash = upper(hash) WHERE number = 5")
        with self.assertRaises(LedgerError) as caught:
            self.verdict(self.archive)
        self.assertEqual(
            str(caught.exception),
            "row 5 of schema 1 does not hold: its hash or its place is another one.",
        )

    def forge_archive(self) -> None:
        """Change a row after one of another room in schema 1, and all new hashes."""
        with closing(sqlite3.connect(self.archive)) as database, database:
            database.execute(
                "UPDATE event SET body = replace(body, '50005', '50055') "
                "WHERE room = 'hall' AND number = 1"
            )
            ((hash,),) = database.execute("SELECT anchor FROM house")
            for number, *rest in database.execute(
                "SELECT number, at, room, auction, kind, body FROM event WHERE room = 'hall' "
                "ORDER BY number"
            ).fetchall():
                hash = row_hash(hash, number, *rest)
                database.execute(
                    "UPDATE event SET hash = ? WHERE room = 'hall' AND number = ?", (hash, number)
                )
        with closing(sqlite3.connect(self.path)) as database, database:
            database.execute("UPDATE room SET archived_hash = ? WHERE name = 'hall'", (hash,))

    def test_row_after_one_of_another_room(self) -> None:
        """A row in an archive is checked against the old chain, whatever came before it."""
        move(self.path, self.archive)
        with closing(sqlite3.connect(self.path)) as database:
            ((old,),) = database.execute("SELECT hash FROM chain1 WHERE number = 7")
        status, lines, _ = self.ledger("verify", "--expect", old, str(self.path))
        self.assertEqual(
            (status, lines), (1, [])
        )  # the row is not in this file, so it cannot be checked
        both = [str(self.path), str(self.archive)]
        self.assertEqual(
            self.ledger("verify", "--expect", old, *both)[1][-1], "The expected hash is found."
        )
        with closing(sqlite3.connect(self.path)) as database:
            ((first_of_art,),) = database.execute(
                "SELECT min(number) FROM chain1 WHERE room = 'art'"
            )
        self.forge_archive()
        for paths in ([self.archive], [self.path, self.archive]):
            with self.assertRaisesRegex(LedgerError, "^row 7 of schema 1 does not hold"):
                self.verdict(*paths)
        # The old chain matches the forged row, for all rows of the archive.
        with closing(sqlite3.connect(self.archive)) as database, database:
            self.rechain_until(database, first_of_art)
        self.verdict(self.archive)
        with self.assertRaisesRegex(LedgerError, "^row 7 of schema 1 is another one in one of"):
            self.verdict(self.path, self.archive)

    def rechain_until(self, database: sqlite3.Connection, stop: int) -> None:
        """Compute the chain of schema 1 again, up to a row outside the archive. The hash of that
        row cannot be checked there."""
        last = ""
        for number, at, room, auction, kind, body in database.execute(
            "SELECT chain1.number, at, chain1.room, chain1.auction, kind, body "
            "FROM chain1 JOIN event ON event.room = chain1.room AND event.number = room_number "
            "WHERE chain1.number < ? ORDER BY chain1.number",
            (stop,),
        ).fetchall():
            last = row_hash(last, number, at, room, auction, kind, body)
            database.execute("UPDATE chain1 SET hash = ? WHERE number = ?", (last, number))

    def test_row_that_leads_nowhere(self) -> None:
        """A forger cannot remove a row from the old chain by moving it to another file."""
        move(self.path, self.archive)
        for path, place in [
            (self.path, "room_number = 99"),
            (self.path, "room = 'nowhere', room_number = 1"),
            (self.archive, "room_number = 99"),
        ]:
            room = "art" if path == self.path else "hall"
            with closing(sqlite3.connect(path)) as database, database:
                before = database.execute("SELECT * FROM chain1").fetchall()
                database.execute(
                    f"UPDATE chain1 SET {place} WHERE number = "
                    "(SELECT max(number) FROM chain1 WHERE room = ?)",
                    (room,),
                )
            with self.assertRaisesRegex(LedgerError, "of schema 1 does not hold"):
                self.verdict(path)
            with closing(sqlite3.connect(path)) as database, database:
                database.execute("DELETE FROM chain1")
                database.executemany("INSERT INTO chain1 VALUES (?, ?, ?, ?, ?)", before)
        self.verdict(self.path, self.archive)
