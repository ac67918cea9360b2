import errno
import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
from contextlib import closing
from hashlib import sha256
from pathlib import Path

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

import twisted_auction
from tests.support import Saleroom
from twisted_auction.house import ledger as ledger_module
from twisted_auction.house.ledger import BATCH, Ledger, LedgerError, Row, reading
from twisted_auction.rules.events import Arrived

HOLDER = """
import sys
from pathlib import Path
from twisted.internet.task import Clock
from twisted_auction.house.ledger import Ledger
Ledger(Path(sys.argv[1]), Clock(), print).open()
print("open", flush=True)
sys.stdin.read()
"""


class LedgerTestCase(SynchronousTestCase):
    """Tests with a ledger in a folder of its own."""

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name).resolve()
        self.path = self.folder / "ledger"
        self.clock = Clock()
        self.failures: list[str] = []
        self.said: list[str] = []

    def opened(self) -> Ledger:
        ledger = Ledger(self.path, self.clock, self.failures.append)
        ledger.open()
        self.addCleanup(ledger.close)
        return ledger

    def filled(self) -> list[Row]:
        """Write a whole auction, and close."""
        room = Saleroom(ledger=self.path)
        seller, buyers = room.enters(), []
        room.turns()
        seller.types("2 100 2 Sword")
        for _ in range(2):
            buyers.append(room.enters())
            room.passes(1)
        for buyer, amount in zip(buyers, (150, 180), strict=True):
            buyer.types(str(amount))
            room.passes(1)
        room.rooms.close_ledger()
        return self.rows()

    def rows(self) -> list[Row]:
        with reading(self.path) as rows:
            return list(rows)

    def refusal(self) -> str:
        """Why the ledger cannot be opened: one line."""
        ledger = Ledger(self.path, self.clock, self.failures.append)
        error = self.assertRaises(LedgerError, ledger.open)
        self.assertNotIn("\n", str(error))
        return str(error).replace(str(self.path), "PATH")


