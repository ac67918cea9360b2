"""Secrets of timed sales, of maximum bids and of reserves: nobody else can tell them.

One sale is held twice. Both times, Ada says something else, or the lot has another reserve.
Everything that others can read must be the same: over lines, JSON and web sockets, at the desk, in
the orders of the operator, in the log, in the figures for Prometheus, and in the notifications.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any, NamedTuple
from unittest import skipIf

from twisted.internet.testing import StringTransport
from twisted.logger import Logger

from tests.support import LedgerFolderTestCase, logged_lines
from tests.web.live_support import PageHouse
from tests.web.support import needs_web
from twisted_auction.house.people import People, Person, Role
from twisted_auction.ledger.history import verify_view
from twisted_auction.ledger.storage import open_view
from twisted_auction.ledger.store import Notification
from twisted_auction.rules.terms import Terms
from twisted_auction.server.console import log_events
from twisted_auction.server.control import ControlFactory
from twisted_auction.testing import MemoryClient, pass_code, with_codes
from twisted_auction.web.metrics import Metrics
from twisted_auction.web.settings import missing_metrics

if not missing_metrics():
    from prometheus_client import generate_latest

ADA, BOB, CYD, ANN, WIM = 17, 40, 41, 70, 71

PEOPLE = with_codes(
    People(
        [
            *(Person(paddle, f"Person {paddle}", limit=200_000) for paddle in (ADA, BOB, CYD)),
            Person(ANN, "Ann", Role.AUCTIONEER),
            Person(WIM, "Wim", Role.WATCHER),
        ]
    )
)

END = "end=2027-01-15T08:12"
"""Twelve minutes after a house opens."""


AWAY = "away"


class Secret(NamedTuple):
    """Two sales that differ in a secret of Ada's, or of a Seller's.

    :param lot: the request of the lot. ``{}`` stands for the secret.
    :param sides: the lines that Ada says, or the amounts in the request, in either sale. Before
        ``AWAY``, Ada goes away, and the server starts again.
    :param until: seconds after which a difference may be public, such as a price.
    """

    lot: str
    sides: tuple[Sequence[str], Sequence[str]]
    until: float = 3600


AT_RESULT = 700

ENGLISH, SEALED, VICKREY = (
    f"{kind}:{END} 100 0 Desk" for kind in ("english", "first-price", "second-price")
)
MET_OR_NOT = ENGLISH.replace("english:", "english:reserve={}:")

SECRETS = {
    "amount of a winning maximum": Secret(ENGLISH, (["max 76541"], ["max 98765"])),
    "maximum, raised or not": Secret(ENGLISH, (["max 76541"], ["max 300", "max 76541"])),
    "maximum, lowered or not": Secret(ENGLISH, (["max 76541"], ["max 98765", "max 76541"])),
    "maximum above the reserve": Secret(
        f"english:reserve=200:{END} 100 0 Desk", (["max 76541"], ["max 98765"])
    ),
    "maximum above the price to buy": Secret(
        f"english:buy=500:{END} 100 0 Desk", (["max 400"], ["max 499"])
    ),
    "maximum in a table of increments": Secret(
        f"english:increment=1,10@150,50@1000:{END} 100 0 Desk", (["max 76541"], ["max 98765"])
    ),
    "amount of a losing bid": Secret(SEALED, (["101"], ["109"])),
    "amount of a winning bid": Secret(VICKREY, (["76541"], ["98765"])),
    "amount of a winning bid, until it is paid": Secret(SEALED, (["76541"], ["98765"]), AT_RESULT),
    "bid, changed or not": Secret(SEALED, (["76541"], ["109", "98765", "76541"])),
    "bid, changed later or not": Secret(SEALED, (["109"], ["109", AWAY, "107", "109"])),
    "bid, withdrawn and placed again, or not": Secret(
        VICKREY, (["109"], ["107", "withdraw", AWAY, "109"])
    ),
    "bid, withdrawn or not": Secret(SEALED, (["109"], ["109", "withdraw"])),
    "bid, withdrawn later or not": Secret(SEALED, (["109"], ["109", AWAY, "withdraw"])),
    "maximum, raised later or not": Secret(
        ENGLISH, (["max 76541"], ["max 300", AWAY, "max 76541"])
    ),
    "maximum, lowered later or not": Secret(
        ENGLISH, (["max 76541"], ["max 98765", AWAY, "max 76541"])
    ),
    "reserve that is not met": Secret(MET_OR_NOT, (["76541"], ["98765"])),
    "reserve that is met": Secret(MET_OR_NOT, (["117"], ["119"])),
}


LISTENERS = {
    *("bob", "bob's lots", "watcher", "watcher of all", "late watcher", "lobby", "other person"),
    *("desk", "desk in JSON", "desk later", "page", "hall"),
    *("operator", "log", "figures", "notifications"),
}
"""All others, who hear of the sale."""


class Receiver:
    """Takes all notifications at once."""

    def __init__(self) -> None:
        self.taken: list[Notification] = []

    def carry(self, notification: Notification, done: Any) -> None:
        self.taken.append(notification)
        done()

    def stop(self) -> None:
        pass


@dataclass
class Sale:
    """What all others were told about a sale, by their connection or channel."""

    told: dict[str, list[str]] = field(default_factory=dict)

    def note(self, name: str, *texts: str) -> None:
        self.told.setdefault(name, []).extend(texts)


@needs_web
@skipIf(missing_metrics(), missing_metrics())
class SecretsTests(LedgerFolderTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.numbers = count()

    def hold(self, lot: str, said: Sequence[str], until: float) -> Sale:
        """Hold a sale of the lot, and of a cup. Ada bids, goes away, and is there after a
        restart."""
        path = self.folder / f"{next(self.numbers)}"
        away = said.index(AWAY) if AWAY in said else len(said)
        before, later = said[:away], said[away + 1 :]
        sale = Sale()
        lines = logged_lines(self)
        metrics = Metrics()
        receiver = Receiver()
        house = PageHouse(
            terms=Terms(lot_pause=1, after_sale=30),
            catalogue=f"{lot}\nenglish:{END} 5 0 Cup\n".encode(),
            together=True,
            people=PEOPLE,
            ledger=path,
            carrier=receiver,
            watch=lambda room: log_events(Logger(namespace="auction")),
        )
        clients: dict[str, MemoryClient] = {}
        pages: dict[str, Any] = {}
        operator = StringTransport()

        def come(name: str, paddle: int | None, *said: str) -> MemoryClient:
            words = () if paddle is None else (f"PASS {pass_code(paddle)}",)
            clients[name] = client = house.connect_to_lobby(*words, *said)
            return client

        def begin() -> None:
            """All who are there from the beginning, and after a restart."""
            clients.clear()
            pages.clear()
            metrics.watch(house.rooms, house.connections)
            control = ControlFactory(house.rooms, house.connections).buildProtocol(None)
            control.makeConnection(operator)
            control.dataReceived(b"follow\n")
            self.control = control
            come("bob", BOB, "JOIN 1")
            come("bob's lots", BOB, "JSON", "WATCH *")
            come("desk", ANN, "DESK 1", "ORDER follow")
            come("desk in JSON", ANN, "JSON", "DESK 1")
            come("watcher", WIM, "WATCH 1")
            come("watcher of all", WIM, "WATCH *")
            for name, paddle, room in (("page", CYD, "JOIN 1"), ("hall", WIM, "WATCH 1")):
                cookie = f"Cookie: auction={pass_code(paddle)}"
                pages[name] = house.open_page(room, "WATCH *", fields=[cookie])

        def look() -> None:
            """Those who come in between."""
            house.advance(1)
            come("lobby", None, "LIST", "SALE *", "SALE 1")
            come("other person", CYD, "MINE", "SALE *", "LIST")
            come("desk later", ANN, "SALE 1", "ORDER status", "ORDER who", "LIST")
            come("late watcher", WIM, "WATCH 1", "bids")
            if "bob" in clients:
                clients["bob"].send_lines("bids")
            self.control.dataReceived(b"status\nwho\nrooms\n")
            house.advance(1)
            read()

        def read() -> None:
            """Read what was told to all but Ada."""
            if house.clock.seconds() - began_at > until:
                return
            for name, client in clients.items():
                sale.note(name, *client.read_lines())
            for name, page in pages.items():
                sale.note(name, *map(json.dumps, page.read()))
            sale.note("operator", operator.value().decode())
            operator.clear()
            sale.note("log", *lines)
            lines.clear()
            figures = generate_latest(metrics.registry).decode().splitlines()
            sale.note("figures", *(line for line in figures if _is_of_auctions(line)))
            others = [each for each in receiver.taken if each.paddle != ADA]
            receiver.taken.clear()
            sale.note("notifications", *(f"{each[1:]}" for each in others))

        began_at = house.clock.seconds()
        begin()
        house.advance(2.3)  # seconds left are told rounded
        ada = house.connect_to_lobby(f"PASS {pass_code(ADA)}", "JOIN 1")
        house.advance(1)
        ada.send_lines(*before)
        look()
        ada.disconnect()
        clients["bob"].send_lines("110", "120")
        look()
        self.control.dataReceived(b"pause room=1\ngo on room=1\nsay room=1 Half time.\n")
        look()
        house.advance(80)  # longer than the seat of a connection that was cut is kept
        for words in (later, ()):
            house = house.restart(5)
            metrics = Metrics()
            begin()
            look()
            ada = house.connect_to_lobby(f"PASS {pass_code(ADA)}", "JOIN 1")
            look()
            ada.send_lines(*words)
            look()
        clients["bob"].send_lines("130")
        look()
        ada.disconnect()
        clients.pop("bob").disconnect()
        house.advance(130)
        look()
        house.advance(600)
        look()
        house.close()
        read()
        with open_view(path) as view:
            verify_view(view)
        return sale

    def hold_both(self, secret: Secret) -> tuple[Sale, Sale]:
        """Hold the two sales of a secret."""
        one, other = (
            self.hold(secret.lot.replace("{}", said[0]), ["105"], secret.until)
            if "{}" in secret.lot
            else self.hold(secret.lot, said, secret.until)
            for said in secret.sides
        )
        return one, other

    def test_pairs(self) -> None:
        for name, secret in SECRETS.items():
            one, other = self.hold_both(secret)
            self.assertEqual({*one.told}, LISTENERS)
            self.assertEqual({*other.told}, LISTENERS)
            for listener, texts in one.told.items():
                self.assertEqual(texts, other.told[listener], f"{name}: {listener}")

    def test_bid_for_a_maximum(self) -> None:
        """A bid for a maximum is no secret: the comparison finds it with each listener."""
        one, other = self.hold_both(Secret(ENGLISH, (["max 129"], ["max 130"])))
        for listener in LISTENERS:
            self.assertNotEqual(one.told[listener], other.told[listener], listener)


def _is_of_auctions(line: str) -> bool:
    """True for a figure of the house, and not of its process or of time."""
    return line.startswith("auction_") and "_created" not in line and "_seconds" not in line
