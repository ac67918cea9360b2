import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from twisted_auction.ledger.records import KINDS, decode_event, encode_event
from twisted_auction.ledger.row import SECOND
from twisted_auction.rules import events as ev
from twisted_auction.rules.grammar import parse_request
from twisted_auction.rules.request import AuctionRequest

REQUESTS = st.sampled_from(
    [b"2 100 3 Sword", b"english:increment=5:duration=60 1 1 Vase \xe2\x80\x94 blue", b"4 9 2 x"]
).map(lambda line: parse_request(line, 9))
INSTANTS = st.integers(0, 2**33).map(float)
DUES = st.lists(st.tuples(st.integers(0, 99), st.integers(1, 999)), max_size=3).map(tuple)
FIELDS: dict[Any, st.SearchStrategy[Any]] = {
    int: st.integers(-1, 10**18 - 1),
    int | None: st.none() | st.integers(0, 10**18 - 1),
    float: INSTANTS,
    float | None: st.none() | INSTANTS,
    str: st.text(),
    str | None: st.none() | st.text(),
    AuctionRequest: REQUESTS,
    tuple[tuple[int, int], ...]: DUES,
    tuple[tuple[int, int], ...] | None: st.none() | DUES,
}
EVENTS = st.sampled_from(list(KINDS.values())).flatmap(
    lambda kind: st.builds(
        kind, **{field.name: FIELDS[field.type] for field in kind.__dataclass_fields__.values()}
    )
)


def stamp(when: float) -> int:
    return round(when) * SECOND


def instant(at: int) -> float:
    return at / SECOND


class RecordTests(SynchronousTestCase):
    def test_every_event(self) -> None:
        self.assertEqual(set(KINDS.values()), set(ev.Event.__args__))

    @given(EVENTS)
    def test_round_trip(self, event: ev.Event) -> None:
        body = encode_event(event, stamp)
        self.assertEqual(decode_event(type(event).__name__, body, instant), event)
        self.assertNotIn("\n", body)

    def test_as_documented(self) -> None:
        """Fields by their names, instants in nanoseconds, a request as its text."""
        request = parse_request(b"2 100 3 Sword", 9)
        self.assertEqual(
            json.loads(encode_event(ev.LotAnnounced(1, 2, request, 5.0), stamp)),
            {"lot": 1, "lots": 2, "request": "2 100 3 Sword", "opens_at": 5 * SECOND},
        )
        self.assertEqual(encode_event(ev.BidTaken(3, 180), stamp), '{"who":3,"amount":180}')

    def test_added_fields(self) -> None:
        """A field that old rows do not have is left out while it is None."""
        self.assertEqual(
            encode_event(ev.Arrived(1, "b1"), stamp),
            '{"who":1,"address":"b1","deadline":null,"ticket":null}',
        )
        self.assertEqual(
            encode_event(ev.Arrived(17, "", paddle=17), stamp),
            '{"who":17,"address":"","deadline":null,"ticket":null,"paddle":17}',
        )

    def test_old_ledger(self) -> None:
        """Every row of an old ledger reads back byte for byte; a digest has the key ``ticket``."""
        script = Path(__file__).with_name("schema-1.sql").read_text()
        with closing(sqlite3.connect(":memory:")) as database:
            database.executescript(script)
            rows = database.execute("SELECT kind, body FROM event ORDER BY number").fetchall()
        digests = []
        for kind, body in rows:
            event = decode_event(kind, body, instant)
            if kind == "RequestAccepted":  # it had no deadline then
                body = body.replace("}", ',"deadline":null}')
            self.assertEqual((type(event).__name__, encode_event(event, stamp)), (kind, body))
            if isinstance(event, ev.Arrived):
                self.assertEqual(event.ticket_digest, json.loads(body)["ticket"])
                digests.append(event.ticket_digest)
        self.assertEqual((len(rows), len(digests), digests.count(None)), (37, 11, 2))

    def test_name_of_a_field_for_its_key(self) -> None:
        body = '{"who":0,"address":"a","deadline":null,"ticket_digest":"5e"}'
        self.assertRaises(ValueError, decode_event, "Arrived", body, instant)

    @given(st.sampled_from([*KINDS, "Nothing"]), st.text() | st.from_type(int).map(str))
    def test_anything_else(self, kind: str, body: str) -> None:
        with self.assertRaises(ValueError):
            decode_event(kind, body, instant)
