import errno
import os
import re
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from hashlib import sha256
from pathlib import Path
from typing import Any

import twisted_auction
from tests.ledger.support import HOLDER, LedgerTestCase, house_hash_of
from tests.support import storage
from twisted_auction.ledger import schema
from twisted_auction.ledger.history import verify_view
from twisted_auction.ledger.journal import MAX_BATCH, Ledger
from twisted_auction.ledger.row import SECOND, LedgerError, row_hash
from twisted_auction.ledger.storage import open_view
from twisted_auction.rules.events import Arrived, Cancelled, Event, Left, Reopened, Stopped
from twisted_auction.testing import MemoryHouse

SOMETHING_ELSE = (
    "the file PATH has schema 1 and needs a copy of it first, but PATH.schema-1 is there and has "
    "something else in it: move that away, and start again."
)


class WritingTests(LedgerTestCase):
    """Events are committed, then published, in order."""

    def test_order(self) -> None:
        ledger = self.opened()
        ledger.after_commit(lambda: self.said.append("at once"))
        self.assertEqual(self.said, ["at once"])
        ledger.record("main", [Arrived(0, "a")], 0.0)
        ledger.after_commit(lambda: self.said.append("first"))
        ledger.after_commit(lambda: self.said.append("second"))
        self.assertEqual((self.said, self.rows()), (["at once"], []))
        self.clock.advance(0)
        self.assertEqual(self.said, ["at once", "first", "second"])
        self.assertEqual(len(self.rows()), 1)

    def test_events_while_publishing(self) -> None:
        """Events recorded while publishing are committed before their own publication, also on
        closing."""
        ledger = Ledger(self.path, self.clock, self.failures.append)
        ledger.open()

        def answer(who: int) -> None:
            self.said.append(f"{who}: {len(self.rows())}")
            if who < 4:
                ledger.record("main", [Arrived(who + 1, "a")], 0.0)
                ledger.after_commit(lambda: answer(who + 1))

        ledger.record("main", [Arrived(0, "a")], 0.0)
        ledger.after_commit(lambda: answer(0))
        ledger.close()
        self.assertEqual(self.said, ["0: 1", "1: 2", "2: 3", "3: 4", "4: 5"])
        self.assertEqual((len(self.rows()), self.clock.getDelayedCalls()), (5, []))

    def test_error_in_one_publication(self) -> None:
        """The other publications follow a turn later."""
        ledger = self.opened()
        ledger.record("main", [Arrived(0, "a")], 0.0)
        ledger.after_commit(lambda: self.said.append("first"))
        ledger.record("main", [Arrived(1, "a")], 0.0)
        ledger.after_commit(lambda: self.said[7])
        ledger.record("main", [Arrived(2, "a")], 0.0)
        ledger.after_commit(lambda: self.said.append("third"))
        self.assertRaises(IndexError, ledger.commit)
        self.assertEqual(self.said, ["first"])
        self.clock.advance(0)
        self.assertEqual((self.said, len(self.rows())), (["first", "third"], 3))
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_large_turn(self) -> None:
        ledger = self.opened()
        for who in range(MAX_BATCH + 1):
            ledger.record("main", [Arrived(who, "a")], 0.0)
            ledger.after_commit(lambda: self.said.append("told"))
        self.assertEqual((len(self.said), len(self.rows())), (MAX_BATCH, MAX_BATCH))
        self.clock.advance(0)
        self.assertEqual((len(self.said), len(self.rows())), (MAX_BATCH + 1, MAX_BATCH + 1))

    def test_pragmas(self) -> None:
        database = storage(self.opened())._database
        pragmas = {
            name: database.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("journal_mode", "synchronous", "fullfsync")
        }
        self.assertEqual(pragmas, {"journal_mode": "wal", "synchronous": 2, "fullfsync": 1})

    def test_never_opened(self) -> None:
        Ledger(self.path, self.clock, self.failures.append).close()
        self.assertFalse(self.path.exists())

    def test_nothing_follows_a_stop(self) -> None:
        """No server could start with such a row, so recording it raises an error, and the ledger
        goes on."""
        ledger = self.opened()
        ledger.record("main", [Arrived(0, "a"), Stopped()], 0.0)
        for events in ([Arrived(1, "a")], [Left(0), Reopened(None)], [Stopped()]):
            error = self.assertRaises(AssertionError, ledger.record, "main", events, 0.0)
            self.assertEqual(str(error), f"{events[0]} in room main, which is closed")
        ledger.record("hall", [Arrived(0, "a")], 0.0)
        ledger.record("main", [Reopened(None)], 0.0)
        ledger.record("main", [Left(0), Cancelled("It is over.")], 0.0)
        ledger.close()
        with open_view(self.path) as view:
            verify_view(view)
            self.assertEqual(
                [(row.room, row.kind) for row in view.rows()],
                [("hall", "Arrived")]
                + [
                    ("main", kind)
                    for kind in ("Arrived", "Stopped", "Reopened", "Left", "Cancelled")
                ],
            )

    def test_closing_commits(self) -> None:
        ledger = Ledger(self.path, self.clock, self.failures.append)
        ledger.open()
        ledger.record("main", [Arrived(0, "a")], 0.0)
        ledger.after_commit(lambda: self.said.append("told"))
        ledger.close()
        self.assertEqual((self.said, len(self.rows())), (["told"], 1))

    def test_chain(self) -> None:
        """The hashes, computed by the recipe in the documentation."""
        rows = self.filled()
        self.assertEqual(len(rows), 8)
        with closing(sqlite3.connect(self.path)) as database:
            ((last,),) = database.execute("SELECT anchor FROM house")
        for row in rows:
            columns = [row.number, row.at, row.room, row.auction, row.kind, row.body]
            text = "\n".join(map(str, [last, *columns]))
            last = sha256(text.encode()).hexdigest()
            self.assertEqual(row.hash, last)
        self.assertEqual([row.number for row in rows], list(range(1, 9)))
        self.assertEqual([row.at for row in rows], sorted(row.at for row in rows))

    def test_modes(self) -> None:
        """The files have mode 0600, whatever the umask."""
        self.addCleanup(os.umask, os.umask(0))
        ledger = self.opened()
        ledger.record("main", [Arrived(0, "a")], 0.0)
        ledger.after_commit(lambda: None)
        self.clock.advance(0)
        self.assertEqual(
            {file.name: oct(file.stat().st_mode & 0o777) for file in self.folder.iterdir()},
            dict.fromkeys(["ledger", "ledger-wal", "ledger-shm"], "0o600"),
        )