class WritingTests(LedgerTestCase):
    """What is put down is committed, and then published, in order."""

    def test_order(self) -> None:
        ledger = self.opened()
        page = ledger.page("main")
        ledger.then(lambda: self.said.append("at once"))
        self.assertEqual(self.said, ["at once"])
        page.record([Arrived(0, "a")], 0.0)
        page.then(lambda: self.said.append("first"))
        ledger.then(lambda: self.said.append("second"))
        self.assertEqual((self.said, self.rows()), (["at once"], []))
        self.clock.advance(0)
        self.assertEqual(self.said, ["at once", "first", "second"])
        self.assertEqual(len(self.rows()), 1)

    def test_answers_while_publishing(self) -> None:
        """What they bring is committed before they are answered, on closing too."""
        ledger = Ledger(self.path, self.clock, self.failures.append)
        ledger.open()
        page = ledger.page("main")

        def answer(who: int) -> None:
            self.said.append(f"{who}: {len(self.rows())}")
            if who < 4:
                page.record([Arrived(who + 1, "a")], 0.0)
                page.then(lambda: answer(who + 1))

        page.record([Arrived(0, "a")], 0.0)
        page.then(lambda: answer(0))
        ledger.close()
        self.assertEqual(self.said, ["0: 1", "1: 2", "2: 3", "3: 4", "4: 5"])
        self.assertEqual((len(self.rows()), self.clock.getDelayedCalls()), (5, []))

    def test_a_bug_in_one_answer(self) -> None:
        """The others are told all the same, a turn later."""
        ledger = self.opened()
        page = ledger.page("main")
        page.record([Arrived(0, "a")], 0.0)
        page.then(lambda: self.said.append("first"))
        page.record([Arrived(1, "a")], 0.0)
        page.then(lambda: self.said[7])
        page.record([Arrived(2, "a")], 0.0)
        page.then(lambda: self.said.append("third"))
        self.assertRaises(IndexError, ledger.commit)
        self.assertEqual(self.said, ["first"])
        self.clock.advance(0)
        self.assertEqual((self.said, len(self.rows())), (["first", "third"], 3))
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_a_turn_that_brings_too_much(self) -> None:
        page = self.opened().page("main")
        for who in range(BATCH + 1):
            page.record([Arrived(who, "a")], 0.0)
            page.then(lambda: self.said.append("told"))
        self.assertEqual((len(self.said), len(self.rows())), (BATCH, BATCH))
        self.clock.advance(0)
        self.assertEqual((len(self.said), len(self.rows())), (BATCH + 1, BATCH + 1))

    def test_as_safe_as_can_be(self) -> None:
        database = self.opened()._database
        pragmas = {
            name: database.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("journal_mode", "synchronous", "fullfsync")
        }
        self.assertEqual(pragmas, {"journal_mode": "wal", "synchronous": 2, "fullfsync": 1})

    def test_never_opened(self) -> None:
        Ledger(self.path, self.clock, self.failures.append).close()
        self.assertFalse(self.path.exists())

    def test_closing_commits(self) -> None:
        ledger = Ledger(self.path, self.clock, self.failures.append)
        ledger.open()
        ledger.page("main").record([Arrived(0, "a")], 0.0)
        ledger.page("main").then(lambda: self.said.append("told"))
        ledger.close()
        self.assertEqual((self.said, len(self.rows())), (["told"], 1))

    def test_chain(self) -> None:
        """Worked out from what the documentation says, and in the order of time."""
        rows = self.filled()
        self.assertEqual(len(rows), 8)
        last = ""
        for row in rows:
            columns = [row.number, row.at, row.room, row.auction, row.kind, row.body]
            text = "\n".join(map(str, [last, *columns]))
            last = sha256(text.encode()).hexdigest()
            self.assertEqual(row.hash, last)
        self.assertEqual([row.number for row in rows], list(range(1, 9)))
        self.assertEqual([row.at for row in rows], sorted(row.at for row in rows))

    def test_modes(self) -> None:
        """The files are their owner's alone, whatever the umask."""
        self.addCleanup(os.umask, os.umask(0))
        ledger = self.opened()
        ledger.page("main").record([Arrived(0, "a")], 0.0)
        ledger.page("main").then(lambda: None)
        self.clock.advance(0)
        self.assertEqual(
            {file.name: oct(file.stat().st_mode & 0o777) for file in self.folder.iterdir()},
            dict.fromkeys(["ledger", "ledger-wal", "ledger-shm", "ledger-lock"], "0o600"),
        )


