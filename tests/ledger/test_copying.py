"""A ledger copied to PostgreSQL and back is the same ledger, and every command reads it alike."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from tests.ledger.support import house_hash_of
from tests.postgres import new_database
from tests.support import CommandTestCase, LedgerFolderTestCase
from twisted_auction.ledger.archive import move
from twisted_auction.ledger.copying import copy
from twisted_auction.ledger.postgres_view import connect
from twisted_auction.ledger.row import LedgerError, Row
from twisted_auction.ledger.sql_view import SQLView
from twisted_auction.ledger.sqlite import SQLiteStore
from twisted_auction.ledger.storage import open_view
from twisted_auction.ledger.store import Batch, Notification, UntoldChanges, View
from twisted_auction.ledger.verification import verify
from twisted_auction.testing import MemoryHouse, StrictClock

OLD = Path(__file__).with_name("schema-1.sql")
"""A ledger of schema 1, as SQL."""


def answers(view: View) -> dict[str, object]:
    """What a view answers to every question."""
    names = [entry.name for entry in view.rooms()]
    bodies = [json.loads(row.body) for row in view.rows() if row.kind == "Arrived"]
    return {
        "anchor": view.anchor,
        "is_archive": view.is_archive,
        "rooms": list(view.rooms()),
        "room": [view.room(name) for name in [*names, "nowhere"]],
        "unfinished": list(view.unfinished()),
        "rows": list(view.rows()),
        "some rows": [list(view.rows(name, 2, 3)) for name in names],
        "starts": [view.start(name) for name in names],
        "heads": [view.head(name) for name in [*names, "nowhere"]],
        "heads before": [view.head_before(name, number) for name in names for number in (1, 3)],
        "first rows": [
            view.first_row(entry.name, auction)
            for entry in view.rooms()
            for auction in range(entry.archived_auction + 1, entry.auction + 2)
        ],
        "heads by instant": list(view.heads_by_instant()),
        "arrivals": [view.find_arrival(body.get("ticket", "none")) for body in bodies],
        "results of persons": sorted(view.results_of_persons(), key=str),
        "untold": list(view.untold()),
        "notifications": list(view.notifications()),
        "last heartbeat": view.last_heartbeat(),
        "old chain": list(view.old_chain()),
    }


class CopyTestCase(CommandTestCase, LedgerFolderTestCase):
    """Copies a ledger to a database and back."""

    def setUp(self) -> None:
        super().setUp()
        self.database = new_database()
        self.back = self.folder / "back"

    def check_copies(self) -> None:
        """Each copy answers all questions as the first ledger does."""
        with open_view(self.path) as view:
            expected = answers(view)
            number = sum(view.head(entry.name).number for entry in view.rooms())
            result = number, house_hash_of(view)
        self.assertEqual(copy(str(self.path), self.database), result)
        self.assertEqual(copy(self.database, str(self.back)), result)
        for location in (self.database, self.back):
            with open_view(location) as view:
                self.assertEqual(answers(view), expected)

    def house(self, **changes: Any) -> MemoryHouse:
        """A house on the ledger."""
        return MemoryHouse(ledger=self.path, clock=StrictClock(), **changes)

    def fill(self, *requests: str) -> None:
        """Hold auctions in room main, and one that does not end in room Hall."""
        house = self.house()
        for request in requests:
            house.connect_to_lobby("JOIN main", request)
            buyers = [house.connect_to_lobby("JOIN main") for _ in range(2)]
            for buyer, amount in zip(buyers, ("150", "120"), strict=True):
                buyer.send_lines(amount)
            house.advance(60)
        house.connect_to_lobby("JOIN Hall", "1 100 2 Schwert №5 \\u0000")
        house.close()


class CopyTests(CopyTestCase):
    def test_whole(self) -> None:
        self.fill("2 100 2 Sword", "english:duration=20 50 2 Größe 😀")
        self.check_copies()

    def test_empty(self) -> None:
        self.house().close()
        self.check_copies()

    def test_archived(self) -> None:
        self.fill("2 100 2 Sword", "1 100 2 Cup")
        move(self.path, self.folder / "archive", keep=1)
        self.check_copies()
        with open_view(self.database) as ledger, open_view(self.folder / "archive") as archive:
            self.assertEqual(verify([ledger, archive], None).missing, 0)

    def test_schema_1(self) -> None:
        """The copy keeps the chain of schema 1."""
        with closing(sqlite3.connect(self.path)) as old:
            old.executescript(OLD.read_text())
        self.house().close()
        self.check_copies()

    def test_untold(self) -> None:
        """The copy keeps what persons have yet to be told, and what has yet to be posted."""
        self.fill("2 100 2 Sword")
        store = SQLiteStore(self.path)
        store.open()
        waiting = UntoldChanges()
        waiting.marks.extend([("main", 1, 12), ("main", 1, 7)])
        for id in ("b", "a"):
            waiting.notifications.append(Notification(id, "main", 1, 0, 12, "won", 5, "[]"))
        batch = Batch(heartbeat=1_800_000_000_000_000_000, untold=waiting)
        store.write(batch, lambda: None, self.fail)
        store.close()
        self.check_copies()
        with open_view(self.database) as view:
            self.assertEqual(next(view.untold()), ("main", 1, 7))
            self.assertEqual([piece.id for piece in view.notifications()], ["b", "a"])

    def test_goes_on(self) -> None:
        """A house goes on with a ledger that was copied back."""
        self.fill("2 100 2 Sword")
        self.check_copies()
        house = MemoryHouse(ledger=self.back, clock=StrictClock())
        house.connect_to_lobby("JOIN main", "2 100 2 Vase")
        house.close()
        self.assertEqual(house.failures, [])
        with open_view(self.back) as view:
            self.assertEqual(verify([view], None).auctions, 3)


class CommandTests(CopyTestCase):
    def test_alike(self) -> None:
        """All commands say of a database what they say of a file."""
        self.fill("2 100 2 Sword", "english:duration=20 50 2 Vase")
        (line,) = self.copied(str(self.path), self.database)
        (verdict,) = self.told("verify", str(self.path))
        hash = verdict.rpartition(" ")[2]
        name = f"postgresql:///{self.database.partition('?')[0].rpartition('/')[2]}"
        self.assertEqual(line, f"Copied 20 rows to {name}. House hash: {hash}")
        for command, *words in (
            ["verify", "--expect", hash],
            ["list"],
            ["export", "--format", "json"],
            ["settle"],
        ):
            expected = self.told(command, *words, str(self.path))
            self.assertEqual(self.told(command, *words, self.database), expected)
        shown = self.told("show", str(self.path), "main/2")
        self.assertEqual(self.told("show", self.database, "main/2"), shown)

    def test_refusals(self) -> None:
        self.fill("2 100 2 Sword")
        name = f"postgresql:///{self.database.partition('?')[0].rpartition('/')[2]}"
        self.refuses(f"{name} is no ledger.", "verify", self.database)
        self.copied(str(self.path), self.database)
        self.refuses(
            f"{name} has a ledger already: name an empty database.",
            *("copy", str(self.path), self.database),
        )
        self.refuses(
            f"the file {self.path} is there already: name a new one.",
            *("copy", self.database, str(self.path)),
        )
        move(self.path, self.folder / "archive")
        self.refuses(
            f"{self.folder / 'archive'} is an archive, which stays a file.",
            *("copy", str(self.folder / "archive"), str(self.back)),
        )
        house = self.house()
        self.addCleanup(house.close)
        self.refuses(
            f"another server or command is writing the file {self.path}.",
            *("copy", str(self.path), str(self.back)),
        )
        self.assertFalse(self.back.exists())

    def test_no_server(self) -> None:
        """The line names the database, not the user or the password."""
        address = f"postgresql://auction:secret@/house?host={self.folder}"
        status, _, errors = self.auction("ledger", "verify", address)
        self.assertEqual(status, 1)
        named = "auction ledger verify: the ledger postgresql:///house cannot be read: "
        self.assertTrue(errors.startswith(named), errors)
        self.assertNotIn("secret", errors)
        self.assertEqual(errors.count("\n"), 1)

    def copied(self, *names: str) -> list[str]:
        return self.told("copy", *names)

    def told(self, *words: str) -> list[str]:
        status, lines, errors = self.auction("ledger", *words)
        self.assertEqual((status, errors), (0, ""))
        return lines

    def refuses(self, reason: str, *words: str) -> None:
        expected: tuple[int, list[str], str]
        expected = (1, [], f"auction ledger {words[0]}: {reason}\n")
        self.assertEqual(self.auction("ledger", *words), expected)


class DatabaseTests(CopyTestCase):
    """What goes wrong in a database."""

    def test_newer_schema(self) -> None:
        self.fill("2 100 2 Sword")
        copy(str(self.path), self.database)
        with connect(self.database) as connection:
            connection.execute("UPDATE house SET schema = 3")
        newer = "has schema 3; this version of the program knows schema 2, so a newer one"
        with self.assertRaisesRegex(LedgerError, newer), open_view(self.database):
            pass

    def test_tampered(self) -> None:
        """The verification names a row that was changed in the database."""
        self.fill("2 100 2 Sword")
        copy(str(self.path), self.database)
        with connect(self.database) as connection:
            connection.execute("UPDATE event SET at = at + 1 WHERE number = 3 AND room = 'main'")
        with open_view(self.database) as view, self.assertRaisesRegex(LedgerError, "row 3 of room"):
            verify([view], None)

    def test_interrupted(self) -> None:
        """A copy that fails in the middle leaves nothing behind."""
        self.fill("2 100 2 Sword")
        rows = SQLView.rows

        def broken(*arguments: Any, **options: Any) -> Iterator[Row]:
            yield next(rows(*arguments, **options))
            raise LedgerError("the disk is gone")

        for target in (self.database, str(self.back)):
            self.patch(SQLView, "rows", broken)
            with self.assertRaisesRegex(LedgerError, "the disk is gone"):
                copy(str(self.path), target)
            self.patch(SQLView, "rows", rows)
            copy(str(self.path), target)