class RefusalTests(LedgerTestCase):
    """A refusal is one line."""

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
            self.assertEqual(self.refusal(), "another server or command is writing the file PATH.")
        finally:
            holder.send_signal(signal.SIGKILL)
            holder.communicate()
        self.opened()

    def test_text_file(self) -> None:
        """No file is created beside it."""
        self.path.write_text("Dear diary,\n")
        self.assertEqual(self.refusal(), "PATH is no ledger and no archive.")
        self.assertEqual(list(self.path.parent.iterdir()), [self.path])

    def test_name_too_long(self) -> None:
        self.path = self.path.with_name("x" * 300)
        self.assertEqual(self.refusal(), "the file PATH cannot be made: File name too long.")

    def test_disk_that_takes_no_file(self) -> None:
        def fail(descriptor: int) -> None:
            raise OSError(errno.EIO, "Input/output error")

        self.patch(os, "fsync", fail)
        self.assertEqual(self.refusal(), "the file PATH cannot be made: Input/output error.")

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

    def test_unknown_schemas(self) -> None:
        self.filled()
        for number, reason in [
            (3, "; this version of the program knows schema 2, so a newer one is needed."),
            (0, ", which there never was."),
            (-1, ", which there never was."),
        ]:
            with closing(sqlite3.connect(self.path)) as database:
                database.execute(f"PRAGMA user_version = {number}")
            self.assertEqual(self.refusal(), f"the file PATH has schema {number}{reason}")

    def test_directory(self) -> None:
        self.path.mkdir()
        self.assertEqual(self.refusal(), "the file PATH cannot be opened: Is a directory.")

    def test_missing_folder(self) -> None:
        self.path = self.folder / "missing" / "ledger"
        self.assertEqual(self.refusal(), "the file PATH cannot be made: No such file or directory.")

    def test_no_log_ahead_of_writing(self) -> None:
        """A database in memory cannot have WAL mode, and SQLite says so."""
        connect = sqlite3.connect
        self.patch(sqlite3, "connect", lambda path, **keywords: connect(":memory:", **keywords))
        self.assertEqual(
            self.refusal(),
            "the file PATH cannot be kept safely: SQLite answers journal_mode=memory, and WAL "
            "is needed.",
        )

    def test_without_rights(self) -> None:
        """A read-only ledger cannot be written, but can be read."""
        rows = self.filled()
        if os.geteuid() == 0:
            os.chmod(self.folder, 0o755)
            os.chmod(self.path, 0o444)
            os.seteuid(65534)
            self.addCleanup(os.seteuid, 0)
        else:
            os.chmod(self.path, 0o400)
            os.chmod(self.folder, 0o500)
            self.addCleanup(os.chmod, self.folder, 0o700)
        self.assertEqual(self.refusal(), "the file PATH cannot be opened: Permission denied.")
        self.assertEqual(self.rows(), rows)