class RefusalTests(LedgerTestCase):
    """What cannot be used is refused in one line."""

    def test_another_server(self) -> None:
        holder = subprocess.Popen(
            [sys.executable, "-c", HOLDER, str(self.path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": str(Path(twisted_auction.__file__).parent.parent)},
        )
        try:
            assert holder.stdout is not None
            self.assertEqual(holder.stdout.readline(), b"open\n")
            self.assertEqual(self.refusal(), "another server is writing the ledger PATH.")
        finally:
            holder.send_signal(signal.SIGKILL)
            holder.communicate()
        self.opened()

    def test_text_file(self) -> None:
        """And nothing is put beside it."""
        self.path.write_text("Dear diary,\n")
        self.assertEqual(self.refusal(), "PATH is no ledger.")
        self.assertEqual(list(self.path.parent.iterdir()), [self.path])

    def test_name_too_long(self) -> None:
        self.path = self.path.with_name("x" * 300)
        self.assertEqual(self.refusal(), "the ledger PATH cannot be locked: File name too long.")

    def test_disk_that_takes_no_file(self) -> None:
        def fail(descriptor: int) -> None:
            raise OSError(errno.EIO, "Input/output error")

        self.patch(os, "fsync", fail)
        self.assertEqual(self.refusal(), "the ledger PATH cannot be made: Input/output error.")

    def test_empty_file(self) -> None:
        self.path.touch()
        self.opened()
        self.assertEqual(self.rows(), [])

    def test_another_database(self) -> None:
        with closing(sqlite3.connect(self.path)) as database:
            database.execute("CREATE TABLE diary (entry)")
        before = self.path.read_bytes()
        self.assertEqual(self.refusal(), "PATH is no ledger.")
        self.assertEqual(self.path.read_bytes(), before)

    def test_schemas_that_nobody_knows(self) -> None:
        self.filled()
        for number, reason in [
            (2, "; this version of the program knows schema 1, so a newer one is needed."),
            (0, ", which there never was."),
            (-1, ", which there never was."),
        ]:
            with closing(sqlite3.connect(self.path)) as database:
                database.execute(f"PRAGMA user_version = {number}")
            self.assertEqual(self.refusal(), f"the ledger PATH has schema {number}{reason}")

    def test_directory(self) -> None:
        self.path.mkdir()
        self.assertEqual(self.refusal(), "the ledger PATH cannot be opened: Is a directory.")

    def test_missing_folder(self) -> None:
        self.path = self.folder / "missing" / "ledger"
        self.assertEqual(
            self.refusal(), "the ledger PATH cannot be locked: No such file or directory."
        )

    def test_no_log_ahead_of_writing(self) -> None:
        """A database in memory keeps none, and says so."""
        connect = sqlite3.connect
        self.patch(sqlite3, "connect", lambda path, **keywords: connect(":memory:", **keywords))
        self.assertEqual(
            self.refusal(),
            "the ledger PATH cannot be kept safely: SQLite answers journal_mode=memory, and WAL "
            "is needed.",
        )

    def test_without_rights(self) -> None:
        """A ledger that may only be read is refused to a server, and read."""
        rows = self.filled()
        if os.geteuid() == 0:
            os.chmod(self.folder, 0o755)
            os.chmod(self.path, 0o444)
            os.chmod(self.folder / "ledger-lock", 0o666)
            os.seteuid(65534)
            self.addCleanup(os.seteuid, 0)
        else:
            os.chmod(self.path, 0o400)
            os.chmod(self.folder, 0o500)
            self.addCleanup(os.chmod, self.folder, 0o700)
        self.assertEqual(
            self.refusal(), "the ledger PATH cannot be read: unable to open database file."
        )
        self.assertEqual(self.rows(), rows)


class MigrationTests(LedgerTestCase):
    """An older ledger is brought up to date, and what it was is kept beside it."""

    def setUp(self) -> None:
        super().setUp()
        self.before = self.filled()
        self.backup = Path(f"{self.path}.schema-1")

    def migrations(self, *migrations: str) -> None:
        self.patch(ledger_module, "MIGRATIONS", migrations)
        self.patch(ledger_module, "SCHEMA_NUMBER", 1 + len(migrations))

    def columns(self, path: Path) -> tuple[int, list[str]]:
        """The schema's number, and the names of the columns."""
        with closing(sqlite3.connect(path)) as database:
            (number,) = database.execute("PRAGMA user_version").fetchone()
            columns = [row[1] for row in database.execute("PRAGMA table_info(event)")]
        return number, columns

    def test_migrated(self) -> None:
        _, columns = self.columns(self.path)
        self.backup.write_text("of an attempt that was cut short")
        self.migrations("ALTER TABLE event ADD COLUMN note TEXT", "CREATE TABLE more (a TEXT)")
        self.opened()
        self.assertEqual(self.columns(self.path), (3, [*columns, "note"]))
        self.assertEqual(self.columns(self.backup), (1, columns))
        self.assertEqual(self.columns(Path(f"{self.path}.schema-2")), (2, [*columns, "note"]))
        self.assertEqual(oct(self.backup.stat().st_mode & 0o777), "0o600")
        self.assertEqual(self.rows(), self.before)

    def test_failure(self) -> None:
        """Nothing of a migration that fails is left, nor is a transaction open."""
        self.migrations("ALTER TABLE event ADD COLUMN note TEXT; SPELLING MISTAKE")
        before = self.columns(self.path)
        self.assertEqual(
            self.refusal(),
            "the ledger PATH has schema 1, and cannot be brought to schema 2: near "
            '"SPELLING": syntax error.',
        )
        self.assertEqual(self.columns(self.path), before)
        self.assertEqual(self.columns(self.backup), before)
        self.migrations()
        self.opened()
        self.assertEqual(self.rows(), self.before)
