"""``auction ledger verify`` with ledgers of whole houses."""

import json
import sqlite3
from collections.abc import Mapping
from contextlib import closing

from tests.cli.support import COLUMNS, LedgerTestCase, rechained
from twisted_auction.ledger.storage import open_view
from twisted_auction.testing import StrictClock


class VerifyTests(LedgerTestCase):
    def setUp(self) -> None:
        super().setUp()
        house = self.open_house()
        self.sell_sword(house)
        house.connect()
        house.advance()
        self.close_house(house)

    def test_recipe(self) -> None:
        """The hashes can be computed with other tools, as the documentation says."""
        with closing(sqlite3.connect(self.path)) as database:
            ((anchor,),) = database.execute("SELECT anchor FROM house")
            rows = database.execute(f"SELECT {COLUMNS} FROM event ORDER BY number").fetchall()
        hashes = rechained(anchor, (row[:-1] for row in rows))
        self.assertEqual([row[-1] for row in rows], hashes)
        self.assertEqual(len(hashes), 12)
        self.assertEqual(
            self.output_of("verify"),
            [f"12 rows, 2 auctions: everything holds. House hash: {self.house_hash()}"],
        )

    def test_expected(self) -> None:
        """``--expect`` finds the house hash of every state, and the hash of every row."""
        noted = [self.house_hash()]
        clock = StrictClock()
        clock.advance(1000)  # rows are found in the order of time
        house = self.open_house(clock=clock)
        for name in ("hall", "main", "attic", "hall"):
            house.advance(1)
            house.connect_to_lobby(f"JOIN {name}")
            noted.append(self.house_hash())
        self.close_house(house)
        with open_view(self.path) as view:
            noted += [row.hash for row in view.rows()]
        for hash in noted:
            told = self.output_of("verify", "--expect", hash)
            self.assertEqual(told[-1], "The expected hash is found.")
        unknown = "ab" * 32
        missing: tuple[int, list[str], str] = (
            1,
            [],
            f"auction ledger verify: everything holds, but {unknown} is not found: it is of "
            "another ledger, or what it covers was changed or taken away.\n",
        )
        self.assertEqual(self.ledger("verify", "--expect", unknown), missing)
        with closing(sqlite3.connect(self.path)) as database, database:
            database.execute("DELETE FROM event WHERE room = 'attic'")
            database.execute("DELETE FROM room WHERE name = 'attic'")
        self.output_of("verify")  # nothing in the file gives it away
        for hash in (noted[3], noted[4]):
            self.assertEqual(self.ledger("verify", "--expect", hash)[0], 1)
        self.assertEqual(self.ledger("verify", "--expect", noted[2])[0], 0)

    def test_taken_from_the_end(self) -> None:
        """A missing auction shows in the table of rooms, or in the house hash."""
        with closing(sqlite3.connect(self.path)) as database, database:
            database.execute("DELETE FROM event WHERE number > 10")
        self.assertEqual(
            self.ledger("verify"),
            (
                1,
                [],
                "auction ledger verify: room main does not hold: its rows tell of another "
                "auction.\n",
            ),
        )
        before = self.house_hash()
        for first, rows, told in [
            ("NULL, auction = 1", 10, "10 rows, 1 auction: everything holds. House hash: "),
            (1, 1, "1 row, 1 auction: everything holds. House hash: "),
        ]:
            with closing(sqlite3.connect(self.path)) as database, database:
                database.execute("DELETE FROM event WHERE number > ?", (rows,))
                database.execute(f"UPDATE room SET first = {first}")
            self.assertEqual(self.output_of("verify"), [told + self.house_hash()])
        self.assertNotEqual(self.house_hash(), before)

    def test_room_without_rows(self) -> None:
        with closing(sqlite3.connect(self.path)) as database, database:
            database.execute("DELETE FROM event")
        why = "room main does not hold: its rows tell of another auction."
        self.assertEqual(self.ledger("verify"), (1, [], f"auction ledger verify: {why}\n"))

    def test_rows_without_a_room(self) -> None:
        with closing(sqlite3.connect(self.path)) as database, database:
            database.execute("DELETE FROM room")
        why = "room main does not hold: its rows tell of another auction."
        self.assertEqual(self.ledger("verify"), (1, [], f"auction ledger verify: {why}\n"))

    def test_changed(self) -> None:
        """The chain reveals a changed row."""
        wrong_hash = "its hash is not that of the row before and this one"
        for number, change, why in [
            (7, "body = replace(body, '150', '190')", f"main does not hold: {wrong_hash}"),
            (3, "at = at + 1", f"main does not hold: {wrong_hash}"),
            (11, "room = 'hall'", "hall does not hold: it follows row 0"),
            (5, "hash = upper(hash)", f"main does not hold: {wrong_hash}"),
        ]:
            with closing(sqlite3.connect(self.path)) as database, database:
                (before,) = database.execute(
                    f"SELECT {COLUMNS} FROM event WHERE number = ?", (number,)
                )
                database.execute(f"UPDATE event SET {change} WHERE number = ?", (number,))
            self.assertEqual(
                self.ledger("verify"),
                (1, [], f"auction ledger verify: row {number} of room {why}.\n"),
            )
            with closing(sqlite3.connect(self.path)) as database, database:
                database.execute("DELETE FROM event WHERE number = ?", (number,))
                database.execute(
                    f"INSERT INTO event ({COLUMNS}) VALUES ({', '.join('?' * 7)})", before
                )
        self.output_of("verify")

    def test_missing(self) -> None:
        with closing(sqlite3.connect(self.path)) as database, database:
            database.execute("DELETE FROM event WHERE number = 8")
        self.assertEqual(
            self.ledger("verify"),
            (1, [], "auction ledger verify: row 9 of room main does not hold: it follows row 7.\n"),
        )

    def test_row_before_the_first(self) -> None:
        """No number is too small to be read."""
        with closing(sqlite3.connect(self.path)) as database, database:
            database.execute(
                f"INSERT INTO event ({COLUMNS}) "
                "SELECT 0, at, room, auction, kind, body, hash FROM event WHERE number = 1"
            )
        why = "row 0 of room main does not hold: it follows row 0."
        self.assertEqual(self.ledger("verify"), (1, [], f"auction ledger verify: {why}\n"))

    def test_forged(self) -> None:
        """The rules reveal a change even if all hashes were computed again."""
        sold = {"winner": 3, "highest_bid": 180, "payment": 150, "dues": []}
        bid = {"who": 3, "amount": 180}
        originals: dict[int, tuple[str, Mapping[str, object]]] = {
            9: ("BidTaken", bid),
            10: ("Sold", sold),
        }
        ones: list[tuple[int, str, Mapping[str, object], str]] = [
            (
                10,
                "Sold",
                {**sold, "payment": 120},
                "the bids have another result",
            ),
            (
                10,
                "Unsold",
                {"highest_bid": 180},
                "the bids have another result",
            ),
            (9, "BidTaken", {"who": 1, "amount": 200}, "Buyer 1 cannot bid this amount here"),
            (9, "BidTaken", {"who": 7, "amount": 200}, "participant 7 is not there"),
            (9, "Raised", {**bid, "outbid": None}, "Buyer 3 cannot bid this amount here"),
            (
                10,
                "LotAnnounced",
                {"lot": 1, "lots": 1, "request": "1 1 1 x", "opens_at": 0},
                "LotAnnounced cannot happen while bids are taken",
            ),
            (9, "Bid", bid, "no event is called 'Bid'"),
        ]
        wrong: list[Mapping[str, object]] = [
            {"who": 3, "amount": "180"},
            {"who": 3, "amount": 180.0},
            {"who": 3, "amount": True},
            {"who": 3, "amount": 10**400},
            {"who": {}, "amount": 180},
            {"who": None, "amount": 180},
            {"who": 3},
            {"who": 3, "amount": 180, "why": 1},
            {"who": 3, "amount": []},
        ]
        for fields in wrong:
            ones.append((9, "BidTaken", fields, "these are not the fields of BidTaken"))
        for dues in ("[[1]]", '[[1, "x"]]', "[1]", "{}"):
            fields = {**sold, "dues": json.loads(dues)}
            ones.append((10, "Sold", fields, "these are not the fields of Sold"))
        for number, kind, fields, why in ones:
            self.forge(number, kind=kind, body=json.dumps(fields))
            status, lines, errors = self.ledger("verify")
            self.assertEqual((status, lines), (1, []), why)
            self.assertEqual(
                errors, f"auction ledger verify: row {number} of room main does not hold: {why}.\n"
            )
            kind, fields = originals[number]
            self.forge(number, kind=kind, body=json.dumps(fields))
        self.output_of("verify")

    def test_not_json(self) -> None:
        """The wrong value is not printed: it may be a sealed bid, or disturb a terminal."""
        for body in ("", "[]", "\x1b[2J\n", "[" * 100_000):
            self.forge(9, body=body)
            self.assertEqual(
                self.ledger("verify")[2],
                "auction ledger verify: row 9 of room main does not hold: these are not the fields "
                "of BidTaken.\n",
            )

    def test_forged_price(self) -> None:
        """The clock of a Dutch auction goes by its rules, and the payment follows from it."""
        house = self.open_house()
        house.connect().send_lines("4:start=500:step=100:interval=5 300 1 Vase")
        buyer = house.connect()
        house.advance(5)
        buyer.send_lines("accept")
        house.advance()
        self.close_house(house)
        with open_view(self.path) as view:
            *_, fell, taken, sold = view.rows()
        self.assertEqual([fell.kind, taken.kind, sold.kind], ["PriceFell", "BidTaken", "Sold"])
        self.forge(fell.number, body=fell.body.replace("400", "1"))
        self.forge(taken.number, body=taken.body.replace("400", "1"))
        self.forge(sold.number, body=sold.body.replace("400", "1"))
        self.assertEqual(
            self.ledger("verify")[2],
            f"auction ledger verify: row {fell.number} of room main does not hold: by the rules of "
            "the format, something else comes next.\n",
        )

    def test_row_of_another_auction(self) -> None:
        self.forge(3, auction=2)
        self.assertEqual(
            self.ledger("verify")[2],
            "auction ledger verify: row 3 of room main does not hold: auction 1 is on in room "
            "main.\n",
        )

    def test_bid_taken_away(self) -> None:
        """A sealed bid is missed, though the result would be the same without it."""
        with closing(sqlite3.connect(self.path)) as database, database:
            database.execute("DELETE FROM event WHERE number = 8")
            database.execute("UPDATE event SET number = number - 1 WHERE number > 8")
        self.forge(1)
        self.assertEqual(
            self.ledger("verify")[2],
            "auction ledger verify: row 9 of room main does not hold: bids are awaited.\n",
        )

    def test_open_bidding_without_an_end(self) -> None:
        """An event that no auction could continue from is refused."""
        self.forge(2, body=json.dumps({"request": "3 100 3 Sword"}))
        self.forge(6, body='{"deadline":null}')
        self.assertEqual(
            self.ledger("verify")[2],
            "auction ledger verify: row 6 of room main does not hold: open bidding always has an "
            "end.\n",
        )

    def test_columns_of_other_types(self) -> None:
        """SQLite ensures it, unless the table was made in another way."""
        with closing(sqlite3.connect(self.path)) as database, database:
            database.execute("CREATE TABLE lax AS SELECT * FROM event")
            database.execute("DROP TABLE event")
            database.execute("ALTER TABLE lax RENAME TO event")
        for column, value in [("at", "noon"), ("at", None), ("room", None), ("body", None)]:
            with closing(sqlite3.connect(self.path)) as database, database:
                (before,) = database.execute(
                    f"SELECT {column} FROM event WHERE number = 1"
                ).fetchone()
            self.forge(1, **{column: value})
            status, lines, errors = self.ledger("verify")
            self.assertEqual((status, lines, errors.count("\n")), (1, [], 1))
            self.assertRegex(errors, "^auction ledger verify: row 1 of room (main|None) does not")
            self.forge(1, **{column: before})
        self.output_of("verify")

    def test_others_stop_there(self) -> None:
        """The rows before the first wrong row are reported."""
        tables = {argv: self.output_of(*argv) for argv in [("list",), ("show", "1"), ("export",)]}
        self.forge(10, body='{"winner":1,"highest_bid":180,"payment":150,"dues":[]}')
        for argv, lines in tables.items():
            status, told, errors = self.ledger(*argv)
            if argv == ("list",):
                self.assertEqual([line.split()[4] for line in told[1:]], ["open"])
            else:
                self.assertEqual(told, lines[:-1])
            self.assertEqual(status, 1)
            self.assertEqual(
                errors,
                f"auction ledger {argv[0]}: row 10 of room main does not hold: the bids have "
                "another result.\n",
            )
        self.forge(1, auction=7)
        self.assertEqual(
            self.ledger("list"),
            (
                1,
                [],
                "auction ledger list: row 1 of room main does not hold: auction 1 is the next one "
                "to begin.\n",
            ),
        )