class RoomTests(LedgerTestCase):
    """Numbers, auctions and chains are separate in each room."""

    def test_each_room(self) -> None:
        ledger = self.opened()
        happenings: list[tuple[str, Event]] = [
            ("main", Arrived(0, "a")),
            ("hall", Arrived(0, "b")),
            ("main", Cancelled("It is broken.")),
            ("main", Arrived(0, "c")),
            ("hall", Left(0)),
        ]
        for room, event in happenings:
            ledger.record(room, [event], 0.0)
        ledger.commit()
        self.assertEqual(
            [(row.room, row.number, row.auction, row.kind) for row in self.rows()],
            [
                ("hall", 1, 1, "Arrived"),
                ("hall", 2, 1, "Left"),
                ("main", 1, 1, "Arrived"),
                ("main", 2, 1, "Cancelled"),
                ("main", 3, 2, "Arrived"),
            ],
        )
        self.assertEqual(
            self.room_entries(), {"hall": (1, 1), "main": (2, 3)}, "the auction, its first row"
        )
        ledger.record("main", [Cancelled("It is broken.")], 0.0)
        ledger.record("attic", [Arrived(0, "d"), Cancelled("It is broken.")], 0.0)
        ledger.commit()
        self.assertEqual(
            self.room_entries(), {"attic": (1, None), "hall": (1, 1), "main": (2, None)}
        )

    def room_entries(self) -> dict[str, tuple[int, int | None]]:
        with open_view(self.path) as view:
            return {room.name: (room.auction, room.first) for room in view.rooms()}

    def test_after_a_restart(self) -> None:
        """Chains, numbers and unfinished auctions go on after a restart."""
        for number in range(1, 4):
            ledger = self.opened()
            ledger.record("main", [Arrived(number, "a")], 0.0)
            if number == 2:
                ledger.record("hall", [Arrived(0, "a"), Cancelled("Fire.")], 0.0)
            ledger.close()
        ledger = self.opened()
        ledger.record("hall", [Arrived(0, "a")], 0.0)
        ledger.commit()
        self.assertEqual(self.room_entries(), {"hall": (2, 3), "main": (1, 1)})
        with open_view(self.path) as view:
            for name in ("hall", "main"):
                last = view.anchor
                for row in view.rows(name):
                    columns = (row.number, row.at, row.room, row.auction, row.kind, row.body)
                    self.assertEqual(row.hash, row_hash(last, *columns))
                    last = row.hash

    def test_memory(self) -> None:
        """Any client can make up names of rooms, so idle rooms use no memory."""
        ledger = self.opened()
        for number in range(100):
            ledger.record(f"room{number}", [Arrived(0, "a"), Cancelled("It is broken.")], 0.0)
        ledger.record("main", [Arrived(0, "a")], 0.0)
        ledger.commit()
        self.assertEqual(list(ledger.chains._rooms), ["main"])

    def test_house_hash(self) -> None:
        """By the recipe in ``docs/ledger.rst``. Every room's last row is in it."""
        ledger = self.opened()
        ledger.record("main", [Arrived(0, "a")], 0.0)
        ledger.record("art", [Arrived(0, "a")], 0.0)
        ledger.record("main", [Arrived(1, "a")], 0.0)
        ledger.commit()
        hashes = {(row.room, row.number): row.hash for row in self.rows()}
        text = f"{ledger.store.view.anchor}\nart 1 {hashes['art', 1]}\nmain 2 {hashes['main', 2]}"
        self.assertEqual(house_hash_of(ledger.store.view), sha256(text.encode()).hexdigest())

    def test_anchor(self) -> None:
        """Two houses have different anchors, so equal rows have different hashes."""
        anchors = set()
        hashes = set()
        for name in ("one", "two"):
            self.path = self.folder / name
            self.filled()
            with open_view(self.path) as view:
                anchors.add(view.anchor)
                hashes.add(house_hash_of(view))
        self.assertEqual((len(anchors), len(hashes)), (2, 2))
        for anchor in anchors:
            self.assertRegex(anchor, r"\A[0-9a-f]{64}\Z")

    def test_stopped_in_an_orderly_way(self) -> None:
        """The heartbeat is recorded."""
        ledger = Ledger(self.path, self.clock, self.failures.append, now=lambda: 5 * SECOND)
        ledger.open()
        self.clock.advance(2)
        ledger.write_heartbeat()
        ledger.close()
        with closing(sqlite3.connect(self.path)) as database:
            self.assertEqual(
                database.execute("SELECT address, beat, seen FROM node").fetchall(),
                [("", 1, 7 * SECOND)],
            )

    def test_disk_that_cannot_be_read(self) -> None:
        """If the end of a room's chain cannot be read, the ledger fails as after a failed
        commit."""
        ledger = self.opened()
        ledger.record("main", [Arrived(0, "a")], 0.0)
        ledger.commit()
        view = storage(ledger).view
        database, view._database = view._database, sqlite3.connect(":memory:")
        self.addCleanup(view._database.close)
        self.addCleanup(database.close)
        ledger.record("hall", [Arrived(0, "a")], 0.0)
        ledger.record("main", [Arrived(1, "a")], 0.0)
        ledger.after_commit(lambda: self.said.append("told"))
        ledger.commit()
        self.assertEqual(
            self.failures, [f"the file {self.path} cannot be read: no such table: room."]
        )
        self.assertEqual((self.said, len(self.rows())), ([], 1))


class MigrationTests(LedgerTestCase):
    """An older ledger is migrated, and a copy is kept beside it."""

    def setUp(self) -> None:
        super().setUp()
        script = Path(__file__).with_name("schema-1.sql").read_text()
        with closing(sqlite3.connect(self.path)) as database:
            database.executescript(script)
            database.execute("PRAGMA journal_mode = WAL")
        self.before = self.old_rows(self.path)
        self.backup = Path(f"{self.path}.schema-1")

    def old_rows(self, path: Path) -> list[tuple[Any, ...]]:
        """All rows of a ledger with schema 1."""
        with closing(sqlite3.connect(path)) as database:
            (number,) = database.execute("PRAGMA user_version").fetchone()
            self.assertEqual(number, 1)
            return database.execute("SELECT * FROM event ORDER BY number").fetchall()

    def test_migrated(self) -> None:
        Path(f"{self.backup}-new").write_text("of an attempt that was cut short")
        self.opened().close()
        self.assertEqual(set(self.folder.iterdir()), {self.path, self.backup})
        self.assertEqual(self.old_rows(self.backup), self.before)
        self.assertEqual(oct(self.backup.stat().st_mode & 0o777), "0o600")
        with open_view(self.path) as view:
            history = verify_view(view)
            self.assertEqual(view.anchor, self.before[-1][-1])
            self.assertEqual(
                {name: (room.number, room.first) for name, room in history.unfinished.items()},
                {"art": (1, 1)},
            )
            self.assertEqual(
                [(room.name, room.auction, room.first) for room in view.rooms()],
                [("art", 1, 1), ("hall", 1, None), ("main", 3, None)],
            )
            old = [(row[2], row[1], row[4], row[5]) for row in self.before]
            old.sort(key=lambda row: row[0])  # with unchanged order in each room
            self.assertEqual([(row.room, row.at, row.kind, row.body) for row in view.rows()], old)
            self.assertEqual(
                [
                    (
                        old.number,
                        old.hash,
                        old.row and (old.row.number, old.row.at, old.row.room, old.row.auction),
                    )
                    for old in view.old_chain()
                ],
                [(row[0], row[6], row[:4]) for row in self.before],
            )

    def test_goes_on(self) -> None:
        """The house opens, its unfinished auction goes on, and the ledger verifies."""
        house = MemoryHouse(ledger=self.path)
        self.assertEqual(list(house.rooms), ["main", "art"])
        house.connect_to_lobby("JOIN hall")
        house.rooms.close_ledger()
        with open_view(self.path) as view:
            self.assertEqual(verify_view(view).unfinished.keys(), {"art", "hall"})

    def test_read_as_it_is(self) -> None:
        """Reading does not change an older ledger."""
        with open_view(self.path) as view:
            verify_view(view)
            self.assertEqual(view.anchor, self.before[-1][-1])
        self.assertEqual(self.old_rows(self.path), self.before)
        self.assertFalse(self.backup.exists())

    def test_empty(self) -> None:
        with closing(sqlite3.connect(self.path)) as database, database:
            database.execute("DELETE FROM event")
        self.opened().close()
        with open_view(self.path) as view:
            verify_view(view)
            self.assertRegex(view.anchor, r"\A[0-9a-f]{64}\Z")
        self.assertEqual(self.old_rows(self.backup), [])

    def test_unfinished_sale(self) -> None:
        """A result ends only a lot if more lots follow."""
        with closing(sqlite3.connect(self.path)) as database, database:
            database.execute("DELETE FROM event WHERE number > 33")
        self.opened().close()
        with open_view(self.path) as view:
            main = view.room("main")
            assert main is not None
            self.assertEqual((main.auction, main.first), (3, 14))
            verify_view(view)

    def test_interrupted(self) -> None:
        """After an interruption at any step, the old file is unchanged and the next attempt
        succeeds."""
        calls = 0

        def count(*columns: Any) -> str:
            nonlocal calls
            calls += 1
            if calls > 20:
                raise KeyboardInterrupt
            return row_hash(*columns)

        self.patch(schema, "row_hash", count)
        ledger = Ledger(self.path, self.clock, self.failures.append)
        self.assertRaises(KeyboardInterrupt, ledger.open)
        self.assertEqual(calls, 21)
        self.assertEqual(self.old_rows(self.path), self.before)
        self.patch(schema, "row_hash", row_hash)
        self.opened().close()
        with open_view(self.path) as view:
            self.assertEqual(verify_view(view).rows, len(self.before))

    def test_killed(self) -> None:
        """A server is killed after the last row and before the commit."""
        code = (
            "import os, sqlite3, sys\n"
            "from twisted_auction.ledger import journal, schema\n"
            "lay_out = schema._number_rows_by_room\n"
            "def number(database):\n"
            "    lay_out(database)\n"
            "    os.kill(os.getpid(), 9)\n"
            "schema.MIGRATIONS = (number,)\n"
            "from pathlib import Path\n"
            "from twisted.internet.task import Clock\n"
            "journal.Ledger(Path(sys.argv[1]), Clock(), print).open()\n"
        )
        done = subprocess.run(
            [sys.executable, "-c", code, str(self.path)],
            env={**os.environ, "PYTHONPATH": str(Path(twisted_auction.__file__).parent.parent)},
            check=False,
        )
        self.assertEqual(done.returncode, -signal.SIGKILL)
        self.assertEqual(self.old_rows(self.path), self.before)
        self.opened().close()
        with open_view(self.path) as view:
            self.assertEqual(verify_view(view).rows, len(self.before))

    def test_chain_that_does_not_hold(self) -> None:
        """New hashes would hide the change."""
        with closing(sqlite3.connect(self.path)) as database, database:
            database.execute("UPDATE event SET body = replace(body, '120', '190') WHERE number=13")
        before = self.old_rows(self.path)
        refusal = (
            "the file PATH has schema 1, and cannot be brought to schema 2: row 13 does not hold."
        )
        self.assertEqual(self.refusal(), refusal)
        self.assertEqual(self.old_rows(self.path), before)
        with self.assertRaises(LedgerError) as caught, open_view(self.path):
            pass
        self.assertEqual(str(caught.exception).replace(str(self.path), "PATH"), refusal)

    def test_row_that_is_missing(self) -> None:
        with closing(sqlite3.connect(self.path)) as database, database:
            database.execute("DELETE FROM event WHERE number = 20")
        self.assertEqual(
            self.refusal(),
            "the file PATH has schema 1, and cannot be brought to schema 2: row 20 does not hold.",
        )

    def test_copy_that_cannot_be_made(self) -> None:
        def fail(descriptor: int) -> None:
            raise OSError(errno.EIO, "Input/output error")

        self.patch(os, "fsync", fail)
        self.assertEqual(
            self.refusal(),
            "the file PATH has schema 1 and needs a copy of it first: the file PATH.schema-1 "
            "cannot be made: Input/output error.",
        )
        self.assertEqual(self.old_rows(self.path), self.before)
        self.assertEqual(list(self.folder.iterdir()), [self.path])

    def test_another_file_instead_of_a_copy(self) -> None:
        """It is not destroyed, because it may be the only copy of a ledger."""
        script = Path(__file__).with_name("schema-1.sql").read_text()
        with closing(sqlite3.connect(self.folder / "other")) as database, database:
            database.executescript(script)
            database.execute("DELETE FROM event WHERE number = 37")
        for content in (b"Dear diary,\n", b"", (self.folder / "other").read_bytes()):
            self.backup.write_bytes(content)
            self.assertEqual(self.refusal(), SOMETHING_ELSE)
            self.assertEqual(self.backup.read_bytes(), content)
            self.assertEqual(self.old_rows(self.path), self.before)
        self.backup.unlink()
        self.backup.mkdir()
        self.assertEqual(self.refusal(), SOMETHING_ELSE)
        self.backup.rmdir()
        self.opened()

    def test_disk_that_is_full(self) -> None:
        """A failed migration leaves no file and no open transaction."""

        def fail(database: sqlite3.Connection) -> None:
            database.execute("CREATE TABLE more (a TEXT)")
            raise sqlite3.OperationalError("database or disk is full")

        self.patch(schema, "MIGRATIONS", (fail,))
        self.assertEqual(
            self.refusal(),
            "the file PATH has schema 1, and cannot be brought to schema 2: database or disk is "
            "full.",
        )
        self.assertEqual(self.old_rows(self.path), self.before)
        self.assertEqual(self.old_rows(self.backup), self.before)
        inode = self.backup.stat().st_ino
        self.patch(schema, "MIGRATIONS", (schema._number_rows_by_room,))
        self.opened().close()
        self.assertEqual(self.backup.stat().st_ino, inode)  # the same copy

    def test_two_schemas_at_once(self) -> None:
        """A schema newer than 2 does not change the tables of a migration to schema 2."""
        more = "more TEXT NOT NULL DEFAULT 'x'"

        def migrate(database: sqlite3.Connection) -> None:
            for table in ("house", "node", "room", "event"):
                database.execute(f"ALTER TABLE {table} ADD COLUMN {more}")
            database.execute("UPDATE house SET schema = 3")

        newest = re.sub(r"(CREATE TABLE \w+ \()", rf"\1{more},", schema.SCHEMAS[2])
        self.patch(schema, "SCHEMAS", {**schema.SCHEMAS, 3: newest})
        self.patch(schema, "MIGRATIONS", (*schema.MIGRATIONS, migrate))
        self.patch(schema, "SCHEMA_NUMBER", 3)
        self.opened().close()
        with open_view(self.path) as view:
            self.assertEqual(verify_view(view).rows, len(self.before))
        fresh = self.folder / "fresh"
        ledger = Ledger(fresh, self.clock, self.failures.append)
        ledger.open()
        ledger.close()
        for path in (self.path, fresh):
            with closing(sqlite3.connect(path)) as database:
                self.assertEqual(database.execute("PRAGMA user_version").fetchall(), [(3,)])
                self.assertEqual(
                    database.execute(
                        "SELECT house.schema, house.more, node.more FROM house, node"
                    ).fetchall(),
                    [(3, "x", "x")],
                )

    def test_old_chain_is_verified(self) -> None:
        """The old hashes reveal a change after the migration, even with new hashes."""
        self.opened().close()
        for change, why in [
            ("UPDATE chain1 SET hash = 'x' WHERE number = 13", "row 13 of schema 1"),
            ("DELETE FROM chain1 WHERE number = 13", "row 13 of schema 1"),
            ("DELETE FROM chain1 WHERE number = 37", "the anchor"),
            ("UPDATE chain1 SET auction = 7 WHERE number = 37", "row 37 of schema 1"),
        ]:
            with closing(sqlite3.connect(self.path)) as database:
                before = database.execute("SELECT * FROM chain1").fetchall()
                with database:
                    database.execute(change)
                with open_view(self.path) as view:
                    error = self.assertRaises(LedgerError, verify_view, view)
                self.assertEqual(str(error).partition(" does not hold")[0], why)
                with database:
                    database.execute("DELETE FROM chain1")
                    database.executemany("INSERT INTO chain1 VALUES (?, ?, ?, ?, ?)", before)
        with open_view(self.path) as view:
            verify_view(view)
